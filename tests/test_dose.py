"""Proof of quick answers: worked figures, published cases through the same door, laws, and what the command prints."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtplan.answer import said
from rtplan.errors import DomainError
from rtplan.library import catalogue
from rtplan.note import Source
from rtplan.prescription.notation import parse
from rtplan.prescription.prescription import Prescription, simple
from rtplan.questions.dose import DEFAULT_REGIONS, dose_answer, match_dose_per_fraction, match_fractions
from rtplan.radiobiology import lq
from rtplan.radiobiology.effect import FROM_DATES, NO_TIME, Time
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import GENERIC_ACUTE, GENERIC_LATE, GENERIC_TUMOUR, Repopulation, Tissue

TEST = Source(text="test", verified=False)
SURROGATE = Tissue(
    name="surrogate",
    label="surrogate",
    kind="tumour",
    alpha_beta=10.0,
    source=TEST,
    repopulation=Repopulation(rate=0.9, basis="bed", kick_off_day=28.0, source=TEST),
)


def regions(*alpha_betas: float) -> tuple[Region, ...]:
    return tuple(
        Region(name=f"{ab:g}", tissue=Tissue(name=f"{ab:g}", label="", kind="tumour", alpha_beta=ab, source=TEST))
        for ab in alpha_betas
    )


@pytest.mark.parametrize(
    ("text", "bed10", "eqd2_10", "bed3", "eqd2_3", "net_bed10"),
    [
        ("45/25", 53.1, 44.25, 72.0, 43.2, 49.5),
        ("50.4/28", 59.472, 49.56, 80.64, 48.384, 51.372),
        ("60/30", 72.0, 60.0, 100.0, 60.0, 62.1),
        ("64.8/36", 76.464, 63.72, 103.68, 62.208, 57.564),
    ],
)
def test_worked_figures(text: str, bed10: float, eqd2_10: float, bed3: float, eqd2_3: float, net_bed10: float) -> None:
    """net: K 0.9 Gy10/day after day 28, from a Monday; time turns the order of the last two."""
    tumour, late = dose_answer([parse(text)], time=NO_TIME).rows
    assert (tumour.bed_gy, tumour.eqd2_gy) == pytest.approx((bed10, eqd2_10), abs=1e-9)
    assert (late.bed_gy, late.eqd2_gy) == pytest.approx((bed3, eqd2_3), abs=1e-9)
    assert (tumour.time_loss_gy, tumour.elapsed_days, tumour.net_bed_gy) == (None, None, tumour.bed_gy)
    timed = dose_answer([parse(text)], [Region(name="tumour", tissue=SURROGATE)], FROM_DATES).rows[0]
    assert timed.net_bed_gy == pytest.approx(net_bed10, abs=1e-9)


def test_one_fraction_more_can_be_worth_less() -> None:
    """36 x 1.8 ends a Monday later than 35 x 1.8: three days of repopulation cost more than a fraction gives."""
    region = [Region(name="tumour", tissue=SURROGATE)]
    many, fewer = dose_answer([parse("36x1.8"), parse("35x1.8")], region, FROM_DATES).rows
    assert many.bed_gy > fewer.bed_gy
    assert many.net_bed_gy < fewer.net_bed_gy


@pytest.mark.parametrize("time", [Time(from_dates=False, elapsed_days=42.0), FROM_DATES])
def test_time_is_charged_where_the_tissue_has_a_time_factor(time: Time) -> None:
    answer = dose_answer([parse("45/25")], [Region(name="tumour", tissue=SURROGATE), DEFAULT_REGIONS[1]], time)
    tumour, late = answer.rows
    elapsed = 32.0 if time.from_dates else 42.0
    assert (tumour.elapsed_days, tumour.overall_treatment_time_days) == (elapsed, elapsed + 1)
    assert tumour.time_loss_gy == pytest.approx(0.9 * (elapsed - 28))
    assert late.time_loss_gy is None


def test_a_time_factor_without_a_time_is_said() -> None:
    answer = dose_answer([parse("45/25")], [Region(name="tumour", tissue=SURROGATE)], NO_TIME)
    assert [note.code for note in answer.notes] == ["no-time"]
    assert answer.rows[0].time_loss_gy is None


def test_a_time_too_short_for_the_course_is_said() -> None:
    answer = dose_answer([parse("45/25")], time=Time(from_dates=False, elapsed_days=20.0))
    assert any(note.code == "time-too-short" and "T = 24 d" in said(note) for note in answer.notes)


def test_the_generic_tissues_are_those_of_the_file() -> None:
    shipped = catalogue.load_tissues()
    for tissue in (GENERIC_TUMOUR, GENERIC_LATE, GENERIC_ACUTE):
        twin = shipped[tissue.name]
        for field in ("name", "label", "kind", "alpha_beta", "model", "repopulation", "repair", "source"):
            assert getattr(tissue, field) == getattr(twin, field), (tissue.name, field)


# --- published cases ------------------------------------------------------------------------------------------------

CASES = json.loads((Path(__file__).parent.parent / "configs" / "published_cases.json").read_text("utf-8"))


def cases(kind: str, usable: Callable[[dict[str, Any]], bool] = lambda inputs: True) -> list[Any]:
    found = [case for case in CASES["published"] if case["kind"] == kind and usable(case["inputs"])]
    assert found
    return [pytest.param(case, id=case["id"]) for case in found]


def alpha_betas_of(inputs: dict[str, Any]) -> list[float]:
    given = inputs["alpha_beta_Gy"]
    return [float(value) for value in (given if isinstance(given, list) else [given])]


@pytest.mark.parametrize("case", cases("bed_eqd", lambda i: float(i.get("n", 0.5)).is_integer()))
def test_published_bed_and_eqd2(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    n = int(inputs["n"])
    values = alpha_betas_of(inputs)
    rows = dose_answer([simple(n * inputs["d_Gy"], n)], regions(*values), NO_TIME).rows
    for key, expected in case["expected"].items():
        what, _, alpha_beta = key.partition("_ab")
        row = rows[values.index(float(alpha_beta))] if alpha_beta else rows[0]
        level = what.removeprefix("EQD")
        got = row.bed_gy if what == "BED" else float(lq.eqdx(row.bed_gy, row.alpha_beta_gy, float(level)))
        assert got == pytest.approx(expected, abs=case["tolerance"]), case["source"]


@pytest.mark.parametrize("case", cases("bed_eqd_sum"))
def test_published_sums(case: dict[str, Any]) -> None:
    text = " + ".join(f"{n}fx{d}Gy" for n, d in case["inputs"]["courses"])
    row = dose_answer([parse(text)], regions(*alpha_betas_of(case["inputs"])), NO_TIME).rows[0]
    assert row.eqd2_gy == pytest.approx(case["expected"]["EQD2"], abs=case["tolerance"]), case["source"]


def in_2_gy(eqd2: float) -> Prescription:
    """A reference with this EQD2 at any alpha/beta: fractions of 2 Gy."""
    return parse(f"{eqd2:g}Gy@2Gy")


@pytest.mark.parametrize("case", cases("isoeffect_d"))
def test_published_dose_per_fraction(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    match = match_dose_per_fraction(in_2_gy(inputs["EQD2_target_Gy"]), inputs["n"], alpha_betas_of(inputs)).matches[0]
    assert match.dose_per_fraction_gy == pytest.approx(case["expected"]["d_Gy"], abs=case["tolerance"]), case["source"]


@pytest.mark.parametrize("case", cases("isoeffect", lambda i: i.get("EQD2_target_Gy") == 56.0 or "n_new" in i))
def test_published_isoeffective_dose(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    if "n_new" in inputs:
        reference, n, expected = simple(inputs["D_Gy"], inputs["n"]), inputs["n_new"], case["expected"]["D_new_Gy"]
    else:
        reference, n, expected = in_2_gy(inputs["EQD2_target_Gy"]), inputs["n"], case["expected"]["D_Gy"]
    match = match_dose_per_fraction(reference, n, alpha_betas_of(inputs)).matches[0]
    assert match.dose_gy == pytest.approx(expected, abs=case["tolerance"]), case["source"]


@pytest.mark.parametrize("case", cases("isoeffect_n"))
def test_published_number_of_fractions(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    match = match_fractions(in_2_gy(inputs["EQD2_target_Gy"]), inputs["d_Gy"], alpha_betas_of(inputs)).matches[0]
    assert round(match.n_fractions) == case["expected"]["n_nearest"], case["source"]


@pytest.mark.parametrize("case", cases("inverse_d_from_bed"))
def test_published_inverse(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    d = float(lq.dose_per_fraction_for_bed(inputs["BED_target_Gy"], inputs["n"], inputs["alpha_beta_Gy"]))
    assert d == pytest.approx(case["expected"]["d_Gy"], abs=case["tolerance"]), case["source"]
    again = match_dose_per_fraction(simple(inputs["n"] * d, inputs["n"]), inputs["n"], alpha_betas_of(inputs))
    assert again.matches[0].dose_gy == pytest.approx(case["expected"]["D_Gy"], abs=case["tolerance"]), case["source"]


# --- laws -----------------------------------------------------------------------------------------------------------

counts = st.integers(1, 60)
doses = st.floats(0.05, 25.0)
alpha_betas = st.floats(0.5, 30.0)


@given(n=counts, d=doses, m=counts, ab=alpha_betas)
def test_a_matched_dose_has_the_bed_that_was_to_be_matched(n: int, d: float, m: int, ab: float) -> None:
    reference = simple(n * d, n)
    match = match_dose_per_fraction(reference, m, [ab]).matches[0]
    bed = lq.bed(m, match.dose_per_fraction_gy, ab)
    assert bed == pytest.approx(match.reference_bed_gy, rel=1e-12)
    for choice in match.choices:
        assert abs(choice.dose_per_fraction_gy - match.dose_per_fraction_gy) <= 0.005 + 1e-12


@given(n=counts, d=doses, other=doses, ab=alpha_betas)
def test_both_neighbours_enclose_what_was_to_be_matched(n: int, d: float, other: float, ab: float) -> None:
    match = match_fractions(simple(n * d, n), other, [ab]).matches[0]
    assert lq.bed(match.n_fractions, other, ab) == pytest.approx(match.reference_bed_gy, rel=1e-12)
    numbers = [choice.n_fractions for choice in match.choices]
    if len(numbers) == 2:
        assert numbers == [math.floor(match.n_fractions), math.floor(match.n_fractions) + 1]
        assert match.choices[0].difference_bed_gy < 0 < match.choices[1].difference_bed_gy


@given(n=counts, d=doses, ab=alpha_betas)
def test_a_regimen_matches_itself(n: int, d: float, ab: float) -> None:
    reference = simple(n * d, n)
    d = reference.phases[0].dose_per_fraction_gy("tumour")
    assert match_dose_per_fraction(reference, n, [ab]).matches[0].dose_per_fraction_gy == pytest.approx(d, rel=1e-12)
    assert match_fractions(reference, d, [ab]).matches[0].n_fractions == pytest.approx(n, rel=1e-12)


@given(n=counts, ab=alpha_betas)
def test_eqd2_of_2_gy_fractions_is_the_dose(n: int, ab: float) -> None:
    row = dose_answer([simple(2.0 * n, n)], regions(ab), NO_TIME).rows[0]
    assert row.eqd2_gy == pytest.approx(row.dose_gy, rel=1e-12)


@given(n=counts, d=doses, ab=alpha_betas)
def test_without_time_bed_rises_with_number_and_dose_and_falls_with_alpha_beta(n: int, d: float, ab: float) -> None:
    def bed(n: int, d: float, ab: float) -> float:
        return dose_answer([simple(n * d, n)], regions(ab), NO_TIME).rows[0].bed_gy

    here = bed(n, d, ab)
    assert bed(n + 1, d, ab) > here
    assert bed(n, d * 1.01, ab) > here
    assert bed(n, d, ab * 1.01) < here


@given(st.lists(st.tuples(counts, st.integers(50, 800)), min_size=1, max_size=4))
def test_the_answer_is_the_closed_form(phases: list[tuple[int, int]]) -> None:
    text = " + ".join(f"{n}fx{d / 100}Gy" for n, d in phases)
    row = dose_answer([parse(text)], regions(10.0), NO_TIME).rows[0]
    n, d = np.array(phases, dtype=float).T
    assert row.bed_gy == pytest.approx(float(np.sum(lq.bed(n, d / 100, 10.0))), rel=1e-12)


def test_nothing_is_matched_without_an_alpha_beta() -> None:
    with pytest.raises(DomainError, match="at least one alpha/beta"):
        match_fractions(parse("60/30"), 1.8, [])


# --- the command ----------------------------------------------------------------------------------------------------

KEYS = {
    "regimen",
    "region",
    "tissue",
    "target",
    "model",
    "alpha_beta_gy",
    "n_fractions",
    "dose_per_fraction_gy",
    "dose_gy",
    "elapsed_days",
    "overall_treatment_time_days",
    "bed_gy",
    "eqd2_gy",
    "repair_gain_gy",
    "time_loss_gy",
    "net_bed_gy",
    "net_eqd2_gy",
    "parameters",
}


def test_json_has_the_rows_of_the_door(cli: Any) -> None:
    done = cli("dose 45/25 60/30 --json")
    document = json.loads(done.stdout)
    assert next(iter(document)) == "schema"
    assert document["schema"] == "rtplan.dose/1"
    assert [(row["regimen"], row["alpha_beta_gy"]) for row in document["rows"]] == [
        ("45/25", 10.0), ("45/25", 3.0), ("60/30", 10.0), ("60/30", 3.0),
    ]  # fmt: skip
    for row in document["rows"]:
        assert set(row) >= KEYS
        assert row["elapsed_days"] is row["time_loss_gy"] is row["repair_gain_gy"] is None
        assert row["parameters"]["source"]["verified"] is False


def test_csv_is_one_table_in_full_precision(cli: Any) -> None:
    done = cli("dose 50.4/28 --csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [float(row["bed_gy"]) for row in rows] == pytest.approx([59.472, 80.64], abs=1e-9)
    assert rows[0]["time_loss_gy"] == ""


def test_the_reading_is_repeated(cli: Any) -> None:
    assert "25 fractions of 1.8 Gy, 45 Gy" in cli("dose 25x1.8").stdout


def test_a_named_tissue_with_each_way_to_give_the_time(cli: Any) -> None:
    losses = []
    for option in ("--overall-time 43", "--elapsed-days 42", "--monday-start"):
        document = json.loads(cli(f"dose 45/25 --tissue squamous-surrogate {option} --json").stdout)
        tumour = document["rows"][0]
        losses.append((tumour["elapsed_days"], round(tumour["time_loss_gy"], 9), round(tumour["net_bed_gy"], 9)))
    assert losses == [(42.0, 12.6, 40.5), (42.0, 12.6, 40.5), (32.0, 3.6, 49.5)]
    assert "assumed: start on a Monday, no closures" in cli("dose 45/25 --monday-start").stdout


def test_an_organ_with_its_dose(cli: Any) -> None:
    document = json.loads(cli("dose", "45/25", "--region", "spinal cord=42.3Gy Dmax", "--json").stdout)
    cord = next(row for row in document["rows"] if row["region"] == "spinal cord")
    assert (cord["dose_gy"], cord["metric"], cord["tissue"]) == (42.3, "Dmax", "spinal-cord")


def test_alpha_beta_replaces_the_generic_tissues(cli: Any) -> None:
    document = json.loads(cli("dose 45/25 --alpha-beta 4.9 --alpha-beta 2 --json").stdout)
    assert [row["alpha_beta_gy"] for row in document["rows"]] == [4.9, 2.0]


def test_regimens_by_name(cli: Any) -> None:
    document = json.loads(cli("dose cross shi-lcaf --json").stdout)
    assert {row["regimen"]: row["dose_gy"] for row in document["rows"]} == {"cross": 41.4, "shi-lcaf": 68.4}


def test_matches(cli: Any) -> None:
    document = json.loads(cli("dose --to-match 60/30 --dose-per-fraction 180cGy --alpha-beta 10 --json").stdout)
    match = document["matches"][0]
    assert match["n_fractions"] == pytest.approx(72 / (1.8 * 1.18))
    assert [choice["n_fractions"] for choice in match["choices"]] == [33, 34]
    assert [choice["bed_gy"] for choice in match["choices"]] == pytest.approx([70.092, 72.216])
    document = json.loads(cli("dose --to-match 60/30 --fractions 25 --alpha-beta 10 --json").stdout)
    match = document["matches"][0]
    assert match["dose_per_fraction_gy"] == pytest.approx(5 * (math.sqrt(1 + 4 * 72 / 250) - 1))
    assert match["choices"][0]["dose_per_fraction_gy"] == 2.33


def test_files(cli: Any, tmp_path: Path) -> None:
    assert cli("dose", "45/25", "--out", str(tmp_path)).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dose.csv", "dose.json"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("dose 5x8", 1, "5 fractions of 8 Gy or as 8 fractions of 5 Gy"),
        ("dose kunlun", 1, "'kunlun' has no dose to calculate with: the source gives a permitted range"),
        ("dose cros", 1, "there is no regimen 'cros'; did you mean 'cross'?"),
        ("dose 45/25 --tissue geh-2006", 1, "its time factor has no basis"),
        ("dose 45/25 --tissue squamous-surogate", 1, "did you mean 'squamous-surrogate'?"),
        ("dose 45/25 --alpha-beta 0", 1, "--alpha-beta must lie from 0.1 to 100 Gy, got 0"),
        ("dose 45/25 --alpha-beta nan", 1, "--alpha-beta must lie from 0.1 to 100 Gy, got nan"),
        ("dose 45/25 --overall-time 0", 1, "--overall-time must be at least 1 day"),
        ("dose 45/25 --elapsed-days inf", 1, "--elapsed-days must be finite in days, got inf"),
        ("dose --to-match 60/30 --fractions 0", 1, "--fractions must be a whole number of at least 1"),
        ("dose --to-match 60/30 --dose-per-fraction 0", 1, "--dose-per-fraction must be one dose greater than 0 Gy"),
        ("dose --to-match 60/30 --fractions 25 --tissue voyant-prostate", 1, "for the plain LQ model, not for LQ-L"),
        ("dose", 2, "name a REGIMEN, such as 45/25"),
        ("dose 41.4/23 + 27/18 bid", 2, "'+' stands alone: put a regimen with blanks in quotes"),
        ("dose 45/25 --overall-time 43 --monday-start", 2, "do not go together"),
        ("dose 45/25 --fractions 25", 2, "go with --to-match REGIMEN"),
        ("dose --to-match 60/30", 2, "goes with one of --fractions and --dose-per-fraction"),
        ("dose --to-match 60/30 --fractions 25 --monday-start", 2, "--to-match is without time"),
        ("dose 45/25 --to-match 60/30 --fractions 25", 2, "leave out 45/25"),
        ("dose 45/25 --json --csv", 2, "do not go together"),
    ],
)
def test_refused(cli: Any, words: str, code: int, message: str) -> None:
    done = cli(words)
    assert done.exit_code == code, done.output
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""
