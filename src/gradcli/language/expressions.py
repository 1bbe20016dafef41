"""Expressions, read by operator precedence with an explicit stack; nothing here recurses.

The reader is always in one of two states: an operand is wanted, or one has been found. In each, the
kind of the next token picks a handler from a table. What no table knows (commas, closing brackets,
the end of the line) is for the innermost fence to judge.
"""

from __future__ import annotations

from collections.abc import Callable

from . import syntax
from .braces import DictFence
from .brackets import BracketFence, CallFence, ForFence, GroupFence, IndexFence, ListFence
from .fences import IfFence, LambdaFence, LineFence
from .operators import BinaryFrame, ChainFrame, ImplicitFrame, NamedFrame, RootFrame, StarredFrame, UnaryFrame
from .precedence import BINARY, CHOICE, COMPARISON, FENCE, LOGICAL, NOT, OR, POWER, PRODUCT, ROOT, SIGN, WHOLE
from .stack import DONE, FOUND, WANTED, Stack
from .syntax import Expr, Name, Number
from .tokens import SYMBOLS, Token

_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=", "is")
_FACTORS = ("name", "symbol", "(", "√")  # what a product without its sign can go on with
_CONSTANTS = {"True": True, "False": False, "None": None}


class ExpressionReader(Stack):
    """Reads one expression at a time from the tokens."""

    def expression(self, stops: frozenset[str], *, tuples: bool = False, depth: int = 0) -> Expr:
        """The expression at the current position, up to one of the kinds `stops`.

        `tuples` lets commas outside brackets make a tuple; `depth` is that of the blocks around.
        Raises ExpressionError, and LimitError for what nests too deeply.
        """
        self.frames.append(LineFence(depth, self.tokens[self.position], stops, tuples))
        tokens, wanted, found = self.tokens, _WANTED.get, _FOUND.get
        no_operand, fenced = ExpressionReader.no_operand, ExpressionReader.fenced
        state = WANTED
        while state != DONE:
            token = tokens[self.position]
            if state == WANTED:
                state = wanted(token.kind, no_operand)(self, token)
            else:
                state = found(token.kind, fenced)(self, token)
        self.frames.pop()
        return self.pop()

    def fenced(self, token: Token) -> int:
        """A word for the innermost fence, after an operand."""
        self.reduce(WHOLE)
        return self.frames[-1].after(self, token)

    def no_operand(self, token: Token) -> int:
        """A word for the innermost fence where an operand was wanted; directly after it, or not at all."""
        fence = self.frames[-1]
        if fence.binding == FENCE:
            return fence.before(self, token)
        from .mistakes import missing

        raise missing(self, token)

    # ---- an operand is wanted --------------------------------------------------------------------

    def name(self, token: Token) -> int:
        self.position += 1
        after = self.tokens[self.position].kind
        if after == "=":
            fence = self.frames[-1]
            if isinstance(fence, CallFence):
                self.position -= 1
                return fence.keyword(self, token)
        elif after == ":=":
            return self.naming(token)
        self.operands.append(Name(token.text, span=token.span))
        self.starts.append(token.span[0])
        return FOUND

    def naming(self, token: Token) -> int:
        """`name :=` where an item between brackets, or the condition of `if` or `while`, begins."""
        fence = self.frames[-1]
        if not fence.names_values:
            from .mistakes import needs_brackets_to_name

            raise needs_brackets_to_name(self, token)
        self.frames.append(NamedFrame(WHOLE, self.nested(token), token))
        self.position += 1
        return WANTED

    def number(self, token: Token) -> int:
        self.position += 1
        whole = token.text.isdigit()
        if not whole:
            from .literals import is_whole

            whole = is_whole(token.text)
        self.operands.append(Number(token.value, whole, span=token.span))
        self.starts.append(token.span[0])
        return FOUND

    def symbol(self, token: Token) -> int:
        self.position += 1
        return self.push(Name(SYMBOLS[token.text], span=token.span), token.span[0])

    def constant(self, token: Token) -> int:
        self.position += 1
        return self.push(syntax.Constant(_CONSTANTS[token.kind], span=token.span), token.span[0])

    def ellipsis(self, token: Token) -> int:
        self.position += 1
        return self.push(syntax.Ellipsis(span=token.span), token.span[0])

    def text(self, token: Token) -> int:
        """String literals side by side are one; with an f-string among them, an f-string."""
        from .formatted import fields, is_formatted, merged
        from .literals import string_value

        start, parts, formatted = token.span[0], list[syntax.Text | syntax.Field](), False
        while token.kind == "text":
            if is_formatted(token.text):
                parts += fields(self, token)
                formatted = True
            else:
                value = string_value(token.text)
                if value is None:
                    raise self.error("this string has an escape that is incomplete or unknown", token.span)
                parts.append(syntax.Text(value, span=token.span))
            self.position += 1
            token = self.tokens[self.position]
        span = (start, self.end)
        if formatted:
            return self.push(syntax.Formatted(merged(parts), span=span), start)
        return self.push(
            syntax.Text("".join(part.value for part in parts if isinstance(part, syntax.Text)), span=span), start
        )

    def sign(self, token: Token) -> int:
        self.frames.append(UnaryFrame(SIGN, self.nested(token), token))
        self.position += 1
        return WANTED

    def negation(self, token: Token) -> int:
        """`not` binds loosely: it cannot be the operand of what binds tighter."""
        if self.frames[-1].binding > NOT:
            from .mistakes import needs_brackets

            raise needs_brackets(self, token)
        self.frames.append(UnaryFrame(NOT, self.nested(token), token))
        self.position += 1
        return WANTED

    def root(self, token: Token) -> int:
        self.frames.append(RootFrame(ROOT, self.nested(token), token))
        self.position += 1
        return WANTED

    def star(self, token: Token) -> int:
        """`*items` where an item of a call, list, tuple or target begins."""
        fence = self.frames[-1]
        items = isinstance(fence, BracketFence) and fence.takes_star
        in_value = isinstance(fence, CallFence) and (fence.name is not None or fence.spread)
        in_target = isinstance(fence, ForFence) and fence.stage == "target"
        if in_value or not (items or in_target or (isinstance(fence, LineFence) and fence.tuples)):
            return self.no_operand(token)
        self.frames.append(StarredFrame(WHOLE, self.nested(token), token))
        self.position += 1
        return WANTED

    def double_star(self, token: Token) -> int:
        """`**items` where an item of a call or a dict begins."""
        fence = self.frames[-1]
        if not isinstance(fence, CallFence | DictFence) or not fence.takes_double_star(self):
            return self.no_operand(token)
        self.position += 1
        return WANTED

    def group(self, token: Token) -> int:
        self.frames.append(GroupFence(self.nested(token), token))
        self.position += 1
        return WANTED

    def listing(self, token: Token) -> int:
        self.frames.append(ListFence(self.nested(token), token))
        self.position += 1
        return WANTED

    def braces(self, token: Token) -> int:
        self.frames.append(DictFence(self.nested(token), token))
        self.position += 1
        return WANTED

    def function(self, token: Token) -> int:
        """`lambda`, which like `not` cannot be the operand of what binds tighter."""
        if self.frames[-1].binding > CHOICE:
            from .mistakes import needs_brackets

            raise needs_brackets(self, token)
        fence = LambdaFence(self.nested(token), token)
        self.frames.append(fence)
        self.position += 1
        return fence.next_parameter(self)

    # ---- an operand has been found ---------------------------------------------------------------

    def binary(self, token: Token) -> int:
        binding = BINARY[token.kind]
        self.reduce(binding)
        self.frames.append(BinaryFrame(binding, self.frames[-1].depth, token))
        self.position += 1
        return WANTED

    def power(self, token: Token) -> int:
        """`**` groups from the right, above a sign on its left and below one on its right."""
        if self.previous.kind == "superscript":
            from .mistakes import power_of_superscript

            raise power_of_superscript(self, token)
        self.reduce(ROOT)
        self.frames.append(BinaryFrame(POWER, self.nested(token), token))
        self.position += 1
        return WANTED

    def superscript(self, token: Token) -> int:
        """`²`: a power that is applied at once."""
        if self.previous.kind == "superscript":
            from .mistakes import power_of_superscript

            raise power_of_superscript(self, token)
        self.reduce(ROOT)
        self.position += 1
        exponent: Expr = Number(abs(token.value), True, span=token.span)
        if token.text[0] == "⁻":
            exponent = syntax.Unary("-", exponent, span=token.span)
        span = (self.starts[-1], token.span[1])
        power = syntax.Binary("**", self.operands[-1], exponent, span=span, operator_span=token.span)
        self.operands[-1] = power
        return FOUND

    def chain(self, token: Token) -> int:
        """`and`, `or` and comparisons, of which a row makes one node."""
        binding = LOGICAL.get(token.kind, COMPARISON)
        self.reduce(binding + 1)
        frame = self.frames[-1]
        if not isinstance(frame, ChainFrame) or frame.binding != binding:
            frame = ChainFrame(binding, frame.depth, token)
            self.frames.append(frame)
        self.position += 1
        operator, after = token.kind, self.tokens[self.position].kind
        if (operator, after) in (("is", "not"), ("not", "in")):
            self.position += 1
            operator = f"{operator} {after}"
        frame.operators.append(operator)
        return WANTED

    def membership(self, token: Token) -> int:
        """`in` and `not in`: a comparison, unless `in` ends the targets of `for`."""
        negated = token.kind == "not"
        if negated and self.tokens[self.position + 1].kind != "in":
            return self.fenced(token)
        fence = next(frame for frame in reversed(self.frames) if frame.binding == FENCE)
        if not negated and fence.ends_targets:
            return self.fenced(token)
        return self.chain(token)

    def attribute(self, token: Token) -> int:
        name = self.tokens[self.position + 1]
        if name.kind != "name" or self.previous.kind == "number":
            from .mistakes import bad_attribute

            raise bad_attribute(self, name)
        self.position += 2
        span = (self.starts[-1], name.span[1])
        self.operands[-1] = syntax.Attribute(self.operands[-1], name.text, span=span, name_span=name.span)
        return FOUND

    def call(self, token: Token) -> int:
        """`f(…)`; but a number before brackets multiplies, and nothing else can be called."""
        if self.previous.kind in ("number", "symbol"):
            return self.product(token)
        function = self.operands[-1]
        bracketed = function.span[1] != self.end
        held = isinstance(function, syntax.Index) and isinstance(function.operand, syntax.Attribute)  # self.parts[0](x)
        kinds = syntax.Lambda if bracketed else syntax.Name | syntax.Attribute | syntax.Call
        if not (isinstance(function, kinds) or (held and not bracketed)):
            from .mistakes import not_callable

            raise not_callable(self, token)
        self.frames.append(CallFence(self.nested(token), token))
        self.position += 1
        return WANTED

    def index(self, token: Token) -> int:
        if self.previous.kind == "number":
            from .mistakes import beside

            raise beside(self, token)
        self.frames.append(IndexFence(self.nested(token), token))
        self.position += 1
        return WANTED

    def product(self, token: Token) -> int:
        """An operand after an operand: a product if the first is a number, else a mistake.

        So it is if the product would change what the number already belongs to: `1/2x`, `x^2y`.
        """
        number = self.previous
        if number.kind not in ("number", "symbol") or token.kind not in _FACTORS:
            from .mistakes import beside

            raise beside(self, token)
        owner = next(frame for frame in reversed(self.frames) if frame.binding != SIGN)
        tighter = owner.binding >= POWER or (owner.binding == PRODUCT and owner.token.kind != "*")
        if tighter or "\n" in self.source[number.span[1] : token.span[0]]:
            from .mistakes import ambiguous_product

            raise ambiguous_product(self, token, owner)
        self.reduce(PRODUCT)
        self.frames.append(ImplicitFrame(self.frames[-1].depth, token.span[0]))
        return WANTED

    def factorial(self, token: Token) -> int:
        """`!`, which the language does not have."""
        from .mistakes import factorial

        raise factorial(self, token)

    def choice(self, token: Token) -> int:
        """`if`: a test of a comprehension, or `body if test else orelse`."""
        self.reduce(OR)
        frame = self.frames[-1]
        if isinstance(frame, ForFence):
            return frame.after(self, token)
        if isinstance(frame, IfFence):
            from .mistakes import no_else

            raise no_else(self, frame)
        self.frames.append(IfFence(self.nested(token), token))
        self.position += 1
        return WANTED


_Handler = Callable[[ExpressionReader, Token], int]
_Reader = ExpressionReader
_WANTED: dict[str, _Handler] = {
    "name": _Reader.name,
    "number": _Reader.number,
    "symbol": _Reader.symbol,
    "text": _Reader.text,
    "...": _Reader.ellipsis,
    "(": _Reader.group,
    "[": _Reader.listing,
    "√": _Reader.root,
    "not": _Reader.negation,
    "{": _Reader.braces,
    "lambda": _Reader.function,
    "*": _Reader.star,
    "**": _Reader.double_star,
    **dict.fromkeys(_CONSTANTS, _Reader.constant),
    **dict.fromkeys(("-", "+", "~"), _Reader.sign),
}
_FOUND: dict[str, _Handler] = {
    **dict.fromkeys(BINARY, _Reader.binary),
    **dict.fromkeys((*_COMPARISONS, *LOGICAL), _Reader.chain),
    **dict.fromkeys(("in", "not"), _Reader.membership),
    "**": _Reader.power,
    "superscript": _Reader.superscript,
    ".": _Reader.attribute,
    "(": _Reader.call,
    "[": _Reader.index,
    "if": _Reader.choice,
    "!": _Reader.factorial,
    **dict.fromkeys(("name", "number", "symbol", "text", "√", "...", "lambda", *_CONSTANTS), _Reader.product),
}
