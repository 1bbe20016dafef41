"""What text is written on: how wide it is, what it can show, and who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from ..record import Record
from ..text import printable

Style = Literal["plain", "strong", "faint", "name", "good", "bad", "warning", "hint"]
_CODES: Final[dict[Style, str]] = {
    "strong": "1",
    "faint": "2",
    "name": "36",
    "good": "1;32",
    "bad": "1;31",
    "warning": "33",
    "hint": "36",
}
# Our own signs and what stands for them where the encoding has only ASCII.
_IN_ASCII: Final = str.maketrans({"…": "...", "─": "-", "│": "|", "└": "+", "├": "+", "×": "x", "—": "-"})
LARGE: Final = 1000
"""Elements beyond which an array that is saved is not shown whole."""
_NARROWEST: Final = 20  # columns in which words are wrapped


class Page(Record):
    """A terminal, a file or a pipe.

    Attributes:
        width: characters in a line.
        encoding: what the text will be encoded in; signs it lacks are written as escapes.
        color: whether styles are drawn.
        terminal: whether a person watches. Only then is anything shortened, but for what is saved:
        saved: the file that holds the answer too, if there is one.
        saved_alone: whether that holds the one derivative that was asked for, and nothing else.
    """

    width: int = 80
    encoding: str = "utf-8"
    color: bool = False
    terminal: bool = False
    saved: str | None = None
    saved_alone: bool = False

    @property
    def beside(self) -> Page:
        """The page as it is to what was answered beside the derivative that was asked for."""
        return self.replaced(saved=None) if self.saved_alone else self

    def shortens(self, size: int) -> bool:
        """Whether an array of so many elements need not be shown whole: on a terminal, and where it is saved
        and large."""
        return self.terminal or (self.saved is not None and size > LARGE)

    @property
    def elsewhere(self) -> str:
        """Where what is left out can be found, as the end of a sentence; nothing where it is not saved."""
        return "" if self.saved is None else f", all in {self.user(self.saved)}"

    @property
    def unicode(self) -> bool:
        """Whether every character can be written."""
        return self.encoding.lower().replace("-", "").replace("_", "").startswith("utf")

    def words(self, text: str) -> str:
        """Words of our own, whose signs have ASCII forms."""
        return text if text.isascii() or self.unicode else text.translate(_IN_ASCII)

    def user(self, text: str, *, layout: bool = False) -> str:
        """Text that came from outside, fit to be shown; with `layout`, its newlines and tabs are kept."""
        text = printable(text, layout=layout)
        if text.isascii() or self.unicode:
            return text
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def wrapped(self, text: str, indent: int) -> list[str]:
        """Words in lines that have room beside `indent` columns of a terminal; elsewhere in one line."""
        line = self.user(self.words(" ".join(text.split())))
        if not line or not self.terminal or indent + columns(line) <= self.width:
            return [line]
        from textwrap import wrap

        return wrap(line, max(self.width - indent, _NARROWEST), break_long_words=False, break_on_hyphens=False)

    def paint(self, text: str, style: Style) -> str:
        """Text in a style, where there is colour."""
        if not self.color or not text or style == "plain":
            return text
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def columns(text: str) -> int:
    """How many columns of a terminal a text without control characters takes."""
    return len(text) if text.isascii() else sum(map(_character_columns, text))


def all_columns(texts: Sequence[str]) -> list[int]:
    """The same of many texts."""
    return list(map(len if "".join(texts).isascii() else columns, texts))


def _character_columns(character: str) -> int:
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":  # the latter join the syllable before
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1
