"""Syntax tree to text: `to_text`, whose text parses to the same tree.

Brackets stand only where the grammar needs them. Products are written with `*`, powers with `**`,
`√x` as `sqrt(x)`; what binds as tightly as `*` or tighter is written without blanks. Nothing
recurses: the parts still to be written lie on a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import syntax as s
from .precedence import ATOM, BAR, BINARY, CHOICE, COMPARISON, FENCE, LOGICAL, NOT, OR, POWER, ROOT, SIGN, WHOLE
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


def _text(*nodes: _Part | Syntax, writers: _Writers | None = None) -> str:
    writers = writers or _WRITERS
    written: list[str] = []
    todo: list[_Part] = [node if isinstance(node, str | tuple) else (node, WHOLE) for node in reversed(nodes)]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            written.append(part)
            continue
        inner, needed = part
        own, parts = writers[type(inner)](inner)
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


def _formatted(node: s.Formatted) -> _Written:
    """An f-string, in quotes that its fields do not contain."""
    parts = [each.value if isinstance(each, s.Text) else _field(each) for each in node.parts]
    inside = "".join(part[0] for part in parts if not isinstance(part, str))
    quotes = next((each for each in _QUOTES if each not in inside), '"')
    text = "".join(_literal(part, quotes) if isinstance(part, str) else part[0] for part in parts)
    return ATOM, (f"f{quotes}{text}{quotes}",)


def _field(node: s.Field) -> tuple[str]:
    text = _text(*_bare(node.value), writers=_IN_FIELD)
    text = f"({text})" if isinstance(node.value, s.Lambda | s.Named | s.Conditional) else text
    text = (" " if text.startswith("{") else "") + text + (f"!{node.conversion}" if node.conversion else "")
    if node.spec is not None:
        parts = (_escaped(each.value) if isinstance(each, s.Text) else _field(each)[0] for each in node.spec.parts)
        text += ":" + "".join(parts)
    return ("{" + text + "}",)


def _literal(text: str, quotes: str) -> str:
    return _escaped(text).replace("{", "{{").replace("}", "}}").replace(quotes[0], "\\" + quotes[0])


def _escaped(text: str) -> str:
    return "".join("\\\\" if each == "\\" else each if each.isprintable() else repr(each)[1:-1] for each in text)


def _unescaped(node: s.Text) -> _Written:
    """A string in a field, where no backslash may stand."""
    long = "\n" in node.value or "\r" in node.value
    choices = _QUOTES[:1:-1] if long else _QUOTES[1::-1] + _QUOTES[:1:-1]
    quotes = next((each for each in choices if each not in node.value and not node.value.endswith(each[0])), "'")
    return ATOM, (f"{quotes}{node.value}{quotes}",)


_QUOTES = ('"', "'", '"""', "'''")


def _attribute(node: s.Attribute) -> _Written:
    return ATOM, ((node.operand, ATOM), f".{node.name}")


def _unary(node: s.Unary) -> _Written:
    if node.operator == "not":
        return NOT, ("not ", (node.operand, NOT))
    return SIGN, (node.operator, (node.operand, SIGN))


def _binary(node: s.Binary) -> _Written:
    operator = node.operator
    if operator == "**":
        masks = isinstance(node.left, s.Compare | s.Logical) and node.operator_span[1] - node.operator_span[0] == 1
        return POWER, ((node.left, ROOT), "^" if masks else "**", (node.right, SIGN))
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
    if len(node.arguments) == 1 and not node.keywords:
        (alone,) = node.arguments
        if isinstance(alone, s.Comprehension) and alone.round:
            return ATOM, ((node.function, ATOM), (alone, ATOM))  # whose brackets are those of the call
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


def _dict(node: s.Dict) -> _Written:
    parts: list[_Part] = []
    for key, value in zip(node.keys, node.values, strict=True):
        parts += [", "] if parts else []
        parts += ["**", (value, BAR)] if key is None else [(key, CHOICE), ": ", (value, CHOICE)]
    return ATOM, ("{", *parts, "}")


def _parameters(parameters: tuple[s.Parameter, ...]) -> list[_Part]:
    """Parameters with commas; a bare star before those that are given by name."""
    kinds = [each.kind for each in parameters]
    bare = kinds.index("keyword") if "keyword" in kinds and "*" not in kinds else -1
    parts: list[_Part] = []
    for i, each in enumerate(parameters):
        parts += [", "] if parts else []
        parts += ["*, "] if i == bare else []
        parts.append((each, WHOLE))
    return parts


def _parameter(node: s.Parameter) -> _Written:
    if node.kind in ("*", "**"):
        return WHOLE, (node.kind + node.name,)
    return WHOLE, (node.name, "=", (node.default, CHOICE)) if node.default else (node.name,)


def _lambda(node: s.Lambda) -> _Written:
    head = "lambda " if node.parameters else "lambda"
    return WHOLE, (head, *_parameters(node.parameters), ": ", (node.body, WHOLE))


def _clause(node: s.Clause) -> _Written:
    tests = [part for test in node.tests for part in (" if ", (test, OR))]
    return WHOLE, ("for ", *_bare(node.target), " in ", (node.iterable, OR), *tests)


def _comprehension(node: s.Comprehension) -> _Written:
    clauses = _joined(node.clauses, " ")
    if node.braces:
        return ATOM, ("{", (node.element, WHOLE), " ", *clauses, "}")
    if node.key is not None:
        return ATOM, ("{", (node.key, CHOICE), ": ", (node.element, CHOICE), " ", *clauses, "}")
    return ATOM, ("[("[node.round], (node.element, WHOLE), " ", *clauses, "])"[node.round])


def _keyword(node: s.Keyword) -> _Written:
    if node.name is None:
        return WHOLE, ("**", (node.value, BAR))
    return WHOLE, (f"{node.name}=", (node.value, WHOLE))


_Writers = dict[type[Syntax], Callable[..., _Written]]
_WRITERS: _Writers = {
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
    s.Keyword: _keyword,
    s.Formatted: _formatted,
    s.Field: lambda node: (ATOM, _field(node)),
    s.Dict: _dict,
    s.Named: lambda node: (FENCE, (f"{node.target.name} := ", (node.value, WHOLE))),
    s.Starred: lambda node: (WHOLE, ("*", (node.operand, WHOLE))),
    s.Call: _call,
    s.Slice: _slice,
    s.Index: _index,
    s.List: lambda node: (ATOM, ("[", *_joined(node.items), "]")),
    s.Tuple: _tuple,
    s.Set: lambda node: (ATOM, ("{", *_joined(node.items), ",}" if len(node.items) == 1 else "}")),
    s.Lambda: _lambda,
    s.Clause: _clause,
    s.Comprehension: _comprehension,
    s.Parameter: _parameter,
}
_IN_FIELD: _Writers = {**_WRITERS, s.Text: _unescaped}


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
    return _text(*_targets(node), *_bare(node.value))


def _targets(node: s.Assign | s.Yield) -> list[_Part]:
    return [part for target in node.targets for part in (*_bare(target), " = ")]


_SIMPLE: dict[type[Stmt], Callable[..., str]] = {
    s.ExprStmt: lambda node: _text(*_bare(node.value)),
    s.Assign: _assign,
    s.AugmentedAssign: lambda node: _text(node.target, f" {node.operator}= ", *_bare(node.value)),
    s.Raise: lambda node: _text("raise ", node.value) if node.value else "raise",
    s.Yield: lambda node: _text(
        *_targets(node), "yield", " from" * node.every, *([" ", *_bare(node.value)] if node.value else [])
    ),
    s.Annotated: lambda node: _text(
        node.target, ": ", node.annotation, *([" = ", *_bare(node.value)] if node.value else [])
    ),
    s.Return: lambda node: _text("return ", *_bare(node.value)) if node.value else "return",
    s.Break: lambda node: "break",
    s.Continue: lambda node: "continue",
    s.Pass: lambda node: "pass",
    s.Assert: _assert,
    s.Import: _import,
    s.Declare: lambda node: f"{node.word} {', '.join(node.names)}",
    s.Delete: lambda node: _text("del ", *_joined(node.targets)),
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
    return [*_decorated(node), (_text(f"def {node.name}(", *_parameters(node.parameters), "):"), node.body)]


def _class(node: s.Class) -> _Branches:
    bases = ("(", *_joined(node.bases), ")") if node.bases else ()
    return [*_decorated(node), (_text(f"class {node.name}", *bases, ":"), node.body)]


def _decorated(node: s.Define | s.Class) -> _Branches:
    return [(_text("@", each), ()) for each in node.decorators]


def _loop(header: str, node: s.While | s.For) -> _Branches:
    return [(header, node.body), *([("else:", node.orelse)] if node.orelse else [])]


def _try(node: s.Try) -> _Branches:
    branches: _Branches = [("try:", node.body)]
    for each in node.handlers:
        kind = _text(" ", each.kind) if each.kind else ""
        branches.append((f"except{kind}{f' as {each.name}' if each.name else ''}:", each.body))
    return [*branches, *((word, body) for word, body in (("else:", node.orelse), ("finally:", node.final)) if body)]


_BLOCKS: dict[type[Stmt], Callable[..., _Branches]] = {
    s.If: _if,
    s.While: lambda node: _loop(_text("while ", node.test, ":"), node),
    s.For: lambda node: _loop(_text("for ", *_bare(node.target), " in ", *_bare(node.iterable), ":"), node),
    s.Try: _try,
    s.With: lambda node: [(_text("with ", *_joined(node.contexts), ":"), node.body)],
    s.Define: _define,
    s.Class: _class,
}
