"""Distributions: densities, moments, quantiles and distances, up to the ends of their domains: as in PyTorch."""

import pytest

from .running import assert_refused
from .test_autograd_api import shown
from .torch_twin import assert_same, by_torch

START = """import torch
import torch.distributions as D
from torch.distributions import kl_divergence as kl
a = torch.tensor([0.4, 1.5, 2.5], requires_grad=True)
b = torch.tensor([0.8, 2.0, 0.3], requires_grad=True)
x = torch.tensor([0.3, 0.7, 0.95], requires_grad=True)
sure = torch.tensor([0., 0.3, 1.])
def g(y):
    return y, torch.autograd.grad(y.sum(), [x, a, b], allow_unused=True)
def told(d):
    return d.mean, d.variance, d.stddev, g(d.entropy()), g(d.log_prob(x))
"""
PROGRAMS = [
    "told(D.Normal(a, b)), told(D.LogNormal(a, b)), told(D.HalfNormal(b)), told(D.Laplace(a, b)), told(D.Gumbel(a, b))",
    "told(D.Uniform(a - 3, a + b)), told(D.Exponential(b)), told(D.Gamma(a, b)), told(D.Beta(a, b))",
    "told(D.StudentT(b, a, b)), told(D.StudentT(3.0, a, b)), told(D.Cauchy(a, b))",
    "d = D.StudentT(torch.tensor([0.5, 1.0, 1.5, 2.0, 3.0]))\nd.mean, d.variance, d.entropy()",
    "[g(d.cdf(x)) for d in [D.Normal(a, b), D.LogNormal(a, b), D.HalfNormal(b), D.Laplace(a, b), D.Cauchy(a, b), D.Gumbel(a, b), D.Exponential(b), D.Uniform(a - 3, a + b)]]",
    "[g(d.icdf(x)) for d in [D.Normal(a, b), D.LogNormal(a, b), D.HalfNormal(b), D.Laplace(a, b), D.Cauchy(a, b), D.Gumbel(a, b), D.Exponential(b), D.Uniform(a - 3, a + b)]]",
    "d = D.Bernoulli(sure)\nd.log_prob(torch.tensor([0., 1., 1.])), d.log_prob(torch.tensor([1., 1., 0.]))\nd.entropy(), d.mean, d.variance, d.stddev, d.logits, d.probs",
    "d = D.Bernoulli(logits=a)\ng(d.log_prob(torch.tensor([1., 0., 1.]))), g(d.entropy()), d.probs",
    "d = D.Categorical(torch.tensor([0.5, 0.5, 0.]))\nd.entropy(), d.log_prob(torch.tensor([0, 2])), d.probs, d.logits",
    "g(D.Categorical(probs=b).log_prob(torch.tensor([1, 2]))), g(D.Categorical(probs=b).entropy())",
    "g(D.Categorical(logits=a).log_prob(torch.tensor(1))), g(D.Categorical(logits=torch.tensor([[0., -1e6, 1.]])).entropy() + 0 * a.sum())",
    "g(kl(D.Gamma(a, b), D.Gamma(b, a))), g(kl(D.Beta(a, b), D.Beta(b, a))), g(kl(D.Gumbel(a, b), D.Gumbel(b, a)))",
    "g(kl(D.HalfNormal(a), D.HalfNormal(b))), g(kl(D.Cauchy(a, b), D.Cauchy(b, a)))",
    "g(kl(D.Uniform(a, a + b), D.Uniform(a - 1, a + b + 1))), kl(D.Uniform(a, a + b), D.Uniform(a - 1, a))",
    "kl(D.Bernoulli(sure), D.Bernoulli(torch.tensor([0.5, 0.5, 0.2]))), kl(D.Bernoulli(sure), D.Bernoulli(0. * sure))",
    "g(kl(D.Bernoulli(logits=a), D.Bernoulli(logits=b)))",
    "kl(D.Categorical(torch.tensor([0., 0.5, .5])), D.Categorical(torch.tensor([0.5, 0.5, 0.2])))",
    "kl(D.Categorical(torch.tensor([.2, 0.5, .5])), D.Categorical(torch.tensor([0., 0.5, 0.2])))",
    "g(kl(D.Categorical(logits=a), D.Categorical(probs=b)))",
    "kl(D.Independent(D.Normal(a, b), 1), D.Independent(D.Normal(b, a), 1))",
    "kl(D.MultivariateNormal(torch.zeros(2), torch.eye(2)), D.MultivariateNormal(torch.ones(4, 2), 2 * torch.eye(2)))",
    "D.Uniform(a, a + b).log_prob(a), D.Uniform(a, a + b, validate_args=False).log_prob(a + 2 * b)",
    "D.Gamma(a, b).log_prob(torch.tensor([0., 1., 1.])), D.Beta(a, b).log_prob(torch.tensor([0., 1., .5]))",
    "D.Poisson(torch.tensor(0.)).log_prob(torch.tensor([0., 1.])), D.Poisson(a).log_prob(torch.tensor([0., 1., 4.]))",
    "D.HalfNormal(b, validate_args=False).log_prob(torch.tensor([-1., 1., 0.]))",
    "D.Normal(torch.zeros(0), torch.ones(0)).log_prob(torch.zeros(0)).shape, D.Normal(0., 1.).batch_shape",
    "D.gamma.Gamma(a, b).log_prob(x)\nfrom torch.distributions.beta import Beta\nBeta(a, b).log_prob(x)\nfrom torch.distributions.half_normal import HalfNormal\nHalfNormal(b).mean",
    "D.Categorical(torch.tensor([0., 1.])).sample((3,)), D.Bernoulli(torch.tensor([0., 1.])).sample()",
    "z = D.Uniform(a, a + b).rsample((5,))\n((torch.autograd.grad(z.sum(), b)[0] - ((z - a) / b).sum(0)).abs() < 1e-9).all()",
    "z = D.Exponential(b).rsample((5,))\n((torch.autograd.grad(z.sum(), b)[0] + (z / b).sum(0)).abs() < 1e-9).all()",
]  # fmt: skip


@pytest.mark.parametrize("source", PROGRAMS)
def test_as_pytorch(source):
    source = START + source
    assert_same(shown(source), by_torch(source), 1e-9)


REFUSED = [
    ("D.Normal(a, -b)", "scale of Normal is greater than 0, and here is -0.8"),
    ("D.Normal(a, 0.)", "greater than 0"),
    ("D.Normal(float('nan'), 1.)", "is a number"),
    ("D.Normal(a, b).log_prob(torch.tensor(float('nan')))", "is a number"),
    ("D.Exponential(-b)", "rate of Exponential"),
    ("D.Exponential(b).log_prob(torch.tensor([-1., 0., 1.]))", "at least 0, and here is -1"),
    ("D.Exponential(b).cdf(-x)", "at least 0"),
    ("D.Gamma(a, b).log_prob(-x)", "at least 0"),
    ("D.Beta(a, b).log_prob(2 * x)", "from 0 to 1"),
    ("D.LogNormal(a, b).log_prob(0 * x)", "greater than 0"),
    ("D.HalfNormal(b).log_prob(-x)", "at least 0"),
    ("D.Uniform(a + 1, a)", "low of Uniform is below high"),
    ("D.Uniform(a, a + b).log_prob(a + 2 * b)", "between low and high"),
    ("D.Poisson(-a)", "at least 0"),
    ("D.Poisson(a).log_prob(torch.tensor(0.5))", "a whole number from 0"),
    ("D.Bernoulli(torch.tensor([0.3, 1.3]))", "from 0 to 1"),
    ("D.Bernoulli(torch.tensor(0.3)).log_prob(torch.tensor(0.5))", "0 or 1"),
    ("D.Bernoulli(0.3, 0.3)", "one of the two"),
    ("D.Categorical(torch.tensor([0.5, -0.1, 0.6]))", "at least 0"),
    ("D.Categorical(torch.zeros(3))", "from 0 to 1"),
    ("D.Categorical(torch.tensor(0.5))", "along the last axis"),
    ("D.Categorical(logits=a).log_prob(torch.tensor(3))", "out of range"),
    ("D.MultivariateNormal(a, torch.diag(-b))", ""),
    ("D.MultivariateNormal(a, scale_tril=torch.ones(3, 3))", "lower triangle"),
    ("D.MultivariateNormal(a, torch.eye(3)).log_prob(torch.tensor(1.))", "3 numbers"),
    ("kl(D.Independent(D.Normal(a, b), 1), D.Normal(b, a))", "Independent"),
    ("kl(D.Normal(a, b), D.Laplace(a, b))", "not here"),
    ("D.Gamma(a, b).icdf(x)", "no icdf"),
    ("D.Gamma(a, b).rsample()", "no function of its parameters"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_is_refused(call, words):
    assert_refused(f"{START}{call}", words)


def test_what_is_not_looked_at():
    (value,) = shown(START + "D.Exponential(b, validate_args=False).log_prob(torch.tensor([-1., 0., 1.]))")
    assert value[0] == "-Infinity"  # where PyTorch goes on with the formula
