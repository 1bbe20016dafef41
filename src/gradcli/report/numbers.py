"""Numbers as people read them, and columns of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


class Alignment:
    """The widths of a column of numbers: before the point, and from the point on. Grows as numbers are seen."""

    def __init__(self) -> None:
        self.left = self.right = self.longest = 0

    def see(self, texts: Sequence[str]) -> None:
        """Make room for these numbers."""
        lengths, lefts = list(map(len, texts)), list(map(_before_point, texts))
        self.left = max(self.left, *lefts)
        self.right = max(self.right, *map(int.__sub__, lengths, lefts))
        self.longest = max(self.longest, *lengths)

    @property
    def pointed(self) -> bool:
        """Whether the points stand under one another; where that would need much room, the last digits do."""
        return self.left + self.right <= self.longest + _WIDENING

    @property
    def width(self) -> int:
        return self.left + self.right if self.pointed else self.longest

    def placed(self, texts: Sequence[str]) -> Iterator[str]:
        """Numbers that were seen, in the column's width."""
        if not self.pointed:
            return (text.rjust(self.longest) for text in texts)
        width, left = self.width, self.left
        return (f"{'':{left - _before_point(text)}}{text}".ljust(width) for text in texts)


def _before_point(text: str) -> int:
    point = text.find(".")
    if point < 0 or text.startswith("."):  # the latter: dots in place of a number
        point = text.find("e")
    return len(text) if point < 0 else point
