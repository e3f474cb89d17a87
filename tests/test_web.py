"""The local page: what it shows is the answer of the front door, and what it refuses it refuses in words.

The security of the page is a test a line: hosts, methods, callers, names, paths, bounds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import io
import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtplan as rt
from rtplan.errors import DomainError
from rtplan.web import answers
from rtplan.web import app as web
from rtplan.web.address import MOST_MISSED, State, asked
from rtplan.web.answers import Loaded
from rtplan.web.app import Settings, create_app, known_names

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

NOW = dt.datetime(2026, 1, 15, 1, 0, tzinfo=dt.UTC)
HOST = "127.0.0.1:8000"
KNOWN = known_names()

HTMX_VERSION = "2.0.10"
HTMX_SHA256 = "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de"


def client_of(**words: Any) -> FlaskClient:
    usual: dict[str, Any] = {"known": KNOWN, "hosts": (HOST,), "clock": lambda: NOW}
    return create_app(Settings(**usual | words)).test_client()


CLIENT = client_of()


def get(address: str, client: FlaskClient = CLIENT, *, site: str = "none") -> TestResponse:
    """The answer, read to its end."""
    response = client.get(address, headers={"Host": HOST, "Sec-Fetch-Site": site})
    response.get_data()
    response.close()
    return response


def text_of(response: TestResponse) -> str:
    return html.unescape(response.get_data(as_text=True))


# --- the answers ----------------------------------------------------------------------------------------------------


def test_a_plan_shows_the_numbers_of_the_front_door() -> None:
    response = get("/?start=2026-02-02")
    plan = rt.plan(start="2026-02-02")
    page = text_of(response)
    assert response.status_code == 200
    assert plan.course.last.isoformat() in page
    for row in plan.effects:
        assert f"{row.net_bed_gy:.2f}" in page
    assert len(re.findall(r'class="fraction">Fx \d+<', page)) == 25


def test_a_day_is_a_link_to_the_state_in_which_it_was_missed_and_back() -> None:
    page = text_of(get("/?start=2026-02-02"))
    links = re.findall(r'aria-pressed="false" aria-label="[^"]*" href="([^"]*)"', page)
    assert len(links) == 25
    assert links[13] == "/missed?start=2026-02-02&missed=2026-02-27"
    pressed = text_of(get(links[13]))
    (back,) = re.findall(r'aria-pressed="true" aria-label="[^"]*" href="([^"]*)"', pressed)
    assert back == "/missed?start=2026-02-02"


def test_options_are_those_of_missed_in_their_order() -> None:
    answer = rt.missed(rt.plan(start="2026-02-02"), "2026-02-27")
    page = text_of(get("/missed?start=2026-02-02&missed=2026-02-27"))
    linked = [unquote_plus(name) for name in re.findall(r"chosen=([\w%+-]+?)[\"&]", page)]
    assert linked[: len(answer.listed)] == [option.id for option in answer.listed]
    for option in answer.listed:
        assert f"{option.deficit_gy:.2f}" in page


def test_a_chosen_option_lies_over_the_same_calendar_and_can_be_saved() -> None:
    address = "/missed?start=2026-02-02&missed=2026-02-27&chosen=weekend-1"
    page = text_of(get(address))
    answer = rt.missed(rt.plan(start="2026-02-02"), "2026-02-27")
    option = answer.option("weekend-1")
    assert "extra session" in page
    assert option.sessions[0].date.isoformat() in page
    archive = get(address.replace("/missed", "/files/missed/revision.zip"))
    with zipfile.ZipFile(io.BytesIO(archive.data)) as files:
        revised = rt.artefact.parse(json.loads(files.read("plan-r2.json")))
        assert {"patient-r2.html", "calendar-r2.ics"} <= set(files.namelist())
    assert revised.course == option.course


@pytest.mark.parametrize(
    ("view", "query", "name", "begins"),
    [
        ("plan", "start=2026-02-02", "plan.json", b"{"),
        ("plan", "start=2026-02-02", "report.html", b"<!DOCTYPE html>"),
        ("plan", "start=2026-02-02", "patient.html", b"<!DOCTYPE html>"),
        ("plan", "start=2026-02-02", "calendar.ics", b"BEGIN:VCALENDAR"),
        ("plan", "start=2026-02-02", "plan.xlsx", b"PK"),
        ("plan", "start=2026-02-02", "fractions.csv", b""),
        ("missed", "start=2026-02-02&missed=2026-02-27", "missed.json", b"{"),
        ("missed", "start=2026-02-02&missed=2026-02-27", "missed.html", b"<!DOCTYPE html>"),
        ("compare", "regimens=45/25+60/30", "compare.csv", b""),
        ("starts", "first=2026-02-23&last=2026-03-13", "starts.csv", b""),
    ],
)
def test_files(view: str, query: str, name: str, begins: bytes) -> None:
    response = get(f"/files/{view}/{name}?{query}")
    assert response.status_code == 200
    assert response.data.removeprefix(b"\xef\xbb\xbf").startswith(begins)
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_figures_are_loaded_by_themselves() -> None:
    page = text_of(get("/compare?regimens=45/25 60/30"))
    (source, *_) = re.findall(r'<img src="([^"]*)"', page)
    response = get(source)
    assert response.headers["Content-Type"].startswith("image/svg+xml")
    assert b'xmlns="http://www.w3.org/2000/svg"' in response.data
    assert get(source.replace("/0.svg", "/99.svg")).status_code == 404


def test_start_days_lead_to_their_plan() -> None:
    page = text_of(get("/starts?first=2026-02-23&last=2026-03-13"))
    assert 'href="/?start=2026-03-02"' in page
    best = rt.starts(first="2026-02-23", last="2026-03-13").starts[0]
    assert best.date.isoformat() in page


def test_the_guide_is_there_and_its_html_is_escaped() -> None:
    listed = text_of(get("/guide"))
    assert "/guide?topic=missed" in listed
    assert "Tumour and tissue" in listed
    page = get("/guide?topic=missed").get_data(as_text=True)
    assert 'href="/guide?topic=sheet"' in page
    assert '.md"' not in page
    assert "<h1>Missed fractions: rtplan missed</h1>" in page
    assert "<script" not in page.split("<main", 1)[1]
    assert get("/guide?topic=nothing").status_code == 422


def test_in_chinese() -> None:
    page = text_of(get("/missed?start=2026-02-02&missed=2026-02-27&language=zh_CN"))
    assert 'lang="zh-CN"' in page
    for word in ("漏照", "选项", "日历", "保存" if "保存" in page else "文件"):
        assert word in page
    assert "language=zh_CN" in re.findall(r'aria-label="[^"]*" href="([^"]*)"', page)[0]


def test_the_site_gives_a_notation_its_time_factor() -> None:
    bare = text_of(get("/?protocol=70/35&clinic=england&start=2026-03-02"))
    sited = text_of(get("/?protocol=70/35&clinic=england&start=2026-03-02&site=head-and-neck"))
    plan = rt.plan("70/35", start="2026-03-02", clinic="england", site="head-and-neck")
    assert f"{plan.effects[0].net_bed_gy:.2f}" in sited
    assert f"{plan.effects[0].net_bed_gy:.2f}" not in bare
    assert "site takes" in text_of(get("/?site=nowhere"))


def test_a_refusal_stands_on_the_page_in_words() -> None:
    for query, words in (
        ("start=2026-13-01", "start takes a date"),
        ("start=2026-03-02&protocol=5x8&clinic=england", "can be read as 5 fractions of 8 Gy"),
        ("start=2026-03-02&protocol=45/25", "clinic"),
        ("start=2026-03-02&clinic=atlantis", "clinic takes"),
        ("protocol=nothing&start=2026-03-02", "there is no protocol or regimen 'nothing'"),
        ("surprise=1", "has no word 'surprise'"),
        ("start=2026-03-02&start=2026-03-03", "more than once"),
    ):
        response = get(f"/?{query}")
        assert response.status_code == 422, query
        assert words in text_of(response), query
        assert 'role="alert"' in text_of(response)


# --- security -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:8001", "localhost", "127.0.0.1", "[::1]:8000", ""])
def test_another_host_is_refused_so_that_no_name_can_be_bound_to_it(host: str) -> None:
    assert CLIENT.get("/", headers={"Host": host}).status_code == 400


def test_other_hosts_to_bind_to_are_refused_in_words(cli: Any) -> None:
    result = cli("serve", "--host", "0.0.0.0", "--no-browser")
    assert result.exit_code == 1
    assert "binds to 127.0.0.1 only" in result.output


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_only_get(method: str) -> None:
    response = getattr(CLIENT, method)("/?start=2026-02-02", headers={"Host": HOST})
    assert response.status_code == 405


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
def test_not_called_from_another_page(site: str, status: int) -> None:
    assert get("/", site=site).status_code == status


@pytest.mark.parametrize(
    "address", ["/", "/?start=2026-13-01", "/static/page.css", "/blocks.css", "/nowhere", "/guide"]
)
def test_headers_hold_the_browser(address: str) -> None:
    headers = get(address).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


ADDRESSES = [
    "/",
    "/?start=2026-02-02",
    "/missed?start=2026-02-02&missed=2026-02-27",
    "/missed?start=2026-02-02&missed=2026-02-27&chosen=weekend-1",
    "/compare",
    "/starts?first=2026-02-23&last=2026-03-13",
    "/guide?topic=dose",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_asked_of_another_machine_and_nothing_stands_inline(address: str) -> None:
    page = get(address).get_data(as_text=True)
    main = page.split("<article", 1)[0]
    for attribute in re.findall(r'\b(?:src|href|action|hx-get|hx-post)="([^"]*)"', main):
        assert attribute.startswith(("/", "#", "?")), attribute
        assert not attribute.startswith("//")
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"<[^>]*\son\w+=", page)
    assert "<style" not in page
    assert not re.search(r"<[^>]*\sstyle=", page)


@pytest.mark.parametrize(
    "query",
    [
        {"protocol": "/etc/passwd"},
        {"protocol": "../../etc/passwd"},
        {"protocol": "configs/protocols/west-china-low-dose.toml"},
        {"protocol": "plan.dcm"},
        {"clinic": "/etc/hostname"},
        {"clinic": "./clinic.toml"},
        {"clinic": "configs/clinics/england.toml"},
    ],
)
def test_no_path_ever_comes_from_an_address(query: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = Path.open

    def spy(self: Path, *args: Any, **words: Any) -> Any:
        opened.append(str(self))
        return real(self, *args, **words)

    monkeypatch.setattr(Path, "open", spy)
    response = get("/?" + urlencode({"start": "2026-03-02", "clinic": "england"} | query))
    assert response.status_code == 422
    assert not any("passwd" in name or "hostname" in name for name in opened)


def test_names_of_files_come_from_a_list() -> None:
    for name in ("passwd", "..%2f..%2fetc%2fpasswd", "plan.toml", "revision.zip"):
        assert get(f"/files/plan/{name}?start=2026-02-02").status_code == 404
    assert get("/files/other/plan.json?start=2026-02-02").status_code == 404
    assert get("/static/..%2fapp.py").status_code == 404


def test_work_is_bounded() -> None:
    days = "&".join(f"missed=2026-{month:02}-{day:02}" for month in range(2, 6) for day in range(1, 20))
    assert f"at most {MOST_MISSED} days" in text_of(get(f"/missed?start=2026-02-02&{days}"))
    assert "1 to 120 days" in text_of(get("/starts?first=2026-01-01&last=2027-01-01"))
    assert "at most 120 fractions" in text_of(get("/?protocol=300/150&clinic=england&start=2026-03-02"))
    assert "at most 120 signs" in text_of(get("/?protocol=" + "4" * 500))


def test_a_third_answer_is_asked_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "AT_ONCE", 1)
    monkeypatch.setattr(web, "LONGEST_WAIT_S", 0.05)
    client = client_of()

    def again(*_: Any, **__: Any) -> Any:
        assert get("/", client).status_code == 503
        raise DomainError("inner")

    monkeypatch.setattr(answers, "plan_of", again)
    assert get("/?start=2026-02-02", client).status_code == 422
    assert get("/", client).status_code == 422  # given free again


def test_with_a_plan_loaded_the_address_is_a_token_and_the_plan_is_the_only_one(tmp_path: Path) -> None:
    plan = rt.plan("45/25", start="2026-03-02", clinic="england")
    client = client_of(
        loaded=Loaded(plan=plan, name="plan.json"), prefix="/s3cret", known=known_names(plan_loaded=True)
    )
    assert get("/", client).status_code == 404
    assert get("/missed", client).status_code == 404
    page = text_of(get("/s3cret/", client))
    assert plan.course.last.isoformat() in page
    assert 'href="/s3cret/missed?missed=2026-03-02"' in page
    assert "<form" not in page
    assert get("/s3cret/files/plan/plan.json", client).status_code == 200


def test_the_page_of_a_department() -> None:
    plans = {
        name: rt.plan("60/30", start="2026-03-02", clinic="england", category=category)
        for name, category in (("anna", 1), ("ben", 2))
    }
    client = client_of(loaded=Loaded(plans=plans), prefix="/t0ken", known=known_names(folder_loaded=True))
    assert "State the closed days" in text_of(get("/t0ken/department", client))
    query = "closed=2026-03-12&slots=2026-03-14%3D1"
    page = text_of(get(f"/t0ken/department?{query}", client))
    answer = rt.department(plans, "2026-03-12", "2026-03-14=1")
    assert re.findall(r">(anna|ben)<", page)[:1] == [answer.served[0].id]
    assert get(f"/t0ken/files/department/department.csv?{query}", client).status_code == 200
    assert get("/t0ken/?start=2026-03-02", client).status_code == 200  # the other pages are there too
    assert get("/department").status_code == 404  # nowhere without a folder
    wrong = get("/t0ken/department?closed=2026-03-12&slots=ten", client)
    assert wrong.status_code == 422
    assert "slots takes DATE=N" in text_of(wrong)


def test_a_clinic_of_the_command_line_is_offered_by_its_name_only(tmp_path: Path) -> None:
    path = tmp_path / "patient-name.toml"
    path.write_text(
        'name = "ours"\nlabel = "Our clinic"\ncountry = ""\ntime_zone = "UTC"\nworked_weekends = "no"\n'
        'source = { text = "x", verified = true }\n',
        encoding="utf-8",
    )
    client = client_of(known=known_names({"ours": str(path)}))
    page = text_of(get("/?protocol=45/25&clinic=ours&start=2026-03-02", client))
    assert "Our clinic" in page
    assert "patient-name" not in page


@given(
    view=st.sampled_from(["plan", "missed", "compare", "starts", "guide", "department"]),
    words=st.lists(
        st.tuples(
            st.sampled_from([*State.__dataclass_fields__, "x"]),
            st.one_of(
                st.text(max_size=30),
                st.dates().map(str),
                st.sampled_from(["45/25", "england", "CN", "zh_CN", "en", "weekend-1", "70/35 60/30", "missed"]),
            ),
        ),
        max_size=6,
    ),
)
def test_every_address_is_a_state_or_a_refusal_in_words_and_its_own_address_means_the_same(
    view: str, words: Any
) -> None:
    try:
        state = asked(view, words, KNOWN)
    except DomainError:
        return
    from urllib.parse import parse_qsl

    assert asked(state.view, parse_qsl(state.query), KNOWN) == state


def test_htmx_is_what_it_is_said_to_be() -> None:
    folder = Path(web.__file__).parent / "static"
    script = (folder / "htmx.min.js").read_bytes()
    assert hashlib.sha256(script).hexdigest() == HTMX_SHA256
    assert f'version:"{HTMX_VERSION}"'.encode() in script
    assert "Zero-Clause BSD" in (folder / "htmx.LICENSE").read_text(encoding="utf-8")


def test_the_extra_names_what_the_page_needs() -> None:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[><=]", name)[0] for name in project["optional-dependencies"]["web"]}
    assert needed == {"flask", "waitress", "markdown-it-py"}


@pytest.mark.bench
@pytest.mark.parametrize("address", ["/?start=2026-02-02", "/missed?start=2026-02-02&missed=2026-02-27"])
def test_bench_a_click(benchmark: Any, address: str) -> None:
    """The answer to a click: prints its time."""
    benchmark(get, address)
