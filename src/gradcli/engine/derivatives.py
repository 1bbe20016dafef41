"""Derivatives as graphs: sweeps applied once, twice, or with a batch of seeds.

Everything here gives nodes that can be differentiated again, and zeros, never None, where nothing
depends on an input. The seeds of a Jacobian are the rows of an identity matrix along a leading axis:
operations act on trailing axes, so all rows go through in one sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..errors import DataError
from .node import Node, check_shape
from .operation import ones, reshape, reshape_to, total_over, zeros
from .operations.arithmetic import scale
from .operations.structural import permute
from .sweeps import Watch, pull, push

Mode = Literal["forward", "reverse"]
Watches = list[Watch] | None


def vjp(output: Node, cotangent: Node, inputs: Sequence[Node], watches: Watches = None) -> list[Node]:
    """The cotangents of inputs: cotangent has output's shape, the results their inputs' shapes."""
    lead = cotangent.shape[: len(cotangent.shape) - len(output.shape)]
    found = pull([output], [cotangent], inputs, watches)
    return [zeros(x, lead + x.shape) if g is None else g for g, x in zip(found, inputs, strict=True)]


def jvp(
    output: Node,
    inputs: Sequence[Node],
    tangents: Sequence[Node | None],
    watches: Watches = None,
    weights: Node | None = None,
    every: bool = False,
) -> Node:
    """The tangent of output, in its shape; tangents have their inputs' shapes.

    For watches, weights says which elements of the tangent count: those whose weight is not 0; and every, that the
    tangents stand for all unit arrays.
    """
    found = push([output], inputs, tangents, watches, None if weights is None else [weights], every)[0]
    if found is not None:
        return found
    lead = next(
        (t.shape[: len(t.shape) - len(x.shape)] for t, x in zip(tangents, inputs, strict=True) if t is not None), ()
    )
    return zeros(output, lead + output.shape)


def seeds(like: Node) -> Node:
    """The unit arrays in like's shape, one for each element, along a new first axis.

    Raises LimitError where that is too large.
    """
    check_shape((like.size, *like.shape), like.graph.place)
    return like.graph.constant(np.eye(like.size).reshape((like.size, *like.shape)))


def gradient(
    output: Node,
    cotangent: Node | None,
    inputs: Sequence[Node],
    mode: Mode = "reverse",
    watches: Watches = None,
) -> list[Node]:
    """The gradient of sum(output * cotangent) for each input, in its shape.

    Raises DataError where cotangent is None and output is not a scalar.
    """
    if cotangent is None:
        if output.size != 1:
            raise not_scalar(output)
        cotangent = reshape_to(output.graph.constant(1.0), (1,) * len(output.shape))
    if mode == "reverse":
        return vjp(output, cotangent, inputs, watches)
    return [_forward_gradient(output, cotangent, x, watches) for x in inputs]


def _forward_gradient(output: Node, cotangent: Node, x: Node, watches: Watches) -> Node:
    moved = jvp(output, [x], [seeds(x)], watches, cotangent, every=True)
    weighted = total_over(scale(cotangent, moved), tuple(range(-len(output.shape), 0)))
    return reshape_to(weighted, x.shape)


def jacobian(output: Node, x: Node, mode: Mode | None = None, watches: Watches = None) -> Node:
    """All derivatives of output's elements: shape output's, then x's. Mode None: the cheaper one."""
    if mode is None:
        mode = "forward" if x.size < output.size else "reverse"
    if mode == "reverse":
        rows = vjp(output, seeds(output), [x], watches)[0]
        return reshape_to(rows, output.shape + x.shape)
    columns = jvp(output, [x], [seeds(x)], watches, every=True)
    rank = len(columns.shape)
    last = permute(columns, params=((*range(1 - rank, 0), -rank),))
    return reshape(last, params=(1, x.shape))


def hessian(output: Node, a: Node, b: Node, watches: Watches = None) -> Node:
    """Second derivatives of a scalar, forward over reverse: shape a's, then b's."""
    return jacobian(gradient(output, None, [a], watches=watches)[0], b, "forward", watches)


def hvp(output: Node, inputs: Sequence[Node], vectors: Sequence[Node | None], watches: Watches = None) -> list[Node]:
    """The Hessian of a scalar times a vector, forward over reverse: an entry an input, in its shape."""
    slopes = gradient(output, None, inputs, watches=watches)
    found = push(slopes, inputs, vectors, watches)
    return [zeros(x, x.shape) if t is None else t for t, x in zip(found, inputs, strict=True)]


def nth(
    output: Node,
    cotangent: Node | None,
    x: Node,
    order: int,
    mode: Mode | None = "reverse",
    watches: Watches = None,
) -> Node:
    """The gradient taken order times, each time of the sum of the last: for an elementwise
    expression the derivative of that order.

    Mode None takes the cheapest way. The Hessian is symmetric, so the gradient of a gradient's sum is its
    tangent along ones; and equal terms of repeated tangents are the same nodes, so that their number grows
    with a power of the order, where that of repeated reverse sweeps doubles.
    """
    if mode is None and x.size == output.size == 1:
        slope = _nth_tangent(output, x, order, watches)
        weight = ones(x, x.shape) if cotangent is None else reshape_to(cotangent, x.shape)
        return scale(weight, reshape_to(slope, x.shape))
    slope = gradient(output, cotangent, [x], mode or "reverse", watches)[0]
    if mode is None:
        return _nth_tangent(slope, x, order - 1, watches)
    for _ in range(order - 1):
        total = total_over(slope, tuple(range(-len(slope.shape), 0)))
        slope = gradient(total, None, [x], mode, watches)[0]
    return slope


def nth_mode(output: Node, x: Node) -> str:
    """How `nth` differentiates beyond the first order, where it may choose."""
    return "forward" if x.size == output.size == 1 else "forward-over-reverse"


def _nth_tangent(node: Node, x: Node, order: int, watches: Watches) -> Node:
    """The tangent of node as all of x grows, taken order times."""
    along = ones(x, x.shape)
    for _ in range(order):
        node = jvp(node, [x], [along], watches)
    return node


def not_scalar(output: Node) -> DataError:
    """The error for a gradient of something that is not one number, to be raised."""
    return DataError(
        f"the result has shape {output.shape}, and a gradient needs one number",
        code="not-scalar",
        hint="weight the elements with --grad-outputs, add them up with sum(), or ask for the jacobian",
    )
