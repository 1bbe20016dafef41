"""The same functions in PyTorch and JAX, where they are installed."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .accuracy_rows import Row

Orders = tuple[int, ...]
PEERS = ("PyTorch", "JAX")
_PACKAGES = {"PyTorch": "torch", "JAX": "jax"}
_ROOMS = {
    "PyTorch": ("torch", "torch.special", "torch.nn.functional"),
    "JAX": ("jax.numpy", "jax.nn", "jax.scipy.special", "jax.lax"),
}


def installed() -> list[str]:
    """Which of them there are."""
    return [peer for peer in PEERS if importlib.util.find_spec(_PACKAGES[peer])]


def version(peer: str) -> str:
    """Its name and version."""
    return f"{peer} {importlib.import_module(_PACKAGES[peer]).__version__.partition('+')[0]}"


def function(peer: str, row: Row) -> Callable[..., Any] | None:
    """A row's function there, None where it has none."""
    written = row.torch if peer == "PyTorch" else row.jax
    if written is None:
        rooms = [importlib.import_module(room) for room in _ROOMS[peer]]
        return next((getattr(room, row.name) for room in rooms if callable(getattr(room, row.name, None))), None)
    return _spelt(peer, written, len(row.domains)) if written else None


def _spelt(peer: str, written: str, count: int) -> Callable[..., Any]:
    scope: dict[str, Any] = {"math": importlib.import_module("math")}
    if peer == "PyTorch":
        scope |= {"torch": importlib.import_module("torch"), "F": importlib.import_module("torch.nn.functional")}
    else:
        scope |= {"jnp": importlib.import_module("jax.numpy"), "jss": importlib.import_module("jax.scipy.special")}
        scope |= {"jax": importlib.import_module("jax"), "lax": importlib.import_module("jax.lax")}
    made = eval(f"lambda {', '.join('xy'[:count])}: {written}", scope)  # the table's own text
    assert callable(made)
    return made


def computed(
    peer: str, called: Callable[..., Any], table: np.ndarray, chosen: list[Orders]
) -> dict[Orders, np.ndarray]:
    """The partial derivatives it finds at all points; none of an order that it refuses."""
    found: dict[Orders, np.ndarray] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for orders in chosen:
            try:
                found[orders] = (_torch if peer == "PyTorch" else _jax)(called, table, orders)
            except (RuntimeError, NotImplementedError, TypeError, ValueError):
                continue
    return found


def _torch(called: Callable[..., Any], table: np.ndarray, orders: Orders) -> np.ndarray:
    import torch

    xs = [torch.tensor(row, dtype=torch.float64, requires_grad=True) for row in table]
    slope = called(*xs)
    for x, times in zip(xs, orders, strict=True):
        for _ in range(times):
            if not slope.requires_grad:
                return np.zeros(table.shape[1])
            (slope,) = torch.autograd.grad(slope.sum(), x, create_graph=True, allow_unused=True)
            if slope is None:
                return np.zeros(table.shape[1])
    return slope.detach().numpy()


def _jax(called: Callable[..., Any], table: np.ndarray, orders: Orders) -> np.ndarray:
    import jax

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    slope = called
    for argument, times in enumerate(orders):
        for _ in range(times):
            slope = jax.grad(slope, argument)
    return np.asarray(jax.vmap(slope)(*(jax.numpy.asarray(row) for row in table)))
