"""JSON from anyone: read strictly, without recursion, and without losing a bit of a number."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli import json_input, limits
from gradcli.errors import DataError, LimitError

finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_reads_what_python_wrote(value: object) -> None:
    assert json_input.load(json.dumps(value).encode()) == value
    assert json_input.load(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@given(st.lists(finite, min_size=1))
def test_numbers_round_trip(numbers: list[float]) -> None:
    read = json_input.array(json_input.load(json.dumps(numbers).encode()), "x")
    np.testing.assert_array_equal(read, numbers)
    np.testing.assert_array_equal(np.signbit(read), np.signbit(numbers))


def test_minus_zero_keeps_its_sign() -> None:
    assert math.copysign(1, json_input.array(json_input.load(b"-0"), "x")) == -1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"{expression: x}", "not JSON: expecting property name"),
        (b"[1] [2]", "extra data"),
        (b'{"x": 1, "x": 2}', "the key `x` is given twice"),
        (b'{"a": {"\\u0078": 1, "x": 2}}', "the key `x` is given twice"),
        (b'{"x": NaN}', "NaN"),
        (b'{"x": [1, -Infinity]}', "-Infinity"),
        (b'"\xff"', "byte 0xff at offset 1"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'"a\nb"', "not JSON"),
    ],
)
def test_refuses(data: bytes, words: str) -> None:
    with pytest.raises(DataError) as caught:
        json_input.load(data)
    assert caught.value.code == "json" and words in caught.value.message


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (b"  ", "this is not JSON: there is nothing here", None),
        (b"{'x': 1}", None, "a text stands in double quotes"),
        (b'{"x": 1,}', None, "remove the comma before it"),
        (b"[1, ]", None, "remove the comma before it"),
        (b'"a\x00b"', "this is not JSON: invalid control character", "inside a text it is written \\u0000"),
        (b'{"x": "a', "this is not JSON: unterminated string", None),
        (b"[1] [2]", "this is not JSON: extra data", "a line of its own"),
    ],
)
def test_what_to_do_about_it(data: bytes, message: str | None, hint: str | None) -> None:
    with pytest.raises(DataError) as caught:
        json_input.load(data)
    assert message in (None, caught.value.message)
    assert hint is None if caught.value.hint is None else hint is not None and hint in caught.value.hint


def test_an_error_points_at_its_place() -> None:
    with pytest.raises(DataError) as caught:
        json_input.load(b'{"x": 1,, "y": 2}')
    assert caught.value.source is not None and caught.value.span is not None
    assert caught.value.source[slice(*caught.value.span)] == ","
    assert caught.value.span == (8, 9)


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_depth_is_bounded_at_its_edge(brackets: str) -> None:
    opening, closing = ("[", "]") if brackets == "[]" else ('{"a":', "}")
    with limits.overridden({"json_depth": 5}):
        json_input.load((opening * 5 + "1" + closing * 5).encode())
        with pytest.raises(LimitError, match="nested"):
            json_input.load((opening * 6 + "1" + closing * 6).encode())


def test_depth_counts_no_brackets_in_strings() -> None:
    with limits.overridden({"json_depth": 2}):
        assert json_input.load(b'["[[[[", "\\"[[[", "{{{"]') == ["[[[[", '"[[[', "{{{"]
        assert json_input.load(b"[[1],[2],[3],[4]]") == [[1], [2], [3], [4]]


def test_very_deep_json_is_a_limit_not_a_crash() -> None:
    for data in (b"[" * 1_000_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000):
        with pytest.raises(LimitError):
            json_input.load(data)
        with limits.overridden({"json_depth": 10**9}), pytest.raises((LimitError, DataError)):
            json_input.load(data)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3.0, 3.0),
        (True, 1.0),
        ([], []),
        ([[], []], [[], []]),
        ([True, 2.0], [1, 2]),
        (["NaN", "Infinity", "-Infinity", 1.0], [math.nan, math.inf, -math.inf, 1]),
        ("-Infinity", -math.inf),
        ([[1.0, "NaN"], [2.0, 3.0]], [[1, math.nan], [2, 3]]),
    ],
)
def test_arrays(value: object, expected: object) -> None:
    made = json_input.array(value, "x")
    assert made.dtype == np.float64
    np.testing.assert_array_equal(made, np.array(expected, dtype=float))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "x is null"),
        ([1.0, None], "x[1] is null"),
        ([[1.0], [None]], "x[1][0] is null"),
        ("two", "x is the text `two`"),
        ("nan", "x is the text `nan`"),
        ([1.0, "2"], "x[1] is the text `2`"),
        ({"a": 1.0}, "x is an object"),
        ([[1.0, 2.0], [3.0]], "rows of different lengths, 1 and 2"),
        ([1.0, [2.0]], "numbers and lists"),
        ([[1.0], [[2.0]]], "numbers and lists"),
        (math.inf, "x is too large"),
        ([0.0, -math.inf], "x[1] is too large"),
        ([math.inf, "Infinity"], "x[0] is too large"),
    ],
)
def test_what_is_no_array_is_named(value: object, words: str) -> None:
    with pytest.raises(DataError) as caught:
        json_input.array(value, "x")
    assert words in caught.value.message


def test_numbers_beyond_float64() -> None:
    for text in (b"1e400", b"1" * 400, b"[1, -1e999]"):
        with pytest.raises(DataError, match="too large"):
            json_input.array(json_input.load(text), "x")
    assert json_input.array(json_input.load(b"1" * 300), "x") == float("1" * 300)
    assert json_input.array(json_input.load(b"9007199254740993"), "x") == 9007199254740992


def test_array_limits_at_their_edges() -> None:
    with limits.overridden({"elements": 3, "rank": 2}):
        json_input.array([[1.0, 2.0, 3.0]], "x")
        with pytest.raises(LimitError):
            json_input.array([1.0] * 4, "x")
        with pytest.raises(LimitError):
            json_input.array([[[1.0]]], "x")


def test_more_axes_than_numpy_has() -> None:
    nested: object = 1.0
    for _ in range(500):
        nested = [nested]
    with limits.overridden({"rank": 1000}), pytest.raises(LimitError):
        json_input.array(nested, "x")


def test_the_input_is_left_as_it_was() -> None:
    value = [["NaN", 1.0]]
    json_input.array(value, "x")
    assert value == [["NaN", 1.0]]
