"""What functions are, worked out by others: mpmath on numbers of any precision.

Arrays here are NumPy arrays of mpmath numbers, so that a reference is NumPy where NumPy rearranges, and
mpmath where numbers are computed. Derivatives of references are central differences with so many digits
to spare that what is left is exact.
"""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from array_references import ARRAYS
from matrix_references import MATRICES
from mpmath import mp
from scalar_references import DIGITS, SCALAR, Scalar, each

from gradcli.engine.functions import Sample

__all__ = ["SCALAR", "WHOLE", "Reference", "partial", "precise", "rounded"]

WHOLE: dict[str, Callable[..., Any]] = ARRAYS | MATRICES


def precise(value: Any) -> Any:
    """A float64 array as mpmath numbers."""
    array = np.asarray(value)
    out = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        out[place] = mp.mpf(float(array[place]))
    return out


def rounded(value: Any) -> Any:
    """mpmath numbers as float64."""
    return np.asarray(value).astype(np.float64)


# ---- derivatives -------------------------------------------------------------------------------------


def partial(function: Scalar, point: Sequence[float], orders: Sequence[int], digits: int = DIGITS) -> Any:
    """A partial derivative of a function of numbers, to about as many digits. A step is relative to its coordinate."""
    with mp.workdps(digits):
        xs = [mp.mpf(float(x)) for x in point]
        units = [abs(x) or mp.mpf(1) for x in xs]
        scaled = mp.diff(lambda *us: function(*(u * unit for u, unit in zip(us, units, strict=True))),
                         tuple(x / unit for x, unit in zip(xs, units, strict=True)), tuple(orders))  # fmt: skip
        for unit, order in zip(units, orders, strict=True):
            scaled /= unit**order
        return scaled


class Reference:
    """A sample's expression over mpmath numbers."""

    def __init__(self, sample: Sample) -> None:
        self.names = tuple(sample.variables)
        self._code = compile(sample.expression, "sample", "eval")
        self._functions = {name: each(function) for name, function in SCALAR.items()} | WHOLE | {"inf": math.inf}

    def __call__(self, *values: Any) -> Any:
        scope = self._functions | dict(zip(self.names, values, strict=True))
        return np.asarray(builtins.eval(self._code, {"__builtins__": {}}, scope))

    def missing(self) -> list[str]:
        """The functions it calls that have no reference."""
        return [name for name in self._code.co_names if name not in self._functions and name not in self.names]

    def along(self, values: Sequence[Any], directions: Sequence[Any]) -> Any:
        """The derivative along directions, an array a variable, by a central difference."""
        step = mp.mpf(10) ** -20
        return (self(*_moved(values, directions, step)) - self(*_moved(values, directions, -step))) / (2 * step)

    def curvature(self, values: Sequence[Any], weights: Any, first: Sequence[Any], second: Sequence[Any]) -> Any:
        """The second derivative of sum(weights * output) along two directions."""
        step = mp.mpf(10) ** -15
        total = mp.mpf(0)
        for s, t in itertools.product((1, -1), repeat=2):
            corner = _moved(_moved(values, first, s * step), second, t * step)
            total += s * t * np.sum(weights * self(*corner))
        return total / (4 * step * step)


def _moved(values: Sequence[Any], directions: Sequence[Any], step: Any) -> list[Any]:
    return [value + step * direction for value, direction in zip(values, directions, strict=True)]
