"""From the arguments of a command to its answer: bind, compute, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .. import files, limits, requests
from ..errors import DataError, GradcliError, UsageError
from ..requests import Request
from . import options, variables
from .session import Session, as_error

if TYPE_CHECKING:
    from ..api import Expression
    from ..results import Result
    from .command import ExpressionCommand
    from .variables import Assignment


@dataclass(frozen=True, slots=True)
class Settings:
    """How to answer: the options that are no part of a request."""

    digits: int | None
    save: str | None
    strict: bool


def serve(session: Session, command: ExpressionCommand, given: Mapping[str, Any]) -> None:
    """Answer what a command was asked: one request, or a stream of them."""
    with limits.overridden(options.moved_limits(given["limit"])):
        settings = _settings(given)
        base = _base(given)
        assigned = variables.assignments(given["assignments"])
        if given["expression"] == "-":
            _serve_requests(session, command, base, assigned, given, settings)
        elif given["vars"]:
            ...
