"""gradcli jacobian: all derivatives of all elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Command

if TYPE_CHECKING:
    from ...api import Expression
    from ...requests import Request
    from ...results import Result


def _compute(expression: Expression, request: Request) -> Result:
    return expression.jacobian(
        request.variables,
        wrt=request.wrt,
        mode=request.mode,
        check=request.check,
        sparse=request.sparse,
        at_kink=request.at_kink,
    )


command = Command(
    "jacobian",
    _compute,
    help="All derivatives of all elements. Their shape is the output's, then the variable's.",
    example="gradcli jacobian 'A@x' --A '1,2;3,4' --x 5,6 --wrt x",
)
