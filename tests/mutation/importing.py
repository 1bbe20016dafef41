"""Mutants of what a table says at its top, such as a flag of a declaration or the default of an argument.

They cannot be put into functions that live already: each is imported afresh, in a fork of a process that has loaded
all that the package and its tests need, and not the package.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from .mutants import Mutant
from .session import (
    UNREACHED,
    CodeName,
    Memory,
    Outcome,
    Survey,
    forked,
    in_session,
    keep_references,
    run,
    within_budget,
)

PACKAGE = "gradcli.engine.operations"
NEEDED = (
    "numpy.testing",
    "scipy.special",
    "scipy.linalg",
    "mpmath",
    "sympy",
    "hypothesis",
    "pytest",
    "typer",
    "rich.console",
)
ALWAYS = ("tests/test_reference.py",)
"""Tests that hold what declarations say to their reader."""


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module, and gives it the source of a mutant."""

    def __init__(self, mutant: Mutant, path: Path) -> None:
        self.name, self.path, self.source = f"{PACKAGE}.{mutant.module}", path, mutant.source

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        code: CodeType = compile(self.source, str(self.path), "exec", dont_inherit=True)
        exec(code, vars(module))

    def get_source(self, fullname: str) -> str:
        return self.source


def span(source: str, line: int) -> tuple[int, int, set[str]]:
    """The statement at the top that holds a line: its lines, and the names that it gives something to."""
    for each in ast.parse(source).body:
        first = min([each.lineno, *(d.lineno for d in getattr(each, "decorator_list", []))])
        if first <= line <= (each.end_lineno or first):
            names = {n.id for n in ast.walk(each) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            return first, each.end_lineno or first, names | {getattr(each, "name", "")}
    return line, line, set()


def mentioned(source: str, names: set[str]) -> list[tuple[int, int]]:
    """Where the functions at the top stand that use any of these names."""
    found = []
    for each in ast.parse(source).body:
        if any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(each)):
            found.append((each.lineno, each.end_lineno or each.lineno))
    return found


def tests_for(mutant: Mutant, source: str, survey: Survey) -> list[str]:
    """The tests that reach the statement that is changed, or what uses the name it defines, or anything in the table: the
    shortest first."""
    first, last, names = span(source, mutant.line)
    for places in ([(first, last)], mentioned(source, names), [(0, sys.maxsize)]):
        lines = [
            name for name in _names(survey) if name[0] == mutant.module and any(a <= name[2] <= b for a, b in places)
        ]
        wanted = set(lines)
        found = [test for test, reached in survey.reached.items() if test not in survey.failed and reached & wanted]
        if found:
            break
    return within_budget(found, survey.seconds)


def _names(survey: Survey) -> set[CodeName]:
    return set().union(*survey.reached.values())


def preload() -> None:
    """Load what is not mutated."""
    for name in NEEDED:
        importlib.import_module(name)


def attempt(mutant: Mutant, source: str, directory: Path, survey: Survey, memory: Memory) -> Outcome:
    """The fate of a mutant that is imported."""
    tests = tests_for(mutant, source, survey)
    always = [test for test in ALWAYS if (directory.parents[3] / test).exists()]
    if not tests:
        return Outcome(mutant, UNREACHED, "", 0, 0.0)
    began = time.perf_counter()
    limit = 40.0 + 2 * sum(survey.seconds[test] for test in tests)
    what, by = forked(lambda tell: _imported(mutant, directory, tests, always, memory, tell), limit)
    return Outcome(mutant, what, by, len(tests), time.perf_counter() - began)


def _imported(
    mutant: Mutant, directory: Path, tests: Sequence[str], always: Sequence[str], memory: Memory, tell: Any
) -> bool:
    sys.meta_path.insert(0, _Mutated(mutant, directory / f"{mutant.module}.py"))
    order = {test: place for place, test in enumerate(tests)}
    passed = False

    def loop(items: Sequence[Any]) -> None:
        nonlocal passed
        keep_references(memory)
        failed: list[str] = []

        def note(item: Any, good: bool, took: float) -> bool:
            if not good:
                failed.append(item.nodeid)
            return good

        known = [item for item in items if item.nodeid in order]
        others = [item for item in items if item.nodeid.split("::")[0] in always]
        run([*sorted(known, key=lambda item: order[item.nodeid]), *others], memory, note)
        tell("".join(failed[:1]))
        passed = not failed

    in_session([*sorted({test.split("::")[0] for test in tests}), *always], loop)
    return passed
