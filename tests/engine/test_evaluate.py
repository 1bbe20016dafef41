"""Plans and memories: every value once, dropped with its last reader, for one record or a batch."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from graphs import build, evaluate, samples
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal
from test_node import graphs

from gradcli import limits
from gradcli.engine import derivatives as D
from gradcli.engine.collector import collector_waits
from gradcli.engine.evaluate import Plan, interpret
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.memory import Memory
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import Elementwise, total_over
from gradcli.engine.operations.elementary import cos, exp, sin
from gradcli.engine.operations.indexing import index
from gradcli.errors import DataError, LimitError


class Counting:
    """An elementwise operation that counts how often its kernel runs."""

    def __init__(self) -> None:
        self.calls = 0
        self.operation = Elementwise("counting", self.kernel, (None,))

    def kernel(self, x: np.ndarray) -> np.ndarray:
        self.calls += 1
        return x + 1.0


def test_a_plan_names_the_inputs_it_needs():
    graph = Graph()
    x, y, _ = graph.input("x", ()), graph.input("y", ()), graph.input("z", ())
    plan = Plan([sin(y) + x, y])
    assert plan.inputs == (x, y)
    assert Plan([graph.constant(2.0)]).inputs == ()
    with pytest.raises(KeyError):
        plan.run({x: np.array(1.0)})


def test_a_plan_is_run_again_and_again_and_may_be_fed_more():
    graph = Graph()
    x, z = graph.input("x", (2,)), graph.input("z", ())
    plan = Plan([total_over(x * x, (-1,)), x, graph.constant(7.0)])
    for value in ([1.0, 2.0], [3.0, 4.0]):
        total, same, seven = plan.run({x: np.array(value), z: np.array(0.0)})
        assert total == value[0] ** 2 + value[1] ** 2
        assert_array_equal(same, value)
        assert seven == 7.0
        assert all(isinstance(each, np.ndarray) for each in (total, same, seven))


def test_each_node_is_computed_once():
    graph = Graph()
    x = graph.input("x", ())
    counting = Counting()
    y = counting.operation(x)
    assert [float(v) for v in evaluate([y * y, y + y, y, y], [x], [1.0])] == [4, 4, 2, 2]
    assert counting.calls == 1


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_plans_memories_and_interpreters_agree(made):
    _, nodes = made
    x, y = nodes[:2]
    feeds = {x: np.array(0.3), y: np.array(-0.4)}
    planned = Plan(nodes).run(feeds)
    memory = Memory(feeds)
    remembered = [memory.value(node) for node in reversed(nodes)][::-1]

    def interpreter(node: Node, operands: list[np.ndarray]) -> np.ndarray:
        return node.operation.kernel(*operands, *node.params)

    with np.errstate(all="ignore"):
        interpreted = interpret(nodes, feeds, interpreter)
    assert_array_equal(planned, remembered)
    assert_array_equal(planned, interpreted)


def test_values_die_with_their_last_reader():
    graph = Graph()
    x = graph.input("x", (1000,))
    chain = x
    for _ in range(50):
        chain = sin(chain)
    kept = [x]
    for _ in range(50):
        kept.append(cos(kept[-1]))
    eight = 8 * 1000
    assert Plan([chain]).peak_bytes == 2 * eight
    assert Plan(kept).peak_bytes == 51 * eight
    both = sin(x) * cos(x)
    assert Plan([both]).peak_bytes == 3 * eight
    assert Plan([x * x]).peak_bytes == 2 * eight


def test_a_value_that_is_read_twice_by_one_operation_dies_once():
    graph = Graph()
    x = graph.input("x", (10,))
    y = sin(x) * sin(x)
    assert Plan([exp(y)]).peak_bytes == 2 * 80


def test_copies_along_new_axes_take_no_memory():
    graph = Graph()
    x = graph.input("x", ())
    wide = FUNCTIONS["broadcast_to"].build(x, (1000, 1000))
    assert Plan([total_over(wide, (-1, -2))]).peak_bytes <= 16


def test_the_limit_on_bytes_is_on_what_is_alive_at_one_time():
    graph = Graph()
    x = graph.input("x", (100,))
    y = sin(sin(sin(x)))
    with limits.overridden({"bytes": 1600}):
        Plan([y])
    with limits.overridden({"bytes": 1599}), pytest.raises(LimitError, match="1,600 bytes"):
        Plan([y])


def test_an_input_that_was_not_fed():
    graph = Graph()
    x = graph.input("speed", ())
    with pytest.raises(DataError, match="no value for speed"):
        Memory({}).value(sin(x))


def test_a_memory_follows_a_graph_that_grows():
    graph = Graph()
    x = graph.input("x", ())
    counting = Counting()
    node: Node = x
    memory = Memory({x: np.array(0.0)})
    for step in range(1, 20):
        node = counting.operation(node)
        assert memory.value(node) == step
        assert counting.calls == step
    assert memory.value(x) == 0.0


def test_a_memory_is_not_asked_for_what_the_value_does_not_need():
    graph = Graph()
    x, y = graph.input("x", ()), graph.input("y", ())
    counting = Counting()
    unneeded = counting.operation(y)
    assert Memory({x: np.array(1.0)}).value(x + 1.0) == 2.0
    assert counting.calls == 0
    assert unneeded.operands == (y,)


def test_interpreting_stops_at_what_is_fed():
    graph = Graph()
    x = graph.input("x", ())
    y = sin(x)
    seen = []

    def interpreter(node: Node, operands: list[object]) -> object:
        seen.append(node)
        return f"{node.operation.name}({', '.join(map(str, operands))})"

    assert interpret([exp(y)], {x: "x"}, interpreter) == ["exp(sin(x))"]
    assert seen == [y, exp(y)]
    assert interpret([exp(y)], {x: "x", y: "y"}, interpreter) == ["exp(y)"]
    assert seen == [y, exp(y), exp(y)]


@pytest.mark.parametrize("lead", [(), (3,), (2, 3), (0,)])
def test_feeds_may_have_leading_axes(lead):
    graph = Graph()
    x, y = graph.input("x", (2,)), graph.input("y", ())
    output = total_over(x * y, (-1,))
    slopes = D.gradient(output, None, [x, y])
    random = np.random.default_rng(0)
    xs, ys = random.random((*lead, 2)), random.random(lead)
    value, dx, dy = Plan([output, *slopes]).run({x: xs, y: ys})
    assert_allclose(value, (xs * ys[..., None]).sum(-1))
    assert_allclose(np.broadcast_to(dx, xs.shape), np.broadcast_to(ys[..., None], xs.shape))
    assert_allclose(dy, xs.sum(-1))


@pytest.mark.parametrize("lead", [(0,), (4, 0)])
def test_a_batch_of_no_records(lead):
    """Every sample answers with an empty array of the right shape."""
    for _, sample in samples():
        output, inputs, _ = build(sample)
        (slope, *_) = D.vjp(output, output.graph.constant(np.ones(output.shape)), inputs)
        feeds = {x: np.zeros((*lead, *x.shape)) for x in inputs}
        for node, value in zip((output, slope), Plan([output, slope]).run(feeds), strict=True):
            assert value.shape in ((*lead, *node.shape), node.shape), sample.expression


def test_numbers_may_warn_outside_and_never_inside():
    graph = Graph()
    x = graph.input("x", ())
    with np.errstate(all="raise"):
        assert evaluate(1.0 / x, [x], [0.0]) == np.inf
        assert np.isnan(Memory({x: np.array(-1.0)}).value(FUNCTIONS["log"].build(x)))


def test_an_index_of_a_batch_keeps_the_batch_in_front():
    graph = Graph()
    x = graph.input("x", (3, 4, 5))
    rows, columns = np.array([0, 2]), np.array([[1], [4]])
    output = index(x, (rows, slice(None), columns))
    batch = np.random.default_rng(1).random((6, 3, 4, 5))
    (found,) = Plan([output]).run({x: batch})
    for record, got in zip(batch, found, strict=True):
        assert_array_equal(got, record[rows, :, columns])


def test_the_collector_waits_and_goes_on():
    assert gc.isenabled()
    with collector_waits():
        assert not gc.isenabled()
        with collector_waits():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), collector_waits():
        raise ZeroDivisionError
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_waits():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_a_memory_holds_is_bounded():
    graph = Graph()
    x = graph.input("x", (1000,))
    with limits.overridden({"bytes": 50_000}):
        memory = Memory({x: np.ones(1000)})
        y = x
        with pytest.raises(LimitError, match="values of the program"):
            for _ in range(10):
                y = sin(y)
                memory.value(y)
        assert y.id <= 8


def test_constants_are_bounded():
    with limits.overridden({"bytes": 50_000}):
        graph = Graph()
        with pytest.raises(LimitError, match="constants of the program"):
            for i in range(10):
                graph.constant(np.full(1000, float(i)))


def test_equal_constants_are_one_node():
    graph = Graph()
    one, same, other = (graph.constant(np.array(values)) for values in ([1.0, 0.0], [1.0, 0.0], [1.0, -0.0]))
    assert one is same
    assert one is not other
    assert graph.constant(np.zeros((0, 3))) is graph.constant(np.zeros((0, 3)))
    assert graph.constant(np.zeros((0, 3))) is not graph.constant(np.zeros((3, 0)))
