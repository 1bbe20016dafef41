"""Layers, losses, starts and optimizers, against PyTorch running the same text."""

import pytest

import gradcli
from gradcli.errors import GradcliError

from .test_autograd_api import shown
from .torch_twin import assert_same, by_torch

MODEL = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\nX = torch.tensor([[1., 2.], [-1., 0.5], [0.3, -2.]])\nt = torch.tensor([1., 0., 1.])\n"
DESCENT = "w = torch.tensor([3., -2.], requires_grad=True)\nopt = torch.optim.{}\nfor i in range(20):\n    opt.zero_grad()\n    loss = (w**2).sum() + w[0]*w[1]\n    loss.backward()\n    opt.step()\nw"
PROGRAMS = {
    "linear": "m = nn.Linear(2, 3)\nnn.init.constant_(m.weight, 0.5)\nnn.init.zeros_(m.bias)\nm(X)\nm(X).sum().backward()\nm.weight.grad, m.bias.grad\nlen(list(m.parameters()))\nm.zero_grad()\nm.weight.grad\nm.weight.shape[0]",
    "no bias": "m = nn.Linear(2, 1, bias=False)\nm.weight.data.fill_(2.)\nm(X)",
    "sequential": "m = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1), nn.Sigmoid())\nfor p in m.parameters():\n    p.data.fill_(0.3)\nm(X)\nnn.MSELoss()(m(X)[:, 0], t).backward()\n[p.grad for p in m.parameters()]",
    "activations": "[f(X) for f in [nn.ReLU(), nn.Tanh(), nn.Softplus(), nn.GELU(), nn.SiLU(), nn.ELU(), nn.LeakyReLU(), nn.Softmax(dim=1), nn.Identity()]]",
    "parameter": "p = nn.Parameter(torch.ones(2))\np.requires_grad, p.is_leaf\n(p**2).sum().backward()\np.grad",
    "losses": "x = torch.tensor([0.2, 0.7, 0.9], requires_grad=True)\nF.mse_loss(x, t), F.mse_loss(x, t, reduction='sum'), F.l1_loss(x, t)\nF.binary_cross_entropy_with_logits(x, t), F.binary_cross_entropy(x, t)\nnn.BCEWithLogitsLoss()(x, t)\nF.binary_cross_entropy(x, t).backward()\nx.grad",
    "cross entropy": "s = X.clone().requires_grad_()\nk = torch.tensor([0, 1, 1])\nF.cross_entropy(s, k)\nnn.CrossEntropyLoss()(s, k)\nF.cross_entropy(s, k, reduction='none')\nF.cross_entropy(s, torch.softmax(X, 1))\nF.cross_entropy(s, k).backward()\ns.grad\nF.one_hot(k, num_classes=3)",
    "vectors": "F.normalize(X, dim=1)\nF.normalize(X[0], dim=0)\nF.cosine_similarity(X, X.flip(0), dim=1)\nF.linear(X, X, torch.ones(3))",
    "starts": "w = torch.empty(2, 3)\nnn.init.ones_(w)\nw\nnn.init.zeros_(w)\nw",
    "frozen": "m = nn.Linear(2, 1)\nnn.init.constant_(m.weight, 1.)\nnn.init.constant_(m.bias, 0.)\nm.requires_grad_(False)\nm(X).requires_grad\nm.weight.requires_grad = True\nm(X).sum().backward()\nm.weight.grad, m.bias.grad",
    "sgd": DESCENT.format("SGD([w], lr=0.1)"),
    "momentum": DESCENT.format("SGD([w], lr=0.05, momentum=0.9)"),
    "nesterov and decay": DESCENT.format("SGD([w], lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1)"),
    "adam": DESCENT.format("Adam([w], lr=0.1, betas=(0.8, 0.95))"),
    "adam with decay": DESCENT.format("Adam([w], lr=0.1, weight_decay=0.2)"),
    "training": "m = nn.Linear(2, 1)\nnn.init.zeros_(m.weight)\nnn.init.zeros_(m.bias)\nopt = torch.optim.SGD(m.parameters(), lr=0.1)\nloss_fn = nn.MSELoss()\nfor epoch in range(30):\n    loss = loss_fn(m(X).squeeze(1), t)\n    opt.zero_grad()\n    loss.backward()\n    opt.step()\nloss.item()\nm.weight\nm.bias",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_pytorch(name):
    source = MODEL + PROGRAMS[name]
    assert_same(shown(source), by_torch(source))


def test_random_starts_lie_where_they_should():
    (weight, bias, xavier) = shown(
        "import torch\nm = torch.nn.Linear(100, 50)\nm.weight.abs().max()\nm.bias.abs().max()\nw = torch.empty(30, 20)\ntorch.nn.init.xavier_uniform_(w)\nw.abs().max()"
    )
    assert 0.09 < weight <= 0.1 and 0.05 < bias <= 0.1 and 0.3 < xavier <= (6 / 50) ** 0.5


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("torch.nn.Lineer(2, 2)", "did you mean Linear"),
        ("m = torch.nn.Linear(2, 2)\nm.weigth", "did you mean weight"),
        ("m = torch.nn.Linear(2, 2)\nm(torch.ones(3))", "(3,)"),
        ("torch.optim.SGD([], lr=1)", "a list of tensors"),
        ("torch.optim.Sgd([], lr=1)", "did you mean SGD"),
        ("torch.nn.MSELoss(reduction='avg')(torch.ones(1), torch.ones(1))", "'mean', 'sum' or 'none'"),
    ],
)
def test_errors(source, words):
    with pytest.raises(GradcliError) as caught:
        gradcli.run(source)
    assert words in f"{caught.value.message} {caught.value.hint} {caught.value.marks}"
