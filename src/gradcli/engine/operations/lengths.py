"""The lengths of vectors, right at every scale, and how they move (those of order p are in `power_lengths`).

A norm is a reduction. Its derivative is a direction, whose own derivative is one operation again: there what would leave
float64 on the way, or cancel, is kept together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..node import Node
from ..operation import (
    Cotangents,
    First,
    General,
    Reduction,
    broadcast_to,
    copied,
    plus,
    total_over,
)
from ..zeros import Blank, Trace, Traced, leave_word
from .arithmetic import absolute, equal, logical_and, ratio, scale, scale_either, sign
from .reduction import highest
from .selection import where

GROUP = "reduction"


def _euclidean(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    return _length(x, axes).squeeze(axes)


def _length(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """The norm over axes, which stay with size 1."""
    if np.iscomplexobj(x):
        return np.sqrt(np.sum(x * x, axis=axes, keepdims=True))
    plain = np.sqrt(_sum_of_squares(x, axes))
    if not _within(plain, 1e-140, 1e140):
        # squares over- or underflow: once more, scaled
        unit = in_units(x, axes)
        scaled = x / unit
        plain = np.sqrt(np.sum(scaled * scaled, axis=axes, keepdims=True)) * unit
    return plain


def _within(values: NDArray[Any], low: float, high: float) -> bool:
    """Whether all values are between two bounds."""
    if values.size == 1:
        return low < values.item() < high
    return bool(np.all((values > low) & (values < high)))


SMALLEST_NORMAL = float(np.finfo(np.float64).smallest_normal)
_PART = 2**10
"""Squares of so many elements are summed at a time, one after another and without an array of them."""


def _sum_of_squares(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """The sum of x * x over axes, which stay with size 1."""
    if axes != (-1,) or x.shape[-1] < 16 * _PART:
        return np.add.reduce(x * x, axis=axes, keepdims=True)
    whole = x.shape[-1] // _PART * _PART
    rows, rest = x[..., :whole].reshape((*x.shape[:-1], -1, _PART)), x[..., whole:]
    parts = [np.vecdot(rows, rows), np.sum(rest * rest, axis=-1, keepdims=True)]
    return np.sum(np.concatenate(parts, -1), axis=-1, keepdims=True)


def in_units(x: NDArray[Any], axes: tuple[int, ...], smallest: bool = False) -> NDArray[Any]:
    """A power of two of the size of the largest (or smallest) element along axes, which stay with size 1; any, where
    that is 0 or not finite."""
    size = np.abs(x)
    if smallest:
        most = np.min(size, axis=axes, keepdims=True, initial=math.inf)
    else:
        most = np.max(size, axis=axes, keepdims=True, initial=0.0)
    return np.ldexp(1.0, np.frexp(most)[1] - 1)


def _symbolic_unit(S: Any, x: NDArray[Any], axes: tuple[int, ...], smallest: bool) -> NDArray[Any]:
    """The same of numbers; of symbols 1, for any will do."""
    try:
        units = np.broadcast_to(in_units(x.astype(np.float64), axes, smallest), x.shape)
    except TypeError:
        units = np.ones(x.shape)
    return np.vectorize(S.Rational, otypes=[object])(units)


unit_of: First = First(
    "unit", lambda x, axes, smallest: np.broadcast_to(in_units(x, axes, smallest), x.shape),
    lambda shape, axes, smallest: shape,
    push=lambda t, *_: None, pull=lambda g, *_: None, symbolic=lambda S, *of: _symbolic_unit(S, *of),
)  # fmt: skip
unit_of.__doc__ = (
    "That power of two, in x's shape: what is homogeneous may be computed in such units, whichever they are."
)


def _direction(x: NDArray[Any], length: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """x / norm(x), where the norm is known, and the least-norm choice 0 where that is 0."""
    shape = [1 if axis - x.ndim in axes else size for axis, size in enumerate(x.shape)]
    return _over(x, np.reshape(length, shape), axes)


def _over(x: NDArray[Any], length: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """x / length, where length is x's norm; 0 where that is 0. One infinite element decides the direction: it goes
    to ±1 there; of several, each direction is a limit, and they have none."""
    if _within(length, SMALLEST_NORMAL, math.inf):
        return x / length
    if np.any(length < SMALLEST_NORMAL):  # rounded to a few bits
        unit = in_units(x, axes)
        x, length = x / unit, _length(x / unit, axes)
    unit = x / np.where(length, length, 1.0)
    far = np.isinf(x)
    if far.any():
        alone = far & (np.sum(far, axis=axes, keepdims=True) == 1)
        unit = np.where(alone & ~np.isnan(length), np.sign(x), unit)
    return unit


def parts_along(x: Node, t: Node, axes: tuple[int, ...]) -> tuple[Node, Node]:
    """How large t is at the largest element of x, and t without what is along x and as large as that there, which keeps
    exactly nothing at that element."""
    shape, zero = x.shape, x.lift(0.0)
    size = absolute(x)
    top = copied(highest(size, axes), shape, axes)
    largest = equal(size, top)
    count = copied(total_over(largest, axes), shape, axes)
    there = total_over(where(largest, ratio(scale(t, sign(x)), count), zero), axes)
    there = copied(there, t.shape, axes)
    rest = t - scale(there, x / top)
    return there, where(logical_and(largest, equal(count, count.lift(1.0))), zero, rest)


def moved_within(x: NDArray[Any], t: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """The second of those, as numbers."""
    size = np.abs(x)
    top = np.max(size, axis=axes, keepdims=True, initial=0.0)
    there, alone = largest_of(size == top, t * np.sign(x), axes)
    return np.where(alone, 0.0, t - there * (x / top))


def largest_of(
    largest: NDArray[Any], values: NDArray[Any], axes: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The mean of values over the elements that count most, and where there is one such element only."""
    count = np.sum(largest, axis=axes, keepdims=True)
    there = np.sum(np.where(largest, values / count, 0.0), axis=axes, keepdims=True)
    return there, largest & (count == 1)


def _bent_kernel(x: NDArray[Any], t: NDArray[Any], axes: tuple[int, ...], blank: Blank) -> NDArray[Any]:
    """(1 - u u') / norm(x) times t, with u = x / norm(x); 0 where the norm is 0.

    It knows no t along x, and of t what is along x and as large as t at x's largest element is taken first: where one
    element is nearly all of x, it then moves by the small others, and not by what is left of 1 - u**2.
    """
    rest = moved_within(x, t, axes)
    length, unit = _length(x, axes), np.asarray(1.0)
    if not _within(length, SMALLEST_NORMAL, math.inf):  # a length below is rounded to a few bits
        unit = in_units(x, axes)
        x = x / unit
        length = _length(x, axes)
    u = _over(x, length, axes)
    across = rest - np.sum(rest * u, axis=axes, keepdims=True) * u
    return np.where(length == 0, 0.0, across / length / unit)


def bending(kernel: Callable[..., NDArray[Any]]) -> tuple[Callable[..., NDArray[Any]], Trace]:
    """A kernel of x, a tangent, axes, and where the tangent is blank, as one of numbers; and its trace. Either is 0
    along axes where all of the tangent is blank."""

    def bent(x: NDArray[Any], t: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
        out = kernel(x, t, axes, False)
        undefined = np.isnan(out)
        if not undefined.any():
            return out
        blank = t == 0
        won = np.where(np.all(blank, axis=axes, keepdims=True), 0.0, kernel(x, t, axes, blank))
        if (undefined & ~np.isnan(won)).any():
            leave_word()
        return won

    def trace(x: Traced, t: Traced, axes: tuple[int, ...]) -> Traced:
        blank = np.broadcast_to(t.blank, t.value.shape)
        value = kernel(x.value, t.value, axes, blank)
        none = np.all(blank, axis=axes, keepdims=True)
        return Traced(np.where(none, 0.0, value), none)

    return bent, trace


_bent, _trace_bent = bending(_bent_kernel)


def _bend(x: Node, t: Node, axes: tuple[int, ...]) -> Node:
    """A bent direction, where either may have leading axes that the other lacks."""
    shape = max(x.shape, t.shape, key=len)
    return bent_direction(broadcast_to(x, shape), broadcast_to(t, shape), params=(axes,))


def _bend_again(node: Node, s: Node) -> Node:
    """The derivative of a bent direction along s: the third derivative of the norm, along t and s.

    With P = (1 - u u') / norm(x) it is -(u (t' P s) + P t (u' s) + P s (u' t)) / norm(x), of x in units of its
    largest element: each term may be beyond float64 where their sum is not.
    """
    (x, t), (axes,) = node.operands, node.params
    unit = unit_of(x, params=(axes, False))
    x = x / unit
    u, node, turned = unit_vector(x, axes), _bend(x, t, axes), _bend(x, s, axes)

    def times(number: Node, vector: Node) -> Node:
        return scale_either(copied(total_over(number, axes), number.shape, axes), vector)

    along = times(scale_either(t, turned), u) + times(scale(s, u), node) + times(scale(t, u), turned)
    length = copied(euclidean(x, axes), x.shape, axes)
    out = where(equal(length, length.lift(0.0)), x.lift(0.0), ratio(along, length))
    return -ratio(ratio(out, unit), unit)


def _push_bent(node: Node, tangents: Cotangents) -> Node | None:
    (moved, turned), (x, _) = tangents, node.operands
    out = None if moved is None else _bend_again(node, moved)
    return plus(out, None if turned is None else _bend(x, turned, *node.params))


def _pull_bent(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    """It is symmetric in all three directions."""
    x, _ = node.operands
    return [_bend_again(node, g) if needed[0] else None, _bend(x, g, *node.params)]


def _symbolic_bent(S: Any, x: NDArray[Any], t: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    u = _symbolic_direction(S, x, axes)
    root = np.vectorize(S.sqrt, otypes=[object])(np.sum(x * x, axis=axes, keepdims=True))
    return np.asarray((t - u * np.sum(u * t, axis=axes, keepdims=True)) / root)


bent_direction: General = General(
    "bent_direction", _bent, lambda x, t, axes: x, _push_bent, _pull_bent,
    symbolic=_symbolic_bent, analytic=False, traced=_trace_bent,
)  # fmt: skip


def _symbolic_direction(S: Any, x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    root = np.vectorize(S.sqrt, otypes=[object])(np.sum(x * x, axis=axes, keepdims=True))
    return np.asarray(x / root)


_unit_vector: First = First(
    "direction", _direction, lambda shape, length, axes: shape,
    symbolic=lambda S, x, length, axes: _symbolic_direction(S, x, axes),
    push=lambda t, out, x, length: _bend(x, t, *out.params), pull=lambda g, out, x, length: _bend(x, g, *out.params),
)  # fmt: skip
_unit_vector.bounded = lambda x, length, axes: bool(np.isfinite(length).all())
_unit_vector.__doc__ = "x / norm(x), of x and its norm, which is only there to be used again: it moves as x does."
euclidean: Reduction = Reduction(
    "norm", _euclidean, lambda g, out, x, axes: scale(g, unit_vector(x, axes)),
    symbolic=lambda S, xs: S.sqrt(S.Add(*(x**2 for x in xs))),
    kink=lambda out, x, axes: equal(out, out.lift(0.0)), convention="0 at 0",
)  # fmt: skip


def unit_vector(x: Node, axes: tuple[int, ...]) -> Node:
    """x / norm(x), and 0 where that is 0."""
    return _unit_vector(x, euclidean(x, axes), params=(axes,))
