"""Writing into an array, as a linear operation of the array and of what is written."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import gradcli
from gradcli.engine import derivatives as D
from gradcli.engine.evaluate import Plan
from gradcli.engine.node import Frozen, Graph
from gradcli.engine.operations.assignment import assign, replace
from gradcli.engine.operations.indexing import positions
from gradcli.errors import DataError, GradcliError

SHAPE = (3, 4)
KEYS = [
    (1,), (slice(None), 2), (slice(None, None, -2), slice(1, 3)), (Ellipsis, 0), (np.array([0, 2]), np.array([1, 1])),
    (np.array([0, 0, 2]),), (np.array([0, 0]), np.array([3, 3])), (np.arange(12).reshape(SHAPE) % 5 == 0,), (None, 1), (slice(0, 0),), (2, 3),
]  # fmt: skip


def build(key, value_shape):
    graph = Graph()
    x, v = graph.input("x", SHAPE), graph.input("v", value_shape)
    return x, v, assign(x, positions(SHAPE, key), v)


def value_shapes(key):
    whole = np.zeros(SHAPE)[key].shape
    mask = any(isinstance(each, np.ndarray) and each.dtype == bool for each in key)
    return {whole, (), whole[-1:], (1,) * len(whole)} | ({(1, *whole)} if whole and not mask else set())


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_values_and_both_modes(key):
    draw = np.random.default_rng(0)
    for shape in value_shapes(key):
        x, v, out = build(key, shape)
        feeds = {x: draw.normal(size=SHAPE), v: draw.normal(size=shape)}
        expected = feeds[x].copy()
        expected[key] = feeds[v]
        assert np.array_equal(Plan([out]).run(feeds)[0], expected)
        for input_ in (x, v):
            forward = D.jacobian(out, input_, "forward")
            reverse = D.jacobian(out, input_, "reverse")
            one, other = Plan([forward, reverse]).run(feeds)
            assert np.array_equal(one, other)
            step = feeds[input_].copy()
            moved = feeds | {input_: step + 1.0}
            slope = Plan([out]).run(moved)[0] - expected  # linear: the sum of the Jacobian's columns
            assert np.allclose(one.reshape(*SHAPE, -1).sum(-1), slope, atol=1e-12)


@pytest.mark.parametrize(
    ("x", "values"),
    [((3, 4), (5,)), ((2, 3, 4), (5,)), ((3, 4), (2, 5)), ((2, 3, 4), (2, 5)), ((6, 2, 3, 4), (6, 2, 5))],
)
def test_either_may_have_leading_axes(x, values):
    """What the other lacks is a batch, and the shape is that of the kernel's array."""
    graph = Graph()
    where = Frozen(np.array([0, 3, 4, 8, 11]))
    operands = [graph.input("x", x), graph.input("v", values)]
    node = replace(*operands, params=(where, 2))
    found = replace.kernel(np.ones(x), np.zeros(values), where, 2)
    assert node.shape == found.shape
    assert np.sum(found, axis=(-2, -1)).ravel().tolist() == [7.0] * (found.size // 12)


@pytest.mark.parametrize("shape", [(2,), (3, 2), (2, 4), (2, 1), (2, 3, 4), (3,)])
def test_values_that_do_not_fill_their_place(shape):
    with pytest.raises(DataError, match="do not fit"):
        build((slice(None),), shape)


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_batches_are_stacks(key):
    draw = np.random.default_rng(1)
    for shape in value_shapes(key):
        x, v, out = build(key, shape)
        xs, vs = draw.normal(size=(5, *SHAPE)), draw.normal(size=(5, *shape))
        plan = Plan([out])
        assert np.array_equal(
            plan.run({x: xs, v: vs})[0], [plan.run({x: a, v: b})[0] for a, b in zip(xs, vs, strict=True)]
        )
        if out is not x:
            assert np.array_equal(plan.run({x: xs[0], v: vs})[0], [plan.run({x: xs[0], v: b})[0] for b in vs])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.integers(0, 100))
@settings(max_examples=50)
def test_the_last_of_several_values_for_a_place_stays(places, seed):
    graph = Graph()
    x, v = graph.input("x", (6,)), graph.input("v", (len(places),))
    out = assign(x, np.array(places), v)
    draw = np.random.default_rng(seed)
    feeds = {x: draw.normal(size=6), v: draw.normal(size=len(places))}
    expected = feeds[x].copy()
    for place, value in zip(places, feeds[v], strict=True):
        expected[place] = value
    assert np.array_equal(Plan([out]).run(feeds)[0], expected)
    slope = Plan(D.gradient(D.total_over(out, (-1,)), None, [v])).run(feeds)[0]
    assert slope.sum() == len(set(places))


def test_symbols_pass_through():
    graph = Graph()
    x, v = graph.input("x", (2,)), graph.input("v", ())
    out = assign(x, np.array(1), v)
    kernel = out.operation.kernel
    made = kernel(np.array(["a", "b"], dtype=object), np.array(["c"], dtype=object), *out.params)
    assert made.tolist() == ["a", "c"]


def test_shapes_that_do_not_fit():
    graph = Graph()
    with pytest.raises(DataError, match=r"\(3,\) and \(2,\)"):
        assign(graph.input("x", (4,)), np.array([0, 1]), graph.input("v", (3,)))


@pytest.mark.parametrize(
    ("shape", "fits"),
    [
        ((3,), True),
        ((1, 3), True),
        ((1, 1, 3), True),
        ((1, 1, 1), True),
        ((), True),
        ((1,), True),
        ((2, 1, 3), False),
        ((1, 2, 3), False),
        ((2, 3), False),
        ((2,), False),
        ((1, 0), False),
    ],
)
def test_what_may_be_assigned_to_three_places(shape, fits):
    """As in NumPy: axes of size 1 in front may be too many."""
    x, values = np.zeros(4), np.arange(float(math.prod(shape))).reshape(shape)
    if not fits:
        with pytest.raises(GradcliError, match="do not fit: the value, and the place it is assigned to"):
            gradcli.eval("x[1:] = y\nx", {"x": x, "y": values})
        return
    want = x.copy()
    want[1:] = values
    assert_array_equal(gradcli.eval("x[1:] = y\nx", {"x": x, "y": values}).value, want)
