"""The commands that rows are made of."""

from __future__ import annotations

import sys
from pathlib import Path

from .measure import Process

SCRIPTS = Path(__file__).parent / "scripts"
GRADCLI = str(Path(sys.executable).with_name("gradcli"))
NUMPY = Process([sys.executable, "-c", "import numpy"])


def gradcli(*arguments: str, stdin: Path | None = None, status: int = 0) -> Process:
    """The command line that is installed beside this Python."""
    return Process([GRADCLI, *arguments], stdin, status)


def script(name: str, *arguments: str, stdin: Path | None = None) -> Process:
    """A peer's script, by the same Python."""
    return Process([sys.executable, str(SCRIPTS / f"{name}.py"), *arguments], stdin)
