"""The program as a process: closed and full outputs, readers that leave, Ctrl-C, and what it imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import PROGRAM, clean, process

ASK = ["eval", "x", "--x", "1", "--json"]


def shell(command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Runs a shell command in which `$G` is the program."""
    words = " ".join(f"'{word}'" for word in PROGRAM)
    return subprocess.run(["bash", "-c", f"G() {{ {words} \"$@\"; }}; {command}"], input=stdin, capture_output=True, timeout=60, env=clean())  # fmt: skip


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Programs that are started get Ctrl-C, even where the tests run in the background and ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_headline() -> None:
    done = process("grad", "2*dot(x,x)", "--x", "0,1,2,3", "--json")
    assert done.returncode == 0 and done.stderr == b""
    assert json.loads(done.stdout)["gradient"] == {"x": [0, 4, 8, 12]}


@pytest.mark.parametrize("redirect", [">&-", "> /dev/full", "1< /dev/null"])
@pytest.mark.parametrize("arguments", ["eval 1", "eval 1 --json", "eval 1+ --json", "--help", "grad --help"])
def test_an_output_that_cannot_be_written(redirect: str, arguments: str) -> None:
    done = shell(f"G {arguments} {redirect}")
    assert done.returncode == (3 if "+" in arguments else 2), done.stderr
    assert b"error: cannot write to standard output" in done.stderr
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr


def test_a_reader_that_goes_away() -> None:
    lines = b"".join(b'{"x":%d}\n' % i for i in range(20_000))
    done = shell("G eval x --vars - | head -1; exit ${PIPESTATUS[0]}", lines)
    assert (done.returncode, done.stderr) == (141, b"")
    assert json.loads(done.stdout)["value"] == 0


def test_other_closed_streams() -> None:
    assert shell("G eval 1 --json 2>&-").returncode == 0
    assert shell("G eval 1+ 2>&-").returncode == 3
    assert shell("G eval 1+ 2> /dev/full").returncode == 3
    done = shell("G grad - <&-")
    assert done.returncode == 2 and b"standard input" in done.stderr
    assert shell("G eval 1 <&-").returncode == 0


def test_a_stream_answers_as_it_is_asked() -> None:
    with subprocess.Popen([*PROGRAM, "grad", "x^2", "--vars", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean()) as program:  # fmt: skip
        assert program.stdin and program.stdout
        for x in (1, 2, 3):
            program.stdin.write(b'{"x":%d}\n' % x)
            program.stdin.flush()
            assert json.loads(program.stdout.readline())["gradient"]["x"] == 2 * x
        program.stdin.close()
        assert program.wait(10) == 0


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_in_a_stream_leaves_whole_lines() -> None:
    with subprocess.Popen([*PROGRAM, "grad", "x^2", "--vars", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean()) as program:  # fmt: skip
        assert program.stdin and program.stdout and program.stderr
        program.stdin.write(b'{"x":1}\n{"x":2}\n')
        program.stdin.flush()
        first = program.stdout.readline()
        program.send_signal(signal.SIGINT)
        rest, complaint = program.stdout.read(), program.stderr.read()
        assert program.wait(10) == 130 and complaint == b""
    assert len([json.loads(line) for line in (first + rest).splitlines()]) == 2


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_while_the_reader_is_slow() -> None:
    line = b'{"x":[%s]}\n' % b",".join([b"1"] * 20_000)  # fits a pipe; its answer does not
    with subprocess.Popen(
        [*PROGRAM, "eval", "x", "--vars", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean()
    ) as program:
        assert program.stdin and program.stdout
        program.stdin.write(line)
        program.stdin.close()
        start = os.read(program.stdout.fileno(), 1000)
        time.sleep(0.3)  # the pipe is full by now: the program waits in the middle of its answer
        program.send_signal(signal.SIGINT)
        whole = start + program.stdout.read()
        assert program.wait(10) == 130
    assert whole.count(b"\n") == 1 and len(json.loads(whole)["value"]) == 20_000


def test_a_pipe_as_a_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    done = process("eval", "x", "--x", f"@{tmp_path}/pipe.csv")
    assert done.returncode == 2 and b"a pipe" in done.stderr


def test_arguments_that_are_not_text() -> None:
    for arguments in ([b"eval", b"\xff"], [b"eval", b"x", b"--x", b"\xff"], [b"\xff"], [b"eval", b"x", b"-f", b"\xff"]):
        done = subprocess.run([*PROGRAM, *arguments], capture_output=True, env=clean(), timeout=60)
        assert done.returncode in (2, 3, 4) and done.stderr.startswith(b"error: "), done.stderr


def test_a_terminal_without_unicode() -> None:
    environment = clean(PYTHONIOENCODING="ascii", LC_ALL="C")
    done = subprocess.run([*PROGRAM, "jacobian", "θ*x", "--θ", "1,2", "--x", "1,2"], capture_output=True, env=environment, timeout=60)  # fmt: skip
    assert done.returncode == 0 and done.stdout.isascii(), done.stderr
    done = subprocess.run([*PROGRAM, "eval", "θ +"], capture_output=True, env=environment, timeout=60)
    assert done.returncode == 3 and done.stderr.isascii()


# ---- what is imported ------------------------------------------------------------------------------

HEAVY = ("numpy", "rich", "sympy", "scipy", "pydantic", "pydantic_core", "mpmath", "torch", "typer")


def imported(*arguments: str, variables: dict[str, str] | None = None) -> set[str]:
    """The heavy packages that a run has imported by its end."""
    code = f"""
import sys
from gradcli.cli.app import run
from gradcli.cli.environment import Environment
try:
    run(sys.argv[1:], Environment.of_process())
except SystemExit:
    pass
print("imported", *[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=clean(**variables or {}), timeout=60)  # fmt: skip
    last = done.stderr.splitlines()[-1].split()
    assert last[0] == "imported", done.stderr
    return set(last[1:])


@pytest.mark.parametrize(
    ("arguments", "packages"),
    [
        (["--version"], {"typer"}),
        (["--help"], {"typer"}),
        (["grad", "--help"], {"typer"}),
        (["grad", "--nonsense"], set()),
        (["grad", "x +", "--x", "1"], set()),
        (["grad", "x +", "--x", "1", "--json"], set()),
        (["grad", "theta^2", "--thta", "1"], set()),
        (["grad", "x^2", "--x", "1", "--order", "a"], set()),
        (["grad", "2*dot(x,x)", "--x", "0,1,2,3", "--json"], {"numpy"}),
        (["hessian", "x^2", "--x", "pi/4", "--json"], {"numpy"}),
        (["grad", "2*dot(x,x)", "--x", "0,1,2,3"], {"numpy"}),
    ],
)
def test_only_what_is_needed_is_imported(arguments: list[str], packages: set[str]) -> None:
    assert imported(*arguments) == packages


def test_sympy_is_imported_elsewhere() -> None:
    """A check runs SymPy in a process of its own, where it can be stopped."""
    assert not imported("check", "x^2", "--x", "3") & {"sympy", "pydantic", "scipy", "torch"}


# ---- completion ------------------------------------------------------------------------------------


def completions(*words: str) -> list[str]:
    variables = {"_GRADCLI_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(PROGRAM, capture_output=True, text=True, env=clean(**variables), timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_completion() -> None:
    assert completions("gradcli", "ja") == ["jacobian"]
    assert {"--wrt", "--json", "--check"} <= set(completions("gradcli", "grad", "--"))
    offered = completions("gradcli", "grad", "'2*dot(x,theta)'", "--")
    assert {"--x", "--theta", "--wrt"} <= set(offered)
    assert completions("gradcli", "grad", "'2*dot(x,theta)'", "--x", "1", "--t") == ["--theta"]
    assert "--x" not in completions("gradcli", "grad", "'2*dot(x,theta)'", "--x", "1", "--")
    assert completions("gradcli", "grad", "'2*('", "--wr") == ["--wrt"]


def test_completion_does_not_import_numpy() -> None:
    words = "gradcli grad 'x*y' --"
    variables = {"_GRADCLI_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "3"}
    assert "numpy" not in imported(variables=variables)


def test_completion_can_be_shown() -> None:
    done = shell("G --show-completion; true")
    assert b"_GRADCLI_COMPLETE=complete_bash" in done.stdout and b" gradcli\n" in done.stdout
