"""Lengths of order p, the p-th root of the sum of |x|**p, for any p but 0 and 1, and how they move.

With u = |x| / norm(x), the gradient is s = sign(x) u**(p - 1), and the Hessian (p - 1) / norm(x) times
diag(u**(p - 2)) - s s'. The norm is homogeneous: its n-th derivative at c x is c**(1 - n) times that at x. So all is
computed of x in units of the element that counts most, the largest for p > 0 and the smallest for p < 0, and nothing
leaves float64 that the result does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..node import Node
from ..operation import Cotangents, First, General, Operation, Reduction, broadcast_to, copied, plus, total_over
from ..zeros import Blank
from .arithmetic import absolute, equal, isinf, logical_and, not_equal, ratio, scale, scale_either, sign
from .lengths import bending, euclidean, in_units, largest_of, moved_within, parts_along, unit_of
from .powers import power_of, vanishing
from .reduction import highest, lowest
from .rounding import copysign
from .selection import where

Values = NDArray[Any]
Axes = tuple[int, ...]
_TINY = 1e-290
"""A quotient below which may have lost digits, or all."""


def _named(kind: str, p: float) -> str:
    return f"{kind}_{repr(p).removesuffix('.0')}"


# ---- kernels -------------------------------------------------------------------------------------------


class _Shares:
    """|x| as shares of its p-norm, which is root * unit; all with the reduced axes as size 1."""

    def __init__(self, p: float, x: Values, axes: Axes) -> None:
        self.p, self.x, self.axes = p, x, axes
        self.unit = in_units(x, axes, smallest=p < 0)
        self.scaled = np.abs(x) / self.unit
        self.root = np.sum(self.scaled**p, axis=axes, keepdims=True) ** (1.0 / p)
        self.share = self.scaled / self.root
        self.endless = np.isinf(self.root)
        if self.endless.any():  # one infinite element is all of the norm; of several each share is a limit
            far = np.isinf(x)
            self.alone = self.endless & (np.sum(far, axis=axes, keepdims=True) == 1)
            self.share = np.where(far & self.alone, 1.0, self.share)

    def power(self, exponent: float, over_unit: bool = False) -> Values:
        """The shares to a power, or where they are next to nothing that over the unit. A quotient that leaves float64 is
        taken apart into its exponent and the rest."""
        out = self.share**exponent
        lost = (self.share < _TINY) | np.isinf(self.share)
        if not lost.any() or not (lost := lost & (self.x != 0) & np.isfinite(self.x) & ~self.endless).any():
            return out
        (part, high), (_, low) = np.frexp(np.abs(self.x)), np.frexp(self.unit)
        raised = exponent * (high - (low - 1)) - over_unit * (low - 1)
        whole = np.floor(raised)
        apart = np.ldexp((part / self.root) ** exponent * np.exp2(raised - whole), whole.astype(np.intp))
        return np.where(lost, apart, out)

    def slopes(self) -> Values:
        """The gradient. Below p = 1 it is infinite at an element 0, whose sign says from which side."""
        signed = np.copysign(self.power(self.p - 1.0), self.x)
        return signed if self.root.all() else np.where(self.root == 0, 0.0, signed)


def _across(of: _Shares, t: Values, slopes: Values, blank: Blank) -> tuple[Values, Values]:
    """(diag(u**(p - 2)) - s s') t, and t as it enters: without what is along x and as large as that at the element that
    counts most, where nothing is left then."""
    if of.p > 0.0:
        rest = moved_within(of.x, t, of.axes)
        turned = vanishing.kernel(rest, of.power(of.p - 2.0))
        along = np.where(blank & (rest == 0), 0.0, rest * slopes)  # slopes may be infinite
    else:  # relative to x, whose other elements may be beyond float64 in units of the smallest
        size = np.abs(of.x)
        top = np.min(size, axis=of.axes, keepdims=True)
        there, alone = largest_of(size == top, t * np.sign(of.x), of.axes)
        rest = np.where(alone, 0.0, t * np.sign(of.x) * (top / size) - there)
        rest = rest * np.where(of.endless, 1.0, of.root * of.unit / top)
        turned, along = np.abs(slopes) * rest * np.sign(of.x), of.power(of.p) * rest
    across = turned - np.sum(along, axis=of.axes, keepdims=True) * slopes
    if 0.0 < of.p < 1.0:  # both are infinite at an element 0, the first more so
        whole = np.sum(np.where(of.x == 0, 0.0, slopes * t), axis=of.axes, keepdims=True)
        across = np.where(of.x == 0, np.where(rest != 0, turned, -vanishing.kernel(whole, slopes)), across)
    return across, rest


def _bent_far(p: float, x: Values, rest: Values) -> Values:
    """The Hessian's limit as one element goes to infinity: it is that of |x|**(p - 2) / norm(x)**(p - 1)."""
    steep = np.where(np.isinf(x), 0.0, np.where(x == 0, p < 2.0, p < 1.0))
    return np.where(steep != 0, vanishing.kernel(rest, np.copysign(np.inf, p - 1.0)), 0.0)


@lru_cache(maxsize=64)
def p_norm(p: float) -> Reduction:
    """The norm of order p. For p < 0 it is 0 where an element is, as the power of infinity has it."""

    def kernel(x: Values, axes: Axes) -> Values:
        unit = in_units(x, axes, smallest=p < 0)
        root = np.sum(np.abs(x / unit) ** p, axis=axes, keepdims=True) ** (1.0 / p)
        return np.squeeze(root * unit, axis=axes)

    return Reduction(
        _named("norm", p), kernel, lambda g, out, x, axes: scale(g, p_direction(p)(x, params=(axes,))), analytic=False,
        symbolic=lambda S, xs: S.Add(*(S.Abs(x) ** S.Rational(p) for x in xs)) ** (1 / S.Rational(p)),
        kink=euclidean.kink, convention=euclidean.convention,
    )  # fmt: skip


@lru_cache(maxsize=64)
def p_direction(p: float) -> First:
    """The derivative of the p-norm, and 0 where the norm is 0."""

    return First(
        _named("direction", p), lambda x, axes: _Shares(p, x, axes).slopes(), lambda shape, axes: shape,
        symbolic=lambda S, x, axes: _symbolic_powers(S, p, x, axes)[1],
        push=lambda t, out, x: _bend(p, x, t, *out.params), pull=lambda g, out, x: _bend(p, x, g, *out.params),
        analytic=False,
    )  # fmt: skip


def _symbolic_powers(S: Any, p: float, x: Values, axes: Axes) -> tuple[Any, Any, Any]:
    """The p-norm, its derivative, and |u|**(p - 2)."""
    order = S.Rational(p)
    size = np.vectorize(S.Abs, otypes=[object])(x)
    length = np.sum(size**order, axis=axes, keepdims=True) ** (1 / order)
    signs = np.vectorize(S.sign, otypes=[object])(x)
    return length, np.asarray(signs * (size / length) ** (order - 1)), (size / length) ** (order - 2)


@lru_cache(maxsize=64)
def p_bent_direction(p: float) -> General:
    """The Hessian of the p-norm times t. It is its own transpose."""

    def kernel(x: Values, t: Values, axes: Axes, blank: Blank) -> Values:
        of = _Shares(p, x, axes)
        across, rest = _across(of, t, of.slopes(), blank)
        out = np.where(of.root == 0, 0.0, (p - 1.0) * (across / of.root) / of.unit)
        steep = of.share < _TINY
        if (
            steep.any() and (steep := steep & (x != 0) & ~of.endless).any()
        ):  # u**(p - 2) may be beyond float64 where that over the norm is not, and is all that counts
            out = np.where(
                steep & (p < 2.0), (p - 1.0) * vanishing.kernel(rest, of.power(p - 2.0, True)) / of.root, out
            )
        if of.endless.any():
            out = np.where(of.alone & ~np.isnan(rest), _bent_far(p, x, rest), out)
        return out

    def push(node: Node, tangents: Cotangents) -> Node | None:
        (moved, turned), (x, _) = tangents, node.operands
        out = None if moved is None else _bend_again(p, node, moved)
        return plus(out, None if turned is None else _bend(p, x, turned, *node.params))

    def pull(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
        x, _ = node.operands
        return [_bend_again(p, node, g) if needed[0] else None, _bend(p, x, g, *node.params)]

    def symbolic(S: Any, x: Values, t: Values, axes: Axes) -> Values:
        length, s, weight = _symbolic_powers(S, p, x, axes)
        return np.asarray((S.Rational(p) - 1) * (weight * t - s * np.sum(s * t, axis=axes, keepdims=True)) / length)

    bent, trace = bending(kernel)
    return General(
        _named("bent_direction", p), bent, lambda x, t, axes: x, push, pull, symbolic=symbolic, analytic=False, traced=trace,
        kink=(lambda out, x, t, axes: equal(x, x.lift(0.0))) if p == 3.0 else None, convention="0 at 0",
    )  # fmt: skip


def _bend(p: float, x: Node, t: Node, axes: Axes) -> Node:
    shape = max(x.shape, t.shape, key=len)
    return p_bent_direction(p)(broadcast_to(x, shape), broadcast_to(t, shape), params=(axes,))


# ---- the third derivative ------------------------------------------------------------------------------


def _bend_again(p: float, node: Node, r: Node) -> Node:
    """The third derivative of the p-norm, along t and r, of x in units of what counts most in it."""
    (x, t), (axes,) = node.operands, node.params
    unit = unit_of(x, params=(axes, p < 0.0))
    third = _third_by_size if p > 0.0 else _third_by_share
    return ratio(ratio(third(p, x / unit, t, r, axes), unit), unit)


def _third_by_size(p: float, x: Node, t: Node, r: Node, axes: Axes) -> Node:
    """For p > 0, with H the second derivative and v = sign(u) |u|**(p - 3)

        (p - 1) / norm(x) * ((p - 2) (v r t - (s'r) (s't) s) / norm(x) - (s'r) H t - (s't) H r - (t' H r) s)

    Of t and r, what is along x goes into -H r and -H t, as H is homogeneous of degree -1. The last division is the last
    step, for the terms that it may take beyond float64 can have different signs.
    """
    length = copied(p_norm(p)(x, axes), x.shape, axes)
    size = absolute(x) / length
    far = equal(length, length.lift(math.inf))  # one infinite element is all of the norm
    largest = where(far, x.lift(1.0), copied(highest(size, axes), x.shape, axes))
    s = p_direction(p)(x, params=(axes,))
    (t_there, t_rest), (r_there, r_rest) = parts_along(x, t, axes), parts_along(x, r, axes)
    t_turned, r_turned = _bend(p, x, t_rest, axes), _bend(p, x, r_rest, axes)
    # from p = 3 on it is finite at 0, and has one value there, if any
    v = (copysign(x.lift(1.0), x) if p < 3.0 else sign(x)) * power_of(size, p - 3.0)
    first = (p - 2.0) * vanishing(scale_either(r_rest, t_rest), v)

    def product(a: Node, b: Node) -> Node:
        """a * b. Below p = 2, H is infinite at an element 0, and counts for nothing where that does not move."""
        return where(equal(a, a.lift(0.0)), a.lift(0.0), scale_either(a, b))

    def times(number: Node, vector: Node) -> Node:
        return product(copied(total_over(number, axes), number.shape, axes), vector)

    bent = first - (p - 2.0) * times(scale(t_rest, s), times(scale(r_rest, s), s))
    bent = ratio(bent, length) - times(scale(r_rest, s), t_turned) - times(scale(t_rest, s), r_turned)
    bent = bent - times(product(t_rest, r_turned), s)
    along = ratio(product(r_there, t_turned) + product(t_there, r_turned), largest)
    out = (p - 1.0) * bent - along
    zero = x.lift(0.0)
    if p < 3.0:  # an element 0: the first term is infinite, or nothing; H may be infinite, and s is 0
        endless = equal(absolute(first), first.lift(math.inf))
        rest = times(scale(r, s), t_turned) + times(scale(t, s), r_turned)
        out = where(equal(x, zero), (p - 1.0) * where(endless, first, -rest), out)
    if p > 1.0:
        alone = equal(copied(total_over(isinf(x), axes), x.shape, axes), x.lift(1.0))
        out = where(logical_and(far, logical_and(alone, not_equal(x, zero))), zero, out)
    return where(equal(length, length.lift(0.0)), x.lift(0.0), ratio(out, length))


def _third_by_share(p: float, x: Node, t: Node, r: Node, axes: Axes) -> Node:
    """For p < 0. Relative to x, T = norm(x) (t / x - τ) with τ that of the smallest element, where T is nothing, and R
    likewise; with the weights q = u**p, whose sum is 1, and means a = Σ q T, b = Σ q R, m = Σ q T R, it is

        (p - 1) / norm(x)**2 * s * ((p - 2) (T R - a b) - (p - 1) (b (T - a) + a (R - b) + m - a b))

    less (τ H r + ρ H t): what is along x, as H is homogeneous of degree -1.
    """
    length = copied(p_norm(p)(x, axes), x.shape, axes)
    s, q = p_direction(p)(x, params=(axes,)), power_of(length / absolute(x), -p)
    (t_there, moved), (r_there, turned) = (_relative(x, each, length, axes) for each in (t, r))

    def mean(values: Node) -> Node:
        return copied(total_over(scale(values, q), axes), values.shape, axes)

    a, b, both = mean(moved), mean(turned), scale_either(moved, turned)
    rest = (p - 2.0) * (both - a * b) - (p - 1.0) * (b * (moved - a) + a * (turned - b) + mean(both) - a * b)
    along = scale_either(r_there, moved - a) + scale_either(t_there, turned - b)
    out = (p - 1.0) * scale(rest - along, s)
    return where(equal(length, length.lift(0.0)), x.lift(0.0), ratio(ratio(out, length), length))


def _relative(x: Node, t: Node, length: Node, axes: Axes) -> tuple[Node, Node]:
    """norm(x) τ and T of `_third_by_share`."""
    top = copied(lowest(absolute(x), axes), x.shape, axes)
    size = length / top
    largest = equal(absolute(x), top)
    count = copied(total_over(largest, axes), x.shape, axes)
    there = total_over(where(largest, ratio(scale(t, sign(x)), count), x.lift(0.0)), axes)
    there = copied(there, t.shape, axes)
    rest = where(largest * equal(count, count.lift(1.0)), x.lift(0.0), scale(t, top / x) - there)
    return scale(there, size), scale(rest, size)


_OF_ORDER: dict[str, Callable[[float], Operation]] = {
    "norm": p_norm,
    "direction": p_direction,
    "bent_direction": p_bent_direction,
}


def of_order(name: str) -> Operation | None:
    """The operation of a norm of order p that has this name, or None."""
    kind, _, order = name.rpartition("_")
    try:
        return _OF_ORDER[kind](float(order))
    except (KeyError, ValueError):
        return None
