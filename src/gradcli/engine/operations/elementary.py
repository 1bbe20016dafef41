"""Exponentials, logarithms, roots, trigonometric and hyperbolic functions, smooth steps.

Each rule is chosen to keep its digits over the whole of float64: `sech(x)**2`, not `1 - tanh(x)**2`;
`complement`, (1 - x)(1 + x), not `1 - x**2`; `hypot(1, x)`, not `sqrt(1 + x**2)`. The derivatives themselves are
the textbook ones (DLMF chapter 4).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import elementwise
from ..node import Node
from ..operation import Elementwise
from .arithmetic import equal, isnan, ratio, scale
from .selection import where

LN2 = math.log(2.0)
LN10 = math.log(10.0)
EXP, TRIG, HYP, STEP = "exponential", "trigonometric", "hyperbolic", "activation"


def _within(x: NDArray[Any], low: float, high: float) -> NDArray[Any]:
    real = np.real(x)
    return np.where((real >= low) & (real <= high), x + 0.0, np.nan)  # -0.0 is 0.0: it is approached from inside


def _within_rule(g: Node, out: Node, x: Node, low: float, high: float) -> Node:
    return scale(g, where(isnan(out), out, x.lift(1.0)))


_within_range: Elementwise = Elementwise("within", _within, (_within_rule,))


def within(x: Node, low: float, high: float = math.inf) -> Node:
    """x, and NaN outside [low, high]: a function has no derivative where it has no value."""
    return _within_range(x, params=(low, high))


exp: Elementwise = elementwise(
    "exp", np.exp, lambda g, out, x: scale(g, out), doc="e to the power x.", group=EXP, symbolic="exp"
)
exp2: Elementwise = elementwise(
    "exp2", np.exp2, lambda g, out, x: scale(g, LN2 * out),
    doc="2 to the power x.", group=EXP, symbolic=lambda S, x: 2**x,
)  # fmt: skip
expm1: Elementwise = elementwise(
    "expm1", np.expm1, lambda g, out, x: scale(g, exp(x)),
    doc="exp(x) - 1, exact for small x.", group=EXP, symbolic=lambda S, x: S.exp(x) - 1,
)  # fmt: skip
log: Elementwise = elementwise(
    "log", np.log, lambda g, out, x: ratio(g, within(x, 0.0)),
    doc="The natural logarithm.", group=EXP, aliases=("ln",), domain=((0.2, 3.0),), special=(0.0, 1.0, -1.0), symbolic="log",
)  # fmt: skip
log2: Elementwise = elementwise(
    "log2", np.log2, lambda g, out, x: ratio(g, LN2 * within(x, 0.0)),
    doc="The logarithm to base 2.", group=EXP, domain=((0.2, 3.0),), special=(0.0, 1.0),
    symbolic=lambda S, x: S.log(x) / S.log(2), analytic=False,
)  # fmt: skip
log10: Elementwise = elementwise(
    "log10", np.log10, lambda g, out, x: ratio(g, LN10 * within(x, 0.0)),
    doc="The logarithm to base 10.", group=EXP, domain=((0.2, 3.0),), special=(0.0, 1.0),
    symbolic=lambda S, x: S.log(x) / S.log(10),
)  # fmt: skip
log1p: Elementwise = elementwise(
    "log1p", np.log1p, lambda g, out, x: ratio(g, 1.0 + within(x, -1.0)),
    doc="log(1 + x), exact for small x.", group=EXP, domain=((-0.5, 3.0),), special=(0.0, -1.0),
    symbolic=lambda S, x: S.log(1 + x),
)  # fmt: skip
complement: Elementwise = elementwise(
    "complement", lambda x: (1.0 - x) * (1.0 + x), lambda g, out, x: scale(g, -2.0 * x),
    doc="1 - x**2, exact near 1 and -1.", group=EXP, public=False, symbolic=lambda S, x: 1 - x**2,
)  # fmt: skip
sqrt: Elementwise = elementwise(
    "sqrt", lambda x: np.sqrt(x + 0.0), lambda g, out, x: ratio(g, 2.0 * out),
    doc="The square root.", group=EXP, domain=((0.2, 3.0),), special=(0.0, 1.0), symbolic="sqrt",
)  # fmt: skip
rsqrt: Elementwise = elementwise(
    "rsqrt", lambda x: 1.0 / np.sqrt(x + 0.0), lambda g, out, x: ratio(scale(g, -0.5 * out), within(x, 0.0)),
    doc="1 / sqrt(x).", group=EXP, domain=((0.2, 3.0),), special=(0.0, 1.0), symbolic=lambda S, x: 1 / S.sqrt(x),
)  # fmt: skip


def _cbrt_slope_kernel(x: NDArray[Any]) -> NDArray[Any]:
    return np.where(x == 0, np.inf, np.cbrt(x) / (3.0 * np.where(x == 0, 1.0, x)))


_cbrt_slope: Elementwise = elementwise(
    "cbrt_slope", _cbrt_slope_kernel, lambda g, out, x: ratio(scale(g, -2.0 * out), 3.0 * x),
    doc="The derivative of cbrt, x**(-2/3) / 3.", group=EXP, public=False, analytic=False,
    symbolic=lambda S, x: S.Rational(1, 3) / S.real_root(x, 3) ** 2,
)  # fmt: skip
cbrt: Elementwise = elementwise(
    "cbrt", np.cbrt, lambda g, out, x: scale(g, _cbrt_slope(x)),
    doc="The real cube root, negative for negative x.", group=EXP, domain=((0.2, 3.0),), special=(0.0, -1.0, 1.0),
    symbolic=lambda S, x: S.real_root(x, 3), analytic=False,
)  # fmt: skip

# ---- trigonometric ---------------------------------------------------------------------------------

sin: Elementwise = elementwise(
    "sin", np.sin, lambda g, out, x: scale(g, cos(x)), doc="The sine of x radians.", group=TRIG, symbolic="sin"
)
cos: Elementwise = elementwise(
    "cos", np.cos, lambda g, out, x: scale(g, -sin(x)), doc="The cosine of x radians.", group=TRIG, symbolic="cos"
)
tan: Elementwise = elementwise(
    "tan", np.tan, lambda g, out, x: ratio(ratio(g, cos(x)), cos(x)),
    doc="The tangent of x radians.", group=TRIG, domain=((-1.2, 1.2),), symbolic="tan",
)  # fmt: skip
asin: Elementwise = elementwise(
    "asin", np.arcsin, lambda g, out, x: ratio(g, sqrt(complement(x))),
    doc="The angle in [-π/2, π/2] whose sine is x.", group=TRIG, aliases=("arcsin",), domain=((-0.9, 0.9),),
    special=(0.0, 1.0, -1.0), symbolic="asin",
)  # fmt: skip
acos: Elementwise = elementwise(
    "acos", np.arccos, lambda g, out, x: -ratio(g, sqrt(complement(x))),
    doc="The angle in [0, π] whose cosine is x.", group=TRIG, aliases=("arccos",), domain=((-0.9, 0.9),),
    special=(0.0, 1.0, -1.0), symbolic="acos",
)  # fmt: skip
atan: Elementwise = elementwise(
    "atan", np.arctan, lambda g, out, x: ratio(g, 1.0 + x * x),
    doc="The angle in (-π/2, π/2) whose tangent is x.", group=TRIG, aliases=("arctan",), symbolic="atan",
)  # fmt: skip


def direction(x: Node, length: Node) -> Node:
    """x / length, and the least-norm choice 0 where the length is 0."""
    return where(equal(length, length.lift(0.0)), x.lift(0.0), x / length)


hypot: Elementwise = elementwise(
    "hypot", np.hypot,
    lambda g, out, x, y: scale(g, direction(x, out)),
    lambda g, out, x, y: scale(g, direction(y, out)),
    doc="sqrt(x**2 + y**2) without overflow.", group=EXP, domain=((0.2, 2.0), (0.2, 2.0)), analytic=False,
    symbolic=lambda S, x, y: S.sqrt(x**2 + y**2),
    kink=lambda out, x, y: equal(out, out.lift(0.0)), convention="0 at (0, 0)",
)  # fmt: skip
atan2: Elementwise = elementwise(
    "atan2", np.arctan2,
    lambda g, out, y, x: scale(ratio(g, hypot(x, y)), x / hypot(x, y)),
    lambda g, out, y, x: -scale(ratio(g, hypot(x, y)), y / hypot(x, y)),
    doc="The angle of the point (x, y), in (-π, π].", group=TRIG, aliases=("arctan2",), operands=("y", "x"),
    domain=((0.2, 2.0), (0.2, 2.0)), analytic=False, symbolic="atan2",
)  # fmt: skip

# ---- hyperbolic ------------------------------------------------------------------------------------

sinh: Elementwise = elementwise(
    "sinh", np.sinh, lambda g, out, x: scale(g, cosh(x)), doc="The hyperbolic sine.", group=HYP, symbolic="sinh"
)
cosh: Elementwise = elementwise(
    "cosh", np.cosh, lambda g, out, x: scale(g, sinh(x)), doc="The hyperbolic cosine.", group=HYP, symbolic="cosh"
)
tanh: Elementwise = elementwise(
    "tanh", np.tanh, lambda g, out, x: scale(scale(g, sech(x)), sech(x)),
    doc="The hyperbolic tangent.", group=HYP, symbolic="tanh", special=(0.0, 20.0, -20.0),
)  # fmt: skip
sech: Elementwise = elementwise(
    "sech", lambda x: 1.0 / np.cosh(x), lambda g, out, x: -scale(scale(g, out), tanh(x)),
    doc="1 / cosh(x).", group=HYP, symbolic="sech",
)  # fmt: skip
asinh: Elementwise = elementwise(
    "asinh", np.arcsinh, lambda g, out, x: ratio(g, hypot(x.lift(1.0), x)),
    doc="The inverse of sinh.", group=HYP, aliases=("arcsinh",), symbolic="asinh", special=(0.0, 1e200),
)  # fmt: skip
acosh: Elementwise = elementwise(
    "acosh", np.arccosh, lambda g, out, x: ratio(ratio(g, sqrt(x - 1.0)), sqrt(x + 1.0)),
    doc="The inverse of cosh, for x at least 1.", group=HYP, aliases=("arccosh",), domain=((1.2, 3.0),),
    special=(1.0,), symbolic="acosh",
)  # fmt: skip
atanh: Elementwise = elementwise(
    "atanh", np.arctanh, lambda g, out, x: ratio(g, complement(within(x, -1.0, 1.0))),
    doc="The inverse of tanh, for x in (-1, 1).", group=HYP, aliases=("arctanh",), domain=((-0.9, 0.9),),
    special=(0.0, 1.0), symbolic="atanh",
)  # fmt: skip

# ---- smooth steps ----------------------------------------------------------------------------------


def _sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    # exp only of -|x|, so that neither tail overflows or loses digits
    if np.iscomplexobj(x):
        return 1.0 / (1.0 + np.exp(-x))
    tail = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, tail) / (1.0 + tail)


def _softplus(x: NDArray[Any]) -> NDArray[Any]:
    if np.iscomplexobj(x):
        return np.log(1.0 + np.exp(x))
    return np.logaddexp(0.0, x)


def _sigmoid_slope(x: NDArray[Any]) -> NDArray[Any]:
    if np.iscomplexobj(x):
        return 1.0 / (2.0 + np.exp(x) + np.exp(-x))
    tail = np.exp(-np.abs(x))
    return tail / np.square(1.0 + tail)


# sigmoid(x) * sigmoid(-x), whose own derivative as a product would cancel in the tails
_slope: Elementwise = elementwise(
    "sigmoid_slope", _sigmoid_slope, lambda g, out, x: -scale(scale(g, out), tanh(0.5 * x)),
    doc="The derivative of sigmoid.", group=STEP, public=False,
    symbolic=lambda S, x: 1 / (2 + S.exp(x) + S.exp(-x)),
)  # fmt: skip
sigmoid: Elementwise = elementwise(
    "sigmoid", _sigmoid, lambda g, out, x: scale(g, _slope(x)),
    doc="1 / (1 + exp(-x)).", group=STEP, aliases=("expit",), symbolic=lambda S, x: 1 / (1 + S.exp(-x)),
    special=(0.0, 40.0, -40.0),
)  # fmt: skip
softplus: Elementwise = elementwise(
    "softplus", _softplus, lambda g, out, x: scale(g, sigmoid(x)),
    doc="log(1 + exp(x)) without overflow.", group=STEP, symbolic=lambda S, x: S.log(1 + S.exp(x)),
    special=(0.0, 25.0, -25.0, 1000.0),
)  # fmt: skip
