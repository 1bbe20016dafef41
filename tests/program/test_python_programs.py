"""Programs in plain Python print here what Python prints."""

import contextlib
import io
from pathlib import Path

import pytest

from gradcli.language.parser import parse
from gradcli.report.page import Page
from gradcli.report.plain import outputs
from gradcli.results import RunResult
from gradcli.running import shown

TEXTS = Path(__file__).parent / "python_programs"


def programs():
    """The programs of all files: each begins with a line `### name`."""
    found = []
    for path in sorted(TEXTS.glob("*.txt")):
        for section in path.read_text(encoding="utf-8").split("### ")[1:]:
            name, _, source = section.partition("\n")
            found.append(pytest.param(source, id=f"{path.stem}: {name}"))
    return found


def printed(source):
    """What gradcli prints."""
    made = shown(parse(source), {}, 0, lines=False)
    result = RunResult(expression=source, mode=None, outputs=made.outputs)
    return "\n".join(outputs(result, Page(), None)) + "\n"


@pytest.mark.parametrize("source", programs())
def test_a_program_prints_what_python_prints(source):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        exec(compile(source, "program", "exec"), {"__name__": "__main__"})
    assert printed(source).splitlines() == text.getvalue().splitlines()
