"""Sums whose terms cancel, and logarithms near 1: where float64 loses the digits that count.

The difference of two nearly equal numbers keeps the rounding errors of both, and few digits beside (Goldberg, What
every computer scientist should know about floating-point arithmetic, 1991, section on cancellation). `extended`
works such answers out again. It is about numbers, one by one: arrays are as float64 gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from .node import Node

MOST: Final = 2_000
"""Operations of a computation that is looked at, and worked out again: longer ones are as float64 gives them."""
CANCELLED: Final = 2.0**-12
"""A sum that small beside its terms has lost a quarter of its digits."""
_PASSING: Final = frozenset(("alias", "expand", "negative", "positive", "reshape"))
"""What hands on a number as it is, or its negative."""


_LOGARITHMS: Final = frozenset(("log", "log2", "log10"))
_LOSING: Final = _LOGARITHMS | {"add", "subtract"}


class Loss(NamedTuple):
    """A number that may lose digits.

    Attributes:
        node: the sum, or the logarithm, whose zero is at 1.
        value: where it stands among the values of a plan.
        terms: where its terms do; a logarithm has none.
    """

    node: Node
    value: int
    terms: tuple[int, ...]


def losses(nodes: Sequence[Node], slots: Mapping[Node, int]) -> list[Loss]:
    """The numbers that can lose digits, as what they are made of has been rounded; none of a long computation."""
    found: list[Loss] = []
    if len(nodes) > MOST:
        return found
    for node in nodes:
        name, operands = node.operation.name, node.operands
        if name in _LOSING and not node.shape and any(map(_is_rounded, operands)):
            if name in _LOGARITHMS:
                found.append(Loss(node, slots[node], ()))
            elif operands[0] is not operands[1]:
                found.append(Loss(node, slots[node], (slots[operands[0]], slots[operands[1]])))
    return found


def _is_rounded(node: Node) -> bool:
    """Whether a number is the result of arithmetic: no input, no constant, none that is detached."""
    while node.operation.name in _PASSING:
        node = node.operands[0]
    return bool(node.operands) and node.operation.name != "detach"


def cancelled(found: Iterable[Loss], values: Sequence[Any]) -> Node | None:
    """The first of some numbers that has lost digits, if there is one: by itself, or anywhere in a batch."""
    for node, value, terms in found:
        size = abs(values[value]) / CANCELLED
        left, right = (abs(values[term]) for term in terms) if terms else (1.0, 1.0)
        small = (size < left) | (size < right)
        if small.any() if isinstance(small, np.ndarray) else small:
            return node
    return None
