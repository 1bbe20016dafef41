"""Kernels where their branches part: against exact fractions and mpmath, and by the definition."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from graphs import MODES, evaluate
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal

import gradcli
from gradcli.engine import derivatives as D
from gradcli.engine.node import Graph
from gradcli.engine.operations import activation, arithmetic, chains, linalg, powers
from gradcli.errors import DataError, LimitError


def at(kernel: Any, *operands: float) -> float:
    with np.errstate(all="ignore"):
        return float(kernel(*map(np.asarray, operands)))


# ---- quotients and powers -----------------------------------------------------------------------------------

DIVIDENDS = (1.0, -3.0, 5e-324, 1e-310, -2e-300, 1e300)
DIVISORS = (0.5, -3.0, 1e-5, -1e-100, 7e-104, 1.5e-310, 1e200, -0.75)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("vanishing", [False, True])
def test_a_quotient_by_a_power_is_the_exact_one_rounded(n, vanishing):
    for x, y in itertools.product(DIVIDENDS, DIVISORS):
        found = at(lambda a, b: arithmetic.over_power.kernel(a, b, n, vanishing), x, y)
        with mp.workdps(60):
            exact = mp.mpf(x) / mp.mpf(y) ** n
            if abs(exact) >= mp.mpf(2) ** 1024:
                assert found == math.copysign(inf, exact)
            else:
                assert abs(exact - found) <= n * max(abs(exact) * mp.mpf(2) ** -53, mp.mpf(2) ** -1074)


def test_a_quotient_of_zeros():
    for n in (1, 2, 3):
        for divisor in (0.0, -0.0):
            assert math.isnan(at(lambda a, b, n=n: arithmetic.over_power.kernel(a, b, n, False), 0.0, divisor))
            assert at(lambda a, b, n=n: arithmetic.over_power.kernel(a, b, n, True), 0.0, divisor) == 0.0
        assert math.isnan(at(lambda a, b, n=n: arithmetic.over_power.kernel(a, b, n, True), 0.0, nan))
        assert at(lambda a, b, n=n: arithmetic.over_power.kernel(a, b, n, True), 1.0, 0.0) == inf


@pytest.mark.parametrize("exponent", [3.0, 0.1, 1 / 3, 1e-20, -7.7, 1e17, 2.0**60, 0.5, -1e300])
def test_one_less_with_what_rounding_takes(exponent):
    less, rest = powers._less_one(exponent)
    if abs(exponent) < 2.0**60:
        assert Fraction(less) + Fraction(rest) == Fraction(exponent) - 1
    assert less == exponent - 1.0
    assert powers._less_one(exponent, 0.25)[1] == rest + 0.25


CORRECTED = [  # x, y, what rounding took from y
    (2.0, 3.0, 1e-17), (0.3, -2.5, -3e-17), (1e300, 0.9, 2e-18), (5e-324, 0.3, 1e-17), (7.0, 1e15, 0.0625),
    (-1.0, 1e17, -1.0), (-1.0, 1e17, 1.0), (-1.0, 1e17, 2.0), (-1.0, 1e17, -2.0),
]  # fmt: skip


@pytest.mark.parametrize(("x", "y", "residual"), CORRECTED)
def test_a_power_with_a_corrected_exponent(x, y, residual):
    with mp.workdps(60):
        base, exact = mp.mpf(x), mp.mpf(y) + mp.mpf(residual)
        wanted = (-1) ** int(exact) * (-base) ** exact if x < 0 else base**exact
        plain = abs(base) ** mp.mpf(y)
        if not mp.mpf(10) ** -300 < abs(wanted) < mp.mpf(10) ** 300:
            pytest.skip("beyond float64")
        rounded = np.asarray(float(plain))
        found = float(powers._corrected(rounded, np.asarray(x), np.asarray(residual)))
        assert abs(found - wanted) <= abs(wanted) * (1e-15 + float(abs(residual * mp.log(abs(base)))) ** 2)


def test_powers_that_have_no_correction():
    for x, power_ in ((inf, inf), (inf, 0.0), (0.0, inf), (0.0, 0.0), (nan, nan), (-3.0, -inf)):
        found = at(powers._corrected, power_, x, 1e-17)
        assert found == power_ or (math.isnan(found) and math.isnan(power_)) or x < 0
    for residual in (0.5, 1.5, -0.5):  # no whole exponent
        assert math.isnan(at(powers._corrected, 1.0, -2.0, residual))


@pytest.mark.parametrize("exponent", sorted(powers._BY_HAND))
def test_powers_by_hand(exponent):
    """Within 2 ulp of the exact power, from the smallest number to the largest, and with the sign of C's pow at zeros."""
    random = np.random.default_rng(0)
    points = random.choice([-1.0, 1.0], 300) * 2.0 ** random.uniform(-1074, 1024, 300)
    points = np.abs(points) if exponent % 1 else points
    with np.errstate(all="ignore"):
        found = powers.constant_power.kernel(points, exponent)
    with mp.workdps(60):
        for x, y in zip(points, found, strict=True):
            exact = mp.mpf(float(x)) ** mp.mpf(exponent)
            if abs(exact) < mp.mpf(2) ** 1024:
                assert abs(exact - float(y)) <= 2 * max(abs(exact) * mp.mpf(2) ** -52, mp.mpf(2) ** -1074)
            else:
                assert y == math.copysign(inf, exact)
    for zero in (0.0, -0.0):
        with np.errstate(all="ignore"):
            wanted = np.power(np.array([zero, 1.0]), np.array([exponent, 1.0]))[0]
            made = powers.constant_power.kernel(np.asarray(zero), exponent)
        assert made == wanted and np.signbit(made) == np.signbit(wanted)
    assert math.isnan(at(lambda x: powers.constant_power.kernel(x, exponent), nan))


def test_a_cube_is_two_products():
    points = np.random.default_rng(1).standard_normal(200)
    assert_array_equal(powers.constant_power.kernel(points, 3.0), points * points * points)
    assert not np.array_equal(np.power(points, np.full(200, 3.0)), points * points * points)


def test_a_product_that_vanishes_with_its_left_side():
    for a, b, wanted in ((0.0, inf, 0.0), (-0.0, nan, 0.0), (-1.0, nan, nan), (-2.0, inf, -inf), (nan, 0.0, nan)):
        assert_array_equal(at(powers.vanishing.kernel, a, b), wanted)


@pytest.mark.parametrize("mode", MODES)
def test_where_the_left_side_is_zero_nothing_comes_of_the_right(mode):
    graph = Graph()
    a, b = (graph.input(name, ()) for name in "ab")
    slope = D.gradient(powers.vanishing(a, b) * b, None, [b], mode)[0]
    assert evaluate(slope, [a, b], (0.0, 3.0)) == 0.0
    out = powers.vanishing(a, b)
    (found,) = D.vjp(out, graph.constant(inf), [b])
    assert evaluate(found, [a, b], (0.0, 3.0)) == 0.0
    assert evaluate(found, [a, b], (2.0, 3.0)) == inf


@pytest.mark.parametrize(
    ("x", "y"),
    [(1e-309, 1e-30), (3e-310, -2e-25), (1e-300, -0.03), (2e-280, 1e-3), (0.7, 2000.5), (0.7, 2013.25), (1.3, -2800.5)],
)
def test_the_slope_of_a_power_whose_parts_leave_float64(x, y):
    with mp.workdps(60):
        wanted = mp.mpf(y) * mp.mpf(x) ** (mp.mpf(y) - 1)
    for mode in MODES:
        found = float(gradcli.grad("x**y", {"x": x, "y": y}, wrt=["x"], mode=mode).gradient["x"])
        assert found == pytest.approx(float(wanted), rel=1e-14)


def test_the_slope_of_a_constant_power_at_nan():
    assert math.isnan(float(gradcli.grad("x**y", {"x": nan, "y": 0.0}, wrt=["x"]).gradient["x"]))
    assert float(gradcli.grad("x**y", {"x": 3.0, "y": 0.0}, wrt=["x"]).gradient["x"]) == 0.0


# ---- activations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [-2.0, -1.0, -0.3, 0.0, 0.01, 0.5, 1.0, 3.0])
def test_the_slope_nearest_zero_between_two(left):
    right_share, left_share = activation._shares(left)
    slope = right_share + left_share * left
    wanted = 0.0 if left <= 0.0 else min(1.0, left)
    assert slope == pytest.approx(wanted, abs=1e-16)
    assert right_share + left_share == pytest.approx(1.0, rel=1e-15) and min(right_share, left_share) >= 0.0


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_kinks_of_softsign(order):
    """Its second derivative jumps at 0: the second and the fourth use a convention there, and the third bends."""
    notes = gradcli.grad("softsign(x)", {"x": 0.0}, order=order).notes
    assert ("kink" in [note.kind for note in notes]) == (order > 1)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_where_a_derivative_of_softsign_bends_or_jumps(n):
    """An odd one has a corner at 0, from where the next jumps; an even one is a convention there already."""
    x = Graph().input("x", (3,))
    operation = activation._softsign_nth
    assert operation.kink is not None
    found = evaluate(operation.kink(operation(x, params=(n,)), x, n), [x], [[0.0, 1.0, -1e-300]])
    assert_array_equal(found, [float(n % 2), 0.0, 0.0])


@pytest.mark.parametrize("function", ["leaky_relu(x)", "elu(x)", "selu(x)", "celu(x)", "softsign(x)"])
@pytest.mark.parametrize("x", [-1.5, 0.7])
def test_sympy_agrees_on_both_sides(function, x):
    report = gradcli.check(function, {"x": x}).check
    assert report.verdict == "pass" and "sympy" in report.methods


# ---- chains of products -------------------------------------------------------------------------------------


def cheapest(sizes: tuple[int, ...]) -> int:
    """Over all ways to put parentheses."""
    if len(sizes) == 2:
        return 0
    return min(
        cheapest(sizes[: k + 1]) + cheapest(sizes[k:]) + sizes[0] * sizes[k] * sizes[-1]
        for k in range(1, len(sizes) - 1)
    )


def cost_of(sizes: tuple[int, ...], cut: list[list[int]], i: int, j: int) -> int:
    if i == j:
        return 0
    k = cut[i][j]
    return cost_of(sizes, cut, i, k) + cost_of(sizes, cut, k + 1, j) + sizes[i] * sizes[k + 1] * sizes[j + 1]


@pytest.mark.parametrize("seed", range(20))
def test_the_best_order_is_the_best_of_all(seed):
    random = np.random.default_rng(seed)
    sizes = tuple(int(n) for n in random.integers(1, 40, random.integers(3, 8)))
    cost, cut = chains.best_order(sizes)
    assert cost == cheapest(sizes) == cost_of(sizes, cut, 0, len(sizes) - 2)


def test_the_sizes_of_a_chain():
    graph = Graph()

    def sizes(*shapes: tuple[int, ...]) -> list[int]:
        return chains._sizes([graph.input("x", shape) for shape in shapes])

    assert sizes((2, 3)) == [2, 3]
    assert sizes((3,)) == [1, 3]
    assert sizes((3,), (3, 5), (5, 7)) == [1, 3, 5, 7]
    assert sizes((4, 3), (3, 5), (5,)) == [4, 3, 5, 1]
    assert sizes((3,), (3,)) == [1, 3, 1]


def test_the_factors_of_a_written_product():
    """In order, with what multiplying them as written costs; a product with a vector, or a stack, is a factor itself."""
    graph = Graph()
    a, b, c, v = (graph.input("x", shape) for shape in ((2, 3), (3, 5), (5, 7), (7,)))
    matmul = linalg.matmul
    assert chains._factors(a) == ([a], 0)
    assert chains._factors(matmul(a, b)) == ([a, b], 2 * 3 * 5)
    assert chains._factors(matmul(matmul(a, b), c)) == ([a, b, c], 2 * 3 * 5 + 2 * 5 * 7)
    assert chains._factors(matmul(a, matmul(b, c))) == ([a, b, c], 3 * 5 * 7 + 2 * 3 * 7)
    moved = matmul(c, v)
    assert chains._factors(moved) == ([moved], 0)
    long = a
    for _ in range(chains.WRITTEN + 5):
        long = matmul(long, graph.input("x", (long.shape[1], 4)))
    assert len(chains._factors(long)[0]) == chains.WRITTEN + 1


# ---- gates: the first derivative where its terms cancel ----------------------------------------------------------


def _logistic_slope(x: Any, argument: Any, rate: Any) -> Any:
    step = 1 / (1 + mp.exp(-argument))
    return step * (1 + x * rate * (1 - step))


def _silu_slope(x: Any) -> Any:
    return _logistic_slope(x, x, mp.one)


def _gelu_tanh_slope(x: Any) -> Any:
    weight = mp.mpf(0.044715)
    return _logistic_slope(x, mp.sqrt(8 / mp.pi) * (x + weight * x**3), mp.sqrt(8 / mp.pi) * (1 + 3 * weight * x**2))


def _gelu_slope(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.exp(-(x**2) / 2) / mp.sqrt(2 * mp.pi)


def _mish_slope(x: Any) -> Any:
    w = mp.exp(x)
    below = w**2 + 2 * w + 2
    return w * (w + 2) / below + x * 4 * w * (w + 1) / below**2


SLOPES = {"silu(x)": _silu_slope, "gelu(x, 'tanh')": _gelu_tanh_slope, "gelu(x)": _gelu_slope, "mish(x)": _mish_slope}


@pytest.mark.parametrize("expression", SLOPES)
def test_the_slope_of_a_gate(expression):
    """At most 4 ulp, and 2.5 of 99 in 100, densely about the zero of the slope and where its terms cancel."""
    points = np.concatenate([np.linspace(-4.0, 2.0, 1501), -np.geomspace(4.0, 30.0, 100), np.linspace(2.0, 30.0, 50)])
    found = gradcli.grad(f"sum({expression})", {"x": points}).gradient["x"]
    with mp.workdps(40):
        exact = [SLOPES[expression](mp.mpf(float(x))) for x in points]
        off = np.array(
            [float(abs(mp.mpf(float(v)) - e)) / np.spacing(abs(float(e))) for v, e in zip(found, exact, strict=True)]
        )
    assert off.max() <= 4.0
    assert np.percentile(off, 99) <= 2.5


# ---- what does not fit -------------------------------------------------------------------------------------------

MISFITS = [
    ("inner(x, y)", (2, 3), (4,)), ("inner(x, y)", (2, 4), (3,)), ("inner(x, y)", (2,), (3, 3)),
    ("cross(x, y)", (3,), ()), ("cross(x, y)", (), (3,)), ("cross(x, y)", (2,), (3,)), ("cross(x, y)", (3,), (4,)),
    ("cross(x, y)", (4,), (3,)), ("einsum('ij,jk', x, y)", (2, 3), (4, 2)), ("einsum('ii', x)", (2, 3), ()),
    ("einsum('...i,...i', x, y)", (2, 3), (4, 3)), ("tensordot(x, y, 1)", (2, 3), (2, 3)),
    ("trace(x)", (3,), ()), ("trace(x)", (), ()), ("diag(x)", (2, 2, 2), ()), ("diag(x)", (), ()),
    ("block_diag(x, y)", (2, 2, 2), ()),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "x", "y"), MISFITS)
def test_shapes_that_do_not_fit(expression, x, y):
    with pytest.raises(DataError) as caught:
        gradcli.eval(expression, {"x": np.ones(x), "y": np.ones(y)})
    assert caught.value.span is not None


@pytest.mark.parametrize(("expression", "x", "y", "shape"), [
    ("einsum('...i,...i->...', x, y)", (1, 3), (4, 3), (4,)),
    ("einsum('...i,...i->...', x, y)", (4, 3), (1, 3), (4,)),
    ("einsum('...i,...i->...', x, y)", (1, 3), (1, 3), (1,)), ("einsum('...i,...i->...', x, y)", (1, 3), (0, 3), (0,)),
    ("inner(x, y)", (2, 3), (4, 3), (2, 4)), ("cross(x, y)", (2, 3), (2, 3), (2, 3)), ("cross(x, y, 0)", (3, 2), (3, 2), (3, 2)),
    ("block_diag(x, y)", (), (2,), (2, 3)), ("block_diag(x, y)", (3,), (2, 2), (3, 5)),
])  # fmt: skip
def test_shapes_that_fit(expression, x, y, shape):
    random = np.random.default_rng(0)
    assert gradcli.eval(expression, {"x": random.normal(size=x), "y": random.normal(size=y)}).value.shape == shape


@pytest.mark.parametrize(("arguments", "values"), [
    ("3", [0, 1, 2]), ("1, 4", [1, 2, 3]), ("0", []), ("3, 1", []), ("3, 0, -1", [3, 2, 1]), ("0, 1, 0.25", [0, 0.25, 0.5, 0.75]),
    ("1, 1", []), ("0, 1, 0.3", [0, 0.3, 0.6, 0.9]),
])  # fmt: skip
def test_ranges(arguments, values):
    assert gradcli.eval(f"arange({arguments})", {}).value == pytest.approx(np.array(values, dtype=float))


@pytest.mark.parametrize("arguments", ["1e300", "0, 1e300, 1e-300", "-1e19, 1e19", "0, 1, 1e-19"])
def test_ranges_that_are_too_long(arguments):
    with pytest.raises(LimitError):
        gradcli.eval(f"arange({arguments})", {})


# ---- factors of stacks of matrices ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "qr(x)[1]",
        "qr(x, mode='complete')[0]",
        "qr(x, mode='complete')[1]",
        "svd(x, full_matrices=True)[0]",
        "eigh(x @ x.mT)[1]",
        "eigh(x @ x.mT)[0]",
    ],
)
@pytest.mark.parametrize("shape", [(2, 4, 3), (3, 2, 5, 2), (2, 3, 3), (3, 2, 4)])
def test_the_factors_of_a_stack_are_those_of_its_matrices(expression, shape):
    x = np.random.default_rng(3).normal(size=shape)
    found = gradcli.eval(expression, {"x": x}).value
    for place in np.ndindex(shape[:-2]):
        assert_array_equal(found[place], gradcli.eval(expression, {"x": x[place]}).value)


# ---- products of matrices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("a", [(3, 4), (2, 3, 4), (2, 5, 3, 4), (0, 3, 4)])
@pytest.mark.parametrize("b", [(4, 5), (4, 40), (2, 4, 5), (2, 4, 40), (2, 5, 4, 6)])
def test_products_of_stacks(a, b):
    random = np.random.default_rng(0)
    left, right = random.normal(size=a), random.normal(size=b)
    try:
        wanted = np.matmul(left, right)
    except ValueError:
        pytest.skip("these do not broadcast")
    assert_allclose(linalg._folded(left, right), wanted, rtol=1e-13, atol=1e-14)


def test_products_with_unit_rows_pick():
    """Bit for bit what the picked rows are, and a plain product where a row has two entries or b is not finite."""
    random = np.random.default_rng(1)
    b = random.normal(size=(1024, 7))
    seeds = np.zeros((300, 1024))
    picked = random.integers(0, 1024, 300)
    seeds[np.arange(300), picked] = random.normal(size=300)
    seeds[5] = 0.0
    assert_array_equal(linalg._of_unit_rows(seeds, b), seeds[np.arange(300), picked, None] * b[picked])
    assert_array_equal(linalg._folded(seeds.reshape(3, 100, 1024), b), (seeds @ b).reshape(3, 100, 7))
    twice = seeds.copy()
    twice[5, [0, 1]] = 1.0
    assert linalg._of_unit_rows(twice, b) is None
    crowded = np.zeros((3, 1024))
    crowded[1, [2, 5]] = 1.0
    assert linalg._of_unit_rows(crowded, b) is None
    crowded[0, 3] = 1.0
    assert linalg._of_unit_rows(crowded, b) is None
    assert linalg._of_unit_rows(seeds, np.where(b == b[0, 0], np.nan, b)) is None


@pytest.mark.parametrize("side", [linalg.LEFT, linalg.RIGHT, linalg.EITHER, linalg.PLAIN])
def test_zeros_that_win_in_a_product(side):
    """Term by term: what has a zero on the side that wins adds nothing."""
    a = np.array([[0.0, 1.0], [2.0, 0.0], [nan, -1.0], [0.0, 0.0]])
    b = np.array([[inf, 0.0, 1.0, 0.0], [3.0, nan, 0.0, -1.0]])
    wanted = np.zeros((4, 4))
    for i, j, k in itertools.product(range(4), range(4), range(2)):
        wins = (a[i, k] == 0 and side in (linalg.LEFT, linalg.EITHER)) or (
            b[k, j] == 0 and side in (linalg.RIGHT, linalg.EITHER)
        )
        wanted[i, j] += 0.0 if wins else a[i, k] * b[k, j]
    with np.errstate(all="ignore"):
        assert_array_equal(linalg.product.kernel(a, b, side), wanted)
