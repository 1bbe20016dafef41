"""Why a mutant may survive."""

from __future__ import annotations

from typing import Any

EQUIVALENT, OPEN = "equivalent", "open"
UNSAID = (OPEN, "Not looked at, or not yet killed.")

REASONS: list[tuple[str, str, str, str, str]] = []
"""(module, part of the line, part of the mutated line, EQUIVALENT or OPEN, the reason)."""


def reason(record: dict[str, Any]) -> tuple[str, str]:
    """Whether a survivor does the same as the table, and why it survives."""
    for module, before, after, kind, why in REASONS:
        if module in ("", record["module"]) and before in record["before"] and after in record["after"]:
            return kind, why
    return UNSAID
