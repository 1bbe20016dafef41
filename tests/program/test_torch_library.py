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
    # ---- values with indices
    "max and min along an axis": "v, i = torch.max(X, 1)\nv, i\nr = torch.min(X, dim=0, keepdim=True)\nr.values, r.indices\nX.max(1)\nX.min(dim=0)[1]\nX.max(), torch.max(X), torch.max(X, -X), torch.min(X, other=-X)\ns = X.clone().requires_grad_()\ns.max(1).values.sum().backward()\ns.grad",
    "sort and friends": "torch.sort(X, dim=0, descending=True)\nX.sort()\nX.topk(1)\ntorch.topk(X, 2, dim=0, largest=False)\ntorch.median(X, 1)\nX.median(0).values\ntorch.median(X)\ntorch.kthvalue(X, 2, dim=0)\nX.kthvalue(1, keepdim=True)\ntorch.cummax(X, 0)\nX.cummin(dim=1)\ntorch.aminmax(X)\ntorch.aminmax(X, dim=0).max\ns = X.clone().requires_grad_()\n(s.sort(0).values * t[:, None]).sum().backward()\ns.grad",
    "named results": "A = X.T @ X\ntorch.linalg.slogdet(A).logabsdet\ntorch.linalg.eigh(A).eigenvalues\ntorch.linalg.svd(X).S",
    # ---- layers
    "layer norm": "m = nn.LayerNorm(2)\nm(X)\nn = nn.LayerNorm((3, 2), eps=0.1, elementwise_affine=False)\nn(X)\nF.layer_norm(X, (2,), torch.tensor([1., 2.]), torch.tensor([3., 4.]))",
    "bilinear": "m = nn.Bilinear(2, 2, 3)\nnn.init.constant_(m.weight, 0.5)\nnn.init.ones_(m.bias)\nm(X, X.flip(0))",
    "embedding": "m = nn.Embedding(3, 2)\nm.weight.data = X.clone()\nk = torch.tensor([[0, 2], [2, 1]])\nm(k)\nm(k).sum().backward()\nm.weight.grad\nF.embedding(k, X)",
    "dropout": "m = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.9))\nm = m.eval()\nm(X)\nF.dropout(X, 0.5, training=False)\nnn.Dropout(0.)(X)",
    "more activations": "[f(X) for f in [nn.Softplus(beta=2.), nn.GELU(approximate='tanh'), nn.LeakyReLU(0.2), nn.ELU(alpha=0.5), nn.CELU(), nn.Hardtanh(), nn.Hardsigmoid(), nn.Hardswish(), nn.ReLU6(), nn.Softsign(), nn.Tanhshrink(), nn.Softshrink(), nn.Hardshrink(), nn.Softmin(dim=1), nn.Threshold(0.1, 5.), nn.PReLU(), nn.LogSigmoid(), nn.SELU(), nn.Mish(), nn.LogSoftmax(dim=0)]]\nnn.GLU(dim=1)(X)",
    "flatten": "Y = torch.arange(12.).reshape(2, 3, 2)\nnn.Flatten()(Y)\nnn.Flatten(0, 1)(Y)\nnn.Unflatten(1, (3, 1))(Y)",
    "inside modules": "m = nn.Sequential(nn.Linear(2, 2), nn.ReLU())\nlen(list(m.children()))\nfor p in m.parameters():\n    nn.init.constant_(p, 0.25)\nm.forward(X)\nm[0].weight if False else X[0]",
    "attention": "F.scaled_dot_product_attention(X[None], X[None], X[None])\nF.pairwise_distance(X, X.flip(0))\nF.bilinear(X, X, torch.ones(1, 2, 2))\nnn.CosineSimilarity(dim=1)(X, X.flip(0))",
    # ---- losses
    "regression losses": "x = torch.tensor([0.2, 3.7, -0.9], requires_grad=True)\nF.smooth_l1_loss(x, t), F.smooth_l1_loss(x, t, beta=0.5), F.huber_loss(x, t, delta=0.7)\nnn.SmoothL1Loss(reduction='sum')(x, t), nn.HuberLoss(delta=2.)(x, t), nn.L1Loss(reduction='none')(x, t)\n(F.huber_loss(x, t) + F.smooth_l1_loss(x, t, reduction='sum')).backward()\nx.grad",
    "weighted two-class losses": "p = torch.tensor([0.2, 0.7, 0.9])\nw = torch.tensor([1., 2., 0.5])\nF.binary_cross_entropy(p, t, weight=w)\nF.binary_cross_entropy_with_logits(p, t, weight=w, pos_weight=torch.tensor(3.))\nnn.BCEWithLogitsLoss(pos_weight=w, reduction='none')(p, t)\nnn.BCELoss(reduction='sum')(p, t)\nF.soft_margin_loss(p, 2*t - 1)",
    "several classes": "k = torch.tensor([0, 1, 1])\nw = torch.tensor([1., 3.])\nL = F.log_softmax(X, dim=1)\nF.nll_loss(L, k), nn.NLLLoss(weight=w)(L, k)\nF.cross_entropy(X, k, weight=w), F.cross_entropy(X, k, weight=w, reduction='sum')\nF.cross_entropy(X, k, label_smoothing=0.1), F.cross_entropy(X, k, weight=w, label_smoothing=0.2)\nF.cross_entropy(X, torch.tensor([0, -100, 1]))\nF.cross_entropy(X, torch.tensor([0, 1, 0]), ignore_index=1, reduction='none')\nF.cross_entropy(X, torch.softmax(X, 1), weight=w, label_smoothing=0.3)\nF.cross_entropy(X[0], torch.tensor(1))\nF.cross_entropy(X.reshape(1, 2, 3), torch.tensor([[0, 1, 1]]))\nnn.CrossEntropyLoss(label_smoothing=0.1)(X, k)",
    "divergences": "P = torch.softmax(X, 1)\nQ = torch.softmax(-X, 1)\nF.kl_div(P.log(), Q), F.kl_div(P.log(), Q, reduction='batchmean'), F.kl_div(P.log(), Q.log(), log_target=True, reduction='sum')\nnn.KLDivLoss(reduction='batchmean')(P.log(), Q)\nF.poisson_nll_loss(X, P), nn.PoissonNLLLoss(log_input=False)(P, Q)",
    # ---- optimizers and schedules
    "damped": DESCENT.format("SGD([w], lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.1)"),
    "upwards": DESCENT.format("SGD([w], lr=0.01, maximize=True)"),
    "amsgrad": DESCENT.format("Adam([w], lr=0.1, amsgrad=True, eps=1e-3)"),
    "adamw": DESCENT.format("AdamW([w], lr=0.1, weight_decay=0.3)"),
    "rmsprop": DESCENT.format("RMSprop([w], lr=0.05, alpha=0.9)"),
    "rmsprop with all": DESCENT.format("RMSprop([w], lr=0.05, momentum=0.5, centered=True, weight_decay=0.1)"),
    "adagrad": DESCENT.format("Adagrad([w], lr=0.5, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.2)"),
    "the rate": "w = torch.ones(2, requires_grad=True)\nopt = torch.optim.SGD([w], lr=0.5)\nopt.param_groups[0]['lr']\nfor g in opt.param_groups:\n    g['lr'] *= 0.5\nopt.param_groups[0]['lr']\nopt.param_groups[0]['momentum'] = 0.9\nfor i in range(3):\n    opt.zero_grad()\n    (w**2).sum().backward()\n    opt.step()\nw",
    "a closure": "w = torch.ones(2, requires_grad=True)\nopt = torch.optim.SGD([w], lr=0.5)\ndef closure():\n    opt.zero_grad()\n    loss = (w**2).sum()\n    loss.backward()\n    return loss\nopt.step(closure)\nw",
    "clipping": "w = torch.tensor([3., -4.], requires_grad=True)\n(w**2).sum().backward()\ntorch.nn.utils.clip_grad_norm_([w], 1.)\nw.grad\ntorch.nn.utils.clip_grad_value_([w], 0.5)\nw.grad",
    # ---- functions of functions
    "func": "from torch.func import grad, jacrev, jacfwd, vjp, jvp, hessian, linearize, grad_and_value, vmap\ndef f(x, y):\n    return (x**2 * y).sum()\na, b = X[0], X[1]\ngrad(f)(a, b), grad(f, argnums=1)(a, b), grad(f, argnums=(0, 1))(a, b)\ngrad_and_value(f)(a, b)\ng = lambda x: (x**2).sum(), lambda x: x\ngrad(lambda x: ((x**3).sum(), x), has_aux=True)(a)\njacrev(lambda x: torch.sin(x), has_aux=False)(a), jacfwd(torch.sin)(a)\njacrev(lambda x: (torch.sin(x), x**2))(a)\njacrev(f, argnums=(0, 1))(a, b)\nhessian(f)(a, b)\nout, pull = vjp(f, a, b)\nout, pull(torch.tensor(2.))\nout, pull = vjp(lambda x: (x**2, x**3), a)\npull((a, b))\njvp(f, (a, b), (b, a))\nout, push = linearize(torch.sin, a)\npush(b)\ngrad(grad(lambda x: torch.sin(x)))(torch.tensor(0.3))",
    "vmap": "f = lambda x, y: (x * y).sum()\ntorch.vmap(f)(X, X.flip(0))\ntorch.vmap(f, in_dims=(1, None))(X, t)\ntorch.vmap(f, in_dims=(0, None))(X, X[0])\ntorch.vmap(lambda x: torch.outer(x, x), out_dims=2)(X)\ntorch.vmap(lambda x: (x * 2, x.sum()), in_dims=1, out_dims=(1, 0))(X)\ntorch.vmap(torch.func.grad(lambda x: (x**2).sum()))(X)\ntorch.vmap(lambda x, k: x * k)(X, k=t) if False else t",
    "functional": "from torch.autograd.functional import jacobian, hessian, vjp, jvp, hvp, vhp\na, b = X[0], X[1]\nf = lambda x, y: (x**2 * y).sum()\njacobian(f, (a, b), create_graph=True, strict=True)\njacobian(f, (a, b), vectorize=True)\njacobian(lambda x: (x**2, x.sum()), a)\nhessian(f, (a, b), vectorize=True)\nvjp(f, (a, b), torch.tensor(2.))\njvp(f, (a, b), (b, a), strict=True)\nhvp(f, (a, b), (b, a))\nvhp(lambda x: (x**3).sum(), a, b)\nvjp(lambda x: (x**2, x**3), a, (a, b))\njvp(lambda x: (x**2, x**3), a, b)",
    # ---- recording or not
    "recording": "w = torch.ones(2, requires_grad=True)\n_ = torch.set_grad_enabled(False)\n(w * 2).requires_grad\n_ = torch.set_grad_enabled(True)\n(w * 2).requires_grad\nwith torch.set_grad_enabled(False):\n    y = w * 2\ny.requires_grad, (w * 2).requires_grad\nwith torch.no_grad():\n    with torch.enable_grad():\n        z = w * 3\nz.requires_grad\nwith torch.inference_mode():\n    v = w * 3\nv.requires_grad",
    "settings": "s = torch.manual_seed(0)\ntorch.set_default_dtype(torch.float64)\ntorch.is_tensor(X)\ntorch.numel(X)\ntorch.lerp(X, -X, 0.3)\ntorch.addmm(X, X @ X.T, X)\ntorch.allclose(X, X + 1e-9)\ntorch.equal(X, X)\ntorch.std_mean(X)\ntorch.fmod(X, 0.7)\ntorch.copysign(X, -X)\ntorch.special.ndtr(X), torch.special.log_ndtr(X), torch.special.ndtri(torch.sigmoid(X)), torch.special.bessel_j0(X), torch.special.modified_bessel_i1(X)\ntorch.linalg.vecdot(X, X), torch.linalg.multi_dot([X, X.T, X]), torch.linalg.matrix_rank(X)",
    "training": "m = nn.Linear(2, 1)\nnn.init.zeros_(m.weight)\nnn.init.zeros_(m.bias)\nopt = torch.optim.SGD(m.parameters(), lr=0.1)\nloss_fn = nn.MSELoss()\nfor epoch in range(30):\n    loss = loss_fn(m(X).squeeze(1), t)\n    opt.zero_grad()\n    loss.backward()\n    opt.step()\nloss.item()\nm.weight\nm.bias",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_pytorch(name):
    source = MODEL + PROGRAMS[name]
    assert_same(shown(source), by_torch(source), 1e-12)


SCHEDULES = {
    "StepLR": "(opt, step_size=2, gamma=0.5)", "ExponentialLR": "(opt, 0.9)", "MultiStepLR": "(opt, [1, 3], gamma=0.1)",
    "LambdaLR": "(opt, lambda epoch: 1 / (1 + epoch))", "CosineAnnealingLR": "(opt, T_max=4, eta_min=0.01)",
    "LinearLR": "(opt, start_factor=0.5, total_iters=3)",
}  # fmt: skip
SCHEDULED = "from torch.optim.lr_scheduler import {0}\nw = torch.tensor([3., -2.], requires_grad=True)\nopt = torch.optim.SGD([w], lr=0.1)\nschedule = {0}{1}\nfor epoch in range(6):\n    opt.zero_grad()\n    (w**2).sum().backward()\n    opt.step()\n    schedule.step()\n    print(schedule.get_last_lr()[0], opt.param_groups[0]['lr'], schedule.last_epoch)\nw"


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_as_pytorch(name):
    source = MODEL + SCHEDULED.format(name, SCHEDULES[name])
    assert_same(shown(source), by_torch(source), 1e-12)


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
