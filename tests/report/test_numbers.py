import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.report.numbers import Alignment, number, numbers

inf, nan = math.inf, math.nan


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (28.0, "28"), (-0.0, "-0"), (0.0, "0"), (0.1, "0.1"), (0.1 + 0.2, "0.3"), (math.pi, "3.141592654"),
        (1e-300, "1e-300"), (1.5e-7, "1.5e-7"), (1e15, "1000000000000000"), (1e16, "1e16"), (-2.5e300, "-2.5e300"),
        (5e-324, "4.940656458e-324"), (123456789012.0, "123456789012"), (0.0001, "0.0001"), (nan, "nan"), (inf, "inf"), (-inf, "-inf"),
    ],
)  # fmt: skip
def test_a_number_in_as_many_digits_as_it_needs(value, text):
    assert number(value) == text


def test_a_number_in_as_few_digits_as_give_it_back():
    assert number(0.1 + 0.2, most=17) == "0.30000000000000004"
    assert number(0.1, most=17) == "0.1" and number(1e-7, most=17) == "1e-7" and number(nan, most=17) == "nan"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (28.0, 5, "28.000"), (28.0, 2, "28"), (28.0, 1, "3e1"), (0.0, 3, "0.00"), (-0.0, 2, "-0.0"), (1e-300, 3, "1.00e-300"),
        (math.pi, 17, "3.1415926535897931"), (0.1, 17, "0.10000000000000001"), (12345.0, 3, "1.23e4"), (nan, 4, "nan"), (-inf, 4, "-inf"),
    ],
)  # fmt: skip
def test_a_number_in_exactly_so_many_digits(value, digits, text):
    assert number(value, digits) == text


@given(st.floats())
def test_seventeen_digits_read_back(value):
    back = float(number(value, 17))
    assert (math.isnan(value) and math.isnan(back)) or (
        back == value and math.copysign(1, back) == math.copysign(1, value)
    )


@given(st.floats(-1e308, 1e308))
def test_ten_digits_are_right(value):
    assert float(number(value)) == pytest.approx(value, rel=5.1e-10, abs=5e-324)


@given(st.integers(1, 17), st.floats(allow_nan=False, allow_infinity=False).filter(bool))
def test_exactly_that_many_digits_are_written(digits, value):
    mantissa = number(value, digits).partition("e")[0].lstrip("-").replace(".", "").lstrip("0")
    assert len(mantissa) == digits


def aligned(*texts):
    alignment = Alignment()
    ends = alignment.ends(alignment.see(texts), 0)
    return [text.rjust(end).ljust(alignment.width) for text, end in zip(texts, ends, strict=True)]


def test_points_stand_under_one_another():
    assert aligned("28", "3.14", "-0.5", "1e-9", "nan") == [" 28   ", "  3.14", " -0.5 ", "  1e-9", "nan   "]


def test_last_digits_do_where_points_would_need_much_room():
    assert aligned("123456789012", "1.123456789") == ["123456789012", " 1.123456789"]


@given(st.lists(st.floats(), min_size=1))
def test_a_column_has_one_width_and_keeps_its_numbers(values):
    texts = [number(value) for value in values]
    placed = aligned(*texts)
    assert len({*map(len, placed)}) == 1
    assert [text.strip() for text in placed] == texts


@given(
    st.lists(st.floats() | st.integers(-(10**17), 10**17).map(float), min_size=1),
    st.none() | st.integers(1, 17),
    st.integers(1, 17),
)
def test_many_numbers_are_written_as_each_is(values, digits, most):
    assert numbers(values, digits, most) == [number(value, digits, most) for value in values]
