"""A graph as plain data, and back: how it reaches the process that SymPy runs in.

A node is `[operation, operands, parameters, shape]`, operands being positions among the nodes before
it; what JSON has no word for is an object with one key that says what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..engine import operation as families
from ..engine import operations as tables
from ..engine.node import Frozen, Graph, Node
from ..engine.operation import Operation
from ..engine.operations.indexing import Basic
from ..engine.operations.power_lengths import of_order
from ..engine.sweeps import ancestors


class UnsendableError(Exception):
    """An operation or a parameter that there is no way to write down."""


def pack(outputs: Sequence[Node]) -> tuple[list[Any], dict[Node, int]]:
    """The nodes that outputs are made of, and the position of each. Raises UnsendableError."""
    nodes = ancestors(outputs)
    for node in nodes:
        if named(node.operation.name) is not node.operation:
            raise UnsendableError(node.operation.name)
    positions = {node: position for position, node in enumerate(nodes)}
    packed = [
        [
            node.operation.name,
            [positions[operand] for operand in node.operands],
            [_packed(param) for param in node.params],
            list(node.shape),
        ]
        for node in nodes
    ]
    return packed, positions


def unpack(packed: Sequence[Any]) -> list[Node]:
    """The nodes that `pack` packed, in a graph of their own."""
    graph = Graph()
    nodes: list[Node] = []
    for name, operands, params, shape in packed:
        chosen = tuple(nodes[position] for position in operands)
        nodes.append(graph.fresh(_known(name), chosen, tuple(map(_unpacked, params)), tuple(shape)))
    return nodes


def named(name: str) -> Operation | None:
    """The operation of this name, if it can be found by it."""
    return operations_by_name().get(name) or of_order(name)


def _known(name: str) -> Operation:
    operation = named(name)
    if operation is None:
        raise UnsendableError(name)
    return operation


@cache
def operations_by_name() -> dict[str, Operation]:
    """Every operation that the engine's tables declare."""
    rooms = [families, *tables.load((*tables.FREQUENT, *tables.OTHERS))]
    return {each.name: each for room in rooms for each in vars(room).values() if isinstance(each, Operation)}


def _packed(param: Any) -> Any:
    if param is None or isinstance(param, (bool, str)):
        return param
    if isinstance(param, (int, np.integer)):
        return int(param)
    if isinstance(param, (float, np.floating)):
        return float(param)
    if isinstance(param, tuple):
        return [_packed(each) for each in param]
    if isinstance(param, Frozen):
        array = param.array
        return {"array": array.ravel().tolist(), "shape": list(array.shape), "type": array.dtype.str}
    if isinstance(param, Basic):
        return {"basic": _packed(param.entries)}
    raise UnsendableError(type(param).__name__)


def _unpacked(param: Any) -> Any:
    if isinstance(param, list):
        return tuple(map(_unpacked, param))
    if not isinstance(param, dict):
        return param
    if "basic" in param:
        return Basic(_unpacked(param["basic"]))
    return Frozen(np.array(param["array"], dtype=param["type"]).reshape(param["shape"]))
