"""Processes that answer a part of a stream of requests of many forms, each of which takes a while to make ready.

A helper is this program once more (`main`), and is told the arguments with its first line. It is asked with a line
of JSON, the numbers of some records, and then the records themselves, a line each; it answers with a line of JSON:
what it would have written to standard output and to standard error, and its status. Where one cannot be started or
ends early, the stream's own process does the work.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, Final

from .. import limits, processes

if TYPE_CHECKING:
    import subprocess
    from types import TracebackType

    from .environment import Environment
    from .session import Session

Lines = Sequence[tuple[int, bytes]]
"""Records with their numbers."""


class Answers:
    """What a helper has to say about the records that it was given."""

    def __init__(self, out: str, err: str, status: int) -> None:
        self.out, self.err, self.status = out, err, status


class Helper:
    """A helper, seen from the process that asks it: about one part, or about another before it has answered."""

    def __init__(self, session: Session) -> None:
        self.ready = False
        """Whether it can be asked now."""
        self._process: subprocess.Popen[bytes] | None = processes.started("cli.helping")
        self._write(json.dumps(_told(session)).encode() + b"\n")
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def _read(self, answers: IO[bytes]) -> None:
        """Take what it says as it comes: it must not wait to be heard while it is being asked."""
        with suppress(OSError, ValueError):  # it was ended meanwhile
            self.ready = answers.readline() == _READY
            for line in answers:
                self._lines.put(line)
        self._lines.put(b"")

    def _write(self, data: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def ask(self, lines: Lines) -> bool:
        """Give it records to answer; whether it has taken them."""
        if self._process is None or not self.ready:
            return False
        numbers = json.dumps([number for number, _ in lines]).encode()
        try:
            self._write(b"\n".join([numbers, *(line.rstrip(b"\r\n") for _, line in lines), b""]))
        except OSError:
            self.end()
            return False
        return True

    def answers(self) -> Answers | None:
        """What it was asked for first of what it has not yet answered, waited for; None where it has ended."""
        line = self._lines.get() if self._process is not None else b""
        if line.endswith(b"\n"):
            return Answers(*json.loads(line))
        self.end()
        return None

    def end(self) -> None:
        """End it; it is not asked again."""
        if self._process is not None:
            processes.end(self._process)
        self._process, self.ready = None, False


class Helpers(AbstractContextManager["Helpers"]):
    """Those of one stream, started when they are first wanted; leaving the with block ends them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._started: list[Helper] | None = None

    def wanted(self) -> Sequence[Helper]:
        """One for every core but this process's own."""
        if self._started is None:
            self._started = []
            for _ in range(limits.threads() - 1 if self._session.arguments else 0):
                try:
                    self._started.append(Helper(self._session))
                except OSError:
                    break
        return self._started

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for helper in self._started or ():
            helper.end()


# ---- within a helper -------------------------------------------------------------------------------


_READY: Final = b"ready\n"


def _told(session: Session) -> dict[str, Any]:
    """What a helper has to know of the process that asks it."""
    environment = session.environment
    return {
        "arguments": session.arguments,
        "encoding": environment.stderr.encoding,
        "terminal": environment.stderr_is_terminal,
        "width": environment.width,
    }


class _Kept:
    """Takes what is written, until it is asked for."""

    def __init__(self) -> None:
        self._data = bytearray()

    def fileno(self) -> int:
        raise OSError(0, "it is no file")

    def write(self, data: bytes | memoryview) -> int:
        self._data += data
        return len(data)

    def taken(self, encoding: str) -> str:
        text = self._data.decode(encoding)
        self._data.clear()
        return text


def main() -> None:
    """Answer what standard input asks, until it ends."""
    import gc
    import signal

    gc.disable()  # until the engine is imported, as in `app.main`
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks, which then ends this one
    told = json.loads(sys.stdin.buffer.readline())
    out, err = _Kept(), _Kept()
    _serve(told, _environment(told, out, err), out, err)
    os._exit(0)


def _environment(told: dict[str, Any], out: _Kept, err: _Kept) -> Environment:
    from .environment import Environment, Output

    return Environment(
        stdin=None,
        stdout=Output(out, "standard output"),
        stderr=Output(err, "standard error", told["encoding"]),
        variables=os.environ,
        stderr_is_terminal=told["terminal"],
        width=told["width"],
    )


def _serve(told: dict[str, Any], environment: Environment, out: _Kept, err: _Kept) -> None:
    from .serve import helping
    from .session import Session

    session = Session(environment)
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    with helping(session, *told["arguments"]) as answer:
        answers.write(_READY)
        answers.flush()
        for line in questions:
            answer([(number, questions.readline().rstrip(b"\n")) for number in json.loads(line)])
            environment.stdout.flush()
            found = out.taken("utf-8"), err.taken(told["encoding"]), session.status
            answers.write(json.dumps(found).encode() + b"\n")
            answers.flush()
