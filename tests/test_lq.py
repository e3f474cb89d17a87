"""Proof by print: each formula of rtplan.lq gives published answers, and refuses what it is not meant for.

A handful per formula; the whole collection is run by `rtplan validate`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rtplan.errors import DomainError
from rtplan.radiobiology import lq

ASTRAHAN = "Eye Physics, TDF Plan help (M. Astrahan)"
HYTEC_CORD = "Sahgal 2021, IJROBP 110:124-136, Tables 3 and 4"
HYTEC_OPTIC = "Milano 2018, doi 10.1016/j.ijrobp.2018.01.053, Table 3"
VOYANT = "Voyant 2014, Rep Pract Oncol Radiother 19:47-55, Table 2, classical column"
OHRI = "Ohri 2012, IJROBP 84:e379-e384"
BCR = "Basic Clinical Radiobiology, 6th ed. 2025, ch. 10"
PARK = "teaching sheet on Park 2008, IJROBP 70:847-852"
BATYAN = "Batyan, Linear Quadratic Model in the Clinical Practice"
PACE_B = "LQL-Equiv, CLINICAL-PLAUSIBILITY.md, PACE-B"


@pytest.mark.parametrize(
    ("n", "d", "alpha_beta", "expected", "tolerance", "source"),
    [
        (30, 2.0, 10, 72.0, 0.005, ASTRAHAN),
        (30, 2.0, 3, 100.0, 0.005, ASTRAHAN),
        (25, 2.4, 10, 74.4, 0.005, ASTRAHAN),
        (3, 18, 10, 151.2, 1e-9, OHRI),
    ],
)
def test_bed(n: float, d: float, alpha_beta: float, expected: float, tolerance: float, source: str) -> None:
    assert lq.bed(n, d, alpha_beta) == pytest.approx(expected, abs=tolerance), source


@pytest.mark.parametrize(
    ("n", "d", "alpha_beta", "x", "expected", "tolerance", "source"),
    [
        (1, 12.4, 2, 2, 44.64, 1e-6, HYTEC_CORD),
        (5, 3.6, 2, 2, 25.2, 1e-6, HYTEC_CORD),
        (1, 10.0, 1.6, 2, 32.2, 0.05, HYTEC_OPTIC),
        (28, 1.8, 2, 2, 47.9, 0.06, VOYANT),
        (5, 6, 10, 1.8, 40.68, 0.006, PARK),
        (70 / 3, 3.0, 10, 5, 60.667, 0.001, "DICOMautomaton BEDConvert.sh"),
    ],
)
def test_eqdx(n: float, d: float, alpha_beta: float, x: float, expected: float, tolerance: float, source: str) -> None:
    assert lq.eqdx(lq.bed(n, d, alpha_beta), alpha_beta, x) == pytest.approx(expected, abs=tolerance), source


@pytest.mark.parametrize(
    ("bed", "n", "alpha_beta", "expected_total", "tolerance", "source"),
    [
        (80, 30, 3, 51.05, 0.012, PARK),
        (140, 30, 3, 75.93, 0.012, PARK),
        (44.64 * 2, 2, 2, 17.0, 0.06, HYTEC_CORD),
        (56.0 * 2, 5, 2, 28.8, 0.06, HYTEC_CORD),
        (lq.bed(5, 6.6, 10), 3, 10, 28.2, 0.05, "Mahadevan 2021, HyTEC pancreas"),
    ],
)
def test_dose_per_fraction_for_bed(
    bed: float, n: int, alpha_beta: float, expected_total: float, tolerance: float, source: str
) -> None:
    d = lq.dose_per_fraction_for_bed(bed, n, alpha_beta)
    assert n * d == pytest.approx(expected_total, abs=tolerance), source


def test_a_small_dose_keeps_all_its_digits() -> None:
    # the textbook root (ab/2)(sqrt(1 + 4B/(n ab)) - 1) has lost the last ten here
    assert lq.dose_per_fraction_for_bed(1e-10, 1, 10) == pytest.approx(1e-10 * (1 - 1e-11), rel=1e-15)


@pytest.mark.parametrize(("alpha_beta", "expected", "source"), [(4.6, 17, BATYAN), (8.8, 18, BATYAN)])
def test_n_fractions_for_bed(alpha_beta: float, expected: int, source: str) -> None:
    n = lq.n_fractions_for_bed(lq.bed(25, 2, alpha_beta), 2.67, alpha_beta)
    assert isinstance(n, float)
    assert round(n) == expected, source


def test_repopulation() -> None:
    # teaching text: 35 x 2 Gy, alpha/beta 10, alpha 0.3, Td 4 d, Tk 21 d, T 49 d gives 67.8 Gy
    rate = lq.repopulation_rate(0.3, 4)
    assert lq.bed(35, 2, 10) - lq.repopulation_loss(49, rate, 21) == pytest.approx(67.8, abs=0.05)
    # BCR: one week longer costs 7 x 0.7 Gy of EQD2 once both times are past kick-off
    assert lq.repopulation_loss(47, 0.7, 21) - lq.repopulation_loss(40, 0.7, 21) == pytest.approx(4.9)
    assert lq.eqd2_rate_from_bed_rate(0.55, 10) == pytest.approx(0.45833, abs=1e-5)
    assert lq.bed_rate_from_eqd2_rate(0.75, 10) == pytest.approx(0.9)


def test_ln2_is_not_rounded() -> None:
    assert lq.repopulation_rate(1.0, 1.0) == math.log(2.0)
    assert lq.incomplete_repair_factor(2, 3.0, 3.0) == pytest.approx(0.5, rel=1e-15)


@pytest.mark.parametrize(
    ("m", "interval", "half_time", "expected", "tolerance"),
    [
        (2, 6, 4.4, 0.39, 0.005),  # BCR
        (2, 6, 4, 0.353553, 1e-6),  # from here on: closed form, verified by integration
        (2, 5, 0.5, 0.000977, 1e-6),
        (3, 4, 2, 0.375, 1e-6),
        (3, 5, 5, 0.833333, 1e-6),
    ],
)
def test_incomplete_repair_factor(m: int, interval: float, half_time: float, expected: float, tolerance: float) -> None:
    assert lq.incomplete_repair_factor(m, interval, half_time) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(
    ("doses", "start", "duration", "mu", "expected", "bed10"),
    [
        ([2, 2], [0, 6], [0, 0], 0.15753345, 0.6943008, 5.110881),
        ([1.5, 1.5, 1.5], [0, 6, 12], 0, 0.173286795, 0.518246, 5.549448),
        ([40], [0], [40 / 0.55], 0.46, 0.0579956, 49.279301),
    ],
)
def test_protraction_factor(
    doses: list[float], start: list[float], duration: Any, mu: float, expected: float, bed10: float
) -> None:
    """Closed forms verified by independent integration; the last is Dale's low dose rate, 40 Gy at 0.55 Gy/h."""
    g = lq.protraction_factor(doses, start, duration, math.log(2) / mu)
    assert g == pytest.approx(expected, abs=1e-6)
    assert lq.bed(1, sum(doses), 10 / g) == pytest.approx(bed10, abs=2e-6)


def test_multi_exponential_protraction_is_the_mean_by_share() -> None:
    train = ([3, 1, 2], [0, 5, 9], [1, 0, 2])
    mean = 0.25 * lq.protraction_factor(*train, 0.5) + 0.75 * lq.protraction_factor(*train, 4.0)
    assert lq.protraction_factor(*train, [0.5, 4.0], share=[0.25, 0.75]) == pytest.approx(mean, rel=1e-14)


def test_linear_quadratic_linear() -> None:
    assert lq.bed_lql(5, 7.25, 3.1, 6.2, 5) == pytest.approx(119.25, abs=0.006), PACE_B
    assert lq.eqd2(lq.bed_lql(5, 7.25, 3.1, 6.2), 3.1) == pytest.approx(72.49, abs=0.006), PACE_B
    assert lq.eqd2(lq.bed_lql(1, 8, 2, 4, 5), 2) == pytest.approx(16, abs=0.05), VOYANT
    assert lq.bed_lql(30, 2, 3.1, 6.2) == lq.bed(30, 2, 3.1)


@pytest.mark.parametrize(("n", "d", "dq", "expected"), [(1, 34, 1.8, 78.06), (5, 10, 1.8, 99.39), (3, 20, 2.5, 127.27)])
def test_universal_survival_curve(n: int, d: float, dq: float, expected: float) -> None:
    assert lq.bed_usc(n, d, 8.6, 6.2, 0.33, 1.25, dq) == pytest.approx(expected, abs=0.006), PARK


def test_universal_survival_curve_changes_branch_at_the_transition_dose() -> None:
    parameters = (8.6, 6.2, 0.33, 1.25, 2.5)
    below, at = lq.bed_usc(3, np.nextafter(6.2, 0), *parameters), lq.bed_usc(3, 6.2, *parameters)
    assert below == pytest.approx(lq.bed(3, 6.2, 8.6))
    assert at - below == pytest.approx(3 * lq.usc_branch_gap(*parameters))
    assert lq.usc_branch_gap(*parameters) < -1
    # Park: dT = 2 Dq / (1 - alpha D0) and beta = (1 - alpha D0)^2 / (4 D0 Dq) make the branches touch
    a, d0, dq = 0.33, 1.25, 1.8
    alpha_beta = a * 4 * d0 * dq / (1 - a * d0) ** 2
    assert lq.usc_branch_gap(alpha_beta, 2 * dq / (1 - a * d0), a, d0, dq) == pytest.approx(0, abs=1e-12)


# --- what is refused -------------------------------------------------------------------------------------------------

CALLS: list[tuple[Callable[..., Any], dict[str, float]]] = [
    (lq.bed, {"n_fractions": 30, "dose_per_fraction": 2, "alpha_beta": 10}),
    (lq.eqdx, {"bed": 72, "alpha_beta": 10, "x": 2}),
    (lq.eqd2, {"bed": 72, "alpha_beta": 10}),
    (lq.dose_per_fraction_for_bed, {"bed": 72, "n_fractions": 30, "alpha_beta": 10}),
    (lq.n_fractions_for_bed, {"bed": 72, "dose_per_fraction": 2, "alpha_beta": 10}),
    (lq.repopulation_rate, {"alpha": 0.3, "doubling_time": 4}),
    (lq.repopulation_loss, {"elapsed_days": 40, "rate": 0.9, "kick_off_day": 28}),
    (lq.bed_rate_from_eqd2_rate, {"dprolif": 0.7, "alpha_beta": 10}),
    (lq.eqd2_rate_from_bed_rate, {"rate": 0.9, "alpha_beta": 10}),
    (lq.incomplete_repair_factor, {"fractions_per_day": 2, "interval_h": 6, "half_time_h": 4}),
    (
        lq.bed_lql,
        {"n_fractions": 5, "dose_per_fraction": 8, "alpha_beta": 3, "transition_dose": 6, "gamma_over_alpha": 5},
    ),
    (
        lq.bed_usc,
        {
            "n_fractions": 5,
            "dose_per_fraction": 8,
            "alpha_beta": 8.6,
            "transition_dose": 6.2,
            "alpha": 0.33,
            "d0": 1.25,
            "dq": 1.8,
        },
    ),
    (lq.usc_branch_gap, {"alpha_beta": 8.6, "transition_dose": 6.2, "alpha": 0.33, "d0": 1.25, "dq": 1.8}),
]
EACH = [(function, values, name) for function, values in CALLS for name in values]
EACH_ID = [f"{function.__name__}-{name}" for function, _, name in EACH]
MAY_BE_ZERO = {"n_fractions", "dose_per_fraction", "x", "elapsed_days", "rate", "dprolif", "kick_off_day", "dq"}


@pytest.mark.parametrize(("function", "values", "name"), EACH, ids=EACH_ID)
class TestEveryParameter:
    @pytest.mark.parametrize("bad", [math.nan, -math.inf, True, "3", None, 1j, [2.0, math.nan], [2.0, True]])
    def test_refuses_what_is_no_number(
        self, function: Callable[..., Any], values: dict[str, float], name: str, bad: Any
    ) -> None:
        if bad is None and name == "gamma_over_alpha":
            assert function(**values | {name: None}) == function(**values), "None is the tangent, 5 here"
            return
        with pytest.raises(DomainError, match=f"^{name} must be "):
            function(**values | {name: bad})

    def test_refuses_infinity(self, function: Callable[..., Any], values: dict[str, float], name: str) -> None:
        if name == "kick_off_day":
            assert function(**values | {name: math.inf}) == 0.0
            return
        with pytest.raises(DomainError, match=f"^{name} must be finite, got inf$"):
            function(**values | {name: math.inf})

    def test_refuses_negative_numbers_and_names_them(
        self, function: Callable[..., Any], values: dict[str, float], name: str
    ) -> None:
        if name == "bed" and function in (lq.eqdx, lq.eqd2):
            assert function(**values | {name: -12.0}) < 0, "a net BED may be negative"
            return
        with pytest.raises(DomainError, match=f"^{name} must be .*, got -3.0$"):
            function(**values | {name: np.array([values[name], -3.0, -4.0])})

    def test_knows_whether_zero_has_a_meaning(
        self, function: Callable[..., Any], values: dict[str, float], name: str
    ) -> None:
        inverse = function in (lq.dose_per_fraction_for_bed, lq.n_fractions_for_bed)
        allowed = name in ("bed", "interval_h") or (name in MAY_BE_ZERO and not inverse)
        if allowed:
            assert math.isfinite(function(**values | {name: 0}))
        else:
            with pytest.raises(DomainError, match=f"^{name} must be "):
                function(**values | {name: 0})

    def test_whole_numbers_give_what_floats_give(
        self, function: Callable[..., Any], values: dict[str, float], name: str
    ) -> None:
        whole = max(1, math.floor(values[name]))
        assert function(**values | {name: np.int64(whole)}) == function(**values | {name: float(whole)})

    def test_an_array_gives_an_array(self, function: Callable[..., Any], values: dict[str, float], name: str) -> None:
        out = function(**values | {name: [values[name]] * 3})
        alone = function(**values)
        assert isinstance(alone, float)
        assert isinstance(out, np.ndarray)
        assert out.dtype == np.float64
        assert out.tolist() == [alone] * 3


def test_messages_name_parameter_bound_and_value() -> None:
    with pytest.raises(DomainError, match=r"^alpha_beta must be greater than 0 Gy, got -3\.0$"):
        lq.bed(30, 2, -3)
    with pytest.raises(DomainError, match=r"^fractions_per_day must be whole, got 1\.5$"):
        lq.incomplete_repair_factor(1.5, 6, 4)
    with pytest.raises(DomainError, match=r"^fractions_per_day must be at most 1440, got 1000000000\.0$"):
        lq.incomplete_repair_factor(1e9, 6, 4)
    with pytest.raises(DomainError, match=r"^dq must be less than transition_dose \(6\.2 Gy\), got 7$"):
        lq.bed_usc(3, 20, 8.6, 6.2, 0.33, 1.25, [1.8, 7])
    with pytest.raises(DomainError, match=r"^dose_per_fraction must be a number or a rectangular array"):
        lq.bed(30, [[1.0], [1.0, 2.0]], 10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"doses": [2, -2]}, "doses must be 0 Gy or greater, got -2.0"),
        ({"doses": [0, 0]}, "doses must be greater than 0 Gy in sum"),
        ({"doses": 2.0}, "doses must have its fractions on the last axis"),
        ({"start_h": [6, 0]}, "start_h must not decrease"),
        ({"start_h": [0, 6, 12]}, "start_h must have as many fractions as doses"),
        ({"duration_h": [7, 0]}, "start_h must be after the end of the fraction before, got 1 h of overlap"),
        ({"duration_h": -1}, "duration_h must be 0 h or greater"),
        ({"half_time_h": 0}, "half_time_h must be greater than 0 h"),
        ({"share": [0.5, 0.5]}, "share must have one part for each half_time_h"),
        ({"half_time_h": [1, 4], "share": [0.5, 0.6]}, "share must sum to 1"),
        ({"half_time_h": [1, 4], "share": [1.5, -0.5]}, "share must be 0 or greater"),
        ({"doses": [[2, 2], [1, 1]], "half_time_h": [1, 2, 3]}, "leading axes must broadcast together"),
    ],
)
def test_protraction_factor_refuses(change: dict[str, Any], message: str) -> None:
    values = {"doses": [2, 2], "start_h": [0, 6], "duration_h": 0, "half_time_h": 4}
    with pytest.raises(DomainError) as error:
        lq.protraction_factor(**values | change)  # type: ignore[arg-type]
    assert message in str(error.value)
