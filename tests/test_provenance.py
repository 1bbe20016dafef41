"""Where a number that is not finite came from: the place, the element, the operand, and what to write instead."""

from __future__ import annotations

import math

import pytest

import gradcli
from gradcli.errors import DataError

PAIR, ZEROS, EQUAL = [1000.0, 1.0], [0.0, 0.0], [1.0, 1.0]
# formula, values, what is to be written instead
STABLE = [
    ("log(1+exp(x))", {"x": 1000}, "softplus(x)"), ("log(exp(x)+1)", {"x": 1000}, "softplus(x)"),
    ("log1p(exp(x))", {"x": 1000}, "softplus(x)"), ("y = exp(x); z = y + 1; log(z)", {"x": 1000}, "softplus(x)"),
    ("log(sum(exp(x)))", {"x": PAIR}, "logsumexp(x)"), ("log(exp(x).sum())", {"x": PAIR}, "logsumexp(x)"),
    ("log(mean(exp(x)))", {"x": PAIR}, "logsumexp(x)"), ("log(exp(x)+exp(y))", {"x": 1000, "y": 2}, "logaddexp(x, y)"),
    ("sqrt(sum(x*x))", {"x": ZEROS}, "norm(x)"), ("sqrt(sum(x**2))", {"x": ZEROS}, "norm(x)"),
    ("sqrt(dot(x,x))", {"x": ZEROS}, "norm(x)"), ("sqrt(x@x)", {"x": ZEROS}, "norm(x)"), ("(x@x)**0.5", {"x": ZEROS}, "norm(x)"),
    ("x.pow(2).sum().sqrt()", {"x": ZEROS}, "norm(x)"), ("sqrt(sum(x*x))", {"x": [1e200, 0]}, "norm(x)"),
    ("sqrt(sum((x-y)**2))", {"x": EQUAL, "y": EQUAL}, "norm(x)"), ("sqrt(x**2+y**2)", {"x": 0, "y": 0}, "hypot(x, y)"),
    ("sqrt(x*x+y*y)", {"x": 1e200, "y": 0}, "hypot(x, y)"), ("sqrt(x[0]**2+x[1]**2)", {"x": ZEROS}, "hypot(x, y)"),
    ("sqrt(x**2+y**2+z**2)", {"x": 0, "y": 0, "z": 0}, "norm([x, y, z])"), ("sqrt(x*x)", {"x": 0}, "abs(x)"),
    ("sqrt(var(x))", {"x": EQUAL}, "std(x)"), ("sqrt(mean((x-mean(x))**2))", {"x": EQUAL}, "std(x)"),
    ("x*log(x)", {"x": 0}, "xlogy(x, x)"), ("log(x)*x", {"x": 0}, "xlogy(x, x)"), ("sum(x*log(x))", {"x": [0, 1]}, "xlogy(x, x)"),
    ("x*log(y)", {"x": 0, "y": 0}, "xlogy(x, y)"), ("x*log1p(y)", {"x": 0, "y": -1}, "xlog1py(x, y)"), ("-x*log(x)", {"x": 0}, "entr(x)"),
    ("sin(x)/x", {"x": 0}, "sinc(x / pi)"), ("sin(pi*x)/(pi*x)", {"x": 0}, "sinc(x)"),
    ("(exp(x)-1)/x", {"x": 0}, "expm1(x)"), ("1/(exp(x)-1)", {"x": [1e-20, 1]}, "expm1(x)"), ("(-1+exp(x))/x", {"x": 0}, "expm1(x)"),
    ("1/log(1+x)", {"x": [1e-20, 1]}, "log1p(x)"), ("log(1-exp(x))", {"x": [-1e-20, -1]}, "log1mexp(x)"),
    ("exp(x)/sum(exp(x))", {"x": PAIR}, "softmax(x)"), ("log(softmax(x))", {"x": PAIR}, "log_softmax(x)"),
    ("log(exp(x)/sum(exp(x)))", {"x": PAIR}, "log_softmax(x)"), ("1/(1+exp(-x))", {"x": -1000}, "sigmoid(x)"),
    ("exp(x)/(1+exp(x))", {"x": 1000}, "sigmoid(x)"), ("1/(1+exp(x))", {"x": 1000}, "sigmoid(-x)"),
    ("log(sigmoid(x))", {"x": -1000}, "log_sigmoid(x)"), ("log(1-sigmoid(x))", {"x": 1000}, "log_sigmoid(-x)"),
    ("(exp(x)-exp(-x))/(exp(x)+exp(-x))", {"x": 1000}, "tanh(x)"), ("log(cosh(x))", {"x": 1000}, "logaddexp(x, -x)"),
    ("log(gamma(x))", {"x": 1000}, "lgamma(x)"), ("exp(x**2)*erfc(x)", {"x": 30}, "erfcx(x)"),
    ("gamma(x)*gamma(y)/gamma(x+y)", {"x": 200, "y": 300}, "beta(x, y)"), ("x/abs(x)", {"x": 0}, "sign(x)"),
]  # fmt: skip


def note(expression, variables, **how):
    """The one note on what is not finite, and the piece of the source that it points at."""
    found = gradcli.jacobian(expression, variables, **how).notes
    (told,) = (each for each in found if each.kind == "nonfinite")
    return told.message, None if told.span is None else expression[slice(*told.span)]


@pytest.mark.parametrize(("expression", "variables", "better"), STABLE)
def test_the_stable_spelling(expression, variables, better):
    message, _ = note(expression, variables)
    assert message.partition("; ")[2].startswith(better) or (better == "entr(x)" and better in message)


@pytest.mark.parametrize(("expression", "x", "value", "better"), [
    ("1/(exp(x)-1)", 1e-20, 1e20, "expm1(x)"), ("1/log(1+x)", 1e-20, 1e20, "log1p(x)"),
    ("log(1-exp(x))", -1e-20, math.log(1e-20), "log1mexp(x)"), ("log(1+x)", 1e-20, 1e-20, "log1p(x)"),
    ("1-cos(x)", 1e-9, 5e-19, "2 * sin(x/2)**2"), ("1-cos(x)**2", 1e-9, 1e-18, "sin(x)**2"),
    ("3*(1-tanh(x)**2)", 20.0, 12 / math.exp(40.0), "sech(x)**2"), ("1-erf(x)", 8.0, math.erfc(8.0), "erfc(x)"),
    ("1-sigmoid(x)", 50.0, math.exp(-50.0), "sigmoid(-x)"), ("x-tanh(x)", 1e-4, 1e-12 / 3, "tanhshrink(x)"),
    ("x**2-2*x+1", 1.0001, 1e-8, ""),
])  # fmt: skip
def test_the_stable_spelling_of_what_was_worked_out_to_more_digits(expression, x, value, better):
    """Numbers are right in the spelling that is not stable; arrays would not be."""
    found = gradcli.grad(expression, {"x": x})
    assert math.isclose(float(found.value), value, rel_tol=1e-7)
    (told,) = found.notes
    assert told.kind == "cancelled" and told.message.partition("; ")[2].startswith(better)


@pytest.mark.parametrize(("expression", "x", "told", "place"), [
    ("2*log(x)", 0.0, "log(x) is -inf where its operand is 0", "log(x)"),
    ("sum(log(x))", [1.0, 0.0], "element [1] of log(x) is -inf where its operand is 0", "log(x)"),
    ("sum(log(x), axis=1)", [[1.0, 2.0], [3.0, 0.0]], "element [1, 1] of log(x) is -inf where its operand is 0", "log(x)"),
    ("sqrt(x[::-1])", [4.0, -1.0], "element [0] of sqrt(x[::-1]) is nan where its operand is -1", "sqrt(x[::-1])"),
    ("1/(x-1)", 1.0, "1/(x-1) is inf where its operands are 1, 0", "1/(x-1)"),
    ("sum(x)", [1.0, float("nan")], "element [1] of x is nan", None),
    ("sum(sqrt(x))", [1.0, 0.0], "the derivative of element [1] of sqrt(x) is inf where its operand is 0", "sqrt(x)"),
    ("where(x > 2, log(x - 3), 1/x)", 0.0, "1/x is inf where its operands are 1, 0", "1/x"),
    ("concatenate([log(x), x])[:2].sum()", [0.0, 1.0], "element [0] of log(x) is -inf where its operand is 0", "log(x)"),
])  # fmt: skip
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_which_subexpression_first_was_not_finite(expression, x, told, place, mode):
    message, quoted = note(expression, {"x": x}, mode=mode)
    assert told in message
    assert place is None or quoted == place


@pytest.mark.parametrize(("expression", "told"), [
    ("x + min([1, nan])", "element [1] of the array in min([1, nan]) is nan"),
    ("x + mean([inf, 1])", "element [0] of the array in mean([inf, 1]) is inf"),
    ("[1, nan]", "element [1] of the array is nan"),
])  # fmt: skip
def test_an_array_that_is_written_out_is_told_from_what_is_called_with_it(expression, told):
    (said,) = (each.message for each in gradcli.eval(expression, {"x": 1.0}).notes if each.kind == "nonfinite")
    assert told in said


def test_what_has_no_better_spelling_gets_none():
    assert "; " not in note("exp(x)", {"x": 1000})[0]
    assert "; " not in note("log(x - 1)", {"x": 1})[0]


SINGULAR = [[1.0, 2.0], [2.0, 4.0]]


@pytest.mark.parametrize(
    ("command", "source", "part"),
    [
        ("eval", "1 + inv(A)", "inv(A)"),
        ("eval", "B = inv(A); sum(B)", "inv(A)"),
        ("eval", "2 * solve(A, A[0])", "solve(A, A[0])"),
        ("eval", "det(A) + cholesky(A - 9)[0, 0]", "cholesky(A - 9)"),
        ("grad", "sum(1 + inv(A))", "inv(A)"),
        ("hessian", "sum(inv(A))", "inv(A)"),
        ("run", "B = inv([[1, 2], [2, 4]])\nB", "inv([[1, 2], [2, 4]])"),
        ("run", "if 1 < 2: y = 3\nB = inv([[1, 2], [2, 4]])\nB", "inv([[1, 2], [2, 4]])"),
    ],
)
def test_a_matrix_without_an_answer_has_its_place(command, source, part):
    expression = gradcli.Expression(source)
    with pytest.raises(DataError) as caught:
        expression.run() if command == "run" else getattr(expression, command)({"A": SINGULAR})
    start, end = caught.value.span
    assert source[start:end] == part
