"""`torch.autograd`: the language's own derivatives with PyTorch's arguments and in its tuples.

`torch.autograd.grad` takes results and the tensors they were made of; those of `torch.autograd.functional` take
functions. `strict` insists that every input enters; `vectorize` and `strategy` say how, and change nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeAlias

import numpy as np

from ..engine import derivatives
from ..engine.functions import Flag
from ..engine.node import Node
from ..engine.operation import ones, zeros
from ..engine.operations.selection import detach
from ..engine.operations.structural import stack
from ..engine.sweeps import ancestors, pull
from ..errors import DataError, ExpressionError
from . import autograd, hooks
from .binding import Bound
from .builtins import parameters_of
from .code import CallSite
from .differentiate import DIFFERENTIATION, renewed, scalar
from .indexing import elements
from .library import MEMBERS, member
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Closure, Tensor, Value, describe

Calls: TypeAlias = Generator[tuple[Value, list[Value]], Value, Value]


def several(value: Value) -> list[Value]:
    """The values of a list or tuple, or the one value."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def alike(value: Value, found: Sequence[Value]) -> Value:
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
    results = [tracer.node(each) for each in several(outputs)]
    weights = [None] * len(results) if grad_outputs is None else several(grad_outputs)
    if len(weights) != len(results):
        raise DataError(f"{len(results)} outputs need as many grad_outputs, got {len(weights)}", code="shape")

    wanted = [tracer.node(each) for each in several(inputs)]
    unused = allow_unused is not None and tracer.truth(allow_unused)
    if tracer.hooks and not is_grads_batched:
        return hooks.gradients(tracer, results, wanted, weights, create_graph, unused, materialize_grads)

    def found(weights: list[Value]) -> tuple[Node | None, ...]:
        return autograd.gradients(
            tracer, results, wanted, weights, create_graph=create_graph, allow_unused=unused,
            materialize=materialize_grads,
        )  # fmt: skip

    if not is_grads_batched:
        return found(weights)
    rows = [found(list(row)) for row in zip(*(elements(tracer, each) for each in weights), strict=True)]
    columns = zip(*rows, strict=True)
    return tuple(None if column[0] is None else stack(column) for column in columns)


def _backward(
    tracer: Tracer, tensors: Value, grad_tensors: Value = None, retain_graph: Value = None, create_graph: Flag = False
) -> Value:
    """`backward` of several tensors."""
    boxes = [autograd.boxed(tracer, each) for each in several(tensors)]
    weights = [None] * len(boxes) if grad_tensors is None else several(grad_tensors)
    if tracer.hooks:
        return _hooked(tracer, boxes, weights, create_graph)
    for box, weight in zip(boxes, weights, strict=False):
        autograd.backward(tracer, box, weight, create_graph)
    return None


def _hooked(tracer: Tracer, boxes: list[Tensor], weights: list[Value], create_graph: bool) -> Calls:
    for box, weight in zip(boxes, weights, strict=False):
        yield from hooks.backward(tracer, box, weight, create_graph, None)


for _path in ("torch.autograd.grad", "autograd.grad"):
    MEMBERS[_path] = Grad("grad", parameters_of(_grad), _grad)
member("torch.autograd.backward")(_backward)


@member("torch.autograd.gradcheck")
def gradcheck(
    tracer: Tracer, func: Value, inputs: Value, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
    raise_exception: Flag = True,
) -> Calls:  # fmt: skip
    """Whether the derivative of a function agrees with central differences, for every input."""
    given = [tracer.node(each) for each in several(inputs)]
    variables, output = yield from applied(tracer, func, tuple(several(inputs)))
    exact = [[tracer.known(derivatives.jacobian(tracer.node(each), x)) for x in variables] for each in several(output)]
    for position, node in enumerate(given):
        value = tracer.known(node)
        for at in np.ndindex(*value.shape):
            ends = []
            for step in (eps, -eps):
                moved = value.copy()
                moved[at] += step
                arguments = [tracer.bind(each) for each in given]
                arguments[position] = tracer.bind(tracer.graph.constant(moved))
                ends.append([tracer.known(tracer.node(each)) for each in several((yield func, arguments))])
            for row, up, down in zip(exact, *ends, strict=True):
                found, wanted = row[position][(..., *at)], (up - down) / (2.0 * eps)
                if not np.allclose(found, wanted, rtol, atol):
                    if not raise_exception:
                        return False
                    message = f"the derivative for input {position} is {found}, and differences give {wanted}"
                    raise DataError(message, code="autograd", hint="raise_exception=False gives False instead")
    return True


# ---- torch.autograd.functional -------------------------------------------------------------------------


def applied(
    tracer: Tracer, func: Value, inputs: Value, strict: bool = False
) -> Generator[tuple[Value, list[Value]], Value, tuple[list[Node], Value]]:
    """The new variables in place of inputs, and what func gives for them.

    Raises DataError where that is to be strict, and an input does not enter an output.
    """
    check_function(func)
    arguments = [renewed(tracer, each) for each in several(inputs)]
    output = yield func, list(arguments)
    variables = [tracer.node(each) for each in arguments]
    if strict:
        _check_entering(tracer, variables, output)
    return variables, output


def check_function(func: Value) -> None:
    """Raise ExpressionError for what is no function."""
    if not isinstance(func, (Closure, Routine)):
        raise ExpressionError(f"a function is needed here, not {describe(func)}", code="type")


def _check_entering(tracer: Tracer, variables: Sequence[Node], output: Value) -> None:
    for i, each in enumerate(several(output)):
        entering = set(ancestors([tracer.node(each)]))
        for j, variable in enumerate(variables):
            if variable not in entering:
                message = f"input {j} does not enter output {i}, both counted from 0"
                raise DataError(message, code="autograd", hint="strict=False takes its derivative as 0")


def _kept(found: Sequence[Node], create_graph: bool) -> list[Value]:
    return list(found) if create_graph else [detach(each) for each in found]


@member("torch.autograd.functional.jacobian")
def jacobian(
    tracer: Tracer, func: Value, inputs: Value, create_graph: Flag = False, strict: Flag = False,
    vectorize: Flag = False, strategy: Value = None,
) -> Calls:  # fmt: skip
    """The Jacobian of a function; for several inputs (or outputs) a tuple (of tuples)."""
    variables, output = yield from applied(tracer, func, inputs, strict)
    rows = []
    for each in several(output):
        node = tracer.node(each)
        row = _kept([derivatives.jacobian(node, variable) for variable in variables], create_graph)
        rows.append(alike(inputs, row))
    return alike(output, rows)


@member("torch.autograd.functional.hessian")
def hessian(
    tracer: Tracer, func: Value, inputs: Value, create_graph: Flag = False, strict: Flag = False,
    vectorize: Flag = False, outer_jacobian_strategy: Value = None,
) -> Calls:  # fmt: skip
    """The Hessian of a function that gives a number; for several inputs a tuple of tuples."""
    variables, output = yield from applied(tracer, func, inputs, strict)
    node = scalar(tracer, "hessian", output)
    rows = [alike(inputs, _kept([derivatives.hessian(node, a, b) for b in variables], create_graph)) for a in variables]
    return alike(inputs, rows)


@member("torch.autograd.functional.vjp")
def vjp(
    tracer: Tracer, func: Value, inputs: Value, v: Value = None, create_graph: Flag = False, strict: Flag = False
) -> Calls:
    """`(output, vector-Jacobian product)`; several outputs take a weight each."""
    variables, output = yield from applied(tracer, func, inputs, strict)
    found = weighted(tracer, output, v, variables)
    return _outside(tracer, output, create_graph), alike(inputs, _kept(found, create_graph))


@member("torch.autograd.functional.jvp")
def jvp(
    tracer: Tracer, func: Value, inputs: Value, v: Value = None, create_graph: Flag = False, strict: Flag = False
) -> Calls:
    """`(output, Jacobian-vector product)`."""
    variables, output = yield from applied(tracer, func, inputs, strict)
    along = directions(tracer, variables, v)
    found = [derivatives.jvp(tracer.node(each), variables, along) for each in several(output)]
    return _outside(tracer, output, create_graph), alike(output, _kept(found, create_graph))


@member("torch.autograd.functional.hvp", "torch.autograd.functional.vhp")
def hvp(
    tracer: Tracer, func: Value, inputs: Value, v: Value = None, create_graph: Flag = False, strict: Flag = False
) -> Calls:
    """`(output, Hessian times a vector)`; the Hessian is symmetric, so a vector times it is the same."""
    variables, output = yield from applied(tracer, func, inputs, strict)
    node = scalar(tracer, "hvp", output)
    found = derivatives.hvp(node, variables, directions(tracer, variables, v))
    return _outside(tracer, output, create_graph), alike(inputs, _kept(found, create_graph))


def _outside(tracer: Tracer, output: Value, create_graph: bool) -> Value:
    return alike(output, _kept([tracer.node(each) for each in several(output)], create_graph))


def weighted(tracer: Tracer, output: Value, weights: Value, variables: Sequence[Node]) -> list[Node]:
    """The gradients of all outputs, each weighted and added up, in the variables' shapes."""
    nodes = [tracer.node(each) for each in several(output)]
    given = [None] * len(nodes) if weights is None else several(weights)
    if len(given) != len(nodes):
        raise DataError(f"{len(nodes)} outputs need as many weights, got {len(given)}", code="shape")
    cotangents = [_cotangent(tracer, node, each) for node, each in zip(nodes, given, strict=True)]
    found = pull(nodes, cotangents, list(variables))
    return [zeros(x, x.shape) if g is None else g for x, g in zip(variables, found, strict=True)]


def _cotangent(tracer: Tracer, output: Node, weights: Value) -> Node:
    if weights is None:
        if output.size != 1:
            raise derivatives.not_scalar(output)
        return ones(output, output.shape)
    node = tracer.node(weights)
    check_shapes([node], [output])
    return node


def directions(tracer: Tracer, variables: Sequence[Node], given: Value) -> list[Node]:
    """A direction for each variable, ones where none are given. Raises DataError where shapes differ."""
    if given is None:
        return [ones(each, each.shape) for each in variables]
    found = [tracer.node(each) for each in several(given)]
    check_shapes(found, variables)
    return found


def check_shapes(given: Sequence[Node], wanted: Sequence[Node]) -> None:
    """Raise DataError where vectors do not have the shapes of what they go with."""
    if [each.shape for each in given] != [each.shape for each in wanted]:
        shapes = " and ".join(str(each.shape) for each in wanted)
        got = " and ".join(str(each.shape) for each in given)
        raise DataError(f"the vectors have shapes {got}, and {shapes} is needed", code="shape")
