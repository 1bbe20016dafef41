"""Calling the language's functions: names, prefixes, methods, keywords, counts, conversions."""

import math

import numpy as np
import pytest

from gradcli.engine.functions import FUNCTIONS

from .running import failure, marked, needs_values, run, slope

A = np.arange(6.0).reshape(2, 3) + 1


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("sum(A)", 21), ("A.sum()", 21), ("torch.sum(A)", 21), ("np.sum(A)", 21), ("numpy.sum(A)", 21), ("jnp.sum(A)", 21),
        ("jax.numpy.sum(A)", 21), ("sum(A, axis=0)", A.sum(0)), ("sum(A, 0)", A.sum(0)), ("sum(A, dim=1)", A.sum(1)),
        ("A.sum(1, keepdim=True)", A.sum(1, keepdims=True)), ("torch.sum(input=A, dim=(0, 1))", 21), ("sum(a=A)", 21),
        ("np.linalg.norm(A)", np.linalg.norm(A)), ("torch.linalg.norm(A, dim=0)", np.linalg.norm(A, axis=0)),
        ("norm(A, p=1)", A.sum()), ("norm(A, 'fro')", np.linalg.norm(A)), ("norm(A, inf)", 15), ("norm(A, 1)", 9), ("torch.norm(A, 1)", 21), ("torch.norm(A, p='fro')", np.linalg.norm(A)),
        ("torch.nn.functional.relu(-A)", 0 * A), ("F.relu(A)", A), ("torch.sub(A, other=1)", A - 1), ("math.sqrt(4)", 2),
        ("std(A)", A.std()), ("std(A, ddof=1)", A.std(ddof=1)), ("torch.std(A)", A.std(ddof=1)), ("torch.var(A, unbiased=False)", A.var()),
        ("torch.std(A, dim=0, correction=0)", A.std(0)), ("np.std(A)", A.std()), ("torch.tensor(A).std()", A.std(ddof=1)),
        ("reshape(A, 3, 2)", A.reshape(3, 2)), ("reshape(A, (3, 2))", A.reshape(3, 2)), ("A.reshape(3, 2)", A.reshape(3, 2)),
        ("A.reshape((-1,))", A.ravel()), ("A.view(-1)", A.ravel()), ("A.view(3, -1)", A.reshape(3, 2)), ("A.reshape(A.T.shape)", A.reshape(3, 2)),
        ("A.permute(1, 0)", A.T), ("A.transpose(0, 1)", A.T), ("A.transpose(1, 0)", A.T), ("A.T", A.T), ("A.mT", A.T), ("A.t()", A.T),
        ("zeros(2, 3)", np.zeros((2, 3))), ("zeros((2, 3))", np.zeros((2, 3))), ("zeros([2, 3])", np.zeros((2, 3))), ("zeros(2)", [0, 0]),
        ("zeros(A.shape)", 0 * A), ("zeros(A.shape[0], 1)", [[0], [0]]), ("np.ones(2, dtype=np.float32)", [1, 1]), ("torch.ones(2, requires_grad=True)", [1, 1]),
        ("torch.zeros(2, device='cpu')", [0, 0]), ("full((2,), 7)", [7, 7]), ("full(size=(2,), fill_value=7)", [7, 7]), ("eye(2)", np.eye(2)),
        ("arange(3)", [0, 1, 2]), ("arange(1, 7, 2)", [1, 3, 5]), ("arange(start=1, end=3)", [1, 2]), ("linspace(0, 1, steps=3)", [0, 0.5, 1]),
        ("concatenate([A, A], 1)", np.hstack([A, A])), ("torch.cat((A, A), dim=0)", np.vstack([A, A])), ("stack([A[0], A[1]])", A), ("stack(A)", A),
        ("torch.stack(tensors=[A[0], A[1]], dim=1)", A.T), ("clip(A, 2, 4)", A.clip(2, 4)), ("A.clamp(min=3)", A.clip(3)), ("torch.clamp(A, max=3)", A.clip(None, 3)),
        ("np.clip(A, a_min=2, a_max=4)", A.clip(2, 4)), ("A.clip(2)", A.clip(2)), ("A.numel()", 6), ("A.size", 6), ("A.size()", (2, 3)), ("A.size(0)", 2),
        ("A.size(-1)", 3), ("A.shape", (2, 3)), ("A.ndim", 2), ("A.dim()", 2), ("len(A)", 2), ("A[0, 0].item()", 1), ("A.detach()", A),
        ("A.float().double().numpy().clone().contiguous()", A), ("A.to(torch.float64).astype(float)", A), ("(A/4).astype(int)", (A / 4).astype(int)),
        ("(A/4).int()", (A / 4).astype(int)), ("np.array([1.7, -1.7], dtype=int)", [1, -1]), ("(A - 1).bool()", A != 1), ("A.tolist()", A), ("A.real", A),
        ("A.mul(2).add(1)", 2 * A + 1), ("A.pow(2)", A**2), ("A.abs()", A), ("A.expand_as(A)", A), ("A.view_as(A.T)", A.reshape(3, 2)), ("np.pi", math.pi),
        ("math.e", math.e), ("torch.inf", math.inf), ("A[:, np.newaxis].shape", (2, 1, 3)), ("torch.FloatTensor([1, 2])", [1, 2]), ("sum(*[A, 0])", A.sum(0)),
        ("maximum(*(1, 2))", 2), ("[1, 2].sum()", 3), ("[[1, 2], [3, 4]].T", [[1, 3], [2, 4]]), ("sum([A, A])", 2 * A), ("sum([[1, 2], [3, 4]])", 10),
        ("sum([1, A[0, 0], True])", 3), ("sum([], 5)", 5), ("sum([])", 0), ("np.sum([A, A])", 42), ("sum(range(4))", 6), ("max([1, 5, 2])", 5), ("max(1, 5, 2)", 5),
        ("min(A[0, 0], 5)", 1), ("max(A)", 6), ("np.max(A, 0)", A.max(0)), ("A.max(1)", A.max(1)), ("max(A, axis=1)", A.max(1)), ("abs(-3)", 3), ("round(2.5)", 2),
        ("round(2.567, 2)", 2.57), ("round(A / 4)", np.round(A / 4)), ("ceil(1.2)", 2), ("int(-1.7)", -1), ("float(A[1, 1])", 5), ("bool(0.5)", 1), ("pow(2, 3)", 8), ("any([0, 1])", 1),
        ("all([])", 1), ("mean(A)", 3.5), ("where(A > 2, A, 0)", np.where(A > 2, A, 0)), ("torch.dot(A[0], A[1])", 32),
    ],
)  # fmt: skip
def test_calls(source, value):
    result = run(source, A=A)
    if isinstance(value, tuple):
        assert result == value
    else:
        assert np.allclose(result, value, rtol=1e-14, atol=0)
        assert np.shape(result) == np.shape(value)


def test_a_program_that_imports_torch_has_its_defaults():
    assert run("import torch\nA.std()", A=A) == pytest.approx(A.std(ddof=1), rel=1e-15)
    assert run("import numpy as np\nA.std()", A=A) == pytest.approx(A.std(), rel=1e-15)


def test_every_function_can_be_reached_by_every_name():
    for name, function in FUNCTIONS.items():
        count = sum(parameter.required for parameter in function.parameters) - function.variadic
        if count > 0:
            for call in (f"{name}()", f"torch.{name}()", f"np.{name}()"):
                error = failure(call)
                assert error.status == 3
                assert error.code == "argument", call


@pytest.mark.parametrize(
    ("source", "mentions", "part"),
    [
        ("sin()", ["sin", "1 argument", "0"], "sin()"), ("sin(x, x)", ["sin", "1 argument", "2"], "sin(x, x)"),
        ("sum()", ["sum", "1 to 3", "0"], "sum()"), ("1 + sum(x, axes=0)", ["axes", "axis"], "sum(x, axes=0)"),
        ("sum(x, axis=0, dim=0)", ["axis twice"], None), ("sum(x, 0, axis=0)", ["axis twice"], None), ("sum(x, wombat=0)", ["wombat", "axis"], None),
        ("atan2(x)", ["atan2", "x"], None), ("reshape(x)", ["shape"], None), ("zeros()", ["zeros"], None), ("range()", ["range"], None),
        ("len(1, 2)", ["len", "1 argument", "2"], None), ("sum(x, axis='a')", ["axis", "string"], "'a'"), ("sum(x, axis=[0, 'a'])", ["string"], None),
        ("reshape(x, 'a')", ["string"], None), ("softmax(x, axis=None)", ["axis", "None"], None), ("concatenate(3)", ["list"], None), ("sum(x, axis=0, axis=1)", ["axis"], None),
        ("eye(sin)", ["sin"], None), ("torch.foo(x)", ["torch", "foo"], None), ("np.sinn(x)", ["sinn", "sin"], "np.sinn"), ("torch.len(x)", ["len"], None),
        ("sinn(x)", ["sinn", "did you mean sin?"], "sinn"), ("x.sumn()", ["sumn", "sum"], None), ("x.sum", ["method", ".sum()"], "sum"), ("x.shape()", ["not a function"], None),
        ("x.__class__", ["__class__"], "__class__"), ("x.__class__()", ["__class__"], None), ("x.node", ["node"], "node"), ("[1].__len__()", ["__len__"], None), ("(1, 2).foo", ["foo"], None),
        ("sin.name", ["name"], None), ("'a'.join([1])", ["join"], None), ("None.x", ["x"], None), ("torch.nn.__dict__", ["__dict__"], None), ("x.append(1)", ["append"], None),
        ("np.array(x, dtype='complex')", ["type"], None),
    ],
)  # fmt: skip
def test_calls_that_cannot_be(source, mentions, part):
    error = failure(source, x=[1.0, 2.0])
    assert error.status == 3
    told = f"{error.message} {error.hint}"
    for each in mentions:
        assert each in told
    if part is not None:
        assert marked(error) == part


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("sum(x, axis=5)", "axis"), ("sum(x, axis=0.5)", "value"), ("zeros(1.5)", "value"), ("reshape(x, 3)", "shape"), ("float(x)", "shape"), ("x.item()", "shape"), ("int(inf)", "value"),
        ("eye(-1)", "shape"), ("x.size(3)", "axis"), ("range(0, 1, 0)", "value"), ("range(1e300)", "value"), ("max([])", "empty"), ("len(3)", "shape"), ("manual_seed(-1)", "value"), ("x.view_as(ones(3))", "shape"),
    ],
)  # fmt: skip
def test_data_that_does_not_fit(source, code):
    error = failure(source, x=[1.0, 2.0])
    assert (error.status, error.code) == (4, code)


def test_ambiguous_maximum_offers_its_readings():
    error = failure("max(x, 0)", x=[1.0, 2.0])
    assert error.status == 3
    assert "maximum(x, y)" in error.hint
    assert "axis=0" in error.hint
    assert run("max(x, 0)", x=-2.0) == 0.0
    assert slope("max(x, 0)", x=0.0) == 0.5
    assert np.array_equal(run("np.max(x, 0)", x=[1.0, 2.0]), 2.0)


@pytest.mark.parametrize(
    ("source", "values"),
    [("sum(x, axis=n)", {"n": 1.0}), ("zeros(n)", {"n": 2.0}), ("x[n]", {"n": 1.0}), ("range(n)", {"n": 2.0})],
)
def test_static_arguments_may_depend_on_data(source, values):
    assert needs_values(f"{source}; 1" if "range" in source else source, x=(2, 3), n=())
    run(f"list({source})" if "range" in source else source, x=A, **values)


def test_clipping_at_a_bound():
    assert slope("x.clamp(min=0)", x=0.0) == 0.0
    assert slope("clip(x, 0, 1)", x=1.0) == 0.0
    assert slope("clip(x, max=2)", x=1.0) == 1.0
    assert slope("clip(x, max=2)", x=3.0) == 0.0
    assert slope("clip(1, x, 4)", x=2.0) == 1.0


def test_what_leaves_the_graph():
    assert slope("x.item() * x", x=3.0) == 3.0
    assert slope("torch.tensor(float(x)) * x", x=3.0) == 3.0
    assert slope("float(x) * x", x=3.0) == 6.0
    assert slope("x.detach() * x", x=3.0) == 3.0
    assert slope("x.tolist()[0] * x[1]", x=[3.0, 4.0]).tolist() == [0.0, 3.0]


def test_random_numbers_come_from_the_seed():
    assert np.array_equal(run("randn(3)", seed=1), run("torch.randn(3)", seed=1))
    assert not np.array_equal(run("randn(3)", seed=1), run("randn(3)", seed=2))
    assert run("torch.manual_seed(1); a = rand(2); torch.manual_seed(1); all(a == rand(2))") == 1
    assert run("a = rand(2); any(a == rand(2))") == 0
    assert np.array_equal(run("np.random.normal(5, 0, size=(2,))"), [5.0, 5.0])
    assert np.all(run("np.random.uniform(2, 3, 100)") >= 2)
