"""Equality, membership and order of lists, tuples and dicts that hold objects of classes that say what these are.

A class says so by `__eq__` and `__lt__`, which the machine has to call: what is here asks for those calls.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from .. import limits
from ..errors import DataError
from .code import CallSite
from .objects import Object
from .operators import COMPARISONS, equal_values
from .overloads import overload
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Members, Value, describe

Calls = Generator[Any, Value, bool]

_CONTAINERS = (list, tuple, dict)


def says(value: Value, method: str) -> bool:
    """Whether value is, or holds, an object whose class has a method."""
    pending, depth, most = [value], 0, limits.current().rank
    while pending and depth <= most:
        below: list[Value] = []
        for each in pending:
            if isinstance(each, Object):
                if each.own_method(method) is not None:
                    return True
            elif isinstance(each, _CONTAINERS):
                below += each.values() if isinstance(each, dict) else each
        pending, depth = below, depth + 1
    return False


def same(tracer: Tracer, left: Value, right: Value, depth: int = 0) -> Calls:
    """Whether two values are equal as Python compares what containers hold: the same thing equals itself."""
    if depth > limits.current().json_depth:
        raise limits.exceeded("json_depth", "objects inside one another")
    if left is right:
        return True
    for kind in (list, tuple):
        if isinstance(left, kind) and isinstance(right, kind):
            return (yield from _all_same(tracer, left, right, depth + 1))
    if isinstance(left, dict) and isinstance(right, dict) and not isinstance(left, Members):
        if left.keys() != right.keys():
            return False
        return (yield from _all_same(tracer, list(left.values()), [right[name] for name in left], depth + 1))
    if isinstance(left, Object) or isinstance(right, Object):
        found = overload(left, right, "==")
        return left is right if found is None else tracer.truth((yield found))
    return tracer.truth(COMPARISONS["=="](tracer, left, right))


def _all_same(tracer: Tracer, left: Any, right: Any, depth: int) -> Calls:
    if len(left) != len(right):
        return False
    tracer.charge(len(left))
    for mine, other in zip(left, right, strict=True):
        if not (yield from same(tracer, mine, other, depth)):
            return False
    return True


def positions(tracer: Tracer, items: Any, item: Value) -> Generator[Any, Value, list[int]]:
    """Where a list or a tuple holds a value."""
    if not says(item, "__eq__") and not says(items, "__eq__"):
        return [i for i, each in enumerate(items) if each is item or equal_values(each, item)]
    tracer.charge(len(items))
    found = []
    for i, each in enumerate(items):
        if (yield from same(tracer, each, item)):
            found.append(i)
    return found


class Held(Routine):
    """`==`, `!=`, `in` or `not in` where containers hold such objects."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, *arguments)

    def _calls(self, tracer: Tracer, left: Value, right: Value) -> Calls:
        if self.name in ("==", "!="):
            return (yield from same(tracer, left, right)) == (self.name == "==")
        return bool((yield from positions(tracer, right, left))) == (self.name == "in")


_HELD = {symbol: Held(symbol) for symbol in ("==", "!=", "in", "not in")}


def held(left: Value, right: Value, symbol: str) -> tuple[Value, list[Value]] | None:
    """What compares two values, where one of them holds objects that are to be asked; None for others."""
    routine = _HELD.get(symbol)
    if routine is None:
        return None
    whole = symbol in ("==", "!=") and isinstance(left, _CONTAINERS) and isinstance(right, _CONTAINERS)
    if not whole and not (symbol in ("in", "not in") and isinstance(right, (list, tuple))):
        return None
    return (routine, [left, right]) if says(left, "__eq__") or says(right, "__eq__") else None


# ---- order ---------------------------------------------------------------------------------------------


def in_order(tracer: Tracer, keys: list[Value], reverse: bool) -> Generator[Any, Value, list[int]]:
    """The places of keys from the least to the greatest, by their `__lt__`: equal ones stay as they are."""
    runs = [[i] for i in range(len(keys))]
    while len(runs) > 1:
        tracer.charge(len(keys))
        merged = []
        for i in range(0, len(runs) - 1, 2):
            merged.append((yield from _merged(tracer, keys, runs[i], runs[i + 1], reverse)))
        runs = merged + (runs[-1:] if len(runs) % 2 else [])
    return runs[0] if runs else []


def _merged(
    tracer: Tracer, keys: list[Value], first: list[int], second: list[int], reverse: bool
) -> Generator[Any, Value, list[int]]:
    found: list[int] = []
    i = j = 0
    while i < len(first) and j < len(second):
        one, other = keys[first[i]], keys[second[j]]
        ahead = (yield from before(tracer, one, other)) if reverse else (yield from before(tracer, other, one))
        if ahead:
            found.append(second[j])
            j += 1
        else:
            found.append(first[i])
            i += 1
    return found + first[i:] + second[j:]


def before(tracer: Tracer, left: Value, right: Value, symbol: str = "<") -> Calls:
    """left < right (or another order); tuples and lists by the first entries that differ."""
    for kind in (tuple, list):
        if isinstance(left, kind) and isinstance(right, kind):
            for mine, other in zip(left, right, strict=False):
                if not (yield from same(tracer, mine, other)):
                    return (yield from before(tracer, mine, other, symbol))
            return bool(COMPARISONS[symbol].fold(len(left), len(right)))
    found = overload(left, right, symbol)
    if found is not None:
        return tracer.truth((yield found))
    if isinstance(left, str) and isinstance(right, str):
        return bool(COMPARISONS[symbol].fold(left, right))  # type: ignore[arg-type]  # Python's own comparison
    if isinstance(left, Object) or isinstance(right, Object):
        odd = left if isinstance(left, Object) else right
        hint = "write __lt__ into the class, or @dataclass(order=True)"
        raise DataError(f"{describe(odd)} comes neither before nor after another", code="type", hint=hint)
    return tracer.truth(COMPARISONS[symbol](tracer, left, right))


def first_of(tracer: Tracer, keys: list[Value], symbol: str) -> Generator[Any, Value, int]:
    """Where the least key is (with `>` the greatest), the first of several."""
    best = 0
    for i in range(1, len(keys)):
        if (yield from before(tracer, keys[i], keys[best], symbol)):
            best = i
    return best
