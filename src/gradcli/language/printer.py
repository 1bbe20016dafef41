"""Syntax tree to text: `to_text`, whose text parses to the same tree.

Brackets stand only where the grammar needs them. Products are written with `*`, powers with `**`,
`√x` as `sqrt(x)`; what binds as tightly as `*` or tighter is written without blanks. Nothing
recurses: the parts still to be written lie on a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import syntax as s
from .precedence import ATOM, BAR, BINARY, CHOICE, COMPARISON, LOGICAL, NOT, OR, POWER, ROOT, SIGN, WHOLE
from .syntax import Expr, Stmt, Syntax

_Part = str | tuple[Syntax, int]  # text, or a node and how tightly it must at least bind
_Written = tuple[int, Iterable[_Part]]  # how tightly a node binds, and its parts

_SPACED = frozenset(("|", "&", "+", "-", "@"))
_INDENT = "    "


def to_text(node: Syntax) -> str:
    """The canonical text of a tree, or of any part of one.

    `parse(to_text(tree)) == tree` for every tree that `parse` returns (unless it takes more brackets
    than the limit on nesting allows, which superscripts after superscripts can need). Where a tree
    was built by other means, negative numbers are written with their sign, and infinity as `inf`.
    """
    if isinstance(node, s.Program):
        return "\n".join(_lines(node.body))
    if isinstance(node, Stmt):
        return "\n".join(_lines((node,)))
    return _text(node)


# ---- expressions ---------------------------------------------------------------------------------


def _text(*nodes: _Part | Syntax) -> str:
    written: list[str] = []
    todo: list[_Part] = [node if isinstance(node, str | tuple) else (node, WHOLE) for node in reversed(nodes)]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            written.append(part)
            continue
        inner, needed = part
        own, parts = _WRITERS[type(inner)](inner)
        if own < needed:
            parts = ("(", *parts, ")")
        todo.extend(reversed(tuple(parts)))
    return "".join(written)


def _joined(nodes: Iterable[Syntax], separator: str = ", ", binding: int = WHOLE) -> list[_Part]:
    parts: list[_Part] = []
    for node in nodes:
        parts += (separator, (node, binding)) if parts else ((node, binding),)
    return parts


def _bare(node: Expr) -> list[_Part]:
    """A tuple without its brackets, where the grammar lets it stand so; anything else as it is."""
    return _joined(node.items if isinstance(node, s.Tuple) and len(node.items) > 1 else (node,))


def _number(node: s.Number) -> _Written:
    text = repr(node.value)
    return (SIGN if text[0] == "-" else ROOT), (text.removesuffix(".0") if node.whole else text,)


def _attribute(node: s.Attribute) -> _Written:
    return ATOM, ((node.operand, ATOM), f".{node.name}")


def _unary(node: s.Unary) -> _Written:
    if node.operator == "not":
        return NOT, ("not ", (node.operand, NOT))
    return SIGN, (node.operator, (node.operand, SIGN))


def _binary(node: s.Binary) -> _Written:
    operator = node.operator
    if operator == "**":
        return POWER, ((node.left, ROOT), "**", (node.right, SIGN))
    binding = BINARY[operator]
    sign = f" {operator} " if operator in _SPACED else operator
    return binding, ((node.left, binding), sign, (node.right, binding + 1))


def _compare(node: s.Compare) -> _Written:
    parts: list[_Part] = [(node.operands[0], BAR)]
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        parts += (f" {operator} ", (operand, BAR))
    return COMPARISON, parts


def _logical(node: s.Logical) -> _Written:
    binding = LOGICAL[node.operator]
    return binding, _joined(node.operands, f" {node.operator} ", binding + 1)


def _conditional(node: s.Conditional) -> _Written:
    return CHOICE, ((node.body, OR), " if ", (node.test, OR), " else ", (node.orelse, WHOLE))


def _call(node: s.Call) -> _Written:
    return ATOM, ((node.function, ATOM), "(", *_joined((*node.arguments, *node.keywords)), ")")


def _slice(node: s.Slice) -> _Written:
    parts: list[_Part] = [(node.start, CHOICE)] if node.start else []
    parts.append(":")
    parts += [(node.stop, CHOICE)] if node.stop else []
    parts += [":", (node.step, CHOICE)] if node.step else []
    return WHOLE, parts


def _index(node: s.Index) -> _Written:
    indices = node.indices
    if not indices:
        return ATOM, ((node.operand, ATOM), "[()]")
    lone_tuple = len(indices) == 1 and isinstance(indices[0], s.Tuple)
    return ATOM, ((node.operand, ATOM), "[", *_joined(indices), ",]" if lone_tuple else "]")


def _tuple(node: s.Tuple) -> _Written:
    return ATOM, ("(", *_joined(node.items), ",)" if len(node.items) == 1 else ")")


def _parameter(node: s.Parameter) -> _Written:
    return WHOLE, (node.name, "=", (node.default, CHOICE)) if node.default else (node.name,)


def _lambda(node: s.Lambda) -> _Written:
    head = "lambda " if node.parameters else "lambda"
    return WHOLE, (head, *_joined(node.parameters), ": ", (node.body, WHOLE))


def _clause(node: s.Clause) -> _Written:
    tests = [part for test in node.tests for part in (" if ", (test, OR))]
    return WHOLE, ("for ", *_bare(node.target), " in ", (node.iterable, OR), *tests)


def _comprehension(node: s.Comprehension) -> _Written:
    return ATOM, ("[", (node.element, WHOLE), " ", *_joined(node.clauses, " "), "]")


_WRITERS: dict[type[Syntax], Callable[..., _Written]] = {
    s.Number: _number,
    s.Text: lambda node: (ATOM, (repr(node.value),)),
    s.Constant: lambda node: (ATOM, (repr(node.value),)),
    s.Name: lambda node: (ATOM, (node.name,)),
    s.Ellipsis: lambda node: (ATOM, ("...",)),
    s.Attribute: _attribute,
    s.Unary: _unary,
    s.Binary: _binary,
    s.Compare: _compare,
    s.Logical: _logical,
    s.Conditional: _conditional,
    s.Keyword: lambda node: (WHOLE, (f"{node.name}=", (node.value, WHOLE))),
    s.Starred: lambda node: (WHOLE, ("*", (node.operand, WHOLE))),
    s.Call: _call,
    s.Slice: _slice,
    s.Index: _index,
    s.List: lambda node: (ATOM, ("[", *_joined(node.items), "]")),
    s.Tuple: _tuple,
    s.Lambda: _lambda,
    s.Clause: _clause,
    s.Comprehension: _comprehension,
    s.Parameter: _parameter,
}


# ---- statements ----------------------------------------------------------------------------------


def _lines(statements: tuple[Stmt, ...]) -> list[str]:
    lines: list[str] = []
    todo: list[tuple[str, Stmt | str]] = [("", statement) for statement in reversed(statements)]
    while todo:
        indent, item = todo.pop()
        if isinstance(item, str):
            lines.append(indent + item)
        elif type(item) in _SIMPLE:
            lines.append(indent + _SIMPLE[type(item)](item))
        else:
            deeper = indent + _INDENT
            for header, body in reversed(_BLOCKS[type(item)](item)):
                todo.extend((deeper, statement) for statement in reversed(body))
                todo.append((indent, header))
    return lines


def _import(node: s.Import) -> str:
    if node.names:
        names = (name if name == alias else f"{name} as {alias}" for name, alias in node.names)
        return f"from {node.module} import {', '.join(names)}"
    return f"import {node.module} as {node.alias}" if node.alias else f"import {node.module}"


def _assert(node: s.Assert) -> str:
    return _text("assert ", node.test, *((", ", node.message) if node.message else ()))


def _assign(node: s.Assign) -> str:
    targets = [part for target in node.targets for part in (*_bare(target), " = ")]
    return _text(*targets, *_bare(node.value))


_SIMPLE: dict[type[Stmt], Callable[..., str]] = {
    s.ExprStmt: lambda node: _text(*_bare(node.value)),
    s.Assign: _assign,
    s.AugmentedAssign: lambda node: _text(node.target, f" {node.operator}= ", *_bare(node.value)),
    s.Return: lambda node: _text("return ", *_bare(node.value)) if node.value else "return",
    s.Break: lambda node: "break",
    s.Continue: lambda node: "continue",
    s.Pass: lambda node: "pass",
    s.Assert: _assert,
    s.Import: _import,
}

_Branches = list[tuple[str, tuple[Stmt, ...]]]  # headers, each with its body


def _if(node: s.If) -> _Branches:
    branches: _Branches = [(_text("if ", node.test, ":"), node.body)]
    while len(node.orelse) == 1 and isinstance(node.orelse[0], s.If):
        node = node.orelse[0]
        branches.append((_text("elif ", node.test, ":"), node.body))
    if node.orelse:
        branches.append(("else:", node.orelse))
    return branches


def _define(node: s.Define) -> _Branches:
    return [(_text(f"def {node.name}(", *_joined(node.parameters), "):"), node.body)]


_BLOCKS: dict[type[Stmt], Callable[..., _Branches]] = {
    s.If: _if,
    s.While: lambda node: [(_text("while ", node.test, ":"), node.body)],
    s.For: lambda node: [(_text("for ", *_bare(node.target), " in ", *_bare(node.iterable), ":"), node.body)],
    s.With: lambda node: [(_text("with ", *_joined(node.contexts), ":"), node.body)],
    s.Define: _define,
}
