"""Derivatives as graphs: shapes, zeros, modes, and derivatives of derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from graphs import MIXES, MODES, evaluate
from numpy.testing import assert_allclose, assert_array_equal

from gradcli import limits
from gradcli.engine import derivatives as D
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import total_over
from gradcli.engine.operations.elementary import exp, sin
from gradcli.errors import DataError, LimitError

AT = np.array([[0.1, -0.4, 0.7], [1.2, 0.3, -0.9]])


def matrix() -> tuple[Node, Node]:
    """A function from (2, 3) to (3, 2), and its input: y_ji = sin(x_ij) * sum(x)."""
    x = Graph().input("x", (2, 3))
    return FUNCTIONS["T"].build(sin(x)) * total_over(x, (-1, -2)), x


def matrix_jacobian() -> np.ndarray:
    cross = np.broadcast_to(np.sin(AT).T[:, :, None, None], (3, 2, 2, 3)).copy()
    for i in range(2):
        for j in range(3):
            cross[j, i, i, j] += np.cos(AT[i, j]) * AT.sum()
    return cross


@pytest.mark.parametrize("mode", [None, *MODES])
def test_a_jacobian_has_the_outputs_shape_then_the_inputs(mode):
    output, x = matrix()
    jacobian = D.jacobian(output, x, mode)
    assert jacobian.shape == (3, 2, 2, 3)
    assert_allclose(evaluate(jacobian, [x], [AT]), matrix_jacobian(), rtol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_a_weighted_gradient(mode):
    output, x = matrix()
    weights = np.arange(6.0).reshape(3, 2)
    (gradient,) = D.gradient(output, output.graph.constant(weights), [x], mode)
    assert gradient.shape == (2, 3)
    assert_allclose(evaluate(gradient, [x], [AT]), np.tensordot(weights, matrix_jacobian(), 2), rtol=1e-14)


def test_products_with_a_jacobian_from_both_sides():
    output, x = matrix()
    graph = output.graph
    weights, direction = np.arange(6.0).reshape(3, 2), np.arange(6.0).reshape(2, 3) - 2.5
    pulled = D.vjp(output, graph.constant(weights), [x])[0]
    pushed = D.jvp(output, [x], [graph.constant(direction)])
    assert_allclose(evaluate(pulled, [x], [AT]), np.tensordot(weights, matrix_jacobian(), 2), rtol=1e-14)
    assert_allclose(evaluate(pushed, [x], [AT]), np.tensordot(matrix_jacobian(), direction, 2), rtol=1e-14)


def test_seeds_are_unit_arrays_along_a_new_first_axis():
    x = Graph().input("x", (2, 3))
    units = evaluate(D.seeds(x), [], [])
    assert units.shape == (6, 2, 3)
    assert_array_equal(units.reshape(6, 6), np.eye(6))


def test_seeds_are_bounded_before_they_are_made():
    x = Graph().input("x", (10**6,))
    with pytest.raises(LimitError, match="1,000,000,000,000 elements"):
        D.jacobian(sin(x), x)
    small = Graph().input("x", (10,))
    with limits.overridden({"elements": 100}):
        D.jacobian(sin(small), small)
    with limits.overridden({"elements": 99}), pytest.raises(LimitError):
        D.jacobian(sin(small), small)


@pytest.mark.parametrize("mode", MODES)
def test_what_does_not_depend_has_zeros_of_the_right_shape(mode):
    graph = Graph()
    x, y = graph.input("x", (2,)), graph.input("y", (3,))
    output = total_over(sin(x), (-1,))
    assert evaluate(D.gradient(output, None, [y], mode)[0], [x, y], [[1, 2], [3, 4, 5]]).tolist() == [0, 0, 0]
    assert D.jacobian(sin(x), y, mode).shape == (2, 3)
    assert not evaluate(D.jacobian(sin(x), y, mode), [x, y], [[1, 2], [3, 4, 5]]).any()
    assert D.hessian(output, y, x).shape == (3, 2)
    assert evaluate(D.nth(output, None, y, 3, mode), [x, y], [[1, 2], [3, 4, 5]]).tolist() == [0, 0, 0]


def test_directions_that_are_not_given_are_zero():
    graph = Graph()
    x, y = graph.input("x", ()), graph.input("y", ())
    moved = D.jvp(x * y, [x, y], [None, graph.constant(2.0)])
    assert evaluate(moved, [x, y], [3.0, 5.0]) == 6.0
    assert evaluate(D.jvp(x * y, [x, y], [None, None]), [x, y], [3.0, 5.0]) == 0.0
    products = D.hvp(x * x * y, [x, y], [None, graph.constant(2.0)])
    assert evaluate(products, [x, y], [3.0, 5.0]) == [12.0, 0.0]


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
@pytest.mark.parametrize("mode", MODES)
def test_one_number_in_any_shape_is_a_scalar(shape, mode):
    x = Graph().input("x", shape)
    (slope,) = D.gradient(sin(x), None, [x], mode)
    assert slope.shape == shape
    assert_allclose(evaluate(slope, [x], [np.full(shape, 0.5)]), np.full(shape, math.cos(0.5)))


def test_a_vector_needs_weights():
    x = Graph().input("x", (2,))
    with pytest.raises(DataError, match=r"the result has shape \(2,\)") as caught:
        D.gradient(sin(x), None, [x])
    assert caught.value.code == "not-scalar"
    for way in ("--grad-outputs", "sum()", "jacobian"):
        assert way in (caught.value.hint or "")


def quadratic() -> tuple[Node, Node, Node]:
    """exp(x·y) of a scalar x and vector y, with a Hessian that is known."""
    graph = Graph()
    x, y = graph.input("x", ()), graph.input("y", (2,))
    return total_over(exp(x * y), (-1,)), x, y


def test_a_hessian_in_blocks():
    output, x, y = quadratic()
    a, b = 0.5, np.array([0.2, -0.3])
    e = np.exp(a * b)
    wanted = {
        (x, x): (b**2 * e).sum(),
        (x, y): e + a * b * e,
        (y, x): e + a * b * e,
        (y, y): np.diag(a**2 * e),
    }
    for (one, two), block in wanted.items():
        hessian = D.hessian(output, one, two)
        assert hessian.shape == one.shape + two.shape
        assert_allclose(evaluate(hessian, [x, y], [a, b]), block, rtol=1e-13)


def test_a_hessian_times_a_vector():
    output, x, y = quadratic()
    a, b, u, v = 0.5, np.array([0.2, -0.3]), 2.0, np.array([1.0, -1.0])
    graph = output.graph
    products = D.hvp(output, [x, y], [graph.constant(u), graph.constant(v)])
    e = np.exp(a * b)
    cross = e + a * b * e
    dx, dy = evaluate(products, [x, y], [a, b])
    assert_allclose(dx, (b**2 * e).sum() * u + cross @ v, rtol=1e-13)
    assert_allclose(dy, cross * u + a**2 * e * v, rtol=1e-13)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [1, 2, 3, 4, 7])
def test_the_nth_derivative_of_an_elementwise_expression(order, mode):
    x = Graph().input("x", (2,))
    output = FUNCTIONS["sin"].build(2.0 * x)
    weights = output.graph.constant(np.ones(2))
    found = evaluate(D.nth(output, weights, x, order, mode), [x], [[0.3, -1.0]])
    turns = [math.cos, lambda v: -math.sin(v), lambda v: -math.cos(v), math.sin]
    assert_allclose(found, [2.0**order * turns[(order - 1) % 4](2 * v) for v in (0.3, -1.0)], rtol=1e-13)


@pytest.mark.parametrize(("inner", "outer"), MIXES)
def test_a_third_sweep_over_any_two(inner, outer):
    x = Graph().input("x", (2,))
    output = total_over(x * x * x * x, (-1,))
    (slope,) = D.gradient(output, None, [x], inner)
    second = D.jacobian(slope, x, outer)
    third = evaluate(D.jacobian(second, x), [x], [[2.0, 3.0]])
    wanted = np.zeros((2, 2, 2))
    wanted[0, 0, 0], wanted[1, 1, 1] = 48.0, 72.0
    assert_allclose(third, wanted, atol=1e-12)


def test_the_cheaper_mode_is_chosen():
    graph = Graph()
    x, scalar = graph.input("x", (50,)), graph.input("s", ())
    before = graph.count
    D.jacobian(x * scalar, scalar)  # one column
    forward = graph.count - before
    assert not any(shape == (50, 50) for shape in _shapes(D.jacobian(x * scalar, scalar)))
    assert (50, 50) in _shapes(D.jacobian(x * scalar, x))
    assert forward < 12


def _shapes(node: Node) -> set[tuple[int, ...]]:
    from gradcli.engine.sweeps import ancestors

    return {each.shape for each in ancestors([node])}


def test_empty_inputs_and_outputs():
    x = Graph().input("x", (0,))
    for mode in MODES:
        assert evaluate(D.jacobian(sin(x), x, mode), [x], [np.zeros(0)]).shape == (0, 0)
        assert evaluate(D.gradient(total_over(sin(x), (-1,)), None, [x], mode)[0], [x], [np.zeros(0)]).shape == (0,)
