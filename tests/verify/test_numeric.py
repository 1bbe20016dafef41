"""Complex steps and differences, against derivatives known in closed form."""

import math

import numpy as np
import pytest

from gradcli import Expression
from gradcli.verify.elements import EVERY, Elements
from gradcli.verify.numeric import complex_step, differences
from gradcli.verify.point import Point


def point(expression, given, command="check", **extra):
    asked = Expression(expression)._ask(command, given, (("mode", "auto"), ("order", 1)), extra=extra)
    return Point(asked.prepared, asked.arrays, asked.extra)


def numbers(given):
    return np.array(given, dtype=float)


@pytest.mark.parametrize(
    ("expression", "x", "slope"),
    [
        ("sin(x)", 0.7, math.cos(0.7)),
        ("exp(x)*x**3", 2.5, math.exp(2.5) * (2.5**3 + 3 * 2.5**2)),
        ("log1p(x)**2", 1e-17, 2e-17),  # a complex log1p would lose its real part
        ("tanh(x)", 20.0, 1 / math.cosh(20) ** 2),
        ("1/x", 1e-200, -math.inf),
        ("x**7", -2.0, 448.0),
        ("detach(x)*x", 3.0, 3.0),
        ("where(x > 0, x**2, -x)", 2.0, 4.0),
        ("max([x, 2*x, 3])", 2.0, 2.0),
    ],
)
def test_complex_steps_are_exact(expression, x, slope):
    at = point(expression, {"x": x})
    assert at.analytic
    (found,), _ = complex_step(at, [(0, 0)])
    if math.isinf(slope):
        assert not np.isfinite(found[0]) or abs(found[0]) > 1e300
    else:
        np.testing.assert_allclose(found, [slope], rtol=4e-16)


@pytest.mark.parametrize(
    ("expression", "x"), [("log(x)", -1.0), ("sqrt(x)", 0.0), ("x**101", -2.0), ("sech(x)", 800.0)]
)
def test_where_a_complex_kernel_goes_another_way_there_is_no_answer_or_the_right_one(expression, x):
    (found,), _ = complex_step(point(expression, {"x": x}), [(0, 0)])
    right = {"x**101": 101 * 2.0**100}.get(expression, np.nan)
    assert np.isnan(found[0]) or found[0] == pytest.approx(right)


@pytest.mark.parametrize("expression", ["abs(x)", "floor(x)", "hypot(x, 1)", "sin(abs(x))"])
def test_not_everything_is_analytic(expression):
    assert not point(expression, {"x": 2.0}).analytic


def test_what_is_off_the_path_need_not_be_analytic():
    at = point("x*abs(detach(x))*abs(2)", {"x": -3.0})
    assert at.analytic
    assert complex_step(at, [(0, 0)])[0] == pytest.approx(6.0)


def test_a_row_a_direction_and_a_column_an_element():
    at = point("x*y", {"x": [1.0, 2.0], "y": [3.0, 5.0]}, "jacobian")
    found, _ = complex_step(at, [(0, 0), (0, 1), (1, 0), (1, EVERY)])
    np.testing.assert_allclose(found, [[3, 0], [0, 5], [1, 0], [1, 2]])


@pytest.mark.parametrize(
    ("expression", "x", "slope"),
    [
        ("sin(x)", 0.7, math.cos(0.7)),
        ("sin(x)", 1e5, math.cos(1e5)),
        ("abs(x)*x", -1e-3, 2e-3),
        ("log(x)", 1e-8, 1e8),
        ("exp(x)", 300.0, math.exp(300)),
        ("abs(x-1)", 1.001, 1.0),
        ("hypot(x, 1)", 0.0, 0.0),
        ("abs(x)", 1e-200, 1.0),
    ],
)
def test_differences_are_as_good_as_they_say(expression, x, slope):
    found = differences(point(expression, {"x": x}), [((0, 0),)], np.zeros(1))
    assert abs(found.slope[0, 0] - slope) <= found.error[0, 0]
    assert found.error[0, 0] <= max(1e-6 * abs(slope), 1e-9)


@pytest.mark.parametrize("expression", ["floor(7*x)", "x % 0.01", "sign(x - 0.7)"])
def test_steps_do_not_pass_for_slopes(expression):
    found = differences(point(expression, {"x": 0.7001}), [((0, 0),)], np.zeros(1))
    right = 1.0 if "%" in expression else 0.0
    assert abs(found.slope[0, 0] - right) <= found.error[0, 0] or np.isinf(found.error[0, 0])


def test_one_sided_slopes():
    found = differences(point("abs(x)*3 + x", {"x": 0.0}), [((0, 0),)], np.zeros(1))
    np.testing.assert_allclose([found.left, found.right], [[[-2.0]], [[4.0]]], atol=1e-9)
    found = differences(point("floor(x)", {"x": 2.0}), [((0, 0),)], np.zeros(1))
    assert (found.left[0, 0], found.right[0, 0]) == (np.inf, 0.0)
    found = differences(point("sqrt(x)*abs(x)", {"x": 0.0}), [((0, 0),)], np.zeros(1))
    assert np.isnan(found.left[0, 0]) or np.isinf(found.left_error[0, 0])


@pytest.mark.parametrize(
    ("expression", "second", "third"),
    [
        ("exp(2*x)", 4 * math.exp(1.4), 8 * math.exp(1.4)),
        ("sin(x)", -math.sin(0.7), -math.cos(0.7)),
    ],
)
def test_higher_orders(expression, second, third):
    at = point(expression, {"x": 0.7})
    found = differences(at, [((0, 0), (0, EVERY))], np.zeros(1))
    assert abs(found.slope[0, 0] - second) <= found.error[0, 0] <= 1e-8
    found = differences(at, [((0, 0), (0, EVERY), (0, EVERY))], np.zeros(1))
    assert abs(found.slope[0, 0] - third) <= found.error[0, 0] <= 1e-4


def test_mixed_second_differences_without_complex_steps():
    at = point("abs(x)*y**2", {"x": -2.0, "y": 3.0})
    found = differences(at, [((0, 0), (1, 0)), ((1, 0), (1, 0))], np.zeros(1))
    np.testing.assert_allclose(found.slope[:, 0], [-6.0, 4.0], atol=1e-6)
    assert np.all(np.abs(found.slope[:, 0] - [-6.0, 4.0]) <= found.error[:, 0])


def test_given_directions():
    asked = Expression("x*y")._ask(
        "jvp", {"x": [1.0, 2.0], "y": [3.0, 4.0]}, (("mode", "auto"),), wrt=("x",), extra={"tangent": {"x": [1, 2]}}
    )
    at = Point(asked.prepared, asked.arrays, asked.extra)
    elements = Elements(asked.prepared)
    found, _ = complex_step(at, [elements[0].directions[0]])
    np.testing.assert_allclose(found, [[3.0, 8.0]])
