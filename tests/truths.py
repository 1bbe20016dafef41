"""Smooth functions as formulas, and their values and derivatives to as many digits as it takes.

A formula is SymPy's; its derivatives are differentiated by SymPy and evaluated by mpmath, with twice the digits each
time until two results in a row agree. What cancels at one precision does not agree with the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import mpmath
import numpy as np
import sympy
from mpmath import mp

DIGITS = (60, 120, 240, 480, 960, 1920, 3840)
AGREED = mpmath.mpf(10) ** -25
TINY = mpmath.mpf(10) ** -400
"""What is smaller is zero in float64, and so is half of it."""
EDGE = 1 / 4
"""How near, relative to x (and at most 1/2), a zero of a derivative is too near for the ulp of the derivative itself."""
NAMES = {"x": sympy.Symbol("x"), "y": sympy.Symbol("y")}
Exact = Callable[..., Any]


@cache
def derivative(formula: str, orders: tuple[int, ...]) -> Exact:
    """A partial derivative of a formula in x (and y) as a function of mpmath numbers."""
    symbols = [NAMES[name] for name in "xy"[: len(orders)]]
    expression = sympy.sympify(formula, locals=NAMES, rational=True)
    for symbol, order in zip(symbols, orders, strict=True):
        expression = sympy.diff(expression, symbol, order) if order else expression
    return sympy.lambdify(symbols, expression, "mpmath", cse=True)


def evaluated(function: Exact, point: Sequence[Any]) -> Any:
    """function at a point with at least 25 right digits, its real part; None where it has no value there."""
    before = None
    for digits in DIGITS:
        with mp.workdps(digits):
            try:
                value = mp.re(function(*map(mpmath.mpf, point)))
            except (ZeroDivisionError, ValueError, ArithmeticError, mpmath.libmp.NoConvergence):
                return None
            if not mp.isfinite(value):
                return None
            if before is not None and _agree(value, before, digits):
                return value
        before = value
    return None


def _agree(value: Any, before: Any, digits: int) -> bool:
    if value == 0 or before == 0:
        return value == before and digits >= 960
    return abs(value - before) <= AGREED * abs(value) or max(abs(value), abs(before)) < TINY


def ulps(found: float, true: Any) -> float:
    """The distance from the truth in units of the last place of the truth in float64; inf for a false 0, inf or NaN."""
    nearest = float(true)
    if math.isinf(nearest):  # beyond float64, or within rounding of its end
        return 0.0 if found == nearest or (abs(found) > 1.797e308 and found * nearest > 0) else math.inf
    if not math.isfinite(found):
        edge = math.isinf(found) and found * nearest > 0 and abs(nearest) > 1.797e308
        return 0.0 if edge else math.inf
    if found == 0 and abs(nearest) > 2.3e-308:
        return math.inf
    return float(abs(mpmath.mpf(found) - true) / math.ulp(nearest))


def distance(found: float, true: Any, function: Exact, point: Sequence[float], variable: int, enough: float) -> float:
    """`ulps`, but near a zero of the derivative in ulps of its size at the edge of the neighbourhood.

    Asked only where the plain figure is more than enough.
    """
    plain = ulps(found, true)
    if plain <= enough or not math.isfinite(found) or point[variable] == 0:
        return plain
    sizes = []
    for side in (-1, 1):
        moved: list[Any] = list(point)
        x = mpmath.mpf(point[variable])
        moved[variable] = x + side * min(abs(x) * EDGE, mpmath.mpf(0.5))
        there = evaluated(function, moved)
        if there is None:
            return plain
        sizes.append(there)
    if sizes[0] * sizes[1] > 0 or not all(abs(size) < 1.7e308 for size in sizes):
        return plain
    return min(plain, float(abs(mpmath.mpf(found) - true) / math.ulp(max(abs(float(size)) for size in sizes))))


# ---- points ------------------------------------------------------------------------------------------


def _neighbours(centre: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """The centre, its neighbours in float64, and points at all distances down to those."""
    unit = abs(centre) or 1.0
    away = centre + unit * rng.choice([-1.0, 1.0], count) * 10.0 ** rng.uniform(-16, 0, count)
    return np.array([centre, np.nextafter(centre, np.inf), np.nextafter(centre, -np.inf), *away])


def _wide(count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice([-1.0, 1.0], count) * 2.0 ** rng.uniform(-1074, 1023.999, count)


def _middle(count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice([-1.0, 1.0], count) * 10.0 ** rng.uniform(-3, 3, count)


def points(count: int, domains: Sequence[tuple[float, float]], near: Sequence[float]) -> np.ndarray:
    """About count points within the domains, a row a variable, drawn the same each time.

    A third over all exponents of float64, a third between 1e-3 and 1e3 in size, the rest around special places.
    """
    rng = np.random.default_rng(20260101)
    third = max(count // 3, 4)
    special = [0.0, 1.0, -1.0, *near]
    rows = []
    for low, high in domains:
        close = [_neighbours(centre, -(-third // len(special)), rng) for centre in special]
        inside = rng.uniform(max(low, -3.0), min(high, 3.0), third // 2)
        ends = np.array([5e-324, 2.2250738585072014e-308, 1.7976931348623157e308])
        row = np.concatenate([_wide(third, rng), _middle(third // 2, rng), inside, *close, ends, -ends])
        rows.append(row if len(domains) == 1 else rng.permutation(row))
    if len(rows) == 2:
        rows = _pairs(rows, rng)
    table = np.array(rows)
    kept = np.all([(row >= low) & (row <= high) for row, (low, high) in zip(table, domains, strict=True)], axis=0)
    return np.unique(table[:, kept], axis=1)


def _pairs(rows: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Half of the pairs as drawn, half of nearly the same size."""
    x, y = rows
    half = len(x) // 2
    with np.errstate(all="ignore"):
        like = x[:half] * rng.choice([-1.0, 1.0], half) * 10.0 ** rng.uniform(-2, 2, half)
    y = np.concatenate([np.where(np.isfinite(like), like, 1.0), y[half:]])
    return [x, y]
