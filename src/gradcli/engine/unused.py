"""Matrices that an operation has no answer for, where nothing hangs on that answer.

Both branches of `where` are computed, and one of them may invert a matrix that is singular. Whether that counts is
asked when it has happened: the run is done again with something in the place of the answer that is missing, NaN first
and then numbers. What comes out the same each time, and without NaN, does not hang on it. What does not is the error
that it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

Values: TypeAlias = NDArray[Any]
P = ParamSpec("P")
T = TypeVar("T")
_NUMBERS = (1e150, -1e150)
"""Of both signs, and beyond what anyone compares with."""


class NoAnswer(DataError):
    """An operation has no answer for a matrix."""


class _Instead(threading.local):
    size: float | None = None


_instead = _Instead()


@contextmanager
def standing_in(size: float) -> Iterator[None]:
    """Matrices of this size, or of NaN, are in the place of answers that are missing."""
    before, _instead.size = _instead.size, size
    try:
        yield
    finally:
        _instead.size = before


def known_unused(function: Callable[P, T]) -> Callable[P, T]:
    """A function that looks at how an answer was made that hangs on nothing that is missing: NaN stands in for it."""

    @wraps(function)
    def looking(*args: P.args, **kwargs: P.kwargs) -> T:
        with standing_in(np.nan):
            return function(*args, **kwargs)

    return looking


def checked(
    kernel: Callable[..., Values], problem: str, hint: str | None = None, instead: Callable[..., Values] | None = None
) -> Callable[..., Values]:
    """A kernel of matrices whose failure is the reader's data.

    instead(matrix, *operands) is what stands in for the answer for one matrix: that matrix itself unless told.
    """

    def run(*operands: Values) -> Values:
        try:
            return kernel(*operands)
        except np.linalg.LinAlgError:
            if _instead.size is None:
                raise NoAnswer(problem, code="singular", hint=hint) from None
        lead = np.broadcast_shapes(*(each.shape[:-2] for each in operands))
        wide = [np.broadcast_to(each, lead + each.shape[-2:]) for each in operands]
        out = np.empty(wide[-1].shape, np.result_type(*wide))
        for place in np.ndindex(lead):
            out[place] = one([each[place] for each in wide])
        return out

    def one(operands: Sequence[Values]) -> Values:
        try:
            return kernel(*operands)
        except np.linalg.LinAlgError:
            assert _instead.size is not None
            matrix = _instead.size * _uneven(operands[0].shape)
            return matrix if instead is None else instead(matrix, *operands)

    return run


def _uneven(shape: tuple[int, ...]) -> Values:
    """Positive numbers no two of which are equal, so that a comparison of two has an outcome that their sign turns."""
    return 1.5 + np.cos(1.0 + np.arange(float(np.prod(shape))).reshape(shape))


def unless_used(problem: NoAnswer, run: Callable[[], list[Values]]) -> list[Values]:
    """What run gives where it does not hang on the answer that is missing. Raises problem where it does."""
    with standing_in(np.nan):
        found = run()
    if any(np.isnan(value).any() for value in found):
        raise problem
    for size in _NUMBERS:
        with standing_in(size):
            again = run()
        if not all(np.array_equal(value, other) for value, other in zip(found, again, strict=True)):
            raise problem
    return found
