"""Objects of a library: values with attributes and methods of their own, which can be called.

A class of them derives from `Object`, names its methods in METHODS and, where it can be called, says in
`apply` what that gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..errors import ExpressionError
from .binding import Bound
from .builtins import parameters_of
from .code import CallSite
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Value

MISSING: Any = object()


class Object(Routine):
    """fields are its attributes, which a program can read and assign."""

    METHODS: ClassVar[dict[str, Routine]] = {}
    SHARED: ClassVar[bool] = False  # whether all programs have it, so that none can change it
    IGNORED: ClassVar[bool] = False  # whether it means nothing here: it is not shown, and every part of it is itself

    __slots__ = ("fields",)

    def __init__(self, name: str, fields: dict[str, Value] | None = None) -> None:
        super().__init__(name)
        self.fields = fields or {}

    def own_method(self, name: str) -> Value:
        """A method of a class that the program defines, given the object first; None where it is no object of one."""
        return None

    def held(self, name: str) -> Value:
        """What it has under a name; MISSING where there is nothing."""
        return self.fields.get(name, MISSING)

    def assign(self, tracer: Tracer, name: str, value: Value) -> bool:
        """`object.name = value`; false where an object of this kind does not take it."""
        return False

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
        variadic = bool(call.__code__.co_flags & 0x04)
        kind.METHODS.update((name, Bound(name, parameters_of(call), call, variadic=variadic)) for name in names)
        return call

    return declare


class Base(Routine):
    """A class of a library that a program's own can derive from."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        hint = f"class Net({self.name}): …"
        raise ExpressionError(f"{self.name} is there to be derived from", code="call", hint=hint)


OBJECT = Base("object")
