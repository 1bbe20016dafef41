"""Logarithms of sums and shares, and products with logarithms that keep their limits.

What is smooth and stable as a composition of operations is one; what would lose digits or its limit at a
special point has a kernel and rules of its own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import compensated
from ..functions import Whole, elementwise, function, sample
from ..node import Node
from ..operation import Elementwise, First, copied, total_over
from .arithmetic import equal, greater, less, logical_and, over_power, ratio, scale
from .elementary import EXP, LN2, exp, expm1, log, log1p, softplus, within
from .reduction import highest
from .selection import where
from .softmax import shares
from .structural import axis_of

GROUP = "activation"
Values = NDArray[Any]


def _log_sum(x: Values, y: Values) -> Values:
    return np.log(np.exp(x) + np.exp(y)) if np.iscomplexobj(x) or np.iscomplexobj(y) else np.logaddexp(x, y)


def _share(x: Values, y: Values, rate: float) -> Values:
    """1 / (1 + exp(rate * (y - x))), with what rounding takes from x - y; half where both are inf, 0 where both are -inf."""
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return 1.0 / (1.0 + np.exp(rate * (y - x)))
    difference, low = compensated.two_sum(x, -y)
    low = np.where(np.isfinite(difference), np.sign(difference) * low, 0.0)
    far = np.minimum(np.abs(difference), 1e4)
    tail = (np.exp(-far) if rate == 1.0 else np.exp2(-far)) * (1.0 - rate * low)
    even = np.where(x == -np.inf, 0.0, 0.5)
    return np.where(x == y, even, np.where(difference >= 0, 1.0, tail) / (1.0 + tail))


_share_of: Elementwise = Elementwise(
    "share", _share,
    (
        lambda g, out, x, y, rate: scale(g, rate * out * _share_of(y, x, params=(rate,))),
        lambda g, out, x, y, rate: -scale(g, rate * out * _share_of(y, x, params=(rate,))),
    ),
    symbolic=lambda S, x, y, rate: S.exp(_rate(S, rate) * x) / (S.exp(_rate(S, rate) * x) + S.exp(_rate(S, rate) * y)),
)  # fmt: skip
_share_of.__doc__ = "exp(rate * x) / (exp(rate * x) + exp(rate * y)): the slope of logaddexp."


def _rate(S: Any, rate: float) -> Any:
    return S.log(2) if rate == LN2 else S.Rational(rate)


logaddexp: Elementwise = elementwise(
    "logaddexp", _log_sum,
    lambda g, out, x, y: scale(g, _share_of(x, y, params=(1.0,))),
    lambda g, out, x, y: scale(g, _share_of(y, x, params=(1.0,))),
    doc="log(exp(x) + exp(y)) without overflow.", group=EXP, commutative=True,
    symbolic=lambda S, x, y: S.log(S.exp(x) + S.exp(y)), special=(0.0, 1000.0, -1000.0),
)  # fmt: skip
logaddexp2: Elementwise = elementwise(
    "logaddexp2", np.logaddexp2,
    lambda g, out, x, y: scale(g, _share_of(x, y, params=(LN2,))),
    lambda g, out, x, y: scale(g, _share_of(y, x, params=(LN2,))),
    doc="log2(2**x + 2**y) without overflow.", group=EXP, commutative=True, analytic=False,
    symbolic=lambda S, x, y: S.log(2**x + 2**y) / S.log(2), special=(0.0, 1000.0, -1000.0),
)  # fmt: skip


def _logit(x: Values) -> Values:
    near = np.abs(np.real(x) - 0.5) < 0.25  # where the two logarithms would cancel
    return np.where(near, np.log1p((2.0 * x - 1.0) / (1.0 - x)), np.log(x) - np.log1p(-x))


_logit_slope: Elementwise = elementwise(
    "logit_slope", lambda x: 1.0 / x / (1.0 - x), lambda g, out, x: scale(scale(g, out), (2.0 * x - 1.0) * out),
    doc="1 / (x * (1 - x)), the derivative of logit.", group=GROUP, public=False, symbolic=lambda S, x: 1 / (x * (1 - x)),
)  # fmt: skip
logit: Elementwise = elementwise(
    "logit", _logit,
    lambda g, out, x: scale(g, _logit_slope(within(x, 0.0, 1.0))),
    doc="log(x / (1 - x)), the inverse of sigmoid.", group=GROUP, domain=((0.1, 0.9),), special=(0.5, 0.0, 1.0),
    symbolic=lambda S, x: S.log(x / (1 - x)),
)  # fmt: skip


def _xlogy(x: Values, y: Values) -> Values:
    return np.where((x == 0) & ~np.isnan(y), 0.0, x * np.log(y))


xlogy: Elementwise = elementwise(
    "xlogy", _xlogy,
    lambda g, out, x, y: scale(g, log(y)),
    lambda g, out, x, y: scale(g, where(logical_and(equal(x, x.lift(0.0)), less(y, y.lift(0.0))), out, over_power(x, within(y, 0.0), params=(1, True)))),
    doc="x * log(y), and 0 where x is 0.", group=EXP, domain=((-2.0, 2.0), (0.2, 3.0)), special=(0.0, 1.0),
    symbolic=lambda S, x, y: x * S.log(y),
)  # fmt: skip


def _xlog1py(x: Values, y: Values) -> Values:
    return np.where((x == 0) & ~np.isnan(y), 0.0, x * np.log1p(y))


xlog1py: Elementwise = elementwise(
    "xlog1py", _xlog1py,
    lambda g, out, x, y: scale(g, log1p(y)),
    lambda g, out, x, y: scale(g, where(logical_and(equal(x, x.lift(0.0)), less(y, y.lift(-1.0))), out, over_power(x, 1.0 + within(y, -1.0), params=(1, True)))),
    doc="x * log(1 + y), and 0 where x is 0.", group=EXP, domain=((-2.0, 2.0), (-0.5, 3.0)), special=(0.0, 1.0),
    symbolic=lambda S, x, y: x * S.log(1 + y),
)  # fmt: skip


def _entropy(x: Values) -> Values:
    value = np.where(x == 0, 0.0, -x * np.log(x))
    return value if np.iscomplexobj(x) else np.where(x < 0, -np.inf, value)


def _entropy_slope(x: Values) -> Values:
    """-log(e x), where e x is carried to twice the digits: it is near 1 where the slope is near 0."""
    if np.iscomplexobj(x):
        return -1.0 - np.log(x)
    product, low = compensated.two_product(x, np.asarray(math.e))
    low = low + x * 1.4456468917292502e-16  # what float64 lacks of e
    return np.where((x > 0.1) & (x < 1.0), -np.log(product) - low / product, -1.0 - np.log(x))


_entropy_slope_of: Elementwise = elementwise(
    "entropy_slope", _entropy_slope, lambda g, out, x: -ratio(g, within(x, 0.0)),
    doc="-1 - log(x), the derivative of entr.", group=GROUP, public=False, symbolic=lambda S, x: -1 - S.log(x),
)  # fmt: skip
entr: Elementwise = elementwise(
    "entr", _entropy, lambda g, out, x: scale(g, _entropy_slope_of(x)),
    doc="-x * log(x), 0 at 0 and -inf below: the summand of an entropy.", group=EXP,
    domain=((0.1, 2.0),), special=(0.0, 1.0), symbolic=lambda S, x: -x * S.log(x),
)  # fmt: skip


@function(GROUP, aliases=("logsigmoid",), samples=[sample("log_sigmoid(x)", x=(3,))])
def log_sigmoid(x: Node) -> Node:
    """log(sigmoid(x)) without underflow."""
    return -softplus(-x)


# ---- the logarithm of softmax ------------------------------------------------------------------------


def _log_shares(x: Values, axes: tuple[int, ...]) -> Values:
    """log(softmax(x)): the largest element has -log1p of what the others are relative to it, and loses no digit.

    Where elements are inf, the limit: they share all among them.
    """
    (axis,) = axes
    place = np.expand_dims(np.argmax(np.real(x), axis), axis)
    lead = np.take_along_axis(x, place, axis)
    drop = x - lead
    others = np.exp(drop)
    np.put_along_axis(others, place, 0.0, axis)
    out: Values = drop - np.log1p(np.sum(others, axis, keepdims=True))
    infinite = np.isposinf(np.real(x))
    if not infinite.any():
        return out
    count = np.sum(infinite, axis, keepdims=True)
    limit = np.where(infinite, -np.log(count), -np.inf)
    return np.where((count > 0) & ~np.isnan(lead), limit, out)


def _largest(x: Node, axes: tuple[int, ...]) -> tuple[Node, Node]:
    """Which elements are the largest, and how many there are."""
    found = equal(x, copied(highest(x, axes), x.shape, axes))
    return found, copied(total_over(found, axes), x.shape, axes)


def _push_log_shares(t: Node, node: Node, x: Node) -> Node:
    """t less its mean weighted with the shares, after that of the largest element has been taken off all: what is
    left of it by the mean is then a sum of small shares, and not 1 less a share near 1."""
    (axes,) = node.params
    largest, count = _largest(x, axes)
    there = total_over(where(largest, ratio(t, count), t.lift(0.0)), axes)
    moved = t - copied(there, t.shape, axes)
    return moved - copied(total_over(scale(moved, shares(x, params=(axes,))), axes), t.shape, axes)


def _pull_log_shares(g: Node, node: Node, x: Node) -> Node:
    """The transpose: what the other elements get is taken from the largest, for together it is 0."""
    (axes,) = node.params
    largest, count = _largest(x, axes)
    rest = g - scale(copied(total_over(g, axes), g.shape, axes), shares(x, params=(axes,)))
    mean = total_over(where(largest, ratio(rest, count), rest.lift(0.0)), axes)
    others = total_over(where(largest, rest.lift(0.0), rest), axes)
    kept = rest - copied(mean, g.shape, axes) - ratio(copied(others, g.shape, axes), count)
    return where(largest, kept, rest)


def _symbolic_log_shares(S: Any, x: Values, axes: tuple[int, ...]) -> Values:
    raised = np.vectorize(S.exp, otypes=[object])(x)
    return np.asarray(x - np.vectorize(S.log, otypes=[object])(np.sum(raised, axis=axes, keepdims=True)))


log_shares: First = First(
    "log_softmax", _log_shares, lambda shape, axes: shape, symbolic=_symbolic_log_shares,
    push=_push_log_shares, pull=_pull_log_shares,
)  # fmt: skip


@function(GROUP, samples=[sample("log_softmax(x)", x=(4,)), sample("log_softmax(x, 0)", x=(2, 3))])
def log_softmax(x: Node, axis: Whole = -1) -> Node:
    """log(softmax(x)) without underflow."""
    if not x.size:
        return x
    return log_shares(x, params=((axis_of(axis, len(x.shape)),),)) if x.shape else x - x


@function(EXP, samples=[sample("log1mexp(-square(x) - 0.1)", x=(3,))])
def log1mexp(x: Node) -> Node:
    """log(1 - exp(x)) for negative x, exact near 0 and far from it."""
    near = greater(x, x.lift(-LN2))
    return where(near, log(-expm1(x)), log1p(-exp(x)))
