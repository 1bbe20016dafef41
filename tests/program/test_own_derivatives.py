"""Functions whose derivative a program writes: what is wrong with what it wrote, and what cannot be asked of it."""

import numpy as np
import pytest

from .running import failure, run

HEAD = """import torch
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y=None): return x * 2
    @staticmethod
    def backward(ctx, g): return {}
x = torch.tensor([1., 2.], requires_grad=True)
"""
MISTAKES = [
    ("g", "F.apply(x, x)", "gave 1 gradients for 2 inputs"),
    ("g.sum()", "F.apply(x)", "shape () for an input of shape (2,)"),
    ("g if g.sum() > 0 else -g", "F.apply(x)", "no value for the gradient"),
    ("g.clamp(-1, 1)", "torch.autograd.functional.jacobian(F.apply, x)", "not linear"),
    ("g.clamp(-1, 1)", "torch.func.jvp(F.apply, (x,), (x,))", "not linear"),
]


@pytest.mark.parametrize(("backward", "line", "words"), MISTAKES)
def test_mistakes(backward, line, words):
    assert words in failure(HEAD.format(backward) + line + "\n").message


JAX = [
    ("jax.custom_vjp", "f(1.)", "no rules"),
    ("jax.custom_vjp", "f.defvjp(lambda x: x, lambda r, g: (g,))\nf(1.)", "gives a pair"),
    ("jax.custom_vjp", "f.defvjp(lambda x: (x, x), lambda r, g: g)\nf(1.)", "gives a tuple"),
    ("jax.custom_jvp", "f.defjvp(lambda p, t: p)\nf(1.)", "gives a pair"),
]


@pytest.mark.parametrize(("path", "lines", "words"), JAX)
def test_mistakes_in_rules(path, lines, words):
    assert words in failure(f"import jax\n@{path}\ndef f(x): return x * 2\n{lines}\n").message


def test_a_function_of_its_own_is_pushed_through():
    source = HEAD.format("g * x0") + "x0 = torch.tensor([3., 5.])\ntorch.func.jvp(F.apply, (x,), (x,))[1]"
    np.testing.assert_array_equal(run(source), [3.0, 10.0])


HOOKS = [
    ("x = torch.ones(2)\nx.register_hook(print)", "does not require a gradient"),
    ("x = torch.ones(2, requires_grad=True)\nx.register_hook(3)", "a hook is a function"),
]


@pytest.mark.parametrize(("lines", "words"), HOOKS)
def test_mistakes_with_hooks(lines, words):
    assert words in failure(f"import torch\n{lines}\n").message
