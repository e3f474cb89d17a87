"""How a result shows itself in a notebook: the one thread from values up to outputs, pulled at run time only."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Shown"]


class Shown:
    """A result with a face: `_repr_html_` for notebooks, `to_frame` for pandas; the outputs load when asked."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(importlib.import_module("rtplan.output.notebook").to_html(self))

    def to_frame(self) -> pd.DataFrame:
        """The result's main table as a tidy pandas frame; column names bear units."""
        frame: pd.DataFrame = importlib.import_module("rtplan.output.frames").to_frame(self)
        return frame
