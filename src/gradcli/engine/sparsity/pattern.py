"""Which elements of the inputs the elements of a node hang on.

The elements of all inputs are numbered one after another: these numbers are *columns*. There are two forms.
`Slots` is an array of columns that has the node's shape behind a first axis, so that what moves a node's
elements moves them, too: it is small and quick as long as no element hangs on many columns. `Table` is a
sparse Boolean matrix with a row an element.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ... import limits
from ..node import Shape

Integers: TypeAlias = NDArray[Any]
Pattern: TypeAlias = "Slots | Table"

MOST_SLOTS = 32
"""More columns than these an element make a table, unless the array is small."""
SMALL = 4096
"""Elements of an array for which one sort costs less than a comparison of every slot with every other."""
_SAMPLES = 5


class Slots:
    """An integer array of shape (slots, *shape): columns counted from 1, and 0 in a slot that is empty.

    The same column may stand in several slots of an element.
    """

    __slots__ = ("array", "columns")

    def __init__(self, array: Integers, columns: int) -> None:
        self.array = array
        self.columns = columns

    @property
    def shape(self) -> Shape:
        return self.array.shape[1:]

    def table(self) -> Table:
        return Table.of(*self.coordinates(), self.shape, self.columns)

    def coordinates(self) -> tuple[Integers, Integers]:
        """The elements' positions in C order and the columns they hang on, sorted by both."""
        count = len(self.array)
        by_element = self.array.reshape(count, -1).T.copy()
        if count > 1:
            by_element.sort(axis=1)
            repeated = by_element[:, 1:] == by_element[:, :-1]
            by_element[:, 1:][repeated] = 0
        row, slot = np.nonzero(by_element)
        return row.astype(by_element.dtype, copy=False), by_element[row, slot] - 1


class Table:
    """A matrix of truth values in SciPy's CSR form: a row an element, a column a column."""

    __slots__ = ("matrix", "shape")

    def __init__(self, matrix: Any, shape: Shape) -> None:
        self.matrix = matrix
        self.shape = shape

    @classmethod
    def of(cls, row: Integers, col: Integers, shape: Shape, columns: int) -> Table:
        return cls(_matrix(row, col, (math.prod(shape), columns)), shape)

    @property
    def columns(self) -> int:
        return int(self.matrix.shape[1])

    @property
    def full(self) -> bool:
        """Whether every element hangs on every column."""
        return bool(self.matrix.nnz == math.prod(self.matrix.shape))

    def table(self) -> Table:
        return self

    def coordinates(self) -> tuple[Integers, Integers]:
        """The elements' positions in C order and the columns they hang on, sorted by both."""
        matrix = self.matrix
        matrix.sum_duplicates()
        return np.repeat(np.arange(matrix.shape[0], dtype=matrix.indices.dtype), np.diff(matrix.indptr)), matrix.indices


def identity(shape: Shape, first: int, columns: int) -> Slots:
    """The pattern of an input: each element hangs on itself. Its columns begin at `first`."""
    kind = np.int32 if columns < 2**31 - 1 else np.int64
    return Slots(np.arange(first + 1, first + 1 + math.prod(shape), dtype=kind).reshape(1, *shape), columns)


def union(parts: Sequence[Pattern]) -> Pattern:
    """What hangs on whatever any of the parts, all of one shape, hangs on."""
    whole = parts[0]
    for part in parts[1:]:
        if part is not whole:
            whole = _both(whole, part)
    return whole


def _both(left: Pattern, right: Pattern) -> Pattern:
    if isinstance(left, Slots) and isinstance(right, Slots):
        slots = _merged(left.array, right.array)
        if fits(len(slots), math.prod(left.shape)):
            return Slots(slots, left.columns)
        return Slots(slots, left.columns).table()
    left, right = left.table(), right.table()
    if left.full:
        return left
    whole = right if right.full else Table(left.matrix + right.matrix, left.shape)
    require_room(int(whole.matrix.nnz))
    return whole


def read(part: Pattern, into: Integers, source: Integers, shape: Shape) -> Pattern:
    """The pattern of an array of this shape, its element `into[i]` made from the part's element `source[i]`
    (positions in C order), and so for all i. Raises LimitError where it would have too many entries."""
    size = math.prod(shape)
    if isinstance(part, Slots):
        depth = int(np.bincount(into).max()) if into.size else 1
        if fits(depth * len(part.array), size):
            return Slots(_gathered(part.array, _stacked(into, source, depth, size), shape), part.columns)
        part = part.table()
    most = int(np.diff(part.matrix.indptr).take(source).sum(dtype=np.int64))
    require_room(min(most, size * part.columns))
    if part.full:
        rows = np.unique(into)
        return Table.of(np.repeat(rows, part.columns), np.tile(np.arange(part.columns), len(rows)), shape, part.columns)
    reads = _matrix(into, source, (size, part.matrix.shape[0]))
    return Table(reads @ part.matrix, shape)


def fits(slots: int, size: int) -> bool:
    """Whether so many slots for so many elements are few."""
    return slots <= MOST_SLOTS or slots * size <= SMALL


def require_room(entries: int) -> None:
    """Raise LimitError where a pattern of so many entries is more than may be kept."""
    bounds = limits.current()
    if entries > bounds.elements:
        raise limits.exceeded("elements", f"the sparse matrix has {entries:,} entries")
    if 32 * entries > bounds.bytes:
        raise limits.exceeded("bytes", f"the sparse matrix has {entries:,} entries, which need {32 * entries:,} bytes")


def _matrix(row: Integers, col: Integers, shape: tuple[int, int]) -> Any:
    from scipy.sparse import coo_array

    return coo_array((np.ones(len(row), dtype=bool), (row, col)), shape=shape).tocsr()


# ---- slots -------------------------------------------------------------------------------------------


def _stacked(into: Integers, source: Integers, depth: int, size: int) -> Integers:
    """Positions, counted from 1, of what each element is made from: shape (depth, size), 0 for nothing."""
    order = np.argsort(into, kind="stable")
    into, source = into[order], source[order]
    nth = np.arange(len(into)) - np.searchsorted(into, into)
    stacked = np.zeros((depth, size), dtype=np.intp)
    stacked[nth, into] = source + 1
    return stacked


def _gathered(slots: Integers, positions: Integers, shape: Shape) -> Integers:
    padded = np.zeros((len(slots), 1 + math.prod(slots.shape[1:])), dtype=slots.dtype)
    padded[:, 1:] = slots.reshape(len(slots), -1)
    whole = padded[:, positions[0]].reshape(len(slots), *shape)
    if len(positions) * len(slots) * math.prod(shape) <= SMALL:
        return _distinct(padded[:, positions].reshape(len(slots) * len(positions), *shape))
    for layer in positions[1:]:
        whole = _merged(whole, padded[:, layer].reshape(len(slots), *shape))
    return whole


def _merged(left: Integers, right: Integers) -> Integers:
    """The slots of both, as few as is easily found."""
    if left.shape == right.shape and np.array_equal(left, right):
        return left
    if left.size + right.size <= SMALL:
        return _distinct(np.concatenate([left, right]))
    slots = list(left)
    for new in right:
        for position, slot in enumerate(slots):
            if (both := _one_slot(slot, new)) is not None:
                slots[position] = both
                break
        else:
            slots.append(new)
    return np.stack(slots)


def _one_slot(left: Integers, right: Integers) -> Integers | None:
    """Both in one slot, if they are equal wherever neither is empty."""
    some = [position * (left.size - 1) // (_SAMPLES - 1) for position in range(_SAMPLES)] if left.size else []
    for a, b in zip(left.flat[some], right.flat[some], strict=True):
        if a and b and a != b:
            return None
    whole = np.maximum(left, right)
    agree = (whole == left) | (left == 0)
    agree &= (whole == right) | (right == 0)
    return whole if agree.all() else None


def _distinct(slots: Integers) -> Integers:
    """The same with every column once an element, in as few slots as that takes."""
    slots = np.sort(slots, axis=0)
    slots[1:][slots[1:] == slots[:-1]] = 0
    slots.sort(axis=0)
    needed = int(np.count_nonzero(slots, axis=0).max(initial=1))
    return slots[len(slots) - needed :]
