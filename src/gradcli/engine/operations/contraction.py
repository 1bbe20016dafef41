"""Sums of products over named or paired axes: einsum and its special cases, all by way of matmul."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...errors import DataError
from ..functions import Shape, Whole, Word, function, sample
from ..node import Node
from ..operation import mismatch, reshape_to, total_over
from .elementary import sqrt
from .indexing import index, select_flat
from .linalg import matmul
from .structural import permute

GROUP = "linear algebra"


class _Named:
    """An array with a letter for each axis, in order."""

    def __init__(self, node: Node, letters: str) -> None:
        self.node, self.letters = node, letters

    def size(self, letters: str) -> int:
        return math.prod(self.node.shape[self.letters.index(letter)] for letter in letters)

    def shape(self, letters: str) -> Shape:
        return tuple(self.node.shape[self.letters.index(letter)] for letter in letters)

    def ordered(self, letters: str) -> Node:
        """The array with its axes in this order."""
        rank = len(self.letters)
        return permute(self.node, params=(tuple(self.letters.index(letter) - rank for letter in letters),))

    def summed(self, kept: str) -> _Named:
        """Axes that nothing else needs, summed away."""
        gone = tuple(i - len(self.letters) for i, letter in enumerate(self.letters) if letter not in kept)
        return _Named(total_over(self.node, gone), "".join(x for x in self.letters if x in kept))


def _diagonal(node: Node, letters: str) -> _Named:
    """An axis for each letter: one that is repeated picks the diagonal."""
    if len(set(letters)) == len(letters):
        return _Named(node, letters)
    distinct = "".join(dict.fromkeys(letters))
    grid = np.arange(node.size, dtype=np.intp).reshape(node.shape)
    return _Named(
        select_flat(node, np.einsum(grid, [distinct.index(x) for x in letters], list(range(len(distinct))))), distinct
    )


def _pair(left: _Named, right: _Named, kept: str) -> _Named:
    """Two arrays multiplied and summed over what is not kept: a stack of matrix products."""
    left = left.summed(kept + right.letters)
    right = right.summed(kept + left.letters)
    shared = [x for x in left.letters if x in right.letters]
    batch = "".join(x for x in shared if x in kept)
    inner = "".join(x for x in shared if x not in kept)
    rows = "".join(x for x in left.letters if x not in shared)
    columns = "".join(x for x in right.letters if x not in shared)
    stack = left.shape(batch)
    a = reshape_to(left.ordered(batch + rows + inner), (*stack, left.size(rows), left.size(inner)))
    b = reshape_to(right.ordered(batch + inner + columns), (*stack, right.size(inner), right.size(columns)))
    shape = stack + left.shape(rows) + right.shape(columns)
    return _Named(reshape_to(matmul(a, b), shape), batch + rows + columns)


@function(
    GROUP, method=False,
    samples=[sample("einsum('ij,jk->ik', x, y)", x=(2, 3), y=(3, 2)), sample("einsum('ii', x)", x=(3, 3)), sample("einsum('bij,bj->bi', x, y)", x=(2, 3, 2), y=(2, 2))],
)  # fmt: skip
def einsum(subscripts: Word, *arrays: Node) -> Node:
    """Products of elements summed over repeated letters: einsum('ij,jk->ik', x, y) is x @ y."""
    terms, result = _subscripts(subscripts, arrays)
    named = [_diagonal(node, letters) for node, letters in zip(arrays, terms, strict=True)]
    total = named[0]
    for position, each in enumerate(named[1:], 1):
        later = "".join(other.letters for other in named[position + 1 :])
        total = _pair(total, each, result + later)
    return total.summed(result).ordered(result)


def _subscripts(subscripts: str, arrays: Sequence[Node]) -> tuple[list[str], str]:
    """The letters of each operand and of the result. Raises DataError where they do not fit."""
    text = "".join(subscripts.split())
    inputs, arrow, result = text.partition("->")
    terms = inputs.split(",")
    if "." in text or not inputs.replace(",", "").isalpha() or (result and not result.isalpha()):
        raise DataError(f"einsum cannot read {subscripts!r}", hint="it takes letters, commas and ->, as in 'ij,jk->ik'")
    if len(terms) != len(arrays):
        raise DataError(f"einsum {subscripts!r} names {len(terms)} arrays and was given {len(arrays)}")
    if not arrow:
        counts = Counter(inputs.replace(",", ""))
        result = "".join(sorted(letter for letter, count in counts.items() if count == 1))
    sizes: dict[str, int] = {}
    for term, node in zip(terms, arrays, strict=True):
        if len(term) != len(node.shape):
            raise DataError(f"einsum {term!r} names {len(term)} axes of an array of shape {node.shape}", code="shape")
        for letter, size in zip(term, node.shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise DataError(f"einsum: {letter!r} is both {sizes[letter]} and {size} long", code="shape")
    if missing := [x for x in result if x not in sizes] or (len(set(result)) < len(result) and [*result]):
        raise DataError(
            f"einsum: {missing[0]!r} cannot be an axis of the result",
            hint="each of its letters once, from the operands",
        )
    return terms, result


@function(
    GROUP, samples=[sample("tensordot(x, y)", x=(2, 3, 2), y=(3, 2)), sample("tensordot(x, y, 1)", x=(2, 3), y=(3, 2))]
)
def tensordot(x: Node, y: Node, axes: Whole = 2) -> Node:
    """The sum of products over the last `axes` axes of x and the first of y."""
    if not 0 <= axes <= min(len(x.shape), len(y.shape)):
        raise mismatch([x.shape, y.shape], f"have no tensordot over {axes} axes", "both need as many axes")
    if axes and x.shape[-axes:] != y.shape[:axes]:
        raise mismatch([x.shape, y.shape], f"have no tensordot over {axes} axes", "those axes must have equal sizes")
    rows, inner = x.shape[: len(x.shape) - axes], y.shape[:axes]
    columns = y.shape[axes:]
    a = reshape_to(x, (math.prod(rows), math.prod(inner)))
    b = reshape_to(y, (math.prod(inner), math.prod(columns)))
    return reshape_to(matmul(a, b), rows + columns)


@function(GROUP, samples=[sample("vdot(x, y)", x=(2, 2), y=(4,))])
def vdot(x: Node, y: Node) -> Node:
    """The sum of products of all elements, in order."""
    if x.size != y.size:
        raise mismatch([x.shape, y.shape], "have no vdot", "they need as many elements")
    return total_over(reshape_to(x, (x.size,)) * reshape_to(y, (y.size,)), (-1,))


@function(GROUP, samples=[sample("inner(x, y)", x=(2, 3), y=(4, 3)), sample("inner(x, y)", x=(3,), y=(3,))])
def inner(x: Node, y: Node) -> Node:
    """The sum of products over the last axis of both."""
    if not x.shape or not y.shape:
        return x * y
    if x.shape[-1] != y.shape[-1]:
        raise mismatch([x.shape, y.shape], "have no inner product", "their last axes must have the same length")
    a = reshape_to(x, (math.prod(x.shape[:-1]), x.shape[-1]))
    b = reshape_to(y, (math.prod(y.shape[:-1]), y.shape[-1]))
    return reshape_to(matmul(a, permute(b, params=((-1, -2),))), x.shape[:-1] + y.shape[:-1])


@function(GROUP, samples=[sample("cross(x, y)", x=(3,), y=(3,)), sample("cross(x, y)", x=(2, 3), y=(3,))])
def cross(x: Node, y: Node) -> Node:
    """The cross product of vectors of length 3, along the last axis."""
    if not x.shape or not y.shape or x.shape[-1] != 3 or y.shape[-1] != 3:
        raise mismatch([x.shape, y.shape], "have no cross product", "the last axis of both must have length 3")

    def turned(v: Node, order: Sequence[int]) -> Node:
        return index(v, (Ellipsis, np.array(order)))

    ahead, behind = (1, 2, 0), (2, 0, 1)
    return turned(x, ahead) * turned(y, behind) - turned(x, behind) * turned(y, ahead)


@function("reduction", samples=[sample("average(x, y)", x=(4,), y=(4,))])
def average(x: Node, weights: Node | None = None) -> Node:
    """The mean of all elements, weighted where weights are given."""
    if weights is None:
        return total_over(reshape_to(x, (x.size,)), (-1,)) / x.size
    total: Node = vdot(x, weights)
    return total / total_over(reshape_to(weights, (weights.size,)), (-1,))


@function("reduction", samples=[sample("cov(x)", x=(2, 4)), sample("cov(x)", x=(4,))])
def cov(x: Node, ddof: float = 1.0) -> Node:
    """The covariance matrix of variables in rows, observations in columns; the variance of a vector."""
    rows = x if len(x.shape) == 2 else reshape_to(x, (1, x.size))
    count = rows.shape[1]
    if count - ddof <= 0:
        raise DataError(f"cov of {count} observations with ddof={ddof:g} has no value", code="empty")
    centred = rows - reshape_to(total_over(rows, (-1,)) / count, (rows.shape[0], 1))
    out = matmul(centred, permute(centred, params=((-1, -2),))) / (count - ddof)
    return out if len(x.shape) == 2 else reshape_to(out, ())


@function("reduction", samples=[sample("corrcoef(x)", x=(2, 4))])
def corrcoef(x: Node) -> Node:
    """The matrix of correlations of variables in rows."""
    if len(x.shape) != 2:
        raise DataError(f"corrcoef takes variables in the rows of a matrix, not shape {x.shape}", code="shape")
    covariance: Node = cov(x)
    n = covariance.shape[0]
    deviation = sqrt(select_flat(covariance, np.arange(n) * (n + 1)))
    return covariance / (reshape_to(deviation, (n, 1)) * reshape_to(deviation, (1, n)))
