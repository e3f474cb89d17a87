"""Whose days a course is laid on: who may name the clinic, in which order, and the refusal where nobody does."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from factory import plan

import rtplan as rt
from rtplan.cli import settings
from rtplan.clinic.days import WEEKDAYS, place_in_week, week_of
from rtplan.report.blocks import MonthGrid
from rtplan.report.formats.patient import patient_html
from rtplan.report.pages.plan import build

START = "--start 2026-03-30"
"""From here England loses Good Friday and Easter Monday, China 6 April: the clinic moves the dates."""

COMMANDS = [
    "plan 45/25 --start 2026-03-30",
    "starts 45/25 --from 2026-03-30 --to 2026-04-02",
    "compare 45/25 60/30 --start 2026-03-30",
    "dose 45/25 --to-match 50/25 --start 2026-03-30 --tissue squamous-surrogate",
]


@pytest.fixture
def user_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's settings, in a folder of the test's own."""
    path = tmp_path / "config.toml"
    monkeypatch.setattr(settings, "path", lambda: path)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_named_a_clinic(cli: Any, user_file: Path, command: str) -> None:
    refused = cli(command)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    for way in ("--clinic", "RTPLAN_CLINIC", f'clinic = "NAME" into {user_file}'):
        assert way in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_option_before_environment_before_settings(
    cli: Any, user_file: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    user_file.write_text('clinic = "weekdays"\n', encoding="utf-8")
    assert found(cli(f"{command} --json")) == ("Monday to Friday, no public holidays", "settings")
    monkeypatch.setenv("RTPLAN_CLINIC", "CN")
    assert found(cli(f"{command} --json"))[1] == "environment"
    assert "(from RTPLAN_CLINIC)" in cli(command).stdout
    assert found(cli(f"{command} --clinic england --json")) == ("a department in England", "option")


def found(done: Any) -> tuple[str, str]:
    data = json.loads(done.stdout)
    inputs, made = data.get("inputs", data), data.get("provenance", data)
    return inputs["clinic"], made["clinic_from"]


def test_the_trial_keeps_its_own_unless_the_user_names_one(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = found(cli(f"plan {START} --json"))
    assert trial == ("West China Hospital, Chengdu", "protocol")
    monkeypatch.setenv("RTPLAN_CLINIC", "england")
    assert found(cli(f"plan {START} --json")) == ("a department in England", "environment")


def test_the_same_course_ends_on_other_days(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: on weekdays the 25th fraction is on Friday 1 May; three closed days later it is on Wednesday 6 May."""
    ends = {}
    for name in ("weekdays", "england"):
        monkeypatch.setenv("RTPLAN_CLINIC", name)
        ends[name] = json.loads(cli(f"plan 45/25 {START} --json").stdout)["fractions"][-1]["date"]
    assert ends == {"weekdays": "2026-05-01", "england": "2026-05-06"}  # 3, 6 April and 4 May are closed


def test_no_clinic_is_asked_for_without_days(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTPLAN_CLINIC", "nowhere")
    assert cli("dose 45/25").exit_code == 0
    assert json.loads(cli("compare 45/25 60/30 --json").stdout)["clinic_from"] is None


@pytest.mark.parametrize(
    ("name", "said"), [("englnd", "did you mean 'england'"), ("gb-eng", "gb-eng"), ("./no.toml", "no such file")]
)
def test_a_clinic_of_the_environment_that_is_not_there(
    cli: Any, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setenv("RTPLAN_CLINIC", name)
    refused = cli(f"plan {START}")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("rtplan: RTPLAN_CLINIC: ")
    assert said in refused.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('klinic = "england"', "klinic is not a known key; did you mean 'clinic'?"),
        ("clinic = 3", "clinic: "),
        ('language = "xx"', "language takes "),
        ("clinic", "is not TOML"),
    ],
)
def test_settings_are_read_strictly(cli: Any, user_file: Path, text: str, said: str) -> None:
    user_file.write_text(text, encoding="utf-8")
    refused = cli(f"plan {START}")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"rtplan: {user_file}: ")
    assert said in refused.stderr


def test_the_language_of_the_settings_is_that_of_what_people_read(cli: Any, user_file: Path) -> None:
    user_file.write_text('language = "zh_CN"', encoding="utf-8")
    assert "处方" in cli(f"plan {START}").stdout
    assert "处方" not in cli(f"plan {START} --language en").stdout
    assert cli(f"plan {START} --json").exit_code == 0


def test_a_path_in_the_settings_is_meant_from_their_folder(cli: Any, user_file: Path) -> None:
    own = user_file.parent / "ours.toml"
    own.write_text(
        'name = "ours"\nlabel = "Ours"\ncountry = "GB"\nsubdivision = "ENG"\ntime_zone = "Europe/London"\n'
        'source = { text = "made up", verified = true }\n',
        encoding="utf-8",
    )
    user_file.write_text('clinic = "ours.toml"', encoding="utf-8")
    assert found(cli(f"plan 45/25 {START} --json")) == ("Ours", "settings")


def test_in_python_only_argument_and_protocol_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTPLAN_CLINIC", "england")
    for ask in (
        lambda: rt.plan("45/25", start="2026-03-02"),
        lambda: rt.starts("45/25", first="2026-03-02", last="2026-03-06"),
        lambda: rt.compare("45/25", start="2026-03-02"),
        lambda: rt.added("45/25", "50/25", start="2026-03-02", tissue="squamous-surrogate"),
    ):
        with pytest.raises(rt.QuestionError, match="clinic="):
            ask()
    assert rt.plan(start="2026-03-02").provenance.clinic_from == "protocol"


def test_a_revision_keeps_who_named_the_clinic() -> None:
    made = rt.plan("45/25", start="2026-03-02", clinic="england")
    answer = rt.missed(made, "2026-03-10")
    assert answer.choose(answer.options[0].id).provenance.clinic_from == "option"


# --- printed months -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("clinic", "first"), [("IR", "sat"), ("JP", "sun"), ("west-china", "mon"), ("GB-ENG", "mon")])
def test_a_printed_month_begins_where_the_country_s_weeks_do(cli: Any, clinic: str, first: str) -> None:
    made = plan("45/25", start="2026-05-04", clinic=clinic)
    grid = next(block for section in build(made).sections for block in section.blocks if isinstance(block, MonthGrid))
    assert grid.first_weekday == first
    assert grid.days[0].date.weekday() == WEEKDAYS.index(first)
    head = next(line for line in patient_html(made).splitlines() if '<thead><tr><th scope="col">' in line)
    assert head.split('<th scope="col">')[1].lower().startswith(first)
    shown = cli(f"plan 45/25 --start 2026-05-04 --clinic {clinic}").stdout
    line = next(line for line in shown.splitlines() if re.match(r"2026 +[A-Z][a-z][a-z] ", line))
    assert line.split()[1].lower() == first


@pytest.mark.parametrize("first", WEEKDAYS)
def test_weeks_of_seven_days(first: str) -> None:
    day = dt.date(2026, 3, 11)
    begin, end = week_of(day, first)
    assert begin <= day <= end
    assert (end - begin).days == 6
    assert begin.weekday() == WEEKDAYS.index(first)
    assert place_in_week(day, first) == (day - begin).days


def test_all_problems_of_the_settings_come_at_once(cli: Any, user_file: Path) -> None:
    user_file.write_text('clinc = "x"\nlanguage = "xx"\nclinic = 5\n', encoding="utf-8")
    refused = cli("plan 45/25 --start 2026-03-30")
    assert refused.exit_code == 1
    for problem in ("clinic: input should be a valid string, got 5", "clinc is not a known key", "language takes "):
        assert f"{user_file}: {problem}" in refused.stderr
