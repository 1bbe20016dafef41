"""The fates of mutants as a page of Markdown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .reasons import EQUIVALENT, reason

Record = dict[str, Any]
HEAD = """# Mutation testing of the rule tables

A mutant is a table with one small mistake in it: a sign lost, a number off by one, a comparison turned round, two
arguments exchanged, `cos` in place of `sin`. A test that fails kills it; a mutant that survives is a mistake that nobody
would notice. The mistakes are [Cosmic Ray](https://cosmic-ray.readthedocs.io)'s, and two kinds of our own (exchanged arguments,
a function in place of its sibling). What changes only an annotation, a doc string or the points that a declaration brings
for its own tests is left out, and so are mutants that compile to the same program.

    pip install -e '.[test,mutation]'
    python -m tests.mutation                     # all tables
    python -m tests.mutation arithmetic          # one of them
    python -m tests.mutation --write docs/mutation.md

It works on a copy in a temporary directory. All tests are collected once and run on the tables as they are, to see which
functions each of them reaches; then the process is forked for every mutant, and the tests that reach what it changes are
run, the shortest first, until one fails. Mutants of what a table says at its top are imported afresh.
"""


def read(path: Path) -> list[Record]:
    """The fates found so far, the last of each mutant."""
    lines = path.read_text().splitlines() if path.exists() else []
    records = map(json.loads, lines)
    return list(
        {tuple(r[name] for name in ("module", "within", "operator", "before", "after")): r for r in records}.values()
    )


def is_killed(record: Record) -> bool:
    """Whether a test failed, or never ended."""
    return record["what"] in ("killed", "timed out")


def page(records: Sequence[Record], notes: Sequence[str]) -> str:
    """All of it."""
    return "\n".join([HEAD, *notes, "", *_table(records), "", *_survivors(records)]) + "\n"


def _score(killed: int, count: int) -> str:
    return f"{100 * killed / count:.1f} %" if count else ""


def _table(records: Sequence[Record]) -> list[str]:
    lines = [
        "| table | mutants | killed | survivors | of these the same numbers | score | without these |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    modules = sorted({record["module"] for record in records})
    for module in [*modules, ""]:
        some = [record for record in records if module in ("", record["module"])]
        left = [record for record in some if not is_killed(record)]
        same = sum(reason(record)[0] == EQUIVALENT for record in left)
        killed = len(some) - len(left)
        name = module or "**all**"
        lines.append(
            f"| {name} | {len(some)} | {killed} | {len(left)} | {same} | {_score(killed, len(some))} | {_score(killed, len(some) - same)} |"
        )
    return lines


def _survivors(records: Sequence[Record]) -> list[str]:
    lines = ["## Survivors", ""]
    left = [record for record in records if not is_killed(record)]
    for module in sorted({record["module"] for record in left}):
        lines += [f"### {module}", ""]
        grouped: dict[str, list[Record]] = {}
        for record in left:
            if record["module"] == module:
                grouped.setdefault(reason(record)[1], []).append(record)
        for why, some in sorted(grouped.items(), key=lambda pair: -len(pair[1])):
            lines += [f"{why} ({len(some)})", "", "```diff"]
            seen = Counter((record["before"], record["after"]) for record in some)
            for before, after in seen:
                lines += [f"- {before}", f"+ {after}"]
            lines += ["```", ""]
    return lines
