import re
import subprocess
import sys

import pytest
from handmade import hostile, text
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gradcli.errors import DataError, ExpressionError, GradcliError, UsageError
from gradcli.report.errors import render


def drawn(source, *span, **details):
    return render(ExpressionError("no", source=source, span=span or None), **details)


def test_a_place_and_a_hint():
    error = ExpressionError("there is no function sinn", source="2*sinn(x)", span=(2, 6), hint="did you mean sin?")
    assert render(error) + "\n" == text("""
        error: there is no function sinn
          2*sinn(x)
            ^^^^
        hint: did you mean sin?
    """)


def test_two_operands():
    error = DataError(
        "shapes (2,) and (3,) do not broadcast", source="x + y", marks=(((0, 1), "(2,)"), ((4, 5), "(3,)"))
    )
    assert render(error) + "\n" == text("""
        error: shapes (2,) and (3,) do not broadcast
          x + y
          ^   ^ (3,)
          └ (2,)
    """)


def test_three_labels_hang_from_right_to_left():
    marks = (((0, 3), "(1,)"), ((6, 9), "(2,)"), ((12, 15), "(3,)"))
    error = DataError("no", source="aaa + bbb + ccc", marks=marks)
    assert render(error) + "\n" == text("""
        error: no
          aaa + bbb + ccc
          ^^^   ^^^   ^^^ (3,)
          │     └ (2,)
          └ (1,)
    """)
    assert render(error, ascii_only=True).splitlines()[2:] == ["  ^^^   ^^^   ^^^ (3,)", "  |     + (2,)", "  + (1,)"]


def test_marks_that_begin_together():
    error = DataError("no", source="x + y", marks=(((0, 5), "all"), ((0, 1), "left")))
    assert render(error).splitlines()[2:] == ["  ^^^^^ all", "  └ left"]


def test_without_a_source_there_is_only_the_sentence():
    assert render(UsageError("no option --y", hint="--x")) == "error: no option --y\nhint: --x"
    assert render(UsageError("no", span=(0, 3))) == "error: no"


def test_the_end_of_the_source():
    assert drawn("x +", 3, 3).splitlines()[1:] == ["  x +", "     ^"]
    assert drawn("", 0, 0).splitlines()[1:] == ["  ", "  ^"]


def test_a_line_of_several_has_its_number():
    source = "def f(a):\n    b = 2\n    return c\nf(x)\n"
    error = ExpressionError("no value for c", source=source, span=(31, 32))
    error.trail += [((34, 38), "f(x)"), ((0, 3), "g(x)")]
    assert render(error) + "\n" == text("""
        error: no value for c
          3 │     return c
            │            ^
          in f(x), line 4
          in g(x), line 1
    """)
    assert render(error, ascii_only=True).splitlines()[1] == "  3 |     return c"


def test_marks_on_two_lines():
    error = DataError("no", source="a = [1,2]\nb = 3\na + c", marks=(((16, 17), "here"), ((0, 1), "made here")))
    assert render(error).splitlines()[1:] == ["  1 │ a = [1,2]", "    │ ^ made here", "  3 │ a + c", "    │ ^ here"]


def test_one_line_among_empty_ones_has_no_number():
    assert drawn("\n\nx + y\n", 6, 7).splitlines()[1:] == ["  x + y", "      ^"]


def test_a_span_of_several_lines_is_underlined_on_the_first():
    assert drawn("f(x,\n  y)", 2, 9).splitlines()[1:] == ["  1 │ f(x,", "    │   ^^"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind(newline):
    source = f"aa{newline}bb"
    assert drawn(source, len(source) - 1, len(source)).splitlines()[1:] == ["  2 │ bb", "    │  ^"]


def test_a_long_line_is_shown_around_the_place():
    source = "1+" * 1000 + "q" + "+1" * 1000
    line, caret = drawn(source, 2000, 2001).splitlines()[1:]
    assert len(line) <= 80
    assert line.startswith("  …") and line.endswith("…")
    assert line[caret.index("^")] == "q"


def test_places_far_apart_in_a_long_line_are_both_shown():
    source = "p" + "+1" * 1000 + "+q"
    error = DataError("no", source=source, marks=(((0, 1), "one"), ((len(source) - 1, len(source)), "two")))
    line, carets, label = render(error).splitlines()[1:]
    assert len(line) <= 80
    assert [line[match.start()] for match in re.finditer(r"\^", carets)] == ["p", "q"]
    assert carets.endswith("^ two") and label == "  └ one"


def test_control_characters_are_shown_as_escapes_with_the_caret_under_them():
    line, caret = drawn("a\x1b[2Jb", 1, 2).splitlines()[1:]
    assert line == "  a\\x1b[2Jb"
    assert caret == "   ^^^^"


def test_ascii_shows_what_it_lacks_as_escapes():
    assert drawn("é+数", 2, 3, ascii_only=True).splitlines()[1:] == ["  \\xe9+\\u6570", "       ^^^^^^"]


def test_tabs_are_spaces():
    assert drawn("a\tb", 2, 3).splitlines()[1:] == ["  a   b", "      ^"]


def test_many_calls_are_counted():
    error = ExpressionError("no", source="f(x)", span=(0, 1))
    error.trail += [((0, 4), f"f({i})") for i in range(1000)]
    assert render(error).splitlines()[3:] == ["  in f(0)", "  in f(1)", "  in f(2)", "  … 994 more calls …", "  in f(997)", "  in f(998)", "  in f(999)"]  # fmt: skip


def test_colour_only_when_asked_for():
    error = ExpressionError("no", source="x", span=(0, 1), hint="yes")
    coloured = render(error, color=True)
    assert "\x1b[1;31merror:\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render(error)


def test_a_hint_of_several_lines_is_indented():
    assert render(UsageError("no", hint="this\nor that")) == "error: no\nhint: this\n  or that"


offsets = st.integers(-3, 45)
places = st.tuples(offsets, offsets)
texts = hostile | st.text("ab \n\t数\u0301\r", max_size=40)


@given(
    texts,
    texts,
    st.none() | texts,
    st.none() | places,
    st.lists(st.tuples(places, texts), max_size=3),
    st.booleans(),
    st.integers(1, 200),
)
def test_any_error_can_be_drawn(source, message, hint, span, marks, ascii_only, width):
    error = GradcliError(message, source=source, hint=hint, span=span, marks=tuple(marks))
    error.trail += marks
    shown = render(error, ascii_only=ascii_only, width=width)
    assert shown.startswith("error: ")
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert shown.isascii() or not ascii_only


@given(st.text("ab+数é\u0301", min_size=1, max_size=30), st.data())
def test_carets_stand_under_the_span(source, data):
    first = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(first, len(source)))
    line, carets = drawn(source, first, end).splitlines()[1:]
    assert line == f"  {source}".rstrip()
    assert carets == " " * (2 + cell_len(source[:first])) + "^" * max(cell_len(source[first:end]), 1)


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(20, 120))
def test_a_line_keeps_to_its_width(first, length, width):
    source = "".join(chr(97 + i % 26) for i in range(3000))
    end = min(first + length, 3000)
    lines = drawn(source, first, end, width=width).splitlines()[1:]
    assert all(len(line) <= width + 1 for line in lines)  # a caret may stand after the line's end
    if first < 3000:
        assert lines[0][lines[1].index("^")] == source[first]


def test_rich_and_numpy_are_not_needed():
    script = "import sys, gradcli.report.errors, gradcli.report.json; print({'rich', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "set()\n"
