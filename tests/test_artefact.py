"""plan.json holds everything it was made from, and reads back without loss. Proof: round trips, and damaged files."""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factory import on_two_machines, plan
from hypothesis import given, settings
from hypothesis import strategies as st

import rtplan as rt
from rtplan import __version__
from rtplan.answer import said
from rtplan.errors import ConfigError
from rtplan.planning import artefact
from rtplan.planning.plan import complete_plan, make_plan
from rtplan.report.formats.json import dumps


@pytest.fixture(scope="module")
def document() -> Any:
    return plan().document()


@settings(max_examples=25, deadline=None)
@given(
    start=st.dates(dt.date(2024, 3, 1), dt.date(2026, 10, 1)),
    protocol=st.sampled_from(["west-china-low-dose", "70/35", "41.4/23+27/18bid", "artdeco-hd", "shi-lcaf"]),
    clinic=st.sampled_from(["west-china", "england", "weekdays", "CN"]),
    times=st.sampled_from([(), (dt.time(9, 0), dt.time(15, 30))]),
)
def test_reading_what_was_written_gives_the_plan(start: Any, protocol: Any, clinic: Any, times: Any) -> None:
    made = plan(protocol, start.isoformat(), clinic=clinic, times=times)
    text = dumps(made.document())
    read = artefact.parse(json.loads(text))
    assert read == made
    assert dumps(read.document()) == text


def test_a_plan_follows_from_its_own_inputs() -> None:
    """The trimmed calendar of the artefact is enough to make the very same plan again."""
    made = plan()
    again = make_plan(made.inputs, made.provenance, made.revision)
    assert again.course == made.course
    assert again.cycles == made.cycles
    assert again.effects == made.effects


def test_sixty_open_days_are_kept_past_the_last_fraction() -> None:
    made = plan()
    calendar = made.inputs.calendar
    after = [day for day, reason in calendar.days(made.course.last, calendar.last) if reason.open]
    assert len(after) - 1 >= 60


def test_a_file_of_an_older_rtplan_is_read(document: Any) -> None:
    data = copy.deepcopy(document)
    del data["inputs"]["calendar_source"], data["revision"]["spans"]
    data["sha256"] = artefact.seal_of(data)
    assert artefact.parse(data) == replace(plan(), inputs=replace(plan().inputs, calendar_source=None))


def test_exact_doses_of_thirds() -> None:
    data = plan("35/15", clinic="weekdays", start="2026-01-05").document()
    assert data["fractions"][-1]["cumulative_dose_gy"] == 35.0
    assert data["fractions"][5]["cumulative_dose_gy"] == 14.0


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d["fractions"][3].update(dose_gy=2.0), "fractions[3].dose_gy is 2.0, its own values give 1.8"),
        (lambda d: d.update(elapsed_days=32), "elapsed_days is 32, its own values give 42"),
        (lambda d: d.update(prolongation_days=0), "prolongation_days is 0"),
        (lambda d: d["fractions"].pop(), "overall_treatment_time_days is 43"),
        (lambda d: d["fractions"][4].update(date="2026-02-30"), "fractions[4].date: "),
        (lambda d: d["inputs"].pop("prescription"), "inputs.prescription is missing"),
        (lambda d: d["inputs"].update(surprise=1), "inputs.surprise is not a known key"),
        (lambda d: d.update(surprise=1), "surprise is not a known key"),
        (lambda d: d.update(schema="rtplan.plan/9"), "schema must be 'rtplan.plan/1', got 'rtplan.plan/9'"),
        (lambda d: d.pop("cycles"), "cycles is missing"),
        (
            lambda d: d["effects"][0].update(net_bed_gy=500.0),
            "effects[0].net_bed_gy is 500.0, its own values give 40.5",
        ),
        (
            lambda d: d["effects"][0].update(time_loss_gy=0.0),
            "effects[0].time_loss_gy is 0.0, its own values give 12.6",
        ),
        (lambda d: d["cycles"][1].update(date="2026-02-25"), "cycles[1].date is '2026-02-25'"),
        (lambda d: d["inputs"].update(start="2026-02-09"), "fractions[0].date is '2026-02-02'"),
        (lambda d: d["inputs"].update(start="2025-01-01"), "cannot be made from its own inputs"),
        (lambda d: d["revision"].update(number=-1), "number must be a whole number of at least 1, got -1"),
        (lambda d: d["inputs"]["regions"][0]["tissue"].update(alpha_beta=3.0), "its own values give 3.0"),
    ],
)
def test_damaged_files_are_refused(document: Any, spoil: Any, message: Any) -> None:
    data = copy.deepcopy(document)
    spoil(data)
    with pytest.raises(ConfigError) as caught:
        artefact.parse(data)
    assert message in str(caught.value)


CONSISTENT = [
    pytest.param(lambda d: d["inputs"].update(label="another"), id="label"),
    pytest.param(lambda d: d["provenance"].update(command="rtplan plan 60/30"), id="command"),
    pytest.param(lambda d: d["notes"][0].update(message="all is well"), id="a sentence"),
    pytest.param(lambda d: d["inputs"]["limits"].update(sessions_a_week=9), id="limit"),
    pytest.param(lambda d: d.pop("sha256"), id="seal removed"),
]
"""Changes after which every figure still follows from the inputs: only the seal can tell."""


@pytest.mark.parametrize("change", CONSISTENT)
def test_a_change_by_hand_that_keeps_the_figures_is_named(document: Any, change: Any) -> None:
    data = copy.deepcopy(document)
    change(data)
    with pytest.raises(ConfigError, match="does not fit the sha256 it carries; --accept-edited"):
        artefact.parse(data)
    read = artefact.parse(data, accept_edited=True)
    assert "edited-file" in {note.code for note in read.notes}
    again = artefact.parse(read.document())  # what is written then is whole, and keeps saying so
    assert again == read


def test_an_edited_file_that_is_accepted_has_its_figures_made_again_and_names_them(tmp_path: Path) -> None:
    made = plan()
    data = json.loads(dumps(made.document()))
    data["inputs"]["regions"][0]["tissue"]["alpha_beta"] = 8.0
    path = tmp_path / "plan.json"
    path.write_text(dumps(data), encoding="utf-8")
    with pytest.raises(ConfigError, match="changed by hand"):
        artefact.read(path)
    read = artefact.read(path, accept_edited=True)
    row = read.effects[0]
    assert row.bed_gy == pytest.approx(45 * (1 + 1.8 / 8))
    (note,) = [note for note in read.notes if note.code == "edited-file"]
    keys = note.values["keys"]
    assert isinstance(keys, tuple)
    assert "effects[0].alpha_beta_gy" in keys
    assert said(note).startswith(
        "plan.json was changed by hand after it was written, and taken as it stands; made again"
    )
    revised = rt.missed(read, "2026-03-05").choose("append")
    assert "edited-file" in {note.code for note in revised.notes}


def test_the_seal_does_not_depend_on_order_or_blanks(document: Any) -> None:
    data = copy.deepcopy(document)
    turned = json.loads(json.dumps(dict(reversed(data.items())), indent=7))
    assert artefact.seal(turned) == "fits"
    assert artefact.parse(turned) == artefact.parse(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("{", "is not JSON"),
        ("[]", "schema must be"),
        ('{"schema": "rtplan.plan/1", "schema": "x"}', "gives 'schema' twice"),
        ('{"schema": NaN}', "holds NaN, which is not a number of JSON"),
    ],
)
def test_files_that_are_no_plan(tmp_path: Path, text: Any, message: Any) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        artefact.read(path)


SCRIPT = """
import sys
from factory import on_two_machines, plan
from rtplan.report.formats.json import dumps
sys.stdout.write(dumps(plan().document()))
"""


def test_the_same_bytes_whatever_locale_zone_and_hash_seed() -> None:
    here = os.path.dirname(__file__)
    outputs = set()
    for zone, language, seed in (("UTC", "C.UTF-8", "0"), ("Pacific/Kiritimati", "zh_CN.UTF-8", "1")):
        words = {**os.environ, "TZ": zone, "LANG": language, "LC_ALL": language, "LANGUAGE": language[:5]}
        words |= {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([here, os.path.dirname(here)])}
        words["PYTHONIOENCODING"] = "utf-8"
        done = subprocess.run([sys.executable, "-c", SCRIPT], env=words, capture_output=True, check=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_a_plan_of_the_first_wave_is_read_with_the_words_of_its_notes() -> None:
    """Written before notes were codes and values, before half days, spans and matched machines had keys."""
    old = Path(__file__).parent / "data" / "plan-of-wave-one.json"
    made = artefact.read(old)
    assert (made.course.first, made.course.last) == (dt.date(2026, 3, 2), dt.date(2026, 4, 3))
    written = {note["code"]: note["message"] for note in json.loads(old.read_text("utf-8"))["notes"]}
    assert {note.code: said(note) for note in made.notes} == written


def test_a_key_of_an_older_file_may_be_missing_only_where_it_says_nothing() -> None:
    old = json.loads((Path(__file__).parent / "data" / "plan-of-wave-one.json").read_text("utf-8"))
    del old["inputs"]["worked_weekends"]
    with pytest.raises(ConfigError, match="worked_weekends is missing"):
        artefact.parse(old)


def test_another_versions_rules_are_no_change_by_hand() -> None:
    """A plan whose days its own inputs no longer give: from an older rtplan it says so, from this one it is damaged."""
    made = plan(start="2026-03-02")
    moved = tuple(replace(fraction, date=fraction.date + dt.timedelta(days=7)) for fraction in made.course.fractions)
    for version, why in (("0.1.0", "made by rtplan 0.1.0, whose rules may differ"), (__version__, "changed by hand")):
        other = complete_plan(
            made.inputs,
            replace(made.course, fractions=moved),
            replace(made.provenance, rtplan=version),
            made.revision,
        )
        with pytest.raises(ConfigError, match=why):
            artefact.parse(json.loads(dumps(artefact.document(other))))


def test_the_machine_of_a_day_is_found_in_a_file_of_the_first_wave(tmp_path: Path) -> None:
    made = on_two_machines(tmp_path)
    old = json.loads(dumps(artefact.document(made)))
    for reason in old["inputs"]["calendar"]["reasons"]:
        del reason["machine"], reason["instead"]
    old["sha256"] = artefact.seal_of(old)
    assert artefact.parse(old) == made
    assert made.machine_of(dt.date(2026, 3, 11)) == "linac <B>, ground floor"
