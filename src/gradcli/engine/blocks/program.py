"""What is computed of a block, as steps that write over what nothing reads after them.

A block's values come and go within a processor's cache. A step that writes where its operand was, or where its result
belongs, touches no memory that is not in the cache already, and fewer values are alive at one time.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..evaluate import Reader, reader
from ..node import Node, Params
from ..operation import Halves

Values: TypeAlias = NDArray[Any]

_UFUNCS = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.divide,
    operator.neg: np.negative,
}


SAME, PART, WIDE = 0, 1, 2
"""What a block has of a value: the same as every other, something of its own, or a number for each of its elements."""

WITHIN = 4
"""About so many arrays a kernel takes for itself while it computes, unless it is one of NumPy's functions."""


class _Task(NamedTuple):
    """A call, of what has been computed under these keys, which gives so many arrays."""

    kernel: Callable[..., Any]
    operands: tuple[Hashable, ...]
    params: Params
    arrays: int = 1


class Step(NamedTuple):
    """A call.

    Attributes:
        place: the position of its value.
        dead: positions of values that nothing reads after it.
        over: the position of a value that it may write over, or -1.
        into: the number of the output that it may write into, or -1.
    """

    call: Callable[..., Any]
    read: Reader
    params: Params
    place: int
    dead: tuple[int, ...]
    over: int
    into: int


class Steps(NamedTuple):
    """The steps of a program.

    Attributes:
        once: those whose values all blocks share.
        each: those of every block.
        alive: how many arrays they have at one time, sources and outputs aside.
    """

    once: list[Step]
    each: list[Step]
    alive: int


class Program:
    """Elementwise nodes, to be computed of sources' values.

    filled are nodes whose values are wanted, in this order; kept those that are looked at after all steps. With plain,
    products do not look at zeros (see `zeros`). Only real values are computed in halves (see `Elementwise`) and written
    over.

    Attributes:
        position: where each node's value stands: first the sources', then one a step.
    """

    def __init__(
        self,
        sources: Sequence[Node],
        maps: Sequence[Node],
        filled: Sequence[Node],
        kept: Collection[Node],
        *,
        plain: bool,
        real: bool,
    ) -> None:
        self._tasks = _tasks(maps, plain, real)
        keys: list[Hashable] = [*sources, *self._tasks]
        self.position: Mapping[Any, int] = dict(zip(keys, range(len(keys)), strict=True))
        self._first, self._real = len(sources), real
        self._reads = [[self.position[key] for key in task.operands] for task in self._tasks.values()]
        self._into = {self.position[node]: number for number, node in enumerate(filled)}
        self._kept = {*self._into, *(self.position[node] for node in kept)}
        self._steps: dict[tuple[int, ...], Steps] = {}

    def steps(self, kinds: Sequence[int]) -> Steps:
        """The steps, where kinds say what a block has of each source: SAME, PART or WIDE."""
        pattern = tuple(kinds)
        if pattern not in self._steps:
            self._steps[pattern] = self._made(pattern)
        return self._steps[pattern]

    def is_free(self, source: int, output: int) -> bool:
        """Whether the step that makes an output may write over the source at a position."""
        if source in self._kept:
            return False
        made = next(position for position, number in self._into.items() if number == output)
        return self._last_read[source] <= made

    @cached_property
    def _ufuncs(self) -> list[np.ufunc | None]:
        if not self._real:
            return [None] * len(self._tasks)
        kernels = [task.kernel for task in self._tasks.values()]
        return [kernel if isinstance(kernel, np.ufunc) else _UFUNCS.get(kernel) for kernel in kernels]

    @cached_property
    def _last_read(self) -> list[float]:
        """The position of the last step that reads each source; infinite where a step may hand it on as it is."""
        last = [-1.0] * self._first
        for place, (reads, ufunc) in enumerate(zip(self._reads, self._ufuncs, strict=True), self._first):
            for each in reads:
                if each < self._first:
                    last[each] = place if ufunc is not None and last[each] < math.inf else math.inf
        return last

    def _made(self, pattern: tuple[int, ...]) -> Steps:
        kinds = [*pattern]
        for reads in self._reads:
            kinds.append(max(kinds[each] for each in reads))
        fixed = {*self._kept, *range(self._first)}
        for place, (reads, ufunc) in enumerate(zip(self._reads, self._ufuncs, strict=True), self._first):
            if ufunc is None:  # may hand on an operand as it is: their memory is then one
                fixed.update((place, *reads))
        made = []
        for place, (task, reads, dead, ufunc) in enumerate(
            zip(self._tasks.values(), self._reads, self._dead, self._ufuncs, strict=True), self._first
        ):
            spare = [each for each in dead if each not in fixed and kinds[each] == WIDE] if ufunc is not None else []
            into = self._into.get(place, -1) if ufunc is not None and kinds[place] == WIDE else -1
            done = tuple(each for each in dead if kinds[each] != SAME)
            over = spare[0] if spare else -1
            made.append(Step(ufunc or task.kernel, reader(reads), task.params, place, done, over, into))
        once = [step for step in made if kinds[step.place] == SAME]
        each = [step for step in made if kinds[step.place] != SAME]
        return Steps(once, each, self._most_alive(made, kinds))

    def _most_alive(self, made: Sequence[Step], kinds: Sequence[int]) -> int:
        alive = most = 0
        sizes = [0] * self._first
        for step, task in zip(made, self._tasks.values(), strict=True):
            sizes.append(task.arrays if kinds[step.place] == WIDE and step.into < 0 else 0)
            alive += sizes[-1]
            most = max(most, alive - (step.over >= 0) + (0 if isinstance(step.call, np.ufunc) else WITHIN))
            alive -= sum(sizes[each] for each in step.dead)
        return most

    @cached_property
    def _dead(self) -> list[tuple[int, ...]]:
        later = set(self._kept)
        dead = []
        for reads in reversed(self._reads):
            dead.append(tuple(set(reads) - later))
            later.update(reads)
        return dead[::-1]


def _tasks(maps: Sequence[Node], plain: bool, real: bool) -> dict[Hashable, _Task]:
    """A task for each node, and one for each first half that some of them share.

    All that is made of a half comes at once: it is one array each, and a half is several.
    """
    sharing: dict[Hashable, dict[Hashable, _Task]] = {}
    for node in maps:
        if (halves := _halves(node, real)) is not None:
            half = (halves.first, node.operands)
            sharing.setdefault(half, {})[node] = _Task(halves.second, (half,), ())
    tasks: dict[Hashable, _Task] = {}
    for node in maps:
        operation, halves = node.operation, _halves(node, real)
        if halves is None:
            kernel = (operation.plain if plain else None) or operation.kernel
            tasks[node] = _Task(kernel, node.operands, node.params)
        elif node not in tasks:
            half = (halves.first, node.operands)
            tasks[half] = _Task(halves.first, node.operands, (), halves.arrays)
            tasks.update(sharing[half])
    return tasks


def _halves(node: Node, real: bool) -> Halves | None:
    return getattr(node.operation, "halves", None) if real else None


def run(steps: Sequence[Step], values: list[Any], outputs: Sequence[Values | None]) -> None:
    """Put the value of each step among values, and drop those that nothing reads any more.

    outputs are the parts of the outputs that are to be written into; None where that would be too early. What writes
    somewhere is a function of NumPy's, which takes the place as one operand more.
    """
    for call, read, params, place, dead, over, into in steps:
        if into >= 0 and (output := outputs[into]) is not None:
            values[place] = call(*read(values), output)
        elif over >= 0:
            values[place] = call(*read(values), values[over])
        else:
            values[place] = call(*read(values), *params)
        for slot in dead:
            values[slot] = None
