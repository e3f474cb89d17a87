"""A plan.json recomputed: what was changed is named, today's data are told by cause, the sheet agrees by hand."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import rtplan as rt
from rtplan.planning import artefact
from rtplan.planning.plan import make_plan
from rtplan.report.formats.json import dumps

STAMP = "2026-01-15T09:00:00+08:00"


def written(folder: Path, **words: Any) -> Path:
    plan = rt.plan(**{"start": "2026-02-02", "stamp": STAMP} | words)
    return plan.save(folder, only="json")[0]


def resealed(path: Path, change: Any) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    data["sha256"] = artefact.seal_of(data)
    path.write_text(dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"protocol": "45/25+14.4/8", "clinic": "england", "region": "spinal cord=44Gy Dmax"},
        {"protocol": "45Gy/30bid", "clinic": "weekdays", "tissue": "voyant-oesophagus"},
        {"protocol": "54Gy/36 tid", "clinic": "weekdays", "region": "spinal cord=40Gy Dmax"},
        {"protocol": "35/15", "clinic": "weekdays", "tissue": "withers-1988"},
        {"protocol": "60/8 3/week", "clinic": "weekdays", "alpha_beta": [8.0]},
    ],
)
def test_a_plan_as_written_is_in_order_and_every_line_of_the_sheet_agrees(tmp_path: Path, words: Any) -> None:
    result = rt.verify(written(tmp_path, **words), stamp=STAMP)
    assert result.passed
    assert result.seal == "fits"
    assert (result.own, result.today) == ((), ())
    assert {step.agrees for step in result.sheet} <= {True, None}
    assert sum(step.quantity == "net BED" for step in result.sheet) == len(result.plan.effects)


def test_the_sheet_of_the_readme_by_hand(tmp_path: Path) -> None:
    """25 x 1.8 x 1.18 = 53.1; 0.9 x (42 - 28) = 12.6; 40.5 / 1.2 = 33.75."""
    result = rt.verify(written(tmp_path))
    of = {step.quantity: step for step in result.sheet if step.region in ("", "tumour")}
    assert of["BED"].numbers == "25 × 1.8 × (1 + 1.8/10)"
    assert of["BED"].value == pytest.approx(53.1)
    assert of["loss to time"].numbers == "0.9 × max(0, 42 − 28)"
    assert of["net EQD2"].value == pytest.approx(33.75)
    assert (of["T"].value, of["overall time"].value, of["prolongation"].value) == (42, 43, 10)


def test_the_numbers_of_the_sheet_give_its_values(tmp_path: Path) -> None:
    """Each line is read as arithmetic, by Python itself."""
    path = written(tmp_path, protocol="45/25+10/4", clinic="weekdays", region="spinal cord=40Gy Dmax")
    for step in rt.verify(path).sheet:
        if step.region and step.numbers != "–":
            text = step.numbers.replace("×", "*").replace("−", "-").replace("^", "**")
            assert re.fullmatch(r"[\d.e+*/(), max-]+", text), text
            assert eval(text) == pytest.approx(step.value, abs=1e-6), step.numbers


def test_a_value_changed_by_hand_is_named_with_what_recomputation_finds(tmp_path: Path, cli: Any) -> None:
    path = written(tmp_path)
    resealed(path, lambda d: d["effects"][0].update(net_bed_gy=49.5))
    result = rt.verify(path)
    assert not result.passed
    assert ("effects[0].net_bed_gy", 49.5, pytest.approx(40.5)) in [(d.key, d.kept, d.made) for d in result.own]
    printed = cli("verify", str(path))
    assert printed.exit_code == 1
    assert "effects[0].net_bed_gy" in printed.output
    step = next(step for step in result.sheet if (step.region, step.quantity) == ("tumour", "net BED"))
    assert step.agrees is False


def test_a_change_that_keeps_the_figures_breaks_the_seal(tmp_path: Path, cli: Any) -> None:
    path = written(tmp_path)
    text = path.read_text(encoding="utf-8").replace("rtplan.plan", "rtplan.plan", 1)
    path.write_text(text.replace('"label": "', '"label": "X ', 1), encoding="utf-8")
    result = rt.verify(path)
    assert result.seal == "changed"
    assert not result.passed
    assert cli("verify", str(path)).exit_code == 1
    refused = cli("missed", str(path), "--missed", "2026-02-27")
    assert refused.exit_code == 1
    assert "--accept-edited" in refused.output
    accepted = cli("missed", str(path), "--missed", "2026-02-27", "--accept-edited", "--json")
    assert accepted.exit_code == 0


def test_days_that_are_other_today_are_told_with_their_cause_and_what_they_move(tmp_path: Path) -> None:
    """An announced day taken back: the file keeps 27 February as closed; today's calendar has it open."""
    path = written(tmp_path)
    plan = rt.read(path)
    calendar = plan.inputs.calendar
    day = plan.course.fractions[13].date
    closed = calendar.with_days(
        lambda d, reason: replace(reason, open=False, kind="holiday", text="a guess") if d == day else reason
    )
    old = rt.artefact.document(
        make_plan(replace(plan.inputs, calendar=closed), replace(plan.provenance, holidays="0.1"), plan.revision)
    )
    path.write_text(dumps(old), encoding="utf-8")
    result = rt.verify(path)
    assert result.passed  # the file itself is whole
    assert [(entry.cause, entry.key) for entry in result.today] == [("holiday data", day.isoformat())]
    moved = {entry.figure: (entry.kept, entry.today) for entry in result.moved}
    assert moved["last"] == ("2026-03-17", "2026-03-16")
    assert moved["tumour: net BED"] == ("39.60", "40.50")


def test_a_tissue_that_is_other_today(tmp_path: Path) -> None:
    path = written(tmp_path)
    plan = rt.read(path)
    region = plan.inputs.regions[1]
    other = replace(region, tissue=replace(region.tissue, alpha_beta=2.5))
    regions = (plan.inputs.regions[0], other, *plan.inputs.regions[2:])
    made = make_plan(replace(plan.inputs, regions=regions), plan.provenance, plan.revision)
    path.write_text(dumps(artefact.document(made)), encoding="utf-8")
    result = rt.verify(path)
    assert [(e.cause, e.key, e.kept, e.today) for e in result.today] == [
        ("tissue data", "generic-late.alpha_beta", "2.5", "3.0")
    ]


def test_the_chain_of_revisions(tmp_path: Path, cli: Any) -> None:
    path = written(tmp_path)
    second = rt.missed(path, "2026-02-27", stamp=STAMP).choose("append").save(tmp_path, only="json")[0]
    third = rt.missed(second, "2026-03-05", stamp=STAMP).choose("append").save(tmp_path, only="json")[0]
    result = rt.verify(third, earlier=[path, second])
    assert [(link.revision, link.file) for link in result.chain] == [(3, "plan-r2.json"), (2, "plan.json")]
    assert result.passed
    assert cli("verify", str(third)).exit_code == 0  # those beside it are found
    alone = rt.verify(third)
    assert [link.file for link in alone.chain] == [""]
    assert not alone.passed
    resealed(second, lambda d: d["provenance"].update(command="another"))
    assert not rt.verify(third, earlier=[path, second]).passed


def test_a_file_of_the_first_wave_carries_no_seal() -> None:
    result = rt.verify(Path(__file__).parent / "data" / "plan-of-wave-one.json")
    assert result.seal == "none"
    assert result.passed
    assert "seal-absent" in {note.code for note in result.notes}


def test_a_clinic_of_its_own_is_asked_only_when_given(tmp_path: Path) -> None:
    clinic = tmp_path / "ours.toml"
    text = (
        'name = "ours"\nlabel = "ours"\ncountry = "GB"\nsubdivision = "ENG"\ntime_zone = "Europe/London"\n'
        'worked_weekends = "no"\nsource = { text = "x", verified = true }\n'
    )
    clinic.write_text(text, encoding="utf-8")
    path = written(tmp_path, protocol="45/25", clinic=str(clinic), start="2026-03-02")
    alone = rt.verify(path)
    assert [note.code for note in alone.unchecked] == ["not-held-against-today"]
    assert rt.verify(path, clinic=str(clinic)).unchecked == ()
    clinic.write_text(
        text + '[days]\nclosures = [{ first = 2026-03-12, last = 2026-03-12, reason = "linac" }]\n', encoding="utf-8"
    )
    (changed,) = rt.verify(path, clinic=str(clinic)).today
    assert (changed.cause, changed.key) == ("clinic file", "2026-03-12")


def test_what_is_no_plan_is_refused(tmp_path: Path, cli: Any) -> None:
    path = tmp_path / "plan.json"
    path.write_text("{}", encoding="utf-8")
    result = cli("verify", str(path))
    assert result.exit_code == 1
    assert "schema must be" in result.output


def test_the_seal_covers_every_key(tmp_path: Path) -> None:
    document = rt.read(written(tmp_path)).document()
    for key in document:
        data = copy.deepcopy(document)
        data[key] = "other"
        assert artefact.seal(data) == "changed", key
