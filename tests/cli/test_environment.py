"""What is written is written in whole lines or reported; what is read comes as it arrives."""

from __future__ import annotations

import errno
import io
import os

import pytest

from gradcli.cli.environment import Environment, Output, ReaderGone
from gradcli.errors import FileError


class Slow(io.BytesIO):
    """Takes three bytes at a time."""

    def write(self, data: object) -> int:
        return super().write(bytes(data)[:3])  # type: ignore[call-overload]


class Broken:
    def __init__(self, error: OSError) -> None:
        self.error = error

    def write(self, data: object) -> int:
        raise self.error


def test_everything_is_written() -> None:
    stream = Slow()
    output = Output(stream, "it")
    output.text("héllo\n")
    assert stream.getvalue() == b""
    output.flush()
    assert stream.getvalue().decode() == "héllo\n"


def test_much_is_not_held() -> None:
    stream = io.BytesIO()
    Output(stream, "it").write(b"x" * 100_000)
    assert len(stream.getvalue()) == 100_000


def test_what_an_encoding_lacks_is_escaped() -> None:
    stream = io.BytesIO()
    output = Output(stream, "it", "ascii")
    output.text("θ = 1\n")
    output.flush()
    assert stream.getvalue() == b"\\u03b8 = 1\n"


@pytest.mark.parametrize("stream", [None, Broken(OSError(errno.ENOSPC, "No space left on device"))])
def test_what_cannot_be_written_is_an_error_once(stream: Broken | None) -> None:
    output = Output(stream, "standard output")
    output.text("hello\n")
    with pytest.raises(FileError, match=r"cannot write to standard output: (it is closed|no space)"):
        output.flush()
    assert output.broken
    output.text("more\n")
    output.flush()


def test_a_reader_that_went_away() -> None:
    output = Output(Broken(BrokenPipeError()), "it")
    output.text("hello\n")
    with pytest.raises(ReaderGone):
        output.flush()


def test_an_interrupt_waits_for_the_line() -> None:
    output: Output

    class Interrupted(io.BytesIO):
        def write(self, data: object) -> int:
            if not self.getvalue():
                output.interrupt()
            return super().write(bytes(data)[:4])  # type: ignore[call-overload]

    stream = Interrupted()
    output = Output(stream, "it")
    output.text("a whole line\n")
    with pytest.raises(KeyboardInterrupt):
        output.flush()
    assert stream.getvalue() == b"a whole line\n"


def test_a_second_interrupt_does_not_wait() -> None:
    output: Output

    class Interrupted(io.BytesIO):
        def write(self, data: object) -> int:
            output.interrupt()
            return super().write(bytes(data)[:4])  # type: ignore[call-overload]

    output = Output(Interrupted(), "it")
    output.text("a whole line\n")
    with pytest.raises(KeyboardInterrupt):
        output.flush()
    with pytest.raises(KeyboardInterrupt):
        Output(None, "it").interrupt()


def test_a_stream_that_does_not_block() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with open(reading, "rb", buffering=0) as stream, open(writing, "wb", buffering=0) as other:
        environment = Environment(stream, Output(None, "out"), Output(None, "err"))
        other.write(b"hello")
        assert environment.read(100) == b"hello"
        other.close()
        assert environment.read(100) == b""


def test_stdin_that_is_closed() -> None:
    with pytest.raises(FileError, match="closed"):
        Environment(None, Output(None, "out"), Output(None, "err")).read(1)


@pytest.mark.parametrize(
    ("terminal", "variables", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour(terminal: bool, variables: dict[str, str], coloured: bool) -> None:
    environment = Environment(None, Output(None, "out"), Output(None, "err"), variables)
    assert environment.coloured(terminal) is coloured
