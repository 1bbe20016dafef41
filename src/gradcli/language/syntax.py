"""The syntax tree: immutable records, each with the span of the source it was read from.

The tree says what was written, not what it means: `2x` is an implicit product, `x^2` a `Binary`
with operator `**`. Spans count characters of the source and never take part in comparisons, so two
trees are equal when they read the same.
"""

from __future__ import annotations

from ..errors import Span
from ..record import Record, attribute

_SPAN = (0, 0)


class Syntax(Record):
    """Base of all tree nodes. `span` covers the whole construct, brackets around it excluded."""

    span: Span = attribute(default=_SPAN, compare=False, kw_only=True)


class Expr(Syntax):
    """Anything that has a value."""


class Stmt(Syntax):
    """Anything that stands on a line of its own."""


# ---- expressions ---------------------------------------------------------------------------------


class Number(Expr):
    """A float64 literal; `whole` where it was written as an integer (`3`, `1_000`, `0x1f`)."""

    value: float
    whole: bool = attribute(default=False, compare=False)


class Text(Expr):
    """A string literal."""

    value: str


class Field(Syntax):
    """`{value!conversion:spec}` of an f-string; conversion is `r`, `s`, `a` or empty."""

    value: Expr
    conversion: str = ""
    spec: Formatted | None = None


class Formatted(Expr):
    """An f-string, or a format inside one: Text and Field parts. `{x=}` is Text("x=") and a Field."""

    parts: tuple[Text | Field, ...]


class Constant(Expr):
    """True, False or None."""

    value: bool | None


class Name(Expr):
    """A variable, function, constant or namespace, as it is spelt."""

    name: str


class Attribute(Expr):
    """`operand.name`; namespaces too: `torch.sin` is Attribute(Name("torch"), "sin")."""

    operand: Expr
    name: str
    name_span: Span = attribute(default=_SPAN, compare=False, kw_only=True)


class Unary(Expr):
    """operator is one of `-`, `+`, `not`, `~`."""

    operator: str
    operand: Expr


class Binary(Expr):
    """operator is one of `+ - * / // % ** @ & |`; `implicit` marks a product written without `*`."""

    operator: str
    left: Expr
    right: Expr
    implicit: bool = attribute(default=False, compare=False)
    operator_span: Span = attribute(default=_SPAN, compare=False, kw_only=True)


class Compare(Expr):
    """`a < b <= c`: operands has one more than operators (`< <= > >= == !=`, `is`, `is not`, `in`, `not in`)."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]


class Logical(Expr):
    """`a and b and c`, `a or b`: operator is `and` or `or`; two operands or more."""

    operator: str
    operands: tuple[Expr, ...]


class Conditional(Expr):
    """`body if test else orelse`."""

    body: Expr
    test: Expr
    orelse: Expr


class Keyword(Syntax):
    """`name=value` in a call; `name` is None for `**value`."""

    name: str | None
    value: Expr
    name_span: Span = attribute(default=_SPAN, compare=False, kw_only=True)


class Starred(Expr):
    """`*operand` in a call, a list, or an assignment's target."""

    operand: Expr


class Call(Expr):
    """`function(arguments, name=value)`"""

    function: Expr
    arguments: tuple[Expr, ...]
    keywords: tuple[Keyword, ...] = ()


class Slice(Expr):
    """`start:stop:step` inside an index."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None


class Ellipsis(Expr):
    """`...`"""


class Index(Expr):
    """`operand[i, j]`: one entry an axis; `x[(i, j)]` reads the same."""

    operand: Expr
    indices: tuple[Expr, ...]


class List(Expr):
    """`[a, b]`"""

    items: tuple[Expr, ...]


class Tuple(Expr):
    """`(a, b)` or, at statement level, `a, b`."""

    items: tuple[Expr, ...]


class Dict(Expr):
    """`{key: value}`, as many keys as values; a key is None for `**value`."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]


class Set(Expr):
    """`{a, b}`"""

    items: tuple[Expr, ...]


class Named(Expr):
    """`name := value`"""

    target: Name
    value: Expr


class Lambda(Expr):
    """`lambda parameters: body`"""

    parameters: tuple[Parameter, ...]
    body: Expr


class Clause(Syntax):
    """`for target in iterable if test if test` of a comprehension."""

    target: Expr
    iterable: Expr
    tests: tuple[Expr, ...] = ()


class Comprehension(Expr):
    """A list comprehension; with a key, that of a dict; in braces, that of a set; round, a generator expression."""

    element: Expr
    clauses: tuple[Clause, ...]
    key: Expr | None = None
    braces: bool = False
    round: bool = False


# ---- statements ----------------------------------------------------------------------------------


class Parameter(Syntax):
    """`name` or `name=default` of a def or lambda.

    kind is empty; `*` or `**` for what takes all further arguments; `keyword` for one behind a star, which
    is given by name only.
    """

    name: str
    default: Expr | None = None
    kind: str = ""


class ExprStmt(Stmt):
    """A bare expression; the last one of an EXPR is its value."""

    value: Expr


class Assign(Stmt):
    """`a = b = value`: targets are Name, Index, Attribute, Starred, or Tuple/List of targets."""

    targets: tuple[Expr, ...]
    value: Expr


class AugmentedAssign(Stmt):
    """`target operator= value`; operator without the `=`."""

    target: Expr
    operator: str
    value: Expr


class If(Stmt):
    """`elif` is an If inside orelse."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()


class While(Stmt):
    """`while test: body`, and what to do where no `break` ended it."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()


class For(Stmt):
    """`for target in iterable: body`, and what to do where no `break` ended it."""

    target: Expr
    iterable: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()


class With(Stmt):
    """`with context:` (`no_grad()` and its kin); several contexts nest."""

    contexts: tuple[Expr, ...]
    body: tuple[Stmt, ...]


class Define(Stmt):
    """`def name(parameters): body`, below its decorators."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...] = ()
    name_span: Span = attribute(default=_SPAN, compare=False, kw_only=True)


class Class(Stmt):
    """`class name(bases): body`, below its decorators."""

    name: str
    bases: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...] = ()
    name_span: Span = attribute(default=_SPAN, compare=False, kw_only=True)


class Declare(Stmt):
    """`global names` or `nonlocal names`: word is which of the two."""

    word: str
    names: tuple[str, ...]


class Delete(Stmt):
    """`del targets`: names, indices and attributes, or tuples and lists of such."""

    targets: tuple[Expr, ...]


class Handler(Syntax):
    """`except kind as name:` of a `try`."""

    kind: Expr | None
    name: str | None
    body: tuple[Stmt, ...]


class Try(Stmt):
    """`try: body`, what handles its errors, what follows where there was none, and what is done in the end."""

    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...] = ()
    orelse: tuple[Stmt, ...] = ()
    final: tuple[Stmt, ...] = ()


class Raise(Stmt):
    """`raise value`; without one, what is being handled is raised again."""

    value: Expr | None = None


class Yield(Stmt):
    """`yield value`; where `every`, `yield from value`. targets are given what it gives, as in `x = yield value`."""

    value: Expr | None = None
    every: bool = False
    targets: tuple[Expr, ...] = ()


class Annotated(Stmt):
    """`name: annotation = value` in a class, where it declares a field."""

    target: Name
    annotation: Expr
    value: Expr | None = None


class Return(Stmt):
    """`return value`"""

    value: Expr | None = None


class Break(Stmt):
    """`break`"""


class Continue(Stmt):
    """`continue`"""


class Pass(Stmt):
    """`pass`"""


class Assert(Stmt):
    """`assert test, message`"""

    test: Expr
    message: Expr | None = None


class Import(Stmt):
    """`import torch.nn as nn` → module "torch.nn", names (), alias "nn";
    `from torch import autograd as ag, nn` → module "torch", names (("autograd", "ag"), ("nn", "nn"))."""

    module: str
    names: tuple[tuple[str, str], ...] = ()
    alias: str | None = None


class Program(Syntax):
    """A whole source text, an EXPR being a program whose last statement is an ExprStmt."""

    body: tuple[Stmt, ...]
    source: str = attribute(default="", compare=False)
