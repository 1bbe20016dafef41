"""The options: what each is called, takes and means, and which command has it.

One table, from which the commands declare theirs, the unknown are told apart from the misplaced,
and the texts are turned into what a request holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from .. import limits
from ..errors import UsageError
from ..record import Record
from ..requests import AT_KINK, MODES
from ..text import closest, shortened


class Option(Record):
    """`key` is what a command's parameters call it; no `metavar` means a flag; `many` may be repeated."""

    key: str
    metavar: str | None
    help: str
    many: bool = False


TABLE: Final[Mapping[str, Option]] = {
    "-f": Option("file", "FILE", "Read the expression from FILE."),
    "--set": Option("assignments", "NAME=VALUE", "Give variable NAME; the same as --NAME VALUE.", many=True),
    "--vars": Option("vars", "FILE|-", "Read a JSON object of variables a line, answer each as JSON."),
    "--wrt": Option("wrt", "NAMES", "Differentiate for these variables: x,y. Default: all."),
    "--grad-outputs": Option("grad_outputs", "VALUE", "Weigh the outputs of a vector expression: 3,2,1."),
    "--order": Option("order", "N", "The N-th derivative."),
    "--tangent": Option("tangent", "NAME=VALUE", "Direction for variable NAME: x=1,0.", many=True),
    "--vector": Option("vector", "NAME=VALUE", "Vector for variable NAME: x=1,0.", many=True),
    "--claim": Option("claim", "NAME=EXPR", "Test a gradient worked out by hand: x='4*x'.", many=True),
    "--mode": Option("mode", "|".join(MODES), "How to differentiate."),
    "--at-kink": Option("at_kink", "|".join(AT_KINK), "Where there is no derivative: its convention, or an error."),
    "--sparse": Option("sparse", None, "Find and give only the entries that can be nonzero."),
    "--check": Option("check", None, "Check the derivatives by other methods; status 1 if they differ."),
    "--json": Option("json", None, "Answer as one line of JSON."),
    "--save": Option("save", "FILE", "Write the answer to FILE.npz, FILE.npy or FILE.json as well."),
    "--digits": Option("digits", "N", "Show N significant digits in tables."),
    "--strict": Option("strict", None, "Fail where a value or derivative is not finite."),
    "--trace-lines": Option("trace_lines", None, "Show what each line computed, as it was computed."),
    "--seed": Option("seed", "N", "Seed for random values."),
    "--limit": Option("limit", "NAME=N", "Move a limit.", many=True),
}
FIRST: Final = ("-f", "--set", "--vars")
LAST: Final = ("--json", "--save", "--digits", "--strict", "--seed", "--limit")

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "eval": (),
    "grad": ("--wrt", "--grad-outputs", "--order", "--mode", "--at-kink", "--check"),
    "jacobian": ("--wrt", "--mode", "--sparse", "--at-kink", "--check"),
    "hessian": ("--wrt", "--mode", "--sparse", "--at-kink", "--check"),
    "jvp": ("--tangent", "--mode", "--at-kink", "--check"),
    "vjp": ("--grad-outputs", "--wrt", "--mode", "--at-kink", "--check"),
    "hvp": ("--vector", "--wrt", "--mode", "--at-kink", "--check"),
    "check": ("--claim", "--wrt", "--grad-outputs", "--order", "--mode"),
}
"""The options of its own that each command that takes an expression has, beside those all have."""

OWN: Final[Mapping[str, tuple[str, ...]]] = {**COMMANDS, "run": ("--trace-lines",)}
"""The same, with the command that takes a program."""


def having(option: str) -> list[str]:
    """The commands that have an option of their own."""
    return [name for name, options in OWN.items() if option in options]


def first(command: str) -> tuple[str, ...]:
    """The options all have that say what a command is about; `run` answers once."""
    return tuple(name for name in FIRST if command != "run" or name != "--vars")


_LONGEST: Final = 18
"""Digits of a whole number."""


def whole(option: str, text: str, least: int, most: int | None = None) -> int:
    """A whole number as an option's value. Raises UsageError."""
    span = f"from {least} to {most}" if most is not None else f"of at least {least}"
    try:
        number = int(text) if text.isascii() and "_" not in text and len(text) <= _LONGEST else None
    except ValueError:
        number = None
    if number is None or number < least or (most is not None and number > most):
        length = f" and at most {_LONGEST} digits" if len(text) > _LONGEST else ""
        raise UsageError(f"{option} takes a whole number {span}{length}, not `{shortened(text)}`")
    return number


def mode(text: str) -> str:
    """The value of --mode. Raises UsageError."""
    if text not in MODES:
        close = closest(text, MODES)
        hint = f"did you mean {close}?" if close else None
        raise UsageError(f"--mode takes {', '.join(MODES[:-1])} or {MODES[-1]}, not `{shortened(text)}`", hint=hint)
    return text


def at_kink(text: str) -> str:
    """The value of --at-kink. Raises UsageError."""
    if text not in AT_KINK:
        raise UsageError(f"--at-kink takes {' or '.join(AT_KINK)}, not `{shortened(text)}`")
    return text


def names(text: str) -> tuple[str, ...]:
    """The names in `--wrt x,y`. Raises UsageError for an empty or repeated one, and for what is no name."""
    found = tuple(name.strip() for name in text.split(","))
    for name in found:
        if problem := _wrong_name(name, found):
            hint = "names with commas between: --wrt x,y"
            raise UsageError(f"--wrt {problem}: `{shortened(text)}`", hint=hint)
    return found


def _wrong_name(name: str, among: tuple[str, ...]) -> str | None:
    if not name:
        return "has an empty name"
    if not name.isidentifier():
        return "takes names"
    return f"names `{name}` twice" if among.count(name) > 1 else None


def pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Repeated NAME=TEXT as a mapping. Raises UsageError for a missing `=` and for a name given twice."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise UsageError(
                f"{option} takes {TABLE[option].metavar}, not `{shortened(text)}`",
                hint=f"write {option} {_as_pair(option, (value or text).strip())}",
            )
        if second := _second_name(value):
            hint = f"repeat it: {option} {name}={shortened(value[: second.start()])} {option} {second[1]}=…"
            raise UsageError(f"{option} takes one name, not several: `{shortened(text)}`", hint=hint)
        if name in found:
            raise UsageError(f"{option} gives {name} twice")
        found[name] = value
    return found


def _second_name(value: str) -> re.Match[str] | None:
    """A further NAME= after a comma outside brackets."""
    depth = 0
    for found in re.finditer(r"[(\[{]|[)\]}]|,\s*([^\W\d]\w*)\s*=(?!=)", value):
        depth += (found[0] in "([{") - (found[0] in ")]}")
        if depth == 0 and found[1]:
            return found
    return None


def _as_pair(option: str, text: str) -> str:
    """How what stands without a name, or without a value, could be meant."""
    if option == "--limit" and text in limits.NAMES:
        return f"{text}=N"
    return f"NAME={shortened(text)}" if text else TABLE[option].metavar or ""


def moved_limits(texts: Iterable[str]) -> dict[str, int]:
    """The limits that `--limit NAME=N` moves. Raises UsageError."""
    moved = pairs("--limit", texts)
    for name in moved:
        if name not in limits.NAMES and (close := closest(name, limits.NAMES)):
            raise UsageError(f"there is no limit `{shortened(name)}`", hint=f"did you mean {close}?")
    return {name: limits.parse(shortened(name), shortened(value)) for name, value in moved.items()}


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean --theta?`, where there is something close enough."""
    long = [candidate for candidate in candidates if candidate.startswith("--")]
    close = closest(name, long, 0.7) or closest(name.replace("_", "-"), long, 0.7)
    return f"; did you mean {close}?" if close else ""
