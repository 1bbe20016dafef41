"""Elements picked from an array, or written into one: by index, by mask, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import DataError
from ...text import printable
from ..functions import Data, Flag, Whole, Word, function, sample
from ..node import Frozen, Node
from ..operation import broadcast_to, mismatch, reshape_to
from .assignment import assign
from .indexing import index, positions, select_flat
from .indexing import scatter as scatter_flat
from .rearranging import Positions, whole_numbers
from .selection import where
from .structural import axis_of

GROUP = "structural"


def _along(x: Node, axis: int, piece: slice | Positions) -> Node:
    """x with one axis indexed."""
    return index(x, (*(slice(None),) * (axis_of(axis, len(x.shape)) + len(x.shape)), piece))


# ---- pieces --------------------------------------------------------------------------------------------


@function(
    GROUP, torch_defaults={"sizes": True},
    samples=[sample("split(x, 2)[1]", x=(4,)), sample("split(x, [1, 3])[1]", x=(4,)), sample("split(x, [1, 2], axis=1, sizes=True)[1]", x=(2, 3))],
)  # fmt: skip
def split(x: Node, sections: Data, axis: Whole = 0, sizes: Flag = False) -> tuple[Node, ...]:
    """Cut along an axis into so many equal sections, or before some indices.

    With sizes (as under torch.) into pieces of a size, the last perhaps smaller, or of several sizes.
    """
    length = x.shape[axis_of(axis, len(x.shape))]
    given = whole_numbers(sections, "sections")
    if given.ndim > 1 or np.any(given < 0) or (not given.ndim and not given):
        raise DataError("split takes a number of sections, or a list of places to cut")
    if sizes:
        cuts = np.arange(int(given), length, int(given)) if not given.ndim else np.cumsum(given)[:-1]
        if given.ndim and given.sum() != length:
            raise DataError(f"sizes {given.tolist()} do not add up to {length}", code="shape")
    elif given.ndim:
        cuts = given
    elif length % int(given):
        raise DataError(f"{length} elements do not make {int(given)} equal sections", code="shape",
                        hint="array_split lets the last ones be shorter")  # fmt: skip
    else:
        cuts = np.arange(1, int(given)) * (length // int(given))
    return _cut(x, cuts.tolist(), axis)


@function(GROUP, aliases=("tensor_split",), samples=[sample("array_split(x, 2)[0]", x=(5,))])
def array_split(x: Node, sections: Data, axis: Whole = 0) -> tuple[Node, ...]:
    """Cut along an axis into so many sections, the first one longer where it does not divide, or before some indices."""
    given = whole_numbers(sections, "sections")
    if given.ndim == 1:
        return _cut(x, given.tolist(), axis)
    if given.ndim or given < 1:
        raise DataError(f"array_split needs one section or more, not {given}")
    pieces = np.array_split(np.arange(x.shape[axis_of(axis, len(x.shape))]), int(given))
    return _cut(x, np.cumsum([len(piece) for piece in pieces])[:-1].tolist(), axis)


def _cut(x: Node, cuts: Sequence[int], axis: Whole) -> tuple[Node, ...]:
    stops = [*cuts, None]
    return tuple(_along(x, axis, slice(a, b)) for a, b in zip([0, *cuts], stops, strict=True))


@function(GROUP, samples=[sample("chunk(x, 2)[0]", x=(5,))])
def chunk(x: Node, chunks: Whole, axis: Whole = 0) -> tuple[Node, ...]:
    """Cut into at most so many pieces of one length, the last one shorter."""
    if chunks < 1:
        raise DataError(f"chunk needs one piece or more, not {chunks}")
    length = x.shape[axis_of(axis, len(x.shape))]
    return _cut(x, list(range(-(-length // chunks), length, max(1, -(-length // chunks)))), axis)


@function(GROUP, aliases=("unstack",), samples=[sample("unbind(x)[1]", x=(2, 3)), sample("unbind(x, 1)[0]", x=(2, 3))])
def unbind(x: Node, axis: Whole = 0) -> tuple[Node, ...]:
    """The entries along an axis."""
    rest = (slice(None),) * (axis_of(axis, len(x.shape)) + len(x.shape))
    return tuple(index(x, (*rest, i)) for i in range(x.shape[axis_of(axis, len(x.shape))]))


@function(GROUP, samples=[sample("narrow(x, 1, 1, 2)", x=(2, 3))])
def narrow(x: Node, axis: Whole, start: Whole, length: Whole) -> Node:
    """length entries along an axis, from start on."""
    size = x.shape[axis_of(axis, len(x.shape))]
    first = start + size if start < 0 else start
    if not 0 <= first <= first + length <= size:
        raise DataError(f"{length} entries from {start} on do not lie in an axis of size {size}", code="index")
    return _along(x, axis, slice(first, first + length))


# ---- by index ------------------------------------------------------------------------------------------


@function(
    GROUP,
    samples=[
        sample("take(x, [0, 0, 2])", x=(3,)),
        sample("take(x, [1, 0], axis=1)", x=(2, 3)),
        sample("take(x, [4, -5], mode='wrap')", x=(3,)),
    ],
)
def take(x: Node, indices: Data, axis: Whole | None = None, mode: Word = "raise") -> Node:
    """The elements at some indices, along an axis or of all in order.

    An index out of range is an error, unless mode is 'wrap' (it is counted round) or 'clip' (the nearest is taken).
    """
    if mode not in ("raise", "wrap", "clip"):
        raise DataError(f"take has no mode '{printable(mode)}'", hint="'raise', 'wrap' or 'clip'")
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    places, size = whole_numbers(indices), x.shape[axis_of(axis, len(x.shape))]
    if mode != "raise" and size:
        places = np.mod(places, size) if mode == "wrap" else np.clip(places, 0, size - 1)
    return _along(x, axis, places)


@function(GROUP, samples=[sample("index_select(x, 1, [1, 0, 1])", x=(2, 3))])
def index_select(x: Node, axis: Whole, indices: Data) -> Node:
    """The entries along an axis at some indices."""
    return _along(x, axis, whole_numbers(indices))


def _beside(x: Node, axis: Whole, indices: Data) -> Positions:
    """The flat position in x for each position of indices, with that index along axis instead."""
    whole = whole_numbers(indices)
    rank = len(x.shape)
    position = axis_of(axis, rank) + rank
    if whole.ndim != rank:
        raise DataError(f"indices have {whole.ndim} axes, and x has {rank}", code="shape")
    key: list[Positions] = list(np.indices(whole.shape, dtype=np.intp, sparse=True))
    key[position] = whole
    return positions(x.shape, tuple(np.broadcast_arrays(*key)))


@function(GROUP, samples=[sample("gather(x, 1, [[0], [2]])", x=(2, 3))])
def gather(x: Node, axis: Whole, indices: Data) -> Node:
    """For each position of indices, the element of x with that index along axis instead."""
    return select_flat(x, _beside(x, axis, indices))


@function(GROUP, aliases=("take_along_dim",), samples=[sample("take_along_axis(x, [[0], [2]], 1)", x=(2, 3))])
def take_along_axis(x: Node, indices: Data, axis: Whole | None = None) -> Node:
    """The elements with these indices along an axis, other axes of size 1 being copied; of all in order without one."""
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    whole = np.asarray(indices)
    position = axis_of(axis, len(x.shape)) + len(x.shape)
    if whole.ndim != len(x.shape):
        raise DataError(f"indices have {whole.ndim} axes, and x has {len(x.shape)}", code="shape")
    try:
        shape = np.broadcast_shapes(
            *(tuple(n if a != position else 1 for a, n in enumerate(s)) for s in (whole.shape, x.shape))
        )
    except ValueError:
        raise mismatch([x.shape, whole.shape], "do not broadcast beside an axis") from None
    wide = broadcast_to(x, (*shape[:position], x.shape[position], *shape[position + 1 :]))
    return gather(
        wide, axis, np.broadcast_to(whole, (*shape[:position], whole.shape[position], *shape[position + 1 :]))
    )


# ---- by mask -------------------------------------------------------------------------------------------


@function(
    GROUP, samples=[sample("masked_select(x, [1, 0, 1])", x=(3,)), sample("masked_select(x, [[1], [0]])", x=(2, 3))]
)
def masked_select(x: Node, mask: Data) -> Node:
    """The elements where a mask is not 0, in order."""
    try:
        shape = np.broadcast_shapes(x.shape, np.shape(mask))
    except ValueError:
        raise mismatch([x.shape, np.shape(mask)], "do not broadcast") from None
    return index(broadcast_to(x, shape), (np.broadcast_to(np.asarray(mask) != 0, shape),))


@function(GROUP, samples=[sample("masked_fill(x, [1, 0, 1], y)", x=(3,), y=())])
def masked_fill(x: Node, mask: Node, value: Node) -> Node:
    """x with one value where a mask is not 0."""
    return where(mask, value, x)


# ---- written into --------------------------------------------------------------------------------------


def _scattered(x: Node, axis: Whole, indices: Data, source: Node) -> tuple[Positions, Node]:
    """Where in x, flattened, the elements of source go."""
    whole = whole_numbers(indices)
    if source.shape and (
        len(source.shape) != whole.ndim or any(n > have for n, have in zip(whole.shape, source.shape, strict=True))
    ):
        raise mismatch([whole.shape, source.shape], "do not fit: the indices, and what is written there")
    part = index(source, tuple(slice(0, n) for n in whole.shape)) if source.shape else source
    return _beside(x, axis, indices), broadcast_to(part, whole.shape)


@function(GROUP, samples=[sample("scatter(x, 1, [[0], [2]], y)", x=(2, 3), y=(2, 1))])
def scatter(x: Node, axis: Whole, indices: Data, source: Node) -> Node:
    """x with each element of source written at the index along axis that indices say; the last one stays."""
    places, values = _scattered(x, axis, indices, source)
    return assign(x, places, values)


@function(
    GROUP,
    samples=[
        sample("scatter_add(x, 0, [[1, 1, 0]], y)", x=(2, 3), y=(1, 3)),
        sample("scatter_add(x, 0, [1, 1], y)", x=(3,), y=(2,)),
    ],
)
def scatter_add(x: Node, axis: Whole, indices: Data, source: Node) -> Node:
    """x with each element of source added at the index along axis that indices say."""
    places, values = _scattered(x, axis, indices, source)
    return x + _added_at(places, values, x)


def _added_at(places: Positions, values: Node, like: Node) -> Node:
    """Zeros in like's shape with values added at flat positions."""
    return scatter_flat(values, params=(Frozen(places), like.shape))


def _rows_at(x: Node, axis: Whole, indices: Data) -> Positions:
    """The flat positions of the entries along axis at some indices."""
    whole = whole_numbers(indices)
    return positions(x.shape, (*(slice(None),) * (axis_of(axis, len(x.shape)) + len(x.shape)), whole))


@function(
    GROUP,
    samples=[
        sample("index_add(x, 0, [1, 1], y)", x=(2, 3), y=(2, 3)),
        sample("index_add(x, 1, [0], y, alpha=2)", x=(2, 3), y=(2, 1)),
    ],
)
def index_add(x: Node, axis: Whole, indices: Data, source: Node, alpha: float = 1.0) -> Node:
    """x with alpha times the entries of source added to those at some indices along an axis."""
    places = _rows_at(x, axis, indices)
    if source.shape != places.shape:
        raise mismatch([places.shape, source.shape], "do not fit: the entries, and what is added to them")
    return x + _added_at(places, source if alpha == 1.0 else alpha * source, x)


@function(GROUP, samples=[sample("index_fill(x, 1, [0, 2], y)", x=(2, 3), y=())])
def index_fill(x: Node, axis: Whole, indices: Data, value: Node) -> Node:
    """x with one value for the entries at some indices along an axis."""
    return assign(x, _rows_at(x, axis, indices), value)


@function(GROUP, samples=[sample("index_copy(x, 0, [1], y)", x=(2, 3), y=(1, 3))])
def index_copy(x: Node, axis: Whole, indices: Data, source: Node) -> Node:
    """x with the entries of source in place of those at some indices along an axis."""
    places = _rows_at(x, axis, indices)
    if source.shape != places.shape:
        raise mismatch([places.shape, source.shape], "do not fit: the entries, and what replaces them")
    return assign(x, places, source)
