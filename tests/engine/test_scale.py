"""Graphs of a million operations: everything works, in a thread with next to no stack."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from gradcli import limits
from gradcli.engine import derivatives as D
from gradcli.engine.collector import collector_waits
from gradcli.engine.evaluate import Plan, interpret
from gradcli.engine.memory import Memory
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import reshape_to, total_over
from gradcli.engine.operations.elementary import sin
from gradcli.engine.operations.reduction import prod
from gradcli.engine.provenance import origin
from gradcli.errors import LimitError

STACK = 256 * 1024
RECURSION = 120


@contextmanager
def little_stack() -> Iterator[None]:
    """Threads started inside get 256 KiB, and Python a depth of 120 calls."""
    size, depth = threading.stack_size(STACK), sys.getrecursionlimit()
    try:
        yield
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(depth)


def in_little_stack(work: Callable[[], None]) -> None:
    """Run work in such a thread, and raise what it raises."""
    raised: list[BaseException] = []

    def run() -> None:
        sys.setrecursionlimit(RECURSION)
        try:
            work()
        except BaseException as error:
            raised.append(error)

    with little_stack():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    if raised:
        raise raised[0]


def chain(step: Callable[[Node, Node], Node], count: int) -> tuple[Node, Node]:
    """The end and the start of a chain of steps."""
    s = Graph().input("s", ())
    y = s
    with collector_waits():
        for _ in range(count):
            y = step(y, s)
    return y, s


def everything(step: Callable[[Node, Node], Node], count: int, value: float, slope: float) -> None:
    """Build a chain, differentiate it in both modes, plan, run, remember, interpret, show and free it."""
    y, s = chain(step, count)
    (pulled,) = D.gradient(y, None, [s])
    pushed = D.jvp(y, [s], [s.graph.constant(1.0)])
    plan = Plan([y, pulled, pushed])
    feeds = {s: np.array(0.9)}
    found = plan.run(feeds)
    assert found == pytest.approx([value, slope, slope], rel=1e-9)
    assert Memory(feeds).value(pulled) == found[1]
    assert repr(y).startswith(f"%{y.id} = ")
    assert origin([y], feeds) is None
    assert interpret([y], {s: 1}, lambda node, operands: max(operands, default=0)) == [1]
    gone = weakref.ref(plan)
    del y, s, pulled, pushed, plan, feeds
    gc.collect()
    assert gone() is None


def test_a_chain_of_a_million_operations():
    """y ← y + 1: the derivative is a constant, but building, sweeping, planning, running and freeing go all the way."""

    def work() -> None:
        y, s = chain(lambda y, s: y + 1.0, 1_000_000)
        (slope,) = D.gradient(y, None, [s])
        assert Plan([y, slope]).run({s: np.array(0.5)}) == [1_000_000.5, 1.0]
        assert repr(y).startswith(f"%{y.id} = add(%")
        del y, s, slope
        gc.collect()

    in_little_stack(work)


def test_everything_works_on_long_chains():
    """y ← y + s: the value is (n + 1) s, the slope a sum of n + 1 ones."""
    count = 50_000
    in_little_stack(lambda: everything(lambda y, s: y + s, count, 0.9 * (count + 1), count + 1))


@pytest.mark.slow
def test_a_chain_of_a_million_sines_and_products():
    def step(y: Node, s: Node) -> Node:
        return sin(y) * s

    value, slope = 0.9, 1.0
    for _ in range(500_000):
        value, slope = np.sin(value) * 0.9, np.cos(value) * slope * 0.9 + np.sin(value)
    in_little_stack(lambda: everything(step, 500_000, value, slope))


def test_a_graph_that_doubles_at_every_step_is_swept_once_a_node():
    """y ← y·y, sixty times: as a tree it would have 2**60 leaves."""
    graph = Graph()
    x = graph.input("x", ())
    y = x
    for _ in range(60):
        y = y * y
    (slope,) = D.gradient(y, None, [x])
    assert graph.count < 400
    value, found = Plan([y, slope]).run({x: np.array(1.0)})
    assert value == 1.0
    assert found == 2.0**60


def test_a_wide_graph():
    """A product of a hundred thousand numbers, one of them zero: a tree of sixteen levels."""
    count = 100_000
    graph = Graph()
    x = graph.input("x", (count,))
    at = np.ones(count)
    at[5], at[6] = 0.0, 3.0
    (slope,) = D.gradient(prod(x), None, [x])
    (found,) = Plan([slope]).run({x: at})
    assert found[5] == 3.0
    assert np.count_nonzero(found) == 1
    assert graph.count < 400


def test_a_million_reshapes_are_one():
    graph = Graph()
    x = graph.input("x", (6,))
    y = x
    for _ in range(10_000):
        y = reshape_to(reshape_to(y, (2, 3)), (6,))
    assert y is x


def test_a_sum_of_many_terms():
    graph = Graph()
    x = graph.input("x", (50_000,))
    total = total_over(x * x, (-1,))
    (slope,) = D.gradient(total, None, [x])
    at = np.arange(50_000.0)
    assert np.array_equal(Plan([slope]).run({x: at})[0], 2 * at)


def test_a_graph_without_end_meets_its_limit():
    with limits.overridden({"nodes": 100_000}):
        graph = Graph()
        x = graph.input("x", ())
        y = x
        with pytest.raises(LimitError, match="100,000"):
            while True:
                y = sin(y)
        with pytest.raises(LimitError):
            D.gradient(y, None, [x])


def test_a_graph_is_freed_with_its_last_reference():
    graph = Graph()
    x = graph.input("x", ())
    y = x
    for _ in range(1000):
        y = sin(y) * x
    gone = weakref.ref(Plan([y]))
    del graph, x, y
    gc.collect()
    assert gone() is None
    assert not [each for each in gc.get_objects() if isinstance(each, Graph) and each.count > 900]
