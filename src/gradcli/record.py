"""Records: immutable classes declared like dataclasses, but cheap to create.

A frozen dataclass compiles half a dozen methods for every class, about a millisecond each: for the
syntax tree and the results that is more than a whole answer takes. Here all classes share one
constructor, one equality and one repr. Type checkers see dataclasses (PEP 681).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, dataclass_transform

_REQUIRED: Any = object()
_set = object.__setattr__


class _Attribute:
    __slots__ = ("compare", "default", "kw_only")

    def __init__(self, default: Any, compare: bool, kw_only: bool) -> None:
        self.default = default
        self.compare = compare
        self.kw_only = kw_only


def attribute(*, default: Any = _REQUIRED, compare: bool = True, kw_only: bool = False) -> Any:
    """A field that has a default, is left out of comparisons, or can only be given by name."""
    return _Attribute(default, compare, kw_only)


@dataclass_transform(frozen_default=True, field_specifiers=(attribute,))
class _RecordType(type):
    """Turns the annotations of a class body into slots and into the tables that Record reads."""

    _positional: tuple[str, ...]  # fields that may be given in order
    _required: int  # how many of those have no default
    _defaults: tuple[tuple[str, Any], ...]
    _compared: tuple[str, ...]
    _fields: tuple[str, ...]
    _setters: dict[str, Callable[[Any, Any], None]]  # by field
    _in_order: tuple[Callable[[Any, Any], None], ...]  # of the positional ones

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
        defaults = tuple((f, each.default) for f, each in attributes.items() if each.default is not _REQUIRED)
        made._defaults = getattr(base, "_defaults", ()) + defaults
        optional = {f for f, _ in made._defaults}
        made._required = sum(f not in optional for f in made._positional)
        made._setters = {**getattr(base, "_setters", {}), **{field: vars(made)[field].__set__ for field in own}}
        made._in_order = tuple(made._setters[field] for field in made._positional)
        return made


class Record(metaclass=_RecordType):
    """Base of records: fields are given in order or by name, and never change."""

    def __init__(self, *values: Any, **named: Any) -> None:
        cls = type(self)
        if not named and len(values) == len(cls._setters) == len(cls._in_order):  # as most are made
            for setter, value in zip(cls._in_order, values, strict=False):
                setter(self, value)
            return
        if len(values) + len(named) == len(cls._setters) and len(values) <= len(cls._in_order):
            setters = cls._setters
            if named.keys() <= setters.keys():
                for setter, value in zip(cls._in_order, values, strict=False):
                    setter(self, value)
                for field, value in named.items():
                    setters[field](self, value)
                return
        for field, value in cls._defaults:
            _set(self, field, value)
        for field, value in zip(cls._positional, values, strict=False):
            _set(self, field, value)
        for field, value in named.items():
            _set(self, field, value)
        if not cls._required <= len(values) <= len(cls._positional):
            missing = [field for field in cls._positional[len(values) : cls._required] if field not in named]
            if missing or len(values) > len(cls._positional):
                raise TypeError(f"{cls.__name__} takes {cls._positional}, got {values} and {named}")

    def replaced(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        cls = type(self)
        kept = {field: getattr(self, field) for field in cls._fields if field not in changes}
        return cls(**kept, **changes)

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
