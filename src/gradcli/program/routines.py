"""Functions of the language as values, and how a call's arguments reach them.

Both the functions of the engine's tables and the built-in ones are called the same way: arguments are
matched to parameters by position and by name, under the names that PyTorch, NumPy and JAX use too,
and converted as each parameter's kind asks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias

import numpy as np

from ..engine.functions import REQUIRED, Function, Parameter
from ..engine.node import Node
from ..errors import DataError, ExpressionError, GradcliError
from ..text import printable
from .code import CallSite
from .tracer import Tracer
from .values import Context, Kind, Tensor, Value, describe

Keywords: TypeAlias = Mapping[str, Value]


class Routine:
    """A function of the language. `invoke` gives its value, or a generator that asks for calls:
    it yields `(function, arguments)`, or those and keyword arguments, and is sent the result."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        raise NotImplementedError


class Inside(Routine):
    """A function that is always called inside a context: what `@no_grad()` makes of it."""

    __slots__ = ("context", "function")

    def __init__(self, context: Context, function: Value) -> None:
        super().__init__(function.name)
        self.context = context
        self.function = function

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self._calls(tracer, arguments, keywords)

    def _calls(self, tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Generator[Any, Value, Value]:
        before = tracer.detached
        if self.context.tracks is not None:
            tracer.detached = not self.context.tracks
        result = yield self.function, arguments, keywords
        tracer.detached = before
        return result


class Bound(Routine):
    """A routine with declared parameters; call takes the tracer and the converted arguments."""

    __slots__ = ("_least", "_most", "_tail", "call", "defaults", "parameters", "variadic")

    def __init__(
        self,
        name: str,
        parameters: Sequence[Parameter],
        call: Callable[..., Value],
        *,
        variadic: bool = False,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name)
        self.parameters = tuple(parameters)
        self.call = call
        self.variadic = variadic
        self.defaults = {each.name: each.default for each in parameters} | dict(defaults or {})
        # what a call without keywords may have, and what it leaves out
        self._tail = [self.defaults[each.name] for each in parameters]
        self._least = sum(default is REQUIRED for default in self._tail)
        self._most = -1 if variadic else len(self._tail)

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        converted, kind = self.bind(tracer, arguments, keywords, site)
        result = self.call(tracer, *converted)
        if kind is not None:
            result = as_kind(tracer, result, kind)
        if "requires_grad" in keywords and "requires_grad" not in self.defaults:
            return _leaf(tracer, result) if tracer.truth(keywords["requires_grad"]) else result
        return result

    def bind(
        self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite
    ) -> tuple[list[Any], Kind | None]:
        """The converted arguments, in order of the parameters, and the type the result is to have."""
        parameters = self.parameters
        if not keywords and self._least <= len(arguments) <= self._most:
            given_first = [
                self._converted(tracer, parameter, value, site, i)
                for i, (parameter, value) in enumerate(zip(parameters, arguments, strict=False))
            ]
            return given_first + self._tail[len(arguments) :], None
        last = parameters[-1] if parameters else None
        extra: list[Value] = []
        if last is not None and self.variadic:
            cut = len(parameters) - 1
            arguments, extra = arguments[:cut], arguments[cut:]
        elif last is not None and len(arguments) > len(parameters) and last.kind in _SPREAD:
            cut = len(parameters) - 1
            arguments = [*arguments[:cut], tuple(arguments[cut:])]
        given, kind = self._by_name(keywords, site)
        self._check_count(arguments, given, site)
        converted = []
        for i, parameter in enumerate(parameters[: len(parameters) - self.variadic]):
            if i < len(arguments):
                value = arguments[i]
            elif parameter.name in given:
                value = given[parameter.name]
            else:
                converted.append(self.defaults[parameter.name])
                continue
            converted.append(self._converted(tracer, parameter, value, site, i))
        converted.extend(self._converted(tracer, parameters[-1], each, site, -1) for each in extra)
        return converted, kind

    def _converted(self, tracer: Tracer, parameter: Parameter, value: Value, site: CallSite, position: int) -> Any:
        try:
            return convert(tracer, parameter, value, self.name)
        except GradcliError as error:
            if 0 <= position < len(site.argument_spans) and site.starred is None and site.method is None:
                error.at(site.argument_spans[position])
            raise

    def _by_name(self, keywords: Keywords, site: CallSite) -> tuple[dict[str, Value], Kind | None]:
        """Keyword arguments under the parameters' own names, and what `dtype=` said."""
        given: dict[str, Value] = {}
        kind: Kind | None = None
        for word, value in keywords.items():
            if word == "dtype":
                kind = kind_of(value)
                continue
            if word in _IGNORED and not any(each.name == word for each in self.parameters):
                continue
            name = self._parameter_for(word)
            if name is None or name in given:
                raise self._bad_keyword(word, name, site)
            given[name] = float(bool(value)) if word == "unbiased" else value
        return given, kind

    def _parameter_for(self, word: str) -> str | None:
        names = [each.name for each in self.parameters]
        if word in names:
            return word
        for candidate in _OTHER_NAMES.get(word, ()):
            if candidate in names:
                return candidate
        if word in _FIRST and names and self.parameters[0].kind in ("Node", "Nodes", "Value"):
            return names[0]
        return names[1] if word == "other" and len(names) > 1 else None

    def _bad_keyword(self, word: str, name: str | None, site: CallSite) -> ExpressionError:
        if name is not None:
            return ExpressionError(f"{self.name} got {name} twice", code="argument", span=site.span)
        names = [each.name for each in self.parameters]
        close = get_close_matches(word, names, 1)
        hint = f"did you mean {close[0]}?" if close else f"its parameters are {', '.join(names) or 'none'}"
        message = f"{self.name} has no parameter {printable(word)}"
        return ExpressionError(message, code="argument", span=site.span, hint=hint)

    def _check_count(self, arguments: list[Value], given: Keywords, site: CallSite) -> None:
        positional = len(self.parameters) - self.variadic
        names = [each.name for each in self.parameters]
        if len(arguments) > positional:
            raise self._bad_count(len(arguments) + len(given), site)
        twice = next((name for name in names[: len(arguments)] if name in given), None)
        if twice is not None:
            raise ExpressionError(f"{self.name} got {twice} twice", code="argument", span=site.span)
        for name in names[len(arguments) : positional]:
            if name not in given and self.defaults[name] is REQUIRED:
                if arguments or given:
                    message = f"{self.name} needs a value for {name}: {self.signature}"
                    raise ExpressionError(message, code="argument", span=site.span, hint=_INSTEAD.get(self.name))
                raise self._bad_count(0, site)

    def _bad_count(self, got: int, site: CallSite) -> ExpressionError:
        most = len(self.parameters)
        least = sum(self.defaults[each.name] is REQUIRED for each in self.parameters) if not self.variadic else 1
        span = f"{least}" if least == most else f"{least} to {most}"
        word = "argument" if span == "1" else "arguments"
        number = "at least 1" if self.variadic else span
        return ExpressionError(
            f"{self.name} takes {number} {word}, got {got}", code="argument", span=site.span,
            hint=f"it is called as {self.signature}",
        )  # fmt: skip

    @property
    def signature(self) -> str:
        parts = []
        for each in self.parameters:
            default = self.defaults[each.name]
            parts.append(each.name if default is REQUIRED else f"{each.name}={default}")
        if self.variadic:
            parts[-1] = f"*{self.parameters[-1].name}"
        return f"{self.name}({', '.join(parts)})"


def _leaf(tracer: Tracer, value: Value) -> Value:
    from .autograd import leaf

    return leaf(tracer, value)


class Mapped(Bound):
    """An elementwise operation: on known numbers its kernel is applied at once."""

    __slots__ = ("arity", "operation")

    def __init__(self, name: str, function: Function) -> None:
        assert function.operation is not None
        super().__init__(name, function.parameters, lambda tracer, *operands: function.build(*operands))
        self.operation = function.operation
        self.arity = len(function.parameters)

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if keywords or len(arguments) != self.arity:
            return super().invoke(tracer, arguments, keywords, site)
        if self.arity == 1:
            (value,) = arguments
            if type(value) is Node:
                return self.operation(value)
            if type(value) is float:
                return float(self.operation.kernel(np.float64(value)))
        elif all(type(value) is float for value in arguments):
            return float(self.operation.kernel(*[np.float64(value) for value in arguments]))
        return self.operation(*[tracer.node(value) for value in arguments])


def from_table(name: str, function: Function, torch: bool) -> Routine:
    """The routine of a function of the engine's tables; torch is whether PyTorch's defaults hold."""
    if function.operation is not None:
        return Mapped(name, function)
    build = function.build

    def call(tracer: Tracer, *arguments: Any) -> Value:
        return build(tracer.graph, *arguments) if function.wants_graph else build(*arguments)

    defaults = function.torch_defaults if torch else None
    return Bound(name, function.parameters, call, variadic=function.variadic, defaults=defaults)


# ---- other libraries' words --------------------------------------------------------------------------

_SPREAD = ("Shape", "Shape | None")
"""Kinds of a last parameter that may be written out: `reshape(x, 2, 3)` is `reshape(x, (2, 3))`."""
_FIRST = frozenset(
    ("A", "a", "arr", "array", "arrays", "data", "input", "m", "object", "self", "tensor", "tensors", "x")
)
"""What others call the first parameter."""
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "dim": ("axis", "axes", "axis1"),
    "dims": ("axes", "axis", "reps"),
    "dim0": ("axis1",),
    "dim1": ("axis2",),
    "axis1": ("dim1",),
    "axis2": ("dim2",),
    "shifts": ("shift",),
    "pad": ("width",),
    "pad_width": ("width",),
    "constant_values": ("value",),
    "index": ("indices",),
    "split_size_or_sections": ("sections",),
    "split_size": ("sections",),
    "indices_or_sections": ("sections",),
    "src": ("source",),
    "B": ("b", "y"),
    "equation": ("subscripts",),
    "rtol": ("rcond",),
    "tol": ("rcond",),
    "L": ("factor",),
    "unitriangular": ("unit",),
    "unit_diagonal": ("unit",),
    "sorted_sequence": ("edges",),
    "boundaries": ("edges",),
    "v": ("x",),
    "interpolation": ("method",),
    "keepdim": ("keepdims",),
    "correction": ("ddof",),
    "unbiased": ("ddof",),
    "p": ("ord", "p"),
    "size": ("shape",),
    "newshape": ("shape",),
    "end": ("stop",),
    "steps": ("num",),
    "fill_value": ("value",),
    "exponent": ("y",),
    "a_min": ("min",),
    "a_max": ("max",),
    "low": ("min",),
    "high": ("max",),
    "offset": ("k",),
    "diagonal": ("k",),
    "tensors": ("arrays",),
    "N": ("n",),
    "M": ("m",),
    "vec2": ("y",),
    "mat2": ("y",),
    "vec": ("y",),
}
_IGNORED = frozenset(
    (
        "copy", "device", "generator", "layout", "memory_format", "names", "non_blocking", "order", "out",
        "pin_memory", "requires_grad", "sparse", "subok", "like", "stable",
    )
)  # fmt: skip
"""Arguments that change nothing about a number."""


_INSTEAD = {"where": "to pick the elements where a condition holds, index with it: x[x > 0]"}
"""Hints for functions that others call with fewer arguments, with another meaning."""


# ---- conversions -------------------------------------------------------------------------------------


def convert(tracer: Tracer, parameter: Parameter, value: Value, name: str) -> Any:
    """value as parameter's kind asks. name is the function's, for errors."""
    kind = parameter.kind
    if kind.endswith(" | None"):
        if value is None:
            return None
        kind = kind[:-7]
    return _CONVERTERS[kind](tracer, value, f"{parameter.name} of {name}")


def _nodes(tracer: Tracer, value: Value, what: str) -> list[Node]:
    if isinstance(value, (list, tuple)):
        return [tracer.node(item) for item in value]
    if isinstance(value, (Tensor, Node)):
        return list(rows(tracer, tracer.node(value)))
    raise ExpressionError(f"{what} is a list of arrays, not {describe(value)}", code="type")


def rows(tracer: Tracer, node: Node) -> list[Node]:
    """The entries along the first axis. Raises DataError for a number."""
    from ..engine.operations.indexing import index

    if not node.shape:
        raise DataError("a number cannot be taken apart: it has no axes", code="shape")
    return [index(node, (i,)) for i in range(node.shape[0])]


def _whole(tracer: Tracer, value: Value, what: str) -> int:
    _no_sequence(value, what)
    return tracer.whole(value, what)


def _no_sequence(value: Value, what: str) -> None:
    if not isinstance(value, (float, bool, Node, Tensor)):
        raise ExpressionError(f"{what} is a whole number, not {describe(value)}", code="argument")


def _axis(tracer: Tracer, value: Value, what: str) -> int | tuple[int, ...] | None:
    if value is None:
        return None
    if isinstance(value, (list, tuple, range)):
        return tuple(tracer.whole(item, what) for item in value)
    return _whole(tracer, value, what)


def _shape(tracer: Tracer, value: Value, what: str) -> tuple[int, ...]:
    if isinstance(value, (list, tuple, range)):
        if len(value) == 1 and isinstance(value[0], (list, tuple)):
            value = value[0]
        return tuple(tracer.whole(item, what) for item in value)
    if isinstance(value, (Node, Tensor)) and tracer.node(value).shape:
        return tuple(int(each) for each in _data(tracer, value, what).ravel())
    return (_whole(tracer, value, what),)


def _flag(tracer: Tracer, value: Value, what: str) -> bool:
    return tracer.truth(value)


def _float(tracer: Tracer, value: Value, what: str) -> float:
    if isinstance(value, str):
        word = {"fro": 2.0, "inf": float("inf")}.get(value)
        if word is not None:
            return word
        raise ExpressionError(f"{what} is a number, not the string '{printable(value)}'", code="argument")
    return tracer.number(value, what)


def _order(tracer: Tracer, value: Value, what: str) -> float | str:
    return value if isinstance(value, str) else tracer.number(value, what)


def _data(tracer: Tracer, value: Value, what: str) -> Any:
    return np.asarray(tracer.known(tracer.node(value)), dtype=np.float64)


def _word(tracer: Tracer, value: Value, what: str) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"{what} is a word in quotes, not {describe(value)}", code="argument")
    return value


def _node_or_float(tracer: Tracer, value: Value, what: str) -> Node | float:
    return value if type(value) is float else tracer.node(value)


_CONVERTERS: dict[str, Callable[[Tracer, Value, str], Any]] = {
    "Node": lambda tracer, value, what: tracer.node(value),
    "Nodes": _nodes,
    "Node | float": _node_or_float,
    "Axis": _axis,
    "Shape": _shape,
    "Whole": _whole,
    "Flag": _flag,
    "float": _float,
    "Data": _data,
    "Word": _word,
    "Order": _order,
    "Value": lambda tracer, value, what: value,
}


# ---- types of numbers --------------------------------------------------------------------------------


def kind_of(value: Value) -> Kind | None:
    """The type that `dtype=` names: a type, or one of float, int, bool. Raises ExpressionError."""
    if value is None or isinstance(value, Kind):
        return value
    name = value if isinstance(value, str) else getattr(value, "name", "") if isinstance(value, Routine) else ""
    for family in ("float", "double", "int", "long", "bool"):
        if name.startswith(family):
            return Kind(name, {"double": "float", "long": "int"}.get(family, family))
    raise ExpressionError(f"{describe(value)} is not a type of number", code="argument", hint="float, int or bool")


def as_kind(tracer: Tracer, value: Value, kind: Kind) -> Value:
    """value rounded towards zero for whole numbers, to 0 or 1 for truth values; floats stay what they are."""
    from ..engine.operations.arithmetic import not_equal
    from ..engine.operations.rounding import trunc

    if kind.family == "float":
        return value
    node = tracer.node(value)
    return trunc(node) if kind.family == "int" else not_equal(node, node.lift(0.0))
