"""Sine and cosine of many numbers, both from one reduction of the argument.

The C library takes one number at a time, and reduces it anew for each of the two functions. Here an argument is k *
2π/1024 + r. What is taken off comes in three parts, whose products with k are exact or too small to matter (Cody and
Waite, Software Manual for the Elementary Functions, 1980, chapter 8); sine and cosine of that angle are read from a
table, with the digits that a float has not; those of r are three terms of their series (Tang, Table-lookup algorithms
for elementary functions and their error analysis, ARITH 10, 1991). All of it is plain arithmetic on whole arrays.
Results are within 2 ulp, and within half an ulp but for some in the first steps beside a zero.
"""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..record import Record

Values: TypeAlias = NDArray[np.float64]

_STEPS = 1024  # in a turn
_BITS = 192  # of the fixed point that the table is computed in
_PI = 0x3243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C8  # floor(π * 2**252)
_ROUNDING = 1.5 * 2.0**52  # what is added to this is rounded to a whole number, which stands in the last bits
_REACH = 2.0**16 * 2.0 * np.pi / _STEPS
"""Arguments up to here have so few steps that their products with numbers of 37 bits are exact."""


class Tables(Record):
    """Sines and cosines of all steps in two floats each, a step in three parts, and steps in a radian."""

    sines: Values
    low_sines: Values
    cosines: Values
    low_cosines: Values
    parts: tuple[float, float, float]
    rate: float


class Angle:
    """Arguments reduced: the nearest step, the sine of what is left and its cosine less one; and the arguments that are
    odd, with where they are."""

    __slots__ = ("argument", "fall", "odd", "place", "rest")

    def __init__(
        self,
        place: NDArray[np.int64],
        rest: Values,
        fall: Values,
        argument: Values | None,
        odd: NDArray[np.bool_] | None,
    ) -> None:
        self.place, self.rest, self.fall, self.argument, self.odd = place, rest, fall, argument, odd


def angle(x: Values) -> Angle | Values:
    """What `sine` and `cosine` share; x itself where it is one number, or nothing but odd ones.

    Odd are arguments too large for the table, which NumPy reduces, those that are no number, and 0, which has a sign.
    Each number is what it would be among any others.
    """
    if x.ndim == 0:
        return x
    argument, odd = None, None
    if not _is_usual(x):
        argument, odd = x, (np.abs(x) >= _REACH) | (x == 0.0) | (x != x)
        if odd.all():
            return x
        x = np.where(odd, 1.0, x)
    table = tables()
    steps = x * table.rate
    steps += _ROUNDING
    place = steps.view(np.int64) & (_STEPS - 1)
    steps -= _ROUNDING
    first, *others = table.parts
    spare = steps * first
    r = x - spare
    for part in others:
        r -= np.multiply(steps, part, out=spare)
    square = np.multiply(r, r, out=spare)
    rest = np.multiply(square, 1.0 / 120.0, out=steps)
    rest -= 1.0 / 6.0
    rest *= square
    rest *= r
    rest += r
    fall = np.multiply(square, 1.0 / 24.0, out=r)
    fall -= 0.5
    fall *= square
    return Angle(place, rest, fall, argument, odd)


def _is_usual(x: Values) -> bool:
    """Whether none is odd; by NumPy's own functions, each of which lets other threads run."""
    if np.count_nonzero(x) < x.size or not x.size:
        return False
    return bool(np.maximum.reduce(x, axis=None) < _REACH and np.minimum.reduce(x, axis=None) > -_REACH)


def sine(angle: Angle | Values) -> Values:
    """sin of the argument."""
    if not isinstance(angle, Angle):
        return np.asarray(np.sin(angle))
    table = tables()
    return _of_sum(angle, np.sin, table.sines, table.low_sines, table.cosines, np.add)


def cosine(angle: Angle | Values) -> Values:
    """cos of the argument."""
    if not isinstance(angle, Angle):
        return np.asarray(np.cos(angle))
    table = tables()
    return _of_sum(angle, np.cos, table.cosines, table.low_cosines, table.sines, np.subtract)


def _of_sum(angle: Angle, function: np.ufunc, high: Values, low: Values, other: Values, join: np.ufunc) -> Values:
    """A function of a step and what is left: whole * (1 + fall) plus or minus other * rest, the smallest added first;
    whole (in two parts) and other are in tables. What is odd is left to the function itself."""
    whole = _at(angle.place, high)
    result = whole * angle.fall
    across = _at(angle.place, other)
    across *= angle.rest
    join(result, across, result)
    result += low.take(angle.place, mode="clip", out=across)
    result += whole
    if angle.argument is not None:
        result[angle.odd] = function(angle.argument[angle.odd])
    return result


def _at(place: NDArray[np.int64], table: Values) -> Values:
    return table.take(place, mode="clip")  # every place is in the table: this only spares a look


@cache
def tables() -> Tables:
    """The tables, from a rotation by one step in fixed point, repeated."""
    one = 1 << _BITS
    step = (_PI >> (251 - _BITS)) // _STEPS
    slow, fast = _cosine_and_sine(step, one)
    cosines, sines = [one], [0]
    for _ in range(_STEPS // 4 - 1):
        c, s = cosines[-1], sines[-1]
        cosines.append((c * slow - s * fast) >> _BITS)
        sines.append((s * slow + c * fast) >> _BITS)
    turn = [*sines, *cosines, *(-each for each in sines), *(-each for each in cosines)]
    later = turn[_STEPS // 4 :] + turn[: _STEPS // 4]
    return Tables(*_in_two(turn, one), *_in_two(later, one), _in_parts(step), one / step)


def _cosine_and_sine(x: int, one: int) -> tuple[int, int]:
    """Of a small x, all in fixed point, by their series."""
    sums, term, count = [0, 0, 0, 0], one, 0
    while term:
        sums[count % 4] += term
        count += 1
        term = (term * x >> _BITS) // count
    return sums[0] - sums[2], sums[1] - sums[3]


def _in_two(numbers: list[int], one: int) -> tuple[Values, Values]:
    """The nearest floats, and those nearest to what is missing."""
    high = [number / one for number in numbers]
    low = [(number - int(near * 2.0**96) * (one >> 96)) / one for number, near in zip(numbers, high, strict=True)]
    return np.array(high), np.array(low)


def _in_parts(step: int) -> tuple[float, float, float]:
    """A step in two parts of 37 bits each, and the rest."""
    first, second = (step >> (_BITS - bits) << (_BITS - bits) for bits in (44, 81))
    one = 1 << _BITS
    return first / one, (second - first) / one, (step - second) / one
