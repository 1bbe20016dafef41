"""The special points of every function: value and derivatives to order 3, every mix of modes, against limits.

What is expected comes from `special_points`, by mpmath; rows that it cannot say stand below with the reason.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from graphs import MODES, arity, distinct, evaluate
from mpmath import mp
from references import SCALAR
from special_points import NEAR, POINTS, WHOLE, agrees, expected

from gradcli.engine import derivatives as D
from gradcli.engine.functions import FUNCTIONS, Function
from gradcli.engine.node import Graph, Node
from gradcli.engine.operations.powers import power_of

nan, inf = math.nan, math.inf
ORDERS = (0, 1, 2, 3)
SLOW = {"erf", "ndtr", "log_ndtr", "erfc", "erfinv", "gamma", "lgamma", "digamma", "i0", "i1", "i0e", "i1e", "j0", "j1"}
"""What mpmath takes long over: looked at where it matters, at fewer points."""
FEW = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, nan)

# Where the answer is another than the limit, and why.
CONSTANT = "is a constant to differentiation, whatever its value"
JUMP = "every number from 2**53 on is whole: a jump, as at 1"
POLE = "a pole: SciPy's polygamma knows one side of it, or none"
OUTSIDE = "-inf below 0 by definition, where there is no derivative"
FRACTION = "of infinity there is no fraction; elsewhere x less a step"
STEPS = ("floor", "ceil", "trunc", "rint")
EXCEPTIONS: dict[tuple[str, float, int], tuple[float, str]] = {
    **{("detach", x, order): (0.0, CONSTANT) for x in POINTS for order in (1, 2, 3)},
    **{(name, x, order): (0.0, JUMP) for name in STEPS for x in (1e200, -1e200) for order in (1, 2, 3)},
    **{("entr", x, 0): (-inf, OUTSIDE) for x in POINTS if x < 0},
    **{("frac", x, order): (nan if not order else 1.0, FRACTION) for x in (inf, -inf) for order in (0, 1)},
    **{("frac", x, order): (1.0 if order == 1 else 0.0, FRACTION) for x in (1e200, -1e200) for order in (1, 2, 3)},
    **{("frac", x, order): (0.0, FRACTION) for x in (inf, -inf) for order in (2, 3)},
    ("gamma", -1.0, 1): (nan, POLE), ("gamma", -1.0, 3): (nan, POLE),
    ("gamma", -0.0, 3): (nan, POLE),
    ("lgamma", -0.0, 3): (-inf, POLE),
    ("digamma", -0.0, 2): (-inf, POLE),
}  # fmt: skip
TESTS = {"isnan", "isinf", "isfinite", "logical_not", "signbit", "isposinf", "isneginf"}
"""Answers to questions about a number: their values are tested elsewhere, their derivatives are 0."""


@functools.cache
def mixes(function: Function, order: int) -> tuple[Node, list[Node]]:
    """The input, and the derivative of an order in every mix of modes."""
    x = Graph().input("x", ())
    out = function.build(x)
    found = []
    for modes in itertools.product(MODES, repeat=order):
        slope = out
        for mode in modes:
            slope = D.gradient(slope, None, [x], mode)[0]
        found.append(slope)
    return x, found


def unary() -> list[Function]:
    """Functions of one number that mpmath has too."""
    return [f for f in distinct() if f.operation is not None and arity(f.operation) == 1 and f.name in SCALAR]


by_function = pytest.mark.parametrize("function", unary(), ids=lambda f: f.name)


ONE_SIDED = {"gamma", "lgamma", "digamma"}
"""Exceptions for -0.0 that are none for 0.0."""


def wanted(name: str, x: float, order: int) -> float:
    for (known, at, n), (answer, _) in EXCEPTIONS.items():
        if known == name and n == order and (repr(at) == repr(x) or (at == x and name not in ONE_SIDED)):
            return answer
    if name in TESTS:
        return 0.0
    return expected(SCALAR[name], x, order, NEAR if name in SLOW else WHOLE)


@by_function
@pytest.mark.parametrize("order", ORDERS)
def test_a_function_of_a_number(function, order):
    if order == 0 and function.name in TESTS:
        return
    points = FEW if function.name in SLOW else POINTS
    x, slopes = mixes(function, order)
    wrong = []
    for point in points:
        found = [float(value) for value in evaluate(slopes, [x], [point])]
        want = wanted(function.name, point, order)
        if not all(agrees(each, want) for each in found):
            wrong.append((point, want, found))
    assert not wrong


@by_function
def test_all_mixes_agree_at_every_point(function):
    for order in ORDERS[1:]:
        x, slopes = mixes(function, order)
        for point in POINTS:
            first, *others = (float(value) for value in evaluate(slopes, [x], [point]))
            assert all(agrees(other, first, 1e-7) for other in others), (order, point)


# ---- two operands ------------------------------------------------------------------------------------

PAIRS = list(itertools.product((0.0, -0.0, 1.0, -1.0, 2.0, 1e-200, 1e200, inf, -inf, nan), repeat=2))


def binary() -> list[Function]:
    return [f for f in distinct() if f.operation is not None and arity(f.operation) == 2]


@pytest.mark.parametrize("function", binary(), ids=lambda f: f.name)
@pytest.mark.parametrize("order", [1, 2])
def test_mixes_agree_for_two_operands(function, order):
    """Forward and reverse, down to the pattern of NaN and inf, for every pair of special numbers."""
    graph = Graph()
    inputs = [graph.input(name, ()) for name in "xy"]
    for path in itertools.product(inputs, repeat=order):
        nodes = []
        for modes in itertools.product(MODES, repeat=order):
            slope = function.build(*inputs)
            for mode, x in zip(modes, path, strict=True):
                slope = D.gradient(slope, None, [x], mode)[0]
            nodes.append(slope)
        for pair in PAIRS:
            first, *others = (float(value) for value in evaluate(nodes, inputs, pair))
            assert all(agrees(each, first, 1e-7) for each in others), pair


def _logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.exp(min(x, y) - max(x, y)))


TRUTHS: dict[str, Any] = {
    "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y, "divide": lambda x, y: x / y,
    "hypot": lambda x, y: mp.sqrt(x * x + y * y), "logaddexp": _logaddexp, "atan2": lambda x, y: mp.atan2(x, y),
    "logaddexp2": lambda x, y: _logaddexp(x * mp.ln2, y * mp.ln2) / mp.ln2,
    "xlogy": lambda x, y: x * mp.log(y), "xlog1py": lambda x, y: x * mp.log1p(y),
    "copysign": lambda x, y: abs(x) * math.copysign(1.0, float(y)),
    "maximum": lambda x, y: max(x, y), "minimum": lambda x, y: min(x, y),
    "fmod": lambda x, y: x - y * mp.sign(x / y) * mp.floor(abs(x / y)), "remainder": lambda x, y: x - y * mp.floor(x / y),
    "power": lambda x, y: mp.power(x, y),
}  # fmt: skip
"""Functions of two numbers in mpmath, where both are inside the domain."""
MOVING = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -2.5, inf, -inf)
STANDING = (1.0, -1.0, 2.0, 0.5, 3.25)
# For the left or the right operand, at points where the answer is another than the limit of one operand alone.
SPLIT_EVENLY = {"maximum", "minimum"}  # on a tie, by convention
STEPPING = {"fmod", "remainder"}  # continue beside the jump, and of infinity there is no remainder
LOGARITHMS = {"xlogy", "xlog1py"}  # linear in the left operand: the second derivative does not look at the right one


def judged(name: str, moving: int, at: float, still: float) -> bool:
    """Whether the limit for one operand is what the function gives."""
    if name in SPLIT_EVENLY:
        return at != still
    if name in STEPPING:
        return moving == 0 and math.isfinite(at) and at % still != 0
    if name in LOGARITHMS and moving == 0:
        return still > 0
    if name == "power":
        return (moving == 0 and math.isfinite(at)) or (moving == 1 and still > 0)
    return True


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("moving", [0, 1])
def test_limits_for_two_operands(name, moving):
    """The derivatives of orders 1 and 2 for one operand, while the other stands, against mpmath."""
    graph = Graph()
    inputs = [graph.input(each, ()) for each in "xy"]
    x = inputs[moving]
    slopes = [D.gradient(FUNCTIONS[name].build(*inputs), None, [x])[0]]
    slopes.append(D.gradient(slopes[0], None, [x], "forward")[0])
    wrong = []
    for at, still in itertools.product(MOVING, STANDING):
        if not judged(name, moving, at, still):
            continue

        def truth(t: Any, still: float = still) -> Any:
            return TRUTHS[name](t, mp.mpf(still)) if moving == 0 else TRUTHS[name](mp.mpf(still), t)

        pair = (at, still) if moving == 0 else (still, at)
        for order, found in enumerate(evaluate(slopes, inputs, pair), 1):
            want = expected(truth, at, order, NEAR)
            if not agrees(
                float(found), want if abs(want) > 1e-100 or math.isnan(want) else 0.0
            ):  # what is left of rounding
                wrong.append((pair, order, want, float(found)))
    assert not wrong


@pytest.mark.parametrize(
    "pair", [(1e-200, 1e-200), (1e-200, 1.0), (2.0, 1e-200), (0.3, 0.7), (20.0, 3.0), (1e-3, 50.0)]
)
@pytest.mark.parametrize("name", ["beta", "betaln"])
def test_second_derivatives_of_beta(name, pair):
    """By the series that gammas give, with digits enough for what cancels."""
    with mp.workdps(900):
        x, y = (mp.mpf(each) for each in pair)
        left, right = (mp.psi(0, each) - mp.psi(0, x + y) for each in (x, y))
        ends, b = mp.psi(1, x + y), mp.beta(x, y)
        if name == "beta":
            wanted = [
                b * (left**2 + mp.psi(1, x) - ends),
                b * (left * right - ends),
                b * (right**2 + mp.psi(1, y) - ends),
            ]
        else:
            wanted = [mp.psi(1, x) - ends, -ends, mp.psi(1, y) - ends]
        numbers = [float(each) for each in wanted]
    graph = Graph()
    inputs = [graph.input(each, ()) for each in "xy"]
    for first, second in itertools.product(MODES, repeat=2):
        slopes = D.gradient(FUNCTIONS[name].build(*inputs), None, inputs, first)
        nodes = [D.gradient(slopes[i], None, [inputs[j]], second)[0] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))]
        found = [float(each) for each in evaluate(nodes, inputs, pair)]
        assert agrees(found, [numbers[0], numbers[1], numbers[1], numbers[2]], 1e-11)


def _far_slope(x: float, side: int, k: int, n: int) -> float:
    """The limit of the derivative of x**y, k times for x and n times for y, where y goes to infinity on a side."""
    with mp.workdps(300):
        base, y = mp.mpf(x), side * mp.mpf(10) ** 40
        value = mp.diff(lambda v: mp.ff(v, k) * base ** (v - k), y, n)
        if abs(value) < mp.mpf(10) ** -100:
            return 0.0
        return math.copysign(inf, value) if abs(value) > mp.mpf(10) ** 30 else float(value)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("path", ["x", "y", "xx", "xy", "yx", "yy", "xxx", "xxy", "xyy", "yxy", "yyy"])
def test_slopes_of_a_power_go_to_their_limits_with_the_exponent(path, side):
    """Every mixed derivative, in every mix of modes; at x = 1 what is left is a polynomial in y."""
    graph = Graph()
    inputs = {name: graph.input(name, ()) for name in "xy"}
    nodes = []
    for modes in itertools.product(MODES, repeat=len(path)):
        slope = FUNCTIONS["power"].build(*inputs.values())
        for mode, name in zip(modes, path, strict=True):
            slope = D.gradient(slope, None, [inputs[name]], mode)[0]
        nodes.append(slope)
    for x in (0.3, 0.999, 1.0, 1.001, 2.0, 1e200, 1e-200):
        want = _far_slope(x, side, path.count("x"), path.count("y"))
        assert agrees(evaluate(nodes, list(inputs.values()), [x, side * inf]), want, 1e-14), x
    for x in (0.0, inf, -0.5, -2.0):  # at the ends 0 where the power is; below 0 whole exponents alone have a power
        if (abs(x) < 1.0) == (side > 0):
            want = nan if x < 0 and "y" in path else 0.0
            assert agrees(evaluate(nodes, list(inputs.values()), [x, side * inf]), want), x


@pytest.mark.parametrize("exponent", [inf, -inf])
def test_an_infinite_exponent_that_is_a_number_is_no_other(exponent):
    graph = Graph()
    x, y = graph.input("x", ()), graph.input("y", ())
    number, variable = power_of(x, exponent), FUNCTIONS["power"].build(x, y)
    for _ in range(3):
        for point in POINTS:
            found = evaluate([number, variable], [x, y], [point, exponent])
            assert agrees(found[0], found[1], 1e-15), point
        number, variable = (D.gradient(each, None, [x], "reverse")[0] for each in (number, variable))


@pytest.mark.parametrize(
    "pair",
    [(-0.5, -1.5), (-0.5, -0.5), (0.5, -0.5), (2.5, -3.5), (-40.25, 3.25), (-100.5, -99.5), (-2.25, -0.5), (-2.7, 1.2)],
)
@pytest.mark.parametrize("mode", MODES)
def test_beta_by_reflection(pair, mode):
    """Where 1 / gamma(x + y) has a zero, or may have one nearby, its derivatives are numbers like any other."""
    graph = Graph()
    x, y = (graph.input(each, ()) for each in "xy")
    output = FUNCTIONS["beta"].build(x, y)
    orders = [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (2, 1), (1, 2)]
    slopes = []
    for over_x, over_y in orders:
        slope = output
        for each in [x] * over_x + [y] * over_y:
            slope = D.gradient(slope, None, [each], mode)[0]
        slopes.append(slope)
    with mp.workdps(60):
        point = tuple(mp.mpf(each) for each in pair)
        true = [mp.diff(lambda u, v: mp.gamma(u) * mp.gamma(v) * mp.rgamma(u + v), point, each) for each in orders]
        numbers = [float(each) for each in true]
    assert evaluate(slopes, [x, y], pair) == pytest.approx(numbers, rel=1e-12)


def f(name: str, *args: Any) -> Any:
    return FUNCTIONS[name].build(*args)


# ---- whole arrays: name, arguments, point, value, Jacobian ------------------------------------------------

ZERO, SPLIT = np.zeros, 0.5
ARRAYS: list[tuple[str, Sequence[Any], list[float], Any, Any]] = [
    ("max", (), [nan, 1.0], nan, [nan, nan]),
    ("max", (), [inf, inf, 1.0], inf, [SPLIT, SPLIT, 0]),
    ("max", (), [-inf, -inf], -inf, [SPLIT, SPLIT]),
    ("max", (), [0.0, -0.0], 0, [SPLIT, SPLIT]),
    ("min", (), [nan, 1.0], nan, [nan, nan]),
    ("min", (), [1e-200, 1e200], 1e-200, [1, 0]),
    ("sum", (), [inf, 1.0], inf, [1, 1]),
    ("mean", (), [nan, 1.0], nan, [SPLIT, SPLIT]),  # a mean is linear: its derivative does not look at x
    ("prod", (), [0.0, 3.0], 0, [3, 0]),
    ("prod", (), [0.0, 0.0], 0, [0, 0]),
    ("prod", (), [0.0, 0.0, 0.0], 0, [0, 0, 0]),
    ("prod", (), [0.0, 0.0, 5.0], 0, [0, 0, 0]),
    ("prod", (), [1e200, 1e-200], 1, [1e-200, 1e200]),
    ("cumprod", (), [2.0, 0.0, 3.0], [2, 0, 0], [[1, 0, 0], [0, 2, 0], [0, 6, 0]]),
    ("cumprod", (), [0.0, 0.0, 3.0], [0, 0, 0], [[1, 0, 0], [0, 0, 0], [0, 0, 0]]),
    ("cumprod", (), [0.0, 0.0, 0.0], [0, 0, 0], [[1, 0, 0], [0, 0, 0], [0, 0, 0]]),
    ("norm", (), [1e200, 1e200], math.sqrt(2) * 1e200, [math.sqrt(0.5)] * 2),
    ("norm", (), [3e-200, 4e-200], 5e-200, [0.6, 0.8]),
    ("norm", (), [0.0, -0.0], 0, [0, 0]),
    ("norm", (), [nan, 1.0], nan, [nan, nan]),
    ("norm", (), [inf, 1.0], inf, [1, 0]),
    ("norm", (), [1.0, -inf, 2.0], inf, [0, -1, 0]),
    ("norm", (), [inf, inf], inf, [nan, nan]),  # every direction is a limit
    ("norm", (3.0,), [inf, 1.0], inf, [1, 0]),
    ("norm", (1.0,), [0.0, 1.0], 1, [0, 1]),
    ("norm", (3.0,), [0.0, 0.0], 0, [0, 0]),
    ("norm", (3.0,), [3e-200, 3e-200], 3e-200 * 2 ** (1 / 3), [2 ** (-2 / 3)] * 2),
    ("norm", (3.0,), [1e200, 1e200], 1e200 * 2 ** (1 / 3), [2 ** (-2 / 3)] * 2),
    ("norm", (2.5,), [1.0, -inf, 2.0], inf, [0, -1, 0]),
    ("norm", (-2.0,), [inf, 1.0], 1, [0, 1]),
    ("norm", (-2.0,), [0.0, 1.0], 0, [0, 0]),  # it is as |x| there
    ("norm", (-1.0,), [nan, 1.0], nan, [nan, nan]),
    ("norm", (inf,), [1.0, -1.0], 1, [SPLIT, -SPLIT]),
    ("std", (), [7.0, 7.0], 0, [0, 0]),
    ("std", (), [1e200, 1e200], 0, [0, 0]),
    ("logsumexp", (), [inf, 1.0], inf, [1, 0]),
    ("logsumexp", (), [-inf, 1.0], 1, [0, 1]),
    ("logsumexp", (), [-inf, -inf], -inf, [0, 0]),
    ("logsumexp", (), [inf, inf], inf, [SPLIT, SPLIT]),
    ("logsumexp", (), [nan, 1.0], nan, [nan, nan]),
    ("logsumexp", (), [1000.0, -1000.0], 1000, [1, 0]),
    ("softmax", (), [1000.0, -1000.0], [1, 0], [[0, 0], [0, 0]]),
    ("softmax", (), [-inf, 1.0], [0, 1], [[0, 0], [0, 0]]),
    ("softmax", (), [0.0, -40.0], [1 / (1 + math.exp(-40)), math.exp(-40)], math.exp(-40) * np.array([[1, -1], [-1, 1]])),
    ("softmax", (), [nan, 1.0], [nan, nan], [[nan, nan], [nan, nan]]),
    ("log_softmax", (), [1000.0, -1000.0], [0, -2000], [[0, 0], [-1, 1]]),
    ("median", (), [1.0, 1.0, 0.0], 1, [SPLIT, SPLIT, 0]),
    ("quantile", (0.5,), [1.0, 1.0, 0.0], 1, [SPLIT, SPLIT, 0]),
    ("median", (), [nan, 1.0, 2.0], nan, [nan, nan, nan]),
    ("quantile", (0.0,), [nan, 1.0], nan, [nan, nan]),
    ("percentile", (100.0,), [nan, 1.0], nan, [nan, nan]),
    ("sort", (), [nan, 1.0], [1, nan], [[nan, nan], [nan, nan]]),
    ("argmax", (), [1.0, nan], 1, [0, 0]),
    ("argmin", (), [1.0, nan], 1, [0, 0]),
    ("argsort", (), [nan, 1.0], [1, 0], [[0, 0], [0, 0]]),
    ("argsort", (-1, True), [1.0, nan], [1, 0], [[0, 0], [0, 0]]),
    ("sort", (), [1.0, 1.0, 0.0], [0, 1, 1], [[0, 0, 1], [SPLIT, SPLIT, 0], [SPLIT, SPLIT, 0]]),
    ("cummax", (), [1.0, 1.0, 0.0], [1, 1, 1], [[1, 0, 0], [SPLIT, SPLIT, 0], [SPLIT, SPLIT, 0]]),
    ("cummax", (), [1.0, 1.0, 1.0], [1, 1, 1], [[1, 0, 0], [SPLIT, SPLIT, 0], [1 / 3, 1 / 3, 1 / 3]]),
    ("cummax", (), [2.0, 1.0, 2.0], [2, 2, 2], [[1, 0, 0], [1, 0, 0], [SPLIT, 0, SPLIT]]),
    ("cummin", (), [-0.0, 3.0, 0.0, -1.0], [0, 0, 0, -1], [[1, 0, 0, 0], [1, 0, 0, 0], [SPLIT, 0, SPLIT, 0], [0, 0, 0, 1]]),
    ("cummax", (), [1.0, nan, 2.0], [1, nan, nan], [[1, 0, 0], [nan, nan, 0], [nan, nan, nan]]),
    ("cummax", (), [-inf, inf, inf], [-inf, inf, inf], [[1, 0, 0], [0, 1, 0], [0, SPLIT, SPLIT]]),
    ("ptp", (), [1.0, 1.0], 0, [0, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "at", "value", "jacobian"), ARRAYS, ids=lambda v: str(v)[:24])
@pytest.mark.parametrize("mode", MODES)
def test_a_function_of_an_array(name, args, at, value, jacobian, mode):
    x = Graph().input("x", np.shape(at))
    out = f(name, x, *args)
    found = evaluate([out, D.jacobian(out, x, mode)], [x], [at])
    assert agrees(found[0], value, 1e-14)
    assert agrees(found[1], jacobian, 1e-14)


@pytest.mark.parametrize(("name", "args", "at"), [row[:3] for row in ARRAYS], ids=lambda v: str(v)[:24])
def test_mixes_agree_for_arrays(name, args, at):
    x = Graph().input("x", np.shape(at))
    for order in (2, 3):
        found = []
        for modes in itertools.product(MODES, repeat=order):
            slope = f(name, x, *args)
            for mode in modes:
                slope = D.jacobian(slope, x, mode)
            found.append(evaluate(slope, [x], [at]))
        for other in found[1:]:
            assert agrees(other, found[0], 1e-9), (order, found)


def test_third_derivatives_that_are_beyond_float64_have_their_sign():
    x = Graph().input("x", (2,))
    slope = f("norm", x)
    for mode in ("reverse", "forward", "reverse"):
        slope = D.jacobian(slope, x, mode)
    assert evaluate(slope, [x], [[3e-200, 4e-200]]).ravel().tolist() == [-inf, inf, inf, inf, inf, inf, inf, -inf]


@pytest.mark.parametrize("name", sorted(LOGARITHMS))
@pytest.mark.parametrize("modes", list(itertools.product(("forward", "reverse"), repeat=2)), ids="-".join)
def test_the_mixed_derivative_outside_of_the_domain_is_undefined_both_ways(name, modes):
    """x log(y) is 0 for x = 0 even where there is no logarithm; its slope for x is not there, nor how that changes."""
    graph = Graph()
    inputs = [graph.input(each, ()) for each in "xy"]
    slopes = D.gradient(FUNCTIONS[name].build(*inputs), None, inputs, modes[0])
    mixed = [
        D.gradient(slope, None, [other], modes[1])[0] for slope, other in zip(slopes, reversed(inputs), strict=True)
    ]
    found = [float(each) for each in evaluate([*slopes, *mixed], inputs, (0.0, -2.5))]
    assert [math.isnan(each) for each in found] == [True, False, True, True]
    assert found[1] == 0.0
    edge = 0.0 if name == "xlogy" else -1.0  # of the domain: there the slope for y is 0 still
    assert [float(each) for each in evaluate(slopes, inputs, (0.0, edge))] == [-inf, 0.0]
    for beyond in (5e-324, 1e-9, 0.5, 1.5):
        assert float(evaluate(slopes[1], inputs, (0.0, edge - beyond))) == 0.0


def _norm_in_mpmath(p: float, at: Sequence[float], which: Sequence[int]) -> float:
    """A derivative of the p-norm at unit scale, moved to where it is asked for: one of order n is homogeneous of degree
    1 - n."""
    with mp.workdps(60):
        unit = mp.mpf(max(map(abs, at)))
        times = tuple(which.count(i) for i in range(len(at)))
        order = mp.mpf(p)
        norm = lambda *xs: mp.fsum(abs(x) ** order for x in xs) ** (1 / order)  # noqa: E731
        return float(mp.diff(norm, tuple(mp.mpf(x) / unit for x in at), times) * unit ** (1 - len(which)))


@pytest.mark.parametrize("p", [0.5, 1.5, 2.0, 2.5, 3.0, 4.0, 7.25])
@pytest.mark.parametrize("unit", [1e-200, 1e-100, 1.0, 1e100, 1e200, 1e300])
def test_third_derivatives_of_norms_at_every_scale(p, unit):
    """In every mix of modes; beyond float64 they are infinities of the right sign, and below it 0."""
    for at in ([3.0, -4.0], [1.0, 1.0], [1e-5, 2.0]):
        point = [unit * each for each in at]
        wanted = np.array([_norm_in_mpmath(p, point, which) for which in itertools.product(range(2), repeat=3)])
        for modes in itertools.product(MODES, repeat=3):
            x = Graph().input("x", (2,))
            slope = f("norm", x, p)
            for mode in modes:
                slope = D.jacobian(slope, x, mode)
            assert agrees(evaluate(slope, [x], [point]).ravel(), wanted, 1e-11), (at, modes)


@pytest.mark.parametrize("p", [-0.5, -1.0, -2.0, -2.5])
@pytest.mark.parametrize("unit", [1e-200, 1e-100, 1.0, 1e100, 1e200])
@pytest.mark.parametrize("order", [1, 2])
def test_norms_of_negative_order_at_every_scale(p, unit, order):
    for at in ([3.0, -4.0], [1.0, 1.0], [0.5, 2.0]):
        point = [unit * each for each in at]
        wanted = np.array([_norm_in_mpmath(p, point, which) for which in itertools.product(range(2), repeat=order)])
        for modes in itertools.product(MODES, repeat=order):
            x = Graph().input("x", (2,))
            slope = f("norm", x, p)
            for mode in modes:
                slope = D.jacobian(slope, x, mode)
            assert agrees(evaluate(slope, [x], [point]).ravel(), wanted, 1e-12), (at, modes)


@pytest.mark.parametrize("pair", [(0.5, -1.5), (0.25, -0.25), (-2.5, 0.5), (3.25, -7.25), (-0.5, -0.5)])
@pytest.mark.parametrize("mode", MODES)
def test_beta_has_slopes_where_its_gamma_below_has_a_pole(pair, mode):
    graph = Graph()
    inputs = [graph.input(each, ()) for each in "xy"]
    slopes = [D.gradient(FUNCTIONS["beta"].build(*inputs), None, [each], mode)[0] for each in inputs]
    with mp.workdps(60):
        x, y = map(mp.mpf, pair)
        wanted = float(mp.gamma(x) * mp.gamma(y) * mp.diff(mp.rgamma, x + y))
    assert [float(each) for each in evaluate(slopes, inputs, pair)] == pytest.approx([wanted, wanted], rel=1e-14)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_polygamma_halfway_between_poles(n):
    """The terms of the reflection formula keep their digits where the cotangent is nearly 0."""
    polygamma_at = FUNCTIONS["polygamma"].build
    x = Graph().input("x", ())
    for at in np.concatenate([-2.5 + np.geomspace(1e-9, 1e-2, 20), -7.5 - np.geomspace(1e-9, 1e-2, 20)]):
        with mp.workdps(40):
            exact, terms = mp.psi(n, mp.mpf(at)), abs(mp.psi(n, 1 - mp.mpf(at)))
        assert abs(float(evaluate([polygamma_at(n, x)], [x], (at,))[0] - exact)) <= 1e-15 * float(abs(exact) + terms)
