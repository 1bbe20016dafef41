"""Printing: minimal brackets, and text that parses to the same tree."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given
from trees import EXPRESSIONS, PROGRAMS, examples, kinds_of_statements, walk

from gradcli.language import syntax as s
from gradcli.language.parser import parse
from gradcli.language.printer import to_text


@given(EXPRESSIONS)
@examples(200)
def test_printing_then_parsing_gives_the_same_expression(tree):
    statement = s.ExprStmt(tree)
    assert parse(to_text(statement)).body == (statement,)


@given(PROGRAMS)
@examples(60)
def test_printing_then_parsing_gives_the_same_program(tree):
    assert parse(to_text(tree)) == tree


@given(EXPRESSIONS)
@examples(60)
def test_every_part_prints_as_it_does_inside_a_program(tree):
    for node in walk(tree):
        if isinstance(node, s.Expr) and not isinstance(node, s.Slice | s.Starred):
            assert parse(to_text(node)).body == (s.ExprStmt(node),)


def test_the_strategies_reach_every_kind_of_node():
    """Otherwise the properties above would hold of less than they say."""
    kinds: set[type] = set()
    statements = kinds_of_statements(1, loop=True, function=True)
    for strategy, count in ((EXPRESSIONS, 100), (PROGRAMS, 1), *((kind, 10) for kind in statements)):

        @examples(count, derandomize=True, database=None, phases=[Phase.generate])
        @given(strategy)
        def collect(tree):
            kinds.update(map(type, walk(tree)))

        collect()
    declared = {kind for kind in vars(s).values() if isinstance(kind, type) and issubclass(kind, s.Syntax)}
    assert kinds == declared - {s.Syntax, s.Expr, s.Stmt}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("2*x**2+3*x+1", "2*x**2 + 3*x + 1"),
        ("2x^2 + 3sin(x)", "2*x**2 + 3*sin(x)"),
        ("((a)+((b)))*c", "(a + b)*c"),
        ("(a*b)*c", "a*b*c"),
        ("a*(b*c)", "a*(b*c)"),
        ("a-(b-c)", "a - (b - c)"),
        ("(-x)^2", "(-x)**2"),
        ("-(x^2)", "-x**2"),
        ("(a^b)^c", "(a**b)**c"),
        ("a^(b^c)", "a**b**c"),
        ("2**(-x)", "2**-x"),
        ("(-x)*y", "-x*y"),
        ("-(x*y)", "-(x*y)"),
        ("-(-x)", "--x"),
        ("√x² + x⁻¹ + x¹⁰", "sqrt(x)**2 + x**-1 + x**10"),
        ("a×b·c÷d−1", "a*b*c/d - 1"),
        ("2πr", "2*pi*r"),
        ("τ/2 ≤ ∞", "tau/2 <= inf"),
        ("A @ x", "A @ x"),
        ("a & b | ~c", "a & b | ~c"),
        ("(a<b)<c", "(a < b) < c"),
        ("(a and b) and c or (d or e)", "(a and b) and c or (d or e)"),
        ("not (not (a == b))", "not not a == b"),
        ("(not a) == b", "(not a) == b"),
        ("(a if b else c) if d else (e if f else g)", "(a if b else c) if d else e if f else g"),
        ("(lambda x, y=2: x+y)(1)", "(lambda x, y=2: x + y)(1)"),
        ("lambda: (a, b)", "lambda: (a, b)"),
        ("1_000 + 1e3 + 0x1f + .5 + 5.", "1000 + 1000.0 + 31 + 0.5 + 5.0"),
        ("1e22 + 1e-400", "1e+22 + 0.0"),
        ("(2).T", "(2).T"),
        ("x[(0, 1)] + x[0,] + x[(0, 1),] + x[()]", "x[0, 1] + x[0] + x[(0, 1),] + x[()]"),
        ("x[:, ::2, 1:, :-1, ..., None]", "x[:, ::2, 1:, :-1, ..., None]"),
        ("f(*a, b=1, )", "f(*a, b=1)"),
        ("sum(x for x in y if x if not x for z in x)", "sum(x for x in y if x if not x for z in x)"),
        ("[a for (a, b) in c]", "[a for a, b in c]"),
        ("[a for a, in c]", "[a for (a,) in c]"),
        ("[a for a in (b if c else d) if (lambda: 0)]", "[a for a in (b if c else d) if (lambda: 0)]"),
        ("(a, b)", "a, b"),
        ("a,", "(a,)"),
        ("()", "()"),
        ("[(a, b), *c]", "[(a, b), *c]"),
        ("'it''s' \"\\x1b\"", "'its\\x1b'"),
        ("a, *b = c = (d, e)", "a, *b = c = d, e"),
        ("x ^= 2; y @= z", "x **= 2\ny @= z"),
        ("import a.b as c, d", "import a.b as c\nimport d"),
        ("from a import (b, c as d,)", "from a import b, c as d"),
        ("if a: b\nelif c: d\nelse: e", "if a:\n    b\nelif c:\n    d\nelse:\n    e"),
        ("if a: b\nelse:\n  if c: d", "if a:\n    b\nelif c:\n    d"),
        ("def f(x: float, y: int = 2) -> float: return x, y", "def f(x, y=2):\n    return x, y"),
        ("for i, (a, b) in c, d: pass", "for i, (a, b) in c, d:\n    pass"),
        ("with (a(), b): c", "with a(), b:\n    c"),
        ("while a:\n\tif b: break\n\tcontinue", "while a:\n    if b:\n        break\n    continue"),
        ("assert a, 'b'", "assert a, 'b'"),
    ],
)
def test_canonical_text(source, text):
    assert to_text(parse(source)) == text
    assert parse(text) == parse(source)


def test_parts_that_are_no_expressions_print_too():
    call = parse("f(a=lambda x=1: x)").body[0].value
    assert to_text(call.keywords[0]) == "a=lambda x=1: x"
    assert to_text(call.keywords[0].value.parameters[0]) == "x=1"
    assert to_text(parse("[a for b in c if d]").body[0].value.clauses[0]) == "for b in c if d"
    assert to_text(parse("x[1:]").body[0].value.indices[0]) == "1:"


def test_numbers_that_no_source_can_hold_are_still_written():
    assert to_text(s.Binary("**", s.Number(-2.0), s.Number(-0.5))) == "(-2.0)**-0.5"
    assert to_text(s.Binary("-", s.Number(float("inf")), s.Number(float("nan")))) == "inf - nan"


def test_a_caret_between_comparisons_stays_one():
    # between masks it is an exclusive or, which ** is not
    assert to_text(parse("(x > 1) ^ (y > 2)")) == "(x > 1)^(y > 2)"
    assert to_text(parse("(x > 1) ** 2 + x^2")) == "(x > 1)**2 + x**2"
