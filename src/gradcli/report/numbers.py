"""Numbers as people read them, and columns of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import sub

from ..text import ALL_DIGITS, MOST_DIGITS, short_exponent
from ..text import number as usual

__all__ = ["ALL_DIGITS", "MOST_DIGITS", "Alignment", "number"]

_WIDENING = 8  # what a column may gain in width for its decimal points to stand under one another


def number(value: float, digits: int | None = None, most: int = MOST_DIGITS) -> str:
    """A number in exactly `digits` significant digits; by default in as many as it needs, up to `most`.

    Whole numbers stand without a point (`28`), zeros keep their sign (`-0`), exponents are short
    (`1e-300`), and what is not finite is `nan`, `inf` or `-inf`.
    """
    if digits is not None:
        return short_exponent(f"{value:#.{digits}g}")
    return usual(value, most)


def numbers(values: Sequence[float], digits: int | None = None, most: int = MOST_DIGITS) -> list[str]:
    """Many numbers as `number` writes them, several times as fast: all are written at once, and what needs
    more than that (exponents, very large whole numbers) once again."""
    if digits is None and most >= ALL_DIGITS:
        return [number(value, digits, most) for value in values]
    one = f"%.{most}g\n" if digits is None else f"%#.{digits}g\n"
    written = one * len(values) % tuple(values)
    if digits is not None:
        written = written.replace(".\n", "\n")
    texts = written.split("\n")[:-1]
    if "e" in written:
        texts = [
            number(value, digits, most) if "e" in text else text for value, text in zip(values, texts, strict=True)
        ]
    return texts


class Alignment:
    """The widths of a column of numbers: before the point, and from the point on. Grows as numbers are seen."""

    def __init__(self) -> None:
        self.left = self.right = self.longest = 0

    def see(self, texts: Sequence[str]) -> list[int]:
        """Make room for these numbers. Returns how many characters each has from its point on."""
        lefts = list(map(str.find, texts, repeat(".")))
        if min(lefts) <= 0:
            lefts = [point if point > 0 else _before_point(text) for point, text in zip(lefts, texts, strict=True)]
        lengths = list(map(len, texts))
        rights = list(map(sub, lengths, lefts))
        self.left = max(self.left, max(lefts))
        self.right = max(self.right, max(rights))
        self.longest = max(self.longest, max(lengths))
        return rights

    @property
    def pointed(self) -> bool:
        """Whether the points stand under one another; where that would need much room, the last digits do."""
        return self.left + self.right <= self.longest + _WIDENING

    @property
    def width(self) -> int:
        return self.left + self.right if self.pointed else self.longest

    def ends(self, rights: Sequence[int], start: int) -> list[int]:
        """Where numbers that were seen end, by what `see` said of them, in a column that begins at start."""
        if not self.pointed:
            return [start + self.longest] * len(rights)
        point = start + self.left
        return [point + right for right in rights]


def _before_point(text: str) -> int:
    point = text.find(".")
    if point < 0 or text.startswith("."):  # the latter: dots in place of a number
        point = text.find("e")
    return len(text) if point < 0 else point
