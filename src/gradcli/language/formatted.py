"""f-strings: the parts of a literal, whose fields are expressions of their own.

A field's expression ends, outside brackets, at `}`, `:`, a `!` that is no `!=`, or an `=` before one of
those. It can hold no quote like the string's own, so strings inside one another end after a few levels,
and so do fields in the formats of fields: reading them recurses no deeper than that.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from ..errors import ExpressionError
from . import syntax
from .literals import unescaped
from .stack import Stack
from .syntax import Expr
from .tokens import Lexer, Token, pattern_for

Part: TypeAlias = syntax.Text | syntax.Field

_OPENED = re.compile(r"([rRfFuU]*)('''|\"\"\"|'|\")")
_BRACE = re.compile(r"\{\{?|\}\}?")
_FORMAT_END = re.compile(r"[{}]")
_AFTER_EQUALS = re.compile(r"=\s*(?=[}!:])")
_BRACKETS = {4: 1, 5: -1}  # the groups of the pattern that open and close
_END = frozenset(("end",))
_LEVELS = 2  # of fields inside the formats of fields


def is_formatted(text: str) -> bool:
    """Whether a string literal is an f-string."""
    return text[0] not in "'\"" and "f" in text[:2].lower()


def fields(stack: Stack, token: Token) -> list[Part]:
    """The parts of an f-string, Text and Field. Raises ExpressionError with the place inside it."""
    opened = _OPENED.match(token.text)
    assert opened is not None  # the tokenizer saw its quotes
    start, stop = token.span[0] + opened.end(), token.span[1] - len(opened[2])
    return _Reader(stack, stop, "r" in opened[1].lower()).parts(start)


def merged(parts: list[Part]) -> tuple[Part, ...]:
    """The parts with neighbouring texts as one."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, syntax.Text) and found and isinstance(found[-1], syntax.Text):
            before = found[-1]
            found[-1] = syntax.Text(before.value + part.value, span=(before.span[0], part.span[1]))
        elif not isinstance(part, syntax.Text) or part.value:
            found.append(part)
    return tuple(found)


class _Reader:
    """Reads the parts of one literal, which ends at `stop`; raw where backslashes are no escapes."""

    def __init__(self, stack: Stack, stop: int, raw: bool) -> None:
        self.stack = stack
        self.source = stack.source
        self.stop = stop
        self.raw = raw

    def parts(self, position: int) -> list[Part]:
        """Texts and fields up to the end of the literal."""
        found: list[Part] = []
        while position < self.stop:
            brace = _BRACE.search(self.source, position, self.stop)
            end = brace.start() if brace else self.stop
            found.append(self.text(position, end))
            if brace is None:
                break
            if len(brace[0]) == 2:
                found.append(syntax.Text(brace[0][0], span=brace.span()))
                position = brace.end()
            elif brace[0] == "}":
                raise self.error("this `}` closes nothing", (end, end + 1), "a brace in an f-string is written }}")
            else:
                position = self.field(end, found, _LEVELS)
        return found

    def error(self, message: str, span: tuple[int, int], hint: str | None = None) -> ExpressionError:
        return self.stack.error(message, span, hint)

    def text(self, start: int, end: int) -> syntax.Text:
        value = unescaped(self.source[start:end], self.raw)
        if value is None:
            raise self.error("this string has an escape that is incomplete or unknown", (start, end))
        return syntax.Text(value, span=(start, end))

    def field(self, start: int, found: list[Part], levels: int) -> int:
        """Read a field, which begins at `start`; gives where it ends. `{x=}` is a text before it too."""
        if not levels:
            raise self.error("fields nest too deeply here", (start, start + 1), "give the inner value a name first")
        end = self.extent(start)
        value = self.expression(start, end)
        position, conversion, spec = end, "", None
        equals = _AFTER_EQUALS.match(self.source, end, self.stop)
        if equals:
            position = equals.end()
            found.append(syntax.Text(self.source[start + 1 : position], span=(start + 1, position)))
        if self.source[position] == "!":
            conversion = self.source[position + 1 : position + 2]
            if conversion not in ("r", "s", "a") or self.source[position + 2] not in ":}":
                raise self.error("`!` in a field is followed by r, s or a", (position, position + 2))
            position += 2
        if self.source[position] == ":":
            spec, position = self.format(position + 1, levels - 1)
        elif equals and not conversion:
            conversion = "r"
        if position >= self.stop or self.source[position] != "}":
            raise self.unclosed(start)
        found.append(syntax.Field(value, conversion, spec, span=(start, position + 1)))
        return position + 1

    def unclosed(self, start: int) -> ExpressionError:
        return self.error("this `{` is never closed", (start, start + 1), "a brace in an f-string is written {{")

    def extent(self, start: int) -> int:
        """Where the expression of the field that begins at `start` ends."""
        depth = 0
        for match in pattern_for(self.source).finditer(self.source, start + 1, self.stop):
            group = match.lastindex
            if group is None:
                break
            begin = match.start(group)
            if depth == 0 and group in (2, 5):
                text = match[group]
                ends = (
                    text == "}" or text[0] == ":" or text == "!" or _AFTER_EQUALS.match(self.source, begin, self.stop)
                )
                if ends and text != "==":
                    return begin
            depth += _BRACKETS.get(group, 0)
        raise self.unclosed(start)

    def expression(self, start: int, end: int) -> Expr:
        from .expressions import ExpressionReader

        lexer = Lexer(self.source)
        brace = Token("{", "{", (start, start + 1))
        lexer.open.append(brace)  # lines do not end inside
        lexer.read(start + 1, end)
        if not lexer.tokens:
            raise self.error("a value is missing between the braces", (start, end + 1), "a brace is written {{")
        lexer.open.pop(0)
        if lexer.open:
            lexer.finish()  # raises
        tokens = [brace, *lexer.tokens, Token("end", "", (end, end))]
        reader = ExpressionReader(self.source, tokens)
        reader.position = 1
        return reader.expression(_END, tuples=True, depth=self.stack.frames[-1].depth + 1)

    def format(self, position: int, levels: int) -> tuple[syntax.Formatted, int]:
        """What follows a field's `:`, and where its closing brace is."""
        start, found = position, list[Part]()
        while True:
            brace = _FORMAT_END.search(self.source, position, self.stop)
            end = brace.start() if brace else self.stop
            found.append(self.text(position, end))
            if brace is None or brace[0] == "}":
                return syntax.Formatted(merged(found), span=(start, end)), end
            position = self.field(end, found, levels)
