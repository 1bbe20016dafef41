"""Forward and reverse mode: one loop each over the nodes between inputs and outputs.

Both give nodes, so what they give can be swept again. None stands for a zero that no path reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from ..record import Record
from .collector import collector_waits
from .node import Node
from .operation import Operation, plus, total_over


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

    An input that depends on another input moves with it, besides its own tangent.
    """
    found: dict[Node, Node | None] = {}
    for node, tangent in zip(inputs, tangents, strict=True):
        found[node] = plus(found.get(node), tangent)
    graph = outputs[0].graph
    place = graph.place
    for node in between(outputs, inputs):
        own = found.get(node)
        moving = [found.get(operand) for operand in node.operands]
        if any(tangent is not None for tangent in moving):
            graph.place = node.place
            through = node.operation.push(node, moving)
            if node.operation.kink is not None and watches is not None and through is not None:
                watches.append(Watch(node, _used_forward(node, moving)))
            own = plus(own, through)
        found[node] = own
    graph.place = place
    return [found.get(node) for node in outputs]


def _used(node: Node, g: Node) -> Node:
    """Whether any element of node sits at its kink while its cotangent is not zero."""
    from .operations.arithmetic import logical_and, not_equal

    assert node.operation.kink is not None
    at_kink = node.operation.kink(node, *node.operands, *node.params)
    return _any(logical_and(at_kink, not_equal(g, g.lift(0.0))))


def _used_forward(node: Node, moving: Sequence[Node | None]) -> Node:
    """Whether any element of node sits at its kink while an operand moves."""
    from .operations.arithmetic import logical_and, logical_or, not_equal

    assert node.operation.kink is not None
    at_kink = node.operation.kink(node, *node.operands, *node.params)
    if at_kink.shape != node.operands[0].shape:  # a reduction: what moves has more axes
        return _any(at_kink)
    moves = [not_equal(tangent, tangent.lift(0.0)) for tangent in moving if tangent is not None]
    some = moves[0]
    for other in moves[1:]:
        some = logical_or(some, other)
    return _any(logical_and(at_kink, some))


def _any(condition: Node) -> Node:
    return total_over(condition, tuple(range(-len(condition.shape), 0)))
