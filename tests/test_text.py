"""Text that is fit to be shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.text import apart, closest, printable, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcödé, 数学, ∂x²", "plain text, ünïcödé, 数学, ∂x²"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("\x00\x07\x7f\x85\x9b", "\\x00\\x07\\x7f\\x85\\x9b"),
        ("\u202eabc\u2066\u200f\u061c", "\\u202eabc\\u2066\\u200f\\u061c"),
        ("a\u2028b\u2029", "a\\u2028b\\u2029"),
        ("\udc80", "\\udc80"),
        ("\U000e0001", "\\U000e0001"),
        ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text, shown):
    assert printable(text) == shown


def test_layout_is_kept_where_asked():
    assert printable("a\n\tb\r\x1b", layout=True) == "a\n\tb\\x0d\\x1b"


@given(st.text(st.characters()))
def test_nothing_that_acts_on_a_terminal_is_left(text):
    for character in printable(text):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    printable(text).encode("utf-8")


@given(st.text(max_size=400), st.integers(10, 60))
def test_shortened_text_fits_on_a_line(text, width):
    line = shortened(text, width)
    assert len(line) <= width
    assert line.isprintable()


def test_both_ends_are_kept():
    assert shortened("a" * 50 + "b" * 50, 11) == "aaaa … bbbb"
    assert shortened("a  \n b", 40) == "a b"


@pytest.mark.parametrize(("word", "found"), [("PI", "pi"), ("Pi", "pi"), ("sinn", "sin"), ("qqq", None)])
def test_a_word_that_differs_in_case_alone_is_closest(word, found):
    assert closest(word, ["sin", "pi"]) == found


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("xy", "x*y"),
        ("sinx", "sin(x)"),
        ("xsinx", "x*sin(x)"),
        ("sin2x", "sin(2x)"),
        ("sincosxy", "sin(cos(x))*y"),
        ("x", None),
        ("x2", None),
        ("xsin", None),
        ("xz", None),
        ("", None),
        ("x" * 31, None),
    ],
)
def test_names_without_a_sign_between_are_told_apart(word, written):
    assert apart(word, ["x", "y"], ["sin", "cos"]) == written
