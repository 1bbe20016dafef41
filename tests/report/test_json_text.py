import json
import math
import unicodedata

import numpy as np
import pytest
from handmade import array, hostile, made, random_results, values
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import DataError
from gradcli.report.json import encode, encode_error, to_plain
from gradcli.results import CheckReport, CheckRow, ClaimRow, Note, Output

SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def read(text):
    """The object in a line, by a reader that refuses what JSON does not have."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    assert "\n" not in text
    return json.loads(text.encode("utf-8"), parse_constant=refuse)


def numbers(plain):
    """Nested lists as an array again."""
    return np.array(_numbers(plain), dtype=np.float64)


def _numbers(plain):
    return [_numbers(item) for item in plain] if isinstance(plain, list) else SPECIAL.get(plain, plain)


def same(array, plain):
    back = numbers(plain).reshape(array.shape)  # an empty list does not tell its further axes
    return back.tobytes() == np.where(np.isnan(array), math.nan, array).tobytes()


def test_the_object_of_grad_to_the_letter():
    result = made(
        "Grad", "2 * dot(x, x)", expression="2*dot(x,x)", mode="reverse", value=28, gradient={"x": [0, 4, 8, 12]}
    )
    assert encode(result) == (
        '{"command": "grad", "expression": "2*dot(x,x)", "mode": "reverse", "value": 28.0, '
        '"gradient": {"x": [0.0, 4.0, 8.0, 12.0]}, "notes": []}'
    )


@pytest.mark.parametrize(
    ("kind", "parts", "keys"),
    [
        ("Eval", {}, ["value"]),
        ("Grad", {"gradient": {"x": 1}}, ["value", "gradient"]),
        ("Vjp", {"gradient": {"x": 1}}, ["value", "gradient"]),
        ("Jacobian", {"jacobian": {"x": [1]}}, ["value", "jacobian", "passes"]),
        ("Hessian", {"gradient": {"x": 1}, "hessian": {"x": {"x": 1}}}, ["value", "gradient", "hessian", "passes"]),
        ("Jvp", {"tangent": 2}, ["value", "tangent"]),
        ("Hvp", {"gradient": {"x": 1}, "hvp": {"x": 1}}, ["value", "gradient", "hvp"]),
        ("Run", {"outputs": ()}, ["outputs"]),
        ("Check", {}, []),
    ],
)
def test_the_keys_of_every_command_in_their_order(kind, parts, keys):
    answer = read(encode(made(kind, value=1, **parts)))
    assert list(answer) == ["command", "expression", "mode", *keys, "notes"]
    assert answer["command"] == kind.lower()


def test_what_json_does_not_have_is_written_as_strings():
    result = made("Eval", value=[[math.nan, math.inf], [-math.inf, -0.0]])
    assert '"value": [["NaN", "Infinity"], ["-Infinity", -0.0]]' in encode(result)


def test_values_that_are_no_arrays():
    result = made("Eval", value=(array(1), None, (array([2, 3]), ())))
    assert '"value": [1.0, null, [[2.0, 3.0], []]]' in encode(result)
    assert to_plain(result.value) == [1.0, None, [[2.0, 3.0], []]]
    assert to_plain(None) is None and to_plain(()) == []


def test_a_hundred_thousand_tuples_inside_one_another():
    value = array(1)
    for _ in range(100_000):
        value = (value,)
    assert f'"value": {"[" * 100_000}1.0{"]" * 100_000}' in encode(made("Eval", value=value))
    to_plain(value)


def test_notes():
    result = made("Eval", value=1, notes=(Note("kink", "abs at 0", (0, 3)), Note("unused", "y")))
    assert read(encode(result))["notes"] == [
        {"kind": "kink", "message": "abs at 0", "span": [0, 3]},
        {"kind": "unused", "message": "y", "span": None},
    ]


def test_what_a_program_printed():
    result = made("Run", outputs=(Output(2, array([1, 2])), Output(5, None), Output(7, None, "loss 3")))
    assert read(encode(result))["outputs"] == [
        {"line": 2, "value": [1.0, 2.0]},
        {"line": 5, "value": None},
        {"line": 7, "value": None, "text": "loss 3"},
    ]


def test_a_check():
    row = CheckRow(
        name="x[0]",
        values={"forward": 1.0, "SymPy": None},
        digits=15.9,
        agrees=True,
        form="2*x",
        one_sided=(-1.0, math.inf),
    )
    report = CheckReport(
        verdict="fail", methods=("forward",), digits=15.9, rows=(row,), checked=1, total=9, remarks=("Only one.",),
        claims={"x": False}, claim_rows=(ClaimRow(name="x[0]", claimed=2.0, computed=1.0),), claim_differences=4,
    )  # fmt: skip
    answer = read(encode(made("Check", value=1, check=report)))
    assert list(answer) == ["command", "expression", "mode", "check", "notes"]
    assert answer["check"] == {
        "verdict": "fail",
        "methods": ["forward"],
        "digits": 15.9,
        "checked": 1,
        "total": 9,
        "rows": [{"name": "x[0]", "values": {"forward": 1.0, "SymPy": None}, "digits": 15.9, "agrees": True, "form": "2*x", "one_sided": [-1.0, "Infinity"]}],
        "remarks": ["Only one."],
        "claims": {"x": False},
        "claim_differences": 4,
        "claim_rows": [{"name": "x[0]", "claimed": 2.0, "computed": 1.0, "difference": 1.0}],
    }  # fmt: skip


def test_an_error():
    error = DataError("shapes differ", code="shape", span=(0, 3), hint="reshape")
    assert (
        encode_error(error)
        == '{"error": {"code": "shape", "message": "shapes differ", "span": [0, 3], "hint": "reshape"}}'
    )
    assert read(encode_error(DataError("no"))) == {
        "error": {"code": "value", "message": "no", "span": None, "hint": None}
    }


def test_visible_characters_stand_for_themselves():
    text = encode(made("Eval", "θ² + 数", value=1))
    assert '"θ² + 数"' in text
    assert '"a\\u001b\\u009b\\u202e\\ud800\\u2028\\"\\\\b"' in encode(
        made("Eval", 'a\x1b\x9b\u202e\ud800\u2028"\\b', value=1)
    )
    assert read(encode(made("Eval", "\U000e0001", value=1)))["expression"] == "\U000e0001"


@given(hostile)
def test_any_text_comes_back(source):
    text = encode(made("Eval", source, value=1))
    assert all(unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in text)
    assert json.loads(text)["expression"] == _joined(source)


def _joined(text):
    """Surrogates that stand side by side are read as the character they make."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@given(values())
def test_numbers_come_back_as_themselves(array):
    assert same(array, read(encode(made("Eval", value=array)))["value"])
    assert same(array, to_plain(array))


@settings(max_examples=50)
@given(random_results())
def test_every_result_is_valid(made):
    result, arrays = made
    answer = read(encode(result))
    leaves = []
    stack = [answer[key] for key in ("value", "gradient", "jacobian", "hessian", "tangent", "hvp") if key in answer]
    stack += [output["value"] for output in answer.get("outputs", ())]
    while stack:
        item = stack.pop()
        stack += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        leaves += [item] if not isinstance(item, (dict, list)) else []
    assert len(leaves) == sum(array.size for array in arrays)


@given(st.lists(st.floats(), min_size=2, max_size=2))
def test_loose_numbers_come_back(pair):
    report = CheckReport(
        verdict="pass", methods=(), digits=pair[0], checked=0, total=0, rows=(CheckRow(name="x", values={"a": pair[1]}, digits=1, agrees=True),)
    )  # fmt: skip
    check = read(encode(made("Check", check=report)))["check"]
    assert same(array(pair), [check["digits"], check["rows"][0]["values"]["a"]])
