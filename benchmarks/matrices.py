"""5. Dense Jacobians and Hessians, in process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .measure import Call, Row

HESSIAN = "sum(sin(x)*exp(-x**2)) + sum(x)**3 + dot(x, B@x)/2 + log(sum(exp(x)))"


def rows(folder: Path) -> list[Row]:
    """The rows; files they need are written into folder."""
    random = np.random.default_rng(0)
    a, x = random.standard_normal((1000, 1000)) / 30, random.standard_normal(1000)
    b, y = random.standard_normal((500, 500)), random.standard_normal(500)
    return [
        Row(
            "Jacobian of tanh(A@x), 1000×1000",
            {
                "gradcli": Call(lambda: _gradcli("tanh(A@x)", "jacobian", {"A": a, "x": x})),
                "torch": Call(lambda: _torch(lambda m, a, x: m.tanh(a @ x), "jacrev", a, x)),
                "jax": Call(lambda: _jax(lambda m, a, x: m.tanh(a @ x), "jacrev", a, x)),
            }, 1.0,
        ),
        Row(
            "Hessian of a function of 500 variables",
            {
                "gradcli": Call(lambda: _gradcli(HESSIAN, "hessian", {"B": b, "x": y})),
                "torch": Call(lambda: _torch(_function, "hessian", b, y)),
                "jax": Call(lambda: _jax(_function, "hessian", b, y)),
            }, 1.0,
        ),
    ]  # fmt: skip


def _function(m: Any, b: Any, x: Any) -> Any:
    return m.sum(m.sin(x) * m.exp(-(x**2))) + m.sum(x) ** 3 + m.dot(x, b @ x) / 2 + m.log(m.sum(m.exp(x)))


def _gradcli(expression: str, command: str, variables: dict[str, np.ndarray]) -> Callable[[], object]:
    import gradcli

    ask = getattr(gradcli.Expression(expression), command)
    return lambda: ask(variables, wrt=["x"])


def _torch(function: Callable[..., Any], transform: str, a: np.ndarray, x: np.ndarray) -> Callable[[], object]:
    import torch

    matrix, vector = torch.from_numpy(a), torch.from_numpy(x)
    made = getattr(torch.func, transform)(lambda x: function(torch, matrix, x))
    return lambda: made(vector)


def _jax(function: Callable[..., Any], transform: str, a: np.ndarray, x: np.ndarray) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    matrix, vector = jnp.asarray(a), jnp.asarray(x)
    made = jax.jit(getattr(jax, transform)(lambda x: function(jnp, matrix, x)))
    return lambda: jax.block_until_ready(made(vector))
