"""Writing into an array, as a function: the array with some of its elements replaced."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..node import Frozen, Node, Shape
from ..operation import Linear, broadcast_to, mismatch, reshape_to, zeros
from .indexing import gather, select_flat


def _replace(x: NDArray[Any], values: NDArray[Any], where: Frozen, rank: int) -> NDArray[Any]:
    core = x.shape[x.ndim - rank :]
    lead = np.broadcast_shapes(x.shape[: x.ndim - rank], values.shape[:-1])
    out = np.empty(lead + core, dtype=np.result_type(x, values))
    out[...] = x
    out.reshape((*lead, math.prod(core)))[..., where.array] = values
    return out


def _replaced_shape(x: Shape, values: Shape, where: Frozen, rank: int) -> Shape:
    lead = max(x[: len(x) - rank], values[:-1], key=len)
    return lead + x[len(x) - rank :]


def _replace_back(g: Node, node: Node) -> Sequence[Node]:
    _, values = node.operands
    where, rank = node.params
    return [replace(g, zeros(values, values.shape), params=node.params), gather(g, params=(where, rank))]


replace = Linear("assign", _replace, _replaced_shape, _replace_back)
replace.__doc__ = "The last `rank` axes of x, flattened, with values written at these distinct positions."


def assign(x: Node, where: NDArray[np.intp], values: Node) -> Node:
    """x with values, broadcast to where's shape, at these flat positions; of a position named twice the
    last value stays, as in NumPy. Raises DataError where the shapes do not fit."""
    extra = max(0, len(values.shape) - where.ndim)
    if set(values.shape[:extra]) == {1}:
        values = reshape_to(values, values.shape[extra:])
    if len(values.shape) > where.ndim or not _broadcasts(values.shape, where.shape):
        raise mismatch([values.shape, where.shape], "do not fit: the value, and the place it is assigned to")
    flat = reshape_to(broadcast_to(values, where.shape), (where.size,))
    places = where.ravel()
    distinct, last = np.unique(places[::-1], return_index=True)
    if distinct.size < places.size:
        flat, places = select_flat(flat, places.size - 1 - last), distinct
    if not places.size:
        return x
    return replace(x, flat, params=(Frozen(places), len(x.shape)))


def _broadcasts(shape: Shape, target: Shape) -> bool:
    pairs = zip(reversed(shape), reversed(target), strict=False)
    return all(size in (1, wanted) for size, wanted in pairs)
