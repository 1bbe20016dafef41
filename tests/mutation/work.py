"""What runs inside the copy: `python -m tests.mutation.work survey|hunt|again|import STATE SHARE DRAW PART/PARTS …`; not
meant to be called by hand."""

from __future__ import annotations

import json
import pickle
import random
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

from . import importing, report, session
from .mutants import Mutant, mutants
from .session import Hunt, Memory, Outcome, Survey

TABLES = Path("src/gradcli/engine/operations")
SKIPPED = {"test_scale", "test_blocks", "test_node"}
"""Files about other things than rules: size, threads, the graph."""
MORE = 15.0
"""Seconds of tests for a mutant that survived the first of them."""


def tests() -> list[str]:
    """The files that may kill a mutant."""
    found = sorted(path for path in Path("tests/engine").glob("test_*.py") if path.stem not in SKIPPED)
    return [*map(str, found), "tests/test_kinks.py", "tests/test_provenance.py"]


def sources(modules: Sequence[str]) -> dict[str, str]:
    """The source of each table."""
    names = modules or sorted(path.stem for path in TABLES.glob("*.py") if path.stem != "__init__")
    return {name: (TABLES / f"{name}.py").read_text() for name in names}


def read_survey(state: Path) -> Survey:
    """What the surveys of all files found."""
    parts: list[Survey] = [pickle.loads(path.read_bytes()) for path in sorted(state.glob("survey-*.pickle"))]
    seconds = {test: took for part in parts for test, took in part.seconds.items()}
    reached = {test: names for part in parts for test, names in part.reached.items()}
    return Survey(seconds, reached, frozenset().union(*(part.failed for part in parts)))


def surveyed(state: Path, files: Sequence[str]) -> None:
    """Run the tests of each file on the tables as they are, in a process of its own, and keep what was seen."""
    for file in files or tests():
        kept = state / f"survey-{Path(file).stem}.pickle"
        if not kept.exists():
            session.forked(lambda tell, file=file, kept=kept: _survey_of(state, file, kept), 1800.0)  # type: ignore[misc]
            found: Survey = pickle.loads(kept.read_bytes())
            print(
                f"{file}: {len(found.seconds)} tests in {sum(found.seconds.values()):.0f} s",
                *sorted(found.failed),
                flush=True,
            )


def _survey_of(state: Path, file: str, kept: Path) -> bool:
    memory = Memory(state / "answers.pickle")

    def loop(items: Sequence[pytest.Item]) -> None:
        session.keep_references(memory)
        kept.write_bytes(pickle.dumps(session.survey(items, memory)))

    session.in_session([file], loop)
    return True


def done(path: Path) -> set[str]:
    """The mutants whose fate is known."""
    if not path.exists():
        return set()
    return {_key(json.loads(line)) for line in path.read_text().splitlines()}


def survivors(path: Path) -> set[str]:
    """The mutants that survived."""
    return {_key(record) for record in report.read(path) if not report.is_killed(record)}


def _key(record: dict[str, object]) -> str:
    return f"{record['module']} {record['within']} {record['operator']}: {record['before']} => {record['after']}"


def chosen(modules: dict[str, str], share: float, draw: int, part: str) -> Iterator[Mutant]:
    """The mutants of some tables, or a share of them drawn with a seed of its own for each table and draw; of these a
    part, as "0/2" is each second one from the first."""
    first, parts = map(int, part.split("/"))
    return islice(_drawn(modules, share, draw), first, None, parts)


def _drawn(modules: dict[str, str], share: float, draw: int) -> Iterator[Mutant]:
    for module, source in modules.items():
        drawn = random.Random(f"{module} {draw}" if draw else module)
        for mutant in mutants(module, source):
            if drawn.random() < share:
                yield mutant


def write(path: Path, outcome: Outcome) -> None:
    """Append a fate, a line of JSON, in one piece: other processes write there too."""
    mutant = outcome.mutant._asdict()
    del mutant["source"]
    record = mutant | {
        "what": outcome.what,
        "by": outcome.by,
        "tests": outcome.tests,
        "seconds": round(outcome.seconds, 3),
    }
    with path.open("a") as file:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def hunted(state: Path, modules: Sequence[str], share: float, draw: int, part: str, again: bool = False) -> None:
    """Try the mutants that change what functions do; put the others down for import. again: only those that survived
    before, with more tests."""
    survey, memory, texts = read_survey(state), Memory(state / "answers.pickle"), sources(modules)
    path, later = state / "fates.jsonl", state / "later.jsonl"
    known = (done(path) - survivors(path) if again else done(path)) | done(later)

    def loop(items: Sequence[pytest.Item]) -> None:
        session.keep_references(memory)
        hunt, left = Hunt(items, survey, memory, texts), survivors(path)
        began, count = time.monotonic(), 0
        for mutant in chosen(texts, share, draw, part):
            if (key := _key(mutant._asdict())) in known or (again and key not in left):
                continue
            outcome = hunt.attempt(mutant, MORE if again else session.BUDGET)
            if outcome is None:
                with later.open("a") as file:
                    file.write(json.dumps(mutant._asdict(), ensure_ascii=False) + "\n")
                continue
            write(path, outcome)
            count += 1
            if count % 100 == 0:
                print(f"{mutant.module}: {count} in {time.monotonic() - began:.0f} s", flush=True)

    session.in_session(sorted({test.split("::")[0] for test in survey.seconds}), loop)


def imported(state: Path, modules: Sequence[str], share: float, draw: int) -> None:
    """Try the mutants that have to be imported."""
    survey, memory, texts = read_survey(state), Memory(state / "answers.pickle"), sources(modules)
    path, later = state / "fates.jsonl", state / "later.jsonl"
    known, drawn = done(path), random.Random(draw)
    importing.preload()
    waiting = [Mutant(**json.loads(line)) for line in later.read_text().splitlines()] if later.exists() else []
    for mutant in waiting:
        wanted = drawn.random() < share
        if wanted and mutant.module in texts and _key(mutant._asdict()) not in known:
            write(path, importing.attempt(mutant, texts[mutant.module], TABLES.resolve(), survey, memory))


def main(given: Sequence[str]) -> None:
    """Do one of them."""
    what, state, share, draw, part, *rest = given
    if what == "survey":
        surveyed(Path(state), rest)
    elif what in ("hunt", "again"):
        hunted(Path(state), rest, float(share), int(draw), part, what == "again")
    else:
        imported(Path(state), rest, float(share), int(draw))


if __name__ == "__main__":
    main(sys.argv[1:])
