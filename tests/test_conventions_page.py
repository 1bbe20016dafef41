"""docs/conventions.md says what gradcli answers."""

from __future__ import annotations

import pytest

from .conventions import BEGIN, END, PAGE, ROWS, ours

LINES = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].strip().splitlines()[2:]


def test_every_row_is_there():
    assert len(LINES) == len(ROWS)


@pytest.mark.parametrize(
    ("line", "row"), tuple(zip(LINES, ROWS, strict=False)), ids=[row.expression for row in ROWS][: len(LINES)]
)
def test_a_row_of_the_table(line, row):
    expression, _, answer, said, *_ = (cell.strip() for cell in line.strip("|").split(" | "))
    assert expression == f"`{row.expression}`"
    assert (answer, said) == ours(row)
