import sympy  # noqa: F401
