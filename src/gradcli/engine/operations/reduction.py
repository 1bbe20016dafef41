"""Reductions over axes, and what is built of them.

The primitives are `total` (in `operation`), `max`, `min`, and elsewhere `norm` (`lengths`) and `logsumexp` (`softmax`);
each is a sum after an elementwise map, so one rule serves both modes. Products are in `running_products`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ..functions import Axis, Flag, Whole, function, sample
from ..node import Node
from ..operation import (
    Linear,
    Reduction,
    copied,
    filled,
    reshape_to,
    total_over,
)
from .arithmetic import (
    equal,
    greater,
    isnan,
    logical_not,
    not_equal,
)
from .indexing import index
from .running_products import last_product
from .selection import portion, where
from .structural import axes_of, axis_of, flip, keep, permute

GROUP = "reduction"


def nonempty(name: str, x: Node, axes: tuple[int, ...]) -> None:
    """Raise DataError where there are no elements along axes."""
    if math.prod(x.shape[axis] for axis in axes) == 0:
        raise DataError(f"{name} of an empty array has no value", code="empty", hint=f"the array has shape {x.shape}")


def count_of(x: Node, axes: tuple[int, ...]) -> int:
    """How many elements there are along axes."""
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
    return keep(total_over(x, axes) / count_of(x, axes), x.shape, axes, keepdims)


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
    product = _product_last(reshape_to(moved, (*out_shape, count_of(x, axes))))
    return keep(product, x.shape, axes, keepdims)


_FEW = 16
"""Products of up to so many factors are taken one after another; longer ones in a tree of fewer operations."""


def _product_last(x: Node) -> Node:
    """The product over the last axis, halved at each step where it is long."""
    out_shape, count = x.shape[:-1], x.shape[-1]
    odd: Node | None = None
    while count > _FEW:
        half = count // 2
        if count % 2:
            last = index(x, (Ellipsis, count - 1))
            odd = last if odd is None else odd * last
        x = index(x, (Ellipsis, slice(0, half))) * index(x, (Ellipsis, slice(half, 2 * half)))
        count = half
    if not count:
        return filled(x, out_shape, 1.0)
    product = index(x, (Ellipsis, 0)) * index(x, (Ellipsis, 1)) if count == 2 else last_product(x, (-1,))
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
