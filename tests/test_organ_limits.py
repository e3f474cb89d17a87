"""Proof that only limits which fit a course decide for it, and that the others are shown with the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factory import plan
from hypothesis import given
from hypothesis import strategies as st

from rtplan.answer import said
from rtplan.errors import DomainError
from rtplan.interruption.missed import missed_answer
from rtplan.interruption.situation import from_dates, parse_missed
from rtplan.note import Note, Source
from rtplan.planning.plan import Plan, make_plan
from rtplan.radiobiology.organ_limits import Setting, standing
from rtplan.radiobiology.region import Region
from rtplan.radiobiology.tissue import GENERIC_LATE, Limit

READ = Source(text="a paper", known="read")


def limit(**what: Any) -> Limit:
    return Limit(**{"name": "x", "eqd2_gy": 45.0, "alpha_beta": 2.0, "metric": "Dmax", "source": READ, **what})


def at(site: str, regimen: str, dose: str, **words: Any) -> Plan:
    made = plan(regimen, "2026-03-02", clinic="weekdays", regions=(f"spinal cord={dose} Dmax",), **words)
    return make_plan(replace(made.inputs, site=site), made.provenance, made.revision)


def about_limits(made: Plan) -> list[Note]:
    return [note for note in made.notes if note.code in ("eqd2-limit", "limit-does-not-decide")]


# --- what holds -------------------------------------------------------------------------------------------------------

HOLDS = [
    ({}, Setting(), "yes"),
    ({}, Setting(site="rectum", chemotherapy=True), "yes"),
    ({"sites": ("oesophagus",)}, Setting(site="oesophagus"), "yes"),
    ({"sites": ("oesophagus",)}, Setting(), "unsure"),
    ({"sites": ("oesophagus",)}, Setting(site="lung-nsclc"), "no"),
    ({"chemotherapy": True}, Setting(chemotherapy=True), "yes"),
    ({"chemotherapy": True}, Setting(), "unsure"),
    ({"chemotherapy": True}, Setting(chemotherapy=False), "no"),
    ({"chemotherapy": False}, Setting(chemotherapy=True), "no"),
    ({"kind": "objective"}, Setting(site="oesophagus", chemotherapy=True), "no"),
    ({"kind": "objective", "sites": ("anus",)}, Setting(site="anus"), "no"),
]


@pytest.mark.parametrize(("what", "setting", "holds"), HOLDS)
def test_a_limit_holds_where_the_course_is_as_it_was_stated_for(what: Any, setting: Setting, holds: str) -> None:
    assert standing(limit(**what), setting).holds == holds
    assert bool(standing(limit(**what), setting).why) is (holds != "yes")


@given(
    kind=st.sampled_from(["tolerance", "objective"]),
    sites=st.sampled_from([(), ("oesophagus",), ("anus", "rectum")]),
    chemotherapy=st.sampled_from([None, True, False]),
    site=st.sampled_from(["oesophagus", "anus"]),
    given_=st.sampled_from([True, False]),
)
def test_knowing_more_settles_and_never_contradicts(
    kind: Any, sites: tuple[str, ...], chemotherapy: bool | None, site: str, given_: bool
) -> None:
    """What holds or does not without a fact still does with it; with every fact nothing is unsure."""
    one = limit(kind=kind, sites=sites, chemotherapy=chemotherapy)
    full = standing(one, Setting(site=site, chemotherapy=given_)).holds
    assert full != "unsure"
    for less in (Setting(), Setting(site=site), Setting(chemotherapy=given_)):
        assert standing(one, less).holds in ("unsure", full)


# --- plans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["head-and-neck", "lung-nsclc", "oesophagus", ""])
def test_44_gy_to_the_cord_breaks_nothing_at_any_site(site: str) -> None:
    # 30 fractions of 44/30 Gy: EQD2 = 44 * (44/30 + 2) / 4 = 38.13
    assert about_limits(at(site, "60/30", "44Gy")) == []


def test_objectives_of_the_oesophagus_do_not_decide_for_the_lung() -> None:
    # 30 fractions of 1.6 Gy: EQD2 = 48 * 3.6 / 4 = 43.2, above both objectives of 40 Gy, which are for the oesophagus.
    (note,) = about_limits(at("lung-nsclc", "60/30", "48Gy"))
    assert (note.code, note.severity) == ("limit-does-not-decide", "info")
    assert (
        "SCOPE 40 Gy, 40 Gy (an objective of planning, no tolerance; stated for oesophagus, this course is for "
        in said(note)
    )


def test_at_its_own_site_an_unread_limit_is_a_warning() -> None:
    # 25 fractions of 2 Gy: EQD2 50 Gy is at the limit of 50, above the oesophageal 45 of a book chapter.
    decided, shown = about_limits(at("oesophagus", "50/25", "50Gy", chemo="pf-q4w"))
    assert (decided.code, decided.severity, decided.values["limit_gy"]) == ("eqd2-limit", "warning", 45.0)
    assert shown.code == "limit-does-not-decide"
    assert "radiotherapy alone, 45 Gy (an objective of planning, no tolerance; stated for radiotherapy without" in said(
        shown
    )


def test_what_was_read_is_broken_at_every_site() -> None:
    for site in ("lung-nsclc", "oesophagus", "glioma"):
        broken = [note for note in about_limits(at(site, "70/35", "60Gy")) if note.severity == "violation"]
        assert [note.values["limit"] for note in broken] == ["QUANTEC 54 Gy"]


def test_a_limit_in_few_fractions_stands_beside_as_many_only() -> None:
    # HyTEC: 20.3 Gy in 3; QUANTEC: 20 Gy in 3. At 20.2 Gy only the second is exceeded; nothing in 5 is asked.
    (note,) = [note for note in about_limits(at("stereotactic", "24/3", "20.2Gy")) if note.severity == "violation"]
    assert (note.values["limit"], note.values["endpoint"]) == ("QUANTEC 20 Gy in 3", "myelopathy below 1 %")
    names = {check.limit.n_fractions for check in at("stereotactic", "24/3", "20.2Gy").effects[-1].limits}
    assert names == {None, 3}
    unsure = [
        note for note in about_limits(at("", "24/3", "20.2Gy")) if note.values.get("limit") == "QUANTEC 20 Gy in 3"
    ]
    assert [note.severity for note in unsure] == ["warning"]


def test_a_limit_stated_in_fractions_has_the_eqd2_of_its_dose() -> None:
    with pytest.raises(DomainError, match=r"20 Gy in 3 are 43.33 Gy of EQD2"):
        limit(n_fractions=3, dose_gy=20.0, eqd2_gy=50.0)
    with pytest.raises(DomainError, match="n_fractions goes with dose_gy"):
        limit(n_fractions=3)
    with pytest.raises(DomainError, match="known = 'read' goes with verified = true"):
        Source(text="x", verified=False, known="read")


def test_the_cords_alpha_beta_of_quantec_is_not_meant_for_several_a_day() -> None:
    once = plan("45/25", "2026-03-02", clinic="weekdays", regions=("spinal-cord-quantec=40Gy Dmax",))
    twice = plan("45.6/38bid", "2026-03-02", clinic="weekdays", regions=("spinal-cord-quantec=40Gy Dmax",))
    assert not [note for note in once.notes if note.code == "not-for-several-a-day"]
    (note,) = [note for note in twice.notes if note.code == "not-for-several-a-day"]
    assert note.severity == "warning"
    assert "α/β 0.87 Gy is not meant for several fractions a day" in said(note)


def test_what_does_not_decide_keeps_no_option_back() -> None:
    """Cord 48 Gy in the trial's 25 fractions: EQD2 47.04, above objectives of 40 Gy and a second-hand 45 Gy."""
    made = plan(regions=("spinal cord=48Gy Dmax",))
    assert made.inputs.site == "oesophagus"
    answer = missed_answer(from_dates(made, parse_missed("2026-03-11")), all_options=True)
    for option in (*answer.options, *answer.not_offered):
        decided = [note.values["limit"] for note in option.violations if note.code == "eqd2-limit"]
        assert set(decided) <= {"QUANTEC 54 Gy"}  # which a larger dose per fraction exceeds
        assert "warning" in [note.severity for note in option.notes if note.code == "eqd2-limit"]
    assert not any("eqd2-limit" in option.broken for option in answer.options)


def test_an_option_that_newly_exceeds_a_read_limit_is_not_offered() -> None:
    # 50 Gy of tumour, cord 52.9 Gy in 25: EQD2 = 52.9 * (2.116 + 2) / 4 = 54.43 already; 52.6 Gy: 53.96, under 54.
    made = plan("50/25", "2026-03-02", clinic="weekdays", regions=("spinal cord=52.6Gy Dmax",), category=1)
    answer = missed_answer(from_dates(made, parse_missed("2026-03-11")), all_options=True)
    broken = [option for option in (*answer.options, *answer.not_offered) if "eqd2-limit" in option.broken]
    assert broken
    assert all(option in answer.not_offered and option.hard == ("eqd2-limit",) for option in broken)


# --- the user's own limits --------------------------------------------------------------------------------------------

OWN = """[[tissues]]
name = "our-cord"
label = "our cord"
kind = "late"
alpha_beta = 2.0
organ = "spinal-cord"
source = { text = "our department", verified = false }
[[tissues.limits]]
name = "ours"
eqd2_gy = 30.0
alpha_beta = 2.0
metric = "Dmax"
source = { text = "our department", verified = false }
"""


def test_a_limit_that_the_user_states_is_a_rule(tmp_path: Path, cli: Any) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, encoding="utf-8")
    words = ("plan", "45/25", "--start", "2026-03-02", "--clinic", "weekdays", "--tissue-file", str(file))
    data = json.loads(cli(*words, "--region", "our-cord=40Gy Dmax", "--json").stdout)
    (note,) = [note for note in data["notes"] if note["code"] == "eqd2-limit"]
    assert note["severity"] == "violation"
    assert "stated by the user" in note["message"]
    assert data["inputs"]["regions"][-1]["tissue"]["organ"] == "spinal-cord"


def test_the_cord_is_known_by_its_organ() -> None:
    named = Region(name="脊髓", tissue=GENERIC_LATE)
    assert not named.is_cord
    assert replace(named, organ="spinal-cord").is_cord
    assert replace(named, tissue=replace(GENERIC_LATE, organ="spinal-cord")).is_cord
    assert not replace(named, name="cord", organ="cauda-equina").is_cord
    assert not replace(named, name="vocal cords").is_cord
