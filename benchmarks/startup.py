"""1. From the keystroke to the answer: whole processes."""

from __future__ import annotations

from pathlib import Path

from .commands import NUMPY, gradcli, script
from .measure import Row

HEADLINE = ("grad", "2*dot(x,x)", "--x", "0,1,2,3")
PEERS = ("torch", "jax", "autograd", "casadi", "sympy")


def rows(folder: Path) -> list[Row]:
    """The rows; files they need are written into folder."""
    peers = {name: script(f"headline_{name}") for name in PEERS}
    return [
        Row("headline, JSON, over `import numpy`", {"gradcli": gradcli(*HEADLINE, "--json"), "numpy": NUMPY}, 1.35),
        Row("headline, table, over `import numpy`", {"gradcli": gradcli(*HEADLINE), "numpy": NUMPY}, 1.6),
        Row("headline with --check, over `import sympy`", {"gradcli": gradcli(*HEADLINE, "--check"), "sympy": script("import_sympy")}),
        Row("--help, over `import numpy`", {"gradcli": gradcli("--help"), "numpy": NUMPY}),
        Row("a syntax error, over `import numpy`", {"gradcli": gradcli("grad", "2*(x", "--x", "1", status=3), "numpy": NUMPY}),
        Row("headline, JSON, over PyTorch", {"gradcli": gradcli(*HEADLINE, "--json"), "torch": peers["torch"]}, 0.1),
        Row("headline, JSON, over JAX", {"gradcli": gradcli(*HEADLINE, "--json"), "jax": peers["jax"]}, 0.2),
        Row(
            "headline, JSON, over lighter scripts",
            {"gradcli": gradcli(*HEADLINE, "--json"), **{name: peers[name] for name in ("autograd", "casadi", "sympy")}},
            1.0, "casadi",
        ),
    ]  # fmt: skip
