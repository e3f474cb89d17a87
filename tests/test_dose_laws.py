"""Proof by law: another dose per fraction in closed form, against sixty halvings of the kernel's own answer."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from test_effect_laws import SOURCE, alpha_betas, prescriptions, regions

from rtplan.compensation.dose import Part, factor_for, scaled
from rtplan.course.course import Course
from rtplan.course.schedule import prescribed_reference
from rtplan.errors import DomainError
from rtplan.prescription.prescription import Phase, Prescription, TargetDose, weekly
from rtplan.radiobiology.effect import evaluate
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import GENERIC_LATE, GENERIC_TUMOUR, Repair, Tissue

MONDAY = dt.date(2026, 1, 5)
_MOST = 20.0


def halved(course: Course, part: Part, region: Region, goal: float) -> float | None:
    """The factor between 0 and 20, by halving: nothing is known of the model but that more dose is more BED."""

    def excess(factor: float) -> float:
        return evaluate(scaled(course, part, factor), [region])[0].net_bed_gy - goal

    low, high = 0.0, _MOST
    if excess(low) > 0 or excess(high) < 0:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return (low + high) / 2


@st.composite
def parts(draw: st.DrawFn, course: Course) -> Part:
    """The end of a course, or any of its fractions, to both targets or one."""
    n = len(course.fractions)
    end = st.integers(0, n - 1).map(lambda since: tuple(range(since, n)))
    some = st.sets(st.integers(0, n - 1), min_size=1).map(lambda places: tuple(sorted(places)))
    return Part(places=draw(end | some), targets=draw(st.sampled_from([(), ("a",), ("b",)])))


@st.composite
def bent_tissues(draw: st.DrawFn) -> Tissue:
    """LQ-L, by the tangent or with a slope of its own."""
    return Tissue(
        name="bent",
        label="bent",
        kind="late",
        alpha_beta=draw(alpha_betas),
        source=SOURCE,
        model="LQ-L",
        transition_dose=draw(st.floats(2.0, 8.0)),
        gamma_over_alpha=draw(st.none() | st.floats(0.5, 8.0)),
    )


@given(prescriptions(), regions() | bent_tissues().map(lambda t: Region(name="bent", tissue=t)), st.data())
def test_the_closed_form_is_the_halving(prescription: Prescription, region: Region, data: st.DataObject) -> None:
    course = prescribed_reference(prescription, MONDAY)
    part = data.draw(parts(course))
    wanted = data.draw(st.floats(0.2, 6.0))
    try:
        goal = evaluate(scaled(course, part, wanted), [region])[0].net_bed_gy
        slope = evaluate(scaled(course, part, wanted * 1.01), [region])[0].net_bed_gy - goal
    except DomainError:  # a stated dose of which it is not known how it is spread
        assume(False)
    assume(slope > 1e-6)  # else the region receives nothing of what changes
    found = factor_for(course, part, [region], [goal], at_least=True)
    expected = halved(course, part, region, goal)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        # A net BED is known to about 1e-13 of itself: so much, over the slope, is all that either can know.
        known = 1e-14 * wanted * max(1.0, goal + 100.0) / slope
        assert found == pytest.approx(expected, rel=4e-13, abs=known)


@pytest.mark.parametrize("per_day", [1, 2])
@pytest.mark.parametrize("since", [5, 20, 29])
def test_to_four_parts_in_ten_trillion(per_day: int, since: int) -> None:
    n = 30
    phase = Phase(
        name="a",
        n_fractions=n,
        totals=(TargetDose(target="a", dose_gy=54.0),),
        pattern=weekly(5, per_day, 6.0),
    )
    course = prescribed_reference(Prescription(name="p", phases=(phase,)), MONDAY)
    part = Part(places=tuple(range(since, n)))
    slow = replace(GENERIC_LATE, name="slow", repair=Repair(half_times_h=(4.4,), source=SOURCE))
    for tissue, wanted in itertools.product((GENERIC_TUMOUR, GENERIC_LATE, slow), (0.7, 1.3, 2.1)):
        region = Region(name="r", tissue=tissue)
        goal = evaluate(scaled(course, part, wanted), [region])[0].net_bed_gy
        found = factor_for(course, part, [region], [goal], at_least=False)
        assert found == pytest.approx(halved(course, part, region, goal), abs=4e-13)
        assert found == pytest.approx(wanted, abs=4e-13)


def test_what_is_there_already_asks_for_no_other_dose() -> None:
    course = prescribed_reference(Prescription(name="p", phases=(_phase(),)), MONDAY)
    late, part = Region(name="late", tissue=GENERIC_LATE), Part(places=tuple(range(10, 20)))
    planned = evaluate(course, [late])[0].net_bed_gy
    assert factor_for(course, part, [late], [planned], at_least=True) == 1.0
    assert factor_for(course, part, [late], [planned / 2 - 0.01], at_least=True) is None
    assert factor_for(course, part, [late], [planned * 300], at_least=True) is None


def _phase() -> Phase:
    return Phase(name="a", n_fractions=20, totals=(TargetDose(target="a", dose_gy=40.0),))
