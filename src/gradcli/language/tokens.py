"""Source text to tokens, each with the span it was read from.

A token's kind is what it is to the grammar: `name`, `number`, `text` (a string literal, f-strings too), `symbol`
(`π τ ∞`, constants that are always a token by themselves), `superscript` (`²`, `⁻¹`), the layout
kinds `newline`, `indent`, `dedent` and `end`, and for keywords and operators their canonical
spelling: `×` has kind `*`, `^` has kind `**`.

Lines end statements except inside brackets and after a backslash. Blank lines and comments leave no
trace. The first line's indentation is the margin of the whole text, so that an indented block can be
pasted; deeper lines give `indent`, shallower ones a `dedent` for every block they leave. Indentation
is compared as text: tabs and spaces both serve, as long as a block's lines agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from keyword import kwlist
from math import inf

from .. import limits
from ..errors import ExpressionError, Span
from ..text import shortened


class Token:
    """One word of the language.

    Attributes:
        kind: what it is to the grammar (see the module).
        text: as it was written; empty for indentation and the end.
        span: where.
        value: the number that a `number` or `superscript` stands for, else 0.
    """

    __slots__ = ("kind", "span", "text", "value")

    def __init__(self, kind: str, text: str, span: Span, value: float = 0.0) -> None:
        self.kind = kind
        self.text = text
        self.span = span
        self.value = value

    def __repr__(self) -> str:
        return f"Token({self.kind!r}, {self.text!r}, {self.span}, {self.value})"


KEYWORDS = frozenset(kwlist)
SYMBOLS = {"π": "pi", "τ": "tau", "∞": "inf"}
_SPELLINGS = {"^": "**", "^=": "**=", **dict.fromkeys("×·⋅", "*"), "÷": "/", "−": "-", "≤": "<=", "≥": ">=", "≠": "!="}
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

# Greek letters are ordinary letters, but for π; unassigned code points and Greek punctuation are not.
_GREEK_CAPITALS = r"\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ab"
_GREEK_SMALL = r"\u03ac-\u03bf\u03c1-\u03f5\u03f7-\u03ff"
_LATIN = "A-Za-z_"
_DIGITS = r"[0-9]++(?:_[0-9]++)*+"
_BREAK = r"(?:\r\n?|\n)"
_BLANK_LINES = rf"(?:[ \t\f]*+(?:\#[^\r\n]*+)?+{_BREAK})*+"
_LINE_QUOTED = r"(?!''')'[^'\\\r\n]*+(?:\\(?:\r\n|.)[^'\\\r\n]*+)*+'"
_BLOCK_QUOTED = r"'''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+'''"

# One alternative a kind, tried in order. Everything repeats possessively: no input makes this backtrack.
_TOKEN = rf"""
    [ \t\f]*+ (?: \\{_BREAK} [ \t\f]*+ )*+
    (?: ([LETTER][LETTER0-9]*+)
      | ( \*\*=? | //=? | [<>]{{2}}=? | [-+*/%@&|^<>=!:]= | -> | \.\.\.
        | [-+*/%@&|^~<>=,:;!√×·⋅÷−≤≥≠] | \. (?![0-9]) )
      | ( (?: (?!0[xXoObB]\w) {_DIGITS} (?: \. (?: {_DIGITS} )?+ )?+ | \. {_DIGITS} )
          (?: [eE][+-]?+ {_DIGITS} )?+ (?! _ | [jJ](?!\w) ) )
      | ( [(\[{{] )
      | ( [)\]}}] )
      | ( (?: \#[^\r\n]*+ )?+ {_BREAK} {_BLANK_LINES} [ \t\f]*+ (?: \#[^\r\n]*+ \Z )?+ )
      | ( [π∞] )
      | ( ⁻?+ [⁰¹²³⁴⁵⁶⁷⁸⁹]++ )
      | ( {_BLOCK_QUOTED} | {_BLOCK_QUOTED.replace("'", '"')} | {_LINE_QUOTED} | {_LINE_QUOTED.replace("'", '"')} )
      | ( \.?[0-9][\w.]*+ )
      | ( \#[^\r\n]*+ )
      | ( . )
      | \Z )
    """
_NAME, _OPERATOR, _NUMBER = 1, 2, 3  # the frequent groups of the pattern; _RARE has the others
_LEAD = re.compile(rf"\ufeff?+{_BLANK_LINES}([ \t\f]*+)", re.VERBOSE)
_LAYOUT = ("newline", "indent", "dedent")


def pattern_for(source: str) -> re.Pattern[str]:
    """What finds the tokens of a source. To make it with all Greek letters takes as long as all the rest of it."""
    return _compiled(_LATIN if source.isascii() else _LATIN + _GREEK_CAPITALS + _GREEK_SMALL)


@cache
def _compiled(letter: str) -> re.Pattern[str]:
    return re.compile(_TOKEN.replace("LETTER", letter), re.VERBOSE | re.DOTALL)


def tokenize(source: str) -> list[Token]:
    """The tokens of `source`, in order, the last of kind `end`.

    Raises:
        ExpressionError: a character, number or string that cannot be read, a bracket without its
            partner, or inconsistent indentation; with span and source.
        LimitError: longer than `source_characters`, or more than `tokens`.
    """
    bound = limits.current().source_characters
    if len(source) > bound:
        what = f"the source has {len(source):,} characters"
        raise limits.exceeded("source_characters", what, span=(bound, len(source))).at(None, source)
    return Lexer(source).run()


class Lexer:
    """What is known while a source is read: the tokens so far, open brackets, open indentations."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.open: list[Token] = []
        self.indents: list[str] = []

    def run(self) -> list[Token]:
        self.read(self.margin(), len(self.source))
        self.finish()
        return self.tokens

    def read(self, start: int, stop: int) -> None:
        """Read the tokens of a part of the source."""
        tokens, keywords, spelling = self.tokens, KEYWORDS, _SPELLINGS.get
        bound = limits.current().tokens
        for match in pattern_for(self.source).finditer(self.source, start, stop):
            group = match.lastindex
            if group is None:  # the end
                break
            text, span = match[group], match.span(group)
            if group == _NAME:
                kind = text if text in keywords else "name" if text != "τ" else "symbol"
                tokens.append(Token(kind, text, span))
            elif group == _OPERATOR:
                tokens.append(Token(spelling(text, text), text, span))
            elif group == _NUMBER:
                value = float(text)
                if value == inf:
                    raise self.error(f"{shortened(text)} is too large for float64", span, _OVERFLOW)
                tokens.append(Token("number", text, span, value))
            else:
                _RARE[group](self, text, span)
            if len(tokens) > bound:
                raise limits.exceeded("tokens", "the source has too many tokens", span=span).at(None, self.source)

    def error(self, message: str, span: Span, hint: str | None = None) -> ExpressionError:
        return ExpressionError(message, span=span, hint=hint, source=self.source)

    # ---- layout ----------------------------------------------------------------------------------

    def margin(self) -> int:
        """Skip blank lines at the start; the first line's indentation becomes the margin."""
        lead = _LEAD.match(self.source)
        assert lead is not None  # the pattern matches the empty string
        self.indents.append(lead[1])
        return lead.end()

    def line_break(self, text: str, span: Span) -> None:
        """The end of a line, the blank lines after it, and the indentation of the next."""
        if self.open:
            return
        if self.tokens and self.tokens[-1].kind not in _LAYOUT:  # a line of a backslash alone may go on with nothing
            self.tokens.append(Token("newline", "", (span[0], span[0])))
        if span[1] < len(self.source):
            indentation = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]
            self.indent(indentation, (span[1] - len(indentation), span[1]))

    def indent(self, indentation: str, span: Span) -> None:
        levels, place = self.indents, (span[1], span[1])
        if indentation != levels[-1] and indentation.startswith(levels[-1]):
            levels.append(indentation)
            self.tokens.append(Token("indent", "", place))
        while indentation != levels[-1]:
            if len(levels) == 1 or not levels[-1].startswith(indentation):
                raise self.bad_indentation(indentation, span)
            levels.pop()
            self.tokens.append(Token("dedent", "", place))

    def bad_indentation(self, indentation: str, span: Span) -> ExpressionError:
        if indentation and {" ", "\t"} <= {*indentation, *self.indents[-1]}:
            return self.error("this line mixes tabs and spaces differently from the lines above", span, _ONE_KIND)
        first = (span[0], max(span[1], span[0] + 1))  # a line without any is marked at its first character
        return self.error("this line's indentation matches no line above it", first)

    def finish(self) -> None:
        """The end of the source: what is still open is an error or is closed."""
        if self.open:
            token = self.open[-1]
            raise self.error(f"this `{token.text}` is never closed", token.span, f"add a `{_PARTNERS[token.text]}`")
        if not self.tokens:
            self.tokens.append(Token("end", "", (0, len(self.source))))
            return
        last = self.tokens[-1].span[1]
        if self.tokens[-1].kind != "newline":
            self.tokens.append(Token("newline", "", (last, last)))
        self.tokens.extend(Token("dedent", "", (last, last)) for _ in self.indents[1:])
        self.tokens.append(Token("end", "", (last, last)))

    # ---- the less frequent tokens ----------------------------------------------------------------

    def opening(self, text: str, span: Span) -> None:
        self.tokens.append(Token(text, text, span))
        self.open.append(self.tokens[-1])

    def closing(self, text: str, span: Span) -> None:
        if not self.open:
            raise self.error(f"this `{text}` closes nothing", span, "remove it, or open a bracket before it")
        partner = self.open.pop()
        if _PARTNERS[partner.text] != text:
            error = self.error(f"`{partner.text}` is closed by `{text}`", span, f"write `{_PARTNERS[partner.text]}`")
            error.marks = ((partner.span, "opened here"), (span, "closed here"))
            raise error
        self.tokens.append(Token(text, text, span))

    def symbol(self, text: str, span: Span) -> None:
        self.tokens.append(Token("symbol", text, span))

    def superscript(self, text: str, span: Span) -> None:
        value = float(text.translate(_SUPERSCRIPTS))
        if abs(value) == inf:
            raise self.error(f"{shortened(text)} is too large for float64", span, _OVERFLOW)
        self.tokens.append(Token("superscript", text, span, value))

    def quoted(self, text: str, span: Span) -> None:
        """A string literal; a prefix (`r"…"`) was read as a name and is taken back."""
        start = span[0]
        if self.tokens and self.tokens[-1].kind == "name" and self.tokens[-1].span[1] == start:
            prefix = self.tokens[-1].text.lower()
            if prefix in _REFUSED_PREFIXES:
                raise self.error("byte strings are not part of the language", (self.tokens[-1].span[0], span[1]))
            if prefix in _PREFIXES:
                start = self.tokens.pop().span[0]
        self.tokens.append(Token("text", self.source[start : span[1]], (start, span[1])))

    def odd_number(self, text: str, span: Span) -> None:
        """A number in base 16, 8 or 2, or something that only starts like a number."""
        from .literals import radix_value, what_is_wrong

        value = radix_value(text)
        if value is None:
            raise self.error(*what_is_wrong(text, span))
        if value == inf:
            raise self.error(f"{shortened(text)} is too large for float64", span, _OVERFLOW)
        self.tokens.append(Token("number", text, span, value))

    def comment(self, text: str, span: Span) -> None:
        """A comment on the last line, where no line break follows."""

    def stray(self, text: str, span: Span) -> None:
        from .characters import explain

        raise self.error(*explain(self.source, span[0]))


_RARE: dict[int, Callable[[Lexer, str, Span], None]] = {
    4: Lexer.opening,
    5: Lexer.closing,
    6: Lexer.line_break,
    7: Lexer.symbol,
    8: Lexer.superscript,
    9: Lexer.quoted,
    10: Lexer.odd_number,
    11: Lexer.comment,
    12: Lexer.stray,
}
_PARTNERS = {"(": ")", "[": "]", "{": "}"}
_PREFIXES = frozenset(("r", "u", "f", "fr", "rf"))
_REFUSED_PREFIXES = frozenset(("b", "br", "rb"))
_OVERFLOW = "the largest number is about 1.8e308; write inf for infinity"
_ONE_KIND = "indent with spaces only, or with tabs only"
