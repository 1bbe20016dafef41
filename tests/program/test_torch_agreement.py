"""The same text, run by PyTorch and by gradcli: values and gradients agree."""

import numpy as np
import pytest

from .running import run, slope

torch = pytest.importorskip("torch")

PROGRAMS = [
    "y = (x * x).sum()",
    "y = 2 * torch.dot(x, x)",
    "y = torch.exp(-x).sum() + x.norm() + x.mean() * x.std()",
    "W = torch.arange(6.0).reshape(2, 3)\ny = torch.tanh(W @ x).sum()",
    "u = (x * x).detach()\ny = (u * x).sum()",
    "y = torch.tensor(1.0)\nfor row in torch.stack([x, x * 2]):\n    y = y * row.sum()",
    "b = x * 2\nwhile b.norm() < 100:\n    b = b * 2\nif b.sum() > 0:\n    y = b.sum()\nelse:\n    y = (100 * b).sum()",
    "z = x.clone()\nz[0] = x[1] ** 2\nz[1:] += x[0]\ny = z.sum()",
    "z = x * 1.0\nrow = z[1:]\nrow += x[0]\ny = (z ** 2).sum()",
    "z = x * 1.0\nw = z.T if z.dim() > 1 else z.view(-1)\nw[0] = 5.0\ny = (z * x).sum()",
    "def f(t, n):\n    return t if n == 0 else f(t * torch.sin(t), n - 1)\ny = f(x, 3).sum()",
    "ws = []\nfor i in range(3):\n    ws.append(x[i] * i)\ny = torch.stack(ws).prod() + sum(ws)",
    "with torch.no_grad():\n    k = x * 2\ny = (k * x).sum()",
    "a = x.sum()\nb = a\nb += 1\ny = a * b",
    "y = torch.where(x > 0, x ** 2, -x).sum() + torch.clamp(x, min=0.5).sum()",
    "y = (torch.softmax(x, dim=0) * torch.arange(3.0)).sum() + torch.logsumexp(x, dim=0)",
    "y = torch.cat([x, x.flip(0)])[::2].sum() * x.max() + x[[0, 0, 2]].sum()",
    "z = torch.zeros(3)\nfor i in range(3):\n    z[i] = x[i] ** i\ny = (z * z).sum()",
    "y = (x.unsqueeze(0) * x.unsqueeze(1)).permute(1, 0).transpose(0, 1).reshape(-1).pow(2).sum()",
    "y = torch.var(x) + torch.var(x, unbiased=False) + x.cumsum(0).sum() + x.abs().sum()",
]


@pytest.mark.parametrize("source", PROGRAMS)
def test_programs_give_pytorchs_numbers(source):
    point = np.array([0.7, -1.3, 2.1])
    x = torch.tensor(point, requires_grad=True)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        scope = {"torch": torch, "x": x}
        exec(source, scope)
        scope["y"].backward()
    finally:
        torch.set_default_dtype(default)
    program = f"import torch\n{source}\ny"
    assert run(program, x=point) == pytest.approx(scope["y"].item(), rel=1e-13)
    assert slope(program, x=point) == pytest.approx(x.grad.numpy(), rel=1e-12, abs=1e-14)
