"""gradcli vjp: a vector times the Jacobian."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    assert request.grad_outputs is not None, "the command needs it"
    return expression.vjp(
        request.variables,
        grad_outputs=request.grad_outputs,
        wrt=request.wrt,
        mode=request.mode,
        check=request.check,
        at_kink=request.at_kink,
    )


command = Command(
    "vjp",
    _compute,
    help="A vector times the Jacobian: the gradient of a weighted output.",
    example="gradcli vjp 'x^2' --x 1,2,3 --grad-outputs 3,2,1",
    needs="grad_outputs",
)
