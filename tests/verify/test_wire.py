"""Graphs as plain data, and back."""

import json

import numpy as np
import pytest

from gradcli import Expression
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph
from gradcli.engine.operation import Elementwise, variable
from gradcli.verify.wire import UnsendableError, operations_by_name, pack, unpack

SAMPLES = sorted(
    {(s.expression, tuple(sorted(s.variables.items()))) for function in FUNCTIONS.values() for s in function.samples}
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample[0])
def test_there_and_back(sample):
    expression, shapes = sample
    random = np.random.default_rng(5)
    given = {name: random.uniform(low, high, shape) for name, (shape, low, high) in shapes}
    asked = Expression(expression)._ask("check", given, (("mode", "auto"), ("order", 1)))
    outputs = asked.prepared.problem.nodes  # derivatives too: they use operations of their own
    packed, positions = pack(outputs)
    nodes = unpack(json.loads(json.dumps(packed)))
    for node, position in positions.items():
        copy = nodes[position]
        assert (copy.operation, copy.params, copy.shape) == (node.operation, node.params, node.shape)
        assert [positions[operand] for operand in node.operands] == [nodes.index(operand) for operand in copy.operands]
    feeds = {node: random.normal(size=node.shape) for node in positions if node.operation is variable}
    copied = {nodes[positions[node]]: value for node, value in feeds.items()}
    for a, b in zip(Plan(outputs).run(feeds), Plan([nodes[positions[o]] for o in outputs]).run(copied), strict=True):
        np.testing.assert_array_equal(a, b)


def test_constants_keep_their_bits():
    graph = Graph()
    node = graph.constant(np.array([-0.0, 0.1, np.inf, np.nan, 5e-324]))
    packed, _ = pack([node])
    (copy,) = unpack(json.loads(json.dumps(packed)))
    assert copy.params[0].array.tobytes() == node.params[0].array.tobytes()


def test_names_are_unique():
    for name, operation in operations_by_name().items():
        assert operation.name == name


@pytest.mark.parametrize("p", [3.0, -2.0, 2.3456789012345, 0.1])
def test_norms_of_any_order_are_known_by_name(p):
    asked = Expression("norm(x, p)")._ask("hessian", {"x": np.arange(1.0, 4.0), "p": p}, (("mode", "auto"),), wrt=["x"])
    packed, positions = pack(asked.prepared.problem.nodes)
    nodes = unpack(json.loads(json.dumps(packed)))
    assert all(nodes[position].operation is node.operation for node, position in positions.items())


def test_an_operation_that_the_tables_do_not_know():
    stranger = Elementwise("stranger", np.sin, (None,))
    with pytest.raises(UnsendableError, match="stranger"):
        pack([stranger(Graph().input("x", ()))])
