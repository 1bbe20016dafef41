"""What programs import beside the libraries of numbers: parts of Python's own, and plots, which mean nothing here."""

from __future__ import annotations

import time
from copy import copy

from .. import limits
from ..engine.operations.selection import detach
from . import autograd
from .builtins import BUILTINS
from .classes import Instance
from .code import CallSite
from .collecting import Dict
from .library import MEMBERS, member
from .objects import OBJECT, Object
from .routines import Keywords, Routine
from .torch_modules import Layer
from .tracer import Tracer
from .values import Closure, Parameter, Tensor, Value


class Ignored(Object):
    """Something of a library for plots: whatever is asked of it is ignored too."""

    IGNORED = True

    __slots__ = ()

    def own_method(self, name: str) -> Value:
        """Itself, which calling ignores."""
        return self

    def held(self, name: str) -> Value:
        """Itself."""
        return self

    def assign(self, tracer: Tracer, name: str, value: Value) -> bool:
        """Nothing is kept."""
        return True

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if tracer.ignored is None:
            tracer.ignored = site.span
        return self


PLOTS = Ignored("plots")


class _Partial(Routine):
    """`functools.partial`: a function with its first arguments, and some by name, given already."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return Partial(arguments[0], arguments[1:], keywords) if arguments else None


class Partial(Routine):
    """A function with its first arguments, and some by name, given already."""

    __slots__ = ("_arguments", "_keywords", "function")

    def __init__(self, function: Value, arguments: list[Value], keywords: Keywords) -> None:
        super().__init__(getattr(function, "name", "partial"))
        self.function = function
        self._arguments = arguments
        self._keywords = keywords

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls([*self._arguments, *arguments], {**self._keywords, **keywords})

    def _calls(self, arguments: list[Value], keywords: Keywords) -> Value:
        return (yield self.function, arguments, keywords)


class _Wraps(Routine):
    """`functools.wraps`, which gives a wrapper another's name: here it stays what it is."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        first = arguments[0] if arguments else None
        return first if self.name == "wrapper" or not isinstance(first, (Closure, Routine)) else _Wraps("wrapper")


@member("time.time", "time.perf_counter", "time.monotonic", "time.process_time")
def seconds(tracer: Tracer) -> Value:
    """The seconds that have gone by, on a clock that starts anywhere."""
    return time.perf_counter()


# ---- copies --------------------------------------------------------------------------------------------


@member("copy.copy")
def shallow(tracer: Tracer, x: Value) -> Value:
    """Another list, dict or object of the same entries; another array."""
    if isinstance(x, (list, dict)):
        return x.copy()
    return tracer.bind(x.node) if isinstance(x, Tensor) else _alike(x, x.fields.copy()) if _has_parts(x) else x


@member("copy.deepcopy")
def deep(tracer: Tracer, x: Value) -> Value:
    """A copy of everything in x, too."""
    return _copied(tracer, x, {}, 0)


def _copied(tracer: Tracer, x: Value, known: dict[int, Value], depth: int) -> Value:
    """A copy; known holds those that were made already, by the identity of what they are copies of."""
    if depth > limits.current().rank:
        raise limits.exceeded("rank", "values inside one another")
    if id(x) in known:
        return known[id(x)]

    def inside(each: Value) -> Value:
        return _copied(tracer, each, known, depth + 1)

    made = x
    if isinstance(x, Tensor):
        made = (Parameter if isinstance(x, Parameter) else Tensor)(detach(x.node))
        made = autograd.leaf(tracer, made) if autograd.requires_grad(tracer, x.node) else made
    elif isinstance(x, (list, tuple)) and not getattr(x, "_fields", ()):
        tracer.charge_entries(len(x))
        made = type(x)(inside(each) for each in x)
    elif isinstance(x, dict):
        made = {key: inside(each) for key, each in x.items()}
    elif _has_parts(x):
        made = known[id(x)] = _alike(x, {})
        made.fields = inside(x.fields)
        if isinstance(x, Layer):
            made.parts = inside(x.parts)
    known[id(x)] = made
    return made


def _has_parts(x: Value) -> bool:
    return isinstance(x, (Layer, Instance))


def _alike(x: Value, fields: dict[str, Value]) -> Value:
    made = copy(x)
    made.fields = fields
    return made


class _Bar(Routine):
    """`tqdm`: what it is given; a bar that shows how far a loop is means nothing here."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return arguments[0] if arguments else keywords.get("iterable", PLOTS)


for _module in ("tqdm", "tqdm.auto", "tqdm.notebook"):
    MEMBERS[f"{_module}.tqdm"] = _Bar("tqdm")
    MEMBERS[f"{_module}.trange"] = BUILTINS["range"]
for _name in ("filterwarnings", "simplefilter", "warn"):
    MEMBERS[f"warnings.{_name}"] = Ignored(_name)
MEMBERS["abc.ABC"] = OBJECT
MEMBERS["abc.abstractmethod"] = _Wraps("wrapper")
MEMBERS["matplotlib"] = PLOTS
MEMBERS["functools.partial"] = _Partial("partial")
MEMBERS["functools.wraps"] = _Wraps("wraps")
MEMBERS["collections.OrderedDict"] = Dict("OrderedDict")
