"""What the language can call: one declaration a function, in the tables of `operations`.

An elementwise operation is declared with `elementwise(…)`; anything built of operations is a Python
function under the `@function(…)` decorator, whose own signature (names, annotations, defaults) is its
signature in the language. From a declaration follow the name in the language, the method, the
reference, and the tests, which run over `FUNCTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType
from typing import Any, TypeAlias, TypeVar

import numpy as np

from ..record import Record
from . import operations
from .node import Array, Graph, Node, Shape
from .operation import Elementwise, Kernel, Rule

# Annotations that say how an argument of the language reaches a build function.
Nodes: TypeAlias = Sequence[Node]  # a list of arrays
Axis: TypeAlias = int | tuple[int, ...] | None  # axes as the caller counts them; None is all
Data: TypeAlias = Array  # an array whose value must be known while the graph is built
Whole: TypeAlias = int  # a whole number known while the graph is built
Flag: TypeAlias = bool
Word: TypeAlias = str
Order: TypeAlias = float | str  # of a norm: a number, or its name
Build = TypeVar("Build", bound=Callable[..., Any])
__all__ = [
    "FUNCTIONS", "Axis", "Data", "Flag", "Function", "Nodes", "Order", "Parameter", "Sample", "Shape", "Whole", "Word",
]  # fmt: skip


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()


class Parameter(Record):
    """kind is the annotation's name: Node, Nodes, Axis, Shape, Whole, Flag, float, Data, Word, Order."""

    name: str
    kind: str
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


class Sample(Record):
    """An expression to try a function on, and for each variable its shape and range (low, high)."""

    expression: str
    variables: dict[str, tuple[Shape, float, float]]


class Function(Record):
    """A function of the language.

    build takes the arguments in the order of parameters; graph, where wants_graph, comes first.
    domain is where each operand of an elementwise operation is real and smooth; special are points
    at which it is worth a look; torch_defaults apply under the prefix `torch.`.
    """

    name: str
    group: str
    doc: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., Node | tuple[Node, ...]]
    aliases: tuple[str, ...] = ()
    method: bool = True
    variadic: bool = False
    wants_graph: bool = False
    operation: Elementwise | None = None
    domain: tuple[tuple[float, float], ...] = ()
    special: tuple[float, ...] = ()
    samples: tuple[Sample, ...] = ()
    torch_defaults: dict[str, Any] | None = None
    convention: str = ""

    @property
    def signature(self) -> str:
        """As it is called: `sum(x, axis=None, keepdims=False)`."""
        parts = [p.name if p.required else f"{p.name}={p.default!r}" for p in self.parameters]
        if self.variadic:
            parts[-1] = f"*{parts[-1]}"
        return f"{self.name}({', '.join(parts)})"


class Functions(Mapping[str, Function]):
    """Every function by name and by alias.

    The tables are loaded by need: those of `operations.FREQUENT` when the first name is looked up, the others for
    a name that is in none of them, or when all are asked for. A table that is imported has its functions here.
    """

    def __init__(self) -> None:
        self._declared: dict[str, Function] = {}
        self._waiting = [operations.FREQUENT, operations.OTHERS]

    def __getitem__(self, name: str) -> Function:
        while name not in self._declared and self._waiting:
            self._load()
        return self._declared[name]

    def __iter__(self) -> Iterator[str]:
        while self._waiting:
            self._load()
        return iter(self._declared)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _load(self) -> None:
        first, *rest = self._waiting
        operations.load(first)
        self._waiting = rest

    def declare(self, made: Function) -> None:
        """Add a function under all its names. Raises ValueError where one of them is another's."""
        for name in (made.name, *made.aliases):
            if name in self._declared:
                raise ValueError(f"{name} is declared twice")
            self._declared[name] = made


FUNCTIONS = Functions()


def elementwise(
    name: str,
    kernel: Kernel,
    *rules: Rule | None,
    doc: str,
    group: str,
    aliases: tuple[str, ...] = (),
    operands: tuple[str, ...] = ("x", "y", "z"),
    domain: tuple[tuple[float, float], ...] = ((-2.0, 2.0),),
    special: tuple[float, ...] = (0.0,),
    public: bool = True,
    method: bool = True,
    commutative: bool = False,
    **details: Any,
) -> Elementwise:
    """Declare an elementwise operation: one rule an operand, None where its derivative is zero."""
    operation = Elementwise(name, kernel, rules, commutative=commutative, **details)
    operation.__doc__ = doc
    if public:
        FUNCTIONS.declare(
            Function(
                name=name,
                group=group,
                doc=doc,
                parameters=tuple(Parameter(operand, "Node") for operand in operands[: len(rules)]),
                build=operation,
                aliases=aliases,
                method=method,
                operation=operation,
                domain=domain if len(domain) == len(rules) else domain * len(rules),
                special=special,
                convention=operation.convention,
            )
        )
    return operation


def function(
    group: str,
    *,
    name: str | None = None,
    aliases: tuple[str, ...] = (),
    method: bool = True,
    samples: Sequence[Sample] = (),
    torch_defaults: dict[str, Any] | None = None,
    convention: str = "",
) -> Callable[[Build], Build]:
    """Declare a function of the language that is built of operations.

    Its docstring's first paragraph is its meaning in the reference; a first parameter `graph: Graph`
    is filled in by the caller; a last parameter `*xs` takes any number of arguments.
    """

    def declare(build: Build) -> Build:
        code: CodeType = build.__code__
        variadic = bool(code.co_flags & 0x04)
        names = code.co_varnames[: code.co_argcount + variadic]
        defaults = build.__defaults__ or ()
        kinds = build.__annotations__
        first_default = code.co_argcount - len(defaults)
        parameters = [
            Parameter(
                each,
                str(kinds[each]),
                defaults[i - first_default] if first_default <= i < code.co_argcount else REQUIRED,
            )
            for i, each in enumerate(names)
        ]
        wants_graph = bool(parameters) and parameters[0].kind == "Graph"
        FUNCTIONS.declare(
            Function(
                name=name or build.__name__,
                group=group,
                doc=" ".join((build.__doc__ or "").split("\n\n")[0].split()),
                parameters=tuple(parameters[wants_graph:]),
                build=build,
                aliases=aliases,
                method=method,
                variadic=variadic,
                wants_graph=wants_graph,
                samples=tuple(samples),
                torch_defaults=torch_defaults,
                convention=convention,
            )
        )
        return build

    return declare


def sample(expression: str, **variables: tuple[int, ...]) -> Sample:
    """A Sample whose variables are drawn from (-2, 2)."""
    return Sample(expression, {name: (shape, -2.0, 2.0) for name, shape in variables.items()})


def constant_of(graph: Graph, value: Any) -> Node:
    """value as a constant node."""
    return graph.constant(np.asarray(value, dtype=np.float64))
