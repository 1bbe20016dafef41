"""Commands and what they print, as documents show them: read, run and written anew.

    # Words, before the command they are about.
    $ gradcli grad 'x^2' --x 3
    what it prints, on standard output and standard error
    [status 3]

A command may go on in lines that begin with `> `, as in a shell. A status is shown unless it is 0. What
is printed is what a pipe gets: 80 columns, no colour, nothing shortened. Lines of output that begin with
`$ ` or `# ` could not be told from commands and words; gradcli prints none.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gradcli.cli.app import run
from gradcli.cli.environment import Environment, Output

COLUMNS = 80
UNHURRIED = {"GRADCLI_LIMIT_CHECK_SECONDS": "100"}
"""What a check concludes is not to depend on how busy the machine is."""
_COMMAND = re.compile(r"^\$ .*\n(?:^> .*\n)*", re.MULTILINE)
_NEXT = re.compile(r"^[$#] ", re.MULTILINE)


class Step(NamedTuple):
    """A command, what a document says it prints, and where that stands in the document."""

    command: str
    output: str
    begin: int
    end: int


def steps(text: str) -> Iterator[Step]:
    """The commands of a console, in order. The blank lines before what follows belong to no output."""
    for match in _COMMAND.finditer(text):
        following = _NEXT.search(text, match.end())
        output = text[match.end() : following.start() if following else len(text)].rstrip("\n")
        if output.startswith("\n") or not output:
            output = ""
        lines = match[0].removeprefix("$ ").rstrip("\n").split("\n> ")
        yield Step("\n".join(lines), output, match.end(), match.end() + len(output))


def rewritten(text: str) -> str:
    """A console with what its commands print now."""
    written: list[str] = []
    done = 0
    with tempfile.TemporaryDirectory() as directory:
        for step in steps(text):
            printed = printed_by(step.command, Path(directory))
            written += [text[done : step.begin], printed]
            done = step.end
            if printed and not step.output:
                written.append("\n")
            elif step.output and not printed:
                done += text.startswith("\n", done)
    return "".join([*written, text[done:]])


def printed_by(command: str, directory: Path) -> str:
    """What a command prints, run in a directory: gradcli by itself in this process, all else in a shell."""
    words = _plain_words(command)
    if words and words[0] == "gradcli":
        status, data = _in_process(words[1:], directory)
    else:
        status, data = _in_shell(command, directory)
    text = data.decode().rstrip("\n")
    assert status != 70, text  # a bug is nothing to document
    return "\n".join(part for part in (text, f"[status {status}]" if status else "") if part)


def _plain_words(command: str) -> list[str]:
    """The words of a command that a shell would do nothing else with; none where it would."""
    bare = re.sub(r"'[^']*'|\"[^\"$`\\]*\"", "", command)
    return [] if re.search(r"[;<>|&$`\\*?~\n({]", bare) else shlex.split(command)


def _in_process(arguments: list[str], directory: Path) -> tuple[int, bytes]:
    printed = io.BytesIO()
    environment = Environment(
        stdin=io.BytesIO(),
        stdout=Output(printed, "standard output"),
        stderr=Output(printed, "standard error"),
        variables=UNHURRIED,
        width=COLUMNS,
    )
    with chdir(directory):
        status = run(arguments, environment)
    return status, printed.getvalue()


def _in_shell(command: str, directory: Path) -> tuple[int, bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRADCLI", "_GRADCLI"))}
    path = os.pathsep.join([programs().name, os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env={**kept, **UNHURRIED, "PATH": path, "COLUMNS": str(COLUMNS), "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@cache
def programs() -> tempfile.TemporaryDirectory[str]:
    """A directory in which `gradcli` and `python` are those of these tests."""
    directory = tempfile.TemporaryDirectory()
    python = shlex.quote(sys.executable)
    for name, line in (("python", python), ("gradcli", f"{python} -c 'from gradcli.cli.app import main; main()'")):
        program = Path(directory.name, name)
        program.write_text(f'#!/bin/sh\nexec {line} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return directory
