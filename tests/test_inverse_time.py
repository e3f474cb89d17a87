"""Proof by hand: added fractions on the calendar, the first that reaches a net BED, and refusals with the best."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtplan.clinic.days import Calendar, Reason, every_day_open
from rtplan.course.schedule import lay_out, prescribed_reference
from rtplan.errors import DomainError
from rtplan.library import catalogue
from rtplan.note import Source
from rtplan.prescription.prescription import Phase, Prescription, TargetDose, simple
from rtplan.questions.added import add_fractions, fractions_to_match, fractions_to_reach, with_added
from rtplan.radiobiology.effect import evaluate
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Repopulation, Tissue

if TYPE_CHECKING:
    from click.testing import Result

Cli = Callable[..., "Result"]
SOURCE = Source(text="a test", verified=False)
MONDAY = dt.date(2026, 1, 5)
WEEKEND = Reason(open=False, provisional=False, kind="weekend", text="weekend")
CLOSED = Reason(open=False, provisional=False, kind="closure", text="closed")
TUMOUR = Region(
    name="tumour",
    tissue=Tissue(
        name="surrogate",
        label="surrogate",
        kind="tumour",
        alpha_beta=10.0,
        source=SOURCE,
        repopulation=Repopulation(source=SOURCE, rate=0.9, basis="bed", kick_off_day=28.0),
    ),
)


def weekdays(*closed: dt.date) -> Calendar:
    def change(day: dt.date, reason: Reason) -> Reason:
        return CLOSED if day in closed else WEEKEND if day.weekday() > 4 else reason

    return every_day_open(MONDAY, dt.date(2026, 12, 31)).with_days(change)


def by_hand(n: int) -> float:
    """n weekday fractions of 1.8 Gy from a Monday: each brings 2.124 Gy, each day after day 28 takes 0.9 Gy."""
    elapsed = (n - 1) + 2 * ((n - 1) // 5)
    return n * 1.8 * 1.18 - 0.9 * max(0, elapsed - 28)


def test_net_bed_is_not_monotone() -> None:
    steps = add_fractions(simple(45.0, 25), weekdays(), MONDAY, TUMOUR, most=16)
    assert [step.net_bed_gy for step in steps] == pytest.approx([by_hand(25 + k) for k in range(17)])
    forty, forty_one = steps[15], steps[16]
    assert (forty.n_fractions, forty_one.n_fractions) == (40, 41)
    assert forty.net_bed_gy == pytest.approx(62.46)
    assert forty_one.net_bed_gy == pytest.approx(61.884)


def test_the_first_that_reaches_and_its_neighbour_are_dated() -> None:
    found = fractions_to_reach(simple(45.0, 25), weekdays(), MONDAY, TUMOUR, 58.0)
    assert found.below is not None
    assert (found.reached.added, found.reached.n_fractions) == (10, 35)
    assert found.below.n_fractions == 34
    assert found.below.net_bed_gy == pytest.approx(by_hand(34))
    assert found.reached.net_bed_gy == pytest.approx(by_hand(35))
    assert by_hand(34) < 58.0 <= by_hand(35)
    assert found.reached.last == dt.date(2026, 2, 20)
    assert (found.reached.elapsed_days, found.reached.overall_treatment_time_days) == (46, 47)
    assert found.reached.row.dose_gy == 63.0


def test_an_earlier_fraction_is_taken_even_where_the_next_one_falls_below_again() -> None:
    """36 fractions are worth less than 35: a target between them is reached by 35."""
    found = fractions_to_reach(simple(45.0, 25), weekdays(), MONDAY, TUMOUR, by_hand(35))
    assert found.reached.n_fractions == 35
    assert found.steps[11].net_bed_gy < found.target_net_bed_gy


def test_nothing_to_add_has_no_neighbour() -> None:
    found = fractions_to_reach(simple(45.0, 25), weekdays(), MONDAY, TUMOUR, 49.5)
    assert (found.reached.added, found.below) == (0, None)


def test_what_is_not_reached_is_refused_with_the_best() -> None:
    message = r"up to 15 fractions.*net BED of 65.00 Gy: the best is 62.46 Gy with 15 added \(40 fractions"
    with pytest.raises(DomainError, match=message):
        fractions_to_reach(simple(45.0, 25), weekdays(), MONDAY, TUMOUR, 65.0)


@pytest.mark.parametrize(("dose", "catches_up"), [(1.0, False), (1.1, False), (1.15, True)])
def test_below_about_1_1_gray_a_day_added_fractions_never_catch_up(dose: float, catches_up: bool) -> None:
    """A week of d Gy brings 5 d (1 + d/10) and takes 7 * 0.9 = 6.3 Gy: 1.1 Gy bring 6.105, 1.15 Gy 6.41."""
    steps = add_fractions(simple(30 * dose, 30), weekdays(), MONDAY, TUMOUR)
    assert (steps[15].net_bed_gy > steps[0].net_bed_gy) is catches_up
    if not catches_up:
        with pytest.raises(DomainError, match="none added"):
            fractions_to_reach(simple(30 * dose, 30), weekdays(), MONDAY, TUMOUR, steps[0].net_bed_gy + 0.5)


def test_a_closure_is_in_the_price() -> None:
    plain = fractions_to_reach(simple(45.0, 25), weekdays(), MONDAY, TUMOUR, 51.0)
    closed = [dt.date(2026, 2, 9), dt.date(2026, 2, 10)]
    later = add_fractions(simple(45.0, 25), weekdays(*closed), MONDAY, TUMOUR)
    assert plain.reached.n_fractions == 28
    assert later[3].last == dt.date(2026, 2, 13)
    assert later[3].net_bed_gy == pytest.approx(by_hand(28) - 2 * 0.9)


def test_added_fractions_may_have_their_own_dose() -> None:
    step = add_fractions(simple(45.0, 25), weekdays(), MONDAY, TUMOUR, most=2, dose_per_fraction_gy=2.0)[2]
    assert step.row.dose_gy == pytest.approx(49.0)
    assert step.net_bed_gy == pytest.approx(53.1 + 2 * 2.4 - 0.9 * 8)
    assert step.row.dose_per_fraction_gy is None


def test_added_fractions_keep_all_targets_and_exact_doses() -> None:
    both = Prescription(
        name="sib",
        phases=(
            Phase(
                name="one",
                n_fractions=28,
                totals=(TargetDose(target="tumour", dose_gy=61.6), TargetDose(target="elective", dose_gy=50.4)),
            ),
        ),
    )
    longer = with_added(both, 2)
    assert longer.n_fractions == 30
    assert longer.total_gy("tumour") == pytest.approx(66.0, rel=1e-15)
    assert longer.total_gy("elective") == pytest.approx(54.0, rel=1e-15)
    assert with_added(both, 0) == both


def test_what_cannot_be_prolonged_is_refused() -> None:
    pair = Prescription(
        name="concomitant",
        phases=(
            Phase(name="wide", n_fractions=20, totals=(TargetDose(target="tumour", dose_gy=36.0),)),
            Phase(
                name="boost",
                n_fractions=5,
                totals=(TargetDose(target="tumour", dose_gy=7.5),),
                concomitant_from=16,
            ),
        ),
    )
    with pytest.raises(DomainError, match="concomitant boost"):
        with_added(pair, 1)
    stated = Region(name="cord", tissue=catalogue.load_tissues()["spinal-cord"], stated_dose_gy=40.0)
    with pytest.raises(DomainError, match="give shares"):
        add_fractions(simple(45.0, 25), weekdays(), MONDAY, stated)


@given(st.integers(1, 30), st.floats(0.8, 4.0), st.integers(0, 15), st.floats(0.0, 1.5), st.floats(0.0, 50.0))
def test_each_step_is_that_course_alone(n: int, dose: float, added: int, rate: float, kick_off: float) -> None:
    tissue = Tissue(
        name="t",
        label="t",
        kind="tumour",
        alpha_beta=10.0,
        source=SOURCE,
        repopulation=Repopulation(source=SOURCE, rate=rate, basis="bed", kick_off_day=kick_off),
    )
    region = Region(name="t", tissue=tissue)
    step = add_fractions(simple(n * dose, n), weekdays(), MONDAY, region)[added]
    alone = lay_out(simple((n + added) * dose, n + added), weekdays(), MONDAY)
    assert step.last == alone.last
    assert step.net_bed_gy == pytest.approx(evaluate(alone, [region])[0].net_bed_gy, rel=1e-9, abs=1e-9)


# --- against a reference, and the command ---------------------------------------------------------------------------


def test_a_reference_is_laid_out_from_the_same_day() -> None:
    answer = fractions_to_match(simple(45.0, 25), simple(50.0, 25), weekdays(), MONDAY, [TUMOUR])
    reference = evaluate(prescribed_reference(simple(50.0, 25), MONDAY), [TUMOUR])[0]
    assert answer.answers[0].target_net_bed_gy == pytest.approx(reference.net_bed_gy) == pytest.approx(60.0 - 3.6)
    assert answer.answers[0].reached.n_fractions == 34
    assert by_hand(33) < 56.4 <= by_hand(34)


def test_the_command(cli: Cli) -> None:
    done = cli("dose 45/25 --to-match 50/25 --start 2026-03-02 --clinic west-china --tissue squamous-surrogate --json")
    assert done.exit_code == 0
    data = json.loads(done.stdout)
    assert data["schema"] == "rtplan.dose/1"
    (found,) = data["added"]
    assert found["target_net_bed_gy"] == pytest.approx(56.4)
    assert (found["reached"]["n_fractions"], found["reached"]["last"]) == (36, "2026-04-21")  # Qingming: 6 April closed
    assert found["below"]["n_fractions"] == 35
    assert found["below"]["net_bed_gy"] < found["target_net_bed_gy"] <= found["reached"]["net_bed_gy"]
    assert len(found["steps"]) == 16
    shown = cli("dose 45/25 --to-match 50/25 --start 2026-03-02 --clinic west-china --tissue squamous-surrogate").stdout
    assert "one fewer: 10 fractions added" in shown


def test_the_command_refuses(cli: Cli) -> None:
    done = cli(
        "dose 45/25 --to-match 70/35 --dose-per-fraction 1.1 --start 2026-03-02 --clinic west-china "
        "--tissue squamous-surrogate"
    )
    assert done.exit_code == 1
    assert "the best is" in done.stderr
    for line in (
        "dose 45/25 --start 2026-03-02",
        "dose --to-match 50/25 --start 2026-03-02 --tissue withers-1988",
        "dose 45/25 --to-match 50/25 --start 2026-03-02 --clinic west-china",
        "dose 45/25 --to-match 50/25 --clinic CN --tissue withers-1988",
        "dose 45/25 --to-match 50/25 --start 2026-03-02 --tissue withers-1988 --clinic CN --elapsed-days 40",
    ):
        assert cli(line).exit_code == 2, line
