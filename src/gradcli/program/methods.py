"""What may stand after a dot: a fixed list of attributes and methods, for each kind of value.

The functions of the language that take an array first are its methods too. No attribute of a Python
object is ever looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..engine.functions import FUNCTIONS, Axis, Flag, Order, Whole
from ..engine.node import Node
from ..engine.operations.indexing import index as part_at
from ..engine.operations.selection import detach
from ..engine.operations.structural import axis_of, stack, swap_last, transpose
from ..errors import DataError, ExpressionError
from ..text import closest, printable
from .binding import from_table
from .builtins import BUILTINS, SPECIAL, Calls, single, sorted_
from .code import CallSite
from .conversions import as_kind, kind_of
from .in_place import OVERWRITING, InPlace, change, has_sibling, tensor
from .indexing import elements, part
from .library import MEMBERS, members
from .objects import MISSING, Base, Object
from .plain_methods import DICT_METHODS, SET_METHODS, STRING_METHODS, declare
from .routines import BoundMethod, Keywords, Routine
from .tensor_methods import TENSOR_ATTRIBUTES, TENSOR_METHODS
from .tracer import Tracer
from .values import Closure, Defaults, Kind, Members, Module, Named, Template, Tensor, Value, describe
from .views import VIEW_METHODS, viewing

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


def _at(tracer: Tracer, value: Value, bound: bool) -> Value:
    from .jax_control import At

    return At(tracer.node(value))


ATTRIBUTES: dict[str, Read] = {
    "T": _viewed(transpose),
    "mT": _viewed(swap_last),
    "shape": _shape,
    "at": _at,
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
    if isinstance(value, Object):
        found = value.held(name)
        if found is not MISSING:
            return found
    if isinstance(value, tuple) and name in named(value):
        return value[named(value).index(name)]
    function = _own_methods(value).get(name)
    if function is not None:
        return BoundMethod(value, function)
    if name == "__name__" and isinstance(value, (Closure, Routine)):
        return value.name
    if name == "__class__" and isinstance(value, Object):
        return getattr(value, "kind", None) or Base(value.name)
    if method(tracer, value, name) is not None:
        raise ExpressionError(
            f"{name} is a method of {describe(value)}", code="attribute", hint=f"call it: .{name}()"
        )  # fmt: skip
    raise unknown(tracer, value, name)


def named(value: tuple[Value, ...]) -> tuple[str, ...]:
    """The names of a tuple's entries, where they have any: `torch.max(x, 0).values`."""
    return getattr(value, "_fields", ())


def unknown(tracer: Tracer, value: Value, name: str) -> ExpressionError:
    """The error for an attribute or method that there is not, to be raised."""
    names = set(METHODS_OF.get(type(value), ()))
    if isinstance(value, Object):
        names = {*type(value).METHODS, *value.fields, *getattr(value, "parts", ())}
    if isinstance(value, tuple):
        names |= {*named(value)}
    if _is_array(value):
        names |= {*ATTRIBUTES, *ARRAY_METHODS, *(each for each, f in FUNCTIONS.items() if f.method)}
    close = closest(name, sorted(names))
    hint = f"did you mean {close}?" if close else None
    return ExpressionError(f"{describe(value)} has no attribute {printable(name)}", code="attribute", hint=hint)


def _is_array(value: Value) -> bool:
    return isinstance(value, (float, bool, Node, Tensor, list))


# ---- methods -------------------------------------------------------------------------------------------


def method(tracer: Tracer, value: Value, name: str) -> Routine | None:
    """The function that value.name(…) calls, with value as its first argument."""
    if isinstance(value, Object):
        users: Routine | None = value.own_method(name)
        if users is not None:
            return users
    own = _own_methods(value)
    if name in own:
        return own[name]
    return array_method(name, tracer.torch) if _is_array(value) else None


def _own_methods(value: Value) -> dict[str, Routine]:
    """The methods of a value that is no array: of an object, a list, a dict, a string."""
    return type(value).METHODS if isinstance(value, Object) else METHODS_OF.get(type(value), {})


_TORCH = {"repeat": "tile"}
"""Methods of PyTorch's tensors that are another function here than NumPy's of that name."""


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
    if torch:
        from .torch_pairs import PAIRS

        if name in PAIRS:
            return PAIRS[name]
    if name in _OF_LIBRARIES:
        return members().get(f"{'torch' if torch else 'numpy'}.{name}")
    function = FUNCTIONS.get(_TORCH.get(name, name) if torch else name)
    if function is not None and function.method:
        found: Routine = viewing(BUILTINS[name] if name in SPECIAL else from_table(name, function, torch))
        return found
    if name.endswith("_") and not name.endswith("__"):
        base = array_method(name[:-1], torch)
        if base is not None and has_sibling(name[:-1]):
            return InPlace(name, base)
    return None


ARRAY_METHODS: dict[str, Routine] = {**TENSOR_METHODS, **VIEW_METHODS, **OVERWRITING}
LIST_METHODS: dict[str, Routine] = {}
TUPLE_METHODS: dict[str, Routine] = {}
METHODS_OF: dict[type, dict[str, Routine]] = {
    list: LIST_METHODS, tuple: TUPLE_METHODS, Named: TUPLE_METHODS, dict: DICT_METHODS, Defaults: DICT_METHODS,
    Members: SET_METHODS, str: STRING_METHODS, Template: STRING_METHODS,
}  # fmt: skip


# ---- of arrays -----------------------------------------------------------------------------------------


@declare(ARRAY_METHODS, "unfold")
def unfold(tracer: Tracer, x: Node, dimension: Whole, size: Whole, step: Whole) -> Value:
    """The windows of a size along an axis, a step apart; their entries lie along a new last axis."""
    at = axis_of(dimension, len(x.shape)) + len(x.shape)
    count = (x.shape[at] - size) // step + 1 if step > 0 and size > 0 else 0
    if count < 1:
        raise DataError(f"an axis of length {x.shape[at]} has no windows of {size}, {step} apart", code="shape")
    before = (slice(None),) * at
    return stack([part_at(x, (*before, slice(i, i + step * (count - 1) + 1, step))) for i in range(size)], -1)


@declare(ARRAY_METHODS, "norm")
def norm(tracer: Tracer, x: Node, p: Order = 2.0, axis: Axis = None, keepdims: Flag = False) -> Value:
    """PyTorch's: of all elements, or along axes, as of one vector; a matrix's with 'nuc'."""
    if p == "nuc":
        return FUNCTIONS["norm"].build(x, p, axis, keepdims)
    return FUNCTIONS["vector_norm"].build(x, 2.0 if p == "fro" else p, axis, keepdims)


MEMBERS["torch.norm"] = ARRAY_METHODS["norm"]


@declare(ARRAY_METHODS, "item")
def item(tracer: Tracer, x: Value) -> Value:
    """The one number an array holds, as a number outside the graph."""
    return x if isinstance(x, float) else detach(single(tracer, x))


@declare(ARRAY_METHODS, "tolist")
def tolist(tracer: Tracer, x: Value) -> Value:
    """The numbers as nested lists, outside the graph."""
    node = tracer.node(x)
    if not node.shape:
        return detach(node)
    return [tolist(tracer, each) for each in elements(tracer, node)]


@declare(ARRAY_METHODS, "size")
def size(tracer: Tracer, x: Value, axis: Whole | None = None) -> Value:
    """PyTorch's: the shape, or the size of one axis."""
    shape = tracer.node(x).shape
    if axis is None:
        return tuple(float(each) for each in shape)
    return float(shape[axis_of(axis, len(shape))])


@declare(ARRAY_METHODS, "numel", "nelement")
def numel(tracer: Tracer, x: Value) -> Value:
    """The number of elements."""
    return float(tracer.node(x).size)


@declare(ARRAY_METHODS, "dim", "ndimension")
def dim(tracer: Tracer, x: Value) -> Value:
    """The number of axes."""
    return float(len(tracer.node(x).shape))


@declare(ARRAY_METHODS, "clone", "copy", "double", "conj")
def clone(tracer: Tracer, x: Value) -> Value:
    """A copy: the same value under a name of its own."""
    return x if isinstance(x, float) else tracer.node(x)


@declare(ARRAY_METHODS, "astype", "type")
def astype(tracer: Tracer, x: Value, *kinds: Value) -> Value:
    """x as another type of number; devices make no difference."""
    for each in kinds:
        if each not in ("cpu", "cuda"):
            kind = kind_of(each)
            x = x if kind is None else as_kind(tracer, x, kind)
    return x if isinstance(x, float) else tracer.node(x)


@declare(ARRAY_METHODS, "to")
def to(tracer: Tracer, x: Value, *kinds: Value) -> Value:
    """The same; x itself where that changes nothing."""
    made = astype(tracer, x, *kinds)
    return x if isinstance(x, Tensor) and made is x.node else made


@declare(ARRAY_METHODS, "int", "long")
def as_int(tracer: Tracer, x: Value) -> Value:
    """x rounded towards zero."""
    return as_kind(tracer, x, Kind("int64", "int"))


@declare(ARRAY_METHODS, "bool")
def as_bool(tracer: Tracer, x: Value) -> Value:
    """Whether x is not 0."""
    return as_kind(tracer, x, Kind("bool", "bool"))


class _Silent(InPlace):
    """A method that changes an array in place and gives nothing, as NumPy's do."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        super().invoke(tracer, arguments, keywords, site)


@declare(ARRAY_METHODS, "fill")
def fill(tracer: Tracer, x: Value, value: Node) -> Value:
    """Give every element one value."""
    change(tracer, tensor(tracer, x), value)


def in_place_alone(name: str) -> Routine | None:
    """NumPy's method that changes an array where it is a statement; inside an expression it gives the result."""
    return _Silent(name, from_table(name, FUNCTIONS[name], False)) if name == "sort" else None


_OF_LIBRARIES = frozenset(("argwhere", "bincount", "clamp_max", "clamp_min", "histc", "nonzero", "unflatten", "unique"))
"""Functions of PyTorch and NumPy that are methods too."""


# ---- of lists and tuples -------------------------------------------------------------------------------


@declare(LIST_METHODS, "sort")
def sort(tracer: Tracer, items: Value, key: Value = None, reverse: Flag = False) -> Calls:
    """Bring the entries in order, by value or by what key gives."""
    items[:] = yield from sorted_(tracer, items, key, reverse)


@declare(LIST_METHODS, "append")
def append(tracer: Tracer, items: Value, item: Value) -> Value:
    """Add an entry at the end."""
    items.append(tracer.bind(item))


@declare(LIST_METHODS, "extend")
def extend(tracer: Tracer, items: Value, more: Value) -> Value:
    """Add entries at the end."""
    added = elements(tracer, more)
    tracer.charge_entries(len(items) + len(added))
    items.extend(added)


@declare(LIST_METHODS, "insert")
def insert(tracer: Tracer, items: Value, index: Whole, item: Value) -> Value:
    """Add an entry before another."""
    items.insert(index, tracer.bind(item))


@declare(LIST_METHODS, "pop")
def pop(tracer: Tracer, items: Value, index: Whole = -1) -> Value:
    """Take an entry out."""
    if not -len(items) <= index < len(items):
        raise DataError(f"index {index} is out of range for a list of {len(items)}", code="index")
    return items.pop(index)


@declare(LIST_METHODS, "clear")
def clear(tracer: Tracer, items: Value) -> Value:
    """Take all entries out."""
    items.clear()


@declare(LIST_METHODS, "reverse")
def reverse(tracer: Tracer, items: Value) -> Value:
    """Turn the order around."""
    items.reverse()


@declare(LIST_METHODS, "copy")
def copy_list(tracer: Tracer, items: Value) -> Value:
    """Another list of the same entries."""
    return list(items)


def _found(tracer: Tracer, items: Value, item: Value) -> Calls:
    from .sameness import positions

    return (yield from positions(tracer, [_plain(tracer, each) for each in items], _plain(tracer, item)))


def _plain(tracer: Tracer, value: Value) -> Value:
    """A number as one that is known; anything else as it is."""
    single = isinstance(value, (Node, Tensor)) and not tracer.node(value).shape
    return tracer.number(value, "an entry") if single else value


def _first(tracer: Tracer, items: Value, item: Value) -> Calls:
    found = yield from _found(tracer, items, item)
    if not found:
        raise DataError("the value is not in the list")
    return found[0]


@declare(LIST_METHODS, "index")
@declare(TUPLE_METHODS, "index")
def index(tracer: Tracer, items: Value, item: Value) -> Calls:
    """Where the value first is."""
    return float((yield from _first(tracer, items, item)))


@declare(LIST_METHODS, "remove")
def remove(tracer: Tracer, items: Value, item: Value) -> Calls:
    """Take the first entry of a value out."""
    del items[(yield from _first(tracer, items, item))]


@declare(LIST_METHODS, "count")
@declare(TUPLE_METHODS, "count")
def count(tracer: Tracer, items: Value, item: Value) -> Calls:
    """How often the value is there."""
    return float(len((yield from _found(tracer, items, item))))
