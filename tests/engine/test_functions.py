"""Every function of the language, on the samples it brings: values and derivatives of every kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
from graphs import MIXES, MODES, assert_batched_is_stacked, build, evaluate, sample_ids, samples
from numpy.testing import assert_allclose, assert_array_equal
from references import Reference, precise, rounded

from gradcli.engine import derivatives as D
from gradcli.engine import problems
from gradcli.engine.node import Node
from gradcli.engine.operation import total_over
from gradcli.engine.sweeps import ancestors

SAMPLES = samples()
every_sample = pytest.mark.parametrize("sample", [sample for _, sample in SAMPLES], ids=sample_ids(SAMPLES))


def directions(values: list[np.ndarray], seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.uniform(-1.0, 1.0, value.shape) for value in values]


def weights(output: Node) -> np.ndarray:
    return np.random.default_rng(99).uniform(0.5, 1.5, output.shape)


def inner(left: Node, right: Node) -> Node:
    product = left * right
    return total_over(product, tuple(range(-len(product.shape), 0)))


def sum_of_inner(nodes: list[Node], arrays: list[np.ndarray]) -> Node:
    total, *rest = (inner(node, node.graph.constant(array)) for node, array in zip(nodes, arrays, strict=True))
    for each in rest:
        total = total + each
    return total


def test_every_sample_has_a_reference():
    missing = {name for _, sample in SAMPLES for name in Reference(sample).missing()}
    assert not missing, f"add {sorted(missing)} to references.WHOLE"


@every_sample
def test_values(sample):
    output, inputs, values = build(sample)
    got = evaluate(output, inputs, values)
    want = rounded(Reference(sample)(*map(precise, values)))
    assert got.shape == output.shape == want.shape
    assert_allclose(got, want, rtol=2e-14, atol=1e-15)


@every_sample
def test_first_derivatives(sample):
    output, inputs, values = build(sample)
    moves, weight = directions(values, 1), weights(output)
    graph = output.graph
    forward = D.jvp(output, inputs, [graph.constant(move) for move in moves])
    pulled = D.vjp(output, graph.constant(weight), inputs)
    along, *cotangents = evaluate([forward, *pulled], inputs, values)
    want = Reference(sample).along([precise(v) for v in values], [precise(m) for m in moves])
    assert_allclose(along, rounded(want), rtol=1e-12, atol=1e-13)
    reverse = sum(np.sum(g * move) for g, move in zip(cotangents, moves, strict=True))
    assert_allclose(reverse, float(np.sum(weight * want)), rtol=1e-12, atol=1e-13)


@every_sample
@pytest.mark.parametrize(("first", "second"), MIXES)
def test_second_derivatives(sample, first, second):
    output, inputs, values = build(sample)
    one, two, weight = directions(values, 2), directions(values, 3), weights(output)
    graph = output.graph
    if first == "forward":
        slope = inner(D.jvp(output, inputs, [graph.constant(move) for move in one]), graph.constant(weight))
    else:
        slope = sum_of_inner(D.vjp(output, graph.constant(weight), inputs), one)
    if second == "forward":
        curvature = D.jvp(slope, inputs, [graph.constant(move) for move in two])
    else:
        curvature = sum_of_inner(D.gradient(slope, None, inputs), two)
    got = evaluate(curvature, inputs, values)
    want = Reference(sample).curvature(
        *([precise(a) for a in arrays] for arrays in [values]),
        weight,
        *([precise(m) for m in move] for move in (one, two)),
    )
    assert_allclose(got, float(want), rtol=1e-11, atol=1e-11)


@every_sample
def test_forward_is_reverse(sample):
    output, inputs, values = build(sample)
    for x in inputs:
        forward, reverse = evaluate([D.jacobian(output, x, mode) for mode in MODES], inputs, values)
        assert forward.shape == reverse.shape == output.shape + x.shape
        assert_allclose(forward, reverse, rtol=1e-12, atol=1e-14)


@every_sample
@pytest.mark.parametrize("mode", MODES)
def test_seeds_as_axes_as_a_batch_and_one_at_a_time(sample, mode):
    output, inputs, values = build(sample)
    as_axes = evaluate([D.jacobian(output, x, mode) for x in inputs], inputs, values)
    feeds = dict(zip(inputs, values, strict=True))
    as_batch = problems.jacobians(output, inputs, mode).solve(feeds).derivatives
    for x, axes, batch in zip(inputs, as_axes, as_batch, strict=True):
        assert_allclose(axes, batch, rtol=1e-13, atol=1e-15)
        assert_allclose(_one_at_a_time(output, x, mode, inputs, values), axes, rtol=1e-13, atol=1e-15)


def _one_at_a_time(output: Node, x: Node, mode: str, inputs: list[Node], values: list[np.ndarray]) -> np.ndarray:
    along = output if mode == "reverse" else x
    units = [along.graph.constant(unit.reshape(along.shape)) for unit in np.eye(along.size)]
    if mode == "reverse":
        rows = evaluate([D.vjp(output, unit, [x])[0] for unit in units], inputs, values)
        return np.array(rows).reshape(output.shape + x.shape)
    columns = evaluate([D.jvp(output, [x], [unit]) for unit in units], inputs, values)
    return np.moveaxis(np.array(columns), 0, -1).reshape(output.shape + x.shape)


@every_sample
def test_batched_is_stacked(sample):
    output, inputs, _ = build(sample)
    assert_batched_is_stacked(output, inputs, [(low, high) for _, low, high in sample.variables.values()])


@every_sample
def test_complex_step(sample):
    output, inputs, values = build(sample)
    path = [node.operation for node in ancestors([output]) if node.operands]
    if not all(operation.analytic for operation in path):
        pytest.skip("not analytic")
    moves = directions(values, 4)
    along = evaluate(D.jvp(output, inputs, [output.graph.constant(move) for move in moves]), inputs, values)
    stepped = evaluate(output, inputs, [value + 1e-100j * move for value, move in zip(values, moves, strict=True)])
    assert_allclose(np.imag(stepped) / 1e-100, along, rtol=1e-12, atol=1e-14)


@every_sample
def test_hessians_by_every_mode(sample):
    output, inputs, values = build(sample)
    scalar = sum_of_inner([output], [weights(output)])
    feeds = dict(zip(inputs, values, strict=True))
    auto, *others = (problems.hessians(scalar, inputs, mode).solve(feeds).derivatives for mode in (None, *MODES))
    for other in others:
        for one, two in zip(auto, other, strict=True):
            assert_allclose(one, two, rtol=1e-11, atol=1e-11)
    blocks = [[evaluate(D.hessian(scalar, a, b), inputs, values) for b in inputs] for a in inputs]
    count = len(inputs)
    for i in range(count):
        for j in range(count):
            assert_allclose(blocks[i][j], auto[count + i * count + j], rtol=1e-11, atol=1e-11)
            assert blocks[i][j].shape == inputs[i].shape + inputs[j].shape


def test_a_sample_of_no_elements_is_not_among_them():
    """What is drawn has elements, or the tests above would hold nothing."""
    for _, sample in SAMPLES:
        output, _, _ = build(sample)
        assert output.size > 0


SPOILED = {"not numbers": math.nan, "infinities": math.inf, "zeros": 0.0, "the largest": 1.7e308}


@every_sample
@pytest.mark.parametrize("value", SPOILED.values(), ids=SPOILED)
def test_what_does_not_count_moves_nothing(sample, value):
    """Where nothing comes back, or nothing moves, all derivatives are 0, whatever the numbers are: of two orders."""
    output, inputs, _ = build(sample)
    graph = output.graph
    weight = graph.input("weight", output.shape)
    still = [graph.input(f"still{i}", x.shape) for i, x in enumerate(inputs)]
    spoiled = [np.full(x.shape, value) for x in inputs]
    pulled, pushed = D.vjp(output, weight, inputs), D.jvp(output, inputs, still)
    twice = [
        *D.gradient(sum_of_inner(pulled, [np.ones(x.shape) for x in inputs]), None, inputs),
        D.jvp(pushed, inputs, still),
    ]
    twice += D.gradient(pushed, weight, inputs)
    feeds = [*spoiled, np.zeros(output.shape), *(np.zeros(x.shape) for x in inputs)]
    with np.errstate(all="ignore"):
        for found in evaluate([*pulled, pushed, *twice], [*inputs, weight, *still], feeds):
            assert_array_equal(found, np.zeros(found.shape))
