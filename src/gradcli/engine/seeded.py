"""Problems that are asked with unit seeds: Jacobians, Hessians, gradients in forward mode.

Seeds are fed as a leading batch in chunks, so that memory stays bounded whatever the number of rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np

from ..telling import telling
from .direct import Answer, Direct, Feeds, batch_of, used_of, used_within, worked_out
from .evaluate import Plan, Values
from .node import Node, Shape
from .operation import Bilinear
from .sweeps import Watch, between, unequal

Key: TypeAlias = tuple[int, ...]
CHUNK_BYTES = 2**28
"""What the batch of seeds of one pass may take; more rows go through in further passes."""


class Seeded:
    """A value, perhaps more nodes, and derivatives asked for with a batch of unit seeds."""

    def __init__(self, output: Node, extra: Sequence[Node], mode: str, watches: Sequence[Watch] = ()) -> None:
        self.mode = mode
        self._direct = Direct(output, extra, watches, mode)
        self._questions: list[_Question] = []

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The output and every node that is asked for."""
        return (*self._direct.nodes, *(node for question in self._questions for node in question.nodes.values()))

    @property
    def work(self) -> int:
        """About how many multiplications all seeds take."""
        return sum(question.work for question in self._questions)

    def seed(self, shape: Shape) -> Node:
        return self._direct.nodes[0].graph.input("seed", shape)

    def ask(self, seed: Node, nodes: dict[Key, Node], watches: Sequence[Watch], columns: bool = False) -> None:
        """Ask for nodes, once for each element of seed, whose axes come first in the answers, or
        last where they are columns. Answers are given in the order of the nodes' keys."""
        self._questions.append(_Question(seed, nodes, tuple(dict.fromkeys(watches)), columns))

    def unit_feeds(self) -> dict[Node, Values]:
        """The first chunk of every batch of seeds, for looking into the nodes."""
        return {question.seed: next(question.chunks(())) for question in self._questions}

    def solve(self, feeds: Feeds) -> Answer:
        first = self._direct.solved(feeds)
        found: dict[Key, Values] = {}
        used = dict.fromkeys(first.used)
        passes, lost = 0, first.lost
        for question in self._questions:
            answers, met, runs, lost_there = question.solve(feeds)
            found.update(answers)
            used.update(dict.fromkeys(met))
            passes += runs
            lost = lost or lost_there
        keys = sorted(found)
        counted = used_within(tuple(used), self.nodes, {**feeds, **self._every_seed()})
        answer = Answer(first.value, (*first.derivatives, *(found[key] for key in keys)), counted, passes)
        if lost is None or any(question.seed.shape for question in self._questions):
            return answer
        asked = {key: node for question in self._questions for key, node in question.nodes.items()}
        nodes = (*self._direct.nodes, *(asked[key] for key in keys))
        return worked_out(answer.replaced(lost=lost), nodes, {**feeds, **self._every_seed()})

    def _every_seed(self) -> dict[Node, Values]:
        """Seeds in which no element is 0, or likely to cancel another."""
        return {question.seed: unequal(question.seed.shape) for question in self._questions}


class _Question:
    """Some nodes for every unit seed. Runs give the seeds' axis first, then any batch, then the node's shape."""

    def __init__(self, seed: Node, nodes: dict[Key, Node], watches: tuple[Watch, ...], columns: bool) -> None:
        self.seed, self.nodes = seed, nodes
        self._columns = columns
        self._watches = watches
        self._plan = Plan([*nodes.values(), *(watch.used for watch in watches)])

    @property
    def work(self) -> int:
        """About how many multiplications all seeds take."""
        return self.seed.size * sum(_work(node) for node in between(list(self.nodes.values()), [self.seed]))

    def solve(self, feeds: Feeds) -> tuple[dict[Key, Values], tuple[Watch, ...], int, Node | None]:
        """The answers by key, the watches that were used, the passes, and a number that may have lost digits."""
        batch = batch_of(feeds)
        rows: dict[Key, list[Values]] = {key: [] for key in self.nodes}
        met: dict[Watch, None] = {}
        passes, lost = 0, None
        with telling("differentiating", self.seed.size, "passes") as tell:
            for chunk in self.chunks(batch):
                found, seen = self._plan.run_looking({**feeds, self.seed: chunk})
                lost = lost or seen.lost
                passes += len(chunk)
                for (key, node), value in zip(self.nodes.items(), found, strict=False):
                    rows[key].append(np.broadcast_to(value, (len(chunk), *batch, *node.shape)))
                met.update(dict.fromkeys(used_of(self._watches, found[len(self.nodes) :])))
                tell(passes)
        answers = {key: self._arranged(rows[key], len(batch), node) for key, node in self.nodes.items()}
        return answers, tuple(met), passes, lost

    def _arranged(self, rows: list[Values], batch: int, node: Node) -> Values:
        whole = np.concatenate(rows) if len(rows) > 1 else rows[0]
        moved = np.moveaxis(whole, 0, -1 if self._columns else batch)
        shape = node.shape + self.seed.shape if self._columns else self.seed.shape + node.shape
        return np.ascontiguousarray(moved).reshape(whole.shape[1 : 1 + batch] + shape)

    def chunks(self, batch: tuple[int, ...]) -> Iterator[Values]:
        """The unit arrays, as many at a time as the bound on memory allows."""
        count = self.seed.size
        size = max(1, CHUNK_BYTES // max(1, self._plan.peak_with(self.seed) * math.prod(batch)))
        for start in range(0, count, size) if count else (0,):
            stop = min(start + size, count)
            units = np.zeros((stop - start, count))
            units[np.arange(stop - start), np.arange(start, stop)] = 1.0
            yield units.reshape((stop - start, *(1 for _ in batch), *self.seed.shape))


def _work(node: Node) -> int:
    inner = node.operands[0].shape[-1] if isinstance(node.operation, Bilinear) else 1
    return node.size * inner
