"""The state of a parse: tokens, a position, and the explicit stacks that stand in for recursion.

Reading an expression is shift and reduce. Complete operands lie on one stack; on another lie the
frames: operators that wait for their right operand, and fences, which only a word of their own can
end (a bracket, the `if` of a conditional that waits for its `else`). `reduce` closes the operators
that hold their operand tighter than what comes next.
"""

from __future__ import annotations

from .. import limits
from ..errors import ExpressionError, Span
from .syntax import Expr
from .tokens import Token

# What a handler has left behind: an operand is wanted next, one has been found, or all is read.
WANTED, FOUND, DONE = range(3)


class Frame:
    """Something begun that waits for what comes next. `token` is the word that began it."""

    __slots__ = ("binding", "depth", "token")

    @property
    def names_values(self) -> bool:
        """Whether `name := value` can stand directly after it."""
        return False

    @property
    def ends_targets(self) -> bool:
        """Whether `in` ends what it holds: the targets of `for`."""
        return False

    def __init__(self, binding: int, depth: int, token: Token) -> None:
        self.binding = binding
        self.depth = depth
        self.token = token

    def build(self, stack: Stack, end: int) -> None:
        """Replace this operator's operands on the stack by its node, which ends at `end`."""
        raise AssertionError("a fence is never reduced")

    def after(self, stack: Stack, token: Token) -> int:
        """What `token` does to a fence when an operand stands before it; returns the new state."""
        raise AssertionError("only a fence is asked")

    def before(self, stack: Stack, token: Token) -> int:
        """What `token` does to a fence where an operand could stand but does not."""
        raise AssertionError("only a fence is asked")


class Stack:
    """What a parse knows. `starts` runs beside `operands`: where each begins, its brackets included."""

    def __init__(self, source: str, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.position = 0
        self.operands: list[Expr] = []
        self.starts: list[int] = []
        self.frames: list[Frame] = []
        self.bound = limits.current().nesting

    @property
    def previous(self) -> Token:
        """The token before the current one."""
        return self.tokens[self.position - 1]

    @property
    def end(self) -> int:
        """Where the tokens read so far end."""
        return self.tokens[self.position - 1].span[1]

    def place(self, token: Token) -> Span:
        """Where to point for `token`: at the last word before it, if there is nothing of it to see."""
        position = self.position
        while not token.text and position:
            position -= 1
            token = self.tokens[position]
        return token.span

    def push(self, operand: Expr, start: int) -> int:
        self.operands.append(operand)
        self.starts.append(start)
        return FOUND

    def pop(self) -> Expr:
        self.starts.pop()
        return self.operands.pop()

    def reduce(self, binding: int) -> None:
        """Close every operator on top of the stack that binds at least as tightly as `binding`."""
        frames = self.frames
        if frames[-1].binding >= binding:
            end = self.tokens[self.position - 1].span[1]
            while frames[-1].binding >= binding:
                frames.pop().build(self, end)

    def nested(self, token: Token) -> int:
        """The depth of a frame begun by `token` inside the top one. Raises LimitError beyond the bound."""
        return self.checked(self.frames[-1].depth + 1, token)

    def checked(self, depth: int, token: Token) -> int:
        if depth > self.bound:
            what = "brackets, prefix operators and blocks nest too deeply here"
            raise limits.exceeded("nesting", what, span=token.span).at(None, self.source)
        return depth

    def error(self, message: str, span: Span, hint: str | None = None) -> ExpressionError:
        return ExpressionError(message, span=span, hint=hint, source=self.source)
