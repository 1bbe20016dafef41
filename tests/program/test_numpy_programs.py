"""Programs for NumPy: everything they print is what NumPy gives for the same text."""

import numpy as np
import pytest

from .running import shown, written
from .torch_twin import assert_same


def plain(value):
    """A value as nested lists and numbers."""
    if isinstance(value, dict):
        return [plain(each) for each in value.values()]
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if hasattr(value, "detach"):
        value = value.detach()
    return None if value is None else np.asarray(value, dtype=np.float64).tolist()


def by_numpy(source):
    """The values that a program prints, in order."""
    if "import torch" in source:
        torch = pytest.importorskip("torch")
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
    seen = []
    try:
        exec(compile(source, "program", "exec"), {"print": lambda *values: seen.append(plain(values))})
    finally:
        if "import torch" in source:
            torch.set_default_dtype(before)
    return seen


@pytest.mark.parametrize("source", written("numpy_programs"))
def test_a_program_prints_what_numpy_gives(source):
    wanted = [each[0] if len(each) == 1 else each for each in by_numpy(source)]
    assert_same([_listed(value) for _, value, _ in shown(source)], wanted, 1e-12)


def _listed(value):
    return [_listed(each) for each in value] if isinstance(value, tuple) else np.asarray(value, dtype=float).tolist()


@pytest.mark.parametrize("name", ["np", "torch"])
def test_how_numbers_are_shown_is_taken_and_changes_nothing(name):
    source = f"import torch\nimport numpy as np\n{name}.set_printoptions(precision=2)\n1/3"
    assert shown(source)[-1][1] == 1 / 3
