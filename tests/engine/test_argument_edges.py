"""Arguments at the edges of what they may be: ranges, quantiles, triangles, singular matrices, and what is left as it is."""

from __future__ import annotations

import itertools
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from graphs import MODES
from mpmath import mp, mpf
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg

import gradcli
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph
from gradcli.engine.operations import arithmetic, determinants, elementary, indexing, structural
from gradcli.engine.unused import NoAnswer

RANDOM = np.random.default_rng(31)
SQUARE = RANDOM.normal(size=(3, 3)) + 3.0 * np.eye(3)


def value(expression: str, **given: Any) -> Any:
    return gradcli.eval(expression, given).value


# ---- ranges ------------------------------------------------------------------------------------------------------------

BOUNDS = (-3.0, -1.0, 0.0, 0.5, 2.0)


@pytest.mark.parametrize("step", [1.0, 0.5, 0.3, -1.0, -0.7, 1e300])
def test_a_range_is_numpys(step):
    for start, stop in itertools.product(BOUNDS, BOUNDS):
        found = value(f"arange({start}, {stop}, {step}) + x[:1][:0].sum()", x=np.ones(2))
        assert_allclose(found, np.arange(start, stop, step), rtol=1e-14, atol=1e-14)
        assert found.shape == np.arange(start, stop, step).shape


@pytest.mark.parametrize(("start", "stop"), [(1.0, 8.0), (-1.0, -8.0), (8.0, 1.0), (1e-200, 3e-200), (-1e200, -1e201), (1e-300, 1e300), (0.5, -1.0), (1.0, 0.0), (0.0, 2.0)])  # fmt: skip
def test_a_geometric_range_is_numpys_between_bounds_of_one_sign(start, stop):
    written = f"geomspace({start!r}, {stop!r}, 4) + 0*x"
    if 0.0 in (start, stop) or (start < 0.0) != (stop < 0.0):
        with pytest.raises(gradcli.GradcliError, match="of one sign"):
            value(written, x=1.0)
    else:
        assert_allclose(value(written, x=1.0), np.geomspace(start, stop, 4), rtol=1e-13)


# ---- quantiles ---------------------------------------------------------------------------------------------------------

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")
OTHERS = (
    "inverted_cdf",
    "averaged_inverted_cdf",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "median_unbiased",
    "normal_unbiased",
)


@pytest.mark.parametrize("method", METHODS + OTHERS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8])
def test_a_quantile_is_numpys(method, size):
    x = RANDOM.normal(size=size)
    for q in (0.0, 0.01, 0.1, 0.25, 0.37, 0.5, 0.625, 0.75, 0.9, 0.99, 1.0):
        wanted = np.quantile(x, q, method=method)
        assert_allclose(value(f"quantile(x, {q}, method='{method}')", x=x), wanted, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_which_elements_a_quantile_moves_with(method):
    """Between the second and third of five; each takes what the method gives it."""
    shares = {
        "linear": (0.6, 0.4),
        "lower": (1.0, 0.0),
        "higher": (0.0, 1.0),
        "midpoint": (0.5, 0.5),
        "nearest": (1.0, 0.0),
    }
    x = np.array([5.0, 1.0, 3.0, 9.0, 7.0])
    for mode in MODES:
        found = gradcli.grad(f"quantile(x, 0.35, method='{method}')", {"x": x}, mode=mode).gradient["x"]
        assert_allclose(found, [0.0, 0.0, shares[method][0], 0.0, 0.0] + shares[method][1] * np.eye(5)[0], rtol=1e-14)


@pytest.mark.parametrize(
    ("method", "wanted"), [("lower", 2.0), ("higher", inf), ("nearest", 2.0), ("linear", inf), ("midpoint", inf)]
)
def test_a_quantile_beside_an_infinite_element(method, wanted):
    assert value(f"quantile(x, 0.7, method='{method}')", x=np.array([2.0, inf, 1.0])) == wanted


@pytest.mark.parametrize(("x", "q", "wanted"), [
    ([-inf, -inf, 1.0], 0.25, -inf), ([1.0, inf, inf], 0.75, inf), ([-1.7e308, 1.7e308], 0.5, 0.0), ([-1.6e308, 1.6e308], 0.25, -0.8e308), ([-1.6e308, 1.6e308], 0.75, 0.8e308),
    ([inf, inf], 0.3, inf),
])  # fmt: skip
def test_a_quantile_between_elements_whose_difference_is_no_number(x, q, wanted):
    assert_allclose(value(f"quantile(x, {q})", x=np.array(x)), wanted, rtol=1e-15)


# ---- norms -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [-3.0, -1.0, -0.5, -0.25, 0.5, 0.75, 1.25, 1.5, 2.5, 3.0, 3.5, 4.0, 5.0])
@pytest.mark.parametrize("x", [(0.7, -1.3, 2.1), (1e-3, 2.0, -40.0)])
def test_how_a_norm_moves(p, x):
    """To the third order along ones, against the gradient's Taylor series in mpmath."""
    with mp.workdps(40):

        def slope(i: int, s: Any) -> Any:
            moved = [mpf(each) + s for each in x]
            whole = sum(abs(each) ** mpf(p) for each in moved) ** (1 / mpf(p))
            return mp.sign(moved[i]) * (abs(moved[i]) / whole) ** (mpf(p) - 1)

        wanted = [mp.taylor(lambda s, i=i: slope(i, s), 0, 2) for i in range(3)]
    for order in (1, 2, 3):
        exact = np.array([float(series[order - 1] * mp.factorial(order - 1)) for series in wanted])
        found = gradcli.grad(f"norm(x, {p})", {"x": np.array(x)}, order=order).gradient["x"]
        assert_allclose(found, exact, rtol=1e-11, atol=1e-12 * np.abs(exact).max())


# ---- vectors that have no answer, where nothing hangs on them ------------------------------------------------------------

OF_VECTORS = [
    "sum(log_softmax(v*c)**2)", "sum(softmax(v*c)**2)", "logsumexp(v*c)", "norm(v*c)", "norm(v*c, 3)", "norm(v*c, -1)", "norm(v*c, 0.5)", "norm(v*c, inf)", "norm(v*c, 1)",
    "sum(sort(v*c)**2)", "median(v*c)", "quantile(v*c, 0.3)", "sum(cummax(v*c)**2)", "prod(v*c)", "sum(cumprod(v*c))", "sum(logcumsumexp(v*c))", "std(v*c)", "max(v*c)",
    "sum(convolve(v*c, v))", "average(v*c, weights=v)", "trapezoid(v*c)", "sum(v*c / norm(v*c))",
]  # fmt: skip


@pytest.mark.parametrize("written", OF_VECTORS)
@pytest.mark.parametrize(
    "v", [(1.0, nan, 2.0), (1.0, inf, 2.0), (-inf, inf, 2.0), (0.0, 0.0, 0.0), (inf, inf, -inf)], ids=str
)
def test_a_vector_moves_nothing_in_a_branch_that_was_not_taken(written, v):
    given = {"v": np.array(v), "c": -1.5}
    for mode, order in itertools.product(MODES, (1, 2)):
        beside = gradcli.grad(f"where(c > 0, {written}, c**3)", given, wrt=["c"], mode=mode, order=order)
        assert float(beside.gradient["c"]) == (3 * 1.5**2 if order == 1 else -6 * 1.5)
        inside = gradcli.grad(written.replace("v*c", "where(c > 0, v*c, v)"), given, wrt=["c"], mode=mode, order=order)
        assert float(inside.gradient["c"]) == 0.0


# ---- numbers in place of arrays ------------------------------------------------------------------------------------------


def test_shares_of_one_number():
    for name, wanted in (("log_softmax", 0.0), ("softmax", 1.0)):
        assert value(f"{name}(x)", x=3.0) == wanted
        assert gradcli.grad(f"{name}(x)", {"x": 3.0}).gradient["x"] == 0.0


@pytest.mark.parametrize(("shape", "axis", "have", "hint"), [
    ((), 0, "no axes", "a number has no axes"), ((4,), 1, "1 axis", "axes run from -1 to 0"), ((4,), -2, "1 axis", "axes run from -1 to 0"), ((2, 3), 2, "2 axes", "axes run from -2 to 1"),
])  # fmt: skip
def test_an_axis_that_is_not_there(shape, axis, have, hint):
    with pytest.raises(gradcli.GradcliError) as caught:
        value(f"sum(x, {axis})", x=np.ones(shape))
    assert caught.value.message == f"there is no axis {axis} in an array with {have}"
    assert caught.value.hint == hint


# ---- triangles and singular matrices -----------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("trans", [0, 1])
@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 2)])
def test_a_triangle_is_solved_as_scipy_does(unit, lower, trans, shape):
    b = RANDOM.normal(size=shape)
    how = f"trans={trans}, lower={lower}, unit={unit}"
    wanted = linalg.solve_triangular(SQUARE, b, trans, lower, unit)
    assert_allclose(value(f"solve_triangular(A, b, {how})", A=SQUARE, b=b), wanted, rtol=1e-12)
    from_the_right = linalg.solve_triangular(SQUARE, b, 1 - trans, lower, unit)
    b = b if b.ndim == 1 else b.T
    found = value(f"solve_triangular(A, b, {how}, left=False)", A=SQUARE, b=b)
    assert_allclose(found if b.ndim == 1 else found.T, from_the_right, rtol=1e-12)


@pytest.mark.parametrize("unit", [False, True])
def test_a_stack_of_triangles_is_solved_one_by_one(unit):
    stack = RANDOM.normal(size=(2, 3, 3)) + 3.0 * np.eye(3)
    found = value(f"triangular_solve(A, [1, 2, 4], unit={unit})", A=stack)
    wanted = [linalg.solve_triangular(a, [1.0, 2.0, 4.0], 0, True, unit) for a in stack]
    assert_allclose(found, wanted, rtol=1e-12)


NEARLY = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("written", ["inv(A)", "solve(A, [1, 2, 4])", "matrix_power(A, -1)"])
def test_a_stack_is_refused_for_one_singular_matrix(written, place):
    stack = np.stack([SQUARE, SQUARE.T, 2.0 * SQUARE])
    assert np.isfinite(value(written, A=stack)).all()
    stack[place] = NEARLY
    with pytest.raises(NoAnswer, match="singular"):
        value(written, A=stack)


@pytest.mark.parametrize(("rcond", "kept"), [("", False), (", 0", True), (", 1e-17", True), (", 1e-3", False)])
def test_which_singular_values_a_pseudo_inverse_keeps(rcond, kept):
    found = value(f"pinv(A{rcond})", A=np.diag([1.0, 1e-16]))
    assert_allclose(found, np.diag([1.0, 1e16 if kept else 0.0]), rtol=1e-12)
    assert_allclose(value("pinv(A)", A=np.array([[1.0, 0, 0, 0], [0, 6e-16, 0, 0]])), np.diag([1.0, 0.0, 0, 0])[:, :2])


# ---- what is left as it is ---------------------------------------------------------------------------------------------


def test_what_changes_nothing_makes_no_node():
    graph = Graph()
    x, cube = graph.input("x", (2, 3)), graph.input("c", (2, 3, 4))
    turned = structural.permute(cube, params=((-2, -1, -3),))
    assert structural.permute(x, params=((-2, -1),)) is x
    assert structural.swap_last(structural.swap_last(x)) is x
    assert structural.permute(turned, params=((-1, -3, -2),)) is cube
    assert FUNCTIONS["concatenate"].build([x]) is x
    assert FUNCTIONS["concatenate"].build([x], 1) is x
    assert arithmetic.negative(arithmetic.negative(x)) is x
    assert elementary.sin(x) is elementary.sin(x)
    assert FUNCTIONS["sort"].build(cube, 1).shape == cube.shape


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_an_order_of_axes_and_its_inverse(rank):
    x = RANDOM.normal(size=(2, 3, 4, 5)[:rank])
    for order in itertools.permutations(range(rank)):
        found = gradcli.vjp(f"transpose(x, {order})", {"x": x}, grad_outputs=np.transpose(x, order)).gradient["x"]
        assert_array_equal(found, x)


# ---- slices written into zeros -----------------------------------------------------------------------------------------

ENTRIES = [(0, 3, 1), (1, 3, 1), (2, 2, 1), (4, 2, -1), (0, 3, 2), 1, -1 % 5]


@pytest.mark.parametrize("entries", [(one,) for one in ENTRIES] + list(itertools.product(ENTRIES, ENTRIES[:6])))
def test_what_a_slice_hands_back_is_made_a_block_at_a_time(entries):
    """As the whole of it is, where its rows are neighbours and there is no batch."""
    basic, sizes = indexing.Basic(entries), (5, 5)[: len(entries)]
    g = RANDOM.normal(size=basic.kept)
    whole = indexing.place.kernel(g, basic, sizes)
    made = indexing.place.by_blocks(g, basic, sizes)
    assert (made is not None) == (isinstance(entries[0], tuple) and entries[0][2] == 1)
    assert indexing.place.by_blocks(RANDOM.normal(size=(2, *basic.kept)), basic, sizes) is None
    for size in (1, 2, 3, 5) if made is not None else ():
        rows = [made.rows(slice(at, min(at + size, 5))) for at in range(0, 5, size)]
        assert_array_equal(np.concatenate(rows), whole)


# ---- determinants of matrices that are not finite ------------------------------------------------------------------------


def test_the_derivative_of_a_determinant_is_that_of_its_products():
    """Of a matrix that is not finite it is the same in either mode, and there is one."""
    A = np.diag([inf, 2.0, 3.0, 1.0, 1.0, 1.0, 1.0])
    graph = Graph()
    x = graph.input("x", A.shape)
    assert determinants.det(x).operation.name == "det"
    found = [gradcli.grad("det(A)", {"A": A}, mode=mode).gradient["A"] for mode in MODES]
    assert_array_equal(found[0], found[1])


# ---- products, powers, frames, triangles --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 15, 16, 17, 33, 34, 35, 67, 71, 135])
def test_a_product_of_so_many_and_its_slopes(count):
    """A long one is halved again and again, and may leave a factor over each time."""
    x = 1.0 + 0.1 * RANDOM.normal(size=count)
    found = gradcli.grad("prod(x)", {"x": x})
    with mp.workdps(50):
        exact = mp.fprod(map(mpf, x))
        assert_allclose(float(found.value), float(exact), rtol=1e-14)
        assert_allclose(found.gradient["x"], [float(exact / mpf(each)) for each in x], rtol=1e-13)


def test_a_singular_matrix_to_the_power_0():
    found = gradcli.jacobian("matrix_power(A, 0)", {"A": np.ones((2, 2))})
    assert_array_equal(found.value, np.eye(2))
    assert not found.jacobian["A"].any() and not any(note.kind == "nonfinite" for note in found.notes)


@pytest.mark.parametrize("ends", [(0.0, 0.0), (5.0, -1.0)])
@pytest.mark.parametrize("widths", [(1, 3), (3, 1), (0, 2), (2, 0)])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_ramp_goes_up_on_either_side(ends, widths, axis):
    x = RANDOM.normal(size=(2, 3))
    pairs = [(0, 0), (0, 0)]
    values = [(0.0, 0.0), (0.0, 0.0)]
    pairs[axis], values[axis] = widths, ends
    found = value(f"pad(x, {pairs}, 'linear_ramp', end_values={values})", x=x)
    assert_allclose(found, np.pad(x, pairs, "linear_ramp", end_values=values), rtol=1e-14, atol=1e-15)
    edge = value(f"pad(x, {pairs}, 'edge')", x=x)
    assert_array_equal(edge, np.pad(x, pairs, "edge"))


@pytest.mark.parametrize("upper", [False, True])
def test_the_other_triangle_of_a_factor_is_not_read(upper):
    factor = np.linalg.cholesky(SQUARE @ SQUARE.T)
    other = np.triu(np.full((3, 3), 7.0), 1)
    given = (factor.T + other.T) if upper else factor + other
    b = RANDOM.normal(size=(3, 2))
    found = value(f"cholesky_solve(b, L, upper={upper})", b=b, L=given)
    assert_allclose(found, np.linalg.solve(SQUARE @ SQUARE.T, b), rtol=1e-10)


@pytest.mark.parametrize("p", [1.5, 2.5, 3.0, 3.5])
def test_a_norm_beside_a_zero_element_to_the_third_order(p):
    """What moves the zero element by itself: |t|**p / (p norm**(p - 1)) is added to the norm, of which p > 3 leaves
    nothing at the third order."""
    x, along, across = np.array([3.0, 0.0, -4.0]), np.array([1.0, 0.0, 0.5]), np.array([0.0, 1.0, 0.0])
    with mp.workdps(40):

        def norm(s: mpf) -> mpf:
            return mp.fsum(abs(mpf(a) + s * mpf(b)) ** mpf(p) for a, b in zip(x, along, strict=True)) ** (1 / mpf(p))

        wanted = float(mp.diff(norm, 0, 3))
    third = gradcli.grad(f"norm(x + s*v, {p})", {"x": x, "v": along, "s": 0.0}, wrt=["s"], order=3)
    assert_allclose(float(third.gradient["s"]), wanted, rtol=1e-9)
    if p > 3.0:
        straight = gradcli.grad(f"norm(x + s*v, {p})", {"x": x, "v": across, "s": 0.0}, wrt=["s"], order=3)
        assert float(straight.gradient["s"]) == 0.0


def test_the_forward_slope_of_a_determinant_beside_infinity():
    """An element that is not moved contributes nothing, whatever its cofactor is."""
    found = gradcli.jvp("det(A)", {"A": [[1.0, inf], [2.0, 3.0]]}, tangent={"A": [[1.0, 0.0], [0.0, 0.0]]})
    assert float(found.tangent) == 3.0
