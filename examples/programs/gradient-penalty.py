"""A penalty on the size of a gradient, itself differentiated."""
import torch

w = torch.tensor([0.3, -0.8, 0.5], requires_grad=True)
x = torch.tensor([1.0, 2.0, -1.0], requires_grad=True)
score = torch.tanh(w @ x)
(g,) = torch.autograd.grad(score, x, create_graph=True)
penalty = (g.norm() - 1)**2
penalty.backward()
g
penalty
w.grad
