"""Running extremes: the largest and the smallest so far.

An element ties with a running extreme where it equals it. The runs in which the extreme stays the same come one after
another, so the elements that tie at a place are those of its run up to there, and the derivative is split evenly among
them: the least-norm element of the generalised Jacobian.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import Whole, function, sample
from ..node import Node, Shape
from ..operation import First, reshape_to
from ..zeros import carried
from .arithmetic import greater
from .ordering import GROUP
from .selection import maximum, minimum
from .structural import axis_last, permute

Values = NDArray[Any]


def _same_shape(x: Shape, *rest: Any) -> Shape:
    return x


def _summed_in_runs(x: Values, extreme: Values) -> Values:
    """The running sum along the last axis, anew in every run of equal extremes, by doubling (Hillis and Steele 1986).

    Nothing is subtracted, so no run loses digits to another.
    """
    x = np.array(np.broadcast_to(x, np.broadcast_shapes(x.shape, extreme.shape)))
    step = 1
    while step < x.shape[-1]:
        same = extreme[..., step:] == extreme[..., :-step]
        if not same.any():  # no run is longer
            break
        x[..., step:] = np.where(same, x[..., step:] + x[..., :-step], x[..., step:])  # as it is: -0.0 stays
        step *= 2
    return x


def _reversed_sum_in_runs(x: Values, extreme: Values) -> Values:
    return _summed_in_runs(x[..., ::-1], extreme[..., ::-1])[..., ::-1]


def _counted(x: Values, extreme: Values) -> Values:
    """How many elements tie with the extreme at each place; none where that is NaN."""
    return _summed_in_runs((x == extreme).astype(np.float64), extreme)


def _averaged(t: Values, x: Values, extreme: Values) -> Values:
    """At each place, the mean of t over the elements that tie there; NaN where the extreme is, unless t is 0 so far."""
    out = _summed_in_runs(np.where(x == extreme, t, 0.0), extreme) / _counted(x, extreme)
    unordered = np.isnan(extreme)
    if unordered.any():
        out = np.where(unordered, np.where(np.logical_or.accumulate(t != 0, -1), np.nan, 0.0), out)
    return out


def _shared_out(g: Values, x: Values, extreme: Values) -> Values:
    """The transpose: at each element, its shares of g at the places where it ties."""
    out = np.where(x == extreme, _reversed_sum_in_runs(g / _counted(x, extreme), extreme), 0.0)
    lost = np.isnan(extreme) & (g != 0)
    if lost.any():
        out = np.where(np.logical_or.accumulate(lost[..., ::-1], -1)[..., ::-1], np.nan, out)
    return out


averaged: First = First(
    "averaged_in_runs", _averaged, _same_shape, traced=carried(_averaged, moving=1),
    push=lambda t, out, moved, *runs: averaged(t, *runs), pull=lambda g, out, moved, *runs: shared_out(g, *runs),
    analytic=False,
)  # fmt: skip
shared_out: First = First(
    "shared_in_runs", _shared_out, _same_shape, traced=carried(_shared_out, moving=1),
    push=lambda t, out, moved, *runs: shared_out(t, *runs), pull=lambda g, out, moved, *runs: averaged(g, *runs),
    analytic=False,
)  # fmt: skip
tied_so_far: First = First(
    "tied_so_far", _counted, _same_shape, analytic=False,
    push=lambda t, *_: None, pull=lambda g, *_: None,
)  # fmt: skip


def _extreme(name: str, ufunc: np.ufunc, symbolic: str, convention: str | None) -> First:
    def kernel(x: Values) -> Values:
        extreme = ufunc.accumulate(x.real, -1)
        if not np.iscomplexobj(x):
            return extreme
        places = np.where(x.real == extreme, np.arange(x.shape[-1]), 0)
        return np.take_along_axis(x, np.maximum.accumulate(places, -1), -1)

    def exact(S: Any, x: Values) -> Values:
        pick = getattr(S, symbolic)
        return np.frompyfunc(pick, 2, 1).accumulate(x, -1, dtype=object)

    return First(
        name, kernel, _same_shape, symbolic=exact,
        push=lambda t, out, x: averaged(t, x, out), pull=lambda g, out, x: shared_out(g, x, out),
        kink=lambda out, x: greater(tied_so_far(x, out), out.lift(1.0)), convention=convention,
    )  # fmt: skip


highest_so_far = _extreme("cummax", np.maximum, "Max", maximum.convention)
lowest_so_far = _extreme("cummin", np.minimum, "Min", minimum.convention)


def _along(x: Node, axis: Whole | None, running: First) -> Node:
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    moved, back = axis_last(x, axis)
    return permute(running(moved), params=(back,))


@function(
    GROUP, samples=[sample("cummax(x)", x=(5,)), sample("cummax(x, axis=1)", x=(2, 3))], convention=maximum.convention
)
def cummax(x: Node, axis: Whole | None = None) -> Node:
    """The running maximum along an axis; without one, of all elements in order."""
    return _along(x, axis, highest_so_far)


@function(GROUP, samples=[sample("cummin(x)", x=(5,))], convention=minimum.convention)
def cummin(x: Node, axis: Whole | None = None) -> Node:
    """The running minimum along an axis; without one, of all elements in order."""
    return _along(x, axis, lowest_so_far)
