"""Lines of {"x": …, "y": …} in; value and gradient of sin(x)*exp(-y^2), summed over vectors, out."""

import json
import sys

import torch

records = [json.loads(line) for line in sys.stdin]
x = torch.tensor([each["x"] for each in records], dtype=torch.float64, requires_grad=True)
y = torch.tensor([each["y"] for each in records], dtype=torch.float64, requires_grad=True)
value = torch.sin(x) * torch.exp(-(y**2))
if value.ndim > 1:
    value = value.sum(-1)
value.sum().backward()
for v, gx, gy in zip(value.tolist(), x.grad.tolist(), y.grad.tolist(), strict=True):
    sys.stdout.write(json.dumps({"value": v, "gradient": {"x": gx, "y": gy}}) + "\n")
