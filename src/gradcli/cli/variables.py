"""Variables on the command line: `--NAME VALUE`.

Any name can be a variable, so no parser knows them beforehand. Arguments are therefore sorted here,
before Typer sees them: what is not a declared option becomes the declared `--set=--NAME=VALUE`, options
go first, and after `--` the expression. So `-x^2` stays an expression and `-1,2`, `-inf` and `-.5e-3` stay values.
Whether a name is a variable of the expression, or a slip, is decided once the expression has been read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

from ..errors import GradcliError, UsageError
from ..record import Record
from ..text import shortened
from .options import COMMANDS, FIRST, LAST, TABLE

_WORDS = re.compile(r"--[^\W\d]\w*(?:-[^\W\d]\w*)+")


class Assignment(Record):
    """A variable given on the command line; value is None where nothing followed its name."""

    name: str
    value: str | None
    written: str  # `--x`, or `--set x`


def sort(arguments: Iterable[str], takes_value: Mapping[str, bool]) -> tuple[list[str], list[str]]:
    """Arguments as options, in a form Typer reads without a doubt, and positionals.

    `takes_value` has every declared option. Raises UsageError for an option that lacks its value, has
    one it does not take, or is given twice.
    """
    options: list[str] = []
    positionals: list[str] = []
    given: set[str] = set()
    rest = list(reversed(list(arguments)))
    while rest:
        argument = rest.pop()
        name, equals, value = argument.partition("=")
        if argument == "--":
            positionals += reversed(rest)
            break
        if argument in takes_value or (name in takes_value and name.startswith("--")):
            _check_once(name, given)
            if not takes_value[name]:
                if equals:
                    raise UsageError(f"{name} takes no value")
                options.append(name)
            elif equals:
                options.append(argument)
            else:
                options += [name, _value_of(name, rest, takes_value)]
        elif name.startswith("--") and name[2:].isidentifier():
            if equals or _is_value(rest, takes_value):
                options.append(f"--set={name}={value if equals else rest.pop()}")
            else:
                options.append(f"--set={name}")
        elif _WORDS.fullmatch(name):
            close = _did_you_mean(name, takes_value)
            hint = None if close else "an expression that begins with -- goes after --"
            raise UsageError(f"there is no option {shortened(name)}{close}", hint=hint)
        else:
            positionals.append(argument)
    return options, positionals


def _check_once(name: str, given: set[str]) -> None:
    option = TABLE.get(name)
    if name in given and option is not None and option.metavar and not option.many:
        raise UsageError(f"{name} is given twice")
    given.add(name)


def _is_value(rest: list[str], takes_value: Mapping[str, bool]) -> bool:
    """Whether the next argument can be a value: anything but an option or the end."""
    if not rest or rest[-1] == "--" or rest[-1] in takes_value:
        return False
    return not re.match(r"--[^\W\d]", rest[-1])


def _value_of(name: str, rest: list[str], takes_value: Mapping[str, bool]) -> str:
    if not _is_value(rest, takes_value):
        metavar = TABLE[name].metavar if name in TABLE else "a value"
        raise UsageError(f"{name} needs a value", hint=f"write {name} {metavar}")
    return rest.pop()


def assignments(texts: Iterable[str]) -> dict[str, Assignment]:
    """What `--set` was given, sorted arguments among it, by name. Raises UsageError."""
    found: dict[str, Assignment] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        dashes = name.startswith("--")
        name = name.removeprefix("--").strip()
        if not name.isidentifier() or not (equals or dashes):
            raise UsageError(f"--set takes NAME=VALUE, not `{shortened(text)}`", hint="write --set x=3")
        if name in found:
            raise UsageError(f"variable {name} is given twice")
        found[name] = Assignment(name, value if equals else None, f"--{name}" if dashes else f"--set {name}")
    return found


def check_names(given: Mapping[str, Assignment], known: Collection[str], wrt: Collection[str], command: str) -> None:
    """Raise UsageError for the first name that is no variable of the expression, nor in --wrt, or has no value."""
    for name, assignment in given.items():
        if name not in known and name not in wrt:
            raise unknown(assignment, known, command)
        if assignment.value is None:
            raise UsageError(f"{assignment.written} needs a value", hint=f"write {assignment.written} 3")


def misspelt_option(given: Mapping[str, Assignment], command: str) -> UsageError | None:
    """The error for a name that is close to an option's, where no expression can tell what it is."""
    for assignment in given.values():
        if _did_you_mean(assignment.written, _long_options(command)):
            return unknown(assignment, (), command)
    return None


def unknown(assignment: Assignment, known: Collection[str], command: str) -> UsageError:
    """The error for a name that is neither a variable nor an option of `command`."""
    written = assignment.written
    if written.startswith("--set"):
        close = get_close_matches(assignment.name, known, 1)
        problem = f"the expression has no variable {assignment.name}"
        return UsageError(f"{problem}; did you mean {close[0]}?" if close else problem, hint=_variables_hint(known))
    if having := [name for name, options in COMMANDS.items() if written in options]:
        return UsageError(f"{command} has no option {written}", hint=f"it is an option of {', '.join(having)}")
    candidates = [*(f"--{name}" for name in known), *_long_options(command)]
    meant = _did_you_mean(written, candidates)
    return UsageError(f"no option or variable {written}{meant}", hint=None if meant else _variables_hint(known))


def _variables_hint(known: Collection[str]) -> str:
    if not known:
        return "the expression has no variables"
    listed = ", ".join(list(known)[:8]) + (", …" if len(known) > 8 else "")
    return f"the expression has {'the variables' if len(known) > 1 else 'one variable,'} {listed}"


def _long_options(command: str) -> list[str]:
    return [name for name in (*FIRST, *COMMANDS.get(command, ()), *LAST, "--help") if name.startswith("--")]


def _did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean --theta?`, where there is something close enough."""
    long = [candidate for candidate in candidates if candidate.startswith("--")]
    close = get_close_matches(name, long, 1, 0.7) or get_close_matches(name.replace("_", "-"), long, 1, 0.7)
    return f"; did you mean {close[0]}?" if close else ""


def names_in(source: str) -> tuple[str, ...]:
    """The variables of an expression; none where it cannot be read. For completion: does not import NumPy."""
    from ..api import Expression

    try:
        return Expression(source).variables
    except GradcliError:
        return ()
