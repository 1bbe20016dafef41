"""When two numbers agree, and to how many digits.

An answer agrees with another if their relative difference is at most 1e-9; or if rounding explains it
(`rounding`) and it is at most 1e-3, or nothing beside the largest element of the same block, or the
truth is exactly 0 and the answer nothing beside the function's value. So a loss of digits that the expression itself brings about is not a mistake,
and a wrong factor always is one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..engine.node import Array

Truths = NDArray[np.bool_]

RELATIVE = 1e-9
ROUNDED = 1e-3  # of an answer that rounding may take away
BESIDE = 1e-9  # of the largest element of a block
MARGIN = 16.0  # by which the measured effect of rounding is multiplied
MOST_DIGITS = 16.0
_TINY = 2.0**-1022


def slack(moved: Array) -> Array:
    """How far apart rounding alone may take two answers, given how far it was seen to move one."""
    return MARGIN * moved + _TINY


def agree(
    answer: Array, truth: Array, slack: Array, scale: Array, residue: Array | float = 0.0, *, peers: bool = False
) -> Truths:
    """Whether each answer is the truth: NaN is NaN, and infinity the same infinity.

    scale is the size of the largest element of the block, residue what rounding may leave of a 0. Of
    peers neither is the truth, and either may be such a residue.
    """
    with np.errstate(all="ignore"):
        apart = np.abs(answer - truth)
        size = np.abs(truth)
        zero = (truth == 0) | ((answer == 0) & peers)
        forgiven = (apart <= ROUNDED * size) | (slack <= BESIDE * scale) | (zero & (apart <= residue))
        near = (apart <= RELATIVE * size) | ((apart <= slack) & forgiven)
    return np.where(np.isfinite(answer) & np.isfinite(truth), near, same(answer, truth))


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
