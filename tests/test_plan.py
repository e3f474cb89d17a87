"""The main job: the trial's course on the real calendar of 2026, its cycles and its doses.

Proof: the worked figures of the issue (hand arithmetic beside them), and refusals word by word.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from factory import plan, unannounced_plan

from rtplan.answer import said
from rtplan.errors import ConfigError, DomainError, ScheduleError
from rtplan.interruption.missed import missed_answer
from rtplan.interruption.situation import from_dates, parse_missed

D = dt.date.fromisoformat


def row(made: Any, name: Any = "tumour") -> Any:
    return next(row for row in made.effects if row.region == name)


def note(made: Any, code: Any) -> Any:
    return next(note for note in made.notes if note.code == code)


def test_low_dose_course_over_the_spring_festival() -> None:
    made = plan()
    assert (made.course.first, made.course.last) == (D("2026-02-02"), D("2026-03-16"))
    assert made.course.overall_treatment_time_days == 43
    assert made.course.elapsed_days == 42
    assert made.prolongation_days == 10
    assert made.course.longest_gap_days == 10
    assert made.course.cumulative_gy()[-1] == 45.0


def test_cycles_over_the_spring_festival() -> None:
    made = plan()
    second, third = made.cycles[1], made.cycles[2]
    assert (second.nominal_date, second.date, second.shift_days) == (D("2026-02-23"), D("2026-02-24"), 1)
    assert (third.nominal_date, third.due_date, third.date) == (D("2026-03-16"), D("2026-03-17"), D("2026-03-17"))
    assert [cycle.concurrent for cycle in made.cycles] == [True, True, False]
    assert [cycle.interval_days for cycle in made.cycles] == [None, 22, 21]
    assert [cycle.fraction_number for cycle in made.cycles] == [1, 11, None]


def test_keeping_the_grid_leaves_an_interval_under_21_days_and_says_so() -> None:
    made = plan(policy="keep-grid")
    assert made.cycles[2].date == D("2026-03-16")
    assert made.cycles[2].interval_days == 20
    found = note(made, "cycle-interval").values
    assert found.items() >= {"cycle": 3, "interval_days": 20, "minimum_days": 21}.items()


def test_effects_with_the_surrogate_set() -> None:
    # 25 * 1.8 * (1 + 1.8/10) = 53.1; prescribed T 32: 53.1 - 0.9 * 4 = 49.5; as laid out T 42: 53.1 - 0.9 * 14 = 40.5
    made = plan()
    tumour = row(made)
    assert tumour.bed_gy == pytest.approx(53.1, abs=1e-12)
    assert tumour.time_loss_gy == pytest.approx(12.6, abs=1e-12)
    assert tumour.net_bed_gy == pytest.approx(40.5, abs=1e-12)
    assert made.prescribed_effects[0].net_bed_gy == pytest.approx(49.5, abs=1e-12)
    late = row(made, "late tissue at 100 %")
    assert (late.bed_gy, late.time_loss_gy, late.repair_gain_gy) == (pytest.approx(72.0), None, None)
    assert late.eqd2_gy == pytest.approx(43.2)


def test_both_answers_on_worked_weekends() -> None:
    made = plan()
    both = note(made, "worked-weekends")
    assert both.severity == "warning"
    assert both.values["last_not_used"] == "2026-03-16"
    assert both.values["prolongation_not_used_days"] == 10
    assert both.values["last_used"] == "2026-03-12"
    assert both.values["prolongation_used_days"] == 6
    decided = plan(worked_weekends="yes")
    assert decided.course.last == D("2026-03-12")
    assert note(decided, "worked-weekends").severity == "info"


@pytest.mark.parametrize(
    ("align", "dates", "concurrent"),
    [
        ("cycle=1", ["2026-03-02", "2026-03-23", "2026-04-13"], 2),
        ("cycle=2", ["2026-02-09", "2026-03-02", "2026-03-23"], 2),
        ("cycle=3", ["2026-01-19", "2026-02-09", "2026-03-02"], 1),
        ("before", ["2025-12-29", "2026-01-19", "2026-02-09"], 0),
    ],
)
def test_alignments_of_the_reference_data(align: Any, dates: Any, concurrent: Any) -> None:
    """index_overlap_scenarios A to D: cycle starts on RT day 1, 22, 43; -20, 1, 22; -41, -20, 1; -62, -41, -20."""
    made = plan(start="2026-03-02", align=align)
    assert [cycle.date.isoformat() for cycle in made.cycles] == dates
    assert sum(cycle.concurrent for cycle in made.cycles) == concurrent


def test_start_on_a_closed_day_moves_and_says_so() -> None:
    made = plan(start="2026-02-16")
    assert made.course.first == D("2026-02-24")
    assert "start moved 8 days, from Mon 2026-02-16 to Tue 2026-02-24" in said(note(made, "start-moved"))
    with pytest.raises(
        ScheduleError, match=r"start 2026-02-16 \(Mon\) is not possible.*next possible start is 2026-02-24"
    ):
        plan(start="2026-02-16", exact_start=True)


def test_provisional_days_of_an_unannounced_year() -> None:
    """S05: 29 to 31 December wait for the next notice, 1 January is closed by law, all of 2027 is a guess."""
    made = unannounced_plan("63/35", clinic="CN")
    numbers = [fraction.number for fraction in made.course.fractions if made.is_provisional(fraction)]
    assert made.course.last == D("2027-01-18")
    assert numbers == list(range(22, 36))
    assert note(made, "provisional").values["first_fraction"] == 22


def test_nothing_is_provisional_where_no_notices_are_made() -> None:
    assert not plan("45/25", start="2027-06-01", clinic="GB-ENG").provisional


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"clinic": "west-chna"}, "there is no clinic 'west-chna'; did you mean 'west-china'?"),
        ({"clinic": "GB"}, "GB has no Easter Monday without a subdivision: use GB-ENG"),
        ({"clinic": "XX"}, "country 'XX' is not known to the holidays library"),
        ({"tissues": ("squamos-surrogate",)}, "did you mean 'squamous-surrogate"),
        ({"tissues": ("geh-2006",)}, "tissue 'geh-2006' cannot be calculated with: its time factor has no basis"),
        ({"align": "cycle=4"}, "anchor cycle 4 is past the last of 3 cycles"),
        ({"align": "sometime"}, "align takes cycle=N"),
        ({"alpha_betas": (-3.0,)}, "--alpha-beta must lie from 0.1 to 100 Gy, got -3.0"),
        ({"alpha_betas": (float("nan"),)}, "--alpha-beta must lie from 0.1 to 100 Gy, got nan"),
        ({"regions": ("spinal cord",)}, "--region takes NAME=DOSEGy"),
        ({"regions": ("spinal cord=42.3",)}, "give the dose over the whole prescription in Gy, such as 42.3Gy"),
        ({"regions": ("spinal cord=4230",)}, "in Gy, such as 42.3Gy (or 4230cGy)"),
        ({"regions": ("spinal cord=4230mGy",)}, "in Gy, such as 42.3Gy"),
        ({"regions": ("spinal cord=42.3GyE",)}, "in Gy, such as 42.3Gy"),
        ({"regions": ("lung=35%",)}, "in Gy, such as 42.3Gy"),
        ({"regions": ("lung=0.35",)}, "in Gy, such as 42.3Gy"),
        ({"regions": ("heart=30Gy V30",)}, "region 'heart': V30 is a volume, not a dose"),
        ({"chemo": "none", "align": "before"}, "has no chemotherapy to align"),
    ],
)
def test_words_that_cannot_be_used(words: Any, message: Any) -> None:
    with pytest.raises((ConfigError, DomainError, ScheduleError)) as caught:
        plan(**words)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["spinal-cord=4230cGy", "spinal cord = 4230 cgy", "spinal cord=42.3 Gy"])
def test_an_organ_takes_its_dose_in_gy_or_cgy(text: Any) -> None:
    assert plan(regions=(text,)).effects[-1].dose_gy == 42.3


def test_a_metric_follows_cgy_too() -> None:
    assert plan(regions=("spinal cord=4230cGy Dmax",)).effects[-1].metric == "Dmax"


def test_an_organ_with_its_dose_stands_beside_its_limits() -> None:
    made = plan(regions=("spinal cord=40Gy Dmax",))
    cord = row(made, "spinal cord")
    # 25 fractions of 1.6 Gy at alpha/beta 2: 40 * (1 + 1.6/2) = 72
    assert cord.dose_gy == 40.0
    assert cord.bed_gy == pytest.approx(72.0)
    assert cord.limits
    for check in cord.limits:
        assert check.margin_gy == pytest.approx(check.limit.eqd2_gy - check.eqd2_gy)


OVER = ("70/35", "2026-03-02")
CORD = "spinal-cord=60Gy Dmax"


def test_every_exceeded_limit_that_may_hold_is_named_with_its_numbers() -> None:
    # 35 fractions of 60/35 Gy at alpha/beta 2: EQD2 = 60 * (60/35 + 2) / 4 = 55.71, above every limit of the cord that
    # is not for so many fractions: two hold for any site, one for the oesophagus, the others are objectives.
    made = plan(*OVER, clinic="weekdays", regions=(CORD,))
    notes = [note for note in made.notes if note.code == "eqd2-limit"]
    eqd2 = 60 * (60 / 35 + 2) / 4
    assert [(note.values["limit_gy"], note.severity) for note in notes] == [
        (50.0, "warning"),
        (45.0, "warning"),
        (54.0, "violation"),
    ]
    checks = {check.limit.name: check for check in row(made, "spinal-cord").limits}
    for note in notes:
        check = checks[str(note.values["limit"])]
        assert isinstance(limit := note.values["limit_gy"], float)
        assert note.values["region"] == "spinal-cord"
        assert (note.values["limit"], note.values["metric"]) == (check.limit.name, check.limit.metric)
        assert note.values["alpha_beta_gy"] == 2.0
        assert note.values["eqd2_gy"] == pytest.approx(eqd2)
        assert note.values["margin_gy"] == pytest.approx(limit - eqd2)
        assert note.values["source_verified"] is check.limit.source.verified
        assert note.values["source_known"] == check.limit.source.known
    assert said(notes[-1]) == (
        "spinal-cord: EQD2 55.71 Gy (α/β 2 Gy) is above the limit of 54 Gy, margin -1.71 Gy "
        "(QUANTEC 54 Gy; Dmax; myelopathy below 1 %; read in its source)"
    )
    assert "second-hand; stated for oesophagus, and the site of this course is not known" in said(notes[1])
    (shown,) = [note for note in made.notes if note.code == "limit-does-not-decide"]
    assert "SCOPE 40 Gy, 40 Gy (an objective of planning, no tolerance; second-hand)" in said(shown)
    assert shown.severity == "info"


def test_a_limit_that_is_just_met_is_kept() -> None:
    # 25 fractions of 1.6 Gy: EQD2 = 40 * 3.6 / 4 = 36, under 40. 20 fractions of 2 Gy: EQD2 40, at the limit of 40.
    for words, dose in ((("50/25", "2026-03-02"), 40), (("40/20", "2026-03-02"), 40)):
        made = plan(*words, clinic="weekdays", regions=(f"spinal-cord={dose}Gy Dmax",))
        assert not [note for note in made.notes if note.code == "eqd2-limit"]


def test_strict_rules_refuse_an_exceeded_limit_and_starts_and_dose_say_it_too(cli: Any) -> None:
    words = ("70/35", "--clinic", "weekdays", "--region", CORD)
    assert cli("plan", *words, "--start", "2026-03-02").exit_code == 0
    refused = cli("plan", *words, "--start", "2026-03-02", "--strict-rules")
    assert refused.exit_code == 1
    assert "EQD2 55.71 Gy (α/β 2 Gy) is above the limit of 54 Gy" in refused.stderr
    days = ("--from", "2026-03-02", "--to", "2026-03-06")
    found = json.loads(cli("starts", *words, *days, "--json").stdout)
    assert {note["code"] for start in found["starts"] for note in start["rule_breaches"]} == {"eqd2-limit"}
    assert cli("starts", *words, *days, "--strict-rules").exit_code == 1
    dose = json.loads(cli("dose", "70/35", "--region", CORD, "--json").stdout)
    assert [note["code"] for note in dose["notes"]].count("eqd2-limit") == 3


def test_plan_and_missed_say_the_same_of_a_limit() -> None:
    made = plan(*OVER, clinic="weekdays", regions=(CORD,))
    answer = missed_answer(from_dates(made, parse_missed("2026-03-11")))
    said = [note for note in (*answer.appended.notes, *answer.appended.violations) if note.code == "eqd2-limit"]
    assert said == [note for note in made.notes if note.code == "eqd2-limit"]


# ---- the command line -------------------------------------------------------------------------------------------


def test_json_is_one_document_of_the_door(cli: Any) -> None:
    result = cli("plan", "--start", "2026-02-02", "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert next(iter(data)) == "schema"
    assert data["schema"] == "rtplan.plan/1"
    assert len(data["fractions"]) == 25
    assert data["fractions"][10] == {
        "number": 11,
        "date": "2026-02-24",
        "start": None,
        "phase": "involved field",
        "dose_gy": 1.8,
        "cumulative_dose_gy": 19.8,
        "doses": [{"target": "tumour", "dose_gy": 1.8, "cumulative_dose_gy": 19.8}],
        "provisional": False,
    }
    assert (data["elapsed_days"], data["overall_treatment_time_days"], data["prolongation_days"]) == (42, 43, 10)
    assert {"date": "2026-02-17", "reason": "Chinese New Year (Spring Festival)", "provisional": False} in data[
        "closed_days"
    ]


def test_csv_is_one_table(cli: Any) -> None:
    result = cli("plan", "--start", "2026-02-02", "--csv")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert len(lines) == 26
    assert lines[0].startswith("number,date,dose_tumour_gy,cumulative_tumour_gy")
    assert lines[-1].startswith("25,2026-03-16,1.8,45.0")


def test_out_writes_a_plan_and_never_overwrites_unasked(cli: Any, tmp_path: Path) -> None:
    words = ("plan", "--start", "2026-02-02", "--out", str(tmp_path / "out"), "--only", "json")
    assert cli(*words).exit_code == 0
    kept = (tmp_path / "out" / "plan.json").read_bytes()
    again = cli(*words)
    assert again.exit_code == 1
    assert "exists already; --force overwrites it" in again.stderr
    assert (tmp_path / "out" / "plan.json").read_bytes() == kept
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["plan.json"]
    assert cli(*words, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--start", "2026-02-30"), 2, "date must be a date that exists, written YYYY-MM-DD, got '2026-02-30'"),
        (("--start", "02/03/2026"), 2, "written YYYY-MM-DD, got '02/03/2026'"),
        (("--start", "20260302"), 2, "written YYYY-MM-DD, got '20260302'"),
        ((), 2, "Missing option '--start'"),
        (("--start", "2500-01-04"), 2, "must lie from 1951-01-01 to 2097-12-31, got 2500-01-04"),
        (("--start", "1949-01-04"), 2, "must lie from 1951-01-01 to 2097-12-31, got 1949-01-04"),
        (("--start", "9999-12-30"), 2, "must lie from 1951-01-01 to 2097-12-31, got 9999-12-30"),
        (("--start", "2026-02-14", "--exact-start"), 1, "is not possible"),
        (("--start", "2090-03-06", "--no-provisional"), 1, "depend on holidays not officially announced"),
        (("--start", "2026-02-02", "--strict-rules"), 1, "prolonged by 10 days, limit 2 days for category 1"),
        (("nowhere.toml", "--start", "2026-02-02"), 1, "nowhere.toml: no such file"),
        (("--start", "2026-02-02", "--json", "--csv"), 2, "--json and --csv do not go together"),
        (("--start", "2026-02-02", "--alpha-beta", "0"), 1, "--alpha-beta must lie from 0.1 to 100 Gy, got 0"),
    ],
)
def test_refusals_are_one_sentence_without_a_traceback(cli: Any, words: Any, code: Any, message: Any) -> None:
    result = cli("plan", *words)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_the_command_stands_in_the_provenance_with_file_names_only(cli: Any, tmp_path: Path) -> None:
    result = cli("plan", "--start", "2026-02-02", "--out", str(tmp_path), "--only", "json")
    made = json.loads((tmp_path / "plan.json").read_text())["provenance"]
    assert result.exit_code == 0
    assert made["command"] == f"rtplan plan --start 2026-02-02 --out {tmp_path.name} --only json"
    assert "/" not in made["command"]
    assert {file["name"] for file in made["files"]} == {
        "west-china-low-dose.toml",
        "west-china.toml",
        "generic-q3w-x3.toml",
        "tissues.toml",
        "sites.toml",
    }
