"""Depth is bounded and says so; length is not, up to the number of tokens."""

from __future__ import annotations

import pytest
from trees import walk

from gradcli import limits
from gradcli.errors import LimitError
from gradcli.language import syntax as s
from gradcli.language.parser import parse
from gradcli.language.printer import to_text

# Each nests once more with every repetition: what opens, what is inside, what closes.
NESTED = {
    "brackets": ("(", "x", ")"),
    "lists": ("[", "", "]"),
    "calls": ("f(", "x", ")"),
    "indices": ("x[", "0", "]"),
    "keywords": ("f(k=", "x", ")"),
    "minus signs": ("-", "x", ""),
    "mixed signs": ("~", "x", ""),
    "not": ("not ", "x", ""),
    "roots": ("√", "x", ""),
    "powers": ("2**", "x", ""),
    "lambdas": ("lambda: ", "x", ""),
    "conditionals": ("a if b else ", "x", ""),
    "targets": ("[", "x", "] "),
}


def nest(kind: str, depth: int) -> str:
    opening, inside, closing = NESTED[kind]
    return opening * depth + inside + closing * depth + ("= 1" if kind == "targets" else "")


def nested_blocks(depth: int) -> str:
    return "".join(" " * i + "if x:\n" for i in range(depth)) + " " * depth + "y"


@pytest.mark.parametrize("kind", NESTED)
def test_nesting_at_the_edge(kind):
    with limits.overridden({"nesting": 7}):
        assert to_text(parse(nest(kind, 7)))
        with pytest.raises(LimitError) as caught:
            parse(nest(kind, 8))
    error = caught.value
    assert error.status == 6
    assert error.source == nest(kind, 8)
    assert "7" in error.message and "nesting" in error.hint
    opening = NESTED[kind][0]
    assert 7 * len(opening) <= error.span[0] < error.span[1] <= 8 * len(opening)  # the one too many


def test_blocks_and_what_is_in_them_count_together():
    with limits.overridden({"nesting": 5}):
        parse(nested_blocks(5))
        parse(nested_blocks(2) + " + ((" + "f(x)" + "))")
        with pytest.raises(LimitError) as caught:
            parse(nested_blocks(6))
        assert caught.value.source[slice(*caught.value.span)] == "if"
        with pytest.raises(LimitError):
            parse(nested_blocks(2) + " + (((f(x))))")


@pytest.mark.parametrize("kind", NESTED)
def test_far_beyond_the_limit(kind):
    with pytest.raises(LimitError):
        parse(nest(kind, 3000))


@pytest.mark.parametrize("kind", NESTED)
def test_nothing_recurses_where_the_limit_is_raised(kind):
    with limits.overridden({"nesting": 5_000}):
        text = to_text(parse(nest(kind, 5_000)))
        assert to_text(parse(text)) == text


def test_brackets_side_by_side_do_not_nest():
    with limits.overridden({"nesting": 2}):
        parse("(a) + (b)*((c)) - f(x)(y)(z) + [a][0][0] + -a*-b")


LONG = {
    "powers": ("+".join(["x^2"] * 5_000), s.Binary, 9_999),
    "products": ("*".join(["2x"] * 5_000), s.Binary, 9_999),
    "attributes": ("x" + ".T" * 5_000, s.Attribute, 5_000),
    "calls": ("f" + "(x)" * 5_000, s.Call, 5_000),
    "indices": ("x" + "[0]" * 5_000, s.Index, 5_000),
    "arguments": ("f(" + ",".join(f"a{i}=1" for i in range(5_000)) + ")", s.Keyword, 5_000),
    "parameters": ("lambda " + ",".join(f"a{i}" for i in range(5_000)) + ": 1", s.Parameter, 5_000),
    "comparisons": ("<".join(["x"] * 5_000), s.Name, 5_000),
    "and": (" and ".join(["x"] * 5_000), s.Name, 5_000),
    "targets": ("a=" * 5_000 + "1", s.Name, 5_000),
    "clauses": ("[x" + " for x in y" * 5_000 + "]", s.Clause, 5_000),
    "lines": ("x\n" * 5_000, s.ExprStmt, 5_000),
    "statements": (";".join(["x"] * 5_000), s.ExprStmt, 5_000),
    "elif": ("if a: b\n" + "elif a: b\n" * 5_000, s.If, 5_001),
    "text": ("'a'" * 5_000, s.Text, 1),
}


@pytest.mark.parametrize("kind", LONG)
def test_length_is_no_depth(kind):
    source, node, count = LONG[kind]
    tree = parse(source)
    assert sum(type(each) is node for each in walk(tree)) == count
    text = to_text(tree)
    assert to_text(parse(text)) == text


@pytest.mark.parametrize(("begin", "separator", "end"), [("", " + ", ""), ("[", ", ", "]")])
def test_a_hundred_thousand_terms(begin, separator, end):
    source = begin + separator.join(map(str, range(100_000))) + end
    assert to_text(parse(source)) == source


def test_one_token_more_than_the_limit():
    with pytest.raises(LimitError) as caught:
        parse("+".join(["1"] * 150_001))
    assert caught.value.span == (300_000, 300_001)
