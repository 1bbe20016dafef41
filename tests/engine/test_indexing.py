"""Indexing means what it means in NumPy; its derivative adds up where an element is taken more than once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graphs import MIXES, MODES, evaluate
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from gradcli.engine import derivatives as D
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph
from gradcli.engine.operations.assignment import assign
from gradcli.engine.operations.indexing import Basic, index, positions
from gradcli.errors import DataError

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


@st.composite
def keys(draw: Any) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """A shape, and a key that fits it: numbers, slices, None, an Ellipsis, whole-number arrays, masks."""
    shape = draw(SHAPES)
    lead = draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=1, max_side=3))
    entries: list[Any] = []
    axis = 0
    while axis < len(shape):
        kinds = ["slice", "stop"] + (["number", "array"] if shape[axis] else []) + ["mask"]
        kind = draw(st.sampled_from(kinds))
        size = shape[axis]
        if kind == "stop":
            break
        if kind == "number":
            entries.append(draw(st.integers(-size, size - 1)))
        elif kind == "slice":
            entries.append(draw(st.slices(size)))
        elif kind == "array":
            entries.append(draw(hnp.arrays(np.intp, _broadcastable(draw, lead), elements=st.integers(-size, size - 1))))
        else:
            if any(isinstance(e, np.ndarray) for e in entries):
                break  # a mask's length must fit the other arrays, which is a matter of luck
            entries.append(draw(hnp.arrays(bool, (size,))))
            axis += 1
            break
        axis += 1
    for _ in range(draw(st.integers(0, 2))):
        entries.insert(draw(st.integers(0, len(entries))), None)
    if draw(st.booleans()):
        entries.append(Ellipsis)
        while axis < len(shape) and draw(st.booleans()):
            axis += 1
            entries.append(draw(st.slices(shape[len(shape) - 1])) if axis == len(shape) else slice(None))
    return shape, tuple(entries)


def _broadcastable(draw: Any, lead: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts with lead."""
    kept = lead[draw(st.integers(0, len(lead))) :]
    return tuple(size if draw(st.booleans()) else 1 for size in kept)


@given(keys())
@settings(max_examples=250, deadline=None)
def test_values_and_derivatives_are_numpys(made):
    shape, key = made
    source = np.random.default_rng(0).uniform(-1.0, 1.0, shape)
    try:
        wanted = source[key]
    except IndexError:
        with pytest.raises(DataError):
            index(Graph().input("x", shape), key)
        return
    x = Graph().input("x", shape)
    output = index(x, key)
    assert output.shape == wanted.shape
    assert_array_equal(evaluate(output, [x], [source]), wanted)

    weights = np.random.default_rng(1).uniform(-1.0, 1.0, wanted.shape)
    scattered = np.zeros(shape)
    np.add.at(scattered, key, weights)
    (gradient,) = D.vjp(output, output.graph.constant(weights), [x])
    assert_allclose(evaluate(gradient, [x], [source]), scattered, rtol=1e-14, atol=1e-15)

    direction = np.random.default_rng(2).uniform(-1.0, 1.0, shape)
    pushed = D.jvp(output, [x], [x.graph.constant(direction)])
    assert_array_equal(evaluate(pushed, [x], [source]), direction[key])


@given(keys())
@settings(max_examples=100, deadline=None)
def test_a_batch_stays_in_front(made):
    shape, key = made
    batch = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 3, *shape))
    try:
        wanted = np.stack([[record[key] for record in row] for row in batch])
    except IndexError:
        return
    x = Graph().input("x", shape)
    output = index(x, key)
    weights = np.random.default_rng(1).uniform(-1.0, 1.0, output.shape)
    (gradient,) = D.vjp(FUNCTIONS["square"].build(output), x.graph.constant(weights), [x])
    found, slopes = Plan([output, gradient]).run({x: batch})
    assert_array_equal(np.broadcast_to(found, wanted.shape), wanted)
    for row in np.ndindex(2, 3):
        scattered = np.zeros(shape)
        np.add.at(scattered, key, 2 * weights * wanted[row])
        assert_allclose(np.broadcast_to(slopes, batch.shape)[row], scattered, rtol=1e-14, atol=1e-15)


KEYS: list[tuple[tuple[int, ...], tuple[Any, ...]]] = [
    ((4,), (-1,)),
    ((4,), (slice(None, None, -1),)),
    ((7,), (slice(5, 1, -2),)),
    ((7,), (slice(-3, None),)),
    ((7,), (slice(10, None),)),
    ((7,), (slice(None, None, 100),)),
    ((2, 3), (Ellipsis, 0)),
    ((2, 3), (None, 1, None, slice(None), None)),
    ((2, 3, 4), (1, Ellipsis, -1)),
    ((2, 3, 4), (np.array([0, 1]), slice(None), np.array([3, 3]))),  # NumPy moves the new axis to the front
    ((2, 3, 4), (slice(None), np.array([[0], [2]]), np.array([1, 1, 3]))),
    ((2, 3, 4), (0, slice(None), np.array([1, 1]))),
    ((3,), (np.array([0, 0, 0, 2]),)),
    ((3,), (np.array([[0, 1], [1, 0]]),)),
    ((3,), (np.array([True, False, True]),)),
    ((2, 3), (np.array([[True, False, True], [False, False, True]]),)),
    ((2, 3), (np.array([False, True]), slice(None, None, 2))),
    ((2, 3), (slice(None), np.array([], dtype=int))),
    ((), ()),
    ((), (None,)),
    ((), (Ellipsis,)),
]


@pytest.mark.parametrize(("shape", "key"), KEYS, ids=lambda each: str(each).replace(" ", ""))
@pytest.mark.parametrize(("inner", "outer"), MIXES)
def test_second_derivatives_through_an_index(shape, key, inner, outer):
    source = np.random.default_rng(3).uniform(0.5, 2.0, shape)
    x = Graph().input("x", shape)
    cubed = index(x, key) * index(x, key) * index(x, key)
    total = FUNCTIONS["sum"].build(cubed)
    (slope,) = D.gradient(total, None, [x], inner)
    counts = np.zeros(shape)
    np.add.at(counts, key, 1.0)
    assert_allclose(evaluate(slope, [x], [source]), 3 * counts * source**2, rtol=1e-13)
    hessian = evaluate(D.jacobian(slope, x, outer), [x], [source])
    assert_allclose(hessian.reshape(x.size, x.size), np.diag((6 * counts * source).ravel()), rtol=1e-13, atol=1e-13)


def test_taking_everything_is_nothing():
    x = Graph().input("x", (2, 3))
    assert index(x, (slice(None), slice(0, 3))) is x
    assert index(x, (Ellipsis,)) is x
    assert index(x, ()) is x


ERRORS = [
    ((2,), (5,), "index 5 is out of range for axis 0 of size 2", "indices run from -2 to 1"),
    ((2,), (-3,), "index -3 is out of range for axis 0 of size 2", "indices run from -2 to 1"),
    ((2, 3), (0, 3), "index 3 is out of range for axis 1 of size 3", "indices run from -3 to 2"),
    ((2, 3), (slice(None), np.array([0, 7])), "index 7 is out of range for axis 1 of size 3", "indices run from -3 to 2"),
    ((2, 3), (Ellipsis, np.array([4])), "4", None),
    ((0,), (0,), "index 0 is out of range for axis 0 of size 0", "the axis is empty"),
    ((2,), (0, 0), r"2 indices are too many: an array of shape \(2,\) has 1 axis", None),
    ((2,), (np.array([0]), 0), r"2 indices are too many: an array of shape \(2,\) has 1 axis", None),
    ((), (0,), "1 index is too many: a number has no axes", None),
    ((2, 3), (Ellipsis, 0, Ellipsis), r"only one `\.\.\.`", None),
    ((3,), (slice(None, None, 0),), "a slice needs a step that is not 0", None),
    ((3, 2), (slice(None, None, 0), np.array([0])), "a slice needs a step that is not 0", None),
    ((3,), (np.array([True, False]),), r"a mask of shape \(2,\) does not fit axis 0 of size 3", "a mask has a truth value for every element"),
    ((2, 3), (np.array([0, 1]), np.array([0, 1, 2])), r"index arrays of shapes \(2,\) and \(3,\) do not go together", None),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "key", "message", "hint"), ERRORS, ids=lambda each: str(each).replace(" ", "")[:30])
def test_what_cannot_be_taken(shape, key, message, hint):
    with pytest.raises(DataError, match=message) as caught:
        index(Graph().input("x", shape), key)
    assert caught.value.code == "index"
    assert hint is None or caught.value.hint == hint


# ---- writing into an array -----------------------------------------------------------------------------


@given(keys(), st.booleans())
@settings(max_examples=120, deadline=None)
def test_assigning_is_numpys(made, broadcast):
    shape, key = made
    source, random = np.random.default_rng(0).uniform(-1.0, 1.0, shape), np.random.default_rng(1)
    try:
        places = np.arange(source.size).reshape(shape)[key]
    except IndexError:
        return
    given_shape = places.shape[1:] if broadcast else places.shape
    values = random.uniform(-1.0, 1.0, given_shape)
    wanted = source.copy()
    wanted[key] = values

    graph = Graph()
    x, v = graph.input("x", shape), graph.input("v", given_shape)
    output = assign(x, positions(shape, key), v)
    assert_array_equal(evaluate(output, [x, v], [source, values]), wanted)

    weights = random.uniform(0.5, 1.0, shape)
    slopes = evaluate(D.vjp(output, graph.constant(weights), [x, v]), [x, v], [source, values])
    jacobians = [
        evaluate(D.jacobian(output, each, mode), [x, v], [source, values]) for each in (x, v) for mode in MODES
    ]
    assert_array_equal(jacobians[0], jacobians[1])
    assert_array_equal(jacobians[2], jacobians[3])
    for slope, jacobian in zip(slopes, jacobians[::2], strict=True):
        assert_allclose(slope, np.tensordot(weights, jacobian, len(shape)), rtol=1e-13, atol=1e-14)
    kept = np.ones(shape)
    kept[key] = 0.0
    assert_array_equal(slopes[0], weights * kept)


def test_of_a_place_that_is_named_twice_the_last_value_stays():
    graph = Graph()
    x, v = graph.input("x", (3,)), graph.input("v", (3,))
    output = assign(x, np.array([0, 0, 2]), v)
    feeds = [[9.0, 8.0, 7.0], [1.0, 2.0, 3.0]]
    assert evaluate(output, [x, v], feeds).tolist() == [2, 8, 3]
    dx, dv = (evaluate(D.jacobian(output, each), [x, v], feeds) for each in (x, v))
    assert dx.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert dv.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_assigning_what_does_not_fit():
    graph = Graph()
    x = graph.input("x", (3,))
    with pytest.raises(DataError) as caught:
        assign(x, np.array([0, 1]), graph.input("v", (3,)))
    assert caught.value.code == "shape"


def test_slices_are_told_apart():
    one, other = Basic(((0, 1, 1),)), Basic(((0, 2, 1),))
    assert one == Basic(((0, 1, 1),))
    assert one != other
    assert other != one
    assert one != ((0, 1, 1),)
