"""Values of a graph that is still growing: each node is computed at most once."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np

from .. import limits
from . import zeros
from .evaluate import Plan, Values
from .node import Node
from .operation import constant
from .unused import NoAnswer
from .zeros import Traced


class Memory:
    """The values of nodes of one graph, given those of its inputs (feeds); computed when asked for."""

    def __init__(self, feeds: Mapping[Node, Values]) -> None:
        self._feeds = feeds
        self._values: list[Any] = []  # by the id of the node; a graph of millions has no room for a dict
        self._traced: dict[Node, Traced] = {}
        self._room = limits.current().bytes
        for node, value in feeds.items():
            self._reach(node)
            self._values[node.id] = value[()]

    def _reach(self, node: Node) -> None:
        missing = node.id + 1 - len(self._values)
        if missing > 0:
            self._values.extend([None] * max(missing, len(self._values) // 8))

    def value(self, node: Node) -> Values:
        """node's value. Raises DataError where it depends on an input that was not fed."""
        try:
            return np.asarray(self.compute(node)[node.id])
        except NoAnswer:  # which the value may not hang on
            return Plan([node]).run(self._feeds)[0]

    def compute(self, node: Node) -> list[Any]:
        """The values by id, node's among them (numbers as NumPy's scalars); None where nobody asked."""
        self._reach(node)
        values = self._values
        if values[node.id] is None:
            before = zeros.absorbed()
            missing = self._missing(node)
            with np.errstate(all="ignore"):
                for each in missing:
                    operands = [values[operand.id] for operand in each.operands]
                    value = values[each.id] = each.operation.kernel(*operands, *each.params)
                    if each.shape:
                        self._hold(each, value)
                if zeros.absorbed() != before:
                    self._trace(node)
                    for each in missing:
                        values[each.id] = self._traced[each].value[()]
        return values

    def _hold(self, node: Node, value: Values) -> None:
        """Count what a value takes. Raises LimitError where all that is remembered takes too much."""
        if value.base is None:  # a view takes nothing of its own
            self._room -= value.nbytes
            if self._room < 0:
                raise limits.exceeded("bytes", "the values of the program take too much memory", span=node.place)

    def _missing(self, wanted: Node) -> list[Node]:
        """wanted and what it is made of, oldest first, as far as it is not known."""
        missing, stack = {wanted}, [wanted]
        values = self._values
        while stack:
            for operand in stack.pop().operands:
                if values[operand.id] is None and operand not in missing:
                    missing.add(operand)
                    stack.append(operand)
        return sorted(missing, key=attrgetter("id"))

    def _trace(self, wanted: Node) -> None:
        """The same with zeros told apart (see `zeros`), from the inputs on."""
        traced = self._traced
        if not traced:
            traced.update((node, zeros.fed(value)) for node, value in self._feeds.items())
        missing, stack = {wanted}, [wanted]
        while stack:
            for operand in stack.pop().operands:
                if operand not in traced and operand not in missing:
                    missing.add(operand)
                    stack.append(operand)
        for node in sorted(missing, key=attrgetter("id")):
            if node.operation is constant:
                traced[node] = zeros.fed(node.params[0].array)
            else:
                traced[node] = node.operation.trace(*[traced[operand] for operand in node.operands], params=node.params)
