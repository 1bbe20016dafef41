"""What it costs that a branch which was not taken contributes nothing.

    python -m tests.branch_cost [--rounds N]

Each gradient is computed by the plan that gradcli makes, and by the same plan with plain products and quotients in
place of those in which a zero wins over infinity. Both take turns in one process; medians of processor time are
compared. The bound is 5 % on top.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradcli.engine import derivatives
from gradcli.engine.evaluate import Plan
from gradcli.engine.node import Node
from gradcli.language.parser import parse
from gradcli.program import trace

BOUND = 0.05
SCALAR = "\n".join(
    [
        "a, b = x, y",
        "for i in range(50):",
        "    a, b = sin(a) * b + 0.5 * a, cos(b) * a / (1 + a * a)",
        "where(a > 0, a * b, a - b) + relu(a) * tanh(b)",
    ]
)
VECTOR = "sum(where(x > 0, exp(-x * x) * sin(x), log(1 + x * x) / (2 + cos(x))) * sqrt(1 + x * x) + relu(x) * tanh(x))"


class Case(NamedTuple):
    """A program, the shape of its variables, and how many runs are timed together."""

    name: str
    program: str
    shapes: Mapping[str, tuple[int, ...]]
    repeats: int


CASES = (
    Case("a scalar program", SCALAR, {"x": (), "y": ()}, 40),
    Case("a vector of 1,000", VECTOR, {"x": (1_000,)}, 40),
    Case("a vector of 1,000,000", VECTOR, {"x": (1_000_000,)}, 1),
)


class Cost(NamedTuple):
    """Seconds of processor time for one gradient, and how many of its products look for zeros."""

    safe: float
    plain: float
    products: int

    @property
    def extra(self) -> float:
        """What safety costs, as a share of the time without it."""
        return self.safe / self.plain - 1.0


def plans(case: Case) -> tuple[Plan, Plan, dict[Node, Any]]:
    """The plan of a gradient, the same with plain products, and values to feed."""
    traced = trace(parse(case.program), case.shapes)
    inputs = list(traced.inputs.values())
    nodes = [traced.value, *derivatives.gradient(traced.value, None, inputs)]
    random = np.random.default_rng(4)
    feeds = {node: random.uniform(-2.0, 2.0, node.shape) for node in inputs}
    safe, plain = Plan(nodes), Plan(nodes)
    plain._steps, plain._guards = plain._plain, []
    return safe, plain, feeds


def seconds(run: Callable[[], object], repeats: int) -> float:
    """Processor time of one run."""
    start = time.process_time()
    for _ in range(repeats):
        run()
    return (time.process_time() - start) / repeats


def cost(case: Case, rounds: int) -> Cost:
    """Measure a case: so many rounds, in each of which either plan comes first in turn."""
    safe, plain, feeds = plans(case)
    looking = sum(kernel is not other for (kernel, *_), (other, *_) in zip(safe._steps, safe._plain, strict=True))
    runs: Sequence[Callable[[], object]] = (lambda: safe.run(feeds), lambda: plain.run(feeds))
    found: tuple[list[float], list[float]] = ([], [])
    for run in runs:
        run()
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            found[which].append(seconds(runs[which], case.repeats))
    return Cost(statistics.median(found[0]), statistics.median(found[1]), looking)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=41, help="how often each plan is timed (41)")
    rounds = parser.parse_args().rounds
    print(f"{'gradient of':<24}{'products':>9}{'safe':>12}{'plain':>12}{'extra':>9}   of at most {BOUND:.0%}")
    for case in CASES:
        found = cost(case, rounds)
        times = f"{found.safe * 1e6:>9.1f} µs{found.plain * 1e6:>9.1f} µs"
        print(f"{case.name:<24}{found.products:>9}{times}{found.extra:>9.1%}", flush=True)


if __name__ == "__main__":
    main()
