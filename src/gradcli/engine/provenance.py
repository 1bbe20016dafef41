"""Where a number that is not finite came from, or an answer that is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..errors import GradcliError
from ..record import Record
from .evaluate import Values
from .memory import Memory
from .node import Node
from .operation import Elementwise, Linear, Reduction
from .sweeps import ancestors
from .unused import NoAnswer, known_unused

Element = tuple[int, ...]


class Origin(Record):
    """The node that first was not finite, the element, its value, and its operands' values there.

    Of an operand that is a whole array to its operation there is no one value, and operands is empty.
    """

    node: Node
    element: Element
    value: float
    operands: tuple[float, ...]


@known_unused
def origin(nodes: Sequence[Node], feeds: Mapping[Node, Values] | Memory) -> Origin | None:
    """Follow the first non-finite element among nodes back to where it arose; None if all are finite.

    Feeds (or what has been computed from them) carry no batch. Through an elementwise operation the same
    element is followed, and through a linear one an element that goes into it, so that a branch that was not
    taken is not blamed.
    """
    memory = feeds if isinstance(feeds, Memory) else Memory(feeds)
    for node in nodes:
        bad = np.argwhere(~np.isfinite(memory.value(node)))
        if len(bad):
            return _follow(node, _element(bad[0]), memory)
    return None


@known_unused
def at(node: Node, element: Element, feeds: Mapping[Node, Values] | Memory) -> Origin:
    """An element of a node, with the values of its operands there."""
    memory = feeds if isinstance(feeds, Memory) else Memory(feeds)
    value = memory.value(node)
    place = _same_element(value, element)
    return Origin(node, place, float(value[place]), _operand_values(node, place, memory))


def placed(problem: NoAnswer, nodes: Sequence[Node], feeds: Mapping[Node, Values]) -> GradcliError:
    """The problem at the place of the oldest of nodes, and of what they are made of, that has no answer."""
    memory = Memory(feeds)
    for node in ancestors(nodes):
        try:
            memory.compute(node)
        except NoAnswer:
            return problem.at(node.place)
    return problem


def _follow(node: Node, element: Element, memory: Memory) -> Origin:
    while (before := _before(node, element, memory)) is not None:
        node, element = before
    value = memory.value(node)
    return Origin(node, element, float(value[element]), _operand_values(node, element, memory))


def _before(node: Node, element: Element, memory: Memory) -> tuple[Node, Element] | None:
    """An element of an operand that is not finite and that an element of node was made of."""
    for position, operand in _suspects(node, element, memory):
        value = memory.value(operand)
        bad = ~np.isfinite(value)
        if isinstance(node.operation, Elementwise):
            at_ = _same_element(value, element)
            if bad[at_]:
                return operand, at_
        elif bad.any():
            found = _going_into(node, position, element, bad, memory)
            if found is not None:
                return operand, found
    return None


def _suspects(node: Node, element: Element, memory: Memory) -> list[tuple[int, Node]]:
    """The operands, by position, that an element of node can have its value from."""
    operands = list(enumerate(node.operands))
    if node.operation.name != "where":
        return operands
    condition = memory.value(node.operands[0])
    return [operands[1 if condition[_same_element(condition, element)] != 0 else 2]]


def _going_into(node: Node, position: int, element: Element, bad: Values, memory: Memory) -> Element | None:
    """The first bad element of an operand that an element of node depends on, as far as the operation's family
    says which those are; else the first bad one."""
    if isinstance(node.operation, Reduction):
        axes = node.params[0]
        bad = bad & _along(bad, element, axes)
    elif isinstance(node.operation, Linear):
        others = [np.zeros(memory.value(operand).shape) for operand in node.operands]

        def reaches(part: Values) -> bool:
            masks = [part.astype(np.float64) if i == position else other for i, other in enumerate(others)]
            return bool(node.operation.kernel(*masks, *node.params)[element] != 0)

        return _first(bad, reaches)
    places = np.argwhere(bad)
    return _element(places[0]) if len(places) else None


def _along(bad: Values, element: Element, axes: tuple[int, ...]) -> Values:
    """Where an operand of a reduction over axes goes into an element of its result."""
    rest = iter(element[len(element) - (bad.ndim - len(axes)) :])
    index = tuple(slice(None) if axis - bad.ndim in axes else next(rest) for axis in range(bad.ndim))
    mask = np.zeros(bad.shape, dtype=bool)
    mask[index] = True
    return mask


def _first(bad: Values, reaches: Callable[[Values], bool]) -> Element | None:
    """The first element of bad that by itself reaches, by halving."""
    if not reaches(bad):
        return None
    places = np.argwhere(bad)
    while len(places) > 1:
        half = places[: len(places) // 2]
        mask = np.zeros(bad.shape, dtype=bool)
        mask[tuple(half.T)] = True
        places = half if reaches(mask) else places[len(places) // 2 :]
    return _element(places[0])


def _element(place: Values) -> Element:
    return tuple(int(i) for i in place)


def _same_element(value: Values, element: Element) -> Element:
    """element, where value may lack leading axes."""
    return element[len(element) - value.ndim :]


def _operand_values(node: Node, element: Element, memory: Memory) -> tuple[float, ...]:
    if not isinstance(node.operation, Elementwise):
        return ()
    values = [memory.value(operand) for operand in node.operands]
    return tuple(float(value[_same_element(value, element)]) for value in values)
