"""Columns of text and numbers under headings, with a rule between.

Rows are taken as they come, a part of them at a time, so that a table of a million rows needs no more
memory than a short one. A column keeps its width from part to part, or grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from ..record import Record
from .numbers import Alignment
from .page import Page, Style, columns

_PART = 1 << 14
BETWEEN = 3  # spaces between columns
_SPACE = " " * BETWEEN
_MARGIN = "  "

Row: TypeAlias = "Sequence[str] | Styled | str"
"""Cells, fit to be shown, in their columns' styles or one for all; or a sentence in place of a row."""


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

    def see(self, rows: Sequence[Row]) -> None:
        """Make room for these rows."""
        for position, (head, column) in enumerate(zip(self.heads, _by_column(rows), strict=False)):
            if head.number:
                alignment = self._alignments[position]
                alignment.see(column)
                width = alignment.width
            else:
                width = max(map(columns, column))
            self._widths[position] = max(self._widths[position], width)

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

    def lines(self, rows: Sequence[Row]) -> Iterator[str]:
        """Rows that were seen."""
        placed = zip(*map(self._placed, range(len(self.heads)), _by_column(rows)), strict=True)
        for row in rows:
            if isinstance(row, str):
                yield _MARGIN + self.page.paint(row, "faint")
                continue
            cells: Sequence[str] = next(placed)
            if self.page.color:
                styles = (row.style if isinstance(row, Styled) else head.style for head in self.heads)
                cells = [self._painted(cell, style) for cell, style in zip(cells, styles, strict=True)]
            yield (_MARGIN + _SPACE.join(cells)).rstrip()

    def _placed(self, position: int, column: Sequence[str]) -> list[str]:
        """The cells of a column in its width."""
        width = self._widths[position]
        if self.heads[position].number:
            return [text.rjust(width) for text in self._alignments[position].placed(column)]
        return [text + " " * (width - columns(text)) for text in column]

    def _painted(self, cell: str, style: Style) -> str:
        bare = cell.strip(" ")
        return cell.replace(bare, self.page.paint(bare, style), 1) if bare else cell


def _cells(row: Sequence[str] | Styled) -> Sequence[str]:
    return row.cells if isinstance(row, Styled) else row


def _by_column(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    return zip(*(_cells(row) for row in rows if not isinstance(row, str)), strict=True)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - columns(text))
    return space + text if right else text + space


def table(heads: Sequence[Head], rows: Iterable[Row], page: Page, *, limit: int | None = None) -> Iterator[str] | None:
    """The lines of a table; None where its first rows are wider than `limit`."""
    rest = iter(rows)
    part = list(islice(rest, _PART))
    layout = Columns(heads, page)
    layout.see(part)
    if limit is not None and layout.width > limit:
        return None
    return _lines(layout, part, rest)


def _lines(layout: Columns, part: list[Row], rest: Iterator[Row]) -> Iterator[str]:
    if not all(isinstance(row, str) for row in part):
        yield from layout.heading()
    while part:
        yield from layout.lines(part)
        part = list(islice(rest, _PART))
        layout.see(part)


def picked(count: int, page: Page, *, most: int = 40, edge: int = 10, what: str = "more") -> Iterator[int | str]:
    """The numbers of `count` things to show: all; on a terminal only the first and last of very many,
    with a sentence in their middle that counts the others."""
    if not page.terminal or count <= most:
        yield from range(count)
        return
    yield from range(edge)
    yield page.words(f"… {count - 2 * edge:,} {what} …")
    yield from range(count - edge, count)
