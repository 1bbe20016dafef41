"""The beta function, its logarithm and their derivatives (DLMF 5.12).

beta(x, y) has its first derivative for x in beta * (digamma(x) - digamma(x + y)), where the difference is taken
without cancellation (`special.polygamma_drop`).

Where x + y is below 1/2 and x or y is negative, both factors are written by the reflection formulas (DLMF 5.5.3 and
5.5.4), for at a whole x + y one is 0 and the other has a pole: with G = gamma(x) gamma(y) gamma(1 - x - y) / π,

    beta = G sin(π(x + y)),   turned = π G cos(π(x + y)),   d beta / dx = beta * D(x) + turned,
    d turned / dx = turned * D(x) - π² beta,   D(x) = digamma(x) - digamma(1 - x - y).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import elementwise
from ..node import Node
from ..operation import Elementwise
from .arithmetic import less, logical_and, logical_or, scale
from .selection import where
from .special import (
    GROUP,
    digamma,
    digamma_drop,
    dropped,
    polygamma,
    polygamma_drop,
    polygamma_kernel,
    scipy_kernel,
)

Values = NDArray[Any]


# ---- by reflection ---------------------------------------------------------------------------------


def _reflects(x: Values, y: Values) -> Values:
    """Where the reflected formulas serve: not at the poles of beta, where x or y is itself a whole number up to 0."""
    low, high = np.minimum(x, y), np.maximum(x, y)
    poles = (low == np.round(low)) | (high <= 0) & (high == np.round(high))
    return (low < 0) & (x + y < 0.5) & np.isfinite(x + y) & ~poles


def _reflecting(x: Node, y: Node) -> Node:
    """The same in a graph, poles included, where no derivative of beta is a number."""
    zero = x.lift(0.0)
    return logical_and(logical_or(less(x, zero), less(y, zero)), less(x + y, x.lift(0.5)))


def _turned_kernel(x: Values, y: Values) -> Values:
    """π G cos(π(x + y)) by G = beta(p, 1 - x - y) / sin(πq), p the larger of x and y and q the other, so that no gamma
    leaves float64; NaN where nothing is reflected."""
    regular = _reflects(x, y)
    p, q = np.maximum(x, y), np.minimum(x, y)
    turn = q - np.round(q)  # exact, so that no digit of q is lost to π
    sine = np.sin(math.pi * turn) * np.where(np.round(q) % 2, -1.0, 1.0)
    total = p + q
    cosine = np.cos(math.pi * (total - 2.0 * np.round(total / 2.0)))
    return np.where(regular, math.pi * cosine * scipy_kernel("beta")(p, 1.0 - total) / sine, np.nan)


def _fall(x: Node, y: Node) -> Node:
    """digamma(x) - digamma(1 - x - y): the logarithmic derivative of G for x."""
    return digamma(x) - digamma(1.0 - (x + y))


_turned: Elementwise = elementwise(
    "beta_turned", _turned_kernel,
    lambda g, out, x, y: scale(g, out * _fall(x, y) - math.pi**2 * beta(x, y)),
    lambda g, out, x, y: scale(g, out * _fall(y, x) - math.pi**2 * beta(x, y)),
    doc="π beta(x, y) / tan(π(x + y)) below x + y = 1/2, and its limit where x + y is a whole number.",
    group=GROUP, public=False, analytic=False,
    symbolic=lambda S, x, y: S.gamma(x) * S.gamma(y) * S.gamma(1 - x - y) * S.cos(S.pi * (x + y)),
)  # fmt: skip


def _reflected_fall(x: Values, y: Values) -> Values:
    return np.asarray(digamma.kernel(x) - digamma.kernel(1.0 - (x + y)))


def _slope_kernel(x: Values, y: Values) -> Values:
    value = scipy_kernel("beta")(x, y)
    reflected = value * _reflected_fall(x, y) + _turned_kernel(x, y)
    return np.where(_reflects(x, y), reflected, value * polygamma_drop(x, y, 0))


def _slope_rule(g: Node, out: Node, x: Node, y: Node) -> Node:
    """For x, by the product rule on either form of the slope."""
    value, turned, fall = beta(x, y), _turned(x, y), _fall(x, y)
    bent = polygamma(1, x) + polygamma(1, 1.0 - (x + y)) - math.pi**2
    reflected = value * bent + (out + turned) * fall
    plain = out * digamma_drop(x, y) + value * dropped(x, y, params=(1,))
    return scale(g, where(_reflecting(x, y), reflected, plain))


def _reflected_mixed(x: Values, y: Values) -> Values:
    """d/dy of beta * D(x) + turned."""
    value, turned = scipy_kernel("beta")(x, y), _turned_kernel(x, y)
    left, right = _reflected_fall(x, y), _reflected_fall(y, x)
    end = polygamma_kernel(1.0 - (x + y), 1)
    return value * (end - math.pi**2 + left * right) + turned * (left + right)


# ---- both positive ---------------------------------------------------------------------------------


@cache
def _gauss() -> tuple[list[float], list[float]]:
    """Gauss's nodes and weights for an integral from 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    return (0.5 + 0.5 * nodes).tolist(), (0.5 * weights).tolist()


def _mean_of(n: int, start: Values, length: Values, weighted: bool) -> Values:
    """The integral of polygamma(n, start + s * length) ds, or of s times that, over s from 0 to 1, by Gauss's rule:
    the poles are further from it than it is long where length is less than start."""
    total = np.zeros(np.broadcast_shapes(np.shape(start), np.shape(length)))
    for node, weight in zip(*_gauss(), strict=True):
        total = total + weight * (node if weighted else 1.0) * polygamma_kernel(start + node * length, n)
    return total


def _beta_half(x: Values, y: Values, trigamma: Values) -> tuple[Values, Values]:
    """For positive x and y: the mean of trigamma from 1 + y to 1 + x + y, and how far it is above its value at the
    end, trigamma, for each unit of x."""
    short = x < 1.0 + y
    mean = np.where(short, _mean_of(1, 1.0 + y, x, False), -polygamma_drop(1.0 + y, x, 0) / x)
    return mean, np.where(short, -_mean_of(2, 1.0 + y, x, True), (mean - trigamma) / x)


def _beta_mixed_kernel(x: Values, y: Values) -> Values:
    """The mixed second derivative of beta.

    Where x and y are positive, with beta = (1/x + 1/y) G it is G times a sum of positive terms, and nothing
    cancels, however small x is; there the two terms of the plain formula are equal to the last digit.
    """
    drops = polygamma_drop(x, y, 0) * polygamma_drop(y, x, 0)
    value = scipy_kernel("beta")(x, y)
    plain = value * (drops - polygamma_kernel(x + y, 1))
    regular = (x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)
    end = polygamma_kernel(1.0 + x + y, 1)
    over_x, rise_x = _beta_half(x, y, end)
    over_y, rise_y = _beta_half(y, x, end)
    whole = np.where(np.isinf(value), 1.0, value * (np.maximum(x, y) / (x + y)) * np.minimum(x, y))
    mixed = np.where(regular, whole * ((x + y) * over_x * over_y + rise_x + rise_y), plain)
    return np.where(_reflects(x, y), _reflected_mixed(x, y), mixed)


def _beta_mixed_rule(g: Node, out: Node, x: Node, y: Node) -> Node:
    """For x; the product rule on beta * (drop(x, y) * drop(y, x) - trigamma(x + y)), or on its reflected form."""
    left, right = digamma_drop(x, y), digamma_drop(y, x)
    ends = polygamma(1, x + y)
    moved = dropped(x, y, params=(1,)) * right - left * ends - polygamma(2, x + y)
    plain = out * left + beta(x, y) * moved
    return scale(g, where(_reflecting(x, y), _reflected_mixed_slope(x, y), plain))


def _reflected_mixed_slope(x: Node, y: Node) -> Node:
    """The derivative for x of `_reflected_mixed`."""
    value, turned, rest = beta(x, y), _turned(x, y), 1.0 - (x + y)
    left, right, end = _fall(x, y), _fall(y, x), polygamma(1, rest)
    moved_left, moved_right = polygamma(1, x) + end, end
    first = value * left + turned
    by_value = end - math.pi**2 + left * right
    moved = moved_left * right + left * moved_right - polygamma(2, rest)
    turning = (turned * left - math.pi**2 * value) * (left + right) + turned * (moved_left + moved_right)
    return first * by_value + value * moved + turning


_beta_mixed: Elementwise = Elementwise(
    "beta_mixed", _beta_mixed_kernel,
    (_beta_mixed_rule, lambda g, out, x, y: _beta_mixed_rule(g, out, y, x)), analytic=False,
    symbolic=lambda S, x, y: S.gamma(x) * S.gamma(y) / S.gamma(x + y)
    * ((S.digamma(x) - S.digamma(x + y)) * (S.digamma(y) - S.digamma(x + y)) - S.polygamma(1, x + y)),
)  # fmt: skip
_beta_slope: Elementwise = Elementwise(
    "beta_slope", _slope_kernel, (_slope_rule, lambda g, out, x, y: scale(g, _beta_mixed(x, y))), analytic=False,
    symbolic=lambda S, x, y: S.gamma(x) * S.gamma(y) / S.gamma(x + y) * (S.digamma(x) - S.digamma(x + y)),
)  # fmt: skip
_beta_slope.__doc__ = "The derivative of beta for x."
beta: Elementwise = elementwise(
    "beta", scipy_kernel("beta"),
    lambda g, out, x, y: scale(g, _beta_slope(x, y)),
    lambda g, out, x, y: scale(g, _beta_slope(y, x)),
    doc="gamma(x) gamma(y) / gamma(x + y).", group=GROUP, domain=((0.5, 3.0), (0.5, 3.0)), special=(1.0,), analytic=False,
    symbolic=lambda S, x, y: S.gamma(x) * S.gamma(y) / S.gamma(x + y), commutative=True,
)  # fmt: skip
betaln: Elementwise = elementwise(
    "betaln", scipy_kernel("betaln"),
    lambda g, out, x, y: scale(g, digamma_drop(x, y)),
    lambda g, out, x, y: scale(g, digamma_drop(y, x)),
    doc="log |beta(x, y)|.", group=GROUP, domain=((0.5, 3.0), (0.5, 3.0)), special=(1.0,), analytic=False,
    symbolic=lambda S, x, y: S.loggamma(x) + S.loggamma(y) - S.loggamma(x + y), commutative=True,
)  # fmt: skip
