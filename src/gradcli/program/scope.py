"""Names: what a body assigns, where a name is looked up, and which names need values from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import Span
from ..language.syntax import (
    Annotated,
    Assign,
    AugmentedAssign,
    Class,
    Declare,
    Define,
    Delete,
    Expr,
    For,
    If,
    Import,
    Lambda,
    List,
    Name,
    Named,
    Program,
    Starred,
    Stmt,
    Syntax,
    Try,
    Tuple,
    While,
    With,
    Yield,
)
from .namespaces import CONSTANTS, SHORT_ROOTS


def free_variables(tree: Program) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names a program needs values for, and those it can do without, in order of appearance.

    The first are used before anything is assigned to them. The second have a meaning that a
    variable can take over: constants such as `e` and `pi`, and names used only as functions.
    """
    from .compiler import compiled

    return compiled(tree).free_variables()


def first_use(tree: Program, name: str) -> Span | None:
    """Where a program first uses a name that it does not assign; None where it does not."""
    from .compiler import compiled

    return compiled(tree).uses.first(name)


class Uses:
    """How the names that come from outside are used, in order of appearance."""

    __slots__ = ("_called", "_handed", "_read", "_spaces")

    def __init__(self) -> None:
        self._read: dict[str, Span] = {}  # as a value
        self._called: dict[str, Span] = {}
        self._handed: dict[str, Span] = {}  # where a function is expected: grad(f), f = sin
        self._spaces: dict[str, Span] = {}  # before a dot, where it may be a namespace

    def read(self, name: str, span: Span) -> None:
        self._read.setdefault(name, span)

    def call(self, name: str, span: Span) -> None:
        self._called.setdefault(name, span)

    def hand(self, name: str, span: Span) -> None:
        self._handed.setdefault(name, span)

    def dotted(self, name: str, span: Span) -> None:
        (self._spaces if name in SHORT_ROOTS else self._read).setdefault(name, span)

    def first(self, name: str) -> Span | None:
        spans = [uses[name] for uses in (self._read, self._called, self._handed, self._spaces) if name in uses]
        return min(spans, default=None)

    def is_called(self, name: str) -> bool:
        return name in self._called

    def free(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        needed = [name for name in self._read if name not in CONSTANTS]
        optional = [
            name
            for uses in (self._read, self._called, self._handed, self._spaces)
            for name in uses
            if name not in needed
        ]
        return tuple(needed), tuple(dict.fromkeys(optional))


class Scope:
    """The names of a function body (or of the program, where outer is None).

    Comprehensions have names of their own without a scope of their own: renames maps them to what
    they are called in the frame around them.
    """

    __slots__ = ("globals", "names", "of_class", "outer", "renames")

    def __init__(self, names: Iterable[str], outer: Scope | None, of_class: bool = False) -> None:
        self.names = frozenset(names)
        self.globals: frozenset[str] = frozenset()  # names declared to be the program's
        self.outer = outer
        self.of_class = of_class  # whose names functions inside do not see
        self.renames: list[dict[str, str]] = []

    def lookup(self, name: str) -> tuple[str, int] | None:
        """What name is called where it lives, and how many functions further out; None for the program's."""
        scope: Scope | None = self
        depth = 0
        while scope is not None:
            for renames in reversed(scope.renames):
                if name in renames:
                    return renames[name], depth
            if name in scope.globals:
                return None
            if scope.outer is not None and name in scope.names and not (scope.of_class and depth):
                return name, depth
            scope = scope.outer
            depth += 1
        return None


def assigned(body: Iterable[Stmt], *, imports: bool = True) -> dict[str, int]:
    """The names a body assigns, and how often: not inside functions defined there."""
    found: dict[str, int] = {}
    declared: set[str] = set()
    for statement in statements(body):
        if isinstance(statement, Declare):
            declared.update(statement.names)
        for name in _bound_by(statement, imports):
            found[name] = found.get(name, 0) + 1
    for name in declared:
        found.pop(name, None)
    return found


def global_names(body: Iterable[Stmt]) -> frozenset[str]:
    """The names a body declares to be the program's."""
    found = [each.names for each in statements(body) if isinstance(each, Declare) and each.word == "global"]
    return frozenset(name for names in found for name in names)


def globals_anywhere(body: Iterable[Stmt]) -> set[str]:
    """The names that some function in a body, at any depth, declares to be the program's."""
    found: set[str] = set()
    pending = [body]
    while pending:
        inside = list(statements(pending.pop()))
        pending.extend(each.body for each in inside if isinstance(each, (Define, Class)))
        found |= global_names(inside)
    return found


def named_in(statement: Stmt) -> Iterator[str]:
    """The names that a statement's own expressions give values with `:=`."""
    pending: list[object] = [statement]
    while pending:
        each = pending.pop()
        if isinstance(each, Named):
            yield each.target.name
        if isinstance(each, tuple):
            pending.extend(part for part in each if not isinstance(part, Stmt))
        elif isinstance(each, Syntax) and not isinstance(each, Lambda):
            fields = [field for field in type(each)._fields if field != "span"]
            pending.extend(getattr(each, field) for field in fields)


def statements(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """A body's statements with those of the blocks in it, in order; not those of functions."""
    stack = [iter(body)]
    while stack:
        statement = next(stack[-1], None)
        if statement is None:
            stack.pop()
            continue
        yield statement
        if isinstance(statement, (If, While, For)):
            stack.append(iter((*statement.body, *statement.orelse)))
        elif isinstance(statement, With):
            stack.append(iter(statement.body))
        elif isinstance(statement, Try):
            handled = [each for handler in statement.handlers for each in handler.body]
            stack.append(iter((*statement.body, *handled, *statement.orelse, *statement.final)))


def _bound_by(statement: Stmt, imports: bool) -> Iterator[str]:
    if isinstance(statement, (Assign, Yield)):
        for target in statement.targets:
            yield from target_names(target)
    elif isinstance(statement, (AugmentedAssign, For)):
        yield from target_names(statement.target)
    elif isinstance(statement, (Define, Class)):
        yield statement.name
    elif isinstance(statement, Try):
        yield from (handler.name for handler in statement.handlers if handler.name is not None)
    elif isinstance(statement, Annotated) and statement.value is not None:
        yield statement.target.name
    elif isinstance(statement, Delete):
        for target in statement.targets:
            yield from target_names(target)
    elif isinstance(statement, Import) and imports:
        yield from (name for name, _ in import_bindings(statement))


def target_names(target: Expr) -> Iterator[str]:
    """The names that assigning to target binds."""
    stack = [target]
    while stack:
        each = stack.pop()
        if isinstance(each, Name):
            yield each.name
        elif isinstance(each, Starred):
            stack.append(each.operand)
        elif isinstance(each, (Tuple, List)):
            stack.extend(reversed(each.items))


def import_bindings(statement: Import) -> list[tuple[str, str]]:
    """`(name, dotted name)` for everything an import binds."""
    if statement.names:
        return [(alias, f"{statement.module}.{name}") for name, alias in statement.names]
    if statement.alias:
        return [(statement.alias, statement.module)]
    root = statement.module.partition(".")[0]
    return [(root, root)]
