"""The fuzzer: a small fixed run of it, that it can tell right from wrong, and what it once found."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf

import gradcli
from tests.fuzz import fuzz, jets, one_variable, trees, with_gradcli
from tests.fuzz.answers import Answer
from tests.fuzz.fuzz import Finding
from tests.fuzz.judge import Court
from tests.fuzz.trees import Case, Step


def case(*steps: Step, x: object, v: object = 1.0) -> Case:
    """A case on one input, with weights of one."""
    point, direction = np.array(x, dtype=float), np.broadcast_to(np.array(v, dtype=float), np.shape(x)).copy()
    made = trees.asked(1, (point,), steps)
    return made._replace(weights=np.ones_like(made.weights), direction=(direction,))


def ours(tally: fuzz.Tally) -> dict[Finding, list[int]]:
    """What gradcli has wrong, and the seeds."""
    return {finding: seeds for finding, seeds in tally.seeds.items() if fuzz.is_ours(finding)}


# ---- the fixed run -------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_nothing_is_wrong_against_mpmath(first: int) -> None:
    assert not ours(fuzz.run(range(first, first + 100), {}))


def test_what_pytorch_disagrees_about_is_not_ours() -> None:
    pytest.importorskip("torch")
    tally = fuzz.run(range(1000, 1120), fuzz.peers_of(["PyTorch"]))
    assert not ours(tally)
    assert tally.checks["with PyTorch"] > 90 and tally.checks["all agree"] > 50


# ---- the truth -----------------------------------------------------------------------------------------

POINTS = {"acosh": 1.75, "erfinv": 0.4, "logit": 0.3, "lgamma": -1.3, "gamma": -1.3, "digamma": -1.3}


@pytest.mark.parametrize("name", sorted(one_variable.ONE))
def test_partial_derivatives_of_one_variable(name: str) -> None:
    jets.run = jets.Run(1)
    with mp.workdps(60):
        x = mpf(POINTS.get(name, 0.7))
        value, first, second = one_variable.ONE[name](x)
        step = mpf(10) ** -15
        below, above = (one_variable.ONE[name](x + side * step)[0] for side in (-1, 1))
        assert abs((above - below) / (2 * step) - first) < mpf(10) ** -25
        assert abs((above - 2 * value + below) / step**2 - second) < mpf(10) ** -25


@pytest.mark.parametrize("seed", range(2000, 2040))
def test_jets_agree_with_differences_of_values(seed: int) -> None:
    made = trees.make(seed)
    truth = jets.evaluate(made)
    if truth.state != jets.FINE or truth.run.kinks or truth.run.ranges or _touchy(made):
        return
    step = 2.0**-40
    moved = [
        jets.evaluate(made._replace(inputs=tuple(x + side * step * d for x, d in zip(made.inputs, made.direction, strict=True))))
        for side in (-1, 1)
    ]  # fmt: skip
    with mp.workdps(60):
        for part in ("value", "slope"):
            below, above = (getattr(side, part) for side in moved)
            expected = truth.slope if part == "value" else sum(
                mpf(float(d)) * h for d, h in zip(np.concatenate([d.ravel() for d in made.direction]), truth.product, strict=True)
            )  # fmt: skip
            assert abs((above - below) / (2 * step) - expected) <= mpf(10) ** -6 * (1 + abs(expected)), part


def _touchy(made: Case) -> bool:
    """Whether a difference with so coarse a step says nothing: at a point far from 1."""
    return any((np.abs(x) > 10).any() or ((np.abs(x) < 0.01) & (x != 0)).any() for x in made.inputs)


# ---- the verdicts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (np.cos(1.0), "right"),
        (np.cos(1.0) * (1 + 1e-9), "digits lost"),
        (0.0, "false zero"),
        (1.0, "wrong number"),
        (np.nan, "false NaN or inf"),
    ],
)
def test_a_wrong_derivative_is_called_wrong(found: float, verdict: str) -> None:
    court = Court(case(Step("sin", (0,)), x=1.0))
    assert court.one("someone", "gradient", "first", np.array([found])).verdict == verdict


def test_cancellation_that_float64_cannot_avoid_is_excused() -> None:
    made = case(
        Step("sin", (0,)),
        Step("add_number", (1,), (1e10,)),
        Step("add_number", (2,), (-1e10,)),
        Step("square", (3,)),
        x=1.0,
    )
    answers = with_gradcli.answers(made)
    assert answers is not None
    assert Court(made).findings("gradcli", answers.answer)[0].verdict == "rounding"


def test_a_branch_not_taken_is_told_from_one_taken() -> None:
    made = case(Step("sqrt", (0,)), Step("where_positive", (0, 1, 0)), x=-1.0)
    court = Court(made)
    assert court.state("first") is None
    assert court.one("someone", "gradient", "first", np.array([np.nan])).verdict == "NaN or inf from what was not taken"


def test_a_finding_is_shrunk_to_the_operation_to_blame() -> None:
    made = case(Step("exp", (0,)), Step("tanh", (1,)), Step("square", (2,)), x=0.5)

    def someone(asked: Case) -> Answer:
        answers = with_gradcli.answers(asked)
        assert answers is not None
        wrong = any(step.op == "tanh" for step in asked.steps)
        return answers.answer._replace(gradient=answers.gradient * (2.0 if wrong else 1.0))

    finding = Finding("someone", "first", "wrong number")
    assert finding in fuzz.examine(made, {"someone": someone}, sampled=False).findings
    assert fuzz.shrunk(made, {"someone": someone}, finding).steps[-1].op == "tanh"


def test_a_case_and_its_tally_survive_being_saved(tmp_path) -> None:
    tally = fuzz.run(range(20), {})
    tally.save(tmp_path / "counts.json")
    again = fuzz.Tally.load(tmp_path / "counts.json")
    assert (again.cases, again.checks, again.findings, again.seeds) == (20, tally.checks, tally.findings, tally.seeds)
    assert [trees.text(trees.make(seed)) for seed in range(20)] == [trees.text(trees.make(seed)) for seed in range(20)]


# ---- what it found -------------------------------------------------------------------------------------


def test_logaddexp_has_a_second_derivative_at_a_tie() -> None:
    found = gradcli.hessian("logaddexp(x, y)", {"x": 1.0, "y": 1.0}).hessian
    assert [float(found[a][b]) for a in "xy" for b in "xy"] == [0.25, -0.25, -0.25, 0.25]


def test_xlogy_has_its_mixed_derivative_where_x_is_zero() -> None:
    assert float(gradcli.hessian("xlogy(x, y)", {"x": 0.0, "y": 2.0}).hessian["x"]["y"]) == 0.5
    assert float(gradcli.hessian("xlog1py(x, y)", {"x": 0.0, "y": 1.0}).hessian["x"]["y"]) == 0.5


@pytest.mark.parametrize(
    ("expression", "slope"),
    [
        ("leaky_relu(x)", 0.01),
        ("leaky_relu(x, 3)", 1.0),
        ("leaky_relu(x, -1)", 0.0),
        ("selu(x)", 1.0507009873554805),
        ("elu(x, 0.5)", 0.5),
        ("elu(x, 2)", 1.0),
    ],
)
def test_a_bend_has_the_slope_nearest_zero(expression: str, slope: float) -> None:
    found = gradcli.grad(expression, {"x": 0.0})
    assert float(found.gradient["x"]) == slope
    assert [note.kind for note in found.notes] == ["kink"]


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_xlogy_not_taken_spoils_no_second_derivative(mode) -> None:
    found = gradcli.hessian("sum(where(xlogy(x, x) > 10 / x, xlogy(x, x), 10 / x))", {"x": [-1.0, 2.0]}, mode=mode)
    np.testing.assert_allclose(found.hessian["x"]["x"], [[-20.0, 0.0], [0.0, 2.5]])


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_norm_keeps_the_digits_of_a_second_derivative_that_others_dwarf(mode) -> None:
    found = gradcli.hessian("norm(x)", {"x": [0.5, 1e-30, 1e30]}, mode=mode).hessian["x"]["x"]
    x = [mpf(0.5), mpf(1e-30), mpf(1e30)]
    with mp.workdps(120):
        size = mp.sqrt(sum(each**2 for each in x))
        for i, j in np.ndindex(3, 3):
            others = sum(x[k] ** 2 for k in range(3) if k != i)
            true = float(others / size**3 if i == j else -x[i] * x[j] / size**3)
            assert found[i, j] == pytest.approx(true, rel=1e-14, abs=0.0)


def test_norm_of_order_3_does_so_too() -> None:
    found = gradcli.hessian("norm(x, 3)", {"x": [3.0, 1e10]}).hessian["x"]["x"]
    with mp.workdps(120):
        a, b = mpf(3), mpf(1e10)
        total = a**3 + b**3
        size = mp.cbrt(total)
        true = [
            2 * a * b**3 / (total * size**2),
            -2 * a**2 * b**2 / (total * size**2),
            2 * b * a**3 / (total * size**2),
        ]
    assert [found[0, 0], found[0, 1], found[1, 1]] == [pytest.approx(float(t), rel=1e-13, abs=0.0) for t in true]


def test_logsumexp_keeps_what_is_next_to_nothing() -> None:
    assert gradcli.eval("logsumexp(x)", {"x": [0.0, -40.0]}).value == pytest.approx(np.exp(-40.0), rel=1e-15, abs=0.0)


def test_another_answer_by_way_of_the_language_is_held_against_mpmath():
    """Terms of 1e160 cancel, and what is left depends on the order in which they are added up."""
    examined = fuzz.examine(trees.make(20090667), {}, sampled=False, text=True)
    assert [each.verdict for each in examined.findings if each.who == "gradcli text"] == ["right"]
