"""The fence of a dict: `{key: value}`, and its comprehension."""

from __future__ import annotations

from . import syntax
from .brackets import BracketFence
from .fences import Fence
from .stack import WANTED, Stack
from .syntax import Expr
from .tokens import Token


class DictFence(BracketFence):
    """`{ …`; `key` is the one whose value is being read, `spread` after `**`."""

    __slots__ = ("key", "keys", "spread")

    def __init__(self, depth: int, token: Token) -> None:
        super().__init__(depth, token)
        self.keys: list[Expr | None] = []
        self.key: Expr | None = None
        self.spread = False

    @property
    def names_values(self) -> bool:
        return False

    def takes_double_star(self, stack: Stack) -> bool:
        """`**` has been seen: what follows is a dict whose entries these are too."""
        if self.key is not None or self.spread:
            return False
        self.spread = True
        return True

    def after(self, stack: Stack, token: Token) -> int:
        if token.kind == ":" and self.key is None and not self.spread:
            self.key = stack.pop()
            stack.position += 1
            return WANTED
        if self.key is None and not self.spread and token.kind in (",", "}", "for"):
            hint = "a dict has values for keys, {key: value}; a list is written [ ], and brackets that group are ( )"
            raise stack.error("the language has no sets", (self.token.span[0], stack.end), hint)
        return super().after(stack, token)

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
        return syntax.Dict(tuple(self.keys), tuple(self.items), span=span)

    def comprehend(self, stack: Stack, token: Token) -> int:
        if self.spread:
            return Fence.after(self, stack, token)
        return super().comprehend(stack, token)

    def comprehended(self, element: Expr, clauses: tuple[syntax.Clause, ...], span: tuple[int, int]) -> Expr:
        return syntax.Comprehension(element, clauses, self.key, span=span)
