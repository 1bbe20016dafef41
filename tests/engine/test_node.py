"""Nodes are interned: the same operation on the same operands is the same node, made after them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from graphs import elementwise_operations, evaluate
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli import limits
from gradcli.engine import derivatives as D
from gradcli.engine.node import Frozen, Graph, Node
from gradcli.engine.operation import alias_of, broadcast_to, reshape_to
from gradcli.engine.operations.arithmetic import add, multiply, subtract
from gradcli.engine.operations.elementary import exp, sin
from gradcli.engine.operations.reduction import sum_
from gradcli.engine.operations.selection import maximum, minimum
from gradcli.engine.sweeps import ancestors, between
from gradcli.errors import DataError, LimitError

COMMUTATIVE = [op for op in elementwise_operations().values() if op.commutative]
EDGES = [0.0, -0.0, 1.0, -1.5, 3.0, 1e308, 5e-324, math.inf, -math.inf, math.nan]


def test_the_same_operation_on_the_same_operands_is_the_same_node():
    graph = Graph()
    x, y = graph.input("x", (3,)), graph.input("y", (3,))
    assert sin(x) is sin(x)
    assert x * y + 1.0 is x * y + 1.0
    assert sin(x) is not sin(y)
    assert x - y is not y - x
    assert sum_(reshape_to(x, (3, 1)), 0) is not sum_(reshape_to(x, (3, 1)), 1)
    before = graph.count
    assert exp(sin(x)) is exp(sin(x))
    assert graph.count == before + 1


def test_inputs_and_aliases_are_like_no_other():
    graph = Graph()
    assert graph.input("x", ()) is not graph.input("x", ())
    x = graph.input("x", ())
    assert alias_of(x) is not alias_of(x)
    assert evaluate(alias_of(x), [x], [2.0]) == 2.0


def test_constants_are_told_apart_by_their_bits():
    graph = Graph()
    assert graph.constant(2) is graph.constant(2.0) is graph.constant(np.array(2.0)) is graph.constant(np.float64(2.0))
    assert graph.constant(0.0) is not graph.constant(-0.0)
    assert graph.constant(math.nan) is graph.constant(math.nan)
    assert graph.constant([1.0, 0.0]) is graph.constant(np.array([1.0, 0.0]))
    assert graph.constant([1.0, 0.0]) is not graph.constant([1.0, -0.0])
    assert graph.constant([1.0, 0.0]) is not graph.constant([[1.0, 0.0]])
    assert evaluate(1.0 / graph.constant(-0.0), [], []) == -math.inf
    assert evaluate(1.0 / graph.constant(0.0), [], []) == math.inf


def test_a_frozen_array_does_not_follow_the_one_it_was_made_of():
    source = np.array([1.0, 2.0])
    frozen = Frozen(source)
    source[0] = 5.0
    assert frozen.array[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        frozen.array[0] = 7.0
    assert frozen == Frozen(np.array([1.0, 2.0]))
    assert hash(frozen) == hash(Frozen(np.array([1.0, 2.0])))
    assert frozen != Frozen(np.array([1, 2]))
    assert frozen != Frozen(np.array([[1.0, 2.0]]))


@pytest.mark.parametrize("operation", COMMUTATIVE, ids=lambda op: op.name)
def test_commutative_operations_share_and_lose_no_bit(operation):
    graph = Graph()
    x, y = graph.input("x", ()), graph.input("y", ())
    assert operation(x, y) is operation(y, x)
    with np.errstate(all="ignore"):
        for a in EDGES:
            for b in EDGES:
                one, two = (np.asarray(operation.kernel(np.float64(p), np.float64(q))) for p, q in ((a, b), (b, a)))
                assert (np.isnan(one) and np.isnan(two)) or one.tobytes() == two.tobytes(), (a, b)


def test_which_operations_are_commutative():
    names = {op.name for op in COMMUTATIVE}
    assert {"add", "multiply"} <= names  # but not maximum: of 0.0 and -0.0, NumPy takes either
    assert not {"subtract", "divide", "power", "scale", "where", "less", "atan2"} & names


def test_operators_lift_numbers():
    x = Graph().input("x", ())
    found = evaluate([x + 2, 2 + x, x - 2, 2 - x, x * 2, 2 * x, x / 2, 2 / x, -x], [x], [8.0])
    assert [float(each) for each in found] == [10, 10, 6, -6, 16, 16, 4, 0.25, -8]


def test_multiplying_by_one_and_negating_twice_are_nothing():
    graph = Graph()
    x = graph.input("x", (2,))
    assert x * 1.0 is x
    assert 1.0 * x is x
    assert x / 1.0 is x
    assert x * graph.constant([1.0, 1.0]) is not x  # only the number is recognised
    minus = -x
    assert -minus is x
    assert minus is not x


def test_adding_zero_is_something():
    x = Graph().input("x", ())
    assert x + 0.0 is not x
    assert math.copysign(1.0, evaluate(x + 0.0, [x], [-0.0])) == 1.0


def test_a_node_shows_itself_on_one_line():
    graph = Graph()
    x = graph.input("x", (2,))
    node = sum_(sin(x))
    assert repr(sin(x)) == f"%{sin(x).id} = sin(%{x.id}) (2,)"
    assert repr(node).startswith(f"%{node.id} = total(%{sin(x).id})")
    assert "\n" not in repr(graph.constant(np.arange(3.0)))
    assert node.size == 1
    assert x.size == 2


def test_nodes_remember_the_place_they_were_written_at():
    graph = Graph()
    x = graph.input("x", ())
    graph.place = (3, 7)
    y = sin(x)
    graph.place = None
    z = y * y
    assert y.place == (3, 7)
    assert z.place is None
    (slope,) = D.gradient(z, None, [x])
    assert slope is not x
    assert graph.place is None


def test_rules_stem_from_the_place_of_what_they_differentiate():
    graph = Graph()
    x = graph.input("x", ())
    graph.place = (0, 6)
    y = sin(x)
    graph.place = (10, 12)
    (slope,) = D.gradient(y, None, [x])
    assert slope.place == (0, 6)
    assert graph.place == (10, 12)


# ---- random graphs -----------------------------------------------------------------------------------

UNARY = [sin, exp]
BINARY = [add, subtract, multiply, maximum, minimum]


@st.composite
def graphs(draw) -> tuple[Graph, list[Node]]:
    graph = Graph()
    nodes = [graph.input(f"x{i}", ()) for i in range(2)]
    for _ in range(draw(st.integers(1, 25))):
        pick = st.integers(0, len(nodes) - 1)
        if draw(st.booleans()):
            nodes.append(draw(st.sampled_from(BINARY))(nodes[draw(pick)], nodes[draw(pick)]))
        else:
            nodes.append(draw(st.sampled_from(UNARY))(nodes[draw(pick)]))
    return graph, nodes


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_creation_order_is_topological(made):
    _, nodes = made
    order = ancestors(nodes)
    assert [node.id for node in order] == sorted({node.id for node in order})
    for node in order:
        assert all(operand.id < node.id for operand in node.operands)
    position = {node: i for i, node in enumerate(order)}
    assert all(position[operand] < position[node] for node in order for operand in node.operands)


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_no_two_nodes_are_alike(made):
    _, nodes = made
    order = [node for node in ancestors(nodes) if node.operands]
    keys = set()
    for node in order:
        operands = frozenset(node.operands) if node.operation.commutative else node.operands
        keys.add((node.operation, operands, node.params))
    assert len(keys) == len(order)


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_between_is_what_leads_from_the_inputs_to_the_outputs(made):
    _, nodes = made
    x, y, *rest = nodes
    outputs = rest[-2:] or [x]
    leads = {x}
    for node in ancestors(outputs):
        if leads & set(node.operands):
            leads.add(node)
    wanted = [node for node in ancestors(outputs) if node in leads]
    assert between(outputs, [x]) == wanted or x not in ancestors(outputs)
    assert between(outputs, []) == []
    assert ancestors(outputs, since=y.id) == [node for node in ancestors(outputs) if node.id >= y.id]


# ---- shapes and limits ---------------------------------------------------------------------------------


def test_operands_are_broadcast_by_nodes():
    graph = Graph()
    x, y = graph.input("x", (3, 1)), graph.input("y", (2,))
    z = x * y
    assert z.shape == (3, 2)
    assert all(operand.shape == (3, 2) for operand in z.operands)
    assert evaluate(z, [x, y], [[[1.0], [2.0], [3.0]], [10.0, 20.0]]).tolist() == [[10, 20], [20, 40], [30, 60]]
    assert broadcast_to(x, (3, 1)) is x


def test_shapes_that_do_not_broadcast():
    graph = Graph()
    with pytest.raises(DataError, match=r"shapes \(2,\) and \(3,\) do not broadcast") as caught:
        graph.input("x", (2,)) + graph.input("y", (3,))
    assert caught.value.code == "shape"
    assert "aligned from the right" in (caught.value.hint or "")


def test_the_limit_on_nodes():
    with limits.overridden({"nodes": 3}):
        graph = Graph()
        x = graph.input("x", ())
        y = sin(sin(x))
        assert sin(sin(x)) is y  # what is there already takes no room
        with pytest.raises(LimitError, match="more than the limit of 3"):
            sin(y)


def test_the_limit_on_elements():
    with limits.overridden({"elements": 12}):
        graph = Graph()
        x = graph.input("x", (3, 1))
        assert (x + graph.input("y", (4,))).shape == (3, 4)
        with pytest.raises(LimitError, match="15 elements"):
            x + graph.input("z", (5,))
        with pytest.raises(LimitError, match="13 elements"):
            graph.constant(np.zeros(13))
        with pytest.raises(LimitError):
            graph.input("w", (13,))


def test_the_limit_on_rank():
    with limits.overridden({"rank": 3}):
        x = Graph().input("x", (1, 1, 1))
        assert reshape_to(x, ()).shape == ()
        with pytest.raises(LimitError, match="4 axes"):
            reshape_to(x, (1, 1, 1, 1))


def test_an_error_of_a_limit_says_where():
    with limits.overridden({"elements": 2}):
        graph = Graph()
        graph.place = (4, 9)
        with pytest.raises(LimitError) as caught:
            graph.input("x", (3,))
        assert caught.value.span == (4, 9)


def test_sharing_keeps_repeated_derivatives_small():
    """exp(sin(x)*x)/(1+x**2): without sharing, order 8 takes more than a hundred thousand nodes."""
    graph = Graph()
    x = graph.input("x", ())
    slope = exp(sin(x) * x) / (1.0 + x * x)
    for _ in range(8):
        (slope,) = D.gradient(slope, None, [x])
    assert graph.count < 12_000
    assert evaluate(slope, [x], [0.3]) == pytest.approx(_eighth_derivative(0.3), rel=1e-9)


def _eighth_derivative(at: float) -> float:
    from mpmath import mp

    with mp.workdps(60):
        return float(mp.diff(lambda x: mp.exp(mp.sin(x) * x) / (1 + x * x), mp.mpf(at), 8))
