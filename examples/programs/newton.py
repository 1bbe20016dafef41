"""Newton's method: the second derivative is the derivative of the first."""
import torch

x = torch.tensor(2.0, requires_grad=True)
for step in range(6):
    y = torch.exp(x) - 3*x
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    with torch.no_grad():
        x -= first / second
    print("step", step, x)
x - torch.log(torch.tensor(3.0))
