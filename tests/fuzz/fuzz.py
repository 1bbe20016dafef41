"""One case from seed to findings, and many of them to a tally."""

from __future__ import annotations

import gc
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from . import judge, trees, with_gradcli
from .answers import Answer
from .judge import Court, Finding
from .trees import Case

SAMPLED, TWICE, TEXT, JAX = 8, 4, 100, 2000
"""One case in so many is held against the truth although all agree; differentiated by reverse mode twice besides
forward over reverse; put to gradcli as text besides; put to JAX."""
KEPT = 60
"""So many seeds are remembered for each finding; of what gradcli has wrong, all."""
SHRUNK = 2
"""So many of each finding about others are shrunk in a run, to name the operation."""

Peer = Callable[[Case], "Answer | None"]


class Examined:
    """What one case gave: its findings, and which checks it went through."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.findings: list[Finding] = []
        self.checks: list[str] = []


def examine(case: Case, peers: dict[str, Peer], sampled: bool, twice: bool = True, text: bool = False) -> Examined:
    """Hold gradcli and its peers against each other; where they differ, or if sampled, against the truth.

    twice: the second order by reverse mode twice as well; text: the gradient by way of the language as well.
    """
    out = Examined(case)
    try:
        ours = with_gradcli.answers(case, twice)
    except Exception as error:  # whatever it is, it is a finding
        out.findings.append(Finding("gradcli", "first", f"raises {type(error).__name__}"))
        return out
    if ours is None:
        out.checks.append("refused by gradcli")
        return out
    answers = {name: peer(case) for name, peer in peers.items()}
    for name, answer in answers.items():
        out.checks.append(f"with {name}" if answer is not None else f"not in {name}")
    agree = judge.consistent(case, ours) and all(
        judge.close(ours.gradient, a.gradient) and judge.close(ours.product, a.product) and abs(ours.value - a.value) <= 1e-9 * abs(a.value)
        for a in answers.values()
        if a is not None
    )  # fmt: skip
    if twice:
        out.checks.append("reverse mode twice")
    told = None
    if text:
        out.checks.append("by way of the language")
        told = _by_text(out, ours)
    if agree and not sampled and told is None and any(a is not None for a in answers.values()):
        out.checks.append("all agree")
        return out
    try:
        _judged(out, ours, answers, told)
    except (ArithmeticError, ValueError, LookupError, AttributeError, TypeError) as error:
        out.findings.clear()
        out.checks.append(f"mpmath gave up ({type(error).__name__})")
    return out


def _judged(
    out: Examined, ours: with_gradcli.Answers, answers: dict[str, Answer | None], told: np.ndarray | None
) -> None:
    court = Court(out.case)
    _ours(out, court, ours)
    if told is not None:
        out.findings.append(court.one("gradcli text", "gradient", "first", told))
    for name, answer in answers.items():
        if answer is not None:
            out.findings += court.findings(name, answer)
    out.checks.append("held against mpmath")


def _ours(out: Examined, court: Court, ours: with_gradcli.Answers) -> None:
    out.findings += court.findings("gradcli", ours.answer)
    out.findings.append(court.one("gradcli forward", "slope", "first", np.array([ours.slope])))
    if ours.reverse_reverse is not None:
        out.findings.append(court.one("gradcli reverse twice", "product", "second", ours.reverse_reverse))
    if court.state("first") is None:
        value = court.one("gradcli value", "value", "first", np.array([ours.value]))
        out.findings.append(value._replace(order="value"))
    if not np.isfinite([ours.slope, *ours.gradient]).all():
        _modes(out, court, "first", ours.gradient, ours.forward_gradient())
    if ours.reverse_reverse is not None:
        _modes(out, court, "second", ours.product, ours.reverse_reverse)


def _modes(out: Examined, court: Court, order: str, a: np.ndarray, b: np.ndarray) -> None:
    """Whether two mixes of modes find the same elements finite, NaN, inf and -inf."""
    with np.errstate(all="ignore"):
        same = (np.isfinite(a) & np.isfinite(b)) | (a == b) | (np.isnan(a) & np.isnan(b))
    if same.all():
        return
    verdict = "modes differ"
    if court.truth.run.ranges:
        verdict = "modes differ out of range"
    elif court.state(order) == "undefined":
        verdict = "modes differ where there is no value"
    elif court.state(order) is None and court.turned():
        verdict = "modes differ as rounding turns a branch"
    elif court.state(order) is not None and not (np.isfinite(a) | np.isfinite(b))[~same].any():
        verdict = "modes differ where infinities meet"
    out.findings.append(Finding("gradcli modes", order, verdict))


def _by_text(out: Examined, ours: with_gradcli.Answers) -> np.ndarray | None:
    """By way of the language it is the same gradient, or another, which is returned to be judged: one of more digits where
    terms cancel, or of the same terms added up in another order."""
    try:
        found = with_gradcli.by_text(out.case)
    except Exception as error:
        out.findings.append(Finding("gradcli text", "first", f"raises {type(error).__name__}"))
        return None
    if found is None:
        out.findings.append(Finding("gradcli text", "first", "refused"))
        return None
    return None if np.allclose(found, ours.gradient, rtol=1e-9, atol=0.0, equal_nan=True) else found


# ---- shrinking -------------------------------------------------------------------------------------


def shrunk(case: Case, peers: dict[str, Peer], finding: Finding) -> Case:
    """The smallest subexpression of case about which the same is found of the same backend and order."""
    inputs = len(case.inputs)
    smaller = [trees.pruned(inputs, case.steps, inputs + i) for i in range(len(case.steps))]
    for steps in sorted(smaller, key=len):
        part = trees.asked(case.seed, case.inputs, steps)
        if finding in examine(part, peers, sampled=True).findings:
            return part
    return case


# ---- many ------------------------------------------------------------------------------------------


class Tally:
    """Counts by check and by finding, the operations to blame, and seeds to replay."""

    def __init__(self) -> None:
        self.cases = 0
        self.seconds = 0.0
        self.checks: Counter[str] = Counter()
        self.findings: Counter[Finding] = Counter()
        self.blamed: Counter[tuple[str, ...]] = Counter()
        self.seeds: dict[Finding, list[int]] = {}
        self.operations: Counter[str] = Counter()

    def add(self, examined: Examined) -> None:
        self.cases += 1
        self.checks.update(examined.checks)
        self.operations.update(step.op for step in examined.case.steps)
        for finding in examined.findings:
            self.findings[finding] += 1
            seeds = self.seeds.setdefault(finding, [])
            if is_ours(finding) or len(seeds) < KEPT:
                seeds.append(examined.case.seed)

    def merge(self, other: Tally) -> None:
        self.cases += other.cases
        self.seconds += other.seconds
        for name in ("checks", "findings", "blamed", "operations"):
            getattr(self, name).update(getattr(other, name))
        for finding, seeds in other.seeds.items():
            self.seeds.setdefault(finding, []).extend(seeds)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({
            "cases": self.cases, "seconds": self.seconds, "checks": self.checks, "operations": self.operations,
            "findings": [[*finding, count] for finding, count in self.findings.items()],
            "blamed": [[*key, count] for key, count in self.blamed.items()],
            "seeds": [[*finding, seeds] for finding, seeds in self.seeds.items()],
        }))  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Tally:
        read = json.loads(path.read_text())
        out = cls()
        out.cases, out.seconds = read["cases"], read["seconds"]
        out.checks.update(read["checks"])
        out.operations.update(read["operations"])
        out.findings.update({Finding(*row[:3]): row[3] for row in read["findings"]})
        out.blamed.update({tuple(row[:-1]): row[-1] for row in read["blamed"]})
        out.seeds = {Finding(*row[:3]): row[3] for row in read["seeds"]}
        return out


EXCUSED_MODES = (
    "modes differ out of range",
    "modes differ where infinities meet",
    "modes differ as rounding turns a branch",
    "modes differ where there is no value",
)  # fmt: skip


def is_ours(finding: Finding) -> bool:
    """Whether a finding says that gradcli is wrong."""
    fine = (*judge.FINE, *EXCUSED_MODES)
    return finding.who.startswith("gradcli") and finding.verdict not in fine


def is_theirs(finding: Finding) -> bool:
    """Whether a finding says that another library is wrong."""
    return not finding.who.startswith("gradcli") and finding.verdict not in judge.FINE


def peers_of(names: Iterable[str]) -> dict[str, Peer]:
    """The other libraries, by name."""
    found: dict[str, Peer] = {}
    for name in names:
        if name == "PyTorch":
            from . import with_torch

            found[name] = with_torch.answer
        if name == "JAX":
            from . import with_jax

            found[name] = with_jax.answer
    return found


def run(
    seeds: Iterable[int], peers: dict[str, Peer], note: Callable[[Tally, Examined], None] | None = None, jax: int = JAX
) -> Tally:
    """Examine the cases of these seeds, one in jax of them by JAX too."""
    tally, began = Tally(), time.monotonic()
    gc.collect()
    gc.freeze()
    for seed in seeds:
        draw = random.Random(~seed)
        case = trees.make(seed)
        asked = {name: peer for name, peer in peers.items() if name != "JAX" or draw.randrange(jax) == 0}
        examined = examine(case, asked, *(draw.randrange(n) == 0 for n in (SAMPLED, TWICE, TEXT)))
        tally.add(examined)
        for finding in examined.findings:
            if is_theirs(finding) and tally.findings[finding] <= SHRUNK:
                small = shrunk(case, {finding.who: peers[finding.who]}, finding)
                tally.blamed[finding.who, finding.order, finding.verdict, small.steps[-1].op] += 1
        tally.seconds = time.monotonic() - began
        if note is not None:
            note(tally, examined)
    return tally
