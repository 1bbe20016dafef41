"""gradcli hessian: second derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    return expression.hessian(
        request.variables,
        wrt=request.wrt,
        mode=request.mode,
        check=request.check,
        sparse=request.sparse,
        at_kink=request.at_kink,
    )


command = Command(
    "hessian",
    _compute,
    help="The second derivatives of a scalar. There is a block for every pair of variables.",
    example="gradcli hessian 'x^2*y' --x 2 --y 3",
)
