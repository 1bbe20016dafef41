"""Activations that are x times a smooth step: values and derivatives of every order by mpmath, from one tail to the other."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial as bound
from typing import Any

import numpy as np
import pytest
from mpmath import mp
from numpy.testing import assert_array_equal
from references import partial

from gradcli.engine.operations import gates

nan, inf = math.nan, math.inf

TIMES = {
    "silu": lambda v: v / (1 + mp.exp(-v)),
    "tanh": lambda v: v / (1 + mp.exp(-mp.sqrt(8 / mp.pi) * (v + mp.mpf(0.044715) * v**3))),
    "mish": lambda v: v * (1 - 2 / ((1 + mp.exp(v)) ** 2 + 1)),
    "gelu": lambda v: v * mp.erfc(-v / mp.sqrt(2)) / 2,
}
KERNELS: dict[str, Any] = {
    "silu": bound(gates._gated, kind="silu"), "tanh": bound(gates._gated, kind="tanh"), "mish": gates._mish,
    "gelu": lambda x, n: (gates._gelu, gates._gelu_slope_kernel)[n](x),
}  # fmt: skip
FAR = {"silu": 740.0, "tanh": 20.5, "mish": 740.0, "gelu": 37.5}
"""Where the step leaves float64 on the left."""


def points(name: str) -> np.ndarray:
    """About 0, about the zero of the slope and the ends of the series there, and out to the tail."""
    near = [-1e-300, 0.0, 1e-9, -1e-3, 0.4, -0.4, 0.999, 1.0, 1.001, -0.999, -1.0, -1.001, 2.2, 2.2001]
    about = [zero + step for zero in (-1.28, -0.752, -1.19) for step in (-0.41, -0.3, -0.25, 0.0, 0.1, 0.25, 0.3, 0.4)]
    far = [share * FAR[name] for share in (0.02, 0.1, 0.4, 0.7, 0.97, 1.0)]
    return np.array([*near, *about, *(-x for x in far), *far])


def digits(x: float) -> int:
    """As many as the reference needs: far out and beside 0 it is a small difference of large numbers."""
    return 60 if 1e-8 < abs(x) < 5 or not x else 450


def worst(name: str, n: int) -> float:
    """The largest error in units of the last place, or of the smallest number."""
    with np.errstate(all="ignore"):
        found = KERNELS[name](points(name), n)
    errors = []
    for x, got in zip(points(name), found, strict=True):
        want = partial(TIMES[name], [x], [n], digits=digits(x))
        unit = max(float(np.spacing(abs(float(want)))), 5e-324)
        errors.append(float(abs(mp.mpf(float(got)) - want) / unit))
    return max(errors)


@pytest.mark.parametrize(("name", "n", "ulps"), [
    ("silu", 0, 4), ("tanh", 0, 4), ("mish", 0, 4), ("gelu", 0, 4), ("silu", 1, 4), ("tanh", 1, 4), ("mish", 1, 4), ("gelu", 1, 4),
])  # fmt: skip
def test_values_and_slopes_to_the_last_digits(name, n, ulps):
    assert worst(name, n) <= ulps


@pytest.mark.parametrize("name", ["silu", "tanh", "mish"])
@pytest.mark.parametrize("n", [2, 3, 4])
def test_higher_derivatives(name, n):
    """Relative to what they are about as large as: each has zeros."""
    at = points(name)
    with np.errstate(all="ignore"):
        found = KERNELS[name](at, n)
    for x, got in zip(at, found, strict=True):
        want = partial(TIMES[name], [x], [n], digits=digits(x))
        size = max(abs(want), abs(partial(TIMES[name], [x], [n + 1], digits=digits(x))) * 1e-2)
        assert abs(mp.mpf(float(got)) - want) <= 2e-13 * size + 1e-320, x


@pytest.mark.parametrize("name", ["silu", "tanh"])
@pytest.mark.parametrize("n", [3, 5])
def test_odd_derivatives_pass_through_zero_with_all_digits(name, n):
    """Near 0, where they are as small as x is."""
    for x in (1e-9, -1e-5, 1e-3, 0.1, -0.39, 0.41):
        want = partial(TIMES[name], [x], [n])
        assert float(KERNELS[name](np.array(x), n)) == pytest.approx(float(want), rel=2e-15)
    with mp.workdps(40):
        slope = float(partial(TIMES[name], [0.0], [n + 1]))
    for x in (5e-300, -1e-200, 1e-20):
        assert float(KERNELS[name](np.array(x), n)) == pytest.approx(slope * x, rel=1e-15)


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("n", [0, 1])
def test_beyond_the_tails(name, n):
    """0 on the left and x on the right, with the slopes 0 and 1, however far; and the slope at 0 is a half, or mish's."""
    far = np.array([1e4, 1e5, 1e6, 1e300])
    with np.errstate(all="ignore"):
        left, right = KERNELS[name](-far, n), KERNELS[name](far, n)
        undefined = KERNELS[name](np.array([nan]), n)
    assert_array_equal(np.abs(left), np.zeros(4))
    assert_array_equal(right, far if n == 0 else np.ones(4))
    assert np.isnan(undefined).all()
    at_zero = float(KERNELS[name](np.array(0.0), n))
    assert at_zero == (0.0 if n == 0 else pytest.approx(0.6 if name == "mish" else 0.5, rel=1e-15))


@pytest.mark.parametrize("name", ["silu", "tanh", "mish"])
@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_higher_derivatives_beyond_the_tails_are_zero(name, n):
    far = np.array([1e4, 1e5, 1e6, 1e300])
    with np.errstate(all="ignore"):
        assert_array_equal(np.abs(KERNELS[name](np.concatenate([-far, far]), n)), np.zeros(8))


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("x", [-3.0, -1.0, -0.4, 0.0, 0.7, 2.5])
def test_a_step_off_the_real_axis(name, x):
    found = complex(KERNELS[name](np.asarray(x + 1e-100j), 0))
    assert found.real == pytest.approx(float(TIMES[name](mp.mpf(x))), rel=1e-13, abs=1e-15)
    assert found.imag / 1e-100 == pytest.approx(float(partial(TIMES[name], [x], [1])), rel=1e-12)


@pytest.mark.parametrize("n", range(4))
def test_the_step_of_mish(n):
    """tanh(softplus(x)), divided on the left by exp(x), and a derivative on the right by exp(-2x)."""
    at = np.array([-20.0, -3.0, -0.5, -1e-9, 0.0, 1e-9, 0.5, 3.0, 15.0])
    found = gates._mish_step(at, n)
    for x, got in zip(at, found, strict=True):
        want = partial(lambda v: mp.tanh(mp.log(1 + mp.exp(v))), [x], [n], digits=80)
        want *= mp.exp(-x) if x < 0 else mp.exp(2 * mp.mpf(x)) if n else 1
        assert abs(mp.mpf(float(got)) / want - 1) < 1e-14 if abs(want) > 1e-3 else abs(float(got) - want) < 1e-14, x


def test_a_share_of_sums_loses_less_than_two_units():
    """What rounding takes from each sum is counted, by its share."""
    random = np.random.default_rng(4)
    tail, rise, rest = random.uniform(0, 1, 2000), random.uniform(-0.9, 0.9, 2000), random.uniform(0, 1, 2000)
    found = gates._share_of_sums(1.0, (tail, rise), 1.0, rest)
    for a, b, c, got in zip(tail, rise, rest, found, strict=True):
        want = (1 + Fraction(a) + Fraction(b)) / (1 + Fraction(c)) ** 2
        assert abs(Fraction(got) - want) < 2 * Fraction(np.spacing(abs(float(want))))
