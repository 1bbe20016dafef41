"""What may stand after a dot: a fixed list of attributes and methods, for each kind of value.

The functions of the language that take an array first are its methods too. No attribute of a Python
object is ever looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TypeAlias

from ..engine.functions import FUNCTIONS, Whole
from ..engine.node import Node
from ..engine.operation import broadcast_to, reshape_to
from ..engine.operations.selection import detach
from ..engine.operations.structural import swap_last, transpose
from ..errors import DataError, ExpressionError
from ..text import printable
from . import autograd
from .builtins import BUILTINS, SPECIAL, parameters_of, single
from .code import CallSite
from .indexing import elements, part
from .objects import Object
from .operators import equal_values
from .routines import Bound, Keywords, Routine, as_kind, from_table, kind_of
from .tensor_methods import TENSOR_ATTRIBUTES, TENSOR_METHODS
from .tracer import Tracer
from .values import Kind, Module, Tensor, Value, describe

Read: TypeAlias = Callable[[Tracer, Value, bool], Value]
FLOAT64 = Kind("float64", "float")


# ---- attributes ----------------------------------------------------------------------------------------


def _viewed(read: Callable[[Node], Node]) -> Read:
    """An attribute that shows the same elements differently: changing it changes the array."""

    def attribute(tracer: Tracer, value: Value, bound: bool) -> Value:
        node = read(tracer.node(value))
        return part(tracer, value, node, read) if bound else node

    return attribute


def _shape(tracer: Tracer, value: Value, bound: bool) -> Value:
    return tuple(float(size) for size in tracer.node(value).shape)


ATTRIBUTES: dict[str, Read] = {
    "T": _viewed(transpose),
    "mT": _viewed(swap_last),
    "shape": _shape,
    "ndim": lambda tracer, value, bound: float(len(tracer.node(value).shape)),
    "size": lambda tracer, value, bound: float(tracer.node(value).size),
    "dtype": lambda tracer, value, bound: FLOAT64,
    "device": lambda tracer, value, bound: "cpu",
    "real": lambda tracer, value, bound: tracer.node(value),
}
ATTRIBUTES |= TENSOR_ATTRIBUTES
"""Of numbers and arrays."""


def attribute(tracer: Tracer, value: Value, name: str, bound: bool) -> Value:
    """value.name; bound where it is given a name. Raises ExpressionError for what is not in the lists."""
    if isinstance(value, Module):
        from .modules import member

        return member(f"{value.path}.{name}")
    if _is_array(value):
        read = ATTRIBUTES.get(name)
        if read is not None:
            return read(tracer, value, bound)
    if isinstance(value, Object) and name in value.fields:
        return value.fields[name]
    if method(tracer, value, name) is not None:
        raise ExpressionError(
            f"{name} is a method of {describe(value)}", code="attribute", hint=f"call it: .{name}()"
        )  # fmt: skip
    raise unknown(tracer, value, name)


def unknown(tracer: Tracer, value: Value, name: str) -> ExpressionError:
    """The error for an attribute or method that there is not, to be raised."""
    names = set(_METHODS_OF.get(type(value), ()))
    if isinstance(value, Object):
        names = {*type(value).METHODS, *value.fields}
    if _is_array(value):
        names |= {*ATTRIBUTES, *ARRAY_METHODS, *(each for each, f in FUNCTIONS.items() if f.method)}
    close = get_close_matches(name, sorted(names), 1)
    hint = f"did you mean {close[0]}?" if close else None
    return ExpressionError(f"{describe(value)} has no attribute {printable(name)}", code="attribute", hint=hint)


def _is_array(value: Value) -> bool:
    return isinstance(value, (float, bool, Node, Tensor, list))


# ---- methods -------------------------------------------------------------------------------------------


def method(tracer: Tracer, value: Value, name: str) -> Routine | None:
    """The function that value.name(…) calls, with value as its first argument."""
    own = type(value).METHODS if isinstance(value, Object) else _METHODS_OF.get(type(value))
    if own is not None and name in own:
        return own[name]
    return array_method(name, tracer.torch) if _is_array(value) else None


def array_method(name: str, torch: bool) -> Routine | None:
    """A method of numbers and arrays, by name."""
    found = _CACHE.get((name, torch))
    if found is None:
        made = _array_method(name, torch)
        if made is None:
            return None
        found = _CACHE[name, torch] = made
    return found


_CACHE: dict[tuple[str, bool], Routine] = {}


def _array_method(name: str, torch: bool) -> Routine | None:
    if name in ARRAY_METHODS:
        return ARRAY_METHODS[name]
    function = FUNCTIONS.get(name)
    if function is not None and function.method:
        routine = BUILTINS[name] if name in SPECIAL else from_table(name, function, torch)
        return Rearranged(routine) if name in _VIEWS else routine
    if name.endswith("_") and not name.endswith("__"):
        base = array_method(name[:-1], torch)
        if base is not None and name[:-1] in _IN_PLACE:
            return InPlace(name, base)
    return None


_VIEWS = frozenset(
    (
        "diagonal", "expand_dims", "moveaxis", "movedim", "permute", "ravel", "reshape", "squeeze", "swapaxes",
        "swapdims", "transpose", "unsqueeze", "view",
    )
)  # fmt: skip
"""Methods that show the same elements differently."""
_IN_PLACE = frozenset(
    (
        "abs", "add", "clamp", "clip", "cos", "div", "divide", "exp", "floor", "log", "mul", "multiply", "neg", "pow",
        "relu", "remainder", "round", "sigmoid", "sin", "sqrt", "sub", "subtract", "tanh",
    )
)  # fmt: skip
"""Methods that have a sibling with `_` after the name, which changes the tensor."""


class Rearranged(Routine):
    """A method whose result is a view, where it is given a name."""

    __slots__ = ("routine",)

    def __init__(self, routine: Routine) -> None:
        super().__init__(routine.name)
        self.routine = routine

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if not site.bound or not isinstance(arguments[0], Tensor):
            return self.routine.invoke(tracer, arguments, keywords, site)

        def read(node: Node) -> Node:
            return tracer.node(self.routine.invoke(tracer, [node, *arguments[1:]], keywords, site))

        return part(tracer, arguments[0], read(arguments[0].node), read)


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
        try:
            fits = broadcast_shape(node.shape, box.node.shape)
        except ValueError:
            fits = False
        if not fits:
            raise DataError(
                f"a result of shape {node.shape} does not fit into a tensor of shape {box.node.shape}", code="shape",
                hint="what is changed in place keeps its shape; assign the result to a name instead",
            )  # fmt: skip
        node = broadcast_to(node, box.node.shape)
    autograd.write(tracer, box, detach(node) if tracer.detached else node)


def broadcast_shape(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether shape broadcasts to target exactly."""
    import numpy as np

    return np.broadcast_shapes(shape, target) == target


ARRAY_METHODS: dict[str, Routine] = dict(TENSOR_METHODS)
LIST_METHODS: dict[str, Routine] = {}
TUPLE_METHODS: dict[str, Routine] = {}
_METHODS_OF: dict[type, dict[str, Routine]] = {list: LIST_METHODS, tuple: TUPLE_METHODS}


def _declare(table: dict[str, Routine], *names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        variadic = bool(call.__code__.co_flags & 0x04)
        table.update((name, Bound(name, parameters_of(call), call, variadic=variadic)) for name in names)
        return call

    return declare


# ---- of arrays -----------------------------------------------------------------------------------------


@_declare(ARRAY_METHODS, "item")
def item(tracer: Tracer, x: Value) -> Value:
    """The one number an array holds, as a number outside the graph."""
    return x if isinstance(x, float) else detach(single(tracer, x))


@_declare(ARRAY_METHODS, "tolist")
def tolist(tracer: Tracer, x: Value) -> Value:
    """The numbers as nested lists, outside the graph."""
    node = tracer.node(x)
    if not node.shape:
        return detach(node)
    return [tolist(tracer, each) for each in elements(tracer, node)]


@_declare(ARRAY_METHODS, "size")
def size(tracer: Tracer, x: Value, axis: Whole | None = None) -> Value:
    """PyTorch's: the shape, or the size of one axis."""
    shape = tracer.node(x).shape
    if axis is None:
        return tuple(float(each) for each in shape)
    if not -len(shape) <= axis < len(shape):
        raise DataError(f"there is no axis {axis} in an array with {len(shape)} axes", code="axis")
    return float(shape[axis])


@_declare(ARRAY_METHODS, "numel", "nelement")
def numel(tracer: Tracer, x: Value) -> Value:
    """The number of elements."""
    return float(tracer.node(x).size)


@_declare(ARRAY_METHODS, "dim", "ndimension")
def dim(tracer: Tracer, x: Value) -> Value:
    """The number of axes."""
    return float(len(tracer.node(x).shape))


@_declare(ARRAY_METHODS, "clone", "copy", "contiguous", "numpy", "cpu", "cuda", "double", "float", "conj")
def clone(tracer: Tracer, x: Value) -> Value:
    """A copy: the same value under a name of its own."""
    return x if isinstance(x, float) else tracer.node(x)


@_declare(ARRAY_METHODS, "to", "astype", "type")
def astype(tracer: Tracer, x: Value, *kinds: Value) -> Value:
    """x as another type of number; devices make no difference."""
    for each in kinds:
        if each not in ("cpu", "cuda"):
            kind = kind_of(each)
            x = x if kind is None else as_kind(tracer, x, kind)
    return x if isinstance(x, float) else tracer.node(x)


@_declare(ARRAY_METHODS, "int", "long")
def as_int(tracer: Tracer, x: Value) -> Value:
    """x rounded towards zero."""
    return as_kind(tracer, x, Kind("int64", "int"))


@_declare(ARRAY_METHODS, "bool")
def as_bool(tracer: Tracer, x: Value) -> Value:
    """Whether x is not 0."""
    return as_kind(tracer, x, Kind("bool", "bool"))


@_declare(ARRAY_METHODS, "t")
def t(tracer: Tracer, x: Node) -> Value:
    """A matrix transposed."""
    if len(x.shape) > 2:
        raise DataError(f"t() takes a matrix, not shape {x.shape}", code="shape", hint="use .mT")
    return transpose(x)


@_declare(ARRAY_METHODS, "view_as", "reshape_as")
def reshape_as(tracer: Tracer, x: Node, other: Node) -> Value:
    """x in another array's shape."""
    if x.size != other.size:
        raise DataError(f"shape {x.shape} does not fit shape {other.shape}", code="shape")
    return reshape_to(x, other.shape)


@_declare(ARRAY_METHODS, "expand_as")
def expand_as(tracer: Tracer, x: Node, other: Node) -> Value:
    """x copied along axes to another array's shape."""
    return FUNCTIONS["broadcast_to"].build(x, other.shape)


def _overwriting(name: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declare `name_`, which gives a tensor the value that the function computes."""

    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        variadic = bool(call.__code__.co_flags & 0x04)
        ARRAY_METHODS[f"{name}_"] = InPlace(f"{name}_", Bound(f"{name}_", parameters_of(call), call, variadic=variadic))
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


# ---- of lists and tuples -------------------------------------------------------------------------------


@_declare(LIST_METHODS, "append")
def append(tracer: Tracer, items: Value, item: Value) -> Value:
    """Add an entry at the end."""
    items.append(tracer.bind(item))


@_declare(LIST_METHODS, "extend")
def extend(tracer: Tracer, items: Value, more: Value) -> Value:
    """Add entries at the end."""
    added = elements(tracer, more)
    tracer.charge_entries(len(items) + len(added))
    items.extend(added)


@_declare(LIST_METHODS, "insert")
def insert(tracer: Tracer, items: Value, index: Whole, item: Value) -> Value:
    """Add an entry before another."""
    items.insert(index, tracer.bind(item))


@_declare(LIST_METHODS, "pop")
def pop(tracer: Tracer, items: Value, index: Whole = -1) -> Value:
    """Take an entry out."""
    if not -len(items) <= index < len(items):
        raise DataError(f"index {index} is out of range for a list of {len(items)}", code="index")
    return items.pop(index)


@_declare(LIST_METHODS, "clear")
def clear(tracer: Tracer, items: Value) -> Value:
    """Take all entries out."""
    items.clear()


@_declare(LIST_METHODS, "reverse")
def reverse(tracer: Tracer, items: Value) -> Value:
    """Turn the order around."""
    items.reverse()


@_declare(LIST_METHODS, "copy")
def copy_list(tracer: Tracer, items: Value) -> Value:
    """Another list of the same entries."""
    return list(items)


def _found(tracer: Tracer, items: Iterable[Value], item: Value) -> list[int]:
    return [i for i, each in enumerate(items) if each is item or equal_values(each, item)]


@_declare(LIST_METHODS, "index")
@_declare(TUPLE_METHODS, "index")
def index(tracer: Tracer, items: Value, item: Value) -> Value:
    """Where the value first is."""
    found = _found(tracer, items, item)
    if not found:
        raise DataError("the value is not in the list")
    return float(found[0])


@_declare(LIST_METHODS, "count")
@_declare(TUPLE_METHODS, "count")
def count(tracer: Tracer, items: Value, item: Value) -> Value:
    """How often the value is there."""
    return float(len(_found(tracer, items, item)))
