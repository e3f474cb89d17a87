"""Proof of calendar.ics: parsed again, each event against the plan; octets, revisions, hostile names, gold files."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from factory import FIXED, on_two_machines, plan
from icalendar import Calendar

from rtplan.chemotherapy.cycles import DrugDay
from rtplan.course.schedule import with_times
from rtplan.errors import DomainError, visible
from rtplan.planning import artefact
from rtplan.planning.plan import Plan, make_plan
from rtplan.planning.provenance import Revision
from rtplan.report.formats.ics import APPOINTMENT, cancelled_ics, to_ics

GOLDEN = Path(__file__).parent / "golden"
LONDON = ZoneInfo("Europe/London")


def parsed(content: bytes) -> Any:
    return Calendar.from_ical(content)


def of(content: bytes, part: str) -> dict[str, Any]:
    """The events whose UID names this part ("-fraction-", "-cycle-"), by UID."""
    return {str(event["UID"]): event for event in parsed(content).walk("VEVENT") if part in event["UID"]}


def revised(first: Plan, fractions: int, number: int = 2) -> Plan:
    """A later revision with fewer fractions, the last of them a day later."""
    kept = list(first.course.fractions[:fractions])
    kept[-1] = replace(kept[-1], date=kept[-1].date + dt.timedelta(days=1))
    course = replace(first.course, fractions=tuple(kept))
    return replace(first, course=course, revision=Revision(number=number, parent_sha256="0" * 64, reason="test"))


def hostile(text: str) -> Plan:
    first = plan()
    return replace(first, inputs=replace(first.inputs, clinic=text, label=text, protocol=text))


def test_fractions_are_all_day_with_an_exclusive_end() -> None:
    made = plan()
    events = list(of(to_ics(made), "-fraction-").values())
    assert len(events) == 25
    for event, fraction in zip(events, made.course.fractions, strict=True):
        assert event["SUMMARY"] == f"Radiotherapy fraction {fraction.number} of 25"
        assert event["DTSTART"].dt == fraction.date
        assert event["DTEND"].dt == fraction.date + dt.timedelta(days=1)
        assert event["DTSTART"].params["VALUE"] == event["DTEND"].params["VALUE"] == "DATE"
        assert event["DTSTAMP"].dt == FIXED.created
        assert event["SEQUENCE"] == 1
        assert event["STATUS"] == "CONFIRMED"
        assert event["TRANSP"] == "TRANSPARENT"


def test_a_protocol_of_unknown_drugs_carries_day_1_only() -> None:
    events = list(of(to_ics(plan()), "-cycle-").values())
    assert [str(event["SUMMARY"]) for event in events] == [f"Chemotherapy C{k}D1" for k in (1, 2, 3)]
    assert [event["DTSTART"].dt.isoformat() for event in events] == ["2026-02-02", "2026-02-24", "2026-03-17"]


def test_one_event_for_each_drug_day_with_its_drugs() -> None:
    made = plan(chemo="np-q3w")
    events = list(of(to_ics(made), "-cycle-").values())
    days = {(day.date, day.label) for cycle in made.cycles for day in cycle.drug_days}
    assert {(event["DTSTART"].dt, str(event["SUMMARY"])) for event in events} == {
        (date, f"Chemotherapy {label}") for date, label in days
    }
    given = {(day.date, day.drug) for cycle in made.cycles for day in cycle.drug_days}
    for event in events:
        first_line = str(event["DESCRIPTION"]).split("\n")[0]
        assert set(first_line.split(", ")) == {drug for date, drug in given if date == event["DTSTART"].dt}


def test_timed_events_stand_in_the_clinics_zone_through_the_change_of_clocks() -> None:
    made = plan("45/25", clinic="england", start="2026-03-16", times=(dt.time(9, 15),))
    content = to_ics(made)
    zones = parsed(content).walk("VTIMEZONE")
    assert [str(zone["TZID"]) for zone in zones] == ["Europe/London"]
    assert {str(part["TZOFFSETTO"].to_ical()) for zone in zones for part in zone.subcomponents} == {"+0000", "+0100"}
    for event, fraction in zip(of(content, "-fraction-").values(), made.course.fractions, strict=True):
        assert event["DTSTART"].params["TZID"] == "Europe/London"
        assert event["DTSTART"].dt == dt.datetime.combine(fraction.date, dt.time(9, 15), LONDON)
        assert event["DTEND"].dt - event["DTSTART"].dt == APPOINTMENT
        assert event["TRANSP"] == "OPAQUE"


def test_a_plan_read_back_has_the_same_calendar_though_json_keeps_only_offsets() -> None:
    made = plan("45/25", clinic="england", start="2026-03-16", times=(dt.time(9, 15),))
    assert to_ics(artefact.parse(made.document())) == to_ics(made)


def test_a_clinic_without_a_stated_zone_has_floating_times() -> None:
    made = plan("45/25", clinic="england", start="2026-03-16")
    course = with_times(made.course, (dt.time(9, 15),), dt.UTC)
    made = replace(
        made, course=course, inputs=replace(made.inputs, calendar=replace(made.inputs.calendar, time_zone="UTC"))
    )
    content = to_ics(made)
    assert not parsed(content).walk("VTIMEZONE")
    assert b"\r\nDTSTART:20260316T091500\r\n" in content


def test_two_fractions_of_a_day_are_two_events() -> None:
    made = plan("45.6/38bid", clinic="england", start="2026-03-16", times=(dt.time(9), dt.time(15, 30)))
    events = of(to_ics(made), "-fraction-")
    assert len(events) == 38
    assert len({event["DTSTART"].dt for event in events.values()}) == 38


def test_provisional_days_are_tentative_and_say_so() -> None:
    made = plan(start="2090-03-06")
    events = list(of(to_ics(made), "-fraction-").values())
    marks = [made.is_provisional(fraction) for fraction in made.course.fractions]
    assert any(marks)
    assert [event["STATUS"] == "TENTATIVE" for event in events] == marks
    assert ["To be confirmed" in event.get("DESCRIPTION", "") for event in events] == marks


def test_header() -> None:
    calendar = parsed(to_ics(plan()))
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]
    assert calendar["X-WR-CALNAME"] == "Radiotherapy from 2026-02-02"


# --- octets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clinic", ["四川大学华西医院放射治疗科" * 9, "a" * 300, "医a" * 70, "é" * 100], ids=range(4))
def test_lines_end_in_crlf_and_fold_at_75_octets_between_letters(clinic: str) -> None:
    content = to_ics(hostile(clinic))
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert content.replace(b"\r\n", b"").count(b"\n") == content.replace(b"\r\n", b"").count(b"\r") == 0
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode("utf-8")
    assert {str(event["LOCATION"]) for event in parsed(content).walk("VEVENT")} == {clinic}


def test_a_fraction_on_another_machine_says_where(tmp_path: Path) -> None:
    for language, line in (("en", "On another machine"), ("zh_CN", "在另一台设备上治疗")):
        content = to_ics(on_two_machines(tmp_path), language=language)
        for event in of(content, "-fraction-").values():
            there = event["DTSTART"].dt in (dt.date(2026, 3, 11), dt.date(2026, 3, 12))
            place = "Two machines, linac <B>, ground floor" if there else "Two machines"
            assert str(event["LOCATION"]) == place
            assert (line in event.get("DESCRIPTION", "")) == there
            assert "linac" not in event["SUMMARY"]


def test_in_chinese() -> None:
    content = to_ics(plan(start="2090-03-06"), language="zh_CN")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    calendar = parsed(content)
    assert calendar["X-WR-CALNAME"] == "放疗日历，自 2090-03-06 起"
    titles = [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]
    assert titles[0] == "放疗第 1 次（共 25 次）"
    assert titles[25] == "化疗 C1D1"
    assert [str(event["UID"]) for event in calendar.walk("VEVENT")] == list(of(to_ics(plan(start="2090-03-06")), "@"))


def test_days_before_a_cycle_and_unknown_drugs_in_chinese() -> None:
    first = plan()
    cycle = first.cycles[1]
    drug, label = "chemotherapy (drugs not stated)", "1 day before C2D1"
    day = DrugDay(drug=drug, date=cycle.date, label=label, offset_days=-1, closed=False)
    made = replace(first, cycles=(replace(cycle, drug_days=(day,)),))
    (event,) = of(to_ics(made, language="zh_CN"), "-cycle-").values()
    assert event["SUMMARY"] == "化疗 C2D1 前 1 天"
    assert event["DESCRIPTION"] == "化疗（药物未说明）"


HOSTILE = [
    "x\r\nBEGIN:VEVENT\r\nSUMMARY:injected\r\nEND:VEVENT",
    "x\nATTACH:https://example.org/",
    'a;b,c\\n\\;d:e"f',
    "\x00\x07\x1b[31mred\x85next\u2028line",
    '=HYPERLINK("https://example.org")',
    "</script><script>alert(1)</script>",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text(text: str) -> None:
    content = to_ics(hostile(text))
    calendar = parsed(content)
    assert len(calendar.walk("VEVENT")) == 28
    names = {name for event in calendar.walk("VEVENT") for name in event}
    ours = "UID SEQUENCE DTSTAMP SUMMARY DTSTART DTEND LOCATION DESCRIPTION STATUS TRANSP"
    assert names == set(ours.split())
    expected = visible(text)  # written out: RFC 5545 has no escape for them
    assert all(letter == "\n" or letter.isprintable() for letter in expected)
    assert {str(event["LOCATION"]) for event in calendar.walk("VEVENT")} == {expected}
    assert not any(byte < 0x20 and byte not in b"\r\n" for byte in content)


def test_nothing_that_was_typed_is_in_titles_uids_or_the_calendars_name() -> None:
    calendar = parsed(to_ics(hostile("Zhang San 00012345")))
    shown = [str(calendar[key]) for key in ("X-WR-CALNAME", "NAME", "UID", "DESCRIPTION")]
    shown += [str(event[key]) for event in calendar.walk("VEVENT") for key in ("SUMMARY", "UID")]
    assert not any("Zhang" in text or "00012345" in text for text in shown)


# --- revisions ------------------------------------------------------------------------------------------------------


def test_a_revision_keeps_uids_and_raises_the_sequence() -> None:
    first = plan()
    second = revised(first, 25)
    before, after = of(to_ics(first), "@rtplan"), of(to_ics(second), "@rtplan")
    assert list(before) == list(after)
    assert {event["SEQUENCE"] for event in after.values()} == {2}
    last = f"{first.inputs.course_id}-fraction-25@rtplan"
    assert after[last]["DTSTART"].dt == before[last]["DTSTART"].dt + dt.timedelta(days=1)


def test_uids_differ_between_courses_and_say_nothing() -> None:
    keys = {p.inputs.course_id for p in (plan(), plan(start="2026-03-02"), plan("45/25"), plan(clinic="england"))}
    assert len(keys) == 4
    later = replace(FIXED, created=dt.datetime(2026, 1, 15, 9, 1, tzinfo=dt.UTC))
    twin = make_plan(replace(plan().inputs, course_id=""), later)
    assert twin.inputs.course_id not in keys  # another patient with the same course, planned a minute later
    for key in keys:
        assert len(key) == 20
        int(key, 16)


def test_what_a_revision_removed_is_cancelled() -> None:
    first = plan()
    second = revised(first, 23)
    content = cancelled_ics(second, first)
    assert content is not None
    calendar = parsed(content)
    assert calendar["METHOD"] == "CANCEL"
    key = first.inputs.course_id
    removed = of(content, "@rtplan")
    assert list(removed) == [f"{key}-fraction-24@rtplan", f"{key}-fraction-25@rtplan"]
    originals = of(to_ics(first), "@rtplan")
    for uid, event in removed.items():
        assert event["STATUS"] == "CANCELLED"
        assert event["SEQUENCE"] == 2 > originals[uid]["SEQUENCE"]
        assert event["DTSTART"].dt == originals[uid]["DTSTART"].dt


def test_nothing_removed_nothing_cancelled() -> None:
    first = plan()
    assert cancelled_ics(revised(first, 25), first) is None


def test_cancelling_needs_two_revisions_of_one_course() -> None:
    first = plan()
    with pytest.raises(DomainError, match="does not follow revision 1"):
        cancelled_ics(first, first)
    with pytest.raises(DomainError, match="revisions of one course"):
        cancelled_ics(revised(plan(start="2026-03-02"), 23), first)


def test_without_a_moment_it_is_refused() -> None:
    bare = replace(plan(), provenance=replace(FIXED, created=None))
    with pytest.raises(DomainError, match="stamp"):
        to_ics(bare)
    stamp = dt.datetime(2026, 1, 15, 17, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert to_ics(bare, stamp=stamp) == to_ics(plan())


# --- gold files -----------------------------------------------------------------------------------------------------


def gold_cases() -> dict[str, bytes]:
    first = plan()
    return {
        "west-china.ics": to_ics(first),
        "west-china-cancel.ics": cancelled_ics(revised(first, 23), first) or b"",
        "england-timed.ics": to_ics(plan("45/25", clinic="england", start="2026-03-16", times=(dt.time(9, 15),))),
    }


@pytest.mark.parametrize("name", ["west-china.ics", "west-china-cancel.ics", "england-timed.ics"])
def test_gold(name: str, tmp_path: Path) -> None:
    """RTPLAN_TESTS_MAY_WRITE=1 renews them; on a difference the actual file is kept in the temporary folder."""
    actual, path = gold_cases()[name], GOLDEN / name
    if os.environ.get("RTPLAN_TESTS_MAY_WRITE"):
        path.write_bytes(actual)
    if actual != path.read_bytes():
        (tmp_path / name).write_bytes(actual)
        pytest.fail(f"{name} differs; the actual file is {tmp_path / name}")


@pytest.mark.parametrize(
    "surroundings",
    [
        {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4242"},
    ],
    ids=["New York", "Kathmandu"],
)
def test_the_same_bytes_in_any_locale_zone_and_hash_seed(surroundings: dict[str, str]) -> None:
    program = "import sys, test_ics; sys.stdout.buffer.write(test_ics.gold_cases()['england-timed.ics'])"
    places = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **surroundings, "PYTHONPATH": places},
        capture_output=True,
        check=True,
    )
    assert done.stdout == (GOLDEN / "england-timed.ics").read_bytes()
