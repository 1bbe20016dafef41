"""Functions of the language as values: what a call of one gives."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, TypeAlias

from .code import CallSite
from .tracer import Tracer
from .values import Context, Value

Keywords: TypeAlias = Mapping[str, Value]


class Routine:
    """A function of the language. `invoke` gives its value, or a generator that asks for calls:
    it yields `(function, arguments)`, or those and keyword arguments, and is sent the result."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        raise NotImplementedError

    def keyed(self, tracer: Tracer) -> Value:
        """It as a dict's key. Raises ExpressionError where it cannot be one."""
        return self


class Inside(Routine):
    """A function that is always called inside a context: what `@no_grad()` makes of it."""

    __slots__ = ("context", "function")

    def __init__(self, context: Context, function: Value) -> None:
        super().__init__(function.name)
        self.context = context
        self.function = function

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, arguments, keywords)

    def _calls(self, tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Generator[Any, Value, Value]:
        before = tracer.detached
        if self.context.tracks is not None:
            tracer.detached = not self.context.tracks
        result = yield self.function, arguments, keywords
        tracer.detached = before
        return result


class BoundMethod(Routine):
    """A method together with what it is called on."""

    __slots__ = ("function", "owner")

    def __init__(self, owner: Value, function: Value) -> None:
        super().__init__(function.name)
        self.owner = owner
        self.function = function

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(arguments, keywords)

    def _calls(self, arguments: list[Value], keywords: Keywords) -> Generator[Any, Value, Value]:
        return (yield self.function, [self.owner, *arguments], keywords)
