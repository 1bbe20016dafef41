"""Zeros with an array written among them, made a block at a time.

The transpose of a slice is such an array. Where blocks read it, it need not be made: most blocks are a part of what
was written. Nor need that be there as a whole: what is still to come is `Pending`.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Index: TypeAlias = tuple[slice | int | EllipsisType, ...]
Values = NDArray[np.float64]
FLOAT = np.dtype(np.float64)


class Pending:
    """A value that is made when blocks ask for its rows: by a run (see `region`), at a position among its values."""

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any] = FLOAT, run: Any = None, position: int = 0
    ) -> None:
        self.shape, self.ndim, self.dtype = shape, len(shape), dtype
        self.run, self.position = run, position

    def __len__(self) -> int:
        return self.shape[0]


class Placed:
    """value, written into zeros of a shape where index says: from row start on, and any way along the other axes."""

    def __init__(self, value: Values | Pending, start: int, others: Index, shape: tuple[int, ...]) -> None:
        self.value, self.start, self._others = value, start, others
        forward = all(each.step in (None, 1) for each in others if isinstance(each, slice))
        self._whole = forward and value.shape[1:] == shape[1:]
        self.shape, self.dtype = shape, value.dtype
        self.size = 0  # of what is kept: nothing

    def reads(self, cut: slice) -> slice:
        """The rows of value that a block needs."""
        count = len(self.value)
        return slice(*(min(max(0, end - self.start), count) for end in (cut.start, cut.stop)))

    def rows(self, cut: slice, read: Values | None = None) -> Values:
        """The rows of a block, given those that it reads of a pending value."""
        reads = self.reads(cut)
        part = self.value[reads] if read is None else read  # type: ignore[index]  # what is pending has been read
        first, last = cut.start, min(cut.stop, self.shape[0])
        if self._whole and reads.stop - reads.start == last - first:
            return part
        out = np.zeros((last - first, *self.shape[1:]), dtype=self.dtype)
        above = reads.start + self.start - first
        out[(slice(above, above + reads.stop - reads.start), *self._others)] = part
        return out
