"""Proof by hand and by law: variants within a set, sets side by side, the user's tissues, and `--range` on commands."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtplan.answer import said
from rtplan.course.schedule import prescribed_reference
from rtplan.errors import ConfigError, DomainError
from rtplan.library import catalogue
from rtplan.library import read as reader
from rtplan.note import Source
from rtplan.planning import artefact
from rtplan.planning import regions as named
from rtplan.prescription.prescription import simple
from rtplan.radiobiology.effect import evaluate
from rtplan.radiobiology.intervals import INDUCTION, expand, range_notes, side_by_side, spread, variants
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import Interval, Limit, Repopulation, Tissue
from rtplan.report.formats.json import dumps

if TYPE_CHECKING:
    from click.testing import Result

Cli = Callable[..., "Result"]
SOURCE = Source(text="a test", verified=False)
MONDAY = dt.date(2026, 1, 5)
COURSE = prescribed_reference(simple(45.0, 25), MONDAY)  # T = 32 d


def tumour(basis: Any = "bed", **more: Any) -> Tissue:
    values: dict[str, Any] = {
        "rate": 0.6,
        "basis": basis,
        "kick_off_day": 21.0,
        "rate_interval": Interval(low=0.3, high=0.9),
        "kick_off_interval": Interval(low=14.0, high=28.0),
    }
    return Tissue(
        name="set",
        label="set",
        kind="tumour",
        alpha_beta=10.0,
        alpha_beta_interval=Interval(low=5.0, high=20.0),
        source=SOURCE,
        repopulation=Repopulation(source=SOURCE, **{**values, **more}),
    )


def rows(tissue: Tissue, *, induction: bool = False) -> dict[str, float]:
    found = evaluate(COURSE, expand([Region(name="tumour", tissue=tissue)], induction=induction))
    return {row.variant: row.net_bed_gy for row in found}


def test_one_parameter_at_a_time_by_hand() -> None:
    """45/25, T = 32: BED 53.1 at 10, 61.2 at 5, 49.05 at 20; loss 0.6 * 11 = 6.6 as it is."""
    assert rows(tumour()) == pytest.approx(
        {
            "": 53.1 - 6.6,
            "low α/β 5 Gy": 61.2 - 6.6,
            "high α/β 20 Gy": 49.05 - 6.6,
            "low rate 0.3 Gy/day of BED": 53.1 - 3.3,
            "high rate 0.9 Gy/day of BED": 53.1 - 9.9,
            "low Tk 14 d": 53.1 - 0.6 * 18,
            "high Tk 28 d": 53.1 - 0.6 * 4,
        }
    )


def test_an_alpha_beta_is_varied_holding_the_rate_as_its_source_gives_it() -> None:
    """Dprolif 0.6 Gy of EQD2: K is 0.72 at 10, 0.84 at 5, 0.66 at 20. Held as K it is 0.6 at all of them."""
    eqd2 = rows(tumour("eqd2"))
    assert eqd2[""] == pytest.approx(53.1 - 0.72 * 11)
    assert eqd2["low α/β 5 Gy"] == pytest.approx(61.2 - 0.84 * 11)
    assert eqd2["high α/β 20 Gy"] == pytest.approx(49.05 - 0.66 * 11)
    assert rows(tumour("bed"))["low α/β 5 Gy"] == pytest.approx(61.2 - 0.6 * 11)


def test_after_induction_the_clock_may_have_started_before() -> None:
    assert INDUCTION not in rows(tumour())
    assert rows(tumour(), induction=True)[INDUCTION] == pytest.approx(53.1 - 0.6 * 32)
    late = Tissue(name="late", label="late", kind="late", alpha_beta=3.0, source=SOURCE)
    assert variants(late, induction=True) == ()
    found = evaluate(COURSE, expand([Region(name="tumour", tissue=tumour())], induction=True))
    lowest = min(row.net_eqd2_gy for row in found)
    ((low, _, _),) = spread(found).values()
    assert low > lowest, "the bound is no published end"


def test_an_end_that_is_the_point_is_not_repeated() -> None:
    acute = Tissue(
        name="a",
        label="a",
        kind="acute",
        alpha_beta=10.0,
        alpha_beta_interval=Interval(low=10.0, high=20.0),
        source=SOURCE,
    )
    assert [mark for mark, _ in variants(acute)] == ["high α/β 20 Gy"]


def test_limits_stay_with_the_set_as_it_is() -> None:
    limit = Limit(name="x", eqd2_gy=50.0, alpha_beta=2.0, metric="Dmax", source=SOURCE)
    organ = Tissue(
        name="o",
        label="o",
        kind="late",
        alpha_beta=2.0,
        alpha_beta_interval=Interval(low=1.0, high=4.0),
        source=SOURCE,
        limits=(limit,),
    )
    found = evaluate(COURSE, expand([Region(name="organ", tissue=organ, stated_dose_gy=40.0, metric="Dmax")]))
    assert [(row.variant, len(row.limits)) for row in found] == [("", 1), ("low α/β 1 Gy", 0), ("high α/β 4 Gy", 0)]
    assert [row.dose_gy for row in found] == [40.0] * 3


def test_sets_stand_side_by_side_and_unfit_ones_are_named() -> None:
    tissues = catalogue.load_tissues()
    sets = [tissues[name] for name in ("squamous-surrogate", "withers-1988", "geh-2006")]
    regions = [Region(name="tumour", tissue=sets[0]), Region(name="late", tissue=tissues["generic-late"])]
    found = side_by_side(regions, sets)
    assert [(region.name, region.tissue.name) for region in found] == [
        ("tumour", "squamous-surrogate"),
        ("tumour", "withers-1988"),
        ("late", "generic-late"),
    ]
    notes = {note.code: note for note in range_notes(found, sets)}
    assert "geh-2006" in said(notes["set-not-calculated"])
    assert "no kick-off day" in said(notes["set-not-calculated"])


@given(
    st.floats(2.0, 20.0),
    st.floats(0.2, 1.0),
    st.floats(1.0, 3.0),
    st.floats(0.0, 1.2),
    st.floats(0.0, 40.0),
    st.sampled_from(["bed", "eqd2"]),
)
def test_ends_are_on_their_own_side(
    alpha_beta: float, below: float, above: float, rate: float, kick_off: float, basis: Any
) -> None:
    """BED falls with alpha/beta (rate held as BED), net BED with the rate, and rises with the kick-off day."""
    tissue = Tissue(
        name="t",
        label="t",
        kind="tumour",
        alpha_beta=alpha_beta,
        alpha_beta_interval=Interval(low=alpha_beta * below, high=alpha_beta * above),
        source=SOURCE,
        repopulation=Repopulation(
            source=SOURCE,
            rate=rate,
            basis=basis,
            kick_off_day=kick_off,
            rate_interval=Interval(low=rate * below, high=rate * above),
            kick_off_interval=Interval(low=kick_off * below, high=kick_off * above),
        ),
    )
    found = evaluate(COURSE, expand([Region(name="t", tissue=tissue)], induction=True))
    own = found[0]
    for row in found[1:]:
        what, end = row.variant.split()[1], row.variant.split()[0]
        low = end == "low"
        if what == "α/β":
            assert (row.bed_gy >= own.bed_gy) is low or row.bed_gy == pytest.approx(own.bed_gy)
        elif what == "rate":
            assert (row.net_bed_gy >= own.net_bed_gy - 1e-9) if low else (row.net_bed_gy <= own.net_bed_gy + 1e-9)
        elif what == "Tk":
            assert (row.net_bed_gy <= own.net_bed_gy + 1e-9) if low else (row.net_bed_gy >= own.net_bed_gy - 1e-9)
        else:
            assert row.variant == INDUCTION
            assert row.net_bed_gy <= own.net_bed_gy + 1e-9
    ((low_value, point, high_value),) = spread(found).values()
    assert low_value <= point <= high_value
    assert point == own.net_eqd2_gy


# --- the commands ---------------------------------------------------------------------------------------------------


def test_plan_with_a_range_is_read_back_without_loss(cli: Cli, tmp_path: Path) -> None:
    done = cli("plan --start 2026-02-02 --range --json")
    data = json.loads(done.stdout)
    path = tmp_path / "plan.json"
    path.write_text(done.stdout, encoding="utf-8")
    assert dumps(artefact.read(path).document()) == done.stdout
    marks = {(row["tissue"], row["variant"]): row["net_bed_gy"] for row in data["ranges"]}
    assert marks["squamous-surrogate", ""] == pytest.approx(53.1 - 0.9 * 14)  # T = 42 over Spring Festival
    assert marks["squamous-surrogate", "low Tk 21 d"] == pytest.approx(53.1 - 0.9 * 21)
    assert marks["withers-1988", ""] == pytest.approx(53.1 - 0.72 * 14)
    assert not any(mark == INDUCTION for _, mark in marks)
    assert len(data["effects"]) == 3
    assert json.loads(cli("plan --start 2026-02-02 --json").stdout)["ranges"] == []


def test_plan_after_induction_shows_the_bound(cli: Cli) -> None:
    data = json.loads(cli("plan --start 2026-02-02 --align cycle=2 --range --json").stdout)
    bound = {row["tissue"]: row["net_bed_gy"] for row in data["ranges"] if row["variant"] == INDUCTION}
    assert bound["squamous-surrogate"] == pytest.approx(53.1 - 0.9 * 42)
    plain = json.loads(cli("plan --start 2026-02-02 --align cycle=2 --json").stdout)
    note = next(note for note in plain["notes"] if note["code"] == "clock-after-induction")
    assert note["values"]["bound_net_bed_gy"] == pytest.approx(53.1 - 0.9 * 42)
    together = json.loads(cli("plan --start 2026-02-02 --json").stdout)
    assert "clock-after-induction" not in {note["code"] for note in together["notes"]}


def test_dose_and_compare_with_a_range(cli: Cli) -> None:
    data = json.loads(cli("dose 45/25 --range --site oesophagus --elapsed-days 42 --json").stdout)
    found = {(row["tissue"], row["variant"]): row for row in data["rows"]}
    assert found["squamous-surrogate", "high Tk 35 d"]["net_bed_gy"] == pytest.approx(53.1 - 0.9 * 7)
    assert found["generic-late", "low α/β 2 Gy"]["bed_gy"] == pytest.approx(85.5)
    assert found["generic-late", "high α/β 5 Gy"]["bed_gy"] == pytest.approx(61.2)
    codes = [note["code"] for note in data["notes"]]
    assert "set-not-calculated" in codes
    compared = json.loads(cli("compare 45/25 60/30 --reference 45/25 --site oesophagus --range --json").stdout)
    row = next(
        row
        for row in compared["rows"]
        if (row["regimen"], row["tissue"], row["variant"]) == ("60/30", "squamous-surrogate", "low Tk 21 d")
    )
    assert row["difference"]["net_bed_gy"] == pytest.approx((72.0 - 0.9 * 18) - (53.1 - 0.9 * 11))
    shown = cli("compare 45/25 60/30 --reference 45/25 --site oesophagus --range").stdout
    assert "Parameter sets and their published intervals" in shown


def test_named_sets_are_the_range(cli: Cli) -> None:
    data = json.loads(cli("dose 45/25 --range --tissue withers-1988 --elapsed-days 42 --json").stdout)
    assert {row["tissue"] for row in data["rows"]} == {"withers-1988", "generic-late"}


def test_a_range_of_a_bare_alpha_beta_or_of_a_match_is_refused(cli: Cli) -> None:
    done = cli("dose 45/25 --range --alpha-beta 10")
    assert done.exit_code == 1
    assert "give --tissue" in done.stderr
    assert cli("dose --to-match 60/30 --fractions 25 --range").exit_code == 2


# --- the user's own tissues -----------------------------------------------------------------------------------------

OWN = """
[[tissues]]
name = "generic-late"
label = "late, our own"
kind = "late"
alpha_beta = 2.5
source = { text = "our department", verified = true }

[[tissues]]
name = "our-tumour"
label = "our tumour"
kind = "tumour"
alpha_beta = 8.0
source = { text = "our department", verified = true }
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["plan --start 2026-02-02", "dose 45/25", "compare 45/25 60/30"])
def test_what_the_users_file_adds_and_overrides_is_named(cli: Cli, own: Path, command: str) -> None:
    data = json.loads(cli(*command.split(), "--tissue-file", str(own), "--json").stdout)
    notes = {note["code"]: note["message"] for note in data["notes"]}
    assert "generic-late is overridden" in notes["tissue-overridden"]
    assert "shipped 3 Gy" in notes["tissue-overridden"]
    assert "our-tumour is the user's own" in notes["tissue-added"]
    used = {row["tissue"]: row["alpha_beta_gy"] for row in data.get("rows", data.get("effects"))}
    assert used["generic-late"] == 2.5


def test_the_users_file_is_among_the_checksums_and_its_tumours_in_the_range(cli: Cli, own: Path) -> None:
    data = json.loads(cli("plan", "--start", "2026-02-02", "--range", "--tissue-file", str(own), "--json").stdout)
    assert {"name": "own.toml", "sha256": reader.checksum(own)} in data["provenance"]["files"]
    assert "our-tumour" in {row["tissue"] for row in data["ranges"]}


def test_a_changed_file_is_read_anew(own: Path) -> None:
    assert catalogue.load_tissues(own)["generic-late"].alpha_beta == 2.5
    own.write_text(OWN.replace("alpha_beta = 2.5", "alpha_beta = 3.5"), encoding="utf-8")
    assert catalogue.load_tissues(own)["generic-late"].alpha_beta == 3.5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "alpha_beta = 8.0",
            "alpha_beta = 8.0\nalpha_beta_interval = { low = 9.0, high = 12.0 }",
            "alpha_beta 8 lies outside its own interval 9 to 12",
        ),
        ('source = { text = "our department", verified = true }\n\n', "\n", "tissues[0].source is missing"),
        ("alpha_beta = 8.0", "alpha_beta = -8.0", "alpha_beta must be greater than 0 Gy"),
        ("alpha_beta = 8.0", "alfa_beta = 8.0", "did you mean 'alpha_beta'?"),
        ('name = "our-tumour"', 'name = "generic-late"', "names 'generic-late' twice"),
    ],
)
def test_bad_tissue_files_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(OWN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        catalogue.load_tissues(path)
    assert message in str(caught.value)
    assert "bad.toml" in str(caught.value)


def test_an_organ_with_its_dose_shows_limit_and_margin(cli: Cli) -> None:
    shown = cli("plan", "--start", "2026-02-02", "--region", "spinal cord=42.3Gy Dmax").stdout
    assert "margin +" in shown
    data = json.loads(cli("plan", "--start", "2026-02-02", "--region", "spinal cord=42.3Gy Dmax", "--json").stdout)
    row = data["effects"][-1]
    eqd2 = 42.3 * (42.3 / 25 + 2) / 4
    assert [check["limit"]["eqd2_gy"] for check in row["limits"]] == [50.0, 50.0, 45.0, 45.0, 40.0, 40.0, 54.0]
    for check in row["limits"]:
        assert check["eqd2_gy"] == pytest.approx(eqd2)
        assert check["margin_gy"] == pytest.approx(check["limit"]["eqd2_gy"] - eqd2)


OWN_CORD = """
[[tissues]]
name = "our-cord"
label = "our cord"
kind = "late"
alpha_beta = 2.0
alpha_beta_interval = { low = 1.0, high = 4.0 }
source = { text = "our department", verified = true }
[tissues.repair]
half_times_h = [5.0]
bound = true
source = { text = "our department", verified = true }
[[tissues.limits]]
name = "ours"
eqd2_gy = 30.0
alpha_beta = 2.0
metric = "Dmax"
source = { text = "our department", verified = true }
"""


@pytest.mark.parametrize(
    "words", ["plan 60/40bid --start 2026-03-02 --clinic CN", "dose 60/40bid", "compare 60/40bid 45/25"]
)
def test_a_range_says_limits_and_notes_once(cli: Cli, tmp_path: Path, words: str) -> None:
    """The set as it is speaks for its variants: with and without a range the same limits and the same notes."""
    path = tmp_path / "own.toml"
    path.write_text(OWN_CORD, encoding="utf-8")
    base = (*words.split(), "--tissue-file", str(path), "--region", "our-cord=40Gy")
    plain, ranged = (json.loads(cli(*base, *more, "--json").stdout) for more in ((), ("--range",)))
    codes = {"eqd2-limit", "repair-bound", "interval-assumed", "limit-metric-assumed"}
    found = [[n["message"] for n in data["notes"] if n["code"] in codes] for data in (plain, ranged)]
    assert found[0] == found[1]
    assert len(found[1]) == len(set(found[1]))
    rows = [row for row in ranged.get("ranges") or ranged["rows"] if row["region"] == "our-cord"]
    assert {row["variant"] for row in rows if row["limits"]} == {""}
    assert {row["variant"] for row in rows} == {"", "low α/β 1 Gy", "high α/β 4 Gy"}
    text = cli(*base, "--range").stdout
    assert text.count("above the limit of 30 Gy") == len([m for m in found[1] if "above the limit" in m])


def test_a_range_needs_sets_with_a_name() -> None:
    with pytest.raises(DomainError, match="--tissue"):
        named.with_ranges([Region(name="α/β 10", tissue=named.bare_tissue(10.0))])
