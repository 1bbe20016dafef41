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
from ..operation import Cotangents, First, General, broadcast_to, mismatch, plus, reshape_to
from ..unused import checked
from ..zeros import Traced, leave_word
from .linalg import LEFT, PLAIN, RIGHT, joined, matmul, matrix_product
from .rearranging import tril, triu
from .structural import swap_last

GROUP = "linear algebra"
EPSILON = float(np.finfo(np.float64).eps)
Values = NDArray[Any]


def chain(*factors: Node, moving: int = -1) -> Node:
    """The product of matrices, where some may have leading axes that others lack.

    moving is the place of a tangent or cotangent among them, whose zeros win over what is not finite.
    """
    out = factors[0]
    for place, factor in enumerate(factors[1:], 1):
        side = RIGHT if place == moving else LEFT if 0 <= moving < place else PLAIN
        out = matrix_product(out, factor, side)
    return out


def require_square(name: str, x: Node) -> None:
    """Raise DataError where x is not a square matrix, or a stack of them."""
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise DataError(f"{name} takes a square matrix, not shape {x.shape}", code="shape")


def of_finite(kernel: Callable[..., Values]) -> Callable[..., Values]:
    """A kernel whose matrices with elements that are not finite give NaN: LAPACK fails on some of them."""

    def run(a: Values, *rest: Any) -> Values:
        whole = np.asarray(np.isfinite(a).all(axis=(-2, -1)))
        if whole.all():
            return kernel(a, *rest)
        out = kernel(np.where(whole[..., None, None], a, 0.0), *rest)
        return np.where(whole.reshape(whole.shape + (1,) * (out.ndim - a.ndim + 2)), out, np.nan)

    return run


def same_shape(shape: Shape, *rest: Any) -> Shape:
    """The shape of an operation that keeps that of its first operand."""
    return shape


# ---- inverse and solutions ---------------------------------------------------------------------------


_LARGEST = 1000
"""The exponent of a scale; one of 1024 would leave float64."""
_SUSPECT = 1e-12
"""A reciprocal condition number, as estimated, below which it is worked out."""


def _scales(a: Values) -> tuple[Values, Values]:
    """Powers of two, for the rows and then the columns of a, that bring the largest element of each to about 1.

    They change no digit of what they scale. Without them, pivots are chosen by the units that rows are written in,
    and diag(1, 1e-20) looks singular (equilibration: Golub and Van Loan, "Matrix Computations", 3.5.2).
    """
    rows = _power_near(np.abs(a).max(-1, keepdims=True, initial=0.0))
    return rows, _power_near((np.abs(a) * rows).max(-2, keepdims=True, initial=0.0))


def _power_near(size: Values) -> Values:
    """The power of two that brings size to between 1/2 and 1, unless it is 0, not finite, or would itself leave float64."""
    exponent = np.clip(np.frexp(np.where(np.isfinite(size), size, 0.0))[1], -_LARGEST, _LARGEST)
    return np.ldexp(1.0, -exponent)


def _inverse(a: Values) -> Values:
    rows, columns = _scales(a)
    scaled = a * rows * columns
    out = np.linalg.inv(scaled)
    _refuse_singular(scaled, out)
    # elements that are nothing beside others come out of the elimination without digits; a step of Newton's method
    # gives them some (fixed precision refinement: Skeel 1980; Higham, "Accuracy and Stability", section 12.2)
    out = out + out @ (np.eye(a.shape[-1]) - scaled @ out)
    return np.asarray(out * np.swapaxes(columns, -1, -2) * np.swapaxes(rows, -1, -2))


def _refuse_singular(a: Values, inverse: Values) -> None:
    """Raise LinAlgError where rounding alone could have made a matrix regular."""
    size = np.linalg.norm(a, 1, (-2, -1)) * np.linalg.norm(inverse, 1, (-2, -1))
    if a.size and np.any(size > 1.0 / EPSILON):
        raise np.linalg.LinAlgError


SINGULAR = "the matrix is singular: it has no inverse"
SINGULAR_HINT = "pinv and lstsq answer for singular matrices"
inverse_node: First = First(
    "inv", checked(_inverse, SINGULAR, SINGULAR_HINT), same_shape,
    push=lambda t, out, a: -chain(out, t, out, moving=1),
    pull=lambda g, out, a: -chain(swap_last(out), g, swap_last(out), moving=1),
    symbolic=lambda S, a: np.array(S.Matrix(a).inv().tolist(), dtype=object),
)  # fmt: skip


@function(GROUP, aliases=("inverse",), samples=[sample("inv(x + 4*eye(3))", x=(3, 3))])
def inv(x: Node) -> Node:
    """The inverse of a matrix. A singular one is an error."""
    require_square("inv", x)
    return inverse_node(x)


def _solved(a: Values, b: Values) -> Values:
    """The solution, with one more column solved for that shows how large the inverse is."""
    *_, n = a.shape
    if not n:
        return np.linalg.solve(a, b)
    probe = np.cos(np.square(np.arange(1.0, n + 1.0)))
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    rows, columns = _scales(a)
    scaled = a * rows * columns
    sides = [np.broadcast_to(b * rows, lead + b.shape[-2:]), np.broadcast_to(probe[:, None], (*lead, n, 1))]
    out = np.linalg.solve(scaled, np.concatenate(sides, -1))
    grown = np.abs(out[..., -1]).max(-1) * np.abs(scaled).sum(-1).max(-1)
    if np.any(grown * _SUSPECT > np.abs(probe).max()):
        _refuse_singular(scaled, np.linalg.inv(scaled))
    return np.asarray(out[..., :-1] * np.swapaxes(columns, -1, -2))


_solution = checked(
    _solved, "the matrix is singular: the equations have no unique solution", SINGULAR_HINT,
    instead=lambda inverse, a, b: inverse @ b,
)  # fmt: skip


def _push_solve(node: Node, tangents: Cotangents) -> Node | None:
    a, _ = node.operands
    ta, tb = tangents
    moved = plus(tb, None if ta is None else -matrix_product(ta, node, joined(LEFT, *node.params)))
    return None if moved is None else _solve_columns(a, moved, RIGHT)


def _pull_solve(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    a, _ = node.operands
    gb = _solve_columns(swap_last(a), g, RIGHT)
    return [-matrix_product(gb, swap_last(node), joined(LEFT, *node.params)) if needed[0] else None, gb]


def _solve_kernel(a: Values, b: Values, absorbing: str) -> Values:
    """The solution, where columns of zeros may win (absorbing is RIGHT), as in a matrix product."""
    out = _solution(a, b)
    if absorbing == PLAIN or out.dtype.kind == "O" or not np.isnan(out).any():
        return out
    leave_word()
    return np.where(np.all(b == 0, axis=-2, keepdims=True), 0.0, out)


def _trace_solve(a: Traced, b: Traced, absorbing: str) -> Traced:
    value = _solution(a.value, b.value)
    if absorbing == PLAIN:
        return Traced(value, False)
    blank = np.asarray(np.broadcast_to(b.blank, b.value.shape).all(axis=-2, keepdims=True))
    return Traced(np.where(blank, 0.0, value), blank)


_solve: General = General(
    "solve", _solve_kernel, lambda a, b, absorbing: b, _push_solve, _pull_solve, traced=_trace_solve,
    symbolic=lambda S, a, b, absorbing: np.array(S.Matrix(a).LUsolve(S.Matrix(b)).tolist(), dtype=object),
)  # fmt: skip


def _solve_columns(a: Node, b: Node, absorbing: str = PLAIN) -> Node:
    """The solution for columns b, bringing leading axes in line."""
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    operands = (broadcast_to(each, lead + each.shape[-2:]) for each in (a, b))
    return _solve(*operands, params=(absorbing,))


def _equations(name: str, a: Node, b: Node) -> None:
    if not b.shape or b.shape[-2:][0] != a.shape[-2]:
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
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise mismatch([a.shape, b.shape], "do not broadcast in solve") from None
    if len(b.shape) < 2:
        return reshape_to(_solve_columns(a, reshape_to(b, (*b.shape, 1))), (*a.shape[:-2], *b.shape))
    return _solve_columns(a, b)


def _triangle(name: str, a: Node, b: Node, lower: bool, unit: bool, transposed: bool) -> Node:
    require_square(name, a)
    half = tril(a, -unit) if lower else triu(a, int(unit))
    if unit:
        *_, n = a.shape
        half = half + a.graph.constant(np.eye(n))
    return solve(swap_last(half) if transposed else half, b)


@function(
    GROUP,
    method=False,
    samples=[sample("triangular_solve(x + 4*eye(3), y)", x=(3, 3), y=(3,)), sample("triangular_solve(x, y, lower=False, unit=True)", x=(2, 2), y=(2, 2))],
)  # fmt: skip
def triangular_solve(a: Node, b: Node, lower: Flag = True, unit: Flag = False) -> Node:
    """The x with a @ x = b, reading only one triangle of a; with unit its diagonal is taken as ones."""
    return _triangle("triangular_solve", a, b, lower, unit, False)


@function(
    GROUP,
    method=False,
    samples=[sample("solve_triangular(x + 4*eye(3), y)", x=(3, 3), y=(3,)), sample("solve_triangular(x + 4*eye(2), y, trans=1, lower=True)", x=(2, 2), y=(2,)),
             sample("solve_triangular(x + 4*eye(2), y, upper=True, left=False)", x=(2, 2), y=(3, 2))],
)  # fmt: skip
def solve_triangular(
    a: Node, b: Node, trans: Flag = False, lower: Flag = False, upper: Flag | None = None, left: Flag = True, unit: Flag = False
) -> Node:  # fmt: skip
    """The x with a @ x = b for an upper triangular a (or lower), transposed where asked; with left=False, x @ a = b."""
    low = lower if upper is None else not upper
    if left or len(b.shape) == 1:
        return _triangle("solve_triangular", a, b, low, unit, trans == left)
    if not b.shape:
        raise DataError("solve_triangular takes a vector or columns on the right, not a number", code="shape")
    return swap_last(_triangle("solve_triangular", a, swap_last(b), low, unit, not trans))


# ---- least squares -----------------------------------------------------------------------------------


def _pinv_kernel(a: Values, rcond: float) -> Values:
    return np.linalg.pinv(a, rcond=rcond) if rcond >= 0.0 else np.linalg.pinv(a, rcond=max(a.shape[-2:]) * EPSILON)


def _push_pinv(t: Node, p: Node, a: Node) -> Node:
    pt, tt = swap_last(p), swap_last(t)
    across = tt - chain(tt, a, p, moving=0)
    along = tt - chain(p, a, tt, moving=2)
    return chain(p, pt, across, moving=2) + chain(along, pt, p, moving=0) - chain(p, t, p, moving=1)


def _pull_pinv(g: Node, p: Node, a: Node) -> Node:
    pt = swap_last(p)
    first = chain(p, pt, g, moving=2)
    second = chain(g, pt, p, moving=0)
    left = swap_last(first - chain(first, a, p, moving=0))
    right = swap_last(second - chain(p, a, second, moving=2))
    return left + right - chain(pt, g, pt, moving=1)


_pinv: First = First(
    "pinv",
    of_finite(_pinv_kernel),
    lambda shape, rcond: (*shape[:-2], shape[-1], shape[-2]),
    push=_push_pinv,
    pull=_pull_pinv,
    analytic=False,
)


@function(GROUP, aliases=("pinverse",), samples=[sample("pinv(x)", x=(3, 2)), sample("pinv(x)", x=(2, 4))])
def pinv(x: Node, rcond: float | None = None) -> Node:
    """The pseudo-inverse; singular values up to rcond times the largest count as zeros.

    Its derivative holds where the rank does not change (Golub and Pereyra 1973).
    """
    if len(x.shape) < 2:
        raise DataError(f"pinv takes a matrix, not shape {x.shape}", code="shape")
    return _pinv(x, params=(-1.0 if rcond is None else rcond,))


@function(GROUP, method=False, samples=[sample("lstsq(x, y)", x=(4, 2), y=(4,))])
def lstsq(a: Node, b: Node, rcond: float | None = None) -> Node:
    """The x for which the norm of a @ x - b is least, and of those the shortest."""
    if len(a.shape) < 2:
        raise DataError(f"lstsq takes a matrix on the left, not shape {a.shape}", code="shape")
    _equations("lstsq", a, b)
    return matmul(pinv(a, rcond), b)
