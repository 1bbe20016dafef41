"""Losses of pairs, margins and variances, with every reduction: values and gradients as in PyTorch."""

import pytest

from .running import assert_refused
from .test_autograd_api import shown
from .torch_twin import assert_same, by_torch

START = """import torch
from torch import nn
import torch.nn.functional as F
a = torch.linspace(-1, 2, 12).reshape(4, 3).sin().requires_grad_()
b = torch.linspace(3, -1, 12).reshape(4, 3).cos().requires_grad_()
c = torch.linspace(0, 2, 12).reshape(4, 3).exp().requires_grad_()
s = torch.tensor([1., -1., 1., -1.])
k = torch.tensor([0, 2, 1, 1])
h = (a > 0).double()
w = torch.tensor([1., 2., 0.5])
"""
LOSSES = [
    "F.triplet_margin_loss(a, b, c, margin=3., reduction={0})",
    "F.triplet_margin_loss(a, b, c, margin=3., swap=True, reduction={0})",
    "F.triplet_margin_loss(a, b, c, 3., 3., 0.1, False, reduction={0})",
    "F.triplet_margin_loss(a, b, c, margin=3., p=float('inf'), reduction={0})",
    "F.triplet_margin_loss(a[0], b[0], c[0], margin=3., reduction={0})",
    "F.cosine_embedding_loss(a, b, s, margin=0.5, reduction={0})",
    "F.cosine_embedding_loss(a, b, torch.tensor([1., 0., 2., -1.]), reduction={0})",
    "F.cosine_embedding_loss(a[0], b[0], torch.tensor(-1.), margin=-2., reduction={0})",
    "F.cosine_embedding_loss(1e-8 * a, 1e-3 * b, s, reduction={0})",
    "F.margin_ranking_loss(a[:, 0], b[:, 0], s, margin=-0.5, reduction={0})",
    "F.margin_ranking_loss(a, b, s[:, None], margin=0.1, reduction={0})",
    "F.hinge_embedding_loss(a, 2 * h - 1, margin=0.3, reduction={0})",
    "F.hinge_embedding_loss(a, torch.tensor([1., 0., -1.]), reduction={0})",
    "F.multi_margin_loss(a, k, reduction={0})",
    "F.multi_margin_loss(a, k, p=2, margin=0.4, weight=w, reduction={0})",
    "F.multi_margin_loss(a[0], torch.tensor(1), reduction={0})",
    "F.multi_margin_loss(a[0], torch.tensor([1]), reduction={0})",
    "F.multilabel_soft_margin_loss(a, h, weight=w, reduction={0})",
    "F.multilabel_soft_margin_loss(100 * a[0], h[0], reduction={0})",
    "F.gaussian_nll_loss(a, b, c, full=True, reduction={0})",
    "F.gaussian_nll_loss(a, b, c[:, :1], eps=2., reduction={0})",
    "F.gaussian_nll_loss(a, b, c[:, 0], reduction={0})",
    "F.gaussian_nll_loss(a, b, 2., reduction={0})",
    "F.gaussian_nll_loss(a, b, torch.tensor([0., 1e-9, 1.]).expand(4, 3), reduction={0})",
    "F.poisson_nll_loss(a, c, full=True, reduction={0})",
    "F.poisson_nll_loss(a.abs() + 0.1, 3 * h, log_input=False, full=True, reduction={0})",
    "F.binary_cross_entropy(torch.sigmoid(a), h, weight=w, reduction={0})",
    "F.cross_entropy(a, k, weight=w, label_smoothing=0.1, ignore_index=1, reduction={0})",
    "F.nll_loss(a, k, weight=w, ignore_index=2, reduction={0})",
]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("loss", LOSSES)
def test_as_pytorch(loss, reduction):
    made = loss.format(repr(reduction))
    source = f"{START}l = {made}\nl\ntorch.autograd.grad(l.sum(), [a, b, c], allow_unused=True)"
    assert_same(shown(source), by_torch(source), 1e-10)


PROGRAMS = [
    "v = torch.tensor([0., 1e-9, 1.], requires_grad=True)\nl = F.gaussian_nll_loss(a[0], b[0], v)\nl\ntorch.autograd.grad(l, [v, a])",
    "nn.TripletMarginLoss(3., 1.)(a, b, c), nn.CosineEmbeddingLoss(margin=0.2, reduction='sum')(a, b, s)",
    "nn.HingeEmbeddingLoss(margin=0.5, reduction='sum')(a, 2 * h - 1), nn.MultiMarginLoss(p=2, margin=0.3, weight=w)(a, k)",
    "nn.MultiLabelSoftMarginLoss(weight=w, reduction='sum')(a, h), nn.GaussianNLLLoss(full=True, eps=0.5)(a, b, c)",
    "nn.PoissonNLLLoss(full=True, reduction='none')(a, c), nn.BCELoss(weight=w)(torch.tensor([[0., 1., 1.]]), torch.zeros(1, 3))",
]  # fmt: skip


@pytest.mark.parametrize("source", PROGRAMS)
def test_at_the_ends_and_as_modules(source):
    source = START + source
    assert_same(shown(source), by_torch(source), 1e-10)


def test_what_is_wrong_and_sure():
    source = (
        f"{START}p = torch.tensor([0., 1., 0., 1., 0.5, 1e-13], requires_grad=True)\n"
        "l = F.binary_cross_entropy(p, torch.tensor([1., 0., 0., 1., 1., 1.]), reduction='none')\n"
        "l\ntorch.autograd.grad(l.sum(), p)"
    )
    assert_same(shown(source), by_torch(source), 1e-8)  # PyTorch has its 1e-12 in single precision


REFUSED = [
    ("F.triplet_margin_loss(a, b[0], c)", "as many axes"),
    ("F.triplet_margin_loss(a, b, c, margin=0.)", "margin is greater"),
    ("F.triplet_margin_loss(a, b, c, reduction='avg')", "'mean', 'sum' or 'none'"),
    ("F.cosine_embedding_loss(a, b, s[:, None])", "do not fit"),
    ("F.cosine_embedding_loss(a[None], b[None], s)", "do not fit"),
    ("F.margin_ranking_loss(a, b, s)", "as many axes"),
    ("F.margin_ranking_loss(a, b, s[:3, None])", "broadcast"),
    ("F.multi_margin_loss(a, k, p=3)", "p of multi_margin_loss is 1 or 2"),
    ("F.multi_margin_loss(a, k[:3])", "do not fit"),
    ("F.multi_margin_loss(a, torch.tensor([0, 3, 1, 1]))", "below 3"),
    ("F.multi_margin_loss(a, k, weight=w[:2])", "3 classes"),
    ("F.gaussian_nll_loss(a, b, -c)", "not negative"),
    ("F.gaussian_nll_loss(a, b, torch.tensor(2.))", "variances of shape ()"),
    ("F.gaussian_nll_loss(a, b, c[:2])", "variances of shape (2, 3)"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_is_refused(call, words):
    assert_refused(f"{START}{call}", words)
