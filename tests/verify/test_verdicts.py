"""Whole checks: what passes, what fails, and what stays open."""

import itertools

import numpy as np
import pytest

from gradcli import Expression
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.operations import elementary, lengths, linalg
from gradcli.errors import DataError, ExpressionError, UsageError

pytestmark = pytest.mark.usefixtures("in_this_process")


def check(expression, variables, **options):
    return Expression(expression).check(variables, **options).check


def values(report, position=0):
    return dict(report.rows[position].values)


# ---- what is right passes ------------------------------------------------------------------------------


def test_the_headline():
    report = check("2*dot(x,x)", {"x": [0, 1, 2, 3]})
    assert report.verdict == "pass"
    assert report.methods == ("forward", "reverse", "sympy", "complex step")
    assert (report.checked, report.total, report.digits, report.remarks) == (4, 4, 16.0, ())
    assert [row.name for row in report.rows] == ["x[0]", "x[1]", "x[2]", "x[3]"]
    assert [row.form for row in report.rows] == ["4*x[0]", "4*x[1]", "4*x[2]", "4*x[3]"]
    assert values(report, 3) == {"forward": 12.0, "reverse": 12.0, "sympy": 12.0, "complex step": 12.0}


# What SymPy has no counterpart of, or cannot differentiate in the time there is.
BEYOND_SYMPY = {"eigh", "eigvalsh", "eigvals", "svd", "svdvals", "pinv", "lstsq", "qr", "expm", "cond", "matrix_rank"}
SLOW = {"det(x)", "inv(x + 3*eye(3))"}
SAMPLES = sorted(
    {
        (function.samples[0].expression, tuple(sorted(function.samples[0].variables.items())))
        for function in FUNCTIONS.values()
        if function.samples and function.name not in BEYOND_SYMPY and function.samples[0].expression not in SLOW
    }
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample[0])
def test_functions_on_their_own_samples(sample):
    expression, shapes = sample
    random = np.random.default_rng(len(expression))
    given = {name: random.uniform(low, high, shape) for name, (shape, low, high) in shapes}
    report = check(expression, given)
    assert report.verdict == "pass", report.remarks
    assert report.digits > 9
    assert report.checked == report.total


ELEMENTWISE = sorted({f.name: f for f in FUNCTIONS.values() if f.operation is not None}.items())


@pytest.mark.parametrize("name", [name for name, _ in ELEMENTWISE])
def test_elementwise_functions_in_their_domain(name):
    function = FUNCTIONS[name]
    random = np.random.default_rng(len(name))
    names = [parameter.name for parameter in function.parameters]
    given = {each: random.uniform(*domain) for each, domain in zip(names, function.domain, strict=True)}
    report = check(f"{name}({', '.join(names)})", given)
    assert report.verdict == "pass", report
    assert "sympy" in report.methods


@pytest.mark.parametrize(
    ("expression", "given"),
    [
        ("where(x>0, sqrt(x), 0)", {"x": -1}),
        ("sqrt(x)", {"x": 0}),  # infinite, and so is SymPy's
        ("exp(x)", {"x": 800}),
        ("exp(x)", {"x": -740}),
        ("tanh(x)", {"x": [20, 300]}),  # SymPy's 1 - tanh(x)**2 needs hundreds of digits
        ("softplus(x)", {"x": [-700, 1000]}),
        ("log(x)", {"x": -1}),  # no value, and no derivative
        ("sum(log(x))", {"x": [-1, 2]}),
        ("x**y", {"x": -2, "y": 3}),
        ("sin(x)", {"x": 1e16}),
        ("cos(x)", {"x": np.pi / 2}),
        ("x**3.0", {"x": 1e-110}),
        ("sin(x)**2 + cos(x)**2", {"x": 0.3}),  # 0, of which rounding may leave something
        ("sum(softmax(x))", {"x": [0.3, 1.7, -2.0]}),
        ("cholesky(x@x.T + eye(2))", {"x": [[1, 2], [3, 4]]}),
        ("sum(x*0)", {"x": np.zeros(0)}),
        ("norm(x, 3)", {"x": [1, -2, 3]}),
    ],
)
def test_special_points(expression, given):
    report = check(expression, given)
    assert report.verdict == "pass", report


def test_a_loss_of_digits_in_the_expression_is_no_mistake():
    report = check("sum(1/(exp(x)-1))", {"x": [1e-12]})  # exp(x) - 1 keeps four digits, and an array is left so
    assert report.verdict == "pass"
    assert 3 < report.digits < 5


@pytest.mark.parametrize(
    "program",
    [
        "y = x\nfor i in range(40):\n    y = y - (y*y - 2) / (2*y)\ny",  # each step reads y four times
        "y = x\nfor i in range(200):\n    y = sin(y)\ny",
        "y = x\nfor i in range(30):\n    y = 3.7*y*(1-y)\ny",
    ],
)
def test_what_a_loop_shares_is_not_written_out(program):
    report = check(program, {"x": 0.3})
    assert report.verdict == "pass"
    assert "sympy" in report.methods


# ---- the other questions --------------------------------------------------------------------------------


def test_a_jacobian():
    report = Expression("x*y").jacobian({"x": [1, 2], "y": [3, 5]}, check=True).check
    assert report.verdict == "pass"
    assert report.total == 8
    assert [row.name for row in report.rows][:4] == ["f[0]/x[0]", "f[0]/x[1]", "f[1]/x[0]", "f[1]/x[1]"]
    assert report.rows[0].form == "y[0]"


def test_a_hessian():
    report = Expression("sum(x**3)*y").hessian({"x": [1, 2], "y": 3}, check=True).check
    assert report.verdict == "pass"
    assert report.methods[:2] == ("forward-over-reverse", "reverse-over-reverse")
    rows = {row.name: row for row in report.rows}
    assert list(rows)[:5] == ["x[0]", "x[1]", "y", "x[0],x[0]", "x[0],x[1]"]
    assert rows["x[1],y"].form == "3*x[1]**2"
    assert rows["x[1],x[1]"].values["differences of complex steps"] == pytest.approx(36.0, rel=1e-8)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_every_mode_is_put_beside_another(mode):
    for report in (
        Expression("sum(x**3)*y").hessian({"x": [1, 2], "y": 3}, mode=mode, check=True).check,
        Expression("[x*y, x/y, x]").jacobian({"x": 2, "y": 3}, mode=mode, check=True).check,
        Expression("sin(x)*y, x**2").jacobian({"x": 2, "y": 3}, mode=mode, check=True).check,
        Expression("sum(x**3)").grad({"x": [1, 2]}, mode=mode, check=True).check,
        Expression("x**4").grad({"x": 3}, mode=mode, order=3, check=True).check,
    ):
        assert report.verdict == "pass"
        assert len([method for method in report.methods if "forward" in method or "reverse" in method]) == 2


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_products(mode):
    report = Expression("sum(x**3)*y").hvp({"x": [1, 2], "y": 3}, vector={"x": [1, 0]}, mode=mode, check=True).check
    assert report.verdict == "pass"
    assert [row.name for row in report.rows] == ["x[0]", "x[1]", "x[0],vector", "x[1],vector"]
    report = Expression("sin(x)*y").jvp({"x": [1, 2], "y": 3}, tangent={"x": [1, 0]}, mode=mode, check=True).check
    assert report.verdict == "pass"
    assert [row.name for row in report.rows] == ["tangent[0]", "tangent[1]"]
    assert report.rows[0].form == "y*cos(x[0])"
    report = Expression("x**3").vjp({"x": [1, 2]}, grad_outputs=[1, 2], mode=mode, check=True).check
    assert report.verdict == "pass"
    assert report.rows[1].form == "6*x[1]**2"


@pytest.mark.parametrize(("order", "form"), [(1, "cos(x)"), (2, "-sin(x)"), (3, "-cos(x)"), (6, "-sin(x)")])
def test_orders(order, form):
    report = check("sin(x)", {"x": 0.7}, order=order)
    assert report.verdict == "pass"
    assert report.rows[0].form == form
    assert any("differences" in method for method in report.methods) == (order in (2, 3))


def test_the_order_of_a_vector_sums_the_last_gradient():
    report = Expression("sum(x)**3").grad({"x": [1.0, 2.0]}, order=2, check=True).check
    assert report.verdict == "pass"
    assert values(report)["sympy"] == 36.0  # d/dx0 of (3 + 3) * sum**2


@pytest.mark.parametrize(
    ("expression", "form", "slope"),
    [
        ("detach(x)*x", "x", 3.0),
        ("detach(sin(x)*y)*x + y", "y*sin(x)", 2 * np.sin(3)),
        ("x + detach(x**2)", "1", 1.0),
        ("grad(x**3, x)*y", "6*x*y", 36.0),
        ("grad(log(x)*x, x)", "1/x", 1 / 3),
        ("grad(detach(x)*x**2, x)", "2*x", 6.0),
    ],
)
def test_detach_and_derivatives_in_the_expression(expression, form, slope):
    report = check(expression, {"x": 3, "y": 2}, wrt=["x"])
    assert report.verdict == "pass"
    assert report.rows[0].form == form
    assert values(report)["sympy"] == pytest.approx(slope, rel=1e-15)
    assert values(report)["complex step"] == pytest.approx(slope, rel=1e-14)


def test_a_slope_that_detach_cuts_off_is_not_found_by_differences_either():
    report = check("abs(x)*detach(x)", {"x": 3})
    assert report.verdict == "pass"
    assert values(report)["differences"] == pytest.approx(3.0)


# ---- what is wrong fails --------------------------------------------------------------------------------

WRONG = [
    (elementary.exp, "sum(exp(x)*x)", {"x": [0.5, -1.0]}),
    (elementary.sin, "sin(x)", {"x": 0.7}),
    (elementary.tanh, "tanh(x)**3", {"x": 20.0}),
]


@pytest.mark.parametrize(("operation", "expression", "given"), WRONG)
@pytest.mark.parametrize("factor", [1 + 1e-6, 1 - 1e-6, 2.0, -1.0])
def test_a_wrong_rule_fails(monkeypatch, operation, expression, given, factor):
    (right,) = operation.rules
    monkeypatch.setattr(operation, "rules", (lambda g, out, x: factor * right(g, out, x),))
    report = check(expression, given)
    assert report.verdict == "fail"
    assert not report.rows[0].agrees
    assert report.digits < 7


def test_a_wrong_transpose_of_one_mode_fails(monkeypatch):
    right = linalg.product.halves
    monkeypatch.setattr(linalg.product, "halves", (lambda g, node: 1.001 * right[0](g, node), right[1]))
    report = check("sum((A@x)**2)", {"A": [[1, 2], [3, 4]], "x": [1, 2]})
    assert report.verdict == "fail"
    row = report.rows[0]
    assert row.values["forward"] == row.values["sympy"] != row.values["reverse"]


def test_a_wrong_rule_fails_where_there_is_no_complex_step_and_in_second_derivatives(monkeypatch):
    right = lengths.euclidean.rule
    monkeypatch.setattr(lengths.euclidean, "rule", lambda g, out, x, axes: 1.0001 * right(g, out, x, axes))
    assert check("sum(abs(norm(x) - 1))", {"x": [1, 2.0]}).verdict == "fail"
    assert Expression("norm(x)").hessian({"x": [1, 2.0]}, check=True).check.verdict == "fail"


def test_a_wrong_kernel_fails(monkeypatch):
    monkeypatch.setattr(elementary.sin, "kernel", lambda x: np.sin(x) * (1 + 1e-7))
    report = check("sin(x)", {"x": 0.7})
    assert report.verdict == "fail"
    assert any(remark.startswith("the value is ") for remark in report.remarks)


def test_an_answer_that_rounding_has_spoilt_fails_and_is_explained():
    report = check("(1-cos(x))/x**2", {"x": [1e-8]})  # an array: a number would be worked out to more digits
    assert report.verdict == "fail"
    assert values(report)["sympy"] == pytest.approx(-1e-8 / 12, rel=1e-6)
    assert "rounding inside the expression explains the difference in x[0]" in report.remarks


def test_nan_where_there_is_a_derivative_fails():
    report = check("log(1+exp(x))", {"x": 1000})
    assert report.verdict == "fail"
    assert values(report)["sympy"] == 1.0


@pytest.mark.parametrize(
    ("expression", "x"), [("where(x*3 == 0.1*3, x, -x)", 0.1), ("floor(x*10)*x", 0.3), ("where(x/x > 0, 2*x, x)", 0.0)]
)
def test_where_sympy_may_take_another_branch_it_does_not_contradict(expression, x):
    report = check(expression, {"x": x})
    assert report.verdict == "inconclusive"
    assert any(remark.startswith("SymPy may take another branch") for remark in report.remarks)


# ---- kinks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "given", "sides"),
    [
        ("abs(x)", {"x": 0}, (-1, 1)),
        ("3*relu(x)", {"x": 0}, (0, 3)),
        ("maximum(x, 2)", {"x": 2}, (0, 1)),
        ("norm([x, 0])", {"x": 0}, (-1, 1)),
        ("abs(log(x))*5", {"x": 1}, (-5, 5)),
        ("clip(x, -1, 1)", {"x": 1}, (1, 0)),
    ],
)
def test_a_convention_at_a_kink_is_confirmed_by_the_slopes_on_its_sides(expression, given, sides):
    report = check(expression, given)
    assert report.verdict == "pass"
    assert report.rows[0].one_sided == pytest.approx(sides, abs=1e-9)
    assert "differences" in report.methods
    assert any("at a kink" in remark for remark in report.remarks)


def test_only_the_element_at_the_kink_is_treated_so():
    report = check("sum(abs(x)*[1,2,3])", {"x": [0, 1, -1]})
    assert report.verdict == "pass"
    assert [row.one_sided is not None for row in report.rows] == [True, False, False]
    assert values(report, 2) == {"forward": -3.0, "reverse": -3.0, "sympy": -3.0, "differences": pytest.approx(-3.0)}


def test_an_answer_outside_the_slopes_fails(monkeypatch):
    from gradcli.engine.operations.selection import relu, where

    monkeypatch.setattr(relu, "rules", (lambda g, out, x: where(x, g, 2.0 * g),))
    report = check("relu(x)", {"x": 0})
    assert report.verdict == "fail"
    assert any("does not lie between" in remark for remark in report.remarks)


def test_there_is_no_slope_at_a_kink_of_the_root():
    report = check("sqrt(x*x)", {"x": 0})
    assert report.verdict == "pass"
    assert report.rows[0].one_sided == (-1.0, 1.0)
    assert any("NaN says so" in remark for remark in report.remarks)


def test_a_convention_at_a_jump_stays_open():
    report = check("sign(x)", {"x": 0})
    assert report.verdict == "inconclusive"
    assert report.rows[0].one_sided == (np.inf, np.inf)
    assert any("convention" in remark for remark in report.remarks)


def test_two_kinks_that_cancel_are_no_kink():
    report = check("maximum(x, y) + minimum(x, y)", {"x": 1, "y": 1})
    assert report.verdict == "pass"
    assert [row.one_sided for row in report.rows] == [None, None]
    assert values(report)["sympy"] == 1.0


# ---- large questions ------------------------------------------------------------------------------------


def test_a_large_gradient_is_sampled():
    report = check("sum(sin(x)*x)", {"x": np.linspace(-2, 3, 2000)})
    assert report.verdict == "inconclusive"
    assert (report.checked, report.total) == (20, 2000)
    assert "SymPy checked 20 of 2,000 elements" in report.remarks
    assert 20 <= len(report.rows) <= 25
    assert {"x[0]", "x[1999]"} <= {row.name for row in report.rows}


def test_of_a_large_gradient_the_elements_outside_the_sample_are_compared_too(monkeypatch):
    from gradcli.engine.seeded import Seeded

    right = Seeded.solve

    def spoilt(self, feeds):
        answer = right(self, feeds)
        (gradient,) = answer.derivatives
        return answer.replaced(derivatives=(gradient + 1e-3 * (np.arange(1000) == 777),))

    monkeypatch.setattr(Seeded, "solve", spoilt)
    report = check("sum(sin(x)*x)", {"x": np.linspace(-2, 3, 1000)})
    assert report.verdict == "fail"
    assert [row.name for row in report.rows if not row.agrees] == ["x[777]"]


def test_more_elements_than_rows_are_all_checked():
    report = check("sum(sin(x)*x)", {"x": np.linspace(-2, 3, 150)})
    assert report.verdict == "pass"
    assert (report.checked, report.total) == (150, 150)
    assert len(report.rows) < 30


def test_the_sample_is_the_same_each_time():
    given = {"x": np.random.default_rng(3).normal(size=500)}
    first, second = (check("sum(exp(x))", given) for _ in range(2))
    assert first == second


def test_what_sympy_is_not_asked_at_all():
    report = check("sum(sin(x))", {"x": np.ones(300_000)})
    assert report.verdict == "inconclusive"
    assert "SymPy gave up: the expression computes 600,001 numbers, and it takes on at most 400,000" in report.remarks


def test_what_sympy_has_no_counterpart_of():
    report = check("sum(eigvalsh(x + x.T)*[1,2])", {"x": [[1, 2], [3, 4.0]]})
    assert report.verdict == "inconclusive"
    assert "SymPy gave up: it has no counterpart of eigvalsh" in report.remarks
    assert report.methods == ("forward", "reverse", "differences")


# ---- claims ---------------------------------------------------------------------------------------------


def test_a_true_claim():
    report = check("2*dot(x,x)", {"x": [0, 1, 2, 3]}, claims={"x": "4*x"})
    assert (report.verdict, report.claims, report.claim_differences, report.claim_rows) == ("pass", {"x": True}, 0, ())


def test_a_true_claim_that_is_rounded_differently():
    given = {"x": np.linspace(-3, 3, 40)}
    assert check("sum(sigmoid(x))", given, claims={"x": "exp(-x)/(1+exp(-x))**2"}).verdict == "pass"


def test_a_false_claim():
    report = check("2*dot(x,x)", {"x": np.arange(10.0)}, claims={"x": "2*x"})
    assert report.verdict == "fail"
    assert report.claims == {"x": False}
    assert report.claim_differences == 9
    assert [row.name for row in report.claim_rows] == ["x[1]", "x[2]", "x[3]", "x[4]", "x[5]"]
    first = report.claim_rows[0]
    assert (first.claimed, first.computed, first.difference) == (2.0, 4.0, -2.0)


def test_a_claim_that_is_nearly_right_is_false():
    assert not check("sin(x)", {"x": 0.7}, claims={"x": "cos(x)*(1+1e-7)"}).claims["x"]


def test_one_number_for_all_elements():
    report = check("3*sum(x)", {"x": [1, 2]}, claims={"x": "3"})
    assert report.verdict == "pass"
    assert "the claim for x is one number, and was compared with every element" in report.remarks


def test_claims_for_several_variables_and_for_a_jacobian():
    report = check("x*y", {"x": [1, 2], "y": [3, 4]}, claims={"x": "diag(y)", "y": "x"})
    assert report.claims == {"x": True, "y": False}
    assert report.claim_rows[0].name == "f[0]/y[1]"


def test_a_claim_may_be_numbers_with_commas_between():
    assert check("sum(x**2)", {"x": [1, 2]}, claims={"x": "2, 4"}).claims == {"x": True}


def test_a_claim_for_infinity():
    assert check("sqrt(x)", {"x": 0}, claims={"x": "inf"}).claims == {"x": True}
    assert check("sqrt(x)", {"x": 0}, claims={"x": "-inf"}).claims == {"x": False}


@pytest.mark.parametrize(
    ("claim", "error", "message"),
    [
        ({"x": "[1,2]"}, DataError, "the claim for x has shape (2,), and the derivative has shape (4,)"),
        ({"x": "eye(4)"}, DataError, "the claim for x has shape (4, 4), and the derivative has shape (4,)"),
        ({"x": "x, x"}, DataError, "the claim for x is not one array"),
        ({"xs": "x"}, UsageError, "a claim for xs, which the derivative is not taken for"),
        ({"x": "4*z"}, ExpressionError, "no value for z"),
        ({"x": "4*"}, ExpressionError, None),
    ],
)
def test_claims_that_do_not_fit(claim, error, message):
    with pytest.raises(error) as caught:
        check("2*dot(x,x)", {"x": [0, 1, 2, 3]}, claims=claim)
    assert message is None or caught.value.message == message
    if error is not UsageError:
        assert caught.value.source == next(iter(claim.values()))


def test_agreement_on_compositions():
    inner = ["sin({})", "exp({}/3)", "abs({})", "{}**2", "relu({}-0.1)", "log(2+{}**2)", "max([{}, y])"]
    given = {"x": 0.6, "y": -0.4}
    for outer, first in itertools.product(inner, inner):
        report = check(outer.format(f"({first.format('x*y')})"), given)
        assert report.verdict == "pass", (outer, first, report)


@pytest.mark.parametrize(
    ("expression", "x", "claim"),
    [
        ("(exp(x)-1)/x", 1e-9, "(x*exp(x)-exp(x)+1)/x^2"),
        ("1-cos(x)", 1e-9, "sin(x)"),
        ("x^3-3x^2+3x-1", 1.00001, "3*(x-1)^2"),
    ],
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_digits_beyond_float64_are_confirmed_by_sympy_alone(expression, x, claim, mode):
    report = check(expression, {"x": x}, claims={"x": claim}, mode=mode)
    assert (report.verdict, report.claims, report.digits) == ("pass", {"x": True}, 16.0)
    assert set(report.methods) == {"forward", "reverse", "sympy"}
    assert any("float64, which loses these digits" in remark for remark in report.remarks)
    assert check(expression, {"x": x}, claims={"x": f"({claim})*1.0001"}).verdict == "fail"
