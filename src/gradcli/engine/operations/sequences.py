"""Samples along an axis: differences, integrals, interpolation, polynomials and convolutions."""

from __future__ import annotations

import numpy as np

from ...errors import DataError
from ...text import printable
from ..functions import Axis, Flag, Whole, Word, function, sample
from ..node import Node, check_shape
from ..operation import broadcast_to, filled, reshape_to, total_over, zeros
from .arithmetic import greater_equal, less, logical_and
from .indexing import index, select_flat
from .linalg import matmul
from .reduction import cumsum
from .selection import where
from .structural import axis_last, axis_of, concatenate, permute, stack

GROUP = "sequences"


def _part(x: Node, start: int | None, stop: int | None, step: int = 1) -> Node:
    return index(x, (Ellipsis, slice(start, stop, step)))


# ---- differences ---------------------------------------------------------------------------------------


@function(
    GROUP,
    samples=[
        sample("diff(x)", x=(4,)),
        sample("diff(x, 2, axis=0)", x=(4, 2)),
        sample("diff(x, prepend=y)", x=(3,), y=()),
    ],
)
def diff(x: Node, n: Whole = 1, axis: Whole = -1, prepend: Node | None = None, append: Node | None = None) -> Node:
    """The difference of neighbours along an axis, n times, after joining what is to be prepended and appended."""
    if not x.shape:
        raise DataError("diff takes an array, not a number", code="shape")
    if n < 0:
        raise DataError(f"diff takes the difference n times, not {n}")
    position = axis_of(axis, len(x.shape)) + len(x.shape)
    one = (*x.shape[:position], 1, *x.shape[position + 1 :])
    ends = [None if end is None else end if end.shape else broadcast_to(end, one) for end in (prepend, append)]
    parts = [part for part in (ends[0], x, ends[1]) if part is not None]
    moved, back = axis_last(concatenate(parts, position), position)
    for _ in range(min(n, moved.shape[-1])):
        moved = _part(moved, 1, None) - _part(moved, None, -1)
    return permute(moved, params=(back,))


@function(GROUP, samples=[sample("ediff1d(x)", x=(2, 3))])
def ediff1d(x: Node) -> Node:
    """The difference of neighbours of all elements in order."""
    return diff(reshape_to(x, (x.size,)))


def _slopes(f: Node, at: Node | float, edge_order: int) -> Node:
    """The derivative along the last axis, of second order at unequal steps too (Fornberg 1988)."""
    count = f.shape[-1]
    step = _part(at, 1, None) - _part(at, None, -1) if isinstance(at, Node) and at.shape else None
    if step is None:
        step = broadcast_to(f.lift(at), (count - 1,))
    rise = (_part(f, 1, None) - _part(f, None, -1)) / step
    before, after = _part(step, None, -1), _part(step, 1, None)
    inside = (after * _part(rise, None, -1) + before * _part(rise, 1, None)) / (before + after)
    first, last = _part(rise, 0, 1), _part(rise, -1, None)
    if edge_order == 2:
        bend = (_part(rise, 1, None) - _part(rise, None, -1)) / (before + after)
        first = first - _part(bend, 0, 1) * _part(step, 0, 1)
        last = last + _part(bend, -1, None) * _part(step, -1, None)
    return concatenate([first, inside, last], -1)


@function(
    GROUP, method=False,
    samples=[sample("gradient(x)", x=(5,)), sample("gradient(x, 0.5, axis=0)", x=(3, 2)), sample("gradient(x, arange(4)*arange(4), edge_order=2)", x=(4,))],
)  # fmt: skip
def gradient(f: Node, spacing: Node | float = 1.0, axis: Axis = None, edge_order: Whole = 1) -> Node | tuple[Node, ...]:
    """The slope at each sample, by central differences, and by one-sided ones at the ends; an array for each axis.

    spacing is the step, or the coordinates along the axis.
    """
    rank = len(f.shape)
    if edge_order not in (1, 2):
        raise DataError(f"edge_order is 1 or 2, not {edge_order}")
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    found = []
    for each in axes:
        moved, back = axis_last(f, each)
        if moved.shape[-1] < edge_order + 1:
            raise DataError(f"gradient needs {edge_order + 1} samples or more along an axis", code="shape")
        if isinstance(spacing, Node) and spacing.shape not in ((), moved.shape[-1:]):
            raise DataError(f"{moved.shape[-1]} samples at coordinates of shape {spacing.shape}", code="shape")
        found.append(permute(_slopes(moved, spacing, edge_order), params=(back,)))
    if not found:
        raise DataError("gradient takes samples along an axis, not a number", code="shape",
                        hint="grad(f, x) is the derivative of an expression")  # fmt: skip
    return found[0] if len(found) == 1 else tuple(found)


# ---- integrals -----------------------------------------------------------------------------------------


def _panels(y: Node, x: Node | None, dx: Node | float, axis: Whole) -> tuple[Node, tuple[int, ...]]:
    """The integral of each panel of the trapezoidal rule, in the last axis."""
    if not y.shape:
        raise DataError("the trapezoidal rule takes samples along an axis, not a number", code="shape")
    moved, back = axis_last(y, axis)
    height = 0.5 * (_part(moved, 1, None) + _part(moved, None, -1))
    if x is None:
        return height * dx, back
    across = x if len(x.shape) == 1 else axis_last(x, axis)[0]
    if not across.shape or across.shape[-1] != moved.shape[-1]:
        raise DataError(f"{moved.shape[-1]} samples at coordinates of shape {x.shape}", code="shape")
    return height * (_part(across, 1, None) - _part(across, None, -1)), back


@function(
    GROUP, aliases=("trapz",), method=False,
    samples=[sample("trapezoid(y)", y=(4,)), sample("trapezoid(y, x)", y=(2, 3), x=(3,)), sample("trapezoid(y, dx=0.5, axis=0)", y=(3, 2))],
)  # fmt: skip
def trapezoid(y: Node, x: Node | None = None, dx: Node | float = 1.0, axis: Whole = -1) -> Node:
    """The integral of samples along an axis, at coordinates x or steps dx, by the trapezoidal rule."""
    panels, _ = _panels(y, x, dx, axis)
    return total_over(panels, (-1,))


@function(GROUP, aliases=("cumtrapz",), method=False, samples=[sample("cumulative_trapezoid(y, x)", y=(4,), x=(4,))])
def cumulative_trapezoid(
    y: Node, x: Node | None = None, dx: Node | float = 1.0, axis: Whole = -1, initial: float | None = None
) -> Node:
    """The running integral of samples along an axis, one less than there are samples, unless initial is put first."""
    panels, back = _panels(y, x, dx, axis)
    running = cumsum(panels, -1)
    if initial is not None:
        running = concatenate([filled(running, (*running.shape[:-1], 1), initial), running], -1)
    return permute(running, params=(back,))


# ---- interpolation -------------------------------------------------------------------------------------


@function(
    GROUP, method=False, convention="the slope to the right at a knot",
    samples=[sample("interp(x, [-3, -1, 0, 2.5], y)", x=(5,), y=(4,))],
)  # fmt: skip
def interp(x: Node, xp: Node, fp: Node, left: Node | None = None, right: Node | None = None) -> Node:
    """The line through the points (xp, fp), xp ascending, at x; outside them the first or last fp, or left and right."""
    if len(xp.shape) != 1 or xp.shape != fp.shape or not xp.size:
        raise DataError(f"interp takes as many xp as fp, not shapes {xp.shape} and {fp.shape}", code="shape")
    check_shape((*x.shape, xp.size), x.graph.place)
    low, high = index(xp, (0,)), index(xp, (-1,))
    first, last = index(fp, (0,)), index(fp, (-1,))
    out = where(less(x, low), first if left is None else left, where(greater_equal(x, high), last, zeros(x, x.shape)))
    if right is not None:
        out = where(less(high, x), right, out)
    if xp.size < 2:
        return out
    wide = reshape_to(x, (*x.shape, 1))
    start, stop = _part(xp, None, -1), _part(xp, 1, None)
    inside = logical_and(greater_equal(wide, start), less(wide, stop))
    slope = (_part(fp, 1, None) - _part(fp, None, -1)) / (stop - start)
    line = where(inside, _part(fp, None, -1) + slope * (wide - start), x.lift(0.0))
    return out + total_over(line, (-1,))


@function(GROUP, method=False, samples=[sample("searchsorted([-1, 0, 1], x)", x=(3,))])
def searchsorted(edges: Node, x: Node, side: Word = "left") -> Node:
    """The index at which each x would be put into ascending edges; its derivative is 0."""
    if side not in ("left", "right") or len(edges.shape) != 1:
        raise DataError(f"searchsorted takes a vector, and side 'left' or 'right', not '{printable(side)}'")
    check_shape((*x.shape, edges.size), x.graph.place)
    wide = reshape_to(x, (*x.shape, 1))
    return total_over(less(edges, wide) if side == "left" else greater_equal(wide, edges), (-1,))


# ---- polynomials ---------------------------------------------------------------------------------------


@function(GROUP, method=False, samples=[sample("polyval(y, x)", y=(4,), x=(2, 2))])
def polyval(p: Node, x: Node) -> Node:
    """The polynomial with coefficients p, the highest power first, at x (by Horner's rule)."""
    if len(p.shape) != 1:
        raise DataError(f"polyval takes a vector of coefficients, not shape {p.shape}", code="shape")
    out = zeros(x, x.shape)
    for i in range(p.size):
        out = out * x + index(p, (i,)) if i else broadcast_to(index(p, (0,)), x.shape)
    return out


@function(GROUP, samples=[sample("vander(x)", x=(3,)), sample("vander(x, 4, increasing=True)", x=(2,))])
def vander(x: Node, n: Whole | None = None, increasing: Flag = False) -> Node:
    """The Vandermonde matrix: powers of x in its columns, the highest first."""
    if len(x.shape) != 1:
        raise DataError(f"vander takes a vector, not shape {x.shape}", code="shape")
    count = x.size if n is None else n
    if count < 0:
        raise DataError(f"vander has 0 columns or more, not {count}", code="shape")
    if count < 1:
        return zeros(x, (x.size, 0))
    check_shape((x.size, count), x.graph.place)
    powers = [filled(x, x.shape, 1.0)]
    while len(powers) < count:
        powers.append(powers[-1] * x)
    return stack(powers if increasing else powers[::-1], 1)


# ---- convolutions --------------------------------------------------------------------------------------


def _full(x: Node, y: Node) -> Node:
    """Sums of products over all overlaps: the shorter vector times a matrix of shifted copies of the longer."""
    short, long = (x, y) if x.size <= y.size else (y, x)
    n, m = long.size, short.size
    check_shape((m, n + m - 1), x.graph.place)
    at = np.arange(n + m - 1) - np.arange(m)[:, None]
    shifted = select_flat(concatenate([long, zeros(long, (1,))]), np.where((at >= 0) & (at < n), at, n))
    return matmul(short, shifted)


def _overlaps(name: str, x: Node, y: Node, mode: str) -> Node:
    if len(x.shape) != 1 or len(y.shape) != 1 or not x.size or not y.size:
        raise DataError(f"{name} takes two vectors, not shapes {x.shape} and {y.shape}", code="shape")
    long, short = max(x.size, y.size), min(x.size, y.size)
    if mode == "full":
        return _full(x, y)
    if mode == "same":
        # NumPy's correlation with a longer vector is that vector's with x, read backwards
        ahead = short // 2 if name == "correlate" and x.size < y.size else (short - 1) // 2
        return index(_full(x, y), (slice(ahead, ahead + long),))
    if mode == "valid":
        return index(_full(x, y), (slice(short - 1, long),))
    raise DataError(f"{name} has no mode '{printable(mode)}'", hint="'full', 'same' or 'valid'")


@function(
    GROUP,
    method=False,
    samples=[
        sample("convolve(x, y)", x=(4,), y=(2,)),
        sample("convolve(x, y, 'same')", x=(2,), y=(5,)),
        sample("convolve(x, y, 'valid')", x=(4,), y=(3,)),
    ],
)
def convolve(x: Node, y: Node, mode: Word = "full") -> Node:
    """The convolution of two vectors: all overlaps, as many as the longer has ('same'), or whole ones ('valid')."""
    return _overlaps("convolve", x, y, mode)


@function(
    GROUP,
    method=False,
    samples=[
        sample("correlate(x, y)", x=(4,), y=(2,)),
        sample("correlate(x, y, 'full')", x=(2,), y=(3,)),
        sample("correlate(x, y, 'same')", x=(4,), y=(3,)),
    ],
)
def correlate(x: Node, y: Node, mode: Word = "valid") -> Node:
    """The cross-correlation of two vectors: the convolution of x with y reversed."""
    turned = index(y, (slice(None, None, -1),)) if len(y.shape) == 1 else y
    return _overlaps("correlate", x, turned, mode)
