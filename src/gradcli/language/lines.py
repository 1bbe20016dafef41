"""Lines: assignments, imports, and the other statements that fit on one."""

from __future__ import annotations

from collections.abc import Callable

from . import syntax
from .expressions import ExpressionReader
from .syntax import Expr, Stmt
from .targets import check_single_target, check_target
from .tokens import Token

END = frozenset(("newline", ";"))
_AUGMENTED = frozenset(("+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "&=", "|="))
_STATEMENT = END | _AUGMENTED | {"=", ":"}
_VALUE = END | {"="}
_LAYOUT = ("newline", "indent", "dedent", "end")


class Block:
    """A block whose lines are being read.

    Attributes:
        header: the word that opened it (`if`, `elif`, `else`, `while`, …).
        build: makes the statement of the body and its end.
        loop: for a loop, the same of the body, that of its `else`, and the end.
        then: what to do with the body and its end, for a part of a statement that may go on.
        body: the statements so far.
        inline: whether the body stands on the header's own line.
        test: the condition of `if` or `elif`.
        branches: for `if`: what came before this branch, as (header, test, body).
    """

    __slots__ = ("body", "branches", "build", "header", "inline", "loop", "test", "then")

    def __init__(
        self,
        header: Token,
        build: Callable[[tuple[Stmt, ...], int], Stmt] | None = None,
        loop: Callable[[tuple[Stmt, ...], tuple[Stmt, ...], int], Stmt] | None = None,
        then: Callable[[tuple[Stmt, ...], int], None] | None = None,
    ) -> None:
        self.header = header
        self.build = build
        self.loop = loop
        self.then = then
        self.body: list[Stmt] = []
        self.inline = False
        self.test: Expr | None = None
        self.branches: list[tuple[Token, Expr, tuple[Stmt, ...]]] = []


class LineReader(ExpressionReader):
    """Reads the statements of a line into the innermost block."""

    def __init__(self, source: str, tokens: list[Token]) -> None:
        super().__init__(source, tokens)
        self.body: list[Stmt] = []
        self.blocks: list[Block] = []

    def leave(self) -> None:
        """The innermost block's last line has been read."""
        raise NotImplementedError

    def read(self, stops: frozenset[str], *, tuples: bool = False) -> Expr:
        return self.expression(stops, tuples=tuples, depth=len(self.blocks))

    def add(self, statement: Stmt) -> None:
        (self.blocks[-1].body if self.blocks else self.body).append(statement)

    def simple(self, statement: Stmt) -> None:
        """A statement that fits on a line has been read: its line goes on after `;`, or ends."""
        self.add(statement)
        self.line_end()

    def line_end(self) -> None:
        token = self.tokens[self.position]
        if token.kind == ";":
            self.position += 1
            token = self.tokens[self.position]
            if token.kind != "newline":
                return
        if token.kind != "newline":
            raise self.error(f"the line should end before `{token.text}`", token.span)
        self.position += 1
        if self.blocks and self.blocks[-1].inline:
            self.leave()

    def span_from(self, token: Token) -> tuple[int, int]:
        return (token.span[0], self.end)

    def expect(self, kind: str, message: str) -> Token:
        """Read a token of that kind. Raises ExpressionError, with `message`, for any other."""
        token = self.tokens[self.position]
        if token.kind != kind:
            raise self.error(message, self.place(token))
        self.position += 1
        return token

    def plain(self, token: Token) -> None:
        """An expression, or an assignment of one of the four kinds."""
        first = self.read(_STATEMENT, tuples=True)
        after = self.tokens[self.position]
        if after.kind == "=":
            self.assignment(token, first)
        elif after.kind in _AUGMENTED:
            check_single_target(self, first, after)
            self.position += 1
            value = self.read(END, tuples=True)
            operator = after.kind[:-1]
            self.simple(syntax.AugmentedAssign(first, operator, value, span=self.span_from(token)))
        elif after.kind == ":":
            self.annotated(token, first)
        else:
            self.simple(syntax.ExprStmt(first, span=self.span_from(token)))

    def assignment(self, token: Token, first: Expr) -> None:
        """`a = b = value`"""
        parts = [first]
        while self.tokens[self.position].kind == "=":
            check_target(self, parts[-1])
            self.position += 1
            bracket = self.tokens[self.position].kind == "("
            if self.tokens[self.position + bracket].kind == "yield":
                from .attempts import yielding

                yielding(self, token, tuple(parts))
                return
            parts.append(self.read(_VALUE, tuples=True))
        self.simple(syntax.Assign(tuple(parts[:-1]), parts[-1], span=self.span_from(token)))

    def annotated(self, token: Token, target: Expr) -> None:
        """`target: annotation = value`, of which the annotation is read and dropped; without a value, nothing."""
        colon = self.tokens[self.position]
        self.position += 1
        holds = isinstance(target, syntax.Name | syntax.Attribute | syntax.Index)
        if holds and self.tokens[self.position].kind not in _LAYOUT and token.text not in ("match", "case"):
            annotation = self.read(_VALUE)
            if isinstance(target, syntax.Name) and self.blocks and self.blocks[-1].header.kind == "class":
                return self.field(token, target, annotation)
            if self.tokens[self.position].kind == "=":
                return self.assignment(token, target)
            return self.simple(syntax.Pass(span=self.span_from(token)))
        from .blunders import not_an_annotation

        raise not_an_annotation(self, token, colon)

    def field(self, token: Token, target: syntax.Name, annotation: Expr) -> None:
        """`name: annotation = value` in a class."""
        value = None
        if self.tokens[self.position].kind == "=":
            self.position += 1
            value = self.read(END, tuples=True)
        self.simple(syntax.Annotated(target, annotation, value, span=self.span_from(token)))

    def word(self, token: Token) -> None:
        """`pass`, `break`, `continue`."""
        if token.kind != "pass" and not self.inside(("while", "for")):
            raise self.error(f"`{token.text}` stands outside any loop", token.span)
        self.position += 1
        self.simple(WORDS[token.kind](span=token.span))

    def inside(self, words: tuple[str, ...]) -> bool:
        """Whether a block of one of these kinds is open in this function."""
        for block in reversed(self.blocks):
            if block.header.kind in words:
                return True
            if block.header.kind in ("def", "class"):
                return False
        return False

    def returning(self, token: Token) -> None:
        if not self.inside(("def",)):
            raise self.error("`return` stands outside any function", token.span)
        self.position += 1
        bare = self.tokens[self.position].kind in END
        value = None if bare else self.read(END, tuples=True)
        self.simple(syntax.Return(value, span=self.span_from(token)))

    def asserting(self, token: Token) -> None:
        self.position += 1
        test, message = self.read(END | {","}), None
        if self.tokens[self.position].kind == ",":
            self.position += 1
            message = self.read(END)
        self.simple(syntax.Assert(test, message, span=self.span_from(token)))

    def importing(self, token: Token) -> None:
        """`import a.b as c, d`: a statement each."""
        begin = token
        while True:
            self.position += 1
            module = self.dotted_name()
            alias = self.alias()
            self.add(syntax.Import(module, (), alias, span=self.span_from(begin)))
            begin = self.tokens[self.position]
            if begin.kind != ",":
                return self.line_end()
            begin = self.tokens[self.position + 1]

    def importing_from(self, token: Token) -> None:
        """`from a.b import c as d, e`, the names perhaps in brackets."""
        self.position += 1
        module = self.dotted_name()
        self.expect("import", "`import` was expected after the module's name")
        bracketed = self.tokens[self.position].kind == "("
        self.position += bracketed
        names: list[tuple[str, str]] = []
        while True:
            name = self.imported_name()
            names.append((name, self.alias() or name))
            if self.tokens[self.position].kind != ",":
                break
            self.position += 1
            if bracketed and self.tokens[self.position].kind == ")":
                break
        if bracketed:
            self.expect(")", "a comma or `)` was expected among the imported names")
        self.simple(syntax.Import(module, tuple(names), span=self.span_from(token)))

    def imported_name(self) -> str:
        if self.tokens[self.position].kind == "*":
            token = self.tokens[self.position]
            raise self.error("the language has no import of everything (`*`)", token.span, "name what is needed")
        return self.expect("name", "a name was expected here").text

    def dotted_name(self) -> str:
        name = self.expect("name", "the name of a module was expected here").text
        while self.tokens[self.position].kind == ".":
            self.position += 1
            name += "." + self.expect("name", "a name was expected after the dot").text
        return name

    def alias(self) -> str | None:
        if self.tokens[self.position].kind != "as":
            return None
        self.position += 1
        return self.expect("name", "a name was expected after `as`").text

    def declaring(self, token: Token) -> None:
        """`global a, b`, `nonlocal a`."""
        if not self.inside(("def",)):
            raise self.error(f"`{token.text}` stands outside any function", token.span, "leave the line out")
        names: list[str] = []
        while True:
            self.position += 1
            names.append(self.expect("name", "a name was expected here").text)
            if self.tokens[self.position].kind != ",":
                break
        self.simple(syntax.Declare(token.kind, tuple(names), span=self.span_from(token)))

    def deleting(self, token: Token) -> None:
        """`del a, b[i]`"""
        targets: list[Expr] = []
        while not targets or (
            self.tokens[self.position].kind == "," and self.tokens[self.position + 1].kind not in END
        ):
            self.position += 1
            targets.append(check_target(self, self.read(END | {","})))
        self.position += self.tokens[self.position].kind == ","
        self.simple(syntax.Delete(tuple(targets), span=self.span_from(token)))


WORDS: dict[str, Callable[..., Stmt]] = {"pass": syntax.Pass, "break": syntax.Break, "continue": syntax.Continue}
