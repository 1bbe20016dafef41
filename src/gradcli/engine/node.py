"""Nodes and the graph that interns them.

A node is one operation on other nodes, with static parameters and a static shape. The same
operation on the same operands with the same parameters is the same node, and a node is always
made after its operands, so `id` order is a topological order: every sweep is a loop over a sorted
slice and nothing recurses.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import limits
from ..errors import Span
from ..text import shortened

if TYPE_CHECKING:
    from .operation import Operation
    from .sweeps import Swept

Array: TypeAlias = NDArray[np.float64]
Shape: TypeAlias = tuple[int, ...]
Params: TypeAlias = tuple[Any, ...]


class Node:
    """One operation of a graph. Immutable; compare and hash by identity.

    Attributes:
        operation: what is done.
        operands: to what, all of them older than this node.
        params: static parameters, handed to the kernel after the operands; axes count from the end.
        shape: of the value, without the batch axes that a feed may put in front.
        id: position in the order of creation.
        place: the piece of source text this node stems from, if any.
    """

    __slots__ = ("graph", "id", "operands", "operation", "params", "place", "shape")

    def __init__(
        self, graph: Graph, operation: Operation, operands: tuple[Node, ...], params: Params, shape: Shape, id: int
    ) -> None:
        self.graph = graph
        self.operation = operation
        self.operands = operands
        self.params = params
        self.shape = shape
        self.id = id
        self.place = graph.place

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def __repr__(self) -> str:
        operands = ", ".join(f"%{operand.id}" for operand in self.operands)
        return f"%{self.id} = {self.operation.name}({operands}){list(self.params) if self.params else ''} {self.shape}"

    # The operators below are what rules are written in; numbers are lifted to constants.

    def __add__(self, other: Node | float) -> Node:
        return OPERATORS["add"](self, self.lift(other))

    def __radd__(self, other: float) -> Node:
        return OPERATORS["add"](self.lift(other), self)

    def __sub__(self, other: Node | float) -> Node:
        return OPERATORS["subtract"](self, self.lift(other))

    def __rsub__(self, other: float) -> Node:
        return OPERATORS["subtract"](self.lift(other), self)

    def __mul__(self, other: Node | float) -> Node:
        return OPERATORS["multiply"](self, self.lift(other))

    def __rmul__(self, other: float) -> Node:
        return OPERATORS["multiply"](self.lift(other), self)

    def __truediv__(self, other: Node | float) -> Node:
        return OPERATORS["divide"](self, self.lift(other))

    def __rtruediv__(self, other: float) -> Node:
        return OPERATORS["divide"](self.lift(other), self)

    def __neg__(self) -> Node:
        return OPERATORS["negative"](self)

    def lift(self, value: Node | float) -> Node:
        """value as a node of this node's graph."""
        return value if isinstance(value, Node) else self.graph.constant(value)


OPERATORS: dict[str, Callable[..., Node]] = {}
"""What Python's operators on nodes do; filled by `operations.arithmetic`."""


class Frozen:
    """An array as a parameter: compared by shape, type and bit pattern (so -0.0 is not 0.0)."""

    __slots__ = ("_hash", "_kind", "array")

    def __init__(self, array: NDArray[Any]) -> None:
        array = np.array(array, order="C")
        array.flags.writeable = False
        self.array = array
        self._kind = (array.shape, array.dtype.char)
        self._hash = hash((self._kind, array.tobytes()))

    @property
    def _bits(self) -> memoryview | bytes:
        return self.array.data.cast("B") if self.array.size and self.array.ndim else self.array.tobytes()

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, Frozen)
            and self._hash == other._hash
            and self._kind == other._kind
            and self._bits == other._bits
        )

    def __repr__(self) -> str:
        return np.array2string(self.array, threshold=8)


class Graph:
    """Makes nodes and remembers them.

    `place` is the piece of source being lowered now: nodes made meanwhile stem from it. `random` draws
    what `randn` and its kin are made of, from the seed. `swept` is what sweeps that nobody watched met
    (see `sweeps.watches_within`). `derived` holds the ids before the first and of the last node of every sweep.
    """

    __slots__ = (
        "_constants",
        "_interned",
        "_max_nodes",
        "_random",
        "_room",
        "_seed",
        "count",
        "derived",
        "place",
        "swept",
    )

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._random: np.random.Generator | None = None
        self._interned: defaultdict[Operation, dict[Hashable, Node]] = defaultdict(dict)
        self._constants: dict[tuple[float, float], Node] = {}
        self._max_nodes = limits.current().nodes
        self._room = limits.current().bytes
        self.count = 0
        self.place: Span | None = None
        self.swept: list[Swept] = []
        self.derived: list[tuple[int, int]] = []

    @property
    def random(self) -> np.random.Generator:
        """Draws what `randn` and its kin are made of. NumPy's generators are imported when one is needed."""
        if self._random is None:
            self._random = np.random.default_rng(self._seed)
        return self._random

    def reseed(self, seed: int) -> None:
        """Start the random numbers anew."""
        self._seed, self._random = seed, None

    def node(self, operation: Operation, operands: tuple[Node, ...], params: Params, shape: Shape) -> Node:
        """The node of this operation on these operands: an old one where it exists already.

        Raises LimitError where a value of this shape, or one more node, would be too large.
        """
        key = _key(operation, operands, params)
        known = self._interned[operation]
        found = known.get(key)
        if found is None:
            found = known[key] = self.fresh(operation, operands, params, shape)
        return found

    def made_since(self, count: int, names: Collection[str]) -> list[Node]:
        """The nodes of operations with these names that were made since there were count nodes, oldest first."""
        found = []
        for operation, nodes in self._interned.items():
            if operation.name in names:
                found += list(takewhile(lambda node: node.id > count, reversed(nodes.values())))
        return sorted(found, key=lambda node: node.id)

    def withdraw(self, node: Node) -> bool:
        """Give the newest node away: an equal one that is asked for later will be another. False for an older
        node, of which others may have been made, and for one that is away."""
        if node.id != self.count:
            return False
        key = _key(node.operation, node.operands, node.params)
        return self._interned[node.operation].pop(key, None) is not None

    def fresh(self, operation: Operation, operands: tuple[Node, ...], params: Params, shape: Shape) -> Node:
        """A node that is like no other, whatever its operands (inputs, aliases).

        Raises LimitError as `node` does.
        """
        if self.count >= self._max_nodes:
            raise limits.exceeded("nodes", "the graph has too many operations", span=self.place)
        if shape:
            check_shape(shape, self.place)
        self.count += 1
        return Node(self, operation, operands, params, shape, self.count)

    def constant(self, value: Any) -> Node:
        """A node that always has this value (a number or an array; taken as float64)."""
        if isinstance(value, (int, float)):
            number = float(value)
            # 0.0 == -0.0 and nan != nan: the sign keeps the zeros apart, and nan goes the long way.
            key = (number, math.copysign(1.0, number))
            found = self._constants.get(key)
            if found is None:
                found = self._constants[key] = self._constant(np.array(number))
            return found
        array = np.asarray(value, dtype=np.float64)
        return self.constant(float(array)) if array.ndim == 0 else self._constant(array)

    def _constant(self, array: Array) -> Node:
        from .operation import constant

        self._room -= array.nbytes
        if self._room < 0:
            raise limits.exceeded("bytes", "the constants of the program take too much memory", span=self.place)
        return self.node(constant, (), (Frozen(array),), array.shape)

    def input(self, name: str, shape: Shape) -> Node:
        """A node whose value is fed when the graph runs."""
        from .operation import variable

        return self.fresh(variable, (), (name,), shape)


def _key(operation: Operation, operands: tuple[Node, ...], params: Params) -> Hashable:
    """What equal nodes of an operation have in common."""
    if operation.commutative and operands[0].id > operands[1].id:
        operands = operands[::-1]
    return (operands, params) if params else operands


_LONGEST: Final = 2**60
"""What the axes of an array without elements may come to: NumPy can count no further."""


def check_shape(shape: Shape, place: Span | None) -> None:
    """Raise LimitError where an array of this shape has too many elements or axes."""
    bounds = limits.current()
    if math.prod(shape) > bounds.elements:
        raise limits.exceeded("elements", f"an array of shape {shape} has {math.prod(shape):,} elements", span=place)
    if 0 in shape and math.prod(size for size in shape if size) >= _LONGEST:
        raise limits.exceeded("elements", f"an array of shape {shortened(str(shape))}", span=place)
    if len(shape) > bounds.rank:
        raise limits.exceeded("rank", f"an array with {len(shape)} axes", span=place)
