"""A linear layer: frozen parameters, and which tensors gather gradients."""
import torch
import torch.nn as nn

M = nn.Linear(2, 2)
with torch.no_grad():
    for param in M.parameters():
        param.fill_(1)
M.requires_grad_(False)
a = torch.tensor([1., 2.], requires_grad=True)
b = torch.tensor([13., 32.], requires_grad=True)
c = M(a)
c2 = M(b)
c.retain_grad()
d = c * 2
d.sum().backward()
print(a.grad)
print(b.grad)
print(c.grad)
print(M.weight.grad)
a.is_leaf
c.is_leaf
