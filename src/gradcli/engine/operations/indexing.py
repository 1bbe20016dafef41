"""Indexing: slices and whole numbers, and whatever else NumPy can index with.

Basic indices become `getitem`, whose transpose `place` writes into zeros. For everything else NumPy
itself says what the index means: it is applied once to a grid of positions, and what comes out are
the positions to gather, whose transpose is an accumulating scatter. So repeated, mixed and boolean
indices mean exactly what they mean in NumPy, and a leading batch is never in the way.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ..node import Frozen, Node, Shape
from ..operation import Linear, reshape_to
from ..placed import Placed

Entry: TypeAlias = Any  # int, slice, None, Ellipsis, or an array of whole numbers or truth values
Key: TypeAlias = tuple[Entry, ...]


class Basic:
    """Whole numbers and slices, one a trailing axis, as a parameter.

    entries are non-negative numbers or (start, count, step).
    """

    __slots__ = ("entries", "index", "kept")

    def __init__(self, entries: tuple[int | tuple[int, int, int], ...]) -> None:
        self.entries = entries
        self.index = (Ellipsis, *(e if isinstance(e, int) else _slice(*e) for e in entries))
        self.kept = tuple(e[1] for e in entries if not isinstance(e, int))

    def __hash__(self) -> int:
        return hash(self.entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Basic) and self.entries == other.entries

    def __repr__(self) -> str:
        return str(self.entries)


def _slice(start: int, count: int, step: int) -> slice:
    stop = start + count * step
    return slice(start, None if stop < 0 else stop, step) if count else slice(0, 0)


def _place(g: NDArray[Any], basic: Basic, sizes: Shape) -> NDArray[Any]:
    lead = g.shape[: g.ndim - len(basic.kept)]
    out = np.zeros(lead + sizes, dtype=g.dtype)
    out[basic.index] = g
    return out


def _placed(g: NDArray[Any], basic: Basic, sizes: Shape) -> Placed | None:
    first = basic.entries[0]
    if g.ndim > len(basic.kept) or isinstance(first, int) or first[2] != 1:
        return None
    return Placed(g, first[0], basic.index[2:], sizes)


getitem: Linear = Linear(
    "getitem",
    lambda x, basic: x[basic.index],
    lambda shape, basic: shape[: len(shape) - len(basic.entries)] + basic.kept,
    lambda g, node: [place(g, params=(node.params[0], _core(node)))],
)
getitem.__doc__ = "Trailing axes indexed by whole numbers and slices."
place: Linear = Linear(
    "place",
    _place,
    lambda shape, basic, sizes: shape[: len(shape) - len(basic.kept)] + sizes,
    lambda g, node: [getitem(g, params=(node.params[0],))],
)
place.by_blocks = _placed
place.__doc__ = "Zeros of some sizes, with the operand written where a basic index says."


def _core(node: Node) -> Shape:
    (x,) = node.operands
    basic: Any
    (basic,) = node.params
    return x.shape[len(x.shape) - len(basic.entries) :]


def _gather(x: NDArray[Any], positions: Frozen, rank: int) -> NDArray[Any]:
    lead = x.ndim - rank
    flat = x.reshape((*x.shape[:lead], math.prod(x.shape[lead:])))
    return flat[..., positions.array]


def _scatter(g: NDArray[Any], positions: Frozen, sizes: Shape) -> NDArray[Any]:
    where = positions.array
    lead = g.shape[: g.ndim - where.ndim]
    out = np.zeros((*lead, math.prod(sizes)), dtype=g.dtype)
    np.add.at(out, (..., where), g)  # type: ignore[arg-type]  # the stub knows no Ellipsis
    return out.reshape(lead + sizes)


gather: Linear = Linear(
    "gather",
    _gather,
    lambda shape, positions, rank: shape[: len(shape) - rank] + positions.array.shape,
    lambda g, node: [
        scatter(g, params=(node.params[0], node.operands[0].shape[len(node.operands[0].shape) - node.params[1] :]))
    ],
)
gather.__doc__ = "The elements at these positions of the last `rank` axes, flattened."
scatter: Linear = Linear(
    "scatter",
    _scatter,
    lambda shape, positions, sizes: shape[: len(shape) - positions.array.ndim] + sizes,
    lambda g, node: [gather(g, params=(node.params[0], len(node.params[1])))],
)
scatter.__doc__ = "Zeros of some sizes, with the operand's elements added at these flat positions."


def select_flat(x: Node, positions: NDArray[Any]) -> Node:
    """x's elements at flat positions, in the positions' shape."""
    return gather(x, params=(Frozen(np.asarray(positions, dtype=np.intp)), len(x.shape)))


def index(x: Node, key: Key) -> Node:
    """x[key], as in NumPy. Raises DataError where an index is out of range or there are too many."""
    if all(entry is None or entry is Ellipsis or isinstance(entry, (int, slice)) for entry in key):
        return _basic(x, key)
    return select_flat(x, positions(x.shape, key))


def positions(shape: Shape, key: Key) -> NDArray[np.intp]:
    """Flat positions of what key picks from an array of this shape. Raises DataError."""
    size = math.prod(shape)
    _check_steps(key)
    try:
        return np.arange(size, dtype=np.intp).reshape(shape)[key]
    except IndexError as error:
        _explain(shape, key)
        raise DataError(f"this index does not fit shape {shape}: {error}", code="index") from None


def _explain(shape: Shape, key: Key) -> None:
    """Raise the reader's words for the usual mistakes: a number out of range, a mask of another size."""
    if sum(entry is not None and entry is not Ellipsis for entry in key) > len(shape):
        raise _too_many(shape, key)
    if any(entry is Ellipsis or entry is None for entry in key):
        return
    axis, arrays = 0, list[Shape]()
    for entry in key:
        if isinstance(entry, np.ndarray) and entry.dtype == bool:
            _check_mask(entry.shape, shape[axis : axis + entry.ndim], axis)
            axis += entry.ndim
            arrays.append((int(entry.sum()),))
            continue
        if isinstance(entry, np.ndarray):
            arrays.append(entry.shape)
            for number in entry.ravel():
                _check_range(int(number), axis, shape[axis])
        elif isinstance(entry, int):
            _check_range(entry, axis, shape[axis])
        axis += 1
    odd = next((each for each in arrays if not _fit(arrays[0], each)), None)
    if odd is not None:
        raise DataError(f"index arrays of shapes {arrays[0]} and {odd} do not go together", code="index")


def _fit(one: Shape, other: Shape) -> bool:
    return all(a == b or 1 in (a, b) for a, b in zip(reversed(one), reversed(other), strict=False))


def _check_mask(mask: Shape, sizes: Shape, axis: int) -> None:
    if mask != sizes:
        where = f"axis {axis} of size {sizes[0]}" if len(sizes) == 1 else f"{len(sizes)} axes of sizes {sizes}"
        message = f"a mask of shape {mask} does not fit {where}"
        raise DataError(message, code="index", hint="a mask has a truth value for every element")


def _check_range(number: int, axis: int, size: int) -> None:
    if not -size <= number < size:
        raise DataError(
            f"index {number} is out of range for axis {axis} of size {size}", code="index",
            hint=f"indices run from {-size} to {size - 1}" if size else "the axis is empty",
        )  # fmt: skip


def _too_many(shape: Shape, key: Key) -> DataError:
    given = sum(entry is not None and entry is not Ellipsis for entry in key)
    many = f"{given} indices are" if given > 1 else "1 index is"
    axes = f"{len(shape)} axes" if len(shape) > 1 else "1 axis"
    have = f"an array of shape {shape} has {axes}" if shape else "a number has no axes"
    return DataError(f"{many} too many: {have}", code="index")


def _check_steps(key: Key) -> None:
    if any(isinstance(entry, slice) and entry.step == 0 for entry in key):
        raise DataError("a slice needs a step that is not 0", code="index")


def _basic(x: Node, key: Key) -> Node:
    entries: list[int | tuple[int, int, int]] = []
    shape: list[int] = []
    given = sum(entry is not None and entry is not Ellipsis for entry in key)
    if given > len(x.shape):
        raise _too_many(x.shape, key)
    if sum(entry is Ellipsis for entry in key) > 1:
        raise DataError("an index can have only one `...`", code="index")
    _check_steps(key)
    if Ellipsis not in key:
        key = (*key, Ellipsis)
    axis = 0
    for entry in key:
        if entry is None:
            shape.append(1)
        elif entry is Ellipsis:
            for size in x.shape[axis : axis + len(x.shape) - given]:
                entries.append((0, size, 1))
                shape.append(size)
            axis += len(x.shape) - given
        elif isinstance(entry, int):
            _check_range(entry, axis, x.shape[axis])
            entries.append(entry % x.shape[axis])
            axis += 1
        else:
            start, stop, step = entry.indices(x.shape[axis])
            count = len(range(start, stop, step))
            entries.append((start, count, step))
            shape.append(count)
            axis += 1
    whole = all(e == (0, size, 1) for e, size in zip(entries, x.shape, strict=True))
    picked = x if whole else getitem(x, params=(Basic(tuple(entries)),))
    return reshape_to(picked, tuple(shape))
