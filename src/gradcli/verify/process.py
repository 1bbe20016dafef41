"""SymPy's process, seen from outside: started early, asked once, and killed when its time is up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, NamedTuple

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


def prepare() -> None:
    """Start SymPy's process now, for the check that is coming: it takes half a second to get ready, which
    may pass while everything else is done. Unused, it ends with this process."""
    global _spare
    if _spare is None:
        _spare = _started()


def _started() -> _Process | None:
    """A process that is getting ready, bounded by the limits in force; None where there can be none."""
    bounds = limits.current()
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, _ROOT, str(bounds.check_bytes), str(bounds.check_seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD, "PYTHONHASHSEED": "0"},
        )  # fmt: skip
    except (OSError, ValueError):
        return None
    return _Process(process, bounds.check_bytes, bounds.check_seconds)


def _taken() -> _Process | None:
    """The process that was prepared, if it is bounded as it should be, or a new one."""
    global _spare
    spare, _spare = _spare, None
    if spare is not None:
        bounds = limits.current()
        if (spare.bytes, spare.seconds) == (bounds.check_bytes, bounds.check_seconds) and spare.popen.poll() is None:
            return spare
        _end(spare.popen)
    return _started()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not sent is not missed
                pipe.close()


class _Process(NamedTuple):
    popen: subprocess.Popen[bytes]
    bytes: int
    seconds: int


_spare: _Process | None = None


class SymbolicProcess:
    """Asks SymPy; leaving the with block ends it, whatever it is doing."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        bounds = limits.current()
        self._deadline = time.monotonic() + bounds.check_seconds
        self._seconds = bounds.check_seconds
        self._findings = Findings()
        self._ended = False
        process = _taken()
        self._process = None if process is None else process.popen
        if process is not None:
            text = json.dumps(request).encode()
            self._thread = Thread(target=self._converse, args=(process.popen, text), daemon=True)
            self._thread.start()

    def _converse(self, process: subprocess.Popen[bytes], request: bytes) -> None:
        assert process.stdin is not None and process.stdout is not None
        with suppress(OSError):  # it may be gone already, and have said why
            process.stdin.write(request)
            process.stdin.close()
        for line in process.stdout:
            if line.endswith(b"\n") and self._findings.take(line):
                self._ended = True

    def findings(self) -> Findings:
        """All that it finds in its time."""
        found = self._findings
        if self._process is None:
            found.reason = "its process could not be started"
            return found
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        late = self._thread.is_alive()
        self._stop()
        if not self._ended:
            took = "1 second" if self._seconds == 1 else f"{self._seconds:,} seconds"
            found.reason = f"it was not done after {took}" if late else "its process ended early"
        return found

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()  # which ends the conversation
            self._thread.join()
            _end(self._process)

    def __enter__(self) -> SymbolicProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
