"""What going through values one by one means, where that is best said in the language itself.

The machine alone can handle an error that a function of the program raises, and wait between two values.
"""

from __future__ import annotations

from functools import cache

from .code import Code
from .values import Closure, Environment

_TEXTS = {
    "zip": """
def zip(*sources):
    iterators = [iter(each) for each in sources]
    while True:
        row = []
        for each in iterators:
            try:
                row.append(next(each))
            except StopIteration:
                return
        yield tuple(row)
""",
    "going": """
def going(iterator):
    while True:
        try:
            value = iterator.__next__()
        except StopIteration:
            return
        yield value
""",
    "next": """
def next(iterator, default):
    try:
        return iterator.__next__()
    except StopIteration:
        return default
""",
    "close": """
def close(generator):
    try:
        generator.throw(GeneratorExit())
    except (GeneratorExit, StopIteration):
        return
    raise RuntimeError("the generator goes on where it is closed")
""",
}
"""By name: `zip` and `enumerate` of what may never end; objects with `__next__`, and a default behind their last
value; the end of a generator."""


def written(name: str) -> Closure:
    """One of them, as a function that can be called."""
    return Closure(_code(name), (), Environment({}, None))


@cache
def _code(name: str) -> Code:
    """Its code, ready to run: no line of it is the program's."""
    from ..language.parser import parse
    from .compiler import Compiled
    from .linker import link

    whole = Compiled(parse(_TEXTS[name])).code
    code: Code = next(argument for opcode, argument in whole.instructions if opcode == "closure")
    code.linked = link(code)
    return code
