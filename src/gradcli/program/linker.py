"""Linking: opcodes become the functions that carry them out, names what they mean."""

from __future__ import annotations

from typing import Any

from ..errors import GradcliError
from . import instructions_calls, instructions_containers, instructions_texts, modules
from .binding import Bound, Mapped
from .code import CallSite, Code
from .instructions import STEPS
from .machine import Step
from .operators import BINARY, COMPARISONS, UNARY
from .sharing import REARRANGING
from .values import Value

assert all((instructions_calls, instructions_containers, instructions_texts))  # importing them declares theirs


def link(code: Code) -> list[tuple[Step, Any]]:
    """The instructions of code, ready to run: opcodes as functions, names with what they mean."""
    linked: list[tuple[Step, Any]] = []
    for (opcode, argument), span in zip(code.instructions, code.spans, strict=True):
        if opcode == "call_named":
            opcode = _link_call(argument)
        elif opcode == "load_member":
            try:
                opcode, argument = "constant", _member(argument)
            except GradcliError as error:
                raise error.at(span, code.source) from None
        elif opcode in _OPERATORS:
            argument.operator = _OPERATORS[opcode][argument.symbol]
        elif opcode == "jump_back":
            argument = (argument, len(linked) + 1 - argument.position)
        elif opcode in ("compare_first", "compare_next"):
            argument[0].operator = COMPARISONS[argument[0].symbol]
        linked.append((_step(opcode), argument))
    return linked


def _step(opcode: str) -> Step:
    """What carries out an opcode. Methods are many, and are imported for a program that calls or reads one; so is
    what few programs need."""
    if opcode not in STEPS:
        from . import instructions_members

        assert instructions_members  # importing it declares its own
    if opcode not in STEPS:
        from . import instructions_attempts

        assert instructions_attempts
    return STEPS[opcode]


def _member(path: str) -> Value:
    """What a dotted name stands for: `torch.clone(x)` is `x.clone()`."""
    module, _, name = path.rpartition(".")
    if module == "torch" and name in _METHODS_AS_FUNCTIONS:
        from .methods import ARRAY_METHODS

        return ARRAY_METHODS[name]
    return _viewing(modules.member(path))


def _viewing(value: Value) -> Value:
    """A function as it is called here: one whose result shows its argument's own elements gives a view."""
    if isinstance(value, Bound) and value.name in REARRANGING:
        from .views import viewing

        return viewing(value)
    return value


_METHODS_AS_FUNCTIONS = frozenset(
    (
        "add", "addcdiv", "addcmul", "clone", "detach", "lerp", "masked_fill", "narrow", "numel", "select", "sub", "t",
        "unbind",
    )
)  # fmt: skip


def _link_call(site: CallSite) -> str:
    """Fill in the function that a call's name means, and choose the step for it."""
    assert site.callee is not None
    site.function = _viewing(modules.meaning(site.callee))
    plain = site.count == 1 and not site.keywords and site.starred is None
    return "apply" if plain and isinstance(site.function, Mapped) and site.function.arity == 1 else "call_named"


_OPERATORS: dict[str, Any] = {
    "binary": BINARY,
    "caret": BINARY,
    "augment": BINARY,
    "unary": UNARY,
    "compare": COMPARISONS,
    "compare_last": COMPARISONS,
}
