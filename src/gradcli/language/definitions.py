"""Definitions: functions and classes, with what decorates them."""

from __future__ import annotations

from . import syntax
from .lines import END, Block, LineReader
from .syntax import Expr, Stmt
from .targets import Parameters
from .tokens import Token

_ANNOTATION = frozenset((":",))  # where a function's result is annotated: no condition
_ITEM = frozenset((",", ")"))


class DefinitionReader(LineReader):
    """Reads the first lines of blocks, and the definitions among them."""

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

    def header(self, token: Token) -> None:
        """A compound statement must begin its line."""
        if (self.blocks and self.blocks[-1].inline) or self.previous.kind == ";":
            message = f"`{token.text}` must begin a line"
            raise self.error(message, token.span, "indent it on the next line")
        self.position += 1

    def decorating(self, token: Token) -> None:
        """`@decorator` on a line of its own, above `def` or `class`."""
        begin, decorators = token, list[Expr]()
        if self.blocks and self.blocks[-1].inline:
            raise self.error("`@` must begin a line", token.span, "indent it on the next line")
        while token.kind == "@":
            self.position += 1
            decorators.append(self.read(END))
            self.expect("newline", "the line should end after the decorator")
            token = self.tokens[self.position]
        if token.kind not in ("def", "class"):
            span = (begin.span[0], decorators[-1].span[1])
            raise self.error("a decorator stands above `def` or `class`", span)
        (self.defining if token.kind == "def" else self.classifying)(token, tuple(decorators))

    def defining(self, token: Token, decorators: tuple[Expr, ...] = ()) -> None:
        """`def name(parameters) -> annotation:`"""
        self.header(token)
        name = self.expect("name", "the name of the function was expected after `def`")
        self.expect("(", f"`(` was expected after `def {name.text}`")
        parameters = self.parameters()
        if self.tokens[self.position].kind == "->":
            self.position += 1
            self.read(_ANNOTATION)

        def build(body: tuple[Stmt, ...], end: int) -> Stmt:
            span = (token.span[0], end)
            return syntax.Define(name.text, parameters, body, decorators, span=span, name_span=name.span)

        self.enter(Block(token, build))

    def parameters(self) -> tuple[syntax.Parameter, ...]:
        """What stands between the brackets of `def`, annotations dropped."""
        parameters = Parameters("def")
        while self.tokens[self.position].kind != ")":
            if parameters.star(self, self.annotation):
                continue
            name, default = parameters.name(self), None
            self.annotation()
            if self.tokens[self.position].kind == "=":
                self.position += 1
                default = self.read(_ITEM)
            parameters.add(self, name, default)
            if self.tokens[self.position].kind != ",":
                break
            self.position += 1
        self.expect(")", "a comma or `)` was expected after the parameter")
        parameters.finish(self)
        return tuple(parameters.found)

    def annotation(self) -> None:
        """Read and drop what a parameter is annotated with, if anything."""
        if self.tokens[self.position].kind == ":":
            self.position += 1
            self.read(_ITEM | {"="})

    def classifying(self, token: Token, decorators: tuple[Expr, ...] = ()) -> None:
        """`class name(bases):`"""
        self.header(token)
        name = self.expect("name", "the name of the class was expected after `class`")
        bases: list[Expr] = []
        if self.tokens[self.position].kind == "(":
            self.position += 1
            while self.tokens[self.position].kind != ")":
                bases.append(self.read(_ITEM))
                if self.tokens[self.position].kind == ",":
                    self.position += 1
            self.position += 1

        def build(body: tuple[Stmt, ...], end: int) -> Stmt:
            span = (token.span[0], end)
            return syntax.Class(name.text, tuple(bases), body, decorators, span=span, name_span=name.span)

        self.enter(Block(token, build))
