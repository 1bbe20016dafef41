"""Mutation testing of the rule tables: mistakes put into a copy of them, and the tests that notice.

    python -m tests.mutation [TABLE …] [--share S] [--imported S] [--draw N] [--tests FILE …] [--jobs N] [--state DIRECTORY]
                              [--write FILE]

Exit status 1 where fewer than 95 in 100 mutants are killed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import report

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "docs", "examples", "pyproject.toml", "README.md", "CHANGELOG.md", "ARCHITECTURE.md")
ENOUGH = 0.95


def arguments(given: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables", nargs="*", help="modules of gradcli.engine.operations; all of them unless told")
    parser.add_argument("--share", type=float, default=1.0, help="of mutants inside functions, drawn with a fixed seed")
    parser.add_argument(
        "--imported", type=float, default=1.0, help="share of mutants at the top of a table, which take longer"
    )
    parser.add_argument("--draw", type=int, default=0, help="which sample: another number draws other mutants")
    parser.add_argument(
        "--tests", nargs="+", default=[], metavar="FILE", help="the tests to run, in place of all about rules"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the mutants among them")
    parser.add_argument("--state", metavar="DIRECTORY", help="keep what was found there, and go on from it")
    parser.add_argument("--write", metavar="FILE", help="write the page there")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    """Run what was asked for."""
    asked = arguments(given)
    with tempfile.TemporaryDirectory() as temporary:
        state = Path(asked.state or temporary).resolve()
        copy = state / "copy"
        if not copy.exists():
            _copy(copy)
        _work(copy, "survey", state, 1.0, asked.draw, asked.tests, 1)
        _work(copy, "hunt", state, asked.share, asked.draw, asked.tables, asked.jobs)
        _work(copy, "again", state, 1.0, asked.draw, asked.tables, asked.jobs)
        _work(copy, "import", state, asked.imported, asked.draw, asked.tables, 1)
        records, top = report.read(state / "fates.jsonl"), report.read(state / "later.jsonl")
    page = report.page(records, top, [report.note(records, top, asked.tables, asked.share, asked.draw)])
    print(page)
    if asked.write:
        Path(asked.write).write_text(page)
    killed = sum(map(report.is_killed, records))
    return 0 if killed >= ENOUGH * len(records) else 1


def _copy(to: Path) -> None:
    """What the tests need, in a directory of its own: no mutant ever stands in the tree."""
    to.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
        else:
            shutil.copy(source, to / name)


def _work(copy: Path, what: str, state: Path, share: float, draw: int, names: list[str], jobs: int) -> None:
    # one thread: a process with several must not be forked
    environment = os.environ | {"PYTHONPATH": f"src{os.pathsep}.", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.mutation.work", what, str(state), str(share), str(draw)]
    parts = [
        subprocess.Popen([*command, f"{part}/{jobs}", *names], cwd=copy, env=environment, stdout=sys.stderr)
        for part in range(jobs)
    ]
    if any([part.wait() for part in parts]):  # of each, before any of them is spoken of
        raise SystemExit(f"{what} failed")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
