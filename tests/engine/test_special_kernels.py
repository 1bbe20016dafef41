"""Kernels of special functions by mpmath, densely about the places where one formula gives way to another.

A formula taken beyond its place still gives a number that looks right: what shows it are the last digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal
from references import SCALAR, partial

from gradcli.engine.operations import activation, bessel, logarithms, special

nan, inf = math.nan, math.inf


def about(*places: float, far: tuple[float, ...] = ()) -> np.ndarray:
    """Each place, its neighbours in float64, and points a little and a bit more away, of both signs; and what is far."""
    near = [place * (1 + step) for place in places for step in (-0.3, -1e-3, -2.3e-16, 0.0, 2.3e-16, 1e-3, 0.3)]
    return np.array(sorted({sign * x for x in (*near, *far) for sign in (1.0, -1.0)}))


def _tail(x: Any, added: float, factor: float) -> Any:
    return factor * (mp.ncdf(-abs(x)) + added * abs(x) * mp.exp(-x * x / 2))


def _cot(x: Any, n: int) -> Any:
    return mp.taylor(lambda v: mp.pi * mp.cot(mp.pi * v), x, n)[n] * mp.factorial(n)


BELLS = [((1.0,), 1.0), ((2.0, 0.0, -1.0), 0.5), ((0.0, -3.0, 1.0, 0.5), 1.0)]
Kernel = Callable[..., Any]
# kernel, the function by mpmath, parameters, points, error allowed in units of the last place
ONE: list[tuple[Kernel, Kernel, tuple[Any, ...], np.ndarray, float]] = [
    *[(special._bell, SCALAR["bell"], how, about(0.5, 3.0, far=(1e-9, 9.0, 20.0, 26.0)), 16.0) for how in BELLS],
    (special._erfc, mp.erfc, (), about(0.5, 1.0, far=(0.0, 1e-9, 5.0, 20.0, 26.0)), 6.0),
    *[(special._scaled_integral, SCALAR["erfcx_integral"], (n,), about(1.0, 0.5, far=(0.0, 1e-9, 3.0, 20.0)), 40.0) for n in range(5)],
    *[(special._scaled_integral, SCALAR["erfcx_integral"], (n,), np.array([40.0, 1e3, 1e8]), 8.0) for n in range(5)],
    (special._erfinv_slope_kernel, SCALAR["erfinv_slope"], (), about(0.5, far=(0.0, 1e-9, 0.85, 0.99, 1 - 1e-9)), 12.0),
    (special._ndtr, mp.ncdf, (), about(1.0, far=(0.0, 1e-9, 5.0, 8.0, 20.0, 37.0)), 6.0),
    *[(special.normal_tail, _tail, how, about(1.0, far=(0.0, 1e-9, 5.0, 20.0, 37.0)), 8.0) for how in ((0.0, 1.0), (0.4, 1.0), (0.0, 2.5), (1.5, -0.5))],
    (special._lgamma, SCALAR["lgamma"], (), about(1e-300, 0.5, far=(1e-305, 3e-300, 1e-299, 5e-324, 1.5, 3.3, 20.7)), 12.0),
    *[(special._cotangent_derivative, _cot, (n,), about(0.25, far=(0.01, 0.1, 0.3, 0.4, 0.45, 1.2, 1.3, 2.71, 3.25, -0.75, 7.9)), 40.0) for n in range(6)],
    (special._digamma, mp.digamma, (), about(0.4, 0.6, 0.25, far=(1e-9, 1.1, 2.6, 5.3, 9.45, 30.2, 0.504083, 0.5041)), 60.0),
    *[(special.polygamma_kernel, SCALAR["polygamma"], (n,), about(0.25, far=(1e-3, 0.5, 0.7, 1.1, 2.6, 5.3, 9.45)), 60.0) for n in (1, 2, 3, 5)],
    *[(bessel._sinc, SCALAR["sinc"], (n,), about((n + 0.5) / math.pi, far=(0.0, 1e-9, 0.3, 0.9, 1.3, 2.5, 7.75, 1e3 + 0.25)), 60.0) for n in range(6)],
    (logarithms._logit, SCALAR["logit"], (), np.array([1e-300, 1e-9, 0.1, 0.2499, 0.25, 0.2501, 0.4, 0.4999, 0.5, 0.51, 0.7499, 0.75, 0.7501, 0.9, 1 - 1e-12]), 3.0),
    (logarithms._entropy, SCALAR["entr"], (), np.array([5e-324, 1e-300, 0.1, 0.3, 0.9, 1.0, 1.1, 7.0, 1e300]), 3.0),
    (logarithms._entropy_slope, SCALAR["entropy_slope"], (), np.array([1e-300, 0.0999, 0.1, 0.1001, 0.3, 1 / math.e, 0.3678, 0.37, 0.5, 0.9999, 1.0, 1.1, 9.0]), 3.0),
]  # fmt: skip


def true(function: Kernel, x: float, how: tuple[Any, ...]) -> Any:
    """The value by mpmath; None where it is no finite number of float64."""
    try:
        found = mp.mpmathify(partial(lambda v: function(v, *how), [x], [0], digits=120))
    except (ValueError, ZeroDivisionError):
        return None
    return found if found.imag == 0 and 1e-300 < abs(found) < 1e300 else None


@pytest.mark.parametrize(
    ("kernel", "function", "how", "points", "ulps"),
    ONE,
    ids=[f"{kernel.__name__.strip('_')}{how}-{i}".replace(" ", "") for i, (kernel, _, how, *_) in enumerate(ONE)],
)
def test_a_kernel_about_the_places_where_formulas_meet(kernel, function, how, points, ulps):
    with np.errstate(all="ignore"):
        found = kernel(points, *how)
    checked = 0
    for x, got in zip(points, found, strict=True):
        want = true(function, float(x), how)
        if want is not None:
            assert abs(mp.mpf(float(got)) - want) <= ulps * np.spacing(abs(float(want))), (x, got, float(want))
            checked += 1
    assert checked >= 3


def test_the_slope_of_softsign_to_the_last_digit():
    """1 / (1 + |x|)**2, with what rounding takes from the sum."""
    random = np.random.default_rng(0)
    at = np.concatenate([random.uniform(-10.0, 10.0, 300), 10.0 ** random.uniform(-20.0, 20.0, 100)])
    for x, got in zip(at, activation._softsign_slope_kernel(at), strict=True):
        assert abs(mp.mpf(float(got)) * (1 + abs(mp.mpf(float(x)))) ** 2 - 1) < 2e-16, x


# ---- of several numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_how_far_polygamma_drops(n):
    """polygamma(n, x) - polygamma(n, x + y), of which all but the last digits may cancel."""
    places = [(x, y) for x in (1e-9, 0.03, 0.7, 4.0, 16.0, 900.0) for y in (1e-12, 1e-3, 0.4, 3.0, 1e5)]
    found = special.polygamma_drop(*map(np.array, zip(*places, strict=True)), n)
    for (x, y), got in zip(places, found, strict=True):
        want = partial(lambda u, v: mp.psi(n, u) - mp.psi(n, u + v), [x, y], [0, 0], digits=100)
        assert abs(mp.mpf(float(got)) / want - 1) < 3e-15, (x, y)


@pytest.mark.parametrize(
    ("x", "y"), [(-0.3, 1.7), (0.0, 1.0), (1.5, 0.0), (1.5, -0.4), (inf, 1.0), (1.0, inf), (-2.4, 0.0)]
)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_where_polygamma_does_not_drop(x, y, n):
    """Outside the first quadrant it is the difference of the two as they stand."""
    sc = pytest.importorskip("scipy.special")
    plain = sc.digamma if n == 0 else lambda v: float(special.polygamma_kernel(np.asarray(v), n))
    with np.errstate(all="ignore"):
        found, want = float(special.polygamma_drop(np.asarray(x), np.asarray(y), n)), plain(x) - plain(x + y)
    assert found == pytest.approx(want, rel=1e-13, nan_ok=True)


SHARES = [
    (0.0, 0.0),
    (1.0, 1.5),
    (1.5, 1.0),
    (700.0, -40.0),
    (-40.0, 700.0),
    (1e16, 1e16 + 2),
    (0.1, -1e-17),
    (1e-17, 0.1),
    (3.0, 3.0 + 4e-16),
    (-745.0, 0.0),
]


@pytest.mark.parametrize("rate", [1.0, logarithms.LN2])
@pytest.mark.parametrize(("x", "y"), SHARES)
def test_the_share_of_one_of_two(x, y, rate):
    found = float(logarithms._share(np.asarray(x), np.asarray(y), rate))
    want = SCALAR["share"](mp.mpf(x), mp.mpf(y), rate)
    assert abs(mp.mpf(found) / want - 1) < 6e-16 or (want < 1e-300 and found < 1e-300)
    with np.errstate(all="ignore"):
        step = logarithms._share(np.asarray(x + 1e-100j), np.asarray(y + 0j), rate).imag / 1e-100
    slope = (mp.ln2 if rate != 1.0 else 1) * want * SCALAR["share"](mp.mpf(y), mp.mpf(x), rate)
    if abs(x - y) < 30:
        assert step == pytest.approx(float(slope), rel=1e-12)


@pytest.mark.parametrize("rate", [1.0, logarithms.LN2])
def test_shares_of_infinities(rate):
    for x, y, want in (
        (inf, inf, 0.5),
        (-inf, -inf, 0.0),
        (inf, 1.0, 1.0),
        (1.0, inf, 0.0),
        (-inf, 1.0, 0.0),
        (1.0, -inf, 1.0),
        (inf, -inf, 1.0),
        (-inf, inf, 0.0),
    ):
        with np.errstate(all="ignore"):
            assert float(logarithms._share(np.asarray(x), np.asarray(y), rate)) == want
    with np.errstate(all="ignore"):
        assert math.isnan(float(logarithms._share(np.asarray(nan), np.asarray(1.0), rate)))


ORDERS = (0.0, 1.0, 2.0, 3.0, 0.5, 2.5, 12.0, 100.0)
AT = (1e-150, 1e-5, 0.0099, 0.0101, 0.5, 4.0, 24.9, 25.1, 300.0)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", ["i", "j"])
def test_bessel_functions_of_every_order(name, order):
    """Value and slope: of whole orders on both sides, of others on the right."""
    kernel = bessel._bessel(name)
    places = [sign * x for x in AT for sign in ((1.0, -1.0) if order % 1 == 0 else (1.0,))]
    function = mp.besseli if name == "i" else mp.besselj
    with np.errstate(all="ignore"):
        found = kernel(np.array(places), order)
    for x, got in zip(places, found, strict=True):
        want = partial(lambda v: function(order, v), [x], [0], digits=40)
        size = abs(want) if name == "i" or abs(x) < max(1.0, order) else mp.sqrt(2 / (mp.pi * abs(mp.mpf(x))))
        if 1e-300 < size < 1e300:
            allowed = 2e-15 if abs(x) < 1e-2 else 2e-14 * max(1.0, order / 10)  # SciPy's
            assert abs(mp.mpf(float(got)) - want) <= allowed * size, x


def test_bessel_functions_near_zero_of_orders_beyond_the_gamma_function():
    with np.errstate(all="ignore"):
        for name in "ij":
            tiny = bessel._bessel(name)(np.array([1e-3, -1e-3, 0.0]), 171.0)
            assert np.all(tiny == 0.0)
            found = float(bessel._bessel(name)(np.asarray(9.9e-3), 60.0))
            want = (mp.besseli if name == "i" else mp.besselj)(60, mp.mpf(9.9e-3))
            assert abs(mp.mpf(found) / want - 1) < 1e-14


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5])
def test_scaled_bessel_functions_on_both_sides(order, n):
    """The n-th derivative of exp(-|x|) I(x), of either parity, by integral and by series."""
    at = np.array([0.25, 3.0, 20.0, 49.9, 50.0, 50.1, 90.0, 1e4])
    right, left = (bessel._scaled_bessel(sign * at, order, n) for sign in (1.0, -1.0))
    assert_array_equal(left, right * (-1.0) ** (order + n))
    for x, got in zip(at, right, strict=True):
        want = partial(lambda v: mp.exp(-v) * mp.besseli(order, v), [x], [n], digits=80)
        assert abs(mp.mpf(float(got)) / want - 1) < 4e-14, x


# ---- off the real axis ---------------------------------------------------------------------------------------

STEPS: list[tuple[Kernel, Kernel, tuple[Any, ...], tuple[float, ...]]] = [
    *[(special._bell, SCALAR["bell"], how, (-3.0, -0.4, 0.0, 0.7, 2.5)) for how in BELLS],
    (special._scaled_integral, SCALAR["erfcx_integral"], (0,), (-2.0, -0.4, 0.3, 1.5, 4.0)),
    (special._erfc, mp.erfc, (), (-2.0, 0.3, 0.9, 3.0)),
    (special._ndtr, mp.ncdf, (), (-3.0, -0.9, 0.2, 1.5, 4.0)),
    (special._lgamma, SCALAR["lgamma"], (), (0.3, 1.5, 2.5, 20.0)),
    (special._digamma, mp.digamma, (), (0.3, 1.5, 2.5, 20.0)),
    *[(bessel._sinc, SCALAR["sinc"], (n,), (-1.7, -0.1, 0.12, 0.3, 0.9, 2.6)) for n in range(4)],
    (logarithms._logit, SCALAR["logit"], (), (0.1, 0.3, 0.5, 0.6, 0.9)),
    (logarithms._entropy, SCALAR["entr"], (), (0.1, 0.3, 1.5)),
    (logarithms._entropy_slope, SCALAR["entropy_slope"], (), (0.1, 0.3, 1.5)),
]


@pytest.mark.parametrize(
    ("kernel", "function", "how", "points"), STEPS, ids=[f"{k.__name__}{h}".replace(" ", "") for k, _, h, _ in STEPS]
)
def test_a_kernel_off_the_real_axis(kernel, function, how, points):
    """A complex step is the derivative, and the real part the value, in each of a kernel's ways."""
    found = kernel(np.array(points) + 1e-100j, *how)
    for x, got in zip(points, found, strict=True):
        value, slope = (partial(lambda v: mp.re(function(v, *how)), [x], [k], digits=60) for k in (0, 1))
        assert got.real == pytest.approx(float(value), rel=3e-13, abs=1e-15)
        assert got.imag / 1e-100 == pytest.approx(float(slope), rel=3e-13, abs=1e-15)


@pytest.mark.parametrize(
    "x", [[0.3, 2.0, -1.0], [5.0], [0.0, 0.0], [1000.0, -1000.0, 999.0], [-3.0, -800.0, -3.5]], ids=str
)
def test_log_softmax_off_the_real_axis(x):
    """The derivative of each along the first is 1 less the share of that."""
    values = np.array(x)
    shares = np.exp(values - values.max()) / np.exp(values - values.max()).sum()
    moved = values.astype(complex)
    moved[0] += 1e-100j
    found = logarithms._log_shares(moved, (-1,))
    assert_allclose(found.imag / 1e-100, np.eye(len(x))[0] - shares[0], rtol=1e-12, atol=1e-15)
    assert_allclose(found.real, logarithms._log_shares(values, (-1,)), rtol=1e-15)
