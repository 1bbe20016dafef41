"""3. Arrays: value and gradient in process, after a first call; and from file to file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .commands import gradcli, script
from .measure import Call, Contender, Row

TASKS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "sum(sin(x)*exp(-x²))": ("sum(sin(x)*exp(-(x*x)))", lambda m, x: m.sum(m.sin(x) * m.exp(-(x * x)))),
    "a chain of five": (
        "sum(sqrt(exp(cos(sin(tanh(x))))))",
        lambda m, x: m.sum(m.sqrt(m.exp(m.cos(m.sin(m.tanh(x)))))),
    ),
    "a polynomial": ("sum(3*x**3 - 2*x**2 + x - 1)", lambda m, x: m.sum(3 * x**3 - 2 * x**2 + x - 1)),
    "log(sum(exp(x)))": ("log(sum(exp(x)))", lambda m, x: m.log(m.sum(m.exp(x)))),
    "Rosenbrock by slices": (
        "sum(100*(x[1:]-x[:-1]**2)**2 + (1-x[:-1])**2)",
        lambda m, x: m.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
    ),
    "norm(x)": ("norm(x)", lambda m, x: m.linalg.norm(x)),
}


def rows(folder: Path) -> list[Row]:
    """The rows; files they need are written into folder."""
    found = [_row(name, n) for n in (1_000, 1_000_000) for name in TASKS]
    source = folder / "x.npy"
    np.save(source, np.random.default_rng(0).standard_normal(10_000_000))
    ours, theirs = folder / "ours.npz", folder / "theirs.npz"
    found.append(
        Row(
            "sum(sin(x)*exp(-x²)), n = 10,000,000, from .npy to .npz",
            {
                "gradcli": gradcli("grad", TASKS["sum(sin(x)*exp(-x²))"][0], "--x", f"@{source}", "--save", str(ours)),
                "torch": script("arrays_torch", str(source), str(theirs)),
            }, 0.8,
        )
    )  # fmt: skip
    return found


def _row(name: str, n: int) -> Row:
    expression, function = TASKS[name]
    x = np.random.default_rng(0).standard_normal(n)
    contenders: dict[str, Contender] = {
        "gradcli": Call(lambda: _gradcli(expression, x)),
        "gradcli, value alone": Call(lambda: _value(expression, x)),
        "numpy, value alone": Call(lambda: lambda: function(np, x)),
        "torch": Call(lambda: _torch(function, x)),
        "jax": Call(lambda: _jax(function, x)),
        "autograd": Call(lambda: _autograd(function, x)),
    }
    return Row(f"{name}, n = {n:,}", contenders, 1.0, parts={"gradcli, value alone": 4.0, "numpy, value alone": 2.5})


def _gradcli(expression: str, x: np.ndarray) -> Callable[[], object]:
    import gradcli

    made = gradcli.Expression(expression)
    return lambda: made.grad({"x": x})


def _value(expression: str, x: np.ndarray) -> Callable[[], object]:
    import gradcli

    made = gradcli.Expression(expression)
    return lambda: made.eval({"x": x})


def _torch(function: Callable[[Any, Any], Any], x: np.ndarray) -> Callable[[], object]:
    import torch

    tensor = torch.from_numpy(x).requires_grad_()

    def run() -> object:
        tensor.grad = None
        function(torch, tensor).backward()
        return tensor.grad

    return run


def _jax(function: Callable[[Any, Any], Any], x: np.ndarray) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    compiled, there = jax.jit(jax.value_and_grad(lambda x: function(jnp, x))), jnp.asarray(x)
    return lambda: jax.block_until_ready(compiled(there))


def _autograd(function: Callable[[Any, Any], Any], x: np.ndarray) -> Callable[[], object]:
    import autograd.numpy as anp
    from autograd import value_and_grad

    made = value_and_grad(lambda x: function(anp, x))
    return lambda: made(x)
