"""Proof by law: rows of random courses against plain Python, and what must not change them."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtplan.clinic.days import Reason, add_days, every_day_open
from rtplan.course.course import Course, Fraction
from rtplan.course.schedule import lay_out, prescribed_reference
from rtplan.note import Source
from rtplan.prescription.prescription import Pattern, Phase, Prescription, TargetDose, weekly
from rtplan.radiobiology import lq
from rtplan.radiobiology.effect import EffectRow, evaluate, evaluate_many
from rtplan.radiobiology.intervals import expand
from rtplan.radiobiology.region import Region, Share
from rtplan.radiobiology.tissue import Interval, Limit, Repair, Repopulation, Tissue, TissueKind

SOURCE = Source(text="a test", verified=False)
FIGURES = (
    "n_fractions",
    "dose_gy",
    "elapsed_days",
    "bed_gy",
    "eqd2_gy",
    "repair_gain_gy",
    "time_loss_gy",
    "net_bed_gy",
    "net_eqd2_gy",
)

alpha_betas = st.floats(1.0, 20.0)
starts = st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31))
repopulations = st.builds(
    Repopulation,
    source=st.just(SOURCE),
    rate=st.floats(0.0, 1.5),
    basis=st.sampled_from(["bed", "eqd2"]),
    kick_off_day=st.floats(0.0, 60.0),
    first_fraction_is_day=st.integers(0, 1),
)
repairs = st.one_of(
    st.builds(Repair, source=st.just(SOURCE), half_times_h=st.tuples(st.floats(0.3, 20.0)), overnight=st.booleans()),
    st.builds(
        Repair,
        source=st.just(SOURCE),
        half_times_h=st.tuples(st.floats(0.3, 2.0), st.floats(2.0, 20.0)),
        shares=st.floats(0.1, 0.9).map(lambda share: (share, 1.0 - share)),
        overnight=st.booleans(),
    ),
)
patterns = st.builds(weekly, st.integers(1, 7), st.integers(1, 3), st.floats(1.0, 7.9))


@st.composite
def tissues(draw: st.DrawFn) -> Tissue:
    kind: TissueKind = draw(st.sampled_from(["tumour", "late", "acute"]))
    time = None if kind == "late" else draw(st.none() | repopulations)
    limits = (Limit(name="a", eqd2_gy=50.0, alpha_beta=draw(alpha_betas), metric="Dmax", source=SOURCE),)
    return Tissue(
        name=kind,
        label=kind,
        kind=kind,
        alpha_beta=draw(alpha_betas),
        source=SOURCE,
        repopulation=time,
        repair=draw(st.none() | repairs),
        limits=limits,
    )


@st.composite
def prescriptions(draw: st.DrawFn) -> Prescription:
    """One to three phases with the targets a and b; a is in all of them."""
    phases = []
    for place in range(draw(st.integers(1, 3))):
        n = draw(st.integers(1, 12))
        dose = st.floats(0.5, 6.0)
        totals = [TargetDose(target="a", dose_gy=n * draw(dose))]
        if place == 0 or draw(st.booleans()):
            totals.append(TargetDose(target="b", dose_gy=n * draw(dose)))
        phases.append(Phase(name=f"phase {place}", n_fractions=n, totals=tuple(totals), pattern=draw(patterns)))
    return Prescription(name="random", phases=tuple(phases))


def believed(region: Region, courses: list[Course]) -> Region:
    """The region with a stated dose of at most twice what each course gives: a higher one is refused, it may be cGy."""
    if region.stated_dose_gy is None:
        return region
    most = min(course.total_gy(target) for course in courses for target in course.prescription.targets)
    return replace(region, stated_dose_gy=min(region.stated_dose_gy, 2.0 * most))


@st.composite
def regions(draw: st.DrawFn) -> Region:
    tissue = draw(tissues())
    match draw(st.integers(0, 3)):
        case 0:
            return Region(name="whole", tissue=tissue, target=draw(st.sampled_from(["a", "b"])))
        case 1:
            return Region(name="stated", tissue=tissue, stated_dose_gy=draw(st.floats(0.0, 80.0)), metric="Dmax")
        case 2:
            shares = tuple(Share(target=target, share=draw(st.floats(0.0, 1.2))) for target in ("a", "b"))
            return Region(name="shares", tissue=tissue, shares=shares)
        case _:
            share = Share(target="a", share=draw(st.floats(0.1, 1.0)), phase="phase 0")
            return Region(name="one phase", tissue=tissue, shares=(share,))


def by_hand(course: Course, region: Region) -> dict[str, float | None]:
    """Every pair of fractions, every formula written out: nothing of `effect` or `lq` is used."""
    tissue, doses = region.tissue, []
    total = sum(phase.total_gy("a") for phase in course.prescription.phases)
    for fraction in course.fractions:
        by_target = dict(zip(course.prescription.targets, fraction.doses_gy, strict=True))
        if region.shares:
            parts = [by_target[s.target] * s.share for s in region.shares if s.phase in (None, fraction.phase)]
            doses.append(sum(parts))
        else:
            scale = 1.0 if region.stated_dose_gy is None else region.stated_dose_gy / total
            doses.append(by_target[region.target or "a"] * scale)
    treated = [(f.date, d) for f, d in zip(course.fractions, doses, strict=True) if d > 0]
    elapsed = float((treated[-1][0] - treated[0][0]).days) if treated else None
    bed = math.fsum(d + d * d / tissue.alpha_beta for d in doses)
    loss = None
    time = tissue.repopulation
    if time is not None and elapsed is not None:
        assert time.rate is not None
        assert time.kick_off_day is not None
        rate = time.rate * (1 + 2 / tissue.alpha_beta if time.basis == "eqd2" else 1.0)
        loss = rate * max(0.0, elapsed + time.first_fraction_is_day - time.kick_off_day)
    gain = None if tissue.repair is None else pairs(course, doses, tissue.repair) / tissue.alpha_beta
    net = bed + (gain or 0.0) - (loss or 0.0)
    factor = 1 + 2 / tissue.alpha_beta
    return {
        "n_fractions": len(treated),
        "dose_gy": math.fsum(doses),
        "elapsed_days": elapsed,
        "bed_gy": bed,
        "eqd2_gy": bed / factor,
        "repair_gain_gy": gain,
        "time_loss_gy": loss,
        "net_bed_gy": net,
        "net_eqd2_gy": net / factor,
    }


def pairs(course: Course, doses: list[float], repair: Repair) -> float:
    """2 sum over all pairs of d_i d_j phi(t_i - t_j)."""
    hours, shares = course.hours(), repair.shares or (1.0,)
    out = 0.0
    for i in range(len(doses)):
        for j in range(i):
            if repair.overnight or course.fractions[i].date == course.fractions[j].date:
                gap = float(hours[i] - hours[j])
                left = sum(w * 2 ** (-gap / half) for w, half in zip(shares, repair.half_times_h, strict=True))
                out += 2 * doses[i] * doses[j] * left
    return out


def same(row: EffectRow, expected: EffectRow | dict[str, float | None]) -> None:
    for key in FIGURES:
        value = expected[key] if isinstance(expected, dict) else getattr(expected, key)
        if value is None:
            assert getattr(row, key) is None, key
        else:
            assert getattr(row, key) == pytest.approx(value, rel=1e-9, abs=1e-9), key


@given(prescriptions(), regions(), starts)
def test_rows_equal_sums_over_all_pairs(prescription: Prescription, region: Region, start: dt.date) -> None:
    course = prescribed_reference(prescription, start)
    region = believed(region, [course])
    same(evaluate(course, [region])[0], by_hand(course, region))


@given(prescriptions(), regions(), starts, st.data())
def test_the_split_holds_for_every_row_of_a_range(
    prescription: Prescription, region: Region, start: dt.date, data: st.DataObject
) -> None:
    """net = BED + gain - loss, in BED and in EQD2, with the T of the region: for each set and each of its variants."""
    region = believed(region, [prescribed_reference(prescription, start)])
    interval = st.floats(0.3, 1.0).map(lambda part: Interval(low=region.tissue.alpha_beta * part, high=25.0))
    tissue = replace(region.tissue, alpha_beta_interval=data.draw(interval))
    time = tissue.repopulation
    if time is not None:
        ends = Interval(low=0.0, high=2.0)
        tissue = replace(
            tissue,
            repopulation=replace(time, rate_interval=ends, kick_off_interval=Interval(low=0.0, high=70.0)),
        )
    ranged = expand([replace(region, tissue=tissue)], induction=True)
    course = prescribed_reference(prescription, start)
    rows = evaluate(course, ranged)
    assert len(rows) == len(ranged) >= 2
    for row, variant in zip(rows, ranged, strict=True):
        same(row, by_hand(course, variant))
        gain, loss = row.repair_gain_gy or 0.0, row.time_loss_gy or 0.0
        assert row.net_bed_gy == row.bed_gy + gain - loss
        factor = 1 + 2 / row.alpha_beta_gy
        assert row.net_eqd2_gy == pytest.approx((row.bed_gy + gain - loss) / factor, rel=1e-12, abs=1e-12)
        assert row.elapsed_days == rows[0].elapsed_days
        assert (row.overall_treatment_time_days is None) == (row.elapsed_days is None)
        assert row.alpha_beta_gy == row.parameters.alpha_beta == variant.tissue.alpha_beta


@given(
    st.lists(st.tuples(prescriptions(), starts), min_size=1, max_size=4), st.lists(regions(), min_size=1, max_size=3)
)
def test_many_courses_at_once_equal_each_alone(parts: list[tuple[Prescription, dt.date]], found: list[Region]) -> None:
    courses = [prescribed_reference(prescription, start) for prescription, start in parts]
    found = [believed(region, courses) for region in found]
    for course, rows in zip(courses, evaluate_many(courses, found), strict=True):
        for row, alone in zip(rows, evaluate(course, found), strict=True):
            same(row, alone)
            assert [check.eqd2_gy for check in row.limits] == pytest.approx(
                [c.eqd2_gy for c in alone.limits], rel=1e-12
            )


@given(st.integers(2, 35), st.data(), st.floats(0.5, 6.0), patterns, regions(), starts)
def test_splitting_a_phase_changes_nothing(
    n: int, data: st.DataObject, dose: float, pattern: Pattern, region: Region, start: dt.date
) -> None:
    """The fractions keep their dates; only the boundary between two equal phases is put among them."""
    cut = data.draw(st.integers(1, n - 1))
    if any(share.phase for share in region.shares):
        region = replace(region, shares=(Share(target="a", share=0.7),))

    def phase(name: str, count: int) -> Phase:
        totals = tuple(TargetDose(target=target, dose_gy=count * dose) for target in ("a", "b"))
        return Phase(name=name, n_fractions=count, totals=totals, pattern=pattern)

    whole = prescribed_reference(Prescription(name="p", phases=(phase("one", n),)), start)
    parts = Prescription(name="p", phases=(phase("one", cut), phase("two", n - cut)))
    split = Course(
        prescription=parts,
        fractions=tuple(
            replace(fraction, phase="one" if fraction.number <= cut else "two") for fraction in whole.fractions
        ),
    )
    region = believed(region, [whole])
    one, two = evaluate(whole, [region])[0], evaluate(split, [region])[0]
    same(two, one)
    assert (one.dose_per_fraction_gy is None) == (two.dose_per_fraction_gy is None)


@given(st.integers(1, 40), st.floats(0.5, 6.0), alpha_betas, st.none() | repopulations, starts)
def test_the_kernel_gives_the_closed_form(
    n: int, dose: float, alpha_beta: float, time: Repopulation | None, start: dt.date
) -> None:
    tissue = Tissue(name="t", label="t", kind="tumour", alpha_beta=alpha_beta, source=SOURCE, repopulation=time)
    totals = (TargetDose(target="a", dose_gy=n * dose),)
    course = prescribed_reference(
        Prescription(name="p", phases=(Phase(name="one", n_fractions=n, totals=totals),)), start
    )
    row = evaluate(course, [Region(name="t", tissue=tissue)])[0]
    bed = lq.bed(n, n * dose / n, alpha_beta)
    assert row.bed_gy == pytest.approx(bed, rel=1e-12)
    assert row.eqd2_gy == pytest.approx(lq.eqd2(bed, alpha_beta), rel=1e-12)
    if time is not None:
        assert time.kick_off_day is not None
        counted = course.elapsed_days + time.first_fraction_is_day
        loss = lq.repopulation_loss(counted, time.bed_rate(alpha_beta), time.kick_off_day)
        assert row.time_loss_gy == pytest.approx(loss, rel=1e-12)
        assert row.net_bed_gy == pytest.approx(bed - loss, rel=1e-12, abs=1e-12)


@given(st.integers(10, 35), st.data(), repopulations, alpha_betas)
def test_a_gap_costs_the_same_wherever_it_lies(n: int, data: st.DataObject, time: Repopulation, ab: float) -> None:
    """Two closures of one open day each: where both courses end on the same day, their net BED is the same."""
    tissue = Tissue(name="t", label="t", kind="tumour", alpha_beta=ab, source=SOURCE, repopulation=time)
    totals = (TargetDose(target="a", dose_gy=n * 2.0),)
    prescription = Prescription(name="p", phases=(Phase(name="one", n_fractions=n, totals=totals),))
    monday = dt.date(2024, 1, 1)
    inside = [f.date for f in prescribed_reference(prescription, monday).fractions][1:-1]
    closed = Reason(open=False, provisional=False, kind="closure", text="closed")
    courses = []
    for _ in range(2):
        day = data.draw(st.sampled_from(inside))

        def shut(date: dt.date, reason: Reason, day: dt.date = day) -> Reason:
            return closed if date == day else reason

        calendar = every_day_open(monday, add_days(monday, 200)).with_days(shut)
        courses.append(lay_out(prescription, calendar, monday))
    first, second = evaluate_many(courses, [Region(name="t", tissue=tissue)])
    assert courses[0].last == courses[1].last
    assert first[0].net_bed_gy == pytest.approx(second[0].net_bed_gy, rel=1e-12)


@given(prescriptions(), starts, alpha_betas, st.floats(0.3, 20.0))
def test_repair_gain_is_between_none_and_all_of_a_days_fractions_at_once(
    prescription: Prescription, start: dt.date, alpha_beta: float, half_time: float
) -> None:
    course = prescribed_reference(prescription, start)
    repair = Repair(half_times_h=(half_time,), source=SOURCE)
    tissue = Tissue(name="t", label="t", kind="late", alpha_beta=alpha_beta, source=SOURCE, repair=repair)
    row = evaluate(course, [Region(name="t", tissue=tissue, target="a")])[0]
    days: dict[dt.date, list[Fraction]] = {}
    for fraction in course.fractions:
        days.setdefault(fraction.date, []).append(fraction)
    doses = [[f.doses_gy[0] for f in group] for group in days.values()]
    most = sum(sum(group) ** 2 - sum(d * d for d in group) for group in doses) / alpha_beta
    assert row.repair_gain_gy is not None
    assert -1e-12 <= row.repair_gain_gy <= most + 1e-9
