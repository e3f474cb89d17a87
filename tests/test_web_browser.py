"""Clicks of a real case in Debian's Chromium: a week lost, an option chosen, back, reload, without script, small."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from waitress import create_server

from rtplan.web.app import Settings, create_app, known_names

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NOW = dt.datetime(2026, 1, 15, 1, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The page served on a free port of this machine."""

    def of(port: int) -> Any:
        hosts = (f"127.0.0.1:{port}",)
        return create_app(Settings(known=known_names(), hosts=hosts, clock=lambda: NOW))

    server = create_server(of(0), host="127.0.0.1", port=0, threads=4)
    port = server.effective_port
    server.application = of(port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.close()
    thread.join(timeout=5)


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Any]:
    said: list[str] = []
    contexts = []

    def opened(path: str, **words: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | words)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda request: None if request.url.startswith(address) else said.append(request.url))
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def pressed(page: Page) -> list[str]:
    return [
        str(day.get_attribute("datetime")) for day in page.query_selector_all('.toggle[aria-pressed="true"] time.day')
    ]


def test_a_week_lost_and_an_option_chosen_with_back_and_reload(tab: Any) -> None:
    page = tab("/")
    page.fill('input[name="start"]', "2026-03-02")
    page.click("form button")
    page.wait_for_selector(".toggle")
    week = [f"2026-03-{day}" for day in range(16, 21)]
    for day in week:
        page.click(f'.toggle:has(time[datetime="{day}"])')
        page.wait_for_selector(f'.toggle[aria-pressed="true"] time[datetime="{day}"]')
    assert pressed(page) == week
    page.click("table.options tbody tr:first-child a")
    page.wait_for_selector("table.options tr.strong")
    assert "chosen=" in page.url
    here = page.url
    page.reload()
    assert page.url == here
    assert pressed(page) == week
    page.go_back()
    page.wait_for_selector("table.options tr:not(.strong)")
    page.wait_for_function("!location.search.includes('chosen=')")
    page.go_forward()
    page.wait_for_selector("table.options tr.strong")
    with page.expect_download() as download:
        page.click('a[download="revision.zip"]')
    assert download.value.suggested_filename == "revision.zip"


def test_it_works_without_script(tab: Any) -> None:
    page = tab("/?start=2026-03-02", java_script_enabled=False)
    page.click('.toggle:has(time[datetime="2026-03-16"])')
    assert pressed(page) == ["2026-03-16"]
    page.click("table.options tbody tr:first-child a")
    assert page.query_selector("table.options tr.strong") is not None


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize(
    "path", ["/?start=2026-02-02", "/missed?start=2026-02-02&missed=2026-02-27", "/compare", "/guide?topic=missed"]
)
def test_nothing_is_wider_than_a_telephone(tab: Any, path: str, language: str) -> None:
    joined = "&" if "?" in path else "?"
    page = tab(f"{path}{joined}language={language}", viewport={"width": 375, "height": 800})
    assert page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth") <= 0


def test_every_action_is_reached_by_the_keyboard(tab: Any) -> None:
    page = tab("/?start=2026-03-02")
    page.focus('.toggle:has(time[datetime="2026-03-16"])')
    page.keyboard.press("Enter")
    page.wait_for_selector('.toggle[aria-pressed="true"]')
    assert pressed(page) == ["2026-03-16"]
    unreachable = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input')].filter(e => e.tabIndex < 0).length"
    )
    assert unreachable == 0


CONTRAST = """() => {
  const linear = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 };
  const lum = c => { const [r, g, b] = c.map(linear);
    return .2126 * r + .7152 * g + .0722 * b };
  const rgb = t => t.match(/[\\d.]+/g).map(Number);
  const back = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > .9) return c.slice(0, 3) } return [255, 255, 255] };
  return [...document.querySelectorAll('a, p, td, th, dt, dd, li, label, button, time, span')]
    .filter(e => e.childNodes.length && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(e => { const a = lum(rgb(getComputedStyle(e).color).slice(0, 3)), b = lum(back(e));
      return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.className + ' ' + e.textContent.trim().slice(0, 30)] })
    .filter(([ratio]) => ratio < 4.5) }"""


def test_contrast_is_enough(tab: Any) -> None:
    page = tab("/missed?start=2026-02-02&missed=2026-02-27&chosen=append")
    assert page.evaluate(CONTRAST) == []


def test_print_gives_the_answer_without_the_form(tab: Any) -> None:
    page = tab("/missed?start=2026-02-02&missed=2026-02-27&chosen=append")
    page.emulate_media(media="print")
    assert not page.is_visible("form")
    assert page.is_visible("table.options")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 4
