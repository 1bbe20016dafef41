"""Answers in which terms cancel: right to the last digit, where float64 keeps few or none."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.engine import extended

TINY = 1e-9
CANCELLING = {
    "x**2 - 2*x + 1": (0.9999589760148547, lambda m, x: (x - 1) ** 2),
    "x**3 - 3*x**2 + 3*x - 1": (1.0001, lambda m, x: (x - 1) ** 3),
    "1 - cos(x)": (TINY, lambda m, x: 2 * m.sin(x / 2) ** 2),
    "(1 - cos(x)) / x**2": (TINY, lambda m, x: 2 * m.sin(x / 2) ** 2 / x**2),
    "(exp(x) - 1) / x": (TINY, lambda m, x: m.expm1(x) / x),
    "(exp(x) - 1 - x) / x**2": (1e-6, lambda m, x: (m.expm1(x) - x) / x**2),
    "(x - sin(x)) / x**3": (1e-6, lambda m, x: (x - m.sin(x)) / x**3),
    "sqrt(x**2 + 1) - x": (1e9, lambda m, x: 1 / (m.sqrt(x**2 + 1) + x)),
    "1 - tanh(x)**2": (20.0, lambda m, x: m.sech(x) ** 2),
    "1/x - 1/(x+1)": (1e9, lambda m, x: 1 / (x * (x + 1))),
    "sinh(x) - tan(x)": (1e-4, lambda m, x: m.sinh(x) - m.tan(x)),
    "log(1 + x)": (TINY, lambda m, x: m.log1p(x)),
    "degrees(x) - degrees(x) * x**(1/3)": (1.0 - 1e-9, lambda m, x: (x - x ** (m.mpf(4) / 3)) * 180 / m.pi),
    "log10(1 + x**2)": (1e-10, lambda m, x: m.log1p(x**2) / m.log(10)),
    "(x + 1) - x": (1e300, lambda m, x: m.mpf(1)),
    "sqrt(x + 1) - sqrt(x)": (1e15, lambda m, x: 1 / (m.sqrt(x + 1) + m.sqrt(x))),
    "lgamma(x + 1) - lgamma(x) - log(x + 1e-5)": (3.0, lambda m, x: m.log(x) - m.log(x + m.mpf(1e-5))),
    "(erf(x + 1e-9) - erf(x)) * 1e9": (0.3, lambda m, x: (m.erf(x + m.mpf(1e-9)) - m.erf(x)) * 1000000000),
}


def reference(formula, x):
    """The value and the derivative, of a form that does not cancel, or to many digits."""
    with mpmath.workdps(400):
        number = mpmath.mpf(x)
        return float(formula(mpmath, number)), float(
            mpmath.diff(lambda t: formula(mpmath, t), number, h=number * 1e-100)
        )


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("expression", CANCELLING)
def test_value_and_derivative(expression, mode):
    x, formula = CANCELLING[expression]
    result = gradcli.grad(expression, {"x": x}, mode=mode)
    value, slope = reference(formula, x)
    assert math.isclose(float(result.value), value, rel_tol=1e-12)
    assert math.isclose(float(result.gradient["x"]), slope, rel_tol=1e-12)
    assert [note.kind for note in result.notes] == ["cancelled"]
    assert float(gradcli.eval(expression, {"x": x}).value) == float(result.value)


def test_the_note_says_where_and_how_much():
    (note,) = gradcli.eval("y = 2*x; 5 + (y**2 - 4*y + 4)*1e20", {"x": 1.00000001}).notes
    assert note.message == (
        "the terms of y**2 - 4*y + 4 cancel, and float64 keeps no digit: the answer was worked out to more"
    )
    assert note.span == (14, 28)
    (note,) = gradcli.eval("log(1 + x)", {"x": 1e-5}).notes
    assert note.message.startswith("log(1 + x) is near its zero, and float64 keeps 11 digits")
    assert note.message.endswith("; log1p(x) is log(1 + x), exact near 0")


LEFT = {
    "x - y": (1.0, 1.0 + 2**-52),  # exact
    "(x + y) - (x + y)": (0.1, 0.2),  # one node, and 0
    "sin(x)**2 + cos(x)**2 - y": (0.7, 1.0),  # 0 at any precision: nobody can tell
    "floor(x*10) - y*10": (0.3, 0.30001),  # a step
    "where(x*y > 2, x*x, y*y) - x*x": (1.0, 1.00001),  # a choice
    "asin(x*2) - y": (1.0, 1.0),  # no number
    "sum([x*x, -y*y, 1e-20])": (1.0, 1.0),  # an array
    "dot([x, y], [x, -y])": (3.0, 3.0000001),
    "x*y - x*x": (math.inf, 1.0),
    "(x*x - 2*x + 1)/y": (1.00001, math.inf),
    "(x*x - y*y)*1e300*x*1e300": (1.0, 1.0 - 1e-9),  # beyond float64
    "(x*x - y*y) / (x - y)": (3.0, 2.0),  # nothing cancels
}


@pytest.mark.parametrize("expression", LEFT)
def test_what_is_left_as_float64_gives_it(expression, monkeypatch):
    x, y = LEFT[expression]
    found = gradcli.grad(expression, {"x": x, "y": y})
    monkeypatch.setattr(extended, "refined", lambda *_: {})
    plain = gradcli.grad(expression, {"x": x, "y": y})
    for one, other in ((found.value, plain.value), (found.gradient["x"], plain.gradient["x"])):
        assert np.array_equal(one, other, equal_nan=True)
    assert "cancelled" not in {note.kind for note in found.notes}


def test_a_long_computation_is_left(monkeypatch):
    source = "y = x\nfor i in range(500):\n    y = y*1.0000001 + 1e-9\ny - 1.00005*x"
    exact = Fraction(1)
    for _ in range(500):
        exact = exact * Fraction(1.0000001) + Fraction(1e-9)
    assert float(gradcli.eval(source, {"x": 1.0}).value) == float(exact - Fraction(1.00005))
    monkeypatch.setattr(extended, "MOST", 1000)
    assert not gradcli.eval(source, {"x": 1.0}).notes


def test_there_is_a_bound_on_what_a_program_shows_and_on_what_is_detached(monkeypatch):
    source = "\n".join(f"print((x - {i})**2 - x*x + {2 * i}*x - {i * i})" for i in range(1, 9))
    told = len(gradcli.run(source, {"x": 0.1}).notes)
    monkeypatch.setattr(extended, "_MOST_IN_ALL", 12)
    assert len(gradcli.run(source, {"x": 0.1}).notes) < told
    beside = "y = exp(x); z = y\nfor i in range(30):\n    z = z*1.01\n(detach(z) - y*y) + y*y - z + 1e-20"
    monkeypatch.setattr(extended, "MOST", 20)
    assert not gradcli.run(beside, {"x": 0.5}).notes


@pytest.mark.parametrize(
    "far", ["exp(exp(exp(exp(x))))", "(2*x)**((9*x)**((9*x)**x))", "gamma(1e5*x)", "exp(exp(7*x))*exp(-exp(7*x))"]
)
def test_what_leaves_float64_by_far_is_left(far, monkeypatch):
    """As it could take any time and memory: the numbers beside it are worked out no further."""
    expression, at = f"(x*x - 25.0000001) + 0/(1 + {far})", {"x": 5.0}
    found = gradcli.grad(expression, at)
    monkeypatch.setattr(extended, "refined", lambda *_: {})
    plain = gradcli.grad(expression, at)
    assert np.array_equal([found.value, found.gradient["x"]], [plain.value, plain.gradient["x"]], equal_nan=True)


@pytest.mark.parametrize(
    ("zero", "most"),
    [
        ("exp(x/{i})*exp(-x/{i}) - 1", 1400), ("sin(x/{i})**2 + cos(x/{i})**2 - 1", 1400),
        ("digamma(x + {i} + 1) - digamma(x + {i}) - 1/(x + {i})", 160), ("gamma(x + {i} + 1) - (x + {i})*gamma(x + {i})", 160),
    ],
)  # fmt: skip
def test_what_would_take_long_is_not_worked_out_to_hundreds_of_digits(zero, most, monkeypatch):
    """Sums that are 0 at every precision, and never exactly."""
    asked = []
    context = extended._context
    monkeypatch.setattr(extended, "_context", lambda digits: asked.append(digits) or context(digits))
    terms = [zero.format(i=i) for i in range(1, 20)]
    found = gradcli.eval(" + ".join(terms), {"x": 0.3})
    assert max(asked) == most and not found.notes


def test_what_is_detached_is_the_number_that_float64_has():
    result = gradcli.grad("detach(x + 1e-9) - x", {"x": 0.7})
    assert float(result.value) == (0.7 + 1e-9) - 0.7 and float(result.gradient["x"]) == -1 and not result.notes
    result = gradcli.grad("detach(exp(x)) - 3 * (exp(x) - 1e-9) / 3", {"x": 0.3})
    assert math.isclose(float(result.value), 1e-9, rel_tol=1e-15)


@pytest.mark.parametrize("x", [0.1, 0.3, 0.7, 1.3])
def test_a_number_beside_itself_detached_is_nothing(x):
    """As programs do that take a derivative straight through."""
    result = gradcli.grad("y = sigmoid(x); y + detach((y > 2) - y)", {"x": x})
    assert float(result.value) == 0 and float(result.gradient["x"]) == float(
        gradcli.grad("sigmoid(x)", {"x": x}).gradient["x"]
    )
    assert float(gradcli.eval("y = exp(x); y - detach(y)", {"x": x}).value) == 0


def test_programs():
    shown = gradcli.run("x = torch.tensor(1.00001)\nprint(x**2 - 2*x + 1, x)\nx**2 - 2*x + 1")
    exact = float((Fraction(1.00001) - 1) ** 2)
    assert [float(v) for v in shown.outputs[0].value] == [exact, 1.00001] and float(shown.outputs[1].value) == exact
    assert [note.kind for note in shown.notes] == ["cancelled"]


@settings(max_examples=150, deadline=None)
@example([6, 6, 6, 6, 6], 0.05680718539046392, 1799)  # 0 to 40 digits
@example([6, 6, 6, 6, 6], 1e-20, 1)
@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=5),
    st.floats(-4, 4, allow_nan=False).filter(lambda x: abs(x) > 1e-3),
    st.integers(0, 10**9),
)
def test_polynomials_near_their_roots(roots, near, steps):
    """Written out, and at a float64 point close to a root: against rational arithmetic."""
    x = roots[0] + near * 2.0**-20 + steps * 2.0**-52
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [*coefficients, Fraction(0)]
        coefficients = [a - root * b for a, b in zip(shifted, [Fraction(0), *coefficients], strict=True)]
    written = " + ".join(f"({int(c)})*x**{len(roots) - i}" for i, c in enumerate(coefficients))
    exact = math.prod(Fraction(x) - root for root in roots)
    assert math.isclose(float(gradcli.eval(written, {"x": x}).value), float(exact), rel_tol=1e-9)


def test_constants_are_folded_as_python_does():
    assert float(gradcli.eval("0.1 + 0.2 - 0.3").value) == 0.1 + 0.2 - 0.3
