"""Forward and reverse mode: one loop each over the nodes between inputs and outputs.

Both give nodes, so what they give can be swept again. None stands for a zero that no path reaches.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Container, Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from ..record import Record
from .collector import collector_waits
from .node import Array, Graph, Node, Shape
from .operation import Elementwise, Operation, Reduction, plus, total_over

_NESTED = 8
"""So many sweeps may begin inside one another."""


class Watch(Record):
    """A node at which a derivative may be a convention; used is nonzero (0-d) where it was used.

    parts are what a sweep of the program's own made there: whether what is asked for hangs on them is another
    question (see `counting`).
    """

    node: Node
    used: Node
    parts: tuple[Node, ...] = ()

    @property
    def operation(self) -> Operation:
        return self.node.operation


class Kink(NamedTuple):
    """A node with kinks that a sweep met; what stands beside it (the cotangent in reverse mode, what moved in
    forward mode; None: all); and what the sweep made there."""

    node: Node
    beside: Node | None
    parts: tuple[Node, ...] = ()


class Swept(Record):
    """A sweep that nobody watched: the kinks that it met, what it gave, and for forward mode what it started for."""

    kinks: tuple[Kink, ...]
    results: tuple[Node, ...]
    outputs: tuple[Node, ...] = ()


def ancestors(outputs: Sequence[Node], since: int = 0, known: Container[Node] = ()) -> list[Node]:
    """The outputs and all they are made of, oldest first, leaving out nodes older than id `since`.

    Of what is known it is not asked what that is made of.
    """
    newest = max((node.id for node in outputs), default=0)
    seen = bytearray(max(0, newest - since) + 1)  # by id: a graph of millions has no room for sets
    found: list[Node] = []
    for node in outputs:
        if node.id >= since and not seen[node.id - since]:
            seen[node.id - since] = 1
            found.append(node)
    stack = list(found)
    while stack:
        node = stack.pop()
        if node in known:
            continue
        for operand in node.operands:
            age = operand.id - since
            if age >= 0 and not seen[age]:
                seen[age] = 1
                found.append(operand)
                stack.append(operand)
    found.sort(key=attrgetter("id"))
    return found


def between(outputs: Sequence[Node], inputs: Sequence[Node]) -> list[Node]:
    """The nodes on a path from an input to an output, both included, oldest first."""
    if not inputs:
        return []
    since = min(node.id for node in inputs)
    order = ancestors(outputs, since)
    reached = bytearray(order[-1].id - since + 1) if order else bytearray()
    for node in inputs:
        if node.id - since < len(reached):
            reached[node.id - since] = 1
    found = []
    for node in order:
        age = node.id - since
        if not reached[age]:
            for operand in node.operands:
                if operand.id >= since and reached[operand.id - since]:
                    reached[age] = 1
                    break
            else:
                continue
        found.append(node)
    return found


@collector_waits()
def pull(
    outputs: Sequence[Node], cotangents: Sequence[Node], inputs: Sequence[Node], watches: list[Watch] | None = None
) -> list[Node | None]:
    """Reverse mode: the cotangents of inputs, given those of outputs (the vector-Jacobian product).

    Cotangents have their outputs' shapes, or all the same leading axes more. Kinks met on the way
    are appended to watches; without a list, the graph remembers them. An input that another input
    depends on keeps its own whole cotangent.
    """
    if not outputs:
        return [None] * len(inputs)
    order = between(outputs, inputs)
    reached, kept = set(order), set(inputs)
    found: dict[Node, Node] = {}
    for output, cotangent in zip(outputs, cotangents, strict=True):
        if output in reached:
            found[output] = found[output] + cotangent if output in found else cotangent
    graph = outputs[0].graph
    place, before_all = graph.place, graph.count
    met: list[Kink] = []
    for node in reversed(order):
        g = found.get(node) if node in kept else found.pop(node, None)
        if g is None or not node.operands:
            continue
        graph.place = node.place
        operation, operands = node.operation, node.operands
        needed = [operand in reached for operand in operands]
        parts = operation.pull(node, g, needed)
        if operation.kink is not None and not is_slope(node):
            met.append(Kink(node, g, tuple(part for part in parts if part is not None)))
        for operand, need, part in zip(operands, needed, parts, strict=True):
            if need and part is not None:
                before = found.get(operand)
                found[operand] = part if before is None else before + part
    graph.place = place
    graph.derived.append((before_all, graph.count))
    results = [found.get(node) for node in inputs]
    if met:
        moves = movable(order, inputs)
        met = [kink for kink in met if not moves.isdisjoint(kink.node.operands)]
    if watches is not None:
        watches += [Watch(node, kink_used(node, g)) for node, g, _ in met if g is not None]
    elif met:
        graph.swept.append(Swept(tuple(met), tuple(node for node in results if node is not None)))
    return results


@collector_waits()
def push(
    outputs: Sequence[Node],
    inputs: Sequence[Node],
    tangents: Sequence[Node | None],
    watches: list[Watch] | None = None,
    weights: Sequence[Node] | None = None,
    every: bool = False,
) -> list[Node | None]:
    """Forward mode: the tangents of outputs, given those of inputs (the Jacobian-vector product).

    An input that depends on another input moves with it, besides its own tangent. Kinks met on the way,
    where an output hangs on them, are appended to watches; without a list, the graph remembers them. Weights
    that the outputs are to be multiplied with tell which of them count. Where tangents stand for every unit array,
    whatever hangs on an input moves.
    """
    if not outputs:
        return []
    found: dict[Node, Node | None] = {}
    for node, tangent in zip(inputs, tangents, strict=True):
        found[node] = plus(found.get(node), tangent)
    kinks: list[Kink] = []
    graph = outputs[0].graph
    place, before_all = graph.place, graph.count
    for node in between(outputs, inputs):
        own = found.get(node)
        moving = [found.get(operand) for operand in node.operands]
        if any(moving):
            graph.place = node.place
            through = node.operation.push(node, moving)
            if node.operation.kink is not None and not is_slope(node):
                parts = () if through is None or watches is not None else (through,)
                kinks.append(Kink(node, None if every else _moved(node, moving), parts))
            own = plus(own, through)
        found[node] = own
    graph.place = place
    graph.derived.append((before_all, graph.count))
    moved = [found.get(node) for node in outputs]
    if watches is not None and kinks:
        watches += _watched(outputs, kinks, weights)
    elif kinks:
        given = tuple(node for node in moved if node is not None)
        graph.swept.append(Swept(tuple(kinks), given, tuple(outputs)))
    return moved


# ---- kinks -----------------------------------------------------------------------------------------


def is_derived(node: Node) -> bool:
    """Whether a sweep made the node."""
    derived = node.graph.derived
    last = bisect_left(derived, (node.id, 0)) - 1
    return any(first < node.id <= end for first, end in derived[max(0, last - _NESTED) : last + 1])


def movable(order: Sequence[Node], inputs: Sequence[Node]) -> set[Node]:
    """Those of order (oldest first) that inputs can move: not what hangs on them by way of steps alone."""
    found = set(inputs)
    for node in order:
        rules = node.operation.rules if isinstance(node.operation, Elementwise) else None
        for i, operand in enumerate(node.operands):
            if operand in found and (rules is None or rules[i] is not None):
                found.add(node)
                break
    return found


def is_slope(node: Node) -> bool:
    """Whether a node is a step that a sweep made: the slope of a function whose own kink is where it jumps."""
    return isinstance(node.operation, Elementwise) and not any(node.operation.rules) and is_derived(node)


def watches_within(graph: Graph, outputs: Sequence[Node]) -> list[Watch]:
    """Watches for the kinks met in sweeps that outputs are made of: derivatives that a program takes itself."""
    if not graph.swept:
        return []
    reached = set(ancestors(outputs))
    watches: list[Watch] = []
    for swept in tuple(graph.swept):
        if reached.isdisjoint(swept.results):
            continue
        if swept.outputs:
            watches += _watched(swept.outputs, swept.kinks)
        else:
            watches += [Watch(node, kink_used(node, g), parts) for node, g, parts in swept.kinks if g is not None]
    return watches


def counting(watches: Sequence[Watch], outputs: Sequence[Node]) -> list[Watch]:
    """Watches for kinks that derivatives inside outputs used, used only where outputs hang on those derivatives.

    Whether they do is asked of reverse mode. Where outputs are made of a derivative in steps alone, there is no
    asking, and it counts.
    """
    parts = list(dict.fromkeys(part for watch in watches for part in watch.parts))
    reached = set(ancestors(outputs))
    weights = pull(outputs, [_unequal(output) for output in outputs], parts, [])
    hang = {part: g for part, g in zip(parts, weights, strict=True) if part in reached}
    made = []
    for watch in watches:
        cotangents = [hang[part] for part in watch.parts if part in hang]
        if not watch.parts or any(g is None for g in cotangents):
            made.append(watch)
        elif cotangents:
            made.append(Watch(watch.node, _counted(watch, [g for g in cotangents if g is not None])))
        else:
            made.append(Watch(watch.node, watch.used.lift(0.0)))
    return made


def _counted(watch: Watch, cotangents: Sequence[Node]) -> Node:
    """Whether a kink was used where one of these cotangents, of what a derivative made there, is not 0."""
    from .operations.arithmetic import logical_and, logical_or, not_equal

    found = []
    for g in cotangents:
        counts = not_equal(g, g.lift(0.0))
        kink = watch.node.operation.kink
        if kink is not None and isinstance(watch.node.operation, Elementwise) and counts.shape == watch.node.shape:
            counts = logical_and(counts, kink(watch.node, *watch.node.operands, *watch.node.params))
        found.append(_any(counts))
    first, *others = found
    for other in others:
        first = logical_or(first, other)
    return logical_and(watch.used, first)


def _watched(outputs: Sequence[Node], kinks: Sequence[Kink], weights: Sequence[Node] | None = None) -> list[Watch]:
    """Watches for nodes with what moves in them (None: all), used where an output hangs on that.

    Whether one does is asked of reverse mode, where no weights are given with some that do not cancel.
    """
    if weights is None:
        weights = [_unequal(output) for output in outputs]
    return [
        Watch(kink.node, kink_used(kink.node, g, kink.beside), kink.parts)
        for kink, g in zip(kinks, pull(outputs, weights, [kink.node for kink in kinks], []), strict=True)
        if g is not None
    ]


def unequal(shape: Shape) -> Array:
    """Numbers other than 0 whose sums do not cancel."""
    return np.sqrt(1.0 + np.arange(math.prod(shape))).reshape(shape)


def _unequal(like: Node) -> Node:
    return like.graph.constant(unequal(like.shape))


def kink_used(node: Node, g: Node, moved: Node | None = None) -> Node:
    """Whether any element of node sits at its kink (and moves) while its cotangent is not zero."""
    from .operations.arithmetic import logical_and, not_equal

    assert node.operation.kink is not None
    at_kink = node.operation.kink(node, *node.operands, *node.params)
    used = logical_and(at_kink, not_equal(g, g.lift(0.0)))
    return _any(used if moved is None else logical_and(used, moved))


def _moved(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    """Nonzero for each element of node that an operand moves; None where each hangs on all of them."""
    from .operations.arithmetic import logical_or, not_equal

    axes = node.params[0] if isinstance(node.operation, Reduction) else ()
    if not isinstance(node.operation, (Elementwise, Reduction)):
        return None
    first, *others = (total_over(not_equal(t, t.lift(0.0)), axes) for t in tangents if t is not None)
    for other in others:
        first = logical_or(first, other)
    return first


def _any(condition: Node) -> Node:
    return total_over(condition, tuple(range(-len(condition.shape), 0)))
