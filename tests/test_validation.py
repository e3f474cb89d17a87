"""Proof by print: every shipped case through `rtplan validate`, and that a wrong answer would be seen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rtplan.errors import ConfigError, DomainError
from rtplan.library import catalogue
from rtplan.validation.cases import KINDS, answers
from rtplan.validation.validation import KNOWN_ERROR, Case, Checked, data_files, load_cases, validate

if TYPE_CHECKING:
    from click.testing import Result

Cli = Callable[..., "Result"]
RESULT = validate()
STAMP = "2026-01-15T09:00:00+00:00"


def label(row: Checked) -> str:
    return f"{row.id} {row.quantity}"


@pytest.mark.parametrize("row", RESULT.checked, ids=label)
def test_published_and_analytic_values(row: Checked) -> None:
    assert row.ours == pytest.approx(row.theirs, rel=0, abs=row.tolerance * (1 + 1e-9) + 1e-12), row.source
    assert row.agrees
    assert not row.mismatch


@pytest.mark.parametrize("row", [row for row in RESULT.known_errors if row.recomputed is not None], ids=label)
def test_prints_known_to_be_wrong_are_not_tuned_to(row: Checked) -> None:
    assert row.ours == pytest.approx(row.recomputed, rel=0, abs=row.tolerance), row.note
    assert not row.mismatch


def test_the_whole_file_is_run() -> None:
    assert RESULT.passed
    shipped = load_cases()
    assert {row.id for row in RESULT.checked} == {case.id for case in (*shipped.published, *shipped.analytic)}
    assert {row.id for row in RESULT.known_errors} == {case.id for case in shipped.known_errors}
    counts = {count.kind: count for count in RESULT.counts}
    assert sum(count.cases for count in counts.values()) == len(shipped.published) + len(shipped.analytic)
    assert all(count.values == count.agreeing for count in counts.values())
    assert set(counts) <= set(KINDS)
    assert {row.kind for row in RESULT.rows} == set(KINDS), "a kind without a case proves nothing"


def test_what_has_no_answer_says_why() -> None:
    assert [(row.id, row.quantity) for row in RESULT.not_covered] == [("VOY-k", "EQD2_target")]
    assert "NOT REPRODUCIBLE" in RESULT.not_covered[0].reason


@pytest.mark.parametrize(
    ("id_", "ours"),
    [
        ("OHRI-01", 1 / (1 + 2.718281828459045 ** (-(100 - 10) / 31))),
        ("ERR-01", 42.5 * (42.5 / 16 + 10) / 12),
        ("ERR-02", 54 * 28 / 12),
        ("ERR-03", 50 * 8 / 5),
        ("ERR-04", 132 * 3 / 5),
        ("HYT-CORD-06", 50 + 14 * (14 / 3 + 2) / 4),
    ],
)
def test_what_the_formula_gives_where_the_print_is_wrong(id_: str, ours: float) -> None:
    row = next(row for row in RESULT.known_errors if row.id == id_)
    assert row.ours == pytest.approx(ours, rel=1e-9)


def shifted(group: str, by: float) -> Any:
    """The shipped cases, the first value of one group printed differently."""
    cases = load_cases()
    members = list(getattr(cases, group))
    first = members[0]
    key, value = next(iter(first.expected.items()))
    members[0] = replace(first, expected={**first.expected, key: value + by})
    changed: dict[str, Any] = {group: tuple(members)}
    return replace(cases, **changed)


def test_a_value_outside_its_tolerance_is_a_mismatch() -> None:
    """DCMA-01: 116.667 printed, tolerance 0.001; ours lies 0.00033 below."""
    assert validate(shifted("published", 0.0006)).passed
    result = validate(shifted("published", 0.0008))
    assert [row.id for row in result.mismatches] == ["DCMA-01"]
    assert not result.passed


def test_another_answer_than_the_known_one_to_a_wrong_print_is_a_mismatch() -> None:
    cases = load_cases()
    changed = [replace(case, recomputed={"TCP": 0.93}) if case.id == "OHRI-01" else case for case in cases.known_errors]
    result = validate(replace(cases, known_errors=tuple(changed)))
    assert [(row.id, row.group) for row in result.mismatches] == [("OHRI-01", KNOWN_ERROR)]


def case(**more: Any) -> Case:
    values: dict[str, Any] = {
        "id": "X-1",
        "kind": "bed_eqd",
        "inputs": {"n": 25, "d_Gy": 1.8, "alpha_beta_Gy": 10},
        "expected": {"BED": 53.1},
        "tolerance": 0.01,
        "formula": "BED",
        "source": "a test",
    }
    return Case(**{**values, **more})


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"kind": "dvh"}, "nothing for cases of kind dvh"),
        ({"expected": {"NTCP": 0.1}}, "no answer"),
        ({"inputs": {"n": 25, "alpha_beta_Gy": 10}}, "lack d_Gy"),
        ({"inputs": {"n": 25, "d_Gy": -1.8, "alpha_beta_Gy": 10}}, "dose_per_fraction must be 0 Gy or greater"),
    ],
)
def test_a_case_without_an_answer_fails_and_says_why(more: dict[str, Any], reason: str) -> None:
    cases = replace(load_cases(), published=(case(**more),), analytic=(), known_errors=())
    result = validate(cases)
    assert not result.passed
    (row,) = result.rows
    assert row.ours is None
    assert reason in row.reason


def test_bad_case_files_are_refused_with_every_problem(tmp_path: Path) -> None:
    text = (catalogue.directory() / "published_cases.json").read_text(encoding="utf-8")
    path = tmp_path / "cases.json"

    def loading(change: Callable[[Any], object]) -> str:
        data = json.loads(text)
        change(data)
        path.write_text(json.dumps(data), encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load_cases(path)
        return str(caught.value)

    assert "given twice" in loading(lambda data: data["analytic"].append(data["published"][0]))
    assert "published[0]: tolerance must be 0 or greater" in loading(
        lambda data: data["published"][0].update(tolerance=-1.0)
    )
    message = loading(
        lambda data: (data["published"][0].pop("source"), data["published"][1].update(expected={"a": "b"}))
    )
    assert "published[0].source is missing" in message
    assert "published[1].expected" in message


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(DomainError, match="dvh"):
        answers("dvh", {})


# --- the command ----------------------------------------------------------------------------------------------------


def test_json(cli: Cli) -> None:
    done = cli(f"validate --json --stamp {STAMP}")
    assert done.exit_code == 0
    data = json.loads(done.stdout)
    assert next(iter(data)) == "schema"
    assert data["schema"] == "rtplan.validate/1"
    assert (data["passed"], data["values"], data["agreeing"]) == (True, len(RESULT.checked), len(RESULT.checked))
    row = next(row for row in data["rows"] if row["id"] == "TDF-01" and row["quantity"] == "BED_ab10")
    assert {key: row[key] for key in ("theirs", "ours", "difference", "tolerance", "agrees")} == {
        "theirs": 72.0,
        "ours": 72.0,
        "difference": 0.0,
        "tolerance": 0.005,
        "agrees": True,
    }
    assert "Astrahan" in row["source"]
    assert row["evidence"]
    assert len(data["known_errors"]) == len(RESULT.known_errors)


def test_terminal_and_csv(cli: Cli) -> None:
    shown = cli(f"validate --full --stamp {STAMP}")
    assert shown.exit_code == 0
    for text in ("182 cases", "0 do not", "13 prints known to be wrong", "ANA-G-5", "VOY-k", "second-hand"):
        assert text in shown.stdout
    table = cli(f"validate --csv --stamp {STAMP}").stdout
    assert len(table.splitlines()) == len(RESULT.rows) + 1
    assert table.startswith("id,group,kind,quantity,theirs,ours,difference,tolerance,agrees")


def test_html_is_a_commissioning_report(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "commissioning.html"
    done = cli("validate", "--html", str(path), "--stamp", STAMP)
    assert done.exit_code == 0
    page = path.read_text(encoding="utf-8")
    for file in data_files():
        assert file.sha256 in page
    for text in ("Signature", "Institution", "numpy", "Platform", "BAT-06", "Not a medical device"):
        assert text in page
    assert not re.search(r"<script|https?://[^\s<\"']+\.(?:js|css)", page)
    again = cli("validate", "--html", str(path))
    assert again.exit_code == 1
    assert "--force" in again.stderr
    assert cli("validate", "--html", str(path), "--force", "--stamp", STAMP).exit_code == 0
    assert path.read_text(encoding="utf-8").replace(" --force", "") == page


def test_a_mismatch_ends_with_exit_code_1(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = shifted("published", 1.0)
    monkeypatch.setattr("rtplan.validation.validation.load_cases", lambda: wrong)
    done = cli(f"validate --stamp {STAMP}")
    assert done.exit_code == 1
    assert "MISMATCH: 1 value beyond tolerance" in done.stdout
    assert "1 value beyond tolerance" in done.stderr
    machine = cli(f"validate --json --stamp {STAMP}")
    assert machine.exit_code == 1
    assert validate(wrong).document()["passed"] is json.loads(machine.stdout)["passed"] is False


def test_json_and_csv_do_not_go_together(cli: Cli) -> None:
    assert cli("validate --json --csv").exit_code == 2


# --- courses on dates -----------------------------------------------------------------------------------------------

# Worked by hand on announced days: the trial's 25 fractions of 1.8 Gy; K 0.9 Gy of BED per day after day 28.
DATED = [
    ({}, {"overall_days": 33, "prolongation_days": 0, "BED": 53.1, "net_BED": 49.5}),
    (
        {"closed": ["2026-03-10"]},
        {"overall_days": 36, "prolongation_days": 3, "net_BED": 46.8},
    ),  # last on Monday 6 April
    ({"opened": ["2026-03-07"]}, {"overall_days": 32, "prolongation_days": -1, "net_BED": 50.4}),
    ({"days_a_week": 6}, {"overall_days": 29, "prolongation_days": 0, "net_BED": 53.1}),
]


@pytest.mark.parametrize(("more", "expected"), DATED)
def test_courses_on_dates_are_answered_on_the_days_that_are_stated(
    more: dict[str, Any], expected: dict[str, float]
) -> None:
    inputs = {"start": "2026-03-02", "phases": [[25, 1.8]], "K_BED_Gy_per_d": 0.9, "Tk_d": 28, **more}
    found = answers("dated_course", inputs)
    assert {key: found[key] for key in expected} == pytest.approx(expected)


def test_the_file_counts_its_own_cases() -> None:
    cases = load_cases()
    assert cases.meta["counts"] == {
        "published": len(cases.published),
        "analytic": len(cases.analytic),
        "known_errors": len(cases.known_errors),
    }
    assert len(cases.published) + len(cases.analytic) >= 175
    assert all(case.evidence and case.source for case in cases.published)
