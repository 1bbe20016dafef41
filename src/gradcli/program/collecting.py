"""Dicts and sets made of other values: `dict(…)` and `set(…)`."""

from __future__ import annotations

from ..errors import ExpressionError
from .builtins import BUILTINS
from .code import CallSite
from .indexing import elements
from .mappings import key, mapping
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Members, Value, describe


def members_of(tracer: Tracer, value: Value) -> Members:
    """The entries of a value, each once. Raises ExpressionError for what cannot be a key."""
    return Members(dict.fromkeys(key(tracer, each) for each in elements(tracer, value)))


class Set(Routine):
    """`set`: of the entries of what it is given."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) > 1 or keywords:
            raise ExpressionError("set takes at most one list", code="argument", span=site.span)
        return members_of(tracer, arguments[0]) if arguments else Members()


class Dict(Routine):
    """`dict`: of a dict, of pairs, or of what is given by name."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return made(tracer, arguments, keywords)


def made(tracer: Tracer, sources: list[Value], keywords: Keywords) -> dict[Value, Value]:
    """A dict of at most one dict (or list of pairs), and of arguments given by name."""
    if len(sources) > 1:
        raise ExpressionError(f"a dict is made of one source, not {len(sources)}", code="argument")
    entries: dict[Value, Value] = {}
    for source in sources:
        if isinstance(source, dict):
            entries |= mapping(source)
            continue
        for pair in elements(tracer, source):
            if not isinstance(pair, (list, tuple, str)) or len(pair) != 2:
                raise ExpressionError(f"a dict is made of pairs, and here is {describe(pair)}", code="type")
            entries[key(tracer, pair[0])] = tracer.bind(pair[1])
    return entries | {word: tracer.bind(value) for word, value in keywords.items()}


BUILTINS["dict"] = Dict("dict")
BUILTINS["set"] = Set("set")
