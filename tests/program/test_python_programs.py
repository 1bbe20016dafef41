"""Programs in plain Python print here what Python prints."""

import contextlib
import io

import pytest

from gradcli.language.parser import parse
from gradcli.report.page import Page
from gradcli.report.plain import outputs
from gradcli.results import RunResult
from gradcli.running import shown

from .running import written


def printed(source):
    """What gradcli prints."""
    made = shown(parse(source), {}, 0, lines=False)
    result = RunResult(expression=source, reading=source, variables={}, mode=None, outputs=made.outputs)
    return "\n".join(outputs(result, Page(), None)) + "\n"


@pytest.mark.parametrize("source", written("python_programs"))
def test_a_program_prints_what_python_prints(source):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        exec(compile(source, "program", "exec"), {"__name__": "__main__"})
    assert printed(source).splitlines() == text.getvalue().splitlines()
