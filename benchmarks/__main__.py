"""`python -m benchmarks [PART…] [--rounds N] [--write]`: every row beside its peers, as a table of ratios.

--write puts the table into docs/performance.md, and the short one into README.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import matrices, records, scalars, sparse, startup, vectors
from .measure import Measured, measure
from .table import line, long_table, write

PARTS = {
    "startup": startup,
    "records": records,
    "vectors": vectors,
    "scalars": scalars,
    "matrices": matrices,
    "sparse": sparse,
}


def main() -> None:
    """Measure the parts asked for, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them if none is named")
    parser.add_argument(
        "--rounds", type=int, default=7, help="how often each contender runs (7; rows that take long, 3)"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md and README.md")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    found: dict[str, list[Measured]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.parts or PARTS:
            found[name] = []
            for row in PARTS[name].rows(Path(folder)):
                measured = measure(row, min(3, arguments.rounds) if row.slow else arguments.rounds)
                found[name].append(measured)
                print(line(measured), flush=True)
    print()
    print(long_table(found))
    if arguments.write:
        write(found)


if __name__ == "__main__":
    main()
