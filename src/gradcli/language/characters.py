"""What to say of a character that is no part of the language. Loaded only to explain one."""

from __future__ import annotations

import re
import unicodedata

from ..errors import Span
from ..text import printable, shortened
from .habits import DERIVATIVE, latex

# Characters that look like the language's own, by their code points because they cannot be told apart by eye.
# What Unicode itself calls a form of another character (fullwidth and mathematical letters) is not listed.
_LOOK_ALIKES = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u0475"  # Cyrillic
        "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0423"
        "\u050c\u051a\u051c\u0474\u0417"
        "\u2013\u2014\u2010\u2011\u2012\u2015"  # dashes
        "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2032\u2033"  # quotes and primes
        "\u2217\u2022\u2219\u2215\u2044\u00a6\u2223\u2016\u27e8\u27e9\u2248\u2261"  # operators
        "\u00b5\u2206",  # Greek
        'aeopcxyijsdqwhvABESIJKMHOPCTXYGQWV3------\'\'\'"""""\'"***//|||<>==\u03bc\u0394',
        strict=True,
    )
)
_FUNCTIONS = {
    "\u2211": "sum(x)", "\u220f": "prod(x)", "\u221b": "cbrt(x)", "\u222b": "trapezoid(y, x) for samples",
    "\u00b0": "radians(x)", "\u2308": "ceil(x)", "\u230a": "floor(x)", "\u2248": "abs(x - y) < 1e-9",
}  # fmt: skip
_WORDS = {
    "$": ("`$` is not part of the language", "write names plainly, without dollar signs"),
    "?": ("`?` is not part of the language", "a choice is written: a if condition else b"),
    "`": ("backquotes are not part of the language", "write the expression without them"),
    "\\": ("a backslash may only stand at the very end of a line", "it continues the line on the next one"),
}


def explain(source: str, position: int) -> tuple[str, Span, str | None]:
    """Message, span and hint for the character of `source` at `position`."""
    character, span = source[position], (position, position + 1)
    if character in _WORDS:
        message, hint = _WORDS[character]
        word = re.match(r"[A-Za-z]*", source[position + 1 :])
        latin = latex(word[0]) if character == "\\" and word else None
        return message, span, latin or hint
    if character in "'\"":
        return _unclosed_quote(source, position)
    if not character.isprintable():
        return _invisible(character), span, "remove it; it may have come with a copied text"
    shown = f"\\u{ord(character):04x}" if unicodedata.combining(character) else character
    return f"`{shown}` ({_named(character)}) is not part of the language", span, _alternative(character)


def _unclosed_quote(source: str, position: int) -> tuple[str, Span, str | None]:
    before = source[position - 1 : position]
    if source[position] == "'" and (before.isalnum() or before in (")", "]", "_")):
        hint = prime(source[position : position + 2])
        return "this quote opens a string that is never closed", (position, position + 1), hint
    length = 3 if source[position : position + 3] in ("'''", '"""') else 1
    return "this quote opens a string that is never closed", (position, position + length), None


def prime(text: str) -> str:
    """What to write for a quote that directly follows a value: a transpose, or the derivative of a function."""
    return "a derivative is written grad(f(x), x)" if text[1:2] == "(" else "a transpose is written x.T"


def _invisible(character: str) -> str:
    if 0xD800 <= ord(character) <= 0xDFFF:
        return f"the text is not valid Unicode here ({printable(character)})"
    return f"the character {printable(character)} ({_named(character)}) is not part of the language"


def _named(character: str) -> str:
    name = unicodedata.name(character, "")
    code = f"U+{ord(character):04X}"
    return f"{code}, {name.capitalize()}" if name else code


def _alternative(character: str) -> str | None:
    """What could be written instead."""
    if character in _FUNCTIONS:
        return f"write {_FUNCTIONS[character]}"
    if character in "\u2202\u2207":  # the signs of partial derivatives
        return DERIVATIVE
    if character in "\u2032\u2033":  # primes
        return prime("'(")
    plain = _LOOK_ALIKES.get(character) or unicodedata.normalize("NFKC", character).replace("\u2044", "/")
    plain = _LOOK_ALIKES.get(plain, plain)
    if plain == character or not plain.isprintable():
        return None
    shown = shortened(plain)
    if unicodedata.decomposition(character).startswith("<super>"):
        return f"write it as a power: ^{shown}"
    return f"it looks like `{shown}`, which is what the language reads"
