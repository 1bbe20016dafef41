"""Patterns carried through a graph: which elements of the inputs an element of an output hangs on.

The sweep knows shapes and no values, so what it finds holds for all values; it can find more than there
is (`x - x`), never less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...record import Record
from ..node import Node
from ..sweeps import between
from .pattern import Integers, Pattern, identity, require_room, union
from .reads import Within, through


class Entries(Record):
    """Where a matrix can be nonzero: positions sorted by row, then by column, each once."""

    shape: tuple[int, int]
    row: Integers
    col: Integers

    @property
    def count(self) -> int:
        return len(self.row)


def entries(outputs: Sequence[Node], inputs: Sequence[Node]) -> Entries:
    """The pattern of the Jacobian: the outputs' elements below one another, the inputs' beside one another.

    Raises LimitError where it has too many entries.
    """
    rows, cols, above = [], [], 0
    for output, found in zip(outputs, spread(outputs, inputs), strict=True):
        if found is not None:
            row, col = found.coordinates()
            rows.append(row + above if above else row)
            cols.append(col)
        above += output.size
    shape = (above, sum(x.size for x in inputs))
    if not rows:
        return Entries(shape, np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))
    require_room(sum(map(len, rows)))
    return Entries(shape, rows[0], cols[0]) if len(rows) == 1 else Entries(shape, _joined(rows), _joined(cols))


def _joined(parts: Sequence[Integers]) -> Integers:
    return np.concatenate(parts)


def spread(outputs: Sequence[Node], inputs: Sequence[Node], within: Within = frozenset()) -> list[Pattern | None]:
    """The patterns of outputs (None: they hang on nothing), the inputs' elements numbered one after another.

    within as for `through`.
    """
    columns = sum(x.size for x in inputs)
    own: dict[Node, Pattern] = {}
    first = 0
    for x in inputs:
        own[x] = identity(x.shape, first, columns)
        first += x.size
    order = between(outputs, inputs)
    readers = Counter(operand for node in order for operand in node.operands)
    readers.update(outputs)
    known: dict[Node, Pattern | None] = {}
    for node in order:
        found = through(node, [known.get(operand) for operand in node.operands], within) if node.operands else None
        if node in own:
            found = own[node] if found is None else union([own[node], found])
        known[node] = found
        for operand in node.operands:  # patterns die with their last reader, as values do
            readers[operand] -= 1
            if not readers[operand]:
                known.pop(operand, None)
    return [known.get(output) for output in outputs]
