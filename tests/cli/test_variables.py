"""The arguments are sorted as written: every spelling reaches the right place, no slip passes."""

from __future__ import annotations

import pytest

from gradcli.cli import options, variables
from gradcli.cli.variables import assignments, check_names
from gradcli.errors import UsageError

TAKES_VALUE = {"-f": True, "--set": True, "--wrt": True, "--order": True, "--mode": True, "--limit": True, "--json": False, "--help": False}  # fmt: skip


def sort(*arguments: str) -> tuple[list[str], list[str]]:
    return variables.sort(arguments, TAKES_VALUE)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["x^2", "--x", "3"], (["--set=--x=3"], ["x^2"])),
        (["--x", "3", "x^2"], (["--set=--x=3"], ["x^2"])),
        (["--x=3", "x^2"], (["--set=--x=3"], ["x^2"])),
        (["--x=", "x^2"], (["--set=--x="], ["x^2"])),
        (["--x=a=b"], (["--set=--x=a=b"], [])),
        (["-x^2", "--x", "-1,2"], (["--set=--x=-1,2"], ["-x^2"])),
        (["x", "--x", "-inf"], (["--set=--x=-inf"], ["x"])),
        (["x", "--x", "-.5e-3", "--json"], (["--set=--x=-.5e-3", "--json"], ["x"])),
        (["x", "--x", "--1"], (["--set=--x=--1"], ["x"])),
        (["f+x", "-f", "file", "--f", "1"], (["-f", "file", "--set=--f=1"], ["f+x"])),
        (["-f(x)"], ([], ["-f(x)"])),
        (["-"], ([], ["-"])),
        (["--θ", "1", "θ"], (["--set=--θ=1"], ["θ"])),
        (["--x_1", "1"], (["--set=--x_1=1"], [])),
        (["--x^2", "--x", "1"], (["--set=--x=1"], ["--x^2"])),
        (["--x-1"], ([], ["--x-1"])),
        (["--2"], ([], ["--2"])),
        (["--json", "--", "--x", "--json"], (["--json"], ["--x", "--json"])),
        (["--wrt", "x,y", "--wrt=x"][:2], (["--wrt", "x,y"], [])),
        (["--order=2"], (["--order=2"], [])),
        (["--order", "-1"], (["--order", "-1"], [])),
        (["--set", "mode=3", "--set", "order=1"], (["--set", "mode=3", "--set", "order=1"], [])),
        (["--x"], (["--set=--x"], [])),
        (["--x", "--json"], (["--set=--x", "--json"], [])),
        (["--x", "-f", "a"], (["--set=--x", "-f", "a"], [])),
        (["--x", "--y", "1"], (["--set=--x", "--set=--y=1"], [])),
        (["--x", "-"], (["--set=--x=-"], [])),
    ],
)
def test_sorting(arguments: list[str], found: tuple[list[str], list[str]]) -> None:
    assert sort(*arguments) == found


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
        (["--grad-output", "1"], "there is no option --grad-output"),
    ],
)
def test_what_does_not_fit(arguments: list[str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        sort(*arguments)
    assert words in caught.value.message


def test_assignments() -> None:
    found = assignments(["--x=1,2", "y=3", "--z"])
    assert [(a.name, a.value, a.written) for a in found.values()] == [
        ("x", "1,2", "--x"), ("y", "3", "--set y"), ("z", None, "--z"),
    ]  # fmt: skip
    for texts in (["--x=1", "x=2"], ["x"], ["=3"], ["1x=3"], ["a b=3"]):
        with pytest.raises(UsageError):
            assignments(texts)


def refused(texts: list[str], known: tuple[str, ...], wrt: tuple[str, ...] = (), command: str = "grad") -> UsageError:
    with pytest.raises(UsageError) as caught:
        check_names(assignments(texts), known, wrt, command)
    return caught.value


def test_names_are_checked_against_the_expression() -> None:
    check_names(assignments(["--x=1", "y=2"]), ("x", "y"), (), "grad")
    check_names(assignments(["--x=1", "--u=2"]), ("x",), ("u",), "grad")
    assert refused(["--thta=1"], ("theta",)).message == "no option or variable --thta; did you mean --theta?"
    assert refused(["--jsn=1"], ("x",)).message == "no option or variable --jsn; did you mean --json?"
    assert refused(["--grad_outputs=1"], ("x",)).message.endswith("did you mean --grad-outputs?")
    assert refused(["--q=1"], ("x", "y")).hint == "the expression has the variables x, y"
    assert refused(["--q=1"], ("x",)).hint == "the expression has one variable, x"
    assert refused(["--q=1"], ()).hint == "the expression has no variables"
    assert refused(["thta=1"], ("theta",)).message == "the expression has no variable thta; did you mean theta?"
    assert refused(["--x"], ("x",)).message == "--x needs a value"


def test_another_commands_option_is_named_as_such() -> None:
    error = refused(["--order=2"], ("x",), command="jacobian")
    assert error.message == "jacobian has no option --order" and "grad" in (error.hint or "")


def test_the_table_of_options_is_whole() -> None:
    own = {name for names in options.COMMANDS.values() for name in names}
    assert own | {*options.FIRST, *options.LAST} == set(options.TABLE)
    assert len({option.key for option in options.TABLE.values()}) == len(options.TABLE)


@pytest.mark.parametrize("text", ["", "1.5", "0", "-1", "1e3", "1_0", "٣", "9" * 30, " "])
def test_whole_numbers(text: str) -> None:
    with pytest.raises(UsageError, match="--order takes a whole number"):
        options.whole("--order", text, 1)
    assert options.whole("--order", "12", 1) == 12


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
