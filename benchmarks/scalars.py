"""4. Programs of small operations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .commands import gradcli, script
from .measure import Call, Row

LOOP = """\
import torch
x0 = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
x = x0
for i in range({steps}):
    y = x * 0.5
    y = y + 1.0
    y = torch.sin(y)
    x = y - 0.3
x.backward()
print(x0.grad)
"""
CHAIN = """\
x = a
for i in range(1000000):
    x = sin(x)
x
"""


def rows(folder: Path) -> list[Row]:
    """The rows; files they need are written into folder."""
    loop, long_loop, chain = folder / "loop.py", folder / "long_loop.py", folder / "chain.py"
    loop.write_text(LOOP.format(steps=20_000))
    long_loop.write_text(LOOP.format(steps=250_000))
    chain.write_text(CHAIN)
    return [
        Row(
            "a loop of 20,000 × 4 operations, in process",
            {"gradcli": Call(lambda: _gradcli(loop)), "torch": Call(lambda: _torch(loop))},
            1.0, units=(80_000, "operation"),
        ),
        Row(
            "a loop of 250,000 × 4 operations, as a process",
            {"gradcli": gradcli("run", str(long_loop)), "torch": script("loop_torch", str(long_loop))},
            1.0, units=(1_000_000, "operation"), slow=True,
        ),
        Row(
            "a chain of 1,000,000 operations, as a process",
            {"gradcli": gradcli("grad", "-f", str(chain), "--a", "1", "--json")}, units=(1_000_000, "operation"), slow=True,
        ),
        Row("a planned graph of 20,000 operations, again", {"gradcli": Call(_again)}, units=(20_000, "operation")),
    ]  # fmt: skip


def _gradcli(path: Path) -> Callable[[], object]:
    import gradcli

    source = path.read_text()
    return lambda: gradcli.run(source)


def _torch(path: Path) -> Callable[[], object]:
    import torch  # noqa: F401

    code = compile(path.read_text().replace("print(x0.grad)", ""), str(path), "exec")
    return lambda: exec(code, {})


def _again() -> Callable[[], object]:
    from gradcli.engine.evaluate import Plan
    from gradcli.engine.node import Graph

    graph = Graph()
    x = graph.input("x", ())
    y = x
    for _ in range(5_000):
        y = (y * 0.5 + 1.0) * y - 0.3
    plan, feeds = Plan([y]), {x: np.array(0.1)}
    return lambda: plan.run(feeds)
