"""What a program's names can hold.

| value                         | as Python                      |
|-------------------------------|--------------------------------|
| a number that is known        | float, bool                    |
| a number or array computed    | Node, while nobody can change it |
| an array, or PyTorch's number | Tensor: a box around a node, changed in place |
| list, tuple, range, None, str | themselves                     |
| functions                     | Closure, Routine               |
| namespaces, types, contexts   | Module, Kind, Context          |

Nothing else is ever on the stack: no attribute of a Python object can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.evaluate import Plan
from ..engine.node import Node
from ..engine.operations.assignment import assign
from ..engine.operations.indexing import Key, positions, select_flat
from .code import Code

Value: TypeAlias = Any
"""One of the above."""


class Gradient:
    """What a tensor that requires a gradient, or retains it, has gathered. leaf is whether the program made it one."""

    __slots__ = ("grad", "leaf")

    def __init__(self, leaf: bool) -> None:
        self.grad: Tensor | None = None
        self.leaf = leaf


class Tensor:
    """A box around a node. Its identity is what names share; changing it in place gives it another node.

    gradient is None until the program asks for one (see `autograd`).
    """

    __slots__ = ("gradient", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.gradient: Gradient | None = None


class View(Tensor):
    """A part of another tensor: reads it as it is now, and writes through to it.

    read gives the part of a node; key is the index it was made with, or None where it was not an index.
    """

    __slots__ = ("_depth", "_key", "_parent", "_part", "_read", "_seen")

    def __init__(self, parent: Tensor, part: Node, read: Callable[[Node], Node], key: Key | None = None) -> None:
        depth = 1 + (parent._depth if isinstance(parent, View) else 0)
        self._key = key
        self._parent = parent
        self._read = read
        self._part = part
        self._seen = parent.node
        self._depth: int = depth
        self.gradient = None
        if depth > _CHAIN:
            self._skip_to_base()

    def _skip_to_base(self) -> None:
        """Refer to the tensor at the start of a long chain of views, so that nothing has to recurse."""
        where = self._positions()
        base = self._parent
        while isinstance(base, View):
            above = base._positions().ravel()
            where = above[where]
            base = base._parent
        self._key, self._parent, self._depth = None, base, 1
        self._read = lambda node: select_flat(node, where)
        self._seen = base.node

    @property
    def parent(self) -> Tensor:
        return self._parent

    def sever(self) -> Tensor:
        """Become a tensor of its own, with the value it has; gives what it now reads and writes through to."""
        own = Tensor(self.node)
        self._parent, self._key, self._read, self._seen, self._depth = own, None, lambda node: node, own.node, 1
        return own

    @property
    def node(self) -> Node:
        parent = self._parent.node
        if parent is not self._seen:
            self._seen, self._part = parent, self._read(parent)
        return self._part

    @node.setter
    def node(self, changed: Node) -> None:
        self._parent.node = assign(self._parent.node, self._positions(), changed)

    def _positions(self) -> NDArray[np.intp]:
        """Where in the parent, flattened, this view's elements are."""
        parent = self._parent.node
        if self._key is not None:
            return positions(parent.shape, self._key)
        numbers = parent.graph.constant(np.arange(parent.size).reshape(parent.shape))
        return Plan([self._read(numbers)]).run({})[0].astype(np.intp)


_CHAIN = 16
"""Views of views of views, at most."""


class Environment:
    """The names of a running function, and those of the function it was defined in."""

    __slots__ = ("names", "outer")

    def __init__(self, names: dict[str, Value], outer: Environment | None) -> None:
        self.names = names
        self.outer = outer


class Closure:
    """A user's function: its code, its default values (for the last parameters), and where it was defined."""

    __slots__ = ("code", "defaults", "environment")

    def __init__(self, code: Code, defaults: tuple[Value, ...], environment: Environment) -> None:
        self.code = code
        self.defaults = defaults
        self.environment = environment

    @property
    def name(self) -> str:
        return self.code.name


class Module:
    """A namespace, by its dotted name."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Kind:
    """A type of number, as `dtype=` takes it: float, int or bool. All arrays are float64; the others round."""

    __slots__ = ("family", "name")

    def __init__(self, name: str, family: str) -> None:
        self.name = name
        self.family = family


class Context:
    """What `with` takes: tracks is whether derivatives are recorded inside, None where it changes nothing."""

    __slots__ = ("tracks",)

    def __init__(self, tracks: bool | None) -> None:
        self.tracks = tracks


Tree: TypeAlias = Hashable
"""A node, None, or a tuple of trees: what a program answers with."""


def describe(value: Value) -> str:
    """What a value is, in the reader's words."""
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, (float, Node, Tensor)):
        shape = () if isinstance(value, float) else (value if isinstance(value, Node) else value.node).shape
        return f"an array of shape {shape}" if shape else "a number"
    if value is None:
        return "None"
    names = {list: "a list", tuple: "a tuple", range: "a range", str: "a string", slice: "a slice", type(...): "`...`"}
    if type(value) in names:
        return names[type(value)]
    if isinstance(value, Module):
        return f"the module {value.path}"
    if isinstance(value, Kind):
        return f"the type {value.name}"
    if isinstance(value, Context):
        return "a context"
    name: str = value.name  # of a function
    return "a function" if name == "lambda" else f"the function {name}"
