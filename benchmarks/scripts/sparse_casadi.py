"""Sparse derivatives at x = 1.1: rosenbrock (Hessian), stencil and laplacian (Jacobians), of size n."""

import sys

import casadi
import numpy as np

name, n = sys.argv[1], int(sys.argv[2])
if name == "laplacian":
    u = casadi.MX.sym("u", n, n)
    inner = u[1:-1, 1:-1]
    out = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * inner + casadi.exp(inner)
    made = casadi.Function("f", [u], [casadi.jacobian(casadi.vec(out), casadi.vec(u))])
    point = np.full((n, n), 1.1)
else:
    x = casadi.MX.sym("x", n)
    point = np.full(n, 1.1)
    if name == "rosenbrock":
        value = casadi.sum1(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
        made = casadi.Function("f", [x], [casadi.hessian(value, x)[0]])
    else:
        out = x[2:] - 2 * x[1:-1] + x[:-2] + casadi.sin(x[1:-1])
        made = casadi.Function("f", [x], [casadi.jacobian(out, x)])
found = made(point)
print(found.shape, found.nnz())
