"""One run of the command line: where answers and errors go, and the status they lead to."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from ..errors import GradcliError, LimitError, UsageError
from ..telling import heard_by
from .environment import Environment, ReaderGone

if TYPE_CHECKING:
    from ..report.page import Page
    from ..results import Result
    from ..telling import Tell
    from .progress import Progress


class Session:
    """`arguments` are the command's, its name the first; `json` says in which form to answer; `status` is the highest
    that occurred."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.arguments: tuple[str, ...] = ()
        self.json = False
        self.status = 0
        self._progress: Progress | None = None

    def progress_shown(self) -> AbstractContextManager[None]:
        """Show how far long computations within a with block are, where standard error can remove a line again."""
        environment = self.environment
        shows = environment.stderr_is_terminal and environment.variables.get("TERM") != "dumb"
        return heard_by(self._stage) if shows else nullcontext()

    def _stage(self, what: str, total: int | None, unit: str) -> AbstractContextManager[Tell]:
        if self._progress is None:
            from .progress import Progress

            self._progress = Progress(self.environment)
        return self._progress.stage(what, total, unit)

    def answer(self, result: Result, *, digits: int | None = None, saved: str | None = None) -> None:
        """Write a result, as a line of JSON or as a table; of one that is saved, a table need not show everything."""
        if self.json:
            from ..report.json import encode

            self.environment.stdout.write(encode(result).encode() + b"\n")
        else:
            self._table(result, digits, saved)
        if result.check is not None and result.check.verdict == "fail":
            self.status = max(self.status, 1)

    def _table(self, result: Result, digits: int | None, saved: str | None = None) -> None:
        from ..report.table import pieces

        page = self.page()
        if saved is not None:
            page = page.replaced(saved=saved, saved_alone=saved.lower().endswith(".npy"))
        for piece in pieces(result, page, digits=digits):
            self.environment.stdout.text(piece)

    def page(self) -> Page:
        """What standard output is to those who write on it."""
        from ..report.page import Page

        environment, terminal = self.environment, self.environment.stdout_is_terminal
        return Page(environment.width, environment.stdout.encoding, environment.coloured(terminal), terminal)

    def fail(self, error: GradcliError, *, line: int | None = None) -> None:
        """Write an error: for people on standard error, and as JSON in the answer's place."""
        self.status = max(self.status, error.status)
        if line is not None and error.hint is not None:  # a record gives its variables by itself
            import re

            error.hint = re.sub(r"as in --(\w+) (\S+)$", r'as in "\1": \2', error.hint)
        if self.json and not self.environment.stdout.broken:
            from ..report.json import encode_error

            self.environment.stdout.write(encode_error(error).encode() + b"\n")
        elif error.partial is not None and not self.environment.stdout.broken:
            self._table(error.partial, None)
            self.environment.stdout.flush()
        if line is not None:
            error.message = f"line {line}: {error.message}"
        self.explain(error)

    def explain(self, error: GradcliError) -> None:
        from ..report.errors import render

        stderr = self.environment.stderr
        terminal = self.environment.stderr_is_terminal
        color = self.environment.coloured(terminal)
        unicode = stderr.encoding.lower().replace("-", "").startswith("utf")
        width = self.environment.width
        shown = render(error, ascii_only=not unicode, color=color, width=width, terminal=terminal) + "\n"
        if error.status == GradcliError.status and self.environment.variables.get("GRADCLI_DEBUG"):
            import traceback

            shown += "".join(traceback.format_exception(error.__cause__ or error))
        self.say(shown)

    def say(self, text: str) -> None:
        """Write text to standard error."""
        stderr = self.environment.stderr
        with self._progress.hidden() if self._progress else nullcontext():
            try:
                stderr.text(text)
                stderr.flush()
            except (GradcliError, ReaderGone):
                pass  # there is nobody left to tell


def as_error(exception: BaseException) -> GradcliError:
    """Any exception as something a user can be told."""
    if isinstance(exception, GradcliError):
        return exception
    if isinstance(exception, MemoryError):
        return LimitError("there is not enough memory", code="memory", hint="lower --limit bytes=N to fail earlier")
    if said := getattr(exception, "format_message", None):  # Typer's own, about the arguments
        message = str(said()).rstrip(".")
        return UsageError(message[:1].lower() + message[1:], hint="gradcli --help")
    first_line = (str(exception).splitlines() or [""])[0]
    error = GradcliError(
        f"a bug in gradcli: {type(exception).__name__}: {first_line}", hint="GRADCLI_DEBUG=1 shows where"
    )
    error.__cause__ = exception
    return error
