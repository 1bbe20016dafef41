"""PyTorch's way to differentiate, against PyTorch running the same text; and its errors."""

import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError
from gradcli.report.json import to_plain

from .torch_twin import assert_same, by_torch


def shown(source):
    return [to_plain(output.value) for output in gradcli.run(source).outputs]


PROGRAMS = {
    "accumulates": "x = torch.tensor([1., 2.], requires_grad=True)\nfor i in range(3):\n    (x**3).sum().backward()\nx.grad\nx.grad = None\nx.grad\n(x**2).sum().backward()\nx.grad",
    "the gradient keeps its identity": "x = torch.tensor(2., requires_grad=True)\n(x*x).backward()\ng = x.grad\n(x*x).backward()\ng",
    "weights": "x = torch.arange(3.).requires_grad_()\n(x**2).backward(gradient=torch.tensor([1., 0., 2.]), retain_graph=True)\nx.grad",
    "non-leaf": "x = torch.tensor(3., requires_grad=True)\ny = x*x\nz = y*2\ny.retain_grad()\nz.backward()\ny.grad\nz.grad\nx.grad\ny.is_leaf, x.is_leaf, z.requires_grad, y.retains_grad",
    "detach": "x = torch.tensor(3., requires_grad=True)\nu = (x*x).detach()\nu.requires_grad, u.is_leaf\n(u*x).backward()\nx.grad",
    "data": "x = torch.tensor([3., 4.], requires_grad=True)\ny = (x**2).sum()\nx.data -= 1\nx.data[0] = 7\nx\nx.requires_grad, x.is_leaf, x.data.requires_grad\n(x**2).sum().backward()\nx.grad\nx.data = torch.tensor([1., 1.])\nx",
    "no_grad": "x = torch.tensor([3., 4.], requires_grad=True)\nwith torch.no_grad():\n    y = x*2\n    x[0] = 5\n    x *= 2\ny.requires_grad\nx\nx.requires_grad, x.is_leaf\n(x**2).sum().backward()\nx.grad\nwith torch.no_grad():\n    with torch.enable_grad():\n        z = x*1\nz.requires_grad\nwith torch.set_grad_enabled(False):\n    w = x*1\nw.requires_grad",
    "write to a result": "x = torch.tensor([3., 4.], requires_grad=True)\ny = x*2\ny[0] = x[1]**2\ny += 1\ny.sum().backward()\nx.grad",
    "a view of a leaf": "w = torch.ones(2, 2, requires_grad=True)\nv = w[0]\n(v**2).sum().backward()\nw.grad\nv.is_leaf",
    "stop and start": "x = torch.tensor(3., requires_grad=True)\nx.requires_grad_(False)\nx.requires_grad\nx.requires_grad = True\n(x**2).backward()\nx.grad",
    "inputs": "a = torch.tensor(2., requires_grad=True)\nb = torch.tensor(3., requires_grad=True)\n(a*b).backward(inputs=[a])\na.grad\nb.grad",
    "create_graph": "x = torch.tensor(2., requires_grad=True)\n(g,) = torch.autograd.grad(x**4, x, create_graph=True)\ng.requires_grad\n(h,) = torch.autograd.grad(g, x, create_graph=True)\n(k,) = torch.autograd.grad(h, x)\ng, h, k\nk.requires_grad",
    "a graph in grad": "x = torch.tensor(2., requires_grad=True)\n(x**3).backward(create_graph=True)\nz = x.grad**2\nx.grad = None\nz.backward()\nx.grad",
    "grad of several": "a = torch.tensor([1., 2.], requires_grad=True)\nb = torch.tensor(3., requires_grad=True)\ny = a*b\ntorch.autograd.grad([y, b*b], [a, b], grad_outputs=[torch.tensor([1., 10.]), torch.tensor(2.)], retain_graph=True)\ntorch.autograd.grad(y.sum(), [a, b], allow_unused=True, only_inputs=True)",
    "imported": "from torch.autograd import grad\nx = torch.tensor(2., requires_grad=True)\ngrad(x**2, x)\ngrad(x**2, [x])[0]",
    "functional": "from torch.autograd.functional import jacobian, hessian, jvp, vjp, hvp\ndef f(x):\n    return (x**3).sum()\ndef g(x, y):\n    return x*y.sum()\nx = torch.tensor([1., 2.])\ny = torch.tensor([3., 5.])\njacobian(lambda x: x**2, x)\njacobian(g, (x, y))\nhessian(f, x)\nhessian(lambda a, b: (a*b).sum()*a.sum(), (x, y))\njvp(lambda x: x**2, x, y)\nvjp(lambda x: x**2, x, y)\nhvp(f, x, y)\nvjp(g, (x, y), y)",
    "func": "def f(x):\n    return torch.sin(x).sum()\nx = torch.tensor([1., 2.])\ntorch.func.grad(f)(x)\ntorch.func.jacrev(torch.sin)(x)\ntorch.func.jacfwd(lambda x: x**2)(x)\ntorch.func.hessian(f)(x)\ntorch.func.jvp(torch.sin, (x,), (x,))\nout, pull = torch.func.vjp(torch.sin, x)\npull(x)[0]\ntorch.func.vmap(lambda a: (a**2).sum())(torch.ones(3, 2))\ntorch.vmap(torch.func.grad(lambda a, b: (a*b).sum()), in_dims=(0, None))(torch.ones(3, 2), x)\ntorch.func.grad_and_value(f)(x)\ntorch.func.grad(lambda a, b: (a*b**2).sum(), argnums=(0, 1))(x, x)",
    "functions and recursion": "def power(x, n):\n    if n == 0:\n        return torch.ones(())\n    return x * power(x, n - 1)\nx = torch.tensor(1.5, requires_grad=True)\npower(x, 5).backward()\nx.grad\ndef adder(a):\n    def add(b):\n        return a*b + a\n    return add\ny = torch.tensor(2., requires_grad=True)\ntorch.autograd.grad(adder(y)(y*y), y)[0]",
    "not through conditions": "x = torch.tensor([1., -2.], requires_grad=True)\n(x > 0).requires_grad\ny = torch.where(x > 0, x**2, 3*x)\ny.sum().backward()\nx.grad",
    "fresh variables": "a = torch.tensor(2., requires_grad=True)\nb = torch.tensor(2., requires_grad=True)\n(a*b*b).backward()\na.grad, b.grad\nu = a*1\nv = a*1\nu.is_leaf\nu.retain_grad()\n(u*v).backward()\nu.grad\ns = a*2\nt = a*2\ns.retain_grad()\n(s*t).backward()\ns.grad",
    "an unused second backward": "x = torch.tensor(1., requires_grad=True)\ny = x*x\ny.backward(retain_graph=True)\ny.backward()\nx.grad",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_pytorch(name):
    source = f"import torch\n{PROGRAMS[name]}"
    assert_same(shown(source), by_torch(source))


@pytest.mark.parametrize(
    ("source", "code", "mentions"),
    [
        ("x = torch.ones(2, requires_grad=True)\n(x*x).backward()", "not-scalar", ["backward", "(2,)", "gradient="]),
        ("x = torch.ones(2, requires_grad=True)\nx += 1", "autograd", ["leaf", "no_grad"]),
        ("x = torch.ones(2, requires_grad=True)\nx[0] = 1", "autograd", ["leaf"]),
        ("x = torch.ones(2, requires_grad=True)\nx.zero_()", "autograd", ["leaf"]),
        ("x = torch.ones(2)\nx.sum().backward()", "autograd", ["requires a gradient"]),
        ("x = torch.ones(2, requires_grad=True)\nx.detach().sum().backward()", "autograd", ["requires a gradient"]),
        ("x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)\ntorch.autograd.grad(x.sum(), [x, y])", "autograd", ["input 1 of 2", "allow_unused"]),
        ("x = torch.ones(2, requires_grad=True)\ntorch.autograd.grad(x.sum(), torch.ones(2))", "autograd", ["the input", "requires_grad"]),
        ("x = torch.ones(2, requires_grad=True)\ntorch.autograd.grad(x*x, x)", "not-scalar", ["grad_outputs"]),
        ("x = torch.ones(2, requires_grad=True)\n(x*x).backward(torch.ones(3))", "shape", ["(3,)", "(2,)"]),
        ("x = torch.ones(2, requires_grad=True)\nx.grad = torch.ones(3)", "shape", ["(3,)"]),
        ("x = torch.ones(2, requires_grad=True)\nx.shape = 3", "attribute", ["shape"]),
        ("x = torch.ones(2, requires_grad=True)\n(x*2).requires_grad_(False)", "autograd", ["leaf"]),
    ],
)  # fmt: skip
def test_errors_say_what_and_where(source, code, mentions):
    with pytest.raises(GradcliError) as caught:
        gradcli.run(source)
    error = caught.value
    assert error.code == code and error.status in (3, 4)
    for word in mentions:
        assert word in f"{error.message} {error.hint}"
    assert error.span is not None and source[: error.span[0]].count("\n") == source.count("\n")


def test_an_error_tells_the_calls_it_came_through():
    with pytest.raises(GradcliError) as caught:
        gradcli.run("def f(x):\n    x += 1\n    return x\nf(torch.ones(1, requires_grad=True))")
    assert [words for _, words in caught.value.trail] == ["f(torch.ones(1, requires_grad=True))"]


def test_the_function_that_recorded_is_told_by_name():
    names = [output.text for output in gradcli.run(
        "x = torch.ones(2, requires_grad=True)\n(x*x).grad_fn\n(x + 1).grad_fn\nx.sum().grad_fn\nprint(x.exp().grad_fn)"
    ).outputs]  # fmt: skip
    assert names == ["<MulBackward0>", "<AddBackward0>", "<SumBackward0>", "<ExpBackward0>"]
    assert shown("x = torch.ones(2, requires_grad=True)\nx.grad_fn") == [None]


def test_without_an_import_grad_is_the_languages_own():
    assert shown("x = 3.0\ngrad(x**2, x)") == [6.0]


def test_jax_takes_functions():
    source = "import jax\nf = lambda x: sum(x**3)\nx = array([1, 2])\njax.grad(f)(x)\njax.hessian(f)(x)\njax.jacobian(lambda x: x**2)(x)\njax.value_and_grad(f)(x)\nout, pull = jax.vjp(f, x)\npull(2)"
    assert shown(source) == [[3, 12], [[6, 0], [0, 12]], [[2, 0], [0, 4]], [9, [3, 12]], [[6, 24]]]


def test_a_descent_takes_time_and_nodes_in_proportion_to_its_steps():
    from gradcli.language.parser import parse
    from gradcli.program import trace

    def nodes(steps):
        source = f"x = torch.tensor(0., requires_grad=True)\nfor i in range({steps}):\n    y = x**2 - 2*x + 1\n    y.backward()\n    with torch.no_grad():\n        x -= 0.01*x.grad\n    x.grad.zero_()\nx"
        return trace(parse(source), {}).graph.count

    few, many = nodes(100), nodes(1100)
    assert nodes(2100) - many == many - few
    assert many - few < 40 * 1000


def test_a_descent_can_be_differentiated_from_outside():
    found = gradcli.grad(
        "w = torch.tensor(1., requires_grad=True)\n(g,) = torch.autograd.grad((w*a)**2, w, create_graph=True)\nw - rate*g",
        {"a": 3.0, "rate": 0.1},
    )
    np.testing.assert_allclose(found.gradient["a"], -0.1 * 4 * 3.0)
    np.testing.assert_allclose(found.gradient["rate"], -2 * 9.0)


def test_backward_past_a_matrix_without_an_inverse():
    # one branch has no value; nothing hangs on it, neither what is shown, nor a condition, nor a slope
    source = """
    A = torch.tensor([[1.0, 2.0], [2.0, 4.0]])
    x = torch.tensor(2.0, requires_grad=True)
    for i in range(3):
        x.grad = None
        y = torch.where(x > 100, torch.linalg.inv(A*x).sum(), x**2)
        if y > 0:
            y.backward()
        with torch.no_grad():
            x -= 0.25 * x.grad
    x
    x.grad
    torch.linalg.inv(A*x).sum().backward()
    """
    with pytest.raises(GradcliError) as failure:
        gradcli.run(source)
    assert failure.value.code == "singular"
    assert [to_plain(output.value) for output in failure.value.partial.outputs] == [0.25, 1.0]
