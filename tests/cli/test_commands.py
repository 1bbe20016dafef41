"""Every command, option and kind of error, as the user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from running import Gradcli

from gradcli import api
from gradcli.cli.options import COMMANDS

ASKED = {
    "eval": ("x^3", [], {"value": 8.0}),
    "grad": ("x^3", [], {"value": 8.0, "gradient": {"x": 12.0}}),
    "jacobian": ("x^3", [], {"jacobian": {"x": 12.0}}),
    "hessian": ("x^3", [], {"gradient": {"x": 12.0}, "hessian": {"x": {"x": 12.0}}}),
    "jvp": ("x^3", ["--tangent", "x=2"], {"tangent": 24.0}),
    "vjp": ("x^3", ["--grad-outputs", "-1"], {"gradient": {"x": -12.0}}),
    "hvp": ("x^3", ["--vector", "x=2"], {"gradient": {"x": 12.0}, "hvp": {"x": 24.0}}),
    "check": ("x^3", [], {"expression": "x^3"}),
}


def holds(answer: dict[str, object], expected: dict[str, object]) -> bool:
    return {key: answer[key] for key in expected} == expected


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_every_way(gradcli: Gradcli, command: str, tmp_path: Path) -> None:
    expression, options, expected = ASKED[command]
    done = gradcli(command, expression, "--x", "2", "--json", *options)
    assert done.status == 0 and done.err == ""
    assert done.out.count("\n") == 1 and done.out.endswith("\n")
    assert holds(done.answer, expected) and done.answer["command"] == command
    (tmp_path / "e.txt").write_text("\ufeffx^3\r\n")
    ways = [
        (command, *options, "--json", "--x=2", expression),
        (command, "--json", "--set", "x=2", *options, "--", expression),
        (command, expression, *options, "--vars", "-"),
        (command, "-f", str(tmp_path / "e.txt"), "--x", "2", "--json", *options),
        (command, "-f", "-", "--x", "2", "--json", *options),
    ]
    for way in ways[-1:] if command == "check" else ways:  # a check takes a second
        again = gradcli(*way, stdin='{"x": 2}' if "--vars" in way else "x^3")
        assert again.status == 0, again.err
        assert holds(again.answer, expected)
    table = gradcli(command, expression, "--x", "2", *options)
    assert table.status == 0 and table.err == "" and "x**3" in table.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_requests(gradcli: Gradcli, command: str) -> None:
    expression, _, expected = ASKED[command]
    extra = {"jvp": {"tangent": {"x": 2}}, "vjp": {"grad_outputs": -1}, "hvp": {"vector": {"x": 2}}}.get(command, {})
    request = {"expression": expression, "variables": {"x": 2}, **extra}
    done = gradcli(command, "-", stdin=json.dumps(request, indent=2))
    assert done.status == 0 and holds(done.answer, expected)
    if extra:
        done = gradcli(command, "-", stdin='{"expression": "x^3", "variables": {"x": 2}}')
        assert done.status == 4 and next(iter(extra)) in done.answer["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["-x^2", "--x", "3"], -9),
        (["x", "--x", "-inf"], "-Infinity"),
        (["sum(x)", "--x", "-1,2"], 1),
        (["x", "--x", "-.5e-3"], -0.0005),
        (["--x+1", "--x", "2"], 3),
        (["--x", "-2", "--json", "--", "--x"], -2),
        (["mode+order", "--set", "mode=1", "--set", "order=2"], 3),
        (["f+1", "--f", "2"], 3),
        (["θ^2", "--θ", "3"], 9),
        (["e+1", "--e", "2"], 3),
        (["x", "--x", "pi/4"], np.pi / 4),
        (["sum(A@x)", "--A", "1,2;3,4", "--x", "[5,6]"], 56),
    ],
)
def test_arguments(gradcli: Gradcli, arguments: list[str], value: object) -> None:
    done = gradcli("eval", *arguments) if "--json" in arguments else gradcli("eval", "--json", *arguments)
    assert done.status == 0, done.err
    assert done.answer["value"] == value


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, ["no command", "grad"]),
        (["grda", "x"], 2, ["grda", "did you mean grad"]),
        (["x^2", "--x", "1"], 2, ["no command", "gradcli grad"]),
        (["--jso"], 2, ["--jso"]),
        (["grad"], 2, ["no expression"]),
        (["grad", "--jsno", "x^2"], 2, ["no option or variable --jsno", "--json"]),
        (["grad", "x", "^", "2", "--x", "1"], 2, ["3: x, ^, 2", "quotes"]),
        (["grad", "theta^2", "--thta", "1"], 2, ["--thta", "did you mean --theta?"]),
        (["grad", "x^2", "--set", "y=1"], 2, ["no variable y"]),
        (["grad", "x^2", "--x"], 2, ["--x needs a value"]),
        (["grad", "x^2", "--x", "1", "--x", "2"], 2, ["x is given twice"]),
        (["grad", "x^2", "--x", "1", "--order", "1.5"], 2, ["--order", "1.5"]),
        (["grad", "x^2", "--x", "1", "--order", "-1"], 2, ["--order"]),
        (["grad", "x^2", "--x", "1", "--mode", "fwd"], 2, ["--mode", "forward"]),
        (["grad", "x^2", "--x", "1", "--wrt", "z"], 2, ["z"]),
        (["grad", "x^2", "--x", "1", "--digits", "99"], 2, ["--digits"]),
        (["grad", "x^2", "--x", "1", "--limit", "tokns=1"], 2, ["tokns"]),
        (["grad", "x^2", "--x", "1", "--limit", "NODES=1"], 2, ["`NODES`", "did you mean nodes?"]),
        (["grad", "x^2", "--x", "1", "--limit", "nodes"], 2, ["--limit nodes=N"]),
        (["grad", "x^2", "--x", "1", "--wrt", "x y"], 2, ["--wrt takes names", "x,y"]),
        (["grad", "x^2", "--x", "1", "--vars", ""], 2, ["a file without a name"]),
        (["grad", "x^2", "--x", "1", "--save", ""], 2, ["a file without a name"]),
        (["grad", "x^2", "--x", "1", "--save", "a\0.npz"], 2, ["a\\x00.npz"]),
        (["grad", "3", "--order", "2"], 2, ["one variable, and there is none"]),
        (["grad", "sinx", "--x", "1"], 2, ["--x", "sinx is one name; write sin(x)"]),
        (["grad", "xy", "--x", "1", "--y", "1"], 2, ["--x", "write x*y"]),
        (["grad", "x*sinx", "--x", "1"], 3, ["no value for sinx", "write sin(x)"]),
        (["grad", "PI*x", "--x", "1"], 3, ["did you mean pi?"]),
        (["grad", "Math.sin(x)", "--x", "1"], 3, ["did you mean math?"]),
        (["eval", "abs(x)", "--x", "1", "--at-kink", "error"], 2, ["--at-kink", "an option of grad"]),
        (["hvp", "x^2", "--x", "1,2", "--vector", "x=1,2"], 4, ["an hvp needs one number"]),
        (["vjp", "x^2", "--x", "1", "--grad-outputs", ""], 4, ["--grad-outputs is empty"]),
        (["eval", "zeros(0, 1e300)"], 6, ["an array of shape (0, 1000", "elements=N"]),
        (["grad", "x^2", "-f", "x.txt"], 2, ["-f"]),
        (["grad", "-f", "no-such-file"], 2, ["no-such-file"]),
        (["grad", "-f", "/tmp"], 2, ["/tmp is a directory"]),
        (["grad", "-", "--vars", "-"], 2, ["--vars"]),
        (["grad", "x", "--vars", "-", "--save", "a.npz"], 2, ["--save"]),
        (["grad", "x", "--vars", "no-such-file"], 2, ["no-such-file"]),
        (["grad", "x^2", "--x", "1", "--save", "a.txt"], 2, ["a.txt", ".npz"]),
        (["jacobian", "x^2", "--x", "1", "--order", "2"], 2, ["jacobian has no option --order", "grad"]),
        (["jvp", "x^2", "--x", "1"], 2, ["--tangent"]),
        (["vjp", "x^2", "--x", "1"], 2, ["--grad-outputs"]),
        (["hvp", "x^2", "--x", "1"], 2, ["--vector"]),
        (["jvp", "x^2", "--x", "1", "--tangent", "1"], 2, ["--tangent takes NAME=VALUE"]),
        (["grad", "x +", "--x", "1"], 3, ["end"]),
        (["grad", "x*y", "--x", "1"], 3, ["y"]),
        (["grad", "x^2", "--x", "one"], 4, ["variable x", "one"]),
        (["grad", "x^2", "--x", "@no-such-file.csv"], 2, ["no-such-file.csv"]),
        (["grad", "x*x", "--x", "1,2", "--grad-outputs", "two"], 4, ["--grad-outputs", "two"]),
        (["eval", "log(x)", "--x", "-1", "--strict"], 5, ["value is nan"]),
        (["eval", "x+1+1+1", "--x", "1", "--limit", "tokens=3"], 6, ["tokens"]),
    ],
)
def test_errors(gradcli: Gradcli, arguments: list[str], status: int, words: list[str]) -> None:
    done = gradcli(*arguments)
    streams = "-" in arguments or "--vars" in arguments
    assert (done.status, bool(done.out)) == (status, streams)
    assert done.err.startswith("error: ") and done.err.endswith("\n")
    for word in words:
        assert word in done.err, done.err


@pytest.mark.parametrize(
    "arguments", [["grad", "x +", "--x", "1"], ["grad", "x", "--y", "1"], ["grad", "x", "--x", "a"]]
)
def test_errors_in_json_stand_on_both_streams(gradcli: Gradcli, arguments: list[str]) -> None:
    done = gradcli(*arguments, "--json")
    assert done.status > 0 and done.err.startswith("error: ")
    error = done.answer["error"]
    assert set(error) >= {"code", "message", "span", "hint"}
    assert error["message"] in done.err


@pytest.mark.parametrize(
    ("command", "options", "expected"),
    [
        ("grad", [], {"value": 3.0, "gradient": {}}),
        ("grad", ["--mode", "forward"], {"value": 3.0, "gradient": {}}),
        ("vjp", ["--grad-outputs", "2"], {"value": 3.0, "gradient": {}}),
        ("jacobian", [], {"value": 3.0, "jacobian": {}}),
        ("jacobian", ["--sparse"], {"value": 3.0, "jacobian": {}}),
        ("hessian", [], {"gradient": {}, "hessian": {}}),
        ("hessian", ["--sparse"], {"gradient": {}, "hessian": {}}),
        ("hessian", ["--sparse", "--mode", "forward"], {"gradient": {}, "hessian": {}}),
        ("hessian", ["--sparse", "--mode", "reverse"], {"gradient": {}, "hessian": {}}),
        ("check", [], {}),
    ],
)
def test_an_expression_without_variables_has_no_derivatives(
    gradcli: Gradcli, command: str, options: list[str], expected: dict[str, object]
) -> None:
    done = gradcli(command, "3", "--json", *options)
    assert done.status == 0 and holds(done.answer, expected)
    shown = gradcli(command, "3", *options)
    assert shown.status == 0 and shown.out.startswith("3\n= 3")


@pytest.mark.parametrize(
    ("arguments", "carets"),
    [
        (["grad", "1; x^2", "--x", "1,2", "--grad-outputs", "1,2,3"], "     ^^^"),
        (["hvp", "y*x^2", "--x", "1", "--y", "2", "--vector", "x=1,2"], "    ^"),
        (["grad", "(x, y)", "--x", "1,2", "--y", "2"], "  ^^^^^^"),
    ],
)
def test_shapes_that_do_not_fit_have_their_place(gradcli: Gradcli, arguments: list[str], carets: str) -> None:
    done = gradcli(*arguments)
    assert done.status == 4 and done.err.splitlines()[2] == carets


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("expression", ["[1e308, 1e308]", "[inf, -inf]", "1/[0.0, -0.0]"])
def test_whether_numbers_are_finite_is_seen_without_remarks_of_numpy(gradcli: Gradcli, expression: str) -> None:
    assert gradcli("eval", expression).status == 0


def test_a_failed_check_is_status_1(gradcli: Gradcli) -> None:
    assert gradcli("check", "x^2", "--x", "3", "--claim", "x=2*x").status == 0
    done = gradcli("check", "x^2", "--x", "3", "--claim", "x=3*x", "--json")
    assert done.status == 1 and done.answer["check"]["verdict"] == "fail"


def test_strict_names_the_place(gradcli: Gradcli) -> None:
    done = gradcli("grad", "sum(sqrt(x))", "--x", "4,0,1", "--strict", "--json")
    assert done.status == 5 and "gradient.x[1] is inf" in done.answer["error"]["message"]
    assert gradcli("grad", "sum(sqrt(x))", "--x", "4,1", "--strict").status == 0


def test_limits_from_the_environment(gradcli: Gradcli) -> None:
    done = gradcli("eval", "1+1+1", variables={"GRADCLI_LIMIT_TOKENS": "3"})
    assert done.status == 6 and "GRADCLI_LIMIT_TOKENS" in done.err
    assert gradcli("eval", "1+1+1", "--limit", "tokens=9", variables={"GRADCLI_LIMIT_TOKENS": "3"}).status == 0
    assert gradcli("eval", "1", variables={"GRADCLI_LIMIT_TOKENS": "many"}).status == 2


def test_a_limit_in_the_environment_that_is_no_number(gradcli: Gradcli) -> None:
    done = gradcli("eval", "1", variables={"GRADCLI_LIMIT_NODES": "many"})
    assert done.status == 2 and "'many'" in done.err and "GRADCLI_LIMIT_NODES" in done.err


def test_save_in_a_directory_that_is_gone(gradcli: Gradcli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = gradcli("eval", "1", "--save", "a.npz")
    assert done.status == 2 and "cannot save a.npz" in done.err


def test_save(gradcli: Gradcli, tmp_path: Path) -> None:
    saved = tmp_path / "a.npz"
    done = gradcli("hessian", "x^2*y", "--x", "2", "--y", "3", "--save", str(saved), "--json")
    assert done.status == 0
    with np.load(saved, allow_pickle=False) as arrays:
        names = ["value", "gradient.x", "gradient.y", "hessian.x.x", "hessian.x.y", "hessian.y.x", "hessian.y.y"]
        assert list(arrays) == names
        assert arrays["hessian.x.y"] == 4
    done = gradcli("grad", "sum(x^2)", "--x", "1,2", "--save", str(tmp_path / "a.npy"))
    assert done.status == 0 and "x" in done.out
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy", allow_pickle=False), [2, 4])
    again = gradcli("eval", "x", "--x", f"@{tmp_path / 'a.npy'}", "--json", "--save", str(tmp_path / "a.json"))
    assert again.answer["value"] == [2, 4] and (tmp_path / "a.json").read_text() == again.out
    done = gradcli("grad", "x*y", "--x", "1", "--y", "2", "--save", str(tmp_path / "b.npy"))
    assert done.status == 2 and done.out == "" and ".npz" in done.err and not (tmp_path / "b.npy").exists()


def test_several_outputs_are_saved_apart(gradcli: Gradcli, tmp_path: Path) -> None:
    assert gradcli("eval", "(x, 2x)", "--x", "1,2", "--save", str(tmp_path / "a.npz")).status == 0
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_array_equal(arrays["value.1"], [2, 4])


def test_random_values_and_their_seed(gradcli: Gradcli) -> None:
    def draw(seed: str) -> object:
        return gradcli("eval", "x - y", "--x", "randn(3)", "--y", "randn(3)", "--seed", seed, "--json").answer["value"]

    assert draw("1") == draw("1") != draw("2")
    assert 0 not in draw("1")  # type: ignore[operator]


def test_colour_is_for_terminals(gradcli: Gradcli) -> None:
    ask = ["grad", "x^2", "--x", "3"]
    assert "\x1b" not in gradcli(*ask).out
    assert "\x1b[" in gradcli(*ask, stdout_is_terminal=True, variables={"TERM": "xterm-256color"}).out
    for variables in ({"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}):
        assert "\x1b" not in gradcli(*ask, stdout_is_terminal=True, variables=variables).out
    assert "\x1b[" in gradcli("grad", "x +", stderr_is_terminal=True, variables={"TERM": "xterm"}).err
    assert "\x1b" not in gradcli("grad", "x +", stderr_is_terminal=True, variables={"NO_COLOR": "1"}).err


def test_nothing_of_the_input_controls_the_terminal(gradcli: Gradcli) -> None:
    nasty = "a\x1b[2J\x07\u202e"
    for arguments in (
        ["eval", nasty],
        ["eval", "x", "--x", nasty],
        ["eval", "x", "--x", "@" + nasty],
        ["eval", "x", "-f", nasty],
        ["eval", "x", f"--{nasty}", "1"],
        ["eval", nasty, nasty],
        ["eval", "x", "--set", nasty],
        ["eval", "x", "--limit", nasty],
        ["grad", "x", "--x", "1", "--wrt", nasty],
        ["grad", "x", "--x", "1", "--mode", nasty],
        ["grad", "x", "--x", "1", "--save", nasty],
        ["grad", "x", "--x", "1", "--save", nasty + ".json/a.json"],
        [nasty],
        ["--" + nasty],
    ):
        done = gradcli(*arguments)
        assert done.status in (2, 3, 4) and done.err.startswith("error: ")
        assert not set("\x1b\x07\u202e") & set(done.out + done.err), arguments


def test_help_and_version(gradcli: Gradcli) -> None:
    whole = gradcli("--help")
    assert whole.status == 0 and whole.err == ""
    for command in (*COMMANDS, "functions"):
        assert f"\n  {command}" in whole.out
        done = gradcli(command, "--help")
        assert done.status == 0 and done.out.startswith(f"Usage: gradcli {command}")
        assert done.out.isascii()
    assert gradcli("grad", "x", "--nonsense", "--help").status == 0
    assert gradcli("--version").out.startswith("gradcli ")


def test_a_bug_is_status_70(gradcli: Gradcli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(source: str, seed: int) -> object:
        raise ZeroDivisionError("oh\nno")

    monkeypatch.setattr(api, "Expression", broken)
    done = gradcli("eval", "x")
    assert done.status == 70 and "a bug in gradcli: ZeroDivisionError: oh" in done.err and "Traceback" not in done.err
    assert "Traceback" in gradcli("eval", "x", variables={"GRADCLI_DEBUG": "1"}).err


@pytest.mark.parametrize(("exception", "status"), [(MemoryError, 6), (KeyboardInterrupt, 130)])
def test_what_is_no_bug(
    gradcli: Gradcli, monkeypatch: pytest.MonkeyPatch, exception: type[BaseException], status: int
) -> None:
    def broken(source: str, seed: int) -> object:
        raise exception

    monkeypatch.setattr(api, "Expression", broken)
    assert gradcli("eval", "x").status == status


def test_functions(gradcli: Gradcli) -> None:
    listed = gradcli("functions")
    assert listed.status == 0 and "logsumexp" in listed.out
    one = gradcli("functions", "sin")
    assert one.status == 0 and "sin" in one.out
    for name in ("torch.sin", "np.sin", "x.sin"):
        assert gradcli("functions", name).out == one.out
    wrong = gradcli("functions", "sinn")
    assert wrong.status == 2 and "sinn" in wrong.err and "did you mean" in wrong.err


@pytest.mark.parametrize("command", ["grad", "run", "functions"])
def test_h_alone_asks_for_help(gradcli, command):
    assert gradcli(command, "-h").out == gradcli(command, "--help").out


def test_h_beside_a_variable_is_an_expression(gradcli):
    assert gradcli("grad", "-h", "--h", "3", "--json").answer["gradient"] == {"h": -1.0}


def test_sentences_are_wrapped_on_a_terminal(gradcli):
    piped = gradcli("frobnicate", width=40).err
    shown = gradcli("frobnicate", width=40, stderr_is_terminal=True, variables={"NO_COLOR": "1"}).err
    assert max(map(len, piped.splitlines())) > 40 >= max(map(len, shown.splitlines()))
    assert piped.split() == shown.split()


def test_a_table_of_what_is_saved_is_short(gradcli, tmp_path):
    file = str(tmp_path / "g.npy")
    call = ("grad", "sum(x*x)", "--x", "arange(5000)", "--save", file)
    assert f"… 4,980 more, all in {file} …" in gradcli(*call).out
    assert len(gradcli(*call, "--json").answer["gradient"]["x"]) == 5000
