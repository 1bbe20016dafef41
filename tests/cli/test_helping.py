"""Requests of many forms, some of them answered by other processes: the same bytes, in the same order."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from typing import Any

import pytest
from running import Done, Gradcli

from gradcli import limits, processes
from gradcli.cli import helping, streams

FUNCTIONS = ("sin", "cos", "exp", "tanh", "sqrt", "log", "abs", "cosh")


def _requests(count: int) -> bytes:
    """Requests of as many forms, a few of them wrong in one way or another."""
    lines = []
    for i in range(count):
        nested = "".join(f"{FUNCTIONS[i // 8**depth % 8]}(" for depth in range(3))
        lines.append(
            json.dumps({"expression": f"{nested}x{'+y' * (i // 512)}){'))'}", "variables": {"x": 0.5, "y": 2}})
        )
    encoded = [line.encode() for line in lines]
    encoded[70], encoded[220], encoded[400] = b'{"expression": "x+"}', b"{nonsense", b'{"expression": "\xff"}'
    encoded[150] = b'{"expression": "abs(x)", "variables": {"x": 0}}\r'
    encoded[200] = b""
    return b"\n".join(encoded) + b"\n"


STREAM = _requests(700)


@pytest.fixture(name="alone", scope="module")
def fixture_alone() -> Done:
    """The answers where nobody helps."""
    return Gradcli()("grad", "-", "--limit", "threads=1", stdin=STREAM)


@pytest.fixture(name="started")
def fixture_started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that are started; there are three cores, and helpers are ready when they are asked."""
    found: list[subprocess.Popen[bytes]] = []
    start, wanted = processes.started, helping.Helpers.wanted

    def started(*arguments: str) -> subprocess.Popen[bytes]:
        found.append(start(*arguments))
        return found[-1]

    def when_ready(self: helping.Helpers) -> Sequence[helping.Helper]:
        end = time.monotonic() + 30
        while not all(helper.ready or helper._process.poll() is not None for helper in wanted(self)):
            assert time.monotonic() < end
            time.sleep(0.01)
        return wanted(self)

    monkeypatch.setattr(limits, "threads", lambda: 3)
    monkeypatch.setattr(processes, "started", started)
    monkeypatch.setattr(helping.Helpers, "wanted", when_ready)
    return found


@pytest.fixture(name="passed_on")
def fixture_passed_on(monkeypatch: pytest.MonkeyPatch) -> list[helping.Answers]:
    """What helpers have answered."""
    found: list[helping.Answers] = []
    pass_on = streams.Stream._pass_on

    def kept(self: streams.Stream, answers: helping.Answers) -> None:
        found.append(answers)
        pass_on(self, answers)

    monkeypatch.setattr(streams.Stream, "_pass_on", kept)
    return found


def test_the_same_answers(gradcli: Gradcli, alone: Done, started: list[Any], passed_on: list[helping.Answers]) -> None:
    done = gradcli("grad", "-", stdin=STREAM)
    assert done.status == 4 and (done.status, done.out) == (alone.status, alone.out)
    assert sorted(done.err.splitlines()) == sorted(alone.err.splitlines())
    assert len(done.out.splitlines()) == 699 and "error: line 401" in done.err
    assert len(started) == 2 and len(passed_on) >= 5 and any(answers.err for answers in passed_on)
    assert all(process.poll() is not None for process in started)


def test_options_are_the_helpers_too(
    gradcli: Gradcli, started: list[Any], passed_on: list[helping.Answers], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = b"\n".join(line for line in STREAM.splitlines() if b'"y"' in line).replace(b', "y": 2', b"")
    options = ("grad", "-", "--y", "0", "--strict", "--at-kink", "error", "--mode", "forward")
    done = gradcli(*options, stdin=stream)
    assert passed_on and started and done.status == 5
    assert all(answer.get("mode", "forward") == "forward" for answer in done.answers)
    monkeypatch.undo()
    assert done == gradcli(*options, "--limit", "threads=1", stdin=stream)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_helper_that_ends_early(
    gradcli: Gradcli, alone: Done, started: list[subprocess.Popen[bytes]], passed_on: list[helping.Answers],
    monkeypatch: pytest.MonkeyPatch, when: str,
) -> None:  # fmt: skip
    ask = helping.Helper.ask

    def ending(self: helping.Helper, lines: helping.Lines) -> bool:
        taken = when == "after" and ask(self, lines)
        for process in started:
            process.kill()
            process.wait()
        return taken or ask(self, lines)

    monkeypatch.setattr(helping.Helper, "ask", ending)
    done = gradcli("grad", "-", stdin=STREAM)
    assert (done.status, done.out, done.err) == (alone.status, alone.out, alone.err)
    assert not passed_on


def test_helpers_that_cannot_be_started(gradcli: Gradcli, alone: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: str) -> Any:
        raise OSError(11, "no more processes")

    monkeypatch.setattr(limits, "threads", lambda: 2)
    monkeypatch.setattr(processes, "started", refused)
    assert gradcli("grad", "-", stdin=STREAM) == alone


@pytest.mark.parametrize("lines", [STREAM.splitlines()[:200], [b'{"expression": "x^2", "variables": {"x": 3}}'] * 400])
def test_nobody_is_asked_for_little(gradcli: Gradcli, started: list[Any], lines: Sequence[bytes]) -> None:
    done = gradcli("grad", "-", stdin=b"\n".join(lines))
    assert len(done.answers) == len(lines) and not started


def test_a_line_that_is_too_long_stays_here(
    gradcli: Gradcli, started: list[Any], passed_on: list[helping.Answers]
) -> None:
    lines = STREAM.splitlines()
    lines[230] = lines[600] = b" " * 300 + lines[230]
    done = gradcli("grad", "-", "--limit", "line_bytes=200", stdin=b"\n".join(lines))
    assert done.status == 6 and "line_bytes" in done.answers[229]["error"]["hint"]
    assert len(done.answers) == 699 and passed_on
