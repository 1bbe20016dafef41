"""`dataclasses`: classes whose fields are what their body annotates."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from .. import limits
from ..engine.functions import Flag
from ..errors import DataError, ExpressionError
from ..text import printable
from .classes import Fields, Instance, UserClass
from .code import CallSite
from .exceptions import EXCEPTIONS, to_raise
from .library import MEMBERS, member
from .mappings import key
from .objects import Object
from .routines import Keywords, Routine
from .sameness import before, same
from .tracer import Tracer
from .values import Value, describe

Calls = Generator[Any, Value, Value]


class _Absent:
    """What stands where nothing was given: None is a default, too."""

    def __repr__(self) -> str:
        return "MISSING"


ABSENT: Any = _Absent()


class Field(Object):
    """A field: its default value, or the function that makes it, and what it takes part in."""

    __slots__ = ("compared", "default", "factory", "given", "hashed", "keyword", "shown")

    def __init__(self, default: Value = ABSENT, factory: Value = ABSENT) -> None:
        super().__init__("field", {"name": None, "metadata": {}})
        self.default, self.factory = default, factory
        self.given = self.shown = self.compared = True
        self.hashed: bool | None = None
        self.keyword: bool | None = None

    @property
    def optional(self) -> bool:
        """Whether it has a value where none is given."""
        return self.default is not ABSENT or self.factory is not ABSENT

    def named(self, name: str, keyword: bool) -> Field:
        """The same field, as that of a class."""
        if isinstance(self.default, (list, dict)):
            hint = f"{printable(name)} = field(default_factory=list) makes one for each object"
            raise DataError(f"all objects would share the default of {printable(name)}", hint=hint)
        self.fields["name"] = name
        if self.default is not ABSENT:
            self.fields["default"] = self.default
        self.keyword = keyword if self.keyword is None else self.keyword
        return self


@member("dataclasses.field")
def field(
    tracer: Tracer, default: Value = ABSENT, default_factory: Value = ABSENT, init: Flag = True, repr: Flag = True,
    hash: Value = None, compare: Flag = True, metadata: Value = None, kw_only: Value = None,
) -> Value:  # fmt: skip
    """The default value of a field, or the function that makes it anew for each object."""
    if default is not ABSENT and default_factory is not ABSENT:
        raise ExpressionError("a field has a default or a default_factory, not both", code="argument")
    made = Field(default, default_factory)
    made.given, made.shown, made.compared = init, repr, compare
    made.hashed = None if hash is None else tracer.truth(hash)
    made.keyword = None if kw_only is None else tracer.truth(kw_only)
    made.fields["metadata"] = {} if metadata is None else metadata
    return made


class Declared(Fields):
    """The fields of a class, in order, and what it is as a key."""

    __slots__ = ("frozen", "hashed", "held")

    def __init__(self, held: dict[str, Field], frozen: bool, hashed: bool | None) -> None:
        self.held, self.frozen, self.hashed = held, frozen, hashed

    def check(self, name: str) -> None:
        if self.frozen:
            made = EXCEPTIONS["FrozenInstanceError"].instance()
            made.fields["args"] = (f"cannot assign to field {printable(name)!r}",)
            raise to_raise(made)

    def key(self, tracer: Tracer, value: Instance) -> Value:
        if self.hashed is None:
            hint = "@dataclass(frozen=True) makes objects that can"
            raise ExpressionError(f"{describe(value)} can change, so it cannot be a key", code="type", hint=hint)
        if self.hashed:
            parts = [
                name for name, each in self.held.items() if (each.compared if each.hashed is None else each.hashed)
            ]
            value.identity = (value.kind, *(key(tracer, value.fields[name]) for name in parts))
        return value


def _declared(kind: UserClass) -> dict[str, Field]:
    found = kind.declared
    assert isinstance(found, Declared)
    return found.held


# ---- what such a class is given ------------------------------------------------------------------------


class Begin(Routine):
    """`__init__` of such a class: gives each field its value."""

    __slots__ = ("held",)

    def __init__(self, held: dict[str, Field]) -> None:
        super().__init__("__init__")
        self.held = {name: each for name, each in held.items() if each.given or each.optional}
        odd, optional = None, False
        for name, each in held.items():
            if each.given and not each.keyword:
                odd = name if optional and not each.optional else odd
                optional = optional or each.optional
        if odd is not None:
            message = f"the field {printable(odd)} has no default, and stands behind one that has"
            raise ExpressionError(message, code="argument", hint="put those with defaults last, or make it kw_only")

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        made, *values = arguments or [None]
        if not isinstance(made, Instance):
            raise ExpressionError("__init__ is given an object first", code="argument", span=site.span)
        kind = made.kind
        names = [name for name, each in self.held.items() if each.given and not each.keyword]
        if len(values) > len(names):
            message = f"{kind.name} has {len(names)} fields, and here are {len(values)} values"
            raise ExpressionError(message, code="argument", hint=self._called(kind))
        given = dict(zip(names, values, strict=False))
        for word, value in keywords.items():
            if word in given or word not in self.held or not self.held[word].given:
                problem = "is given twice" if word in given else f"is no field of {kind.name} that can be given"
                raise ExpressionError(f"{printable(word)} {problem}", code="argument", hint=self._called(kind))
            given[word] = value
        return self._calls(tracer, made, given)

    def _calls(self, tracer: Tracer, made: Instance, given: dict[str, Value]) -> Calls:
        for name, each in self.held.items():
            if name in given:
                value = given[name]
            elif not each.optional:
                message = f"{made.kind.name} needs a value for {printable(name)}"
                raise ExpressionError(message, code="argument", hint=self._called(made.kind))
            else:
                value = each.default if each.factory is ABSENT else (yield each.factory, [])
            made.fields[name] = tracer.bind(tracer.own(value))
        after = made.kind.find("__post_init__")
        if after is not None:
            yield after, [made]
        return None

    def _called(self, kind: UserClass) -> str:
        names = sorted(
            (name for name, each in self.held.items() if each.given), key=lambda x: bool(self.held[x].keyword)
        )
        return f"it is called as {kind.name}({', '.join(names)})"


class Compared(Routine):
    """`__eq__`, `__lt__` and their kin of such a class: field by field. symbol is the operator."""

    __slots__ = ("symbol",)

    def __init__(self, name: str, symbol: str) -> None:
        super().__init__(name)
        self.symbol = symbol

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) != 2 or keywords:
            raise ExpressionError(f"{self.name} compares two objects", code="argument", span=site.span)
        left, right = arguments
        if not _is_of_dataclass(right) or left.kind is not right.kind:
            if self.symbol == "==":
                return False
            raise ExpressionError(f"{describe(left)} has no order with {describe(right)}", code="type")
        return self._calls(tracer, left, right)

    def _calls(self, tracer: Tracer, left: Instance, right: Instance) -> Calls:
        names = [name for name, each in _declared(left.kind).items() if each.compared]
        mine, others = (tuple(_fields(each)[name] for name in names) for each in (left, right))
        if self.symbol == "==":
            return (yield from same(tracer, mine, others))
        return (yield from before(tracer, mine, others, self.symbol))


_ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


@member("dataclasses.dataclass")
def dataclass(
    tracer: Tracer, cls: Value = None, init: Flag = True, repr: Flag = True, eq: Flag = True, order: Flag = False,
    unsafe_hash: Flag = False, frozen: Flag = False, match_args: Flag = True, kw_only: Flag = False,
    slots: Flag = False, weakref_slot: Flag = False,
) -> Value:  # fmt: skip
    """A class with `__init__`, `__eq__` and what else it is asked for, of the fields that its body annotates."""
    if order and not eq:
        raise ExpressionError("order=True needs eq=True", code="argument")

    def declare(kind: Value) -> Value:
        if not isinstance(kind, UserClass) or kind.module or kind.SHARED:
            raise ExpressionError(f"dataclass takes a class, not {describe(kind)}", code="type")
        above = kind.declared if isinstance(kind.declared, Declared) else None
        if above is not None and above.frozen != frozen:
            raise ExpressionError("a class is frozen where the one it derives from is, and only there", code="type")
        held = dict(above.held) if above is not None else {}
        for name in kind.annotated:
            held[name] = _field_of(kind, name, kw_only)
        own_hash = "__hash__" in kind.fields
        hashed = True if unsafe_hash or (eq and frozen and not own_hash) else None if eq and not own_hash else False
        kind.declared = Declared(held, frozen, hashed)
        if init:
            kind.fields.setdefault("__init__", Begin(held))
        if repr:
            kind.shown = tuple(name for name, each in held.items() if each.shown)
        if eq:
            kind.fields.setdefault("__eq__", Compared("__eq__", "=="))
        for name, symbol in _ORDER.items() if order else ():
            if name in kind.fields:
                raise ExpressionError(f"{kind.name} has {name} already, so it takes no order=True", code="type")
            kind.fields[name] = Compared(name, symbol)
        return kind

    return Decorator("dataclass", declare) if cls is None else declare(cls)


class Decorator(Routine):
    """What `dataclass(…)` gives without a class: a function that takes one."""

    __slots__ = ("declare",)

    def __init__(self, name: str, declare: Callable[[Value], Value]) -> None:
        super().__init__(name)
        self.declare = declare

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) != 1 or keywords:
            raise ExpressionError(f"{self.name} takes a class", code="argument", span=site.span)
        return self.declare(arguments[0])


def _field_of(kind: UserClass, name: str, keyword: bool) -> Field:
    """The field of a name that a class annotates; the class keeps its default."""
    value = kind.fields.pop(name, ABSENT)
    made = (value if isinstance(value, Field) else Field(value)).named(name, keyword)
    if made.default is not ABSENT:
        kind.fields[name] = made.default
    return made


MEMBERS["dataclasses.FrozenInstanceError"] = EXCEPTIONS["FrozenInstanceError"]


# ---- of their objects ----------------------------------------------------------------------------------


def _fields(value: Value) -> dict[str, Value]:
    if not _is_of_dataclass(value):
        raise ExpressionError(f"{describe(value)} is no object of a dataclass", code="type")
    names = _declared(value.kind)
    missing = next((name for name in names if name not in value.fields), None)
    if missing is not None:
        raise ExpressionError(f"{describe(value)} has no {printable(missing)} any more", code="attribute")
    return {name: value.fields[name] for name in names}


def _is_of_dataclass(value: Value) -> bool:
    return isinstance(value, Instance) and value.kind.declared is not None


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


@member("dataclasses.fields")
def fields(tracer: Tracer, class_or_instance: Value) -> Value:
    """The fields of a dataclass, or of an object of one: each has a name."""
    kind = class_or_instance.kind if _is_of_dataclass(class_or_instance) else class_or_instance
    if not isinstance(kind, UserClass) or kind.declared is None:
        raise ExpressionError(f"{describe(class_or_instance)} is no dataclass", code="type")
    return tuple(_declared(kind).values())


@member("dataclasses.is_dataclass")
def is_dataclass(tracer: Tracer, obj: Value) -> Value:
    """Whether something is a dataclass, or an object of one."""
    return _is_of_dataclass(obj) or (isinstance(obj, UserClass) and obj.declared is not None)


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
        (value,) = arguments
        own = _fields(value)
        given = {name: own[name] for name, each in _declared(value.kind).items() if each.given}
        return value.kind.invoke(tracer, [], {**given, **keywords}, site)


MEMBERS["dataclasses.replace"] = Replace("replace")
