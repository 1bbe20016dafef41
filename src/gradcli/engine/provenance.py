"""Where a number that is not finite came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..record import Record
from .evaluate import Memory, Values
from .node import Node
from .operation import Elementwise


class Origin(Record):
    """The node that first was not finite, the element, its value, and its operands' values there."""

    node: Node
    element: tuple[int, ...]
    value: float
    operands: tuple[float, ...]


def origin(nodes: Sequence[Node], feeds: Mapping[Node, Values]) -> Origin | None:
    """Follow the first non-finite element among nodes back to where it arose; None if all are finite.

    Feeds carry no batch. Through an elementwise operation the same element is followed, so that a
    branch that was not taken is not blamed.
    """
    memory = Memory(feeds)
    for node in nodes:
        value = np.asarray(memory.value(node))
        bad = np.argwhere(~np.isfinite(value))
        if len(bad):
            return _follow(node, tuple(int(i) for i in bad[0]), memory)
    return None


def _follow(node: Node, element: tuple[int, ...], memory: Memory) -> Origin:
    while True:
        for operand in _suspects(node):
            value = np.asarray(memory.value(operand))
            if isinstance(node.operation, Elementwise):
                at = _same_element(value, element)
                if not np.isfinite(value[at]):
                    node, element = operand, at
                    break
            else:
                bad = np.argwhere(~np.isfinite(value))
                if len(bad):
                    node, element = operand, tuple(int(i) for i in bad[0])
                    break
        else:
            value = np.asarray(memory.value(node))
            return Origin(node, element, float(value[element]), _operand_values(node, element, memory))


def _suspects(node: Node) -> tuple[Node, ...]:
    # a condition chooses, it does not hand on its value
    return node.operands[1:] if node.operation.name == "where" else node.operands


def _same_element(value: Values, element: tuple[int, ...]) -> tuple[int, ...]:
    """element, where value may lack leading axes."""
    return element[len(element) - value.ndim :]


def _operand_values(node: Node, element: tuple[int, ...], memory: Memory) -> tuple[float, ...]:
    if not isinstance(node.operation, Elementwise):
        return ()
    values = [np.asarray(memory.value(operand)) for operand in node.operands]
    return tuple(float(value[_same_element(value, element)]) for value in values)
