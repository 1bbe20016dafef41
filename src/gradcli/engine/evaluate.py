"""Running a graph: plan once, run for many feeds.

A feed may have any leading axes more than its input's shape: a batch, for which the kernels
broadcast. Values die with their last reader. Where values are large, the same steps run a block at a
time on several threads (see `blocks`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import limits
from . import zeros
from .cancelling import cancelled, losses
from .collector import collector_waits
from .node import Node, Params
from .operation import Elementwise, Operation, constant, expand, variable
from .sweeps import ancestors
from .unused import NoAnswer, unless_used

if TYPE_CHECKING:
    from .blocks.schedule import Schedule

Values: TypeAlias = NDArray[Any]
Interpreter: TypeAlias = Callable[[Node, list[Values]], Values]
Reader: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
Step: TypeAlias = tuple[Callable[..., Any], Reader, Params, tuple[int, ...]]
"""A kernel, what reads its operands, its parameters, and the slots that nothing reads after it."""

LARGE = 2**16
"""Values of so many elements are computed in blocks."""
MANY = 2**20
"""So many elements are kept until it has been seen whether numbers lost digits on the way."""


class Looked(NamedTuple):
    """What was seen of the numbers of a run.

    Attributes:
        finite: whether all results are known to be finite.
        lost: a number that lost digits on the way, or where nobody looked may have; None where none did.
    """

    finite: bool = False
    lost: Node | None = None


class Plan:
    """How to compute some nodes from the inputs they depend on.

    known are nodes whose values will be fed, although they could be computed. With fold, what depends on constants
    alone is computed once.

    Attributes:
        inputs: the nodes that must be fed.
        peak_bytes: the most that is alive at one time, without a batch.

    Raises LimitError where that crosses the bound on bytes.
    """

    @collector_waits()
    def __init__(self, outputs: Sequence[Node], known: Collection[Node] = (), fold: bool = True) -> None:
        order = ancestors(outputs, known=known)
        self.inputs = tuple(node for node in order if node.operation is variable or node in known)
        constants = {
            node: node.params[0].array[()] for node in order if node.operation is constant and node not in known
        }
        computed = [node for node in order if node.operands and node not in known]
        self._unfolded: Callable[[], Plan] | None = None
        if fold and _fold(computed, constants):
            whole, fed = tuple(outputs), frozenset(known)
            self._unfolded = cache(lambda: Plan(whole, fed, fold=False))
            computed = [node for node in computed if node not in constants]
        # Each value has a slot: first those that are there from the start, then one a step, in order.
        self._slotted = [*self.inputs, *constants, *computed]
        self._first = len(self.inputs) + len(constants)
        self._constants: list[Any] = list(constants.values())
        slots = dict(zip(self._slotted, range(len(self._slotted)), strict=True))
        self._results = [slots[node] for node in outputs]
        self._steps = steps(computed, slots, self._results)
        self._guards = [slots[node] for node in zeros.guards(computed, outputs)]
        self._plain = without_looking(computed, self._steps, set(self._guards)) if self._guards else self._steps
        self._losses = losses(computed, slots)
        sizes = [node.size for node in self._slotted]
        self._largest, self._total = max(sizes, default=0), sum(sizes)
        self._schedules: dict[tuple[tuple[int, ...], bool], Schedule] = {}
        self.peak_bytes = _peak(self._slotted, sizes, self._first, self._steps)
        if self.peak_bytes > limits.current().bytes:
            raise limits.exceeded("bytes", f"the computation needs about {self.peak_bytes:,} bytes at one time")

    def peak_with(self, fed: Node) -> int:
        """The most that is alive at one time of what depends on an input, which grows with a batch of it."""
        moving = {fed}
        for node in self._slotted[self._first :]:
            if not moving.isdisjoint(node.operands):
                moving.add(node)
        sizes = [node.size if node in moving else 0 for node in self._slotted]
        return _peak(self._slotted, sizes, self._first, self._steps)

    def run(self, feeds: Mapping[Node, Values]) -> list[Values]:
        """The outputs' values. feeds must hold every one of `inputs`, and may hold more."""
        return self.run_looking(feeds)[0]

    def run_looking(self, feeds: Mapping[Node, Values]) -> tuple[list[Values], Looked]:
        """The same, and what was seen of the numbers on the way."""
        try:
            return self._run(feeds)
        except NoAnswer as problem:
            return unless_used(problem, lambda: self._run(feeds)[0]), Looked()

    def _run(self, feeds: Mapping[Node, Values]) -> tuple[list[Values], Looked]:
        finite, before = False, zeros.absorbed()
        lost: Node | None = self._losses[0].node if self._losses else None
        values: list[Any] = [feeds[node][()] for node in self.inputs]
        batch = _batch(self.inputs, values)
        values += self._constants
        with np.errstate(all="ignore"):
            if self._largest * batch >= LARGE:
                finite = self._run_blocks(values)
            else:
                keep = self._total * batch <= (MANY if self._losses else LARGE)
                plain = values.copy()
                _run(self._plain, plain, keep)
                if self._guards and zeros.any_nan([plain[slot] for slot in self._guards]):
                    _run(self._steps, values, keep)
                else:
                    values = plain
                lost = cancelled(self._losses, values) if keep else lost
        if zeros.absorbed() != before:
            return self._run_traced(feeds), Looked(False, lost)
        return [np.asarray(values[slot]) for slot in self._results], Looked(finite, lost)

    def _run_blocks(self, values: list[Any]) -> bool:
        """Whether all results are known to be finite."""
        if self._guards:
            plain = values.copy()
            found = self._schedule(values, plain=True).run(plain)
            if not found.spoiled:
                values[:] = plain
                return found.finite
        return self._schedule(values, plain=False).run(values).finite

    def _schedule(self, values: list[Any], plain: bool) -> Schedule:
        from .blocks.schedule import Schedule

        leads = tuple(value.size // max(1, node.size) for node, value in zip(self.inputs, values, strict=False))
        schedule = self._schedules.get((leads, plain))
        if schedule is None:
            made, guards = (self._plain, self._guards) if plain else (self._steps, [])
            schedule = Schedule(self._slotted, self._first, made, self._results, leads, guards)
            self._schedules[leads, plain] = schedule
        return schedule

    def _run_traced(self, feeds: Mapping[Node, Values]) -> list[Values]:
        """The same, with zeros told apart (see `zeros`)."""
        if self._unfolded is not None:  # a zero that was computed is no constant's
            return self._unfolded()._run_traced(feeds)
        traced: list[Any] = [zeros.fed(value) for value in (*(feeds[node] for node in self.inputs), *self._constants)]
        with np.errstate(all="ignore"):
            for node, (_, read, params, dead) in zip(self._slotted[self._first :], self._steps, strict=True):
                traced.append(node.operation.trace(*read(traced), params=params))
                for slot in dead:
                    traced[slot] = None
        return [np.asarray(traced[slot].value) for slot in self._results]


def _fold(computed: Sequence[Node], constants: dict[Node, Any]) -> bool:
    """Put the values of small elementwise nodes that depend on constants alone among these; whether there are any."""
    before, found = zeros.absorbed(), dict[Node, Any]()
    values = dict(constants)
    still = set(values)
    with np.errstate(all="ignore"):
        for node in computed:
            if still.issuperset(node.operands) and node.size < LARGE and _foldable(node.operation):
                found[node] = values[node] = node.operation.kernel(*map(values.get, node.operands), *node.params)
                still.add(node)
    if zeros.absorbed() != before:  # which zero wins is seen when the plan runs
        return False
    constants.update(found)
    return bool(found)


def _foldable(operation: Operation) -> bool:
    return isinstance(operation, Elementwise) or operation is expand


def without_looking(nodes: Sequence[Node], made: list[Step], guards: Collection[int]) -> list[Step]:
    """Steps with plain products, which keep the values of guards."""
    return [
        (node.operation.plain or kernel, read, params, tuple(slot for slot in dead if slot not in guards))
        for node, (kernel, read, params, dead) in zip(nodes, made, strict=True)
    ]


def _run(steps: Sequence[Step], values: list[Any], keep: bool) -> None:
    """Append the value of each step to values; keep them all, or drop those that nothing reads any more."""
    for kernel, read, params, dead in steps:
        values.append(kernel(*read(values), *params))
        if not keep:
            for slot in dead:
                values[slot] = None


def steps(nodes: Sequence[Node], slots: Mapping[Node, int], results: Collection[int]) -> list[Step]:
    """The steps that compute nodes, in their order, where slots says which value is whose."""
    later = set(results)
    made: list[Step] = []
    for node in reversed(nodes):
        operands = [slots[operand] for operand in node.operands]
        dead: tuple[int, ...] = ()
        if not later.issuperset(operands):
            dead = tuple(set(operands) - later)
            later.update(dead)
        made.append((node.operation.kernel, reader(operands), node.params, dead))
    made.reverse()
    return made


def reader(slots: Sequence[int]) -> Reader:
    """What takes the values of these slots out of a list of them, as a sequence."""
    return itemgetter(*slots) if len(slots) > 1 else itemgetter(slice(slots[0], slots[0] + 1))


def _batch(inputs: Sequence[Node], values: Sequence[Values]) -> int:
    """How many records a run is for."""
    most = 1
    for node, value in zip(inputs, values, strict=True):
        if value.ndim > len(node.shape):
            most = max(most, math.prod(value.shape[: value.ndim - len(node.shape)]))
    return most


def _peak(slotted: Sequence[Node], sizes: Sequence[int], first: int, steps: Sequence[Step]) -> int:
    alive = most = 8 * sum(sizes[:first])
    for node, size, (*_, dead) in zip(slotted[first:], sizes[first:], steps, strict=True):
        if node.operation is not expand:  # a copy along new axes is a view and takes no memory of its own
            alive += 8 * size
        if alive > most:
            most = alive
        for slot in dead:
            if slotted[slot].operation is not expand:
                alive -= 8 * sizes[slot]
    return most


def interpret(outputs: Sequence[Node], feeds: Mapping[Node, Any], interpreter: Interpreter) -> list[Any]:
    """The outputs computed by other means than the kernels: on symbols, say, or at other precision.

    interpreter(node, operands) gives a node's value from those of its operands.
    """
    values: dict[Node, Any] = dict(feeds)
    for node in ancestors(outputs):
        if node not in values:
            values[node] = interpreter(node, [values[operand] for operand in node.operands])
    return [values[node] for node in outputs]
