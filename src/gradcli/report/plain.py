"""Values as a notebook prints them: `28`, `[0, 4, 8, 12]`, a matrix row under row, `(3, None)`."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

from ..record import Record
from ..text import Form, Listed, in_form
from .numbers import number, numbers
from .page import LARGE, Page

if TYPE_CHECKING:
    from ..results import Array, Output, RunResult, Value

_EDGES = ((3, 3), (1, 1), (1, 0))  # how many of the first and last are shown, as there is room


def outputs(result: RunResult, page: Page, digits: int | None) -> Iterator[str]:
    """What a program printed, in order, without newlines at the ends."""
    line = ""
    for output in result.outputs:
        line += _printed(output, page, digits) + page.user(output.end, layout=True)
        if line.endswith("\n"):
            yield line[:-1]
            line = ""
    if line:
        yield line


def lines(result: RunResult, page: Page, digits: int | None) -> Iterator[str]:
    """What each line of a program computed: its number, of what, and the value."""
    width = len(str(max((each.line for each in result.lines), default=0)))
    for each in result.lines:
        before = f"{each.line:>{width}}  {page.user(each.label)} = "
        value = page.user(each.words) if each.words is not None else formatted(each.value, page, digits)
        first, *rest = value.split("\n")
        yield "\n".join([before + first, *(" " * len(before) + line for line in rest)])


def _printed(output: Output, page: Page, digits: int | None) -> str:
    """What a bare expression or a print shows: its value, its words, or both in the order they were given."""
    if output.text is None:
        return formatted(output.value, page, digits)
    if not output.pieces:
        return page.user(output.text, layout=True)
    value = output.value
    several = sum(not isinstance(piece, str) for piece in output.pieces) > 1
    values = iter(value if isinstance(value, tuple) and several else (value,))
    shown = (
        page.user(piece, layout=True) if isinstance(piece, str) else _shown(next(values), piece, page, digits)
        for piece in output.pieces
    )
    return page.user(output.separator, layout=True).join(shown)


def _shown(value: Value, form: Form | None, page: Page, digits: int | None) -> str:
    """A value in the form that the program gave it, or as usual; an array of truth values in words."""
    if form is None or value is None or isinstance(value, tuple):
        return formatted(value, page, digits)
    if value.ndim:
        return formatted(value.astype(bool), page, digits)
    return in_form(float(value), form)


def formatted(value: Value, page: Page, digits: int | None = None) -> str:
    """A value in brackets. An array of many elements is shortened in the middle, on a terminal only."""
    if not isinstance(value, tuple):
        return "None" if value is None else _array(value, page, digits, 0)
    pieces: list[str] = []
    column = 0
    stack: list[Value | str] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            opening, closing = ("[", "]") if isinstance(item, Listed) else ("(", ",)" if len(item) == 1 else ")")
            stack.append(closing)
            for position in range(len(item) - 1, -1, -1):
                stack += [item[position], ", " if position else opening]
            if not item:
                stack.append(opening)
            continue
        if not isinstance(item, str):
            item = "None" if item is None else _array(item, page, digits, column)
        pieces.append(item)
        lines = item.rsplit("\n", 1)
        column = len(lines[-1]) + (column if len(lines) == 1 else 0)
    return "".join(pieces)


def _array(array: Array, page: Page, digits: int | None, indent: int) -> str:
    """An array in nested brackets, its last axis along a line, the numbers of a column equally wide."""
    if array.ndim == 0:
        return number(float(array), digits)
    if not array.size:
        return "[]" if array.shape == (0,) else f"[] (of shape {array.shape})"
    kept = _kept(array.shape, page)
    dots = page.words("…")
    is_bool = array.dtype == bool
    rows = [list(map(str, row)) if is_bool else numbers(row, digits) for row in _rows(array, kept)]
    if len(rows) > 1:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rows = [[text.rjust(width) for text, width in zip(row, widths, strict=True)] for row in rows]
    if kept[-1].cut:
        for row in rows:
            row.insert(kept[-1].first, dots)
    blocks = [f"[{', '.join(row)}]" for row in rows]
    for depth in range(array.ndim - 2, -1, -1):
        between = "," + "\n" * (array.ndim - 1 - depth) + " " * (indent + depth + 1)
        blocks = [f"[{between.join(group)}]" for group in _groups(blocks, kept[depth], dots)]
    return blocks[0]


class _Kept(Record):
    """Of an axis, the first and last elements; cut where others lie between."""

    first: int
    last: int
    cut: bool


def _kept(shape: tuple[int, ...], page: Page) -> list[_Kept]:
    """What to show along each axis: everything; of a large array on a terminal, as little as keeps it small."""
    if not page.shortens(prod(shape)) or prod(shape) <= LARGE:
        return [_Kept(size, 0, False) for size in shape]
    kept: list[_Kept] = []
    total = 1
    for size in reversed(shape):
        first, last = next((edges for edges in _EDGES if sum(edges) * total <= LARGE), _EDGES[-1])
        cut = size > first + last
        kept.append(_Kept(first, last, True) if cut else _Kept(size, 0, False))
        total *= first + last if cut else size
    return kept[::-1]


def _rows(array: Array, kept: list[_Kept]) -> Iterator[list[float]]:
    """What is kept of every kept row."""
    for axis, part in enumerate(kept):
        if part.cut:
            size = array.shape[axis]
            array = array.take([*range(part.first), *range(size - part.last, size)], axis=axis)
    for row in array.reshape(-1, array.shape[-1]):
        yield row.tolist()


def _groups(blocks: list[str], kept: _Kept, dots: str) -> Iterator[list[str]]:
    """Blocks in groups of what is kept along an axis, with dots for what is cut."""
    size = kept.first + kept.last
    for begin in range(0, len(blocks), size):
        group = blocks[begin : begin + size]
        if kept.cut:
            group.insert(kept.first, dots)
        yield group
