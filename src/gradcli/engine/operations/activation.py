"""Activations, and the products with logarithms that keep their limits.

What is smooth and stable as a composition of operations is one; what would lose digits or its limit at a
special point has a kernel and rules of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import compensated
from ..functions import Whole, Word, elementwise, function, sample
from ..node import Node
from ..operation import Elementwise, copied
from ..zeros import absorb, absorbing
from .arithmetic import absolute, equal, greater, less, logical_and, ratio, scale, scale_either, sign, square
from .elementary import LN2, exp, expm1, log, log1p, softplus, tanh, within
from .reduction import logsumexp
from .selection import clip_between, where
from .special import PEAK, bell, ndtr, normal_tail
from .structural import axis_of

GROUP = "activation"
Values = NDArray[Any]


def _log_sum(x: Values, y: Values) -> Values:
    return np.log(np.exp(x) + np.exp(y)) if np.iscomplexobj(x) or np.iscomplexobj(y) else np.logaddexp(x, y)


def _log_sum2(x: Values, y: Values) -> Values:
    return np.log2(np.exp2(x) + np.exp2(y)) if np.iscomplexobj(x) or np.iscomplexobj(y) else np.logaddexp2(x, y)


def _share(x: Values, y: Values, rate: float) -> Values:
    """1 / (1 + exp(rate * (y - x))), with what rounding takes from x - y; half where both are inf, 0 where both are -inf."""
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return 1.0 / (1.0 + np.exp(rate * (y - x)))
    difference, low = compensated.two_sum(x, -y)
    low = np.where(np.isfinite(difference), np.sign(difference) * low, 0.0)
    far = np.minimum(np.abs(difference), 1e4)
    tail = (np.exp(-far) if rate == 1.0 else np.exp2(-far)) * (1.0 - rate * low)
    even = np.where(x == -np.inf, 0.0, 0.5)
    return np.where(x == y, even, np.where(difference >= 0, 1.0, tail) / (1.0 + tail))


_share_of: Elementwise = Elementwise(
    "share", _share,
    (
        lambda g, out, x, y, rate: scale(g, rate * out * _share_of(y, x, params=(rate,))),
        lambda g, out, x, y, rate: -scale(g, rate * out * _share_of(y, x, params=(rate,))),
    ),
    symbolic=lambda S, x, y, rate: S.exp(_rate(S, rate) * x) / (S.exp(_rate(S, rate) * x) + S.exp(_rate(S, rate) * y)),
)  # fmt: skip
_share_of.__doc__ = "exp(rate * x) / (exp(rate * x) + exp(rate * y)): the slope of logaddexp."


def _rate(S: Any, rate: float) -> Any:
    return S.log(2) if rate == LN2 else S.Rational(rate)


logaddexp: Elementwise = elementwise(
    "logaddexp", _log_sum,
    lambda g, out, x, y: scale(g, _share_of(x, y, params=(1.0,))),
    lambda g, out, x, y: scale(g, _share_of(y, x, params=(1.0,))),
    doc="log(exp(x) + exp(y)) without overflow.", group="exponential", commutative=True,
    symbolic=lambda S, x, y: S.log(S.exp(x) + S.exp(y)), special=(0.0, 1000.0, -1000.0),
)  # fmt: skip
logaddexp2: Elementwise = elementwise(
    "logaddexp2", _log_sum2,
    lambda g, out, x, y: scale(g, _share_of(x, y, params=(LN2,))),
    lambda g, out, x, y: scale(g, _share_of(y, x, params=(LN2,))),
    doc="log2(2**x + 2**y) without overflow.", group="exponential", commutative=True, analytic=False,
    symbolic=lambda S, x, y: S.log(2**x + 2**y) / S.log(2), special=(0.0, 1000.0, -1000.0),
)  # fmt: skip
_logit_slope: Elementwise = elementwise(
    "logit_slope", lambda x: 1.0 / x / (1.0 - x), lambda g, out, x: scale(scale(g, out), (2.0 * x - 1.0) * out),
    doc="1 / (x * (1 - x)), the derivative of logit.", group=GROUP, public=False, symbolic=lambda S, x: 1 / (x * (1 - x)),
)  # fmt: skip
logit: Elementwise = elementwise(
    "logit", lambda x: np.log(x) - np.log1p(-x),
    lambda g, out, x: scale(g, _logit_slope(within(x, 0.0, 1.0))),
    doc="log(x / (1 - x)), the inverse of sigmoid.", group=GROUP, domain=((0.1, 0.9),), special=(0.5, 0.0, 1.0),
    symbolic=lambda S, x: S.log(x / (1 - x)),
)  # fmt: skip


def _quotient(x: Values, y: Values) -> Values:
    return np.where((x == 0) & ~np.isnan(y), 0.0, x / y)


_share_over: Elementwise = elementwise(
    "vanishing_quotient", _quotient,
    lambda g, out, x, y: ratio(g, y),
    lambda g, out, x, y: -_share_back(scale(g, out), y),
    doc="x / y, and 0 where x is 0.", group=GROUP, public=False, symbolic=lambda S, x, y: x / y,
)  # fmt: skip
_share_back: Elementwise = Elementwise(
    "vanishing_ratio", lambda g, y: absorb(_quotient(g, y), g),
    (lambda a, out, g, y: ratio(a, y), lambda a, out, g, y: -_share_back(scale_either(a, out), y)),
    symbolic=lambda S, g, y: g / y, traced=absorbing(_quotient),
)  # fmt: skip
_share_back.__doc__ = "The same of a cotangent, where a zero that is blank wins over NaN as well."


def _xlogy(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where((x == 0) & ~np.isnan(y), 0.0, x * np.log(y))


xlogy: Elementwise = elementwise(
    "xlogy", _xlogy,
    lambda g, out, x, y: scale(g, log(y)),
    lambda g, out, x, y: scale(g, where(logical_and(equal(x, x.lift(0.0)), less(y, y.lift(0.0))), x.lift(0.0), _share_over(x, within(y, 0.0)))),
    doc="x * log(y), and 0 where x is 0.", group="exponential", domain=((-2.0, 2.0), (0.2, 3.0)), special=(0.0, 1.0),
    symbolic=lambda S, x, y: x * S.log(y),
)  # fmt: skip


def _xlog1py(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where((x == 0) & ~np.isnan(y), 0.0, x * np.log1p(y))


xlog1py: Elementwise = elementwise(
    "xlog1py", _xlog1py,
    lambda g, out, x, y: scale(g, log1p(y)),
    lambda g, out, x, y: scale(g, where(logical_and(equal(x, x.lift(0.0)), less(y, y.lift(-1.0))), x.lift(0.0), _share_over(x, 1.0 + within(y, -1.0)))),
    doc="x * log(1 + y), and 0 where x is 0.", group="exponential", domain=((-2.0, 2.0), (-0.5, 3.0)), special=(0.0, 1.0),
    symbolic=lambda S, x, y: x * S.log(1 + y),
)  # fmt: skip


def _entropy(x: Values) -> Values:
    value = np.where(x == 0, 0.0, -x * np.log(np.where(x == 0, 1.0, x)))
    return value if np.iscomplexobj(x) else np.where(x < 0, -np.inf, value)


def _entropy_slope(x: Values) -> Values:
    """-log(e x), where e x is carried to twice the digits: it is near 1 where the slope is near 0."""
    if np.iscomplexobj(x):
        return -1.0 - np.log(x)
    near = np.where((x > 0.1) & (x < 1.0), x, 1.0)
    product, low = compensated.two_product(near, np.asarray(math.e))
    low = low + near * 1.4456468917292502e-16  # what float64 lacks of e
    return np.where((x > 0.1) & (x < 1.0), -np.log(product) - low / product, -1.0 - np.log(x))


_entropy_slope_of: Elementwise = elementwise(
    "entropy_slope", _entropy_slope, lambda g, out, x: -ratio(g, within(x, 0.0)),
    doc="-1 - log(x), the derivative of entr.", group=GROUP, public=False, symbolic=lambda S, x: -1 - S.log(x),
)  # fmt: skip
entr: Elementwise = elementwise(
    "entr", _entropy, lambda g, out, x: scale(g, _entropy_slope_of(x)),
    doc="-x * log(x), 0 at 0 and -inf below: the summand of an entropy.", group="exponential",
    domain=((0.1, 2.0),), special=(0.0, 1.0), symbolic=lambda S, x: -x * S.log(x),
)  # fmt: skip


@function(GROUP, aliases=("logsigmoid",), samples=[sample("log_sigmoid(x)", x=(3,))])
def log_sigmoid(x: Node) -> Node:
    """log(sigmoid(x)) without underflow."""
    return -softplus(-x)


# ---- x times a smooth step --------------------------------------------------------------------------

_CUBIC = math.sqrt(8.0 / math.pi)
_TANH_FORM = (-9.96930880911092e-17, 0.044715)  # what float64 lacks of √(8/π), and the weight of x**3


def _logistic_argument(x: Values, kind: str) -> tuple[list[Values], Values]:
    """The Taylor coefficients of what the logistic function is taken of, and what rounding took from the first."""
    if kind == "silu":
        return [x, np.ones_like(x)], np.zeros_like(x)
    near = np.clip(x, -60.0, 60.0)  # beyond, the logistic function is 0 or 1
    missing, weight = _TANH_FORM
    square_, square_low = compensated.two_product(near, near)
    weighted, weighted_low = compensated.two_product(square_, np.asarray(weight))
    sum_, sum_low = compensated.two_sum(np.ones_like(near), weighted)
    sum_low = sum_low + weighted_low + weight * square_low
    line, line_low = compensated.two_product(near, np.asarray(_CUBIC))
    value, value_low = compensated.two_product(line, sum_)
    low = value_low + line * sum_low + (line_low + missing * near) * sum_
    cubic = [value, _CUBIC * (1.0 + 3.0 * weighted), 3.0 * _CUBIC * weight * near, np.full_like(near, _CUBIC * weight)]
    return cubic, low


def _gated(x: Values, n: int, kind: str) -> Values:
    """The n-th derivative of x times the logistic function of v(x), by Taylor coefficients: s' = s (1 - s) v'.

    For negative v all of them have the factor exp(v). It is kept in two, because it may be below float64 where the
    product is not.
    """
    if np.iscomplexobj(x):
        return _gated_complex(x, n, kind)
    v, low = _logistic_argument(x, kind)
    first, second = compensated.exp_factors(-np.minimum(np.abs(v[0]), 2e3))
    tail = first * second * (1.0 - np.sign(v[0]) * low)
    below = v[0] < 0
    # below 0 everything is divided by exp(v)
    unit = np.where(below, 1.0 - np.sign(v[0]) * low, 1.0) / (1.0 + tail)
    step, rest = [unit], [np.where(below, 1.0, tail) / (1.0 + tail)]
    scaling = np.where(below, first * second, 1.0)
    for k in range(1, n + 1):
        total = np.zeros_like(x)
        for j in range(1, min(k, len(v) - 1) + 1):
            product = np.zeros_like(x)
            for i in range(k - j + 1):
                product = product + step[i] * rest[k - j - i]
            total = total + j * v[j] * product
        step.append(total / k)
        rest.append(-scaling * step[k])
    if n == 0:
        out = np.maximum(x, -1e5) * step[0]  # below, the result is 0
    else:
        out = np.clip(x, -1e5, 1e5) * step[n] + step[n - 1]
    return math.factorial(n) * np.where(below, second * (first * out), out)


def _gated_complex(x: Values, n: int, kind: str) -> Values:
    argument = x if kind == "silu" else _CUBIC * (x + _TANH_FORM[1] * x**3)
    if n:
        raise TypeError("a derivative takes real numbers")
    return x / (1.0 + np.exp(-argument))


def _symbolic_gate(S: Any, x: Any, n: int, kind: str) -> Any:
    z = S.Dummy("z", real=True)
    argument = z if kind == "silu" else S.sqrt(8 / S.pi) * (z + S.Rational(_TANH_FORM[1]) * z**3)
    return S.diff(z / (1 + S.exp(-argument)), z, n).subs(z, x)


_gate: Elementwise = Elementwise(
    "gate",
    _gated,
    (lambda g, out, x, n, kind: scale(g, _gate(x, params=(n + 1, kind))),),
    symbolic=_symbolic_gate,
    analytic=False,
)
_gate.__doc__ = "A derivative of x times a logistic step."


@function(GROUP, aliases=("swish",), samples=[sample("silu(x)", x=(3,))])
def silu(x: Node) -> Node:
    """x * sigmoid(x)."""
    return _gate(x, params=(0, "silu"))


def _gelu(x: Values) -> Values:
    # ndtr is a normal number where x is, but for the last: there x**2 is over 1400, and gelu has few digits
    return x * ndtr.kernel(x) if np.iscomplexobj(x) else np.maximum(x, -60.0) * ndtr.kernel(x)


def _gelu_slope_kernel(x: Values) -> Values:
    slope = normal_tail(x, -PEAK)
    return np.where(x < 0, slope, 1.0 - slope)


_gelu_slope: Elementwise = elementwise(
    "gelu_slope", _gelu_slope_kernel, lambda g, out, x: scale(g, PEAK * bell(x, params=((2.0, 0.0, -1.0), 0.5))),
    doc="The derivative of gelu.", group=GROUP, public=False, analytic=False,
    symbolic=lambda S, x: S.erfc(-x / S.sqrt(2)) / 2 + x * S.exp(-(x**2) / 2) / S.sqrt(2 * S.pi),
)  # fmt: skip
_gelu_of: Elementwise = elementwise(
    "gelu_of", _gelu, lambda g, out, x: scale(g, _gelu_slope(x)),
    doc="x times the normal distribution function.", group=GROUP, public=False,
    symbolic=lambda S, x: x * S.erfc(-x / S.sqrt(2)) / 2,
)  # fmt: skip


@function(GROUP, samples=[sample("gelu(x)", x=(3,)), sample("gelu(x, 'tanh')", x=(3,))])
def gelu(x: Node, approximate: Word = "none") -> Node:
    """x times the normal distribution function; with approximate="tanh" its usual approximation."""
    return _gate(x, params=(0, "tanh")) if approximate == "tanh" else _gelu_of(x)


def _shares(left: float) -> tuple[float, float]:
    """Weights of the slopes 1 and left that give the one nearest 0 of all between them."""
    if left >= 0.0:
        return (0.0, 1.0) if left <= 1.0 else (1.0, 0.0)
    return -left / (1.0 - left), 1.0 / (1.0 - left)


def _bend_rule(side: int) -> Callable[..., Node]:
    def rule(g: Node, out: Node, x: Node, y: Node, left: float) -> Node:
        zero = x.lift(0.0)
        here = greater(x, zero) if side == 0 else less(x, zero)
        return where(here, g, where(equal(x, zero), _shares(left)[side] * g, g.lift(0.0)))

    return rule


def _bend_kernel(x: Values, y: Values, left: float) -> Values:
    return np.where(np.real(x) > 0, x, y)


_bend: Elementwise = Elementwise(
    "bend", _bend_kernel, (_bend_rule(0), _bend_rule(1)),
    symbolic=lambda S, x, y, left: S.Piecewise((x, x > 0), (y, True)),
    kink=lambda out, x, y, left: equal(x, x.lift(0.0)), convention="the slope nearest 0, at 0",
)  # fmt: skip
_bend.__doc__ = "x where it is positive, elsewhere y, which leaves 0 with the slope left; between the two at 0."


def _bent(x: Node, y: Node, left: float) -> Node:
    """_bend, and where for a left of 1, which is no kink."""
    return where(greater(x, x.lift(0.0)), x, y) if left == 1.0 else _bend(x, y, params=(left,))


@function(GROUP, samples=[sample("elu(x)", x=(3,)), sample("elu(x, 0.5)", x=(3,))], convention=_bend.convention)
def elu(x: Node, alpha: float = 1.0) -> Node:
    """x above 0, alpha * (exp(x) - 1) below."""
    return _bent(x, alpha * expm1(x), alpha)


@function(GROUP, samples=[sample("selu(x)", x=(3,))], convention=_bend.convention)
def selu(x: Node) -> Node:
    """elu scaled so that activations keep mean 0 and variance 1 (Klambauer et al. 2017, eq. 2)."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


@function(GROUP, samples=[sample("leaky_relu(x)", x=(3,))], convention=_bend.convention)
def leaky_relu(x: Node, negative_slope: float = 0.01) -> Node:
    """x above 0, negative_slope * x below."""
    return _bent(x, negative_slope * x, negative_slope)


@function(GROUP, samples=[sample("celu(x)", x=(3,)), sample("celu(x, 0.5)", x=(3,))])
def celu(x: Node, alpha: float = 1.0) -> Node:
    """x above 0, alpha * (exp(x / alpha) - 1) below."""
    return _bent(x, alpha * expm1(x / alpha), 1.0)


@function(GROUP, samples=[sample("hardtanh(x)", x=(3,))], convention="0 at a bound")
def hardtanh(x: Node, min_val: float = -1.0, max_val: float = 1.0) -> Node:
    """x moved into [min_val, max_val]."""
    return clip_between(x, x.lift(min_val), x.lift(max_val))


@function(GROUP, samples=[sample("relu6(x)", x=(3,))], convention="0 at 0 and 6")
def relu6(x: Node) -> Node:
    """x moved into [0, 6]."""
    return clip_between(x, x.lift(0.0), x.lift(6.0))


@function(GROUP, samples=[sample("hardsigmoid(x)", x=(3,))], convention="0 at -3 and 3")
def hardsigmoid(x: Node) -> Node:
    """(x + 3) / 6 moved into [0, 1]."""
    return relu6(x + 3.0) / 6.0


@function(GROUP, samples=[sample("hardswish(x)", x=(3,))], convention="as hardsigmoid's at -3 and 3")
def hardswish(x: Node) -> Node:
    """x * hardsigmoid(x)."""
    return x * hardsigmoid(x)


def _softsign_slope_kernel(x: Values) -> Values:
    whole, low = compensated.two_sum(np.asarray(1.0), np.abs(x))
    low = np.where(np.isinf(whole), 0.0, low)
    return 1.0 / whole / whole * (1.0 - 2.0 * low / whole)


_softsign_slope: Elementwise = elementwise(
    "softsign_slope", _softsign_slope_kernel,
    lambda g, out, x: scale(ratio(scale(g, -2.0 * out), 1.0 + absolute(x)), sign(x)),
    doc="1 / (1 + |x|)**2, the derivative of softsign.", group=GROUP, public=False, analytic=False,
    symbolic=lambda S, x: 1 / (1 + S.Abs(x)) ** 2,
    kink=lambda out, x: equal(x, x.lift(0.0)), convention="0 at 0",
)  # fmt: skip
softsign: Elementwise = elementwise(
    "softsign", lambda x: np.where(np.isinf(x), np.sign(x), x / (1.0 + np.abs(x))), lambda g, out, x: scale(g, _softsign_slope(x)),
    doc="x / (1 + |x|).", group=GROUP, analytic=False, symbolic=lambda S, x: x / (1 + S.Abs(x)),
)  # fmt: skip


def _tanhshrink(x: Values) -> Values:
    """x - tanh(x); near 0 by Lambert's continued fraction, DLMF 4.39.1, in which nothing cancels."""
    near = np.abs(np.real(x)) < 1.0
    square_ = np.where(near, x, 0.0) ** 2
    fraction = np.ones_like(square_)
    for odd in range(21, 3, -2):
        fraction = square_ / (odd + fraction)
    fraction = square_ / (3.0 + fraction)
    return np.where(near, x * fraction / (1.0 + fraction), x - np.tanh(x))


tanhshrink: Elementwise = elementwise(
    "tanhshrink", _tanhshrink, lambda g, out, x: scale(g, square(tanh(x))),
    doc="x - tanh(x), exact for small x.", group=GROUP, symbolic=lambda S, x: x - S.tanh(x),
)  # fmt: skip


def _mish_step(x: Values, n: int) -> Values:
    """The n-th derivative of tanh(softplus(x)), which with w = exp(x) is w (w + 2) / (w**2 + 2 w + 2).

    It is a polynomial in w over a power of that denominator; for positive x, one in exp(-x). For negative x it is
    divided by w.
    """
    from numpy.polynomial import polynomial

    below, above = np.array([2.0, 2.0, 1.0]), np.array([0.0, 2.0, 1.0])
    for k in range(1, n + 1):
        fall = polynomial.polymul(polynomial.polyder(above), below)
        rise = k * polynomial.polymul(above, polynomial.polyder(below))
        above = polynomial.polymulx(polynomial.polysub(fall, rise))
    above = np.concatenate([above, np.zeros(2 * n + 3)])[: 2 * n + 3]  # of the denominator's degree
    if np.iscomplexobj(x):
        w = np.exp(x)
        return polynomial.polyval(w, above) / polynomial.polyval(w, below) ** (n + 1)
    tail = np.exp(-np.abs(x))
    left = polynomial.polyval(tail, above[1:]) / polynomial.polyval(tail, below) ** (n + 1)
    right = polynomial.polyval(tail, above[::-1]) / polynomial.polyval(tail, below[::-1]) ** (n + 1)
    return np.where(x < 0, left, right)


def _mish(x: Values, n: int) -> Values:
    """The n-th derivative of x * tanh(softplus(x)); exp(x) in two factors, as it may be below float64."""
    if np.iscomplexobj(x):
        return x * _mish_step(x, 0)
    first, second = compensated.exp_factors(np.clip(x, -2e3, 0.0))
    near = np.clip(x, -1e5, 1e5) if n else np.maximum(x, -1e5)  # beyond, what it is multiplied by is 0
    out = near * _mish_step(x, n) + (n * _mish_step(x, n - 1) if n else 0.0)
    return second * (first * out)


_mish_of: Elementwise = Elementwise(
    "mish", _mish, (lambda g, out, x, n: scale(g, _mish_of(x, params=(n + 1,))),), analytic=False,
    symbolic=lambda S, x, n: S.diff((z := S.Dummy("z", real=True)) * S.tanh(S.log(1 + S.exp(z))), z, n).subs(z, x),
)  # fmt: skip
_mish_of.__doc__ = "A derivative of x * tanh(softplus(x))."


@function(GROUP, samples=[sample("mish(x)", x=(3,))])
def mish(x: Node) -> Node:
    """x * tanh(softplus(x))."""
    return _mish_of(x, params=(0,))


@function(GROUP, samples=[sample("log_softmax(x)", x=(4,)), sample("log_softmax(x, 0)", x=(2, 3))])
def log_softmax(x: Node, axis: Whole = -1) -> Node:
    """log(softmax(x)) without underflow."""
    axes = (axis_of(axis, len(x.shape)),) if x.shape else ()
    return x - copied(logsumexp(x, axes), x.shape, axes)


@function("exponential", samples=[sample("log1mexp(-square(x) - 0.1)", x=(3,))])
def log1mexp(x: Node) -> Node:
    """log(1 - exp(x)) for negative x, exact near 0 and far from it."""
    near = greater(x, x.lift(-LN2))
    return where(near, log(-expm1(x)), log1p(-exp(x)))
