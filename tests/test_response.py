"""Proof by print and by law: dose-response curves give published answers and behave like probabilities."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtplan.errors import DomainError
from rtplan.radiobiology import lq, response

VARGO = "Vargo 2021, HyTEC, Table 4"
SOLTYS = "Soltys, HyTEC vestibular schwannoma, doi 10.1016/j.ijrobp.2020.11.019"
ROYCE = "Royce 2021, HyTEC prostate, equation 2 and Table 3"
GRIMM = "Grimm 2021, HyTEC major vessels, Table 2"
MILANO = "Milano 2018, HyTEC optic pathways, Table 3"


def lkb_by_slope(dose: Any, td50: Any, gamma50: Any) -> Any:
    return response.ntcp_lkb(dose, td50, 1 / (np.asarray(gamma50) * math.sqrt(2 * math.pi)))


def poisson_by_greatest_slope(dose: Any, d50: Any, gamma: Any) -> Any:
    return response.tcp_poisson(dose, d50, gamma, slope="maximum")


# All with the same parameters: dose, dose of 0.5, normalised slope.
every_curve = pytest.mark.parametrize(
    "curve",
    [
        response.tcp_logistic,
        response.tcp_poisson,
        poisson_by_greatest_slope,
        lkb_by_slope,
        response.ntcp_log_logistic,
    ],
    ids=lambda curve: curve.__name__,
)
Curve = Callable[..., Any]


@pytest.mark.parametrize(
    ("dose", "d50", "gamma50", "expected"),
    [(44.4, 49.8, 0.94, 0.40), (26.8, 49.8, 0.94, 0.15), (40.7, 25.5, 0.17, 0.6)],
)
def test_tcp_logistic(dose: float, d50: float, gamma50: float, expected: float) -> None:
    assert response.tcp_logistic(dose, d50, gamma50) == pytest.approx(expected, abs=0.001), VARGO


@pytest.mark.parametrize(("n", "d", "expected"), [(1, 10, 0.85), (1, 12, 0.912), (3, 6, 0.936)])
def test_tcp_poisson(n: int, d: float, expected: float) -> None:
    eqd2 = lq.eqd2(lq.bed(n, d, 12.4), 12.4)
    assert response.tcp_poisson(eqd2, 3.48, 0.1446) == pytest.approx(expected, abs=0.0006), SOLTYS


def test_tcp_poisson_by_its_greatest_slope() -> None:
    assert response.tcp_poisson(97, 84.2, 4.5, slope="maximum") == pytest.approx(0.9, abs=0.004), ROYCE


def test_printed_values_that_their_formula_does_not_give() -> None:
    """Royce 2021: D50 20.6 Gy and gamma 0.15 are printed beside 90 % at 71 Gy; the formula gives 77 %."""
    assert response.tcp_poisson(71, 20.6, 0.15, slope="maximum") == pytest.approx(0.77444266, abs=1e-8)


@pytest.mark.parametrize(
    ("geud", "td50", "m", "expected", "tolerance", "source"),
    [
        (50, 72, 0.1, 0.00112322, 1e-7, "LQL-Equiv golden.jsonl, made by the MATLAB program of 2014"),
        (43.25, 70, 0.175, 0.0145, 6e-5, "LQL-Equiv CLINICAL-PLAUSIBILITY.md"),
        (59.1, 157.3, 1 / (1.31 * math.sqrt(2 * math.pi)), 0.02, 0.0003, MILANO),
        (79.0, 157.3, 1 / (1.31 * math.sqrt(2 * math.pi)), 0.05, 0.002, MILANO),
    ],
)
def test_ntcp_lkb(geud: float, td50: float, m: float, expected: float, tolerance: float, source: str) -> None:
    assert response.ntcp_lkb(geud, td50, m) == pytest.approx(expected, abs=tolerance), source


@pytest.mark.parametrize(("dose", "expected"), [(20, 0.02), (30, 0.12), (0, 0.0)])
def test_ntcp_log_logistic(dose: float, expected: float) -> None:
    assert response.ntcp_log_logistic(dose, 45.7, 1.1817) == pytest.approx(expected, abs=0.001), GRIMM


# --- laws ------------------------------------------------------------------------------------------------------------


@every_curve
@given(st.floats(0, 300), st.floats(1, 150), st.floats(0.05, 8), st.floats(0, 50))
def test_curves_are_probabilities_that_rise(curve: Curve, dose: float, d50: float, slope: float, more: float) -> None:
    low, high = curve(dose, d50, slope), curve(dose + more, d50, slope)
    assert 0.0 <= low <= 1.0
    assert low <= high + 1e-15
    assert curve(d50, d50, slope) == pytest.approx(0.5, rel=1e-14)
    assert curve(0.9 * d50, d50, slope) < 0.5 < curve(1.1 * d50, d50, slope)


@every_curve
@given(st.floats(5, 150), st.floats(0.1, 8))
def test_slope_is_the_slope_of_its_definition(curve: Curve, d50: float, gamma: float) -> None:
    """D dP/dD is gamma at D50; for a Poisson curve by its greatest slope, gamma is D50 dP/dD at P = 1/e."""
    at = d50 * (1 - math.log(1 / math.log(2)) / (math.e * gamma)) if curve is poisson_by_greatest_slope else d50
    if at <= 0:
        return
    step = 1e-6 * d50
    slope = d50 * (curve(at + step, d50, gamma) - curve(at - step, d50, gamma)) / (2 * step) if at > step else gamma
    if curve is poisson_by_greatest_slope:
        assert curve(at, d50, gamma) == pytest.approx(0.5 ** (1 / math.log(2)), rel=1e-9)
    assert slope == pytest.approx(gamma, rel=1e-4)


@every_curve
def test_curves_end_without_overflow_or_loss_of_digits(curve: Curve) -> None:
    assert curve(1e6, 50, 8) == 1.0
    assert curve([0, 1e-300, 1e6], 1e-3, 1e3).tolist()[2] == 1.0
    assert curve(0, 50, 1e4) == 0.0
    assert 0 < curve(40, 50, 5) < 0.05


def test_the_lower_tail_keeps_its_digits() -> None:
    assert response.tcp_logistic(0, 50, 20) == pytest.approx(math.exp(-80), rel=1e-12)
    assert response.ntcp_lkb(0, 50, 0.1) == pytest.approx(7.619853024160527e-24, rel=1e-12)  # Phi(-10)
    assert response.ntcp_log_logistic(1, 10, 5) == pytest.approx(1e-20, rel=1e-12)


@every_curve
@given(st.lists(st.tuples(st.floats(0, 150), st.floats(1, 100), st.floats(0.1, 5)), min_size=4, max_size=4))
def test_scalars_equal_array_elements(curve: Curve, rows: list[tuple[float, float, float]]) -> None:
    columns = [np.array(column).reshape(2, 2) for column in zip(*rows, strict=True)]
    out = curve(*columns)
    alone = [curve(*row) for row in rows]
    assert out.shape == (2, 2)
    assert all(type(value) is float for value in alone)
    assert out.ravel().tolist() == pytest.approx(alone, rel=1e-14)


# --- gEUD ------------------------------------------------------------------------------------------------------------

bins = st.lists(st.tuples(st.floats(0.1, 80), st.floats(0.01, 100)), min_size=1, max_size=8)
powers = st.floats(-60, 60).filter(lambda a: abs(a) > 0.01)


@given(bins, powers)
def test_geud_is_the_power_mean(histogram: list[tuple[float, float]], a: float) -> None:
    dose, volume = np.array(histogram).T
    plain = (volume / volume.sum() @ dose**a) ** (1 / a)
    out = response.geud(dose, volume, a)
    assert out == pytest.approx(plain, rel=1e-9)
    assert dose.min() * (1 - 1e-12) <= out <= dose.max() * (1 + 1e-12)
    assert response.geud(dose, 7 * volume, a) == pytest.approx(out, rel=1e-12)
    assert response.geud(2 * dose, volume, a) == pytest.approx(2 * out, rel=1e-12)
    assert response.geud(dose, volume, a + 5 if a + 5 > 0.01 or a + 5 < -0.01 else a) >= out * (1 - 1e-12)


@given(bins)
def test_geud_of_1_is_the_mean_and_far_out_the_extremes(histogram: list[tuple[float, float]]) -> None:
    dose, volume = np.array(histogram).T
    assert response.geud(dose, volume, 1) == pytest.approx(np.average(dose, weights=volume), rel=1e-14)
    assert response.geud(dose, volume, 1e7) == pytest.approx(dose.max(), rel=1e-5)
    assert response.geud(dose, volume, -1e7) == pytest.approx(dose.min(), rel=1e-5)


def test_geud_where_some_volume_has_no_dose() -> None:
    assert response.geud([0, 30], [1, 3], -1) == 0.0
    assert response.geud([0, 30], [0, 3], -1) == 30.0, "a bin without volume counts for nothing"
    assert response.geud([0, 30], [1, 3], 2) == pytest.approx(30 * math.sqrt(0.75))
    assert response.geud([0, 0], [1, 1], 3) == response.geud([0, 0], [1, 1], -3) == 0.0


def test_geud_over_leading_axes() -> None:
    dose = np.array([[10, 20, 30], [5, 5, 0]])
    out = response.geud(dose, [1, 1, 2], [2, -2])
    assert isinstance(out, np.ndarray)
    assert out.tolist() == [response.geud(dose[0], [1, 1, 2], 2), response.geud(dose[1], [1, 1, 2], -2)]


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, [1.0, -1.0], True, "3", None])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    ("curve", "names"),
    [
        (response.tcp_logistic, ("dose", "d50", "gamma50")),
        (response.tcp_poisson, ("dose", "d50", "gamma")),
        (response.ntcp_lkb, ("geud", "td50", "m")),
        (response.ntcp_log_logistic, ("dose", "td50", "gamma50")),
    ],
)
def test_curves_refuse(curve: Curve, names: tuple[str, ...], at: int, bad: Any) -> None:
    values: list[Any] = [60.0, 50.0, 1.0]
    values[at] = bad
    with pytest.raises(DomainError, match=f"^{names[at]} must be "):
        curve(*values)
    if at > 0:
        values[at] = 0.0
        with pytest.raises(DomainError, match=f"^{names[at]} must be greater than 0.*, got 0.0$"):
            curve(*values)


@pytest.mark.parametrize(
    ("dose", "volume", "a", "message"),
    [
        ([1, -1], [1, 1], 1, "dose must be 0 Gy or greater, got -1.0"),
        ([1, 1], [1, -1], 1, "volume must be 0 or greater, got -1.0"),
        ([1, 1], [0, 0], 1, "volume must be greater than 0 in sum"),
        ([1, 1], [1, 1], 0, "a must not be within 1e-06 of 0"),
        ([1, 1], [1, 1], math.inf, "a must be finite, got inf"),
        ([1, 1, 1], [1, 1], 1, "dose, volume and a must broadcast"),
    ],
)
def test_geud_refuses(dose: Any, volume: Any, a: Any, message: str) -> None:
    with pytest.raises(DomainError) as error:
        response.geud(dose, volume, a)
    assert message in str(error.value)


def test_tcp_poisson_refuses_a_slope_it_does_not_know() -> None:
    with pytest.raises(DomainError, match="slope must be 'd50' or 'maximum', got 'steep'"):
        response.tcp_poisson(60, 50, 1, slope="steep")  # type: ignore[arg-type]
