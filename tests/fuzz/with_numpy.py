"""What a step's value is, in float64: only to steer the choice of random operations."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special


def table(xp: Any, sp: Any) -> dict[str, Any]:
    """The operations that NumPy and jax.numpy spell alike: xp is the one or the other, sp its special functions."""
    return {
        **{name: getattr(xp, name) for name in (
            "exp", "log", "sqrt", "sin", "cos", "tanh", "square", "reciprocal", "negative", "abs", "expm1", "log1p",
            "tan", "sinh", "cosh", "exp2", "log2", "log10", "sinc", "sign", "floor", "round", "cbrt", "add",
            "subtract", "multiply", "divide", "maximum", "minimum", "power", "hypot", "logaddexp", "remainder",
            "sum", "mean", "prod", "max", "min", "var", "std", "sort", "flip", "trace", "matmul", "dot", "outer",
            "cumsum", "cumprod", "tril",
        )},
        "asin": xp.arcsin, "acos": xp.arccos, "atan": xp.arctan, "atan2": xp.arctan2, "asinh": xp.arcsinh,
        "acosh": xp.arccosh, "atanh": xp.arctanh, "rsqrt": lambda x: 1 / xp.sqrt(x),
        "erf": sp.erf, "erfc": sp.erfc, "erfinv": sp.erfinv, "lgamma": sp.gammaln, "digamma": sp.digamma,
        "gamma": sp.gamma, "xlogy": sp.xlogy, "entr": sp.entr, "logit": sp.logit, "sigmoid": sp.expit,
        "logsumexp": lambda x, axis: sp.logsumexp(x, axis=axis),
        "power_number": xp.power, "number_power": lambda x, p: xp.power(p, x),
        "add_number": xp.add, "multiply_number": xp.multiply, "divide_number": xp.divide,
        "number_divide": lambda x, p: p / x, "maximum_number": xp.maximum,
        "clip_numbers": lambda x, low, high: xp.clip(x, low, high),
        "where_positive": lambda c, x, y: xp.where(c > 0, x, y),
        "where_greater": lambda a, b, x, y: xp.where(a > b, x, y),
        "where_equal": lambda a, b, x, y: xp.where(a == b, x, y),
        "norm": lambda x, axis: xp.linalg.norm(x if axis is not None else x.ravel(), axis=axis),
        "norm1": lambda x, axis: xp.linalg.norm(x if axis is not None else x.ravel(), 1, axis=axis),
        "norm3": lambda x, axis: xp.linalg.norm(x if axis is not None else x.ravel(), 3, axis=axis),
        "norminf": lambda x, axis: xp.linalg.norm(x if axis is not None else x.ravel(), xp.inf, axis=axis),
        "diff": lambda x, axis: xp.diff(x, axis=axis),
        "T": lambda x: x.T, "element": lambda x, i: x[i], "reversed": lambda x: x[::-1],
        "gather": lambda x, many: x[xp.array(many)], "stack": lambda *xs: xp.stack(xs),
        "logabsdet": lambda x: xp.linalg.slogdet(x)[1], "det": lambda x: xp.linalg.det(x),
        "inv": lambda x: xp.linalg.inv(x), "solve": lambda a, b: xp.linalg.solve(a, b),
    }  # fmt: skip


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    raised = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return raised / np.sum(raised, axis=axis, keepdims=True)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0.0, x)


TABLE: dict[str, Any] = {
    **table(np, special),
    "softplus": _softplus,
    "relu": lambda x: np.maximum(x, 0.0),
    "log_sigmoid": lambda x: -_softplus(-x),
    "silu": lambda x: x * special.expit(x),
    "gelu": lambda x: x * special.ndtr(x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "cummax": lambda x, axis: np.maximum.accumulate(x, axis=axis),
    "softmax": _softmax,
    "log_softmax": lambda x, axis: np.log(_softmax(x, axis)),
}


def apply(step: Any, operands: list[np.ndarray]) -> np.ndarray:
    """The value of a step; NaN in a plausible shape where NumPy refuses (a singular matrix)."""
    with np.errstate(all="ignore"):
        try:
            return np.asarray(TABLE[step.op](*operands, *step.params))
        except np.linalg.LinAlgError:
            return np.full(operands[-1].shape, np.nan)
