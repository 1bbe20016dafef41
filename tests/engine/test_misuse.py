"""What functions cannot be applied to is said in the reader's words, while the graph is built."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import takewhile
from random import Random
from typing import Any

import numpy as np
import pytest
from graphs import distinct, evaluate

import gradcli
from gradcli import limits
from gradcli.engine import derivatives as D
from gradcli.engine.functions import FUNCTIONS, REQUIRED, Parameter, function
from gradcli.engine.node import Graph, Node
from gradcli.errors import DataError, GradcliError, LimitError

Build = Callable[..., Any]


def f(name: str, *args: Any, **named: Any) -> Any:
    return FUNCTIONS[name].build(*args, **named)


# function of inputs, their shapes, message, code
ROWS: list[tuple[Build, list[tuple[int, ...]], str, str]] = [
    (lambda x, y: x + y, [(2,), (3,)], r"shapes \(2,\) and \(3,\) do not broadcast", "shape"),
    (lambda x, y: f("where", x, y, x), [(2, 2), (3,)], r"shapes \(2, 2\) and \(3,\) do not broadcast", "shape"),
    (lambda x: f("sum", x, 2), [(2, 3)], "there is no axis 2 in an array with 2 axes", "axis"),
    (lambda x: f("sum", x, -3), [(2, 3)], "there is no axis -3 in an array with 2 axes", "axis"),
    (lambda x: f("sum", x, (0, -2)), [(2, 3)], r"axis \(0, -2\) names one axis twice", "axis"),
    (lambda x: f("max", x, 0), [()], "there is no axis 0 in an array with no axes", "axis"),
    (lambda x: f("cumsum", x, 1), [(3,)], "there is no axis 1", "axis"),
    (lambda x: f("softmax", x, 1), [(3,)], "there is no axis 1", "axis"),
    (lambda x: f("mean", x), [(0, 3)], "mean of an empty array has no value", "empty"),
    (lambda x: f("mean", x, 0), [(0, 3)], "mean of an empty array has no value", "empty"),
    (lambda x: f("std", x, None, 2.0), [(2,)], "std of 2 elements with ddof=2 has no value", "empty"),
    (lambda x: f("norm", x, math.nan), [(2,)], "norm has no order nan", "value"),
    (lambda x: f("norm", x, 3.0), [(2, 2)], "a matrix has no norm of order 3", "value"),
    (lambda x: f("norm", x, "nuc"), [(2,)], "of a vector has no order 'nuc'", "value"),
    (
        lambda x, y: f("matmul", x, y),
        [(2, 3), (2, 3)],
        r"shapes \(2, 3\) do not fit|shapes \(2, 3\) and \(2, 3\)",
        "shape",
    ),
    (
        lambda x, y: f("matmul", x, y),
        [(2, 3), (4, 2)],
        r"shapes \(2, 3\) and \(4, 2\) do not fit a matrix product",
        "shape",
    ),
    (lambda x, y: f("matmul", x, y), [(3,), (4,)], r"shapes \(3,\) and \(4,\) do not fit a matrix product", "shape"),
    (lambda x, y: f("matmul", x, y), [(), (4,)], "have no matrix product", "shape"),
    (lambda x, y: f("matmul", x, y), [(2, 2, 3), (3, 3, 2)], "do not broadcast in a matrix product", "shape"),
    (lambda x, y: f("dot", x, y), [(2,), (3,)], r"shapes \(2,\) and \(3,\) have no dot product", "shape"),
    (lambda x, y: f("dot", x, y), [(2,), (2, 2, 2)], "dot with an array of shape", "shape"),
    (lambda x, y: f("mv", x, y), [(2, 3), (2, 3)], "do not fit mv", "shape"),
    (lambda x, y: f("mm", x, y), [(2, 3), (3,)], "do not fit mm", "shape"),
    (
        lambda x: f("reshape", x, (4,)),
        [(2, 3)],
        r"shape \(2, 3\) has 6 elements, which do not fit shape \(4,\)",
        "shape",
    ),
    (lambda x: f("reshape", x, (-1, -1)), [(2, 3)], "do not fit", "shape"),
    (lambda x: f("reshape", x, (-1, 4)), [(2, 3)], "do not fit", "shape"),
    (lambda x: f("reshape", x, (-1, 0)), [(2, 3)], "do not fit", "shape"),
    (lambda x: f("reshape", x, (-2, -3)), [(2, 3)], "do not fit", "shape"),
    (lambda x: f("transpose", x, (0, 0, 1)), [(2, 3, 4)], "are not an order of all 3 axes", "axis"),
    (lambda x: f("transpose", x, (0, 1, 2)), [(2, 3)], "are not an order of all 2 axes|there is no axis 2", "axis"),
    (lambda x: f("swapaxes", x, 0, 5), [(2, 3)], "there is no axis 5", "axis"),
    (lambda x: f("squeeze", x, 0), [(2, 1)], "not of size 1", "shape"),
    (lambda x: f("expand_dims", x, 3), [(2,)], "there is no axis 3", "axis"),
    (lambda x: f("broadcast_to", x, (3,)), [(2,)], "do not broadcast", "shape"),
    (lambda x: f("broadcast_to", x, (2,)), [(2, 2)], "do not broadcast", "shape"),
    (lambda x, y: f("concatenate", [x, y], 0), [(2, 3), (2, 4)], "cannot be joined along axis 0", "shape"),
    (lambda x, y: f("concatenate", [x, y], 0), [(2, 3), (2,)], "cannot be joined along axis 0", "shape"),
    (lambda x: f("concatenate", [x, x]), [()], "numbers cannot be concatenated", "shape"),
    (lambda x: f("concatenate", []), [()], "at least one array", "empty"),
    (lambda x, y: f("stack", [x, y]), [(2,), (3,)], "cannot be stacked", "shape"),
    (lambda x: f("stack", []), [()], "at least one array", "empty"),
    (lambda x: f("flip", x, 1), [(3,)], "there is no axis 1", "axis"),
    (lambda x: f("diag", x), [(2, 2, 2)], "diag takes a vector or a matrix", "shape"),
    (lambda x: f("diag", x), [()], "diag takes a vector or a matrix", "shape"),
    (lambda x: f("trace", x), [(3,)], "trace takes a matrix", "shape"),
    (lambda x: f("zeros", x.graph, (2, -1)), [()], "has a negative size", "shape"),
    (lambda x: f("arange", x.graph, 0.0, 1.0, 0.0), [()], "a step that is not 0", "value"),
    (lambda x: f("arange", x.graph, 0.0, float("inf")), [()], "finite bounds", "value"),
    (lambda x: f("linspace", x.graph, 0.0, math.nan), [()], "finite bounds", "value"),
    (lambda x: f("linspace", x.graph, 0.0, 1.0, -1), [()], "has a negative size", "shape"),
    (lambda x: f("eye", x.graph, -1), [()], "has a negative size", "shape"),
]


@pytest.mark.parametrize(("build", "shapes", "message", "code"), ROWS, ids=[row[2][:40] for row in ROWS])
def test_it_is_an_error(build, shapes, message, code):
    graph = Graph()
    with pytest.raises(DataError, match=message) as caught:
        build(*(graph.input(f"x{i}", shape) for i, shape in enumerate(shapes)))
    assert caught.value.code == code
    assert caught.value.status == 4
    assert not caught.value.message.endswith(".")
    assert caught.value.message[0].islower() or caught.value.message[0].isdigit()


HUGE: list[Build] = [
    lambda x: f("zeros", x.graph, (10**6, 10**6)),
    lambda x: f("eye", x.graph, 10**6),
    lambda x: f("arange", x.graph, 0.0, 1e12),
    lambda x: f("arange", x.graph, 0.0, 1e300, 1e-300),
    lambda x: f("linspace", x.graph, 0.0, 1.0, 10**12),
    lambda x: f("randn", x.graph, (10**6, 10**6)),
    lambda x: f("rand", x.graph, (10**12,)),
    lambda x: f("full", x.graph, (10**12,), 1.0),
    lambda x: f("broadcast_to", x, (10**6, 10**6)),
    lambda x: f("diag", x),
    lambda x: f("outer", x, x),
    lambda x: f("tile", x, (10**7,)),
    lambda x: f("repeat", x, 10**7),
    lambda x: f("pad", x, np.array([0, 10**12])),
    lambda x: f("kron", x, x),
    lambda x: f("zeros", x.graph, (1,) * 40),
]


@pytest.mark.parametrize("build", HUGE, ids=map(str, range(len(HUGE))))
def test_what_is_too_large_is_refused_before_it_is_made(build):
    with pytest.raises(LimitError):
        build(Graph().input("x", (10**6,)))


ODD: dict[str, list[Any]] = {
    "Axis": [None, 0, 1, -1, 2, -3, (0, 1), (0, 0), (), 7],
    "Shape": [(), (2,), (3,), (-1,), (2, 3), (0,), (1, 2, 3), (-2,), (6,), (0, 1)],
    "Whole": [0, 1, 2, 3, -1, -2, 5, 100, -7],
    "float": [0.0, 1.0, -1.0, 0.5, 3.5, math.inf, math.nan, 1e9],
    "Flag": [True, False],
    "Data": [np.array(0.0), np.array([0.0, 1.0]), np.array([[0.0], [2.0]]), np.array([-1.0, 5.0]), np.array([0.5]), np.array([math.nan]), np.zeros(0)],
    "Word": ["ij,jk->ik", "ii", "tanh", "none", "ij", "i,i", "", "...", "ij->ji", "a->b", "ij,ij", "i->"],
    "Order": [1.0, -1.0, 2.0, -2.0, 0.0, 0.5, 3.0, math.inf, -math.inf, math.nan, "fro", "nuc", "inf", "max"],
    "None": [None],
}  # fmt: skip
SHAPES = [(), (1,), (2,), (3,), (0,), (2, 3), (3, 3), (2, 2), (0, 3), (2, 1, 3), (2, 2, 2)]


def odd(kind: str, graph: Graph, random: Random) -> Any:
    """Something that may be meant by an argument of this kind, or not."""
    kind = random.choice([each.strip() for each in kind.split("|")])
    if kind == "Node":
        return graph.input("x", random.choice(SHAPES))
    if kind == "Nodes":
        return [graph.input("x", random.choice(SHAPES)) for _ in range(random.randint(0, 3))]
    return random.choice(ODD[kind])


def _value(shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of both signs; a square matrix is positive definite."""
    value = np.linspace(-1.5, 2.0, math.prod(shape)).reshape(shape)
    return value + 6.0 * np.eye(*shape) if len(shape) == 2 and shape[0] == shape[1] else value


@pytest.mark.parametrize("each", distinct(), ids=lambda each: each.name)
def test_odd_arguments_are_answered_or_refused(each):
    """Nothing but an answer of the shape that was promised, or an error meant for the reader."""
    random = Random(each.name)
    answered = 0
    for attempt in range(4000):
        if answered and attempt >= 40:
            break
        graph = Graph()
        given = takewhile(lambda p: p.required or random.random() < 0.5, each.parameters)
        args = [odd(p.kind, graph, random) for p in given]
        inputs = list(
            dict.fromkeys(a for arg in args for a in (arg if isinstance(arg, list) else [arg]) if isinstance(a, Node))
        )
        values = [_value(x.shape) for x in inputs]
        with limits.overridden({"elements": 10**5}):
            try:
                built = each.build(*(graph,) * each.wants_graph, *args)
                outputs = list(built) if isinstance(built, tuple) else [built]
                slopes = [D.vjp(o, graph.constant(np.ones(o.shape)), inputs) for o in outputs if inputs]
                nodes = [*outputs, *(slope for each_slope in slopes for slope in each_slope)]
                found = evaluate(nodes, inputs, values)
            except GradcliError:
                continue
        answered += 1
        assert [value.shape for value in found] == [node.shape for node in nodes]
    assert answered


def test_at_the_edge_of_a_limit():
    with limits.overridden({"elements": 6}):
        graph = Graph()
        x = graph.input("x", (2,))
        for build in (lambda n: f("zeros", graph, (n,)), lambda n: f("arange", graph, float(n)), lambda n: f("randn", graph, (n,)),
                      lambda n: f("broadcast_to", f("sum", x), (n,))):  # fmt: skip
            assert build(6).shape == (6,)
            with pytest.raises(LimitError):
                build(7)


# ---- declaring -------------------------------------------------------------------------------------------


def test_a_name_is_declared_once():
    def again(x: Node) -> Node:
        return x

    with pytest.raises(ValueError, match="sum is declared twice"):
        function("reduction", name="sum")(again)


def test_signatures_are_read_from_the_functions():
    assert FUNCTIONS["sum"].signature == "sum(x, axis=None, keepdims=False)"
    assert FUNCTIONS["sin"].signature == "sin(x)"
    assert FUNCTIONS["where"].signature == "where(condition, x, y)"
    assert FUNCTIONS["randn"].wants_graph
    assert not FUNCTIONS["sum"].wants_graph
    assert FUNCTIONS["einsum"].variadic
    assert FUNCTIONS["einsum"].signature.endswith("*arrays)")
    assert FUNCTIONS["sum"].parameters == (
        Parameter("x", "Node"),
        Parameter("axis", "Axis", None),
        Parameter("keepdims", "Flag", False),
    )
    assert FUNCTIONS["sum"].parameters[0].default is REQUIRED


def test_aliases_are_the_same_function():
    assert FUNCTIONS["ln"] is FUNCTIONS["log"]
    assert FUNCTIONS["arcsin"] is FUNCTIONS["asin"]
    assert FUNCTIONS["ln"].name == "log"


def test_draws_come_from_the_seed():
    first, second, other = (f("randn", Graph(seed), (3,)).params[0].array for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    graph = Graph(1)
    assert f("randn", graph, (3,)) is not f("randn", graph, (3,))


@pytest.mark.parametrize(
    "expression", ["eigh(x)[1]", "svd(x)[0]", "svdvals(x)", "eigvalsh(x)", "norm(x.ravel())", "expm(x)", "inv(x)"]
)
def test_matrices_without_elements(expression):
    x = np.zeros((0, 0))
    assert gradcli.grad(f"sum({expression})", {"x": x}).gradient["x"].shape == (0, 0)
    assert gradcli.hessian(f"sum({expression})", {"x": x}).hessian["x"]["x"].size == 0


@pytest.mark.parametrize("expression", ["repeat(x, 1e300)", "pad(x, inf)", "repeat(x[:0], 1e300)"])
def test_counts_that_no_array_can_have(expression):
    with pytest.raises(DataError, match=r"less than 2\*\*62"):
        gradcli.Expression(expression).eval({"x": [1.0, 2.0]})
