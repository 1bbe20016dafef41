"""docs/ says what the program declares."""

import re

import pytest

from gradcli.cli.options import TABLE
from gradcli.cli.root import NAMES
from gradcli.engine.functions import FUNCTIONS

from . import reference


@pytest.mark.parametrize(
    ("name", "written"), [("commands.md", reference.commands), ("functions.md", reference.language)]
)
def test_it_is_current(name, written):
    assert (reference.DOCS / name).read_text("utf-8") == written(), "run python -m tests.reference"


def test_nothing_is_left_out():
    commands = (reference.DOCS / "commands.md").read_text("utf-8")
    assert [name for name in NAMES if f"\n## gradcli {name}\n" not in commands] == []
    assert [name for name in TABLE if not re.search(rf"\| `{name}[ `]", commands)] == []
    functions = (reference.DOCS / "functions.md").read_text("utf-8")
    assert [name for name in FUNCTIONS if not re.search(rf"`{name}[(`]", functions)] == []
    assert "g * cos(x)" in functions and "split evenly on a tie" in functions
