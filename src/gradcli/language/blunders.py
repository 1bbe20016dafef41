"""What to say of a line or block that cannot be read. Loaded only once something has gone wrong."""

from __future__ import annotations

from ..errors import ExpressionError
from ..text import shortened
from .lines import LineReader
from .mistakes import without
from .statements import StatementReader
from .tokens import Token


def no_statement(reader: StatementReader, token: Token) -> ExpressionError:
    """`token` begins no statement of the language."""
    if token.kind == "indent":
        first = reader.tokens[reader.position + 1]
        message = "this line is indented, but nothing above it opens a block"
        return reader.error(message, first.span, "a long expression goes on inside brackets, or after a backslash")
    if token.kind == ";":
        return reader.error("a statement is missing before `;`", token.span)
    if token.kind in ("except", "finally"):
        hint = "it must be indented as its `try` is"
        return reader.error(f"this `{token.text}` has no `try` above it", token.span, hint)
    return without(reader, token)


def stray_branch(reader: StatementReader, token: Token) -> ExpressionError:
    """`else` or `elif` that belongs to no `if`."""
    hint = "it must be indented as its `if` is"
    return reader.error(f"this `{token.text}` has no `if` above it", token.span, hint)


def not_an_annotation(reader: LineReader, begin: Token, colon: Token) -> ExpressionError:
    """A `:` after an expression that is not `name: annotation = value`."""
    shown = shortened(reader.source[begin.span[0] : colon.span[0]])
    if begin.kind == "name" and begin.text in ("match", "case"):
        return without(reader, begin)
    return reader.error(f"a `:` cannot follow `{shown}` here", colon.span, "give a name its value with =")
