"""Which elements of its operands an element of a node is made from, for any operation.

What only moves elements says so by its kernel, which moves columns as it does numbers. Sums are read off
their axes, products of matrices off their indices. Of the rest their tangents tell, which are graphs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..evaluate import Plan
from ..node import Node, Shape
from ..operation import Elementwise, General, Operation, Reduction, expand, reshape, total, variable
from ..operations.assignment import replace
from ..operations.indexing import gather, getitem, place, scatter
from ..operations.linalg import product
from ..operations.ordering import average_ties, ordered_last, reorder, restore, sorted_last
from ..operations.reduction import running_sum
from ..operations.running import averaged, highest_so_far, lowest_so_far, shared_out
from ..operations.running_products import recurrence, running_product
from ..operations.structural import join, permute
from ..sweeps import ancestors
from .pattern import Integers, Pattern, Slots, fits, read, require_room, union

Parts: TypeAlias = "Sequence[Pattern | None]"
Within: TypeAlias = frozenset[Operation]
Pairs: TypeAlias = tuple[Integers, Integers]
"""Positions of a node's elements, and of the operand's elements that they are made from."""

_MOVES = frozenset({getitem, place, permute, reshape, expand, gather, join, replace})
_LINES = frozenset(
    {
        average_ties,
        reorder,
        restore,
        sorted_last,
        ordered_last,
        averaged,
        shared_out,
        highest_so_far,
        lowest_so_far,
    }
)
"""What rearranges the last axis, as values say: its tangent is an operation of the same kind."""


def through(node: Node, parts: Parts, within: Within = frozenset()) -> Pattern | None:
    """The pattern of a node from those of its operands (None: they hang on nothing).

    within are operations whose tangents are being looked into.
    """
    operation = node.operation
    if operation in _MOVES:
        return _moved(node, parts)
    if isinstance(operation, Elementwise):
        found = [
            part for part, rule in zip(parts, operation.rules, strict=True) if part is not None and rule is not None
        ]
        return union(found) if found else None
    pairs = _PAIRS.get(operation, _summed if isinstance(operation, Reduction) else None)
    found = []
    for which, part in enumerate(parts):
        if part is None:
            continue
        made = _by_tangent(node, which, within) if pairs is None else pairs(node, which)
        if made is not None:
            found.append(read(part, *made, node.shape))
    return union(found) if found else None


# ---- what moves ----------------------------------------------------------------------------------------


def _moved(node: Node, parts: Parts) -> Pattern | None:
    """The columns go where the elements go, and nothing is in their place where zeros are."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    slots = [part for part in known if isinstance(part, Slots)]
    if len(slots) == len(known):
        count = max(len(part.array) for part in slots)
        if fits(count, node.size):
            arrays = [_padded(part, operand, count) for part, operand in zip(parts, node.operands, strict=True)]
            return Slots(node.operation.kernel(*arrays, *node.params), known[0].columns)
    return union([read(part, *_moves(node, which), node.shape) for which, part in enumerate(parts) if part is not None])


def _padded(part: Pattern | None, operand: Node, count: int) -> Integers:
    if not isinstance(part, Slots):
        return np.zeros((count, *operand.shape), dtype=np.int32)
    missing = count - len(part.array)
    return np.concatenate([part.array, np.zeros((missing, *part.shape), part.array.dtype)]) if missing else part.array


def _moves(node: Node, which: int) -> Pairs:
    numbered = [
        np.arange(1, operand.size + 1).reshape(operand.shape) if i == which else np.zeros(operand.shape, dtype=np.intp)
        for i, operand in enumerate(node.operands)
    ]
    require_room(node.size)
    source = node.operation.kernel(*numbered, *node.params).reshape(-1)
    into = np.flatnonzero(source)
    return into, source[into] - 1


# ---- sums and products ---------------------------------------------------------------------------------


def _summed(node: Node, which: int) -> Pairs:
    """A sum over axes, or any other reduction."""
    (x,), axes = node.operands, node.params[0]
    sizes = tuple(x.shape[axis] for axis in axes)
    into = expand.kernel(np.arange(node.size).reshape(node.shape), axes, sizes)
    return into.reshape(-1), np.arange(x.size)


def _running(node: Node, which: int) -> Pairs:
    """Every element of a running sum is made from all before it along the axis, and its own."""
    axis = node.params[0] if node.params else -1
    count = node.shape[axis]
    require_room(node.size * (count + 1) // 2)
    lines = np.moveaxis(np.arange(node.size).reshape(node.shape), axis, -1).reshape(node.size // max(count, 1), count)
    later, earlier = np.tril_indices(count)
    return lines[:, later].reshape(-1), lines[:, earlier].reshape(-1)


def _scattered(node: Node, which: int) -> Pairs:
    positions, sizes = node.params[0].array, node.params[1]
    lead = math.prod(node.shape[: len(node.shape) - len(sizes)])
    size = math.prod(sizes)
    into = positions.reshape(1, -1) + size * np.arange(lead).reshape(-1, 1)
    return into.reshape(-1), np.arange(into.size)


def _product(node: Node, which: int) -> Pairs:
    """Of a product of matrices; where the other factor is known, its zeros count for nothing."""
    left, right = node.operands
    *lead, rows, inner = left.shape
    columns = right.shape[-1]
    require_room(node.size * inner)
    whole = (*lead, rows, inner, columns)
    operand, other = node.operands[which], node.operands[1 - which]
    axes = (-1, -3)  # those that the left and the right factor lack

    def all_of(positions: Any, lacking: int) -> Integers:
        return np.broadcast_to(np.expand_dims(positions, lacking), whole).reshape(-1)

    into = all_of(np.arange(node.size).reshape(node.shape), -2)
    source = all_of(np.arange(operand.size).reshape(operand.shape), axes[which])
    if _is_constant(other):
        kept = all_of(Plan([other]).run({})[0] != 0, axes[1 - which])
        return into[kept], source[kept]
    return into, source


def _is_constant(node: Node) -> bool:
    return not any(each.operation is variable for each in ancestors([node]))


_PAIRS: dict[Operation, Callable[[Node, int], Pairs]] = {
    total: _summed,
    running_sum: _running,
    running_product: _running,
    recurrence: _running,
    scatter: _scattered,
    product: _product,
}


# ---- all the others ------------------------------------------------------------------------------------


def _by_tangent(node: Node, which: int, within: Within) -> Pairs | None:
    """What a node's tangent hangs on of its operand's: both are nodes, and the one is made from the other.

    None where it hangs on nothing. An operation that is its own tangent's is taken to mix all there is.
    """
    from .spread import spread

    operation, operand = node.operation, node.operands[which]
    if not isinstance(operation, General):
        return _mixed(node, which, ())
    tangents: list[Node | None] = [None] * len(node.operands)
    tangent = tangents[which] = node.graph.input("tangent", operand.shape)
    moved = operation.push(node, tangents)
    if moved is None:
        return None
    if operation in _LINES:
        return _mixed(node, which, operand.shape[:-1])
    if operation in within:
        return _mixed(node, which, ())
    found = spread([moved], [tangent], within | {operation})[0]
    return None if found is None else found.coordinates()


def _mixed(node: Node, which: int, lead: Shape) -> Pairs:
    """Every element hangs on all of its operand; where these axes in front are a batch, of the same record's."""
    records = math.prod(lead)
    own, source = (size // records if records else 0 for size in (node.size, node.operands[which].size))
    require_room(records * own * source)
    record = np.arange(records).reshape(-1, 1, 1)
    shape = (records, own, source)
    into = np.broadcast_to(record * own + np.arange(own).reshape(-1, 1), shape)
    return into.reshape(-1), np.broadcast_to(record * source + np.arange(source), shape).reshape(-1)
