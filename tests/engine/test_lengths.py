"""Norms of every order to their third derivative, by mpmath: of vectors in general, with ties, zeros, of any size and in batches."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import numpy as np
import pytest
from graphs import MODES, evaluate
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal
from references import partial

import gradcli
from gradcli.engine import derivatives as D
from gradcli.engine import zeros
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operations import lengths, power_lengths

nan, inf = math.nan, math.inf
POINTS = {
    "general": (0.5, -2.0, 1.25), "a tie": (1.5, -1.5, 0.3), "all tied": (-0.7, -0.7, 0.7), "one alone": (1e-3, 40.0, -2e-2),
    "the last largest": (0.2, 0.4, -0.9),
}  # fmt: skip
ORDERS = (2.0, 3.0, 2.5, 4.0, 1.5, 0.5, -0.5, -1.0, -2.0, -2.5)
MIXED = [("forward",) * 3, ("reverse",) * 3, ("forward", "reverse", "reverse"), ("reverse", "forward", "forward")]


def of_order(p: float) -> Any:
    return lambda *xs: mp.fsum(abs(x) ** mp.mpf(p) for x in xs) ** (1 / mp.mpf(p))


def derivative(x: Node, p: float, modes: tuple[str, ...]) -> Node:
    out = FUNCTIONS["norm"].build(x, p)
    for mode in modes:
        out = D.jacobian(out, x, mode)
    return out


def wanted(p: float, at: tuple[float, ...], order: int) -> np.ndarray:
    """Every entry of a derivative, of which many are equal."""

    @functools.cache
    def entry(which: tuple[int, ...]) -> float:
        return float(partial(of_order(p), at, [which.count(i) for i in range(len(at))]))

    found = np.empty((len(at),) * order)
    for place in np.ndindex(found.shape):
        found[place] = entry(tuple(sorted(place)))
    return found


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("at", POINTS.values(), ids=POINTS)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_of_a_norm(p, at, order):
    want = wanted(p, at, order)
    for modes in MIXED if order == 3 else itertools.product(MODES, repeat=order):
        x = Graph().input("x", (3,))
        found = evaluate(derivative(x, p, modes[:order]), [x], [at])
        assert_allclose(found, want, rtol=2e-12, atol=2e-13 * np.abs(want).max(), err_msg=str(modes))


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5, 4.0])
@pytest.mark.parametrize("size", [1e-160, 1e-100, 1.0, 1e100, 1e160])
def test_derivatives_of_a_norm_at_any_size(p, size):
    """The n-th is homogeneous of degree 1 - n."""
    at = POINTS["general"]
    for order in (1, 2):
        want = wanted(p, at, order) * size ** (1 - order)
        for modes in itertools.product(MODES, repeat=order):
            x = Graph().input("x", (3,))
            found = evaluate(derivative(x, p, modes), [x], [size * np.array(at)])
            assert_allclose(found, want, rtol=1e-12, err_msg=str(modes))


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5, -2.0])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_norms_of_rows_are_differentiated_one_by_one(p, axis):
    """Rows of every kind side by side: one that is 0, one that is large, one with a tie. To third order along a direction."""
    rows = np.array([[0.0, 0.0, 0.0], [3e60, -4e60, 1e60], [1.5, -1.5, 0.3], [0.2, -0.4, 0.9]])
    moves = np.array([[0.3, 0.1, -0.2], [2e60, 1e60, -1e60], [0.4, 0.9, -0.5], [-0.6, 0.2, 0.7]])
    at, move = (rows, moves) if axis % 2 else (rows.T, moves.T)
    graph = Graph()
    x = graph.input("x", at.shape)
    node, along = FUNCTIONS["norm"].build(x, p, axis=axis), graph.constant(move)
    for order in range(4):
        with np.errstate(all="ignore"):
            found = evaluate(node, [x], [at])
        for row, (values, direction, got) in enumerate(zip(rows, moves, found, strict=True)):
            if not values.any() and order:
                assert got == 0.0
                continue
            unit = np.abs(values).max() or 1.0
            line = _line(p, values / unit, direction / unit)
            want = float(partial(line, [0.0], [order])) * unit if values.any() else 0.0
            assert got == pytest.approx(want, rel=1e-11), (row, order)
        node = D.jvp(node, [x], [along])


def _line(p: float, at: np.ndarray, along: np.ndarray) -> Any:
    """The norm of a point that moves in a direction, as a function of how far."""
    return lambda s: of_order(p)(*(mp.mpf(a) + s * mp.mpf(b) for a, b in zip(at, along, strict=True)))


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5, 0.5, -1.0, -2.5])
def test_the_direction_of_the_smallest_vectors(p):
    """Their length is rounded to a few bits, and their direction is not."""
    at = (1.0, -2.0, 3.0)
    for mode in MODES:
        x = Graph().input("x", (3,))
        found = evaluate(derivative(x, p, (mode,)), [x], [5e-324 * np.array(at)])
        assert_allclose(found, wanted(p, at, 1), rtol=1e-13)


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5, -1.0, -2.0, -2.5])
@pytest.mark.parametrize("size", [1e-200, 1e-153, 1e150])
def test_third_derivatives_at_any_size(p, size):
    at = POINTS["general"]
    with np.errstate(over="ignore"):
        want = wanted(p, at, 3) / size / size
    for modes in MIXED:
        x = Graph().input("x", (3,))
        assert_allclose(evaluate(derivative(x, p, modes), [x], [size * np.array(at)]), want, rtol=1e-11)


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5, 0.5, -1.0, -2.0, -2.5])
@pytest.mark.parametrize("at", [(1e5, -3e5, 2.0), (1e-4, 2.0, 3e4)], ids=str)
def test_elements_of_different_sizes(p, at):
    """What is next to all of the norm moves by the others."""
    for order in (1, 2, 3):
        want = wanted(p, at, order)
        for modes in MIXED:
            x = Graph().input("x", (3,))
            found = evaluate(derivative(x, p, modes[:order]), [x], [at])
            assert_allclose(found, want, rtol=1e-10, atol=1e-14 * np.abs(want).max())


@pytest.mark.parametrize(("p", "rtol"), [(1.5, 1e-13), (1.25, 1e-13), (0.5, 1e-12), (-0.5, 1e-12), (-1.5, 1e-12)])
@pytest.mark.parametrize("at", [(1e200, -1e-200, 2e200), (1e250, 1e-250, -2e250), (-1e250, -1e-250, 2e250)], ids=str)
def test_an_element_that_is_nothing_beside_the_others(p, at, rtol):
    """Its share of the norm is below float64, and what that is to a power is not."""
    with mp.workdps(40):
        xs = [mp.mpf(v) for v in at]
        length, q = of_order(p)(*xs), mp.mpf(p)
        assert power_lengths.p_norm(p).kernel(np.array(at), (-1,)) == pytest.approx(float(length), rel=1e-15)
        u = [abs(v) / length for v in xs]
        s = [mp.sign(v) * w ** (q - 1) for v, w in zip(xs, u, strict=True)]
        bent = [(q - 1) / length * ((i == 1) * u[1] ** (q - 2) - s[i] * s[1]) for i in range(3)]
    for mode in MODES:
        x = Graph().input("x", (3,))
        assert_allclose(evaluate(derivative(x, p, (mode,)), [x], [at]), np.array(s, dtype=float), rtol=rtol)
        if p > 0.0:
            found = evaluate(derivative(x, p, (mode, "forward")), [x], [at])
            assert_allclose(found[1, 1], float(bent[1]), rtol=1e-11)


AT_THE_ENDS: list[tuple[float, list[float], list[float], list[float], list[float]]] = [
    (1.5, [inf, 1.0], [1, 0], [0, 0, 0, 0], [0] * 8),
    (1.5, [0.0, 1.0], [0, 1], [inf, 0, 0, 0], [-inf, -inf, -inf, 0, -inf, 0, 0, 0]),
    (1.5, [-0.0, 1.0], [0, 1], [inf, 0, 0, 0], [inf, -inf, -inf, 0, -inf, 0, 0, 0]),
    (2.5, [0.0, -1.0], [0, -1], [0, 0, 0, 0], [inf, 0, 0, 0, 0, 0, 0, 0]),
    (2.5, [inf, 1.0], [1, 0], [0, 0, 0, 0], [0] * 8),
    (2.5, [inf, 0.0], [1, 0], [0, 0, 0, 0], []),
    (1.5, [inf, 0.0], [1, 0], [0, 0, 0, inf], []),
    (3.0, [0.0, -1.0], [0, -1], [0, 0, 0, 0], [0] * 8),
    (3.0, [-0.0, 2.0], [0, 1], [0, 0, 0, 0], [0] * 8),
    (4.0, [0.0, -1.0], [0, -1], [0, 0, 0, 0], [0] * 8),
    (0.5, [0.0, 1.0], [inf, 1], [-inf, inf, inf, 0], []),
    (0.5, [-0.0, 1.0], [-inf, 1], [-inf, -inf, -inf, 0], []),
    (0.5, [inf, 1.0], [1, inf], [0, 0, 0, -inf], []),
    (-2.0, [inf, -1.0], [0, -1], [0, 0, 0, 0], [0] * 8),
    (-2.0, [0.0, 1.0], [0, 0], [0, 0, 0, 0], [0] * 8),
]  # fmt: skip


@pytest.mark.parametrize(("p", "at", "first", "second", "third"), AT_THE_ENDS, ids=str)
def test_zeros_and_infinities(p, at, first, second, third):
    """Limits; where those of the two sides are different infinities, the sign of a zero tells which is meant."""
    for order, want in enumerate((first, second, third), 1):
        for modes in itertools.product(MODES, repeat=order) if want else ():
            x = Graph().input("x", (2,))
            assert_array_equal(np.ravel(evaluate(derivative(x, p, modes), [x], [at])), want)


# ---- what kernels do -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [(-1,), (-2,), (-2, -1), (-3, -1)])
def test_lengths_along_any_axes(axes):
    x = np.random.default_rng(3).normal(size=(2, 3, 4))
    want = np.sqrt(np.sum(x * x, axis=axes))
    for size in (1.0, 1e-200, 1e200):
        assert_allclose(lengths._euclidean(size * x, axes), size * want, rtol=1e-15)
        for p in (0.5, 1.5, 3.0):
            plain = np.sum(np.abs(x) ** p, axis=axes) ** (1 / p)
            assert_allclose(power_lengths.p_norm(p).kernel(size * x, axes), size * plain, rtol=1e-14)
            turned = np.sum(np.abs(x) ** -p, axis=axes) ** (-1 / p)
            assert_allclose(power_lengths.p_norm(-p).kernel(size * x, axes), size * turned, rtol=1e-14)
    complex_ = x + 1e-100j * np.roll(x, 1)
    assert_allclose(
        lengths._euclidean(complex_, axes).imag / 1e-100, np.sum(x * np.roll(x, 1), axis=axes) / want, rtol=1e-13
    )


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-155, 1e-141, 1e-139, 1.0, 1e139, 1e141, 1e155, 1e307])
def test_a_length_is_exact_where_squares_are_not(size):
    """Of 3, 4 and 12 the length is 13."""
    row = size * np.array([3.0, 4.0, 12.0])
    for x, axes in ((row, (-1,)), (np.stack([row, row / 2]), (-1,)), (row[:, None], (-2,))):
        found = np.ravel(lengths._euclidean(x, axes))
        assert found[0] == pytest.approx(13.0 * size, rel=3e-16, abs=5e-324)
    beside = np.stack([row, [3.0, 4.0, 12.0]])
    assert lengths._euclidean(beside, (-1,))[1] == 13.0


@pytest.mark.parametrize("count", [16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 17 * 1024 + 5, 40_000])
def test_long_rows_are_summed_in_parts(count):
    x = np.random.default_rng(count).normal(size=(2, count))
    squares = lengths._sum_of_squares(x, (-1,))
    assert squares.shape == (2, 1)
    assert_allclose(squares[:, 0], [math.fsum(v * v for v in row) for row in x], rtol=4e-16)
    assert_allclose(lengths._sum_of_squares(x.T.copy(), (-2,))[0], squares[:, 0], rtol=1e-13)
    whole = np.ones((1, count))
    whole[0, -1] = 2.0
    assert lengths._sum_of_squares(whole, (-1,)).item() == count + 3


DIRECTIONS = [
    ([3.0, 4.0], [0.6, 0.8]), ([0.0, 0.0], [0, 0]), ([inf, 1.0], [1, 0]), ([-inf, 1.0], [-1, 0]), ([1e300, -inf], [0, -1]),
    ([inf, inf], [nan, nan]), ([inf, -inf, 1.0], [nan, nan, 0]), ([nan, 1.0], [nan, nan]), ([inf, nan], [nan, nan]), ([-5e-324, 0.0], [-1, 0]), ([1e200, -1e200], [0.5**0.5, -(0.5**0.5)]),
]  # fmt: skip


def direction(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    return lengths._direction(x, lengths._euclidean(x, axes), axes)


@pytest.mark.parametrize(("x", "want"), DIRECTIONS, ids=str)
def test_directions_of_every_kind(x, want):
    """Alone, and beside rows of other kinds."""
    with np.errstate(all="ignore"):
        assert_allclose(direction(np.array(x), (-1,)), want, rtol=1e-15)
        beside = np.array([[3.0, 4.0, 0.0][: len(x)], x, [0.0, 0.0, 0.0][: len(x)], [2.0, inf, 1.0][: len(x)]])
        found = direction(beside, (-1,))
        turned = direction(beside.T, (-2,))
    assert_allclose(found[1], want, rtol=1e-15)
    assert_allclose(found[0][:2], [0.6, 0.8], rtol=1e-15)
    assert_array_equal(found[2], np.zeros(len(x)))
    assert_array_equal(found[3], [0.0, 1.0, 0.0][: len(x)])
    assert_array_equal(turned, found.T)


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5, 4.0, 0.5, -0.5, -1.0, -2.5])
def test_what_is_along_a_vector_does_not_turn_it(p):
    """Exactly nothing for a direction along x itself, and all for one across; a share of a tie is half."""
    graph = Graph()
    x = graph.input("x", (3,))
    node = FUNCTIONS["norm"].build(x, p)
    for at in ([2.0, -1.0, 0.5], [1.0, 1.0, 0.25], [1e-9, 1.0, 1e-9]):
        turned = D.vjp(node, graph.constant(1.0), [x])[0]
        along = D.jvp(turned, [x], [graph.constant(at)])
        size = np.abs(evaluate(D.jacobian(turned, x, "forward"), [x], [at])).max()
        assert np.abs(evaluate(along, [x], [at])).max() <= 4e-16 * size


@pytest.mark.parametrize("p", [2.0, 3.0, 2.5])
@pytest.mark.parametrize("at", [(1e-7, 1.0, -2e-7), (1e-8, -0.3, 2e-8)], ids=str)
def test_a_vector_that_is_nearly_one_element_turns_by_the_small_ones(p, at):
    """1 - u**2 is rounded away there, and the digits of the curvature with it."""
    with mp.workdps(60):
        want = wanted(p, at, 2)
    for modes in itertools.product(MODES, repeat=2):
        x = Graph().input("x", (3,))
        found = evaluate(derivative(x, p, modes), [x], [at])
        assert_allclose(found, want, rtol=1e-12, err_msg=str(modes))


@pytest.mark.parametrize("p", [3.0, 4.0, 5.0])
@pytest.mark.parametrize("at", [[0.0, 0.0, 2.0], [0.0, 3.0, 0.0], [1.0, 0.0, -1.0]], ids=str)
def test_zeros_among_the_elements(p, at):
    """|x|**p is smooth enough at 0 for two derivatives."""
    for order in (1, 2):
        want = wanted(p, tuple(at), order)
        for modes in itertools.product(MODES, repeat=order):
            x = Graph().input("x", (3,))
            assert_allclose(evaluate(derivative(x, p, modes), [x], [at]), want, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5])
@pytest.mark.parametrize(
    "modes", [("reverse",) * 3, ("reverse", "forward", "reverse"), ("forward", "reverse", "reverse"), ("forward",) * 3]
)
def test_derivatives_of_a_cube_of_a_norm(p, modes):
    """What comes back to a derivative of the norm is itself one then, and is differentiated too."""
    at = POINTS["general"]
    x = Graph().input("x", (3,))
    node = FUNCTIONS["norm"].build(x, p)
    node = node * node * node
    for order, mode in enumerate(modes, 1):
        node = D.jacobian(node, x, mode)
        want = np.empty((3,) * order)
        for place in np.ndindex(want.shape):
            want[place] = float(partial(_cube(p), at, [place.count(i) for i in range(3)]))
        assert_allclose(evaluate(node, [x], [at]), want, rtol=1e-11, atol=1e-11)


def _cube(p: float) -> Any:
    return lambda *xs: of_order(p)(*xs) ** 3


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5])
@pytest.mark.parametrize("modes", MIXED)
def test_derivatives_of_a_norm_of_what_bends_itself(p, modes):
    """A direction that moves with the point."""
    at = POINTS["general"]
    x = Graph().input("x", (3,))
    node = FUNCTIONS["norm"].build(x * x + 0.5 * x, p)
    for order, mode in enumerate(modes, 1):
        node = D.jacobian(node, x, mode)
        want = np.empty((3,) * order)
        for place in np.ndindex(want.shape):
            want[place] = float(partial(_bent(p), at, [place.count(i) for i in range(3)]))
        assert_allclose(evaluate(node, [x], [at]), want, rtol=1e-11, atol=1e-11)


def _bent(p: float) -> Any:
    return lambda *xs: of_order(p)(*(x * x + x / 2 for x in xs))


@pytest.mark.parametrize("p", [2.0, 3.0, 1.5])
@pytest.mark.parametrize("x", [[nan, 1.0], [inf, inf], [inf, -1.0], [0.0, 0.0]], ids=str)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_norm_in_a_branch_that_was_not_taken(p, x, mode, order):
    """Whatever it is there, it moves nothing."""
    found = gradcli.grad(f"where(c > 0, norm(x*c, {p}), c**3)", {"x": x, "c": -1.0}, wrt=["c"], mode=mode, order=order)
    assert float(found.gradient["c"]) == (3.0, -6.0, 6.0)[order - 1]


@pytest.mark.parametrize("p", [0.5, 1.5, 3.0])
def test_nothing_has_no_direction(p):
    with np.errstate(all="ignore"):
        found = power_lengths.p_direction(p).kernel(np.array([[0.0, -0.0], [3.0, 0.0]]), (-1,))
    assert_array_equal(found[0], [0.0, 0.0])


@pytest.mark.parametrize("p", [2.0, 3.0, 4.0])
def test_a_vector_with_an_infinite_element_does_not_turn(p):
    kernel = lengths._bent if p == 2.0 else power_lengths.p_bent_direction(p).kernel
    with np.errstate(all="ignore"):
        assert_array_equal(np.abs(kernel(np.array([inf, 1.0]), np.array([0.3, -2.0]), (-1,))), [0.0, 0.0])
        beside = kernel(np.array([[1.0, -inf], [0.0, 0.0]]), np.array([[0.3, -2.0], [1.0, 1.0]]), (-1,))
    assert_array_equal(np.abs(beside), np.zeros((2, 2)))


def test_a_zero_direction_that_wins_leaves_word():
    """One row where nothing moves, and the vector is NaN; where another row is lost all the same; and none won."""
    x = np.array([[nan, 1.0], [nan, 2.0], [3.0, 4.0]])
    won, lost = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    with np.errstate(all="ignore"):
        for kernel in (lengths._bent, power_lengths.p_bent_direction(3.0).kernel):
            before = zeros.absorbed()
            found = kernel(x, won, (-1,))
            assert zeros.absorbed() == before + 1
            assert_array_equal(np.isnan(found), [[False, False], [True, True], [False, False]])
            assert_array_equal(found[0], [0.0, 0.0])
            assert np.isnan(kernel(x, lost, (-1,))[:2]).all()
            assert np.isfinite(kernel(x[2], won[2], (-1,))).all()
            assert zeros.absorbed() == before + 1


@pytest.mark.parametrize("p", [1.5, 1.25])
def test_a_zero_that_stays_zero_takes_no_part(p):
    """Where the curvature at a zero is infinite, and the direction leaves it alone."""
    with np.errstate(all="ignore"):
        found = power_lengths.p_bent_direction(p).kernel(np.array([1.0, 0.0, -2.0]), np.array([0.3, 0.0, 0.1]), (-1,))
    want = wanted(p, (1.0, -2.0), 2) @ [0.3, 0.1]
    assert_allclose(found, [want[0], 0.0, want[1]], rtol=1e-13)


@pytest.mark.parametrize("p", [0.5, 0.75, 1.5])
def test_what_does_not_move_beside_what_does(p):
    """The others turn as they do without the zero, where the slope for that is infinite too."""
    x, t = (1.0, 0.0, -2.0, 0.5), [0.3, 0.0, 0.1, 0.0]
    with np.errstate(all="ignore"):
        found = power_lengths.p_bent_direction(p).kernel(np.array(x), np.array(t), (-1,))
    want = wanted(p, (1.0, -2.0, 0.5), 2) @ [0.3, 0.1, 0.0]
    assert_allclose(found[[0, 2, 3]], want, rtol=1e-12)


@pytest.mark.parametrize("p", [0.5, 0.75])
@pytest.mark.parametrize(("t", "want"), [((0.3, 0.0, 0.5), -inf), ((0.5, 0.0, 0.3), inf), ((-0.3, 0.0, -0.5), inf)])
def test_an_endless_slope_falls_or_rises_with_the_norm(p, t, want):
    """Where an element is 0 and stays so: by the sign of how fast the others make the norm longer."""
    with np.errstate(all="ignore"):
        found = power_lengths.p_bent_direction(p).kernel(np.array([1.0, 0.0, -2.0]), np.array(t), (-1,))
    assert found[1] == want


def test_directions_far_apart_in_size():
    """A third derivative in units of the smallest element would leave float64."""
    at = np.array([1e140, -3e-140, 2e140])
    u, one = at / np.linalg.norm(at), np.eye(3)
    crossed = sum(np.einsum(s, one, u) for s in ("ij,k->ijk", "ik,j->ijk", "jk,i->ijk"))
    want = (3.0 * np.einsum("i,j,k", u, u, u) - crossed) / np.linalg.norm(at) ** 2
    for modes in MIXED:
        x = Graph().input("x", (3,))
        assert_allclose(
            evaluate(derivative(x, 2.0, modes), [x], [at]), want, rtol=1e-10, atol=1e-14 * np.abs(want).max()
        )


@pytest.mark.parametrize("p", [0.5, 0.75])
@pytest.mark.parametrize(("t", "want"), [(1.0, -inf), (-1.0, inf)])
def test_an_endless_curvature_has_a_side(p, t, want):
    with np.errstate(all="ignore"):
        before = zeros.absorbed()
        found = power_lengths.p_bent_direction(p).kernel(np.array([1.0, 0.0]), np.array([0.0, t]), (-1,))
        assert found[1] == want
        power_lengths.p_bent_direction(p).kernel(np.array([1.0, 0.0]), np.array([t, 0.0]), (-1,))
    assert zeros.absorbed() == before + 1


def test_where_the_curvature_of_the_third_power_has_its_corner():
    graph = Graph()
    x, t = graph.input("x", (3,)), graph.constant([1.0, 1.0, 1.0])
    bent = power_lengths.p_bent_direction(3.0)
    assert_array_equal(evaluate(bent.kink(None, x, t, (-1,)), [x], [[0.0, -1.0, 2.0]]), [1.0, 0.0, 0.0])


@pytest.mark.parametrize("p", [2.25, 3.0, 4.0])
def test_the_third_power_alone_has_a_corner_in_its_curvature(p):
    assert (power_lengths.p_bent_direction(p).kink is not None) == (p == 3.0)


@pytest.mark.parametrize("p", [3.0, 2.5, 1.5])
def test_how_a_norm_bends_in_sympy(p):
    sympy = pytest.importorskip("sympy")
    x, t = np.array([0.5, -2.0, 1.25]), np.array([0.25, 0.5, -1.0])
    exact = [np.array([sympy.Rational(v) for v in each]) for each in (x, t)]
    for operation, operands in ((power_lengths.p_direction(p), 1), (power_lengths.p_bent_direction(p), 2)):
        said = operation.symbolic(sympy, *exact[:operands], (-1,))
        with np.errstate(all="ignore"):
            found = operation.kernel(*(x, t)[:operands], (-1,))
        assert_allclose([float(sympy.N(each, 20)) for each in said], found, rtol=1e-13)


def test_how_a_length_bends_in_sympy():
    sympy = pytest.importorskip("sympy")
    x, t = np.array([[0.5, -2.0, 1.25], [1.0, 1.0, 2.0]]), np.array([[0.25, 0.5, -1.0], [1.0, 0.0, 0.5]])
    exact = [np.vectorize(sympy.Rational, otypes=[object])(v) for v in (x, t)]
    for axes in ((-1,), (-2,), (-2, -1)):
        said = lengths.bent_direction.symbolic(sympy, *exact, axes)
        found = lengths.bent_direction.kernel(x, t, axes)
        assert_allclose(np.vectorize(lambda each: float(sympy.N(each, 20)))(said), found, rtol=1e-13, atol=1e-16)


def test_no_complex_step_goes_through_a_size():
    for operation in (
        power_lengths.p_norm(6.5),
        power_lengths.p_norm(-6.5),
        power_lengths.p_direction(6.5),
        power_lengths.p_bent_direction(6.5),
    ):
        assert not operation.analytic


@pytest.mark.parametrize(
    "name",
    [
        "norm_3",
        "norm_2.5",
        "norm_-2",
        "norm_-5.75",
        "norm_5.75",
        "direction_5.75",
        "bent_direction_5.75",
        "norm_-1.5",
        "direction_3",
        "bent_direction_1.5",
    ],
)
def test_an_operation_is_found_by_its_name(name):
    found = power_lengths.of_order(name)
    assert found is not None and found.name == name


@pytest.mark.parametrize("name", ["norm", "norm_", "norm_x", "length_3", "direction", "_3", ""])
def test_other_names_are_no_operation_of_an_order(name):
    assert power_lengths.of_order(name) is None


def test_a_unit_of_symbols_is_one():
    """Any will do, and of numbers it is the one that is computed with."""
    sympy = pytest.importorskip("sympy")
    symbols = np.array(sympy.symbols("a b"), dtype=object)
    assert list(lengths.unit_of.symbolic(sympy, symbols, (-1,), False)) == [1, 1]
    assert list(lengths.unit_of.symbolic(sympy, np.array([sympy.Integer(3), sympy.Integer(-5)]), (-1,), False)) == [
        4,
        4,
    ]
