"""Chains of matrix products, multiplied in the order that costs least."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...errors import DataError
from ..functions import Nodes, function, sample
from ..node import Node
from ..operation import mismatch
from .linalg import PLAIN, matmul, product

GROUP = "linear algebra"
CHAIN = 200
"""The most matrices in a chain that is given: finding the best order takes the cube of their number."""
WRITTEN = 12
"""The most factors of a written product that are reordered."""


def best_order(sizes: Sequence[int]) -> tuple[int, list[list[int]]]:
    """What a chain of matrices, sizes[i] by sizes[i + 1], costs at best, and where to cut it: entry [i][j] for the
    matrices i to j. The cost is in multiplications.

    The classic dynamic program (Cormen et al., Introduction to Algorithms, section 15.2).
    """
    count = len(sizes) - 1
    cost = [[0] * count for _ in range(count)]
    cut = [[0] * count for _ in range(count)]
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i][j], cut[i][j] = min(
                (cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
    return cost[0][-1], cut


def _sizes(arrays: Sequence[Node]) -> list[int]:
    """Rows of the first, and columns of each, where a first vector is a row and a last one a column."""
    first, last = arrays[0], arrays[-1]
    rows = [1 if i == 0 and len(first.shape) < 2 else a.shape[0] for i, a in enumerate(arrays)]
    if len(arrays) < 2:
        return [*rows, first.shape[-1]]
    return [*rows, *(last.shape[1:] or (1,))]


@function(
    GROUP, method=False,
    samples=[sample("multi_dot([x, y, x])", x=(2, 3), y=(3, 2)), sample("multi_dot([y, x, y])", x=(2, 2), y=(2,))],
)  # fmt: skip
def multi_dot(arrays: Nodes) -> Node:
    """The product of a chain of matrices, multiplied in the cheapest order; the first and last may be vectors."""
    if not arrays:
        raise DataError("multi_dot needs at least one array", code="empty")
    if len(arrays) > CHAIN:
        raise DataError(f"multi_dot takes {CHAIN} matrices at most, not {len(arrays)}")
    inner = arrays[1:-1]
    if any(len(a.shape) != 2 for a in inner) or any(len(a.shape) not in (1, 2) for a in (arrays[0], arrays[-1])):
        raise mismatch(
            [a.shape for a in arrays], "do not make a chain of matrices", "only the first and last may be vectors"
        )
    _, cut = best_order(_sizes(arrays))
    return _multiplied(arrays, cut)


def _multiplied(arrays: Sequence[Node], cut: list[list[int]]) -> Node:
    made: dict[tuple[int, int], Node] = {(i, i): a for i, a in enumerate(arrays)}
    pending = [(0, len(arrays) - 1)]
    while pending:  # a chain is made once its two parts are
        i, j = pending[-1]
        parts = [] if i == j else [(i, cut[i][j]), (cut[i][j] + 1, j)]
        missing = [part for part in parts if part not in made]
        if missing:
            pending += missing
            continue
        pending.pop()
        if parts:
            made[i, j] = matmul(made[parts[0]], made[parts[1]])
    return made[0, len(arrays) - 1]


@function(GROUP, method=False, samples=[sample("chain_matmul(x, y, x)", x=(2, 3), y=(3, 2))])
def chain_matmul(*matrices: Node) -> Node:
    """multi_dot of its arguments."""
    out: Node = multi_dot(matrices)
    return out


# ---- as written ----------------------------------------------------------------------------------------


def in_best_order(left: Node, right: Node) -> Node:
    """left @ right, where left may be a product that nothing else needs: A @ B @ x is A @ (B @ x) where that is cheaper.

    Only matrices are reordered, with a matrix or a vector at the right end; the results differ by rounding.
    """
    factors, cost = _factors(left)
    if not 1 < len(factors) <= WRITTEN or len(right.shape) not in (1, 2) or left.shape[-1] != right.shape[0]:
        return matmul(left, right)
    chain = [*factors, right]
    best, cut = best_order(_sizes(chain))
    return (
        _multiplied(chain, cut)
        if best < cost + math.prod(left.shape) * math.prod(right.shape[1:])
        else matmul(left, right)
    )


def _factors(x: Node) -> tuple[list[Node], int]:
    """The matrices that x is a plain product of, in order, and the multiplications that it takes; no more than are
    reordered, and one."""
    factors: list[Node] = []
    pending, cost = [x], 0
    while pending and len(factors) <= WRITTEN:
        node = pending.pop()
        if node.operation is product and node.params == (PLAIN,) and len(node.shape) < 3:
            pending += reversed(node.operands)
            cost += math.prod(node.shape) * node.operands[0].shape[1]
        else:
            factors.append(node)
    return factors, cost
