"""Processes of our own: another Python that runs a function of this package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[1])
# Only this package's own place is added to the path: what lies in the current directory is not imported.
_START = "import sys; sys.path.append(sys.argv[1]); from {module} import main; main()"
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def started(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A process that runs `main()` of a module of this package, its standard input and output being pipes.

    The arguments are the last of its sys.argv. Raises OSError where it cannot be started.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _START.format(module=f"gradcli.{module}"), _ROOT, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, **_ONE_THREAD, "PYTHONHASHSEED": "0"},
    )  # fmt: skip


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, whatever it is doing."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # what was not sent is not missed
                continue
