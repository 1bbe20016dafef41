"""A recurrent cell through five steps: gradients through time."""
import torch

W = torch.tensor([[0.5, -0.3], [0.2, 0.4]], requires_grad=True)
U = torch.tensor([[1.0], [-1.0]], requires_grad=True)
inputs = [0.5, -0.1, 0.3, 0.9, -0.7]
h = torch.zeros(2)
states = []
for value in inputs:
    h = torch.tanh(W @ h + U[:, 0] * value)
    states.append(h)
loss = sum([(s**2).sum() for s in states])
loss.backward()
loss
W.grad
U.grad
