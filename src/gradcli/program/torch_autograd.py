"""What stands under `torch.autograd`, `torch.func` and `jax` for derivatives, by dotted name.

`torch.autograd.grad` takes results and the tensors they were made of; all others take functions. They are
the language's own derivatives with other arguments and in other tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias

from ..engine import derivatives
from ..engine.functions import Flag
from ..engine.node import Node
from ..engine.operation import ones
from ..engine.operations.indexing import index
from ..engine.operations.selection import detach
from ..engine.operations.structural import stack
from ..errors import DataError, ExpressionError
from . import autograd
from .builtins import parameters_of
from .code import CallSite
from .differentiate import DIFFERENTIATION, Derivative, renewed, scalar
from .routines import Bound, Keywords, Routine
from .tracer import Tracer
from .values import Closure, Value, describe

Calls: TypeAlias = Generator[tuple[Value, list[Value]], Value, Value]
MEMBERS: dict[str, Value] = {}


def _member(*paths: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        for path in paths:
            name = path.rpartition(".")[2]
            MEMBERS[path] = Bound(name, parameters_of(call), call)
        return call

    return declare


class Made(Routine):
    """A function that a call gave: call takes the tracer and the arguments."""

    __slots__ = ("call",)

    def __init__(self, name: str, call: Callable[[Tracer, list[Value]], Value]) -> None:
        super().__init__(name)
        self.call = call

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if keywords:
            raise ExpressionError(f"{self.name} takes its arguments by position", code="argument", span=site.span)
        return self.call(tracer, arguments)


def several(value: Value) -> list[Value]:
    """The values of a list or tuple, or the one value."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _alike(value: Value, found: Sequence[Value]) -> Value:
    """What was found for one value or several, as one or as a tuple."""
    return tuple(found) if isinstance(value, (list, tuple)) else found[0]


# ---- of results ----------------------------------------------------------------------------------------


class Grad(Bound):
    """`torch.autograd.grad`; of a function, which `autograd.grad` of HIPS takes, its derivative."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if arguments and isinstance(arguments[0], (Closure, Routine)):
            return DIFFERENTIATION["grad"].invoke(tracer, arguments, keywords, site)
        return super().invoke(tracer, arguments, keywords, site)


def _grad(
    tracer: Tracer,
    outputs: Value,
    inputs: Value,
    grad_outputs: Value = None,
    retain_graph: Value = None,
    create_graph: Flag = False,
    only_inputs: Flag = True,
    allow_unused: Value = None,
    is_grads_batched: Flag = False,
    materialize_grads: Flag = False,
) -> Value:
    """The gradients of outputs (added up, each weighted) for inputs, as a tuple."""
    if is_grads_batched:
        raise ExpressionError("grad takes one weight an output, not a batch", code="argument", hint="use jacobian")
    results = [tracer.node(each) for each in several(outputs)]
    weights = [None] * len(results) if grad_outputs is None else several(grad_outputs)
    if len(weights) != len(results):
        raise DataError(f"{len(results)} outputs need as many grad_outputs, got {len(weights)}", code="shape")
    return autograd.gradients(
        tracer, results, [tracer.node(each) for each in several(inputs)], weights,
        create_graph=create_graph, materialize=materialize_grads,
        allow_unused=allow_unused is not None and tracer.truth(allow_unused),
    )  # fmt: skip


def _backward(
    tracer: Tracer, tensors: Value, grad_tensors: Value = None, retain_graph: Value = None, create_graph: Flag = False
) -> Value:
    """`backward` of several tensors."""
    boxes = [autograd.boxed(tracer, each) for each in several(tensors)]
    weights = [None] * len(boxes) if grad_tensors is None else several(grad_tensors)
    for box, weight in zip(boxes, weights, strict=False):
        autograd.backward(tracer, box, weight, create_graph)


for _path in ("torch.autograd.grad", "autograd.grad"):
    MEMBERS[_path] = Grad("grad", parameters_of(_grad), _grad)
_member("torch.autograd.backward")(_backward)


# ---- torch.autograd.functional -------------------------------------------------------------------------


def _applied(
    tracer: Tracer, func: Value, inputs: Value
) -> Generator[tuple[Value, list[Value]], Value, tuple[list[Node], Value]]:
    """The new variables in place of inputs, and what func gives for them."""
    _check_function(func)
    arguments = [renewed(tracer, each) for each in several(inputs)]
    output = yield func, list(arguments)
    return [tracer.node(each) for each in arguments], output


def _check_function(func: Value) -> None:
    if not isinstance(func, (Closure, Routine)):
        raise ExpressionError(f"a function is needed here, not {describe(func)}", code="type")


def _kept(found: Sequence[Node], create_graph: bool) -> list[Value]:
    return list(found) if create_graph else [detach(each) for each in found]


@_member("torch.autograd.functional.jacobian")
def jacobian(
    tracer: Tracer, func: Value, inputs: Value, create_graph: Flag = False, strict: Flag = False,
    vectorize: Flag = False, strategy: Value = None,
) -> Calls:  # fmt: skip
    """The Jacobian of a function; for several inputs (or outputs) a tuple (of tuples)."""
    variables, output = yield from _applied(tracer, func, inputs)
    rows = []
    for each in several(output):
        node = tracer.node(each)
        row = _kept([derivatives.jacobian(node, variable) for variable in variables], create_graph)
        rows.append(_alike(inputs, row))
    return _alike(output, rows)


@_member("torch.autograd.functional.hessian")
def hessian(
    tracer: Tracer, func: Value, inputs: Value, create_graph: Flag = False, strict: Flag = False,
    vectorize: Flag = False, outer_jacobian_strategy: Value = None,
) -> Calls:  # fmt: skip
    """The Hessian of a function that gives a number; for several inputs a tuple of tuples."""
    variables, output = yield from _applied(tracer, func, inputs)
    node = scalar(tracer, "hessian", output)
    rows = [
        _alike(inputs, _kept([derivatives.hessian(node, a, b) for b in variables], create_graph)) for a in variables
    ]
    return _alike(inputs, rows)


@_member("torch.autograd.functional.vjp")
def vjp(
    tracer: Tracer, func: Value, inputs: Value, v: Value = None, create_graph: Flag = False, strict: Flag = False
) -> Calls:
    """`(output, vector-Jacobian product)`."""
    variables, output = yield from _applied(tracer, func, inputs)
    node = tracer.node(output)
    found = derivatives.vjp(node, _weights(tracer, node, v), variables)
    return _kept([node], create_graph)[0], _alike(inputs, _kept(found, create_graph))


@_member("torch.autograd.functional.jvp")
def jvp(
    tracer: Tracer, func: Value, inputs: Value, v: Value = None, create_graph: Flag = False, strict: Flag = False
) -> Calls:
    """`(output, Jacobian-vector product)`."""
    variables, output = yield from _applied(tracer, func, inputs)
    node = tracer.node(output)
    found = derivatives.jvp(node, variables, _directions(tracer, variables, v))
    kept = _kept([node, found], create_graph)
    return kept[0], kept[1]


@_member("torch.autograd.functional.hvp", "torch.autograd.functional.vhp")
def hvp(
    tracer: Tracer, func: Value, inputs: Value, v: Value = None, create_graph: Flag = False, strict: Flag = False
) -> Calls:
    """`(output, Hessian times a vector)`."""
    variables, output = yield from _applied(tracer, func, inputs)
    node = scalar(tracer, "hvp", output)
    found = derivatives.hvp(node, variables, _directions(tracer, variables, v))
    return _kept([node], create_graph)[0], _alike(inputs, _kept(found, create_graph))


def _weights(tracer: Tracer, output: Node, weights: Value) -> Node:
    if weights is None:
        if output.size != 1:
            raise derivatives.not_scalar(output)
        return ones(output, output.shape)
    node = tracer.node(weights)
    _check_shapes([node], [output])
    return node


def _directions(tracer: Tracer, variables: Sequence[Node], directions: Value) -> list[Node]:
    if directions is None:
        return [ones(each, each.shape) for each in variables]
    found = [tracer.node(each) for each in several(directions)]
    _check_shapes(found, variables)
    return found


def _check_shapes(given: Sequence[Node], wanted: Sequence[Node]) -> None:
    """Raise DataError where vectors do not have the shapes of what they go with."""
    if [each.shape for each in given] != [each.shape for each in wanted]:
        shapes = " and ".join(str(each.shape) for each in wanted)
        got = " and ".join(str(each.shape) for each in given)
        raise DataError(f"the vectors have shapes {got}, and {shapes} is needed", code="shape")


# ---- torch.func and jax --------------------------------------------------------------------------------


def _positions(tracer: Tracer, argnums: Value) -> int | tuple[int, ...]:
    if isinstance(argnums, (list, tuple)):
        return tuple(tracer.whole(each, "argnums") for each in argnums)
    return tracer.whole(argnums, "argnums")


def _derivative(kind: str, *paths: str) -> None:
    """Declare a function that takes a function and gives its derivative."""

    def derive(tracer: Tracer, func: Value, argnums: Value = 0.0) -> Value:
        _check_function(func)
        return Derivative(DIFFERENTIATION[kind], func, _positions(tracer, argnums))

    _member(*paths)(derive)


_derivative("grad", "torch.func.grad", "jax.grad", "autograd.elementwise_grad")
_derivative(
    "jacobian", "torch.func.jacrev", "torch.func.jacfwd", "jax.jacobian", "jax.jacrev", "jax.jacfwd",
    "autograd.jacobian",
)  # fmt: skip
_derivative("hessian", "torch.func.hessian", "jax.hessian", "autograd.hessian")


def _with_value(name: str, value_first: bool, *paths: str) -> None:
    def both(tracer: Tracer, func: Value, argnums: Value = 0.0) -> Value:
        _check_function(func)
        positions = _positions(tracer, argnums)

        def call(tracer: Tracer, arguments: list[Value]) -> Calls:
            chosen = positions if isinstance(positions, tuple) else (positions,)
            if any(not -len(arguments) <= each < len(arguments) for each in chosen):
                raise ExpressionError("argnums names an argument that was not given", code="argument")
            for each in chosen:
                arguments[each] = renewed(tracer, arguments[each])
            output = yield func, list(arguments)
            inputs = tuple(arguments[each] for each in chosen)
            found = DIFFERENTIATION["grad"].derive(
                tracer, output, [inputs if isinstance(positions, tuple) else inputs[0]]
            )
            return (output, found) if value_first else (found, output)

        return Made(f"{name}({func.name})", call)

    _member(*paths)(both)


_with_value("value_and_grad", True, "jax.value_and_grad", "autograd.value_and_grad")
_with_value("grad_and_value", False, "torch.func.grad_and_value")


@_member("torch.func.jvp", "jax.jvp")
def func_jvp(tracer: Tracer, func: Value, primals: Value, tangents: Value) -> Calls:
    """`(output, Jacobian-vector product)`."""
    variables, output = yield from _applied(tracer, func, tuple(several(primals)))
    directions = _directions(tracer, variables, tuple(several(tangents)))
    outputs = [tracer.node(each) for each in several(output)]
    return output, _alike(output, [derivatives.jvp(node, variables, directions) for node in outputs])


class Vjp(Routine):
    """`torch.func.vjp(f, *primals)`: the output, and a function from weights to a tuple of cotangents."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if len(arguments) < 2 or keywords:
            raise ExpressionError("vjp takes a function and its arguments", code="argument", span=site.span)
        return self._calls(tracer, arguments[0], arguments[1:])

    def _calls(self, tracer: Tracer, func: Value, primals: list[Value]) -> Calls:
        variables, output = yield from _applied(tracer, func, primals)
        node = tracer.node(output)

        def pulled(tracer: Tracer, weights: list[Value]) -> Value:
            if len(weights) != 1:
                raise ExpressionError(f"the weights are one array, not {len(weights)}", code="argument")
            return tuple(derivatives.vjp(node, _weights(tracer, node, weights[0]), variables))

        return output, Made("vjp", pulled)


MEMBERS["torch.func.vjp"] = MEMBERS["jax.vjp"] = Vjp("vjp")


@_member("torch.vmap", "torch.func.vmap", "jax.vmap")
def vmap(tracer: Tracer, func: Value, in_dims: Value = 0.0, in_axes: Value = None) -> Value:
    """func for every entry along the first axis of its arguments; those that in_dims gives None stay whole."""
    _check_function(func)
    axes = in_dims if in_axes is None else in_axes

    def call(tracer: Tracer, arguments: list[Value]) -> Calls:
        chosen = list(axes) if isinstance(axes, (list, tuple)) else [axes] * len(arguments)
        if len(chosen) != len(arguments) or any(each not in (None, 0.0) for each in chosen):
            raise ExpressionError("in_dims is 0 or None, for each argument", code="argument")
        nodes = [tracer.node(each) for each in arguments]
        mapped = [node for node, axis in zip(nodes, chosen, strict=True) if axis is not None]
        counts = {node.shape[0] if node.shape else 0 for node in mapped}
        if len(counts) != 1 or 0 in counts:
            raise DataError("vmap needs arrays with first axes of one length", code="shape")
        results = []
        for i in range(counts.pop()):
            row = [node if axis is None else index(node, (i,)) for node, axis in zip(nodes, chosen, strict=True)]
            results.append((yield func, [tracer.bind(each) for each in row]))
        if not isinstance(results[0], tuple):
            return stack([tracer.node(each) for each in results])
        return tuple(stack([tracer.node(each) for each in column]) for column in zip(*results, strict=True))

    return Made(f"vmap({func.name})", call)
