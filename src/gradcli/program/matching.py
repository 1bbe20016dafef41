"""How the arguments of a call reach the parameters of a user's function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ExpressionError
from ..text import printable
from .code import CallSite, Parameter
from .routines import Keywords
from .values import Closure, Value

if TYPE_CHECKING:
    from .machine import Machine


def matched(
    machine: Machine, function: Closure, arguments: list[Value], keywords: Keywords, site: CallSite
) -> dict[str, Value]:
    """A user's function's parameters and their values. Raises ExpressionError where they do not match."""
    bind = machine.tracer.bind
    parameters = function.code.parameters
    ordered = [each.name for each in parameters if not each.kind]
    names = {name: bind(value) for name, value in zip(ordered, arguments, strict=False)}
    rest = next((each for each in parameters if each.kind == "*"), None)
    if rest is not None:
        names[rest.name] = tuple(bind(value) for value in arguments[len(ordered) :])
    elif len(arguments) > len(ordered):
        count = len(arguments) + len(keywords)
        word = "argument" if len(ordered) == 1 else "arguments"
        raise _mismatch(function, f"takes {len(ordered)} {word}, got {count}", site)
    _match_words(machine, function, names, keywords, site)
    defaults = iter(function.defaults)
    for each in parameters:
        default = None if each.required else next(defaults)
        if each.name not in names:
            if each.required:
                raise _mismatch(function, f"needs a value for {each.name}", site)
            names[each.name] = machine.tracer.own(default)
    return names


def _match_words(
    machine: Machine, function: Closure, names: dict[str, Value], keywords: Keywords, site: CallSite
) -> None:
    """Give parameters what was given under their names; further ones go to `**words`."""
    parameters = function.code.parameters
    known = {each.name for each in parameters if each.kind in ("", "keyword")}
    more = next((each for each in parameters if each.kind == "**"), None)
    further: dict[Value, Value] = {}
    for word, value in keywords.items():
        if word in known and word not in names:
            names[word] = machine.tracer.bind(value)
        elif more is not None and word not in known:
            further[word] = machine.tracer.bind(value)
        else:
            problem = "got {} twice" if word in names else "has no parameter {}"
            raise _mismatch(function, problem.format(printable(word)), site)
    if more is not None:
        names[more.name] = further


def _mismatch(function: Closure, problem: str, site: CallSite) -> ExpressionError:
    shown = f"{function.name}({', '.join(map(_shown, function.code.parameters))})"
    return ExpressionError(
        f"{function.name} {problem}", code="argument", span=site.span, hint=f"it is defined as {shown}"
    )


def _shown(parameter: Parameter) -> str:
    return parameter.kind + parameter.name if parameter.kind in ("*", "**") else parameter.name
