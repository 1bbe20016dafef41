"""Derivatives by SymPy from a request: what is written out, what is kept as a number, what is short enough to show."""

import json

import numpy as np
import pytest
import sympy as S

from gradcli import Expression
from gradcli.verify import request as requests
from gradcli.verify.elements import Elements
from gradcli.verify.forms import WIDTH, closed_form
from gradcli.verify.point import Point
from gradcli.verify.symbolic import derive


def asked(expression, given, positions=None, *, sparing=None, order=1, forms=9):
    question = Expression(expression)._ask("check", given, (("mode", "auto"), ("order", order)))
    elements = Elements(question.prepared)
    positions = range(len(elements)) if positions is None else positions
    point = Point(question.prepared, question.arrays, question.extra)
    request = requests.request(point, [elements[position] for position in positions], forms)
    if sparing is not None:
        request["sparing"] = sparing
    found = list(derive(S, json.loads(json.dumps(request))))
    slopes = [None if value is None else float(value) for kind, _, value in found if kind == "slope"]
    shown = {number: form for kind, number, form in found if kind == "form"}
    (value,) = {value for kind, _, value in found if kind == "value"} if question.prepared.output.size == 1 else ("",)
    return slopes, shown, value


def test_fifty_digits():
    _, _, value = asked("exp(x)", {"x": 2.0})
    assert value == "7.3890560989306502272304274605750078131803155705518"


def test_inputs_and_constants_are_the_exact_numbers_that_they_are():
    _, _, value = asked("0.1*x", {"x": 0.1})
    exact = S.Rational(*(0.1).as_integer_ratio()) ** 2
    assert abs(S.Float(value, 60) - exact.evalf(60)) < 1e-49


EXPRESSIONS = [
    "sum(sin(x)*y)", "norm(x)*y", "logsumexp(x) + y*x[1]", "sum(softmax(x)*[1,2,3,4])", "max(x)*y", "prod(x)",
    "sum(cumsum(x)*x)", "sum(where(x > 0, x**2, y*x))", "sum(sort(x)*[1,2,3,4])", "x[1]*detach(sum(x**2))",
    "sum((A@x)**2)*y", "sum(stack([x, x*y])[:, ::-1]*A[0])", "x[argmax(x)]*y", "sum(floor(x)*x)", "det(A[:2,:2]*x[0])",
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_sparing_or_not_the_numbers_are_the_same(expression):
    given = {"x": [0.3, 1.7, -0.6, 0.9], "y": 1.25}
    if "A" in expression:
        given["A"] = np.arange(1.0, 17.0).reshape(4, 4) / 7
    whole, _, value = asked(expression, given, [0, 1, 3], sparing=False)
    spare, _, same = asked(expression, given, [0, 1, 3], sparing=True)
    assert spare == pytest.approx(whole, rel=1e-15, abs=1e-300)
    assert float(value) == float(same)
    gradient = Expression(expression).grad(given).gradient["x"]
    assert whole == pytest.approx(gradient[[0, 1, 3]], rel=1e-12, abs=1e-15)


def test_of_a_large_graph_only_what_is_asked_for_is_written_out():
    x = np.linspace(-2, 2, 3000)
    slopes, shown, _ = asked("sum(sin(x)*exp(-x**2))", {"x": x}, [0, 1234, 2999])
    at = x[[0, 1234, 2999]]
    assert slopes == pytest.approx(np.exp(-(at**2)) * (np.cos(at) - 2 * at * np.sin(at)), rel=1e-13)
    assert shown[1] == "(-2*x[1234]*sin(x[1234]) + cos(x[1234]))*exp(-x[1234]**2)"


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        ("2*dot([x,y],[x,y])", "4*x"),
        ("x*0.1", "0.1"),
        ("x**2/4", "x/2"),
        ("pi*x", "3.141592653589793"),
        ("abs(x)", "sign(x)"),
        ("log(x)", "1/x"),
        ("x**y", "x**y*y/x"),
        ("sum([x*i for i in [1,2,3]])", "6"),
        ("exp(sin(x)*cos(y)*x**2 + 3*x*y)*tan(x)*sinh(y)*log(x+y)", None),
    ],
)
def test_closed_forms(expression, form):
    _, shown, _ = asked(expression, {"x": 0.5, "y": 2.0}, [0])
    assert shown.get(0) == form


def test_a_form_is_as_wide_as_it_may_be():
    a = S.Symbol("a" * WIDTH, real=True)
    assert closed_form(S, a, {}) == a.name
    assert closed_form(S, a + 1, {}) is None


@pytest.mark.parametrize(
    ("expression", "x", "slope"),
    [
        ("abs(x)", 0.0, None),
        ("maximum(x, 1)", 1.0, None),
        ("x*abs(x)", 0.0, 0.0),
        ("maximum(x, 1) + minimum(x, 1)", 1.0, 1.0),
        ("sqrt(x)", 0.0, np.inf),
        ("norm([x, x])", 0.0, None),
        ("log(x)**2", -1.0, None),
        ("tanh(x)", 300.0, 1 / np.cosh(300.0) ** 2),
        ("logit(x)", 1.0, np.inf),
        ("cbrt(x)", 0.0, np.inf),
        ("round(x)", 0.3, 0.0),
        ("x - x", 5.0, 0.0),
    ],
)
def test_special_points(expression, x, slope):
    (found,), _, _ = asked(expression, {"x": x})
    assert found == (None if slope is None else pytest.approx(slope, rel=1e-14))


def test_a_graph_that_is_too_large_is_not_sent(monkeypatch):
    monkeypatch.setattr(requests, "MOST", 100)
    with pytest.raises(requests.TooMuchError, match="takes on at most 100"):
        asked("sum(x)", {"x": np.ones(100)})
