"""Activations that are x times a smooth step, as one piece each.

The derivatives cross zero where a term for x and one for the step cancel. About that zero, the first of them is its
Taylor series.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import compensated
from ..functions import Word, elementwise, function, sample
from ..node import Node
from ..operation import Elementwise
from .arithmetic import scale
from .special import PEAK, bell, ndtr, normal_tail

GROUP = "activation"
Values = NDArray[Any]
Nth = Callable[[Values, int], Values]

# where the first derivatives are 0, what float64 lacks of it, and how far the series is the better
_ZEROS = {
    "silu": (-1.2784645427610737, -1.0946994183093437e-16, 0.08),
    "tanh": (-0.7524614220710163, 3.4358218314355225e-17, 0.08),
    "mish": (-1.1924312145154952, -4.8484829848031044e-17, 0.25),
    "gelu": (-0.7517915246935645, 1.4956759177009883e-17, 0.6),
}
_TERMS = 34  # the nearest pole, of mish and of the tanh form, is 2.7 away


def _about_zero(x: Values, slope: Values, name: str, nth: Nth) -> Values:
    """slope, the first derivative, and near its zero its Taylor series there; nth gives the derivatives."""
    zero, missing, width = _ZEROS[name]
    near = np.abs(x - zero) < width
    if not near.any():
        return slope
    away = np.where(near, x - zero, 0.0) - missing
    return np.where(near, np.polyval(_series(name, nth), away), slope)


_SERIES: dict[str, Values] = {}


def _series(name: str, nth: Nth) -> Values:
    """The Taylor coefficients of the first derivative about its zero, the highest first and none of order 0."""
    if name not in _SERIES:
        zero = np.asarray(_ZEROS[name][0])
        _SERIES[name] = np.array([*(float(nth(zero, k + 1)) / math.factorial(k) for k in range(_TERMS, 0, -1)), 0.0])
    return _SERIES[name]


_CUBIC = math.sqrt(8.0 / math.pi)
_TANH_FORM = (-9.96930880911092e-17, 0.044715)  # what float64 lacks of √(8/π), and the weight of x**3


def _logistic_argument(x: Values, kind: str) -> tuple[list[Values], Values, Values]:
    """The Taylor coefficients of what the logistic function is taken of, and what rounding took from the first two."""
    if kind == "silu":
        return [x, np.ones_like(x)], np.zeros_like(x), np.zeros_like(x)
    near = np.clip(x, -60.0, 60.0)  # beyond, the logistic function is 0 or 1
    missing, weight = _TANH_FORM
    square_, square_low = compensated.two_product(near, near)
    weighted, weighted_low = compensated.two_product(square_, np.asarray(weight))
    sum_, sum_low = compensated.two_sum(np.ones_like(near), weighted)
    sum_low = sum_low + weighted_low + weight * square_low
    line, line_low = compensated.two_product(near, np.asarray(_CUBIC))
    value, value_low = compensated.two_product(line, sum_)
    low = value_low + line * sum_low + (line_low + missing * near) * sum_
    thrice, thrice_low = compensated.two_product(np.asarray(3.0), weighted)
    slope, slope_low = compensated.two_sum(np.ones_like(near), thrice)
    slope_low = slope_low + thrice_low + 3.0 * (weighted_low + weight * square_low)
    rate, rate_low = compensated.two_product(slope, np.asarray(_CUBIC))
    rate_low = rate_low + _CUBIC * slope_low + missing * slope
    return [value, rate, 3.0 * _CUBIC * weight * near, np.full_like(near, _CUBIC * weight)], low, rate_low


def _by_coefficients(x: Values, n: int, kind: str) -> Values:
    """The n-th derivative of x times the logistic function of v(x), by Taylor coefficients: s' = s (1 - s) v'.

    For negative v all of them have the factor exp(v). It is kept in two, because it may be below float64 where the
    product is not.
    """
    v, low, _ = _logistic_argument(x, kind)
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


def _slope(x: Values, kind: str) -> Values:
    """The first derivative, s (1 + x v' (1 - s)), whose two terms are carried with what rounding takes from them.

    For negative v it is exp(v) times r (1 + x v' r) with r = 1 / (1 + exp(v)), and the terms cancel.
    """
    v, low, rate_low = _logistic_argument(x, kind)
    first, second = compensated.exp_factors(-np.minimum(np.abs(v[0]), 2e3))
    turn = -np.sign(v[0]) * low
    tail = first * second * (1.0 + turn)
    whole, whole_low = compensated.two_sum(np.ones_like(x), tail)
    inverse, missing = compensated.inverse(whole, whole_low)
    near = np.clip(x, -1e5, 1e5)
    term, term_low = compensated.two_product(near, inverse)
    moved, moved_low = compensated.two_product(term, v[1])
    total, lost = compensated.two_sum(np.ones_like(x), moved)
    lost = lost + moved_low + (term_low + near * missing) * v[1] + term * rate_low
    below = second * (first * ((total + (lost + total * (turn - whole_low / whole))) / whole))
    return np.where(v[0] < 0, below, inverse * (1.0 + near * v[1] * (tail * inverse)))


def _gated(x: Values, n: int, kind: str) -> Values:
    if np.iscomplexobj(x):
        return _gated_complex(x, n, kind)
    if n == 1:
        return _about_zero(x, _slope(x, kind), kind, partial(_by_coefficients, kind=kind))
    if n == 0:
        return _by_coefficients(x, n, kind)
    # f(x) - f(-x) is x: from the second on, all is known from below 0, where nothing leaves float64 too soon
    out = _by_coefficients(-np.abs(x), n, kind)
    return np.where(x > 0, (-1.0) ** n * out, out)


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
    if np.iscomplexobj(x):
        return x * ndtr.kernel(x)
    return np.where(x < -1.0, normal_tail(x, factor=np.maximum(x, -60.0)), x * ndtr.kernel(np.maximum(x, -1.0)))


def _gelu_nth(x: Values, n: int) -> Values:
    """The n-th derivative, from the second on: a polynomial, by P' - x P, times the density."""
    coefficients = np.array([2.0, 0.0, -1.0])
    for _ in range(n - 2):
        rise = np.append(coefficients[1:] * np.arange(1.0, coefficients.size), [0.0, 0.0])
        coefficients = rise - np.append(0.0, coefficients)
    return PEAK * np.polyval(coefficients[::-1], x) * np.exp(-0.5 * x * x)


def _gelu_slope_kernel(x: Values) -> Values:
    slope = normal_tail(x, -PEAK)
    return _about_zero(x, np.where(x < 0, slope, 1.0 - slope), "gelu", _gelu_nth)


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
    if np.iscomplexobj(x):
        return x * _mish_step(x, 0)
    if n == 1:
        slope = np.where(x < 0, _mish_slope_below(np.minimum(x, 0.0)), _by_steps(np.maximum(x, 0.0), 1))
        return _about_zero(x, slope, "mish", _by_steps)
    return _by_steps(x, n)


def _mish_slope_below(x: Values) -> Values:
    """The first derivative for negative x: with w = exp(x) and D = w**2 + 2 w + 2 it is w / D times
    w + 2 + 4 x (w + 1) / D, whose terms cancel and are carried with what rounding takes from them."""
    first, second = compensated.exp_factors(np.maximum(x, -2e3))
    w, near = first * second, np.maximum(x, -1e5)
    square, square_low = compensated.two_product(w, w)
    two, two_low = compensated.two_sum(np.full_like(w, 2.0), w)
    whole, whole_low = compensated.two_sum(two, w)
    below, below_low = compensated.two_sum(whole, square)
    below_low = below_low + (two_low + whole_low + square_low)
    inverse, missing = compensated.inverse(below, below_low)
    one, one_low = compensated.two_sum(np.ones_like(w), w)
    above, above_low = compensated.two_product(4.0 * near, one)
    term, term_low = compensated.two_product(above, inverse)
    term_low = term_low + (above_low + 4.0 * near * one_low) * inverse + above * missing
    total, lost = compensated.two_sum(two, term)
    inner = total + (lost + two_low + term_low - total * below_low / below)
    return second * (first * (inner / below))


def _by_steps(x: Values, n: int) -> Values:
    """The n-th derivative of x * tanh(softplus(x)); exp(x) in two factors, as it may be below float64."""
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
