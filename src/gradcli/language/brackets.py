"""The fences that are brackets: groups and tuples, lists, calls, indices, comprehensions."""

from __future__ import annotations

from . import syntax
from .fences import Fence
from .stack import FOUND, WANTED, Stack
from .syntax import Expr
from .targets import check_target
from .tokens import Token


class BracketFence(Fence):
    """`( …`, `[ …` and their kin: items separated by commas, one after the last allowed."""

    __slots__ = ("items",)

    def __init__(self, depth: int, token: Token) -> None:
        super().__init__(depth, token)
        self.items: list[Expr] = []

    @property
    def names_values(self) -> bool:
        return True

    @property
    def takes_star(self) -> bool:
        return True

    def after(self, stack: Stack, token: Token) -> int:
        if token.kind == ",":
            self.item(stack)
            stack.position += 1
            return WANTED
        if token.kind in (")", "]", "}"):
            single = not self.items
            self.item(stack)
            return self.close(stack, token, single=single)
        if token.kind == "for":
            return self.comprehend(stack, token)
        return super().after(stack, token)

    def before(self, stack: Stack, token: Token) -> int:
        opener = stack.previous is self.token
        if token.kind in (")", "]", "}") and (opener or stack.previous.kind == ","):
            return self.close(stack, token, single=False)
        return super().before(stack, token)

    def item(self, stack: Stack) -> None:
        """The operand on the stack is complete: it is one of the items."""
        self.items.append(stack.pop())

    def close(self, stack: Stack, token: Token, *, single: bool) -> int:
        """The closing bracket `token` has come; `single` where it follows the only item directly."""
        stack.frames.pop()
        stack.position += 1
        return stack.push(self.node((self.token.span[0], token.span[1])), self.token.span[0])

    def node(self, span: tuple[int, int]) -> Expr:
        return syntax.Tuple(tuple(self.items), span=span)

    def comprehend(self, stack: Stack, token: Token) -> int:
        """`[element for …`: the clauses get a fence of their own."""
        if self.items or isinstance(stack.operands[-1], syntax.Starred):
            return super().after(stack, token)
        stack.frames.append(ForFence(self, token))
        stack.position += 1
        return WANTED

    def comprehended(self, element: Expr, clauses: tuple[syntax.Clause, ...], span: tuple[int, int]) -> Expr:
        return syntax.Comprehension(element, clauses, round=self.token.kind == "(", span=span)

    def close_comprehension(self, stack: Stack, token: Token) -> int:
        """The comprehension on the stack is all there is between the brackets, and stands for them."""
        stack.frames.pop()
        stack.starts[-1] = self.token.span[0]
        stack.position += 1
        return FOUND


class GroupFence(BracketFence):
    """`( …`: brackets around one expression, or a tuple."""

    __slots__ = ()

    def close(self, stack: Stack, token: Token, *, single: bool) -> int:
        if not single:
            return super().close(stack, token, single=single)
        if isinstance(self.items[0], syntax.Starred):
            from .mistakes import lonely_star

            raise lonely_star(stack, self.items[0])
        stack.frames.pop()
        stack.position += 1
        return stack.push(self.items[0], self.token.span[0])


class ListFence(BracketFence):
    """`[ …` where an operand is wanted."""

    __slots__ = ()

    def node(self, span: tuple[int, int]) -> Expr:
        return syntax.List(tuple(self.items), span=span)


class CallFence(BracketFence):
    """`function( …`; the function lies on the stack.

    `name` is the keyword whose value is being read; `spread` is whether it is what stands after `**`.
    """

    __slots__ = ("keywords", "name", "names", "spread")

    def __init__(self, depth: int, token: Token) -> None:
        super().__init__(depth, token)
        self.name: Token | None = None
        self.names: set[str] = set()
        self.spread = False
        self.keywords: list[syntax.Keyword] = []

    @property
    def names_values(self) -> bool:
        return self.name is None and not self.spread

    def takes_double_star(self, stack: Stack) -> bool:
        """`**` has been seen: what follows gives arguments by name."""
        if self.name is not None or self.spread:
            return False
        self.spread = True
        return True

    def keyword(self, stack: Stack, token: Token) -> int:
        """`name =` has been seen, and `token` is the name."""
        if self.name is not None or self.spread or token.text in self.names:
            from .mistakes import bad_keyword

            raise bad_keyword(stack, self, token)
        self.name = token
        self.names.add(token.text)
        stack.position += 2
        return WANTED

    def item(self, stack: Stack) -> None:
        if self.name is not None:
            span = (self.name.span[0], stack.end)
            value = stack.pop()
            self.keywords.append(syntax.Keyword(self.name.text, value, span=span, name_span=self.name.span))
            self.name = None
        elif self.spread:
            span = (stack.starts[-1] - 2, stack.end)
            self.keywords.append(syntax.Keyword(None, stack.pop(), span=span))
            self.spread = False
        elif self.keywords and not isinstance(stack.operands[-1], syntax.Starred):
            start = stack.starts[-1]
            message = "a plain argument comes after a keyword argument"
            raise stack.error(message, (start, stack.end), "put plain arguments before keyword arguments")
        else:
            super().item(stack)

    def comprehend(self, stack: Stack, token: Token) -> int:
        if self.name is not None or self.keywords or self.spread:
            return Fence.after(self, stack, token)
        return super().comprehend(stack, token)

    def close_comprehension(self, stack: Stack, token: Token) -> int:
        return self.after(stack, token)

    def close(self, stack: Stack, token: Token, *, single: bool) -> int:
        stack.frames.pop()
        stack.position += 1
        span = (stack.starts[-1], token.span[1])
        call = syntax.Call(stack.operands[-1], tuple(self.items), tuple(self.keywords), span=span)
        stack.operands[-1] = call
        return FOUND


class IndexFence(BracketFence):
    """`operand[ …`; `parts` holds what a slice's colons have separated so far."""

    __slots__ = ("parts", "start")

    @property
    def takes_star(self) -> bool:
        return False

    @property
    def names_values(self) -> bool:
        return not self.parts

    def __init__(self, depth: int, token: Token) -> None:
        super().__init__(depth, token)
        self.parts: list[Expr | None] = []
        self.start = token.span[1]

    def after(self, stack: Stack, token: Token) -> int:
        if token.kind == ":" and len(self.parts) < 2:
            start = stack.starts[-1]
            return self.colon(stack, stack.pop(), start)
        if token.kind == "for":
            return Fence.after(self, stack, token)
        return super().after(stack, token)

    def before(self, stack: Stack, token: Token) -> int:
        after_colon = bool(self.parts) and stack.previous.kind == ":"
        if token.kind == ":" and len(self.parts) < 2:
            return self.colon(stack, None, token.span[0])
        if token.kind == "," and after_colon:
            self.slice(stack, None)
            stack.position += 1
            return WANTED
        if token.kind == "]" and after_colon:
            self.slice(stack, None)
            return self.close(stack, token, single=False)
        if token.kind == "]" and not self.items:
            raise stack.error("an index is missing between the brackets", (self.token.span[0], token.span[1]))
        return super().before(stack, token)

    def colon(self, stack: Stack, part: Expr | None, start: int) -> int:
        if not self.parts:
            self.start = start
        self.parts.append(part)
        stack.position += 1
        return WANTED

    def item(self, stack: Stack) -> None:
        if self.parts:
            self.slice(stack, stack.pop())
        else:
            super().item(stack)

    def slice(self, stack: Stack, last: Expr | None) -> None:
        """The slice is complete: `start:stop` or `start:stop:step`, of which `last` was read last."""
        start, stop, step = (*self.parts, last, None)[:3]
        self.items.append(syntax.Slice(start, stop, step, span=(self.start, stack.end)))
        self.parts = []

    def close(self, stack: Stack, token: Token, *, single: bool) -> int:
        items = self.items
        if single and isinstance(items[0], syntax.Tuple):
            items = list(items[0].items)
        stack.frames.pop()
        stack.position += 1
        span = (stack.starts[-1], token.span[1])
        stack.operands[-1] = syntax.Index(stack.operands[-1], tuple(items), span=span)
        return FOUND


class ForFence(Fence):
    """`element for target in iterable if test …` inside brackets; the element lies on the stack."""

    __slots__ = ("bracket", "clauses", "iterable", "stage", "start", "targets", "tests")

    def __init__(self, bracket: BracketFence, token: Token) -> None:
        super().__init__(bracket.depth, token)
        self.bracket = bracket
        self.clauses: list[syntax.Clause] = []
        self.begin(token)

    @property
    def ends_targets(self) -> bool:
        return self.stage == "target"

    def begin(self, token: Token) -> None:
        """A further `for` is read."""
        self.token = token
        self.stage = "target"
        self.start = token.span[1]
        self.targets: list[Expr] = []
        self.iterable: Expr | None = None
        self.tests: list[Expr] = []

    def after(self, stack: Stack, token: Token) -> int:
        kind = token.kind
        if self.stage == "target":
            if kind not in (",", "in"):
                return super().after(stack, token)
            if not self.targets:
                self.start = stack.starts[-1]
            self.targets.append(stack.pop())
            if kind == "in":
                self.enter(stack, bare=len(self.targets) == 1)
        elif kind in (")", "]", "}"):
            return self.finish(stack, token)
        elif kind in ("for", "if"):
            self.operand(stack)
            if kind == "for":
                self.clause(stack)
                self.begin(token)
        else:
            return super().after(stack, token)
        stack.position += 1
        return WANTED

    def before(self, stack: Stack, token: Token) -> int:
        if token.kind != "in" or self.stage != "target" or not self.targets:
            return super().before(stack, token)
        self.enter(stack, bare=False)
        stack.position += 1
        return WANTED

    def enter(self, stack: Stack, *, bare: bool) -> None:
        """`in` has come: the targets are complete."""
        if not bare:
            self.targets = [syntax.Tuple(tuple(self.targets), span=(self.start, stack.end))]
        check_target(stack, self.targets[0])
        self.stage = "iterable"

    def operand(self, stack: Stack) -> None:
        """The operand on the stack is the iterable, or a test."""
        if self.stage == "iterable":
            self.iterable = stack.pop()
            self.stage = "test"
        else:
            self.tests.append(stack.pop())

    def clause(self, stack: Stack) -> None:
        assert self.iterable is not None  # a clause ends after its iterable only
        span = (self.token.span[0], stack.end)
        self.clauses.append(syntax.Clause(self.targets[0], self.iterable, tuple(self.tests), span=span))

    def finish(self, stack: Stack, token: Token) -> int:
        """The bracket closes: the comprehension takes the place of its element."""
        self.operand(stack)
        self.clause(stack)
        stack.frames.pop()
        span = (self.bracket.token.span[0], token.span[1])
        stack.operands[-1] = self.bracket.comprehended(stack.operands[-1], tuple(self.clauses), span)
        return self.bracket.close_comprehension(stack, token)
