"""What is shown of how far a computation is: on a terminal only, after a while, and gone at the end."""

from __future__ import annotations

import sys

import pytest

from gradcli.cli import progress
from gradcli.cli.environment import Environment, Output
from gradcli.cli.progress import Progress, shown_on


class Written:
    """A stream that keeps what is written to it."""

    def __init__(self) -> None:
        self.data = b""

    def fileno(self) -> int:
        return -1

    def write(self, data: bytes | memoryview, /) -> int:
        self.data += bytes(data)
        return len(data)


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool = True, delay: float = 0.0, **variables: str) -> bytes:
    monkeypatch.setattr(progress, "DELAY", delay)
    written = Written()
    nowhere = Output(Written(), "standard output")
    environment = Environment(
        None, nowhere, Output(written, "standard error"), variables, stderr_is_terminal=terminal, width=60
    )
    with shown_on(environment), Progress("counting [1/2]", total=3) as counting:
        for done in range(3):
            counting.update(done, f"line {done}")
    environment.stderr.flush()
    return written.data


def test_a_line_that_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = shown(monkeypatch, TERM="xterm")
    assert b"counting [1/2]" in data and b"line 2" in data and b"0/3" in data
    assert data.endswith(b"\x1b[2K")


@pytest.mark.parametrize(
    "circumstances", [{"terminal": False}, {"delay": 1e9}, {"TERM": "dumb"}], ids=["no terminal", "soon", "dumb"]
)
def test_nothing(monkeypatch: pytest.MonkeyPatch, circumstances: dict[str, object]) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)  # it is not even imported
    assert shown(monkeypatch, **circumstances) == b""  # type: ignore[arg-type]


def test_without_an_environment() -> None:
    with Progress("anything") as anything:
        anything.update(1)
