"""Bessel functions and sinc: SciPy's kernels or series of their own, derivatives by rule (DLMF 10.6 and 10.29).

SciPy is imported when a value is first computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import function, sample
from ..node import Node
from ..operation import Elementwise
from .arithmetic import equal, scale

GROUP = "special"
Values = NDArray[Any]

# SciPy's complex kernels lose the imaginary part where it is tiny, so there is no complex step through them.


_FAR = 25.0
"""From here on SciPy's kernels of orders 0 and 1 lose the phase, and that of any order does not."""


def _bessel(name: str) -> Callable[[Values, float], Values]:
    """SciPy's kernel of an order; near 0 the power series, where it loses digits or underflows."""

    def kernel(x: Values, order: float) -> Values:
        from scipy import special

        if np.iscomplexobj(x) or order not in (0.0, 1.0):
            out = np.asarray(getattr(special, f"{name}v")(order, x))
        else:
            out = np.asarray(getattr(special, f"{name}{order:g}")(x))
            far = np.abs(x) > _FAR
            if name == "j" and far.any():
                out = np.where(far, special.jv(order, np.where(far, x, _FAR)), out)
        if order <= 0.0:
            return out
        small = np.abs(x) < 1e-2
        return np.where(small, _from_zero(x, order, 1.0 if name == "i" else -1.0), out)

    return kernel


def _from_zero(x: Values, order: float, side: float) -> Values:
    """The power series, DLMF 10.2.2 and 10.25.2 (side 1), for x below 1/100."""
    with np.errstate(all="ignore"):
        quarter = side * np.square(0.5 * x)
        series = np.ones_like(quarter)
        for k in range(3, 0, -1):
            series = 1.0 + series * quarter / (k * (order + k))
        return np.asarray(np.power(0.5 * x, order) / (math.gamma(order + 1.0) if order < 170.0 else math.inf) * series)


def _rule(name: str) -> Callable[..., Node]:
    """(I_(v-1) + I_(v+1)) / 2, and for J the difference; of order 0, I_1 and -J_1."""

    def rule(g: Node, out: Node, x: Node, order: float) -> Node:
        higher = _ORDERS[name](x, params=(order + 1.0,))
        if order == 0.0:
            return scale(g, higher) if name == "i" else -scale(g, higher)
        lower = _ORDERS[name](x, params=(order - 1.0,))
        return scale(g, 0.5 * (lower + higher if name == "i" else lower - higher))

    return rule


_ORDERS = {
    "i": Elementwise(
        "bessel_i", _bessel("i"), (_rule("i"),), analytic=False, symbolic=lambda S, x, n: S.besseli(S.nsimplify(n), x)
    ),
    "j": Elementwise(
        "bessel_j", _bessel("j"), (_rule("j"),), analytic=False, symbolic=lambda S, x, n: S.besselj(S.nsimplify(n), x)
    ),
}
_i, _j = _ORDERS["i"], _ORDERS["j"]


@function(GROUP, samples=[sample("i0(x)", x=(3,))])
def i0(x: Node) -> Node:
    """The modified Bessel function of the first kind, order 0."""
    return _i(x, params=(0.0,))


@function(GROUP, samples=[sample("i1(x)", x=(3,))])
def i1(x: Node) -> Node:
    """The modified Bessel function of the first kind, order 1."""
    return _i(x, params=(1.0,))


@function(GROUP, aliases=("bessel_j0",), samples=[sample("j0(x)", x=(3,))])
def j0(x: Node) -> Node:
    """The Bessel function of the first kind, order 0."""
    return _j(x, params=(0.0,))


@function(GROUP, aliases=("bessel_j1",), samples=[sample("j1(x)", x=(3,))])
def j1(x: Node) -> Node:
    """The Bessel function of the first kind, order 1."""
    return _j(x, params=(1.0,))


@function(GROUP, method=False, samples=[sample("iv(2, x)", x=(3,)), sample("iv(0.5, 1 + square(x))", x=(3,))])
def iv(v: float, x: Node) -> Node:
    """The modified Bessel function of the first kind, of order v."""
    return _i(x, params=(float(v),))


@function(GROUP, method=False, samples=[sample("jv(2, x)", x=(3,)), sample("jv(0.5, 1 + square(x))", x=(3,))])
def jv(v: float, x: Node) -> Node:
    """The Bessel function of the first kind, of order v."""
    return _j(x, params=(float(v),))


# ---- exp(-|x|) times I_0 and I_1 ---------------------------------------------------------------------


def _scaled_bessel(x: Values, order: int, n: int) -> Values:
    """The n-th derivative of exp(-x) I_order(x), order 0 or 1, for positive x; by parity for negative.

    As an integral over a period (DLMF 10.32.1 and 10.32.2), of which the trapezoidal rule converges faster than
    any power; beyond 50 by the asymptotic series 10.40.1.
    """
    from scipy import special

    if not n:
        return np.asarray((special.i1e if order else special.i0e)(x))
    size = np.abs(x)
    with np.errstate(all="ignore"):
        out = np.where(size < 50.0, _by_integral(size, order, n), _by_series(size, order, n))
    return np.sign(x) * out if (order + n) % 2 else out


def _by_integral(x: Values, order: int, n: int) -> Values:
    count = 96  # points of half a period
    total: Values = np.zeros(np.shape(x))
    factor: Values | float
    for j in range(1, count + 1):
        drop = -2.0 * math.sin(0.5 * math.pi * j / count) ** 2  # cos(θ) - 1
        weight = 0.5 if j == count else 1.0
        if not order:
            factor = drop**n
        else:  # x sin(θ)**2 exp(…), n times differentiated
            factor = math.sin(math.pi * j / count) ** 2 * (drop**n * x + n * drop ** (n - 1))
        total = total + weight * factor * np.exp(drop * x)
    return total / count


def _by_series(x: Values, order: int, n: int) -> Values:
    """Each term a_k (-1)**k x**(-k - 1/2) differentiated n times."""
    total: Values = np.zeros(np.shape(x))
    coefficient = 1.0
    for k in range(26):
        rising = math.prod(k + 0.5 + i for i in range(n))
        total = total + coefficient * rising * (1.0 / x) ** (k + n)
        coefficient *= -(4.0 * order - (2 * k + 1) ** 2) / (8.0 * (k + 1))
    return (-1.0) ** n * total / np.sqrt(x) / math.sqrt(2.0 * math.pi)


_scaled: Elementwise = Elementwise(
    "bessel_scaled", _scaled_bessel, (lambda g, out, x, order, n: scale(g, _scaled(x, params=(order, n + 1))),), analytic=False,
    symbolic=lambda S, x, order, n: S.diff(S.exp(-(z := S.Dummy("z", positive=True))) * S.besseli(order, z), z, n).subs(z, S.Abs(x)) * S.sign(x) ** (order + n),
    kink=lambda out, x, order, n: equal(x, x.lift(0.0)), convention="0 at 0 where the slopes are opposite",
)  # fmt: skip


@function(GROUP, samples=[sample("i0e(x)", x=(3,))], convention="0 at 0")
def i0e(x: Node) -> Node:
    """exp(-|x|) * i0(x)."""
    return _scaled(x, params=(0, 0))


@function(GROUP, samples=[sample("i1e(x)", x=(3,))])
def i1e(x: Node) -> Node:
    """exp(-|x|) * i1(x)."""
    return _scaled(x, params=(1, 0))


# ---- sin(πx) / (πx) --------------------------------------------------------------------------------


def _sinc(x: Values, order: int) -> Values:
    """The order-th derivative of sin(z)/z at z = πx.

    By the power series below |z| = order + 1/2, where the recurrence z s_n = sin^(n)(z) - n s_(n-1), from
    Leibniz's rule for z s = sin(z), would cancel; by that recurrence above.
    """
    z = math.pi * x
    near = np.abs(np.real(z)) < order + 0.5
    with np.errstate(all="ignore"):
        return np.where(near, _sinc_series(z, order), _sinc_recurrence(x, order))


def _sinc_series(z: Values, order: int) -> Values:
    total = np.zeros_like(z)
    first = (order + 1) // 2
    for k in reversed(range(first, first + 16 + 2 * order)):
        power = 2 * k - order
        total = total + (-1.0) ** k * z**power / ((2 * k + 1) * math.factorial(power))
    return total


def _sinc_recurrence(x: Values, order: int) -> Values:
    z = math.pi * x
    halves = np.round(
        2.0 * np.real(x)
    )  # the nearest half turns, taken off exactly: π times what is left keeps its digits
    rest = math.pi * (x - 0.5 * halves)
    sine, cosine, quarter = np.sin(rest), np.cos(rest), np.mod(halves, 4.0)

    def turned(n: int) -> Values:
        """The n-th derivative of the sine."""
        at = np.mod(quarter + n, 4.0)
        return np.where(at % 2.0, cosine, sine) * np.where(at < 2.0, 1.0, -1.0)

    out = turned(0) / z
    for n in range(1, order + 1):
        out = (turned(n) - n * out) / z
    return out


_sinc_derivative: Elementwise = Elementwise(
    "sinc", _sinc, (lambda g, out, x, n: scale(g, math.pi * _sinc_derivative(x, params=(n + 1,))),),
    symbolic=lambda S, x, n: S.diff(S.sinc(z := S.Dummy("z", real=True)), z, n).subs(z, S.pi * x),
)  # fmt: skip


@function("trigonometric", samples=[sample("sinc(x)", x=(3,))])
def sinc(x: Node) -> Node:
    """sin(πx) / (πx), and 1 at 0."""
    return _sinc_derivative(x, params=(0,))
