import math

import pytest
from handmade import PIPE, TERMINAL, hostile, made, shown, text
from hypothesis import given
from hypothesis import strategies as st

from gradcli.report.page import Page
from gradcli.results import CheckReport, CheckRow, ClaimRow

METHODS = ("forward", "reverse", "SymPy", "complex step")


def row(name, *values, methods=METHODS, digits=15.95, agrees=True, **details):
    return CheckRow(name=name, values=dict(zip(methods, values, strict=True)), digits=digits, agrees=agrees, **details)


def report(*rows, verdict="pass", digits=15.95, total=None, methods=METHODS, **details):
    total = len(rows) if total is None else total
    return CheckReport(
        verdict=verdict, methods=methods, digits=digits, rows=rows, checked=len(rows), total=total, **details
    )


def checked(*rows, page=PIPE, **details):
    """What stands below the head."""
    return shown(made("Check", "g", value=1, check=report(*rows, **details)), page).removeprefix("g\n= 1\n\n")


def test_a_check_that_passed():
    rows = [row(f"x[{i}]", *[4.0 * i] * 4, form=f"4*x[{i}]") for i in range(3)]
    assert checked(*rows) == text("""
        check passed: all methods agree to 15 digits on 3 elements

                 forward   reverse   SymPy   complex step   agreement   closed form
          ─────────────────────────────────────────────────────────────────────────
          x[0]         0         0       0              0   15 digits   4*x[0]
          x[1]         4         4       4              4   15 digits   4*x[1]
          x[2]         8         8       8              8   15 digits   4*x[2]
    """)


def test_a_check_that_failed_shows_where_and_in_how_many_digits():
    right, wrong = row("x[0]", 1.0, 1.0, 1.0, 1.0), row("x[1]", 1.0, 1.0, 1.0001, 1.0, digits=4.0, agrees=False)
    assert checked(right, wrong, verdict="fail") == text("""
        check failed: the methods differ on 1 of 2 elements

                 forward   reverse    SymPy   complex step   agreement
          ────────────────────────────────────────────────────────────────────────
          x[0]         1         1   1                   1   15 digits
          x[1]         1         1   1.0001              1   differ after 4 digits
    """)
    coloured = checked(right, wrong, verdict="fail", page=Page(color=True))
    assert "\x1b[1;31mcheck failed\x1b[0m" in coloured
    assert "\x1b[1;31mdiffer after 4 digits\x1b[0m" in coloured and "\x1b[36mx[0]\x1b[0m" in coloured


def test_a_difference_in_a_late_digit_can_be_seen():
    wrong = row("x", 1.0, 1.0 + 1e-13, methods=("forward", "SymPy"), digits=13.0, agrees=False)
    assert "1.0000000000001" in checked(wrong, verdict="fail")


def test_an_inconclusive_check_says_what_was_not_done():
    rows = [row("x[5]", 1.0, 1.0, methods=METHODS[:2])]
    remarks = ("SymPy gave up after 10 seconds.", "Only 1 of 9,000 elements was checked.")
    shown = checked(*rows, verdict="inconclusive", total=9000, methods=METHODS[:2], remarks=remarks).splitlines()
    assert shown[0] == "check inconclusive: all methods agree to 15 digits on 1 of 9,000 elements"
    assert shown[-3:] == ["", "  SymPy gave up after 10 seconds.", "  Only 1 of 9,000 elements was checked."]


def test_rows_that_stand_for_more():
    rows = [row("x[5]", 1.0, 1.0, methods=METHODS[:2]), row("x[7]", 1.0, 1.0, methods=METHODS[:2], agrees=False)]
    whole = report(*rows, verdict="fail", methods=METHODS[:2]).replaced(checked=900, total=1000)
    lines = shown(made("Check", value=1, check=whole)).splitlines()
    assert lines[3] == "check failed: the methods differ on at least 1 of 900 elements"
    assert lines[-1] == "  2 of the 900 elements that were checked"


def test_a_failure_that_is_not_in_the_derivatives():
    said = checked(
        row("x", 1.0, 1.0, methods=METHODS[:2]), verdict="fail", methods=METHODS[:2], remarks=("The value is wrong.",)
    )
    assert said.startswith("check failed: not by the derivatives, on which all methods agree to 15 digits\n")


def test_kinks_show_the_slopes_on_both_sides():
    kink = row("x[0]", 0.0, 0.0, methods=METHODS[:2], one_sided=(-1.0, 1.0))
    smooth = row("x[1]", 1.0, 1.0, methods=METHODS[:2])
    assert checked(kink, smooth).splitlines()[2:] == [
        "         forward   reverse   left, right   agreement",
        "  ──────────────────────────────────────────────────",
        "  x[0]         0         0   -1, 1         15 digits",
        "  x[1]         1         1                 15 digits",
    ]


def test_a_method_without_an_answer():
    line = checked(row("x", 1.0, None, methods=METHODS[:2])).splitlines()[-1]
    assert line == "  x         1   —         15 digits" or line.split() == ["x", "1", "—", "15", "digits"]
    assert checked(row("x", 1.0, None, methods=METHODS[:2]), page=Page(encoding="ascii")).isascii()


def test_closed_forms_stand_below_where_there_is_no_room():
    rows = [row("x[0]", *[math.pi] * 4, form="2*x[0]*exp(-x[0]^2)"), row("x[1]", *[0.1] * 4)]
    assert checked(*rows).splitlines()[-4:] == [
        "",
        "         closed form",
        "  ──────────────────────────",
        "  x[0]   2*x[0]*exp(-x[0]^2)",
    ]


def test_methods_stand_under_one_another_where_there_is_no_room_at_all():
    first = row("x[0]", *[math.pi] * 4, form="2*x[0]", one_sided=(-1.0, 1.0))
    second = row("x[1]", 1.0, 1.0, 2.0, 1.0, digits=0.0, agrees=False)
    assert checked(first, second, page=Page(width=40), verdict="fail").splitlines()[2:] == [
        "  x[0]   forward        3.141593",
        "         reverse        3.141593",
        "         SymPy          3.141593",
        "         complex step   3.141593",
        "      agree to 15 digits; from left, right: -1, 1; closed form 2*x[0]",
        "  x[1]   forward        1",
        "         reverse        1",
        "         SymPy          2",
        "         complex step   1",
        "      differ after 0 digits",
    ]


def test_claims():
    rows = [row("x[0]", 4.0, 4.0, methods=METHODS[:2])]
    claim_rows = (ClaimRow(name="x[1]", claimed=2.0, computed=4.0), ClaimRow(name="x[2]", claimed=4.0, computed=8.0))
    details = {
        "claims": {"x": False, "y": True},
        "claim_rows": claim_rows,
        "claim_differences": 3,
        "methods": METHODS[:2],
    }
    lines = checked(*rows, verdict="fail", **details).splitlines()
    assert lines[0] == "check failed: a claim does not hold, while all methods agree to 15 digits"
    assert lines[6:] == [
        "the claim for x does not hold",
        "the claim for y holds",
        "",
        "         claimed   computed   difference",
        "  ──────────────────────────────────────",
        "  x[1]         2          4           -2",
        "  x[2]         4          8           -4",
        "  the first 2 of 3 that differ",
    ]


def test_a_claim_that_is_nearly_right_is_shown_in_full():
    claim_rows = (ClaimRow(name="x", claimed=1.0 + 1e-13, computed=1.0),)
    shown = checked(verdict="fail", claims={"x": False}, claim_rows=claim_rows, claim_differences=1)
    assert "1.0000000000001" in shown


def test_many_rows_are_shortened_on_a_terminal_but_not_those_that_differ():
    rows = [row(f"x[{i}]", 1.0, 1.0, methods=METHODS[:2], agrees=i != 500) for i in range(1000)]
    lines = checked(*rows, verdict="fail", page=TERMINAL).splitlines()
    assert [line.strip() for line in lines if "more" in line] == ["… 490 more …", "… 489 more …"]
    assert sum("x[500]" in line for line in lines) == 1 and len(lines) == 4 + 10 + 1 + 1 + 1 + 10
    assert len(checked(*rows, verdict="fail").splitlines()) == 4 + 1000


@pytest.mark.parametrize("digits", [0.0, 1.0, 15.95, math.inf, -math.inf, math.nan])
def test_any_number_of_digits(digits):
    said = {0.0: "0 digits", 1.0: "1 digit", 15.95: "15 digits", math.inf: "all digits"}.get(digits, "no digits")
    assert f"agree to {said} on 1 element" in checked(row("x", *[1.0] * 4, digits=digits), digits=digits)


@given(
    hostile, hostile, st.floats(), st.floats(), st.integers(1, 100), st.booleans(), st.sampled_from(["utf-8", "ascii"])
)
def test_any_check_can_be_shown(name, form, value, digits, width, agrees, encoding):
    rows = [
        row(
            name,
            value,
            None,
            methods=("forward", name + "2"),
            digits=digits,
            agrees=agrees,
            form=form,
            one_sided=(value, digits),
        )
    ]
    claims = {
        "claims": {name: agrees},
        "claim_rows": (ClaimRow(name=name, claimed=value, computed=digits),),
        "remarks": (form,),
    }
    written = checked(*rows, verdict="inconclusive", page=Page(width=width, encoding=encoding), **claims)
    assert all(character.isprintable() or character == "\n" for character in written)
    written.encode(encoding)
