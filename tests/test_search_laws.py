"""Laws of the search for extra sessions, against every set there is.

Proof: brute force over short courses (brute_missed.py, which never imports rtplan) finds nothing better in the first
tier that has a solution, and no smaller deficit where none has one; what is offered keeps the laws of the issue.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from brute_missed import possible, ways
from factory import FIXED, plan
from hypothesis import given, settings
from hypothesis import strategies as st
from test_missed_laws import PATTERNS, PLANS, interruptions

from rtplan.clinic.limits import RULES
from rtplan.interruption.missed import missed_answer
from rtplan.interruption.question import Settings
from rtplan.interruption.ranking import at_organs_expense, criteria, restores
from rtplan.interruption.situation import MissedSpan, from_dates
from rtplan.planning.plan import Plan, make_plan
from rtplan.radiobiology.tissue import Repair, Repopulation, Tissue
from rtplan.report.formats.json import dumps

HARD = tuple(rule.code for rule in RULES if rule.kind == "hard")


def short(words: str, start: str, kick_off: float, half_time: float | None, **where: Any) -> Plan:
    """A short course whose tumour repopulates from early on, with half-times of repair or without."""
    made = plan(words, start, **where)

    def known(tissue: Tissue) -> Tissue:
        if tissue.kind == "tumour":
            time = Repopulation(rate=0.9, basis="bed", kick_off_day=kick_off, source=tissue.source)
            return replace(tissue, repopulation=time)
        repair = None if half_time is None else Repair(half_times_h=(half_time,), source=tissue.source)
        return replace(tissue, repair=repair)

    regions = tuple(replace(region, tissue=known(region.tissue)) for region in made.inputs.regions)
    return make_plan(replace(made.inputs, regions=regions), FIXED)


SHORT = st.tuples(
    st.sampled_from(["20/10", "20/10", "30/10", "16/8", "27.5/5", "18/9 4/week", "20/4 2/week", "24/8 3/week"]),
    st.sampled_from([("2026-01-07", "weekdays"), ("2026-03-31", "england"), ("2026-04-27", "west-china")]),
    st.sampled_from([0.0, 6.0, 12.0]),
    st.sampled_from([None, 4.0]),
    st.sampled_from([1, 2]),
    st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True),
)
"""Prescription, start and clinic, kick-off day, half-time, category, and which of the treated days are missed."""


@settings(max_examples=40)
@given(SHORT)
def test_brute_force_finds_nothing_better(question: Any) -> None:
    words, (start, clinic), kick_off, half_time, category, places = question
    made = short(words, start, kick_off, half_time, clinic=clinic, category=category)
    lost = sorted({made.course.dates[min(place, len(made.course.dates) - 1)] for place in places})
    spans = tuple(MissedSpan(first=date, last=date) for date in lost)
    answer = missed_answer(from_dates(made, spans))
    if answer.appended.course.last <= min(answer.prescribed.last, answer.planned.last):
        return  # nothing to win: no session is looked for
    document = json.loads(dumps(answer.document()))
    every = ways(document, most=len(spans) + 1)
    restoring = {tier: [way for way in found if way.restores] for tier, found in every.items()}
    tier = next((tier for tier, found in restoring.items() if found), None)
    if tier is None:
        least = min((way.deficit_gy for found in every.values() for way in found), default=answer.appended.deficit_gy)
        best = min(option.deficit_gy for option in answer.options if option.tier in ("a", "b", "c", "none"))
        assert best <= least + 1e-6
        return
    floor = answer.prescribed.last.toordinal()  # an end before the reference's is worth nothing
    better = min((*way.key[:-1], max(way.key[-1], floor)) for way in restoring[tier])
    ours = [option for option in answer.options if option.tier == tier and restores(option, 0.5)]
    assert ours, restoring[tier][:3]
    names = ("unknown", "rules", "late", "acute", "sessions", "end")
    keys = [dict(criteria(option, "guideline")) for option in ours]
    keys = [key | {"end": max(key["end"], floor)} for key in keys]
    best_key = min(tuple(round(key[name], 4) for name in names) for key in keys)
    assert best_key <= tuple(round(value, 4) for value in better)
    assert {session.date for option in answer.options for session in option.sessions} <= possible(document)


@settings(max_examples=25)
@given(interruptions(names=tuple(PLANS | PATTERNS)))
def test_no_offered_option_breaks_a_hard_rule(question: Any) -> None:
    made, spans, as_of = question
    answer = missed_answer(from_dates(made, spans, as_of=as_of))
    standing = set(answer.appended.broken)
    for option in answer.options:
        assert not set(option.hard)
        assert set(option.broken) & set(HARD) <= standing


@settings(max_examples=25)
@given(interruptions(names=tuple(PLANS | PATTERNS)))
def test_what_restores_and_breaks_nothing_never_stands_behind_another_dose(question: Any) -> None:
    made, spans, as_of = question
    answer = missed_answer(from_dates(made, spans, as_of=as_of))
    changed = [option.rank for option in answer.options if option.doses]
    for option in answer.options:
        if restores(option, 0.5) and not option.doses and not option.violations:
            assert all(option.rank < rank for rank in changed)


@settings(max_examples=20)
@given(
    interruptions(names=tuple(PLANS | PATTERNS)), st.lists(st.sampled_from(HARD), unique=True), st.sampled_from(HARD)
)
def test_waiving_more_never_removes_an_option(question: Any, waived: Any, one: Any) -> None:
    made, spans, as_of = question
    situation = from_dates(made, spans, as_of=as_of)
    before = missed_answer(situation, Settings(waive=tuple(waived)))
    after = missed_answer(situation, Settings(waive=tuple(dict.fromkeys([*waived, one]))))
    courses = {option.id: option.course for option in after.options}
    assert all(courses.get(option.id) == option.course for option in before.options)


@settings(max_examples=25)
@given(interruptions(names=tuple(PLANS | PATTERNS)))
def test_a_dose_of_its_own_is_offered_with_sessions_only_where_neither_restores(question: Any) -> None:
    made, spans, as_of = question
    answer = missed_answer(from_dates(made, spans, as_of=as_of))
    both = [option for option in answer.options if option.method == "sessions and dose per fraction"]
    if both:
        sessions = [option for option in answer.options if option.sessions and not option.doses]
        assert not any(restores(option, 0.5) for option in sessions)
        alone = [option for option in answer.options if option.method == "dose per fraction"]
        assert not any(restores(option, 0.5) and not at_organs_expense(option) for option in alone)
    for option in answer.options:
        for step in option.doses:
            assert step.dose_gy <= max(made.inputs.limits.ceiling(step.planned_gy), step.planned_gy) + 1e-9


@settings(max_examples=25)
@given(interruptions(names=tuple(PLANS | PATTERNS)))
def test_sessions_stand_on_possible_days_only(question: Any) -> None:
    made, spans, as_of = question
    answer = missed_answer(from_dates(made, spans, as_of=as_of))
    days = possible(json.loads(dumps(answer.document())))
    for option in (*answer.options, *answer.not_offered):
        assert {session.date for session in option.sessions} <= days
        assert all(session.date > answer.situation.as_of for session in option.sessions)
        assert all(option.course.sessions[session.date] == session.fractions for session in option.sessions)
