"""Taking parts of values, changing parts in place, and going through them one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..engine.node import Node
from ..engine.operation import reshape_to
from ..engine.operations.assignment import assign
from ..engine.operations.indexing import Entry, Key, index, positions
from ..engine.operations.selection import detach, where
from ..errors import DataError, ExpressionError
from . import autograd
from .mappings import found, key
from .operators import is_boolean
from .strings import text
from .tracer import Tracer
from .values import Entries, Members, Template, Tensor, Value, View, describe

_SEQUENCES = (list, tuple, range)


# ---- keys ----------------------------------------------------------------------------------------------


def entry(tracer: Tracer, value: Value) -> Entry:
    """One entry of an index: a whole number, slice, None, `...`, or array of whole numbers or truth values."""
    kind = type(value)
    if kind is float:
        return tracer.whole(value, "an index", "index")
    if value is None or value is Ellipsis or kind is slice:
        return value
    if isinstance(value, (Node, Tensor, list, tuple, range)):
        return _array_entry(tracer, value)
    raise ExpressionError(f"{describe(value)} is no index", code="index", hint="an index is a whole number or a slice")


def _array_entry(tracer: Tracer, value: Value) -> Entry:
    node = tracer.node(value)
    mask = is_boolean(value)
    if not node.shape and not mask:
        return tracer.whole(node, "an index", "index")
    if not node.shape:
        raise ExpressionError("a single truth value is no index", code="index", hint="where() chooses by a condition")
    numbers = np.asarray(tracer.known(node))
    if mask:
        return numbers != 0
    if not (numbers == np.floor(numbers)).all() or not np.isfinite(numbers).all():
        odd = next(each for each in numbers.ravel() if not float(each).is_integer())
        raise DataError(f"an index must be a whole number, not {odd:g}", code="index")
    if not numbers.size or np.abs(numbers).max() < 2.0**62:
        return numbers.astype(np.intp)
    raise DataError(f"index {np.abs(numbers).max():g} is out of range", code="index")


def _apart(keys: Sequence[Value]) -> Sequence[Value]:
    """The keys that a tuple holds, which is the same as writing them one by one."""
    return keys[0] if len(keys) == 1 and isinstance(keys[0], tuple) else keys


def _together(keys: Sequence[Value]) -> Value:
    """The key of a dict: several are a tuple."""
    return keys[0] if len(keys) == 1 else tuple(keys)


def cut(tracer: Tracer, start: Value, stop: Value, step: Value) -> slice:
    """The slice `start:stop:step`. Raises DataError for parts that are no whole numbers."""
    parts = [None if each is None else tracer.whole(each, "an index", "index") for each in (start, stop, step)]
    if parts[2] == 0:
        raise DataError("the step of a slice cannot be 0", code="index")
    return slice(*parts)


# ---- reading -------------------------------------------------------------------------------------------


def pick(tracer: Tracer, container: Value, keys: Sequence[Value], bound: bool) -> Value:
    """container[keys]; bound where the part is given a name: it then is a view of an array."""
    if isinstance(container, _SEQUENCES) and len(keys) == 1:
        (key,) = keys
        if type(key) is slice or _is_number(key):
            return _item(tracer, container, key)
    elif isinstance(container, dict) and not isinstance(container, Members):
        return container[found(tracer, container, _together(keys))]
    elif isinstance(container, (str, Template)) and len(keys) == 1:
        own = text(tracer, container)
        return own[keys[0]] if type(keys[0]) is slice else own[_position(tracer, own, keys[0])]
    elif (held := entries_of(container)) is not None:
        return pick(tracer, held, keys, bound)
    elif isinstance(container, Entries):
        return container.fields[_name_in(container, keys)]
    entries = tuple(entry(tracer, each) for each in _apart(keys))
    node = index(tracer.node(container), entries)
    return part(tracer, container, node, partial(_index, entries), entries) if bound else node


def entries_of(value: Value) -> list[Value] | None:
    """What a module holds by number, where it is a list too."""
    asked = getattr(value, "entries", None)
    return None if asked is None or isinstance(value, (Node, Tensor)) else asked()


def _index(key: Key, node: Node) -> Node:
    return index(node, key)


def part(tracer: Tracer, container: Value, node: Node, read: Any, key: Key | None = None) -> Value:
    """node, a part of container, as a value of its own: a view where the part can be changed in place.

    read gives the part of a node, and key is the index it was made with, where there is one.
    """
    node = tracer.own(detach(node) if tracer.detached else node)
    copies = key is not None and any(isinstance(each, np.ndarray) for each in key)
    if copies or not isinstance(container, Tensor) or not (node.shape or tracer.torch):
        return node
    return View(container, node, read, key, tracer.detached)


def _name_in(entries: Entries, keys: Sequence[Value]) -> str:
    """The key of a setting. Raises ExpressionError where there is none of that name."""
    name = keys[0]
    if len(keys) == 1 and isinstance(name, str) and name in entries.fields:
        return name
    raise ExpressionError(f"the settings are {', '.join(entries.fields)}", code="index")


def _is_number(key: Value) -> bool:
    return type(key) is float or (isinstance(key, (Node, Tensor)) and not is_boolean(key) and _node_shape(key) == ())


def _node_shape(value: Node | Tensor) -> tuple[int, ...]:
    return value.shape if isinstance(value, Node) else value.node.shape


def _item(tracer: Tracer, items: Sequence[Value], key: Value) -> Value:
    if type(key) is slice:
        return items[key]
    item = items[_position(tracer, items, key)]
    return float(item) if isinstance(items, range) else item


def _position(tracer: Tracer, items: Sequence[Value], key: Value) -> int:
    number = tracer.whole(key, "an index", "index")
    if not -len(items) <= number < len(items):
        raise DataError(f"index {number} is out of range for {describe(items)} of {len(items)}", code="index")
    return number


# ---- writing -------------------------------------------------------------------------------------------


def put(tracer: Tracer, container: Value, keys: Sequence[Value], value: Value) -> None:
    """container[keys] = value: a list is changed, a tensor gets a new node."""
    if isinstance(container, list) and len(keys) == 1:
        _put_item(tracer, container, keys[0], value)
    elif isinstance(container, dict) and not isinstance(container, Members):
        name = key(tracer, _together(keys))
        container[name] = tracer.bind(value)
    elif isinstance(container, Entries):
        container.fields[_name_in(container, keys)] = value
    elif isinstance(container, Tensor):
        node = tracer.node(value)
        node = detach(node) if tracer.detached else node
        autograd.write(tracer, container, _written(tracer, container.node, keys, node))
    else:
        hint = "make it an array first: array(…)" if isinstance(container, (tuple, range)) else None
        raise ExpressionError(f"{describe(container)} cannot be changed in place", code="type", hint=hint)


def _put_item(tracer: Tracer, items: list[Value], key: Value, value: Value) -> None:
    if type(key) is slice:
        items[key] = elements(tracer, value)
    else:
        items[_position(tracer, items, key)] = tracer.bind(value)


def _written(tracer: Tracer, node: Node, keys: Sequence[Value], value: Node) -> Node:
    if len(keys) == 1 and isinstance(keys[0], (Node, Tensor)) and not value.shape and is_boolean(keys[0]):
        mask = tracer.node(keys[0])
        if mask.shape == node.shape:
            return where(mask, value, node)  # needs no values
    entries = tuple(entry(tracer, each) for each in _apart(keys))
    if not node.shape:
        index(node, entries)  # raises, unless it is `...`
        return reshape_to(value, ())
    return assign(node, positions(node.shape, entries), value)


def remove(tracer: Tracer, container: Value, keys: Sequence[Value]) -> None:
    """`del container[keys]`, of a dict or a list."""
    if isinstance(container, dict):
        del container[found(tracer, container, _together(keys))]
    elif isinstance(container, list) and len(keys) == 1:
        (each,) = keys
        del container[each if type(each) is slice else _position(tracer, container, each)]
    else:
        raise ExpressionError(f"nothing can be deleted from {describe(container)}", code="type")


# ---- one by one ----------------------------------------------------------------------------------------


def length(tracer: Tracer, value: Value) -> int:
    """How many entries value has. Raises for what has none."""
    if isinstance(value, (*_SEQUENCES, str, dict)):
        return len(value)
    if (held := entries_of(value)) is not None:
        return len(held)
    if isinstance(value, Template):
        return len(text(tracer, value))
    node = tracer.node(value)
    if not node.shape:
        raise DataError("a number has no length", code="shape")
    return node.shape[0]


def iterate(tracer: Tracer, value: Value) -> Iterator[Value]:
    """The entries of a list, tuple, range, or along an array's first axis, as they are asked for."""
    if isinstance(value, range):
        return map(float, value)
    if isinstance(value, (list, tuple)):
        return iter(value)
    if (held := entries_of(value)) is not None:
        return iter(held)
    if isinstance(value, dict):
        return iter(list(value))
    if isinstance(value, (str, Template)):
        return iter(text(tracer, value))
    if isinstance(value, (Node, Tensor)):
        count = length(tracer, value)
        return (pick(tracer, value, (float(i),), True) for i in range(count))
    if isinstance(value, (float, bool)):
        raise DataError("a number cannot be gone through one by one", code="shape", hint="range(n) counts to n")
    raise ExpressionError(f"{describe(value)} cannot be gone through one by one", code="type")


def elements(tracer: Tracer, value: Value) -> list[Value]:
    """The same as a list."""
    if isinstance(value, (list, tuple, range)):
        tracer.charge_entries(len(value))
    return [tracer.bind(each) for each in iterate(tracer, value)]
