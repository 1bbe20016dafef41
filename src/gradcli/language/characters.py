"""What to say of a character that is no part of the language. Loaded only to explain one."""

from __future__ import annotations

import unicodedata

from ..errors import Span
from ..text import printable, shortened

# Letters of other alphabets that look like Latin ones. What Unicode itself calls a form of another
# character (fullwidth ｘ, mathematical 𝑥) is asked of unicodedata instead.
_LOOK_ALIKES = dict(
    zip(
        "аеорсхуіјѕԁԛԝһѵгпАВЕЅІЈКМНОРСТХУԌԚԜѴЗբօսոցհաՕՍ⍺–—‐‑‒―‘’‚“”„«»′″∗⁎•∙∕⁄｜¦∣‖⟨⟩〈〉≈≡µ∆",  # noqa: RUF001 - the look-alikes themselves
        'aeopcxyijsdqwhvrnABESIJKMHOPCTXYGQWV3fouqghaoUα------\'\'\'"""""\'"****//||||<><>==μΔ',  # noqa: RUF001 - two are Greek
        strict=True,
    )
)
_WORDS = {
    "{": ("braces are not part of the language", "group with ( ), make lists and arrays with [ ]"),
    "}": ("braces are not part of the language", "group with ( ), make lists and arrays with [ ]"),
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
        return message, span, hint
    if character in "'\"":
        return _unclosed_quote(source, position)
    if not character.isprintable():
        return _invisible(character), span, "remove it; it may have come with a copied text"
    return f"`{character}` ({_named(character)}) is not part of the language", span, _alternative(character)


def _unclosed_quote(source: str, position: int) -> tuple[str, Span, str | None]:
    before = source[position - 1 : position]
    if source[position] == "'" and (before.isalnum() or before in (")", "]", "_")):
        return "this quote opens a string that is never closed", (position, position + 1), "a transpose is written x.T"
    length = 3 if source[position : position + 3] in ("'''", '"""') else 1
    return "this quote opens a string that is never closed", (position, position + length), None


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
    plain = _LOOK_ALIKES.get(character) or unicodedata.normalize("NFKC", character).replace("⁄", "/")
    plain = _LOOK_ALIKES.get(plain, plain)
    if plain == character or not plain.isprintable():
        return None
    shown = shortened(plain)
    if unicodedata.decomposition(character).startswith("<super>"):
        return f"write it as a power: ^{shown}"
    return f"it looks like `{shown}`, which is what the language reads"
