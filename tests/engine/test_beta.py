"""The kernels and rules of beta, by mpmath: on both sides of every place where one formula gives way to another.

On the lines where x or y is a whole number up to 0 beta has its poles; where x + y is one, it has a zero unless a pole
stands there, and the reflected formulas serve about it.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from graphs import MODES, evaluate
from mpmath import mp
from references import partial
from scipy.special import beta as sc_beta

from gradcli.engine import derivatives as D
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph
from gradcli.engine.operations import beta_function as B

nan, inf = math.nan, math.inf


def _beta(x: Any, y: Any) -> Any:
    return mp.gamma(x) * mp.gamma(y) * mp.rgamma(x + y)


def _kernel_at(kernel: Any, places: list[tuple[float, float]]) -> Any:
    with np.errstate(all="ignore"):
        return kernel(*map(np.array, zip(*places, strict=True)))


SIZES = (1e-12, 1e-9, 1e-3, 0.05, 0.9, 1.0, 1.5, 1.95, 2.4, 7.0, 40.0)
POSITIVE = list(itertools.product(SIZES, repeat=2))


@pytest.mark.parametrize("x", SIZES)
def test_the_mixed_derivative_keeps_its_digits(x):
    """However small x and y are, and at which of them the mean is taken by which formula."""
    places = [(x, y) for y in SIZES]
    for (a, b), got in zip(places, _kernel_at(B._beta_mixed_kernel, places), strict=True):
        with mp.workdps(60):
            u, v = mp.mpf(a), mp.mpf(b)
            ends = mp.psi(0, u + v)
            want = mp.beta(u, v) * ((mp.psi(0, u) - ends) * (mp.psi(0, v) - ends) - mp.psi(1, u + v))
            assert abs(mp.mpf(float(got)) / want - 1) < 4e-14 if min(a, b) < 10 else 1e-12, (a, b)


def test_the_mean_of_polygamma_over_a_stretch():
    """Of the first factor, and of how far it is above its end for each unit of the length."""
    for x, y in POSITIVE:
        end = float(mp.psi(1, 1 + mp.mpf(x) + mp.mpf(y)))
        mean, rise = B._beta_half(np.asarray(x), np.asarray(y), np.asarray(end))
        with mp.workdps(60):
            u, v = mp.mpf(x), mp.mpf(y)
            exact = (mp.psi(0, 1 + v + u) - mp.psi(0, 1 + v)) / u
            above = (exact - mp.psi(1, 1 + u + v)) / u
        assert abs(mp.mpf(float(mean)) / exact - 1) < 2e-15, (x, y)
        assert abs(mp.mpf(float(rise)) / above - 1) < 2e-14 * max(1.0, y), (x, y)


REFLECTED = [(-0.5, 0.3), (0.3, -0.5), (-1.5, 1.2), (-2.25, -0.5), (-0.5, -0.7), (-3.5, 3.75), (-7.7, 2.1), (-0.4, 0.89), (0.89, -0.4),
             (-10.5, -3.5), (-1.3, 1.3), (0.25, -1.25), (2.0, -2.5), (-2.5, 1.0)]  # fmt: skip
NOT_REFLECTED = [
    (-1.0, 0.5),
    (0.5, -2.0),
    (-0.5, -1.0),
    (-2.0, -3.0),
    (-0.5, 1.0),
    (-0.4, 0.95),
    (0.2, 0.1),
    (0.0, -0.5),
    (-0.5, 0.0),
    (-inf, 0.3),
    (0.3, -inf),
    (nan, -0.5),
    (0.1, 3.0),
]


@pytest.mark.parametrize("pair", REFLECTED)
def test_where_the_reflected_formulas_serve(pair):
    x, y = map(mp.mpf, pair)
    assert bool(B._reflects(*map(np.asarray, pair))) and bool(B._reflects(*map(np.asarray, pair[::-1])))
    turned = mp.gamma(x) * mp.gamma(y) * mp.gamma(1 - x - y) * mp.cos(mp.pi * (x + y))
    slope = mp.diff(lambda u: _beta(u, y), x)
    mixed = mp.diff(_beta, (x, y), (1, 1))
    size = abs(mp.gamma(x) * mp.gamma(y) * mp.gamma(1 - x - y))
    for kernel, want in ((B._turned_kernel, turned), (B._slope_kernel, slope), (B._beta_mixed_kernel, mixed)):
        found = float(_kernel_at(kernel, [pair])[0])
        assert abs(mp.mpf(found) - want) <= 4e-14 * size, kernel.__name__
        assert abs(mp.mpf(found) - want) <= 2e-12 * abs(want) or abs(want) < 1e-10, kernel.__name__


@pytest.mark.parametrize("pair", NOT_REFLECTED)
def test_where_they_do_not(pair):
    """Not at a pole, nor where x + y is at least 1/2 or both are positive, nor at infinity."""
    with np.errstate(all="ignore"):
        assert not B._reflects(*map(np.asarray, pair))
        assert not B._reflects(*map(np.asarray, pair[::-1]))
        assert math.isnan(float(B._turned_kernel(*map(np.asarray, pair))))


RULES = [
    (0.3, 0.4),
    (1.5, 2.5),
    (3.0, 0.7),
    (-0.5, 0.3),
    (0.3, -0.5),
    (-1.5, 1.2),
    (-2.25, -0.5),
    (-0.4, 1.6),
    (1.6, -0.4),
    (-1.3, 1.3),
    (0.25, -1.25),
]
PATHS = ["x", "y", "xx", "xy", "yy", "xxx", "xxy", "xyy", "yyy"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", MODES)
def test_derivatives_of_beta_on_both_sides(path, mode):
    graph = Graph()
    inputs = {name: graph.input(name, ()) for name in "xy"}
    slope = FUNCTIONS["beta"].build(*inputs.values())
    for name in path:
        slope = D.gradient(slope, None, [inputs[name]], mode)[0]
    order = [path.count("x"), path.count("y")]
    for pair in RULES:
        with np.errstate(all="ignore"):
            found = float(evaluate(slope, list(inputs.values()), pair))
        assert found == pytest.approx(float(partial(_beta, pair, order)), rel=1e-11), pair


@pytest.mark.parametrize("orders", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_derivatives_of_the_reflected_part(orders):
    """Of π G cos(π(x + y)), one for each operand."""
    graph = Graph()
    x, y = (graph.input(name, ()) for name in "xy")
    slope = B._turned(x, y)
    for each, count in ((x, orders[0]), (y, orders[1])):
        for _ in range(count):
            slope = D.gradient(slope, None, [each], "reverse")[0]

    def turned(u: Any, v: Any) -> Any:
        return mp.gamma(u) * mp.gamma(v) * mp.gamma(1 - u - v) * mp.cos(mp.pi * (u + v))

    for pair in REFLECTED[:11]:
        found = float(evaluate(slope, [x, y], pair))
        assert found == pytest.approx(float(partial(turned, pair, orders)), rel=1e-11, abs=1e-13), pair


def test_gauss_nodes_integrate_polynomials():
    """16 of them do, up to degree 31."""
    nodes, weights = B._gauss.__wrapped__()
    for degree in range(32):
        assert sum(w * s**degree for s, w in zip(nodes, weights, strict=True)) == pytest.approx(
            1 / (degree + 1), rel=1e-14
        )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [1, 2])
def test_means_by_gauss(n, weighted):
    """For lengths up to the start, to the last digits; a batch of one beside a batch of the other."""
    start, length = np.array([[1.0], [2.5], [9.0]]), np.array([0.0, 0.3, 1.0])
    found = B._mean_of(n, start, length, weighted)
    assert found.shape == (3, 3)
    for i, j in itertools.product(range(3), repeat=2):
        assert found[i, j] == pytest.approx(float(_mean(n, start[i, 0], length[j], weighted)), rel=1e-14)


def _mean(n: int, start: float, length: float, weighted: bool) -> Any:
    """By parts, from the antiderivatives of polygamma."""
    first, second = (mp.loggamma if k < 0 else lambda v, k=k: mp.psi(k, v) for k in (n - 1, n - 2))
    a, h = mp.mpf(start), mp.mpf(length)
    if not h:
        return mp.psi(n, a) / (2 if weighted else 1)
    if not weighted:
        return (first(a + h) - first(a)) / h
    return first(a + h) / h - (second(a + h) - second(a)) / h**2


@pytest.mark.parametrize("pair", [(1e-310, 1e-310), (1e-310, 3e-309), (5e-324, 1e-300), (1e-309, 0.5)])
def test_the_mixed_derivative_where_beta_itself_leaves_float64(pair):
    with mp.workdps(1000), np.errstate(all="ignore"):
        u, v = map(mp.mpf, pair)
        ends = mp.psi(0, u + v)
        want = mp.beta(u, v) * ((mp.psi(0, u) - ends) * (mp.psi(0, v) - ends) - mp.psi(1, u + v))
        for x, y in (pair, pair[::-1]):
            assert float(B._beta_mixed_kernel(np.asarray(x), np.asarray(y))) == pytest.approx(float(want), rel=1e-14)


def test_at_the_edges_of_the_quadrant():
    """There is no mixed derivative at a pole, nor a number at infinity."""
    edges = [(1.0, 0.0), (0.0, 1.0), (inf, 2.0), (2.0, inf), (0.0, 0.0), (inf, inf), (nan, 1.0)]
    assert np.isnan(_kernel_at(B._beta_mixed_kernel, edges)).all()


@pytest.mark.parametrize(
    ("p", "q"), [(3.7, -1e6 - 0.3), (0.25, -12345.875), (2.5, -1e4 - 0.7), (0.1, -777.3), (-0.7, -5e5 - 0.125)]
)
def test_far_below_zero_no_digit_is_lost_to_pi(p, q):
    """Of an angle only what is beside a whole number of turns counts."""
    for x, y in ((p, q), (q, p)):
        got = float(B._turned_kernel(np.asarray(x), np.asarray(y)))
        with mp.workdps(60):
            want = mp.pi * mp.cospi(mp.mpf(p + q)) / mp.sinpi(mp.mpf(q)) * float(sc_beta(p, 1.0 - (p + q)))
            assert abs(mp.mpf(got) / want - 1) < 2e-15
