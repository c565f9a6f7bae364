"""What the documents hold that is made from the code: the command reference and the graph of imports.

    python docs/generated.py            write docs/commands.md and the graph in ARCHITECTURE.md anew
    python docs/generated.py --check    only say what is out of date; exit code 1 when something is

`tests/test_docs.py` checks it too.
"""

import argparse
import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "pipeline"
COMMANDS = ROOT / "docs" / "commands.md"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- imports: made by docs/generated.py -->\n", "<!-- end of imports -->\n"

BASIS = "records, config, errors and other modules below"
READERS = "readers of files, feeds and pages"
GROUPS = {
    **dict.fromkeys(
        (
            "errors credentials printable progress values records locations config files urls times compiled parallel"
        ).split(),
        BASIS,
    ),
    **dict.fromkeys("jsonlines inbox feed_parsing opml warc readers page pages topics web".split(), READERS),
}
"""Modules that the graph shows as one box; a package is a box of its own."""

INTRODUCTION = """\
# Commands

<!-- made by docs/generated.py from the commands themselves -->

Data goes to standard output, everything else to standard error. `-` is standard input or output, and files may be
compressed (`.gz`, `.zst`). The lines each stage reads and writes are in the [README](../README.md#one-stage-at-a-time).

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | failed |
| 2 | usage or configuration |
| 3 | done, with some sources failed |
| 4 | nothing new |
| 5 | another run holds the lock |

"""


def commands() -> str:
    """The command reference in Markdown, as typer makes it."""
    program = [sys.executable, "-m", "typer", "pipeline.cli.main", "utils", "docs", "--name", "newsfold"]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - fixed words
    return INTRODUCTION + _with_whole_lines(done.stdout).partition("\n")[2].lstrip("\n").rstrip() + "\n"


def _with_whole_lines(text: str) -> str:
    """The reference whose lists of commands have links and whole first lines, where typer cuts them short."""
    parts = re.split(r"^(#+ `[^`]+`)$", text, flags=re.MULTILINE)[1:]
    sections = list(zip(parts[::2], parts[1::2], strict=True))
    told = {heading.strip("#` "): body.strip().partition("\n")[0] for heading, body in sections}

    def whole(heading: str, line: re.Match[str]) -> str:
        name = f"{heading.strip('#` ')} {line[1]}"
        return f"* [`{line[1]}`](#{name.replace(' ', '-')}): {told[name]}"

    item = re.compile(r"^[*] `([a-z]+)`: .*$", re.MULTILINE)
    return "".join(f"{heading}{item.sub(partial(whole, heading), body)}" for heading, body in sections)


def imports() -> dict[str, set[str]]:
    """Which boxes of the graph import which others."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        box = box_of(path.relative_to(PACKAGE).with_suffix("").parts[0])
        for name in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            found[box].add(box_of(name))
    return {box: others - {box} for box, others in sorted(found.items())}


def box_of(name: str) -> str:
    """The box that a module or package at the package's top belongs to."""
    return GROUPS.get(name, name)


def _imported(tree: ast.Module) -> Iterator[str]:
    """The names at the package's top that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pipeline":
            parts = str(node.module).split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]


def reduced(graph: Mapping[str, Set[str]]) -> dict[str, set[str]]:
    """The graph without the arrows that a longer way says too (Aho, Garey and Ullman 1972). Raises on cycles."""
    below: dict[str, set[str]] = {}
    for box in TopologicalSorter(graph).static_order():
        direct = graph.get(box, set())
        below[box] = set(direct).union(*(below[other] for other in direct))
    return {
        box: {other for other in direct if not any(other in below[way] for way in direct)}
        for box, direct in graph.items()
    }


def graph() -> str:
    """The graph in Mermaid, arrows from what imports to what is imported."""
    arrows = reduced(imports())
    ids = {box: f"n{number}" for number, box in enumerate(sorted({*arrows, *(o for a in arrows.values() for o in a)}))}
    lines = ["```mermaid", "flowchart TD"]
    lines += [f'    {ids[box]}["{box}"]' for box in ids]
    lines += [f"    {ids[box]} --> {ids[other]}" for box, others in arrows.items() for other in sorted(others)]
    return "\n".join([*lines, "```\n"])


def with_graph(text: str) -> str:
    """ARCHITECTURE.md with the graph as it is now between its two marks; raises ValueError when one is missing."""
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return f"{text[:start]}{graph()}{text[end:]}"


def documents() -> dict[Path, str]:
    """Every document that holds something made, as it should read."""
    return {COMMANDS: commands(), ARCHITECTURE: with_graph(ARCHITECTURE.read_text(encoding="utf-8"))}


def out_of_date() -> list[Path]:
    """The documents that do not read as they should."""
    return [
        path for path, text in documents().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write the documents, or check them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        late = out_of_date()
        sys.stdout.writelines(f"{path}: out of date; run python docs/generated.py\n" for path in late)
        return 1 if late else 0
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
