"""The rules of operations on whole arrays: their counterparts in SymPy, reductions along any axes, ties and kinks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from graphs import MODES, build, evaluate, samples
from numpy.testing import assert_allclose, assert_array_equal

import gradcli
from gradcli.engine import derivatives as D
from gradcli.engine import operations as tables
from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Graph
from gradcli.engine.operation import Elementwise, Operation, Reduction
from gradcli.engine.sweeps import ancestors
from gradcli.errors import DataError

nan, inf = math.nan, math.inf

# ---- kinks ---------------------------------------------------------------------------------------------


def reductions() -> dict[str, Operation]:
    rooms = [room for room in vars(tables).values() if hasattr(room, "__path__") or hasattr(room, "__file__")]
    return {each.name: each for room in rooms for each in vars(room).values() if isinstance(each, Reduction)}


@pytest.mark.parametrize(("name", "x", "axes", "kinks"), [
    ("max", [[1.0, 2.0, 2.0], [3.0, 1.0, 1.0]], (-1,), [1.0, 0.0]),
    ("max", [[1.0, 2.0, 2.0], [3.0, 1.0, 1.0]], (-2, -1), 0.0),
    ("max", [[3.0, 3.0], [3.0, 1.0]], (-2,), [1.0, 0.0]),
    ("min", [[1.0, 2.0, 2.0], [3.0, 1.0, 1.0]], (-1,), [0.0, 1.0]),
    ("min", [[1.0, 1.0, 1.0]], (-1,), [1.0]),
    ("norm", [[0.0, 0.0], [0.0, 1.0]], (-1,), [1.0, 0.0]),
])  # fmt: skip
def test_kinks_of_reductions(name, x, axes, kinks):
    operation = reductions()[name]
    node = Graph().input("x", np.shape(x))
    assert operation.kink is not None
    found = evaluate(operation.kink(operation(node, axes), node, axes), [node], [x])
    assert_array_equal(found, kinks)


# ---- counterparts of what works on whole arrays ------------------------------------------------------------


def whole_nodes() -> list[Any]:
    """Of the samples of every function, and of their derivatives, one node of each operation on whole arrays and each
    of its ways: (operation, params, the node's shape, shapes of its operands, values of these)."""
    found: dict[Any, Any] = {}
    for _, sample in samples():
        output, inputs, values = build(sample)
        pulled = D.vjp(output, output.graph.constant(np.linspace(0.5, 1.5, output.size).reshape(output.shape)), inputs)
        nodes = [n for n in ancestors([output, *pulled]) if n.operands and not isinstance(n.operation, Elementwise)]
        wanted = [n for n in nodes if (n.operation.name, n.params, tuple(o.shape for o in n.operands)) not in found]
        asked = list(dict.fromkeys(o for n in wanted for o in n.operands))
        known = dict(zip(asked, evaluate(asked, inputs, values), strict=True)) if asked else {}
        for node in wanted:
            key = (node.operation.name, node.params, tuple(o.shape for o in node.operands))
            found[key] = (node.operation, node.params, node.shape, [known[o] for o in node.operands])
    return list(found.values())


WHOLE_NODES = whole_nodes()
NOT_IN_SYMPY = {
    "argsort", "ordered", "sort", "signdet", "average_ties", "cofactor", "pinv", "eigvalsh", "eigenvectors", "expm",
    "averaged_in_runs", "shared_in_runs",
}  # fmt: skip
"""Worked out by value there, or not at all."""


@pytest.mark.parametrize("name", sorted({operation.name for operation, *_ in WHOLE_NODES} - NOT_IN_SYMPY))
def test_counterparts_of_operations_on_whole_arrays(name):
    """What SymPy is asked for is the same number as the kernel's."""
    sympy = pytest.importorskip("sympy")
    for operation, params, shape, values in [each for each in WHOLE_NODES if each[0].name == name][:6]:
        if max(np.size(value) for value in values) > 40:
            continue
        exact = [np.vectorize(lambda v: sympy.Rational(float(v)), otypes=[object])(value) for value in values]
        got = operation.kernel(*values, *params)
        if isinstance(operation, Reduction) and operation.symbolic is not None:
            (x,), (axes,) = exact, params
            rows = np.moveaxis(x, axes, range(-len(axes), 0)).reshape(*shape, -1)
            said = np.empty(shape, dtype=object)
            for place in np.ndindex(shape):
                said[place] = operation.symbolic(sympy, list(rows[place]))
        elif callable(operation.symbolic):
            said = np.broadcast_to(operation.symbolic(sympy, *exact, *params), shape)
        else:
            said = operation.kernel(*exact, *params)
        numbers = np.vectorize(lambda v: float(sympy.N(v, 20)), otypes=[float])(np.asarray(said, dtype=object))
        assert_allclose(np.broadcast_to(numbers, shape), got, rtol=1e-12, atol=1e-13)


# ---- choices between operands ------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "high", "value", "slope"), [
    (None, None, [-3.0, 0.5, 4.0], [1, 1, 1]),
    (-1.0, None, [-1.0, 0.5, 4.0], [0, 1, 1]),
    (None, 2.0, [-3.0, 0.5, 2.0], [1, 1, 0]),
    (-1.0, 2.0, [-1.0, 0.5, 2.0], [0, 1, 0]),
    (2.0, -1.0, [-1.0, -1.0, -1.0], [0, 0, 0]),
])  # fmt: skip
@pytest.mark.parametrize("mode", MODES)
def test_a_bound_that_is_left_out_does_not_bind(low, high, value, slope, mode):
    x = Graph().input("x", (3,))
    bounds = {name: x.lift(bound) for name, bound in (("min", low), ("max", high)) if bound is not None}
    out = FUNCTIONS["clip"].build(x, **bounds)
    found = evaluate([out, D.jacobian(out, x, mode)], [x], [[-3.0, 0.5, 4.0]])
    assert_array_equal(found[0], value)
    assert_array_equal(found[1], np.diag(slope))


@pytest.mark.parametrize("at", [-inf, inf])
def test_at_infinity_a_bound_that_is_left_out_does_not_bind(at):
    x = Graph().input("x", ())
    for bounds in ({"min": x.lift(0.0)}, {"max": x.lift(0.0)}):
        out = FUNCTIONS["clip"].build(x, **bounds)
        taken = ("max" in bounds) == (at < 0)
        assert_array_equal(
            evaluate([out, *D.gradient(out, None, [x])], [x], [at]), [at if taken else 0.0, float(taken)]
        )


@pytest.mark.parametrize("condition", [-2.0, 1.0, 0.5, nan])
@pytest.mark.parametrize("mode", MODES)
def test_any_condition_but_zero_is_true(condition, mode):
    """And what is not taken may be infinite in value and slope."""
    graph = Graph()
    x = graph.input("x", (2,))
    sqrt = FUNCTIONS["sqrt"].build(x)
    which = graph.constant([condition, 0.0])
    out = FUNCTIONS["where"].build(which, x * x, sqrt)
    other = FUNCTIONS["where"].build(FUNCTIONS["logical_not"].build(which), sqrt, 3.0 * x)
    found = evaluate([out, D.jacobian(out, x, mode), D.jacobian(other, x, mode)], [x], [[0.0, 4.0]])
    assert_array_equal(found[0], [0.0, 2.0])
    assert_array_equal(found[1], [[0.0, 0.0], [0.0, 0.25]])
    assert_array_equal(found[2], [[3.0, 0.0], [0.0, 0.25]])


# ---- reductions along some axes ------------------------------------------------------------------------------

ALONG: list[tuple[str, tuple[Any, ...]]] = [
    ("sum", ()), ("mean", ()), ("var", ()), ("std", ()), ("prod", ()), ("max", ()), ("min", ()), ("norm", ()), ("norm", (1.0,)),
    ("norm", (3.0,)), ("norm", (inf,)), ("norm", (-inf,)), ("logsumexp", ()), ("median", ()), ("ptp", ()), ("nansum", ()),
    ("nanmean", ()), ("all", ()), ("any", ()), ("count_nonzero", ()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), ALONG, ids=str)
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (2, 1), None])
def test_along_axes_is_slice_by_slice(name, args, axis):
    """Value and first two derivatives along axes are those of each slice, in its place; keepdims leaves the axes in."""
    given = np.random.default_rng(5).uniform(-2.0, 2.0, (2, 3, 2))
    axes = tuple(range(3)) if axis is None else tuple(np.atleast_1d(axis) % 3)
    if name in ("norm", "median", "ptp") and len(axes) > 1 and not (name == "norm" and axis is None):
        pytest.skip("a matrix norm, or one axis at a time")
    if name == "norm" and axis is None:
        pytest.skip("of all elements there is another norm")
    rest = tuple(a for a in range(3) if a not in axes)
    graph = Graph()
    x = graph.input("x", given.shape)
    out = FUNCTIONS[name].build(x, *args, axis=axis)
    kept = FUNCTIONS[name].build(x, *args, axis=axis, keepdims=True)
    assert kept.shape == tuple(1 if a in axes else size for a, size in enumerate(given.shape))
    weight = graph.constant(np.linspace(0.5, 1.5, max(out.size, 1)).reshape(out.shape))
    slope = D.vjp(out * out, weight, [x])[0]
    curve = D.vjp(slope * slope, slope.graph.constant(np.ones(given.shape)), [x])[0]
    value, same, first, second = evaluate([out, kept, slope, curve], [x], [given])
    assert_array_equal(value, np.reshape(same, out.shape))
    moved = given.transpose(*rest, *axes).reshape(*(given.shape[a] for a in rest), -1)
    weights = np.linspace(0.5, 1.5, max(out.size, 1)).reshape(out.shape)
    back = [np.moveaxis(each.transpose(*rest, *axes).reshape(moved.shape), -1, -1) for each in (first, second)]
    for place in np.ndindex(out.shape):
        y = Graph().input("y", moved[place].shape)
        alone = FUNCTIONS[name].build(y, *args)
        along = D.vjp(alone * alone, y.graph.constant(weights[place]), [y])[0]
        twice = D.vjp(along * along, y.graph.constant(np.ones(y.shape)), [y])[0]
        wanted = evaluate([alone, along, twice], [y], [moved[place]])
        for got, want in zip((value[place], back[0][place], back[1][place]), wanted, strict=True):
            assert_allclose(got, want, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("size", [1.0, 1e-170, 1e170, 2e-310])
def test_direction_of_vectors_of_any_size(size):
    """The slope of a norm, row by row: 0 where a row is 0, whatever the size of the others."""
    graph = Graph()
    x = graph.input("x", (4, 2))
    out = FUNCTIONS["norm"].build(x, axis=1)
    slope = D.vjp(out, graph.constant(np.array([1.0, 2.0, 1.0, 1.0])), [x])[0]
    at = size * np.array([[3.0, -4.0], [0.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    value, found = evaluate([out, slope], [x], [at])
    assert_allclose(value, size * np.array([5.0, 0.0, 1.0, 1.0]), rtol=1e-14)
    assert_allclose(found, [[0.6, -0.8], [0.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], rtol=1e-14)


# ---- numbers that reductions tell apart ------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "x", "value"), [
    ("count_nonzero", [0.0, -0.0, 1.0, -1.0, 2.0, nan], 4),
    ("all", [1.0, -1.0, 0.5], 1),
    ("all", [1.0, 0.0, -1.0], 0),
    ("all", [-0.0], 0),
    ("any", [0.0, -0.0], 0),
    ("any", [0.0, 1.0], 1),
    ("any", [-1.0, 0.0], 1),
    ("any", [1.0, 2.0, -3.0], 1),
])  # fmt: skip
def test_truth_is_not_being_zero(name, x, value):
    node = Graph().input("x", np.shape(x))
    assert evaluate(FUNCTIONS[name].build(node), [node], [x]) == value


@pytest.mark.parametrize("name", ["var", "std"])
def test_a_variance_needs_more_elements_than_it_takes_off(name):
    x = Graph().input("x", (3,))
    value = evaluate(FUNCTIONS[name].build(x, ddof=2.0), [x], [[1.0, 2.0, 6.0]])
    assert value == pytest.approx(14.0 if name == "var" else math.sqrt(14.0), rel=1e-15)
    with pytest.raises(DataError):
        FUNCTIONS[name].build(x, ddof=3.0)


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 11, 15])
@pytest.mark.parametrize("zero", [False, True])
def test_products_of_any_number(count, zero):
    x = Graph().input("x", (count,))
    at = np.linspace(0.7, 1.9, count)
    at[count // 2] = 0.0 if zero else at[count // 2]
    out = FUNCTIONS["prod"].build(x)
    found = evaluate([out, *D.gradient(out, None, [x])], [x], [at])
    assert found[0] == pytest.approx(math.prod(at), rel=1e-14)
    assert_allclose(found[1], [math.prod(np.delete(at, i)) for i in range(count)], rtol=1e-14)


@pytest.mark.parametrize("axis", [1, (0, 2), (1, 2)])
@pytest.mark.parametrize("name", ["max", "min", "norm", "logsumexp", "prod", "var"])
def test_complex_steps_along_axes(name, axis):
    """The kernels that take complex numbers choose by their real parts."""
    if name == "norm" and isinstance(axis, tuple):
        pytest.skip("a matrix norm")
    random = np.random.default_rng(8)
    at, move = random.uniform(-2.0, 2.0, (2, 3, 4)), random.uniform(-1.0, 1.0, (2, 3, 4))
    x = Graph().input("x", at.shape)
    out = FUNCTIONS[name].build(x, axis=axis)
    along = evaluate(D.jvp(out, [x], [x.graph.constant(move)]), [x], [at])
    assert_allclose(np.imag(evaluate(out, [x], [at + 1e-100j * move])) / 1e-100, along, rtol=1e-12)


def test_one_large_row_does_not_cost_the_others_their_digits():
    x = Graph().input("x", (3, 2))
    at = np.array([[3e200, 4e200], [3.0, 4.0], [3e-200, 4e-200]])
    assert_allclose(evaluate(FUNCTIONS["norm"].build(x, axis=1), [x], [at]), [5e200, 5.0, 5e-200], rtol=1e-15)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_running_sums(axis):
    at = np.arange(6.0).reshape(2, 3) ** 2
    x = Graph().input("x", (2, 3))
    out = FUNCTIONS["cumsum"].build(x, axis)
    weight = np.linspace(0.5, 1.5, 6).reshape(out.shape)
    value, slope = evaluate([out, D.vjp(out, out.graph.constant(weight), [x])[0]], [x], [at])
    assert_array_equal(value, np.cumsum(at, axis))
    along = 0 if axis is None else axis
    assert_allclose(slope, np.flip(np.cumsum(np.flip(weight, along), along), along).reshape(2, 3), rtol=1e-15)


@pytest.mark.parametrize("axis", [0, 1])
def test_shares_of_rows_with_infinities(axis):
    """Infinite elements share all of their row among them; where all are -inf nothing is shared; other rows go on."""
    rows = np.array([[inf, 1.0, inf], [0.0, 0.0, math.log(2.0)], [-inf, -inf, -inf], [1000.0, -inf, 1000.0]])
    at = rows if axis == 1 else rows.T
    x = Graph().input("x", at.shape)
    shares = FUNCTIONS["softmax"].build(x, axis)
    slope = D.vjp(FUNCTIONS["logsumexp"].build(x, axis), x.graph.constant(np.ones(4)), [x])[0]
    wanted = np.array([[0.5, 0, 0.5], [0.25, 0.25, 0.5], [0, 0, 0], [0.5, 0, 0.5]])
    with np.errstate(all="ignore"):
        for found in evaluate([shares, slope], [x], [at]):
            assert_allclose(found, wanted if axis == 1 else wanted.T, rtol=1e-15)


@pytest.mark.parametrize("axis", [0, 1])
def test_logarithms_of_shares_of_rows_with_infinities(axis):
    """Each row by itself: infinite elements share it, and others have what is left; finite rows go on."""
    rows = np.array([[inf, 1.0, inf], [0.0, 0.0, math.log(2.0)], [nan, inf, 0.0], [1000.0, -inf, 1000.0]])
    at = rows if axis == 1 else rows.T
    x = Graph().input("x", at.shape)
    half, quarter = math.log(0.5), math.log(0.25)
    wanted = np.array([[half, -inf, half], [quarter, quarter, half], [nan, nan, nan], [half, -inf, half]])
    with np.errstate(all="ignore"):
        found = evaluate(FUNCTIONS["log_softmax"].build(x, axis), [x], [at])
    assert_allclose(found, wanted if axis == 1 else wanted.T, rtol=1e-15)


@pytest.mark.parametrize("x", [[1.0, 1.0, 0.0], [2.0, 2.0, 2.0], [0.3, -1.0, 2.0], [30.0, 0.0, 30.0], [5.0]], ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_the_jacobian_of_logarithms_of_shares(x, mode):
    """1 less the shares in each row, where two are the largest too."""
    at = np.array(x)
    node = Graph().input("x", at.shape)
    shares = np.exp(at - at.max()) / np.exp(at - at.max()).sum()
    found = evaluate(D.jacobian(FUNCTIONS["log_softmax"].build(node), node, mode), [node], [at])
    assert_allclose(found, np.eye(len(x)) - shares, rtol=1e-14, atol=1e-16)


def test_the_softmax_of_a_number_is_one():
    x = Graph().input("x", ())
    out = FUNCTIONS["softmax"].build(x)
    assert_array_equal(evaluate([out, *D.gradient(out, None, [x])], [x], [3.0]), [1.0, 0.0])


def test_the_log_softmax_of_a_matrix_in_sympy():
    """Row by row, and not of all elements at once."""
    found = gradcli.check("sum(log_softmax(x, 1)[:, 0])", {"x": [[0.1, 0.5, -2.0], [1.0, 2.0, 3.0]]})
    assert all(row.agrees for row in found.check.rows)
    assert found.check.verdict == "pass"


@pytest.mark.parametrize("mode", MODES)
def test_logarithms_of_determinants_of_either_sign(mode):
    """A negative determinant has no logarithm, and that of its size has the same slope."""
    at = np.array([[[2.0, 1.0], [0.5, 3.0]], [[1.0, 3.0], [2.0, 1.0]]])
    x = Graph().input("x", at.shape)
    log, (sign, size) = FUNCTIONS["logdet"].build(x), FUNCTIONS["slogdet"].build(x)
    value, signs, sizes, slope = evaluate([log, sign, size, D.jacobian(size, x, mode)], [x], [at])
    assert_allclose(value, [math.log(5.5), nan], rtol=1e-15)
    assert_array_equal(signs, [1.0, -1.0])
    assert_allclose(sizes, np.log([5.5, 5.0]), rtol=1e-15)
    inverses = np.linalg.inv(at).swapaxes(-1, -2)
    assert_allclose(
        slope,
        np.stack([np.stack([inverses[0], 0 * inverses[0]]), np.stack([0 * inverses[1], inverses[1]])]),
        rtol=1e-14,
    )


@pytest.mark.parametrize("lead", [(), (2,)])
def test_the_determinant_of_nothing_is_one(lead):
    x = Graph().input("x", (*lead, 0, 0))
    assert_array_equal(evaluate(FUNCTIONS["det"].build(x), [x], [np.zeros(x.shape)]), np.ones(lead))


@pytest.mark.parametrize(("left", "right"), [((3,), (2,)), ((2,), (3,)), ((4, 2), (4, 3)), ((4, 3), (4, 2))])
def test_inner_products_need_axes_of_one_length(left, right):
    graph = Graph()
    with pytest.raises(DataError):
        FUNCTIONS["inner"].build(graph.input("x", left), graph.input("y", right))
