"""What was not done and why, and what needs a word, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..engine.node import Array
from .elements import Elements
from .evidence import STEPS, SYMPY, WITHOUT_RULES, Evidence
from .judgement import Judgement
from .process import Findings

TOLD = 3
"""A remark names so many elements."""


def remarks(
    evidence: Evidence, judgement: Judgement, findings: Findings, asked: Sequence[int], values: Array
) -> Iterator[str]:
    """All remarks on a check but those on its claims."""
    total = evidence.elements.total
    yield from _on_sympy(evidence, findings, len(asked))
    for name, column in evidence.columns.items():
        if name not in WITHOUT_RULES:
            yield from _on_method(f"{name} mode", int(column.asked.sum()), total)
    steps = [name for name in STEPS if name in evidence.columns] or ["numeric differentiation"]
    if evidence.beyond:
        yield "complex steps and differences were not tried: they are computed in float64, which loses these digits"
    else:
        yield from _on_method(" and ".join(steps), evidence.stepped, total)
    yield from _on_kinks(evidence, judgement)
    yield from _on_values(judgement, findings, values)
    rounded = np.flatnonzero(judgement.rounded)
    if len(rounded):
        yield f"rounding inside the expression explains the difference in {_named(evidence.elements, rounded)}"
    undefined = np.flatnonzero(judgement.undefined)
    if len(undefined):
        which = _named(evidence.elements, undefined)
        why = "SymPy may take another branch" if judgement.doubtful else "the value is not finite"
        yield f"{why}: the methods need not agree on {which}"
    if findings.reason is None:
        still_open = judgement.open([p for p in asked if not evidence.kinks[p] and not judgement.undefined[p]])
        if still_open:
            yield f"only gradcli's own modes have an answer for {_named(evidence.elements, still_open)}"


def _on_sympy(evidence: Evidence, findings: Findings, asked: int) -> Iterator[str]:
    total = evidence.elements.total
    done = len(findings.slopes)
    if findings.reason is not None:
        before = f", having checked {done:,} of {total:,} elements" if done else ""
        yield f"SymPy gave up{before}: {findings.reason}"
    elif asked < total:
        yield f"SymPy checked {done:,} of {total:,} elements"
    column = evidence.columns[SYMPY]
    silent = np.flatnonzero(column.asked & ~column.known)
    if len(silent):
        yield f"SymPy has no derivative for {_named(evidence.elements, silent)}"


def _on_method(name: str, count: int, total: int) -> Iterator[str]:
    if count < total:
        yield f"{name} checked {count:,} of {total:,} elements" if count else f"{name} would have taken too long"


def _on_kinks(evidence: Evidence, judgement: Judgement) -> Iterator[str]:
    kinks = np.flatnonzero(judgement.kinks)
    for position in kinks[:TOLD]:
        name, answer = evidence.elements[int(position)].name, f"{evidence.answer[position]:.6g}"
        sides = f"{evidence.left[position]:.6g} on the left and {evidence.right[position]:.6g} on the right"
        if np.isnan(evidence.answer[position]):
            yield f"{name} is at a kink, with slopes {sides}: there is no derivative, and NaN says so"
        elif judgement.confirmed[position]:
            yield f"{name} is at a kink, with slopes {sides}: {answer} is one of its generalised derivatives"
        elif judgement.wrong[position]:
            yield f"{name} is at a kink, with slopes {sides}: {answer} does not lie between them"
        else:
            yield f"{name} is at a jump, where {answer} is a convention that nothing can confirm"
    if len(kinks) > TOLD:
        yield f"{len(kinks) - TOLD:,} more elements are at kinks"


def _on_values(judgement: Judgement, findings: Findings, values: Array) -> Iterator[str]:
    for output in (*judgement.values_wrong, *judgement.values_doubted)[:TOLD]:
        which = "the value" if output is None or len(values) == 1 else f"element {output} of the value"
        yield f"{which} is {values[output or 0]:.17g} by gradcli and {findings.values[output]:.17g} by SymPy"


def _named(elements: Elements, positions: Sequence[int] | NDArray[np.intp]) -> str:
    names = [elements[int(position)].name for position in positions[:TOLD]]
    more = len(positions) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
