"""Results as people read them: what was asked, its value, the derivatives, notes, and the check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..results import GradResult, RunResult
from ..text import shortened
from . import check, derivatives, plain
from .blocks import separated
from .columns import picked
from .page import Page, columns

if TYPE_CHECKING:
    from ..results import Note, Result

_PART = 1 << 18  # characters handed over at a time
_LONG_LINE = 1000  # characters of a line of an expression that a terminal is given
_LONG_PIECE = 60  # the same for the piece that a note is about
_FEW = 64  # elements of a value that may stand on one line


def pieces(result: Result, page: Page, *, digits: int | None = None) -> Iterator[str]:
    """A result as text, some whole lines at a time, in the width, encoding and colours of a page.

    On a terminal, large arrays are shortened in the middle, with a count; elsewhere everything is
    written. With `digits`, numbers have exactly so many significant digits.
    """
    part: list[str] = []
    size = 0
    for line in separated(_blocks(result, page, digits)):
        part += [line, "\n"]
        size += len(line) + 1
        if size > _PART:
            yield "".join(part)
            part, size = [], 0
    if part:
        yield "".join(part)


def _blocks(result: Result, page: Page, digits: int | None) -> Iterator[Iterable[str]]:
    if isinstance(result, RunResult):
        if result.lines:
            yield plain.lines(result, page, digits)
        if result.outputs:
            yield plain.outputs(result, page, digits)
    else:
        value = _on_one_line(result, page, digits)
        yield _head(result, value, page, digits)
        yield from derivatives.blocks(result, value is not None, page, digits)
    if result.notes:
        yield _notes(result, page)
    if result.check is not None:
        yield check.lines(result.check, page, digits)


# ---- what was asked ------------------------------------------------------------------------------------


def _head(result: Result, value: str | None, page: Page, digits: int | None) -> Iterator[str]:
    """The expression as it was read, then its value, if it fits on a line, and how derivatives were taken."""
    yield from (page.paint(line, "strong") for line in _reading(result, page))
    said = _shape(result) if value is None else value
    how = _how(result, page, digits)
    on_one_line = 2 + columns(said) + 2 + columns(how) <= page.width
    yield f"= {page.paint(said, 'plain' if value is None else 'strong')}" + (
        f"  {page.paint(how, 'faint')}" if how and on_one_line else ""
    )
    if how and not on_one_line:
        yield page.paint(how, "faint")


def _reading(result: Result, page: Page) -> Iterator[str]:
    lines = result.reading.split("\n")
    for line in picked(len(lines), page, size=0, what="more lines"):
        if isinstance(line, str):
            yield line
        elif page.terminal and len(lines[line]) > _LONG_LINE:
            yield page.user(page.words(shortened(lines[line], _LONG_LINE)))
        else:
            yield page.user(lines[line])


def _on_one_line(result: Result, page: Page, digits: int | None) -> str | None:
    """The value in brackets, if it is short."""
    value = result.value
    if value is not None and not isinstance(value, tuple) and (value.ndim > 1 or value.size > _FEW):
        return None
    text = plain.formatted(value, page, digits)
    return text if "\n" not in text and 2 + len(text) <= page.width else None


def _shape(result: Result) -> str:
    value = result.value
    if value is None or isinstance(value, tuple):
        return f"{len(value or ()):,} outputs"
    return f"{derivatives.output_name(result)}, of shape {value.shape}"


def _how(result: Result, page: Page, digits: int | None) -> str:
    parts = [f"{page.user(result.mode)} mode"] if result.mode else []
    if isinstance(result, GradResult) and result.grad_outputs is not None:
        weights = result.grad_outputs
        short = plain.formatted(weights, page, digits) if weights.ndim < 2 and weights.size <= _FEW else ""
        shown = short if short and len(short) <= page.width // 2 else f"an array of shape {weights.shape}"
        parts.append(f"weighted with {shown}")
    return f"({', '.join(parts)})" if parts else ""


# ---- what should be known of it ------------------------------------------------------------------------


def _notes(result: Result, page: Page) -> Iterator[str]:
    for note in result.notes:
        kind = page.user(note.kind)
        indent = columns(kind) + 2
        first, *rest = page.wrapped(note.message, indent)
        yield f"{page.paint(f'{kind}:', 'warning')} {first}"
        yield from (" " * indent + line for line in rest)
        if piece := _piece(result.expression, note, page):
            yield " " * indent + page.paint(f"in {piece}", "faint")


def _piece(source: str, note: Note, page: Page) -> str:
    """The part of the source a note is about, on one line, unless the note says it itself."""
    piece = "" if note.span is None else " ".join(source[slice(*note.span)].split())
    return (
        ""
        if piece in note.message
        else page.user(page.words(shortened(piece, _LONG_PIECE)) if page.terminal else piece)
    )
