"""A derivative in closed form, where it is short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .precise import Expr, Later

WIDTH = 60
"""Longer forms are not shown."""
_SIMPLE = 40  # nodes of an expression that it costs little to rewrite
_PLAIN = 1000  # denominators up to this are shown as fractions
_ROUNDS = 8  # of putting meanings in the place of symbols


def closed_form(S: Any, expr: Expr, meaning: Mapping[Expr, Any]) -> str | None:
    """expr in the names of its inputs, with a float64 written as gradcli would; None where that takes
    more than WIDTH characters."""
    whole = _written_out(expr, meaning)
    if whole is None:
        return None
    printer = _printer(S)
    shortest: str | None = None
    for form in _forms(S, whole):
        text = str(printer.doprint(form))
        if shortest is None or len(text) < len(shortest):
            shortest = text
    return shortest if shortest is not None and len(shortest) <= WIDTH else None


def _forms(S: Any, expr: Expr) -> Iterator[Expr]:
    yield expr
    if size(expr, _SIMPLE) < _SIMPLE and not expr.has(S.Piecewise, S.nan, S.zoo, S.oo):
        yield S.factor_terms(expr)
        yield S.powsimp(expr)
        yield S.together(expr)


def _written_out(expr: Expr, meaning: Mapping[Expr, Any]) -> Expr | None:
    """expr with meanings in the place of the symbols that were made up; None where that is long."""
    for _ in range(_ROUNDS):
        if size(expr, 4 * _SIMPLE) >= 4 * _SIMPLE:
            return None
        made_up = [symbol for symbol in expr.free_symbols if symbol in meaning]
        if not made_up:
            return expr
        if any(isinstance(meaning[symbol], Later) for symbol in made_up):
            return None
        if any(size(meaning[symbol], 4 * _SIMPLE) >= 4 * _SIMPLE for symbol in made_up):
            return None
        expr = expr.xreplace({symbol: meaning[symbol] for symbol in made_up})
    return None


def size(expr: Expr, most: int) -> int:
    """How many nodes an expression has, counted up to a bound."""
    count, stack = 0, [expr]
    while stack and count < most:
        count += 1
        stack.extend(getattr(stack.pop(), "args", ()))  # what structural kernels fill with is a plain 0
    return count


def _printer(S: Any) -> Any:
    class Printer(S.printing.str.StrPrinter):  # type: ignore[misc]  # SymPy carries no types
        def _print_Rational(self, expr: Expr) -> str:
            return _float(expr) or str(super()._print_Rational(expr))

    return Printer()


def _float(number: Expr) -> str | None:
    """A fraction that is a float64 and looks better as one."""
    if number.q <= _PLAIN:
        return None
    try:
        value = number.p / number.q
    except OverflowError:
        return None
    return repr(value) if value.as_integer_ratio() == (number.p, number.q) else None
