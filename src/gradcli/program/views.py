"""Results that share their elements with the tensor they were made of: `x.view(…)`, `x.T`, `x.detach()`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.functions import FUNCTIONS, Whole
from ..engine.node import Node
from ..engine.operation import reshape_to
from ..engine.operations.indexing import index
from ..engine.operations.selection import detach
from ..engine.operations.structural import axis_of, transpose
from ..errors import DataError
from .autograd import Data
from .binding import Bound
from .builtins import parameters_of
from .code import CallSite
from .indexing import part
from .routines import Keywords, Routine
from .sharing import REARRANGING, RESHAPING
from .tracer import Tracer
from .values import Tensor, Value, View

VIEW_METHODS: dict[str, Routine] = {}


class Rearranged(Routine):
    """A function whose result is a view of its first argument (or several are), where it is given a name."""

    __slots__ = ("routine",)

    def __init__(self, routine: Routine) -> None:
        super().__init__(routine.name)
        self.routine = routine

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        result = self.routine.invoke(tracer, arguments, keywords, site)
        source = arguments[0] if arguments else None
        if any(isinstance(word, str) and word == "F" for word in (*arguments[1:], keywords.get("order"))):
            return result  # in another order: a copy
        if not site.bound or not isinstance(source, Tensor) or not self._shares(tracer, source, result):
            return result

        def read(node: Node) -> Value:
            return self.routine.invoke(tracer, [node, *arguments[1:]], keywords, site)

        if not isinstance(result, (list, tuple)):
            return part(tracer, source, tracer.node(result), lambda node: tracer.node(read(node)))
        return type(result)(_one_of(tracer, source, each, read, i) for i, each in enumerate(result))

    def _shares(self, tracer: Tracer, source: Tensor, result: Value) -> bool:
        if self.name not in RESHAPING:
            return True
        if self.name == "flatten" and not tracer.torch:
            return False  # NumPy's copies
        if self.name == "ravel":
            return lies_in_order(source)
        return not isinstance(source, View) or _lies_evenly(places(source).reshape(tracer.node(result).shape))


def _one_of(tracer: Tracer, source: Tensor, result: Value, read: Callable[[Node], Value], position: int) -> Value:
    return part(tracer, source, tracer.node(result), lambda node: tracer.node(read(node)[position]))


def viewing(value: Value) -> Value:
    """A function of the language, with a view as its result where that is what it gives; anything else as it is."""
    return Rearranged(value) if isinstance(value, Bound) and value.name in REARRANGING else value


# ---- where elements lie --------------------------------------------------------------------------------


def places(tensor: Tensor) -> NDArray[np.intp]:
    """Where each element lies in the tensor at the start of a chain of views, flattened."""
    if not isinstance(tensor, View):
        return np.arange(tensor.node.size).reshape(tensor.node.shape)
    where, above = tensor.positions(), tensor.parent
    while isinstance(above, View):
        where, above = above.positions().ravel()[where], above.parent
    return where


def lies_in_order(tensor: Tensor) -> bool:
    """Whether the elements lie one after another."""
    return not isinstance(tensor, View) or bool((np.diff(places(tensor).ravel()) == 1).all())


def _lies_evenly(where: NDArray[np.intp]) -> bool:
    """Whether steps along each axis are of one length, so that an array can show these places in this shape."""
    steps = [np.diff(where, axis=axis) for axis in range(where.ndim)]
    return all((each == each.flat[0]).all() for each in steps if each.size)


# ---- methods -------------------------------------------------------------------------------------------


class Detached(Bound):
    """`x.detach()`: the same elements, outside the graph."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        result = super().invoke(tracer, arguments, keywords, site)
        shares = site.bound and isinstance(arguments[0], Tensor)
        return Data(arguments[0], tracer.own(result)) if shares else result


def _detach(tracer: Tracer, x: Node) -> Value:
    return detach(x)


for _name in ("detach", "numpy"):
    VIEW_METHODS[_name] = Detached(_name, parameters_of(_detach), _detach)


def _method(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        for name in names:
            routine = Bound(name, parameters_of(call), call)
            VIEW_METHODS[name] = viewing(routine)
        return call

    return declare


@_method("float", "cpu", "cuda")
def itself(tracer: Tracer, x: Value) -> Value:
    """The tensor itself: it already is what is asked for."""
    return x if isinstance(x, (float, Tensor)) else tracer.node(x)


@_method("contiguous")
def contiguous(tracer: Tracer, x: Value) -> Value:
    """The tensor itself where its elements lie one after another, else a copy."""
    return itself(tracer, x) if not isinstance(x, Tensor) or lies_in_order(x) else x.node


@_method("t")
def t(tracer: Tracer, x: Node) -> Value:
    """A matrix transposed."""
    if len(x.shape) > 2:
        raise DataError(f"t() takes a matrix, not shape {x.shape}", code="shape", hint="use .mT")
    return transpose(x)


@_method("view_as", "reshape_as")
def reshape_as(tracer: Tracer, x: Node, other: Node) -> Value:
    """x in another array's shape."""
    if x.size != other.size:
        raise DataError(f"shape {x.shape} does not fit shape {other.shape}", code="shape")
    return reshape_to(x, other.shape)


@_method("expand_as")
def expand_as(tracer: Tracer, x: Node, other: Node) -> Value:
    """x copied along axes to another array's shape."""
    return FUNCTIONS["broadcast_to"].build(x, other.shape)


@_method("select")
def select(tracer: Tracer, x: Node, axis: Whole, index: Whole) -> Value:
    """What lies at one position along an axis."""
    return _along(x, axis, index)


@_method("narrow")
def narrow(tracer: Tracer, x: Node, axis: Whole, start: Whole, length: Whole) -> Value:
    """A number of positions along an axis, from one on."""
    size = x.shape[_axis(x, axis)]
    first = start + size if start < 0 else start
    if not 0 <= first <= first + length <= size:
        raise DataError(f"{length} positions from {start} do not lie in an axis of size {size}", code="index")
    return _along(x, axis, slice(first, first + length))


@_method("unbind")
def unbind(tracer: Tracer, x: Node, axis: Whole = 0) -> Value:
    """What lies at each position along an axis, as a tuple."""
    return tuple(_along(x, axis, position) for position in range(x.shape[_axis(x, axis)]))


def _along(x: Node, axis: int, key: Any) -> Node:
    before: Sequence[slice] = [slice(None)] * _axis(x, axis)
    return index(x, (*before, key))


def _axis(x: Node, axis: int) -> int:
    rank = len(x.shape)
    return axis_of(axis, rank) + rank
