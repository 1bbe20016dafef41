"""The reference: every function has an example that gives what it says, and a domain that its values agree with."""

from __future__ import annotations

import re

import numpy as np
import pytest

import gradcli
from gradcli.api import functions
from gradcli.describing import derivatives, domain, entry

FUNCTIONS = functions()
BY_NAME = {each.name: each for each in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_function_has_an_example(function):
    told = entry(function).example
    assert told is not None
    assert function.name in told or any(alias in told for alias in function.aliases)
    assert len(told) < 400


def test_examples_to_the_letter():
    assert entry(BY_NAME["tanh"]).example == "tanh(x) at x = 0.5 is 0.4621171573; its derivative there is 0.786447733"
    told = entry(BY_NAME["hypot"]).example
    assert told is not None
    assert "its derivatives there are 0.8320502943 for x, 0.5547001962 for y" in told


@pytest.mark.parametrize(
    ("name", "text"),
    [("exp", "all numbers"), ("log", "x > 0"), ("sqrt", "x ≥ 0"), ("log1p", "x > -1"), ("acosh", "x ≥ 1"),
     ("asin", "-1 ≤ x ≤ 1"), ("atanh", "-1 < x < 1"), ("logit", "0 < x < 1"), ("reciprocal", None), ("det", None), ("hypot", None)],
)  # fmt: skip
def test_domains(name, text):
    assert domain(BY_NAME[name]) == text


@pytest.mark.parametrize("function", [each for each in FUNCTIONS if domain(each)], ids=lambda function: function.name)
def test_a_domain_is_where_there_are_values(function):
    text = domain(function)
    assert text is not None
    points = np.random.default_rng(1).uniform(-3.0, 3.0, 60)
    conditions = {"≥": np.greater_equal, ">": np.greater, "≤": np.less_equal, "<": np.less}
    inside = np.full(points.shape, True)
    if between := re.fullmatch(r"(\S+) (\S) x (\S) (\S+)", text):
        low, below, above, high = between.groups()
        inside = conditions[below](float(low), points) & conditions[above](points, float(high))
    elif bound := re.fullmatch(r"x (\S) (\S+)", text):
        inside = conditions[bound[1]](points, float(bound[2]))
    values = [float(gradcli.eval(f"{function.name}(x)", {"x": x}).value) for x in points]
    np.testing.assert_array_equal(np.isfinite(values), inside)


def test_the_derivatives_of_the_language():
    told = {each.name: each.example for each in derivatives()}
    assert told["grad"] == "grad(x**3, x) at x = 2 is 12; its derivative there is 12"
    assert told["hessian"] == "hessian(x[0]**2*x[1], x) at x = [2, 3] is [[6, 4], [4, 0]]"
    assert told["hvp"] == "hvp(x[0]**2*x[1], x, [1, 0]) at x = [2, 3] is [6, 4]"
    assert set(told) == {"grad", "jacobian", "hessian", "jvp", "vjp", "hvp"}
