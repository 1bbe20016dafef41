"""Cholesky, QR, eigenvalues and singular values; rules in the notation of `solving`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...errors import DataError
from ...text import printable
from ..functions import Flag, Word, function, sample
from ..node import Node, Shape
from ..operation import First, copied, expand, total_over, zeros
from ..unused import checked
from .arithmetic import absolute, less_equal, logical_or, scale
from .indexing import index
from .rearranging import tril, triu
from .selection import where
from .solving import GROUP, Values, chain, inverse_node, of_finite, require_square, same_shape, solve
from .structural import concatenate, swap_last

# ---- cholesky ----------------------------------------------------------------------------------------


def _half_lower(x: Node) -> Node:
    """The lower triangle with half the diagonal: Φ."""
    *_, n = x.shape
    return x * x.graph.constant(np.tri(n) - 0.5 * np.eye(n))


def _push_cholesky(t: Node, lower: Node, a: Node) -> Node:
    inverse = inverse_node(lower)
    return chain(lower, _half_lower(chain(inverse, t, swap_last(inverse), moving=1)), moving=1)


def _pull_cholesky(g: Node, lower: Node, a: Node) -> Node:
    inverse = inverse_node(lower)
    inner = _half_lower(chain(swap_last(lower), g, moving=1))
    full = chain(swap_last(inverse), inner, inverse, moving=1)
    return 0.5 * (full + swap_last(full))


_cholesky: First = First(
    "cholesky",
    checked(np.linalg.cholesky, "the matrix is not positive definite: it has no Cholesky factor",
             "all its eigenvalues must be positive; eigvalsh shows them"),
    same_shape, push=_push_cholesky, pull=_pull_cholesky, analytic=False,
    symbolic=lambda S, a: np.array(S.Matrix(a).cholesky(hermitian=False).tolist(), dtype=object),
)  # fmt: skip


def _from_lower(x: Node) -> Node:
    """The symmetric matrix whose lower half is x's."""
    return tril(x) + swap_last(tril(x, -1))


def _from_half(x: Node, uplo: str) -> Node:
    """The symmetric matrix whose lower ('L') or upper ('U') half is x's. Raises DataError for other words."""
    if uplo.upper() not in ("L", "U"):
        raise DataError(f"UPLO is 'L' or 'U', not '{printable(uplo)}'")
    return _from_lower(x if uplo.upper() == "L" else swap_last(x))


@function(
    GROUP,
    samples=[sample("cholesky(x@x.T + eye(3))", x=(3, 3)), sample("cholesky(x@x.T + eye(2), upper=True)", x=(2, 2))],
)
def cholesky(x: Node, upper: Flag = False) -> Node:
    """The lower triangular L with L @ L.T = x (or its transpose); only the lower (upper) half of x is read."""
    require_square("cholesky", x)
    factor = _cholesky(_from_half(x, "U" if upper else "L"))
    return swap_last(factor) if upper else factor


@function(GROUP, method=False, samples=[sample("cholesky_solve(y, x + 4*eye(2))", x=(2, 2), y=(2, 1))])
def cholesky_solve(b: Node, factor: Node, upper: Flag = False) -> Node:
    """The x with (L @ L.T) @ x = b, for the Cholesky factor L (or its transpose, upper)."""
    require_square("cholesky_solve", factor)
    lower = swap_last(triu(factor)) if upper else tril(factor)
    return solve(swap_last(lower), solve(lower, b))


# ---- eigenvalues and singular values -----------------------------------------------------------------


# Eigenvalues first <= i < last, where they are parameters, are zero by construction: their vectors are any basis of
# a space that does not turn within itself, and nothing asks which. Of a matrix that is given there are none.
_NONE = (0, 0)


def _gaps(w: Node, first: int, last: int) -> Node:
    """1 / (w_j - w_i) off the diagonal, 0 on it and among first <= i, j < last."""
    *_, n = w.shape
    column = expand(w, params=((-1,), (n,)))
    row = expand(w, params=((-2,), (n,)))
    apart = 1.0 - np.eye(n)
    apart[first:last, first:last] = 0.0
    off = w.graph.constant(apart)
    return where(off, 1.0 / where(off, row - column, w.lift(1.0)), w.lift(0.0))


def _diagonal(x: Node) -> Node:
    """The diagonal of the last two axes."""
    return total_over(x * x.graph.constant(np.eye(x.shape[-1])), (-1,))


def _rows_scaled(g: Node) -> Node:
    """A vector copied down the rows: multiplies columns."""
    return expand(g, params=((-2,), (g.shape[-1],)))


def _push_values(t: Node, values: Node, a: Node) -> Node:
    vectors = _vectors(a, params=values.params)
    return _diagonal(chain(swap_last(vectors), t, vectors, moving=1))


def _pull_values(g: Node, values: Node, a: Node) -> Node:
    vectors = _vectors(a, params=values.params)
    return chain(scale(_rows_scaled(g), vectors), swap_last(vectors), moving=0)


def _push_vectors(t: Node, vectors: Node, a: Node) -> Node:
    turned = chain(swap_last(vectors), t, vectors, moving=1)
    return chain(vectors, scale(turned, _apart(vectors, a)), moving=1)


def _pull_vectors(g: Node, vectors: Node, a: Node) -> Node:
    inner = scale(chain(swap_last(vectors), g, moving=1), _apart(vectors, a))
    full = chain(vectors, inner, swap_last(vectors), moving=1)
    return 0.5 * (full + swap_last(full))


def _apart(vectors: Node, a: Node) -> Node:
    """How fast the eigenvectors of a turn into one another."""
    return _gaps(_values(a, params=vectors.params), *vectors.params)


def _repeated(out: Node, a: Node, first: int, last: int) -> Node:
    """Which eigenvalues are as good as equal to a neighbour."""
    gaps = index(out, (Ellipsis, slice(1, None))) - index(out, (Ellipsis, slice(None, -1)))
    size = copied(total_over(absolute(out), (-1,)), gaps.shape, (-1,))
    close = less_equal(gaps, 1e-14 * size)
    none = zeros(out, (*out.shape[:-1], 1))
    return logical_or(concatenate([none, close], -1), concatenate([close, none], -1))


def _eigenvalues(a: Values, first: int, last: int) -> Values:
    return np.linalg.eigvalsh(a)


def _eigenvectors(a: Values, first: int, last: int) -> Values:
    """Eigenvectors in ascending order of eigenvalue, each with its largest entry positive."""
    vectors = np.linalg.eigh(a)[1]
    if not vectors.size:
        return vectors
    largest = np.take_along_axis(vectors, np.argmax(np.abs(vectors), -2, keepdims=True), -2)
    return vectors * np.copysign(1.0, largest)


_values: First = First(
    "eigvalsh", of_finite(_eigenvalues), lambda shape, *span: shape[:-1], push=_push_values, pull=_pull_values, analytic=False,
    kink=_repeated, convention="one eigenvector's, as an eigenvalue is repeated",
)  # fmt: skip
_vectors: First = First(
    "eigenvectors", of_finite(_eigenvectors), same_shape, push=_push_vectors, pull=_pull_vectors, analytic=False
)


class Eigen(NamedTuple):
    """What eigh gives."""

    eigenvalues: Node
    eigenvectors: Node


@function(GROUP, samples=[sample("eigvalsh(x + x.T + diag([1, 4, 9]))", x=(3, 3)), sample("eigvalsh(x + x.T + diag([1, 4]), UPLO='U')", x=(2, 2))],
          convention=_values.convention)  # fmt: skip
def eigvalsh(x: Node, UPLO: Word = "L") -> Node:
    """The eigenvalues of a symmetric matrix, ascending; only its lower half (upper with 'U') is read."""
    require_square("eigvalsh", x)
    return _values(_from_half(x, UPLO), params=_NONE)


@function(GROUP, samples=[sample("eigh(x + x.T + diag([1, 4, 9]))[1]", x=(3, 3))], convention=_values.convention)
def eigh(x: Node, UPLO: Word = "L") -> Eigen:
    """Eigenvalues and eigenvectors (columns, largest entry positive) of a symmetric matrix, by its lower half."""
    require_square("eigh", x)
    symmetric = _from_half(x, UPLO)
    return Eigen(_values(symmetric, params=_NONE), _vectors(symmetric, params=_NONE))


class Singular(NamedTuple):
    """What svd gives."""

    U: Node
    S: Node
    Vh: Node


def _thin(x: Node) -> Singular:
    """The thin factorisation of x, by the eigenvectors of [[0, x], [x', 0]].

    Its eigenvalues are the singular values, their negatives, and zeros, and it is symmetric: its rules serve
    (Golub and Van Loan, section 8.6), and no square of x loses the small ones.
    """
    m, n = x.shape[-2:]
    k = min(m, n)
    lead = x.shape[:-2]
    top = concatenate([zeros(x, (*lead, m, m)), x], -1)
    bottom = concatenate([swap_last(x), zeros(x, (*lead, n, n))], -1)
    whole = concatenate([top, bottom], -2)
    span = (k, m + n - k)
    values, vectors = _values(whole, params=span), _vectors(whole, params=span)
    last = slice(None, -k - 1, -1)
    root2 = 2.0**0.5
    u = root2 * index(vectors, (Ellipsis, slice(0, m), last))
    v = root2 * index(vectors, (Ellipsis, slice(m, None), last))
    return Singular(u, index(values, (Ellipsis, last)), swap_last(v))


def _require_matrix(name: str, x: Node) -> None:
    if len(x.shape) < 2:
        raise DataError(f"{name} takes a matrix, not shape {x.shape}", code="shape")


def singular_values(x: Node) -> Node:
    """The singular values of a matrix, or a stack of them, descending. Raises DataError for a vector."""
    _require_matrix("svdvals", x)
    return _thin(x).S


@function(
    GROUP, samples=[sample("svdvals(x)", x=(3, 2)), sample("svdvals(x)", x=(2, 4))], convention=_values.convention
)
def svdvals(x: Node) -> Node:
    """The singular values, descending."""
    return singular_values(x)


@function(GROUP, samples=[sample("svd(x)[1]", x=(3, 2)), sample("svd(x)[0]", x=(4, 2)), sample("svd(x, compute_uv=False)", x=(2, 2))],
          convention=_values.convention)  # fmt: skip
def svd(x: Node, full_matrices: Flag = False, compute_uv: Flag = True) -> Singular | Node:
    """U, the singular values S, and Vh, with U @ diag(S) @ Vh = x: the thin factorisation.

    With full_matrices U and Vh are square; the vectors that this adds are any basis of what is left, and have no
    derivative.
    """
    _require_matrix("svd", x)
    thin = _thin(x)
    if not compute_uv:
        return thin.S
    if not full_matrices:
        return thin
    return Singular(completed(thin.U), thin.S, swap_last(completed(swap_last(thin.Vh))))


# ---- qr ------------------------------------------------------------------------------------------------


class Orthogonal(NamedTuple):
    """What qr gives."""

    Q: Node
    R: Node


@function(
    GROUP,
    samples=[
        sample("qr(x)[1]", x=(3, 3)),
        sample("qr(x)[0]", x=(4, 2)),
        sample("qr(x)[1]", x=(2, 3)),
        sample("qr(x, 'r')", x=(3, 2)),
    ],
)
def qr(x: Node, mode: Word = "reduced") -> Orthogonal | Node:
    """Q with orthonormal columns and R upper triangular with a positive diagonal, Q @ R = x.

    mode is 'reduced', 'complete' (Q square; the columns that this adds have no derivative) or 'r' (only R).
    """
    _require_matrix("qr", x)
    if mode not in ("reduced", "complete", "r"):
        raise DataError(f"qr has no mode '{printable(mode)}'", hint="'reduced', 'complete' or 'r'")
    m, n = x.shape[-2:]
    left = index(x, (Ellipsis, slice(None, m)))
    r = _upper_factor(left)
    q = chain(left, inverse_node(r))
    if m < n:
        r = concatenate([r, chain(swap_last(q), index(x, (Ellipsis, slice(m, None))))], -1)
    if mode == "complete" and m > n:
        r = concatenate([r, zeros(x, (*x.shape[:-2], m - n, n))], -2)
        q = completed(q)
    return r if mode == "r" else Orthogonal(q, r)


def completed(q: Node) -> Node:
    """Orthonormal columns with others, that make them a basis."""
    return concatenate([q, _complement(q)], -1) if q.shape[-1] < q.shape[-2] else q


def _other_columns(q: Values) -> Values:
    return np.linalg.qr(q, mode="complete")[0][..., q.shape[-1] :]


def _no_derivative(*_: Any) -> Any:
    raise DataError(
        "the columns that complete a basis may be any that fit: they have no derivative", code="value",
        hint="differentiate the reduced factorisation",
    )  # fmt: skip


_complement: First = First(
    "complement", _other_columns, lambda shape: (*shape[:-1], shape[-2] - shape[-1]),
    push=_no_derivative, pull=_no_derivative, analytic=False,
)  # fmt: skip


def _upper(a: Values) -> Values:
    r: Values = np.asarray(np.linalg.qr(a, mode="r"))
    return r * np.copysign(1.0, np.diagonal(r, axis1=-2, axis2=-1))[..., None]


def _r_shape(shape: Shape) -> Shape:
    *lead, _, n = shape
    return (*lead, n, n)


def _r_push(t: Node, r: Node, x: Node) -> Node:
    """From R'R = x'x: R' tR + tR' R = x' t + t' x, so tR = up(W) R with W = Q' t R⁻¹ and its mirror image."""
    inverse = inverse_node(r)
    w = chain(swap_last(chain(x, inverse)), t, inverse, moving=1)
    upper = swap_last(_half_lower(w + swap_last(w)))
    return chain(upper, r, moving=0)


def _r_pull(g: Node, r: Node, x: Node) -> Node:
    inverse = inverse_node(r)
    h = swap_last(_half_lower(swap_last(chain(g, swap_last(r), moving=0))))
    inner = h + swap_last(h)
    return chain(x, inverse, inner, swap_last(inverse), moving=2)


_upper_factor: First = First("upper_factor", _upper, _r_shape, push=_r_push, pull=_r_pull, analytic=False)
