"""Every rule of the tables where the points drawn from an operation's own domain do not go: other signs, other
regimes of a kernel, beyond the first period, on and beside every kink.
"""

from __future__ import annotations

import cmath
import itertools
import math
from typing import Any

import numpy as np
import pytest
from graphs import MODES, arity, elementwise_operations, evaluate
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal
from references import SCALAR, partial
from test_operations import PARAMS, Case, applied, slope, slopes

from gradcli.engine import derivatives as D
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import ones
from gradcli.engine.operations.powers import power_of
from gradcli.engine.zeros import Traced

nan, inf = math.nan, math.inf

# ---- beyond the domain -----------------------------------------------------------------------------------

LINE = (-31.3, -7.6, -2.4, -1.3, -0.45, -0.03, 0.02, 0.35, 0.8, 1.6, 2.3, 8.7, 33.4)
PLANE = list(itertools.product((-5.37, -1.21, -0.33, 0.43, 2.51), (-3.1, -0.7, 0.29, 1.36, 4.4)))
SPACE = list(itertools.product((-2.3, 0.4, 1.7), (-1.1, 0.6, 2.9), (-1.6, 0.5, 2.2)))
PLACES: dict[int, list[tuple[float, ...]]] = {1: [(x,) for x in LINE], 2: PLANE, 3: SPACE}
MORE: dict[str, list[tuple[float, ...]]] = {
    "beta_slope": [(0.43, 1.37), (2.51, 4.4), (1.2, 0.3)],
    "beta_turned": [(-1.21, 0.29), (-5.37, 1.36), (-0.33, -0.7)],
    "beta_mixed": [(0.43, 1.37), (2.51, 4.4), (1.2, 0.3)],
    "erfcx_integral": [(x,) for x in (-3.0, -0.4, 0.3, 0.9, 1.1, 3.0, 12.0)],
    "power_slope": [(0.43, 1.37), (2.51, -0.7), (1.3, 3.4)],
    "polygamma_drop": [(0.43, 1.37), (2.51, 4.4), (-0.33, 1.36)],
    "power_log": [(0.43, 1.37), (2.51, -0.7), (1.3, 4.4), (0.2, -3.1)],
    "mish": [(x,) for x in (-31.3, -2.4, 0.35, 1.6, 8.7)],
    "gate": [(x,) for x in (-7.6, -2.4, 0.35, 1.6, 8.7)],
    "bessel_scaled": [(x,) for x in (-31.3, -2.4, 0.35, 1.6, 8.7, 33.4)],
}
WITHOUT = {"detach", "portion", "within", "where_defined", "equal", "not_equal"}
"""What is a constant to differentiation, in all or in part; a bound on a domain; ties, which are not among the points."""
OTHER_PARAMS: dict[str, list[tuple[Any, ...]]] = {
    "constant_power": [(3.0,), (-2.0,), (0.3,), (0.3, 1e-17)],
    "polar": [(1, 0, 0), (0, 1, 0), (2, 1, 1), (1, 2, 2)],
    "inverse_part": [(1, "real"), (1, "imaginary"), (2, "real"), (2, "imaginary"), (3, "real"), (4, "imaginary")],
}


def wide_cases() -> list[Case]:
    found = []
    for name, operation in elementwise_operations().items():
        if name in WITHOUT or name not in SCALAR:
            continue
        for params in OTHER_PARAMS.get(name, PARAMS.get(name, [()])):
            found.append(Case(operation, params, (), ()))
    return found


def real(function: Any, point: tuple[float, ...], order: list[int]) -> float:
    """The derivative by mpmath; NaN where there is no real one."""
    try:
        value = partial(function, point, order)
    except (ValueError, ZeroDivisionError, TypeError):
        return nan
    value = mp.mpmathify(value)
    return float(value.real) if value.imag == 0 else nan


@pytest.mark.parametrize("case", wide_cases(), ids=lambda c: c.operation.name + "".join(f"_{p}" for p in c.params))
def test_values_and_derivatives_far_and_wide(case):
    """Wherever the function is real. In forward mode and in reverse, and in second order one after the other."""
    operation, params = case.operation, case.params
    count = arity(operation)
    places = MORE.get(operation.name, PLACES[count])
    function = SCALAR[operation.name]

    def whole(*xs: Any) -> Any:
        return function(*xs, *params)

    known = np.array([math.isfinite(real(whole, place, [0] * count)) for place in places])
    for order in (0, 1, 2):
        mixes = {0: [()], 1: [("forward",), ("reverse",)], 2: [("forward", "reverse"), ("reverse", "forward")]}[order]
        which = list(itertools.product(range(count), repeat=order))
        wanted = np.array([[real(whole, p, [w.count(i) for i in range(count)]) for p in places] for w in which])
        known = known & np.isfinite(wanted).all(0)
        assert known.sum() >= 3, (operation.name, order)
        values = [np.array(column)[known] for column in zip(*places, strict=True)]
        scale = np.maximum(np.abs(wanted[:, known]), 1e-10 * np.abs(wanted[:, known]).max(initial=1.0))
        for modes in mixes:
            with np.errstate(all="ignore"):
                found = np.array(slopes(case, values, *modes)) if order else evaluate(*_ask(case, values))[None]
            assert np.all(np.abs(found - wanted[:, known]) <= 1e-11 * scale), (operation.name, order, modes)


def _ask(case: Case, values: list[np.ndarray]) -> tuple[Node, list[Node], list[np.ndarray]]:
    output, inputs = applied(case, values)
    return output, inputs, values


@pytest.mark.parametrize("case", [c for c in wide_cases() if any(c.operation.rules)], ids=lambda c: c.operation.name)
def test_second_derivatives_where_the_cotangent_varies(case):
    """Of f**2 / 2, which are f_i f_j + f f_ij: a rule is linear in the cotangent, and is differentiated for it too."""
    values = [np.array(column) for column in zip(*PLACES[arity(case.operation)], strict=True)]
    output, inputs = applied(case, values)
    half = output * output * 0.5
    with np.errstate(all="ignore"):
        first = [evaluate(D.vjp(output, ones(output, output.shape), [x])[0], inputs, values) for x in inputs]
        value = evaluate(output, inputs, values)
        for one, other in (("forward", "reverse"), ("reverse", "forward"), ("reverse", "reverse")):
            second = slopes(case, values, one, other)
            found = [slope(slope(half, x, one), y, other) for x in inputs for y in inputs]
            for got, plain, (i, j) in zip(
                evaluate(found, inputs, values), second, itertools.product(range(len(inputs)), repeat=2), strict=True
            ):
                want = first[i] * first[j] + value * plain
                size = np.abs(first[i] * first[j]) + np.abs(value * plain)
                usable = np.isfinite(want) & (size < 1e200)
                assert np.all((np.abs(got - want) <= 1e-10 * size + 1e-290)[usable]), (one, other, i, j)


@pytest.mark.parametrize("case", wide_cases(), ids=lambda c: c.operation.name + "".join(f"_{p}" for p in c.params))
def test_sympy_counterparts_far_and_wide(case):
    """Values, on ties and at whole numbers too; that of a derivative is SymPy's own affair."""
    sympy = pytest.importorskip("sympy")
    symbolic, count = case.operation.symbolic, arity(case.operation)
    if symbolic is None or case.operation.name in SLOW_IN_SYMPY:
        pytest.skip("no counterpart, or one that takes long")
    places = [
        *PLACES[count][:: max(1, len(PLACES[count]) // 6)],
        *itertools.product((-2.0, 0.0, 1.0, 3.0), repeat=count),
    ][:80]
    values = [np.array(column) for column in zip(*places, strict=True)]
    with np.errstate(all="ignore"):
        found = evaluate(*_ask(case, values))
    checked = 0
    for got, place in zip(found, places, strict=True):
        if not math.isfinite(got):
            continue
        exact = [sympy.Rational(x) for x in place]
        try:
            said = (
                getattr(sympy, symbolic)(*exact) if isinstance(symbolic, str) else symbolic(sympy, *exact, *case.params)
            )
            number = complex(sympy.N(said, 30)) if said not in (sympy.true, sympy.false) else complex(bool(said))
        except (TypeError, ValueError, ZeroDivisionError, AttributeError):
            continue  # a truth value of a number, or nothing that is one
        if cmath.isfinite(number) and abs(number.imag) < 1e-12:  # beside a branch cut SymPy goes on into the plane
            assert abs(number - got) <= 1e-12 * max(abs(number), 1e-12), (place, got, number)
            checked += 1
    assert checked or case.operation.name.startswith("logical")


@pytest.mark.parametrize("x", [-1.5, 0.0, 0.7])
def test_a_bend_in_sympy(x):
    """The one where x is positive, the other at 0 and below."""
    sympy = pytest.importorskip("sympy")
    one, other = sympy.symbols("x y", real=True)
    said = elementwise_operations()["bend"].symbolic(sympy, one, other, 0.5)
    assert said.subs({one: sympy.Rational(x), other: 7}) == (sympy.Rational(x) if x > 0 else 7)


@pytest.mark.parametrize(("x", "y"), [(5.0, 3.0), (-5.0, 3.0), (5.0, -3.0), (-5.0, -3.0), (0.5, 2.0)])
def test_what_is_left_of_a_division_in_sympy(x, y):
    """fmod has the sign of x, remainder that of y."""
    sympy = pytest.importorskip("sympy")
    for name, want in (("fmod", math.fmod(x, y)), ("remainder", float(np.remainder(x, y)))):
        said = elementwise_operations()[name].symbolic(sympy, sympy.Rational(x), sympy.Rational(y))
        assert float(said) == want


@pytest.mark.parametrize("mode", MODES)
def test_the_value_of_a_step_at_its_jump_moves_it_there_alone(mode):
    case = Case(elementwise_operations()["heaviside"], (), (), ())
    output, inputs = applied(case, [np.zeros(3), np.zeros(3)])
    weight = output.graph.constant([2.0, 3.0, 5.0])
    found = D.jvp(output, [inputs[1]], [weight]) if mode == "forward" else D.vjp(output, weight, [inputs[1]])[0]
    assert_array_equal(evaluate(found, inputs, [[0.0, 1.0, -0.0], [0.5, 0.5, 0.5]]), [2.0, 0.0, 5.0])


@pytest.mark.parametrize(("order", "n"), [(0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("x", [-1.3, 0.7])
def test_scaled_bessel_functions_in_sympy(order, n, x):
    """On both sides of 0: each is even or odd."""
    sympy = pytest.importorskip("sympy")
    operation = elementwise_operations()["bessel_scaled"]
    said = float(sympy.N(operation.symbolic(sympy, sympy.Rational(x), order, n), 20))
    assert said == pytest.approx(float(operation.kernel(np.asarray(x), order, n)), rel=1e-13)


SLOW_IN_SYMPY = {"erfcx_integral", "polygamma_drop", "bessel_scaled", "mish", "gate", "gelu_slope"}

# ---- kinks ---------------------------------------------------------------------------------------------

KINKS: dict[str, tuple[tuple[Any, ...], list[tuple[float, ...]], list[tuple[float, ...]]]] = {
    # params, points at a kink, points beside it
    "abs": ((), [(0.0,), (-0.0,)], [(1.0,), (-1.0,), (5e-324,), (nan,)]),
    "sign": ((), [(0.0,), (-0.0,)], [(1.0,), (-1.0,), (5e-324,)]),
    "floor": ((), [(0.0,), (2.0,), (-3.0,)], [(0.5,), (-2.5,), (1.999,)]),
    "ceil": ((), [(0.0,), (2.0,), (-3.0,)], [(0.5,), (-2.5,), (1.999,)]),
    "trunc": ((), [(2.0,), (-3.0,)], [(0.5,), (-2.5,), (1.999,)]),
    "rint": ((), [(0.5,), (-2.5,), (3.5,)], [(0.0,), (2.0,), (0.499,), (-1.0,)]),
    "floor_divide": ((), [(4.0, 2.0), (-6.0, 3.0), (0.0, 5.0)], [(5.0, 2.0), (1.0, 3.0), (2.0, 4.0), (0.5, -1.0)]),
    "remainder": ((), [(4.0, 2.0), (-6.0, 3.0), (0.0, 5.0)], [(5.0, 2.0), (1.0, 3.0), (2.0, 4.0), (0.5, -1.0)]),
    "fmod": ((), [(4.0, 2.0), (-6.0, 3.0)], [(5.0, 2.0), (1.0, 3.0), (2.0, 4.0), (-0.5, 1.0)]),
    "frac": ((), [(2.0,), (-3.0,)], [(0.5,), (-2.5,)]),
    "copysign": ((), [(0.0, 1.0), (0.0, -2.0)], [(1.0, 1.0), (-1.0, 2.0)]),
    "heaviside": ((), [(0.0, 1.0), (0.0, 0.5)], [(1.0, 0.0), (-1.0, 1.0), (1.0, 1.0)]),
    "maximum": ((), [(1.0, 1.0), (-2.0, -2.0), (0.0, -0.0)], [(1.0, 2.0), (2.0, 1.0), (0.0, 1.0)]),
    "minimum": ((), [(1.0, 1.0), (-2.0, -2.0), (0.0, -0.0)], [(1.0, 2.0), (2.0, 1.0), (0.0, 1.0)]),
    "clip": ((), [(0.0, 0.0, 2.0), (2.0, 0.0, 2.0)], [(1.0, 0.0, 2.0), (-1.0, 0.0, 2.0), (3.0, 0.0, 2.0), (inf, 0.0, inf)]),
    "relu": ((), [(0.0,), (-0.0,)], [(1.0,), (-1.0,)]),
    "hypot": ((), [(0.0, 0.0)], [(0.0, 1.0), (1.0, 0.0), (-1.0, 0.0)]),
    "bend": ((0.5,), [(0.0, 0.0), (-0.0, 0.0)], [(1.0, 2.0), (-1.0, 2.0)]),
    "softsign_nth": ((1,), [(0.0,)], [(1.0,), (-1.0,)]),
    "softsign_slope": ((), [(0.0,)], [(1.0,), (-1.0,)]),
    "bessel_scaled": ((0, 0), [(0.0,)], [(1.0,), (-1.0,)]),
}  # fmt: skip


def with_kinks() -> list[str]:
    return [name for name, operation in elementwise_operations().items() if operation.kink is not None]


@pytest.mark.parametrize("name", with_kinks())
def test_a_kink_is_where_it_is_and_nowhere_else(name):
    params, at, beside = KINKS[name]
    operation = elementwise_operations()[name]
    values = [np.array(column) for column in zip(*at, *beside, strict=True)]
    output, inputs = applied(Case(operation, params, (), ()), values)
    assert operation.kink is not None
    with np.errstate(all="ignore"):
        found = evaluate(operation.kink(output, *inputs, *params), inputs, values)
    assert_array_equal(found, [1.0] * len(at) + [0.0] * len(beside))


# ---- powers, to the last digits ------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [0.1, 0.3, 1.1, 2.3, -0.7, -3.3, 1 / 3, 7.7, 1e-9, 100.3])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_rounded_exponent_costs_no_digits(exponent, order):
    """y - 1 is rounded, and x to a rounded power is wrong by as many units as log(x) is large."""
    graph = Graph()
    x = graph.input("x", ())
    output = power_of(x, exponent)
    for _ in range(order):
        (output,) = D.gradient(output, None, [x])
    for at in (1e-60, 1e-7, 0.3, 1.7, 2e5, 3e60):
        with mp.workdps(60):
            true = mp.ff(mp.mpf(exponent), order) * mp.mpf(at) ** (mp.mpf(exponent) - order)
        if 1e-300 < abs(true) < 1e300:
            assert abs(mp.mpf(float(evaluate(output, [x], [at]))) / true - 1) < 1.2e-15, at


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_the_first_powers_by_hand(exponent):
    """Of scalars and arrays: 1, x and x * x, whose third derivatives are 0 at 0."""
    for shape in ((), (2,)):
        x = Graph().input("x", shape)
        at = np.zeros(shape)
        node = power_of(x, exponent)
        assert node.shape == shape
        assert_array_equal(evaluate(node, [x], [at]), at**exponent)
        for _ in range(3):
            node = D.vjp(node, node.graph.constant(np.ones(shape)), [x])[0]
        assert_array_equal(evaluate(node, [x], [at]), at)


# ---- outside a domain, and at infinity -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [c for c in wide_cases() if arity(c.operation) == 1],
    ids=lambda c: c.operation.name + "".join(f"_{p}" for p in c.params),
)
def test_there_is_no_derivative_where_there_is_no_value(case):
    function = SCALAR[case.operation.name]
    values = []
    for x in LINE:
        try:
            if abs(mp.im(function(mp.mpf(x), *case.params))) > 1e-30:
                values.append(x)
        except (ValueError, ZeroDivisionError, TypeError, NotImplementedError):
            continue
    if not values or case.operation.name in {"lgamma"}:
        pytest.skip("real everywhere")
    with np.errstate(all="ignore"):
        for mode in MODES:
            (found,) = slopes(case, [np.array(values)], mode)
            if np.isnan(evaluate(*_ask(case, [np.array(values)]))).all():
                assert np.isnan(found).all(), values


HYPOT_FAR = [
    # x, y, derivatives of order 1 and 2
    (inf, 3.0, [1, 0], [0, 0, 0]),
    (-inf, 3.0, [-1, 0], [0, 0, 0]),
    (2.0, -inf, [0, -1], [0, 0, 0]),
    (0.0, inf, [0, 1], [0, 0, 0]),
    (inf, inf, [nan, nan], [0, 0, 0]),
    (inf, nan, [1, 0], [nan, nan, nan]),
    (nan, 1.0, [nan, nan], [nan, nan, nan]),
    (1e200, 1e200, [math.sqrt(0.5), math.sqrt(0.5)], [math.sqrt(0.125) * 1e-200, -math.sqrt(0.125) * 1e-200, math.sqrt(0.125) * 1e-200]),
    (0.0, 2.0, [0, 1], [0.5, 0, 0]),
    (2.0, 0.0, [1, 0], [0, 0, 0.5]),
]  # fmt: skip


@pytest.mark.parametrize(("x", "y", "first", "second"), HYPOT_FAR)
@pytest.mark.parametrize("beside", [False, True])
def test_hypot_at_infinity(x, y, first, second, beside):
    """One coordinate that is infinite decides the direction, two leave it open; the curvature is 0. Beside a finite point too."""
    at = [np.array([each, 0.3] if beside else [each]) for each in (x, y)]
    graph = Graph()
    inputs = [graph.input(name, at[0].shape) for name in "xy"]
    out = FUNCTIONS["hypot"].build(*inputs)
    one = [slope(out, each, "reverse") for each in inputs]
    two = [slope(one[i], inputs[j], "forward") for i, j in ((0, 0), (0, 1), (1, 1))]
    with np.errstate(all="ignore"):
        found = [float(each[0]) for each in evaluate([*one, *two], inputs, at)]
    assert_allclose(found, [*first, *second], rtol=1e-14, atol=1e-320)


@pytest.mark.parametrize("exponent", [-307, -200, -150, -3, 0, 2, 170, 305])
def test_cube_roots_are_rounded_once(exponent):
    """NumPy's are off by a unit here and there; and so are slopes, give or take the rounding of a division."""
    random = np.random.default_rng(abs(exponent))
    at = np.concatenate([s * random.uniform(1.0, 10.0, 200) * 10.0**exponent for s in (1.0, -1.0)])
    case = Case(elementwise_operations()["cbrt"], (), (), ())
    value = evaluate(*_ask(case, [at]))
    (first,) = slopes(case, [at], "reverse")
    with mp.workdps(40):
        for x, got, rate in zip(at, value, first, strict=True):
            true = mp.sign(x) * mp.cbrt(abs(mp.mpf(x)))
            assert abs(mp.mpf(got) - true) <= 0.51 * float(np.spacing(abs(got)))
            assert abs(mp.mpf(rate) * 3 * true**2 - 1) < 3.4e-16


@pytest.mark.parametrize("exponent", [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_whole_powers(exponent, shape):
    x = Graph().input("x", shape)
    at = np.reshape([-1.5, 0.5, 2.0][: math.prod(shape)], shape)
    node = power_of(x, exponent)
    slope_ = D.vjp(node, node.graph.constant(np.ones(shape)), [x])[0]
    value, first = evaluate([node, slope_], [x], [at])
    assert_allclose(value, at**exponent, rtol=4e-16)
    assert_allclose(first, exponent * at ** (exponent - 1.0), rtol=4e-16)


@pytest.mark.parametrize("a", [-1.0, 0.0, 1.0, 2.0])
@pytest.mark.parametrize("b", [3.0, -1.0, inf, -inf])
def test_a_product_that_vanishes(a, b):
    """a * b, and 0 where a is 0, whatever b is; so is its slope for b."""
    out, inputs = applied(Case(elementwise_operations()["vanishing"], (), (), ()), [np.array([a]), np.array([b])])
    for mode in MODES:
        found = evaluate([out, *(slope(out, x, mode) for x in inputs)], inputs, [[a], [b]])
        assert_array_equal(np.ravel(found), [a * b if a else 0.0, b, a])


@pytest.mark.parametrize("mode", MODES)
def test_nan_beside_numbers_stays_where_it_is(mode):
    """In choices between operands the derivative is NaN at that element, and right at the others."""
    at = np.array([nan, 2.0, -1.0])
    x = Graph().input("x", (3,))
    for name, args, wanted in [
        ("maximum", (x.lift(1.0),), [nan, 1.0, 0.0]),
        ("minimum", (x.lift(1.0),), [nan, 0.0, 1.0]),
        ("clip", (x.lift(0.0), x.lift(3.0)), [nan, 1.0, 0.0]),
        ("relu", (), [nan, 1.0, 0.0]),
    ]:
        out = FUNCTIONS[name].build(x, *args)
        assert_array_equal(evaluate(slope(out, x, mode), [x], [at]), wanted)


def test_a_share_of_what_is_blank_or_infinite():
    """Kernel and trace: a zero share takes nothing of an infinite cotangent, and is blank; NaN stays."""
    portion = elementwise_operations()["portion"]
    g, share = np.array([inf, inf, 3.0, 0.0, 2.0, inf]), np.array([0.0, 0.5, 0.5, 1.0, nan, nan])
    assert_array_equal(portion.kernel(g, share), [0.0, inf, 1.5, 0.0, nan, nan])
    blank = np.array([False, False, False, True, False, False])
    found = portion.trace(Traced(g, blank), Traced(share, False), params=())
    assert_array_equal(found.value, [0.0, inf, 1.5, 0.0, nan, nan])
    assert_array_equal(found.blank, [True, False, False, True, False, False])


def test_where_in_sympy():
    """A condition is a comparison as it stands, or a number that is not 0."""
    sympy = pytest.importorskip("sympy")
    x, y = sympy.symbols("x y", real=True)
    symbolic = elementwise_operations()["where"].symbolic
    assert callable(symbolic)
    assert symbolic(sympy, x > 0, x, y) == sympy.Piecewise((x, x > 0), (y, True))
    assert symbolic(sympy, sympy.And(x > 0, y > 0), x, y) == sympy.Piecewise((x, (x > 0) & (y > 0)), (y, True))
    assert symbolic(sympy, x, x, y) == sympy.Piecewise((x, sympy.Ne(x, 0)), (y, True))


@pytest.mark.parametrize(("x", "y"), [
    (1.0, 1e-250), (1e-230, 3.0), (2.0, 1e-300), (1e-310, 1e-2), (1e-308, 1e-308), (3e-300, 1e-305), (1e307, 3e307),
    (1e308, 1e200), (0.3, -0.7), (-1e-201, 0.6), (1e-90, 1e-95),
    (1e-5, 1e-314), (7e-316, -3e-7), (3e-5, -5e-324),
])  # fmt: skip
@pytest.mark.parametrize("part", ["real", "imaginary"])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_powers_of_a_complex_reciprocal(x, y, part, n):
    """Of points near the axes and of any size: what atan2 is differentiated into."""
    out, inputs = applied(
        Case(elementwise_operations()["inverse_part"], (n, part), (), ()), [np.array([x]), np.array([y])]
    )
    with np.errstate(all="ignore"):
        found = float(evaluate(out, inputs, [[x], [y]])[0])
    with mp.workdps(700):
        whole = mp.mpc(x, y) ** -n
        true = whole.real if part == "real" else whole.imag
        if 1e-300 < abs(true) < 1e300 and n <= 2:
            assert abs(found / true - 1) < 1.2e-15
        if 1e-300 < abs(whole) < 1e300:
            assert abs(found - true) <= 4e-15 * abs(whole)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_scaled_bessel_functions_by_series_and_by_integral(order, n):
    """On both sides of 50, where one gives way to the other, and far out: exp(-x) I(x) falls as 1 / sqrt(x)."""
    at = np.array([3.0, 49.9, 50.0, 50.1, 73.0, 400.0, -60.0, -20.0])
    case = Case(elementwise_operations()["bessel_scaled"], (order, n), (), ())
    found = evaluate(*_ask(case, [at]))
    for x, got in zip(at, found, strict=True):
        with mp.workdps(60):
            true = mp.diff(lambda v: mp.exp(-abs(v)) * mp.besseli(order, v), mp.mpf(x), n)
            assert abs(mp.mpf(got) / true - 1) < 4e-15, x


@pytest.mark.parametrize("name", ["j0", "j1", "i0", "i1"])
@pytest.mark.parametrize("x", [1e-150, 5e-3, 0.0101, 24.9, 25.1, 300.0, -26.0])
def test_bessel_functions_in_each_regime(name, x):
    """Value and slope, relative to the size of the wave."""
    graph = Graph()
    node = graph.input("x", ())
    out = FUNCTIONS[name].build(node)
    found = evaluate([out, *D.gradient(out, None, [node])], [node], [x])
    for order, got in enumerate(found):
        with mp.workdps(400):
            true = mp.diff(SCALAR[name], mp.mpf(x), order) if order else SCALAR[name](mp.mpf(x))
            size = abs(true) if name[0] == "i" or abs(x) < 1 else mp.sqrt(2 / (mp.pi * abs(mp.mpf(x))))
            assert abs(mp.mpf(float(got)) - true) <= 2e-15 * size, order


@pytest.mark.parametrize("x", [3e-316, -3e-316, 7e-320, -5e-324])
@pytest.mark.parametrize("y", [1e-4, -1e-4, 3e-9])
@pytest.mark.parametrize("mode", MODES)
def test_quotients_of_subnormal_numbers_keep_their_digits(x, y, mode):
    """x / y is subnormal and has lost digits, which x / y**2 has again."""
    out, inputs = applied(
        Case(elementwise_operations()["divide"], (), (), ()), [np.array([x, 1.0]), np.array([y, 2.0])]
    )
    first = slope(out, inputs[1], mode)
    second = slope(first, inputs[1], mode)
    for order, got in enumerate(evaluate([first, second], inputs, [[x, 1.0], [y, 2.0]]), 1):
        true = (-1) ** order * math.factorial(order) * mp.mpf(x) / mp.mpf(y) ** (order + 1)
        assert got[1] == (-1) ** order * math.factorial(order) / 2.0 ** (order + 1)
        if abs(true) > 2.3e-308:
            assert abs(mp.mpf(float(got[0])) / true - 1) < 2e-15, order


@pytest.mark.parametrize("x", [-1.0, 0.0, 2.0])
def test_softplus_without_a_rate_is_infinite(x):
    """log(2) over 0."""
    node = Graph().input("x", ())
    with np.errstate(all="ignore"):
        assert evaluate(FUNCTIONS["softplus"].build(node, 0.0), [node], [x]) == inf


@pytest.mark.parametrize("x", [0.3, 0.49, 0.6, 2.0, -1.0])
@pytest.mark.parametrize("beta", [2.0, 0.5, 1.0])
@pytest.mark.parametrize("threshold", [1.0, 20.0, inf])
def test_softplus_beyond_a_threshold(x, beta, threshold):
    """The identity where beta * x is above it."""
    node = Graph().input("x", ())
    out = FUNCTIONS["softplus"].build(node, beta, threshold)
    found = evaluate([out, *D.gradient(out, None, [node])], [node], [x])
    beyond = beta * x > threshold
    wanted = [x, 1.0] if beyond else [math.log1p(math.exp(beta * x)) / beta, 1 / (1 + math.exp(-beta * x))]
    assert_allclose(found, wanted, rtol=1e-14)
