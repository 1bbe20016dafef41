"""Generators: functions that give values one by one, and wait in between.

A generator is a frame that is put on the machine's stack of frames for each value, and taken off again. A loop goes
through it value by value; a function of the language that it is handed to gets all of them as a list.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator as Steps
from collections.abc import Iterator as Values
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import DataError, ExpressionError, GradcliError
from .code import CallSite, Label
from .indexing import entries_of, iterate
from .iterating import written
from .objects import Object
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Value, describe

if TYPE_CHECKING:
    from .machine import Frame, Machine

END: Any = object()
"""What is handed on where no value is left."""
SWITCH = -1


class Lazy(Object):
    """What gives values one by one, each once."""

    __slots__ = ()

    @property
    def described(self) -> str:
        """What it is, in the reader's words."""
        return f"{'an' if self.name == 'iterator' else 'a'} {self.name}"

    @property
    def text(self) -> str:
        """What is shown of it."""
        return f"<{self.name}>"

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        raise ExpressionError(f"{describe(self)} cannot be called", code="call", hint="next(…) gives its next value")


class Iterator(Lazy):
    """`iter(x)`: the entries of a list or an array, one by one."""

    __slots__ = ("entries_left",)

    def __init__(self, entries: Values[Value]) -> None:
        super().__init__("iterator")
        self.entries_left = entries

    def __iter__(self) -> Values[Value]:
        return self.entries_left


class Endless(Iterator):
    """What never ends: a loop that goes through it has a `break`."""

    __slots__ = ()

    def __init__(self, name: str, entries: Values[Value]) -> None:
        super().__init__(entries)
        self.name = name


class Generator(Lazy):
    """A call of a function that yields. kept is its part of the stack while it waits, contexts those that it is inside.

    exhausted is where the loop that goes through it goes on behind it; None where something else asked for a value.
    sent is what its `yield` is to give, thrown what it is to raise; delegate what it goes through by `yield from`, and
    returned what its function returned.
    """

    __slots__ = (
        "begun", "contexts", "delegate", "detached", "done", "exhausted", "frame", "kept", "returned", "running",
        "sent", "thrown",
    )  # fmt: skip
    METHODS: ClassVar[dict[str, Routine]] = {}

    def __init__(self, frame: Frame) -> None:
        super().__init__("generator")
        self.frame = frame
        self.kept: list[Value] = []
        self.contexts: list[bool] = []
        self.detached = False
        self.begun = self.done = self.running = False
        self.sent: Value = None
        self.delegate: Value = None
        self.returned: Value = None
        self.thrown: GradcliError | None = None
        self.exhausted: Label | None = None
        frame.generator = self

    def __iter__(self) -> Values[Value]:
        return iter(())  # a loop goes on with `proceed`


def waits(value: Value) -> bool:
    """Whether value is a generator that may have more to give."""
    return isinstance(value, Generator) and not value.done


def proceed(machine: Machine, generator: Generator, exhausted: Label | None) -> int:
    """Let a generator run on to its next value."""
    if generator.running:
        raise ExpressionError(f"{generator.frame.code.name} is running already", code="value")
    frame = generator.frame
    machine.charge(len(generator.kept) + 8)
    generator.running = generator.begun = True
    generator.exhausted = exhausted
    frame.depth, frame.contexts = len(machine.stack), len(machine.contexts)
    machine.stack += generator.kept
    if generator.contexts:
        machine.contexts += [machine.tracer.detached, *generator.contexts[1:]]
        machine.tracer.detached = generator.detached
    machine.begin(frame)
    if generator.thrown is not None:
        thrown, generator.thrown = generator.thrown, None
        raise thrown
    return SWITCH


def suspend(machine: Machine, value: Value) -> int:
    """Let the generator on top wait, and hand its value on."""
    frame: Frame = machine.frames.pop()  # type: ignore[assignment]  # code is running
    generator = frame.generator
    generator.kept = machine.stack[frame.depth :]
    generator.contexts = machine.contexts[frame.contexts :]
    generator.detached = machine.tracer.detached
    generator.running = False
    del machine.stack[frame.depth :]
    machine.leave_contexts(frame.contexts)
    machine.resume(value)
    return SWITCH


def finish(machine: Machine, generator: Generator, value: Value) -> int:
    """A generator's function has ended with a value, and its frame is taken off."""
    generator.done, generator.running, generator.returned = True, False, value
    label = generator.exhausted
    if label is None:
        machine.resume(END)
        return SWITCH
    machine.resume(None)
    del machine.stack[-2:]  # what was resumed with, and the generator that the loop went through
    machine.frames[-1].position = label.position  # type: ignore[union-attr]  # the loop's code is on top
    return SWITCH


# ---- all values at once --------------------------------------------------------------------------------


def listing(
    tracer: Tracer, function: Value, arguments: list[Value], keywords: Keywords, site: CallSite
) -> Steps[Any, Value] | None:
    """The call of a function of the language that is handed generators: it gets lists of what they give.

    None for a call that none is handed to, or that does not go through what it is handed.
    """
    if hasattr(function, "function") or isinstance(function, (Object, Iter, Next)) or function.name in _KEEPING:
        return None
    if function.name in ("len", "reversed"):
        from .generator_methods import check_whole

        check_whole(function, arguments)
    goes = function.name in _GOING or (function.name in _OF_ONE and len(arguments) == 1)
    start = int(site.method is not None)
    waiting = [each for each in (*arguments[start:], *keywords.values()) if _waits(each, goes)]
    if waiting and function.name in ("enumerate", "zip"):
        return _side_by_side(tracer, function.name, arguments, keywords)
    return _listed(function, arguments, keywords, waiting) if waiting else None


def _side_by_side(tracer: Tracer, name: str, arguments: list[Value], keywords: Keywords) -> Steps[Any, Value, Value]:
    """`zip` or `enumerate` as a generator."""
    if name == "enumerate":
        start = keywords.get("start", arguments[1] if len(arguments) > 1 else 0.0)
        first = tracer.whole(start, "start")
        arguments = [Endless("count", (float(first + i) for i in itertools.count())), *arguments[:1]]
    return (yield written("zip"), arguments)


def _waits(value: Value, goes: bool) -> bool:
    """Whether value gives its entries one by one: a generator, or an object whose class says how it is gone through."""
    if isinstance(value, Lazy) or not goes or not isinstance(value, Object) or value.IGNORED:
        return isinstance(value, Lazy)
    return any(value.own_method(name) is not None for name in ("__iter__", "__getitem__"))


def _listed(
    function: Value, arguments: list[Value], keywords: Keywords, waiting: list[Value]
) -> Steps[Any, Value, Value]:
    lists: dict[int, Value] = {}
    for each in waiting:
        lists[id(each)] = yield from all_of(each)
    given = [lists.get(id(each), each) for each in arguments]
    return (yield function, given, {word: lists.get(id(each), each) for word, each in keywords.items()})


_KEEPING = frozenset(
    ("append", "callable", "hasattr", "in", "insert", "isinstance", "islice", "not in", "print", "repr", "str", "type")
)
"""Functions that take a value as it is."""
_GOING = frozenset(("enumerate", "filter", "list", "map", "reversed", "set", "sorted", "sum", "tuple", "zip"))
"""Functions that go through a value of any kind."""
_OF_ONE = frozenset(("all", "any", "dict", "max", "min"))
"""Those that do so where they are given one value alone."""


def all_of(value: Value) -> Steps[Any, Value, list[Value]]:
    """All values that are left."""
    source = yield from source_of(value)
    if isinstance(source, Endless):
        hint = f"go through it with for and break, or cut it: itertools.islice({source.name}(…), 10)"
        raise ExpressionError(f"{source.name} never ends, so it is no list", code="value", hint=hint)
    if not isinstance(source, Generator):
        return list(source)
    found: list[Value] = []
    while (each := (yield source, [])) is not END:
        found.append(each)
    return found


def source_of(value: Value) -> Steps[Any, Value, Any]:
    """What a loop can go through, of an object whose class has `__iter__`, or `__len__` and `__getitem__`."""
    asked = 0
    while isinstance(value, Object) and not isinstance(value, Lazy):
        method = value.own_method("__iter__")
        if method is None:
            return (yield from _by_number(value))
        value = yield method, [value]
        asked += 1
        if isinstance(value, Object) and value.own_method("__next__") is not None:
            return (yield written("going"), [value])
        if asked > _MOST_ASKED:
            hint = "write __iter__ with yield"
            raise ExpressionError("what __iter__ gives cannot be gone through here", code="type", hint=hint)
    return value


def _by_number(value: Value) -> Steps[Any, Value, list[Value]]:
    count, pick = value.own_method("__len__"), value.own_method("__getitem__")
    if count is None or pick is None:
        raise ExpressionError(f"{describe(value)} cannot be gone through one by one", code="type")
    found = []
    length = yield count, [value]
    for i in range(int(length)):
        found.append((yield pick, [value, float(i)]))
    return found


_MOST_ASKED = 8


class Going(Routine):
    """What a loop calls for an object of the program's: gives what it goes through."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, arguments[0])

    def _calls(self, tracer: Tracer, value: Value) -> Steps[Any, Value, Value]:
        source = yield from source_of(value)
        return source if isinstance(source, Lazy) else Iterator(iterate(tracer, source))


GOING = Going("iter")


class All(Routine):
    """What names are given that share the values of an object: a list of them."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return arguments[0] if isinstance(arguments[0], list) else all_of(arguments[0])


ALL = All("list")


class Grown(Routine):
    """A list with the values of an object behind its own: what `+=` makes of it."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, *arguments)

    def _calls(self, tracer: Tracer, items: list[Value], more: Value) -> Steps[Any, Value, Value]:
        found = more if isinstance(more, list) else (yield from all_of(more))
        tracer.charge_entries(len(items) + len(found))
        items += [tracer.bind(each) for each in found]
        return items


GROWN = Grown("extend")


# ---- what a program calls ------------------------------------------------------------------------------


class Iter(Routine):
    """`iter`: what gives the entries of a value one by one."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) != 1 or keywords:
            raise ExpressionError("iter takes one value", code="argument", span=site.span)
        (value,) = arguments
        tracer.go_lazily()
        if isinstance(value, Object) and not isinstance(value, Lazy) and entries_of(value) is None:
            return GOING.invoke(tracer, arguments, keywords, site)
        return value if isinstance(value, Lazy) else Iterator(iterate(tracer, value))


class Next(Routine):
    """`next`: the next value of a generator or of what `iter` gave; behind the last one a default, or an error."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if not 1 <= len(arguments) <= 2 or keywords:
            message = "next takes an iterator, and what to give at its end"
            raise ExpressionError(message, code="argument", span=site.span)
        source, *default = arguments
        if isinstance(source, Generator):
            return self._asked(source, default)
        own = source.own_method("__next__") if isinstance(source, Object) else None
        if own is not None:
            return self._called(own, source, default)
        if not isinstance(source, Iterator):
            hint = "iter(…) makes one of a list, which a generator expression with a name is here, too"
            raise ExpressionError(f"next takes an iterator, not {describe(source)}", code="type", hint=hint)
        return _given(next(source.entries_left, END), default)

    def _asked(self, source: Generator, default: list[Value]) -> Steps[Any, Value, Value]:
        return _given((END if source.done else (yield source, [])), default, source)

    def _called(self, own: Value, source: Value, default: list[Value]) -> Steps[Any, Value, Value]:
        return (yield (written("next"), [source, *default]) if default else (own, [source]))


def _given(value: Value, default: list[Value], source: Generator | None = None) -> Value:
    if value is not END:
        return float(value) if type(value) is int else value
    if default:
        return default[0]
    raise ended(source)


class Ended(DataError):
    """There is no other value: returned is what the generator's function returned."""

    returned: Value = None


def ended(source: Generator | None) -> DataError:
    """The error behind the last value."""
    error = Ended("no value is left", code="stop", hint="next(…, default) gives something at the end, too")
    if source is not None:
        error.returned, source.returned = source.returned, None
    return error


ROUTINES: dict[str, Routine] = {"iter": Iter("iter"), "next": Next("next")}
