"""What each line of a program computed, noted while it runs.

The instructions that give something a name, choose a branch, return or show are linked to steps that
also note what they did; the machine itself knows nothing of it.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from ..errors import GradcliError, Span
from ..text import shortened
from .code import Code
from .linker import link
from .machine import Machine, Step
from .tracer import Tracer
from .values import Tree, Value, describe

Entry: TypeAlias = tuple[Span, str, Tree, "str | None"]
"""Where, of what, the value, and words for what is no array."""


class Journal:
    """Notes of one run; entries in the order things happened."""

    def __init__(self, tracer: Tracer, source: str) -> None:
        self.entries: list[Entry] = []
        self._tracer = tracer
        self._source = source

    def link(self, code: Code) -> list[tuple[Step, Any]]:
        """The instructions of code, ready to run, and noting what they do."""
        linked = link(code)
        for i, ((opcode, argument), span) in enumerate(zip(code.instructions, code.spans, strict=True)):
            step, linked_argument = linked[i]
            note = _NOTES.get(opcode)
            if note is not None and not (opcode.startswith("store") and "@" in str(argument)):
                linked[i] = (note(self, step, span, argument), linked_argument)
        return linked

    def note(self, span: Span, label: str, value: Value) -> None:
        """Add an entry: the value as it is now."""
        try:
            self.entries.append((span, label, self._tracer.tree(value), None))
        except GradcliError:  # a function, a list of such
            self.entries.append((span, label, None, value if isinstance(value, str) else describe(value)))

    def text(self, span: Span) -> str:
        return shortened(self._source[slice(*span)])


# Each of these makes, of a step, one that notes what it does.


def _named(journal: Journal, step: Step, span: Span, name: str) -> Step:
    def noting(machine: Machine, argument: Any) -> int | None:
        target = step(machine, argument)
        journal.note(span, name, machine.names[name])
        return target

    return noting


def _placed(journal: Journal, step: Step, span: Span, site: Any) -> Step:
    """Writing to an element or attribute: the value lies below the container and its keys."""

    def noting(machine: Machine, argument: Any) -> int | None:
        value = machine.stack[-2 - site.count]
        target = step(machine, argument)
        journal.note(span, journal.text(span), value)
        return target

    return noting


def _replaced(journal: Journal, step: Step, span: Span, site: Any) -> Step:
    """The same at the end of `container[keys] += …`: the value lies on top."""

    def noting(machine: Machine, argument: Any) -> int | None:
        value = machine.stack[-1]
        target = step(machine, argument)
        journal.note(span, journal.text(span), value)
        return target

    return noting


def _shown(journal: Journal, step: Step, span: Span, argument: tuple[Span, bool, bool]) -> Step:
    def noting(machine: Machine, argument: Any) -> int | None:
        value = machine.stack[-1]
        target = step(machine, argument)
        if not argument[2] and not (argument[1] and value is None):
            journal.note(span, journal.text(span), value)
        return target

    return noting


def _branched(journal: Journal, step: Step, span: Span, argument: Any) -> Step:
    def noting(machine: Machine, argument: Any) -> int | None:
        truth = machine.tracer.truth(machine.stack[-1])
        target = step(machine, argument)
        journal.entries.append((span, journal.text(span), None, "true" if truth else "false"))
        return target

    return noting


def _returned(journal: Journal, step: Step, span: Span, argument: Any) -> Step:
    def noting(machine: Machine, argument: Any) -> int | None:
        value = machine.stack[-1]
        target = step(machine, argument)
        if value is not None:
            journal.note(span, "return", value)
        return target

    return noting


_NOTES: dict[str, Any] = {
    "store": _named,
    "store_own": _named,
    "store_index": _placed,
    "store_attribute": _placed,
    "restore_index": _replaced,
    "restore_attribute": _replaced,
    "show": _shown,
    "jump_if": _branched,
    "jump_unless": _branched,
    "return": _returned,
}
