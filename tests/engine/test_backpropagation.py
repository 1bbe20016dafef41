"""Reverse mode on values gives what the graph of the derivative gives."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import build, sample_ids, samples
from numpy.testing import assert_allclose, assert_array_equal

from gradcli.engine import derivatives as D
from gradcli.engine import problems
from gradcli.engine.backpropagation import Backpropagation
from gradcli.engine.direct import Direct
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.memory import Memory
from gradcli.engine.node import Graph
from gradcli.engine.operation import total_over
from gradcli.engine.operations.arithmetic import absolute
from gradcli.engine.operations.elementary import log, sin, sqrt
from gradcli.engine.operations.selection import detach
from gradcli.errors import GradcliError


@pytest.mark.parametrize(("function", "sample"), samples(), ids=sample_ids(samples()))
def test_every_function(function, sample):
    output, inputs, values = build(sample)
    weights = np.random.default_rng(1).standard_normal(output.shape)
    feeds = dict(zip(inputs, values, strict=True))
    cotangent = output.graph.constant(weights)
    try:
        slopes = D.vjp(output, cotangent, inputs)
    except GradcliError:
        pytest.skip("has no derivative")
    expected = Plan(slopes).run(feeds)
    swept = Backpropagation().sweep([output], [weights], inputs, Memory(feeds))
    assert swept is not None
    for found, wanted in zip(swept.cotangents, expected, strict=True):
        # the rules are the same; a graph may leave a multiplication by one out
        assert_allclose(
            np.zeros(wanted.shape) if found is None else np.broadcast_to(found, wanted.shape),
            wanted,
            rtol=1e-12,
            atol=1e-14,
        )


def test_several_outputs_and_an_input_made_of_another():
    graph = Graph()
    x = graph.input("x", (3,))
    y = sin(x)
    z = y * x
    feeds = {x: np.array([0.5, 1.0, 2.0])}
    ones = np.ones(3)
    swept = Backpropagation().sweep([z, y, y], [ones, ones, 2 * ones], [x, y, graph.input("w", ())], Memory(feeds))
    assert swept is not None
    of_x, of_y, of_w = swept.cotangents
    assert of_w is None
    assert_allclose(of_y, feeds[x] + 3.0)
    assert_allclose(of_x, np.sin(feeds[x]) + (feeds[x] + 3.0) * np.cos(feeds[x]), rtol=1e-15)


def test_detached_parts_give_nothing():
    graph = Graph()
    x = graph.input("x", ())
    swept = Backpropagation().sweep([detach(sin(x))], [np.array(1.0)], [x], Memory({x: np.array(1.0)}))
    assert swept is not None
    assert swept.cotangents == (None,)


def test_kinks_are_told_where_they_counted():
    graph = Graph()
    x = graph.input("x", (2,))
    corner = absolute(x)
    sweep = Backpropagation().sweep
    for value, weights, used in (
        ([0.0, 1.0], [1.0, 1.0], (corner,)),
        ([0.0, 1.0], [0.0, 1.0], ()),
        ([2.0, 1.0], [1.0, 1.0], ()),
    ):
        swept = sweep([corner], [np.array(weights)], [x], Memory({x: np.array(value)}))
        assert swept is not None
        assert swept.kinks == used


def test_a_zero_that_met_infinity_is_for_a_graph_to_judge():
    graph = Graph()
    x = graph.input("x", ())
    where, greater = FUNCTIONS["where"].build, FUNCTIONS["greater"].build
    output = where(greater(x, graph.constant(1.0)), sqrt(x), graph.constant(3.0))
    assert Backpropagation().sweep([output], [np.array(1.0)], [x], Memory({x: np.array(0.0)})) is None


# ---- as a problem --------------------------------------------------------------------------------------


def long_chain(monkeypatch, shape=()):
    monkeypatch.setattr(problems, "LONG", 50)
    graph = Graph()
    x, w = graph.input("x", shape), graph.input("w", shape)
    y = x
    for _ in range(100):
        y = sin(y * w) + absolute(y)
    return y, [x, w]


def test_a_long_computation_is_swept_on_values(monkeypatch):
    y, inputs = long_chain(monkeypatch)
    before = y.graph.count
    problem = problems.gradients(y, None, inputs)
    assert isinstance(problem, problems.Long)
    feeds = {inputs[0]: np.array(0.3), inputs[1]: np.array(0.7)}
    answer = problem.solve(feeds)
    assert y.graph.count == before  # no graph of the derivative
    value, *slopes = Plan([y, *D.gradient(y, None, inputs)]).run(feeds)
    assert answer.value == value
    assert_allclose(answer.derivatives, slopes, rtol=1e-13)
    assert answer.used == ()
    at_zero = problem.solve({inputs[0]: np.array(0.0), inputs[1]: np.array(0.7)})
    assert at_zero.used and at_zero.used[0].operation is absolute


def test_long_computations_of_records_and_weights(monkeypatch):
    y, inputs = long_chain(monkeypatch, (2,))
    weights = y.graph.input("grad_outputs", (2,))
    problem = problems.gradients(y, weights, inputs)
    assert isinstance(problem, problems.Long)
    random = np.random.default_rng(1)
    batch = {node: random.uniform(0.1, 0.9, (3, 2)) for node in (*inputs, weights)}
    together = problem.solve(batch)
    for i in range(3):
        alone = problem.solve({node: value[i] for node, value in batch.items()})
        for one, other in zip(alone.derivatives, together.derivatives, strict=True):
            assert_allclose(one, other[i], rtol=1e-12)
    assert [node.shape for node in problem.nodes] == [(2,)] * 3
    assert problem.unit_feeds() == {}


def test_large_values_are_not_for_the_sweep(monkeypatch):
    y, inputs = long_chain(monkeypatch, (1000,))
    total = total_over(y, (-1,))
    assert isinstance(problems.gradients(total, None, inputs), Direct)


def test_what_is_not_defined_is_left_to_the_graph(monkeypatch):
    monkeypatch.setattr(problems, "LONG", 5)
    graph = Graph()
    x = graph.input("x", ())
    where, greater = FUNCTIONS["where"].build, FUNCTIONS["greater"].build
    y = where(greater(x, graph.constant(0.0)), log(x) * sin(x), x * 2.0)
    for _ in range(10):
        y = y * 1.5
    problem = problems.gradients(y, None, [x])
    assert isinstance(problem, problems.Long)
    answer = problem.solve({x: np.array(0.0)})
    assert_array_equal(answer.derivatives[0], 2.0 * 1.5**10)
