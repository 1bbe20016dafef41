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

from .. import circular, compensated
from ..functions import elementwise, function, sample
from ..node import Node
from ..operation import Elementwise, Halves
from .arithmetic import equal, greater, isnan, ratio, scale
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
    "log2", np.log2, lambda g, out, x: ratio(scale(g, x.lift(1.0 / LN2)), within(x, 0.0)),
    doc="The logarithm to base 2.", group=EXP, domain=((0.2, 3.0),), special=(0.0, 1.0),
    symbolic=lambda S, x: S.log(x) / S.log(2), analytic=False,
)  # fmt: skip
log10: Elementwise = elementwise(
    "log10", np.log10, lambda g, out, x: ratio(scale(g, x.lift(1.0 / LN10)), within(x, 0.0)),
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


def _cbrt_parts(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """NumPy's cube root, what a step of Newton's method with the exact remainder takes off, and a scale for both."""
    tiny = np.abs(x) < 1e-200
    scaled = np.where(tiny, x * 2.0**600, x)
    root = np.cbrt(scaled)
    square_, low = compensated.two_product(root, root)
    cube, lower = compensated.two_product(square_ * 2.0**-30, root)  # the splitting would overflow
    remainder = (cube - scaled * 2.0**-30) + (lower + low * 2.0**-30 * root)
    return root, remainder / (3.0 * 2.0**-30 * square_), np.where(tiny, 2.0**-200, 1.0)


def _cbrt(x: NDArray[Any]) -> NDArray[Any]:
    root, off, size = _cbrt_parts(x)
    return np.where(np.isfinite(x) & (x != 0), size * (root - off), np.cbrt(x))


def _cbrt_slope_kernel(x: NDArray[Any]) -> NDArray[Any]:
    root, off, size = _cbrt_parts(x)
    square_, low = compensated.two_product(root, root)
    better = (1.0 + (2.0 * off * root - low) / square_) / (3.0 * square_) / (size * size)
    return np.where(np.isfinite(x) & (x != 0), better, 1.0 / (3.0 * np.square(np.cbrt(x))))


_cbrt_slope: Elementwise = elementwise(
    "cbrt_slope", _cbrt_slope_kernel, lambda g, out, x: ratio(scale(g, -2.0 * out), 3.0 * x),
    doc="The derivative of cbrt, x**(-2/3) / 3.", group=EXP, public=False, analytic=False,
    symbolic=lambda S, x: S.Rational(1, 3) / S.real_root(x, 3) ** 2,
)  # fmt: skip
cbrt: Elementwise = elementwise(
    "cbrt", _cbrt, lambda g, out, x: scale(g, _cbrt_slope(x)),
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
sin.halves = Halves(circular.angle, circular.sine, 3)
cos.halves = Halves(circular.angle, circular.cosine, 3)
tan: Elementwise = elementwise(
    "tan", np.tan, lambda g, out, x: ratio(ratio(g, cos(x)), cos(x)),
    doc="The tangent of x radians.", group=TRIG, domain=((-1.2, 1.2),), symbolic="tan",
)  # fmt: skip
sec: Elementwise = elementwise(
    "sec", lambda x: 1.0 / np.cos(x), lambda g, out, x: scale(scale(g, out), tan(x)),
    doc="1 / cos(x).", group=TRIG, domain=((-1.2, 1.2),), symbolic="sec",
)  # fmt: skip
csc: Elementwise = elementwise(
    "csc", lambda x: 1.0 / np.sin(x), lambda g, out, x: -scale(scale(g, out), cot(x)),
    doc="1 / sin(x).", group=TRIG, domain=((0.3, 2.8),), special=(1.0,), symbolic="csc",
)  # fmt: skip
_csc_square: Elementwise = elementwise(
    "csc_square", lambda x: 1.0 / np.sin(x) / np.sin(x), lambda g, out, x: scale(scale(g, -2.0 * out), cot(x)),
    doc="1 / sin(x)**2, rounded less often than csc(x) * csc(x).", group=TRIG, domain=((0.3, 2.8),), special=(1.0,),
    public=False, symbolic=lambda S, x: S.csc(x) ** 2,
)  # fmt: skip
cot: Elementwise = elementwise(
    "cot", lambda x: 1.0 / np.tan(x), lambda g, out, x: -scale(g, _csc_square(x)),
    doc="1 / tan(x).", group=TRIG, domain=((0.3, 2.8),), special=(1.0,), symbolic="cot",
)  # fmt: skip
degrees: Elementwise = elementwise(
    "degrees", lambda x: x * (180.0 / math.pi), lambda g, out, x: degrees(g),
    doc="Radians as degrees.", group=TRIG, aliases=("rad2deg",), symbolic=lambda S, x: x * 180 / S.pi,
)  # fmt: skip
radians: Elementwise = elementwise(
    "radians", lambda x: x * (math.pi / 180.0), lambda g, out, x: radians(g),
    doc="Degrees as radians.", group=TRIG, aliases=("deg2rad",), symbolic=lambda S, x: x * S.pi / 180,
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


def _witch(x: NDArray[Any]) -> NDArray[Any]:
    far = np.abs(x) > 1e100  # where x * x overflows before its reciprocal underflows
    return np.where(far, 1.0 / np.where(far, x, 1.0) / np.where(far, x, 1.0), 1.0 / (1.0 + x * x))


# x, and the largest number in infinity's place: what falls to 0 there faster than x grows wins over it
_finite: Elementwise = Elementwise(
    "finite", lambda x: np.where(np.isinf(x), np.copysign(np.finfo(np.float64).max, np.real(x)), x),
    (lambda g, out, x: g,), symbolic=lambda S, x: x,
)  # fmt: skip
_bell: Elementwise = elementwise(
    "witch", _witch, lambda g, out, x: scale(scale(scale(g, -2.0 * out), _finite(x)), out),
    doc="1 / (1 + x**2), the curve of Agnesi.", group=TRIG, public=False, symbolic=lambda S, x: 1 / (1 + x**2),
)  # fmt: skip
atan: Elementwise = elementwise(
    "atan", np.arctan, lambda g, out, x: scale(g, _bell(x)),
    doc="The angle in (-π/2, π/2) whose tangent is x.", group=TRIG, aliases=("arctan",), symbolic="atan",
)  # fmt: skip


def _scaled(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """x and y divided by the power of two that brings the larger to between 1/2 and 1, and its exponent."""
    _, exponent = np.frexp(np.maximum(np.abs(x), np.abs(y)))
    return np.ldexp(x, -exponent), np.ldexp(y, -exponent), exponent


def _shifted(x: NDArray[Any], exponent: NDArray[Any]) -> NDArray[Any]:
    """x * 2**exponent, in two steps, for an exponent beyond float64's."""
    half = exponent // 2
    return np.ldexp(np.ldexp(x, half), exponent - half)


def _polar(x: NDArray[Any], y: NDArray[Any], cosines: int, sines: int, order: int) -> NDArray[Any]:
    """cos**cosines * sin**sines / hypot**order of the direction of (x, y); 0 at (0, 0)."""
    a, b, exponent = _scaled(x, y)
    length = np.hypot(a, b)
    share = -order * exponent // (cosines + sines)  # to each factor its part of the size, so that none is lost
    rest = -order * exponent - share * (cosines + sines)
    product = np.ldexp(1.0, rest) / length**order
    for factor in [b / length] * sines + [a / length] * cosines:
        product = product * np.ldexp(factor, share)
    product = np.where((x == 0) & (y == 0), 0.0, product)
    far = np.isinf(x) | np.isinf(y)
    return np.where(far, _polar_far(x, y, cosines, sines, order), product) if far.any() else product


def _polar_far(x: NDArray[Any], y: NDArray[Any], cosines: int, sines: int, order: int) -> NDArray[Any]:
    """The same at infinity, where one coordinate decides the direction; two leave it open."""
    if order > 0:
        return np.where(np.isnan(x) | np.isnan(y), np.nan, 0.0)
    along, across = np.where(np.isinf(x), np.sign(x), 0.0), np.where(np.isinf(y), np.sign(y), 0.0)
    return np.where(np.isinf(x) & np.isinf(y), np.nan, along**cosines * across**sines)


def _polar_rule_x(g: Node, out: Node, x: Node, y: Node, a: int, b: int, m: int) -> Node:
    terms = [(a, (a - 1, b + 2, m + 1)), (-(b + m), (a + 1, b, m + 1))]
    return _weighted(g, x, y, terms)


def _polar_rule_y(g: Node, out: Node, x: Node, y: Node, a: int, b: int, m: int) -> Node:
    terms = [(b, (a + 2, b - 1, m + 1)), (-(a + m), (a, b + 1, m + 1))]
    return _weighted(g, x, y, terms)


def _weighted(g: Node, x: Node, y: Node, terms: list[tuple[int, tuple[int, int, int]]]) -> Node:
    """g times a sum of `polar`s; a term of weight 0, which may be infinite, is left out."""
    first, *others = (scale(g, float(weight) * _polar_part(x, y, params=which)) for weight, which in terms if weight)
    return first + others[0] if others else first


_polar_part: Elementwise = Elementwise(
    "polar", _polar, (_polar_rule_x, _polar_rule_y), analytic=False,
    symbolic=lambda S, x, y, a, b, m: x**a * y**b / S.sqrt(x**2 + y**2) ** (a + b + m),
)  # fmt: skip
_polar_part.__doc__ = "cos(θ)**a * sin(θ)**b / r**m of the point (x, y): the derivatives of hypot are sums of these."
hypot: Elementwise = elementwise(
    "hypot", np.hypot,
    lambda g, out, x, y: scale(g, _polar_part(x, y, params=(1, 0, 0))),
    lambda g, out, x, y: scale(g, _polar_part(x, y, params=(0, 1, 0))),
    doc="sqrt(x**2 + y**2) without overflow.", group=EXP, domain=((0.2, 2.0), (0.2, 2.0)), analytic=False,
    symbolic=lambda S, x, y: S.sqrt(x**2 + y**2),
    kink=lambda out, x, y: equal(out, out.lift(0.0)), convention="0 at (0, 0)",
)  # fmt: skip


def _inverse(x: NDArray[Any], y: NDArray[Any], n: int, part: str) -> NDArray[Any]:
    """The real or imaginary part of 1 / (x + iy)**n; at infinity 0, from wherever."""
    out = _inverse_nearer(x, y, n, part)
    far = np.isinf(x) | np.isinf(y)
    return np.where(far & ~np.isnan(x) & ~np.isnan(y), 0.0, out) if far.any() else out


def _inverse_nearer(x: NDArray[Any], y: NDArray[Any], n: int, part: str) -> NDArray[Any]:
    """The same of a point that is not at infinity."""
    a, b, exponent = _scaled(x, y)
    norm = a * a + b * b
    if n <= 2:  # a tiny coordinate is lifted while the last digits are at stake
        a_up, b_up = (np.where(np.abs(each) < 1e-200, 300, 0) for each in (a, b))
        a_high, b_high = np.ldexp(a, a_up), np.ldexp(b, b_up)
        if n == 1:
            return (
                _shifted(a_high / norm, -exponent - a_up)
                if part == "real"
                else _shifted(-b_high / norm, -exponent - b_up)
            )
        if part == "imaginary":
            return _shifted(-2.0 * a_high * b_high / norm**2, -2 * exponent - a_up - b_up)
    real, imaginary = (a - b) * (a + b) / norm**2, -2.0 * a * b / norm**2
    for _ in range(2, n):
        real, imaginary = (real * a + imaginary * b) / norm, (imaginary * a - real * b) / norm
    return _shifted(real if part == "real" else imaginary, -n * exponent)


def _inverse_rule_x(g: Node, out: Node, x: Node, y: Node, n: int, part: str) -> Node:
    return -scale(g, float(n) * _inverse_part(x, y, params=(n + 1, part)))


def _inverse_rule_y(g: Node, out: Node, x: Node, y: Node, n: int, part: str) -> Node:
    if part == "real":
        return scale(g, float(n) * _inverse_part(x, y, params=(n + 1, "imaginary")))
    return -scale(g, float(n) * _inverse_part(x, y, params=(n + 1, "real")))


_inverse_part: Elementwise = Elementwise(
    "inverse_part", _inverse, (_inverse_rule_x, _inverse_rule_y), analytic=False,
    symbolic=lambda S, x, y, n, part: (S.re if part == "real" else S.im)(S.expand((x - S.I * y) ** n) / (x**2 + y**2) ** n),
)  # fmt: skip
_inverse_part.__doc__ = "The real or imaginary part of (x + iy)**-n: atan2 is the imaginary part of log(x + iy)."
atan2: Elementwise = elementwise(
    "atan2", np.arctan2,
    lambda g, out, y, x: scale(g, _inverse_part(x, y, params=(1, "real"))),
    lambda g, out, y, x: scale(g, _inverse_part(x, y, params=(1, "imaginary"))),
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


def _tanh_slope_kernel(x: NDArray[Any]) -> NDArray[Any]:
    if np.iscomplexobj(x):
        return 1.0 / np.square(np.cosh(x))
    tail = np.exp(-2.0 * np.abs(x))
    return 4.0 * compensated.slope_of_steps(tail)


def _sech(x: NDArray[Any]) -> NDArray[Any]:
    if np.iscomplexobj(x):
        return 1.0 / np.cosh(x)
    tail = np.exp(-np.abs(x))
    return 2.0 * tail / (1.0 + tail * tail)


_tanh_slope: Elementwise = elementwise(
    "tanh_slope", _tanh_slope_kernel, lambda g, out, x: scale(scale(g, -2.0 * out), tanh(x)),
    doc="1 / cosh(x)**2, the derivative of tanh.", group=HYP, public=False, symbolic=lambda S, x: 1 / S.cosh(x) ** 2,
)  # fmt: skip
tanh: Elementwise = elementwise(
    "tanh", np.tanh, lambda g, out, x: scale(g, _tanh_slope(x)),
    doc="The hyperbolic tangent.", group=HYP, symbolic="tanh", special=(0.0, 20.0, -20.0),
)  # fmt: skip
sech: Elementwise = elementwise(
    "sech", _sech, lambda g, out, x: -scale(scale(g, out), tanh(x)),
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
    return compensated.slope_of_steps(tail)


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
_softplus_of: Elementwise = elementwise(
    "softplus_of", _softplus, lambda g, out, x: scale(g, sigmoid(x)),
    doc="log(1 + exp(x)) without overflow.", group=STEP, public=False, symbolic=lambda S, x: S.log(1 + S.exp(x)),
    special=(0.0, 25.0, -25.0, 1000.0),
)  # fmt: skip


@function(
    STEP,
    samples=[sample("softplus(x)", x=(3,)), sample("softplus(x, 2)", x=(3,)), sample("softplus(x, 1, 0.5)", x=(3,))],
)
def softplus(x: Node, beta: float = 1.0, threshold: float = math.inf) -> Node:
    """log(1 + exp(beta * x)) / beta without overflow; x itself where beta * x is above a threshold, if one is given."""
    if beta == 1.0:
        smooth = _softplus_of(x)
    else:
        smooth = _softplus_of(beta * x) / beta
    return smooth if threshold == math.inf else where(greater(beta * x, x.lift(threshold)), x, smooth)
