"""Extra sessions, for missed days and for closures known in advance alike: one search.

Proof: worked dates, and the rules kept in every finding.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from typing import Any

import pytest
from factory import FIXED, plan

from rtplan.answer import said
from rtplan.compensation.sessions import for_closures
from rtplan.course.rules import check
from rtplan.interruption.choose import choose
from rtplan.interruption.missed import missed_answer
from rtplan.interruption.reconcile import from_record
from rtplan.interruption.situation import from_dates, parse_missed
from rtplan.planning.inputs import compensate
from rtplan.planning.plan import make_plan
from rtplan.prescription.prescription import Phase, Prescription, TargetDose
from rtplan.records import csv as records_csv

D = dt.date.fromisoformat


def opened(method: Any, made: Any) -> Any:
    inputs = made.inputs
    return for_closures(
        method,
        inputs.prescription,
        inputs.calendar,
        made.course.first,
        limits=inputs.limits,
        regions=inputs.regions,
    )


def test_worked_weekends_over_spring_festival() -> None:
    # S02b: with both worked weekends the course ends on Thursday 12 March instead of Monday 16: 3 days and 1 day.
    found = opened("worked-weekend", plan())
    assert dict(found.sessions) == {D("2026-02-14"): 1, D("2026-02-28"): 1}
    assert [note.values["days"] for note in found.notes] == [3, 1]
    assert [note.values["net_bed_gy of tumour"] for note in found.notes] == pytest.approx([2.7, 0.9])


@pytest.mark.parametrize("method", ["weekend", "bid", "worked-weekend"])
def test_sessions_break_no_rule_and_gain_what_they_say(method: Any) -> None:
    made = plan()
    found = opened(method, made)
    inputs = compensate(made.inputs, method)
    again = make_plan(inputs, made.provenance)
    rules = [note for note in check(again.course, inputs.limits) if note.severity == "violation"]
    assert rules == []
    days = sum(note.values["days"] for note in found.notes)
    assert (made.course.last - again.course.last).days == days
    assert again.course.sessions[min(found.sessions)] == found.sessions[min(found.sessions)]
    assert again.effects[0].net_bed_gy - made.effects[0].net_bed_gy == pytest.approx(
        sum(note.values["net_bed_gy of tumour"] for note in found.notes)
    )


def test_friday_is_preferred_for_second_fractions() -> None:
    found = opened("bid", plan())
    assert [day.weekday() for day in found.sessions].count(4) >= 4


def test_nothing_to_compensate() -> None:
    found = opened("weekend", plan("45/25", "2026-01-05", clinic="weekdays"))
    assert not found.sessions
    assert [note.code for note in found.notes] == ["closures-not-compensated"]
    assert "no closure prolongs the course" in said(found.notes[0])


def test_no_second_fractions_for_a_twice_daily_course() -> None:
    found = opened("bid", plan("69.6/58bid", "2026-02-02", clinic="west-china"))
    assert not found.sessions
    assert "no such day helps" in said(found.notes[0])


def test_a_compensated_plan_can_be_interrupted() -> None:
    made = make_plan(compensate(plan().inputs, "worked-weekend"), plan().provenance)
    assert made.course.last == D("2026-03-12")
    answer = missed_answer(from_dates(made, (), as_of=D("2026-02-06")))
    assert answer.appended.course == made.course
    later = missed_answer(from_dates(made, parse_missed("2026-02-10")))
    assert later.appended.course.last == D("2026-03-13")  # Saturday 14 and 28 February stay open


def test_the_door_opens_days_and_says_what_they_gain(cli: Any) -> None:
    result = cli("plan", "--start", "2026-02-02", "--compensate-closures", "worked-weekend")
    assert result.exit_code == 0
    assert "Thu 2026-03-12" in result.stdout
    assert "worked-weekend on Sat 2026-02-14" in result.stdout


def test_the_search_is_fast() -> None:
    made = plan("70/35", "2026-01-05", clinic="weekdays", category=1)
    situation = from_dates(made, parse_missed("2026-01-19..2026-01-23"))
    begun = time.perf_counter()
    missed_answer(situation)
    assert time.perf_counter() - begun < 5  # 0.2 s on the machine it was written on


def test_a_concomitant_boost_goes_with_the_session() -> None:
    # 25 x 1.8 Gy with 10 x 1.5 Gy beside fractions 16 to 25: won back on a Saturday, the last day stays as planned.
    host = Phase(name="a", n_fractions=25, totals=(TargetDose(target="tumour", dose_gy=45.0),))
    boost = Phase(name="b", n_fractions=10, totals=(TargetDose(target="tumour", dose_gy=15.0),), concomitant_from=16)
    base = plan("45/25", "2026-01-05", clinic="weekdays", category=1)
    made = make_plan(replace(base.inputs, prescription=Prescription(name="cb", phases=(host, boost))), FIXED)
    answer = missed_answer(from_dates(made, parse_missed("2026-01-14")))
    option = answer.option("weekend-1")
    assert option.course.last == made.course.last == D("2026-02-06")
    revised = choose(answer, "weekend-1", FIXED, parent_sha256="")
    assert missed_answer(from_dates(revised, (), as_of=D("2026-01-14"))).appended.course == revised.course


def concomitant(n_boost: Any, since: Any) -> Any:
    """30 x 1.8 Gy from Monday 2026-03-02, with so many of 1.5 Gy beside them from a fraction on."""
    big = Phase(name="big", n_fractions=30, totals=(TargetDose(target="tumour", dose_gy=54.0),))
    totals = (TargetDose(target="tumour", dose_gy=1.5 * n_boost),)
    boost = Phase(name="boost", n_fractions=n_boost, totals=totals, concomitant_from=since)
    base = plan("45/25", "2026-03-02", clinic="weekdays", category=1)
    return make_plan(replace(base.inputs, prescription=Prescription(name="cb", phases=(big, boost))), FIXED)


def beside(course: Any) -> Any:
    """For each fraction of the boost, the number of the host's fraction of that day."""
    host = [fraction.date for fraction in course.fractions if fraction.phase == "big"]
    return [host.index(f.date) + 1 if f.date in host else None for f in course.fractions if f.phase == "boost"]


@pytest.mark.parametrize(("n_boost", "since"), [(12, 19), (30, 1)])
@pytest.mark.parametrize("day", ["2026-03-10", "2026-04-01", "2026-04-10"])
def test_added_fractions_leave_a_concomitant_boost_beside_its_host(n_boost: Any, since: Any, day: Any) -> None:
    made = concomitant(n_boost, since)
    assert made.course.last == D("2026-04-10")
    answer = missed_answer(from_dates(made, parse_missed(day)), all_options=True)
    own = list(range(since, since + n_boost))
    for option in answer.options:
        if "dose-" not in option.id:
            assert beside(option.course) == own, option.id
    (added,) = [option for option in answer.options if option.added_fractions]
    rest = added.course.fractions[-added.added_fractions :]
    assert {(fraction.phase, fraction.doses_gy) for fraction in rest} == {("big", (1.8,))}
    assert len({fraction.date for fraction in rest}) == added.added_fractions
    assert min(fraction.date for fraction in rest) > answer.appended.course.last
    revised = choose(answer, added.id, FIXED, parent_sha256="")
    again = missed_answer(from_dates(revised, (), as_of=answer.situation.as_of))
    assert again.appended.course == revised.course


@pytest.mark.parametrize(("n_boost", "since"), [(12, 19), (30, 1)])
def test_the_rest_of_a_partial_fraction_does_not_move_a_concomitant_boost(n_boost: Any, since: Any) -> None:
    # Monday 9 March: 1.0 of the host's 1.8 Gy; its 0.8 Gy follow the next day or stand at the end.
    made = concomitant(n_boost, since)
    days = [fraction for fraction in made.course.fractions if fraction.date <= D("2026-03-11")]
    rows = []
    for fraction in days:
        short = fraction.date == D("2026-03-09") and fraction.phase == "big"
        rows.append(f"{fraction.date},{1.0 if short else fraction.doses_gy[0]},,{fraction.phase}")
    for rest in ([], ["2026-03-10,0.8,remainder,big"]):
        text = "\n".join(["date,dose_gy,status,phase", *rows, *rest]) + "\n"
        answer = missed_answer(from_record(made, records_csv.parse(text, "record.csv", "tumour")))
        course = answer.appended.course
        assert course.total_gy() == pytest.approx(made.course.total_gy())
        host = [f for f in course.fractions if f.phase == "big" and f.doses_gy != pytest.approx((0.8,))]
        assert [fraction.date for fraction in course.fractions if fraction.phase == "boost"] == [
            fraction.date for fraction in host[since - 1 : since - 1 + n_boost]
        ]


def test_the_rest_of_a_boost_given_in_part_is_owed_on_a_day_of_its_own() -> None:
    made = concomitant(30, 1)
    text = "date,dose_gy,phase\n2026-03-02,1.8,big\n2026-03-02,1.0,boost\n"
    course = missed_answer(from_record(made, records_csv.parse(text, "record.csv", "tumour"))).appended.course
    assert course.last == D("2026-04-13")
    assert course.fractions[-1].doses_gy[0] == pytest.approx(0.5)
    assert course.sessions[course.last] == 1
    assert beside(course) == list(range(1, 31))


def test_a_session_in_a_once_daily_phase_holds_one_fraction() -> None:
    # 41.4/23 then 27/18 twice a day: a Saturday in the once-daily part takes one fraction, not two.
    answer = missed_answer(
        from_dates(plan("41.4/23 + 27/18bid", "2026-01-05", clinic="weekdays"), parse_missed("2026-01-14"))
    )
    (session,) = answer.option("weekend-1").sessions
    assert session.fractions == 1
