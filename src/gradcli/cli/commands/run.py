"""gradcli run: a program, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    from ...telling import telling

    with telling("running", unit="operations") as tell:

        def heard(line: int, operations: int) -> None:
            tell(operations, f"line {line}")

        return expression.run(request.variables, trace_lines=request.trace_lines, progress=heard)


command = Command(
    "run",
    _compute,
    help="A program: prints every bare expression and every print.",
    example="printf 'x = arange(4.0)\\n2*dot(x, x)\\n' | gradcli run -",
    program=True,
)
