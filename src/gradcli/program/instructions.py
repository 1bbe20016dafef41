"""What each opcode does: one function an instruction, taking the machine and the instruction's argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.node import Node
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError, GradcliError, Span
from ..text import printable
from . import indexing, methods, modules
from .code import AccessSite, CallSite, Code, DisplaySite, Label, OperatorSite
from .machine import SWITCH, Machine, Step
from .modules import MISSING
from .operators import BINARY, COMPARISONS, UNARY, combined, truth_value
from .values import Closure, Context, Module, Tensor, Value, describe

STEPS: dict[str, Step] = {}
"""Opcode -> what carries it out."""


def step(name: str) -> Callable[[Step], Step]:
    """Declare the function that carries out an opcode."""

    def declare(function: Step) -> Step:
        STEPS[name] = function
        return function

    return declare


def link(code: Code) -> list[tuple[Step, Any]]:
    """The instructions of code, ready to run: opcodes as functions, names with what they mean."""
    linked = []
    for (opcode, argument), span in zip(code.instructions, code.spans, strict=True):
        if opcode in ("load_global", "load_callee"):
            argument = (argument, modules.meaning(argument))
        elif opcode == "load_member":
            try:
                opcode, argument = "constant", modules.member(argument)
            except GradcliError as error:
                raise error.at(span, code.source) from None
        elif opcode in _OPERATORS:
            argument.operator = _OPERATORS[opcode][argument.symbol]
        elif opcode in ("compare_first", "compare_next"):
            argument[0].operator = COMPARISONS[argument[0].symbol]
        linked.append((STEPS[opcode], argument))
    return linked


_OPERATORS: dict[str, Any] = {
    "binary": BINARY,
    "augment": BINARY,
    "unary": UNARY,
    "compare": COMPARISONS,
    "compare_last": COMPARISONS,
}

# ---- the stack and names -------------------------------------------------------------------------------


@step("constant")
def constant(machine: Machine, value: Value) -> None:
    machine.stack.append(value)


@step("pop")
def pop(machine: Machine, argument: None) -> None:
    machine.stack.pop()


@step("duplicate")
def duplicate(machine: Machine, count: int) -> None:
    machine.stack.extend(machine.stack[-count:])


@step("load")
def load(machine: Machine, name: str) -> None:
    try:
        machine.stack.append(machine.names[name])
    except KeyError:
        raise _unassigned(name) from None


@step("load_outer")
def load_outer(machine: Machine, place: tuple[str, int]) -> None:
    name, depth = place
    environment = machine.environment
    for _ in range(depth):
        assert environment.outer is not None  # the compiler counted
        environment = environment.outer
    try:
        machine.stack.append(environment.names[name])
    except KeyError:
        raise _unassigned(name) from None


def _unassigned(name: str) -> ExpressionError:
    name = printable(name.partition("@")[0])
    return ExpressionError(f"{name} is used before anything is assigned to it", code="name")


@step("load_global")
def load_global(machine: Machine, argument: tuple[str, Value]) -> None:
    name, meaning = argument
    found = machine.program.get(name, meaning)
    if found is MISSING:
        raise _no_value(machine, name)
    machine.stack.append(found)


@step("load_callee")
def load_callee(machine: Machine, argument: tuple[str, Value]) -> None:
    name, meaning = argument
    found = machine.program.get(name, meaning)
    if found is MISSING:
        known = {*modules.known_names(), *machine.program}
        hint = modules.suggestion(name, known) or "gradcli functions lists those there are"
        raise ExpressionError(f"there is no function {printable(name)}", code="name", hint=hint)
    machine.stack.append(found)


def _no_value(machine: Machine, name: str) -> ExpressionError:
    close = modules.suggestion(name, machine.program)
    shown = printable(name)
    hint = close or modules.suggestion(name, modules.known_names()) or f"give it one, as in --{shown} 1.5"
    return ExpressionError(f"no value for {shown}", code="name", hint=hint)


@step("store")
def store(machine: Machine, name: str) -> None:
    value = machine.stack.pop()
    if type(value) is Node and (value.shape or machine.tracer.careful):
        value = machine.tracer.bind(value)
    machine.names[name] = value


@step("store_own")
def store_own(machine: Machine, name: str) -> None:
    tracer = machine.tracer
    value = machine.stack.pop()
    if tracer.owned is not None:
        value = tracer.own(value)
    if type(value) is Node and (value.shape or tracer.careful):
        value = tracer.bind(value)
    machine.names[name] = value


@step("bind")
def bind(machine: Machine, fresh: bool) -> None:
    tracer = machine.tracer
    value = machine.stack[-1]
    machine.stack[-1] = tracer.bind(tracer.own(value) if fresh else value)


# ---- operators -----------------------------------------------------------------------------------------


@step("binary")
def binary(machine: Machine, site: OperatorSite) -> None:
    stack = machine.stack
    right = stack.pop()
    left = stack[-1]
    if type(left) is float and type(right) is float:
        stack[-1] = site.operator.fold(left, right)
        return
    machine.graph.place = site.span
    try:
        stack[-1] = site.operator(machine.tracer, left, right)
    except DataError as error:
        raise _marked(machine, error, site, left, right) from None


def _marked(machine: Machine, error: DataError, site: OperatorSite, *operands: Value) -> DataError:
    """error with the shapes of both operands beside them, where it is about shapes."""
    if error.code == "shape" and not error.marks:
        shapes = [machine.tracer.node(operand).shape for operand in operands]
        error.marks = tuple((span, str(shape)) for span, shape in zip(site.operands, shapes, strict=True))
        error.span = site.span
    return error


@step("unary")
def unary(machine: Machine, site: OperatorSite) -> None:
    machine.graph.place = site.span
    machine.stack[-1] = site.operator(machine.tracer, machine.stack[-1])


@step("augment")
def augment(machine: Machine, site: OperatorSite) -> None:
    """`+=` and its kin: a tensor is changed in place, a list grows, anything else gives a new value."""
    stack = machine.stack
    right = stack[-1]
    left = stack[-2]
    if isinstance(left, Tensor):
        binary(machine, site)
        methods.change(machine.tracer, left, stack[-1])
        stack[-1] = left
    elif isinstance(left, list) and site.symbol == "+":
        left.extend(indexing.elements(machine.tracer, right))
        stack.pop()
    else:
        binary(machine, site)


@step("compare")
def compare(machine: Machine, site: OperatorSite) -> None:
    binary(machine, site)


@step("compare_first")
def compare_first(machine: Machine, argument: tuple[OperatorSite, Label]) -> int | None:
    """The first link of a chain: leaves its result and the right operand, or False where it is known to fail."""
    site, end = argument
    right = machine.stack[-1]
    binary(machine, site)
    if machine.stack[-1] is False:
        return end.position
    machine.stack.append(right)
    return None


@step("compare_next")
def compare_next(machine: Machine, argument: tuple[OperatorSite, Label]) -> int | None:
    site, end = argument
    right = machine.stack[-1]
    compare_last(machine, site)
    if machine.stack[-1] is False:
        return end.position
    machine.stack.append(right)
    return None


@step("compare_last")
def compare_last(machine: Machine, site: OperatorSite) -> None:
    stack = machine.stack
    binary(machine, site)
    link = stack.pop()
    if link is False:
        stack[-1] = False
    elif stack[-1] is True:
        stack[-1] = link
    else:
        stack[-1] = combined(machine.tracer, "and", stack[-1], link)


# ---- truth ---------------------------------------------------------------------------------------------


@step("short_circuit")
def short_circuit(machine: Machine, argument: tuple[str, Label]) -> int | None:
    """Where the left operand of `and` or `or` is known and decides, it is the result."""
    operator, end = argument
    left = machine.stack[-1]
    if isinstance(left, (Node, Tensor)):
        return None
    if machine.tracer.truth(left) == (operator == "or"):
        machine.stack[-1] = truth_value(machine.tracer, left)
        return end.position
    return None


@step("combine")
def combine(machine: Machine, site: OperatorSite) -> None:
    right = machine.stack.pop()
    left = machine.stack[-1]
    machine.graph.place = site.span
    try:
        machine.stack[-1] = combined(machine.tracer, site.symbol, left, right)
    except DataError as error:
        raise _marked(machine, error, site, left, right) from None


@step("jump")
def jump(machine: Machine, label: Label) -> int:
    return label.position


@step("jump_back")
def jump_back(machine: Machine, label: Label) -> int:
    machine.charge(8)
    return label.position


@step("jump_if")
def jump_if(machine: Machine, label: Label) -> int | None:
    value = machine.stack.pop()
    return label.position if value is True or machine.tracer.truth(value) else None


@step("jump_unless")
def jump_unless(machine: Machine, label: Label) -> int | None:
    value = machine.stack.pop()
    return None if value is True or machine.tracer.truth(value) else label.position


# ---- calls and attributes ------------------------------------------------------------------------------


@step("call")
def call(machine: Machine, site: CallSite) -> int | None:
    arguments, keywords = _arguments(machine, site)
    function = machine.stack.pop()
    try:
        return machine.call(function, arguments, keywords, site)
    except DataError as error:
        raise _marked_call(machine, error, site, arguments) from None


@step("call_method")
def call_method(machine: Machine, site: CallSite) -> int | None:
    arguments, keywords = _arguments(machine, site)
    receiver = machine.stack.pop()
    assert site.method is not None
    if isinstance(receiver, Module):
        return machine.call(modules.member(f"{receiver.path}.{site.method}"), arguments, keywords, site)
    function = methods.method(machine.tracer, receiver, site.method)
    if function is None:
        if site.method in methods.ATTRIBUTES:
            return machine.call(methods.attribute(machine.tracer, receiver, site.method), arguments, keywords, site)
        raise methods.unknown(machine.tracer, receiver, site.method)
    return machine.call(function, [receiver, *arguments], keywords, site)


def _arguments(machine: Machine, site: CallSite) -> tuple[list[Value], dict[str, Value]]:
    """A call's arguments, taken off the stack: those by position, those by name."""
    if not site.count:
        return [], {}
    stack = machine.stack
    values = stack[-site.count :]
    del stack[-site.count :]
    keywords: dict[str, Value] = {}
    if site.keywords:
        split = len(values) - len(site.keywords)
        keywords = dict(zip(site.keywords, values[split:], strict=True))
        del values[split:]
        if len(keywords) < len(site.keywords):
            twice = next(word for word in site.keywords if site.keywords.count(word) > 1)
            raise ExpressionError(f"{printable(twice)} is given twice", code="argument", span=site.span)
    if site.starred is not None:
        values = _spread(machine, values, site.starred)
    return values, keywords


def _spread(machine: Machine, values: list[Value], starred: tuple[bool, ...]) -> list[Value]:
    spread: list[Value] = []
    for value, star in zip(values, starred, strict=False):
        if star:
            spread.extend(indexing.elements(machine.tracer, value))
        else:
            spread.append(value)
    return spread


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


@step("attribute")
def attribute(machine: Machine, site: AccessSite) -> None:
    machine.graph.place = site.span
    machine.stack[-1] = methods.attribute(machine.tracer, machine.stack[-1], site.name)


@step("store_attribute")
def store_attribute(machine: Machine, site: AccessSite) -> None:
    owner = machine.stack.pop()
    machine.stack.pop()
    raise _fixed_attribute(machine, owner, site)


@step("restore_attribute")
def restore_attribute(machine: Machine, site: AccessSite) -> None:
    machine.stack.pop()
    raise _fixed_attribute(machine, machine.stack.pop(), site)


def _fixed_attribute(machine: Machine, owner: Value, site: AccessSite) -> ExpressionError:
    message = f"the attribute {printable(site.name)} of {describe(owner)} cannot be assigned to"
    return ExpressionError(message, code="attribute")


# ---- lists, tuples, indices ----------------------------------------------------------------------------


@step("list")
def list_(machine: Machine, site: DisplaySite) -> None:
    machine.stack.append(_displayed(machine, site))


@step("tuple")
def tuple_(machine: Machine, site: DisplaySite) -> None:
    machine.stack.append(tuple(_displayed(machine, site)))


def _displayed(machine: Machine, site: DisplaySite) -> list[Value]:
    if not site.count:
        return []
    tracer, stack = machine.tracer, machine.stack
    values = stack[-site.count :]
    del stack[-site.count :]
    if tracer.owned is not None:
        values = [tracer.own(value) if fresh else value for value, fresh in zip(values, site.computed, strict=True)]
    if site.starred is not None:
        values = _spread(machine, values, site.starred)
    return [tracer.bind(value) for value in values]


@step("append")
def append(machine: Machine, argument: tuple[int, bool]) -> None:
    """Add an element to the list that a comprehension makes, which lies below its iterators."""
    depth, fresh = argument
    tracer = machine.tracer
    value = machine.stack.pop()
    machine.stack[-1 - depth].append(tracer.bind(tracer.own(value) if fresh else value))


@step("slice")
def slice_(machine: Machine, argument: None) -> None:
    step_ = machine.stack.pop()
    stop = machine.stack.pop()
    machine.stack[-1] = indexing.cut(machine.tracer, machine.stack[-1], stop, step_)


@step("index")
def index(machine: Machine, site: AccessSite) -> None:
    keys = machine.stack[-site.count :]
    del machine.stack[-site.count :]
    machine.graph.place = site.span
    machine.stack[-1] = indexing.pick(machine.tracer, machine.stack[-1], keys, site.bound)


@step("store_index")
def store_index(machine: Machine, site: AccessSite) -> None:
    """`container[keys] = value`: the value lies below the container."""
    stack = machine.stack
    keys = stack[-site.count :]
    del stack[-site.count :]
    container = stack.pop()
    _put(machine, site, container, keys, stack.pop())


@step("restore_index")
def restore_index(machine: Machine, site: AccessSite) -> None:
    """The same at the end of `container[keys] += …`: the value lies on top."""
    stack = machine.stack
    value = stack.pop()
    keys = stack[-site.count :]
    del stack[-site.count :]
    _put(machine, site, stack.pop(), keys, value)


def _put(machine: Machine, site: AccessSite, container: Value, keys: list[Value], value: Value) -> None:
    machine.graph.place = site.span
    indexing.put(machine.tracer, container, keys, value)


@step("iterate")
def iterate(machine: Machine, argument: None) -> None:
    machine.stack[-1] = indexing.iterate(machine.tracer, machine.stack[-1])


@step("next")
def next_(machine: Machine, exhausted: Label) -> int | None:
    """Put the next element on the stack; at the end, take the iterator off."""
    for value in machine.stack[-1]:
        if type(value) is float and machine.tracer.owned is not None:
            value = machine.tracer.own(value)
        machine.stack.append(value)
        return None
    machine.stack.pop()
    return exhausted.position


@step("unpack")
def unpack(machine: Machine, count: int) -> None:
    values = indexing.elements(machine.tracer, machine.stack.pop())
    if len(values) != count:
        raise DataError(f"{len(values)} values cannot be given to {count} names")
    machine.stack.extend(reversed(values))


@step("unpack_starred")
def unpack_starred(machine: Machine, argument: tuple[int, int]) -> None:
    before, after = argument
    values = indexing.elements(machine.tracer, machine.stack.pop())
    if len(values) < before + after:
        raise DataError(f"{len(values)} values are too few for {before + after} names and a list of the others")
    stop = len(values) - after
    machine.stack.extend(reversed([*values[:before], values[before:stop], *values[stop:]]))


# ---- functions, contexts, what is shown ----------------------------------------------------------------


@step("closure")
def closure(machine: Machine, code: Code) -> None:
    count = sum(not parameter.required for parameter in code.parameters)
    defaults: tuple[Value, ...] = ()
    if count:
        defaults = tuple(machine.tracer.bind(value) for value in machine.stack[-count:])
        del machine.stack[-count:]
    machine.stack.append(Closure(code, defaults, machine.environment))


@step("return")
def return_(machine: Machine, fresh: bool) -> int:
    tracer = machine.tracer
    value = machine.stack.pop()
    if fresh and tracer.owned is not None:
        value = tracer.own(value)
    if tracer.detached and type(value) is Node:
        value = detach(value)
    return machine.leave(value)


@step("enter_context")
def enter_context(machine: Machine, argument: None) -> None:
    context = machine.stack.pop()
    if not isinstance(context, Context):
        message = f"with takes a context, such as no_grad(), not {describe(context)}"
        raise ExpressionError(message, code="type")
    machine.contexts.append(machine.tracer.detached)
    if context.tracks is not None:
        machine.tracer.detached = not context.tracks


@step("leave_context")
def leave_context(machine: Machine, argument: None) -> None:
    machine.leave_contexts(len(machine.contexts) - 1)


@step("fail")
def fail(machine: Machine, argument: None) -> None:
    message = machine.stack.pop()
    words = f": {printable(message)}" if isinstance(message, str) else ""
    raise DataError(f"the assertion does not hold{words}", code="assert")


@step("show")
def show(machine: Machine, argument: tuple[Span, bool, bool]) -> None:
    """The value of a bare expression, which `run` shows: not what a call gives that acts, nor a docstring."""
    span, is_call, acts = argument
    value = machine.stack.pop()
    machine.result = value
    tracer = machine.tracer
    if tracer.collects and not acts and not (is_call and value is None) and not isinstance(value, str):
        tracer.printed.append((span, tracer.tree(value), None))


assert SWITCH < 0  # a position is never negative
