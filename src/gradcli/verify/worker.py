"""The process that SymPy runs in, which can be killed at any time.

`python -c … ROOT BYTES SECONDS`, the last two being the bounds on its memory and processor time, where
the system can keep them. It reads one request (`symbolic`) as JSON from its standard input, and writes
what it finds, a line of JSON each, to its standard output: findings, then `["done"]`, or
`["unsupported", what]`, `["memory"]` or `["error", what]`. Nothing is asked if the input ends at once.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
from typing import Any

_STACK = 2**28  # bytes: SymPy calls itself along the depth of an expression
_RECURSION = 50_000


def main() -> None:
    """Answer the request on standard input."""
    _bound(int(sys.argv[-2]), int(sys.argv[-1]))
    sys.setrecursionlimit(_RECURSION)
    threading.stack_size(_STACK)
    thread = threading.Thread(target=_answer)
    try:
        thread.start()
    except RuntimeError:  # there is not even room for its stack
        _write("memory")
        return
    thread.join()


def _bound(size: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # not every system has it; the parent still watches the clock
        return
    for kind, most in ((resource.RLIMIT_AS, size), (resource.RLIMIT_CPU, seconds + 2)):
        try:
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (most if hard < 0 else min(most, hard), hard))
        except (ValueError, OSError):  # some systems refuse to bound the address space
            continue


def _answer() -> None:
    try:
        gc.disable()  # importing makes much and drops nothing
        import sympy

        from .precise import UnsupportedError
        from .symbolic import derive

        gc.enable()
        text = sys.stdin.read()
        if not text:
            return
        try:
            for finding in derive(sympy, json.loads(text)):
                _write(*finding)
            _write("done")
        except UnsupportedError as error:
            _write("unsupported", str(error))
    except MemoryError:
        _write("memory")
    except RecursionError:
        _write("error", "the expression is nested too deeply for it")
    except Exception as error:  # whatever SymPy trips over is its answer, not a crash
        _write("error", f"it failed with {type(error).__name__}")


def _write(*finding: Any) -> None:
    print(json.dumps(finding), flush=True)


if __name__ == "__main__":
    main()
