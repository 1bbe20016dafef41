"""What changes a tensor in place: `x.add_(y)`, `x.zero_()`, and giving a tensor another value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..engine.functions import FUNCTIONS
from ..engine.node import Node
from ..engine.operation import broadcast_to
from ..engine.operations.assignment import assign
from ..engine.operations.selection import detach, where
from ..errors import DataError, ExpressionError
from . import autograd
from .binding import Bound
from .builtins import parameters_of
from .code import CallSite
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Tensor, Value, describe

OVERWRITING: dict[str, Routine] = {}
"""Methods of tensors: those that end with `_`, and those that compute what these write."""
IN_PLACE = frozenset(
    (
        "clamp", "clip", "cumprod", "cumsum", "div", "divide", "index_add", "index_copy", "index_fill", "multiply",
        "pow", "round", "scatter", "scatter_add", "sub", "subtract", "tril", "triu",
    )
)  # fmt: skip
"""Methods, beside those that work element by element, that have a sibling with `_` after the name."""


class InPlace(Routine):
    """`x.add_(y)`: what the method without `_` gives becomes the tensor's value."""

    __slots__ = ("routine",)

    def __init__(self, name: str, routine: Routine) -> None:
        super().__init__(name)
        self.routine = routine

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        box = tensor(tracer, arguments[0])
        change(tracer, box, self.routine.invoke(tracer, [box, *arguments[1:]], keywords, site))
        return box


def has_sibling(name: str) -> bool:
    """Whether the method `name_` exists because `name` does."""
    return name in IN_PLACE or (name in FUNCTIONS and FUNCTIONS[name].operation is not None)


def tensor(tracer: Tracer, value: Value) -> Tensor:
    """value as something that can be changed in place. Raises ExpressionError for what cannot."""
    if isinstance(value, Tensor):
        return value
    if type(value) is Node and (value.shape or tracer.torch):
        return Tensor(value)
    message = f"{describe(value)} cannot be changed in place"
    raise ExpressionError(message, code="type", hint="assign the new value to its name")


def change(tracer: Tracer, box: Tensor, value: Value) -> None:
    """Give box a new value of its own shape. Raises DataError where the shape is another."""
    node = tracer.node(value)
    if node.shape != box.node.shape:
        if not _broadcasts(node.shape, box.node.shape):
            raise DataError(
                f"a result of shape {node.shape} does not fit into a tensor of shape {box.node.shape}", code="shape",
                hint="what is changed in place keeps its shape; assign the result to a name instead",
            )  # fmt: skip
        node = broadcast_to(node, box.node.shape)
    autograd.write(tracer, box, detach(node) if tracer.detached else node)


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether shape broadcasts to target exactly."""
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def _overwriting(name: str, *, pure: bool = False) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declare `name_`, which gives a tensor the value that the function computes; pure is whether `name` exists too."""

    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        OVERWRITING[f"{name}_"] = InPlace(f"{name}_", Bound(f"{name}_", parameters_of(call), call))
        if pure:
            OVERWRITING[name] = Bound(name, parameters_of(call), call)
        return call

    return declare


@_overwriting("fill")
def fill(tracer: Tracer, x: Node, value: Node) -> Value:
    """One value everywhere."""
    return value


@_overwriting("zero")
def zero(tracer: Tracer, x: Node) -> Value:
    """0 everywhere."""
    return 0.0


@_overwriting("copy")
def copy(tracer: Tracer, x: Node, source: Node) -> Value:
    """Another array's values."""
    return source


@_overwriting("uniform")
def uniform(tracer: Tracer, x: Node, low: Node | float = 0.0, high: Node | float = 1.0) -> Value:
    """Evenly distributed numbers."""
    return low + FUNCTIONS["rand_like"].build(x) * (high - low)  # type: ignore[operator]  # one array, not a tuple


@_overwriting("normal")
def normal(tracer: Tracer, x: Node, mean: Node | float = 0.0, std: Node | float = 1.0) -> Value:
    """Normally distributed numbers."""
    return mean + FUNCTIONS["randn_like"].build(x) * std  # type: ignore[operator]  # one array, not a tuple


@_overwriting("fill_diagonal")
def fill_diagonal(tracer: Tracer, x: Node, value: Node) -> Value:
    """One value on the diagonal of a matrix."""
    if len(x.shape) != 2:
        raise DataError(f"fill_diagonal_ takes a matrix, not shape {x.shape}", code="shape")
    rows, columns = x.shape
    return assign(x, np.arange(min(rows, columns)) * (columns + 1), value)


@_overwriting("add", pure=True)
def add(tracer: Tracer, x: Node, other: Node, alpha: Node | float = 1.0) -> Value:
    """x + alpha * other."""
    return _sum(x, other, alpha)


@_overwriting("sub", pure=True)
def sub(tracer: Tracer, x: Node, other: Node, alpha: Node | float = 1.0) -> Value:
    """x - alpha * other."""
    return x - (other if alpha == 1.0 else other * alpha)


def _sum(x: Node, other: Node, alpha: Node | float) -> Node:
    return x + (other if alpha == 1.0 else other * alpha)


@_overwriting("addcmul", pure=True)
def addcmul(tracer: Tracer, x: Node, tensor1: Node, tensor2: Node, value: Node | float = 1.0) -> Value:
    """x + value * tensor1 * tensor2."""
    return _sum(x, tensor1 * tensor2, value)


@_overwriting("addcdiv", pure=True)
def addcdiv(tracer: Tracer, x: Node, tensor1: Node, tensor2: Node, value: Node | float = 1.0) -> Value:
    """x + value * tensor1 / tensor2."""
    return _sum(x, tensor1 / tensor2, value)


@_overwriting("lerp", pure=True)
def lerp(tracer: Tracer, x: Node, end: Node, weight: Node | float) -> Value:
    """x moved towards end by a fraction of the way."""
    return x + weight * (end - x)


@_overwriting("masked_fill", pure=True)
def masked_fill(tracer: Tracer, x: Node, mask: Node, value: Node) -> Value:
    """value where mask is true, x elsewhere."""
    return where(mask, value, x)
