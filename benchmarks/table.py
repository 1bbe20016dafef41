"""What was measured, as Markdown."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .measure import Measured

ROOT = Path(__file__).parent.parent
TITLES = {
    "startup": "Cold start",
    "records": "Records",
    "vectors": "Vectors: value and gradient",
    "scalars": "Programs of small operations",
    "matrices": "Jacobians and Hessians",
    "sparse": "Sparse",
}
SHORT = (
    "headline, table, over `import numpy`", "headline, JSON, over PyTorch", "headline, JSON, over JAX",
    "100,000 records of two scalars", "sum(sin(x)*exp(-x²)), n = 1,000,000", "a chain of five, n = 1,000,000",
    "a loop of 20,000 × 4 operations, in process", "Jacobian of tanh(A@x), 1000×1000",
    "Hessian of a function of 500 variables", "Hessian of the chained Rosenbrock function, n = 100,000",
)  # fmt: skip


def line(measured: Measured) -> str:
    """One row as it is measured."""
    times = ", ".join(f"{name} {_time(seconds)}{_memory(measured, name)}" for name, seconds in measured.seconds.items())
    absent = "".join(f"; {name} is not installed" for name in measured.absent)
    return f"{measured.row.name}: {times}{_per_unit(measured)}{absent}"


def long_table(found: Mapping[str, Sequence[Measured]]) -> str:
    """Every row: times, ratios, memory, goals."""
    parts = []
    for name, rows in found.items():
        extra = " over a part of the task |" if any(each.row.parts for each in rows) else ""
        parts.append(
            f"### {TITLES[name]}\n\n| task | gradcli | peers | ratio | goal |{extra}\n|---|---|---|---|---|{'---|' * bool(extra)}"
        )
        parts += [_row(each) for each in rows]
        parts.append("")
    return "\n".join(parts)


def _row(measured: Measured) -> str:
    ours, *peers = measured.row.contenders
    own = f"{_time(measured.seconds[ours])}{_memory(measured, ours)}{_per_unit(measured)}"
    others = "; ".join(
        f"{name} {_time(measured.seconds[name])}{_memory(measured, name)}" if name in measured.seconds else f"{name} —"
        for name in peers
        if name not in measured.row.parts
    )
    ratio, goal = measured.ratio, measured.row.goal
    row = f"| {measured.row.name} | {own} | {others} | {_number(ratio)} | {'' if goal is None else f'≤ {goal:g}'} |"
    return f"{row} {_over_parts(measured)} |" if measured.row.parts else row


def _over_parts(measured: Measured) -> str:
    return "; ".join(
        f"{name} {_time(measured.seconds[name])}: {_number(measured.ratios[name])} (≤ {goal:g})"
        for name, goal in measured.row.parts.items()
        if name in measured.ratios
    )


def short_table(found: Mapping[str, Sequence[Measured]]) -> str:
    """A few rows, with the ratio to each peer."""
    rows = {each.row.name: each for part in found.values() for each in part}
    lines = ["| task | gradcli | its time over that of |", "|---|---|---|"]
    for name in SHORT:
        if name in rows:
            each = rows[name]
            ratios = ", ".join(f"{peer} {_number(ratio)}" for peer, ratio in each.ratios.items())
            lines.append(f"| {name.split(', over ')[0]} | {_time(each.seconds['gradcli'])} | {ratios} |")
    return "\n".join(lines)


def write(found: Mapping[str, Sequence[Measured]]) -> None:
    """Put the tables between their marks in docs/performance.md and README.md."""
    _between(ROOT / "docs" / "performance.md", f"{_machine()}\n\n{long_table(found)}")
    _between(ROOT / "README.md", short_table(found))


def _between(path: Path, text: str) -> None:
    marks = r"(<!-- benchmarks -->\n).*?(<!-- /benchmarks -->)"
    old = path.read_text()
    if not re.search(marks, old, re.DOTALL):
        raise SystemExit(f"{path.name} has no place for the table")
    path.write_text(re.sub(marks, lambda found: f"{found[1]}\n{text.strip()}\n\n{found[2]}", old, flags=re.DOTALL))


def _machine() -> str:
    peers = []
    for name in ("numpy", "torch", "jax", "autograd", "casadi", "sympy"):
        try:
            peers.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    import os

    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, {', '.join(peers)}."


def _time(seconds: float) -> str:
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _memory(measured: Measured, name: str) -> str:
    memory = measured.memory.get(name, 0)
    return f" ({memory / 2**20:.0f} MB)" if memory else ""


def _per_unit(measured: Measured) -> str:
    if measured.row.units is None:
        return ""
    count, unit = measured.row.units
    return f", {_time(next(iter(measured.seconds.values())) / count)} a{'n' if unit[0] in 'aeiou' else ''} {unit}"


def _number(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3g}"
