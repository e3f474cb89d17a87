"""Results show themselves in a notebook, and give a pandas frame of their main table."""

from __future__ import annotations

from typing import Any

import pytest
from factory import plan

from rtplan.interruption.missed import Missed
from rtplan.prescription import notation
from rtplan.questions.comparison import Comparison
from rtplan.questions.dose import DoseAnswer, dose_answer
from rtplan.questions.starts import StartSearch
from rtplan.report.blocks import Figure
from rtplan.report.formats.drawing import svg
from rtplan.report.registry import report
from rtplan.validation.validation import Validation


def test_a_quick_answer_shows_itself() -> None:
    answer = dose_answer([notation.parse("45/25")])
    assert "53.10" in answer._repr_html_()
    frame = answer.to_frame()
    assert frame["bed_gy"].tolist() == pytest.approx([53.1, 72.0])


def test_figures_are_the_reports_own() -> None:
    import rtplan

    made = plan()
    missed = rtplan.missed(made, "2026-03-10")
    for answer, names in ((made, ["course"]), (missed, ["course", "options"])):
        shown = answer._repr_html_()
        drawn = {b.name: svg(b) for part in report(answer).sections for b in part.blocks if isinstance(b, Figure)}
        assert sorted(drawn) == names
        assert all(text in shown for text in drawn.values())


def test_a_plan_shows_itself() -> None:
    assert "2026-03-16" in plan()._repr_html_()


@pytest.mark.parametrize("kind", [Comparison, DoseAnswer, Missed, StartSearch, Validation])
def test_every_answer_has_a_face(kind: Any) -> None:
    assert callable(kind._repr_html_)
    assert callable(kind.to_frame)
