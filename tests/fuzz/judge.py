"""Who is right: answers held against each other and, where they differ or a draw says so, against the truth.

An answer is right where it is within 1e-12 of the truth, relatively. One that is further off is excused where float64
itself is to blame: where rounding the intermediate values, by half a unit each, moves the truth as far (`rounding`,
`branch`), where one of them, or a partial derivative, leaves float64's range (`range`), or where the terms of the derivative
cancel, by so much that the last digits of the terms, in whatever order they are added, are all of the error (`cancels`).
What is left is wrong.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from mpmath import mpf

from . import jets
from .answers import Answer
from .jets import FIRST, LARGEST, SECOND, UNDEFINED, UNIT, Truth
from .trees import Case
from .with_gradcli import Answers

TIGHT = mpf(10) ** -12
CLOSE = 1e-10
SLACK = 64
"""How many times the spread of a few noisy runs an excused error may be."""
BOTTOM = mpf(2) ** -1021
"""Around the smallest normal number, digits are lost to the format."""

FACTORISED = {"inv", "solve", "logabsdet"}
"""Through a factorisation, elements are right relative to the largest of them."""
RIGHT, EXCUSES, NO_TRUTH = "right", ("rounding", "branch", "range", "cancels"), ("undefined", "singular")
FINE = (RIGHT, *EXCUSES, *NO_TRUTH)


class Finding(NamedTuple):
    """Of one backend's answer of one order: `verdict` is right, an excuse, why there is no truth, or what is wrong."""

    who: str
    order: str
    verdict: str


# ---- cheap agreement -------------------------------------------------------------------------------


def close(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two answers are finite and agree to ten digits."""
    with np.errstate(all="ignore"):
        return bool((np.abs(a - b) <= CLOSE * np.maximum(np.abs(a), np.abs(b))).all())


def consistent(case: Case, ours: Answers) -> bool:
    """Whether gradcli's modes agree among themselves on finite answers."""
    direction = np.concatenate([d.ravel() for d in case.direction])
    with np.errstate(all="ignore"):
        terms = ours.gradient * direction
        slopes = abs(ours.slope - terms.sum()) <= CLOSE * np.abs(terms).sum()
    return bool(slopes) and (ours.reverse_reverse is None or close(ours.reverse_reverse, ours.product))


# ---- against the truth -----------------------------------------------------------------------------


class Court:
    """The truth of one case, and the judgements on it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.truth = jets.evaluate(case)
        self._spread: tuple[Truth, set[str]] | None = None
        self._checked: Truth | None = None

    def state(self, order: str) -> str | None:
        """Why an order has no truth to be held against, if it has none."""
        if self.truth.state == UNDEFINED:
            return "undefined"
        singular = self.truth.state >= FIRST if order == "first" else self.truth.state >= SECOND
        return "singular" if singular else None

    def findings(self, who: str, answer: Answer) -> list[Finding]:
        """Of both orders."""
        return [self.one(who, "gradient", "first", answer.gradient), self.one(who, "product", "second", answer.product)]

    def one(self, who: str, part: str, order: str, found: np.ndarray) -> Finding:
        """Of one part alone."""
        return Finding(who, order, self._verdict(part, order, found))

    def _verdict(self, part: str, order: str, found: np.ndarray) -> str:
        no_truth = self.state(order)
        if no_truth is not None:
            return no_truth
        true = _many(self.truth, part)
        sizes = [abs(t) for t in true]
        if any(step.op in FACTORISED for step in self.case.steps):
            sizes = [max(sizes)] * len(sizes)
        if all(_is(float(a), t, TIGHT * size) for a, t, size in zip(found, true, sizes, strict=True)):
            return RIGHT
        spread, flips = self._moved()
        # what cancels to 0 does so among numbers as large as the rest
        cancelled = UNIT * max(abs(t) for t in true)
        moved = [m if t else m + cancelled for m, t in zip(_many(spread, part), true, strict=True)]
        if all(_is(float(a), t, TIGHT * abs(t) + SLACK * m) for a, t, m in zip(found, true, moved, strict=True)):
            return "rounding"
        if flips:
            return "branch"
        if self.truth.run.ranges:
            return "range"
        if not self._stands(part):
            return "rounding"
        return "cancels" if self._cancels(part, found, true) else self._wrong(found, true)

    def _cancels(self, part: str, found: np.ndarray, true: list[mpf]) -> bool:
        """Whether an error is no more than the last digits of the derivative's terms."""
        slack = [SLACK * UNIT * size for size in self.truth.terms.get(part, [])]
        if any(step.op in FACTORISED for step in self.case.steps):
            slack = [max(slack)] * len(slack)
        return len(slack) == len(true) and all(
            _is(float(a), t, TIGHT * abs(t) + s) for a, t, s in zip(found, true, slack, strict=True)
        )

    def turned(self) -> bool:
        """Whether rounding could turn a branch."""
        return bool(self._moved()[1])

    def _moved(self) -> tuple[Truth, set[str]]:
        if self._spread is None:
            self._spread = jets.spread(self.case, self.truth)
        return self._spread

    def _stands(self, part: str) -> bool:
        """Whether the truth is the same to many more digits, so that it is the truth."""
        if self._checked is None:
            self._checked = jets.evaluate(self.case, 400)
        pairs = zip(_many(self.truth, part), _many(self._checked, part), strict=True)
        return all(abs(a - b) <= TIGHT * abs(b) for a, b in pairs)

    def _wrong(self, found: np.ndarray, true: list[mpf]) -> str:
        """What is wrong with an answer for which there is no excuse."""
        kinks, discarded = self.truth.run.kinks, self.truth.run.discarded
        if not np.isfinite(found).all():
            if discarded:
                return "NaN or inf from what was not taken"
            return "false NaN or inf at a kink" if kinks else "false NaN or inf"
        zero = any(a == 0 and t for a, t in zip(found.tolist(), true, strict=True))
        off = max((abs(mpf(a) - t) / abs(t) if t else mpf(1)) for a, t in zip(found.tolist(), true, strict=True))
        if off < mpf("1e-3"):
            return "digits lost"
        if kinks:
            return "another convention at a kink"
        return "false zero" if zero else "wrong number"


def _many(truth: Truth, part: str) -> list[mpf]:
    found = getattr(truth, part)
    return found if isinstance(found, list) else [found]


def _is(found: float, true: mpf, slack: mpf) -> bool:
    if found != found:
        return False
    if abs(true) >= LARGEST:
        return found in (float("inf"), float("-inf")) and (found > 0) == (true > 0)
    if found in (float("inf"), float("-inf")):
        return False
    return abs(mpf(found) - true) <= slack + BOTTOM
