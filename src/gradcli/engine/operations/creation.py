"""Arrays made from nothing but their shape."""

from __future__ import annotations

import numpy as np

from ...errors import DataError
from ..functions import Flag, Shape, Whole, constant_of, function, sample
from ..node import Graph, Node, check_shape
from ..operation import broadcast_to, filled
from .structural import broadcast_to_shape

GROUP = "creation"


def _sizes(shape: Shape, graph: Graph) -> Shape:
    if any(size < 0 for size in shape):
        raise DataError(f"shape {shape} has a negative size", code="shape")
    check_shape(shape, graph.place)
    return shape


@function(GROUP, method=False, samples=[sample("zeros(2, 3) + x", x=())])
def zeros(graph: Graph, shape: Shape) -> Node:
    """An array of zeros."""
    return broadcast_to(graph.constant(0.0), _sizes(shape, graph))


@function(GROUP, method=False, samples=[sample("ones(2, 3) * x", x=())])
def ones(graph: Graph, shape: Shape) -> Node:
    """An array of ones."""
    return broadcast_to(graph.constant(1.0), _sizes(shape, graph))


@function(GROUP, method=False, aliases=("empty",), samples=[sample("full((2, 2), x)", x=())])
def full(graph: Graph, shape: Shape, value: Node | float = 0.0) -> Node:
    """An array filled with one value."""
    node = value if isinstance(value, Node) else graph.constant(value)
    return broadcast_to_shape(node, _sizes(shape, graph))


@function(GROUP, method=False, aliases=("identity",), samples=[sample("eye(2) * x", x=())])
def eye(graph: Graph, n: Whole, m: Whole | None = None, k: Whole = 0) -> Node:
    """The identity matrix, n by n or n by m; or ones on another diagonal, the k-th."""
    _sizes((n, n if m is None else m), graph)
    return constant_of(graph, np.eye(n, m, k))


@function(GROUP, method=False, samples=[sample("arange(1, 4) * x", x=())])
def arange(graph: Graph, start: float, stop: float | None = None, step: float = 1.0) -> Node:
    """start, start + step, … up to but not including stop; from 0 with one argument."""
    if stop is None:
        start, stop = 0.0, start
    if step == 0 or not np.isfinite([start, stop, step]).all():
        raise DataError("arange needs finite bounds and a step that is not 0")
    count = int(np.ceil(min(max(0.0, (stop - start) / step), 1e18)))  # beyond any bound, and a number still
    _sizes((count,), graph)
    return constant_of(graph, start + step * np.arange(count))


@function(GROUP, method=False, samples=[sample("linspace(0, 1, 5) * x", x=()), sample("linspace(x, y, 4)", x=(), y=())])
def linspace(graph: Graph, start: Node | float, stop: Node | float, num: Whole = 50, endpoint: Flag = True) -> Node:
    """num evenly spaced numbers from start to stop, both included unless endpoint is False."""
    _sizes((num,), graph)
    if isinstance(start, float) and isinstance(stop, float):
        if not np.isfinite([start, stop]).all():
            raise DataError("linspace needs finite bounds")
        return constant_of(graph, np.linspace(start, stop, num, endpoint))
    steps = max(1, num - endpoint)
    share = constant_of(graph, np.arange(num) / steps)
    first, last = (each if isinstance(each, Node) else graph.constant(each) for each in (start, stop))
    if first.shape or last.shape:
        raise DataError("linspace goes from one number to another, not between arrays", code="shape")
    return first * constant_of(graph, (steps - np.arange(num)) / steps) + last * share


@function(GROUP, method=False, samples=[sample("logspace(0, 2, 3) * x", x=())])
def logspace(
    graph: Graph, start: float, stop: float, num: Whole = 50, endpoint: Flag = True, base: float = 10.0
) -> Node:
    """Powers of base, the exponents evenly spaced from start to stop."""
    _sizes((num,), graph)
    if not np.isfinite([start, stop]).all():
        raise DataError("logspace needs finite bounds")
    with np.errstate(all="ignore"):
        return constant_of(graph, np.logspace(start, stop, num, endpoint, base))


@function(GROUP, method=False, samples=[sample("geomspace(1, 8, 4) * x", x=())])
def geomspace(graph: Graph, start: float, stop: float, num: Whole = 50, endpoint: Flag = True) -> Node:
    """num numbers in geometric progression from start to stop."""
    _sizes((num,), graph)
    if not np.isfinite([start, stop]).all() or np.sign(start) * np.sign(stop) <= 0.0:
        raise DataError("geomspace needs finite bounds of one sign, and not 0")
    return constant_of(graph, np.geomspace(start, stop, num, endpoint))


@function(GROUP, samples=[sample("zeros_like(x) + x", x=(2,))])
def zeros_like(x: Node) -> Node:
    """Zeros in x's shape."""
    return filled(x, x.shape, 0.0)


@function(GROUP, samples=[sample("ones_like(x) * x", x=(2,))])
def ones_like(x: Node) -> Node:
    """Ones in x's shape."""
    return filled(x, x.shape, 1.0)


@function(GROUP, aliases=("empty_like",), samples=[sample("full_like(x, 2) * x", x=(2,))])
def full_like(x: Node, value: Node | float = 0.0) -> Node:
    """One value in x's shape."""
    return broadcast_to_shape(x.lift(value), x.shape)


@function(GROUP, method=False, samples=[sample("randn(3) * x", x=())])
def randn(graph: Graph, shape: Shape = ()) -> Node:
    """Normally distributed numbers, drawn from --seed (0 unless told)."""
    return constant_of(graph, graph.random.standard_normal(_sizes(shape, graph)))


@function(GROUP, method=False, aliases=("random",), samples=[sample("rand(3) * x", x=())])
def rand(graph: Graph, shape: Shape = ()) -> Node:
    """Numbers evenly distributed in [0, 1), drawn from --seed (0 unless told)."""
    return constant_of(graph, graph.random.random(_sizes(shape, graph)))


def _like(x: Node, draw: str) -> Node:
    values = getattr(x.graph.random, draw)(x.shape)
    return constant_of(x.graph, values)


@function(GROUP, samples=[sample("randn_like(x) * x", x=(2,))])
def randn_like(x: Node) -> Node:
    """Normally distributed numbers in x's shape."""
    return _like(x, "standard_normal")


@function(GROUP, samples=[sample("rand_like(x) * x", x=(2,))])
def rand_like(x: Node) -> Node:
    """Numbers evenly distributed in [0, 1) in x's shape."""
    return _like(x, "random")


@function(
    GROUP, method=False, aliases=("array", "asarray", "as_tensor", "float64"), samples=[sample("tensor(x)", x=(2,))]
)
def tensor(x: Node) -> Node:
    """x itself: lists are arrays already."""
    return x
