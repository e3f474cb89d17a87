"""Files that are not as they should be: one sentence each, with file, key, value and bound; all problems at once."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from factory import FIXED

from rtplan.clinic import calendar
from rtplan.clinic.clinic import Clinic
from rtplan.errors import ConfigError, DomainError
from rtplan.library import catalogue
from rtplan.library import read as reader
from rtplan.library.protocol import Protocol
from rtplan.planning import regions, resolve
from rtplan.planning.plan import make_plan
from rtplan.prescription import notation
from rtplan.prescription.prescription import simple

CLINIC = """
name = "here"
label = "Here"
country = "CN"
time_zone = "Asia/Shanghai"
source = { text = "test", verified = false }
"""
PROTOCOL = """
name = "p"
label = "P"
sources = [{ text = "test", verified = false }]
[prescription]
name = "45/25"
[[prescription.phases]]
name = "phase"
n_fractions = 25
totals = [{ target = "tumour", dose_gy = 45.0 }]
"""


def problems(tmp_path: Path, text: Any, kind: Any) -> Any:
    path = tmp_path / "file.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        reader.read_toml(path, kind)
    return str(caught.value).splitlines()


def test_the_texts_are_good_before_they_are_spoilt(tmp_path: Path) -> None:
    kinds: tuple[tuple[str, Any], ...] = ((CLINIC, Clinic), (PROTOCOL, Protocol))
    for text, kind in kinds:
        path = tmp_path / "good.toml"
        path.write_text(text, encoding="utf-8")
        assert reader.read_toml(path, kind).name in ("here", "p")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("n_fractions = 25", "n_fractions = 0"), "must be a whole number of at least 1 and at most 999, got 0"),
        (("n_fractions = 25", "n_fractions = -5"), "must be a whole number of at least 1 and at most 999, got -5"),
        (
            ("n_fractions = 25", "n_fractions = 25.0"),
            "prescription.phases[0].n_fractions: input should be a valid integer, got 25.0",
        ),
        (("n_fractions = 25", "n_fractions = 25.5"), "prescription.phases[0].n_fractions: "),
        (
            ("n_fractions = 25", "n_fractions = true"),
            "prescription.phases[0].n_fractions: input should be a valid integer, got True",
        ),
        (
            ("n_fractions = 25", 'n_fractions = "25"'),
            "prescription.phases[0].n_fractions: input should be a valid integer, got '25'",
        ),
        (
            ("dose_gy = 45.0", "dose_gy = nan"),
            "prescription.phases[0].totals[0].dose_gy: must be a finite number, got nan",
        ),
        (("dose_gy = 45.0", "dose_gy = inf"), "totals[0].dose_gy: must be a finite number, got inf"),
        (("dose_gy = 45.0", "dose_gy = 4500.0"), "is 180 Gy per fraction, above 100 Gy: is it 1.8 Gy, written in cGy?"),
        (
            ('label = "P"', 'label = "P"\ncategory = 7'),
            "category must be a whole number of at least 1 and at most 3, got 7",
        ),
        (("dose_gy = 45.0", "dose_gy = -45.0"), "dose_gy must be greater than 0 Gy, got -45.0"),
        (
            ("dose_gy = 45.0", 'dose_gy = "45"'),
            "prescription.phases[0].totals[0].dose_gy: input should be a valid number, got '45'",
        ),
        (
            ("dose_gy = 45.0", "dose_gv = 45.0"),
            "prescription.phases[0].totals[0].dose_gv is not a known key; did you mean 'dose_gy'?",
        ),
        (("n_fractions = 25\n", ""), "prescription.phases[0].n_fractions is missing"),
        (('label = "P"', 'label = "P"\nclinc = "x"'), "clinc is not a known key; did you mean 'clinic'?"),
        (("verified = false", 'verified = "no"'), "sources[0].verified: input should be a valid boolean, got 'no'"),
    ],
)
def test_a_protocol_with_one_thing_wrong(tmp_path: Path, change: Any, message: Any) -> None:
    text = PROTOCOL.replace(*change)
    assert text != PROTOCOL
    found = problems(tmp_path, text, Protocol)
    assert any(message in line for line in found), found
    assert all(line.startswith(f"{tmp_path / 'file.toml'}: ") for line in found)


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    text = PROTOCOL.replace("n_fractions = 25", "n_fractions = true").replace("dose_gy", "dose_gv")
    found = problems(tmp_path, text, Protocol)
    assert len(found) == 3  # wrong type, unknown key, and the key that is missing for it


def test_an_unknown_key_hides_no_wrong_value_of_its_table(tmp_path: Path) -> None:
    text = PROTOCOL.replace("n_fractions = 25", "n_fractions = 0\nfractoins = 3")
    assert [line.split(": ", 1)[1] for line in problems(tmp_path, text, Protocol)] == [
        "prescription.phases[0].fractoins is not a known key; did you mean 'n_fractions'?",
        "prescription.phases[0]: n_fractions must be a whole number of at least 1 and at most 999, got 0",
    ]


REGION = """
[[regions]]
name = "late"
tissue = "generic-late"
"""


def refused(tmp_path: Path, text: Any, load: Any = catalogue.load_protocol) -> Any:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines), lines
    return [line.removeprefix(f"{path}: ") for line in lines]


def test_a_dose_that_may_be_cgy_is_refused_in_a_file_but_not_with_its_unit(tmp_path: Path) -> None:
    """34 Gy in one fraction is treated (lung), so notation takes it with its unit; a file has no unit beside it."""
    high = PROTOCOL.replace("n_fractions = 25", "n_fractions = 1").replace("45.0", "34.0")
    (found,) = refused(tmp_path, high)
    assert found.startswith("prescription.phases[0]: dose_gy of 34 Gy to 'tumour' in 1 fractions is 34 Gy per fraction")
    assert "above 30 Gy: is it 0.34 Gy, written in cGy?" in found
    assert notation.parse("34Gy/1").total_gy("tumour") == 34.0
    assert notation.parse("80.5Gyx1").total_gy("tumour") == 80.5
    with pytest.raises(DomainError, match=r"180 Gy per fraction, above 100 Gy: is it 1\.8 Gy, written in cGy"):
        simple(4500.0, 25)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('clinic = "west-chna"', "clinic = 'west-chna': there is no clinic 'west-chna'; did you mean 'west-china'?"),
        ('chemo = "tp-q3v"', "chemo = 'tp-q3v': there is no chemo 'tp-q3v'; did you mean "),
        ('chemo = "generic-q3w-x3"\nalign = "cycle=7"', "align = 'cycle=7': "),
        ('chemo = "generic-q3w-x3"\nalign = "soon"', "align = 'soon': align takes cycle=N"),
    ],
)
def test_names_inside_a_protocol_are_named_with_file_and_key(tmp_path: Path, change: Any, message: Any) -> None:
    (found,) = refused(tmp_path, PROTOCOL.replace('label = "P"', f'label = "P"\n{change}'))
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (REGION + REGION, "regions names 'late' twice"),
        (REGION + 'target = "node"', "regions[0].target: there is no target 'node' in the prescription; known: tumour"),
        (
            REGION + 'shares = [{ target = "node", share = 0.5 }]',
            "regions[0].shares[0].target: there is no target 'node'",
        ),
        (
            REGION + 'shares = [{ target = "tumour", share = 0.5, phase = "boost" }]',
            "regions[0].shares[0].phase: there is no phase 'boost' in the prescription; known: phase",
        ),
        (REGION + "stated_dose_gy = -1.0", "regions 'late': stated_dose_gy must be 0 Gy or greater, got -1.0"),
    ],
)
def test_regions_of_a_protocol(tmp_path: Path, more: Any, message: Any) -> None:
    assert refused(tmp_path, PROTOCOL + more)[0].startswith(message)


def test_countries_of_a_clinic_are_named_with_file_and_key(tmp_path: Path) -> None:
    (found,) = refused(tmp_path, CLINIC.replace('"CN"', '"XX"'), catalogue.load_clinic)
    assert found.startswith("country = 'XX': country 'XX' is not known to the holidays library")
    (found,) = refused(tmp_path, CLINIC.replace('"CN"', '"DE"\nsubdivision = "ZZ"'), catalogue.load_clinic)
    assert found.startswith("subdivision = 'ZZ': subdivision 'ZZ' of DE is not known; known: BB, BE")


def test_a_file_is_named_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for typed, message in (
        ("./", "./: is a folder"),
        ("./no.toml", "./no.toml: no such file"),
        ("no.toml", "no.toml: no"),
    ):
        with pytest.raises(ConfigError) as caught:
            catalogue.load_clinic(typed)
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("[days]\nweek = []", "week is empty and no extra day is open: the unit would be open on no day"),
        ('[days]\nweek = ["monday"]', "week takes mon, tue, wed, thu, fri, sat, sun, got 'monday'"),
        (
            '[days]\nclosures = [{ first = 2026-03-05, last = 2026-03-01, reason = "x" }]',
            "days.closures[0]: last (2026-03-01) lies before first (2026-03-05)",
        ),
        ('[days]\nclosures = [{ first = "soon", reason = "x" }]', "days.closures[0].first: "),
        (
            '[days]\nservice_days = [{ rule = "EVERY TUESDAY", first = 2026-01-06, reason = "x" }]',
            "days.service_days[0]: rule must be an RFC 5545 rule",
        ),
        (
            '[days]\nservice_days = [{ rule = "FREQ=MONTHLY;BYDAY=9XX", first = 2026-01-06, reason = "x" }]',
            "days.service_days[0]: rule is not an RFC 5545 rule",
        ),
        (
            '[infusion]\nworked_weekends = "maybe"',
            "infusion: worked_weekends takes yes, no, as the clinic, got 'maybe'",
        ),
        ('[days]\nworked_weekends = "no"', "days.worked_weekends is for other units"),
        (
            '[days]\nextra_open = [{ first = 2026-03-11, reason = "x" }]\n'
            'service_days = [{ rule = "FREQ=MONTHLY;BYDAY=2WE", first = 2026-01-01, reason = "y" }]',
            "days: 2026-03-11 is both a service day (FREQ=MONTHLY;BYDAY=2WE) and in extra_open",
        ),
        ('worked_weekends = "maybe"', "worked_weekends takes unknown, yes, no, got 'maybe'"),
    ],
)
def test_a_clinic_with_one_thing_wrong(tmp_path: Path, more: Any, message: Any) -> None:
    found = problems(tmp_path, f"{CLINIC}\n{more}\n", Clinic)
    assert any(message in line for line in found), found


def test_files_that_are_no_toml_or_not_there(tmp_path: Path) -> None:
    assert "is empty" in problems(tmp_path, "  \n", Clinic)[0]
    assert "is not TOML" in problems(tmp_path, "name = ", Clinic)[0]
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    for name, message in (("latin.toml", "is not UTF-8 text"), ("none.toml", "no such file"), (".", "is a folder")):
        with pytest.raises(ConfigError, match=message):
            reader.read_toml(tmp_path / name, Clinic)


def test_mistyped_kinds_are_all_named_with_what_they_take(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[[tissues]]\nname = "mine"\nlabel = "Mine"\nkind = "tumor"\nalpha_beta = 7.0\n'
        'source = { text = "a", verified = true }\n'
        'repopulation = { rate = 1, basis = "EQD2", kick_off_day = 3, source = { text = "a", verified = true } }\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        catalogue.load_tissues(str(path))
    assert caught.value.problems == (
        "tissues[0]: kind takes tumour, late, acute, got 'tumor'",
        "tissues[0].repopulation: basis takes bed, eqd2, got 'EQD2'",
    )


def test_a_users_tissue_file_is_not_kept_for_later_calls(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[tissues]]\nname = "mine"\nlabel = "Mine"\nkind = "tumour"\nalpha_beta = 7.0\n'
        'source = { text = "test", verified = false }\n',
        encoding="utf-8",
    )
    assert catalogue.load_tissues(path)["mine"].alpha_beta == 7.0
    assert "mine" not in catalogue.load_tissues()


def test_tissues_a_protocol_names_and_regions_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(PROTOCOL + REGION.replace("generic-late", "generic-lat"), encoding="utf-8")
    where = resolve.Where()
    with pytest.raises(ConfigError, match=r"regions.0..tissue: there is no tissue 'generic-lat'; did you"):
        resolve.protocol_regions(catalogue.load_protocol(str(path)), where)
    cord = ("spinal cord=42Gy", "Spinal Cord=30Gy")
    with pytest.raises(DomainError, match="there is a region 'spinal cord' already, give each one once"):
        regions.stated_regions(cord)
    path.write_text(PROTOCOL + REGION.replace("late", "spinal cord", 1), encoding="utf-8")
    with pytest.raises(DomainError, match="there is a region 'spinal cord' already"):
        resolve.protocol_regions(catalogue.load_protocol(str(path)), resolve.Where(regions=cord[:1]))


# --- the examples a user starts from ---------------------------------------------------------------------------------

SHIPPED = catalogue.directory()
GUIDE = (SHIPPED.parent / "rtplan" / "docs" / "files.md").read_text(encoding="utf-8")


def uncommented(kind: Any, name: Any) -> Any:
    """A shipped file with every line in use that is ready to be: # and no blank."""
    return re.sub(r"^#(?=\S)", "", (SHIPPED / kind / f"{name}.toml").read_text(encoding="utf-8"), flags=re.MULTILINE)


def blocks(first: Any) -> Any:
    found = re.findall(rf"```toml\n# {first}\n(.*?)```", GUIDE, flags=re.DOTALL)
    return [pytest.param(text, id=f"guide {first} {place}") for place, text in enumerate(found, 1)]


@pytest.mark.parametrize(
    "text",
    [pytest.param(uncommented("clinics", "west-china"), id="west-china"), *blocks("clinic")],
)
def test_examples_of_a_clinic_load_and_build(tmp_path: Path, text: Any) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(text, encoding="utf-8")
    found = catalogue.load_clinic(str(path))
    assert dict(found.record_columns)["date"] == "Datum"
    assert found.infusion is not None
    start = dt.date(2026, 6, 1)
    inputs = resolve.inputs_of(resolve.protocol_of("45/25"), start, resolve.Where(clinic=str(path)))
    assert inputs.infusion is not None
    assert inputs.calendar.reason(dt.date(2026, 3, 12)).kind == "closure"
    assert inputs.calendar.reason(dt.date(2026, 4, 8)).kind == "service"
    assert not inputs.infusion.is_open(dt.date(2026, 3, 6))


def test_every_block_of_the_shipped_clinic_is_used(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(uncommented("clinics", "west-china"), encoding="utf-8")
    found = catalogue.load_clinic(str(path))
    assert (len(found.days.closures), len(found.machines), found.notices[0].year) == (2, 1, 2027)
    assert found.limits is not None
    assert found.start_rules.minimum_first_run == 2
    assert found.record_date_format == "%d.%m.%Y"
    assert not calendar.build(found, dt.date(2027, 1, 1), dt.date(2027, 12, 31)).is_open(dt.date(2027, 2, 8))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(uncommented("protocols", "west-china-low-dose"), id="west-china-low-dose"),
        *blocks("protocol"),
    ],
)
def test_examples_of_a_protocol_load_and_plan(tmp_path: Path, text: Any) -> None:
    path = tmp_path / "protocol.toml"
    path.write_text(text, encoding="utf-8")
    found = catalogue.load_protocol(str(path))
    assert found.prescription.targets == ("tumour", "nodes")
    inputs = resolve.inputs_of(found, dt.date(2026, 3, 2), resolve.Where())
    made = make_plan(inputs, FIXED)
    assert len(made.course.fractions) == found.prescription.n_fractions
    assert len(made.effects) == len(found.regions)


def test_columns_of_records_are_pairs_or_a_table(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    for written in ('{ "Datum" = "date" }', '[["date", "Datum"]]'):
        path.write_text(CLINIC + f"record_columns = {written}\n", encoding="utf-8")
        assert catalogue.load_clinic(str(path)).record_columns == (("date", "Datum"),)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ('{ "Datum" = "day" }', "each once: 'day' is not one of them"),
        ('{ "A" = "date", "B" = "date" }', "'date' is given to two"),
    ],
)
def test_columns_of_records_have_one_known_meaning_each(tmp_path: Path, columns: Any, message: Any) -> None:
    (found,) = refused(tmp_path, f"{CLINIC}record_columns = {columns}\n", catalogue.load_clinic)
    assert found.startswith("record_columns takes date, time, fraction, dose_gy, status, target, phase")
    assert message in found


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            '[sessions]\nweekend = ["fri"]\n',
            "sessions: weekend names 'fri', a working day there (mon, tue, wed, thu, fri)",
        ),
        ('[days]\nweek = ["mon", "sat"]\n[sessions]\nweekend = ["sat"]\n', "sessions: weekend names 'sat', a working"),
    ],
)
def test_extra_weekend_sessions_take_place_on_days_of_rest(tmp_path: Path, more: str, message: str) -> None:
    (found,) = refused(tmp_path, CLINIC + more, catalogue.load_clinic)
    assert found.startswith(message)
    assert "on days of rest (" in found


def test_friday_is_a_day_of_rest_where_the_weekend_is_friday_and_saturday(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(CLINIC.replace('"CN"', '"KW"') + '[sessions]\nweekend = ["fri"]\n', encoding="utf-8")
    found = catalogue.load_clinic(str(path)).sessions
    assert found is not None
    assert found.weekend == ("fri",)


# --- all problems at once, names included ---------------------------------------------------------------------------

FIVE: dict[str, tuple[Any, str, list[str]]] = {
    "protocol: types, unknown key, names": (
        catalogue.load_protocol,
        """
name = "p"
label = 7
clinc = "england"
clinic = "west-chna"
chemo = "tp-q3v"
align = "soon"
category = 9
sources = [{ text = "test", verified = false }]
[prescription]
name = "45/25"
[[prescription.phases]]
name = "phase"
n_fractions = 0
totals = [{ target = "tumour", dose_gy = -45.0 }]
[[regions]]
name = "late"
tissue = "generic-lat"
stated_dose_gy = nan
[[regions]]
name = "cord"
tissue = "spinal-cord"
target = "node"
shares = [{ target = "tumour", share = 0.5, phase = "boost" }]
""",
        [
            "label: input should be a valid string, got 7",
            "regions[0].stated_dose_gy: must be a finite number, got nan",
            "clinc is not a known key; did you mean 'clinic'?",
            "clinic = 'west-chna': there is no clinic 'west-chna'; did you mean 'west-china'?",
            "chemo = 'tp-q3v': there is no chemo 'tp-q3v'; did you mean ",
            "align = 'soon': align takes cycle=N, before, start=DAYS",
            "prescription.phases[0].totals[0]: dose_gy must be greater than 0 Gy, got -45.0",
            "regions[0].tissue: there is no tissue 'generic-lat'; did you mean 'generic-late'?",
            "regions[1].target: there is no target 'node' in the prescription; known: tumour",
            "regions[1].shares[0].phase: there is no phase 'boost' in the prescription; known: phase",
        ],
    ),
    "protocol: a dose in cGy beside names": (
        catalogue.load_protocol,
        PROTOCOL.replace("n_fractions = 25", "n_fractions = 1\nbreak_days = -1\nconcomitant_from = 0")
        + 'pattern = { interval_h = -6.0, weekdays = ["mon", "tues"], fractions_per_day = 9 }\n'
        + '[[regions]]\nname = "a"\ntissue = "oesophagus"\n',
        [
            "prescription.phases[0].pattern: weekdays takes mon, tue, wed, thu, fri, sat, sun, got 'tues'",
            "prescription.phases[0].pattern: fractions_per_day must be a whole number of at least 1 and at most 4",
            "prescription.phases[0].pattern: interval_h must be greater than 0 h, got -6.0",
            "regions[0].tissue: there is no tissue 'oesophagus'",
        ],
    ),
    "clinic": (
        catalogue.load_clinic,
        """
name = "here"
label = "Here"
country = "DE"
subdivision = "ZZ"
categories = ["public", "carnival"]
time_zone = "Europe/Berln"
worked_weekends = "maybe"
record_format = "mosaik"
source = { text = "test", verified = "no" }
[days]
week = ["mon", "tues", "mon"]
closures = [{ first = 2026-03-12, last = 2026-03-01, reason = "x" }]
[sessions]
weekend = ["sat", "fri"]
[limits]
sessions_a_week = 99
interval_h = -6.0
hard = ["no-such-rule"]
""",
        [
            "subdivision = 'ZZ': subdivision 'ZZ' of DE is not known; known: BB, BE",
            "categories = 'carnival': categories names 'carnival', which DE",
            "time_zone 'Europe/Berln' is not an IANA time zone",
            "worked_weekends takes unknown, yes, no, got 'maybe'",
            "record_format: there is no record format 'mosaik'; did you mean 'mosaiq'?",
            "source.verified: input should be a valid boolean, got 'no'",
            "days.closures[0]: last (2026-03-01) lies before first (2026-03-12)",
            "limits: sessions_a_week must be a whole number of at least 1 and at most 14, got 99",
            "limits: interval_h must be greater than 0 h, got -6.0",
            "limits: rule takes ",
        ],
    ),
    "clinic: country, columns, sessions": (
        catalogue.load_clinic,
        """
name = "here"
label = "Here"
country = "CN"
time_zone = "Asia/Chengdu"
worked_weeks = "no"
record_columns = { "Datum" = "date", "Dosis" = "dosis" }
source = { text = "", verified = true }
[sessions]
weekend = ["fri"]
[days]
closures = [{ first = "2026-03-12", reason = "x" }]
""",
        [
            "time_zone 'Asia/Chengdu' is not an IANA time zone",
            "worked_weeks is not a known key; did you mean 'worked_weekends'?",
            "record_columns takes date, time",
            "source: source must say where the number comes from",
            "sessions: weekend names 'fri', a working day there",
        ],
    ),
    "tissues": (
        catalogue.tissues_of,
        """
[[tissues]]
name = "a"
label = "A"
kind = "tumor"
alpha_beta = -3.0
source = { text = "test", verified = false }
[[tissues]]
name = "a"
label = "A"
kind = "late"
alpha_beta = 3.0
model = "LQL"
gamma_over_alpha = -1.0
source = { text = "test", verified = false }
[[tissues]]
name = "b"
label = "B"
kind = "tumour"
alpha_beta = -10.0
gamma_over_alpha = -2.0
sauce = 1
source = { text = "test", verified = false }
""",
        [
            "tissues[0]: kind takes ",
            "tissues[0]: alpha_beta must be greater than 0 Gy, got -3.0",
            "tissues[1]: model takes ",
            "tissues[1]: gamma_over_alpha must be greater than 0, got -1.0",
            "tissues[2]: alpha_beta must be greater than 0 Gy, got -10.0",
            "tissues[2]: gamma_over_alpha must be greater than 0, got -2.0",
            "tissues[2].sauce is not a known key; did you mean 'source'?",
            "tissues names 'a' twice",
        ],
    ),
    "chemotherapy": (
        catalogue.load_chemo,
        """
name = "c"
label = "C"
n_cycles = 3
cycle_length_days = 21
minimum_interval_days = 28
window_days = -1
policy = "reancor"
anchor = { kind = "soon" }
source = { text = "test", verified = false }
[[drugs]]
name = "cisplatin"
day = [0]
every_days = 0
source = { text = "test", verified = false }
[[drugs]]
name = "paclitaxel"
source = { text = "test", verified = false }
""",
        [
            "window_days must be a whole number of at least 0, got -1",
            "policy takes reanchor, keep-grid, nearest-open, got 'reancor'",
            "anchor: kind takes cycle, before, start, after, date, got 'soon'",
            "drugs[0]: drug 'cisplatin': day must be 1 or greater",
            "drugs[0]: drug 'cisplatin': every_days goes with doses",
            "drugs[0]: every_days must be a whole number of at least 1, got 0",
            "drugs[1]: drug 'paclitaxel' has no days",
        ],
    ),
    "record format": (
        catalogue.load_record_format,
        """
name = "r"
label = 5
delimiter = "-"
header_row = 0
columns = { "Datum" = "dates", "Dosis" = "dose_gy" }
date_formats = ["%d.%m"]
statuses = { "ok" = "given" }
optional = ["Ort"]
source = { text = "test", verified = false }
""",
        [
            "label: input should be a valid string, got 5",
            "delimiter takes ",
            "columns: 'Datum' = 'dates': takes date, time",
            "columns: no column is the date",
            "date_formats: '%d.%m' must hold day, month and year",
            "statuses: 'ok' = 'given': takes delivered",
            "optional names 'Ort'",
            "header_row must be a whole number of at least 1 and at most 1000, got 0",
        ],
    ),
}


@pytest.mark.parametrize("case", FIVE)
def test_all_kinds_of_mistakes_come_in_one_run(tmp_path: Path, case: str) -> None:
    load, text, messages = FIVE[case]
    found = refused(tmp_path, text, load)
    for message in messages:
        assert any(line.startswith(message) for line in found), f"{message}\nnot among\n" + "\n".join(found)
    assert len(set(found)) == len(found)


def test_tissues_of_the_users_file_are_known_to_a_protocol(tmp_path: Path) -> None:
    own = tmp_path / "tissues.toml"
    source = 'source = { text = "t", verified = false }'
    own.write_text(f'[[tissues]]\nname = "mine"\nlabel = "M"\nkind = "late"\nalpha_beta = 3.0\n{source}\n', "utf-8")
    path = tmp_path / "own.toml"
    path.write_text(PROTOCOL + '[[regions]]\nname = "a"\ntissue = "mine"\n', encoding="utf-8")
    assert catalogue.load_protocol(str(path), own).regions[0].tissue == "mine"
    with pytest.raises(ConfigError, match="there is no tissue 'mine'"):
        catalogue.load_protocol(str(path))
