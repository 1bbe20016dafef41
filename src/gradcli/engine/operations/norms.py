"""Norms of vectors and of matrices, and the condition number."""

from __future__ import annotations

import math

import numpy as np

from ...errors import DataError
from ...text import printable
from ..functions import Axis, Flag, Order, function, sample
from ..node import Node
from ..operation import copied, total_over
from .arithmetic import absolute, greater, not_equal
from .factorizations import singular_values
from .lengths import euclidean
from .power_lengths import p_norm
from .reduction import highest, lowest, nonempty
from .selection import where
from .solving import inverse_node, require_square
from .structural import axes_of, keep, permute

GROUP = "linear algebra"
CONVENTION = "0 at 0; split evenly among ties"
HINT = "ord is 1, -1, 2, -2, inf, -inf, 'fro' or 'nuc' for a matrix; vector_norm takes any number"


# ---- of vectors ----------------------------------------------------------------------------------------


def _vector(x: Node, ord: float, axes: tuple[int, ...]) -> Node:
    """The norm of x's elements over axes, whatever their number."""
    if ord == 0.0:
        return total_over(not_equal(x, x.lift(0.0)), axes)
    if not axes:
        return absolute(x)
    if ord == 2.0:
        return euclidean(x, axes)
    if ord == 1.0:
        return total_over(absolute(x), axes)
    if math.isinf(ord):
        nonempty("norm", x, axes)
        return (highest if ord == math.inf else lowest)(absolute(x), axes)
    if math.isnan(ord):
        raise DataError("norm has no order nan")
    return p_norm(ord)(x, axes)


def _number(ord: Order, name: str) -> float:
    if not isinstance(ord, str):
        return ord
    if ord in ("inf", "-inf"):
        return float(ord)
    raise DataError(f"{name} of a vector has no order '{printable(ord)}'", hint="it is any number, inf or -inf")


@function(
    GROUP, convention=CONVENTION,
    samples=[sample("vector_norm(x)", x=(2, 3)), sample("vector_norm(x, 3, axis=1)", x=(2, 3)), sample("vector_norm(x, 2.5)", x=(2, 2)),
             sample("vector_norm(x, -2)", x=(3,)), sample("vector_norm(x, 0)", x=(3,)), sample("vector_norm(x, -inf)", x=(3,))],
)  # fmt: skip
def vector_norm(x: Node, ord: Order = 2.0, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The norm of all elements in one vector, or along axes: the ord-th root of the sum of |x|**ord.

    ord is any number; inf and -inf give the largest and the smallest |x|, 0 the number of nonzero elements.
    """
    axes = axes_of(axis, len(x.shape))
    return keep(_vector(x, _number(ord, "vector_norm"), axes), x.shape, axes, keepdims)


# ---- of matrices ---------------------------------------------------------------------------------------


def _matrix(x: Node, ord: Order, rows: int, columns: int) -> Node:
    """The norm of the matrices in two axes of x."""
    ord = float(ord) if ord in ("inf", "-inf") else ord
    if ord == "fro":
        return euclidean(x, tuple(sorted((rows, columns))))
    if ord in (1.0, -1.0, math.inf, -math.inf):
        inner, outer = (rows, columns) if ord in (1.0, -1.0) else (columns, rows)
        sums = total_over(absolute(x), (inner,))
        return (highest if ord in (1.0, math.inf) else lowest)(sums, (outer + (inner > outer),))
    rest = tuple(a for a in range(-len(x.shape), 0) if a not in (rows, columns))
    values = singular_values(permute(x, params=((*rest, rows, columns),)))
    if ord == "nuc":
        return total_over(absolute(_without_rounding(values)), (-1,))
    if ord == 2.0:
        return highest(values, (-1,))
    if ord == -2.0:
        return lowest(values, (-1,))
    shown = f"'{printable(ord)}'" if isinstance(ord, str) else f"{ord:g}"
    raise DataError(f"a matrix has no norm of order {shown}", hint=HINT)


def _without_rounding(values: Node) -> Node:
    """Singular values, with those at the size of rounding errors as the zeros they stand for."""
    largest = copied(highest(values, (-1,)), values.shape, (-1,))
    return where(greater(values, 1e-14 * largest), values, values.lift(0.0))


def _pair(name: str, x: Node, axis: Axis) -> tuple[int, int]:
    """The axes of rows and columns, counted from the end. Raises DataError where they are not two."""
    if not isinstance(axis, tuple) or len(axis) != 2 or len(x.shape) < 2:
        raise DataError(f"{name} takes a matrix, not shape {x.shape}", code="shape", hint="axis names two axes")
    axes_of(axis, len(x.shape))
    rows, columns = (a - len(x.shape) if a >= 0 else a for a in axis)
    nonempty(name, x, (rows, columns))
    return rows, columns


@function(
    GROUP, convention=CONVENTION,
    samples=[sample("matrix_norm(x)", x=(2, 3)), sample("matrix_norm(x, 'nuc')", x=(3, 2)), sample("matrix_norm(x, 1)", x=(2, 2, 3)),
             sample("matrix_norm(x, 2, axis=(0, 1))", x=(2, 3)), sample("matrix_norm(x, -inf, axis=(0, 2), keepdims=True)", x=(2, 2, 3))],
)  # fmt: skip
def matrix_norm(x: Node, ord: Order = "fro", axis: Axis = (-2, -1), keepdims: Flag = False) -> Node:
    """The norm of a matrix: 'fro' (all elements), 'nuc' (the sum of its singular values), 2 and -2 (the largest and
    smallest singular value), 1 and -1 (the largest and smallest column sum of |x|), inf and -inf (row sums)."""
    rows, columns = _pair("matrix_norm", x, axis)
    return keep(_matrix(x, ord, rows, columns), x.shape, tuple(sorted((rows, columns))), keepdims)


# ---- of either -----------------------------------------------------------------------------------------


@function(
    "reduction", convention=CONVENTION,
    samples=[sample("norm(x)", x=(2, 3)), sample("norm(x, axis=1)", x=(2, 3)), sample("norm(x, 1)", x=(3,)), sample("norm(x, 3)", x=(3,)),
             sample("norm(x, inf)", x=(3,)), sample("norm(x, -3)", x=(3,)), sample("norm(x, 0.5)", x=(3,)), sample("norm(x, 1)", x=(2, 3)), sample("norm(x, -2)", x=(2, 2)), sample("norm(x, 'nuc')", x=(2, 3)),
             sample("norm(x, 'fro', axis=(1, 2), keepdims=True)", x=(2, 2, 2))],
)  # fmt: skip
def norm(x: Node, ord: Order | None = None, axis: Axis = None, keepdims: Flag = False, p: float | None = None) -> Node:
    """The Euclidean norm of all elements; with ord that norm of a vector or a matrix, or along an axis or two.

    ord is any number for a vector (`vector_norm`), and one of those of `matrix_norm` for a matrix. p is PyTorch's
    word, for which a matrix is one vector of its elements.
    """
    rank = len(x.shape)
    if p is not None:
        return vector_norm(x, p, axis, keepdims)
    if ord is None:
        return vector_norm(x, 2.0, axis, keepdims)
    along = axis if axis is not None else tuple(range(-rank, 0))
    if isinstance(along, tuple) and len(along) > 1:
        if len(along) > 2:
            raise DataError(
                f"norm with ord={ord} takes a vector or a matrix, not shape {x.shape}", code="shape",
                hint="name one axis or two, or use vector_norm",
            )  # fmt: skip
        return matrix_norm(x, ord, along, keepdims)
    return absolute(x) if ord == "fro" and not rank else vector_norm(x, ord, axis, keepdims)


@function(GROUP, samples=[sample("cond(x + 3*eye(2))", x=(2, 2)), sample("cond(x + 3*eye(2), 1)", x=(2, 2))])
def cond(x: Node, p: Order | None = None) -> Node:
    """The condition number of a matrix: its norm times that of its inverse; the 2-norm unless told."""
    if p is None or p in (2.0, -2.0):
        largest, smallest = matrix_norm(x, 2.0), matrix_norm(x, -2.0)
        return smallest / largest if p == -2.0 else largest / smallest
    require_square("cond", x)
    return matrix_norm(x, p) * matrix_norm(inverse_node(x), p)


@function(GROUP, samples=[sample("dist(x, y, 3)", x=(3,), y=(3,))], convention="0 at 0")
def dist(x: Node, y: Node, p: float = 2.0) -> Node:
    """The norm of x - y, of order p."""
    return vector_norm(x - y, p)


@function("comparison", samples=[sample("matrix_rank(x)", x=(2, 3))])
def matrix_rank(x: Node, tol: float | None = None) -> Node:
    """The number of singular values that are not zero up to rounding; its derivative is 0."""
    values = singular_values(x)
    nonempty("matrix_rank", values, (-1,))
    size = max(x.shape[-2:]) * float(np.finfo(np.float64).eps)
    bound = values.lift(tol) if tol is not None else size * copied(highest(values, (-1,)), values.shape, (-1,))
    return total_over(greater(values, bound), (-1,))
