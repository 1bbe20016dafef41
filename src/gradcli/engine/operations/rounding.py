"""Rounding to whole numbers: flat steps, derivative zero, and zero at the jumps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import Whole, elementwise, function, sample
from ..node import Node
from ..operation import Elementwise
from .arithmetic import equal, floor

GROUP = "arithmetic"
_FLAT = "0 everywhere, and at the jumps"

ceil: Elementwise = elementwise(
    "ceil", np.ceil, None,
    doc="The smallest whole number that is not below x.", group=GROUP,
    domain=((0.2, 0.8),), special=(0.0, 1.0), analytic=False, symbolic="ceiling",
    kink=lambda out, x: equal(x, out), convention=_FLAT,
)  # fmt: skip
trunc: Elementwise = elementwise(
    "trunc", np.trunc, None,
    doc="x without its fraction: rounded towards zero.", group=GROUP, aliases=("fix",),
    domain=((0.2, 0.8),), special=(0.0, 1.0, -1.0), analytic=False, symbolic=lambda S, x: S.sign(x) * S.floor(S.Abs(x)),
    kink=lambda out, x: equal(x, out), convention=_FLAT,
)  # fmt: skip


def _half_even(S: Any, x: Any) -> Any:
    below, above = S.ceiling(x - S.S.Half), S.floor(x + S.S.Half)  # one number, but for a tie
    return below + S.Mod(below, 2) * (above - below)


rint: Elementwise = elementwise(
    "rint", np.rint, None,
    doc="The nearest whole number, the even one of two.", group=GROUP, public=False,
    domain=((0.6, 1.4),), special=(0.0, 0.5), analytic=False,
    symbolic=lambda S, x: _half_even(S, x),
    kink=lambda out, x: equal(x - floor(x), x.lift(0.5)), convention=_FLAT,
)  # fmt: skip


@function(GROUP, name="round", samples=[sample("round(x, 1)", x=(2,))], convention=rint.convention)
def round_(x: Node, decimals: Whole = 0) -> Node:
    """x rounded to some decimals, to the even one of two that are as near."""
    if decimals == 0:
        return rint(x)
    unit = 10.0 ** abs(decimals)
    return rint(x * unit) / unit if decimals > 0 else rint(x / unit) * unit
