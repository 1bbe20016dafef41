"""What speed is made of, counted: operations, passes and memory, with no clock.

Each number is what is needed now; a change that needs fewer may lower it, none may raise it.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import gradcli
from gradcli import limits
from gradcli.answering import Question, prepare
from gradcli.engine.evaluate import Plan
from gradcli.engine.problems import Long
from gradcli.language.parser import parse

MILLION = 1_000_000
# expression: nodes of the graph with its gradient, steps of the plan, arrays of a million alive at one time
# while two threads work on it
GRADIENTS = {
    "2*dot(x,x)": (10, 7, 1.5),
    "sum(sin(x)*exp(-(x*x)))": (16, 13, 1.5),
    "sum(sqrt(exp(cos(sin(tanh(x))))))": (21, 18, 1.5),
    "log(sum(exp(x)))": (9, 7, 1.2),
    "sum(3*x**3 - 2*x**2 + x - 1)": (24, 20, 1.5),
    "sum(100*(x[1:]-x[:-1]**2)**2 + (1-x[:-1])**2)": (30, 26, 1.7),
    "norm(x)": (14, 10, 1.2),
}


@pytest.mark.parametrize("expression", GRADIENTS)
def test_nodes_and_steps_of_a_gradient(expression):
    nodes, steps, _ = GRADIENTS[expression]
    prepared = prepare(parse(expression), Question("grad", ("x",), {"order": 1}), {"x": np.ones(9)}, {}, 0)
    assert prepared.output.graph.count <= nodes
    assert len(prepared.problem._plan._steps) <= steps


@pytest.mark.parametrize("expression", GRADIENTS)
def test_memory_of_a_gradient(expression, monkeypatch):
    monkeypatch.setattr(limits, "threads", lambda: 2)
    made = gradcli.Expression(expression)
    x = np.random.default_rng(0).standard_normal(MILLION)
    made.grad({"x": x})
    tracemalloc.start()
    try:
        made.grad({"x": x})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= GRADIENTS[expression][2] * 8 * MILLION


def test_nodes_of_high_orders():
    # equal terms are shared: three thousand nodes, where a graph without sharing has a hundred thousand
    for order, nodes in ((4, 200), (8, 3_000), (10, 12_000)):
        question = Question("grad", ("x",), {"order": order})
        prepared = prepare(parse("exp(sin(x)*x)/(1+x**2)"), question, {"x": np.array(0.7)}, {}, 0)
        assert prepared.output.graph.count < nodes


def test_the_eighth_derivative_is_right():
    import mpmath

    with mpmath.workdps(60):
        truth = mpmath.diff(lambda x: mpmath.exp(mpmath.sin(x) * x) / (1 + x**2), mpmath.mpf("0.7"), 8)
    for mode in ("auto", "forward", "reverse"):
        found = gradcli.grad("exp(sin(x)*x)/(1+x**2)", {"x": 0.7}, order=8, mode=mode).gradient["x"]
        assert abs(float(found) - truth) <= 1e-10 * abs(truth)


def test_a_long_program_makes_no_graph_of_its_derivative():
    source = "x = a\nfor i in range(5000):\n    x = sin(x*0.5 + 1) - 0.3\nx"
    prepared = prepare(parse(source), Question("grad", ("a",), {"order": 1}), {"a": np.array(1.0)}, {}, 0)
    assert isinstance(prepared.problem, Long)
    before = prepared.output.graph.count
    assert before < 4 * 5000 + 20
    prepared.solve({"a": np.array(1.0)}, {})
    assert prepared.output.graph.count == before


def test_memory_of_a_long_program():
    count = 20_000
    source = f"x = a\nfor i in range({count // 4}):\n    x = sin(x*0.5 + 1) - 0.3\nx"
    gradcli.grad(source, {"a": 1.0})
    tracemalloc.start()
    try:
        gradcli.grad(source, {"a": 1.0})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 1024 * count


def test_all_seeds_of_a_jacobian_go_together(monkeypatch):
    matrix = np.random.default_rng(0).standard_normal((300, 300))
    prepared = prepare(parse("tanh(A@x)"), Question("jacobian", ("x",), {}), {"A": matrix, "x": np.ones(300)}, {}, 0)
    runs = []
    run = Plan._run
    monkeypatch.setattr(Plan, "_run", lambda plan, feeds: runs.append(plan) or run(plan, feeds))
    assert prepared.solve({"A": matrix, "x": np.ones(300)}, {}).passes == 300
    assert len(runs) == 2  # the value, and all seeds together
