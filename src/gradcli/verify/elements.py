"""What is checked: the elements of a derivative, each a slope along some directions.

The derivatives that a question has are a row of blocks, one after the other; an element is found by
its position in all of them together. Nothing is made for an element until it is asked for, since
there may be millions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.node import Array, Shape
from ..record import Record

if TYPE_CHECKING:
    from ..answering import Prepared

Direction: TypeAlias = tuple[int, int]
"""An input by its position, and one of its elements: the direction in which that alone grows."""
EVERY = -1  # in place of the element: all elements of the input grow alike
GIVEN: Direction = (-1, 0)  # the tangent or vector that the question came with

ALL = 256
"""As many elements are checked by every means; of more, only a sample by those that are slow."""
SAMPLE = 20
LARGEST = 6  # so many of the sample are the largest in size; the others are evenly spaced


class Element(Record):
    """One number of a derivative: how an element of the output, or (None) the weighted sum of all of
    them, changes along directions, one after the other."""

    name: str
    output: int | None
    directions: tuple[Direction, ...]


class Block(Record):
    """One array of derivatives.

    Its shape is outputs (empty for the weighted sum: weighted is then true), then those of the inputs
    in axes. rest are further directions, the same for all elements; label is their name in it.
    """

    weighted: bool
    outputs: Shape
    axes: tuple[int, ...]
    rest: tuple[Direction, ...]
    label: str
    shape: Shape

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def entry(name: str, shape: Shape, flat: int) -> str:
    """How an element of a variable is written: `x`, `x[0]`, `A[1, 2]`."""
    return f"{name}[{', '.join(map(str, np.unravel_index(flat, shape)))}]" if shape else name


class Elements:
    """All elements of the derivatives that a question asked for; output is what to call the expression's value.

    Attributes:
        weighted: whether it is about the weighted sum of the output, not about its elements.
        blocks: one for each of the answer's derivatives, in order.
        total: how many elements there are.
    """

    def __init__(self, prepared: Prepared, output: str = "y") -> None:
        self._names = prepared.question.names
        self._shapes = [node.shape for node in prepared.inputs]
        self._output_name = output
        self._output = prepared.output.shape
        self.weighted = is_weighted(prepared)
        self.blocks = list(self._blocks(prepared.question.command, int(prepared.question.options.get("order", 1))))
        self._starts = np.cumsum([0, *(block.size for block in self.blocks)])
        self.total = int(self._starts[-1])

    def _blocks(self, command: str, order: int) -> Iterator[Block]:
        inputs = range(len(self._names))
        if command == "jvp":
            yield self._block((), (GIVEN,), "tangent")
        elif not self.weighted:
            yield from (self._block((i,)) for i in inputs)
        else:
            yield from (self._block((i,), ((i, EVERY),) * (order - 1)) for i in inputs)
        if command == "hessian":
            yield from (self._block((i, j)) for i in inputs for j in inputs)
        elif command == "hvp":
            yield from (self._block((i,), (GIVEN,), "vector") for i in inputs)

    def _block(self, axes: tuple[int, ...], rest: tuple[Direction, ...] = (), label: str = "") -> Block:
        outputs = () if self.weighted else self._output
        shape = outputs + tuple(size for i in axes for size in self._shapes[i])
        return Block(self.weighted, outputs, axes, rest, label, shape)

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, position: int) -> Element:
        number = int(np.searchsorted(self._starts, position, side="right")) - 1
        block = self.blocks[number]
        flat = position - int(self._starts[number])
        units = []
        for i in reversed(block.axes):
            flat, own = divmod(flat, math.prod(self._shapes[i]))
            units.append((i, own))
        units.reverse()
        return Element(self._name(block, flat, units), None if block.weighted else flat, (*units, *block.rest))

    def _name(self, block: Block, output: int, units: Sequence[Direction]) -> str:
        """`x[0]`, `y[1]/x[0]`, `x[0],x[1]`, `tangent[1]`, `x[0],vector`."""
        if not units:
            return entry(block.label, block.outputs, output)
        inputs = ",".join(entry(self._names[i], self._shapes[i], own) for i, own in units)
        if block.outputs:
            return f"{entry(self._output_name, block.outputs, output)}/{inputs}"
        return f"{inputs},{block.label}" if block.label else inputs

    def part(self, number: int) -> slice:
        """Where the elements of a block are."""
        return slice(int(self._starts[number]), int(self._starts[number + 1]))

    def outputs(self) -> NDArray[np.intp]:
        """For each element that of the output it belongs to; 0 where they are added up."""
        numbers = [
            np.repeat(np.arange(math.prod(block.outputs)), block.size // max(1, math.prod(block.outputs)))
            for block in self.blocks
        ]
        return np.concatenate([np.zeros(0, dtype=np.intp), *numbers])

    def orders(self) -> NDArray[np.intp]:
        """For each element how often it was differentiated."""
        numbers = [np.full(block.size, len(block.axes) + len(block.rest)) for block in self.blocks]
        return np.concatenate([np.zeros(0, dtype=np.intp), *numbers])

    def flat(self, derivatives: Sequence[Array]) -> Array:
        """All numbers of some derivatives in these blocks' shapes, in one row."""
        if not derivatives:
            return np.zeros(0)
        return np.concatenate([np.reshape(each, -1) for each in derivatives])

    def scales(self, values: Array) -> Array:
        """For each element the largest size of a finite one in its block."""
        scales = np.zeros(self.total)
        for part in map(self.part, range(len(self.blocks))):
            sizes = np.abs(values[part])
            scales[part] = np.max(sizes, initial=0.0, where=np.isfinite(sizes))
        return scales

    def sample(self, values: Array) -> list[int]:
        """The positions of all elements, or where there are more than ALL of some, the same each time."""
        return list(range(self.total)) if self.total <= ALL else self.some(values)

    def some(self, values: Array) -> list[int]:
        """The positions of SAMPLE elements: those that are not finite and the largest, and others evenly spaced."""
        sizes = np.where(np.isfinite(values), np.abs(values), np.inf)
        chosen = dict.fromkeys(int(position) for position in np.argsort(-sizes, kind="stable")[:LARGEST])
        most = min(SAMPLE, self.total)
        for count in (most - len(chosen), self.total):
            for position in np.linspace(0, self.total - 1, count).astype(int):
                if len(chosen) < most:
                    chosen[int(position)] = None
        return sorted(chosen)


def is_weighted(prepared: Prepared) -> bool:
    """Whether a question is about the output's weighted sum (a gradient, a Hessian): its elements
    otherwise (a Jacobian, a tangent)."""
    question = prepared.question
    if question.command == "check":
        weighted = "grad_outputs" in prepared.extra or int(question.options.get("order", 1)) > 1
        return prepared.output.size == 1 or weighted
    return question.command not in ("jacobian", "jvp")
