"""The same program text, run by PyTorch: what each bare expression and print shows, as gradcli tells it."""

import ast

import numpy as np
import pytest


def by_torch(source):
    """The values that a program shows, in order."""
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    seen = []

    def show(value, called=False, acts=False):
        if not acts and not (called and value is None):
            seen.append(plain(torch, value))

    def printed(*values):
        values = [value for value in values if not isinstance(value, str)]
        seen.append(plain(torch, values[0] if len(values) == 1 else tuple(values) if values else None))

    names = {"show": show, "print": printed, "torch": torch}
    try:
        exec(compile(_Showing().visit(ast.parse(source)), "program", "exec"), names)
    finally:
        torch.set_default_dtype(before)
    return seen


def plain(torch, value):
    """A value as nested lists, numbers and None."""
    if isinstance(value, torch.Tensor):
        return value.detach().to(torch.float64).numpy().tolist()
    if isinstance(value, (tuple, list)):
        return [plain(torch, each) for each in value]
    return None if value is None else float(value)


class _Showing(ast.NodeTransformer):
    """Hands every bare expression outside functions to `show`."""

    def visit_FunctionDef(self, node):
        return node

    def visit_Expr(self, node):
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return node
        called = isinstance(value, ast.Call)
        acts = called and isinstance(value.func, ast.Attribute) and value.func.attr.endswith("_")
        if called and isinstance(value.func, ast.Name) and value.func.id == "print":
            return node
        call = ast.Call(ast.Name("show", ast.Load()), [value, ast.Constant(called), ast.Constant(acts)], [])
        return ast.fix_missing_locations(ast.copy_location(ast.Expr(call), node))


def assert_same(found, wanted, tolerance=1e-10):
    """Nested lists of numbers and None agree."""
    assert len(found) == len(wanted), (found, wanted)
    for ours, theirs in zip(found, wanted, strict=True):
        if isinstance(theirs, list) and any(each is None or isinstance(each, list) for each in theirs):
            assert_same(list(ours), theirs, tolerance)
        elif theirs is None:
            assert ours is None
        else:
            assert np.shape(ours) == np.shape(theirs)
            np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), tolerance, tolerance)
