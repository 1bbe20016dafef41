"""The evidence, weighed: which elements are confirmed, which are contradicted, and which stay open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.node import Array
from .agreement import Truths, agree, digits, slack
from .evidence import COMPLEX, WITHOUT_RULES, Evidence
from .process import Findings

_TINY = 1e-250  # a complex step loses what is smaller than this


class Judgement:
    """What the evidence says, element by element.

    Attributes:
        slack: how far apart rounding may take two answers.
        wrong: where something contradicts the answer; rounded, those of them that rounding explains.
        confirmed: where a method other than the two modes agrees with it.
        kinks: where the slopes on the two sides differ; an answer between them is confirmed.
        undefined: where the function itself has no value, so that there is nothing to contradict.
        digits: to how many digits all answers agree.
        values_wrong: the elements of the output (None: the weighted sum) whose value SymPy contradicts.
    """

    def __init__(self, evidence: Evidence, findings: Findings, values: Array, noise: Array) -> None:
        self._evidence = evidence
        self._answer = evidence.answer
        self._scale = evidence.elements.scales(self._answer)
        self.slack = slack(evidence.moved)
        self.kinks = evidence.kinks
        self.wrong: Truths = np.zeros(len(self._answer), dtype=bool)
        self.confirmed = np.zeros_like(self.wrong)
        self.rounded = np.zeros_like(self.wrong)
        for name, column in evidence.columns.items():
            agrees = self._agrees(name)
            self.wrong |= column.known & ~agrees
            if name in WITHOUT_RULES:
                self.confirmed |= column.known & agrees
            with np.errstate(all="ignore"):
                self.rounded |= column.known & ~agrees & (np.abs(self._answer - column.values) <= self.slack)
        between = self._between()
        self.confirmed |= self.kinks & between
        self.wrong |= self.kinks & ~between & ~self.confirmed & ~evidence.jumps
        self.undefined = self._undefined(values)
        self.wrong &= ~self.undefined
        self.rounded &= self.wrong
        self.digits = self._digits()
        self.values_wrong = _contradicted(findings, values, noise)

    def _agrees(self, name: str) -> Truths:
        """Where a method's answers and gradcli's agree."""
        column = self._evidence.columns[name]
        own = agree(self._answer, column.values, self.slack + (_TINY if name == COMPLEX else 0.0), self._scale)
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

    def _undefined(self, values: Array) -> Truths:
        """Where the answer is NaN and contradicted, but the function's value is NaN as well."""
        undefined = np.zeros_like(self.wrong)
        for position in np.flatnonzero(self.wrong & np.isnan(self._answer)):
            output = self._evidence.elements[int(position)].output
            undefined[position] = np.isnan(values[output or 0])
        return undefined

    def _digits(self) -> Array:
        columns = self._evidence.columns.values()
        answers = [np.where(column.known, column.values, np.nan) for column in columns]
        found = digits(answers, self.slack, self._scale)
        return np.where((self.wrong | self.undefined) & np.isnan(self._answer), 0.0, found)

    def open(self, positions: Sequence[int]) -> list[int]:
        """Those of some elements that nothing contradicts and nothing confirms."""
        return [p for p in positions if not self.confirmed[p] and not self.wrong[p]]


def _contradicted(findings: Findings, values: Array, noise: Array) -> list[int | None]:
    wrong = []
    for output, found in findings.values.items():
        value, room = values[output or 0], slack(noise[output or 0])
        if np.isnan(found) or np.isnan(value) or (np.isinf(found) and np.isinf(value)):
            continue  # no value to compare with, or a pole, whose sign SymPy leaves open
        if not agree(*map(np.asarray, (value, found, room, abs(found)))):
            wrong.append(output)
    return wrong
