"""Kernels of matrix operations by their definition: what blank and missing columns do, scales, and cofactors."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from graphs import evaluate
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal

import gradcli
from gradcli.engine import derivatives as D
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph
from gradcli.engine.operation import total_over
from gradcli.engine.operations import determinants, linalg, matrix_functions, ordering, running, solving, structural
from gradcli.engine.zeros import Traced
from gradcli.errors import DataError

nan, inf = math.nan, math.inf

# ---- equations -----------------------------------------------------------------------------------------------

A = np.array([[4.0, 1.0, -2.0], [1.0, 3.0, 0.5], [0.0, -1.0, 2.0]])
UNKNOWN = np.where(np.eye(3) > 0, nan, A)


def test_columns_of_zeros_win_over_a_matrix_without_an_answer():
    b = np.array([[0.0, 1.0, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0], [0.0, 2.0, -0.0, -2.0]])
    with np.errstate(all="ignore"):
        plain = solving._solve_kernel(UNKNOWN, b, linalg.PLAIN)
        won = solving._solve_kernel(UNKNOWN, b, linalg.RIGHT)
    assert np.isnan(plain).all()
    assert_array_equal(won, np.where([False, True, False, True], nan, np.zeros((3, 4))))
    assert_allclose(solving._solve_kernel(A, b, linalg.RIGHT), np.linalg.solve(A, b), rtol=1e-15)


def test_of_a_stack_each_column_wins_for_itself():
    stack, sides = np.stack([A, UNKNOWN]), np.stack([np.eye(3), np.array([[0.0, 1.0, 0.0]] * 3)])
    with np.errstate(all="ignore"):
        found = solving._solve_kernel(stack, sides, linalg.RIGHT)
    assert_allclose(found[0], np.linalg.inv(A), rtol=1e-14)
    assert_array_equal(found[1], np.where([False, True, False], nan, np.zeros((3, 3))))


@pytest.mark.parametrize("absorbing", [linalg.PLAIN, linalg.RIGHT])
def test_a_blank_column_has_a_blank_solution(absorbing):
    """A zero that was computed has not, nor where nothing absorbs."""
    b = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    blank = np.array([[True, True, False], [True, False, False], [True, True, True]])
    found = solving._trace_solve(Traced(A, False), Traced(b, blank), absorbing)
    assert_allclose(found.value, np.linalg.solve(A, b), rtol=1e-15)
    if absorbing == linalg.PLAIN:
        assert not np.any(found.blank)
        return
    assert_array_equal(np.broadcast_to(found.blank, (3, 3)), np.array([[True, False, False]] * 3))
    with np.errstate(all="ignore"):
        missing = solving._trace_solve(Traced(UNKNOWN, False), Traced(b, blank), absorbing)
    assert_array_equal(missing.value, np.where([True, False, False], 0.0, np.full((3, 3), nan)))


@pytest.mark.parametrize("size", [0.0, 1.0, 0.5, 0.999, 1.001, 3.0, 1e-300, 5e-324, 1e300, inf, nan])
def test_a_power_of_two_near_a_size(size):
    found = float(solving._power_near(np.asarray(size)))
    assert math.frexp(found)[0] == 0.5
    if not 0.0 < size < inf:
        assert found == 1.0
    elif 1e-300 <= size <= 1e300:
        assert 0.5 <= size * found < 1.0


def test_scales_bring_the_largest_of_each_row_and_column_to_one():
    """Whatever the units, which then cost an inverse no digits."""
    random = np.random.default_rng(2)
    well = random.normal(size=(2, 4, 4)) + 4 * np.eye(4)
    left, right = (10.0 ** random.integers(-80, 80, shape) for shape in ((2, 4, 1), (2, 1, 4)))
    matrix = left * well * right
    rows, columns = solving._scales(matrix)
    assert rows.shape == (2, 4, 1) and columns.shape == (2, 1, 4)
    scaled = np.abs(matrix * rows * columns)
    assert np.all(scaled < 1.0 + 1e-15) and np.all(scaled.max(-2) >= 0.5)
    want = np.linalg.inv(well) / right.swapaxes(-1, -2) / left.swapaxes(-1, -2)
    assert_allclose(solving._inverse(matrix), want, rtol=1e-11)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("lead", [(), (2,), (3, 1)])
def test_solutions_of_stacks_in_any_number(n, lead):
    random = np.random.default_rng(n)
    a, b = random.normal(size=(n, n)) + 4 * np.eye(n), random.normal(size=(*lead, n, 2))
    for left, right in ((a, b), (np.broadcast_to(a, (*lead, n, n)), b)):
        assert_allclose(solving._solved(left, right), np.linalg.solve(left, right), rtol=1e-12)


# ---- determinants --------------------------------------------------------------------------------------------


def _moved(matrix: np.ndarray, moves: list[np.ndarray], at: tuple[int, int]) -> float:
    """The mixed derivative of det along moves and one entry: a polynomial, of which a difference is exact."""
    unit = np.zeros(matrix.shape)
    unit[at] = 1.0
    directions = [*moves, unit]
    with mp.workdps(60):
        step, total = mp.mpf(10) ** -12, mp.mpf(0)
        for signs in itertools.product((1, -1), repeat=len(directions)):
            entries = [
                [
                    mp.mpf(matrix[i, j])
                    + sum(s * step * mp.mpf(d[i, j]) for s, d in zip(signs, directions, strict=True))
                    for j in range(len(matrix))
                ]
                for i in range(len(matrix))
            ]
            total += mp.fprod(signs) * mp.det(mp.matrix(entries))
        return float(total / (2 * step) ** len(directions))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("k", [0, 1, 2, 3])
@pytest.mark.parametrize("rank", [0, 1, 4])
def test_cofactors_along_directions(n, k, rank):
    """The gradient of the k-th derivative along k directions, of matrices of any rank and orientation."""
    random = np.random.default_rng(10 * n + k)
    matrix = random.normal(size=(n, n)) if rank >= n else random.normal(size=(n, rank)) @ random.normal(size=(rank, n))
    moves = [random.normal(size=(n, n)) for _ in range(k)]
    found = determinants._cofactors(matrix, *moves)
    want = [[_moved(matrix, moves, (i, j)) for j in range(n)] for i in range(n)]
    assert_allclose(found, want, rtol=1e-11, atol=1e-12 * max(1.0, np.abs(want).max()))
    turned = determinants._cofactors(matrix[::-1], *(move[::-1] for move in moves))  # rows exchanged
    assert_allclose(
        turned[::-1], np.array(want) * (-1) ** (n // 2), rtol=1e-11, atol=1e-12 * max(1.0, np.abs(want).max())
    )


def test_cofactors_of_stacks_and_of_one_matrix_along_many():
    random = np.random.default_rng(5)
    stack, moves = random.normal(size=(3, 4, 4)), random.normal(size=(3, 4, 4))
    whole = determinants._cofactors(stack, moves)
    beside = determinants._cofactors(stack[0], moves)
    for i in range(3):
        assert_allclose(whole[i], determinants._cofactors(stack[i], moves[i]), rtol=1e-11, atol=1e-13)
        assert_allclose(beside[i], determinants._cofactors(stack[0], moves[i]), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_products_of_all_but_some(n, count):
    s = np.array([2.0, -3.0, 0.5, 7.0, 0.0][:n])
    found = determinants._products_of_others(s, count)
    assert found.shape == (n,) * count
    for place in np.ndindex(found.shape):
        distinct = len(set(place)) == count
        assert found[place] == (math.prod(np.delete(s, place)) if distinct else 0.0)


@pytest.mark.parametrize("modes", list(itertools.product(("forward", "reverse"), repeat=3)), ids="-".join)
def test_third_derivatives_of_a_determinant_of_what_bends(modes):
    """Along a direction, of a matrix whose elements are squares: directions move with the point."""
    random = np.random.default_rng(6)
    at, move = random.uniform(-1.0, 1.0, (2, 6, 6))
    graph = Graph()
    x = graph.input("x", (6, 6))
    node, along = FUNCTIONS["det"].build(x * x + graph.constant(3 * np.eye(6))), graph.constant(move)
    for mode in modes:
        if mode == "forward":
            node = D.jvp(node, [x], [along])
        else:
            node = total_over(D.gradient(node, None, [x])[0] * along, (-2, -1))
    with mp.workdps(60):
        points = [[(mp.mpf(a), mp.mpf(b)) for a, b in zip(*rows, strict=True)] for rows in zip(at, move, strict=True)]
        want = mp.diff(
            lambda s: mp.det(
                mp.matrix(
                    [[(a + s * b) ** 2 + 3 * (i == j) for j, (a, b) in enumerate(row)] for i, row in enumerate(points)]
                )
            ),
            0,
            3,
        )
    assert float(evaluate(node, [x], [at])) == pytest.approx(float(want), rel=1e-11)


def test_signs_of_permutations():
    assert [determinants._sign(order) for order in itertools.permutations(range(3))] == [1, -1, -1, 1, 1, -1]


# ---- products, blocks, runs and permutations -----------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b", "looked"), [
    ((2, 512, 1024), (1024, 1), True), ((2, 511, 1024), (1024, 1), False), ((2, 32, 64), (64, 256), True), ((2, 32, 64), (64, 255), False),
    ((512, 1024), (1024, 2), False), ((2, 512, 1024), (2, 1024, 1), False),
])  # fmt: skip
def test_large_products_of_a_batch_are_looked_at_for_unit_rows(a, b, looked, monkeypatch):
    """From so many multiplications on, where the right side is one matrix for the whole batch."""
    seen = []
    monkeypatch.setattr(linalg, "_of_unit_rows", lambda rows, columns: seen.append(rows.shape))
    left, right = np.ones(a), np.ones(b)
    assert linalg._folded(left, right).shape == np.matmul(left[..., :1, :], right).shape[:-2] + (a[-2], b[-1])
    assert seen == ([(a[0] * a[1], a[2])] if looked else [])


@pytest.mark.parametrize("picked", [[], [1], [0, 2], [2, 1], [1, 1]])
def test_few_unit_rows(picked):
    seeds = np.zeros((len(picked), 3))
    seeds[np.arange(len(picked)), picked] = 2.0
    b = np.arange(1.0, 13.0).reshape(3, 4)
    assert_array_equal(linalg._of_unit_rows(seeds, b), seeds @ b)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("side", [0, 1])
def test_a_zero_that_is_a_number_does_not_win_in_a_product(mode, side):
    """Along an infinite direction: infinity times 0 is NaN, unless the 0 is that of a direction."""
    graph = Graph()
    x, y = graph.input("x", (2, 2)), graph.input("y", (2, 2))
    out = FUNCTIONS["matmul"].build(x, y)
    infinite = graph.constant(np.array([[inf, 0.0], [0.0, 0.0]]))
    moved = (x, y)[side]
    found = D.jvp(out, [moved], [infinite]) if mode == "forward" else D.vjp(out, infinite, [moved])[0]
    values = [np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([[0.0, 1.0], [2.0, 3.0]])]
    with np.errstate(all="ignore"):
        got = evaluate(found, [x, y], values)
    assert np.isnan(got[0, 0]) and np.isinf(got).sum() == 1
    assert np.count_nonzero(got == 0.0) == 2


@pytest.mark.parametrize(("moving", "sides"), [
    (-1, ["plain", "plain"]), (0, ["left", "left"]), (1, ["right", "left"]), (2, ["plain", "right"]),
])  # fmt: skip
def test_whose_zeros_win_in_a_chain(moving, sides):
    """Those of the factor that is a direction, on whichever side of a product it stands."""
    graph = Graph()
    factors = [graph.input("x", (2, 2)) for _ in range(3)]
    node = solving.chain(*factors, moving=moving)
    assert [node.operands[0].params[0], node.params[0]] == sides


@pytest.mark.parametrize(("times", "kept"), [(1.0, False), (3.0, False), (5.0, True)])
def test_what_a_pseudo_inverse_takes_for_zero(times, kept):
    """Singular values up to epsilon times the longer side, relative to the largest."""
    small = times * 2.0**-52
    matrix = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, small, 0.0, 0.0]])
    for each in (matrix, matrix.T):
        assert np.abs(gradcli.eval("pinv(x)", {"x": each}).value).max() == pytest.approx(1 / small if kept else 1.0)


def test_a_zero_of_a_solution_does_not_win():
    """Along an infinite direction of the matrix: infinity times 0 is NaN."""
    graph = Graph()
    a, b = graph.input("a", (2, 2)), graph.input("b", (2,))
    found = D.jvp(FUNCTIONS["solve"].build(a, b), [a], [graph.constant(np.array([[inf, 0.0], [0.0, 0.0]]))])
    with np.errstate(all="ignore"):
        assert np.isnan(evaluate(found, [a, b], [np.eye(2), [0.0, 1.0]])[0])


def test_an_exponential_is_blank_where_no_path_leads():
    """Of a chain 0 -> 1 -> 2 and an element by itself."""
    value = np.zeros((4, 4))
    value[0, 1], value[1, 2], value[3, 3] = 2.0, 3.0, 1.0
    found = matrix_functions._trace_expm(Traced(value, value == 0))
    reached = np.array([[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=bool)
    assert_array_equal(found.blank, ~reached)
    want = np.array([[1.0, 2.0, 3.0, 0.0], [0.0, 1.0, 3.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, math.e]])
    assert_allclose(found.value, want, rtol=1e-14)


RUNS = [
    ([1.0, 2.0, 4.0, 8.0, 16.0], [1.0, 1.0, 1.0, 1.0, 1.0], [1, 3, 7, 15, 31]),
    ([1.0, 2.0, 4.0, 8.0, 16.0], [1.0, 1.0, 2.0, 2.0, 2.0], [1, 3, 4, 12, 28]),
    ([1.0, 2.0, 4.0, 8.0, 16.0], [1.0, 2.0, 3.0, 4.0, 5.0], [1, 2, 4, 8, 16]),
    ([1.0, 2.0, 4.0], [2.0, 1.0, 1.0], [1, 2, 6]),
    ([5.0], [1.0], [5]),
    ([], [], []),
]


@pytest.mark.parametrize(("x", "extreme", "want"), RUNS, ids=str)
def test_sums_within_runs(x, extreme, want):
    x_, extreme_ = np.array(x), np.array(extreme)
    assert_array_equal(running._summed_in_runs(x_, extreme_), want)
    both = running._summed_in_runs(np.stack([x_, 2 * x_]), extreme_)
    assert_array_equal(both, [want, 2 * np.array(want)])
    wide = running._summed_in_runs(x_, np.stack([extreme_, np.arange(float(len(x)))]))
    assert_array_equal(wide, [want, x])
    back = running._reversed_sum_in_runs(x_[::-1].copy(), extreme_[::-1].copy())
    assert_array_equal(back[::-1], want)


TIED = [
    # x, along or against it, the mean of those that tie so far, and its transpose
    ([3.0, 1.0, 3.0, 5.0], [1.0, 10.0, 2.0, 4.0], [1.0, 1.0, 1.5, 4.0], [12.0, 0.0, 1.0, 4.0]),
    ([1.0, 1.0, 1.0], [3.0, 6.0, 9.0], [3.0, 4.5, 6.0], [9.0, 6.0, 3.0]),
    ([1.0, nan, 2.0], [1.0, 2.0, 3.0], [1.0, nan, nan], [nan, nan, nan]),
    ([nan, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
    ([1.0, nan, 2.0], [1.0, 0.0, 0.0], [1.0, nan, nan], [1.0, 0.0, 0.0]),
    ([nan, 1.0], [-1.0, 0.0], [nan, nan], [nan, 0.0]),
    ([1.0, nan, 2.0], [0.0, 0.0, 5.0], [0.0, 0.0, nan], [nan, nan, nan]),
]


@pytest.mark.parametrize(("x", "t", "mean", "shares"), TIED, ids=str)
def test_what_ties_with_a_running_extreme_shares_its_derivative(x, t, mean, shares):
    at, moved = np.array(x), np.array(t)
    extreme = np.maximum.accumulate(at)
    assert_array_equal(running._averaged(moved, at, extreme), mean)
    assert_array_equal(running._shared_out(moved, at, extreme), shares)
    matrix = np.array([running._averaged(unit, at, extreme) for unit in np.eye(len(x))])
    if not np.isnan(matrix).any():
        assert_allclose(matrix @ moved, shares, rtol=1e-15)  # one is the transpose of the other


@pytest.mark.parametrize(
    ("x", "want"),
    [
        ([1.0, 1.0, 1.0], [1, 1, 1]),
        ([1.0, 2.0, 2.0], [0, 1, 1]),
        ([1.0, 1.0, 2.0], [1, 1, 0]),
        ([1.0, 2.0], [0, 0]),
        ([3.0], [0]),
        ([nan, nan], [0, 0]),
    ],
)
def test_ties_with_a_neighbour(x, want):
    assert_array_equal(ordering._ties(np.array(x)), want)


TIES = [
    ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 2.0, 3.0], [1.5, 1.5, 3.0, 4.0]), ([1.0, 2.0, 6.0, 4.0], [1.0, 1.0, 1.0, 3.0], [3.0, 3.0, 3.0, 4.0]),
    ([1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]), ([1.0, 2.0, 3.0, 5.0], [0.0, 0.0, 3.0, 3.0], [1.5, 1.5, 4.0, 4.0]),
    ([1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, nan], [nan] * 4), ([0.0] * 4, [0.0, 1.0, 2.0, nan], [0.0] * 4), ([1.0, 2.0, 3.0, 6.0], [5.0] * 4, [3.0] * 4), ([0.0, -1.0, 0.0, 0.0], [0.0, 0.0, nan, nan], [nan] * 4),
]  # fmt: skip


def test_ties_of_an_order_share():
    """Each run of equal numbers has its mean; alone, in a stack, and where either lacks the stack."""
    for t, ordered, want in TIES:
        assert_array_equal(ordering._tied(np.array(t), np.array(ordered)), want)
    t, ordered, want = (np.array(column) for column in zip(*TIES, strict=True))
    assert_array_equal(ordering._tied(t, ordered), want)
    assert_array_equal(ordering._tied(t[:1], ordered[:4])[[0, 2]], np.array(want)[[0, 2]])
    many = ordering._tied(np.stack([t, 2 * t]), ordered)
    assert_array_equal(many, [want, 2 * want])


@pytest.mark.parametrize(
    ("x", "kinks"),
    [
        ([1.0, 3.0, 3.0, 2.0], [0, 0, 1, 1]),
        ([2.0, 1.0, 2.0, 3.0], [0, 0, 1, 0]),
        ([1.0, 2.0, 3.0], [0, 0, 0]),
        ([5.0, 5.0], [0, 1]),
    ],
)
def test_where_a_running_extreme_has_a_kink(x, kinks):
    """Where two or more tie with it so far."""
    for operation, sign in ((running.highest_so_far, 1.0), (running.lowest_so_far, -1.0)):
        node = Graph().input("x", (len(x),))
        assert operation.kink is not None
        assert_array_equal(evaluate(operation.kink(operation(node), node), [node], [sign * np.array(x)]), kinks)


def test_permutations_are_simplified():
    """That of all axes to their places is none, and two are one."""
    x = Graph().input("x", (2, 3, 4))
    transpose = FUNCTIONS["transpose"].build
    assert transpose(x, (0, 1, 2)) is x
    assert FUNCTIONS["moveaxis"].build(x, (0,), (0,)) is x
    assert FUNCTIONS["swapaxes"].build(x, 1, 1) is x
    assert transpose(transpose(x)) is x
    assert structural.swap_last(structural.swap_last(x)) is x
    turned = transpose(transpose(x, (1, 2, 0)), (1, 2, 0))
    assert turned.operands == (x,) and turned.shape == (4, 2, 3)
    assert structural.swap_last(transpose(x)).shape == (4, 2, 3)


def test_a_stack_of_matrices_has_one_exponential_each():
    random = np.random.default_rng(7)
    stack = random.normal(size=(2, 3, 3))
    stack[1, 0, 0] = nan
    found = gradcli.eval("expm(x)", {"x": stack}).value
    assert np.isnan(found[1]).all() and np.isfinite(found[0]).all()


def test_powers_need_a_square_matrix():
    for expression in (
        "matrix_power(x, 2)",
        "inv(x)",
        "det(x)",
        "expm(x)",
        "cholesky(x)",
        "logdet(x)",
        "slogdet(x)[0]",
        "eigvalsh(x)",
        "solve(x, x)",
        "cond(x, 1)",
    ):
        for shape in ((2, 3), (3,), (2, 3, 2)):
            with pytest.raises(DataError, match="square"):
                gradcli.eval(expression, {"x": np.ones(shape)})


# ---- beside each other ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 6])
def test_determinants_of_a_stack_of_any_size(size):
    stack = np.random.default_rng(1).normal(size=(2, 3, size, size))
    found = gradcli.grad("det(x)", {"x": stack}, grad_outputs=np.ones((2, 3)))
    assert_allclose(found.value, np.linalg.det(stack), rtol=1e-12)
    want = np.linalg.det(stack)[..., None, None] * np.swapaxes(np.linalg.inv(stack), -1, -2)
    assert_allclose(found.gradient["x"], want, rtol=1e-10)


def test_a_direction_of_zeros_wins_over_a_matrix_that_is_not_finite():
    """In any place, of each matrix for itself; and a zero that was computed does not."""
    a = np.stack([np.eye(6), np.full((6, 6), inf)])
    none, some = np.zeros((2, 6, 6)), np.ones((2, 6, 6))
    with np.errstate(all="ignore"):
        for directions in ((none,), (none, some), (some, none)):
            assert_array_equal(determinants._cofactors(a, *directions), none)
        assert np.isnan(determinants._cofactors(a, some)[1]).all()
        assert np.isfinite(determinants._cofactors(a, some)[0]).all()
        computed = determinants._trace_cofactors(Traced(a, False), Traced(none, False))
        blank = determinants._trace_cofactors(Traced(a, False), Traced(none, True))
    assert np.isnan(computed.value[1]).all()
    assert not np.any(computed.blank)
    assert_array_equal(blank.value, none)
    assert np.all(blank.blank)


def test_an_exponential_beyond_float64_leaves_what_no_path_leads_to():
    """Of a matrix made of blocks, what is between blocks stays 0."""
    a = np.zeros((3, 3))
    a[:2, :2] = [[800.0, -900.0], [1e308, 1e308]]
    with np.errstate(all="ignore"):
        found = matrix_functions._expm_kernel(a)
        assert np.isnan(found[:2, :2]).any()
        assert_array_equal(found[2, :2], [0.0, 0.0])
        assert_array_equal(found[:2, 2], [0.0, 0.0])
        traced = matrix_functions._trace_expm(Traced(a, a == 0))
    assert_array_equal(traced.blank, [[False, False, True], [False, False, True], [True, True, False]])


def test_rows_with_one_entry_are_scaled_by_it():
    b = np.arange(6.0).reshape(3, 2)
    for entries in ([1.0, 1.0], [0.5, -2.0], [1.0, 0.25]):
        rows = np.array([[0.0, entries[0], 0.0], [entries[1], 0.0, 0.0]])
        assert_array_equal(linalg._of_unit_rows(rows, b), rows @ b)


def _polynomial(sympy, matrix):
    """The determinant of a matrix of polynomials with an even number of rows, by arithmetic of polynomials alone."""
    domain = sympy.polys.matrices.DomainMatrix.from_Matrix(matrix)
    return domain.domain.to_sympy(domain.charpoly()[-1])


@pytest.mark.parametrize(
    "modes", [("forward",) * 3, ("reverse", "forward", "forward"), ("forward", "forward", "reverse")]
)
def test_third_derivatives_of_a_determinant_along_different_directions(modes):
    """It is a polynomial of the matrices, which SymPy has exactly."""
    sympy = pytest.importorskip("sympy")
    random = np.random.default_rng(2)
    a, *along = (random.integers(-3, 4, (6, 6)).astype(float) for _ in range(4))
    symbols = sympy.symbols("r s t")
    moved = sum(
        (s * sympy.Matrix(d.astype(int)) for s, d in zip(symbols, along, strict=True)), sympy.Matrix(a.astype(int))
    )
    want = sympy.diff(_polynomial(sympy, moved), *symbols).subs(dict.fromkeys(symbols, 0))
    graph = Graph()
    x = graph.input("x", (6, 6))
    node = FUNCTIONS["det"].build(x)
    for mode, direction in zip(modes, along, strict=True):
        move = graph.constant(direction)
        node = (
            D.jvp(node, [x], [move])
            if mode == "forward"
            else total_over(D.vjp(node, graph.constant(1.0), [x])[0] * move, (-2, -1))
        )
    assert float(evaluate(node, [x], [a])) == pytest.approx(float(want), rel=1e-10)


def test_negative_elements_lead_somewhere_too():
    a = np.array([[nan, -1.0, 0.0], [0.0, 1.0, 0.0], [0.0, -2.0, 1.0]])
    found = matrix_functions._expm_kernel(a)
    assert_array_equal(np.isnan(found), [[True, True, False], [False, True, False], [False, True, True]])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_third_derivatives_of_a_determinant_whose_directions_move(mode):
    """Of a path of matrices that bends: all of a derivative's operands move with it."""
    sympy = pytest.importorskip("sympy")
    random = np.random.default_rng(5)
    given = {name: random.integers(-2, 3, (6, 6)).astype(float) for name in "abc"}
    s = sympy.Symbol("s")
    a, b, c = (sympy.Matrix(each.astype(int)) for each in given.values())
    want = sympy.diff(_polynomial(sympy, a + s * b + s**2 * c), s, 3).subs(s, 1)
    found = gradcli.grad("det(a + s*b + s^2*c)", given | {"s": 1.0}, wrt=["s"], order=3, mode=mode).gradient["s"]
    assert float(found) == pytest.approx(float(want), rel=1e-9)


SMALL_BESIDE_LARGE = [
    [[-2.574, -1.789], [-2e10, -40.0]], [[-1e-160, 1e-200], [1e200, 1e30]], [[1.0, 1.0], [1.0, 1e-130]],
    [[1600.0, 1e10, 1600.0], [1.633, 0.467, 0.0049], [400.0, 1.8, 4e-11]], [[1.0, 2.0, 0.0], [1e-9, 1e-18, 3.0], [4.0, 1.0, 1e-12]],
]  # fmt: skip


@pytest.mark.parametrize("matrix", SMALL_BESIDE_LARGE, ids=str)
def test_what_is_nothing_beside_other_elements_of_an_inverse_keeps_its_digits(matrix):
    """Elimination alone loses them: it is right for the inverse as a whole."""
    with mp.workdps(500):
        want = np.array((mp.matrix(matrix) ** -1).tolist(), dtype=float)
    assert_allclose(solving._inverse(np.array(matrix)), want, rtol=1e-14)
