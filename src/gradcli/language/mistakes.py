"""What to say of an expression that cannot be read. Loaded only once something has gone wrong.

Every function returns the error, to be raised; the readings it offers are made of the source itself.
"""

from __future__ import annotations

from ..errors import ExpressionError, Span
from ..text import shortened
from . import syntax
from .brackets import CallFence, ForFence
from .characters import prime
from .fences import IfFence, LambdaFence, LineFence
from .habits import DERIVATIVE, instead_of, is_derivative, power_of_call
from .precedence import PRODUCT
from .stack import Frame, Stack
from .syntax import Expr
from .tokens import KEYWORDS, Token

_LAYOUT = ("newline", "indent", "dedent", "end")
_VALUES = ("name", "number", "symbol", "text", "...", "True", "False", "None")
_SIGNS = ("-", "+", "~", "√", "not")
_INFIX = ("if", "else", "for", "in", "is", "and", "or", "as")

# Python's statements and words that the language does without: what they make, and what to do instead.
_WITHOUT = {
    "async": ("asynchronous functions", None),
    "await": ("asynchronous functions", None),
    "yield": ("yield inside expressions", "give its value a name first: x = yield …"),
    "match": ("pattern matching", "choose with if and elif"),
    "->": ("arrows outside def", None),
    "<<": ("shifts", "multiply by a power of 2"),
    ">>": ("shifts", "divide by a power of 2"),
}
# Operators of other languages, which arrive here as two.
_ELSEWHERE = {"~=": "!=", "=<": "<=", "=>": ">=", "===": "==", "!==": "!=", "&&": "and", "||": "or"}


# ---- an operand is wanted, and `token` is none -----------------------------------------------------


def missing(stack: Stack, token: Token) -> ExpressionError:
    """`token` stands where a value was expected."""
    before = stack.previous if stack.position and stack.previous.text else None
    if token.kind in _LAYOUT:
        return _ends(stack, token, before)
    if before is not None and (error := _foreign(stack, before, token)):
        return error
    if token.kind == "|":
        return _bars(stack, token)
    if token.kind in _WITHOUT:
        return without(stack, token)
    if token.kind == "!":
        return stack.error("`!` is not an operator of the language", token.span, "write not")
    if token.kind in KEYWORDS and token.kind not in _INFIX:
        return stack.error(f"`{token.text}` is a reserved word, but a value was expected", token.span)
    if before is not None and _is_operator(before) and _is_operator(token):
        return stack.error(f"a value is missing between `{before.text}` and `{token.text}`", token.span)
    return stack.error(f"a value is missing before `{token.text}`", token.span)


def _is_operator(token: Token) -> bool:
    return not token.text[0].isalnum() and token.kind not in ("(", ")", "[", "]", "{", "}", ",", ":", ";")


def _foreign(stack: Stack, first: Token, second: Token) -> ExpressionError | None:
    """An operator of another language, read as two."""
    meant = _ELSEWHERE.get(first.text + second.text)
    if meant is None or first.span[1] != second.span[0]:
        return None
    message = f"`{first.text}{second.text}` is not an operator of the language"
    return stack.error(message, (first.span[0], second.span[1]), f"write {meant}")


def _ends(stack: Stack, token: Token, before: Token | None) -> ExpressionError:
    """The source, or the line, ends too early."""
    rest = stack.tokens[stack.position :]
    what = "line" if any(later.text for later in rest) else "expression"
    after = f"after `{before.text}`, " if before else ""
    hint = "an absolute value is written abs(x)" if before and before.kind == "|" else None
    if before and before.kind in ("+", "-") and stack.tokens[stack.position - 2].kind == before.kind:  # `i++`
        hint = f"write {before.text}= 1"
    return stack.error(f"the {what} ends {after}where a value was expected", stack.place(token), hint)


def _bars(stack: Stack, token: Token) -> ExpressionError:
    """`|x|` as a mathematician writes it."""
    tokens, start = stack.tokens, stack.position + 1
    double = tokens[start].kind == "|"
    start += double
    last = start
    while tokens[last].kind not in ("|", *_LAYOUT):
        last += 1
    inside = "x" if last == start else stack.source[tokens[start].span[0] : tokens[last - 1].span[1]]
    call = f"{'norm' if double else 'abs'}({shortened(inside)})"
    return stack.error("bars around a value are not part of the language", token.span, f"write {call}")


def without(stack: Stack, token: Token) -> ExpressionError:
    """A word or operator of Python's that the language does without."""
    things, hint = _WITHOUT[token.text]
    return stack.error(f"the language has no {things} (`{token.text}`)", token.span, hint)


def needs_brackets_to_name(stack: Stack, token: Token) -> ExpressionError:
    """`name := value` where it would be a guess what it belongs to."""
    colon = stack.tokens[stack.position]
    hint = "assign with = on a line of its own" if isinstance(stack.frames[-1], LineFence) else "put brackets around it"
    return stack.error(f"`{token.text} :=` cannot stand here", (token.span[0], colon.span[1]), hint)


def needs_brackets(stack: Stack, token: Token) -> ExpressionError:
    """`not` or `lambda` as the operand of something that binds tighter."""
    message = f"`{token.text}` cannot follow `{stack.previous.text}` without brackets"
    return stack.error(message, token.span, f"write ({token.text} …)")


# ---- an operand has been found, and `token` cannot follow it ---------------------------------------


def unexpected(stack: Stack, token: Token) -> ExpressionError:
    """`token` means nothing to the fence around it."""
    fence, following = stack.frames[-1], stack.tokens[min(stack.position + 1, len(stack.tokens) - 1)]
    if isinstance(fence, IfFence):
        return no_else(stack, fence)
    if isinstance(fence, ForFence) and fence.stage == "target":
        return stack.error("this `for` has no `in`", fence.token.span, "write [… for name in values]")
    if token.kind in _LAYOUT:
        return _line_ends(stack, fence)
    if token.kind in _WITHOUT:
        return without(stack, token)
    if token.kind == "=":
        return _single_equals(stack, token)
    if error := _foreign(stack, token, following):
        return error
    return stack.error(*_misplaced(fence, token))


def _misplaced(fence: Frame, token: Token) -> tuple[str, Span, str | None]:
    message, hint = _MISPLACED.get(token.kind, (f"`{token.text}` cannot stand here", None))
    if token.text.endswith("=") and token.kind not in _MISPLACED:
        message = f"`{token.text}` stands on a line of its own, after a name"
    if isinstance(fence, ForFence) and token.kind in _IN_COMPREHENSION:
        hint = _IN_COMPREHENSION[token.kind]
    return message, token.span, hint


_MISPLACED: dict[str, tuple[str, str | None]] = {
    ":": ("a `:` makes a slice only inside an index, as in x[1:3]", None),
    ":=": ("only a name can be given a value by `:=`", None),
    ";": ("a `;` ends a statement, but brackets are still open", "separate the items by commas"),
    ",": ("a comma cannot stand here", "put brackets around several values"),
    "{": ("`{` cannot stand here", "brackets that group are ( )"),
    "else": ("this `else` has no `if` before it", "a choice is written: a if condition else b"),
    "for": ("`for` begins a line, or stands behind the element inside brackets", "write [x for x in values]"),
    "<>": ("`<>` is not an operator of the language", "write !="),
}
_IN_COMPREHENSION = {
    "else": "a choice of elements stands before `for`, any other choice in brackets",
    ",": "put brackets around the comprehension",
}


def _line_ends(stack: Stack, fence: Frame) -> ExpressionError:
    """The line ends where a fence still waits for its colon."""
    if isinstance(fence, LambdaFence):
        return stack.error("this `lambda` has no `:`", fence.token.span, "write lambda x: value")
    first = stack.position - 1
    while first and stack.tokens[first - 1].text:
        first -= 1
    hint = f"`{stack.tokens[first].text} …` ends with a colon"
    return stack.error("the line ends, but a `:` was expected", stack.previous.span, hint)


def _single_equals(stack: Stack, token: Token) -> ExpressionError:
    if isinstance(stack.frames[-1], CallFence):
        start = stack.starts[-1]
        message = "only a plain name can name an argument"
        return stack.error(message, (start, token.span[1]), "write == to compare")
    return stack.error("a single `=` gives a value to a name and cannot stand here", token.span, "write == to compare")


def factorial(stack: Stack, token: Token) -> ExpressionError:
    """`x!`"""
    operand = shortened(stack.source[stack.starts[-1] : stack.end])
    return stack.error(
        "`!` is not an operator of the language", token.span, f"for a factorial write gamma({operand}+1)"
    )


def no_else(stack: Stack, fence: Frame) -> ExpressionError:
    """`a if b` and no more, or a further `if` as its test."""
    return stack.error("this `if` has no `else`", fence.token.span, "a choice is written: a if condition else b")


def lonely_star(stack: Stack, starred: Expr | None = None) -> ExpressionError:
    """`*a` that is not an item of anything."""
    span = (starred or stack.operands[-1]).span
    return stack.error("a `*` unpacks only among the items of a call, list or tuple", span)


def bad_keyword(stack: Stack, fence: CallFence, token: Token) -> ExpressionError:
    """`f(a=1, a=2)` or `f(a=b=c)`."""
    if fence.name is not None:
        return _single_equals_after(stack, token)
    return stack.error(f"`{token.text}` is given twice", token.span)


def _single_equals_after(stack: Stack, token: Token) -> ExpressionError:
    span = stack.tokens[stack.position + 1].span
    return stack.error(f"a second `=` follows `{token.text}`", span, "write == to compare")


def bad_attribute(stack: Stack, name: Token) -> ExpressionError:
    """What follows a `.` is no name, or the `.` follows a number."""
    dot = stack.tokens[stack.position]
    if name.kind == "name":
        return stack.error("a number has no attributes", (dot.span[0], name.span[1]), "put brackets around the number")
    if name.kind in _LAYOUT:
        return stack.error("the expression ends after `.`, where a name was expected", dot.span)
    return stack.error(f"`{shortened(name.text)}` after a dot is not a name", (dot.span[0], name.span[1]))


# ---- values side by side, and products that would be a guess ---------------------------------------


def beside(stack: Stack, token: Token) -> ExpressionError:
    """A value follows a value, and nothing says what is to become of them."""
    before, start = stack.previous, stack.starts[-1]
    end = stack.tokens[max(stack.position, factor_end(stack.tokens, stack.position) - 1)].span[1]
    left, right = (shortened(stack.source[a:b]) for a, b in ((start, stack.end), (token.span[0], end)))
    touching = before.span[1] == token.span[0]
    span = (start, end)
    if touching and token.kind == "number" and "." in token.text:
        span = (start, token.span[1])
        if before.kind == "number":
            return stack.error(f"`{left}{token.text}` is not a number", span)
        return stack.error(f"`{left}{token.text}` is not a value", span, f"write {left}*{right}, or {left}[…]")
    if before.kind == "number" and token.kind == "[":
        return stack.error("a number has no elements", span, f"for a product write {left}*{right}")
    if token.kind == "text":
        transpose = touching and token.text[0] == "'"
        hint = prime(token.text) if transpose else f"for a call write {left}({right})"
        return stack.error(f"a string follows `{left}`", token.span, hint)
    if stack.frames[-1].token.span[0] == start and left == "match":
        return without(stack, before)
    message = f"two values stand side by side: `{left}` and `{right}`"
    if is_derivative(stack.tokens[max(0, stack.position - 3) : stack.position]):
        return stack.error(message, span, DERIVATIVE)
    return stack.error(message, span, instead_of(token.text) or instead_of(before.text) or _join(stack, left, right))


def _join(stack: Stack, left: str, right: str) -> str:
    if stack.previous.kind == "superscript":
        name = shortened(stack.source[stack.starts[-1] : stack.previous.span[0]])
        called = power_of_call(name, stack.previous.text, f"({right})")
        return f"for a product write {left}*{right}, {called}"
    if isinstance(stack.operands[-1], syntax.Number):
        return f"write {left}*{right}, or {left}, {right}"
    operand = stack.operands[-1]
    if isinstance(operand, syntax.Name | syntax.Attribute) and operand.span[1] == stack.end:
        return f"for a product write {left}*{right}, for a call {left}({right})"
    return f"for a product write {left}*{right}"


def ambiguous_product(stack: Stack, token: Token, owner: Frame) -> ExpressionError:
    """`1/2x`, `x^2y`, `√2x`: a product without its sign, next to what binds as tightly or tighter."""
    tokens, source, number = stack.tokens, stack.source, stack.previous
    end = tokens[factor_end(tokens, stack.position - 1) - 1].span[1]
    rest = source[token.span[0] : end]
    if owner.binding < PRODUCT or owner.token.kind == "*":
        left, right = shortened(source[stack.starts[-1] : number.span[1]]), shortened(rest)
        message = f"`{left}` and `{right}` stand on different lines"
        return stack.error(message, (number.span[0], end), f"write {left}*{right}, or a comma between them")
    index = stack.position - 1
    while tokens[index - 1] is not owner.token:
        index -= 1
    right_start = tokens[index].span[0]
    start = owner.token.span[0] if owner.token.kind == "√" else stack.starts[-2]
    narrow = source[start : number.span[1]]
    wide = shortened(f"{source[start:right_start]}({source[right_start:end]})")
    message = f"`{shortened(source[start:end])}` could mean {wide} or {shortened(f'({narrow}){rest}')}"
    hint = f"write {wide}, or {shortened(f'{narrow}*{rest}')}"
    if token.kind == "(" and owner.token.kind == "**" and tokens[index - 2].span[0] == start:  # `sin^2(x)`
        name = source[start : tokens[index - 2].span[1]]
        hint = f"{hint}; {power_of_call(name, source[owner.token.span[0] : number.span[1]], rest)}"
    return stack.error(message, (start, end), hint)


def not_callable(stack: Stack, token: Token) -> ExpressionError:
    """`(a)(b)`, `x[0](y)`, `sin²(x)`: what stands before the brackets is not the name of a function."""
    start, close = stack.starts[-1], _closing(stack.tokens, stack.position)
    left, end = shortened(stack.source[start : stack.end]), stack.tokens[close].span[1]
    arguments = shortened(stack.source[token.span[0] : end])
    hint = f"for a product write {left}*{arguments}"
    if stack.previous.kind == "superscript":
        name = shortened(stack.source[start : stack.previous.span[0]])
        hint = f"{hint}, {power_of_call(name, stack.previous.text, arguments)}"
    elif isinstance(stack.operands[-1], syntax.Index):
        hint = f"{hint}; to call an element, give it a name first"
    return stack.error(f"`{left}` cannot be called", (start, end), hint)


def power_of_superscript(stack: Stack, token: Token) -> ExpressionError:
    """`x²^3`, `x² ³`"""
    tokens, start, power = stack.tokens, stack.starts[-1], stack.previous
    exponent = stack.position + (token.kind == "**")
    last = max(exponent, factor_end(tokens, exponent) - 1)
    outer = token.text + stack.source[token.span[1] : tokens[last].span[1]]
    base = stack.source[start : power.span[0]].rstrip()
    first = shortened(f"({base}{power.text}){outer}")
    second = shortened(f"{base}^({int(power.value)}{outer})")
    span = (start, tokens[last].span[1])
    shown = shortened(stack.source[slice(*span)])
    return stack.error(f"`{shown}` could mean {first} or {second}", span, f"write {first}, or {second}")


def factor_end(tokens: list[Token], index: int) -> int:
    """The index behind the factor that begins at `index`: its signs, brackets, calls, powers and
    the factors that follow a number without a sign."""
    while True:
        while tokens[index].kind in _SIGNS:
            index += 1
        multiplies = tokens[index].kind in ("number", "symbol")
        if tokens[index].kind in ("(", "[", "{"):
            index = _closing(tokens, index)
        elif tokens[index].kind not in _VALUES:
            return index
        index += 1
        while tokens[index].kind in (".", "[", "superscript") or (tokens[index].kind == "(" and not multiplies):
            multiplies = False
            index = _closing(tokens, index) + 1 if tokens[index].kind in ("(", "[", "{") else index + 1
            index += tokens[index - 1].kind == "." and tokens[index].kind == "name"
        if tokens[index].kind == "**":
            index += 1
        elif not (multiplies and tokens[index].kind in ("name", "symbol", "(", "√")):
            return index


def _closing(tokens: list[Token], index: int) -> int:
    """The index of the bracket that closes the one at `index`."""
    depth = 0
    while True:
        depth += (tokens[index].kind in ("(", "[", "{")) - (tokens[index].kind in (")", "]", "}"))
        if depth == 0:
            return index
        index += 1


# ---- targets and parameters ------------------------------------------------------------------------


def not_a_target(stack: Stack, part: Expr) -> ExpressionError:
    """Something to which no value can be given, where one is given to it."""
    shown = shortened(stack.source[slice(*part.span)])
    hint = "write == to compare" if stack.tokens[stack.position].kind == "=" else None
    if isinstance(part, syntax.Call) and isinstance(part.function, syntax.Name):
        hint = f"a function is defined with def: def {shown}: return …"
    return stack.error(f"no value can be given to `{shown}`", part.span, hint)


def bad_parameter(stack: Stack, token: Token, word: str) -> ExpressionError:
    """What stands where the name of a parameter was expected."""
    hint = "lambda is a reserved word; λ can be a name" if word == "lambda" else "name every parameter"
    if not token.text:
        return stack.error("the line ends where the name of a parameter was expected", stack.place(token), hint)
    if token.kind == "/":
        return stack.error(f"the language has no `{token.text}` among parameters", token.span, "leave it out")
    shown = shortened(token.text)
    return stack.error(f"the name of a parameter was expected, not `{shown}`", token.span, hint)
