"""Results of many records as lines of JSON, written at once: what `json.encode` writes for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from json import dumps
from typing import TYPE_CHECKING

import numpy as np

from .json import encode, string

if TYPE_CHECKING:
    from ..results import Array, Result

_NUMBER = "\0"
"""Stands for a number while a line is laid out; in JSON, where it can only be escaped, it stands for nothing else."""


def encode_lines(result: Result, count: int, expressions: Sequence[str] | None = None) -> list[str]:
    """The lines of `count` answers, each with its line end.

    The arrays of result have the records' axis in front, and hold finite numbers only. expressions are those of
    the records, where each has its own.
    """
    columns: list[Array] = []

    def blank(array: Array) -> str:
        columns.append(array.reshape(count, -1))
        return dumps(np.zeros(array.shape[1:]).tolist()).replace("0.0", _NUMBER)

    line = encode(result, blank).replace("%", "%%").replace(_NUMBER, "%r") + "\n"
    rows: Iterable[Sequence[object]] = [()] * count
    if columns:
        rows = np.concatenate(columns, axis=1).tolist()
    if expressions is not None:
        own = string(result.expression).replace("%", "%%")
        line = line.replace(f'"expression": {own}', '"expression": %s', 1)
        rows = ((string(expression), *row) for expression, row in zip(expressions, rows, strict=True))
    return [line % tuple(row) for row in rows]
