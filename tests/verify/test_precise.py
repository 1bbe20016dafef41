"""SymPy expressions to many digits, against SymPy's own evaluation."""

import pytest
import sympy as S

from gradcli.verify.precise import Evaluator, Later, Tape, UnsupportedError

x, y, d = S.Symbol("x", real=True), S.Symbol("y", real=True), S.Dummy(real=True)
POINT = {x: 0.7, y: -1.3}


def evaluator(digits=60):
    return Evaluator(S, POINT, {d: x + y}, digits)


EXPRESSIONS = [
    x + y, x * y**3, S.exp(x) / (1 + y**2), S.sin(x) ** 2 - S.cos(y), S.log(x) * S.sqrt(x), S.atan2(y, x),
    S.asin(x) + S.acos(x) * S.atan(y), S.sinh(x) - S.tanh(y) + S.sech(x), S.Abs(y) + S.sign(y) * x, S.floor(10 * x),
    S.ceiling(10 * y), S.Max(x, y, 0) + S.Min(x, y), S.Piecewise((S.log(y), y > 0), (x, True)), x ** S.Rational(1, 3),
    S.Heaviside(y) + S.Heaviside(x), S.erf(x) * S.gamma(x), S.pi * S.E + S.Rational(1, 3) + S.Float("0.25"),
    S.besselj(2, x), S.Piecewise((1, S.And(x > 0, S.Or(y > 0, S.Ne(x, y)))), (0, True)), S.DiracDelta(x),
]  # fmt: skip


@pytest.mark.parametrize("expr", EXPRESSIONS, ids=str)
def test_values(expr):
    exact = {symbol: S.Rational(*value.as_integer_ratio()) for symbol, value in POINT.items()}
    expected = expr.subs(exact).evalf(50)
    found = evaluator()(expr)
    assert abs(S.Float(str(found), 50) - expected) <= abs(expected) * S.Float("1e-45")


def test_shared_parts_are_computed_once():
    expr = x
    for _ in range(60):  # as a tree, 2**60 nodes
        expr = S.Add(expr, S.sin(expr), evaluate=False)
    assert abs(evaluator()(expr) - 3.14159265358979) < 1e-6


def test_depth_is_no_matter():
    expr = x
    for _ in range(20_000):
        expr = S.sin(expr, evaluate=False)
    assert 0 < evaluator(20)(expr) < 0.1


def test_poles_and_what_is_not_defined():
    at = Evaluator(S, {x: 0.0, y: -1.0}, {}, 60)
    assert at.context.isinf(at(1 / x))
    assert at.context.isinf(at(x ** S.Rational(-1, 2)))
    assert at.context.isnan(at(x * S.log(x)))
    assert at(S.Pow(x, 0, evaluate=False)) == 1
    assert type(at(S.log(y))).__name__ == "mpc"


def test_comparisons_with_what_is_not_real_are_false():
    at = Evaluator(S, {x: 0.0, y: -1.0}, {}, 60)
    root = S.Pow(y, S.Rational(1, 2), evaluate=False)
    assert at(S.Piecewise((1, S.StrictGreaterThan(root, x, evaluate=False)), (2, True))) == 2


def test_a_step_has_its_middle_and_others_aside():
    asides = [Evaluator(S, {x: 0.0}, {}, 60, aside) for aside in (-1e-50, 0.0, 1e-50)]
    assert [at(S.sign(x)) for at in asides] == [-1, 0, 1]
    assert [at(S.Heaviside(x)) for at in asides] == [0, 0.5, 1]
    assert [at.touched for at in asides] == [False, True, False]


def test_terms_that_vanish_are_noticed():
    at = Evaluator(S, {x: 300.0}, {}, 60)
    assert at(1 - S.tanh(x) ** 2) == 0
    assert at.lossy
    at = Evaluator(S, {x: -700.0}, {}, 60)
    assert at(S.log(1 + S.exp(x))) == 0
    assert at.lossy
    at = Evaluator(S, {x: -700.0}, {}, 800)
    assert abs(at(S.log(1 + S.exp(x))) * S.exp(700).evalf(20) - 1) < 1e-15
    assert not at.lossy


def test_meanings_and_laters():
    at = evaluator()
    assert at(d**2) == at((x + y) ** 2)
    later = Later(lambda at, values: values[0] * values[1], [x, Later(lambda at, values: values[0] + 1, [y])])
    assert at(later) == at(x * (y + 1))
    assert at(Later(lambda at, values: values[0] > 0, [x])) == 1
    assert at.context.isinf(at(Later(lambda at, values: values[0] / 0, [x])))


def test_a_tape_computes_what_its_expression_says():
    at = evaluator()
    for expr in (x * S.sin(y) + x, x, S.Piecewise((S.exp(x), x > y), (y, True)), S.Integer(3)):
        tape = Tape(expr, [x, y])
        assert tape.run(at, [at(x), at(y)]) == at(expr)


def test_what_is_not_supported():
    with pytest.raises(UnsupportedError):
        evaluator()(S.Derivative(S.Function("f")(x), x))
