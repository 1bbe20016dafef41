"""What functions are, worked out by others: mpmath on numbers of any precision.

Arrays here are NumPy arrays of mpmath numbers, so that a reference is NumPy where NumPy rearranges, and
mpmath where numbers are computed. Derivatives of references are central differences with so many digits
to spare that what is left is exact.
"""

from __future__ import annotations

import builtins
import functools
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


def _nth(function: Scalar, x: Any, n: int) -> Any:
    return mp.diff(function, x, n) if n else function(x)


def _gated(x: Any, n: int, kind: str) -> Any:
    """The n-th derivative of x times the logistic function, of x or of gelu's cubic."""
    if kind == "silu":
        return _nth(lambda v: v / (1 + mp.exp(-v)), x, n)
    return _nth(lambda v: v / (1 + mp.exp(-mp.sqrt(8 / mp.pi) * (v + mp.mpf(0.044715) * v**3))), x, n)


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
    "fmod": lambda x, y: x - y * mp.sign(x / y) * mp.floor(abs(x / y)),
    "frac": lambda x: x - mp.sign(x) * mp.floor(abs(x)),
    "copysign": lambda x, y: abs(x) * (1 if y >= 0 else -1),
    "heaviside": lambda x, values: values if x == 0 else mp.mpf(x > 0),
    "floor_divide": lambda x, y: mp.floor(x / y),
    "remainder": lambda x, y: x - y * mp.floor(x / y),
    "power": lambda x, y: x**y,
    "power_slope": lambda x, y, k, n: _nth(lambda v: mp.ff(v, k) * x ** (v - k), y, n),
    "over_power": lambda x, y, n, *how: x / y**n,
    "scale": lambda g, p: g * p,
    "scale_either": lambda a, b: a * b,
    "vanishing": lambda a, b: a * b,
    "computed": lambda x: x,
    "ratio": lambda g, p: g / p,
    "constant_power": lambda x, exponent, residual=0.0: x ** (mp.mpf(exponent) + residual),
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
    "portion": lambda g, share: g * share,
    "above": _step(lambda x, y: x > y),
    "lead": lambda x, y: (mp.sign(x - y) + 1) / 2,
    "inside": _step(lambda x, low, high: low < x < high),
    "finite": lambda x: x,
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
    "polar": lambda x, y, a, b, m: x**a * y**b / mp.hypot(x, y) ** (a + b + m),
    "inverse_part": lambda x, y, n, part: getattr(mp.mpc(x, y) ** -n, {"real": "real", "imaginary": "imag"}[part]),
    # trigonometric, hyperbolic
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "sec": mp.sec,
    "csc": mp.csc,
    "cot": mp.cot,
    "degrees": mp.degrees,
    "radians": mp.radians,
    "witch": lambda x: 1 / (1 + x * x),
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "sech": mp.sech,
    "tanh_slope": lambda x: mp.sech(x) ** 2,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    # smooth steps
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sigmoid_slope": lambda x: 1 / (2 + mp.exp(x) + mp.exp(-x)),
    "softplus_of": lambda x: mp.log(1 + mp.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "softsign_slope": lambda x: 1 / (1 + abs(x)) ** 2,
    "softsign_nth": lambda x, n: (-mp.sign(x)) ** (n + 1) * mp.factorial(n) / (1 + abs(x)) ** (n + 1),
    "tanhshrink": lambda x: x - mp.tanh(x),
    "share": lambda x, y, rate: 1 / (1 + mp.exp((mp.ln2 if rate == math.log(2.0) else rate) * (y - x))),
    "gate": lambda x, n, kind: _gated(x, n, kind),
    "gelu_of": lambda x: x * mp.ncdf(x),
    "gelu_slope": lambda x: mp.ncdf(x) + x * mp.npdf(x),
    "mish": lambda x, n: _nth(lambda v: v * mp.tanh(mp.log(1 + mp.exp(v))), x, n),
    "entr": lambda x: -x * mp.log(x),
    "entropy_slope": lambda x: -1 - mp.log(x),
    "bend": lambda x, y, left: x if x > 0 else y,
    "logaddexp2": lambda x, y: mp.log(mp.mpf(2) ** x + mp.mpf(2) ** y, 2),
    "logit_slope": lambda x: 1 / (x * (1 - x)),
    "logit": lambda x: mp.log(x / (1 - x)),
    "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
    "xlogy": lambda x, y: x * mp.log(y),
    "xlog1py": lambda x, y: x * mp.log(1 + y),
    # special
    "bell": lambda x, coefficients, rate: mp.polyval(coefficients[::-1], x) * mp.exp(-rate * x * x),
    "ndtr": mp.ncdf,
    "erfinv_slope": lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2),
    "polygamma_drop": lambda x, y, n: mp.psi(n, x) - mp.psi(n, x + y),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "erfinv": mp.erfinv,
    "erfcx_integral": _iterated_erfcx,
    "gamma": mp.gamma,
    "lgamma": lambda x: mp.log(abs(mp.gamma(x))),
    "digamma": mp.digamma,
    "polygamma": lambda x, n: mp.psi(n, x),
    "beta": mp.beta,
    "beta_slope": lambda x, y: mp.beta(x, y) * (mp.psi(0, x) - mp.psi(0, x + y)),
    "beta_mixed": lambda x, y: mp.beta(x, y) * ((mp.psi(0, x) - mp.psi(0, x + y)) * (mp.psi(0, y) - mp.psi(0, x + y)) - mp.psi(1, x + y)),
    "betaln": lambda x, y: mp.log(abs(mp.beta(x, y))),
    "i0": lambda x: mp.besseli(0, x),
    "i1": lambda x: mp.besseli(1, x),
    "j0": lambda x: mp.besselj(0, x),
    "j1": lambda x: mp.besselj(1, x),
    "bessel_scaled": lambda x, order, n: _nth(lambda v: mp.exp(-abs(v)) * mp.besseli(order, v), x, n),
    "iv": mp.besseli,
    "jv": mp.besselj,
    "i0e": lambda x: mp.exp(-abs(x)) * mp.besseli(0, x),
    "i1e": lambda x: mp.exp(-abs(x)) * mp.besseli(1, x),
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


def _norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    along = axis if axis is not None else tuple(range(x.ndim))
    if ord is not None and isinstance(along, tuple) and len(along) == 2:
        return _matrix_norm(x, ord, along, keepdims)
    return _vector_norm(x, 2 if ord is None else ord, axis, keepdims)


def _vector_norm(x: Any, ord: float = 2, axis: Axis = None, keepdims: bool = False) -> Any:
    if math.isinf(ord):
        return (np.max if ord > 0 else np.min)(abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(x != 0, axis=axis, keepdims=keepdims)
    return each(lambda s: s ** (1 / mp.mpf(ord)))(
        np.sum(each(lambda v: abs(v) ** mp.mpf(ord))(x), axis=axis, keepdims=keepdims)
    )


def _matrix_norm(x: Any, ord: Any = "fro", axis: tuple[int, int] = (-2, -1), keepdims: bool = False) -> Any:
    def one(matrix: Any) -> Any:
        values = _a(mp.svd_r(_m(matrix), compute_uv=False))[:, 0]
        sums = {1: np.sum(abs(matrix), axis=0), -1: np.sum(abs(matrix), axis=0)}
        choices = {
            "fro": lambda: mp.sqrt(np.sum(matrix * matrix)), "nuc": lambda: np.sum(values),
            2: lambda: builtins.max(values), -2: lambda: builtins.min(values),
            1: lambda: builtins.max(sums[1]), -1: lambda: builtins.min(sums[1]),
            math.inf: lambda: builtins.max(np.sum(abs(matrix), axis=1)), -math.inf: lambda: builtins.min(np.sum(abs(matrix), axis=1)),
        }  # fmt: skip
        return choices[ord]()

    moved = np.moveaxis(x, axis, (-2, -1))
    found = np.empty(moved.shape[:-2], dtype=object)
    for place in np.ndindex(found.shape):
        found[place] = one(moved[place])
    return np.expand_dims(found, axis) if keepdims else found


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


def _quantile(x: Any, q: Any, axis: int | None = None, keepdims: bool = False, lower: bool = False) -> Any:
    if np.ndim(q):
        return np.stack([_quantile(x, each, axis, keepdims) for each in q])

    def one(v: Any) -> Any:
        ordered = sorted(v)
        place = mp.mpf(q) * (len(v) - 1)
        low = builtins.min(int(place), len(v) - 2)
        return ordered[low] if lower else ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])

    found = _along(one)(x, axis)
    return np.expand_dims(found, axis) if keepdims else found


def _position(pick: Callable[..., Any]) -> Callable[..., Any]:
    return _along(lambda v: mp.mpf(list(v).index(pick(v))))


def _cov(x: Any, y: Any = None, rowvar: bool = True, ddof: float = 1, aweights: Any = None) -> Any:
    rows = np.atleast_2d(x) if rowvar else np.atleast_2d(x).T
    rows = rows if y is None else np.vstack([rows, np.atleast_2d(y)])
    weights = np.ones(rows.shape[1]) if aweights is None else aweights
    whole = np.sum(weights)
    centred = rows - (rows @ weights / whole)[:, None]
    out = (centred * weights) @ centred.T / (whole - ddof * np.sum(weights * weights) / whole)
    return out if len(rows) > 1 else out[0, 0]


def _corrcoef(x: Any, y: Any = None) -> Any:
    covariance = _cov(x, y)
    spread = _sqrt(np.diag(covariance))
    return covariance / np.outer(spread, spread)


def _topk(x: Any, k: int, axis: int = -1, largest: bool = True) -> Any:
    ordered = np.flip(np.sort(x, axis), axis) if largest else np.sort(x, axis)
    return np.take(ordered, range(k), axis)


def _gathered(x: Any, axis: int, indices: Any) -> Any:
    return np.take_along_axis(x, np.array(indices), axis)


def _scattered(add: bool) -> Callable[..., Any]:
    def apply(x: Any, axis: int, indices: Any, source: Any) -> Any:
        out = x.copy()
        for place in np.ndindex(np.shape(indices)):
            to = (*place[:axis], np.array(indices)[place], *place[axis + 1 :])
            out[to] = out[to] + source[place] if add else source[place]
        return out

    return apply


def _indexed(how: str) -> Callable[..., Any]:
    def apply(x: Any, axis: int, indices: Any, source: Any, alpha: float = 1.0) -> Any:
        out = np.moveaxis(x.copy(), axis, 0)
        entries = source if how == "fill" else np.moveaxis(source, axis, 0)
        for i, to in enumerate(indices):
            new = entries if how == "fill" else entries[i]
            out[to] = out[to] + alpha * new if how == "add" else new
        return np.moveaxis(out, 0, axis)

    return apply


def _split(x: Any, sections: Any, axis: int = 0, sizes: bool = False) -> Any:
    return np.split(x, np.cumsum(sections)[:-1] if sizes else sections, axis)


def _pad(x: Any, width: Any, mode: str = "constant", value: float = 0.0) -> Any:
    return np.pad(x, width, mode=mode, **({"constant_values": value} if mode == "constant" else {}))


def _diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None) -> Any:
    return np.diff(x if prepend is None else np.concatenate([[prepend], x]), n, axis)


def _diag_of(x: Any, k: int) -> Any:
    n = len(x) + abs(k)
    out = np.full((n, n), mp.mpf(0))
    for i, value in enumerate(x):
        out[i + builtins.max(0, -k), i + builtins.max(0, k)] = value
    return out


def _block_diag(*blocks: Any) -> Any:
    out = np.full([builtins.sum(block.shape[a] for block in blocks) for a in (0, 1)], mp.mpf(0))
    at = np.array([0, 0])
    for block in blocks:
        stop = at + block.shape
        out[at[0] : stop[0], at[1] : stop[1]] = block
        at = stop
    return out


def _slopes(x: Any, spacing: Any = 1, axis: int = 0, edge_order: int = 1) -> Any:
    def one(v: Any) -> Any:
        at = spacing if np.ndim(spacing) else [spacing * i for i in range(len(v))]
        reach = [builtins.max(0, builtins.min(i - 1, len(v) - 3)) for i in range(len(v))]
        ends = {0: (0, 1), len(v) - 1: (len(v) - 2, len(v) - 1)}
        sets = [ends[i] if edge_order == 1 and i in ends else range(reach[i], reach[i] + 3) for i in range(len(v))]
        return np.array(
            [_lagrange_slope([at[k] for k in some], [v[k] for k in some], at[i]) for i, some in enumerate(sets)]
        )

    return np.apply_along_axis(one, axis, x)


def _lagrange_slope(xs: Any, ys: Any, at: Any) -> Any:
    """The slope at a point of the polynomial through some points."""
    total = mp.mpf(0)
    for i, y in enumerate(ys):
        others = [x for k, x in enumerate(xs) if k != i]
        below = mp.fprod(xs[i] - x for x in others)
        total += y * builtins.sum(mp.fprod(at - x for x in others if x is not left) for left in others) / below
    return total


def _trapezoid(y: Any, x: Any = None, dx: Any = 1, axis: int = -1) -> Any:
    moved = np.moveaxis(y, axis, -1)
    steps = dx if x is None else np.diff(x)
    return np.sum((moved[..., 1:] + moved[..., :-1]) / 2 * steps, axis=-1)


def _interp(x: Any, xp: Any, fp: Any) -> Any:
    def one(v: Any) -> Any:
        k = builtins.sum(v >= knot for knot in xp)
        if k in (0, len(xp)):
            return fp[builtins.max(0, k - 1)]
        return fp[k - 1] + (fp[k] - fp[k - 1]) * (v - xp[k - 1]) / (mp.mpf(xp[k]) - xp[k - 1])

    return each(one)(x)


def _correlate(x: Any, y: Any, mode: str = "valid") -> Any:
    return np.convolve(x, y[::-1], mode)


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


def _svd(x: Any, compute_uv: bool = True) -> Any:
    u, s, vt = (_a(each) for each in mp.svd_r(_m(x)))
    if not compute_uv:
        return s[:, 0]
    for k in range(len(s)):  # as eigenvectors of [[0, x], [x', 0]], each has its largest entry positive
        if builtins.max([*u[:, k], *vt[k]], key=abs) < 0:
            u[:, k], vt[k] = -u[:, k], -vt[k]
    return u, s[:, 0], vt


def _qr(x: Any, mode: str = "reduced") -> Any:
    if x.shape[0] < x.shape[1]:
        q, r = _qr(x[:, : len(x)])
        return q, np.hstack([r, q.T @ x[:, len(x) :]])
    if mode == "r":
        return _qr(x)[1]
    q, r = (_a(factor) for factor in mp.qr(_m(x), mode="skinny"))
    signs = np.array([mp.sign(r[i, i]) for i in range(len(r))], dtype=object)
    return q * signs, r * signs[:, None]


def _solve(a: Any, b: Any) -> Any:
    return _a(mp.inverse(_m(a))) @ b


def _pinv(x: Any) -> Any:
    return _a(mp.inverse(_m(x.T @ x))) @ x.T if x.shape[0] >= x.shape[1] else _pinv(x.T).T


def _solve_triangular(
    a: Any, b: Any, trans: bool = False, lower: bool = False, upper: bool = False, left: bool = True
) -> Any:
    half = np.tril(a) if lower and not upper else np.triu(a)
    return _solve(half.T if trans else half, b) if left else _solve(half.T, b.T).T


def _triangular_solve(a: Any, b: Any, lower: bool = True, unit: bool = False) -> Any:
    half = np.tril(a) if lower else np.triu(a)
    return _solve(half - np.diag(np.diag(half)) + np.eye(len(a)) if unit else half, b)


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
    "softplus": lambda x, beta=1, threshold=mp.inf: each(
        lambda v: v if beta * v > threshold else mp.log(1 + mp.exp(beta * v)) / beta
    )(x),
    "celu": lambda x, alpha=1: each(lambda v: v if v > 0 else alpha * (mp.exp(v / alpha) - 1))(x),
    "hardtanh": lambda x, min_val=-1, max_val=1: _clip(x, min_val, max_val),
    "relu6": lambda x: _clip(x, 0, 6),
    "hardsigmoid": lambda x: _clip(x + 3, 0, 6) / 6,
    "hardswish": lambda x: x * _clip(x + 3, 0, 6) / 6,
    "nan_to_num": lambda x, *replaced: x,
    "log_softmax": lambda x, axis=-1: x - _logsumexp(x, axis, True),
    "log1mexp": each(lambda x: mp.log(1 - mp.exp(x))),
    # creation
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "full": np.full,
    "eye": np.eye,
    "arange": np.arange,
    "linspace": lambda start, stop, num: np.array([start + (stop - start) * mp.mpf(i) / (num - 1) for i in range(num)]),
    "logspace": np.logspace,
    "geomspace": np.geomspace,
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
    "pad": _pad,
    "diff": _diff,
    "ediff1d": lambda x: np.diff(x.ravel()),
    "ptp": lambda x, axis=None, keepdims=False: np.max(x, axis=axis, keepdims=keepdims) - np.min(x, axis=axis, keepdims=keepdims),
    "split": _split,
    "array_split": np.array_split,
    "chunk": _chunk,
    "unbind": lambda x, axis=0: list(np.moveaxis(x, axis, 0)),
    "narrow": lambda x, axis, start, length: np.take(x, range(start, start + length), axis),
    "take": np.take,
    "index_select": lambda x, axis, indices: np.take(x, indices, axis),
    "gather": _gathered,
    "take_along_axis": lambda x, indices, axis: _gathered(x, axis, np.broadcast_to(indices, (x.shape[0], 1))),
    "masked_select": lambda x, mask: x[np.broadcast_to(mask, x.shape) != 0],
    "masked_fill": lambda x, mask, value: np.where(mask, value, x),
    "scatter": _scattered(False),
    "scatter_add": _scattered(True),
    "index_add": _indexed("add"),
    "index_fill": _indexed("fill"),
    "index_copy": _indexed("copy"),
    "flatten": lambda x, first, last=-1: x.reshape((*x.shape[:first], -1, *(x.shape[last + 1 :] if last != -1 else ()))),
    "rot90": np.rot90,
    "fliplr": np.fliplr,
    "flipud": np.flipud,
    "matrix_transpose": lambda x: np.swapaxes(x, -1, -2),
    "column_stack": np.column_stack,
    "dstack": np.dstack,
    # sequences
    "gradient": _slopes,
    "trapezoid": _trapezoid,
    "cumulative_trapezoid": lambda y, x: np.cumsum((y[1:] + y[:-1]) / 2 * np.diff(x)),
    "interp": _interp,
    "searchsorted": lambda edges, x: each(lambda v: mp.mpf(builtins.sum(edge < v for edge in edges)))(x),
    "polyval": lambda p, x: each(lambda v: mp.polyval(list(p), v))(x),
    "vander": lambda x, n=None, increasing=False: np.vander(x, n, increasing),
    "convolve": np.convolve,
    "correlate": _correlate,
    "kron": np.kron,
    "vstack": np.vstack,
    "hstack": np.hstack,
    "meshgrid": np.meshgrid,
    "diag": np.diag,
    "diagonal": lambda x, k=0, dim1=0, dim2=1: np.diagonal(x, k, dim1, dim2),
    "diag_embed": lambda x, k=0: np.array([_diag_of(row, k) for row in x]) if x.ndim > 1 else _diag_of(x, k),
    "diagflat": lambda x: _diag_of(x.ravel(), 0),
    "trace": np.trace,
    "block_diag": _block_diag,
    "tri": np.tri,
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
    "cross": lambda x, y, axis=-1: np.cross(x, y, axis=axis),
    "inv": lambda x: _a(mp.inverse(_m(x))),
    "solve": _solve,
    "triangular_solve": _triangular_solve,
    "solve_triangular": _solve_triangular,
    "cholesky_solve": lambda b, factor: _solve(np.tril(factor) @ np.tril(factor).T, b),
    "bmm": np.matmul,
    "multi_dot": lambda arrays: functools.reduce(np.matmul, arrays),
    "chain_matmul": lambda *arrays: functools.reduce(np.matmul, arrays),
    "det": lambda x: mp.det(_m(x)),
    "slogdet": _slogdet,
    "logdet": lambda x: _slogdet(x)[1],
    "cholesky": lambda x, upper=False: _a(mp.cholesky(_m(_lower_symmetric(x.T)))).T if upper else _a(mp.cholesky(_m(_lower_symmetric(x)))),
    "eigvalsh": lambda x, UPLO="L": _eigh(x if UPLO == "L" else x.T)[0],
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
    "vector_norm": _vector_norm,
    "matrix_norm": _matrix_norm,
    "cond": lambda x, p=2: _matrix_norm(x, p) * _matrix_norm(_a(mp.inverse(_m(x))), p),
    "dist": lambda x, y, p: _vector_norm(x - y, p),
    "matrix_rank": lambda x: mp.mpf(builtins.min(x.shape)),
    "logsumexp": _logsumexp,
    "softmax": _softmax,
    "average": lambda x, axis=None, weights=1: np.sum(x * weights, axis=axis) / np.sum(weights * np.ones(x.shape), axis=axis),
    "nansum": np.sum,
    "nanmean": _mean,
    "count_nonzero": lambda x: mp.mpf(int(np.count_nonzero(x))),
    "cov": _cov,
    "corrcoef": _corrcoef,
    # ordering
    "sort": lambda x, axis=-1, descending=False: np.flip(np.sort(x, axis), axis) if descending else np.sort(x, axis),
    "argsort": lambda x, axis=-1, descending=False: np.argsort(-x if descending else x, axis).astype(float),
    "argmax": _position(builtins.max),
    "argmin": _position(builtins.min),
    "quantile": _quantile,
    "percentile": lambda x, q: _quantile(x, q / 100),
    "median": lambda x, axis=None, lower=False: _quantile(x, 0.5, axis, lower=lower),
    "topk": _topk,
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
        self._functions = {name: each(function) for name, function in SCALAR.items()} | WHOLE | {"inf": math.inf}

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
