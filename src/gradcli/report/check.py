"""The verdict on a derivative, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Final

from .columns import Head, Row, Styled, table
from .numbers import ALL_DIGITS, MOST_DIGITS, number
from .page import Page, Style

if TYPE_CHECKING:
    from ..results import CheckReport, CheckRow

_VERDICTS: Final[dict[str, tuple[str, Style]]] = {
    "pass": ("check passed", "good"),
    "fail": ("check failed", "bad"),
    "inconclusive": ("check inconclusive", "warning"),
}
_SHORT: Final = {
    "forward-over-reverse": "fwd/rev",
    "reverse-over-reverse": "rev/rev",
    "forward-over-forward": "fwd/fwd",
    "differences of complex steps": "differences",
}
"""Methods at the head of a column where there is no room for their names."""
_AGREED_DIGITS = 7  # enough where the answers agree, how far being said beside them
_MOST_ROWS = 40
_EDGE = 10


def lines(check: CheckReport, page: Page, digits: int | None) -> Iterator[str]:
    """The verdict; a row an element with what each method says; claims that do not hold; remarks."""
    verdict, style = _VERDICTS[check.verdict]
    yield f"{page.paint(verdict, style)}: {_summary(check)}"
    if check.rows:
        yield ""
        yield from _rows(check, page, digits)
    if 0 < len(check.rows) < check.checked:
        yield page.paint(f"  {len(check.rows):,} of the {check.checked:,} elements that were checked", "faint")
    if check.claims:
        yield ""
        yield from _claims(check, page, digits)
    if check.remarks:
        yield ""
        yield from (f"  {line}" for remark in check.remarks for line in page.wrapped(remark, 2))


def _summary(check: CheckReport) -> str:
    differing = sum(not row.agrees for row in check.rows)
    if differing:
        least = "at least " if len(check.rows) < check.checked else ""
        return f"the methods differ on {least}{differing:,} of {_elements(check.checked)}"
    if not all(check.claims.values()):
        return f"a claim does not hold, while all methods agree to {_digits(check.digits)}"
    if check.verdict == "fail":
        return f"not by the derivatives, on which all methods agree to {_digits(check.digits)}"
    which = "" if check.checked == check.total else f"{check.checked:,} of "
    return f"all methods agree to {_digits(check.digits)} on {which}{_elements(check.total)}"


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count:,} elements"


def _digits(digits: float) -> str:
    if not math.isfinite(digits):
        return "all digits" if digits > 0 else "no digits"
    whole = math.floor(digits)
    return "1 digit" if whole == 1 else f"{whole} digits"


# ---- one row an element --------------------------------------------------------------------------------


def _rows(check: CheckReport, page: Page, digits: int | None) -> Iterator[str]:
    """A table, where there is no room with short names for the methods, or with the closed forms below it; or
    everything under one another."""
    picked = _picked(check, page)
    for with_forms, short in product((True, False), (False, True)):
        heads, rows = _side_by_side(picked, with_forms, short, page, digits)
        if lines := table(heads, rows, page, limit=page.width):
            yield from lines
            if not with_forms:
                yield from _forms(picked, page)
            return
    yield from _stacked(picked, page, digits)


def _side_by_side(
    picked: list[CheckRow | str], with_forms: bool, short: bool, page: Page, digits: int | None
) -> tuple[list[Head], list[Row]]:
    """A column for each method, and for what some rows have: one-sided slopes at kinks, closed forms."""
    shown = [row for row in picked if not isinstance(row, str)]
    methods = list(dict.fromkeys(method for row in shown for method in row.values))
    kinks = any(row.one_sided is not None for row in shown)
    forms = with_forms and any(row.form is not None for row in shown)
    heads = [
        Head("", style="name"),
        *(Head(page.user(_SHORT.get(method, method) if short else method), number=True) for method in methods),
    ]
    heads += [Head("left, right")] * kinks + [Head("agreement")] + [Head("closed form")] * forms

    def cells(row: CheckRow) -> Row:
        values = [_value(row, method, page, digits) for method in methods]
        sides, form = [_one_sided(row, digits)] * kinks, [page.user(row.form or "")] * forms
        texts = [page.user(row.name), *values, *sides, _verdict(row), *form]
        return texts if row.agrees else Styled(texts, "bad")

    return heads, [row if isinstance(row, str) else cells(row) for row in picked]


def _forms(picked: list[CheckRow | str], page: Page) -> Iterator[str]:
    rows: list[Row] = []
    for row in picked:
        if isinstance(row, str):
            rows.append(row)
        elif row.form is not None:
            rows.append([page.user(row.name), page.user(row.form)])
    if any(not isinstance(row, str) for row in rows):
        yield ""
        yield from table([Head("", style="name"), Head("closed form")], rows, page) or ()


def _picked(check: CheckReport, page: Page) -> list[CheckRow | str]:
    """The rows to show: all; on a terminal the first and last of very many, and the first that differ."""
    rows = check.rows
    if not page.terminal or len(rows) <= _MOST_ROWS:
        return list(rows)
    differing = [position for position, row in enumerate(rows) if not row.agrees]
    edges = [*range(_EDGE), *range(len(rows) - _EDGE, len(rows))]
    picked: list[CheckRow | str] = []
    before = -1
    for position in sorted({*edges, *differing[:_EDGE]}):
        if position > before + 1:
            picked.append(page.words(f"… {position - before - 1:,} more …"))
        picked.append(rows[position])
        before = position
    return picked


def _value(row: CheckRow, method: str, page: Page, digits: int | None) -> str:
    value = row.values.get(method)
    if value is None:
        return page.words("—")
    return number(value, digits, _AGREED_DIGITS if row.agrees else _telling(row))


def _telling(row: CheckRow) -> int:
    """How many digits it takes to see that a row's answers differ."""
    agreed = math.floor(row.digits) if math.isfinite(row.digits) else 0
    return min(max(agreed + 3, _AGREED_DIGITS), ALL_DIGITS)


def _verdict(row: CheckRow) -> str:
    return _digits(row.digits) if row.agrees else f"differ after {_digits(row.digits)}"


def _one_sided(row: CheckRow, digits: int | None) -> str:
    return "" if row.one_sided is None else ", ".join(number(slope, digits) for slope in row.one_sided)


def _stacked(picked: list[CheckRow | str], page: Page, digits: int | None) -> Iterator[str]:
    """The same where it is too wide for a line: an element's methods under one another."""
    rows: list[Row] = []
    for row in picked:
        if isinstance(row, str):
            rows.append(row)
            continue
        label = page.user(row.name)
        for method in row.values:
            cells = [label, page.user(method), _value(row, method, page, digits)]
            rows.append(cells if row.agrees else Styled(cells, "bad"))
            label = ""
        said = f"{'agree to ' * row.agrees}{_verdict(row)}"
        if row.one_sided is not None:
            said += f"; from left, right: {_one_sided(row, digits)}"
        if row.form is not None:
            said += f"; closed form {page.user(row.form)}"
        rows.append(f"    {said}")
    return table([Head("", style="name"), Head(""), Head("", number=True)], rows, page) or iter(())


# ---- claims --------------------------------------------------------------------------------------------


def _claims(check: CheckReport, page: Page, digits: int | None) -> Iterator[str]:
    for name, holds in check.claims.items():
        said = page.paint("holds", "good") if holds else page.paint("does not hold", "bad")
        yield f"the claim for {page.user(name)} {said}"
    if not check.claim_rows:
        return
    yield ""
    heads = [Head("", style="name"), *(Head(text, number=True) for text in ("claimed", "computed", "difference"))]
    rows: list[Row] = []
    for row in check.claim_rows:
        most = MOST_DIGITS if number(row.claimed, digits) != number(row.computed, digits) else ALL_DIGITS
        numbers = [number(row.claimed, digits, most), number(row.computed, digits, most)]
        rows.append([page.user(row.name), *numbers, number(row.difference, digits)])
    if check.claim_differences > len(check.claim_rows):
        rows.append(f"the first {len(check.claim_rows):,} of {check.claim_differences:,} that differ")
    yield from table(heads, rows, page) or ()
