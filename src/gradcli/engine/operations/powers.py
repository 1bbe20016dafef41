"""Powers: constant ones, and those whose exponent moves.

A derivative of x**y is a power again, of an exponent that is one less: what rounding takes from it costs as many digits
as log(x) is large, and is carried along.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import elementwise
from ..node import Node
from ..operation import Elementwise
from ..zeros import multiplied
from .arithmetic import GROUP, equal, scale, square
from .selection import where

NDArrayAny = NDArray[Any]


def _less_one(exponent: float, residual: float = 0.0) -> tuple[float, float]:
    """exponent + residual - 1, as a float and what rounding took from it."""
    less = exponent - 1.0
    seen = less - exponent
    return less, (exponent - (less - seen)) + (-1.0 - seen) + residual


def _corrected(power_: NDArrayAny, x: NDArrayAny, residual: Any) -> NDArrayAny:
    """x**(y + residual) from x**y: a rounded exponent costs as many digits as log(x) is large, and below 0 a sign, or
    all where it is not whole."""
    below = (np.real(x) < 0) & (residual != 0)
    logarithm = np.log(np.where(np.real(x) > 0, x, np.where(below, -x, 1.0)))
    better = power_ * (1.0 + residual * np.where(np.isfinite(logarithm), logarithm, 0.0))
    better = np.where(np.isfinite(power_), better, power_)
    if not below.any():
        return better
    turned = np.where(residual % 2.0 == 1.0, -better, np.where(residual % 1.0 == 0.0, better, np.nan))
    return np.where(below, turned, better)


def _fourth(x: NDArrayAny) -> NDArrayAny:
    twice = x * x
    return twice * twice


_BY_HAND: dict[float, Callable[[NDArrayAny], NDArrayAny]] = {
    -3.0: lambda x: 1.0 / x / x / x,
    -2.0: lambda x: 1.0 / x / x,
    -1.0: lambda x: 1.0 / x,
    -0.5: lambda x: 1.0 / np.sqrt(x + 0.0),  # the root of -0.0 is 0.0 then
    0.5: lambda x: np.sqrt(x + 0.0),
    3.0: lambda x: x * x * x,
    4.0: _fourth,
}
"""Powers that a few products give within 2 ulp, in a small part of the time of the general power. Beyond these a product
would lose more digits, or its parts leave float64 before it does."""


def _constant_power(x: NDArrayAny, exponent: float, residual: float = 0.0) -> NDArrayAny:
    by_hand = _BY_HAND.get(exponent)
    if by_hand is not None and not residual and x.dtype == np.float64:
        return by_hand(x)
    out = np.power(x, exponent)
    return _corrected(out, x, residual) if residual else out


def _power_rule(g: Node, out: Node, x: Node, exponent: float, residual: float = 0.0) -> Node | None:
    if exponent == 0.0:
        return None
    return scale(g, (exponent + residual) * power_of(x, *_less_one(exponent, residual)))


def power_of(x: Node, exponent: float, residual: float = 0.0) -> Node:
    """x to a constant power; the first few are what they are by hand, so that x**2.0 has a third derivative 0 at 0.

    residual is what rounding took from the exponent.
    """
    if residual:
        return constant_power(x, params=(exponent, residual))
    if math.isinf(exponent):  # to which no rule for a number applies
        return power(x, x.lift(exponent))
    if exponent == 0.0:
        return x.lift(1.0) if not x.shape else constant_power(x, params=(0.0,))
    if exponent == 1.0:
        return x
    return square(x) if exponent == 2.0 else constant_power(x, params=(exponent,))


def _rational(S: Any, exponent: float, residual: float = 0.0) -> Any:
    return S.Rational(exponent) + S.Rational(residual)


constant_power: Elementwise = Elementwise(
    "constant_power", _constant_power, (_power_rule,),
    symbolic=lambda S, x, *exponent: x ** _rational(S, *exponent),
)  # fmt: skip


def _vanishing(a: NDArrayAny, b: NDArrayAny) -> NDArrayAny:
    product = a * b
    return np.where((a == 0) & (product != product), 0.0, product)


def _vanishing_rule(g: Node, out: Node, a: Node, b: Node) -> Node:
    return where(equal(a, a.lift(0.0)), g.lift(0.0), scale(g, a))


vanishing: Elementwise = elementwise(
    "vanishing", _vanishing, lambda g, out, a, b: scale(g, b), _vanishing_rule,
    doc="The product a * b, with the limit 0 where a is 0.", group=GROUP, public=False, symbolic="Mul",
    traced=multiplied(_vanishing, either=False),
)  # fmt: skip


def _lowered(x: NDArrayAny, y: NDArrayAny, k: int, factor: Any = 1.0) -> NDArrayAny:
    """x**(y - k) * factor, where y - k is rounded; a zero power wins."""
    lower = y - k
    seen = lower - y
    residual = (y - (lower - seen)) + (-k - seen)
    power_ = np.power(x, lower)
    product = _vanishing(_corrected(power_, x, residual), factor)
    if np.iscomplexobj(power_):
        return product
    size = np.abs(power_)
    lost = ((size < 1e-290) | np.isinf(size)) & (np.real(x) > 0)
    if not np.any(lost):
        return product
    # the power alone leaves float64, or comes close, where the product may not
    root = np.power(x, 0.5 * lower)
    apart = _corrected(root, x, residual) * factor * root
    return np.where(lost & np.isfinite(apart), apart, product)


def _falling_polynomial(k: int) -> NDArrayAny:
    """The coefficients of y (y - 1) … (y - k + 1), the highest first."""
    return np.poly(np.arange(float(k)))


def _falling(y: NDArrayAny, k: int, times: int) -> NDArrayAny:
    """That polynomial's derivative; the polynomial itself as a product, which is 0 where a factor is."""
    if times:
        return np.asarray(np.polyval(np.polyder(_falling_polynomial(k), times), y))
    out = np.ones_like(y)
    for i in range(k):
        out = out * (y - i)
    return out


def _power_slope(x: NDArrayAny, y: NDArrayAny, k: int, n: int) -> NDArrayAny:
    """The derivative of x**y, k times for x and n times for y.

    By Leibniz's rule it is x**(y - k) times a polynomial in log(x), with derivatives of y (y - 1) … (y - k + 1) as
    coefficients: all in one piece, as its terms may be infinite with opposite signs, and with a limit of 0 where a
    factor is 0.
    """
    factor = _falling(y, k, 0)
    vanishes = np.zeros(np.shape(factor), dtype=bool) if n else factor == 0
    if n:
        logarithm = np.log(x)
        for j in range(1, n + 1):
            term = math.comb(n, j) * _falling(y, k, j) if j <= k else 0.0
            factor = _vanishing(factor, logarithm) + term
    out = _lowered(x, y, k, factor)
    out = np.where(vanishes, np.where(np.isnan(x), x, 0.0), out)
    far = np.isinf(y)
    if np.any(far) and not np.iscomplexobj(out):
        out = np.where(far, _power_slope_far(x, y, k, n), out)
    return out


def _power_slope_far(x: NDArrayAny, y: NDArrayAny, k: int, n: int) -> NDArrayAny:
    """Its limit for y to ±inf, where x stays: the power outruns the polynomial in y, and at x = 1 leaves it alone.

    Below 0, where whole y alone give a power, it goes to 0 or has no limit, as the sign goes to and fro.
    """
    size, side = np.abs(x), np.sign(y)
    rising = side**k * np.where(size > 1.0, 1.0, (-1.0) ** n) * np.inf
    alone = math.perm(k, n) * (1.0 if k == n else side ** (k - n) * np.inf) if k >= n else 0.0
    out = np.where((size > 1.0) == (side > 0.0), np.where(x < 0, np.nan, rising), 0.0)
    out = np.where(x == 1.0, alone, out)
    return np.where(np.isnan(x) | (x == -1.0) | ((x < 0) & (n > 0)), np.nan, out)


# what differentiating x**y gives
_power_slope_of: Elementwise = Elementwise(
    "power_slope", _power_slope,
    (
        lambda g, out, x, y, k, n: scale(g, _power_slope_of(x, y, params=(k + 1, n))),
        lambda g, out, x, y, k, n: scale(g, _power_slope_of(x, y, params=(k, n + 1))),
    ),
    symbolic=lambda S, x, y, k, n: _symbolic_power_slope(S, x, y, k, n),
)  # fmt: skip


def _symbolic_power_slope(S: Any, x: Any, y: Any, k: int, n: int) -> Any:
    z = S.Dummy("z")
    return S.diff(S.expand_func(S.ff(z, k)) * x ** (z - k), z, n).subs(z, y)


power: Elementwise = elementwise(
    "power", np.power,
    lambda g, out, x, y: scale(g, _power_slope_of(x, y, params=(1, 0))),
    lambda g, out, x, y: scale(g, _power_slope_of(x, y, params=(0, 1))),
    doc="x to the power y: NaN for a negative x and a y that is not whole.", group=GROUP, aliases=("pow", "float_power"),
    domain=((0.3, 2.0), (-2.0, 2.0)), symbolic="Pow",
)  # fmt: skip
