import re

import numpy as np
import pytest
from handmade import PIPE, TERMINAL, array, made, shown, values
from hypothesis import given

from gradcli.report.numbers import number
from gradcli.report.page import Page
from gradcli.report.plain import formatted
from gradcli.results import Output


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (array(28), "28"),
        (None, "None"),
        ((), "()"),
        (array([0, 4, 8, 12]), "[0, 4, 8, 12]"),
        (array([0.5, -1]), "[0.5, -1]"),
        (array([]), "[]"),
        (array(np.zeros((2, 0))), "[] (of shape (2, 0))"),
        (array([[1, 2.5], [-30, 4]]), "[[  1, 2.5],\n [-30,   4]]"),
        (array([[[1, 2]], [[3, 4]]]), "[[[1, 2]],\n\n [[3, 4]]]"),
        ((array(3), None), "(3, None)"),
        ((array(3),), "(3,)"),
        ((array(3), (array([1, 2]), ())), "(3, ([1, 2], ()))"),
        ((array(3), array([[1], [2]])), "(3, [[1],\n     [2]])"),
    ],
)
def test_values_as_a_notebook_prints_them(value, text):
    assert formatted(value, PIPE) == text


def test_digits():
    assert formatted(array([1, 0.5]), PIPE, 3) == "[1.00, 0.500]"


def test_a_large_array_is_shortened_on_a_terminal_only():
    vector = np.arange(2000.0)
    assert formatted(vector, TERMINAL) == "[0, 1, 2, …, 1997, 1998, 1999]"
    assert formatted(vector, Page(encoding="ascii", terminal=True)) == "[0, 1, 2, ..., 1997, 1998, 1999]"
    assert formatted(vector, PIPE) == f"[{', '.join(map(str, range(2000)))}]"
    assert formatted(vector.reshape(500, 4), TERMINAL).splitlines() == [
        "[[   0,    1,    2,    3],",
        " [   4,    5,    6,    7],",
        " [   8,    9,   10,   11],",
        " …,",
        " [1988, 1989, 1990, 1991],",
        " [1992, 1993, 1994, 1995],",
        " [1996, 1997, 1998, 1999]]",
    ]


def test_an_array_of_many_short_axes_is_shortened_too():
    assert len(formatted(np.zeros((2,) * 20), TERMINAL)) < 20_000


def test_what_a_program_printed():
    outputs = (Output(1, array([1, 2])), Output(2, None), Output(3, None, "loss: 3\n\x1b[2J"))
    assert shown(made("Run", outputs=outputs)) == "[1, 2]\nNone\nloss: 3\n\\x1b[2J\n"
    assert shown(made("Run", outputs=())) == ""


@given(values())
def test_every_element_is_there_in_order(array):
    words = re.findall(r"[^\s\[\],]+", formatted(array, PIPE, 17).partition(" (of")[0])
    assert words == [number(value, 17) for value in array.ravel()]
