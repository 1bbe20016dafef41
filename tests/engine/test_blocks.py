"""Blocks and threads: the same numbers as without, whatever their size and number."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from graphs import build, sample_ids, samples
from numpy.testing import assert_allclose, assert_array_equal

import gradcli
from gradcli import limits
from gradcli.answering import Question, prepare
from gradcli.engine import derivatives as D
from gradcli.engine import evaluate
from gradcli.engine.blocks import layout, work
from gradcli.engine.blocks.program import SAME, WIDE, Program, run
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import Elementwise, broadcast_to, copied, total_over
from gradcli.engine.operations import indexing
from gradcli.engine.operations.arithmetic import scale
from gradcli.engine.operations.elementary import cos, exp, log, sin
from gradcli.engine.operations.indexing import Basic, index
from gradcli.errors import DataError, GradcliError
from gradcli.language.parser import parse

SIZES = (1, 7, layout.PART)


@pytest.fixture(params=SIZES)
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Everything in blocks of this size, however small it is."""
    monkeypatch.setattr(layout, "PART", request.param)
    monkeypatch.setattr(layout, "BUDGET", 4 * request.param)
    monkeypatch.setattr(layout, "LARGE", 2)
    monkeypatch.setattr(layout, "OVERLAP", 100)
    monkeypatch.setattr(evaluate, "LARGE", 2)
    yield request.param


def plainly(nodes: list[Node], feeds: dict[Node, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    with monkeypatch.context() as patch:
        patch.setattr(evaluate, "LARGE", 2**62)
        return Plan(nodes).run(feeds)


def close(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        # a sum in parts is rounded otherwise
        assert_allclose(one, other, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("function", "sample"), samples(), ids=sample_ids(samples()))
def test_every_function_and_its_derivatives(function, sample, block, monkeypatch):
    output, inputs, values = build(sample)
    nodes = [output]
    try:
        slopes = D.gradient(total_over(output, tuple(range(-len(output.shape), 0))), None, inputs)
        nodes += slopes
        nodes += D.gradient(total_over(slopes[0], tuple(range(-len(slopes[0].shape), 0))), None, inputs)
    except GradcliError:
        pass  # some have values only
    feeds = dict(zip(inputs, values, strict=True))
    close(Plan(nodes).run(feeds), plainly(nodes, feeds, monkeypatch))


def graph_of_sums() -> tuple[list[Node], list[Node]]:
    """Elementwise steps, sums of every kind, what hangs on them, copies, slices; shapes (6, 5) and (5,)."""
    graph = Graph()
    x, v = graph.input("x", (6, 5)), graph.input("v", (5,))
    wide = copied(v, (6, 5), (-2,))
    y = sin(x) * wide + cos(x)
    whole = total_over(y, (-2, -1))
    z = exp(scale(y, broadcast_to(whole, (6, 5)) * 0.01))
    nodes = [whole, z, total_over(z, (-1,)), total_over(z * y, (-2,)), total_over(wide * wide, (-2, -1))]
    nodes.append(FUNCTIONS["logsumexp"].build(y, axis=-1))
    nodes.append(FUNCTIONS["max"].build(z, axis=0))
    nodes.append(index(z, (slice(1, None), slice(None, None, 2))) * 2.0)
    return nodes, [x, v]


def test_sums_stages_and_broadcasts(block, monkeypatch):
    nodes, inputs = graph_of_sums()
    random = np.random.default_rng(1)
    feeds = {node: random.standard_normal(node.shape) for node in inputs}
    close(Plan(nodes).run(feeds), plainly(nodes, feeds, monkeypatch))
    feeds[inputs[0]] = np.asfortranarray(feeds[inputs[0]])
    close(Plan(nodes).run(feeds), plainly(nodes, feeds, monkeypatch))


def test_a_batch_for_some_inputs(block, monkeypatch):
    nodes, (x, v) = graph_of_sums()
    random = np.random.default_rng(2)
    for leads in (((4,), ()), ((), (4,)), ((4,), (4,)), ((4, 1), (1, 3))):
        feeds = {node: random.standard_normal((*lead, *node.shape)) for node, lead in zip((x, v), leads, strict=True)}
        expected = plainly(nodes, feeds, monkeypatch)
        for one, other in zip(Plan(nodes).run(feeds), expected, strict=True):
            assert_allclose(
                np.broadcast_to(one, np.broadcast_shapes(one.shape, other.shape)),
                np.broadcast_to(other, one.shape),
                rtol=1e-12,
            )


PLACED = [
    "sum(100*(x[1:]-x[:-1]**2)**2 + (1-x[:-1])**2)",
    "sum(x[2:]*x[1:-1]*x[:-2])",
    "sum(x[30:]**2) + sum(x[:3]**3)",
    "sum(x[::2]*x[1::2])",  # not row by row
    "sum(sin(x[5])*x)",
    "sum((x.reshape(8, 5)[1:, 1:] - x.reshape(8, 5)[:-1, :-1])**2)",
    "sum(x.reshape(8, 5)[2:5]**2) + sum(x.reshape(8, 5)[:, 3]**2)",
    "log(sum((x[1:]-x[:-1])**2))",  # the slopes wait for the sum
    "sum((x[1:]-x[:-1])**2)*sum(x)",
    "sum(sin(x[1:])*x[:-1]) + sum(x[2:]**2*x[:-2])",  # slices of two lengths
    "sum((tanh(x)[1:]-x[:-1])**3)",
    "sum(x[:-1] + x[1:]*2)",  # slopes that are one number
]


@pytest.mark.parametrize("expression", PLACED)
def test_transposes_of_slices_a_block_at_a_time(expression, block, monkeypatch):
    x = np.random.default_rng(4).uniform(-2.0, 2.0, 40)
    found = gradcli.grad(expression, {"x": x})
    with monkeypatch.context() as patch:
        patch.setattr(evaluate, "LARGE", 2**62)
        whole = gradcli.grad(expression, {"x": x})
    close([found.value, found.gradient["x"]], [whole.value, whole.gradient["x"]])
    with limits.overridden({"threads": 5}):
        again = gradcli.grad(expression, {"x": x})
    assert_array_equal(again.gradient["x"], found.gradient["x"])
    assert again.value == found.value == gradcli.Expression(expression).eval({"x": x}).value


def test_neighbours_are_made_with_what_reads_them(monkeypatch):
    monkeypatch.setattr(limits, "threads", lambda: 2)
    made = gradcli.Expression("sum((x[1:]-x[:-1])**2)")
    x = np.random.default_rng(0).standard_normal(1_000_000)
    seen = []
    run = work.Work.run
    monkeypatch.setattr(work.Work, "run", lambda self: seen.append(len(self._run.under)) or run(self))
    made.grad({"x": x})
    assert seen == [1]


@pytest.mark.parametrize(
    "basic",
    [((2, 3, 1),), ((0, 7, 1),), ((6, 1, 1),), ((3, 2, 1), (1, 2, 2)), ((0, 7, 1), 2), ((0, 7, 1), (4, 5, -1)), ((1, 4, 1), (4, 5, -1))],
)  # fmt: skip
@pytest.mark.parametrize("rows", [1, 2, 3, 10])
def test_rows_of_what_is_placed(basic, rows):
    sizes = (7, 5)[: len(basic)]
    index = Basic(basic)
    value = np.random.default_rng(0).standard_normal(np.zeros(sizes)[index.index].shape)
    placed = indexing.place.by_blocks(value, index, sizes)
    found = [placed.rows(slice(start, start + rows)) for start in range(0, 7, rows)]
    assert_array_equal(np.concatenate(found), indexing.place.kernel(value, index, sizes))


@pytest.mark.parametrize("turned", ["x[:, ::-1]", "flip(x, 1)", "x[1:, ::-1]", "x[::-1, ::-1]", "x[:, 2:0:-1]"])
def test_the_slope_of_rows_read_backwards(turned, block):
    """Each element's slope is put where the element came from."""
    x = np.random.default_rng(0).standard_normal((9, 3))
    places = np.arange(27.0).reshape(9, 3)
    taken = gradcli.eval(turned, {"x": places}).value.astype(int).ravel()
    want = np.cos(x)
    want.ravel()[taken] -= np.arange(taken.size) * np.sin(x.ravel()[taken])
    written = f"y = cos({turned}); sum(sin(x)) + sum(y*arange({taken.size}).reshape(y.shape))"
    assert_allclose(gradcli.grad(written, {"x": x}).gradient["x"], want, rtol=1e-12)


OVERWRITTEN = [
    "log(sum(exp(x)))",  # a stage takes over the memory of the one before
    "sum(exp(x)/sum(exp(x))*x)",
    "dot(exp(x), exp(x)/max(exp(x)))",
    "sum(detach(exp(x))*exp(x))*sum(exp(x))",  # handed on as it is
    "sum(-(x + 0.5) + x*x*x/(x + 3) - (x - 1))",
    "sum(where(x > 0, exp(x), exp(-x)) * abs(exp(x) - 1))/sum(x*x)",
]


@pytest.mark.parametrize("expression", OVERWRITTEN)
def test_nothing_that_is_still_read_is_written_over(expression, block, monkeypatch):
    x = np.random.default_rng(4).uniform(-2.0, 2.0, 40)
    given = x.copy()
    found = [gradcli.grad(expression, {"x": x}) for _ in range(2)]
    assert_array_equal(x, given)
    with monkeypatch.context() as patch:
        patch.setattr(evaluate, "LARGE", 2**62)
        whole = gradcli.grad(expression, {"x": x})
    for each in found:
        close([each.value, each.gradient["x"]], [whole.value, whole.gradient["x"]])


def test_a_step_writes_over_what_dies_with_it():
    graph = Graph()
    x, y = graph.input("x", (4,)), graph.input("y", (4,))
    a = exp(x)
    b = a - y
    program = Program([x, y], [a, b, a * b, b + x], [a * b], [b + x], plain=False, real=True)
    once, steps, alive = program.steps([WIDE, SAME])
    assert (once, alive) == ([], 2)
    assert [step.over for step in steps] == [-1, -1, 2, 3]  # exp(x) dies with the product, x is somebody's
    assert [step.into for step in steps] == [-1, -1, 0, -1]
    assert [program.is_free(source, 0) for source in (0, 1)] == [False, True]  # x is read after the product
    data, out = np.arange(4.0), np.empty(4)
    for output in (None, out):
        values = [data, np.array(0.5), None, None, None, None]
        run(steps, values, [output])
        assert_array_equal(values[4], (np.exp(data) - 0.5) * np.exp(data))
        assert_array_equal(values[5], np.exp(data) - 0.5 + data)
    assert values[4] is out
    assert not Program([x, y], [a], [a], [x], plain=False, real=True).is_free(0, 0)  # x is looked at in the end


def test_what_is_handed_on_is_saved_before_its_memory_is_written_over():
    memory, other = np.arange(3.0), np.empty(3)
    work._write([memory, other], [np.full(3, 7.0), memory[:]])
    assert_array_equal(memory, 7.0)
    assert_array_equal(other, np.arange(3.0))


def test_python_takes_its_usual_turns_again():
    usual = sys.getswitchinterval()
    with work._quick_turns():
        with work._quick_turns():
            assert sys.getswitchinterval() < usual
        assert sys.getswitchinterval() < usual
    assert sys.getswitchinterval() == usual


def test_what_another_thread_raises_comes_out(monkeypatch):
    monkeypatch.setattr(limits, "threads", lambda: 2)
    main, there = threading.current_thread(), threading.Event()

    def kernel(x: np.ndarray) -> np.ndarray:
        if threading.current_thread() is not main:
            there.set()
            raise DataError("elsewhere")
        assert there.wait(timeout=30)  # the other thread has a block, too
        return x

    x = Graph().input("x", (2_000_000,))
    with pytest.raises(DataError, match="elsewhere"):
        Plan([Elementwise("failing", kernel, (None,))(x)]).run({x: np.zeros(2_000_000)})


def test_distant_neighbours_do_not_wait(monkeypatch):
    seen = []
    run = work.Work.run
    monkeypatch.setattr(work.Work, "run", lambda self: seen.append(len(self._run.under)) or run(self))
    x = np.random.default_rng(0).standard_normal(100_000)
    found = gradcli.grad("sum((x[5000:]-x[:-5000])**2)", {"x": x}).gradient["x"]
    assert seen == [0, 0]
    assert_allclose(found[5000:-5000], 4 * x[5000:-5000] - 2 * x[:-10_000] - 2 * x[10_000:], rtol=1e-12, atol=1e-12)


def test_a_plan_may_be_run_again_with_other_batches(block):
    nodes, inputs = graph_of_sums()
    plan = Plan(nodes)
    random = np.random.default_rng(3)
    for lead in ((), (3,), (), (2,)):
        feeds = {node: random.standard_normal((*lead, *node.shape)) for node in inputs}
        again = {node: value[0] if lead else value for node, value in feeds.items()}
        batch, alone = plan.run(feeds), plan.run(again)
        for one, other in zip(batch, alone, strict=True):
            assert_allclose(one[0] if lead else one, other, rtol=1e-13)


@pytest.mark.parametrize("size", SIZES)
def test_the_number_of_threads_changes_nothing(size, monkeypatch):
    monkeypatch.setattr(layout, "PART", size)
    monkeypatch.setattr(layout, "BUDGET", 4 * size)
    monkeypatch.setattr(layout, "LARGE", 2)
    monkeypatch.setattr(evaluate, "LARGE", 2)
    monkeypatch.setattr(limits.os, "sched_getaffinity", lambda _: range(16), raising=False)
    nodes, inputs = graph_of_sums()
    random = np.random.default_rng(4)
    feeds = {node: random.standard_normal(node.shape) for node in inputs}
    found = []
    for threads in (1, 2, 5):
        with limits.overridden({"threads": threads}):
            found.append(Plan(nodes).run(feeds))
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            assert_array_equal(one, same)


def test_large_values_go_in_blocks_by_themselves():
    graph = Graph()
    x = graph.input("x", (300_000,))
    seen: list[int] = []

    def kernel(x: np.ndarray) -> np.ndarray:
        seen.append(x.size)
        return x + 1.0

    counting = Elementwise("counting", kernel, (None,))
    value = np.random.default_rng(5).standard_normal(300_000)
    (total,) = Plan([total_over(sin(counting(x)), (-1,))]).run({x: value})
    assert_allclose(total, np.sin(value + 1.0).sum(), rtol=1e-13)
    assert layout.PART <= max(seen) <= layout.BUDGET
    assert sum(seen) == 300_000


def test_what_a_kernel_raises_comes_out_and_the_others_stop():
    graph = Graph()
    x = graph.input("x", (2_000_000,))
    calls: list[int] = []

    def kernel(x: np.ndarray) -> np.ndarray:
        calls.append(1)
        raise DataError("no such thing")

    failing = Elementwise("failing", kernel, (None,))
    before = threading.active_count()
    with pytest.raises(DataError, match="no such thing"):
        Plan([failing(x)]).run({x: np.zeros(2_000_000)})
    assert threading.active_count() == before
    assert len(calls) <= 16


def test_a_zero_that_meets_infinity_in_a_block():
    # the gradient of where(x > 0, log(x), 0) summed: the branch that was not taken has slope 0·∞
    graph = Graph()
    x = graph.input("x", (200_000,))
    where, greater = FUNCTIONS["where"].build, FUNCTIONS["greater"].build
    y = where(greater(x, graph.constant(0.0)), log(x), graph.constant(0.0))
    value = np.linspace(-1.0, 1.0, 200_000)
    value[100] = 0.0
    (slope,) = Plan(D.gradient(total_over(y, (-1,)), None, [x])).run({x: value})
    assert_array_equal(slope, np.where(value > 0, 1.0 / np.where(value > 0, value, 1.0), 0.0))


@pytest.mark.parametrize(
    ("odd", "finite"), [(1.0, True), (np.inf, False), (-np.inf, False), (np.nan, False), (1.7e308, True)]
)
def test_whether_results_are_finite_is_seen_on_the_way(odd, finite, block):
    graph = Graph()
    x = graph.input("x", (200,))
    value = np.linspace(0.0, 1.0, 200)
    value[[3, 150]] = odd  # twice 1.7e308 is no float, and both are finite
    for nodes in ([x], [x - 1.0, total_over(exp(-FUNCTIONS["abs"].build(x)), (-1,))], [scale(x * 1e-300, x * 1e-10)]):
        found, seen = Plan(nodes).run_looking({x: value})
        assert seen.finite == finite == all(np.isfinite(each).all() for each in found)


@pytest.mark.parametrize(
    ("odd", "known"), [(1.0, True), (0.0, True), (1e200, True), (np.inf, False), (np.nan, False), (1.7e308, False)]
)
def test_a_direction_is_finite_where_its_length_is(odd, known):
    value = np.full(100_000, odd)
    x = Graph().input("x", value.shape)
    norm = FUNCTIONS["norm"].build(x)
    (length, direction), seen = Plan([norm, *D.gradient(norm, None, [x])]).run_looking({x: value})
    assert seen.finite == known == bool(np.isfinite(length))
    assert not known or np.isfinite(direction).all()


def test_a_note_where_a_large_derivative_is_not_finite():
    x = np.ones(200_000)
    assert not gradcli.grad("sum(sqrt(x))", {"x": x}).notes
    x[150_000] = 0.0
    (note,) = gradcli.grad("sum(sqrt(x))", {"x": x}).notes
    assert note.kind == "nonfinite"


@pytest.mark.parametrize("expression", ["sum(sin(x)*cos(x)*exp(-x))", "sum(100*(x[1:]-x[:-1]**2)**2 + (1-x[:-1])**2)"])
def test_complex_steps_go_in_blocks(expression, block):
    prepared = prepare(parse(expression), Question("grad", ("x",), {"order": 1}), {"x": np.ones(40)}, {}, 0)
    value, slope = prepared.problem.nodes
    (x,) = prepared.inputs
    at = np.random.default_rng(4).uniform(-2.0, 2.0, 40)
    (slopes,) = Plan([slope]).run({x: at})
    for place in (0, 20, 39):
        step = np.where(np.arange(40) == place, 1e-30j, 0.0)
        found, moved = Plan([value, slope]).run({x: at + step})
        assert_allclose(found.imag / 1e-30, slopes[place], rtol=1e-12)
        assert_allclose(moved.real, slopes, rtol=1e-12)
