"""Activations, and the products with logarithms that keep their limits.

What is smooth and stable as a composition of operations is one; what would lose digits or its limit at a
special point has a kernel and rules of its own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import Sample, Whole, Word, elementwise, function, sample
from ..node import Node
from ..operation import Elementwise, copied
from .arithmetic import equal, greater, less_equal, logical_and, logical_not, ratio, scale
from .elementary import LN2, exp, expm1, log, log1p, sigmoid, softplus, tanh, within
from .reduction import logsumexp
from .selection import relu, where
from .special import erfc
from .structural import axis_of

GROUP = "activation"


def _log_sum(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.log(np.exp(x) + np.exp(y)) if np.iscomplexobj(x) or np.iscomplexobj(y) else np.logaddexp(x, y)


def _share(g: Node, x: Node, y: Node) -> Node:
    """g times exp(x) / (exp(x) + exp(y)); half where both are the same infinity."""
    same = equal(x, y)
    return scale(g, where(same, x.lift(0.5), sigmoid(x - y)))


logaddexp: Elementwise = elementwise(
    "logaddexp", _log_sum,
    lambda g, out, x, y: _share(g, x, y),
    lambda g, out, x, y: _share(g, y, x),
    doc="log(exp(x) + exp(y)) without overflow.", group="exponential", commutative=True,
    symbolic=lambda S, x, y: S.log(S.exp(x) + S.exp(y)), special=(0.0, 1000.0, -1000.0),
)  # fmt: skip
logit: Elementwise = elementwise(
    "logit", lambda x: np.log(x) - np.log1p(-x),
    lambda g, out, x: ratio(ratio(g, within(x, 0.0, 1.0)), 1.0 - x),
    doc="log(x / (1 - x)), the inverse of sigmoid.", group=GROUP, domain=((0.1, 0.9),), special=(0.5, 0.0, 1.0),
    symbolic=lambda S, x: S.log(x / (1 - x)),
)  # fmt: skip


def _xlogy(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where((x == 0) & ~np.isnan(y), 0.0, x * np.log(y))


xlogy: Elementwise = elementwise(
    "xlogy", _xlogy,
    lambda g, out, x, y: scale(g, log(y)),
    lambda g, out, x, y: scale(g, where(logical_and(equal(x, x.lift(0.0)), logical_not(equal(y, y.lift(0.0)))), x.lift(0.0), x / within(y, 0.0))),
    doc="x * log(y), and 0 where x is 0.", group="exponential", domain=((-2.0, 2.0), (0.2, 3.0)), special=(0.0, 1.0),
    symbolic=lambda S, x, y: x * S.log(y),
)  # fmt: skip


def _xlog1py(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where((x == 0) & ~np.isnan(y), 0.0, x * np.log1p(y))


xlog1py: Elementwise = elementwise(
    "xlog1py", _xlog1py,
    lambda g, out, x, y: scale(g, log1p(y)),
    lambda g, out, x, y: scale(g, where(logical_and(equal(x, x.lift(0.0)), logical_not(equal(y, y.lift(-1.0)))), x.lift(0.0), x / (1.0 + within(y, -1.0)))),
    doc="x * log(1 + y), and 0 where x is 0.", group="exponential", domain=((-2.0, 2.0), (-0.5, 3.0)), special=(0.0, 1.0),
    symbolic=lambda S, x, y: x * S.log(1 + y),
)  # fmt: skip


@function("exponential", samples=[Sample("entr(x)", {"x": ((3,), 0.1, 2.0)})])
def entr(x: Node) -> Node:
    """-x * log(x), 0 at 0 and -inf below: the summand of an entropy."""
    return where(less_equal(x.lift(0.0), x), -xlogy(x, x), x.lift(-math.inf))


@function(GROUP, aliases=("logsigmoid",), samples=[sample("log_sigmoid(x)", x=(3,))])
def log_sigmoid(x: Node) -> Node:
    """log(sigmoid(x)) without underflow."""
    return -softplus(-x)


@function(GROUP, aliases=("swish",), samples=[sample("silu(x)", x=(3,))])
def silu(x: Node) -> Node:
    """x * sigmoid(x)."""
    return x * sigmoid(x)


@function(GROUP, samples=[sample("gelu(x)", x=(3,)), sample("gelu(x, 'tanh')", x=(3,))])
def gelu(x: Node, approximate: Word = "none") -> Node:
    """x times the normal distribution function; with approximate="tanh" its usual approximation."""
    if approximate == "tanh":
        return 0.5 * x * (1.0 + tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * erfc(-x / math.sqrt(2.0))


def _below(x: Node, positive: Node, negative: Node) -> Node:
    return where(greater(x, x.lift(0.0)), positive, negative)


@function(GROUP, samples=[sample("elu(x)", x=(3,)), sample("elu(x, 0.5)", x=(3,))])
def elu(x: Node, alpha: float = 1.0) -> Node:
    """x above 0, alpha * (exp(x) - 1) below."""
    return _below(x, x, alpha * expm1(x))


@function(GROUP, samples=[sample("selu(x)", x=(3,))])
def selu(x: Node) -> Node:
    """elu scaled so that activations keep mean 0 and variance 1 (Klambauer et al. 2017, eq. 2)."""
    return 1.0507009873554805 * _below(x, x, 1.6732632423543772 * expm1(x))


@function(GROUP, samples=[sample("leaky_relu(x)", x=(3,))])
def leaky_relu(x: Node, negative_slope: float = 0.01) -> Node:
    """x above 0, negative_slope * x below; at 0 the derivative with the smaller norm."""
    return relu(x) - negative_slope * relu(-x)


@function(GROUP, samples=[sample("mish(x)", x=(3,))])
def mish(x: Node) -> Node:
    """x * tanh(softplus(x))."""
    return x * tanh(softplus(x))


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
