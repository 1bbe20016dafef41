"""Values as they are written: truth is the array as NumPy's own calls make it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli import limits, values
from gradcli.errors import DataError, FileError, GradcliError, LimitError

number = st.floats(width=64)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 3),
        ("-0.5", -0.5),
        ("+1", 1),
        (" 1e3 ", 1000),
        (".5e-3", 0.0005),
        ("2.", 2),
        ("-inf", -np.inf),
        ("Infinity", np.inf),
        ("nan", np.nan),
        ("0,1,2,3", [0, 1, 2, 3]),
        ("1,5", [1, 5]),
        ("-1, 2", [-1, 2]),
        ("1,2;3,4", [[1, 2], [3, 4]]),
        ("1;2;3", [[1], [2], [3]]),
        ("[]", []),
        ("[[],[]]", [[], []]),
        ("[1]", [1]),
        ("[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        (" [ [ 1. ] , [ .5 ] ] ", [[1], [0.5]]),
        ("1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("1,2;\r\n3,4", [[1, 2], [3, 4]]),
        ("[[1,2],\n [3,4]]\n", [[1, 2], [3, 4]]),
        ("[[[nan, -inf]]]", [[[np.nan, -np.inf]]]),
    ],
)
def test_plain_numbers(text: str, expected: object) -> None:
    read = values.parse(text)
    assert read.dtype == np.float64
    np.testing.assert_array_equal(read, np.array(expected, dtype=float))


@given(st.lists(st.lists(number, min_size=2, max_size=2), min_size=2, max_size=4))
def test_numbers_are_read_back_to_the_last_bit(rows: list[list[float]]) -> None:
    expected = np.array(rows)
    for text in (";".join(",".join(map(repr, row)) for row in rows), repr(rows)):
        read = values.parse(text)
        np.testing.assert_array_equal(read, expected)
        np.testing.assert_array_equal(np.signbit(read)[read == 0], np.signbit(expected)[expected == 0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pi/4", np.pi / 4),
        ("1-2", -1),
        ("2^10", 1024),
        ("pi, 2pi", [np.pi, 2 * np.pi]),
        ("sqrt(4),1;0,e", [[2, 1], [0, np.e]]),
        ("pi;1", [[np.pi], [1]]),
        ("pi,1\n2,3", [[np.pi, 1], [2, 3]]),
        ("pi,1;\n\n2,3", [[np.pi, 1], [2, 3]]),
        ("[pi,\n1]\n", [np.pi, 1]),
        ("[pi, [1,2][0]]", [np.pi, 1]),
        ("array([[1,2],[3,4]]) * 2", [[2, 4], [6, 8]]),
        ("[1,2],[3,4]", [[1, 2], [3, 4]]),
        ("arange(4)", [0, 1, 2, 3]),
        ("torch.arange(4.0)", [0, 1, 2, 3]),
        ("ones(3,4)", np.ones((3, 4))),
        ("1_000", 1000),
        ("-(1,2)[0]", -1),
    ],
)
def test_what_has_to_be_worked_out(text: str, expected: object) -> None:
    np.testing.assert_allclose(values.parse(text), np.array(expected, dtype=float), rtol=1e-15)


def test_random_values_repeat_and_differ() -> None:
    drawn = values.parse("randn(3,4)", "variable x", seed=1)
    assert drawn.shape == (3, 4) and len(set(drawn.flat)) == 12
    np.testing.assert_array_equal(values.parse("randn(3,4)", "variable x", seed=1), drawn)
    assert (values.parse("randn(3,4)", "variable y", seed=1) != drawn).all()
    assert (values.parse("randn(3,4)", "variable x", seed=2) != drawn).all()
    rows = values.parse("randn(4);randn(4)", "variable x", seed=1)
    assert (rows[0] != rows[1]).all()


def test_files(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.arange(3.0), y=np.eye(2))
    np.testing.assert_array_equal(values.parse(f"@{tmp_path}/a.npz:x"), np.arange(3.0))
    with pytest.raises(FileError, match="no-such-file"):
        values.parse("@no-such-file.csv")


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("", "is empty", None),
        ("1e400", "too large", "1e400"),
        ("1,-1e999", "too large", "-1e999"),
        ("[[1,2],[3]]", "rows of different lengths, 1 and 2", "[[1,2],[3]]"),
        ("1,2;3", "rows of different lengths", "1,2;3"),
        ("[1,[2]]", "numbers and lists", "[1,[2]]"),
        ("one", "`one` is not a number", "one"),
        ("1,two", "`two` is not a number", "two"),
        ("1;2;q", "`q` is not a number", "q"),
        ("1,2;", "a row is empty", ";"),
        ("1;;2", "a row is empty", ";"),
        ("pi;1,2", "the rows have the shapes (1,) and (2,)", "pi;1,2"),
        ("pi,[1,2]", "different shapes", "pi,[1,2]"),
        ("1,,2", "", None),
        ("[1,2", "", None),
        ("(1", "", None),
        ("-", "", None),
        ("sin(", "", None),
        ("1;sinn(2)", "sinn", "sinn"),
        ("y=2", "", None),
        ("'abc'", "", None),
        ("zeros(2) + zeros(3)", "", None),
    ],
)
def test_what_is_no_value(text: str, words: str, marked: str | None) -> None:
    with pytest.raises(DataError) as caught:
        values.parse(text, "variable x")
    error = caught.value
    assert error.status == 4 and error.message.startswith("variable x") and words in error.message
    if marked is not None:
        assert error.source == text and error.span is not None
        assert marked in text[slice(*error.span)]


def test_hints() -> None:
    with pytest.raises(DataError) as caught:
        values.parse("data.csv")
    assert caught.value.hint == "a file is read with @data.csv"
    with pytest.raises(DataError) as caught:
        values.parse("one")
    assert "[[1,2],[3,4]]" in (caught.value.hint or "")


def test_limits_hold() -> None:
    with limits.overridden({"elements": 3, "rank": 2}):
        values.parse("1,2,3")
        for text in ("1,2,3,4", "[[[1]]]", "zeros(4)", "zeros(10^9, 10^9)"):
            with pytest.raises(LimitError):
                values.parse(text)
    with pytest.raises(LimitError):
        values.parse("[" * 200 + "]" * 200)


def test_plain_numbers_need_no_language() -> None:
    code = """
import sys
from gradcli import values
for text in ("3", "0,1;2,3", "[[1,2],[3,4]]"):
    values.parse(text)
assert not [name for name in sys.modules if name.startswith(("gradcli.language", "gradcli.engine", "gradcli.api"))]
"""
    subprocess.run([sys.executable, "-c", code], check=True)


pieces = st.sampled_from(["1", "2.5", "-", ",", ";", "[", "]", "\n", " ", "pi", "x", "@", "sin(1)", "1e3", "1e400", "nan", "_", "=", "'", "\x00", "é", "٣"])  # fmt: skip


@given(st.lists(pieces, max_size=8).map("".join))
def test_any_text_is_a_value_or_an_error_with_its_place(text: str) -> None:
    try:
        read = values.parse(text, "variable x")
    except GradcliError as error:
        assert error.status in (2, 4, 6)
        if error.span is not None:
            assert error.source is not None and 0 <= error.span[0] <= error.span[1] <= len(error.source)
    else:
        assert read.dtype == np.float64
