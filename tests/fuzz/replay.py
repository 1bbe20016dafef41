"""One case again, in detail; and all that gradcli once had wrong, as it answers now."""

from __future__ import annotations

from collections import Counter

from mpmath import mp

from . import fuzz, trees, with_gradcli
from .answers import Answer
from .fuzz import Examined, Finding, Peer, Tally
from .judge import Court


def detailed(seed: int, peers: dict[str, Peer]) -> str:
    """What everyone says of the case, and for each finding the smallest part of which it holds."""
    case = trees.make(seed)
    court = Court(case)
    examined = fuzz.examine(case, peers, sampled=True, text=True)
    weights, direction = case.weights.tolist(), [part.tolist() for part in case.direction]
    lines = [trees.described(case), f"weights {weights}, direction {direction}"]
    lines.append(_said("mpmath", _shown(court.truth.value), *map(_all, (court.truth.gradient, court.truth.product))))
    met = court.truth.run
    lines.append(f"kinks {sorted(met.kinks)}, out of range {sorted(met.ranges)}, no value {sorted(met.causes)}")
    ours = with_gradcli.answers(case)
    answers: dict[str, Answer | None] = {"gradcli": ours and ours.answer}
    answers.update({name: peer(case) for name, peer in peers.items()})
    for name, answer in answers.items():
        if answer is not None:
            lines.append(_said(name, repr(answer.value), answer.gradient.tolist(), answer.product.tolist()))
    for finding in examined.findings:
        lines.append("  ".join(finding))
        if fuzz.is_ours(finding) or fuzz.is_theirs(finding):
            lines.append(f"    {trees.described(fuzz.shrunk(case, peers, finding))}")
    return "\n".join(lines)


def _said(who: str, value: str, gradient: object, product: object) -> str:
    return f"{who}: value {value}\n    gradient {gradient}\n    Hessian times direction {product}"


def _shown(x: object) -> str:
    return str(mp.nstr(x, 17))


def _all(xs: list[object]) -> str:
    return f"[{', '.join(map(_shown, xs))}]"


def again(tally: Tally) -> dict[Finding, list[int]]:
    """Of the cases in which gradcli was wrong, those in which it is so still."""
    still: dict[Finding, list[int]] = {}
    seeds = {seed for finding, those in tally.seeds.items() if fuzz.is_ours(finding) for seed in those}
    for seed in sorted(seeds):
        examined: Examined = fuzz.examine(trees.make(seed), {}, sampled=True, text=True)
        for finding in examined.findings:
            if fuzz.is_ours(finding):
                still.setdefault(finding, []).append(seed)
    return still


def smallest(still: dict[Finding, list[int]], most: int = 20) -> Counter[str]:
    """The operations that the first few of them come down to."""
    found: Counter[str] = Counter()
    for finding, seeds in still.items():
        for seed in seeds[:most]:
            found[fuzz.shrunk(trees.make(seed), {}, finding).steps[-1].op] += 1
    return found
