import casadi

x = casadi.SX.sym("x", 4)
y = 2 * casadi.dot(x, x)
print(casadi.Function("f", [x], [y, casadi.gradient(y, x)])([0, 1, 2, 3]))
