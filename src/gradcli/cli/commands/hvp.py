"""gradcli hvp: the Hessian times a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    return expression.hvp(
        request.variables,
        vector=request.vector,
        wrt=request.wrt,
        mode=request.mode,
        check=request.check,
        at_kink=request.at_kink,
    )


command = Command(
    "hvp",
    _compute,
    help="The Hessian of a scalar times a vector.",
    example="gradcli hvp 'sum(x^3)' --x 1,2 --vector x=1,1",
    needs="vector",
)
