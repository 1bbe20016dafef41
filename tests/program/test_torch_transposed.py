"""Convolutions, their transposes and arrays of other sizes, in every setting: as PyTorch has them."""

import pytest

from .running import assert_refused
from .test_autograd_api import shown
from .torch_twin import assert_same, by_torch

START = """import torch
from torch import nn
import torch.nn.functional as F
x1 = torch.linspace(-1, 1, 48).reshape(2, 4, 6).sin().requires_grad_()
w1 = torch.linspace(-1, 2, 36).reshape(4, 3, 3).cos().requires_grad_()
x2 = torch.linspace(-1, 1, 96).reshape(2, 4, 4, 3).sin().requires_grad_()
w2 = torch.linspace(-1, 2, 48).reshape(4, 2, 2, 3).cos().requires_grad_()
x3 = torch.linspace(-1, 1, 96).reshape(1, 2, 4, 4, 3).sin().requires_grad_()
w3 = torch.linspace(-1, 2, 48).reshape(2, 2, 2, 3, 2).cos().requires_grad_()
def both(made, *of):
    return made, torch.autograd.grad((made**3).sum(), of)
def filled(m):
    with torch.no_grad():
        for i, p in enumerate(m.parameters()):
            p.copy_(torch.linspace(-0.7, 0.6 + i, p.numel()).reshape(p.shape))
    return m
"""
TRANSPOSED = [
    "both(F.conv_transpose1d(x1, w1, stride=3, padding=2, output_padding=2, dilation=2), x1, w1)",
    "F.conv_transpose1d(x1, w1, padding=2, output_padding=1, dilation=2)",
    "F.conv_transpose1d(x1[:, :, :1], w1, padding=1)",
    "F.conv_transpose1d(x1[:0], w1).shape",
    "both(F.conv_transpose1d(x1, w1, groups=2, stride=2, dilation=3), x1, w1)",
    "F.conv_transpose1d(x1, w1, torch.ones(6), 2, 1, 1, 2, 2)",
    "F.conv_transpose1d(x1, w1, groups=4, padding=(1,))",
    "F.conv_transpose1d(x1, w1[:, :, :1], stride=3, padding=1, output_padding=2)",
    "both(F.conv_transpose2d(x2, w2, None, (2, 3), (1, 0), (1, 2), dilation=(2, 1)), x2, w2)",
    "both(F.conv_transpose2d(x2, w2, stride=(2, 3), padding=(2, 3), output_padding=(1, 2), groups=2), x2, w2)",
    "F.conv_transpose2d(x2[0], w2, torch.ones(2))",
    "both(F.conv_transpose3d(x3, w3, stride=2, padding=1, output_padding=1), x3, w3)",
    "F.conv_transpose3d(x3, w3, dilation=(1, 2, 3), groups=2)",
    "F.conv_transpose3d(x3[0], w3)",
    "m = filled(nn.ConvTranspose1d(4, 2, 3, 2, 1, 1, 2, False, 2))\nm(x1), len(list(m.parameters()))",
    "m = filled(nn.ConvTranspose2d(in_channels=4, out_channels=2, kernel_size=(3, 2), dilation=2))\nm(x2)",
    "m = filled(nn.ConvTranspose3d(2, 3, 2, stride=(1, 2, 1)))\nboth(m(x3), m.weight, m.bias)",
    "m = filled(nn.ConvTranspose2d(4, 2, 3, stride=(2, 3), padding=1))\nm(x2, output_size=(8, 8))\nm(x2, (7, 9))\nm(x2[0], output_size=[8, 7])\nm(x2, output_size=[2, 2, 8, 7])",
    "m = filled(nn.Conv2d(4, 2, 3, padding=(1, 2), padding_mode='replicate', stride=2))\nboth(m(x2), x2, m.weight)\nm(x2[0])",
    "filled(nn.Conv1d(4, 2, 3, padding='same', padding_mode='circular', dilation=2))(x1)",
    "filled(nn.Conv1d(4, 2, 4, padding='same', padding_mode='reflect'))(x1)",
]  # fmt: skip
INTERPOLATED = [
    "F.interpolate(x1, scale_factor=0.5), F.interpolate(x1, scale_factor=1.7), F.interpolate(x1, 3)",
    "F.interpolate(x1, scale_factor=1.7, recompute_scale_factor=True)",
    "F.interpolate(x1[:, :, :3], scale_factor=1.3)",
    "F.interpolate(x1, size=1, mode='linear', align_corners=True), F.interpolate(x1, size=11, mode='linear')",
    "F.interpolate(x1, size=5, mode='area'), F.interpolate(x3, size=(3, 5, 2), mode='area')",
    "F.interpolate(x2, scale_factor=1.3), F.interpolate(x2, scale_factor=1.3, mode='nearest-exact')",
    "F.interpolate(x2, scale_factor=1.3, mode='bilinear')",
    "both(F.interpolate(x2, scale_factor=(2, 0.7), mode='bilinear', align_corners=True), x2)",
    "both(F.interpolate(x2, scale_factor=1.3, mode='bicubic'), x2)",
    "F.interpolate(x2, scale_factor=0.6, mode='bicubic', align_corners=True)",
    "F.interpolate(x2, size=(1, 1), mode='bicubic', align_corners=True)",
    "F.interpolate(x3, scale_factor=1.3, mode='trilinear'), F.interpolate(x3, scale_factor=1.3)",
    "nn.UpsamplingNearest2d(scale_factor=2)(x2), nn.UpsamplingBilinear2d(size=(3, 5))(x2)",
    "nn.Upsample(size=(5, 5), mode='bilinear', align_corners=True)(x2), nn.Upsample(scale_factor=(2, 3))(x2)",
]


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's, of padding='same' with an even kernel
@pytest.mark.parametrize("source", TRANSPOSED + INTERPOLATED)
def test_as_pytorch(source):
    source = START + source
    assert_same(shown(source), by_torch(source), 1e-10)


REFUSED = [
    ("F.conv_transpose1d(x1, w1, groups=0)", "0 groups"),
    ("F.conv_transpose1d(x1, w1, groups=3)", "3 groups"),
    ("F.conv_transpose1d(x1, w1, stride=2, output_padding=2)", "smaller than stride"),
    ("F.conv_transpose1d(x1, w1, output_padding=-1)", "output_padding is a whole number from 0"),
    ("F.conv_transpose1d(x1, w1, torch.ones(4))", "3 outputs"),
    ("F.conv_transpose1d(x1, w1, torch.ones(3, 1))", "3 outputs"),
    ("F.conv_transpose1d(x1[:, :, :0], w1)", "no entries"),
    ("F.conv_transpose1d(x1, w1, padding=5)", "larger than the array"),
    ("F.conv_transpose2d(x2, w2, stride=(2, 2, 2))", "2 of them"),
    ("nn.ConvTranspose2d(4, 4, 2, padding_mode='reflect')", "'zeros'"),
    ("nn.ConvTranspose1d(4, 2, 3, stride=2)(x1, output_size=[20])", "from (13,) to (14,)"),
    ("nn.Conv1d(4, 2, 3, padding=6, padding_mode='reflect')(x1)", "too small"),
    ("nn.Conv1d(4, 2, 3, padding=7, padding_mode='circular')(x1)", "too small"),
    ("nn.Conv1d(4, 2, 3, padding_mode='mirror')", "replicate"),
    ("F.conv1d(x1, torch.ones(2, 4, 3), padding='same', stride=2)", "stride of 1"),
    ("F.max_pool1d(x1, 2, padding=2)", "half of the kernel"),
    ("F.interpolate(x2, scale_factor=0.1)", "nothing is left"),
    ("F.interpolate(x1, scale_factor=float('nan'))", "greater than 0"),
    ("F.interpolate(x1, scale_factor=1e12)", "limit"),
    ("F.interpolate(x2, size=(3, 7), mode='nearest', align_corners=False)", "means nothing"),
    ("F.interpolate(x2, size=(3, 7), mode='linear')", "no mode"),
    ("F.interpolate(x2, size=(3, 7), recompute_scale_factor=True)", "not with size"),
    ("F.interpolate(x2, size=3, mode='bilinear', antialias=True)", "no antialias"),
    ("F.interpolate(x2[:, :, :0], size=3)", "no entries"),
    ("F.interpolate(x2)", "one of the two"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_is_refused(call, words):
    assert_refused(f"{START}{call}", words)
