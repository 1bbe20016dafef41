"""Functions that in PyTorch give values together with their indices: `torch.max(x, 0)`, `x.sort()`.

Without an axis `max`, `min` and `median` give one number, and `torch.max(x, y)` compares two arrays, as there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..engine.functions import FUNCTIONS, Flag, Whole
from ..engine.node import Node
from ..engine.operations.indexing import index
from ..engine.operations.selection import detach
from ..engine.operations.structural import axis_of
from ..errors import DataError
from .binding import Bound, from_table
from .builtins import parameters_of
from .code import CallSite
from .library import MEMBERS, built
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Tensor, Value

PAIRS: dict[str, Routine] = {}
"""By name; they are methods too, in PyTorch's programs."""


class Pair(NamedTuple):
    """What such a function gives."""

    values: Node
    indices: Node


class Extent(NamedTuple):
    """What `aminmax` gives."""

    min: Node
    max: Node


def _pair(name: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        PAIRS[name] = MEMBERS[f"torch.{name}"] = Bound(name, parameters_of(call), call)
        return call

    return declare


# ---- along an axis, or of all --------------------------------------------------------------------------


class AlongAxis(Bound):
    """A function that gives a pair where an axis is named, and otherwise what it is without one."""

    __slots__ = ("between", "whole")

    def __init__(self, name: str, call: Callable[..., Value], between: str | None) -> None:
        super().__init__(name, parameters_of(call), call)
        self.whole = from_table(name, FUNCTIONS[name], True)
        self.between = between

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if self.between is not None and (_is_array(arguments[1:2]) or "other" in keywords):
            compare = from_table(self.between, FUNCTIONS[self.between], True)
            return compare.invoke(tracer, arguments, keywords, site)
        if len(arguments) < 2 and not {"dim", "axis"} & set(keywords):
            return self.whole.invoke(tracer, arguments, keywords, site)
        return super().invoke(tracer, arguments, keywords, site)


def _length(x: Node, axis: int) -> int:
    """How many entries an axis has. Raises DataError where there is no such axis."""
    return x.shape[axis_of(axis, len(x.shape))]


def _is_array(values: list[Value]) -> bool:
    return bool(values) and isinstance(values[0], (Node, Tensor))


def _max(tracer: Tracer, input: Node, dim: Whole, keepdim: Flag = False) -> Value:
    """The largest along an axis, and where the first of them is."""
    return Pair(built("max", input, dim, keepdim), built("argmax", input, dim, keepdim))


def _min(tracer: Tracer, input: Node, dim: Whole, keepdim: Flag = False) -> Value:
    """The smallest along an axis, and where the first of them is."""
    return Pair(built("min", input, dim, keepdim), built("argmin", input, dim, keepdim))


def _median(tracer: Tracer, input: Node, dim: Whole, keepdim: Flag = False) -> Value:
    """The middle one along an axis (of two the lower), and where it is."""
    count = _length(input, dim)
    return kthvalue(tracer, input, (count + 1) // 2, dim, keepdim)


for _name, _call, _between in (("max", _max, "maximum"), ("min", _min, "minimum"), ("median", _median, None)):
    PAIRS[_name] = MEMBERS[f"torch.{_name}"] = AlongAxis(_name, _call, _between)


class Spread(Bound):
    """`std` and `var`: a truth value that comes second is PyTorch's old `unbiased`."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        function = FUNCTIONS[name]
        build = function.build
        super().__init__(
            name, function.parameters, lambda tracer, *rest: build(*rest), defaults=function.torch_defaults
        )

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) == 2 and isinstance(arguments[1], bool):
            arguments, keywords = arguments[:1], {**keywords, "ddof": float(arguments[1])}
        return super().invoke(tracer, arguments, keywords, site)


for _name in ("std", "var"):
    PAIRS[_name] = MEMBERS[f"torch.{_name}"] = Spread(_name)


# ---- in order ------------------------------------------------------------------------------------------


@_pair("sort")
def sort(tracer: Tracer, input: Node, dim: Whole = -1, descending: Flag = False) -> Value:
    """In order along an axis, and where each entry was; equal ones stay in order."""
    return Pair(built("sort", input, dim, descending), _order(input, dim, descending))


def _order(x: Node, axis: int, descending: bool) -> Node:
    return built("argsort", -detach(x) if descending else detach(x), axis)


@_pair("topk")
def topk(tracer: Tracer, input: Node, k: Whole, dim: Whole = -1, largest: Flag = True, sorted: Flag = True) -> Value:
    """The k largest (or smallest) along an axis, in order, and where they are."""
    count = _length(input, dim)
    if not 0 <= k <= count:
        raise DataError(f"topk asks for {k} of {count} elements")
    ordered = sort(tracer, input, dim, largest)
    first = (*(slice(None),) * (dim % len(input.shape)), slice(0, k))
    return Pair(index(ordered.values, first), index(ordered.indices, first))


@_pair("kthvalue")
def kthvalue(tracer: Tracer, input: Node, k: Whole, dim: Whole = -1, keepdim: Flag = False) -> Value:
    """The k-th smallest along an axis, counted from 1, and where it is."""
    count = _length(input, dim)
    if not 1 <= k <= count:
        raise DataError(f"kthvalue asks for number {k} of {count} elements")
    ordered = sort(tracer, input, dim)
    before = (slice(None),) * (dim % len(input.shape))
    place = (*before, slice(k - 1, k)) if keepdim else (*before, k - 1)
    return Pair(index(ordered.values, place), index(ordered.indices, place))


# ---- running -------------------------------------------------------------------------------------------


@_pair("cummax")
def cummax(tracer: Tracer, input: Node, dim: Whole) -> Value:
    """The running maximum along an axis, and where the last of the largest so far is."""
    return _running("cummax", tracer, input, dim)


@_pair("cummin")
def cummin(tracer: Tracer, input: Node, dim: Whole) -> Value:
    """The running minimum along an axis, and where the last of the smallest so far is."""
    return _running("cummin", tracer, input, dim)


def _running(name: str, tracer: Tracer, x: Node, axis: int) -> Pair:
    values = built(name, x, axis)
    numbers = np.arange(_length(x, axis)).reshape(-1, *(1 for _ in range(len(x.shape) - axis % len(x.shape) - 1)))
    reached = built("equal", detach(x), detach(values))
    return Pair(values, built("cummax", tracer.graph.constant(numbers) * reached, axis))


@_pair("aminmax")
def aminmax(tracer: Tracer, input: Node, dim: Whole | None = None, keepdim: Flag = False) -> Value:
    """The smallest and the largest, of all or along an axis."""
    return Extent(built("min", input, dim, keepdim), built("max", input, dim, keepdim))
