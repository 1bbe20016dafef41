"""Elementwise functions of NaN, infinities and zeros of both signs, beside ordinary numbers: NumPy's of the same name."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from graphs import arity, distinct, elementwise_operations
from numpy.testing import assert_allclose, assert_array_equal

from gradcli.engine.functions import Function

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
