"""gradcli jvp: the derivative along a direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    return expression.jvp(
        request.variables,
        tangent=request.tangent,
        mode=request.mode,
        check=request.check,
        at_kink=request.at_kink,
    )


command = Command(
    "jvp",
    _compute,
    help="The Jacobian times a vector. It is how the value moves along a direction.",
    example="gradcli jvp 'x^2' --x 1,2,3 --tangent x=1,0,-1",
    needs="tangent",
)
