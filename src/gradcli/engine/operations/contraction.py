"""Sums of products over named or paired axes: einsum and its special cases, all by way of matmul."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import compress

import numpy as np

from ...errors import DataError
from ...text import printable
from ..functions import Data, Shape, Whole, Word, function, sample
from ..node import Node
from ..operation import mismatch, reshape_to, total_over
from .indexing import index, select_flat
from .linalg import matmul
from .rearranging import whole_numbers
from .structural import axes_of, axis_of, permute

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
    samples=[sample("einsum('ij,jk->ik', x, y)", x=(2, 3), y=(3, 2)), sample("einsum('ii', x)", x=(3, 3)), sample("einsum('bij,bj->bi', x, y)", x=(2, 3, 2), y=(2, 2)),
             sample("einsum('...ij,...j', x, y)", x=(2, 2, 3), y=(1, 3)), sample("einsum('i,ij,jk,k->', x, y, y, x)", x=(2,), y=(2, 2)), sample("einsum('iji->j', x)", x=(2, 3, 2))],
)  # fmt: skip
def einsum(subscripts: Word, *arrays: Node) -> Node:
    """Products of elements summed over repeated letters: einsum('ij,jk->ik', x, y) is x @ y; `...` stands for other axes.

    Without -> the result has the letters that occur once, in order.
    """
    terms, result, nodes = _subscripts(subscripts, arrays)
    named = [_diagonal(node, letters) for node, letters in zip(nodes, terms, strict=True)]
    total = named[0]
    for position, each in enumerate(named[1:], 1):
        later = "".join(other.letters for other in named[position + 1 :])
        total = _pair(total, each, result + later)
    return total.summed(result).ordered(result)


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _subscripts(subscripts: str, arrays: Sequence[Node]) -> tuple[list[str], str, list[Node]]:
    """The letters of each operand and of the result, and the operands, with letters of their own for axes under `...`.

    Axes under `...` broadcast: an operand's axis of size 1 that is longer in another loses its letter and its axis.
    Raises DataError where they do not fit.
    """
    text = "".join(subscripts.split())
    inputs, arrow, result = text.partition("->")
    terms = inputs.split(",")
    plain = [term.replace("...", "", 1) for term in (*terms, result)]
    if not all(term == "" or (term.isalpha() and term.isascii()) for term in plain):
        raise DataError(
            f"einsum cannot read {printable(repr(subscripts))}",
            hint="it takes letters, `...`, commas and ->, as in 'ij,jk->ik'",
        )
    if len(terms) != len(arrays):
        raise DataError(f"einsum {subscripts!r} names {len(terms)} arrays and was given {len(arrays)}")
    for term, letters, node in zip(terms, plain, arrays, strict=False):
        if len(letters) > len(node.shape) or (len(letters) < len(node.shape) and "..." not in term):
            raise DataError(
                f"einsum {term!r} names {len(letters)} axes of an array of shape {node.shape}", code="shape"
            )
    free = [x for x in _LETTERS if x not in text]
    hidden = max((len(node.shape) - len(letters) for letters, node in zip(plain, arrays, strict=False)))
    if hidden > len(free):
        raise DataError(f"einsum has letters for {len(_LETTERS)} axes, and needs more", code="shape")
    dots = "".join(free[:hidden])
    named = [
        term.replace("...", dots[hidden - (len(node.shape) - len(letters)) :])
        for term, letters, node in zip(terms, plain, arrays, strict=False)
    ]
    if arrow:
        result = result.replace("...", dots)
    else:
        counts = Counter("".join(plain))
        result = dots + "".join(sorted(letter for letter, count in counts.items() if count == 1))
    sizes = _sizes(named, arrays, dots)
    if missing := [x for x in result if x not in sizes] or (len(set(result)) < len(result) and [*result]):
        raise DataError(
            f"einsum: {missing[0]!r} cannot be an axis of the result",
            hint="each of its letters once, from the operands",
        )
    kept = [
        [x not in dots or size == sizes[x] for x, size in zip(term, node.shape, strict=True)]
        for term, node in zip(named, arrays, strict=True)
    ]
    terms = ["".join(compress(term, keep)) for term, keep in zip(named, kept, strict=True)]
    nodes = [reshape_to(node, tuple(compress(node.shape, keep))) for node, keep in zip(arrays, kept, strict=True)]
    return terms, result, nodes


def _sizes(terms: Sequence[str], arrays: Sequence[Node], broadcast: str) -> dict[str, int]:
    """The length of each letter's axis. Raises DataError where it has two."""
    sizes: dict[str, int] = {}
    for term, node in zip(terms, arrays, strict=True):
        for letter, size in zip(term, node.shape, strict=True):
            known = sizes.setdefault(letter, size)
            if known != size and letter in broadcast and 1 in (known, size):
                sizes[letter] = known * size
            elif known != size:
                what = "an axis under `...`" if letter in broadcast else repr(letter)
                raise DataError(f"einsum: {what} is both {known} and {size} long", code="shape")
    return sizes


@function(
    GROUP,
    samples=[sample("tensordot(x, y)", x=(2, 3, 2), y=(3, 2)), sample("tensordot(x, y, 1)", x=(2, 3), y=(3, 2)), sample("tensordot(x, y, [[0, 1], [1, 0]])", x=(2, 3, 2), y=(3, 2))],
)  # fmt: skip
def tensordot(x: Node, y: Node, axes: Data | None = None) -> Node:
    """The sum of products over pairs of axes: the last `axes` of x (2 unless told) with the first of y, or two lists."""
    left, right = _paired(x, y, np.asarray(2.0) if axes is None else axes)
    if any(x.shape[a] != y.shape[b] for a, b in zip(left, right, strict=True)):
        raise mismatch(
            [x.shape, y.shape], f"have no tensordot over axes {left} and {right}", "those axes must have equal sizes"
        )
    rows = [a for a in range(len(x.shape)) if a not in left]
    columns = [b for b in range(len(y.shape)) if b not in right]
    a = permute(x, params=(tuple(each - len(x.shape) for each in (*rows, *left)),)) if x.shape else x
    b = permute(y, params=(tuple(each - len(y.shape) for each in (*right, *columns)),)) if y.shape else y
    inner = math.prod(x.shape[each] for each in left)
    shape = tuple(x.shape[each] for each in rows) + tuple(y.shape[each] for each in columns)
    height, width = math.prod(x.shape[each] for each in rows), math.prod(y.shape[each] for each in columns)
    return reshape_to(matmul(reshape_to(a, (height, inner)), reshape_to(b, (inner, width))), shape)


def _paired(x: Node, y: Node, axes: Data) -> tuple[list[int], list[int]]:
    """The axes of x and of y that are summed over. Raises DataError where axes does not say which."""
    numbers = whole_numbers(axes, "axes")
    if not numbers.ndim:
        count = int(numbers)
        if not 0 <= count <= min(len(x.shape), len(y.shape)):
            raise mismatch([x.shape, y.shape], f"have no tensordot over {count} axes", "both need as many axes")
        return list(range(len(x.shape) - count, len(x.shape))), list(range(count))
    if len(numbers) != 2 or numbers.ndim > 2:
        raise DataError("axes is a number, or two lists of axes", code="axis")
    first, second = numbers.reshape(2, -1).tolist()
    for node, each in ((x, first), (y, second)):
        axes_of(tuple(each), len(node.shape))
    return [a % len(x.shape) for a in first], [b % len(y.shape) for b in second]


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


@function(
    GROUP,
    samples=[
        sample("cross(x, y)", x=(3,), y=(3,)),
        sample("cross(x, y)", x=(2, 3), y=(3,)),
        sample("cross(x, y, 0)", x=(3, 2), y=(3, 2)),
    ],
)
def cross(x: Node, y: Node, axis: Whole = -1) -> Node:
    """The cross product of vectors of length 3, along an axis, the last one unless told."""
    if (
        not x.shape
        or not y.shape
        or x.shape[axis_of(axis, len(x.shape))] != 3
        or y.shape[axis_of(axis, len(y.shape))] != 3
    ):
        raise mismatch([x.shape, y.shape], "have no cross product", "that axis of both must have length 3")

    def turned(v: Node, order: Sequence[int]) -> Node:
        rest = (slice(None),) * (axis_of(axis, len(v.shape)) + len(v.shape))
        return index(v, (*rest, np.array(order)))

    ahead, behind = (1, 2, 0), (2, 0, 1)
    return turned(x, ahead) * turned(y, behind) - turned(x, behind) * turned(y, ahead)
