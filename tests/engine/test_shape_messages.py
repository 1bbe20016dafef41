"""What is said of pieces, places and vectors that do not fit an array, word for word."""

from __future__ import annotations

import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError

MESSAGES = [
    ("diag(x)", (), (), "diag takes a vector or a matrix, not shape ()", None),
    ("tensordot(x, y, [[0], [1], [0]])", (2, 3), (3, 2), "axes is a number, or two lists of axes", None),
    ("lstsq(x, y)", (3,), (3,), "lstsq takes a matrix on the left, not shape (3,)", None),
    ("diag(x)", (2, 2, 2), (), "diag takes a vector or a matrix, not shape (2, 2, 2)", None),
    ("einsum('i,j->klij', x, y)", (2,), (3,), "einsum: 'k' cannot be an axis of the result", "each of its letters once, from the operands"),
    ("x @ eye(3) @ y", (2, 3), (4,), "shapes (2, 3) and (4,) do not fit a matrix product", "the last axis on the left (3) must equal the only axis on the right (4)"),
    ("x @ eye(3) @ y", (2, 3), (2, 5), "shapes (2, 3) and (2, 5) do not fit a matrix product", "the last axis on the left (3) must equal the second to last axis on the right (2)"),
    ("ones(4, 4)[[0, 1], [[0, 1, 2], [1, 2, 3]]] + x", (), (), "index arrays of shapes (2,) and (2, 3) do not go together", None),
    ("ones(4, 4)[[0, 1], [0, 1, 2]] + x", (), (), "index arrays of shapes (2,) and (3,) do not go together", None),
    ("ones(4, 4)[[0, 1, 2], [0, 1]] + x", (), (), "index arrays of shapes (3,) and (2,) do not go together", None),
    ("ones(4, 4)[[[0, 1], [1, 2]], [[0, 1], [1, 2], [2, 3]]] + x", (), (), "index arrays of shapes (2, 2) and (3, 2) do not go together", None),
    ("tensordot(x, y, 3)", (2, 3), (3, 2), "shapes (2, 3) and (3, 2) have no tensordot over 3 axes", "both need as many axes"),
    ("tensordot(x, y, 2)", (2, 3), (3,), "shapes (2, 3) and (3,) have no tensordot over 2 axes", "both need as many axes"),
    ("ones(4, 4, 4)[[0, 1, 2], [[0, 1, 2], [1, 2, 3]], [0, 1]] + x", (), (), "index arrays of shapes (3,) and (2,) do not go together", None),
    ("einsum('......', x)", (2, 3), (), "einsum cannot read '......'", "it takes letters, `...`, commas and ->, as in 'ij,jk->ik'"),
    ("F.pad(x, (1, 1, 1, 1, 1, 1, 1, 1))", (2, 2, 2), (), "widths of shape (8,) do not say how to pad 3 axes", "pad(x, 1), pad(x, (0, 2)), or a pair for each axis: pad(x, [[1, 0], [0, 2]])"),
    ("interp(1, x, y)", (), (), "interp takes as many xp as fp, not shapes () and ()", None),
    ("corrcoef(x)", (2, 1), (), "corrcoef of 1 observations has no value", None),
    ("pad(x, (1, 5), 'reflect', reflect_type='odd')", (3,), (), "axis 0 of size 3 is too short to pad oddly by 5", None),
    ("pad(x, (5, 1), 'reflect', reflect_type='odd')", (3,), (), "axis 0 of size 3 is too short to pad oddly by 5", None),
    ("torch.scatter(x, 0, tensor([[0], [1]]), y)", (2, 3), (1, 3), "shapes (2, 1) and (1, 3) do not fit: the indices, and what is written there", "aligned from the right, sizes must be equal or 1; reshape, or index with None to add an axis"),
    ("torch.scatter(x, 0, tensor([[0, 1]]), y)", (2, 3), (2, 1), "shapes (1, 2) and (2, 1) do not fit: the indices, and what is written there", "aligned from the right, sizes must be equal or 1; reshape, or index with None to add an axis"),
    ("pad(x, (3, 0), 'reflect', reflect_type='odd')", (3,), (), "axis 0 of size 3 is too short to pad oddly by 3", None),
    ("cross(x, y)", (3,), (2,), "shapes (3,) and (2,) have no cross product", "that axis of both must have length 3"),
    ("cross(x, y)", (2,), (3,), "shapes (2,) and (3,) have no cross product", "that axis of both must have length 3"),
    ("torch.narrow(x, 0, -4, 1)", (3,), (), "1 positions from -4 do not lie in an axis of size 3", None),
    ("torch.narrow(x, 0, 2, -1)", (3,), (), "-1 positions from 2 do not lie in an axis of size 3", None),
    ("tile(x, (1, -1))", (3,), (), "repetitions must not be negative, and are (1, -1)", None),
    ("tensordot(x, y, -1)", (3,), (3,), "shapes (3,) and (3,) have no tensordot over -1 axes", "both need as many axes"),
    ("trapezoid(x, y, axis=1)", (2, 3), (5,), "3 samples at coordinates of shape (5,)", None),
    ("x[[True, False, True, True]]", (3,), (), "a mask of shape (4,) does not fit axis 0 of size 3", "a mask has a truth value for every element"),
    ("x[[True, False]]", (3,), (), "a mask of shape (2,) does not fit axis 0 of size 3", "a mask has a truth value for every element"),
    ("repeat(x, [1, 4611686018427387904])", (2,), (), "repeats must be less than 2**62", None),
    ("repeat(x, [4611686018427387904])", (1,), (), "repeats must be less than 2**62", None),
    ("einsum('abcdefghijklmnopqrstuvwxy,...', x, y)", (1,) * 25, (1,) * 28, "einsum has letters for 52 axes, and needs more", None),
    ("pinv(x)", (3,), (), "pinv takes a matrix, not shape (3,)", None),
    ("repeat(x, [1, -1, 1])", (3,), (), "repeats must not be negative", None),
    ("F.pad(x, (4, 0), mode='reflect')", (3, 4), (), "axis 1 of size 4 is too short to pad by 4 and 0", None),
    ("gradient(x, y, axis=0)", (2, 3, 4), (5,), "2 samples at coordinates of shape (5,)", None),
    ("interp(1, x, y)", (3,), (2,), "interp takes as many xp as fp, not shapes (3,) and (2,)", None),
    ("interp(1, x, y)", (2,), (3,), "interp takes as many xp as fp, not shapes (2,) and (3,)", None),
    ("interp(1, x, y)", (0,), (0,), "interp takes as many xp as fp, not shapes (0,) and (0,)", None),
    ("torch.split(x, [3, 6])", (7,), (), "sizes [3, 6] do not add up to 7", None),
    ("torch.split(x, [3, 3])", (7,), (), "sizes [3, 3] do not add up to 7", None),
    ("topk(x, 4)", (4, 3), (), "topk asks for 4 of 3 elements", None),
    ("topk(x, -1)", (3,), (), "topk asks for -1 of 3 elements", None),
    ("take_along_axis(x, [[0], [1]], 1)", (3, 4), (), "shapes (3, 4) and (2, 1) do not broadcast beside an axis", "aligned from the right, sizes must be equal or 1; reshape, or index with None to add an axis"),
    ("x[None, [5]]", (3,), (), "this index does not fit shape (3,): index 5 is out of bounds for axis 0 with size 3", None),
    ("diagonal(x)", (3,), (), "diagonal takes a matrix, not shape (3,)", None),
    ("trace(x)", (3,), (), "trace takes a matrix, not shape (3,)", None),
    ("multi_dot([x, y, x])", (2, 3), (3,), "shapes (2, 3) and (3,) do not make a chain of matrices", "only the first and last may be vectors"),
    ("multi_dot([x, x, y])", (3, 3), (2, 3, 3), "shapes (3, 3) and (2, 3, 3) do not make a chain of matrices", "only the first and last may be vectors"),
    ("multi_dot([y, x, x])", (3, 3), (2, 3, 3), "shapes (2, 3, 3) and (3, 3) do not make a chain of matrices", "only the first and last may be vectors"),
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
    ("dot(x, y)", (3,), (2,), "shapes (3,) and (2,) have no dot product", "both vectors must have the same length"),
    ("mv(x, y)", (2, 2, 2), (2,), "shapes (2, 2, 2) and (2,) do not fit mv", "it takes a matrix and a vector"),
    ("mm(x, y)", (2, 2, 2), (2, 2), "shapes (2, 2, 2) and (2, 2) do not fit mm", "it takes a matrix and a matrix"),
    ("mm(x, y)", (2, 2), (2, 2, 2), "shapes (2, 2) and (2, 2, 2) do not fit mm", "it takes a matrix and a matrix"),
    ("bmm(x, y)", (2, 2, 3), (2, 3, 2, 2), "shapes (2, 2, 3) and (2, 3, 2, 2) do not fit bmm", "it takes two stacks of as many matrices"),
    ("bmm(x, y)", (2, 2, 3), (3, 2), "shapes (2, 2, 3) and (3, 2) do not fit bmm", "it takes two stacks of as many matrices"),
    ("x @ x @ y", (3, 3), (2,), "shapes (3, 3) and (2,) do not fit a matrix product", "the last axis on the left (3) must equal the only axis on the right (2)"),
    ("x @ x @ y", (3, 3), (4,), "shapes (3, 3) and (4,) do not fit a matrix product", "the last axis on the left (3) must equal the only axis on the right (4)"),
    ("tril(x)", (3,), (), "tril takes a matrix, not shape (3,)", None),
    ("diag(x)", (2, 2, 2), (), "diag takes a vector or a matrix, not shape (2, 2, 2)", None),
    ("block_diag(x, y)", (2, 2), (1, 2, 2), "block_diag takes matrices", None),
    ("tensordot(x, y, [[0]])", (2, 3), (3, 2), "axes is a number, or two lists of axes", None),
    ("tensordot(x, y, [[[0]], [[0]]])", (2, 3), (3, 2), "axes is a number, or two lists of axes", None),
    ("vdot(x, y)", (2, 3), (5,), "shapes (2, 3) and (5,) have no vdot", "they need as many elements"),
    ("norm(x, 1)", (2, 2, 2), (), "norm with ord=1.0 takes a vector or a matrix, not shape (2, 2, 2)", "name one axis or two, or use vector_norm"),
    ("matrix_norm(x, 1, axis=(0,))", (2, 2), (), "matrix_norm takes a matrix, not shape (2, 2)", "axis names two axes"),
    ("matrix_norm(x, 1, axis=(0, 1, 2))", (2, 2, 2), (), "matrix_norm takes a matrix, not shape (2, 2, 2)", "axis names two axes"),
    ("hstack([x, y])", (2,), (2, 2), "shapes (2,) and (2, 2) cannot be joined along axis 0", "all other sizes must be equal"),
    ("hstack([x, y])", (2, 2), (2,), "shapes (2, 2) and (2,) cannot be joined along axis 0", "all other sizes must be equal"),
    ("polyval(x, y)", (), (2,), "polyval takes a vector of coefficients, not shape ()", None),
    ("polyval(x, y)", (2, 2), (2,), "polyval takes a vector of coefficients, not shape (2, 2)", None),
    ("searchsorted(x, y)", (2, 2), (3,), "searchsorted takes a vector, and side 'left' or 'right', not 'left'", None),
    ("multi_dot([x, y, x])", (2, 2), (), "shapes (2, 2) and () do not make a chain of matrices", "only the first and last may be vectors"),
    ("gradient(x, y, axis=1)", (2, 3), (5,), "3 samples at coordinates of shape (5,)", None),
    ("solve(x, y)", (2, 3, 3), (3, 3, 1), "shapes (2, 3, 3) and (3, 3, 1) do not broadcast in solve", "aligned from the right, sizes must be equal or 1; reshape, or index with None to add an axis"),
    ("zeros(2, -3) + x", (), (), "shape (2, -3) has a negative size", None),
    ("zeros(-2, 3) + x", (), (), "shape (-2, 3) has a negative size", None),
    ("reshape(x, (-2, 3, -1))", (2, 3), (), "shape (2, 3) has 6 elements, which do not fit shape (-2, 3, -1)", "one size may be -1: it is worked out from the others"),
    ("arange(0, inf) + x", (), (), "arange needs finite bounds and a step that is not 0", None),
    ("arange(0, 1, 0) + x", (), (), "arange needs finite bounds and a step that is not 0", None),
    ("linspace(0, inf, 3) + x", (), (), "linspace needs finite bounds", None),
    ("logspace(0, inf, 3) + x", (), (), "logspace needs finite bounds", None),
    *[(f"geomspace({a}, {b}, 3) + x", (), (), "geomspace needs finite bounds of one sign, and not 0", None) for a, b in ((0, 1), (1, 0), (-1, 2), (3, -1), (1, "inf"), ("inf", "inf"))],
]  # fmt: skip


@pytest.mark.parametrize(("expression", "x", "y", "message", "hint"), MESSAGES)
def test_what_is_said(expression, x, y, message, hint):
    given = {
        name: np.ones(shape)
        for name, shape in (("x", x), ("y", y))
        if f"{name}," in expression
        or f"{name} " in f"{expression} "
        or f"{name})" in expression
        or f"{name}[" in expression
        or f"{name}]" in expression
    }
    with pytest.raises(GradcliError) as caught:
        gradcli.eval(expression, given)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.span is not None


def test_all_letters_may_be_needed():
    x, y = np.full((1,) * 25, 2.0), np.full((1,) * 27, 3.0)
    assert gradcli.eval("einsum('abcdefghijklmnopqrstuvwxy,...->...', x, y)", {"x": x, "y": y}).value.item() == 6.0
