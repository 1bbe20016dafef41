"""PyTorch's answers: autograd, twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from .answers import Answer, flat
from .trees import Case

torch.set_num_threads(1)
DOUBLE = torch.float64


def _all(name: str) -> Callable[..., Any]:
    f = getattr(torch, name)
    return lambda x, axis: f(x) if axis is None else f(x, dim=axis)


def _norm(order: float) -> Callable[..., Any]:
    return lambda x, axis: torch.linalg.vector_norm(x, order, dim=axis)


def _number(p: float) -> torch.Tensor:
    return torch.tensor(p, dtype=DOUBLE)


def _gamma_kin(name: str) -> Callable[..., Any]:
    """Its derivatives are summed from x up to 9 term by term, so far below zero they do not return for hours."""
    f = getattr(torch, name)

    def bounded(x: torch.Tensor) -> torch.Tensor:
        if bool((x < -1e5).any()):
            raise RuntimeError("the derivative would not return")
        return f(x)

    return bounded


TABLE: dict[str, Callable[..., Any]] = {
    **{name: getattr(torch, name) for name in (
        "exp", "log", "sqrt", "sin", "cos", "tanh", "square", "reciprocal", "negative", "abs", "expm1", "log1p",
        "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "exp2", "log2", "log10", "rsqrt",
        "erf", "erfc", "erfinv", "sinc", "sigmoid", "relu", "logit", "sign", "floor", "round",
        "maximum", "minimum", "hypot", "atan2", "logaddexp", "xlogy", "remainder", "trace", "matmul", "dot", "outer",
        "det",
    )},
    "lgamma": _gamma_kin("lgamma"), "digamma": _gamma_kin("digamma"),
    "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y, "power": lambda x, y: x**y,
    "softplus": lambda x: F.softplus(x), "log_sigmoid": lambda x: F.logsigmoid(x), "silu": lambda x: F.silu(x),
    "gelu": lambda x: F.gelu(x), "elu": lambda x: F.elu(x), "selu": lambda x: F.selu(x), "mish": lambda x: F.mish(x),
    "leaky_relu": lambda x: F.leaky_relu(x), "entr": torch.special.entr,
    "power_number": lambda x, p: x**p, "number_power": lambda x, p: p**x, "add_number": lambda x, p: x + p,
    "multiply_number": lambda x, p: x * p, "divide_number": lambda x, p: x / p, "number_divide": lambda x, p: p / x,
    "maximum_number": lambda x, p: torch.maximum(x, _number(p)), "clip_numbers": lambda x, low, high: torch.clamp(x, low, high),
    "where_positive": lambda c, x, y: torch.where(c > 0, x, y),
    "where_greater": lambda a, b, x, y: torch.where(a > b, x, y),
    "where_equal": lambda a, b, x, y: torch.where(a == b, x, y),
    "sum": _all("sum"), "mean": _all("mean"), "prod": _all("prod"),
    "max": lambda x, axis: torch.amax(x, dim=() if axis is None else axis),
    "min": lambda x, axis: torch.amin(x, dim=() if axis is None else axis),
    "norm": _norm(2.0), "norm1": _norm(1.0), "norm3": _norm(3.0), "norminf": _norm(float("inf")),
    "logsumexp": lambda x, axis: torch.logsumexp(x, dim=tuple(range(x.ndim)) if axis is None else axis),
    "var": lambda x, axis: torch.var(x, dim=axis, correction=0), "std": lambda x, axis: torch.std(x, dim=axis, correction=0),
    "cumsum": lambda x, axis: torch.cumsum(x, axis), "cumprod": lambda x, axis: torch.cumprod(x, axis),
    "cummax": lambda x, axis: torch.cummax(x, axis).values, "softmax": lambda x, axis: torch.softmax(x, axis),
    "log_softmax": lambda x, axis: torch.log_softmax(x, axis), "sort": lambda x, axis: torch.sort(x, axis).values,
    "flip": lambda x, axis: torch.flip(x, (axis,)), "diff": lambda x, axis: torch.diff(x, dim=axis),
    "T": lambda x: x.mT, "tril": torch.tril, "inv": torch.linalg.inv, "solve": torch.linalg.solve,
    "logabsdet": lambda x: torch.linalg.slogdet(x).logabsdet,
    "element": lambda x, i: x[i], "reversed": lambda x: torch.flip(x, (0,)), "gather": lambda x, many: x[list(many)],
    "stack": lambda *xs: torch.stack(xs),
}  # fmt: skip


def answer(case: Case) -> Answer | None:
    """PyTorch's answer, or None where it has no such operation or refuses."""
    inputs = [torch.tensor(x, dtype=DOUBLE, requires_grad=True) for x in case.inputs]
    values: list[Any] = list(inputs)
    try:
        for step in case.steps:
            f = TABLE.get(step.op)
            if f is None:
                return None
            values.append(f(*[values[i] for i in step.operands], *step.params))
        weights = torch.from_numpy(case.weights)
        output = values[-1]
        value = float(output.detach()[weights != 0] @ weights[weights != 0])
        slopes = _grad(output, inputs, weights, create_graph=True)
        products = [torch.zeros_like(x) for x in inputs]
        moving = [(g, torch.from_numpy(v)) for g, v in zip(slopes, case.direction, strict=True) if g.requires_grad]
        if moving:
            products = _grad([g for g, _ in moving], inputs, [v for _, v in moving])
    except (torch.linalg.LinAlgError, RuntimeError):
        return None
    return Answer(value, flat([g.detach().numpy() for g in slopes]), flat([p.detach().numpy() for p in products]))


def _grad(outputs: Any, inputs: list[Any], weights: Any, create_graph: bool = False) -> list[Any]:
    if isinstance(outputs, torch.Tensor) and not outputs.requires_grad:
        return [torch.zeros_like(x) for x in inputs]
    found = torch.autograd.grad(outputs, inputs, weights, create_graph=create_graph, allow_unused=True)
    # a tensor that is known to be zero has no storage that NumPy could read
    return [torch.zeros_like(x) if g is None or g._is_zerotensor() else g for g, x in zip(found, inputs, strict=True)]
