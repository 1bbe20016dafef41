"""How far a long computation is, on standard error where that is a terminal; gone when it has ended.

The stages of a computation (`telling`) note where they are, which costs them nothing; a thread looks at
them ten times a second and draws a line for each that has lasted a while, also while one long step of it
goes on. Rich, which draws the lines, is imported when there is one to draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, RLock, Thread
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..telling import Tell
    from .environment import Environment
    from .progress_lines import Lines

DELAY = 1.0
"""Seconds until something is shown."""
PERIOD = 0.1
"""Seconds between two looks."""


class Stage:
    """How far one stage is: done of total units, or a share of everything; None where that is not known."""

    __slots__ = ("begun", "details", "done", "share", "total", "unit", "what")

    def __init__(self, what: str, total: int | None, unit: str) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.begun = monotonic()
        self.done, self.details = 0, ""
        self.share: float | None = None

    def tell(self, done: int, details: str = "", share: float | None = None) -> None:
        self.done, self.details = done, details
        self.share = done / self.total if share is None and self.total else share

    @property
    def seconds(self) -> float:
        """Since it began."""
        return monotonic() - self.begun

    @property
    def rate(self) -> float | None:
        """Units a second, once there are any."""
        return self.done / self.seconds if self.done and self.seconds > 0 else None

    @property
    def left(self) -> float | None:
        """Seconds until all is done, at that rate."""
        return self.seconds * (1.0 / self.share - 1.0) if self.share and self.share <= 1.0 else None


class Progress:
    """The stages that go on, and their lines on an environment's standard error."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._stages: list[Stage] = []
        self._lock = RLock()
        self._ended = Event()
        self._lines: Lines | None = None

    @contextmanager
    def stage(self, what: str, total: int | None, unit: str) -> Iterator[Tell]:
        """A stage, for as long as the with block lasts."""
        stage = Stage(what, total, unit)
        with self._lock:
            self._stages.append(stage)
            if len(self._stages) == 1:
                self._ended = Event()
                Thread(target=self._watch, args=(self._ended,), daemon=True).start()
        try:
            yield stage.tell
        finally:
            with self._lock:
                self._stages.remove(stage)
                if not self._stages:
                    self._ended.set()
                    self._remove()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Without lines while something else is written; they come again where stages go on."""
        with self._lock:
            self._remove()
            yield

    def _remove(self) -> None:
        if self._lines is not None:
            self._lines.remove()
            self._lines = None

    def _watch(self, ended: Event) -> None:
        pause = DELAY
        while not ended.wait(pause):
            pause = PERIOD
            with self._lock:
                if not ended.is_set():
                    self._draw()

    def _draw(self) -> None:
        lasting = [stage for stage in self._stages if stage.seconds >= DELAY]
        if not lasting:
            return
        if self._lines is None:
            from .progress_lines import Lines

            self._lines = Lines(self._environment)
        self._lines.draw(lasting)
