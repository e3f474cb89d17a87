"""Records of treatment. Proof: every finding named and nothing dropped; bad records refused with file and line."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factory import FIXED, plan

from rtplan.answer import said
from rtplan.errors import ConfigError
from rtplan.interruption.reconcile import from_record
from rtplan.planning.plan import make_plan
from rtplan.prescription.prescription import Phase, Prescription, TargetDose
from rtplan.records import csv as records_csv

D = dt.date.fromisoformat
DAYS = [dt.date(2026, 1, 5 + i) for i in (0, 1, 2, 3, 4, 7, 8, 9)]


@pytest.fixture
def made() -> Any:
    """45/25 from Monday 2026-01-05, nothing closed."""
    return plan("45/25", "2026-01-05", clinic="weekdays")


def read(made: Any, text: Any, **options: Any) -> Any:
    return from_record(made, records_csv.parse(text, "record.csv", made.inputs.prescription.targets[0]), **options)


def lines(*rows: Any, head: Any = "date,dose_gy,status") -> Any:
    return "\n".join([head, *rows]) + "\n"


def given(count: Any) -> Any:
    return [f"{day},1.8,delivered" for day in DAYS[:count]]


def codes(situation: Any) -> Any:
    return [finding.code for finding in situation.findings]


def test_a_clean_record(made: Any) -> None:
    situation = read(made, lines(*given(8)))
    assert situation.as_of == D("2026-01-14")
    assert (len(situation.delivered), len(situation.slots), situation.findings) == (8, 17, ())


def test_only_dates_are_needed(made: Any) -> None:
    situation = read(made, lines(*map(str, DAYS), head="date"))
    assert [fraction.doses_gy for fraction in situation.delivered] == [(1.8,)] * 8


def test_missed_by_status_by_zero_dose_and_by_absence(made: Any) -> None:
    rows = [*given(3), "2026-01-08,,missed", "2026-01-09,0,", "2026-01-13,1.8,delivered"]
    situation = read(made, lines(*rows))
    assert [fraction.date for fraction in situation.missed] == [D("2026-01-08"), D("2026-01-09"), D("2026-01-12")]
    assert codes(situation).count("missed") == 3
    assert "not in the record" in said(situation.findings[-1])
    assert len(situation.delivered) + len(situation.slots) == 25


def test_partial_and_its_remainder(made: Any) -> None:
    rows = [*given(3), "2026-01-08,1.0,partial"]
    situation = read(made, lines(*rows))
    assert codes(situation) == ["partial"]
    assert situation.slots[-1].doses_gy == pytest.approx((0.8,))
    done = read(made, lines(*rows, "2026-01-09,0.8,remainder", "2026-01-09,1.8,delivered"))
    assert not done.partials
    assert len(done.delivered) == 6
    assert sum(fraction.doses_gy[0] for fraction in done.delivered) == pytest.approx(5 * 1.8)


def test_a_dose_that_differs_is_no_partial_fraction(made: Any) -> None:
    situation = read(made, lines(*given(3), "2026-01-08,2.0,delivered"))
    assert [(finding.code, finding.severity) for finding in situation.findings] == [("dose-above-planned", "violation")]
    assert "2 Gy of 1.8 Gy planned: more than was planned" in said(situation.findings[0])
    assert situation.delivered[-1].doses_gy == (2.0,)
    assert len(situation.slots) == 21
    low = read(made, lines(*given(3), "2026-01-08,1.5,delivered"))
    assert [(finding.code, finding.severity) for finding in low.findings] == [("dose-differs", "warning")]


@pytest.mark.parametrize(
    ("dose", "message"),
    [
        ("3.61", "3.61 Gy of 1.8 Gy planned is more than 2 times that dose"),
        ("18.0", "18 Gy of 1.8 Gy planned is more than 2 times that dose"),
        ("180", "dose_gy: 180 Gy is more than the 30 Gy that one line is believed to give; or 180 cGy = 1.8 Gy?"),
    ],
)
def test_a_fraction_above_twice_its_dose_is_a_slip_of_the_pen(made: Any, dose: Any, message: Any) -> None:
    text = lines(*given(3), f"2026-01-08,{dose},delivered")
    assert codes(read(made, text.replace(dose, "3.6"))) == ["dose-above-planned"]
    with pytest.raises(ConfigError, match=rf"line 5: {re.escape(message)}"):
        read(made, text)


def test_more_than_the_whole_plan_is_refused_on_the_line_that_passes_it(made: Any) -> None:
    # 25 x 1.8 = 45 Gy: 13 x 3.5 = 45.5 Gy.
    rows = [f"{fraction.date},3.5," for fraction in made.course.fractions]
    with pytest.raises(ConfigError, match=r"line 14: 45.5 Gy delivered to tumour, more than the 45 Gy of the whole"):
        read(made, lines(*rows))


def test_doses_rounded_in_the_record_are_not_too_much() -> None:
    # 40/15: 2.667 Gy a fraction, recorded as 2.67: 40.05 Gy in the end.
    short = plan("40/15", "2026-01-05", clinic="weekdays")
    situation = read(short, lines(*(f"{fraction.date},2.67,delivered" for fraction in short.course.fractions)))
    assert (len(situation.delivered), situation.findings) == (15, ())


def test_a_remainder_is_no_more_than_what_is_owed(made: Any) -> None:
    rows = [*given(3), "2026-01-08,1.0,partial"]
    with pytest.raises(ConfigError, match=r"line 6: remainder of 1.8 Gy on 2026-01-08, but only 0.8 Gy of fraction 4"):
        read(made, lines(*rows, "2026-01-08,1.8,remainder"))
    twice = read(made, lines(*rows, "2026-01-08,0.5,remainder", "2026-01-09,0.3,remainder"))
    assert not twice.partials


def test_a_number_that_disagrees_with_the_order_is_named(made: Any) -> None:
    def numbered(*numbers: Any) -> Any:
        rows = [f"{day},{number},1.8" for day, number in zip(DAYS, numbers, strict=False)]
        return codes(read(made, lines(*rows, head="date,fraction,dose_gy")))

    assert numbered(1, 2, 3, 4, 5, 6, 7, 20) == ["number-differs"]
    assert numbered(1, 2, 3, 4, 5, 6, 7, 8) == []


@pytest.mark.parametrize("after", [4, 5])
def test_after_a_missed_fraction_numbers_may_be_the_plans_or_count_what_was_given(made: Any, after: Any) -> None:
    rows = [f"{day},{number},1.8" for day, number in zip([*DAYS[:3], DAYS[4]], [1, 2, 3, after], strict=True)]
    assert codes(read(made, lines(*rows, head="date,fraction,dose_gy"))) == ["missed"]


def test_extra_on_a_closed_day_makes_up_for_a_missed_one(made: Any) -> None:
    rows = [*given(4), "2026-01-09,,missed", "2026-01-10,1.8,delivered"]
    situation = read(made, lines(*rows))
    assert set(codes(situation)) == {"missed", "closed-day", "extra"}
    assert (len(situation.delivered), len(situation.slots)) == (5, 20)


def test_extra_beyond_the_day_takes_the_last_planned_one(made: Any) -> None:
    rows = [*(f"{day},{number},1.8" for number, day in enumerate(DAYS[:5], 1)), "2026-01-09,6,1.8"]
    situation = read(made, lines(*rows, head="date,fraction,dose_gy"))
    assert "extra" in codes(situation)
    assert (len(situation.delivered), len(situation.slots)) == (6, 19)
    assert situation.kept[-1].date == D("2026-02-05")


def test_out_of_order_and_duplicated_are_named_and_both_counted(made: Any) -> None:
    rows = ["2026-01-06,2,1.8", "2026-01-05,1,1.8", "2026-01-07,2,1.8"]
    situation = read(made, lines(*rows, head="date,fraction,dose_gy"))
    assert set(codes(situation)) == {"out-of-order", "duplicated"}
    assert [fraction.date for fraction in situation.delivered] == [D("2026-01-05"), D("2026-01-06"), D("2026-01-07")]


def test_times_are_clinic_times(made: Any) -> None:
    rows = ["2026-01-05,09:00,1.8", "2026-01-06,09:05,1.8"]
    situation = read(made, lines(*rows, head="date,time,dose_gy"))
    assert situation.delivered[0].start == dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)


def test_future_loss_beside_a_record(made: Any) -> None:
    from rtplan.interruption.situation import parse_missed

    situation = read(made, lines(*given(8)), missed=parse_missed("2026-01-20"))
    assert (len(situation.delivered), len(situation.slots)) == (8, 17)
    assert situation.remainder.sessions == {D("2026-01-20"): 0}


def test_a_clinic_names_columns_and_dates_otherwise(made: Any) -> None:
    text = "Datum;x\n"
    with pytest.raises(
        ConfigError, match=r"record.csv: line 1: none of the columns 'date', .* stands here; .*semicolons"
    ):
        records_csv.parse(text, "record.csv", "tumour")
    text = "Datum,Dosis\n05.01.2026,1.8\n"
    record = records_csv.parse(text, "record.csv", "tumour", (("date", "Datum"), ("dose_gy", "Dosis")), "%d.%m.%Y")
    assert record.entries[0].date == D("2026-01-05")
    with pytest.raises(ConfigError, match=r"line 2: date: must be written %d.%m.%Y, got '2026-01-05'"):
        records_csv.parse("Datum\n2026-01-05\n", "record.csv", "tumour", (("date", "Datum"),), "%d.%m.%Y")


# --- several targets: A 2.0 Gy and B 2.3 Gy a fraction -----------------------------------------------------------


@pytest.fixture
def boosted() -> Any:
    """20 fractions of 2.0 Gy to A and 2.3 Gy to B at once, then 10 of 1.8 and 2.1 Gy, from Monday 2026-01-05."""

    def phase(name: Any, count: Any, *totals: Any) -> Any:
        return Phase(name=name, n_fractions=count, totals=tuple(TargetDose(target=t, dose_gy=d) for t, d in totals))

    phases = (phase("a", 20, ("A", 40.0), ("B", 46.0)), phase("b", 10, ("A", 18.0), ("B", 21.0)))
    base = plan("45/25", "2026-01-05", clinic="weekdays")
    region = replace(base.inputs.regions[0], target="A")
    inputs = replace(base.inputs, prescription=Prescription(name="sib", phases=phases), regions=(region,))
    return make_plan(inputs, FIXED)


HEAD = "date,time,fraction,dose_gy,status,target"


def sib(made: Any, *rows: Any) -> Any:
    return read(made, lines(*rows, head=HEAD))


def doses(situation: Any) -> Any:
    return [fraction.doses_gy for fraction in situation.delivered]


@pytest.mark.parametrize("mark", [",", ",1", "09:00,", "09:00,1"])
@pytest.mark.parametrize("order", [0, 1])
def test_lines_of_both_targets_are_one_fraction_however_they_are_marked(boosted: Any, mark: Any, order: Any) -> None:
    rows = [f"2026-01-05,{mark},2.0,delivered,A", f"2026-01-05,{mark},2.3,,B"]
    situation = sib(boosted, *(rows[::-1] if order else rows))
    assert (doses(situation), len(situation.slots), situation.findings) == ([(2.0, 2.3)], 29, ())


def test_targets_of_a_fraction_need_not_stand_on_lines_that_follow_each_other(boosted: Any) -> None:
    rows = [f"2026-01-0{day},,,{dose},,{target}" for target, dose in (("A", 2.0), ("B", 2.3)) for day in (5, 6)]
    assert doses(sib(boosted, *rows)) == [(2.0, 2.3)] * 2


def test_a_target_that_was_left_short_is_owed_alone(boosted: Any) -> None:
    situation = sib(boosted, "2026-01-05,,1,2.0,delivered,A", "2026-01-05,,1,1.0,partial,B")
    assert doses(situation) == [(2.0, 1.0)]
    assert codes(situation) == ["partial"]
    assert situation.partials[0].owed.doses_gy == pytest.approx((0.0, 1.3))
    done = sib(boosted, *(f"2026-01-05,,1,{rest}" for rest in ("2.0,,A", "1.0,partial,B", "1.3,remainder,B")))
    assert doses(done) == [(2.0, pytest.approx(2.3))]  # one number, one day: one fraction
    assert not done.partials


def test_one_target_given_and_the_other_missed(boosted: Any) -> None:
    situation = sib(boosted, "2026-01-05,,1,,missed,A", "2026-01-05,,1,,delivered,B")
    assert doses(situation) == [(0.0, 2.3)]
    assert situation.partials[0].owed.doses_gy == (2.0, 0.0)


def test_both_targets_missed_are_one_missed_fraction(boosted: Any) -> None:
    rows = ["2026-01-05,,,2.0,,A", "2026-01-05,,,2.3,,B", "2026-01-06,,,,missed,A", "2026-01-06,,,0,missed,B"]
    situation = sib(boosted, *rows)
    assert ([fraction.number for fraction in situation.missed], len(situation.slots)) == ([2], 29)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["05,,1,2.3,,B"], "line 2: speaks of B only; the fraction treats A too"),
        (["05,,1,2.0,,"], "line 2: speaks of A only; the fraction treats B too"),
        (["05,,1,2.0,,A", "05,,2,2.3,,B"], "line 2: speaks of A only; the fraction treats B too"),
        (["05,,1,2.0,,A", "05,,1,2.3,,B", "06,,,0,,A"], "line 4: speaks of A only; the fraction treats B too"),
        (["05,,1,2.0,,A", "05,,1,2.3,,B", "06,,,,missed,A"], "line 4: speaks of A only; the fraction treats B too"),
        (
            ["05,,,2.0,,A", "05,,,2.3,,B", "05,,,2.0,,A"],
            "line 4: target 'A' stands a second time on 2026-01-05 .line 2",
        ),
        (["05,,,2.0,,A", "05,,,2.0,,A"], "line 3: a second fraction on 2026-01-05 .line 2.: with several targets"),
        (["05,,1,2.0,,A", "05,,1,2.3,,B", "05,,1,,delivered,"], "line 4: names no target, but other lines"),
    ],
)
def test_lines_that_could_mean_two_things_are_refused(boosted: Any, rows: Any, message: Any) -> None:
    with pytest.raises(ConfigError, match=rf"record\.csv: {message}"):
        sib(boosted, *(f"2026-01-{row}" for row in rows))


def test_dates_alone_say_that_everything_was_given(boosted: Any) -> None:
    assert doses(read(boosted, "date\n2026-01-05\n2026-01-06\n")) == [(2.0, 2.3)] * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,dose_gy,status\n2026-01-05,1.8,missed\n", "line 2: status: says missed, but the line has a dose of 1.8"),
        ("", "is empty"),
        ("date,dose_gy\n", "has no line below its column names"),
        ("dose_gy\n1.8\n", "line 1: there is no column 'date'"),
        ("date,date\n2026-01-05,2026-01-05\n", "line 1: column 'date' stands twice"),
        ("date,dose_gy\n05/01/2026,1.8\n", "line 2: date must be a date that exists, written YYYY-MM-DD"),
        ("date,dose_gy\n2026-01-05,1.8\n\n2026-02-30,1.8\n", "line 4: date must be a date that exists"),
        ("date,dose_gy\n2026-01-05,-1.8\n", "line 2: dose_gy: must be 0 Gy or greater, got '-1.8'"),
        ("date,dose_gy\n2026-01-05,nan\n", "line 2: dose_gy: must be 0 Gy or greater"),
        ("date,dose_gy\n2026-01-05,180cGy\n", "line 2: dose_gy: must be a number in Gy"),
        ("date,fraction\n2026-01-05,1.5\n", "line 2: fraction: must be a whole number"),
        ("date,time\n2026-01-05,9 o'clock\n", "line 2: time: must be written HH:MM"),
        ("date,status\n2026-01-05,treated\n", "line 2: status: takes delivered, partial, remainder, missed"),
        ("date,dose_gy\n2026-01-05\n", "line 2: the line: has 1 cells for 2 columns"),
        ("date,dose_gy\n2026-01-05,x\n2026-01-06,y\n", "line 2: .*\n.*line 3: "),
    ],
)
def test_unreadable_records_are_refused_with_file_and_line(text: Any, message: Any) -> None:
    with pytest.raises(ConfigError, match=rf"record\.csv: {message}"):
        records_csv.parse(text, "record.csv", "tumour")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["2026-01-02,1.8,"], "line 2: fraction on 2026-01-02 lies before the start of the course, 2026-01-05"),
        ([*given(1), "2026-01-10,,missed"], "line 3: missed on 2026-01-10, but no fraction is planned then"),
        ([*given(1), "2026-01-06,0.5,remainder"], "line 3: remainder on 2026-01-06, but no fraction before it was"),
        ([*given(1), "2026-01-06,,partial"], "line 3: a partial fraction needs its dose"),
    ],
)
def test_records_that_cannot_be_right_are_refused(made: Any, rows: Any, message: Any) -> None:
    with pytest.raises(ConfigError, match=rf"record\.csv: {message}"):
        read(made, lines(*rows))


def test_more_than_prescribed_is_refused(made: Any) -> None:
    rows = [f"{fraction.date},1.8," for fraction in made.course.fractions]
    with pytest.raises(ConfigError, match=r"record\.csv: line 27: fraction on 2026-02-09 is one more than the 25"):
        read(made, lines(*rows, "2026-02-09,1.8,"))


def test_two_in_one_minute_are_refused(made: Any) -> None:
    text = lines("2026-01-05,09:00,1.8", "2026-01-05,09:00,1.8", head="date,time,dose_gy")
    with pytest.raises(
        ConfigError, match=r"record\.csv: line 3: two fractions in one minute, 2026-01-05 09:00: see line 2"
    ):
        read(made, text)


def test_records_after_the_day_asked_for_are_refused(made: Any) -> None:
    with pytest.raises(ConfigError, match=r"line 9: lies after the day the record is read for, 2026-01-13"):
        read(made, lines(*given(8)), as_of=D("2026-01-13"))


def test_the_door_reads_a_record(cli: Any, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    assert cli("plan", "45/25", "--clinic", "weekdays", "--start", "2026-01-05", "--out", str(folder)).exit_code == 0
    record = tmp_path / "record.csv"
    record.write_text(lines(*given(3), "2026-01-09,1.8,"), encoding="utf-8")
    result = cli("missed", str(folder / "plan.json"), "--record", str(record))
    assert result.exit_code == 0, result.output
    assert "Thu 2026-01-08 (fraction 4)" in result.stdout
    record.write_text("date\n2026-13-01\n", encoding="utf-8")
    result = cli("missed", str(folder / "plan.json"), "--record", str(record))
    assert result.exit_code == 1
    assert "record.csv: line 2: date must be a date that exists" in result.output


# --- a day's total, rests of one day, deliveries exactly the interval apart -------------------------------------------


@pytest.fixture
def twice() -> Any:
    """45/30 bid, 1.5 Gy each, from Monday 2026-03-02: 15 treatment days, 6 h apart."""
    return plan("45/30 bid", "2026-03-02", clinic="weekdays")


@pytest.mark.parametrize("status", ["", "delivered", "partial"])
def test_a_days_total_on_one_line_names_how_one_fraction_is_said(twice: Any, status: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(twice, lines(f"2026-03-02,3.0,{status}"))
    text = str(caught.value)
    assert "line 2: 3 Gy together where 1.5 Gy is planned" in text
    assert "--partial 2026-03-02#1=3Gy --missed 2026-03-02#2" in text
    assert "give the other a line of its own that says missed" in text


@pytest.mark.parametrize("status", ["", "delivered", "partial"])
@pytest.mark.parametrize("turned", [False, True])
def test_a_line_that_says_the_other_was_missed_settles_it(twice: Any, status: str, turned: bool) -> None:
    rows = [f"2026-03-02,1,3.0,{status}", "2026-03-02,2,,missed"]
    situation = read(twice, lines(*(rows[::-1] if turned else rows), head="date,fraction,dose_gy,status"))
    assert [fraction.doses_gy for fraction in situation.delivered] == [(3.0,)]
    assert [fraction.number for fraction in situation.missed] == [2]
    assert [item.number for item in situation.too_large] == [1]
    assert sorted(codes(situation)) == ["dose-above-planned", "missed"]


RESTS = ["2026-01-08,0.5,remainder", "2026-01-08,1.2,remainder", "2026-01-08,0.2,remainder"]


@pytest.mark.parametrize("order", list(itertools.permutations(RESTS)))
@pytest.mark.parametrize("first", ["0.6", "1.3"])
def test_rests_of_one_day_read_the_same_in_any_order(made: Any, order: Any, first: str) -> None:
    """Two partial fractions owe 1.2 and 0.5 Gy (in either order), and 0.2 Gy of a third: each rest finds its own."""
    second = "1.3" if first == "0.6" else "0.6"
    rows = [f"2026-01-05,{first},partial", f"2026-01-06,{second},partial", "2026-01-07,1.6,partial"]
    situation = read(made, lines(*rows, *order))
    again = read(made, lines(*rows, *sorted(order)))
    assert situation.partials == again.partials == ()
    assert [fraction.doses_gy for fraction in situation.delivered] == [
        fraction.doses_gy for fraction in again.delivered
    ]
    assert [round(fraction.doses_gy[0], 6) for fraction in situation.delivered[3:]] == [1.2, 0.5, 0.2]


@pytest.mark.parametrize(
    ("second", "expected"),
    [("15:00", [(0.75,), (0.75,)]), ("14:59", [(1.5,)]), ("15:01", [(0.75,), (0.75,)])],
)
def test_lines_exactly_the_interval_apart_are_two_fractions(twice: Any, second: str, expected: Any) -> None:
    rows = ["2026-03-02,09:00,0.75,", f"2026-03-02,{second},0.75,"]
    situation = read(twice, lines(*rows, head="date,time,dose_gy,status"))
    assert [fraction.doses_gy for fraction in situation.delivered] == expected
