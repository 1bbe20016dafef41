"""Arguments are read as written: every spelling reaches the right place, no slip passes."""

from __future__ import annotations

from typing import Any

import pytest

from gradcli.cli import options
from gradcli.cli.arguments import read
from gradcli.cli.variables import Assignment, check_names
from gradcli.errors import UsageError


def given(*arguments: str) -> dict[str, Any]:
    """What was given of grad's parameters; variables as a mapping from names to values."""
    found = {key: value for key, value in read(arguments, options.COMMANDS["grad"]).items() if value}
    if assigned := found.pop("assignments", None):
        found["variables"] = {each.name: each.value for each in assigned.values()}
    return found


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], {}),
        (["x^2", "--x", "3"], {"expression": "x^2", "variables": {"x": "3"}}),
        (["--x", "3", "x^2"], {"expression": "x^2", "variables": {"x": "3"}}),
        (["--x=3", "x^2"], {"expression": "x^2", "variables": {"x": "3"}}),
        (["--x=", "x^2"], {"expression": "x^2", "variables": {"x": ""}}),
        (["--x=a=b"], {"variables": {"x": "a=b"}}),
        (["-x^2", "--x", "-1,2"], {"expression": "-x^2", "variables": {"x": "-1,2"}}),
        (["x", "--x", "-inf"], {"expression": "x", "variables": {"x": "-inf"}}),
        (["x", "--x", "-.5e-3", "--json"], {"expression": "x", "variables": {"x": "-.5e-3"}, "json": True}),
        (["--x", "--1"], {"variables": {"x": "--1"}}),
        (["f+x", "-f", "a", "--f", "1"], {"expression": "f+x", "file": "a", "variables": {"f": "1"}}),
        (["-f(x)"], {"expression": "-f(x)"}),
        (["-"], {"expression": "-"}),
        (["--θ", "1", "θ"], {"expression": "θ", "variables": {"θ": "1"}}),
        (["--x_1", "1"], {"variables": {"x_1": "1"}}),
        (["--x^2", "--x", "1"], {"expression": "--x^2", "variables": {"x": "1"}}),
        (["--x-1"], {"expression": "--x-1"}),
        (["--2"], {"expression": "--2"}),
        (["--json", "--", "--x"], {"json": True, "expression": "--x"}),
        (["--wrt", "x,y"], {"wrt": "x,y"}),
        (["--order=2"], {"order": "2"}),
        (["--order", "-1"], {"order": "-1"}),
        (["--grad-outputs", "-1,2"], {"grad_outputs": "-1,2"}),
        (["--limit", "tokens=1", "--limit=nodes=2"], {"limit": ["tokens=1", "nodes=2"]}),
        (["--set", "mode=3", "--x", "1", "--set=order=-1"], {"variables": {"mode": "3", "x": "1", "order": "-1"}}),
        (["--x"], {"variables": {"x": None}}),
        (["--x", "--json"], {"variables": {"x": None}, "json": True}),
        (["--x", "-f", "a"], {"variables": {"x": None}, "file": "a"}),
        (["--x", "--y", "1"], {"variables": {"x": None, "y": "1"}}),
        (["--x", "-"], {"variables": {"x": "-"}}),
        (["--vars", "-"], {"vars": "-"}),
        (["--tangent", "1"], {"variables": {"tangent": "1"}}),
    ],
)
def test_reading(arguments: list[str], found: dict[str, Any]) -> None:
    assert given(*arguments) == found


def test_variables_stand_in_the_order_given() -> None:
    assert list(given("--b", "1", "--set", "a=2", "--c=3")["variables"]) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--order"], "--order needs a value"),
        (["--order", "--json"], "--order needs a value"),
        (["--mode", "--x", "1"], "--mode needs a value"),
        (["-f"], "-f needs a value"),
        (["--json=yes"], "--json takes no value"),
        (["--order", "1", "--order", "2"], "--order is given twice"),
        (["--order=1", "--order=2"], "--order is given twice"),
        (["--grad-output", "1"], "there is no option --grad-output; did you mean --grad-outputs?"),
        (["--x", "1", "--x", "2"], "variable x is given twice"),
        (["--x", "1", "--set", "x=2"], "variable x is given twice"),
        (["--set", "x"], "--set takes NAME=VALUE"),
        (["--set", "=3"], "--set takes NAME=VALUE"),
        (["--set", "1x=3"], "--set takes NAME=VALUE"),
        (["--set", "a b=3"], "--set takes NAME=VALUE"),
        (["x", "y"], "one expression is wanted, here are 2: x, y"),
        (["--", "x", "--y"], "one expression is wanted, here are 2: x, --y"),
    ],
)
def test_what_does_not_fit(arguments: list[str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        given(*arguments)
    assert words in caught.value.message


def assignments(texts: list[str]) -> dict[str, Assignment]:
    found: dict[str, Assignment] = read(texts, options.COMMANDS["grad"])["assignments"]
    return found


def refused(texts: list[str], known: tuple[str, ...], wrt: tuple[str, ...] = (), command: str = "grad") -> UsageError:
    with pytest.raises(UsageError) as caught:
        check_names(assignments(texts), known, wrt, command)
    return caught.value


def test_names_are_checked_against_the_expression() -> None:
    check_names(assignments(["--x=1", "--set", "y=2"]), ("x", "y"), (), "grad")
    check_names(assignments(["--x=1", "--u=2"]), ("x",), ("u",), "grad")
    check_names(assignments(["--x=1", "--pi=3"]), ("x",), (), "grad", ("pi", "sin"))
    assert refused(["--thta=1"], ("theta",)).message == "no option or variable --thta; did you mean --theta?"
    assert refused(["--jsn=1"], ("x",)).message == "no option or variable --jsn; did you mean --json?"
    assert refused(["--grad_outputs=1"], ("x",)).message.endswith("did you mean --grad-outputs?")
    assert refused(["--q=1"], ("x", "y")).hint == "the expression has the variables x, y"
    assert refused(["--q=1"], ("x",)).hint == "the expression has one variable, x"
    assert refused(["--q=1"], ()).hint == "the expression has no variables"
    assert (
        refused(["--set", "thta=1"], ("theta",)).message == "the expression has no variable thta; did you mean theta?"
    )
    assert refused(["--x"], ("x",)).message == "--x needs a value"


def test_another_commands_option_is_named_as_such() -> None:
    error = refused(["--tangent=2"], ("x",))
    assert error.message == "grad has no option --tangent" and "jvp" in (error.hint or "")


def test_the_table_of_options_is_whole() -> None:
    own = {name for names in options.OWN.values() for name in names}
    assert own | {*options.FIRST, *options.LAST} == set(options.TABLE)
    assert len({option.key for option in options.TABLE.values()}) == len(options.TABLE)


@pytest.mark.parametrize("text", ["", "1.5", "0", "-1", "1e3", "1_0", "٣", "9" * 30, " "])
def test_whole_numbers(text: str) -> None:
    with pytest.raises(UsageError, match="--order takes a whole number"):
        options.whole("--order", text, 1)
    assert options.whole("--order", "12", 1) == 12


def test_a_number_that_is_too_long_is_told_so() -> None:
    with pytest.raises(UsageError, match="at most 18 digits"):
        options.whole("--seed", "9" * 19, 0)


@pytest.mark.parametrize("value", ["1,y=2", "[1,2], y = 3", "f(1,2),y=3"])
def test_one_pair_for_several_names(value: str) -> None:
    with pytest.raises(UsageError, match="one name, not several") as caught:
        options.pairs("--tangent", [f"x={value}"])
    assert (caught.value.hint or "").endswith("--tangent y=…")


@pytest.mark.parametrize("value", ["sum(x, axis=0)", "[f(a, b=1), 2]", "x == 2, y == 3", "1,2"])
def test_one_pair_for_one_name(value: str) -> None:
    assert options.pairs("--claim", [f"x={value}"]) == {"x": value}


def test_texts_of_options() -> None:
    assert options.names("x, y") == ("x", "y")
    assert options.pairs("--tangent", ["x=1,0", "y = a=b"]) == {"x": "1,0", "y": " a=b"}
    assert options.moved_limits(["tokens=5"]) == {"tokens": 5}
    for call in (
        lambda: options.names("x,,y"),
        lambda: options.names("x,x"),
        lambda: options.pairs("--tangent", ["1,0"]),
        lambda: options.pairs("--tangent", ["x=1", "x=2"]),
        lambda: options.moved_limits(["tokns=5"]),
        lambda: options.mode("forwards"),
    ):
        with pytest.raises(UsageError):
            call()
