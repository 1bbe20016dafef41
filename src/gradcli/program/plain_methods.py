"""Methods of strings and dicts."""

from __future__ import annotations

from collections.abc import Callable

from ..engine.functions import Whole
from ..errors import DataError, ExpressionError
from .binding import Bound
from .builtins import parameters_of
from .code import CallSite
from .collecting import made, members_of
from .indexing import elements
from .mappings import found, key
from .routines import Keywords, Routine
from .strings import check_length, format_method, joined, pieces, text
from .tracer import Tracer
from .values import Members, Template, Value, describe

DICT_METHODS: dict[str, Routine] = {}
SET_METHODS: dict[str, Routine] = {}
STRING_METHODS: dict[str, Routine] = {}


def declare(table: dict[str, Routine], *names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declare a method under its names: its parameters after the tracer begin with the value itself."""

    def declared(call: Callable[..., Value]) -> Callable[..., Value]:
        variadic = bool(call.__code__.co_flags & 0x04)
        table.update((name, Bound(name, parameters_of(call), call, variadic=variadic)) for name in names)
        return call

    return declared


# ---- of dicts ------------------------------------------------------------------------------------------


@declare(DICT_METHODS, "items")
def items(tracer: Tracer, entries: Value) -> Value:
    """The entries, as pairs."""
    tracer.charge_entries(len(entries))
    return list(entries.items())


@declare(DICT_METHODS, "keys")
def keys(tracer: Tracer, entries: Value) -> Value:
    """The keys."""
    return list(entries)


@declare(DICT_METHODS, "values")
def values(tracer: Tracer, entries: Value) -> Value:
    """The values."""
    return list(entries.values())


@declare(DICT_METHODS, "get")
def get(tracer: Tracer, entries: Value, name: Value, default: Value = None) -> Value:
    """The value under a key, or default."""
    return entries.get(key(tracer, name), default)


@declare(DICT_METHODS, "setdefault")
def setdefault(tracer: Tracer, entries: Value, name: Value, default: Value = None) -> Value:
    """The value under a key, which is default from now on where there was none."""
    return entries.setdefault(key(tracer, name), tracer.bind(default))


@declare(DICT_METHODS, "pop")
def pop(tracer: Tracer, entries: Value, name: Value, *default: Value) -> Value:
    """Take an entry out."""
    if default and key(tracer, name) not in entries:
        return default[0]
    return entries.pop(found(tracer, entries, name))


@declare(DICT_METHODS, "copy")
def copy(tracer: Tracer, entries: Value) -> Value:
    """Another dict of the same entries."""
    return dict(entries)


@declare(DICT_METHODS, "clear")
def clear(tracer: Tracer, entries: Value) -> Value:
    """Take all entries out."""
    entries.clear()


class Update(Routine):
    """`update`: entries of another dict, of pairs, or given by name."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        entries, *more = arguments
        entries |= made(tracer, more, keywords)


DICT_METHODS["update"] = Update("update")


# ---- of sets -------------------------------------------------------------------------------------------


def _member(call: Callable[[Members, Value], Value], *names: str) -> None:
    """Declare a method of a set and one value."""

    def changed(tracer: Tracer, members: Value, item: Value) -> Value:
        return call(members, key(tracer, item))

    declare(SET_METHODS, *names)(changed)


_member(lambda members, item: members.update({item: None}), "add")
_member(lambda members, item: members.pop(item, None) and None, "discard", "remove")


@declare(SET_METHODS, "update")
def update_set(tracer: Tracer, members: Value, *others: Value) -> Value:
    """Add the entries of others."""
    for each in others:
        members.update(members_of(tracer, each))


@declare(SET_METHODS, "union")
def union(tracer: Tracer, members: Value, other: Value) -> Value:
    """Those of both."""
    return Members({**members, **members_of(tracer, other)})


@declare(SET_METHODS, "intersection")
def intersection(tracer: Tracer, members: Value, other: Value) -> Value:
    """Those that are in both."""
    inside = members_of(tracer, other)
    return Members({each: None for each in members if each in inside})


@declare(SET_METHODS, "difference")
def difference(tracer: Tracer, members: Value, other: Value) -> Value:
    """Those that are not in the other."""
    inside = members_of(tracer, other)
    return Members({each: None for each in members if each not in inside})


# ---- of strings ----------------------------------------------------------------------------------------


class Format(Routine):
    """`format`: the fields of a text, filled in."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return format_method(tracer, text(tracer, arguments[0]), arguments[1:], dict(keywords))


STRING_METHODS["format"] = Format("format")


@declare(STRING_METHODS, "join")
def join(tracer: Tracer, separator: Value, parts: Value) -> Value:
    """Texts one after another, with this one between."""
    found: list[Value] = []
    for part in elements(tracer, parts):
        if not isinstance(part, (str, Template)):
            raise ExpressionError(f"join takes strings, not {describe(part)}", code="type", hint="use str(…)")
        found += [*(pieces(tracer, separator) if found else []), *pieces(tracer, part)]
        found = found or [""]
    return joined(tracer, found)


def _plain(name: str) -> None:
    """Declare a method that gives another text, or a truth, of the characters."""
    of_characters = getattr(str, name)

    def call(tracer: Tracer, x: Value, *arguments: Value) -> Value:
        given = [text(tracer, each) for each in arguments]
        own = text(tracer, x)
        if name == "replace" and len(given) == 2:
            check_length(tracer, own.count(given[0]) * len(given[1]) + len(own))
        try:
            result = of_characters(own, *given)
        except (TypeError, ValueError):
            raise ExpressionError(f"{name} is not called so", code="argument") from None
        if isinstance(result, list):
            tracer.charge_entries(len(result))
        return float(result) if isinstance(result, int) and not isinstance(result, bool) else result

    declare(STRING_METHODS, name)(call)
    STRING_METHODS[name].name = name


for _name in (
    "capitalize", "count", "endswith", "find", "lower", "lstrip", "replace", "rstrip", "split", "startswith", "strip",
    "title", "upper",
):  # fmt: skip
    _plain(_name)


def _placed(name: str) -> None:
    """Declare a method that fills a text up to a width."""

    def call(tracer: Tracer, x: Value, width: Whole, fill: Value = " ") -> Value:
        check_length(tracer, max(width, 0))
        own, filled = text(tracer, x), text(tracer, fill)
        if len(filled) != 1:
            raise DataError("what fills a text up is one character")
        return own.zfill(width) if name == "zfill" else getattr(str, name)(own, width, filled)

    declare(STRING_METHODS, name)(call)


for _name in ("ljust", "rjust", "center", "zfill"):
    _placed(_name)
