"""How far a long computation is, on standard error where that is a terminal; gone when it has ended.

    with Progress("checking", total=len(rows)) as progress:
        for done, row in enumerate(rows):
            progress.update(done, f"row {row}")

Nothing is shown in the first second. Rich, which draws the line, is imported when there is one to draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from time import monotonic
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    from .environment import Environment

DELAY = 1.0
"""Seconds until something is shown."""

_environment: ContextVar[Environment | None] = ContextVar("environment", default=None)


@contextmanager
def shown_on(environment: Environment) -> Iterator[None]:
    """Let progress within a with block be shown on an environment's standard error."""
    token = _environment.set(environment)
    try:
        yield
    finally:
        _environment.reset(token)


class Progress:
    """A line that says what is being done and how much of it: of total, where that is known.

    `update` may be called as often as one likes: before the line is shown, and where there is no terminal
    to show it on, it costs next to nothing.
    """

    def __init__(self, description: str, total: int | None = None) -> None:
        environment = _environment.get()
        dumb = environment is None or environment.variables.get("TERM") == "dumb"
        self._environment = environment if environment and environment.stderr_is_terminal and not dumb else None
        self._description, self._total = description, total
        self._begun = monotonic()
        self._bars: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
        self._environment = None

    def update(self, done: int | None = None, details: str = "") -> None:
        """Say how much is done, and in words what is being done now."""
        if self._environment is None:
            return
        if self._bars is None:
            if monotonic() - self._begun < DELAY:
                return
            self._start(self._environment)
        self._bars.update(self._task, completed=done, details=details)

    def _start(self, environment: Environment) -> None:
        from rich import progress
        from rich.console import Console

        stderr = environment.stderr
        console = Console(
            file=cast(IO[str], _File(stderr)), force_terminal=True, width=environment.width, legacy_windows=False,
            no_color=not environment.coloured(True), highlight=False,
        )  # fmt: skip
        unicode = stderr.encoding.lower().replace("-", "").startswith("utf")
        columns: list[progress.ProgressColumn] = [progress.SpinnerColumn("dots" if unicode else "line")]
        columns.append(progress.TextColumn("{task.description}", markup=False))
        if self._total is not None:
            columns += [progress.BarColumn(), progress.MofNCompleteColumn()]
        columns += [progress.TextColumn("{task.fields[details]}", markup=False), progress.TimeElapsedColumn()]
        bars = progress.Progress(
            *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False,
            get_time=lambda: monotonic(),
        )  # fmt: skip
        self._task = bars.add_task(self._description, total=self._total, details="")
        bars.tasks[0].start_time = self._begun
        bars.start()
        self._bars = bars


class _File:
    """A stream of an environment as Rich writes to it: what cannot be written is nobody's error."""

    def __init__(self, output: Any) -> None:
        self._output = output
        self.encoding = output.encoding

    def write(self, text: str) -> int:
        self._output.text(text)
        return len(text)

    def flush(self) -> None:
        from ..errors import GradcliError
        from .environment import ReaderGone

        with suppress(GradcliError, ReaderGone):
            self._output.flush()

    def isatty(self) -> bool:
        return True
