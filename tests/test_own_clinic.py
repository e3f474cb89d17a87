"""`rtplan init` and `rtplan completion`: a clinic's own file by asking, with a terminal and without; shells."""

from __future__ import annotations

import datetime as dt
import os
import pty
import re
import select
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete

from rtplan.cli import main
from rtplan.clinic.calendar import build
from rtplan.errors import DomainError
from rtplan.library import catalogue
from rtplan.library.own_clinic import OwnClinic, closures_of_text, service_rules, toml_of

ROOT = Path(__file__).resolve().parent.parent


def test_unattended_with_every_option(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli(
        *("init", "own.toml", "--country", "Germany", "--subdivision", "bayern", "--categories", "catholic"),
        *("--name", "munich", "--label", 'Klinik "Süd"', "--time-zone", "Europe/Berlin", "--week", "mon-thu"),
        *("--worked-weekends", "no", "--closures", "2026-03-12=linac exchange; 2026-07-01..2026-07-03=move, at last"),
        *("--service-days", "2 wed | last fri", "--infusion-days", "mon-wed", "--weekend-sessions", "sat,fri"),
    )
    assert result.exit_code == 0, result.output
    clinic = catalogue.load_clinic("own.toml")
    assert (clinic.name, clinic.label, clinic.country, clinic.subdivision) == ("munich", 'Klinik "Süd"', "DE", "BY")
    assert (clinic.categories, clinic.worked_weekends) == (("public", "catholic"), "no")
    assert clinic.days.week == ("mon", "tue", "wed", "thu")
    assert [(span.first, span.last, span.reason) for span in clinic.days.closures] == [
        (dt.date(2026, 3, 12), None, "linac exchange"),
        (dt.date(2026, 7, 1), dt.date(2026, 7, 3), "move, at last"),
    ]
    assert [day.rule for day in clinic.days.service_days] == ["FREQ=MONTHLY;BYDAY=2WE", "FREQ=MONTHLY;BYDAY=-1FR"]
    assert clinic.infusion is not None
    assert clinic.infusion.week == ("mon", "tue", "wed")
    assert clinic.infusion.closures == clinic.days.closures
    assert clinic.sessions is not None
    assert clinic.sessions.weekend == ("sat", "fri")
    for way in ("--clinic ./own.toml", f"RTPLAN_CLINIC={tmp_path / 'own.toml'}", f'clinic = "{tmp_path / "own.toml"}"'):
        assert way in result.output
    assert os.listdir(tmp_path) == ["own.toml"]


@pytest.mark.parametrize("country", ["CN", "DE", "GB-SCT", "IR", "KW", "JP", "none", "中国", "united kingdom-eng"])
def test_the_defaults_make_the_days_of_the_country(cli: Any, tmp_path: Path, country: str) -> None:
    path = tmp_path / "own.toml"
    result = cli(
        "init", str(path), "--country", country, *(("--time-zone", "UTC") if country == "none" else ()), "--yes"
    )
    assert result.exit_code == 0, result.output
    code = {"中国": "CN", "united kingdom-eng": "GB-ENG", "none": "weekdays"}.get(country, country)
    first, last = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    own, theirs = (build(catalogue.load_clinic(name), first, last) for name in (str(path), code))
    assert [reason.open for _, reason in own.days(first, last)] == [
        reason.open for _, reason in theirs.days(first, last)
    ]


def test_every_line_that_is_ready_to_use_is(tmp_path: Path) -> None:
    """Take the # away in front of each, as the file says: the whole is still a clinic."""
    clinic = OwnClinic(
        name="x", label="X", country="DE", time_zone="Europe/Berlin", on=dt.date(2026, 1, 5), further=("catholic",)
    )
    text = toml_of(clinic)
    assert max(map(len, text.splitlines())) <= 120
    ready = re.sub(r"(?m)^#(?=[^ ])", "", text).replace('closures_from = "closures.ics"\n', "")
    ready = ready.replace("worked_weekends = [2027-01-31, 2027-02-20]\n", "").replace(
        'country = "DE"', 'country = "CN"'
    )
    ready = ready.replace('subdivision = "BY"\n', "").replace('categories = ["public", "catholic"]\n', "")
    path = tmp_path / "own.toml"
    path.write_text(ready, encoding="utf-8")
    found = catalogue.load_clinic(str(path))
    assert found.limits is not None
    assert found.machines
    assert found.infusion
    tomllib.loads(text)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--yes",), "--yes takes the defaults, and this has none: give --country"),
        (("--country", "CN"), "there is no terminal to ask at: give --categories"),
        ((), "there is no terminal to ask at: give --country"),
        (
            ("--country", "Germny", "--yes"),
            "--country: country 'Germny' is not known to the holidays library; did you mean",
        ),
        (("--country", "DE-XX", "--yes"), "--country: subdivision 'XX' of DE is not known; known: BB, BE"),
        (("--country", "GB", "--yes"), "give --subdivision"),
        (("--country", "US", "--yes"), "give --time-zone (Time zone (America/"),
        (("--country", "DE", "--week", "mon-xyz", "--yes"), "--week: week takes weekdays"),
        (("--country", "DE", "--categories", "carnival", "--yes"), "--categories: categories names 'carnival'"),
        (("--country", "DE", "--closures", "12.03.2026=x", "--yes"), "--closures: closures must be"),
        (
            ("--country", "DE", "--closures", "2026-03-12..2026-03-01", "--yes"),
            "--closures: last (2026-03-01) lies before",
        ),
        (("--country", "DE", "--service-days", "2 wend", "--yes"), "--service-days: service days are written 2 wed"),
        (
            ("--country", "DE", "--weekend-sessions", "fri", "--yes"),
            "--weekend-sessions: extra sessions take place on days",
        ),
        (("--country", "DE", "--time-zone", "Mars/Base", "--yes"), "--time-zone: time_zone 'Mars/Base'"),
        (("--country", "DE", "--label", "a\nb", "--yes"), "--label: must be words on one line"),
        (
            ("--country", "DE", "--worked-weekends", "perhaps", "--yes"),
            "--worked-weekends: worked-weekends takes yes, no",
        ),
        (("--country", "DE-BY", "--subdivision", "BE", "--yes"), "--subdivision: DE has BY already"),
    ],
)
def test_what_is_missing_or_wrong_is_one_sentence_and_nothing_is_written(
    cli: Any, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    result = cli("init", str(tmp_path / "own.toml"), *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_file_of_closures_is_read_before_the_clinic_gets_its_name(cli: Any, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    refused = cli("init", str(path), "--country", "DE", "--closures", "closed.csv", "--yes")
    assert refused.exit_code == 1
    assert f"{path}: is not written: " in refused.stderr
    assert "closed.csv" in refused.stderr
    assert not list(tmp_path.iterdir())
    (tmp_path / "closed.csv").write_text("first,last,reason\n2026-05-04,,move\n", encoding="utf-8")
    assert cli("init", str(path), "--country", "DE", "--closures", "closed.csv", "--yes").exit_code == 0
    assert catalogue.load_clinic(str(path)).days.closures[0].reason == "move"


def test_an_existing_file_stays_without_force(cli: Any, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("mine", encoding="utf-8")
    refused = cli("init", str(path), "--country", "DE", "--yes")
    assert (refused.exit_code, path.read_text(encoding="utf-8")) == (1, "mine")
    assert "exists already; --force overwrites it" in refused.stderr
    assert cli("init", str(path), "--country", "DE", "--yes", "--force").exit_code == 0
    assert cli("init", str(tmp_path / "own.txt"), "--country", "DE", "--yes").exit_code == 2
    assert cli("init", str(tmp_path / "no" / "own.toml"), "--country", "DE", "--yes").exit_code == 1


def test_words_of_closures_and_service_days() -> None:
    assert closures_of_text("") == ()
    assert closures_of_text("2026-03-12")[0].reason == "closed"
    on = dt.date(2026, 1, 1)
    assert service_rules("wed|FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", on) == (
        "FREQ=WEEKLY;BYDAY=WE",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
    )
    with pytest.raises(DomainError, match="FREQ=DAILY to YEARLY"):
        service_rules("FREQ=HOURLY", on)


def at_a_terminal(folder: Path, answers: list[str]) -> tuple[str, int]:
    """The command in a pseudo-terminal; each answer is typed once a question stands there."""
    lead, end = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "de_DE.UTF-8", "LC_ALL": "", "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "rtplan", "init", "own.toml"],
        cwd=folder,
        stdin=end,
        stdout=end,
        stderr=end,
        env=environment,
    )
    os.close(end)
    seen, asked, waiting = "", 0, time.monotonic() + 60
    while time.monotonic() < waiting:
        if select.select([lead], [], [], 0.2)[0]:
            try:
                seen += os.read(lead, 65536).decode("utf-8", "replace")
            except OSError:
                break
        if len(answers) > asked and len(re.findall(r"\]?: $", seen[-3:])) and seen.rstrip(" ").endswith(":"):
            os.write(lead, f"{answers[asked]}\n".encode())
            asked += 1
            seen += "\n"
    os.close(lead)
    return seen, process.wait(timeout=30)


def test_questions_at_a_terminal_are_asked_until_the_answer_is_good(tmp_path: Path) -> None:
    # country (from the locale), subdivision, categories, name, label, time zone, week, closures, service, ...
    answers = ["Germny", "", "XX", "BY", "", "munich", "", "", "sat-xyz", "mon-thu", "", "", "", "fri"]
    seen, code = at_a_terminal(tmp_path, answers)
    assert code == 0, seen
    assert "[DE]" in seen
    assert "did you mean 'germany'?" in seen
    assert "BY Bayern" in seen
    assert "catholic" in seen
    assert "subdivision 'XX' of DE is not known" in seen
    clinic = catalogue.load_clinic(str(tmp_path / "own.toml"))
    assert (clinic.country, clinic.subdivision, clinic.name, clinic.label) == ("DE", "BY", "munich", "munich")
    assert clinic.days.week == ("mon", "tue", "wed", "thu")
    assert clinic.sessions is not None
    assert clinic.sessions.weekend == ("fri",)


def test_giving_up_writes_nothing(tmp_path: Path) -> None:
    seen, code = at_a_terminal(tmp_path, ["DE", "\x04"])
    assert code == 1
    assert "Aborted!" in seen
    assert "Traceback" not in seen
    assert not list(tmp_path.iterdir())


# --- completion -----------------------------------------------------------------------------------------------------


def completed(line: str) -> list[str]:
    """What the shell offers at the end of a line."""
    *words, incomplete = line.split(" ")[1:]
    return [
        item.value for item in ShellComplete(main, {}, "rtplan", "_RTPLAN_COMPLETE").get_completions(words, incomplete)
    ]


@pytest.mark.parametrize(
    ("line", "among"),
    [
        ("rtplan mis", ["missed"]),
        ("rtplan --ver", ["--version"]),
        ("rtplan plan --clinic west", ["west-china"]),
        ("rtplan plan --clinic D", ["DE", "DK"]),
        ("rtplan plan --clinic DE-B", ["DE-BY", "DE-BW"]),
        ("rtplan workdays eng", ["england"]),
        ("rtplan plan west-china-l", ["west-china-low-dose", "west-china-low-dose-induction"]),
        ("rtplan plan --tissue spinal", ["spinal-cord"]),
        ("rtplan dose --tissue generic-l", ["generic-late"]),
        ("rtplan plan --chemo generic", ["generic-q3w-x3"]),
        ("rtplan plan --chemo no", ["none"]),
        ("rtplan missed plan.json --record-format mos", ["mosaiq"]),
        ("rtplan list reg", ["regimens"]),
        ("rtplan guide mis", ["missed"]),
        ("rtplan completion z", ["zsh"]),
        ("rtplan plan --worked-weekends y", ["yes"]),
        ("rtplan nonsense x --clinic w", []),
    ],
)
def test_the_shell_completes(line: str, among: list[str]) -> None:
    found = completed(line)
    assert set(among) <= set(found)
    assert all(name.startswith(line.rsplit(" ", maxsplit=1)[-1]) for name in found)


def test_names_of_every_kind_are_those_of_the_catalogue() -> None:
    assert set(completed("rtplan compare ")) == set(catalogue.load_regimens())
    assert set(completed("rtplan plan --tissue ")) == set(catalogue.load_tissues())
    assert set(completed("rtplan workdays ")) == set(catalogue.names("clinics"))


def test_completion_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom click.shell_completion import ShellComplete\nfrom rtplan.cli import main\n"
        "c = ShellComplete(main, {}, 'rtplan', '_RTPLAN_COMPLETE')\n"
        "assert c.get_completions(['plan', '--tissue'], 'spi') and c.get_completions(['dose'], 'c')\n"
        "assert c.get_completions([], 'pl') and c.get_completions(['plan', '--clinic'], 'w')\n"
        "print([name for name in ('pandas', 'pydantic', 'numpy', 'holidays', 'babel', 'rich') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(cli: Any, shell: str) -> None:
    result = cli("completion", shell)
    assert result.exit_code == 0
    assert "_RTPLAN_COMPLETE" in result.stdout
    assert "rtplan" in result.stdout


def test_version(cli: Any) -> None:
    assert cli("-V").stdout == cli("--version").stdout
    assert cli("-V").stdout.startswith("rtplan, version ")
