"""Random expressions, differentiated by gradcli, PyTorch and JAX, with mpmath to say who is right.

    python -m tests.fuzz [--count N] [--first SEED] [--jobs N] [--save DIRECTORY]   examine so many cases
    python -m tests.fuzz --replay SEED …        one case again: what each says, and the smallest part that differs
    python -m tests.fuzz --saved DIRECTORY --write docs/fuzzing.md                  the counts as a page

Exit status 1 where gradcli is wrong somewhere. A case depends on its seed alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from . import fuzz, replay, report
from .fuzz import Examined, Tally

CHUNK = 2000


def chunk(first: int, count: int, names: tuple[str, ...], jax: int, directory: str | None) -> Tally:
    """Examine the cases of count seeds from first on. With a directory, what was found is kept there, and not sought again."""
    kept = Path(directory) / f"{first:09d}-{count}.json" if directory is not None else None
    if kept is not None and kept.exists():
        return Tally.load(kept)
    tally = fuzz.run(range(first, first + count), fuzz.peers_of(names), _shout, jax)
    if kept is not None:
        tally.save(kept)
    return tally


def _shout(tally: Tally, examined: Examined) -> None:
    for finding in examined.findings:
        if fuzz.is_ours(finding):
            print(examined.case.seed, *finding, sep="  ", flush=True)


def arguments(given: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000, help="how many cases")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--peers", default="PyTorch,JAX", help="PyTorch, JAX, both or none")
    parser.add_argument(
        "--jax", type=int, default=fuzz.JAX, metavar="N", help="ask JAX, which is slow, about one case in N"
    )
    parser.add_argument("--save", metavar="DIRECTORY", help="keep the counts there, a file for every chunk")
    parser.add_argument("--saved", metavar="DIRECTORY", help="do not run: read the counts kept there")
    parser.add_argument("--replay", type=int, nargs="+", metavar="SEED", help="one case again, in detail")
    parser.add_argument("--write", metavar="FILE", help="write the counts as a page of Markdown")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    """Run what was asked for."""
    asked = arguments(given)
    names = tuple(name for name in asked.peers.split(",") if name)
    if asked.replay:
        print("\n\n".join(replay.detailed(seed, fuzz.peers_of(names)) for seed in asked.replay))
        return 0
    tally = _read(asked.saved) if asked.saved else _examine(asked, names)
    again = replay.again(tally)
    page = report.page(tally, again)
    print(page)
    if asked.write:
        Path(asked.write).write_text(page)
    return 1 if again else 0


def _read(directory: str) -> Tally:
    whole = Tally()
    for path in sorted(Path(directory).glob("*.json")):
        whole.merge(Tally.load(path))
    return whole


def _examine(asked: argparse.Namespace, names: tuple[str, ...]) -> Tally:
    if asked.save:
        Path(asked.save).mkdir(parents=True, exist_ok=True)
    starts = range(asked.first, asked.first + asked.count, CHUNK)
    counts = [min(CHUNK, asked.first + asked.count - start) for start in starts]
    work = partial(chunk, names=names, jax=asked.jax, directory=asked.save)
    whole, began = Tally(), time.monotonic()
    if asked.jobs == 1:
        done = map(work, starts, counts)
        for tally in done:
            whole.merge(tally)
            _progress(whole, began)
    else:
        with ProcessPoolExecutor(asked.jobs) as pool:
            for tally in pool.map(work, starts, counts):
                whole.merge(tally)
                _progress(whole, began)
    return whole


def _progress(tally: Tally, began: float) -> None:
    pace = tally.cases / (time.monotonic() - began)
    print(f"{tally.cases:,} cases, {pace:.0f} a second", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
