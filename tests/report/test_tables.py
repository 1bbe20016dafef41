import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from handmade import TERMINAL, array, hostile, made, random_results, shown, text
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.report.numbers import number
from gradcli.report.page import Page
from gradcli.results import GradResult, Note

HEADLINE = made(
    "Grad", "2 * dot(x, x)", variables={"x": [0, 1, 2, 3]}, mode="reverse", value=28, gradient={"x": [0, 4, 8, 12]}
)
QUARTERS = np.arange(100 * 100.0).reshape(100, 100) / 4


def test_a_gradient():
    assert shown(HEADLINE) == text("""
        2 * dot(x, x)
        = 28  (reverse mode)

                 value   derivative
          ─────────────────────────
          x[0]       0            0
          x[1]       1            4
          x[2]       2            8
          x[3]       3           12
    """)


def test_in_so_many_digits():
    assert shown(HEADLINE, digits=3).splitlines()[1:] == [
        "= 28.0  (reverse mode)",
        "",
        "         value   derivative",
        "  ─────────────────────────",
        "  x[0]    0.00         0.00",
        "  x[1]    1.00         4.00",
        "  x[2]    2.00         8.00",
        "  x[3]    3.00        12.0",
    ]


def test_scalars_share_a_table_and_their_points_stand_under_one_another():
    result = made(
        "Grad", "a * x + b", variables={"a": 0.5, "x": -20, "b": np.pi}, value=-0.0, gradient={"a": -20, "x": 1e-300, "b": np.nan}
    )  # fmt: skip
    assert shown(result) == text("""
        a * x + b
        = -0

                      value   derivative
          ──────────────────────────────
          a     0.5             -20
          x   -20                 1e-300
          b     3.141592654     nan
    """)


def test_a_matrix_is_a_grid_and_vectors_beside_it_are_listed():
    result = made(
        "Grad", "sum(W @ x)", variables={"W": [[1, 2], [3, 4]], "x": [5, 6]}, value=56, mode="forward",
        gradient={"W": [[5, 6], [5, 6]], "x": [4, 6]},
    )  # fmt: skip
    assert shown(result) == text("""
        sum(W @ x)
        = 56  (forward mode)

          gradient: W
                   [:, 0]   [:, 1]
          ────────────────────────
          [0, :]        5        6
          [1, :]        5        6

                 value   derivative
          ─────────────────────────
          x[0]       5            4
          x[1]       6            6
    """)


def test_higher_ranks_are_slices():
    cube = np.arange(8.0).reshape(2, 2, 2)
    result = made("Grad", "sum(T^2)", variables={"T": cube}, value=140, gradient={"T": 2 * cube}, order=3)
    assert shown(result) == text("""
        sum(T^2)
        = 140

          3rd derivative: T[0, :, :]
                   [:, 0]   [:, 1]
          ────────────────────────
          [0, :]        0        2
          [1, :]        4        6

          3rd derivative: T[1, :, :]
                   [:, 0]   [:, 1]
          ────────────────────────
          [0, :]        8       10
          [1, :]       12       14
    """)


@pytest.mark.parametrize(
    ("order", "head"), [(1, "derivative"), (2, "2nd derivative"), (11, "11th derivative"), (21, "21st derivative")]
)
def test_the_order_is_said(order, head):
    assert (
        shown(made("Grad", gradient={"x": 1}, variables={"x": 2}, value=1, order=order))
        .splitlines()[3]
        .split("  ")[-1]
        .strip()
        == head
    )


def test_weights_are_said():
    result = made(
        "Grad",
        "x * x",
        value=[1, 4],
        variables={"x": [1, 2]},
        gradient={"x": [6, 8]},
        mode="reverse",
        grad_outputs=[3, 2],
    )
    assert shown(result).splitlines()[1] == "= [1, 4]  (reverse mode, weighted with [3, 2])"
    result = made(
        "Grad", "x * x", value=np.ones((2, 2)), variables={"x": 1}, gradient={"x": 1}, grad_outputs=np.ones((2, 2))
    )
    assert "weighted with an array of shape (2, 2)" in shown(result)


def test_a_jacobian():
    result = made(
        "Jacobian", "[x[0]^3, x[0] + x[1]]", variables={"x": [1, 2]}, mode="forward", value=[1, 3], jacobian={"x": [[3, 0], [1, 1]]}
    )  # fmt: skip
    assert shown(result) == text("""
        [x[0]^3, x[0] + x[1]]
        = [1, 3]  (forward mode)

          Jacobian: y by x
                 x[0]   x[1]
          ──────────────────
          y[0]      3      0
          y[1]      1      1
    """)


def test_a_jacobian_for_several_variables_is_one_grid():
    result = made(
        "Jacobian", "[y * x[0], y + x[1]]", variables={"x": [1, 2], "y": 5}, value=[5, 7], jacobian={"x": [[5, 0], [0, 1]], "y": [1, 1]}
    )  # fmt: skip
    assert shown(result).splitlines()[3:] == [
        "  Jacobian: f",
        "         x[0]   x[1]   y",
        "  ──────────────────────",
        "  f[0]      5      0   1",
        "  f[1]      0      1   1",
    ]


def test_a_jacobian_of_a_scalar_is_a_gradient():
    result = made("Jacobian", "sum(x)", variables={"x": [7, 8]}, value=15, jacobian={"x": [1, 1]})
    assert shown(result).splitlines()[3:] == ["         value   derivative", "  ─────────────────────────", "  x[0]       7            1", "  x[1]       8            1"]  # fmt: skip


def test_a_jacobian_of_matrices_is_a_grid_for_every_element():
    identity = np.eye(4).reshape(2, 2, 2, 2)
    lines = shown(
        made("Jacobian", "A", variables={"A": np.ones((2, 2))}, value=np.ones((2, 2)), jacobian={"A": identity})
    ).splitlines()
    assert [line.strip() for line in lines if "Jacobian" in line] == [
        "Jacobian: y[0, 0] by A", "Jacobian: y[0, 1] by A", "Jacobian: y[1, 0] by A", "Jacobian: y[1, 1] by A",
    ]  # fmt: skip


def test_a_jacobian_of_a_matrix_for_a_vector_and_for_a_scalar():
    variables, value = {"x": [1, 2, 3], "a": 0}, np.ones((2, 2))
    jacobian = {"x": np.arange(12.0).reshape(2, 2, 3), "a": np.arange(4.0).reshape(2, 2)}
    lines = shown(made("Jacobian", "f(x)", variables=variables, value=value, jacobian=jacobian)).splitlines()
    assert lines[lines.index("  Jacobian: y[1, :] by x") :] == [
        "  Jacobian: y[1, :] by x",
        "            x[0]   x[1]   x[2]",
        "  ────────────────────────────",
        "  y[1, 0]      6      7      8",
        "  y[1, 1]      9     10     11",
        "",
        "  Jacobian: y by a",
        "           [:, 0]   [:, 1]",
        "  ────────────────────────",
        "  [0, :]        0        1",
        "  [1, :]        2        3",
    ]


def test_a_hessian_of_scalars_and_vectors_is_one_grid():
    hessian = {"x": {"x": [[1, 2], [3, 4]], "a": [5, 6]}, "a": {"x": [5, 6], "a": 7}}
    result = made(
        "Hessian", "g", variables={"x": [1, 2], "a": 3}, value=0, gradient={"x": [8, 9], "a": 10}, hessian=hessian
    )
    assert shown(result).splitlines()[3:] == [
        "         value   gradient",
        "  ───────────────────────",
        "  x[0]       1          8",
        "  x[1]       2          9",
        "  a          3         10",
        "",
        "  Hessian",
        "         x[0]   x[1]   a",
        "  ──────────────────────",
        "  x[0]      1      2   5",
        "  x[1]      3      4   6",
        "  a         5      6   7",
    ]


def test_a_hessian_with_a_matrix_has_a_block_for_every_pair():
    A, x = np.ones((1, 2)), np.ones(2)
    hessian = {
        "A": {"A": np.ones((1, 2, 1, 2)), "x": np.ones((1, 2, 2))},
        "x": {"A": np.ones((2, 1, 2)), "x": 5 * np.eye(2)},
    }
    lines = shown(
        made("Hessian", variables={"A": A, "x": x}, value=0, gradient={"A": A, "x": x}, hessian=hessian)
    ).splitlines()
    assert [line[11:] for line in lines if "Hessian: " in line] == [
        "A[0, 0] by A", "A[0, 1] by A", "A[0, :] by x", "x[0] by A", "x[1] by A", "x by x",
    ]  # fmt: skip
    assert lines[-4:] == [
        "         x[0]   x[1]",
        "  ──────────────────",
        "  x[0]      5      0",
        "  x[1]      0      5",
    ]


def test_products():
    result = made("Hvp", variables={"x": [1, 2]}, value=3, gradient={"x": [4, 5]}, hvp={"x": [6, 7]})
    assert shown(result).splitlines()[3:] == [
        "         value   gradient   product",
        "  ─────────────────────────────────",
        "  x[0]       1          4         6",
        "  x[1]       2          5         7",
    ]
    result = made("Jvp", variables={"x": 1}, value=[1, 2], tangent=[3, 4])
    assert shown(result).splitlines()[3:] == ["         value   tangent", "  ──────────────────────", "  y[0]       1         3", "  y[1]       2         4"]  # fmt: skip


def test_values():
    assert shown(made("Eval", "1 + 2", value=3)) == "1 + 2\n= 3\n"
    assert shown(made("Eval", "(1, [2, 3])", value=(array(1), array([2, 3])))) == "(1, [2, 3])\n= (1, [2, 3])\n"
    assert shown(made("Eval", "y = [[1]]\ny", value=[[1, 2.5], [3, 4]])) == text("""
        y = [[1]]
        y
        = f, of shape (2, 2)

                   [:, 0]   [:, 1]
          ────────────────────────
          [0, :]        1      2.5
          [1, :]        3      4
    """)
    assert (
        shown(made("Eval", "(1, A)", value=(array(1), array([[1], [2]]))))
        == "(1, A)\n= 2 outputs\n\n(1, [[1],\n     [2]])\n"
    )
    assert (
        shown(made("Eval", "[]", value=np.zeros((0, 2))))
        == "[]\n= y, of shape (0, 2)\n\n  y has no elements: its shape is (0, 2)\n"
    )


# ---- what is too large ---------------------------------------------------------------------------------


def vector(count):
    return made("Grad", "sum(x)", variables={"x": np.ones(count)}, value=count, gradient={"x": np.arange(count)})


def test_a_long_vector_is_shortened_on_a_terminal_with_a_count():
    lines = shown(vector(10_000), TERMINAL).splitlines()
    assert len(lines) == 5 + 10 + 1 + 10
    assert lines[14:17] == ["  x[9]          1            9", "  … 9,980 more …", "  x[9990]       1         9990"]
    assert "\n  ... 9,980 more ...\n" in shown(vector(10_000), Page(encoding="ascii", terminal=True))


def test_a_long_vector_is_whole_elsewhere():
    lines = shown(vector(50_000)).splitlines()
    assert [line.split() for line in lines[5:]] == [[f"x[{i}]", "1", str(i)] for i in range(50_000)]


def test_a_wide_matrix_loses_its_middle_columns_on_a_terminal():
    result = made("Grad", "sum(M)", variables={"M": QUARTERS}, value=1, gradient={"M": QUARTERS})
    lines = shown(result, TERMINAL).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[4].replace(", ", ",").split() == [
        "[:,0]",
        "[:,1]",
        "[:,2]",
        "…",
        "95",
        "more",
        "…",
        "[:,98]",
        "[:,99]",
    ]
    assert "  … 80 more …" in lines
    assert lines[-1].split()[2:] == ["2475", "2475.25", "2475.5", "…", "2499.5", "2499.75"]


def test_a_wide_matrix_is_listed_elsewhere():
    result = made("Eval", "M", value=QUARTERS)
    lines = shown(result).splitlines()
    assert "…" not in "".join(lines) and len(lines) == 5 + 10_000
    assert lines[-1] == "  y[99, 99]   2499.75"


def test_a_grid_gives_up_digits_before_columns():
    thirds = np.full((1, 6), 1 / 3)
    assert (
        shown(made("Eval", "M", value=thirds)).splitlines()[-1]
        == "  [0, :]   0.333333   0.333333   0.333333   0.333333   0.333333   0.333333"
    )
    assert "0.33333333333333331" in shown(made("Eval", "M", value=thirds), digits=17)


def test_many_slices_are_shortened_on_a_terminal():
    result = made("Eval", "T", value=np.zeros((50, 2, 2)))
    titles = [line.strip() for line in shown(result, TERMINAL).splitlines() if "y[" in line or "slices" in line]
    assert titles == ["y[0, :, :]", "y[1, :, :]", "… 46 more slices …", "y[48, :, :]", "y[49, :, :]"]
    assert sum("y[" in line for line in shown(result).splitlines()) == 50


def test_a_long_expression_is_shortened_on_a_terminal():
    result = made("Eval", "x" + " + x" * 5000 + "\n" + "y\n" * 100, value=1)
    assert len(shown(result, TERMINAL)) < 1300 and "… 82 more lines …" in shown(result, TERMINAL)
    assert shown(result).startswith(result.reading)


# ---- notes ---------------------------------------------------------------------------------------------


def test_notes_stand_below_with_their_place():
    notes = (Note("kink", "abs is used at its kink", (4, 11)), Note("unused", "the output does not use y"))
    result = made(
        "Grad", "2 * abs(x )", expression="2 * abs(x )", variables={"x": 0}, value=0, gradient={"x": 0}, notes=notes
    )
    assert shown(result).splitlines()[6:] == [
        "",
        "kink: abs is used at its kink",
        "      in abs(x )",
        "unused: the output does not use y",
    ]


def test_a_note_that_says_its_place_is_not_followed_by_it():
    note = Note("kink", "abs(x): abs has a kink here", (0, 6))
    assert shown(made("Eval", "abs(x)", value=0, notes=(note,))).splitlines()[3:] == [
        "kink: abs(x): abs has a kink here"
    ]


def test_a_long_note_is_wrapped_on_a_terminal():
    result = made("Eval", "x", value=0, notes=(Note("nonfinite", "many words " * 12),))
    assert len(shown(result).splitlines()) == 4
    lines = shown(result, TERMINAL).splitlines()[3:]
    assert len(lines) == 2 and all(len(line) <= 80 for line in lines) and lines[1].startswith(" " * 11 + "many")


def test_the_place_of_a_note_is_short_on_a_terminal():
    source = "x +" * 100
    result = made("Eval", source, value=0, notes=(Note("nonfinite", "not finite", (0, 300)),))
    assert f"in {source}" in shown(result)
    assert len(shown(result, TERMINAL).splitlines()[-1]) < 80


# ---- where it is written -------------------------------------------------------------------------------


def test_colour_only_where_there_is_some():
    coloured = shown(HEADLINE, Page(color=True))
    assert "\x1b[36mx[0]\x1b[0m" in coloured and "\x1b[1m28\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shown(HEADLINE)


def test_what_looks_like_markup_is_shown():
    for reading in ("a[i] + [/x]", "[bold]x[/bold]", ":smile:"):
        assert shown(made("Eval", reading, value=1)) == f"{reading}\n= 1\n"


def test_another_encoding_than_utf8():
    result = made("Eval", "θ + é", value=[[1, 2]], notes=(Note("kink", "…", None),))
    in_latin1 = shown(result, Page(encoding="latin-1"))
    assert in_latin1.startswith("\\u03b8 + é\n") and "  ----" in in_latin1
    assert shown(result, Page(encoding="ascii")).startswith("\\u03b8 + \\xe9\n")


def test_rich_numpy_and_sympy_are_not_needed():
    script = "import sys, gradcli.report.table, gradcli.report.reference; print({'rich', 'numpy', 'dataclasses'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "set()\n"


# ---- laws ----------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(random_results(), st.integers(10, 200))
def test_nothing_is_cut_off_a_terminal(pair, width):
    result, arrays = pair
    words = Counter(re.findall(r"[^\s\[\],()]+", shown(result, Page(width=width), digits=17)))
    expected = Counter(number(value, 17) for array in arrays for value in array.ravel())
    assert not expected - words


pages = st.builds(
    Page,
    width=st.integers(1, 120),
    encoding=st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252", "gb18030"]),
    color=st.booleans(),
    terminal=st.booleans(),
)


@settings(max_examples=100)
@given(random_results(name=hostile, source=hostile), pages, st.none() | st.integers(1, 17))
def test_whatever_the_names_only_what_can_be_seen_is_written(pair, page, digits):
    written = shown(pair[0], page, digits)
    if page.color:
        written = re.sub(r"\x1b\[[\d;]*m", "", written)
    assert all(character.isprintable() or character == "\n" for character in written)
    written.encode(page.encoding)


@settings(max_examples=40)
@given(st.integers(0, 200), st.integers(1, 60), st.integers(45, 120))
def test_a_terminal_s_width_is_kept(rows, across, width):
    """Grids of small whole numbers: their labels and two columns always have room."""
    values = np.arange(rows * across, dtype=float).reshape(rows, across) % 1000
    result = GradResult(expression="M", reading="M", variables={}, value=array(0), gradient={"M": values})
    lines = shown(result, Page(width=width, terminal=True)).splitlines()
    assert all(len(line) <= width for line in lines if "elements" not in line)
    assert len(lines) <= 50
