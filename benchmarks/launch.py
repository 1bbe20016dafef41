"""Runs a command from a small process of its own, and writes what that took.

    python -S benchmarks/launch.py STDIN COMMAND…

The most memory that a process reports includes that of the process it was started from; this one has next to none.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command with its standard input from a file; answer with seconds, bytes, status and its errors."""
    source, *argv = sys.argv[1:]
    errors, writing = os.pipe()
    nothing = os.open(os.devnull, os.O_WRONLY)
    reading = os.open(source, os.O_RDONLY)
    start = time.perf_counter()
    child = os.posix_spawn(
        argv[0],
        argv,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, each, to) for to, each in enumerate((reading, nothing, writing))],
    )
    os.close(writing)
    with open(errors, "rb") as said:
        text = said.read()  # ends when the command does
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps([seconds, usage.ru_maxrss * 1024, code, text.decode(errors="replace")]))


main()
