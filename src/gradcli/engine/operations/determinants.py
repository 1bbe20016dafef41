"""Determinants, right for singular matrices too, and their logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from ...errors import DataError
from ..functions import function, sample
from ..node import Node, Shape
from ..operation import Cotangents, General, expand, plus, total_over
from .arithmetic import equal, scale
from .indexing import index
from .selection import where
from .solving import GROUP, Values, inverse_node, only, require_square, same_shape
from .structural import swap_last

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
    "cofactor", _cofactors, same_shape, _push_cofactor,
    pull=lambda node, g, needed: only(cofactor_tangent(node.operands[0], g)), analytic=False,
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
    pull=lambda node, g, needed: only(scale(_along_matrix(g, node.operands[0].shape), cofactor(node.operands[0]))),
    symbolic=lambda S, a: np.array(S.Matrix(a).det(), dtype=object),
)  # fmt: skip


@function(GROUP, samples=[sample("det(x)", x=(3, 3)), sample("det(x)", x=(6, 6))])
def det(x: Node) -> Node:
    """The determinant. Its derivative, the cofactors, is right for singular matrices too."""
    require_square("det", x)
    if x.shape[-1] == 0:
        return total_over(x, (-2, -1)) + 1.0
    return _minors(x) if x.shape[-1] <= EXPANDED else _det(x)


def _log_abs_det(a: Values) -> Values:
    return np.asarray(np.linalg.slogdet(a)[1]) if not np.iscomplexobj(a) else np.log(np.linalg.det(a))


_logabsdet: General = General(
    "logabsdet", _log_abs_det, lambda shape: shape[:-2],
    push=lambda node, t: None if t[0] is None else total_over(scale(t[0], swap_last(inverse_node(node.operands[0]))), (-2, -1)),
    pull=lambda node, g, needed: only(scale(_along_matrix(g, node.operands[0].shape), swap_last(inverse_node(node.operands[0])))),
    symbolic=lambda S, a: np.array(S.log(S.Abs(S.Matrix(a).det())), dtype=object), analytic=False,
)  # fmt: skip
_signdet: General = General(
    "signdet", lambda a: np.asarray(np.linalg.slogdet(a)[0]), lambda shape: shape[:-2],
    push=lambda node, t: None, pull=lambda node, g, needed: only(None), analytic=False,
)  # fmt: skip


@function(GROUP, samples=[sample("slogdet(x + 3*eye(3))[1]", x=(3, 3))])
def slogdet(x: Node) -> tuple[Node, Node]:
    """The sign of the determinant and the logarithm of its absolute value, without overflow."""
    require_square("slogdet", x)
    return _signdet(x), _logabsdet(x)


@function(GROUP, samples=[sample("logdet(x@x.T + eye(3))", x=(3, 3))])
def logdet(x: Node) -> Node:
    """The logarithm of a positive determinant; NaN for a negative one."""
    require_square("logdet", x)
    return where(equal(_signdet(x), x.lift(-1.0)), x.lift(float("nan")), _logabsdet(x))
