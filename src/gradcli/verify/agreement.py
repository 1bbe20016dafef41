"""When two numbers agree, and to how many digits.

An answer agrees with the truth if their relative difference is at most 1e-9; or if rounding explains it
(`rounding`) and it is at most 1e-3, or nothing beside the largest element of the same block, or the
truth is exactly 0 and the answer nothing beside the function's own steepness. So a loss of digits that
the expression itself brings about is not a mistake, and a wrong factor always is one.

Of two methods that compute in float64, neither is the truth: they may also differ by what rounding
leaves beside the function's steepness.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..engine.node import Array

Truths = NDArray[np.bool_]

RELATIVE = 1e-9
ROUNDED = 1e-3  # of an answer that rounding may take away
BESIDE = 1e-9  # of the largest element of a block
RESIDUE = 1e-9  # of the steepness: what rounding may leave of a 0
FLOOR = 1e-14  # of the steepness: what may be left in one method, and not in another
UNDERFLOW = 1e-150  # of the largest element: what one method may lose on its way
MARGIN = 16.0  # by which the measured effect of rounding is multiplied
MOST_DIGITS = 16.0
_TINY = 2.0**-1022


def slack(moved: Array) -> Array:
    """How far apart rounding alone may take two answers, given how far it was seen to move one."""
    return MARGIN * moved + _TINY


def agree(answer: Array, truth: Array, slack: Array, scale: Array, steepness: Array) -> Truths:
    """Whether each answer is the truth: NaN is NaN, and infinity the same infinity.

    slack is how far rounding may take them apart; scale the size of the largest element of the block;
    steepness that of the function: its value over its largest input, and at least 1.
    """
    with np.errstate(all="ignore"):
        apart, size = np.abs(answer - truth), np.abs(truth)
        residue = (truth == 0) & (apart <= RESIDUE * steepness)
        forgiven = (apart <= ROUNDED * size) | (slack <= BESIDE * scale) | residue
        near = (apart <= RELATIVE * size) | ((apart <= slack) & forgiven)
    return np.where(np.isfinite(answer) & np.isfinite(truth), near, same(answer, truth))


def agree_as_peers(answer: Array, other: Array, slack: Array, scale: Array, steepness: Array) -> Truths:
    """The same where neither is the truth."""
    with np.errstate(all="ignore"):
        tiny = np.abs(answer - other) <= FLOOR * steepness + UNDERFLOW * scale
    return tiny | agree(answer, other, slack, scale, steepness) | agree(other, answer, slack, scale, steepness)


def same(a: Array, b: Array) -> Truths:
    """Whether numbers are equal, NaN to NaN."""
    return (a == b) | (np.isnan(a) & np.isnan(b))


def digits(answers: list[Array], slack: Array, scale: Array) -> Array:
    """To how many significant decimal digits the answers (NaN: none) agree, element by element.

    Beside numbers that are nothing but rounding, the scale takes the place of their own size.
    """
    stacked = np.stack(answers)
    known = ~np.isnan(stacked)
    with np.errstate(all="ignore"):
        high = np.max(np.where(known, stacked, -np.inf), axis=0)
        low = np.min(np.where(known, stacked, np.inf), axis=0)
        size = np.max(np.where(known, np.abs(stacked), 0.0), axis=0)
        size = np.where((size <= slack) & (slack <= BESIDE * scale), scale, size)
        found = -np.log10((high - low) / size)
    found = np.where((high == low) | (known.sum(axis=0) < 2), MOST_DIGITS, np.where(np.isnan(found), 0.0, found))
    return np.clip(found, 0.0, MOST_DIGITS) + 0.0  # no -0.0
