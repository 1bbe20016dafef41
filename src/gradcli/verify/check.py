"""The verdict on a derivative.

* **fail**: an answer contradicts another beyond what rounding explains (`agreement`); a claim does not
  hold; at a kink the answer lies outside the slopes on its two sides; or the value itself is wrong.
* **inconclusive**: nothing contradicts, but SymPy gave up or saw only a sample, or there are elements that no
  method but gradcli's own modes has an answer for, such as a convention at a jump.
* **pass**: every element has been confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..engine.direct import Answer
from ..engine.node import Array
from ..results import CheckReport, CheckRow, Verdict
from .agreement import MOST_DIGITS
from .claims import Claims, compared, worked_out
from .elements import Elements
from .evidence import STEPS, Evidence
from .judgement import Judgement
from .point import Point
from .process import Findings, SymbolicProcess
from .remarks import remarks
from .request import TooMuchError, request
from .rounding import rounding

if TYPE_CHECKING:
    from ..answering import Extra, Prepared

ROWS = 100
"""A report has a row for each element up to this many; of more, for a sample and the WORST."""
WORST = 5


def verify(
    prepared: Prepared,
    arrays: Mapping[str, Array],
    extra: Extra,
    answer: Answer,
    claims: Mapping[str, str],
    output: str = "y",
) -> CheckReport:
    """Check an answer by every means there is, and claims (variables to expressions) against it; output is
    what to call the expression's value.

    Raises UsageError and DataError for claims that do not fit, and what evaluating them raises.
    """
    with SymbolicProcess() as sympy:
        elements = Elements(prepared, output)
        claimed = worked_out(claims, prepared.question.names, elements, arrays)
        flat = elements.flat(answer.derivatives)
        sample = elements.sample(flat)
        shown = sample if len(sample) <= ROWS else elements.some(flat)
        asked = list(dict.fromkeys([*shown, *sample]))
        point = Point(prepared, arrays, extra)
        try:
            sympy.ask(request(point, [elements[position] for position in asked], forms=len(shown)))
        except TooMuchError as error:
            sympy.give_up(str(error))
        evidence = Evidence(elements, flat, prepared.problem.mode or "", beyond=answer.lost is not None)
        rounded = rounding([point.output, *point.kinks()], point.feeds)
        kinked = bool(answer.used) or any(np.any(at_kink) for at_kink in rounded.values[1:])
        evidence.take_modes(prepared, point, sample)
        noise = point.widened(rounded.spreads[0].reshape(1, -1))[0]
        noise = np.zeros_like(noise) if evidence.beyond else noise
        evidence.take_numbers(point, sample, noise, kinked)
        findings = sympy.findings()
    evidence.take_symbolic(findings, asked)
    values = point.columns(answer.value, 1)[0]
    judgement = Judgement(evidence, findings, values, noise, point, rounded.decides)
    tested = compared(claimed, elements, flat, judgement.slack, judgement.steepness)
    forms = {asked[number]: form for number, form in findings.forms.items()}
    return CheckReport(
        verdict=_verdict(evidence, judgement, findings, asked, tested),
        methods=tuple(name for name in evidence.columns if evidence.spoke(name)),
        digits=round(float(np.min(judgement.digits, initial=MOST_DIGITS)), 1),
        rows=tuple(_row(evidence, judgement, position, forms) for position in _positions(shown, judgement, elements)),
        checked=_checked(evidence),
        total=elements.total,
        remarks=(*remarks(evidence, judgement, findings, asked, values), *tested.remarks),
        claims=tested.holds,
        claim_rows=tested.rows,
        claim_differences=tested.differences,
    )


def _verdict(evidence: Evidence, judgement: Judgement, findings: Findings, asked: list[int], claims: Claims) -> Verdict:
    if judgement.wrong.any() or judgement.values_wrong or not all(claims.holds.values()):
        return "fail"
    partial = findings.reason is not None or len(asked) < evidence.elements.total
    if partial or judgement.open(asked) or judgement.values_doubted:
        return "inconclusive"
    return "pass"


def _checked(evidence: Evidence) -> int:
    """How many elements every method was asked about that gave answers."""
    asked = [int(c.asked.sum()) for name, c in evidence.columns.items() if c.known.any() and name not in STEPS]
    if any(evidence.columns[name].known.any() for name in STEPS if name in evidence.columns):
        asked.append(evidence.stepped)
    return min(asked, default=0)


def _positions(shown: list[int], judgement: Judgement, elements: Elements) -> list[int]:
    """The elements that get a row: those shown, and where that is not all, the worst."""
    if len(shown) == elements.total:
        return shown
    badness = np.where(judgement.wrong | judgement.undefined, -1.0, judgement.digits)
    return sorted({*shown, *(int(position) for position in np.argsort(badness, kind="stable")[:WORST])})


def _row(evidence: Evidence, judgement: Judgement, position: int, forms: Mapping[int, str]) -> CheckRow:
    values: dict[str, float | None] = {}
    for name, column in evidence.columns.items():
        if column.known.any():
            values[name] = float(column.values[position]) if column.known[position] else None
    sides = (float(evidence.left[position]), float(evidence.right[position]))
    return CheckRow(
        name=evidence.elements[position].name,
        values=values,
        digits=round(float(judgement.digits[position]), 1),
        agrees=not (judgement.wrong[position] or judgement.undefined[position]),
        form=forms.get(position),
        one_sided=sides if judgement.kinks[position] else None,
    )
