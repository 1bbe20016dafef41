"""Instructions: what each opcode does, one function an instruction, taking the machine and the argument.

Here those that load and store names, apply operators, and jump. Those of calls, of what has parts, of what belongs
to a value and of texts are in the `instructions_` modules.
"""

from __future__ import annotations

from collections.abc import Callable

from ..engine.node import Node
from ..errors import DataError, ExpressionError
from ..text import printable
from . import modules
from .code import CallSite, Label, OperatorSite
from .machine import Machine, Step
from .objects import MISSING, Object
from .operators import COMPARISONS, combined, is_boolean, truth_value
from .overloads import overload, sign
from .values import Context, Tensor, Value, describe

STEPS: dict[str, Step] = {}
"""Opcode -> what carries it out."""
_ASKED = (Object, list, tuple, dict)
"""What may say itself what an operator means, or hold what does."""


def step(name: str) -> Callable[[Step], Step]:
    """Declare the function that carries out an opcode."""

    def declare(function: Step) -> Step:
        STEPS[name] = function
        return function

    return declare


def taken(stack: list[Value], count: int) -> list[Value]:
    """The top values of a stack, the lowest first, taken off it."""
    start = len(stack) - count
    values = stack[start:]
    del stack[start:]
    return values


# ---- the stack and names -------------------------------------------------------------------------------


@step("constant")
def constant(machine: Machine, value: Value) -> None:
    """Put a value on the stack."""
    machine.stack.append(value)


@step("pop")
def pop(machine: Machine, argument: None) -> None:
    """Drop the value on top."""
    machine.stack.pop()


@step("duplicate")
def duplicate(machine: Machine, count: int) -> None:
    """Put the top values there once more."""
    machine.stack.extend(machine.stack[-count:])


@step("load")
def load(machine: Machine, name: str) -> None:
    """Put the value of a local name on the stack."""
    try:
        machine.stack.append(machine.names[name])
    except KeyError:
        raise _unassigned(name) from None


@step("load_outer")
def load_outer(machine: Machine, place: tuple[str, int]) -> None:
    """Put the value of a name of a function further out on the stack."""
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
def load_global(machine: Machine, name: str) -> None:
    """Put the value of one of the program's names on the stack, or what the name means in the language."""
    found = machine.program.get(name, MISSING)
    if found is MISSING:
        found = modules.meaning(name)
        if found is MISSING:
            raise _no_value(machine, name)
    machine.stack.append(found)


def _no_value(machine: Machine, name: str) -> ExpressionError:
    close = modules.suggestion(name, machine.program)
    shown = printable(name)
    hint = close or modules.suggestion(name, modules.known_names()) or f"give it one, as in --{shown} 1.5"
    return ExpressionError(f"no value for {shown}", code="name", hint=hint)


@step("store")
def store(machine: Machine, name: str) -> None:
    """Give the value on top a name."""
    value = machine.stack.pop()
    if type(value) is Node and (value.shape or machine.tracer.careful):
        value = machine.tracer.bind(value)
    machine.names[name] = value


@step("store_own")
def store_own(machine: Machine, name: str) -> None:
    """Give a value that has just been computed a name."""
    tracer = machine.tracer
    value = machine.stack.pop()
    if tracer.differentiates:
        value = tracer.named(value)
    if type(value) is Node and (value.shape or tracer.careful):
        value = tracer.bind(value)
    machine.names[name] = value


@step("store_outer")
def store_outer(machine: Machine, argument: tuple[str, int, bool]) -> None:
    """Give the value on top a name of a function further out, or (depth -1) of the program."""
    name, depth, fresh = argument
    tracer = machine.tracer
    value = machine.stack.pop()
    value = tracer.bind(tracer.own(value) if fresh else value)
    if depth < 0:
        machine.program[name] = value
        return
    environment = machine.environment
    for _ in range(depth):
        assert environment.outer is not None  # the compiler counted
        environment = environment.outer
    environment.names[name] = value


@step("delete")
def delete(machine: Machine, name: str) -> None:
    """Take a name away."""
    if machine.names.pop(name, MISSING) is MISSING:
        raise _unassigned(name)


@step("bind")
def bind(machine: Machine, fresh: bool) -> None:
    """Make the value on top ready to have several names."""
    tracer = machine.tracer
    value = machine.stack[-1]
    machine.stack[-1] = tracer.bind(tracer.own(value) if fresh else value)


# ---- operators -----------------------------------------------------------------------------------------


@step("binary")
def binary(machine: Machine, site: OperatorSite) -> int | None:
    """Replace two operands by the result of an operator."""
    stack = machine.stack
    right = stack.pop()
    left = stack[-1]
    try:
        if type(right) is Node:
            machine.graph.place = site.span
            if type(left) is Node:
                stack[-1] = site.operator.build(left, right)
                return None
        elif type(left) is float and type(right) is float:
            folded = site.operator.fold(left, right)
            if folded - folded == 0.0:  # finite
                stack[-1] = folded
                return None
        if isinstance(left, _ASKED) or isinstance(right, _ASKED):
            found = overload(left, right, site.symbol)
            if found is not None:
                stack.pop()
                return machine.call(*found, {}, CallSite(site.span, site.operands[0], bound=True))
        machine.graph.place = site.span
        stack[-1] = site.operator(machine.tracer, left, right)
    except DataError as error:
        raise _marked(machine, error, site, left, right) from None
    return None


@step("caret")
def caret(machine: Machine, site: OperatorSite) -> int | None:
    """`^`: the power, or of truth values whether just one of them is true."""
    left, right = machine.stack[-2:]
    if type(right) is not float and is_boolean(right) and is_boolean(left):
        unequal = OperatorSite("!=", site.span, site.operands)
        unequal.operator = COMPARISONS["!="]
        return binary(machine, unequal)
    return binary(machine, site)


def _marked(machine: Machine, error: DataError, site: OperatorSite, *operands: Value) -> DataError:
    """error with the shapes of both operands beside them, where it is about shapes."""
    if error.code == "shape" and not error.marks:
        shapes = [machine.tracer.node(operand).shape for operand in operands]
        error.marks = tuple((span, str(shape)) for span, shape in zip(site.operands, shapes, strict=True))
        error.span = site.span
    return error


@step("unary")
def unary(machine: Machine, site: OperatorSite) -> int | None:
    """Replace an operand by the result of an operator."""
    machine.graph.place = site.span
    value = machine.stack[-1]
    if isinstance(value, Object) and (function := sign(value, site.symbol)) is not None:
        machine.stack.pop()
        return machine.call(function, [value], {}, CallSite(site.span, site.operands[0], bound=True))
    machine.stack[-1] = site.operator(machine.tracer, value)
    return None


@step("compare")
def compare(machine: Machine, site: OperatorSite) -> int | None:
    """Replace two operands by the truth of one comparison."""
    return binary(machine, site)


def _link(machine: Machine, site: OperatorSite) -> None:
    """One comparison of a chain. Raises ExpressionError where a method of the program's would have to be called."""
    left, right = machine.stack[-2:]
    if overload(left, right, site.symbol) is not None:
        hint = "write the comparisons one by one, with `and` between them"
        raise ExpressionError("objects are not compared in a chain", code="type", span=site.span, hint=hint)
    binary(machine, site)


@step("compare_first")
def compare_first(machine: Machine, argument: tuple[OperatorSite, Label]) -> int | None:
    """The first link of a chain: leaves its result and the right operand, or False where it is known to fail."""
    site, end = argument
    right = machine.stack[-1]
    _link(machine, site)
    if machine.stack[-1] is False:
        return end.position
    machine.stack.append(right)
    return None


@step("compare_next")
def compare_next(machine: Machine, argument: tuple[OperatorSite, Label]) -> int | None:
    """A link of a chain between two others: what the links before it gave lies below its operands."""
    site, end = argument
    right = machine.stack[-1]
    compare_last(machine, site)
    if machine.stack[-1] is False:
        return end.position
    machine.stack.append(right)
    return None


@step("compare_last")
def compare_last(machine: Machine, site: OperatorSite) -> None:
    """The last link of a chain."""
    stack = machine.stack
    _link(machine, site)
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
    """Replace both operands of `and` or `or`, where the left one did not decide."""
    right = machine.stack.pop()
    left = machine.stack[-1]
    machine.graph.place = site.span
    try:
        machine.stack[-1] = combined(machine.tracer, site.symbol, left, right)
    except DataError as error:
        raise _marked(machine, error, site, left, right) from None


@step("jump")
def jump(machine: Machine, label: Label) -> int:
    """Go on elsewhere."""
    return label.position


@step("jump_back")
def jump_back(machine: Machine, argument: tuple[Label, int]) -> int:
    """To the start of a loop; its length is what a turn costs."""
    label, length = argument
    machine.steps -= length
    if machine.steps < machine.next_look:
        machine.frames[-1].position = label.position + 1  # type: ignore[union-attr]  # code is running
        machine.look()
    return label.position


@step("jump_if")
def jump_if(machine: Machine, label: Label) -> int | None:
    """Go on elsewhere if the value on top, which is dropped, is true."""
    value = machine.stack.pop()
    return label.position if value is True or machine.tracer.truth(value) else None


@step("jump_unless")
def jump_unless(machine: Machine, label: Label) -> int | None:
    """Go on elsewhere if the value on top, which is dropped, is false."""
    value = machine.stack.pop()
    return None if value is True or machine.tracer.truth(value) else label.position


# ---- contexts and assertions ---------------------------------------------------------------------------


@step("enter_context")
def enter_context(machine: Machine, argument: None) -> None:
    """Begin a `with` block."""
    context = machine.stack.pop()
    if not isinstance(context, Context):
        message = f"with takes a context, such as no_grad(), not {describe(context)}"
        raise ExpressionError(message, code="type")
    machine.contexts.append(machine.tracer.detached if context.before is None else context.before)
    if context.tracks is not None:
        machine.tracer.detached = not context.tracks


@step("leave_context")
def leave_context(machine: Machine, argument: None) -> None:
    """End a `with` block."""
    machine.leave_contexts(len(machine.contexts) - 1)


@step("fail")
def fail(machine: Machine, argument: None) -> None:
    """An assertion that does not hold."""
    message = machine.stack.pop()
    words = f": {printable(message)}" if isinstance(message, str) else ""
    raise DataError(f"the assertion does not hold{words}", code="assert")
