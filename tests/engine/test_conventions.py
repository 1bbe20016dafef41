"""What is answered at the special points: the least-norm choice, the same in every mode and order.

Each row is a function, the point, and its derivatives of order 1 and 2 there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from graphs import MIXES, MODES, evaluate
from numpy.testing import assert_allclose, assert_array_equal

import gradcli
from gradcli.engine import derivatives as D
from gradcli.engine import problems
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import total_over
from gradcli.engine.operations.indexing import index
from gradcli.engine.operations.powers import power_of
from gradcli.errors import DataError

nan, inf = math.nan, math.inf
Build = Callable[..., Node]


def f(name: str, *args: Any) -> Any:
    """A function of the language, applied."""
    return FUNCTIONS[name].build(*args)


def lift(x: Node, value: float) -> Node:
    return x.lift(value)


def gated(x: Node, inside: Node) -> Node:
    """inside where x is positive, 0 elsewhere."""
    return f("where", f("greater", x, lift(x, 0.0)), inside, lift(x, 0.0))


# name: (function, point, value, first derivatives, second derivatives)
ROWS: dict[str, tuple[Build, list[Any], Any, list[Any], list[Any]]] = {
    "abs": (lambda x: f("abs", x), [0.0], 0, [0], [0]),
    "sign": (lambda x: f("sign", x), [0.0], 0, [0], [0]),
    "floor": (lambda x: f("floor", x), [2.0], 2, [0], [0]),
    "remainder": (lambda x: f("remainder", x, lift(x, 2.0)), [2.0], 0, [1], [0]),
    "relu": (lambda x: f("relu", x), [0.0], 0, [0], [0]),
    "leaky_relu": (lambda x: f("leaky_relu", x), [0.0], 0, [0.01], [0]),
    "selu": (lambda x: f("selu", x), [0.0], 0, [1.0507009873554805], [0]),
    "maximum": (lambda x, y: f("maximum", x, y), [1.0, 1.0], 1, [0.5, 0.5], [0, 0, 0, 0]),
    "minimum": (lambda x, y: f("minimum", x, y), [1.0, 1.0], 1, [0.5, 0.5], [0, 0, 0, 0]),
    "maximum of itself": (lambda x: f("maximum", x, x), [1.0], 1, [1], [0]),
    "max": (lambda x: f("max", x), [[1.0, 1.0, 0.0]], 1, [[0.5, 0.5, 0]], [np.zeros((3, 3))]),
    "min": (lambda x: f("min", x), [[1.0, 0.0, 0.0]], 0, [[0, 0.5, 0.5]], [np.zeros((3, 3))]),
    "median": (lambda x: f("median", x), [[1.0, 1.0, 0.0]], 1, [[0.5, 0.5, 0]], [np.zeros((3, 3))]),
    "clip at low": (lambda x: f("clip", x, lift(x, 0.0), lift(x, 1.0)), [0.0], 0, [0], [0]),
    "clip at high": (lambda x: f("clip", x, lift(x, 0.0), lift(x, 1.0)), [1.0], 1, [0], [0]),
    "clip inside": (lambda x: f("clip", x, lift(x, 0.0), lift(x, 1.0)), [0.5], 0.5, [1], [0]),
    "norm": (lambda x: f("norm", x), [[0.0, 0.0]], 0, [[0, 0]], [np.zeros((2, 2))]),
    "norm 1": (lambda x: f("norm", x, 1.0), [[0.0, 0.0]], 0, [[0, 0]], [np.zeros((2, 2))]),
    "norm 3": (lambda x: f("norm", x, 3.0), [[0.0, 0.0]], 0, [[0, 0]], [np.zeros((2, 2))]),
    "norm inf": (lambda x: f("norm", x, inf), [[0.0, 0.0]], 0, [[0, 0]], [np.zeros((2, 2))]),
    "sqrt(x.x)": (lambda x: f("sqrt", f("dot", x, x)), [[0.0, 0.0]], 0, [[nan, nan]], [np.full((2, 2), nan)]),
    "sqrt(x*x)": (lambda x: f("sqrt", x * x), [0.0], 0, [nan], [nan]),
    "hypot": (lambda x, y: f("hypot", x, y), [0.0, 0.0], 0, [0, 0], [0, 0, 0, 0]),
    "hypot(x, 0)": (lambda x: f("hypot", x, lift(x, 0.0)), [0.0], 0, [0], [0]),
    "std": (lambda x: f("std", x), [[2.0, 2.0, 2.0]], 0, [[0, 0, 0]], [np.zeros((3, 3))]),
    "where sqrt": (lambda x: gated(x, f("sqrt", x)), [-1.0], 0, [0], [0]),
    "where sqrt at the border": (lambda x: gated(x, f("sqrt", x)), [0.0], 0, [0], [0]),
    "where log": (lambda x: gated(x, f("log", x)), [0.0], 0, [0], [0]),
    "where power": (lambda x: gated(x, power_of(x, 0.5)), [-1.0], 0, [0], [0]),
    "where 1/x": (lambda x: gated(x, 1.0 / x), [0.0], 0, [0], [0]),
    "where sinc": (lambda x: f("where", f("equal", x, lift(x, 0.0)), lift(x, 1.0), f("sin", x) / x), [0.0], 1, [0], [0]),
    "maximum of what is not taken": (lambda x: f("maximum", f("sqrt", x), lift(x, 1.0)), [0.0], 1, [0], [0]),
    "clip of what is not taken": (lambda x: f("clip", 1.0 / x, lift(x, -1.0), lift(x, 1.0)), [0.0], 1, [0], [0]),
    "relu of what is not taken": (lambda x: f("relu", f("log", x)), [0.0], 0, [0], [0]),
    "max of what is not taken": (lambda x: f("max", f("sqrt", x)), [[0.0, 4.0]], 2, [[0, 0.25]], [[[0, 0], [0, -1 / 32]]]),
    "sort of what is not taken": (lambda x: index(f("sort", f("sqrt", x)), (1,)), [[0.0, 4.0]], 2, [[0, 0.25]], [[[0, 0], [0, -1 / 32]]]),
    "an index leaves out": (lambda x: index(f("sqrt", x), (1,)), [[0.0, 4.0]], 2, [[0, 0.25]], [[[0, 0], [0, -1 / 32]]]),
    "x**0.0": (lambda x: power_of(x, 0.0), [0.0], 1, [0], [0]),
    "x**1.0": (lambda x: power_of(x, 1.0), [0.0], 0, [1], [0]),
    "x**2.0": (lambda x: power_of(x, 2.0), [0.0], 0, [0], [2]),
    "x**3.0": (lambda x: power_of(x, 3.0), [-2.0], -8, [12], [-12]),
    "x**0.5": (lambda x: power_of(x, 0.5), [0.0], 0, [inf], [-inf]),
    "x**y at y = 0": (lambda x, y: f("power", x, y), [0.0, 0.0], 1, [0, -inf], [0, inf, inf, inf]),
    "x**y at y = 1": (lambda x, y: f("power", x, y), [0.0, 1.0], 0, [1, 0], [0, -inf, -inf, 0]),
    "x**y at y = 2": (lambda x, y: f("power", x, y), [0.0, 2.0], 0, [0, 0], [2, 0, 0, 0]),
    "x**y at y = 3": (lambda x, y: f("power", x, y), [0.0, 3.0], 0, [0, 0], [0, 0, 0, 0]),
    "2**y at y = 0": (lambda x, y: f("power", x, y), [2.0, 0.0], 1, [0, math.log(2)], [0, 0.5, 0.5, math.log(2) ** 2]),
    "(-2)**y": (lambda x, y: f("power", x, y), [-2.0, 3.0], -8, [12, nan], [-12, nan, nan, nan]),
    "log(-1)": (lambda x: f("log", x), [-1.0], nan, [nan], [nan]),
    "log at -0.0": (lambda x: f("log", x), [-0.0], -inf, [inf], [-inf]),
    "sqrt(-x)": (lambda x: f("sqrt", -x), [0.0], 0, [-inf], [-inf]),
    "log(-x)": (lambda x: f("log", -x), [0.0], -inf, [-inf], [-inf]),
    "1/sqrt(-x)": (lambda x: f("rsqrt", -x), [0.0], inf, [inf], [inf]),
    "asin": (lambda x: f("asin", x), [1.0], math.pi / 2, [inf], [inf]),
    "acos": (lambda x: f("acos", x), [-1.0], math.pi, [-inf], [inf]),
    "acosh": (lambda x: f("acosh", x), [1.0], 0, [inf], [-inf]),
    "cbrt": (lambda x: f("cbrt", x), [0.0], 0, [inf], [-inf]),
    "x log x": (lambda x: x * f("log", x), [0.0], nan, [nan], [nan]),
    "log(1 + exp x)": (lambda x: f("log", 1.0 + f("exp", x)), [1000.0], inf, [nan], [nan]),
    "softplus": (lambda x: f("softplus", x), [1000.0], 1000, [1], [0]),
    "sqrt(x)**2": (lambda x: f("square", f("sqrt", x)), [0.0], 0, [nan], [nan]),
    "exp(log(x))": (lambda x: f("exp", f("log", x)), [0.0], 0, [nan], [nan]),
    "sqrt(|x|)": (lambda x: f("sqrt", f("abs", x)), [0.0], 0, [nan], [nan]),
    "logsumexp": (lambda x: f("logsumexp", x), [[-inf, -inf]], -inf, [[0, 0]], [np.zeros((2, 2))]),
    "logsumexp of one": (lambda x: f("logsumexp", x), [[-inf, 0.0]], 0, [[0, 1]], [np.zeros((2, 2))]),
    "prod": (lambda x: f("prod", x), [[2.0, 0.0, 3.0]], 0, [[0, 6, 0]], [[[0, 3, 0], [3, 0, 2], [0, 2, 0]]]),
    "prod of two zeros": (lambda x: f("prod", x), [[0.0, 0.0, 3.0]], 0, [[0, 0, 0]], [[[0, 3, 0], [3, 0, 0], [0, 0, 0]]]),
    "det": (lambda x: f("det", x), [[[1.0, 2.0], [2.0, 4.0]]], 0, [[[4, -2], [-2, 1]]],
            [[[[[0, 0], [0, 1]], [[0, 0], [-1, 0]]], [[[0, -1], [0, 0]], [[1, 0], [0, 0]]]]]),
    "a repeated index": (lambda x: total_over(index(x, (np.array([0, 0, 1]),)), (-1,)), [[5.0, 7.0]], 17, [[2, 1]], [np.zeros((2, 2))]),
    "softmax on a tie": (lambda x: index(f("softmax", x), (0,)), [[1.0, 1.0]], 0.5, [[0.25, -0.25]], [np.zeros((2, 2))]),
}  # fmt: skip
every_row = pytest.mark.parametrize(("build", "at", "value", "first", "second"), ROWS.values(), ids=ROWS.keys())


def made(build: Build, at: list[Any]) -> tuple[Node, list[Node]]:
    graph = Graph()
    inputs = [graph.input(f"x{i}", np.shape(each)) for i, each in enumerate(at)]
    return build(*inputs), inputs


@every_row
@pytest.mark.parametrize("mode", MODES)
def test_first_derivatives(build, at, value, first, second, mode):
    output, inputs = made(build, at)
    assert_allclose(evaluate(output, inputs, at), value, rtol=1e-15)
    for got, want in zip(evaluate(D.gradient(output, None, inputs, mode), inputs, at), first, strict=True):
        assert_allclose(got, want, rtol=1e-15)


@every_row
@pytest.mark.parametrize("mode", MODES)
def test_with_seeds_that_are_fed(build, at, value, first, second, mode):
    output, inputs = made(build, at)
    found = problems.jacobians(output, inputs, mode).solve(dict(zip(inputs, map(np.array, at), strict=True)))
    for got, want in zip(found.derivatives, first, strict=True):
        assert_allclose(got, want, rtol=1e-15)


@every_row
@pytest.mark.parametrize(("inner", "outer"), MIXES)
def test_second_derivatives(build, at, value, first, second, inner, outer):
    output, inputs = made(build, at)
    slopes = D.gradient(output, None, inputs, inner)
    found = evaluate([D.jacobian(slope, x, outer) for slope in slopes for x in inputs], inputs, at)
    for got, want in zip(found, second, strict=True):
        assert_allclose(got, want, rtol=1e-14)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if len(row[1]) == 1])
def test_third_derivatives_agree_in_all_eight_mixes(name):
    build, at, *_ = ROWS[name]
    output, (x,) = made(build, at)
    found = []
    for modes in itertools.product(MODES, repeat=3):
        slope = output
        for mode in modes:
            slope = D.jacobian(slope, x, mode)
        found.append(evaluate(slope, [x], at))
    for other in found[1:]:
        assert_allclose(other, found[0], rtol=1e-13)


@pytest.mark.parametrize(("exponent", "third"), [(0.0, 0), (1.0, 0), (2.0, 0), (3.0, 6)])
@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=3)))
def test_the_third_derivative_of_a_power_at_zero(exponent, third, modes):
    constant, (x,) = made(lambda x: power_of(x, exponent), [0.0])
    variable, (z,) = made(lambda x: f("power", x, lift(x, exponent)), [0.0])
    for output, at in ((constant, x), (variable, z)):
        for mode in modes:
            output = D.gradient(output, None, [at], mode)[0]
        assert evaluate(output, [at], [0.0]) == third


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_of_what_has_an_infinite_slope_keeps_exact_zeros(mode):
    output, (x,) = made(lambda x: f("stack", [f("sqrt", index(x, (0,))), index(x, (1,))]), [[0.0, 3.0]])
    wanted = [[inf, 0.0], [0.0, 1.0]]
    assert_array_equal(evaluate(D.jacobian(output, x, mode), [x], [[0.0, 3.0]]), wanted)
    (fed,) = problems.jacobians(output, [x], mode).solve({x: np.array([0.0, 3.0])}).derivatives
    assert_array_equal(fed, wanted)


@pytest.mark.parametrize("mode", MODES)
def test_a_row_of_a_matrix_product_that_is_not_taken(mode):
    """Column 0 of the product is not used, so its infinite factor must not be felt."""
    a, b = [[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [4.0, 9.0]]
    output, inputs = made(lambda a, b: total_over(index(f("matmul", a, f("sqrt", b)), (slice(None), 1)), (-1,)), [a, b])
    slopes = evaluate(D.gradient(output, None, inputs, mode), inputs, [a, b])
    assert_array_equal(slopes[0], [[1, 3], [1, 3]])
    assert_array_equal(slopes[1], [[0, 2], [0, 1]])
    infinite = [[inf, 1.0], [inf, 9.0]]
    assert_array_equal(evaluate(D.gradient(output, None, inputs, mode)[0], inputs, [a, infinite]), [[1, 3], [1, 3]])


@pytest.mark.parametrize("mode", MODES)
def test_a_zero_weight_takes_nothing_of_a_product(mode):
    a, b = [[1.0, 2.0], [3.0, 4.0]], [[nan, 1.0], [inf, 1.0]]
    output, inputs = made(lambda a, b: f("matmul", a, b), [a, b])
    weights = output.graph.constant(np.array([[0.0, 1.0], [0.0, 0.0]]))
    slope = D.gradient(output, weights, inputs, mode)[0]
    assert_array_equal(evaluate(slope, inputs, [a, b]), [[1, 1], [0, 0]])


@pytest.mark.parametrize("direction", [[0.0, 1.0], [0.0, 0.0]])
def test_what_is_not_moved_does_not_count(direction):
    output, (x,) = made(lambda x: f("sqrt", x), [[0.0, 4.0]])
    fed = output.graph.input("tangent", (2,))
    tangent = evaluate(D.jvp(output, [x], [fed]), [x, fed], [[0.0, 4.0], direction])
    assert_array_equal(tangent, [0.0, direction[1] / 4])


def test_what_is_weighted_with_zero_does_not_count():
    output, (x,) = made(lambda x: f("log", x), [[0.0, 4.0]])
    fed = output.graph.input("grad_outputs", (2,))
    (slope,) = D.vjp(output, fed, [x])
    assert_array_equal(evaluate(slope, [x, fed], [[0.0, 4.0], [0.0, 1.0]]), [0.0, 0.25])


@pytest.mark.parametrize(("build", "shape", "code"), [
    (lambda x: f("mean", x), (0,), "empty"),
    (lambda x: f("max", x), (0,), "empty"),
    (lambda x: f("min", x, 1), (2, 0), "empty"),
    (lambda x: f("std", x), (0,), "empty"),
    (lambda x: f("var", x, None, 3.0), (3,), "empty"),
    (lambda x: f("logsumexp", x), (0,), "empty"),
    (lambda x: f("norm", x, inf), (0,), "empty"),
    (lambda x: index(x, (5,)), (2,), "index"),
])  # fmt: skip
def test_what_has_no_value_is_an_error(build, shape, code):
    with pytest.raises(DataError) as caught:
        build(Graph().input("x", shape))
    assert caught.value.code == code


def test_reductions_of_nothing_that_have_a_value():
    x = Graph().input("x", (0,))
    for name, value in (("sum", 0.0), ("prod", 1.0), ("norm", 0.0), ("all", 1.0), ("any", 0.0)):
        assert evaluate(f(name, x), [x], [np.zeros(0)]) == value
    assert evaluate(f("softmax", x), [x], [np.zeros(0)]).shape == (0,)


def test_whole_numbers_are_taken_as_float64():
    graph = Graph()
    assert graph.constant(3) is graph.constant(3.0)
    assert graph.constant(np.array([1, 2])).params[0].array.dtype == np.float64


# ---- running extremes: an even split among the elements that tie so far --------------------------------------


def _running_shares(x, largest: bool):
    """The Jacobian by the definition: element i gives 1/k to each of the k elements up to i that equal its value."""
    out = np.zeros((len(x), len(x)))
    for i in range(len(x)):
        tied = x[: i + 1] == (np.max if largest else np.min)(x[: i + 1])
        out[i, : i + 1] = tied / tied.sum()
    return out


@pytest.mark.parametrize("name", ["cummax", "cummin"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 13])
def test_a_running_extreme_shares_evenly_among_the_ties_so_far(name, mode, length):
    """In every record of a batch, along an axis as alone, and with a second derivative of 0."""
    points = np.random.default_rng(length).integers(0, 3, (6, length)).astype(float)
    x = Graph().input("x", (length,))
    slopes = D.jacobian(f(name, x), x, mode)
    wanted = [_running_shares(point, name == "cummax") for point in points]
    for point, jacobian in zip(points, wanted, strict=True):
        found = evaluate([slopes, D.jacobian(slopes, x, mode)], [x], [point])
        assert_allclose(found[0], jacobian, rtol=1e-15)
        assert not found[1].any()
    stack = Graph().input("x", points.shape)
    weights = np.random.default_rng(0).normal(size=points.shape)
    found = evaluate(D.vjp(f(name, stack, 1), stack.graph.constant(weights), [stack]), [stack], [points])[0]
    assert_allclose(found, [w @ jacobian for w, jacobian in zip(weights, wanted, strict=True)], rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("mode", MODES)
def test_a_running_extreme_takes_nothing_of_what_it_left_out(mode):
    """The root's slope at 0 is infinite, and the elements that are not the largest so far contribute nothing."""
    x = Graph().input("x", (4,))
    jacobian = D.jacobian(f("cummax", f("sqrt", x)), x, mode)
    found = evaluate(jacobian, [x], [[4.0, 0.0, 4.0, 0.0]])
    assert found.tolist() == [[0.25, 0, 0, 0], [0.25, 0, 0, 0], [0.125, 0, 0.125, 0], [0.125, 0, 0.125, 0]]


# ---- remainders: no value, no slope --------------------------------------------------------------------------

REMAINDERS = [  # x, y, the slopes of fmod and of remainder, by x - y*trunc(x/y) and x - y*floor(x/y)
    (1.0, 0.0, [nan, nan], [nan, nan]),
    (1.0, -0.0, [nan, nan], [nan, nan]),
    (0.0, 0.0, [nan, nan], [nan, nan]),
    (inf, 2.0, [nan, nan], [nan, nan]),
    (-inf, -inf, [nan, nan], [nan, nan]),
    (nan, 1.0, [nan, nan], [nan, nan]),
    (1.0, nan, [nan, nan], [nan, nan]),
    (1.0, inf, [1, 0], [1, 0]),
    (-1.0, inf, [1, 0], [1, 1]),
    (1.0, -inf, [1, 0], [1, 1]),
    (7.0, -2.0, [1, 3], [1, 4]),
    (6.0, 2.0, [1, -3], [1, -3]),
]


@pytest.mark.parametrize(("x", "y", "towards_zero", "down"), REMAINDERS)
def test_a_remainder_has_a_slope_where_it_has_a_value(x, y, towards_zero, down):
    graph = Graph()
    inputs = [graph.input(name, ()) for name in "xy"]
    for name, wanted in (("fmod", towards_zero), ("remainder", down), ("floor_divide", [0, 0])):
        for mode in MODES:
            out = f(name, *inputs)
            slopes = [D.gradient(out, None, [each], mode)[0] for each in inputs]
            value, *found = evaluate([out, *slopes], inputs, [x, y])
            assert_array_equal(found, wanted)
            if name != "floor_divide":
                assert np.isnan(value) == np.isnan(found[0])


@pytest.mark.parametrize("name", ["fmod", "remainder"])
@pytest.mark.parametrize("mode", MODES)
def test_a_remainder_that_is_not_taken_contributes_nothing(name, mode):
    graph = Graph()
    inputs = [graph.input(each, (2,)) for each in "xy"]
    x, y = inputs
    out = total_over(f("where", y, f(name, x, y), x * x), (-1,))
    slopes = D.vjp(out, graph.constant(1.0), inputs) if mode == "reverse" else [D.gradient(out, None, [each], mode)[0] for each in inputs]  # fmt: skip
    assert_array_equal(evaluate(slopes, inputs, [[7.0, 3.0], [2.0, 0.0]]), [[1, 6], [-3, 0]])


@pytest.mark.parametrize(("name", "alpha", "bent"), [("celu", 0.5, 2.0), ("celu", 2.0, 0.5), ("elu", 1.0, 1.0)])
@pytest.mark.parametrize("mode", MODES)
def test_what_has_one_slope_at_its_bend_is_bent_as_on_the_left(name, alpha, bent, mode):
    found = [gradcli.grad(f"{name}(x, {alpha})", {"x": 0.0}, mode=mode, order=order) for order in (1, 2)]
    assert [float(each.gradient["x"]) for each in found] == [1.0, bent]
    assert not [note for each in found for note in each.notes if note.kind == "kink"]


@pytest.mark.parametrize("exponent", [-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 2.5, math.inf])
def test_a_constant_power_is_the_power(exponent):
    for at in (np.array(1.5), np.array([0.5, 2.0])):
        x = Graph().input("x", at.shape)
        assert_allclose(np.broadcast_to(evaluate(power_of(x, exponent), [x], [at]), at.shape), at**exponent, rtol=3e-16)


@pytest.mark.parametrize(("first", "second"), MIXES)
def test_ties_in_what_bends_share_their_weights_twice(first, second):
    """x * x sorted, whose first two elements are equal: each has half of both weights."""
    graph = Graph()
    x = graph.input("x", (3,))
    out = total_over(FUNCTIONS["sort"].build(x * x) * graph.constant([1.0, 3.0, 5.0]), (-1,))
    found = evaluate(D.jacobian(D.jacobian(out, x, first), x, second), [x], [[1.0, -1.0, 2.0]])
    assert_array_equal(found, np.diag([4.0, 4.0, 10.0]))
