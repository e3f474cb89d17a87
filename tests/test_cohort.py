"""Many courses. Proof: each row is what `rtplan plan` and `rtplan missed` say of it, and a second calculation's."""

import datetime as dt
import json
import math
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from independent_cohort import ENGLAND, row, walked

import rtplan as rt
from rtplan.records.courses import chunks
from rtplan.report.formats import rows as row_formats

SURROGATE = "squamous-surrogate"
STAMP = "2026-01-15T09:00:00+00:00"
SOME = ("45/25", "60/30", "54/36bid", "40/15", "30f x 1.8Gy 3/week", "50/25 + 10/5", "48/4", "west-china-low-dose")


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


def rows_of(frame: pd.DataFrame) -> Any:
    return frame.itertuples()


def random_rows(seed: int, count: int) -> pd.DataFrame:
    chance = random.Random(seed)
    days = [dt.date(2023, 6, 1) + dt.timedelta(days=chance.randrange(1100)) for _ in range(count)]
    clinics = [chance.choice(("west-china", "england", "CN", "SA", "DE-BY")) for _ in range(count)]
    regimens = [chance.choice(SOME) for _ in range(count)]
    return table(id=[f"p{k}" for k in range(count)], regimen=regimens, clinic=clinics, start=days)


# --- a row is a plan --------------------------------------------------------------------------------------------------


OWN = """
[[tissues]]
name = "our-tumour"
label = "our tumour"
kind = "tumour"
alpha_beta = 12.0
source = { text = "our department", verified = true }
[tissues.repopulation]
rate = 0.6
basis = "bed"
kick_off_day = 21
source = { text = "our department", verified = true }
[tissues.repair]
half_times_h = [1.5]
overnight = OVERNIGHT
source = { text = "our department", verified = true }
"""


@pytest.mark.parametrize("kind", ["shipped", "repairs", "repairs overnight"])
def test_a_row_is_the_plan_of_its_course(kind: str, tmp_path: Path) -> None:
    own = tmp_path / "tissues.toml"
    own.write_text(OWN.replace("OVERNIGHT", str("overnight" in kind).lower()), encoding="utf-8")
    tissue, file = (SURROGATE, None) if kind == "shipped" else ("our-tumour", own)
    asked = random_rows(3, 60)
    answer = rt.cohort(asked, tissue=tissue, tissue_file=file)
    frame = answer.to_frame().set_index("id")
    assert answer.n_rejected == 0, answer.rejects
    for item in rows_of(asked):
        plan = rt.plan(
            item.regimen, start=item.start, clinic=item.clinic, tissue=tissue, tissue_file=file, no_start_rules=True
        )
        found = frame.loc[item.id]
        course = plan.course
        assert (found.planned_first.date(), found.planned_last.date()) == (course.first, course.last)
        assert found.planned_overall_days == course.overall_treatment_time_days
        assert found.planned_prolongation_days == plan.prolongation_days
        assert found.planned_longest_gap_days == course.longest_gap_days
        assert found.n_fractions == len(course.fractions)
        assert found.provisional == plan.inputs.calendar.depends_on_provisional(course.first, course.last)
        if plan.cycles:
            assert found.cycle_windows_kept == all(cycle.within_window for cycle in plan.cycles)
        else:
            assert found.cycle_windows_kept is pd.NA
        effect = next(effect for effect in plan.effects if effect.kind == "tumour")
        prescribed = next(effect for effect in plan.prescribed_effects if effect.kind == "tumour")
        same(found.planned_bed_gy, effect.bed_gy)
        same(found.planned_time_loss_gy, effect.time_loss_gy)
        same(found.planned_net_bed_gy, effect.net_bed_gy)
        same(found.planned_net_eqd2_gy, effect.net_eqd2_gy)
        same(found.prescribed_net_bed_gy, prescribed.net_bed_gy)
        assert found.tissue == effect.tissue


def same(found: float, expected: float | None) -> None:
    if expected is None:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-11)


@pytest.mark.parametrize("regimen", ["45/25", "60/30", "50/25 + 10/5"])
@pytest.mark.parametrize("seed", range(3))
def test_a_delivered_row_is_the_option_of_missed_that_it_was(regimen: str, seed: int) -> None:
    """Every option that keeps the doses per fraction, as if it had been chosen and given."""
    chance = random.Random(seed)
    start = dt.date(2026, 3, 2) + dt.timedelta(days=7 * chance.randrange(20))
    plan = rt.plan(regimen, start=start, clinic="england", tissue=SURROGATE, no_start_rules=True)
    days = sorted(chance.sample(plan.course.dates[2:-4], 2))
    missed = rt.missed(plan, [day.isoformat() for day in days])
    options = [o for o in missed.options if _same_doses(o.course, plan.course)]
    assert options
    asked = table(
        id=[option.id for option in options],
        start=[start.isoformat()] * len(options),
        first=[plan.course.first.isoformat()] * len(options),
        last=[option.course.last.isoformat() for option in options],
        n_given=[len(plan.course.fractions)] * len(options),
    )
    frame = rt.cohort(asked, regimen=regimen, clinic="england", tissue=SURROGATE).to_frame()
    for option, found in zip(options, rows_of(frame), strict=True):
        effect = next(item.row for item in option.effects if item.row.kind == "tumour")
        same(found.net_bed_gy, effect.net_bed_gy)
        same(found.net_eqd2_gy, effect.net_eqd2_gy)
        same(found.time_loss_gy, effect.time_loss_gy)
        assert found.overall_days == option.course.overall_treatment_time_days
        assert found.prolongation_days == option.course.elapsed_days - missed.prescribed.elapsed_days
        assert found.delay_days == (option.course.last - plan.course.last).days


def _same_doses(course: Any, planned: Any) -> bool:
    return sorted(course.doses_gy()) == sorted(planned.doses_gy())


def test_rows_are_those_of_a_second_calculation() -> None:
    chance = random.Random(7)
    tumour = next(e for e in rt.plan("45/25", start="2026-03-02", clinic="england", tissue=SURROGATE).effects)
    parameters = tumour.parameters
    rate = parameters.repopulation.bed_rate(parameters.alpha_beta)  # type: ignore[union-attr]
    numbers = (parameters.alpha_beta, rate, parameters.repopulation.kick_off_day)  # type: ignore[union-attr]
    rows = []
    for k in range(300):
        total, n = chance.choice(((45.0, 25), (60.0, 30), (50.4, 28), (40.05, 15)))
        start = walked(dt.date(2024, 1, 2) + dt.timedelta(days=chance.randrange(960)), 1, ENGLAND)[0]
        end = walked(start, n, ENGLAND)[-1] + dt.timedelta(days=chance.randrange(9))
        given = chance.choice((n, n, n - 3))
        rows.append((f"{k:03d}", f"{total}/{n}", start, end, given, row(start, total, n, end, given, numbers)))
    columns = dict(
        zip(("id", "regimen", "start", "last", "n_given"), zip(*[r[:5] for r in rows], strict=True), strict=True)
    )
    frame = rt.cohort(table(**columns), clinic="england", tissue=SURROGATE).to_frame()
    assert frame.id.tolist() == [r[0] for r in rows]
    found: Any
    for (*_, expected), found in zip(rows, frame.to_dict("records"), strict=True):
        for name, value in expected.items():
            if isinstance(value, dt.date):
                assert found[name].date() == value
            elif isinstance(value, float) and math.isnan(value):
                assert pd.isna(found[name])
            else:
                assert found[name] == pytest.approx(value, rel=1e-11, abs=1e-10), name


def test_what_cannot_be_known_is_null_and_not_nothing() -> None:
    asked = table(
        id=list("abcd"),
        start=["2026-03-02"] * 4,
        last=[None, "2026-04-20", "2026-04-20", "2026-04-20"],
        n_given=[None, None, 20, 25],
    )
    frame = rt.cohort(asked, regimen="45/25", clinic="england", alpha_beta=10.0).to_frame().set_index("id")
    assert frame.loc["a", ["overall_days", "prolongation_days", "limit_kept", "missed_days"]].isna().all()
    assert frame.loc["b", "overall_days"] == 50
    assert frame.loc["b", ["prolongation_days", "given_dose_gy", "net_bed_gy"]].isna().all()
    assert frame.loc["c", "given_dose_gy"] == pytest.approx(36.0)
    assert frame.loc["c", ["prolongation_days", "delay_days"]].isna().all(), "an unfinished course has none"
    assert frame.loc["d", "delay_days"] == 13
    tumour = frame.time_loss_gy
    assert tumour.isna().all(), "an alpha/beta alone has no time factor"
    assert frame.lost_gy.isna().all()
    given = rt.cohort(asked, regimen="45/25", clinic="england", tissue=SURROGATE, all_given=True).to_frame()
    assert given.n_given.tolist()[1:] == [25, 20, 25]


def test_the_site_of_a_row_is_that_of_its_plan() -> None:
    asked = table(id=["a", "b", "c"], start=["2026-03-30"] * 3, site=["oesophagus", "", "nowhere"])
    answer = rt.cohort(asked, regimen="45/25", clinic="england")
    for name, found in zip(("oesophagus", None), rows_of(answer.to_frame()), strict=True):
        plan = rt.plan("45/25", start="2026-03-30", clinic="england", site=name, no_start_rules=True)
        effect = next(effect for effect in plan.effects if effect.kind == "tumour")
        assert found.tissue == effect.tissue
        same(found.planned_time_loss_gy, effect.time_loss_gy)
        same(found.planned_net_bed_gy, effect.net_bed_gy)
        category = plan.inputs.limits.category
        assert pd.isna(found.category) if category is None else found.category == category
    assert "nowhere" in answer.rejects[0].reason
    frame = answer.to_frame()
    assert math.isnan(frame.planned_lost_gy[1]), "no site and no tissue, no time factor"


def test_a_clinic_that_changes_its_week_is_laid_out_start_by_start() -> None:
    """The Emirates went from Sunday to Thursday to Monday to Friday on 1 January 2022."""
    asked = table(id=["x", "y", "z"], start=["2021-12-05", "2021-12-06", "2022-02-07"])
    frame = rt.cohort(asked, regimen="45/25", clinic="AE").to_frame()
    for start, found in zip(asked.start, rows_of(frame), strict=True):
        plan = rt.plan("45/25", start=start, clinic="AE", no_start_rules=True)
        assert found.planned_last.date() == plan.course.last
        assert found.planned_prolongation_days == plan.prolongation_days


# --- what was delivered -----------------------------------------------------------------------------------------------


def delivered(chance: random.Random, regimen: str, start: str) -> tuple[list[dict[str, Any]], Any, Any]:
    """Lines of a record of a course with missed days, some made up for; the plan, and what `missed` says of it."""
    plan = rt.plan(regimen, start=start, clinic="england", tissue=SURROGATE, no_start_rules=True)
    dates = list(plan.course.dates)
    lost = sorted(chance.sample(dates[2:-4], 2))
    answer = rt.missed(plan, [day.isoformat() for day in lost])
    options = [option for option in answer.options if _same_doses(option.course, plan.course)]
    course = chance.choice(options).course
    given = course.fractions[: len(course.fractions) - chance.choice((0, 0, 3))]
    lines = [{"fraction": f.number, "date": f.date.isoformat(), "dose_gy": f"{f.doses_gy[0]:.10g}"} for f in given]
    return lines, plan, given


@pytest.mark.parametrize("seed", range(4))
def test_a_record_says_what_missed_says_of_it(seed: int, tmp_path: Path) -> None:
    chance = random.Random(100 + seed)
    courses, lines, plans = [], [], {}
    for k in range(4):
        regimen = chance.choice(("45/25", "60/30", "54/36bid"))
        start = (dt.date(2026, 3, 2) + dt.timedelta(days=7 * chance.randrange(20))).isoformat()
        mine, plan, _ = delivered(chance, regimen, start)
        courses.append({"id": f"p{k}", "regimen": regimen, "start": start})
        lines += [{"id": f"p{k}", **line} for line in mine]
        file = tmp_path / f"p{k}.csv"
        pd.DataFrame(mine).to_csv(file, index=False)
        plans[f"p{k}"] = plan, rt.missed(plan, record=file)
    chance.shuffle(courses)
    asked = {"clinic": "england", "tissue": SURROGATE}
    answer = rt.cohort(pd.DataFrame(courses), records=pd.DataFrame(lines), **asked)  # type: ignore[arg-type]
    assert answer.n_rejected == 0, answer.rejects
    for found in rows_of(answer.to_frame()):
        plan, missed = plans[found.id]
        effect = next(row for row in missed.delivered_effects if row.kind == "tumour")
        same(found.net_bed_gy, effect.net_bed_gy)
        same(found.net_eqd2_gy, effect.net_eqd2_gy)
        same(found.time_loss_gy, effect.time_loss_gy)
        course: Any = missed.delivered
        assert (found.first.date(), found.last.date(), found.n_given) == (
            course.first,
            course.last,
            len(course.fractions),
        )
        assert found.longest_gap_days == course.longest_gap_days
        assert found.missed_days == len(missed.situation.missed_days)
        if missed.situation.slots:
            assert pd.isna(found.prolongation_days)
        else:
            assert found.delay_days == (course.last - plan.course.last).days
            assert found.prolongation_days == course.elapsed_days - missed.prescribed.elapsed_days


RECORD = """id,date,dose_gy,status,physician
a,2026-03-02,1.8,,X
a,2026-03-03,1.8,,X
a,2026-03-05,1.8,,X
a,2026-03-07,1.8,,X
b,2026-03-02,1.8,,X
b,2026-03-33,1.8,,X
c,2026-03-02,1.8,,X
"""


def test_a_day_missed_and_made_up_for_on_a_saturday(tmp_path: Path) -> None:
    record = tmp_path / "given.csv"
    record.write_text(RECORD, encoding="utf-8")
    asked = table(
        id=["a", "b", "d"], start=["2026-03-02"] * 3, n_given=[None, None, 5], last=[None, None, "2026-03-06"]
    )
    answer = rt.cohort(asked, regimen="9/5", clinic="england", tissue=SURROGATE, records=record)
    frame = answer.to_frame().set_index("id")
    names = ["n_given", "missed_days", "compensated_sessions", "longest_gap_days", "delay_days"]
    assert frame.loc[["a"], names].to_numpy().tolist() == [[4, 2, 1, 1, pd.NA]]
    own = frame.loc[["d"]]
    assert own.delay_days.tolist() == [0], "without a record the table's own ends count"
    assert own.missed_days.isna().all()
    assert [(reject.id, reject.line) for reject in answer.rejects] == [("b", 1), ("c", 8)]
    assert "line 7: date must be a date that exists" in answer.rejects[0].reason
    assert answer.rejects[1].reason == "no row of the table has the id of this record"
    twice = rt.cohort(table(id=["a", "a"], start=["2026-03-02"] * 2), regimen="9/5", clinic="england", records=record)
    assert twice.rejects[0].reason[:16] == "id: a row before"
    other = rt.cohort(
        table(id=["a"], start=["2026-03-02"], n_given=[5]), regimen="9/5", clinic="england", records=record
    )
    assert other.rejects[0].reason == "n_given: says 5, and the records have 4"


def test_one_row_a_fraction_is_a_table_too(cli: Callable[..., Any], tmp_path: Path) -> None:
    """The columns of the course stand on each of its lines; its start is the first day, where none is stated."""
    lines = [line for line in RECORD.splitlines() if not line.startswith("b")]
    own = ["id,date,dose_gy,status,physician,regimen,arm", *(f"{line},9/5,low" for line in lines[1:])]
    own.append("e,2026-03-02,1.8,,X,9/5,low")
    own.append("e,2026-03-03,1.8,,X,10/5,low")
    file = tmp_path / "fractions.csv"
    file.write_text("\n".join(own) + "\n", encoding="utf-8")
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    frame.to_parquet(tmp_path / "fractions.parquet")
    record = tmp_path / "given.csv"
    record.write_text(RECORD, encoding="utf-8")
    expected = rt.cohort(
        table(id=["a", "c"], start=["2026-03-02"] * 2, regimen="9/5", arm="low"), clinic="england", records=record
    )
    for asked in (file, frame, tmp_path / "fractions.parquet"):
        answer = rt.cohort(asked, clinic="england")
        assert [(reject.id, reject.reason) for reject in answer.rejects] == [
            ("e", "regimen differs between the lines of this id")
        ]
        pd.testing.assert_frame_equal(answer.to_frame(), expected.to_frame())
    assert len(cli("cohort", str(file), "--clinic", "england", "--csv").stdout.splitlines()) == 3


def test_lines_that_name_no_course_are_refused(tmp_path: Path) -> None:
    record = tmp_path / "given.csv"
    record.write_text("id,date,dose_gy\n,2026-03-02,1.8\na,2026-03-02\n", encoding="utf-8")
    with pytest.raises(rt.ConfigError, match="line 2: names no course in column 'id'"):
        rt.cohort(table(id=["a"], start=["2026-03-02"]), regimen="9/5", clinic="england", records=record)


# --- the table --------------------------------------------------------------------------------------------------------


COURSES = """id,protocol,start,clinic,arm,category,end,fractions_given,name
001,45/25,2026-02-02,west-china,low,1,2026-03-18,25,Zhang
"007,x",60/30,2026-03-02,england,standard,1,2026-04-14,30,Smith
-9,45/25,2026-03-30,england,low,2,,,
010,45/25,2026-13-30,england,low,1,,,
011,45/25,2026-03-30,atlantis,low,1,,,
012,45/25,2026-03-30
013,50/25,2026-03-02,england,standard,1,2026-04-03,20,
014,50/25,2026-05-04,england,standard,1,2026-06-05,25,
015,50/25,2026-03-02,england,standard,4,2026-02-01,x,
016,50/25,2026-03-02,england,standard,1,2026-02-01,25,
"""

REASONS = {
    5: "start must be a date that exists, written YYYY-MM-DD, got '2026-13-30'",
    6: "there is no clinic 'atlantis'",
    7: "the line has 3 cells for 9 columns",
    9: "state the day it did begin in a column first",
    10: "category: must be a whole number from 1 to 3, got '4'",
    11: "last: lies before the first fraction",
}


@pytest.fixture
def courses(tmp_path: Path) -> Path:
    path = tmp_path / "courses.csv"
    path.write_text(COURSES, encoding="utf-8")
    return path


def test_bad_rows_are_counted_and_named_and_never_lost(courses: Path) -> None:
    answer = rt.cohort(courses)
    assert (answer.n_read, answer.n_answered, answer.n_rejected) == (10, 4, 6)
    assert answer.to_frame().id.tolist() == ["001", "007,x", "-9", "013"]
    assert [reject.line for reject in answer.rejects] == list(REASONS)
    for reject in answer.rejects:
        assert REASONS[reject.line] in reject.reason
    assert answer.notes[0].values["count"] == 6
    with pytest.raises(rt.ConfigError, match=r"courses.csv: line 5: .*got '2026-13-30'"):
        rt.cohort(courses, strict=True)


def test_the_same_whatever_the_chunk(courses: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rt.cohort(courses, stamp=STAMP)
    parts: list[Any] = []
    monkeypatch.setitem(chunks.__kwdefaults__ or {}, "size", 2)
    again = rt.cohort(courses, stamp=STAMP)
    rt.cohort(courses, stamp=STAMP, sink=parts.append)
    pd.testing.assert_frame_equal(whole.to_frame(), again.to_frame())
    assert again.document() == whole.document()
    assert len(parts) == 5
    assert again.rejects == whole.rejects


def test_csv_spreadsheet_parquet_and_frame_say_the_same(courses: Path, tmp_path: Path) -> None:
    lines = [line for line in COURSES.splitlines() if not line.startswith("012")]
    courses.write_text("\n".join(lines) + "\n", encoding="utf-8")
    frame = pd.read_csv(courses, dtype=str, keep_default_na=False)
    typed = frame.assign(end=pd.to_datetime(frame.end), category=pd.to_numeric(frame.category))
    frame.to_parquet(tmp_path / "courses.parquet")
    typed.to_excel(tmp_path / "courses.xlsx", index=False)
    expected = rt.cohort(courses).to_frame()
    for other in (frame, typed, tmp_path / "courses.parquet", tmp_path / "courses.xlsx"):
        pd.testing.assert_frame_equal(rt.cohort(other).to_frame(), expected)


def test_columns_may_have_other_names() -> None:
    asked = table(MRN=["a"], Beginn=["2026-03-02"], Ende=["2026-04-03"])
    answer = rt.cohort(
        asked, regimen="45/25", clinic="england", column={"id": "MRN", "start": "Beginn", "last": "Ende"}
    )
    assert answer.to_frame()[["id", "overall_days"]].to_numpy().tolist() == [["a", 33]]
    with pytest.raises(rt.ConfigError, match="no column 'Start', which start is to be read from"):
        rt.cohort(asked, column="start=Start")
    with pytest.raises(rt.QuestionError, match="--column takes id, regimen"):
        rt.cohort(asked, column="beginning=Beginn")
    with pytest.raises(rt.ConfigError, match="has no column start"):
        rt.cohort(asked)
    with pytest.raises(rt.ConfigError, match="last stands in two columns"):
        rt.cohort(table(start=["2026-03-02"], last=[""], end=[""]))


def test_bands_are_the_users_own(courses: Path, tmp_path: Path) -> None:
    assert rt.cohort(courses).to_frame().deviation.isna().all()
    frame = rt.cohort(courses, band=["delay_days=0,5", "dose_percent=5,10"]).to_frame()
    assert [None if pd.isna(value) else value for value in frame.deviation] == ["minor", "none", None, "major"]
    file = tmp_path / "bands.toml"
    file.write_text("[bands.delay_days]\nminor = 0\nmajor = 5\n[bands.dose_percent]\nminor = 5\nmajor = 10\n")
    answer = rt.cohort(courses, bands=file)
    pd.testing.assert_frame_equal(answer.to_frame(), frame)
    arms = {group.value: group.deviations for group in answer.groups if group.by == "arm" and group.basis == "planned"}
    assert arms == {"low": (0, 1, 0, 1), "standard": (1, 0, 1, 0)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("delay_days", "must be such as delay_days=1,5"),
        ("delay_days=5,1", "major 1 lies below minor 5"),
        ("weight=1,5", "takes prolongation_days, delay_days"),
        ("delay_days=-1,5", "minor of delay_days"),
    ],
)
def test_bands_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(rt.DomainError, match=message):
        rt.cohort(table(start=["2026-03-02"]), band=text)


def test_the_summary_is_that_of_its_rows() -> None:
    asked = random_rows(11, 400).assign(arm=["low", "standard"] * 200)
    asked = asked[asked.regimen != "west-china-low-dose"]
    ends = [(day + dt.timedelta(days=30 + k % 40)).isoformat() for k, day in enumerate(asked.start)]
    asked = asked.assign(first=asked.start, last=ends)
    answer = rt.cohort(asked, tissue=SURROGATE, all_given=True)
    frame = answer.to_frame()
    for group in answer.groups:
        month = frame.planned_first.dt.strftime("%Y-%m")
        by: Any = month if group.by == "month" else frame.get(group.by)
        mine = frame if group.by == "all" else frame[by == group.value]
        before = "planned_" if group.basis == "planned" else ""
        days, lost = mine[f"{before}prolongation_days"].dropna(), mine[f"{before}lost_gy"].dropna()
        assert (group.n_courses, group.n_known, group.n_lost_known) == (len(mine), len(days), len(lost))
        assert group.within_percent == pytest.approx([100 * (days <= bound).mean() for bound in (0, 1, 2, 5, 7)])
        assert group.lost_gy == pytest.approx(np.percentile(lost, [5, 25, 50, 75, 95]).tolist())
    assert sum(count for _, count in answer.histogram) == len(frame)
    assert {group.by for group in answer.groups} == {"all", "month", "clinic", "arm"}


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_rows_summary_and_rejects(cli: Callable[..., Any], courses: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    done = cli("cohort", str(courses), "--out", str(out), "--rows", "csv,xlsx,parquet", "--stamp", STAMP)
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == {
        "cohort.json", "cohort.html", "cohort.xlsx", "cohort.pdf", "summary.csv", "courses.csv", "courses.xlsx",
        "courses.parquet", "rejects.csv",
    } - ({"cohort.pdf"} if not (out / "cohort.pdf").exists() else set())  # fmt: skip
    expected = rt.cohort(courses).to_frame()
    read = pd.read_csv(out / "courses.csv", dtype={"id": str}, parse_dates=["start", "planned_first"])
    assert read.id.tolist() == ["001", "007,x", "-9", "013"]
    np.testing.assert_array_equal(read.net_bed_gy, expected.net_bed_gy)
    assert read.planned_last.tolist() == expected.planned_last.dt.strftime("%Y-%m-%d").tolist()
    packed = pd.read_parquet(out / "courses.parquet")
    assert packed.columns.tolist() == expected.columns.tolist()
    np.testing.assert_array_equal(packed.lost_gy, expected.lost_gy)
    assert pd.read_excel(out / "courses.xlsx", dtype={"id": str}, engine="openpyxl").id.tolist() == expected.id.tolist()
    rejects = pd.read_csv(out / "rejects.csv", dtype=str, keep_default_na=False)
    assert rejects.line.astype(int).tolist() == list(REASONS)
    assert not any("001" in path.name or "Smith" in path.name for path in out.iterdir())
    assert "Smith" not in (out / "cohort.html").read_text(encoding="utf-8")
    assert json.loads((out / "cohort.json").read_text(encoding="utf-8"))["rows"]["rejected"] == 6


def test_json_and_csv_stand_alone_on_stdout(cli: Callable[..., Any], courses: Path) -> None:
    document = json.loads(cli("cohort", str(courses), "--json", "--stamp", STAMP).stdout)
    assert document["schema"] == "rtplan.cohort/1"
    assert document["groups"] == rt.cohort(courses, stamp=STAMP).document()["groups"]
    done = cli("cohort", str(courses), "--csv")
    assert done.stdout.splitlines()[0].startswith("id,arm,regimen,clinic")
    assert len(done.stdout.splitlines()) == 5
    assert "line 7: the line has 3 cells" in done.stderr


def test_nothing_is_left_of_a_run_that_fails(cli: Callable[..., Any], courses: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    done = cli("cohort", str(courses), "--out", str(out), "--strict")
    assert done.exit_code == 1
    assert not out.exists()
    out.mkdir()
    (out / "courses.csv").write_text("mine", encoding="utf-8")
    done = cli("cohort", str(courses), "--out", str(out))
    assert (done.exit_code, "exists already" in done.output) == (1, True)
    assert [path.name for path in out.iterdir()] == ["courses.csv"]
    assert cli("cohort", str(courses), "--out", str(out), "--force").exit_code == 0


def test_an_interrupted_run_leaves_nothing_half(courses: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"

    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), row_formats.row_files(out, ("csv", "xlsx", "parquet")) as files:
        rt.cohort(courses, sink=files.write, step=stop)
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rows", "stata"], "--rows takes csv, xlsx, parquet, got 'stata'"),
        (["--region", "spinal cord=40Gy Dmax"], "--region is of one plan"),
        (["--delimiter", ";"], "has no column start"),
        (["--tissue", "squamus"], "there is no tissue"),
        (["--clinic", "englend"], "there is no clinic 'englend'"),
        (["--regimen", "rubbish"], "there is no regimen 'rubbish'"),
        (["--band", "delay_days=x"], "must be such as delay_days=1,5"),
    ],
)
def test_what_makes_no_question_is_refused(
    cli: Callable[..., Any], courses: Path, words: list[str], message: str
) -> None:
    done = cli("cohort", str(courses), *words)
    assert done.exit_code in (1, 2)
    assert message in done.output


def test_files_that_are_no_table_are_refused(cli: Callable[..., Any], tmp_path: Path) -> None:
    for name, content, message in (
        ("a.csv", b"\xff\xfe\x00", "UTF-16"),
        ("a.csv", b"start\n\xe4\xf6\n", "is not UTF-8 text"),
        ("a.csv", b"", "has no column start"),
        ("a.csv", b"id;start\n1;2026-03-02\n", "semicolons"),
        ("a.parquet", b"PAR1 no", "cannot be read as parquet"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        done = cli("cohort", str(path), "--regimen", "45/25", "--clinic", "england")
        assert message in done.output, (content, done.output)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_are_not_waited_for(cli: Callable[..., Any], courses: Path, tmp_path: Path) -> None:
    for name in ("a.csv", "a.parquet", "a"):
        os.mkfifo(tmp_path / name)
        assert "is a pipe or a device" in cli("cohort", str(tmp_path / name)).output
    done = cli("cohort", str(courses), "--records", str(tmp_path / "a.csv"))
    assert "is a pipe or a device" in done.output


def test_parquet_without_pyarrow_is_refused_in_one_sentence(
    cli: Callable[..., Any], courses: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    done = cli("cohort", str(courses), "--out", str(tmp_path / "r"), "--rows", "parquet")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "pip install rtplan[parquet]" in done.stderr
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    assert "pip install rtplan[parquet]" in cli("cohort", str(tmp_path / "a.parquet")).stderr


def test_text_of_the_user_is_never_a_formula(tmp_path: Path) -> None:
    asked = table(id=["=1+1", "-5", 'a"b', "\x1b[2J"], start=["2026-03-02"] * 4)
    parts: list[Any] = []
    rt.cohort(asked, regimen="45/25", clinic="england", sink=parts.append)
    lines = row_formats.csv_lines(parts[0]).splitlines()
    assert [line.split(",")[0] for line in lines] == ["'=1+1", "-5", '"a""b"', "\\u001b[2J"]
