"""Inverses and solutions of linear equations, and what all matrix operations share.

Rules in the notation of M. Giles, "An extended collection of matrix derivative results for forward and
reverse mode automatic differentiation" (2008), with `t` a tangent and `g` a cotangent. All act on the last two
axes; kernels are NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ..functions import Flag, function, sample
from ..node import Node, Shape
from ..operation import Cotangents, General, broadcast_to, plus, reshape_to
from .linalg import matmul
from .rearranging import tril
from .structural import swap_last

GROUP = "linear algebra"
Values = NDArray[Any]


def chain(*factors: Node) -> Node:
    """The product of matrices, where some may have leading axes that others lack."""
    out = factors[0]
    for factor in factors[1:]:
        out = matmul(out, factor)
    return out


def require_square(name: str, x: Node) -> None:
    """Raise DataError where x is not a square matrix, or a stack of them."""
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise DataError(f"{name} takes a square matrix, not shape {x.shape}", code="shape")


def checked(kernel: Callable[..., Any], problem: str, hint: str | None = None) -> Callable[..., Any]:
    """A kernel whose failure is the reader's data."""

    def run(*operands: Values) -> Any:
        try:
            return kernel(*operands)
        except np.linalg.LinAlgError:
            raise DataError(problem, code="singular", hint=hint) from None

    return run


def same_shape(shape: Shape, *rest: Any) -> Shape:
    """The shape of an operation that keeps that of its first operand."""
    return shape


def only(value: Node | None) -> list[Node | None]:
    """The cotangent of a single operand."""
    return [value]


# ---- inverse and solutions ---------------------------------------------------------------------------


def _inverse(a: Values) -> Values:
    out = np.linalg.inv(a)
    size = np.linalg.norm(a, 1, (-2, -1)) * np.linalg.norm(out, 1, (-2, -1))
    if a.size and np.any(size > 1.0 / np.finfo(np.float64).eps):
        raise np.linalg.LinAlgError
    return out


SINGULAR = "the matrix is singular: it has no inverse"
SINGULAR_HINT = "pinv and lstsq answer for singular matrices"
inverse_node: General = General(
    "inv", checked(_inverse, SINGULAR, SINGULAR_HINT), same_shape,
    push=lambda node, t: None if t[0] is None else -chain(node, t[0], node),
    pull=lambda node, g, needed: only(-chain(swap_last(node), g, swap_last(node))),
    symbolic=lambda S, a: np.array(S.Matrix(a).inv().tolist(), dtype=object),
)  # fmt: skip


@function(GROUP, aliases=("inverse",), samples=[sample("inv(x + 4*eye(3))", x=(3, 3))])
def inv(x: Node) -> Node:
    """The inverse of a matrix. A singular one is an error."""
    require_square("inv", x)
    return inverse_node(x)


def _solution(a: Values, b: Values) -> Values:
    return np.linalg.solve(a, b)


def _push_solve(node: Node, tangents: Cotangents) -> Node | None:
    a, _ = node.operands
    ta, tb = tangents
    moved = plus(tb, None if ta is None else -chain(ta, node))
    return None if moved is None else _solve_columns(a, moved)


def _pull_solve(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    a, _ = node.operands
    gb = _solve_columns(swap_last(a), g)
    return [-chain(gb, swap_last(node)) if needed[0] else None, gb]


_solve: General = General(
    "solve", checked(_solution, "the matrix is singular: the equations have no unique solution", SINGULAR_HINT),
    lambda a, b: b, _push_solve, _pull_solve,
    symbolic=lambda S, a, b: np.array(S.Matrix(a).LUsolve(S.Matrix(b)).tolist(), dtype=object),
)  # fmt: skip


def _solve_columns(a: Node, b: Node) -> Node:
    """The solution for columns b, bringing leading axes in line."""
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return _solve(broadcast_to(a, lead + a.shape[-2:]), broadcast_to(b, lead + b.shape[-2:]))


def _equations(name: str, a: Node, b: Node) -> None:
    if not b.shape or b.shape[-2 if len(b.shape) > 1 else 0] != a.shape[-2]:
        raise DataError(f"{name}: a matrix of shape {a.shape} and a right-hand side of shape {b.shape} do not fit",
                        code="shape", hint="they need as many rows")  # fmt: skip


@function(
    GROUP,
    method=False,
    samples=[sample("solve(x + 4*eye(3), y)", x=(3, 3), y=(3,)), sample("solve(x + 4*eye(2), y)", x=(2, 2), y=(2, 3))],
)
def solve(a: Node, b: Node) -> Node:
    """The x with a @ x = b, for a vector or columns b."""
    require_square("solve", a)
    _equations("solve", a, b)
    if len(b.shape) == 1:
        return reshape_to(_solve_columns(a, reshape_to(b, (*b.shape, 1))), (*a.shape[:-2], *b.shape))
    return _solve_columns(a, b)


@function(
    GROUP,
    method=False,
    aliases=("solve_triangular",),
    samples=[sample("triangular_solve(x + 4*eye(3), y)", x=(3, 3), y=(3,))],
)
def triangular_solve(a: Node, b: Node, lower: Flag = True) -> Node:
    """The x with a @ x = b, reading only one triangle of a."""
    require_square("triangular_solve", a)
    half = tril(a) if lower else swap_last(tril(swap_last(a)))
    return solve(half, b)


# ---- least squares -----------------------------------------------------------------------------------


def _pinv_kernel(a: Values) -> Values:
    return np.linalg.pinv(a)


def _push_pinv(node: Node, tangents: Cotangents) -> Node | None:
    (t,), (a,) = tangents, node.operands
    if t is None:
        return None
    p, pt, tt = node, swap_last(node), swap_last(t)
    across = tt - chain(tt, a, p)
    along = tt - chain(p, a, tt)
    return chain(p, pt, across) + chain(along, pt, p) - chain(p, t, p)


def _pull_pinv(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    (a,) = node.operands
    p, pt = node, swap_last(node)
    first = chain(p, pt, g)
    second = chain(g, pt, p)
    left = swap_last(first - chain(first, a, p))
    right = swap_last(second - chain(p, a, second))
    return [left + right - chain(pt, g, pt)]


_pinv: General = General(
    "pinv", _pinv_kernel, lambda shape: (*shape[:-2], shape[-1], shape[-2]), _push_pinv, _pull_pinv, analytic=False
)


@function(GROUP, samples=[sample("pinv(x)", x=(3, 2))])
def pinv(x: Node) -> Node:
    """The pseudo-inverse; its derivative holds where the rank does not change (Golub and Pereyra 1973)."""
    if len(x.shape) < 2:
        raise DataError(f"pinv takes a matrix, not shape {x.shape}", code="shape")
    return _pinv(x)


@function(GROUP, method=False, samples=[sample("lstsq(x, y)", x=(4, 2), y=(4,))])
def lstsq(a: Node, b: Node) -> Node:
    """The x for which the norm of a @ x - b is least, and of those the shortest."""
    if len(a.shape) < 2:
        raise DataError(f"lstsq takes a matrix on the left, not shape {a.shape}", code="shape")
    _equations("lstsq", a, b)
    return matmul(_pinv(a), b)
