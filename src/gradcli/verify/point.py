"""The function that is checked, at the values it was asked about.

What it computes is the graph's own kernels; what is detached keeps the value it has here, wherever
else the function is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..engine.evaluate import Values, interpret
from ..engine.node import Array, Node
from ..engine.operations.selection import detach
from ..engine.sweeps import ancestors
from ..engine.unused import known_unused
from .elements import EVERY, GIVEN, Direction, is_weighted

if TYPE_CHECKING:
    from ..answering import Extra, Prepared


class Point:
    """A function of the inputs, and where it is looked at.

    Attributes:
        output, inputs: nodes; feeds has the values of all that need one.
        nodes: all that the output is made of, oldest first; base their values here.
        path: those of them through which an input is differentiated.
        weighted: whether the function is the sum of the output's elements with `weights`, or those
            elements themselves.
        given: the tangent or vector of the question, an array an input.
        size: how many numbers one evaluation computes.
        analytic: whether complex numbers can be sent through all of path.
    """

    def __init__(self, prepared: Prepared, arrays: Mapping[str, Array], extra: Extra) -> None:
        self.output, self.inputs = prepared.output, prepared.inputs
        self.names = prepared.question.names
        self.feeds = {
            node: np.asarray(value, dtype=np.float64) for node, value in prepared.feeds(arrays, extra).items()
        }
        self.weighted = is_weighted(prepared)
        weights = extra.get("grad_outputs", {}).get("")
        self.weights = np.ones(self.output.size) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
        self.given = self._given(extra)
        self.nodes = ancestors([self.output])
        self.size = sum(node.size for node in self.nodes)
        self.path = self._path()
        self.analytic = all(node.operation.analytic for node in self.path)
        self.base = values_of(self.nodes, self.feeds)
        self._frozen = {node: self.base[node] for node in self.nodes if node.operation is detach}

    def _given(self, extra: Mapping[str, Mapping[str, Array]]) -> list[Array]:
        named = extra.get("tangent") or extra.get("vector") or {}
        return [
            np.asarray(named[name], dtype=np.float64) if name in named else np.zeros(node.shape)
            for name, node in zip(self.names, self.inputs, strict=True)
        ]

    def _path(self) -> set[Node]:
        path = set(self.inputs)
        for node in self.nodes:
            if node.operation is not detach and not path.isdisjoint(node.operands):
                path.add(node)
        return path.intersection(self.nodes)

    def kinks(self) -> list[Node]:
        """The conditions for the operations on the path to be at kinks of their own, used or not."""
        return [
            node.operation.kink(node, *node.operands, *node.params)
            for node in self.nodes
            if node in self.path and node.operation.kink is not None
        ]

    @property
    def masks_nan(self) -> bool:
        """Whether some intermediate result is NaN."""
        return any(np.isnan(value).any() for value in self.base.values())

    @property
    def largest(self) -> float:
        """The size of the largest finite input, 1 where there is none but 0."""
        sizes = [float(np.max(np.abs(x), initial=0.0, where=np.isfinite(x))) for x in self.at()]
        return max(sizes, default=0.0) or 1.0

    def vectors(self, directions: Sequence[Direction]) -> list[Array]:
        """For each input an array with the directions along its first axis."""
        vectors = [np.zeros((len(directions), *node.shape)) for node in self.inputs]
        for row, direction in enumerate(directions):
            position, element = direction
            if direction == GIVEN:
                for vector, given in zip(vectors, self.given, strict=True):
                    vector[row] = given
            elif element == EVERY:
                vectors[position][row] = 1.0
            else:
                vectors[position].reshape(len(directions), -1)[row, element] = 1.0
        return vectors

    def at(self) -> list[Array]:
        """Where this is: the inputs' values."""
        return [self.feeds[node] for node in self.inputs]

    def moved(self, inputs: Sequence[Values]) -> dict[Node, Values]:
        """Every node's value where the inputs have other values, with an axis of many in front perhaps."""
        feeds = {**self.feeds, **self._frozen, **dict(zip(self.inputs, inputs, strict=True))}
        return values_of(self.nodes, feeds)

    def columns(self, output: Values, count: int) -> Values:
        """The function's values from the output's at `count` points: a row a point; one column, or
        one for each element of the output."""
        return self._gathered(np.broadcast_to(output, (count, *self.output.shape)).reshape(count, self.output.size))

    def _gathered(self, rows: Values) -> Values:
        """Rows over the output's elements, added up with the weights where the function is their sum."""
        if not self.weighted:
            return rows
        # a weight of zero silences infinity and NaN, as it does in a derivative
        with np.errstate(all="ignore"):
            parts = np.where(self.weights == 0.0, 0.0, rows * self.weights)
            return parts.sum(axis=-1, keepdims=True)

    def widened(self, rows: Array) -> Array:
        """The same for rows of uncertainties, which add up in size."""
        return np.sum(rows * np.abs(self.weights), axis=-1, keepdims=True) if self.weighted else rows


@known_unused
def values_of(nodes: Sequence[Node], feeds: Mapping[Node, Values]) -> dict[Node, Values]:
    """The value of each of some nodes, all of whose operands are among them."""
    values: dict[Node, Values] = {}

    def kept(node: Node, operands: list[Values]) -> Values:
        value = values[node] = np.asarray(node.operation.kernel(*operands, *node.params))
        return value

    with np.errstate(all="ignore"):
        interpret(nodes, feeds, kept)
    values.update((node, feeds[node]) for node in nodes if node in feeds)
    return values
