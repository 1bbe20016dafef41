"""Steps that write over a value which nothing reads after them.

A block's values come and go within a processor's cache. A step that writes where its operand was touches no memory
that is not in the cache already, and fewer values are alive at one time.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from .evaluate import Step
from .node import Node

Overwriting: TypeAlias = tuple[Step, "np.ufunc | None", int]
"""A step, the function of NumPy's that can write over an operand, and that operand's slot."""

_UFUNCS = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.divide,
    operator.neg: np.negative,
}


def overwriting(
    nodes: Sequence[Node], slots: Mapping[Node, int], made: Sequence[Step], results: Collection[int]
) -> list[Overwriting]:
    """The steps of elementwise nodes, with what each may write over.

    slots says where each node's value is, first those of the sources; results are read after all steps.
    """
    ufuncs = [kernel if isinstance(kernel, np.ufunc) else _UFUNCS.get(kernel) for kernel, *_ in made]
    kept = {*results, *range(len(slots) - len(nodes))}
    for node, ufunc in zip(nodes, ufuncs, strict=True):
        if ufunc is None:  # may hand on an operand as it is: their memory is then one
            kept.update((slots[node], *(slots[operand] for operand in node.operands)))
    found: list[Overwriting] = []
    for step, ufunc in zip(made, ufuncs, strict=True):
        spare = [slot for slot in step[3] if slot not in kept] if ufunc is not None else []
        found.append((step, ufunc, spare[0]) if spare else (step, None, -1))
    return found


def run(steps: Sequence[Overwriting], values: list[Any]) -> None:
    """Append the value of each step to values, which are real, and drop those that nothing reads any more."""
    for (kernel, read, params, dead), ufunc, over in steps:
        operands = read(values)
        if ufunc is not None and _fits(values[over], operands):
            values.append(ufunc(*operands, out=values[over]))
        else:
            values.append(kernel(*operands, *params))
        for slot in dead:
            values[slot] = None


def _fits(memory: Any, operands: Sequence[Any]) -> bool:
    """Whether a result of operands has the shape of memory."""
    return memory.ndim > 0 and all(each.ndim == 0 or each.shape == memory.shape for each in operands)
