"""The fates of mutants as a page of Markdown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .reasons import EQUIVALENT, reason

Record = dict[str, Any]
TABLES = sorted(path.stem for path in (Path(__file__).parents[2] / "src/gradcli/engine/operations").glob("[!_]*.py"))
HEAD = """# Mutation testing of the rule tables

A mutant is a table with one small mistake in it: a sign lost, a number off by one, a comparison turned round, two
arguments exchanged, `cos` in place of `sin`. A test that fails kills it; a mutant that survives is a mistake that nobody
would notice. The mistakes are [Cosmic Ray](https://cosmic-ray.readthedocs.io)'s, and two kinds of our own (exchanged arguments,
a function in place of its sibling). What changes only an annotation, a doc string or the points that a declaration brings
for its own tests is left out, and so are mutants that compile to the same program, or are none by the language alone: that
`zip` asserts its sides to be as long, words compared by their order, a remainder or a length below 0, the arguments of a
function that takes them in either order.

    pip install -e '.[test,mutation]'
    python -m tests.mutation                     # all tables
    python -m tests.mutation arithmetic          # one of them
    python -m tests.mutation --share 0.1 --draw 3    # a tenth of them, the third sample of that size
    python -m tests.mutation --jobs 2 --write docs/mutation.md     # in two processes

It works on a copy in a temporary directory. All tests are collected once and run on the tables as they are, to see which
functions each of them reaches; then the process is forked for every mutant, and the tests that reach what it changes are
run, the shortest first, until one fails: for up to 5 seconds by what they take on the tables as they are, and once more for
up to 15 if the mutant survives. Mutants of what a table says at its top are imported afresh.

A survivor is counted as the same numbers where a pattern in `tests/mutation/reasons.py` says why no test can tell it from the
table; the last column leaves those out of the count.
"""


def read(path: Path) -> list[Record]:
    """The mutants of a file, the last record of each."""
    lines = path.read_text().splitlines() if path.exists() else []
    return list({_name(record): record for record in map(json.loads, lines)}.values())


def _name(record: Record) -> tuple[str, ...]:
    return tuple(record[name] for name in ("module", "within", "operator", "before", "after"))


def note(records: Sequence[Record], top: Sequence[Record], tables: Sequence[str], share: float, draw: int) -> str:
    """What the figures are of; top are the mutants that have to be imported."""
    names = {_name(record) for record in records}
    tried = sum(_name(record) in names for record in top)
    which = (
        f"{share:.0%} of the mutants inside functions, drawn with a fixed seed (draw {draw}),"
        if share < 1
        else "all mutants inside functions"
    )
    imported = f"Of {len(top)} met at the top of a table, or in a function that runs at import alone, {tried or 'none'} were tried."
    return f"What the figures below are of: {which} of {', '.join(tables) or f'all {len(TABLES)} tables'}. {imported}"


def is_killed(record: Record) -> bool:
    """Whether a test failed, or never ended."""
    return record["what"] in ("killed", "timed out")


def page(records: Sequence[Record], top: Sequence[Record], notes: Sequence[str]) -> str:
    """All of it; top are the mutants that have to be imported, which are counted apart."""
    imported = {_name(record) for record in top}
    inside = [record for record in records if _name(record) not in imported]
    outside = [record for record in records if _name(record) in imported]
    return "\n".join([HEAD, *notes, "", *_table(inside, outside), "", *_survivors(records)]) + "\n"


def _score(killed: int, count: int) -> str:
    return f"{100 * killed / count:.1f} %" if count else ""


def _table(inside: Sequence[Record], outside: Sequence[Record]) -> list[str]:
    lines = [
        "| table | mutants | killed | survivors | of these the same numbers | score | without these |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    modules = sorted({record["module"] for record in inside})
    rows = [(module, [record for record in inside if record["module"] == module]) for module in modules]
    rows += [("**inside functions**", [*inside]), ("**at the top of a table**", [*outside])]
    return lines + [_row(name, some) for name, some in rows if some]


def _row(name: str, some: Sequence[Record]) -> str:
    left = [record for record in some if not is_killed(record)]
    same = sum(reason(record)[0] == EQUIVALENT for record in left)
    killed = len(some) - len(left)
    counts = f"{len(some)} | {killed} | {len(left)} | {same}"
    return f"| {name} | {counts} | {_score(killed, len(some))} | {_score(killed, len(some) - same)} |"


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
