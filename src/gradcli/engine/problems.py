"""Questions about a graph, planned once and answered for many feeds.

A problem is built from an output node and the inputs to differentiate for; `solve(feeds)` runs it. Feeds may carry
a batch of records in front; answers then do too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from .backpropagation import Backpropagation
from .derivatives import Mode, gradient, hvp, jvp, not_scalar, nth, nth_mode, vjp
from .direct import Answer, Direct, Feeds, batch_of
from .evaluate import Values
from .memory import Memory
from .node import Node, check_shape
from .operation import total_over
from .operations.arithmetic import scale
from .seeded import Seeded
from .sweeps import Watch, between, pull, push

if TYPE_CHECKING:
    from .sparsity.compressed import Compressed

Problem: TypeAlias = "Direct | Seeded | Long | Compressed"

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
