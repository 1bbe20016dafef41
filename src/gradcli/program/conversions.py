"""Arguments converted as a parameter's kind asks, and the types of number that `dtype=` names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.functions import Parameter
from ..engine.node import Node
from ..errors import DataError, ExpressionError
from ..text import printable
from .routines import Routine
from .tracer import Tracer
from .values import Kind, Tensor, Value, describe


def convert(tracer: Tracer, parameter: Parameter, value: Value, name: str) -> Any:
    """value as parameter's kind asks. name is the function's, for errors."""
    kind = parameter.kind
    if kind.endswith(" | None"):
        if value is None:
            return None
        kind = kind[:-7]
    return _CONVERTERS[kind](tracer, value, f"{parameter.name} of {name}")


def _nodes(tracer: Tracer, value: Value, what: str) -> list[Node]:
    if isinstance(value, (list, tuple)):
        return [tracer.node(item) for item in value]
    if isinstance(value, (Tensor, Node)):
        return list(rows(tracer, tracer.node(value)))
    raise ExpressionError(f"{what} is a list of arrays, not {describe(value)}", code="type")


def rows(tracer: Tracer, node: Node) -> list[Node]:
    """The entries along the first axis. Raises DataError for a number."""
    from ..engine.operations.indexing import index

    if not node.shape:
        raise DataError("a number cannot be taken apart: it has no axes", code="shape")
    return [index(node, (i,)) for i in range(node.shape[0])]


def _whole(tracer: Tracer, value: Value, what: str) -> int:
    _no_sequence(value, what)
    return tracer.whole(value, what)


def _no_sequence(value: Value, what: str) -> None:
    if not isinstance(value, (float, bool, Node, Tensor)):
        raise ExpressionError(f"{what} is a whole number, not {describe(value)}", code="argument")


def _axis(tracer: Tracer, value: Value, what: str) -> int | tuple[int, ...] | None:
    if value is None:
        return None
    if isinstance(value, (list, tuple, range)):
        return tuple(tracer.whole(item, what) for item in value)
    return _whole(tracer, value, what)


def _shape(tracer: Tracer, value: Value, what: str) -> tuple[int, ...]:
    if isinstance(value, (list, tuple, range)):
        if len(value) == 1 and isinstance(value[0], (list, tuple)):
            value = value[0]
        return tuple(tracer.whole(item, what) for item in value)
    if isinstance(value, (Node, Tensor)) and tracer.node(value).shape:
        return tuple(tracer.whole(float(each), what) for each in _data(tracer, value, what).ravel())
    return (_whole(tracer, value, what),)


def _flag(tracer: Tracer, value: Value, what: str) -> bool:
    return tracer.truth(value)


def _float(tracer: Tracer, value: Value, what: str) -> float:
    if isinstance(value, str):
        word = {"fro": 2.0, "inf": float("inf")}.get(value)
        if word is not None:
            return word
        raise ExpressionError(f"{what} is a number, not the string '{printable(value)}'", code="argument")
    return tracer.number(value, what)


def _order(tracer: Tracer, value: Value, what: str) -> float | str:
    return value if isinstance(value, str) else tracer.number(value, what)


def _data(tracer: Tracer, value: Value, what: str) -> Any:
    return np.asarray(tracer.known(tracer.node(value)), dtype=np.float64)


def _word(tracer: Tracer, value: Value, what: str) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"{what} is a word in quotes, not {describe(value)}", code="argument")
    return value


def _node_or_float(tracer: Tracer, value: Value, what: str) -> Node | float:
    return value if type(value) is float else tracer.node(value)


_CONVERTERS: dict[str, Callable[[Tracer, Value, str], Any]] = {
    "Node": lambda tracer, value, what: tracer.node(value),
    "Nodes": _nodes,
    "Node | float": _node_or_float,
    "Axis": _axis,
    "Shape": _shape,
    "Whole": _whole,
    "Flag": _flag,
    "float": _float,
    "Data": _data,
    "Word": _word,
    "Order": _order,
    "Value": lambda tracer, value, what: value,
}


# ---- types of numbers --------------------------------------------------------------------------------


def kind_of(value: Value) -> Kind | None:
    """The type that `dtype=` names: a type, or one of float, int, bool. Raises ExpressionError."""
    if value is None or isinstance(value, Kind):
        return value
    name = value if isinstance(value, str) else getattr(value, "name", "") if isinstance(value, Routine) else ""
    for family in ("float", "double", "int", "long", "bool"):
        if name.startswith(family):
            return Kind(name, {"double": "float", "long": "int"}.get(family, family))
    raise ExpressionError(f"{describe(value)} is not a type of number", code="argument", hint="float, int or bool")


def as_kind(tracer: Tracer, value: Value, kind: Kind) -> Value:
    """value rounded towards zero for whole numbers, to 0 or 1 for truth values; floats stay what they are."""
    from ..engine.operations.rounding import trunc
    from .truths import holds_truths, truths

    if kind.family == "float" and not (isinstance(value, (Node, Tensor)) and holds_truths(tracer.node(value))):
        return value
    node = tracer.node(value)
    return truths(node) if kind.family == "bool" else trunc(node)
