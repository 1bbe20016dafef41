"""Which zeros win over infinity, and which do not.

A zero cotangent or tangent can say that nothing contributes: a branch that was not taken, elements that
an index left out, the unit seed of another row. Such a zero is *blank*: times infinity or NaN it stays
zero, or one branch would spoil the other. A zero that was computed is a number like any other, and
times infinity it has no value: the derivative of sqrt(x)**2 at 0 comes out as 2·0·∞, and is 1.

Kernels see numbers only. They take every zero for a blank, and leave word when one has won
(`absorbed`). A run that heard of it is done again, with each value traced together with where it is
blank; that is rare, and costs a few times as much.

Nor does looking cost anything where no zero meets infinity: a plan first runs with plain products, and asks
only at the `guards` whether one may have been NaN.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .node import Node

Values: TypeAlias = NDArray[Any]
Blank: TypeAlias = NDArray[np.bool_] | bool


class Traced(NamedTuple):
    """A value, and where it is blank: an array that broadcasts to the value's shape, or a bool for all of it."""

    value: Values
    blank: Blank


Trace: TypeAlias = Callable[..., Traced]
"""A kernel of traced operands and the parameters."""


class _Absorbed(threading.local):
    count = 0


_absorbed = _Absorbed()


def absorbed() -> int:
    """How often, in this thread, a zero has won that may not have been blank."""
    return _absorbed.count


def leave_word() -> None:
    """A zero has won in a kernel."""
    _absorbed.count += 1


def absorb(result: Values, *zeros: Values) -> Values:
    """result, with 0 where it is NaN although one of zeros is 0."""
    # NaN anywhere is NaN in the sum, which is soon had; that of infinities may be, too
    whole = np.add.reduce(result, axis=None) if result.ndim else result
    if whole == whole:
        return result
    undefined = result != result
    for zero in zeros:
        won = (zero == 0) & undefined
        if np.any(won):
            leave_word()
            result = np.where(won, 0.0, result)
    return result


def guards(nodes: Iterable[Node], outputs: Sequence[Node]) -> list[Node]:
    """Those of nodes (each after its operands) that are NaN, all or in part, where a plain product was and any of
    outputs may hang on it: outputs, and operands whose NaN an operation may turn into a number."""
    reached: set[Node] = set()
    found: dict[Node, None] = {}
    for node in nodes:
        operation = node.operation
        reaches = operation.plain is not None
        for place, operand in enumerate(node.operands):
            if operand in reached:
                if place in operation.hands_on:
                    reaches = True
                else:
                    found[operand] = None
        if reaches:
            reached.add(node)
    found.update((node, None) for node in outputs if node in reached)
    return list(found)


def any_nan(values: Iterable[Values]) -> bool:
    """Whether any of the numbers is NaN."""
    for value in values:
        # a sum is sooner had; it may be that of infinities, too
        whole = np.add.reduce(value, axis=None) if value.ndim else value
        if whole != whole and np.isnan(value).any():
            return True
    return False


# ---- how operations trace their operands -------------------------------------------------------------


def fed(value: Values) -> Traced:
    """A constant, or an input's value: its zeros are blank, as those of seeds are."""
    return Traced(value, value == 0)


def absorbing(kernel: Callable[..., Values], *, either: bool = False) -> Trace:
    """A kernel that is 0 where its first operand is blank, or either is."""

    def trace(left: Traced, right: Traced) -> Traced:
        blank = left.blank | right.blank if either else left.blank
        return Traced(np.where(blank, 0.0, kernel(left.value, right.value)), blank)

    return trace


def together(kernel: Callable[..., Values]) -> Trace:
    """A kernel whose result is blank where all operands are: sums, and what changes no zero."""

    def trace(*operands: Traced) -> Traced:
        blank: Blank = True
        for operand in operands:
            blank = blank & operand.blank
        return Traced(kernel(*(operand.value for operand in operands)), blank)

    return trace


def multiplied(kernel: Callable[..., Values], *, either: bool = True) -> Trace:
    """A product or quotient, which is blank where an operand is, unless that meets infinity."""

    def trace(left: Traced, right: Traced) -> Traced:
        value = kernel(left.value, right.value)
        return Traced(value, (left.blank | right.blank if either else left.blank) & (value == 0))

    return trace


def carried(kernel: Callable[..., Values], moving: int | None = None) -> Trace:
    """A linear kernel without negative coefficients: blank is what only blanks went into.

    The first `moving` operands (None: all) are traced; the others say where things go.
    """

    def trace(*operands: Any) -> Traced:
        traced = [operand for operand in operands if isinstance(operand, Traced)]
        params = operands[len(traced) :]
        values = [operand.value for operand in traced]
        moved = traced if moving is None else traced[:moving]
        alive = [np.broadcast_to(np.logical_not(t.blank), np.shape(t.value)).astype(np.float64) for t in moved]
        reached = kernel(*alive, *values[len(alive) :], *params)
        return Traced(kernel(*values, *params), reached == 0)

    return trace
