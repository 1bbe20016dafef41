"""SymPy's process: bounded in time and memory, killed when its time is up, and never in the parent."""

import os
import subprocess
import sys
import time

import pytest

from gradcli import Expression, limits, processes
from gradcli.errors import DataError
from gradcli.verify import process


def test_sympy_answers_from_its_process():
    report = Expression("sin(x)*exp(y)").check({"x": 0.3, "y": 1}).check
    assert report.verdict == "pass"
    assert report.methods == ("forward", "reverse", "sympy", "complex step")
    assert report.rows[0].form == "exp(y)*cos(x)"


def test_sympy_is_not_imported_here():
    script = (
        "import sys, gradcli\n"
        "report = gradcli.check('sin(x)', {'x': 1}, claims={'x': 'cos(x)'}).check\n"
        "assert report.verdict == 'pass' and 'sympy' in report.methods\n"
        "assert not {'sympy', 'mpmath', 'scipy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    children = []
    original = subprocess.Popen

    def remembered(*arguments, **options):
        children.append(original(*arguments, **options))
        return children[-1]

    monkeypatch.setattr(process.subprocess, "Popen", remembered)
    return children


def test_when_time_is_up_the_process_is_killed(started):
    with limits.overridden({"check_seconds": 1}):
        report = Expression("x**9**9**9").check({"x": 1.1}).check
    assert report.verdict == "inconclusive"
    assert report.remarks == ("SymPy gave up: it was not done after 1 second",)
    assert "sympy" not in report.methods
    assert [child.poll() is not None for child in started] == [True]


def test_too_little_memory():
    with limits.overridden({"check_bytes": 300_000_000}):
        report = Expression("sin(x)").check({"x": 1}).check
    assert report.verdict == "inconclusive"
    assert report.remarks == ("SymPy gave up: it needed more than 300,000,000 bytes",)
    assert report.methods == ("forward", "reverse", "complex step")


@pytest.mark.slow
def test_memory_that_runs_out_on_the_way():
    with limits.overridden({"check_bytes": 600_000_000, "check_seconds": 60}):
        report = Expression("x*2**2**40").check({"x": 1}).check
    assert report.remarks == ("SymPy gave up: it needed more than 600,000,000 bytes",)


def request(expression, given):
    from gradcli.verify.elements import Elements
    from gradcli.verify.point import Point
    from gradcli.verify.request import request

    asked = Expression(expression)._ask("check", given, (("mode", "auto"), ("order", 1)))
    elements = Elements(asked.prepared)
    return request(Point(asked.prepared, asked.arrays, asked.extra), [elements[i] for i in range(len(elements))], 9)


def test_a_process_that_dies_is_a_reason_to_give_up():
    with process.SymbolicProcess() as running:
        running.ask(request("x**9**9**9", {"x": 1.1}))
        running._process.kill()
        found = running.findings()
    assert found.reason == "its process ended early"
    assert found.slopes == {}


def test_a_process_that_cannot_be_started(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with process.SymbolicProcess() as running:
        running.ask(request("sin(x)", {"x": 1}))
        assert running.findings().reason == "its process could not be started"


def test_an_error_on_the_way_ends_the_process(started):
    with pytest.raises(DataError):
        Expression("sum(x)").check({"x": [1, 2]}, claims={"x": "[1,2,3]"})
    assert [child.poll() is not None for child in started] == [True]


def test_leaving_early_ends_the_process():
    with pytest.raises(KeyboardInterrupt), process.SymbolicProcess() as running:
        running.ask(request("x**9**9**9", {"x": 1.1}))
        raise KeyboardInterrupt
    assert running._process.poll() is not None


def test_what_was_found_before_the_time_was_up_counts(monkeypatch):
    script = (
        'import sys, time; sys.stdin.read(); print(\'["slope", 0, "1.5"]\', flush=True); '
        "print('[\"slope\", 1', end='', flush=True); time.sleep(60)"
    )
    monkeypatch.setattr(processes, "_START", script)
    with limits.overridden({"check_seconds": 1}):
        begun = time.monotonic()
        with process.SymbolicProcess() as running:
            running.ask({})
            found = running.findings()
    assert found.slopes == {0: 1.5}
    assert found.reason == "it was not done after 1 second"
    assert time.monotonic() - begun < 30


def test_what_lies_in_the_current_directory_is_not_run(tmp_path):
    for name in ("sympy", "json", "random", "mpmath", "gradcli"):
        (tmp_path / f"{name}.py").write_text("open('run', 'w').close()\n")
    script = "import sys; sys.path.pop(0) if sys.path[0] == '' else None; import gradcli; print(gradcli.check('sin(x)', {'x': 1}).check.verdict)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "pass\n"
    assert not os.path.exists(tmp_path / "run")
