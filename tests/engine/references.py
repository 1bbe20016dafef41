"""What functions are, worked out by others: mpmath on numbers of any precision.

Arrays here are NumPy arrays of mpmath numbers, so that a reference is NumPy where NumPy rearranges, and
mpmath where numbers are computed. Derivatives of references are central differences with so many digits
to spare that what is left is exact.
"""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
from gradcli.engine.functions import Sample
from mpmath import mp

DIGITS = 60
"""Of a reference; a step of 1e-15 then leaves the second difference with 30 right digits."""

Scalar = Callable[..., Any]


def _step(condition: Callable[..., bool]) -> Scalar:
    return lambda *xs: mp.mpf(bool(condition(*xs)))


SCALAR: dict[str, Scalar] = {
    # arithmetic
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "abs": abs,
    "sign": mp.sign,
    "floor": mp.floor,
    "floor_divide": lambda x, y: mp.floor(x / y),
    "remainder": lambda x, y: x - y * mp.floor(x / y),
    "power": lambda x, y: x**y,
    "scale": lambda g, p: g * p,
    "scale_either": lambda a, b: a * b,
    "ratio": lambda g, p: g / p,
    "constant_power": lambda x, exponent: x**exponent,
    # comparisons
    "equal": _step(lambda x, y: x == y),
    "not_equal": _step(lambda x, y: x != y),
    "less": _step(lambda x, y: x < y),
    "less_equal": _step(lambda x, y: x <= y),
    "greater": _step(lambda x, y: x > y),
    "greater_equal": _step(lambda x, y: x >= y),
    "logical_and": _step(lambda x, y: x != 0 and y != 0),
    "logical_or": _step(lambda x, y: x != 0 or y != 0),
    "logical_xor": _step(lambda x, y: (x != 0) != (y != 0)),
    "logical_not": _step(lambda x: x == 0),
    "isnan": _step(mp.isnan),
    "isinf": _step(mp.isinf),
    "isfinite": _step(mp.isfinite),
    # selection
    "where": lambda c, x, y: x if c != 0 else y,
    "maximum": max,
    "minimum": min,
    "clip": lambda x, low, high: min(max(x, low), high),
    "relu": lambda x: max(x, mp.mpf(0)),
    "detach": lambda x: x,
    "within": lambda x, low, high: x,
    # exponentials, logarithms, roots
    "exp": mp.exp,
    "exp2": lambda x: mp.mpf(2) ** x,
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x, 2),
    "log10": mp.log10,
    "log1p": lambda x: mp.log(1 + x),
    "sqrt": mp.sqrt,
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "hypot": mp.hypot,
    # trigonometric, hyperbolic
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "sech": mp.sech,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    # smooth steps
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
}  # fmt: skip


def each(function: Scalar) -> Callable[..., Any]:
    """function on every element of arrays."""
    return np.vectorize(function, otypes=[object])


# ---- functions of whole arrays -----------------------------------------------------------------------

_sqrt, _exp, _log = each(mp.sqrt), each(mp.exp), each(mp.log)
Axis = int | tuple[int, ...] | None


def _count(x: Any, axis: Axis) -> int:
    return x.size // np.size(np.sum(x, axis=axis))


def _mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.sum(x, axis=axis, keepdims=keepdims) / _count(x, axis)


def _var(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    centred = x - _mean(x, axis, True)
    return np.sum(centred * centred, axis=axis, keepdims=keepdims) / (_count(x, axis) - ddof)


def _norm(x: Any, ord: float = 2, axis: Axis = None, keepdims: bool = False) -> Any:
    if ord == math.inf:
        return np.max(abs(x), axis=axis, keepdims=keepdims)
    return each(lambda s: s ** (1 / mp.mpf(ord)))(np.sum(abs(x) ** ord, axis=axis, keepdims=keepdims))


def _logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return _log(np.sum(_exp(x), axis=axis, keepdims=keepdims))


def _softmax(x: Any, axis: int = -1) -> Any:
    return _exp(x) / np.sum(_exp(x), axis=axis, keepdims=True)


def _transpose(x: Any, axes: tuple[int, ...] | None = None) -> Any:
    return np.transpose(x, axes)


def _drawn(how: str) -> Callable[..., Any]:
    return lambda *shape: getattr(np.random.default_rng(0), how)(shape)


def _filled(value: float) -> Callable[..., Any]:
    return lambda *shape: np.full(shape, value)


WHOLE: dict[str, Callable[..., Any]] = {
    # creation
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "full": np.full,
    "eye": np.eye,
    "arange": np.arange,
    "linspace": np.linspace,
    "zeros_like": lambda x: np.zeros(x.shape),
    "ones_like": lambda x: np.ones(x.shape),
    "full_like": lambda x, value: np.full(x.shape, value),
    "randn": _drawn("standard_normal"),
    "rand": _drawn("random"),
    "randn_like": lambda x: np.random.default_rng(0).standard_normal(x.shape),
    "rand_like": lambda x: np.random.default_rng(0).random(x.shape),
    "tensor": lambda x: x,
    # structural
    "transpose": _transpose,
    "T": np.transpose,
    "swapaxes": np.swapaxes,
    "reshape": np.reshape,
    "ravel": np.ravel,
    "squeeze": np.squeeze,
    "expand_dims": np.expand_dims,
    "broadcast_to": np.broadcast_to,
    "concatenate": np.concatenate,
    "stack": np.stack,
    "flip": np.flip,
    "diag": np.diag,
    "trace": np.trace,
    # linear algebra
    "matmul": np.matmul,
    "dot": np.dot,
    "mv": np.matmul,
    "mm": np.matmul,
    "outer": np.outer,
    # reductions
    "sum": np.sum,
    "mean": _mean,
    "var": _var,
    "std": lambda x, **how: _sqrt(_var(x, **how)),
    "cumsum": np.cumsum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "all": lambda x: mp.mpf(builtins.all(each != 0 for each in x.flat)),
    "any": lambda x: mp.mpf(builtins.any(each != 0 for each in x.flat)),
    "norm": _norm,
    "logsumexp": _logsumexp,
    "softmax": _softmax,
}  # fmt: skip


def precise(value: Any) -> Any:
    """A float64 array as mpmath numbers."""
    array = np.asarray(value)
    out = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        out[place] = mp.mpf(float(array[place]))
    return out


def rounded(value: Any) -> Any:
    """mpmath numbers as float64."""
    return np.asarray(value).astype(np.float64)


# ---- derivatives -------------------------------------------------------------------------------------


def partial(function: Scalar, point: Sequence[float], orders: Sequence[int], digits: int = DIGITS) -> Any:
    """A partial derivative of a function of numbers, to about as many digits. A step is relative to its coordinate."""
    with mp.workdps(digits):
        xs = [mp.mpf(float(x)) for x in point]
        units = [abs(x) or mp.mpf(1) for x in xs]
        scaled = mp.diff(lambda *us: function(*(u * unit for u, unit in zip(us, units, strict=True))),
                         tuple(x / unit for x, unit in zip(xs, units, strict=True)), tuple(orders))  # fmt: skip
        for unit, order in zip(units, orders, strict=True):
            scaled /= unit**order
        return scaled


class Reference:
    """A sample's expression over mpmath numbers."""

    def __init__(self, sample: Sample) -> None:
        self.names = tuple(sample.variables)
        self._code = compile(sample.expression, "sample", "eval")
        self._functions = {name: each(function) for name, function in SCALAR.items()} | WHOLE

    def __call__(self, *values: Any) -> Any:
        scope = self._functions | dict(zip(self.names, values, strict=True))
        return np.asarray(builtins.eval(self._code, {"__builtins__": {}}, scope))

    def missing(self) -> list[str]:
        """The functions it calls that have no reference."""
        return [name for name in self._code.co_names if name not in self._functions and name not in self.names]

    def jacobian(self, values: Sequence[Any], which: int) -> Any:
        """First derivatives, output's shape then the variable's, by central differences."""
        step = mp.mpf(10) ** -20
        columns = [
            (self(*_moved(values, (which, place, step))) - self(*_moved(values, (which, place, -step)))) / (2 * step)
            for place in np.ndindex(values[which].shape)
        ]
        return np.stack(columns, axis=-1).reshape(columns[0].shape + values[which].shape)

    def hessian(self, values: Sequence[Any], weights: Any, a: int, b: int) -> Any:
        """Second derivatives of sum(weights * output), a's shape then b's."""
        step = mp.mpf(10) ** -15
        out = np.empty(values[a].shape + values[b].shape, dtype=object)
        for here, there in itertools.product(np.ndindex(values[a].shape), np.ndindex(values[b].shape)):
            corners = [
                s * t * np.sum(weights * self(*_moved(values, (a, here, s * step), (b, there, t * step))))
                for s, t in itertools.product((1, -1), repeat=2)
            ]
            out[here + there] = builtins.sum(corners) / (4 * step * step)
        return out


def _moved(values: Sequence[Any], *moves: tuple[int, tuple[int, ...], Any]) -> list[Any]:
    moved = [value.copy() for value in values]
    for which, place, step in moves:
        moved[which][place] += step
    return moved


def with_digits(function: Callable[[], Any]) -> Any:
    """What function gives when mpmath works with many digits."""
    with mpmath.workdps(DIGITS):
        return function()
