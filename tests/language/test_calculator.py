"""A calculator's notation, each against the same thing written in plain Python's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_ast import read
from trees import examples, walk

from gradcli.language import syntax as s
from gradcli.language.parser import parse


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        # powers
        ("x^2", "x**2"), ("-x^2", "-(x**2)"), ("a^b^c", "a**(b**c)"), ("2^-x", "2**(-x)"), ("x ^ -2 * y", "(x**-2)*y"),
        ("-2^-2", "-(2**(-2))"), ("x²", "x**2"), ("-x²", "-(x**2)"), ("x⁻¹", "x**-1"), ("x¹⁰", "x**10"), ("f(x)²", "f(x)**2"),
        ("x[0]²", "x[0]**2"), ("(x+1)³", "(x+1)**3"), ("2^x²", "2**(x**2)"), ("x².T", "(x**2).T"), ("x²[0]", "(x**2)[0]"),
        ("x ²", "x**2"), ("2²", "2**2"), ("x²/y³", "x**2/y**3"), ("x ^= 2", "x **= 2"),
        # products without a sign
        ("2x", "2*x"), ("2 x", "2*x"), ("2(x+1)", "2*(x+1)"), ("2 (x)", "2*(x)"), ("2sin(x)", "2*sin(x)"), ("2x + 3y", "2*x + 3*y"),
        ("2x^2", "2*(x**2)"), ("2x²", "2*(x**2)"), ("2(x+1)^2", "2*((x+1)**2)"), ("-2x", "-2*x"), ("~2x", "~2*x"), ("2x*3", "2*x*3"),
        ("3*2x", "3*2*x"), ("2x/3", "2*x/3"), ("2x//3", "2*x//3"), ("2x%3", "2*x%3"), ("2x@y", "2*x@y"), ("2x-3", "2*x-3"),
        ("2e", "2*e"), ("2e3", "2000.0"), ("2e3x", "2e3*x"), ("2e+x", "2*e+x"), ("2.x", "2.*x"), ("3.T", "3.*T"), (".5x", ".5*x"),
        ("0x", "0*x"), ("0x1", "1"), ("0x1f", "31"), ("2x[0].T(y)", "2*x[0].T(y)"), ("2f(x)^2", "2*(f(x)**2)"), ("a-2x", "a-2*x"),
        ("2x if 3y else 4z", "2*x if 3*y else 4*z"), ("not 2x < 3y", "not 2*x < 3*y"), ("2(x, y)", "2*(x, y)"), ("[2x, 3(y)]", "[2*x, 3*(y)]"),
        ("x[2i:3k]", "x[2*i:3*k]"), ("f(2x, k=2(y))", "f(2*x, k=2*(y))"), ("-2(x)^2", "-2*(x)**2"), ("2**x*3y", "2**x*3*y"),
        ("(1/2)*2x", "(1/2)*2*x"), ("1 if 2x else 3", "1 if 2*x else 3"), ("lambda: 2x", "lambda: 2*x"),
        # constants and signs
        ("π", "pi"), ("2π", "2*pi"), ("2πr", "2*pi*r"), ("πr²", "pi*(r**2)"), ("π(x+1)", "pi*(x+1)"), ("2π r", "2*pi*r"), ("ππ", "pi*pi"),
        ("2πsin(x)", "2*pi*sin(x)"), ("τ/2", "tau/2"), ("2τ", "2*tau"), ("-∞", "-inf"), ("π^2", "pi**2"), ("a×b·c⋅d÷e−f", "a*b*c*d/e-f"),
        ("a≤b≥c≠d", "a<=b>=c!=d"),
        # roots
        ("√x", "sqrt(x)"), ("√x²", "sqrt(x)**2"), ("√x^2", "sqrt(x)**2"), ("√(x+1)", "sqrt(x+1)"), ("2√x", "2*sqrt(x)"), ("√x.T", "sqrt(x.T)"),
        ("√√x", "sqrt(sqrt(x))"), ("√f(x)*y", "sqrt(f(x))*y"), ("√x[0]+1", "sqrt(x[0])+1"), ("2^√x", "2**sqrt(x)"), ("-√x", "-sqrt(x)"),
        ("√2", "sqrt(2)"), ("√x/√y", "sqrt(x)/sqrt(y)"), ("π√x", "pi*sqrt(x)"), ("√x and y", "sqrt(x) and y"),
        # brackets and commas
        ("x[(0, 1)]", "x[0, 1]"), ("1,5", "(1, 5)"), ("x(1+x)", "x(1+x)"), ("007", "7"),
    ],
)  # fmt: skip
def test_the_notation_means(source, plain):
    assert parse(source) == read(plain)


def test_a_product_without_its_sign_is_marked():
    product = parse("2 x").body[0].value
    assert (product.implicit, product.span, product.operator_span) == (True, (0, 3), (2, 2))
    assert not parse("2*x").body[0].value.implicit


def test_greek_letters_are_names_and_lambda_is_the_keyword():
    assert parse("λ*θ + Δx - α_0").body[0].value == read("l*t + d - a").body[0].value.replaced(
        left=s.Binary("+", s.Binary("*", s.Name("λ"), s.Name("θ")), s.Name("Δx")), right=s.Name("α_0")
    )


def test_whole_numbers_are_marked():
    numbers = [node for node in walk(parse("[3, 1_000, 0x1e, 3., 3e0, .3, 007]")) if isinstance(node, s.Number)]
    assert {n.value: n.whole for n in numbers if n.value not in (3.0, 7.0)} == {1000.0: True, 30.0: True, 0.3: False}
    assert sorted((n.value, n.whole) for n in numbers if n.value in (3.0, 7.0)) == [
        (3, False),
        (3, False),
        (3, True),
        (7, True),
    ]


def test_strings_side_by_side_are_one():
    assert parse("'a' \"b\" r'\\n' '''c'''").body[0].value == s.Text("ab\\nc")


@given(st.text(max_size=20))
@examples(100)
def test_any_string_can_be_written(value):
    assert parse(repr(value)).body[0].value == s.Text(value)
    assert parse(ascii(value)).body[0].value == s.Text(value)


@pytest.mark.parametrize(
    ("source", "spans"),
    [
        ("(a + b)*c", {"(a + b)*c": "Binary", "a + b": "Binary"}),
        ("((a)).T", {"((a)).T": "Attribute", "a": "Name"}),
        ("2(x+1)", {"2(x+1)": "Binary", "x+1": "Binary"}),
        ("-(x)²", {"-(x)²": "Unary", "(x)²": "Binary", "²": "Number"}),
        ("√x + 1", {"√x": "Call", "√": "Name"}),
        ("f( x , k = (1) )", {"f( x , k = (1) )": "Call", "k = (1)": "Keyword"}),
        ("(a, b), c,", {"(a, b), c,": "Tuple", "(a, b)": "Tuple"}),
        ("x[ 1 : (2), ... ]", {"1 : (2)": "Slice", "...": "Ellipsis"}),
        ("[a for (b), c in d]", {"(b), c": "Tuple"}),
        ("[ a for b in (c) if d ]", {"[ a for b in (c) if d ]": "Comprehension", "for b in (c) if d": "Clause"}),
        ("lambda x, y = (1): x", {"lambda x, y = (1): x": "Lambda", "y = (1)": "Parameter", "x": "Parameter"}),
        ("a < (b) < c", {"a < (b) < c": "Compare"}),
        ("(a) and (b)", {"(a) and (b)": "Logical"}),
        ("(a) if (b) else (c)", {"(a) if (b) else (c)": "Conditional"}),
    ],
)
def test_spans_cover_the_construct_without_the_brackets_around_it(source, spans):
    found = {(source[slice(*node.span)], type(node).__name__) for node in walk(parse(source))}
    assert set(spans.items()) <= found


def test_the_spans_of_operators_and_names():
    tree = parse("x.foo * f(key=1)").body[0].value
    assert tree.operator_span == (6, 7)
    assert tree.left.name_span == (2, 5)
    assert tree.right.keywords[0].name_span == (10, 13)
    assert parse("def  f(x): x").body[0].name_span == (5, 6)
