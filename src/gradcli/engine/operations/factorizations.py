"""Cholesky, QR, eigenvalues and singular values; rules in the notation of `solving`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import DataError
from ..functions import function, sample
from ..node import Node, Shape
from ..operation import Cotangents, General, copied, expand, total_over, zeros
from .arithmetic import absolute, less_equal, logical_or, scale
from .indexing import index
from .rearranging import tril
from .selection import where
from .solving import GROUP, Values, chain, checked, inverse_node, require_square, same_shape
from .structural import concatenate, swap_last

# ---- cholesky ----------------------------------------------------------------------------------------


def _half_lower(x: Node) -> Node:
    """The lower triangle with half the diagonal: Φ."""
    n = x.shape[-1]
    return x * x.lift(1.0).graph.constant(np.tri(n) - 0.5 * np.eye(n))


def _push_cholesky(node: Node, tangents: Cotangents) -> Node | None:
    (t,) = tangents
    if t is None:
        return None
    inverse = inverse_node(node)
    return chain(node, _half_lower(chain(inverse, t, swap_last(inverse))))


def _pull_cholesky(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    inverse = inverse_node(node)
    inner = _half_lower(chain(swap_last(node), g))
    full = chain(swap_last(inverse), inner, inverse)
    return [0.5 * (full + swap_last(full))]


_cholesky: General = General(
    "cholesky",
    checked(np.linalg.cholesky, "the matrix is not positive definite: it has no Cholesky factor",
             "all its eigenvalues must be positive; eigvalsh shows them"),
    same_shape, _push_cholesky, _pull_cholesky, analytic=False,
    symbolic=lambda S, a: np.array(S.Matrix(a).cholesky(hermitian=False).tolist(), dtype=object),
)  # fmt: skip


def _from_lower(x: Node) -> Node:
    """The symmetric matrix whose lower half is x's."""
    return tril(x) + swap_last(tril(x, -1))


@function(GROUP, samples=[sample("cholesky(x@x.T + eye(3))", x=(3, 3))])
def cholesky(x: Node) -> Node:
    """The lower triangular L with L @ L.T = x; of x only the lower half is read."""
    require_square("cholesky", x)
    return _cholesky(_from_lower(x))


# ---- eigenvalues and singular values -----------------------------------------------------------------


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
    return None if t is None else _diagonal(chain(swap_last(vectors), t, vectors))


def _pull_values(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    vectors = _vectors(node.operands[0])
    return [chain(scale(_rows_scaled(g), vectors), swap_last(vectors))]


def _push_vectors(node: Node, tangents: Cotangents) -> Node | None:
    (t,), (a,) = tangents, node.operands
    if t is None:
        return None
    return chain(node, chain(swap_last(node), t, node) * _gaps(_values(a)))


def _pull_vectors(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    inner = _gaps(_values(node.operands[0])) * chain(swap_last(node), g)
    full = chain(node, inner, swap_last(node))
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
_vectors: General = General("eigenvectors", _eigenvectors, same_shape, _push_vectors, _pull_vectors, analytic=False)


@function(GROUP, samples=[sample("eigvalsh(x + x.T + diag([1, 4, 9]))", x=(3, 3))], convention=_values.convention)
def eigvalsh(x: Node) -> Node:
    """The eigenvalues of a symmetric matrix, ascending; only the lower half is read."""
    require_square("eigvalsh", x)
    return _values(_from_lower(x))


@function(GROUP, samples=[sample("eigh(x + x.T + diag([1, 4, 9]))[1]", x=(3, 3))])
def eigh(x: Node) -> tuple[Node, Node]:
    """Eigenvalues and eigenvectors (columns, largest entry positive) of a symmetric matrix, by its lower half."""
    require_square("eigh", x)
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
    return chain(x, inverse_node(r)), r


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
    inverse = inverse_node(node)
    w = chain(swap_last(chain(x, inverse)), t, inverse)
    upper = swap_last(_half_lower(w + swap_last(w)))
    return chain(upper, node)


def _r_pull(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    (x,) = node.operands
    inverse = inverse_node(node)
    h = swap_last(_half_lower(swap_last(chain(g, swap_last(node)))))
    inner = h + swap_last(h)
    return [chain(x, inverse, inner, swap_last(inverse))]


_upper_factor: General = General("upper_factor", _r_kernel, _r_shape, _r_push, _r_pull, analytic=False)
