"""Tokens: kinds, values, spans, layout."""

from __future__ import annotations

import ast
import io
import tokenize as python
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from trees import examples

from gradcli import limits
from gradcli.errors import ExpressionError, LimitError
from gradcli.language.tokens import tokenize


def kinds(source: str) -> list[str]:
    return [token.kind for token in tokenize(source)]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("0", 0.0), ("7", 7.0), ("007", 7.0), ("1_000", 1000.0), ("1.5", 1.5), ("5.", 5.0), (".5", 0.5), ("1e3", 1000.0),
        ("1E+3", 1000.0), ("1e-3", 0.001), ("1.e2", 100.0), ("1_0.2_5e1_0", 10.25e10), ("1e-400", 0.0), ("5e-324", 5e-324),
        ("1.7976931348623157e308", 1.7976931348623157e308), ("0x1f", 31.0), ("0XFF", 255.0), ("0b101", 5.0), ("0o17", 15.0),
        ("0x_f", 15.0), ("9007199254740993", 9007199254740992.0), ("0x20000000000001", 9007199254740992.0),
        ("0.1", 0.1), ("1" + "0" * 300, 1e300),
    ],
)  # fmt: skip
def test_numbers(source, value):
    token = tokenize(source)[0]
    assert (token.kind, token.value, token.span) == ("number", value, (0, len(source)))
    assert str(token.value) == str(value)


@given(st.floats(0, allow_infinity=False, allow_nan=False))
@examples(100)
def test_every_float_is_read_exactly(value):
    assert tokenize(repr(value))[0].value == value


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("2e", ["2", "e"]), ("2e3x", ["2e3", "x"]), ("2e+x", ["2", "e", "+", "x"]), ("2.x", ["2.", "x"]), ("1..2", ["1.", ".2"]),
        ("x.2", ["x", ".2"]), ("3.T", ["3.", "T"]), ("0x", ["0", "x"]), ("1if", ["1", "if"]), ("x2", ["x2"]), ("πr", ["π", "r"]),
        ("2πr", ["2", "π", "r"]), ("xπ", ["x", "π"]), ("τ0", ["τ0"]), ("θ_1", ["θ_1"]), ("x¹⁰y", ["x", "¹⁰", "y"]),
        ("x⁻¹", ["x", "⁻¹"]), ("a**b//c", ["a", "**", "b", "//", "c"]), ("a**=b", ["a", "**=", "b"]),
        ("a<=b", ["a", "<=", "b"]), ("a<-b", ["a", "<", "-", "b"]), ("x...", ["x", "..."]), ("a!=b", ["a", "!=", "b"]),
    ],
)  # fmt: skip
def test_where_tokens_end(source, expected):
    assert [token.text for token in tokenize(source)[:-2]] == expected


def test_kinds_are_canonical_and_texts_as_written():
    tokens = tokenize("a×b·c⋅d÷e−f^g≤h≥i≠j")[1:-2:2]
    assert [token.kind for token in tokens] == ["*", "*", "*", "/", "-", "**", "<=", ">=", "!="]
    assert "".join(token.text for token in tokens) == "×·⋅÷−^≤≥≠"
    assert kinds("x ^= 2")[1] == "**="
    assert kinds("π τ ∞ λ lambda")[:5] == ["symbol", "symbol", "symbol", "name", "lambda"]


@pytest.mark.parametrize(("text", "value"), [("²", 2.0), ("¹⁰", 10.0), ("⁻¹", -1.0), ("⁻⁰", 0.0), ("⁰", 0.0)])
def test_superscripts(text, value):
    token = tokenize("x" + text)[1]
    assert (token.kind, token.value, token.span) == ("superscript", value, (1, 1 + len(text)))


def test_blocks():
    source = "if x:\n  a\n\n # c\n  if y:\n    b\nz"
    expected = (
        "if name : newline indent name newline if name : newline indent name newline dedent dedent name newline end"
    )
    assert " ".join(kinds(source)) == expected


def test_blocks_are_closed_at_the_end():
    assert kinds("if x:\n  if y:\n    z  # end")[-4:] == ["newline", "dedent", "dedent", "end"]
    assert kinds("if x:\n  y\n    # end")[-3:] == ["newline", "dedent", "end"]


@pytest.mark.parametrize(
    "source", ["x", "x\n", "\n\nx", "  x", "# c\nx # d", "x\r\n", "x\r", "\ufeffx", "\fx", "x\n  \n\t\n  # c"]
)
def test_lines_around_an_expression_leave_no_trace(source):
    assert kinds(source) == ["name", "newline", "end"]


@pytest.mark.parametrize(
    "source", ["(\nx\n)", "[x,\n # c\n y]", "f(\n\n  x\r\n)", "x + \\\n y", "x \\\r\n + y", "(x\n\\\n)"]
)
def test_lines_go_on_inside_brackets_and_after_a_backslash(source):
    assert kinds(source).count("newline") == 1
    assert "indent" not in kinds(source)


def test_the_first_line_sets_the_margin():
    assert kinds("    if x:\n      y\n    z") == kinds("if x:\n  y\nz")


@given(
    st.lists(
        st.sampled_from(
            ["x", "if y:", "(", ")", "[", "]", "+", " ", "  ", "\t", "\n", "\n", "# c", "2.5", ":", "'s'", ","]
        )
    )
)
@examples(100)
def test_layout_is_what_pythons_tokenizer_says(parts):
    source = "".join(parts) + "\n"
    try:
        expected = list(python.generate_tokens(io.StringIO(source).readline))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            ast.parse(source)
    except (SyntaxError, python.TokenError):
        assume(False)
    names = {python.NEWLINE: "newline", python.INDENT: "indent", python.DEDENT: "dedent"}
    ours = [kind if kind in names.values() else "" for kind in kinds(source)[:-1]]
    theirs = [
        names.get(token.type, "")
        for token in expected
        if token.type not in (python.COMMENT, python.NL, python.ENDMARKER)
    ]
    assert ours == theirs


@given(
    st.lists(st.sampled_from(["x", "π", "2.5", "²", "(", ")", " ", "  ", "+", "**", "'a b'", "\n", "# c\n", "≤", "θ1"]))
)
@examples(100)
def test_the_texts_and_the_gaps_make_up_the_source(parts):
    source = "x" + "".join(parts)
    try:
        tokens = tokenize(source)
    except ExpressionError:
        assume(False)
    end = 0
    for token in tokens:
        assert source[slice(*token.span)] == token.text
        assert token.span[0] >= end
        assert set(source[end : token.span[0]]) <= set(" \n#c")
        end = token.span[1]


# ---- limits --------------------------------------------------------------------------------------


def test_as_many_tokens_as_the_limit_and_no_more():
    with limits.overridden({"tokens": 5}):
        assert len(tokenize("a+b+c")) == 7  # the newline and the end are not counted
        with pytest.raises(LimitError) as caught:
            tokenize("a+b+c+")
    assert (caught.value.span, caught.value.source, caught.value.status) == ((5, 6), "a+b+c+", 6)
    assert "5" in caught.value.message and "tokens" in caught.value.hint


def test_as_many_characters_as_the_limit_and_no_more():
    with limits.overridden({"source_characters": 5}):
        tokenize("a + b")
        with pytest.raises(LimitError) as caught:
            tokenize("a + b ")
    assert (caught.value.span, caught.value.source) == ((5, 6), "a + b ")
