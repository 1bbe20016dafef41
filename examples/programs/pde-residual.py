"""The residual of u'' = -u for a small network u, and its gradient for the weights."""
import torch
import torch.nn as nn

net = nn.Sequential(nn.Linear(1, 3), nn.Tanh(), nn.Linear(3, 1))
weights = [[[0.4], [-0.7], [1.1]], [0.1, 0.2, -0.3], [[0.6, -0.5, 0.9]], [0.05]]
with torch.no_grad():
    for p, start in zip(net.parameters(), weights):
        p.copy_(torch.tensor(start))

t = torch.linspace(0.0, 1.0, 5).reshape(5, 1).requires_grad_()
u = net(t)
(du,) = torch.autograd.grad(u.sum(), t, create_graph=True)
(ddu,) = torch.autograd.grad(du.sum(), t, create_graph=True)
loss = ((ddu + u)**2).mean()
loss.backward()
loss
[p.grad for p in net.parameters()]
