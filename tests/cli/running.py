"""`gradcli` in process, through the pure `run`, and as a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradcli.cli.app import run
from gradcli.cli.environment import Environment, Output

PROGRAM = [sys.executable, "-c", "from gradcli.cli.app import main; main()"]


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        return json.loads(self.out)

    @property
    def answers(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Gradcli:
    """Calls the command line in process."""

    def __call__(
        self,
        *arguments: str,
        stdin: str | bytes | None = b"",
        variables: Mapping[str, str] | None = None,
        **details: Any,
    ) -> Done:
        out, err = io.BytesIO(), io.BytesIO()
        data = stdin.encode() if isinstance(stdin, str) else stdin
        environment = Environment(
            stdin=None if data is None else io.BytesIO(data),
            stdout=Output(out, "standard output"),
            stderr=Output(err, "standard error"),
            variables=variables or {},
            **details,
        )
        status = run(arguments, environment)
        return Done(status, out.getvalue().decode(), err.getvalue().decode())


def process(*arguments: str, **details: Any) -> subprocess.CompletedProcess[bytes]:
    """Runs the program as a process."""
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, timeout=60, env=clean(), **details)


def clean(**variables: str) -> dict[str, str]:
    """An environment without what would change answers."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GRADCLI", "_GRADCLI")) and k != "NO_COLOR"}
    return {**kept, **variables}
