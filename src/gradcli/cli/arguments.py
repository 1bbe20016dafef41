"""The arguments of a command that takes an expression.

    gradcli grad '2*dot(x,x)' --x 0,1,2,3 --wrt x --json

Any name can be a variable, so no parser knows them all beforehand: `--NAME VALUE` gives a variable where
NAME is no option. What follows an option that takes a value is its value, whatever it looks like, so
`-1,2`, `-inf` and `-.5e-3` are values; and no option but `-f` begins with a single dash, so `-x^2` is an
expression. Whether a name is a variable of the expression, or a slip, is decided once that has been read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import UsageError
from ..text import shortened
from .options import FIRST, LAST, TABLE, did_you_mean, having
from .variables import Assignment


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Whether a command is asked what it does. `-h` beside other arguments is an expression."""
    return "--help" in arguments or list(arguments) == ["-h"]


def read(arguments: Iterable[str], own: Sequence[str], first: Sequence[str] = FIRST) -> dict[str, Any]:
    """The parameters of a command by the keys of `options.TABLE`, beside them `expression`.

    `own` are the options it has beside those that all have. Flags are True or False; what may be
    repeated is a list; everything else is a text, or None where it was not given. Raises UsageError for
    an option without its value, with one it does not take, or given twice, and for a second expression.
    """
    known = (*first, *own, *LAST)
    given: dict[str, Any] = {TABLE[name].key: _absent(name) for name in known}
    positionals: list[str] = []
    rest = list(reversed(list(arguments)))
    while rest:
        argument = rest.pop()
        name, equals, value = argument.partition("=")
        if argument == "--":
            positionals += reversed(rest)
            break
        if argument in known or (name in known and name.startswith("--")):
            _take(name, value if equals else None, rest, known, given)
        elif name.startswith("--") and name[2:].isidentifier():
            found = value if equals else rest.pop() if _is_value(rest, known) else None
            _assign(given, Assignment(name[2:], found, name))
        elif re.fullmatch(r"--[^\W\d]\w*(?:-[^\W\d]\w*)+", name):
            raise _no_option(name, known)
        else:
            positionals.append(argument)
    given["expression"] = _only(positionals)
    return given


def _no_option(name: str, known: Sequence[str]) -> UsageError:
    """The error for an option that cannot be a variable, since there is a hyphen in its name."""
    if name in TABLE:
        return UsageError(f"there is no option {name} here", hint=f"it is an option of {', '.join(having(name))}")
    close = did_you_mean(name, known)
    hint = None if close else "an expression that begins with -- goes after --"
    return UsageError(f"there is no option {shortened(name)}{close}", hint=hint)


def _absent(name: str) -> Any:
    option = TABLE[name]
    return {} if name == "--set" else [] if option.many else None if option.metavar else False


def _take(name: str, value: str | None, rest: list[str], known: Sequence[str], given: dict[str, Any]) -> None:
    """Note an option, with its value if it takes one."""
    option = TABLE[name]
    if option.metavar is None:
        if value is not None:
            raise UsageError(f"{name} takes no value")
        given[option.key] = True
        return
    if value is None:
        if not _is_value(rest, known):
            raise UsageError(f"{name} needs a value", hint=f"write {name} {option.metavar}")
        value = rest.pop()
    if name == "--set":
        _assign(given, _set(value))
    elif option.many:
        given[option.key].append(value)
    elif given[option.key] is not None:
        raise UsageError(f"{name} is given twice")
    else:
        given[option.key] = value


def _is_value(rest: list[str], known: Sequence[str]) -> bool:
    """Whether the next argument can be a value: anything but an option or the end."""
    if not rest or rest[-1] == "--" or rest[-1] in known:
        return False
    return not (rest[-1].startswith("--") and rest[-1][2:3].isidentifier())


def _set(text: str) -> Assignment:
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name.isidentifier():
        raise UsageError(f"--set takes NAME=VALUE, not `{shortened(text)}`", hint="write --set x=3")
    return Assignment(name, value, f"--set {name}")


def _assign(given: dict[str, Any], assignment: Assignment) -> None:
    assigned = given[TABLE["--set"].key]
    if assignment.name in assigned:
        raise UsageError(f"variable {assignment.name} is given twice")
    assigned[assignment.name] = assignment


def _only(positionals: list[str]) -> str | None:
    if len(positionals) > 1:
        shown = ", ".join(map(shortened, positionals[:4])) + (", …" if len(positionals) > 4 else "")
        raise UsageError(
            f"one expression is wanted, here are {len(positionals)}: {shown}",
            hint="put the expression in single quotes; a variable is given as --NAME VALUE",
        )
    return positionals[0] if positionals else None
