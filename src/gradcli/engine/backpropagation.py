"""Reverse mode on values: a vector-Jacobian product that is not to be differentiated again.

`sweeps.pull` makes a graph of the derivative. For a long program of small operations making that graph
is most of the work, and nobody looks at it. Here the same rules give numbers: the rule of an operation
on operands of given shapes is planned once, as a small graph of its own, and run on the values of every
node that it fits. What is alive is the values of the graph, and the cotangents on their way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..record import Record
from . import zeros
from .collector import collector_waits
from .evaluate import Values, steps
from .memory import Memory
from .node import Graph, Node
from .operation import Elementwise, constant
from .sweeps import ancestors, between, is_slope, kink_used, movable
from .unused import NoAnswer


class Backpropagated(Record):
    """The cotangents of the inputs (None: no path leads there), and the nodes whose kinks were used."""

    cotangents: tuple[Values | None, ...]
    kinks: tuple[Node, ...]


class _Template:
    """The rule of an operation, planned: from the cotangent, the value and the operands' values.

    results are the positions of the operands that get a cotangent, with the slots of those; kink is the slot
    of whether a kink was used, or None, which is what it is for a slope.
    """

    def __init__(self, node: Node, needed: Sequence[bool], slope: bool) -> None:
        graph = Graph()
        operands = tuple(graph.input("operand", operand.shape) for operand in node.operands)
        out = graph.fresh(node.operation, operands, node.params, node.shape)
        g = graph.input("cotangent", node.shape)
        parts = [part if need else None for part, need in zip(node.operation.pull(out, g, needed), needed, strict=True)]
        used = None if node.operation.kink is None or slope else kink_used(out, g)
        given = [g, out, *operands]
        wanted = [part for part in (*parts, used) if part is not None]
        made = [each for each in ancestors(wanted, known=given) if each not in given]
        constants = [each for each in made if each.operation is constant]
        computed = [each for each in made if each.operands]
        slots = {each: slot for slot, each in enumerate([*given, *constants, *computed])}
        self.constants: list[Any] = [each.params[0].array[()] for each in constants]
        self.results = [(i, slots[part]) for i, part in enumerate(parts) if part is not None]
        self.kink = None if used is None else slots[used]
        self.steps = [
            (kernel, read, params)
            for kernel, read, params, _ in steps(computed, slots, [slots[part] for part in wanted])
        ]


class Backpropagation:
    """Sweeps graphs for values; keeps the rules it has planned."""

    def __init__(self) -> None:
        self._templates: dict[tuple[Any, ...], _Template] = {}

    @collector_waits()
    def sweep(
        self, outputs: Sequence[Node], cotangents: Sequence[Values], inputs: Sequence[Node], memory: Memory
    ) -> Backpropagated | None:
        """The cotangents of inputs, given those of outputs; memory gives the values of nodes.

        None where it takes a graph to tell: where a zero won over infinity (see `zeros`), or an operation has no answer
        (see `unused`).
        """
        try:
            return self._swept(outputs, cotangents, inputs, memory)
        except NoAnswer:
            return None

    def _swept(
        self, outputs: Sequence[Node], cotangents: Sequence[Values], inputs: Sequence[Node], memory: Memory
    ) -> Backpropagated | None:
        before = zeros.absorbed()
        order = between(outputs, inputs)
        reached, kept = {node.id for node in order}, set(inputs)
        found: dict[int, Any] = {}
        for output, cotangent in zip(outputs, cotangents, strict=True):
            if output.id in reached:
                found[output.id] = found[output.id] + cotangent if output.id in found else cotangent[()]
            values = memory.compute(output)
        kinks: list[Node] = []
        every = tuple(order)
        with np.errstate(all="ignore"):
            while order:
                node = order.pop()
                g = found.get(node.id) if node in kept else found.pop(node.id, None)
                if g is None or not node.operands:
                    continue
                ids = [operand.id for operand in node.operands]
                template = self._template(node, tuple([id in reached for id in ids]))
                slots = [g, values[node.id], *[values[id] for id in ids], *template.constants]
                for kernel, read, params in template.steps:
                    slots.append(kernel(*read(slots), *params))
                for operand, slot in template.results:
                    part, earlier = slots[slot], found.get(ids[operand])
                    found[ids[operand]] = part if earlier is None else earlier + part
                if template.kink is not None and slots[template.kink]:
                    kinks.append(node)
        if zeros.absorbed() != before:
            return None
        if kinks:
            moves = movable(every, inputs)
            kinks = [node for node in kinks if not moves.isdisjoint(node.operands)]
        return Backpropagated(tuple(_array(found.get(node.id)) for node in inputs), tuple(kinks))

    def _template(self, node: Node, needed: tuple[bool, ...]) -> _Template:
        operation = node.operation
        # the operands of an elementwise operation all have its shape
        shapes: Any = node.shape if isinstance(operation, Elementwise) else tuple([o.shape for o in node.operands])
        slope = operation.kink is not None and is_slope(node)
        key = (operation, node.params, shapes, needed, slope)
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = _Template(node, needed, slope)
        return template


def _array(value: Any) -> Values | None:
    return None if value is None else np.asarray(value)
