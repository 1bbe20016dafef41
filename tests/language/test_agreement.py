"""The parser reads plain Python as Python does: same trees, same spans, on random sources."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from python_ast import Unread, read
from trees import children, examples, walk

from gradcli.errors import ExpressionError
from gradcli.language import syntax as s
from gradcli.language.parser import parse

NAME = st.sampled_from(["x", "y", "W", "torch", "sin", "e", "j_", "print", "n1", "_"])
NUMBER = st.sampled_from(["0", "1", "2", "10", "1_000", "2.5", ".5", "5.", "1e-3", "2E5", "0x1f", "0b101", "0o17"])
OTHER = st.sampled_from(
    [
        "True",
        "None",
        "...",
        "{}",
        "f'{x}'",
        "f\"{x['a']:>{n}.3f} {y!r} {z=}\"",
        "'a' f'{{{x}}}'",
        "'a'",
        "\"b\" 'c'",
        "r'\\d'",
        "'''q\n'''",
        "'\\n\\x41\\\\'",
        "()",
        "[]",
    ]
)
BLANK = st.sampled_from(["", "", "", " ", "  "])
GAP = st.sampled_from([" ", " ", "  "])
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "<", "<=", ">", ">=", "==", "!="]


def text(*parts):
    """The parts one after another, each drawn if it can be."""
    drawn = [part if isinstance(part, st.SearchStrategy) else st.just(part) for part in parts]
    return st.tuples(*drawn).map("".join)


def listed(item, minimum=0, maximum=3):
    items = st.lists(item, min_size=minimum, max_size=maximum)
    comma = text(BLANK, ",", BLANK)
    trailing = st.sampled_from(["", "", ","])
    return st.tuples(items, comma, trailing).map(lambda t: t[1].join(t[0]) + t[2] * bool(t[0]))


def extend(e):
    """Larger expressions of smaller ones, put side by side without brackets as often as with them."""
    part = st.just("") | e
    clause = text(" for ", listed(NAME, 1, 2), " in ", e, st.just("") | text(" if ", e))
    entry = text(e, BLANK, ":", BLANK, e) | text("**", e)
    argument = (
        e
        | text("*", e)
        | text("**", NAME)
        | text(NAME, " := ", e)
        | text(st.sampled_from(["axis", "dim"]), BLANK, "=", e)
    )
    postfix = text(NAME, "(", listed(argument), ")") | text("(", BLANK, e, BLANK, ")") | NAME
    return st.one_of(
        text(e, BLANK, st.sampled_from(OPERATORS), BLANK, e),
        text(e, BLANK, st.sampled_from(OPERATORS), BLANK, e),
        text(e, GAP, st.sampled_from(["and", "or", "is", "is not", "in", "not in"]), GAP, e),
        text(st.sampled_from(["-", "+", "~", "not "]), BLANK, e),
        text("(", BLANK, e, BLANK, ")"),
        text("(\n", e, "\n )"),
        text(e, " if ", e, " else ", e),
        text(
            "lambda ", st.sampled_from(["", "x", "x, y", "x, y=1", "x=(1, 2),", "*a", "x, *, y=1, **k"]), ":", BLANK, e
        ),
        text("(", listed(e, 1), ")"),
        text("[", listed(e | text("*", e)), "]"),
        text("[", e, clause, "]"),
        text("{", listed(entry), "}"),
        text("[{", listed(e | text("*", e), 1), "}]"),
        text("[{", e, clause, "}]"),
        text("{", e, ": ", e, clause, "}"),
        text("(", NAME, BLANK, ":=", BLANK, e, ")"),
        text("[", e, clause, clause, "]"),
        text(NAME, "(", e, clause, ")"),
        text(postfix, ".", NAME, st.sampled_from(["", "()", ".T"])),
        text(postfix, "[", listed(e, 1), "]"),
        text(postfix, "[", part, BLANK, ":", BLANK, part, "]"),
        text(postfix, "[", listed(text(part, ":", part, ":", part) | e, 1), "]"),
        text(NAME, "(", listed(argument), ")", "(", listed(e), ")"),
    )


EXPRESSION = st.recursive(NAME | NUMBER | OTHER, extend, max_leaves=10)
SMALL = st.recursive(NAME | NUMBER, extend, max_leaves=3)


def python(source: str) -> s.Program:
    """Python's reading; an example that is no Python, or not the language's part of it, is dropped."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return read(source)
    except (SyntaxError, Unread):
        assume(False)
        raise


def called(tree: s.Program) -> set[type]:
    return {type(node.function) for node in walk(tree) if isinstance(node, s.Call)}


def check_spans(ours: s.Syntax, theirs: s.Syntax) -> None:
    pending = [(ours, theirs)]
    while pending:
        mine, other = pending.pop()
        if isinstance(mine, s.Formatted):
            continue  # whose parts have places in the source only since Python 3.12
        if isinstance(mine, s.Expr | s.Stmt) and not isinstance(mine, s.Import):
            assert mine.span == other.span, mine
        pending.extend(zip(children(mine), children(other), strict=True))


@given(EXPRESSION)
@examples(200)
def test_expressions_are_read_as_python_reads_them(source):
    expected = python(source)
    assert parse(source) == expected
    check_spans(parse(source), expected)


@given(EXPRESSION)
@examples(150)
def test_what_is_no_python_is_read_otherwise_or_refused_with_its_place(source):
    try:
        tree = parse(source)
    except ExpressionError as error:
        assert error.source == source
        assert error.span is not None and 0 <= error.span[0] <= error.span[1] <= len(source)
    else:
        assert tree.body


@given(EXPRESSION)
@examples(150)
def test_the_text_of_a_span_reads_as_the_part_it_is_of(source):
    expected, tree = python(source), parse(source)
    assert tree == expected
    inside = {id(part) for node in walk(tree) if isinstance(node, s.Formatted) for part in children(node)}
    inside |= {id(node.spec) for node in walk(tree) if isinstance(node, s.Field)}
    for node in walk(tree):
        if isinstance(node, s.Expr) and not isinstance(node, s.Slice | s.Starred) and id(node) not in inside:
            part = source[slice(*node.span)]
            assert parse(f"({part})").body == (s.ExprStmt(node),)


# ---- programs ------------------------------------------------------------------------------------

TARGET = st.one_of(NAME, listed(NAME, 1), text(NAME, "[", SMALL, "]"), text(NAME, ".", NAME), st.just("a, (b, *c)"))
LINE = st.one_of(
    SMALL,
    text(TARGET, BLANK, "=", BLANK, SMALL),
    text(NAME, " = ", TARGET, " = ", listed(SMALL, 1)),
    text(NAME, BLANK, st.sampled_from(["+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "&=", "|="]), BLANK, SMALL),
    text(NAME, ": float = ", SMALL),
    text("assert ", SMALL, st.just("") | text(", ", SMALL)),
    st.sampled_from(["pass", "import a.b as c, d", "from a.b import c as d, e", "from a import (b,\n c,)", "'doc'"]),
    text(SMALL, " # comment"),
    text("x = (", BLANK, "\n", SMALL, "\n# comment\n)"),
    text("x = 1 + \\\n  ", SMALL),
    text(NAME, ": int"),
    text("raise", st.just("") | text(" ", SMALL, st.just("") | text(" from ", SMALL))),
    text("del ", st.sampled_from(["x", "x, y", "x[0], y.z", "(x, y)"])),
)


_BLOCKS = ["if", "elif", "while", "for", "with", "def", "class", "inline", "try"]


@st.composite
def suites(draw, indent="", loop=False, function=False, depth=2):
    """Lines of one block, each ended."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(st.sampled_from([[], [], [], [""], ["   # a comment"], ["\t"]]))
        kinds = ["line", "line", "two"] + _BLOCKS * (depth > 0)
        kinds += ["break", "continue"] * loop + ["return", "yield"] * function
        kind = draw(st.sampled_from(kinds))
        inner = indent + draw(st.sampled_from([" ", "    ", "\t"]))

        def body(inner=inner, loop=loop, function=function):
            return draw(suites(inner, loop, function, depth - 1))

        match kind:
            case "line":
                lines.append(indent + draw(LINE))
            case "two":
                lines.append(indent + draw(LINE) + draw(st.sampled_from([";", " ; "])) + draw(SMALL))
            case "inline":
                lines.append(f"{indent}if {draw(SMALL)}: {draw(SMALL)}; {draw(NAME)} = 1")
                lines += draw(st.sampled_from([[], [f"{indent}else: y"], [f"{indent}elif y:", f"{inner}z"]]))
            case "if" | "elif":
                lines += [f"{indent}if {draw(SMALL)}:", *body()]
                lines += [f"{indent}elif {draw(SMALL)}:", *body()] * (kind == "elif")
                lines += [f"{indent}else:", *body()] if draw(st.booleans()) else []
            case "while":
                lines += [f"{indent}while {draw(SMALL)}:", *body(loop=True)]
                lines += [f"{indent}else:", *body()] if draw(st.booleans()) else []
            case "for":
                lines += [f"{indent}for {draw(TARGET)} in {draw(listed(SMALL, 1))}:", *body(loop=True)]
                lines += [f"{indent}else:", *body()] if draw(st.booleans()) else []
            case "with":
                lines += [f"{indent}with {draw(SMALL)}, {draw(NAME)}():", *body()]
            case "def":
                head = draw(st.sampled_from(["", "x", "x, y=1", "x: int, y: float = 2.0,", "*a: int, b, **k"]))
                arrow = draw(st.sampled_from(["", " -> float"]))
                lines += [f"{indent}@{draw(NAME)}.f()"] if draw(st.booleans()) else []
                lines += [f"{indent}def f({head}){arrow}:", *body(loop=False, function=True)]
            case "class":
                lines += [
                    f"{indent}class C{draw(st.sampled_from(['', '()', '(a.B)']))}:",
                    *body(loop=False, function=False),
                ]
            case "try":
                lines += [f"{indent}try:", *body()]
                handlers = draw(st.lists(st.sampled_from(["", " x", " x as y", " (x, y) as e"]), max_size=2))
                for each in sorted(handlers, reverse=True):
                    lines += [f"{indent}except{each}:", *body()]
                lines += [f"{indent}else:", *body()] if handlers and draw(st.booleans()) else []
                lines += [f"{indent}finally:", *body()] if not handlers or draw(st.booleans()) else []
            case "yield":
                given = draw(st.sampled_from(("", "", "x = ", "a = b[0] = ", "p, q = ")))
                lines.append(f"{indent}{given}yield {draw(st.just('') | listed(SMALL, 1) | text('from ', SMALL))}")
            case "return":
                lines.append(f"{indent}return {draw(st.just('') | listed(SMALL, 1))}")
            case _:
                lines.append(indent + kind)
    return lines


@given(suites(), st.sampled_from(["\n", "\n", "\r\n"]), st.sampled_from(["", "\n", "\n\n  # end"]))
@examples(40)
def test_programs_are_read_as_python_reads_them(lines, newline, end):
    source = newline.join(lines) + end
    expected = python(source)
    assert parse(source) == expected
    check_spans(parse(source), expected)


@pytest.mark.parametrize(
    "source",
    [
        "2**-1", "-2**2", "2**-x**2", "a if b else c if d else e", "not a == b",
        "x[1:2, ::3]", "x[()]", "f(x for x in y)", "a < b == c", "-x.T(0)[1]", "a@b@c",
        "[x for x in y if a if b for z in w]", "x = y = z, = 1", "(a, b)[0]", "lambda x=lambda: 1: x",
        "a or b and c", "not not a", "~-+x", "a & b == c", "a | b & c + d", "x[a if b else c:d]",
        "print(*a, b)", "x = *a, b", "for x in *a, b: pass", "(\n1\n)", "if x:\n  # c\n  y\n# d\n\n  z\nw",
        "if x: y;\nelif z: w\nelse:\n  v", "x;y;", "def f():\n  '''doc'''\n  return", "with (a): b", "x = 0xFFFFFFFFFFFFFFFFF",
        "f'{x!r:>10} {y:{z}} {{}}'", "f'{a, b}' 'c' r'd'", "f'{x = }'", "rf'\\d{x}'", "f'{a if b else c}'", "f'{x:%H:%M}'",
        "f'{x!=y}'", "f'{x==y}'", "f'{ {1: 2}[1] }'", "f'''{\nx\n}'''", "if x := f(1): pass", "[y := 1, y**2]",
        "{**a, 'b': 1}", "{x: y for x in z if x not in w}", "not a in b", "for x[a in b] in c: pass",
        "def f(a, *, b): global c, d", "lambda *a, b=1, **c: a", "f(*a, b=1, *c, **d)", "x: int", "x.y: int = 3",
        "@a.b(1)\n@c\nclass D(e): x = 1", "for x in y: break\nelse: z", "1e22", "123456789012345678901234567890", "0.1", "1e-400", "00", "1if x else 2", "1or 2",
    ],
)  # fmt: skip
def test_a_few_by_hand(source):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        expected = read(source)
    assert parse(source) == expected
    check_spans(parse(source), expected)
