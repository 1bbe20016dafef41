"""What README.md shows is what happens: its commands are run as written, its Python is run as a doctest."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from .consoles import printed_by, steps
from .examples import BLOCK, README, ROOT

TEXT = README.read_text("utf-8")
BLOCKS = BLOCK.findall(TEXT)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader who follows the page would be: what one block writes, the next may read."""
    return tmp_path_factory.mktemp("readme")


@pytest.mark.parametrize("text", blocks("console"), ids=lambda text: text.split("\n")[0][:60])
def test_console(text: str, directory: Path) -> None:
    shown = list(steps(text))
    assert shown
    for step in shown:
        assert printed_by(step.command, directory) == step.output, step.command


@pytest.mark.parametrize("text", blocks("sh"))
def test_shell(text: str, directory: Path) -> None:
    for command in text.splitlines():
        steps_of_it = [part.strip() for part in command.split(" && ")]
        assert steps_of_it[0].startswith("pip install ")  # for a machine of its own: .ci/run does it
        for part in steps_of_it[1:]:
            if part != "pytest":
                assert not re.search(r"^\[status", printed_by(part, directory), re.MULTILINE)


def test_commands_that_must_be_there() -> None:
    assert 'pip install . && gradcli grad "2*dot(x,x)" --x 0,1,2,3\n' in blocks("sh")
    assert "pip install -e '.[test]' && pytest\n" in blocks("sh")


@pytest.mark.parametrize("text", blocks("python"))
def test_python(text: str) -> None:
    test = doctest.DocTestParser().get_doctest(text, {}, "README.md", str(README), 0)
    assert test.examples
    told: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append)
    assert "".join(told) == ""


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {name for name, _ in BLOCKS} == {"console", "sh", "python"}
    assert len(BLOCKS) == TEXT.count("\n```") / 2


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links and [link for link in links if not (ROOT / link).exists()] == []
