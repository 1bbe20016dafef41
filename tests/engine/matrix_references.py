"""What functions of matrices are, by mpmath's matrices, and norms."""

from __future__ import annotations

import builtins
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import mp
from scalar_references import each

Axis = int | tuple[int, ...] | None


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


MATRICES: dict[str, Callable[..., Any]] = {
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
    # norms
    "norm": _norm,
    "vector_norm": _vector_norm,
    "matrix_norm": _matrix_norm,
    "cond": lambda x, p=2: _matrix_norm(x, p) * _matrix_norm(_a(mp.inverse(_m(x))), p),
    "dist": lambda x, y, p: _vector_norm(x - y, p),
    "matrix_rank": lambda x: mp.mpf(builtins.min(x.shape)),
}  # fmt: skip
