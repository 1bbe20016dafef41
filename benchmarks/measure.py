"""Timing things side by side.

Contenders take turns, so that what else the machine does falls on all of them; medians are compared, and
only numbers from one run. A whole process is timed from its start to its end, with the most memory it held;
a call by the clock, after a first one that is not counted.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LAUNCH = Path(__file__).parent / "launch.py"


@dataclass(frozen=True)
class Process:
    """A command; stdin is a file it reads."""

    argv: Sequence[str]
    stdin: Path | None = None
    status: int = 0


@dataclass(frozen=True)
class Call:
    """A function without arguments, made by set_up (what that imports and compiles is not counted)."""

    set_up: Callable[[], Callable[[], object]]


Contender = Process | Call


@dataclass(frozen=True)
class Row:
    """Contenders for one task. The first is gradcli; goal is what its time may be, over the fastest peer's
    (or over that of `against`); parts are contenders that do a part of the task only, with what gradcli's time may be
    over theirs; units is how many things one run does, and of what."""

    name: str
    contenders: dict[str, Contender]
    goal: float | None = None
    against: str | None = None
    units: tuple[int, str] | None = None
    slow: bool = False
    parts: dict[str, float] = field(default_factory=dict)


@dataclass
class Measured:
    """Medians in seconds, and the most memory in bytes (of processes), by contender."""

    row: Row
    seconds: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def ratios(self) -> dict[str, float]:
        """gradcli's time over each of the others'."""
        ours, *others = self.row.contenders
        if ours not in self.seconds:
            return {}
        return {name: self.seconds[ours] / self.seconds[name] for name in others if name in self.seconds}

    @property
    def ratio(self) -> float | None:
        """gradcli's time over that of the one it is measured against."""
        against, parts = self.row.against, self.row.parts
        ratios = {
            name: ratio
            for name, ratio in self.ratios.items()
            if name == against or (against is None and name not in parts)
        }
        return max(ratios.values(), default=None)


def measure(row: Row, rounds: int) -> Measured:
    """Run a row's contenders in turn, so many rounds."""
    result = Measured(row)
    runners: dict[str, Callable[[], tuple[float, int]]] = {}
    for name, contender in row.contenders.items():
        try:
            runner = _process(contender) if isinstance(contender, Process) else _call(contender)
            runner()
        except (ImportError, FileNotFoundError) as error:
            result.absent[name] = str(error)
        else:
            runners[name] = runner
    found: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, runner in runners.items():
            seconds, memory = runner()
            found[name].append(seconds)
            result.memory[name] = max(memory, result.memory.get(name, 0))
    result.seconds = {name: statistics.median(times) for name, times in found.items()}
    return result


def _call(contender: Call) -> Callable[[], tuple[float, int]]:
    function = contender.set_up()
    # what is over in a moment is done often enough for the clock
    function()
    start = time.perf_counter()
    function()
    times = max(1, min(1000, int(0.02 / max(1e-7, time.perf_counter() - start))))

    def run() -> tuple[float, int]:
        start = time.perf_counter()
        for _ in range(times):
            function()
        return (time.perf_counter() - start) / times, 0

    return run


def _process(contender: Process) -> Callable[[], tuple[float, int]]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    command = [sys.executable, "-S", str(LAUNCH), str(contender.stdin or os.devnull), *contender.argv]

    def run() -> tuple[float, int]:
        answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout
        seconds, memory, status, said = json.loads(answer)
        if "ModuleNotFoundError" in said:
            raise ImportError(said.strip().splitlines()[-1])
        if status != contender.status:
            raise RuntimeError(f"{' '.join(contender.argv)} ended with {status}:\n{said}")
        return seconds, memory

    return run
