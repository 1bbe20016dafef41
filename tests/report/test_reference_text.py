import json
from types import SimpleNamespace

from gradcli.report.page import Page
from gradcli.report.reference import encode, every_function, one_function


def function(name, group="arithmetic", doc="What it is.", aliases=(), **details):
    return SimpleNamespace(name=name, group=group, doc=doc, aliases=aliases, signature=f"{name}(x)", **details)


ABS = function(
    "abs",
    doc="The absolute value |x|.",
    aliases=("fabs", "absolute"),
    convention="0 at 0",
    rule="sign(x)",
    domain=((-1, 1),),
)
LONG = function("a_function_with_a_name_longer_than_most", "other", "Words " * 20)


def test_all_functions_by_group():
    assert every_function([ABS, function("add"), function("sin", "trigonometric")], Page()) == (
        "arithmetic\n"
        "  abs(x)                          The absolute value |x|.\n"
        "  add(x)                          What it is.\n"
        "\n"
        "trigonometric\n"
        "  sin(x)                          What it is.\n"
    )


def test_meanings_are_wrapped_on_a_terminal_only():
    piped = every_function([LONG], Page()).splitlines()
    assert len(piped) == 3 and piped[2].count("Words") == 20
    lines = every_function([LONG], Page(terminal=True)).splitlines()
    assert lines[1] == "  a_function_with_a_name_longer_than_most(x)"
    assert all(len(line) <= 80 for line in lines) and sum(line.count("Words") for line in lines) == 20
    assert all(line.startswith(" " * 34 + "Words") for line in lines[2:])


def test_one_function():
    assert one_function(ABS, Page()) == (
        "abs(x)\n"
        "  The absolute value |x|.\n"
        "\n"
        "  also        fabs, absolute\n"
        "  group       arithmetic\n"
        "  derivative  sign(x)\n"
        "  at kinks    0 at 0\n"
    )
    assert one_function(function("sin"), Page()) == "sin(x)\n  What it is.\n\n  group  arithmetic\n"


def test_json():
    assert json.loads(encode([ABS]))["functions"] == [
        {
            "name": "abs",
            "aliases": ["fabs", "absolute"],
            "group": "arithmetic",
            "signature": "abs(x)",
            "doc": "The absolute value |x|.",
            "rule": "sign(x)",
            "kink": "0 at 0",
            "domain": None,
            "example": None,
        }
    ]


def test_the_language_s_own_functions():
    from gradcli.engine import operations
    from gradcli.engine.functions import FUNCTIONS

    assert operations
    functions = list(FUNCTIONS.values())
    shown = every_function(functions, Page(encoding="ascii"))
    assert shown.isascii() and all(each.signature in shown for each in functions)
    assert all(one_function(each, Page()).startswith(each.signature) for each in functions)
    assert len(json.loads(encode(functions))["functions"]) == len(functions)
