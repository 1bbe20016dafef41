"""Zeros with an array written among them, made a block at a time.

The transpose of a slice is such an array. Where blocks read it, it need not be made: most blocks are a part of what
was written.
"""

from __future__ import annotations

from types import EllipsisType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Index: TypeAlias = tuple[slice | int | EllipsisType, ...]
Values = NDArray[np.float64]


class Placed:
    """value, written into zeros of a shape where index says: from row start on, and any way along the other axes."""

    def __init__(self, value: Values, start: int, others: Index, shape: tuple[int, ...]) -> None:
        self._value, self._start, self._others = value, start, others
        self._whole = value.shape[1:] == shape[1:]
        self.shape, self.dtype = shape, value.dtype

    def rows(self, cut: slice) -> Values:
        """The rows of a block."""
        first, last = cut.start, min(cut.stop, self.shape[0])
        above, below = max(first, self._start), min(last, self._start + len(self._value))
        part = self._value[max(0, above - self._start) : max(0, below - self._start)]
        if self._whole and len(part) == last - first:
            return part
        out = np.zeros((last - first, *self.shape[1:]), dtype=self.dtype)
        if above < below:
            out[(slice(above - first, below - first), *self._others)] = part
        return out
