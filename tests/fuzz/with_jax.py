"""JAX's answers: reverse mode, then forward over it, in double precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special as special
import numpy as np
from jax import nn

from .answers import Answer, flat
from .trees import Case
from .with_numpy import table

jax.config.update("jax_enable_x64", True)

TABLE: dict[str, Callable[..., Any]] = {
    **table(jnp, special),
    "softplus": nn.softplus, "relu": nn.relu, "log_sigmoid": nn.log_sigmoid, "silu": nn.silu, "sigmoid": nn.sigmoid,
    "gelu": lambda x: nn.gelu(x, approximate=False), "elu": nn.elu, "selu": nn.selu, "leaky_relu": nn.leaky_relu,
    "mish": nn.mish, "cummax": lambda x, axis: jax.lax.cummax(x, axis=axis % x.ndim),
    "softmax": lambda x, axis: nn.softmax(x, axis), "log_softmax": lambda x, axis: nn.log_softmax(x, axis),
}  # fmt: skip


def answer(case: Case) -> Answer | None:
    """JAX's answer, or None where it refuses."""

    def output(*inputs: Any) -> Any:
        values = list(inputs)
        for step in case.steps:
            values.append(TABLE[step.op](*[values[i] for i in step.operands], *step.params))
        return jnp.sum(jnp.ravel(values[-1])[asked] * weights[asked])

    weights = case.weights.ravel()
    asked = np.flatnonzero(weights)
    inputs = tuple(jnp.asarray(x) for x in case.inputs)
    every = tuple(range(len(inputs)))
    try:
        value = float(output(*inputs))
        slopes, products = jax.jvp(jax.grad(output, every), inputs, tuple(jnp.asarray(d) for d in case.direction))
    except (TypeError, ValueError, NotImplementedError):
        return None
    return Answer(value, flat(list(slopes)), flat(list(products)))
