"""What every answer can do: say what it is, show itself in a notebook, become a table, a document, files.

The outputs stand above every answer. They are asked for at run time only, by the one arrow that points up.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from rtplan.note import Note, Phrase

if TYPE_CHECKING:
    import datetime as dt
    import os
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from rtplan.note import Note

__all__ = [
    "Answer",
    "Kind",
    "can_say",
    "said",
]


Kind: TypeAlias = Literal[
    "plan",
    "dose",
    "added",
    "missed",
    "compare",
    "starts",
    "workdays",
    "list",
    "validate",
    "verify",
    "department",
    "cohort",
]


class Answer:
    """An answer with a face: `_repr_html_` for notebooks, `to_frame` for pandas, `save` for files, `document` for JSON.

    kind: what was asked; `rtplan.report.registry` gives the outputs of each kind. The outputs load when asked for.
    """

    __slots__ = ()

    kind: ClassVar[Kind]

    if TYPE_CHECKING:  # a field of some answers, worked out by others: each has its own

        @property
        def notes(self) -> tuple[Note, ...]:
            """What has to be said beside the numbers."""

    def _repr_html_(self) -> str:
        return str(_outputs("formats.notebook").to_html(self))

    def to_frame(self, table: str | None = None) -> pd.DataFrame:
        """A table of the answer as a tidy pandas frame, its main one unless named; column names bear units.

        Raises DomainError, naming the tables there are, where there is none of that name.
        """
        frame: pd.DataFrame = _outputs("formats.frames").to_frame(self, table)
        return frame

    def document(self) -> dict[str, Any]:
        """The answer as JSON data: what ``--json`` prints. `schema` comes first; absent is None."""
        document: dict[str, Any] = _outputs("registry").document(self)
        return document

    def save(
        self,
        folder: str | os.PathLike[str],
        *,
        only: str | Sequence[str] | None = None,
        force: bool = False,
        language: str = "en",
        stamp: str | dt.datetime | None = None,
        plots: bool = False,
        patient_doses: bool = False,
        follow_up: str = "",
        full: bool = False,
    ) -> tuple[Path, ...]:
        """Write the answer's files into a folder, all of them or none; the paths written, in order.

        Parameters
        ----------
        folder : made where it is missing.
        only : kinds of file, such as ``"html,ics"`` or ``["html", "ics"]``. Default: every kind this answer has.
        force : overwrite files that are there already.
        language : of what people read: "en" or "zh_CN".
        stamp : moment written into the files, ISO text or datetime. Default: when the answer was made.
        plots : figures as PNG files too.
        patient_doses : show doses in the patient's calendar of a plan.
        follow_up : visits after the last fraction, such as "6w,3m,1y", in the patient's calendar and calendar.ics.
        full : reports with every detail behind the page that is signed.

        Raises
        ------
        DomainError where a kind or a language is not known; ConfigError where a file exists or cannot be written.
        """
        paths: tuple[Path, ...] = _outputs("formats.bundle").save(
            self,
            folder,
            only=only,
            force=force,
            language=language,
            stamp=stamp,
            plots=plots,
            patient_doses=patient_doses,
            follow_up=follow_up,
            full=full,
        )
        return paths


def _outputs(module: str) -> Any:
    return importlib.import_module(f"rtplan.report.{module}")


def said(remark: Note | Phrase) -> str:
    """A note or a phrase in English words, for a refusal: the sentence is the outputs', asked for at run time."""
    sentences = importlib.import_module("rtplan.report.sentences")
    make = sentences.sentence if isinstance(remark, Note) else sentences.phrase
    return str(make(remark))


def can_say(code: str, values: Mapping[str, object]) -> bool:
    """Do these values hold all that the sentence of a note's code says?"""
    return bool(importlib.import_module("rtplan.report.sentences").can_say(code, values))
