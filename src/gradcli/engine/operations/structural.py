"""Rearranging: shapes, axes, joining, diagonals. All linear, each transpose another of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ..functions import Axis, Flag, Nodes, Shape, Whole, function, sample
from ..node import Node
from ..operation import Linear, broadcast_to, mismatch, reshape_to
from .indexing import index

GROUP = "structural"


def axis_of(axis: int, rank: int) -> int:
    """axis counted from the end. Raises DataError where there is no such axis."""
    if not -rank <= axis < rank:
        have = "1 axis" if rank == 1 else f"{rank or 'no'} axes"
        raise DataError(f"there is no axis {axis} in an array with {have}", code="axis",
                        hint=f"axes run from {-rank} to {rank - 1}" if rank else "a number has no axes")  # fmt: skip
    return axis - rank if axis >= 0 else axis


def axes_of(axis: Axis, rank: int) -> tuple[int, ...]:
    """axis, axes or None (all of them) as a sorted tuple counted from the end."""
    if axis is None:
        return tuple(range(-rank, 0))
    axes = sorted(axis_of(each, rank) for each in (axis if isinstance(axis, tuple) else (axis,)))
    if len(set(axes)) < len(axes):
        raise DataError(f"axis {axis} names one axis twice", code="axis")
    return tuple(axes)


# ---- permutation -----------------------------------------------------------------------------------


def _permuted(shape: Shape, axes: tuple[int, ...]) -> Shape:
    return shape[: len(shape) - len(axes)] + tuple(shape[axis] for axis in axes)


def _permute(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    lead = x.ndim - len(axes)
    return np.transpose(x, (*range(lead), *(axis + x.ndim for axis in axes)))


def _permute_back(g: Node, node: Node) -> Sequence[Node]:
    return [permute(g, params=(_inverse(*node.params),))]


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(-len(axes), 0), key=axes.__getitem__))


def _simpler_permute(x: Node, axes: tuple[int, ...]) -> Node | None:
    if axes == tuple(range(-len(axes), 0)):
        return x
    if x.operation is permute:
        inner: Any
        (inner,), (before,) = x.params, x.operands
        if len(inner) == len(axes):
            return permute(before, params=(tuple(inner[axis] for axis in axes),))
    return None


permute: Linear = Linear("permute", _permute, _permuted, _permute_back)
permute.__doc__ = "The last axes in another order; negative numbers, one for each."
permute.simplify = _simpler_permute


def axis_last(x: Node, axis: Whole) -> tuple[Node, tuple[int, ...]]:
    """x with an axis moved last, and the order that moves it back."""
    rank = len(x.shape)
    position = axis_of(axis, rank)
    order = (*(a for a in range(-rank, 0) if a != position), position)
    return permute(x, params=(order,)), _inverse(order)


def swap_last(x: Node) -> Node:
    """A matrix (or a stack of them) transposed."""
    return permute(x, params=((-1, -2),))


@function(
    GROUP,
    aliases=("permute", "permute_dims"),
    samples=[sample("transpose(x)", x=(2, 3)), sample("transpose(x, (1, 2, 0))", x=(2, 3, 2))],
)
def transpose(x: Node, axes: Shape | None = None) -> Node:
    """The axes in another order: reversed, unless axes says which."""
    rank = len(x.shape)
    if axes is None:
        return permute(x, params=(tuple(range(-1, -rank - 1, -1)),)) if rank > 1 else x
    order = tuple(axis_of(axis, rank) for axis in axes)
    if sorted(order) != list(range(-rank, 0)):
        raise DataError(f"axes {axes} are not an order of all {rank} axes", code="axis")
    return permute(x, params=(order,))


@function(GROUP, aliases=("swapdims",), samples=[sample("swapaxes(x, 0, 2)", x=(2, 3, 2))])
def swapaxes(x: Node, axis1: Whole, axis2: Whole) -> Node:
    """Two axes exchanged."""
    rank = len(x.shape)
    order = list(range(-rank, 0))
    first, second = axis_of(axis1, rank), axis_of(axis2, rank)
    order[first], order[second] = order[second], order[first]
    return permute(x, params=(tuple(order),))


# ---- shape -----------------------------------------------------------------------------------------


@function(
    GROUP, aliases=("view",), samples=[sample("reshape(x, (3, 2))", x=(2, 3)), sample("reshape(x, (-1,))", x=(2, 3))]
)
def reshape(x: Node, shape: Shape) -> Node:
    """The same elements, in C order, in another shape; one size may be -1."""
    sizes = list(shape)
    if sizes.count(-1) == 1:
        rest = math.prod(size for size in sizes if size != -1)
        if rest:
            sizes[sizes.index(-1)] = x.size // rest
    if any(size < 0 for size in sizes) or math.prod(sizes) != x.size:
        raise DataError(
            f"shape {x.shape} has {x.size} elements, which do not fit shape {tuple(shape)}", code="shape",
            hint="one size may be -1: it is worked out from the others",
        )  # fmt: skip
    return reshape_to(x, tuple(sizes))


@function(GROUP, samples=[sample("ravel(x)", x=(2, 3))])
def ravel(x: Node) -> Node:
    """All elements in one axis."""
    return reshape_to(x, (x.size,))


@function(GROUP, samples=[sample("flatten(x, 1)", x=(2, 3, 2)), sample("flatten(x, 0, 1)", x=(2, 3, 2))])
def flatten(x: Node, start_dim: Whole = 0, end_dim: Whole = -1) -> Node:
    """The axes from start_dim to end_dim as one; all of them unless told."""
    rank = len(x.shape)
    if not rank:
        return reshape_to(x, (1,))
    first, last = axis_of(start_dim, rank) + rank, axis_of(end_dim, rank) + rank
    if last < first:
        raise DataError(f"flatten: axis {end_dim} comes before axis {start_dim}", code="axis")
    return reshape_to(x, (*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


@function(GROUP, samples=[sample("squeeze(x)", x=(1, 3, 1))])
def squeeze(x: Node, axis: Axis = None) -> Node:
    """Axes of size 1 removed: all of them, or those named."""
    rank = len(x.shape)
    gone = [a for a in range(-rank, 0) if x.shape[a] == 1] if axis is None else axes_of(axis, rank)
    if any(x.shape[a] != 1 for a in gone):
        raise DataError(f"an axis of shape {x.shape} that is not of size 1 cannot be removed", code="shape")
    return reshape_to(x, tuple(size for a, size in enumerate(x.shape) if a - rank not in gone))


@function(
    GROUP,
    aliases=("unsqueeze",),
    samples=[sample("expand_dims(x, 1)", x=(2, 3)), sample("expand_dims(x, (0, -1))", x=(3,))],
)
def expand_dims(x: Node, axis: Axis) -> Node:
    """A new axis of size 1, or several."""
    if axis is None:
        raise DataError("expand_dims needs to know where the new axis goes", code="axis")
    rank = len(x.shape) + (len(axis) if isinstance(axis, tuple) else 1)
    new = axes_of(axis, rank)
    sizes = iter(x.shape)
    return reshape_to(x, tuple(1 if a in new else next(sizes) for a in range(-rank, 0)))


@function(GROUP, name="broadcast_to", aliases=("expand",), samples=[sample("broadcast_to(x, (2, 3))", x=(3,))])
def broadcast_to_shape(x: Node, shape: Shape) -> Node:
    """x copied along new or size-1 axes to fill a shape."""
    rank = len(shape)
    sizes = [x.shape[a - rank] if size == -1 and rank - a <= len(x.shape) else size for a, size in enumerate(shape)]
    fits = len(x.shape) <= rank and all(
        have in (1, want) for have, want in zip(reversed(x.shape), reversed(sizes), strict=False)
    )
    if not fits or any(size < 0 for size in sizes):
        raise mismatch([x.shape, tuple(sizes)], "do not broadcast")
    return broadcast_to(x, tuple(sizes))


# ---- joining ---------------------------------------------------------------------------------------


def _joined(*shapes_and_axis: Any) -> Shape:
    *shapes, axis = shapes_and_axis
    joined = list(shapes[0])
    joined[axis] = sum(shape[axis] for shape in shapes)
    return tuple(joined)


def _join(*arrays_and_axis: Any) -> NDArray[Any]:
    *arrays, axis = arrays_and_axis
    leads = {array.shape[:axis] for array in arrays}
    if len(leads) > 1:  # a batch that some operands lack
        lead = np.broadcast_shapes(*leads)
        arrays = [np.broadcast_to(array, lead + array.shape[axis:]) for array in arrays]
    return np.concatenate(arrays, axis=axis)


def _split_back(g: Node, node: Node) -> Sequence[Node]:
    axis: Any = node.params[0]
    pieces, start = [], 0
    whole = (slice(None),) * (-axis - 1)
    for operand in node.operands:
        stop = start + operand.shape[axis]
        pieces.append(index(g, (Ellipsis, slice(start, stop), *whole)))
        start = stop
    return pieces


join: Linear = Linear("concatenate", _join, _joined, _split_back)


@function(
    GROUP, aliases=("concat", "cat"), method=False,
    samples=[sample("concatenate([x, y], 1)", x=(2, 3), y=(2, 1)), sample("concatenate([x, x])", x=(3,))],
)  # fmt: skip
def concatenate(arrays: Nodes, axis: Whole | None = 0) -> Node:
    """Arrays joined along an axis they all have; with None all their elements in order."""
    if not arrays:
        raise DataError("concatenate needs at least one array", code="empty")
    if axis is None:
        arrays, axis = [reshape_to(each, (each.size,)) for each in arrays], 0
    rank = len(arrays[0].shape)
    if not rank:
        raise DataError("numbers cannot be concatenated", code="shape", hint="stack makes an array of them")
    position = axis_of(axis, rank)
    rest = {len(a.shape) == rank and a.shape[:position] + a.shape[position:][1:] for a in arrays}
    if len(rest) > 1:
        raise mismatch(
            [a.shape for a in arrays], f"cannot be joined along axis {axis}", "all other sizes must be equal"
        )
    return join(*arrays, params=(position,)) if len(arrays) > 1 else arrays[0]


@function(
    GROUP, method=False,
    samples=[sample("stack([x, y])", x=(2, 3), y=(2, 3)), sample("stack([x, y], axis=-1)", x=(2,), y=(2,))],
)  # fmt: skip
def stack(arrays: Nodes, axis: Whole = 0) -> Node:
    """Arrays of one shape as the entries of a new axis."""
    if not arrays:
        raise DataError("stack needs at least one array", code="empty")
    if len({a.shape for a in arrays}) > 1:
        raise mismatch([a.shape for a in arrays], "cannot be stacked", "all shapes must be equal")
    return concatenate([expand_dims(a, axis) for a in arrays], axis)


@function(GROUP, samples=[sample("flip(x)", x=(2, 3)), sample("flip(x, 0)", x=(2, 3))])
def flip(x: Node, axis: Axis = None) -> Node:
    """The order reversed along one axis, some, or all."""
    axes = axes_of(axis, len(x.shape))
    return index(x, tuple(slice(None, None, -1 if a in axes else 1) for a in range(-len(x.shape), 0)))


@function(GROUP, samples=[sample("T(x)", x=(2, 3))], name="T")
def matrix_transpose(x: Node) -> Node:
    """All axes reversed: a matrix transposed."""
    out: Node = transpose(x)
    return out


def keep(reduced: Node, shape: Shape, axes: tuple[int, ...], keepdims: Flag) -> Node:
    """reduced, with the axes it lost of shape as size 1 where they are to be kept."""
    if not keepdims:
        return reduced
    rank = len(shape)
    return reshape_to(reduced, tuple(1 if a - rank in axes else size for a, size in enumerate(shape)))
