"""Results that show themselves in a notebook: a short fragment of the same sections."""

from __future__ import annotations

from rtplan.answer import Answer
from rtplan.report.blocks import Figure, Section

__all__ = [
    "to_html",
]


_LEFT_OUT = ("fractions", "closed", "parameters", "conventions", "provenance")
"""Sections that a full report has and a glance does without."""


def _looked_at(section: Section) -> bool:
    """What the terminal shows too, and every figure: the same as in the report."""
    drawn = any(isinstance(block, Figure) for block in section.blocks)
    return (section.terminal or drawn) and section.key not in _LEFT_OUT


def to_html(result: Answer, *, language: str = "en") -> str:
    """A fragment for ``_repr_html_``: title, banner, and the sections one looks at first; styles stay inside it."""
    from rtplan.report.formats.html import environment, section_views, severity_counts
    from rtplan.report.language import DISCLAIMER, words
    from rtplan.report.registry import report

    told = words(language)
    full = report(result, told)
    kept = tuple(section for section in full.sections if _looked_at(section))
    text = environment().get_template("notebook.html.j2")
    return text.render(
        report=full,
        sections=section_views(kept, told),
        counts=severity_counts(full, told),
        disclaimer=told(DISCLAIMER),
        w=told,
    )
