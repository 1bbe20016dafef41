"""How many units in the last place the derivatives are off, over all of float64.

    python -m tests.accuracy [NAME ...] [--points N]

For every smooth elementwise function of one variable: its first and second derivative, computed by
gradcli, against SymPy's derivative of the function's SymPy counterpart evaluated by mpmath at 900 digits
(enough for what cancels in the textbook formulas). Points are spread evenly over the exponents of
float64 and over the function's usual domain. PyTorch and JAX stand beside, where they are installed.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np

from gradcli.api import functions
from gradcli.engine.derivatives import gradient
from gradcli.engine.evaluate import Plan
from gradcli.engine.node import Graph

DIGITS = 900
# what has no derivative worth the name, or none that SymPy can evaluate in closed form
SKIPPED = {"sign", "detach", "relu", "abs", "logical_not", "isnan", "isinf", "isfinite"}


def points(count: int, domain: tuple[float, float], everywhere: Callable[[float], bool]) -> np.ndarray:
    """Random points: half over the usual domain, half over all exponents, where the function is real."""
    rng = np.random.default_rng(20260101)
    usual = rng.uniform(*domain, count // 2)
    wide = rng.choice([-1.0, 1.0], count) * 2.0 ** rng.uniform(-1074, 1023.9, count)
    middle = rng.choice([-1.0, 1.0], count) * 10.0 ** rng.uniform(-3, 2.85, count)
    chosen = np.concatenate([usual, wide, middle])
    return np.array([x for x in chosen if everywhere(x)])


def reference(operation, order: int):
    """The derivative of an operation's SymPy counterpart as a function of an mpmath number."""
    import sympy

    # SymPy writes the real cube root with sign(x), which it cannot differentiate at a number
    x = sympy.Symbol("x", real=True, positive=operation.name == "cbrt" or None)
    symbolic = operation.symbolic
    formula = getattr(sympy, symbolic)(x) if isinstance(symbolic, str) else symbolic(sympy, x)
    return sympy.lambdify(x, sympy.diff(formula, x, order), "mpmath")


def ulps(found: float, true) -> float:
    """The distance from the truth in units of the last place of the truth."""
    import mpmath

    nearest = float(true)
    if math.isnan(found) or math.isinf(nearest):
        return 0.0 if found == nearest else math.inf
    return float(abs(mpmath.mpf(found) - true) / mpmath.mpf(math.ulp(nearest)))


def measure(function, count: int) -> dict[int, np.ndarray]:
    """Errors in ulp at all points, by order of the derivative."""
    import mpmath

    graph = Graph()
    x = graph.input("x", ())
    first = gradient(function.operation(x), None, [x])[0]
    second = gradient(first, None, [x])[0]
    plan = Plan([function.operation(x), first, second])
    with np.errstate(all="ignore"):
        at = points(count, function.domain[0], lambda v: bool(np.isfinite(plan.run({x: np.array(v)})[0])))
    if function.name == "cbrt":
        at = np.abs(at)
    found = plan.run({x: at})
    errors = {}
    with mpmath.workdps(DIGITS):
        for order in (1, 2):
            true = reference(function.operation, order)
            pairs = zip(at, np.broadcast_to(found[order], at.shape), strict=True)
            errors[order] = np.array([ulps(float(slope), true(mpmath.mpf(value))) for value, slope in pairs])
    return errors


def torch_errors(name: str, at: np.ndarray, true) -> float | None:
    """PyTorch's largest error at the same points, where it is installed and knows the function."""
    try:
        import torch
    except ImportError:
        return None
    import mpmath

    call = getattr(torch, name, None) or getattr(torch.special, name, None)
    if call is None:
        return None
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(call(x).sum(), x)
    with mpmath.workdps(DIGITS):
        return max(ulps(float(s), true(mpmath.mpf(v))) for v, s in zip(at, slope, strict=True))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--points", type=int, default=100)
    options = parser.parse_args()
    print(f"{'function':12} {'1st max':>9} {'1st 99%':>9} {'2nd max':>9} {'2nd 99%':>9}")
    for function in functions():
        smooth = function.operation is not None and len(function.parameters) == 1 and any(function.operation.rules)
        if not smooth or function.name in SKIPPED or (options.names and function.name not in options.names):
            continue
        errors = measure(function, options.points)
        row = [f"{q:9.3g}" for order in (1, 2) for q in (errors[order].max(), np.quantile(errors[order], 0.99))]
        print(f"{function.name:12}", *row, flush=True)


if __name__ == "__main__":
    main()
