"""Which room may import which, and what must not be loaded at all."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gradcli
from gradcli.engine import operations

ROOT = Path(gradcli.__file__).parent
BASE = {"errors", "limits", "record", "telling", "text", "results"}
# room -> the rooms it may import at any level of its code, besides itself
ALLOWED = {
    "errors": set(),
    "record": set(),
    "telling": set(),
    "text": {"record"},
    "limits": {"errors", "record"},
    "processes": set(),
    "results": {"errors", "record", "text"},
    "language": BASE,
    "engine": BASE,
    "program": BASE | {"language", "engine"},
    "noting": BASE | {"engine"},
    "answering": BASE | {"language", "engine", "program", "noting"},
    "running": BASE | {"language", "engine", "program", "noting"},
    "asking": BASE | {"answering", "api", "engine"},
    "api": BASE | {"language", "engine", "program", "answering", "asking", "running", "verify"},
    "describing": BASE | {"api", "engine", "program"},
    "verify": BASE | {"language", "engine", "program", "answering", "api", "processes"},
    "report": BASE,
}
IN_FRONT = {"values", "files", "numeric_files", "json_input", "requests"}  # what reads and writes data
ALLOWED |= {room: BASE | IN_FRONT | {"api"} for room in IN_FRONT}
ALLOWED["cli"] = set(ALLOWED) | {"cli"}
ALLOWED["__init__"] = set(ALLOWED)
ALLOWED["__main__"] = {"cli"}


def imports(path):
    """The modules of gradcli that a file imports, as dotted names below the package."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                above = package[: len(package) - node.level + 1]
                names = [node.module] if node.module else [alias.name for alias in node.names]
                yield from (".".join((*above, name)) for name in names)
            elif (node.module or "").partition(".")[0] == "gradcli":
                rest = (node.module or "").split(".")[1:]
                names = [".".join(rest)] if rest else [alias.name for alias in node.names]
                yield from names
        elif isinstance(node, ast.Import):
            yield from (a.name.partition(".")[2] for a in node.names if a.name.partition(".")[0] == "gradcli")


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for module in imports(path):
        target = module.partition(".")[0]
        if not (ROOT / f"{target}.py").exists() and not (ROOT / target).is_dir():
            continue  # a name of the package itself, __version__
        assert target == room or target in ALLOWED[room], f"{path} imports {module}"


def test_every_room_is_known():
    rooms = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in FILES}
    assert rooms <= set(ALLOWED)


def loaded(*arguments):
    """The modules that a run of the command line imports, in a process of its own, and the packages they are in."""
    command = [sys.executable, "-X", "importtime", "-c", "from gradcli.cli.app import main; main()", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    modules = {line.rpartition("|")[2].strip() for line in lines}
    return modules | {module.partition(".")[0] for module in modules}


HEADLINE = ("grad", "2*dot(x,x)", "--x", "0,1,2,3")
RARE = {f"gradcli.engine.operations.{table}" for table in operations.OTHERS} | {
    f"gradcli.program.{room}" for room in ("in_place", "methods", "plain_methods", "torch_pairs", "views")
}
"""What an expression of frequent functions and operators has no need of."""


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (HEADLINE, {"sympy", "scipy", "mpmath", "pydantic", "torch"}),
        ((*HEADLINE, "--json"), {"sympy", "scipy", "mpmath", "pydantic", "rich", *RARE}),
        (("--help",), {"numpy", "sympy", "scipy", "pydantic"}),
        (("grad", "x +", "--x", "1"), {"numpy", "sympy", "scipy", "pydantic"}),
        ((*HEADLINE, "--check", "--json"), {"sympy", "mpmath", "pydantic"}),
    ],
    ids=["table", "json", "help", "syntax error", "check"],
)
def test_what_is_not_loaded(arguments, absent):
    modules = loaded(*arguments)
    assert "gradcli" in modules
    assert not modules & absent


def test_every_table_is_in_one_list():
    tables = {path.stem for path in (ROOT / "engine" / "operations").glob("*.py")} - {"__init__"}
    assert sorted((*operations.FREQUENT, *operations.OTHERS)) == sorted(tables)


def test_importing_the_package_costs_nothing():
    script = "import sys; before = set(sys.modules); import gradcli; print(len(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout) <= 2
