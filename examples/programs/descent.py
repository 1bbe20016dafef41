"""Gradient descent on a parabola, by hand and by optimizer."""
import torch

x = torch.tensor(0.0, requires_grad=True)
for i in range(500):
    y = x**2 - 2*x + 1
    y.backward()
    with torch.no_grad():
        x -= 0.01 * x.grad
    x.grad.zero_()
x

x = torch.tensor(0.0, requires_grad=True)
optimizer = torch.optim.SGD(params=[x], lr=0.01, momentum=0.5)
for i in range(200):
    optimizer.zero_grad()
    y = x**2 - 2*x + 1
    y.backward()
    optimizer.step()
x

x = torch.tensor([3.0, -2.0], requires_grad=True)
optimizer = torch.optim.Adam([x], lr=0.1)
for i in range(100):
    optimizer.zero_grad()
    (x**2).sum().backward()
    optimizer.step()
x
