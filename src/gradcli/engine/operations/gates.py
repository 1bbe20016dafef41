"""Activations that are x times a smooth step, as one piece each.

The derivatives cross zero where a term for x and one for the step cancel. About that zero, the first of them is its
Taylor series.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
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
Pair = tuple[Values, Values]

_NEAR = 60.0
"""Beyond it the argument of the logistic function that is cubic in x, and the normal distribution, are as good as infinite."""
_FAR = 1e5
"""Beyond it x is multiplied by a step that is 0, or taken from one that is 1."""
_DEEP = 2e3
"""Where exp(-x) is 0 even in two factors."""

# where the first derivatives are 0, what float64 lacks of it, the second derivative there, and how far the series is
# the better
_ZEROS = {
    "silu": (-1.2784645427610737, -1.0946994183093437e-16, 0.2178117057198001, 0.3),
    "tanh": (-0.7524614220710163, 3.4358218314355225e-17, 0.4304000910248585, 0.25),
    "mish": (-1.1924312145154952, -4.8484829848031044e-17, 0.2669479140495345, 0.4),
}
_TERMS = 20  # the nearest pole, of mish and of the tanh form, is 2.7 away


def _about_zero(x: Values, slope: Values, name: str, nth: Nth) -> Values:
    """slope, the first derivative, and near its zero its Taylor series there; nth gives the derivatives."""
    zero, missing, _, width = _ZEROS[name]
    near = np.abs(x - zero) < width
    if not near.any():
        return slope
    return np.where(near, np.polyval(_series(name, nth), (x - zero) - missing), slope)


_SERIES: dict[str, Values] = {}


def _series(name: str, nth: Nth) -> Values:
    """The Taylor coefficients of the first derivative about its zero, the highest first and none of order 0."""
    if name not in _SERIES:
        zero, _, first, _ = _ZEROS[name]
        higher = (float(nth(np.asarray(zero), k + 1)) / math.factorial(k) for k in range(_TERMS, 1, -1))
        _SERIES[name] = np.array([*higher, first, 0.0])
    return _SERIES[name]


_CUBIC = math.sqrt(8.0 / math.pi)
_TANH_FORM = (-9.96930880911092e-17, 0.044715)  # what float64 lacks of √(8/π), and the weight of x**3


def _share_of_sums(above: float, more: Pair, below: float, rest: Values) -> Values:
    """(above + more[0] + more[1]) / (below + rest)**2, with what rounding takes from the sums."""
    begun, begun_low = compensated.two_sum(np.full_like(more[0], above), more[0])
    total, total_low = compensated.two_sum(begun, more[1])
    whole, whole_low = compensated.two_sum(np.full_like(rest, below), rest)
    part = total / (whole * whole)
    return part + part * ((begun_low + total_low) / total - 2.0 * whole_low / whole)


def _odd_cubic(x: Values, weight: float) -> Pair:
    """√(8/π) x (1 + weight x**2), and what rounding took from it."""
    square_, square_low = compensated.two_product(x, x)
    weighted, weighted_low = compensated.two_product(square_, np.asarray(weight))
    sum_, sum_low = compensated.two_sum(np.ones_like(x), weighted)
    sum_low = sum_low + weighted_low + weight * square_low
    line, line_low = compensated.two_product(x, np.asarray(_CUBIC))
    value, value_low = compensated.two_product(line, sum_)
    return value, value_low + line * sum_low + (line_low + _TANH_FORM[0] * x) * sum_


def _logistic_argument(x: Values, kind: str) -> Pair:
    """What the logistic function is taken of, v(x), and what rounding took from it."""
    if kind == "silu":
        return x, np.zeros_like(x)
    return _odd_cubic(np.clip(x, -_NEAR, _NEAR), _TANH_FORM[1])  # beyond, the logistic function is 0 or 1


def _argument_slopes(x: Values, kind: str) -> list[Values]:
    """The Taylor coefficients of v about x from the first on."""
    if kind == "silu":
        return [np.ones_like(x)]
    near, weight = np.clip(x, -_NEAR, _NEAR), _CUBIC * _TANH_FORM[1]
    return [_CUBIC + 3.0 * weight * near * near, 3.0 * weight * near, np.full_like(near, weight)]


def _tail_factors(v: Values, low: Values) -> tuple[Values, Values, Values]:
    """exp(-|v + low|) in two factors, as it may be below float64 where a product with it is not; and their product
    with the low part, which the factors lack."""
    first, second = compensated.exp_factors(-np.minimum(np.abs(v), _DEEP))
    return first, second, first * second * (1.0 - np.sign(v) * low)


def _gate_value(x: Values, kind: str) -> Values:
    """x times the logistic function of v(x)."""
    v, low = _logistic_argument(x, kind)
    first, second, tail = _tail_factors(v, low)
    near = np.maximum(x, -_FAR)  # below, the result is 0
    return np.where(v < 0, second * (first * (near * (1.0 + low) / (1.0 + tail))), near / (1.0 + tail))


def _gate_slope(x: Values, kind: str) -> Values:
    """The first derivative: with e = exp(v), e (1 + e + x v') / (1 + e)**2.

    So for x below 0, where the sums are carried to twice the digits; for the others it is 1 less that of -x.
    """
    near = -np.minimum(np.abs(x), _FAR)
    v, low = _logistic_argument(near, kind)
    first, second, tail = _tail_factors(v, low)
    rise, rise_low = (near, low) if kind == "silu" else _odd_cubic(np.maximum(near, -_NEAR), 3.0 * _TANH_FORM[1])
    part = _share_of_sums(1.0, (tail, rise), 1.0, tail)
    below = second * (first * (part + (part * low + rise_low / (1.0 + tail) ** 2)))
    return np.where(x > 0, 1.0 - below, below)


def _by_coefficients(x: Values, n: int, kind: str) -> Values:
    """The n-th derivative, from the second on, by Taylor coefficients: s = 1 / (1 + exp(-v)) has s' = s (1 - s) v'.

    It is that of -x but for the sign, and for negative x all coefficients have the factor exp(v), by which they are
    divided.
    """
    near = -np.minimum(np.abs(x), _FAR)
    v, low = _logistic_argument(near, kind)
    first, second, tail = _tail_factors(v, low)
    slopes = _argument_slopes(near, kind)
    step, rest = [(1.0 + low) / (1.0 + tail)], [1.0 / (1.0 + tail)]
    for k in range(1, n + 1):
        total = np.zeros_like(near)
        for j, slope in enumerate(slopes[:k], 1):
            product = np.zeros_like(near)
            for i in range(k - j + 1):
                product = product + step[i] * rest[k - j - i]
            total = total + j * slope * product
        step.append(total / k)
        rest.append(-first * second * step[k])
    sign = np.where(x > 0, -1.0, 1.0) if n % 2 else 1.0
    return sign * math.factorial(n) * (second * (first * (near * step[n] + step[n - 1])))


def _gated(x: Values, n: int, kind: str) -> Values:
    if np.iscomplexobj(x):
        return _gated_complex(x, n, kind)
    if n == 1:
        return _about_zero(x, _gate_slope(x, kind), kind, partial(_by_coefficients, kind=kind))
    if not n:
        return _gate_value(x, kind)
    out = _by_coefficients(x, n, kind)
    # from the third on the odd ones are 0 at 0, and what is left of their terms there has no digits
    return np.where(np.abs(x) < _EVEN, _about_middle(x, n, kind), out) if n % 2 else out


_EVEN = 0.4
"""Where the series about 0 has all digits."""


@cache
def _even_part(kind: str) -> tuple[float, ...]:
    """The Taylor coefficients about 0 of what is even in x times the logistic function of v, x tanh(v / 2) / 2.

    Those of T = tanh(v / 2), which is odd, follow from T' = (1 - T**2) v' / 2, in exact fractions.
    """
    scale_, weight = (Fraction(1), Fraction(0)) if kind == "silu" else map(Fraction, (_CUBIC, _TANH_FORM[1]))
    scale_ += Fraction(_TANH_FORM[0]) if kind != "silu" else 0
    rise = {0: scale_ / 2, 2: 3 * scale_ * weight / 2}
    tanh: list[Fraction] = [Fraction(0)]
    for k in range(32):  # 1 - T**2 to the k-th power, times v' / 2
        squares = [int(m == 0) - sum(tanh[i] * tanh[m - i] for i in range(m + 1)) for m in (k, k - 2)]
        grown = squares[0] * rise[0] + (squares[1] * rise[2] if k > 1 else 0)
        tanh.append(Fraction(float(grown / (k + 1))))
    return tuple(float(each) / 2.0 for each in (Fraction(0), *tanh))


def _about_middle(x: Values, n: int, kind: str) -> Values:
    """The n-th derivative near 0, for n from 2 on, where that of x / 2 is gone."""
    series = [math.perm(k, n) * each for k, each in enumerate(_even_part(kind))][n:]
    return np.polyval(series[::-1], np.clip(x, -_EVEN, _EVEN))


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
    return np.where(x < -1.0, normal_tail(x, factor=np.maximum(x, -_NEAR)), x * ndtr.kernel(x))


def _gelu_slope_kernel(x: Values) -> Values:
    slope = _gelu_slope_below(np.abs(x))
    return np.where(x < 0, slope, 1.0 - slope)


def _gelu_slope_below(size: Values) -> Values:
    """The derivative at -size: the density times Mills's ratio less size, which crosses zero once.

    Far on both sides of that zero it is the Taylor series of the second factor, whose terms do not cancel.
    """
    first, second, excess = compensated.gauss_factors(size, 0.5)
    zero, missing, _, low, high = _MILLS
    near = (size > low) & (size < high)
    series = np.polyval(_mills_series(), (size - zero) - missing)
    return np.where(near, second * (first * (series + series * excess)), normal_tail(size, -PEAK))


# where Mills's ratio, ndtr(-x) over the density, is x; what float64 lacks of it; the slope of the series there; and
# from where to where it is the better
_MILLS = (0.7517915246935645, -1.4956759177009883e-17, -0.5724061752276146, 0.1, 2.2)


@cache
def _mills_series() -> Values:
    """The Taylor coefficients about that place of Mills's ratio less x over √(2π), the highest first.

    R' = x R - 1 by its definition (DLMF 7.8.1), and each further derivative follows from the two before it.
    """
    zero, _, slope, _, _ = _MILLS
    derivatives = [zero, (zero - 1.0) * (zero + 1.0)]
    for k in range(1, 36):
        derivatives.append(k * derivatives[k - 1] + zero * derivatives[k])
    higher = [PEAK * each / math.factorial(k) for k, each in enumerate(derivatives)][2:]
    return np.array([*reversed(higher), slope, 0.0])


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
    divided by w, and a derivative for positive x by w**-2: both may be below float64.
    """
    from numpy.polynomial import polynomial

    below, above = np.array([2.0, 2.0, 1.0]), np.array([0.0, 2.0, 1.0])
    for k in range(1, n + 1):
        fall = polynomial.polymul(polynomial.polyder(above), below)
        rise = k * polynomial.polymul(above, polynomial.polyder(below))
        above = polynomial.polymulx(polynomial.polysub(fall, rise))
    above = np.pad(above, (0, 2 * n + 3 - len(above)))  # of the denominator's degree
    if np.iscomplexobj(x):  # to step off the real axis: the value alone
        w = np.exp(x)
        return polynomial.polyval(w, above) / polynomial.polyval(w, below)
    tail = np.exp(-np.abs(x))
    left = polynomial.polyval(tail, above[1:]) / polynomial.polyval(tail, below) ** (n + 1)
    right = polynomial.polyval(tail, above[::-1][2 if n else 0 :]) / polynomial.polyval(tail, below[::-1]) ** (n + 1)
    return np.where(x < 0, left, right)


def _mish(x: Values, n: int) -> Values:
    if np.iscomplexobj(x):
        return x * _mish_step(x, 0)
    return _about_zero(x, _mish_slope(x), "mish", _by_steps) if n == 1 else _by_steps(x, n)


def _mish_slope(x: Values) -> Values:
    """The first derivative: with w = exp(x), w (4 (1 + x) + w (6 + 4 x + w (4 + w))) / (w**2 + 2 w + 2)**2.

    For positive x, both sides are divided by w**4. Sums are carried to twice the digits.
    """
    first, second = compensated.exp_factors(-np.minimum(np.abs(x), _DEEP))
    tail = first * second
    near = np.clip(x, -_FAR, _NEAR)  # beyond, what it is multiplied by is 0
    left = _share_of_sums(4.0, (4.0 * near, tail * (6.0 + 4.0 * near + tail * (4.0 + tail))), 2.0, tail * (2.0 + tail))
    fall = tail * (4.0 + tail * (6.0 + 4.0 * near + tail * (4.0 + 4.0 * near)))
    right = _share_of_sums(1.0, (np.zeros_like(tail), fall), 1.0, tail * (2.0 + 2.0 * tail))
    return np.where(x < 0, second * (first * left), right)


def _by_steps(x: Values, n: int) -> Values:
    """A derivative of x * tanh(softplus(x)) other than the first, or itself.

    What is exponentially small in it comes last, in two factors, as it may be below float64: exp(x) for negative x,
    in a derivative exp(-2 x) for positive ones.
    """
    first, second = compensated.exp_factors(np.clip(x, -_DEEP, 0.0) - (np.clip(2.0 * x, 0.0, _DEEP) if n else 0.0))
    near = np.clip(x, -_FAR, _FAR) if n else np.maximum(x, -_FAR)  # beyond, what it is multiplied by is 0
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
