"""`try` with its branches, `raise` and `yield`. Loaded only where a program has one of them."""

from __future__ import annotations

from . import syntax
from .fences import COLON
from .lines import END, Block, LineReader
from .statements import StatementReader
from .syntax import Stmt
from .tokens import Token


class _Attempt:
    """What has been read of a `try` so far; orelse and final are None until they come."""

    __slots__ = ("body", "final", "handlers", "orelse", "token")

    def __init__(self, token: Token) -> None:
        self.token = token
        self.body: tuple[Stmt, ...] = ()
        self.handlers: list[syntax.Handler] = []
        self.orelse: tuple[Stmt, ...] | None = None
        self.final: tuple[Stmt, ...] | None = None


def attempting(reader: StatementReader, token: Token) -> None:
    """`try:` and, one after another, what belongs to it."""
    reader.header(token)
    attempt = _Attempt(token)

    def read(body: tuple[Stmt, ...], end: int) -> None:
        attempt.body = body
        _go_on(reader, attempt, end)

    reader.enter(Block(token, then=read))


def _go_on(reader: StatementReader, attempt: _Attempt, end: int) -> None:
    """A part of the statement has been read: another one follows, or it is complete."""
    token = reader.tokens[reader.position]
    if token.kind == "except" and attempt.orelse is None and attempt.final is None:
        _handling(reader, attempt, token)
    elif token.kind == "else" and attempt.handlers and attempt.orelse is None and attempt.final is None:
        _last(reader, attempt, token, "orelse")
    elif token.kind == "finally" and attempt.final is None:
        _last(reader, attempt, token, "final")
    elif not attempt.handlers and attempt.final is None:
        message = "this `try` has neither `except` nor `finally`"
        raise reader.error(message, attempt.token.span, "say what to do where it fails: except ValueError: …")
    else:
        parts = tuple(attempt.handlers), attempt.orelse or (), attempt.final or ()
        reader.add(syntax.Try(attempt.body, *parts, span=(attempt.token.span[0], end)))


def _handling(reader: StatementReader, attempt: _Attempt, token: Token) -> None:
    """`except Kind as name:`"""
    reader.position += 1
    kind, name = None, None
    if reader.tokens[reader.position].kind != ":":
        kind = reader.read(COLON | {"as"}, tuples=True)
        name = reader.alias()

    def read(body: tuple[Stmt, ...], end: int) -> None:
        attempt.handlers.append(syntax.Handler(kind, name, body, span=(token.span[0], end)))
        _go_on(reader, attempt, end)

    reader.enter(Block(token, then=read))


def _last(reader: StatementReader, attempt: _Attempt, token: Token, part: str) -> None:
    """`else:` or `finally:`"""
    reader.position += 1

    def read(body: tuple[Stmt, ...], end: int) -> None:
        setattr(attempt, part, body)
        _go_on(reader, attempt, end)

    reader.enter(Block(token, then=read))


def raising(reader: StatementReader, token: Token) -> None:
    """`raise value from cause`; the cause is read and dropped."""
    reader.position += 1
    value = None
    if reader.tokens[reader.position].kind not in END:
        value = reader.read(END | {"from"})
        if reader.tokens[reader.position].kind == "from":
            reader.position += 1
            reader.read(END)
    reader.simple(syntax.Raise(value, span=reader.span_from(token)))


def yielding(reader: LineReader, token: Token, targets: tuple[syntax.Expr, ...] = ()) -> None:
    """`yield value` or `yield from values`, as a statement or as what is assigned: in brackets there, or without."""
    brackets = reader.tokens[reader.position].kind == "("
    reader.position += brackets
    if not reader.inside(("def",)):
        raise reader.error("`yield` stands outside any function", reader.tokens[reader.position].span)
    reader.position += 1
    every = reader.tokens[reader.position].kind == "from"
    reader.position += every
    end = frozenset((")",)) if brackets else END
    bare = reader.tokens[reader.position].kind in end and not every
    value = None if bare else reader.read(end, tuples=True)
    reader.position += brackets
    if brackets and reader.tokens[reader.position].kind not in END:
        hint = "give its value a name first: x = yield …"
        raise reader.error("`yield` is no part of an expression here", reader.tokens[reader.position].span, hint)
    reader.simple(syntax.Yield(value, every, targets, span=reader.span_from(token)))
