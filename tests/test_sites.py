"""Site profiles: figures against their sources, precedence, and no time factor where nobody says of which tumour."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import rtplan as rt
from rtplan.cli import settings
from rtplan.clinic.limits import Limits
from rtplan.library import catalogue
from rtplan.note import KNOWN, NOT_KNOWN
from rtplan.planning.sites import PRICE_NOT_KNOWN, alternatives, timed_sets

SITES = catalogue.load_sites()
START = "2026-06-01"  # a Monday; the days of the clinic "weekdays" meet no holiday


@pytest.fixture
def user_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's settings, in a folder of the test's own."""
    path = tmp_path / "config.toml"
    monkeypatch.setattr(settings, "path", lambda: path)
    return path


def codes(notes: Any) -> list[str]:
    return [note.code for note in notes]


def plan(regimen: str = "70/35", **words: Any) -> rt.Plan:
    return rt.plan(regimen, start=START, clinic=words.pop("clinic", "weekdays"), **words)


def charged(made: rt.Plan) -> list[str]:
    return [region.tissue.name for region in made.inputs.regions if region.tissue.kind == "tumour"]


# --- what is shipped --------------------------------------------------------------------------------------------------


def test_the_sites_there_are() -> None:
    assert tuple(SITES) == (
        *("oesophagus", "head-and-neck", "larynx", "lung-nsclc", "lung-sclc", "cervix", "anus", "bladder", "breast"),
        *("prostate", "rectum", "glioma", "palliative", "stereotactic"),
    )


# name, category, how it is known: the RCR guideline was not read, but for the page that says so of the bladder
CATEGORIES = [
    ("oesophagus", 1, "told"),
    ("head-and-neck", 1, "none"),
    ("larynx", 1, "none"),
    ("lung-nsclc", 1, "none"),
    ("lung-sclc", 1, "none"),
    ("cervix", 1, "none"),
    ("anus", 1, "none"),
    ("bladder", 1, "read"),
    ("breast", 2, "none"),
    ("prostate", 2, "none"),
    ("rectum", None, "none"),
    ("glioma", None, "none"),
    ("palliative", 3, "none"),
    ("stereotactic", None, "none"),
]


@pytest.mark.parametrize(("name", "category", "known"), CATEGORIES)
def test_categories_and_how_they_are_known(name: str, category: int | None, known: str) -> None:
    site = SITES[name]
    assert (site.category, site.category_source.known) == (category, known)
    assert "--category" in site.category_source.text or category is not None


def test_overall_time_of_the_cervix() -> None:
    """Cancer 2013;119:325-331, abstract: brachytherapy after more than 56 days, pelvic failure 26 % against 9 %."""
    assert {name: site.overall_time_days for name, site in SITES.items() if site.overall_time_days} == {"cervix": 56}
    source = SITES["cervix"].overall_time_source
    assert source.known == "read"
    assert "10.1002/cncr.27652" in source.text


def test_tumour_sets_are_shipped_ones_and_carry_the_site() -> None:
    tissues = catalogue.load_tissues()
    for site in SITES.values():
        assert all(site.name in tissues[name].sites for name in site.tissues)
        assert {name for name, tissue in tissues.items() if site.name in tissue.sites} == set(site.tissues)
        assert bool(site.tissues) or "no " in site.tissues_source.text
    assert all(set(tissue.sites) <= SITES.keys() for tissue in tissues.values())
    assert not tissues["generic-tumour"].sites


NO_SET = ("lung-nsclc", "lung-sclc", "cervix", "anus", "bladder", "rectum", "palliative", "stereotactic")


def test_no_time_factor_is_invented() -> None:
    assert tuple(name for name, site in SITES.items() if not timed_sets(site)) == NO_SET


@pytest.mark.parametrize("name", SITES)
def test_no_figure_goes_without_a_flag(name: str) -> None:
    site = SITES[name]
    assert all(source.known in KNOWN for source in site.sources)
    assert NOT_KNOWN not in site.sources
    usual = Limits()
    assert (site.ceiling_gy, site.ceiling_share, site.no_change_above_gy, site.interval_h) == (
        *(usual.ceiling_gy, usual.ceiling_share, usual.no_change_above_gy),
        usual.interval_h,
    )
    assert "design default" in site.ceiling_source.text
    assert "design default" in site.interval_source.text
    assert site.interval_days == (2 if name == "stereotactic" else 1)
    assert site.organs


def test_every_limit_of_an_organ_names_a_site_that_there_is() -> None:
    named = {site for tissue in catalogue.load_tissues().values() for limit in tissue.limits for site in limit.sites}
    assert named <= SITES.keys()


def test_a_number_needs_its_source() -> None:
    from rtplan.library.site import Site
    from rtplan.note import Source

    made_up = Source(text="made up", known="none")
    with pytest.raises(rt.DomainError, match="category_source"):
        Site(name="x", label="x", tissues_source=made_up, category=1)
    with pytest.raises(rt.DomainError, match="overall_time_source"):
        Site(name="x", label="x", tissues_source=made_up, overall_time_days=50)


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("head and neck", "head-and-neck"),
        ("Head_and Neck", "head-and-neck"),
        ("H&N", "head-and-neck"),
        ("lung, NSCLC", "lung-nsclc"),
        ("SCLC", "lung-sclc"),
        ("esophagus", "oesophagus"),
        ("SBRT", "stereotactic"),
        ("anal canal", "anus"),
    ],
)
def test_other_spellings(spelled: str, name: str) -> None:
    assert catalogue.load_site(spelled).name == name


# --- the door ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bladdr", "there is no site 'bladdr'; did you mean 'bladder'?"),
        ("lung", "did you mean 'lung-nsclc' or 'lung-sclc'?"),
        ("xyz", "known: oesophagus, head-and-neck, "),
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        "plan 70/35 --start 2026-06-01 --clinic weekdays",
        "starts 70/35 --from 2026-06-01 --to 2026-06-02 --clinic weekdays",
        "compare 70/35 60/30",
        "dose 70/35",
    ],
)
def test_unknown_sites_are_refused(cli: Any, command: str, name: str, said: str) -> None:
    refused = cli(*command.split(), "--site", name)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("rtplan: --site: ")
    assert said in refused.stderr


def test_the_site_stands_in_the_file_and_in_one_line(cli: Any) -> None:
    words = ("plan", "70/35", "--site", "head and neck", "--start", START, "--clinic", "england")
    data = json.loads(cli(*words, "--json").stdout)
    assert (data["inputs"]["site"], data["provenance"]["site_from"]) == ("head-and-neck", "option")
    assert "sites.toml" in [file["name"] for file in data["provenance"]["files"]]
    assert "head-and-neck (named with the question); category 1\n" in cli(*words).stdout
    assert "部位" in cli(*words, "--language", "zh_CN").stdout


def test_lists(cli: Any) -> None:
    data = json.loads(cli("list sites --json").stdout)
    assert [item["name"] for item in data["items"]] == list(SITES)
    assert "none: no time factor" in " ".join(cli("list sites").stdout.split())


def test_option_before_protocol_before_settings(cli: Any, user_file: Path, tmp_path: Path) -> None:
    def found(*more: str) -> tuple[str, str]:
        data = json.loads(cli("plan", *more, "--start", START, "--json").stdout)
        return data["inputs"]["site"], data["provenance"]["site_from"]

    user_file.write_text('site = "prostate"\n', encoding="utf-8")
    assert found("60/20", "--clinic", "weekdays") == ("prostate", "settings")
    assert found() == ("oesophagus", "protocol")
    assert found("--site", "larynx") == ("larynx", "option")
    user_file.write_text('site = "prostat"\n', encoding="utf-8")
    refused = cli("plan", "60/20", "--clinic", "weekdays", "--start", START)
    assert refused.exit_code == 1
    assert f"{user_file}: site: there is no site 'prostat'; did you mean 'prostate'?" in refused.stderr


def test_in_python_the_settings_are_not_asked(user_file: Path) -> None:
    user_file.write_text('site = "prostate"\n', encoding="utf-8")
    assert plan().inputs.site == ""


def test_site_of_a_protocol_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = (
        'name = "own"\nlabel = "own"\nsite = "SITE"\nsources = [{ text = "made up", known = "stated" }]\n'
        '[prescription]\nname = "own"\n[[prescription.phases]]\nname = "one"\nn_fractions = 35\n'
        'totals = [{ target = "tumour", dose_gy = 70.0 }]\n'
    )
    path.write_text(text.replace("SITE", "larynx"), encoding="utf-8")
    made = plan(str(path))
    assert (made.inputs.site, made.provenance.site_from, charged(made)) == (
        *("larynx", "protocol"),
        ["squamous-surrogate"],
    )
    path.write_text(text.replace("SITE", "larinx"), encoding="utf-8")
    with pytest.raises(rt.ConfigError, match=r"site = 'larinx': there is no site 'larinx'; did you mean 'larynx'"):
        plan(str(path))


# --- no site and no tissue: no time factor ----------------------------------------------------------------------------


def test_without_a_site_the_price_of_time_is_not_known(cli: Any) -> None:
    """The same sentence in plan, missed, compare, starts and dose, and no loss to time anywhere."""
    made = plan()
    answers = [
        made,
        rt.missed(made, "2026-06-10"),
        rt.compare("70/35", "60/30"),
        rt.starts("70/35", first=START, last="2026-06-02", clinic="weekdays"),
        rt.dose("70/35", monday_start=True),
    ]
    for answer in answers:
        (note,) = [note for note in answer.notes if note.code == PRICE_NOT_KNOWN]
        assert (note.severity, note.values) == ("warning", {})
    assert all(row.time_loss_gy is None for row in made.effects)
    assert all(entry.row.time_loss_gy is None for entry in answers[2].rows)  # type: ignore[attr-defined]
    (price,) = answers[1].prices  # type: ignore[attr-defined]
    assert (price.prescribed_gy, price.rate_gy_per_day) == (None, None)
    said = "the price of time is not known: name a site (--site) or a tissue with a time factor (--tissue)"
    assert said in " ".join(cli("compare 70/35 60/30").stdout.split())


@pytest.mark.parametrize("words", [{"site": "larynx"}, {"tissue": "withers-1988"}])
def test_a_site_or_a_tissue_names_it(words: dict[str, Any]) -> None:
    made = plan(**words)
    assert PRICE_NOT_KNOWN not in codes(made.notes)
    assert PRICE_NOT_KNOWN not in codes(rt.missed(made, "2026-06-10").notes)
    assert PRICE_NOT_KNOWN not in codes(rt.compare("70/35", "60/30", **words).notes)
    assert made.effects[0].time_loss_gy


@pytest.mark.parametrize("name", NO_SET)
def test_a_site_without_a_set_says_so(name: str) -> None:
    made = plan("60/30", site=name)
    (note,) = [note for note in made.notes if note.code == PRICE_NOT_KNOWN]
    assert note.values == {"site": name, "why": SITES[name].tissues_source.text}
    assert charged(made) == ["generic-tumour"]
    assert made.effects[0].time_loss_gy is None
    assert note in rt.missed(made, "2026-06-10").notes
    assert note in rt.compare("60/30", "50/25", site=name).notes


def test_a_named_tissue_goes_before_the_set_of_the_site() -> None:
    assert charged(plan(site="larynx", tissue="withers-1988")) == ["withers-1988"]
    assert charged(plan(site="prostate")) == ["voyant-prostate"]


def test_a_set_of_another_site_is_named() -> None:
    made = plan(site="larynx", tissue="voyant-prostate")
    (note,) = [note for note in made.notes if note.code == "set-of-other-site"]
    assert note.values == {"tissue": "voyant-prostate", "sites": ("prostate",), "site": "larynx"}
    assert note in rt.missed(made, "2026-06-10").notes
    assert note in rt.compare("70/35", "60/30", site="larynx", tissue="voyant-prostate").notes
    assert "set-of-other-site" not in codes(plan(site="larynx", tissue="withers-1988").notes)


def test_a_site_beside_a_bare_alpha_beta_names_its_sets() -> None:
    (note,) = [note for note in plan(site="prostate", alpha_beta=3.0).notes if note.code == PRICE_NOT_KNOWN]
    assert note.values == {"site": "prostate", "sets": ("voyant-prostate",)}


def test_the_trial_names_its_own_set() -> None:
    made = rt.plan(start="2026-03-02")
    assert (made.inputs.site, charged(made)) == ("oesophagus", ["squamous-surrogate"])
    answer = rt.compare()
    assert (answer.site, answer.site_from) == ("oesophagus", "protocol")
    assert rt.compare("60/30", "50/25").site == ""
    assert {entry.row.tissue for entry in answer.rows if entry.row.time_loss_gy is not None} == {
        "squamous-surrogate",
        "withers-1988",
    }


def test_longer_time_of_unknown_price_never_stands_before_the_planned_end() -> None:
    """Nothing is known lost, so fewest sessions would come first; but what the longer time costs is not known."""
    answer = rt.missed(plan(), "2026-06-10..2026-06-12")
    first = answer.options[0]
    assert first.course.elapsed_days <= answer.prescribed.elapsed_days
    assert not any(note.code == "no-compensation-needed" for note in answer.notes)
    kept = [
        option.rank for option in answer.options if option.time_known and not option.doses and not option.deficit_gy
    ]
    longer = [option.rank for option in answer.options if not option.time_known]
    assert min(longer) > max(kept)


# --- limits -----------------------------------------------------------------------------------------------------------


def test_bladder_is_category_1() -> None:
    """64/32 from Monday 1 June ends Tuesday 14 July; three days lost and appended: Friday 17 July, 3 days longer."""
    answer = rt.missed(plan("64/32", site="bladder"), "2026-06-10..2026-06-12")
    assert str(answer.appended.course.last) == "2026-07-17"
    (broken,) = [note for note in answer.appended.violations if note.code == "prolongation-limit"]
    assert {key: broken.values[key] for key in ("prolongation_days", "limit_days", "category")} == {
        "prolongation_days": 3,
        "limit_days": 2,
        "category": 1,
    }


def test_cervix_has_eight_weeks_overall() -> None:
    """40 weekday fractions from a Monday take 7 * 7 + 5 = 54 days, 42 of them 58."""
    assert "overall-time-limit" not in codes(plan("72/40", site="cervix").notes)
    (note,) = [note for note in plan("75.6/42", site="cervix").notes if note.code == "overall-time-limit"]
    assert (note.severity, note.values["overall_days"], note.values["limit_days"]) == ("violation", 58, 56)
    assert "overall-time-limit" not in codes(plan("75.6/42", site="bladder").notes)
    answer = rt.missed(plan("72/40", site="cervix"), "2026-06-10..2026-06-12")
    assert "overall-time-limit" in answer.appended.broken  # Friday 24 July + 3 treatment days: Wednesday, 59 days
    assert "overall-time-limit" not in answer.options[0].broken


def clinic_file(tmp_path: Path, limits: str) -> str:
    path = tmp_path / "ours.toml"
    text = 'name = "ours"\nlabel = "Ours"\ntime_zone = "UTC"\nsource = { text = "made up", known = "stated" }\n'
    path.write_text(f'{text}country = ""\nworked_weekends = "no"\n[limits]\n{limits}\n', encoding="utf-8")
    return str(path)


def test_category_option_before_protocol_before_clinic_before_site(tmp_path: Path) -> None:
    ours = clinic_file(tmp_path, "category = 3")
    assert plan(site="bladder").inputs.limits.category == 1
    stated = plan(site="bladder", clinic=ours)
    assert stated.inputs.limits.category == 3
    (note,) = [note for note in stated.notes if note.code == "site-category-differs"]
    assert (note.values["site_category"], note.values["category"]) == (1, 3)
    trial = rt.plan(start=START, clinic=ours, site="prostate")
    assert trial.inputs.limits.category == 1
    assert {"site-differs", "site-category-differs"} <= set(codes(trial.notes))
    assert charged(trial) == ["voyant-prostate"]
    assert plan(site="bladder", clinic=ours, category=2).inputs.limits.category == 2
    assert "site-category-differs" not in codes(plan(site="bladder", category=1).notes)


def test_ceiling_and_interval_of_the_clinic_go_before_those_of_the_site(tmp_path: Path) -> None:
    ours = clinic_file(tmp_path, "ceiling_gy = 2.0\ninterval_h = 8.0")
    limits = plan(site="stereotactic", clinic=ours).inputs.limits
    assert (limits.ceiling_gy, limits.interval_h, limits.interval_days) == (2.0, 8.0, 2)
    ours = clinic_file(tmp_path, "interval_days = 1")  # the usual one, but stated
    assert plan(site="stereotactic", clinic=ours).inputs.limits.interval_days == 1


def test_days_apart_of_a_stereotactic_course() -> None:
    daily = plan("55Gy/5 5/week", site="stereotactic")
    (note,) = [note for note in daily.notes if note.code == "interval-days"]
    assert (note.severity, note.values["days"], note.values["minimum_days"]) == ("warning", 1, 2)
    assert "interval-days" not in codes(plan("55Gy/5", site="stereotactic").notes)


# --- missed and compare -----------------------------------------------------------------------------------------------


def test_sensitivity_varies_over_sets_of_the_same_site_only() -> None:
    """An oesophagus is not asked as a prostate, however the plan came to its set."""
    tissues = catalogue.load_tissues()
    for made in (rt.plan(start=START), plan(tissue="squamous-surrogate"), plan(site="h&n")):
        names = {tissue.name for tissue in alternatives(made.inputs.site, made.inputs.regions)}
        assert names
        assert not names & {"voyant-prostate", "voyant-breast", "voyant-glioblastoma"}
        assert all(set(tissues[name].sites) & {"oesophagus", "head-and-neck", "larynx"} for name in names)
        assert not any(tissues[name].obstacle for name in names)
    assert alternatives("", plan().inputs.regions) == ()
    assert [tissue.name for tissue in alternatives("prostate", ())] == ["voyant-prostate"]
    answer = rt.missed(rt.plan(start=START), "2026-06-10")
    assert "voyant-prostate" not in str(answer.sensitivity)
    assert "withers-1988" in str(answer.sensitivity)


def test_a_site_named_at_the_interruption() -> None:
    """What the plan would have said, had it been made with the site; and the revision keeps it."""
    bare, sited = plan(), plan(site="larynx")
    late, early = rt.missed(bare, "2026-06-10", site="larynx"), rt.missed(sited, "2026-06-10")
    assert late.prices == early.prices
    assert [option.id for option in late.options] == [option.id for option in early.options]
    revised = late.choose(late.options[0].id)
    assert (revised.inputs.site, revised.provenance.site_from) == ("larynx", "option")
    assert PRICE_NOT_KNOWN not in codes(revised.notes)
    other = rt.missed(sited, "2026-06-10", site="prostate")
    assert [price.tissue for price in other.prices] == ["voyant-prostate"]
    assert other.plan.inputs.limits.category == 2
    kept = rt.missed(plan(tissue="withers-1988"), "2026-06-10", site="prostate")
    assert [price.tissue for price in kept.prices] == ["withers-1988"]


def test_compare_shows_the_sets_of_the_site() -> None:
    rows = rt.compare("70/35", "60/30", site="head and neck").rows
    timed = {row.row.tissue for row in rows if row.row.time_loss_gy is not None}
    assert timed == {"squamous-surrogate", "withers-1988"}
    ranged = rt.compare("70/35", "60/30", site="head and neck", ranges=True).rows
    assert {"voyant-oropharynx", "voyant-tonsil"} <= {row.row.tissue for row in ranged}


def test_compare_warns_where_intent_differs(cli: Any) -> None:
    answer = rt.compare("cross", "rtog8501-crt")
    (note,) = [note for note in answer.notes if note.code == "intent-differs"]
    assert note.severity == "warning"
    assert "intent-differs" not in codes(rt.compare("rtog8501-crt", "artdeco-hd").notes)
    said = " ".join(cli("compare cross rtog8501-crt").stdout.split())
    assert "neoadjuvant: cross; definitive: rtog8501-crt" in said


def test_intent_is_that_of_the_setting() -> None:
    from typing import get_args

    from rtplan.prescription.prescription import Intent

    seen = set()
    for regimen in catalogue.load_regimens().values():
        assert regimen.site in SITES
        word = regimen.setting.partition(" ")[0].strip(",;")
        if word in get_args(Intent):
            assert regimen.intent == word
            seen.add(word)
    assert {"definitive", "neoadjuvant"} <= seen


def test_what_a_longer_course_lacks_is_not_shown_as_nothing_where_time_has_no_price() -> None:
    answer = rt.missed(rt.plan("60/30", start="2026-03-02", clinic="england"), "2026-03-10..2026-03-12")
    longer = [option for option in answer.options if option.course.elapsed_days > answer.prescribed.elapsed_days]
    assert longer
    assert all(option.known_deficit_gy is None for option in longer)
    assert all(o.known_deficit_gy == o.deficit_gy for o in answer.options if o not in longer)
    frame = answer.to_frame("options")
    shown = dict(zip(frame["id"], frame["deficit_gy"].isna(), strict=True))
    assert all(shown[option.id] for option in longer if option.id in shown)
    sited = rt.missed(rt.plan("60/30", start="2026-03-02", clinic="england", site="larynx"), "2026-03-10..2026-03-12")
    assert all(option.known_deficit_gy is not None for option in sited.options)
