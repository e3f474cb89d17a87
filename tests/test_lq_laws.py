"""Proof by law: what must hold for any numbers of a sensible size."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtplan.radiobiology import lq

counts = st.floats(0.5, 100)
doses = st.floats(0.01, 30)
ratios = st.floats(0.5, 30)
days = st.floats(0, 100)
rates = st.floats(0.01, 2)
larger = st.floats(1.001, 10)


@given(counts, ratios)
def test_eqd2_of_2_gy_fractions_is_the_dose(n: float, ab: float) -> None:
    assert lq.eqd2(lq.bed(n, 2, ab), ab) == pytest.approx(2 * n, rel=1e-14)


@given(counts, doses, ratios)
def test_eqdx_of_its_own_fractions_is_the_dose(n: float, d: float, ab: float) -> None:
    assert lq.eqdx(lq.bed(n, d, ab), ab, d) == pytest.approx(n * d, rel=1e-14)
    assert lq.eqdx(lq.bed(n, d, ab), ab, 0) == lq.bed(n, d, ab)


@given(counts, doses, ratios)
def test_inverses_return(n: float, d: float, ab: float) -> None:
    b = lq.bed(n, d, ab)
    assert lq.dose_per_fraction_for_bed(b, n, ab) == pytest.approx(d, rel=1e-12)
    assert lq.n_fractions_for_bed(b, d, ab) == pytest.approx(n, rel=1e-12)


@given(rates, ratios)
def test_rates_return(rate: float, ab: float) -> None:
    assert lq.eqd2_rate_from_bed_rate(lq.bed_rate_from_eqd2_rate(rate, ab), ab) == pytest.approx(rate, rel=1e-12)


@given(counts, doses, ratios, days, rates, days)
def test_a_loss_in_eqd2_is_the_loss_in_bed(n: float, d: float, ab: float, t: float, rate: float, tk: float) -> None:
    net = lq.bed(n, d, ab) - lq.repopulation_loss(t, rate, tk)
    apart = lq.eqd2(lq.bed(n, d, ab), ab) - lq.repopulation_loss(t, lq.eqd2_rate_from_bed_rate(rate, ab), tk)
    assert lq.eqd2(net, ab) == pytest.approx(apart, rel=1e-10, abs=1e-10)


@given(counts, doses, ratios, larger)
def test_bed_rises_with_n_and_d_and_falls_with_alpha_beta(n: float, d: float, ab: float, more: float) -> None:
    b = lq.bed(n, d, ab)
    assert lq.bed(n * more, d, ab) > b
    assert lq.bed(n, d * more, ab) > b * more > b
    assert n * d < lq.bed(n, d, ab * more) < b


@given(st.floats(0, 1), rates, days)
def test_no_loss_before_kick_off(part: float, rate: float, tk: float) -> None:
    assert lq.repopulation_loss(part * tk, rate, tk) == 0.0


@given(st.floats(0, 1e-3), rates, days, days)
def test_loss_starts_without_a_jump_and_goes_on_straight(step: float, rate: float, tk: float, more: float) -> None:
    assert 0 <= lq.repopulation_loss(tk + step, rate, tk) <= rate * step + 1e-12
    assert lq.repopulation_loss(tk + more, rate, tk) == pytest.approx(rate * more, rel=1e-9, abs=1e-9)


@given(st.floats(0, 50), st.floats(0.1, 10))
def test_hm_is_0_for_one_fraction_a_day(interval: float, half_time: float) -> None:
    assert lq.incomplete_repair_factor(1, interval, half_time) == 0.0


@given(st.integers(2, 20), st.floats(0, 24), st.floats(0.1, 10), larger)
def test_hm_lies_between_its_limits(m: int, interval: float, half_time: float, more: float) -> None:
    hm = lq.incomplete_repair_factor(m, interval, half_time)
    assert 0 <= hm <= (m - 1) * (1 + 1e-12)
    assert lq.incomplete_repair_factor(m, interval * more + 0.1, half_time) < hm or hm == 0
    assert lq.incomplete_repair_factor(m, 0, half_time) == pytest.approx(m - 1, rel=1e-14)
    assert lq.incomplete_repair_factor(m, 1e-9, half_time) == pytest.approx(m - 1, rel=1e-6)
    assert lq.incomplete_repair_factor(m, 100 * half_time, half_time) < 1e-28


@given(st.integers(2, 20), st.floats(0.5, 24), st.floats(0.5, 10))
def test_hm_is_the_closed_form_of_thames(m: int, interval: float, half_time: float) -> None:
    phi = 2 ** (-interval / half_time)
    closed = 2 / m * phi / (1 - phi) * (m - (1 - phi**m) / (1 - phi))
    assert lq.incomplete_repair_factor(m, interval, half_time) == pytest.approx(closed, rel=1e-10)


@given(
    st.lists(st.tuples(st.floats(0.01, 10), st.floats(0, 5), st.floats(0, 10)), min_size=1, max_size=6),
    st.floats(0.1, 20),
)
def test_protraction_factor_lies_in_0_to_1(deliveries: list[tuple[float, float, float]], half_time: float) -> None:
    dose, width, pause = map(np.array, zip(*deliveries, strict=True))
    start = np.concatenate([[0.0], np.cumsum(width + pause)[:-1]])
    g = lq.protraction_factor(dose, start, width, half_time)
    assert 0 < g <= 1 + 1e-12
    assert g >= lq.protraction_factor(dose, 2 * start, 2 * width, half_time) - 1e-12, "slower spares more"
    assert g >= lq.protraction_factor(dose, start, width, half_time / 2) - 1e-12, "faster repair spares more"
    assert lq.protraction_factor(dose, 0 * start, 0, half_time) == pytest.approx(1, rel=1e-12)


@given(st.floats(0.02, 0.5), st.floats(0.5, 5))
def test_protraction_factor_has_no_seam_where_its_series_ends(half_time: float, d: float) -> None:
    """One delivery of x / mu hours: G = g(x), on both sides of x = 0.1, by the integral of 2 (1 - u) e^-xu over u."""
    u, weight = np.polynomial.legendre.leggauss(20)
    u, weight = (u + 1) / 2, weight / 2
    for x in (1e-6, 0.05, 0.0999999, 0.1, 0.1000001, 0.2, 3.0):
        expected = float(weight @ (2 * (1 - u) * np.exp(-x * u)))
        hours = x * half_time / math.log(2)
        assert lq.protraction_factor([d], [0], hours, half_time) == pytest.approx(expected, rel=1e-13)


@given(ratios, st.floats(1, 15), st.floats(1e-7, 1e-5))
def test_lql_goes_on_with_the_value_and_slope_of_lq(ab: float, transition: float, step: float) -> None:
    at = lq.bed_lql(1, transition, ab, transition)
    slope = 1 + 2 * transition / ab
    assert at == pytest.approx(lq.bed(1, transition, ab), rel=1e-14)
    assert lq.bed_lql(1, transition + step, ab, transition) - at == pytest.approx(slope * step, rel=1e-4)
    assert at - lq.bed_lql(1, transition - step, ab, transition) == pytest.approx(slope * step, rel=1e-4)


@given(doses, ratios, st.floats(1, 15), larger)
def test_lql_is_lq_below_and_a_straight_line_below_lq_above(d: float, ab: float, dt: float, more: float) -> None:
    if d <= dt:
        assert lq.bed_lql(3, d, ab, dt) == pytest.approx(lq.bed(3, d, ab), rel=1e-14)
    line = [lq.bed_lql(3, dt * factor, ab, dt) for factor in (1, 1 + more, 1 + 2 * more)]
    assert line[2] - line[1] == pytest.approx(line[1] - line[0], rel=1e-10)
    assert line[1] < lq.bed(3, dt * (1 + more), ab)


MANY: list[tuple[Callable[..., Any], list[st.SearchStrategy[float]]]] = [
    (lq.bed, [counts, doses, ratios]),
    (lq.eqdx, [st.floats(-50, 200), ratios, doses]),
    (lq.eqd2, [st.floats(-50, 200), ratios]),
    (lq.dose_per_fraction_for_bed, [doses, counts, ratios]),
    (lq.n_fractions_for_bed, [doses, doses, ratios]),
    (lq.repopulation_rate, [rates, days.map(lambda x: x + 1)]),
    (lq.repopulation_loss, [days, rates, days]),
    (lq.bed_rate_from_eqd2_rate, [rates, ratios]),
    (lq.eqd2_rate_from_bed_rate, [rates, ratios]),
    (lq.incomplete_repair_factor, [st.integers(1, 12).map(float), days, ratios]),
    (lq.bed_lql, [counts, doses, ratios, ratios, ratios]),
    (lq.bed_usc, [counts, doses, ratios, st.floats(5, 9), rates, ratios, st.floats(0, 4)]),
    (lq.usc_branch_gap, [ratios, st.floats(5, 9), rates, ratios, st.floats(0, 4)]),
]


@pytest.mark.parametrize(("function", "strategies"), MANY, ids=[function.__name__ for function, _ in MANY])
@given(st.data())
def test_scalars_equal_array_elements(
    function: Callable[..., Any], strategies: list[st.SearchStrategy[float]], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.tuples(*strategies), min_size=4, max_size=4))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    flat = function(*columns)
    square = function(*(column.reshape(2, 2) for column in columns))
    alone = [function(*row) for row in rows]
    assert all(type(value) is float for value in alone)
    assert flat.tolist() == pytest.approx(alone, rel=1e-14, abs=1e-14)
    assert square.shape == (2, 2)
    assert square.ravel().tolist() == flat.tolist()
    last = function(*rows[0][:-1], columns[-1])  # broadcast against the last parameter alone
    assert last[0] == pytest.approx(alone[0], rel=1e-14, abs=1e-14)
