"""`gradcli run`: files and standard input, variables, both forms of answer, traces, limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Gradcli

PROGRAM = "y = x**2\nif y > 2:\n    z = [y, 1]\nelse:\n    z = [0, 0]\nz\nprint('y is', y, 'now')\nNone\n"


def test_a_file_and_standard_input_and_variables(gradcli: Gradcli, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    for done in (
        gradcli("run", str(path), "--x", "3"),
        gradcli("run", "-", "--x=3", stdin=PROGRAM),
        gradcli("run", "-f", str(path), "--set", "x=3"),
    ):
        assert (done.status, done.err, done.out) == (0, "", "[9, 1]\ny is 9 now\nNone\n")


def test_json(gradcli: Gradcli) -> None:
    done = gradcli("run", "-", "--x", "3", "--json", stdin=PROGRAM + "x > 2, (1, None)\n")
    assert done.answer["command"] == "run" and done.answer["notes"] == []
    assert done.answer["outputs"] == [
        {"line": 6, "value": [9.0, 1.0]},
        {"line": 7, "value": 9.0, "text": "y is now"},
        {"line": 8, "value": None},
        {"line": 9, "value": [1.0, [1.0, None]]},
    ]


def test_a_program_that_shows_nothing(gradcli: Gradcli) -> None:
    done = gradcli("run", "-", stdin="x = 3\n'''a docstring'''\n")
    assert (done.status, done.out, done.err) == (0, "", "")
    assert gradcli("run", "-", stdin="").status == 3


def test_what_is_not_finite_under_strict(gradcli: Gradcli) -> None:
    assert gradcli("run", "-", stdin="1\nlog(x)\n", variables={}).status == 3
    assert gradcli("run", "-", "--x", "-1", "--strict", stdin="1\nlog(x)\n").status == 5


def test_lines_are_traced(gradcli: Gradcli) -> None:
    source = "def f(a):\n    return 2*a\ns = 0\nfor i in range(2):\n    if i > 0:\n        s += f(i)\nv = zeros(2)\nv[0] = s\nv\n"
    done = gradcli("run", "-", "--trace-lines", stdin=source)
    lines = [line.strip() for line in done.out.split("\n\n")[0].splitlines()]
    assert lines == [
        "1  f = the function f", "3  s = 0", "4  i = 0", "5  i > 0 = false", "4  i = 1", "5  i > 0 = true",
        "2  return = 2", "6  s = 2", "7  v = [0, 0]", "8  v[0] = 2", "9  v = [2, 0]",
    ]  # fmt: skip
    assert done.out.endswith("\n\n[2, 0]\n")
    traced = gradcli("run", "-", "--trace-lines", "--json", stdin="x = 3\nx\n").answer["lines"]
    assert traced == [{"line": 1, "label": "x", "value": 3.0}, {"line": 2, "label": "x", "value": 3.0}]


def test_random_numbers_follow_the_seed(gradcli: Gradcli) -> None:
    first, again, other = (gradcli("run", "-", "--seed", seed, stdin="randn(2)").out for seed in ("1", "1", "2"))
    assert first == again != other


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "words"),
    [
        (["run"], "", 2, ["no program", "gradcli run FILE"]),
        (["run", "no-such-file.py"], "", 2, ["no-such-file.py"]),
        (["run", "a.py", "-f", "b.py"], "", 2, ["one is enough"]),
        (["run", "-", "--wrt", "x"], "x", 2, ["run has no option --wrt", "grad"]),
        (["run", "-", "--y", "1"], "x = 1", 2, ["--y"]),
        (["run", "-"], "x + 1", 3, ["no value for x"]),
        (["run", "-"], "a = 1\nb = a +\n", 3, ["2 │"]),
        (["run", "-"], "zeros(2) + zeros(3)", 4, ["(2,)", "(3,)"]),
        (["run", "-", "--limit", "steps=100000"], "x = 1\nwhile True:\n    x = x + 1\n", 6, ["steps", "while True"]),
        (["run", "-"], "def f(x):\n    return f(x)\nf(1)\n", 6, ["calls", "2 │", "in f(1), line 3"]),
    ],
)
def test_errors(gradcli: Gradcli, arguments: list[str], stdin: str, status: int, words: list[str]) -> None:
    done = gradcli(*arguments, stdin=stdin)
    assert done.status == status, done.err
    for word in words:
        assert word in done.err, done.err


def test_errors_in_json(gradcli: Gradcli) -> None:
    done = gradcli("run", "-", "--json", stdin="x = 1\nx +\n")
    assert done.status == 3 and done.answer["error"]["code"] == "syntax"


def test_a_program_is_an_expression(gradcli: Gradcli, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("y = a\nwhile y < 100:\n    y = y*a\ny\n")
    done = gradcli("grad", "-f", str(path), "--a", "3", "--json")
    assert done.answer["value"] == 243.0 and done.answer["gradient"] == {"a": 405.0}


def test_an_error_comes_after_what_was_shown(gradcli: Gradcli) -> None:
    source = "x = arange(3)\nprint('first', x)\n2*x\nx[5]\nx\n"
    done = gradcli("run", "-", stdin=source)
    assert (done.status, done.out) == (4, "first [0, 1, 2]\n[0, 2, 4]\n")
    assert "index 5 is out of range" in done.err and "4 │ x[5]" in done.err
    assert list(gradcli("run", "-", "--json", stdin=source).answer) == ["error"]


def test_an_interrupted_program_says_where_it_was(gradcli: Gradcli, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradcli.program import machine

    def interrupt(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(machine.Machine, "look", interrupt)
    done = gradcli("run", "-", "--limit", "steps=100", "--x=1", stdin="x\nwhile True:\n    x = 2*x\n")
    assert (done.status, done.out) == (130, "1\n")
    assert "interrupted" in done.err and ("while True" in done.err or "x = 2*x" in done.err)


def test_print_with_separators_and_ends(gradcli: Gradcli) -> None:
    source = "for i in range(3):\n    print(i, i**2, sep=':', end=', ' if i < 2 else '.\\n')\nprint('a', 'b', sep='')\nprint('open', end='')"
    done = gradcli("run", "-", stdin=source)
    assert (done.status, done.out) == (0, "0:0, 1:1, 2:4.\nab\nopen\n")
    assert gradcli("run", "-", "--json", stdin="print('a', 'b', sep='-')").answer["outputs"][0]["text"] == "a-b"
    assert "has no parameter file" in gradcli("run", "-", stdin="print(1, file=2)").err


def test_kinks_and_what_is_not_finite_are_noted(gradcli: Gradcli) -> None:
    source = "import torch\nx = torch.tensor([0., 4.], requires_grad=True)\n(torch.relu(x) + torch.sqrt(x)).sum().backward()\nx.grad\ntorch.log(x.detach())\n"
    notes = gradcli("run", "-", "--json", stdin=source).answer["notes"]
    assert [note["kind"] for note in notes] == ["kink", "nonfinite", "nonfinite"]
    assert "torch.relu(x) is at a kink of relu" in notes[0]["message"]
    assert "line 4" in notes[1]["message"] and "the derivative of" in notes[1]["message"]
    assert "line 5" in notes[2]["message"] and "-inf where its operand is 0" in notes[2]["message"]
    table = gradcli("run", "-", stdin=source).out
    assert "\n\nkink: " in table and "\nnonfinite: " in table


@pytest.mark.parametrize(
    ("source", "kinks"),
    [
        ("x = 0\ngrad(abs(x), x)", 1),
        ("x = 1\ngrad(abs(x), x)", 0),
        ("x = 0\ny = grad(abs(x), x)\n3", 0),  # taken, but not part of what is shown
        ("x = zeros(2)\njvp(abs(x), x, [1, 0])", 1),
        ("x = 0\nabs(x)", 0),
        ("import jax\njax.grad(abs)(0.)", 1),
        ("def f(x):\n    return max(x, 0) * 2\nfor i in range(3):\n    grad(f)(0.)", 1),
    ],
)
def test_only_derivatives_that_are_shown_have_kinks(gradcli: Gradcli, source: str, kinks: int) -> None:
    notes = gradcli("run", "-", "--json", stdin=source).answer["notes"]
    assert [note["kind"] for note in notes] == ["kink"] * kinks, notes
