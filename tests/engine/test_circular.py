"""Sines and cosines of many numbers, against mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_array_equal

import gradcli
from gradcli.engine import circular

HALVES = {"sin": circular.sine, "cos": circular.cosine}
RANDOM = np.random.default_rng(3)
TURNS = np.arange(1, 256) * np.pi / 2
POINTS = {
    "small": np.concatenate([[5e-324, -5e-324, 1e-300, 1e-9], RANDOM.uniform(-0.02, 0.02, 500)]),
    "middling": RANDOM.uniform(-7.0, 7.0, 2000),
    "large": RANDOM.uniform(-400.0, 400.0, 2000),
    "at the zeros": np.concatenate([TURNS, np.nextafter(TURNS, 0.0), np.nextafter(TURNS, 1e9)]),
    "steps of the table": np.arange(-2048, 2049) * (np.pi / 512),
}


def ulps(found: np.ndarray, points: np.ndarray, name: str) -> np.ndarray:
    with mpmath.workdps(60):
        truth = [getattr(mpmath, name)(mpmath.mpf(float(x))) for x in points]
        return np.array([
            float(abs(mpmath.mpf(float(y)) - t) / mpmath.mpf(float(np.spacing(abs(float(t))))))
            for y, t in zip(found, truth, strict=True)
        ])  # fmt: skip


@pytest.mark.parametrize("where", POINTS)
@pytest.mark.parametrize("name", HALVES)
def test_the_last_digit(name, where):
    points = POINTS[where]
    angle = circular.angle(points)
    assert isinstance(angle, circular.Angle)
    error = ulps(HALVES[name](angle), points, name)
    assert error.max() <= 2.0
    assert np.percentile(error, 99) <= (0.5 if where in ("middling", "large") else 1.5)


def test_zeros_keep_their_sign():
    points = np.array([0.0, -0.0, 1.0])
    found = circular.sine(circular.angle(points))
    assert_array_equal(np.signbit(found), [False, True, False])
    assert_array_equal(circular.cosine(circular.angle(points))[:2], 1.0)


@pytest.mark.parametrize("x", [np.array([0.0, 1e6, -np.inf]), np.array([np.nan]), np.array(0.5), np.ones(0)])
def test_what_has_no_table_is_left_to_numpy(x):
    assert circular.angle(x) is x
    with np.errstate(invalid="ignore"):
        assert_array_equal(circular.sine(x), np.sin(x))
        assert_array_equal(circular.cosine(x), np.cos(x))


def test_each_number_is_what_it_is_among_any_others():
    x = RANDOM.uniform(-9.0, 9.0, 60)
    x[[3, 11, 17, 30, 31]] = [1e6, -500.0, np.inf, np.nan, -0.0]
    with np.errstate(invalid="ignore"):
        whole = circular.angle(x)
        parts = [circular.angle(x[start : start + 4]) for start in range(0, 60, 4)]
        for half, name in ((circular.sine, "sin"), (circular.cosine, "cos")):
            found = half(whole)
            assert_array_equal(found, np.concatenate([half(part) for part in parts]))
            np.testing.assert_allclose(found, getattr(np, name)(x), rtol=1e-15, atol=1e-16)


def test_of_a_matrix_and_of_a_part_of_one():
    x = RANDOM.uniform(-3.0, 3.0, (40, 50))
    for each in (x, x.T, x[::2, 1:]):
        assert np.abs(circular.sine(circular.angle(each)) - np.sin(each)).max() < 4e-16


def test_both_are_used_where_values_are_large():
    x = RANDOM.uniform(-9.0, 9.0, 100_000)
    found = gradcli.grad("sum(sin(x)*cos(2*x))", {"x": x})
    slopes = np.cos(x) * np.cos(2 * x) - 2 * np.sin(x) * np.sin(2 * x)
    np.testing.assert_allclose(found.gradient["x"], slopes, rtol=0, atol=1e-15)
    assert found.value == gradcli.Expression("sum(sin(x)*cos(2*x))").eval({"x": x}).value
