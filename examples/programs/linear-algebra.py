"""Sums along axes, products, norms, and the gradients of some of them."""
import torch

A = torch.arange(6.0).reshape(2, 3)
A.T
A.sum(axis=0)
A.mean(dim=1)
A / A.sum(axis=1, keepdim=True)
A.cumsum(axis=0)
x = torch.arange(3.0)
torch.dot(x, x), A @ x
B = torch.ones(3, 2)
torch.mm(A, B)
torch.norm(torch.tensor([3.0, -4.0]))

M = torch.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
v = torch.tensor([1.0, -1.0])
torch.autograd.grad(torch.linalg.det(M), M)[0]
torch.autograd.grad(v @ torch.linalg.solve(M, v), M)[0]
