"""JSON Lines in, JSON Lines out: in order, one for one, whatever the lines hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import Gradcli

from gradcli.cli import streams


def test_requests(gradcli: Gradcli) -> None:
    stdin = '{"expression":"x^2","variables":{"x":3}}\r\n\n{"expression":"cos(x)","variables":{"x":0},"wrt":["x"]}\n'
    done = gradcli("grad", "-", stdin=stdin)
    assert done.status == 0 and done.err == ""
    assert [answer["gradient"]["x"] for answer in done.answers] == [6, 0]


def test_a_bad_record_keeps_its_place(gradcli: Gradcli) -> None:
    lines = ['{"x":1}', '{"x":"two"}', "nonsense", '{"x":null}', '{"y":1}', '{"x":[[1],[1,2]]}', '{"x":3}']
    done = gradcli("grad", "x^2", "--vars", "-", stdin="\n".join(lines))
    assert done.status == 4
    assert ["error" in answer for answer in done.answers] == [False, True, True, True, True, True, False]
    assert done.answers[-1]["gradient"]["x"] == 6
    assert done.err.count("error: line ") == 5 and "error: line 2: variable x" in done.err
    assert "line 2" not in done.out


def test_the_highest_status_wins(gradcli: Gradcli) -> None:
    good, syntax, deep = '{"expression":"1"}', '{"expression":"1+"}', "[" * 200
    assert gradcli("eval", "-", stdin="\n".join([good, syntax, good])).status == 3
    assert gradcli("eval", "-", stdin="\n".join([syntax, deep, good])).status == 6
    assert gradcli("check", "-", stdin='{"expression":"x^2","variables":{"x":1},"claim":{"x":"x"}}').status == 1


def test_invalid_utf8_and_long_lines_keep_their_places(gradcli: Gradcli) -> None:
    stdin = b'{"x":1}\n{"x":"\xff"}\n{"x":' + b"1" * 200 + b'}\n{"x":2}\n'
    done = gradcli("eval", "x", "--vars", "-", "--limit", "line_bytes=100", stdin=stdin)
    assert done.status == 6
    assert [answer.get("value") for answer in done.answers] == [1, None, None, 2]


def test_options_and_variables_are_shared(gradcli: Gradcli) -> None:
    done = gradcli("grad", "a*x^2", "--a", "10", "--wrt", "x", "--vars", "-", stdin='{"x":1}\n{"x":1,"a":20}')
    assert [answer["gradient"] for answer in done.answers] == [{"x": 20}, {"x": 40}]
    stdin = '{"expression":"a*x","variables":{"x":1}}\n{"expression":"x","variables":{"x":1}}'
    done = gradcli("grad", "-", "--a", "10", "--mode", "forward", stdin=stdin)
    assert done.answers[0]["gradient"]["x"] == 10 and done.answers[0]["mode"] == "forward"
    assert done.status == 2 and "--a" in done.answers[1]["error"]["message"]


def test_vars_from_a_file(gradcli: Gradcli, tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"x":1}\n{"x":2}\n')
    done = gradcli("eval", "x+1", "--vars", str(tmp_path / "v.jsonl"))
    assert [answer["value"] for answer in done.answers] == [2, 3]
    (tmp_path / "v.json").write_text(json.dumps({"x": 1}, indent=4))
    assert gradcli("eval", "x+1", "--vars", str(tmp_path / "v.json")).answer["value"] == 2
    assert gradcli("eval", "x+1", "--vars", str(tmp_path)).status == 2


def test_nothing_in_nothing_out(gradcli: Gradcli) -> None:
    for stdin in ("", "\n \n"):
        done = gradcli("grad", "-", stdin=stdin)
        assert (done.status, done.out, done.err) == (0, "", "")


def test_a_mark_of_the_encoding_alone_is_no_record(gradcli: Gradcli) -> None:
    for stdin in ("\ufeff", "\ufeff\n", "\ufeff \r\n\n"):
        for arguments in (("grad", "-"), ("grad", "x^2", "--vars", "-")):
            done = gradcli(*arguments, stdin=stdin)
            assert (done.status, done.out, done.err) == (0, "", "")
    done = gradcli("grad", "x^2", "--vars", "-", stdin='\ufeff\n{"x": 3}\n')
    assert [answer["gradient"]["x"] for answer in done.answers] == [6]
    assert gradcli("grad", "x^2", "--vars", "-", stdin="1\n\ufeff").status == 4


def test_a_missing_variable_is_asked_for_as_json(gradcli: Gradcli) -> None:
    done = gradcli("grad", "x*y", "--vars", "-", stdin='{"y": 1}\n')
    assert done.status == 3
    assert done.answers[0]["error"]["hint"] == 'give it one, as in "x": 1.5'
    assert 'hint: give it one, as in "x": 1.5' in done.err
    assert "--x 1.5" in gradcli("grad", "x*y", "--y", "1").err


def test_stdin_that_is_closed(gradcli: Gradcli) -> None:
    done = gradcli("grad", "-", stdin=None)
    assert done.status == 2 and "standard input" in done.err


def test_strict_and_bugs_in_a_stream(gradcli: Gradcli, monkeypatch: pytest.MonkeyPatch) -> None:
    done = gradcli("eval", "1/x", "--strict", "--vars", "-", stdin='{"x":0}\n{"x":2}')
    assert done.status == 5 and done.answers[1]["value"] == 0.5
    compute = streams.compiled

    def broken(source: str, seed: int) -> object:
        if source == "2":
            raise ZeroDivisionError
        return compute(source, seed)

    monkeypatch.setattr(streams, "compiled", broken)
    done = gradcli("eval", "-", stdin='{"expression":"1"}\n{"expression":"2"}\n{"expression":"3"}')
    assert done.status == 70 and [answer.get("value") for answer in done.answers] == [1, None, 3]


def test_an_expression_is_compiled_once(gradcli: Gradcli) -> None:
    streams.compiled.cache_clear()
    gradcli("eval", "-", stdin='{"expression":"x+1","variables":{"x":1}}\n' * 50)
    assert streams.compiled.cache_info().misses == 1


def test_answers_can_be_asked_again(gradcli: Gradcli) -> None:
    """What is printed is read back in and gives itself again."""
    done = gradcli("eval", "x", "--x", "[0.1,-0.0,1e-320,inf,-inf,nan]", "--json")
    again = gradcli("eval", "x", "--vars", "-", stdin=json.dumps({"x": done.answer["value"]}))
    assert json.dumps(again.answer["value"]) == json.dumps(done.answer["value"])


fragments = st.sampled_from(['{"x":1}', "{", "}", '"x"', ":", "1", ",", "[", "]", "null", "NaN", "\n", " ", '{"x":[1,2]}', '"NaN"', "1e999", "true", "\ufeff", "é"])  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(fragments, max_size=10).map("".join))
def test_any_input_is_answered_in_json(stdin: str) -> None:
    done = Gradcli()("eval", "x+1", "--vars", "-", stdin=stdin)
    assert done.status in (0, 3, 4)
    assert all(("value" in answer) != ("error" in answer) for answer in done.answers)
    assert len(done.answers) <= sum(not line.isspace() for line in stdin.split("\n") if line)
    assert done.err.count("error: line ") == sum("error" in answer for answer in done.answers)
