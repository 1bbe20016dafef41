"""Python's own reading of a source, as a gradcli tree: the truth that the parser is held against."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcli.language import syntax as s

BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip
UNARY = {ast.USub: "-", ast.UAdd: "+", ast.Not: "not", ast.Invert: "~"}
COMPARE = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


class Unread(Exception):
    """Python that has no counterpart in the language."""


class Reader:
    """Converts the tree of one ASCII source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = [0]
        for line in source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def program(self) -> s.Program:
        tree = ast.parse(self.source)
        compile(tree, "<source>", "exec")  # finds a name given twice, a return outside any function
        body = tuple(statement for each in tree.body for statement in self.statement(each))
        return s.Program(body, self.source, span=(0, len(self.source)))

    def span(self, node: ast.AST) -> s.Span:
        start = self.lines[node.lineno - 1] + node.col_offset
        return (start, self.lines[node.end_lineno - 1] + node.end_col_offset)

    def maybe(self, node: ast.expr | None) -> s.Expr | None:
        return None if node is None else self.expr(node)

    def exprs(self, nodes: list[ast.expr]) -> tuple[s.Expr, ...]:
        return tuple(map(self.expr, nodes))

    def expr(self, node: ast.expr) -> s.Expr:
        return getattr(self, f"read_{type(node).__name__}")(node, self.span(node))

    def read_Constant(self, node, span):
        value = node.value
        if value is Ellipsis:
            return s.Ellipsis(span=span)
        if value is None or isinstance(value, bool):
            return s.Constant(value, span=span)
        if isinstance(value, str):
            return s.Text(value, span=span)
        if isinstance(value, int | float):
            return s.Number(float(value), isinstance(value, int), span=span)
        raise Unread(value)

    def read_Name(self, node, span):
        return s.Name(node.id, span=span)

    def read_Attribute(self, node, span):
        name_span = (span[1] - len(node.attr), span[1])
        return s.Attribute(self.expr(node.value), node.attr, span=span, name_span=name_span)

    def read_UnaryOp(self, node, span):
        return s.Unary(UNARY[type(node.op)], self.expr(node.operand), span=span)

    def read_BinOp(self, node, span):
        if type(node.op) not in BINARY:
            raise Unread(node.op)
        return s.Binary(BINARY[type(node.op)], self.expr(node.left), self.expr(node.right), span=span)

    def read_BoolOp(self, node, span):
        return s.Logical("and" if isinstance(node.op, ast.And) else "or", self.exprs(node.values), span=span)

    def read_Compare(self, node, span):
        if any(type(op) not in COMPARE for op in node.ops):
            raise Unread(node.ops)
        operators = tuple(COMPARE[type(op)] for op in node.ops)
        return s.Compare(operators, self.exprs([node.left, *node.comparators]), span=span)

    def read_IfExp(self, node, span):
        return s.Conditional(self.expr(node.body), self.expr(node.test), self.expr(node.orelse), span=span)

    def read_Call(self, node, span):
        keywords = tuple(s.Keyword(k.arg, self.expr(k.value), span=self.span(k)) for k in node.keywords)
        return s.Call(self.expr(node.func), self.exprs(node.args), keywords, span=span)

    def read_Starred(self, node, span):
        return s.Starred(self.expr(node.value), span=span)

    def read_Subscript(self, node, span):
        index = node.slice
        indices = self.exprs(index.elts) if isinstance(index, ast.Tuple) else (self.expr(index),)
        return s.Index(self.expr(node.value), indices, span=span)

    def read_Slice(self, node, span):
        return s.Slice(self.maybe(node.lower), self.maybe(node.upper), self.maybe(node.step), span=span)

    def read_List(self, node, span):
        return s.List(self.exprs(node.elts), span=span)

    def read_Tuple(self, node, span):
        return s.Tuple(self.exprs(node.elts), span=span)

    def read_Dict(self, node, span):
        return s.Dict(tuple(map(self.maybe, node.keys)), self.exprs(node.values), span=span)

    def read_Set(self, node, span):
        return s.Set(self.exprs(node.elts), span=span)

    def read_SetComp(self, node, span):
        return s.Comprehension(self.expr(node.elt), self.clauses(node), None, True, span=span)

    def read_NamedExpr(self, node, span):
        return s.Named(self.expr(node.target), self.expr(node.value), span=span)

    def read_JoinedStr(self, node, span):
        return s.Formatted(self.exprs(node.values), span=span)

    def read_FormattedValue(self, node, span):
        conversion = "" if node.conversion == -1 else chr(node.conversion)
        return s.Field(self.expr(node.value), conversion, self.maybe(node.format_spec), span=span)

    def read_DictComp(self, node, span):
        return s.Comprehension(self.expr(node.value), self.clauses(node), self.expr(node.key), span=span)

    def read_Lambda(self, node, span):
        return s.Lambda(self.parameters(node.args), self.expr(node.body), span=span)

    def read_ListComp(self, node, span):
        return s.Comprehension(self.expr(node.elt), self.clauses(node), span=span)

    def read_GeneratorExp(self, node, span):
        return s.Comprehension(self.expr(node.elt), self.clauses(node), round=True, span=span)

    def clauses(self, node):
        return tuple(
            s.Clause(self.expr(each.target), self.expr(each.iter), self.exprs(each.ifs)) for each in node.generators
        )

    def parameters(self, arguments: ast.arguments) -> tuple[s.Parameter, ...]:
        if arguments.posonlyargs:
            raise Unread(arguments)
        defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + arguments.defaults
        found = [s.Parameter(a.arg, self.maybe(d)) for a, d in zip(arguments.args, defaults, strict=True)]
        found += [s.Parameter(a.arg, None, "*") for a in [arguments.vararg] if a]
        named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        found += [s.Parameter(a.arg, self.maybe(d), "keyword") for a, d in named]
        found += [s.Parameter(a.arg, None, "**") for a in [arguments.kwarg] if a]
        return tuple(found)

    def field(self, node: ast.AnnAssign) -> s.Stmt:
        """An annotated name in a class."""
        parts = self.expr(node.target), self.expr(node.annotation), self.maybe(node.value)
        return s.Annotated(*parts, span=self.span(node))

    def handler(self, node: ast.ExceptHandler) -> s.Handler:
        return s.Handler(self.maybe(node.type), node.name, self.suite(node.body), span=self.span(node))

    def suite(self, nodes: list[ast.stmt]) -> tuple[s.Stmt, ...]:
        return tuple(statement for node in nodes for statement in self.statement(node))

    def statement(self, node: ast.stmt) -> Iterator[s.Stmt]:
        span = self.span(node)
        match node:
            case ast.Expr(value=ast.Yield()):
                yield s.Yield(self.maybe(node.value.value), span=span)
            case ast.Expr(value=ast.YieldFrom()):
                yield s.Yield(self.expr(node.value.value), True, span=span)
            case ast.Expr():
                yield s.ExprStmt(self.expr(node.value), span=span)
            case ast.Assign(value=ast.Yield()):
                yield s.Yield(self.maybe(node.value.value), False, self.exprs(node.targets), span=span)
            case ast.Assign(value=ast.YieldFrom()):
                yield s.Yield(self.expr(node.value.value), True, self.exprs(node.targets), span=span)
            case ast.Assign():
                yield s.Assign(self.exprs(node.targets), self.expr(node.value), span=span)
            case ast.AnnAssign(value=None):
                yield s.Pass(span=span)
            case ast.AnnAssign(value=value):
                yield s.Assign((self.expr(node.target),), self.expr(value), span=span)
            case ast.AugAssign():
                value = self.expr(node.value)
                yield s.AugmentedAssign(self.expr(node.target), BINARY[type(node.op)], value, span=span)
            case ast.If():
                yield s.If(self.expr(node.test), self.suite(node.body), self.suite(node.orelse), span=span)
            case ast.While():
                yield s.While(self.expr(node.test), self.suite(node.body), self.suite(node.orelse), span=span)
            case ast.For():
                target, values = self.expr(node.target), self.expr(node.iter)
                yield s.For(target, values, self.suite(node.body), self.suite(node.orelse), span=span)
            case ast.With():
                contexts = self.exprs([item.context_expr for item in node.items])
                yield s.With(contexts, self.suite(node.body), span=span)
            case ast.FunctionDef():
                decorators = self.exprs(node.decorator_list)
                yield s.Define(node.name, self.parameters(node.args), self.suite(node.body), decorators, span=span)
            case ast.ClassDef(keywords=[]):
                decorators = self.exprs(node.decorator_list)
                named = [isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) for each in node.body]
                body = tuple(
                    statement
                    for each, is_field in zip(node.body, named, strict=True)
                    for statement in ((self.field(each),) if is_field else self.statement(each))
                )
                yield s.Class(node.name, self.exprs(node.bases), body, decorators, span=span)
            case ast.Try():
                parts = self.suite(node.body), tuple(map(self.handler, node.handlers))
                yield s.Try(*parts, self.suite(node.orelse), self.suite(node.finalbody), span=span)
            case ast.Raise():
                yield s.Raise(self.maybe(node.exc), span=span)
            case ast.Global():
                yield s.Declare("global", tuple(node.names), span=span)
            case ast.Nonlocal():
                yield s.Declare("nonlocal", tuple(node.names), span=span)
            case ast.Delete():
                yield s.Delete(self.exprs(node.targets), span=span)
            case ast.Return():
                yield s.Return(self.maybe(node.value), span=span)
            case ast.Assert():
                yield s.Assert(self.expr(node.test), self.maybe(node.msg), span=span)
            case ast.Break():
                yield s.Break(span=span)
            case ast.Continue():
                yield s.Continue(span=span)
            case ast.Pass():
                yield s.Pass(span=span)
            case ast.Import():
                for alias in node.names:
                    yield s.Import(alias.name, (), alias.asname)
            case ast.ImportFrom():
                names = tuple((alias.name, alias.asname or alias.name) for alias in node.names)
                yield s.Import(node.module or "", names, span=span)
            case _:
                raise Unread(node)


def read(source: str) -> s.Program:
    """The tree of `source` as Python has it. Raises SyntaxError where it is no Python, Unread where
    it is Python that the language leaves out."""
    return Reader(source).program()
