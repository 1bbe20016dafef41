import sympy

x = sympy.symbols("x0:4")
y = 2 * sum(each * each for each in x)
point = dict(zip(x, [0, 1, 2, 3], strict=True))
print(y.subs(point), [y.diff(each).subs(point) for each in x])
