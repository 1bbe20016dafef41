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

import numpy as np
from mpmath import mp

from gradcli.engine.functions import Sample

DIGITS = 60
"""Of a reference; a step of 1e-15 then leaves the second difference with 30 right digits."""
mp.dps = DIGITS

Scalar = Callable[..., Any]


def _step(condition: Callable[..., bool]) -> Scalar:
    return lambda *xs: mp.mpf(bool(condition(*xs)))


def _iterated_erfcx(x: Any, n: int) -> Any:
    """exp(x**2) times the n-times iterated integral of erfc, by DLMF 7.18.7."""
    before, now = 2 / mp.sqrt(mp.pi), mp.exp(x * x) * mp.erfc(x)
    for k in range(1, n + 1):
        before, now = now, (before / 2 - x * now) / k
    return now


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
    "ceil": mp.ceil,
    "trunc": lambda x: mp.sign(x) * mp.floor(abs(x)),
    "rint": mp.nint,
    "floor_divide": lambda x, y: mp.floor(x / y),
    "remainder": lambda x, y: x - y * mp.floor(x / y),
    "power": lambda x, y: x**y,
    "power_log": lambda x, y, n: x**y * mp.log(x) ** n,
    "scale": lambda g, p: g * p,
    "scale_either": lambda a, b: a * b,
    "vanishing": lambda a, b: a * b,
    "computed": lambda x: x,
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
    "complement": lambda x: 1 - x * x,
    "sqrt": mp.sqrt,
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "cbrt_slope": lambda x: 1 / (3 * mp.cbrt(x * x)),
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
    "sigmoid_slope": lambda x: 1 / (2 + mp.exp(x) + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "logit": lambda x: mp.log(x / (1 - x)),
    "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
    "xlogy": lambda x, y: x * mp.log(y),
    "xlog1py": lambda x, y: x * mp.log(1 + y),
    # special
    "gauss": lambda x: mp.exp(-x * x),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "erfinv": mp.erfinv,
    "erfcx_integral": _iterated_erfcx,
    "gamma": mp.gamma,
    "lgamma": lambda x: mp.log(abs(mp.gamma(x))),
    "digamma": mp.digamma,
    "polygamma": lambda x, n: mp.psi(n, x),
    "beta": mp.beta,
    "betaln": lambda x, y: mp.log(abs(mp.beta(x, y))),
    "i0": lambda x: mp.besseli(0, x),
    "i1": lambda x: mp.besseli(1, x),
    "j0": lambda x: mp.besselj(0, x),
    "j1": lambda x: mp.besselj(1, x),
    "bessel_i": lambda x, n: mp.besseli(n, x),
    "bessel_j": lambda x, n: mp.besselj(n, x),
    "sinc": lambda x, n: mp.taylor(mp.sinc, mp.pi * x, n)[n] * mp.factorial(n),
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


def _clip(x: Any, min: Any = -mp.inf, max: Any = mp.inf) -> Any:
    return each(SCALAR["clip"])(x, min, max)


def _along(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """function of a vector, along an axis of an array or on all of it in order."""

    def apply(x: Any, axis: int | None = None) -> Any:
        return np.asarray(function(x.ravel())) if axis is None else np.apply_along_axis(function, axis, x)

    return apply


def _quantile(x: Any, q: float, axis: int | None = None) -> Any:
    def one(v: Any) -> Any:
        ordered = sorted(v)
        place = mp.mpf(q) * (len(v) - 1)
        low = builtins.min(int(place), len(v) - 2)
        return ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])

    return _along(one)(x, axis)


def _position(pick: Callable[..., Any]) -> Callable[..., Any]:
    return _along(lambda v: mp.mpf(list(v).index(pick(v))))


def _cov(x: Any, ddof: float = 1) -> Any:
    rows = np.atleast_2d(x)
    centred = rows - _mean(rows, 1, True)
    out = centred @ centred.T / (rows.shape[1] - ddof)
    return out if x.ndim == 2 else out[0, 0]


def _corrcoef(x: Any) -> Any:
    spread = _sqrt(np.diag(_cov(x)))
    return _cov(x) / np.outer(spread, spread)


def _chunk(x: Any, chunks: int) -> Any:
    length = -(-len(x) // chunks)
    return [x[i : i + length] for i in range(0, len(x), length)]


def _gelu(x: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        return each(lambda v: v / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (v + mp.mpf("0.044715") * v**3))))(x)
    return each(lambda v: v * mp.ncdf(v))(x)


# mpmath's matrices


def _m(x: Any) -> Any:
    return mp.matrix(x.tolist())


def _a(matrix: Any) -> Any:
    return np.array(matrix.tolist(), dtype=object)


def _lower_symmetric(x: Any) -> Any:
    return np.tril(x) + np.tril(x, -1).T


def _eigh(x: Any) -> Any:
    values, vectors = mp.eigsy(_m(_lower_symmetric(x)))
    columns = _a(vectors)
    for k in range(len(x)):
        if builtins.max(columns[:, k], key=abs) < 0:
            columns[:, k] *= -1
    return _a(values)[:, 0], columns


def _svd(x: Any) -> Any:
    u, s, vt = mp.svd_r(_m(x))
    return _a(u), _a(s)[:, 0], _a(vt)


def _qr(x: Any) -> Any:
    q, r = (_a(factor) for factor in mp.qr(_m(x), mode="skinny"))
    signs = np.array([mp.sign(r[i, i]) for i in range(len(r))], dtype=object)
    return q * signs, r * signs[:, None]


def _solve(a: Any, b: Any) -> Any:
    return _a(mp.inverse(_m(a))) @ b


def _pinv(x: Any) -> Any:
    return _a(mp.inverse(_m(x.T @ x))) @ x.T


def _slogdet(x: Any) -> Any:
    det = mp.det(_m(x))
    return mp.sign(det), mp.log(abs(det))


WHOLE: dict[str, Callable[..., Any]] = {
    # arithmetic, selection
    "round": lambda x, decimals: each(lambda v: mp.nint(v * 10**decimals) / mp.mpf(10) ** decimals)(x),
    "clip": _clip,
    "entr": each(lambda x: -x * mp.log(x) if x > 0 else -mp.inf),
    # special, activations
    "erfcx": each(lambda x: mp.exp(x * x) * mp.erfc(x)),
    "polygamma": each(mp.psi),
    "sinc": each(lambda x: mp.sinc(mp.pi * x)),
    "log_sigmoid": each(lambda x: -mp.log(1 + mp.exp(-x))),
    "silu": each(lambda x: x / (1 + mp.exp(-x))),
    "gelu": _gelu,
    "elu": lambda x, alpha=1: each(lambda v: v if v > 0 else alpha * (mp.exp(v) - 1))(x),
    "selu": each(lambda x: mp.mpf(1.0507009873554805) * (x if x > 0 else mp.mpf(1.6732632423543772) * (mp.exp(x) - 1))),
    "leaky_relu": each(lambda x: x if x > 0 else mp.mpf(0.01) * x),
    "mish": each(lambda x: x * mp.tanh(mp.log(1 + mp.exp(x)))),
    "log_softmax": lambda x, axis=-1: x - _logsumexp(x, axis, True),
    "log1mexp": each(lambda x: mp.log(1 - mp.exp(x))),
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
    "tril": np.tril,
    "triu": np.triu,
    "roll": np.roll,
    "tile": np.tile,
    "repeat": np.repeat,
    "moveaxis": np.moveaxis,
    "pad": lambda x, width, value=0.0: np.pad(x, width, constant_values=value),
    "diff": np.diff,
    "ptp": lambda x: np.max(x) - np.min(x),
    "split": np.array_split,
    "chunk": _chunk,
    "take": np.take,
    "gather": lambda x, axis, indices: np.take_along_axis(x, np.array(indices), axis),
    "kron": np.kron,
    "vstack": np.vstack,
    "hstack": np.hstack,
    "meshgrid": np.meshgrid,
    "diag": np.diag,
    "trace": np.trace,
    # linear algebra
    "matmul": np.matmul,
    "dot": np.dot,
    "mv": np.matmul,
    "mm": np.matmul,
    "outer": np.outer,
    "einsum": np.einsum,
    "tensordot": np.tensordot,
    "vdot": lambda x, y: np.sum(x.ravel() * y.ravel()),
    "inner": np.inner,
    "cross": np.cross,
    "inv": lambda x: _a(mp.inverse(_m(x))),
    "solve": _solve,
    "triangular_solve": lambda a, b: _solve(np.tril(a), b),
    "det": lambda x: mp.det(_m(x)),
    "slogdet": _slogdet,
    "logdet": lambda x: _slogdet(x)[1],
    "cholesky": lambda x: _a(mp.cholesky(_m(_lower_symmetric(x)))),
    "eigvalsh": lambda x: _eigh(x)[0],
    "eigh": _eigh,
    "svd": _svd,
    "svdvals": lambda x: _svd(x)[1],
    "qr": _qr,
    "matrix_power": lambda x, n: _a(_m(x) ** n),
    "expm": lambda x: _a(mp.expm(_m(x))),
    "pinv": _pinv,
    "lstsq": lambda a, b: _pinv(a) @ b,
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
    "average": lambda x, weights: np.sum(x * weights) / np.sum(weights),
    "cov": _cov,
    "corrcoef": _corrcoef,
    # ordering
    "sort": lambda x, axis=-1, descending=False: np.flip(np.sort(x, axis), axis) if descending else np.sort(x, axis),
    "argsort": lambda x: np.argsort(x).astype(float),
    "argmax": _position(builtins.max),
    "argmin": _position(builtins.min),
    "quantile": _quantile,
    "percentile": lambda x, q: _quantile(x, q / 100),
    "median": lambda x, axis=None: _quantile(x, 0.5, axis),
    "topk": lambda x, k: np.sort(x)[::-1][:k],
    "cumprod": np.cumprod,
    "cummax": np.maximum.accumulate,
    "cummin": np.minimum.accumulate,
    "logcumsumexp": lambda x: _log(np.cumsum(_exp(x))),
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

    def along(self, values: Sequence[Any], directions: Sequence[Any]) -> Any:
        """The derivative along directions, an array a variable, by a central difference."""
        step = mp.mpf(10) ** -20
        return (self(*_moved(values, directions, step)) - self(*_moved(values, directions, -step))) / (2 * step)

    def curvature(self, values: Sequence[Any], weights: Any, first: Sequence[Any], second: Sequence[Any]) -> Any:
        """The second derivative of sum(weights * output) along two directions."""
        step = mp.mpf(10) ** -15
        total = mp.mpf(0)
        for s, t in itertools.product((1, -1), repeat=2):
            corner = _moved(_moved(values, first, s * step), second, t * step)
            total += s * t * np.sum(weights * self(*corner))
        return total / (4 * step * step)


def _moved(values: Sequence[Any], directions: Sequence[Any], step: Any) -> list[Any]:
    return [value + step * direction for value, direction in zip(values, directions, strict=True)]
