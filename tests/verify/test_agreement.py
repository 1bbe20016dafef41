"""When numbers agree, and to how many digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli import Expression
from gradcli.engine.node import Graph
from gradcli.engine.operations.elementary import cos, exp
from gradcli.verify.agreement import agree, agree_as_peers, digits, slack
from gradcli.verify.elements import ALL, SAMPLE, Elements
from gradcli.verify.rounding import rounding

finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200).filter(
    lambda v: abs(v) > 1e-200
)


def arrays(*numbers):
    return [np.array([number], dtype=float) for number in numbers]


@given(finite, st.sampled_from([1 + 1e-6, 1 - 1e-6, 2.0, 0.5, -1.0, 1.01]))
def test_a_factor_never_agrees(value, factor):
    unmoved = slack(np.abs(np.array([value])) * 2.0**-52)
    assert not agree(*arrays(value * factor, value), unmoved, *arrays(abs(value), 1.0))[0]


@given(finite)
def test_a_number_agrees_with_itself_and_its_neighbours(value):
    for near in (value, np.nextafter(value, np.inf), value * (1 + 1e-10)):
        assert agree(*arrays(near, value, 0.0, abs(value), 1.0))[0]


@pytest.mark.parametrize(
    ("answer", "truth", "agrees"),
    [
        (np.nan, np.nan, True),
        (np.inf, np.inf, True),
        (np.inf, -np.inf, False),
        (np.nan, 1.0, False),
        (1.0, np.inf, False),
    ],
)
def test_what_is_not_finite(answer, truth, agrees):
    assert agree(*arrays(answer, truth, 1.0, 1.0, 1.0))[0] == agrees


def test_rounding_explains_some_digits_but_no_factor():
    assert agree(*arrays(1.0001, 1.0, 1e-2, 1.0, 1.0))[0]
    assert not agree(*arrays(1.01, 1.0, 1.0, 1.0, 1.0))[0]
    assert agree(*arrays(1e-17, 0.0, 1e-16, 0.0, 1.0))[0]
    assert not agree(*arrays(1e7, 0.0, 1e9, 1e7, 1.0))[0]
    assert agree(*arrays(3e-17, 1e-17, 1e-16, 1.0, 1.0))[0]
    assert not agree(*arrays(0.0, 1e-17, 1e-16, 0.0, 1.0))[0]
    assert agree_as_peers(*arrays(0.0, 1e-17, 0.0, 0.0, 1.0))[0]


def test_digits():
    none = np.zeros(1)
    assert digits(arrays(1.0, 1.0, np.nan), none, none + 1)[0] == 16
    assert digits(arrays(1.0, 1.0 + 1e-7), none, none + 1)[0] == pytest.approx(7, abs=0.1)
    assert digits(arrays(1.0, -1.0), none, none + 1)[0] == 0
    assert digits(arrays(0.0, 0.0), none, none + 1)[0] == 16
    assert digits(arrays(np.inf, np.inf), none, none + 1)[0] == 16
    assert digits(arrays(np.inf, 1.0), none, none + 1)[0] == 0
    assert digits(arrays(1e-17, 0.0), none + 1e-15, none + 1)[0] == 16


def test_rounding_shows_cancellation_and_leaves_what_is_exact_alone():
    graph = Graph()
    x = graph.input("x", ())
    at = {x: np.array(1e-8)}
    spoilt, fine, exact = rounding([(1.0 - cos(x)) / (x * x), exp(x), -x], at).spreads
    assert spoilt > 0.1
    assert 0 < fine < 1e-15
    assert exact == 0


@pytest.mark.parametrize(
    ("expression", "decides"), [("x*3 == 0.1*3", True), ("x == 0.1", False), ("floor(x*10)", True), ("floor(x)", False)]
)
def test_whether_rounding_decides(expression, decides):
    asked = Expression(expression)._ask("eval", {"x": 0.1}, ())
    found = rounding([asked.prepared.output], asked.prepared.feeds(asked.arrays, {}))
    assert found.decides == decides


# ---- elements -------------------------------------------------------------------------------------------


def elements(expression, variables, command="check", **extra):
    asked = Expression(expression)._ask(command, variables, (("mode", "auto"), ("order", 1)), extra=extra)
    return Elements(asked.prepared), asked.answer


def test_names_and_positions():
    of, answer = elements("A@x", {"A": np.ones((2, 3)), "x": np.arange(3.0)})
    assert of.total == 12 + 6
    assert [of[i].name for i in (0, 7, 12, 17)] == ["y[0]/A[0, 0]", "y[1]/A[0, 1]", "y[0]/x[0]", "y[1]/x[2]"]
    flat = of.flat(answer.derivatives)
    assert flat[7] == answer.derivatives[0][1, 0, 1]
    assert of[7].output == 1
    assert of[7].directions == ((0, 1),)
    np.testing.assert_array_equal(of.outputs()[[0, 7, 12, 17]], [0, 1, 0, 1])
    assert set(of.orders()) == {1}


def test_the_blocks_of_a_hessian():
    of, answer = elements("x**2*sum(y)", {"x": 3.0, "y": [1.0, 2.0]}, "hessian")
    flat = of.flat(answer.derivatives)
    names = [of[i].name for i in range(of.total)]
    assert names == [
        "x",
        "y[0]",
        "y[1]",
        "x,x",
        "x,y[0]",
        "x,y[1]",
        "y[0],x",
        "y[1],x",
        "y[0],y[0]",
        "y[0],y[1]",
        "y[1],y[0]",
        "y[1],y[1]",
    ]
    assert dict(zip(names, flat.tolist(), strict=True))["x,y[1]"] == 6.0
    np.testing.assert_array_equal(of.scales(flat)[:3], [18.0, 9.0, 9.0])


def test_a_sample_has_what_is_largest_and_what_is_not_finite():
    of, _ = elements("sum(x)", {"x": np.zeros(ALL + 1)})
    values = np.zeros(ALL + 1)
    values[[5, 7, 11]] = [1e9, np.nan, -1e10]
    sample = of.sample(values)
    assert len(sample) == SAMPLE
    assert {0, 5, 7, 11, ALL} <= set(sample)
    assert elements("sum(x)", {"x": np.zeros(ALL)})[0].sample(values[:-1]) == list(range(ALL))
