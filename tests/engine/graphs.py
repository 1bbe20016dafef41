"""Small graphs to try the engine on: every operation, and every sample of every function."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.testing import assert_allclose

from gradcli.engine import derivatives as D
from gradcli.engine import operations
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS, Function, Sample
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import Elementwise
from gradcli.engine.operations.indexing import index

TABLES = operations.load((*operations.FREQUENT, *operations.OTHERS))
"""All of them: what the tests run over must not hang on what an expression happened to need before."""
MODES = ("forward", "reverse")
MIXES = [(inner, outer) for inner in MODES for outer in MODES]


def distinct() -> list[Function]:
    """Every function of the language once, whatever it is called."""
    return list({each.name: each for each in FUNCTIONS.values()}.values())


def elementwise_operations() -> dict[str, Elementwise]:
    """Every elementwise operation of the tables by name, those without a name in the language too."""
    found = [each for table in TABLES for each in vars(table).values() if isinstance(each, Elementwise)]
    return {each.name: each for each in found}


def samples() -> list[tuple[Function, Sample]]:
    """Every function with each of its samples."""
    return [(function, sample) for function in distinct() for sample in function.samples]


def sample_ids(pairs: Sequence[tuple[Function, Sample]]) -> list[str]:
    return [sample.expression.replace(" ", "") for _, sample in pairs]


def calling(graph: Graph, function: Function) -> Callable[..., Any]:
    """function as Python calls it: `zeros(2, 3)`, `sum(x, axis=0)`."""

    kinds = {parameter.name: parameter.kind for parameter in function.parameters}
    in_order = list(kinds.values())

    def call(*args: Any, **named: Any) -> Any:
        if in_order[0] == "Shape" and args and not isinstance(args[0], tuple):
            args = (args,)
        taken = [_taken(graph, a, kind) for a, kind in zip(args, in_order + in_order[-1:] * len(args), strict=False)]
        named = {name: _taken(graph, value, kinds[name]) for name, value in named.items()}
        return _written(function.build(*(graph,) * function.wants_graph, *taken, **named))

    return call


def _taken(graph: Graph, value: Any, kind: str) -> Any:
    """value as a parameter of this kind wants it."""
    if isinstance(value, Written):
        return value.node
    if isinstance(value, list) and any(isinstance(each, Written) for each in value):
        return [_node(each) for each in value]
    if kind.startswith("Node") and isinstance(value, int | float | list):
        return graph.constant(value)
    if kind == "Data":
        return np.asarray(value, dtype=float)
    if kind.startswith("Shape") and isinstance(value, int):
        return (value,)
    return value


class Written:
    """A node with Python's operators, as samples are written."""

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def T(self) -> Written:
        return Written(FUNCTIONS["transpose"].build(self.node))

    def __getitem__(self, key: Any) -> Written:
        return Written(index(self.node, key if isinstance(key, tuple) else (key,)))

    def __matmul__(self, other: Written) -> Written:
        return Written(FUNCTIONS["matmul"].build(self.node, other.node))

    def __add__(self, other: Written | float) -> Written:
        return Written(self.node + _node(other))

    __radd__ = __add__

    def __sub__(self, other: Written | float) -> Written:
        return Written(self.node - _node(other))

    def __mul__(self, other: Written | float) -> Written:
        return Written(self.node * _node(other))

    __rmul__ = __mul__

    def __neg__(self) -> Written:
        return Written(-self.node)


def _node(value: Any) -> Any:
    return value.node if isinstance(value, Written) else value


def _written(value: Any) -> Any:
    return tuple(Written(each) for each in value) if isinstance(value, tuple) else Written(value)


def build(sample: Sample, seed: int = 0) -> tuple[Node, list[Node], list[np.ndarray]]:
    """A sample's output and inputs, with values for these drawn from their ranges."""
    graph = Graph()
    inputs = {name: graph.input(name, shape) for name, (shape, _, _) in sample.variables.items()}
    names: dict[str, Any] = {name: calling(graph, function) for name, function in FUNCTIONS.items()}
    names |= {name: Written(x) for name, x in inputs.items()} | {"inf": math.inf}
    output = builtins.eval(sample.expression, {"__builtins__": {}}, names).node
    random = np.random.default_rng(seed)
    values = [random.uniform(low, high, shape) for shape, low, high in sample.variables.values()]
    return output, list(inputs.values()), values


def apply(operation: Elementwise, values: Sequence[Any], params: tuple[Any, ...] = ()) -> tuple[Node, list[Node]]:
    """operation on inputs of the shapes of values; the output and the inputs."""
    graph = Graph()
    inputs = [graph.input(f"x{i}", np.shape(value)) for i, value in enumerate(values)]
    return operation(*inputs, params=params), inputs


def arity(operation: Elementwise) -> int:
    return len(operation.rules)


def evaluate(nodes: Node | Sequence[Node], inputs: Sequence[Node], values: Sequence[Any]) -> Any:
    """The values of a node, or of several."""
    feeds = {
        x: value if np.iscomplexobj(value) else np.asarray(value, dtype=float)
        for x, value in zip(inputs, values, strict=True)
    }
    if isinstance(nodes, Node):
        return Plan([nodes]).run(feeds)[0]
    return Plan(nodes).run(feeds)


# ---- batches -----------------------------------------------------------------------------------------


def with_derivatives(output: Node, inputs: Sequence[Node]) -> list[Node]:
    """output, the gradients of a weighted sum of it, and the gradients of a weighted sum of those."""
    random = np.random.default_rng(11)
    graph = output.graph
    first = D.vjp(output, graph.constant(random.uniform(0.5, 1.5, output.shape)), inputs)
    second = [
        D.vjp(slope, graph.constant(random.uniform(0.5, 1.5, slope.shape)), inputs)[i]
        for slope in first
        for i in range(len(inputs))
    ]
    pushed = D.jvp(output, inputs, [graph.constant(random.uniform(0.5, 1.5, x.shape)) for x in inputs])
    return [output, *first, pushed, *second]


def assert_batched_is_stacked(output: Node, inputs: Sequence[Node], ranges: Sequence[tuple[float, float]]) -> None:
    """Feeds with leading axes give what each record gives alone: all batched, one of them, two axes."""
    nodes = with_derivatives(output, inputs)
    plan = Plan(nodes)
    random = np.random.default_rng(5)
    count = len(inputs)
    one_of = [[(3,) if i == which else () for i in range(count)] for which in range(count)]
    for chosen in [[(3,)] * count, [(2, 3)] * count, *one_of]:
        feeds = {
            x: random.uniform(low, high, lead + x.shape)
            for x, lead, (low, high) in zip(inputs, chosen, ranges, strict=True)
        }
        lead = np.broadcast_shapes(*chosen)
        found = plan.run(feeds)
        for record in np.ndindex(lead):
            one = plan.run({x: value[record] if value.ndim > len(x.shape) else value for x, value in feeds.items()})
            for node, many, single in zip(nodes, found, one, strict=True):
                picked = many[record] if many.ndim > len(node.shape) else many  # nothing of it depends on the feeds
                assert_allclose(picked, single, rtol=1e-12, atol=1e-13)
