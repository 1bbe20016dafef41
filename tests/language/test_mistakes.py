"""Every mistake is explained in the reader's words, at its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import examples

from gradcli.errors import ExpressionError
from gradcli.language.parser import parse

# «…» marks the span of the error; the words must be in its message or hint.
MISTAKES = [
    # dicts, f-strings, parameters, names in expressions
    ("«{x»}", ["braces", "( )", "{key: value}"]),
    ("2*«{x»}", ["braces", "( )"]),
    ("{*a«:» 1}", ["a `:`"]),
    ("{1: 2, «x»}", ["no value", "key: value"]),
    ("x«}»", ["`}` closes nothing"]),
    ("{1: «}»", ["missing before `}`"]),
    ("{x: 1, **«**»y}", ["`**`"]),
    ("«x :=» 3", ["`x :=` cannot stand here", "with ="]),
    ("y + «x :=» 3", ["cannot stand here", "brackets"]),
    ("(x.y «:=» 3)", ["only a name"]),
    ("f'{x} «{»'", ["`{` is never closed", "{{"]),
    ("f'{x} «}»'", ["`}` closes nothing", "}}"]),
    ("f'«{}»'", ["missing between the braces"]),
    ("f'{x «*»}'", ["ends after `*`"]),
    ("f'{«x y»}'", ["`x` and `y`"]),
    ("f'{x«!z»}'", ["r, s or a"]),
    ("f'{(x«]»}'", ["`(` is closed by `]`"]),
    ("f'{x:{y:«{»z}}}'", ["too deeply"]),
    ("«b'x'»", ["byte strings"]),
    ("def f(*a, «*»b): x", ["only one parameter can have a star"]),
    ("def f(**a, «b»): x", ["`b` comes after `**a`"]),
    ("def f(*«)»: x", ["the name of a parameter"]),
    ("def f(«*»,): x", ["a bare `*`"]),
    ("def f(a, «/»): x", ["`/` among parameters"]),
    ("«global» x", ["outside any function"]),
    ("«@f»\nx", ["above `def` or `class`"]),
    ("class A: «return» 1", ["outside any function"]),
    ("while x:\n class A: «break»", ["outside any loop"]),
    # what ends too early, and brackets
    ("x «+»", ["the expression ends after `+`"]),
    ("y = x «*»\nz", ["the line ends after `*`"]),
    ("x «=»", ["ends after `=`"]),
    ("x «+=» ", ["ends after `+=`"]),
    ("«not»", ["ends after `not`"]),
    ("«(»x", ["`(` is never closed", "`)`"]),
    ("f(x, «[»1", ["`[` is never closed", "`]`"]),
    ("x«)»", ["`)` closes nothing"]),
    ("(x«]»", ["`(` is closed by `]`", "write `)`"]),
    ("x«.»", ["ends after `.`"]),
    # operators without values
    ("x * «/» y", ["a value is missing between `*` and `/`"]),
    ("1 + «*» x", ["between `+` and `*`"]),
    ("«/» x", ["missing before `/`"]),
    ("(x + «)»", ["missing before `)`"]),
    ("f(«,» x)", ["missing before `,`"]),
    ("[1, «,» 2]", ["missing before `,`"]),
    ("(«,»)", ["missing before `,`"]),
    ("«²»x", ["missing before `²`"]),
    ("x = «=» 3", ["between `=` and `=`"]),
    ("x«[]»", ["an index is missing"]),
    ("«and» x", ["missing before `and`"]),
    ("x + «if»", ["missing before `if`"]),
    ("x + «def»", ["`def` is a reserved word"]),
    # products that would be a guess
    ("«1/2x»", ["1/(2x)", "(1/2)x", "1/2*x"]),
    ("«a/2x»", ["a/(2x)", "(a/2)x"]),
    ("1 + «a / 2x»", ["a / (2x)", "(a / 2)x"]),
    ("«a*b/2x» + 1", ["a*b/(2x)", "(a*b/2)x"]),
    ("«1/2(x+1)»", ["1/(2(x+1))", "(1/2)(x+1)"]),
    ("«1/2sin(x)» + 1", ["1/(2sin(x))", "(1/2)sin(x)"]),
    ("«1/2x^-2», y", ["1/(2x^-2)"]),
    ("«1/2x[0].T²»*3", ["1/(2x[0].T²)"]),
    ("«1//2x»", ["1//(2x)", "(1//2)x"]),
    ("«1%2x»", ["1%(2x)", "(1%2)x"]),
    ("«a@2x»", ["a@(2x)", "(a@2)x"]),
    ("«1/-2x»", ["1/(-2x)", "(1/-2)x"]),
    ("«1/πr»", ["1/(πr)", "(1/π)r"]),
    ("«x/2πr»", ["x/(2πr)", "(x/2)πr"]),
    ("«2x/3y»", ["2x/(3y)", "(2x/3)y"]),
    ("«x^2y»", ["x^(2y)", "(x^2)y", "x^2*y"]),
    ("1 + «x**2(y)»", ["x**(2(y))", "(x**2)(y)"]),
    ("«x^-2y»", ["x^(-2y)", "(x^-2)y"]),
    ("«√2x»", ["√(2x)", "(√2)x"]),
    ("«x²^3»", ["(x²)^3", "x^(2^3)"]),
    ("«x² ³» + 1", ["(x²)³", "x^(2³)"]),
    ("«x²^»", ["(x²)^"]),
    ("[«1\n(2)»]", ["different lines", "comma"]),
    ("(«2\nx»)", ["different lines", "2*x"]),
    # values side by side, and what cannot be called
    ("«x y»", ["`x` and `y`", "x*y", "x(y)"]),
    ("1 + «x sin(y)[0]» + 1", ["x*sin(y)[0]"]),
    ("«(a)b»", ["(a)*b"]),
    ("«x[0]y»", ["x[0]*y"]),
    ("«f(x)2»", ["f(x)*2"]),
    ("«x² y»", ["x²*y"]),
    ("«xπ»", ["x*π"]),
    ("«2 3»", ["2*3", "2, 3"]),
    ("«1..2»", ["`1..2` is not a number"]),
    ("«1.2.3»", ["`1.2.3` is not a number"]),
    ("«x.2»", ["`x.2`", "x*.2"]),
    ("«2[0]»", ["a number has no elements"]),
    ("2.0«.x»", ["a number has no attributes"]),
    ("x«.if»", ["`if` after a dot is not a name"]),
    ("«x True»", ["`x` and `True`"]),
    ("«2 True»", ["2*True"]),
    ("«2 ...»", ["`...`"]),
    ("«x lambda»: 1", ["`x` and `lambda`"]),
    ("«2 lambda»: 1", ["`2` and `lambda`"]),
    ("2«'a'»", ["string"]),
    ("print «'a'»", ["print('a')"]),
    ("x«' * y'»", ["x.T"]),
    ("x«'»", ["never closed", "x.T"]),
    ("«(a)(b)»", ["(a)*(b)"]),
    ("«(a+b)(c)»", ["(a+b)*(c)"]),
    ("2«(x)(y)»", ["(x)*(y)"]),
    ("«x[0](y)»", ["x[0]*(y)", "name"]),
    ("«(f)(x)»", ["(f)*(x)"]),
    ("«[a](b)»", ["[a]*(b)"]),
    ("«sin²(x)»", ["sin²*(x)", "sin(x)²"]),
    ("«sin^2(x)»", ["sin^(2(x))", "for the power of a call sin(x)^2"]),
    ("«f ** -1(x)» + 1", ["for the power of a call f(x)** -1"]),
    ("«sin²x»", ["for the power of a call sin(x)²"]),
    ("«x mod» 2", ["`mod` is written %"]),
    ("2 «plus x»", ["`plus` is written +"]),
    ("«x squared»", ["`squared` is written ^2"]),
    ("if «x then» 1", ["a if condition else b"]),
    ("d/«dx x^2»", ["grad(x^2, x)"]),
    ("«derivative of»", ["grad(x^2, x)"]),
    ("f«'»(x)", ["grad(f(x), x)"]),
    ("h«'(x) + g'»", ["grad(f(x), x)"]),
    ("x^«{2»}", ["( )"]),
    ("x_«{»1}", ["( )"]),
    ("«\\»sin x", ["LaTeX", "sin(x)"]),
    ("«\\»frac{x}{2}", ["LaTeX", "(a)/(b)"]),
    ("«∂»x", ["grad(x^2, x)"]),
    ("«∑»x", ["sum(x)"]),
    ("30«°»", ["radians(x)"]),
    ("f«′»(x)", ["grad(f(x), x)"]),
    ("i+«+»", ["+= 1"]),
    ("i-«-»\ni", ["-= 1"]),
    # operators and words of other languages
    ("x«!»", ["gamma(x+1)"]),
    ("2 + (n-1)«!»", ["gamma((n-1)+1)"]),
    ("2 * f(n)«!» / 2", ["gamma(f(n)+1)"]),
    ("«!»x", ["not"]),
    ("«|»x - 1|", ["abs(x - 1)"]),
    ("«|»|x|| + 1", ["norm(x)"]),
    ("2|x«|»", ["abs(x)"]),
    ("a «||» b", ["or"]),
    ("a «&&» b", ["and"]),
    ("a «<>» b", ["!="]),
    ("a «=>» b", [">="]),
    ("a «=<» b", ["<="]),
    ("a «===» b", ["=="]),
    ("a «~=» b", ["!="]),
    ("a «<<» 2", ["shifts"]),
    ("a «>>» 2", ["shifts"]),
    ("x «not» y", ["`not` cannot stand here"]),
    ("«$»x", ["`$`"]),
    ("x «?» 1 : 2", ["a if condition else b"]),
    ("«`»x`", ["backquotes"]),
    ("a «\\» b", ["backslash"]),
    ("x «->» y", ["arrows"]),
    # a single =
    ("(x «=» 1)", ["=="]),
    ("if x «=» 1: y", ["=="]),
    ("x[a «=» 1]", ["=="]),
    ("f(«x.a=»1)", ["plain name"]),
    ("f(a=b«=»c)", ["=="]),
    ("«x + 1» = 2", ["`x + 1`", "=="]),
    ("«f(x)» = x^2", ["def f(x)"]),
    ("«2» = x", ["no value can be given to `2`"]),
    ("a, «True» = x", ["`True`"]),
    ("[a, «b()»] = x", ["`b()`"]),
    ("«(a, b)» += 1", ["one target"]),
    ("«x + y» *= 2", ["`x + y`"]),
    ("a, *b, «*c» = d", ["only one"]),
    # calls, stars, slices
    ("f(a=1, «a»=2)", ["`a` is given twice"]),
    ("f(a=1, «b»)", ["after a keyword argument"]),
    ("f(a=«*»b)", ["missing between `=` and `*`"]),
    ("«*a»", ["unpacks only"]),
    ("(«*a»)", ["unpacks only"]),
    ("x = «*a»", ["unpacks only"]),
    ("x[«*»a]", ["missing before `*`"]),
    ("x[1:2:3«:»4]", ["`:`"]),
    ("(1«:»2)", ["slice"]),
    ("f(x«;» y)", ["commas"]),
    # choices, lambda, comprehensions
    ("a «if» b", ["no `else`", "a if condition else b"]),
    ("(a «if» b)", ["no `else`"]),
    ("a «if» b if c else d else e", ["no `else`"]),
    ("x «else» y", ["no `if` before it"]),
    ("1 + «lambda»: 0", ["(lambda …)"]),
    ("x == «not» y", ["(not …)"]),
    ("-«not» x", ["(not …)"]),
    ("«lambda» x", ["no `:`"]),
    ("«lambda»", ["name of a parameter", "λ"]),
    ("lambda «=» 3", ["reserved word", "λ"]),
    ("lambda x, «x»: 1", ["twice"]),
    ("lambda x=1, «y»: 1", ["default"]),
    ("[x «for» y]", ["no `in`"]),
    ("[x for «in» y]", ["missing before `in`"]),
    ("[x for «2» in y]", ["`2`"]),
    ("[x for x in y if a «else» b]", ["before `for`"]),
    ("x «for» x in y", ["[x for x in values]"]),
    ("f(a, x «for» x in y)", ["brackets"]),
    ("f(x for x in y«,» 1)", ["brackets around the comprehension"]),
    ("[*a «for» a in b]", ["`for`"]),
    # numbers, strings, characters
    ("«3j» + 1", ["complex numbers", "3*j"]),
    ("«1e400»", ["1e400", "too large for float64"]),
    ("1 + «0xg»", ["hexadecimal", "0*xg"]),
    ("«0b12»", ["binary"]),
    ("«1__0»", ["not a number"]),
    ("«1_»", ["not a number"]),
    ("«2_x»", ["not a number"]),
    ("x^«1e999»", ["1e999"]),
    ("x + «'»abc", ["never closed"]),
    ('«"""»abc"', ["never closed"]),
    ("«'\\x4'»", ["escape"]),
    ("«'\\N{BULLET}'»", ["escape"]),
    ("«b'x'»", ["byte strings"]),
    ("«х» + 1", ["U+0445", "Cyrillic", "`x`"]),
    ("a«х»", ["U+0445"]),
    ("«ｘ»", ["U+FF58", "`x`"]),
    ("«𝑥» + 1", ["U+1D465", "`x`"]),
    ("x«₁»", ["U+2081", "`1`"]),
    ("x«ⁿ»", ["U+207F", "^n"]),
    ("«½»x", ["U+00BD", "1/2"]),
    ("x «–» 1", ["U+2013", "`-`"]),
    ("«µ»", ["U+00B5", "`μ`"]),
    ("«∑»x", ["U+2211", "N-ary summation"]),
    ("«“»a”", ['`"`']),
    ("x«\u0302»", ["\\u0302", "U+0302"]),
    ("x«\xa0»+ 1", ["\\xa0", "U+00A0"]),
    ("x«\u200b»", ["\\u200b"]),
    ("a«\x1b»[2Jb", ["\\x1b"]),
    ("x«\x00»", ["\\x00"]),
    ("x«\x9b»", ["\\x9b"]),
    ("«\u202e»x", ["\\u202e"]),
    ("x«\udc80»", ["\\udc80"]),
    # statements
    ("«try»:\n  x\ny", ["neither", "except"]),
    ("x\n«except» ValueError:\n  x", ["no `try`"]),
    ("try:\n  x\nexcept:\n  y\nfinally:\n  z\n«except»:\n  y", ["no `try`"]),
    ("«yield» x", ["outside any function"]),
    ("«global» x", ["global"]),
    ("«nonlocal» x", ["nonlocal"]),
    ("«async» def f(): pass", ["asynchronous"]),
    ("x = «await» y", ["asynchronous"]),
    ("x = «yield»", ["outside any function"]),
    ("def f():\n    g(«yield»)", ["yield inside expressions", "give its value a name"]),
    ("def f():\n    x = (yield 1) «or» 2", ["no part of an expression", "give its value a name"]),
    ("«match» x:\n  y", ["pattern matching"]),
    ("«match»(x):\n  y", ["pattern matching"]),
    ("«return» x", ["outside any function"]),
    ("while x:\n  def f():\n    «break»", ["outside any loop"]),
    ("«continue»", ["outside any loop"]),
    ("«else»: x", ["no `if`"]),
    ("x\n«elif» y: z", ["no `if`"]),
    ("if «x»", ["`:`", "`if …` ends with a colon"]),
    ("for x in «y»\n  z", ["`for …` ends with a colon"]),
    ("def f(x«)»\n  y", ["`:`"]),
    ("if x«:»", ["indented block"]),
    ("if x:\n«y»", ["indented block"]),
    ("if x: «if» y: z", ["must begin a line"]),
    ("x; «for» y in z: w", ["must begin a line"]),
    ("x\n  «y» + 1", ["indented, but nothing above it"]),
    ("if x:\n    y\n«  »z", ["matches no line above"]),
    ("  x\n« »y", ["matches no line above"]),
    ("if x:\n\ty\n«    »z", ["tabs and spaces"]),
    ("«;» x", ["missing before `;`"]),
    ("x; «;» y", ["missing before `;`"]),
    ("if x: y «else»: z", ["`else`"]),
    ("pass «x»", ["line should end"]),
    ("def «2»(): x", ["name of the function"]),
    ("def f «x»: y", ["`(` was expected"]),
    ("def f(x, «/»): x", ["`/` among parameters"]),
    ("def f(x, «x»): x", ["twice"]),
    ("def f(x=1, «y»): x", ["default"]),
    ("def f(x «y»): x", ["comma or `)`"]),
    ("«import»", ["name of a module"]),
    ("import x «as»", ["name was expected"]),
    ("from «x»", ["`import` was expected"]),
    ("from x import «*»", ["import of everything"]),
    ("from «.» import x", ["name of a module"]),
    ("from a import (b «c»)", ["comma or `)`"]),
    ("with x «as» y: z", ["`as`"]),
    ("with «()»: z", ["context is missing"]),
    ("x «as» y", ["`as` cannot stand here"]),
]


def read(marked: str) -> tuple[str, tuple[int, int]]:
    start, end = marked.index("«"), marked.index("»") - 1
    return marked.replace("«", "").replace("»", ""), (start, end)


@pytest.mark.parametrize(("marked", "words"), MISTAKES, ids=[ascii(marked) for marked, _ in MISTAKES])
def test_each_mistake_is_explained_at_its_place(marked, words):
    source, span = read(marked)
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    error = caught.value
    told = f"{error.message}\n{error.hint}"
    assert [word for word in words if word not in told] == []
    assert error.span == span
    assert error.source == source
    assert error.status == 3
    assert error.code == "syntax"


@pytest.mark.parametrize("source", ["", "   ", "\n\n", "# nothing", "\t\n  # a\n  # b", "\ufeff"])
def test_nothing_to_read(source):
    with pytest.raises(ExpressionError, match="empty") as caught:
        parse(source)
    assert caught.value.span == (0, len(source))
    assert caught.value.source == source


def test_brackets_that_do_not_match_are_both_marked():
    with pytest.raises(ExpressionError) as caught:
        parse("f(x[1, 2) + 3]")
    assert caught.value.marks == (((3, 4), "opened here"), ((8, 9), "closed here"))


@pytest.mark.parametrize("start", ["\\\n#\n", "\\\n\n", "y = 1\n\\\n# why\n", "if x:\n  y = 1\n  \\\n\n  y = 2\n"])
def test_a_line_of_a_backslash_may_go_on_with_nothing(start):
    assert parse(start + "x").body[-1] == parse("x").body[-1]


@pytest.mark.parametrize("margin", ["  ", " \t"])
def test_a_line_without_indentation_is_marked_at_its_first_character(margin):
    with pytest.raises(ExpressionError) as caught:
        parse(margin + "x\ny")
    assert caught.value.span == (4, 5) and "matches no line" in caught.value.message


def test_long_sources_are_quoted_in_part():
    with pytest.raises(ExpressionError) as caught:
        parse("x" * 5000 + " y")
    assert len(caught.value.message) < 200
    with pytest.raises(ExpressionError) as caught:
        parse("1/2" + "(x" * 150 + ")" * 150)
    assert len(caught.value.message) < 200


PIECES = """
    x y 2 1.5 .5 π √ ² ⁻¹ ( ) [ ] , : ; . ... + - * / // % ** ^ @ & | ~ < <= == != = += -> := ! << 'a' "b if else elif
    for in while def return lambda not and or is None True import from as with assert break class yield \\ # { х f( [x
    if(x): λ
"""
WORDS = st.sampled_from([*PIECES.split(), "\n", "\n  ", "\n\t", "\x1b", ""])


@given(st.lists(WORDS, max_size=12), st.sampled_from(["", " ", "\n"]))
@examples(500)
def test_whatever_is_written_is_read_or_refused_with_its_place(words, between):
    source = between.join(words)
    try:
        tree = parse(source)
    except ExpressionError as error:
        assert error.source == source
        start, end = error.span
        assert 0 <= start <= end <= len(source)
        assert start < end or not source
        assert error.message.isprintable() and (error.hint or "").isprintable()
        assert "None" not in error.message or "None" in source
    else:
        assert tree.body and tree.source == source


@given(st.text(max_size=30))
@examples(300)
def test_any_text_is_read_or_refused(source):
    try:
        parse(source)
    except ExpressionError as error:
        assert error.message.isprintable() and (error.hint or "").isprintable()
        assert 0 <= error.span[0] <= error.span[1] <= len(source)
