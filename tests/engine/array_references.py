"""What functions of whole arrays are: NumPy where it rearranges, mpmath where numbers are computed."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import mp
from scalar_references import SCALAR, each

_sqrt, _exp, _log = each(mp.sqrt), each(mp.exp), each(mp.log)
Axis = int | tuple[int, ...] | None


def _count(x: Any, axis: Axis) -> int:
    return x.size // np.size(np.sum(x, axis=axis))


def _mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.sum(x, axis=axis, keepdims=keepdims) / _count(x, axis)


def _var(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    centred = x - _mean(x, axis, True)
    return np.sum(centred * centred, axis=axis, keepdims=keepdims) / (_count(x, axis) - ddof)


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


def _pad(x: Any, width: Any, mode: str = "constant", value: Any = 0.0) -> Any:
    if mode == "linear_ramp":
        before, after = (
            [end + (edge - end) * mp.mpf(i) / n for i in range(n)]
            for n, end, edge in zip(width, value, (x[0], x[-1]), strict=True)
        )
        return np.array([*before, *x, *after[::-1]])
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


ARRAYS: dict[str, Callable[..., Any]] = {
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
    "msort": lambda x: np.sort(x, 0),
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
