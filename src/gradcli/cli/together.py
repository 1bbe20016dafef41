"""Records of one form, answered together: one run of NumPy calls for all of them.

Operations act on trailing axes, so records stacked along a new first axis go through a plan as one
does. The answers are, to the last bit, those the records would get one by one: whatever could make a
difference, or needs a word of its own, is not answered here (`Apart`), and its records are asked about
apart. That is, where

- a value decides what is computed, or the order of the records could change a rounding;
- a derivative at a kink, a zero that wins over infinity or a number that is not finite came up;
- the first record by itself gets something else than as one of many;
- the whole would take much memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .. import limits
from ..api import Expression
from ..asking import Asked
from ..engine.direct import Direct
from ..engine.operation import constant
from ..engine.sweeps import ancestors
from ..engine.zeros import absorbed

if TYPE_CHECKING:
    from ..answering import Prepared
    from ..engine.direct import Answer
    from ..engine.node import Node
    from ..requests import Request
    from ..results import Array, CheckReport, Result
    from .commands import Command

MOST_ELEMENTS: Final = 2**19
"""What all values of a batch may hold together: they stay in the processor's cache."""

UNEVEN: Final = frozenset({"power", "power_slope", "gather"})
"""Operations that may round otherwise for many records than for one. NumPy takes an exponent of 2, 0.5 or -1 by
another way where all elements share it, as those of one record do. Elements gathered at an array of indices lie
in memory record beside record, and a sum of them is taken in that order."""
SHARING: Final = "matmul"
"""A matrix that all records share, or unit seeds, multiply all of them as one matrix, which may round otherwise too."""


class Apart(Exception):
    """These records are to be answered in smaller numbers: at most `most` together."""

    def __init__(self, most: int = MOST_ELEMENTS) -> None:
        super().__init__()
        self.most = most


class Streamed(Expression):
    """An expression that can be asked about many records at a time."""

    def __init__(self, source: str, *, seed: int = 0) -> None:
        super().__init__(source, seed=seed)
        self._rows: Mapping[str, Array] | None = None
        self._numbers: Sequence[str] = ()
        self._bounded: tuple[Prepared, frozenset[str], int] | None = None

    def together(
        self, command: Command, request: Request, rows: Mapping[str, Array], numbers: Sequence[str] = ()
    ) -> Result:
        """The answer for every row of `rows`, which hold values of variables of the request.

        The request has the values of the first row. numbers are the variables that stand for numbers in an
        expression (see `literals`). The result's arrays have the rows' axis in front; all else in it is what
        every single answer has. Raises Apart where that cannot be, and whatever the request by itself would raise.
        """
        self._numbers = numbers
        self._rows = rows
        try:
            return command.compute(self, request)
        finally:
            self._rows = None

    def _ask(self, *args: Any, **named: Any) -> Asked:
        asked = super()._ask(*args, **named)
        if self._rows is not None:
            if len(next(iter(self._rows.values()))) > (most := self._most(asked.prepared, frozenset(self._rows))):
                raise Apart(most)
            if self._numbers:
                _check_numbers(asked.prepared, [(name, self._rows[name]) for name in self._numbers])
            asked.answer = _answers(asked, self._rows)
        return asked

    def _report(self, asked: Asked, claims: Mapping[str, str] | None = None) -> CheckReport:
        if self._rows is not None:
            raise Apart(1)
        return super()._report(asked, claims)

    def _most(self, prepared: Prepared, moving: frozenset[str]) -> int:
        """How many records may go through a plan at a time, where these variables differ between them."""
        if self._bounded is None or self._bounded[0] is not prepared or self._bounded[1] != moving:
            self._bounded = prepared, moving, _most(prepared, moving)
        return self._bounded[2]


def _most(prepared: Prepared, moving: frozenset[str]) -> int:
    nodes = ancestors(getattr(prepared.problem, "nodes", ()))
    if prepared.concrete or not nodes or _uneven(prepared, nodes, moving):
        return 1
    return max(1, MOST_ELEMENTS // max(1, sum(node.size for node in nodes)))


def _uneven(prepared: Prepared, nodes: Sequence[Node], names: frozenset[str]) -> bool:
    """Whether an operation among nodes may round otherwise for many records."""
    seeded = not isinstance(prepared.problem, Direct)
    moving = {node for name, node in prepared.trace.inputs.items() if name in names}
    for node in nodes:
        moved = sum(operand in moving for operand in node.operands)
        if moved:
            moving.add(node)
        shared = seeded or 0 < moved < len(node.operands)
        if node.operation.name in UNEVEN or (node.operation.name == SHARING and shared):
            return True
    return False


_PASSING: Final = frozenset({"negative", "expand", "reshape", "alias"})
"""What a number goes through as a number."""


def _check_numbers(prepared: Prepared, numbers: Sequence[tuple[str, Array]]) -> None:
    """Raise Apart where the graph would be another one if its inputs for numbers were the numbers themselves.

    It is the same where no number is worked out from others alone, and none is one of the graph's own constants,
    which would be one node with it.
    """
    lifted = {prepared.trace.inputs[name] for name, _ in numbers}
    fixed = set(lifted)
    for node in ancestors([prepared.output]):
        if node.operation is constant:
            fixed.add(node)
        elif node.operands and fixed.issuperset(node.operands) and not lifted.isdisjoint(node.operands):
            if node.operation.name not in _PASSING:
                raise Apart(1)
            fixed.add(node)
            lifted.add(node)
    nodes = ancestors(prepared.problem.nodes)
    constants = [node.params[0].array for node in nodes if node.operation is constant and not node.shape]
    if any(np.isin(np.abs(column), np.abs(constants)).any() for _, column in numbers):
        raise Apart


def _answers(asked: Asked, rows: Mapping[str, Array]) -> Answer:
    """The answers for all rows. Raises Apart where one of them needs a word of its own."""
    first = asked.answer
    before = absorbed()
    answer = asked.prepared.solve({**asked.arrays, **rows}, asked.extra)
    if first.used or answer.used or first.lost or answer.lost or absorbed() != before:
        raise Apart
    count = len(next(iter(rows.values())))
    value, *derivatives = (
        _whole(one, many, count)
        for one, many in zip((first.value, *first.derivatives), (answer.value, *answer.derivatives), strict=True)
    )
    return first.replaced(value=value, derivatives=tuple(derivatives))


def _whole(one: Any, many: Any, count: int) -> Array:
    """An answer with the rows' axis in front, also where it lacks that. Raises Apart if it is not what one gets."""
    if not isinstance(one, np.ndarray):
        raise Apart(1)
    if not np.isfinite(many).all():
        raise Apart
    spread = np.broadcast_to(many, (count, *one.shape))
    if spread[0].tobytes() != one.tobytes():
        raise Apart
    return spread


def columns(records: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    """The values of each variable, one record's under another's.

    Raises Apart where one could not stand by itself, or has another shape.
    """
    bounds = limits.current()
    columns = {}
    for name in records[0]:
        try:
            column = np.array([record[name] for record in records])
        except ValueError:
            raise Apart from None
        one = column[0]
        if column.dtype.kind not in "fb" or not np.isfinite(column).all():
            raise Apart
        if one.size > bounds.elements or one.ndim > bounds.rank:
            raise Apart
        columns[name] = column.astype(np.float64, copy=False)
    if not columns:
        raise Apart(1)
    return columns
