"""Reductions over axes, and what is built of them.

The primitives are `total` (in `operation`), `max`, `min`, `norm` and `logsumexp`; each is a sum after an
elementwise map, so one rule serves both modes. A product is a tree of multiplications: its derivative
is then right at zeros, at every order, with no rule of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ..functions import Axis, Flag, Sample, Whole, function, sample
from ..node import Node
from ..operation import (
    Cotangents,
    General,
    Linear,
    Reduction,
    broadcast_to,
    copied,
    filled,
    plus,
    reshape_to,
    total_over,
)
from ..zeros import Blank, Trace, Traced, leave_word
from .arithmetic import (
    absolute,
    equal,
    greater,
    isnan,
    logical_and,
    logical_not,
    not_equal,
    power_of,
    ratio,
    scale,
    scale_either,
    sign,
    vanishing,
)
from .elementary import direction
from .indexing import index
from .selection import portion, where
from .structural import axes_of, axis_of, flip, keep, permute

GROUP = "reduction"


def nonempty(name: str, x: Node, axes: tuple[int, ...]) -> None:
    """Raise DataError where there are no elements along axes."""
    if math.prod(x.shape[axis] for axis in axes) == 0:
        raise DataError(f"{name} of an empty array has no value", code="empty", hint=f"the array has shape {x.shape}")


def _count(x: Node, axes: tuple[int, ...]) -> int:
    return math.prod(x.shape[axis] for axis in axes)


# ---- sums and means --------------------------------------------------------------------------------


@function(
    GROUP, name="sum", aliases=("add_reduce",), samples=[sample("sum(x)", x=(2, 3)), sample("sum(x, axis=0)", x=(2, 3))]
)
def sum_(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The sum over all elements, or along an axis."""
    axes = axes_of(axis, len(x.shape))
    return keep(total_over(x, axes), x.shape, axes, keepdims)


@function(GROUP, samples=[sample("mean(x)", x=(2, 3)), sample("mean(x, axis=1, keepdims=True)", x=(2, 3))])
def mean(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The arithmetic mean over all elements, or along an axis."""
    axes = axes_of(axis, len(x.shape))
    nonempty("mean", x, axes)
    return keep(total_over(x, axes) / _count(x, axes), x.shape, axes, keepdims)


def _present(x: Node) -> Node:
    return logical_not(isnan(x))


@function(GROUP, samples=[sample("nansum(x, axis=0)", x=(2, 3))])
def nansum(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The sum of the elements that are not NaN."""
    return sum_(where(_present(x), x, x.lift(0.0)), axis, keepdims)


@function(GROUP, samples=[sample("nanmean(x)", x=(2, 3))])
def nanmean(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The mean of the elements that are not NaN."""
    return nansum(x, axis, keepdims) / sum_(_present(x), axis, keepdims)


@function("comparison", samples=[sample("count_nonzero(x)", x=(2, 3))])
def count_nonzero(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The number of elements that are not 0."""
    return sum_(not_equal(x, x.lift(0.0)), axis, keepdims)


def _centred(x: Node, axes: tuple[int, ...]) -> Node:
    return x - copied(total_over(x, axes) / _count(x, axes), x.shape, axes)


def _freedom(name: str, x: Node, axes: tuple[int, ...], ddof: float) -> float:
    nonempty(name, x, axes)
    left = _count(x, axes) - ddof
    if left <= 0:
        raise DataError(f"{name} of {_count(x, axes)} elements with ddof={ddof:g} has no value", code="empty",
                        hint="ddof must be smaller than the number of elements")  # fmt: skip
    return left


@function(
    GROUP, samples=[sample("var(x)", x=(4,)), sample("var(x, axis=0, ddof=1)", x=(3, 2))], torch_defaults={"ddof": 1.0}
)
def var(x: Node, axis: Axis = None, ddof: float = 0.0, keepdims: Flag = False) -> Node:
    """The variance: divided by n - ddof, and ddof is 0 as in NumPy (1 under the prefix torch.)."""
    axes = axes_of(axis, len(x.shape))
    left = _freedom("var", x, axes, ddof)
    centred = _centred(x, axes)
    return keep(total_over(centred * centred, axes) / left, x.shape, axes, keepdims)


@function(
    GROUP, samples=[sample("std(x)", x=(4,)), sample("std(x, axis=0, ddof=1)", x=(3, 2))], torch_defaults={"ddof": 1.0},
    convention="0 where all elements are equal",
)  # fmt: skip
def std(x: Node, axis: Axis = None, ddof: float = 0.0, keepdims: Flag = False) -> Node:
    """The standard deviation, the square root of var."""
    axes = axes_of(axis, len(x.shape))
    left = _freedom("std", x, axes, ddof)
    return keep(euclidean(_centred(x, axes), axes) / math.sqrt(left), x.shape, axes, keepdims)


@function(GROUP, samples=[sample("cumsum(x)", x=(4,)), sample("cumsum(x, axis=1)", x=(2, 3))])
def cumsum(x: Node, axis: Whole | None = None) -> Node:
    """The running sum along an axis; without one, of all elements in order."""
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    return running_sum(x, params=(axis_of(axis, len(x.shape)),))


running_sum: Linear = Linear(
    "cumsum",
    lambda x, axis: np.add.accumulate(x, axis=axis),
    lambda shape, axis: shape,
    lambda g, node: [_reverse_sum(g, node.params[0])],
)


def _reverse_sum(g: Node, axis: Any) -> Node:
    return flip(running_sum(flip(g, axis), params=(axis,)), axis)


# ---- products --------------------------------------------------------------------------------------


@function(GROUP, aliases=("product",), samples=[sample("prod(x)", x=(5,)), sample("prod(x, axis=0)", x=(3, 2))])
def prod(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The product over all elements, or along an axis."""
    rank = len(x.shape)
    axes = axes_of(axis, rank)
    rest = tuple(a for a in range(-rank, 0) if a not in axes)
    out_shape = tuple(x.shape[a] for a in rest)
    moved = permute(x, params=(rest + axes,)) if rank else x
    product = _product_last(reshape_to(moved, (*out_shape, _count(x, axes))))
    return keep(product, x.shape, axes, keepdims)


def _product_last(x: Node) -> Node:
    """The product over the last axis, halved at each step."""
    out_shape, count = x.shape[:-1], x.shape[-1]
    odd: Node | None = None
    while count > 1:
        half = count // 2
        if count % 2:
            last = index(x, (Ellipsis, count - 1))
            odd = last if odd is None else odd * last
        x = index(x, (Ellipsis, slice(0, half))) * index(x, (Ellipsis, slice(half, 2 * half)))
        count = half
    if count == 0:
        return filled(x, out_shape, 1.0)
    product = reshape_to(x, out_shape)
    return product if odd is None else product * odd


# ---- extremes --------------------------------------------------------------------------------------


def _shared_by_ties(g: Node, out: Node, x: Node, axes: tuple[int, ...]) -> Node:
    tied = equal(x, out)
    # nothing ties with an extreme that is NaN, and 0 of 0 is NaN
    return portion(g, tied / copied(total_over(tied, axes), x.shape, axes))


def _extreme(name: str, kernel: Any, symbolic: str, pick: Any) -> Reduction:
    def kernel_of(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
        if np.iscomplexobj(x):
            flat = np.moveaxis(x, axes, range(-len(axes), 0)).reshape((*np.delete(x.shape, axes), -1))
            chosen = pick(flat.real, axis=-1, keepdims=True)
            return np.take_along_axis(flat, chosen, -1)[..., 0]
        return kernel(x, axis=axes)

    return Reduction(
        name, kernel_of, _shared_by_ties,
        symbolic=lambda S, xs: getattr(S, symbolic)(*xs),
        kink=lambda out, x, axes: greater(total_over(equal(x, copied(out, x.shape, axes)), axes), out.lift(1.0)),
        convention="split evenly among ties",
    )  # fmt: skip


highest = _extreme("max", np.max, "Max", np.argmax)
lowest = _extreme("min", np.min, "Min", np.argmin)


@function(GROUP, name="max", aliases=("amax",), samples=[sample("max(x)", x=(2, 3)), sample("max(x, axis=0)", x=(2, 3))],
          convention=highest.convention)  # fmt: skip
def max_(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The largest element, or the largest along an axis."""
    axes = axes_of(axis, len(x.shape))
    nonempty("max", x, axes)
    return keep(highest(x, axes), x.shape, axes, keepdims)


@function(GROUP, name="min", aliases=("amin",), samples=[sample("min(x)", x=(2, 3)), sample("min(x, axis=0)", x=(2, 3))],
          convention=lowest.convention)  # fmt: skip
def min_(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The smallest element, or the smallest along an axis."""
    axes = axes_of(axis, len(x.shape))
    nonempty("min", x, axes)
    return keep(lowest(x, axes), x.shape, axes, keepdims)


@function("comparison", name="all", samples=[sample("all(x)", x=(2, 3))])
def all_(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """Whether all elements are nonzero: 1 or 0."""
    axes = axes_of(axis, len(x.shape))
    return keep(equal(total_over(equal(x, x.lift(0.0)), axes), x.lift(0.0)), x.shape, axes, keepdims)


@function("comparison", name="any", samples=[sample("any(x)", x=(2, 3))])
def any_(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """Whether any element is nonzero: 1 or 0."""
    axes = axes_of(axis, len(x.shape))
    return keep(greater(total_over(not_equal(x, x.lift(0.0)), axes), x.lift(0.0)), x.shape, axes, keepdims)


# ---- norms -----------------------------------------------------------------------------------------


def _euclidean(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    if np.iscomplexobj(x):
        return np.sqrt(np.sum(x * x, axis=axes))
    plain = np.sqrt(_sum_of_squares(x, axes))
    if not np.all((plain > 1e-140) & (plain < 1e140)):
        # squares over- or underflow: once more, scaled
        unit = _unit(x, axes)
        scaled = x / unit
        plain = np.sqrt(np.sum(scaled * scaled, axis=axes, keepdims=True)) * unit
    return np.squeeze(plain, axis=axes)


_PART = 2**10
"""Squares of so many elements are summed at a time, one after another and without an array of them."""


def _sum_of_squares(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """The sum of x * x over axes, which stay with size 1."""
    count = x.shape[-1]
    if axes != (-1,) or count < 16 * _PART:
        return np.sum(x * x, axis=axes, keepdims=True)
    whole = count - count % _PART
    rows, rest = x[..., :whole].reshape((*x.shape[:-1], -1, _PART)), x[..., whole:]
    parts = [np.vecdot(rows, rows), np.sum(rest * rest, axis=-1, keepdims=True)]
    return np.sum(np.concatenate(parts, -1), axis=-1, keepdims=True)


def _unit(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """A power of two of the size of the largest element along axes, which stay with size 1."""
    largest = np.max(np.abs(x), axis=axes, keepdims=True, initial=0.0)
    return np.where((largest > 0) & np.isfinite(largest), np.exp2(np.floor(np.log2(largest))), 1.0)


def _direction(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """x / norm(x), and the least-norm choice 0 where the norm is 0."""
    return _over(x, np.expand_dims(_euclidean(x, axes), axes), axes)


def _over(x: NDArray[Any], length: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """x / length, where length is x's norm; 0 where that is 0. One infinite element decides the direction: it goes
    to ±1 there; of several, each direction is a limit, and they have none."""
    if np.all((length > 0) & np.isfinite(length)):
        return x / length
    unit = np.where(length == 0, 0.0, x / np.where(length == 0, 1.0, length))
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
    top = np.max(size, axis=axes, keepdims=True)
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
    length = np.expand_dims(_euclidean(x, axes), axes)
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
    u = unit_vector(x, params=(axes,))
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


unit_vector: General = General(
    "direction", _direction, lambda shape, axes: shape, symbolic=_symbolic_direction,
    push=lambda node, tangents: None if tangents[0] is None else _bend(node.operands[0], tangents[0], *node.params),
    pull=lambda node, g, needed: [_bend(node.operands[0], g, *node.params)],
)  # fmt: skip
euclidean: Reduction = Reduction(
    "norm", _euclidean, lambda g, out, x, axes: scale(g, unit_vector(x, params=(axes,))),
    symbolic=lambda S, xs: S.sqrt(S.Add(*(x**2 for x in xs))),
    kink=lambda out, x, axes: equal(out, out.lift(0.0)), convention="0 at 0",
)  # fmt: skip


@lru_cache(maxsize=64)
def p_direction(p: float) -> General:
    """The derivative of the p-norm, sign(u) |u|**(p - 1) with u = x / norm(x), and 0 where the norm is 0."""

    def kernel(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
        length = np.expand_dims(p_norm(p).kernel(x, axes), axes)
        u = _over(x, length, axes)
        return np.where(length == 0, 0.0, np.sign(u) * np.abs(u) ** (p - 1.0))

    return General(
        f"direction_{p:g}", kernel, lambda shape, axes: shape, symbolic=lambda S, x, axes: _symbolic_powers(S, p, x, axes)[1],
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
        f"bent_direction_{p:g}", bent, lambda x, t, axes: x, push, pull, symbolic=symbolic, analytic=False, traced=trace,
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
        f"norm_{p:g}", kernel, lambda g, out, x, axes: scale(g, p_direction(p)(x, params=(axes,))), analytic=False,
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
        f"norm_{-p:g}", kernel, rule, analytic=False, symbolic=p_norm(-p).symbolic,
        kink=euclidean.kink, convention=euclidean.convention,
    )  # fmt: skip


# ---- exponentials ----------------------------------------------------------------------------------


def _shift(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """What makes the largest element along axes 0, where it is finite."""
    largest = np.max(x.real, axis=axes, keepdims=True)
    return np.where(np.isfinite(largest), largest, 0.0)


def _logsumexp(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    shift = _shift(x, axes)
    raised = np.exp(x - shift)
    if np.iscomplexobj(x):
        return np.log(np.sum(raised, axis=axes)) + np.squeeze(shift, axis=axes)
    # log(count + rest) as log(count) + log1p(rest / count): next to the largest, the rest keeps its digits
    largest = x == shift
    count = np.sum(largest, axis=axes)
    rest = np.sum(np.where(largest, 0.0, raised), axis=axes)
    near = np.log(np.maximum(count, 1)) + np.log1p(rest / np.maximum(count, 1))
    return np.where(count == 0, np.log(rest), near) + np.squeeze(shift, axis=axes)


def _shares(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """exp(x) / sum(exp(x)), in the limit: infinite elements share all among them; where all are -inf, 0."""
    raised = np.exp(x - _shift(x, axes))
    if np.isinf(raised).any():
        lead = np.any(np.isposinf(raised.real), axis=axes, keepdims=True)
        raised = np.where(lead, np.isposinf(raised.real), raised)
    total = np.sum(raised, axis=axes, keepdims=True)
    return raised / np.where(total == 0, 1.0, total)


def _move_shares(node: Node, t: Node) -> Node:
    """The Jacobian, diag(p) - p p', times t: its own transpose.

    It knows no t that is constant, so t is taken relative to that of the largest element: a share near 1 then moves
    by the small shares of the others, and not by what is left of 1 - p.
    """
    (x,), (axes,) = node.operands, node.params
    largest = equal(x, copied(highest(x, axes), x.shape, axes))
    count = copied(total_over(largest, axes), x.shape, axes)
    there = total_over(where(largest, ratio(t, count), t.lift(0.0)), axes)
    moved = scale(t - copied(there, t.shape, axes), node)
    return moved - scale(copied(total_over(moved, axes), moved.shape, axes), node)


def _symbolic_shares(S: Any, x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    raised = np.vectorize(S.exp, otypes=[object])(x)
    return np.asarray(raised / np.sum(raised, axis=axes, keepdims=True))


shares: General = General(
    "softmax", _shares, lambda shape, axes: shape, symbolic=_symbolic_shares,
    push=lambda node, tangents: None if tangents[0] is None else _move_shares(node, tangents[0]),
    pull=lambda node, g, needed: [_move_shares(node, g)],
)  # fmt: skip
log_sum_exp: Reduction = Reduction(
    "logsumexp", _logsumexp, lambda g, out, x, axes: scale(g, shares(x, params=(axes,))),
    symbolic=lambda S, xs: S.log(S.Add(*(S.exp(x) for x in xs))),
)  # fmt: skip


@function(GROUP, samples=[sample("logsumexp(x)", x=(4,)), sample("logsumexp(x, axis=1)", x=(2, 3))])
def logsumexp(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """log(sum(exp(x))) without overflow."""
    axes = axes_of(axis, len(x.shape))
    nonempty("logsumexp", x, axes)
    return keep(log_sum_exp(x, axes), x.shape, axes, keepdims)


@function(
    "activation", samples=[sample("softmax(x)", x=(4,)), Sample("softmax(x, axis=0)", {"x": ((2, 3), -2.0, 2.0)})]
)
def softmax(x: Node, axis: Whole = -1) -> Node:
    """exp(x) / sum(exp(x)) along an axis, the last one unless told."""
    if not x.size:
        return x
    if not x.shape:
        return filled(x, (), 1.0)
    return shares(x, params=((axis_of(axis, len(x.shape)),),))
