"""Choices between values: where, maximum, clip, relu, and what does not differentiate at all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import elementwise, function, sample
from ..node import Node
from ..operation import Elementwise
from ..zeros import Traced
from .arithmetic import equal, greater, less, logical_and, logical_or

GROUP = "selection"


def _where(condition: NDArray[Any], x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.real(condition) != 0, x, y)


def _trace_where(condition: Traced, x: Traced, y: Traced) -> Traced:
    taken = np.real(condition.value) != 0
    return Traced(_where(condition.value, x.value, y.value), np.where(taken, x.blank, y.blank))


where: Elementwise = elementwise(
    "where", _where,
    None,
    lambda g, out, c, x, y: where(c, g, g.lift(0.0)),
    lambda g, out, c, x, y: where(c, g.lift(0.0), g),
    doc="x where the condition is nonzero, y elsewhere; the other branch contributes exactly nothing.",
    group=GROUP, operands=("condition", "x", "y"), method=False, traced=_trace_where, domain=((1.0, 2.0), (-2.0, 2.0), (-2.0, 2.0)),
    symbolic=lambda S, c, x, y: S.Piecewise((x, c if c.is_Relational or c.is_Boolean else S.Ne(c, 0)), (y, True)),
)  # fmt: skip


def _half_on_tie(g: Node, wins: Node, tie: Node) -> Node:
    return where(wins, g, where(tie, 0.5 * g, g.lift(0.0)))


def _larger(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.real(x) >= np.real(y), x, y) if np.iscomplexobj(x) or np.iscomplexobj(y) else np.maximum(x, y)


def _smaller(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.real(x) <= np.real(y), x, y) if np.iscomplexobj(x) or np.iscomplexobj(y) else np.minimum(x, y)


maximum: Elementwise = elementwise(
    "maximum", _larger,
    lambda g, out, x, y: _half_on_tie(g, greater(x, y), equal(x, y)),
    lambda g, out, x, y: _half_on_tie(g, less(x, y), equal(x, y)),
    doc="The larger of x and y; NaN where either is.", group=GROUP, aliases=("fmax",),
    domain=((-2.0, -1.0), (1.0, 2.0)), symbolic="Max",
    kink=lambda out, x, y: equal(x, y), convention="split evenly on a tie",
)  # fmt: skip
minimum: Elementwise = elementwise(
    "minimum", _smaller,
    lambda g, out, x, y: _half_on_tie(g, less(x, y), equal(x, y)),
    lambda g, out, x, y: _half_on_tie(g, greater(x, y), equal(x, y)),
    doc="The smaller of x and y; NaN where either is.", group=GROUP, aliases=("fmin",),
    domain=((-2.0, -1.0), (1.0, 2.0)), symbolic="Min",
    kink=lambda out, x, y: equal(x, y), convention="split evenly on a tie",
)  # fmt: skip


def _clip(x: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> NDArray[Any]:
    return _smaller(_larger(x, low), high)


def _at_bound(out: Node, x: Node, low: Node, high: Node) -> Node:
    return logical_or(equal(x, low), equal(x, high))


clip: Elementwise = elementwise(
    "clip", _clip,
    lambda g, out, x, low, high: where(logical_and(greater(x, low), less(x, high)), g, g.lift(0.0)),
    lambda g, out, x, low, high: where(logical_and(less(x, low), less(low, high)), g, g.lift(0.0)),
    lambda g, out, x, low, high: where(greater(maximum(x, low), high), g, g.lift(0.0)),
    doc="x moved into [low, high].", group=GROUP, public=False,
    symbolic=lambda S, x, low, high: S.Min(S.Max(x, low), high), kink=_at_bound, convention="0 at a bound",
)  # fmt: skip


@function(
    GROUP, name="clip", aliases=("clamp",), convention=clip.convention,
    samples=[sample("clip(x, -1, 1)", x=(4,)), sample("clip(x, min=0)", x=(4,)), sample("clip(x, y, z)", x=(3,), y=(), z=())],
)  # fmt: skip
def clip_between(x: Node, min: Node | None = None, max: Node | None = None) -> Node:
    """x moved into [min, max]; a bound that is left out does not bind."""
    if min is None and max is None:
        return x
    return clip(x, x.lift(-math.inf) if min is None else min, x.lift(math.inf) if max is None else max)


relu: Elementwise = elementwise(
    "relu", lambda x: np.where(np.real(x) <= 0, 0.0, x),
    lambda g, out, x: where(greater(x, x.lift(0.0)), g, g.lift(0.0)),
    doc="The larger of x and 0.", group="activation", special=(0.0, -0.0, -1.0), domain=((0.2, 2.0),),
    symbolic=lambda S, x: S.Max(x, 0),
    kink=lambda out, x: equal(x, x.lift(0.0)), convention="0 at 0",
)  # fmt: skip
detach: Elementwise = elementwise(
    "detach", np.positive, None,
    doc="x as a constant: nothing is differentiated through it.", group=GROUP, aliases=("stop_gradient",),
    symbolic=lambda S, x: x, analytic=False,
)  # fmt: skip
