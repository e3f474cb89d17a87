"""Proof: half days, closures from a file, weekend days for extra sessions: hand-worked calendars, and refusals."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rtplan.clinic.clinic import Days, HalfDay, Sessions, Span
from rtplan.clinic.days import Calendar, Reason, every_day_open
from rtplan.errors import ConfigError, DomainError
from rtplan.library.catalogue import files_of, load_clinic, load_protocol
from rtplan.library.closures import closures_of

CLINIC = """\
name = "own"
label = "Own clinic"
country = ""
time_zone = "Europe/Berlin"
source = {{ text = "department", verified = true }}
worked_weekends = "no"
{top}
[days]
{days}
"""


@pytest.fixture
def own(tmp_path: Path) -> Any:
    def write(days: str = "", top: str = "", **files: str) -> str:
        for name, text in files.items():
            (tmp_path / name.replace("_", ".")).write_text(text, encoding="utf-8")
        (tmp_path / "clinic.toml").write_text(CLINIC.format(top=top, days=days), encoding="utf-8")
        return str(tmp_path / "clinic.toml")

    return write


def opened(cli: Any, clinic: str, first: str, last: str) -> dict[str, bool]:
    found = cli("workdays", clinic, "--from", first, "--to", last, "--json")
    return {entry["date"]: entry["open"] for entry in json.loads(found.stdout)["days"]}


# --- half days --------------------------------------------------------------------------------------------------------


HALVES = 'half_days = [{ first = 2026-12-24, reason = "eve" }, { first = 2026-12-31, reason = "eve" }]'


def test_a_half_day_holds_one_fraction_of_a_twice_daily_course(own: Any, cli: Any) -> None:
    """45/30bid from Mon 2026-12-14 (V18), no holidays: two a day but one on the eves, so that the 16th day ends it."""
    found = cli("plan", "45/30bid", "--start", "2026-12-14", "--clinic", own(HALVES), "--json")
    document = json.loads(found.stdout)
    days = Counter(entry["date"] for entry in document["fractions"])
    assert {day: count for day, count in days.items() if count == 1} == {"2026-12-24": 1, "2026-12-31": 1}
    assert len(days) == 16
    assert max(days) == "2027-01-04"
    (note,) = [note for note in document["notes"] if note["code"] == "half-days"]
    assert note["values"] == {"count": 2, "days": ["2026-12-24", "2026-12-31"]}


def test_a_half_day_takes_nothing_from_a_course_of_one_a_day(own: Any, cli: Any) -> None:
    with_halves, without = own(HALVES), None
    first = json.loads(cli("plan", "45/25", "--start", "2026-12-14", "--clinic", with_halves, "--json").stdout)
    without = own()
    second = json.loads(cli("plan", "45/25", "--start", "2026-12-14", "--clinic", without, "--json").stdout)
    assert first["fractions"] == second["fractions"]
    assert "half-days" not in [note["code"] for note in first["notes"]]


def test_half_days_by_a_rule_and_by_a_span(own: Any, cli: Any) -> None:
    """Every Friday of January 2026, and 5 to 6 February."""
    rule = 'half_days = [{ rule = "FREQ=WEEKLY;BYDAY=FR;UNTIL=20260131", first = 2026-01-01, reason = "service" },'
    clinic = own(rule + " { first = 2026-02-05, last = 2026-02-06 }]")
    found = cli("workdays", clinic, "--from", "2026-01-01", "--to", "2026-02-28", "--json")
    document = json.loads(found.stdout)
    halves = [entry["date"] for entry in document["days"] if entry["fractions"] == 1]
    assert halves == [
        "2026-01-02",
        "2026-01-09",
        "2026-01-16",
        "2026-01-23",
        "2026-01-30",
        "2026-02-05",
        "2026-02-06",
    ]
    assert {entry["kind"] for entry in document["days"] if entry["fractions"] == 1} == {"half day"}
    assert all(entry["open"] for entry in document["days"] if entry["kind"] == "half day")


def test_a_half_day_opens_no_closed_day(own: Any, cli: Any) -> None:
    """Sat 2026-01-03 stays closed; a closure goes before a half day."""
    clinic = own(
        "half_days = [{ first = 2026-01-03 }, { first = 2026-01-05 }]\n"
        'closures = [{ first = 2026-01-05, reason = "move" }]'
    )
    days = opened(cli, clinic, "2026-01-02", "2026-01-06")
    assert days == {
        "2026-01-02": True,
        "2026-01-03": False,
        "2026-01-04": False,
        "2026-01-05": False,
        "2026-01-06": True,
    }


def test_compensation_puts_no_second_fraction_on_a_half_day(own: Any, cli: Any, tmp_path: Path) -> None:
    """Every day from 2026-03-16 on is half: no second fraction is offered for a lost day; whole days take it."""
    for days, offered in (("half_days = [{ first = 2026-03-01, last = 2026-06-30 }]", False), ("", True)):
        out = tmp_path / str(offered)
        assert cli("plan", "60/30", "--start", "2026-03-02", "--clinic", own(days), "--out", str(out)).exit_code == 0
        found = cli("missed", str(out / "plan.json"), "--missed", "2026-03-11", "--all", "--json")
        methods = {option["method"] for option in json.loads(found.stdout)["options"]}
        assert ("bid" in methods) is offered


def test_half_days_are_checked() -> None:
    with pytest.raises(DomainError, match="last or rule, not both"):
        HalfDay(first=dt.date(2026, 1, 1), last=dt.date(2026, 1, 2), rule="FREQ=DAILY")
    with pytest.raises(DomainError, match="RFC 5545"):
        HalfDay(first=dt.date(2026, 1, 1), rule="every Friday")
    with pytest.raises(DomainError, match="lies before first"):
        HalfDay(first=dt.date(2026, 1, 2), last=dt.date(2026, 1, 1))


def test_what_a_day_holds() -> None:
    week = every_day_open(dt.date(2026, 3, 2), dt.date(2026, 3, 8))
    half = Reason(open=True, provisional=False, kind="half day", text="eve", fractions=1)
    shut = Reason(open=False, provisional=False, kind="closure", text="move")
    there = week.with_days(lambda day, reason: {2: half, 3: shut}.get(day.day, reason))
    assert [there.holds(dt.date(2026, 3, day), 2) for day in (2, 3, 4)] == [1, 0, 2]
    assert Calendar.holds(there, dt.date(2026, 3, 2), 1) == 1


# --- closures from a file ---------------------------------------------------------------------------------------------


def calendar_file(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//own//EN\r\n{body}END:VCALENDAR\r\n"


UPGRADE = "UID:1\r\nDTSTART;VALUE=DATE:20260511\r\nDTEND;VALUE=DATE:20260513\r\nSUMMARY:Linac upgrade"


@pytest.mark.parametrize("place", ["top", "days"])
def test_an_all_day_event_closes_its_days_and_not_its_end(place: str, own: Any, cli: Any) -> None:
    """DTEND is the day after the last (RFC 5545, 3.6.1): 11 and 12 May are closed, 13 May is open (V19)."""
    clinic = own(**{place: 'closures_from = "closures.ics"'}, closures_ics=calendar_file(UPGRADE))
    days = opened(cli, clinic, "2026-05-10", "2026-05-14")
    assert [days[f"2026-05-{day}"] for day in (11, 12, 13)] == [False, False, True]
    found = cli("workdays", clinic, "--from", "2026-05-10", "--to", "2026-05-14", "--csv")
    assert "2026-05-11,Mon,false,closure,Linac upgrade,false" in found.stdout


def test_a_table_of_closures(own: Any, cli: Any) -> None:
    text = 'first,last,reason\n2026-05-11,2026-05-12,Linac upgrade\n2026-06-01,,"Move, first day"\n'
    days = opened(cli, own('closures_from = "closures.csv"', closures_csv=text), "2026-05-10", "2026-06-02")
    closed = [day for day, is_open in days.items() if not is_open and dt.date.fromisoformat(day).weekday() < 5]
    assert closed == ["2026-05-11", "2026-05-12", "2026-06-01"]


def dates(tmp_path: Path, *events: str, zone: str = "Europe/Berlin") -> list[str]:
    path = tmp_path / "closures.ics"
    path.write_text(calendar_file(*events), encoding="utf-8", newline="")
    return sorted({day.isoformat() for span in closures_of(path, "closures.ics", zone) for day in span})


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # second Tuesdays of 2026, from March to June, May left out
        (
            [
                "UID:a\r\nDTSTART;VALUE=DATE:20260310\r\nRRULE:FREQ=MONTHLY;BYDAY=2TU;UNTIL=20260630\r\n"
                "EXDATE;VALUE=DATE:20260512\r\nSUMMARY:Service"
            ],
            ["2026-03-10", "2026-04-14", "2026-06-09"],
        ),
        # three times two days, a week apart
        (
            ["UID:a\r\nDTSTART;VALUE=DATE:20260302\r\nDTEND;VALUE=DATE:20260304\r\nRRULE:FREQ=WEEKLY;COUNT=3"],
            ["2026-03-02", "2026-03-03", "2026-03-09", "2026-03-10", "2026-03-16", "2026-03-17"],
        ),
        # one instance moved from the 9th to the 12th, one cancelled on the 16th
        (
            [
                "UID:a\r\nDTSTART;VALUE=DATE:20260302\r\nRRULE:FREQ=WEEKLY;COUNT=3",
                "UID:a\r\nRECURRENCE-ID;VALUE=DATE:20260309\r\nDTSTART;VALUE=DATE:20260312",
                "UID:a\r\nRECURRENCE-ID;VALUE=DATE:20260316\r\nDTSTART;VALUE=DATE:20260316\r\nSTATUS:CANCELLED",
            ],
            ["2026-03-02", "2026-03-12"],
        ),
        # further dates, a duration, no end at all, and a cancelled event
        (["UID:a\r\nDTSTART;VALUE=DATE:20260302\r\nRDATE;VALUE=DATE:20260401"], ["2026-03-02", "2026-04-01"]),
        (["UID:a\r\nDTSTART;VALUE=DATE:20260302\r\nDURATION:P2D"], ["2026-03-02", "2026-03-03"]),
        (["UID:a\r\nDTSTART;VALUE=DATE:20260302"], ["2026-03-02"]),
        ([UPGRADE, "UID:b\r\nDTSTART;VALUE=DATE:20260601\r\nSTATUS:CANCELLED"], ["2026-05-11", "2026-05-12"]),
        # whole days written as midnights: on the clinic's clocks, floating, and in UTC (22 h is midnight in Berlin)
        (
            ["UID:a\r\nDTSTART;TZID=Europe/Berlin:20260511T000000\r\nDTEND;TZID=Europe/Berlin:20260512T000000"],
            ["2026-05-11"],
        ),
        (["UID:a\r\nDTSTART:20260511T000000\r\nDTEND:20260512T000000"], ["2026-05-11"]),
        (["UID:a\r\nDTSTART:20260510T220000Z\r\nDTEND:20260512T220000Z"], ["2026-05-11", "2026-05-12"]),
    ],
)
def test_recurring_and_moved_events_are_expanded(events: list[str], expected: list[str], tmp_path: Path) -> None:
    assert dates(tmp_path, *events) == expected


def test_an_event_without_end_recurs_as_long_as_holidays_are_known(tmp_path: Path) -> None:
    days = dates(tmp_path, "UID:a\r\nDTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Stocktaking")
    assert days[0] == "2026-01-05"
    assert days[-1] == "2100-01-05"
    assert len(days) == 75


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            "UID:a\r\nDTSTART:20260511T140000\r\nDTEND:20260511T160000\r\nSUMMARY:Physics",
            r"line 4, event 'Physics': DTSTART has a clock time \(2026-05-11 14:00 .*half days stand in",
        ),
        ("UID:a\r\nSUMMARY:Nothing", "line 4, event 'Nothing': has no DTSTART"),
        ("UID:a\r\nDTSTART;VALUE=DATE:20260511\r\nDTEND;VALUE=DATE:20260511", "before it begins"),
        ("UID:a\r\nDTSTART;VALUE=DATE:20260511\r\nRRULE:FREQ=HOURLY", "gives clock times, not days"),
        ("UID:a\r\nDTSTART;VALUE=DATE:2026-05-11\r\nSUMMARY:Bad", "line 4, event 'Bad': "),
        ("UID:a\r\nDTSTART;VALUE=DATE:20260511\r\nDURATION:PT4H", "DURATION is not of whole days"),
    ],
)
def test_an_event_that_is_no_whole_day_is_refused(event: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        dates(tmp_path, event)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("first,last,reason\n2026-05-11,2026-05-10,x\n", "line 2: last .* lies before first"),
        ("first,last,reason\n11.05.2026,,x\n", "line 2: first must be a date"),
        ("first,last,reason\n2026-05-11,,\n", "line 2: reason is empty"),
        ("first,last,reason\n2026-05-11,x\n", "line 2: has 2 cells, the header has 3"),
        ("day,reason\n2026-05-11,x\n", "line 1: columns are .* got 'day'"),
        ("first;last;reason\n2026-05-11;;x\n", "line 1: columns are"),
    ],
)
def test_a_table_that_is_not_as_it_should_be_is_refused(text: str, said: str, own: Any) -> None:
    with pytest.raises(ConfigError, match=said):
        load_clinic(own('closures_from = "closures.csv"', closures_csv=text))


def test_a_file_that_is_not_there_or_no_calendar_is_refused(own: Any) -> None:
    with pytest.raises(ConfigError, match=r"clinic.toml: closures.ics: no such file"):
        load_clinic(own('closures_from = "closures.ics"'))
    with pytest.raises(ConfigError, match=r"not an iCalendar file|holds no event"):
        load_clinic(own('closures_from = "closures.ics"', closures_ics="hello\n"))
    with pytest.raises(ConfigError, match=r"ending in \.ics or \.csv"):
        load_clinic(own('closures_from = "closures.txt"', closures_txt="hello\n"))


def test_a_closure_from_the_file_may_not_be_opened_by_hand(own: Any) -> None:
    days = 'closures_from = "closures.ics"\nextra_open = [{ first = 2026-05-11, reason = "open" }]'
    with pytest.raises(ConfigError, match="2026-05-11 is both in closures and in extra_open"):
        load_clinic(own(days, closures_ics=calendar_file(UPGRADE)))


def test_the_file_of_closures_counts_into_the_checksums(own: Any) -> None:
    clinic = own('closures_from = "closures.ics"', closures_ics=calendar_file(UPGRADE))
    files = files_of("west-china-low-dose", load_protocol("west-china-low-dose"), clinic, None)
    assert "closures.ics" in [path.name for path in files]


def test_reasons_of_one_day_are_all_kept(own: Any, cli: Any) -> None:
    days = 'closures_from = "closures.ics"\nclosures = [{ first = 2026-05-12, reason = "audit" }]'
    found = cli(
        "workdays",
        own(days, closures_ics=calendar_file(UPGRADE)),
        "--from",
        "2026-05-12",
        "--to",
        "2026-05-12",
        "--csv",
    )
    assert "audit; Linac upgrade" in found.stdout


# --- weekend days for extra sessions ----------------------------------------------------------------------------------


def weekend_sessions(own: Any, cli: Any, tmp_path: Path, top: str) -> list[list[int]]:
    """Weekdays of the weekend sessions of each option, for two days lost in the second week."""
    out = tmp_path / "out"
    assert (
        cli("plan", "60/30", "--start", "2026-03-02", "--clinic", own("", top), "--out", str(out), "--force").exit_code
        == 0
    )
    found = cli("missed", str(out / "plan.json"), "--missed", "2026-03-10,2026-03-11", "--all", "--json")
    options = [option for option in json.loads(found.stdout)["options"] if option["method"] == "weekend"]
    assert options or "[]" in top
    out_days = []
    for option in options:
        days = {dt.date.fromisoformat(entry["date"]) for entry in option["fractions"]}
        out_days.append(sorted(day.weekday() for day in days if day.weekday() >= 5))
    return out_days


def test_saturdays_go_before_sundays(own: Any, cli: Any, tmp_path: Path) -> None:
    """Weeks enough are left: two lost days are two Saturdays, never a Sunday."""
    for days in weekend_sessions(own, cli, tmp_path, ""):
        assert set(days) == {5}


def test_a_clinic_says_on_which_weekend_days_it_can_open(own: Any, cli: Any, tmp_path: Path) -> None:
    for top, allowed in (('"sat"', {5}), ('"sun"', {6}), ('"sun", "sat"', {6})):
        for days in weekend_sessions(own, cli, tmp_path, f"sessions = {{ weekend = [{top}] }}"):
            assert set(days) == allowed
    assert weekend_sessions(own, cli, tmp_path, "sessions = { weekend = [] }") == []


def test_sessions_are_checked() -> None:
    with pytest.raises(DomainError, match="weekend takes mon"):
        Sessions(weekend=("saturday",))
    with pytest.raises(DomainError, match="names a day twice"):
        Sessions(weekend=("sat", "sat"))


def test_categories_are_the_countrys_and_keep_the_public_ones(own: Any, cli: Any, tmp_path: Path) -> None:
    path = Path(own("", 'categories = ["public", "catholic"]'))
    path.write_text(path.read_text().replace('country = ""', 'country = "DE"\nsubdivision = "BY"'))
    days = opened(cli, str(path), "2028-08-14", "2028-08-16")
    assert days == {"2028-08-14": True, "2028-08-15": False, "2028-08-16": True}
    text = path.read_text()
    for written, said in (('["catholic"]', "leaves out public"), ('["public", "catolic"]', "it has catholic, public")):
        path.write_text(text.replace('["public", "catholic"]', written))
        with pytest.raises(ConfigError, match=said):
            load_clinic(str(path))


def test_half_days_of_the_country_hold_one_fraction(own: Any, cli: Any) -> None:
    """Greece counts 24 and 31 December among its half days."""
    path = Path(own("", 'categories = ["public", "half_day"]'))
    path.write_text(path.read_text().replace('country = ""', 'country = "GR"'))
    found = cli("workdays", str(path), "--from", "2026-12-23", "--to", "2026-12-31", "--json")
    halves = [entry["date"] for entry in json.loads(found.stdout)["days"] if entry["fractions"] == 1]
    assert halves == ["2026-12-24", "2026-12-31"]


def test_days_of_a_unit_can_hold_half_days_and_files() -> None:
    unit = Days(
        closures=(Span(first=dt.date(2026, 1, 5), reason="x"),), half_days=(HalfDay(first=dt.date(2026, 1, 6)),)
    )
    assert unit.closures_from == ""
