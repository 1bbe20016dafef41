"""gradcli check: derivatives by every means there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    return expression.check(
        request.variables,
        wrt=request.wrt,
        grad_outputs=request.grad_outputs,
        order=request.order,
        mode=request.mode,
        claims=request.claim,
    )


command = Command(
    "check",
    _compute,
    help="Do all methods agree? And is a gradient done by hand right?",
    example="gradcli check '2*dot(x,x)' --x 0,1,2,3 --claim x='4*x'",
)
