"""Elementwise steps of one shape, and sums of what they give, over the rows of a block."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..node import Node
from ..operation import Elementwise
from ..placed import Pending, Placed
from .program import PART, SAME, WIDE, Program, run
from .work import Work

Values: TypeAlias = NDArray[Any]
Source: TypeAlias = "Values | Placed"
Below: TypeAlias = Mapping["Run", tuple[slice, Sequence[Any]]]
"""Rows of the runs that waited, with their values."""


class Use(NamedTuple):
    """What becomes of a region's values.

    Attributes:
        outside: slots that something else reads.
        spare: slots that nothing reads after it, and whose memory may take what the region gives.
        guards: slots to look at for NaN; None where products look themselves.
        results: slots whose numbers are to be looked at, whether they are finite.
        waits: whether the region is run with another.
    """

    outside: set[int]
    spare: set[int]
    guards: set[int] | None
    results: set[int]
    waits: bool


class Seen(NamedTuple):
    """What was seen of numbers while they were in the cache.

    Attributes:
        spoiled: whether a guard is NaN.
        finite: whether all results are finite.
    """

    spoiled: bool
    finite: bool


class Region:
    """What is computed in the same blocks."""

    def __init__(self, nodes: Sequence[Node], slots: Mapping[Node, int], use: Use) -> None:
        inner = set(nodes)
        self._maps = [node for node in nodes if isinstance(node.operation, Elementwise)]
        self._inputs = list(dict.fromkeys(each for node in nodes for each in node.operands if each not in inner))
        self.sources = [slots[node] for node in self._inputs]
        self.filled = [(node, slots[node]) for node in self._maps if slots[node] in use.outside]
        self.sums = [(node, slots[node]) for node in nodes if not isinstance(node.operation, Elementwise)]
        self.guards = [node for node in self._maps if use.guards and slots[node] in use.guards]
        self.spare = [slot for slot in self.sources if slot in use.spare]
        self.results = [node for node, slot in self.filled if slot in use.results]
        self.seen = [slot for _, slot in self.filled if slot in use.results]
        self._plain, self._waits = use.guards is not None, use.waits

    def run(self, values: list[Any], *, may_wait: bool) -> Seen:
        """From the values of the slots it reads, put those that are read outside into values.

        A region that waits is run by the one that reads it.
        """
        started = Run(self, values)
        if self._waits and may_wait:
            for node, slot in self.filled:
                values[slot] = Pending(started.shape, started.dtype, started, started.program.position[node])
            return Seen(spoiled=False, finite=True)
        return started.finish(values)

    @cached_property
    def real(self) -> Program:
        """The steps for real values."""
        return self._program(True)

    @cached_property
    def other(self) -> Program:
        """The steps for any others."""
        return self._program(False)

    def _program(self, real: bool) -> Program:
        kept = [*(node.operands[0] for node, _ in self.sums), *self.guards]
        filled = [node for node, _ in self.filled]
        return Program(self._inputs, self._maps, filled, kept, plain=self._plain, real=real)


class Run:
    """A region at some values: what is wanted of it, and its blocks' values.

    Attributes:
        shape: that of all its values together.
        dtype: theirs.
        filled: the positions of those that are read outside.
        sums: those of the values at some positions, by their nodes.
        alive: how many arrays of a block there are at one time, outputs aside.
        under: runs that waited for this one, and whose values it reads.
    """

    def __init__(self, region: Region, values: Sequence[Any]) -> None:
        self._region = region
        self._sources = [_compact(values[slot]) for slot in region.sources]
        self.full = np.broadcast_shapes(*(values[slot].shape for slot in region.sources))
        self.dtype = np.result_type(np.float64, *(source.dtype for source in self._sources))
        is_real = all(source.dtype == np.float64 for source in self._sources)
        self.program = region.real if is_real else region.other
        self.shape, self.is_flat = self.full, False
        kinds = list(map(self._kind, self._sources))
        self._own = [position for position, kind in enumerate(kinds) if kind != SAME]
        once, self._steps, self.alive = self.program.steps(kinds)
        self._shared: list[Any] = [None] * len(self.program.position)
        self._shared[: len(kinds)] = self._sources
        run(once, self._shared, ())
        self._guards = [self.program.position[node] for node in region.guards]
        results = [self.program.position[node] for node in region.results]
        self._looked_at = list(dict.fromkeys([*self._guards, *results]))
        self.filled = [self.program.position[node] for node, _ in region.filled]
        self.sums = [(self.program.position[node.operands[0]], node) for node, _ in region.sums]
        pending = [_run_of(each) for each in self._sources if isinstance(each, Placed)]
        self.under: list[Run] = [each for each in dict.fromkeys(pending) if each is not None]

    def _kind(self, source: Source) -> int:
        if source.shape == self.full:
            return WIDE
        # all of it where it has no, or one, entry along the first axis
        return PART if len(source.shape) == len(self.full) and source.shape[0] > 1 else SAME

    def finish(self, values: list[Any]) -> Seen:
        """Do all blocks, and put what they give into values."""
        self._flatten()
        outputs, early = self._memory(values)
        work = Work(self, outputs, early)
        work.run()
        for (_, slot), output in zip(self._region.filled, outputs, strict=True):
            values[slot] = output.reshape(self.full)
        for each, sums in zip((*self.under, self), work.sums, strict=True):
            for (_, slot), found in zip(each._region.sums, sums, strict=True):
                values[slot] = found.result()
        return Seen(work.spoiled, work.finite)

    def _flatten(self) -> None:
        """Take all axes as one, unless the sources or the sums need theirs."""
        full = self.full
        arrays = [source for source in self._sources if not isinstance(source, Placed)]
        if (
            len(full) < 2
            or len(arrays) < len(self._sources)
            or any(len(node.params[0]) < len(full) for _, node in self.sums)
            or any(source.size > 1 and not (source.shape == full and source.flags.c_contiguous) for source in arrays)
        ):
            return
        self._sources = [source.reshape(-1) if source.size > 1 else source for source in arrays]
        self.shape, self.is_flat = (math.prod(full),), True

    def _memory(self, values: Sequence[Any]) -> tuple[list[Values], list[bool]]:
        """An array for each output, and whether its step may write there at once: the array may be that of a source
        which other steps have yet to read. (Blocks are read before they are written.)"""
        spare = [slot for slot in self._region.spare if values[slot].shape == self.full]
        outputs, early = [], []
        for number in range(len(self._region.filled)):
            if spare:
                slot = spare.pop()
                outputs.append(values[slot].reshape(self.shape))
                early.append(self.program.is_free(self._region.sources.index(slot), number))
            else:
                outputs.append(np.empty(self.shape, self.dtype))
                early.append(True)
        return outputs, early

    # ---- a block ---------------------------------------------------------------------------------------

    def reads(self, cut: slice, under: Run) -> slice:
        """The rows of a waiting run that a block needs."""
        found = [each.reads(cut) for each in self._placed(under)]
        found = [rows for rows in found if rows.start < rows.stop]
        if not found:
            return slice(0, 0)
        return slice(min(rows.start for rows in found), max(rows.stop for rows in found))

    def _placed(self, under: Run) -> list[Placed]:
        return [each for each in self._sources if isinstance(each, Placed) and _run_of(each) is under]

    def values(self, cut: slice, below: Below, outputs: Sequence[Values | None]) -> list[Any]:
        """All that is computed of some rows."""
        found = self._shared.copy()
        for position in self._own:
            found[position] = self._part(self._sources[position], cut, below)
        run(self._steps, found, outputs)
        return found

    def look(self, found: Sequence[Any]) -> Seen:
        """What there is to be seen of a block's values."""
        # a sum is sooner had than a look at every number; finite numbers seldom have one that is not
        odd = [each for each in self._looked_at if not np.isfinite(np.add.reduce(found[each], axis=None))]
        if not odd:
            return Seen(spoiled=False, finite=True)
        spoiled = any(np.isnan(found[each]).any() for each in odd if each in self._guards)
        return Seen(spoiled, all(np.isfinite(found[each]).all() for each in odd))

    def _part(self, source: Source, cut: slice, below: Below) -> Values:
        """What a block has of a source that blocks do not share."""
        if not isinstance(source, Placed):
            return source[cut]
        if not isinstance(source.value, Pending):
            return source.rows(cut)
        rows, found = below[source.value.run]
        wanted = source.reads(cut)
        if wanted.start >= wanted.stop:
            return source.rows(cut, np.empty((0, *source.value.shape[1:])))
        value = found[source.value.position]
        shape = (rows.stop - rows.start, *source.value.shape[1:])
        value = value if value.shape == shape else np.broadcast_to(value, shape)
        return source.rows(cut, value[wanted.start - rows.start : wanted.stop - rows.start])


def _run_of(placed: Placed) -> Any:
    return placed.value.run if isinstance(placed.value, Pending) else None


def _compact(value: Source) -> Source:
    """One number in place of the same one everywhere."""
    if isinstance(value, Placed):
        return value
    return value if value.size == 1 or any(value.strides) else value[(0,) * value.ndim]
