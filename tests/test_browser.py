"""Proof by a real browser: the pages as Chromium shows and prints them, and what it has to say about them."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from factory import FIXED, plan
from pypdf import PdfReader

from rtplan.errors import visible
from rtplan.note import Note
from rtplan.planning.follow_up import periods
from rtplan.report.blocks import Column, Facts, Notes, Report, Section, Signatures, Table
from rtplan.report.figures import course_figure
from rtplan.report.formats import notebook
from rtplan.report.formats.html import to_html
from rtplan.report.formats.patient import patient_html
from rtplan.report.language import words
from rtplan.report.registry import report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

STAMP = FIXED.created
A4_TEXT = 694
"""Width of the report's text on A4 paper: 210 mm less the margins of 13 mm, in CSS pixels."""

CUT = """() => [...document.querySelectorAll('.scroll, td, th, dd, li, p, .label, .box, svg')]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
    .map(e => e.tagName + '.' + e.className + ': ' + e.textContent.trim().slice(0, 60))"""
WIDER = "document.scrollingElement.scrollWidth - window.innerWidth"


COURSES: dict[str, dict[str, Any]] = {
    "base": {"start": "2026-04-13"},
    "closure": {},
    "twice daily": {"protocol": "41.4/23+27/18bid", "start": "2026-09-14", "clinic": "CN"},
    "provisional": {"start": "2090-03-06"},
    "drugs": {"start": "2090-03-06", "chemo": "pf-q4w"},
    "timed": {
        "protocol": "54/36bid",
        "clinic": "england",
        "start": "2026-03-16",
        "times": (dt.time(9, 15), dt.time(15, 45)),
    },
}


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Any:
    """Open a page from a file; in the end nothing may have been complained of, nor anything asked of the network."""
    said: list[str] = []
    contexts = []

    def opened(html: str, width: int = 1280) -> Page:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda request: said.append(request.url) if request.url != path.as_uri() else None)
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def one(*blocks: Any) -> Report:
    return Report(title="Title", sections=(Section(key="one", heading="One", blocks=blocks),))


def nothing_cut(page: Page) -> None:
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", COURSES)
def test_report_on_the_screen_and_on_paper(show: Callable[..., Page], name: str, language: str) -> None:
    made = plan(**COURSES[name])
    page = show(to_html(report(made, words(language)), stamp=STAMP))
    for width in (1280, 800):
        page.set_viewport_size({"width": width, "height": 900})
        nothing_cut(page)
    text = page.inner_text("body")
    for part in (
        made.inputs.label,
        "Fx 1",
        str(made.course.last),
        "BED",
        {"en": "Conventions", "zh_CN": "约定"}[language],
    ):
        assert part in text
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4_TEXT, "height": 1000})
    nothing_cut(page)
    assert 3 <= pages_of(page.pdf(prefer_css_page_size=True)) <= 7


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", COURSES)
def test_patient_calendar_on_the_screen_and_on_paper(show: Callable[..., Page], name: str, language: str) -> None:
    made = plan(**COURSES[name])
    page = show(patient_html(made, language=language, stamp=STAMP, doses=name == "drugs"))
    for width in (1280, 800):
        page.set_viewport_size({"width": width, "height": 900})
        nothing_cut(page)
    assert {"en": "Your treatment calendar", "zh_CN": "您的治疗日历"}[language] in page.inner_text("body")
    assert page.locator(".treatment").count() == len(made.course.fractions)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1000})
    nothing_cut(page)
    assert 1 <= pages_of(page.pdf(prefer_css_page_size=True)) <= 2
    page.add_style_tag(content="* { letter-spacing: .06em }")  # fonts differ by machine: a wider one than any of ours
    assert page.evaluate(WIDER) <= 0
    assert pages_of(page.pdf(prefer_css_page_size=True)) <= 3


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", ["drugs", "timed", "provisional"])
def test_patient_calendar_on_a_telephone_is_a_list(show: Callable[..., Page], name: str, language: str) -> None:
    made = plan(**COURSES[name])
    page = show(patient_html(made, language=language, follow_up=periods("1m,6m")), width=375)
    for width in (320, 375, 599):
        page.set_viewport_size({"width": width, "height": 900})
        nothing_cut(page)
        lefts = page.evaluate("[...new Set([...document.querySelectorAll('td.visit')].map(e => e.offsetLeft))]")
        assert len(lefts) == 1  # one below the other
        small = (
            "[...document.querySelectorAll('td.visit *')].filter(e => parseFloat(getComputedStyle(e).fontSize) < 12)"
        )
        assert page.evaluate(f"{small}.length") == 0


@pytest.mark.parametrize("font", ["DejaVu Sans", ""])
@pytest.mark.parametrize("name", ["drugs", "closure", "timed", "twice daily"])
def test_the_patient_calendar_prints_without_blank_pages_and_no_badge_breaks(
    show: Callable[..., Page], name: str, font: str
) -> None:
    """Also where DejaVu, the widest of the usual fonts, is the only one."""
    page = show(patient_html(plan(**COURSES[name]), follow_up=periods("1m,3m,6m,1y")), width=703)
    if font:
        page.add_style_tag(content=f"* {{ font-family: '{font}' !important }}")
    page.emulate_media(media="print")
    nothing_cut(page)
    lines = "[...document.querySelectorAll('.chemotherapy, .confirm, .treatment b')].filter(e => !e.matches('b'))"
    assert page.evaluate(f"{lines}.filter(e => e.getClientRects().length != 1 || e.offsetHeight > 24).length") == 0
    sticking = "e => e.getBoundingClientRect().right > e.closest('td').getBoundingClientRect().right"
    assert page.evaluate(f"{lines}.filter({sticking}).length") == 0
    reader = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert all(len(sheet.extract_text()) > 100 for sheet in reader.pages)
    assert len(reader.pages) <= 3


def test_the_last_lines_of_the_patient_calendar_stay_with_the_last_month(show: Callable[..., Page]) -> None:
    page = show(patient_html(plan()))
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.end')).breakInside") == "avoid"
    assert page.locator(".end table").count() == page.locator(".end footer").count() == 1


def test_every_row_and_month_reaches_the_paper_uncut(show: Callable[..., Page]) -> None:
    """Rows, months and remarks that ask not to be broken are no taller than a page, so that none is."""
    page = show(to_html(report(plan("59.4/33", start="2026-02-02"))), width=A4_TEXT)
    page.emulate_media(media="print")
    heights = page.evaluate(
        "[...document.querySelectorAll('tr, .month, .notes li, .signatures, .split .scroll')]"
        ".filter(e => getComputedStyle(e).breakInside === 'avoid').map(e => e.offsetHeight)"
    )
    assert len(heights) > 40
    assert max(heights) < 1000


def test_chinese_glyphs_come_from_a_chinese_font(show: Callable[..., Page]) -> None:
    page = show(patient_html(plan(), language="zh_CN"))
    client = page.context.new_cdp_session(page)
    client.send("DOM.enable")
    client.send("CSS.enable")
    root = client.send("DOM.getDocument")["root"]["nodeId"]
    node = client.send("DOM.querySelector", {"nodeId": root, "selector": "h1"})["nodeId"]
    fonts = client.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    assert [font["familyName"] for font in fonts] != []
    assert all("CJK" in font["familyName"] for font in fonts)


def test_provisional_days_print_their_hatching(show: Callable[..., Page]) -> None:
    for html, selector in (
        (to_html(report(plan(start="2090-03-06"))), "td.provisional"),
        (patient_html(plan(start="2090-03-06")), "td.unsure"),
    ):
        page = show(html)
        page.emulate_media(media="print")
        style = page.evaluate(
            f"(s => [s.backgroundImage, s.printColorAdjust])(getComputedStyle(document.querySelector('{selector}')))"
        )
        assert style[0].startswith("repeating-linear-gradient")
        assert style[1] == "exact"


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "W" * 300, "\u202eمستشفى", "</style><b onclick=alert(1)>"]
)
def test_hostile_names_neither_run_nor_burst_the_page(show: Callable[..., Page], text: str) -> None:
    columns = (
        Column(key="a", title=text),
        Column(key="b", title="B", kind="number", unit="Gy"),
        Column(key="c", title="C"),
    )
    blocks = (
        Facts(items=((text, text),)),
        Notes(notes=(Note(code="x", severity="warning", values={"text": text}),)),
        Table(name="t", columns=columns, rows=((text, 1.0, text),) * 20),
        text,
    )
    page = show(
        to_html(
            Report(title=text, subtitle=text, banner=text, sections=(Section(key="s", heading=text, blocks=blocks),))
        )
    )
    for width in (1280, 800, A4_TEXT):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDER) <= 0
    assert page.inner_text("h1") == visible(text)


def test_the_page_to_sign_is_one_page(show: Callable[..., Page]) -> None:
    """Situation, price, eight options in eleven columns and the lines to sign, then the calendar on the next."""
    titles = ("Dose per fraction", "Tumour", "Late", "Acute", "Deficit", "Late excess")
    columns = (
        Column(key="id", title="Option"),
        Column(key="last", title="Last day", kind="date"),
        *(Column(key=f"k{i}", title=title, kind="number", unit="Gy") for i, title in enumerate(titles)),
        Column(key="ott", title="Overall time", kind="integer", unit="d"),
        Column(key="over", title="Prolongation", kind="integer", unit="d", signed=True),
        Column(key="rules", title="Rules broken"),
    )
    row = ("weekend-2", dt.date(2026, 3, 16), 1.8, 53.1, 72.0, 53.1, 2.7, 0.0, 43, 10, "more than five a week")
    parts = (
        ("situation", (Facts(items=tuple((f"Fact {i}", "what was delivered") for i in range(6))),)),
        ("price", (Notes(notes=(Note(code="x", severity="violation", values={"text": "prolonged by 12 days"}),)),)),
        ("options", (Table(name="options", columns=columns, rows=(row,) * 8, emphasis=(0,)),)),
        ("signatures", (Signatures(roles=("medical physicist", "radiation oncologist")),)),
    )
    sections = tuple(Section(key=key, heading=key, blocks=blocks) for key, blocks in parts)
    alone = show(to_html(Report(title="Missed fractions", sections=sections)))
    assert pages_of(alone.pdf(prefer_css_page_size=True)) == 1
    more = (*sections, *(section for section in report(plan()).sections if section.key == "calendar"))
    assert pages_of(show(to_html(Report(title="Missed", sections=more))).pdf(prefer_css_page_size=True)) == 2


def test_a_table_of_forty_columns_fits_the_page(show: Callable[..., Page]) -> None:
    names = (
        Column(key="regimen", title="Regimen"),
        Column(key="region", title="Region"),
        Column(key="t", title="Tissue"),
    )
    values = tuple(
        Column(key=f"c{i}", title="Reference time_loss_gy", kind="number", unit="Gy", signed=True) for i in range(37)
    )
    row: tuple[Any, ...] = ("41.4/23 + 27/18 bid", "late tissue", "squamous-surrogate", *(100.0 + i for i in range(37)))
    page = show(to_html(one(Table(name="all", columns=(*names, *values), rows=(row,) * 12))))
    for width in (1280, 800):
        page.set_viewport_size({"width": width, "height": 900})
        nothing_cut(page)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4_TEXT, "height": 1000})
    nothing_cut(page)


def test_a_figure_fits_the_page(show: Callable[..., Page]) -> None:
    page = show(to_html(one(course_figure(plan()))))
    for width in (1280, 800, A4_TEXT):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDER) <= 0
        box = page.locator("svg").bounding_box()
        assert box is not None
        assert 0.5 * width < box["width"] <= width
        assert box["height"] > 100


def test_a_figure_is_legible_on_a_telephone(show: Callable[..., Page]) -> None:
    """Its type is 9 px or more, it scrolls inside its frame, and the page is no wider than the screen."""
    page = show(to_html(report(plan())), width=375)
    assert page.evaluate(WIDER) <= 0
    heights = page.evaluate(
        "[...document.querySelectorAll('.drawing svg text')].map(e => parseFloat(getComputedStyle(e).fontSize)"
        " * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b))"
    )
    assert len(heights) > 20
    assert min(heights) >= 9


def test_a_notebook_fragment(show: Callable[..., Page]) -> None:
    page = show(f"<!doctype html><meta charset=utf-8><body>{notebook.to_html(plan())}", width=800)
    nothing_cut(page)
    assert "February 2026" in page.inner_text("body")
