"""The syntax tree: frozen dataclasses, each with the span of the source it was read from.

The tree says what was written, not what it means: `2x` is an `Implicit` product, `x^2` a `Binary`
with operator `**`. Spans count characters of the source and never take part in comparisons, so two
trees are equal when they read the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import Span

_SPAN = (0, 0)


@dataclass(frozen=True, slots=True)
class Syntax:
    """Base of all tree nodes. `span` covers the whole construct, brackets around it excluded."""

    span: Span = field(default=_SPAN, compare=False, kw_only=True)


class Expr(Syntax):
    """Anything that has a value."""

    __slots__ = ()


class Stmt(Syntax):
    """Anything that stands on a line of its own."""

    __slots__ = ()


# ---- expressions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A float64 literal; `whole` where it was written as an integer (`3`, `1_000`, `0x1f`)."""

    value: float
    whole: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Text(Expr):
    """A string literal. Read so that the error (or `nn.Linear(dtype=…)`, a docstring) can name it."""

    value: str


@dataclass(frozen=True, slots=True)
class Constant(Expr):
    """True, False or None."""

    value: bool | None


@dataclass(frozen=True, slots=True)
class Name(Expr):
    name: str


@dataclass(frozen=True, slots=True)
class Attribute(Expr):
    """`operand.name`; namespaces too: `torch.sin` is Attribute(Name("torch"), "sin")."""

    operand: Expr
    name: str
    name_span: Span = field(default=_SPAN, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """operator is one of `-`, `+`, `not`, `~`."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """operator is one of `+ - * / // % ** @ & |`; `implicit` marks a product written without `*`."""

    operator: str
    left: Expr
    right: Expr
    implicit: bool = field(default=False, compare=False)
    operator_span: Span = field(default=_SPAN, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    """`a < b <= c`: operands has one more than operators (`< <= > >= == !=`, `is`, `is not`)."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Logical(Expr):
    """`a and b and c`, `a or b`: operator is `and` or `or`; two operands or more."""

    operator: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Expr):
    """`body if test else orelse`."""

    body: Expr
    test: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True)
class Keyword(Syntax):
    """`name=value` in a call; `name` is None for `**value` (which the parser refuses)."""

    name: str
    value: Expr
    name_span: Span = field(default=_SPAN, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Starred(Expr):
    """`*operand` in a call, a list, or an assignment's target."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Call(Expr):
    function: Expr
    arguments: tuple[Expr, ...]
    keywords: tuple[Keyword, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice(Expr):
    """`start:stop:step` inside an index."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Ellipsis(Expr):
    """`...`"""


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """`operand[i, j]`: one entry an axis; `x[(i, j)]` reads the same."""

    operand: Expr
    indices: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class List(Expr):
    """`[a, b]`"""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Tuple(Expr):
    """`(a, b)` or, at statement level, `a, b`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Lambda(Expr):
    parameters: tuple[Parameter, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Clause(Syntax):
    """`for target in iterable if test if test` of a comprehension."""

    target: Expr
    iterable: Expr
    tests: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Comprehension(Expr):
    """A list comprehension, or a generator expression as a call's only argument."""

    element: Expr
    clauses: tuple[Clause, ...]


# ---- statements ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter(Syntax):
    name: str
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class ExprStmt(Stmt):
    """A bare expression; the last one of an EXPR is its value."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Assign(Stmt):
    """`a = b = value`: targets are Name, Index, Attribute, Starred, or Tuple/List of targets."""

    targets: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class AugmentedAssign(Stmt):
    """`target operator= value`; operator without the `=`."""

    target: Expr
    operator: str
    value: Expr


@dataclass(frozen=True, slots=True)
class If(Stmt):
    """`elif` is an If inside orelse."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()


@dataclass(frozen=True, slots=True)
class While(Stmt):
    test: Expr
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class For(Stmt):
    target: Expr
    iterable: Expr
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class With(Stmt):
    """`with context:` (`no_grad()` and its kin); several contexts nest."""

    contexts: tuple[Expr, ...]
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Define(Stmt):
    """`def name(parameters): body`"""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Stmt, ...]
    name_span: Span = field(default=_SPAN, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Return(Stmt):
    value: Expr | None = None


@dataclass(frozen=True, slots=True)
class Break(Stmt):
    pass


@dataclass(frozen=True, slots=True)
class Continue(Stmt):
    pass


@dataclass(frozen=True, slots=True)
class Pass(Stmt):
    pass


@dataclass(frozen=True, slots=True)
class Assert(Stmt):
    test: Expr
    message: Expr | None = None


@dataclass(frozen=True, slots=True)
class Import(Stmt):
    """`import torch.nn as nn` → module "torch.nn", names (), alias "nn";
    `from torch import autograd as ag, nn` → module "torch", names (("autograd", "ag"), ("nn", "nn"))."""

    module: str
    names: tuple[tuple[str, str], ...] = ()
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Program(Syntax):
    """A whole source text, an EXPR being a program whose last statement is an ExprStmt."""

    body: tuple[Stmt, ...]
    source: str = field(compare=False, default="")
