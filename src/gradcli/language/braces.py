"""The fence of a dict or a set: `{key: value}`, `{item}`, and their comprehensions."""

from __future__ import annotations

from . import syntax
from .brackets import BracketFence
from .fences import Fence, LineFence
from .operators import BinaryFrame, UnaryFrame
from .stack import WANTED, Stack
from .syntax import Expr
from .tokens import Token


class DictFence(BracketFence):
    """`{ …`; `key` is the one whose value is being read, `spread` after `**`.

    Where the first item has no key, it is a set; plain is whether that is known.
    """

    __slots__ = ("key", "keys", "plain", "spread")

    def __init__(self, depth: int, token: Token) -> None:
        super().__init__(depth, token)
        self.keys: list[Expr | None] = []
        self.key: Expr | None = None
        self.spread = False
        self.plain = False

    @property
    def names_values(self) -> bool:
        return False

    @property
    def takes_star(self) -> bool:
        return self.plain or (not self.keys and self.key is None and not self.spread)

    def takes_double_star(self, stack: Stack) -> bool:
        """`**` has been seen: what follows is a dict whose entries these are too."""
        if self.key is not None or self.spread or self.plain:
            return False
        self.spread = True
        return True

    def after(self, stack: Stack, token: Token) -> int:
        starred = isinstance(stack.operands[-1], syntax.Starred)
        if token.kind == ":" and self.key is None and not self.spread and not self.plain and not starred:
            self.key = stack.pop()
            stack.position += 1
            return WANTED
        if self.key is None and not self.spread and token.kind in (",", "}", "for"):
            if self.keys and not self.plain:
                span = (stack.starts[-1], stack.end)
                raise stack.error("an entry of this dict has no value", span, "write key: value")
            if token.kind == "}" and not self.keys and not starred and self.groups(stack):
                hint = "brackets that group are ( ); a dict has values for keys, {key: value}; a set alone is set([x])"
                raise stack.error("braces do not group", (self.token.span[0], stack.end), hint)
            self.plain = True
        return super().after(stack, token)

    def groups(self, stack: Stack) -> bool:
        """Whether braces around one value stand where a number is meant: `x^{2}`, `2*{x + 1}`, `{x}` alone."""
        around = stack.frames[-2]
        if isinstance(around, LineFence):
            return "+=" in around.stops  # where a line begins
        return isinstance(around, (BinaryFrame, UnaryFrame)) and around.token.kind not in ("|", "&", "-", "not")

    def before(self, stack: Stack, token: Token) -> int:
        return (
            super().before(stack, token) if self.key is None and not self.spread else Fence.before(self, stack, token)
        )

    def item(self, stack: Stack) -> None:
        self.keys.append(self.key)
        self.key = None
        self.spread = False
        super().item(stack)

    def node(self, span: tuple[int, int]) -> Expr:
        if self.plain:
            return syntax.Set(tuple(self.items), span=span)
        return syntax.Dict(tuple(self.keys), tuple(self.items), span=span)

    def comprehend(self, stack: Stack, token: Token) -> int:
        if self.spread:
            return Fence.after(self, stack, token)
        return super().comprehend(stack, token)

    def comprehended(self, element: Expr, clauses: tuple[syntax.Clause, ...], span: tuple[int, int]) -> Expr:
        return syntax.Comprehension(element, clauses, self.key, self.plain, span=span)
