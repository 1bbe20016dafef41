"""Rectifiers and other activations that bend."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import compensated
from ..functions import elementwise, function, sample
from ..node import Node
from ..operation import Elementwise
from .arithmetic import equal, greater, less, logical_and, scale, square
from .elementary import expm1, tanh
from .selection import clip_between, where

GROUP = "activation"
Values = NDArray[Any]


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


def _softsign_of(x: Values, n: int) -> Values:
    """The n-th derivative of softsign. That of an even order jumps at 0, and is 0 there."""
    size = math.factorial(n) / (1.0 + np.abs(x)) ** (n + 1)
    return size if n % 2 else -np.sign(x) * size


_softsign_nth: Elementwise = Elementwise(
    "softsign_nth", _softsign_of, (lambda g, out, x, n: scale(g, _softsign_nth(x, params=(n + 1,))),), analytic=False,
    symbolic=lambda S, x, n: (-1) ** (n + 1) * S.sign(x) ** ((n + 1) % 2) * S.factorial(n) / (1 + S.Abs(x)) ** (n + 1),
    kink=lambda out, x, n: logical_and(equal(x, x.lift(0.0)), x.lift(float(n % 2))), convention="0 at 0",
)  # fmt: skip
_softsign_slope: Elementwise = elementwise(
    "softsign_slope", _softsign_slope_kernel,
    lambda g, out, x: scale(g, _softsign_nth(x, params=(2,))),
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
    square_ = x * x
    fraction = np.ones_like(square_)
    for odd in range(21, 1, -2):
        fraction = square_ / (odd + fraction)
    return np.where(near, x * fraction / (1.0 + fraction), x - np.tanh(x))


tanhshrink: Elementwise = elementwise(
    "tanhshrink", _tanhshrink, lambda g, out, x: scale(g, square(tanh(x))),
    doc="x - tanh(x), exact for small x.", group=GROUP, symbolic=lambda S, x: x - S.tanh(x),
)  # fmt: skip
