"""Rows of every kind side by side: each is answered as if it were alone, and so are its derivatives to order 3."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from graphs import evaluate
from numpy.testing import assert_allclose

from gradcli.engine import derivatives as D
from gradcli.language.parser import parse
from gradcli.program import trace

nan, inf = math.nan, math.inf
ROWS = np.array([
    [3.0, 4.0, -0.5], [inf, 1.0, 2.0], [-1.0, -inf, 3.0], [inf, -inf, 1.0], [nan, 1.0, 2.0], [0.0, 0.0, 0.0], [1e200, -1e200, 1.0],
    [5e-324, 1.0, 1e-320], [1e-200, 1e200, 1.0], [0.0, 2.0, -0.0], [1.5, 1.5, -1.5], [-0.25, 0.25, 8.0], [1e-160, 2e-160, -3e-160],
    [5e-324, -1e-323, 2e-323], [1e3, -1e3, 0.1],
])  # fmt: skip
ORDERS = ("2", "1", "3", "2.5", "1.5", "1.25", "0.5", "-0.5", "-1", "-2.5", "inf", "-inf", "0")
OVER_ROWS = (
    *(f"norm(x, {p}, axis=-1)" for p in ORDERS), "prod(x, axis=-1)", "sum(x*x, axis=-1)", "mean(x, axis=-1)", "std(x, axis=-1)", "var(x, axis=-1, ddof=1)",
    "max(x, axis=-1)", "min(x, axis=-1)", "ptp(x, axis=-1)", "median(x, axis=-1)", "quantile(x, 0.3, axis=-1)", "logsumexp(x, axis=-1)",
    "softmax(x, axis=-1)", "log_softmax(x, axis=-1)", "cumsum(x*x, axis=-1)", "cumprod(x, axis=-1)", "cummax(x, axis=-1)", "cummin(x, axis=-1)", "logcumsumexp(x, axis=-1)",
    "sort(x, axis=-1)", "diff(x*x, axis=-1)", "trapezoid(x*x, axis=-1)", "nansum(x*x, axis=-1)", "nanmean(x*x, axis=-1)",
    "average(x*x, axis=-1, weights=[1, 2, 3])", "x @ [[1, 2], [0, 3], [-1, 0]]", "einsum('...i,...i', x, x)", "topk(x, 2)", "gradient(x*x, axis=-1)",
)  # fmt: skip


def answers(source: str, x: np.ndarray) -> list[np.ndarray]:
    """The value, and weighted derivatives of three orders in both modes."""
    traced = trace(parse(source), {"x": x.shape})
    node, at = traced.value, traced.inputs["x"]
    graph = node.graph

    def weights(shape: tuple[int, ...]) -> Any:
        columns = shape[-1] if len(shape) == x.ndim else None
        return graph.constant(
            np.full(shape, 0.75) if columns is None else np.broadcast_to([0.5, -1.25, 2.0][:columns], shape)
        )

    direction = graph.constant(np.broadcast_to([1.0, 0.25, -0.5], x.shape))
    first = D.vjp(node, weights(node.shape), [at])[0]
    pushed = D.jvp(node, [at], [direction])
    second = D.vjp(pushed, weights(pushed.shape), [at])[0]
    third = D.jvp(second, [at], [direction])
    with np.errstate(all="ignore"):
        return list(evaluate([node, first, pushed, second, third], [at], [x]))


@pytest.mark.parametrize("source", OVER_ROWS)
def test_a_row_is_by_itself(source):
    together = answers(source, ROWS)
    for row, x in enumerate(ROWS):
        for order, (got, want) in enumerate(zip(together, answers(source, x), strict=True)):
            assert_allclose(got[row], want, rtol=4e-15, atol=0.0, err_msg=f"{x}, {order}")
