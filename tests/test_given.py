"""What was really given: spans, deliveries in order, fractions of many lines, other doses, stopped courses.

Proof: cases from the field with their arithmetic (data/field_cases_given.json, written without rtplan), second
instances worked by hand beside them, laws over every way to split, shuffle and delay a record, refusals.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from factory import FIXED, plan
from hypothesis import given, settings
from hypothesis import strategies as st
from independent_missed import complaints

from rtplan.errors import ConfigError, DomainError
from rtplan.interruption.choose import choose
from rtplan.interruption.missed import missed_answer
from rtplan.interruption.reconcile import from_record
from rtplan.interruption.situation import from_dates, parse_missed, parse_partial
from rtplan.interruption.stop import stopped_plan
from rtplan.planning import artefact
from rtplan.records import csv as records_csv
from rtplan.report.formats.json import dumps
from rtplan.report.sentences import sentence

D = dt.date.fromisoformat
CASES = json.loads((Path(__file__).parent / "data" / "field_cases_given.json").read_text(encoding="utf-8"))


# --- cases from the field -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_cases_from_the_field(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in case["input"].get("files", {}).items():
        Path(name).write_text(content["text"], encoding="utf-8")
    for step in case["input"]["steps"]:
        result = cli(*step)
        assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert complaints(answer) == []
    for check in case["expected"]["checks"]:
        assert_holds(answer, check, case["tolerance"])


def assert_holds(answer: Any, check: Any, tolerance: Any) -> None:
    if "rc" in check:
        return
    if "sum" in check:
        found = sum(at(answer, check["sum"]))
    elif "list" in check:
        key, value = check["where"]
        (found,) = {row[check["field"]] for row in at(answer, check["list"]) if row[key] == value}
    else:
        found = at(answer, check["path"])
    if "near" in check:
        assert found == pytest.approx(check["near"], abs=check.get("tol", tolerance))
    else:
        assert found == check["equals"]


def at(value: Any, path: Any) -> Any:
    """What stands at a path such as status.delivered.fractions[*].dose_gy or effects[0].bed_gy."""
    first, star, rest = path.partition("[*]")
    for part in first.split("."):
        name, _, place = part.partition("[")
        value = value[name]
        value = value[int(place.rstrip("]"))] if place else value
    return [at(item, rest.lstrip(".")) for item in value] if star else value


# --- spans ----------------------------------------------------------------------------------------------------------


def sixty(**where: Any) -> Any:
    """60 Gy in 30 fractions from Monday 2026-03-02 to Friday 2026-04-10, nothing closed."""
    return plan("60/30", "2026-03-02", **{"clinic": "weekdays", "tissues": ("squamous-surrogate",), **where})


def stated(made: Any, days: Any, *, partial: Any = (), as_of: Any = None) -> Any:
    spans = parse_missed(days) if days else ()
    situation = from_dates(made, spans, partial=[parse_partial(p) for p in partial], as_of=as_of and D(as_of))
    return checked(missed_answer(situation))


def recorded(made: Any, text: Any, **options: Any) -> Any:
    return checked(missed_answer(from_record(made, parsed(made, text), **options)))


def parsed(made: Any, text: Any) -> Any:
    return records_csv.parse(text, "r.csv", made.inputs.prescription.targets[0])


def checked(answer: Any) -> Any:
    assert complaints(json.loads(dumps(answer.document()))) == []
    return answer


def tumour(answer: Any) -> Any:
    return answer.appended.effects[0].row.net_bed_gy


@pytest.mark.parametrize(
    ("days", "given_", "as_of", "last", "elapsed"),
    [
        ("2026-04-10..2026-04-10", 29, "2026-04-10", "2026-04-13", 42),
        ("2026-04-09..2026-04-12", 28, "2026-04-12", "2026-04-14", 43),  # ends on a Sunday
        ("2026-04-06..2026-06-21", 25, "2026-06-21", "2026-06-26", 116),  # a lockdown of 76 days
        ("2026-04-08..2026-04-10,2026-04-13", 27, "2026-04-13", "2026-04-16", 45),  # a single date past the end
        ("2026-03-11,2026-04-13..2026-04-14", 29, "2026-04-14", "2026-04-15", 44),
        ("2026-03-06..2026-03-08", 4, "2026-03-08", "2026-04-13", 42),
    ],
)
def test_nothing_is_given_inside_a_span_and_as_of_is_its_end(
    days: Any, given_: Any, as_of: Any, last: Any, elapsed: Any
) -> None:
    answer = stated(sixty(), days)
    situation = answer.situation
    assert (len(situation.delivered), situation.as_of) == (given_, D(as_of))
    assert (answer.appended.course.last, answer.appended.course.elapsed_days) == (D(last), elapsed)
    assert tumour(answer) == pytest.approx(72 - 0.9 * (elapsed - 28))


def test_no_session_lies_on_a_weekend_inside_a_span() -> None:
    # Friday to Monday lost: the weekend between them is as lost as they are, also where it is still to come.
    for as_of in (None, "2026-03-04"):
        answer = stated(sixty(category=1), "2026-03-06..2026-03-09", as_of=as_of)
        days = {session.date for option in answer.options for session in option.sessions}
        assert days
        assert not days & {D("2026-03-07"), D("2026-03-08")}
        assert answer.appended.course.last == D("2026-04-14")


def test_a_span_known_beforehand_ends_as_one_that_is_over() -> None:
    before = stated(sixty(), "2026-04-08..2026-04-14", as_of="2026-04-01")
    after = stated(sixty(), "2026-04-08..2026-04-14")
    assert before.appended.course == after.appended.course
    revised = choose(before, "append", FIXED, parent_sha256="")
    assert [span.text for span in revised.revision.spans] == ["2026-04-08..2026-04-14"]
    assert all(not revised.inputs.calendar.is_open(D(f"2026-04-{day:02}")) for day in range(8, 15))
    assert artefact.parse(revised.document()) == revised


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ("2026-03-07..2026-03-08", "closed days that belong to a gap are written with it, as one span"),
        ("2026-03-07", "no fraction on Sat 2026-03-07, closed when it was made: weekend"),
        ("2026-04-13", "the plan has no fraction then"),  # nothing is owed
        ("2026-04-13..2026-04-17", "the plan has no fraction then"),
        ("2026-03-11,2026-04-20", "nothing is owed then, the last fraction is given on 2026-04-13"),
    ],
)
def test_a_span_that_misses_nothing_is_refused(days: Any, told: Any) -> None:
    with pytest.raises(DomainError, match=told):
        from_dates(sixty(), parse_missed(days))


def test_past_the_planned_end_what_is_not_stated_as_missed_is_given_and_said() -> None:
    answer = stated(sixty(), "2026-03-11", as_of="2026-04-20")
    assert (len(answer.situation.delivered), answer.situation.slots) == (30, ())
    assert answer.appended.course.last == D("2026-04-13")
    note = next(note for note in answer.notes if note.code == "given-past-the-end")
    assert "2026-04-13 lies past the planned end, 2026-04-10" in sentence(note)


# --- deliveries in order --------------------------------------------------------------------------------------------


def two_phases() -> Any:
    """Three fractions of 1.8 Gy, then four of 2 Gy, from Monday 2021-09-06 to Tuesday 2021-09-14."""
    return plan("540cGy/3+800cGy/4", "2021-09-06", clinic="weekdays")


@pytest.mark.parametrize("lost", [["2021-09-06"], ["2021-09-07"], ["2021-09-07", "2021-09-08"], ["2021-09-10"]])
def test_the_kth_delivery_is_the_kth_fraction_owed(lost: Any) -> None:
    answer = stated(two_phases(), ",".join(lost), as_of="2021-09-13")
    doses = [fraction.doses_gy[0] for fraction in answer.appended.course.fractions]
    assert doses == [1.8] * 3 + [2.0] * 4
    assert len(answer.situation.delivered) == 6 - len(lost)


def test_a_phase_that_the_record_names_is_what_was_given_and_is_said() -> None:
    text = "date,phase,dose_gy\n2021-09-06,phase 1,1.8\n2021-09-07,phase 2,2.0\n"
    situation = from_record(two_phases(), parsed(two_phases(), text))
    assert [fraction.phase for fraction in situation.delivered] == ["phase 1", "phase 2"]
    (finding,) = situation.findings
    assert sentence(finding) == (
        "r.csv: line 3: the fraction on 2021-09-07 is of phase phase 2, while 2 fractions of phase 1 are still owed"
    )


def test_a_number_skipped_is_named_once_where_it_begins() -> None:
    numbers = [1, 2, 4, 5, 6]
    days = [fraction.date for fraction in two_phases().course.fractions[:5]]
    text = "date,fraction\n" + "".join(f"{day},{number}\n" for day, number in zip(days, numbers, strict=True))
    situation = from_record(two_phases(), parsed(two_phases(), text))
    (finding,) = situation.findings
    assert (finding.code, finding.values["line"], finding.values["number"]) == ("number-differs", 4, 4)


def test_numbers_that_begin_anew_with_a_phase_are_no_contradiction() -> None:
    days = [fraction.date for fraction in two_phases().course.fractions]
    rows = "".join(f"{day},{number}\n" for day, number in zip(days, [1, 2, 3, 1, 2, 3, 4], strict=True))
    situation = from_record(two_phases(), parsed(two_phases(), "date,fraction\n" + rows))
    assert (len(situation.delivered), situation.findings) == (7, ())


def test_one_more_than_the_plan_is_refused_by_name() -> None:
    days = [dt.date(2026, 3, 2) + dt.timedelta(days=step) for step in range(80)]
    rows = [f"{day},2.0" for day in days if day.weekday() < 5][:31]
    with pytest.raises(ConfigError, match=r"line 32: .*"):
        from_record(sixty(), parsed(sixty(), "date,dose_gy\n" + "\n".join(rows)))


# --- fractions of many lines ----------------------------------------------------------------------------------------


def day_of(rows: Any, head: Any = "date,dose_gy") -> Any:
    return head + "\n" + "\n".join(f"2026-03-02,{row}" for row in rows) + "\n"


@pytest.mark.parametrize(
    ("rows", "head"),
    [
        (["1.0", "1.0"], "date,dose_gy"),
        (["0.52", "0.48", "0.5", "0.5"], "date,dose_gy"),
        (["0.66", "0.67", "0.66"], "date,dose_gy"),  # rounded lines
        (["2.0", "0"], "date,dose_gy"),  # set-up
        (["0", "2.0", "0"], "date,dose_gy"),
        (["09:00,1.0", "09:04,1.0"], "date,time,dose_gy"),
        (["09:00,1.0", "09:00,1.0"], "date,time,dose_gy"),
        (["09:00,0", "09:02,2.0"], "date,time,dose_gy"),
        (["1,1.0", "1,1.0"], "date,fraction,dose_gy"),
        (["1,0.1", "1,1.9"], "date,fraction,dose_gy"),
    ],
)
def test_lines_of_one_fraction(rows: Any, head: Any) -> None:
    situation = from_record(sixty(), parsed(sixty(), day_of(rows, head)))
    assert len(situation.delivered) == 1
    assert situation.delivered[0].doses_gy[0] == pytest.approx(2.0, abs=0.011)
    assert len(situation.slots) == 29
    assert not situation.missed


@pytest.mark.parametrize(
    ("rows", "head", "told"),
    [
        (["2.0", "2.0"], "date,dose_gy", "line 3: lines 2, 3 of 2026-03-02, each a whole fraction"),
        (["", ""], "date,dose_gy", "one fraction, or 2 fractions"),
        (["0.7", "0.7"], "date,dose_gy", "1.4 Gy together where 2 Gy is planned: one fraction, or 2 fractions"),
        (["1,2.0", "1,2.0"], "date,fraction,dose_gy", "lines 2, 3 bear fraction 1 of 2026-03-02, each with the whole"),
        (["1,1.0", "2,1.0"], "date,fraction,dose_gy", "add up to one planned dose: one fraction with its fields"),
        (["1,1.0", ",1.0"], "date,fraction,dose_gy", "line 3: bears no fraction number, but another line"),
        (["09:00,2.0", "09:05,2.0"], "date,time,dose_gy", "closer together than the interval"),
        (["1,1.0", "1,"], "date,fraction,dose_gy", "line 3: has no dose, but other lines of this fraction do"),
    ],
)
def test_two_readings_are_refused_with_both(rows: Any, head: Any, told: Any) -> None:
    with pytest.raises(ConfigError, match=told):
        from_record(sixty(), parsed(sixty(), day_of(rows, head)))


def test_twelve_days_of_two_lines_are_never_twenty_four_fractions() -> None:
    days = [fraction.date for fraction in sixty().course.fractions[:12]]
    halves = "date,dose_gy\n" + "".join(f"{day},1.0\n{day},1.0\n" for day in days)
    assert len(from_record(sixty(), parsed(sixty(), halves)).delivered) == 12
    whole = "date,dose_gy\n" + "".join(f"{day},2.0\n{day},2.0\n" for day in days)
    with pytest.raises(ConfigError) as caught:
        from_record(sixty(), parsed(sixty(), whole))
    assert len(caught.value.problems) == 12  # every day at once


def test_bid_fractions_are_told_apart_by_their_times() -> None:
    made = plan("69.6/58bid", "2026-01-05", clinic="weekdays")
    text = "date,time,dose_gy\n2026-01-05,09:00,1.2\n2026-01-05,15:10,1.2\n"
    assert len(from_record(made, parsed(made, text)).delivered) == 2
    fields = "date,time,dose_gy\n" + "".join(
        f"2026-01-05,{time},0.6\n" for time in ("09:00", "09:03", "15:10", "15:12")
    )
    assert [f.doses_gy for f in from_record(made, parsed(made, fields)).delivered] == [(1.2,), (1.2,)]
    extra = "date,time,dose_gy\n2026-03-02,09:00,2.0\n2026-03-02,15:30,2.0\n"
    assert len(from_record(sixty(), parsed(sixty(), extra)).delivered) == 2


def test_a_fraction_that_goes_on_the_next_day_is_the_same_fraction() -> None:
    text = "date,fraction,dose_gy\n2026-03-02,1,2.0\n2026-03-03,2,1.2\n2026-03-04,2,0.8\n2026-03-04,3,2.0\n"
    situation = from_record(sixty(), parsed(sixty(), text))
    assert not situation.partials
    assert [round(f.doses_gy[0], 2) for f in situation.delivered] == [2.0, 1.2, 0.8, 2.0]
    assert len(situation.slots) == 27


def test_imaging_before_the_course_and_on_a_weekend_is_no_fraction() -> None:
    text = "date,dose_gy\n2026-02-27,0\n2026-03-02,2.0\n2026-03-07,0\n"
    situation = from_record(sixty(), parsed(sixty(), text), as_of=D("2026-03-02").replace(day=7))
    assert len(situation.delivered) == 1
    assert [fraction.number for fraction in situation.missed] == [2, 3, 4, 5]


def test_at_most_twenty_lines_are_named() -> None:
    days = [fraction.date for fraction in sixty().course.fractions]
    text = "date,dose_gy,phase\n" + "".join(f"{day},2.0,boost\n" for day in days)
    with pytest.raises(ConfigError) as caught:
        from_record(sixty(), parsed(sixty(), text))
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1] == "and 10 more lines like these"


# --- the law: any split, any order, any delay -------------------------------------------------------------------------

PLANS = {
    "one phase": sixty(),
    "two phases": two_phases(),
    "twice a day": plan("69.6/58bid", "2026-01-05", clinic="weekdays"),
    "four a week": plan("40/16 4/week", "2026-01-07", clinic="weekdays"),
    "thirds": plan("40/15", "2026-01-05", clinic="weekdays"),
}


def delayed(rnd: Any, made: Any, a_day: Any) -> Any:
    """Days of a course that was put off now and then."""
    count = rnd.randint(1, len(made.course.fractions) // a_day)
    day = made.course.first
    days: list[dt.date] = []
    while len(days) < count:
        if day.weekday() < 5 and rnd.random() < 0.8:
            days.append(day)
        day += dt.timedelta(days=1)
    return days


def fields(rnd: Any, dose_cgy: Any) -> Any:
    """A dose in one to four lines."""
    cuts = sorted(rnd.sample(range(1, dose_cgy), rnd.randint(0, 3)))
    return [b - a for a, b in itertools.pairwise([0, *cuts, dose_cgy])]


@settings(max_examples=200)
@given(st.sampled_from(sorted(PLANS)), st.sampled_from(["bare", "numbers", "times", "both"]), st.integers(0, 2**32))
def test_any_split_in_any_order_gives_the_same_train(name: Any, marks: Any, seed: Any) -> None:
    rnd, made = random.Random(seed), PLANS[name]
    a_day = made.course.sessions[made.course.first]
    days = delayed(rnd, made, a_day)
    rows = []
    for number, (day, slot) in enumerate(((day, slot) for day in days for slot in range(a_day)), 1):
        dose = round(100 * made.course.fractions[number - 1].doses_gy[0])
        for step, part in enumerate(fields(rnd, dose)):
            time = f"{9 + 7 * slot:02}:{step:02}" if marks in ("times", "both") else ""
            rows.append(f"{day},{time},{number if marks in ('numbers', 'both') else ''},{part / 100}")
    rows += [f"{day},,,0" for day in days if rnd.random() < 0.5]  # set-up, imaging
    rnd.shuffle(rows)
    situation = from_record(made, parsed(made, "date,time,fraction,dose_gy\n" + "\n".join(rows) + "\n"))
    planned = made.course.fractions[: len(days) * a_day]
    assert [fraction.date for fraction in situation.delivered] == [day for day in days for _ in range(a_day)]
    assert [fraction.phase for fraction in situation.delivered] == [fraction.phase for fraction in planned]
    for ours, theirs in zip(situation.delivered, planned, strict=True):
        assert ours.doses_gy[0] == pytest.approx(theirs.doses_gy[0], abs=0.005)
    assert not situation.partials
    assert len(situation.slots) + len(planned) == len(made.course.fractions)


# --- where the patient stands, and a course that was stopped ----------------------------------------------------------


def test_a_stopped_course_is_a_revision_with_what_was_given_against_what_was_prescribed() -> None:
    # 9 of 30 fractions of 2 Gy by Friday 13 March, Thursday 12 March missed: BED10 21.6, of 72 prescribed; T = 11.
    situation = from_dates(sixty(), parse_missed("2026-03-12"), as_of=D("2026-03-13"))
    closed = stopped_plan(situation, FIXED, parent_sha256="a" * 64, reason="does not come back")
    assert (len(closed.course.fractions), closed.course.elapsed_days) == (9, 11)
    assert closed.effects[0].bed_gy == pytest.approx(21.6)
    assert closed.prescribed_effects[0].bed_gy == pytest.approx(72.0)
    assert closed.revision.reason == "stopped as of 2026-03-13: does not come back"
    assert artefact.parse(closed.document()) == closed
    note = next(note for note in closed.notes if note.code == "stopped")
    assert "9 of 30 fractions given, 18.00 of 60.00 Gy" in sentence(note)
    with pytest.raises(DomainError, match="the course was stopped as of 2026-03-13"):
        from_dates(closed, (), as_of=D("2026-03-20"))


def test_chemotherapy_after_the_stop_is_left_out() -> None:
    made = plan(start="2026-03-02")
    closed = stopped_plan(from_dates(made, (), as_of=D("2026-03-13")), FIXED, parent_sha256="", reason="toxicity")
    assert [cycle.number for cycle in closed.cycles] == [1]
    assert artefact.parse(closed.document()) == closed


def test_what_cannot_be_stopped() -> None:
    made = sixty()
    with pytest.raises(DomainError, match="there is no course to close"):
        stopped_plan(from_dates(made, parse_missed("2026-03-02")), FIXED, parent_sha256="", reason="x")
    with pytest.raises(DomainError, match="the course is complete, not stopped"):
        stopped_plan(from_dates(made, (), as_of=D("2026-04-10")), FIXED, parent_sha256="", reason="x")


def test_the_door_closes_a_course(cli: Any, tmp_path: Path) -> None:
    cli("plan", "60/30", "--start", "2026-03-02", "--clinic", "weekdays", "--only", "json", "--out", str(tmp_path))
    file = str(tmp_path / "plan.json")
    assert "say why with --reason" in cli("missed", file, "--stopped", "2026-03-13").output
    words = ["missed", file, "--stopped", "2026-03-13", "--reason", "moved away", "--out", str(tmp_path)]
    result = cli(*words)
    assert result.exit_code == 0, result.output
    assert len(artefact.read(tmp_path / "plan-r2.json").course.fractions) == 10
    again = cli("missed", str(tmp_path / "plan-r2.json"), "--missed", "2026-03-20")
    assert (again.exit_code, "nothing is to come" in again.output) == (1, True)


# --- another dose than planned ----------------------------------------------------------------------------------------


def test_the_rest_of_a_partial_fraction_in_four_ways() -> None:
    # 0.9 of 1.8 Gy on Tuesday 10 March; 45/25 from Monday 2 March ends on Friday 3 April, T = 32.
    made = plan("45/25", "2026-03-02", clinic="weekdays", tissues=("squamous-surrogate",))
    answer = stated(made, "", partial=["2026-03-10=0.9Gy"])
    net = {option.id: option.effects[0].row.net_bed_gy for option in answer.options}
    # Never given: 24 x 1.8 x 1.18 + 0.9 x 1.09 - 0.9 x (32 - 28).
    assert net["rest-never"] == pytest.approx(24 * 1.8 * 1.18 + 0.9 * 1.09 - 0.9 * 4)
    # Of its own, on Monday 6 April, T = 35: 0.9 x 1.09 more, 0.9 x 3 less: worth less than never giving it.
    assert net["append"] == pytest.approx(net["rest-never"] + 0.9 * 1.09 - 0.9 * 3)
    assert net["append"] < net["rest-never"]
    # Shared over the 17 fractions from Thursday 12 March on: 1.8 + 0.9/17 = 1.853, 1.85 Gy.
    (step,) = answer.option("rest-shared").doses
    assert (step.n_fractions, step.dose_gy) == (17, 1.85)
    assert net["rest-shared"] == pytest.approx(7 * 1.8 * 1.18 + 0.9 * 1.09 + 17 * 1.85 * 1.185 - 0.9 * 4)
    # Added to the next one it would be 2.7 Gy, above 2.2 Gy.
    assert "rest-next" not in net
    note = next(note for note in answer.notes if note.code == "rest-above-ceiling")
    assert "2.70 Gy instead of 1.8 Gy in a fraction is above 2.20 Gy" in sentence(note)
    small = stated(made, "", partial=["2026-03-10=1.5Gy"]).option("rest-next")
    assert [(step.n_fractions, step.dose_gy) for step in small.doses] == [(1, 2.1)]
    assert small.course.fractions[8].doses_gy == (2.1,)


def test_large_fractions_take_nothing_more() -> None:
    made = plan("25/5", "2026-01-05", clinic="weekdays")
    answer = stated(made, "", partial=["2026-01-05=4.0Gy"])
    assert not {"rest-shared", "rest-next"} & {option.id for option in answer.options}
    assert "no-change-above" in {note.code for note in answer.notes}


def test_a_partial_and_a_missed_fraction_together() -> None:
    answer = stated(sixty(), "2026-03-12", partial=["2026-03-10=90cGy"])
    assert len(answer.situation.delivered) == 8
    assert sorted(slot.doses_gy[0] for slot in answer.situation.slots)[0] == pytest.approx(1.1)
    assert answer.option("rest-never").course.last == D("2026-04-13")


def test_after_a_fraction_too_large_one_may_be_left_out_and_the_bound_is_shown() -> None:
    # 25 x 1.8 Gy with 3.6 Gy first: 41.4 Gy left, d' 1.643, n' 25.2 (clinical_facts: Joiner 2004, Jones and Dale 2008).
    made = plan("45/25", "2026-03-02", clinic="weekdays")
    answer = stated(made, "", partial=["2026-03-02=3.6Gy"])
    note = next(note for note in answer.notes if note.code == "dose-error-bound")
    assert note.values["n_fractions"] == pytest.approx(25.2, abs=0.05)
    assert note.values["dose_per_fraction_gy"] == pytest.approx(1.643, abs=0.0005)
    assert "a bound, not a schedule" in sentence(note)
    option = answer.option("leave-out-1")
    assert (len(option.course.fractions), option.course.total_gy()) == (24, pytest.approx(45.0))
    assert any(option.id.startswith("dose-late") for option in answer.options)
    again = recorded(made, "date,dose_gy\n2026-03-02,3.6\n")
    assert again.option("leave-out-1").course == option.course


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-03-10=1.8", "is written 2026-03-10=0.9Gy, with its unit"),
        ("2026-03-10", "is written 2026-03-10=0.9Gy"),
        ("2026-03-10=0Gy", "is missed: --missed 2026-03-10"),
        ("2026-03-10=2.0Gy", "that is the planned dose, 2 Gy"),
        ("2026-03-10=20Gy", "more than 2 times that dose"),
        ("2026-03-14=1.0Gy", "0 fractions are counted as given on 2026-03-14"),
        ("2026-03-10#2=1.0Gy", "one fraction is counted as given on 2026-03-10"),
    ],
)
def test_partial_doses_that_cannot_be_right(text: Any, told: Any) -> None:
    with pytest.raises(DomainError, match=told):
        from_dates(sixty(), (), partial=[parse_partial(text)])


def test_which_fraction_of_a_day_was_partial_has_to_be_said() -> None:
    made = plan("69.6/58bid", "2026-01-05", clinic="weekdays")
    with pytest.raises(DomainError, match="that day has 2 fractions, write 2026-01-06#1 or 2026-01-06#2"):
        from_dates(made, (), partial=[parse_partial("2026-01-06=0.6Gy")])
    situation = from_dates(made, (), partial=[parse_partial("2026-01-06#2=0.6Gy")])
    assert [fraction.doses_gy[0] for fraction in situation.delivered] == [1.2, 1.2, 1.2, 0.6]
