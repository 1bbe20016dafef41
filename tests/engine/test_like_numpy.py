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
    ("diff(x, 0)", VECTOR, lambda x: x), ("diff(x, 4)", VECTOR, lambda x: np.diff(x, 4)), ("diff(x, 5)", VECTOR, lambda x: x[:0]),
    ("diff(x, 9)", VECTOR, lambda x: x[:0]), ("diff(x, 1, 0)", MATRIX, lambda x: np.diff(x, 1, 0)),
    ("gradient(x)", VECTOR[:2], np.gradient), ("gradient(x)", VECTOR, np.gradient),
    ("gradient(x, edge_order=2)", VECTOR[:3], lambda x: np.gradient(x, edge_order=2)),
    ("vander(x)", VECTOR, np.vander), ("vander(x, 0)", VECTOR, lambda x: np.vander(x, 0)), ("vander(x, 1)", VECTOR, lambda x: np.vander(x, 1)),
    ("vander(x, 3, increasing=True)", VECTOR, lambda x: np.vander(x, 3, increasing=True)),
    ("convolve(x, [1, 2, 3])", VECTOR, lambda x: np.convolve(x, [1.0, 2.0, 3.0])),
    ("convolve(x, [1, 2], 'same')", VECTOR, lambda x: np.convolve(x, [1.0, 2.0], "same")),
    ("convolve(x, [1, 2, 3], 'valid')", VECTOR, lambda x: np.convolve(x, [1.0, 2.0, 3.0], "valid")),
    ("correlate(x, [1, 2, 4], 'full')", VECTOR, lambda x: np.correlate(x, [1.0, 2.0, 4.0], "full")),
    ("correlate(x, [1, 2, 4])", VECTOR, lambda x: np.correlate(x, [1.0, 2.0, 4.0])),
    ("interp([0.5, -1, 9, 2], [0, 1, 4], x[:3])", VECTOR, lambda x: np.interp([0.5, -1.0, 9.0, 2.0], [0.0, 1.0, 4.0], x[:3])),
    ("trapezoid(x)", VECTOR, np.trapezoid), ("trapezoid(x, [0, 1, 3, 4, 8])", VECTOR, lambda x: np.trapezoid(x, [0.0, 1.0, 3.0, 4.0, 8.0])),
    ("transpose(x, (2, 0, 1))", CUBE, lambda x: np.transpose(x, (2, 0, 1))), ("x.transpose(1, 0)", MATRIX, lambda x: x.T),
    ("x.transpose(0, 2)", CUBE, lambda x: np.swapaxes(x, 0, 2)), ("x.transpose(0, 1)", MATRIX, lambda x: x.T),
    ("transpose(x, (0, 1, 2))", CUBE, lambda x: x), ("transpose(x, (1, 0, 2))", CUBE, lambda x: np.transpose(x, (1, 0, 2))),
    ("reshape(x, (-1, 2))", CUBE, lambda x: x.reshape(-1, 2)), ("reshape(x, (2, -1, 2))", MATRIX, lambda x: x.reshape(2, -1, 2)),
    ("squeeze(x[None, :, None], (0, 2))", VECTOR, lambda x: x), ("squeeze(x[None])", VECTOR, lambda x: x),
    ("broadcast_to(x, (2, 5))", VECTOR, lambda x: np.broadcast_to(x, (2, 5))), ("broadcast_to(x, (3, -1))", VECTOR, lambda x: np.broadcast_to(x, (3, 5))),
    ("broadcast_to(x, (2, 3, 4))", MATRIX, lambda x: np.broadcast_to(x, (2, 3, 4))),
    ("average(x, 1, [1, 2, 3])", CUBE, lambda x: np.average(x, 1, [1.0, 2.0, 3.0])), ("average(x, 0, [1, 3])", CUBE, lambda x: np.average(x, 0, [1.0, 3.0])),
    ("cov(x[:, :2])", MATRIX, lambda x: np.cov(x[:, :2])), ("cov(x[0], ddof=0)", MATRIX, lambda x: np.cov(x[0], ddof=0)),
    ("pad(x, [[1, 2]])", MATRIX, lambda x: np.pad(x, [[1, 2]])), ("pad(x, [2])", MATRIX, lambda x: np.pad(x, [2])),
    ("norm(x, inf, axis=0)", MATRIX, lambda x: np.linalg.norm(x, inf, axis=0)), ("norm(x, axis=(0, 1))", CUBE, lambda x: np.linalg.norm(x, axis=(0, 1))),
    ("dot(x, x.T)", MATRIX, lambda x: x @ x.T), ("dot(x[0, 0], x[0, 1])", MATRIX, lambda x: x[0, 0] * x[0, 1]),
    ("dot(x, x[0, 0])", MATRIX, lambda x: x * x[0, 0]), ("dot(x, x)", VECTOR, lambda x: x @ x),
    ("matrix_power(x[:, :3], 0)", MATRIX, lambda x: np.eye(3)), ("matrix_power(x[:, :3], 5)", MATRIX, lambda x: np.linalg.matrix_power(x[:, :3], 5)),
    ("norm(x, 3, axis=(1,))", MATRIX, lambda x: np.linalg.norm(x, 3, axis=(1,))), ("norm(x, inf, axis=(0,))", MATRIX, lambda x: np.linalg.norm(x, inf, axis=(0,))),
    ("linspace(x[0], x[1], 1)", VECTOR, lambda x: np.linspace(x[0], x[1], 1)), ("linspace(x[0], x[1], 0)", VECTOR, lambda x: np.linspace(x[0], x[1], 0)),
    ("linspace(x[0], x[1], 1, endpoint=False)", VECTOR, lambda x: np.linspace(x[0], x[1], 1, False)), ("linspace(x[0], 2, 4, endpoint=False)", VECTOR, lambda x: np.linspace(x[0], 2.0, 4, False)),
    ("matrix_rank(x[:0])", CUBE, lambda x: np.zeros(0)), ("matrix_rank(x)", CUBE, np.linalg.matrix_rank),
    ("argmax(x, keepdims=True)", MATRIX, lambda x: np.argmax(x, keepdims=True)), ("argmin(x, keepdims=True)", CUBE, lambda x: np.argmin(x, keepdims=True)),
    ("argmin(x, 1, keepdims=True)", CUBE, lambda x: np.argmin(x, 1, keepdims=True)), ("topk(x, 4)", MATRIX, lambda x: -np.sort(-x)), ("topk(x, 3, 0)", MATRIX, lambda x: -np.sort(-x, 0)),
    ("topk(x, 2, 1, largest=False)", CUBE, lambda x: np.sort(x, 1)[:, :2]), ("cond(x, -2)", MATRIX, lambda x: np.linalg.cond(x, -2)), ("cond(x)", MATRIX, np.linalg.cond),
    ("norm(x[0, 0], 'fro')", MATRIX, lambda x: abs(x[0, 0])), ("norm(x[0, 0], 3)", MATRIX, lambda x: abs(x[0, 0])), ("norm(x[0], -0.5)", MATRIX, lambda x: np.linalg.norm(x[0], -0.5)),
    *[(f"matrix_rank({size} * x[:, [0, 1, 0]])", MATRIX, lambda x: 2) for size in (1e-12, 1.0, 1e12)],
    *[("matrix_rank(x)", np.array([[1.0, 0.0, 0.0, 0.0], [0.0, k * 2.0**-52, 0.0, 0.0]]), np.linalg.matrix_rank) for k in (1.0, 3.0, 5.0)],
    ("take_along_axis(x, argsort(x, 1), 1)", CUBE, lambda x: np.sort(x, 1)), ("take_along_axis(x, argsort(x, 0), 0)", CUBE, lambda x: np.sort(x, 0)), ("take_along_axis(x, argsort(x, -1), -1)", CUBE, np.sort),
    ("take_along_axis(x, argmax(x, 1, keepdims=True), 1)", CUBE, lambda x: np.max(x, 1, keepdims=True)),
    ("tile(x, 0)", VECTOR, lambda x: np.tile(x, 0)), ("tile(x, (2, 0))", MATRIX, lambda x: np.tile(x, (2, 0))),
    ("F.pad(x, (6, 1), mode='replicate')", MATRIX, lambda x: np.pad(x, ((0, 0), (6, 1)), "edge")), ("F.pad(x, (3, 2), mode='reflect')", MATRIX, lambda x: np.pad(x, ((0, 0), (3, 2)), "reflect")),
    *[(f"nan_to_num(x{how and ', '}{how})", np.array([inf, -inf, nan, 1.0]), lambda x, how=how: np.nan_to_num(x, **eval(f"dict({how})"))) for how in ("", "posinf=5", "neginf=-7", "nan=2", "posinf=5, neginf=3", "nan=1, posinf=2, neginf=4")],
    ("transpose(x, (0, 1))", MATRIX, lambda x: x), ("transpose(x, (-2, -1))", MATRIX, lambda x: x), ("transpose(x, (-1, 0))", MATRIX, lambda x: x.T),
    ("torch.transpose(x, 0, 1)", MATRIX, lambda x: x.T), ("torch.transpose(x, -1, 0)", CUBE, lambda x: np.swapaxes(x, -1, 0)), ("x.transpose(1, 2)", CUBE, lambda x: np.swapaxes(x, 1, 2)),
    ("average(x[:, :, :3], 1, [1, 2, 4])", CUBE, lambda x: np.average(x[:, :, :3], 1, [1.0, 2.0, 4.0])), ("average(x[:, :, :3], -1, [1, 2, 4])", CUBE, lambda x: np.average(x[:, :, :3], -1, [1.0, 2.0, 4.0])),
    ("pad(x, [[1], [2]])", MATRIX, lambda x: np.pad(x, [[1], [2]])), ("pad(x, [[3]], 'edge')", MATRIX, lambda x: np.pad(x, [[3]], "edge")),
    ("diff(x, 4)", CUBE, lambda x: np.diff(x, 4)), ("diff(x, 3)", CUBE, lambda x: np.diff(x, 3)), ("diff(x, 5, 1)", CUBE, lambda x: np.diff(x, 5, 1)),
    ("cov(x[:1])", MATRIX, lambda x: np.cov(x[:1])), ("cov(x[:, :1], rowvar=False)", MATRIX, lambda x: np.cov(x[:, :1], rowvar=False)),
    ("corrcoef(x[:1])", MATRIX, lambda x: np.corrcoef(x[:1])), ("cov(x[0], x[1:])", MATRIX, lambda x: np.cov(x[0], x[1:])),
    ("take_along_axis(x, argsort(x, 1), 1)", MATRIX, lambda x: np.sort(x, 1)), ("trace(x, 1)", MATRIX, lambda x: np.trace(x, 1)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "x", "numpy"), SAME, ids=[f"{expression} {x.shape}" for expression, x, _ in SAME]
)
def test_the_value_is_numpys(expression, x, numpy):
    found, wanted = gradcli.eval(expression, {"x": x}).value, numpy(x)
    assert found.shape == np.shape(wanted)
    assert_allclose(found, wanted, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("q", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_quantile_that_is_an_element_is_that_element(method, q):
    """To the last digit, beside much larger ones and infinite ones."""
    for x in ([-1e16, 1e-17, 1.0, 3.0, 1e16], [-inf, -1.0, 1e-17, 7.0, inf]):
        assert float(gradcli.eval(f"quantile(x, {q}, method='{method}')", {"x": np.array(x)}).value) == x[round(4 * q)]


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


# ---- matrices that have no answer beside others ----------------------------------------------------------------------


def test_a_matrix_that_is_not_finite_spoils_no_other():
    stack = RANDOM.normal(size=(3, 2, 2))
    stack[1, 0, 0] = nan
    for expression, wanted in (
        ("pinv(x)", np.linalg.pinv),
        ("svdvals(x)", lambda a: np.linalg.svd(a, compute_uv=False)),
    ):
        found = gradcli.eval(expression, {"x": stack}).value
        for place in (0, 2):
            assert_allclose(found[place], wanted(stack[place]), rtol=1e-13)
        assert np.isnan(found[1]).all()


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_polygamma_at_its_poles(n):
    """To infinity from both sides for odd orders, and to different infinities for even ones; from the right at 0."""
    for pole in (-1.0, -2.0):
        found = float(gradcli.eval(f"polygamma({n}, x)", {"x": pole}).value)
        assert found == inf if n % 2 else math.isnan(found)
    assert float(gradcli.eval(f"polygamma({n}, x)", {"x": 0.0}).value) == (inf if n % 2 else -inf)


def test_polygamma_of_order_zero_is_digamma():
    for x in (0.3, 2.5, -0.45, -0.5, -0.7, -3.2):
        assert float(gradcli.eval("polygamma(0, x)", {"x": x}).value) == float(
            gradcli.eval("digamma(x)", {"x": x}).value
        )


# ---- second derivatives through running extremes ---------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_what_a_running_extreme_picked_is_differentiated_again(mode):
    """At a tie of two, each has half of what is picked, and of its second derivative."""
    x = np.array([1.0, 0.2, 1.5, 1.5])
    found = gradcli.hessian("sum(cummax(sin(x)))", {"x": x}, mode=mode).hessian["x"]["x"]
    slopes = -np.sin(x) * np.array([2.0, 0.0, 1.5, 0.5])
    assert_allclose(found, np.diag(slopes), rtol=1e-15, atol=0)
    found = gradcli.hessian("sum(cummin(-sin(x))**2)", {"x": x}, mode=mode).hessian["x"]["x"]
    assert_allclose(found[0, 0], 2 * 2 * np.cos(2.0), rtol=1e-14)


@pytest.mark.parametrize("p", [2, 3, 4])
@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_the_second_derivative_of_a_length(p, mode):
    """(p - 1) / n times diag(|u|**(p-2)) - s s' with u = x / n and s = sign(u) |u|**(p-1)."""
    x = np.array([0.5, -2.0, 1.25, 2.0])
    n = np.sum(np.abs(x) ** p) ** (1 / p)
    u = x / n
    s = np.sign(u) * np.abs(u) ** (p - 1)
    wanted = (p - 1) / n * (np.diag(np.abs(u) ** (p - 2)) - np.outer(s, s))
    found = gradcli.hessian(f"norm(x, {p})", {"x": x}, mode=mode).hessian["x"]["x"]
    assert_allclose(found, wanted, rtol=1e-13, atol=1e-15)
