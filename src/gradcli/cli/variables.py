"""Variables given on the command line: whether the expression has them, and what to say if it has not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..errors import GradcliError, UsageError
from ..record import Record
from ..text import closest
from .options import LAST, OWN, did_you_mean, first, having


class Assignment(Record):
    """A variable given on the command line; value is None where nothing followed its name."""

    name: str
    value: str | None
    written: str  # `--x`, or `--set x`


def check_names(
    given: Mapping[str, Assignment],
    known: Collection[str],
    wrt: Collection[str],
    command: str,
    others: Collection[str] = (),
) -> None:
    """Raise UsageError for the first name that is no variable of the expression, nor in --wrt, or has no value.

    others are names that have a meaning of their own (pi, sin), which a value may take the place of.
    """
    for name, assignment in given.items():
        if name not in known and name not in wrt and name not in others:
            raise _run_together(assignment, given, known) or _unknown(assignment, known, command)
        if assignment.value is None:
            raise UsageError(f"{assignment.written} needs a value", hint=f"write {assignment.written} 3")


def _run_together(assignment: Assignment, given: Mapping[str, Assignment], known: Collection[str]) -> UsageError | None:
    """The error for `--x` where the expression has x in a word such as `xy` or `sinx`."""
    from ..asking import torn_apart

    for word in known:
        if assignment.name in word and word not in given and (hint := torn_apart(word, given)):
            return UsageError(f"no option or variable {assignment.written}", hint=hint)
    return None


def misspelt_option(given: Mapping[str, Assignment], command: str) -> UsageError | None:
    """The error for a name that is close to an option's, where no expression can tell what it is."""
    for assignment in given.values():
        if did_you_mean(assignment.written, _long_options(command)):
            return _unknown(assignment, (), command)
    return None


def _unknown(assignment: Assignment, known: Collection[str], command: str) -> UsageError:
    """The error for a name that is neither a variable nor an option of `command`."""
    written = assignment.written
    if written.startswith("--set"):
        close = closest(assignment.name, known)
        problem = f"the expression has no variable {assignment.name}"
        return UsageError(f"{problem}; did you mean {close}?" if close else problem, hint=_variables_hint(known))
    if commands := having(written):
        return UsageError(f"{command} has no option {written}", hint=f"it is an option of {', '.join(commands)}")
    meant = did_you_mean(written, [*(f"--{name}" for name in known), *_long_options(command)])
    return UsageError(f"no option or variable {written}{meant}", hint=None if meant else _variables_hint(known))


def _variables_hint(known: Collection[str]) -> str:
    if not known:
        return "the expression has no variables"
    listed = ", ".join(list(known)[:8]) + (", …" if len(known) > 8 else "")
    return f"the expression has {'the variables' if len(known) > 1 else 'one variable,'} {listed}"


def _long_options(command: str) -> list[str]:
    return [*first(command), *OWN.get(command, ()), *LAST, "--help"]


def names_in(source: str) -> tuple[str, ...]:
    """The variables of an expression; none where it cannot be read. For completion: does not import NumPy."""
    from ..api import Expression

    try:
        return Expression(source).variables
    except GradcliError:
        return ()
