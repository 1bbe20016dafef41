"""What a program's names can hold.

| value                         | as Python                      |
|-------------------------------|--------------------------------|
| a number that is known        | float, bool                    |
| a number or array computed    | Node, while nobody can change it |
| an array, or PyTorch's number | Tensor: a box around a node, changed in place |
| list, tuple, range, dict, None, str | themselves               |
| set                           | Members                        |
| text with values in it        | Template                       |
| functions                     | Closure, Routine               |
| namespaces, types, contexts   | Module, Kind, Context          |

Nothing else is ever on the stack: no attribute of a Python object can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.evaluate import Plan
from ..engine.node import Node, Shape
from ..engine.operation import alias_of, reshape_to
from ..engine.operations.assignment import assign
from ..engine.operations.indexing import Key, positions, select_flat
from ..engine.operations.selection import detach
from ..text import Form
from .code import Code
from .truths import kept

Value: TypeAlias = Any
"""One of the above."""


class Gradient:
    """What a tensor that requires a gradient, or retains it, has gathered.

    leaves is where the nodes of leaves are known, for a leaf that the program made; None for a result.
    """

    __slots__ = ("grad", "leaves")

    def __init__(self, leaves: dict[Node, Gradient] | None = None) -> None:
        self.grad: Tensor | None = None
        self.leaves = leaves

    def renewed(self, node: Node) -> Node:
        """A leaf's next node: node's value, made of nothing."""
        assert self.leaves is not None
        fresh = alias_of(detach(node))
        self.leaves[fresh] = self
        return fresh


class Tensor:
    """A box around a node. Its identity is what names share; changing it in place gives it another node.

    gradient is None until the program asks for one (see `autograd`).
    """

    __slots__ = ("gradient", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.gradient: Gradient | None = None

    @property
    def leaf(self) -> bool:
        """Whether the program made it a leaf that requires a gradient."""
        return self.gradient is not None and self.gradient.leaves is not None


class Parameter(Tensor):
    """A tensor that a module counts among its parameters."""

    __slots__ = ()


class View(Tensor):
    """A part of another tensor: reads it as it is now, and writes through to it.

    read gives the part of a node; key is the index it was made with, or None where it was not an index.
    A view that is cut off shares the other's value, but nothing is differentiated from one to the other:
    what `detach` gives, and what is made where nothing is recorded.
    """

    __slots__ = ("_depth", "_key", "_parent", "_part", "_places", "_read", "_seen", "cut")

    def __init__(
        self, parent: Tensor, part: Node, read: Callable[[Node], Node], key: Key | None = None, cut: bool = False
    ) -> None:
        self._key = key
        self._parent = parent
        self._read = read
        self._part = part
        self._places: tuple[Shape, NDArray[np.intp], bool] | None = None
        self._seen = parent.node
        self.cut = cut
        self.gradient = None
        self._depth: int = 1 + _depth(parent)
        if self._depth > _CHAIN:
            self._skip()

    def _skip(self) -> None:
        """Refer to a tensor further up a long chain of views, so that nothing has to recurse."""
        where = self.positions()
        base = self._parent
        while isinstance(base, View) and (self.cut or not base.cut):
            where = base.positions().ravel()[where]
            base = base._parent
        self._key, self._parent, self._places, self._depth = None, base, None, 1 + _depth(base)
        self._read = lambda node: select_flat(node, where)
        self._seen = base.node

    @property
    def parent(self) -> Tensor:
        return self._parent

    @property
    def node(self) -> Node:
        parent = self._parent.node
        if parent is not self._seen:
            part = self._read(parent)
            part = detach(part) if self.cut else part
            self._part = self.gradient.renewed(part) if self.gradient is not None and self.leaf else part
            self._seen = parent
        return self._part

    @node.setter
    def node(self, changed: Node) -> None:
        self._parent.node = self.spread(changed)

    def settle(self, part: Node) -> None:
        """Be this node, which has the value that the parent has here now."""
        self._part, self._seen = part, self._parent.node

    def spread(self, changed: Node) -> Node:
        """The parent's node, with this part changed."""
        changed = detach(changed) if self.cut else changed
        parent = self._parent.node
        where, in_order = self._found(parent.shape)
        return reshape_to(changed, parent.shape) if in_order else kept(parent, assign(parent, where, changed))

    def positions(self) -> NDArray[np.intp]:
        """Where in the parent, flattened, this view's elements are."""
        return self._found(self._parent.node.shape)[0]

    def _found(self, shape: Shape) -> tuple[NDArray[np.intp], bool]:
        """The positions in a parent of this shape, and whether they are all of it in order."""
        if self._places is None or self._places[0] != shape:
            where, size = self._located(shape), prod(shape)
            self._places = shape, where, where.size == size and np.array_equal(where.ravel(), np.arange(size))
        return self._places[1:]

    def _located(self, shape: Shape) -> NDArray[np.intp]:
        if self._key is not None:
            return positions(shape, self._key)
        numbers = self._seen.graph.constant(np.arange(prod(shape)).reshape(shape))
        return Plan([self._read(numbers)]).run({})[0].astype(np.intp)


def _depth(tensor: Tensor) -> int:
    return tensor._depth if isinstance(tensor, View) else 0


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

    @property
    def shown(self) -> str:
        """As PyTorch writes it."""
        return f"torch.{self.name}"


class Context:
    """What `with` takes: tracks is whether derivatives are recorded inside, None where it changes nothing.

    before is what `detached` was, for a context that was entered when it was made.
    """

    __slots__ = ("before", "tracks")

    def __init__(self, tracks: bool | None, before: bool | None = None) -> None:
        self.tracks = tracks
        self.before = before


class Entries:
    """Named settings that a program reads and assigns by key: `optimizer.param_groups[0]["lr"]`."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, Value]) -> None:
        self.fields = fields


class Members(dict[Value, None]):
    """A set: its members are the keys."""


class Defaults(dict[Value, Value]):
    """A dict that gets an entry for a key that it does not have: what its factory gives."""

    __slots__ = ("factory",)

    def __init__(self, factory: Value) -> None:
        super().__init__()
        self.factory = factory


class Queue(list[Value]):
    """A list that drops entries at one end where more than most are added at the other."""

    __slots__ = ("most",)

    def __init__(self, items: list[Value], most: int | None) -> None:
        super().__init__(items)
        self.most = most


class Named(tuple[Value, ...]):
    """A tuple whose entries have names."""

    _fields: tuple[str, ...] = ()


class Slot:
    """A value that stands in a text: form is None for an array or list, which is laid out as usual."""

    __slots__ = ("form", "value")

    def __init__(self, value: Value, form: Form | None) -> None:
        self.value = value
        self.form = form


class Template:
    """A string in which values stand: words and slots in order."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: tuple[str | Slot, ...]) -> None:
        self.pieces = pieces


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
    names = {
        list: "a list",
        tuple: "a tuple",
        range: "a range",
        str: "a string",
        dict: "a dict",
        Defaults: "a dict",
        Queue: "a list",
        Members: "a set",
        Template: "a string",
        slice: "a slice",
        type(...): "`...`",
    }
    if type(value) in names:
        return names[type(value)]
    if isinstance(value, tuple):
        return f"a tuple of {' and '.join(getattr(value, '_fields', ()))}"
    if isinstance(value, Module):
        return f"the module {value.path}"
    if isinstance(value, Kind):
        return f"the type {value.name}"
    if isinstance(value, Context):
        return "a context"
    if isinstance(value, Entries):
        return "a group of settings"
    name: str = value.name  # of a function
    if words := getattr(value, "described", None):
        return str(words)
    if hasattr(value, "base"):
        return f"the class {name}"
    if hasattr(value, "kind") or hasattr(value, "fields"):
        return f"an object of {name}"
    return "a function" if name == "lambda" else f"the function {name}"
