"""Files that are not as they should be: one sentence each, with file, key, value and bound; all problems at once."""

from __future__ import annotations

import pytest

from rtplan import config
from rtplan.clinic import Clinic
from rtplan.errors import ConfigError
from rtplan.protocol import Protocol

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


def problems(tmp_path, text, kind):
    path = tmp_path / "file.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config.read_toml(path, kind)
    return str(caught.value).splitlines()


def test_the_texts_are_good_before_they_are_spoilt(tmp_path):
    for text, kind in ((CLINIC, Clinic), (PROTOCOL, Protocol)):
        path = tmp_path / "good.toml"
        path.write_text(text, encoding="utf-8")
        assert config.read_toml(path, kind).name in ("here", "p")


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
        (("dose_gy = 45.0", "dose_gy = nan"), "holds nan or inf, which is not a number"),
        (("dose_gy = 45.0", "dose_gy = inf"), "holds nan or inf, which is not a number"),
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
def test_a_protocol_with_one_thing_wrong(tmp_path, change, message):
    text = PROTOCOL.replace(*change)
    assert text != PROTOCOL
    found = problems(tmp_path, text, Protocol)
    assert any(message in line for line in found), found
    assert all(line.startswith("file.toml: ") for line in found)


def test_all_problems_come_at_once(tmp_path):
    text = PROTOCOL.replace("n_fractions = 25", "n_fractions = true").replace("dose_gy", "dose_gv")
    found = problems(tmp_path, text, Protocol)
    assert len(found) == 3  # wrong type, unknown key, and the key that is missing for it


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
        ('worked_weekends = "maybe"', "worked_weekends takes unknown, yes, no, got 'maybe'"),
    ],
)
def test_a_clinic_with_one_thing_wrong(tmp_path, more, message):
    found = problems(tmp_path, f"{CLINIC}\n{more}\n", Clinic)
    assert any(message in line for line in found), found


def test_files_that_are_no_toml_or_not_there(tmp_path):
    assert "is empty" in problems(tmp_path, "  \n", Clinic)[0]
    assert "is not TOML" in problems(tmp_path, "name = ", Clinic)[0]
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    for name, message in (("latin.toml", "is not UTF-8 text"), ("none.toml", "no such file"), (".", "is a folder")):
        with pytest.raises(ConfigError, match=message):
            config.read_toml(tmp_path / name, Clinic)


def test_a_users_tissue_file_is_not_kept_for_later_calls(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[tissues]]\nname = "mine"\nlabel = "Mine"\nkind = "tumour"\nalpha_beta = 7.0\n'
        'source = { text = "test", verified = false }\n',
        encoding="utf-8",
    )
    assert config.load_tissues(path)["mine"].alpha_beta == 7.0
    assert "mine" not in config.load_tissues()
