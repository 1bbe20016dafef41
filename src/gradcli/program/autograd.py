"""PyTorch's way to differentiate: tensors that require gradients, `backward`, `grad`.

A leaf's node is an alias of its own, known to the tracer; that a tensor requires a gradient means that its
node was made of a leaf's. `backward` is one reverse sweep from a result to the leaves it was made of, and
what it gives is added to what they have gathered. A leaf that is changed (which only what is not recorded
may do) gets a new alias: what came before is never swept again, so a descent of n steps takes time in n.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from ..engine.node import Node
from ..engine.operation import mismatch, reshape_to, zeros
from ..engine.operations.selection import detach
from ..engine.sweeps import pull
from ..errors import DataError, ExpressionError
from .tracer import Tracer
from .truths import BOOLEAN_OPERATIONS, kept
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
    if len(known) <= node.id:
        known.extend(bytes(node.id + 1 + len(known) // 8 - len(known)))
    if not known[node.id]:
        for each in _unknown(known, node):
            if each in leaves:
                known[each.id] = _YES
            elif each.operation not in _OPAQUE and each.operation.name not in _OPAQUE_NAMES:
                for operand in each.operands:
                    if known[operand.id] == _YES:
                        known[each.id] = _YES
                        break
    return known[node.id] == _YES


_NO, _YES = 1, 2
"""What `recorded` says of a node that has been looked at."""


def _unknown(known: bytearray, node: Node) -> list[Node]:
    """node and what it is made of, oldest first, as far as nobody has looked at it; marked with no for now."""
    known[node.id] = _NO
    found, stack = [node], [node]
    while stack:
        for operand in stack.pop().operands:
            if not known[operand.id]:
                known[operand.id] = _NO
                found.append(operand)
                stack.append(operand)
    found.sort(key=attrgetter("id"))
    return found


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
        box.gradient = box.gradient or Gradient()
        box.gradient.leaves = tracer.leaves
        _cut_off(box, box.gradient.renewed(box.node))
    return box


def release(tracer: Tracer, box: Tensor) -> None:
    """Make a leaf an ordinary tensor again. Raises DataError for a result, which cannot help requiring one."""
    if box.gradient is not None and box.leaf:
        box.gradient.leaves = None
        _cut_off(box, detach(box.node))
    elif requires_grad(tracer, box.node):
        raise DataError("only a leaf can stop requiring a gradient", code="autograd", hint="use detach()")


def cut_off(tracer: Tracer, box: Tensor) -> None:
    """Make of a result a tensor that was made of nothing; of a leaf one that requires no gradient."""
    if box.leaf:
        release(tracer, box)
    else:
        box.gradient = None
        _cut_off(box, detach(box.node))


def _cut_off(box: Tensor, node: Node) -> None:
    """Give box a node of its own with the value it has; a view still shares that value."""
    if isinstance(box, View):
        box.cut = True
        box.settle(node)
    else:
        box.node = node


def retain(tracer: Tracer, box: Tensor) -> None:
    """Let a result gather its gradient too."""
    if not requires_grad(tracer, box.node):
        raise DataError("this tensor does not require a gradient, so there is none to retain", code="autograd")
    if not box.leaf:
        box.gradient = box.gradient or Gradient()
        tracer.retained[box.node] = box.gradient


# ---- changing in place ---------------------------------------------------------------------------------


class Data(View):
    """`x.data`, `x.detach()`: a tensor's value, outside the graph; writing to it writes to the tensor, unrecorded."""

    __slots__ = ()

    def __init__(self, parent: Tensor, part: Node | None = None) -> None:
        super().__init__(parent, detach(parent.node) if part is None else part, _whole, cut=True)

    def spread(self, changed: Node) -> Node:
        return detach(changed) if self._read is _whole else super().spread(changed)


def _whole(node: Node) -> Node:
    return node


def write(tracer: Tracer, box: Tensor, node: Node) -> None:
    """Give box a new node, and with it every tensor that shares its value.

    Where that is not recorded, a leaf stays one, and a result keeps what it was made of: only its value is
    another. Raises DataError where a leaf, or a view of one, would be changed and that is recorded.
    """
    node = kept(box.node, node)
    if not tracer.leaves:
        box.node = node
        return
    recorded = not tracer.detached
    if recorded:
        _check_recordable(tracer, box)
    settled: list[tuple[View, Node]] = []
    while True:
        view = box if isinstance(box, View) else None
        if view is None or view.cut:
            node = _kept(tracer, box, node, recorded)
        gradient = tracer.retained.pop(box.node, None)
        if gradient is not None:
            tracer.retained[node] = gradient
        if view is None:
            box.node = node
            break
        if view.cut or gradient is not None:
            settled.append((view, node))
        recorded = recorded and not view.cut
        box, node = view.parent, view.spread(node)
    for view, part in reversed(settled):
        view.settle(part)


def _check_recordable(tracer: Tracer, box: Tensor) -> None:
    """Raise DataError where a recorded change of box changes a leaf, or history that box has no part in."""
    what = "a leaf"
    while not box.leaf:
        if not isinstance(box, View):
            return
        if box.cut:
            if not isinstance(box, Data) and requires_grad(tracer, box.parent.node):
                raise DataError(
                    "a view that was made where nothing is recorded cannot be changed where that is", code="autograd",
                    hint="make the view and change it inside `with torch.no_grad():`, or both outside",
                )  # fmt: skip
            return
        box, what = box.parent, "a view of a leaf"
    raise DataError(
        f"{what} that requires a gradient cannot be changed in place while that is recorded", code="autograd",
        hint="change it inside `with torch.no_grad():`, or give the result a name of its own",
    )  # fmt: skip


def _kept(tracer: Tracer, box: Tensor, node: Node, recorded: bool) -> Node:
    """The node box gets, as the value to have and what it was made of ask for it."""
    if box.gradient is not None and box.leaf:
        return box.gradient.renewed(node)
    old = box.node
    if recorded or old.shape != node.shape or not requires_grad(tracer, old):
        return node
    return (old - detach(old)) + detach(node)  # 0, which differentiates as old does, and the value


# ---- sweeping ------------------------------------------------------------------------------------------


def backward(
    tracer: Tracer,
    output: Tensor,
    weights: Value = None,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """Add the gradient of output (of sum(weights * output)) to every leaf it was made of, or to inputs."""
    targets, cotangent = begun(tracer, output, weights, inputs)
    gather(targets, swept(tracer, [output.node], [cotangent], list(targets), create_graph))


def begun(
    tracer: Tracer, output: Tensor, weights: Value, inputs: Sequence[Tensor] | None
) -> tuple[dict[Node, Gradient], Node]:
    """What a `backward` sweeps to, oldest first, and the cotangent that it starts with."""
    _check_recorded(tracer, [output.node], "backward")
    cotangent = _cotangent(tracer, output.node, weights, "backward")
    if inputs is None:
        return _gathering(tracer, output.node), cotangent
    targets = {}
    for each in inputs:
        each.gradient = each.gradient or Gradient()
        targets[each.node] = each.gradient
    return targets, cotangent


def gather(targets: dict[Node, Gradient], found: Sequence[Node | None]) -> None:
    """Add what was found to what the targets have gathered."""
    for (node, gradient), part in zip(targets.items(), found, strict=True):
        part = zeros(node, node.shape) if part is None else part
        if gradient.grad is None:
            gradient.grad = Tensor(part)
        else:
            gradient.grad.node = gradient.grad.node + part


def swept(
    tracer: Tracer, outputs: Sequence[Node], cotangents: Sequence[Node], inputs: Sequence[Node], create_graph: bool
) -> Sequence[Node | None]:
    """The cotangents of inputs: numbers, where they can be known and are not to be differentiated again."""
    if create_graph:
        return pull(outputs, cotangents, inputs)
    found = tracer.backpropagated(outputs, cotangents, inputs)
    if found is None:
        found = [None if part is None else detach(part) for part in pull(outputs, cotangents, inputs)]
    return found


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
            if operand not in seen and tracer.recorded[operand.id] == _YES:
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
    cotangents = asked(tracer, outputs, inputs, weights)
    found = swept(tracer, outputs, cotangents, inputs, create_graph)
    return entering(inputs, found, allow_unused, materialize)


def asked(tracer: Tracer, outputs: Sequence[Node], inputs: Sequence[Node], weights: Sequence[Value]) -> list[Node]:
    """The cotangents that a sweep from outputs starts with. Raises DataError where that cannot be asked."""
    _check_recorded(tracer, outputs, "grad")
    for i, node in enumerate(inputs):
        if not requires_grad(tracer, node):
            raise DataError(
                f"{_nth(i, len(inputs))} does not require a gradient", code="autograd",
                hint="make it a leaf: x.requires_grad_(), or tensor(…, requires_grad=True)",
            )  # fmt: skip
    return [_cotangent(tracer, node, each, "grad") for node, each in zip(outputs, weights, strict=True)]


def entering(
    inputs: Sequence[Node], found: Sequence[Node | None], allow_unused: bool, materialize: bool
) -> tuple[Node | None, ...]:
    """What was found for inputs. Raises DataError where that is nothing, and nothing else was asked for."""
    results: list[Node | None] = []
    for i, (node, part) in enumerate(zip(inputs, found, strict=True)):
        if part is None and materialize:
            part = zeros(node, node.shape)
        if part is None and not allow_unused:
            raise DataError(
                f"{_nth(i, len(inputs))} does not enter what is differentiated", code="autograd",
                hint="allow_unused=True gives None for it",
            )  # fmt: skip
        results.append(part)
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
