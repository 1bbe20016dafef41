"""Small graphs to try the engine on: every operation, and every sample of every function."""

from __future__ import annotations

import builtins
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gradcli.engine import operations
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS, Function, Sample
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import Elementwise

MODES = ("forward", "reverse")
MIXES = [(inner, outer) for inner in MODES for outer in MODES]


def distinct() -> list[Function]:
    """Every function of the language once, whatever it is called."""
    return list({each.name: each for each in FUNCTIONS.values()}.values())


def elementwise_operations() -> dict[str, Elementwise]:
    """Every elementwise operation of the tables by name, those without a name in the language too."""
    rooms = [room for room in vars(operations).values() if isinstance(room, types.ModuleType)]
    found = [each for room in rooms for each in vars(room).values() if isinstance(each, Elementwise)]
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
        return function.build(*(graph,) * function.wants_graph, *taken, **named)

    return call


def _taken(graph: Graph, value: Any, kind: str) -> Any:
    """value as a parameter of this kind wants it."""
    if kind.startswith("Node") and isinstance(value, int | float):
        return graph.constant(value)
    if kind == "Data":
        return np.asarray(value, dtype=float)
    if kind.startswith("Shape") and isinstance(value, int):
        return (value,)
    return value


def build(sample: Sample, seed: int = 0) -> tuple[Node, list[Node], list[np.ndarray]]:
    """A sample's output and inputs, with values for these drawn from their ranges."""
    graph = Graph()
    inputs = {name: graph.input(name, shape) for name, (shape, _, _) in sample.variables.items()}
    names = {name: calling(graph, function) for name, function in FUNCTIONS.items()}
    output = builtins.eval(sample.expression, {"__builtins__": {}}, names | inputs)
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
    feeds = {x: value if np.iscomplexobj(value) else np.asarray(value, dtype=float) for x, value in zip(inputs, values, strict=True)}
    if isinstance(nodes, Node):
        return Plan([nodes]).run(feeds)[0]
    return Plan(nodes).run(feeds)
