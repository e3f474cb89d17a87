"""Proof of follow-up visits: dates by hand, closed days passed over and said, unsure where nothing is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from factory import FIXED, plan
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from rtplan.clinic.days import later_by
from rtplan.errors import DomainError
from rtplan.planning.follow_up import follow_ups, periods
from rtplan.report.formats.ics import to_ics
from rtplan.report.formats.patient import patient_html

if TYPE_CHECKING:
    from click.testing import Result


def visits(text: str, **where: str) -> list[tuple[str, dt.date, bool, bool]]:
    return [(str(v.period), v.date, v.moved, v.unsure) for v in follow_ups(plan(**where), periods(text))]


def test_by_the_calendar_from_the_last_fraction() -> None:
    """The last fraction is on Monday, 16 March 2026; 16 May is a Saturday, 16 June a Tuesday past the
    calendar; sorted by date."""
    assert plan().course.last == dt.date(2026, 3, 16)
    assert visits("3m,1m,2m") == [
        ("1m", dt.date(2026, 4, 16), False, False),
        ("2m", dt.date(2026, 5, 18), True, False),
        ("3m", dt.date(2026, 6, 16), False, True),
    ]


def test_a_public_holiday_is_passed_over() -> None:
    """5 and 6 weeks and 4 days after 16 March: Labour Day 2026 closes 1 to 5 May."""
    assert visits("46d") == [("46d", dt.date(2026, 5, 6), True, False)]


def test_past_the_calendar_weekends_are_passed_over_and_the_day_is_unsure() -> None:
    """16 March 2031 is a Sunday."""
    assert visits("5y") == [("5y", dt.date(2031, 3, 17), True, True)]


@pytest.mark.parametrize(
    ("day", "count", "unit", "expected"),
    [
        (dt.date(2026, 1, 31), 1, "m", dt.date(2026, 2, 28)),
        (dt.date(2024, 2, 29), 1, "y", dt.date(2025, 2, 28)),
        (dt.date(2026, 3, 16), 6, "w", dt.date(2026, 4, 27)),
    ],
)
def test_months_and_years_end_on_their_last_day(day: dt.date, count: int, unit: str, expected: dt.date) -> None:
    assert later_by(day, count, unit) == expected


@given(st.integers(1, 120), st.sampled_from("dwm"))
def test_no_visit_is_early_or_on_a_closed_day(count: int, unit: str) -> None:
    made = plan()
    (visit,) = follow_ups(made, periods(f"{count}{unit}"))
    assert visit.due <= visit.date
    calendar = made.inputs.calendar
    if calendar.covers(visit.date):
        assert calendar.is_open(visit.date)
    else:
        assert visit.unsure
        assert visit.date.weekday() < 5


@pytest.mark.parametrize("text", ["3", "m", "3x", "0m", "121m", "11y", "3m,,1y", "3m,3m", "-3m", "3.5m", "٣m"])
def test_what_is_no_period_is_refused(text: str, cli: Callable[..., Result], tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="follow-up"):
        periods(text)
    out = str(tmp_path / "x")
    done = cli("plan", "--start", "2026-02-02", "--clinic", "west-china", "--out", out, f"--follow-up={text}")
    assert done.exit_code == 2
    assert not Path(out).exists()


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["After 2 months", "Monday, 18 May 2026 (moved: the department is closed on 16 May 2026)"]),
        ("zh_CN", ["2 个月后", "2026年5月18日星期一（2026年5月16日科室不开诊，已顺延）"]),
    ],
)
def test_the_patient_reads_them_only_where_they_are_asked_for(language: str, lines: list[str]) -> None:
    html = patient_html(plan(), language=language, follow_up=periods("2m"))
    assert all(line in html for line in lines)
    assert lines[0] not in patient_html(plan(), language=language)


def test_they_are_events_of_their_own_that_a_revision_moves() -> None:
    content = to_ics(plan(), stamp=FIXED.created, follow_up=periods("2m,5y"))
    events: dict[str, Any] = {str(event["UID"]): event for event in Calendar.from_ical(content).walk("VEVENT")}
    found = {uid: event for uid, event in events.items() if "follow-up" in uid}
    key = plan().inputs.course_id
    assert list(found) == [f"{key}-follow-up-2m@rtplan", f"{key}-follow-up-5y@rtplan"]
    assert [event["DTSTART"].dt for event in found.values()] == [dt.date(2026, 5, 18), dt.date(2031, 3, 17)]
    assert [str(event["STATUS"]) for event in found.values()] == ["CONFIRMED", "TENTATIVE"]
    assert len(events) == len(Calendar.from_ical(to_ics(plan(), stamp=FIXED.created)).walk("VEVENT")) + 2


def test_the_command(cli: Callable[..., Result], tmp_path: Path) -> None:
    words = ["plan", "--start", "2026-02-02", "--out", str(tmp_path / "x"), "--only", "patient,ics"]
    done = cli(*words, "--follow-up", "1m,3m")
    assert done.exit_code == 0, done.stderr
    assert "After 3 months" in (tmp_path / "x" / "patient.html").read_text(encoding="utf-8")
    assert b"follow-up-3m@rtplan" in (tmp_path / "x" / "calendar.ics").read_bytes()
