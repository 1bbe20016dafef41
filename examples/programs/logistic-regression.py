"""Logistic regression on four points, by full-batch descent."""
import torch
import torch.nn.functional as F

X = torch.tensor([[0.5, 1.0], [1.5, -0.5], [-1.0, 0.3], [-0.4, -1.2]])
labels = torch.tensor([1.0, 1.0, 0.0, 0.0])
w = torch.zeros(2, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for epoch in range(50):
    loss = F.binary_cross_entropy_with_logits(X @ w + b, labels)
    loss.backward()
    with torch.no_grad():
        for p in [w, b]:
            p -= 0.5 * p.grad
            p.grad.zero_()
w
b
loss
torch.sigmoid(X @ w + b)
