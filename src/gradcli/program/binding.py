"""Routines with declared parameters, and how a call's arguments reach them.

Both the functions of the engine's tables and the built-in ones are called the same way: arguments are
matched to parameters by position and by name, under the names that PyTorch, NumPy and JAX use too,
and converted as each parameter's kind asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.functions import REQUIRED, Function, Parameter
from ..engine.node import Node
from ..errors import ExpressionError, GradcliError
from ..text import closest, printable
from .code import CallSite
from .conversions import as_kind, convert, kind_of
from .parameter_names import FIRST, IGNORED, INSTEAD, MORE, OTHER_NAMES, SPREAD
from .routines import Keywords, Routine
from .tracer import Tracer
from .truths import kept
from .values import Kind, Value


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
        elif last is not None and len(arguments) > len(parameters) and last.kind in SPREAD:
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
            if (word in IGNORED or (word == "inplace" and value is False)) and not any(
                each.name == word for each in self.parameters
            ):
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
        for candidate in OTHER_NAMES.get(word, ()):
            if candidate in names:
                return candidate
        if word in FIRST and names and self.parameters[0].kind in ("Node", "Nodes", "Value"):
            return names[0]
        return names[1] if word == "other" and len(names) > 1 else None

    def _bad_keyword(self, word: str, name: str | None, site: CallSite) -> ExpressionError:
        if name is not None:
            return ExpressionError(f"{self.name} got {name} twice", code="argument", span=site.span)
        names = [each.name for each in self.parameters]
        close = closest(word, names)
        hint = f"did you mean {close}?" if close else f"its parameters are {', '.join(names) or 'none'}"
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
                    raise ExpressionError(message, code="argument", span=site.span, hint=INSTEAD.get(self.name))
                raise self._bad_count(0, site)

    def _bad_count(self, got: int, site: CallSite) -> ExpressionError:
        most = len(self.parameters)
        least = sum(self.defaults[each.name] is REQUIRED for each in self.parameters) if not self.variadic else 1
        span = f"{least}" if least == most else f"{least} to {most}"
        word = "argument" if span == "1" else "arguments"
        number = "at least 1" if self.variadic else span
        return ExpressionError(
            f"{self.name} takes {number} {word}, got {got}", code="argument", span=site.span,
            hint=(MORE.get(self.name) if got > most else None) or f"it is called as {self.signature}",
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


_LIKE = frozenset(("full_like", "ones_like", "zeros_like"))
"""Functions that give what is of the same type as their first argument."""


def from_table(name: str, function: Function, torch: bool) -> Routine:
    """The routine of a function of the engine's tables; torch is whether PyTorch's defaults hold."""
    if function.operation is not None:
        return Mapped(name, function)
    build = function.build

    def call(tracer: Tracer, *arguments: Any) -> Value:
        made = build(tracer.graph, *arguments) if function.wants_graph else build(*arguments)
        return kept(arguments[0], made) if name in _LIKE and isinstance(made, Node) else made

    defaults = function.torch_defaults if torch else None
    return Bound(name, function.parameters, call, variadic=function.variadic, defaults=defaults)
