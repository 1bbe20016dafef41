"""Python's own functions, as far as the language has them, and a few that PyTorch and NumPy add."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

import numpy as np

from ..engine.functions import FUNCTIONS, REQUIRED, Flag, Parameter, Shape, Whole
from ..engine.node import Node
from ..engine.operation import Elementwise, reshape_to
from ..engine.operations.rounding import trunc
from ..engine.operations.selection import detach, maximum, minimum
from ..errors import DataError, ExpressionError
from . import autograd
from .binding import Bound, from_table
from .code import CallSite
from .conversions import as_kind
from .element_order import Reshaped
from .indexing import cut, elements, length
from .operators import BINARY
from .printing import Print
from .routines import Inside, Keywords, Routine
from .strings import text
from .tracer import Tracer
from .values import Context, Template, Value

Calls: TypeAlias = Generator[tuple[Value, list[Value]], Value, Value]
BUILTINS: dict[str, Routine] = {}
SPECIAL = frozenset(("flatten", "pow", "power", "ravel", "reshape", "tensor", "transpose"))
"""Those that stand for a function of the tables as a method and in namespaces too."""


def builtin(name: str, *aliases: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declare a function of the language; its own signature, after the tracer, is its signature there."""

    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        routine = Bound(name, parameters_of(call), call, variadic=bool(call.__code__.co_flags & 0x04))
        BUILTINS.update(dict.fromkeys((name, *aliases), routine))
        return call

    return declare


def parameters_of(call: Callable[..., Value]) -> list[Parameter]:
    """The parameters of a Python function after its first, their annotations as kinds."""
    code = call.__code__
    names = code.co_varnames[: code.co_argcount + bool(code.co_flags & 0x04)]
    defaults = call.__defaults__ or ()
    first = code.co_argcount - len(defaults)
    found = []
    for i, name in enumerate(names[1:], 1):
        default = defaults[i - first] if first <= i < code.co_argcount else REQUIRED
        found.append(Parameter(name, str(call.__annotations__[name]), default))
    return found


# ---- lists and loops -----------------------------------------------------------------------------------


@builtin("len")
def len_(tracer: Tracer, x: Value) -> Value:
    """The number of entries; an object of the program's says it itself."""
    users = getattr(x, "own_method", None)
    function = None if users is None else users("__len__")
    return float(length(tracer, x)) if function is None else _asked(function, x)


def _asked(function: Value, x: Value) -> Calls:
    return (yield function, [x])


@builtin("range")
def range_(tracer: Tracer, *bounds: Whole) -> Value:
    """Whole numbers in steps."""
    if not 1 <= len(bounds) <= 3:
        raise ExpressionError(f"range takes 1 to 3 arguments, got {len(bounds)}", code="argument")
    if len(bounds) == 3 and bounds[2] == 0:
        raise DataError("range needs a step that is not 0")
    if any(abs(bound) > 2**62 for bound in bounds):
        raise DataError("range counts to 2**62 at most")
    return range(*bounds)


@builtin("list")
def list_(tracer: Tracer, items: Value = ()) -> Value:
    """The entries as a list."""
    return elements(tracer, items)


@builtin("tuple")
def tuple_(tracer: Tracer, items: Value = ()) -> Value:
    """The entries as a tuple."""
    return tuple(elements(tracer, items))


@builtin("zip")
def zip_(tracer: Tracer, *lists: Value) -> Value:
    """Tuples of entries of several lists, as many as the shortest has."""
    counts = [length(tracer, each) for each in lists]
    shortest = min(counts, default=0)
    tracer.charge_entries(shortest)
    columns = [elements(tracer, each[:shortest] if isinstance(each, (list, tuple, range)) else each) for each in lists]
    return list(zip(*columns, strict=False))


@builtin("enumerate")
def enumerate_(tracer: Tracer, items: Value, start: Whole = 0) -> Value:
    """Tuples of a count and an entry."""
    return [(float(i), item) for i, item in enumerate(elements(tracer, items), start)]


@builtin("reversed")
def reversed_(tracer: Tracer, items: Value) -> Value:
    """The entries from the last to the first."""
    return elements(tracer, items)[::-1]


@builtin("sorted")
def sorted_(tracer: Tracer, items: Value, key: Value = None, reverse: Flag = False) -> Calls:
    """By value (or by what key gives); what is sorted stays differentiable."""
    found = elements(tracer, items)
    keys = found
    if key is not None:
        keys = []
        for item in found:
            keys.append((yield key, [item]))
    return [found[i] for i in (yield from order_of(tracer, keys, reverse))]


def order_of(tracer: Tracer, keys: list[Value], reverse: bool) -> Calls:
    """The places of keys in ascending order: by value, or as the classes of objects say."""
    if _ordered_by_class(keys):
        from .sameness import in_order

        return (yield from in_order(tracer, keys, reverse))
    return sorted(range(len(keys)), key=_comparable(tracer, keys, "what is sorted by").__getitem__, reverse=reverse)


def _ordered_by_class(keys: list[Value]) -> bool:
    """Whether there are objects of the program's classes among them, or in tuples of them."""
    return any(
        hasattr(each, "own_method") for key in keys for each in (key if isinstance(key, (tuple, list)) else (key,))
    )


def _comparable(tracer: Tracer, keys: list[Value], what: str) -> list[Any]:
    """What Python orders values by: texts, where all are texts, or else numbers; tuples of those one by one."""
    if keys and all(isinstance(each, (tuple, list)) for each in keys) and len({len(each) for each in keys}) == 1:
        columns = [_comparable(tracer, list(column), what) for column in zip(*keys, strict=True)]
        return list(zip(*columns, strict=True))
    if all(isinstance(each, (str, Template)) for each in keys):
        return [text(tracer, each) for each in keys]
    return [tracer.number(each, what) for each in keys]


@builtin("slice")
def slice_(tracer: Tracer, *parts: Value) -> Value:
    """`start:stop:step` as a value; one number alone is stop."""
    if not 1 <= len(parts) <= 3:
        raise ExpressionError("slice takes one to three numbers: start, stop, step", code="argument")
    start, stop, *step = (None, *parts) if len(parts) == 1 else parts
    return cut(tracer, start, stop, step[0] if step else None)


@builtin("divmod")
def divmod_(tracer: Tracer, x: Value, y: Value) -> Value:
    """How often y is in x, and what remains."""
    return BINARY["//"](tracer, x, y), BINARY["%"](tracer, x, y)


@builtin("map")
def map_(tracer: Tracer, function: Value, *lists: Value) -> Calls:
    """What a function gives for each entry."""
    columns = [elements(tracer, each) for each in lists]
    results = []
    for row in zip(*columns, strict=False):
        results.append(tracer.bind((yield function, list(row))))
    return results


@builtin("filter")
def filter_(tracer: Tracer, function: Value, items: Value) -> Calls:
    """The entries for which a function is true."""
    kept = []
    for item in elements(tracer, items):
        if tracer.truth((yield function, [item])):
            kept.append(item)
    return kept


BUILTINS["print"] = Print("print")


# ---- numbers -------------------------------------------------------------------------------------------


@builtin("float")
def float_(tracer: Tracer, x: Value = 0.0) -> Value:
    """x as a number; in PyTorch's programs it leaves the graph, as there."""
    if isinstance(x, (bool, float)):
        return float(x)
    if isinstance(x, str) and x.strip().lower() in _NOT_FINITE:
        return float(x)
    return detach(single(tracer, x)) if tracer.torch else single(tracer, x)


_NOT_FINITE = frozenset(f"{sign}{word}" for sign in ("", "+", "-") for word in ("inf", "infinity", "nan"))
"""What can only be written as a word: `float("-inf")`."""


@builtin("int")
def int_(tracer: Tracer, x: Value = 0.0) -> Value:
    """x without its fraction."""
    if isinstance(x, (bool, float)):
        if not np.isfinite(x):
            raise DataError(f"{x:g} is no whole number")
        return float(int(x))
    return trunc(single(tracer, x))


@builtin("bool")
def bool_(tracer: Tracer, x: Value = 0.0) -> Value:
    """Whether x is true."""
    return tracer.truth(x)


def single(tracer: Tracer, value: Value) -> Node:
    """value as one number. Raises DataError for an array of several."""
    node = tracer.node(value)
    if node.size != 1:
        raise DataError(f"an array of shape {node.shape} is not one number", code="shape")
    return reshape_to(node, ())


@builtin("pow", "power")
def power(tracer: Tracer, x: Value, y: Value) -> Value:
    """x ** y."""
    return BINARY["**"](tracer, x, y)


class Sum(Bound):
    """`sum`: of a Python list its entries are added up, whatever their shapes; of an array all elements."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if keywords or not arguments or not isinstance(arguments[0], (list, tuple, range)) or len(arguments) > 2:
            return super().invoke(tracer, arguments, keywords, site)
        items = arguments[0]
        if isinstance(items, range):  # however long it is
            items = [len(items) * (items[0] + items[-1]) // 2] if items else []
        if len(arguments) == 1 and items and all(isinstance(item, (list, tuple)) for item in items):
            return super().invoke(tracer, arguments, keywords, site)  # a matrix written out
        total = arguments[1] if len(arguments) > 1 else 0.0
        if any(isinstance(each, Routine) for each in (total, *items[:1])):
            from .overloads import added

            return added(tracer, total, items)
        plus = BINARY["+"]
        for i, item in enumerate(items):
            item = float(item) if isinstance(item, int) else item
            total = item if i == 0 and len(arguments) == 1 else plus(tracer, total, item)
        return total


def _are_compared_whole(items: Value) -> bool:
    """Whether a list holds texts, tuples or objects alone, of which Python takes one as it is."""
    if not isinstance(items, (list, tuple)) or not items:
        return False
    if isinstance(items, list) and all(type(each) in (tuple, str) for each in items):
        return True
    return all(hasattr(each, "own_method") for each in items)


class Extreme(Bound):
    """`max` and `min`: of one list or array its largest element; of several numbers the largest."""

    __slots__ = ("between",)

    def __init__(self, name: str, between: Elementwise) -> None:
        function = FUNCTIONS[name]
        super().__init__(name, function.parameters, lambda tracer, *rest: function.build(*rest))
        self.between = between

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if keywords.keys() & {"key", "default"} and keywords.keys() <= {"key", "default"}:
            return self._chosen(tracer, arguments, keywords)
        if len(arguments) == 1 and not keywords and _are_compared_whole(arguments[0]):
            return self._chosen(tracer, arguments, keywords)
        if len(arguments) > 1 and not keywords and _ordered_by_class(arguments):
            return self._chosen(tracer, arguments, keywords)
        if len(arguments) < 2 or keywords:
            return super().invoke(tracer, arguments, keywords, site)
        nodes = [tracer.node(value) for value in arguments]
        if any(node.shape for node in nodes):
            pair = f"{self.between.name}(x, y)"
            raise ExpressionError(
                f"{self.name} of several arguments compares numbers, and here is an array", code="ambiguous",
                span=site.span, hint=f"{pair} compares element by element; {self.name}(x, axis=0) works along an axis",
            )  # fmt: skip
        if all(type(value) is float for value in arguments):
            return float((np.maximum if self.name == "max" else np.minimum).reduce(arguments))
        result = nodes[0]
        for node in nodes[1:]:
            result = self.between(result, node)
        return result

    def _chosen(self, tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Calls:
        """Python's `max(items, key=…)`: the entry, the first of several, for which key gives the largest number."""
        items = elements(tracer, arguments[0]) if len(arguments) == 1 else arguments
        if not items:
            if "default" in keywords:
                return keywords["default"]
            raise DataError(f"{self.name} of no entries")
        keys = items
        if keywords.get("key") is not None:
            keys = []
            for item in items:
                keys.append((yield keywords["key"], [item]))
        if _ordered_by_class(keys):
            from .sameness import first_of

            return items[(yield from first_of(tracer, keys, ">" if self.name == "max" else "<"))]
        ordered = _comparable(tracer, keys, "what is compared")
        return items[ordered.index(max(ordered) if self.name == "max" else min(ordered))]


class Transpose(Bound):
    """`transpose`: PyTorch's, which exchanges two axes, where two are named one by one; else NumPy's."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) + len(keywords) == 3:
            return from_table("swapaxes", FUNCTIONS["swapaxes"], False).invoke(tracer, arguments, keywords, site)
        return super().invoke(tracer, arguments, keywords, site)


class Copied(Bound):
    """`tensor`: in PyTorch's programs a copy of the numbers, outside the graph of the tensors they come from."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        converted, kind = self.bind(tracer, arguments, keywords, site)
        node = tracer.node(converted[0])
        if tracer.torch and autograd.requires_grad(tracer, node):
            node = detach(node)
        wanted = "requires_grad" in keywords and tracer.truth(keywords["requires_grad"])
        result = node if kind is None else as_kind(tracer, node, kind)
        return autograd.leaf(tracer, result) if wanted else result


BUILTINS["tensor"] = Copied("tensor", FUNCTIONS["tensor"].parameters, lambda tracer, x: x)
BUILTINS["transpose"] = Transpose(
    "transpose", FUNCTIONS["transpose"].parameters, lambda tracer, *rest: FUNCTIONS["transpose"].build(*rest)
)
BUILTINS.update({name: Reshaped(name) for name in ("flatten", "ravel", "reshape")})
BUILTINS["sum"] = Sum("sum", FUNCTIONS["sum"].parameters, lambda tracer, *rest: FUNCTIONS["sum"].build(*rest))
BUILTINS["max"] = Extreme("max", maximum)
BUILTINS["min"] = Extreme("min", minimum)


# ---- PyTorch's and NumPy's -----------------------------------------------------------------------------


@builtin("no_grad", "inference_mode")
def no_grad(tracer: Tracer, function: Value = None) -> Value:
    """A context in which nothing is recorded; with a function, that function inside it."""
    return Context(False) if function is None else Inside(Context(False), function)


@builtin("enable_grad")
def enable_grad(tracer: Tracer) -> Value:
    """A context in which computations are recorded again."""
    return Context(True)


@builtin("set_grad_enabled")
def set_grad_enabled(tracer: Tracer, mode: Flag) -> Value:
    """One of the two, from now on; after `with` as it was before."""
    context = Context(mode, tracer.detached)
    tracer.detached = not mode
    return context


@builtin("is_grad_enabled")
def is_grad_enabled(tracer: Tracer) -> Value:
    """Whether computations are recorded now."""
    return not tracer.detached


@builtin("errstate", "set_detect_anomaly", "detect_anomaly")
def errstate(tracer: Tracer, *modes: Value) -> Value:
    """A context that changes nothing here."""
    return Context(None)


@builtin("manual_seed", "seed")
def manual_seed(tracer: Tracer, seed: Whole) -> Value:
    """Start the random numbers anew."""
    if seed < 0:
        raise DataError("a seed is a whole number that is not negative")
    tracer.graph.reseed(seed)


def _drawn(tracer: Tracer, shape: Shape, draw: str) -> Node:
    made = from_table(draw, FUNCTIONS[draw], False)
    assert isinstance(made, Bound)
    node: Node = made.call(tracer, shape)
    return node


@builtin("normal")
def normal(tracer: Tracer, loc: Node | float = 0.0, scale: Node | float = 1.0, shape: Shape = ()) -> Value:
    """Normally distributed numbers."""
    return loc + _drawn(tracer, shape, "randn") * scale


@builtin("uniform")
def uniform(tracer: Tracer, low: Node | float = 0.0, high: Node | float = 1.0, shape: Shape = ()) -> Value:
    """Evenly distributed numbers."""
    return low + _drawn(tracer, shape, "rand") * (high - low)
