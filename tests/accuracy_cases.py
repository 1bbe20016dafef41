"""Places where the last digits, or all of them, are often lost: a derivative, its point and its truth."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from gradcli.engine.derivatives import nth
from gradcli.engine.evaluate import Plan
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph, Node
from gradcli.engine.operations.structural import stack

from .accuracy_rows import ALL, ROWS, Row
from .truths import derivative, evaluated


def _norm(x: Node, y: Node) -> Node:
    made = FUNCTIONS["norm"].build(stack([x, y]))
    assert isinstance(made, Node)
    return made


_BY_NAME = {row.name: row for row in ROWS}
_NORM = Row("norm([x, y])", "sqrt(x**2+y**2)", (ALL, ALL), build=_norm,
            torch="torch.linalg.vector_norm(torch.stack([x, y]), dim=0)", jax="jnp.linalg.norm(jnp.stack([x, y]))")  # fmt: skip


class Named(NamedTuple):
    """A partial derivative of a row at a point."""

    name: str
    row: Row
    orders: tuple[int, ...]
    at: tuple[float, ...]

    def true(self) -> Any:
        """Its value, to 25 digits."""
        return evaluated(derivative(self.row.formula, self.orders), self.at)

    def computed(self, mode: Literal["forward", "reverse"]) -> float:
        """What gradcli finds."""
        graph = Graph()
        xs = [graph.input(name, ()) for name in "xy"[: len(self.at)]]
        variable = next(i for i, times in enumerate(self.orders) if times)
        slope = nth(self.row.node(*xs), None, xs[variable], self.orders[variable], mode)
        feeds = {x: np.array(value) for x, value in zip(xs, self.at, strict=True)}
        return float(Plan([slope]).run(feeds)[0])


def _case(name: str, row: str, at: float, order: int = 1) -> Named:
    return Named(name, _BY_NAME[row], (order,), (at,))


CASES: tuple[Named, ...] = (
    _case("tanh'(x)", "tanh", 20.0),
    _case("sigmoid'(x)", "sigmoid", 40.0),
    _case("expm1'(x)", "expm1", -40.0),
    _case("asinh'(x)", "asinh", 1e200),
    Named("∂ hypot(x, y) / ∂x", _BY_NAME["hypot"], (1, 0), (1e200, 1e200)),
    Named("∂ norm([x, y]) / ∂x", _NORM, (1, 0), (1e200, 1e200)),
    _case("sinc''(x)", "sinc", 0.0, 2),
    _case("softplus''(x)", "softplus", 25.0, 2),
    _case("sqrt'(x)", "sqrt", 5e-324),
    Named("∂ (x / y) / ∂y", _BY_NAME["divide"], (0, 1), (3e-200, 1e-200)),
)
