"""Arrays lengthened at their ends, as NumPy's and PyTorch's functions of that name do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import DataError
from ...text import printable
from ..functions import Data, Flag, Word, function, sample
from ..node import Node, check_shape
from ..operation import broadcast_to
from .indexing import index, select_flat
from .rearranging import Positions, grid, whole_numbers
from .reduction import max_, mean, min_
from .statistics import median
from .structural import concatenate

GROUP = "structural"
_MOVED = {
    "reflect": "reflect", "edge": "edge", "replicate": "edge", "wrap": "wrap", "circular": "wrap",
    "symmetric": "symmetric",
}  # fmt: skip
"""What PyTorch and NumPy call the ways to pad with elements, and NumPy's name."""
_OF_ALL: dict[str, Callable[..., Node]] = {"maximum": max_, "mean": mean, "median": median, "minimum": min_}
"""Ways to pad with one value of all elements along the axis."""
_MODES = ("constant", *_MOVED, "linear_ramp", *_OF_ALL)


@function(
    GROUP, torch_defaults={"last_first": True},
    samples=[sample("pad(x, 1)", x=(3,)), sample("pad(x, (0, 2), value=1.5)", x=(2, 2)), sample("pad(x, [[1, 0], [0, 2]])", x=(2, 2)),
             sample("pad(x, 2, 'reflect')", x=(4,)), sample("pad(x, (1, 2), mode='edge')", x=(3,)), sample("pad(x, 2, 'wrap')", x=(2, 3)),
             sample("pad(x, 1, 'mean')", x=(2, 3)), sample("pad(x, (1, 2), 'linear_ramp', [3, 4])", x=(3,))],
)  # fmt: skip
def pad(
    x: Node, width: Data, mode: Word = "constant", value: Data | None = None, last_first: Flag = False, reflect_type: Word = "even"
) -> Node:  # fmt: skip
    """Every axis lengthened: by width at both ends, by (before, after), or by a pair for each axis.

    mode is constant (with value, or a pair of them), linear_ramp (towards value), reflect, edge (replicate), wrap
    (circular), symmetric, maximum, mean, median or minimum. With last_first (as under torch.) width is one row of
    pairs, for the last axis first, and other axes stay.
    """
    if mode not in _MODES:
        raise DataError(f"pad has no mode '{printable(mode)}'", hint=f"it is one of {', '.join(_MODES)}")
    pairs = _widths(len(x.shape), whole_numbers(width, "widths"), last_first)
    ends = _ends(len(x.shape), np.asarray(0.0) if value is None else np.asarray(value))
    for axis, (before, after) in enumerate(pairs):
        check_shape((*x.shape[:axis], before + x.shape[axis] + after, *x.shape[axis + 1 :]), x.graph.place)
        if not before and not after:
            continue
        if mode in ("constant", "linear_ramp", *_OF_ALL):
            sides = [
                _side(x, axis, n, mode, end, at)
                for n, end, at in ((before, ends[axis][0], 0), (after, ends[axis][1], -1))
            ]
            x = concatenate([sides[0], x, sides[1]], axis)  # fmt: skip
            continue
        if not x.shape[axis] or (last_first and mode == "reflect" and max(before, after) >= x.shape[axis]):
            raise DataError(
                f"axis {axis} of size {x.shape[axis]} is too short to pad by {before} and {after}", code="shape"
            )
        x = _moved(x, axis, (before, after), mode, reflect_type == "odd" and mode in ("reflect", "symmetric"))
    return x


def _side(x: Node, axis: int, count: int, mode: str, end: float, at: int) -> Node:
    """What is joined at one end (at: 0 or -1) of an axis."""
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    if mode == "constant" or not count:
        return broadcast_to(x.lift(end), shape)
    if not x.shape[axis]:
        raise DataError(f"axis {axis} without elements cannot be padded with their {mode}", code="empty")
    if mode in _OF_ALL:
        return broadcast_to(_OF_ALL[mode](x, axis, True), shape)
    edge = index(x, (*(slice(None),) * axis, slice(0, 1) if at == 0 else slice(-1, None)))
    way = np.arange(count) / count
    part = (way if at == 0 else way[::-1]).reshape(-1, *(1,) * (len(shape) - axis - 1))
    # from the end, which has no part of the edge, to just before it
    return broadcast_to(edge, shape) * x.graph.constant(part) + x.graph.constant(end * (1.0 - part))


def _moved(x: Node, axis: int, widths: tuple[int, int], mode: str, odd: bool) -> Node:
    """x padded with its own elements; where that is odd, mirrored in the value at the end too."""
    ways = [widths if a == axis else (0, 0) for a in range(len(x.shape))]
    rows = grid(x)
    out = select_flat(x, np.pad(rows, ways, mode=_MOVED[mode]))  # type: ignore[call-overload]  # modes by name
    if not odd:
        return out
    if max(widths) >= x.shape[axis] + (mode == "symmetric"):
        raise DataError(f"axis {axis} of size {x.shape[axis]} is too short to pad oddly by {max(widths)}", code="shape")
    places = np.arange(-widths[0], x.shape[axis] + widths[1])
    outside = ((places < 0) | (places >= x.shape[axis])).reshape(-1, *(1,) * (len(x.shape) - axis - 1))
    signs = x.graph.constant(np.where(outside, -1.0, 1.0))
    return out * signs + select_flat(x, np.pad(rows, ways, mode="edge")) * x.graph.constant(2.0 * outside)


def _ends(rank: int, value: Data) -> list[tuple[float, float]]:
    """The values to pad with before and after each axis."""
    try:
        return [(float(a), float(b)) for a, b in np.broadcast_to(value, (rank, 2))]
    except ValueError:
        raise DataError(
            f"values of shape {value.shape} do not say what to pad {rank} axes with", code="shape",
            hint="one number, a pair (before, after), or a pair for each axis",
        ) from None  # fmt: skip


def _widths(rank: int, width: Positions, last_first: bool) -> list[tuple[int, int]]:
    """The pair (before, after) of each axis. Raises DataError where width does not say one."""
    if np.any(width < 0):
        raise DataError("widths must not be negative", hint="a slice cuts")
    if last_first and width.ndim == 1 and width.size % 2 == 0 and width.size <= 2 * rank:
        given = [(int(a), int(b)) for a, b in width.reshape(-1, 2)[::-1]]
        return [(0, 0)] * (rank - len(given)) + given
    try:
        return [(int(a), int(b)) for a, b in np.broadcast_to(width, (rank, 2))]
    except ValueError:
        raise DataError(
            f"widths of shape {width.shape} do not say how to pad {rank} axes", code="shape",
            hint="pad(x, 1), pad(x, (0, 2)), or a pair for each axis: pad(x, [[1, 0], [0, 2]])",
        ) from None  # fmt: skip
