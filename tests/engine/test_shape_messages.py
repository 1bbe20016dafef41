"""What is said of pieces, places and vectors that do not fit an array, word for word."""

from __future__ import annotations

import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError

MESSAGES = [
    ("correlate(x,y)", (3,), (), "correlate takes two vectors, not shapes (3,) and ()", None),
    ("correlate(x,y)", (3,), (2, 2), "correlate takes two vectors, not shapes (3,) and (2, 2)", None),
    ("convolve(x,y)", (0,), (2,), "convolve takes two vectors, not shapes (0,) and (2,)", None),
    ("stack([x,y])", (2, 3), (1, 3), "shapes (2, 3) and (1, 3) cannot be stacked", "all shapes must be equal"),
    ("stack([x,y])", (3,), (2,), "shapes (3,) and (2,) cannot be stacked", "all shapes must be equal"),
    ("concatenate([x,y])", (2,), (), "shapes (2,) and () cannot be joined along axis 0", "all other sizes must be equal"),
    ("dot(x,y)", (2,), (2, 2, 2), "dot with an array of shape (2, 2, 2) on the right", "use matmul or einsum"),
    ("bmm(x,y)", (2, 2, 2, 3), (2, 3, 2), "shapes (2, 2, 2, 3) and (2, 3, 2) do not fit bmm", "it takes two stacks of as many matrices"),
    ("split(x, [-1, 3])", (5,), (), "split takes a number of sections, or a list of places to cut", None),
    ("split(x, 0)", (3,), (), "split takes a number of sections, or a list of places to cut", None),
    ("array_split(x, 0)", (5,), (), "array_split needs one section or more, not 0", None),
    ("chunk(x, 0)", (3,), (), "chunk needs one piece or more, not 0", None),
    ("roll(x, (1, 2), (0, 1, 2))", (2, 3, 4), (), "roll moves 3 axes, and has 2 shifts", None),
    ("narrow(x, 0, 1, 3)", (3,), (), "3 entries from 1 on do not lie in an axis of size 3", None),
    ("searchsorted(x, y)", (), (3,), "searchsorted takes a vector, and side 'left' or 'right', not 'left'", None),
    ("index_add(x, 0, [0, 1], y)", (2, 3), (3, 3), "shapes (2, 3) and (3, 3) do not fit: the entries, and what is added to them", "aligned from the right, sizes must be equal or 1; reshape, or index with None to add an axis"),
    ("index_copy(x, 0, [0, 1], y)", (2, 3), (3, 3), "shapes (2, 3) and (3, 3) do not fit: the entries, and what replaces them", "aligned from the right, sizes must be equal or 1; reshape, or index with None to add an axis"),
    ("F.pad(x, (1, 2, 3))", (2, 3), (), "widths of shape (3,) do not say how to pad 2 axes", "pad(x, 1), pad(x, (0, 2)), or a pair for each axis: pad(x, [[1, 0], [0, 2]])"),
    ("matrix_rank(x)", (2, 0, 3), (), "matrix_rank of an empty array has no value", "the array has shape (2, 0)"),
    ("transpose(x, (0, 2))", (2, 3, 4), (), "axes (0, 2) are not an order of all 3 axes", None),
    ("x[..., [5]]", (2, 2, 3), (), "this index does not fit shape (2, 2, 3): index 5 is out of bounds for axis 2 with size 3", None),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "x", "y", "message", "hint"), MESSAGES)
def test_what_is_said(expression, x, y, message, hint):
    given = {
        name: np.ones(shape)
        for name, shape in (("x", x), ("y", y))
        if f"{name}," in expression or f"{name})" in expression or f"{name}[" in expression or f"{name}]" in expression
    }
    with pytest.raises(GradcliError) as caught:
        gradcli.eval(expression, given)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.span is not None
