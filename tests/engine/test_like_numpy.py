"""Arguments at their edges, against NumPy's functions of the same name."""

from __future__ import annotations

import math
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import gradcli

RANDOM = np.random.default_rng(11)
MATRIX, VECTOR, CUBE = RANDOM.normal(size=(3, 4)), RANDOM.normal(size=5), RANDOM.normal(size=(2, 3, 4))
TIED = np.array([2.0, -1.0, 2.0, 0.0, -1.0])

SAME: list[tuple[str, Any, Any]] = [
    ("round(x, 2)", VECTOR * 100, lambda x: np.round(x, 2)), ("round(x, -1)", VECTOR * 100, lambda x: np.round(x, -1)),
    ("round(x, -2)", VECTOR * 1000, lambda x: np.round(x, -2)), ("round(x, 0)", VECTOR * 10, np.round),
    ("round(x, 1)", VECTOR, lambda x: np.round(x, 1)),
    ("norm(x, inf)", VECTOR, lambda x: np.linalg.norm(x, inf)), ("norm(x, -inf)", VECTOR, lambda x: np.linalg.norm(x, -inf)),
    ("norm(x, 0)", TIED, lambda x: np.linalg.norm(x, 0)), ("norm(x, 1)", MATRIX, lambda x: np.linalg.norm(x, 1)),
    ("norm(x, -1)", MATRIX, lambda x: np.linalg.norm(x, -1)), ("norm(x, inf)", MATRIX, lambda x: np.linalg.norm(x, inf)),
    ("norm(x, 'fro', axis=(0, 1))", CUBE, lambda x: np.linalg.norm(x, "fro", axis=(0, 1))),
    ("norm(x, 1, axis=(2, 0))", CUBE, lambda x: np.linalg.norm(x, 1, axis=(2, 0))),
    ("norm(x, inf, axis=(0, 2))", CUBE, lambda x: np.linalg.norm(x, inf, axis=(0, 2))),
    ("norm(x, 2, axis=(0, 2))", CUBE, lambda x: np.linalg.norm(x, 2, axis=(0, 2))),
    ("norm(x, 'nuc', axis=(1, 0))", CUBE, lambda x: np.linalg.norm(x, "nuc", axis=(1, 0))),
    ("norm(x, 0.5)", VECTOR, lambda x: np.linalg.norm(x, 0.5)), ("norm(x, 3, axis=1)", MATRIX, lambda x: np.linalg.norm(x, 3, axis=1)),
    ("norm(x, -2)", VECTOR, lambda x: np.linalg.norm(x, -2)),
    ("topk(x, 0)", VECTOR, lambda x: x[:0]), ("topk(x, 5)", VECTOR, lambda x: np.sort(x)[::-1]),
    ("argsort(x, None)", MATRIX, lambda x: np.argsort(x, None)), ("sort(x, None)", MATRIX, lambda x: np.sort(x, None)),
    ("argsort(x, descending=True)", VECTOR, lambda x: np.argsort(-x)), ("argmax(x, axis=0)", MATRIX, lambda x: np.argmax(x, 0)),
    ("narrow(x, 0, 1, 3)", VECTOR, lambda x: x[1:4]), ("narrow(x, 0, -3, 2)", VECTOR, lambda x: x[2:4]),
    ("narrow(x, 1, -1, 1)", MATRIX, lambda x: x[:, 3:]), ("rot90(x)", MATRIX, np.rot90), ("rot90(x, 2)", MATRIX, lambda x: np.rot90(x, 2)),
    ("rot90(x, -1, (0, 2))", CUBE, lambda x: np.rot90(x, -1, (0, 2))), ("rot90(x, 3, (1, 0))", MATRIX, lambda x: np.rot90(x, 3, (1, 0))),
    ("repeat(x, 2)", VECTOR, lambda x: np.repeat(x, 2)), ("repeat(x, 0)", VECTOR, lambda x: np.repeat(x, 0)),
    ("repeat(x, [1, 0, 2], 0)", MATRIX, lambda x: np.repeat(x, [1, 0, 2], 0)),
    ("pad(x, (0, 2))", VECTOR, lambda x: np.pad(x, (0, 2))), ("pad(x, 1)", MATRIX, lambda x: np.pad(x, 1)),
    ("pad(x, (1, 2))", MATRIX, lambda x: np.pad(x, (1, 2))), ("pad(x, [[1, 0], [0, 2]])", MATRIX, lambda x: np.pad(x, [[1, 0], [0, 2]])),
    ("pad(x, 2, 'reflect')", VECTOR, lambda x: np.pad(x, 2, "reflect")), ("pad(x, [3], 'edge')", VECTOR, lambda x: np.pad(x, [3], "edge")),
    ("hstack([x, 1, 2*x])", VECTOR, lambda x: np.hstack([x, 1.0, 2 * x])), ("hstack([x, x])", MATRIX, lambda x: np.hstack([x, x])),
    ("hstack([x[0, 0], x[1, 1]])", MATRIX, lambda x: np.hstack([x[0, 0], x[1, 1]])),
    ("vstack([x, 2*x])", VECTOR, lambda x: np.vstack([x, 2 * x])), ("kron(x, [1, 2])", VECTOR, lambda x: np.kron(x, [1.0, 2.0])),
    ("tile(x, (2, 1, 3))", MATRIX, lambda x: np.tile(x, (2, 1, 3))), ("roll(x, -2)", MATRIX, lambda x: np.roll(x, -2)),
    ("heaviside(x, 0.5)", TIED, lambda x: np.heaviside(x, 0.5)), ("trunc(x)", VECTOR * 3, np.trunc),
    ("quantile(x, 0.3, axis=1)", MATRIX, lambda x: np.quantile(x, 0.3, axis=1)), ("median(x, 0)", MATRIX, lambda x: np.median(x, 0)),
    ("cov(x)", MATRIX, np.cov), ("corrcoef(x)", MATRIX, np.corrcoef), ("diff(x, 2)", VECTOR, lambda x: np.diff(x, 2)),
    ("outer(x, x)", VECTOR, lambda x: np.outer(x, x)), ("x @ x.T", MATRIX, lambda x: x @ x.T), ("x @ x[0]", MATRIX, lambda x: x @ x[0]),
    ("dot(x, x.T)", MATRIX, lambda x: x @ x.T), ("dot(x[0, 0], x[0, 1])", MATRIX, lambda x: x[0, 0] * x[0, 1]),
    ("dot(x, x[0, 0])", MATRIX, lambda x: x * x[0, 0]), ("dot(x, x)", VECTOR, lambda x: x @ x),
    ("matrix_power(x[:, :3], 0)", MATRIX, lambda x: np.eye(3)), ("matrix_power(x[:, :3], 5)", MATRIX, lambda x: np.linalg.matrix_power(x[:, :3], 5)),
    ("take_along_axis(x, argsort(x, 1), 1)", MATRIX, lambda x: np.sort(x, 1)), ("trace(x, 1)", MATRIX, lambda x: np.trace(x, 1)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "x", "numpy"), SAME, ids=[f"{expression} {x.shape}" for expression, x, _ in SAME]
)
def test_the_value_is_numpys(expression, x, numpy):
    found, wanted = gradcli.eval(expression, {"x": x}).value, numpy(x)
    assert found.shape == np.shape(wanted)
    assert_allclose(found, wanted, rtol=1e-13, atol=1e-14)


# ---- lengths -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(40_000,), (17_001,), (3, 20_000), (20_000, 3), (2, 2, 16_384)])
def test_the_length_of_many_numbers(shape):
    x = RANDOM.normal(size=shape)
    for axis in range(-len(shape), 0):
        found = gradcli.eval(f"norm(x, axis={axis})", {"x": x}).value
        rows = np.moveaxis(x, axis, -1).reshape(-1, shape[axis])
        wanted = [math.sqrt(math.fsum(v * v for v in row)) for row in rows]
        # along other axes NumPy adds one after another
        assert_allclose(found.ravel(), wanted, rtol=4e-16 if axis == -1 else 1e-14)


def test_directions_of_rows_of_every_kind():
    rows = np.array([[0.0, 0.0], [3.0, 4.0], [inf, 1.0], [inf, -inf], [1e200, 1e200], [-1.0, 0.0]])
    found = gradcli.grad("sum(norm(x, axis=1)[[0, 1, 2, 4, 5]])", {"x": rows}).gradient["x"]
    assert_allclose(found, [[0, 0], [0.6, 0.8], [1, 0], [0, 0], [0.5**0.5, 0.5**0.5], [-1, 0]], rtol=1e-15)
    assert np.isnan(gradcli.grad("norm(x)", {"x": rows[3]}).gradient["x"]).all()


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("expression", ["norm(x)", "norm(x, 3)", "norm(x, 4)"])
def test_the_length_of_nothing_does_not_bend(expression, order):
    assert_array_equal(gradcli.grad(expression, {"x": np.zeros(3)}, order=order).gradient["x"], np.zeros(3))


# ---- shares of infinite terms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "wanted"), [
    ([inf, 1.0], [0.0, -inf]), ([inf, inf, 3.0], [-math.log(2), -math.log(2), -inf]), ([-inf, 2.0], [-inf, 0.0]),
    ([1.0, nan], [nan, nan]), ([0.0, 0.0], [-math.log(2), -math.log(2)]), ([inf, -inf, 0.0], [0.0, -inf, -inf]),
])  # fmt: skip
def test_the_logarithms_of_shares(x, wanted):
    assert_allclose(gradcli.eval("log_softmax(x)", {"x": x}).value, wanted, rtol=1e-15)


@pytest.mark.parametrize("x", [0.25, 0.3, 0.5, 0.7, 0.75, 0.2, 0.8, 1e-300, 1 - 1e-16])
def test_logit_is_exact_on_both_sides_of_where_it_changes(x):
    wanted = math.log(x) - math.log1p(-x) if not 0.25 <= x <= 0.75 else 2 * math.atanh(2 * x - 1)
    assert float(gradcli.eval("logit(x)", {"x": x}).value) == pytest.approx(wanted, rel=3e-16)
