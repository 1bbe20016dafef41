"""gradcli run: a program, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    from ..progress import Progress

    with Progress("running") as progress:

        def tell(line: int, operations: int) -> None:
            progress.update(details=f"line {line}, {operations:,} operations")

        return expression.run(request.variables, trace_lines=request.trace_lines, progress=tell)


command = Command(
    "run",
    _compute,
    help="A program: prints every bare expression and every print.",
    example="printf 'x = arange(4.0)\\n2*dot(x, x)\\n' | gradcli run -",
    program=True,
)
