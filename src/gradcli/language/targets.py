"""What may stand left of `=`, after `for`, and between the brackets of `def`."""

from __future__ import annotations

from . import syntax
from .stack import Stack
from .syntax import Expr, Parameter
from .tokens import Token


def check_target(stack: Stack, target: Expr) -> Expr:
    """`target`, if values can be given to it: a name, index, attribute, or tuple or list of such.

    Raises ExpressionError at the part to which nothing can be given.
    """
    pending = [target]
    while pending:
        part = pending.pop()
        if isinstance(part, syntax.Tuple | syntax.List):
            starred = [item for item in part.items if isinstance(item, syntax.Starred)]
            if len(starred) > 1:
                raise stack.error("only one part of a target can have a star", starred[1].span)
            pending.extend(item.operand if isinstance(item, syntax.Starred) else item for item in part.items)
        elif not isinstance(part, syntax.Name | syntax.Index | syntax.Attribute):
            from .mistakes import not_a_target

            raise not_a_target(stack, part)
    return target


def check_single_target(stack: Stack, target: Expr, operator: Token) -> Expr:
    """The same for `+=` and its siblings, which take one target. Raises ExpressionError."""
    if isinstance(target, syntax.Tuple | syntax.List):
        raise stack.error(f"`{operator.text}` changes one target, not several", target.span)
    return check_target(stack, target)


class Parameters:
    """The parameters of a `def` or `lambda`, while they are read. `word` is which of the two."""

    __slots__ = ("found", "names", "word")

    def __init__(self, word: str) -> None:
        self.word = word
        self.found: list[Parameter] = []
        self.names: set[str] = set()

    def name(self, stack: Stack) -> Token:
        """Read a parameter's name. Raises ExpressionError for anything else, or a name read before."""
        token = stack.tokens[stack.position]
        if token.kind != "name":
            from .mistakes import bad_parameter

            raise bad_parameter(stack, token, self.word)
        if token.text in self.names:
            raise stack.error(f"`{token.text}` is a parameter twice", token.span)
        self.names.add(token.text)
        stack.position += 1
        return token

    def add(self, stack: Stack, name: Token, default: Expr | None) -> None:
        """The parameter is read. Raises ExpressionError where it needed a default value."""
        if default is None and self.found and self.found[-1].default is not None:
            message = f"`{name.text}` has no default value, but a parameter before it has one"
            raise stack.error(message, name.span, "put parameters without a default value first")
        self.found.append(Parameter(name.text, default, span=(name.span[0], stack.end)))
