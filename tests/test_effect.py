"""Proof by hand: rows of dose and effect against arithmetic written out here, refusals, limits and notes."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rtplan.answer import said
from rtplan.course.course import Course, Fraction
from rtplan.course.schedule import prescribed_reference
from rtplan.errors import DomainError
from rtplan.note import Source
from rtplan.prescription.prescription import Phase, Prescription, TargetDose, simple, weekly
from rtplan.radiobiology.effect import NO_TIME, Time, cohort, evaluate, evaluate_many, notes_on, region_elapsed_days
from rtplan.radiobiology.region import Region, Share
from rtplan.radiobiology.tissue import Limit, Repair, Repopulation, Tissue, TissueKind

MONDAY = dt.date(2026, 1, 5)
SOURCE = Source(text="a test", verified=False)
SURROGATE = Repopulation(source=SOURCE, rate=0.9, basis="bed", kick_off_day=28.0)


def tissue(kind: TissueKind = "tumour", alpha_beta: float = 10.0, **more: Any) -> Tissue:
    return Tissue(name=f"{kind} {alpha_beta:g}", label=kind, kind=kind, alpha_beta=alpha_beta, source=SOURCE, **more)


def region(name: str = "tumour", of: Tissue | None = None, **more: Any) -> Region:
    return Region(name=name, tissue=of or tissue(repopulation=SURROGATE), **more)


def course(prescription: Prescription) -> Course:
    return prescribed_reference(prescription, MONDAY)


def bid(n: int, dose: float, interval_h: float = 6.0) -> Course:
    return course(simple(n * dose, n, weekly(5, 2, interval_h)))


def limit(name: str, eqd2: float, alpha_beta: float = 2.0, metric: str = "Dmax") -> Limit:
    return Limit(name=name, eqd2_gy=eqd2, alpha_beta=alpha_beta, metric=metric, source=SOURCE)


def cord(**more: Any) -> Tissue:
    limits = more.pop("limits", (limit("one", 50.0), limit("two", 45.0)))
    return tissue("late", 2.0, limits=limits, **more)


BOOST = Prescription(
    name="elective, then boost",
    phases=(
        Phase(
            name="wide",
            n_fractions=25,
            totals=(TargetDose(target="boost", dose_gy=45.0), TargetDose(target="elective", dose_gy=45.0)),
        ),
        Phase(name="boost", n_fractions=10, totals=(TargetDose(target="boost", dose_gy=20.0),)),
    ),
)


# --- figures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "n", "elapsed", "bed", "net", "eqd2"),
    [
        (45.0, 25, 32, 53.1, 49.5, 44.25),  # T - Tk = 4 d
        (50.4, 28, 37, 59.472, 51.372, 49.56),  # 9 d
        (60.0, 30, 39, 72.0, 62.1, 60.0),  # 11 d
        (64.8, 36, 49, 76.464, 57.564, 63.72),  # 21 d: time turns the order of the last two
    ],
)
def test_rows_of_the_issue(total: float, n: int, elapsed: int, bed: float, net: float, eqd2: float) -> None:
    row = evaluate(course(simple(total, n)), [region()])[0]
    assert row.elapsed_days == elapsed
    assert row.overall_treatment_time_days == elapsed + 1
    assert row.bed_gy == pytest.approx(bed, abs=1e-9)
    assert row.eqd2_gy == pytest.approx(eqd2, abs=1e-9)
    assert row.net_bed_gy == pytest.approx(net, abs=1e-9)
    assert row.time_loss_gy == pytest.approx(0.9 * (elapsed - 28), abs=1e-9)
    assert row.repair_gain_gy is None
    assert (row.n_fractions, row.dose_gy) == (n, total)


def test_what_does_not_apply_is_null() -> None:
    late, timeless = evaluate(course(simple(45.0, 25)), [region(of=tissue("late", 3.0)), region(of=tissue())])
    assert (late.time_loss_gy, late.repair_gain_gy, timeless.time_loss_gy) == (None, None, None)
    stated = evaluate(course(simple(45.0, 25)), [region()], time=NO_TIME)[0]
    assert (stated.elapsed_days, stated.overall_treatment_time_days, stated.time_loss_gy) == (None, None, None)
    assert stated.net_bed_gy == stated.bed_gy


def test_no_time_loss_before_kick_off_is_a_zero_and_not_null() -> None:
    assert evaluate(course(simple(30.0, 10)), [region()])[0].time_loss_gy == 0.0


def test_a_stated_time_is_charged_as_stated() -> None:
    row = evaluate(course(simple(45.0, 25)), [region()], time=Time(from_dates=False, elapsed_days=42.0))[0]
    assert row.time_loss_gy == pytest.approx(0.9 * 14)
    assert (row.elapsed_days, row.overall_treatment_time_days) == (42.0, 43.0)


def test_a_set_that_counts_from_day_one_loses_one_day_more() -> None:
    counting = tissue(repopulation=replace(SURROGATE, first_fraction_is_day=1))
    first, other = evaluate(course(simple(45.0, 25)), [region(), region(of=counting)])
    assert first.time_loss_gy == pytest.approx(3.6)
    assert other.time_loss_gy == pytest.approx(4.5)
    assert other.elapsed_days == first.elapsed_days == 32
    stated = evaluate(course(simple(45.0, 25)), [region(of=counting)], time=Time(from_dates=False, elapsed_days=32.0))[
        0
    ]
    assert stated.time_loss_gy == pytest.approx(4.5)


def test_dprolif_in_eqd2_is_turned_into_bed() -> None:
    eqd2 = tissue(repopulation=replace(SURROGATE, rate=0.75, basis="eqd2"))
    assert evaluate(course(simple(45.0, 25)), [region(of=eqd2)])[0].time_loss_gy == pytest.approx(3.6)


def test_stated_dose_and_share_scale_dose_per_fraction_and_so_change_bed_twice() -> None:
    stated, share = evaluate(
        course(simple(45.0, 25)),
        [
            region("organ", tissue("late", 2.0), stated_dose_gy=22.5, metric="Dmax"),
            region("organ", tissue("late", 2.0), shares=(Share(target="tumour", share=0.5),)),
        ],
    )
    for row in (stated, share):
        assert row.dose_gy == pytest.approx(22.5)
        assert row.dose_per_fraction_gy == pytest.approx(0.9)
        assert row.bed_gy == pytest.approx(22.5 * (1 + 0.9 / 2))


def test_shares_per_phase_and_target() -> None:
    shares = (
        Share(target="elective", share=0.8, phase="wide"),
        Share(target="boost", share=0.2, phase="boost"),
    )
    row = evaluate(course(BOOST), [region("organ", tissue("late", 3.0), shares=shares)])[0]
    wide, boost = 0.8 * 1.8, 0.2 * 2.0
    assert row.dose_gy == pytest.approx(25 * wide + 10 * boost)
    assert row.bed_gy == pytest.approx(25 * wide * (1 + wide / 3) + 10 * boost * (1 + boost / 3))
    assert row.dose_per_fraction_gy is None
    assert row.highest_dose_per_fraction_gy == pytest.approx(wide)


def test_a_target_has_its_own_elapsed_time() -> None:
    """25 weekdays from a Monday end on day 32, 35 on day 46: the elective target is not charged for the boost."""
    boost, elective = evaluate(course(BOOST), [region(target="boost"), region(target="elective")])
    assert (boost.elapsed_days, elective.elapsed_days) == (46, 32)
    assert boost.time_loss_gy == pytest.approx(0.9 * 18)
    assert elective.time_loss_gy == pytest.approx(0.9 * 4)
    assert elective.overall_treatment_time_days == 33
    assert (elective.n_fractions, elective.dose_gy) == (25, 45.0)
    assert region_elapsed_days(course(BOOST), region(target="elective")) == 32


def test_a_region_without_dose_has_no_time() -> None:
    row = evaluate(course(simple(45.0, 25)), [region(stated_dose_gy=0.0)])[0]
    assert (row.n_fractions, row.dose_gy, row.bed_gy, row.net_bed_gy) == (0, 0.0, 0.0, 0.0)
    assert (row.elapsed_days, row.time_loss_gy, row.dose_per_fraction_gy) == (None, None, None)


def test_dose_per_fraction_is_none_only_where_fractions_differ() -> None:
    def phases(*doses: tuple[float, int]) -> Prescription:
        parts = [
            Phase(name=f"{i}", n_fractions=n, totals=(TargetDose(target="tumour", dose_gy=total),))
            for i, (total, n) in enumerate(doses)
        ]
        return Prescription(name="p", phases=tuple(parts))

    same, differ = (
        evaluate(course(p), [region()])[0] for p in (phases((45.0, 25), (5.4, 3)), phases((50.0, 25), (5.4, 3)))
    )
    assert same.dose_per_fraction_gy == pytest.approx(1.8)
    assert differ.dose_per_fraction_gy is None
    assert differ.highest_dose_per_fraction_gy == pytest.approx(2.0)


# --- repair ---------------------------------------------------------------------------------------------------------


def test_two_a_day_gain_hm() -> None:
    """Hm of two fractions is phi = 2^(-6/4): BED grows by n d^2 phi / (alpha/beta)."""
    late = tissue("late", 2.0, repair=Repair(half_times_h=(4.0,), source=SOURCE))
    row = evaluate(bid(30, 1.5), [region("cord", late)])[0]
    assert row.repair_gain_gy == pytest.approx(30 * 1.5**2 / 2.0 * 2 ** (-6 / 4))
    assert row.net_bed_gy == pytest.approx(row.bed_gy + (row.repair_gain_gy or 0))
    assert evaluate(course(simple(45.0, 30)), [region("cord", late)])[0].repair_gain_gy == 0.0


def test_two_half_times_are_weighted_by_their_shares() -> None:
    repair = Repair(half_times_h=(0.5, 4.0), shares=(0.25, 0.75), source=SOURCE)
    row = evaluate(bid(30, 1.5), [region("skin", tissue("late", 3.0, repair=repair))])[0]
    phi = 0.25 * 2 ** (-6 / 0.5) + 0.75 * 2 ** (-6 / 4)
    assert row.repair_gain_gy == pytest.approx(30 * 1.5**2 / 3.0 * phi)


def test_overnight_only_where_the_tissue_opts_in() -> None:
    """Two fractions 24 h apart: 2 d1 d2 phi / (alpha/beta), and nothing without the opt-in."""
    pair = course(simple(4.0, 2))
    repair = Repair(half_times_h=(12.0,), source=SOURCE)
    plain, opted = evaluate(
        pair,
        [
            region("a", tissue("late", 2.0, repair=repair)),
            region("b", tissue("late", 2.0, repair=replace(repair, overnight=True))),
        ],
    )
    assert plain.repair_gain_gy == 0.0
    assert opted.repair_gain_gy == pytest.approx(2 * 2.0 * 2.0 / 2.0 * 2 ** (-24 / 12))


def test_clock_times_replace_the_assumed_interval() -> None:
    def at(hour: int) -> dt.datetime:
        return dt.datetime(2026, 1, 5, hour, tzinfo=dt.UTC)

    pattern = weekly(5, 2, 6.0)
    timed = Course(
        prescription=simple(3.0, 2, pattern),
        fractions=tuple(
            Fraction(number=i, phase="phase 1", date=MONDAY, doses_gy=(1.5,), start=at(8 + 8 * (i - 1))) for i in (1, 2)
        ),
    )
    late = tissue("late", 2.0, repair=Repair(half_times_h=(4.0,), source=SOURCE))
    row = evaluate(timed, [region("cord", late)])[0]
    assert row.repair_gain_gy == pytest.approx(2 * 1.5**2 / 2.0 * 2 ** (-8 / 4))
    assert "interval-assumed" not in {note.code for note in notes_on(timed, [row])}


# --- refusals -------------------------------------------------------------------------------------------------------


def test_a_set_without_basis_or_kick_off_day_is_refused_by_name() -> None:
    lacking = tissue(repopulation=Repopulation(source=SOURCE, rate=0.59))
    with pytest.raises(DomainError, match=r"tumour 10.*no basis.*no kick-off day"):
        evaluate(course(simple(45.0, 25)), [region(of=lacking)])
    with pytest.raises(DomainError, match="kick-off day"):
        cohort(lacking, [[1.8]], [[0]])


def lql(transition: float, **more: Any) -> Tissue:
    return tissue("tumour", 3.0, model="LQ-L", transition_dose=transition, **more)


def test_lql_above_its_transition_dose_is_the_tangent() -> None:
    row = evaluate(course(simple(40.0, 5)), [region(of=lql(6.0))])[0]
    assert row.model == "LQ-L"
    assert row.bed_gy == pytest.approx(5 * (6.0 * (1 + 6.0 / 3.0) + (1 + 2 * 6.0 / 3.0) * 2.0))
    given = evaluate(course(simple(40.0, 5)), [region(of=lql(6.0, gamma_over_alpha=4.0))])[0]
    assert given.bed_gy == pytest.approx(5 * (18.0 + 4.0 * 2.0))


def test_lql_without_an_agreed_form_is_refused_by_name() -> None:
    repair = Repair(half_times_h=(1.5,), source=SOURCE)
    with pytest.raises(DomainError, match=r"tumour 3.*no agreed form"):
        evaluate(bid(30, 1.5), [region(of=lql(6.0, repair=repair))])
    with pytest.raises(DomainError, match=r"tumour 3.*no agreed form"):
        evaluate(course(simple(45.0, 25)), [region(of=lql(6.0, repair=replace(repair, overnight=True)))])
    assert evaluate(course(simple(45.0, 25)), [region(of=lql(6.0, repair=repair))])[0].repair_gain_gy == 0.0
    with pytest.raises(DomainError, match=r"tumour 3.*1.5 Gy lies under 2 Gy"):
        evaluate(course(simple(45.0, 25)), [region(of=lql(1.5))])


def test_eqd2_of_lql_is_the_dose_in_two_gray_fractions() -> None:
    row = evaluate(course(simple(60.0, 30)), [region(of=lql(2.0))])[0]
    assert row.eqd2_gy == pytest.approx(60.0)


def test_an_unknown_target_phase_or_spread_is_refused() -> None:
    with pytest.raises(DomainError, match="no target 'node'"):
        evaluate(course(BOOST), [region(target="node")])
    with pytest.raises(DomainError, match="no phase 'late'"):
        evaluate(course(BOOST), [region(shares=(Share(target="boost", share=0.5, phase="late"),))])
    first = Prescription(
        name="elective first", phases=(replace(BOOST.phases[0], totals=BOOST.phases[0].totals[1:]), BOOST.phases[1])
    )
    with pytest.raises(DomainError, match=r"cord.*not treated in phase 'boost'"):
        evaluate(course(first), [region("cord", cord(), stated_dose_gy=40.0)])
    assert evaluate(course(first), [region("cord", cord(), stated_dose_gy=40.0, target="elective")])[0].dose_gy == 40.0


# --- limits ---------------------------------------------------------------------------------------------------------


def test_limits_stand_side_by_side_at_their_own_alpha_beta() -> None:
    limits = (limit("one", 50.0), limit("two", 45.0), limit("other", 50.0, alpha_beta=0.87))
    row = evaluate(course(simple(50.0, 25)), [region("cord", cord(limits=limits), stated_dose_gy=45.0, metric="Dmax")])[
        0
    ]
    at_2, at_087 = 45.0 * (1.8 + 2.0) / 4.0, 45.0 * (1.8 + 0.87) / 2.87
    assert [check.limit.name for check in row.limits] == ["one", "two", "other"]
    assert [check.eqd2_gy for check in row.limits] == pytest.approx([at_2, at_2, at_087])
    assert [check.margin_gy for check in row.limits] == pytest.approx([50 - at_2, 45 - at_2, 50 - at_087])


def test_a_twice_daily_cord_is_not_taken_as_fully_repaired_against_its_limit() -> None:
    repaired, unrepaired = cord(), cord(repair=Repair(half_times_h=(5.0,), source=SOURCE, bound=True))
    regions = [region("cord", entry, stated_dose_gy=45.0, metric="Dmax") for entry in (repaired, unrepaired)]
    plain, true = (row.limits[0].eqd2_gy for row in evaluate(bid(30, 1.5), regions))
    assert plain == pytest.approx(45.0 * 3.5 / 4.0)
    assert true == pytest.approx(45.0 * (1.5 * (1 + 2 ** (-6 / 5)) + 2.0) / 4.0)
    assert true > plain + 5.0


def test_limits_know_no_time_factor() -> None:
    mucosa = tissue("acute", 10.0, repopulation=SURROGATE, limits=(limit("one", 60.0, alpha_beta=10.0),))
    row = evaluate(course(simple(60.0, 30)), [region("mucosa", mucosa, stated_dose_gy=60.0, metric="Dmax")])[0]
    assert row.time_loss_gy == pytest.approx(0.9 * 11)
    assert row.limits[0].eqd2_gy == pytest.approx(60.0)


def test_no_limit_without_a_dose_of_the_organ_and_none_of_another_metric() -> None:
    bare, mean, unsaid = evaluate(
        course(simple(45.0, 25)),
        [
            region("cord", cord()),
            region("cord", cord(), stated_dose_gy=30.0, metric="Dmean"),
            region("cord", cord(), stated_dose_gy=30.0),
        ],
    )
    assert bare.limits == ()
    assert mean.limits == ()
    assert len(unsaid.limits) == 2
    codes = [{note.code for note in notes_on(course(simple(45.0, 25)), [row])} for row in (bare, mean, unsaid)]
    assert codes == [set(), {"limit-metric-differs"}, {"limit-metric-assumed"}]


@pytest.mark.parametrize(
    "stated", ["max", "Dmax", "d_max", "D max", "maximum dose", "D0.03cc", "D 1 cc", "D2%", "D0.1cm3"]
)
@pytest.mark.parametrize("held", ["Dmax", "Dmax(1cc)", "Dmax, spinal cord PRV"])
def test_greatest_doses_are_recognised(stated: str, held: str) -> None:
    organ = region("cord", cord(limits=(limit("one", 50.0, metric=held),)), stated_dose_gy=30.0, metric=stated)
    assert len(evaluate(course(simple(45.0, 25)), [organ])[0].limits) == 1


@pytest.mark.parametrize("stated", ["mean", "Dmean", "D_mean", "mean heart dose"])
def test_mean_doses_are_recognised(stated: str) -> None:
    limits = (limit("mean", 26.0, metric="Dmean"), limit("max", 50.0))
    row = evaluate(course(simple(45.0, 25)), [region("x", cord(limits=limits), stated_dose_gy=9.0, metric=stated)])[0]
    assert [check.limit.name for check in row.limits] == ["mean"]
    (note,) = notes_on(course(simple(45.0, 25)), [row])
    assert (note.code, note.values["limits"]) == ("limit-metric-differs", "max (Dmax)")


@pytest.mark.parametrize("stated", ["PRV", "D10cc", "D50%", "D95%", "D2", "maxillary", "near the skin", "1cc", "gEUD"])
def test_a_metric_that_is_not_recognised_leaves_the_limit_out_and_says_so(stated: str) -> None:
    organ = region("cord", cord(), stated_dose_gy=30.0, metric=stated)
    row = evaluate(course(simple(45.0, 25)), [organ])[0]
    assert row.limits == ()
    (note,) = notes_on(course(simple(45.0, 25)), [row])
    assert (note.code, note.severity) == ("limit-metric-unknown", "warning")
    assert f"stated as {stated}, which" in said(note)
    assert "left out: one (Dmax); two (Dmax)" in said(note)


def test_a_limit_of_the_same_unusual_metric_is_compared() -> None:
    limits = (limit("own", 40.0, metric="D10cc"), limit("odd", 40.0, metric="gEUD"), limit("max", 50.0))
    row = evaluate(course(simple(45.0, 25)), [region("x", cord(limits=limits), stated_dose_gy=9.0, metric="d10 cc")])[0]
    assert [check.limit.name for check in row.limits] == ["own"]


@pytest.mark.parametrize("metric", ["V30", "v 20", "V30Gy", "V_5"])
def test_a_volume_is_no_metric_of_a_dose(metric: str) -> None:
    with pytest.raises(DomainError, match=rf"region 'heart': {metric} is a volume, not a dose"):
        evaluate(course(simple(45.0, 25)), [region("heart", cord(), stated_dose_gy=30.0, metric=metric)])


def test_the_dose_of_a_small_volume_is_not_passed_off_as_the_greatest() -> None:
    given = course(simple(45.0, 25))
    limits = (limit("point", 50.0), limit("small", 50.0, metric="Dmax(1cc)"))
    point, level, small = evaluate(
        given,
        [
            region("cord", cord(limits=limits), stated_dose_gy=30.0, metric=metric)
            for metric in ("Dmax", "Dmax at T4", "D1cc")
        ],
    )
    assert len(point.limits) == len(small.limits) == 2
    assert notes_on(given, [point]) == notes_on(given, [level]) == ()
    (note,) = notes_on(given, [small])
    assert (note.code, note.values["limits"]) == ("limit-metric-near", "point")


# --- notes ----------------------------------------------------------------------------------------------------------


def test_high_doses_are_named_where_they_are_given() -> None:
    """Half the dose of 10 Gy fractions lies under 8 Gy; LQ-L is meant for them."""
    given = course(simple(50.0, 5))
    rows = evaluate(
        given,
        [
            region(),
            region("half", tissue("late", 3.0), shares=(Share(target="tumour", share=0.5),)),
            region(of=lql(6.0)),
        ],
    )
    notes = [note for note in notes_on(given, rows) if note.code == "high-dose-per-fraction"]
    assert [note.values["region"] for note in notes] == ["tumour"]
    assert notes[0].values["dose_per_fraction_gy"] == pytest.approx(10.0)


def test_twice_daily_notes_name_interval_bound_and_what_is_not_counted() -> None:
    given = bid(30, 1.5, 6.5)
    bounded = cord(repair=Repair(half_times_h=(5.0,), source=SOURCE, bound=True))
    rows = evaluate(given, [region("late tissue", tissue("late", 3.0)), region("cord", bounded)])
    notes = {note.code: note for note in notes_on(given, rows)}
    assert notes["interval-assumed"].values["interval_h"] == 6.5
    assert notes["repair-bound"].values["half_time_h"] == 5.0
    assert "at least" in said(notes["repair-bound"])
    assert notes["repair-complete"].severity == "warning"
    assert notes["repair-complete"].values["regions"] == "late tissue"
    assert (
        notes_on(course(simple(45.0, 25)), evaluate(course(simple(45.0, 25)), [region("late", tissue("late", 3.0))]))
        == ()
    )


# --- cohorts --------------------------------------------------------------------------------------------------------


def test_a_cohort_of_arrays_is_the_same_kernel() -> None:
    one = course(simple(45.0, 25))
    row = evaluate(one, [region()])[0]
    dose = np.tile(one.doses_gy(), (20_000, 1))
    result = cohort(tissue(repopulation=SURROGATE), dose, one.day_numbers())
    net = np.asarray(result.net_bed)
    assert net.shape == (20_000,)
    assert math.isclose(net[0], row.net_bed_gy, rel_tol=1e-14)
    assert np.all(net == net[0])


def test_no_courses_no_rows() -> None:
    assert evaluate_many([], [region()]) == []


@pytest.mark.parametrize(
    "command",
    ["dose 40Gy/5f --tissue voyant-prostate", "plan 40Gy/5f --start 2026-03-02 --clinic CN --tissue voyant-prostate"],
)
def test_a_row_says_which_model_it_used(cli: Any, command: str) -> None:
    """5 x 8 Gy, alpha/beta 3.1, dT 6.2, slope 5: 5 (6.2 * 3 + 5 * 1.8) = 138."""
    shown = cli(command).stdout
    row = next(line for line in shown.splitlines() if "138.00" in line)
    assert "LQ-L" in row
