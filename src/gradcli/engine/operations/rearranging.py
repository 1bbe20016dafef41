"""Elements moved, repeated, masked or padded, as NumPy's functions of the same names do.

A rearrangement that does not depend on values is NumPy's own, applied once to a grid of positions; the
elements are then gathered. Nothing here has a rule of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ...text import printable
from ..functions import Axis, Data, Nodes, Shape, Whole, Word, function, sample
from ..node import Node, check_shape
from ..operation import broadcast_to, reshape_to
from .indexing import select_flat
from .selection import where
from .structural import axes_of, axis_of, concatenate, flip, permute, swapaxes

GROUP = "structural"
Positions = NDArray[np.intp]


def grid(x: Node) -> Positions:
    """The flat position of each element, in x's shape."""
    return np.arange(x.size, dtype=np.intp).reshape(x.shape)


def whole_numbers(values: Data, what: str = "indices") -> Positions:
    """values as whole numbers. Raises DataError where they are not."""
    if not np.array_equal(values, np.floor(values)):
        raise DataError(f"{what} must be whole numbers", code="index")
    if np.any(np.abs(values) >= 2.0**62):
        raise DataError(f"{what} must be less than 2**62", code="index")
    return np.asarray(values).astype(np.intp)


# ---- triangles -----------------------------------------------------------------------------------------


def _masked(x: Node, kept: NDArray[np.bool_]) -> Node:
    return where(x.graph.constant(kept.astype(np.float64)), x, x.lift(0.0))


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


# ---- moved ---------------------------------------------------------------------------------------------


@function(
    GROUP,
    samples=[
        sample("roll(x, 1)", x=(4,)),
        sample("roll(x, -1, axis=0)", x=(3, 2)),
        sample("roll(x, (1, 2), axis=(0, 1))", x=(3, 3)),
    ],
)
def roll(x: Node, shift: Shape, axis: Axis = None) -> Node:
    """Elements moved round by shift, those that leave at one end entering at the other."""
    if axis is None:
        return select_flat(x, np.roll(grid(x), sum(shift)))
    axes = axis if isinstance(axis, tuple) else (axis,)
    if len(shift) not in (1, len(axes)):
        raise DataError(f"roll moves {len(axes)} axes, and has {len(shift)} shifts", code="axis")
    return select_flat(x, np.roll(grid(x), shift, [axis_of(each, len(x.shape)) for each in axes]))


@function(GROUP, samples=[sample("rot90(x)", x=(2, 3)), sample("rot90(x, 2, (1, 2))", x=(2, 2, 3))])
def rot90(x: Node, k: Whole = 1, axes: Shape = (0, 1)) -> Node:
    """Turned by 90 degrees k times, from the first of two axes towards the second."""
    if len(axes_of(axes, len(x.shape))) != 2:
        raise DataError(f"rot90 turns in the plane of two axes, not {len(axes)}", code="axis")
    return select_flat(x, np.rot90(grid(x), k, (axes[0], axes[1])))


@function(GROUP, samples=[sample("fliplr(x)", x=(2, 3))])
def fliplr(x: Node) -> Node:
    """The order of the columns reversed."""
    return flip(x, 1)


@function(GROUP, samples=[sample("flipud(x)", x=(2, 3))])
def flipud(x: Node) -> Node:
    """The order of the rows reversed."""
    return flip(x, 0)


@function(
    GROUP,
    aliases=("movedim",),
    samples=[sample("moveaxis(x, 0, -1)", x=(2, 3, 2)), sample("moveaxis(x, (0, 1), (-1, 0))", x=(2, 3, 1))],
)
def moveaxis(x: Node, source: Shape, destination: Shape) -> Node:
    """An axis, or several, moved to other places."""
    rank = len(x.shape)
    if len(source) != len(destination):
        raise DataError(f"moveaxis has {len(source)} axes to move and {len(destination)} places", code="axis")
    axes_of(source, rank), axes_of(destination, rank)
    moved = [axis_of(axis, rank) for axis in source]
    order = [a for a in range(-rank, 0) if a not in moved]
    for place, axis in sorted(zip((axis_of(axis, rank) + rank for axis in destination), moved, strict=True)):
        order.insert(place, axis)
    return permute(x, params=(tuple(order),))


@function(GROUP, samples=[sample("matrix_transpose(x)", x=(2, 2, 3))])
def matrix_transpose(x: Node) -> Node:
    """The last two axes exchanged."""
    _matrix("matrix_transpose", x)
    return swapaxes(x, -1, -2)


# ---- repeated ------------------------------------------------------------------------------------------


@function(GROUP, samples=[sample("tile(x, 2)", x=(3,)), sample("tile(x, (2, 1))", x=(2, 2))])
def tile(x: Node, reps: Shape) -> Node:
    """x repeated as a whole along each axis."""
    if any(times < 0 for times in reps):
        raise DataError(f"repetitions must not be negative, and are {reps}")
    rank = max(len(reps), len(x.shape))
    spread, times = (1,) * (rank - len(x.shape)) + x.shape, (1,) * (rank - len(reps)) + reps
    shape = tuple(size * count for size, count in zip(spread, times, strict=True))
    check_shape(shape, x.graph.place)
    return select_flat(x, np.tile(grid(x), reps) if x.size else np.zeros(shape))


@function(
    GROUP,
    aliases=("repeat_interleave",),
    samples=[sample("repeat(x, 2)", x=(3,)), sample("repeat(x, 2, axis=1)", x=(2, 2)), sample("repeat(x, [2, 0, 1])", x=(3,))],
)  # fmt: skip
def repeat(x: Node, repeats: Data, axis: Whole | None = None) -> Node:
    """Each element repeated in place, along an axis or of all in order; repeats may be one number for each."""
    times = whole_numbers(repeats, "repeats")
    if np.any(times < 0):
        raise DataError("repeats must not be negative")
    position = None if axis is None else axis_of(axis, len(x.shape))
    length = x.size if position is None else x.shape[position]
    if times.ndim > 1 or times.size not in (1, length):
        raise DataError(f"repeat has {times.size} numbers for {length} elements", code="shape")
    check_shape((x.size * int(times.max(initial=0)),), x.graph.place)
    return select_flat(x, np.repeat(grid(x), times, position))


# ---- joined --------------------------------------------------------------------------------------------


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
    return concatenate(flat, 0 if any(len(each.shape) < 2 for each in flat) else 1)


@function(GROUP, method=False, samples=[sample("column_stack([x, y])", x=(3,), y=(3, 2))])
def column_stack(arrays: Nodes) -> Node:
    """Arrays side by side; vectors are columns."""
    return concatenate([reshape_to(a, (a.size, 1)) if len(a.shape) < 2 else a for a in arrays], 1)


@function(GROUP, method=False, samples=[sample("dstack([x, y])", x=(2, 2), y=(2, 2))])
def dstack(arrays: Nodes) -> Node:
    """Arrays behind one another, along a third axis."""
    deep = [
        a if len(a.shape) > 2 else reshape_to(a, (*(a.shape if len(a.shape) > 1 else (1, a.size)), 1)) for a in arrays
    ]
    return concatenate(deep, 2)


@function(
    GROUP, method=False, torch_defaults={"indexing": "ij"},
    samples=[sample("meshgrid(x, y)[1]", x=(2,), y=(3,)), sample("meshgrid(x, y, x)[0]", x=(2,), y=(3,)), sample("meshgrid(x, y, indexing='ij')[0]", x=(2,), y=(3,))],
)  # fmt: skip
def meshgrid(x: Node, y: Node, z: Node | None = None, indexing: Word = "xy") -> tuple[Node, ...]:
    """The coordinates of a grid, from those along its sides; with indexing='ij' (as under torch.) rows first."""
    if indexing not in ("xy", "ij"):
        raise DataError(f"indexing is 'xy' or 'ij', not '{printable(indexing)}'")
    sides = [x, y] if z is None else [x, y, z]
    places = ([1, 0, 2] if indexing == "xy" else [0, 1, 2])[: len(sides)]
    shape = tuple(sides[place].size for place in places)
    check_shape(shape, x.graph.place)
    return tuple(
        broadcast_to(reshape_to(side, tuple(side.size if a == place else 1 for a in range(len(sides)))), shape)
        for side, place in zip(sides, places, strict=True)
    )
