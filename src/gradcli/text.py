"""Making any text fit to be shown, and numbers as text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from .record import Record

MOST_DIGITS = 10
"""Significant digits of a number that are shown unless a number of them is asked for."""
ALL_DIGITS = 17
"""With so many, a number is written in as few as give it back."""
_LONGEST_TORN = 30
"""Characters of a word that is looked at for names without a sign between."""
_WHOLE = 1e16  # whole numbers below it are written out


class Form(Record):
    """How a value inside a text is written.

    Attributes:
        spec: a format as Python's `format` reads it; empty for the usual one.
        kind: what it is taken as: a `number`, a whole number (`int`), a `truth` value, or its usual `text`.
    """

    spec: str = ""
    kind: str = "number"


class Listed(tuple[Any, ...]):
    """Values that a program has as a list, and that make no array: they are shown in square brackets."""

    __slots__ = ()


def number(value: float, most: int = MOST_DIGITS) -> str:
    """A number in as many significant digits as it needs, up to `most`; whole ones without a point."""
    if -_WHOLE < value < _WHOLE and value == int(value):
        return f"{value:.0f}"
    return short_exponent(f"{value:.{most}g}" if most < ALL_DIGITS else repr(value))


def short_exponent(text: str) -> str:
    """`1e+20` as `1e20`, and no point at the end."""
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa.removesuffix('.')}e{int(exponent)}"
    return text.removesuffix(".")


def in_form(value: float, form: Form) -> str:
    """A number in a form. Raises ValueError or OverflowError for what cannot be written so."""
    spec = form.spec
    if form.kind == "truth":
        return format(str(bool(value)), spec)
    if form.kind == "int":
        return format(int(value), spec)
    if form.kind == "text" or not spec:
        return format(number(value), spec)
    if spec[-1].isalpha() or spec[-1] == "%" or "." in spec:
        return format(value, spec)
    if -_WHOLE < value < _WHOLE and value == int(value):
        return format(int(value), spec)
    return format(value, f"{spec}.{MOST_DIGITS}g")


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that is most like `word`, if one is like enough: above all one that differs in case alone."""
    from difflib import get_close_matches  # takes half a millisecond to import, and mistakes are few

    words = list(known)
    same = next((each for each in words if each.casefold() == word.casefold()), None)
    return same or next(iter(get_close_matches(word, words, 1, cutoff)), None)


def apart(word: str, values: Collection[str], functions: Collection[str]) -> str | None:
    """`xy` as `x*y` and `sinx` as `sin(x)`, where a word is made of names of values and functions alone."""
    ways: dict[int, list[str]] = {0: []}
    for end in range(1, len(word) + 1 if len(word) <= _LONGEST_TORN else 0):
        for start in range(end):
            piece = word[start:end]
            if start in ways and end not in ways and (piece.isdigit() or piece in values or piece in functions):
                ways[end] = [*ways[start], piece]
    parts = ways.get(len(word), [])
    return _product(parts, functions) if len(parts) > 1 and parts[-1] in values else None


def _product(parts: Sequence[str], functions: Collection[str]) -> str:
    """Names as factors, each after a function's as its argument."""
    factors: list[str] = []
    called = ""
    for part in parts:
        if part in functions:
            called += f"{part}("
        elif part.isdigit() and called:
            called += part
        else:
            factors.append(f"{called}{part}{')' * called.count('(')}")
            called = ""
    return "*".join(factors)


def printable(text: str, *, layout: bool = False) -> str:
    r"""`text` with everything that is not a visible character or a plain space written as its escape.

    Control characters, DEL, bidirectional and other format controls, line and paragraph separators,
    unusual spaces, lone surrogates, private-use and unassigned code points become `\xNN`, `\uNNNN`
    or `\UNNNNNNNN`, so that what is shown cannot move the cursor, colour the terminal or reorder
    the line. With `layout`, newlines and tabs are kept.
    """
    if text.isprintable():
        return text
    kept = "\n\t" if layout else ""
    return "".join(c if c.isprintable() or c in kept else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def shortened(text: str, width: int = 40) -> str:
    """`text` printable on one line, runs of blanks as one, cut in the middle beyond `width` characters."""
    if len(text) > 4 * width:  # however long the source is, only its ends are looked at
        text = f"{text[: 2 * width]} … {text[-2 * width :]}"
    line = printable(" ".join(text.split()))
    if len(line) <= width:
        return line
    kept = (width - 3) // 2
    return f"{line[:kept]} … {line[-kept:]}"
