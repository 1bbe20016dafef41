"""What generators can be asked: `send`, `throw`, `close`, and whether they give a value."""

from __future__ import annotations

from collections.abc import Generator as Steps
from typing import Any

from ..errors import DataError, ExpressionError
from .code import CallSite
from .exceptions import Exceptional, ExceptionClass, to_raise
from .generators import END, Generator, Lazy, ended, source_of
from .iterating import written
from .objects import method
from .routines import Keywords, Routine
from .sameness import same
from .tracer import Tracer
from .values import Value, describe

Calls = Steps[Any, Value, Value]


@method(Generator, "send")
def send(tracer: Tracer, generator: Value, value: Value) -> Calls:
    """Go on to the next value, where `yield` gives the generator the value sent."""
    if not generator.begun and value is not None:
        hint = "next(…) first: there is no yield yet that could take it"
        raise ExpressionError("a generator that has not begun is sent no value", code="type", hint=hint)
    generator.sent = value
    return (yield from _next(generator))


@method(Generator, "throw")
def throw(tracer: Tracer, generator: Value, error: Value) -> Calls:
    """Go on with an error that `yield` raises."""
    made = error
    if isinstance(error, ExceptionClass):
        made = yield error, []
    if not isinstance(made, Exceptional):
        raise ExpressionError(f"throw takes an exception, not {describe(error)}", code="type")
    problem = to_raise(made)
    if generator.done or not generator.begun:
        generator.done = True
        raise problem
    inner = generator
    while isinstance(inner.delegate, Generator) and not inner.delegate.done:
        inner = inner.delegate
    inner.thrown = problem
    return (yield from _next(generator))


@method(Generator, "close")
def close(tracer: Tracer, generator: Value) -> Calls:
    """End it: where it waits inside `try`, its `finally` is run."""
    if generator.done or not generator.begun:
        generator.done = True
        return None
    return (yield written("close"), [generator])


def _next(generator: Value) -> Calls:
    value = END if generator.done else (yield generator, [])
    if value is END:
        raise ended(generator)
    return value


class Search(Routine):
    """`in` and `not in` of what gives values one by one: it is gone through up to the value."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, *arguments)

    def _calls(self, tracer: Tracer, value: Value, source: Value) -> Calls:
        going = source if isinstance(source, Lazy) else (yield from source_of(source))
        entries = iter(going)  # type: ignore[arg-type]  # a list, an iterator or a generator, which has none
        while True:
            tracer.charge(1)
            each = (
                ((yield going, []) if not going.done else END) if isinstance(going, Generator) else next(entries, END)
            )
            if each is END:
                return self.name == "not in"
            if (yield from same(tracer, each, value)):
                return self.name == "in"


class Contains(Routine):
    """`in` and `not in` of an object whose class has `__contains__`."""

    __slots__ = ("function",)

    def __init__(self, name: str, function: Value) -> None:
        super().__init__(name)
        self.function = function

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, *arguments)

    def _calls(self, tracer: Tracer, value: Value, holder: Value) -> Calls:
        return tracer.truth((yield self.function, [holder, value])) == (self.name == "in")


def found_in(value: Value, holder: Value, symbol: str) -> tuple[Value, list[Value]] | None:
    """What `value in holder` calls, of an object of the program's or what gives values one by one."""
    contains = holder.own_method("__contains__")
    if contains is not None:
        return Contains(symbol, contains), [value, holder]
    if isinstance(holder, Lazy) or holder.own_method("__iter__") is not None:
        return Search(symbol), [value, holder]
    return None


def check_whole(function: Value, arguments: list[Value]) -> None:
    """Raise DataError where `len` or `reversed` is asked of what gives values one by one."""
    odd = next((each for each in arguments if isinstance(each, Lazy)), None)
    if odd is not None:
        what = "has no length" if function.name == "len" else "is not gone through backwards"
        raise DataError(f"{describe(odd)} {what}", code="type", hint="list(…) has all its values")
