"""The process that SymPy runs in, which can be killed at any time.

It reads one request (`symbolic`) as JSON from its standard input, and writes what it finds, a line of
JSON each, to its standard output: findings, then `["done"]`, or `["unsupported", what]`,
`["memory"]` or `["error", what]`. Its memory and its processor time are bounded where the system can.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

_STACK = 2**28  # bytes: SymPy calls itself along the depth of an expression
_RECURSION = 50_000


def main() -> None:
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    _bound(int(request["bytes"]), int(request["seconds"]))
    sys.setrecursionlimit(_RECURSION)
    threading.stack_size(_STACK)
    thread = threading.Thread(target=_answer, args=(request,))
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
    for kind, most in ((resource.RLIMIT_AS, size), (resource.RLIMIT_CPU, seconds + 1)):
        try:
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (most if hard < 0 else min(most, hard), hard))
        except (ValueError, OSError):  # some systems refuse to bound the address space
            continue


def _answer(request: dict[str, Any]) -> None:
    try:
        import sympy

        from .precise import UnsupportedError
        from .symbolic import derive

        try:
            for finding in derive(sympy, request):
                _write(*finding)
            _write("done")
        except UnsupportedError as error:
            _write("unsupported", str(error))
    except MemoryError:
        _write("memory")
    except RecursionError:
        _write("error", "nested too deeply")
    except Exception as error:  # whatever SymPy trips over is its answer, not a crash
        _write("error", f"{type(error).__name__}: {error}"[:200])


def _write(*finding: Any) -> None:
    print(json.dumps(finding), flush=True)


if __name__ == "__main__":
    main()
