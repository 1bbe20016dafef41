"""Sparse Jacobians and Hessians: patterns that miss nothing, colourings that mix nothing, and dense truth."""

from __future__ import annotations

import types
from collections.abc import Sequence

import numpy as np
import pytest
from graphs import apply, arity, build, elementwise_operations, evaluate, sample_ids, samples
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from gradcli import limits
from gradcli.engine import derivatives as D
from gradcli.engine.direct import Answer
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import reshape_to, total_over
from gradcli.engine.operations.elementary import exp, sin
from gradcli.engine.operations.indexing import index
from gradcli.engine.sparsity import colouring as C
from gradcli.engine.sparsity import compressed, pattern
from gradcli.engine.sparsity.compressed import Compressed, sparse_hessian, sparse_jacobian
from gradcli.engine.sparsity.pattern import Slots, Table
from gradcli.engine.sparsity.spread import Entries, entries
from gradcli.errors import DataError, LimitError

SAMPLES = samples()
MODES = (None, "forward", "reverse")


def call(name: str, *args):
    return FUNCTIONS[name].build(*args)


def summed(node: Node) -> Node:
    return total_over(node, tuple(range(-len(node.shape), 0)))


def feeds(inputs: Sequence[Node], values: Sequence[np.ndarray]) -> dict[Node, np.ndarray]:
    return {x: np.asarray(value, dtype=float) for x, value in zip(inputs, values, strict=True)}


def matrix(problem: Compressed, answer: Answer) -> np.ndarray:
    """What was found, with zeros elsewhere."""
    whole = np.zeros(problem.entries.shape)
    whole[problem.entries.row, problem.entries.col] = answer.derivatives[-1]
    return whole


def dense_jacobian(output: Node, inputs: Sequence[Node], values: Sequence[np.ndarray]) -> np.ndarray:
    found = evaluate([D.jacobian(output, x) for x in inputs], inputs, values)
    return np.hstack([each.reshape(output.size, -1) for each in found])


def dense_hessian(output: Node, inputs: Sequence[Node], values: Sequence[np.ndarray]) -> np.ndarray:
    slopes = D.gradient(output, None, inputs)
    return np.vstack([dense_jacobian(slope, inputs, values) for slope in slopes])


def assert_sorted(found: Entries) -> None:
    keys = found.row.astype(np.int64) * max(1, found.shape[1]) + found.col
    assert (np.diff(keys) > 0).all()


def assert_jacobian_is_dense(
    output: Node, inputs: Sequence[Node], values: Sequence[np.ndarray], tolerance: float = 1e-12
):
    wanted = dense_jacobian(output, inputs, values)
    for mode in MODES:
        problem = sparse_jacobian(output, inputs, mode)
        assert_sorted(problem.entries)
        answer = problem.solve(feeds(inputs, values))
        assert_allclose(matrix(problem, answer), wanted, rtol=tolerance, atol=tolerance)
        assert problem.colours <= (output.size if problem.mode == "reverse" else sum(x.size for x in inputs))


def assert_hessian_is_dense(
    output: Node, inputs: Sequence[Node], values: Sequence[np.ndarray], tolerance: float = 1e-9
):
    wanted = dense_hessian(output, inputs, values)
    for mode in MODES:
        problem = sparse_hessian(output, inputs, mode)
        assert_sorted(problem.entries)
        answer = problem.solve(feeds(inputs, values))
        assert_allclose(matrix(problem, answer), wanted, rtol=tolerance, atol=tolerance)
        slopes = np.concatenate([each.reshape(-1) for each in answer.derivatives[:-1]])
        gradient = evaluate(D.gradient(output, None, inputs), inputs, values)
        assert_allclose(slopes, np.concatenate([each.reshape(-1) for each in gradient]), rtol=1e-12, atol=1e-13)


# ---- every operation -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "sample"), SAMPLES, ids=sample_ids(SAMPLES))
def test_every_function_has_a_pattern_that_misses_nothing(function, sample):
    output, inputs, values = build(sample)
    assert_jacobian_is_dense(output, inputs, values)
    assert_hessian_is_dense(summed(sin(output)), inputs, values)


@pytest.mark.parametrize("name", sorted(elementwise_operations()))
def test_elementwise_operations_are_diagonal(name):
    operation = elementwise_operations()[name]
    if name in ("constant_power", "power_slope"):
        pytest.skip("takes parameters")
    n = 4
    graph = Graph()
    inputs = [graph.input(f"x{i}", (n,)) for i in range(arity(operation))]
    found = entries([operation(*inputs)], inputs)
    diagonal = np.arange(n)
    moving = [i for i, rule in enumerate(operation.rules) if rule is not None]
    expected = sorted((int(k), int(k) + n * i) for i in moving for k in diagonal)
    assert list(zip(found.row.tolist(), found.col.tolist(), strict=True)) == expected


def test_steps_and_comparisons_contribute_nothing():
    output, (x,) = apply(elementwise_operations()["floor"], [np.zeros(3)])
    assert entries([output], [x]).count == 0
    graph = Graph()
    x = graph.input("x", (4,))
    assert entries([call("argsort", x)], [x]).count == 0
    assert entries([call("detach", x) * x], [x]).count == 4


# ---- random expressions ----------------------------------------------------------------------------------

UNARY = ("sin", "tanh", "square", "floor", "relu", "abs", "detach", "cumsum", "flip", "sort", "softmax", "logsumexp")
BINARY = ("add", "multiply", "maximum", "less")


@st.composite
def expressions(draw) -> tuple[Node, list[Node], list[np.ndarray]]:
    """A random graph on two variables: slices, sums, gathers, joins, products of matrices, anything elementwise."""
    n = draw(st.integers(2, 7))
    graph = Graph()
    x, y = graph.input("x", (n,)), graph.input("y", (n, 2))
    pool = [x, y, sin(x), graph.constant(np.linspace(-1, 1, n))]
    for _ in range(draw(st.integers(1, 8))):
        a = draw(st.sampled_from(pool))
        kind = draw(st.sampled_from(("unary", "binary", "slice", "sum", "gather", "join", "matmul", "repeat")))
        size = a.shape[0] if a.shape else 0
        if kind == "unary":
            name = draw(st.sampled_from(UNARY))
            made = call(name, a) if a.shape or name not in ("cumsum", "flip", "sort", "softmax") else a
        elif kind == "binary":
            b = draw(st.sampled_from([each for each in pool if each.shape in ((), a.shape)] or [a]))
            made = call(draw(st.sampled_from(BINARY)), a, b)
        elif kind == "slice" and size:
            low = draw(st.integers(0, size - 1))
            step = draw(st.sampled_from((1, 2, -1)))
            made = index(a, (slice(low, None, step),))
        elif kind == "sum" and size:
            made = total_over(a, (-len(a.shape),))
        elif kind == "gather" and size:
            picks = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=6))
            made = index(a, (np.array(picks),))
        elif kind == "join" and size:
            made = call("concatenate", [a, index(a, (slice(None, None, -1),))])
        elif kind == "matmul" and len(a.shape) == 2:
            made = call("matmul", call("transpose", a), a)
        else:
            made = call("outer", reshape_to(a, (a.size,)), reshape_to(a, (a.size,))) if a.size < 6 else a
        if 0 < made.size <= 60:
            pool.append(made)
    seed = draw(st.integers(0, 2**16))
    random = np.random.default_rng(seed)
    return pool[-1], [x, y], [random.uniform(-2, 2, x.shape), random.uniform(-2, 2, y.shape)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(expressions())
def test_sparse_is_dense_for_random_expressions(case):
    output, inputs, values = case
    assert_jacobian_is_dense(output, inputs, values, 1e-9)
    scale = np.abs(evaluate(output, inputs, values)).max(initial=0.0)
    if scale < 1e3:
        assert_hessian_is_dense(summed(sin(output)), inputs, values, 1e-6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(expressions())
def test_tables_and_slots_say_the_same(case):
    output, inputs, _ = case
    slots = entries([output], inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pattern, "MOST_SLOTS", 0)
        patch.setattr(pattern, "SMALL", 0)
        tables = entries([output], inputs)
    assert slots.shape == tables.shape
    assert_array_equal(slots.row, tables.row)
    assert_array_equal(slots.col, tables.col)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(expressions())
def test_slots_one_at_a_time_say_the_same(case):
    output, inputs, _ = case
    sorted_ = entries([output], inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pattern, "MOST_SLOTS", 10**6)
        patch.setattr(pattern, "SMALL", 0)
        found = entries([output], inputs)
    assert_array_equal(sorted_.row, found.row)
    assert_array_equal(sorted_.col, found.col)


# ---- problems whose matrices are known by hand -------------------------------------------------------------


def rosenbrock(x: Node) -> Node:
    ahead, behind = index(x, (slice(1, None),)), index(x, (slice(None, -1),))
    square = FUNCTIONS["square"].build
    return summed(100.0 * square(ahead - square(behind)) + square(1.0 - behind))


def stencil(x: Node) -> Node:
    middle = index(x, (slice(1, -1),))
    return index(x, (slice(2, None),)) - 2.0 * middle + index(x, (slice(None, -2),)) + sin(middle)


def laplacian(u: Node) -> Node:
    inner, up, down = slice(1, -1), slice(2, None), slice(None, -2)
    middle = index(u, (inner, inner))
    sides = [index(u, key) for key in ((up, inner), (down, inner), (inner, up), (inner, down))]
    return sides[0] + sides[1] + sides[2] + sides[3] - 4.0 * middle + exp(middle)


def scipy_matrix(problem: Compressed, answer: Answer):
    sparse = pytest.importorskip("scipy.sparse")
    found = problem.entries
    return sparse.coo_array((answer.derivatives[-1], (found.row, found.col)), shape=found.shape).tocsr()


@pytest.mark.parametrize("n", [2, 3, 4, 50, 20_000])
def test_the_chained_rosenbrock_hessian(n):
    sparse = pytest.importorskip("scipy.sparse")
    graph = Graph()
    x = graph.input("x", (n,))
    at = np.linspace(-1.5, 1.5, n)
    problem = sparse_hessian(rosenbrock(x), [x])
    answer = problem.solve({x: at})
    diagonal = np.zeros(n)
    diagonal[:-1] += 1200 * at[:-1] ** 2 - 400 * at[1:] + 2
    diagonal[1:] += 200
    off = -400 * at[:-1]
    wanted = sparse.diags_array([off, diagonal, off], offsets=[-1, 0, 1]).tocsr()
    assert problem.entries.count == 3 * n - 2
    assert problem.colours == min(n, 3)
    assert abs(scipy_matrix(problem, answer) - wanted).max() < 1e-9


@pytest.mark.parametrize("n", [3, 4, 5, 50, 20_000])
def test_the_three_point_stencil_jacobian(n):
    sparse = pytest.importorskip("scipy.sparse")
    graph = Graph()
    x = graph.input("x", (n,))
    at = np.linspace(-1.5, 1.5, n)
    problem = sparse_jacobian(stencil(x), [x])
    answer = problem.solve({x: at})
    ones = np.ones(n - 2)
    wanted = sparse.diags_array([ones, np.cos(at[1:-1]) - 2, ones], offsets=[0, 1, 2], shape=(n - 2, n)).tocsr()
    assert problem.entries.count == 3 * (n - 2)
    assert problem.colours == min(3, n - 2)  # a single row is found by one seed, in reverse
    assert abs(scipy_matrix(problem, answer) - wanted).max() < 1e-12


@pytest.mark.parametrize("shape", [(3, 3), (4, 7), (40, 33)])
def test_the_five_point_laplacian_jacobian(shape):
    sparse = pytest.importorskip("scipy.sparse")
    graph = Graph()
    u = graph.input("u", shape)
    at = np.linspace(-1, 1, shape[0] * shape[1]).reshape(shape)
    problem = sparse_jacobian(laplacian(u), [u])
    answer = problem.solve({u: at})
    places = np.arange(u.size).reshape(shape)
    centre = places[1:-1, 1:-1].reshape(-1)
    rows = np.arange(len(centre))
    wanted = sparse.csr_array((len(centre), u.size))
    for step in (shape[1], -shape[1], 1, -1):
        wanted = wanted + sparse.csr_array((np.ones(len(centre)), (rows, centre + step)), shape=wanted.shape)
    middle = np.exp(at[1:-1, 1:-1].reshape(-1)) - 4
    wanted = wanted + sparse.csr_array((middle, (rows, centre)), shape=wanted.shape)
    assert problem.entries.count == 5 * len(centre)
    assert problem.colours == {(3, 3): 1, (4, 7): 4, (40, 33): 5}[shape]  # rows, by reverse, where these are few
    assert abs(scipy_matrix(problem, answer) - wanted).max() < 1e-12


@pytest.mark.parametrize("shape", [(30, 20), (9, 8, 7)])
def test_a_grid_that_was_flattened_is_coloured_as_a_grid(shape):
    graph = Graph()
    x = graph.input("x", (int(np.prod(shape)),))
    u = reshape_to(x, shape)
    inner = (slice(1, -1),) * len(shape)
    star = index(u, inner)
    for axis in range(len(shape)):
        for shifted in (slice(2, None), slice(None, -2)):
            star = star + index(u, (*inner[:axis], shifted, *inner[axis + 1 :]))
    problem = sparse_jacobian(sin(star), [x])
    assert problem.colours == (5 if len(shape) == 2 else 7)
    assert_jacobian_is_dense(sin(star), [x], [np.linspace(-1, 1, x.size)])


def test_jax_agrees():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    at = np.linspace(-1.0, 1.3, 12)
    graph = Graph()
    x = graph.input("x", (12,))
    problem = sparse_hessian(rosenbrock(x), [x])
    found = matrix(problem, problem.solve({x: at}))
    truth = jax.hessian(lambda v: (100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2).sum())(at)
    assert_allclose(found, np.asarray(truth), rtol=1e-12, atol=1e-10)


# ---- representations ---------------------------------------------------------------------------------------


def test_work_does_not_grow_faster_than_the_band():
    """Slots, not tables, and as many of them whatever the size."""
    for n in (10_000, 40_000):
        graph = Graph()
        x = graph.input("x", (n,))
        (slope,) = D.gradient(rosenbrock(x), None, [x])
        from gradcli.engine.sparsity.spread import spread

        (found,) = spread([slope], [x])
        assert isinstance(found, Slots)
        assert len(found.array) == 3


def test_an_arrow_is_a_table_and_its_hessian_takes_two_colours():
    from gradcli.engine.sparsity.spread import spread

    n = 5_000
    graph = Graph()
    x = graph.input("x", (n,))
    f = index(x, (0,)) * summed(sin(x)) + summed(exp(x))
    (found,) = spread(D.gradient(f, None, [x]), [x])
    assert isinstance(found, Table)
    problem = sparse_hessian(f, [x])
    assert problem.colours == 2
    assert problem.entries.count == 3 * n - 2
    at = np.linspace(-1, 1, n)
    answer = problem.solve({x: at})
    row, col, data = problem.entries.row, problem.entries.col, answer.derivatives[-1]
    first = (row == 0) & (col > 0)
    assert_allclose(data[first], np.cos(at[1:]), rtol=1e-12)
    assert_allclose(data[(col == 0) & (row > 0)], np.cos(at[1:]), rtol=1e-12)
    diagonal = np.exp(at) - at[0] * np.sin(at)
    diagonal[0] += 2 * np.cos(at[0])
    assert_allclose(data[row == col], diagonal, rtol=1e-11, atol=1e-12)


def test_when_everything_hangs_on_everything_there_is_a_colour_for_each():
    graph = Graph()
    x = graph.input("x", (30,))
    problem = sparse_hessian(call("logsumexp", x), [x])
    assert problem.entries.count == 900
    assert problem.colours == 30
    assert_hessian_is_dense(call("logsumexp", x), [x], [np.linspace(-1, 1, 30)])


def test_a_dense_matrix_between_is_no_more_work_than_its_entries():
    """The gradient of |A x|² is made from n rows of n columns each for every element: n³ in all, n² entries."""
    n = 700
    graph = Graph()
    x = graph.input("x", (n,))
    a = graph.constant(np.random.default_rng(0).uniform(1, 2, (n, n)))
    residual = call("matmul", a, x)
    problem = sparse_hessian(summed(residual * residual), [x])
    assert problem.full
    assert problem.colours == n


def test_too_many_entries_are_an_error_before_memory_is_taken():
    graph = Graph()
    x = graph.input("x", (100_000,))
    with pytest.raises(LimitError, match="entries"):
        sparse_hessian(call("logsumexp", x), [x])
    with pytest.raises(LimitError, match="entries"):
        sparse_jacobian(call("cumsum", x), [x])
    with limits.overridden({"elements": 200}), pytest.raises(LimitError, match="entries"):
        graph = Graph()
        y = graph.input("y", (20,))
        sparse_jacobian(call("softmax", y), [y])


def test_zeros_of_a_constant_matrix_count_for_nothing():
    graph = Graph()
    x = graph.input("x", (6,))
    band = np.eye(6) + np.eye(6, k=1)
    found = entries([call("matmul", graph.constant(band), x)], [x])
    assert_array_equal((found.row, found.col), np.nonzero(band))


ALONG_AN_AXIS = [name for name in ("softmax", "log_softmax", "cumsum", "sort", "max", "min", "logsumexp", "std", "flip", "prod", "argsort", "cumprod", "median") if name in FUNCTIONS]  # fmt: skip


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("name", ALONG_AN_AXIS)
def test_functions_along_an_axis_mix_that_axis_alone(name, axis):
    """On three axes, whichever it is: the others are a batch, and nothing is mixed along them."""
    graph = Graph()
    x = graph.input("x", (2, 3, 4))
    output = call(name, x, axis)
    values = [np.random.default_rng(4).uniform(0.5, 2, x.shape)]
    assert_jacobian_is_dense(output, [x], values)
    assert_hessian_is_dense(summed(sin(output)), [x], values)
    found = entries([output], [x])
    rest = [each for each in range(3) if each != axis]
    reduced = len(output.shape) == 2
    columns = np.stack(np.unravel_index(found.col, x.shape))[rest]
    rows = np.stack(np.unravel_index(found.row, output.shape))[[0, 1] if reduced else rest]
    assert_array_equal(rows, columns)


@pytest.mark.parametrize("name", ["inv", "det", "cholesky", "pinv", "logdet", "eigvalsh", "matmul", "solve"])
def test_stacks_of_matrices(name):
    graph = Graph()
    x = graph.input("x", (2, 3, 3))
    values = [np.random.default_rng(4).uniform(0, 1, x.shape)]
    symmetric = x + call("swapaxes", x, 1, 2) + graph.constant(np.diag([8.0, 11.0, 15.0]))
    output = call(name, symmetric, symmetric) if name in ("matmul", "solve") else call(name, symmetric)
    assert_jacobian_is_dense(output, [x], values, 1e-10)
    assert_hessian_is_dense(summed(sin(output)), [x], values, 1e-8)


def test_a_batch_of_matrices_stays_apart():
    graph = Graph()
    a = graph.input("a", (3, 2, 2))
    found = entries([call("inv", a)], [a])
    assert_array_equal(found.row // 4, found.col // 4)
    assert found.count == 3 * 16


# ---- colours -------------------------------------------------------------------------------------------------


@st.composite
def patterns(draw) -> Entries:
    rows, columns = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    chosen = draw(st.sets(st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1)), max_size=50))
    pairs = np.array(sorted(chosen), dtype=np.int32).reshape(-1, 2)
    return Entries((rows, columns), pairs[:, 0], pairs[:, 1])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(patterns(), st.booleans())
def test_columns_of_one_colour_meet_in_no_row(found, greedy):
    if greedy:
        coloured = C._greedy(found)
    else:
        coloured = C.column_colouring(found, [(found.shape[1],)])
    seen = set(zip(found.row.tolist(), coloured.colours[found.col].tolist(), strict=True))
    assert len(seen) == found.count
    assert coloured.colours.max(initial=-1) < coloured.count or not found.count


@settings(max_examples=200, deadline=None, derandomize=True)
@given(patterns())
def test_a_symmetric_matrix_follows_from_its_colours(found):
    size = max(found.shape)
    both = {(int(i), int(j)) for i, j in zip(found.row, found.col, strict=True)}
    both |= {(j, i) for i, j in both}
    pairs = np.array(sorted(both), dtype=np.int32).reshape(-1, 2)
    whole = Entries((size, size), pairs[:, 0], pairs[:, 1])
    coloured = C.symmetric_colouring(whole, [(size,)])
    values = np.random.default_rng(3).uniform(1, 2, (size, size))
    values = np.where(np.isin(np.arange(size * size).reshape(size, size), pairs @ [size, 1]), values + values.T, 0)
    products = np.stack([values @ (coloured.colours == k) for k in range(coloured.count)] or [np.zeros(size)])
    col, row = whole.col, whole.row
    if coloured.mirrored is not None:
        col, row = compressed._mirrored(col, row, coloured.mirrored)
    assert_allclose(products[coloured.colours[col], row], values[whole.row, whole.col])


def test_several_variables_share_colours_where_they_can():
    graph = Graph()
    x, y = graph.input("x", (50,)), graph.input("y", (50,))
    apart = sparse_jacobian(call("concatenate", [sin(x), exp(y)]), [x, y])
    assert apart.colours == 1
    together = sparse_jacobian(sin(x) * y, [x, y])
    assert together.colours in (1, 2)
    assert together.mode == "reverse" if together.colours == 1 else together.mode == "forward"
    assert sparse_jacobian(sin(x) * y, [x, y], "forward").colours == 2


def test_the_cheaper_mode_is_taken():
    graph = Graph()
    x = graph.input("x", (40,))
    assert sparse_jacobian(reshape_to(summed(x * x), (1,)), [x]).mode == "reverse"
    assert sparse_jacobian(x * summed(x), [x]).mode == "forward"
    one = graph.input("s", ())
    problem = sparse_jacobian(one * graph.constant(np.arange(5.0)), [one])
    assert (problem.mode, problem.colours) == ("forward", 1)


def test_an_irregular_pattern_is_coloured_greedily():
    random = np.random.default_rng(0)
    picks = random.integers(0, 300, (200, 3))
    graph = Graph()
    x = graph.input("x", (300,))
    output = total_over(sin(index(x, (picks,))), (-1,))
    problem = sparse_jacobian(output, [x])
    assert problem.colours < 20
    assert_jacobian_is_dense(output, [x], [random.uniform(-1, 1, 300)])


# ---- answers -------------------------------------------------------------------------------------------------


def test_several_variables_have_a_block_each():
    graph = Graph()
    x, y = graph.input("x", (3,)), graph.input("y", (2, 2))
    f = summed(sin(x)) * index(y, (0, 1)) + summed(exp(y))
    values = [np.array([0.1, 0.2, 0.3]), np.array([[0.1, 0.2], [0.3, 0.4]])]
    problem = sparse_hessian(f, [x, y])
    data = problem.solve(feeds([x, y], values)).derivatives[-1]
    assert [(block.rows, block.columns, block.shape) for block in problem.blocks] == [
        (0, 0, (3, 3)), (0, 1, (3, 4)), (1, 0, (4, 3)), (1, 1, (4, 4)),
    ]  # fmt: skip
    for block in problem.blocks:
        wanted = evaluate(D.hessian(f, [x, y][block.rows], [x, y][block.columns]), [x, y], values)
        whole = np.zeros(block.shape)
        whole[block.row, block.col] = data[block.where]
        assert_allclose(whole, wanted.reshape(block.shape), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("chunk", [1, 10**3, 10**9])
def test_chunks_of_colours_change_nothing(chunk, monkeypatch):
    monkeypatch.setattr(compressed, "CHUNK_BYTES", chunk)
    graph = Graph()
    x = graph.input("x", (30,))
    at = np.linspace(-1, 1, 30)
    problem = sparse_jacobian(stencil(x), [x])
    answer = problem.solve({x: at})
    assert_allclose(matrix(problem, answer), dense_jacobian(stencil(x), [x], [at]), rtol=1e-13)
    assert answer.passes == 3


def test_a_batch_of_records():
    graph = Graph()
    x, p = graph.input("x", (5,)), graph.input("p", ())
    problem = sparse_jacobian(p * stencil(x), [x])
    records = np.linspace(-1, 1, 10).reshape(2, 5)
    answer = problem.solve({x: records, p: np.array(3.0)})
    assert answer.derivatives[-1].shape == (2, problem.entries.count)
    for record, data in zip(records, answer.derivatives[-1], strict=True):
        single = problem.solve({x: record, p: np.array(3.0)})
        assert_allclose(data, single.derivatives[-1], rtol=1e-14)


def test_nothing_to_find():
    graph = Graph()
    x = graph.input("x", (3,))
    flat = sparse_jacobian(call("floor", x), [x])
    answer = flat.solve({x: np.array([0.5, 1.5, 2.5])})
    assert flat.entries.count == flat.colours == 0
    assert [watch.operation.name for watch in flat.solve({x: np.array([0.5, 1.0, 2.5])}).used] == ["floor"]
    assert_array_equal(answer.value, [0.0, 1.0, 2.0])
    assert answer.derivatives[-1].shape == (0,)
    linear = sparse_hessian(summed(3.0 * x), [x])
    assert linear.colours == 0
    assert_array_equal(linear.solve({x: np.ones(3)}).derivatives[0], [3.0, 3.0, 3.0])
    empty = graph.input("e", (0,))
    none = sparse_jacobian(sin(empty), [empty])
    assert none.entries.shape == (0, 0)
    assert none.solve({empty: np.zeros(0)}).derivatives[-1].shape == (0,)


@pytest.mark.parametrize("shape", [(0,), (0, 2), (2, 0), (2, 0, 3)])
@pytest.mark.parametrize("name", ["cumsum", "sort", "flip", "sum", "softmax", "cumprod", "prod", "ravel", "mean"])
def test_arrays_without_elements(name, shape):
    try:
        node = call(name, x := Graph().input("x", shape))
    except DataError:
        pytest.skip("a mean of nothing has no value")
    for mode in MODES:
        found = sparse_jacobian(node, [x], mode)
        assert found.entries.shape == (node.size, 0)
        assert found.solve({x: np.zeros(shape)}).derivatives[-1].shape == (0,)
    whole = sparse_hessian(summed(node * node), [x])
    assert whole.solve({x: np.zeros(shape)}).derivatives[-1].shape == (0,)


def test_what_one_element_hangs_on_is_looked_at_and_left_as_it_was():
    graph = Graph()
    x, y = graph.input("x", (1,)), graph.input("y", (1,))
    output = summed(call("average", x, None, y))
    values = [np.array([0.5]), np.array([2.0])]
    problem = sparse_hessian(output, [x, y])
    assert_allclose(
        matrix(problem, problem.solve(feeds([x, y], values))), dense_hessian(output, [x, y], values), atol=1e-14
    )
    slots = np.array([[3], [1]])
    slots.flags.writeable = False
    assert_array_equal(Slots(slots, 4).coordinates()[1], [0, 2])


def test_scalars():
    graph = Graph()
    x = graph.input("x", ())
    assert_jacobian_is_dense(sin(x), [x], [np.array(0.7)])
    assert_hessian_is_dense(sin(x), [x], [np.array(0.7)])


def test_a_branch_that_was_not_taken_spoils_nothing():
    """sqrt has no real value at -1, and an infinite slope at 0; where chooses elsewhere."""
    graph = Graph()
    x = graph.input("x", (4,))
    safe = call("where", call("greater", x, graph.constant(0.0)), call("sqrt", x), 2.0 * x)
    problem = sparse_jacobian(safe, [x])
    data = problem.solve({x: np.array([-1.0, 0.0, 4.0, 1.0])}).derivatives[-1]
    assert_allclose(data, [2.0, 2.0, 0.25, 0.5])


def test_an_infinite_slope_spoils_no_column_of_its_colour():
    """0 times infinity is NaN in a product of matrices, and a known zero of the matrix is no entry."""
    graph = Graph()
    x = graph.input("x", (4,))
    output = call("matmul", graph.constant(np.eye(4)), call("sqrt", x))
    for mode in MODES:
        problem = sparse_jacobian(output, [x], mode)
        assert problem.colours == 1
        data = problem.solve({x: np.array([0.0, 1.0, 4.0, 0.0])}).derivatives[-1]
        assert_array_equal(data, [np.inf, 0.5, 0.25, np.inf])
    records = np.array([[0.0, 1.0, 4.0, 1.0], [1.0, 1.0, 1.0, 0.0]])
    data = sparse_jacobian(output, [x], "forward").solve({x: records}).derivatives[-1]
    assert_array_equal(data, [[np.inf, 0.5, 0.25, 0.5], [0.5, 0.5, 0.5, np.inf]])


def test_kinks_that_were_used_are_told():
    graph = Graph()
    x = graph.input("x", (3,))
    problem = sparse_jacobian(call("abs", x), [x])
    used = problem.solve({x: np.array([1.0, 0.0, 2.0])}).used
    assert [watch.operation.name for watch in used] == ["abs"]
    assert not problem.solve({x: np.array([1.0, 3.0, 2.0])}).used


def test_small_problems_need_no_scipy():
    """The tables' library is imported when a table is made."""
    assert not any(
        isinstance(value, types.ModuleType) and value.__name__.startswith("scipy") for value in vars(pattern).values()
    )
    graph = Graph()
    x = graph.input("x", (20,))
    assert isinstance(pattern.identity(x.shape, 0, 20), Slots)
    assert Plan([x]).inputs == (x,)
