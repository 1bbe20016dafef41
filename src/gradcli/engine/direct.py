"""Answers, and the problems whose nodes are the answer as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TypeAlias

import numpy as np

from ..record import Record
from .evaluate import Plan, Values
from .memory import Memory
from .node import Node
from .sweeps import Watch, counting

Feeds: TypeAlias = Mapping[Node, Values]


class Answer(Record):
    """value is the output's; derivatives those asked for, in order; used the watches that were used;
    mode how the derivatives were taken; passes how many
    times a mode went through the graph: one a seed, though many seeds go together;
    finite says that all numbers are known to be so; lost is a sum that cancelled, for which numbers were worked
    out to more digits than the kept ones (of a batch: are yet to be)."""

    value: Values
    derivatives: tuple[Values, ...] = ()
    used: tuple[Watch, ...] = ()
    passes: int = 1
    finite: bool = False
    lost: Node | None = None
    kept: int = 0


def used_of(watches: Sequence[Watch], values: Sequence[Values]) -> tuple[Watch, ...]:
    """The watches whose values say that they were used."""
    if not watches:
        return ()
    return tuple(watch for watch, value in zip(watches, values, strict=True) if value.any())


def used_within(watches: Sequence[Watch], outputs: Sequence[Node], feeds: Feeds) -> tuple[Watch, ...]:
    """Of watches that were used, those that count for outputs: a derivative that the program itself took may
    stand in a branch that was not taken."""
    if not any(watch.parts for watch in watches):
        return tuple(watches)
    counted = counting(watches, outputs)
    found = Plan([watch.used for watch in counted]).run(feeds)
    return tuple(watch for watch, value in zip(watches, found, strict=True) if np.any(value))


def worked_out(answer: Answer, nodes: Sequence[Node], feeds: Feeds) -> Answer:
    """The answer that nodes are, worked out to more digits where float64 lost those that count; but for a batch, which
    is left for its records to be asked about one by one."""
    if answer.lost is None or batch_of(feeds):
        return answer
    from .extended import refined

    found = refined(dict.fromkeys(nodes), Memory(feeds))
    if not found:
        return answer.replaced(lost=None)
    value, *derivatives = (
        found[node].value if node in found else known
        for node, known in zip(nodes, (answer.value, *answer.derivatives), strict=True)
    )
    worst = min(found.values(), key=attrgetter("kept"))
    return answer.replaced(value=value, derivatives=tuple(derivatives), finite=False, lost=worst.lost, kept=worst.kept)


class Direct:
    """Nodes that are the answer as they stand: a value, and gradients, tangents, products built as graphs."""

    def __init__(self, output: Node, derivatives: Sequence[Node], watches: Sequence[Watch], mode: str | None) -> None:
        self.mode = mode
        self.nodes = (output, *derivatives)
        self._count = 1 + len(derivatives)
        self._watches = tuple(dict.fromkeys(watches))
        self._plan = Plan([*self.nodes, *(watch.used for watch in self._watches)])

    def unit_feeds(self) -> dict[Node, Values]:
        """What the nodes need besides the feeds of a question: nothing here."""
        return {}

    def solve(self, feeds: Feeds) -> Answer:
        answer = worked_out(self.solved(feeds), self.nodes, feeds)
        return answer.replaced(used=used_within(answer.used, self.nodes, feeds)) if answer.used else answer

    def solved(self, feeds: Feeds) -> Answer:
        """The same with all watches that were used, whether they count or not (see `used_within`)."""
        (value, *rest), seen = self._plan.run_looking(feeds)
        derivatives, used = rest[: self._count - 1], rest[self._count - 1 :]
        return Answer(value, tuple(derivatives), used_of(self._watches, used), 1, seen.finite, seen.lost)


def batch_of(feeds: Feeds) -> tuple[int, ...]:
    """The leading axes that the feeds have more than their inputs."""
    leads = [value.shape[: value.ndim - len(node.shape)] for node, value in feeds.items()]
    return np.broadcast_shapes(*leads) if leads else ()
