"""Arrays as text: a row an element, or a grid with labelled rows and columns, or a grid for every slice.

An array's axes belong to whoever brought them: those of a Jacobian first to the output, then to the
variable. An `Owner` names them, so that a row can be labelled `y[0]` and a column `x[2]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from math import prod
from typing import TYPE_CHECKING

from ..record import Record
from .columns import BETWEEN, Columns, Head, Row, Rows, picked, stretches, table
from .numbers import MOST_DIGITS, numbers
from .page import Page

if TYPE_CHECKING:
    from ..results import Array

_NARROWEST = 4  # columns of a terminal that a column of a grid takes at least
_FEW_DIGITS = 6  # in a grid that has no room for more


class Owner(Record):
    """Whose axes they are: a name fit to be shown, and their sizes."""

    name: str
    shape: tuple[int, ...]


def element(name: str, index: Sequence[int | str]) -> str:
    """`x[0, 2]`; a scalar's name alone."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def elements(owner: Owner, positions: Sequence[int]) -> list[str]:
    """Many elements of an owner, by their positions in C order."""
    if len(owner.shape) == 1:
        name = owner.name.replace("%", "%%")
        return (f"{name}[%d]\n" * len(positions) % tuple(positions)).split("\n")[:-1]
    return [element(owner.name, unravelled(position, owner.shape)) for position in positions]


def unravelled(position: int, shape: Sequence[int]) -> tuple[int, ...]:
    """The index of an element from its position in C order."""
    index = []
    for size in reversed(shape):
        position, last = divmod(position, size)
        index.append(last)
    return tuple(reversed(index))


# ---- a row an element --------------------------------------------------------------------------------


class Series(Record):
    """Elements to show: their owners, and for each element its numbers, one array a column (None: nothing there)."""

    owners: tuple[Owner, ...]
    arrays: tuple[Array | None, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(chain.from_iterable(owner.shape for owner in self.owners))

    def labels(self, positions: Sequence[int]) -> list[list[str]]:
        """For each owner its name with the indices of elements, from their positions in C order."""
        columns = []
        inner = whole = prod(self.shape)
        for owner in self.owners:
            size = prod(owner.shape)
            inner //= size
            own = positions if size == whole else [position // inner % size for position in positions]
            columns.append(elements(owner, own))
        return columns


def listing(series: Sequence[Series], heads: Sequence[str], page: Page, digits: int | None) -> Iterator[str]:
    """One row an element: its name or names, then a number under each of heads."""
    names = max(len(each.owners) for each in series)
    all_heads = [Head("", style="name")] * names + [Head(page.words(head), number=True) for head in heads]
    rows = chain.from_iterable(_series_rows(each, names, page, digits) for each in series)
    return table(all_heads, rows, page) or iter(())


def _series_rows(series: Series, names: int, page: Page, digits: int | None) -> Iterator[Row | Rows]:
    size = prod(series.shape)
    if not size:
        yield f"{' by '.join(owner.name for owner in series.owners)} has no elements: its shape is {series.shape}"
        return
    flat = [None if array is None else array.reshape(-1) for array in series.arrays]
    for some in stretches(size, page):
        if isinstance(some, str):
            yield some
            continue
        nothing = [""] * len(some)
        cells = [
            nothing if array is None else numbers(array[some.start : some.stop].tolist(), digits) for array in flat
        ]
        yield Rows([*series.labels(some), *[nothing] * (names - len(series.owners)), *cells])


# ---- a grid ------------------------------------------------------------------------------------------


class Grid(Record):
    """A matrix to show, under a title if it has one, with labels for its rows and columns."""

    title: str
    rows: Callable[[int], str]
    columns: Callable[[int], str]
    matrix: Array
    size: int
    """Elements of the array that it is a part of."""


def most_columns(page: Page) -> int:
    """How many columns a grid can have at most."""
    return page.width // _NARROWEST


def grid(given: Grid, page: Page, digits: int | None, *, whole: bool = False) -> Iterator[str] | None:
    """The lines of a grid. One that is too wide is written in fewer digits, if their number is free; on a
    terminal it loses its middle columns, with a count, unless it is to be shown whole. Where none of
    that helps, None."""
    width = given.matrix.shape[1]
    for most in (MOST_DIGITS, _FEW_DIGITS) if digits is None else (MOST_DIGITS,):
        if width <= most_columns(page) and (lines := _grid(given, range(width), page, digits, most, page.width)):
            return lines
    if whole or not page.shortens(given.size) or width < 3:
        return None
    kept = _fitting(given, min(width - 1, most_columns(page)), page, digits)
    return _grid(given, kept, page, digits, _FEW_DIGITS, page.width) if kept else None


def _grid(
    given: Grid, kept: Sequence[int], page: Page, digits: int | None, most: int, limit: int | None = None
) -> Iterator[str] | None:
    lines = table(_grid_heads(given, kept, page), _grid_rows(given, kept, page, digits, most), page, limit=limit)
    return lines and chain([f"  {given.title}"] if given.title else [], lines)


def _fitting(given: Grid, most: int, page: Page, digits: int | None) -> list[int] | None:
    """As many of the first and last columns as there is room for, `most` of them, one of each at least."""
    width = given.matrix.shape[1]
    candidates = _ends(width, most)
    layout = Columns(_grid_heads(given, candidates, page), page)
    layout.see(list(_grid_rows(given, candidates, page, digits, _FEW_DIGITS)))
    widths = {column: layout.width_of(1 + position) for position, column in enumerate(candidates)}
    widths[-1] = len(_left_out(width, page))
    for count in range(most, 1, -1):
        kept = _ends(width, count)
        if layout.width_of_first(1) + sum(BETWEEN + widths[column] for column in kept) <= page.width:
            return kept
    return None


def _ends(width: int, count: int) -> list[int]:
    """The first and last columns, `count` in all, and -1 for what lies between."""
    first = (count + 1) // 2
    return [*range(first), -1, *range(width - count + first, width)]


def _left_out(count: int, page: Page) -> str:
    return page.words(f"… {count:,} more …")


def _grid_heads(given: Grid, kept: Sequence[int], page: Page) -> list[Head]:
    left_out = Head(_left_out(given.matrix.shape[1] - len(kept) + 1, page))
    labels = [left_out if column < 0 else Head(given.columns(column), number=True) for column in kept]
    return [Head("", style="name"), *labels]


def _grid_rows(given: Grid, kept: Sequence[int], page: Page, digits: int | None, most: int) -> Iterator[Row]:
    for row in picked(given.matrix.shape[0], page, size=given.size):
        if isinstance(row, str):
            yield row
        else:
            line = given.matrix[row].tolist()
            cells = numbers([line[column] for column in kept if column >= 0], digits, most)
            if -1 in kept:
                cells.insert(kept.index(-1), page.words("…"))
            yield [given.rows(row), *cells]
    if -1 in kept and page.saved is not None:
        yield f"the columns between are in {page.user(page.saved)}"


# ---- arrays of any rank ------------------------------------------------------------------------------


def array(series: Series, heads: Sequence[str], title: str | None, page: Page, digits: int | None) -> Iterator[str]:
    """The last array of a series as a grid, or one for every slice of its last two axes, their titles
    beginning with `title` (None: a matrix has no title). All of the series as a listing where there is one
    axis, or no room."""
    values = series.arrays[-1]
    assert values is not None
    if values.ndim < 2 or not values.size or grid(_slice(series.owners, values, 0, title), page, digits) is None:
        return listing([series], heads, page, digits)
    return separated(_slices(series.owners, values, title, page, digits))


def _slices(
    owners: tuple[Owner, ...], values: Array, title: str | None, page: Page, digits: int | None
) -> Iterator[Iterable[str]]:
    for position in picked(prod(values.shape[:-2]), page, size=values.size, most=8, edge=2, what="more slices"):
        if isinstance(position, str):
            yield [f"  {page.paint(position, 'faint')}"]
        else:
            one = _slice(owners, values, position, title)
            yield grid(one, page, digits) or _grid(one, range(values.shape[-1]), page, digits, MOST_DIGITS) or ()


def _slice(owners: tuple[Owner, ...], values: Array, position: int, title: str | None) -> Grid:
    """The grid of one slice: its last two axes belong to one owner, or to two."""
    index = unravelled(position, values.shape[:-2])
    names: list[str] = []
    open_axes: list[tuple[int, Owner, tuple[int, ...]]] = []
    rest = index
    for which, owner in enumerate(owners):
        own, rest = rest[: len(owner.shape)], rest[len(owner.shape) :]
        free = len(owner.shape) - len(own)
        names.append(element(owner.name, [*own, *[":"] * free]) if own else owner.name)
        open_axes += [(which, owner, own)] * free
    title = "" if title is None and not index else (title or "") + " by ".join(names)
    (first, above, lead), (second, last, _) = open_axes
    if first == second:
        return Grid(title, lambda i: f"[{i}, :]", lambda j: f"[:, {j}]", values[index], values.size)
    return Grid(
        title, lambda i: element(above.name, [*lead, i]), lambda j: element(last.name, [j]), values[index], values.size
    )


def separated(blocks: Iterable[Iterable[str]]) -> Iterator[str]:
    """Lines of blocks with an empty line between them."""
    first = True
    for block in blocks:
        if not first:
            yield ""
        first = False
        yield from block
