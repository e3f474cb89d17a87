"""Proof of the front door: function and command of one name say the same, every answer has its outputs, pandas fits."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import re
import typing
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtplan as rt
from rtplan import arguments
from rtplan.answer import Answer, Kind
from rtplan.cli import COMMANDS
from rtplan.cli.listing import KINDS
from rtplan.questions.listing import LISTS
from rtplan.report.formats import bundle
from rtplan.report.formats.json import dumps
from rtplan.report.registry import FACES

STAMP = "2026-01-15T09:00:00+08:00"
SURROGATE = "squamous-surrogate"


def same(printed: str, answer: Answer) -> None:
    """The command's document is the function's, but for the words that asked."""
    theirs, ours = json.loads(printed), json.loads(dumps(answer.document()))
    for document in (theirs, ours):
        document.get("provenance", {}).pop("command", None)
        document.pop("sha256", None)  # of a plan: over the words that asked, too
    assert theirs == ours


QUESTIONS: list[tuple[str, Callable[[], Answer]]] = [
    (
        "plan 50.4/28 --clinic england --start 2026-03-30 --chemo pf-q4w --alpha-beta 8 --category 1",
        lambda: rt.plan(
            "50.4/28", start="2026-03-30", clinic="england", chemo="pf-q4w", alpha_beta=8.0, category=1, stamp=STAMP
        ),
    ),
    (
        "plan 45.6/38bid --clinic GB-ENG --start 2026-03-02 --times 09:00,15:30 --region 'spinal cord=42Gy Dmax'",
        lambda: rt.plan(
            "45.6/38bid",
            start=dt.date(2026, 3, 2),
            clinic="GB-ENG",
            times=(dt.time(9), dt.time(15, 30)),
            region="spinal cord=42Gy Dmax",
            stamp=STAMP,
        ),
    ),
    (
        "starts 60/30 --clinic GB-ENG --from 2026-03-01 --to 2026-03-14",
        lambda: rt.starts("60/30", first="2026-03-01", last="2026-03-14", clinic="GB-ENG", stamp=STAMP),
    ),
    ("dose 45/25 60/30 --monday-start", lambda: rt.dose("45/25", "60/30", monday_start=True)),
    ("dose --to-match 60/30 --fractions 25", lambda: rt.dose(to_match="60/30", fractions=25)),
    (
        f"dose 45/25 --to-match 50/25 --start 2026-03-02 --clinic england --tissue {SURROGATE}",
        lambda: rt.added("45/25", "50/25", start="2026-03-02", clinic="england", tissue=SURROGATE),
    ),
    (
        "compare 45/25 60/30 --start 2026-03-02 --clinic west-china --range",
        lambda: rt.compare("45/25", "60/30", start="2026-03-02", clinic="west-china", ranges=True),
    ),
    ("workdays CN --from 2026-02-01 --to 2026-02-28", lambda: rt.workdays("CN", "2026-02-01", "2026-02-28")),
    *((f"list {kind}", lambda kind=kind: rt.listing(kind)) for kind in LISTS),
    ("validate", lambda: rt.validate(stamp=STAMP)),
]


@pytest.mark.parametrize(("command", "function"), QUESTIONS, ids=[command for command, _ in QUESTIONS])
def test_command_and_function_give_the_same_json(cli: Any, command: str, function: Callable[[], Answer]) -> None:
    stamp = f" --stamp {STAMP}" if command.startswith(("plan", "starts", "validate")) else ""
    same(cli(f"{command} --json{stamp}").stdout, function())


def test_missed_and_its_choice_are_the_same_from_a_value_and_from_its_file(cli: Any, tmp_path: Any) -> None:
    plan = rt.plan("45/25", start="2026-03-02", clinic="england", stamp=STAMP)
    (path,) = plan.save(tmp_path, only="json")
    assert rt.read(path) == plan
    answer = rt.missed(plan, "2026-03-10..2026-03-12", cause="linac", stamp=STAMP)
    words = ("--missed", "2026-03-10..2026-03-12", "--cause", "linac", "--stamp", STAMP, "--json")
    printed = json.loads(cli("missed", str(path), *words).stdout)
    ours = answer.document()
    assert printed["plan"] == ours["plan"]  # the SHA-256 of the file it would have too
    assert printed["options"] == json.loads(dumps(ours["options"]))
    chosen = answer.options[0].id
    cli("missed", str(path), *words, "--choose", chosen, "--out", str(tmp_path / "r2"))
    assert rt.read(tmp_path / "r2" / "plan-r2.json").course == answer.choose(chosen).course


WITHOUT_ANSWER = {"guide", "init", "completion", "serve"}
"""Commands that put no question: they help to put one."""


def test_every_command_has_its_function() -> None:
    named = set(COMMANDS) - WITHOUT_ANSWER
    assert all(callable(getattr(rt, {"list": "listing"}.get(command, command))) for command in named)
    assert LISTS == KINDS


def test_every_kind_of_answer_has_a_face_and_every_face_its_answers(tmp_path: Any) -> None:
    found = [function() for _, function in QUESTIONS]
    plan = next(answer for answer in found if isinstance(answer, rt.Plan))
    found.append(rt.missed(plan, "2026-04-13"))
    found.append(rt.department({"a": plan}, "2026-04-13", "2026-04-18=1"))
    found.append(rt.verify(plan.save(tmp_path / "kept", only="json")[0]))
    found.append(rt.cohort(pd.DataFrame({"start": ["2026-03-02"]}), regimen="45/25", clinic="england", stamp=STAMP))
    assert {answer.kind for answer in found} == set(typing.get_args(Kind)) == set(FACES)
    for answer in {answer.kind: answer for answer in found}.values():
        assert next(iter(answer.document())) == "schema"
        assert len(answer.to_frame()) > 0
        assert "<" in answer._repr_html_()
        written = answer.save(tmp_path / answer.kind, only=["json"])
        assert [path.suffix for path in written] == [".json"]
        assert set(bundle.kinds(answer)) <= set(bundle.KINDS)


def test_what_does_not_make_a_question_is_refused() -> None:
    with pytest.raises(rt.QuestionError, match="choose one"):
        rt.dose("45/25", overall_time=33, monday_start=True)
    with pytest.raises(rt.QuestionError, match="give --missed DATES or --record FILE"):
        rt.missed(rt.plan("45/25", start="2026-03-02", clinic="england"))
    with pytest.raises(rt.DomainError, match="'maybe'"):
        rt.plan("45/25", start="2026-03-02", worked_weekends="maybe")  # type: ignore[arg-type]
    with pytest.raises(rt.DomainError, match="from 1951-01-01 to 2097-12-31"):
        rt.workdays("CN", "1900-01-01", "1900-01-31")
    with pytest.raises(rt.DomainError, match="got 45"):
        rt.plan(45, start="2026-03-02")  # type: ignore[arg-type]
    with pytest.raises(rt.DomainError, match="spinal cord"):
        rt.plan("70/35", start="2026-03-02", clinic="england", region="spinal cord=60Gy Dmax", strict_rules=True)


def test_a_plan_of_another_wording_is_still_the_same_plan() -> None:
    plan = rt.plan(start="2026-02-02", stamp=STAMP)
    document = json.loads(dumps(plan.document()))
    for note in (*document["notes"], *document["inputs"]["assumptions"]):
        note["message"] = f"In other words: {note['message']}"
    document["sha256"] = rt.artefact.seal_of(document)
    assert rt.artefact.parse(document) == plan
    document["notes"][0]["code"] = "other"
    document["sha256"] = rt.artefact.seal_of(document)
    assert rt.artefact.parse(document) != plan


@given(first=st.dates(dt.date(2026, 1, 1), dt.date(2026, 11, 1)), length=st.integers(0, 40))
def test_the_offset_walks_the_open_days(first: dt.date, length: int) -> None:
    calendar = CALENDAR
    last = first + dt.timedelta(days=length)
    walked = [moment.date() for moment in pd.date_range(first, last, freq=calendar.to_offset())]
    assert walked == [day for day, reason in calendar.days(first, last) if reason.open]


CALENDAR = rt.workdays("west-china", "2026-01-01", "2026-12-31").calendar


def test_formulae_given_a_series_give_one_back() -> None:
    doses = pd.Series([1.8, 2.0, 2.5], index=["a", "b", "c"], name="dose")
    beds: Any = rt.bed(25, doses, 10.0)
    assert isinstance(beds, pd.Series)
    assert beds.index.tolist() == ["a", "b", "c"]
    assert np.array_equal(beds, rt.lq.bed(25, doses.to_numpy(), 10.0))
    response: Any = rt.tcp_logistic(dose=25 * doses, d50=50.0, gamma50=2.0)
    assert response["b"] == 0.5
    assert isinstance(rt.geud(doses, [1.0, 1.0, 1.0], 1.0), float)  # sums over its axis: no index is left
    with pytest.raises(rt.DomainError, match="different indexes"):
        rt.bed(pd.Series([25, 30]), doses[:2], 10.0)
    with pytest.raises(rt.DomainError, match="nan"):
        rt.eqd2(pd.Series([53.1, np.nan]), 10.0)


def test_every_annotation_of_a_question_is_known_to_the_check_of_its_arguments() -> None:
    """A new Literal belongs into `rtplan.arguments`, or its words would be refused; a class is found by its name."""
    known = (
        set(arguments._KINDS)
        | set(arguments._WORDS)
        | {"Any", "Sequence", "Mapping", "Callable", "tuple", "pd.DataFrame"}
    )
    for name in rt.__dir__():
        question = getattr(rt, name)
        if not hasattr(question, "__wrapped__") or getattr(question, "__module__", "") != "rtplan":
            continue
        for parameter in inspect.signature(question).parameters.values():
            for part in arguments._parts(str(parameter.annotation)):
                for word in re.findall(r"PathLike\[str\]|[\w.]+", part):
                    assert word in known or word in arguments._SHORT or hasattr(rt, word), (name, parameter.name, word)
