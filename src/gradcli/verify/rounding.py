"""How far rounding moves an answer: every operation is rounded a little differently, and the graph run again.

That is stochastic arithmetic (Vignes, "Discrete stochastic arithmetic for validating results of
numerical software", 2004): each result of an operation that rounds is multiplied by 1 + ε·u with u
drawn from [-1, 1]. The spread over some runs shows cancellation inside the expression and ill
conditioning alike. Steps and comparisons keep the outcome they had, or a run could take another branch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..engine.evaluate import Values, interpret
from ..engine.node import Array, Node
from ..engine.operation import Bilinear, Elementwise, General, Operation, Reduction
from ..engine.operations.selection import detach
from ..engine.sweeps import ancestors
from ..engine.unused import known_unused
from ..record import Record

RUNS = 4
MOST = 2**24
"""Of graphs that compute more numbers, the spread is not asked for: it is taken to be 0."""
_UNIT = 2.0**-52
_EXACT = {
    "alias",
    "detach",
    "negative",
    "positive",
    "abs",
    "where",
    "maximum",
    "minimum",
    "cummax",
    "cummin",
    "clip",
    "relu",
    "within",
    "max",
    "min",
}
_ROUNDED = {"total", "cumsum"}  # of the linear operations; the others only move numbers


class Rounding(Record):
    """What rounding does: for each node its values, the largest change of each of its elements over the
    runs (0 where that has no size), and whether rounding decides a step or a comparison somewhere."""

    values: list[Values]
    spreads: list[Array]
    decides: bool


@known_unused
def rounding(nodes: Sequence[Node], feeds: Mapping[Node, Values]) -> Rounding:
    """What rounding does to some nodes."""
    order = ancestors(nodes)
    base: dict[Node, Values] = {}
    steps: set[bool] = set()
    random = np.random.default_rng(0)

    def plainly(node: Node, operands: list[Values]) -> Values:
        value = base[node] = np.asarray(node.operation.kernel(*operands, *node.params))
        return value

    def roughly(node: Node, operands: list[Values]) -> Values:
        operation = node.operation
        value = np.asarray(operation.kernel(*operands, *node.params))
        if is_flat(operation):
            steps.add(np.array_equal(value, base[node], equal_nan=True))
            return base[node]
        return value * (1.0 + _UNIT * random.uniform(-1.0, 1.0, value.shape)) if _rounds(operation) else value

    spread = [np.zeros(node.shape) for node in nodes]
    with np.errstate(all="ignore"):
        exact = interpret(nodes, feeds, plainly)
        if sum(value.size for value in base.values()) > MOST or not order:
            return Rounding(exact, spread, False)
        for _ in range(RUNS):
            for position, value in enumerate(interpret(nodes, feeds, roughly)):
                change = np.abs(value - exact[position])
                spread[position] = np.maximum(spread[position], np.where(np.isfinite(change), change, 0.0))
    return Rounding(exact, spread, False in steps)


def is_flat(operation: Operation) -> bool:
    """Whether an operation takes steps: its derivative is zero wherever there is one."""
    if operation is detach:  # its value moves, though nothing is differentiated through it
        return False
    return isinstance(operation, Elementwise) and all(rule is None for rule in operation.rules)


def _rounds(operation: Operation) -> bool:
    if operation.name in _EXACT:
        return False
    return isinstance(operation, (Elementwise, Reduction, Bilinear, General)) or operation.name in _ROUNDED
