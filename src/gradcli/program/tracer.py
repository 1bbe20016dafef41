"""Values of a program as nodes of a graph, and as numbers where the program has to know them.

Lowering a program is mostly building nodes. Where it must look at a number (a condition, an index, a
size) the graph so far is evaluated, and remembered. What depends on the inputs can only be looked at
if their values were given: `NeedsValues` says that they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import limits
from ..engine.backpropagation import Backpropagation
from ..engine.memory import Memory
from ..engine.node import Array, Graph, Node, Shape, check_shape
from ..engine.operation import alias_of, constant, filled, own
from ..engine.operations.selection import detach
from ..engine.operations.structural import stack
from ..engine.sweeps import Kink, Swept
from ..errors import DataError, ExpressionError, Span
from ..text import Form, Listed
from .truths import truths
from .values import Closure, Gradient, Members, Template, Tensor, Tree, Value, describe

Pieces: TypeAlias = tuple[str | Form | None, ...]


class NeedsValues(Exception):
    """The shape of the graph depends on the values of inputs, and they were not given."""


class Tracer:
    """Turns values into nodes and numbers.

    Attributes:
        graph: what is being built.
        inputs: variable name -> its node.
        concrete: whether the graph depends on the values of the inputs.
        torch: whether results that are numbers are tensors too, as in PyTorch.
        detached: whether what is computed now is cut off from differentiation (inside no_grad).
        differentiates: whether the program asks for derivatives itself.
        careful: whether binding a number to a name needs any thought at all.
        printed: what bare expressions and prints showed: `(span, value, pieces)`; pieces are the words
            of a print in order, a form or None where a value stands, or None where there is a value alone.
        collects: whether that is wanted.
        constants: the nodes of known numbers other than 0.
        leaves: the nodes of tensors that require gradients, and what those have gathered; retained those of
            results that gather theirs too; recorded, by id, whether a node was made of a leaf, where that was asked.
        hooks: the functions that see gradients: under the node of a result, or what a leaf has gathered.
        calls: results that have a name -> the function whose call they are, in PyTorch's programs.
        ignored: where something that means nothing here was first called.
        charge: what making lists is charged to, as a number of steps.
        lazy: the module of generators, once there may be values that give their entries one by one.
    """

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        values: Mapping[str, Array] | None,
        seed: int,
        *,
        torch: bool,
        differentiates: bool,
        collects: bool,
    ) -> None:
        self.graph = Graph(seed)
        self.inputs = {name: self.graph.input(name, shape) for name, shape in shapes.items()}
        self.values = values
        self.concrete = False
        self.torch = torch
        self.differentiates = differentiates
        self.careful = torch
        self.collects = collects
        self.printed: list[tuple[Span, Tree, Pieces | None]] = []
        self.charge: Callable[[int], None] = lambda steps: None
        self.lazy: Any = None
        self.leaves: dict[Node, Gradient] = {}
        self.retained: dict[Node, Gradient] = {}
        self.hooks: dict[Node | Gradient, list[Value]] = {}
        self.recorded = bytearray()
        self.calls: dict[Node, str] = {}
        self.ignored: Span | None = None
        self._detached = False
        self._memory = Memory({})
        self._backpropagation = Backpropagation()
        self.constants: dict[float, Node] = {}

    @property
    def memory(self) -> Memory | None:
        """What has been evaluated with the inputs' values; None where nothing had to be."""
        return self._memory if self.concrete else None

    def go_lazily(self) -> None:
        """From now on there may be values that give their entries one by one."""
        from . import generator_methods, generators

        assert generator_methods  # importing it fills what generators can be asked
        self.lazy = generators

    @property
    def detached(self) -> bool:
        return self._detached

    @detached.setter
    def detached(self, detached: bool) -> None:
        self._detached = detached
        self.careful = self.torch or detached

    # ---- giving values names -------------------------------------------------------------------------

    def bind(self, value: Value) -> Value:
        """value, ready to have a name: an array becomes a box that can be changed in place."""
        if type(value) is not Node:
            return value
        if self._detached:
            value = detach(value)
        return Tensor(value) if value.shape or self.torch else value

    def own(self, value: Value) -> Value:
        """A value that has just been computed, as a variable that can be differentiated for.

        It becomes a node of its own: two names never share one, though equal expressions do. So does a
        number, except in PyTorch's programs, where only tensors are differentiated for. Where the program
        takes no derivatives there is nothing to do.
        """
        if self.differentiates and (type(value) is Node or (type(value) is float and not self.torch)):
            return alias_of(self.node(value))
        return value

    def named(self, value: Value) -> Value:
        """The same for a value that gets one name: what nothing else is made of needs no other node."""
        if self.differentiates and type(value) is Node:
            return own(value)
        return self.own(value)

    # ---- nodes ---------------------------------------------------------------------------------------

    def node(self, value: Value) -> Node:
        """value as a node. Raises ExpressionError for what is no number or array of numbers."""
        if type(value) is Node:
            return value
        if isinstance(value, Tensor):
            return value.node
        if type(value) is float:
            found = self.constants.get(value)
            if found is None:
                found = self.graph.constant(value)
                if value:  # -0.0 == 0.0
                    self.constants[value] = found
            return found
        if type(value) is bool:
            return truths(self.graph.constant(float(value)))
        if isinstance(value, (list, tuple, range)):
            return self.array(value)
        raise not_a_number(value)

    def array(self, items: Sequence[Value], depth: int = 1) -> Node:
        """A list (or tuple) as an array: its items stacked. Raises DataError where their shapes differ."""
        if depth > limits.current().rank:
            raise limits.exceeded("rank", "lists inside one another", span=self.graph.place)
        if names := getattr(items, "_fields", ()):
            raise ExpressionError(
                f"{describe(items)} stands where an array is needed", code="type", hint=f"choose one: .{names[0]}"
            )
        if depth == 1:
            check_shape(_expected(items), self.graph.place)
        if isinstance(items, range):
            return self.graph.constant(np.arange(items.start, items.stop, items.step, dtype=np.float64))
        kinds = {type(item) for item in items}
        if kinds <= {float, bool}:
            made = self.graph.constant(np.array(items, dtype=np.float64))
            return truths(made) if kinds == {bool} else made
        nodes = [self.array(item, depth + 1) if isinstance(item, (list, tuple)) else self.node(item) for item in items]
        odd = next((node for node in nodes if node.shape != nodes[0].shape), None)
        if odd is not None:
            raise DataError(
                f"a list with entries of shapes {nodes[0].shape} and {odd.shape} is not an array", code="shape",
                hint="all entries must have one shape; separate outputs can be a tuple, in round brackets",
            )  # fmt: skip
        if all(node.operation is constant for node in nodes):
            return self.graph.constant(np.stack([node.params[0].array for node in nodes]))
        return stack(nodes)

    def tree(self, value: Value, depth: int = 0) -> Tree:
        """value as an answer: a node, None, or a tuple of those; a list is an array if it can be one."""
        if value is None:
            return None
        if depth > limits.current().rank:
            raise limits.exceeded("rank", "tuples inside one another")
        if isinstance(value, list) and not (self.collects and self._is_collection(value)):
            return self.node(value)
        if isinstance(value, (tuple, list)):
            return (Listed if isinstance(value, list) else tuple)(self.tree(item, depth + 1) for item in value)
        return self.node(value)

    def _is_collection(self, items: list[Value]) -> bool:
        """Whether a list can only be shown item by item: it holds tensors of several shapes, or None."""
        shapes = {self.node(item).shape if isinstance(item, (Node, Tensor)) else () for item in items}
        return len(shapes) > 1 or any(item is None or isinstance(item, tuple) for item in items)

    def charge_entries(self, count: int) -> None:
        """Count the entries of a list that is about to be made. Raises LimitError where they are too many."""
        if count > limits.current().elements:
            raise limits.exceeded("elements", f"a list of {count:,} entries")
        self.charge(count // 4)

    # ---- numbers -------------------------------------------------------------------------------------

    def known(self, node: Node) -> NDArray[Any]:
        """node's value now. Raises NeedsValues where it depends on inputs that have none."""
        if self.concrete:
            return self._memory.value(node)
        try:
            return self._memory.value(node)
        except DataError as error:
            if error.code != "missing":
                raise
        if self.values is None:
            raise NeedsValues
        self.concrete = True
        self._memory = Memory({node: self.values[name] for name, node in self.inputs.items()})
        return self._memory.value(node)

    def backpropagated(
        self, outputs: Sequence[Node], cotangents: Sequence[Node], inputs: Sequence[Node]
    ) -> list[Node | None] | None:
        """The cotangents of inputs as constants, where the values of the program are at hand; else None.

        None too where they are not finite: it takes their graph to say where that came from.
        """
        if self.values is None:
            return None
        weights = [self.known(node) for node in cotangents]
        for node in outputs:
            self.known(node)
        swept = self._backpropagation.sweep(outputs, weights, inputs, self._memory)
        if swept is None or not all(found is None or np.isfinite(found).all() for found in swept.cotangents):
            return None
        made = [
            None if found is None else self.graph.constant(np.broadcast_to(found, node.shape))
            for node, found in zip(inputs, swept.cotangents, strict=True)
        ]
        if swept.kinks:
            results = tuple(node for node in made if node is not None)
            self.graph.swept.append(
                Swept(tuple(Kink(node, filled(node, node.shape, 1.0), results) for node in swept.kinks), results)
            )
        return made

    def number(self, value: Value, what: str) -> float:
        """value as a number that is known. what names it in errors."""
        if type(value) is float:
            return value
        node = self.node(value)
        if node.size != 1:
            raise DataError(f"{what} must be one number, not an array of shape {node.shape}", code="shape")
        return float(self.known(node).reshape(()))

    def whole(self, value: Value, what: str, code: str = "value") -> int:
        """value as a whole number that is known."""
        number = value if type(value) is float else self.number(value, what)
        if not number.is_integer():
            raise DataError(f"{what} must be a whole number, not {number:g}", code=code)
        return int(number)

    def truth(self, value: Value) -> bool:
        """Whether value counts as true. Raises DataError for an array, which has many truths."""
        kind = type(value)
        if kind is bool or kind is float or kind in (list, tuple, range, str, dict, Members):
            return bool(value)
        if kind is Template:
            return any(not isinstance(piece, str) or bool(piece) for piece in value.pieces)
        if value is None:
            return False
        if kind is not Node:
            if not isinstance(value, Tensor):
                return True
            value = value.node
        if value.size != 1:
            raise DataError(
                f"a condition needs one truth value, and this is an array of shape {value.shape}", code="shape",
                hint="where(condition, x, y) chooses element by element; any() and all() make one truth of many",
            )  # fmt: skip
        return bool(self.known(value))


def _expected(items: Sequence[Value]) -> tuple[int, ...]:
    """The shape of an array of items, if all are like the first."""
    sizes: list[int] = []
    first: Value = items
    while isinstance(first, (list, tuple, range)) and len(sizes) <= limits.current().rank:  # it may be in itself
        sizes.append(len(first))
        first = first[0] if first else None
    return tuple(sizes)


def not_a_number(value: Value) -> ExpressionError:
    """The error for a value that stands where a number is needed, to be raised."""
    from .routines import Routine

    if isinstance(value, Routine) and not hasattr(value, "fields"):
        advice = f"call it: {value.name}(…); or give {value.name} a value, --{value.name} VALUE"
        return ExpressionError(f"{value.name} is a function, not a number", code="type", hint=advice)
    hint = f"call it: {value.name}(…)" if isinstance(value, Closure) else None
    return ExpressionError(f"{describe(value)} stands where a number is needed", code="type", hint=hint)
