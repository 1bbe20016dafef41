"""Instructions of errors and generators: what is tried, raised and handled, and what is given one by one."""

from __future__ import annotations

from ..errors import ExpressionError, GradcliError
from .classes import UserClass
from .code import CallSite, Label
from .exceptions import matches, to_raise
from .generators import Generator, suspend
from .instructions import step, taken
from .machine import Frame, Machine

_CAN_FAIL = ("cholesky", "inv", "solve")
"""Operations that have no answer for some matrices, which is found out when they are computed."""


@step("try")
def try_(machine: Machine, argument: tuple[Label, bool]) -> None:
    """Begin a block whose errors are handled, or (where it is a `finally`) seen on their way."""
    frame = machine.frames[-1]
    assert isinstance(frame, Frame)
    if frame.handlers is None:
        frame.handlers = []
    label, _ = argument
    depth, contexts = len(machine.stack) - frame.depth, len(machine.contexts) - frame.contexts
    frame.handlers.append((label, depth, contexts, machine.tracer.detached, machine.graph.count))


@step("end_try")
def end_try(machine: Machine, handled: bool) -> None:
    """End such a block. What it computed is looked at while its errors can still be handled."""
    frame = machine.frames[-1]
    assert isinstance(frame, Frame) and frame.handlers
    if handled:
        for node in machine.graph.made_since(frame.handlers[-1][-1], _CAN_FAIL):
            machine.graph.place = node.place
            machine.tracer.known(node)
    frame.handlers.pop()


@step("end_finally")
def end_finally(machine: Machine, argument: None) -> int | None:
    """Go on where what lies on top says: behind the block, elsewhere, or with the error that was on its way."""
    where = machine.stack.pop()
    if isinstance(where, Label):
        return where.position
    if where is not None:
        raise to_raise(where)
    return None


@step("classes")
def classes(machine: Machine, count: int) -> None:
    """Make a tuple of the top values."""
    machine.stack.append(tuple(taken(machine.stack, count)))


@step("jump_unmatched")
def jump_unmatched(machine: Machine, label: Label) -> int | None:
    """Go on elsewhere unless the exception below is one of the classes on top; both are dropped."""
    kinds, value = machine.stack.pop(), machine.stack.pop()
    return None if matches(value, kinds) else label.position


@step("instance")
def instance(machine: Machine, site: CallSite) -> int | None:
    """Make an exception of its class, where `raise` names that alone."""
    if isinstance(machine.stack[-1], UserClass):
        return machine.call(machine.stack.pop(), [], {}, site)
    return None


@step("raise")
def raise_(machine: Machine, argument: None) -> None:
    """Raise the value on top."""
    raise to_raise(machine.stack.pop())


@step("throw")
def throw(machine: Machine, error: GradcliError) -> None:
    """Meet what was found to be wrong when the program was compiled."""
    raise error


@step("yield")
def yield_(machine: Machine, fresh: bool) -> int:
    """Hand the value on top to whoever goes through the generator, and wait."""
    tracer = machine.tracer
    value = machine.stack.pop()
    return suspend(machine, tracer.bind(tracer.own(value) if fresh else value))


def _running(machine: Machine) -> Generator:
    """The generator whose code is running."""
    found: Generator = machine.frames[-1].generator  # type: ignore[assignment]  # code is running
    return found


@step("receive")
def receive(machine: Machine, argument: None) -> None:
    """Put on the stack what the generator was sent."""
    generator = _running(machine)
    machine.stack.append(machine.tracer.bind(generator.sent))
    generator.sent = None


@step("delegate")
def delegate(machine: Machine, argument: None) -> None:
    """Note what the generator goes through, which lies below the value that it gives on."""
    _running(machine).delegate = machine.stack[-2]


@step("pass_on")
def pass_on(machine: Machine, argument: None) -> None:
    """Hand what the generator was sent to the one that it goes through."""
    generator, source = _running(machine), machine.stack[-1]
    if isinstance(source, Generator):
        source.sent = generator.sent
    elif generator.sent is not None:
        raise ExpressionError("what is gone through by `yield from` takes no values", code="attribute")
    generator.sent = generator.delegate = None


@step("returned")
def returned(machine: Machine, argument: None) -> None:
    """Replace what the generator went through by what it returned at its end."""
    source = machine.stack[-1]
    machine.stack[-1] = source.returned if isinstance(source, Generator) else None
