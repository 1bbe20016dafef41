"""`dataclasses`: classes whose fields are what their body annotates."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from .. import limits
from ..errors import ExpressionError
from ..text import printable
from .classes import Instance, UserClass
from .code import CallSite
from .library import MEMBERS, member
from .objects import Object
from .operators import equal_values
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Value, describe

Calls = Generator[Any, Value, Value]


class Field(Object):
    """What `field` gives: the default value of a field, or the function that makes it."""

    __slots__ = ()


@member("dataclasses.field")
def field(tracer: Tracer, default: Value = None, default_factory: Value = None, repr: Value = True) -> Value:
    """The default value of a field, or the function that makes it anew for each object."""
    return Field("field", {"default": default, "default_factory": default_factory})


class Begin(Routine):
    """`__init__` of such a class: gives each field its value."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__("__init__")
        self.names = names

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        made, *values = arguments or [None]
        if not isinstance(made, Instance):
            raise ExpressionError("__init__ is given an object first", code="argument", span=site.span)
        kind = made.kind
        if len(values) > len(self.names):
            message = f"{kind.name} has {len(self.names)} fields, and here are {len(values)} values"
            raise ExpressionError(message, code="argument", hint=self._called(kind))
        given = dict(zip(self.names, values, strict=False))
        for word, value in keywords.items():
            if word in given or word not in self.names:
                problem = "is given twice" if word in given else f"is no field of {kind.name}"
                raise ExpressionError(f"{printable(word)} {problem}", code="argument", hint=self._called(kind))
            given[word] = value
        return self._calls(tracer, made, given)

    def _calls(self, tracer: Tracer, made: Instance, given: dict[str, Value]) -> Calls:
        for name in self.names:
            if name in given:
                value = given[name]
            elif not any(name in each.fields for each in made.kind.line()):
                message = f"{made.kind.name} needs a value for {printable(name)}"
                raise ExpressionError(message, code="argument", hint=self._called(made.kind))
            else:
                value = yield from _default(made.kind.find(name))
            made.assign(tracer, name, value)
        after = made.kind.find("__post_init__")
        if after is not None:
            yield after, [made]
        return None

    def _called(self, kind: UserClass) -> str:
        return f"it is called as {kind.name}({', '.join(self.names)})"


def _default(value: Value) -> Calls:
    if not isinstance(value, Field):
        return value
    factory = value.fields["default_factory"]
    return value.fields["default"] if factory is None else (yield factory, [])


class Equal(Routine):
    """`__eq__` of such a class: whether all fields are equal."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) != 2 or keywords:
            raise ExpressionError("__eq__ compares two objects", code="argument", span=site.span)
        return _equal(*arguments)


def _equal(left: Value, right: Value, depth: int = 0) -> bool:
    """Whether two values are equal, objects of dataclasses field by field."""
    if depth > limits.current().json_depth:
        raise limits.exceeded("json_depth", "objects inside one another")
    if isinstance(left, Instance) and isinstance(right, Instance) and isinstance(left.kind.find("__eq__"), Equal):
        mine, others = _fields(left), _fields(right) if right.kind is left.kind else None
        return others is not None and all(_equal(each, others[name], depth + 1) for name, each in mine.items())
    if isinstance(left, (list, tuple)) and type(left) is type(right):
        return len(left) == len(right) and all(_equal(a, b, depth + 1) for a, b in zip(left, right, strict=True))
    return equal_values(left, right)


class Dataclass(Routine):
    """`dataclass`, with brackets or without."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if not arguments:
            return self
        (kind,) = arguments if len(arguments) == 1 else (None,)
        if not isinstance(kind, UserClass) or kind.module or kind.SHARED:
            raise ExpressionError(f"dataclass takes a class, not {describe(kind)}", code="type", span=site.span)
        kind.shown = names = tuple(dict.fromkeys(_annotated(kind)))
        kind.fields.setdefault("__init__", Begin(names))
        kind.fields.setdefault("__eq__", Equal("__eq__"))
        return kind


def _annotated(kind: UserClass) -> Iterator[str]:
    for each in reversed(list(kind.line())):
        yield from each.annotated


MEMBERS["dataclasses.dataclass"] = Dataclass("dataclass")


# ---- of their objects ----------------------------------------------------------------------------------


def _fields(value: Value) -> dict[str, Value]:
    if not _is_of_dataclass(value):
        raise ExpressionError(f"{describe(value)} is no object of a dataclass", code="type")
    missing = next((name for name in value.kind.shown if name not in value.fields), None)
    if missing is not None:
        raise ExpressionError(f"{describe(value)} has no {printable(missing)} any more", code="attribute")
    return {name: value.fields[name] for name in value.kind.shown}


def _is_of_dataclass(value: Value) -> bool:
    return isinstance(value, Instance) and bool(value.kind.shown)


def _within(value: Value, make: Callable[[dict[str, Value]], Value], depth: int = 0) -> Value:
    """A value with what make gives for the fields of each object of a dataclass in it, however deep."""
    if depth > limits.current().json_depth:
        raise limits.exceeded("json_depth", "objects inside one another")
    if _is_of_dataclass(value):
        return make({name: _within(each, make, depth + 1) for name, each in _fields(value).items()})
    if isinstance(value, (list, tuple)):
        return type(value)(_within(each, make, depth + 1) for each in value)
    if isinstance(value, dict):
        return {key: _within(each, make, depth + 1) for key, each in value.items()}
    return value


@member("dataclasses.asdict")
def asdict(tracer: Tracer, obj: Value) -> Value:
    """The fields by name, as a dict."""
    _fields(obj)
    return _within(obj, lambda fields: fields)


@member("dataclasses.astuple")
def astuple(tracer: Tracer, obj: Value) -> Value:
    """The fields in order."""
    _fields(obj)
    return _within(obj, lambda fields: tuple(fields.values()))


class Replace(Routine):
    """`replace`: another object with some fields changed."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) != 1:
            raise ExpressionError("replace takes an object, and fields by name", code="argument", span=site.span)
        return arguments[0].kind.invoke(tracer, [], {**_fields(arguments[0]), **keywords}, site)


MEMBERS["dataclasses.replace"] = Replace("replace")
