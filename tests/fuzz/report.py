"""The counts as a page of Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from . import fuzz, judge
from .fuzz import Finding, Tally

MEANINGS = {
    "right": "within 1e-12 of the truth",
    "rounding": "off by no more than rounding the intermediate values in float64 moves the truth: ill-conditioned there",
    "cancels": "off by no more than the last digits of the terms that the derivative is the sum of, which cancel",
    "branch": "rounding of an intermediate value turns a branch",
    "range": "an intermediate value or partial derivative leaves float64's range",
    "undefined": "no finite value in the real numbers or in float64: not held against the truth",
    "singular": "a partial derivative on the way is infinite: not held against the truth",
    "digits lost": "wrong from a digit between the third and the twelfth on, and float64 could do better",
    "false zero": "0 where the derivative is not",
    "wrong number": "a finite number that is wrong before the third digit",
    "another convention at a kink": "not the least-norm element that gradcli documents",
    "false NaN or inf": "the derivative is a finite number",
    "false NaN or inf at a kink": "the least-norm element is a finite number",
    "NaN or inf from what was not taken": "a branch or element that the result does not depend on spoils it",
    "modes differ": "one mix of modes finite and another not",
    "modes differ where infinities meet": "at a singular point, one mix of modes finds NaN and another an infinity",
    "modes differ as rounding turns a branch": "one finite and another not, where a value is rounded onto a singular point",
    "modes differ where there is no value": "the same, at a point where the expression has no value in the real numbers or in float64",
    "modes differ out of range": "the same, as a product leaves float64's range in one order of multiplication",
}
PEERS = ("PyTorch", "JAX")
HEAD = """# Fuzzing

<!-- Written by `python -m tests.fuzz --saved DIRECTORY --write docs/fuzzing.md`. -->

`python -m tests.fuzz --count N --save DIRECTORY` draws random expressions of up to seven operations on one to three
inputs (numbers, vectors, matrices) at random points, a quarter of them special: 0, -0, ±1, ties, the tails of
functions, the ends of float64. Each is differentiated by gradcli in reverse and forward mode, and a second time
(forward over reverse, for one in {twice} reverse mode twice as well), and by PyTorch; one in {jax} by JAX, one in {text}
by way of the language and the public API. Where answers differ, or are not finite, and in one of {sampled} that agree,
mpmath says who is right: jets of 60 digits, which carry value, gradient and second derivatives forward through the
textbook's partial derivatives, share no code with gradcli. A case depends on its seed alone, and
`python -m tests.fuzz --replay SEED` tells it in detail, down to the smallest part that differs.

What float64 cannot know is told by running the jets again with every intermediate value and product that float64
cannot hold moved at random by up to half a unit in its last place, and once with each rounded to float64: an error within
{slack} times what that moves is called rounding.
"""


def page(tally: Tally, still: dict[Finding, list[int]]) -> str:
    """The counts of a run, and what gradcli has wrong still."""
    head = HEAD.format(twice=fuzz.TWICE, jax=fuzz.JAX, text=fuzz.TEXT, sampled=fuzz.SAMPLED, slack=judge.SLACK)
    sections = [
        head,
        f"## Cases: {tally.cases:,}\n",
        _table(("check", "cases"), ((name, f"{count:,}") for name, count in sorted(tally.checks.items()))),
        "\n## Against the truth\n",
        "Cases that all agree on, and that were not drawn, are not in this table.\n",
        _verdicts(tally),
        "\n## What gradcli had wrong\n",
        _ours(tally, still),
        "\n## What the others have wrong, by the operation it comes down to\n",
        f"Of each cause, the first {fuzz.SHRUNK} cases in every chunk were shrunk to the smallest expression that shows it.\n",
        _theirs(tally),
        "\n## How often each operation occurs\n",
        ", ".join(f"{name} {count:,}" for name, count in tally.operations.most_common()) + "\n",
    ]
    return "\n".join(sections)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _verdicts(tally: Tally) -> str:
    columns = [("gradcli", "first"), ("gradcli", "second"), *((p, o) for p in PEERS for o in ("first", "second"))]
    names = {"first": "1st", "second": "2nd"}
    verdicts = [v for v in MEANINGS if any(tally.findings[Finding(*column, v)] for column in columns)]
    rows = [[v, *(f"{tally.findings[Finding(*c, v)]:,}" for c in columns), MEANINGS[v]] for v in verdicts]
    return _table(("verdict", *(f"{who} {names[order]}" for who, order in columns), "meaning"), rows)


def _ours(tally: Tally, still: dict[Finding, list[int]]) -> str:
    found = {finding: len(set(seeds)) for finding, seeds in tally.seeds.items() if fuzz.is_ours(finding)}
    lines = [
        "Every mix of modes is judged. A case that was wrong when it was drawn is examined again when this page is written,"
        " by gradcli as it then is.\n",
        _table(
            ("what", "order", "verdict", "when drawn", "now", "seeds now"),
            (
                (
                    *finding,
                    f"{count:,}",
                    f"{len(still.get(finding, ())):,}",
                    ", ".join(map(str, still.get(finding, [])[:5])),
                )
                for finding, count in sorted(found.items())
            ),
        ),
    ]
    return "\n".join(lines) if found else "Nothing.\n"


def _theirs(tally: Tally) -> str:
    by_cause: dict[tuple[str, str, str], Counter[str]] = {}
    for (who, order, verdict, op), count in tally.blamed.items():
        by_cause.setdefault((who, order, verdict), Counter())[op] += count
    rows = [
        (*key, ", ".join(f"`{op}` {count}" for op, count in ops.most_common(12)))
        for key, ops in sorted(by_cause.items())
    ]
    return _table(("library", "order", "verdict", "operations"), rows)
