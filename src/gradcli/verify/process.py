"""SymPy's process, seen from outside: started early, asked once, and killed when its time is up."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Any

from .. import limits, processes
from ..telling import telling

_LOOK = 0.1  # seconds between two looks at how much it has found


class Findings:
    """What SymPy found.

    Attributes:
        values: of the output's elements, or of the weighted sum under None; NaN where there is none,
            infinite (with no sign to it) at a pole.
        slopes: by the number of the element that was asked for, likewise.
        forms: closed forms, likewise.
        reason: why it gave up, as the end of a sentence; None where it did not.
    """

    def __init__(self) -> None:
        self.values: dict[int | None, float] = {}
        self.slopes: dict[int, float] = {}
        self.forms: dict[int, str] = {}
        self.reason: str | None = None
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
    """SymPy, getting ready as soon as this is made; leaving the with block ends it, whatever it is doing.

    It is asked once, with `ask`, or else `give_up` says why not; `findings` then waits for what it finds,
    as long as the limit check_seconds allows, which begins here.
    """

    def __init__(self) -> None:
        bounds = limits.current()
        self._deadline = time.monotonic() + bounds.check_seconds
        self._seconds = bounds.check_seconds
        self._findings = Findings()
        self._ended = False
        self._asked: int | None = None
        self._thread: Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = processes.started("verify.worker", str(bounds.check_bytes), str(bounds.check_seconds))
        except (OSError, ValueError):
            self.give_up("its process could not be started")

    def give_up(self, reason: str) -> None:
        """There will be no findings, for this reason."""
        self._findings.reason = reason
        self._ended = True

    def ask(self, request: Mapping[str, Any]) -> None:
        """Ask for derivatives (`symbolic`); the answers come in while this process does other things."""
        if self._process is not None:
            text = json.dumps(request).encode()
            self._asked = len(request.get("elements", ()))
            self._thread = Thread(target=self._converse, args=(self._process, text), daemon=True)
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
        late = False
        if self._thread is not None:
            self._wait_for(self._thread)
            late = self._thread.is_alive()
        self._stop()
        if not self._ended:
            took = "1 second" if self._seconds == 1 else f"{self._seconds:,} seconds"
            self.give_up(f"it was not done after {took}" if late else "its process ended early")
        return self._findings

    def _wait_for(self, thread: Thread) -> None:
        """Wait until SymPy is done or its time is up, telling how much it has found."""
        with telling("waiting for SymPy", self._asked, "elements") as tell:
            while thread.is_alive() and (left := self._deadline - time.monotonic()) > 0:
                thread.join(min(left, _LOOK))
                tell(len(self._findings.slopes))

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()  # which ends the conversation
        if self._thread is not None:
            self._thread.join()
        processes.end(self._process)

    def __enter__(self) -> SymbolicProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
