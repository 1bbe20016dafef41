"""Derivatives to the last digits, over the whole of float64: where formulas cancel, overflow or underflow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from graphs import MODES, evaluate
from mpmath import mp
from references import SCALAR, partial
from test_operations import CASES, Case, applied, arity, differs, slopes
from tests.accuracy import measured
from tests.accuracy_cases import CASES as NAMED
from tests.accuracy_cases import Named
from tests.accuracy_rows import ROWS, Row
from tests.truths import ulps as distance

from gradcli.engine import derivatives as D
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph

SIZES = [1e-20, 1e-9, 1e-4, 0.03, 0.5, 0.7, 0.99, 0.999999, 1.0000001, 1.3, 2.0, 5.0, 20.0, 40.0, 300.0, 700.0,
         1e5, 1e16, 1e100, 1e152, 1e200, 1e300]  # fmt: skip
SMOOTH = [
    case for case in CASES
    if arity(case.operation) == 1 and differs(case) and case.operation.name != "frac"  # which jumps at every whole number
    and (case.operation.name in FUNCTIONS and FUNCTIONS[case.operation.name].operation is case.operation and FUNCTIONS[case.operation.name].group != "special")
]  # fmt: skip


def ulps(got: float, true: mp.mpf) -> float:
    """The error in units of the last place of the truth, as float64 has it."""
    nearest = float(true)
    if not math.isfinite(got) or not math.isfinite(nearest):
        return 0.0 if got == nearest else math.inf
    return float(abs(mp.mpf(got) - true) / mp.mpf(np.spacing(max(abs(nearest), 2.3e-308))))


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("case", SMOOTH, ids=lambda case: case.operation.name + "".join(f"_{p}" for p in case.params))
def test_values_and_derivatives_keep_their_digits(case: Case, order: int):
    values = np.array([sign * size for size in SIZES for sign in (1.0, -1.0)])
    output, inputs = applied(case, [values])
    values = values[np.isfinite(evaluate(output, inputs, [values]))]
    if order:
        (found,) = slopes(case, [values], *["reverse", "forward"][:order])
    else:
        output, inputs = applied(case, [values])
        found = evaluate(output, inputs, [values])
    checked = 0
    for x, got in zip(values, found, strict=True):
        true = partial(lambda u: SCALAR[case.operation.name](u, *case.params), [x], [order], digits=400)
        if isinstance(true, mp.mpf):  # complex at the end of a domain
            assert ulps(got, true) <= (12.0 if order == 2 else 4.0), (x, got, true)
            checked += 1
    assert checked >= 8


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name.replace(" ", ""))
def test_bounds_over_all_of_float64(row: Row):
    """4 ulp for first derivatives and 16 for second ones, or 4 times the error of SciPy's kernel."""
    value, first, second = measured(row, 16, 2).ours
    own = 4.0 * value.largest if row.kernel else 0.0
    assert first.ulps.size >= 5
    assert max(first.ulps) <= max(4.0, own), first.worst
    assert max(second.ulps) <= max(16.0, own), second.worst


CLOSE = [row for row in ROWS if row.name in ("cot", "silu", "gelu", "gelu(x, 'tanh')", "mish")]
"""Functions with a rule of their own for the last digits; 200 points, as one in a hundred counts."""


@pytest.mark.parametrize("row", CLOSE, ids=lambda row: row.name.replace(" ", ""))
def test_first_derivatives_are_within_2_ulp_as_a_rule(row: Row):
    first = measured(row, 200, 1).ours[1]
    assert first.false == 0
    assert first.usual <= 2.0
    assert first.largest <= 4.0, first.worst


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", NAMED, ids=lambda case: case.name.replace(" ", ""))
def test_named_places(case: Named, mode: str):
    assert distance(case.computed(mode), case.true()) <= (4.0 if sum(case.orders) == 1 else 16.0)


SPOTS = [
    # (function of x and y, values, exact derivatives)
    (lambda f, x: f["tanh"].build(x), [20.0], [1 / mp.cosh(mp.mpf(20)) ** 2]),
    (lambda f, x: f["sigmoid"].build(x), [40.0], [mp.exp(-40) / (1 + mp.exp(-40)) ** 2]),
    (lambda f, x: f["sigmoid"].build(x), [-700.0], [mp.exp(-700) / (1 + mp.exp(-700)) ** 2]),
    (lambda f, x: f["asinh"].build(x), [1e200], [1 / mp.sqrt(1 + mp.mpf(1e200) ** 2)]),
    (lambda f, x: f["sqrt"].build(x), [5e-324], [1 / (2 * mp.sqrt(mp.mpf(5e-324)))]),
    (lambda f, x: 3e-200 / x, [1e-200], [-mp.mpf(3e-200) / mp.mpf(1e-200) ** 2]),
    (lambda f, x: f["expm1"].build(x), [-50.0], [mp.exp(-50)]),
    (lambda f, x: f["log1p"].build(x), [1e-20], [1 / (1 + mp.mpf(1e-20))]),
    (lambda f, x: f["acosh"].build(x), [1.0 + 1e-12], [1 / mp.sqrt(mp.mpf(1.0 + 1e-12) ** 2 - 1)]),
    (lambda f, x: f["atanh"].build(x), [1.0 - 1e-12], [1 / (1 - mp.mpf(1.0 - 1e-12) ** 2)]),
    (lambda f, x, y: f["hypot"].build(x, y), [1e200, 1e200], [1 / mp.sqrt(2), 1 / mp.sqrt(2)]),
    (lambda f, x, y: f["hypot"].build(x, y), [3e-200, 4e-200], [mp.mpf("0.6"), mp.mpf("0.8")]),
    (lambda f, x, y: f["atan2"].build(x, y), [3e200, 4e200], [mp.mpf("0.16") / mp.mpf(1e200), -mp.mpf("0.12") / mp.mpf(1e200)]),
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("build", "at", "true"), SPOTS)
def test_where_others_lose_all_digits(build, at, true, mode):
    graph = Graph()
    inputs = [graph.input(f"x{i}", ()) for i in range(len(at))]
    slope = D.gradient(build(FUNCTIONS, *inputs), None, inputs, mode)
    for got, exact in zip(evaluate(slope, inputs, at), true, strict=True):
        assert ulps(float(got), exact) <= 4.0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1e200, 1e-200, 1.0, 3e-310])
def test_norm_of_any_size(size, mode):
    graph = Graph()
    x = graph.input("x", (2,))
    output = FUNCTIONS["norm"].build(x)
    value, slope = evaluate([output, *D.gradient(output, None, [x], mode)], [x], [[3 * size, -4 * size]])
    assert value == pytest.approx(5 * size, rel=1e-13)
    assert slope == pytest.approx([0.6, -0.8], rel=1e-13)


@pytest.mark.parametrize("p", [1.0, 1.5, 3.0, 4.0, math.inf])
@pytest.mark.parametrize("size", [1e200, 1e-200, 1.0])
def test_p_norms_of_any_size(size, p):
    graph = Graph()
    x = graph.input("x", (2,))
    output = FUNCTIONS["norm"].build(x, p)
    value, slope = evaluate([output, *D.gradient(output, None, [x])], [x], [[3 * size, -4 * size]])
    if p == math.inf:
        true, slopes_ = mp.mpf(4), [mp.mpf(0), mp.mpf(-1)]
    else:
        true = (mp.mpf(3) ** p + mp.mpf(4) ** p) ** (1 / mp.mpf(p))
        slopes_ = [(3 / true) ** (p - 1), -((4 / true) ** (p - 1))]
    assert value == pytest.approx(float(true * size), rel=1e-13)
    assert slope == pytest.approx([float(s) for s in slopes_], rel=1e-13)


def test_softmax_and_logsumexp_of_large_arguments():
    graph = Graph()
    x = graph.input("x", (2,))
    total = FUNCTIONS["logsumexp"].build(x)
    value, slope = evaluate([total, *D.gradient(total, None, [x])], [x], [[1000.0, 999.0]])
    share = float(1 / (1 + mp.exp(-1)))
    assert value == pytest.approx(1000 + math.log1p(math.exp(-1)), rel=1e-15)
    assert slope == pytest.approx([share, 1 - share], rel=1e-14)


def test_logsumexp_keeps_what_is_small_beside_the_largest():
    x = Graph().input("x", (3,))
    for at in (
        [0.0, -40.0, -45.0],
        [-60.0, 0.0, -300.0],
        [0.0, 0.0, -38.0],
        [1.5, 1.5, -1.5],
        [-0.5, 2.0, 2.0],
        [3.0, 3.0, 3.0],
    ):
        with mp.workdps(40):
            want = float(mp.log(mp.fsum(mp.exp(mp.mpf(v)) for v in at)))
        assert evaluate(FUNCTIONS["logsumexp"].build(x), [x], [at]) == pytest.approx(want, rel=1e-15, abs=0.0)


def test_var_of_numbers_far_from_zero():
    graph = Graph()
    x = graph.input("x", (3,))
    output = FUNCTIONS["var"].build(x)
    value, slope = evaluate([output, *D.gradient(output, None, [x])], [x], [[1e8, 1e8 + 1, 1e8 + 2]])
    assert value == pytest.approx(2 / 3, rel=1e-15)
    assert slope == pytest.approx([-2 / 3, 0, 2 / 3], abs=1e-15)


@pytest.mark.parametrize("x", [-3.0, 0.0, 0.3, 0.99, 1.0, 1.01, 1.3, 5.0, 100.0, 1e6])
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_scaled_error_function(x, order):
    """Its derivatives cancel in every textbook form: 2 x erfcx(x) - 2/√π."""
    graph = Graph()
    at = graph.input("x", ())
    output = FUNCTIONS["erfcx"].build(at)
    for _ in range(order):
        (output,) = D.gradient(output, None, [at])
    true = partial(lambda u: mp.exp(u * u) * mp.erfc(u), [x], [order], digits=100) if x < 1e3 else None
    if true is None:  # the asymptotic series, DLMF 7.12.1
        true = mp.diff(lambda u: (1 - 1 / (2 * u**2) + 3 / (4 * u**4)) / (u * mp.sqrt(mp.pi)), mp.mpf(x), order)
    assert ulps(float(evaluate(output, [at], [x])), true) <= 20.0
