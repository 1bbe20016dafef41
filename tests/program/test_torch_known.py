"""Modules, optimizers and distributions of PyTorch's, held against their formulas, where PyTorch need not be there."""

import math
from importlib import import_module

import numpy as np
import pytest

from gradcli.errors import DataError, ExpressionError
from gradcli.program.library import SELDOM, all_members, seldom

from .running import failure, marked, run, shown, slope

FILL = """
import torch
import torch.nn as nn
def fill(module):
    with torch.no_grad():
        for p in module.parameters():
            p.fill_(0.5)
    return module
"""


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_step_of_each_cell():
    x, h = np.array([[0.2, -0.4]]), np.array([[0.3, 0.1, -0.2]])
    g = (0.5 * x.sum() + 0.5) + (0.5 * h.sum() + 0.5)
    state = "h = torch.tensor([[0.3, 0.1, -0.2]])\nx = torch.tensor([[0.2, -0.4]])\n"
    found = run(FILL + state + "fill(nn.RNNCell(2, 3))(x, h)")
    np.testing.assert_allclose(found, np.full((1, 3), math.tanh(g)), 1e-14)
    found, cell = run(FILL + state + "fill(nn.LSTMCell(2, 3))(x, (h, 2*h))")
    c = sigmoid(g) * 2 * h + sigmoid(g) * math.tanh(g)
    np.testing.assert_allclose(cell, c, 1e-14)
    np.testing.assert_allclose(found, sigmoid(g) * np.tanh(c), 1e-14)
    found = run(FILL + state + "fill(nn.GRUCell(2, 3))(x, h)")
    new = np.tanh((0.5 * x.sum() + 0.5) + sigmoid(g) * (0.5 * h.sum() + 0.5))
    np.testing.assert_allclose(found, (1 - sigmoid(g)) * new + sigmoid(g) * h, 1e-14)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_sequence_is_step_after_step(kind):
    source = f"""
x = torch.linspace(-1, 1, 12).reshape(3, 2, 2)
net = fill(nn.{kind}(2, 3))
cell = fill(nn.{kind}Cell(2, 3))
state = None
steps = []
for t in range(3):
    state = cell(x[t], state)
    steps.append(state[0] if "{kind}" == "LSTM" else state)
out, last = net(x)
(out - torch.stack(steps)).abs().max()
"""
    assert run(FILL + source) < 1e-15


def test_one_head_is_attention():
    source = """
x = torch.linspace(-1, 1, 12).reshape(1, 3, 4)
net = nn.MultiheadAttention(4, 1, bias=False, batch_first=True)
with torch.no_grad():
    net.in_proj_weight.copy_(torch.cat([torch.eye(4)] * 3))
    net.out_proj.weight.copy_(torch.eye(4))
out, weights = net(x, x, x)
(out - nn.functional.scaled_dot_product_attention(x, x, x)).abs().max() + (weights.sum(-1) - 1).abs().max()
"""
    assert run(FILL + source) < 1e-15


@pytest.mark.parametrize("search", ["None", "'strong_wolfe'"])
def test_lbfgs_finds_the_minimum(search):
    source = f"""
import torch
x = torch.tensor([3.0, -2.0], requires_grad=True)
optimizer = torch.optim.LBFGS([x], tolerance_change=1e-15, line_search_fn={search})
def closure():
    optimizer.zero_grad()
    loss = (x[0] - 1)**4 + (x[0] - 1)**2 + 10*(x[1] - x[0])**2
    loss.backward()
    return loss
for _ in range(4):
    optimizer.step(closure)
x
"""
    np.testing.assert_allclose(run(source), [1.0, 1.0], 1e-7)


def test_schedules_after_and_beside_one_another():
    source = """
import torch
from torch.optim import lr_scheduler as s
o = torch.optim.SGD([torch.tensor(1.0, requires_grad=True)], lr=1.0)
{}
rates = []
for _ in range(5):
    a.step()
    rates.append(o.param_groups[0]["lr"])
rates
"""
    after = "a = s.SequentialLR(o, [s.ConstantLR(o, 0.5, 9), s.ExponentialLR(o, 0.1)], milestones=[3])"
    np.testing.assert_allclose(run(source.format(after)), [0.5, 0.5, 1.0, 0.1, 0.01], 1e-15)
    beside = "a = s.ChainedScheduler([s.ConstantLR(o, 0.5, 2), s.ExponentialLR(o, 0.1)])"
    np.testing.assert_allclose(run(source.format(beside)), [0.05, 0.01, 1e-3, 1e-4, 1e-5], 1e-14)


def test_batches_hold_every_example_once():
    source = """
import torch
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(7.0), torch.arange(7.0) ** 2)
for epoch in range(2):
    for x, y in DataLoader(data, batch_size=3, shuffle=True):
        print(x, y)
"""
    batches = [value for _, value, _ in shown(source)]
    assert [len(x) for x, _ in batches] == [3, 3, 1] * 2
    for epoch in (batches[:3], batches[3:]):
        xs = np.concatenate([x for x, _ in epoch])
        assert sorted(xs) == list(range(7))
        np.testing.assert_array_equal(np.concatenate([y for _, y in epoch]), xs**2)
    assert [list(x) for x, _ in batches[:3]] != [list(x) for x, _ in batches[3:]]


DENSITIES = [
    ("Normal(a, b)", lambda x, a, b: -((x - a) ** 2) / 2 / b**2 - math.log(b * math.sqrt(2 * math.pi))),
    ("Laplace(a, b)", lambda x, a, b: -abs(x - a) / b - math.log(2 * b)),
    ("Gamma(a, b)", lambda x, a, b: a * math.log(b) - math.lgamma(a) + (a - 1) * math.log(x) - b * x),
    ("Exponential(b)", lambda x, a, b: math.log(b) - b * x),
    ("Cauchy(a, b)", lambda x, a, b: -math.log(math.pi * b * (1 + ((x - a) / b) ** 2))),
    ("Bernoulli(logits=a, validate_args=False)", lambda x, a, b: x * a - math.log1p(math.exp(a))),
]


@pytest.mark.parametrize(("made", "truth"), DENSITIES)
def test_densities_and_their_derivatives(made, truth):
    source = f"import torch\ntorch.distributions.{made}.log_prob(x)"
    values = {name: value for name, value in {"x": 0.7, "a": 1.3, "b": 0.6}.items() if name in made or name == "x"}
    at = {"x": 0.7, "a": 1.3, "b": 0.6}
    assert abs(run(source, **values) - truth(**at)) < 1e-14
    for name in values:
        step = {**at, name: at[name] + 1e-6}, {**at, name: at[name] - 1e-6}
        difference = (truth(**step[0]) - truth(**step[1])) / 2e-6
        assert abs(slope(source, name, **values) - difference) < 1e-8


def test_what_is_drawn_has_the_mean_that_it_should():
    kinds = {"Normal(1.0, 0.5)": 1.0, "Exponential(2.0)": 0.5, "Gamma(3.0, 2.0)": 1.5, "Poisson(4.0)": 4.0,
             "Beta(1.0, 3.0)": 0.25, "Bernoulli(torch.tensor(0.3))": 0.3, "Uniform(1.0, 2.0)": 1.5,
             "Laplace(2.0, 1.0)": 2.0, "Categorical(torch.tensor([0.25, 0.75]))": 0.75}  # fmt: skip
    for made, mean in kinds.items():
        assert abs(run(f"import torch\ntorch.distributions.{made}.sample((20000,)).mean()") - mean) < 0.05


MISTAKES = [
    ("nn.LSTM(2, 3)(«torch.ones(4, 1, 5)»)", "size 2 is needed"),
    ("nn.GRUCell(2, 3)(torch.ones(1, 2), torch.ones(1, 2))", "a state of shape (1, 3)"),
    ("nn.LSTMCell(2, 3)(torch.ones(1, 2), torch.ones(1, 3))", "(h, c)"),
    ("nn.RNN(2, 0)", "at least 1"),
    ("nn.RNN(2, 3, nonlinearity='sin')", "'tanh' or 'relu'"),
    ("nn.MultiheadAttention(5, 2)", "divided among 2"),
    ("torch.utils.data.TensorDataset(torch.ones(2), torch.ones(3))", "do not belong together"),
    ("torch.utils.data.DataLoader([1.0], batch_size=0)", "at least 1"),
    ("list(torch.utils.data.DataLoader([[1.0], [1.0, 2.0]], batch_size=2))", "different numbers of parts"),
    ("torch.utils.data.random_split([1.0, 2.0], [1, 2])", "add up to 3"),
    ("torch.optim.LBFGS([torch.ones(1, requires_grad=True)], line_search_fn='armijo')", "strong_wolfe"),
    ("torch.distributions.Categorical(torch.ones(3)).log_prob(torch.tensor(3))", "class 3 is out of range"),
    ("torch.distributions.Bernoulli()", "one of the two"),
    ("torch.distributions.Gamma(1.0, 1.0).rsample()", "no function of its parameters"),
    ("torch.distributions.Normal(torch.ones(2), torch.ones(3))", "do not broadcast"),
    ("torch.distributions.Categorical(logits=torch.zeros(2)).mean", "has no mean"),
    ("torch.distributions.Normal(0.0, 1.0).sample((-1,))", "negative size"),
    (
        "torch.distributions.kl_divergence(torch.distributions.StudentT(1.), torch.distributions.StudentT(1.))",
        "not here",
    ),
    ("torch.optim.lr_scheduler.SequentialLR(None, [3], [])", "list of schedulers"),
]


@pytest.mark.parametrize(("source", "words"), MISTAKES)
def test_mistakes(source, words):
    error = failure("import torch\nimport torch.nn as nn\n" + source.replace("«", "").replace("»", ""))
    assert isinstance(error, (DataError, ExpressionError))
    assert words in error.message
    assert marked(error)


@pytest.mark.parametrize("options", ["", "stride=2", "stride=2, padding=1", "dilation=2", "groups=2"])
def test_a_transposed_convolution_is_the_transpose(options):
    weights = "3, 2, 3" if "groups" not in options else "4, 1, 3"
    source = f"""
import torch
import torch.nn.functional as F
w = torch.randn({weights})
x = torch.randn(1, 2, 9)
y = F.conv1d(x, w, {options})
v = torch.randn(*y.shape)
z = F.conv_transpose1d(v, w, {options})
(y*v).sum() - (x*F.pad(z, (0, 9 - z.shape[-1]))).sum()
"""
    assert abs(run(source)) < 1e-12  # entries that no kernel reaches add nothing


def test_norms_of_groups_and_channels():
    x = np.linspace(-1, 2, 16).reshape(2, 4, 2) ** 2

    def standard(x, axes):
        return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)

    start = "import torch.nn as nn\n"
    np.testing.assert_allclose(
        run(start + "nn.GroupNorm(2, 4)(x)", x=x), standard(x.reshape(2, 2, 4), -1).reshape(x.shape), 1e-12
    )
    np.testing.assert_allclose(run(start + "nn.InstanceNorm1d(4)(x)", x=x), standard(x, -1), 1e-12)
    roots = np.sqrt((x**2).mean(-1, keepdims=True) + 2.0**-52)
    np.testing.assert_allclose(run(start + "nn.RMSNorm(2)(x)", x=x), x / roots, 1e-12)


def test_pictures_of_another_size():
    start = "import torch\nimport torch.nn.functional as F\nx = torch.tensor([[[1.0, 3.0]]])\n"
    assert run(start + "F.interpolate(x, scale_factor=2)").tolist() == [[[1, 1, 3, 3]]]
    assert run(start + "F.interpolate(x, size=4, mode='linear')").tolist() == [[[1, 1.5, 2.5, 3]]]
    assert run(start + "F.interpolate(x, size=3, mode='linear', align_corners=True)").tolist() == [[[1, 2, 3]]]


def test_losses_of_pairs_and_margins():
    start = "import torch\nimport torch.nn.functional as F\na, b, c = torch.zeros(1, 2), torch.ones(1, 2), 2*torch.ones(1, 2)\n"
    near, far = math.sqrt(2 * (1 - 1e-6) ** 2), math.sqrt(2 * (2 - 1e-6) ** 2)
    assert abs(run(start + "F.triplet_margin_loss(a, b, c, margin=3.0)") - (near - far + 3)) < 1e-14
    assert abs(run(start + "F.cosine_embedding_loss(b, c, -torch.ones(1), margin=0.25)") - 0.75) < 1e-12
    assert run(start + "F.margin_ranking_loss(b, c, torch.ones(1, 2), margin=0.5)") == 1.5
    assert run(start + "F.multi_margin_loss(torch.tensor([0.1, 0.8]), torch.tensor(1))") == pytest.approx(0.15)
    assert run(start + "F.gaussian_nll_loss(a, c, b)") == 2.0


def test_every_module_of_what_is_seldom_named_is_found_by_its_names():
    for module, begins in SELDOM.items():
        assert seldom(begins[0]) is None or module
        import_module(f"gradcli.program.{module}")
    declared = {}
    for path, value in all_members().items():
        call = getattr(value, "call", None)
        declared.setdefault(getattr(call, "__module__", ""), set()).add(path)
    for module, begins in SELDOM.items():
        for path in declared.get(f"gradcli.program.{module}", ()):
            assert path.startswith(begins), path
