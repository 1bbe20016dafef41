"""The programs of the gallery print what they are said to, and PyTorch gives the same numbers."""

from pathlib import Path

import pytest

import gradcli
from gradcli.report.json import to_plain

from .consoles import printed_by
from .program.torch_twin import assert_same, by_torch

PROGRAMS = sorted((Path(__file__).resolve().parents[1] / "examples" / "programs").glob("*.py"))


def test_there_is_a_gallery():
    assert len(PROGRAMS) >= 12


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path: Path, tmp_path: Path):
    assert printed_by(f"gradcli run '{path}'", tmp_path) == path.with_suffix(".out").read_text("utf-8").rstrip("\n")


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_pytorch_gives_the_same_numbers(path: Path):
    source = path.read_text("utf-8")
    found = [to_plain(output.value) for output in gradcli.run(source).outputs]
    assert_same(found, by_torch(source))
