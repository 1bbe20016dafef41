"""Choices between values: where, maximum, clip, relu, and what does not differentiate at all."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import elementwise, function, sample
from ..node import Node
from ..operation import Elementwise
from ..zeros import Traced, absorb
from .arithmetic import equal, isfinite, logical_and, logical_or

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
where.hands_on = (1, 2)


# ---- shares: how much of a cotangent a piecewise linear function passes on ------------------------------


def _portion(g: NDArray[Any], share: NDArray[Any]) -> NDArray[Any]:
    product = g * share
    undefined = product != product
    if undefined.any() if product.ndim else undefined:
        product = absorb(np.where(share == 0, 0.0, product), g)
    return product


def _trace_portion(g: Traced, share: Traced) -> Traced:
    blank = g.blank | (share.value == 0)
    return Traced(np.where(blank, 0.0, g.value * share.value), blank)


portion: Elementwise = elementwise(
    "portion", _portion, lambda h, out, g, share: portion(h, share), None,
    doc="A share of g: nothing of an infinite one where the share is 0, and NaN where the share is.", group=GROUP,
    public=False, traced=_trace_portion, symbolic="Mul",
)  # fmt: skip


portion.plain = operator.mul
portion.hands_on = (0, 1)


def _of_numbers(share: NDArray[Any], *operands: NDArray[Any]) -> NDArray[Any]:
    """share as numbers, NaN where an operand is."""
    share = share.astype(np.float64)
    for operand in operands:
        undefined = operand != operand
        if undefined.any():
            share = np.where(undefined, np.nan, share)
    return share


def _above(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    x, y = np.real(x), np.real(y)
    return _of_numbers(x > y, x, y)


def _lead(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    x, y = np.real(x), np.real(y)
    return _of_numbers((x > y) + 0.5 * (x == y), x, y)


def _inside(x: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> NDArray[Any]:
    x, low, high = np.real(x), np.real(low), np.real(high)
    within = ((x > low) | (low == -np.inf)) & ((x < high) | (high == np.inf))
    return _of_numbers(within, x, low, high)


above: Elementwise = elementwise(
    "above", _above, None, None, doc="1 where x is larger, else 0; NaN where either is.", group=GROUP,
    public=False, analytic=False, symbolic=lambda S, x, y: S.Piecewise((1, x > y), (0, True)),
)  # fmt: skip
lead: Elementwise = elementwise(
    "lead", _lead, None, None, doc="1 where x is larger, 1/2 on a tie, else 0; NaN where either is.", group=GROUP,
    public=False, analytic=False, symbolic=lambda S, x, y: S.Piecewise((1, x > y), (S.S.Half, S.Eq(x, y)), (0, True)),
)  # fmt: skip
inside: Elementwise = elementwise(
    "inside", _inside, None, None, None, doc="1 between two bounds, else 0; NaN where anything is.", group=GROUP,
    public=False, analytic=False, symbolic=lambda S, x, low, high: S.Piecewise((1, (x > low) & (x < high)), (0, True)),
)  # fmt: skip


def _larger(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.real(x) >= np.real(y), x, y) if np.iscomplexobj(x) or np.iscomplexobj(y) else np.maximum(x, y)


def _smaller(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.real(x) <= np.real(y), x, y) if np.iscomplexobj(x) or np.iscomplexobj(y) else np.minimum(x, y)


maximum: Elementwise = elementwise(
    "maximum", _larger,
    lambda g, out, x, y: portion(g, lead(x, y)),
    lambda g, out, x, y: portion(g, lead(y, x)),
    doc="The larger of x and y; NaN where either is.", group=GROUP, aliases=("fmax",),
    domain=((-2.0, -1.0), (1.0, 2.0)), symbolic="Max",
    kink=lambda out, x, y: equal(x, y), convention="split evenly on a tie",
)  # fmt: skip
minimum: Elementwise = elementwise(
    "minimum", _smaller,
    lambda g, out, x, y: portion(g, lead(y, x)),
    lambda g, out, x, y: portion(g, lead(x, y)),
    doc="The smaller of x and y; NaN where either is.", group=GROUP, aliases=("fmin",),
    domain=((-2.0, -1.0), (1.0, 2.0)), symbolic="Min",
    kink=lambda out, x, y: equal(x, y), convention="split evenly on a tie",
)  # fmt: skip


def _clip(x: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> NDArray[Any]:
    return _smaller(_larger(x, low), high)


def _at_bound(out: Node, x: Node, low: Node, high: Node) -> Node:
    return logical_and(logical_or(equal(x, low), equal(x, high)), isfinite(x))


clip: Elementwise = elementwise(
    "clip", _clip,
    lambda g, out, x, low, high: portion(g, inside(x, low, high)),
    lambda g, out, x, low, high: portion(g, inside(low, x, high)),
    lambda g, out, x, low, high: portion(g, above(maximum(x, low), high)),
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
    lambda g, out, x: portion(g, above(x, x.lift(0.0))),
    doc="The larger of x and 0.", group="activation", special=(0.0, -0.0, -1.0), domain=((0.2, 2.0),),
    symbolic=lambda S, x: S.Max(x, 0),
    kink=lambda out, x: equal(x, x.lift(0.0)), convention="0 at 0",
)  # fmt: skip
detach: Elementwise = elementwise(
    "detach", np.positive, None,
    doc="x as a constant: nothing is differentiated through it.", group=GROUP, aliases=("stop_gradient",),
    symbolic=lambda S, x: x, analytic=False,
)  # fmt: skip
