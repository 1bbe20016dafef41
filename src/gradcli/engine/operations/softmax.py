"""Shares of exponentials: softmax, and the logarithm of their sum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import Axis, Flag, Sample, Whole, function, sample
from ..node import Node
from ..operation import (
    First,
    Reduction,
    copied,
    filled,
    total_over,
)
from .arithmetic import (
    equal,
    ratio,
    scale,
)
from .reduction import highest, nonempty
from .selection import where
from .structural import axes_of, axis_of, keep

GROUP = "reduction"


def _shift(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """What makes the largest element along axes 0, where it is finite."""
    largest = np.max(x.real, axis=axes, keepdims=True)
    return np.where(np.isfinite(largest), largest, 0.0)


def _logsumexp(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    shift = _shift(x, axes)
    raised = np.exp(x - shift)
    if np.iscomplexobj(x):
        return np.log(np.sum(raised, axis=axes)) + np.squeeze(shift, axis=axes)
    # log(count + rest) as log(count) + log1p(rest / count): next to the largest, the rest keeps its digits
    largest = x == shift
    count = np.sum(largest, axis=axes)
    rest = np.sum(np.where(largest, 0.0, raised), axis=axes)
    near = np.log(count) + np.log1p(rest / count)
    return np.where(count == 0, np.log(rest), near) + np.squeeze(shift, axis=axes)


def _shares(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """exp(x) / sum(exp(x)), in the limit: infinite elements share all among them; where all are -inf, 0."""
    raised = np.exp(x - _shift(x, axes))
    if np.isinf(raised).any():
        lead = np.any(np.isposinf(raised.real), axis=axes, keepdims=True)
        raised = np.where(lead, np.isposinf(raised.real), raised)
    total = np.sum(raised, axis=axes, keepdims=True)
    return raised / np.where(total, total, 1.0)


def _move_shares(t: Node, node: Node, x: Node) -> Node:
    """The Jacobian, diag(p) - p p', times t: its own transpose.

    It knows no t that is constant, so t is taken relative to that of the largest element: a share near 1 then moves
    by the small shares of the others, and not by what is left of 1 - p.
    """
    (axes,) = node.params
    largest = equal(x, copied(highest(x, axes), x.shape, axes))
    count = copied(total_over(largest, axes), x.shape, axes)
    there = total_over(where(largest, ratio(t, count), t.lift(0.0)), axes)
    moved = scale(t - copied(there, t.shape, axes), node)
    return moved - scale(copied(total_over(moved, axes), moved.shape, axes), node)


def _symbolic_shares(S: Any, x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    raised = np.vectorize(S.exp, otypes=[object])(x)
    return np.asarray(raised / np.sum(raised, axis=axes, keepdims=True))


shares: First = First(
    "softmax", _shares, lambda shape, axes: shape, symbolic=_symbolic_shares,
    push=_move_shares, pull=_move_shares,
)  # fmt: skip
log_sum_exp: Reduction = Reduction(
    "logsumexp", _logsumexp, lambda g, out, x, axes: scale(g, shares(x, params=(axes,))),
    symbolic=lambda S, xs: S.log(S.Add(*(S.exp(x) for x in xs))),
)  # fmt: skip


@function(GROUP, samples=[sample("logsumexp(x)", x=(4,)), sample("logsumexp(x, axis=1)", x=(2, 3))])
def logsumexp(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """log(sum(exp(x))) without overflow."""
    axes = axes_of(axis, len(x.shape))
    nonempty("logsumexp", x, axes)
    return keep(log_sum_exp(x, axes), x.shape, axes, keepdims)


@function(
    "activation", samples=[sample("softmax(x)", x=(4,)), Sample("softmax(x, axis=0)", {"x": ((2, 3), -2.0, 2.0)})]
)
def softmax(x: Node, axis: Whole = -1) -> Node:
    """exp(x) / sum(exp(x)) along an axis, the last one unless told."""
    if not x.size:
        return x
    if not x.shape:
        return filled(x, (), 1.0)
    return shares(x, params=((axis_of(axis, len(x.shape)),),))
