"""The shape of the program: imports point down, one place prints, nothing grows without bounds."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "pipeline"
LONGEST_MODULE, LONGEST_FUNCTION = 500, 60
# From the bottom up; a module belongs to the first prefix that fits, and imports only its own level and those below.
LAYERS = (
    ("errors", "credentials", "printable", "progress", "values"),
    ("records", "locations", "config", "schema", "timer", "files", "urls", "times", "compiled", "parallel"),
    ("text",),
    (
        "jsonlines",
        "inbox",
        "feed_parsing",
        "opml",
        "warc",
        "readers",
        "web",
        "page",
        "pages",
        "minhash",
        "clustering",
        "topics",
    ),
    ("digest", "store", "mail", "forms", "watch"),
    ("stages",),
    ("engine",),
    ("nightly", "wsgi", "checkup"),
    ("demo", "preview"),
    ("cli",),
)
HEAVY = (
    "ftfy torch transformers sklearn scipy pyarrow trafilatura datasketch feedparser fastwarc numba numpy ray urllib3"
).split()


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its name below it; a package by its own name, the top as ""."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def imports_of(module: str) -> Iterator[tuple[str, ast.stmt]]:
    """The package's modules that a module imports, at its top or inside functions, with the statement."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from ((_below(alias.name), node) for alias in node.names if alias.name.startswith("pipeline"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pipeline":
            for alias in node.names:
                name = _below(f"{node.module}.{alias.name}")
                yield (name if name in modules() else _below(str(node.module))), node


def _below(name: str) -> str:
    return name.removeprefix("pipeline").removeprefix(".")


def level(module: str) -> int:
    """The layer a module belongs to."""
    return next(
        number for number, names in enumerate(LAYERS) if any(module == n or module.startswith(f"{n}.") for n in names)
    )


def calls(module: str) -> Iterator[str]:
    """The names of what a module calls: "print", "typer.echo"."""
    return (ast.unparse(node.func) for node in ast.walk(tree(module)) if isinstance(node, ast.Call))


named = pytest.mark.parametrize("module", [name for name in modules() if name])


@named
def test_every_module_has_a_layer(module: str) -> None:
    """A new module is given its place here before anything imports it."""
    assert 0 <= level(module) < len(LAYERS)


@named
def test_imports_point_down(module: str) -> None:
    """Nothing imports from a layer above its own."""
    upward = [other for other, _ in imports_of(module) if other and level(other) > level(module)]
    assert not upward


@named
def test_imports_are_absolute(module: str) -> None:
    """A relative import would hide from the other tests here."""
    assert not [node for node in ast.walk(tree(module)) if isinstance(node, ast.ImportFrom) and node.level]


@pytest.mark.parametrize("module", [name for name in modules() if name.startswith("stages.")])
def test_no_stage_imports_a_stage(module: str) -> None:
    """Stages know records, not each other."""
    assert not [other for other, _ in imports_of(module) if other.startswith("stages.")]


def test_only_nightly_knows_several_stages() -> None:
    """The order of the line is written in one package; the command line runs single stages inside functions."""
    for module in modules():
        stages = {other for other, node in imports_of(module) if other.startswith("stages.")}
        at_top = {other for other, node in imports_of(module) if other in stages and node in tree(module).body}
        allowed = {
            "demo": {"stages.deliver"},
            "preview": {"stages.publish"},
            "wsgi": {"stages.unsubscribe"},
            "engine.choice": {"stages.clean", "stages.cluster", "stages.dedupe", "stages.summarise"},
            "engine.digests": {"stages.summarise"},
            "engine.folding": {"stages.dedupe"},
            "engine.stories": {"stages.cluster"},
        }.get(module, set())
        allowed = stages if module.startswith("nightly.") else allowed
        assert at_top <= allowed, module
        assert module.startswith("cli.") or stages <= allowed, module


def test_there_are_no_import_cycles() -> None:
    """Every module can be read after those it imports; packages that only hold others stand for nothing."""
    graph = {module: {other for other, _ in imports_of(module)} - {module, ""} for module in modules() if module}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", [name for name in modules() if not name.startswith("cli")])
def test_only_the_command_line_prints(module: str) -> None:
    """Standard output is for data, and belongs to the commands."""
    assert not {"print", "typer.echo", "echo", "sys.stdout.write", "sys.stderr.write"} & set(calls(module))


def test_nobody_imports_the_other_pipeline() -> None:
    """`transformers.pipeline` would be taken for this package."""
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "transformers":
                assert "pipeline" not in {alias.name for alias in node.names}, path


@named
def test_modules_and_functions_stay_small(module: str) -> None:
    """No module of more than 500 lines, no function of more than 60."""
    assert len(modules()[module].read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("start", ["import pipeline.cli.main", "sys.argv = ['newsfold', '--help']; main()"])
def test_help_loads_no_heavy_library(start: str) -> None:
    """`newsfold --help` answers at once: models, arrays and parsers are loaded by the commands that need them."""
    code = (
        "import atexit, json, sys\n"
        f"atexit.register(lambda: sys.stderr.write('\\n' + json.dumps(sorted({HEAVY!r} & sys.modules.keys()))))\n"
        "from pipeline.cli.main import main\n" + start
    ).replace(repr(HEAVY), repr(set(HEAVY)))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stderr.splitlines()[-1]) == []


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "docs"])
def test_every_exemption_has_its_reason(folder: str) -> None:
    """What the linter or the type checker is told to let pass says why; that it is still needed they see to."""
    bare = re.compile(r"# (?:noqa(?!: [A-Z]+\d+(?:, [A-Z]+\d+)* - \S)|type: ignore(?!\[[a-z, -]+\]  # \S))")
    for path in (ROOT / folder).rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if bare.search(line)], path


def test_the_package_exports_nothing() -> None:
    """`import pipeline` costs nothing and hides nothing: its `__init__` holds a docstring alone."""
    assert [type(node) for node in tree("").body] == [ast.Expr]
    assert (PACKAGE / "py.typed").is_file()


def test_every_dependency_is_pinned() -> None:
    """What is installed is what was tested: each dependency stands in constraints.txt with one version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(item for group in project["optional-dependencies"].values() for item in group),
    ]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {_normal(line.partition("==")[0]) for line in lines if "==" in line}
    assert {_normal(re.split(r"[\[<>=~! ;]", item)[0]) for item in wanted} <= pinned


def _normal(name: str) -> str:
    """A project's name as the package index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).casefold()
