"""Sums and products with the part that rounding took away, for kernels whose last digits need it.

The error of a rounded sum or product of two floats is itself a float, and can be computed (Dekker 1971; Knuth,
The Art of Computer Programming, volume 2, section 4.2.2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
_SPLIT = 134217729.0  # 2**27 + 1


def two_sum(a: Values, b: Values) -> tuple[Values, Values]:
    """The rounded sum, and what is missing from it."""
    total = a + b
    seen = total - a
    return total, (a - (total - seen)) + (b - seen)


def two_product(a: Values, b: Values) -> tuple[Values, Values]:
    """The rounded product, and what is missing from it; for factors below 1e290 and products above 1e-290 in size."""
    product = a * b
    a_high, b_high = (lambda p, q: (p - (p - a), q - (q - b)))(a * _SPLIT, b * _SPLIT)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def exp_factors(exponent: Values) -> tuple[Values, Values]:
    """Two factors of exp(exponent), the second 1 up to 600.

    A product with the first, then the second, is rounded once where the exponential alone would leave float64.
    """
    first = np.clip(exponent, -600.0, 600.0)
    return np.exp(first), np.exp(exponent - first)


def gauss_factors(x: Values, rate: float) -> tuple[Values, Values, Values]:
    """`exp_factors` of -rate * x**2, and what a third factor has over 1; rate is 1 or 1/2, and may be negative.

    x is split so that the square of its head is exact, and no digit of it is magnified. p times the third factor is
    p + p * excess, which is rounded but once.
    """
    size = np.minimum(np.abs(x), 60.0)  # exp(-60**2 / 2) is 0 with any polynomial
    head = np.round(size * 1024.0) / 1024.0
    tail = size - head
    return *exp_factors(-rate * head * head), np.expm1(-rate * tail * (size + head))


def slope_of_steps(tail: Values) -> Values:
    """tail / (1 + tail)**2 for a tail up to 1, with what rounding takes from 1 + tail."""
    whole = 1.0 + tail
    low = tail - (whole - 1.0)
    return tail / (whole * whole) * (1.0 - 2.0 * low / whole)
