"""The commands that take an expression, a short file each; and `functions`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from ...record import Record

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result

Compute: TypeAlias = "Callable[[Expression, Request], Result]"


class Command(Record):
    """`gradcli NAME EXPR`, which answers `compute(expression, request)`.

    Its options stand in `options.OWN`. needs is the key of an option it cannot do without. program is
    whether it takes a file with a program in the expression's place.
    """

    name: str
    compute: Compute
    help: str
    example: str
    needs: str | None = None
    program: bool = False


def load(name: str) -> Command:
    """The command of a name in `options.OWN`; imports it, and no other."""
    command: Command = import_module(f".{name}", __name__).command
    return command
