"""torch.autograd.grad with every argument."""
import torch
from torch import autograd

x1 = torch.tensor(1.0, requires_grad=True)
x2 = torch.tensor(2.0, requires_grad=True)
y1 = x1 * x2
y2 = x1 + x2
(d1, d2) = autograd.grad(outputs=y1, inputs=[x1, x2], retain_graph=True)
d1
d2
autograd.grad([y1, y2], [x1, x2])

v = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w = v**2
autograd.grad(w, v, grad_outputs=torch.tensor([3.0, 2.0, 1.0]))

x = torch.tensor(0.0, requires_grad=True)
y = x**2 - 2*x + 1
g = autograd.grad(y, x, create_graph=True)[0]
g
autograd.grad(g, x, retain_graph=True)[0]
autograd.grad(y, [x, x1], allow_unused=True)
