"""Missed fractions: what they cost and how to compensate.

Proof: hand-worked cases with their arithmetic written out (K 0.9 Gy a day from day 28, alpha/beta 10), the
reference cases of interruptions, a second calculation that never imports rtplan (independent_missed.py), refusals.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factory import FIXED, plan
from independent_missed import complaints

import rtplan as rt
from rtplan.answer import said
from rtplan.errors import DomainError, ScheduleError
from rtplan.interruption.choose import choose
from rtplan.interruption.missed import missed_answer
from rtplan.interruption.question import Settings
from rtplan.interruption.ranking import in_order
from rtplan.interruption.reconcile import from_record
from rtplan.interruption.situation import from_dates, parse_missed
from rtplan.planning import artefact
from rtplan.planning.plan import make_plan
from rtplan.prescription.prescription import Phase, Prescription, TargetDose
from rtplan.records import csv as records_csv
from rtplan.report.formats.html import to_html
from rtplan.report.formats.json import dumps
from rtplan.report.registry import report
from rtplan.report.sentences import phrase, sentence

D = dt.date.fromisoformat


def seventy(**where: Any) -> Any:
    """70 Gy in 35 fractions from Monday 2026-01-05, Monday to Friday, nothing closed."""
    return plan("70/35", "2026-01-05", **{"clinic": "weekdays", "category": 1, **where})


def missed(
    made: Any, days: Any, settings: Any = None, *, as_of: Any = None, cause: Any = "", all_options: Any = False
) -> Any:
    situation = from_dates(made, parse_missed(days) if days else (), as_of=as_of, cause=cause)
    return checked(missed_answer(situation, settings, all_options=all_options))


def recorded(made: Any, text: Any, settings: Any = None, **options: Any) -> Any:
    record = records_csv.parse(text, "record.csv", made.inputs.prescription.targets[0])
    return checked(missed_answer(from_record(made, record, **options), settings))


def checked(answer: Any) -> Any:
    """Every answer of these tests is calculated a second time, from its JSON text alone."""
    text = dumps(replace(answer, provenance=FIXED, parent_sha256="0" * 64).document())
    assert complaints(json.loads(text)) == []
    return answer


def row(option: Any, name: Any = "tumour") -> Any:
    return next(effect.row for effect in option.effects if effect.row.region == name)


def codes(notes: Any) -> Any:
    return {note.code for note in notes}


def ids(answer: Any) -> Any:
    return [option.id for option in answer.options]


# --- hand-worked cases ----------------------------------------------------------------------------------------------


def test_as_planned_70_in_35() -> None:
    # Monday 5 January + 6 whole weeks + 4 days = Friday 20 February: T = 46.
    # 35 x 2 x (1 + 2/10) = 84.0; 0.9 x (46 - 28) = 16.2; 84.0 - 16.2 = 67.8.
    made = seventy()
    assert made.course.last == D("2026-02-20")
    assert made.effects[0].net_bed_gy == pytest.approx(67.8)


@pytest.mark.parametrize("day", ["2026-01-07", "2026-02-11"])
def test_one_missed_wednesday_early_or_late_costs_2_7(day: Any) -> None:
    # 34 given by Friday 20 February, the 35th on Monday 23 February: T = 49, three days longer although one was missed.
    # 0.9 x (49 - 28) - 0.9 x (46 - 28) = 18.9 - 16.2 = 2.7; 84.0 - 18.9 = 65.1.
    answer = missed(seventy(), day)
    appended = answer.appended
    assert appended.course.last == D("2026-02-23")
    assert (appended.course.elapsed_days, appended.prolongation_days) == (49, 3)
    assert answer.prices[0].prescribed_gy == pytest.approx(2.7)
    assert answer.prices[0].planned_gy == pytest.approx(2.7)
    assert answer.prices[0].prescribed_eqd2_gy == pytest.approx(2.7 / 1.2)
    assert row(appended).net_bed_gy == pytest.approx(65.1)
    assert codes(appended.violations) == {"prolongation-limit"}  # 3 days, category 1 allows 2


def test_one_missed_wednesday_is_won_back_by_one_session() -> None:
    answer = missed(seventy(), "2026-01-14")
    for name, days in (("weekend-1", {D("2026-01-17"): 1}), ("bid-1", {D("2026-01-16"): 2})):
        option = answer.option(name)
        assert {session.date: session.fractions for session in option.sessions} == days
        assert option.course.last == D("2026-02-20")
        assert row(option).net_bed_gy == pytest.approx(67.8)
        assert not option.violations
    assert ids(answer)[:2] == ["weekend-1", "bid-1"]  # tier b before tier c


def test_one_missed_wednesday_by_dose() -> None:
    # Planned end, tumour: 26 fractions of 2 Gy stay as they are up to the change on Friday 16 January, 1 + 7 before it.
    # Given and standing: Mon 5 .. Tue 13 January (7) and Thu 15 January (1): 8 x 2.4 = 19.2; left to give 84.0 - 19.2
    # = 64.8 in the 26 fractions from Friday 16 January on: d (1 + d/10) = 64.8/26 = 2.49231, d = 2.0656 -> 2.07 Gy.
    answer = missed(seventy(), "2026-01-14")
    option = answer.option("dose-tumour-end")
    (step,) = option.doses
    exact = -5 + (25 + 10 * 64.8 / 26) ** 0.5
    assert step.n_fractions == 26
    assert step.exact_gy == pytest.approx(exact)
    assert step.dose_gy == 2.07
    assert option.course.last == D("2026-02-20")
    # The course and its BED use 2.07, not the exact dose: 19.2 + 26 x 2.07 x 1.207 - 16.2.
    assert row(option).net_bed_gy == pytest.approx(19.2 + 26 * 2.07 * 1.207 - 16.2)
    # Late BED kept, same days: 70 (1 + 2/3) - 8 x 2 (1 + 2/3) = 90 in 26: d (1 + d/3) = 90/26, d = 2.0556: 2.05.
    (late,) = answer.option("dose-late-end").doses
    assert late.exact_gy == pytest.approx(-1.5 + (2.25 + 3 * 90 / 26) ** 0.5)
    assert late.dose_gy == 2.05
    # At the longer time the tumour needs 2.7 more: 64.8 + 2.7 in 27 fractions, d (1 + d/10) = 2.5, d = 2.0711 -> 2.07.
    (longer,) = answer.option("dose-tumour-longer").doses
    assert longer.n_fractions == 27
    assert longer.exact_gy == pytest.approx(-5 + 50**0.5)


def test_a_missed_week() -> None:
    # Five fractions appended after Friday 20 February: Monday 23 to Friday 27, T = 53, 7 days longer: 0.9 x 7 = 6.3.
    answer = missed(seventy(), "2026-01-19..2026-01-23")
    assert answer.appended.course.last == D("2026-02-27")
    assert answer.prices[0].prescribed_gy == pytest.approx(6.3)
    assert len(answer.option("weekend-5").sessions) == 5
    assert answer.option("weekend-5").course.last == D("2026-02-20")
    # Second fractions one a week (six a week at most) give four by the planned end, so a fifth breaks the rule.
    assert answer.option("bid-4").course.last == D("2026-02-23")
    assert codes(answer.option("bid-5").violations) == {"sessions-a-week"}
    assert answer.option("bid-5").rank > answer.option("weekend-5").rank


def test_missed_last_friday_saturday_is_inside_the_limit_and_monday_is_not() -> None:
    # Saturday 21 February: T = 47, one day longer, 0.9; Monday 23 February: T = 49, three days longer, 2.7.
    answer = missed(seventy(), "2026-02-20")
    saturday = answer.option("weekend-1")
    assert saturday.course.last == D("2026-02-21")
    assert (saturday.prolongation_days, saturday.goal) == (1, "limit")
    assert saturday.deficit_gy == pytest.approx(0.9)
    assert not saturday.violations
    assert answer.appended.course.last == D("2026-02-23")
    assert answer.appended.deficit_gy == pytest.approx(2.7)
    assert codes(answer.appended.violations) == {"prolongation-limit"}
    assert not any(name.startswith(("bid", "dose-tumour-end")) for name in ids(answer))


def test_one_before_a_holiday() -> None:
    # 45/25 from Tuesday 3 March in England: 23 fractions by Thursday 2 April, Good Friday 3 and Easter Monday 6 April
    # are closed, the last two on Tuesday 7 and Wednesday 8 April: T = 36. Thursday 2 April missed: one more, on
    # Thursday 9 April, T = 37: 0.9 x (37 - 36) = 0.9 against the plan.
    # Prescribed: 25 weekdays from Tuesday 3 March end on Monday 6 April, T = 34: 0.9 x (37 - 34) = 2.7.
    made = plan("45/25", "2026-03-03", clinic="england", category=1)
    assert (made.course.last, made.course.elapsed_days) == (D("2026-04-08"), 36)
    answer = missed(made, "2026-04-02")
    assert answer.appended.course.last == D("2026-04-09")
    assert answer.prices[0].planned_gy == pytest.approx(0.9)
    assert answer.prices[0].prescribed_gy == pytest.approx(2.7)
    # A session on Good Friday itself wins the day back.
    holiday = answer.option("holiday-1")
    assert [session.date for session in holiday.sessions] == [D("2026-04-03")]
    assert holiday.course.last == D("2026-04-08")


def test_twice_daily() -> None:
    # 69.6/58 twice a day from Monday 5 January: 29 days, last Thursday 12 February, T = 38. A missed Wednesday moves
    # both of its fractions to Friday 13 February: T = 39, 0.9. Second fractions are not offered: there are two already.
    made = plan("69.6/58bid", "2026-01-05", clinic="weekdays", category=1)
    # A Saturday makes 12 fractions in 7 days, where the prescription gives 10: only where that is waived.
    assert "weekend-1" in {option.id for option in missed(made, "2026-01-14").not_offered}
    answer = missed(made, "2026-01-14", Settings(waive=("dense-week",)))
    assert len(answer.situation.missed) == 2
    assert answer.appended.course.last == D("2026-02-13")
    assert answer.prices[0].prescribed_gy == pytest.approx(0.9)
    assert not [name for name in ids(answer) if "bid" in name]
    assert "no-second-fractions" in codes(answer.notes)
    (session,) = answer.option("weekend-1").sessions
    assert (session.date, session.fractions) == (D("2026-01-17"), 2)
    one = missed(made, "2026-01-14#2")
    assert [fraction.number for fraction in one.situation.missed] == [16]
    assert one.appended.course.last == D("2026-02-13")


def test_45_in_25_over_spring_festival_against_both_references() -> None:
    # S11: as planned last Monday 16 March, T = 42, prescribed T = 32. Friday 27 February missed: 17 March, T = 43.
    # Against the plan 0.9 x (43 - 42) = 0.9; against the prescription 0.9 x 15 - 0.9 x 4 = 13.5 - 3.6 = 9.9.
    answer = missed(plan(), "2026-02-27")
    assert answer.appended.course.last == D("2026-03-17")
    assert answer.prices[0].planned_gy == pytest.approx(0.9)
    assert answer.prices[0].prescribed_gy == pytest.approx(9.9)
    # Winning the day back does not make the course whole: the festival's ten days stay lost, 9.0.
    saturday = answer.option("worked-weekend-1")
    assert saturday.course.last == D("2026-03-16")
    assert saturday.deficit_gy == pytest.approx(9.0)
    assert missed(plan(), "2026-02-27", Settings(against="planned")).option("worked-weekend-1").deficit_gy == 0.0


def test_s11_dates() -> None:
    answer = missed(plan(), "2026-02-27")
    saturday = answer.option("worked-weekend-1").course
    assert saturday.fractions[13].date == D("2026-02-28")
    assert sum(fraction.date.isocalendar()[:2] == (2026, 9) for fraction in saturday.fractions) == 4
    twice = answer.option("bid-1").course
    assert [f.number for f in twice.fractions if f.date == D("2026-03-06")] == [18, 19]
    assert (twice.last, len(twice.dates)) == (D("2026-03-16"), 24)


def test_s12_two_missed_cost_five_days() -> None:
    # Planned Friday 3 April; Saturday 4 to Monday 6 April are closed: the two land on Tuesday 7 and Wednesday 8 April.
    answer = missed(plan(start="2026-03-02"), "2026-03-10,2026-03-11")
    course = answer.appended.course
    assert (course.last, course.overall_treatment_time_days) == (D("2026-04-08"), 38)
    assert answer.prices[0].planned_gy == pytest.approx(0.9 * 5)
    assert [fraction.date for fraction in course.fractions[5:8]] == [D("2026-03-09"), D("2026-03-12"), D("2026-03-13")]


def test_gap_before_kick_off_of_a_short_course_costs_nothing() -> None:
    # 30/10 ends on day 11, with one missed on day 14: both before day 28, so nothing is lost to time.
    answer = missed(plan("30/10", "2026-01-05", clinic="weekdays"), "2026-01-09")
    assert answer.prices[0].prescribed_gy == 0.0
    assert "no-compensation-needed" in codes(answer.notes)


def test_the_price_of_a_region_is_reckoned_by_its_own_fractions() -> None:
    # 60 Gy in 30 to elective and gtv (66 Gy) at once, then 10 Gy in 5 to the gtv alone: from Monday 5 January the
    # elective days end on Friday 13 February (T = 39), the gtv's on Friday 20 February (T = 46). A fraction of the
    # last week missed: Monday 23 February, T = 49 for the gtv, 0.9 x 3 = 2.7; the elective volume loses nothing.
    # A fraction of the third week missed: its 30th moves to Monday 16 February, T = 42 instead of 39, 2.7 as well.
    both = (TargetDose(target="elective", dose_gy=60.0), TargetDose(target="gtv", dose_gy=66.0))
    phases = (
        Phase(name="a", n_fractions=30, totals=both),
        Phase(name="b", n_fractions=5, totals=(TargetDose(target="gtv", dose_gy=10.0),)),
    )
    made = seventy()
    tumour = made.inputs.regions[0]
    regions = tuple(replace(tumour, name=name, target=name) for name in ("elective", "gtv"))
    inputs = replace(made.inputs, prescription=Prescription(name="seq", phases=phases), regions=regions)
    made = make_plan(inputs, FIXED)
    for day, elective, gtv in (("2026-02-18", 0.0, 2.7), ("2026-01-21", 2.7, 2.7)):
        answer = missed(made, day)
        assert {price.region: price.planned_gy for price in answer.prices} == pytest.approx(
            {"elective": elective, "gtv": gtv}
        )
        for price, effect in zip(answer.prices, answer.appended.effects, strict=True):
            assert price.prescribed_gy == pytest.approx(-effect.prescribed_difference_gy)


def test_an_overdose_is_never_called_fine() -> None:
    # 3.6 Gy instead of 1.8 Gy once: the tumour has more than it needs, late tissue 3.6 x 2.2 - 1.8 x 1.6 = 5.04 more.
    made = plan("45/25", "2026-01-05", clinic="weekdays")
    answer = recorded(made, "date,dose_gy,status\n2026-01-05,3.6,delivered\n2026-01-06,1.8,delivered\n")
    assert "no-compensation-needed" not in codes(answer.notes)
    note = next(note for note in answer.notes if note.code == "excess-without-compensation")
    assert note.values["late_excess_gy"] == pytest.approx(5.04)
    assert [note.code for note in answer.notes if note.severity == "violation"] == ["dose-above-planned"]


# --- reference cases (reference/radiobiology_cases.json) -----------------------------------------------------------


def test_makeup_course_tdf_03() -> None:
    # Eye Physics TDF Plan: 30 x 2 Gy planned, 26 given; BED10 72.0, given 62.4, to make up 9.6: four of 2.0 Gy.
    made = plan("60/30", "2026-01-05", clinic="weekdays", alpha_betas=(10.0,))
    assert made.effects[0].bed_gy == pytest.approx(72.0)
    days = [fraction.date for fraction in made.course.fractions[26:]]
    answer = missed(made, ",".join(str(day) for day in days))
    given = sum(fraction.doses_gy[0] * 1.2 for fraction in answer.situation.delivered)
    assert (given, made.effects[0].bed_gy - given) == (pytest.approx(62.4), pytest.approx(9.6))
    assert [slot.doses_gy for slot in answer.situation.slots] == [(2.0,)] * 4


def test_gap_with_fixed_finish_bat_06() -> None:
    # Batyan et al., IntechOpen 2023, doi 10.5772/intechopen.109621: 5 x 5 Gy, one missed, the last two become 6.73 Gy.
    made = plan("25/5", "2026-01-05", clinic="weekdays", alpha_betas=(10.0,))
    rules = ("large-fraction-changed", "dose-per-fraction")  # a fraction of 5 Gy keeps its dose unless waived
    answer = missed(made, "2026-01-07", Settings(changed_dose_from=D("2026-01-08"), waive=rules))
    (step,) = answer.option("dose-tumour-end").doses
    assert (step.n_fractions, step.dose_gy) == (2, 6.73)
    assert codes(answer.option("dose-tumour-end").violations) == set(rules)
    bare = missed(made, "2026-01-07", Settings(changed_dose_from=D("2026-01-08")))
    assert not [option.id for option in bare.options if option.doses]


CHANGED_LATER = Settings(changed_dose_from=D("2026-02-02"), waive=("dose-per-fraction",))
"""2.3 Gy lies above the ceiling of 2.2 Gy."""


def test_dose_error_bat_07() -> None:
    # The same source: 33 x 2 Gy planned, 20 x 1.8 Gy given: EQD2 35.4 of 66, 30.6 left in 13 fractions: 2.3 Gy.
    made = plan("66/33", "2026-01-05", clinic="weekdays", alpha_betas=(10.0,))
    lines = "".join(f"{fraction.date},1.8,delivered\n" for fraction in made.course.fractions[:20])
    answer = recorded(made, "date,dose_gy,status\n" + lines, CHANGED_LATER)
    given = sum(fraction.doses_gy[0] for fraction in answer.situation.delivered)
    assert given * (1 + 0.18) / 1.2 == pytest.approx(35.4)
    (step,) = answer.option("dose-tumour-end").doses
    assert step.n_fractions == 13
    assert step.exact_gy == pytest.approx(2.3, abs=0.006)
    assert len(answer.situation.findings) == 20


@pytest.mark.parametrize(
    ("rate", "kick_off", "alpha_beta", "span", "gap", "loss_eqd2"),
    [
        (0.8, 21.0, 10.5, 46, 7, 5.6),  # HFC-T-02
        (0.7, 21.0, 10.0, 40, 7, 4.9),  # BCR-T-01: EQD2 70 becomes 65.1
    ],
)
def test_price_in_eqd2_of_rates_in_eqd2(
    rate: Any, kick_off: Any, alpha_beta: Any, span: Any, gap: Any, loss_eqd2: Any
) -> None:
    # A rate of EQD2 lost per day times the days: the price in EQD2 is rate x gap once both ends lie past the kick-off.
    made = seventy()
    region = made.inputs.regions[0]
    time = replace(region.tissue.repopulation, rate=rate, basis="eqd2", kick_off_day=kick_off, kick_off_interval=None)
    tissue = replace(region.tissue, alpha_beta=alpha_beta, repopulation=time)
    regions = (replace(region, tissue=tissue),)
    assert span > kick_off
    made = replace(made, inputs=replace(made.inputs, regions=regions))
    answer = missed(made, "2026-01-19..2026-01-23")
    assert answer.appended.prolongation_days == gap
    assert answer.prices[0].prescribed_eqd2_gy == pytest.approx(loss_eqd2)


# --- the options ----------------------------------------------------------------------------------------------------


def with_machine(made: Any) -> Any:
    """The plan with a matched machine that is open every weekday."""
    other = replace(made.inputs.calendar, name="linac 2")
    return replace(made, inputs=replace(made.inputs, machines=(other,)))


def test_a_matched_machine_the_same_day_comes_first() -> None:
    answer = missed(with_machine(seventy()), "2026-01-14")
    option = answer.option("machine-1")
    assert (option.tier, option.rank) == ("a", 1)
    assert option.course.dates == answer.planned.dates
    assert row(option).net_bed_gy == pytest.approx(67.8)


def test_a_closure_known_beforehand_is_no_interruption_and_the_same_found_later_is() -> None:
    made = plan()
    with pytest.raises(DomainError, match=r"no fraction on Wed 2026-02-18, closed when it was made: Chinese New Year"):
        missed(made, "2026-02-18")
    later = missed(seventy(), "2026-01-21,2026-01-22", as_of=D("2026-01-14"), cause="linac exchange")
    assert [session.date for session in later.option("weekend-2").sessions] == [D("2026-01-17"), D("2026-01-24")]
    revised = choose(later, "weekend-2", FIXED, parent_sha256="0" * 64)
    closed = revised.inputs.calendar.reason(D("2026-01-21"))
    assert (closed.open, closed.text) == (False, "linac exchange")
    assert revised.inputs.infusion is not None
    assert revised.inputs.infusion.is_open(D("2026-01-21"))


def test_second_fractions_are_charged_for_repair_in_every_region_with_a_half_time() -> None:
    # The cord's share is 42/70: 1.2 Gy a fraction, half-time 5 h, 6 h apart: 2 x 1.2 x 1.2 x 2^(-6/5) / 2 Gy.
    made = seventy(regions=("spinal cord=42Gy Dmax",))
    answer = missed(made, "2026-01-14")
    cord = row(answer.option("bid-1"), "spinal cord")
    assert cord.repair_gain_gy == pytest.approx(2 * 1.2 * 1.2 * 2 ** (-6 / 5) / 2)
    assert row(answer.option("weekend-1"), "spinal cord").repair_gain_gy == 0.0
    assert cord.limits
    assert answer.option("bid-1").late_excess_gy is None  # late tissue at 100 % has no half-time: not known, never 0


def test_the_department_interval_is_kept() -> None:
    made = seventy(regions=("spinal cord=42Gy Dmax",))
    made = replace(made, inputs=replace(made.inputs, limits=replace(made.inputs.limits, interval_h=8.0)))
    option = missed(made, "2026-01-14").option("bid-1")
    assert row(option, "spinal cord").repair_gain_gy == pytest.approx(1.44 * 2 ** (-8 / 5))
    assert not option.violations


def test_a_large_second_fraction_breaks_the_limit() -> None:
    answer = missed(plan("60/20", "2026-01-05", clinic="weekdays", category=1), "2026-01-14")
    (kept_back,) = [option for option in answer.not_offered if option.id == "bid-1"]
    assert codes(kept_back.violations) == {"second-fraction-dose"}
    assert answer.options[0].id == "weekend-1"


def test_added_fractions_have_days_of_their_own() -> None:
    # 70/35 with one Wednesday missed, appended on Monday 23 February (65.1). Each one added brings 2.4, costs its days:
    # Tuesday 24: 65.1 + 2.4 - 0.9 = 66.6; Wednesday 25: 68.1, more than 67.8. So two are added.
    answer = missed(seventy(), "2026-01-14")
    option = answer.option("added-2")
    assert option.course.last == D("2026-02-25")
    assert [scan.tumour_net_bed_gy for scan in answer.added_scan[:3]] == pytest.approx([65.1, 66.6, 68.1])
    assert len(answer.added_scan) == 16
    # Net BED does not rise with every fraction added: over a weekend the third costs more than it brings of 1.2 Gy.
    low = missed(plan("42/35", "2026-01-05", clinic="weekdays"), "2026-01-14")
    nets = [scan.tumour_net_bed_gy for scan in low.added_scan]
    assert any(after < before for before, after in itertools.pairwise(nets))


def test_all_targets_scale_together_unless_named() -> None:
    phase = Phase(
        name="phase 1",
        n_fractions=28,
        totals=(TargetDose(target="boost", dose_gy=61.6), TargetDose(target="elective", dose_gy=50.4)),
    )
    made = seventy()
    inputs = replace(made.inputs, prescription=Prescription(name="sib", phases=(phase,)))
    made = make_plan(inputs, FIXED)
    answer = missed(made, "2026-01-14")
    steps = {step.target: step for step in answer.option("dose-tumour-end").doses}
    assert steps["boost"].exact_gy / 2.2 == pytest.approx(steps["elective"].exact_gy / 1.8)
    assert steps["elective"].dose_gy > 1.8
    changed = missed_answer(from_dates(made, parse_missed("2026-01-14")), Settings(change_targets=("boost",)))
    assert [step.target for step in changed.option("dose-tumour-end").doses] == ["boost"]
    elective = {fraction.doses_gy[1] for fraction in changed.option("dose-tumour-end").course.fractions}
    assert elective == {1.8}


def test_late_limit_breaks_and_rounds_down() -> None:
    answer = missed(seventy(), "2026-02-04", Settings(late_limit=0.0))
    (kept_back,) = [option for option in answer.not_offered if option.id == "dose-tumour-end"]
    assert "late-limit" in codes(kept_back.violations)
    assert not answer.option("weekend-1").violations
    # 0.6 % over the reference to the nearest step, inside a limit of 1 %.
    assert not missed(seventy(), "2026-02-04", Settings(late_limit=0.01)).option("dose-tumour-end").violations


def test_restore_a_share_of_the_reference() -> None:
    part = missed(seventy(), "2026-01-14", Settings(restore=0.95))
    assert part.appended.deficit_gy == 0.0  # 65.1 of 0.95 x 67.8 = 64.41
    assert part.option("dose-tumour-end").doses[0].dose_gy < 2.07


def test_rankings() -> None:
    made = seventy()
    first = {
        by: missed(made, "2026-01-14", Settings(rank_by=by)).options[0].id for by in ("guideline", "tumour", "late")
    }
    assert first == {"guideline": "weekend-1", "tumour": "weekend-1", "late": "weekend-1"}
    fewest = missed(made, "2026-01-14", Settings(rank_by="sessions"))
    assert fewest.options[0].n_sessions == 0


def test_among_equals_worked_weekends_come_before_weekends_and_those_before_holidays() -> None:
    # 45/25 from Thursday 5 February over Spring Festival: all three kinds of days reach the planned end.
    answer = missed(plan(start="2026-02-05"), "2026-02-12", Settings(rank_by="late"), all_options=True)
    three = [option for option in answer.options if option.id in ("worked-weekend-1", "weekend-1", "holiday-1")]
    # The weekend makes six in 7 days beside chemotherapy, a rule more than the others: all else equal it is second.
    assert [option.id for option in three] == ["worked-weekend-1", "holiday-1", "weekend-1"]
    equal = [replace(option, violations=()) for option in three]
    assert [option.id for option in in_order(equal, "late")] == ["worked-weekend-1", "weekend-1", "holiday-1"]


def test_what_lacks_nothing_is_not_put_below_another_dose() -> None:
    # 30/10 of category 3, one fraction missed: T = 14 lies before day 28, and no rule is broken.
    answer = missed(plan("30/10", "2026-01-05", clinic="weekdays"), "2026-01-09")
    order = ids(answer)
    assert order[0] == "append"
    assert answer.appended.tier == "none"


def test_at_most_twelve_are_shown_and_the_uncompensated_one_always() -> None:
    answer = missed(seventy(), "2026-01-12..2026-01-23")
    assert len(answer.options) > 12
    assert len(answer.listed) <= 12
    assert "append" in answer.shown
    assert len(missed(seventy(), "2026-01-12..2026-01-23", all_options=True).listed) == len(answer.options)


def test_sensitivity_counts_sets_and_intervals() -> None:
    answer = missed(seventy(), "2026-01-14")
    assert {phrase(entry.name) for entry in answer.sensitivity} >= {"kick-off day 21", "kick-off day 35"}
    assert all(entry.stays_first for entry in answer.sensitivity)


def test_a_mix_where_neither_kind_of_session_alone_keeps_the_end() -> None:
    # Wednesday 11 to Friday 13 February missed: Saturday 14 and Sunday 15 (week of 4) take two, and the last week
    # of five takes one second fraction: Friday 20 February. Tier c, the worse of the two. From Saturday 14 to Friday 20
    # these are 8 in 7 days: not offered unless that is waived.
    assert "mix-3" in {option.id for option in missed(seventy(), "2026-02-11..2026-02-13").not_offered}
    option = missed(seventy(), "2026-02-11..2026-02-13", Settings(waive=("dense-week",))).option("mix-3")
    opened = {session.date: session.fractions for session in option.sessions}
    assert opened == {D("2026-02-14"): 1, D("2026-02-15"): 1, D("2026-02-20"): 2}
    assert (option.tier, option.course.last) == ("c", D("2026-02-20"))
    assert codes(option.violations) == {"sessions-a-week", "dense-week"}


def test_sessions_that_come_inside_the_limit_where_the_plan_itself_does_not() -> None:
    # 45/25 from Monday 13 April over the May holiday of China: 1 to 5 May closed, three weekdays: 15 becomes 20 May.
    made = plan(start="2026-04-13")
    assert (made.course.last, made.prolongation_days) == (D("2026-05-20"), 5)
    answer = missed(made, "2026-04-22")
    inside = [option for option in answer.options if option.goal == "limit"]
    assert inside
    for option in inside:
        assert option.prolongation_days <= 2
        assert codes(option.violations) <= {"intensified-with-chemotherapy"}  # six in 7 days beside cycle 1
    assert answer.options[0] in inside


# --- chemotherapy ---------------------------------------------------------------------------------------------------


def test_chemotherapy_stays_and_a_drug_without_radiation_is_named() -> None:
    made = plan(start="2026-03-02")
    answer = missed(made, "2026-03-23")  # cycle 2 day 1
    assert "drug-without-radiation" in codes(answer.notes)
    assert "chemotherapy-stays" in codes(answer.notes)
    assert [cycle.date for cycle in answer.appended.cycles] == [cycle.date for cycle in made.cycles]
    assert answer.appended.cycles[1].fraction_number is None
    twice = answer.option("bid-1")
    assert "intensified-with-chemotherapy" in codes(twice.violations)


def test_a_longer_course_can_take_a_cycle_in() -> None:
    # Cycle 3 falls on 17 March, one day after the planned end; appended, the course ends on it.
    answer = missed(plan(), "2026-02-27")
    assert [cycle.concurrent for cycle in answer.plan.cycles] == [True, True, False]
    assert [cycle.concurrent for cycle in answer.appended.cycles] == [True, True, True]
    assert "concurrency-changed" in codes(answer.appended.notes)


# --- starts, ends, parts --------------------------------------------------------------------------------------------


def test_a_missed_first_fraction_is_a_start_delay() -> None:
    answer = missed(seventy(), "2026-01-05")
    assert ids(answer) == ["restart"]
    assert answer.appended.course.first == D("2026-01-06")
    assert answer.prices[0].prescribed_gy == 0.0
    note = next(note for note in answer.notes if note.code == "start-delay")
    assert note.values["days"] == 1
    revised = choose(answer, "restart", FIXED, parent_sha256="0" * 64)
    assert (revised.course.first, revised.prolongation_days) == (D("2026-01-06"), 0)


def test_a_closure_announced_before_the_course_begins() -> None:
    # Asked on 1 January: Wednesday 14 is lost, the course begins on 5 January as planned, and it costs the same 2.7.
    answer = missed(seventy(), "2026-01-14", as_of=D("2026-01-01"))
    assert answer.appended.course.first == D("2026-01-05")
    assert answer.prices[0].prescribed_gy == pytest.approx(2.7)
    assert answer.option("weekend-1").sessions[0].date == D("2026-01-10")  # the first Saturday, before the closure
    # The first day itself is lost: a start delay, to the next open day and no earlier.
    delayed = missed(seventy(), "2026-01-05", as_of=D("2026-01-01"))
    assert (ids(delayed), delayed.appended.course.first) == (["restart"], D("2026-01-06"))


def test_nothing_left_shows_what_added_fractions_would_do() -> None:
    made = plan("45/25", "2026-01-05", clinic="weekdays")
    lines = "".join(f"{f.date},{1.0 if f.number == 1 else 1.8},delivered\n" for f in made.course.fractions)
    answer = recorded(made, "date,dose_gy,status\n" + lines)
    assert "nothing-left" in codes(answer.notes)
    # 1.0 instead of 1.8 Gy: 1.8 x 1.18 - 1.0 x 1.1 = 1.024 less.
    assert answer.appended.deficit_gy == pytest.approx(1.024)
    assert [option.tier for option in answer.options] == ["e", "none"]


def test_a_partial_fraction_offers_its_rest_the_same_day_first() -> None:
    made = plan("45/25", "2026-01-05", clinic="weekdays")
    lines = "".join(f"{f.date},1.8,\n" for f in made.course.fractions[:6]) + "2026-01-13,1.0,partial\n"
    answer = recorded(made, "date,dose_gy,status\n" + lines)
    first = answer.options[0]
    assert (first.id, first.tier) == ("remainder-same-day", "a")
    day = [fraction for fraction in first.course.fractions if fraction.date == D("2026-01-13")]
    assert [fraction.doses_gy[0] for fraction in day] == pytest.approx([1.0, 0.8])
    assert first.course.last == made.course.last
    # 1.0 x 1.1 + 0.8 x 1.08 = 1.964 instead of 1.8 x 1.18 = 2.124.
    assert first.deficit_gy == pytest.approx(2.124 - 1.964)
    assert answer.appended.course.last == D("2026-02-09")
    assert answer.appended.course.total_gy() == pytest.approx(45.0)


def test_the_rest_of_a_fraction_names_the_target_it_is_owed_to() -> None:
    totals = (TargetDose(target="A", dose_gy=50.0), TargetDose(target="B", dose_gy=57.5))
    base = plan("45/25", "2026-01-05", clinic="weekdays")
    prescription = Prescription(name="sib", phases=(Phase(name="a", n_fractions=25, totals=totals),))
    made = make_plan(replace(base.inputs, prescription=prescription), FIXED)
    answer = recorded(made, "date,dose_gy,status,target\n2026-01-05,2.0,,A\n2026-01-05,1.0,partial,B\n")
    assert said(answer.option("remainder-same-day").label) == "the remaining 1.3 Gy to B on Mon 2026-01-05 itself"


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ("2026-01-17", "no fraction on Sat 2026-01-17, closed when it was made: weekend"),
        ("2026-03-02", "the plan has no fraction then"),
        ("2026-01-17..2026-01-18", "the plan has no fraction then"),
        ("2026-01-14#2", "the plan has 1 on that day"),
        ("2026-01-14..2026-01-12", "ends .* before it begins"),
        ("2026-02-30", "must be a date that exists"),
        ("2026-01-14#x", "is written 2026-03-06#2"),
        ("", "must be a date that exists"),
    ],
)
def test_dates_that_cannot_be_missed(days: Any, message: Any) -> None:
    with pytest.raises(DomainError, match=message):
        from_dates(seventy(), parse_missed(days))


def test_ranges_skip_days_without_fractions() -> None:
    situation = from_dates(seventy(), parse_missed("2026-01-16..2026-01-19"))
    assert [fraction.date for fraction in situation.missed] == [D("2026-01-16"), D("2026-01-19")]


def test_settings_out_of_range() -> None:
    for bad in ({"against": "x"}, {"rank_by": "x"}, {"restore": 0.0}, {"restore": 2.0}, {"late_limit": -0.1}):
        with pytest.raises(DomainError):
            Settings(**bad)
    with pytest.raises(DomainError, match="changed-dose-from must lie after 2026-01-14"):
        missed(seventy(), "2026-01-14", Settings(changed_dose_from=D("2026-01-14")))


def shortened(last: Any, **source: Any) -> Any:
    """The plan with a calendar that ends early, and what it says of where its days come from."""
    made = seventy()
    short = made.inputs.calendar.trimmed(made.inputs.calendar.first, D(last))
    return replace(made, inputs=replace(made.inputs, calendar=short, **source))


def test_a_calendar_that_ends_too_early_is_continued_from_the_clinics_own_source() -> None:
    # Monday 23 February lies behind the stored calendar. A plan of an older rtplan has only the clinic's label.
    for source in ({}, {"calendar_source": None}):
        answer = missed(shortened("2026-02-21", **source), "2026-01-14")
        assert answer.appended.course.last == D("2026-02-23")
        assert len(answer.added_scan) == 16


def test_what_does_not_fit_a_calendar_that_cannot_be_continued_is_named() -> None:
    unknown = {"calendar_source": None, "clinic": "a clinic that closed"}
    with pytest.raises(ScheduleError, match="last day of the calendar"):
        missed_answer(from_dates(shortened("2026-02-21", **unknown), parse_missed("2026-01-14")))
    # Until Friday 27 February there is room for the appended fraction and four added ones.
    answer = missed(shortened("2026-02-27", **unknown), "2026-01-14")
    assert answer.option("weekend-1").rank == 1
    assert [scan.added for scan in answer.added_scan] == [0, 1, 2, 3, 4]
    (note,) = [note for note in answer.notes if note.code == "option-does-not-fit"]
    assert "5 added fractions or more cannot be shown: the calendar of Monday to Friday" in sentence(note)
    assert "ends on 2026-02-27 (the plan keeps the name of the clinic, a clinic that closed" in sentence(note)


# --- choose, and go on ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["weekend-1", "bid-1", "dose-tumour-end", "dose-tumour-longer", "added-2", "append"])
def test_every_choice_reads_back_and_changes_nothing_when_nothing_more_is_missed(name: Any) -> None:
    answer = missed(seventy(), "2026-01-14")
    revised = choose(answer, name, FIXED, parent_sha256="a" * 64)
    assert artefact.parse(revised.document()) == revised
    assert (revised.revision.number, revised.revision.parent_sha256) == (2, "a" * 64)
    assert revised.course == answer.option(name).course
    again = missed(revised, "", as_of=D("2026-01-20"))
    assert again.appended.course == revised.course


def test_a_second_interruption_starts_from_the_revised_plan() -> None:
    first = missed(seventy(), "2026-01-14")
    revised = choose(first, "dose-tumour-end", FIXED, parent_sha256="a" * 64)
    second = missed(revised, "2026-02-04", Settings(against="planned"))
    assert len(second.situation.delivered) == 21  # 22 weekdays from 5 January to 3 February, without 14 January
    assert [fraction.doses_gy[0] for fraction in second.situation.delivered[7:10]] == [2.0, 2.07, 2.07]
    # What was missed now is given at the dose of the revised plan.
    assert {slot.doses_gy for slot in second.situation.slots} == {(2.07,)}
    assert second.option("weekend-1").course.last == D("2026-02-20")
    third = choose(second, "weekend-1", FIXED, parent_sha256="b" * 64)
    assert third.revision.number == 3
    assert third.course.total_gy() == pytest.approx(revised.course.total_gy())


def test_what_a_revision_counts_as_given_cannot_be_missed() -> None:
    revised = choose(missed(seventy(), "2026-01-14"), "bid-1", FIXED, parent_sha256="a" * 64)
    with pytest.raises(DomainError, match="revision 2 counts this fraction as given"):
        missed(revised, "2026-01-13")


# --- the door -------------------------------------------------------------------------------------------------------


@pytest.fixture
def plan_file(cli: Any, tmp_path: Path) -> Any:
    result = cli("plan", "--start", "2026-03-02", "--out", str(tmp_path / "a"), "--only", "json")
    assert result.exit_code == 0, result.output
    return tmp_path / "a" / "plan.json"


def test_json_holds_all_that_a_second_calculation_needs(cli: Any, plan_file: Any) -> None:
    result = cli("missed", str(plan_file), "--missed", "2026-03-10,2026-03-11", "--json")
    data = json.loads(result.stdout)
    assert next(iter(data)) == "schema"
    assert data["schema"] == "rtplan.missed/1"
    assert set(data["status"]) >= {"delivered", "remaining", "prescribed", "planned", "appended"}
    assert complaints(data) == []
    assert [option["rank"] for option in data["options"]] == list(range(1, len(data["options"]) + 1))


def test_terminal_and_csv(cli: Any, plan_file: Any) -> None:
    result = cli("missed", str(plan_file), "--missed", "2026-03-10..2026-03-11", "--cause", "linac repair")
    assert result.exit_code == 0
    for text in ("linac repair", "Cost", "weekend-2", "Proposed", "Wed 2026-04-08"):
        assert text in " ".join(result.stdout.split())
    table = cli("missed", str(plan_file), "--missed", "2026-03-10..2026-03-11", "--csv").stdout
    assert table.splitlines()[1].startswith("1,weekend-2,b,2026-04-03,32,0,2,")


def test_the_terminal_is_short_and_all_shows_the_rest(cli: Any, plan_file: Any) -> None:
    words = ["missed", str(plan_file), "--missed", "2026-03-10..2026-03-11"]
    assert len(cli(*words).stdout.splitlines()) <= 45
    text = cli(*words, "--full").stdout
    assert len(text.splitlines()) <= 120
    assert ("Option 1: weekend-2" in text, "Option 2:" in text, "Parameters and sources" in text) == (
        True,
        False,
        False,
    )
    assert "cumulative" not in text
    everything = cli(*words, "--all", "--full").stdout
    assert all(part in everything for part in ("Option 2:", "Parameters and sources"))


@pytest.mark.parametrize("hard", [False, True])
def test_what_is_signed_is_one_page(browser: Any, tmp_path: Path, hard: Any) -> None:
    # Hard: five fractions missed, three of a wrong dose, twelve options, a title and a rule of two lines.
    made = plan(start="2026-03-02")
    rows = [
        f"{fraction.date},{1.9 if fraction.number in (2, 3, 6) else 1.8},delivered"
        for fraction in made.course.fractions[:14]
        if fraction.number not in (4, 9, 10, 11, 12)
    ]
    easy = missed(plan(), "2026-02-27")
    answer = recorded(made, "\n".join(["date,dose_gy,status", *rows]), cause="linac repair") if hard else easy
    sheet = report(answer, view="paper")
    keys = [section.key for section in sheet.sections]
    assert keys.index("signatures") < keys.index("option")
    path = tmp_path / "missed.html"
    path.write_text(to_html(sheet), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    # Without what stands behind the page, and the foot that comes with the last of it, one sheet is enough.
    page.evaluate(
        "for (let e = document.querySelector('.signed'); e.nextElementSibling;) e.nextElementSibling.remove()"
    )
    pdf = page.pdf(prefer_css_page_size=True)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_choose_writes_the_next_revision_and_leaves_the_old_one(cli: Any, plan_file: Any, tmp_path: Path) -> None:
    before = plan_file.read_bytes()
    out = tmp_path / "b"
    result = cli("missed", str(plan_file), "--missed", "2026-03-10", "--choose", "bid-1", "--out", str(out))
    assert result.exit_code == 0, result.output
    revised = artefact.read(out / "plan-r2.json")
    assert revised.revision.number == 2
    assert plan_file.read_bytes() == before
    second = cli(
        "missed", str(out / "plan-r2.json"), "--missed", "2026-03-25", "--choose", "weekend-1", "--out", str(out)
    )
    assert second.exit_code == 0, second.output
    assert artefact.read(out / "plan-r3.json").revision.parent_sha256 is not None


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--missed", "2026-03-07"], 1, "closed when it was made"),
        ([], 2, "give --missed DATES or --record FILE"),
        (["--missed", "2026-03-10", "--choose", "x"], 2, "--out DIR"),
        (["--missed", "yesterday"], 2, "must be a date that exists"),
        (["--missed", "2026-03-10", "--restore", "many"], 2, "must be a percentage"),
        (["--missed", "2026-03-10", "--change-target", "nodes"], 2, "there is no target 'nodes'"),
    ],
)
def test_refusals_of_the_door(cli: Any, plan_file: Any, words: Any, code: Any, message: Any) -> None:
    result = cli("missed", str(plan_file), *words)
    assert result.exit_code == code
    assert message in result.output


def test_unknown_choice_names_what_there_is(cli: Any, plan_file: Any, tmp_path: Path) -> None:
    words = ["--missed", "2026-03-10", "--choose", "weekend-9", "--out", str(tmp_path / "c")]
    result = cli("missed", str(plan_file), *words)
    assert result.exit_code == 1
    assert "there is no option 'weekend-9'; there are weekend-1" in result.output
    assert not (tmp_path / "c").exists()


def test_a_day_before_the_plan_is_named_as_that() -> None:
    message = "as of 2025-06-01: that day lies before the course's first day, 2026-01-05"
    with pytest.raises(DomainError, match=message):
        missed(seventy(), "", as_of=D("2025-06-01"))
    with pytest.raises(DomainError, match=message):
        missed(seventy(), "2026-01-14", as_of=D("2025-06-01"))


def test_the_rest_of_a_partial_fraction_is_not_the_dose_per_fraction() -> None:
    """1 of 2 Gy on Wednesday: where the rest has an attendance of its own, fractions are of 2 Gy, not of 1."""
    answer = rt.missed(seventy(), "2026-01-08", partial=["2026-01-07=1Gy"])
    unchanged = [option for option in answer.options if not option.doses]
    assert [option for option in unchanged if option.course.fractions[-1].doses_gy == (1.0,)]
    assert {option.dose_per_fraction_gy for option in unchanged} == {2.0}
