"""What is shown of how far a computation is: on a terminal only, after a while, and gone at the end."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest
from running import clean

from gradcli.cli import progress
from gradcli.cli.environment import Environment, Output
from gradcli.cli.progress import Stage
from gradcli.cli.progress_lines import said
from gradcli.cli.session import Session
from gradcli.errors import GradcliError
from gradcli.telling import telling

AWAY = b"\x1b[2K"
"""What removes a line."""


class Written:
    """A stream that keeps what is written to it."""

    def __init__(self) -> None:
        self.data = b""

    def fileno(self) -> int:
        return -1

    def write(self, data: bytes | memoryview, /) -> int:
        self.data += bytes(data)
        return len(data)


class Shown:
    """A session with a terminal for standard error, and what is written there."""

    def __init__(self, *, terminal: bool = True, **variables: str) -> None:
        self.written = Written()
        error = Output(self.written, "standard error")
        nowhere = Output(Written(), "standard output")
        environment = Environment(None, nowhere, error, variables, stderr_is_terminal=terminal, width=100)
        self.session = Session(environment)

    def wait_for(self, text: bytes) -> None:
        """Wait until something is shown: the thread that shows it has its own pace."""
        end = monotonic() + 20
        while text not in self.written.data:
            assert monotonic() < end, self.written.data


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setattr(progress, "PERIOD", 0.001)


def test_a_line_with_rate_and_time_left_that_is_removed() -> None:
    shown = Shown(TERM="xterm")
    with shown.session.progress_shown(), telling("counting [1/2]", total=3000, unit="sheep") as tell:
        tell(1500, "a\x1b[31mb")
        shown.wait_for(b"1,500/3,000 sheep, a\\x1b[31mb")
    assert re.search(rb"counting \[1/2\].*sheep.*/s, \d+:\d\d:\d\d left", shown.written.data)
    assert shown.written.data.endswith(AWAY)


def test_stages_within_one_another_have_a_line_each() -> None:
    shown = Shown(TERM="xterm")
    with shown.session.progress_shown(), telling("outer", 2, "things") as outer:
        outer(1)
        with telling("inner", unit="parts") as inner:
            inner(5)
            shown.wait_for(b"5 parts")
        del shown.written.data
        shown.written.data = b""
        shown.wait_for(b"outer")
        assert b"inner" not in shown.written.data.rpartition(AWAY)[2]
    assert shown.written.data.endswith(AWAY)


def test_an_error_is_written_where_no_line_is() -> None:
    shown = Shown(TERM="xterm")
    with shown.session.progress_shown(), telling("counting", unit="sheep") as tell:
        tell(7)
        shown.wait_for(b"7 sheep")
        shown.session.explain(GradcliError("something"))
        before, _, after = shown.written.data.partition(b"error:")
        assert before.removesuffix(b"\x1b[1;31m").endswith(AWAY)
        shown.written.data = after
        shown.wait_for(b"7 sheep")


@pytest.mark.parametrize(
    "circumstances", [{"terminal": False}, {"TERM": "dumb"}, {"delay": 1e9}], ids=["no terminal", "dumb", "soon"]
)
def test_nothing(monkeypatch: pytest.MonkeyPatch, circumstances: dict[str, object]) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)  # it is not even imported
    monkeypatch.setattr(progress, "DELAY", circumstances.pop("delay", 0.0))
    shown = Shown(**circumstances)  # type: ignore[arg-type]
    with shown.session.progress_shown(), telling("counting") as tell:
        for done in range(1000):
            tell(done)
    assert shown.written.data == b""


def test_nobody_listens() -> None:
    with telling("anything") as tell:
        tell(1)


@pytest.mark.parametrize(
    ("seconds", "done", "total", "share", "words"),
    [
        (100, 0, None, None, "0:01:40"),
        (100, 0, 50, None, "0/50 sheep, 0:01:40"),
        (100, 5000, None, None, "5,000 sheep, 50/s, 0:01:40"),
        (100, 25000, 100000, None, "25,000/100,000 sheep, 250/s, 0:05:00 left"),
        (4000, 24, None, 0.5, "24 sheep, 0.006/s, 1:06:40 left"),
        (100, 7, None, 1.5, "7 sheep, 0.07/s, 0:01:40"),
    ],
)
def test_what_is_said(
    monkeypatch: pytest.MonkeyPatch, seconds: float, done: int, total: int | None, share: float | None, words: str
) -> None:
    monkeypatch.setattr(progress, "monotonic", lambda: 0.0)
    stage = Stage("counting", total, "sheep")
    stage.tell(done, share=share)
    monkeypatch.setattr(progress, "monotonic", lambda: float(seconds))
    assert said(stage) == words


# ---- whole runs on a terminal ---------------------------------------------------------------------------

_START = """\
from gradcli.cli import progress
progress.DELAY, progress.PERIOD = 0.0, 0.001
from gradcli.cli.app import main
main()
"""


def on_terminal(*arguments: str, stdin: Path | None = None) -> tuple[str, str]:
    """What a run answers on standard output, a pipe, and shows on standard error, a terminal."""
    ours, theirs = pty.openpty()
    with open(stdin or os.devnull, "rb") as given:
        process = subprocess.Popen(
            [sys.executable, "-c", _START, *arguments], stdin=given, stdout=subprocess.PIPE, stderr=theirs,
            env=clean(TERM="xterm", COLUMNS="110"),
        )  # fmt: skip
    os.close(theirs)
    pieces: list[bytes] = []
    reader = Thread(target=lambda: pieces.extend(_all(ours)))  # a terminal that is not read is full at some time
    reader.start()
    out, _ = process.communicate(timeout=60)
    reader.join()
    os.close(ours)
    shown = b"".join(pieces)
    assert process.returncode == 0, shown
    return out.decode(), shown.decode()


def _all(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(descriptor, 1 << 16)
        except OSError:  # how the end of a terminal shows
            return
        if not data:
            return
        yield data


def test_a_stream_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps({"x": k, "pad": 0.5}) + "\n" for k in range(40000)))
    out, shown = on_terminal("grad", "x^2 + sin(x) + 0*pad", "--vars", "-", stdin=path)
    assert out.count("\n") == 40000 and "\x1b" not in out
    assert re.search(r"answering.*[\d,]+ records, [\d,.]+/s, \d:\d\d:\d\d left", shown)
    assert shown.endswith(AWAY.decode())


def test_a_jacobian_and_a_check() -> None:
    _, shown = on_terminal("jacobian", "tanh(outer(x, x) @ x)", "--x", "arange(300)/300", "--json")
    assert "differentiating" in shown and "300 passes" in shown
    out, shown = on_terminal("check", "sum(sin(x))", "--x", "arange(100)/10", "--json")
    assert "waiting for SymPy" in shown and "/100 elements" in shown
    assert json.loads(out)["check"]["verdict"] == "pass"
