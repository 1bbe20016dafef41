"""Rounding to whole numbers, what is left of it, and signs: flat steps, derivative zero, and zero at the jumps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import Whole, elementwise, function, sample
from ..node import Node
from ..operation import Elementwise
from .arithmetic import equal, floor, greater, isnan, less, scale, sign, where_defined
from .selection import where

GROUP = "arithmetic"
_FLAT = "0 everywhere, and at the jumps"

ceil: Elementwise = elementwise(
    "ceil", np.ceil, None,
    doc="The smallest whole number that is not below x.", group=GROUP,
    domain=((0.2, 0.8),), special=(0.0, 1.0), analytic=False, symbolic="ceiling",
    kink=lambda out, x: equal(x, out), convention=_FLAT,
)  # fmt: skip
trunc: Elementwise = elementwise(
    "trunc", np.trunc, None,
    doc="x without its fraction: rounded towards zero.", group=GROUP, aliases=("fix",),
    domain=((0.2, 0.8),), special=(0.0, 1.0, -1.0), analytic=False, symbolic=lambda S, x: S.sign(x) * S.floor(S.Abs(x)),
    kink=lambda out, x: equal(x, out), convention=_FLAT,
)  # fmt: skip


def _half_even(S: Any, x: Any) -> Any:
    below, above = S.ceiling(x - S.S.Half), S.floor(x + S.S.Half)  # one number, but for a tie
    return below + S.Mod(below, 2) * (above - below)


rint: Elementwise = elementwise(
    "rint", np.rint, None,
    doc="The nearest whole number, the even one of two.", group=GROUP, public=False,
    domain=((0.6, 1.4),), special=(0.0, 0.5), analytic=False,
    symbolic=lambda S, x: _half_even(S, x),
    kink=lambda out, x: equal(x - floor(x), x.lift(0.5)), convention=_FLAT,
)  # fmt: skip


@function(GROUP, name="round", samples=[sample("round(x, 1)", x=(2,))], convention=rint.convention)
def round_(x: Node, decimals: Whole = 0) -> Node:
    """x rounded to some decimals, to the even one of two that are as near."""
    if not decimals:
        return rint(x)
    unit = 10.0 ** abs(decimals)
    return rint(x * unit) / unit if decimals > 0 else rint(x / unit) * unit


fmod: Elementwise = elementwise(
    "fmod", lambda x, y: np.fmod(np.real(x), np.real(y)),
    lambda g, out, x, y: scale(g, where_defined(x.lift(1.0), out)),
    lambda g, out, x, y: -scale(g, where_defined(trunc(x / y), out)),
    doc="What is left of x after division by y, rounded towards zero: with the sign of x.", group=GROUP,
    domain=((0.2, 0.8), (1.0, 2.0)), analytic=False,
    symbolic=lambda S, x, y: x - y * S.Piecewise((S.floor(x / y), x / y >= 0), (S.ceiling(x / y), True)),
    kink=lambda out, x, y: equal(out, x.lift(0.0)), convention="1 for x at the jumps",
)  # fmt: skip
frac: Elementwise = elementwise(
    "frac", lambda x: x - np.trunc(x), lambda g, out, x: g,
    doc="x - trunc(x): the fraction of x, with its sign.", group=GROUP, domain=((0.2, 0.8),), special=(0.0, 1.0), analytic=False,
    symbolic=lambda S, x: x - S.sign(x) * S.floor(S.Abs(x)),
    kink=lambda out, x: equal(out, x.lift(0.0)), convention="1 at the jumps",
)  # fmt: skip
copysign: Elementwise = elementwise(
    "copysign", np.copysign,
    lambda g, out, x, y: scale(g, sign(x) * copysign(x.lift(1.0), y)),
    None,
    doc="x with the sign of y, that of a zero too.", group=GROUP, domain=((0.2, 2.0), (0.2, 2.0)), special=(0.0, -1.0), analytic=False,
    symbolic=lambda S, x, y: S.Abs(x) * S.Piecewise((1, y >= 0), (-1, True)),
    kink=lambda out, x, y: equal(x, x.lift(0.0)), convention="0 at x = 0",
)  # fmt: skip


def _heaviside_rule(g: Node, out: Node, x: Node, values: Node) -> Node:
    return where(equal(x, x.lift(0.0)), g, g.lift(0.0))


heaviside: Elementwise = elementwise(
    "heaviside", np.heaviside, None, _heaviside_rule,
    doc="0 below 0, 1 above, and a value of its own at 0.", group=GROUP, operands=("x", "values"),
    domain=((0.2, 2.0), (0.2, 2.0)), special=(0.0, -1.0), analytic=False,
    symbolic=lambda S, x, values: S.Piecewise((0, x < 0), (values, S.Eq(x, 0)), (1, True)),
    kink=lambda out, x, values: equal(x, x.lift(0.0)), convention="0 everywhere, and at the jump at 0",
)  # fmt: skip


@function(GROUP, samples=[sample("nan_to_num(x)", x=(3,)), sample("nan_to_num(x, 1, 2, 3)", x=(3,))])
def nan_to_num(x: Node, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Node:
    """x with numbers in the place of NaN and infinity, which do not depend on x."""
    largest = float(np.finfo(np.float64).max)
    high, low = (largest if posinf is None else posinf), (-largest if neginf is None else neginf)
    finite = where(greater(x, x.lift(largest)), x.lift(high), where(less(x, x.lift(-largest)), x.lift(low), x))
    return where(isnan(x), x.lift(nan), finite)
