"""What can go wrong, in the reader's words.

Every failure a user can cause is a `GradcliError`: it knows the place in the source (a span), what
to try (a hint), its machine-readable code, and the exit status it leads to. One function in
`report.errors` draws it; nothing else in the project formats an error or chooses a status.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which need not be loaded for this
if TYPE_CHECKING:
    from typing import Any

Span = tuple[int, int]
"""Half-open range of character offsets into a source text."""


class GradcliError(Exception):
    """Base of everything a user can be told.

    Attributes:
        message: one sentence, lower case, no full stop, in the reader's words.
        code: short machine-readable name of the problem (`"syntax"`, `"shape"`, …).
        status: the exit status of the process.
        span: the exact part of `source` that is wrong, or None.
        marks: further labelled parts, as `(span, label)`; where given, they are drawn
            instead of the bare caret (the two operands of a shape error, for instance).
        hint: one thing to try, or None.
        source: the text that `span` and `marks` count in, or None until it is known.
        trail: calls the error came through, innermost first, as `(span, description)`.
        partial: what there was to answer before it, where a program had shown something already.
    """

    status = 70
    default_code = "internal"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        span: Span | None = None,
        hint: str | None = None,
        marks: tuple[tuple[Span, str], ...] = (),
        source: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.span = span
        self.hint = hint
        self.marks = marks
        self.source = source
        self.trail: list[tuple[Span, str]] = []
        self.partial: Any = None

    def at(self, span: Span | None, source: str | None = None) -> GradcliError:
        """Fill in the place where it is not known yet; returns self, to be raised."""
        if self.span is None:
            self.span = span
        if self.source is None:
            self.source = source
        return self


class UsageError(GradcliError):
    """The command line does not fit together."""

    status = 2
    default_code = "usage"


class FileError(GradcliError):
    """A file cannot be read or written."""

    status = 2
    default_code = "file"


class ExpressionError(GradcliError):
    """The expression or program cannot be understood (codes: syntax, name, argument, …)."""

    status = 3
    default_code = "syntax"


class DataError(GradcliError):
    """The expression is fine, the data is not (codes: shape, index, value, json, …)."""

    status = 4
    default_code = "value"


class NotFiniteError(GradcliError):
    """A value or derivative is NaN or infinite, under --strict."""

    status = 5
    default_code = "nonfinite"


class LimitError(GradcliError):
    """One of the bounds of `limits` was reached."""

    status = 6
    default_code = "limit"


class Interrupted(GradcliError):
    """The user pressed Ctrl-C while a program ran."""

    status = 130
    default_code = "interrupted"
