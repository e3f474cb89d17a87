"""A machine is down: capacity is kept, nobody is passed over, and brute force finds nothing better.

Laws on random small departments against a search of every assignment, and cases worked out by hand.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtplan as rt
from rtplan.errors import ConfigError, DomainError
from rtplan.questions.assignment import Claim, Seat, assign
from rtplan.questions.department import Patient, folder_of, levels_of, pins_of, seats_of
from rtplan.report.formats.json import dumps

SATURDAY = dt.date(2026, 3, 14)


# --- the assignment alone, against brute force ----------------------------------------------------------------------


@st.composite
def small(draw: Any) -> tuple[list[Claim], list[Seat]]:
    seats = [
        Seat(date=SATURDAY + dt.timedelta(days=draw(st.integers(0, 2))), capacity=draw(st.integers(0, 2)), machine=name)
        for name in "AB"[: draw(st.integers(1, 2))]
    ]
    claims = [
        Claim(
            id=f"p{i}",
            need=draw(st.integers(1, 2)),
            seats=tuple(s for s in range(len(seats)) if draw(st.booleans())),
            order=(float(draw(st.integers(1, 3))),),
            weight=draw(st.integers(1, 2)),
        )
        for i in range(draw(st.integers(1, 4)))
    ]
    return claims, seats


def every(claims: list[Claim], seats: list[Seat]) -> Any:
    """Every assignment that keeps capacity, needs and one seat a day."""
    choices = [
        [
            taken
            for size in range(claim.need + 1)
            for taken in itertools.combinations(claim.seats, size)
            if len({seats[s].date for s in taken}) == len(taken)
        ]
        for claim in claims
    ]
    for found in itertools.product(*choices):
        used = [sum(c.weight for c, taken in zip(claims, found, strict=True) if s in taken) for s in range(len(seats))]
        if all(count <= seat.capacity for count, seat in zip(used, seats, strict=True)):
            yield found


def worth(claims: list[Claim], found: Any) -> tuple[int, ...]:
    """Seats of each rank, the first rank first."""
    ranks = sorted({claim.order for claim in claims})
    return tuple(sum(len(t) for c, t in zip(claims, found, strict=True) if c.order == rank) for rank in ranks)


@given(small())
@settings(max_examples=60, deadline=None)
def test_brute_force_finds_nothing_better(case: Any) -> None:
    claims, seats = case
    claims = sorted(claims, key=lambda claim: claim.id)
    ours = assign(claims, seats)
    found = tuple(ours[claim.id] for claim in claims)
    assert found in set(every(claims, seats))  # capacity, needs, one a day
    assert worth(claims, found) == max(worth(claims, other) for other in every(claims, seats))


@given(small(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_claims_changes_nothing(case: Any, random: Any) -> None:
    claims, seats = case
    shuffled = random.sample(claims, len(claims))
    assert assign(shuffled, seats) == assign(claims, seats)


def test_what_is_pinned_is_held_before_everything_else() -> None:
    claims = [Claim(id=name, need=1, seats=(0,), order=(float(i),)) for i, name in enumerate("ab")]
    seats = [Seat(date=SATURDAY, capacity=1)]
    assert assign(claims, seats) == {"a": (0,), "b": ()}
    assert assign(claims, seats, pinned={"b": [0]}) == {"a": (), "b": (0,)}
    with pytest.raises(DomainError, match="cannot be held"):
        assign(claims, seats, pinned={"a": [0], "b": [0]})


def test_the_earliest_seats_among_equals() -> None:
    seats = [Seat(date=SATURDAY + dt.timedelta(days=i), capacity=1) for i in (0, 1)]
    assert assign([Claim(id="a", need=1, seats=(0, 1), order=(1.0,))], seats) == {"a": (0,)}


# --- departments ----------------------------------------------------------------------------------------------------


def plan(regimen: str = "60/30", start: str = "2026-03-02", **words: Any) -> Any:
    asked: Any = {"clinic": "england", "tissue": "squamous-surrogate", "category": 1} | words
    return rt.plan(regimen, start=start, **asked)


def test_by_hand() -> None:
    """60/30 from 2 March loses 12 March: last 15 April instead of 14 (3 and 6 April are closed), T 44 for 43: 0.9 Gy.

    With a seat on Saturday it ends on 14 April again. Category 1 stands before category 2.
    """
    plans = {"two": plan(category=2), "one": plan()}
    answer = rt.department(plans, "2026-03-12", "2026-03-14=1")
    first, second = answer.served
    assert (first.id, first.seats) == ("one", ("2026-03-14",))
    assert (second.id, second.seats) == ("two", ())
    assert (first.without.course.last, first.served.course.last) == (dt.date(2026, 4, 15), dt.date(2026, 4, 14))
    assert first.loss_gy == pytest.approx(0.9)
    assert (first.level, second.level) == (1, 3)
    assert second.short == 1


def test_a_stated_level_goes_before_the_category() -> None:
    plans = {"two": plan(category=2), "one": plan()}
    answer = rt.department(plans, "2026-03-12", "2026-03-14=1", levels={"two": 1, "one": 2})
    assert answer.served[0].id == "two"
    assert answer.served[0].seats == ("2026-03-14",)


def test_a_twice_daily_day_takes_two_attendances() -> None:
    """On a matched machine; a Saturday would be 12 fractions in 7 days, more than the prescription's own ten."""
    plans = {"bid": plan("45Gy/30bid"), "once": plan(category=2)}
    one = rt.department(plans, "2026-03-12", "2026-03-12@B=1")
    assert {entry.id: entry.seats for entry in one.served} == {"bid": (), "once": ("2026-03-12@B",)}
    two = rt.department(plans, "2026-03-12", "2026-03-12@B=2")
    served = {entry.id: entry for entry in two.served}
    assert served["bid"].seats == ("2026-03-12@B",)
    assert rt.department(plans, "2026-03-12", "2026-03-14=2").served[0].why_not == "no-seat-fits"
    assert served["bid"].served.sessions[0].fractions == 2
    assert served["once"].seats == ()


def test_a_seat_that_breaks_a_hard_rule_is_not_given() -> None:
    """Every second day, Wednesday lost: Thursday is next; Friday stands beside it, Saturday does not."""
    spaced = plan("60Gy/8 3/week", tissue=(), alpha_beta=[10.0])
    assert rt.department({"a": spaced}, "2026-03-11", "2026-03-13=1").served[0].why_not == "no-seat-fits"
    assert rt.department({"a": spaced}, "2026-03-11", "2026-03-14=1").served[0].seats == ("2026-03-14",)


def test_seats_that_together_break_a_rule_are_not_given_together() -> None:
    """Two days lost in a full week: Saturday and Sunday are not both possible beside five days after them."""
    answer = rt.department({"a": plan()}, "2026-03-12..2026-03-13", ["2026-03-14=1", "2026-03-15=1"])
    (entry,) = answer.served
    course = entry.served.course
    for end in course.dates:
        assert sum(0 <= (end - day).days < 7 for day in course.dates) <= 7


def test_a_course_that_has_not_begun_gets_none() -> None:
    answer = rt.department({"a": plan(start="2026-03-12")}, "2026-03-12", "2026-03-14=1")
    assert answer.served[0].why_not == "not-begun"


def test_a_tie_is_told_and_a_pin_decides_it() -> None:
    plans = {"a": plan(), "b": plan()}
    answer = rt.department(plans, "2026-03-12", "2026-03-14=1")
    assert all(entry.tied for entry in answer.served)
    assert "department-tie" in {note.code for note in answer.notes}
    pinned = rt.department(plans, "2026-03-12", "2026-03-14=1", pin="b=2026-03-14")
    assert {entry.id: entry.seats for entry in pinned.served} == {"a": (), "b": ("2026-03-14",)}
    without = rt.department(plans, "2026-03-12", "2026-03-14=1", left_out=["a"])
    assert {entry.id: entry.seats for entry in without.served} == {"a": (), "b": ("2026-03-14",)}


def test_if_the_machine_stays_down() -> None:
    """Category 1: two days. One lost day is +1; Friday, Monday, Tuesday more."""
    answer = rt.department({"a": plan("45/25", start="2026-04-13", clinic="weekdays")}, "2026-04-16", "2026-04-18=0")
    assert [(later.days, later.until) for later in answer.later] == [
        (1, dt.date(2026, 4, 17)),
        (2, dt.date(2026, 4, 20)),
        (3, dt.date(2026, 4, 21)),
    ]
    assert answer.later[0].beyond_limit == ("a",)  # Friday the last, then Monday and Tuesday: +4


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["60/30", "45/25", "70/35", "45Gy/30bid"]),
            st.sampled_from(["2026-02-16", "2026-03-02", "2026-03-09"]),
            st.sampled_from([1, 2, 3, None]),
        ),
        min_size=1,
        max_size=5,
    ),
    st.lists(st.integers(0, 3), min_size=2, max_size=2),
)
@settings(max_examples=12, deadline=None)
def test_laws(people: Any, room: Any) -> None:
    plans = {f"p{i}": plan(text, start=start, category=cat) for i, (text, start, cat) in enumerate(people)}
    slots = [f"2026-03-14={room[0]}", f"2026-03-12@B={room[1]}"]
    answer = rt.department(plans, "2026-03-12", slots)
    for seat in answer.seats:
        taken = [entry for entry in answer.served if seat.name in entry.seats]
        used = sum(o.fractions for entry in taken for o in entry.served.sessions if o.date == seat.date)
        assert used <= seat.capacity
    for entry in answer.served:
        assert entry.served.course.last <= entry.without.course.last
        assert entry.served.deficit_gy <= entry.without.deficit_gy + 1e-9
        assert not entry.served.hard
    backwards = dict(reversed(plans.items()))
    assert [(e.id, e.seats) for e in rt.department(backwards, "2026-03-12", slots).served] == [
        (e.id, e.seats) for e in answer.served
    ]


def test_nobody_of_a_higher_level_is_displaced_by_a_lower_one() -> None:
    plans = {f"p{level}{i}": plan("45/25") for level in (1, 2, 3) for i in range(2)}
    levels = {name: int(name[1]) for name in plans}
    for room in range(7):
        answer = rt.department(plans, "2026-03-12", f"2026-03-14={room}", levels=levels)
        counts = [len(entry.seats) for entry in answer.served]
        assert counts == sorted(counts, reverse=True)
        assert sum(counts) == min(room, 6)


# --- words and files ------------------------------------------------------------------------------------------------


def test_words() -> None:
    assert [seat.name for seat in seats_of(["6"], "", "2026-03-12..2026-03-13")] == [
        "2026-03-12@matched",
        "2026-03-13@matched",
    ]
    assert pins_of(["a=2026-03-14", "a=2026-03-15@B"]) == {"a": ["2026-03-14", "2026-03-15@B"]}
    for bad in ("2026-03-14", "2026-03-14=x", "14.3.=2", "2026-03-14=-1", "2026-03-14=99999"):
        with pytest.raises(DomainError, match="slots"):
            seats_of([bad], "", "2026-03-12")
    for pin in ("a", "=2026-03-14", "a="):
        with pytest.raises(DomainError, match="pin takes ID=DATE"):
            pins_of([pin])


def test_unknown_names_are_refused() -> None:
    plans = {"a": plan()}
    for words, message in (
        ({"pin": "b=2026-03-14"}, "there is no plan 'b'"),
        ({"pin": "a=2026-03-21"}, "there are no slots on '2026-03-21'"),
        ({"left_out": "b"}, "there is no plan 'b'"),
    ):
        with pytest.raises(DomainError, match=message):
            rt.department(plans, "2026-03-12", "2026-03-14=1", **words)


def test_levels_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "levels.csv"
    path.write_text("id,level\na,2\n\nb,5\n", encoding="utf-8")
    assert levels_of(path) == {"a": 2, "b": 5}
    for text, message in (("a,2\n", "first line"), ("id,level\na,6\n", "line 2"), ("id,level\na,1\na,2\n", "line 3")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=message):
            levels_of(path)


def test_a_folder_by_command(tmp_path: Path, cli: Any) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    for name, category in (("anna", 1), ("ben", 2)):
        (folder / f"{name}.json").write_text(dumps(plan(category=category).document()), encoding="utf-8")
    words = ["--closed", "2026-03-12", "--slots", "2026-03-14=1"]
    printed = json.loads(cli("department", str(folder), *words, "--json").stdout)
    assert [(entry["id"], entry["slots"]) for entry in printed["patients"]] == [("anna", ["2026-03-14"]), ("ben", [])]
    out = tmp_path / "out"
    result = cli("department", str(folder), *words, "--choose", "--out", str(out))
    assert result.exit_code == 0, result.output
    revised = rt.read(out / "anna-r2.json")
    assert dt.date(2026, 3, 14) in revised.course.dates
    assert revised.revision.parent_sha256
    assert dt.date(2026, 3, 12) not in rt.read(out / "ben-r2.json").course.dates
    assert rt.verify(out / "anna-r2.json", earlier=[folder / "anna.json"]).passed
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no plans" in cli("department", str(empty), *words).output


def test_a_level_for_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(dumps(plan().document()), encoding="utf-8")
    with pytest.raises(DomainError, match="level is stated for 'b'"):
        folder_of(tmp_path, {"b": 1})
    patients, files = folder_of(tmp_path, {"a": 1})
    assert [patient.level for patient in patients] == [1]
    assert isinstance(patients[0], Patient)
    assert len(files) == 1


@pytest.mark.bench
def test_bench_two_hundred_plans(benchmark: Any) -> None:
    """Prints its time."""
    made = [plan(text, start=start) for text in ("60/30", "70/35") for start in ("2026-02-16", "2026-03-02")]
    plans = {f"p{i}": made[i % 4] for i in range(200)}
    benchmark.pedantic(rt.department, (plans, "2026-03-12", "2026-03-14=40"), rounds=1)
