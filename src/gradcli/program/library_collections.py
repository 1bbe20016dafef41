"""`collections`: dicts with default entries, tuples with names, queues."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import DataError, ExpressionError
from .builtins import BUILTINS
from .code import CallSite
from .collecting import made
from .indexing import elements
from .library import MEMBERS, member
from .mappings import key
from .methods import LIST_METHODS, METHODS_OF
from .plain_methods import declare
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Closure, Defaults, Named, Queue, Value, describe

# ---- dicts ---------------------------------------------------------------------------------------------


class DefaultDict(Routine):
    """`defaultdict`: of a function that makes the entries that are missing, and entries."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        factory, *rest = arguments or [None]
        if not isinstance(factory, (Closure, Routine)):
            hint = "as in defaultdict(list), defaultdict(lambda: 1.0)"
            raise ExpressionError(f"defaultdict takes a function, not {describe(factory)}", code="type", hint=hint)
        entries = Defaults(factory)
        entries.update(made(tracer, rest, keywords))
        return entries


MEMBERS["collections.defaultdict"] = DefaultDict("defaultdict")


@member("collections.Counter")
def counter(tracer: Tracer, iterable: Value = ()) -> Value:
    """How often each entry is there."""
    entries = Defaults(BUILTINS["float"])
    for each in elements(tracer, iterable):
        name = key(tracer, each)
        entries[name] = entries.get(name, 0.0) + 1.0
    return entries


# ---- tuples --------------------------------------------------------------------------------------------


class NamedTuple(Routine):
    """A class that `namedtuple` makes: called, it gives a tuple."""

    __slots__ = ("fields_of",)

    def __init__(self, name: str, fields: tuple[str, ...]) -> None:
        super().__init__(name)
        self.fields_of = fields

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        given = dict(zip(self.fields_of, arguments, strict=False))
        odd = next((word for word in keywords if word in given or word not in self.fields_of), None)
        if len(arguments) > len(self.fields_of) or odd is not None or len(given) + len(keywords) < len(self.fields_of):
            hint = f"it is called as {self.name}({', '.join(self.fields_of)})"
            message = f"{self.name} takes {len(self.fields_of)} arguments, a value for each name"
            raise ExpressionError(message, code="argument", span=site.span, hint=hint)
        given |= keywords
        values = Named(tracer.bind(given[name]) for name in self.fields_of)
        values._fields = self.fields_of
        return values


@member("collections.namedtuple")
def namedtuple(tracer: Tracer, typename: Value, field_names: Value) -> Value:
    """A class of tuples whose entries have names."""
    names = field_names.replace(",", " ").split() if isinstance(field_names, str) else elements(tracer, field_names)
    if (
        not isinstance(typename, str)
        or not typename.isidentifier()
        or not all(isinstance(each, str) and each.isidentifier() for each in names)
    ):
        raise ExpressionError("namedtuple takes a name, and names of entries", code="argument")
    if len(set(names)) < len(names):
        raise DataError("two entries of a namedtuple have one name")
    return NamedTuple(typename, tuple(names))


# ---- queues --------------------------------------------------------------------------------------------


@member("collections.deque")
def deque(tracer: Tracer, iterable: Value = (), maxlen: Value = None) -> Value:
    """A list that drops entries at one end where more than maxlen are added at the other."""
    most = None if maxlen is None else tracer.whole(maxlen, "maxlen")
    if most is not None and most < 0:
        raise DataError(f"maxlen is not negative, and is {most}")
    items = elements(tracer, iterable)
    return Queue(items if most is None else items[max(len(items) - most, 0) :], most)


QUEUE_METHODS: dict[str, Routine] = dict(LIST_METHODS)


def _adding(name: str, at_end: bool, add: Callable[[Tracer, list[Value], Value], None]) -> None:
    """Declare a method that adds something, and drops what is then too much from the other end."""

    def call(tracer: Tracer, items: Value, item: Value) -> Value:
        add(tracer, items, item)
        if items.most is not None and len(items) > items.most:
            over = len(items) - items.most
            del items[slice(over) if at_end else slice(len(items) - over, None)]

    declare(QUEUE_METHODS, name)(call)


_adding("append", True, lambda tracer, items, item: items.append(tracer.bind(item)))
_adding("extend", True, lambda tracer, items, more: items.extend(elements(tracer, more)))
_adding("appendleft", False, lambda tracer, items, item: items.insert(0, tracer.bind(item)))


@declare(QUEUE_METHODS, "popleft")
def popleft(tracer: Tracer, items: Value) -> Value:
    """Take the first entry out."""
    if not items:
        raise DataError("the queue is empty", code="index")
    return items.pop(0)


METHODS_OF[Queue] = QUEUE_METHODS
