"""Python's cyclic garbage collector, asked to wait."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_waits() -> Iterator[None]:
    """Build a graph or a plan without the collector in between; also a decorator.

    Every node that is made is kept, so the collector finds nothing, but it looks at all of them
    again each time their number has grown by a quarter: up to half of the time of a large graph.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
