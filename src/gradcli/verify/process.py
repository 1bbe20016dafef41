"""SymPy's process, seen from outside: started early, asked once, and killed when its time is up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any

from .. import limits

_ROOT = str(Path(__file__).resolve().parents[2])
# Only this package's own place is added to the path: what lies in the current directory is not imported.
_START = "import sys; sys.path.append(sys.argv[1]); from gradcli.verify.worker import main; main()"
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Findings:
    """What SymPy found.

    Attributes:
        values: of the output's elements, or of the weighted sum under None; NaN where there is none,
            infinite (with no sign to it) at a pole.
        slopes: by the number of the element that was asked for, likewise.
        forms: closed forms, likewise.
        reason: why it gave up, as the end of a sentence; None where it did not.
    """

    def __init__(self, reason: str | None = None) -> None:
        self.values: dict[int | None, float] = {}
        self.slopes: dict[int, float] = {}
        self.forms: dict[int, str] = {}
        self.reason = reason
        self._bytes = limits.current().check_bytes

    def take(self, line: bytes) -> bool:
        """Take in a line of the worker's; whether it was its last."""
        kind, *rest = json.loads(line)
        if kind == "value":
            self.values[rest[0]] = _number(rest[1])
        elif kind == "slope":
            self.slopes[rest[0]] = _number(rest[1])
        elif kind == "form":
            self.forms[rest[0]] = rest[1]
        elif kind == "unsupported":
            self.reason = f"it has no counterpart of {rest[0]}"
        elif kind == "memory":
            self.reason = f"it needed more than {self._bytes:,} bytes"
        elif kind == "error":
            self.reason = rest[0]
        return kind in ("done", "unsupported", "memory", "error")


def _number(digits: str | None) -> float:
    return float("nan") if digits is None else float(digits)


class SymbolicProcess:
    """Starts SymPy on a request; leaving the with block ends it, whatever it is doing."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        bounds = limits.current()
        self._deadline = time.monotonic() + bounds.check_seconds
        self._seconds = bounds.check_seconds
        self._findings = Findings()
        self._ended = False
        request = {**request, "bytes": bounds.check_bytes, "seconds": bounds.check_seconds}
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, _ROOT],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD, "PYTHONHASHSEED": "0"},
            )  # fmt: skip
        except (OSError, ValueError):
            return
        self._thread = Thread(target=self._converse, args=(json.dumps(request).encode(),), daemon=True)
        self._thread.start()

    def _converse(self, request: bytes) -> None:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(request)
            process.stdin.close()
        except OSError:  # it is gone already
            return
        for line in process.stdout:
            if line.endswith(b"\n") and self._findings.take(line):
                self._ended = True

    def findings(self) -> Findings:
        """All that it finds in its time, which began when it was started."""
        found = self._findings
        if self._process is None:
            found.reason = "its process could not be started"
            return found
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        late = self._thread.is_alive()
        self._end()
        if not self._ended:
            took = "1 second" if self._seconds == 1 else f"{self._seconds:,} seconds"
            found.reason = f"it was not done after {took}" if late else "its process ended early"
        return found

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        process.kill()
        process.wait()
        self._thread.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()

    def __enter__(self) -> SymbolicProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
