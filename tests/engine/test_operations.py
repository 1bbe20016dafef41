"""Every elementwise operation of the tables: one rule, held against what others say of it."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from graphs import MIXES, MODES, arity, assert_batched_is_stacked, distinct, elementwise_operations, evaluate
from numpy.testing import assert_allclose, assert_array_equal
from references import SCALAR, partial, precise, rounded

from gradcli.engine import derivatives as D
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import Elementwise, ones

Range = tuple[float, float]


class Case(NamedTuple):
    """An operation with parameters, where each operand is real and smooth, and points worth a look."""

    operation: Elementwise
    params: tuple[Any, ...]
    domain: tuple[Range, ...]
    special: tuple[float, ...]


# What has no name in the language declares no domain of its own.
PARAMS: dict[str, list[tuple[Any, ...]]] = {
    "constant_power": [(-0.7, 5e-17), (0.0,), (1.0,), (2.0,), (3.0,), (-1.0,), (0.5,), (-2.5,)],
    "within": [(0.0, math.inf), (-1.0, 1.0)],
    "erfcx_integral": [(0,), (2,)],
    "polygamma": [(1,), (2,)],
    "bessel_i": [(0.0,), (1.0,), (2.0,), (0.5,)],
    "bessel_j": [(0.0,), (1.0,), (2.0,), (0.5,)],
    "sinc": [(0,), (1,), (2,)],
    "power_slope": [(1, 0), (2, 0), (3, 0), (0, 1), (0, 2), (1, 1), (2, 1)],
    "over_power": [(2,), (3,), (1, True), (2, True)],
    "polar": [(1, 0, 0), (1, 1, 1), (0, 2, 1)],
    "inverse_part": [(1, "real"), (1, "imaginary"), (2, "real"), (3, "imaginary")],
    "bell": [((1.0,), 1.0), ((2.0, 0.0, -1.0), 0.5)],
    "polygamma_drop": [(0,), (1,), (2,)],
    "bessel_scaled": [(0, 0), (1, 0), (0, 1), (1, 2)],
    "share": [(1.0,), (math.log(2.0),)],
    "bend": [(0.5,), (2.0,), (-1.0,)],
    "gate": [(0, "silu"), (2, "silu"), (0, "tanh"), (1, "tanh")],
    "softsign_nth": [(1,), (2,), (3,)],
    "mish": [(0,), (1,), (2,)],
    "on_the_way": [(0.25,), (0.5,), (0.75,)],
}
# Operands that a rule takes for constants, though the value depends on them.
HELD: dict[str, tuple[int, ...]] = {"detach": (0,), "where_defined": (0,), "portion": (1,)}
DOMAINS: dict[str, tuple[Range, ...]] = {
    "beta_turned": ((-1.45, -1.25), (0.2, 0.5)),
    "clip": ((-2.0, 2.0), (-1.0, -0.5), (0.5, 1.0)),
    "constant_power": ((0.3, 2.0),),
    "rint": ((0.6, 1.4),),
}


def _case(operation: Elementwise, params: tuple[Any, ...]) -> Case:
    function = FUNCTIONS.get(operation.name)
    if function is not None and function.operation is operation:
        return Case(operation, params, function.domain, function.special)
    return Case(operation, params, DOMAINS.get(operation.name, ((0.3, 0.9),) * arity(operation)), (0.0,))


CASES = [
    _case(operation, params)
    for name, operation in elementwise_operations().items()
    for params in PARAMS.get(name, [()])
]
every_operation = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: case.operation.name + "".join(f"_{p}" for p in case.params)
)
every_mix = pytest.mark.parametrize(("inner", "outer"), MIXES, ids=lambda mode: mode)


def points(case: Case, count: int = 5) -> list[np.ndarray]:
    """Points of the domain, an array an operand."""
    random = np.random.default_rng(7)
    return [random.uniform(low, high, count) for low, high in case.domain]


def special_points(case: Case) -> list[np.ndarray]:
    """All combinations of what is special for any operation, and for this one."""
    alone = {*case.special, 0.0, 1.0, -1.0, math.inf, -math.inf}
    few = [*sorted(alone, key=lambda x: (x, math.copysign(1.0, x))), -0.0, math.nan]
    return [np.array(column) for column in zip(*itertools.product(few, repeat=len(case.domain)), strict=True)]


def applied(case: Case, values: list[np.ndarray]) -> tuple[Node, list[Node]]:
    graph = Graph()
    inputs = [graph.input(f"x{i}", value.shape) for i, value in enumerate(values)]
    return case.operation(*inputs, params=case.params), inputs


def slope(output: Node, x: Node, mode: str) -> Node:
    """The elementwise derivative of output for x."""
    if mode == "forward":
        return D.jvp(output, [x], [ones(x, x.shape)])
    return D.vjp(output, ones(output, output.shape), [x])[0]


def slopes(case: Case, values: list[np.ndarray], *modes: str) -> list[np.ndarray]:
    """All derivatives of an order, as many as there are modes, the first taken first."""
    output, inputs = applied(case, values)
    nodes = [output]
    for mode in modes:
        nodes = [slope(node, x, mode) for node in nodes for x in inputs]
    return evaluate(nodes, inputs, values)


def references(case: Case, values: list[np.ndarray], order: int) -> list[np.ndarray]:
    """The same by mpmath; an operand that is held is a constant."""
    held = HELD.get(case.operation.name, ())
    function = SCALAR[case.operation.name]
    count = len(values)

    def whole(*xs: Any) -> Any:
        return function(*xs, *case.params)

    return [
        np.zeros_like(values[0])
        if set(which) & set(held)
        else np.array([float(partial(whole, point, _times(which, count))) for point in zip(*values, strict=True)])
        for which in itertools.product(range(count), repeat=order)
    ]


def _times(which: tuple[int, ...], count: int) -> list[int]:
    return [which.count(operand) for operand in range(count)]


def differs(case: Case) -> bool:
    """Whether it has a derivative at all."""
    return any(rule is not None for rule in case.operation.rules)


# ---- the table -----------------------------------------------------------------------------------------


def test_every_operation_has_a_reference():
    missing = [name for name in elementwise_operations() if name not in SCALAR]
    assert not missing, f"name a function of mpmath for {missing} in references.SCALAR"


def test_every_function_is_an_operation_or_brings_samples():
    assert [f.name for f in distinct() if f.operation is None and not f.samples] == []


def test_the_table_is_told_apart_by_name():
    assert len({op.name for op in elementwise_operations().values()}) == len(elementwise_operations())
    for function in distinct():
        assert function.doc.endswith("."), function.name
        assert function.operation is None or len(function.domain) == arity(function.operation)


# ---- values and derivatives ----------------------------------------------------------------------------


@every_operation
def test_values(case):
    values = points(case)
    output, inputs = applied(case, values)
    function = SCALAR[case.operation.name]
    want = [function(*xs, *case.params) for xs in zip(*map(precise, values), strict=True)]
    assert_allclose(evaluate(output, inputs, values), rounded(want), rtol=4e-15)


@every_operation
@pytest.mark.parametrize("mode", MODES)
def test_first_derivatives(case, mode):
    values = points(case)
    for got, want in zip(slopes(case, values, mode), references(case, values, 1), strict=True):
        assert_allclose(got, want, rtol=1e-14, atol=1e-300)


@every_operation
@every_mix
def test_second_derivatives(case, inner, outer):
    values = points(case)
    for got, want in zip(slopes(case, values, inner, outer), references(case, values, 2), strict=True):
        assert_allclose(got, want, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("case", [case for case in CASES if differs(case)], ids=lambda case: case.operation.name)
def test_third_derivatives(case):
    values = points(case, 2)
    for got, want in zip(
        slopes(case, values, "reverse", "forward", "reverse"), references(case, values, 3), strict=True
    ):
        assert_allclose(got, want, rtol=1e-12, atol=1e-13)


@every_operation
def test_complex_step(case):
    """The kernel on complex numbers: f(x + ih) = f(x) + ih f'(x) to the last digit for tiny h."""
    if not case.operation.analytic:
        pytest.skip("not analytic")
    values = points(case)
    output, inputs = applied(case, values)
    for operand, got in enumerate(slopes(case, values, "reverse")):
        if operand in HELD.get(case.operation.name, ()):
            continue
        moved = [value + 1e-100j if i == operand else value for i, value in enumerate(values)]
        assert_allclose(np.imag(evaluate(output, inputs, moved)) / 1e-100, got, rtol=1e-13, atol=1e-300)


NOT_EVERYWHERE = {
    "isnan", "isinf", "isfinite", "log2", "rint", "above", "lead", "inside", "bessel_i", "bessel_j", "polygamma_drop", "gate", "mish", "erfcx_integral",
}  # fmt: skip
"""Those whose kernels take a step off the real axis at an ordinary point, and lose it, or refuse it, at others."""


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not case.operation.analytic and case.operation.name not in NOT_EVERYWHERE],
    ids=lambda case: case.operation.name + "".join(f"_{p}" for p in case.params),
)
def test_what_is_not_analytic_takes_no_step_off_the_real_axis(case):
    """It is refused, or is not the derivative."""
    values = points(case)
    output, inputs = applied(case, values)
    wrong = False
    for operand, want in enumerate(slopes(case, values, "reverse")):
        moved = [value + 1e-100j if i == operand else value for i, value in enumerate(values)]
        try:
            with np.errstate(all="ignore"):
                found = np.imag(evaluate(output, inputs, moved)) / 1e-100
        except (TypeError, ValueError):
            return
        wrong |= not np.allclose(found, want, rtol=1e-13, atol=1e-300)
    assert wrong


@every_operation
def test_sympy_says_the_same(case):
    sympy = pytest.importorskip("sympy")
    symbolic = case.operation.symbolic
    if symbolic is None or case.operation.name.startswith("logical"):
        pytest.skip("no counterpart, or one on truth values")
    symbols = sympy.symbols(f"x:{arity(case.operation)}", real=True)
    expression = (
        getattr(sympy, symbolic)(*symbols) if isinstance(symbolic, str) else symbolic(sympy, *symbols, *case.params)
    )
    values = points(case, 2)
    output, inputs = applied(case, values)
    got = evaluate([output, *(slope(output, x, "reverse") for x in inputs)], inputs, values)
    for position, point in enumerate(zip(*values, strict=True)):
        exact = dict(zip(symbols, map(sympy.Rational, map(float, point)), strict=True))
        assert _number(sympy, expression.subs(exact)) == pytest.approx(got[0][position], rel=1e-14)
        if not hasattr(expression, "diff") or expression.has(sympy.floor, sympy.ceiling):
            continue  # SymPy does not differentiate steps
        for operand, (symbol, derivative) in enumerate(zip(symbols, got[1:], strict=True)):
            if operand in HELD.get(case.operation.name, ()):
                continue  # it knows no constants that depend on x
            slope_there = _number(sympy, expression.diff(symbol).subs(exact).doit())
            assert slope_there == pytest.approx(derivative[position], rel=1e-13)


def _number(sympy: Any, value: Any) -> float:
    return float(bool(value)) if value in (sympy.true, sympy.false) else float(sympy.N(value, 30))


# ---- both modes, everywhere ----------------------------------------------------------------------------


@every_operation
def test_forward_is_reverse(case):
    """At ordinary and at special points, NaN where the other has NaN, inf where it has inf."""
    for values in (points(case), special_points(case)):
        for forward, reverse in zip(slopes(case, values, "forward"), slopes(case, values, "reverse"), strict=True):
            assert_array_equal(forward, reverse)


@every_operation
def test_transposes(case):
    """A cotangent times a pushed tangent is the pulled cotangent times the tangent."""
    values = points(case)
    output, inputs = applied(case, values)
    random = np.random.default_rng(3)
    g, *tangents = random.uniform(-1.0, 1.0, (1 + len(inputs), values[0].size))
    graph = output.graph
    pushed = D.jvp(output, inputs, [graph.constant(t) for t in tangents])
    pulled = D.vjp(output, graph.constant(g), inputs)
    along, *back = evaluate([pushed, *pulled], inputs, values)
    assert_allclose(g * along, sum(t * b for t, b in zip(tangents, back, strict=True)), rtol=1e-12, atol=1e-14)


@every_operation
def test_second_derivatives_agree_at_special_points(case):
    """Wherever there is a first one. Infinities aside: there a limit would be asked for."""
    values = [column[keep] for keep in [_regular(case)] for column in special_points(case)]
    first, *others = (slopes(case, values, *mix) for mix in MIXES)
    for other in others:
        for one, two in zip(first, other, strict=True):
            assert_allclose(one, two, rtol=1e-13, atol=1e-15)


def _regular(case: Case) -> np.ndarray:
    values = special_points(case)
    return np.isfinite(values).all(0) & ~np.isnan(slopes(case, values, "reverse")).any(0)


@every_operation
def test_a_zero_cotangent_and_a_zero_tangent_stay_zero(case):
    values = special_points(case)
    output, inputs = applied(case, values)
    zero = output.graph.constant(np.zeros(values[0].size))
    pulled = D.vjp(output, zero, inputs)
    pushed = D.jvp(output, inputs, [zero] * len(inputs))
    for derivative in evaluate([*pulled, pushed], inputs, values):
        assert_array_equal(derivative, np.zeros_like(derivative))


@every_operation
def test_batched_is_stacked(case):
    values = [column[:2] for column in points(case)]
    output, inputs = applied(case, values)
    assert_batched_is_stacked(output, inputs, case.domain)


FAR_APART = {
    1: (0.0, -0.0, *(sign * size for size in (5e-324, 1e-310, 1e-200, 1e-20, 1e-3, 0.3, 0.5, 0.99, 1.0, 1.5, 4.0, 30.0, 60.0, 800.0, 1e5, 1e155, 1e200) for sign in (1.0, -1.0)), math.inf, -math.inf, math.nan),
    2: (0.0, -0.0, 5e-324, 1e-200, 1e-155, 0.4, -0.4, 1.0, 2.0, 3.0, -3.5, 40.0, 1e170, -1e300, math.inf, -math.inf, math.nan),
    3: (0.0, 1e-200, 0.4, -1.0, 2.0, 1e200, math.inf, math.nan),
}  # fmt: skip
"""Numbers that a kernel takes different ways for, by the number of operands."""


@every_operation
def test_an_element_is_by_itself(case):
    """What is beside it in an array, near or far, finite or not, changes nothing but rounding."""
    count = arity(case.operation)
    values = [np.array(column) for column in zip(*itertools.product(FAR_APART[count], repeat=count), strict=True)]
    output, inputs = applied(case, values)
    together = evaluate([output, *(slope(output, x, "reverse") for x in inputs)], inputs, values)
    output, inputs = applied(case, [np.array(0.0)] * count)
    nodes = [output, *(slope(output, x, "reverse") for x in inputs)]
    alone = [evaluate(nodes, inputs, list(map(np.array, point))) for point in zip(*values, strict=True)]
    for got, want in zip(together, zip(*alone, strict=True), strict=True):
        assert_allclose(got, want, rtol=4e-15, atol=0.0)


BOTH_SIDES = {1: (-2.0, -1.5, -0.75, 0.0, 0.5, 1.0, 1.5, 2.5, 3.0), 2: (-1.25, 0.0, 0.5, 2.0), 3: (-1.0, 0.0, 0.5)}
NO_LIMITS = {"polar", "atan2", "power_slope", "sinc", "entr"}
"""Those of which SymPy's form has no number where the function has a limit."""
MODULUS = {"lgamma", "betaln"}
"""Logarithms of a modulus, which are the real part of SymPy's."""


@every_operation
def test_sympy_has_the_same_values_on_both_sides_of_zero(case):
    sympy = pytest.importorskip("sympy")
    symbolic, count = case.operation.symbolic, arity(case.operation)
    if symbolic is None or case.operation.name.startswith("logical"):
        pytest.skip("no counterpart, or one on truth values")
    build = getattr(sympy, symbolic) if isinstance(symbolic, str) else lambda *xs: symbolic(sympy, *xs, *case.params)
    symbols = sympy.symbols(f"x:{count}", real=True)
    places = list(itertools.product(BOTH_SIDES[count], repeat=count))
    values = [np.array(column) for column in zip(*places, strict=True)]
    output, inputs = applied(case, values)
    with np.errstate(all="ignore"):
        found = evaluate(output, inputs, values)
    for place, got in zip(places, found, strict=True):
        if np.isfinite(got):
            want = build(*symbols).subs(dict(zip(symbols, map(sympy.Rational, place), strict=True)))
            if case.operation.name in MODULUS:
                want = sympy.re(want)
            if case.operation.name in NO_LIMITS and not sympy.sympify(want).is_finite:
                continue
            assert _number(sympy, want) == pytest.approx(got, rel=1e-13, abs=1e-14), place
