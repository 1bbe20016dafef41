"""Writes examples/*.console anew, with what their commands print now.

    python -m tests.examples [NAME ...]

Read the difference before you keep it: what changed there is what changed for users.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .consoles import rewritten

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.console"))


def main(names: list[str]) -> None:
    """Write those of the names, or all."""
    for path in EXAMPLES:
        if names and path.stem not in names:
            continue
        before = path.read_text("utf-8")
        after = rewritten(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
