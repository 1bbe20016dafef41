"""A root by bisection, and its derivative by the implicit function theorem."""
import torch


def f(x, a):
    return x**3 + a*x - 1


def root(a):
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        if f(middle, a) > 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2


a = torch.tensor(2.0, requires_grad=True)
r = torch.tensor(root(a.item()), requires_grad=True)
r
da, dr = torch.autograd.grad(f(r, a), [a, r])
-da / dr
