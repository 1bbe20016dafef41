"""Arrays of truth values: all numbers are float64, so it is what made an array that says whether it is one."""

from __future__ import annotations

from ..engine.node import Node
from ..engine.operation import alias, constant, expand, reshape
from ..engine.operations import arithmetic
from ..engine.operations.indexing import gather, getitem
from ..engine.operations.selection import detach, where
from ..engine.operations.structural import join, permute

BOOLEAN_OPERATIONS = frozenset(
    (
        arithmetic.equal, arithmetic.not_equal, arithmetic.less, arithmetic.less_equal, arithmetic.greater,
        arithmetic.greater_equal, arithmetic.logical_and, arithmetic.logical_or, arithmetic.logical_xor,
        arithmetic.logical_not, arithmetic.isnan, arithmetic.isinf, arithmetic.isfinite,
    )
)  # fmt: skip
_REARRANGING = frozenset((alias, arithmetic.multiply, detach, expand, gather, getitem, join, permute, reshape))
"""What gives truth values where all that it takes are some: so does a product of them."""


def holds_truths(node: Node) -> bool:
    """Whether a node is made of comparisons and logic, rearranged or not."""
    pending, seen = [node], {node}
    while pending:
        each = pending.pop()
        parts = each.operands if each.operation in _REARRANGING else _chosen(each) if each.operation is where else ()
        if parts:
            pending.extend(part for part in parts if part not in seen)
            seen.update(parts)
        elif each.operation not in BOOLEAN_OPERATIONS:
            return False
    return True


def _chosen(node: Node) -> list[Node]:
    """What `where` chooses from, but for zeros: those are no truth values by themselves, and go with them."""
    return [each for each in node.operands[1:] if not _is_zero(each)]


def _is_zero(node: Node) -> bool:
    while node.operation is expand:
        (node,) = node.operands
    return node.operation is constant and not node.params[0].array.any()


def truths(node: Node) -> Node:
    """Whether each element is not 0."""
    return arithmetic.not_equal(node, node.lift(0.0))


def kept(before: Node, after: Node) -> Node:
    """What takes the place of before: truth values, where that were some."""
    return truths(after) if holds_truths(before) and not holds_truths(after) else after
