"""Which part of a plan is computed when, and in which blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from ..evaluate import LARGE
from ..node import Node, Shape
from ..operation import Elementwise, Reduction, total
from ..placed import Pending, Placed

Domain: TypeAlias = tuple[Shape, int]
"""A static shape, and how many records (or seeds) a value of it has."""
Place: TypeAlias = tuple[int, Domain]
"""A region: its stage and its domain."""

PART = 2**13
"""About so many elements are added up at a time; blocks are whole numbers of parts."""
BUDGET = 2**18
"""About so many numbers are alive at one time in a block, and stay in a core's own cache: the more values that is, the
fewer elements a block has."""
FEWEST = 4
"""Where fewer are alive, blocks are as if it were so many: there must be blocks for all threads."""
OVERLAP = 1 / 8
"""The share of a part's rows that may be computed for two blocks."""


class Layout:
    """The stages, and the regions in them.

    A slot comes as early as it can: in the stage of the last thing it reads, or the next where that is only whole once
    its region has run. results are slots that must be whole in the end, guards those to look at for NaN.

    Attributes:
        keep: slots that must be whole in the end.
        guards: slots to look at when all is done; the others are looked at in their regions.
        watched: those others; None where products look themselves.
        stage: that of each slot.
        whole: for each stage the slots to compute as a whole.
        regions: for each stage the slots of each region.
        readers: the slots that read each slot.
        inside: the slots of all regions.
        by_blocks: slots outside of regions that only blocks read.
        waiting: regions that run with another, which alone reads what they give, placed among zeros.
    """

    def __init__(
        self,
        slotted: Sequence[Node],
        reads: Sequence[Sequence[int]],
        leads: Sequence[int],
        results: Sequence[int],
        guards: Sequence[int],
    ) -> None:
        self._slotted = slotted
        self.stage = [0] * len(slotted)
        self.whole: list[list[int]] = [[]]
        self.regions: list[dict[Domain, list[int]]] = [{}]
        self._domains: list[Domain | None] = [None] * len(slotted)
        self._lay(reads, [*leads, *[1] * (len(slotted) - len(leads))])
        self.readers: list[list[int]] = [[] for _ in slotted]
        for slot, read in enumerate(reads):
            for each in read:
                self.readers[each].append(slot)
        self.inside = {slot for regions in self.regions for members in regions.values() for slot in members}
        watched = {slot for slot in guards if slot in self.inside and self._is_elementwise(slot)}
        self.watched = watched if guards else None
        self.guards = [slot for slot in guards if slot not in watched]
        self.keep = {*results, *self.guards}
        self.by_blocks = {
            slot
            for whole in self.whole
            for slot in whole
            if slot not in self.keep and self.inside.issuperset(self.readers[slot])
        }
        self.waiting: set[Place] = set()
        self._let_wait()

    def _lay(self, reads: Sequence[Sequence[int]], lead: list[int]) -> None:
        ready = [0] * len(reads)  # the stage from which a slot can be read whole
        in_blocks: list[Domain | None] = [None] * len(reads)  # the region in whose blocks it can be read
        for slot, read in enumerate(reads):
            if not read:
                continue
            lead[slot] = max(lead[each] for each in read)
            own = _domain(self._slotted[slot], lead[slot], in_blocks[read[0]])
            stage = max(self.stage[each] if own and in_blocks[each] == own else ready[each] for each in read)
            if stage == len(self.whole):
                self.whole.append([])
                self.regions.append({})
            self.stage[slot] = ready[slot] = stage
            self._domains[slot] = own
            if own is None:
                self.whole[stage].append(slot)
            else:
                self.regions[stage].setdefault(own, []).append(slot)
                ready[slot] = stage + 1
                in_blocks[slot] = own if self._is_elementwise(slot) else None

    def _is_elementwise(self, slot: int) -> bool:
        return isinstance(self._slotted[slot].operation, Elementwise)

    def outside(self, members: Sequence[int]) -> set[int]:
        """Those of a region's slots that something else reads."""
        inner = set(members)
        return {slot for slot in members if slot in self.keep or not inner.issuperset(self.readers[slot])}

    # ---- regions that wait for another ----------------------------------------------------------------

    def _let_wait(self) -> None:
        """Find the regions that are better run with another, a block at a time: those whose values it alone reads, from
        zeros they are placed among. They count as computed in its stage."""
        hosts: set[Place] = set()
        for stage, regions in enumerate(self.regions):
            for domain, members in regions.items():
                host = self._host(domain, members)
                if host is not None and (stage, domain) not in hosts and host not in self.waiting:
                    hosts.add(host)
                    self.waiting.add((stage, domain))
                    for slot in members:
                        self.stage[slot] = host[0]

    def _host(self, domain: Domain, members: Sequence[int]) -> Place | None:
        """The region to run these members with, if there is one."""
        if domain[1] != 1:
            return None
        inner, outside = set(members), self.outside(members)
        handed = [slot for slot in outside if self._is_elementwise(slot)]
        placing = [reader for slot in handed for reader in self.readers[slot] if reader not in inner]
        starts = list(self._starts(placing)) if self.keep.isdisjoint(handed) else []
        hosts = {(self.stage[reader], self._domains[reader]) for slot in placing for reader in self.readers[slot]}
        if not starts or None in starts or len(hosts) != 1:
            return None
        ((stage, host),) = hosts
        rows = rows_of_part(domain[0])
        found = [start for start in starts if start is not None]
        if max(found) - min(found) > OVERLAP * rows or host is None or host[1] != 1:
            return None
        # what hangs on the sums cannot be had before the region has run
        after = [reader for slot in outside - set(handed) for reader in self.readers[slot]]
        return (stage, host) if all(self.stage[reader] > stage for reader in after) else None

    def _starts(self, placing: Sequence[int]) -> Iterator[int | None]:
        """The row where each of these slots places what it reads; None where it is not read by blocks alone."""
        for slot in placing:
            node = self._slotted[slot]
            by_blocks = node.operation.by_blocks if slot in self.by_blocks else None
            placed = by_blocks and by_blocks(Pending(node.operands[0].shape), *node.params)
            yield placed.start if isinstance(placed, Placed) else None


def rows_of_part(shape: Shape) -> int:
    """How many rows of a shape are added up at a time."""
    return max(1, PART // max(1, math.prod(shape[1:])))


def _domain(node: Node, lead: int, operand: Domain | None) -> Domain | None:
    """The region to compute node in, if it is one for blocks; operand is the region of what it reads."""
    if isinstance(node.operation, Elementwise):
        return (node.shape, lead) if node.size * lead >= LARGE else None
    if operand is None or operand[1] != lead or not (node.operation is total or isinstance(node.operation, Reduction)):
        return None
    # a reduction other than a sum needs all of its axes at once, and blocks run along the first
    first_is_reduced = lead == 1 and -len(node.operands[0].shape) in node.params[0]
    return operand if node.operation is total or not first_is_reduced else None
