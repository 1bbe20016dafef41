"""The evidence, weighed: which elements are confirmed, which are contradicted, and which stay open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.node import Array
from .agreement import RELATIVE, Truths, agree, agree_as_peers, digits, slack
from .evidence import COMPLEX, DIFFERENCES, STEPPED, SYMPY, WITHOUT_RULES, Evidence
from .point import Point
from .process import Findings


class Judgement:
    """What the evidence says, element by element.

    Attributes:
        doubtful: whether SymPy, which computes exactly and cancels what is 0/0 in between, may have taken
            another branch than float64 does: there it alone does not contradict.
        slack: how far apart rounding may take two answers; steepness: that of the function (`agree`).
        wrong: where something contradicts the answer; rounded, those of them that rounding explains.
        confirmed: where a method other than the two modes agrees with it.
        kinks: where the slopes on the two sides differ; an answer between them is confirmed.
        undefined: where the function itself has no value, so that there is nothing to contradict.
        digits: to how many digits all answers agree.
        values_wrong: the elements of the output (None: the weighted sum) whose value SymPy contradicts;
            values_doubted, where that is doubtful.
    """

    def __init__(
        self, evidence: Evidence, findings: Findings, values: Array, noise: Array, point: Point, decided: bool
    ) -> None:
        self._evidence = evidence
        self.doubtful = point.masks_nan or decided
        self._answer = evidence.answer
        self._scale = evidence.elements.scales(self._answer)
        self.slack = slack(evidence.moved)
        self._outputs = evidence.elements.outputs()
        self.steepness = _steepness(values[self._outputs], point.largest)
        self.kinks = evidence.kinks
        self.wrong: Truths = np.zeros(len(self._answer), dtype=bool)
        self.confirmed = np.zeros_like(self.wrong)
        self.rounded, self.undefined = np.zeros_like(self.wrong), np.zeros_like(self.wrong)
        mixed_kinks = (evidence.elements.orders() > 1) & (evidence.kinked | self.kinks.any())
        doubted = np.zeros_like(self.wrong)
        for name, column in sorted(evidence.columns.items(), key=lambda each: each[0] == COMPLEX):
            agrees = self._agrees(name)
            if name == COMPLEX and evidence.kinked:  # at a tie it takes one of the branches
                column.known &= agrees | ~self.confirmed
            if name == SYMPY and self.doubtful:
                doubted |= column.known & ~agrees
            if name in (DIFFERENCES, STEPPED):  # they can miss what SymPy does not, and cannot mix across a kink
                column.known &= agrees | ~(self.confirmed | mixed_kinks)
            self.wrong |= column.known & ~agrees
            if name in WITHOUT_RULES:
                self.confirmed |= column.known & agrees
            with np.errstate(all="ignore"):
                self.rounded |= column.known & ~agrees & (np.abs(self._answer - column.values) <= self.slack)
        between = self._between()
        self.confirmed |= self.kinks & between
        self.wrong |= self.kinks & ~between & ~self.confirmed & ~evidence.jumps
        self.undefined |= doubted & self.confirmed
        self._weigh_undefined(values, findings)
        self.wrong &= ~self.undefined
        self.rounded &= self.wrong
        self.digits = self._digits()
        contradicted = _contradicted(findings, values, noise)
        self.values_wrong, self.values_doubted = ([], contradicted) if self.doubtful else (contradicted, [])

    def _agrees(self, name: str) -> Truths:
        """Where a method's answers and gradcli's agree."""
        column = self._evidence.columns[name]
        known = agree if name == SYMPY else agree_as_peers
        own = known(self._answer, column.values, self.slack, self._scale, self.steepness)
        with np.errstate(all="ignore"):
            return own | (np.abs(self._answer - column.values) <= column.error)

    def _between(self) -> Truths:
        """Where the answer lies between the slopes on the two sides; NaN says, rightly, that there is none."""
        left, right = self._evidence.left, self._evidence.right
        with np.errstate(all="ignore"):
            room = 1e-6 * np.where(np.isfinite(left), np.abs(left), 0.0) + 1e-6 * np.where(
                np.isfinite(right), np.abs(right), 0.0
            )
            inside = (np.minimum(left, right) - room <= self._answer) & (self._answer <= np.maximum(left, right) + room)
        return inside | np.isnan(self._answer)

    def _weigh_undefined(self, values: Array, findings: Findings) -> None:
        """Where the function's value is NaN or infinite, there is nothing to contradict; and where SymPy
        has no real value either, NaN is right."""
        for position in np.flatnonzero(self.wrong | np.isnan(self._answer)):
            value = values[self._outputs[position]]
            if not np.isfinite(value):
                output = self._evidence.elements[int(position)].output
                right = np.isnan(self._answer[position]) and np.isnan(findings.values.get(output, 0.0))
                self.undefined[position] |= self.wrong[position] and not right
                self.confirmed[position] |= right
                self.wrong[position] = False

    def _digits(self) -> Array:
        columns = self._evidence.columns.values()
        answers = [np.where(column.known, column.values, np.nan) for column in columns]
        found = digits(answers, self.slack, self._scale)
        return np.where((self.wrong | self.undefined) & np.isnan(self._answer), 0.0, found)

    def open(self, positions: Sequence[int]) -> list[int]:
        """Those of some elements that nothing contradicts and nothing confirms."""
        return [p for p in positions if not self.wrong[p] and (self.undefined[p] or not self.confirmed[p])]


def _steepness(values: Array, size: float) -> Array:
    """How much a function of these values changes with inputs of this size, roughly; at least 1."""
    with np.errstate(all="ignore"):
        steepness = np.abs(values) / size
    return np.fmax(1.0, np.where(np.isfinite(steepness), steepness, 1.0))


def _contradicted(findings: Findings, values: Array, noise: Array) -> list[int | None]:
    wrong = []
    for output, found in findings.values.items():
        value, room = values[output or 0], slack(noise[output or 0])
        if np.isnan(found) or np.isnan(value) or (np.isinf(found) and np.isinf(value)):
            continue  # no value to compare with, or a pole, whose sign SymPy leaves open
        with np.errstate(all="ignore"):
            near = np.abs(value - found) <= room + RELATIVE * np.abs(found)
        if not near:
            wrong.append(output)
    return wrong
