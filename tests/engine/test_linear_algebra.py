"""Matrix operations: derivatives against mpmath to 1e-12, batches, and what happens at singular matrices."""

from __future__ import annotations

import itertools
import math
from functools import reduce
from typing import Any

import numpy as np
import pytest
from graphs import MIXES, MODES, build, evaluate
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal
from references import Reference, precise, rounded

import gradcli
from gradcli.engine import derivatives as D
from gradcli.engine.functions import FUNCTIONS, Sample
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import total_over
from gradcli.engine.operations.chains import in_best_order
from gradcli.engine.sweeps import ancestors
from gradcli.errors import DataError

BOUND = 1e-12

# Well conditioned: entries from (-1, 1), with a diagonal beside which they are small, or eigenvalues apart.
WELL = {
    "det": "det(x + 4*eye(5))",
    "det beyond minors": "det(x + 4*eye(7))",
    "det of squares beyond minors": "det(x*x + 4*eye(7))",
    "slogdet": "slogdet(x - 4*eye(5))[1]",
    "logdet": "logdet(x@x.T + eye(5))",
    "inv": "inv(x + 4*eye(5))",
    "solve": "solve(x + 4*eye(5), x)",
    "triangular_solve": "triangular_solve(x + 4*eye(5), x)",
    "cholesky": "cholesky(x@x.T + 2*eye(5))",
    "cholesky_solve": "cholesky_solve(x, x + 4*eye(5))",
    "eigvalsh": "eigvalsh(x + 8*diag([1, 2, 3, 4, 5]))",
    "eigh": "eigh(x + 8*diag([1, 2, 3, 4, 5]))[1]",
    "eigenvalues of eigh": "eigh(x + 8*diag([1, 2, 3, 4, 5]))[0]",
    "svdvals": "svdvals(x + 8*diag([1, 2, 3, 4, 5]))",
    "svdvals of a tall matrix": "svdvals(vstack([x + 8*diag([1, 2, 3, 4, 5]), x, x]))",
    "svd": "svd(vstack([x + 8*diag([1, 2, 3, 4, 5]), x, x]))[2]",
    "qr": "qr(vstack([x + 4*eye(5), x]))[0]",
    "pinv": "pinv(vstack([x + 4*eye(5), x]))",
    "lstsq": "lstsq(vstack([x + 4*eye(5), x]), vstack([x, x]))",
    "expm": "expm(x)",
    "matrix_power": "matrix_power(x + 4*eye(5), -3)",
    "nuclear norm": "norm(x + 4*eye(5), 'nuc')",
    "spectral norm": "norm(x + 8*diag([1, 2, 3, 4, 5]), 2)",
    "cond": "cond(x + 8*diag([1, 2, 3, 4, 5]), 'fro')",
}


def sampled(expression: str) -> Sample:
    n = 7 if "eye(7)" in expression else 5
    return Sample(expression, {"x": ((n, n), -1.0, 1.0)})


def total(x: Node) -> Node:
    return total_over(x, tuple(range(-len(x.shape), 0)))


def close(got: Any, want: Any) -> None:
    """Relative to the largest entry, as errors of matrix operations are."""
    want = np.asarray(rounded(want))
    assert np.shape(got) == want.shape
    assert np.max(np.abs(got - want)) <= BOUND * np.max(np.abs(want))


def drawn(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, shape)


every_one = pytest.mark.parametrize("expression", WELL.values(), ids=WELL)


@every_one
def test_first_derivatives(expression):
    sample = sampled(expression)
    output, (x,), (value,) = build(sample)
    move, weight = drawn(x.shape, 1), drawn(output.shape, 2)
    graph = output.graph
    pushed = D.jvp(output, [x], [graph.constant(move)])
    (pulled,) = D.vjp(output, graph.constant(weight), [x])
    along, cotangent = evaluate([pushed, pulled], [x], [value])
    want = Reference(sample).along([precise(value)], [precise(move)])
    close(along, want)
    size = np.linalg.norm(cotangent) * np.linalg.norm(move)
    assert abs(np.sum(cotangent * move) - float(np.sum(weight * want))) <= BOUND * size


@every_one
@pytest.mark.parametrize(("first", "second"), MIXES)
def test_second_derivatives(expression, first, second):
    sample = sampled(expression)
    output, (x,), (value,) = build(sample)
    one, two, weight = drawn(x.shape, 3), drawn(x.shape, 4), drawn(output.shape, 5)
    constant = output.graph.constant
    if first == "forward":
        slope = total(D.jvp(output, [x], [constant(one)]) * constant(weight))
    else:
        slope = total(D.vjp(output, constant(weight), [x])[0] * constant(one))
    if second == "forward":
        curved = D.jvp(slope, [x], [constant(two)])
    else:
        curved = total(D.gradient(slope, None, [x])[0] * constant(two))
    got, hessian = evaluate([curved, D.gradient(slope, None, [x])[0]], [x], [value])
    want = Reference(sample).curvature([precise(value)], weight, [precise(one)], [precise(two)])
    assert abs(got - float(want)) <= BOUND * np.linalg.norm(hessian) * np.linalg.norm(two)


@every_one
def test_a_stack_is_its_matrices_one_by_one(expression):
    if "vstack" in expression or "diag(" in expression:
        pytest.skip("written for one matrix")
    n = 7 if "eye(7)" in expression else 5
    if "norm" in expression:
        expression = expression.replace("norm(", "matrix_norm(")
    values = drawn((3, n, n), 6)
    stacked = expression.replace("x.T", "x.mT")
    whole = gradcli.hessian(f"sum({stacked})", {"x": values})
    for k, value in enumerate(values):
        one = gradcli.hessian(f"sum({expression})", {"x": value})
        close(whole.gradient["x"][k], one.gradient["x"])
        close(whole.hessian["x"]["x"][k, :, :, k], one.hessian["x"]["x"])
    apart = whole.hessian["x"]["x"][0, :, :, 1]
    assert_array_equal(apart, np.zeros_like(apart))


# ---- against PyTorch -----------------------------------------------------------------------------------

THERE = {
    "det(x)": lambda torch, x: torch.linalg.det(x),
    "slogdet(x)[1]": lambda torch, x: torch.linalg.slogdet(x)[1],
    "inv(x)": lambda torch, x: torch.linalg.inv(x),
    "solve(x, x.mT)": lambda torch, x: torch.linalg.solve(x, x.mT),
    "cholesky(x@x.mT)": lambda torch, x: torch.linalg.cholesky(x @ x.mT),
    "eigvalsh(x)": lambda torch, x: torch.linalg.eigvalsh(x.tril() + x.tril(-1).mT),
    "svdvals(x)": lambda torch, x: torch.linalg.svdvals(x),
    "pinv(x)": lambda torch, x: torch.linalg.pinv(x),
    "expm(x/4)": lambda torch, x: torch.linalg.matrix_exp(x / 4),
    "matrix_norm(x, 'nuc')": lambda torch, x: torch.linalg.matrix_norm(x, "nuc"),
    "matrix_norm(x, -2)": lambda torch, x: torch.linalg.matrix_norm(x, -2),
    "matrix_norm(x, inf)": lambda torch, x: torch.linalg.matrix_norm(x, float("inf")),
    "vector_norm(x, 3.5, dim=(-2, -1))": lambda torch, x: torch.linalg.vector_norm(x, 3.5, dim=(-2, -1)),
}


@pytest.mark.parametrize("expression", THERE)
def test_first_and_second_derivatives_are_pytorchs(expression):
    torch = pytest.importorskip("torch")
    value = drawn((2, 3, 3), 7) + np.diag([4.0, 6.0, 9.0])
    x = torch.tensor(value, requires_grad=True)
    weights = torch.linspace(1.0, 2.0, 3, dtype=torch.float64)

    def weighted(x):
        out = THERE[expression](torch, x)
        return (out * (weights if out.ndim > 1 else 1.0)).sum()

    factor = "" if expression.startswith(("det", "slogdet", "matrix_norm", "vector_norm")) else " * linspace(1, 2, 3)"
    got = gradcli.hessian(f"sum({expression}{factor})", {"x": value})
    close(got.gradient["x"], torch.autograd.functional.jacobian(weighted, x).numpy())
    there = torch.autograd.functional.hessian(weighted, x).numpy()
    assert_allclose(got.hessian["x"]["x"], there, rtol=1e-9, atol=1e-11 * np.abs(there).max())


# ---- singular matrices ---------------------------------------------------------------------------------


def _cubic(matrix: np.ndarray, moves: list[np.ndarray], kept: tuple[int, ...]) -> Any:
    """The mixed derivative of det along some moves, exactly: a difference of a polynomial in their steps."""
    with mp.workdps(60):
        total = mp.mpf(0)
        step = mp.mpf(10) ** -15
        for signs in itertools.product((1, -1), repeat=len(kept)):
            moved = precise(matrix)
            for sign, which in zip(signs, kept, strict=True):
                moved = moved + sign * step * precise(moves[which])
            total += mp.fprod(signs) * mp.det(mp.matrix(moved.tolist()))
        return total / (2 * step) ** len(kept)


@pytest.mark.parametrize("rank", [8, 7, 6, 5, 4])
@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=3)), ids="-".join)
def test_determinants_of_singular_matrices_to_third_order(rank, modes):
    n = 8
    matrix = drawn((n, rank), 8) @ drawn((rank, n), 9)
    moves = [drawn((n, n), 10 + k) for k in range(3)]
    graph = Graph()
    x = graph.input("x", (n, n))
    node = FUNCTIONS["det"].build(x)
    for order, (mode, move) in enumerate(zip(modes, moves, strict=True), 1):
        t = graph.constant(move)
        node = D.jvp(node, [x], [t]) if mode == "forward" else total(D.gradient(node, None, [x])[0] * t)
        want = float(_cubic(matrix, moves, tuple(range(order))))
        assert_allclose(evaluate(node, [x], [matrix]), want, rtol=1e-11, atol=1e-12 if n - rank <= order else 1e-9)


@pytest.mark.parametrize("n", [2, 3, 5, 6, 9])
def test_the_gradient_of_a_singular_determinant_is_the_cofactors(n):
    matrix = np.arange(1.0, n * n + 1).reshape(n, n) % 7 - 3.0
    matrix[-1] = matrix[0] + matrix[1] if n > 2 else 2 * matrix[0]
    cofactors = np.array([[_cofactor(matrix, i, j) for j in range(n)] for i in range(n)])
    for mode in MODES:
        got = gradcli.jacobian("det(x)", {"x": matrix}, mode=mode).jacobian["x"]
        assert_allclose(got, cofactors, atol=1e-13 * np.abs(matrix).max() ** (n - 1) * math.factorial(n))


def _cofactor(matrix: np.ndarray, i: int, j: int) -> float:
    minor = np.delete(np.delete(matrix, i, 0), j, 1)
    return (-1) ** (i + j) * float(mp.det(mp.matrix(minor.tolist())))


def test_the_fourth_derivative_of_a_determinant():
    got = gradcli.grad("det(A + t*B)", {"A": np.zeros((6, 6)), "B": np.eye(6), "t": 0.5}, wrt=["t"], order=4)
    assert_allclose(got.gradient["t"], 360 * 0.5**2, rtol=1e-13)  # of t**6


SINGULAR = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])


@pytest.mark.parametrize(
    "expression",
    [
        "inv(A)",
        "solve(A, b)",
        "solve(A, eye(3))",
        "inv(zeros(2, 2)*A[0, 0])",
        "matrix_power(A, -1)",
        "triangular_solve(tril(A, -1), b)",
    ],
)
def test_singular_equations_are_an_error_of_the_data(expression):
    """Also where rounding has made the last pivot a little more than 0."""
    for scale in (1.0, 1e-5, 0.1, 1 / 3):
        with pytest.raises(DataError, match="singular") as caught:
            gradcli.grad(f"sum({expression})", {"A": SINGULAR * scale, "b": np.ones(3)})
        assert caught.value.status == 4


@pytest.mark.parametrize("n", [3, 8, 30])
def test_singular_is_what_rounding_could_have_made_regular(n):
    """Ones everywhere and a little more on the diagonal: the condition number of the 1-norm is about 2 (n - 1) over that."""
    epsilon = np.finfo(float).eps
    for steps, regular in ((n - 1, False), (8 * n, True)):
        matrix = np.ones((n, n)) + steps * epsilon * np.eye(n)
        for expression in ("inv(A)", "solve(A, b)"):
            given = {"A": matrix, "b": np.arange(1.0, n + 1)}
            if regular:
                assert np.isfinite(gradcli.eval(expression, given).value).all()
            else:
                for each in (given, {"A": np.stack([np.eye(n), matrix]), "b": given["b"]}):
                    with pytest.raises(DataError, match="singular"):
                        gradcli.eval(expression, each)


LEFT_OUT = {
    "inv": "sum(inv(A) @ B)", "solve": "sum(solve(A, B))", "cholesky": "sum(cholesky(A) * B)",
    "triangular": "sum(triangular_solve(tril(A, -1), B))", "power": "trace(matrix_power(A, -2))",
}  # fmt: skip
INDEFINITE = np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, -1.0]])
"""Singular, and not positive definite."""


@pytest.mark.parametrize("expression", LEFT_OUT.values(), ids=LEFT_OUT)
@pytest.mark.parametrize("mode", MODES)
def test_a_singular_matrix_in_a_branch_that_was_not_taken_contributes_nothing(expression, mode):
    """Value, gradient and Hessian are those of the branch that was taken."""
    values = {"A": INDEFINITE, "B": np.arange(9.0).reshape(3, 3), "c": -1.0}
    taken = "A[0, 0]**2 * B[0, 1] + A[2, 2]**3"
    got, want = (gradcli.grad(e, values, mode=mode) for e in (f"where(c > 0, {expression}, {taken})", f"{taken} + 0*c"))
    assert got.value == want.value
    for name in values:
        assert_allclose(got.gradient[name], want.gradient[name], rtol=1e-15, atol=0)
    slopes = [gradcli.grad(f"sum(grad({e}, A)**2)", values, mode=mode).gradient["A"] for e in (f"where(c > 0, {expression}, {taken})", taken + " + 0*c")]  # fmt: skip
    assert_allclose(*slopes, rtol=1e-15, atol=0)


def test_such_a_branch_is_checked_like_any_other():
    found = gradcli.check(
        "where(c > 0, sum(inv(A)) + sum(cholesky(A)), A[0, 1]**2)", {"A": INDEFINITE, "c": -1.0}
    ).check
    assert found.verdict == "pass"
    assert {"forward", "reverse", "sympy", "differences"} <= set(found.methods)


def test_of_a_stack_each_matrix_is_judged_by_itself():
    stack = np.stack([np.diag([2.0, 4.0]), np.ones((2, 2)), np.diag([1.0, 8.0])])
    values = {"A": stack, "c": np.array([1.0, -1.0, 1.0])}
    for mode in MODES:
        got = gradcli.grad("sum(where(c > 0, inv(A)[:, 0, 0], 0))", values, mode=mode)
        assert got.value == 1.5
        want = np.zeros((3, 2, 2))
        want[0, 0, 0], want[2, 0, 0] = -0.25, -1.0
        assert_allclose(got.gradient["A"], want, rtol=1e-15, atol=0)
        with pytest.raises(DataError, match="singular"):
            gradcli.grad("sum(where(c > -2, inv(A)[:, 0, 0], 0))", values, mode=mode)


@pytest.mark.parametrize("expression", [
    "inv(A)[0, 0] > 0", "inv(A)[0, 0] > inv(A)[0, 1]", "isnan(inv(A)).sum()", "nan_to_num(inv(A)).sum()", "0*inv(A).sum()",
    "log(-1 - sum(cholesky(A)**2))", "where(c < 0, inv(A).sum(), 0)", "where(inv(A)[0, 0] > 1e9, c, 2*c)", "sign(solve(A, [1, 2, 3]))[1]",
    "max([inv(A)[0, 0], 3.0])", "argmax(inv(A))", "floor(inv(A)[1, 1])",
])  # fmt: skip
def test_a_singular_matrix_that_counts_in_any_way_is_an_error(expression):
    with pytest.raises(DataError, match=r"singular|not positive definite") as caught:
        gradcli.eval(f"{expression} + 0*sum(A) + 0*c", {"A": INDEFINITE, "c": -1.0})
    assert (caught.value.status, caught.value.code) == (4, "singular")


def test_the_origin_of_infinity_is_looked_for_beside_a_singular_matrix():
    got = gradcli.eval("where(c > 0, inv(A).sum(), 1/(c + 1))", {"A": INDEFINITE, "c": -1.0})
    assert got.value == np.inf
    assert "1/(c + 1) is inf" in got.notes[0].message


def test_equations_that_are_badly_scaled_are_solved():
    """Small numbers do not make a matrix singular, nor does a large condition number."""
    for scale in (1e-200, 1e200):
        assert_allclose(
            gradcli.eval("solve(A, b)", {"A": np.eye(3) * scale, "b": np.ones(3)}).value, np.ones(3) / scale
        )
    hilbert = 1.0 / (np.arange(6)[:, None] + np.arange(6) + 1.0)
    want = np.array(mp.lu_solve(mp.matrix(hilbert.tolist()), mp.matrix([1] * 6)).tolist(), dtype=float)[:, 0]
    assert_allclose(gradcli.eval("solve(A, b)", {"A": hilbert, "b": np.ones(6)}).value, want, rtol=1e-8)


@pytest.mark.parametrize("units", [1e-9, 1e-20, 1e-100, 1e150])
@pytest.mark.parametrize("expression", ["inv(x)", "solve(x, [[1.0], [2.0], [-1.0]])", "slogdet(x)[1]"])
def test_the_units_of_rows_and_columns_cost_no_digits(expression, units):
    well = np.array([[3.0, -1.0, 0.5], [1.0, 2.0, -1.0], [0.25, 1.0, 4.0]])
    matrix = well * np.array([[1.0], [units], [1.0]]) * np.array([[1.0, 1.0, 1.0 / units]])
    with mp.workdps(400):
        inverse = mp.inverse(mp.matrix(matrix.tolist()))
        column = {"inv(x)": None, "solve(x, [[1.0], [2.0], [-1.0]])": inverse * mp.matrix([1, 2, -1])}.get(expression)
        moved = [
            [-inverse[i, 0] * inverse[2, j] for j in range(3)] for i in range(3)
        ]  # inv' along E_02 is -A^-1 E_02 A^-1
        if expression == "inv(x)":
            truth = moved
        elif column is None:
            truth = inverse[2, 0]
        else:
            truth = [[-inverse[i, 0] * column[2]] for i in range(3)]
        truth = np.array(truth, dtype=object).astype(float)
    along = np.zeros((3, 3))
    along[0, 2] = 1.0
    assert_allclose(gradcli.jvp(expression, {"x": matrix}, tangent={"x": along}).tangent, truth, rtol=BOUND)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_powers_of_a_matrix_beyond_float64(mode):
    """Entries that are 0 stay so beside those that are too large."""
    x = np.array([[2.0, 0.0], [0.0, 0.5]])
    found = gradcli.jacobian("matrix_power(x, 10**9)", {"x": x}, mode=mode)
    assert_array_equal(found.value, [[math.inf, 0.0], [0.0, 0.0]])
    assert_array_equal(found.jacobian["x"][0, 0], [[math.inf, 0.0], [0.0, 0.0]])
    x[:] = [[2.0, 1.0], [1.0, 2.0]]
    found = gradcli.jacobian("matrix_power(x, 3000)", {"x": x}, mode=mode)
    assert np.all(found.value == math.inf) and np.all(found.jacobian["x"] == math.inf)


def test_pinv_answers_for_a_singular_matrix():
    pinv = np.linalg.pinv(SINGULAR)
    assert_allclose(gradcli.eval("pinv(A)", {"A": SINGULAR}).value, pinv, atol=1e-14)
    for mode in MODES:  # along A itself the pseudo-inverse of t A moves by -pinv(A)
        got = gradcli.jacobian("pinv(t*A)", {"t": 1.0, "A": SINGULAR}, wrt=["t"], mode=mode).jacobian["t"]
        assert_allclose(got, -pinv, atol=1e-13)


# ---- symmetric matrices --------------------------------------------------------------------------------


def test_not_positive_definite_is_an_error():
    for matrix in ([[1.0, 2.0], [2.0, 1.0]], [[0.0]], [[-1.0]]):
        with pytest.raises(DataError, match="not positive definite") as caught:
            gradcli.grad("sum(cholesky(A))", {"A": np.array(matrix)})
        assert caught.value.status == 4


@pytest.mark.parametrize("name", ["cholesky", "eigvalsh"])
def test_only_the_lower_half_is_read(name):
    lower = np.array([[4.0, 99.0, -7.0], [1.0, 5.0, 1e9], [0.5, 2.0, 9.0]])
    symmetric = np.tril(lower) + np.tril(lower, -1).T
    got, want = (gradcli.grad(f"sum({name}(A)**3)", {"A": a}) for a in (lower, symmetric))
    assert_allclose(got.value, want.value)
    assert_allclose(got.gradient["A"], want.gradient["A"])
    assert_array_equal(np.triu(got.gradient["A"], 1), np.zeros((3, 3)))
    upper = {"cholesky": "upper=True", "eigvalsh": "UPLO='U'"}[name]
    turned = gradcli.grad(f"sum({name}(A, {upper})**3)", {"A": lower.T})
    assert_allclose(turned.gradient["A"], got.gradient["A"].T)


def test_a_repeated_eigenvalue_has_a_value_and_a_note():
    matrix = np.diag([2.0, 2.0, 5.0])
    got = gradcli.grad("sum(eigvalsh(A) * [1, 1, 3])", {"A": matrix})
    assert got.value == 19.0
    assert_allclose(got.gradient["A"], np.diag([1.0, 1.0, 3.0]), atol=1e-15)
    assert ["repeated" in note.message for note in got.notes] == [True]
    assert not gradcli.grad("eigvalsh(A)[2]", {"A": matrix}).notes


def test_the_zero_singular_values_of_a_tall_matrix_are_no_repeated_ones():
    tall = np.vstack([np.diag([1.0, 3.0]), np.zeros((4, 2))]) + 0.1 * drawn((6, 2), 20)
    results = [gradcli.hessian("sum(svdvals(A)**3)", {"A": tall}, mode=mode) for mode in MODES]
    assert not results[0].notes
    gram = gradcli.hessian("sum(eigvalsh(A.T@A)**1.5)", {"A": tall}).hessian["A"]["A"]
    for each in results:
        assert_allclose(each.hessian["A"]["A"], gram, rtol=1e-10, atol=1e-10)


def test_the_nuclear_norm_of_a_singular_matrix_moves_by_its_nonzero_singular_vectors():
    u, v = np.array([1.0, 2.0]) / 5**0.5, np.array([3.0, 4.0]) / 5.0
    got = gradcli.grad("norm(A, 'nuc')", {"A": 7.0 * np.outer(u, v)})
    assert_allclose(got.gradient["A"], np.outer(u, v), rtol=1e-13)
    assert [note.kind for note in got.notes] == ["kink"]


def test_ties_share_the_spectral_norm():
    got = gradcli.grad("norm(A, 2)", {"A": np.diag([3.0, 3.0, 1.0])})
    assert_allclose(got.gradient["A"], np.diag([0.5, 0.5, 0.0]), atol=1e-14)
    assert got.notes


# ---- factors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 2), (3, 3), (2, 4)])
def test_factors_multiply_to_the_matrix(shape):
    a = {"A": drawn(shape, 21)}
    for expression in (
        "q, r = qr(A); q @ r",
        "q, r = qr(A, mode='complete'); q @ r",
        "u, s, vh = svd(A); u @ diag(s) @ vh",
    ):
        assert_allclose(gradcli.eval(expression, a).value, a["A"], atol=1e-14)
    u, vh = (gradcli.eval(f"svd(A, full_matrices=True).{name}", a).value for name in ("U", "Vh"))
    assert_allclose(u.T @ u, np.eye(shape[0]), atol=1e-14)
    assert_allclose(vh @ vh.T, np.eye(shape[1]), atol=1e-14)


def test_what_completes_a_basis_has_no_derivative():
    a = {"A": drawn((4, 2), 22)}
    for expression in ("qr(A, mode='complete')[0]", "svd(A, full_matrices=True)[0]"):
        with pytest.raises(DataError, match="no derivative"):
            gradcli.grad(f"sum({expression})", a)
    got = gradcli.grad("sum(qr(A, mode='complete')[1])", a).gradient["A"]
    assert_allclose(got, gradcli.grad("sum(qr(A)[1])", a).gradient["A"])


# ---- chains of products --------------------------------------------------------------------------------


SHAPES = [(100, 2), (2, 100), (100, 3), (3, 50)]


def _multiplications(outputs: list[Node]) -> int:
    """What the matrix products under some nodes cost."""
    products = [node for node in ancestors(outputs) if node.operation.name == "matmul"]
    return sum(math.prod(node.shape) * node.operands[0].shape[-1] for node in products)


@pytest.mark.parametrize("how", ["multi_dot", "@"])
@pytest.mark.parametrize(
    "shapes",
    [SHAPES, [(40, 40), (40, 40), (40, 40), (40,)], [(9, 1), (1, 9), (9, 1)], [(2, 30), (30, 4), (4, 7)]],
    ids=str,
)
def test_a_chain_costs_what_the_best_order_costs(how, shapes):
    graph = Graph()
    matrices = [graph.input("x", shape) for shape in shapes]
    product = FUNCTIONS["multi_dot"].build(matrices) if how == "multi_dot" else reduce(in_best_order, matrices)
    values = [drawn(shape, k) for k, shape in enumerate(shapes)]
    want = np.linalg.multi_dot(values)
    assert product.shape == want.shape
    assert_allclose(evaluate(product, matrices, values), want, rtol=1e-12, atol=1e-12)
    if len(shapes[-1]) == 2:
        assert _multiplications([product]) == min(_costs([shapes[0][0], *(shape[1] for shape in shapes)]))


def test_a_chain_with_a_vector_is_differentiated_without_a_product_of_matrices():
    n = 30
    graph = Graph()
    *matrices, x = [graph.input("x", shape) for shape in [(n, n)] * 4 + [(n,)]]
    product = reduce(in_best_order, [*matrices, x])
    gradients = D.gradient(total(product), None, [*matrices, x])
    assert _multiplications([product, *gradients]) <= 13 * n * n


def test_products_as_written_are_the_same_up_to_rounding():
    given = {
        "A": drawn((4, 3), 30),
        "B": drawn((3, 5), 31),
        "C": drawn((5, 2), 32),
        "x": drawn((2,), 33),
        "S": drawn((2, 5, 3), 34),
    }
    a, b, c, x, stack = given.values()
    for written, want in [("A@B@C@x", a @ b @ c @ x), ("M = A@B; M@C@x", a @ b @ c @ x), ("x@C.T@B.T", x @ c.T @ b.T), ("A@B@S", a @ b @ stack),
                          ("S@B@C@x", stack @ b @ c @ x), ("A@(B@C)@x", a @ b @ c @ x), ("A@B@[C@x, C@x*2][1]", 2 * a @ b @ c @ x)]:  # fmt: skip
        assert_allclose(gradcli.eval(written, given).value, want, rtol=1e-13, atol=1e-14)
    for wrong in ("A@B@x", "A@B@3"):
        with pytest.raises(DataError):
            gradcli.eval(wrong, given)


def _costs(sizes: list[int]) -> list[int]:
    """What every order of multiplying matrices of these sizes costs."""
    if len(sizes) == 2:
        return [0]
    return [
        left + right + sizes[0] * sizes[k] * sizes[-1]
        for k in range(1, len(sizes) - 1)
        for left in _costs(sizes[: k + 1])
        for right in _costs(sizes[k:])
    ]


@pytest.mark.parametrize("size", [1e3, 1.0, 1e-3])
def test_the_nuclear_norm_knows_rounding_from_what_is_small(size):
    """Of a matrix of rank 1 the other singular value is a rounding error, whatever the matrix is measured in."""
    found = gradcli.grad("norm(x, 'nuc')", {"x": size * np.ones((2, 2))}).gradient["x"]
    assert_allclose(found, np.full((2, 2), 0.5), rtol=1e-12)
    found = gradcli.grad("norm(x, 'nuc')", {"x": size * np.diag([1.0, 1e-11])}).gradient["x"]
    assert_allclose(found, np.eye(2), atol=1e-4)
