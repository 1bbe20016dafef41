"""Elementwise functions of NaN, infinities and zeros of both signs, beside ordinary numbers: NumPy's of the same name."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from graphs import arity, distinct, elementwise_operations
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal

import gradcli
from gradcli.engine.functions import Function
from gradcli.errors import GradcliError

nan, inf = math.nan, math.inf
VALUES = (nan, -inf, -2.5, -1.0, -0.0, 0.0, 5e-324, 0.5, 1.0, 3.0, inf)
NAMES = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
}
ROUNDED = {"cbrt", "power", "logaddexp", "logaddexp2", "hypot", "reciprocal", "exp2", "sinc", "i0"}
"""Right to the last digit, or nearly, as NumPy's may not be."""


def shared() -> list[Function]:
    """Functions that NumPy has under the same name, or another it gives them."""
    return [
        f
        for f in distinct()
        if f.operation is not None and isinstance(getattr(np, NAMES.get(f.name, f.name), None), np.ufunc)
    ]


@pytest.mark.parametrize("function", shared(), ids=lambda f: f.name)
def test_values_at_special_numbers(function):
    operation = function.operation
    numpy = getattr(np, NAMES.get(function.name, function.name))
    places = [np.array(column) for column in zip(*itertools.product(VALUES, repeat=arity(operation)), strict=True)]
    with np.errstate(all="ignore"):
        found, want = operation.kernel(*places), np.asarray(numpy(*places), dtype=float)
    if function.name in ROUNDED:
        assert_allclose(found, want, rtol=3e-16)
    else:
        assert_array_equal(found, want)
    for one, place in enumerate(zip(*places, strict=True)):  # numbers by themselves
        with np.errstate(all="ignore"):
            alone = float(operation.kernel(*map(np.asarray, place)))
            other = float(numpy(*map(np.asarray, place)))  # NumPy's square root of -inf as a power depends on the rank
        assert alone in (found[one], other) or (math.isnan(alone) and math.isnan(other)), place


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_larger_of_two_complex_numbers_is_that_of_their_real_parts(name):
    """The first where they are equal; and one may be a real number."""
    kernel = elementwise_operations()[name].kernel
    sign = 1.0 if name == "maximum" else -1.0
    for x, y, first in ((1.0, 2.0, False), (2.0, 1.0, True), (1.0, 1.0, True), (-3.0, 0.5, False)):
        wins = first if sign > 0 or x == y else not first
        for a, b in ((x + 1e-100j, y), (x, y + 1e-100j), (x + 1e-100j, y - 2e-100j)):
            assert kernel(np.asarray(a), np.asarray(b)) == (a if wins else b)


def test_choices_at_special_numbers():
    """clip, relu and where take NaN for what it is: no number, and true."""
    operations = elementwise_operations()
    x = np.array([nan, -inf, -1.0, -0.0, 0.0, 1.0, inf])
    with np.errstate(all="ignore"):
        assert_array_equal(operations["relu"].kernel(x), [nan, 0, 0, 0, 0, 1, inf])
        for low, high in ((-1.0, 0.5), (0.0, 0.0), (-inf, inf), (2.0, 1.0), (nan, 1.0), (0.0, nan)):
            bounds = np.full(7, low), np.full(7, high)
            assert_array_equal(operations["clip"].kernel(x, *bounds), np.clip(x, *bounds))
        assert_array_equal(operations["where"].kernel(x, np.full(7, 1.0), np.full(7, 2.0)), [1, 1, 1, 2, 2, 1, 1])


def test_the_highest_derivative_of_digamma():
    want = float(mp.psi(100, 2))
    assert float(gradcli.eval("polygamma(100, x)", {"x": 2.0}).value) == pytest.approx(want, rel=1e-13)
    with pytest.raises(GradcliError, match="polygamma takes an order from 0 to 100, not 101"):
        gradcli.eval("polygamma(101, x)", {"x": 2.0})


@pytest.mark.parametrize(
    ("x", "y", "want"),
    [
        (-1.0, inf, nan),
        (-1.0, -inf, nan),
        (0.0, -inf, -inf),
        (0.0, inf, 0.0),
        (nan, inf, nan),
        (-0.5, inf, 0.0),
        (2.0, inf, inf),
    ],
)
def test_slopes_of_endless_powers(x, y, want):
    """For x: where the power outruns its factor, and where its sign goes to and fro."""
    found = gradcli.grad("x**y", {"x": x, "y": y}, wrt=["x"]).gradient["x"]
    assert_array_equal(found, want)


def test_the_digits_of_powers_below_the_normal_numbers_come_back():
    """x**2 is below them, and a factor brings it above."""
    for x, y in ((1e-155, 3.0), (3e-156, 3.0), (2e-103, 4.0)):
        found = float(gradcli.grad("x**y", {"x": x, "y": y}, order=2, wrt=["y"]).gradient["y"])
        slope = float(gradcli.grad("grad(x**y, y)", {"x": x, "y": y}, wrt=["x"]).gradient["x"])
        with mp.workdps(40):
            u, v = mp.mpf(x), mp.mpf(y)
            assert found == pytest.approx(float(u**v * mp.log(u) ** 2), rel=1e-13, abs=5e-324)
            assert slope == pytest.approx(float(u ** (v - 1) * (1 + v * mp.log(u))), rel=1e-13)
