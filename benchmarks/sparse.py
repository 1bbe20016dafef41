"""6. Sparse Jacobians and Hessians, as processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .commands import gradcli, script
from .measure import Row

TASKS = {
    "rosenbrock": ("hessian", "sum(100*(x[1:]-x[:-1]**2)**2 + (1-x[:-1])**2)"),
    "stencil": ("jacobian", "x[2:] - 2*x[1:-1] + x[:-2] + sin(x[1:-1])"),
    "laplacian": (
        "jacobian",
        "x[2:,1:-1] + x[:-2,1:-1] + x[1:-1,2:] + x[1:-1,:-2] - 4*x[1:-1,1:-1] + exp(x[1:-1,1:-1])",
    ),
}
TITLES = {
    "rosenbrock": "Hessian of the chained Rosenbrock function",
    "stencil": "Jacobian of a three-point stencil",
    "laplacian": "Jacobian of a five-point Laplacian",
}


def rows(folder: Path) -> list[Row]:
    """The rows; files they need are written into folder."""
    found = [_row(folder, name, 100_000, True) for name in ("rosenbrock", "stencil")]
    found.append(_row(folder, "laplacian", 300, True))
    return found + [_row(folder, "rosenbrock", n, False) for n in (1_000, 10_000, 1_000_000)]


def _row(folder: Path, name: str, n: int, beside: bool) -> Row:
    command, expression = TASKS[name]
    source = folder / f"{name}-{n}.npy"
    np.save(source, np.full((n, n) if name == "laplacian" else n, 1.1))
    saved = str(folder / f"{name}.npz")
    ours = gradcli(command, expression, "--sparse", "--x", f"@{source}", "--save", saved)
    size = f"{n}×{n}" if name == "laplacian" else f"n = {n:,}"
    peers = {"casadi": script("sparse_casadi", name, str(n))} if beside else {}
    return Row(f"{TITLES[name]}, {size}", {"gradcli": ours, **peers}, 1.0 if beside else None)
