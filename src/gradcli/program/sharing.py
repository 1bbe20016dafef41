"""Names of what shows an array's own elements: a result that is given a name can be changed through it.

Knows no NumPy, so that programs are compiled without it.
"""

from __future__ import annotations

REARRANGING = frozenset(
    (
        "broadcast_to", "chunk", "diagonal", "expand", "expand_as", "expand_dims", "flatten", "moveaxis", "movedim",
        "narrow", "permute", "ravel", "reshape", "reshape_as", "select", "split", "squeeze", "swapaxes", "swapdims",
        "t", "transpose", "unbind", "unsqueeze", "view", "view_as",
    )
)  # fmt: skip
"""Methods, and functions of a library, that show the same elements differently."""
RESHAPING = frozenset(("flatten", "ravel", "reshape", "reshape_as"))
"""Those of them that copy where the elements do not lie evenly in memory."""
SHARING = REARRANGING | {"T", "mT", "contiguous", "cpu", "cuda", "data", "detach", "float", "numpy", "to"}
"""Methods and attributes through which what stands before the dot can be changed."""

READING = frozenset(
    (
        "add_",
        "allclose",
        "backward",
        "bmm",
        "copy_",
        "div",
        "div_",
        "dot",
        "eq",
        "expand_as",
        "gather",
        "ge",
        "gt",
        "index_select",
        "le",
        "lt",
        "masked_fill",
        "matmul",
        "maximum",
        "minimum",
        "mm",
        "mul",
        "mul_",
        "mv",
        "ne",
        "outer",
        "pow",
        "scatter",
        "sub",
        "sub_",
        "take",
        "view_as",
        "where",
    )
)
"""Methods that only read what they are given: lists and objects of the program's own keep it, under another name."""
