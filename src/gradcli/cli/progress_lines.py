"""The lines that say how far a computation is, as Rich draws them: imported when there is one to draw.

⠹ differentiating ━━━━━━━━━━━━ 412/1,000 passes, 98.1/s, 0:00:06 left
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ..text import printable

if TYPE_CHECKING:
    from .environment import Environment
    from .progress import Stage

_BAR = 20  # columns of a bar
_LEAST = 60  # columns of a terminal that has room for one


class Lines:
    """Lines on standard error, drawn anew in their place, until they are removed."""

    def __init__(self, environment: Environment) -> None:
        stderr = environment.stderr
        self._console = Console(
            file=cast(IO[str], _File(stderr)), force_terminal=True, width=environment.width, legacy_windows=False,
            no_color=not environment.coloured(True), highlight=False,
        )  # fmt: skip
        unicode = stderr.encoding.lower().replace("-", "").startswith("utf")
        self._spinner = Spinner("dots" if unicode else "line")
        self._bar = environment.width >= _LEAST
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._live.start()

    def draw(self, stages: Iterable[Stage]) -> None:
        """A line for each stage."""
        lines = Table.grid(padding=(0, 1))
        lines.add_column(no_wrap=True)
        for _ in range(2 + self._bar):
            lines.add_column(no_wrap=True, overflow="ellipsis")
        for stage in stages:
            bar = ProgressBar(1.0, min(stage.share, 1.0), width=_BAR) if stage.share is not None else ""
            lines.add_row(self._spinner, Text(stage.what), *[bar] * self._bar, Text(said(stage)))
        self._live.update(lines, refresh=True)

    def remove(self) -> None:
        """Leave nothing of them."""
        self._live.stop()


def said(stage: Stage) -> str:
    """How much is done, how fast that goes, and how long it will take: as far as they are known."""
    done = f"{stage.done:,}" if stage.total is None else f"{stage.done:,}/{stage.total:,}"
    parts = [f"{done} {stage.unit}"] if stage.done or stage.total is not None else []
    parts += [printable(stage.details)] if stage.details else []
    if stage.rate is not None:
        parts.append(f"{stage.rate:,.0f}/s" if stage.rate >= 100 else f"{stage.rate:.2g}/s")
    parts.append(f"{_clock(stage.seconds)}" if stage.left is None else f"{_clock(stage.left)} left")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds: `0:01:30`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


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
