"""Jacobians and Hessians by one seed a colour.

A seed is 1 at all elements of a colour. No two of them meet in an element of what comes out, so every number
there belongs to one entry of the matrix.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...record import Record
from ...telling import telling
from ..derivatives import Mode, gradient
from ..direct import Answer, Direct, Feeds, batch_of, used_of, used_within
from ..evaluate import Plan, Values
from ..node import Node
from ..operation import zeros
from ..operations.linalg import product
from ..problems import second_order_name
from ..seeded import CHUNK_BYTES
from ..sweeps import Watch, between, pull, push, unequal
from .colouring import Colouring, column_colouring, fewest, row_colouring, symmetric_colouring
from .pattern import Integers
from .spread import Entries, entries


class Block(Record):
    """A part of the matrix: the numbers of its rows' and its columns' arrays, its shape, and its entries
    with their positions among all entries."""

    rows: int
    columns: int
    shape: tuple[int, int]
    row: Integers
    col: Integers
    where: Integers | slice


class Compressed:
    """A value, perhaps gradients, and the entries of a sparse matrix of derivatives.

    Attributes:
        entries: where the matrix can be nonzero. An answer's last derivative is the numbers there.
        blocks: the matrix by outputs and inputs.
        colours: how many seeds find all of it.
    """

    def __init__(
        self,
        direct: Direct,
        seeds: Sequence[Node],
        found: Sequence[Node],
        watches: Sequence[Watch],
        matrix: Entries,
        colouring: Colouring,
        *,
        by_rows: bool = False,
    ) -> None:
        self.mode = direct.mode
        self.entries = matrix
        self.colours = colouring.count
        self._direct, self._seeds, self._found = direct, tuple(seeds), tuple(found)
        self._watches = tuple(dict.fromkeys(watches))
        self._plan = Plan([*found, *(watch.used for watch in self._watches)])
        self._assigned = colouring.colours
        self._mixing = any(node.operation is product for node in between(found, seeds))
        seeded, at = (matrix.row, matrix.col) if by_rows else (matrix.col, matrix.row)
        if colouring.mirrored is not None:
            seeded, at = _mirrored(seeded, at, colouring.mirrored)
        self._seeded, self._at = seeded, at
        self.blocks: tuple[Block, ...] = ()

    @property
    def full(self) -> bool:
        """Whether every entry of a matrix with more than one can be nonzero."""
        return 1 < math.prod(self.entries.shape) == self.entries.count

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The output and every node that is asked for."""
        return (*self._direct.nodes, *self._found)

    def unit_feeds(self) -> dict[Node, Values]:
        """One seed for all columns, for looking into the nodes."""
        return {seed: np.ones((1, *seed.shape)) for seed in self._seeds}

    def solve(self, feeds: Feeds) -> Answer:
        first = self._direct.solved(feeds)
        batch = batch_of(feeds)
        data = np.zeros((*batch, self.entries.count))
        used = dict.fromkeys(first.used)
        passes = 0
        if self.colours:
            self._find(feeds, data, self._assigned, self.colours, used)
            passes = self.colours
        elif self._watches:
            self._run({**feeds, **self.unit_feeds()}, used)
            passes = 1
        if self._mixing and not np.isfinite(data).all():
            # in a product, a known 0 times the infinite slope of one column spoils the others of its colour
            bad = np.unique(self._seeded[~np.isfinite(data).all(axis=tuple(range(len(batch))))])
            alone = np.full_like(self._assigned, -1)
            alone[bad] = np.arange(len(bad))
            self._find(feeds, data, alone, len(bad), used)
            passes += len(bad)
        every = {seed: unequal(seed.shape) for seed in self._seeds}
        counted = used_within(tuple(used), self.nodes, {**feeds, **every})
        return Answer(first.value, (*first.derivatives, data), counted, passes)

    def _find(self, feeds: Feeds, data: Values, colours: Integers, count: int, used: dict[Watch, None]) -> None:
        """Write to data the entries of all columns that have a colour."""
        batch = data.shape[:-1]
        size = max(1, CHUNK_BYTES // max(1, self._plan.peak_bytes * math.prod(batch)))
        with telling("differentiating", count, "passes") as tell:
            for start in range(0, count, size):
                stop = min(start + size, count)
                values = self._run({**feeds, **self._chunk(colours, start, stop, batch)}, used)
                self._fill(data, values, colours[self._seeded], start, stop)
                tell(stop)

    def _run(self, feeds: Feeds, used: dict[Watch, None]) -> Sequence[Values]:
        """What the seeds in feeds gave; notes the watches that were used."""
        values = self._plan.run(feeds)
        count = len(self._found)
        used.update(dict.fromkeys(used_of(self._watches, values[count:])))
        return values[:count]

    def _chunk(self, colours: Integers, start: int, stop: int, batch: tuple[int, ...]) -> dict[Node, Values]:
        """The seeds of some colours."""
        units = (colours == np.arange(start, stop).reshape(-1, 1)).astype(np.float64)
        feeds: dict[Node, Values] = {}
        first = 0
        for seed in self._seeds:
            own = units[:, first : first + seed.size]
            feeds[seed] = own.reshape((stop - start, *(1 for _ in batch), *seed.shape))
            first += seed.size
        return feeds

    def _fill(self, data: Values, values: Sequence[Values], colour: Integers, start: int, stop: int) -> None:
        """The entries that these colours find, out of what the seeds gave."""
        batch = data.shape[:-1]
        rows = [
            np.broadcast_to(value, (stop - start, *batch, *node.shape)).reshape(stop - start, *batch, node.size)
            for node, value in zip(self._found, values, strict=True)
        ]
        whole = rows[0] if len(rows) == 1 else np.concatenate(rows, axis=-1)
        inside = (colour >= start) & (colour < stop)
        taken: Integers | slice = slice(None) if inside.all() else np.flatnonzero(inside)
        data[..., taken] = np.moveaxis(whole[colour[taken] - start, ..., self._at[taken]], 0, -1)


def _mirrored(col: Integers, row: Integers, mirrored: Integers) -> tuple[Integers, Integers]:
    """Entries of a symmetric matrix as (column, row); those in a mirrored row, unless in such a column, swapped."""
    swapped = mirrored[row] & ~mirrored[col]
    return np.where(swapped, row, col), np.where(swapped, col, row)


def sparse_jacobian(
    output: Node, inputs: Sequence[Node], mode: Mode | None = None, within: Sequence[Watch] = ()
) -> Compressed:
    """The Jacobian for all inputs beside one another. Mode None takes the one that needs fewer seeds.

    within are watches on what the output itself is made of. Raises LimitError where the matrix has too
    many entries.
    """
    matrix = entries([output], inputs)
    colouring, by_rows = _colouring(matrix, output, inputs, mode)
    watches: list[Watch] = []
    if by_rows:
        seeds = [_seed(output)]
        pulled = pull([output], seeds, inputs, watches)
        found = [zeros(x, x.shape) if g is None else g for g, x in zip(pulled, inputs, strict=True)]
    else:
        seeds = [_seed(x) for x in inputs]
        (pushed,) = push([output], inputs, seeds, watches)
        found = [zeros(output, output.shape) if pushed is None else pushed]
    direct = Direct(output, (), within, "reverse" if by_rows else "forward")
    made = Compressed(direct, seeds, found, watches, matrix, colouring, by_rows=by_rows)
    made.blocks = _blocks(matrix, [output], inputs)
    return made


def _colouring(matrix: Entries, output: Node, inputs: Sequence[Node], mode: Mode | None) -> tuple[Colouring, bool]:
    """Colours for the columns, or for the rows, and which of the two."""
    if mode == "reverse" or (mode is None and not matrix.count):  # which sees the jumps of what is flat
        return row_colouring(matrix, output.shape), True
    columns = column_colouring(matrix, [x.shape for x in inputs])
    if mode == "forward" or columns.count <= fewest(matrix):
        return columns, False
    rows = row_colouring(matrix, output.shape)
    return (rows, True) if rows.count < columns.count else (columns, False)


def sparse_hessian(
    output: Node, inputs: Sequence[Node], mode: Mode | None = None, within: Sequence[Watch] = ()
) -> Compressed:
    """The gradients, and the Hessian for all inputs: its entries are those of the gradient's Jacobian.

    Forward over reverse; mode "reverse" sweeps backward twice, "forward" forward. within as for
    `sparse_jacobian`. Raises LimitError where the matrix has too many entries.
    """
    watches = list(within)
    slopes = gradient(output, None, inputs, "reverse", watches)
    matrix = entries(slopes, inputs)
    colouring = symmetric_colouring(matrix, [x.shape for x in inputs])
    if mode == "forward":
        watches = list(within)
        slopes = gradient(output, None, inputs, "forward", watches)
    met: list[Watch] = []
    seeds = [_seed(x) for x in inputs]
    sweep = pull(slopes, seeds, inputs, met) if mode == "reverse" else push(slopes, inputs, seeds, met)
    found = [zeros(x, x.shape) if g is None else g for g, x in zip(sweep, inputs, strict=True)]
    made = Compressed(Direct(output, slopes, watches, second_order_name(mode)), seeds, found, met, matrix, colouring)
    made.blocks = _blocks(matrix, inputs, inputs)
    return made


def _seed(like: Node) -> Node:
    return like.graph.input("seed", like.shape)


def _blocks(matrix: Entries, rows: Sequence[Node], columns: Sequence[Node]) -> tuple[Block, ...]:
    """The parts of the matrix that belong to one output and one input each, row by row."""
    if len(rows) == len(columns) == 1:
        return (Block(0, 0, matrix.shape, matrix.row, matrix.col, slice(None)),)
    found = []
    below = 0
    for i, above in enumerate(rows):
        right = 0
        first, last = np.searchsorted(matrix.row, [below, below + above.size])
        row, col = matrix.row[first:last] - below, matrix.col[first:last]
        for j, beside in enumerate(columns):
            own = np.flatnonzero((col >= right) & (col < right + beside.size))
            shape = (above.size, beside.size)
            found.append(Block(i, j, shape, row[own], col[own] - right, first + own))
            right += beside.size
        below += above.size
    return tuple(found)
