"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ..functions import function, sample
from ..node import Node, Shape
from ..operation import Bilinear, broadcast_to, mismatch, reshape_to, total_over
from ..zeros import Blank, Traced, leave_word
from .structural import swap_last

GROUP = "linear algebra"

# In a product of a cotangent and a primal, a zero cotangent wins over NaN and inf, as in `scale`:
# the parameter says on which side that is.
PLAIN, LEFT, RIGHT, EITHER = "plain", "left", "right", "either"


NARROW = 32
"""A product with so few columns reads its left matrix again for each record, unless all records share one product."""
MANY = 2**20
"""A product with so many multiplications is worth a look at its zeros."""


def _folded(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """a @ b, where only one of them may have a batch in front, in one product for the whole batch."""
    if b.ndim == 2 < a.ndim and a.size:
        rows = a.reshape(-1, a.shape[-1])
        found = _of_unit_rows(rows, b) if rows.size * b.shape[1] >= MANY else None
        return (rows @ b if found is None else found).reshape(*a.shape[:-1], b.shape[1])
    if a.ndim == 2 < b.ndim and b.size and b.shape[-1] <= NARROW:
        return _folded(b.swapaxes(-1, -2), a.T).swapaxes(-1, -2)
    return np.matmul(a, b)


def _of_unit_rows(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any] | None:
    """a @ b where no row of a has two entries, as those of unit seeds have not; None where that does not hold."""
    if a.dtype.kind == "O" or (count := np.count_nonzero(a)) > len(a) or not np.isfinite(b).all():
        return None
    column = (a != 0).argmax(axis=1)  # of the first entry, which is the only one if as many rows have any
    entries = a[np.arange(len(a)), column]
    row = np.flatnonzero(entries)
    if len(row) < count:
        return None
    picked = b[column[row]] if np.all(entries[row] == 1.0) else entries[row, None] * b[column[row]]
    if len(row) == len(a):
        return picked
    out = np.zeros((len(a), b.shape[1]), np.result_type(a, b))
    out[row] = picked
    return out


def _matmul(a: NDArray[Any], b: NDArray[Any], absorbing: str) -> NDArray[Any]:
    out = _folded(a, b)
    if absorbing == PLAIN or out.dtype.kind == "O" or not np.isnan(out).any():
        return out
    leave_word()
    return _without(a, b, a == 0, b == 0, absorbing)


def _without(a: NDArray[Any], b: NDArray[Any], no_a: Blank, no_b: Blank, absorbing: str) -> NDArray[Any]:
    """a @ b without the terms whose factor on the absorbing side is blank."""
    skip_a = np.broadcast_to(no_a if absorbing in (LEFT, EITHER) else False, a.shape)
    skip_b = np.broadcast_to(no_b if absorbing in (RIGHT, EITHER) else False, b.shape)
    out = np.zeros(1)
    for k in range(a.shape[-1]):
        skip = skip_a[..., :, k, None] | skip_b[..., None, k, :]
        out = out + np.where(skip, 0.0, a[..., :, k, None] * b[..., None, k, :])
    return out


def _trace_matmul(a: Traced, b: Traced, absorbing: str) -> Traced:
    value = np.matmul(a.value, b.value)
    if absorbing == PLAIN:
        return Traced(value, False)
    if np.isnan(value).any():
        value = _without(a.value, b.value, a.blank, b.blank, absorbing)
    alive_a, alive_b = (
        np.where(np.logical_and(operand.blank, absorbing in (side, EITHER)), 0.0, np.ones(operand.value.shape))
        for operand, side in ((a, LEFT), (b, RIGHT))
    )
    return Traced(value, np.matmul(alive_a, alive_b) == 0)


def _product_shape(left: Shape, right: Shape, absorbing: str) -> Shape:
    return (*left[:-1], right[-1])


def _against(x: Node, lead: Node) -> Node:
    """x with the leading axes that lead has more of, which matmul's operands must share."""
    return broadcast_to(x, lead.shape[: max(0, len(lead.shape) - len(x.shape))] + x.shape)


def joined(side: str, absorbing: object) -> str:
    """On which sides zeros win, where they did on some and now do on one more."""
    return side if absorbing in (PLAIN, side) else EITHER


def matrix_product(left: Node, right: Node, absorbing: str) -> Node:
    """The matrix product, where a zero on the absorbing side wins; either may lack leading axes."""
    return product(_against(left, right), _against(right, left), params=(absorbing,))


product: Bilinear = Bilinear(
    "matmul",
    _matmul,
    _product_shape,
    (
        lambda g, node: matrix_product(g, swap_last(node.operands[1]), joined(LEFT, *node.params)),
        lambda g, node: matrix_product(swap_last(node.operands[0]), g, joined(RIGHT, *node.params)),
    ),
    (
        lambda t, node: matrix_product(t, node.operands[1], joined(LEFT, *node.params)),
        lambda t, node: matrix_product(node.operands[0], t, joined(RIGHT, *node.params)),
    ),
)
product.traced = _trace_matmul
product.__doc__ = "The matrix product over the last two axes; all leading axes are equal."


@function(
    GROUP,
    samples=[sample("matmul(x, y)", x=(2, 3), y=(3, 2)), sample("matmul(x, y)", x=(3,), y=(2, 3, 2)), sample("matmul(x, y)", x=(2, 3), y=(3,))],
)  # fmt: skip
def matmul(x: Node, y: Node) -> Node:
    """The matrix product x @ y; a vector is a row on the left, a column on the right; leading axes broadcast."""
    if not x.shape or not y.shape:
        raise mismatch([x.shape, y.shape], "have no matrix product", "multiply by a number with *")
    row, column = len(x.shape) < 2, len(y.shape) < 2
    rows = y.shape[-2:][0]
    if x.shape[-1] != rows:
        raise mismatch(
            [x.shape, y.shape], "do not fit a matrix product",
            f"the last axis on the left ({x.shape[-1]}) must equal the "
            f"{'only' if column else 'second to last'} axis on the right ({rows})",
        )  # fmt: skip
    if row and column:
        return total_over(x * y, (-1,))
    left = reshape_to(x, (1, *x.shape)) if row else x
    right = reshape_to(y, (*y.shape, 1)) if column else y
    try:
        lead = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    except ValueError:
        raise mismatch([x.shape, y.shape], "do not broadcast in a matrix product") from None
    out = product(
        broadcast_to(left, lead + left.shape[-2:]), broadcast_to(right, lead + right.shape[-2:]), params=(PLAIN,)
    )
    shape = lead + (() if row else left.shape[-2:-1]) + (() if column else right.shape[-1:])
    return reshape_to(out, shape)


@function(GROUP, samples=[sample("dot(x, y)", x=(3,), y=(3,)), sample("dot(x, y)", x=(2, 3), y=(3,))])
def dot(x: Node, y: Node) -> Node:
    """The inner product of two vectors; with matrices the matrix product, with a number the product."""
    if not x.shape or not y.shape:
        return x * y
    if len(x.shape) < 2 and len(y.shape) < 2 and x.shape != y.shape:
        raise mismatch([x.shape, y.shape], "have no dot product", "both vectors must have the same length")
    if len(y.shape) > 2:
        raise DataError(f"dot with an array of shape {y.shape} on the right", code="shape", hint="use matmul or einsum")
    out: Node = matmul(x, y)
    return out


def _ranks(name: str, x: Node, y: Node, ranks: tuple[int, int]) -> None:
    kinds = {1: "a vector", 2: "a matrix"}
    if (len(x.shape), len(y.shape)) != ranks:
        raise mismatch([x.shape, y.shape], f"do not fit {name}", f"it takes {kinds[ranks[0]]} and {kinds[ranks[1]]}")


@function(GROUP, samples=[sample("mv(x, y)", x=(2, 3), y=(3,))])
def mv(x: Node, y: Node) -> Node:
    """The product of a matrix and a vector."""
    _ranks("mv", x, y, (2, 1))
    out: Node = matmul(x, y)
    return out


@function(GROUP, samples=[sample("mm(x, y)", x=(2, 3), y=(3, 2))])
def mm(x: Node, y: Node) -> Node:
    """The product of two matrices."""
    _ranks("mm", x, y, (2, 2))
    out: Node = matmul(x, y)
    return out


@function(GROUP, samples=[sample("bmm(x, y)", x=(2, 2, 3), y=(2, 3, 2))])
def bmm(x: Node, y: Node) -> Node:
    """The products of two stacks of matrices, one by one."""
    if len(x.shape) != 3 or len(y.shape) != 3 or x.shape[0] != y.shape[0]:
        raise mismatch([x.shape, y.shape], "do not fit bmm", "it takes two stacks of as many matrices")
    out: Node = matmul(x, y)
    return out


@function(GROUP, aliases=("ger",), samples=[sample("outer(x, y)", x=(2,), y=(3,))])
def outer(x: Node, y: Node) -> Node:
    """The matrix of all products of an element of x and one of y."""
    return reshape_to(x, (x.size, 1)) * reshape_to(y, (1, y.size))
