"""Instructions of texts: the fields of an f-string, and what a bare expression shows."""

from __future__ import annotations

from ..errors import Span
from . import printing, strings
from .code import CallSite
from .instructions import step, taken
from .machine import Machine
from .objects import Object
from .values import Context


@step("field")
def field(machine: Machine, argument: tuple[str, Span]) -> int | None:
    """Replace a value and its format by the text that they are; an object of the program's writes itself."""
    conversion, span = argument
    spec = machine.stack.pop()
    value = machine.stack[-1]
    writer = printing.own_text(value)
    if writer is not None and spec is None:
        machine.stack.pop()
        return machine.call(writer, [value], {}, CallSite(span, span))
    machine.stack[-1] = strings.joined(machine.tracer, strings.formatted(machine.tracer, value, conversion, spec))
    return None


@step("template")
def template(machine: Machine, count: int) -> None:
    """Make one text of the top values."""
    stack = machine.stack
    pieces = [piece for part in taken(stack, count) for piece in strings.pieces(machine.tracer, part)]
    stack.append(strings.joined(machine.tracer, pieces))


@step("show")
def show(machine: Machine, argument: tuple[Span, bool, bool]) -> None:
    """The value of a bare expression, which `run` shows: not what a call gives that acts."""
    span, is_call, acts = argument
    value = machine.stack.pop()
    machine.result = value
    tracer = machine.tracer
    if not tracer.collects or acts or (is_call and (value is None or isinstance(value, Context))):
        return
    if not (isinstance(value, Object) and value.IGNORED):
        printing.show(tracer, span, value)
