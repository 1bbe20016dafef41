"""Variances, quantiles, weighted means, covariances and correlations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ...text import printable
from ..functions import Axis, Data, Flag, Word, function, sample
from ..node import Node
from ..operation import Elementwise, broadcast_to, copied, mismatch, reshape_to, total_over
from .arithmetic import ratio, scale
from .diagonals import diagonal
from .elementary import sqrt
from .indexing import index
from .lengths import euclidean, unit_of
from .linalg import matmul
from .ordering import ordered_last, sorted_last
from .reduction import count_of, max_, mean, min_, nonempty
from .structural import axes_of, axis_of, concatenate, keep, permute, stack, swap_last

GROUP = "reduction"


# ---- spread --------------------------------------------------------------------------------------------


def _centred(x: Node, axes: tuple[int, ...]) -> Node:
    return x - copied(total_over(x, axes) / count_of(x, axes), x.shape, axes)


def _freedom(name: str, x: Node, axes: tuple[int, ...], ddof: float) -> float:
    nonempty(name, x, axes)
    left = count_of(x, axes) - ddof
    if left <= 0:
        raise DataError(f"{name} of {count_of(x, axes)} elements with ddof={ddof:g} has no value", code="empty",
                        hint="ddof must be smaller than the number of elements")  # fmt: skip
    return left


@function(
    GROUP, samples=[sample("var(x)", x=(4,)), sample("var(x, axis=0, ddof=1)", x=(3, 2))], torch_defaults={"ddof": 1.0}
)
def var(x: Node, axis: Axis = None, ddof: float = 0.0, keepdims: Flag = False) -> Node:
    """The variance: divided by n - ddof, and ddof is 0 as in NumPy (1 under the prefix torch.)."""
    axes = axes_of(axis, len(x.shape))
    left = _freedom("var", x, axes, ddof)
    centred = _centred(x, axes)
    return keep(total_over(centred * centred, axes) / left, x.shape, axes, keepdims)


@function(
    GROUP, samples=[sample("std(x)", x=(4,)), sample("std(x, axis=0, ddof=1)", x=(3, 2))], torch_defaults={"ddof": 1.0},
    convention="0 where all elements are equal",
)  # fmt: skip
def std(x: Node, axis: Axis = None, ddof: float = 0.0, keepdims: Flag = False) -> Node:
    """The standard deviation, the square root of var."""
    axes = axes_of(axis, len(x.shape))
    left = _freedom("std", x, axes, ddof)
    return keep(euclidean(_centred(x, axes), axes) / math.sqrt(left), x.shape, axes, keepdims)


# ---- quantiles -----------------------------------------------------------------------------------------


def _flat(x: Node, axis: Axis) -> tuple[Node, tuple[int, ...]]:
    """The elements over axes in the last axis, and the axes. Raises DataError where there are none."""
    rank = len(x.shape)
    axes = axes_of(axis, rank)
    nonempty("a quantile", x, axes)
    rest = tuple(a for a in range(-rank, 0) if a not in axes)
    moved = permute(x, params=(rest + axes,)) if rank else x
    return reshape_to(moved, (*(x.shape[a] for a in rest), math.prod(x.shape[a] for a in axes))), axes


_STEPS = ("lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf")
_PLACES = {
    "linear": (1.0, 1.0), "interpolated_inverted_cdf": (0.0, 1.0), "hazen": (0.5, 0.5), "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8), "inverted_cdf": (0.0, 1.0), "averaged_inverted_cdf": (0.0, 1.0),
}  # fmt: skip
"""Where the element of a fraction q of n is, counted from 0, as n q + a + q (1 - a - b) - 1 (Hyndman and Fan 1996)."""


def _lerp(below: NDArray[Any], above: NDArray[Any], part: float) -> NDArray[Any]:
    """What lies a part of the way from below to above; of two infinite ones, or two whose difference is, their mean."""
    apart = above - below
    out = below + part * apart if part < 0.5 else above - (1.0 - part) * apart
    return np.where(np.isfinite(apart), out, (1.0 - part) * below + part * above)


_on_the_way: Elementwise = Elementwise(
    "on_the_way", _lerp, (lambda g, out, a, b, part: scale(g, a.lift(1.0 - part)), lambda g, out, a, b, part: scale(g, a.lift(part))),
    symbolic=lambda S, a, b, part: a + S.Rational(part) * (b - a),
)  # fmt: skip


def _between(ordered: Node, q: float, method: str) -> Node:
    """The element a fraction q of the way along the sorted last axis."""
    n = ordered.shape[-1]
    first, last = _PLACES.get(method, (1.0, 1.0))
    place = q * (n - 1) if first == last == 1.0 else min(max(n * q + first + q * (1 - first - last) - 1, 0.0), n - 1.0)
    low = int(place)
    part = place - low
    if method == "averaged_inverted_cdf":
        part = 1.0 if part else 0.5 if 1 <= n * q < n else 0.0
    elif part and method in _STEPS:
        part = {"lower": 0.0, "midpoint": 0.5, "nearest": float(np.rint(place)) - low}.get(method, 1.0)
    below = index(ordered, (Ellipsis, low))
    if not part:
        return below
    above = index(ordered, (Ellipsis, low + 1))
    return above if part == 1.0 else _on_the_way(below, above, params=(part,))


@function(
    "ordering", convention=sorted_last.convention,
    samples=[sample("quantile(x, 0.3)", x=(5,)), sample("quantile(x, 0.5, axis=0)", x=(3, 2)), sample("quantile(x, [0.1, 1], axis=1, keepdims=True)", x=(2, 4))],
)  # fmt: skip
def quantile(x: Node, q: Data, axis: Axis = None, keepdims: Flag = False, method: Word = "linear") -> Node:
    """The value below which a fraction q lies; several q are a new first axis.

    method says what lies between neighbours: linear, lower, higher, midpoint or nearest; or, as NumPy has them, hazen,
    weibull, median_unbiased, normal_unbiased, inverted_cdf and others. NaN where an element is.
    """
    if not np.all((q >= 0.0) & (q <= 1.0)):
        raise DataError(f"q must lie in [0, 1], and is {', '.join(f'{each:g}' for each in np.ravel(q))}")
    if method not in _PLACES and method not in _STEPS:
        known = ", ".join(dict.fromkeys((*_PLACES, *_STEPS)))
        raise DataError(f"quantile has no method '{printable(method)}'", hint=f"it is one of {known}")
    moved, axes = _flat(x, axis)
    ordered = ordered_last(moved)
    found = [keep(_between(ordered, float(each), method), x.shape, axes, keepdims) for each in np.ravel(q)]
    if not np.ndim(q):
        (only,) = found
        return only
    if not found:
        raise DataError("quantile needs a fraction q", code="empty")
    together: Node = stack(found)
    return reshape_to(together, np.shape(q) + together.shape[1:])


@function("ordering", samples=[sample("percentile(x, 30)", x=(5,))], convention=sorted_last.convention)
def percentile(x: Node, q: Data, axis: Axis = None, keepdims: Flag = False, method: Word = "linear") -> Node:
    """quantile(x, q / 100)."""
    return quantile(x, np.asarray(q) / 100.0, axis, keepdims, method)


@function(
    "ordering", convention=sorted_last.convention, torch_defaults={"lower": True},
    samples=[sample("median(x)", x=(4,)), sample("median(x, axis=0)", x=(3, 2)), sample("median(x, axis=1, lower=True)", x=(2, 4))],
)  # fmt: skip
def median(x: Node, axis: Axis = None, keepdims: Flag = False, lower: Flag = False) -> Node:
    """The middle value; the mean of the two middle ones, or with lower (as under torch.) the lower."""
    return quantile(x, np.asarray(0.5), axis, keepdims, "lower" if lower else "linear")


@function("ordering", samples=[sample("ptp(x)", x=(2, 3)), sample("ptp(x, axis=1, keepdims=True)", x=(2, 3))])
def ptp(x: Node, axis: Axis = None, keepdims: Flag = False) -> Node:
    """The largest element minus the smallest, or along an axis."""
    return max_(x, axis, keepdims) - min_(x, axis, keepdims)


# ---- means and covariances -----------------------------------------------------------------------------


@function(
    GROUP,
    samples=[
        sample("average(x)", x=(4,)),
        sample("average(x, weights=[1, 2, 3, 4])", x=(4,)),
        sample("average(x, 1, weights=y*y + 1)", x=(2, 3), y=(3,)),
    ],
)
def average(x: Node, axis: Axis = None, weights: Node | None = None, keepdims: Flag = False) -> Node:
    """The mean over all elements, or along an axis, weighted where weights (x's shape, or the axis's) are given."""
    if weights is None:
        return mean(x, axis, keepdims)
    rank = len(x.shape)
    if weights.shape != x.shape:
        if not isinstance(axis, int) or weights.shape != (x.shape[axis_of(axis, rank)],):
            raise mismatch(
                [x.shape, weights.shape],
                "do not fit: elements and weights",
                "weights have x's shape, or that of one axis",
            )
        position = axis_of(axis, rank)
        weights = broadcast_to(
            reshape_to(weights, tuple(weights.size if a == position else 1 for a in range(-rank, 0))), x.shape
        )
    axes = axes_of(axis, rank)
    nonempty("average", x, axes)
    return keep(total_over(x * weights, axes) / total_over(weights, axes), x.shape, axes, keepdims)


def _rows(x: Node, rowvar: bool) -> Node:
    if len(x.shape) > 2:
        raise DataError(f"a covariance takes a vector or a matrix, not shape {x.shape}", code="shape")
    if len(x.shape) < 2:
        return reshape_to(x, (1, x.size))
    return x if rowvar else swap_last(x)


@function(
    GROUP,
    samples=[sample("cov(x)", x=(2, 4)), sample("cov(x)", x=(4,)), sample("cov(x, y)", x=(4,), y=(4,)), sample("cov(x, rowvar=False, ddof=0)", x=(4, 2)),
             sample("cov(x, aweights=y*y + 1)", x=(2, 4), y=(4,))],
)  # fmt: skip
def cov(
    x: Node, y: Node | None = None, rowvar: Flag = True, bias: Flag = False, ddof: float | None = None,
    fweights: Node | None = None, aweights: Node | None = None,
) -> Node:  # fmt: skip
    """The covariance matrix of variables in rows (columns with rowvar=False); of one variable its variance.

    Divided by n - ddof, and ddof is 1 unless told (0 with bias); aweights and fweights weight the observations.
    """
    rows = _rows(x, rowvar)
    if y is not None:
        rows = concatenate([rows, _rows(y, rowvar)], 0)
    count, less = rows.shape[1], float(not bias) if ddof is None else ddof
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    if weights is None:
        if count - less <= 0:
            raise DataError(f"cov of {count} observations with ddof={less:g} has no value", code="empty")
        centred = rows - copied(total_over(rows, (-1,)) / count, rows.shape, (-1,))
        out = matmul(centred, swap_last(centred)) / (count - less)
    else:
        if weights.shape != (count,):
            raise mismatch([rows.shape, weights.shape], "do not fit: observations and weights", "one weight each")
        whole = total_over(weights, (-1,))
        centred = rows - copied(total_over(rows * weights, (-1,)) / whole, rows.shape, (-1,))
        spread = whole if aweights is None else total_over(weights * aweights, (-1,)) / whole
        out = matmul(centred * weights, swap_last(centred)) / (whole - less * (1.0 if aweights is None else spread))
    return reshape_to(out, ()) if rows.shape[0] == 1 else out


@function(GROUP, samples=[sample("corrcoef(x)", x=(2, 4)), sample("corrcoef(x, y)[0, 1]", x=(4,), y=(4,))])
def corrcoef(x: Node, y: Node | None = None, rowvar: Flag = True) -> Node:
    """The matrix of correlations of variables in rows (columns with rowvar=False)."""
    rows = _rows(x, rowvar)
    if y is not None:
        rows = concatenate([rows, _rows(y, rowvar)], 0)
    if rows.shape[1] < 2:
        raise DataError(f"corrcoef of {rows.shape[1]} observations has no value", code="empty")
    centred = _centred(rows, (-1,))
    # each row in a unit of its own size: its squares would leave float64 long before the correlation does
    centred = centred / unit_of(centred, params=((-1,), False))
    covariance = matmul(centred, swap_last(centred))
    if rows.shape[0] == 1:
        only = reshape_to(covariance, ())
        return ratio(only, only)
    n = rows.shape[0]
    deviation = sqrt(diagonal(covariance))
    return covariance / (reshape_to(deviation, (n, 1)) * reshape_to(deviation, (1, n)))
