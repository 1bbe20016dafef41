"""The sweeps themselves: what they return for which inputs and outputs, and the kinks they watch."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import MODES, evaluate
from numpy.testing import assert_allclose

from gradcli.engine import problems
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import alias_of, total_over
from gradcli.engine.operations.elementary import exp, sin
from gradcli.engine.operations.indexing import index
from gradcli.engine.sweeps import Watch, pull, push


def one(graph: Graph) -> Node:
    return graph.constant(1.0)


def test_none_stands_for_what_no_path_reaches():
    graph = Graph()
    x, y = graph.input("x", ()), graph.input("y", ())
    assert pull([sin(x)], [one(graph)], [y]) == [None]
    assert push([sin(x)], [y], [one(graph)]) == [None]
    assert push([sin(x), y * y], [y], [one(graph)])[0] is None
    assert pull([sin(x)], [one(graph)], []) == []
    assert push([sin(x)], [], []) == [None]
    assert push([sin(x)], [x], [None]) == [None]


def test_what_only_steps_lead_to_is_not_reached_either():
    graph = Graph()
    x = graph.input("x", ())
    flat = FUNCTIONS["floor"].build(x) * FUNCTIONS["greater"].build(x, x.lift(0.0))
    assert pull([flat], [one(graph)], [x]) == [None]
    assert push([flat], [x], [one(graph)]) == [None]


def test_an_output_that_is_an_input():
    graph = Graph()
    x = graph.input("x", ())
    assert pull([x], [one(graph)], [x]) == [one(graph)]
    assert push([x], [x], [one(graph)]) == [one(graph)]


def test_the_same_input_twice():
    graph = Graph()
    x = graph.input("x", ())
    first, second = pull([sin(x)], [one(graph)], [x, x])
    assert first is second
    (moved,) = push([sin(x)], [x, x], [one(graph), one(graph)])
    assert evaluate(moved, [x], [0.5]) == pytest.approx(2 * np.cos(0.5))


def test_the_same_output_twice_and_several_outputs():
    graph = Graph()
    x = graph.input("x", ())
    (slope,) = pull([sin(x), sin(x), exp(x)], [one(graph), graph.constant(2.0), graph.constant(5.0)], [x])
    assert evaluate(slope, [x], [0.5]) == pytest.approx(3 * np.cos(0.5) + 5 * np.exp(0.5))
    moved = push([sin(x), exp(x)], [x], [graph.constant(2.0)])
    assert_allclose(evaluate(moved, [x], [0.5]), [2 * np.cos(0.5), 2 * np.exp(0.5)])


def test_an_input_that_another_input_depends_on_keeps_its_whole_cotangent():
    """z = sin(y) + x with y = x²: for both, dz/dy = cos(y), and dz/dx = 1 + 2x cos(y)."""
    graph = Graph()
    x = graph.input("x", ())
    y = x * x
    z = sin(y) + x
    for order in ([x, y], [y, x]):
        slopes = dict(zip(order, evaluate(pull([z], [one(graph)], order), [x], [0.7]), strict=True))
        assert slopes[y] == pytest.approx(np.cos(0.49))
        assert slopes[x] == pytest.approx(1 + 1.4 * np.cos(0.49))


def test_an_input_that_depends_on_another_moves_with_it():
    graph = Graph()
    x = graph.input("x", ())
    y = x * x
    z = sin(y) + x
    (moved,) = push([z], [x, y], [one(graph), graph.constant(3.0)])
    assert evaluate(moved, [x], [0.7]) == pytest.approx(1 + (3 + 1.4) * np.cos(0.49))


def test_differentiating_for_an_alias_is_differentiating_for_it_alone():
    """grad(z ↦ grad(x ↦ x·z·z)(1) + 0·z)(3) is 6: the inner variable is not confused with the outer."""
    graph = Graph()
    z = graph.input("z", ())
    x = alias_of(graph.constant(1.0))
    (inner,) = pull([x * z * z], [one(graph)], [x])
    assert inner is not None
    (outer,) = pull([inner + 0.0 * z], [one(graph)], [z])
    assert evaluate(outer, [z], [3.0]) == 6.0
    same = alias_of(z)
    (partial,) = pull([same * z], [one(graph)], [same])
    assert evaluate(partial, [z], [3.0]) == 3.0
    (whole,) = pull([same * z], [one(graph)], [z])
    assert evaluate(whole, [z], [3.0]) == 6.0


def test_leading_axes_of_cotangents_and_tangents_are_a_batch():
    graph = Graph()
    x = graph.input("x", (3,))
    y = total_over(sin(x), (-1,))
    weights = graph.constant([1.0, 2.0, 3.0, 4.0])
    (rows,) = pull([y], [weights], [x])
    assert rows is not None
    assert rows.shape == (4, 3)
    at = np.array([0.1, 0.2, 0.3])
    assert_allclose(evaluate(rows, [x], [at]), np.outer([1, 2, 3, 4], np.cos(at)))
    moves = np.arange(12.0).reshape(4, 3)
    (moved,) = push([y], [x], [graph.constant(moves)])
    assert moved is not None
    assert moved.shape == (4,)
    assert_allclose(evaluate(moved, [x], [at]), moves @ np.cos(at))


# ---- kinks ---------------------------------------------------------------------------------------------


def used(output: Node, inputs: list[Node], values: list[object], mode: str) -> list[str]:
    """The names of the kinks that a gradient used."""
    feeds = {x: np.asarray(value, dtype=float) for x, value in zip(inputs, values, strict=True)}
    answers = {
        "reverse": problems.gradients(output, None, inputs, "reverse"),
        "forward": problems.gradients(output, None, inputs, "forward"),
    }
    return sorted(watch.operation.name for watch in answers[mode].solve(feeds).used)


def f(name: str, *args: object) -> Node:
    return FUNCTIONS[name].build(*args)


KINKS = [
    # (what, of x, at, the kinks that are used)
    ("at the kink", lambda x: f("abs", x), 0.0, ["abs"]),
    ("beside it", lambda x: f("abs", x), 0.5, []),
    ("relu", lambda x: f("relu", x), 0.0, ["relu"]),
    ("a tie", lambda x: f("maximum", x, x.lift(2.0)), 2.0, ["maximum"]),
    ("no tie", lambda x: f("maximum", x, x.lift(2.0)), 2.5, []),
    ("a bound", lambda x: f("clip", x, x.lift(0.0), x.lift(2.0)), 2.0, ["clip"]),
    ("a jump", lambda x: f("floor", x) * 0.0 + f("remainder", x, x.lift(1.0)), 2.0, ["remainder"]),
    ("one of many", lambda x: f("sum", f("abs", x)), [1.0, 0.0, -1.0], ["abs"]),
    ("none of many", lambda x: f("sum", f("abs", x)), [1.0, 2.0, -1.0], []),
    ("a branch not taken", lambda x: f("where", f("greater", x, x.lift(1.0)), f("abs", x), x), 0.0, []),
    ("a branch taken", lambda x: f("where", f("less", x, x.lift(1.0)), f("abs", x), x), 0.0, ["abs"]),
    ("an element not used", lambda x: index(f("abs", x), (0,)), [1.0, 0.0], []),
    ("an element used", lambda x: index(f("abs", x), (1,)), [1.0, 0.0], ["abs"]),
    ("weighted with zero", lambda x: f("sum", f("abs", x) * x.graph.constant([1.0, 0.0])), [1.0, 0.0], []),
    ("detached", lambda x: f("detach", f("abs", x)) + x, 0.0, []),
    ("the shift of softmax", lambda x: index(f("softmax", x), (0,)), [1.0, 1.0], []),
    ("max of ties", lambda x: f("max", x), [1.0, 1.0, 0.0], ["max"]),
    ("max without", lambda x: f("max", x), [1.0, 0.0, 0.0], []),
    ("min of ties", lambda x: f("min", x), [1.0, 0.0, 0.0], ["min"]),
    ("max of ties not taken", lambda x: f("where", f("less", f("sum", x), x.lift(0.0)), f("max", x), f("sum", x)), [1.0, 1.0], []),
    ("rows of max", lambda x: f("sum", f("max", x, 1)), [[1.0, 1.0], [0.0, 1.0]], ["max"]),
    ("a row of max that is used", lambda x: index(f("max", x, 1), (0,)), [[1.0, 1.0], [0.0, 1.0]], ["max"]),
    ("a row of max that is not", lambda x: index(f("max", x, 1), (1,)), [[1.0, 1.0], [0.0, 1.0]], []),
    ("norm", lambda x: f("norm", x), [0.0, 0.0], ["norm"]),
    ("norm elsewhere", lambda x: f("norm", x), [0.0, 1.0], []),
    ("norm 3", lambda x: f("norm", x, 3.0), [0.0, 0.0], ["norm_3"]),
    ("std", lambda x: f("std", x), [2.0, 2.0], ["norm"]),
    ("hypot", lambda x: f("hypot", x, x), 0.0, ["hypot"]),
    ("inside another function", lambda x: exp(sin(f("abs", x))), 0.0, ["abs"]),
    ("what cancels for one output alone", lambda x: f("abs", x) - f("abs", x), 0.0, []),
    ("repeated eigenvalues", lambda x: index(f("eigvalsh", f("diag", x)), (0,)), [1.0, 1.0, 2.0], ["eigvalsh"]),
    ("distinct eigenvalues", lambda x: index(f("eigvalsh", f("diag", x)), (0,)), [1.0, 1.5, 2.0], []),
    ("a repeated eigenvalue that is not asked for", lambda x: index(f("eigvalsh", f("diag", x)), (2,)), [1.0, 1.0, 2.0], []),
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("build", "at", "kinks"), [row[1:] for row in KINKS], ids=[row[0] for row in KINKS])
def test_a_kink_is_reported_where_it_was_used(build, at, kinks, mode):
    x = Graph().input("x", np.shape(at))
    assert used(build(x), [x], [at], mode) == kinks


@pytest.mark.parametrize("mode", MODES)
def test_kinks_of_several_outputs_do_not_cancel(mode):
    """Both elements use the kink, with opposite signs."""
    x = Graph().input("x", ())
    output = f("stack", [f("abs", x), -f("abs", x)])
    answer = problems.jacobians(output, [x], mode).solve({x: np.array(0.0)})
    assert [watch.operation.name for watch in answer.used] == ["abs"]


def test_an_operand_that_does_not_move_does_not_use_a_kink():
    graph = Graph()
    x = graph.input("x", (2,))
    output = f("sum", f("abs", x))
    for direction, names in (([1.0, 0.0], []), ([0.0, 1.0], ["abs"])):
        problem = problems.tangents(output, [x], [graph.constant(direction)])
        answer = problem.solve({x: np.array([1.0, 0.0])})
        assert [watch.operation.name for watch in answer.used] == names


def test_kinks_in_a_batch_of_records():
    x = Graph().input("x", ())
    problem = problems.gradients(f("abs", x), None, [x], "reverse")
    assert not problem.solve({x: np.array([1.0, 2.0])}).used
    assert [w.operation.name for w in problem.solve({x: np.array([1.0, 0.0])}).used] == ["abs"]


@pytest.mark.parametrize("mode", MODES)
def test_a_kink_knows_its_place_and_convention(mode):
    graph = Graph()
    x = graph.input("x", ())
    graph.place = (2, 8)
    y = f("abs", x)
    graph.place = None
    (watch,) = problems.gradients(y, None, [x], mode).solve({x: np.array(0.0)}).used
    assert watch.node is y
    assert watch.node.place == (2, 8)
    assert watch.operation.convention == "0 at 0"


def test_nobody_watches_unless_asked():
    graph = Graph()
    x = graph.input("x", ())
    y = f("abs", x)
    before = graph.count
    pull([y], [one(graph)], [x])
    push([y], [x], [one(graph)])
    assert graph.count - before <= 4  # sign, the product with 1, and nothing that compares
    watches: list[Watch] = []
    pull([y], [one(graph)], [x], watches)
    assert [watch.node for watch in watches] == [y]


@pytest.mark.parametrize("mode", [None, *MODES])
def test_a_hessian_reports_the_kinks_of_the_gradient(mode):
    """x |x| has the derivative 2 |x|, and only that has a kink."""
    x = Graph().input("x", ())
    answer = problems.hessians(f("abs", x) * x, [x], mode).solve({x: np.array(0.0)})
    assert "abs" in {watch.operation.name for watch in answer.used}
    assert not problems.hessians(f("abs", x) * x, [x], mode).solve({x: np.array(0.5)}).used
