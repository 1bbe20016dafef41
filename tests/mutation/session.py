"""Tests run on mutants, inside one run of pytest: collected once, and forked for every mutant.

A pytest plugin with two tasks. `survey` runs every test on the tables as they are, keeps what the slow references say,
and sees how long each test takes and which functions of the tables it reaches. `hunt`
gives the functions of the tables in a forked copy of the process the code of a mutant, and runs the tests that reach
what is changed, the shortest first, until one fails.

A reference never calls the tables, so that its answers can be kept: they are filed under the test and the arguments.
"""

from __future__ import annotations

import ast
import functools
import gc
import hashlib
import itertools
import os
import pickle
import resource
import signal
import sys
import time
import types
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

from gradcli.engine import operations

from .mutants import Mutant, content, same

KILLED, SURVIVED, TIMED_OUT, UNREACHED = "killed", "survived", "timed out", "not reached"
"""What becomes of a mutant; one that no test reaches has survived too."""
SECONDS = 20
"""Of a mutant; one that takes longer hangs, or might as well."""
LONGEST = 2.0
"""Seconds; tests that take longer are left out where others reach the same function."""
BUDGET = 5.0
"""Seconds of tests for a mutant, by what they took on the tables as they are."""
MEMORY = 6 * 2**30

CACHED = type(functools.cache(len))
CodeName = tuple[str, str, int, int]
"""Module, qualified name, first line, and a sum of the columns, which tells lambdas of a line apart."""


class Survey(NamedTuple):
    """What a run on the tables as they are has shown of each test."""

    seconds: dict[str, float]
    reached: dict[str, frozenset[CodeName]]
    failed: frozenset[str]


class Outcome(NamedTuple):
    """What became of a mutant, and which test killed it."""

    mutant: Mutant
    what: str
    by: str
    tests: int
    seconds: float


def code_name(code: types.CodeType) -> CodeName:
    """A name for the code of a function that is the same in a mutant of the same shape."""
    return (Path(code.co_filename).stem, code.co_qualname, code.co_firstlineno, zlib.crc32(code.co_linetable))


# ---- references kept ---------------------------------------------------------------------------------


class Memory:
    """Answers of references, by test, function and arguments."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[bytes, Any] = pickle.loads(path.read_bytes()) if path.exists() else {}
        self.test = ""
        self.counts: Counter[bytes] = Counter()

    def enter(self, test: str) -> None:
        self.test = test
        self.counts.clear()

    def keeping(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """function, whose answers are kept. Calls of a test with the same arguments are told apart by their order,
        since a function among the arguments has no name."""

        @functools.wraps(function)
        def kept(*args: Any, **named: Any) -> Any:
            text = repr((self.test, function.__qualname__, [_plain(a) for a in args], sorted(named)))
            key = hashlib.blake2b(text.encode(), digest_size=16).digest()
            self.counts[key] += 1
            key += self.counts[key].to_bytes(4, "big")
            if key not in self.answers:
                self.answers[key] = function(*args, **named)
            return self.answers[key]

        return kept

    def save(self) -> None:
        self.path.write_bytes(pickle.dumps(self.answers))


def _plain(value: Any) -> Any:
    """value as something whose repr says what it is, and not where in memory."""
    if callable(value):
        return getattr(value, "__qualname__", "")
    if hasattr(value, "_code"):
        return value._code.co_consts, value._code.co_names, value.names
    if hasattr(value, "dtype"):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def keep_references(memory: Memory) -> None:
    """Put memory in front of the references that the test modules have imported."""
    slow = {"partial", "expected"}
    wrapped: dict[Any, Any] = {}
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").split(".")[0] in ("references", "special_points") or "test_" in getattr(
            module, "__name__", ""
        ):
            for name in slow & vars(module).keys():
                function = vars(module)[name]
                setattr(module, name, wrapped.setdefault(function, memory.keeping(function)))
    references = sys.modules.get("references")
    if references is not None:
        for name in ("__call__", "along", "curvature"):
            setattr(references.Reference, name, memory.keeping(getattr(references.Reference, name)))


# ---- tests run ---------------------------------------------------------------------------------------


def run(items: Sequence[pytest.Item], memory: Memory, note: Callable[[pytest.Item, bool, float], bool]) -> None:
    """Run tests one after another; note(item, passed, seconds) says whether to go on."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        memory.enter(item.nodeid)
        began = time.perf_counter()
        reports = runtestprotocol(item, log=False, nextitem=following)
        passed = not any(report.failed for report in reports)
        if not note(item, passed, time.perf_counter() - began):
            return


def survey(items: Sequence[pytest.Item], memory: Memory) -> Survey:
    """Every test on the tables as they are."""
    seconds: dict[str, float] = {}
    reached: dict[str, frozenset[CodeName]] = {}
    failed: set[str] = set()

    met: set[Any] = set()
    kept = [each for _, each in remembering()]

    def profile(frame: Any, event: str, arg: Any) -> None:
        if event == "call":
            met.add(frame.f_code)

    def seen(item: pytest.Item, passed: bool, took: float) -> bool:
        seconds[item.nodeid] = took
        reached[item.nodeid] = frozenset(code_name(c) for c in tuple(met) if "/engine/operations/" in c.co_filename)
        met.clear()
        for each in kept:
            each.cache_clear()  # so that the next test reaches what makes it, too
        if not passed:
            failed.add(item.nodeid)
        return True

    sys.setprofile(profile)
    run(items, memory, seen)
    sys.setprofile(None)
    memory.save()
    return Survey(seconds, reached, frozenset(failed))


# ---- mutants -----------------------------------------------------------------------------------------


def functions_of_the_tables() -> dict[CodeName, list[types.FunctionType]]:
    """Every living function whose code stands in a table, all of which are loaded for it."""
    operations.load((*operations.FREQUENT, *operations.OTHERS))
    found: dict[CodeName, list[types.FunctionType]] = {}
    for each in gc.get_objects():
        if isinstance(each, types.FunctionType) and "/engine/operations/" in each.__code__.co_filename:
            found.setdefault(code_name(each.__code__), []).append(each)
    return found


Pairs = Iterator[tuple[types.CodeType, types.CodeType]]


def pairs(one: types.CodeType, other: types.CodeType) -> Pairs:
    """The code objects of two programs side by side. Raises ValueError where they are not made alike."""
    yield one, other
    inner = [[c for c in code.co_consts if isinstance(c, types.CodeType)] for code in (one, other)]
    for left, right in zip(*inner, strict=True):
        yield from pairs(left, right)


class Change(NamedTuple):
    """The functions whose own code a mutant changes, those to be given new code (these, and what makes them), and
    whether anything else changes, at the top of the module."""

    changed: tuple[CodeName, ...]
    replaced: tuple[tuple[CodeName, types.CodeType], ...]
    at_the_top: bool


def change_of(original: str, mutant: Mutant) -> Change | None:
    """What a mutant changes; None where it has other functions than the table."""
    one, other = (compile(text, f"{mutant.module}.py", "exec", dont_inherit=True) for text in (original, mutant.source))
    try:
        both = list(pairs(one, other))[1:]
    except ValueError:
        return None
    changed = tuple(code_name(old) for old, new in both if not same(old, new))
    replaced = tuple((code_name(old), new) for old, new in both if content(old) != content(new))
    return Change(changed, replaced, not same(one, other))


def at_import(source: str) -> set[str]:
    """The functions of a table that its statements at the top call, as those are that make operations: they have run
    before any test, and what they do is changed by an import alone."""
    called: set[str] = set()
    for each in ast.parse(source).body:
        if not isinstance(each, ast.FunctionDef | ast.ClassDef):
            called |= {
                n.func.id for n in _run_at_once(each) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
            }
    return called


def _run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is under it, lambdas aside, which wait until they are called."""
    yield node
    for each in ast.iter_child_nodes(node):
        if not isinstance(each, ast.Lambda):
            yield from _run_at_once(each)


def remembering() -> list[tuple[CodeName, Any]]:
    """Every living function of the tables that keeps its answers, by the name of what it keeps them of."""
    made = [(getattr(each, "__wrapped__", None), each) for each in gc.get_objects() if isinstance(each, CACHED)]
    return [(code_name(inner.__code__), each) for inner, each in made if isinstance(inner, types.FunctionType)]


def put_in(
    change: Change, functions: dict[CodeName, list[types.FunctionType]], kept: Sequence[tuple[CodeName, Any]]
) -> None:
    """Give living functions their changed code."""
    names = {name for name, _ in change.replaced}
    for name, each in kept:
        if name in names:
            each.cache_clear()  # what was kept is what the table says
    for name, code in change.replaced:
        for function in functions.get(name, ()):
            function.__code__ = code


def within_budget(tests: Iterable[str], seconds: dict[str, float], budget: float = BUDGET) -> list[str]:
    """Tests in the order to run them: of every test function its shortest case, then of each the next, as long as time
    is left. Those of one function fail together more often than those of several."""
    of_function: dict[str, list[str]] = {}
    for test in sorted(tests, key=lambda test: (seconds[test], test)):
        of_function.setdefault(test.partition("[")[0], []).append(test)
    rounds = itertools.zip_longest(*sorted(of_function.values(), key=lambda some: seconds[some[0]]))
    chosen: list[str] = []
    spent = 0.0
    for test in (test for one in rounds for test in one if test is not None):
        if chosen and (seconds[test] > LONGEST or spent + seconds[test] > budget):
            continue
        chosen.append(test)
        spent += seconds[test]
    return chosen


class Hunt:
    """Mutants of tables, each tried in a process of its own."""

    def __init__(self, items: Sequence[pytest.Item], survey: Survey, memory: Memory, sources: dict[str, str]) -> None:
        self.survey, self.memory, self.sources = survey, memory, sources
        self.items = {item.nodeid: item for item in items if item.nodeid in survey.seconds}
        self.functions, self.remembering = functions_of_the_tables(), remembering()  # before they are out of sight
        self.at_import = {module: at_import(source) for module, source in sources.items()}
        gc.collect()
        gc.freeze()  # pages that a collection would touch would have to be copied for every mutant
        gc.disable()
        self.reaching: dict[CodeName, list[str]] = {}
        for test, names in survey.reached.items():
            if test in self.items and test not in survey.failed:
                for name in names:
                    self.reaching.setdefault(name, []).append(test)

    def tests_for(self, names: Sequence[CodeName], budget: float) -> list[str]:
        """The tests that reach any of these functions."""
        found = {test for name in names for test in self.reaching.get(name, ())}
        return within_budget(found, self.survey.seconds, budget)

    def attempt(self, mutant: Mutant, budget: float = BUDGET) -> Outcome | None:
        """The fate of a mutant; None where it changes more than what functions do when they are called, and must be
        imported."""
        change = change_of(self.sources[mutant.module], mutant)
        if change is None or change.at_the_top or not change.changed:
            return None
        if any(name[1] in self.at_import[mutant.module] for name in change.changed):
            return None
        tests = self.tests_for(change.changed, budget)
        began = time.perf_counter()
        if not tests:
            return None
        what, by = self._forked(lambda: put_in(change, self.functions, self.remembering), tests)
        return Outcome(mutant, what, by, len(tests), time.perf_counter() - began)

    def unchanged(self) -> list[str]:
        """Tests that fail in a forked copy though nothing was changed: there should be none."""
        what, by = self._forked(lambda: None, list(self.items))
        return [by] if what != SURVIVED else []

    def _forked(self, prepare: Callable[[], None], tests: Sequence[str]) -> tuple[str, str]:
        def work(tell: Callable[[str], None]) -> bool:
            failed: list[str] = []

            def note(item: pytest.Item, passed: bool, took: float) -> bool:
                if not passed:
                    failed.append(item.nodeid)
                return passed

            prepare()
            run([self.items[test] for test in tests], self.memory, note)
            tell("".join(failed))
            return not failed

        return forked(work, SECONDS + 2 * sum(self.survey.seconds[test] for test in tests))


def forked(work: Callable[[Callable[[str], None]], bool], limit: float) -> tuple[str, str]:
    """Do work, which says whether its tests passed, in a copy of the process; what became of it, and what it told."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _in_child(work, limit, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        late = os.WTERMSIG(status) == signal.SIGALRM
        return (TIMED_OUT, "") if late else (KILLED, f"signal {os.WTERMSIG(status)}")
    return (SURVIVED, "") if os.WEXITSTATUS(status) == 0 else (KILLED, said)


def _in_child(work: Callable[[Callable[[str], None]], bool], limit: float, writing: int) -> None:
    status = 1

    def tell(text: str) -> None:
        os.write(writing, text.encode()[:4000])

    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(limit) + 1)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(quiet, stream)
        status = 0 if work(tell) else 1
    except BaseException as error:  # a mutant may raise anything at all, and that is a kill
        tell(repr(error))
    finally:
        os._exit(status)


# ---- the plugin --------------------------------------------------------------------------------------


class Plugin:
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, loop: Callable[[Sequence[pytest.Item]], None]) -> None:
        self.loop = loop

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.loop(session.items)
        return True


def in_session(tests: Sequence[str], loop: Callable[[Sequence[pytest.Item]], None]) -> None:
    """Collect tests, and hand them to a loop."""
    from hypothesis import HealthCheck, settings

    settings.register_profile("few", max_examples=15, deadline=None, database=None, derandomize=True,
                              suppress_health_check=list(HealthCheck))  # fmt: skip
    settings.load_profile("few")
    options = ["-n0", "-q", "-p", "no:cacheprovider", "--no-header", "-W", "ignore"]
    status = pytest.main([*options, *tests], plugins=[Plugin(loop)])
    if status not in (0, 5):
        raise SystemExit(f"pytest could not collect the tests: {status}")
