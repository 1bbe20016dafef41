"""Writes docs/commands.md and docs/functions.md anew, from what the program declares.

    python -m tests.reference

A test compares them, so that they cannot grow old.
"""

from __future__ import annotations

import inspect
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import groupby
from pathlib import Path
from pkgutil import iter_modules
from textwrap import dedent

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from gradcli import limits, values
from gradcli.api import functions
from gradcli.cli.command import ExpressionCommand
from gradcli.cli.options import FIRST, LAST
from gradcli.cli.root import NAMES, root
from gradcli.engine import operations
from gradcli.engine.functions import FUNCTIONS, Function
from gradcli.engine.operation import Operation
from gradcli.engine.printing import rule_text
from gradcli.program import differentiate
from gradcli.program.builtins import BUILTINS
from gradcli.program.namespaces import CONSTANTS
from gradcli.requests import ALWAYS

from .consoles import printed_by

DOCS = Path(__file__).resolve().parents[1] / "docs"
WRITTEN = "<!-- Written by `python -m tests.reference` from what the program declares. -->"


def main() -> None:
    """Write both."""
    for name, text in (("commands.md", commands()), ("functions.md", language())):
        path = DOCS / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(DOCS.parent))


# ---- docs/commands.md ----------------------------------------------------------------------------------


def commands() -> str:
    """What each command takes, means and answers."""
    known = {name: _command(name) for name in NAMES}
    parts = [
        "# Commands",
        WRITTEN,
        "    gradcli COMMAND EXPR [--NAME VALUE]... [OPTIONS]",
        _table(("command", ""), ([f"[{name}](#gradcli-{name})", _help(each)] for name, each in known.items())),
    ]
    for name, command in known.items():
        parts += _one_command(name, command)
    shared = next(each for each in known.values() if isinstance(each, ExpressionCommand))
    parts += ["## Options of all commands that take an expression"]
    parts += [_options(option for option in _declared(shared) if option.opts[-1] in (*FIRST, *LAST))]
    parts += ["## Values", "What may follow `--NAME`:", _indented_block(values.__doc__)]
    parts += ["## Requests as JSON", *_requests(known)]
    parts += ["## Exit status", _statuses()]
    parts += ["## Limits", "Each is moved by `--limit NAME=N`, or by the environment variable.", _limits()]
    return _joined(parts)


def _command(name: str) -> TyperCommand:
    group = root(with_completion=False)
    command = group.get_command(typer.Context(group), name)
    assert command is not None
    return command


def _one_command(name: str, command: TyperCommand) -> list[str]:
    parts = [f"## gradcli {name}", _help(command)]
    arguments = [each for each in command.params if isinstance(each, TyperArgument)]
    own = [each for each in _declared(command) if each.opts[-1] not in (*FIRST, *LAST) or len(command.params) < 5]
    rows = [[f"`{each.metavar}`", _cell(each.help or "")] for each in arguments]
    parts.append(_table(("", ""), [*rows, *map(_option, own)]))
    if example := _example(command):
        with tempfile.TemporaryDirectory() as directory:
            printed = printed_by(example, Path(directory))
        parts.append(f"```console\n$ {example}\n{printed}\n```")
    return parts


def _declared(command: TyperCommand) -> list[TyperOption]:
    return [each for each in command.params if isinstance(each, TyperOption)]


def _options(options: Iterable[TyperOption]) -> str:
    return _table(("option", ""), map(_option, options))


def _option(option: TyperOption) -> list[str]:
    written = option.opts[-1] if option.is_flag else f"{option.opts[-1]} {option.metavar}"
    return [f"`{_cell(written)}`", _cell(option.help or "") + (" May be repeated." if option.multiple else "")]


def _help(command: TyperCommand) -> str:
    return " ".join((command.help or "").split())


def _example(command: TyperCommand) -> str | None:
    """The command line under `Example:`, of a command that needs nothing but what stands there."""
    lines = (command.epilog or "").split("\n")
    return lines[-1].strip() if isinstance(command, ExpressionCommand) else None


def _requests(known: dict[str, TyperCommand]) -> Iterator[str]:
    yield (
        "With `-` in the expression's place, requests are read from standard input: one object, or one a line. "
        f"A request may hold {_listed(ALWAYS)}, and what its command has options for:"
    )
    rows = []
    for name, command in known.items():
        example = _example(command)
        if example is None or (isinstance(command, ExpressionCommand) and command.command.program):
            continue
        own = [each.name or "" for each in _declared(command) if each.opts[-1] not in (*FIRST, *LAST)]
        rows.append([f"`{name}`", _listed(own), _listed(_answered(example))])
    yield _table(("command", "keys of a request", "keys of its answer"), rows)
    yield "An error in an answer's place is one object, `error`, with " + _listed(_failed()) + "."


def _answered(example: str) -> list[str]:
    """The keys of the answer to a command line."""
    with tempfile.TemporaryDirectory() as directory:
        return list(json.loads(printed_by(f"{example} --json", Path(directory))))


def _failed() -> list[str]:
    with tempfile.TemporaryDirectory() as directory:
        printed = printed_by("gradcli eval x --json 2> /dev/null", Path(directory))
    return list(json.loads(printed.split("\n")[0])["error"])


def _statuses() -> str:
    """The table of `gradcli --help`."""
    (found,) = re.findall(r"^STATUS +(.*?)\n\n?\Z", root(with_completion=False).help or "", re.DOTALL | re.MULTILINE)
    pairs = [entry.strip().split(" ", 1) for entry in re.split(r",\s+(?=\d)", " ".join(found.split()))]
    return _table(("status", ""), pairs)


def _limits() -> str:
    """Name, default and meaning of each limit: the meaning is the comment beside the declaration."""
    source = inspect.getsource(limits.Limits)
    comments = dict(re.findall(r"^ +(\w+): int = .*?# (.*)$", source, re.MULTILINE))
    rows = [
        [f"`{name}`", f"{getattr(limits.Limits(), name):,}", comments.get(name, ""), f"`GRADCLI_LIMIT_{name.upper()}`"]
        for name in limits.NAMES
    ]
    return _table(("limit", "unless moved", "of what", "environment variable"), rows)


# ---- docs/functions.md ---------------------------------------------------------------------------------


def language() -> str:
    """Every function of the language, with its derivative and its convention where it has a kink."""
    parts = [
        "# Functions",
        WRITTEN,
        "What `gradcli functions` knows. Most are methods as well (`x.sum()` is `sum(x)`), and a prefix such as "
        "`torch.`, `np.` or `math.` changes nothing unless it is said here. In a derivative, `g` is what comes in "
        "from outside: the derivative of the result for the function's value.",
    ]
    for group, members in groupby(functions(), key=lambda each: each.group):
        parts += [f"## {group.capitalize()}", _functions(list(members))]
    parts += ["## In derivatives only", _table(("function", "meaning"), _helpers())]
    parts += ["## Derivatives in the language", _indented_block(differentiate.__doc__)]
    listed = ", ".join(f"`{name}` = {value!r}" for name, value in CONSTANTS.items())
    parts += ["## Constants", f"Unless a variable takes the name: {listed}."]
    parts += ["## From Python and PyTorch", _table(("function", "meaning"), _of_python())]
    return _joined(parts)


def _functions(members: Sequence[Function]) -> str:
    heads = ["function", "meaning", "derivative", "at a kink"]
    rows = [[_called(each), _cell(each.doc), _rule(each), _cell(each.convention)] for each in members]
    kept = [column for column in range(4) if any(row[column] for row in rows)]
    return _table([heads[column] for column in kept], ([row[column] for column in kept] for row in rows))


def _called(function: Function) -> str:
    also = f"<br>also {_listed(function.aliases)}" if function.aliases else ""
    return f"`{_cell(function.signature)}`{also}"


def _rule(function: Function) -> str:
    rule = rule_text(function)
    if rule is None:
        return ""
    names = "|".join(parameter.name for parameter in function.parameters)
    return "<br>".join(f"`{_cell(part)}`" for part in re.split(rf", (?=(?:{names}): )", rule))


def _helpers() -> Iterator[list[str]]:
    """Operations that rules are written in and expressions cannot name, where their declaration says what they are."""
    rules = " ".join(filter(None, map(rule_text, functions())))
    named = set(re.findall(r"(\w+)\(", rules)) - set(FUNCTIONS)
    modules = (import_module(f"{operations.__name__}.{each.name}") for each in iter_modules(operations.__path__))
    made = {each.name: each for module in modules for each in vars(module).values() if isinstance(each, Operation)}
    for name in sorted(named):
        if name in made and made[name].__doc__ != type(made[name]).__doc__:
            yield [f"`{name}`", _cell(made[name].__doc__ or "")]


def _of_python() -> Iterator[list[str]]:
    """What Python, PyTorch and NumPy have besides functions of numbers."""
    by_meaning: dict[str, list[str]] = {}
    for name, routine in BUILTINS.items():
        if name not in FUNCTIONS and (meaning := inspect.getdoc(getattr(routine, "call", None))):
            by_meaning.setdefault(meaning.split("\n")[0], []).append(name)
    return ([_listed(names), _cell(meaning)] for meaning, names in by_meaning.items())


# ---- Markdown ------------------------------------------------------------------------------------------


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _indented_block(doc: str | None) -> str:
    """The first indented block of a docstring, as a block of code."""
    (block, *_) = re.findall(r"(?:^    .*\n)+", doc or "", re.MULTILINE)
    return f"```\n{dedent(block).rstrip()}\n```"


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


if __name__ == "__main__":
    main()
