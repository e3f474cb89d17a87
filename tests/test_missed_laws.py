"""Laws of missed fractions, over random plans and interruptions.

Proof: every answer is calculated a second time from its JSON (independent_missed.py), and keeps the laws of the issue.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import replace
from typing import Any

import pytest
from factory import FIXED, plan
from hypothesis import given, settings
from hypothesis import strategies as st
from independent_missed import complaints

from rtplan.clinic.days import Reason
from rtplan.interruption.choose import choose
from rtplan.interruption.missed import missed_answer
from rtplan.interruption.ranking import in_order
from rtplan.interruption.situation import MissedSpan, from_dates
from rtplan.planning import artefact
from rtplan.planning.plan import Plan, make_plan
from rtplan.prescription.prescription import Phase, Prescription, TargetDose
from rtplan.report.formats.json import dumps


def of(prescription: Prescription, start: str, **where: Any) -> Plan:
    """A plan of a prescription that no notation writes."""
    base = plan("45/25", start, **where)
    return make_plan(replace(base.inputs, prescription=prescription), FIXED)


def phase(name: str, n_fractions: int, *doses: tuple[str, float], **more: Any) -> Phase:
    return Phase(
        name=name,
        n_fractions=n_fractions,
        totals=tuple(TargetDose(target=target, dose_gy=n_fractions * dose) for target, dose in doses),
        **more,
    )


def with_half_days(made: Plan) -> Plan:
    """The same on Wednesdays that hold one fraction."""

    def short(date: dt.date, why: Reason) -> Reason:
        return replace(why, kind="half day", fractions=1) if why.open and date.weekday() == 2 else why

    return make_plan(replace(made.inputs, calendar=made.inputs.calendar.with_days(short)), FIXED)


PLANS = {
    "standard": plan("70/35", "2026-01-05", clinic="weekdays", category=1, regions=("spinal cord=42Gy Dmax",)),
    "trial": plan("west-china-low-dose", "2026-02-02"),
    "trial in March": plan("west-china-low-dose", "2026-03-02"),
    "twice daily": plan("69.6/58bid", "2026-01-05", clinic="weekdays", category=1),
    "large doses": plan("60/20", "2026-03-10", clinic="england", category=2),
    "four a week": plan("40/16 4/week", "2026-01-07", clinic="weekdays", category=3),
}
"""One weekly pattern each."""


PATTERNS = {
    "three a week": plan("30/10 3/week", "2026-01-05", clinic="weekdays", category=2),
    "once, then twice a day": plan("41.4/23 + 27/18bid", "2026-01-05", clinic="weekdays", category=1),
    "half days": with_half_days(plan("69.6/58bid", "2026-01-05", clinic="weekdays", category=1)),
    "half days once a day": with_half_days(plan("60/30", "2026-01-05", clinic="england", category=1)),
    "two targets": of(
        Prescription(name="sib", phases=(phase("all", 30, ("tumour", 2.2), ("elective", 1.8)),)),
        "2026-01-05",
        clinic="england",
        category=1,
    ),
    "a boost after a break": of(
        Prescription(
            name="split",
            phases=(phase("large", 20, ("tumour", 1.8)), phase("boost", 8, ("tumour", 2.0), break_days=7)),
        ),
        "2026-01-05",
        clinic="weekdays",
        category=1,
    ),
    "a boost beside": of(
        Prescription(
            name="beside",
            phases=(phase("large", 25, ("tumour", 1.8)), phase("boost", 10, ("tumour", 1.5), concomitant_from=16)),
        ),
        "2026-01-05",
        clinic="weekdays",
        category=1,
    ),
}
"""Several phases, several targets, days apart, days that hold less."""


@st.composite
def interruptions(draw: Any, names: Any = tuple(PLANS)) -> Any:
    """A plan and some of its days, the first left out; the question is asked on the last of them or later."""
    made = (PLANS | PATTERNS)[draw(st.sampled_from(names))]
    days = made.course.dates[1:]
    start = draw(st.integers(0, len(days) - 1))
    lost = draw(st.lists(st.sampled_from(days[start : start + 8]), min_size=1, max_size=5, unique=True))
    late = draw(st.integers(0, 3))
    as_of = max(lost) + dt.timedelta(days=late) if late else None
    return made, tuple(MissedSpan(first=day, last=day) for day in lost), as_of


def answer_to(question: Any) -> Any:
    made, spans, as_of = question
    return missed_answer(from_dates(made, spans, as_of=as_of))


@settings(max_examples=20)
@given(interruptions())
def test_no_option_reports_what_its_dates_do_not_give(question: Any) -> None:
    answer = answer_to(question)
    assert complaints(json.loads(dumps(answer.document()))) == []


@pytest.mark.parametrize("name", PATTERNS)
@settings(max_examples=6)
@given(data=st.data())
def test_no_option_of_any_pattern_reports_what_its_dates_do_not_give(name: str, data: Any) -> None:
    answer = answer_to(data.draw(interruptions(names=(name,))))
    assert complaints(json.loads(dumps(answer.document()))) == []


@settings(max_examples=20)
@given(interruptions())
def test_the_past_never_moves_and_nothing_is_lost_or_doubled(question: Any) -> None:
    answer = answer_to(question)
    given_ = answer.situation.delivered
    left = answer.situation.slots
    planned = answer.planned
    assert len(given_) + len(left) == len(planned.fractions)
    for option in answer.options:
        fractions = option.course.fractions
        assert [(f.date, f.doses_gy) for f in fractions[: len(given_)]] == [(f.date, f.doses_gy) for f in given_]
        assert all(f.date > answer.situation.as_of for f in fractions[len(given_) :])
        if option.tier in ("a", "b", "c", "none"):
            assert option.course.total_gy() == pytest.approx(planned.total_gy())


@settings(max_examples=20)
@given(interruptions())
def test_the_appended_price_is_not_negative(question: Any) -> None:
    # The plan itself may be shorter than the prescription where the clinic opens days, so the law speaks of the plan.
    for price in answer_to(question).prices:
        assert price.planned_gy >= 0


@settings(max_examples=20)
@given(interruptions())
def test_options_that_keep_the_end_end_by_the_planned_day(question: Any) -> None:
    answer = answer_to(question)
    for option in answer.options:
        if option.goal == "end" or option.id.endswith("-end"):
            assert option.course.last <= answer.planned.last


@settings(max_examples=20)
@given(interruptions(names=("standard", "trial", "twice daily")), st.randoms(use_true_random=False))
def test_ranking_does_not_depend_on_the_order_of_options(question: Any, rnd: random.Random) -> None:
    options = list(answer_to(question).options)
    shuffled = list(options)
    rnd.shuffle(shuffled)
    assert [option.id for option in in_order(shuffled, "guideline")] == [option.id for option in options]


@pytest.mark.parametrize("name", PLANS)
@given(data=st.data())
@settings(max_examples=8)
def test_missing_nothing_changes_nothing(name: Any, data: Any) -> None:
    made = PLANS[name]
    as_of = data.draw(st.sampled_from(made.course.dates))
    answer = missed_answer(from_dates(made, (), as_of=as_of))
    assert answer.appended.course == made.course
    assert all(price.planned_gy == 0 for price in answer.prices)
    assert answer.appended.effects[0].row == made.effects[0]


@settings(max_examples=10)
@given(st.data())
def test_the_same_new_last_day_costs_the_same_wherever_the_gap(data: Any) -> None:
    made = PLANS["standard"]
    days = made.course.dates[1:]
    count = data.draw(st.integers(1, 5))
    prices: dict[Any, Any] = {}
    for _ in range(2):
        lost = data.draw(st.lists(st.sampled_from(days), min_size=count, max_size=count, unique=True))
        answer = answer_to((made, tuple(MissedSpan(first=day, last=day) for day in lost), None))
        prices.setdefault(answer.appended.course.last, set()).add(answer.prices[0].prescribed_gy)
    assert all(len(found) == 1 for found in prices.values())


@settings(max_examples=10)
@given(interruptions(names=("standard", "trial", "twice daily")), st.data())
def test_a_revised_plan_reads_back_and_goes_on(question: Any, data: Any) -> None:
    answer = answer_to(question)
    option = data.draw(st.sampled_from(answer.options))
    revised = choose(answer, option.id, FIXED, parent_sha256="0" * 64)
    assert artefact.parse(revised.document()) == revised
    again = missed_answer(from_dates(revised, (), as_of=answer.situation.as_of))
    assert again.appended.course == revised.course
