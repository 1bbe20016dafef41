"""Forward and reverse mode: one loop each over the nodes between inputs and outputs.

Both give nodes, so what they give can be swept again. None stands for a zero that no path reaches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

import numpy as np

from ..record import Record
from .collector import collector_waits
from .node import Node
from .operation import Operation, Reduction, plus, total_over


class Watch(Record):
    """A node at which a derivative may be a convention; used is nonzero (0-d) where it was used."""

    node: Node
    used: Node

    @property
    def operation(self) -> Operation:
        return self.node.operation


def ancestors(outputs: Sequence[Node], since: int = 0) -> list[Node]:
    """The outputs and all they are made of, oldest first, leaving out nodes older than id `since`."""
    seen = {node for node in outputs if node.id >= since}
    stack = list(seen)
    while stack:
        for operand in stack.pop().operands:
            if operand.id >= since and operand not in seen:
                seen.add(operand)
                stack.append(operand)
    return sorted(seen, key=attrgetter("id"))


def between(outputs: Sequence[Node], inputs: Sequence[Node]) -> list[Node]:
    """The nodes on a path from an input to an output, both included, oldest first."""
    if not inputs:
        return []
    reached = set(inputs)
    order = []
    for node in ancestors(outputs, min(node.id for node in inputs)):
        if node in reached or not reached.isdisjoint(node.operands):
            reached.add(node)
            order.append(node)
    return order


@collector_waits()
def pull(
    outputs: Sequence[Node], cotangents: Sequence[Node], inputs: Sequence[Node], watches: list[Watch] | None = None
) -> list[Node | None]:
    """Reverse mode: the cotangents of inputs, given those of outputs (the vector-Jacobian product).

    Cotangents have their outputs' shapes, or all the same leading axes more. Kinks met on the way
    are appended to watches. An input that another input depends on keeps its own whole cotangent.
    """
    order = between(outputs, inputs)
    reached, kept = set(order), set(inputs)
    found: dict[Node, Node] = {}
    for output, cotangent in zip(outputs, cotangents, strict=True):
        if output in reached:
            found[output] = found[output] + cotangent if output in found else cotangent
    graph = outputs[0].graph
    place = graph.place
    for node in reversed(order):
        g = found.get(node) if node in kept else found.pop(node, None)
        if g is None or not node.operands:
            continue
        graph.place = node.place
        operation, operands = node.operation, node.operands
        if operation.kink is not None and watches is not None:
            watches.append(Watch(node, _used(node, g)))
        needed = [operand in reached for operand in operands]
        for operand, need, part in zip(operands, needed, operation.pull(node, g, needed), strict=True):
            if need and part is not None:
                before = found.get(operand)
                found[operand] = part if before is None else before + part
    graph.place = place
    return [found.get(node) for node in inputs]


@collector_waits()
def push(
    outputs: Sequence[Node],
    inputs: Sequence[Node],
    tangents: Sequence[Node | None],
    watches: list[Watch] | None = None,
) -> list[Node | None]:
    """Forward mode: the tangents of outputs, given those of inputs (the Jacobian-vector product).

    An input that depends on another input moves with it, besides its own tangent. Kinks met on the way,
    where an output hangs on them, are appended to watches.
    """
    found: dict[Node, Node | None] = {}
    for node, tangent in zip(inputs, tangents, strict=True):
        found[node] = plus(found.get(node), tangent)
    kinks: dict[Node, Node | None] = {}
    graph = outputs[0].graph
    place = graph.place
    for node in between(outputs, inputs):
        own = found.get(node)
        moving = [found.get(operand) for operand in node.operands]
        if any(moving):
            graph.place = node.place
            through = node.operation.push(node, moving)
            if watches is not None and node.operation.kink is not None and through is not None:
                kinks[node] = _moved(node, moving)
            own = plus(own, through)
        found[node] = own
    graph.place = place
    if watches is not None and kinks:
        watches += _watched(outputs, kinks)
    return [found.get(node) for node in outputs]


# ---- kinks -----------------------------------------------------------------------------------------


def _watched(outputs: Sequence[Node], kinks: Mapping[Node, Node | None]) -> list[Watch]:
    """Watches for nodes with what moves in them (None: all), used where an output hangs on that.

    Whether one does is asked of reverse mode, with weights that do not cancel.
    """
    weights = [output.graph.constant(np.sqrt(1.0 + np.arange(output.size)).reshape(output.shape)) for output in outputs]
    return [
        Watch(node, _used(node, g, kinks[node]))
        for node, g in zip(kinks, pull(outputs, weights, list(kinks)), strict=True)
        if g is not None
    ]


def _used(node: Node, g: Node, moved: Node | None = None) -> Node:
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
    if not axes and any(operand.shape != node.shape for operand in node.operands):
        return None
    first, *others = (total_over(not_equal(t, t.lift(0.0)), axes) for t in tangents if t is not None)
    for other in others:
        first = logical_or(first, other)
    return first


def _any(condition: Node) -> Node:
    return total_over(condition, tuple(range(-len(condition.shape), 0)))
