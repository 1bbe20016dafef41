"""What a function and its derivatives are at the special points of float64, worked out by mpmath.

A derivative at a point is the limit of the derivatives around it. Where the limits from the two sides
are different numbers, the point is a kink, and the answer is the element of the interval between them
that is nearest to 0. Where they are infinite and different, the sign of a zero says from which side it is
approached. Where the function is defined on one side only, that side counts. Where there is no limit,
there is no derivative: NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp, mpf

nan, inf = math.nan, math.inf
Scalar = Callable[[Any], Any]
DIGITS = 60

TINY, SMALL, LARGE = 5e-324, 1e-200, 1e200
POINTS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    40.0,
    -40.0,
    TINY,
    -TINY,
    SMALL,
    -SMALL,
    LARGE,
    -LARGE,
    inf,
    -inf,
    nan,
)
"""Zeros, ones, ordinary and saturating numbers, the smallest, and those whose squares over- and underflow."""
SPARE = 330
"""Digits below 1 that a reference must still see: float64 ends at 1e-324."""
FAR = (20, 45, 90, 140, 180)
"""Limits are looked at this many powers of ten away: at infinity, and near a point."""


def _real(value: Any) -> Any:
    """value as a real number: NaN where it is complex or has none."""
    if isinstance(value, mp.mpc):
        return value.real if value.imag == 0 else mp.nan
    return mpf(value)


def _at(f: Scalar, x: Any) -> Any:
    try:
        return _real(f(x))
    except (ZeroDivisionError, ValueError, OverflowError):
        return mp.nan


class Sight(NamedTuple):
    """How small a number is still seen, in digits below 1, and how far away limits are looked at."""

    spare: int = SPARE
    far: tuple[int, ...] = FAR


WHOLE = Sight()
NEAR = Sight(40, (8, 12, 16, 20, 24))
"""For functions that mpmath takes long over, at points where nothing is tiny."""


def derivative(f: Scalar, x: Any, order: int, sight: Sight = WHOLE) -> Any:
    """f's derivative of an order at a number where it is smooth, by differences far below its scale.

    The step is 1e-25 of x or of 1, whichever is less; there are digits enough that what is left of
    rounding is beyond float64.
    """
    exponent = int(mp.log10(abs(x))) if x else 0
    step_digits = 25 + max(0, -exponent)
    digits = sight.spare + DIGITS + order * step_digits + 3 * max(0, exponent)
    with mp.workdps(digits):
        h = mpf(10) ** -step_digits
        if order == 0:
            return +_at(f, x)
        total = mpf(0)
        for k in range(order + 1):
            total += (-1) ** k * math.comb(order, k) * _at(f, x + (mpf(order) / 2 - k) * h)
        return total / h**order


def _limit(values: Sequence[Any]) -> Any:
    """Where a sequence goes whose members are taken ever nearer to a point: a number, infinity, or NaN."""
    if any(mp.isnan(value) for value in values):
        return mp.nan
    first, *_, second, third = values
    if mp.isinf(third):
        return third
    if abs(second - third) <= mpf(10) ** -12 * abs(third) or abs(third) < mpf(10) ** -SPARE:
        return third
    sizes = [abs(value) for value in values]
    if sizes == sorted(sizes, reverse=True) and third < mpf(10) ** -6:
        return mpf(0)
    if len({int(mp.sign(value)) for value in values}) == 1 and sizes == sorted(sizes) and third / first > 3:
        return mp.sign(third) * mp.inf
    return third if abs(second - third) < mpf(10) ** -15 else mp.nan


def approached(f: Scalar, x: float, side: int, order: int, sight: Sight = WHOLE) -> Any:
    """The limit of f's derivative where its argument goes to x from above (1) or from below (-1)."""
    with mp.workdps(sight.spare + DIGITS):
        if math.isinf(x):
            places = [mp.sign(x) * (mpf(10) ** far + mpf(3) / 8) for far in sight.far]
            return _limit([derivative(f, place, order, sight) for place in places])
        unit = abs(mpf(x)) or mpf(1)
        return _limit([_near(f, mpf(x), side * unit * mpf(10) ** -far, order, sight) for far in sight.far])


def _near(f: Scalar, x: Any, offset: Any, order: int, sight: Sight) -> Any:
    """The derivative at x + offset, with a step far below the offset."""
    if x == 0:
        return derivative(f, offset, order, sight)
    small = int(-mp.log10(abs(offset))) + 25
    with mp.workdps(sight.spare + DIGITS + order * small + 200):
        h = mpf(10) ** -small
        values = [
            (-1) ** k * math.comb(order, k) * _at(f, x + offset + (mpf(order) / 2 - k) * h) for k in range(order + 1)
        ]
        return mp.fsum(values) / h**order


def nearest_to_zero(left: Any, right: Any) -> Any:
    """The least-norm element of the interval between two one-sided slopes."""
    if left * right <= 0:
        return mpf(0)
    return min(left, right, key=abs)


def expected(f: Scalar, x: float, order: int, sight: Sight = WHOLE) -> float:
    """The derivative of an order (0: the value) that gradcli is to give at x."""
    if math.isnan(x):
        return _of_nan(f, order)
    if math.isinf(x):
        return float(approached(f, x, 1, order, sight))
    if 0.0 < abs(x) < 1e-16 or abs(x) > 1e16:
        with mp.workdps(sight.spare + DIGITS):
            return float(derivative(f, mpf(x), order, sight))
    right, left = approached(f, x, 1, order, sight), approached(f, x, -1, order, sight)
    if order == 0 and not mp.isnan(here := _at(f, mpf(x))):
        return float(here)
    if mp.isnan(left) or mp.isnan(right):  # the end of a domain, or nothing
        return float(right if mp.isnan(left) else left)
    if left == right:
        return float(right)
    if mp.isinf(left) or mp.isinf(right):
        if x == 0:
            return float(right if math.copysign(1.0, x) > 0 else left)
        return nan
    if abs(left - right) <= mpf(10) ** -12 * abs(left) + mpf(10) ** -15:
        return float(right)
    return float(nearest_to_zero(left, right))


def _of_nan(f: Scalar, order: int) -> float:
    """NaN, unless the derivative is one number wherever it exists."""
    if order == 0:
        return nan
    seen = {
        float(mp.chop(derivative(f, mpf(x), order), mpf(10) ** -100)) for x in (-7.3, -0.6, 0.2, 0.3, 0.8, 1.4, 8.2)
    }
    seen = {value for value in seen if not math.isnan(value)}
    return seen.pop() if len(seen) == 1 else nan


def agrees(found: Any, wanted: Any, tolerance: float = 1e-9) -> bool:
    """Whether two arrays agree: NaN with NaN, inf with inf of its sign, numbers to a relative tolerance."""
    return bool(np.allclose(found, wanted, rtol=tolerance, atol=1e-318, equal_nan=True))
