"""Numbers, operators, comparisons and logic mean what they mean in NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .running import failure, needs_values, run, slope

X = np.array([0.5, -1.5, 2.0])
Y = np.array([2.0, 3.0, -0.25])


@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!="])
def test_operators_on_arrays_are_numpys(symbol):
    expected = {
        "+": X + Y, "-": X - Y, "*": X * Y, "/": X / Y, "//": X // Y, "%": X % Y,
        "<": X < Y, "<=": X <= Y, ">": X > Y, ">=": X >= Y, "==": X == Y, "!=": X != Y,
    }[symbol]  # fmt: skip
    assert np.array_equal(run(f"x {symbol} y", x=X, y=Y), expected)


@given(st.floats(), st.floats(), st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]))
@settings(max_examples=200)
def test_numbers_fold_as_arrays_compute(x, y, symbol):
    """An operation on literals gives the very bits that the same on inputs gives."""
    folded = run(f"({x!r}) {symbol} ({y!r})" if math.isfinite(x + y) else f"float(a) {symbol} float(b)", a=x, b=y)
    computed = run(f"a {symbol} b", a=x, b=y)
    assert np.array_equal(folded, computed, equal_nan=True)
    assert math.copysign(1, folded) == math.copysign(1, computed) or np.isnan(folded)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1/0", math.inf), ("-1/0", -math.inf), ("0/0", math.nan), ("9**9**9**9", math.inf), ("(-8)**(1/3)", math.nan),
        ("2**-2", 0.25), ("-2**2", -4.0), ("2^3^2", 512.0), ("7 // 2", 3.0), ("-7 // 2", -4.0), ("-7 % 3", 2.0),
        ("7 % -3", -2.0), ("1 // 0", math.inf), ("1 % 0", math.nan), ("1e308*10", math.inf), ("2(3+4)", 14.0),
        ("-0.0", -0.0), ("0 * -1", -0.0), ("5 % inf", 5.0), ("√2", math.sqrt(2)), ("3²", 9.0), ("True + True", 2.0),
        ("+True", 1.0), ("-True", -1.0), ("e", math.e), ("pi", math.pi), ("tau", math.tau), ("∞", math.inf),
    ],
)  # fmt: skip
def test_constants(source, value):
    result = run(source)
    assert np.array_equal(result, value, equal_nan=True)
    assert math.copysign(1, result) == math.copysign(1, value) or math.isnan(value)


def test_constants_need_no_values_and_no_nodes():
    from .running import traced

    made, _ = traced("1 + 2*3 - sin(4)/5", {})
    assert made.graph.count == 1  # the answer
    assert not needs_values("n = 3; x[n - 1] + sum([x[i] for i in range(n)])", x=(3,))


@pytest.mark.parametrize("exponent", [-2.0, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
def test_constant_exponents_have_rules_of_their_own(exponent):
    assert slope(f"x**({exponent})", x=0.7) == pytest.approx(exponent * 0.7 ** (exponent - 1), rel=1e-15)
    assert slope(f"pow(x, {exponent})", x=0.7) == slope(f"x.pow({exponent})", x=0.7) == slope(f"x**({exponent})", x=0.7)


def test_constant_exponents_at_zero():
    """With a variable exponent these would be NaN."""
    assert run("grad(grad(x**1.0, x), x)", x=0.0) == 0.0
    assert run("grad(grad(grad(x**2, x), x), x)", x=0.0) == 0.0
    assert slope("x**0", x=0.0) == 0.0
    assert slope("x**3", x=-2.0) == 12.0


def test_exponents_that_are_numbers_with_names():
    assert slope("n = 3; x**n", x=-2.0) == 12.0
    assert run("n = 3; grad(x**n, x)", x=-2.0) == 12.0
    assert run("n = 3; grad(x**n, n)", x=2.0) == pytest.approx(8 * math.log(2), rel=1e-15)


def test_variable_exponents():
    assert slope("x**y", x=2.0, y=3.0) == 12.0
    assert slope("x**y", wrt="y", x=2.0, y=3.0) == pytest.approx(8 * math.log(2), rel=1e-15)
    assert slope("2**x", x=3.0) == pytest.approx(8 * math.log(2), rel=1e-15)


# ---- comparisons and logic -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 < 2 < 3", 1), ("1 < 3 < 2", 0), ("3 < 2 < 1/0", 0), ("1 == 1 != 2 >= 2", 1), ("not 0", 1), ("not 3", 0),
        ("1 and 2", 1), ("0 and 2", 0), ("0 or 0", 0), ("0 or 7", 1), ("3 or x[9]", 1), ("0 and x[9]", 0),
        ("not 1 == 2", 1), ("None is None", 1), ("3 is not None", 1), ("x is None", 0), ("x == None", 0), ("x != None", 1),
        ("True & False", 0), ("True | False", 1), ("~True", 0), ("'a' == 'a'", 1), ("[1, 2] == [1, 2]", 1),
        ("(1, 2) != (1, 3)", 1), ("x.shape == (3,)", 1), ("[1, [2, 3]] == [1, [2, 4]]", 0), ("5 if 2 > 1 else 6", 5),
        ("5 if [] else 6", 6), ("5 if 'a' else 6", 5), ("None or 4", 4), ("[] or 4", 4), ("[1] and 4", 4),
    ],
)  # fmt: skip
def test_truth_of_what_is_known(source, value):
    assert run(source, x=X) == value


def test_chains_on_arrays_are_pairwise():
    assert np.array_equal(run("0 < x < y", x=X, y=Y), (X > 0) & (X < Y))
    assert np.array_equal(run("x < y < 1 < 2", x=X, y=Y), (X < Y) & (Y < 1))
    assert np.array_equal(run("0 < 1 < x", x=X), X > 1)


def test_logic_on_arrays_is_elementwise():
    assert np.array_equal(run("x > 0 and y > 0", x=X, y=Y), (X > 0) & (Y > 0))
    assert np.array_equal(run("x or y", x=[0.0, 0.0, 2.0], y=[0.0, 1.0, 0.0]), [0, 1, 1])
    assert np.array_equal(run("(x > 0) & ~(y > 0)", x=X, y=Y), (X > 0) & ~(Y > 0))
    assert np.array_equal(run("(x > 0) | (y > 0)", x=X, y=Y), (X > 0) | (Y > 0))
    assert np.array_equal(run("not x", x=[0.0, 2.0]), [1, 0])


def test_logic_on_data_needs_no_values_outside_conditions():
    source = "(x > 1 and y > 1) + (x > 1 or y > 1)"
    assert not needs_values(source, x=(), y=())
    assert run(source, x=2.0, y=0.0) == 1.0
    assert needs_values("1 if x > 1 and y > 1 else 2", x=(), y=())


@pytest.mark.parametrize("source", ["3 & 1", "x & y", "~x", "~3", "1 | 0", "(x > 0) & y"])
def test_bitwise_operators_on_numbers_are_refused(source):
    error = failure(source, x=X, y=Y)
    assert error.status == 3
    assert "truth" in error.message


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("'a' + 1", "string"),
        ("None * 2", "None"),
        ("sin + 1", "sin"),
        ("-None", "None"),
        ("(lambda t: t) * 2", "function"),
    ],
)
def test_what_is_no_number(source, word):
    error = failure(source)
    assert error.status == 3
    assert word in error.message


def test_matrix_product_of_numbers_is_refused():
    assert failure("2 @ 3").code == "shape"
    assert failure("x @ 3", x=X).code == "shape"
    assert np.array_equal(run("x @ y", x=X, y=Y), X @ Y)


# ---- lists and tuples under operators ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("[1, 2] + [3]", [1, 2, 3]), ("[0] * 3", [0, 0, 0]), ("3 * [x]", [2, 2, 2]), ("-[1, 2]", [-1, -2]), ("[1, 2] / 2", [0.5, 1]),
        ("[1, 2] - [0, 1]", [1, 1]), ("x * [1, 2]", [2, 4]), ("[1, 2] ** 2", [1, 4]), ("2.5 * [1, 2]", [2.5, 5]), ("[[1, 2], [3, 4]] @ [1, 1]", [3, 7]),
        ("[1, x] > 1", [0, 1]), ("[x] + []", [2]),
    ],
)  # fmt: skip
def test_lists(source, value):
    assert np.array_equal(run(source, x=2.0), value)


def test_a_list_times_a_whole_number_is_ambiguous():
    error = failure("2 * [1, 2]")
    assert error.status == 3
    assert "array([" in error.hint


def test_tuples():
    assert run("(1, 2) + (x,)", x=3.0) == (1, 2, 3)
    assert run("(x,) * 2", x=3.0) == (3, 3)
    assert run("x, 2x", x=3.0) == (3, 6)
    assert run("((x, 1), None)", x=3.0) == ((3, 1), None)


def test_a_caret_between_masks_is_an_exclusive_or():
    source = "m = x > 1\nn = x < 3\n"
    assert run(source + "m ^ n", x=[1.0, 2.0, 3.0]).tolist() == [1.0, 0.0, 1.0]
    assert run(source + "[True, False, True] ^ n", x=[1.0, 2.0, 3.0]).tolist() == [0.0, 1.0, 1.0]
    assert run("True ^ True") == 0.0
    assert run("(x > 1) ^ 2 + 2 ^ (x > 1)", x=[1.0, 2.0]).tolist() == [1.0, 3.0]
    assert run("x ^ [2, 3]", x=[2.0, 2.0]).tolist() == [4.0, 8.0]
    assert "do not broadcast" in failure("(ones(2) > 0) ^ (ones(3) > 0)").message


def test_a_logarithm_to_a_base_is_told_how_it_is_written():
    assert "log(x)/log(base)" in failure("log(x, 2)", x=8.0).hint
    assert "x**(1/n)" in failure("sqrt(x, 3)", x=8.0).hint
