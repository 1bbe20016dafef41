"""No derivative, of any order, in any mode, is NaN because of a branch that was not taken."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from graphs import MODES, evaluate

from gradcli.engine import derivatives as D
from gradcli.language.parser import parse
from gradcli.program import trace

DEAD = (
    "sqrt(x)", "log(x)", "1/x", "x**0.5", "x**x", "x**(-0.5)", "0/0*x", "x*log(x)", "sqrt(x*x+x)", "exp(exp(-900*x))",
    "xlogy(x-1, x)", "xlog1py(x, x-1)", "asin(x-2)", "sqrt(log(x))", "(1/x)**(1/x)", "gamma(x)", "inf*x",
)  # fmt: skip
"""What has no value, no derivative, or overflows at 0 or at -1."""
BRANCHES = (
    "where(x > 0.5, {d}, 2*x)", "where(x <= 0.5, 2*x, {d})", "({d} if x > 0.5 else 2*x)",
    "where(x > 0.5, where(x > 2, {d}, sin({d})), 2*x)", "where(x < 0.5, where(x > 0.25, {d}, 2*x), {d})",
    "sum(where([x > 0.5, 0], [{d}, {d}], [2*x, 0]))", "[2*x, {d}][0]", "([[1, 0], [0, 1]] @ [where(x > 0.5, {d}, 2*x), 7])[0]",
    "prod([where(x > 0.5, {d}, 2*x), 1])", "softmax([where(x > 0.5, {d}, 2*x), 0])[0]*0 + 2*x",
    "where(x > 0.5, softmax([{d}, 1])[0], 2*x)", "where(x > 0.5, [{d}, 1] @ [{d}, 1], 2*x)",
    "where(x > 0.5, norm([{d}, {d}]), 2*x)", "where(x > 0.5, logsumexp([{d}, {d}]), 2*x)", "where(x > 0.5, std([{d}, 3]), 2*x)",
    "where(x > 0.5, max([{d}, {d}]), 2*x)", "where(x > 0.5, prod([{d}, {d}, {d}]), 2*x)", "where(x > 0.5, sort([{d}, 1])[0], 2*x)",
    "where(x > 0.5, det([[{d}, 1], [1, {d}]]), 2*x)", "where(x > 0.5, maximum({d}, 1), 2*x)", "where(x > 0.5, clip({d}, 0, 1), 2*x)",
    "where(x > 0.5, relu({d}), 2*x)", "where(x > 0.5, hypot({d}, {d}), 2*x)", "where(x > 0.5, xlogy({d}, {d}), 2*x)",
    "where(x > 0.5, trace(expm([[{d}, 1], [0, 1]])), 2*x)", "where(x > 0.5, cumsum([{d}, 1])[1], 2*x)", "where(x > 0.5, abs({d}), 2*x)",
)  # fmt: skip


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_branch_that_is_not_taken(branch):
    """Each is 2x here, whatever the other branch is."""
    for dead, at in itertools.product(DEAD, (-1.0, 0.0)):
        traced = trace(parse(branch.replace("{d}", f"({dead})")), {"x": ()}, values={"x": np.array(at)})
        x, slopes, wanted = traced.inputs["x"], [], []
        for order in (1, 2):
            for modes in itertools.product(MODES, repeat=order):
                slope = traced.value
                for mode in modes:
                    slope = D.gradient(slope, None, [x], mode)[0]
                slopes.append(slope)
                wanted.append(2.0 if order == 1 else 0.0)
        assert [float(each) for each in evaluate(slopes, [x], [at])] == pytest.approx(wanted), (dead, at)


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=3)))
@pytest.mark.parametrize("dead", DEAD)
def test_the_third_order(dead, modes):
    traced = trace(parse(f"where(x > 0.5, where(x > 2, {dead}, log({dead})), x**3)"), {"x": ()})
    x, slope = traced.inputs["x"], traced.value
    for mode in modes:
        slope = D.gradient(slope, None, [x], mode)[0]
    assert evaluate(slope, [x], [-1.0]) == 6.0


MATRICES = (
    "det([[{d}, 1], [1, x]])", "logdet([[{d}, 1], [1, x]])", "slogdet([[{d}, 1], [1, x]])[1]", "inv([[{d}, 2], [1, x-3]])[0, 0]",
    "solve([[{d}, 2], [1, x-3]], [x, 1])[0]", "cholesky([[{d}, 1], [1, x+5]])[1, 1]", "eigvalsh([[{d}, 1], [1, x]])[0]",
    "eigh([[{d}, 1], [1, x]])[1][0, 0]", "sum(svdvals([[{d}, 1], [1, x]]))", "pinv([[{d}, 1], [1, x]])[0, 0]", "expm([[{d}, 1], [1, x]])[0, 1]",
    "lstsq([[{d}, 1], [1, x]], [x, 1])[0]", "qr([[{d}, 1], [1, x]])[1][0, 0]", "norm([[{d}, 1], [x, 1]], 'nuc')", "norm([{d}, x], 3)",
    "matrix_power([[{d}, 1], [1, x]], 3)[0, 0]", "triangular_solve([[{d}, 0], [1, x-3]], [x, 1])[1]", "cumprod([{d}, x, x])[2]",
    "einsum('i,i', [{d}, x], [x, {d}])", "median([{d}, x, 1])", "x[None][x[None] > 0].sum() + {d}",
)  # fmt: skip
SPOILED = ("sqrt(x)", "0/0*x", "x*log(x)", "xlogy(x-1, x)")


@pytest.mark.parametrize("inside", MATRICES)
def test_matrices_in_a_branch_that_is_not_taken(inside):
    for dead in SPOILED:
        source = f"where(x > 0.5, {inside.replace('{d}', f'({dead})')}, x**3)"
        traced = trace(parse(source), {"x": ()}, values={"x": np.array(-1.0)})
        x, slopes, wanted = traced.inputs["x"], [], []
        for order in (1, 2):
            for modes in itertools.product(MODES, repeat=order):
                slope = traced.value
                for mode in modes:
                    slope = D.gradient(slope, None, [x], mode)[0]
                slopes.append(slope)
                wanted.append(3.0 if order == 1 else -6.0)
        assert [float(each) for each in evaluate(slopes, [x], [-1.0])] == pytest.approx(wanted), dead
