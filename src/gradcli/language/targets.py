"""What may stand left of `=`, after `for`, and between the brackets of `def`."""

from __future__ import annotations

from collections.abc import Callable

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
    """The parameters of a `def` or `lambda`, while they are read. `word` is which of the two.

    `separated` is a bare `*`, or a `*` with a name: what follows is given by name only.
    """

    __slots__ = ("found", "names", "separated", "word")

    def __init__(self, word: str) -> None:
        self.word = word
        self.found: list[Parameter] = []
        self.names: set[str] = set()
        self.separated: Token | None = None

    def name(self, stack: Stack) -> Token:
        """Read a parameter's name. Raises ExpressionError for anything else, or a name read before."""
        token = stack.tokens[stack.position]
        if token.kind != "name":
            from .mistakes import bad_parameter

            raise bad_parameter(stack, token, self.word)
        if token.text in self.names:
            raise stack.error(f"`{token.text}` is a parameter twice", token.span)
        if self.found and self.found[-1].kind == "**":
            raise stack.error(f"`{token.text}` comes after `**{self.found[-1].name}`", token.span, "put it before")
        self.names.add(token.text)
        stack.position += 1
        return token

    def star(self, stack: Stack, annotation: Callable[[], None] | None = None) -> bool:
        """Read `*`, `*name` or `**name` and its comma, where one is there; annotation reads what may follow a name.

        Raises ExpressionError for a second star.
        """
        token = stack.tokens[stack.position]
        if token.kind not in ("*", "**"):
            return False
        if token.kind == "*" and self.separated is not None:
            raise stack.error("only one parameter can have a star", token.span)
        stack.position += 1
        if token.kind == "*":
            self.separated = token
        if token.kind == "**" or stack.tokens[stack.position].kind != ",":
            name = self.name(stack)
            if annotation is not None:
                annotation()
            self.found.append(Parameter(name.text, None, token.kind, span=(token.span[0], name.span[1])))
        if stack.tokens[stack.position].kind == ",":
            stack.position += 1
        elif stack.tokens[stack.position].kind not in (":", ")"):
            from .mistakes import bad_parameter

            raise bad_parameter(stack, stack.tokens[stack.position], self.word)
        return True

    def add(self, stack: Stack, name: Token, default: Expr | None) -> None:
        """The parameter is read. Raises ExpressionError where it needed a default value."""
        kind = "" if self.separated is None else "keyword"
        if default is None and not kind and self.found and self.found[-1].default is not None:
            message = f"`{name.text}` has no default value, but a parameter before it has one"
            raise stack.error(message, name.span, "put parameters without a default value first")
        self.found.append(Parameter(name.text, default, kind, span=(name.span[0], stack.end)))

    def finish(self, stack: Stack) -> None:
        """All are read. Raises ExpressionError for a bare star that nothing follows."""
        star = self.separated
        if star is not None and not any(each.kind in ("*", "keyword") for each in self.found):
            raise stack.error("a bare `*` is followed by a parameter that is given by name", star.span)
