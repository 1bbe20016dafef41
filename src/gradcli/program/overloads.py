"""Operators that a program's classes define: `__add__` and its kin."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from .code import CallSite
from .objects import Object
from .operators import BINARY
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Members, Value

_NAMES = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "&": "and", "|": "or",
}  # fmt: skip
_METHODS = {symbol: (f"__{name}__", f"__r{name}__") for symbol, name in _NAMES.items()} | {
    "<": ("__lt__", "__gt__"), "<=": ("__le__", "__ge__"), ">": ("__gt__", "__lt__"), ">=": ("__ge__", "__le__"),
    "==": ("__eq__", "__eq__"), "!=": ("__ne__", "__ne__"),
}  # fmt: skip
"""By operator the method of its left side, and that of its right side where the left has none."""


_OF_CONTAINERS = frozenset(("==", "!=", "in", "not in"))
_OF_SETS = {"|": "union", "&": "intersection", "-": "difference"}


class Otherwise(Routine):
    """The opposite of what a function says: what `!=` is for objects that define `==` alone."""

    __slots__ = ("function",)

    def __init__(self, function: Value) -> None:
        super().__init__("__ne__")
        self.function = function

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, arguments)

    def _calls(self, tracer: Tracer, arguments: list[Value]) -> Generator[Any, Value, bool]:
        return not tracer.truth((yield self.function, arguments))


def overload(left: Value, right: Value, symbol: str) -> tuple[Value, list[Value]] | None:
    """The method that an operator calls, and its arguments; None where neither side has one."""
    if isinstance(left, Members) and isinstance(right, Members) and symbol in _OF_SETS:
        from .plain_methods import SET_METHODS

        return SET_METHODS[_OF_SETS[symbol]], [left, right]
    for name, arguments in zip(_METHODS.get(symbol, ()), ([left, right], [right, left]), strict=False):
        function = arguments[0].own_method(name) if isinstance(arguments[0], Object) else None
        if function is not None:
            return function, arguments
    if symbol == "!=" and (isinstance(left, Object) or isinstance(right, Object)):
        equal = overload(left, right, "==")
        return None if equal is None else (Otherwise(equal[0]), equal[1])
    if symbol in ("in", "not in") and isinstance(right, Object):
        from .generator_methods import found_in

        return found_in(left, right, symbol)
    if symbol in _OF_CONTAINERS:
        from .sameness import held

        return held(left, right, symbol)
    return None


def sign(value: Value, symbol: str) -> Value:
    """The method that `-x`, `+x` or `~x` calls, or None."""
    name = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}.get(symbol)
    return value.own_method(name) if name and isinstance(value, Object) else None


def added(tracer: Tracer, total: Value, items: Sequence[Value]) -> Generator[Any, Value, Value]:
    """Entries added up, some of which are objects of classes that say how."""
    for item in items:
        found = overload(total, item, "+")
        total = BINARY["+"](tracer, total, item) if found is None else (yield found)
    return total
