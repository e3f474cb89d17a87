"""Checks on arrays of numbers: the ground that the formulae stand on."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtplan.errors import DomainError, shown

__all__ = [
    "Array",
    "FloatOrArray",
    "checked",
    "dose",
    "labelled",
    "numbers",
    "out",
    "positive",
]


Array: TypeAlias = NDArray[np.float64]


FloatOrArray: TypeAlias = float | Array


LARGEST, SMALLEST = 1e60, 1e-60
"""The largest number of a formula, and the smallest that another is divided by. Design defaults, no source."""


P = ParamSpec("P")


def labelled(formula: Callable[P, FloatOrArray]) -> Callable[P, FloatOrArray]:
    """A formula that gives a pandas Series back where it is given one, with its index.

    Arrays that do not broadcast together are refused with their shapes.

    All Series of a call must have the same index; a result of another shape stays an array. Not for formulae that sum
    over an axis. pandas is not imported: whoever holds a Series has done so.
    """

    def fitting(*args: P.args, **kwargs: P.kwargs) -> FloatOrArray:
        try:
            return formula(*args, **kwargs)
        except DomainError:
            raise
        except ValueError as error:
            if "broadcast" not in str(error):
                raise
            values: tuple[Any, ...] = (*args, *kwargs.values())
            shapes = ", ".join(str(np.shape(value)) for value in values)
            raise DomainError(f"arrays must broadcast together, got the shapes {shapes}") from None

    @functools.wraps(formula)
    def of_series(*args: P.args, **kwargs: P.kwargs) -> FloatOrArray:
        pandas = sys.modules.get("pandas")
        if pandas is None:
            return fitting(*args, **kwargs)
        series = [value for value in (*args, *kwargs.values()) if isinstance(value, pandas.Series)]
        if not series:
            return fitting(*args, **kwargs)
        index = series[0].index
        if any(not other.index.equals(index) for other in series):
            raise DomainError("the Series given have different indexes: align them first")
        result: Any = fitting(*args, **kwargs)
        if np.shape(result) != (len(index),):
            return result  # type: ignore[no-any-return]
        return pandas.Series(result, index=index)  # type: ignore[no-any-return]

    return of_series


def _has_bool(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(_has_bool(item) for item in value)
    return isinstance(value, bool | np.bool_)


def numbers(name: str, value: ArrayLike) -> NDArray[Any]:
    """`value` as an array of real numbers, not copied and not converted; anything else is refused."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of unequal length
        raise DomainError(f"{name} must be a number or a rectangular array of numbers, got {shown(value)}") from None
    if array.dtype.kind not in "iuf" or _has_bool(value):
        raise DomainError(f"{name} must be a real number or an array of real numbers, got {shown(value)}")
    return array


def checked(
    name: str,
    value: ArrayLike,
    unit: str = "",
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    most: float = LARGEST,
    integral: bool = False,
    infinite: bool = False,
) -> Array:
    """`value` as floats, each of them > `above`, >= `least`, <= `most`; NaN never passes, infinity only if asked.

    Within the bounds of the defaults no product of a formula overflows.
    """
    most = math.inf if infinite else most
    least = max(least, SMALLEST) if above == 0.0 else least
    given = numbers(name, value)
    once = _each_once(given)
    array = np.asarray(once, dtype=np.float64)

    def refuse_unless(good: NDArray[np.bool_], bound: str) -> None:
        if not good.all():
            raise DomainError(f"{name} must be {bound}, got {float(array[~good].flat[0])!r}")

    if not _within(array, above, least, most, infinite):
        of = f" {unit}" if unit else ""
        refuse_unless(~np.isnan(array) if infinite else np.isfinite(array), "a number" if infinite else "finite")
        refuse_unless(array > above if above > -math.inf else array == array, f"greater than {above:g}{of}")
        refuse_unless(array >= least, f"{least:g}{of} or greater")
        refuse_unless(array <= most, f"at most {most:g}{of}")
    if integral and once.dtype.kind == "f":
        refuse_unless(array == np.floor(array), "whole")
    return array if once is given else np.broadcast_to(array, given.shape)


def _each_once(array: NDArray[Any]) -> NDArray[Any]:
    """An array without what broadcasting repeats: axes of length 1 stand for it."""
    if 0 not in array.strides or not array.size:
        return array
    return array[tuple(slice(None, 1) if stride == 0 else slice(None) for stride in array.strides)]


def _within(array: Array, above: float, least: float, most: float, infinite: bool) -> bool:
    """Are all values surely good? By the extremes, which are quick; NaN comes through them and is not."""
    if not array.size:
        return True
    low, high = float(array.min()), float(array.max())
    return low > above and low >= least and high <= most and (infinite or high < math.inf)


def dose(name: str, value: ArrayLike) -> Array:
    """Doses: finite, 0 or above. [Gy]"""
    return checked(name, value, "Gy", least=0.0)


def positive(name: str, value: ArrayLike, unit: str = "") -> Array:
    """Finite and above 0."""
    return checked(name, value, unit, above=0.0)


def out(value: Any) -> FloatOrArray:
    """A float for no axes, else the array."""
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array
