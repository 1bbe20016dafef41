"""Diagonals: taken out of a matrix, and matrices made of them."""

from __future__ import annotations

import numpy as np

from ...errors import DataError
from ..functions import Whole, constant_of, function, sample
from ..node import Graph, Node, check_shape
from ..operation import reshape_to, total_over, zeros
from .indexing import index, select_flat
from .structural import axis_of, concatenate, permute

GROUP = "structural"


def _axes_last(x: Node, axis1: int, axis2: int) -> Node:
    """x with two axes moved last."""
    rank = len(x.shape)
    first, second = axis_of(axis1, rank), axis_of(axis2, rank)
    if first == second:
        raise DataError(f"a diagonal needs two axes, and both are {axis1}", code="axis")
    rest = (a for a in range(-rank, 0) if a not in (first, second))
    return permute(x, params=((*rest, first, second),))


@function(GROUP, samples=[sample("diag(x)", x=(3,)), sample("diag(x, 1)", x=(3, 4)), sample("diag(x, -1)", x=(2,))])
def diag(x: Node, k: Whole = 0) -> Node:
    """The k-th diagonal of a matrix, or the matrix with that diagonal."""
    if len(x.shape) == 2:
        return diagonal(x, k)
    if len(x.shape) != 1:
        raise DataError(f"diag takes a vector or a matrix, not shape {x.shape}", code="shape")
    return diag_embed(x, k)


@function(
    GROUP,
    samples=[
        sample("diagonal(x)", x=(2, 3)),
        sample("diagonal(x, 1, 0, 2)", x=(3, 2, 3)),
        sample("diagonal(x, dim1=-2, dim2=-1)", x=(2, 3, 3)),
    ],
)
def diagonal(x: Node, k: Whole = 0, dim1: Whole = 0, dim2: Whole = 1) -> Node:
    """The k-th diagonal of the matrices in two axes, as the last axis."""
    if len(x.shape) < 2:
        raise DataError(f"diagonal takes a matrix, not shape {x.shape}", code="shape")
    moved = _axes_last(x, dim1, dim2)
    grid = np.arange(moved.size, dtype=np.intp).reshape(moved.shape)
    return select_flat(moved, np.diagonal(grid, k, -2, -1))


@function(GROUP, samples=[sample("diag_embed(x)", x=(2, 3)), sample("diag_embed(x, -1)", x=(2,))])
def diag_embed(x: Node, k: Whole = 0) -> Node:
    """The matrices whose k-th diagonal is the last axis of x."""
    if not x.shape:
        raise DataError("diag_embed takes an array, not a number", code="shape")
    *lead, length = x.shape
    n = length + abs(k)
    check_shape((*lead, n, n), x.graph.place)
    spread = np.full((n, n), length)
    spread[np.diag(np.ones(length, dtype=bool), k)] = np.arange(length)
    padded = concatenate([x, zeros(x, (*lead, 1))], -1)
    return index(padded, (Ellipsis, spread))


@function(GROUP, samples=[sample("diagflat(x)", x=(2, 2))])
def diagflat(x: Node, k: Whole = 0) -> Node:
    """The matrix whose k-th diagonal are all elements in order."""
    return diag_embed(reshape_to(x, (x.size,)), k)


@function(GROUP, samples=[sample("trace(x)", x=(3, 3)), sample("trace(x, 1)", x=(2, 3))])
def trace(x: Node, k: Whole = 0, dim1: Whole = 0, dim2: Whole = 1) -> Node:
    """The sum of a matrix's k-th diagonal."""
    if len(x.shape) < 2:
        raise DataError(f"trace takes a matrix, not shape {x.shape}", code="shape")
    return total_over(diagonal(x, k, dim1, dim2), (-1,))


@function(GROUP, method=False, samples=[sample("block_diag(x, y)", x=(2, 2), y=(1, 3))])
def block_diag(*arrays: Node) -> Node:
    """Matrices along the diagonal of one, zeros elsewhere; vectors are rows."""
    blocks = [reshape_to(a, (1,) * (2 - len(a.shape)) + a.shape) for a in arrays]
    if any(len(block.shape) > 2 for block in blocks):
        raise DataError("block_diag takes matrices", code="shape")
    width = sum(block.shape[1] for block in blocks)
    rows, before = [], 0
    for block in blocks:
        height, own = block.shape
        sides = [zeros(block, (height, before)), block, zeros(block, (height, width - before - own))]
        rows.append(concatenate(sides, 1))
        before += own
    return concatenate(rows, 0)


@function(GROUP, method=False, samples=[sample("tri(2) * x", x=())])
def tri(graph: Graph, n: Whole, m: Whole | None = None, k: Whole = 0) -> Node:
    """Ones on and below the k-th diagonal, zeros above."""
    check_shape((n, n if m is None else m), graph.place)
    return constant_of(graph, np.tri(n, m, k))
