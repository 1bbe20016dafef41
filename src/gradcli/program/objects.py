"""Objects of a library: values with attributes and methods of their own, which can be called.

A class of them derives from `Object`, names its methods in METHODS and, where it can be called, says in
`apply` what that gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..errors import ExpressionError
from .builtins import parameters_of
from .code import CallSite
from .routines import Bound, Keywords, Routine
from .tracer import Tracer
from .values import Value

MISSING: Any = object()


class Object(Routine):
    """fields are its attributes, which a program can read and assign."""

    METHODS: ClassVar[dict[str, Routine]] = {}

    __slots__ = ("fields",)

    def __init__(self, name: str, fields: dict[str, Value] | None = None) -> None:
        super().__init__(name)
        self.fields = fields or {}

    @property
    def text(self) -> str:
        """What is shown of it."""
        return self.name

    def __init_subclass__(cls) -> None:
        cls.METHODS = dict(cls.METHODS)

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        bound = Bound(self.name, parameters_of(type(self).apply)[1:], lambda tracer, *rest: self.apply(tracer, *rest))
        return bound.invoke(tracer, arguments, keywords, site)

    def apply(self, tracer: Tracer, x: Value) -> Value:
        """What calling it gives. Raises where it is no function."""
        raise ExpressionError(f"{self.name} cannot be called", code="call")


def method(kind: type[Object], *names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declare a method of a class of objects: its first parameter after the tracer is the object."""

    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        kind.METHODS.update((name, Bound(name, parameters_of(call), call)) for name in names)
        return call

    return declare
