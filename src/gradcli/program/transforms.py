"""Functions of functions: what `torch.func`, `jax` and `autograd` have for derivatives, and `vmap`.

They give functions, which call the one they were made of with new variables in place of those arguments that
`argnums` numbers. An argument may be a list or tuple of arrays; its derivative then is one too.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias

from ..engine import derivatives
from ..engine.functions import Flag
from ..engine.node import Node
from ..engine.operations.indexing import index
from ..engine.operations.structural import stack
from ..errors import DataError, ExpressionError
from .code import CallSite
from .differentiate import DIFFERENTIATION, leaves, renewed, shaped_like
from .library import MEMBERS, built, member
from .routines import Keywords, Routine
from .torch_autograd import alike, applied, check_function, directions, several, weighted
from .tracer import Tracer
from .values import Value

Calls: TypeAlias = Generator[Any, Value, Value]
Positions: TypeAlias = int | tuple[int, ...]
Derive: TypeAlias = Callable[[Tracer, Value, Value], Value]
"""From an output and what to differentiate for."""


class Made(Routine):
    """A function that a call gave: call takes the tracer, the arguments and the keyword arguments."""

    __slots__ = ("call",)

    def __init__(self, name: str, call: Callable[[Tracer, list[Value], Keywords], Value]) -> None:
        super().__init__(name)
        self.call = call

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self.call(tracer, arguments, keywords)


def _positions(tracer: Tracer, argnums: Value) -> Positions:
    if isinstance(argnums, (list, tuple)):
        return tuple(tracer.whole(each, "argnums") for each in argnums)
    return tracer.whole(argnums, "argnums")


def _split(output: Value, has_aux: bool) -> tuple[Value, Value]:
    """What is to be differentiated, and what comes with it. Raises ExpressionError where there is no pair."""
    if not has_aux:
        return output, None
    if not isinstance(output, (list, tuple)) or len(output) != 2:
        raise ExpressionError(
            "with has_aux=True a function gives a pair: what is differentiated, and more", code="type"
        )
    return output[0], output[1]


# ---- derivatives of functions --------------------------------------------------------------------------


def _of_number(tracer: Tracer, output: Value, wrt: Value) -> Value:
    return DIFFERENTIATION["grad"].derive(tracer, output, [wrt])


def _of_elements(tracer: Tracer, output: Value, wrt: Value) -> Value:
    """The gradient of the sum: of a function that works element by element, the derivative of each."""
    return _of_number(tracer, built("sum", tracer.node(output)), wrt)


def _jacobian(tracer: Tracer, output: Value, wrt: Value) -> Value:
    found = [DIFFERENTIATION["jacobian"].derive(tracer, each, [wrt]) for each in several(output)]
    return alike(output, found)


def _hessian(tracer: Tracer, output: Value, wrt: Value) -> Value:
    return DIFFERENTIATION["hessian"].derive(tracer, output, [wrt])


def _called(
    tracer: Tracer, func: Value, positions: Positions, arguments: list[Value], keywords: Keywords
) -> Generator[Any, Value, tuple[Value, Value]]:
    """What func gives for new variables in place of some arguments, and those variables."""
    chosen = positions if isinstance(positions, tuple) else (positions,)
    count = len(arguments)
    if any(not -count <= each < count for each in chosen):
        wanted = " and ".join(str(each) for each in chosen)
        raise ExpressionError(
            f"{func.name} was given {count} arguments, and is to be differentiated for number {wanted}",
            code="argument", hint="arguments are counted from 0",
        )  # fmt: skip
    for each in chosen:
        arguments[each] = renewed(tracer, arguments[each])
    output = yield func, list(arguments), keywords
    inputs = tuple(arguments[each] for each in chosen)
    return output, inputs if isinstance(positions, tuple) else inputs[0]


def _differentiated(derive: Derive, *paths: str) -> None:
    """Declare a function that takes a function and gives its derivative."""

    def transform(tracer: Tracer, func: Value, argnums: Value = 0.0, has_aux: Flag = False) -> Value:
        check_function(func)
        positions = _positions(tracer, argnums)

        def call(tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Calls:
            output, wrt = yield from _called(tracer, func, positions, arguments, keywords)
            value, aux = _split(output, has_aux)
            found = derive(tracer, value, wrt)
            return (found, aux) if has_aux else found

        return Made(f"{paths[0].rpartition('.')[2]}({func.name})", call)

    member(*paths)(transform)


_differentiated(_of_number, "torch.func.grad", "jax.grad")
_differentiated(_of_elements, "autograd.elementwise_grad")
_differentiated(
    _jacobian, "torch.func.jacrev", "torch.func.jacfwd", "jax.jacobian", "jax.jacrev", "jax.jacfwd",
    "autograd.jacobian",
)  # fmt: skip
_differentiated(_hessian, "torch.func.hessian", "jax.hessian", "autograd.hessian")


def _with_value(value_first: bool, *paths: str) -> None:
    """Declare a function that takes a function and gives its value and its gradient."""

    def transform(tracer: Tracer, func: Value, argnums: Value = 0.0, has_aux: Flag = False) -> Value:
        check_function(func)
        positions = _positions(tracer, argnums)

        def call(tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Calls:
            output, wrt = yield from _called(tracer, func, positions, arguments, keywords)
            found = _of_number(tracer, _split(output, has_aux)[0], wrt)
            output = tuple(output) if has_aux else output
            return (output, found) if value_first else (found, output)

        return Made(f"{paths[0].rpartition('.')[2]}({func.name})", call)

    member(*paths)(transform)


_with_value(True, "jax.value_and_grad", "autograd.value_and_grad")
_with_value(False, "torch.func.grad_and_value")


# ---- products with directions and weights --------------------------------------------------------------


@member("torch.func.jvp", "jax.jvp")
def jvp(tracer: Tracer, func: Value, primals: Value, tangents: Value, has_aux: Flag = False) -> Calls:
    """`(output, Jacobian-vector product)`."""
    variables, output = yield from applied(tracer, func, tuple(several(primals)))
    value, aux = _split(output, has_aux)
    along = directions(tracer, variables, tuple(several(tangents)))
    pushed = [derivatives.jvp(tracer.node(each), variables, along) for each in several(value)]
    return (value, alike(value, pushed), aux) if has_aux else (value, alike(value, pushed))


class _OfPrimals(Routine):
    """A function called with a function and its arguments, one by one: `vjp(f, x, y)`.

    give takes the tracer, the output and the variables, and gives the function that is wanted.
    """

    __slots__ = ("give",)

    def __init__(self, name: str, give: Callable[[Tracer, Value, list[Node]], Made]) -> None:
        super().__init__(name)
        self.give = give

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) < 2 or set(keywords) - {"has_aux"}:
            raise ExpressionError(f"{self.name} takes a function and its arguments", code="argument", span=site.span)
        return self._calls(tracer, arguments[0], arguments[1:], tracer.truth(keywords.get("has_aux", False)))

    def _calls(self, tracer: Tracer, func: Value, primals: list[Value], has_aux: bool) -> Calls:
        variables, output = yield from applied(tracer, func, primals)
        value, aux = _split(output, has_aux)
        made = self.give(tracer, value, variables)
        return (value, made, aux) if has_aux else (value, made)


def _pulling(tracer: Tracer, output: Value, variables: list[Node]) -> Made:
    def pulled(tracer: Tracer, weights: list[Value], keywords: Keywords) -> Value:
        if len(weights) != 1 and len(weights) != len(several(output)):
            raise ExpressionError("a weight is needed for every output", code="argument")
        given = weights[0] if len(weights) == 1 else tuple(weights)
        return tuple(weighted(tracer, output, given, variables))

    return Made("vjp", pulled)


def _pushing(tracer: Tracer, output: Value, variables: list[Node]) -> Made:
    def pushed(tracer: Tracer, tangents: list[Value], keywords: Keywords) -> Value:
        along = directions(tracer, variables, tuple(tangents))
        return alike(output, [derivatives.jvp(tracer.node(each), variables, along) for each in several(output)])

    return Made("jvp", pushed)


MEMBERS["torch.func.vjp"] = MEMBERS["jax.vjp"] = _OfPrimals("vjp", _pulling)
MEMBERS["torch.func.linearize"] = MEMBERS["jax.linearize"] = _OfPrimals("linearize", _pushing)


# ---- functions as they are -----------------------------------------------------------------------------


@member("jax.jit", "torch.jit.script", "torch.jit.export", "jax.checkpoint", "jax.remat", "torch.compile")
def unchanged(
    tracer: Tracer, func: Value, static_argnums: Value = None, static_argnames: Value = None,
    donate_argnums: Value = None, mode: Value = None, backend: Value = None, fullgraph: Value = None,
    dynamic: Value = None,
) -> Value:  # fmt: skip
    """The function itself: there is nothing to prepare."""
    check_function(func)
    return func


# ---- vmap ----------------------------------------------------------------------------------------------


@member("torch.vmap", "torch.func.vmap")
def torch_vmap(
    tracer: Tracer, func: Value, in_dims: Value = 0.0, out_dims: Value = 0.0, randomness: Value = None,
    chunk_size: Value = None,
) -> Value:  # fmt: skip
    """func for every entry along an axis of its arguments; those that in_dims gives None stay whole."""
    return _mapped(func, in_dims, out_dims, "in_dims")


@member("jax.vmap")
def jax_vmap(tracer: Tracer, fun: Value, in_axes: Value = 0.0, out_axes: Value = 0.0) -> Value:
    """The same, as JAX calls its arguments."""
    return _mapped(fun, in_axes, out_axes, "in_axes")


def _mapped(func: Value, axes: Value, out_axes: Value, word: str) -> Value:
    check_function(func)

    def call(tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Calls:
        given = list(axes) if isinstance(axes, (list, tuple)) else [axes] * len(arguments)
        if len(given) != len(arguments):
            message = f"{word} has {len(given)} entries for {len(arguments)} arguments"
            raise ExpressionError(message, code="argument")
        chosen = [None if each is None else tracer.whole(each, word) for each in given]
        count = _count(tracer, arguments, chosen, word)
        results = []
        for i in range(count):
            row = [_entry(tracer, value, axis, i) for value, axis in zip(arguments, chosen, strict=True)]
            results.append((yield func, row, keywords))
        return _stacked(tracer, results, out_axes)

    return Made(f"vmap({func.name})", call)


def _count(tracer: Tracer, arguments: Sequence[Value], axes: Sequence[int | None], word: str) -> int:
    """How many entries there are along the axes. Raises DataError where those differ."""
    counts = set()
    for value, axis in zip(arguments, axes, strict=True):
        if axis is not None:
            for each in leaves(value):
                shape = tracer.node(each).shape
                counts.add(shape[axis] if -len(shape) <= axis < len(shape) else 0)
    if len(counts) != 1 or 0 in counts:
        raise DataError(f"vmap needs arrays that have the axes in {word}, all of one length", code="shape")
    return counts.pop()


def _entry(tracer: Tracer, value: Value, axis: int | None, i: int) -> Value:
    if axis is None:
        return value
    nodes = [tracer.node(each) for each in leaves(value)]
    found = [tracer.bind(index(node, (*(slice(None),) * (axis % len(node.shape)), i))) for node in nodes]
    return shaped_like(value, iter(found))


def _stacked(tracer: Tracer, results: Sequence[Value], axes: Value) -> Value:
    """Results beside one another along new axes, in tuples and dicts where they are in those."""
    first = results[0]
    if isinstance(first, dict):
        return {key: _stacked(tracer, [each[key] for each in results], axes) for key in first}
    if not isinstance(first, (list, tuple)):
        made = stack([tracer.node(each) for each in results])
        axis = tracer.whole(axes, "out_dims")
        return made if axis == 0 else built("moveaxis", made, (0,), (axis,))
    columns = list(zip(*results, strict=True))
    several_axes = axes if isinstance(axes, (list, tuple)) else [axes] * len(columns)
    if len(several_axes) != len(columns):
        raise ExpressionError(f"out_dims has {len(several_axes)} entries for {len(columns)} outputs", code="argument")
    return tuple(_stacked(tracer, column, axis) for column, axis in zip(columns, several_axes, strict=True))


# ---- lists, tuples and dicts inside one another --------------------------------------------------------


_LEAF = 100
"""What a leaf costs, in steps: a list that stands in many places has many more leaves than entries."""


@member("jax.tree.map", "jax.tree_util.tree_map", "jax.tree_map")
def tree_map(tracer: Tracer, f: Value, tree: Value, *rest: Value) -> Calls:
    """What a function gives for each number or array of a tree, and those in its place in other trees."""
    columns = [tree_leaves(tracer, each) for each in (tree, *rest)]
    counts = [len(each) for each in columns]
    if len(set(counts)) > 1:
        raise DataError(f"the trees have different numbers of leaves: {', '.join(map(str, counts))}", code="shape")
    found = []
    for row in zip(*columns, strict=True):
        found.append(tracer.bind((yield f, list(row))))
    return shaped_like(tree, iter(found))


@member("jax.tree.leaves", "jax.tree_util.tree_leaves", "jax.tree_leaves")
def tree_leaves(tracer: Tracer, tree: Value) -> Value:
    """The numbers and arrays of a tree, one after another."""
    found = []
    for each in leaves(tree):
        tracer.charge(_LEAF)
        found.append(each)
    return found
