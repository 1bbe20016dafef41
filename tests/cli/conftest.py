from __future__ import annotations

import pytest
from running import Gradcli


@pytest.fixture
def gradcli() -> Gradcli:
    """The command line, in process."""
    return Gradcli()
