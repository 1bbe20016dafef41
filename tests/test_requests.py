"""Requests and the streams they come in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli import limits, requests
from gradcli.errors import DataError, GradcliError, LimitError
from gradcli.requests import Request

GRAD = ("wrt", "grad_outputs", "order", "mode", "check")


def read(request: object, base: Request | None = None, command: str = "grad", keys: tuple[str, ...] = GRAD) -> Request:
    return requests.from_json(json.dumps(request).encode(), base or Request(), command, keys)


def test_a_whole_request() -> None:
    request = read(
        {
            "expression": "a*x^2",
            "variables": {"x": [1, 2], "a": 3},
            "wrt": ["x"],
            "grad_outputs": [1, 0],
            "mode": "forward",
            "order": 2,
            "check": True,
            "seed": 7,
        }
    )
    assert (request.expression, request.wrt, request.mode, request.order) == ("a*x^2", ("x",), "forward", 2)
    assert request.check is True and request.seed == 7
    assert list(request.variables) == ["x", "a"]
    np.testing.assert_array_equal(request.variables["x"], [1, 2])
    np.testing.assert_array_equal(request.grad_outputs, [1, 0])


def test_null_and_absent_mean_the_same() -> None:
    request = read({"expression": "x", "wrt": None, "grad_outputs": None, "tangent": None, "seed": None})
    assert request == Request(expression="x")


def test_what_is_left_out_comes_from_the_base() -> None:
    base = Request(expression="x", variables={"a": np.array(1.0), "x": np.array(2.0)}, mode="reverse", wrt=("a",))
    request = read({"variables": {"x": 5}}, base)
    assert (request.expression, request.mode, request.wrt) == ("x", "reverse", ("a",))
    assert request.variables["a"] == 1 and request.variables["x"] == 5


def test_other_commands_keys() -> None:
    request = read({"expression": "x", "tangent": {"x": 1}}, command="jvp", keys=("tangent", "mode"))
    assert request.tangent["x"] == 1
    request = read({"expression": "x", "claim": {"x": "2*x"}}, command="check", keys=("claim",))
    assert request.claim == {"x": "2*x"}


@pytest.mark.parametrize(
    ("request_", "words", "hint"),
    [
        ([], "not a list", "a line each"),
        (3, "not a number", None),
        (None, "not null", None),
        ({}, "no expression", None),
        ({"varables": {}}, "no `varables`", "did you mean `variables`?"),
        ({"expresion": "x"}, "no `expresion`", "did you mean `expression`?"),
        ({"zzz": 1}, "no `zzz`", "expression"),
        ({"expression": "x", "tangent": {"x": 1}}, "grad has no `tangent`", None),
        ({"expression": 3}, "expression is a number", None),
        ({"expression": "x", "variables": [1]}, "in braces, not a list", '"variables": {"x": [1, 2]}'),
        ({"expression": "x", "wrt": ""}, "wrt is a list of names", None),
        ({"expression": "x", "wrt": "x,"}, "wrt is a list of names", None),
        ({"expression": "x", "wrt": ["x", ""]}, "wrt is a list of names", None),
        ({"expression": "x", "variables": {"x": None}}, "variable x is null", "NaN"),
        ({"expression": "x", "variables": {"x": "two"}}, "variable x is the text `two`", None),
        ({"expression": "x", "wrt": [1]}, "wrt is a list of names", None),
        ({"expression": "x", "mode": "fwd"}, "mode is one of", None),
        ({"expression": "x", "order": 1.5}, "order is a whole number", None),
        ({"expression": "x", "order": 0}, "order is at least 1", None),
        ({"expression": "x", "order": True}, "order is a whole number", None),
        ({"expression": "x", "seed": -1}, "seed is a whole number", None),
        ({"expression": "x", "check": "yes"}, "check is true or false", None),
    ],
)
def test_what_a_request_cannot_hold(request_: object, words: str, hint: str | None) -> None:
    with pytest.raises(DataError) as caught:
        read(request_)
    assert words in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")


@pytest.mark.parametrize(("plain", "hint"), [("[1]", "a line each"), ("3", '{"x": 3}'), ("null", '{"x": 3}')])
def test_what_a_record_of_values_cannot_be(plain: str, hint: str) -> None:
    with pytest.raises(DataError, match="a record of values is an object in braces, not ") as caught:
        requests.from_values(plain.encode(), Request(expression="x"))
    assert hint in (caught.value.hint or "")


def test_values_of_one_line() -> None:
    base = Request(expression="a*x", variables={"a": np.array(2.0)}, wrt=("x",))
    request = requests.from_values(b'{"x": [1, "NaN"]}', base)
    assert list(request.variables) == ["a", "x"] and request.wrt == ("x",)
    np.testing.assert_array_equal(request.variables["x"], [1, np.nan])
    with pytest.raises(DataError, match="not a list"):
        requests.from_values(b"[1]", base)
    with pytest.raises(DataError, match="twice"):
        requests.from_values(b'{"x": 1, "x": 1}', base)


# ---- streams ---------------------------------------------------------------------------------------


def reader(data: bytes, sizes: Iterator[int] | None = None) -> Callable[[int], bytes]:
    position = 0

    def take(most: int) -> bytes:
        nonlocal position
        size = min(most, next(sizes)) if sizes else most
        piece = data[position : position + size]
        position += len(piece)
        return piece

    return take


def lines(data: bytes, size: int | None = None) -> list[tuple[int, bytes | GradcliError]]:
    sizes = iter(lambda: size or 1, 0) if size else None
    return [each for arrived in requests.arrivals(reader(data, sizes), lambda: None) for each in arrived]


@given(st.binary(max_size=60).map(lambda b: b.replace(b"x", b"\n")), st.integers(1, 9))
def test_lines_do_not_depend_on_how_they_arrive(data: bytes, size: int) -> None:
    expected = [(n, line) for n, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    assert lines(data, size) == expected == lines(data)


def test_a_line_too_long_keeps_its_place_and_is_not_kept() -> None:
    with limits.overridden({"line_bytes": 5}):
        for size in (1, 3, 7, None):
            found = lines(b"12345\n123456\n" + b"9" * 1000 + b"\n1\n" + b"8" * 6, size)
            assert [n for n, _ in found] == [1, 2, 3, 4, 5]
            assert [line if isinstance(line, bytes) else type(line) for _, line in found] == [
                b"12345", LimitError, LimitError, b"1", LimitError,
            ]  # fmt: skip


def test_answers_are_written_before_waiting() -> None:
    happened: list[object] = []
    pieces = iter([b'{"x":1}\n{"x":', b"2}\n", b""])

    def take(most: int) -> bytes:
        happened.append("read")
        return next(pieces)

    for arrived in requests.arrivals(take, lambda: happened.append("flush")):
        happened.extend(number for number, _ in arrived)
    assert happened == ["flush", "read", 1, "flush", "read", 2, "flush", "read"]


def test_what_arrives_together_stays_together() -> None:
    pieces = iter([b'{"x":1}\n\n{"x":2}\n{"x"', b":3}\n", b'{"x":4}\n{"x":5}', b""])
    found = requests.records(requests.arrivals(lambda most: next(pieces), lambda: None))
    assert [[number for number, _ in arrived] for arrived in found] == [[1, 3], [4], [5], [6]]


def records(text: str) -> list[tuple[int, str]]:
    return [
        (n, r.decode() if isinstance(r, bytes) else r.code)
        for arrived in requests.records(requests.arrivals(reader(text.encode()), lambda: None))
        for n, r in arrived
    ]


def test_json_lines() -> None:
    assert records("") == []
    assert records('{"x":1}\n\n{"x":2}') == [(1, '{"x":1}'), (3, '{"x":2}')]
    assert records('{"x":1}\n{"x":[\n{"x":3}\n') == [(1, '{"x":1}'), (2, '{"x":['), (3, '{"x":3}')]


def test_a_broken_first_line_does_not_swallow_the_next() -> None:
    assert records('{"x":[1\n{"x":2}\n{"x":3}') == [(1, '{"x":[1'), (2, '{"x":2}'), (3, '{"x":3}')]
    assert records('{"x\n{"x":2}') == [(1, '{"x'), (2, '{"x":2}')]
    assert records("{\n") == [(1, "{")]


@pytest.mark.parametrize("first", ["x=1", "3", "null", "[1]", "}", "]]", "{}}", "# a comment"])
def test_a_first_line_that_opens_nothing_is_a_record_as_all_others(first: str) -> None:
    lines = [first, '{"x":1}', '{"x":[', '{"x":2}', "{", '{"x":3}']
    assert records("\n".join(lines)) == list(enumerate(lines, 1))


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.text(), st.lists(st.integers() | st.text()), min_size=1), min_size=1, max_size=4))
def test_objects_over_several_lines(objects: list[object]) -> None:
    text = "\n".join(json.dumps(o, indent=2, ensure_ascii=False) for o in objects)
    assert [json.loads(r) for _, r in records(text)] == objects
    compact = "\n".join(json.dumps(o) for o in objects)
    assert [json.loads(r) for _, r in records(compact)] == objects


def test_an_object_over_too_many_lines() -> None:
    text = json.dumps({"x": list(range(100))}, indent=1)
    with limits.overridden({"line_bytes": 50}):
        assert len(records(text)) == text.count("\n") + 1
        found = records('{\n"x": 1\n}\n' + text)
        assert found[0] == (1, '{\n"x": 1\n}') and found[1] == (4, "limit") and len(found) == 2


def test_a_deep_line_is_a_record() -> None:
    assert [n for n, _ in records("[" * 1000)] == [1]
