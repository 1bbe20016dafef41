"""gradcli eval: the value of an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    return expression.eval(request.variables)


command = Command(
    "eval",
    _compute,
    help="The value of an expression.",
    example="gradcli eval 'sum(sin(x))' --x 0,pi/2",
)
