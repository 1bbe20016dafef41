"""Dicts: what can be a key, and finding one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..engine.node import Node
from ..engine.operation import constant
from ..errors import DataError, ExpressionError
from ..text import shortened
from .code import CallSite
from .routines import Keywords, Routine
from .strings import text
from .tracer import Tracer
from .values import Closure, Defaults, Members, Template, Tensor, Value, describe


def key(tracer: Tracer, value: Value, depth: int = 0) -> Value:
    """value as a dict's key: strings, numbers that are known, None, and tuples of such; functions and objects, and in
    PyTorch's programs tensors, each of which is another key."""
    if isinstance(value, Template):
        return text(tracer, value)
    if isinstance(value, Routine):
        return value.keyed(tracer)
    if value is None or isinstance(value, (str, float, bool, Closure)):
        return value
    if isinstance(value, Tensor) and tracer.torch:
        return value
    if isinstance(value, tuple) and depth < 8:
        return tuple(key(tracer, each, depth + 1) for each in value)
    if isinstance(value, Node) and value.operation is constant and not value.shape:
        return float(tracer.known(value))
    raise ExpressionError(
        f"{describe(value)} cannot be a key", code="type", hint="keys are strings, numbers and tuples of them"
    )


def found(tracer: Tracer, entries: dict[Value, Value], wanted: Value) -> Value:
    """The key by which an entry is there. Raises DataError where there is none."""
    name = key(tracer, wanted)
    if name not in entries:
        shown = shortened(", ".join(map(spelling, list(entries)[:20]))) or "none"
        raise DataError(f"there is no key {shortened(spelling(name))}", code="index", hint=f"the keys are {shown}")
    return name


class Making(Routine):
    """Gives a dict the entry that it makes for a missing key."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, *arguments)

    def _calls(self, tracer: Tracer, entries: Defaults, name: Value) -> Generator[Any, Value, Value]:
        entries[name] = tracer.bind((yield entries.factory, []))
        return entries[name]


MAKING = Making("default")


def spelling(name: Value) -> str:
    """A key as it is written."""
    if isinstance(name, (Tensor, Closure, Routine)):
        return describe(name)
    return f"{name:g}" if isinstance(name, float) else repr(name)


def mapping(value: Value) -> dict[Value, Value]:
    """value, if it is a dict. Raises ExpressionError."""
    if not isinstance(value, dict) or isinstance(value, Members):
        raise ExpressionError(f"a dict is needed here, not {describe(value)}", code="type")
    return value
