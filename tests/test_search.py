"""Extra sessions and changed doses by hand: which are found, on which days, and what stands first.

Proof: worked calendars; every figure is reckoned in the comment beside it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from factory import FIXED, plan

from rtplan.clinic.days import Reason
from rtplan.compensation.sets import Bounds, Place, fitting
from rtplan.interruption.missed import Missed, missed_answer
from rtplan.interruption.situation import from_dates, parse_cause, parse_missed
from rtplan.planning.plan import Plan, make_plan

D = dt.date.fromisoformat


def missed(made: Plan, days: str, *, as_of: str = "", cause: str = "") -> Missed:
    situation = from_dates(made, parse_missed(days), as_of=D(as_of) if as_of else None, cause=cause)
    return missed_answer(replace(situation, cause_kind=parse_cause(cause)[0]))


def days(answer: Missed, name: str) -> list[str]:
    return [session.date.isoformat() for session in answer.option(name).sessions]


def fullest(course: Any) -> int:
    """Most fractions in any 7 days running."""
    dates: list[dt.date] = [fraction.date for fraction in course.fractions]
    return max(sum(0 <= (other - date).days < 7 for other in dates) for date in dates)


TRIAL = plan("west-china-low-dose", "2026-03-02")
"""The trial's own patient: 16 to 20 March missed, 15 fractions left, end and reference on Friday 3 April (T = 32)."""


def test_the_trials_own_patient() -> None:
    # From 23 March to 3 April 14 fractions at most (7 in any 7 days), 15 are left: no set of days reaches 3 April.
    # Saturday 21 March, Sunday 22, Saturday 28, Sunday 29 and the holiday of 4 April: 7 in the 7 days from 21 to 27, 7
    # in those from 28 to 3 April, the 15th on 4 April: T = 33, 0.9 Gy lost to time.
    answer = missed(TRIAL, "2026-03-16..2026-03-20")
    assert days(answer, "closed-5") == ["2026-03-21", "2026-03-22", "2026-03-28", "2026-03-29", "2026-04-04"]
    option = answer.option("closed-5")
    assert (option.course.last, fullest(option.course)) == (D("2026-04-04"), 7)
    assert option.deficit_gy == pytest.approx(0.9)
    assert option.late_excess_gy == pytest.approx(0.0)
    # Two Saturdays: T = 38, 9.0 Gy lost; 58.5 Gy are wanted, 12 fractions of 1.8 Gy bring 25.488 (another dose from
    # 24 March on), so 13 bring 2.539 each: d (1 + d / 10) = 2.539 at d = 2.0988.
    both = answer.option("weekend-2+dose-tumour")
    assert days(answer, "weekend-2+dose-tumour") == ["2026-03-21", "2026-03-28"]
    assert both.course.last == D("2026-04-09")
    assert [(step.n_fractions, step.dose_gy) for step in both.doses] == [(13, 2.1)]
    assert both.doses[0].exact_gy == pytest.approx(2.0988, abs=1e-4)
    # Nothing at the prescribed dose restores, so what does stands first; 2.62 Gy a fraction is not offered at all.
    assert answer.options[0].doses[0].dose_gy <= 2.2
    assert {option.id for option in answer.not_offered} >= {"bid-5", "mix-5", "dose-tumour-end"}


def test_toxicity_puts_what_intensifies_behind() -> None:
    answer = missed(TRIAL, "2026-03-16..2026-03-20", cause="toxicity")
    places = [option.held for option in answer.options]
    assert places == sorted(places)
    assert answer.options[0].tier == "b"
    assert all(option.held for option in answer.options if option.doses or option.tier == "c")


def test_fractions_of_5_gy_keep_their_dose_and_nothing_is_lost() -> None:
    # 26/5 of Monday 2 March at least two days apart; one lost costs 2 days, inside the 5 of category 2.
    answer = missed(plan("26/5", "2026-03-02", clinic="england", category=2), "2026-03-04")
    assert not any(option.doses for option in answer.options)
    assert answer.options[0].id == "append"


def test_seven_in_seven_days_is_named_and_eight_are_never_offered() -> None:
    # 70/35, the week of 19 January missed: four Saturdays by 20 February; the fifth session makes 7 in 7 days.
    answer = missed(plan("70/35", "2026-01-05", clinic="weekdays", category=1), "2026-01-19..2026-01-23")
    for option in answer.options:
        assert fullest(option.course) <= 7
        assert ("sessions-a-week" in option.broken) == (fullest(option.course) > 6)
    assert days(answer, "weekend-5-later")[-1] == "2026-02-21"  # six a week are enough, and a day more
    assert not answer.option("weekend-5-later").broken


def test_second_fractions_are_spread_and_come_early() -> None:
    # Three missed, six a week at most: one Friday after the other, from the first on.
    answer = missed(plan("70/35", "2026-01-05", clinic="weekdays", category=1), "2026-01-12..2026-01-14")
    assert days(answer, "bid-3") == ["2026-01-16", "2026-01-23", "2026-01-30"]
    assert days(answer, "weekend-3") == ["2026-01-17", "2026-01-24", "2026-01-31"]
    assert answer.option("bid-3").late_excess_gy is None  # no half-time: not known, not 0
    assert [option.id for option in answer.options[:2]] == ["weekend-3", "bid-3"]


def test_the_prescribed_end_is_aimed_at_where_the_plan_is_longer() -> None:
    # 45/25 over Spring Festival, Friday 27 February missed: planned end 16 March (T = 42), reference 6 March (T = 32).
    # 12 are left: Sundays 1 and 8, Saturday 7 March with ten weekdays end on Thursday 12 March. One day won back would
    # lack 9.0 Gy (T = 42), these lack 5.4 (T = 38).
    answer = missed(plan(), "2026-02-27")
    assert answer.option("worked-weekend-1").deficit_gy == pytest.approx(9.0)
    option = answer.option("weekend-3")
    assert days(answer, "weekend-3") == ["2026-03-01", "2026-03-07", "2026-03-08"]
    assert option.course.last == D("2026-03-12")
    assert option.deficit_gy == pytest.approx(5.4)
    assert answer.option("closed-4").course.last == D("2026-03-11")


def test_what_lies_just_above_the_ceiling_is_offered_at_it() -> None:
    # 60/30 with 2 February missed: 21 fractions of 2.0 Gy (50.4 Gy of BED) and 8 from 4 February on for 72: 2.7 each,
    # d = 2.211. At 2.2 Gy, 8 x 2.684 = 21.472: 0.128 Gy short.
    answer = missed(plan("60/30", "2026-01-05", clinic="weekdays", category=1), "2026-02-02")
    over = next(option for option in answer.not_offered if option.id == "dose-tumour-end")
    assert (over.doses[0].dose_gy, over.hard) == (2.21, ("dose-per-fraction",))
    option = answer.option("dose-ceiling-end")
    assert [(step.n_fractions, step.dose_gy) for step in option.doses] == [(8, 2.2)]
    assert option.deficit_gy == pytest.approx(0.128)
    assert option.goal == "ceiling"


def test_a_matched_machine_goes_with_weekends() -> None:
    # 17 to 19 March lost; the other machine treats on the 18th: with Saturdays 21 and 28 the planned end is kept, and a
    # Saturday less is opened than without it.
    made = plan("60/30", "2026-03-02", clinic="weekdays", category=1)

    def one_day(day: dt.date, why: Reason) -> Reason:
        return why if day == D("2026-03-18") else replace(why, open=False, kind="closure", text="not there")

    other = made.inputs.calendar.with_days(one_day)
    made = make_plan(replace(made.inputs, machines=(other,)), FIXED)
    answer = missed(made, "2026-03-17..2026-03-19", as_of="2026-03-16")
    assert days(answer, "closed-3") == ["2026-03-18", "2026-03-21", "2026-03-28"]
    assert [(option.id, option.tier) for option in answer.options[:2]] == [("closed-3", "b"), ("weekend-3", "b")]


def test_holidays_and_weekends_of_china_together() -> None:
    # 70/35 from 13 April, 22 to 24 April missed: reference 29 May. Saturday 25 April, Saturdays of May that are not
    # worked, and two days of the May holiday: nowhere more than six in 7 days.
    answer = missed(plan("70/35", "2026-04-13", clinic="west-china", category=1), "2026-04-22..2026-04-24")
    first = answer.options[0]
    assert (first.id, first.course.last, first.broken) == ("closed-6", D("2026-05-29"), ())
    assert fullest(first.course) <= 6
    kinds = {answer.plan.inputs.calendar.reason(session.date).kind for session in first.sessions}
    assert len(kinds) > 1


@pytest.mark.parametrize(("order", "weekday"), [(("sun",), 6), (("sun", "sat"), 6), (("sat",), 5)])
def test_the_clinics_weekend_days_in_its_order(order: tuple[str, ...], weekday: int) -> None:
    made = plan("60/30", "2026-01-05", clinic="weekdays", category=1)
    calendar = replace(made.inputs.calendar, weekend_sessions=order)
    made = make_plan(replace(made.inputs, calendar=calendar), FIXED)
    answer = missed(made, "2026-01-14")
    assert [D(day).weekday() for day in days(answer, "weekend-1")] == [weekday]
    for option in answer.options:
        at_weekends = {session.date.weekday() for session in option.sessions} & {5, 6}
        assert at_weekends <= {("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(name) for name in order}


def test_no_second_fraction_on_a_half_day() -> None:
    made = plan("60/30", "2026-01-05", clinic="weekdays", category=1)

    def short(day: dt.date, why: Reason) -> Reason:
        return replace(why, kind="half day", fractions=1) if why.open and day.weekday() == 4 else why

    made = make_plan(replace(made.inputs, calendar=made.inputs.calendar.with_days(short)), FIXED)
    answer = missed(made, "2026-01-13,2026-01-14")
    seconds = [session for option in answer.options if option.tier == "c" for session in option.sessions]
    assert seconds
    assert all(session.date.weekday() != 4 for session in seconds if session.fractions == 2)
    assert days(answer, "bid-2") == ["2026-01-15", "2026-01-22"]  # Thursdays: the last day of the week that holds two


def test_what_is_rounded_to_the_prescribed_dose_is_no_change() -> None:
    # 40/15: 2.67 and 2.66 Gy are the 2.667 Gy of the prescription as a machine can give it.
    answer = missed(plan("40/15", "2026-03-02", clinic="england", category=2), "2026-03-18")
    assert all(abs(step.dose_gy - step.planned_gy) >= 0.01 - 1e-6 for option in answer.options for step in option.doses)


def test_sets_of_days_are_found_where_the_first_choice_leads_nowhere() -> None:
    # At most one in any 7 days: the preferred Sunday 8 leaves no second day, Saturday 7 and Saturday 14 do.
    places = [Place(date=D(f"2026-03-{day:02d}")) for day in (8, 7, 14)]
    assert next(fitting({}, places, 2, Bounds(week=1))) == {D("2026-03-07"), D("2026-03-14")}
    assert list(fitting({}, places, 3, Bounds(week=1))) == []
    assert len(list(fitting({}, places, 2, Bounds()))) == 3


def test_second_fractions_on_days_running_only_where_that_is_allowed() -> None:
    counts = {D(f"2026-03-{day:02d}"): 1 for day in range(2, 7)}
    places = [Place(date=day, second=True) for day in sorted(counts)]
    assert next(fitting(counts, places, 2, Bounds(running=1))) == {D("2026-03-02"), D("2026-03-04")}
    assert list(fitting(counts, places, 4, Bounds(running=1))) == []
    assert list(fitting(counts, places, 1, Bounds(running=0))) == []
