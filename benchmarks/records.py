"""2. JSON Lines: whole processes that read, differentiate and write."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .commands import gradcli, script
from .measure import Row

SCALARS, VECTORS, EXPRESSIONS, FORMS = 100_000, 100_000, 20_000, 20_000
FUNCTIONS = ("sin", "cos", "exp", "tanh", "log1p", "sqrt", "abs", "sigmoid")


def rows(folder: Path) -> list[Row]:
    """The rows; files they need are written into folder."""
    random = np.random.default_rng(0)
    scalars, vectors, expressions = (folder / f"{name}.jsonl" for name in ("scalars", "vectors", "expressions"))
    _write(scalars, ({"x": x, "y": y} for x, y in random.standard_normal((SCALARS, 2)).tolist()))
    _write(vectors, ({"x": x, "y": y} for x, y in random.standard_normal((VECTORS, 2, 10)).tolist()))
    _write(
        expressions,
        (
            {"expression": f"sin({a:.3f}*x)*exp(-y^{b}) + {c:.4f}", "variables": {"x": a, "y": c}}
            for a, b, c in zip(random.uniform(1, 9, EXPRESSIONS), random.integers(1, 9, EXPRESSIONS).tolist(),
                               random.uniform(1, 9, EXPRESSIONS), strict=True)
        ),
    )  # fmt: skip
    forms = folder / "forms.jsonl"
    _write(forms, ({"expression": _form(random, 3), "variables": {"x": 1.5, "y": 0.5}} for _ in range(FORMS)))
    return [
        Row(
            "100,000 records of two scalars",
            {
                "gradcli": gradcli("grad", "sin(x)*exp(-y^2)", "--vars", "-", stdin=scalars),
                "torch": script("records_torch", stdin=scalars), "jax": script("records_jax", stdin=scalars),
            }, 1.0, units=(SCALARS, "record"),
        ),
        Row(
            "100,000 records of two vectors of 10",
            {
                "gradcli": gradcli("grad", "sum(sin(x)*exp(-y^2))", "--vars", "-", stdin=vectors),
                "torch": script("records_torch", stdin=vectors), "jax": script("records_jax", stdin=vectors),
            }, 1.0, units=(VECTORS, "record"),
        ),
        Row("20,000 records of expressions with different numbers", {"gradcli": gradcli("grad", "-", stdin=expressions)}, units=(EXPRESSIONS, "expression")),
        Row("20,000 records of expressions of different forms", {"gradcli": gradcli("grad", "-", stdin=forms)}, units=(FORMS, "expression")),
    ]  # fmt: skip


def _form(random: np.random.Generator, depth: int) -> str:
    """An expression of x and y, nested so deep."""
    if depth == 0:
        return str(random.choice(["x", "y", "x", "y", "2", "0.5"]))
    if random.random() < 0.4:
        return f"{random.choice(FUNCTIONS)}({_form(random, depth - 1)})"
    return f"({_form(random, depth - 1)} {random.choice(list('+-*/'))} {_form(random, depth - 1)})"


def _write(path: Path, records: object) -> None:
    path.write_text("".join(json.dumps(each) + "\n" for each in records))  # type: ignore[attr-defined]
