"""Gradients derived by hand, put beside the computed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..engine.node import Array
from ..errors import DataError, UsageError
from ..record import Record
from ..results import ClaimRow
from ..text import closest
from .agreement import Truths, agree
from .elements import Elements

if TYPE_CHECKING:
    from ..results import Value

SHOWN = 5
"""Of the elements that differ, so many are told one by one."""


class Claims(Record):
    """What became of the claims: whether each holds, the first elements that differ, how many do, and
    what there is to say about them."""

    holds: Mapping[str, bool]
    rows: tuple[ClaimRow, ...]
    differences: int
    remarks: tuple[str, ...]


class Claimed(Record):
    """A claim worked out: the number of the block it is about, its values in that block's shape, and
    the shape it had."""

    name: str
    block: int
    values: Array
    shape: tuple[int, ...]


def worked_out(
    claims: Mapping[str, str], names: Sequence[str], elements: Elements, arrays: Mapping[str, Array]
) -> list[Claimed]:
    """The claims' values. Raises UsageError for a variable that nothing is differentiated for, DataError for
    a claim that does not have the derivative's shape, and what evaluating it raises."""
    return [_worked_out(name, text, names, elements, arrays) for name, text in claims.items()]


def _worked_out(name: str, text: str, names: Sequence[str], elements: Elements, arrays: Mapping[str, Array]) -> Claimed:
    from ..api import Expression

    if name not in names:
        close = closest(name, names)
        hint = f"did you mean {close}?" if close else f"it is for {', '.join(names) or 'nothing'}"
        raise UsageError(f"a claim for {name}, which the derivative is not taken for", hint=hint)
    number = list(names).index(name)
    shape = elements.blocks[number].shape
    value = _together(Expression(text).eval(arrays).value)
    span = (0, len(text))
    if not isinstance(value, np.ndarray):
        raise DataError(f"the claim for {name} is not one array", code="shape", span=span, source=text)
    if not _fits(value.shape, shape):
        raise DataError(
            f"the claim for {name} has shape {value.shape}, and the derivative has shape {shape}",
            code="shape", span=span, source=text,
            hint="a claim has the derivative's shape, or is one number for all of it",
        )  # fmt: skip
    return Claimed(name, number, np.broadcast_to(value, shape), value.shape)


def _together(value: Value) -> Value:
    """Several numbers, as in `2,4`, as a vector."""
    if not isinstance(value, tuple):
        return value
    numbers = [part for part in value if isinstance(part, np.ndarray) and not part.ndim]
    return np.stack(numbers) if numbers and len(numbers) == len(value) else value


def _fits(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    pairs = zip(reversed(shape), reversed(target), strict=False)
    return len(shape) <= len(target) and all(size in (1, wanted) for size, wanted in pairs)


def compared(claimed: Sequence[Claimed], elements: Elements, answer: Array, slack: Array, steepness: Array) -> Claims:
    """Each claim beside the computed derivative; slack and steepness are those of `agree`."""
    scales = elements.scales(answer)
    holds: dict[str, bool] = {}
    rows: list[ClaimRow] = []
    remarks: list[str] = []
    count = 0
    for claim in claimed:
        part = elements.part(claim.block)
        values = claim.values.reshape(-1)
        wrong: Truths = ~agree(values, answer[part], slack[part], scales[part], steepness[part])
        holds[claim.name] = not wrong.any()
        count += int(wrong.sum())
        for own in np.flatnonzero(wrong)[: SHOWN - len(rows)]:
            position = part.start + int(own)
            computed = float(answer[position])
            rows.append(ClaimRow(name=elements[position].name, claimed=float(values[own]), computed=computed))
        if claim.shape != elements.blocks[claim.block].shape:
            said = "is one number" if not claim.shape else f"has shape {claim.shape}"
            remarks.append(f"the claim for {claim.name} {said}, and was compared with every element")
    return Claims(holds, tuple(rows), count, tuple(remarks))
