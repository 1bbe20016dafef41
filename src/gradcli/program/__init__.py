"""Syntax tree to graph: scopes, control flow, functions, derivatives in the language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tracing import NeedsValues, Trace, trace

__all__ = ["NeedsValues", "Trace", "trace"]


def __getattr__(name: str) -> Any:
    """What needs NumPy is imported when it is first asked for; `scope` needs none."""
    if name in __all__:
        from . import tracing

        return getattr(tracing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
