"""The mutants of a table: small changes of its source, each of which a test should notice.

The changes are Cosmic Ray's, and two of our own: arguments exchanged, and a function in place of its sibling.
Left out is what changes no computation, or what no test could miss: annotations and doc strings, the inputs that
a declaration brings for its own tests (`samples`, `domain`, `special`), and operators that numbers do not have. So is
what by the language alone is no change: that `zip` asserts its sides to be as long, words compared by their order, a
remainder or a length that is below 0.
"""

from __future__ import annotations

import ast
import difflib
import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from .operators import SwapArguments, SwapFunction

BINARY = ("Add_Sub", "Add_Mul", "Sub_Add", "Sub_Mul", "Mul_Add", "Mul_Div", "Div_Add", "Div_Mul", "FloorDiv_Div",
          "FloorDiv_Mul", "Mod_Mul", "Mod_FloorDiv", "Pow_Mul", "Pow_Div", "BitOr_BitAnd", "BitAnd_BitOr")  # fmt: skip
COMPARISONS = ("Eq_NotEq", "Eq_LtE", "Eq_GtE", "NotEq_Eq", "NotEq_Lt", "NotEq_Gt", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt",
               "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt", "Is_IsNot", "IsNot_Is")  # fmt: skip
UNARY = ("Delete_USub", "Delete_Invert", "Delete_Not")
OTHERS = ("AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd",
          "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer", "NumberReplacer",
          "RemoveDecorator", "ZeroIterationForLoop")  # fmt: skip
NAMES = (
    *(f"ReplaceBinaryOperator_{each}" for each in BINARY),
    *(f"ReplaceComparisonOperator_{each}" for each in COMPARISONS),
    *(f"ReplaceUnaryOperator_{each}" for each in UNARY),
    *OTHERS,
)
FOR_TESTS = {"samples", "domain", "special", "doc", "group", "aliases", "convention"}
"""What a declaration says to its reader and to the tests."""


BY_ORDER = {f"ReplaceComparisonOperator_{each}" for each in ("Eq_LtE", "Eq_GtE", "NotEq_Lt", "NotEq_Gt")}
"""What makes an order of words."""
BELOW_ZERO = {f"ReplaceComparisonOperator_{each}" for each in ("Eq_LtE", "NotEq_Gt")}
"""What differs from being 0 only for what is below it."""


Span = tuple[tuple[int, int], tuple[int, int]]


class Mutant(NamedTuple):
    """A change of a table's source: which operator made it, at which line, the source it makes, the lines that differ
    and the start of the statement they stand in."""

    module: str
    operator: str
    line: int
    source: str
    before: str
    after: str
    within: str


def operators() -> dict[str, Any]:
    """Every operator by its short name."""
    found = {name: get_operator(f"core/{name}")() for name in NAMES}
    return found | {"SwapArguments": SwapArguments(), "SwapFunction": SwapFunction()}


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a table that is another program.

    A statement is mutated by itself, which takes a hundredth of the time that the whole source would.
    """
    lines = source.splitlines(keepends=True)
    tree = ast.parse(source)
    excluded, compared = _excluded(tree), _compared(tree)
    seen = {_bytes(source), ()}  # what is no program is no mutant
    for first, last in _statements(source):
        chunk = "".join(lines[first - 1 : last])
        within = _head(chunk)
        nodes = list(ast_nodes(parso.parse(chunk)))
        for name, operator in operators().items():
            places = [place for node in nodes for place in operator.mutation_positions(node)]
            for occurrence, ((line, column), _) in enumerate(places):
                if _inside((first + line - 1, column), excluded + compared.get(name, [])):
                    continue
                changed = mutate_code(chunk, operator, occurrence)
                if changed is None:
                    continue
                whole = "".join(lines[: first - 1]) + changed + "".join(lines[last:])
                code = _bytes(whole)
                if code in seen:
                    continue
                seen.add(code)
                before, after = _difference(chunk, changed)
                yield Mutant(module, name, first + line - 1, whole, before, after, within)


def _bytes(source: str) -> tuple[Any, ...]:
    """What a source does, wherever its lines stand: equal for equal programs. () for what is none."""
    try:
        return content(compile(source, "table", "exec", dont_inherit=True))
    except (SyntaxError, ValueError):
        return ()


def content(code: Any) -> tuple[Any, ...]:
    """All that code does, and the functions that it makes."""
    constants = tuple(content(c) if hasattr(c, "co_code") else (type(c).__name__, repr(c)) for c in code.co_consts)
    return (code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars)


def same(one: Any, other: Any) -> bool:
    """Whether two code objects do the same, the functions they make aside."""
    return _shallow(one) == _shallow(other)


def _shallow(code: Any) -> tuple[Any, ...]:
    constants = tuple((type(c).__name__, repr(c)) for c in code.co_consts if not hasattr(c, "co_code"))
    return (code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_flags)


def _statements(source: str) -> list[tuple[int, int]]:
    """First and last line of each statement at the top, decorators with it."""
    found = []
    for each in ast.parse(source).body:
        if isinstance(each, ast.Import | ast.ImportFrom):
            continue
        decorators = getattr(each, "decorator_list", [])
        found.append((min([each.lineno, *(d.lineno for d in decorators)]), each.end_lineno or each.lineno))
    return found


def _excluded(tree: ast.Module) -> list[Span]:
    spans = []
    for node in ast.walk(tree):
        parts: list[Any] = []
        if isinstance(node, ast.keyword) and (node.arg in FOR_TESTS or ast.unparse(node) == "strict=True"):
            parts.append(node.value)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            parts.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            parts.append(node.returns)
        spans += [((p.lineno, p.col_offset), (p.end_lineno, p.end_col_offset)) for p in parts if p is not None]
    return spans


def _compared(tree: ast.Module) -> dict[str, list[Span]]:
    """For some operators, where they find comparisons that they do not change."""
    found: dict[str, list[Span]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        for left, right in itertools.pairwise([node.left, *node.comparators]):
            between = ((left.end_lineno or 0, left.end_col_offset or 0), (right.lineno, right.col_offset))
            words = any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (left, right))
            for name in (BY_ORDER if words else set()) | (BELOW_ZERO if _not_below_zero(left, right) else set()):
                found.setdefault(name, []).append(between)
    return found


def _not_below_zero(left: ast.expr, right: ast.expr) -> bool:
    """Whether a remainder or a length is compared with 0."""
    if not isinstance(right, ast.Constant) or right.value != 0:
        return False
    return (isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mod)) or (
        isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "len"
    )


def _inside(place: tuple[int, int], spans: list[Span]) -> bool:
    return any(start <= place < end for start, end in spans)


def _head(chunk: str) -> str:
    """What a statement is known by: the name that it defines."""
    lines = [line for line in chunk.splitlines() if line.startswith(("def ", "class "))] or chunk.splitlines()
    return re.split(r"[(=:]", lines[0])[0].strip()


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines that differ, joined."""
    diff = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    taken, given = ([d[2:].strip() for d in diff if d.startswith(sign)] for sign in "-+")
    return " / ".join(taken), " / ".join(given)
