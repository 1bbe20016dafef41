"""PyTorch's way to differentiate: tensors that require gradients, `backward`, `grad`.

A leaf's node is an alias of its own, known to the tracer; that a tensor requires a gradient means that its
node was made of a leaf's. `backward` is one reverse sweep from a result to the leaves it was made of, and
what it gives is added to what they have gathered. A leaf that is changed (which only what is not recorded
may do) gets a new alias: what came before is never swept again, so a descent of n steps takes time in n.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..engine.node import Node
from ..engine.operation import alias_of, mismatch, reshape_to, zeros
from ..engine.operations.selection import detach
from ..engine.sweeps import pull
from ..errors import DataError, ExpressionError
from .operators import BOOLEAN_OPERATIONS
from .tracer import Tracer
from .values import Gradient, Tensor, Value, View, describe

_OPAQUE = BOOLEAN_OPERATIONS | {detach}
"""Operations through which nothing is differentiated, and which PyTorch does not record either."""
_OPAQUE_NAMES = frozenset(("argmax", "argmin", "argsort"))


# ---- what requires a gradient --------------------------------------------------------------------------


def requires_grad(tracer: Tracer, node: Node) -> bool:
    """Whether node was made of a leaf. Every node is looked at once."""
    leaves, known = tracer.leaves, tracer.recorded
    if not leaves:
        return False
    stack = [node]
    while stack:
        top = stack[-1]
        if top in known:
            stack.pop()
        elif top in leaves:
            known[top] = True
        elif top.operation in _OPAQUE or top.operation.name in _OPAQUE_NAMES:
            known[top] = False
        else:
            unknown = [operand for operand in top.operands if operand not in known]
            if unknown:
                stack += unknown
            else:
                known[top] = any(known[operand] for operand in top.operands)
    return known[node]


def is_leaf(tracer: Tracer, node: Node) -> bool:
    """Whether node was made of no leaf, or is one itself."""
    return node in tracer.leaves or not requires_grad(tracer, node)


def boxed(tracer: Tracer, value: Value) -> Tensor:
    """value as a tensor. Raises ExpressionError for what is none."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (Node, float)):
        return Tensor(tracer.node(value))
    raise ExpressionError(f"{describe(value)} is no tensor", code="type", hint="make it one: torch.tensor(…)")


def leaf(tracer: Tracer, value: Value) -> Tensor:
    """value as a leaf that requires a gradient; what requires one already stays what it is."""
    box = boxed(tracer, value)
    if not requires_grad(tracer, box.node):
        box.gradient = Gradient(True)
        if isinstance(box, View):
            own = box.sever()
            own.gradient = box.gradient
            box = own
        _renew(tracer, box)
    return box if not isinstance(value, Tensor) else value


def release(tracer: Tracer, box: Tensor) -> None:
    """Make a leaf an ordinary tensor again. Raises DataError for a result, which cannot help requiring one."""
    if box.node in tracer.leaves:
        base = _base(box)
        base.gradient = None
        base.node = detach(base.node)
    elif requires_grad(tracer, box.node):
        raise DataError("only a leaf can stop requiring a gradient", code="autograd", hint="use detach()")


def _renew(tracer: Tracer, box: Tensor) -> None:
    """Give a leaf a node of its own with the value it has now."""
    assert box.gradient is not None
    box.node = alias_of(detach(box.node))
    tracer.leaves[box.node] = box.gradient


def retain(tracer: Tracer, box: Tensor) -> None:
    """Let a result gather its gradient too."""
    if not requires_grad(tracer, box.node):
        raise DataError("this tensor does not require a gradient, so there is none to retain", code="autograd")
    if box.gradient is None:
        box.gradient = Gradient(False)
        tracer.retained[box.node] = box.gradient


# ---- changing in place ---------------------------------------------------------------------------------


class Data(View):
    """`x.data`: a tensor's value, outside the graph; writing to it writes to the tensor, unrecorded."""

    __slots__ = ()

    def __init__(self, parent: Tensor) -> None:
        super().__init__(parent, detach(parent.node), detach)

    @property
    def node(self) -> Node:
        return detach(self.parent.node)

    @node.setter
    def node(self, changed: Node) -> None:
        self.parent.node = detach(changed)


def _base(box: Tensor) -> Tensor:
    while isinstance(box, View):
        box = box.parent
    return box


def write(tracer: Tracer, box: Tensor, node: Node) -> None:
    """Give box a new node. Raises DataError where that would change a leaf, and is recorded."""
    if not tracer.leaves:
        box.node = node
        return
    base, recorded = box, not tracer.detached
    while isinstance(base, View):
        recorded = recorded and not isinstance(base, Data)
        base = base.parent
    is_leaf = base.gradient is not None and base.gradient.leaf
    if is_leaf and recorded:
        raise DataError(
            "a leaf that requires a gradient cannot be changed in place while that is recorded", code="autograd",
            hint="change it inside `with torch.no_grad():`, or give the result a name of its own",
        )  # fmt: skip
    box.node = node
    if is_leaf:
        _renew(tracer, base)
    elif box.gradient is not None:
        tracer.retained[box.node] = box.gradient


# ---- sweeping ------------------------------------------------------------------------------------------


def backward(
    tracer: Tracer,
    output: Tensor,
    weights: Value = None,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """Add the gradient of output (of sum(weights * output)) to every leaf it was made of, or to inputs."""
    _check_recorded(tracer, [output.node], "backward")
    cotangent = _cotangent(tracer, output.node, weights, "backward")
    if inputs is None:
        targets = _gathering(tracer, output.node)
    else:
        targets = {}
        for each in inputs:
            each.gradient = each.gradient or Gradient(False)
            targets[each.node] = each.gradient
    found = pull([output.node], [cotangent], list(targets))
    for (node, gradient), part in zip(targets.items(), found, strict=True):
        part = zeros(node, node.shape) if part is None else part
        part = part if create_graph else detach(part)
        if gradient.grad is None:
            gradient.grad = Tensor(part)
        else:
            gradient.grad.node = gradient.grad.node + part


def _gathering(tracer: Tracer, output: Node) -> dict[Node, Gradient]:
    """The leaves that output was made of, and the results on the way that retain their gradients; oldest first."""
    found: dict[Node, Gradient] = {}
    seen, stack = {output}, [output]
    while stack:
        node = stack.pop()
        if node in tracer.leaves:
            found[node] = tracer.leaves[node]
            continue
        if node in tracer.retained:
            found[node] = tracer.retained[node]
        for operand in node.operands:
            if operand not in seen and requires_grad(tracer, operand):
                seen.add(operand)
                stack.append(operand)
    return {node: found[node] for node in sorted(found, key=lambda node: node.id)}


def gradients(
    tracer: Tracer,
    outputs: Sequence[Node],
    inputs: Sequence[Node],
    weights: Sequence[Value],
    *,
    create_graph: bool = False,
    allow_unused: bool = False,
    materialize: bool = False,
) -> tuple[Node | None, ...]:
    """The gradients of the sum of all outputs (each weighted) for inputs; None for those that do not enter.

    Raises DataError for an input that does not enter, unless allow_unused, and for what was not recorded.
    """
    _check_recorded(tracer, outputs, "grad")
    for i, node in enumerate(inputs):
        if not requires_grad(tracer, node):
            raise DataError(
                f"{_nth(i, len(inputs))} does not require a gradient", code="autograd",
                hint="make it a leaf: x.requires_grad_(), or tensor(…, requires_grad=True)",
            )  # fmt: skip
    cotangents = [_cotangent(tracer, node, each, "grad") for node, each in zip(outputs, weights, strict=True)]
    found = pull(outputs, cotangents, inputs)
    results: list[Node | None] = []
    for i, (node, part) in enumerate(zip(inputs, found, strict=True)):
        if part is None and materialize:
            part = zeros(node, node.shape)
        if part is None and not allow_unused:
            raise DataError(
                f"{_nth(i, len(inputs))} does not enter what is differentiated", code="autograd",
                hint="allow_unused=True gives None for it",
            )  # fmt: skip
        results.append(part if part is None or create_graph else detach(part))
    return tuple(results)


def _nth(position: int, count: int) -> str:
    return "the input" if count == 1 else f"input {position} of {count}, counted from 0,"


def _check_recorded(tracer: Tracer, outputs: Iterable[Node], name: str) -> None:
    if not all(requires_grad(tracer, node) for node in outputs):
        raise DataError(
            f"nothing that {name} starts from was made of a tensor that requires a gradient", code="autograd",
            hint="x.requires_grad_(), before x is used; and not inside no_grad or after detach",
        )  # fmt: skip


def _cotangent(tracer: Tracer, output: Node, weights: Value, name: str) -> Node:
    if weights is None:
        if output.size != 1:
            given = "gradient=…" if name == "backward" else "grad_outputs=…"
            raise DataError(
                f"{name} needs one number, and this is an array of shape {output.shape}", code="not-scalar",
                hint=f"weight the elements with {given}, or add them up with sum()",
            )  # fmt: skip
        return reshape_to(output.graph.constant(1.0), (1,) * len(output.shape))
    node = tracer.node(weights)
    if node.shape != output.shape:
        problem = "do not go together: the weights, and what is differentiated"
        raise mismatch([node.shape, output.shape], problem, "they must be equal")
    return node
