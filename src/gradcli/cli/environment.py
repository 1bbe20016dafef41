"""What surrounds a run: the streams, the terminal, the environment variables.

The process's own is `Environment.of_process()`; tests make theirs. Streams are written in whole
lines, past Python's own buffers, so that what could not be written is known at once and nothing is
left to be tried again when the process ends.
"""

from __future__ import annotations

import os
import select
from collections.abc import Mapping
from typing import IO, Any, Protocol

from ..errors import FileError
from ..record import Record

_NONE: Mapping[str, str] = {}


class Readable(Protocol):
    """An unbuffered stream to read from."""

    def fileno(self) -> int: ...

    def read(self, size: int, /) -> bytes | None: ...


class Writable(Protocol):
    """An unbuffered stream to write to: may take a part, and say how much (None: nothing yet)."""

    def fileno(self) -> int: ...

    def write(self, data: bytes | memoryview, /) -> int | None: ...


class ReaderGone(BaseException):
    """Nobody reads what is written any more: like Ctrl-C, the end of the run and nobody's error."""


class Output:
    """A stream that takes whole pieces of text, each of them written out completely or not at all.

    Ctrl-C in the middle of writing a piece waits until it is written; a second one does not.
    """

    _MOST_HELD = 1 << 16

    def __init__(self, stream: Writable | None, name: str, encoding: str = "utf-8") -> None:
        self.stream = stream
        self.name = name
        self.encoding = encoding
        self.broken = False
        self._held = bytearray()
        self._writing = False
        self._interrupted = False

    def text(self, text: str) -> None:
        """Write text in the stream's encoding, with escapes for what that cannot express."""
        self.write(text.encode(self.encoding, "backslashreplace"))

    def write(self, data: bytes) -> None:
        self._held += data
        if len(self._held) > self._MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Write out what is held. Raises FileError where that cannot be, ReaderGone where nobody reads."""
        data, self._held = self._held, bytearray()
        if not data or self.broken:
            return
        self._writing = True
        try:
            self._write(memoryview(data))
        except BrokenPipeError:
            self.broken = True
            raise ReaderGone from None
        except OSError as error:
            self.broken = True
            said = (error.strerror or str(error)).lower()
            raise FileError(f"cannot write to {self.name}: {said}") from error
        finally:
            self._writing = False
        if self._interrupted:
            raise KeyboardInterrupt

    def _write(self, data: memoryview) -> None:
        if self.stream is None:
            raise OSError(0, "it is closed")
        while data:
            written = self.stream.write(data)
            if written is None:  # the stream does not block and is full
                select.select([], [self.stream], [])
            else:
                data = data[written:]

    def interrupt(self, *_: object) -> None:
        """What SIGINT calls."""
        if self._writing and not self._interrupted:
            self._interrupted = True
        else:
            raise KeyboardInterrupt


class Environment(Record):
    """Streams, terminal and variables of one run. A stream that is closed is None."""

    stdin: Readable | None
    stdout: Output
    stderr: Output
    variables: Mapping[str, str] = _NONE
    stdout_is_terminal: bool = False
    stderr_is_terminal: bool = False
    width: int = 80

    @classmethod
    def of_process(cls) -> Environment:
        import sys

        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        return cls(
            stdin=_raw(sys.stdin),
            stdout=Output(_raw(sys.stdout), "standard output", encoding),
            stderr=Output(_raw(sys.stderr), "standard error", getattr(sys.stderr, "encoding", None) or "utf-8"),
            variables=os.environ,
            stdout_is_terminal=_is_terminal(sys.stdout),
            stderr_is_terminal=_is_terminal(sys.stderr),
            width=_width(os.environ.get("COLUMNS", "")),
        )

    def read(self, size: int) -> bytes:
        """Up to `size` bytes from standard input, as soon as there are any; none at its end."""
        if self.stdin is None:
            raise FileError("cannot read standard input: it is closed")
        try:
            while (data := self.stdin.read(size)) is None:  # the stream does not block and is empty
                select.select([self.stdin], [], [])
        except OSError as error:
            raise FileError(f"cannot read standard input: {(error.strerror or str(error)).lower()}") from error
        return data

    def coloured(self, terminal: bool) -> bool:
        """Whether to use colour on a stream, given whether it is a terminal."""
        return terminal and not self.variables.get("NO_COLOR") and self.variables.get("TERM") != "dumb"


def _width(columns: str) -> int:
    """The width of the terminal on standard output, unless `columns` says otherwise; 80 where there is none."""
    if columns.isascii() and columns.isdigit() and 0 < len(columns) < 6 and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


def _raw(stream: Any) -> Any:
    """The unbuffered byte stream under one of sys.stdin, stdout, stderr; None where it is closed."""
    if stream is None:
        return None
    buffer: IO[bytes] | None = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)


def _is_terminal(stream: IO[str] | None) -> bool:
    return stream is not None and stream.isatty()
