"""Arrays of expressions, and of whatever else stands for a number while a graph is interpreted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Entries: TypeAlias = NDArray[Any]  # of expressions, Laters, and the 0 that structural kernels fill with


def array(entries: Sequence[Any], shape: tuple[int, ...]) -> Entries:
    """Entries in a shape."""
    made = np.empty(len(entries), dtype=object)
    for position, entry in enumerate(entries):
        made[position] = entry
    return made.reshape(shape)


def mapped(function: Callable[[Any], Any], entries: Entries) -> Entries:
    """A function of every entry."""
    return array([function(entry) for entry in np.asarray(entries, dtype=object).reshape(-1)], np.shape(entries))


def filled(shape: tuple[int, ...], entries: Any) -> Entries:
    """What a kernel gave, an array or one entry, as an array of this shape."""
    made = np.empty(shape, dtype=object)
    made[...] = entries
    return made


def rows(entries: Entries, axes: tuple[int, ...]) -> Entries:
    """The entries that a reduction takes together, a row each."""
    moved = np.moveaxis(entries, axes, range(-len(axes), 0))
    lead = moved.shape[: moved.ndim - len(axes)]
    return moved.reshape(math.prod(lead), math.prod(moved.shape[len(lead) :]))
