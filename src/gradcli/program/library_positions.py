"""Functions that find positions, count and put together: `np.nonzero`, `np.unique`, `np.append`, `torch.cdist`.

What they give is known when they are called, but for values that are moved, which stay differentiable.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations as chosen
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.functions import FUNCTIONS, Data, Flag, Whole
from ..engine.node import Node
from ..engine.operation import reshape_to
from ..engine.operations.indexing import index
from ..engine.operations.structural import concatenate
from ..errors import DataError
from .indexing import elements
from .library import built, member
from .library_functions import NUMPY, _paths
from .operators import BINARY
from .tracer import Tracer
from .transforms import Made
from .values import Value

NUMPY_AND_TORCH = (*NUMPY, "torch")


def _array(tracer: Tracer, values: NDArray[Any]) -> Value:
    return tracer.bind(tracer.graph.constant(values))


# ---- where something holds -----------------------------------------------------------------------------


@member(*_paths(NUMPY, "nonzero"))
def nonzero(tracer: Tracer, x: Node) -> Value:
    """The indices at which x is not 0, an array for each axis."""
    return tuple(_array(tracer, each) for each in np.nonzero(tracer.known(x)))


@member(*_paths(NUMPY_AND_TORCH, "argwhere"))
def argwhere(tracer: Tracer, x: Node) -> Value:
    """The indices at which x is not 0, a row for each."""
    return _array(tracer, np.argwhere(tracer.known(x)))


@member("torch.nonzero")
def torch_nonzero(tracer: Tracer, input: Node, as_tuple: Flag = False) -> Value:
    """The same; with as_tuple an array for each axis."""
    return nonzero(tracer, input) if as_tuple else argwhere(tracer, input)


@member(*_paths(NUMPY_AND_TORCH, "where"))
def where(tracer: Tracer, condition: Node, x: Value = None, y: Value = None) -> Value:
    """x where a condition holds, else y; without them the indices at which it does."""
    if x is None and y is None:
        return nonzero(tracer, condition)
    return FUNCTIONS["where"].build(condition, tracer.node(x), tracer.node(y))


@member(*_paths(NUMPY, "flatnonzero"))
def flatnonzero(tracer: Tracer, x: Node) -> Value:
    """The positions at which x is not 0, counted through."""
    return _array(tracer, np.flatnonzero(tracer.known(x)))


# ---- counting ------------------------------------------------------------------------------------------


@member(*_paths(NUMPY_AND_TORCH, "unique"))
def unique(
    tracer: Tracer, x: Node, return_inverse: Flag = False, return_counts: Flag = False, sorted: Flag = True
) -> Value:
    """The different numbers of x in order; with where each element is among them, and how often each occurs."""
    values, inverse, counts = np.unique(tracer.known(x), return_inverse=True, return_counts=True)
    found = [_array(tracer, values)]
    found += [_array(tracer, inverse.reshape(x.shape))] if return_inverse else []
    found += [_array(tracer, counts)] if return_counts else []
    return found[0] if len(found) == 1 else tuple(found)


@member(*_paths(NUMPY_AND_TORCH, "bincount"))
def bincount(tracer: Tracer, x: Node, weights: Value = None, minlength: Whole = 0) -> Value:
    """How often each whole number from 0 occurs in x, or the sums of weights at it."""
    numbers = tracer.known(x)
    if numbers.ndim != 1 or not (numbers == numbers.round()).all() or (numbers < 0).any():
        raise DataError("bincount takes a vector of whole numbers from 0")
    size = max(int(numbers.max(initial=-1)) + 1, minlength)
    start = built("zeros", tracer.graph, (size,))
    values = start.lift(1.0) if weights is None else tracer.node(weights)
    return FUNCTIONS["index_add"].build(start, 0, numbers, built("broadcast_to", values, x.shape))


@member(*_paths(NUMPY, "histogram"))
def histogram(tracer: Tracer, x: Node, bins: Value = 10.0, range: Value = None) -> Value:
    """How many elements lie in each of so many equal bins, or between given edges; and the edges."""
    edges = tracer.whole(bins, "bins") if isinstance(bins, float) else tracer.known(tracer.node(bins))
    ends: Any = None if range is None else tuple(tracer.number(each, "an end of the range") for each in range)
    counts, found = np.histogram(tracer.known(x), edges, ends)
    return _array(tracer, counts), _array(tracer, found)


@member("torch.histc")
def histc(tracer: Tracer, input: Node, bins: Whole = 100, min: float = 0.0, max: float = 0.0) -> Value:
    """How many elements lie in each of so many equal bins; between the smallest and the largest, unless told."""
    ends = (min, max) if min != max else None
    return _array(tracer, np.histogram(tracer.known(input), bins, ends)[0])


@member("torch.bucketize")
def bucketize(tracer: Tracer, input: Node, boundaries: Node, right: Flag = False) -> Value:
    """The number of boundaries below each element; with right, those that it equals too."""
    side: Any = "right" if right else "left"
    return _array(tracer, np.searchsorted(tracer.known(boundaries), tracer.known(input), side))


@member(*_paths(NUMPY, "digitize"))
def digitize(tracer: Tracer, x: Node, bins: Node, right: Flag = False) -> Value:
    """The number of bins that begin at or below each element."""
    return _array(tracer, np.digitize(tracer.known(x), tracer.known(bins), right))


# ---- indices -------------------------------------------------------------------------------------------


def _indices(name: str) -> None:
    """Declare the indices of a triangle: `triu_indices`, `tril_indices`."""

    def of_numpy(tracer: Tracer, n: Whole, k: Whole = 0, m: Value = None) -> Value:
        found = getattr(np, name)(n, k, None if m is None else tracer.whole(m, "m"))
        return tuple(_array(tracer, each) for each in found)

    def of_torch(tracer: Tracer, row: Whole, col: Whole, offset: Whole = 0) -> Value:
        return _array(tracer, np.stack(getattr(np, name)(row, offset, col)))

    member(*_paths(NUMPY, name))(of_numpy)
    member(f"torch.{name}")(of_torch)


_indices("triu_indices")
_indices("tril_indices")


@member(*_paths(NUMPY_AND_TORCH, "unravel_index"))
def unravel_index(tracer: Tracer, indices: Node, shape: Value) -> Value:
    """The index, axis by axis, of positions that are counted through."""
    sizes = tuple(tracer.whole(each, "a size") for each in elements(tracer, shape))
    numbers = tracer.known(indices).astype(np.intp)
    if (numbers < 0).any() or (numbers >= np.prod(sizes)).any():
        raise DataError(f"a position is out of range for shape {sizes}", code="index")
    return tuple(_array(tracer, each) for each in np.unravel_index(numbers, sizes))


@member(*_paths(NUMPY, "ndindex"))
def ndindex(tracer: Tracer, *shape: Value) -> Value:
    """The indices of an array of a shape, as tuples."""
    sizes = elements(tracer, shape[0]) if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else shape
    return _every([tracer.whole(each, "a size") for each in sizes], tracer)


def _every(sizes: Sequence[int], tracer: Tracer) -> list[Value]:
    tracer.charge_entries(int(np.prod(sizes)))
    return [tuple(map(float, each)) for each in product(*map(range, sizes))]


@member(*_paths(NUMPY, "ndenumerate"))
def ndenumerate(tracer: Tracer, arr: Node) -> Value:
    """The indices of an array, each with its element."""
    places = _every(arr.shape, tracer)
    return [(place, tracer.bind(index(arr, tuple(map(int, place))))) for place in places]


@member(*_paths(NUMPY, "ix_"))
def ix_(tracer: Tracer, *args: Value) -> Value:
    """Indices that pick a grid of rows and columns."""
    return tuple(_array(tracer, each) for each in np.ix_(*(tracer.known(tracer.node(each)) for each in args)))


# ---- put together --------------------------------------------------------------------------------------


@member(*_paths(NUMPY, "append"))
def append(tracer: Tracer, arr: Node, values: Node, axis: Value = None) -> Value:
    """Values after an array, along an axis or of all in order."""
    if axis is not None:
        return concatenate([arr, values], tracer.whole(axis, "axis"))
    return concatenate([built("ravel", arr), built("ravel", values)], 0)


@member(*_paths(NUMPY, "delete"))
def delete(tracer: Tracer, arr: Node, obj: Value, axis: Value = None) -> Value:
    """An array without the entries at some indices."""
    node, at = (built("ravel", arr), 0) if axis is None else (arr, tracer.whole(axis, "axis"))
    gone = [tracer.whole(each, "an index") for each in (elements(tracer, obj) if not isinstance(obj, float) else [obj])]
    return built("take", node, np.delete(np.arange(node.shape[at]), gone), at)


@member("torch.cartesian_prod")
def cartesian_prod(tracer: Tracer, *tensors: Value) -> Value:
    """Every choice of one element from each vector, a row for each."""
    nodes = [tracer.node(each) for each in tensors]
    if len(nodes) == 1:
        return nodes[0]
    places = np.array(list(product(*(range(node.size) for node in nodes))), dtype=float).reshape(-1, len(nodes))
    return built("stack", [built("take", node, places[:, i], 0) for i, node in enumerate(nodes)], -1)


@member("torch.combinations")
def combinations(tracer: Tracer, input: Node, r: Whole = 2) -> Value:
    """Every choice of r elements of a vector, a row for each."""
    return built("take", input, np.array(list(chosen(range(input.size), r)), dtype=float).reshape(-1, r), 0)


def _split_along(name: str, axis: int) -> None:
    """Declare a cut along one axis: `hsplit`, of vectors along their only one, `vsplit`, `dsplit`."""

    def split(tracer: Tracer, x: Node, sections: Data) -> Value:
        if len(x.shape) < max(axis, 1) + (name != "hsplit"):
            raise DataError(
                f"{name} takes an array of {max(axis + 1, 2)} axes or more, not shape {x.shape}", code="shape"
            )
        return FUNCTIONS["split"].build(x, sections, min(axis, len(x.shape) - 1))

    member(*_paths(NUMPY_AND_TORCH, name))(split)


for _name, _axis in (("vsplit", 0), ("hsplit", 1), ("dsplit", 2)):
    _split_along(_name, _axis)


# ---- distances -----------------------------------------------------------------------------------------


@member("torch.cdist")
def cdist(tracer: Tracer, x1: Node, x2: Node, p: float = 2.0) -> Value:
    """The distance of every row of x1 from every row of x2."""
    rows, columns = index(x1, (..., slice(None), None, slice(None))), index(x2, (..., None, slice(None), slice(None)))
    return built("norm", BINARY["-"](tracer, rows, columns), p, -1)


@member("torch.pdist", "torch.nn.functional.pdist")
def pdist(tracer: Tracer, input: Node, p: float = 2.0) -> Value:
    """The distances of all pairs of rows."""
    first, second = np.triu_indices(input.shape[0], 1)
    return built("norm", built("take", input, first, 0) - built("take", input, second, 0), p, -1)


# ---- of other shapes -----------------------------------------------------------------------------------


def _at_least(rank: int) -> None:
    def atleast(tracer: Tracer, x: Node) -> Value:
        if len(x.shape) >= rank:
            return x
        shapes = {0: (1,) * rank, 1: (1, *x.shape, 1)[:rank], 2: (*x.shape, 1)[:rank]}
        return reshape_to(x, shapes[len(x.shape)])

    member(*_paths(NUMPY_AND_TORCH, f"atleast_{rank}d"))(atleast)


for _rank in (1, 2, 3):
    _at_least(_rank)


# ---- functions of numbers, and polynomials -------------------------------------------------------------


@member(*_paths(NUMPY, "vectorize"))
def vectorize(tracer: Tracer, pyfunc: Value) -> Value:
    """A function of numbers as one of arrays, element by element."""

    def call(tracer: Tracer, arguments: list[Value], keywords: Any) -> Value:
        nodes = [tracer.node(each) for each in arguments]
        shape = np.broadcast_shapes(*(node.shape for node in nodes))
        flat = [built("ravel", built("broadcast_to", node, shape)) for node in nodes]
        found = []
        for i in range(flat[0].size):
            found.append(tracer.node((yield pyfunc, [index(node, (i,)) for node in flat])))
        return reshape_to(built("stack", found), shape)

    return Made(getattr(pyfunc, "name", "vectorized"), call)


@member(*_paths(NUMPY, "polyfit"))
def polyfit(tracer: Tracer, x: Node, y: Node, deg: Whole) -> Value:
    """The coefficients, highest power first, of the polynomial that is nearest in the sum of squares."""
    powers = tracer.graph.constant(np.arange(deg, -1, -1, dtype=float))
    return FUNCTIONS["matmul"].build(built("pinv", built("power", index(x, (..., None)), powers)), y)


@member(*_paths(NUMPY, "polyder"))
def polyder(tracer: Tracer, p: Node) -> Value:
    """The coefficients of a polynomial's derivative."""
    return index(p, (slice(0, -1),)) * tracer.graph.constant(np.arange(p.size - 1, 0, -1, dtype=float))
