"""Proof by comparison: train_bed against closed forms, a brute-force sum over pairs and numerical integration."""

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rtplan.errors import DomainError
from rtplan.radiobiology import lq
from rtplan.radiobiology import train as kernel

FIVE_WEEKS = [7 * (k // 5) + k % 5 for k in range(25)]


class Train(NamedTuple):
    dose: NDArray[np.float64]
    day: NDArray[np.float64]
    hour: NDArray[np.float64]
    duration: NDArray[np.float64]


@st.composite
def trains(draw: st.DrawFn, long: bool = False) -> Train:
    """One to three fractions a day, some of the days; some doses 0, with any clock; `long` ones take time."""
    dose, day, hour, duration = [], [], [], []
    for date in draw(st.lists(st.integers(0, 60), min_size=1, max_size=6, unique=True).map(sorted)):
        clock = 24.0 * date + draw(st.floats(6, 9))
        for _ in range(draw(st.integers(1, 3))):
            given_here = draw(st.integers(0, 5)) > 0
            width = draw(st.floats(0.01, 2)) if long and given_here else 0.0
            dose.append(draw(st.floats(0.1, 8)) if given_here else 0.0)
            day.append(date)
            hour.append(clock if given_here else draw(st.floats(-100, 2000)))
            duration.append(width)
            clock += width + draw(st.floats(0, 3))
    return Train(*(np.array(values, dtype=float) for values in (dose, day, hour, duration)))


def quadrature(low: float, high: float, nodes: int = 24) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, w = np.polynomial.legendre.leggauss(nodes)
    return (high - low) / 2 * x + (high + low) / 2, (high - low) / 2 * w


def pair_sum(train: Train, phi: Any, overnight: bool) -> float:
    """2 sum over j < i of d_i d_j phi(t_i - t_j), each pair by itself, instantaneous fractions."""
    total = 0.0
    for i in range(len(train.dose)):
        for j in range(i):
            if train.dose[i] * train.dose[j] > 0 and (overnight or train.day[i] == train.day[j]):
                total += 2 * train.dose[i] * train.dose[j] * phi(train.hour[i] - train.hour[j])
    return total


def pair_integral(train: Train, phi: Any, overnight: bool) -> float:
    """The same with dose rates, by Gauss-Legendre: 2 times the integral of R(t) R(t') phi(t - t') over t' < t, less
    sum d_i^2, the value of an instantaneous fraction."""
    total = 0.0
    fractions = [k for k in range(len(train.dose)) if train.dose[k] > 0]
    rate = {k: train.dose[k] / train.duration[k] for k in fractions}
    for i in fractions:
        t, wt = quadrature(train.hour[i], train.hour[i] + train.duration[i])
        for j in fractions:
            if j < i and (overnight or train.day[i] == train.day[j]):
                s, ws = quadrature(train.hour[j], train.hour[j] + train.duration[j])
                total += 2 * rate[i] * rate[j] * float(wt @ phi(t[:, None] - s[None, :]) @ ws)
        for now, weight in zip(t, wt, strict=True):
            s, ws = quadrature(train.hour[i], now)
            total += 2 * rate[i] ** 2 * weight * float(ws @ phi(now - s))
        total -= train.dose[i] ** 2
    return total


def mono(half_time: float) -> Any:
    return lambda t: np.exp(-math.log(2) / half_time * t)


@given(trains(), st.floats(0.3, 30), st.floats(0.5, 20), st.booleans())
def test_pair_sum_equals_every_pair_by_itself(train: Train, half_time: float, ab: float, overnight: bool) -> None:
    result = lq.train_bed(
        train.dose, train.day, alpha_beta=ab, hour=train.hour, half_time_h=half_time, overnight=overnight
    )
    expected = pair_sum(train, mono(half_time), overnight) / ab
    assert result.repair_gain == pytest.approx(expected, rel=1e-11, abs=1e-12)


@given(trains(), st.floats(0.2, 2), st.floats(3, 10), st.floats(0, 1), st.booleans())
def test_two_repair_half_times(train: Train, fast: float, slow: float, part: float, overnight: bool) -> None:
    result = lq.train_bed(
        train.dose,
        train.day,
        alpha_beta=3,
        hour=train.hour,
        half_time_h=[fast, slow],
        share=[part, 1 - part],
        overnight=overnight,
    )
    expected = pair_sum(train, lambda t: part * mono(fast)(t) + (1 - part) * mono(slow)(t), overnight) / 3
    assert result.repair_gain == pytest.approx(expected, rel=1e-11, abs=1e-12)


@given(trains(long=True), st.floats(0.3, 10), st.booleans())
def test_finite_deliveries_equal_numerical_integration(train: Train, half_time: float, overnight: bool) -> None:
    result = lq.train_bed(
        train.dose,
        train.day,
        alpha_beta=3,
        hour=train.hour,
        duration_h=train.duration,
        half_time_h=half_time,
        overnight=overnight,
    )
    expected = pair_integral(train, mono(half_time), overnight) / 3
    assert result.repair_gain == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(trains(long=True), st.floats(0.3, 10))
def test_protraction_factor_equals_numerical_integration(train: Train, half_time: float) -> None:
    total = float(train.dose.sum())
    if total == 0:
        return
    g = lq.protraction_factor(train.dose, train.hour, train.duration, half_time)
    squares = float((train.dose**2).sum())
    assert g == pytest.approx((squares + pair_integral(train, mono(half_time), True)) / total**2, rel=1e-9)
    assert 0 < g <= 1 + 1e-12
    net = lq.train_bed(
        train.dose,
        train.day,
        alpha_beta=3,
        hour=train.hour,
        duration_h=train.duration,
        half_time_h=half_time,
        overnight=True,
    ).net_bed
    assert net == pytest.approx(lq.bed(1, total, 3 / g), rel=1e-12)


@given(st.integers(1, 6), st.integers(1, 4), st.floats(0, 8), st.floats(0.3, 10), st.floats(0.2, 20), st.floats(1, 20))
def test_equal_fractions_a_day_have_the_closed_form(
    days: int, m: int, interval: float, half_time: float, d: float, ab: float
) -> None:
    day = np.repeat(np.arange(days), m)
    hour = np.concatenate([40 * k + interval * np.arange(m) for k in range(days)])
    result = lq.train_bed([d] * days * m, day, alpha_beta=ab, hour=hour, half_time_h=half_time)
    hm = lq.incomplete_repair_factor(m, interval, half_time)
    assert result.bed == pytest.approx(lq.bed(days * m, d, ab), rel=1e-12)
    assert result.net_bed == pytest.approx(lq.bed(days * m, d, ab / (1 + hm)), rel=1e-12)


@given(st.floats(0.1, 20), st.floats(1, 20), st.floats(0, 1), st.floats(0, 60), st.integers(0, 1))
def test_equal_fractions_with_time_have_the_closed_form(
    d: float, ab: float, rate: float, tk: float, first: int
) -> None:
    result = lq.train_bed([d] * 25, FIVE_WEEKS, alpha_beta=ab, rate=rate, kick_off_day=tk, first_fraction_is_day=first)
    assert result.bed == pytest.approx(lq.bed(25, d, ab), rel=1e-12)
    assert result.repair_gain == 0.0
    assert result.time_loss == pytest.approx(lq.repopulation_loss(32 + first, rate, tk), rel=1e-12)
    assert result.net_bed == pytest.approx(result.bed - result.time_loss, rel=1e-12)


@given(trains(), st.floats(0.3, 30), st.booleans(), st.floats(0, 2))
def test_the_quick_way_through_a_train_is_the_way(train: Train, half_time: float, overnight: bool, late: float) -> None:
    """What is given stands in front: plain differences then do what looking over the gaps does."""
    kept = train.dose > 0
    front = Train(*(np.concatenate([values[kept], values[~kept]]) for values in train))
    day = np.where(front.dose > 0, front.day, 0)
    kwargs: dict[str, Any] = {"alpha_beta": 3, "rate": 0.5, "kick_off_day": late, "hour": front.hour}
    kwargs |= {"half_time_h": half_time, "overnight": overnight}
    quick = lq.train_bed(front.dose, day, **kwargs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "in_front", lambda _: False)
        whole = lq.train_bed(front.dose, day, **kwargs)
    np.testing.assert_array_equal(quick.fraction_bed, whole.fraction_bed)
    assert quick.time_loss == whole.time_loss
    assert quick.repair_gain == pytest.approx(whole.repair_gain, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("front", [True, False])
def test_a_train_that_goes_backwards_is_refused_either_way(front: bool) -> None:
    dose = [2.0, 2.0, 2.0] if front else [2.0, 0.0, 2.0]
    with pytest.raises(DomainError, match="hour must not decrease"):
        lq.train_bed(dose, [0, 1, 2], alpha_beta=3, hour=[50, 26, 2])
    with pytest.raises(DomainError, match="day must not decrease"):
        lq.train_bed(dose, [2, 1, 0], alpha_beta=3, hour=[2, 26, 50])
    with pytest.raises(DomainError, match="h of overlap"):
        lq.train_bed(dose, [0, 0, 0], alpha_beta=3, hour=[0, 1, 2], half_time_h=1, duration_h=3)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_what_is_repeated_by_broadcasting_is_still_checked(value: float) -> None:
    dose = np.broadcast_to(np.array([2.0, value]), (3, 2))
    with pytest.raises(DomainError, match="dose must be"):
        lq.train_bed(dose, [0, 1], alpha_beta=10)


def test_rapid_twice_daily() -> None:
    """RAPID, 38.5 Gy in 10 twice daily: EQD2 62.4 Gy by Basic Clinical Radiobiology, 6th ed. 2025, ch. 10."""
    day = [k // 2 for k in range(10)]
    hour = [24 * (k // 2) + 6 * (k % 2) for k in range(10)]
    course = lq.train_bed([3.85] * 10, day, alpha_beta=3.4, hour=hour, half_time_h=4.4)
    assert lq.eqd2(course.net_bed, 3.4) == pytest.approx(62.4, abs=0.05)
    assert lq.eqd2(course.bed, 3.4) == pytest.approx(51.690, abs=0.001)


def test_chinese_new_year_costs_nine_grays() -> None:
    """The worked example of convention 5: T 32 as prescribed, 42 as laid out, K 0.9, Tk 28."""
    laid_out = [*FIVE_WEEKS[:-1], 42]
    t = lq.train_bed([[1.8] * 25] * 2, [FIVE_WEEKS, laid_out], alpha_beta=10, rate=0.9, kick_off_day=28)
    assert isinstance(t.net_bed, np.ndarray)
    assert t.net_bed.tolist() == pytest.approx([49.5, 40.5])


@given(trains(long=True), st.data())
def test_a_gap_costs_the_same_wherever_it_lies(train: Train, data: st.DataObject) -> None:
    inner = sorted(data.draw(st.lists(st.integers(0, 60), min_size=len(train.day), max_size=len(train.day))))
    moved = np.array([0, *inner, 60])
    original = np.array([0, *train.day, 60])
    dose = np.array([2, *train.dose, 2])
    kwargs: dict[str, Any] = {"alpha_beta": 10, "rate": 0.7, "kick_off_day": 21}
    assert lq.train_bed(dose, original, **kwargs)[2] == lq.train_bed(dose, moved, **kwargs)[2] == pytest.approx(27.3)


@given(trains(long=True), st.data())
def test_what_was_not_given_changes_nothing(train: Train, data: st.DataObject) -> None:
    keep = train.dose > 0
    bare = Train(*(values[keep] for values in train))
    n = len(bare.dose)
    slots = sorted(data.draw(st.lists(st.integers(0, n), max_size=4)))
    strange = st.floats(0, 5000)
    padded = Train(
        np.insert(bare.dose, slots, 0.0),
        np.insert(bare.day, slots, [float(math.floor(data.draw(strange))) for _ in slots]),
        np.insert(bare.hour, slots, [data.draw(strange) for _ in slots]),
        np.insert(bare.duration, slots, [data.draw(strange) for _ in slots]),
    )
    for overnight in (False, True):
        results = [
            lq.train_bed(
                t.dose,
                t.day,
                alpha_beta=3,
                hour=t.hour,
                duration_h=t.duration,
                half_time_h=1.5,
                rate=0.5,
                kick_off_day=3,
                overnight=overnight,
            )
            for t in (bare, train, padded)
        ]
        for other in results[1:]:
            assert other.bed == pytest.approx(results[0].bed, rel=1e-14)
            assert other.repair_gain == pytest.approx(results[0].repair_gain, rel=1e-12, abs=1e-12)
            assert other.time_loss == results[0].time_loss


@given(trains(long=True), st.floats(-1e5, 1e5), st.integers(0, 800_000))
def test_origins_of_day_and_hour_are_free(train: Train, hours: float, days: int) -> None:
    def result(hour: Any, day: Any) -> lq.TrainBed:
        return lq.train_bed(
            train.dose, day, alpha_beta=3, hour=hour, duration_h=train.duration, half_time_h=2, rate=1, kick_off_day=0
        )

    here, there = result(train.hour, train.day), result(train.hour + hours, train.day + days)
    assert there.repair_gain == pytest.approx(here.repair_gain, rel=1e-6, abs=1e-6)
    assert there.time_loss == here.time_loss


@given(st.floats(0.1, 10), st.floats(0.1, 5), st.integers(2, 7), st.floats(0.2, 10))
def test_cutting_a_long_delivery_in_pieces_changes_nothing(d: float, width: float, pieces: int, half: float) -> None:
    kwargs: dict[str, Any] = {"alpha_beta": 3, "half_time_h": half}
    whole = lq.train_bed([d], [0], hour=[8], duration_h=width, **kwargs)
    edges = 8 + width * np.arange(pieces) / pieces
    cut = lq.train_bed([d / pieces] * pieces, [0] * pieces, hour=edges, duration_h=width / pieces, **kwargs)
    assert cut.net_bed == pytest.approx(whole.net_bed, rel=1e-10)
    short = lq.train_bed([d], [0], hour=[8], duration_h=width * 1e-9, **kwargs)
    assert short.net_bed == pytest.approx(lq.bed(1, d, 3), rel=1e-8)


@given(trains(), st.floats(1, 12), st.floats(1, 6))
def test_lql_fraction_by_fraction(train: Train, ab: float, transition: float) -> None:
    result = lq.train_bed(train.dose, train.day, alpha_beta=ab, transition_dose=transition)
    assert result.fraction_bed.tolist() == pytest.approx(lq.bed_lql(1, train.dose, ab, transition), rel=1e-14)
    steeper = lq.train_bed(train.dose, train.day, alpha_beta=ab, transition_dose=transition, gamma_over_alpha=9)
    assert steeper.fraction_bed.tolist() == pytest.approx(lq.bed_lql(1, train.dose, ab, transition, 9), rel=1e-14)


def test_lql_knows_unrepaired_fractions_only_by_refusing_them() -> None:
    once_daily = lq.train_bed([8, 8], [0, 2], alpha_beta=3, hour=[0, 48], half_time_h=4, transition_dose=6)
    assert once_daily.repair_gain == 0.0
    # two entries on one day, of which one was given, are one fraction a day
    assert lq.train_bed([0, 8, 8], [2, 0, 2], alpha_beta=3, hour=[9, 0, 48], half_time_h=4, transition_dose=6).bed > 0
    for change in ({"day": [0, 0]}, {"overnight": True}, {"duration_h": 0.1}):
        values: dict[str, Any] = {"dose": [8, 8], "day": [0, 2], "hour": [0, 48], "half_time_h": 4}
        with pytest.raises(DomainError, match="LQ-L assumes complete repair"):
            lq.train_bed(**values | change, alpha_beta=3, transition_dose=6)
    assert lq.train_bed([8, 8], [0, 0], alpha_beta=3, hour=[0, 6], transition_dose=6).repair_gain == 0.0


def test_trains_without_dose() -> None:
    for n in (0, 3):
        nothing = lq.train_bed(
            np.zeros((2, n)),
            np.arange(n),
            alpha_beta=10,
            hour=np.arange(n) - 5,
            half_time_h=4,
            duration_h=1,
            rate=1,
            kick_off_day=0,
            first_fraction_is_day=1,
        )
        for value in (nothing.bed, nothing.repair_gain, nothing.time_loss, nothing.net_bed):
            assert isinstance(value, np.ndarray)
            assert value.tolist() == [0.0, 0.0]
    one = lq.train_bed([0, 2, 0], [0, 50, 99], alpha_beta=10, rate=1, kick_off_day=0)
    assert one.time_loss == 0.0, "the only fraction is the first and the last: T is 0"
    assert lq.train_bed(np.zeros((0, 3)), [1, 2, 3], alpha_beta=10).fraction_bed.shape == (0, 3)


def test_shapes_and_types() -> None:
    alone = lq.train_bed([2, 2], [0, 1], alpha_beta=10)
    assert isinstance(alone.fraction_bed, np.ndarray)
    assert alone.fraction_bed.tolist() == pytest.approx([2.4, 2.4])
    assert all(type(x) is float for x in (alone.repair_gain, alone.time_loss, alone.bed, alone.net_bed))
    many = lq.train_bed(
        np.ones((5, 1, 4)),
        np.arange(4),
        alpha_beta=[3, 10, 20],
        hour=np.zeros(4),
        half_time_h=np.full((5, 3), 4.0),
        rate=np.ones((5, 1)),
        kick_off_day=1,
    )
    assert many.fraction_bed.shape == (5, 3, 4)
    assert np.shape(many.repair_gain) == np.shape(many.time_loss) == np.shape(many.net_bed) == (5, 3)


@given(trains(long=True), st.sampled_from([(1,), (7,), (2, 5), (3, 1, 4)]), st.booleans())
def test_blocks_and_leading_axes_are_the_single_courses(train: Train, lead: tuple[int, ...], overnight: bool) -> None:
    rng = np.random.default_rng(len(train.dose))
    dose = train.dose * rng.uniform(0, 2, (*lead, 1)).round(1)
    ab, half, rate, kick = (rng.uniform(1, 5, lead) for _ in range(4))
    share = rng.uniform(0, 1, lead)
    options: dict[str, Any] = {"hour": train.hour, "duration_h": train.duration, "overnight": overnight}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "_BLOCK_ROWS", 3)
        together = lq.train_bed(
            dose,
            train.day,
            alpha_beta=ab,
            half_time_h=np.stack([half, 2 * half], -1),
            share=np.stack([share, 1 - share], -1),
            rate=rate,
            kick_off_day=kick,
            **options,
        )
    for at in np.ndindex(*lead):
        one = lq.train_bed(
            dose[at],
            train.day,
            alpha_beta=ab[at],
            half_time_h=[half[at], 2 * half[at]],
            share=[share[at], 1 - share[at]],
            rate=rate[at],
            kick_off_day=kick[at],
            **options,
        )
        assert together.fraction_bed[at].tolist() == one.fraction_bed.tolist()
        assert together.repair_gain[at] == pytest.approx(one.repair_gain, rel=1e-13, abs=1e-13)  # type: ignore[index]
        assert together.time_loss[at] == one.time_loss  # type: ignore[index]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"dose": [2, -2]}, "dose must be 0 Gy or greater, got -2.0"),
    ({"dose": [2, math.nan]}, "dose must be finite, got nan"),
    ({"dose": [2, math.inf]}, "dose must be finite, got inf"),
    ({"dose": [2, True]}, "dose must be a real number"),
    ({"dose": ["2", "2"]}, "dose must be a real number"),
    ({"dose": 2}, "dose must have its fractions on the last axis"),
    ({"day": [0, 1, 2]}, "day must have as many fractions as dose (2), got shape (3,)"),
    ({"day": 0}, "day must have as many fractions as dose"),
    ({"day": [-1, 0]}, "day must be 0 days or greater, got -1.0"),
    ({"day": [0, 0.5]}, "day must be whole, got 0.5"),
    ({"day": [0, math.nan]}, "day must be finite, got nan"),
    ({"hour": [6, 0]}, "hour must not decrease"),
    ({"hour": [0, math.nan]}, "hour must be finite"),
    ({"hour": [0, 6], "day": [1, 0]}, "day must not decrease"),
    ({"hour": [0]}, "hour must have as many fractions"),
    ({"alpha_beta": 0}, "alpha_beta must be greater than 0 Gy, got 0.0"),
    ({"alpha_beta": [3, -10]}, "alpha_beta must be greater than 0 Gy, got -10.0"),
    ({"alpha_beta": True}, "alpha_beta must be a real number"),
    ({"rate": -0.1}, "rate must be 0 Gy/day or greater, got -0.1"),
    ({"rate": math.inf}, "rate must be finite"),
    ({"kick_off_day": -1}, "kick_off_day must be 0 days or greater, got -1.0"),
    ({"kick_off_day": math.nan}, "kick_off_day must be a number, got nan"),
    ({"first_fraction_is_day": 2}, "first_fraction_is_day must be a whole number of at least 0 and at most 1, got 2"),
    (
        {"first_fraction_is_day": True},
        "first_fraction_is_day must be a whole number of at least 0 and at most 1, got True",
    ),
    ({"transition_dose": 0}, "transition_dose must be greater than 0 Gy"),
    ({"transition_dose": 6, "gamma_over_alpha": 0}, "gamma_over_alpha must be greater than 0"),
    ({"gamma_over_alpha": 5}, "gamma_over_alpha must come with transition_dose"),
    ({"half_time_h": 4}, "half_time_h must come with hour"),
    ({"half_time_h": 0, "hour": [0, 6]}, "half_time_h must be greater than 0 h"),
    ({"share": [1.0], "hour": [0, 6]}, "share must come with half_time_h"),
    ({"share": [0.5, 0.4], "half_time_h": [1, 4], "hour": [0, 6]}, "share must sum to 1"),
    ({"share": 1.0, "half_time_h": 4, "hour": [0, 6]}, "must both list their components"),
    ({"share": [0.5, 0.5], "half_time_h": [1, 2, 4], "hour": [0, 6]}, "share must have one part for each half_time_h"),
    ({"duration_h": 1, "hour": [0, 6]}, "duration_h must come with half_time_h"),
    ({"duration_h": -1, "hour": [0, 6], "half_time_h": 4}, "duration_h must be 0 h or greater"),
    ({"duration_h": [7, 1], "hour": [0, 6], "half_time_h": 4}, "hour must be after the end of the fraction before"),
    ({"duration_h": [30, 1], "day": [0, 1], "hour": [0, 24], "half_time_h": 4}, "got 6 h of overlap"),
    ({"overnight": True}, "overnight must come with half_time_h"),
    ({"alpha_beta": [1, 2], "rate": [1, 2, 3]}, "leading axes must broadcast together"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_refuses(change: dict[str, Any], message: str) -> None:
    values: dict[str, Any] = {"dose": [2, 2], "day": [0, 0], "alpha_beta": 10}
    with pytest.raises(DomainError) as error:
        lq.train_bed(**values | change)
    assert message in str(error.value)


def test_a_bad_value_is_found_in_the_last_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_BLOCK_ROWS", 2)
    dose = np.ones((7, 3))
    dose[6, 2] = math.nan
    with pytest.raises(DomainError, match="dose must be finite"):
        lq.train_bed(dose, [0, 1, 2], alpha_beta=10)


def test_deliveries_may_touch() -> None:
    """0.1 + 0.2 ends 4e-17 h after 0.3 starts: that is rounding, not an overlap."""
    course = lq.train_bed([1, 1], [0, 0], alpha_beta=3, hour=[0.1, 0.3], duration_h=0.2, half_time_h=4)
    assert course.net_bed == pytest.approx(
        lq.train_bed([2], [0], alpha_beta=3, hour=[0.1], duration_h=0.4, half_time_h=4).net_bed, rel=1e-12
    )


def test_a_rate_without_its_kick_off_day_is_refused() -> None:
    """It would lose nothing, in silence."""
    with pytest.raises(DomainError, match="rate must come with a finite kick_off_day"):
        lq.train_bed([2.0, 2.0], [0, 40], alpha_beta=10.0, rate=0.9)
    assert lq.train_bed([2.0, 2.0], [0, 40], alpha_beta=10.0).time_loss == 0.0
