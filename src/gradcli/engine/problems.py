"""Questions about a graph, planned once and answered for many feeds.

A problem is built from an output node and the inputs to differentiate for; `solve(feeds)` runs it. The
seeds of Jacobians and Hessians are fed as a leading batch in chunks, so that memory stays bounded
whatever the number of rows. Feeds may carry a batch of records in front; answers then do too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..record import Record
from ..telling import telling
from .backpropagation import Backpropagation
from .derivatives import Mode, gradient, hvp, jvp, not_scalar, nth, nth_mode, vjp
from .evaluate import Plan, Values
from .memory import Memory
from .node import Node, Shape, check_shape
from .operation import Bilinear, total_over
from .operations.arithmetic import scale
from .sweeps import Watch, between, counting, pull, push, unequal

if TYPE_CHECKING:
    from .sparsity.compressed import Compressed

Feeds: TypeAlias = Mapping[Node, Values]
Key: TypeAlias = tuple[int, ...]
Problem: TypeAlias = "Direct | Seeded | Long | Compressed"
CHUNK_BYTES = 2**28
"""What the batch of seeds of one pass may take; more rows go through in further passes."""


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


def _worked_out(answer: Answer, nodes: Sequence[Node], feeds: Feeds) -> Answer:
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
        answer = _worked_out(self.solved(feeds), self.nodes, feeds)
        return answer.replaced(used=used_within(answer.used, self.nodes, feeds)) if answer.used else answer

    def solved(self, feeds: Feeds) -> Answer:
        """The same with all watches that were used, whether they count or not (see `used_within`)."""
        (value, *rest), seen = self._plan.run_looking(feeds)
        derivatives, used = rest[: self._count - 1], rest[self._count - 1 :]
        return Answer(value, tuple(derivatives), used_of(self._watches, used), 1, seen.finite, seen.lost)


LONG = 10_000
"""A path of so many nodes is too long to make a graph of its derivative for one answer."""
SMALL = 64
"""Elements of a value, on average, below which it is the number of operations that takes time."""


class Long:
    """Gradients of a long computation with small values, swept on values.

    Where that cannot tell (a batch of records, a zero that met infinity), or somebody asks for the nodes of
    the derivative, a graph of it is made after all.
    """

    mode = "reverse"

    def __init__(self, output: Node, cotangent: Node | None, inputs: Sequence[Node]) -> None:
        self._output, self._cotangent, self._inputs = output, cotangent, inputs
        self._backpropagation = Backpropagation()
        self._made: Direct | None = None

    @property
    def _direct(self) -> Direct:
        if self._made is None:
            self._made = _direct_gradients(self._output, self._cotangent, self._inputs, "reverse", 1)
        return self._made

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The output and its derivatives."""
        return self._direct.nodes

    def unit_feeds(self) -> dict[Node, Values]:
        return self._direct.unit_feeds()

    def solve(self, feeds: Feeds) -> Answer:
        if batch_of(feeds):
            return self._direct.solve(feeds)
        memory = Memory(feeds)
        value = memory.value(self._output)
        weights = np.ones(self._output.shape) if self._cotangent is None else memory.value(self._cotangent)
        swept = self._backpropagation.sweep([self._output], [weights], self._inputs, memory)
        if swept is None:
            return self._direct.solve(feeds)
        slopes = (
            np.zeros(x.shape) if found is None else np.broadcast_to(found, x.shape)
            for x, found in zip(self._inputs, swept.cotangents, strict=True)
        )
        used = tuple(Watch(node, node) for node in swept.kinks)
        return Answer(value, tuple(slopes), used)


def _is_long(output: Node, inputs: Sequence[Node]) -> bool:
    if output.graph.count < LONG:
        return False
    path = between([output], inputs)
    return len(path) >= LONG and sum(node.size for node in path) < SMALL * len(path)


def evaluation(output: Node) -> Direct:
    """The value alone."""
    return Direct(output, (), (), None)


def gradients(
    output: Node,
    cotangent: Node | None,
    inputs: Sequence[Node],
    mode: Mode | None = None,
    order: int = 1,
    within: Sequence[Watch] = (),
) -> Problem:
    """The gradient of sum(output * cotangent), of any order. Raises DataError for a vector without a cotangent.

    Mode None is reverse mode for the first order, and what is cheapest for higher ones. Here and in what
    follows, within are watches on what the output itself is made of.
    """
    if cotangent is None and output.size != 1:
        raise not_scalar(output)
    if mode == "forward" and order == 1:
        return _forward_gradients(output, cotangent, inputs, within)
    if mode != "forward" and order == 1 and not within and _is_long(output, inputs):
        return Long(output, cotangent, inputs)
    return _direct_gradients(output, cotangent, inputs, mode, order, within)


def _direct_gradients(
    output: Node,
    cotangent: Node | None,
    inputs: Sequence[Node],
    mode: Mode | None,
    order: int,
    within: Sequence[Watch] = (),
) -> Direct:
    watches = list(within)
    if order == 1:
        found = gradient(output, cotangent, inputs, mode or "reverse", watches)
        return Direct(output, found, watches, mode or "reverse")
    found = [nth(output, cotangent, x, order, mode, watches) for x in inputs]
    return Direct(output, found, watches, mode or nth_mode(output, inputs[0]))


def _forward_gradients(output: Node, cotangent: Node | None, inputs: Sequence[Node], within: Sequence[Watch]) -> Seeded:
    seeded = Seeded(output, (), "forward", within)
    axes = tuple(range(-len(output.shape), 0))
    for position, x in enumerate(inputs):
        watches: list[Watch] = []
        seed = seeded.seed(x.shape)
        moved = jvp(output, [x], [seed], watches, cotangent, every=True)
        weighted = moved if cotangent is None else scale(cotangent, moved)
        seeded.ask(seed, {(position,): total_over(weighted, axes)}, watches)
    return seeded


def jacobians(output: Node, inputs: Sequence[Node], mode: Mode | None = None, within: Sequence[Watch] = ()) -> Seeded:
    """All derivatives of output's elements, an entry an input: shape output's, then the input's.

    Mode None takes the cheaper one, as predicted from the sizes of what is computed for each seed.
    """
    for x in inputs:
        check_shape(output.shape + x.shape, None)
    if mode is not None:
        return _jacobians(output, inputs, mode, within)
    forward, reverse = sum(x.size for x in inputs), output.size
    likely: Mode = "forward" if forward < reverse else "reverse"
    made = _jacobians(output, inputs, likely, within)
    if max(forward, reverse) > FEWER * min(forward, reverse) or made.work < WORTH:
        return made
    other = _jacobians(output, inputs, "reverse" if likely == "forward" else "forward", within)
    return other if other.work < made.work else made


FEWER = 8
"""So many times fewer seeds are sure to be cheaper."""
WORTH = 10**6
"""Elements to compute below which a mode is as good as the other."""


def _jacobians(output: Node, inputs: Sequence[Node], mode: Mode, within: Sequence[Watch]) -> Seeded:
    seeded = Seeded(output, (), mode, within)
    if mode == "reverse":
        watches: list[Watch] = []
        seed = seeded.seed(output.shape)
        rows = vjp(output, seed, inputs, watches)
        seeded.ask(seed, {(position,): row for position, row in enumerate(rows)}, watches)
        return seeded
    for position, x in enumerate(inputs):
        met: list[Watch] = []
        seed = seeded.seed(x.shape)
        seeded.ask(seed, {(position,): jvp(output, [x], [seed], met, every=True)}, met, columns=True)
    return seeded


def hessians(output: Node, inputs: Sequence[Node], mode: Mode | None = None, within: Sequence[Watch] = ()) -> Seeded:
    """The gradients, then for each input a and each input b the block of second derivatives, of
    shape a's, then b's. Forward over reverse; mode "reverse" sweeps backward twice, "forward" forward.
    """
    for x in inputs:
        check_shape(x.shape + x.shape, None)
    watches = list(within)
    slopes = gradient(output, None, inputs, "forward" if mode == "forward" else "reverse", watches)
    seeded = Seeded(output, slopes, second_order_name(mode), watches)
    for i, x in enumerate(inputs):
        met: list[Watch] = []
        seed = seeded.seed(x.shape)
        if mode == "reverse":
            rows = vjp(slopes[i], seed, inputs, met)
            seeded.ask(seed, {(i, j): row for j, row in enumerate(rows)}, met)
        else:
            columns = [jvp(slope, [x], [seed], met, every=True) for slope in slopes]
            seeded.ask(seed, {(j, i): column for j, column in enumerate(columns)}, met, columns=True)
    return seeded


def tangents(
    output: Node, inputs: Sequence[Node], directions: Sequence[Node | None], within: Sequence[Watch] = ()
) -> Direct:
    """The tangent of output along directions (None: not moved): forward mode."""
    watches = list(within)
    return Direct(output, [jvp(output, inputs, directions, watches)], watches, "forward")


def tangents_by_reverse(
    output: Node, inputs: Sequence[Node], directions: Sequence[Node | None], within: Sequence[Watch] = ()
) -> Direct:
    """The same tangent by reverse mode twice: the vector-Jacobian product is linear in its cotangent,
    and its own transpose is the Jacobian-vector product."""
    watches = list(within)
    dummy = output.graph.input("cotangent", output.shape)
    rows = [(x, v) for x, v in zip(inputs, directions, strict=True) if v is not None]
    products = vjp(output, dummy, [x for x, _ in rows])
    jvp(output, inputs, directions, watches)  # only for the kinks on the way
    found = pull(products, [v for _, v in rows], [dummy])[0]
    tangent = found if found is not None else jvp(output, [], [])
    return Direct(output, [tangent], watches, "reverse")


def hessian_products(
    output: Node,
    inputs: Sequence[Node],
    vectors: Sequence[Node | None],
    mode: Mode | None = None,
    within: Sequence[Watch] = (),
) -> Direct:
    """The gradient, then the Hessian times vectors, an entry an input each.

    Forward over reverse; mode "reverse" sweeps backward twice, "forward" forward twice.
    """
    watches = list(within)
    base: Mode = "forward" if mode == "forward" else "reverse"
    slopes = gradient(output, None, inputs, base, watches)
    if mode == "reverse":
        along = _sum_of_products(slopes, vectors)
        products = gradient(along, None, inputs, "reverse", watches)
    elif mode == "forward":
        found = push(slopes, inputs, vectors, watches)
        products = [x.graph.constant(np.zeros(x.shape)) if t is None else t for t, x in zip(found, inputs, strict=True)]
    else:
        products = hvp(output, inputs, vectors, watches)
    return Direct(output, [*slopes, *products], watches, second_order_name(mode))


def _sum_of_products(slopes: Sequence[Node], vectors: Sequence[Node | None]) -> Node:
    parts = [
        total_over(slope * vector, tuple(range(-len(slope.shape), 0)))
        for slope, vector in zip(slopes, vectors, strict=True)
        if vector is not None
    ]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole


def second_order_name(mode: Mode | None) -> str:
    """How two sweeps of a mode are named in an answer."""
    return {"reverse": "reverse-over-reverse", "forward": "forward-over-forward"}.get(
        mode or "", "forward-over-reverse"
    )


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
        return _worked_out(answer.replaced(lost=lost), nodes, {**feeds, **self._every_seed()})

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


def batch_of(feeds: Feeds) -> tuple[int, ...]:
    """The leading axes that the feeds have more than their inputs."""
    leads = [value.shape[: value.ndim - len(node.shape)] for node, value in feeds.items()]
    return np.broadcast_shapes(*leads) if leads else ()
