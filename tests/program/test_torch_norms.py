"""Normalisation in training and in use, with what modules follow: as PyTorch has it."""

import pytest

from .running import assert_refused
from .test_autograd_api import shown
from .torch_twin import assert_same, by_torch

START = """import torch
from torch import nn
import torch.nn.functional as F
x = torch.linspace(-2, 3, 48).reshape(2, 4, 6).square().requires_grad_()
y = torch.linspace(-2, 3, 96).reshape(2, 4, 3, 4).square().requires_grad_()
w = torch.tensor([1., 2., -1., 0.5], requires_grad=True)
b = torch.tensor([0., 0.2, -0.1, 0.5], requires_grad=True)
r = torch.zeros(4)
v = torch.ones(4)
def slopes(made, *of):
    return torch.autograd.grad((made**3).sum(), of)
"""
PROGRAMS = [
    "m = nn.BatchNorm1d(4)\nm(x)\nslopes(m(x), x, m.weight, m.bias)\nm.running_mean, m.running_var\n_ = m.eval()\nm(x)\nslopes(m(x), x, m.weight)",
    "m = nn.BatchNorm1d(4, momentum=None)\nm(x)\nm(2*x)\nm.running_mean, m.running_var\nm(x + 1)\nm.running_mean, m.num_batches_tracked",
    "m = nn.BatchNorm1d(4, momentum=0.5, affine=False)\nm(x)\nm(2*x)\nm.running_mean, m.running_var, m.num_batches_tracked",
    "m = nn.BatchNorm1d(4, track_running_stats=False)\nm(x)\n_ = m.eval()\nm(x)\nm.running_mean",
    "m = nn.BatchNorm2d(4, eps=0.1)\nm(y)\nkept = m.running_var\nm(y)\nkept\nm.num_features, m.eps, m.momentum, m.affine\nm.momentum = 0.9\nm(y)\nm.running_mean\nm.reset_running_stats()\nm.running_mean",
    "m = nn.BatchNorm1d(4)\nm.running_mean = torch.ones(4)\nm.running_var.fill_(2.)\n_ = m.eval()\nm(x)",
    "import copy\nm = nn.BatchNorm1d(4)\nm(x)\nn = copy.deepcopy(m)\nn(2*x)\nm.running_mean, n.running_mean, n.num_batches_tracked",
    "nn.BatchNorm3d(4)(y[None].transpose(1, 2))",
    "m = nn.BatchNorm1d(4)\n_ = m.eval()\nm(x[:1, :, 0])",
    "m = nn.BatchNorm1d(4)\nm(x)\nlen(m.state_dict()), len(list(m.parameters())), len(list(m.buffers()))\nn = nn.BatchNorm1d(4)\n_ = n.load_state_dict(m.state_dict())\n_ = n.eval()\nn(x), n.num_batches_tracked",
    "m = nn.Sequential(nn.BatchNorm1d(4), nn.Flatten())\nm(x)\n[t for k, t in m.state_dict().items()]\n[k == '0.running_mean' for k, t in m.named_buffers()]",
    "class M(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.register_buffer('seen', torch.zeros(2))\n        self.register_buffer('fleeting', torch.ones(2), persistent=False)\n        self.w = nn.Parameter(torch.ones(3))\nm = M()\nm.seen += 2.\n[t for k, t in m.state_dict().items()]\nlen(list(m.parameters())), len(list(m.buffers()))\nn = M()\n_ = n.load_state_dict(m.state_dict())\nn.seen, n.fleeting",
    "F.batch_norm(x, None, None, training=True)\nF.batch_norm(x, r, v, training=True)\nr, v\nF.batch_norm(x, r, v, w, b, True, 0.5, 1e-3)\nr, v\nF.batch_norm(x, r, v, w, b)\nslopes(F.batch_norm(x, r, v, w, b, True), x, w, b)",
    "F.batch_norm(x, 2 * r, v, training=True)\nF.batch_norm(x.detach(), r, v, training=True)\nr",
    "m = nn.InstanceNorm1d(4, track_running_stats=True)\nm(x)\nm.running_mean, m.running_var\n_ = m.eval()\nm(x)",
    "m = nn.InstanceNorm2d(4, eps=0.1, momentum=0.5, track_running_stats=True, affine=True)\nm(y)\nslopes(m(y), y, m.weight)\nm.running_mean, m.running_var\n_ = m.eval()\nm(y), m(y[0])",
    "m = nn.InstanceNorm1d(4, affine=True)\nslopes(m(x), x, m.weight, m.bias)\nm(x[0])\n_ = m.eval()\nm(x)",
    "nn.InstanceNorm3d(4)(y[None].transpose(1, 2))\nnn.InstanceNorm2d(3)(y)",
    "F.instance_norm(x, r, v, use_input_stats=False)\nF.instance_norm(x, r + 1, 2*v, w, b, use_input_stats=False, eps=0.1)\nF.instance_norm(x, r, v)\nr, v\nF.instance_norm(x, r, v, momentum=0.7)\nr, v\nF.instance_norm(x, weight=w, bias=b)",
    "slopes(F.group_norm(x, 2, w, b, 0.1), x, w, b)\nF.group_norm(x, 2, bias=b)\nF.group_norm(x, 2, weight=w)\nnn.GroupNorm(2, 4, bias=False)(x)\nnn.GroupNorm(1, 4)(x[:1, :, :1])\nnn.GroupNorm(2, 4)(x[:, :, 0])",
    "nn.RMSNorm([4, 6], eps=1e-3)(x)\nm = nn.RMSNorm(6, elementwise_affine=False)\nslopes(m(x), x)\nF.rms_norm(x, [6], torch.arange(6.))\nF.rms_norm(x, (6,), eps=0)",
    "m = nn.LayerNorm(6, bias=False)\nm(x), len(list(m.parameters()))\nF.layer_norm(x, (4, 6), bias=torch.ones(4, 6))\nF.layer_norm(x, [6], eps=0.5)",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's, of a number of channels that it does not use
@pytest.mark.parametrize("source", PROGRAMS)
def test_as_pytorch(source):
    source = START + source
    assert_same(shown(source), by_torch(source), 1e-10)


REFUSED = [
    ("nn.BatchNorm1d(4)(y)", "2 or 3 axes"),
    ("nn.BatchNorm2d(4)(x)", "4 axes"),
    ("nn.BatchNorm1d(5)(x)", "4 channels"),
    ("nn.BatchNorm1d(4)(x[:1, :, 0])", "no variance"),
    ("F.batch_norm(x, None, None)", "running_mean"),
    ("F.batch_norm(x, torch.zeros(3), torch.ones(3))", "4 channels"),
    ("F.batch_norm(x, torch.zeros(3), torch.ones(3), training=True)", "4 channels"),
    ("F.batch_norm(x, r, v, weight=torch.ones(3))", "4 channels"),
    ("F.batch_norm(x[0, 0], r, v)", "at least 2 axes"),
    ("nn.InstanceNorm2d(4)(y[0, 0])", "3 or 4 axes"),
    ("nn.InstanceNorm1d(3, affine=True)(x)", "4 channels"),
    ("nn.InstanceNorm1d(4)(x[:, :, :1])", "no variance"),
    ("F.instance_norm(x, use_input_stats=False)", "running_mean"),
    ("F.instance_norm(x[:, :, 0])", "at least 3 axes"),
    ("F.group_norm(x, 3)", "3 groups"),
    ("F.group_norm(x, 0)", "0 groups"),
    ("F.group_norm(x, 2, w[:2], b)", "4 channels"),
    ("nn.GroupNorm(4, 4)(x[:1, :, :1])", "no variance"),
    ("F.layer_norm(x, (4, 6), torch.ones(6))", "weight has shape"),
    ("F.layer_norm(x, ())", "does not end in"),
    ("nn.RMSNorm(5)(x)", "does not end in"),
    ("F.rms_norm(x, ())", "does not end in"),
    ("F.rms_norm(x, [6], torch.arange(5.))", "weight has shape"),
    ("F.conv1d(x, torch.ones(2, 4, 3), torch.ones(3))", "2 outputs"),
    ("F.conv1d(x, torch.ones(2, 4, 3), groups=0)", "0 groups"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_is_refused(call, words):
    assert_refused(f"{START}{call}", words)
