"""Programs to code, made once and kept: the names of the program as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Span
from ..language import syntax
from ..language.syntax import Program, Stmt
from .code import Code
from .namespaces import MODULES, is_torch
from .scope import Uses, assigned, globals_anywhere, import_bindings, statements
from .statements import StatementCompiler

_COMPILED: dict[int, tuple[Program, Compiled]] = {}
_REMEMBERED = 16


class Compiled:
    """A program, ready to be traced any number of times.

    Attributes:
        code: of the program; that of its functions is inside.
        uses: how it uses names it does not assign.
        torch: whether it is read as PyTorch's.
        differentiates: whether it asks for derivatives itself.
        ends_in_value: whether its last statement is an expression.
        end: the span of its last statement.
    """

    __slots__ = ("code", "differentiates", "end", "ends_in_value", "torch", "uses")

    def __init__(self, tree: Program) -> None:
        compiler = Compiler(tree)
        self.code: Code = compiler.code
        self.uses: Uses = compiler.uses
        self.torch = compiler.torch
        self.differentiates = compiler.differentiates
        self.ends_in_value = bool(tree.body) and isinstance(tree.body[-1], syntax.ExprStmt)
        self.end: Span = tree.body[-1].span if tree.body else (0, 0)

    def free_variables(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.uses.free()


def compiled(tree: Program) -> Compiled:
    """The code of a program, made when it is first asked for. Raises ExpressionError."""
    found = _COMPILED.get(id(tree))
    if found is None or found[0] is not tree:
        if len(_COMPILED) >= _REMEMBERED:
            _COMPILED.pop(next(iter(_COMPILED)))
        found = _COMPILED[id(tree)] = (tree, Compiled(tree))
    return found[1]


class Compiler(StatementCompiler):
    """Compiles a whole program when it is made."""

    def __init__(self, tree: Program) -> None:
        super().__init__(tree.source)
        self.find_imports(tree.body)
        self.run(self.block(tree.body))
        self.emit("constant", None, tree.span)
        self.emit("return", False, tree.span)

    def find_imports(self, body: Iterable[Stmt]) -> None:
        """Names that imports alone bind stand for what they import wherever they occur."""
        self.assigned = assigned(body, imports=False)
        self.assigned |= dict.fromkeys(self.names_valued(body), 1)
        if "global" in self.code.source:
            self.assigned |= dict.fromkeys(globals_anywhere(body), 1)
        for statement in statements(body):
            if isinstance(statement, syntax.Import) and statement.module not in MODULES:
                self.assigned |= {name: 1 for name, _ in import_bindings(statement)}
            elif isinstance(statement, syntax.Import):
                self.torch = self.torch or is_torch(statement.module)
                for name, path in import_bindings(statement):
                    if name not in self.assigned and self.imports.setdefault(name, path) != path:
                        del self.imports[name]
                        self.assigned[name] = 1
