"""The stages of a plan, run one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import zeros
from ..evaluate import Step
from ..node import Node
from .layout import Domain, Layout
from .region import Region, Seen, Use

_FEW = 2**16
"""So many numbers are soon looked at, though no region has."""


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
        self._layout = layout = Layout(slotted, reads, leads, results, guards)
        self._dead = _dead(layout)
        self._results = results
        self._regions = [
            [
                Region([slotted[slot] for slot in members], slots, _use(layout, stage, domain))
                for domain, members in regions.items()
            ]
            for stage, regions in enumerate(layout.regions)
        ]
        self._seen = {slot for regions in self._regions for region in regions for slot in region.seen}

    def run(self, values: list[Any]) -> Seen:
        """From the values of the first slots compute those of the results, in place of all others' None.

        Where that is spoiled, the results are not to be had by plain products.
        """
        layout, finite, bounded = self._layout, True, set(self._seen)
        # what is placed is read by rows: its first axis must be the first
        alone = all(value.ndim == len(node.shape) for node, value in zip(self._slotted, values, strict=False))
        values += [None] * (len(self._plan) + self._first - len(values))
        for whole, regions, dead in zip(layout.whole, self._regions, self._dead, strict=True):
            for slot in whole:
                kernel, read, params, _ = self._plan[slot - self._first]
                placed = self._slotted[slot].operation.by_blocks if alone and slot in layout.by_blocks else None
                made = None if placed is None else placed(*read(values), *params)
                values[slot] = kernel(*read(values), *params) if made is None else made
                if slot in self._results and self._is_bounded(slot, [*read(values), *params]):
                    bounded.add(slot)
            for region in regions:
                seen = region.run(values, may_wait=alone)
                if seen.spoiled:
                    return seen
                finite = finite and seen.finite
            for slot in dead:
                values[slot] = None
        spoiled = zeros.any_nan([values[slot] for slot in layout.guards])
        return Seen(spoiled, finite and all(slot in bounded or _is_finite(values[slot]) for slot in self._results))

    def _is_bounded(self, slot: int, operands: Sequence[Any]) -> bool:
        """Whether what it is computed from says that a value is finite."""
        bounded = self._slotted[slot].operation.bounded
        return bounded is not None and bounded(*operands)


def _is_finite(value: Any) -> bool:
    """Whether a result is finite that no region has looked at; False of large ones."""
    return value.size <= _FEW and bool(np.isfinite(value).all())


def _dead(layout: Layout) -> list[list[int]]:
    """For each stage the slots that nothing reads after it."""
    dead: list[list[int]] = [[] for _ in layout.regions]
    for slot, after in enumerate(layout.readers):
        if slot not in layout.keep:
            dead[max((layout.stage[reader] for reader in after), default=layout.stage[slot])].append(slot)
    return dead


def _use(layout: Layout, stage: int, domain: Domain) -> Use:
    """What becomes of the values of a region."""
    members = layout.regions[stage][domain]
    inner = set(members)
    waits = (stage, domain) in layout.waiting
    others = layout.inside - layout.keep - inner if not waits else ()
    spare = {slot for slot in others if _ends(layout, slot, inner, stage)}
    guards = None if layout.watched is None else layout.watched & inner
    return Use(layout.outside(members), spare, guards, layout.keep & inner, waits)


def _ends(layout: Layout, slot: int, inner: set[int], stage: int) -> bool:
    """Whether a region is the last to read a slot, and only regions ever did: they leave no view of it."""
    after = layout.readers[slot]
    return not inner.isdisjoint(after) and all(
        reader in inner or (reader in layout.inside and layout.stage[reader] < stage) for reader in after
    )
