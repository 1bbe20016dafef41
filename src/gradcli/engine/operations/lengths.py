"""The lengths of vectors, Euclidean and of order p, right at every scale, and how they move.

A norm is a reduction. Its derivative is a direction, whose own derivative is one operation again: there what would leave
float64 on the way, or cancel, is kept together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..node import Node
from ..operation import (
    Cotangents,
    General,
    Operation,
    Reduction,
    broadcast_to,
    copied,
    plus,
    total_over,
)
from ..zeros import Blank, Trace, Traced, leave_word
from .arithmetic import absolute, equal, logical_and, ratio, scale, scale_either, sign
from .elementary import direction
from .powers import power_of, vanishing
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
        unit = _unit(x, axes)
        scaled = x / unit
        plain = np.sqrt(np.sum(scaled * scaled, axis=axes, keepdims=True)) * unit
    return plain


def _within(values: NDArray[Any], low: float, high: float) -> bool:
    """Whether all values are between two bounds."""
    if values.size == 1:
        return low < values.item() < high
    return bool(np.all((values > low) & (values < high)))


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


def _unit(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """A power of two of the size of the largest element along axes, which stay with size 1."""
    largest = np.max(np.abs(x), axis=axes, keepdims=True, initial=0.0)
    return np.where((largest > 0) & np.isfinite(largest), np.exp2(np.floor(np.log2(largest))), 1.0)


def _direction(x: NDArray[Any], length: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """x / norm(x), where the norm is known, and the least-norm choice 0 where that is 0."""
    shape = [1 if axis - x.ndim in axes else size for axis, size in enumerate(x.shape)]
    return _over(x, np.reshape(length, shape), axes)


def _over(x: NDArray[Any], length: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """x / length, where length is x's norm; 0 where that is 0. One infinite element decides the direction: it goes
    to ±1 there; of several, each direction is a limit, and they have none."""
    if _within(length, 0.0, math.inf):
        return x / length
    unit = np.where(length == 0, 0.0, x / np.where(length, length, 1.0))
    far = np.isinf(x)
    if far.any():
        alone = far & (np.sum(far, axis=axes, keepdims=True) == 1)
        unit = np.where(alone & ~np.isnan(length), np.sign(x), unit)
    return unit


def _parts(x: Node, t: Node, axes: tuple[int, ...]) -> tuple[Node, Node]:
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


def _rest(x: NDArray[Any], t: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """The second of those, as numbers."""
    size = np.abs(x)
    top = np.max(size, axis=axes, keepdims=True, initial=0.0)
    largest = size == top
    count = np.sum(largest, axis=axes, keepdims=True)
    there = np.sum(np.where(largest, t * np.sign(x) / count, 0.0), axis=axes, keepdims=True)
    return np.where(largest & (count == 1), 0.0, t - there * (x / top))


def _bent_kernel(x: NDArray[Any], t: NDArray[Any], axes: tuple[int, ...], blank: Blank) -> NDArray[Any]:
    """(1 - u u') / norm(x) times t, with u = x / norm(x); 0 where the norm is 0.

    It knows no t along x, and of t what is along x and as large as t at x's largest element is taken first: where one
    element is nearly all of x, it then moves by the small others, and not by what is left of 1 - u**2.
    """
    rest = _rest(x, t, axes)
    length = _length(x, axes)
    u = _over(x, length, axes)
    across = rest - np.sum(rest * u, axis=axes, keepdims=True) * u
    return np.where(length == 0, 0.0, across / length)


def _bending(kernel: Callable[..., NDArray[Any]]) -> tuple[Callable[..., NDArray[Any]], Trace]:
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


_bent, _trace_bent = _bending(_bent_kernel)


def _bend(x: Node, t: Node, axes: tuple[int, ...]) -> Node:
    """A bent direction, where either may have leading axes that the other lacks."""
    shape = max(x.shape, t.shape, key=len)
    return bent_direction(broadcast_to(x, shape), broadcast_to(t, shape), params=(axes,))


def _bend_again(node: Node, s: Node) -> Node:
    """The derivative of a bent direction along s: the third derivative of the norm, along t and s.

    With P = (1 - u u') / norm(x) it is -(u (t' P s) + P t (u' s) + P s (u' t)) / norm(x), divided once at the end:
    each term may be beyond float64 where their sum is not.
    """
    (x, t), (axes,) = node.operands, node.params
    u = unit_vector(x, axes)
    turned = _bend(x, s, axes)

    def times(number: Node, vector: Node) -> Node:
        return scale_either(copied(total_over(number, axes), number.shape, axes), vector)

    along = times(scale_either(t, turned), u) + times(scale(s, u), node) + times(scale(t, u), turned)
    length = copied(euclidean(x, axes), x.shape, axes)
    return -where(equal(length, length.lift(0.0)), x.lift(0.0), ratio(along, length))


def _push_bent(node: Node, tangents: Cotangents) -> Node | None:
    moved, turned = tangents
    out = None if moved is None else _bend_again(node, moved)
    return plus(out, None if turned is None else _bend(node.operands[0], turned, *node.params))


def _pull_bent(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    """It is symmetric in all three directions."""
    return [_bend_again(node, g) if needed[0] else None, _bend(node.operands[0], g, *node.params)]


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


_unit_vector: General = General(
    "direction", _direction, lambda shape, length, axes: shape,
    symbolic=lambda S, x, length, axes: _symbolic_direction(S, x, axes),
    push=lambda node, tangents: None if tangents[0] is None else _bend(node.operands[0], tangents[0], *node.params),
    pull=lambda node, g, needed: [_bend(node.operands[0], g, *node.params) if needed[0] else None, None],
)  # fmt: skip
_unit_vector.__doc__ = "x / norm(x), of x and its norm, which is only there to be used again: it moves as x does."
euclidean: Reduction = Reduction(
    "norm", _euclidean, lambda g, out, x, axes: scale(g, unit_vector(x, axes)),
    symbolic=lambda S, xs: S.sqrt(S.Add(*(x**2 for x in xs))),
    kink=lambda out, x, axes: equal(out, out.lift(0.0)), convention="0 at 0",
)  # fmt: skip


def unit_vector(x: Node, axes: tuple[int, ...]) -> Node:
    """x / norm(x), and 0 where that is 0."""
    return _unit_vector(x, euclidean(x, axes), params=(axes,))


def _named(kind: str, p: float) -> str:
    return f"{kind}_{repr(p).removesuffix('.0')}"


@lru_cache(maxsize=64)
def p_direction(p: float) -> General:
    """The derivative of the p-norm, sign(u) |u|**(p - 1) with u = x / norm(x), and 0 where the norm is 0."""

    def kernel(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
        length = np.expand_dims(p_norm(p).kernel(x, axes), axes)
        u = _over(x, length, axes)
        return np.where(length == 0, 0.0, np.sign(u) * np.abs(u) ** (p - 1.0))

    return General(
        _named("direction", p), kernel, lambda shape, axes: shape, symbolic=lambda S, x, axes: _symbolic_powers(S, p, x, axes)[1],
        push=lambda node, tangents: None if tangents[0] is None else _p_bend(p, node.operands[0], tangents[0], *node.params),
        pull=lambda node, g, needed: [_p_bend(p, node.operands[0], g, *node.params)],
        analytic=False,
    )  # fmt: skip


def _symbolic_powers(S: Any, p: float, x: NDArray[Any], axes: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """The p-norm, its derivative, and |u|**(p - 2)."""
    order = S.Rational(p)
    size = np.vectorize(S.Abs, otypes=[object])(x)
    length = np.sum(size**order, axis=axes, keepdims=True) ** (1 / order)
    signs = np.vectorize(S.sign, otypes=[object])(x)
    return length, np.asarray(signs * (size / length) ** (order - 1)), (size / length) ** (order - 2)


@lru_cache(maxsize=64)
def p_bent_direction(p: float) -> General:
    """The Jacobian of `p_direction` times t: (p - 1) / norm(x) times diag(|u|**(p - 2)) - s s' of its value s. It is its
    own transpose; for what is taken from t first see `_bent_kernel`."""

    def kernel(x: NDArray[Any], t: NDArray[Any], axes: tuple[int, ...], blank: Blank) -> NDArray[Any]:
        rest = _rest(x, t, axes)
        length = np.expand_dims(p_norm(p).kernel(x, axes), axes)
        s = p_direction(p).kernel(x, axes)
        weight = np.abs(_over(x, length, axes)) ** (p - 2.0)
        along = np.where(blank & (rest == 0), 0.0, rest * s)  # s may be infinite
        across = vanishing.kernel(rest, weight) - np.sum(along, axis=axes, keepdims=True) * s
        return np.where(length == 0, 0.0, (p - 1.0) * (across / length))

    def push(node: Node, tangents: Cotangents) -> Node | None:
        moved, turned = tangents
        out = None if moved is None else _p_bend_again(p, node, moved)
        return plus(out, None if turned is None else _p_bend(p, node.operands[0], turned, *node.params))

    def pull(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
        return [_p_bend_again(p, node, g) if needed[0] else None, _p_bend(p, node.operands[0], g, *node.params)]

    def symbolic(S: Any, x: NDArray[Any], t: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
        length, s, weight = _symbolic_powers(S, p, x, axes)
        return np.asarray((S.Rational(p) - 1) * (weight * t - s * np.sum(s * t, axis=axes, keepdims=True)) / length)

    bent, trace = _bending(kernel)
    return General(
        _named("bent_direction", p), bent, lambda x, t, axes: x, push, pull, symbolic=symbolic, analytic=False, traced=trace,
        kink=(lambda out, x, t, axes: equal(x, x.lift(0.0))) if p == 3.0 else None, convention="0 at 0",
    )  # fmt: skip


def _p_bend(p: float, x: Node, t: Node, axes: tuple[int, ...]) -> Node:
    shape = max(x.shape, t.shape, key=len)
    return p_bent_direction(p)(broadcast_to(x, shape), broadcast_to(t, shape), params=(axes,))


def _p_bend_again(p: float, node: Node, r: Node) -> Node:
    """The third derivative of the p-norm, along t and r: with H for its second and v = sign(u) |u|**(p - 3)

        (p - 1) / norm(x) * ((p - 2) (v r t - (s'r) (s't) s) / norm(x) - (s'r) H t - (s't) H r - (t' H r) s)

    Of t and r, what is along x goes into -H r and -H t, as H is homogeneous of degree -1. The last division is the last
    step, for the terms that it may take beyond float64 can have different signs.
    """
    (x, t), (axes,) = node.operands, node.params
    length = copied(p_norm(p)(x, axes), x.shape, axes)
    size = direction(absolute(x), length)
    far = equal(length, length.lift(math.inf))  # one infinite element is all of the norm
    largest = where(far, x.lift(1.0), copied(highest(size, axes), x.shape, axes))
    s, turned = p_direction(p)(x, params=(axes,)), _p_bend(p, x, r, axes)
    (t_there, t), (r_there, r) = _parts(x, t, axes), _parts(x, r, axes)

    def times(number: Node, vector: Node) -> Node:
        return scale_either(copied(total_over(number, axes), number.shape, axes), vector)

    v = sign(x) * power_of(size, p - 3.0)
    bent = vanishing(scale_either(r, t), v) - times(scale(t, s), times(scale(r, s), s))
    bent = (p - 2.0) * ratio(bent, length) - times(scale(r, s), node) - times(scale(t, s), turned)
    bent = (p - 1.0) * (bent - times(scale_either(t, turned), s))
    along = ratio(scale_either(r_there, node) + scale_either(t_there, turned), largest)
    return where(equal(length, length.lift(0.0)), x.lift(0.0), ratio(bent - along, length))


@lru_cache(maxsize=64)
def p_norm(p: float) -> Reduction:
    """The p-th root of the sum of |x|**p, without overflow, for one p > 0."""

    def kernel(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
        unit = _unit(x, axes)
        root = np.sum(np.abs(x / unit) ** p, axis=axes, keepdims=True) ** (1.0 / p)
        return np.squeeze(root * unit, axis=axes)

    return Reduction(
        _named("norm", p), kernel, lambda g, out, x, axes: scale(g, p_direction(p)(x, params=(axes,))), analytic=False,
        symbolic=lambda S, xs: S.Add(*(S.Abs(x) ** S.Rational(p) for x in xs)) ** (1 / S.Rational(p)),
        kink=euclidean.kink, convention=euclidean.convention,
    )  # fmt: skip


@lru_cache(maxsize=64)
def reciprocal_norm(p: float) -> Reduction:
    """1 / the p-norm of the reciprocals, for one p > 0: the norm of order -p.

    It is 0 where an element is, as the power of infinity has it. The derivative is the power p + 1 of norm / |x|, which
    is at most 1, with the sign of x.
    """

    def kernel(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
        return np.asarray(1.0 / p_norm(p).kernel(1.0 / np.abs(x), axes))

    def rule(g: Node, out: Node, x: Node, axes: tuple[int, ...]) -> Node:
        slope = sign(x) * power_of(out / absolute(x), p + 1.0)
        return scale(g, where(equal(out, out.lift(0.0)), x.lift(0.0), slope))

    return Reduction(
        _named("norm", -p), kernel, rule, analytic=False, symbolic=p_norm(-p).symbolic,
        kink=euclidean.kink, convention=euclidean.convention,
    )  # fmt: skip


_OF_ORDER: dict[str, Callable[[float], Operation]] = {
    "norm": lambda p: p_norm(p) if p > 0 else reciprocal_norm(-p),
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
