"""How many units in the last place values and derivatives are off, over all of float64.

    python -m tests.accuracy [NAME ...] [--points N] [--order K] [--peers] [--write]

For every smooth elementwise function: its value and its derivatives, computed by gradcli, against SymPy's
derivative of a formula evaluated by mpmath at 60 digits or as many more as it takes. --peers measures PyTorch
and JAX, where they are installed, on the same points; --write puts the tables into docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gradcli.engine.derivatives import gradient
from gradcli.engine.evaluate import Plan
from gradcli.engine.node import Graph, Node

from . import accuracy_peers
from .accuracy_cases import CASES
from .accuracy_rows import ROWS, Row
from .truths import derivative, distance, evaluated, points

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "accuracy.md"
LIMITS = {0: 2.0, 1: 2.0, 2: 8.0, 3: 16.0}
"""The ulps from which a zero of the derivative is looked for nearby."""
Orders = tuple[int, ...]


class Errors(NamedTuple):
    """The errors of one order in ulps, of all partial derivatives, with the points and what was found there."""

    ulps: np.ndarray
    worst: str

    @property
    def largest(self) -> float:
        finite = self.ulps[np.isfinite(self.ulps)]
        return float(finite.max()) if finite.size else 0.0

    @property
    def usual(self) -> float:
        """The 99th percentile."""
        finite = self.ulps[np.isfinite(self.ulps)]
        return float(np.quantile(finite, 0.99)) if finite.size else 0.0

    @property
    def false(self) -> int:
        """How many are a 0, an infinity or a NaN that is none."""
        return int(np.isinf(self.ulps).sum())


def partials(row: Row, order: int) -> list[Orders]:
    """The partial derivatives of an order: how often for each variable."""
    count = len(row.domains)
    chosen = itertools.combinations_with_replacement(range(count), order)
    return [tuple(which.count(variable) for variable in range(count)) for which in chosen]


def computed(row: Row, table: np.ndarray, order: int) -> dict[Orders, np.ndarray]:
    """gradcli's value and partial derivatives up to an order at all points."""
    graph = Graph()
    xs = [graph.input(name, ()) for name in "xy"[: len(table)]]
    nodes: dict[Orders, Node] = {(0,) * len(xs): row.node(*xs)}
    for each in range(1, order + 1):
        for orders in partials(row, each):
            variable = next(i for i, times in enumerate(orders) if times)
            before = tuple(times - (i == variable) for i, times in enumerate(orders))
            nodes[orders] = gradient(nodes[before], None, [xs[variable]])[0]
    found = Plan(list(nodes.values())).run(dict(zip(xs, table, strict=True)))
    shape = table.shape[1:]
    return {orders: np.broadcast_to(values, shape) for orders, values in zip(nodes, found, strict=True)}


class Truths:
    """The true derivatives of a row at its points, worked out once."""

    def __init__(self, row: Row, count: int) -> None:
        self.row = row
        table = points(count, row.domains, row.near)
        value = self.of((0,) * len(row.domains), table)
        kept = [i for i, each in enumerate(value) if each is not None and abs(each) < 1.7976931348623157e308]
        self.table = table[:, kept]
        self.known: dict[Orders, list[Any]] = {(0,) * len(row.domains): [value[i] for i in kept]}

    def of(self, orders: Orders, table: np.ndarray) -> list[Any]:
        function = derivative(self.row.formula, orders)
        return [evaluated(function, point) for point in table.T.tolist()]

    def at(self, orders: Orders) -> list[Any]:
        if orders not in self.known:
            self.known[orders] = self.of(orders, self.table)
        return self.known[orders]

    def errors(self, found: dict[Orders, np.ndarray], order: int) -> Errors:
        """How far the derivatives of an order are off."""
        every: list[float] = []
        worst = (-1.0, "")
        for orders in partials(self.row, order):
            function = derivative(self.row.formula, orders)
            variable = next((i for i, times in enumerate(orders) if times), 0)
            for point, true, got in zip(self.table.T.tolist(), self.at(orders), found[orders], strict=True):
                if true is None:
                    continue
                off = distance(float(got), true, function, point, variable, LIMITS[order])
                every.append(off)
                worst = max(worst, (off, f"{orders} at {point}: {got!r}, not {float(true)!r}"))
        return Errors(np.array(every), worst[1])


class Measured(NamedTuple):
    """A row's errors by order: gradcli's, and those of the others, where they know the function."""

    row: Row
    points: int
    ours: list[Errors]
    peers: dict[str, dict[int, Errors]]


def measured(row: Row, count: int, order: int, peers: Sequence[str] = ()) -> Measured:
    """The errors of a row at about count points."""
    truths = Truths(row, count)
    found = computed(row, truths.table, order)
    ours = [truths.errors(found, each) for each in range(order + 1)]
    others = {peer: _peer_errors(truths, peer, order) for peer in peers}
    return Measured(row, truths.table.shape[1], ours, others)


def _peer_errors(truths: Truths, peer: str, order: int) -> dict[int, Errors]:
    called = accuracy_peers.function(peer, truths.row)
    if called is None:
        return {}
    errors = {}
    for each in range(1, min(order, 2) + 1):
        chosen = partials(truths.row, each)
        found = accuracy_peers.computed(peer, called, truths.table, chosen)
        if len(found) == len(chosen):
            errors[each] = truths.errors(found, each)
    return errors


# ---- the tables ----------------------------------------------------------------------------------------


def _figure(errors: Errors | None) -> str:
    if errors is None:
        return "–"
    text = f"{_short(errors.largest)} ({_short(errors.usual)})"
    return f"{text}, {errors.false} false" if errors.false else text


def _short(ulps: float) -> str:
    return f"{ulps:.1f}" if ulps < 100 else f"{ulps:.0f}" if ulps < 1e4 else f"{ulps:.0e}".replace("e+", "e")


def head(order: int, peers: Sequence[str]) -> list[str]:
    """The table's first two lines."""
    columns = ["function", "points", "value", *("first", "second", "third")[:order]]
    columns += [f"{peer}, {which}" for peer in peers for which in ("first", "second")[:order]]
    return [_line(columns), _line(["---"] * len(columns))]


def line(found: Measured) -> str:
    """A row of the table."""
    name = f"`{found.row.name}`" + (" ¹" if found.row.kernel else "")
    others = [
        _figure(errors.get(each)) for errors in found.peers.values() for each in range(1, min(len(found.ours), 3))
    ]
    return _line([name, str(found.points), *map(_figure, found.ours), *others])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cases(peers: Sequence[str]) -> Iterator[str]:
    """The places where digits are often lost, a line each."""
    yield _line(["derivative", "at", "truth", "gradcli, forward", "gradcli, reverse", *peers])
    yield _line(["---"] * (5 + len(peers)))
    for case in CASES:
        answers = [_number(case.computed(mode)) for mode in ("forward", "reverse")]
        point = np.array([[x] for x in case.at])
        for peer in peers:
            called = accuracy_peers.function(peer, case.row)
            found = accuracy_peers.computed(peer, called, point, [case.orders]) if called else {}
            answers.append(_number(float(found[case.orders][0])) if found else "–")
        yield _line([f"`{case.name}`", ", ".join(f"{x:g}" for x in case.at), _number(float(case.true())), *answers])


def _number(value: float) -> str:
    return f"{value:.17g}"


def _versions(peers: Sequence[str]) -> str:
    packages = [f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "sympy", "mpmath")]
    return ", ".join([f"Python {sys.version.split()[0]}", *packages, *map(accuracy_peers.version, peers)])


def write(tables: dict[str, Sequence[str]]) -> None:
    """Put each table between its markers in docs/accuracy.md."""
    text = DOCUMENT.read_text("utf-8")
    for name, lines in tables.items():
        start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = "\n".join([before + start, "", *lines, "", end + after])
    DOCUMENT.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="rows of the table; all of them by default")
    parser.add_argument("--points", type=int, default=240, help="about how many points a function")
    parser.add_argument("--order", type=int, default=2, choices=(1, 2, 3), help="the highest derivative")
    parser.add_argument("--peers", action="store_true", help="PyTorch and JAX too, where they are installed")
    parser.add_argument("--worst", action="store_true", help="show where the largest errors are")
    parser.add_argument("--write", action="store_true", help="write docs/accuracy.md")
    options = parser.parse_args(arguments)
    peers = accuracy_peers.installed() if options.peers else []
    lines = head(options.order, peers)
    print("\n".join(lines))
    for row in ROWS:
        if not options.names or row.name in options.names:
            found = measured(row, options.points, options.order, peers)
            lines.append(line(found))
            print(lines[-1], flush=True)
            if options.worst:
                print(*(f"    {errors.worst}" for errors in found.ours), sep="\n")
    named = list(cases(peers))
    print("\n".join(["", *named]))
    if options.write:
        command = f"    python -m tests.accuracy --points {options.points} --order {options.order}{' --peers' * options.peers} --write"
        write({"table": lines, "cases": named, "versions": [_versions(peers) + ":", "", command]})


if __name__ == "__main__":
    main()
