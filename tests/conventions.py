"""What is answered where there is no one derivative: the table in docs/conventions.md.

    python -m tests.conventions            write the table between the markers
    python -m tests.conventions --print    print it

Each row is an expression at a point, and its gradient. PyTorch and JAX stand beside, where they are installed.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import gradcli

PAGE = Path(__file__).parent.parent / "docs" / "conventions.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
inf = math.inf


class Row(NamedTuple):
    """torch and jax are the same function in their spelling, of the library's module and the values."""

    expression: str
    variables: Mapping[str, Any]
    torch: Callable[..., Any] | None = None
    jax: Callable[..., Any] | None = None


def jax_nn() -> Any:
    """JAX's activations."""
    import jax

    return jax.nn


ROWS = (
    Row("abs(x)", {"x": 0.0}, lambda t, x: x.abs(), lambda j, x: j.abs(x)),
    Row("relu(x)", {"x": 0.0}, lambda t, x: t.relu(x), lambda j, x: jax_nn().relu(x)),
    Row("maximum(x, y)", {"x": 1.0, "y": 1.0}, lambda t, x, y: t.maximum(x, y), lambda j, x, y: j.maximum(x, y)),
    Row("max(x)", {"x": [1.0, 1.0, 0.0]}, lambda t, x: x.amax(), lambda j, x: j.max(x)),
    Row("median(x)", {"x": [1.0, 1.0, 0.0]}, lambda t, x: x.quantile(0.5), lambda j, x: j.median(x)),
    Row("median(x)", {"x": [math.nan, 1.0, 2.0]}, lambda t, x: x.quantile(0.5), lambda j, x: j.median(x)),
    Row("clip(x, 0, 1)", {"x": 0.0}, lambda t, x: x.clip(0, 1), lambda j, x: j.clip(x, 0, 1)),
    Row("norm(x)", {"x": [0.0, 0.0]}, lambda t, x: x.norm(), lambda j, x: j.linalg.norm(x)),
    Row("norm(x)", {"x": [inf, 1.0]}, lambda t, x: x.norm(), lambda j, x: j.linalg.norm(x)),
    Row("sqrt(x @ x)", {"x": [0.0, 0.0]}, lambda t, x: (x @ x).sqrt(), lambda j, x: j.sqrt(x @ x)),
    Row("hypot(x, 0)", {"x": 0.0}, lambda t, x: t.hypot(x, t.zeros_like(x)), lambda j, x: j.hypot(x, 0.0)),
    Row("std(x)", {"x": [2.0, 2.0, 2.0]}, lambda t, x: x.std(correction=0), lambda j, x: j.std(x)),
    Row("where(x > 0, sqrt(x), 0)", {"x": -1.0}, lambda t, x: t.where(x > 0, x.sqrt(), 0.0), lambda j, x: j.where(x > 0, j.sqrt(x), 0.0)),
    Row("where(x == 0, 1, sin(x)/x)", {"x": 0.0}, lambda t, x: t.where(x == 0, 1.0, x.sin() / x), lambda j, x: j.where(x == 0, 1.0, j.sin(x) / x)),
    Row("x**0.0", {"x": 0.0}, lambda t, x: x**0.0, lambda j, x: j.power(x, 0.0)),
    Row("x**1.0", {"x": 0.0}, lambda t, x: x**1.0, lambda j, x: j.power(x, 1.0)),
    Row("x**3.0", {"x": -2.0}, lambda t, x: x**3.0, lambda j, x: j.power(x, 3.0)),
    Row("(-2)**y", {"y": 3.0}, lambda t, y: (-2.0) ** y, lambda j, y: j.power(-2.0, y)),
    Row("0**y", {"y": 2.0}, lambda t, y: 0.0**y, lambda j, y: j.power(0.0, y)),
    Row("log(x)", {"x": -1.0}, lambda t, x: x.log(), lambda j, x: j.log(x)),
    Row("x * log(x)", {"x": 0.0}, lambda t, x: x * x.log(), lambda j, x: x * j.log(x)),
    Row("xlogy(x, x)", {"x": 0.0}, lambda t, x: t.xlogy(x, x)),
    Row("logsumexp(x)", {"x": [-inf, -inf]}, lambda t, x: x.logsumexp(0), lambda j, x: jax_nn().logsumexp(x)),
    Row("logsumexp(x)", {"x": [inf, 1.0]}, lambda t, x: x.logsumexp(0), lambda j, x: jax_nn().logsumexp(x)),
    Row("log(1 + exp(x))", {"x": 1000.0}, lambda t, x: (1 + x.exp()).log(), lambda j, x: j.log(1 + j.exp(x))),
    Row("softplus(x)", {"x": 1000.0}, lambda t, x: t.nn.functional.softplus(x), lambda j, x: jax_nn().softplus(x)),
    Row("prod(x)", {"x": [2.0, 0.0, 3.0]}, lambda t, x: x.prod(), lambda j, x: j.prod(x)),
    Row("prod(x)", {"x": [0.0, 0.0, 3.0]}, lambda t, x: x.prod(), lambda j, x: j.prod(x)),
    Row("det(x)", {"x": [[1.0, 2.0], [2.0, 4.0]]}, lambda t, x: x.det(), lambda j, x: j.linalg.det(x)),
    Row("sum(x[[0, 0, 1]])", {"x": [5.0, 7.0]}, lambda t, x: x[[0, 0, 1]].sum(), lambda j, x: j.sum(x[j.array([0, 0, 1])])),
    Row("relu(x)", {"x": math.nan}, lambda t, x: t.relu(x), lambda j, x: jax_nn().relu(x)),
)  # fmt: skip


def ours(row: Row) -> tuple[str, str]:
    """The value and the gradient, and the kinds of notes."""
    found = gradcli.grad(row.expression, row.variables)
    value = f"value {numbers([found.value])}; " if not np.isfinite(found.value).all() else ""
    kinds = dict.fromkeys(
        {"kink": "convention, noted", "nonfinite": "reported"}.get(n.kind, n.kind) for n in found.notes
    )
    return value + numbers(found.gradient.values()), ", ".join(kinds)


def torch_says(row: Row) -> str:
    """PyTorch's gradient."""
    import torch

    assert row.torch is not None
    inputs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in row.variables.values()]
    row.torch(torch, *inputs).backward()
    return numbers(x.grad.numpy() for x in inputs if x.grad is not None)


def jax_says(row: Row) -> str:
    """JAX's gradient."""
    import jax

    jax.config.update("jax_enable_x64", True)
    build = row.jax
    assert build is not None
    inputs = [jax.numpy.asarray(v, dtype="float64") for v in row.variables.values()]
    found = jax.grad(lambda *xs: build(jax.numpy, *xs), argnums=tuple(range(len(inputs))))(*inputs)
    return numbers(np.asarray(each) for each in found)


def numbers(arrays: Any) -> str:
    """Arrays as a line of numbers."""
    return " ".join(f"{float(each) + 0.0:.3g}" for array in arrays for each in np.ravel(array))


def beside(says: Callable[[Row], str], row: Row, defined: bool) -> str:
    """What another library says; a dash where it is not installed or has no such function."""
    try:
        return says(row) if defined else "—"
    except ImportError:
        return "—"


def table() -> str:
    """The table in Markdown."""
    lines = ["| expression | at | gradcli | | PyTorch | JAX |", "| --- | --- | --- | --- | --- | --- |"]
    for row in ROWS:
        at = ", ".join(f"{name} = {value}" for name, value in row.variables.items())
        answer, said = ours(row)
        others = (beside(torch_says, row, row.torch is not None), beside(jax_says, row, row.jax is not None))
        lines.append(f"| `{row.expression}` | {at} | {answer} | {said} | {others[0]} | {others[1]} |")
    return "\n".join(lines)


def written(page: str, made: str) -> str:
    """A page with the table between its markers."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", action="store_true", help="print the table instead of writing it")
    if parser.parse_args().print:
        print(table())
    else:
        PAGE.write_text(written(PAGE.read_text("utf-8"), table()), "utf-8")


if __name__ == "__main__":
    main()
