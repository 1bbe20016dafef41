"""Tables of commands with known answers, row by row, through the command line.

worked.json       examples with their answers: keys, shapes and numbers, to a relative 1e-12
bad_inputs.json   what goes wrong, the status it ends with, and what the error mentions
programs.json     programs for `gradcli run`, and what each of them prints, to a relative 1e-9
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from gradcli.cli.root import NAMES

from .cli.running import Done, Gradcli, process

TABLES = Path(__file__).with_name("cases")
NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
# rows that are answered by a process of its own as well: arguments, a stream, bytes, an error
AS_PROCESS = {"dot-gradient", "json-lines", "json-bad-record", "json-bom", "cyrillic-letter", "escape-in-name"}

# the same limit stops the same program, only sooner
VARIABLES = {"control-flow-endless": {"GRADCLI_LIMIT_STEPS": "200000"}}


def rows(table: str) -> list[Any]:
    listed = json.loads((TABLES / f"{table}.json").read_text("utf-8"))["cases"]
    return [pytest.param(row, id=row["id"]) for row in listed]


def answered(row: dict[str, Any]) -> Iterator[Done]:
    """What gradcli does with a row: in this process, and some in a process of their own."""
    stdin = (row.get("stdin") or "").encode()
    yield Gradcli()(*row["args"], stdin=stdin, variables=VARIABLES.get(row["id"]))
    if row["id"] in AS_PROCESS:
        done = process(*row["args"], input=stdin)
        yield Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def differences(found: Any, expected: Any, tolerance: float, place: str = "") -> Iterator[str]:
    """Where an answer is not what was expected; what it holds besides does not matter."""
    if isinstance(expected, dict):
        for key, wanted in expected.items():
            if not isinstance(found, dict) or key not in found:
                yield f"{place}.{key} is missing"
            else:
                yield from differences(found[key], wanted, tolerance, f"{place}.{key}")
    elif isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            yield f"{place} is {found}, not {expected}"
        else:
            for index, pair in enumerate(zip(found, expected, strict=True)):
                yield from differences(*pair, tolerance, f"{place}[{index}]")
    elif not agree(found, expected, tolerance):
        yield f"{place} is {found}, not {expected}"


def agree(found: Any, expected: Any, tolerance: float) -> bool:
    """Whether two numbers agree, relative to the second, or absolutely where that is 0; all else must be equal."""
    found, expected = number(found), number(expected)
    if not isinstance(expected, float) or not isinstance(found, float):
        return bool(found == expected)
    if math.isnan(expected) or math.isinf(expected):
        return found == expected or (math.isnan(found) and math.isnan(expected))
    return abs(found - expected) <= tolerance * (abs(expected) or 1.0)


def number(value: Any) -> Any:
    """JSON's numbers, truth values and the strings for what is not finite as floats; all else as it is."""
    if isinstance(value, str):
        return NOT_FINITE.get(value, value)
    return float(value) if isinstance(value, (int, float)) else value


@pytest.mark.parametrize("row", rows("worked"))
def test_worked(row: dict[str, Any]) -> None:
    for done in answered(row):
        expected = dict(row["expect"])
        assert done.status == expected.pop("$exit", 0), done.err
        mentioned, kinds = expected.pop("$error_mentions", []), expected.pop("$note_kinds", [])
        assert [words for words in mentioned if words not in done.out + done.err] == []
        wanted = expected.pop("$lines", [expected])
        if wanted == [{}] and not kinds:
            continue
        answers = [json.loads(line) for line in done.out.splitlines() if line.strip()]
        assert list(differences(answers, wanted, 1e-12)) == []
        assert set(kinds) <= {note["kind"] for note in answers[0].get("notes", ())}


@pytest.mark.parametrize("row", rows("bad_inputs"))
def test_bad_inputs(row: dict[str, Any]) -> None:
    for done in answered(row):
        written = done.out + done.err
        assert done.status == row["exit"], written
        assert "Traceback" not in written
        assert "\x1b" not in written
        assert done.status == 0 or done.err.count("error: ") == 1
        assert [words for words in row.get("mentions", []) if words not in written] == []
        if "expect" in row:
            assert list(differences(done.answer, row["expect"], 1e-12)) == []


@pytest.mark.skipif("run" not in NAMES, reason="gradcli run comes with programs")
@pytest.mark.parametrize("row", rows("programs"))
def test_programs(row: dict[str, Any]) -> None:
    done = Gradcli()("run", "-", "--json", stdin=row["source"])
    assert done.status == 0, done.err
    values = [output["value"] for output in done.answer["outputs"]]
    assert list(differences(values, row["expect"], 1e-9)) == []


def test_the_comparison_can_fail() -> None:
    assert list(differences({"x": [1.0, 2.0]}, {"x": [1.0, 2.0 + 1e-9]}, 1e-12)) == [".x[1] is 2.0, not 2.000000001"]
    assert list(differences({"x": 1.0}, {"y": 1.0}, 1e-12)) == [".y is missing"]
    assert list(differences([1.0], [[1.0]], 1e-12)) == ["[0] is 1.0, not [1.0]"]
    assert list(differences({"x": "NaN"}, {"x": "Infinity"}, 1e-12)) == [".x is NaN, not Infinity"]
    assert list(differences([1e-13, True, None, "NaN"], [0, 1.0, None, "NaN"], 1e-12)) == []


def test_the_optimizer_prints_the_loss_to_the_digits_that_count() -> None:
    """x**2 - 2*x + 1 at x = 0.99995897… is a difference of numbers near 1, of which float64 keeps seven digits: PyTorch
    prints 1.6829673210594365e-09. The loss is 0.98**1000, and x the float64 number that PyTorch has."""
    source = next(
        row["source"]
        for row in json.loads((TABLES / "programs.json").read_text("utf-8"))["cases"]
        if row["id"] == "sgd-optimizer"
    )
    done = Gradcli()("run", "-", "--json", stdin=source)
    loss, x = (output["value"] for output in done.answer["outputs"])
    assert x == 0.9999589760148547 and loss == float((1 - Fraction(x)) ** 2)
    assert abs(loss - 0.98**1000) < 1e-10 * loss
    (note,) = done.answer["notes"]
    assert note["kind"] == "cancelled" and "float64 keeps 7 digits" in note["message"]
