"""Sparse matrices as people see them: a picture of where their entries are, how many, and the few of a small one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from ..record import Record
from .blocks import Owner, element, unravelled
from .columns import Head, Row, table
from .numbers import number
from .page import Page

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..results import SparseMatrix

    Dots: TypeAlias = NDArray[np.bool_]

_MOST_ROWS, _MOST_COLUMNS = 20, 64  # characters of a picture
_SMALL_ROWS, _SMALL_COLUMNS = 20, 30  # entries of a matrix that has a sign for each
_LISTED = 40
"""Entries that are listed with their values; more are for --json and --save."""
_MARGIN = "  "
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # bits of a Braille character, by row and column


class Whole(Record):
    """Matrices side by side and below one another: the owners of their rows and columns, and all in their order."""

    title: str
    rows: Sequence[Owner]
    columns: Sequence[Owner]
    matrices: Sequence[Sequence[SparseMatrix]]
    head: str
    colours: int

    @property
    def shape(self) -> tuple[int, int]:
        return sum(prod(owner.shape) for owner in self.rows), sum(prod(owner.shape) for owner in self.columns)

    @property
    def count(self) -> int:
        return sum(len(matrix.data) for row in self.matrices for matrix in row)


def blocks(whole: Whole, page: Page, digits: int | None) -> Iterator[Iterable[str]]:
    """What there is to see of it: the counts and the picture, then the entries if they are few."""
    yield _picture(whole, page)
    if 0 < whole.count <= _LISTED:
        heads = [Head("", style="name"), Head("", style="name"), Head(page.words(whole.head), number=True)]
        yield table(heads, _entries(whole, digits), page) or ()


def _picture(whole: Whole, page: Page) -> Iterator[str]:
    rows, columns = whole.shape
    entries = f"{whole.count:,} {'entry' if whole.count == 1 else 'entries'}"
    colours = f"{whole.colours:,} colour{'' if whole.colours == 1 else 's'}"
    yield f"{_MARGIN}{whole.title}"
    yield _MARGIN + page.paint(page.words(f"{rows:,} × {columns:,}, {entries}, {colours}"), "faint")
    if rows and columns:
        edge = page.paint(page.words("│"), "faint")
        yield from (f"{_MARGIN}{edge}{line}{edge}" for line in _lines(whole, page))
    if whole.count > _LISTED:
        yield _MARGIN + page.paint("the entries themselves are in --json and --save", "faint")


def _lines(whole: Whole, page: Page) -> Iterator[str]:
    """The picture: a sign an entry, or dots for all that lies in a part of the matrix."""
    rows, columns = whole.shape
    room = max(1, min(_MOST_COLUMNS, page.width - 2 * len(_MARGIN) - 2))
    if rows <= _SMALL_ROWS and columns <= _SMALL_COLUMNS and 2 * columns - 1 <= room:
        for line in _dots(whole, rows, columns):
            yield " ".join(page.words("×") if dot else "." for dot in line)
    elif page.unicode:
        yield from map(_braille, _fours(_dots(whole, *_scaled(rows, columns, 4 * _MOST_ROWS, 2 * room))))
    else:
        tall, wide = _scaled(rows, columns, 2 * _MOST_ROWS, room)  # a character is twice as high as wide
        for line in _dots(whole, min(rows, _MOST_ROWS) if rows <= _MOST_ROWS else max(1, tall // 2), wide):
            yield "".join("*" if dot else " " for dot in line)


def _scaled(rows: int, columns: int, tall: int, wide: int) -> tuple[int, int]:
    """The size of a picture with room for so many dots, as wide for its height as the matrix."""
    scale = min(1.0, tall / rows, wide / columns)
    return max(1, round(scale * rows)), max(1, round(scale * columns))


def _dots(whole: Whole, tall: int, wide: int) -> Dots:
    """Which of so many parts of the matrix have an entry."""
    import numpy as np

    rows, columns = whole.shape
    dots = np.zeros((tall, wide), dtype=bool)
    below = 0
    for owner, line in zip(whole.rows, whole.matrices, strict=True):
        right = 0
        for beside, matrix in zip(whole.columns, line, strict=True):
            down, across = matrix.row.astype(np.int64) + below, matrix.col.astype(np.int64) + right
            dots[down * tall // rows, across * wide // columns] = True
            right += prod(beside.shape)
        below += prod(owner.shape)
    return dots


def _fours(dots: Dots) -> Iterator[Dots]:
    """Four rows at a time, and an even number of columns."""
    import numpy as np

    tall, wide = dots.shape
    padded = np.pad(dots, ((0, -tall % 4), (0, -wide % 2)))
    yield from (padded[top : top + 4] for top in range(0, tall, 4))


def _braille(dots: Dots) -> str:
    import numpy as np

    bits = sum(np.where(dots[row, side::2], _DOTS[row][side], 0) for row in range(4) for side in range(2))
    return "".join(chr(_BRAILLE + int(each)) if each else " " for each in np.asarray(bits))


def _entries(whole: Whole, digits: int | None) -> Iterator[Row]:
    """Of each entry its row, its column and its value, a row of the matrix after the other."""
    for owner, line in zip(whole.rows, whole.matrices, strict=True):
        found: list[tuple[int, int, int, float]] = []
        for which, matrix in enumerate(line):
            found += [(int(i), which, int(j), x) for i, j, x in zip(matrix.row, matrix.col, matrix.data, strict=True)]
        for i, which, j, x in sorted(found, key=lambda entry: entry[:3]):
            across = whole.columns[which]
            names = (
                element(owner.name, unravelled(i, owner.shape)),
                element(across.name, unravelled(j, across.shape)),
            )
            yield [*names, number(float(x), digits)]
