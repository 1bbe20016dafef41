"""Schedules, thirty steps of each: the rates and the momenta that PyTorch sets."""

import pytest

from .running import assert_refused
from .test_autograd_api import shown
from .torch_twin import assert_same, by_torch

START = """import torch
import torch.optim.lr_scheduler as L
p = torch.tensor([1.0, 2.0], requires_grad=True)
q = torch.tensor([1.0], requires_grad=True)
opt = torch.optim.SGD([{'params': [p]}, {'params': [q], 'lr': 0.03}], lr=0.2, momentum=0.9)
"""
GO = """
one, other = opt.param_groups
print(one['lr'], other['lr'], s.get_last_lr())
for i in range(30):
    opt.step()
    s.step()
    print(one['lr'], other['lr'], one['momentum'], s.get_last_lr())
"""
SCHEDULES = [
    "StepLR(opt, 7, 0.3)",
    "StepLR(opt, step_size=1)",
    "MultiStepLR(opt, [3, 3, 10, 25], 0.5)",
    "MultiStepLR(opt, milestones=[0, 2], gamma=0.5)",
    "MultiStepLR(opt, [])",
    "ExponentialLR(opt, 0.97, last_epoch=-1)",
    "CosineAnnealingLR(opt, 10)",
    "CosineAnnealingLR(opt, T_max=7, eta_min=0.05)",
    "CosineAnnealingLR(opt, 1)",
    "CosineAnnealingWarmRestarts(opt, 4)",
    "CosineAnnealingWarmRestarts(opt, T_0=3, T_mult=2, eta_min=0.01)",
    "OneCycleLR(opt, 1.0, total_steps=31)",
    "OneCycleLR(opt, [1.0, 0.5], total_steps=30, anneal_strategy='linear', base_momentum=0.8, max_momentum=0.99)",
    "OneCycleLR(opt, 1.0, epochs=4, steps_per_epoch=8, div_factor=10., final_div_factor=5., cycle_momentum=False)",
    "OneCycleLR(opt, 1.0, total_steps=31, three_phase=True, pct_start=0.4)",
    "OneCycleLR(opt, 1.0, total_steps=31, pct_start=0.0)",
    "OneCycleLR(opt, 1.0, total_steps=31, pct_start=1.0)",
    "LambdaLR(opt, lambda e: 0.9 ** e)",
    "LambdaLR(opt, lr_lambda=[lambda e: 0.9 ** e, lambda e: 1 / (1 + e)])",
    "MultiplicativeLR(opt, lambda e: 1 / (1 + e))",
    "CyclicLR(opt, 0.01, 0.1, step_size_up=4)",
    "CyclicLR(opt, [0.01, 0.02], 0.1, 4, 3, mode='triangular2', base_momentum=0.5)",
    "CyclicLR(opt, 0.01, 0.1, step_size_up=5, mode='exp_range', gamma=0.95, cycle_momentum=False)",
    "CyclicLR(opt, 0.01, 0.1, step_size_up=5, scale_fn=lambda x: 1 / (1 + x), scale_mode='iterations')",
    "CyclicLR(opt, 0.01, 0.1, step_size_up=5, scale_fn=lambda x: 1 / x)",
    "PolynomialLR(opt, 12, 2.0)",
    "PolynomialLR(opt)",
    "LinearLR(opt, start_factor=1.0, end_factor=0.0, total_iters=10)",
    "LinearLR(opt, total_iters=0)",
    "ConstantLR(opt, 0.5, 3)",
    "ConstantLR(opt, 0.5, 0)",
    "SequentialLR(opt, [L.LinearLR(opt, 0.1, total_iters=4), L.CosineAnnealingWarmRestarts(opt, 5, 2)], [4])",
    "SequentialLR(opt, [L.ConstantLR(opt, 0.1, 4), L.StepLR(opt, 3, 0.5), L.LambdaLR(opt, lambda e: 0.9**e)], [4, 12])",
    "SequentialLR(opt, [L.LinearLR(opt), L.OneCycleLR(opt, 1.0, 30)], milestones=[4])",
    "SequentialLR(opt, [L.ExponentialLR(opt, 0.5), L.MultiStepLR(opt, [0, 3]), L.PolynomialLR(opt, 10)], [4, 12])",
    "SequentialLR(opt, [L.StepLR(opt, 4), L.StepLR(opt, 4, 0.7)], milestones=[0])",
    "SequentialLR(opt, [L.ExponentialLR(opt, 0.9), L.MultiplicativeLR(opt, lambda e: 0.95)], milestones=[3])",
    "SequentialLR(opt, [L.ChainedScheduler([L.LinearLR(opt), L.StepLR(opt, 2)]), L.StepLR(opt, 3)], [5])",
    "ChainedScheduler([L.SequentialLR(opt, [L.LinearLR(opt), L.StepLR(opt, 2)], [3]), L.StepLR(opt, 3)])",
    "ChainedScheduler([L.CosineAnnealingLR(opt, 10), L.StepLR(opt, 5, 0.5)])",
    "ChainedScheduler([L.ConstantLR(opt), L.CosineAnnealingLR(opt, 10)], optimizer=opt)",
    "ChainedScheduler([L.MultiplicativeLR(opt, lambda e: 0.95), L.CosineAnnealingLR(opt, 10)])",
]


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's own, about steps before any gradient
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_rates_of_thirty_steps(schedule):
    source = f"{START}s = L.{schedule}{GO}"
    assert_same(shown(source), by_torch(source), 1e-10)


VALUES = (
    "[1.0, 0.9, 0.9, 0.9, 0.95, 0.89999, 0.5, 0.6, 0.7, 0.8, 0.5, 0.5, 0.4] + [0.4 for _ in range(8)] + "
    "[0.3 for _ in range(9)]"
)
PLATEAUS = [
    "",
    "mode='min', factor=0.5, patience=1",
    "factor=0.5, patience=0, cooldown=2",
    "factor=0.5, patience=0, min_lr=[0.05, 0.001]",
    "factor=0.5, patience=1, threshold=0.2, threshold_mode='abs'",
    "factor=0.5, patience=1, threshold=0.2, threshold_mode='rel'",
    "mode='max', factor=0.5, patience=1, threshold=0.1, threshold_mode='abs', eps=0.01",
    "mode='max', factor=0.5, patience=1, threshold=0.1",
]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("options", PLATEAUS)
def test_rates_on_a_plateau(options, sign):
    comma = ", " if options else ""
    source = (
        f"{START}s = L.ReduceLROnPlateau(opt{comma}{options})\nfor v in {VALUES}:\n    opt.step()\n    s.step({sign}v)\n"
        "    print(opt.param_groups[0]['lr'], s.get_last_lr(), s.best, s.num_bad_epochs, s.last_epoch)\n"
    )
    assert_same(shown(source), by_torch(source), 1e-12)


PROGRAMS = {
    "adam's first beta": "opt = torch.optim.Adam([p], lr=0.2)\ns = L.OneCycleLR(opt, 1.0, total_steps=9)\nfor i in range(8):\n    s.step()\n    print(opt.param_groups[0]['betas'], opt.param_groups[0]['lr'])",
    "two of one optimizer": "s = L.StepLR(opt, 2)\nt = L.ExponentialLR(opt, 0.5)\ns.step()\nt.step()\ns.step()\ns.get_last_lr(), t.get_last_lr(), opt.param_groups[0]['lr']",
    "a rate that is set by hand": "s = L.CosineAnnealingLR(opt, 5)\nopt.param_groups[0]['lr'] = 0.1\nfor i in range(12):\n    s.step()\n    print(s.get_last_lr())",
    "fractions of epochs": "s = L.CosineAnnealingWarmRestarts(opt, 5, 2)\nfor e in [0.5, 2.5, None, 7.2, None, 23.75, 3]:\n    s.step() if e is None else s.step(e)\n    print(s.get_last_lr(), s.last_epoch)",
    "what it remembers": "s = L.StepLR(opt, 2)\ns.step()\nkept = s.state_dict()\nkept['last_epoch'], s.base_lrs, s.optimizer is opt\nt = L.StepLR(opt, 2)\nt.load_state_dict(kept)\nt.step()\nt.get_last_lr(), t.last_epoch",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", PROGRAMS)
def test_as_pytorch(name):
    source = START + PROGRAMS[name]
    assert_same(shown(source), by_torch(source), 1e-12)


REFUSED = [
    ("L.StepLR(opt, 0)", "at least 1"),
    ("L.StepLR(3, 2)", "takes an optimizer"),
    ("L.StepLR(opt, 2, last_epoch=3)", "load_state_dict"),
    ("L.StepLR(opt, 2).step(1.0)", "takes no epoch"),
    ("L.LambdaLR(opt, 0.5)", "not a number"),
    ("L.LambdaLR(opt, [lambda e: 1.0])", "2 of them"),
    ("L.LinearLR(opt, start_factor=0.0)", "greater than 0"),
    ("L.LinearLR(opt, end_factor=-0.5)", "between 0 and 1"),
    ("L.ConstantLR(opt, 1.5)", "between 0 and 1"),
    ("L.OneCycleLR(opt, 1.0)", "total_steps"),
    ("L.OneCycleLR(opt, 1.0, total_steps=0)", "at least 1"),
    ("L.OneCycleLR(opt, 1.0, total_steps=9, pct_start=1.5)", "between 0 and 1"),
    ("L.OneCycleLR(opt, 1.0, total_steps=9, anneal_strategy='cubic')", "'cos' or 'linear'"),
    ("L.OneCycleLR(opt, [1.0], total_steps=9)", "2 of them"),
    ("L.OneCycleLR(torch.optim.Adagrad([p]), 1.0, total_steps=9)", "no momentum"),
    ("L.CyclicLR(opt, 0.1, 1.0, mode='up')", "'triangular'"),
    ("L.CyclicLR(opt, 0.1, 1.0, step_size_up=0)", "at least 1"),
    ("L.CosineAnnealingWarmRestarts(opt, 5).step(-1.0)", "from 0"),
    ("L.SequentialLR(opt, [L.StepLR(opt, 2), 3], [4])", "not a number"),
    ("L.SequentialLR(opt, [L.StepLR(opt, 2)], [4])", "one milestone fewer"),
    ("L.ChainedScheduler([L.StepLR(opt, 2), L.StepLR(torch.optim.SGD([p], lr=0.1), 2)])", "of one optimizer"),
    ("L.ChainedScheduler([])", "not nothing"),
    ("L.ReduceLROnPlateau(opt, factor=1.0)", "below 1"),
    ("L.ReduceLROnPlateau(opt, mode='best')", "'min' or 'max'"),
    ("L.ReduceLROnPlateau(opt, threshold_mode='both')", "'rel' or 'abs'"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_is_refused(call, words):
    assert_refused(f"{START}{call}", words)
