"""Kinks: the note for each that a derivative used, and at_kink="error", which refuses instead."""

from __future__ import annotations

import json

import pytest

import gradcli
from gradcli.errors import DataError, UsageError

from .cli.running import Gradcli

ASKED = {
    "grad": {},
    "jacobian": {},
    "hessian": {},
    "jvp": {"tangent": {"x": 1.0}},
    "vjp": {"grad_outputs": 1.0},
    "hvp": {"vector": {"x": 1.0}},
}


@pytest.mark.parametrize(("command", "how"), ASKED.items())
@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_every_question_can_refuse(command, how, mode):
    ask = getattr(gradcli.Expression("3*x + abs(x)*2"), command)
    with pytest.raises(DataError) as caught:
        ask({"x": 0.0}, at_kink="error", mode=mode, **how)
    error = caught.value
    assert (error.code, error.status, error.span) == ("kink", 4, (6, 12))
    assert error.message == "abs(x) is at a kink of abs, where there is no derivative"
    assert "0 at 0" in error.hint and "--at-kink" in error.hint
    assert not ask({"x": 0.5}, at_kink="error", mode=mode, **how).notes
    assert {note.kind for note in ask({"x": 0.0}, mode=mode, **how).notes} == {"kink"}


def test_another_word_is_an_error():
    with pytest.raises(UsageError):
        gradcli.grad("x", {"x": 0.0}, at_kink="ignore")


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("expression", "x", "weights", "name"), [
    ("abs(x)", [0.0, 1.0], [0.0, 1.0], None),
    ("abs(x)", [0.0, 1.0], [1.0, 0.0], "abs"),
    ("relu(x)", [0.0, 1.0], [0.0, 1.0], None),
    ("sort(x)", [1.0, 1.0, 0.0], [1.0, 0.0, 0.0], None),
    ("sort(x)", [1.0, 1.0, 0.0], [0.0, 1.0, 0.0], "sort"),
])  # fmt: skip
def test_a_kink_that_is_weighted_with_zero_is_not_used(expression, x, weights, name, mode):
    notes = gradcli.grad(expression, {"x": x}, grad_outputs=weights, mode=mode).notes
    assert [f" kink of {name};" in note.message for note in notes] == ([True] if name else [])


@pytest.mark.parametrize("expression", [
    "max(x)", "min(-x)", "median(x)", "quantile(x, 0.5)", "maximum(x[0], x[1])", "clip(x, 1, 2).sum()", "relu(x-1).sum()",
    "norm(x-1)", "std(x)", "hypot(x[0]-1, x[1]-1)", "sum(abs(x-1))", "cummax(x).sum()", "norm(x, inf)", "topk(x, 1)[0]",
])  # fmt: skip
def test_every_kind_of_kink_is_noted_with_its_place(expression):
    for mode in ("forward", "reverse"):
        notes = gradcli.grad(expression, {"x": [1.0, 1.0]}, mode=mode).notes
        assert notes and all(note.kind == "kink" and note.span for note in notes), mode


@pytest.mark.parametrize("program", [
    "grad(abs(x), x)", "jacobian(abs(x), x)", "jvp(abs(x), x, x + 1)", "vjp(abs(x), x, x + 1)", "hessian(abs(x)*x, x)",
    "f = lambda t: abs(t)\ngrad(f)(x)", "x.requires_grad_(); y = abs(x); y.backward(); x.grad",
])  # fmt: skip
def test_kinks_inside_derivatives_that_a_program_takes(program):
    (note,) = gradcli.eval(program, {"x": 0.0}).notes
    assert note.kind == "kink"
    assert program[slice(*note.span)] in ("abs(x)", "abs(t)")
    assert not gradcli.eval(program, {"x": 2.0}).notes
    with pytest.raises(DataError):
        gradcli.grad("y = 1*x; grad(abs(y), y)*y", {"x": 0.0}, at_kink="error")


BRANCHES = [
    ("where(x > 0, grad(abs(x), x), 2*x)", 0.0, []), ("where(x >= 0, grad(abs(x), x), 2*x)", 0.0, ["abs(x)"]),
    ("where(x > 0, jvp(abs(x), x, x + 1), x)", 0.0, []), ("where(x < 1, jvp(abs(x), x, x + 1), x)", 0.0, ["abs(x)"]),
    ("sum(where(x > 0, grad(sum(abs(x)), x)*x, 0))", [0.0, 1.0], []),
    ("sum(where(x >= 0, grad(sum(abs(x)), x)*x, 0))", [0.0, 1.0], ["abs(x)"]),
    ("grad(abs(x), x)*x", 0.0, ["abs(x)"]), ("sign(grad(abs(x), x))", 0.0, ["abs(x)"]),
]  # fmt: skip


@pytest.mark.parametrize(("program", "x", "noted"), BRANCHES)
@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_a_derivative_in_a_branch_that_is_not_taken(program, x, noted, mode):
    notes = [note for note in gradcli.grad(program, {"x": x}, mode=mode).notes if note.kind == "kink"]
    assert [program[slice(*note.span)] for note in notes] == noted
    if not noted:
        gradcli.grad(program, {"x": x}, mode=mode, at_kink="error")


@pytest.mark.parametrize("expression", [
    "abs(x)", "sign(x)", "floor(x)", "x % 1", "x // 1", "relu(x)", "maximum(x, -x)", "hypot(x, x)", "softsign(x)", "leaky_relu(x)",
    "abs(x)*x", "abs(floor(x) + 0*x)", "norm([x, x])", "round(x)", "dist([x], [x])", "x*abs(x)**3",
])  # fmt: skip
@pytest.mark.parametrize("question", ["grad", "hessian"])
def test_every_mode_notes_the_same(expression, question):
    ask = getattr(gradcli.Expression(expression), question)
    found = [
        [n for n in ask({"x": 0.0}, mode=mode).notes if n.kind == "kink"] for mode in ("auto", "forward", "reverse")
    ]
    assert found[0] == found[1] == found[2]
    assert len(set(found[0])) == len(found[0]) <= 1


def test_what_has_no_name_in_the_language_is_not_named():
    (note,) = gradcli.grad("leaky_relu(x)", {"x": 0.0}).notes
    assert note.message.startswith("leaky_relu(x) is at a kink; ")


def test_a_derivative_that_does_not_enter_the_answer_is_not_noted():
    assert not gradcli.eval("unused = grad(abs(x), x); x + 1", {"x": 0.0}).notes


def test_on_the_command_line():
    done = Gradcli()("grad", "abs(x)", "--x", "0", "--at-kink", "error")
    assert done.status == 4
    assert "abs(x) is at a kink" in done.err and "hint:" in done.err
    assert Gradcli()("grad", "abs(x)", "--x", "0", "--at-kink", "convention").status == 0
    assert Gradcli()("grad", "abs(x)", "--x", "0", "--at-kink", "no").status == 2
    done = Gradcli()("grad", "abs(x)", "--x", "0", "--at-kink", "error", "--json")
    assert json.loads(done.out)["error"]["code"] == "kink"


def test_in_streams():
    values = "".join(f'{{"x": {x}}}\n' for x in (1, 2, 0, -3, 0, 5))
    done = Gradcli()("grad", "abs(x)", "--vars", "-", "--at-kink", "error", stdin=values.encode())
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert ["error" in answer for answer in answers] == [False, False, True, False, True, False]
    assert [answer["gradient"]["x"] for answer in answers if "gradient" in answer] == [1, 1, -1, 1]
    requests = '{"expression": "abs(x)", "variables": {"x": 0}, "at_kink": "error"}\n{"expression": "abs(x)", "variables": {"x": 0}}\n'
    first, second = (json.loads(line) for line in Gradcli()("grad", "-", stdin=requests.encode()).out.splitlines())
    assert first["error"]["code"] == "kink" and second["gradient"] == {"x": 0}
    bad = '{"expression": "abs(x)", "variables": {"x": 0}, "at_kink": "perhaps"}\n'
    assert "at_kink" in json.loads(Gradcli()("grad", "-", stdin=bad.encode()).out)["error"]["message"]


@pytest.mark.parametrize(("expression", "x", "sides"), [
    ("abs(x)", 0.0, ("-1 on the left", "1 on the right")),
    ("relu(x)", 0.0, ("0 on the left", "1 on the right")),
    ("maximum(2*x, x)", 0.0, ("1 on the left", "2 on the right")),
])  # fmt: skip
def test_the_check_shows_the_slopes_on_both_sides(expression, x, sides):
    remarks = " ".join(gradcli.check(expression, {"x": x}).check.remarks)
    assert all(side in remarks for side in sides)
