"""Colours for columns: columns that meet in no row may share one, and then one sweep finds them all.

A stencil is coloured as tiles are: the colour of the element at (i, j) is (a·i + j) mod m, for the first m
and a that work. Whatever has no such order is coloured greedily, column after column (Curtis, Powell and
Reid, 1974). A symmetric matrix with a few full rows needs no more colours than those rows and the rest:
what lies in a full row also lies in a full column (a star colouring; Coleman and Moré, 1984).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import numpy as np

from ...record import Record
from ..node import Shape
from .pattern import Integers
from .spread import Entries

_MOST_TILES = 62  # colours that are told apart by the bits of one integer
_MOST_TRIES = 20_000  # colourings by tiles that are looked into, for each variable
_MOST_GAPS = 8  # distances in a row that are looked at for the length of an axis
_SAMPLED = 64  # rows that refute most of those that do not work
_GREEDY = 300_000
"""Entries up to which the greedy colouring is tried too, where tiles need more colours than the fullest row."""


class Colouring(Record):
    """colours has the colour of every column, from 0 to count - 1.

    mirrored, for a symmetric matrix, marks the columns whose rows are known from them: an entry in such a
    row is found at its mirror image.
    """

    colours: Integers
    count: int
    mirrored: Integers | None = None


def column_colouring(found: Entries, shapes: Sequence[Shape]) -> Colouring:
    """A colour for every column; `shapes` are those of the arrays that the columns are the elements of."""
    size = found.shape[1]
    fullest = _fullest(found.row, found.shape[0])
    if fullest == 0:
        return Colouring(np.zeros(size, dtype=np.int32), 0)
    if fullest == size:
        return Colouring(np.arange(size, dtype=np.int32), size)
    tiles = _tiles(found, shapes)
    if tiles is not None and (tiles.count == fullest or found.count > _GREEDY):
        return tiles
    greedy = _greedy(found)
    return tiles if tiles is not None and tiles.count <= greedy.count else greedy


def row_colouring(found: Entries, shape: Shape) -> Colouring:
    """A colour for every row, an output of this shape being what the rows are the elements of."""
    return column_colouring(transposed(found), [shape])


def symmetric_colouring(found: Entries, shapes: Sequence[Shape]) -> Colouring:
    """A colour for every column of a symmetric matrix, from which with its mirror images all entries follow."""
    counts = np.bincount(found.row, minlength=found.shape[0])
    order = np.argsort(-counts, kind="stable")
    needed = np.arange(len(order)) + counts[order]
    full = int(np.argmin(needed)) if len(order) else 0
    if not full or needed[full] > 0.5 * needed[0]:
        return column_colouring(found, shapes)
    mirrored = np.zeros(found.shape[1], dtype=bool)
    mirrored[order[:full]] = True
    rest = ~(mirrored[found.row] | mirrored[found.col])
    inner = column_colouring(Entries(found.shape, found.row[rest], found.col[rest]), shapes)
    colours = inner.colours.copy()
    colours[order[:full]] = inner.count + np.arange(full)
    count = inner.count
    if not count:  # the columns of no row are in no one's way, and need no seed of their own
        colours[~mirrored] = -1
    return Colouring(colours, count + full, mirrored)


def fewest(found: Entries) -> int:
    """No colouring of the rows has fewer colours than the fullest column has entries."""
    return _fullest(found.col, found.shape[1])


def transposed(found: Entries) -> Entries:
    """Rows as columns."""
    order = np.argsort(found.col, kind="stable")
    return Entries(found.shape[::-1], found.col[order], found.row[order])


def _fullest(index: Integers, size: int) -> int:
    return int(np.bincount(index, minlength=size).max(initial=0))


# ---- tiles -------------------------------------------------------------------------------------------


def _tiles(found: Entries, shapes: Sequence[Shape]) -> Colouring | None:
    """Each array coloured by tiles, in colours that others have where that is possible; None where it is not."""
    bounds = np.cumsum([0, *map(math.prod, shapes)])
    colours = np.zeros(found.shape[1], dtype=np.int32)
    count = 0
    for number, ((low, high), shape) in enumerate(zip(pairwise(bounds.tolist()), shapes, strict=True)):
        own = (found.col >= low) & (found.col < high) if len(shapes) > 1 else slice(None)
        row, col = found.row[own], found.col[own]
        if not len(row):
            continue
        tiled = _tiled(row, col - low, shape)
        if tiled is None:
            return None
        colours[low:high] = tiled
        used = int(tiled.max()) + 1
        before = found.col < high
        if number and count and not _apart(found.row[before], colours[found.col[before]]):
            colours[low:high] += count
            count += used
        else:
            count = max(count, used)
    return Colouring(colours, count) if count <= _MOST_TILES else None


def _tiled(row: Integers, col: Integers, shape: Shape) -> Integers | None:
    """The colours of one array's elements, by the first tiling that keeps apart what meets in a row."""
    starts = _starts(row)
    counts = np.diff(np.append(starts, len(row)))
    fullest = int(np.argmax(counts))
    some = _some(starts, counts, fullest)
    sampled_row, sampled_col = row[some], col[some]
    grids = _grids(shape, col[starts[fullest] : starts[fullest] + counts[fullest]])
    places = {axes: np.array(np.unravel_index(sampled_col, axes)) for axes in grids}
    for modulus, axes, factors in _tilings(int(counts[fullest]), grids):
        if _apart(sampled_row, np.dot(factors, places[axes]) % modulus):
            whole = _tiling(axes, factors, modulus)
            if _apart(row, whole[col]):
                return whole
    return None


def _grids(shape: Shape, cols: Integers) -> list[Shape]:
    """The array's own axes, and if it has one, what may have been flattened to it.

    The gaps between the columns of a row of a stencil are, to one, the lengths of such an axis.
    """
    size = math.prod(shape)
    own = tuple(length for length in shape if length > 1)
    grids = [own if 0 < len(own) <= 4 else (size,)]
    if len(own) == 1:
        gaps = sorted({int(gap) for gap in np.diff(cols)})[-_MOST_GAPS:]
        lengths = dict.fromkeys(gap + one for gap in gaps for one in (0, 1, -1))
        grids += [(size // length, length) for length in lengths if 1 < length < size and size % length == 0]
    return grids


def _tilings(fullest: int, grids: Sequence[Shape]) -> Iterator[tuple[int, Shape, tuple[int, ...]]]:
    """Moduli, and for each the grids with factors for their axes, the last of which is 1."""
    tries = 0
    for modulus in range(fullest, min(_MOST_TILES, 2 * fullest + 3) + 1):
        for axes in grids:
            for factors in product(range(modulus), repeat=len(axes) - 1):
                tries += 1
                if tries > _MOST_TRIES:
                    return
                yield modulus, axes, (*factors, 1)


def _tiling(axes: Shape, factors: tuple[int, ...], modulus: int) -> Integers:
    whole = np.zeros((1,) * len(axes), dtype=np.int32)
    for axis, (size, factor) in enumerate(zip(axes, factors, strict=True)):
        along = (factor * np.arange(size) % modulus).astype(np.int32)
        whole = whole + along.reshape(-1, *(1,) * (len(axes) - 1 - axis))
    return np.asarray(whole % modulus).reshape(-1)


def _some(starts: Integers, counts: Integers, fullest: int) -> Integers:
    """The entries of a few rows, the fullest among them."""
    rows = np.linspace(0, len(starts) - 1, min(_SAMPLED, len(starts))).astype(np.intp)
    rows[0] = fullest
    return np.concatenate([np.arange(starts[row], starts[row] + counts[row]) for row in np.unique(rows)])


def _apart(row: Integers, colours: Integers) -> bool:
    """Whether no row, of rows in order, has a colour twice. Colours are at most _MOST_TILES."""
    if not len(row):
        return True
    if int(colours.max()) > _MOST_TILES:
        return False
    bits = np.left_shift(np.int64(1), colours, dtype=np.int64)
    starts = _starts(row)
    return bool((np.add.reduceat(bits, starts) == np.bitwise_or.reduceat(bits, starts)).all())


def _starts(row: Integers) -> Integers:
    """Where each row that has entries begins."""
    return np.flatnonzero(np.concatenate([[True], row[1:] != row[:-1]]))


# ---- greedy ------------------------------------------------------------------------------------------


def _greedy(found: Entries) -> Colouring:
    """Column after column the first colour that none of its rows has yet; the colours of a row are bits."""
    by_column = transposed(found)
    rows = by_column.col.tolist()
    ends = np.searchsorted(by_column.row, np.arange(found.shape[1] + 1)).tolist()
    taken = [0] * found.shape[0]
    colours = []
    for begin, end in pairwise(ends):
        own = rows[begin:end]
        met = 0
        for row in own:
            met |= taken[row]
        free = ~met & (met + 1)
        for row in own:
            taken[row] |= free
        colours.append(free.bit_length() - 1)
    return Colouring(np.array(colours, dtype=np.int32), max(colours, default=-1) + 1)
