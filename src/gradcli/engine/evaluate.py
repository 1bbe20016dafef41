"""Running a graph: plan once, run for many feeds.

A feed may have any leading axes more than its input's shape: a batch, for which the kernels
broadcast. Values die with their last reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import limits
from .node import Node
from .operation import constant, variable
from .sweeps import ancestors

Values: TypeAlias = NDArray[Any]
Interpreter: TypeAlias = Callable[[Node, list[Values]], Values]


class Plan:
    """How to compute some nodes from the inputs they depend on.

    Attributes:
        inputs: the input nodes that must be fed.
        peak_bytes: the most that is alive at one time, without a batch.

    Raises LimitError where that crosses the bound on bytes.
    """

    def __init__(self, outputs: Sequence[Node]) -> None:
        self._outputs = tuple(outputs)
        order = ancestors(outputs)
        self.inputs = tuple(node for node in order if node.operation is variable)
        slots = {node: slot for slot, node in enumerate(order)}
        dying = _last_uses(order, self._outputs)
        self._size = len(order)
        self._constants = [(slots[node], node.params[0].array) for node in order if node.operation is constant]
        self._feeds = [(slots[node], node) for node in self.inputs]
        self._steps = [
            (
                node.operation.kernel,
                tuple(slots[operand] for operand in node.operands),
                node.params,
                slots[node],
                tuple(slots[dead] for dead in dying.get(node, ())),
            )
            for node in order
            if node.operands
        ]
        self._results = [slots[node] for node in self._outputs]
        self.peak_bytes = _peak(order, dying)
        if self.peak_bytes > limits.current().bytes:
            raise limits.exceeded("bytes", f"the computation needs about {self.peak_bytes:,} bytes at one time")

    def run(self, feeds: Mapping[Node, Values]) -> list[Values]:
        """The outputs' values. feeds must hold every one of `inputs`, and may hold more."""
        values: list[Any] = [None] * self._size
        for slot, array in self._constants:
            values[slot] = array
        for slot, node in self._feeds:
            values[slot] = feeds[node]
        with np.errstate(all="ignore"):
            for kernel, operands, params, slot, dead in self._steps:
                values[slot] = kernel(*[values[operand] for operand in operands], *params)
                for gone in dead:
                    values[gone] = None
        return [np.asarray(values[slot]) for slot in self._results]


def _last_uses(order: Sequence[Node], outputs: Sequence[Node]) -> dict[Node, list[Node]]:
    """For each node the operands that nothing reads after it."""
    kept = set(outputs)
    dying: dict[Node, list[Node]] = {}
    for node in reversed(order):
        for operand in node.operands:
            if operand not in kept:
                kept.add(operand)
                dying.setdefault(node, []).append(operand)
    return dying


def _peak(order: Sequence[Node], dying: Mapping[Node, Sequence[Node]]) -> int:
    alive = most = 0
    for node in order:
        # a copy along new axes is a view and takes no memory of its own
        alive += 0 if node.operation.name == "expand" else 8 * node.size
        most = max(most, alive)
        for dead in dying.get(node, ()):
            alive -= 0 if dead.operation.name == "expand" else 8 * dead.size
    return most


class Memory:
    """Values of a graph that is still growing: each node is computed at most once.

    feeds are the values of its inputs.
    """

    def __init__(self, feeds: Mapping[Node, Values]) -> None:
        self._values: dict[Node, Values] = dict(feeds)

    def value(self, node: Node) -> Values:
        """node's value. Raises DataError where it depends on an input that was not fed."""
        found = self._values.get(node)
        if found is None:
            self._compute(node)
            found = self._values[node]
        return found

    def _compute(self, wanted: Node) -> None:
        values = self._values
        missing, stack = {wanted}, [wanted]
        while stack:
            for operand in stack.pop().operands:
                if operand not in values and operand not in missing:
                    missing.add(operand)
                    stack.append(operand)
        with np.errstate(all="ignore"):
            for node in sorted(missing, key=lambda each: each.id):
                values[node] = node.operation.kernel(*[values[operand] for operand in node.operands], *node.params)


def interpret(outputs: Sequence[Node], feeds: Mapping[Node, Any], interpreter: Interpreter) -> list[Any]:
    """The outputs computed by other means than the kernels: on symbols, say, or at other precision.

    interpreter(node, operands) gives a node's value from those of its operands.
    """
    values: dict[Node, Any] = dict(feeds)
    for node in ancestors(outputs):
        if node not in values:
            values[node] = interpreter(node, [values[operand] for operand in node.operands])
    return [values[node] for node in outputs]
