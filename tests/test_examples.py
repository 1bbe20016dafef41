"""The examples print what they say they print."""

from pathlib import Path

import pytest

from .consoles import printed_by, steps
from .examples import EXAMPLES


def test_there_are_examples():
    assert len(EXAMPLES) > 10


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path, tmp_path: Path):
    shown = list(steps(path.read_text("utf-8")))
    assert shown
    for step in shown:
        assert printed_by(step.command, tmp_path) == step.output, step.command
