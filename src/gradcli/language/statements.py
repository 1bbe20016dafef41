"""Statements: lines and blocks. Open blocks lie on a stack of their own; nothing here recurses."""

from __future__ import annotations

from collections.abc import Callable

from . import syntax
from .expressions import ExpressionReader
from .syntax import Expr, Stmt
from .targets import Parameters, check_single_target, check_target
from .tokens import Token

_END = frozenset(("newline", ";"))
_AUGMENTED = frozenset(("+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "&=", "|="))
_STATEMENT = _END | _AUGMENTED | {"=", ":"}
_VALUE = _END | {"="}
_COLON = frozenset((":",))
_IN = frozenset(("in",))
_ITEM = frozenset((",", ")"))
_LAYOUT = ("newline", "indent", "dedent", "end")


class Block:
    """A block whose lines are being read.

    Attributes:
        header: the word that opened it (`if`, `elif`, `else`, `while`, …).
        build: makes the statement of the body and its end.
        body: the statements so far.
        inline: whether the body stands on the header's own line.
        test: the condition of `if` or `elif`.
        branches: for `if`: what came before this branch, as (header, test, body).
    """

    __slots__ = ("body", "branches", "build", "header", "inline", "test")

    def __init__(self, header: Token, build: Callable[[tuple[Stmt, ...], int], Stmt] | None = None) -> None:
        self.header = header
        self.build = build
        self.body: list[Stmt] = []
        self.inline = False
        self.test: Expr | None = None
        self.branches: list[tuple[Token, Expr, tuple[Stmt, ...]]] = []


class StatementReader(ExpressionReader):
    """Reads a whole program."""

    def __init__(self, source: str, tokens: list[Token]) -> None:
        super().__init__(source, tokens)
        self.body: list[Stmt] = []
        self.blocks: list[Block] = []

    def program(self) -> syntax.Program:
        """All statements of the source. Raises ExpressionError and LimitError."""
        while (token := self.tokens[self.position]).kind != "end":
            if token.kind == "dedent":
                self.position += 1
                self.leave()
            else:
                _STATEMENTS.get(token.kind, StatementReader.plain)(self, token)
        return syntax.Program(tuple(self.body), self.source, span=(0, len(self.source)))

    # ---- lines -----------------------------------------------------------------------------------

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
            value = self.read(_END, tuples=True)
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
            parts.append(self.read(_VALUE, tuples=True))
        self.simple(syntax.Assign(tuple(parts[:-1]), parts[-1], span=self.span_from(token)))

    def annotated(self, token: Token, target: Expr) -> None:
        """`name: annotation = value`, of which the annotation is read and dropped."""
        colon = self.tokens[self.position]
        self.position += 1
        if isinstance(target, syntax.Name) and self.tokens[self.position].kind not in _LAYOUT:
            self.read(_VALUE)
            if self.tokens[self.position].kind == "=":
                return self.assignment(token, target)
        from .blunders import not_an_annotation

        raise not_an_annotation(self, token, colon)

    def word(self, token: Token) -> None:
        """`pass`, `break`, `continue`."""
        if token.kind != "pass" and not self.inside(("while", "for")):
            raise self.error(f"`{token.text}` stands outside any loop", token.span)
        self.position += 1
        self.simple(_WORDS[token.kind](span=token.span))

    def inside(self, words: tuple[str, ...]) -> bool:
        """Whether a block of one of these kinds is open in this function."""
        for block in reversed(self.blocks):
            if block.header.kind in words:
                return True
            if block.header.kind == "def":
                return False
        return False

    def returning(self, token: Token) -> None:
        if not self.inside(("def",)):
            raise self.error("`return` stands outside any function", token.span)
        self.position += 1
        bare = self.tokens[self.position].kind in _END
        value = None if bare else self.read(_END, tuples=True)
        self.simple(syntax.Return(value, span=self.span_from(token)))

    def asserting(self, token: Token) -> None:
        self.position += 1
        test, message = self.read(_END | {","}), None
        if self.tokens[self.position].kind == ",":
            self.position += 1
            message = self.read(_END)
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

    # ---- blocks ----------------------------------------------------------------------------------

    def enter(self, block: Block) -> None:
        """Read the colon; the body follows on the line, or indented below it."""
        self.expect(":", f"a `:` was expected at the end of `{block.header.text} …`")
        self.checked(len(self.blocks) + 1, block.header)
        if self.tokens[self.position].kind == "newline":
            self.position += 1
            message = f"an indented block was expected after `{block.header.text} …:`"
            self.expect("indent", message)
        else:
            block.inline = True
        self.blocks.append(block)

    def leave(self) -> None:
        """The innermost block's last line has been read."""
        block = self.blocks.pop()
        body, end = tuple(block.body), block.body[-1].span[1]
        if block.build is not None:
            self.add(block.build(body, end))
        elif block.test is None:
            self.close_branches(block, body, end)
        else:
            block.branches.append((block.header, block.test, body))
            token = self.tokens[self.position]
            if token.kind in ("elif", "else"):
                self.branch(token, block)
            else:
                self.close_branches(block, (), end)

    def header(self, token: Token) -> None:
        """A compound statement must begin its line."""
        if (self.blocks and self.blocks[-1].inline) or self.previous.kind == ";":
            message = f"`{token.text}` must begin a line"
            raise self.error(message, token.span, "indent it on the next line")
        self.position += 1

    def choosing(self, token: Token) -> None:
        self.header(token)
        block = Block(token)
        block.test = self.read(_COLON)
        self.enter(block)

    def branch(self, token: Token, before: Block) -> None:
        """`elif` or `else` after the block `before`."""
        self.position += 1
        block = Block(token)
        block.branches = before.branches
        if token.kind == "elif":
            block.test = self.read(_COLON)
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
        test = self.read(_COLON)
        self.enter(Block(token, lambda body, end: syntax.While(test, body, span=(token.span[0], end))))

    def iterating(self, token: Token) -> None:
        self.header(token)
        target = check_target(self, self.read(_IN, tuples=True))
        self.position += 1
        values = self.read(_COLON, tuples=True)
        self.enter(Block(token, lambda body, end: syntax.For(target, values, body, span=(token.span[0], end))))

    def context(self, token: Token) -> None:
        """`with a, b:`, brackets around the contexts allowed."""
        self.header(token)
        value = self.read(_COLON | {"as"}, tuples=True)
        if self.tokens[self.position].kind == "as":
            place = self.tokens[self.position].span
            raise self.error("the language has no `as` in `with`", place, "leave the name out")
        contexts = value.items if isinstance(value, syntax.Tuple) else (value,)
        starred = [item for item in contexts if isinstance(item, syntax.Starred)]
        if starred or not contexts:
            raise self.error("a context is missing after `with`", (starred[0] if starred else value).span)
        self.enter(Block(token, lambda body, end: syntax.With(contexts, body, span=(token.span[0], end))))

    def defining(self, token: Token) -> None:
        """`def name(parameters) -> annotation:`"""
        self.header(token)
        name = self.expect("name", "the name of the function was expected after `def`")
        self.expect("(", f"`(` was expected after `def {name.text}`")
        parameters = self.parameters()
        if self.tokens[self.position].kind == "->":
            self.position += 1
            self.read(_COLON)

        def build(body: tuple[Stmt, ...], end: int) -> Stmt:
            return syntax.Define(name.text, parameters, body, span=(token.span[0], end), name_span=name.span)

        self.enter(Block(token, build))

    def parameters(self) -> tuple[syntax.Parameter, ...]:
        """What stands between the brackets of `def`, annotations dropped."""
        parameters = Parameters("def")
        while self.tokens[self.position].kind != ")":
            name, default = parameters.name(self), None
            if self.tokens[self.position].kind == ":":
                self.position += 1
                self.read(_ITEM | {"="})
            if self.tokens[self.position].kind == "=":
                self.position += 1
                default = self.read(_ITEM)
            parameters.add(self, name, default)
            if self.tokens[self.position].kind != ",":
                break
            self.position += 1
        self.expect(")", "a comma or `)` was expected after the parameter")
        return tuple(parameters.found)

    # ---- what is no statement ----------------------------------------------------------------------

    def no_statement(self, token: Token) -> None:
        from .blunders import no_statement

        raise no_statement(self, token)


_WORDS: dict[str, Callable[..., Stmt]] = {"pass": syntax.Pass, "break": syntax.Break, "continue": syntax.Continue}
_Reader = StatementReader
_STATEMENTS: dict[str, Callable[[StatementReader, Token], None]] = {
    **dict.fromkeys(_WORDS, _Reader.word),
    "if": _Reader.choosing,
    "while": _Reader.repeating,
    "for": _Reader.iterating,
    "with": _Reader.context,
    "def": _Reader.defining,
    "return": _Reader.returning,
    "assert": _Reader.asserting,
    "import": _Reader.importing,
    "from": _Reader.importing_from,
    "elif": _Reader.stray_branch,
    "else": _Reader.stray_branch,
    **dict.fromkeys(
        ("class", "try", "except", "finally", "raise", "global", "nonlocal", "del", "async", "await", "yield"),
        _Reader.no_statement,
    ),
    "@": _Reader.no_statement,
    ";": _Reader.no_statement,
    "indent": _Reader.no_statement,
}
