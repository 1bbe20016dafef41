"""Operators that wait for their right operand. Each builds its node when it is reduced."""

from __future__ import annotations

from . import syntax
from .precedence import PRODUCT
from .stack import Frame, Stack
from .syntax import Binary
from .tokens import Token


class BinaryFrame(Frame):
    """`left operator …`"""

    __slots__ = ()

    def build(self, stack: Stack, end: int) -> None:
        right = stack.operands.pop()
        stack.starts.pop()
        token, span = self.token, (stack.starts[-1], end)
        stack.operands[-1] = Binary(token.kind, stack.operands[-1], right, span=span, operator_span=token.span)


class ImplicitFrame(Frame):
    """A product written without its sign; its token is empty and lies between the factors."""

    __slots__ = ()

    def __init__(self, depth: int, position: int) -> None:
        super().__init__(PRODUCT, depth, Token("*", "", (position, position)))

    def build(self, stack: Stack, end: int) -> None:
        right, left = stack.pop(), stack.operands[-1]
        span, place = (stack.starts[-1], end), self.token.span
        stack.operands[-1] = Binary("*", left, right, implicit=True, span=span, operator_span=place)


class UnaryFrame(Frame):
    """`- …`, `not …`"""

    __slots__ = ()

    def build(self, stack: Stack, end: int) -> None:
        start = stack.starts[-1] = self.token.span[0]
        stack.operands[-1] = syntax.Unary(self.token.kind, stack.operands[-1], span=(start, end))


class StarredFrame(Frame):
    """`* …`"""

    __slots__ = ()

    def build(self, stack: Stack, end: int) -> None:
        start = stack.starts[-1] = self.token.span[0]
        stack.operands[-1] = syntax.Starred(stack.operands[-1], span=(start, end))


class NamedFrame(Frame):
    """`name := …`"""

    __slots__ = ()

    def build(self, stack: Stack, end: int) -> None:
        start = stack.starts[-1] = self.token.span[0]
        target = syntax.Name(self.token.text, span=self.token.span)
        stack.operands[-1] = syntax.Named(target, stack.operands[-1], span=(start, end))


class RootFrame(Frame):
    """`√ …`: a call of sqrt."""

    __slots__ = ()

    def build(self, stack: Stack, end: int) -> None:
        start = stack.starts[-1] = self.token.span[0]
        function = syntax.Name("sqrt", span=self.token.span)
        stack.operands[-1] = syntax.Call(function, (stack.operands[-1],), span=(start, end))


class ChainFrame(Frame):
    """`a < b <= …`, `a and b and …`: as many operands as operators, and one more to come."""

    __slots__ = ("operators",)

    def __init__(self, binding: int, depth: int, token: Token) -> None:
        super().__init__(binding, depth, token)
        self.operators: list[str] = []

    def build(self, stack: Stack, end: int) -> None:
        count = len(self.operators)
        operands = tuple(stack.operands[-count - 1 :])
        del stack.operands[-count:], stack.starts[-count:]
        span = (stack.starts[-1], end)
        if self.operators[0] in ("and", "or"):
            stack.operands[-1] = syntax.Logical(self.operators[0], operands, span=span)
        else:
            stack.operands[-1] = syntax.Compare(tuple(self.operators), operands, span=span)


class ElseFrame(Frame):
    """`body if test else …`"""

    __slots__ = ()

    def build(self, stack: Stack, end: int) -> None:
        orelse, test = stack.pop(), stack.pop()
        span = (stack.starts[-1], end)
        stack.operands[-1] = syntax.Conditional(stack.operands[-1], test, orelse, span=span)
