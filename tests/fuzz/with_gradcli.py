"""gradcli's answers: the engine's own graph, built from the steps, differentiated in every mix of modes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import gradcli
import gradcli.engine.operations
from gradcli.engine.derivatives import gradient, jvp, vjp
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operation import total_over
from gradcli.engine.operations.arithmetic import scale
from gradcli.engine.operations.indexing import index
from gradcli.engine.operations.powers import power_of
from gradcli.engine.sweeps import push
from gradcli.errors import GradcliError

from .answers import Answer, flat
from .trees import Case, Step, text


def _function(name: str) -> Callable[..., Any]:
    return FUNCTIONS[name].build


def _vector_norm(x: Node, order: float, axis: int | None) -> Node:
    return _function("norm")(_function("ravel")(x) if axis is None else x, order, axis=axis)


TABLE: dict[str, Callable[..., Node]] = {
    "power_number": lambda x, p: power_of(x, p),
    "number_power": lambda x, p: _function("power")(x.lift(p), x),
    "add_number": lambda x, p: x + p,
    "multiply_number": lambda x, p: x * p,
    "divide_number": lambda x, p: x / p,
    "number_divide": lambda x, p: p / x,
    "maximum_number": lambda x, p: _function("maximum")(x, x.lift(p)),
    "clip_numbers": lambda x, low, high: _function("clip")(x, x.lift(low), x.lift(high)),
    "where_positive": lambda c, x, y: _function("where")(_function("greater")(c, c.lift(0.0)), x, y),
    "where_greater": lambda a, b, x, y: _function("where")(_function("greater")(a, b), x, y),
    "where_equal": lambda a, b, x, y: _function("where")(_function("equal")(a, b), x, y),
    "norm": lambda x, axis: _function("norm")(x, axis=axis),
    "norm1": lambda x, axis: _vector_norm(x, 1.0, axis),
    "norm3": lambda x, axis: _vector_norm(x, 3.0, axis),
    "norminf": lambda x, axis: _vector_norm(x, np.inf, axis),
    "diff": lambda x, axis: _function("diff")(x, axis=axis),
    "element": lambda x, i: index(x, (i,)),
    "reversed": lambda x: index(x, (slice(None, None, -1),)),
    "gather": lambda x, many: index(x, (np.array(many),)),
    "stack": lambda *xs: _function("stack")(xs),
    "logabsdet": lambda x: _function("slogdet")(x)[1],
}


def node(step: Step, operands: Sequence[Node]) -> Node:
    """The node of a step."""
    build = TABLE.get(step.op) or _function(step.op)
    return build(*operands, *step.params)


class Answers:
    """A case, answered in all mixes of modes.

    reverse and forward are gradients (None for forward unless asked one element at a time), slope the
    tangent along the direction; forward_reverse, reverse_reverse the Hessian times it.
    """

    def __init__(self, case: Case, reverse_twice: bool = True) -> None:
        graph = Graph()
        self.case = case
        self.inputs = [graph.input(name, x.shape) for name, x in zip("xyz", case.inputs, strict=False)]
        self.feeds = dict(zip(self.inputs, case.inputs, strict=True))
        values = list(self.inputs)
        for step in case.steps:
            values.append(node(step, [values[i] for i in step.operands]))
        self.output = values[-1]
        weights = graph.constant(case.weights)
        directions = [graph.constant(d) for d in case.direction]
        slopes = vjp(self.output, weights, self.inputs)
        tangent = jvp(self.output, self.inputs, directions)
        whole = tuple(range(-len(self.output.shape), 0))
        slope = total_over(scale(weights, tangent), whole)
        products = [
            x.graph.constant(np.zeros(x.shape)) if t is None else t
            for t, x in zip(push(slopes, self.inputs, directions), self.inputs, strict=True)
        ]
        twice = _reverse_again(slopes, directions, self.inputs) if reverse_twice else []
        found = Plan([self.output, slope, *slopes, *products, *twice]).run(self.feeds)
        n = len(self.inputs)
        with np.errstate(all="ignore"):
            # an element of weight 0 is not asked for
            asked = case.weights != 0
            self.value = float(np.sum(found[0][asked] * case.weights[asked]))
        self.slope = float(found[1])
        self.gradient = flat(found[2 : 2 + n])
        self.product = flat(found[2 + n : 2 + 2 * n])
        self.reverse_reverse = flat(found[2 + 2 * n :]) if reverse_twice else None
        self._weights = weights

    @property
    def answer(self) -> Answer:
        return Answer(self.value, self.gradient, self.product)

    def forward_gradient(self) -> np.ndarray:
        """The gradient by forward mode, an element of the inputs at a time."""
        found = gradient(self.output, self._weights, self.inputs, "forward")
        return flat(Plan(found).run(self.feeds))


def _reverse_again(slopes: Sequence[Node], directions: Sequence[Node], inputs: Sequence[Node]) -> list[Node]:
    along = [total_over(scale(v, g), tuple(range(-len(g.shape), 0))) for v, g in zip(directions, slopes, strict=True)]
    whole = along[0]
    for part in along[1:]:
        whole = whole + part
    return vjp(whole, whole.graph.constant(1.0), inputs)


def answers(case: Case, reverse_twice: bool = True) -> Answers | None:
    """gradcli's answers, or None where it refuses (a singular matrix to invert)."""
    try:
        return Answers(case, reverse_twice)
    except GradcliError:
        return None


def by_text(case: Case) -> np.ndarray | None:
    """The gradient by way of the language and the public API."""
    variables = {name: x for name, x in zip("xyz", case.inputs, strict=False)}
    try:
        result = gradcli.vjp(text(case), variables, grad_outputs=case.weights)
    except GradcliError:
        return None
    return flat([result.gradient[name] for name in variables])
