"""Matrices that have no answer, or whose answer has no derivative, where nothing hangs on them: they move nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from graphs import MODES, evaluate
from numpy.testing import assert_allclose, assert_array_equal

import gradcli
from gradcli.engine.node import Graph
from gradcli.engine.operations import factorizations
from gradcli.engine.unused import NoAnswer

nan, inf = math.nan, math.inf
WITH = {
    "NaN": np.array([[nan, 1.0, 0.5], [1.0, 3.0, 0.0], [0.5, 0.0, 2.0]]),
    "an infinite element": np.array([[2.0, inf, 0.5], [inf, 3.0, 0.0], [0.5, 0.0, 2.0]]),
    "equal eigenvalues": -np.eye(3),
    "zeros": np.zeros((3, 3)),
}
OF = [
    "sum(eigvalsh(A*c))", "sum(eigh(A*c)[1])", "sum(svdvals(A*c))", "sum(svd(A*c)[0])", "sum(qr(A*c)[1])", "sum(qr(A*c)[0])", "sum(qr(A[:2]*c)[1])",
    "sum(pinv(A*c))", "sum(inv(A*c))", "sum(solve(A*c, [1, 2, 3]))", "sum(solve(eye(3), A*c))", "det(A*c)", "slogdet(A*c)[1]", "logdet(A*c)",
    "sum(expm(A*c))", "norm(A*c, 'nuc')", "norm(A*c, 2)", "norm(A*c, 'fro')", "sum(matrix_power(A*c, 3))", "sum(cholesky(A*c))", "sum(A*c @ A)",
    "sum(triangular_solve(A*c, [1, 2, 3]))", "sum(lstsq(A*c, [1, 2, 3]))", "cond(A*c, 'fro')", "sum(cholesky_solve(A*c, A))",
]  # fmt: skip


@pytest.mark.parametrize("written", OF)
@pytest.mark.parametrize("matrix", WITH.values(), ids=WITH)
def test_in_a_branch_that_was_not_taken(written, matrix):
    """To second order in every mode: only the branch that was counts."""
    given = {"A": matrix, "c": -1.5}
    for mode in MODES:
        for order, want in ((1, 3 * 1.5**2), (2, -6 * 1.5)):
            found = gradcli.grad(f"where(c > 0, {written}, c**3)", given, wrt=["c"], mode=mode, order=order)
            assert float(found.value) == (-1.5) ** 3
            assert float(found.gradient["c"]) == want


@pytest.mark.parametrize(("values", "repeated"), [
    ([1.0, 2.0, 2.0], [0, 1, 1]), ([1.0, 1.0, 2.0], [1, 1, 0]), ([1.0, 2.0, 3.0], [0, 0, 0]), ([2.0, 2.0, 2.0], [1, 1, 1]), ([-3.0, -3.0, 5.0], [1, 1, 0]),
    ([1e6, 1e6 + 1e-9, 2e6], [1, 1, 0]), ([1e-6, 1e-6 + 1e-9, 3e-6], [0, 0, 0]), ([1e-9, 1e-9, 1.0], [1, 1, 0]), ([1e-300, 1e-300, 2e-300], [1, 1, 0]),
])  # fmt: skip
def test_which_eigenvalues_are_repeated(values, repeated):
    """Relative to the size of all; a kink for those alone."""
    graph = Graph()
    matrix, out = graph.input("a", (3, 3)), graph.input("w", (3,))
    operation = factorizations._values
    assert operation.kink is not None
    found = evaluate(operation.kink(out, matrix, 0, 0), [matrix, out], [np.zeros((3, 3)), values])
    assert_array_equal(found, repeated)


def answered(expression, given, **how):
    """The derivative with respect to c, or what is said in place of an answer."""
    try:
        return float(gradcli.grad(expression, given, wrt=["c"], **how).gradient["c"])
    except NoAnswer as error:
        return error.message


@pytest.mark.parametrize("written", OF)
@pytest.mark.parametrize("matrix", WITH.values(), ids=WITH)
def test_of_a_matrix_that_moves_in_a_branch_not_taken(written, matrix):
    """Nothing moves, whatever the value: a blank tangent wins over all that is multiplied with it."""
    given = {"A": matrix, "c": -1.5}
    still = written.replace("A*c", "where(c > 0, A*c, A)").replace("A[:2]*c", "where(c > 0, A*c, A)[:2]")
    found = {answered(still, given, mode=mode, order=order) for mode in MODES for order in (1, 2)}
    try:
        gradcli.eval(still, given)
    except NoAnswer as error:
        assert found <= {error.message, "the matrix is singular: it has no inverse"}
    else:
        assert found <= {0.0, "the matrix is singular: it has no inverse"}
        assert 0.0 in found


@pytest.mark.parametrize(
    "written",
    [of.replace("A*c", "X").replace("A[:2]*c", "X[..., :2, :]") for of in OF if "A)" not in of and "norm" not in of],
)
def test_in_a_stack_beside_one_that_has_an_answer(written):
    """The matrices of a stack do not touch one another: the derivative of one is what it is alone, and 0 by the others."""
    whole = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]])
    alone = written.replace("sum(", "", 1).removesuffix(")") if written.startswith("sum(") else written
    stack = np.stack([WITH["NaN"], whole])
    for mode in MODES:
        jacobian = gradcli.jacobian(f"sum({alone.replace('X', 'x')})", {"x": whole}, mode=mode).jacobian["x"]
        beside = gradcli.jacobian(f"sum(({alone})[1])", {"X": stack}, mode=mode).jacobian["X"]
        assert_allclose(beside[1], jacobian, rtol=1e-12, atol=1e-13)
        assert_array_equal(beside[0], np.zeros((3, 3)))
