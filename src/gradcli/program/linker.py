"""Linking: opcodes become the functions that carry them out, names what they mean."""

from __future__ import annotations

from typing import Any

from ..errors import GradcliError
from . import instructions_calls, instructions_containers, instructions_texts, methods, modules
from .binding import Mapped
from .code import CallSite, Code
from .instructions import STEPS
from .machine import Step
from .operators import BINARY, COMPARISONS, UNARY
from .values import Value
from .views import viewing

assert all((instructions_calls, instructions_containers, instructions_texts))  # importing them declares theirs


def link(code: Code) -> list[tuple[Step, Any]]:
    """The instructions of code, ready to run: opcodes as functions, names with what they mean."""
    linked: list[tuple[Step, Any]] = []
    for (opcode, argument), span in zip(code.instructions, code.spans, strict=True):
        if opcode == "load_global":
            argument = (argument, modules.meaning(argument))
        elif opcode == "call_named":
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
        linked.append((STEPS[opcode], argument))
    return linked


def _member(path: str) -> Value:
    """What a dotted name stands for: `torch.clone(x)` is `x.clone()`."""
    module, _, name = path.rpartition(".")
    if module == "torch" and name in _METHODS_AS_FUNCTIONS:
        return methods.ARRAY_METHODS[name]
    return viewing(modules.member(path))


_METHODS_AS_FUNCTIONS = frozenset(
    (
        "add", "addcdiv", "addcmul", "clone", "detach", "lerp", "masked_fill", "narrow", "numel", "select", "sub", "t",
        "unbind",
    )
)  # fmt: skip


def _link_call(site: CallSite) -> str:
    """Fill in the function that a call's name means, and choose the step for it."""
    assert site.callee is not None
    site.function = viewing(modules.meaning(site.callee))
    plain = site.count == 1 and not site.keywords and site.starred is None
    return "apply" if plain and isinstance(site.function, Mapped) and site.function.arity == 1 else "call_named"


_OPERATORS: dict[str, Any] = {
    "binary": BINARY,
    "augment": BINARY,
    "unary": UNARY,
    "compare": COMPARISONS,
    "compare_last": COMPARISONS,
}
