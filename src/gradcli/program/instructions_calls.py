"""Instructions of calls: arguments taken off the stack, functions made and left, classes made."""

from __future__ import annotations

from ..engine.node import Node
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError, Span
from ..text import printable
from . import modules
from .code import CallSite, Code
from .instructions import step, taken
from .instructions_containers import spread
from .machine import Machine
from .objects import MISSING
from .values import Closure, Tensor, Value, describe


@step("call")
def call(machine: Machine, site: CallSite) -> int | None:
    """Call a value, which lies below its arguments."""
    arguments, keywords = arguments_of(machine, site)
    function = machine.stack.pop()
    try:
        return machine.call(function, arguments, keywords, site)
    except DataError as error:
        raise _marked_call(machine, error, site, arguments) from None


@step("call_named")
def call_named(machine: Machine, site: CallSite) -> int | None:
    """Call a function that the program does not define."""
    function = site.function
    if function is MISSING:
        assert site.callee is not None
        function = machine.program.get(site.callee, MISSING)
        if function is MISSING:
            raise _no_function(machine, site.callee).at(site.function_span)
    arguments, keywords = arguments_of(machine, site)
    try:
        return machine.call(function, arguments, keywords, site)
    except DataError as error:
        raise _marked_call(machine, error, site, arguments) from None


def _no_function(machine: Machine, name: str) -> ExpressionError:
    known = {*modules.known_names(), *machine.program}
    hint = modules.suggestion(name, known) or "gradcli functions lists those there are"
    return ExpressionError(f"there is no function {printable(name)}", code="name", hint=hint)


@step("apply")
def apply(machine: Machine, site: CallSite) -> int | None:
    """Call a function of one number, elementwise."""
    value = machine.stack[-1]
    if type(value) is not Node or (site.bound and machine.tracer.differentiates):
        return call_named(machine, site)
    machine.graph.place = site.span
    machine.stack[-1] = site.function.operation(value)
    return None


def arguments_of(machine: Machine, site: CallSite) -> tuple[list[Value], dict[str, Value]]:
    """A call's arguments, taken off the stack: those by position, those by name."""
    if not site.count:
        return [], {}
    values = taken(machine.stack, site.count)
    keywords: dict[str, Value] = {}
    if site.keywords:
        split = len(values) - len(site.keywords)
        keywords = _by_word(site, values[split:])
        del values[split:]
    if site.starred is not None:
        values = spread(machine, values, site.starred)
    return values, keywords


def _by_word(site: CallSite, values: list[Value]) -> dict[str, Value]:
    """The arguments that are given by name; those of a dict after `**` too."""
    found: dict[str, Value] = {}
    for word, value in zip(site.keywords, values, strict=True):
        if word is None and not isinstance(value, dict):
            raise ExpressionError(f"`**` takes a dict, not {describe(value)}", code="type", span=site.span)
        for name, each in value.items() if word is None else ((word, value),):
            if not isinstance(name, str):
                raise ExpressionError("the keys of a dict after `**` are strings", code="type", span=site.span)
            if name in found:
                raise ExpressionError(f"{printable(name)} is given twice", code="argument", span=site.span)
            found[name] = each
    return found


def _marked_call(machine: Machine, error: DataError, site: CallSite, arguments: list[Value]) -> DataError:
    """error with the shapes of the arguments beside them, where it is about the shapes of several."""
    if error.code != "shape" or error.marks or error.span is not None or site.starred is not None:
        return error
    arrays = [
        (span, str(machine.tracer.node(value).shape))
        for span, value in zip(site.argument_spans, arguments, strict=False)
        if isinstance(value, (Node, Tensor))
    ]
    if len(arrays) > 1:
        error.marks = tuple(arrays)
        error.span = site.span
    return error


@step("closure")
def closure(machine: Machine, code: Code) -> None:
    """Make a function, of which the default values lie on top."""
    count = sum(not parameter.required for parameter in code.parameters)
    defaults = tuple(machine.tracer.bind(value) for value in taken(machine.stack, count))
    machine.stack.append(Closure(code, defaults, machine.environment))


@step("return")
def return_(machine: Machine, fresh: bool) -> int:
    """End the function with the value on top."""
    tracer = machine.tracer
    value = machine.stack.pop()
    if fresh and tracer.differentiates:
        value = tracer.own(value)
    if tracer.detached and type(value) is Node:
        value = detach(value)
    return machine.leave(value)


@step("members")
def members(machine: Machine, argument: None) -> None:
    """Put the names that a class's body gave values on the stack."""
    found = dict(machine.names)
    if "__iter__" in found or "__getitem__" in found:
        machine.tracer.go_lazily()
    machine.stack.append(found)


@step("class")
def class_(machine: Machine, argument: tuple[str, tuple[Span, ...], Code]) -> None:
    """Make a class of its names; the classes it derives from lie below them."""
    from .classes import make

    name, bases, code = argument
    stack = machine.stack
    found = stack.pop()
    made = make(name, taken(stack, len(bases)), found)
    made.annotated = code.annotated
    stack.append(made)


@step("super")
def super_(machine: Machine, argument: tuple[str, Code]) -> None:
    """The object that the method was called on, as one of the class above."""
    from .classes import above

    name, code = argument
    machine.stack.append(above(machine.names.get(name), code.owner))
