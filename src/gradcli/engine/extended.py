"""Numbers worked out to more digits than float64 has.

An answer in which a sum of numbers cancelled (see `cancelling`) is computed again by mpmath, from the same float64
inputs and constants: to more and more digits, until two precisions agree. What is detached is a number that float64
has rounded, as it is for the programs that do so, unless a part of it is used beside that: `y - detach(y)` is 0. A
graph with arrays in it, or with a step or a choice, is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from .cancelling import MOST, cancelled, losses
from .evaluate import Values
from .memory import Memory
from .node import Node

Number: TypeAlias = Any  # mpmath carries no types
_KEPT: Final = 2.0**-40
"""What differs by less from float64's result is left as that is."""
_AGREED: Final = 2.0**-60
_CHEAP: Final = 200_000
_DEAR: Final = 5_000
_PRECISIONS: Final = (
    (40, _KEPT, _CHEAP), (80, _AGREED, _CHEAP), (160, _AGREED, _CHEAP), (700, _AGREED, _DEAR), (1400, _AGREED, _DEAR)
)  # fmt: skip
"""Digits, by how much a result may differ from the one before (the first: from float64's), and what the computation may
cost, which takes it less than a second. With 700 digits any two float64 numbers are added exactly."""
_ZERO: Final = 160
"""The digits to which a zero has to stay one: near a fivefold root what is left is 80 digits below its terms."""
_LARGEST: Final = 4096
"""The bits of a number's exponent that is worked with: what leaves float64 by far may take any time and memory."""
_MOST_IN_ALL: Final = 100_000
"""Operations that are looked at for that."""


class UnsupportedError(Exception):
    """Something that is not worked out to more digits."""


class Refined(NamedTuple):
    """A number that float64 arithmetic got wrong.

    Attributes:
        value: what it is.
        kept: how many digits were right.
        lost: where the others were lost.
    """

    value: Values
    kept: int
    lost: Node


def refined(nodes: Iterable[Node], memory: Memory) -> dict[Node, Refined]:
    """Those of nodes whose values, as they are remembered, lack digits that count, worked out again."""
    found = dict[Node, Refined]()
    room = _MOST_IN_ALL
    for node in nodes:
        if room < 0:
            break
        parts = _Parts(node)
        room -= len(parts.order)
        again = _refined(node, parts, memory)
        if again is not None:
            found[node] = again
    return found


class _Parts:
    """What a number is made of.

    Attributes:
        order: its nodes, oldest first; none where they are many, or some are arrays.
        given: those of them that are taken as float64 has them: inputs, constants, and what is detached, unless it is
            made of something that is used beside it, as in `y + detach(1 - y)`.
    """

    def __init__(self, result: Node) -> None:
        self._found, self._detached = {result}, set[Node]()
        if not self._add([result]):
            self.order, self.given = list[Node](), set[Node]()
            return
        while through := {node for node in self._detached if self._is_beside(node)}:
            self._detached -= through
            if not self._add([operand for node in through for operand in node.operands]):
                self._found, self._detached = set(), set()
        self.order = sorted(self._found, key=attrgetter("id"))
        self.given = {node for node in self.order if not node.operands} | self._detached

    def _add(self, nodes: Iterable[Node]) -> bool:
        """Add nodes and what they are made of, up to what is detached; whether that is numbers, and not too many."""
        stack = [*nodes]
        self._found.update(stack)
        while stack:
            node = stack.pop()
            if node.shape or len(self._found) > MOST:
                return False
            if node.operation.name == "detach":
                self._detached.add(node)
            else:
                stack += {*node.operands} - self._found
                self._found.update(node.operands)
        return True

    def _is_beside(self, detached: Node) -> bool:
        """Whether a part of what is detached is used beside it."""
        computed = {node for node in self._found if node.operands} - self._detached
        oldest = min((node.id for node in computed), default=detached.id)
        seen, stack = {detached}, [detached]
        while stack and computed.isdisjoint(seen) and len(seen) <= MOST:
            newer = {operand for operand in stack.pop().operands if operand.id >= oldest} - seen
            seen |= newer
            stack += newer
        return not computed.isdisjoint(seen)


def _refined(node: Node, parts: _Parts, memory: Memory) -> Refined | None:
    found = losses(parts.order, {each: each.id for each in parts.order})
    values = memory.compute(node) if found else []
    with np.errstate(all="ignore"):
        lost = cancelled(found, values)
    if lost is None:
        return None
    value = float(values[node.id])
    given = {each: float(values[each.id]) for each in parts.given}
    try:
        exact = _worked_out(_Steps(node, parts.order, given), value)
    except UnsupportedError:
        return None
    return None if exact == value else Refined(np.asarray(exact), _digits_kept(value, exact), lost)


def _digits_kept(value: float, exact: float) -> int:
    """How many decimal digits of a value are right."""
    if not math.isfinite(value) or exact == 0:
        return 0
    return max(0, math.floor(-math.log10(abs(value - exact) / abs(exact))))


def _worked_out(steps: _Steps, value: float) -> float:
    """The result to which two precisions agree, the second of which has lost no term, and found a zero with many digits
    alone; value where that is as good.

    Raises UnsupportedError.
    """
    before: Number = value
    cost = 0
    for digits, agreed, most in _PRECISIONS:
        if cost > most:
            break
        found, names = steps.run(digits)
        cost = names.cost
        sure = not names.lossy and (found or digits >= _ZERO)
        if sure and abs(before - found) <= agreed * abs(found):
            return value if abs(value - found) <= _KEPT * abs(found) else float(found)
        before = found
    raise UnsupportedError


class _Steps:
    """A computation with numbers. Raises UnsupportedError where one it starts from is not finite."""

    def __init__(self, result: Node, order: Sequence[Node], given: Mapping[Node, float]) -> None:
        self._result, self._order, self._given = result, order, given
        if not all(map(math.isfinite, given.values())):
            raise UnsupportedError

    def run(self, digits: int) -> tuple[Number, _Names]:
        """The result, and how it was come by. Raises UnsupportedError."""
        context = _context(digits)
        names = _Names(context)
        values: dict[Node, Number] = {}
        for node in self._order:
            if node in self._given:
                values[node] = context.mpf(self._given[node])
                continue
            value = _applied(names, node, [values[operand] for operand in node.operands])
            if not isinstance(value, context.mpf) or (value and not abs(context.mag(value)) < _LARGEST):
                raise UnsupportedError
            values[node] = value
        return values[self._result], names


@cache
def _context(digits: int) -> Any:
    """mpmath's functions, to so many digits."""
    from mpmath import MPContext

    context = MPContext()
    context.dps = digits
    return context


def _applied(names: _Names, node: Node, operands: Sequence[Number]) -> Number:
    symbolic = node.operation.symbolic
    try:
        if callable(symbolic):
            return names.number(symbolic(names, *operands, *node.params))
        if symbolic is not None:
            return getattr(names, symbolic)(*operands)
        return np.asarray(node.operation.kernel(*operands, *node.params), dtype=object).item()
    except (ZeroDivisionError, ValueError, TypeError, OverflowError):  # outside of its domain, or no number at all
        raise UnsupportedError from None


class _Names:
    """Functions of mpmath under their names in SymPy, in which operations say what they are.

    lossy is whether a sum has lost a whole term; cost what has been asked for, in sums.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self.lossy = False
        self.cost = 0

    def number(self, value: Any) -> Number:
        """A whole number or float as one of mpmath's."""
        return self._context.mpf(value) if isinstance(value, (int, float)) else value

    def Add(self, left: Number, right: Number) -> Number:
        total = left + right
        if (total == left and right) or (total == right and left):
            self.lossy = True
        return total

    def Mul(self, left: Number, right: Number) -> Number:
        return left * right

    def Pow(self, base: Number, exponent: Number) -> Number:
        return base**exponent

    def Rational(self, value: float, over: int = 1) -> Number:
        return self._context.mpf(value) / over

    @property
    def pi(self) -> Number:
        return +self._context.pi

    def __getattr__(self, name: str) -> Callable[..., Number]:
        if name not in _FUNCTIONS:
            raise UnsupportedError(name)
        self.cost += _COSTS.get(name, 20)
        found: Callable[..., Number] = getattr(self._context, _FUNCTIONS[name])
        return found


_COSTS: Final = dict.fromkeys(("digamma", "erf", "erfc", "gamma", "loggamma"), 1000)
_FUNCTIONS: Final = {
    name: name
    for name in (
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "cot", "csc", "digamma", "erf",
        "erfc", "exp", "gamma", "loggamma", "log", "sec", "sech", "sin", "sinh", "sqrt", "tan", "tanh",
    )
} | {"Abs": "fabs"}  # fmt: skip
