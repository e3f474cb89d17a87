"""What every answer can do: show itself in a notebook, become a table.

The outputs stand above every answer. They are asked for at run time only, by the one arrow that points up.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Answer",
]


class Answer:
    """A result with a face: `_repr_html_` for notebooks, `to_frame` for pandas; the outputs load when asked."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(importlib.import_module("rtplan.report.formats.notebook").to_html(self))

    def to_frame(self) -> pd.DataFrame:
        """The result's main table as a tidy pandas frame; column names bear units."""
        frame: pd.DataFrame = importlib.import_module("rtplan.report.formats.frames").to_frame(self)
        return frame
