"""A zero that says that nothing contributes wins over infinity; a zero that was computed does not."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from graphs import MODES, build, evaluate, sample_ids, samples
from numpy.testing import assert_array_equal

from gradcli.engine import derivatives as D
from gradcli.engine import problems, zeros
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.memory import Memory
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import Linear, total_over
from gradcli.engine.operations.arithmetic import computed, greater, isnan, multiply, ratio, scale, scale_either
from gradcli.engine.operations.indexing import index
from gradcli.engine.operations.selection import where
from gradcli.engine.sweeps import ancestors
from gradcli.engine.zeros import Traced, guards

nan, inf = math.nan, math.inf


def blank(values: list[float], where: list[bool]) -> Traced:
    return Traced(np.array(values), np.array(where))


def traced(operation, *operands: Traced, params=()) -> tuple[list[float], list[bool]]:
    with np.errstate(all="ignore"):
        value, gone = operation.trace(*operands, params=params)
    return value.tolist(), np.broadcast_to(gone, value.shape).tolist()


def test_kernels_let_every_zero_win_and_leave_word():
    before = zeros.absorbed()
    with np.errstate(all="ignore"):
        assert_array_equal(scale.kernel(np.array([0.0, 0.0, 2.0]), np.array([inf, 3.0, inf])), [0, 0, inf])
        assert zeros.absorbed() > before
        before = zeros.absorbed()
        assert_array_equal(ratio.kernel(np.array([0.0, 1.0]), np.array([2.0, 0.0])), [0, inf])
        assert_array_equal(scale.kernel(np.array([1.0]), np.array([nan])), [nan])
        assert zeros.absorbed() == before  # nothing was won
        assert scale_either.kernel(np.float64(inf), np.float64(0.0)) == 0.0
        assert math.isnan(scale.kernel(np.float64(inf), np.float64(0.0)))
        assert math.isnan(multiply.kernel(np.float64(0.0), np.float64(inf)))


def test_each_thread_hears_of_its_own_zeros():
    heard = []

    def work() -> None:
        before = zeros.absorbed()
        with np.errstate(all="ignore"):
            scale.kernel(np.float64(0.0), np.float64(inf))
        heard.append(zeros.absorbed() - before)

    before = zeros.absorbed()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heard == [1]
    assert zeros.absorbed() == before


def test_tracing_products():
    gone, there = blank([0.0, 0.0], [True, False]), Traced(np.array([inf, inf]), False)
    assert_array_equal(traced(scale, gone, there)[0], [0.0, nan])
    assert traced(scale, gone, there)[1] == [True, False]
    assert_array_equal(traced(scale, there, gone)[0], [nan, nan])  # only the cotangent's zeros win
    assert_array_equal(traced(scale_either, there, gone)[0], [0.0, nan])
    assert_array_equal(traced(ratio, gone, Traced(np.array([0.0, 0.0]), False))[0], [0.0, nan])
    assert_array_equal(traced(multiply, gone, there)[0], [nan, nan])
    assert traced(multiply, gone, Traced(np.array([2.0, 2.0]), False)) == ([0.0, 0.0], [True, False])
    assert traced(computed, gone) == ([0.0, 0.0], [False, False])


def test_tracing_sums_choices_and_moves():
    one, other = blank([0.0, 0.0, 0.0], [True, True, False]), blank([0.0, 5.0, 0.0], [True, False, False])
    assert traced(FUNCTIONS["add"].operation, one, other) == ([0, 5, 0], [True, False, False])
    assert traced(FUNCTIONS["subtract"].operation, one, other) == ([0, -5, 0], [True, False, False])
    assert traced(FUNCTIONS["negative"].operation, one)[1] == [True, True, False]
    choice = Traced(np.array([1.0, 0.0, 1.0]), False)
    assert traced(FUNCTIONS["where"].operation, choice, one, other) == ([0, 5, 0], [True, False, False])
    assert traced(FUNCTIONS["sin"].operation, one)[1] == [False] * 3
    x = Graph().input("x", (3,))
    total = total_over(x, (-1,))
    assert traced(total.operation, blank([0.0, 0.0, 0.0], [True, True, True]), params=total.params) == (0.0, True)
    assert traced(total.operation, blank([0.0, 1.0, -1.0], [True, False, False]), params=total.params) == (0.0, False)
    flipped = index(x, (slice(None, None, -1),))
    assert traced(flipped.operation, one, params=flipped.params) == ([0, 0, 0], [False, True, True])


LINEAR = [(f, s) for f, s in samples() if any(isinstance(n.operation, Linear) for n in ancestors([build(s)[0]]))]


@pytest.mark.parametrize("sample", [s for _, s in LINEAR], ids=sample_ids(LINEAR))
def test_tracing_gives_the_same_values_and_marks_only_zeros(sample):
    """Every sample and its derivatives, traced from fed values with zeros among them."""
    output, inputs, values = build(sample)
    (slope, *_) = D.vjp(output, output.graph.constant(np.eye(1, output.size).reshape(output.shape)), inputs)
    nodes = [output, slope]
    feeds = {
        x: np.where(np.arange(x.size).reshape(x.shape) % 3 == 2, 0.0, value)
        for x, value in zip(inputs, values, strict=True)
    }
    plan = Plan(nodes)
    try:
        plain = plan.run(feeds)
    except Exception:
        pytest.skip("has no value there")
    for one, two in zip(plain, plan._run_traced(feeds), strict=True):
        assert_array_equal(one, two)
    memory = Memory(feeds)
    with np.errstate(all="ignore"):
        memory._trace(slope)
    for value, gone in memory._traced.values():
        assert not np.any(np.broadcast_to(gone, np.shape(value)) & (value != 0))


# ---- in derivatives --------------------------------------------------------------------------------------


def f(name: str, *args: object) -> Node:
    return FUNCTIONS[name].build(*args)


WHOLE = [
    ("a zero that was computed meets infinity", lambda x: f("square", f("sqrt", x)), [nan, 1.0]),
    ("from the other side", lambda x: f("sqrt", f("square", x)), [nan, 1.0]),
    ("as a factor", lambda x: x * f("sqrt", x), [nan, 3.0]),
    (
        "where that is not taken",
        lambda x: f("where", f("greater", x, x.lift(0.0)), f("square", f("sqrt", x)), x),
        [1.0, 1.0],
    ),
    ("a factor of zero is a number too", lambda x: 0.0 * f("sqrt", x), [nan, 0.0]),
]


@pytest.mark.parametrize(("build_", "slopes"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_both_modes_and_all_ways_of_asking(build_, slopes):
    graph = Graph()
    x = graph.input("x", (2,))
    at = np.array([0.0, 4.0])
    output = build_(x)
    jacobian = np.zeros((2, 2))
    np.fill_diagonal(jacobian, slopes)
    for mode in MODES:
        assert_array_equal(evaluate(D.jacobian(output, x, mode), [x], [at]), jacobian)
        assert_array_equal(problems.jacobians(output, [x], mode).solve({x: at}).derivatives[0], jacobian)
    total = total_over(output, (-1,))
    for mode in MODES:
        assert_array_equal(evaluate(D.gradient(total, None, [x], mode)[0], [x], [at]), slopes)
        (gradient,) = problems.gradients(total, None, [x], mode).solve({x: at}).derivatives
        assert_array_equal(gradient, slopes)


def test_a_memory_tells_zeros_apart_too():
    graph = Graph()
    x = graph.input("x", ())
    memory = Memory({x: np.array(0.0)})
    (wrong,) = D.gradient(f("square", f("sqrt", x)), None, [x])
    (right,) = D.gradient(f("where", f("greater", x, x.lift(0.0)), f("sqrt", x), x), None, [x])
    assert memory.value(right) == 1.0
    assert math.isnan(memory.value(wrong))
    assert math.isnan(memory.value(wrong + 1.0))
    assert memory.value(right * 2.0) == 2.0


def test_a_batch_of_records_is_told_apart_record_by_record():
    x = Graph().input("x", ())
    problem = problems.gradients(f("square", f("sqrt", x)), None, [x])
    (slopes,) = problem.solve({x: np.array([0.0, 1.0, 4.0])}).derivatives
    assert_array_equal(slopes, [nan, 1.0, 1.0])


def test_a_plain_product_that_is_nan_is_asked_for_where_it_may_get_lost():
    graph = Graph()
    x, y = graph.input("x", ()), graph.input("y", ())
    product = scale(x, y)
    lost, kept = isnan(product), product + 1.0
    assert guards([product, lost, kept], [lost]) == [product]
    assert guards([product, lost, kept], [kept]) == [product, kept]
    assert guards([product, kept], [kept]) == [kept]
    assert not guards([x + y], [x + y])


def test_plain_products_change_no_answer():
    graph = Graph()
    g, x = graph.input("g", ()), graph.input("x", ())
    none = scale(where(greater(g, g.lift(0.0)), g, g.lift(0.0)), x)
    for output, wanted in ((none, 0.0), (isnan(none), 0.0), (none + 1.0, 1.0), (where(isnan(none), x, g), -1.0)):
        assert Plan([output]).run({g: np.array(-1.0), x: np.array(np.inf)})[0] == wanted
