"""How far a long computation is, told to whoever listens; next to nothing where nobody does.

    with telling("differentiating", total=rows, unit="passes") as tell:
        for row in range(rows):
            ...
            tell(row + 1)

Stages may lie within one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol, TypeAlias


class Tell(Protocol):
    """Says how much is done, in the stage's unit; in words what is being done now; and what share of
    everything that is, from 0 to 1, where the stage's total does not say so."""

    def __call__(self, done: int, details: str = "", share: float | None = None) -> None: ...


Listener: TypeAlias = Callable[[str, int | None, str], AbstractContextManager[Tell]]
"""What a stage does, how much there is to do, and of what -> where it is told."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def telling(what: str, total: int | None = None, unit: str = "") -> AbstractContextManager[Tell]:
    """A stage of a computation: entered, it gives what it is to be told by."""
    listener = _listener.get()
    return _NOBODY if listener is None else listener(what, total, unit)


@contextmanager
def heard_by(listener: Listener | None) -> Iterator[None]:
    """Let the stages within a with block be told to a listener, or to nobody."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def _ignored(done: int, details: str = "", share: float | None = None) -> None:
    pass


_NOBODY: AbstractContextManager[Tell] = nullcontext(_ignored)
