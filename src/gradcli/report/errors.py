"""Errors as people read them: what is wrong, the exact place in the source, and one thing to try.

    error: shapes (2,) and (3,) do not broadcast
      x + y
      ^   ^ (3,)
      └ (2,)
    hint: …

Of a source of several lines, the ones that matter are shown with their numbers; of a long line, the
parts around the places that are marked. What the source holds of control characters is shown as
escapes, and the carets stand under the escapes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from ..errors import GradcliError, Span
from ..record import Record
from .page import Page, columns

_BREAK = re.compile(r"\r\n?|\n")
_TAB: Final = 4
_MOST_CALLS: Final = 8
_EDGE_CALLS: Final = 3


def render(
    error: GradcliError, *, ascii_only: bool = False, color: bool = False, width: int = 80, terminal: bool = False
) -> str:
    """The error as text of a few lines, about `width` wide, without a newline at its end. Its sentences are
    wrapped on a terminal only."""
    page = Page(width, "ascii" if ascii_only else "utf-8", color, terminal)
    said = _sentence(error.message, page, len("error: ")).split("\n")
    lines = [f"{page.paint('error:', 'bad')} {page.paint(said[0], 'strong')}"]
    lines += [page.paint(line, "strong") for line in said[1:]]
    if error.source is not None:
        source = _Source(error.source)
        marks = error.marks or (((error.span, ""),) if error.span is not None else ())
        lines += _drawn(source, marks, page)
        lines += _calls(source, error.trail, page)
    if error.hint:
        lines.append(f"{page.paint('hint:', 'hint')} {_sentence(error.hint, page, len('hint: '))}")
    return "\n".join(lines)


def _sentence(text: str, page: Page, indent: int) -> str:
    """Words of our own, which may hold some of the user's; further lines are indented. What stands on one
    line is wrapped where it is too long for a terminal."""
    if "\n" not in text and page.terminal:
        return ("\n" + " " * indent).join(page.wrapped(text, indent))
    return page.user(page.words(text), layout=True).replace("\t", " ").replace("\n", "\n  ")


def _calls(source: _Source, trail: Sequence[tuple[Span, str]], page: Page) -> Iterator[str]:
    """The calls an error came through, innermost first; very many are counted."""
    for position, (span, description) in enumerate(trail):
        if len(trail) > _MOST_CALLS and _EDGE_CALLS <= position < len(trail) - _EDGE_CALLS:
            if position == _EDGE_CALLS:
                yield page.words(f"  … {len(trail) - 2 * _EDGE_CALLS:,} more calls …")
            continue
        place = f", line {source.line_of(span[0]) + 1}" if source.several else ""
        yield f"  in {page.user(description)}{place}"


# ---- the source ----------------------------------------------------------------------------------------


class _Source:
    """A text and where its lines are."""

    def __init__(self, text: str) -> None:
        self.text = text
        breaks = list(_BREAK.finditer(text))
        self._begins = [0, *(each.end() for each in breaks)]
        self._ends = [*(each.start() for each in breaks), len(text)]
        self.several = sum(not text[a:b].isspace() for a, b in zip(self._begins, self._ends, strict=True) if a < b) > 1

    def line_of(self, offset: int) -> int:
        return max(bisect_right(self._begins, offset) - 1, 0)

    def line(self, number: int) -> str:
        return self.text[self._begins[number] : self._ends[number]]

    def within(self, span: Span, number: int) -> Span:
        """The part of a span that lies on a line, counted from the line's begin."""
        begin, length = self._begins[number], self._ends[number] - self._begins[number]
        first = min(max(span[0] - begin, 0), length)
        return first, min(max(span[1] - begin, first), length)


class _Mark(Record):
    """Columns to underline, and what to say of them."""

    first: int
    end: int
    label: str


def _drawn(source: _Source, marks: Sequence[tuple[Span, str]], page: Page) -> Iterator[str]:
    """The lines with marks on them, each underlined."""
    by_line: dict[int, list[tuple[Span, str]]] = {}
    for span, label in marks:
        by_line.setdefault(source.line_of(span[0]), []).append((span, label))
    digits = len(str(max(by_line, default=0) + 1))
    for number, here in sorted(by_line.items()):
        spans = [source.within(span, number) for span, _ in here]
        before = f"  {number + 1:>{digits}} │ " if source.several else "  "
        below = f"  {'':{digits}} │ " if source.several else "  "
        text, places = _shown(source.line(number), spans, page.width - len(before), page)
        yield page.paint(page.words(before), "faint") + text
        found = [_Mark(*place, page.user(label)) for place, (_, label) in zip(places, here, strict=True)]
        for line in _underlines(found, page):
            yield page.paint(page.words(below), "faint") + line


# ---- a line, as far as it is shown -----------------------------------------------------------------------


def _shown(line: str, spans: Sequence[Span], room: int, page: Page) -> tuple[str, list[Span]]:
    """A line in about `room` columns, with dots for what is left out, and the columns of the spans in it."""
    points = sorted({point for span in spans for point in span})
    radius = _radius(line, points, room, page)
    dots = page.words("…")
    pieces: list[str] = []
    place: dict[int, int] = {}
    column = done = 0
    for first, end in _around(points, radius, len(line)):
        if first > done:
            pieces.append(dots)
            column += len(dots)
        for offset in range(first, end):
            place[offset] = column
            pieces.append(_character(line[offset], column, page))
            column += columns(pieces[-1])
        place[end] = column
        done = end
    if done < len(line):
        pieces.append(dots)
    return "".join(pieces).rstrip(), [(place[a], max(place[b], place[a] + 1)) for a, b in spans]


def _radius(line: str, points: Sequence[int], room: int, page: Page) -> int:
    """How much can be shown on both sides of the points so that all of it has room: by bisection."""

    def fits(radius: int) -> bool:
        parts = _around(points, radius, len(line))
        dots = len(page.words("…")) * (len(parts) + 1) if parts != [(0, len(line))] else 0
        used = dots
        for first, end in parts:
            if end - first > room:
                return False
            used += sum(columns(_character(character, used, page)) for character in line[first:end])
        return used <= room

    fitting, too_much = 1, room + 1
    while too_much - fitting > 1:
        middle = (fitting + too_much) // 2
        fitting, too_much = (middle, too_much) if fits(middle) else (fitting, middle)
    return fitting


def _around(points: Sequence[int], radius: int, length: int) -> list[Span]:
    """The stretches of a line within radius of a point, in order, none touching another."""
    parts: list[Span] = []
    for point in points:
        first, end = max(point - radius, 0), min(point + radius, length)
        if parts and first <= parts[-1][1] + 1:
            parts[-1] = parts[-1][0], max(end, parts[-1][1])
        else:
            parts.append((first, end))
    return parts


def _character(character: str, column: int, page: Page) -> str:
    """A character as it is shown: a tab as spaces to the next stop."""
    return " " * (_TAB - column % _TAB) if character == "\t" else page.user(character)


# ---- underlines and labels -------------------------------------------------------------------------------


def _underlines(marks: Sequence[_Mark], page: Page) -> Iterator[str]:
    """Carets under all marks; the last label beside them, the others hung below, from right to left."""
    marks = sorted(marks, key=lambda mark: (mark.first, mark.end))
    carets = [" "] * max(mark.end for mark in marks)
    for mark in marks:
        carets[mark.first : mark.end] = "^" * (mark.end - mark.first)
    labelled = [mark for mark in marks if mark.label]
    beside = labelled.pop() if labelled and labelled[-1].end == len(carets) else None
    line = "".join(carets)
    yield page.paint(line, "bad") + (f" {page.paint(beside.label, 'bad')}" if beside else "")
    while labelled:
        mark = labelled.pop()
        hung = [" "] * mark.first
        for other in labelled:
            if other.first < mark.first:
                hung[other.first] = page.words("│")
        corner = page.words("├" if labelled and labelled[-1].first == mark.first else "└")
        yield page.paint("".join([*hung, corner, " ", mark.label]), "bad")
