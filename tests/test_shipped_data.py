"""Proof by comparison: what configs/ ships says what its sources say, adds up, and carries its flags.

Doses and flags are typed in here from the sources named beside them, not read from the files under test. The files
are read by rtplan's own loaders: strict, unknown keys refused, by the very dataclasses.
"""

import dataclasses
import functools
import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rtplan.chemotherapy.protocol import ChemoProtocol
from rtplan.errors import ConfigError
from rtplan.library import catalogue
from rtplan.library import read as reader
from rtplan.library.read import validate
from rtplan.note import Source
from rtplan.prescription.prescription import Regimen
from rtplan.questions.listing import LISTS, listing
from rtplan.radiobiology.tissue import Tissue

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
CHEMO_FILES = sorted((CONFIGS / "chemo").glob("*.toml"))


def content(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def regimens() -> dict[str, Regimen]:
    return catalogue.load_regimens()


def tissues() -> dict[str, Tissue]:
    return catalogue.load_tissues()


@functools.cache
def chemo() -> dict[str, ChemoProtocol]:
    return {path.stem: catalogue.load_chemo(path.stem) for path in CHEMO_FILES}


@functools.cache
def cases() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((CONFIGS / "published_cases.json").read_text(encoding="utf-8"))
    return loaded


def starts_after_fraction_1(protocol: ChemoProtocol) -> list[int]:
    """Day 1 of each cycle in days after the first fraction (0 = on it), for a protocol anchored to a cycle."""
    assert protocol.anchor.kind == "cycle"
    return [day - protocol.grid[protocol.anchor.cycle - 1] for day in protocol.grid]


def weekday_course_days(regimen: Regimen) -> int:
    """First to last day of a course from a Monday with no closures, walked day by day."""
    assert regimen.prescription is not None
    day = -1
    for phase in regimen.prescription.phases:
        left = phase.n_fractions
        while left > 0:
            day += 1
            if phase.pattern.treats(day % 7):
                left -= phase.pattern.fractions_on(day % 7)
    return day + 1


# --- loading --------------------------------------------------------------------------------------------------------


def test_files_hold_only_their_table() -> None:
    assert list(content(CONFIGS / "regimens.toml")) == ["regimens"]
    assert list(content(CONFIGS / "tissues.toml")) == ["tissues"]


def test_every_row_is_loaded_under_a_name_of_its_own() -> None:
    files = [content(CONFIGS / f"{name}.toml")["regimens"] for name in ("regimens", "regimens_of_sites")]
    assert [row["name"] for rows in files for row in rows] == list(regimens())
    assert [row["name"] for row in content(CONFIGS / "tissues.toml")["tissues"]] == list(tissues())
    assert {path.stem for path in CHEMO_FILES} == set(chemo())
    shipped: tuple[Any, ...] = (*regimens().values(), *tissues().values(), *chemo().values())
    labels = Counter(value.label for value in shipped)
    assert [label for label, count in labels.items() if count > 1] == []


@pytest.mark.parametrize("path", CHEMO_FILES, ids=lambda path: path.stem)
def test_chemo_protocols_are_called_as_their_files(path: Path) -> None:
    assert chemo()[path.stem].name == path.stem


def test_unknown_keys_are_refused_at_any_depth() -> None:
    row = content(CONFIGS / "regimens.toml")["regimens"][0]
    row["prescription"]["phases"][0]["totals"][0]["fractions"] = 25
    with pytest.raises(ConfigError, match=r"prescription\.phases\[0\]\.totals\[0\]\.fractions is not a known key"):
        reader.validate(tuple[Regimen, ...], [row], "regimens.toml")


# --- regimens -------------------------------------------------------------------------------------------------------

# name, fractions, {target: total Gy}, where it is printed
DOSES = [
    ("wch-ld45", 25, {"tumour": 45.0}, "registry record of the trial (MediFind 529175129)"),
    ("rtog8501-crt", 25, {"tumour": 50.0}, "SCOPE1 protocol, BMC Cancer 2011;11:466, background"),
    ("int0123-sd", 28, {"tumour": 50.4}, "Minsky 2002, J Clin Oncol (dose); 28 = 50.4/1.8"),
    ("int0123-hd", 36, {"tumour": 64.8}, "Minsky 2002, J Clin Oncol (dose); 36 = 64.8/1.8"),
    ("artdeco-sd", 28, {"tumour": 50.4}, "Hulshof 2021, J Clin Oncol"),
    ("artdeco-hd", 28, {"tumour": 61.6, "elective": 50.4}, "Hulshof 2021, J Clin Oncol (totals)"),
    ("you23-hd", 33, {"tumour": 59.4}, "You 2023, IJROBP 115:1129 (dose)"),
    ("xu22-60", 30, {"tumour": 60.0}, "Xu 2022, Clin Cancer Res 28:1792 (dose)"),
    ("ifi-tp612", 34, {"tumour": 61.2}, "Research Square rs-1577895"),
    ("cross", 23, {"tumour": 41.4}, "CROSS 10-year abstract, Dis Esophagus 2019;32"),
    ("mda-sib63", 28, {"tumour": 63.0, "elective": 50.4}, "JAMA Oncol 2019 (PMC6749545)"),
    ("sib-eld", 28, {"tumour": 59.92, "elective": 50.4}, "NCT02979691 (PMC6489222)"),
    ("shi-lcaf", 41, {"tumour": 68.4}, "Shi 1999, Radiother Oncol 51:21, not read"),
    ("kor-bid", 38, {"tumour": 45.6}, "Lee 2004, Ann Oncol"),
    ("trog35", 15, {"tumour": 35.0}, "Burmeister 2005, Lancet Oncol"),
    ("protieus", 15, {"tumour": 40.05}, "PROTIEUS, ESTRO 2025"),
    ("palaestra", 5, {"tumour": 20.0}, "Borg 2019, Acta Oncol"),
]


@pytest.mark.parametrize(("name", "fractions", "totals", "source"), DOSES, ids=[row[0] for row in DOSES])
def test_doses_and_fractions(name: str, fractions: int, totals: dict[str, float], source: str) -> None:
    prescription = regimens()[name].prescription
    assert prescription is not None
    assert prescription.n_fractions == fractions
    assert prescription.targets == tuple(totals)
    assert {target: prescription.total_gy(target) for target in totals} == pytest.approx(totals, abs=1e-12), source


def test_thirty_five_in_fifteen_stays_exact() -> None:
    prescription = regimens()["trog35"].prescription
    assert prescription is not None
    assert [total.dose_gy for phase in prescription.phases for total in phase.totals] == [35.0]


@pytest.mark.parametrize(
    ("name", "phases"),
    [
        ("shi-lcaf", [(23, 41.4, 1), (18, 27.0, 2)]),
        ("int0123-hd", [(28, 50.4, 1), (8, 14.4, 1)]),
        ("concorde-66", [(20, 40.0, 1), (13, 26.0, 1)]),
        ("kor-bid", [(38, 45.6, 2)]),
    ],
)
def test_phases(name: str, phases: list[tuple[int, float, int]]) -> None:
    prescription = regimens()[name].prescription
    assert prescription is not None
    assert [
        (phase.n_fractions, phase.total_gy("tumour"), phase.pattern.fractions_per_day) for phase in prescription.phases
    ] == phases


def test_intervals_between_fractions_of_a_day() -> None:
    """Shi publishes 4 to 6 h: planned at the minimum of 6 h, with the published one beside it."""
    twice = {
        (name, phase.pattern.interval_h, phase.published_interval_h)
        for name, regimen in regimens().items()
        for phase in (regimen.prescription.phases if regimen.prescription else ())
        if phase.pattern.several_a_day and regimen.site == "oesophagus"
    }
    assert twice == {("shi-lcaf", 6.0, 4.0), ("kor-bid", 6.0, None), ("hart576", 6.0, None)}


@pytest.mark.parametrize(
    ("name", "days"),
    [("wch-ld45", 33), ("shi-lcaf", 44), ("kor-bid", 25), ("hart576", 24), ("int0123-hd", 50), ("trog35", 19)],
)
def test_weekday_courses_from_a_monday(name: str, days: int) -> None:
    """25 weekday fractions take 33 days; Shi's course is quoted as 44 days; 36 twice a day cannot make HART's 16."""
    assert weekday_course_days(regimens()[name]) == days


def test_rows_without_a_dose_name_their_reason() -> None:
    refused = {name: regimen.not_for_calculation for name, regimen in regimens().items() if not regimen.prescription}
    assert set(refused) == {"kunlun", "sky07", "tc-fudan", "s1-ifi", "christie"}
    for name in ("tc-fudan", "s1-ifi"):  # the alternatives can be typed instead
        assert "50.4/28" in refused[name]
        assert "61.2/34" in refused[name]


UNVERIFIED = [
    ("wch-ld45", {"fractions per week"}),
    ("cross", set()),
    ("prodige5-folfox", set()),
    ("artdeco-sd", {"fractions per week"}),
    ("artdeco-hd", {"fraction count", "dose per fraction", "fractions per week", "phases"}),
    ("rtog8501-crt", {"fractions per week", "phases"}),
    ("xu22-60", {"fraction count", "dose per fraction", "fractions per week"}),
    ("concorde-50", {"phases"}),
    ("concorde-66", {"phases"}),
    ("jcog0303-ld", {"fractions per week", "systemic treatment"}),
    ("hart576", {"fractions per week", "fractions per day"}),
    (
        "shi-lcaf",
        {"dose", "fraction count", "dose per fraction", "fractions per week", "phases", "volume", "systemic treatment"},
    ),
]


@pytest.mark.parametrize(("name", "unverified"), UNVERIFIED, ids=[row[0] for row in UNVERIFIED])
def test_unverified_values_of_regimens(name: str, unverified: set[str]) -> None:
    assert set(regimens()[name].unverified) == unverified


def test_regimens_have_sources_and_flags_that_agree() -> None:
    for name, regimen in regimens().items():
        assert regimen.sources, name
        assert len(set(regimen.unverified)) == len(regimen.unverified), name
        if not any(source.known in ("read", "told") for source in regimen.sources):  # then the dose was not either
            assert "dose" in regimen.unverified, name


def test_the_trial_comes_first_and_alone_is_the_index() -> None:
    assert [name for name, regimen in regimens().items() if regimen.role == "index"] == [next(iter(regimens()))]
    assert next(iter(regimens())) == "wch-ld45"


# Of other sites: name, site, fractions, total [Gy], how the dose is known
OTHER_SITES = [
    ("hn-70acc", "head-and-neck", 35, 70.0, "read"),  # Huang 2020, abstract
    ("hn-60", "head-and-neck", 25, 60.0, "read"),
    ("larynx-63", "larynx", 28, 63.0, "read"),  # Karasawa 2013, abstract: 2.25 Gy up to 63 Gy
    ("larynx-792bid", "larynx", 66, 79.2, "read"),  # RTOG 95-12, abstract
    ("convert-45bid", "lung-sclc", 30, 45.0, "read"),  # CONVERT, ELCC 2017
    ("convert-66", "lung-sclc", 33, 66.0, "read"),
    ("nsclc-60", "lung-nsclc", 30, 60.0, "read"),  # RTOG 0617, abstract: the dose; the fractions are told
    ("nsclc-sbrt-54", "lung-nsclc", 3, 54.0, "told"),
    ("cervix-50", "cervix", 25, 50.0, "read"),
    ("bladder-55", "bladder", 20, 55.0, "told"),
    ("breast-40", "breast", 15, 40.0, "read"),  # FAST-Forward, abstract
    ("breast-26", "breast", 5, 26.0, "read"),
    ("chhip-60", "prostate", 20, 60.0, "program"),
    ("pace-b", "prostate", 5, 36.25, "program"),
    ("salvage-65", "prostate", 26, 65.0, "told"),
    ("rectum-25", "rectum", 5, 25.0, "read"),
    ("glioma-64sib", "glioma", 27, 64.0, "read"),
    ("palliative-8", "palliative", 1, 8.0, "told"),
    ("schwannoma-18", "stereotactic", 3, 18.0, "told"),
]


@pytest.mark.parametrize(("name", "site", "n", "total", "known"), OTHER_SITES, ids=[row[0] for row in OTHER_SITES])
def test_regimens_of_other_sites(name: str, site: str, n: int, total: float, known: str) -> None:
    regimen = regimens()[name]
    assert regimen.prescription is not None
    (phase,) = regimen.prescription.phases
    assert (regimen.site, phase.n_fractions, phase.totals[0].dose_gy, regimen.known) == (site, n, total, known)


def test_what_was_not_read_is_said_of_every_regimen_of_another_site() -> None:
    others = [regimen for regimen in regimens().values() if regimen.site != "oesophagus"]
    assert len({regimen.site for regimen in others}) >= 12
    for regimen in others:
        assert regimen.intent, regimen.name
        assert (regimen.known == "read") == ("dose" not in regimen.unverified), regimen.name
        assert regimen.known != "none", regimen.name


def test_few_large_fractions_of_a_regimen_keep_days_apart_unless_its_pattern_is_stated() -> None:
    for name, spacing in (("pace-b", 2), ("nsclc-sbrt-54", 2), ("breast-26", 1), ("rectum-25", 1)):
        prescription = regimens()[name].prescription
        assert prescription is not None
        assert prescription.phases[0].pattern.spacing == spacing, name


def test_chemotherapy_named_by_regimens_is_there() -> None:
    named = {
        protocol
        for regimen in regimens().values()
        for listed in re.findall(r"Chemotherapy in this library: (.*?)\.$", regimen.notes)
        for protocol in listed.split(", ")
    }
    assert named
    assert named <= set(chemo())


# --- tissues --------------------------------------------------------------------------------------------------------

# name, alpha/beta, how it is known, source
ALPHA_BETA = [
    ("spinal-cord", 2.0, "read", "J Appl Clin Med Phys 2018;19(6):341-345, Table 1"),
    ("lung", 3.0, "read", "J Appl Clin Med Phys 2018;19(6):341-345, Table 1"),
    ("heart", 3.0, "read", "J Appl Clin Med Phys 2018;19(6):341-345, Table 1"),
    ("oesophagus-late", 3.0, "read", "J Appl Clin Med Phys 2018;19(6):341-345, Table 1"),
    ("proximal-bronchial-tree", 3.0, "read", "J Appl Clin Med Phys 2018;19(6):341-345, Table 1"),
    ("skin-late", 3.0, "read", "J Appl Clin Med Phys 2018;19(6):341-345, Table 1"),
    ("spinal-cord-quantec", 0.87, "read", "Schultheiss 2008"),
    ("lung-pneumonitis", 4.0, "told", "Basic Clinical Radiobiology"),
    ("geh-2006", 4.9, "told", "Geh 2006"),
    ("squamous-surrogate", 10.0, "told", "convention"),
    ("generic-late", 3.0, "none", "convention"),
    ("generic-acute", 10.0, "none", "convention"),
    ("generic-tumour", 10.0, "none", "convention"),
]


@pytest.mark.parametrize(("name", "alpha_beta", "known", "source"), ALPHA_BETA, ids=[row[0] for row in ALPHA_BETA])
def test_alpha_beta_and_its_flag(name: str, alpha_beta: float, known: str, source: str) -> None:
    tissue = tissues()[name]
    assert (tissue.alpha_beta, tissue.source.known) == (alpha_beta, known), source


# name, rate, basis, kick-off day, day of the first fraction, how it is known
REPOPULATION = [
    ("geh-2006", 0.59, None, None, 0, "told"),
    ("squamous-surrogate", 0.9, "bed", 28.0, 0, "told"),
    ("squamous-surrogate-tk21", 0.9, "bed", 21.0, 0, "told"),
    ("withers-1988", 0.6, "eqd2", 28.0, 0, "read"),
    ("mucosa-acute", 0.8, None, None, 0, "told"),
    ("robertson-larynx", 0.89, None, None, 0, "read"),
    ("slevin-larynx", None, None, None, 0, "read"),
    # alpha and doubling time as printed in the library of LQL-Equiv; glioblastoma has a fixed rate there
    ("voyant-oesophagus", math.log(2) / (0.35 * 5.0), "bed", 21.0, 1, "program"),
    ("voyant-oropharynx", math.log(2) / (0.35 * 3.0), "bed", 21.0, 1, "program"),
    ("voyant-tonsil", math.log(2) / (0.35 * 5.0), "bed", 21.0, 1, "program"),
    ("voyant-prostate", math.log(2) / (0.35 * 42.0), "bed", 21.0, 1, "program"),
    ("voyant-breast", math.log(2) / (0.08 * 14.0), "bed", 21.0, 1, "program"),
    ("voyant-glioblastoma", 0.3, "bed", 14.0, 1, "program"),
]


@pytest.mark.parametrize(
    ("name", "rate", "basis", "kick_off", "first", "known"), REPOPULATION, ids=[row[0] for row in REPOPULATION]
)
def test_time_factors(
    name: str, rate: float | None, basis: str | None, kick_off: float | None, first: int, known: str
) -> None:
    factor = tissues()[name].repopulation
    assert factor is not None
    assert factor.rate == (None if rate is None else pytest.approx(rate, rel=1e-12))
    assert (factor.basis, factor.kick_off_day, factor.first_fraction_is_day) == (basis, kick_off, first)
    assert factor.source.known == known


def test_only_these_have_a_time_factor() -> None:
    assert {name for name, tissue in tissues().items() if tissue.has_time_factor} == {row[0] for row in REPOPULATION}


@pytest.mark.parametrize("name", ["geh-2006", "mucosa-acute"])
def test_incomplete_sets_are_listed_and_refused(name: str) -> None:
    assert tissues()[name].obstacle == "its time factor has no basis (BED or EQD2) and no kick-off day"


def test_all_other_sets_can_be_calculated_with() -> None:
    listed = {"geh-2006", "mucosa-acute", "robertson-larynx", "slevin-larynx"}
    assert {name for name, tissue in tissues().items() if tissue.obstacle} == listed


def test_eqd2_based_rate_is_converted() -> None:
    """0.6 Gy of EQD2 per day are 0.72 Gy of BED per day at alpha/beta 10."""
    factor = tissues()["withers-1988"].repopulation
    assert factor is not None
    assert factor.bed_rate(10.0) == pytest.approx(0.72, rel=1e-12)


def test_estimates_lie_inside_their_intervals() -> None:
    seen = 0
    for tissue in tissues().values():
        pairs = [(tissue.alpha_beta, tissue.alpha_beta_interval)]
        if tissue.repopulation is not None:
            factor = tissue.repopulation
            pairs += [(factor.rate, factor.rate_interval), (factor.kick_off_day, factor.kick_off_interval)]  # type: ignore[list-item]
        for value, interval in pairs:
            if interval is not None:
                seen += 1
                assert interval.low <= value <= interval.high, tissue.name
                assert interval.text, tissue.name
    assert seen >= 8


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("geh-2006", 1.5, 17.0),
        ("generic-late", 2.0, 5.0),
        ("generic-tumour", 10.0, 20.0),
        ("generic-acute", 10.0, 20.0),
    ],
)
def test_intervals(name: str, low: float, high: float) -> None:
    interval = tissues()[name].alpha_beta_interval
    assert interval is not None
    assert (interval.low, interval.high) == (low, high)


def test_lql_sets_start_their_line_at_twice_alpha_beta() -> None:
    """So the published gamma/alpha = 5 is the smooth tangent 1 + 2 dT/(alpha/beta)."""
    lql = [tissue for tissue in tissues().values() if tissue.model == "LQ-L"]
    assert lql
    for tissue in lql:
        assert tissue.transition_dose == pytest.approx(2.0 * tissue.alpha_beta, rel=1e-12), tissue.name
        assert tissue.gamma_over_alpha == 5.0


def test_repair_of_the_cord_is_a_bound() -> None:
    repair = tissues()["spinal-cord"].repair
    assert repair is not None
    assert (repair.half_times_h, repair.bound, repair.overnight) == ((5.0,), True, False)
    bounds = {name for name, tissue in tissues().items() if tissue.repair is not None and tissue.repair.bound}
    assert bounds == {"spinal-cord", "spinal-cord-quantec"}


# Bentzen 1999, PMID 10660202, second-hand: half-time and its interval [h]
HALF_TIMES = [
    ("laryngeal-oedema", 4.9, 3.2, 6.4),
    ("subcutaneous-fibrosis", 4.4, 3.8, 4.9),
    ("telangiectasia", 3.8, 2.5, 4.6),
]


@pytest.mark.parametrize(("name", "hours", "low", "high"), HALF_TIMES, ids=[row[0] for row in HALF_TIMES])
def test_half_times_of_late_endpoints(name: str, hours: float, low: float, high: float) -> None:
    tissue = tissues()[name]
    assert tissue.repair is not None
    interval = tissue.repair.half_time_interval
    assert interval is not None
    assert (tissue.repair.half_times_h, interval.low, interval.high) == ((hours,), low, high)
    assert (tissue.repair.source.known, tissue.source.known, tissue.alpha_beta) == ("told", "none", 3.0)


def test_time_factors_of_mucosa_and_lung_name_their_primary_source() -> None:
    factor = tissues()["mucosa-acute"].repopulation
    assert factor is not None
    assert factor.rate_interval is not None
    assert (factor.rate_interval.low, factor.rate, factor.rate_interval.high) == (0.7, 0.8, 1.1)
    assert "Bentzen 2001" in factor.source.text
    (fact,) = tissues()["lung-pneumonitis"].facts
    assert "0.54 Gy per day" in fact.text
    assert (fact.source.known, "Bentzen 2000" in fact.source.text) == ("told", True)


# name of the set, EQD2, how it is known
CORD_LIMITS = [
    ("BMJ Open, EQD2", 50.0, "read"),
    ("QUANTEC 50 Gy", 50.0, "told"),
    ("oesophageal 3DCRT 45 Gy", 45.0, "told"),
    ("oesophagus slide 45 Gy, radiotherapy alone", 45.0, "told"),
    ("oesophagus slide 40 Gy, with chemotherapy", 40.0, "told"),
    ("SCOPE 40 Gy", 40.0, "told"),
    ("QUANTEC 54 Gy", 54.0, "read"),
]


def test_conflicting_limits_stand_side_by_side() -> None:
    limits = tissues()["spinal-cord"].limits
    found = [limit for limit in limits if limit.n_fractions is None]
    assert [(limit.name, limit.eqd2_gy, limit.source.known) for limit in found] == CORD_LIMITS
    assert [(limit.metric, limit.eqd2_gy) for limit in tissues()["heart"].limits] == [("Dmax(1cc)", 76.0)]


def test_limits_say_what_was_taken_for_what() -> None:
    """A limit of physical dose says that it is taken as EQD2, an EQD2 limit whose alpha/beta is taken says so."""
    for tissue in tissues().values():
        assert len({limit.name for limit in tissue.limits}) == len(tissue.limits)
        for limit in tissue.limits:
            assert limit.alpha_beta == tissue.alpha_beta
            assert limit.metric.startswith("Dmax")
            assert "physical dose" in limit.source.text or "alpha/beta not stated there" in limit.source.text


# name, fractions, dose [Gy]: QUANTEC (Kirkpatrick 2010), HyTEC (Sahgal 2021, the lower of 12.4 to 14.0 in one fraction)
FEW_FRACTIONS = [
    ("QUANTEC", 1, 13.0),
    ("QUANTEC", 3, 20.0),
    ("HyTEC", 1, 12.4),
    ("HyTEC", 2, 17.0),
    ("HyTEC", 3, 20.3),
    ("HyTEC", 4, 23.0),
    ("HyTEC", 5, 25.3),
]


def test_limits_in_few_fractions_are_those_published() -> None:
    limits = [limit for limit in tissues()["spinal-cord"].limits if limit.n_fractions is not None]
    found = [(limit.name.split()[0], limit.n_fractions, limit.dose_gy) for limit in limits]
    assert found == FEW_FRACTIONS
    assert {(limit.sites, limit.source.known) for limit in limits} == {(("stereotactic",), "read")}


def test_every_limit_says_what_it_is_and_only_what_was_read_alarms() -> None:
    """Neither the slide nor SCOPE is read in a primary source, and both are objectives of oesophageal plans."""
    for tissue in tissues().values():
        for limit in tissue.limits:
            assert limit.source.known in ("read", "told")
            assert limit.kind == "objective" or limit.endpoint
            if "slide" in limit.name or "SCOPE" in limit.name:
                assert (limit.kind, limit.sites, limit.source.alarms) == ("objective", ("oesophagus",), False)
    assert {name for name, tissue in tissues().items() if tissue.organ == "spinal-cord"} == {
        "spinal-cord",
        "spinal-cord-quantec",
    }


# --- chemotherapy ---------------------------------------------------------------------------------------------------

# The reference counts the first day of radiotherapy as day 1 and the day before as 0: offsets are one less.
STARTS = [
    ("cx-q3w", [-42, -21, 0, 21], "SCOPE1, days -41, -20, 1, 22"),
    ("generic-q3w-x3", [0, 21, 42], "registry record; the alignment is an assumption"),
    ("pf-q4w", [0, 28], "days 1, 29 (IJMPO 2014;35:54-59)"),
    ("pf100-q4w", [0, 28], "weeks 1 and 5 (CALGB 9781)"),
    ("pc-weekly-5", [0, 7, 14, 21, 28], "van Meerten 2006, days 1, 8, 15, 22, 29"),
    ("pc-weekly-6d35", [0, 7, 14, 21, 28, 34], "ASCO e14508, sixth dose on day 35"),
    ("tp-weekly", [0, 7, 14, 21, 28], "EC-CRT-001"),
    ("s1-d1-14-29-42", [0, 28], "Ji 2017, days 1-14 and 29-42"),
    ("pf-d1-d22", [0], "Lee 2004, one irregular cycle"),
]


@pytest.mark.parametrize(("name", "starts", "source"), STARTS, ids=[row[0] for row in STARTS])
def test_cycle_starts_are_offsets_from_the_first_fraction(name: str, starts: list[int], source: str) -> None:
    assert starts_after_fraction_1(chemo()[name]) == starts, source


def test_the_first_three_of_six_folfox_cycles() -> None:
    assert starts_after_fraction_1(chemo()["folfox-q2w"])[:3] == [0, 14, 28]
    assert chemo()["folfox-q2w"].n_cycles == 6


def test_a_sixth_weekly_dose_after_six_days_is_allowed() -> None:
    assert chemo()["pc-weekly-6d35"].minimum_after(5) == 6


def test_cycles_after_radiotherapy_hang_on_its_end() -> None:
    """1 and 5 weeks after the last fraction (INT 0123, OncoLink)."""
    after = chemo()["pf-q4w"].then
    assert after is not None
    assert (after.anchor.kind, after.anchor.days, after.grid) == ("after", 7, (0, 28))
    assert chemo()["pf-q4w"].total_cycles == 4
    assert after.drugs == chemo()["pf-q4w"].drugs


def test_consolidation_is_counted_from_the_first_fraction() -> None:
    """Days 57 and 85 from the first day of radiotherapy (Int J Clin Oncol 2018;23:458-465)."""
    protocol = chemo()["pc-consol"]
    assert (protocol.anchor.kind, protocol.anchor.days, protocol.grid) == ("start", 56, (0, 28))


def test_weekly_docetaxel_lasts_as_long_as_radiotherapy() -> None:
    capecitabine, docetaxel = chemo()["cape-rtday"].drugs
    assert capecitabine.on_radiotherapy_days
    assert (docetaxel.every_days, docetaxel.doses, docetaxel.to_last_fraction) == (7, None, True)


def test_missed_weekly_doses_are_omitted_in_two_protocols() -> None:
    omitting = [protocol for protocol in chemo().values() if protocol.omit_if_late]
    assert [protocol.name for protocol in omitting] == ["pc-weekly-5", "pc-weekly-6"]
    assert not any(protocol.omit_source.verified for protocol in omitting)


def test_the_trials_chemotherapy() -> None:
    protocol = chemo()["generic-q3w-x3"]
    assert (protocol.n_cycles, protocol.cycle_length_days, protocol.source.verified) == (3, 21, True)
    assert (protocol.policy, protocol.window_days, protocol.maximum_delay_days) == ("reanchor", 3, 14)
    assert (protocol.minimum_interval_days, protocol.anchor.text) == (21, "cycle 1 day 1 on fraction 1")
    assert not protocol.anchor_source.verified
    assert [(drug.name, drug.offsets, drug.source.verified) for drug in protocol.drugs] == [
        ("chemotherapy (drugs not stated)", (0,), False)
    ]


def test_clocks_of_drugs() -> None:
    antibody = {drug.name: drug for drug in chemo()["tp-weekly+tori"].drugs}["toripalimab"]
    assert (antibody.every_days, antibody.doses, antibody.offsets) == (21, 2, (0,))  # days 1 and 22
    capecitabine = {drug.name: drug for drug in chemo()["cx-q3w"].drugs}["capecitabine"]
    assert capecitabine.offsets == tuple(range(21))
    assert capecitabine.through_closed_days
    assert all(drug.on_radiotherapy_days for drug in chemo()["ldpf-daily"].drugs)
    irregular = {drug.name: drug.offsets for drug in chemo()["pf-d1-d22"].drugs}
    assert irregular == {"cisplatin": (0, 21), "fluorouracil": (1, 2, 3, 4)}


def test_only_oral_drugs_and_infusions_over_days_run_through_closures() -> None:
    names = {drug.name for protocol in chemo().values() for drug in protocol.drugs if drug.through_closed_days}
    assert names == {"capecitabine", "S-1", "erlotinib", "fluorouracil", "fluorouracil CI"}


FLAGS = [
    ("pf100-q4w", True, True),
    ("pc-weekly-6", True, False),
    ("pf-q4w-jp70", False, False),
    ("folfox-q2w", False, False),  # six cycles read, every 14 days not
    ("tp-q3w", True, False),
    ("pf-q4w-cn", True, False),
    ("np-q3w", False, False),
    ("cx-q3w", True, False),
]


@pytest.mark.parametrize(("name", "cycles", "alignment"), FLAGS, ids=[row[0] for row in FLAGS])
def test_flags_of_cycles_and_alignment(name: str, cycles: bool, alignment: bool) -> None:
    protocol = chemo()[name]
    assert (protocol.source.verified, protocol.anchor_source.verified) == (cycles, alignment)


def test_windows_intervals_and_delays_are_marked_as_design_defaults() -> None:
    for protocol in chemo().values():
        for source in (protocol.window_source, protocol.minimum_interval_source, protocol.maximum_delay_source):
            assert (source.text, source.verified) == ("design default, no source", False), protocol.name


def test_protocols_that_cannot_be_laid_out_say_why() -> None:
    refused = {name for name, protocol in chemo().items() if protocol.not_for_calculation}
    assert refused == {"dc-weekly", "pac45+erl", "tis-q3w", "tori-q3w", "tpf+sinti-induction"}


# --- published cases ------------------------------------------------------------------------------------------------


def test_published_cases_have_each_a_name_of_its_own() -> None:
    ids = [case["id"] for kind in ("published", "analytic", "known_errors") for case in cases()[kind]]
    assert len(set(ids)) == len(ids)
    assert all(cases()[kind] for kind in ("published", "analytic", "known_errors"))


def test_published_cases_say_what_they_need() -> None:
    for case in (*cases()["published"], *cases()["analytic"]):
        for key in ("kind", "inputs", "expected", "source", "formula"):
            assert case[key], (case["id"], key)
        assert case["tolerance"] >= 0
    for case in cases()["known_errors"]:
        assert case["source"], case["id"]


# --- how values are known -------------------------------------------------------------------------------------------


def every_source(value: Any) -> Iterator[Source]:
    if isinstance(value, Source):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from every_source(getattr(value, field.name))
    elif isinstance(value, tuple):
        for entry in value:
            yield from every_source(entry)


@pytest.mark.parametrize("kind", LISTS)
def test_every_entry_has_sources_that_say_how_its_values_are_known(kind: str) -> None:
    for item in listing(kind).items:
        found = list(every_source(item))
        assert found, item
        assert {source.known for source in found} <= {"read", "told", "program", "none"}, item.name
        assert all(source.verified is (source.known == "read") for source in found)


def test_shipped_files_say_how_values_are_known_and_not_only_whether() -> None:
    for path in sorted(catalogue.directory().rglob("*.toml")):
        assert not re.search(r"[{,]\s*verified = ", path.read_text(encoding="utf-8")), path


def test_what_stands_in_a_program_is_not_said_to_be_read() -> None:
    """The parameters of LQL-Equiv and the columns of record-and-verify systems were seen in code, not in a source."""
    voyant = [tissue for name, tissue in tissues().items() if name.startswith("voyant-")]
    assert voyant
    for tissue in voyant:
        assert {source.known for source in every_source(tissue)} == {"program"}, tissue.name
    for name in ("mosaiq", "aria", "aria-aura"):
        assert catalogue.load_record_format(name).source.known == "program"


@pytest.mark.parametrize(
    ("given", "known", "verified"),
    [
        ({"verified": True}, "read", True),
        ({"verified": False}, "none", False),
        ({"known": "read"}, "read", True),
        ({"known": "told"}, "told", False),
        ({"known": "program", "verified": False}, "program", False),
    ],
)
def test_files_of_users_may_say_it_either_way(given: dict[str, Any], known: str, verified: bool) -> None:
    (source,) = validate(tuple[Source], [{"text": "a paper", **given}], "f.toml")
    assert (source.known, source.verified) == (known, verified)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "must say how it is known: known = read, told, program, none, stated"),
        ({"known": "told", "verified": True}, "contradicts itself: known = 'told' goes with verified = false"),
        ({"known": "heard"}, "known takes read, told, program, none, stated, got 'heard'"),
    ],
)
def test_a_source_that_does_not_say_it_or_contradicts_itself_is_refused(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)):
        validate(tuple[Source], [{"text": "a paper", **given}], "f.toml")
