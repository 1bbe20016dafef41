"""Values as they are written on the command line: text to array.

    3   -0.5   1e3   -inf   nan          a number: no axes
    0,1,2,3                              a vector
    1,2;3,4                              a matrix, row by row; a line is a row too
    [[1,2],[3,4]]   []                   nested lists
    pi/4   sqrt(2),1   arange(4)         anything the language can work out without variables
    @data.csv   @data.npz:x              a file

Plain numbers, which are nearly everything, are read without the language. A comma always separates:
`1,5` is a vector of two.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeAlias

from . import files, json_input
from .errors import DataError, GradcliError, LimitError, Span
from .text import shortened

if TYPE_CHECKING:
    from .results import Array

Nested: TypeAlias = "float | list[Nested]"


def parse(text: str, what: str = "the value", *, seed: int = 0) -> Array:
    """The array that `text` stands for; `what` names it in errors ("variable x").

    Random values (`randn(3,4)`) are drawn from the seed and `what`: a run can be repeated, and two
    variables differ. Raises DataError for what is not an array of numbers,
    FileError for a file that cannot be read, LimitError for too many numbers.
    """
    if text.startswith("@"):
        return files.read_array(text[1:], what)
    text = text.rstrip()
    if not text:
        raise DataError(f"{what} is empty", source=text, hint="an array of no numbers is []")
    plain = _plain_lists(text, what) if "[" in text else _plain_rows(text, what)
    try:
        return _worked_out(text, what, seed) if plain is None else json_input.even_array(plain, what)
    except DataError as error:
        raise error.at((0, len(text)), text) from None


def _plain_rows(text: str, what: str) -> Nested | None:
    """Numbers with commas and semicolons between them; None where that is not all there is."""
    text = text.replace(";\n", " ;").replace("\n", ";")
    rows: list[Nested] = []
    begin = 0
    for row in text.split(";"):
        cells = row.split(",")
        numbers = []
        for cell in cells:
            number = _number(cell, what, text, begin)
            if number is None:
                return None
            numbers.append(number)
            begin += len(cell) + 1
        rows.append(numbers[0] if len(cells) == 1 and ";" not in text else list(numbers))
    return rows if ";" in text else rows[0]


def _plain_lists(text: str, what: str) -> Nested | None:
    """Numbers in nested square brackets; None where that is not all there is."""
    root: list[Nested] = []
    stack = [root]
    before = ","
    for match in re.finditer(r"[\[\],]|[^\[\],]+", text):
        token = match[0].strip()
        if token == "[" and before in ("[", ","):
            inner: list[Nested] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif token == "]" and before != "," and len(stack) > 1:
            stack.pop()
        elif token == "," and before not in ("[", ",") and len(stack) > 1:
            pass
        elif token and before in ("[", ","):
            number = _number(token, what, text, match.start())
            if number is None:
                return None
            stack[-1].append(number)
        elif token:
            return None
        before = token or before
    return root[0] if len(stack) == 1 and len(root) == 1 else None


def _number(cell: str, what: str, text: str, begin: int) -> float | None:
    """A number as it is commonly written; None for anything else."""
    if "_" in cell or not cell.isascii():  # in Python these may still be numbers; the language will tell
        return None
    try:
        number = float(cell)
    except ValueError:
        return None
    if math.isinf(number) and "n" not in cell.lower():
        span = (begin, begin + len(cell))
        raise DataError(f"{what}: {shortened(cell)} is too large for a float64", span=span, source=text)
    return number


def _worked_out(text: str, what: str, seed: int) -> Array:
    """The array of a text that has to be calculated: rows between semicolons, or one expression."""
    import numpy as np

    rows = [_calculated(text, begin, end, what, seed) for begin, end in _row_spans(text)]
    if len(rows) == 1:
        return rows[0]
    rows = [np.atleast_1d(row) for row in rows]
    if len(shapes := dict.fromkeys(row.shape for row in rows)) > 1:
        raise DataError(f"{what}: the rows have the shapes {' and '.join(map(str, list(shapes)[:2]))}", code="shape")
    return json_input.bounded(np.stack(rows), what)


def _row_spans(text: str) -> list[Span]:
    """Where the rows are: between the semicolons outside brackets, and on the lines that are not blank."""
    spans, depth, begin = [], 0, 0
    for position, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character in ";\n" and depth == 0:
            if character == ";" or text[begin:position].strip():
                spans.append((begin, position))
            begin = position + 1
    return [*spans, (begin, len(text))]


def _calculated(text: str, begin: int, end: int, what: str, seed: int) -> Array:
    """The array of `text[begin:end]`, an expression without variables."""
    import numpy as np

    source = text[begin:end]
    if not source.strip():
        raise DataError(f"{what}: a row is empty", span=(max(begin - 1, 0), end), source=text)
    from .api import Expression

    try:
        expression = Expression(source, seed=_derived(seed, what, begin) if "rand" in source else seed)
        value = None if expression.variables else expression.eval({}).value
    except LimitError as error:
        error.message = f"{what}: {error.message}"
        raise
    except GradcliError as error:
        raise _moved(error, text, begin, what) from None
    if value is None:
        raise _not_a_number(text, source, begin, what, expression.variables)
    try:
        return np.array(value, dtype=np.float64)
    except ValueError:  # outputs that do not stack
        span = (begin, end)
        raise DataError(f"{what}: the parts have different shapes", code="shape", span=span, source=text) from None


def _not_a_number(text: str, source: str, begin: int, what: str, names: tuple[str, ...]) -> DataError:
    name = names[0] if names else source
    found = re.search(rf"\b{re.escape(name)}\b", source)
    span = (begin + found.start(), begin + found.end()) if found else (begin, begin + len(source))
    hint = "a value is a number, or numbers such as 1,2;3,4 or [[1,2],[3,4]], or @FILE"
    if text.lower().endswith(files.READABLE):
        hint = f"a file is read with @{text}"
    return DataError(f"{what}: `{shortened(name)}` is not a number", span=span, source=text, hint=hint)


def _moved(error: GradcliError, text: str, begin: int, what: str) -> DataError:
    """The error of a part of a value as the error of the whole: bad data, whatever it was."""

    def moved(span: Span) -> Span:
        return span[0] + begin, span[1] + begin

    return DataError(
        f"{what}: {error.message}",
        code=error.code if isinstance(error, DataError) else "value",
        span=None if error.span is None else moved(error.span),
        marks=tuple((moved(span), label) for span, label in error.marks),
        hint=error.hint,
        source=text,
    )


def _derived(seed: int, what: str, begin: int) -> int:
    """A seed of its own for every value, which other values do not change."""
    from hashlib import sha256

    return int.from_bytes(sha256(f"{seed} {what} {begin}".encode()).digest()[:4], "big")
