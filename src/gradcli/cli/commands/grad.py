"""gradcli grad: gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    return expression.grad(
        request.variables,
        wrt=request.wrt,
        mode=request.mode,
        grad_outputs=request.grad_outputs,
        order=request.order,
        check=request.check,
        at_kink=request.at_kink,
    )


command = Command(
    "grad",
    _compute,
    help="The gradient, for every variable or those of --wrt.",
    example="gradcli grad '2*dot(x,x)' --x 0,1,2,3",
)
