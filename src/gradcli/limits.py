"""Every bound, in one table.

Input comes from anyone, so all work is bounded before it is done. Each bound can be moved by
`--limit NAME=N` or by the environment variable `GRADCLI_LIMIT_NAME` (upper case).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from .errors import LimitError, Span, UsageError
from .record import Record


class Limits(Record):
    """The bounds in force. Sizes are counts unless the name says bytes or seconds."""

    source_characters: int = 1_000_000  # length of an expression or program
    tokens: int = 300_000
    nesting: int = 200  # brackets, prefix operators, blocks inside one another
    nodes: int = 20_000_000  # operations recorded in one graph
    elements: int = 2**28  # of one array, checked from its shape before it is made
    bytes: int = 12 * 2**30  # alive at one time while a graph runs
    rank: int = 32  # axes of one array
    threads: int = 8  # that compute at one time, where there are so many cores
    order: int = 64  # --order
    json_depth: int = 64
    line_bytes: int = 64 * 2**20  # one line of JSON
    file_bytes: int = 4 * 2**30  # an @file, an -f FILE
    seconds: int = 20  # of a processor, for a program while it is traced
    check_seconds: int = 10  # SymPy's part of a check
    check_bytes: int = 4 * 2**30
    steps: int = 20_000_000  # instructions of one program
    calls: int = 10_000  # functions inside one another


_current: ContextVar[Limits | None] = ContextVar("limits", default=None)
NAMES = Limits._fields


def current() -> Limits:
    """The limits in force: the defaults, moved by the environment and by `overridden`."""
    limits = _current.get()
    if limits is None:
        limits = from_environment(os.environ)
        _current.set(limits)
    return limits


def threads() -> int:
    """How many threads, or processes, compute at one time: as many as there are cores for this process, up to the
    limit."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(cores, current().threads))


def from_environment(environment: Mapping[str, str]) -> Limits:
    """The defaults, moved by `GRADCLI_LIMIT_…`. Raises UsageError for what is not a number."""
    moved = {}
    for name in NAMES:
        text = environment.get(f"GRADCLI_LIMIT_{name.upper()}")
        if text is not None:
            try:
                moved[name] = parse(name, text)
            except UsageError as error:
                error.hint = f"it comes from the environment: GRADCLI_LIMIT_{name.upper()}"
                raise
    return Limits().replaced(**moved)


def parse(name: str, text: str) -> int:
    """A limit's new value as it is written on the command line. Raises UsageError."""
    if name not in NAMES:
        raise UsageError(f"there is no limit {name!r}", hint=f"the limits are {', '.join(NAMES)}")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise UsageError(f"limit {name} takes a whole number, not {text!r}")
    return int(text)


@contextmanager
def overridden(moved: Mapping[str, int]) -> Iterator[Limits]:
    """Move some limits for the duration of a with block."""
    token = _current.set(current().replaced(**moved))
    try:
        yield current()
    finally:
        _current.reset(token)


def exceeded(name: str, what: str, *, span: Span | None = None) -> LimitError:
    """The error for bound `name`, to be raised; `what` says what would have crossed it."""
    bound = getattr(current(), name)
    return LimitError(
        f"{what}: more than the limit of {bound:,}",
        span=span,
        hint=f"raise it with --limit {name}=N or GRADCLI_LIMIT_{name.upper()}=N",
    )
