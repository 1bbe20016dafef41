"""Running a graph: plan once, run for many feeds.

A feed may have any leading axes more than its input's shape: a batch, for which the kernels
broadcast. Values die with their last reader.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import limits
from . import zeros
from .collector import collector_waits
from .node import Node, Params
from .operation import Operation, constant, expand, variable
from .sweeps import ancestors
from .zeros import Traced

Values: TypeAlias = NDArray[Any]
Interpreter: TypeAlias = Callable[[Node, list[Values]], Values]
Reader: TypeAlias = Callable[[list[Any]], Sequence[Any]]
Step: TypeAlias = tuple[Operation, Reader, Params, tuple[int, ...]]


class Plan:
    """How to compute some nodes from the inputs they depend on.

    Attributes:
        inputs: the input nodes that must be fed.
        peak_bytes: the most that is alive at one time, without a batch.

    Raises LimitError where that crosses the bound on bytes.
    """

    @collector_waits()
    def __init__(self, outputs: Sequence[Node]) -> None:
        order = ancestors(outputs)
        self.inputs = tuple(node for node in order if node.operation is variable)
        constants = [node for node in order if node.operation is constant]
        # Each value has a slot: first those that are there from the start, then one a step, in order.
        slotted = [*self.inputs, *constants, *(node for node in order if node.operands)]
        slots = dict(zip(slotted, range(len(slotted)), strict=True))
        self._constants = [node.params[0].array for node in constants]
        self._results = [slots[node] for node in outputs]
        first = len(self.inputs) + len(constants)
        self._steps = _steps(slotted[first:], slots, self._results)
        self.peak_bytes = _peak(slotted, first, self._steps)
        if self.peak_bytes > limits.current().bytes:
            raise limits.exceeded("bytes", f"the computation needs about {self.peak_bytes:,} bytes at one time")

    def run(self, feeds: Mapping[Node, Values]) -> list[Values]:
        """The outputs' values. feeds must hold every one of `inputs`, and may hold more."""
        before = zeros.absorbed()
        values: list[Any] = [feeds[node] for node in self.inputs]
        values += self._constants
        with np.errstate(all="ignore"):
            for operation, read, params, dead in self._steps:
                values.append(operation.kernel(*read(values), *params))
                for slot in dead:
                    values[slot] = None
        if zeros.absorbed() != before:
            return self._run_traced(feeds)
        return [np.asarray(values[slot]) for slot in self._results]

    def _run_traced(self, feeds: Mapping[Node, Values]) -> list[Values]:
        """The same, with zeros told apart (see `zeros`)."""
        traced: list[Any] = [zeros.fed(value) for value in (*(feeds[node] for node in self.inputs), *self._constants)]
        with np.errstate(all="ignore"):
            for operation, read, params, dead in self._steps:
                traced.append(operation.trace(*read(traced), params=params))
                for slot in dead:
                    traced[slot] = None
        return [np.asarray(traced[slot].value) for slot in self._results]


def _steps(nodes: Sequence[Node], slots: Mapping[Node, int], results: Sequence[int]) -> list[Step]:
    """For each node its operation, what reads its operands, its parameters, and the slots that
    nothing reads after it."""
    later = set(results)
    steps: list[Step] = []
    for node in reversed(nodes):
        operands = [slots[operand] for operand in node.operands]
        dead: tuple[int, ...] = ()
        if not later.issuperset(operands):
            dead = tuple(set(operands) - later)
            later.update(dead)
        steps.append((node.operation, _reader(operands), node.params, dead))
    steps.reverse()
    return steps


def _reader(slots: Sequence[int]) -> Reader:
    """What takes the values of these slots out of a list of them, as a sequence."""
    return itemgetter(*slots) if len(slots) > 1 else itemgetter(slice(slots[0], slots[0] + 1))


def _peak(slotted: Sequence[Node], first: int, steps: Sequence[Step]) -> int:
    # a copy along new axes is a view and takes no memory of its own
    sizes = [0 if node.operation is expand else 8 * math.prod(node.shape) for node in slotted]
    alive = most = sum(sizes[:first])
    for size, (*_, dead) in zip(sizes[first:], steps, strict=True):
        alive += size
        if alive > most:
            most = alive
        for slot in dead:
            alive -= sizes[slot]
    return most


class Memory:
    """Values of a graph that is still growing: each node is computed at most once.

    feeds are the values of its inputs.
    """

    def __init__(self, feeds: Mapping[Node, Values]) -> None:
        self._feeds = feeds
        self._values: dict[Node, Values] = dict(feeds)
        self._traced: dict[Node, Traced] = {}

    def value(self, node: Node) -> Values:
        """node's value. Raises DataError where it depends on an input that was not fed."""
        found = self._values.get(node)
        if found is None:
            self._compute(node)
            found = self._values[node]
        return found

    def _compute(self, wanted: Node) -> None:
        values, missing = self._values, _missing(wanted, self._values)
        before = zeros.absorbed()
        with np.errstate(all="ignore"):
            for node in missing:
                values[node] = node.operation.kernel(*[values[operand] for operand in node.operands], *node.params)
            if zeros.absorbed() != before:
                self._trace(wanted)
                values.update((node, self._traced[node].value) for node in missing)

    def _trace(self, wanted: Node) -> None:
        """The same with zeros told apart (see `zeros`), from the inputs on."""
        traced = self._traced
        if not traced:
            traced.update((node, zeros.fed(value)) for node, value in self._feeds.items())
        for node in _missing(wanted, traced):
            if node.operation is constant:
                traced[node] = zeros.fed(node.params[0].array)
            else:
                traced[node] = node.operation.trace(*[traced[operand] for operand in node.operands], params=node.params)


def _missing(wanted: Node, known: Mapping[Node, object]) -> list[Node]:
    """wanted and what it is made of, oldest first, as far as it is not known."""
    missing, stack = {wanted}, [wanted]
    while stack:
        for operand in stack.pop().operands:
            if operand not in known and operand not in missing:
                missing.add(operand)
                stack.append(operand)
    return sorted(missing, key=attrgetter("id"))


def interpret(outputs: Sequence[Node], feeds: Mapping[Node, Any], interpreter: Interpreter) -> list[Any]:
    """The outputs computed by other means than the kernels: on symbols, say, or at other precision.

    interpreter(node, operands) gives a node's value from those of its operands.
    """
    values: dict[Node, Any] = dict(feeds)
    for node in ancestors(outputs):
        if node not in values:
            values[node] = interpreter(node, [values[operand] for operand in node.operands])
    return [values[node] for node in outputs]
