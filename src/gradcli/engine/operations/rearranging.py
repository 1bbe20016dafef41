"""Elements moved, repeated, masked or padded, as NumPy's functions of the same names do.

A rearrangement that does not depend on values is NumPy's own, applied once to a grid of positions; the
elements are then gathered. Nothing here has a rule of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import DataError
from ..functions import Axis, Data, Nodes, Shape, Whole, Word, function, sample
from ..node import Node, check_shape
from ..operation import broadcast_to, filled, reshape_to
from .indexing import index, positions, select_flat
from .selection import where
from .structural import axis_of, concatenate, permute

GROUP = "structural"


def _grid(x: Node) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    return np.arange(x.size, dtype=np.intp).reshape(x.shape)


def _masked(x: Node, keep: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Node:
    return where(x.graph.constant(keep.astype(np.float64)), x, x.lift(0.0))


def _matrix(name: str, x: Node) -> None:
    if len(x.shape) < 2:
        raise DataError(f"{name} takes a matrix, not shape {x.shape}", code="shape")


@function(GROUP, samples=[sample("tril(x)", x=(3, 3)), sample("tril(x, -1)", x=(2, 3))])
def tril(x: Node, k: Whole = 0) -> Node:
    """The lower triangle: zeros above the k-th diagonal."""
    _matrix("tril", x)
    return _masked(x, np.tri(x.shape[-2], x.shape[-1], k, dtype=bool))


@function(GROUP, samples=[sample("triu(x)", x=(3, 3)), sample("triu(x, 1)", x=(2, 3))])
def triu(x: Node, k: Whole = 0) -> Node:
    """The upper triangle: zeros below the k-th diagonal."""
    _matrix("triu", x)
    return _masked(x, ~np.tri(x.shape[-2], x.shape[-1], k - 1, dtype=bool))


@function(GROUP, samples=[sample("roll(x, 1)", x=(4,)), sample("roll(x, -1, axis=0)", x=(3, 2))])
def roll(x: Node, shift: Whole, axis: Whole | None = None) -> Node:
    """Elements moved round by shift, those that leave at one end entering at the other."""
    position = None if axis is None else axis_of(axis, len(x.shape))
    return select_flat(x, np.roll(_grid(x), shift, position))


@function(GROUP, samples=[sample("tile(x, 2)", x=(3,)), sample("tile(x, (2, 1))", x=(2, 2))])
def tile(x: Node, reps: Shape) -> Node:
    """x repeated as a whole along each axis."""
    if any(times < 0 for times in reps):
        raise DataError(f"repetitions must not be negative, and are {reps}")
    rank = max(len(reps), len(x.shape))
    spread, times = (1,) * (rank - len(x.shape)) + x.shape, (1,) * (rank - len(reps)) + reps
    shape = tuple(size * count for size, count in zip(spread, times, strict=True))
    check_shape(shape, x.graph.place)
    return select_flat(x, np.tile(_grid(x), reps) if x.size else np.zeros(shape))


@function(
    GROUP,
    aliases=("repeat_interleave",),
    samples=[sample("repeat(x, 2)", x=(3,)), sample("repeat(x, 2, axis=1)", x=(2, 2))],
)
def repeat(x: Node, repeats: Whole, axis: Whole | None = None) -> Node:
    """Each element repeated in place, along an axis or of all in order."""
    if repeats < 0:
        raise DataError(f"repeats must not be negative, and are {repeats}")
    position = None if axis is None else axis_of(axis, len(x.shape))
    check_shape((x.size * repeats,), x.graph.place)
    return select_flat(x, np.repeat(_grid(x), repeats, position))


@function(GROUP, aliases=("movedim",), samples=[sample("moveaxis(x, 0, -1)", x=(2, 3, 2))])
def moveaxis(x: Node, source: Whole, destination: Whole) -> Node:
    """One axis moved to another place."""
    rank = len(x.shape)
    order = [a for a in range(-rank, 0) if a != axis_of(source, rank)]
    order.insert(axis_of(destination, rank) + rank, axis_of(source, rank))
    return permute(x, params=(tuple(order),))


@function(GROUP, samples=[sample("pad(x, 1)", x=(3,)), sample("pad(x, (0, 2), value=1.5)", x=(2, 2))])
def pad(x: Node, width: Shape, value: float = 0.0) -> Node:
    """Every axis lengthened with one value: by width at both ends, or by (before, after)."""
    if not 1 <= len(width) <= 2 or any(size < 0 for size in width):
        raise DataError("pad takes a width, or a width before and one after", hint="pad(x, 1) or pad(x, (0, 2))")
    before, after = width[0], width[-1]
    for axis in range(len(x.shape)):
        sides = [filled(x, (*x.shape[:axis], size, *x.shape[axis + 1 :]), value) for size in (before, after)]
        x = concatenate([sides[0], x, sides[1]], axis)
    return x


@function(GROUP, samples=[sample("diff(x)", x=(4,)), sample("diff(x, 2, axis=0)", x=(4, 2))])
def diff(x: Node, n: Whole = 1, axis: Whole = -1) -> Node:
    """The difference of neighbours along an axis, n times."""
    position = axis_of(axis, len(x.shape))
    rest = (slice(None),) * (-position - 1)
    for _ in range(n):
        x = index(x, (Ellipsis, slice(1, None), *rest)) - index(x, (Ellipsis, slice(None, -1), *rest))
    return x


@function(GROUP, aliases=("ediff1d",), samples=[sample("ptp(x)", x=(2, 3))])
def ptp(x: Node, axis: Axis = None) -> Node:
    """The largest element minus the smallest, or along an axis."""
    from .reduction import max_, min_

    return max_(x, axis) - min_(x, axis)


def _pieces(x: Node, sections: Whole, axis: Whole) -> Sequence[Node]:
    position = axis_of(axis, len(x.shape))
    cuts = np.array_split(np.arange(x.shape[position]), sections)
    rest = (slice(None),) * (-position - 1)
    return [index(x, (Ellipsis, slice(int(c[0]), int(c[-1]) + 1) if len(c) else slice(0, 0), *rest)) for c in cuts]


@function(GROUP, aliases=("array_split",), samples=[sample("split(x, 2)[1]", x=(4,))])
def split(x: Node, sections: Whole, axis: Whole = 0) -> tuple[Node, ...]:
    """Cut into sections of equal length (the first longer where it does not divide) along an axis."""
    if sections < 1:
        raise DataError(f"split needs one section or more, not {sections}")
    return tuple(_pieces(x, sections, axis))


@function(GROUP, samples=[sample("chunk(x, 2)[0]", x=(5,))])
def chunk(x: Node, chunks: Whole, axis: Whole = 0) -> tuple[Node, ...]:
    """Cut into at most so many pieces of one length, the last one shorter."""
    position = axis_of(axis, len(x.shape))
    length = -(-x.shape[position] // max(1, chunks))
    rest = (slice(None),) * (-position - 1)
    starts = range(0, max(1, x.shape[position]), max(1, length))
    return tuple(index(x, (Ellipsis, slice(start, start + length), *rest)) for start in starts)


@function(
    GROUP,
    aliases=("index_select",),
    samples=[sample("take(x, [0, 0, 2])", x=(3,)), sample("take(x, [1, 0], axis=1)", x=(2, 3))],
)
def take(x: Node, indices: Data, axis: Whole | None = None) -> Node:
    """The elements at some indices, along an axis or of all in order."""
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    position = axis_of(axis, len(x.shape)) + len(x.shape)
    return index(x, (*(slice(None),) * position, _whole(indices)))


@function(GROUP, aliases=("take_along_axis",), samples=[sample("gather(x, 1, [[0], [2]])", x=(2, 3))])
def gather(x: Node, axis: Whole, indices: Data) -> Node:
    """For each position of indices, the element of x with that index along axis instead."""
    whole = _whole(indices)
    rank = len(x.shape)
    position = axis_of(axis, rank) + rank
    if whole.ndim != rank:
        raise DataError(f"indices have {whole.ndim} axes, and x has {rank}", code="shape")
    key: list[np.ndarray[tuple[int, ...], np.dtype[np.intp]]] = list(
        np.indices(whole.shape, dtype=np.intp, sparse=True)
    )
    key[position] = whole
    return select_flat(x, positions(x.shape, tuple(np.broadcast_arrays(*key))))


def _whole(indices: Data) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    if not np.array_equal(indices, np.floor(indices)):
        raise DataError("indices must be whole numbers", code="index")
    return np.asarray(indices).astype(np.intp)


@function(GROUP, samples=[sample("kron(x, y)", x=(2, 2), y=(1, 3)), sample("kron(x, y)", x=(2,), y=(3,))])
def kron(x: Node, y: Node) -> Node:
    """The Kronecker product: y once for each element of x, multiplied by it."""
    rank = max(len(x.shape), len(y.shape))
    first = (1,) * (rank - len(x.shape)) + x.shape
    second = (1,) * (rank - len(y.shape)) + y.shape
    spread = [size for pair in zip(first, (1,) * rank, strict=True) for size in pair]
    inside = [size for pair in zip((1,) * rank, second, strict=True) for size in pair]
    products = reshape_to(x, tuple(spread)) * reshape_to(y, tuple(inside))
    return reshape_to(products, tuple(a * b for a, b in zip(first, second, strict=True)))


@function(GROUP, method=False, aliases=("row_stack",), samples=[sample("vstack([x, y])", x=(3,), y=(2, 3))])
def vstack(arrays: Nodes) -> Node:
    """Arrays on top of one another; vectors are rows."""
    return concatenate([reshape_to(a, (1, a.size)) if len(a.shape) < 2 else a for a in arrays], 0)


@function(GROUP, method=False, samples=[sample("hstack([x, y])", x=(3,), y=(2,))])
def hstack(arrays: Nodes) -> Node:
    """Arrays side by side."""
    flat = [reshape_to(a, (1,)) if not a.shape else a for a in arrays]
    return concatenate(flat, 0 if flat and len(flat[0].shape) == 1 else 1)


@function(GROUP, method=False, samples=[sample("meshgrid(x, y)[1]", x=(2,), y=(3,))])
def meshgrid(x: Node, y: Node, indexing: Word = "xy") -> tuple[Node, Node]:
    """The coordinates of a grid, from those along its two sides."""
    shape = (y.size, x.size) if indexing == "xy" else (x.size, y.size)
    across, down = ((1, x.size), (y.size, 1)) if indexing == "xy" else ((x.size, 1), (1, y.size))
    return broadcast_to(reshape_to(x, across), shape), broadcast_to(reshape_to(y, down), shape)
