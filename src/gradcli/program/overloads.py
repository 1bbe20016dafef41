"""Operators that a program's classes define: `__add__` and its kin."""

from __future__ import annotations

from .objects import Object
from .values import Value

_NAMES = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "&": "and", "|": "or",
}  # fmt: skip
_COMPARISONS = {"<": "gt", "<=": "ge", ">": "lt", ">=": "le", "==": "eq", "!=": "ne"}
"""What a comparison is, seen from the other side."""
_MIRRORED = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge", "eq": "eq", "ne": "ne"}


def overload(left: Value, right: Value, symbol: str) -> tuple[Value, list[Value]] | None:
    """The method that an operator calls, and its arguments; None where neither side has one."""
    other = _COMPARISONS.get(symbol)
    own, reflected = (_MIRRORED[other], other) if other else (_NAMES.get(symbol, ""), f"r{_NAMES.get(symbol, '')}")
    for name, arguments in ((own, [left, right]), (reflected, [right, left])):
        function = arguments[0].own_method(f"__{name}__") if isinstance(arguments[0], Object) else None
        if function is not None:
            return function, arguments
    return None


def sign(value: Value, symbol: str) -> Value:
    """The method that `-x`, `+x` or `~x` calls, or None."""
    name = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}.get(symbol)
    return value.own_method(name) if name and isinstance(value, Object) else None
