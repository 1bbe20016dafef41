"""Writes examples/*.console and the consoles in README.md anew, with what their commands print now.

    python -m tests.examples [NAME ...]

Read the difference before you keep it: what changed there is what changed for users.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from .consoles import rewritten

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
EXAMPLES = sorted((ROOT / "examples").glob("*.console"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A fenced block of Markdown: its language and its text."""


def main(names: list[str]) -> None:
    """Write those of the names, or all."""
    for path in (*EXAMPLES, README):
        if not names or path.stem in names:
            before = path.read_text("utf-8")
            after = BLOCK.sub(_block, before) if path == README else rewritten(before)
            if after != before:
                path.write_text(after, encoding="utf-8")
                print(path.relative_to(ROOT))


def _block(match: re.Match[str]) -> str:
    language, text = match.groups()
    if language != "console":
        return match[0]
    return f"```console\n{rewritten(text).rstrip()}\n```"


if __name__ == "__main__":
    main(sys.argv[1:])
