"""The beta function, its logarithm and their derivatives (DLMF 5.12).

beta(x, y) has its first derivative for x in beta * (digamma(x) - digamma(x + y)), where the difference is taken
without cancellation (`special.polygamma_drop`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import elementwise
from ..node import Node
from ..operation import Elementwise
from .arithmetic import scale
from .special import GROUP, digamma_drop, dropped, polygamma, polygamma_drop, polygamma_kernel, scipy_kernel

Values = NDArray[Any]


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
    near = np.where(short, x, 0.0)
    far = np.where(short, 1.0, x)
    mean = np.where(short, _mean_of(1, 1.0 + y, near, False), -polygamma_drop(1.0 + y, far, 0) / far)
    return mean, np.where(short, -_mean_of(2, 1.0 + y, near, True), (mean - trigamma) / far)


def _beta_mixed_kernel(x: Values, y: Values) -> Values:
    """The mixed second derivative of beta.

    Where x and y are positive, with beta = (1/x + 1/y) G it is G times a sum of positive terms, and nothing
    cancels, however small x is; there the two terms of the plain formula are equal to the last digit.
    """
    drops = polygamma_drop(x, y, 0) * polygamma_drop(y, x, 0)
    value = scipy_kernel("beta")(x, y)
    plain = value * (drops - polygamma_kernel(x + y, 1))
    regular = (x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)
    a, b = np.where(regular, x, 1.0), np.where(regular, y, 1.0)
    end = polygamma_kernel(1.0 + a + b, 1)
    over_x, rise_x = _beta_half(a, b, end)
    over_y, rise_y = _beta_half(b, a, end)
    whole = np.where(np.isinf(value), 1.0, value * (np.maximum(a, b) / (a + b)) * np.minimum(a, b))
    return np.where(regular, whole * ((a + b) * over_x * over_y + rise_x + rise_y), plain)


def _beta_mixed_rule(g: Node, out: Node, x: Node, y: Node) -> Node:
    """For x; the product rule on beta * (drop(x, y) * drop(y, x) - trigamma(x + y))."""
    left, right = digamma_drop(x, y), digamma_drop(y, x)
    ends = polygamma(1, x + y)
    moved = dropped(x, y, params=(1,)) * right - left * ends - polygamma(2, x + y)
    return scale(g, out * left + beta(x, y) * moved)


_beta_mixed: Elementwise = Elementwise(
    "beta_mixed", _beta_mixed_kernel,
    (_beta_mixed_rule, lambda g, out, x, y: _beta_mixed_rule(g, out, y, x)), analytic=False,
    symbolic=lambda S, x, y: S.gamma(x) * S.gamma(y) / S.gamma(x + y)
    * ((S.digamma(x) - S.digamma(x + y)) * (S.digamma(y) - S.digamma(x + y)) - S.polygamma(1, x + y)),
)  # fmt: skip


def _beta_slope_kernel(x: Values, y: Values) -> Values:
    """The derivative of beta for x. Where x + y is 0 or a negative whole number -n, beta is 0 and digamma has a pole:
    their product goes to -(-1)**n n!, as digamma / gamma does there (DLMF 5.2.1, 5.7.6)."""
    plain = scipy_kernel("beta")(x, y) * polygamma_drop(x, y, 0)
    order = -(x + y)
    pole = (order >= 0) & (order == np.floor(order)) & np.isfinite(order)
    if not np.any(pole):
        return plain
    gamma = scipy_kernel("gamma")
    n = np.where(pole, order, 0.0)
    limit = np.where(n % 2 == 0, 1.0, -1.0) * gamma(n + 1.0) * gamma(x) * gamma(y)
    return np.where(pole & np.isfinite(limit), limit, plain)


_beta_slope: Elementwise = Elementwise(
    "beta_slope", _beta_slope_kernel,
    (
        lambda g, out, x, y: scale(g, out * digamma_drop(x, y) + beta(x, y) * dropped(x, y, params=(1,))),
        lambda g, out, x, y: scale(g, _beta_mixed(x, y)),
    ),
    analytic=False,
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
