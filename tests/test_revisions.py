"""Proof by cases worked by hand: a revision's deliveries are never taken back, and what has no meaning is said."""

from __future__ import annotations

import datetime as dt
from datetime import date as D

import pytest
from factory import FIXED, plan

from rtplan.errors import ConfigError, DomainError
from rtplan.interruption.asked import given_of
from rtplan.interruption.choose import choose
from rtplan.interruption.missed import Missed, missed_answer
from rtplan.interruption.reconcile import from_record
from rtplan.interruption.situation import from_dates, parse_missed
from rtplan.planning.plan import Plan
from rtplan.records import csv as records_csv
from rtplan.records.record import Record
from rtplan.report.sentences import sentence


def sixty() -> Plan:
    """60 Gy in 30 fractions from Monday 2026-03-02 to Friday 2026-04-10."""
    return plan("60/30", "2026-03-02", clinic="weekdays", tissues=("squamous-surrogate",))


def missed(made: Plan, days: str) -> Missed:
    return missed_answer(from_dates(made, parse_missed(days)))


def appended(made: Plan, days: str) -> Plan:
    return choose(missed(made, days), "append", FIXED, parent_sha256="0" * 64)


def twice_revised() -> Plan:
    """10-12 March missed, then 13-20 April: 27 fractions given by 10 April, three left on 21, 22, 23 April."""
    return appended(appended(sixty(), "2026-03-10..2026-03-12"), "2026-04-13..2026-04-20")


def record(made: Plan, *days: str) -> Record:
    text = "\n".join(["date,dose_gy", *(f"{day},2.0" for day in days)]) + "\n"
    return records_csv.parse(text, "r.csv", made.inputs.prescription.targets[0])


def test_the_revision_is_as_worked_by_hand() -> None:
    made = twice_revised()
    assert (made.course.last, made.course.elapsed_days) == (D(2026, 4, 23), 52)


@pytest.mark.parametrize("day", ["2026-03-20", "2026-04-19"])
def test_no_question_takes_back_what_a_revision_counts_as_given(day: str) -> None:
    made = twice_revised()
    told = f"as of {day}: revision 3 counts what was given up to 2026-04-20"
    with pytest.raises(DomainError, match=told):
        from_dates(made, parse_missed("2026-04-21"), as_of=D.fromisoformat(day))
    with pytest.raises(DomainError, match=told):
        from_dates(made, (), as_of=D.fromisoformat(day))  # as `--stopped` asks
    with pytest.raises(DomainError, match=told):
        from_record(made, record(made, "2026-03-02"), as_of=D.fromisoformat(day))


def test_the_next_miss_goes_on_from_there() -> None:
    answer = missed(twice_revised(), "2026-04-21")
    append = answer.option("append")
    assert len(answer.situation.delivered) == 27
    assert (append.course.last, append.course.elapsed_days) == (D(2026, 4, 24), 53)
    (row,) = [effect.row for effect in append.effects if effect.row.kind == "tumour"]
    assert row.net_bed_gy == pytest.approx(72.0 - 0.9 * (53 - 28))


def test_a_record_that_says_otherwise_is_followed_and_named() -> None:
    made = twice_revised()
    situation = from_record(made, record(made, "2026-03-02", "2026-03-03"))
    assert situation.as_of == D(2026, 4, 20)
    (note,) = [note for note in situation.findings if note.code == "record-overrules"]
    assert sentence(note) == (
        "revision 3 counts 27 fractions (54.00 Gy) as given by 2026-04-20, the record 2 (4.00 Gy): "
        "the record is followed"
    )
    answer = missed_answer(situation)
    assert min(fraction.date for fraction in answer.option("append").course.fractions[2:]) == D(2026, 4, 21)


def test_a_record_that_agrees_says_nothing() -> None:
    made = appended(sixty(), "2026-03-10..2026-03-12")
    given = [fraction.date.isoformat() for fraction in made.course.fractions if fraction.date <= D(2026, 3, 12)]
    assert [note.code for note in from_record(made, record(made, *given)).findings] == []


def test_a_day_far_past_the_end_is_a_slip_of_the_pen() -> None:
    made = sixty()
    with pytest.raises(
        ConfigError, match=r"line 3: 2062-03-03 lies more than 366 days after the planned end, 2026-04-10"
    ):
        from_record(made, record(made, "2026-03-02", "2062-03-03"))


def test_a_net_bed_that_time_leaves_nothing_of_is_a_broken_rule() -> None:
    """Away from 8 April to the end of August: 72 - 0.9 x (185 - 28) = -69.3 Gy, which is no dose."""
    append = missed(sixty(), "2026-04-08..2026-08-31").option("append")
    (row,) = [effect.row for effect in append.effects if effect.row.kind == "tumour"]
    assert row.net_bed_gy == pytest.approx(72.0 - 0.9 * (append.course.elapsed_days - 28))
    assert row.net_bed_gy < 0
    assert "net-bed-lost" in [note.code for note in append.violations]


@pytest.mark.parametrize("days", [5, 2.5, {"2026-03-10": 1}])
def test_the_front_door_says_how_missed_days_are_written(days: object) -> None:
    import rtplan

    with pytest.raises(DomainError, match="missed takes dates and spans such as"):
        rtplan.missed(sixty(), days)  # type: ignore[arg-type]


def test_dates_may_be_given_as_dates() -> None:
    words: dict[str, object] = {
        "missed": (dt.date(2026, 3, 10),),
        "partial": (),
        "record": None,
        "dose_reference": None,
    }
    words |= {"cause_text": "", "record_format": None, "record_plan": (), "clinic": None, "as_of": None, "cause": ""}
    assert [span.text for span in given_of(words).missed] == ["2026-03-10"]


# --- the rest of a fraction -----------------------------------------------------------------------------------------


def given(*rows: str, head: str = "date,time,fraction,dose_gy,status") -> tuple[list[float], int]:
    made = sixty()
    text = "\n".join([head, *rows]) + "\n"
    found = from_record(made, records_csv.parse(text, "r.csv", made.inputs.prescription.targets[0]))
    return [round(fraction.doses_gy[0], 6) for fraction in found.delivered], len(found.slots)


def test_a_rest_twenty_minutes_later_is_the_same_fraction_with_or_without_times() -> None:
    rows = ("2026-03-02,09:15,1,1.2,partial", "2026-03-02,09:35,1,0.8,remainder", "2026-03-03,10:00,2,2,delivered")
    assert given(*rows) == ([2.0, 2.0], 28)
    bare = ("2026-03-02,1,1.2,partial", "2026-03-02,1,0.8,remainder", "2026-03-03,2,2,delivered")
    assert given(*bare, head="date,fraction,dose_gy,status") == ([2.0, 2.0], 28)


def test_a_rest_eight_hours_later_is_an_attendance_of_its_own() -> None:
    rows = ("2026-03-02,08:00,1,1.2,partial", "2026-03-02,16:00,1,0.8,remainder")
    assert given(*rows) == ([1.2, 0.8], 29)


def test_a_rest_before_the_next_days_own_fraction_stands_in_its_place() -> None:
    rows = ("2026-03-02,09:15,1,1.2,partial", "2026-03-03,09:15,1,0.8,remainder", "2026-03-03,16:00,2,2,delivered")
    assert given(*rows) == ([1.2, 0.8, 2.0], 28)


def test_a_rest_that_two_fractions_can_take_is_refused_with_both() -> None:
    rows = ("2026-03-02,1.2,partial", "2026-03-03,1.5,partial", "2026-03-04,0.5,remainder")
    with pytest.raises(ConfigError, match=r"line 4: remainder of 0\.5 Gy .* fraction 1 .* or of fraction 2"):
        given(*rows, head="date,dose_gy,status")


@pytest.mark.parametrize("row", ["2026-03-02,,3.0", "2026-03-02,2,3.0"])
def test_a_line_with_the_total_of_a_day_of_two_fractions_is_refused_with_both_readings(row: str) -> None:
    """36 Gy in 24 fractions twice a day: 3 Gy are one fraction of 3 Gy, or two of 1.5 Gy."""
    made = plan("36/24bid", "2026-03-02", clinic="weekdays")
    entries = records_csv.parse(f"date,fraction,dose_gy\n{row}\n", "r.csv", made.inputs.prescription.targets[0])
    told = r"line 2: 3 Gy together where 1\.5 Gy is planned: one fraction .* or 2 fractions"
    with pytest.raises(ConfigError, match=told):
        from_record(made, entries)
