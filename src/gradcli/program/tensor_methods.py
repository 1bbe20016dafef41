"""The attributes and methods that PyTorch's tensors have for differentiation: `x.grad`, `y.backward()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..engine.functions import Flag
from ..engine.node import Node
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError
from ..text import printable
from . import autograd, hooks
from .binding import Bound
from .builtins import parameters_of
from .objects import Object
from .routines import Routine
from .tracer import Tracer
from .values import Gradient, Tensor, Value, describe

Read: TypeAlias = Callable[[Tracer, Value, bool], Value]
TENSOR_METHODS: dict[str, Routine] = {}


def _method(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        TENSOR_METHODS.update((name, Bound(name, parameters_of(call), call)) for name in names)
        return call

    return declare


# ---- attributes ----------------------------------------------------------------------------------------


def _grad(tracer: Tracer, value: Value, bound: bool) -> Value:
    state = _state(value)
    return None if state is None else state.grad


def _state(value: Value) -> Gradient | None:
    return value.gradient if isinstance(value, Tensor) else None


def _data(tracer: Tracer, value: Value, bound: bool) -> Value:
    return autograd.Data(value) if isinstance(value, Tensor) else detach(tracer.node(value))


def _grad_fn(tracer: Tracer, value: Value, bound: bool) -> Value:
    node = tracer.node(value)
    return None if autograd.is_leaf(tracer, node) else f"<{_recorded_as(tracer, node)}>"


def _recorded_as(tracer: Tracer, node: Node) -> str:
    """What PyTorch calls the step that made a result: by the function that was called, or else the operation."""
    while True:
        called = _CALLED.get(tracer.calls.get(node, ""))
        if called is not None:
            return f"{called}Backward{int(called in _SECOND)}"
        if node.operation.name != "alias" or node in tracer.leaves:
            break
        node = node.operands[0]  # of which this is a second name
    name = node.operation.name
    if name == "getitem" and len(node.shape) == len(node.operands[0].shape):
        name = "slice"
    return (_RECORDED.get(name) or _capitalized(name)) + "Backward0"


def _capitalized(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


_RECORDED = {
    "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "negative": "Neg", "power": "Pow",
    "square": "Pow", "constant_power": "Pow", "total": "Sum", "getitem": "Select", "gather": "Index",
    "assign": "CopySlices", "matmul": "Mm", "expand": "Expand", "scale": "Mul", "join": "Cat", "concatenate": "Cat",
    "reshape": "View",
}  # fmt: skip
"""What PyTorch calls operations that have another name here."""
_CALLED = {
    name: _capitalized(name)
    for name in (
        "binary_cross_entropy", "binary_cross_entropy_with_logits", "clone", "cumsum", "dot", "log_softmax",
        "logsumexp", "max", "mean", "min", "mse_loss", "prod", "softmax", "squeeze", "stack", "std", "sum", "t",
        "transpose", "unbind", "unsqueeze", "var", "view",
    )
} | {"cat": "Cat", "clamp": "Clamp", "flatten": "View", "norm": "LinalgVectorNorm", "reshape": "View"}  # fmt: skip
"""Functions that are several operations here, or an operation that others are too, and one step in PyTorch."""
_SECOND = frozenset(("Clamp", "Max", "Min"))
"""Those that PyTorch counts on: `MaxBackward1`."""

TENSOR_ATTRIBUTES: dict[str, Read] = {
    "data": _data,
    "grad": _grad,
    "grad_fn": _grad_fn,
    "is_leaf": lambda tracer, value, bound: autograd.is_leaf(tracer, tracer.node(value)),
    "requires_grad": lambda tracer, value, bound: (
        not (tracer.detached and type(value) is Node) and autograd.requires_grad(tracer, tracer.node(value))
    ),
    "retains_grad": lambda tracer, value, bound: tracer.node(value) in tracer.retained,
}


def set_attribute(tracer: Tracer, owner: Value, name: str, value: Value) -> None:
    """`owner.name = value`. Raises ExpressionError where that means nothing."""
    if isinstance(owner, Object) and owner.assign(tracer, name, value):
        return
    if not isinstance(owner, Tensor) or name not in ("data", "grad", "requires_grad"):
        message = f"the attribute {printable(name)} of {describe(owner)} cannot be assigned to"
        raise ExpressionError(message, code="attribute")
    if name == "data":
        _set_data(tracer, owner, tracer.node(value))
    elif name == "requires_grad":
        requires_grad_(tracer, owner, tracer.truth(value))
    else:
        _set_grad(tracer, owner, value)


def _set_data(tracer: Tracer, owner: Tensor, node: Node) -> None:
    autograd.write(tracer, autograd.Data(owner), node)


def _set_grad(tracer: Tracer, owner: Tensor, value: Value) -> None:
    if owner.gradient is None:
        owner.gradient = Gradient()
    if value is None:
        owner.gradient.grad = None
        return
    box = autograd.boxed(tracer, value)
    if box.node.shape != owner.node.shape:
        raise DataError(f"a gradient of shape {box.node.shape} for a tensor of shape {owner.node.shape}", code="shape")
    owner.gradient.grad = box


# ---- methods -------------------------------------------------------------------------------------------


@_method("requires_grad_")
def requires_grad_(tracer: Tracer, x: Value, requires_grad: Flag = True) -> Value:
    """Let a tensor gather gradients (or no longer)."""
    if requires_grad:
        return autograd.leaf(tracer, x)
    box = autograd.boxed(tracer, x)
    autograd.release(tracer, box)
    return box


@_method("retain_grad")
def retain_grad(tracer: Tracer, x: Value) -> Value:
    """Let a result gather its gradient too."""
    autograd.retain(tracer, autograd.boxed(tracer, x))


@_method("backward")
def backward(
    tracer: Tracer,
    x: Value,
    gradient: Value = None,
    retain_graph: Value = None,
    create_graph: Flag = False,
    inputs: Value = None,
) -> Value:
    """Add the gradient of a number, or of weighted elements, to every leaf it was made of."""
    if inputs is not None:
        several = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        inputs = [autograd.boxed(tracer, each) for each in several]
    if tracer.hooks:
        return hooks.backward(tracer, autograd.boxed(tracer, x), gradient, create_graph, inputs)
    return autograd.backward(tracer, autograd.boxed(tracer, x), gradient, create_graph, inputs)


@_method("register_hook")
def register_hook(tracer: Tracer, x: Value, hook: Value) -> Value:
    """Call a function with a tensor's gradient; what that gives, if anything, takes its place."""
    return hooks.register(tracer, x, hook)


@_method("detach_")
def detach_(tracer: Tracer, x: Value) -> Value:
    """Cut a result off from what it was made of."""
    box = autograd.boxed(tracer, x)
    autograd.cut_off(tracer, box)
    return box
