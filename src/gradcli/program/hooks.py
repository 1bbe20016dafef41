"""`x.register_hook(f)`: functions that see, and may change, gradients on their way.

`backward` sweeps to the newest result that has hooks and calls them with the gradient it found. What they change is one
more cotangent, with which the next sweep begins at that result.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

from ..engine.node import Node
from ..engine.sweeps import ancestors
from ..errors import DataError, ExpressionError
from . import autograd
from .objects import Object, method
from .routines import Routine
from .tracer import Tracer
from .values import Closure, Tensor, Value

Calls: TypeAlias = Generator[Any, Value, Value]
Sweep: TypeAlias = Generator[Any, Value, list[Node | None]]


class Handle(Object):
    """What `register_hook` gives: it takes the hook away again."""

    __slots__ = ("function", "hooks")

    def __init__(self, hooks: list[Value], function: Value) -> None:
        super().__init__("handle")
        self.hooks, self.function = hooks, function


@method(Handle, "remove")
def remove(tracer: Tracer, handle: Value) -> Value:
    """Take the hook away."""
    if handle.function in handle.hooks:
        handle.hooks.remove(handle.function)


def register(tracer: Tracer, x: Value, hook: Value) -> Value:
    """Let hook see the gradient of a tensor, and change it where it gives another."""
    if not isinstance(hook, (Closure, Routine)):
        raise ExpressionError("a hook is a function of the gradient", code="type")
    box = autograd.boxed(tracer, x)
    if not autograd.requires_grad(tracer, box.node):
        raise DataError("this tensor does not require a gradient, so a hook would never be called", code="autograd")
    key: Any = box.gradient if box.leaf else box.node
    found = tracer.hooks.setdefault(key, [])
    found.append(hook)
    return Handle(found, hook)


def _called(tracer: Tracer, key: Any, gradient: Node) -> Generator[Any, Value, Node]:
    """The gradient after the hooks that stand under a key."""
    for hook in tuple(tracer.hooks.get(key, ())):
        given = yield hook, [tracer.bind(gradient)]
        gradient = gradient if given is None else tracer.node(given)
    return gradient


def swept(
    tracer: Tracer, outputs: Sequence[Node], cotangents: Sequence[Node], inputs: Sequence[Node], create_graph: bool,
    gathers: bool = True,
) -> Sweep:  # fmt: skip
    """The cotangents of inputs, after hooks on the way and their own; not a result's own where nothing gathers."""
    sources, weights = list(outputs), list(cotangents)
    before: dict[Node, Node] = {}
    for node in reversed([each for each in ancestors(outputs, known=tracer.leaves) if each in tracer.hooks]):
        (found,) = autograd.swept(tracer, sources, weights, [node], create_graph)
        if found is None:
            continue
        before[node] = found
        changed = yield from _called(tracer, node, found)
        if changed is not found:
            sources.append(node)
            weights.append(changed - found)
    results: list[Node | None] = []
    for node, part in zip(inputs, autograd.swept(tracer, sources, weights, inputs, create_graph), strict=True):
        leaf = tracer.leaves.get(node)
        if part is not None and leaf is not None:
            part = yield from _called(tracer, leaf, part)
        results.append(part if gathers else before.get(node, part))
    return results


def backward(
    tracer: Tracer, output: Tensor, weights: Value, create_graph: bool, inputs: Sequence[Tensor] | None
) -> Calls:
    """`autograd.backward`, with hooks."""
    targets, cotangent = autograd.begun(tracer, output, weights, inputs)
    autograd.gather(targets, (yield from swept(tracer, [output.node], [cotangent], list(targets), create_graph)))


def gradients(
    tracer: Tracer, outputs: Sequence[Node], inputs: Sequence[Node], weights: Sequence[Value], create_graph: bool,
    allow_unused: bool, materialize: bool,
) -> Generator[Any, Value, tuple[Node | None, ...]]:  # fmt: skip
    """`autograd.gradients`, with hooks."""
    cotangents = autograd.asked(tracer, outputs, inputs, weights)
    found = yield from swept(tracer, outputs, cotangents, inputs, create_graph, gathers=False)
    return autograd.entering(inputs, found, allow_unused, materialize)
