"""Sorting and what is built on it; running products.

A sort is a permutation that depends on the values. At a tie, as for `max`, the derivative is split evenly
among those that tie: the least-norm element of the generalised Jacobian.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ..functions import Flag, Whole, function, sample
from ..node import Node, Shape
from ..operation import Cotangents, General, reshape_to
from ..zeros import carried
from .arithmetic import isnan
from .indexing import index
from .reduction import nonempty
from .running_products import running_product
from .selection import where
from .structural import axis_last, axis_of, concatenate, flip, keep, permute

GROUP = "ordering"
Values = NDArray[Any]

# ---- sort ------------------------------------------------------------------------------------------


def _order(x: Values) -> Values:
    return np.argsort(x.real, axis=-1, kind="stable")


def _inverse(order: Values) -> Values:
    back = np.empty_like(order)
    np.put_along_axis(back, order, np.broadcast_to(np.arange(order.shape[-1]), order.shape), -1)
    return back


def _along(x: Values, order: Values) -> Values:
    """x's last axis in another order, where either may have leading axes the other lacks."""
    lead = np.broadcast_shapes(x.shape[:-1], order.shape[:-1])
    wide = np.broadcast_to(x, lead + x.shape[-1:])
    return np.take_along_axis(wide, np.broadcast_to(order.astype(np.intp), lead + order.shape[-1:]), -1)


def _same_shape(x: Shape, *rest: Any) -> Shape:
    return x


def _tied(t: Values, ordered: Values) -> Values:
    """t averaged over each run of equal values of ordered; all NaN where these end in NaN, unless all of t is 0."""
    unordered = np.isnan(ordered[..., -1:])
    if unordered.any():
        t = np.where(unordered, np.where(np.any(t != 0, axis=-1, keepdims=True), np.nan, 0.0), t)
    same = ordered[..., 1:] == ordered[..., :-1]
    if not same.any():
        return t
    lead = np.broadcast_shapes(t.shape, ordered.shape)
    out = np.array(np.broadcast_to(t, lead), dtype=t.dtype)
    flat = out.reshape(-1, lead[-1])
    runs = np.broadcast_to(ordered, lead).reshape(-1, lead[-1])
    for row, run in zip(flat, runs, strict=True):
        group = np.concatenate([[0], np.cumsum(run[1:] != run[:-1])])
        row[:] = (np.bincount(group, row) / np.bincount(group))[group]
    return flat.reshape(lead)


def _reorder(x: Values, key: Values) -> Values:
    return _along(x, _order(key))


def _restore(x: Values, key: Values) -> Values:
    return _along(x, _inverse(_order(key)))


average_ties: General = General(
    "average_ties", _tied, _same_shape, traced=carried(_tied, moving=1),
    push=lambda node, tangents: None if tangents[0] is None else average_ties(tangents[0], node.operands[1]),
    pull=lambda node, g, needed: [average_ties(g, node.operands[1]), None],
    analytic=False,
)  # fmt: skip
reorder: General = General(
    "reorder", _reorder, _same_shape, traced=carried(_reorder, moving=1),
    push=lambda node, tangents: None if tangents[0] is None else reorder(tangents[0], node.operands[1]),
    pull=lambda node, g, needed: [restore(g, node.operands[1]), None],
    analytic=False,
)  # fmt: skip
restore: General = General(
    "restore", _restore, _same_shape, traced=carried(_restore, moving=1),
    push=lambda node, tangents: None if tangents[0] is None else restore(tangents[0], node.operands[1]),
    pull=lambda node, g, needed: [reorder(g, node.operands[1]), None],
    analytic=False,
)  # fmt: skip


def _push_sort(node: Node, tangents: Cotangents) -> Node | None:
    (x,) = node.operands
    return None if tangents[0] is None else average_ties(reorder(tangents[0], x), node)


def _pull_sort(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    (x,) = node.operands
    return [restore(average_ties(g, node), x)]


def _ties(ordered: Values) -> Values:
    """1 where an element equals a neighbour, else 0."""
    same = np.zeros(ordered.shape)
    equal_next = ordered[..., 1:] == ordered[..., :-1]
    same[..., 1:] += equal_next
    same[..., :-1] += equal_next
    return np.minimum(same, 1.0)


ties: General = General(
    "ties", _ties, _same_shape, push=lambda node, tangents: None, pull=lambda node, g, needed: [None], analytic=False
)
sorted_last: General = General(
    "sort", lambda x: np.sort(x, axis=-1), _same_shape, _push_sort, _pull_sort, analytic=False,
    kink=lambda out, x: ties(out), convention="split evenly among ties",
)  # fmt: skip


def _all_or_none(x: Values) -> Values:
    ordered = np.sort(x, axis=-1)
    return np.where(np.isnan(ordered[..., -1:]), np.nan, ordered)


ordered_last: General = General(
    "ordered", _all_or_none, _same_shape, _push_sort, _pull_sort, analytic=False,
    kink=lambda out, x: ties(out), convention=sorted_last.convention,
)  # fmt: skip
ordered_last.__doc__ = "In ascending order; all NaN where an element is, as a quantile then is."


argsort_last: General = General(
    "argsort", lambda x: _order(x).astype(np.float64), _same_shape,
    push=lambda node, tangents: None, pull=lambda node, g, needed: [None], analytic=False,
)  # fmt: skip


@function(
    GROUP, convention=sorted_last.convention,
    samples=[sample("sort(x)", x=(4,)), sample("sort(x, 0)", x=(3, 2)), sample("sort(x, descending=True)", x=(3,)), sample("sort(x, axis=None)", x=(2, 2))],
)  # fmt: skip
def sort(x: Node, axis: Whole | None = -1, descending: Flag = False) -> Node:
    """In ascending order along an axis, the last one unless told; of all elements with None."""
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), -1
    moved, back = axis_last(x, axis)
    out = permute(sorted_last(moved), params=(back,))
    return flip(out, axis) if descending else out


@function(GROUP, convention=sorted_last.convention, samples=[sample("msort(x)", x=(3, 2))])
def msort(x: Node) -> Node:
    """In ascending order along the first axis."""
    return sort(x, 0)


@function(GROUP, samples=[sample("argsort(x)", x=(4,)), sample("argsort(x, 0, descending=True)", x=(3, 2))])
def argsort(x: Node, axis: Whole | None = -1, descending: Flag = False) -> Node:
    """The indices that would sort, along an axis; its derivative is 0."""
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), -1
    moved, back = axis_last(x, axis)
    if descending:  # NaN comes first then, as it does in sort
        moved = where(isnan(moved), moved.lift(-math.inf), -moved)
    return permute(argsort_last(moved), params=(back,))


def _flat_or_axis(name: str, x: Node, axis: Whole | None) -> tuple[Node, tuple[int, ...]]:
    """The axis moved last (all elements in one where it is None)."""
    moved = reshape_to(x, (x.size,)) if axis is None else axis_last(x, axis)[0]
    nonempty(name, moved, (-1,))
    return moved, tuple(range(-len(x.shape), 0)) if axis is None else (axis_of(axis, len(x.shape)),)


def _position(name: str, kernel: Any) -> General:
    return General(
        name, lambda x: np.asarray(kernel(x.real, axis=-1), dtype=np.float64), lambda shape: shape[:-1],
        push=lambda node, tangents: None, pull=lambda node, g, needed: [None], analytic=False,
    )  # fmt: skip


_argmax, _argmin = _position("argmax", np.argmax), _position("argmin", np.argmin)


@function(GROUP, samples=[sample("argmax(x)", x=(4,)), sample("argmax(x, axis=0)", x=(3, 2))])
def argmax(x: Node, axis: Whole | None = None, keepdims: Flag = False) -> Node:
    """The index of the first largest element, in order or along an axis; its derivative is 0."""
    moved, axes = _flat_or_axis("argmax", x, axis)
    return keep(_argmax(moved), x.shape, axes, keepdims)


@function(GROUP, samples=[sample("argmin(x)", x=(4,))])
def argmin(x: Node, axis: Whole | None = None, keepdims: Flag = False) -> Node:
    """The index of the first smallest element, in order or along an axis; its derivative is 0."""
    moved, axes = _flat_or_axis("argmin", x, axis)
    return keep(_argmin(moved), x.shape, axes, keepdims)


@function(
    GROUP, convention=sorted_last.convention,
    samples=[sample("topk(x, 2)", x=(4,)), sample("topk(x, 2, axis=0, largest=False)", x=(3, 2))],
)  # fmt: skip
def topk(x: Node, k: Whole, axis: Whole = -1, largest: Flag = True) -> Node:
    """The k largest (or smallest) elements along an axis, the outermost first."""
    moved, back = axis_last(x, axis)
    if not 0 <= k <= moved.shape[-1]:
        raise DataError(f"topk asks for {k} of {moved.shape[-1]} elements")
    ordered = flip(sorted_last(moved), -1) if largest else sorted_last(moved)
    return permute(index(ordered, (Ellipsis, slice(0, k))), params=(back,))


# ---- running products ------------------------------------------------------------------------------


def _scan(x: Node, axis: Whole | None, combine: Any) -> Node:
    """A running combination by doubling: log2(n) steps of elementwise operations (Hillis and Steele 1986)."""
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    moved, back = axis_last(x, axis)
    count, step = moved.shape[-1], 1
    while step < count:
        head = index(moved, (Ellipsis, slice(0, step)))
        rest = combine(index(moved, (Ellipsis, slice(step, None))), index(moved, (Ellipsis, slice(0, count - step))))
        moved = concatenate([head, rest], -1)
        step *= 2
    return permute(moved, params=(back,))


@function(GROUP, samples=[sample("cumprod(x)", x=(5,)), sample("cumprod(x, axis=0)", x=(3, 2))])
def cumprod(x: Node, axis: Whole | None = None) -> Node:
    """The running product along an axis; without one, of all elements in order."""
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    moved, back = axis_last(x, axis)
    return permute(running_product(moved) if x.size else moved, params=(back,))


@function(GROUP, samples=[sample("logcumsumexp(x)", x=(4,))])
def logcumsumexp(x: Node, axis: Whole | None = None) -> Node:
    """log(cumsum(exp(x))) without overflow."""
    from .logarithms import logaddexp

    return _scan(x, axis, logaddexp)
