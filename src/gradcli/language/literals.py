"""The rarer literals: numbers in other bases, what only looks like a number, and strings."""

from __future__ import annotations

import re
from math import inf

from ..errors import Span
from ..text import shortened

_BASES = {"0x": 16, "0o": 8, "0b": 2}
_BASE_NAMES = {"0x": "hexadecimal", "0o": "octal", "0b": "binary"}
_RADIX = re.compile(r"0(?:[xX](?:_?[0-9a-fA-F])++|[oO](?:_?[0-7])++|[bB](?:_?[01])++)")
_ESCAPE = re.compile(r"\\(\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPED = dict(zip("\\'\"abfnrtv", "\\'\"\a\b\f\n\r\t\v", strict=True)) | dict.fromkeys(("\n", "\r", "\r\n"), "")


def radix_value(text: str) -> float | None:
    """The value of `0x1f`, `0o17`, `0b101`: inf beyond float64, None where `text` is no such number."""
    if not _RADIX.fullmatch(text):
        return None
    try:
        return float(int(text.replace("_", ""), _BASES[text[:2].lower()]))
    except OverflowError:
        return inf


def is_whole(text: str) -> bool:
    """Whether a number's text is an integer's: `3`, `1_000`, `0x1f`, but not `3.` or `1e3`."""
    return text.isdigit() or text[:2].lower() in _BASES or not any(c in ".eE" for c in text)


def what_is_wrong(text: str, span: Span) -> tuple[str, Span, str | None]:
    """Message, span and hint for `text` that starts like a number and is none."""
    shown, base = shortened(text), text[:2].lower()
    if base in _BASES:
        return f"`{shown}` is not a {_BASE_NAMES[base]} number", span, f"for a product write 0*{shortened(text[1:])}"
    if imaginary := re.match(r"([0-9._]+(?:[eE][0-9_]+)?)[jJ](?!\w)", text):
        end = span[0] + imaginary.end()
        hint = f"for a product with a variable j write {shortened(imaginary[1])}*j"
        return "complex numbers are not part of the language", (span[0], end), hint
    return f"`{shown}` is not a number", span, "an underscore stands between two digits, as in 1_000"


def string_value(text: str) -> str | None:
    """What a string literal stands for, its quotes and escapes resolved; None for a bad escape."""
    raw = text[0] in "rR"
    body = text[1:] if text[0] in "rRuU" else text
    quotes = 3 if body[:3] in ("'''", '"""') and len(body) >= 6 else 1
    return unescaped(body[quotes:-quotes], raw)


def unescaped(body: str, raw: bool) -> str | None:
    """The text between quotes, its escapes resolved unless it is raw; None for a bad escape.

    Escapes are Python's, except `\\N{…}`; one that Python does not know stands for itself.
    """
    if raw or "\\" not in body:
        return body
    try:
        return _ESCAPE.sub(_unescape, body)
    except ValueError:
        return None


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if escape in _ESCAPED:
        return _ESCAPED[escape]
    if escape[0] in "01234567":
        return chr(int(escape, 8))
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    if escape in "xuUN":
        raise ValueError
    return match[0]
