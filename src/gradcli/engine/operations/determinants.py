"""Determinants, right for singular matrices too, and their logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise, permutations
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from ..functions import function, sample
from ..node import Node, Shape, check_shape
from ..operation import Cotangents, First, General, expand, plus, total_over
from ..zeros import Blank, Traced, leave_word
from .arithmetic import equal, scale
from .indexing import index
from .selection import where
from .solving import GROUP, Values, inverse_node, require_square
from .structural import swap_last

EXPANDED = 5
"""Up to this size a determinant is expanded in minors: a polynomial, right at every order for singular matrices."""


def _minors(x: Node) -> Node:
    """The determinant by expansion along rows, the minors shared: n 2^(n-1) products."""
    *_, n = x.shape
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


# ---- every derivative of a determinant -----------------------------------------------------------------


def _moved_cofactors(a: Values, *directions: Values) -> Values:
    """The gradient of the determinant's k-th derivative along k directions: for k = 0, the cofactors.

    With a = U S V' and E = U' t V for each direction t, the determinant of S + E is a sum over the permutations
    of the rows that E takes part in, times the product of the other singular values, and that is what is
    differentiated: nothing is divided by, so it is right for singular a (after G. W. Stewart, "On the adjugate
    matrix", 1998, which has k = 0).
    """
    whole = np.isfinite(a).all(axis=(-2, -1), keepdims=True)
    u, s, vt = np.linalg.svd(np.where(whole, a, 0.0))  # of some matrices that are not finite it never ends
    turned = [np.swapaxes(u, -1, -2) @ t @ np.swapaxes(vt, -1, -2) for t in directions]
    k, (*_, n) = len(turned), s.shape
    others = _products_of_others(s, k + 1)
    lead = np.broadcast_shapes(s.shape[:-1], *(e.shape[:-2] for e in turned))
    out = np.zeros((*lead, n, n))
    rows = "abcdefghijklmnopqrstuvwxyz"[: k + 1]
    for order in permutations(range(k + 1)):
        columns = [rows[to] for to in order]
        terms = [f"...{row}{column}" for row, column in zip(rows, columns[:k], strict=False)]
        last, to = rows[k], columns[k]
        kept = last if last == to else last + to
        part = np.einsum(
            f"...{rows},{','.join(terms)}->...{kept}".replace(",->", "->"), others, *turned, optimize=k > 1
        )
        if last == to:
            out[..., range(n), range(n)] += _sign(order) * part
        else:
            out += _sign(order) * part
    orientation = np.linalg.det(u @ vt)
    return np.where(whole, orientation[..., None, None] * (u @ out @ vt), np.nan)


def _cofactors(a: Values, *directions: Values) -> Values:
    """The same, and 0 where a direction is all of zeros, whatever a is."""
    out = _moved_cofactors(a, *directions)
    undefined = np.isnan(out)
    if undefined.any() and (undefined := undefined & _any_is_none([t == 0 for t in directions])).any():
        leave_word()
        out = np.where(undefined, 0.0, out)
    return out


def _any_is_none(blanks: Sequence[Blank]) -> Blank:
    """Where all of a matrix is blank, of any."""
    none: Blank = False
    for blank in blanks:
        none = none | np.all(blank, axis=(-2, -1), keepdims=True)
    return none


def _trace_cofactors(a: Traced, *directions: Traced) -> Traced:
    none = _any_is_none([np.broadcast_to(t.blank, t.value.shape) for t in directions])
    value = _moved_cofactors(a.value, *(t.value for t in directions))
    return Traced(np.where(none, 0.0, value), none)


def _sign(order: Sequence[int]) -> int:
    return (-1) ** sum(later < earlier for earlier, later in combinations(order, 2))


def _products_of_others(s: Values, count: int) -> Values:
    """For any count of indices, the product of all elements of s but those; 0 where two of the indices are equal."""
    *_, n = s.shape
    between = np.zeros((*s.shape[:-1], n + 1, n + 1))  # the product of s[i:j] at i, j; 0 below the diagonal
    for start in range(n + 1):
        between[..., start, start] = 1.0
        between[..., start, start + 1 :] = np.multiply.accumulate(s[..., start:], -1)
    left_out = np.sort(np.indices((n,) * count), 0)
    out = between[..., 0, left_out[0]]
    for one, next_one in pairwise(left_out):
        out = out * between[..., one + 1, next_one]
    return np.asarray(out * between[..., left_out[-1] + 1, n])


def _cofactor_shape(a: Shape, *directions: Shape) -> Shape:
    return max((a, *directions), key=len)


def _along(a: Node, *directions: Node) -> Node:
    """The gradient of the determinant's derivative along directions. Raises LimitError where there are too many."""
    *_, n = a.shape
    check_shape((n,) * (len(directions) + 1), a.graph.place)
    return cofactor(a, *sorted(directions, key=attrgetter("id")))


def _push_cofactor(node: Node, tangents: Cotangents) -> Node | None:
    a, *directions = node.operands
    moved, *turned = tangents
    out = None if moved is None else _along(a, *directions, moved)
    for k, t in enumerate(turned):
        if t is not None:
            out = plus(out, _along(a, *directions[:k], t, *directions[k + 1 :]))
    return out


def _pull_cofactor(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    """The derivative along directions and g is symmetric in all of them."""
    a, *directions = node.operands
    first = _along(a, *directions, g) if needed[0] else None
    rest = [_along(a, *directions[:k], g, *directions[k + 1 :]) if need else None for k, need in enumerate(needed[1:])]
    return [first, *rest]


cofactor: General = General(
    "cofactor", _cofactors, _cofactor_shape, _push_cofactor, _pull_cofactor, analytic=False, traced=_trace_cofactors
)


def _along_matrix(g: Node, shape: Shape) -> Node:
    return expand(g, params=((-2, -1), shape[-2:]))


_det: First = First(
    "det", np.linalg.det, lambda shape: shape[:-2],
    push=lambda t, out, a: total_over(scale(t, _along(a)), (-2, -1)),
    pull=lambda g, out, a: scale(_along_matrix(g, a.shape), _along(a)),
    symbolic=lambda S, a: np.array(S.Matrix(a).det(), dtype=object),
)  # fmt: skip


@function(GROUP, samples=[sample("det(x)", x=(3, 3)), sample("det(x)", x=(6, 6))])
def det(x: Node) -> Node:
    """The determinant. Its derivatives, of any order, are right for singular matrices too."""
    require_square("det", x)
    *_, n = x.shape
    if not n:
        return total_over(x, (-2, -1)) + 1.0
    return _minors(x) if n <= EXPANDED else _det(x)


_logabsdet: First = First(
    "logabsdet", lambda a: np.asarray(np.linalg.slogdet(a)[1]), lambda shape: shape[:-2],
    push=lambda t, out, a: total_over(scale(t, swap_last(inverse_node(a))), (-2, -1)),
    pull=lambda g, out, a: scale(_along_matrix(g, a.shape), swap_last(inverse_node(a))),
    symbolic=lambda S, a: np.array(S.log(S.Abs(S.Matrix(a).det())), dtype=object), analytic=False,
)  # fmt: skip
_signdet: First = First(
    "signdet", lambda a: np.asarray(np.linalg.slogdet(a)[0]), lambda shape: shape[:-2],
    push=lambda t, out, a: None, pull=lambda g, out, a: None, analytic=False,
)  # fmt: skip


class SignAndLog(NamedTuple):
    """What slogdet gives."""

    sign: Node
    logabsdet: Node


@function(GROUP, samples=[sample("slogdet(x + 3*eye(3))[1]", x=(3, 3)), sample("slogdet(x)[0]", x=(3, 3))])
def slogdet(x: Node) -> SignAndLog:
    """The sign of the determinant and the logarithm of its absolute value, without overflow."""
    require_square("slogdet", x)
    return SignAndLog(_signdet(x), _logabsdet(x))


@function(GROUP, samples=[sample("logdet(x@x.T + eye(3))", x=(3, 3))])
def logdet(x: Node) -> Node:
    """The logarithm of a positive determinant; NaN for a negative one."""
    require_square("logdet", x)
    return where(equal(_signdet(x), x.lift(-1.0)), x.lift(float("nan")), _logabsdet(x))
