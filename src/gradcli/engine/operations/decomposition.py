"""Determinants, inverses, solutions, factorisations, and functions of matrices.

Rules in the notation of M. Giles, "An extended collection of matrix derivative results for forward and
reverse mode automatic differentiation" (2008), with `t` a tangent and `g` a cotangent. All act on the last two
axes; kernels are NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ..functions import Flag, Whole, function, sample
from ..node import Node, Shape
from ..operation import Cotangents, General, broadcast_to, copied, expand, plus, reshape_to, total_over, zeros
from .arithmetic import absolute, equal, less_equal, logical_or, scale
from .indexing import index
from .linalg import matmul
from .rearranging import tril
from .selection import where
from .structural import concatenate, swap_last

GROUP = "linear algebra"
Values = NDArray[Any]


def _mm(*factors: Node) -> Node:
    """The product of matrices, where some may have leading axes that others lack."""
    out = factors[0]
    for factor in factors[1:]:
        out = matmul(out, factor)
    return out


def _square(name: str, x: Node) -> None:
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise DataError(f"{name} takes a square matrix, not shape {x.shape}", code="shape")


def _checked(kernel: Callable[..., Any], problem: str, hint: str | None = None) -> Callable[..., Any]:
    """A kernel whose failure is the reader's data."""

    def run(*operands: Values) -> Any:
        try:
            return kernel(*operands)
        except np.linalg.LinAlgError:
            raise DataError(problem, code="singular", hint=hint) from None

    return run


def _same(shape: Shape, *rest: Any) -> Shape:
    return shape


def _one(value: Node | None) -> list[Node | None]:
    return [value]


# ---- inverse and solutions -------------------------------------------------------------------------


def _inverse(a: Values) -> Values:
    out = np.linalg.inv(a)
    size = np.linalg.norm(a, 1, (-2, -1)) * np.linalg.norm(out, 1, (-2, -1))
    if a.size and np.any(size > 1.0 / np.finfo(np.float64).eps):
        raise np.linalg.LinAlgError
    return out


SINGULAR = "the matrix is singular: it has no inverse"
SINGULAR_HINT = "pinv and lstsq answer for singular matrices"
_inv: General = General(
    "inv", _checked(_inverse, SINGULAR, SINGULAR_HINT), _same,
    push=lambda node, t: None if t[0] is None else -_mm(node, t[0], node),
    pull=lambda node, g, needed: _one(-_mm(swap_last(node), g, swap_last(node))),
    symbolic=lambda S, a: np.array(S.Matrix(a).inv().tolist(), dtype=object),
)  # fmt: skip


@function(GROUP, aliases=("inverse",), samples=[sample("inv(x + 4*eye(3))", x=(3, 3))])
def inv(x: Node) -> Node:
    """The inverse of a matrix. A singular one is an error."""
    _square("inv", x)
    return _inv(x)


def _solution(a: Values, b: Values) -> Values:
    return np.linalg.solve(a, b)


def _push_solve(node: Node, tangents: Cotangents) -> Node | None:
    a, _ = node.operands
    ta, tb = tangents
    moved = plus(tb, None if ta is None else -_mm(ta, node))
    return None if moved is None else _solve_columns(a, moved)


def _pull_solve(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    a, _ = node.operands
    gb = _solve_columns(swap_last(a), g)
    return [-_mm(gb, swap_last(node)) if needed[0] else None, gb]


_solve: General = General(
    "solve", _checked(_solution, "the matrix is singular: the equations have no unique solution", SINGULAR_HINT),
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
    _square("solve", a)
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
    _square("triangular_solve", a)
    half = tril(a) if lower else swap_last(tril(swap_last(a)))
    return solve(half, b)


# ---- determinants ----------------------------------------------------------------------------------

EXPANDED = 5
"""Up to this size a determinant is expanded in minors: a polynomial, right at every order for singular matrices."""


def _minors(x: Node) -> Node:
    """The determinant by expansion along rows, the minors shared: n 2^(n-1) products."""
    n = x.shape[-1]
    entry = [[index(x, (Ellipsis, i, j)) for j in range(n)] for i in range(n)]
    known: dict[tuple[int, ...], Node] = {(j,): entry[n - 1][j] for j in range(n)}
    for row in range(n - 2, -1, -1):
        known = {columns: _alternating(entry[row], columns, known) for columns in _subsets(n, n - row)}
    return known[tuple(range(n))]


def _alternating(row: Sequence[Node], columns: tuple[int, ...], minors: dict[tuple[int, ...], Node]) -> Node:
    out: Node | None = None
    for place, column in enumerate(columns):
        term = row[column] * minors[columns[:place] + columns[place + 1 :]]
        out = plus(out, -term if place % 2 else term)
    assert out is not None
    return out


def _subsets(n: int, size: int) -> list[tuple[int, ...]]:
    return list(combinations(range(n), size))


def _cofactors(a: Values) -> Values:
    """The matrix of cofactors, the gradient of det, by the singular values: right for singular a too.

    With a = U S V', it is det(U) det(V) U C V', where C is diagonal with the products of all other
    singular values (G. W. Stewart, "On the adjugate matrix", 1998).
    """
    u, s, vt = np.linalg.svd(a)
    others = _products_of_others(s)
    orientation = np.linalg.det(u) * np.linalg.det(vt)
    return orientation[..., None, None] * (u * others[..., None, :]) @ vt


def _products_of_others(s: Values) -> Values:
    ones = np.ones(s.shape[:-1] + (1,))
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], -1), -1)[..., ::-1]
    return before * after


def _cofactor_tangent(a: Values, t: Values) -> Values:
    """The derivative of the cofactors along t: symmetric in the two roles of t and a cotangent.

    In the basis of the singular vectors, with E = U' t V and P_ij the product of all singular values but
    those of i and j: the diagonal moves by sum_k≠i E_kk P_ik, the entry ij by -E_ji P_ij.
    """
    u, s, vt = np.linalg.svd(a)
    orientation = np.linalg.det(u) * np.linalg.det(vt)
    e = np.swapaxes(u, -1, -2) @ t @ np.swapaxes(vt, -1, -2)
    pairs = _products_of_other_pairs(s)
    moved = -np.swapaxes(e, -1, -2) * pairs
    diagonal = np.einsum("...kk,...ik->...i", e, pairs)
    n = s.shape[-1]
    moved[..., np.arange(n), np.arange(n)] = diagonal
    return orientation[..., None, None] * (u @ moved @ vt)


def _products_of_other_pairs(s: Values) -> Values:
    """P_ij, the product of all but s_i and s_j; 0 on the diagonal."""
    n = s.shape[-1]
    out = np.zeros(s.shape + (n,))
    for i in range(n):
        rest = np.concatenate([s[..., :i], s[..., i + 1 :]], -1)
        out[..., i, [k for k in range(n) if k != i]] = _products_of_others(rest)
    return out


def _tangent_shape(a: Shape, t: Shape) -> Shape:
    return t if len(t) > len(a) else a


def _push_cofactor(node: Node, tangents: Cotangents) -> Node | None:
    return None if tangents[0] is None else cofactor_tangent(node.operands[0], tangents[0])


cofactor: General = General(
    "cofactor", _cofactors, _same, _push_cofactor,
    pull=lambda node, g, needed: _one(cofactor_tangent(node.operands[0], g)), analytic=False,
)  # fmt: skip


def _third(node: Node, *_: Any) -> Any:
    raise DataError(
        f"third derivatives of a determinant are only there up to {EXPANDED} rows", code="order",
        hint="use slogdet or logdet for larger matrices",
    )  # fmt: skip


def _push_cofactor_tangent(node: Node, tangents: Cotangents) -> Node | None:
    ta, tt = tangents
    if ta is not None:
        _third(node)
    return None if tt is None else cofactor_tangent(node.operands[0], tt)


def _pull_cofactor_tangent(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    if needed[0]:
        _third(node)
    return [None, cofactor_tangent(node.operands[0], g)]


cofactor_tangent: General = General(
    "cofactor_tangent",
    _cofactor_tangent,
    _tangent_shape,
    _push_cofactor_tangent,
    _pull_cofactor_tangent,
    analytic=False,
)


def _along_matrix(g: Node, shape: Shape) -> Node:
    return expand(g, params=((-2, -1), shape[-2:]))


_det: General = General(
    "det", np.linalg.det, lambda shape: shape[:-2],
    push=lambda node, t: None if t[0] is None else total_over(scale(t[0], cofactor(node.operands[0])), (-2, -1)),
    pull=lambda node, g, needed: _one(scale(_along_matrix(g, node.operands[0].shape), cofactor(node.operands[0]))),
    symbolic=lambda S, a: np.array(S.Matrix(a).det(), dtype=object),
)  # fmt: skip


@function(GROUP, samples=[sample("det(x)", x=(3, 3)), sample("det(x)", x=(6, 6))])
def det(x: Node) -> Node:
    """The determinant. Its derivative, the cofactors, is right for singular matrices too."""
    _square("det", x)
    if x.shape[-1] == 0:
        return total_over(x, (-2, -1)) + 1.0
    return _minors(x) if x.shape[-1] <= EXPANDED else _det(x)


def _log_abs_det(a: Values) -> Values:
    return np.asarray(np.linalg.slogdet(a)[1]) if not np.iscomplexobj(a) else np.log(np.linalg.det(a))


_logabsdet: General = General(
    "logabsdet", _log_abs_det, lambda shape: shape[:-2],
    push=lambda node, t: None if t[0] is None else total_over(scale(t[0], swap_last(_inv(node.operands[0]))), (-2, -1)),
    pull=lambda node, g, needed: _one(scale(_along_matrix(g, node.operands[0].shape), swap_last(_inv(node.operands[0])))),
    symbolic=lambda S, a: np.array(S.log(S.Abs(S.Matrix(a).det())), dtype=object), analytic=False,
)  # fmt: skip
_signdet: General = General(
    "signdet", lambda a: np.asarray(np.linalg.slogdet(a)[0]), lambda shape: shape[:-2],
    push=lambda node, t: None, pull=lambda node, g, needed: _one(None), analytic=False,
)  # fmt: skip


@function(GROUP, samples=[sample("slogdet(x + 3*eye(3))[1]", x=(3, 3))])
def slogdet(x: Node) -> tuple[Node, Node]:
    """The sign of the determinant and the logarithm of its absolute value, without overflow."""
    _square("slogdet", x)
    return _signdet(x), _logabsdet(x)


@function(GROUP, samples=[sample("logdet(x@x.T + eye(3))", x=(3, 3))])
def logdet(x: Node) -> Node:
    """The logarithm of a positive determinant; NaN for a negative one."""
    _square("logdet", x)
    return where(equal(_signdet(x), x.lift(-1.0)), x.lift(float("nan")), _logabsdet(x))


# ---- cholesky --------------------------------------------------------------------------------------


def _half_lower(x: Node) -> Node:
    """The lower triangle with half the diagonal: Φ."""
    n = x.shape[-1]
    return x * x.lift(1.0).graph.constant(np.tri(n) - 0.5 * np.eye(n))


def _push_cholesky(node: Node, tangents: Cotangents) -> Node | None:
    (t,) = tangents
    if t is None:
        return None
    inverse = _inv(node)
    return _mm(node, _half_lower(_mm(inverse, t, swap_last(inverse))))


def _pull_cholesky(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    inverse = _inv(node)
    inner = _half_lower(_mm(swap_last(node), g))
    full = _mm(swap_last(inverse), inner, inverse)
    return [0.5 * (full + swap_last(full))]


_cholesky: General = General(
    "cholesky",
    _checked(np.linalg.cholesky, "the matrix is not positive definite: it has no Cholesky factor",
             "all its eigenvalues must be positive; eigvalsh shows them"),
    _same, _push_cholesky, _pull_cholesky, analytic=False,
    symbolic=lambda S, a: np.array(S.Matrix(a).cholesky(hermitian=False).tolist(), dtype=object),
)  # fmt: skip


def _from_lower(x: Node) -> Node:
    """The symmetric matrix whose lower half is x's."""
    return tril(x) + swap_last(tril(x, -1))


@function(GROUP, samples=[sample("cholesky(x@x.T + eye(3))", x=(3, 3))])
def cholesky(x: Node) -> Node:
    """The lower triangular L with L @ L.T = x; of x only the lower half is read."""
    _square("cholesky", x)
    return _cholesky(_from_lower(x))


# ---- eigenvalues and singular values ---------------------------------------------------------------


def _gaps(w: Node) -> Node:
    """1 / (w_j - w_i) off the diagonal, 0 on it."""
    n = w.shape[-1]
    column = expand(w, params=((-1,), (n,)))
    row = expand(w, params=((-2,), (n,)))
    off = w.graph.constant(1.0 - np.eye(n))
    return where(off, 1.0 / where(off, row - column, w.lift(1.0)), w.lift(0.0))


def _diagonal(x: Node) -> Node:
    """The diagonal of the last two axes."""
    return total_over(x * x.graph.constant(np.eye(x.shape[-1])), (-1,))


def _rows_scaled(g: Node) -> Node:
    """A vector copied down the rows: multiplies columns."""
    return expand(g, params=((-2,), (g.shape[-1],)))


def _push_values(node: Node, tangents: Cotangents) -> Node | None:
    (t,), (a,) = tangents, node.operands
    vectors = _vectors(a)
    return None if t is None else _diagonal(_mm(swap_last(vectors), t, vectors))


def _pull_values(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    vectors = _vectors(node.operands[0])
    return [_mm(scale(_rows_scaled(g), vectors), swap_last(vectors))]


def _push_vectors(node: Node, tangents: Cotangents) -> Node | None:
    (t,), (a,) = tangents, node.operands
    if t is None:
        return None
    return _mm(node, _mm(swap_last(node), t, node) * _gaps(_values(a)))


def _pull_vectors(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    inner = _gaps(_values(node.operands[0])) * _mm(swap_last(node), g)
    full = _mm(node, inner, swap_last(node))
    return [0.5 * (full + swap_last(full))]


def _repeated(out: Node, a: Node) -> Node:
    """Which eigenvalues are as good as equal to a neighbour."""
    gaps = index(out, (Ellipsis, slice(1, None))) - index(out, (Ellipsis, slice(None, -1)))
    size = copied(total_over(absolute(out), (-1,)), gaps.shape, (-1,))
    close = less_equal(gaps, 1e-14 * size)
    none = zeros(out, (*out.shape[:-1], 1))
    return logical_or(concatenate([none, close], -1), concatenate([close, none], -1))


def _eigvalsh(a: Values) -> Values:
    return np.linalg.eigvalsh(a)


def _eigenvectors(a: Values) -> Values:
    """Eigenvectors in ascending order of eigenvalue, each with its largest entry positive."""
    vectors = np.linalg.eigh(a)[1]
    largest = np.take_along_axis(vectors, np.argmax(np.abs(vectors), -2, keepdims=True), -2)
    return vectors * np.where(largest < 0, -1.0, 1.0)


_values: General = General(
    "eigvalsh", _eigvalsh, lambda shape: shape[:-1], _push_values, _pull_values, analytic=False,
    kink=_repeated, convention="one eigenvector's, as an eigenvalue is repeated",
)  # fmt: skip
_vectors: General = General("eigenvectors", _eigenvectors, _same, _push_vectors, _pull_vectors, analytic=False)


@function(GROUP, samples=[sample("eigvalsh(x + x.T + diag([1, 4, 9]))", x=(3, 3))], convention=_values.convention)
def eigvalsh(x: Node) -> Node:
    """The eigenvalues of a symmetric matrix, ascending; only the lower half is read."""
    _square("eigvalsh", x)
    return _values(_from_lower(x))


@function(GROUP, samples=[sample("eigh(x + x.T + diag([1, 4, 9]))[1]", x=(3, 3))])
def eigh(x: Node) -> tuple[Node, Node]:
    """Eigenvalues and eigenvectors (columns, largest entry positive) of a symmetric matrix, by its lower half."""
    _square("eigh", x)
    symmetric = _from_lower(x)
    return _values(symmetric), _vectors(symmetric)


def _thin(x: Node) -> tuple[Node, Node, Node]:
    """Singular values and vectors U, V of x, by the eigenvectors of [[0, x], [x', 0]].

    Its eigenvalues are the singular values, their negatives, and zeros, and it is symmetric: its rules serve
    (Golub and Van Loan, section 8.6), and no square of x loses the small ones.
    """
    m, n = x.shape[-2:]
    k = min(m, n)
    lead = x.shape[:-2]
    top = concatenate([zeros(x, (*lead, m, m)), x], -1)
    bottom = concatenate([swap_last(x), zeros(x, (*lead, n, n))], -1)
    whole = concatenate([top, bottom], -2)
    values, vectors = _values(whole), _vectors(whole)
    last = slice(None, -k - 1 if k < m + n else None, -1)
    root2 = 2.0**0.5
    u = root2 * index(vectors, (Ellipsis, slice(0, m), last))
    v = root2 * index(vectors, (Ellipsis, slice(m, None), last))
    return u, index(values, (Ellipsis, last)), v


@function(GROUP, samples=[sample("svdvals(x)", x=(3, 2))])
def svdvals(x: Node) -> Node:
    """The singular values, descending."""
    if len(x.shape) < 2:
        raise DataError(f"svdvals takes a matrix, not shape {x.shape}", code="shape")
    return _thin(x)[1]


@function(GROUP, samples=[sample("svd(x)[1]", x=(3, 2))])
def svd(x: Node) -> tuple[Node, Node, Node]:
    """U, the singular values, and V transposed, with U @ diag(s) @ Vt = x: the thin factorisation."""
    if len(x.shape) < 2:
        raise DataError(f"svd takes a matrix, not shape {x.shape}", code="shape")
    u, s, v = _thin(x)
    return u, s, swap_last(v)


@function(GROUP, samples=[sample("qr(x)[1]", x=(3, 3))])
def qr(x: Node) -> tuple[Node, Node]:
    """Q with orthonormal columns and R upper triangular with a positive diagonal, Q @ R = x."""
    if len(x.shape) < 2 or x.shape[-2] < x.shape[-1]:
        raise DataError(f"qr takes a matrix with at least as many rows as columns, not shape {x.shape}", code="shape")
    r = _upper_factor(x)
    return _mm(x, _inv(r)), r


def _r_kernel(a: Values) -> Values:
    r: Values = np.asarray(np.linalg.qr(a, mode="r"))
    return r * np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1.0, 1.0)[..., None]


def _r_shape(shape: Shape) -> Shape:
    return (*shape[:-2], shape[-1], shape[-1])


def _r_push(node: Node, tangents: Cotangents) -> Node | None:
    """From R'R = x'x: R' tR + tR' R = x' t + t' x, so tR = up(W) R with W = Q' t R⁻¹ and its mirror image."""
    (t,), (x,) = tangents, node.operands
    if t is None:
        return None
    inverse = _inv(node)
    w = _mm(swap_last(_mm(x, inverse)), t, inverse)
    upper = swap_last(_half_lower(w + swap_last(w)))
    return _mm(upper, node)


def _r_pull(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    (x,) = node.operands
    inverse = _inv(node)
    h = swap_last(_half_lower(swap_last(_mm(g, swap_last(node)))))
    inner = h + swap_last(h)
    return [_mm(x, inverse, inner, swap_last(inverse))]


_upper_factor: General = General("upper_factor", _r_kernel, _r_shape, _r_push, _r_pull, analytic=False)


# ---- functions of matrices -------------------------------------------------------------------------


@function(GROUP, samples=[sample("matrix_power(x, 3)", x=(2, 2)), sample("matrix_power(x + 3*eye(2), -2)", x=(2, 2))])
def matrix_power(x: Node, n: Whole) -> Node:
    """A square matrix multiplied by itself n times; the inverse for negative n."""
    _square("matrix_power", x)
    if n < 0:
        x, n = _inv(x), -n
    out = x.graph.constant(np.broadcast_to(np.eye(x.shape[-1]), x.shape))
    while n:
        if n % 2:
            out = matmul(out, x)
        n //= 2
        if n:
            x = matmul(x, x)
    return out


def _expm_kernel(a: Values) -> Values:
    from scipy import linalg

    return np.asarray(linalg.expm(a))


def _block(a: Node, t: Node) -> Node:
    """[[a, t], [0, a]], whose exponential has the derivative of a's along t in its corner (Van Loan 1978)."""
    from ..operation import broadcast_to, zeros

    shape = np.broadcast_shapes(a.shape, t.shape)
    a, t = broadcast_to(a, shape), broadcast_to(t, shape)
    return concatenate([concatenate([a, t], -1), concatenate([zeros(a, shape), a], -1)], -2)


def _frechet(a: Node, t: Node) -> Node:
    n = a.shape[-1]
    return index(_expm(_block(a, t)), (Ellipsis, slice(0, n), slice(n, None)))


_expm: General = General(
    "expm", _expm_kernel, _same,
    push=lambda node, t: None if t[0] is None else _frechet(node.operands[0], t[0]),
    pull=lambda node, g, needed: _one(_frechet(swap_last(node.operands[0]), g)),
)  # fmt: skip


@function(GROUP, aliases=("matrix_exp",), samples=[sample("expm(x)", x=(2, 2))])
def expm(x: Node) -> Node:
    """The exponential of a square matrix."""
    _square("expm", x)
    return _expm(x)


# ---- least squares ---------------------------------------------------------------------------------


def _pinv_kernel(a: Values) -> Values:
    return np.linalg.pinv(a)


def _push_pinv(node: Node, tangents: Cotangents) -> Node | None:
    (t,), (a,) = tangents, node.operands
    if t is None:
        return None
    p, pt, tt = node, swap_last(node), swap_last(t)
    across = tt - _mm(tt, a, p)
    along = tt - _mm(p, a, tt)
    return _mm(p, pt, across) + _mm(along, pt, p) - _mm(p, t, p)


def _pull_pinv(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    (a,) = node.operands
    p, pt = node, swap_last(node)
    first = _mm(p, pt, g)
    second = _mm(g, pt, p)
    left = swap_last(first - _mm(first, a, p))
    right = swap_last(second - _mm(p, a, second))
    return [left + right - _mm(pt, g, pt)]


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
