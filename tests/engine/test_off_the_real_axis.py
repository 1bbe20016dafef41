"""Kernels of the elementwise operations on complex numbers, one operand at a time, where the points of samples do not go.

A step off the real axis in one operand, while the others are real numbers, gives the value and the partial derivative;
mpmath says what these are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from graphs import arity, elementwise_operations
from references import SCALAR
from test_operations import PARAMS
from test_rules import MORE, OTHER_PARAMS, PLACES, real

STEP = 1e-100
WITHOUT = {"detach", "portion", "within", "where_defined", "equal", "not_equal", "computed"}
ONLY_RIGHT = {"gamma", "lgamma"}
"""SciPy's complex kernels have another branch, or rounding errors off the axis, for negative numbers."""


def cases() -> list[tuple[str, tuple[Any, ...], int]]:
    """Analytic operations, each of their ways, and the operand that moves."""
    found = []
    for name, operation in elementwise_operations().items():
        if name in WITHOUT or name not in SCALAR or not operation.analytic or not any(operation.rules):
            continue
        for params in OTHER_PARAMS.get(name, PARAMS.get(name, [()])):
            found += [(name, params, moving) for moving in range(arity(operation))]
    return found


@pytest.mark.parametrize(("name", "params", "moving"), cases(), ids=str)
def test_a_step_in_one_operand(name, params, moving):
    operation, function = elementwise_operations()[name], SCALAR[name]
    count = arity(operation)
    orders = [int(i == moving) for i in range(count)]
    checked = 0
    for place in MORE.get(name, PLACES[count]):
        value = real(lambda *xs: function(*xs, *params), place, [0] * count)
        slope = real(lambda *xs: function(*xs, *params), place, orders)
        if name in ONLY_RIGHT and place[0] < 0:
            continue
        if not (math.isfinite(value) and math.isfinite(slope)) or max(abs(value), abs(slope)) > 1e100:
            continue
        operands = [np.asarray(x + STEP * 1j if i == moving else x) for i, x in enumerate(place)]
        with np.errstate(all="ignore"):
            found = operation.kernel(*operands, *params)
        assert np.real(found) == pytest.approx(value, rel=1e-11, abs=1e-13), place
        assert np.imag(found) / STEP == pytest.approx(slope, rel=1e-10, abs=1e-12 * max(1.0, abs(value))), place
        checked += 1
    assert checked >= 3


@pytest.mark.parametrize("x", [-0.0, 0.0, 1e-9, 0.5, 3.0, 30.0])
def test_rectified_complex_numbers_are_chosen_by_their_real_parts(x):
    relu = elementwise_operations()["relu"]
    for sign in (1.0, -1.0):
        found = relu.kernel(np.asarray(sign * x + STEP * 1j))
        assert np.real(found) == max(sign * x, 0.0)
        assert np.imag(found) == (STEP if sign * x > 0 else 0.0)
