"""What a backend answers about a case."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Answer(NamedTuple):
    """The weighted sum's value; its gradient, and its Hessian times the direction, an entry an input element."""

    value: float
    gradient: np.ndarray
    product: np.ndarray


def flat(parts: list[np.ndarray]) -> np.ndarray:
    """Arrays end to end."""
    return np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in parts])
