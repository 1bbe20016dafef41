"""Statements: lines and blocks. Open blocks lie on a stack of their own; nothing here recurses."""

from __future__ import annotations

from collections.abc import Callable

from . import syntax
from .definitions import DefinitionReader
from .fences import COLON
from .lines import WORDS, Block
from .syntax import Stmt
from .targets import check_target
from .tokens import Token

_IN = frozenset(("in",))


class StatementReader(DefinitionReader):
    """Reads a whole program."""

    def program(self) -> syntax.Program:
        """All statements of the source. Raises ExpressionError and LimitError."""
        while (token := self.tokens[self.position]).kind != "end":
            if token.kind == "dedent":
                self.position += 1
                self.leave()
            else:
                _STATEMENTS.get(token.kind, StatementReader.plain)(self, token)
        return syntax.Program(tuple(self.body), self.source, span=(0, len(self.source)))

    # ---- blocks ----------------------------------------------------------------------------------

    def leave(self) -> None:
        """The innermost block's last line has been read."""
        block = self.blocks.pop()
        body, end = tuple(block.body), block.body[-1].span[1]
        if block.then is not None:
            block.then(body, end)
        elif block.build is not None:
            self.add(block.build(body, end))
        elif block.loop is not None:
            self.close_loop(block, body, end)
        elif block.test is None:
            self.close_branches(block, body, end)
        else:
            block.branches.append((block.header, block.test, body))
            token = self.tokens[self.position]
            if token.kind in ("elif", "else"):
                self.branch(token, block)
            else:
                self.close_branches(block, (), end)

    def close_loop(self, block: Block, body: tuple[Stmt, ...], end: int) -> None:
        """A loop's body is read: its statement is complete, unless an `else` follows."""
        assert block.loop is not None
        loop, token = block.loop, self.tokens[self.position]
        if token.kind == "else":
            self.position += 1
            self.enter(Block(token, lambda orelse, end: loop(body, orelse, end)))
        else:
            self.add(loop(body, (), end))

    def choosing(self, token: Token) -> None:
        self.header(token)
        block = Block(token)
        block.test = self.read(COLON)
        self.enter(block)

    def branch(self, token: Token, before: Block) -> None:
        """`elif` or `else` after the block `before`."""
        self.position += 1
        block = Block(token)
        block.branches = before.branches
        if token.kind == "elif":
            block.test = self.read(COLON)
        self.enter(block)

    def close_branches(self, block: Block, orelse: tuple[Stmt, ...], end: int) -> None:
        """Each `elif` is an If in the else of the one before it; built from the last."""
        for header, test, body in reversed(block.branches):
            orelse = (syntax.If(test, body, orelse, span=(header.span[0], end)),)
        self.add(orelse[0])

    def stray_branch(self, token: Token) -> None:
        from .blunders import stray_branch

        raise stray_branch(self, token)

    def repeating(self, token: Token) -> None:
        self.header(token)
        test = self.read(COLON)

        def build(body: tuple[Stmt, ...], orelse: tuple[Stmt, ...], end: int) -> Stmt:
            return syntax.While(test, body, orelse, span=(token.span[0], end))

        self.enter(Block(token, loop=build))

    def iterating(self, token: Token) -> None:
        self.header(token)
        target = check_target(self, self.read(_IN, tuples=True))
        self.position += 1
        values = self.read(COLON, tuples=True)

        def build(body: tuple[Stmt, ...], orelse: tuple[Stmt, ...], end: int) -> Stmt:
            return syntax.For(target, values, body, orelse, span=(token.span[0], end))

        self.enter(Block(token, loop=build))

    def context(self, token: Token) -> None:
        """`with a, b:`, brackets around the contexts allowed."""
        self.header(token)
        value = self.read(COLON | {"as"}, tuples=True)
        if self.tokens[self.position].kind == "as":
            place = self.tokens[self.position].span
            raise self.error("the language has no `as` in `with`", place, "leave the name out")
        contexts = value.items if isinstance(value, syntax.Tuple) else (value,)
        starred = [item for item in contexts if isinstance(item, syntax.Starred)]
        if starred or not contexts:
            raise self.error("a context is missing after `with`", (starred[0] if starred else value).span)
        self.enter(Block(token, lambda body, end: syntax.With(contexts, body, span=(token.span[0], end))))

    # ---- errors and generators, which few programs have --------------------------------------------

    def attempting(self, token: Token) -> None:
        from .attempts import attempting

        attempting(self, token)

    def raising(self, token: Token) -> None:
        from .attempts import raising

        raising(self, token)

    def yielding(self, token: Token) -> None:
        from .attempts import yielding

        yielding(self, token)

    # ---- what is no statement ----------------------------------------------------------------------

    def no_statement(self, token: Token) -> None:
        from .blunders import no_statement

        raise no_statement(self, token)


_Reader = StatementReader
_STATEMENTS: dict[str, Callable[[StatementReader, Token], None]] = {
    **dict.fromkeys(WORDS, _Reader.word),
    "if": _Reader.choosing,
    "while": _Reader.repeating,
    "for": _Reader.iterating,
    "with": _Reader.context,
    "def": _Reader.defining,
    "class": _Reader.classifying,
    "@": _Reader.decorating,
    "return": _Reader.returning,
    "assert": _Reader.asserting,
    "import": _Reader.importing,
    "from": _Reader.importing_from,
    "del": _Reader.deleting,
    **dict.fromkeys(("global", "nonlocal"), _Reader.declaring),
    "elif": _Reader.stray_branch,
    "else": _Reader.stray_branch,
    "try": _Reader.attempting,
    "raise": _Reader.raising,
    "yield": _Reader.yielding,
    **dict.fromkeys(("except", "finally", "async", "await"), _Reader.no_statement),
    ";": _Reader.no_statement,
    "indent": _Reader.no_statement,
}
