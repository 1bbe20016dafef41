"""Large values a block at a time, on several threads.

A chain of elementwise operations on a million numbers reads and writes memory at every step, unless it
is done for a few thousand numbers at a time, which stay in the processor's cache from step to step. A
schedule cuts a plan into stages. Each stage first computes whole values (what is small, and what is no
elementwise operation), then a region for every shape: elementwise steps, and sums of what they give, that
run block by block along the first axis. NumPy lets other threads run while it computes, so the blocks
are shared out among them.

Blocks depend on shapes alone, and the parts of a sum are added up in the order of the blocks: a result is
the same for any number of threads.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import limits
from . import overwriting, zeros
from .evaluate import LARGE, Step, run, steps, without_looking
from .node import Node, Shape
from .operation import Elementwise, Reduction, total
from .placed import Placed

Values: TypeAlias = NDArray[Any]
Source: TypeAlias = "Values | Placed"
Domain: TypeAlias = tuple[Shape, int]
"""A static shape, and how many records (or seeds) a value of it has."""

BLOCK = 3 * 2**13
"""About so many elements are in a block: the values of a region stay in a core's own cache."""


class Schedule:
    """The steps of a plan (of the slots from `first` on) in stages.

    leads says of each of the first slots how many records its value has; results are the slots to compute. With
    guards, products are plain ones (see `zeros`).
    """

    def __init__(
        self,
        slotted: Sequence[Node],
        first: int,
        plan: Sequence[Step],
        results: Sequence[int],
        leads: Sequence[int],
        guards: Sequence[int],
    ) -> None:
        self._slotted, self._plan, self._first = slotted, plan, first
        slots = dict(zip(slotted, range(len(slotted)), strict=True))
        reads = [[slots[operand] for operand in node.operands] for node in slotted]
        reads[:first] = [[]] * first
        self._layout = layout = _Layout(slotted, reads, leads)
        self._uses = uses = _Uses(reads, layout, results, slotted, guards)
        self._regions = [
            [
                Region([slotted[slot] for slot in members], slots, uses.of(members, stage))
                for members in regions.values()
            ]
            for stage, regions in enumerate(layout.regions)
        ]

    def run(self, values: list[Any]) -> bool:
        """From the values of the first slots compute those of the results, in place of all others' None.

        True where a guard is NaN: then the results are not to be had by plain products.
        """
        values += [None] * (len(self._plan) + self._first - len(values))
        for whole, regions, dead in zip(self._layout.whole, self._regions, self._uses.dead, strict=True):
            for slot in whole:
                kernel, read, params, _ = self._plan[slot - self._first]
                placed = self._slotted[slot].operation.by_blocks if slot in self._uses.by_blocks else None
                made = None if placed is None else placed(*read(values), *params)
                values[slot] = kernel(*read(values), *params) if made is None else made
            for region in regions:
                if region.run(values):
                    return True
            for slot in dead:
                values[slot] = None
        return zeros.any_nan([values[slot] for slot in self._uses.guards])


class _Layout:
    """Which stage each slot is computed in, and in which region of it.

    A slot comes as early as it can: in the stage of the last thing it reads, or the next where that is
    only whole once its region has run.
    """

    def __init__(self, slotted: Sequence[Node], reads: Sequence[Sequence[int]], leads: Sequence[int]) -> None:
        self.stage = [0] * len(slotted)
        self.whole: list[list[int]] = [[]]
        self.regions: list[dict[Domain, list[int]]] = [{}]
        lead = [*leads, *[1] * (len(slotted) - len(leads))]
        domains: list[Domain | None] = [None] * len(slotted)  # the region in whose blocks a slot can be read
        ready = [0] * len(slotted)  # the stage from which it can be read whole
        for slot, read in enumerate(reads):
            if not read:
                continue
            lead[slot] = max(lead[each] for each in read)
            own = _domain(slotted[slot], lead[slot], domains[read[0]])
            stage = max(self.stage[each] if own and domains[each] == own else ready[each] for each in read)
            if stage == len(self.whole):
                self.whole.append([])
                self.regions.append({})
            self.stage[slot] = ready[slot] = stage
            if own is None:
                self.whole[stage].append(slot)
            else:
                self.regions[stage].setdefault(own, []).append(slot)
                ready[slot] = stage + 1
                domains[slot] = own if isinstance(slotted[slot].operation, Elementwise) else None


class Use(NamedTuple):
    """What becomes of a region's values.

    Attributes:
        outside: slots that something else reads.
        spare: slots that nothing reads after it, and whose memory may take what the region gives.
        guards: slots to look at for NaN; None where products look themselves.
    """

    outside: set[int]
    spare: set[int]
    guards: set[int] | None


class _Uses:
    """Who reads what.

    Attributes:
        dead: for each stage the slots that nothing reads after it.
        guards: slots to look at when all is done; those inside a region are looked at there.
        by_blocks: slots outside of regions that only blocks read.
    """

    def __init__(
        self,
        reads: Sequence[Sequence[int]],
        layout: _Layout,
        results: Sequence[int],
        slotted: Sequence[Node],
        guards: Sequence[int],
    ) -> None:
        self._layout = layout
        self._readers: list[list[int]] = [[] for _ in slotted]
        for slot, read in enumerate(reads):
            for each in read:
                self._readers[each].append(slot)
        self._inside = {slot for regions in layout.regions for members in regions.values() for slot in members}
        self._watched: set[int] | None = None
        self.guards = list(guards)
        if guards:
            self._watched = {
                slot for slot in guards if slot in self._inside and isinstance(slotted[slot].operation, Elementwise)
            }
            self.guards = [slot for slot in guards if slot not in self._watched]
        self._keep = {*results, *self.guards}
        self.by_blocks = {
            slot
            for whole in layout.whole
            for slot in whole
            if slot not in self._keep and self._inside.issuperset(self._readers[slot])
        }
        self.dead: list[list[int]] = [[] for _ in layout.regions]
        for slot, after in enumerate(self._readers):
            if slot not in self._keep:
                self.dead[max((layout.stage[reader] for reader in after), default=layout.stage[slot])].append(slot)

    def of(self, members: Sequence[int], stage: int) -> Use:
        """What becomes of the values of a region of this stage."""
        inner = set(members)
        outside = {slot for slot in members if slot in self._keep or not inner.issuperset(self._readers[slot])}
        spare = {slot for slot in self._inside - self._keep - inner if self._ends(slot, inner, stage)}
        return Use(outside, spare, None if self._watched is None else self._watched & inner)

    def _ends(self, slot: int, inner: set[int], stage: int) -> bool:
        """Whether a region is the last to read a slot, and only regions ever did: they leave no view of it."""
        after = self._readers[slot]
        return not inner.isdisjoint(after) and all(
            reader in inner or (reader in self._inside and self._layout.stage[reader] < stage) for reader in after
        )


def _domain(node: Node, lead: int, operand: Domain | None) -> Domain | None:
    """The region to compute node in, if it is one for blocks; operand is the region of what it reads."""
    if isinstance(node.operation, Elementwise):
        return (node.shape, lead) if node.size * lead >= LARGE else None
    if operand is None or operand[1] != lead or not (node.operation is total or isinstance(node.operation, Reduction)):
        return None
    # a reduction other than a sum needs all of its axes at once, and blocks run along the first
    first_is_reduced = lead == 1 and -len(node.operands[0].shape) in node.params[0]
    return operand if node.operation is total or not first_is_reduced else None


class Region:
    """Elementwise steps of one shape, and sums of what they give."""

    def __init__(self, nodes: Sequence[Node], slots: Mapping[Node, int], use: Use) -> None:
        maps = [node for node in nodes if isinstance(node.operation, Elementwise)]
        sums = [node for node in nodes if not isinstance(node.operation, Elementwise)]
        inner = set(nodes)
        sources = list(dict.fromkeys(each for node in nodes for each in node.operands if each not in inner))
        local = {node: position for position, node in enumerate([*sources, *maps])}
        filled = [node for node in maps if slots[node] in use.outside]
        self._sources = [slots[node] for node in sources]
        self._spare = [slot for slot in self._sources if slot in use.spare]
        self._filled = [(local[node], slots[node]) for node in filled]
        self._sums = [(local[node.operands[0]], node, slots[node]) for node in sums]
        results = {local[node] for node in filled} | {position for position, *_ in self._sums}
        self._guards = [local[node] for node in maps if use.guards and slots[node] in use.guards]
        results.update(self._guards)
        made = steps(maps, local, results)
        self._steps = made if use.guards is None else without_looking(maps, made, set(self._guards))
        self._overwriting = overwriting.overwriting(maps, local, self._steps, results)

    def run(self, values: list[Any]) -> bool:
        """From the values of the slots it reads, put those that are read outside into values.

        True where a guard is NaN.
        """
        sources = [_compact(values[slot]) for slot in self._sources]
        full = np.broadcast_shapes(*(values[slot].shape for slot in self._sources))
        flat = self._flat(sources, full)
        shape = full if flat is None else (math.prod(full),)
        work = _Work(flat or sources, shape, self._run_steps(sources), self._guards)
        memory = [values[slot] for slot in self._spare if values[slot].shape == full]
        outputs = [work.fill(position, memory.pop() if memory else np.empty(full)) for position, _ in self._filled]
        sums = [work.reduce(position, node, flat is not None) for position, node, _ in self._sums]
        work.run()
        for (_, slot), output in zip(self._filled, outputs, strict=True):
            values[slot] = output.reshape(full)
        for (*_, slot), reduced in zip(self._sums, sums, strict=True):
            values[slot] = reduced.result()
        return work.spoiled

    def _run_steps(self, sources: Sequence[Source]) -> Callable[[list[Any]], None]:
        if all(source.dtype == np.float64 for source in sources):
            return partial(overwriting.run, self._overwriting)
        return partial(run, self._steps)

    def _flat(self, sources: Sequence[Source], full: Shape) -> list[Source] | None:
        """The sources along one axis, or None where they or the sums need all of theirs."""
        arrays = [source for source in sources if not isinstance(source, Placed)]
        if (
            len(arrays) < len(sources)
            or len(full) < 2
            or any(len(node.params[0]) < len(full) for _, node, _ in self._sums)
        ):
            return None
        if any(source.size > 1 and not (source.shape == full and source.flags.c_contiguous) for source in arrays):
            return None
        return [source.reshape(-1) if source.size > 1 else source for source in arrays]


def _compact(value: Source) -> Source:
    """One number in place of the same one everywhere."""
    if isinstance(value, Placed):
        return value
    return value if value.size == 1 or any(value.strides) else value[(0,) * value.ndim]


class _Sum:
    """A reduction of the values of a region: complete block by block, or in parts to be added up."""

    def __init__(self, node: Node, axes: tuple[int, ...], first_is_reduced: bool, blocks: int) -> None:
        self._kernel, self._axes = node.operation.kernel, axes
        self._in_parts = first_is_reduced
        self._found: list[Any] = [None] * blocks

    def take(self, block: int, values: Values) -> None:
        self._found[block] = self._kernel(values, self._axes)

    def result(self) -> Values:
        """The parts, of which there is one a block, put together."""
        if self._in_parts:
            return np.add.reduce(np.stack(self._found), axis=0)
        return np.concatenate(self._found)


class _Work:
    """The blocks of a region's run, for anybody to take.

    Attributes:
        spoiled: whether a guard was NaN in one of them.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        shape: Shape,
        run_steps: Callable[[list[Any]], None],
        guards: Sequence[int],
    ) -> None:
        self._sources, self._shape, self._run_steps, self._guards = sources, shape, run_steps, guards
        self.spoiled = False
        rows = max(1, BLOCK // max(1, math.prod(shape[1:])))
        self._cuts = [slice(start, start + rows) for start in range(0, shape[0], rows)]
        self._outputs: list[tuple[int, Values]] = []
        self._sums: list[tuple[int, _Sum]] = []
        self._error: BaseException | None = None

    def fill(self, position: int, memory: Values) -> Values:
        """memory, which the run fills with the value at this position. It may be that of a source: blocks are read
        before they are written."""
        output = memory.reshape(self._shape)
        self._outputs.append((position, output))
        return output

    def reduce(self, position: int, node: Node, flat: bool) -> _Sum:
        """A reduction by node's operation that the run makes of the value at this position."""
        axes = (-1,) if flat else node.params[0]
        made = _Sum(node, axes, -len(self._shape) in axes, len(self._cuts))
        self._sums.append((position, made))
        return made

    def run(self) -> None:
        """Do all blocks, on as many threads as there are cores for."""
        blocks = iter(range(len(self._cuts)))
        helpers = min(_threads(), len(self._cuts)) - 1
        words: list[int] = []
        crew = [threading.Thread(target=self._help, args=(blocks, words), daemon=True) for _ in range(helpers)]
        for thread in crew:
            thread.start()
        try:
            self._do(blocks)
        finally:
            for _ in blocks:  # after an error nothing is left to do
                pass
            for thread in crew:
                thread.join()
        if self._error is not None:
            raise self._error
        if words:
            zeros.leave_word()

    def _help(self, blocks: Iterator[int], words: list[int]) -> None:
        before = zeros.absorbed()
        try:
            with np.errstate(all="ignore"):
                self._do(blocks)
        except BaseException as error:
            self._error = error
        if zeros.absorbed() != before:
            words.append(1)

    def _do(self, blocks: Iterator[int]) -> None:
        for block in blocks:
            cut = self._cuts[block]
            values: list[Any] = [self._part(source, cut) for source in self._sources]
            self._run_steps(values)
            if zeros.any_nan([values[position] for position in self._guards]):
                self.spoiled = True
            for position, made in self._sums:
                shape = (len(range(*cut.indices(self._shape[0]))), *self._shape[1:])
                value = values[position]
                made.take(block, value if value.shape == shape else np.broadcast_to(value, shape))
            self._write(cut, values)

    def _write(self, cut: slice, values: list[Any]) -> None:
        found = [values[position] for position, _ in self._outputs]
        for place, (_, output) in enumerate(self._outputs):
            part = output[cut]
            for later in range(place + 1, len(found)):  # a step may hand on a source as it is
                if np.may_share_memory(found[later], part):
                    found[later] = np.array(found[later])
            part[...] = found[place]

    def _part(self, source: Source, cut: slice) -> Values:
        """What of a source a block needs: all of it where it has no, or one, entry along the first axis."""
        if isinstance(source, Placed):
            return source.rows(cut)
        return source[cut] if source.ndim == len(self._shape) and source.shape[0] > 1 else source


def _threads() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(cores, limits.current().threads))
