"""Records that are answered together get what each of them gets by itself, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import Gradcli

import gradcli
from gradcli.answering import Prepared
from gradcli.cli import streams
from gradcli.cli.commands import load
from gradcli.cli.literals import lift
from gradcli.cli.streams import Stream, Streamed
from gradcli.cli.together import SHARING, UNEVEN, Apart
from gradcli.engine.sweeps import ancestors
from gradcli.errors import GradcliError
from gradcli.report import json_lines
from gradcli.report.json import encode
from gradcli.requests import Request


def both(*arguments: str, stdin: str) -> tuple[bool, str]:
    """Whether a run by batches and one by one answer the same; and the answer."""
    together = Gradcli()(*arguments, stdin=stdin)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "_FEW", 10**9)
        alone = Gradcli()(*arguments, stdin=stdin)
    return together == alone, together.out


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records were written by each run."""
    counts: list[int] = []
    encode_lines = streams.encode_lines

    def counted(result: Any, count: int, expressions: Any = None) -> Any:
        counts.append(count)
        return encode_lines(result, count, expressions)

    monkeypatch.setattr(streams, "encode_lines", counted)
    return counts


def values(*shapes: tuple[int, ...], count: int = 60, seed: int = 1, low: float = 0.5, high: float = 2.0) -> str:
    """Lines of values for x, y, …, of these shapes."""
    rng = np.random.default_rng(seed)
    names = "xyz"[: len(shapes)]
    records = (
        {name: rng.uniform(low, high, shape).tolist() for name, shape in zip(names, shapes, strict=True)}
        for _ in range(count)
    )
    return "".join(json.dumps(record) + "\n" for record in records)


SCALAR, VECTOR, MATRIX = (), (11,), (3, 3)
QUESTIONS: list[tuple[str, str, tuple[tuple[int, ...], ...]]] = [
    ("eval", "x*y - 3", (SCALAR, SCALAR)),
    ("eval", "(x, [y, 1], 3)", (SCALAR, SCALAR)),
    ("eval", "100 % 7 + 0*x", (SCALAR,)),
    ("grad", "sin(x)*exp(-y^2)", (SCALAR, SCALAR)),
    ("grad", "2*x + y", (SCALAR, SCALAR)),
    ("grad", "sum(sin(x)*exp(-y^2))", (VECTOR, VECTOR)),
    ("grad", "logsumexp(x) + norm(y) + mean(x*y) + var(x)", (VECTOR, VECTOR)),
    ("grad", "prod(x) + max(y) + sum(softmax(x)*y)", (VECTOR, VECTOR)),
    ("grad", "x[0]^3 + sum(x[1:]*x[:-1]) + x[-1]*y", (VECTOR, SCALAR)),
    ("grad", "dot(x @ y, y) + sum(x) + det(x)", (MATRIX, (3,))),
    ("grad", "sum(cumsum(x)*sort(y))", (VECTOR, VECTOR)),
    ("grad", "sum(concatenate([x, y]).reshape(2, 11).T^2)", (VECTOR, VECTOR)),
    ("jacobian", "tanh(x*y)", (VECTOR, SCALAR)),
    ("jacobian", "x * sum(y)", (MATRIX, (3,))),
    ("hessian", "sum(exp(x)*sin(y))", ((4,), (4,))),
    ("hessian", "x^3*log(y)", (SCALAR, SCALAR)),
]


@pytest.mark.parametrize(("command", "expression", "shapes"), QUESTIONS)
def test_every_kind_of_question(
    runs: list[int], command: str, expression: str, shapes: tuple[tuple[int, ...], ...]
) -> None:
    same, _ = both(command, expression, "--vars", "-", stdin=values(*shapes))
    assert same and runs == [60]


@pytest.mark.parametrize("arguments", [("--mode", "forward"), ("--wrt", "y"), ("--grad-outputs", "2"), ("--order", "3", "--wrt", "x"), ("--strict",), ("--seed", "4")])  # fmt: skip
def test_options(runs: list[int], arguments: tuple[str, ...]) -> None:
    same, _ = both("grad", "sin(x)*exp(-y^2)", "--vars", "-", *arguments, stdin=values(SCALAR, SCALAR))
    assert same and runs == [60]


@pytest.mark.parametrize(
    "arguments",
    [("jvp", "sin(x)*y", "--tangent", "x=1"), ("vjp", "sin(x)*y", "--grad-outputs", "2"), ("hvp", "sin(x)*y^2", "--vector", "y=1")],
)  # fmt: skip
def test_products(runs: list[int], arguments: tuple[str, ...]) -> None:
    same, _ = both(*arguments, "--vars", "-", stdin=values(SCALAR, SCALAR))
    assert same and runs == [60]


def test_variables_that_all_records_share(runs: list[int]) -> None:
    same, out = both("grad", "sum(a*x)*b", "--a", "1,2,3", "--b", "7", "--vars", "-", stdin=values((3,)))
    assert same and runs == [60] and '"a"' in out


@pytest.mark.parametrize(
    "expression",
    ["x^y", "y*randn(3)[0] + x", "x if x > 1 else y", "where(x > y, sqrt(x - y), 0)", "sum(roll([x, y, x*y, x/y, 1], 2)*x)", "f = x\nfor i in range(3):\n    f = sin(f)\nf*y"],
)  # fmt: skip
def test_what_may_go_one_by_one_is_the_same_too(expression: str) -> None:
    assert both("grad", expression, "--vars", "-", stdin=values(SCALAR, SCALAR))[0]


@pytest.mark.parametrize(("command", "check"), [("grad", True), ("check", False)])
def test_a_check_is_made_of_each(command: str, check: bool) -> None:
    rows = {"x": np.arange(1.0, 9.0)}
    request = Request(expression="x^2", variables={"x": rows["x"][0]}, check=check)
    with pytest.raises(Apart) as caught:
        Streamed("x^2").together(load(command), request, rows)
    assert caught.value.most == 1


@pytest.mark.parametrize(("command", "expression"), [("grad", "sum(A @ x)"), ("jacobian", "x*(A @ x)"), ("jacobian", "outer(x, x) @ x"), ("grad", "sum(x[[0, 1, 2]])")])  # fmt: skip
def test_what_rounds_otherwise_for_many_goes_one_by_one(runs: list[int], command: str, expression: str) -> None:
    matrix = ("--A", "1,.2,.3;.4,.5,.6;.7,.8,.9") if "A" in expression else ()
    assert both(command, expression, *matrix, "--vars", "-", stdin=values((3,)))[0]
    assert runs == []


def test_one_odd_record_among_many(runs: list[int]) -> None:
    odd = ['{"x":0}', '{"x":"NaN"}', '{"x":1e999}', '{"x":[1,2]}', '{"x":null}', '{"y":1}', '{"x":1,"x":2}', "{", '{"x":true}', '{"x":1} {"x":2}', '{"x":-0.0}', '{"x":1}]', "\ufeff" + '{"x":3}', ' {"x": 4}\r']  # fmt: skip
    for line in odd:
        runs.clear()
        lines = values(SCALAR, count=40).splitlines()
        lines.insert(17, line)
        same, out = both("grad", "abs(x) + log(x)", "--vars", "-", stdin="\n".join(lines))
        assert same, line
        assert len(out.splitlines()) == 41
        assert sum(runs) >= 30, line


entries = st.one_of(
    st.floats(-3, 3),
    st.sampled_from([0.0, -0.0, 1.0, 2.0, 0.5, 1e-320, 1e308, 800.0, -800.0, True, "NaN", "Infinity", None]),
    st.lists(st.sampled_from([0.0, 1.5, -2.0]), min_size=1, max_size=2),
)
lines = st.one_of(
    st.fixed_dictionaries({"x": entries, "y": entries}).map(json.dumps),
    st.fixed_dictionaries({"x": st.floats(-3, 3), "y": st.floats(-3, 3)}).map(json.dumps),
    st.sampled_from(['{"x":1}', '{"y":2,"x":1}', "[1]", "{", "", '{"x":1,"y":2},{"x":1,"y":2}', '{"x":1,"y":NaN}']),
)
expressions = st.sampled_from(["sum(sin(x)*exp(-y^2))", "sum(x*y)", "sum(abs(x)/y)", "sum(sqrt(x)*where(x > 0, y, 2))", "sum(max(x, y)) if sum(x) > 0 else sum(y)", "x^y", "sum(x)*3"])  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(expressions, st.lists(lines, min_size=6, max_size=24), st.sampled_from(["grad", "eval", "jacobian"]))
def test_any_mixture(expression: str, records: list[str], command: str) -> None:
    assert both(command, expression, "--vars", "-", stdin="\n".join(records))[0]


@pytest.mark.parametrize("command", ["eval", "grad", "jacobian", "hessian"])
def test_every_function(command: str) -> None:
    """Each function's samples, on a few records: what is answered together is what each gets by itself."""
    rng = np.random.default_rng(11)
    together = 0
    samples = [sample for function in gradcli.functions() for sample in function.samples if sample.variables]
    for sample in samples:
        source = sample.expression if command in ("eval", "jacobian") else f"sum(sin({sample.expression}))"
        records = [
            {name: rng.uniform(low, high, shape) for name, (shape, low, high) in sample.variables.items()}
            for _ in range(6)
        ]
        rows = {name: np.array([record[name] for record in records]) for name in records[0]}
        expression, asked = Streamed(source), load(command)
        try:
            alone = [encode(asked.compute(expression, Request(variables=record))) for record in records]
            result = expression.together(asked, Request(variables=records[0]), rows)
        except (Apart, GradcliError):
            continue
        assert "".join(json_lines.encode_lines(result, len(records))).splitlines() == alone, source
        together += 1
    assert together > 0.6 * len(samples)


def test_no_operation_lays_one_record_beside_another() -> None:
    """Sums are taken in the order of memory: only operations that are known to may put the records' axis inside."""
    rng = np.random.default_rng(12)
    for function in gradcli.functions():
        for sample in function.samples:
            expression = Streamed(f"sum(sin({sample.expression}))")
            arrays = {name: rng.uniform(low, high, shape) for name, (shape, low, high) in sample.variables.items()}
            try:
                expression.grad(arrays)
            except GradcliError:
                continue
            for prepared in expression._prepared.values():
                if not prepared.concrete:
                    check_layout(prepared, arrays)


def check_layout(prepared: Prepared, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    one: dict[Any, Any] = {node: arrays[name] for name, node in prepared.trace.inputs.items()}
    many: dict[Any, Any] = {node: np.stack([value] * 7) for node, value in one.items()}
    for node in ancestors(prepared.problem.nodes):
        if node not in one:
            for found in (one, many):
                operands = [found[each] for each in node.operands]
                with np.errstate(all="ignore"):
                    found[node] = np.asarray(node.operation.kernel(*operands, *node.params))
            if node.operation.name in {*UNEVEN, SHARING}:
                many[node] = np.stack([one[node]] * 7)
            elif many[node].ndim > len(node.shape):
                lead, *inside = many[node].strides
                assert lead == 0 or lead >= max(inside, default=0) or 1 in node.shape, node.operation.name
                assert order(inside, node.shape) == order(one[node].strides, node.shape), node.operation.name


def order(strides: Sequence[int], shape: Sequence[int]) -> list[int]:
    """The axes that take room, from the outermost in memory to the innermost."""
    return sorted((axis for axis, size in enumerate(shape) if size > 1 and strides[axis]), key=lambda a: -strides[a])


# ---- requests that differ in their numbers -----------------------------------------------------------


def asking(expressions: list[str], **more: Any) -> str:
    rng = np.random.default_rng(3)
    return "".join(
        json.dumps({"expression": e, "variables": {"x": rng.uniform(0.5, 2), "y": rng.uniform(0.5, 2)}, **more}) + "\n"
        for e in expressions
    )


@pytest.mark.parametrize(
    ("source", "lifted", "numbers"),
    [
        ("sin(1.5*x)*exp(-2.5*y^2)", "sin(literal0*x)*exp(-literal1*y^2)", (1.5, 2.5)),
        ("3*x + 3.0*y", "literal0*x + literal0*y", (3.0,)),
        ("2e-3 * (x - .5)", "literal0 * (x - .5)", (2e-3,)),
        ("x/7", "x/literal0", (7.0,)),
    ],
)
def test_what_is_lifted(source: str, lifted: str, numbers: tuple[float, ...]) -> None:
    found = lift(source)
    assert found is not None and (found.source, found.values) == (lifted, numbers)


@pytest.mark.parametrize(
    "source",
    ["x^2", "x**-3", "x^(-2)", "x^(2*x)", "f(2)", "f(x, 3)", "f(x, -3, 4)", "x[2]", "2x", "2(x)", "0*x + 1*y", "07*x", "x//2", "2**x", "x2 + y_3", "1_0*x", "0x10*x", "2j*x", "2 3", "1e999*x", "literal0*3", "3*x\ny", "'2'*3", "x < 2"],
)  # fmt: skip
def test_what_is_not(source: str) -> None:
    assert lift(source) is None


@pytest.mark.parametrize(
    "form",
    ["sin({}*x)*exp(-{}*y^2)", "{}*x^3 - y/{}", "({} + x)*({} - y)", "-{}*x*y", "x*{0} + {0}*y*x", "{}*x^2 + {}*x + y", "tanh({}*x + {})"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["grad", "hessian", "eval"])
def test_expressions_that_differ_in_numbers(runs: list[int], form: str, command: str) -> None:
    rng = np.random.default_rng(5)
    texts = [form.format(*(f"{v:.4f}" for v in rng.uniform(1.1, 9, 2))) for _ in range(50)]
    same, out = both(command, "-", stdin=asking(texts))
    assert same and runs == [50]
    assert [json.loads(line)["expression"] for line in out.splitlines()] == texts


numbers = st.one_of(st.integers(0, 12).map(str), st.sampled_from(["0.5", "1.0", "2.0", "1e3", ".5", "2.", "0.0", "1e-320", "1e999", "00", "7.25"]))  # fmt: skip
forms = st.sampled_from(["{}*x + {}*sin(x) + {}*x^2*y", "{}*{}*x + {}*x + x^{}", "({})*x", "({})(x)", "{}x + {}", "x/{}/{} + {}/y", "clip(x, {}, {})", "sum(arange({}))*x", "log({}*x)*{} - {}", "abs({}*x - {})", "[x, {}*y][{}]", "randn({})[0]*{} + x", "x - -{}*y", "{}^x*y", "mean([x,y,x])*{} + 3*x/3", "100%{} + x"])  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    forms, st.lists(st.tuples(*[numbers] * 4), min_size=6, max_size=14), st.sampled_from(["grad", "eval", "hessian"])
)
def test_any_numbers(form: str, given_: list[tuple[str, ...]], command: str) -> None:
    assert both(command, "-", stdin=asking([form.format(*each) for each in given_]))[0]


def test_requests_with_the_same_expression(runs: list[int]) -> None:
    assert both("grad", "-", stdin=asking(["x*y^2"] * 30, wrt=["x"], mode="forward"))[0]
    assert runs == [30]


def test_true_is_not_one(runs: list[int]) -> None:
    """Ten records ask for the first derivative, and ten give something else as an order, by turns."""
    orders = [1.0, True] * 10
    stdin = "".join(json.dumps({"expression": "x*2", "variables": {"x": 3}, "order": o}) + "\n" for o in orders)
    same, out = both("grad", "-", stdin=stdin)
    assert same and runs == [10] and out.count("error") == 10


def test_a_bad_expression_among_forms_by_turns() -> None:
    lines = asking(["x", "y"] * 6).splitlines()
    lines[4] = '{"expression": [1], "variables": {"x": 1}}'
    lines[7] = '{"expression": null, "variables": {"x": 1}}'
    lines[8] = '{"expression": "None", "variables": {"x": 1}}'
    same, out = both("grad", "-", stdin="\n".join(lines) + "\n")
    assert same and len(out.splitlines()) == 12


FORMS = ("{}*x + sin(y)", "x^{}", "exp(-{}*x)*y", "{}*abs(x - 1.5)", "x +", "y/(x - {})")


@pytest.mark.parametrize("turns", [3, 6])
def test_forms_by_turns(runs: list[int], turns: int) -> None:
    rng = np.random.default_rng(7)
    texts = [FORMS[i % turns].format(int(v)) for i, v in enumerate(rng.integers(2, 99, 90))]
    same, out = both("grad", "-", stdin=asking(texts))
    assert same and len(out.splitlines()) == 90
    assert max(runs) == 90 // turns


def test_answers_that_wait_are_bounded(runs: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_MOST_HELD", 1)
    texts = [form.format(number) for number in range(2, 32) for form in ("{}*x + sin(y)", "exp(-{}*x)*y", "y/{}")]
    assert both("grad", "-", stdin=asking(texts))[0]
    assert runs and sum(runs) < 90


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(forms, st.tuples(*[numbers] * 4)), min_size=6, max_size=30))
def test_any_forms_in_any_order(given_: list[tuple[str, tuple[str, ...]]]) -> None:
    assert both("grad", "-", stdin=asking([form.format(*each) for form, each in given_]))[0]


# ---- memory and time ---------------------------------------------------------------------------------


def test_a_batch_is_bounded(runs: list[int]) -> None:
    same, _ = both("eval", "sum(outer(x, x))", "--vars", "-", stdin=values((100,), count=120))
    assert same and max(runs) < 60 and sum(runs) >= 100


def test_kernels_are_called_once_for_many_records(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    compute = Streamed._ask

    def counted(self: Streamed, *args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        return compute(self, *args, **named)

    monkeypatch.setattr(Streamed, "_ask", counted)
    Gradcli()("grad", "sin(x)*exp(-y^2)", "--vars", "-", stdin=values(SCALAR, SCALAR, count=2000))
    assert calls <= 3


def test_answers_do_not_wait_for_the_rest_of_what_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the clock has moved on, what there is is written, although there are more records to answer."""
    clock = iter(range(10_000))
    monkeypatch.setattr(streams, "monotonic", lambda: next(clock))
    written: list[int] = []
    flush = Stream._flush_in_time

    def watched(self: Stream) -> None:
        flush(self)
        written.append(len(self._session.environment.stdout._held))

    monkeypatch.setattr(Stream, "_flush_in_time", watched)
    Gradcli()("eval", "x if x > 0 else 0", "--vars", "-", stdin=values(SCALAR, count=5))
    assert written == [0] * 5


def test_a_percent_sign_stands_as_it_is(runs: list[int]) -> None:
    same, out = both("eval", "x % 3", "--vars", "-", stdin=values(SCALAR))
    assert same and runs == [60] and "x % 3" in out


CANCELS = ("grad", "x^2 - 2*x + 1", "--vars", "-")


def test_records_in_which_terms_cancel_are_worked_out_one_by_one(runs: list[int]) -> None:
    points = [0.5, 0.999, 1.0001, 1.0, 3.0, 1.00000001, 7.0, *range(8, 40)]
    same, out = both(*CANCELS, stdin="\n".join(json.dumps({"x": x}) for x in points))
    assert same
    for x, line in zip(points, out.splitlines(), strict=True):
        answer = json.loads(line)
        exact = (Fraction(x) - 1) ** 2
        assert answer["value"] == pytest.approx(float(exact), rel=1e-12, abs=0)
        assert bool(answer["notes"]) == (0 < exact < 1e-5)
    assert max(runs) >= 16


def test_records_in_which_nothing_cancels_are_written_together(runs: list[int]) -> None:
    same, out = both(*CANCELS, stdin="\n".join(json.dumps({"x": 3.0 + i}) for i in range(3000)))
    assert same and len(runs) == 1
    assert [json.loads(line)["value"] for line in out.splitlines()] == [(2.0 + i) ** 2 for i in range(3000)]


@pytest.mark.parametrize("command", ["hessian", "jacobian"])
def test_second_derivatives_are_worked_out_too(gradcli: Gradcli, command: str) -> None:
    stdin = '{"x": 1.00001}\n' * 9
    answers = gradcli(command, "x^4 - 4x^3 + 6x^2 - 4x + 1", "--vars", "-", stdin=stdin).answers
    order, factor = (2, 12) if command == "hessian" else (3, 4)
    slope = answers[0][command]["x"]
    exact = float(factor * (Fraction(1.00001) - 1) ** order)
    assert (slope["x"] if command == "hessian" else slope) == pytest.approx(exact, rel=1e-12)
    assert answers[0]["notes"][0]["kind"] == "cancelled" and answers == answers[:1] * 9
