"""The emitting of instructions, without recursion, and the names that programs load."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeAlias

from ..errors import Span
from ..language import syntax
from ..language.syntax import Expr
from .code import Code
from .namespaces import DIFFERENTIATORS, MODULES, ROOTS, is_torch
from .scope import Scope, Uses

Task: TypeAlias = Generator["Task | None", None, None]


class Emitter:
    """Emits instructions into `code`, in the scope `scope`, without recursion.

    Each kind of expression and statement has a generator that emits its instructions and yields, at the right
    moments, the tasks of compiling its parts; `run` keeps the unfinished ones on a stack of its own.

    Attributes:
        imports: names that an import alone gives a meaning to, and their dotted names.
        assigned: names the program itself assigns outside functions, those imports aside.
        stored: those of them that have been assigned in the text so far.
        uses: how names from outside are used.
        torch: whether the program is PyTorch's: mentions it, or uses what only its tensors have.
        differentiates: whether it asks for derivatives itself.
    """

    def __init__(self, source: str) -> None:
        self.code = Code("", source)
        self.scope = Scope((), None)
        self.imports: dict[str, str] = {}
        self.assigned: dict[str, int] = {}
        self.stored: set[str] = set()
        self.uses = Uses()
        self.torch = False
        self.alone: Expr | None = None  # the expression that is a statement
        self.differentiates = False
        self._hidden = 0

    def run(self, task: Task | None) -> None:
        """Carry out a task and all it asks for."""
        stack = [task] if task is not None else []
        while stack:
            for part in stack[-1]:
                if part is not None:
                    stack.append(part)
                    break
            else:
                stack.pop()

    def emit(self, opcode: str, argument: object, span: Span) -> None:
        self.code.emit(opcode, argument, span)

    def value(self, expr: Expr, bound: bool = False) -> Task | None:
        """Leave expr's value on the stack; bound where it is then given a name or kept in a list."""
        raise NotImplementedError

    def load(self, expr: syntax.Name, use: Callable[[str, Span], None]) -> None:
        """Load a name; use records it where it comes from outside."""
        name, span = expr.name, expr.span
        found = self.scope.lookup(name)
        if found is not None:
            hidden, depth = found
            self.emit("load_outer" if depth else "load", found if depth else hidden, span)
        elif name == "__name__":
            self.emit("constant", "__main__", span)
        elif name in self.imports:
            self.member(self.imports[name], span)
        elif name not in self.assigned and name in ROOTS:
            self.member(ROOTS[name], span)
        else:
            known = name in self.stored or (name in self.assigned and self.scope.outer is not None)
            if not known:
                use(name, span)
                self.differentiates = self.differentiates or name in DIFFERENTIATORS
            self.emit("load_global", name, span)

    def member(self, path: str, span: Span) -> None:
        """Load what a dotted name stands for."""
        self.torch = self.torch or is_torch(path)
        self.differentiates = self.differentiates or path.rpartition(".")[2] in DIFFERENTIATORS
        self.emit("load_member", path, span)

    def path(self, expr: Expr) -> str | None:
        """The dotted name that expr spells, where it leads into a namespace."""
        names: list[str] = []
        while isinstance(expr, syntax.Attribute):
            names.append(expr.name)
            expr = expr.operand
        if not isinstance(expr, syntax.Name) or not names:
            return None
        root = expr.name
        if self.scope.lookup(root) is not None:
            return None
        path = self.imports.get(root) or (None if root in self.assigned else ROOTS.get(root))
        while path in MODULES and names:
            path = f"{path}.{names.pop()}"
        return None if names else path
