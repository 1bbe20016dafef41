"""Instructions of what belongs to a value: attributes, methods, and changes in place."""

from __future__ import annotations

from ..errors import ExpressionError
from ..text import printable
from . import autograd, methods, modules
from .classes import property_of
from .code import AccessSite, CallSite, OperatorSite
from .in_place import change
from .instructions import binary, step
from .instructions_calls import arguments_of
from .machine import Machine
from .objects import MISSING, Object
from .tensor_methods import set_attribute
from .values import Module, Tensor, describe


@step("attribute")
def attribute(machine: Machine, site: AccessSite) -> int | None:
    """Replace a value by one of its attributes."""
    machine.graph.place = site.span
    value = machine.stack[-1]
    if isinstance(value, Object) and (found := property_of(value, site.name)) is not None:
        machine.stack.pop()
        return machine.call(found, [], {}, CallSite(site.span, site.operand, bound=site.bound))
    machine.stack[-1] = methods.attribute(machine.tracer, value, site.name, site.bound)
    return None


@step("store_attribute")
def store_attribute(machine: Machine, site: AccessSite) -> None:
    """`owner.name = value`: the value lies below the owner."""
    owner = machine.stack.pop()
    machine.graph.place = site.span
    set_attribute(machine.tracer, owner, site.name, machine.stack.pop())


@step("restore_attribute")
def restore_attribute(machine: Machine, site: AccessSite) -> None:
    """The same at the end of `owner.name += …`: the value lies on top."""
    value = machine.stack.pop()
    owner = machine.stack.pop()
    if not isinstance(value, autograd.Data):  # which the operator has changed already
        machine.graph.place = site.span
        set_attribute(machine.tracer, owner, site.name, value)


@step("delete_attribute")
def delete_attribute(machine: Machine, site: AccessSite) -> None:
    """`del owner.name`"""
    owner = machine.stack.pop()
    if not isinstance(owner, Object) or owner.SHARED or owner.fields.pop(site.name, MISSING) is MISSING:
        raise ExpressionError(f"{describe(owner)} has no {printable(site.name)} to delete", code="attribute")


@step("call_method")
def call_method(machine: Machine, site: CallSite) -> int | None:
    """Call a method of the value below the arguments."""
    arguments, keywords = arguments_of(machine, site)
    receiver = machine.stack.pop()
    assert site.method is not None
    if isinstance(receiver, Module):
        return machine.call(modules.member(f"{receiver.path}.{site.method}"), arguments, keywords, site)
    function = methods.method(machine.tracer, receiver, site.method)
    if site.alone and isinstance(receiver, Tensor) and not machine.tracer.torch:
        function = methods.in_place_alone(site.method) or function
    if function is None and isinstance(receiver, Object):
        found = receiver.held(site.method)
        if found is not MISSING:
            return machine.call(found, arguments, keywords, site)
    if function is None:
        if site.method in methods.ATTRIBUTES:
            function = methods.attribute(machine.tracer, receiver, site.method, False)
            return machine.call(function, arguments, keywords, site)
        raise methods.unknown(machine.tracer, receiver, site.method)
    return machine.call(function, [receiver, *arguments], keywords, site)


@step("augment")
def augment(machine: Machine, site: OperatorSite) -> int | None:
    """`+=` and its kin: a tensor is changed in place, a list grows, anything else gives a new value."""
    stack = machine.stack
    right = stack[-1]
    left = stack[-2]
    if isinstance(left, Tensor) and not isinstance(right, Object):
        binary(machine, site)
        change(machine.tracer, left, stack[-1])
        stack[-1] = left
    elif isinstance(left, list) and site.symbol == "+" and isinstance(right, Object):
        from .generators import GROWN

        del stack[-2:]
        return machine.call(GROWN, [left, right], {}, CallSite(site.span, site.operands[1]))
    elif isinstance(left, list) and site.symbol == "+":
        methods.extend(machine.tracer, left, right)
        stack.pop()
    else:
        return binary(machine, site)
    return None
