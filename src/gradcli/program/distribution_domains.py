"""Which numbers parameters of distributions, and their values, can be: looked at unless `validate_args` is False."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

Array = NDArray[Any]


class Domain(NamedTuple):
    """Numbers of a kind: in words, and which of an array's they are."""

    words: str
    holds: Callable[[Array], Array]


REAL = Domain("a number", lambda x: ~np.isnan(x))
POSITIVE = Domain("greater than 0", lambda x: x > 0)
NOT_NEGATIVE = Domain("at least 0", lambda x: x >= 0)
SHARE = Domain("from 0 to 1", lambda x: (x >= 0) & (x <= 1))
COUNT = Domain("a whole number from 0", lambda x: (x >= 0) & (x == np.floor(x)))
TRUTH = Domain("0 or 1", lambda x: (x == 0) | (x == 1))

PARAMETERS = {
    "loc": REAL, "low": REAL, "high": REAL, "logits": REAL, "scale": POSITIVE, "concentration": POSITIVE,
    "concentration1": POSITIVE, "concentration0": POSITIVE, "df": POSITIVE, "rate": POSITIVE, "probs": SHARE,
}  # fmt: skip
"""By the name of a parameter; Poisson's rate may be 0."""
VALUES = {
    "LogNormal": POSITIVE, "HalfNormal": NOT_NEGATIVE, "Exponential": NOT_NEGATIVE, "Gamma": NOT_NEGATIVE,
    "Beta": SHARE, "Poisson": COUNT, "Bernoulli": TRUTH,
}  # fmt: skip
"""By the kind of a distribution; those of other kinds are any numbers."""

_ANYWAY = "validate_args=False goes on anyway"


def check(values: Array, domain: Domain, what: str) -> None:
    """Raise DataError where some of the values lie outside of a domain."""
    odd = values[~domain.holds(values)]
    if odd.size:
        raise DataError(f"{what} is {domain.words}, and here is {odd.ravel()[0]:g}", hint=_ANYWAY)


def check_order(low: Array, high: Array, what: str) -> None:
    """Raise DataError where low is not below high."""
    if not (low < high).all():
        raise DataError(f"low of {what} is below high", hint=_ANYWAY)


def check_between(values: Array, low: Array, high: Array, what: str) -> None:
    """Raise DataError where values do not lie between two others."""
    odd = values[~((values >= low) & (values <= high))]
    if odd.size:
        raise DataError(f"a value of {what} lies between low and high, and here is {odd.ravel()[0]:g}", hint=_ANYWAY)


def check_factor(factor: Array) -> None:
    """Raise DataError where matrices are no lower triangles with a positive diagonal."""
    if (factor != np.tril(factor)).any() or (np.diagonal(factor, 0, -2, -1) <= 0).any():
        raise DataError("scale_tril is a lower triangle with a positive diagonal", hint=_ANYWAY)
