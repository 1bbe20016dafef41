"""Expressions that differ in their numbers only, as one expression of those numbers.

A stream of `sin(1.5*x) + 0.2`, `sin(1.7*x) + 0.3`, … asks one question at many values. A number is lifted out
where it is an operand of plain arithmetic. Where it may mean more (an exponent, an argument, an index), and
where it is 0 or 1, it stays where it is, and tells expressions apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from .. import limits

PREFIX: Final = "literal"
"""How the variables that stand for numbers begin; an expression with this word in it is left alone."""
_LONGEST: Final = 10_000
_NUMBER: Final = re.compile(r"(?<![\w.])((?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.])")
_BEFORE: Final = re.compile(r"(?:^|[(+\-*/])\s*$")
_NOT_BEFORE: Final = re.compile(r"(?:\^|\*\*|//|,)[(+\-\s]*$")
_AFTER: Final = re.compile(r"\s*(?:$|[)+\-]|\*(?!\*)|/(?!/))")
_STATEMENTS: Final = re.compile(r"[\n;:='\"#\[{]")


class Lifted(NamedTuple):
    """An expression of variables for its numbers, their names, and their values."""

    source: str
    names: tuple[str, ...]
    values: tuple[float, ...]


def lift(source: str) -> Lifted | None:
    """The expression with its numbers lifted out; None where it has none of that kind."""
    if len(source) > min(_LONGEST, limits.current().source_characters):
        return None
    parts = _NUMBER.split(source)
    places = _places(tuple(parts[::2]))
    if not places:
        return None
    names: dict[float, str] = {}
    for place in places:
        number = float(parts[place])
        if number not in (0.0, 1.0):
            # equal numbers are one node in a graph, and so are equal names
            parts[place] = names.setdefault(number, f"{PREFIX}{len(names)}")
    if not names or float("inf") in names:
        return None
    return Lifted("".join(parts), tuple(names.values()), tuple(names))


@lru_cache(maxsize=256)
def _places(between: Sequence[str]) -> tuple[int, ...]:
    """Which numbers can be lifted, as places in the list of texts and numbers by turns, given the texts."""
    if any(_STATEMENTS.search(text) or PREFIX in text for text in between):
        return ()
    found = []
    last = len(between) - 2
    for index, (before, after) in enumerate(pairwise(between)):
        before = before if index == 0 else "0" + before
        after = after if index == last else after + "0"
        alone = before.rstrip().endswith("(") and after.lstrip().startswith(")")  # perhaps an argument
        if _BEFORE.search(before) and _AFTER.match(after) and not _NOT_BEFORE.search(before) and not alone:
            found.append(2 * index + 1)
    return tuple(found)
