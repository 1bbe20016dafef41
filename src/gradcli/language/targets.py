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


def parameter_name(stack: Stack, known: list[Parameter], word: str) -> Token:
    """Read the name of a parameter. Raises ExpressionError for anything else, or a name read before."""
    token = stack.tokens[stack.position]
    if token.kind != "name":
        from .mistakes import bad_parameter

        raise bad_parameter(stack, token, word)
    if any(parameter.name == token.text for parameter in known):
        raise stack.error(f"`{token.text}` is a parameter twice", token.span)
    stack.position += 1
    return token


def parameter(stack: Stack, known: list[Parameter], name: Token, default: Expr | None) -> Parameter:
    """The parameter that has just been read. Raises ExpressionError where a default was needed."""
    if default is None and known and known[-1].default is not None:
        message = f"`{name.text}` has no default value, but a parameter before it has one"
        raise stack.error(message, name.span, "put parameters without a default value first")
    return Parameter(name.text, default, span=(name.span[0], stack.end))
