"""Problems: built once from a graph, solved for many feeds, the seeds of rows and columns in chunks."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import MODES
from numpy.testing import assert_allclose, assert_array_equal

from gradcli.engine import problems, seeded
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import total_over
from gradcli.engine.operations.elementary import exp, sin
from gradcli.errors import DataError

X, Y = np.array([[0.1, -0.4, 0.7], [1.2, 0.3, -0.9]]), np.array([0.5, 1.5, -0.5])


def problem_inputs() -> tuple[Graph, Node, Node]:
    graph = Graph()
    return graph, graph.input("x", (2, 3)), graph.input("y", (3,))


def vector(x: Node, y: Node) -> Node:
    """(2,) from (2, 3) and (3,): the sums of sin(x_ij) y_j over j."""
    return total_over(sin(x) * y, (-1,))


def scalar(x: Node, y: Node) -> Node:
    return total_over(exp(sin(x) * y), (-1, -2))


def test_an_evaluation_has_a_value_and_no_derivatives():
    _, x, y = problem_inputs()
    problem = problems.evaluation(vector(x, y))
    answer = problem.solve({x: X, y: Y})
    assert_allclose(answer.value, (np.sin(X) * Y).sum(1), rtol=1e-15)
    assert answer.derivatives == ()
    assert answer.used == ()
    assert problem.mode is None


@pytest.mark.parametrize("mode", MODES)
def test_gradients_of_a_weighted_vector(mode):
    graph, x, y = problem_inputs()
    weights = graph.input("weights", (2,))
    problem = problems.gradients(vector(x, y), weights, [y, x], mode)
    w = np.array([2.0, -3.0])
    dy, dx = problem.solve({x: X, y: Y, weights: w}).derivatives
    assert_allclose(dx, w[:, None] * np.cos(X) * Y, rtol=1e-14)
    assert_allclose(dy, w @ np.sin(X), rtol=1e-14)
    assert problem.mode == mode


@pytest.mark.parametrize("mode", MODES)
def test_a_vector_without_weights(mode):
    _, x, y = problem_inputs()
    with pytest.raises(DataError, match="a gradient needs one number"):
        problems.gradients(vector(x, y), None, [x], mode)


@pytest.mark.parametrize("mode", MODES)
def test_gradients_of_higher_order(mode):
    graph = Graph()
    x = graph.input("x", (2,))
    ones = graph.constant(np.ones(2))
    (third,) = problems.gradients(sin(x), ones, [x], mode, order=3).solve({x: np.array([0.2, 0.9])}).derivatives
    assert_allclose(third, -np.cos([0.2, 0.9]), rtol=1e-14)


def jacobians_by_hand() -> tuple[np.ndarray, np.ndarray]:
    dx = np.zeros((2, 2, 3))
    for i in range(2):
        dx[i, i] = np.cos(X[i]) * Y
    return dx, np.sin(X)


@pytest.mark.parametrize("mode", [None, *MODES])
def test_jacobians(mode):
    _, x, y = problem_inputs()
    problem = problems.jacobians(vector(x, y), [x, y], mode)
    answer = problem.solve({x: X, y: Y})
    for got, want in zip(answer.derivatives, jacobians_by_hand(), strict=True):
        assert_allclose(got, want, rtol=1e-14)
    assert problem.mode == (mode or "reverse")
    assert answer.passes == (X.size + Y.size if mode == "forward" else answer.value.size)


def test_the_mode_with_fewer_seeds_is_taken():
    graph = Graph()
    x, s = graph.input("x", (5,)), graph.input("s", ())
    assert problems.jacobians(x * s, [s]).mode == "forward"
    assert problems.jacobians(x * s, [x, s]).mode == "reverse"
    assert problems.jacobians(total_over(x * s, (-1,)), [x]).mode == "reverse"


def hessian_by_hand() -> np.ndarray:
    """Over the nine numbers of x and y together."""
    s, c, e = np.sin(X), np.cos(X), np.exp(np.sin(X) * Y)
    out = np.zeros((9, 9))
    xx = e * ((c * Y) ** 2 - s * Y)
    out[:6, :6] = np.diag(xx.ravel())
    for i in range(2):
        for j in range(3):
            out[3 * i + j, 6 + j] = out[6 + j, 3 * i + j] = e[i, j] * c[i, j] * (1 + s[i, j] * Y[j])
    out[6:, 6:] = np.diag((e * s**2).sum(0))
    return out


@pytest.mark.parametrize(
    ("mode", "name"),
    [(None, "forward-over-reverse"), ("forward", "forward-over-forward"), ("reverse", "reverse-over-reverse")],
)
def test_hessians_in_blocks(mode, name):
    _, x, y = problem_inputs()
    problem = problems.hessians(scalar(x, y), [x, y], mode)
    dx, dy, xx, xy, yx, yy = problem.solve({x: X, y: Y}).derivatives
    assert problem.mode == name
    wanted = hessian_by_hand()
    assert_allclose(dx, np.cos(X) * Y * np.exp(np.sin(X) * Y), rtol=1e-14)
    assert_allclose(dy, (np.sin(X) * np.exp(np.sin(X) * Y)).sum(0), rtol=1e-14)
    assert (xx.shape, xy.shape, yx.shape, yy.shape) == ((2, 3, 2, 3), (2, 3, 3), (3, 2, 3), (3, 3))
    whole = np.block([[xx.reshape(6, 6), xy.reshape(6, 3)], [yx.reshape(3, 6), yy]])
    assert_allclose(whole, wanted, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("mode", [None, *MODES])
def test_hessian_products(mode):
    graph, x, y = problem_inputs()
    u, v = np.linspace(-1.0, 1.0, 6).reshape(2, 3), np.array([1.0, 0.5, -2.0])
    wanted = hessian_by_hand()
    problem = problems.hessian_products(scalar(x, y), [x, y], [graph.constant(u), graph.constant(v)], mode)
    dx, dy, px, py = problem.solve({x: X, y: Y}).derivatives
    assert_allclose(np.concatenate([px.ravel(), py]), wanted @ np.concatenate([u.ravel(), v]), rtol=1e-12)
    assert_allclose(dx, np.cos(X) * Y * np.exp(np.sin(X) * Y), rtol=1e-14)
    assert dy.shape == (3,)
    partly = problems.hessian_products(scalar(x, y), [x, y], [None, graph.constant(v)], mode)
    *_, px, py = partly.solve({x: X, y: Y}).derivatives
    assert_allclose(np.concatenate([px.ravel(), py]), wanted[:, 6:] @ v, rtol=1e-12)


def test_tangents_in_both_modes():
    graph, x, y = problem_inputs()
    u, v = np.linspace(-1.0, 1.0, 6).reshape(2, 3), np.array([1.0, 0.5, -2.0])
    dx, dy = jacobians_by_hand()
    wanted = np.tensordot(dx, u, 2) + dy @ v
    for build, mode in ((problems.tangents, "forward"), (problems.tangents_by_reverse, "reverse")):
        problem = build(vector(x, y), [x, y], [graph.constant(u), graph.constant(v)])
        assert problem.mode == mode
        (tangent,) = problem.solve({x: X, y: Y}).derivatives
        assert_allclose(tangent, wanted, rtol=1e-14)
        partly = build(vector(x, y), [x, y], [None, graph.constant(v)])
        assert_allclose(partly.solve({x: X, y: Y}).derivatives[0], dy @ v, rtol=1e-14)


def test_a_problem_is_solved_again_for_other_values():
    _, x, y = problem_inputs()
    problem = problems.jacobians(vector(x, y), [y])
    for factor in (1.0, 2.0, -0.5):
        (dy,) = problem.solve({x: factor * X, y: Y}).derivatives
        assert_allclose(dy, np.sin(factor * X), rtol=1e-15)


QUESTIONS = {
    "value": lambda x, y: problems.evaluation(vector(x, y)),
    "gradient": lambda x, y: problems.gradients(scalar(x, y), None, [x, y]),
    "gradient forward": lambda x, y: problems.gradients(scalar(x, y), None, [x, y], "forward"),
    "second gradient": lambda x, y: problems.gradients(scalar(x, y), None, [x], order=2),
    "jacobian": lambda x, y: problems.jacobians(vector(x, y), [x, y], "reverse"),
    "jacobian forward": lambda x, y: problems.jacobians(vector(x, y), [x, y], "forward"),
    "hessian": lambda x, y: problems.hessians(scalar(x, y), [x, y]),
    "hessian forward": lambda x, y: problems.hessians(scalar(x, y), [x, y], "forward"),
    "hessian reverse": lambda x, y: problems.hessians(scalar(x, y), [x, y], "reverse"),
    "unused": lambda x, y: problems.jacobians(sin(y), [x], "forward"),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("chunk", [1, 300, 2**28])
@pytest.mark.parametrize("batched", ["x", "y", "both"])
def test_records_in_a_batch_and_chunks_of_seeds(question, chunk, batched, monkeypatch):
    monkeypatch.setattr(seeded, "CHUNK_BYTES", chunk)
    _, x, y = problem_inputs()
    problem = QUESTIONS[question](x, y)
    random = np.random.default_rng(0)
    xs = random.uniform(-1.0, 1.0, (4, 2, 3)) if batched in ("x", "both") else X
    ys = random.uniform(-1.0, 1.0, (4, 3)) if batched in ("y", "both") else Y
    many = problem.solve({x: xs, y: ys})
    for i in range(4):
        one = problem.solve({x: xs[i] if xs.ndim == 3 else xs, y: ys[i] if ys.ndim == 2 else ys})
        for whole, single in zip((many.value, *many.derivatives), (one.value, *one.derivatives), strict=True):
            row = whole[i] if whole.ndim > single.ndim else whole  # what no feed with a batch enters
            assert row.shape == single.shape
            assert_allclose(row, single, rtol=1e-13, atol=1e-15)


def test_chunks_are_more_runs_and_the_same_answer(monkeypatch):
    x = Graph().input("x", (40,))
    output = FUNCTIONS["cumsum"].build(sin(x))
    at = np.linspace(0.0, 1.0, 40)
    problem = problems.jacobians(output, [x], "reverse")
    runs = []
    run = Plan._run
    monkeypatch.setattr(Plan, "_run", lambda plan, feeds: runs.append(plan) or run(plan, feeds))
    whole = problem.solve({x: at})
    assert len(runs) == 2  # the value, and all seeds together
    monkeypatch.setattr(seeded, "CHUNK_BYTES", 5000)
    parts = problem.solve({x: at})
    assert len(runs) > 4
    assert whole.passes == parts.passes == 40
    assert_array_equal(whole.derivatives[0], parts.derivatives[0])
    assert_allclose(whole.derivatives[0], np.tril(np.tile(np.cos(at), (40, 1))), rtol=1e-14)


def test_the_nodes_of_a_problem_are_its_output_and_what_is_asked():
    _, x, y = problem_inputs()
    output = scalar(x, y)
    assert problems.evaluation(output).nodes == (output,)
    direct = problems.gradients(output, None, [x, y])
    assert direct.nodes[0] is output
    assert [node.shape for node in direct.nodes] == [(), (2, 3), (3,)]
    seeded = problems.jacobians(vector(x, y), [x, y], "reverse")
    feeds = {x: X, y: Y, **seeded.unit_feeds()}
    assert {node.shape for node in seeded.nodes} == {(2,), (2, 3), (3,)}
    assert len(feeds) == 3


def test_empty_inputs():
    x = Graph().input("x", (0,))
    for mode in MODES:
        (jacobian,) = problems.jacobians(sin(x), [x], mode).solve({x: np.zeros(0)}).derivatives
        assert jacobian.shape == (0, 0)


def test_the_mode_that_is_predicted_to_be_cheaper_is_taken(monkeypatch):
    # ten rows are fewer than twelve columns, but each of them goes through a long chain on a thousand elements
    monkeypatch.setattr(problems, "WORTH", 1)
    x = Graph().input("x", (12,))
    wide = FUNCTIONS["tile"].build(x, (100,))
    output = FUNCTIONS["matmul"].build(x.graph.constant(np.ones((10, 12))), x)
    for _ in range(3):
        output = sin(output)
    assert problems.jacobians(output, [x]).mode == "reverse"
    narrow = FUNCTIONS["matmul"].build(wide.graph.constant(np.ones((10, 1200))), sin(sin(wide)))
    assert problems.jacobians(narrow, [x]).mode == "reverse"
    chosen, other = (problems.jacobians(narrow, [x], mode) for mode in ("reverse", "forward"))
    assert chosen.work <= other.work
