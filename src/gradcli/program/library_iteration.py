"""`itertools`, and what of `functools` is not with Python's other parts: lists of combinations, sums on the way.

What is finite is a list here, as it is everywhere in the language; `count` and `cycle` never end, and are gone through
one by one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

from ..engine.functions import Whole
from ..errors import DataError, ExpressionError
from .code import CallSite
from .generators import END, Endless, Lazy
from .generators import Generator as Suspended
from .generators import Iterator as Entries
from .indexing import elements
from .library import MEMBERS, member
from .mappings import key
from .operators import BINARY
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Closure, Value, describe

Calls = Generator[Any, Value, Value]


# ---- combinations --------------------------------------------------------------------------------------


class Product(Routine):
    """`product`: tuples of one entry of each list; repeat says how often the lists are taken."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if keywords.keys() - {"repeat"}:
            raise ExpressionError("product takes lists, and repeat=", code="argument", span=site.span)
        lists = [elements(tracer, each) for each in arguments]
        times = max(tracer.whole(keywords.get("repeat", 1.0), "repeat"), 0)
        each = math.prod(map(len, lists))
        _charge(tracer, times * math.log(max(each, 1)), lambda: each**times, len(lists) * times)
        return list(itertools.product(*lists, repeat=times))


MEMBERS["itertools.product"] = Product("product")


def _chosen(name: str, count: Callable[[int, int], int], choose: Callable[[list[Value], int], Iterator[Any]]) -> None:
    """Declare a function that gives tuples of r entries of a list."""

    def call(tracer: Tracer, iterable: Value, r: Whole) -> Value:
        items = elements(tracer, iterable)
        if r < 0:
            raise DataError(f"r is not negative, and is {r}")
        n = len(items) + (r - 1 if count is _repeated else 0)
        if r > n or not items:
            return [()] if r == 0 else []
        _charge(tracer, _factorial(n) - _factorial(r) - _factorial(n - r), lambda: count(len(items), r), r)
        return list(choose(items, r))

    member(f"itertools.{name}")(call)


def _charge(tracer: Tracer, logarithm: float, count: Callable[[], int], size: int) -> None:
    """Charge so many tuples of a size; the count is worked out where its logarithm says that it is no giant."""
    tracer.charge_entries((count() if logarithm < _GIANT else 10**18) * max(size, 1))


_GIANT = 40.0


def _factorial(n: int) -> float:
    """The logarithm of n!"""
    return math.lgamma(n + 1.0)


def _repeated(n: int, r: int) -> int:
    return math.comb(n + r - 1, r) if n else 0


_chosen("combinations", math.comb, itertools.combinations)
_chosen("combinations_with_replacement", _repeated, itertools.combinations_with_replacement)


@member("itertools.permutations")
def permutations(tracer: Tracer, iterable: Value, r: Value = None) -> Value:
    """Tuples of r entries of a list, in every order."""
    items = elements(tracer, iterable)
    size = len(items) if r is None else tracer.whole(r, "r")
    if size < 0:
        raise DataError(f"r is not negative, and is {size}")
    n = len(items)
    if size > n:
        return []
    _charge(tracer, _factorial(n) - _factorial(n - size), lambda: math.perm(n, size), size)
    return list(itertools.permutations(items, size))


# ---- one list of several -------------------------------------------------------------------------------


@member("itertools.chain")
def chain(tracer: Tracer, *iterables: Value) -> Value:
    """The entries of one list after another."""
    lists = [elements(tracer, each) for each in iterables]
    tracer.charge_entries(sum(map(len, lists)))
    return [item for each in lists for item in each]


@member("itertools.pairwise")
def pairwise(tracer: Tracer, iterable: Value) -> Value:
    """Tuples of each entry with the next."""
    return list(itertools.pairwise(elements(tracer, iterable)))


@member("itertools.zip_longest")
def zip_longest(tracer: Tracer, *iterables: Value) -> Value:
    """Tuples of entries of several lists, as many as the longest has."""
    return list(itertools.zip_longest(*(elements(tracer, each) for each in iterables)))


@member("itertools.starmap")
def starmap(tracer: Tracer, function: Value, iterable: Value) -> Calls:
    """What a function gives for the entries of each tuple."""
    found = []
    for each in elements(tracer, iterable):
        found.append(tracer.bind((yield function, elements(tracer, each))))
    return found


@member("itertools.accumulate")
def accumulate(tracer: Tracer, iterable: Value, func: Value = None, initial: Value = None) -> Calls:
    """The sums (or what a function gives) up to each entry."""
    items = elements(tracer, iterable)
    items = items if initial is None else [initial, *items]
    found = items[:1]
    for each in items[1:]:
        step = BINARY["+"](tracer, found[-1], each) if func is None else (yield func, [found[-1], each])
        found.append(tracer.bind(step))
    return found


@member("functools.reduce")
def reduce(tracer: Tracer, function: Value, iterable: Value, *initial: Value) -> Calls:
    """A function of two applied from the left to all entries."""
    items = [*initial, *elements(tracer, iterable)]
    if not items:
        raise DataError("reduce of no entries, without an initial value")
    found = items[0]
    for each in items[1:]:
        found = yield function, [found, each]
    return found


# ---- what never ends -----------------------------------------------------------------------------------


@member("itertools.count")
def count(tracer: Tracer, start: Value = 0.0, step: Value = 1.0) -> Value:
    """Numbers in even steps."""
    tracer.go_lazily()
    first, width = tracer.number(start, "start"), tracer.number(step, "step")
    return Endless("count", (first + i * width for i in itertools.count()))


@member("itertools.cycle")
def cycle(tracer: Tracer, iterable: Value) -> Value:
    """The entries of a list, again and again."""
    items = elements(tracer, iterable)
    if not items:
        raise DataError("cycle of no entries")
    tracer.go_lazily()
    return Endless("cycle", itertools.cycle(items))


@member("itertools.repeat")
def repeat(tracer: Tracer, object: Value, times: Value = None) -> Value:
    """One value, so many times or without end."""
    if times is None:
        tracer.go_lazily()
        return Endless("repeat", itertools.repeat(object))
    number = max(tracer.whole(times, "times"), 0)
    tracer.charge_entries(number)
    return [object] * number


def _entries(value: Lazy) -> Iterator[Value]:
    assert isinstance(value, Entries)
    return value.entries_left


@member("itertools.islice")
def islice(tracer: Tracer, iterable: Value, *bounds: Value) -> Calls:
    """The entries from a start (0 unless told) to below a stop, in steps."""
    parts = [None if each is None else tracer.whole(each, "a bound") for each in bounds]
    if not 1 <= len(parts) <= 3 or any(each is not None and each < 0 for each in parts):
        raise ExpressionError("islice takes stop, or start, stop and step, none of them negative", code="argument")
    cut = slice(*parts)
    if cut.step == 0:
        raise ExpressionError("islice goes in steps of 1 or more", code="argument")
    start, step = cut.start or 0, cut.step or 1
    if not isinstance(iterable, Lazy):
        return elements(tracer, iterable)[cut]
    if cut.stop is None:
        raise ExpressionError("islice of what may have no end needs a stop", code="argument")
    tracer.charge_entries(cut.stop)
    found: list[Value] = []
    for i in range(cut.stop):
        each = (yield iterable, []) if isinstance(iterable, Suspended) else next(_entries(iterable), END)
        if each is END:
            break
        if i >= start and (i - start) % step == 0:
            found.append(each)
    return found


# ---- functions that remember ---------------------------------------------------------------------------


class Remembering(Routine):
    """A function that is called once for the same arguments: what `@cache` makes."""

    __slots__ = ("function", "known")

    def __init__(self, function: Value) -> None:
        super().__init__(function.name)
        self.function = function
        self.known: dict[Value, Value] = {}

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, arguments, keywords)

    def _calls(self, tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Calls:
        try:
            place = key(tracer, (tuple(arguments), tuple(sorted(keywords.items()))))
        except ExpressionError:  # what cannot be a key is not remembered
            return (yield self.function, arguments, keywords)
        if place not in self.known:
            self.known[place] = yield self.function, arguments, keywords
        return self.known[place]


class Cache(Routine):
    """`cache` and `lru_cache`, with or without brackets."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) == 1 and isinstance(arguments[0], (Closure, Routine)):
            return Remembering(arguments[0])
        if any(not (each is None or isinstance(each, (bool, float))) for each in arguments):
            raise ExpressionError(f"{self.name} takes a function, not {describe(arguments[0])}", code="type")
        return self


for _name in ("cache", "lru_cache"):
    MEMBERS[f"functools.{_name}"] = Cache(_name)
