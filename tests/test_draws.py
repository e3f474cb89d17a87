"""Drawn parameters: every draw is the ordinary answer of an ordinary tissue; shares are what they are said to be.

Laws, and a slow plain loop that knows nothing of the kernel.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rtplan as rt
from rtplan.course.schedule import lay_out, prescribed_reference
from rtplan.errors import DomainError
from rtplan.note import NOT_KNOWN
from rtplan.prescription.notation import parse
from rtplan.radiobiology.draws import Draws, drawn, drawn_net_beds, values
from rtplan.radiobiology.effect import evaluate
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Interval, Repair, Repopulation, Tissue

MONDAY = dt.date(2026, 3, 2)
COURSES = [prescribed_reference(parse(text), MONDAY) for text in ("45/25", "60/30", "50Gy/20", "45Gy/30bid")]

TUMOUR = Tissue(
    name="t",
    label="t",
    kind="tumour",
    alpha_beta=10.0,
    alpha_beta_interval=Interval(low=7.0, high=15.0),
    repopulation=Repopulation(
        rate=0.6,
        basis="eqd2",
        kick_off_day=25.0,
        rate_interval=Interval(low=0.2, high=0.9),
        kick_off_interval=Interval(low=18.0, high=35.0),
        source=NOT_KNOWN,
    ),
    repair=Repair(half_times_h=(1.5,), half_time_interval=Interval(low=1.0, high=2.5), source=NOT_KNOWN),
    source=NOT_KNOWN,
)
LATE = Tissue(
    name="l",
    label="l",
    kind="late",
    alpha_beta=3.0,
    alpha_beta_interval=Interval(low=2.0, high=5.0),
    repair=Repair(half_times_h=(4.4,), half_time_interval=Interval(low=3.8, high=4.9), source=NOT_KNOWN),
    source=NOT_KNOWN,
)
REGIONS = [Region(name="tumour", tissue=TUMOUR), Region(name="late", tissue=LATE)]


def found(tissue: Tissue, draws: Draws) -> dict[str, Any]:
    return {entry.parameter: values(entry, draws) for entry in drawn(tissue)}


@pytest.mark.parametrize("place", range(0, 100, 7))
def test_each_draw_is_the_ordinary_answer_of_a_tissue_with_these_parameters(place: int) -> None:
    draws = Draws(count=100, seed=3)
    beds = drawn_net_beds(COURSES, REGIONS, draws)
    time, repair = TUMOUR.repopulation, TUMOUR.repair
    assert time is not None
    assert repair is not None
    of = {name: float(array[place]) for name, array in found(TUMOUR, draws).items()}
    tissue = replace(
        TUMOUR,
        alpha_beta=of["alpha/beta"],
        alpha_beta_interval=None,
        repopulation=replace(
            time, rate=of["rate"], kick_off_day=of["kick-off day"], rate_interval=None, kick_off_interval=None
        ),
        repair=replace(repair, half_times_h=(of["half-time"],), half_time_interval=None),
    )
    for column, course in enumerate(COURSES):
        (row,) = evaluate(course, [Region(name="tumour", tissue=tissue)])
        assert beds[0][place, column] == pytest.approx(row.net_bed_gy, rel=1e-12)


def test_a_slow_plain_loop_gives_the_same() -> None:
    """Sum of d (1 + d/ab), pairs of a day 6 h apart, K (1 + 2/ab) above Tk: written out, no kernel."""
    draws = Draws(count=200, seed=11)
    beds = drawn_net_beds(COURSES, REGIONS, draws)[0]
    of = found(TUMOUR, draws)
    plans = [(25, 1.8, 1, 32), (30, 2.0, 1, 39), (20, 2.5, 1, 25), (30, 1.5, 2, 18)]
    for i in range(draws.count):
        ab, rate, tk, half = (float(of[key][i]) for key in ("alpha/beta", "rate", "kick-off day", "half-time"))
        for column, (n, d, a_day, elapsed) in enumerate(plans):
            bed = n * d * (1 + d / ab)
            if a_day == 2:
                bed += (n // 2) * 2 * d * d * math.exp(-math.log(2) * 6.0 / half) / ab
            bed -= rate * (1 + 2 / ab) * max(0.0, elapsed - tk)
            assert beds[i, column] == pytest.approx(bed, rel=1e-10)


def test_95_percent_of_the_draws_lie_in_the_interval_and_none_at_zero_or_below() -> None:
    draws = Draws(count=200_000, seed=5)
    for tissue in (TUMOUR, LATE):
        for entry in drawn(tissue):
            array = values(entry, draws)
            inside = np.mean((array >= entry.interval.low) & (array <= entry.interval.high))
            assert inside == pytest.approx(0.95, abs=0.002), entry.parameter  # four standard errors
            assert array.min() > 0
    wide = replace(LATE, alpha_beta=0.5, alpha_beta_interval=Interval(low=0.01, high=4.0))
    assert values(drawn(wide)[0], draws).min() > 0


def test_an_estimate_at_an_end_of_its_interval_is_drawn_to_one_side() -> None:
    tissue = replace(LATE, alpha_beta=2.0)
    array = values(drawn(tissue)[0], Draws(count=1000))
    assert array.min() >= 2.0


def test_the_same_seed_draws_the_same_whatever_else_is_asked() -> None:
    draws = Draws(count=500, seed=1)
    alone = drawn_net_beds(COURSES[:2], REGIONS[:1], draws)[0]
    both = drawn_net_beds(COURSES, REGIONS[::-1], draws)[1]
    assert np.array_equal(alone, both[:, :2])
    assert not np.array_equal(alone, drawn_net_beds(COURSES[:2], REGIONS[:1], Draws(count=500, seed=2))[0])
    twice = [Region(name="tumour", tissue=TUMOUR), Region(name="nodes", tissue=TUMOUR)]
    first, second = drawn_net_beds(COURSES, twice, draws)
    assert np.array_equal(first, second)


def test_a_region_without_intervals_is_not_drawn() -> None:
    fixed = replace(LATE, alpha_beta_interval=None, repair=None)
    (beds,) = drawn_net_beds(COURSES, [Region(name="late", tissue=fixed)], Draws(count=100))
    assert beds.shape == (1, len(COURSES))
    assert beds[0, 0] == pytest.approx(72.0)
    answer = rt.compare("45/25", "60/30", tissue="voyant-oesophagus", draws=300).uncertainty
    assert answer is not None
    assert answer.fixed == ("voyant-oesophagus",)
    assert "voyant-oesophagus" not in {spread.tissue for spread in answer.spreads}


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(DomainError, match="nothing can be drawn"):
        rt.compare("45/25", "60/30", alpha_beta=[4.0], draws=200)


@pytest.mark.parametrize(("count", "seed"), [(99, 0), (1_000_001, 0), (1000, -1), (1000, 2**32)])
def test_bounds_of_count_and_seed(count: int, seed: int) -> None:
    with pytest.raises(DomainError, match="must be"):
        Draws(count=count, seed=seed)


def test_compare_gives_each_pair_and_complements() -> None:
    answer = rt.compare("45/25", "50.4/28", "60/30", tissue="withers-1988", draws=4000, seed=7).uncertainty
    assert answer is not None
    pairs = {(c.name, c.other): c for c in answer.chances if c.tissue == "withers-1988"}
    assert set(pairs) == {("45/25", "50.4/28"), ("45/25", "60/30"), ("50.4/28", "60/30")}
    for spread in (s for s in answer.spreads if s.tissue == "withers-1988"):
        share = pairs["45/25", spread.name].probability
        assert share + spread.above == pytest.approx(1.0, abs=1e-3)  # but for ties
        assert spread.low_gy <= spread.median_gy <= spread.high_gy
        assert spread.above_error == pytest.approx(math.sqrt(spread.above * (1 - spread.above) / 4000))


def test_the_chance_to_restore_falls_as_the_tolerance_shrinks() -> None:
    """5 days lost, appended: 9 Gy lost at the estimate of the kick-off day, less where it lies later."""
    plan = rt.plan(start="2026-03-02")
    shares = []
    for tolerance in (10.0, 8.0, 5.0, 0.5):
        answer = rt.missed(plan, "2026-03-16..2026-03-20", tolerance=tolerance, draws=2000).uncertainty
        assert answer is not None
        shares.append(next(c.probability for c in answer.chances if c.what == "restores" and c.name == "append"))
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0
    assert shares[-1] == 0.0


def test_late_tissue_of_second_fractions_without_a_half_time_is_not_known() -> None:
    plan = rt.plan(start="2026-03-02")
    answer = rt.missed(plan, "2026-03-16..2026-03-20", draws=200)
    assert answer.uncertainty is not None
    bid = {option.id for option in answer.listed if option.course.several_a_day}
    assert bid
    assert not any(s.name in bid and s.kind == "late" for s in answer.uncertainty.spreads)
    assert not any(c.name in bid and c.what == "late-rises" for c in answer.uncertainty.chances)


def test_a_plan_with_draws_is_read_back(tmp_path: Any) -> None:
    plan = rt.plan("45/25", start="2026-03-30", clinic="england", tissue="withers-1988", draws=200, seed=4)
    plan.save(tmp_path, only="json")
    again = rt.read(tmp_path / "plan.json")
    assert again == plan
    assert again.uncertainty is not None
    assert again.uncertainty.draws == Draws(count=200, seed=4)
    data = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    del data["uncertainty"]
    data["sha256"] = rt.artefact.seal_of(data)
    (tmp_path / "older.json").write_text(json.dumps(data), encoding="utf-8")
    assert rt.read(tmp_path / "older.json").uncertainty is None


def test_commands_print_them(cli: Any) -> None:
    result = cli("compare", "45/25", "60/30", "--tissue", "withers-1988", "--draws", "500", "--seed", "3")
    assert result.exit_code == 0
    assert "500 draws, seed 3." in result.output
    assert cli("compare", "45/25", "60/30", "--draws", "10").exit_code in (1, 2)


def test_half_time_interval_goes_with_one_half_time_inside_it() -> None:
    with pytest.raises(DomainError, match="outside its own interval"):
        Repair(half_times_h=(1.0,), half_time_interval=Interval(low=2.0, high=3.0), source=NOT_KNOWN)
    with pytest.raises(DomainError, match="one half-time"):
        Repair(
            half_times_h=(1.0, 4.0),
            shares=(0.5, 0.5),
            half_time_interval=Interval(low=0.5, high=3.0),
            source=NOT_KNOWN,
        )


@pytest.mark.bench
def test_bench_draws(benchmark: Any) -> None:
    """1e5 draws for twelve options: prints its time, asserts none."""
    courses = [
        lay_out(parse(f"{40 + i}Gy/25"), rt.workdays("weekdays", MONDAY, "2026-06-01").calendar, MONDAY)
        for i in range(12)
    ]
    benchmark(drawn_net_beds, courses, REGIONS, Draws(count=100_000))
