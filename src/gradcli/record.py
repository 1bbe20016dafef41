"""Records: immutable classes declared like dataclasses, but cheap to create.

A frozen dataclass compiles half a dozen methods for every class, about a millisecond each: for the
syntax tree and the results that is more than a whole answer takes. Here all classes share one
constructor, one equality and one repr. Type checkers see dataclasses (PEP 681).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeAlias, dataclass_transform

_REQUIRED: Any = object()


class _Attribute:
    __slots__ = ("compare", "default", "kw_only")

    def __init__(self, default: Any, compare: bool, kw_only: bool) -> None:
        self.default = default
        self.compare = compare
        self.kw_only = kw_only


def attribute(*, default: Any = _REQUIRED, compare: bool = True, kw_only: bool = False) -> Any:
    """A field that has a default, is left out of comparisons, or can only be given by name."""
    return _Attribute(default, compare, kw_only)


_Call: TypeAlias = tuple[tuple[Callable[[Any, Any], None], ...], tuple[Any, ...]]
"""What sets the fields that are given, then those that are left out, and the values of the latter."""


@dataclass_transform(frozen_default=True, field_specifiers=(attribute,))
class _RecordType(type):
    """Turns the annotations of a class body into slots and into the tables that Record reads."""

    _fields: tuple[str, ...]
    _positional: tuple[str, ...]  # fields that may be given in order
    _defaults: dict[str, Any]
    _compared: tuple[str, ...]
    _setters: dict[str, Callable[[Any, Any], None]]  # by field
    _calls: dict[tuple[int | str, ...], _Call]  # by how many values are given in order, and which by name

    def __new__(meta, name: str, bases: tuple[type, ...], body: dict[str, Any], kw_only: bool = False) -> _RecordType:
        annotations: dict[str, str] = body.get("__annotations__", {})
        fields = [field for field, kind in annotations.items() if not str(kind).startswith("ClassVar")]
        own = {field: body.pop(field, _REQUIRED) for field in fields}
        attributes = {
            field: value if isinstance(value, _Attribute) else _Attribute(value, True, kw_only)
            for field, value in own.items()
        }
        made = super().__new__(meta, name, bases, {**body, "__slots__": tuple(own)})
        base = bases[0] if bases else None
        made._positional = getattr(base, "_positional", ()) + tuple(
            f for f, each in attributes.items() if not each.kw_only
        )
        made._fields = getattr(base, "_fields", ()) + tuple(own)
        made._compared = getattr(base, "_compared", ()) + tuple(f for f, each in attributes.items() if each.compare)
        defaults = {f: each.default for f, each in attributes.items() if each.default is not _REQUIRED}
        made._defaults = {**getattr(base, "_defaults", {}), **defaults}
        made._setters = {**getattr(base, "_setters", {}), **{field: vars(made)[field].__set__ for field in own}}
        made._calls = {}
        return made


def _called(cls: _RecordType, count: int, named: tuple[str, ...]) -> _Call:
    """How a record is made of so many values in order and these fields by name. Raises TypeError."""
    given = (*cls._positional[:count], *named)
    left = [field for field in cls._fields if field not in given]
    missing = [field for field in left if field not in cls._defaults]
    unknown = [field for field in named if field not in cls._setters]
    if missing or unknown or len({*given}) < count + len(named):
        raise TypeError(f"{cls.__name__} takes {cls._fields}, and got {count} in order, by name {named}")
    return tuple(cls._setters[field] for field in (*given, *left)), tuple(cls._defaults[field] for field in left)


class Record(metaclass=_RecordType):
    """Base of records: fields are given in order or by name, and never change."""

    def __init__(self, *values: Any, **named: Any) -> None:
        calls = type(self)._calls
        how: tuple[int | str, ...] = (len(values), *named)
        if how not in calls:
            calls[how] = _called(type(self), len(values), tuple(named))
        setters, defaults = calls[how]
        for setter, value in zip(setters, (*values, *named.values(), *defaults)):  # noqa: B905  # as long, and quicker
            setter(self, value)

    def replaced(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        cls = type(self)
        fields = {field: getattr(self, field) for field in cls._fields}
        return cls(**{**fields, **changes})  # in the fields' own order: there are not many ways to be made

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, field) == getattr(other, field) for field in type(self)._compared)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, field) for field in type(self)._compared)))

    def __repr__(self) -> str:
        fields = ", ".join(f"{field}={getattr(self, field)!r}" for field in type(self)._compared)
        return f"{type(self).__name__}({fields})"
