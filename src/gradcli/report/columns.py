"""Columns of text and numbers under headings, with a rule between.

Rows are taken as they come, a part of them at a time, so that a table of a million rows needs no more
memory than a short one. A column keeps its width from part to part, or grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice, repeat
from typing import TypeAlias

from ..record import Record
from .numbers import Alignment
from .page import Page, Style, all_columns, columns

PART = 1 << 14
"""Rows at a time."""
BETWEEN = 3  # spaces between columns
_SPACE = " " * BETWEEN
_MARGIN = "  "

Row: TypeAlias = "Sequence[str] | Styled | str"
"""Cells, fit to be shown, in their columns' styles or one for all; or a sentence in place of a row."""


class Rows(Record):
    """Many rows at once, a sequence of cells for each column."""

    columns: Sequence[Sequence[str]]

    @property
    def count(self) -> int:
        return len(self.columns[0])


class Styled(Record):
    """A row that stands out."""

    cells: Sequence[str]
    style: Style


class Head(Record):
    """A column's heading; `number` aligns its cells by their points, to the right."""

    text: str
    number: bool = False
    style: Style = "plain"


class Columns:
    """Widths of columns, and lines of rows in them."""

    def __init__(self, heads: Sequence[Head], page: Page) -> None:
        self.heads = heads
        self.page = page
        self._widths = [columns(head.text) for head in heads]
        self._alignments = [Alignment() for _ in heads]
        self._rows: Sequence[Row | Rows] = ()
        self._cells: list[Sequence[str]] = []
        self._sizes: list[list[int]] = []

    def see(self, rows: Sequence[Row | Rows]) -> None:
        """Make room for these rows."""
        self._rows, self._cells, self._sizes = rows, _by_column(rows), []
        for position, column in enumerate(self._cells):
            if self.heads[position].number:
                alignment = self._alignments[position]
                self._sizes.append(alignment.see(column))
                width = alignment.width
            else:
                self._sizes.append(all_columns(column))
                width = max(self._sizes[-1])
            self._widths[position] = max(self._widths[position], width)

    @property
    def has_rows(self) -> bool:
        """Whether any of what was seen last has cells."""
        return bool(self._cells)

    @property
    def width(self) -> int:
        """Of the whole table."""
        return self.width_of_first(len(self._widths))

    def width_of_first(self, count: int) -> int:
        """Of the margin and the first columns."""
        return len(_MARGIN) + sum(self._widths[:count]) + BETWEEN * (count - 1)

    def width_of(self, position: int) -> int:
        """Of one column."""
        return self._widths[position]

    def heading(self) -> Iterator[str]:
        """The headings and the rule below them."""
        cells = [_padded(head.text, width, head.number) for head, width in zip(self.heads, self._widths, strict=True)]
        if text := _SPACE.join(cells).rstrip():
            yield _MARGIN + self.page.paint(text, "faint")
            yield _MARGIN + self.page.paint(self.page.words("─") * (self.width - len(_MARGIN)), "faint")

    def lines(self) -> Iterator[str]:
        """The rows that were seen last: a line each, those that came at once together."""
        styles: list[Style | None] = []
        for row in self._rows:
            if isinstance(row, Rows):
                styles += [None] * row.count
            elif not isinstance(row, str):
                styles.append(row.style if isinstance(row, Styled) else None)
        laid_out = self._laid_out(styles)
        for row in self._rows:
            if isinstance(row, Rows):
                yield "\n".join(islice(laid_out, row.count))
            else:
                yield _MARGIN + self.page.paint(row, "faint") if isinstance(row, str) else next(laid_out)

    def _laid_out(self, styles: Sequence[Style | None]) -> Iterator[str]:
        """The lines of all cells: whole columns are padded at once, and put side by side."""
        placed = list(map(self._placed, range(len(self._cells))))
        if self.page.color:
            for position, column in enumerate(placed):
                own = self.heads[position].style
                placed[position] = [
                    self._painted(text, style or own) for text, style in zip(column, styles, strict=True)
                ]
        if placed:
            placed[0] = list(map(_MARGIN.__add__, placed[0]))
        return map(str.rstrip, map(_SPACE.join, zip(*placed, strict=True)))

    def _placed(self, position: int) -> list[str]:
        """The cells of a column in its width."""
        cells, sizes, width = self._cells[position], self._sizes[position], self._widths[position]
        if self.heads[position].number:
            alignment = self._alignments[position]
            right = map(str.rjust, cells, alignment.ends(sizes, width - alignment.width))
            return list(map(str.ljust, right, repeat(width)))
        if sum(sizes) == sum(map(len, cells)):
            return list(map(str.ljust, cells, repeat(width)))
        return [text + " " * (width - size) for text, size in zip(cells, sizes, strict=True)]

    def _painted(self, cell: str, style: Style) -> str:
        bare = cell.strip(" ")
        return cell.replace(bare, self.page.paint(bare, style), 1) if bare else cell


def _by_column(rows: Sequence[Row | Rows]) -> list[Sequence[str]]:
    """The cells of rows, in the order of the rows."""
    groups: list[Iterable[Sequence[str]]] = []
    for at_once, some in groupby((row for row in rows if not isinstance(row, str)), lambda row: isinstance(row, Rows)):
        if at_once:
            groups += [row.columns for row in some if isinstance(row, Rows)]
        else:
            groups.append(zip(*(row.cells if isinstance(row, Styled) else row for row in some), strict=True))
    if len(groups) == 1:
        return list(groups[0])
    return [list(chain.from_iterable(column)) for column in zip(*groups, strict=True)]


def _parts(rows: Iterable[Row | Rows]) -> Iterator[list[Row | Rows]]:
    """Rows in parts of about PART."""
    part: list[Row | Rows] = []
    count = 0
    for row in rows:
        size = row.count if isinstance(row, Rows) else 1
        if part and count + size > PART:
            yield part
            part, count = [], 0
        part.append(row)
        count += size
    if part:
        yield part


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - columns(text))
    return space + text if right else text + space


def table(
    heads: Sequence[Head], rows: Iterable[Row | Rows], page: Page, *, limit: int | None = None
) -> Iterator[str] | None:
    """The lines of a table; None where its first rows are wider than `limit`."""
    parts = _parts(rows)
    layout = Columns(heads, page)
    layout.see(next(parts, []))
    if limit is not None and layout.width > limit:
        return None
    return _lines(layout, parts)


def _lines(layout: Columns, rest: Iterator[list[Row | Rows]]) -> Iterator[str]:
    """The heading, unless there are but sentences, what was seen, and the rest."""
    if layout.has_rows:
        yield from layout.heading()
    yield from layout.lines()
    for part in rest:
        layout.see(part)
        yield from layout.lines()


def picked(
    count: int, page: Page, *, size: int | None = None, most: int = 40, edge: int = 10, what: str = "more"
) -> Iterator[int | str]:
    """The numbers of `count` things to show: all; where the page shortens an array of `size` elements (as many
    as there are things, unless it is said) only the first and last of very many, with a sentence in their
    middle that counts the others."""
    for some in stretches(count, page, size=size, most=most, edge=edge, what=what):
        if isinstance(some, str):
            yield some
        else:
            yield from some


def stretches(
    count: int, page: Page, *, size: int | None = None, most: int = 40, edge: int = 10, what: str = "more"
) -> Iterator[range | str]:
    """The same, numbers that follow one another together, so many that make a part."""
    if not page.shortens(count if size is None else size) or count <= most:
        yield from (range(start, min(start + PART, count)) for start in range(0, count, PART))
        return
    yield range(edge)
    where = "" if size == 0 else page.elsewhere
    yield page.words(f"… {count - 2 * edge:,} {what}") + where + page.words(" …")
    yield range(count - edge, count)
