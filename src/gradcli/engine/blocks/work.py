"""The blocks of a region's run, shared out among threads."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ... import limits
from .. import zeros
from ..node import Node
from . import layout

if TYPE_CHECKING:
    from .region import Run

Values: TypeAlias = NDArray[Any]


class Sum:
    """A reduction of the values of a region: complete block by block, or in parts to be added up.

    The parts are the same whatever the blocks: a value is the same to the last bit whether more is computed with it.
    """

    def __init__(self, node: Node, run: Run, blocks: int) -> None:
        self._kernel = node.operation.kernel
        self._axes = (-1,) if run.is_flat else node.params[0]
        self._in_parts = -len(run.shape) in self._axes
        self._rows = layout.rows_of_part(run.shape)
        self._found: list[list[Values]] = [[] for _ in range(blocks)]

    def take(self, block: int, values: Values) -> None:
        """Add a block's values."""
        found = self._found[block]
        if not self._in_parts:
            found.append(self._kernel(values, self._axes))
            return
        count = len(values) // self._rows
        whole = values[: count * self._rows].reshape(count, self._rows, *values.shape[1:])
        found.extend(self._kernel(whole, self._axes))
        if count * self._rows < len(values):
            found.append(self._kernel(values[count * self._rows :], self._axes))

    def result(self) -> Values:
        """The parts put together."""
        parts = [part for found in self._found for part in found]
        return np.add.reduce(np.stack(parts), axis=0) if self._in_parts else np.concatenate(parts)


class Work:
    """All blocks of a run, and of those that waited for it, for anybody to take.

    outputs take what is read outside, at once where early says so.

    Attributes:
        sums: those of each run below, and of the run itself.
        spoiled: whether a guard was NaN in one of the blocks.
        finite: whether all results were finite in all of them.
    """

    def __init__(self, run: Run, outputs: Sequence[Values], early: Sequence[bool]) -> None:
        self._run, self._outputs, self._early = run, outputs, early
        self.spoiled, self.finite = False, True
        rows, count = _rows(run), run.shape[0]
        self._cuts = [slice(start, min(count, start + rows)) for start in range(0, count, rows)]
        self.sums = [[Sum(node, each, len(self._cuts)) for _, node in each.sums] for each in (*run.under, run)]
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do all blocks, on as many threads as there are cores for."""
        blocks = iter(range(len(self._cuts)))
        helpers = min(limits.threads(), len(self._cuts)) - 1
        words: list[int] = []
        crew = [threading.Thread(target=self._help, args=(blocks, words), daemon=True) for _ in range(helpers)]
        with _quick_turns() if crew else nullcontext():
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
            below = {under: self._below(under, block, self.sums[n]) for n, under in enumerate(self._run.under)}
            parts = [output[cut] for output in self._outputs]
            early = [part if at_once else None for part, at_once in zip(parts, self._early, strict=True)]
            values = self._run.values(cut, below, early)
            self._take(self._run, block, values, cut, cut, self.sums[-1])
            _write(parts, [values[position] for position in self._run.filled])

    def _below(self, under: Run, block: int, sums: Sequence[Sum]) -> tuple[slice, list[Any]]:
        """The rows of a waiting run that a block reads, or has to add up, and their values."""
        cut, count = self._cuts[block], under.shape[0]
        stop = count if block == len(self._cuts) - 1 else min(cut.stop, count)
        own, read = slice(min(cut.start, count), stop), self._run.reads(cut, under)
        both = [each for each in (own, read) if each.start < each.stop]
        if not both:
            return slice(0, 0), []
        rows = slice(min(each.start for each in both), max(each.stop for each in both))
        values = under.values(rows, {}, [None] * len(under.filled))
        self._take(under, block, values, rows, own, sums)
        return rows, values

    def _take(self, run: Run, block: int, values: Sequence[Any], rows: slice, own: slice, sums: Sequence[Sum]) -> None:
        """Look at the guards, and add up those of the rows that are this block's own."""
        seen = run.look(values)
        if seen.spoiled:
            self.spoiled = True
        if not seen.finite:
            self.finite = False
        if own.start == own.stop:
            return
        shape = (rows.stop - rows.start, *run.shape[1:])
        for (position, _), made in zip(run.sums, sums, strict=True):
            value = values[position]
            whole = value if value.shape == shape else np.broadcast_to(value, shape)
            made.take(block, whole[own.start - rows.start : own.stop - rows.start])


def _rows(run: Run) -> int:
    """How many rows a block has: as many parts as can be alive at one time."""
    alive = sum(each.alive for each in (*run.under, run))
    parts = max(1, layout.BUDGET // layout.PART // max(layout.FEWEST, alive))
    return parts * layout.rows_of_part((run.under[0] if run.under else run).shape)


def _write(parts: Sequence[Values], found: list[Values]) -> None:
    """Put what is not there yet into its part of the output."""
    late = [(part, value) for part, value in zip(parts, found, strict=True) if part is not value]
    for place, (part, value) in enumerate(late):
        for later in range(place + 1, len(late)):  # a step may hand on a source as it is
            if np.may_share_memory(late[later][1], part):
                late[later] = late[later][0], np.array(late[later][1])
        part[...] = value


_TURN = 50e-6
_turns = threading.Lock()
_crews = 0
_usual_turn = 0.0


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let a thread that waits for Python's lock have it after 50 microseconds, and not 5 milliseconds.

    A block's operations take a few microseconds each. Their thread lets go of the lock meanwhile, and mostly has it
    again before another has woken: that one then waits for its turn, and two threads take longer than one.
    """
    global _crews, _usual_turn
    with _turns:
        if not _crews:
            _usual_turn = sys.getswitchinterval()
            sys.setswitchinterval(min(_TURN, _usual_turn))
        _crews += 1
    try:
        yield
    finally:
        with _turns:
            _crews -= 1
            if not _crews:
                sys.setswitchinterval(_usual_turn)


def _keep_memory() -> None:
    """Let the C library keep what blocks give back, instead of handing each block's memory to the system and asking for
    it again, which takes longer than the arithmetic. Its bound for that grows with what has been freed (mallopt(3),
    M_MMAP_THRESHOLD); this memory is never touched, and costs nothing."""
    np.empty(2**22 - 2**13)


_keep_memory()
