"""Powers and the exponential of a matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..functions import Whole, function, sample
from ..node import Node
from ..operation import First, broadcast_to, zeros
from ..zeros import Blank, Traced, leave_word
from .indexing import index
from .linalg import EITHER, PLAIN, matrix_product
from .solving import GROUP, Values, inverse_node, require_square, same_shape
from .structural import concatenate, swap_last

_HIGH = 64
"""Powers beyond which entries leave float64 so soon that one which is 0 has to stay so beside them."""


@function(GROUP, samples=[sample("matrix_power(x, 3)", x=(2, 2)), sample("matrix_power(x + 3*eye(2), -2)", x=(2, 2))])
def matrix_power(x: Node, n: Whole) -> Node:
    """A square matrix multiplied by itself n times; the inverse for negative n."""
    require_square("matrix_power", x)
    if n < 0:
        x, n = inverse_node(x), -n
    absorbing = EITHER if n > _HIGH else PLAIN
    out = x.graph.constant(np.broadcast_to(np.eye(x.shape[-1]), x.shape))
    while n:
        if n % 2:
            out = matrix_product(out, x, absorbing)
        n //= 2
        if n:
            x = matrix_product(x, x, absorbing)
    return out


def _expm_kernel(a: Values) -> Values:
    from scipy import linalg

    whole = np.isfinite(a).all(axis=(-2, -1), keepdims=True)
    out = np.where(whole, linalg.expm(np.where(whole, a, 0.0)), np.nan)
    undefined = np.isnan(out)
    if undefined.any() and (undefined := undefined & ~_paths(a == 0)).any():
        leave_word()
        out = np.where(undefined, 0.0, out)
    return out


def _paths(blank: Blank) -> NDArray[np.bool_]:
    """Where elements that are not blank lead to, one after another: what counts for each element of a power series."""
    *_, n = np.shape(blank)
    paths = np.logical_not(blank) | np.eye(n, dtype=bool)
    for _ in range(n.bit_length()):
        paths = paths @ paths
    return paths


def _trace_expm(a: Traced) -> Traced:
    paths = _paths(np.broadcast_to(a.blank, a.value.shape))
    return Traced(np.where(paths, _expm_kernel(a.value), 0.0), ~paths)


def _block(a: Node, t: Node) -> Node:
    """[[a, t], [0, a]], whose exponential has the derivative of a's along t in its corner (Van Loan 1978)."""

    shape = np.broadcast_shapes(a.shape, t.shape)
    a, t = broadcast_to(a, shape), broadcast_to(t, shape)
    return concatenate([concatenate([a, t], -1), concatenate([zeros(a, shape), a], -1)], -2)


def _frechet(a: Node, t: Node) -> Node:
    *_, n = a.shape
    return index(_expm(_block(a, t)), (Ellipsis, slice(0, n), slice(n, None)))


_expm: First = First(
    "expm", _expm_kernel, same_shape,
    push=lambda t, out, a: _frechet(a, t), pull=lambda g, out, a: _frechet(swap_last(a), g), traced=_trace_expm,
)  # fmt: skip


@function(GROUP, aliases=("matrix_exp",), samples=[sample("expm(x)", x=(2, 2))])
def expm(x: Node) -> Node:
    """The exponential of a square matrix."""
    require_square("expm", x)
    return _expm(x)
