"""Proof by comparison and by order: each candidate is the plan of its day, and the ranking is read off one by one."""

import csv
import datetime as dt
import io
import itertools
import json
import time
from dataclasses import replace
from typing import Any

import pytest
from factory import FIXED, plan

import rtplan
from rtplan.answer import said
from rtplan.clinic.clinic import Days, Span
from rtplan.clinic.days import Reason
from rtplan.clinic.limits import StartRules
from rtplan.errors import DomainError, ScheduleError
from rtplan.planning import resolve
from rtplan.planning.inputs import start_obstacle
from rtplan.questions.starts import Start, StartSearch, search
from rtplan.report.formats.html import to_html
from rtplan.report.formats.terminal import to_text
from rtplan.report.language import plural
from rtplan.report.pages.starts import _in_short, starts_table, why_below
from rtplan.report.registry import report

D = dt.date.fromisoformat


def starts(
    first: str, last: str, protocol: str = resolve.DEFAULT_PROTOCOL, max_wait: int | None = None, **where: Any
) -> StartSearch:
    found = resolve.protocol_of(protocol)
    inputs = resolve.inputs_of(found, D(first), resolve.Where(**where), until=D(last))
    return search(inputs, D(last), FIXED, max_wait=max_wait)


def ranked(result: StartSearch) -> list[str]:
    return [start.date.isoformat() for start in result.starts]


# --- every candidate is a plan --------------------------------------------------------------------------------------


def test_every_start_is_the_plan_of_its_day() -> None:
    result = starts("2026-01-19", "2026-02-27")
    assert len(result.starts) == 24  # four weeks, and 24 to 27 February
    for start in result.starts:
        made = plan(start=start.date.isoformat(), exact_start=True)
        assert start.course == made.course
        assert start.prolongation_days == made.prolongation_days
        assert start.effect == made.effects[0]
        assert [cycle.date for cycle in start.cycles] == [cycle.date for cycle in made.cycles]
        broken = [note for note in made.notes if note.severity == "violation"]
        beside = [note for note in (*start.rule_breaches, *start.cycle_breaches) if note.code != "prolongation-limit"]
        assert beside == [note for note in broken if note.code != "prolongation-limit"]
        # the limit on prolongation is counted from one reference for all weekdays: the best of them
        limit = [note.values["prolongation_days"] for note in start.rule_breaches if note.code == "prolongation-limit"]
        assert limit == ([start.above_best_days] if start.above_best_days > 2 else [])


def test_every_day_of_the_range_is_there_once() -> None:
    result = starts("2026-02-02", "2026-03-01")
    assert [entry.date for entry in result.by_date] == [D("2026-02-02") + dt.timedelta(days=i) for i in range(28)]
    reasons = {entry.date.isoformat(): entry.reason for entry in result.impossible}
    assert "weekend" in reasons["2026-02-07"]
    assert "Chinese New Year" in reasons["2026-02-17"]
    assert "worked weekend" in reasons["2026-02-28"]


def test_figures_of_the_course_over_the_spring_festival() -> None:
    start = next(start for start in starts("2026-01-26", "2026-02-13").starts if start.date == D("2026-02-02"))
    assert start.overall_treatment_time_days == 43
    assert (start.prolongation_days, start.above_best_days, start.waited_days) == (10, 10, 7)
    assert start.effect.net_bed_gy == pytest.approx(40.5)
    assert [note.code for note in start.rule_breaches] == ["prolongation-limit"]
    assert start.closed[0] == "Chinese New Year's Eve"
    assert not any("worked" in reason for reason in start.closed)


def test_the_best_weekday_is_the_yardstick() -> None:
    """Without closures a Monday start takes 33 days, any other 35: two days above the best weekday, not prolonged."""
    result = starts("2026-06-01", "2026-06-05", clinic="weekdays")
    assert result.best_overall_days == 33
    by_day = {start.date.isoformat(): start for start in result.starts}
    assert (by_day["2026-06-01"].above_best_days, by_day["2026-06-01"].prolongation_days) == (0, 0)
    assert (by_day["2026-06-02"].above_best_days, by_day["2026-06-02"].prolongation_days) == (2, 0)


# --- order ----------------------------------------------------------------------------------------------------------


def key(start: Start) -> tuple[float, ...]:
    return (
        start.waited_days > 14,
        len(start.rule_breaches),
        -round(start.effect.net_bed_gy, 6),
        len(start.cycle_breaches),
        start.provisional_days,
        start.waited_days,
    )


def test_the_ranking_is_lexicographic() -> None:
    result = starts("2026-01-05", "2026-12-20")
    assert [start.rank for start in result.starts] == list(range(1, len(result.starts) + 1))
    keys = [key(start) for start in result.starts]
    assert keys == sorted(keys)
    for place in range(6):  # every criterion decides somewhere
        assert any(a[:place] == b[:place] and a[place] < b[place] for a, b in itertools.pairwise(keys)), place


def test_one_worked_order() -> None:
    """January 2026: the 12th ends before the closure and keeps the window of cycle 3; the 5th shifts cycle 3 by 8 d.

    The 19th runs into the Spring Festival: prolonged, so behind every start that is not.
    """
    result = starts("2026-01-05", "2026-01-19")
    assert ranked(result)[:2] == ["2026-01-12", "2026-01-05"]
    first, second = result.starts[:2]
    assert first.effect.net_bed_gy == second.effect.net_bed_gy
    assert (len(first.cycle_breaches), len(second.cycle_breaches)) == (0, 1)
    assert {start.date for start in result.starts if start.rule_breaches} >= {D("2026-01-19")}
    assert not any(start.rule_breaches for start in result.starts[:5])


def test_waiting_decides_last() -> None:
    result = starts("2026-06-01", "2026-06-19", clinic="weekdays")
    assert ranked(result)[:3] == ["2026-06-01", "2026-06-08", "2026-06-15"]
    assert ranked(result)[3] == "2026-06-02"


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2026-01-05", "2026-01-12", "has the same net BED; only 1 cycle violation sets it below"),
        ("2026-02-23", "2026-03-02", "is set below by 1.80 Gy less net BED alone"),
        ("2026-02-12", "2026-03-02", "is set below by 1 rule breach, beside 9.00 Gy less net BED"),
    ],
)
def test_why_the_earliest_is_not_the_best(first: str, last: str, message: str) -> None:
    """The first criterion in which they differ decides, and the sentence begins with it."""
    result = starts(first, last, max_wait=30)
    assert why_below(min(result.starts, key=lambda start: start.date), result.starts[0]) == message


def test_the_summary_counts_what_the_row_counts() -> None:
    result = starts("2026-01-05", "2026-02-27")
    rows: dict[Any, tuple[Any, ...]] = {row[1]: row for row in starts_table(result).rows}
    for start in result.starts:
        short = _in_short(start)
        rules, cycles = rows[start.date][8:10]
        assert (f", {plural(rules, 'rule breach', 'rule breaches')}" in short) is (rules > 0)
        assert (f", {plural(cycles, 'cycle violation')}" in short) is (cycles > 0)


# --- the wait -------------------------------------------------------------------------------------------------------


def test_what_lies_beyond_the_longest_wait_stands_below_all_within() -> None:
    """14 days for category 1 where nothing else is stated: February 2026 in China, where waiting buys 9 Gy of BED."""
    result = starts("2026-01-26", "2026-03-13")
    assert (result.max_wait_days, result.max_wait_stated) == (14, False)
    late = [start.beyond_wait for start in result.starts]
    assert late == sorted(late)
    assert late == [start.waited_days > 14 for start in result.starts]
    assert result.starts[0].date == D("2026-02-02")
    assert why_below(next(s for s in result.starts if s.date == D("2026-03-02")), result.starts[0]).startswith(
        "is set below by a wait beyond the longest"
    )


def test_a_stated_wait_binds_and_other_categories_have_none() -> None:
    assert starts("2026-01-26", "2026-03-13", max_wait=35).starts[0].date == D("2026-03-02")
    assert starts("2026-01-26", "2026-03-13", max_wait=34).starts[0].date == D("2026-02-24")
    free = starts("2026-01-26", "2026-03-13", category=2)
    assert (free.max_wait_days, free.starts[0].date) == (None, D("2026-03-02"))
    assert "beyond the longest wait" not in free.criteria
    assert not any(start.beyond_wait for start in free.starts)
    with pytest.raises(DomainError, match="max-wait"):
        starts("2026-01-26", "2026-03-13", max_wait=-1)


def test_where_no_start_lies_within_the_wait_it_is_said() -> None:
    result = starts("2026-02-14", "2026-03-13", max_wait=3)
    (note,) = [note for note in result.notes if note.code == "none-within-wait"]
    assert said(note) == "no start lies within the longest wait of 3 days: the earliest waits 10 days"


@pytest.mark.parametrize("words", [{}, {"align": "cycle=2"}, {"category": 3}])
def test_the_trade_leaves_out_only_what_waits_longer_for_nothing(words: dict[str, Any]) -> None:
    result = starts("2026-01-05", "2026-03-31", **words)
    assert result.trade[0].waited_days == min(start.waited_days for start in result.starts)
    for start in result.starts:
        as_good = [
            other
            for other in result.starts
            if other.waited_days < start.waited_days
            and other.effect.net_bed_gy >= start.effect.net_bed_gy - 1e-9
            and len(other.rule_breaches) <= len(start.rule_breaches)
        ]
        assert (start in result.trade) is not bool(as_good)


def test_the_trade_over_the_spring_festival() -> None:
    """40.5 Gy at once, 47.7 after 29 days, 49.5 after 35: shown side by side, added up into nothing."""
    shown = [(s.waited_days, round(s.effect.net_bed_gy, 6)) for s in starts("2026-01-26", "2026-03-13").trade]
    assert shown == [(0, 40.5), (29, 47.7), (35, 49.5)]


# --- the first event ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("align", ["cycle=2", "cycle=3", "before"])
def test_where_chemotherapy_leads_its_first_day_is_looked_for(align: str) -> None:
    """Each start is the plan of its fraction 1, with cycle 1 on the start's date: by its alignment, or by that date."""
    result = starts("2026-01-26", "2026-02-27", align=align)
    assert result.chemotherapy_leads
    assert any(start.moved for start in result.starts)
    assert not all(start.moved for start in result.starts)
    for start in result.starts:
        anchor = f"date={start.date}" if start.moved else align
        made = plan(start=start.course.first.isoformat(), exact_start=True, align=anchor)
        assert made.course == start.course
        assert made.cycles == start.cycles
        assert start.cycles[0].date == start.date < start.course.first
        assert start.waited_days == (start.date - D("2026-01-26")).days
        if align != "before":
            assert start.cycles[int(align[-1]) - 1].date == start.course.first


def test_every_open_day_of_the_infusion_unit_can_begin_with_cycle_1() -> None:
    """Cycle 1 on 26 January to 2 February 2026: fraction 1 waits for the first day after the Spring Festival."""
    result = starts("2026-01-26", "2026-02-13", align="cycle=2")
    assert len(result.starts) == 15
    first = {start.date.isoformat(): start for start in result.starts}["2026-02-02"]
    assert (first.course.first, first.moved, first.cycles[1].interval_days) == (D("2026-02-24"), True, 22)
    assert [note.code for note in result.notes if note.code == "dates-of-cycle-1"] == ["dates-of-cycle-1"]
    assert {entry.kind for entry in result.impossible} == {"weekend"}


def test_a_cycle_1_on_fraction_1_or_on_a_date_leads_nothing() -> None:
    for align in ("cycle=1", "start=7", "after=28", "date=2026-02-02"):
        assert not starts("2026-03-02", "2026-03-06", align=align).chemotherapy_leads


def test_what_keeps_cycle_1_from_a_day_is_said_in_its_language(cli: Any) -> None:
    words = "starts --from 2026-02-09 --to 2026-03-13 --align cycle=2 --language zh_cn"
    text = cli(words).stdout
    assert "化疗" in text
    assert "infusion unit is closed" not in text


# --- closures known in advance --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["weekend", "bid"])
def test_each_start_compensates_as_its_plan_does(method: Any) -> None:
    found = resolve.protocol_of(resolve.DEFAULT_PROTOCOL)
    inputs = resolve.inputs_of(found, D("2026-01-26"), resolve.Where(), until=D("2026-02-06"))
    result = search(inputs, D("2026-02-06"), FIXED, method=method)
    assert any(start.opened for start in result.starts)
    for start in result.starts:
        asked = rtplan.plan(start=start.date, compensate_closures=method, clinic="west-china")
        assert asked.course == start.course
        assert asked.inputs.opened == start.opened
    assert "extra sessions" in result.criteria


def test_compensation_and_wait_through_the_door(cli: Any) -> None:
    words = "starts --from 2026-01-26 --to 2026-02-27 --compensate-closures weekend --max-wait 40 --align cycle=2"
    document = json.loads(cli(f"{words} --json").stdout)
    assert (document["max_wait_days"], document["compensate_closures"]) == (40, "weekend")
    assert document["begins_with"] == "cycle 1 day 1"
    assert document["trade"][0]["difference_gy"] == 0.0
    assert "Fraction 1" in cli(words).stdout


# --- rules ----------------------------------------------------------------------------------------------------------


def with_rules(first: str, last: str, rules: StartRules) -> StartSearch:
    found = resolve.protocol_of(resolve.DEFAULT_PROTOCOL)
    inputs = resolve.inputs_of(found, D(first), resolve.Where(), until=D(last))
    return search(replace(inputs, start_rules=rules), D(last), FIXED)


def test_start_rules_leave_days_out_and_say_so() -> None:
    result = with_rules("2026-03-02", "2026-03-08", StartRules(no_start_on=("fri",), minimum_first_run=3))
    assert sorted(ranked(result)) == ["2026-03-02", "2026-03-03", "2026-03-04"]
    reasons = {entry.date.isoformat(): entry.reason for entry in result.impossible}
    assert reasons["2026-03-05"] == "start rule minimum_first_run: fewer than 3 fractions before the first break"
    assert reasons["2026-03-06"] == "start rule no_start_on: no course starts on Fri"


def test_contradictory_rules_are_refused_by_name() -> None:
    rules = StartRules(no_start_on=("mon",), minimum_first_run=5)
    with pytest.raises(ScheduleError, match=r"start rules no_start_on mon and minimum_first_run 5 leave none"):
        with_rules("2026-06-01", "2026-06-30", rules)


def test_a_plans_moved_start_names_each_rule() -> None:
    found = resolve.protocol_of(resolve.DEFAULT_PROTOCOL)
    inputs = resolve.inputs_of(found, D("2026-02-12"), resolve.Where())
    ruled = replace(inputs, start_rules=StartRules(no_start_on=("thu",), minimum_first_run=3))
    from rtplan.planning.plan import make_plan

    made = make_plan(ruled, FIXED)
    assert made.course.first == D("2026-02-24")
    (note,) = [note for note in made.notes if note.code == "start-moved"]
    assert note.values["days"] == 12
    assert "start moved 12 days, from Thu 2026-02-12 to Tue 2026-02-24" in said(note)
    assert "no_start_on: no course starts on Thu" in said(note)
    assert "minimum_first_run: fewer than 3 fractions before the first break, from Fri 2026-02-13 on" in said(note)
    assert start_obstacle(ruled, D("2026-02-24")) is None


def test_the_infusion_unit_closes_days_for_the_start() -> None:
    found = resolve.protocol_of(resolve.DEFAULT_PROTOCOL)
    inputs = resolve.inputs_of(found, D("2026-03-02"), resolve.Where(), until=D("2026-03-06"))

    def shut(day: dt.date, reason: Reason) -> Reason:
        closed = Reason(open=False, provisional=False, kind="closure", text="stocktaking")
        return closed if day == D("2026-03-03") else reason

    result = search(replace(inputs, infusion=inputs.calendar.with_days(shut)), D("2026-03-06"), FIXED)
    (entry,) = result.impossible
    assert (entry.date, entry.reason) == (D("2026-03-03"), "the infusion unit is closed that day (stocktaking)")


def test_what_strict_would_refuse_is_not_possible() -> None:
    found = resolve.protocol_of(resolve.DEFAULT_PROTOCOL)
    inputs = resolve.inputs_of(found, D("2026-01-05"), resolve.Where(), until=D("2026-02-13"))
    result = search(inputs, D("2026-02-13"), FIXED, strict=True)
    assert not any(start.rule_breaches or start.cycle_breaches for start in result.starts)
    assert "prolonged by 10 days" in next(e.reason for e in result.impossible if e.date == D("2026-02-02"))


def test_provisional_starts_rank_behind_and_may_be_left_out() -> None:
    """On a calendar that is announced through 15 July only."""
    found = resolve.protocol_of(resolve.DEFAULT_PROTOCOL)
    inputs = resolve.inputs_of(found, D("2026-06-22"), resolve.Where(), until=D("2026-07-03"))

    def late(day: dt.date, reason: Reason) -> Reason:
        return Reason(open=reason.open, provisional=day > D("2026-07-26"), kind=reason.kind, text=reason.text)

    doubtful = replace(inputs, calendar=inputs.calendar.with_days(late))
    result = search(doubtful, D("2026-07-03"), FIXED)
    assert ranked(result)[:2] == ["2026-06-22", "2026-06-29"]
    assert result.starts[0].provisional_days == 1  # cycle 3 on 3 August
    assert result.starts[1].provisional_days == 6  # 27 to 31 July and cycle 3
    with pytest.raises(ScheduleError, match="not officially announced"):
        search(doubtful, D("2026-07-03"), FIXED, no_provisional=True)


def test_cycles_that_cannot_be_given_leave_a_day_out() -> None:
    weekly: dict[str, Any] = {"chemo": "tp-weekly", "policy": "keep-grid"}
    result = starts("2026-01-26", "2026-03-06", **weekly)
    refused = [entry for entry in result.impossible if "would fall on" in entry.reason]
    assert refused
    assert all("policy keep-grid" in entry.reason for entry in refused)


def test_a_cycle_left_out_counts_as_a_violation() -> None:
    """Weekly doses from Monday 26 January: the fourth, on 16 February, falls into the closure and is left out."""
    result = starts("2026-01-26", "2026-01-26", chemo="pc-weekly-5")
    assert [note.code for note in result.starts[0].cycle_breaches] == ["cycle-omitted"]


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [
        ("2026-03-02", "2026-03-01", "lies before"),
        ("2026-01-01", "2030-01-01", "at most 1100 are searched"),
    ],
)
def test_ranges_that_mean_nothing_are_refused(first: str, last: str, named: str) -> None:
    with pytest.raises(DomainError, match=named):
        starts(first, last)


def test_other_prescriptions_and_clinics() -> None:
    twice = starts("2026-03-02", "2026-03-06", "45.6/38 bid", clinic="GB-ENG")
    assert twice.best_overall_days == 25
    assert all(not start.cycles for start in twice.starts)
    assert starts("2026-03-02", "2026-03-08", "45/25", clinic="IL").best_overall_days == 33


def test_closures_of_a_clinic_file_count() -> None:
    days = Days(closures=(Span(first=D("2026-06-10"), last=D("2026-06-12"), reason="linac exchange"),))
    found = resolve.protocol_of(resolve.DEFAULT_PROTOCOL)
    inputs = resolve.inputs_of(found, D("2026-06-01"), resolve.Where(clinic="weekdays"), until=D("2026-06-15"))
    shut = {day for span in days.closures for day in span}

    def change(day: dt.date, reason: Reason) -> Reason:
        return Reason(open=False, provisional=False, kind="closure", text="linac exchange") if day in shut else reason

    result = search(replace(inputs, calendar=inputs.calendar.with_days(change)), D("2026-06-15"), FIXED)
    assert ranked(result)[0] == "2026-06-15"
    assert result.starts[-1].closed == ("linac exchange",)


# --- speed ----------------------------------------------------------------------------------------------------------


def test_a_year_of_candidates_takes_well_under_a_second() -> None:
    found = resolve.protocol_of(resolve.DEFAULT_PROTOCOL)
    inputs = resolve.inputs_of(found, D("2026-01-01"), resolve.Where(), until=D("2026-12-31"))
    begun = time.process_time()
    result = search(inputs, D("2026-12-31"), FIXED)
    assert len(result.by_date) == 365
    assert time.process_time() - begun < 1.0


# --- outputs --------------------------------------------------------------------------------------------------------


def test_the_terminal_shows_strip_best_and_closed_days() -> None:
    text = to_text(report(starts("2026-01-05", "2026-02-27")), 120)
    assert "2026 Jan      02222··*++++" in text
    assert "Mon 2026-01-12: waits 7 days, overall 33 d (0 d), net BED 49.50 Gy" in text
    assert "Mon 2026-01-05: overall 33 d (0 d), net BED 49.50 Gy, 1 cycle violation\n" in text
    message = (
        "7 days from the earliest to the best; the earliest, 2026-01-05, has the same net BED; only 1 cycle violation"
    )
    assert f"{message} sets it below" in " ".join(text.split())
    ranked_by = (
        "beyond the longest wait, then rule breaches, then tumour net BED, then cycle violations, then provisional"
    )
    assert ranked_by in " ".join(text.split())
    assert "a category 1 patient is not held back for a pretty calendar" in text
    assert "worked weekends is unknown" in text
    assert "Chinese New Year (Spring Festival)" in text


def test_a_broken_rule_is_explained_once() -> None:
    shown = report(starts("2026-02-02", "2026-02-13"))
    for text in (to_text(shown, 200), to_html(shown).partition("<body")[2]):
        assert text.count("guideline not read there") == 1
        assert text.count("prolongation-limit") > 5


def test_json_holds_every_day_with_nulls_where_nothing_begins(cli: Any) -> None:
    document = json.loads(cli("starts --from 2026-02-09 --to 2026-02-24 --max-wait 15 --json").stdout)
    assert document["schema"] == "rtplan.starts/1"
    assert (document["from"], document["to"]) == ("2026-02-09", "2026-02-24")
    assert [entry["date"] for entry in document["starts"]] == [f"2026-02-{day:02}" for day in range(9, 25)]
    keys = {tuple(entry) for entry in document["starts"]}
    assert len(keys) == 1
    closed = next(entry for entry in document["starts"] if entry["date"] == "2026-02-16")
    assert (closed["possible"], closed["rank"], closed["effect"]) == (False, None, None)
    best = next(entry for entry in document["starts"] if entry["rank"] == 1)
    assert document["best"] == [best["date"]] == ["2026-02-24"]
    assert best["above_best_weekday_days"] == 2
    assert best["cycles"][1]["shift_days"] == 0
    assert best["effect"]["net_bed_gy"] == pytest.approx(53.1 - 0.9 * 6)


def test_csv_is_one_table_of_every_day(cli: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("starts --from 2026-02-13 --to 2026-02-24 --csv").stdout, newline="")))
    assert [row["date"] for row in rows][:2] == ["2026-02-13", "2026-02-14"]
    assert [row["possible"] for row in rows].count("true") == 2
    assert "worked weekend" in rows[1]["reasons"]


def test_refusals_are_one_sentence(cli: Any) -> None:
    for words, message in (
        ("starts --from 2026-03-02 --to 2026-03-01", "--to 2026-03-01 lies before --from 2026-03-02"),
        ("starts --from 2026-02-16 --to 2026-02-20", "no start is possible from 2026-02-16 to 2026-02-20"),
        (
            "starts 45/25 --clinic england --delay-cycle 2=7 --from 2026-03-02 --to 2026-03-05",
            "has no chemotherapy to align",
        ),
        ("starts --delay-cycle 1=7 --from 2026-03-02 --to 2026-03-05", "fixed to fraction 1: move the start"),
    ):
        refused = cli(words)
        assert refused.exit_code == 1, words
        assert message in refused.stderr
        assert refused.stdout == ""
