"""Fences: what only its own words can end.

Each answers two questions about the words that only it understands (commas, colons, closing
brackets, `for`, `in`, `else`): what they do `after` an operand, and what they do where an operand
could have stood `before` them. Everything else inside a fence is a mistake.
"""

from __future__ import annotations

from . import syntax
from .operators import ElseFrame
from .precedence import CHOICE, FENCE, WHOLE
from .stack import DONE, WANTED, Frame, Stack
from .syntax import Expr
from .targets import Parameters
from .tokens import Token

COLON = frozenset((":",))
"""What ends the condition of `if` and `while`."""


class Fence(Frame):
    """A frame that only its own words can end; every other word inside it is a mistake."""

    __slots__ = ()

    def __init__(self, depth: int, token: Token) -> None:
        super().__init__(FENCE, depth, token)

    def after(self, stack: Stack, token: Token) -> int:
        from .mistakes import unexpected

        raise unexpected(stack, token)

    def before(self, stack: Stack, token: Token) -> int:
        from .mistakes import missing

        raise missing(stack, token)


class LineFence(Fence):
    """An expression by itself: it ends before any of the kinds `stops`; `tuples` lets commas make one."""

    __slots__ = ("items", "stops", "tuples")

    def __init__(self, depth: int, token: Token, stops: frozenset[str], tuples: bool) -> None:
        super().__init__(depth, token)
        self.stops = stops
        self.tuples = tuples
        self.items: list[Expr] = []

    @property
    def names_values(self) -> bool:
        return self.stops is COLON and not self.tuples

    @property
    def ends_targets(self) -> bool:
        return "in" in self.stops

    def after(self, stack: Stack, token: Token) -> int:
        if token.kind in self.stops:
            if self.items:
                self.items.append(stack.pop())
                return self.finish(stack)
            if isinstance(stack.operands[-1], syntax.Starred):
                from .mistakes import lonely_star

                raise lonely_star(stack)
            return DONE
        if token.kind == "," and self.tuples:
            self.items.append(stack.pop())
            stack.position += 1
            return WANTED
        return super().after(stack, token)

    def before(self, stack: Stack, token: Token) -> int:
        if self.items and token.kind in self.stops:
            return self.finish(stack)
        return super().before(stack, token)

    def finish(self, stack: Stack) -> int:
        start = self.token.span[0]
        stack.push(syntax.Tuple(tuple(self.items), span=(start, stack.end)), start)
        return DONE


class IfFence(Fence):
    """`body if test …`, waiting for its `else`; the body lies on the stack."""

    __slots__ = ()

    def after(self, stack: Stack, token: Token) -> int:
        if token.kind != "else":
            from .mistakes import no_else

            raise no_else(stack, self)
        stack.frames[-1] = ElseFrame(CHOICE, self.depth, self.token)
        stack.position += 1
        return WANTED


class LambdaFence(Fence):
    """`lambda parameters: body`: a fence while the parameters are read, an operator over the body."""

    __slots__ = ("name", "parameters")

    def __init__(self, depth: int, token: Token) -> None:
        super().__init__(depth, token)
        self.name: Token | None = None
        self.parameters = Parameters("lambda")

    def next_parameter(self, stack: Stack) -> int:
        """Read parameters up to the next default's value, or up to the colon."""
        while True:
            if self.parameters.star(stack):
                continue
            token = stack.tokens[stack.position]
            if token.kind == ":":
                self.parameters.finish(stack)
                self.binding = WHOLE
                stack.position += 1
                return WANTED
            self.name = self.parameters.name(stack)
            if stack.tokens[stack.position].kind == "=":
                stack.position += 1
                return WANTED
            self.add(stack, None)

    def add(self, stack: Stack, default: Expr | None) -> None:
        """A parameter is complete; its comma, if there is one, is read."""
        assert self.name is not None  # read before its default
        self.parameters.add(stack, self.name, default)
        token = stack.tokens[stack.position]
        if token.kind == ",":
            stack.position += 1
        elif token.kind != ":":
            super().after(stack, token)

    def after(self, stack: Stack, token: Token) -> int:
        if token.kind not in (",", ":"):
            return super().after(stack, token)
        self.add(stack, stack.pop())
        return self.next_parameter(stack)

    def build(self, stack: Stack, end: int) -> None:
        start = stack.starts[-1] = self.token.span[0]
        stack.operands[-1] = syntax.Lambda(tuple(self.parameters.found), stack.operands[-1], span=(start, end))
