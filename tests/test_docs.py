"""The documents: what is generated is up to date, links lead somewhere, examples run, and what is named exists."""

import ast
import doctest
import re
from pathlib import Path

import pytest

import generated
import picture
from browser import CHROMIUM
from proofs import proofs, proofs_in

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
    ROOT / "ARCHITECTURE.md",
]
each = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.mark.parametrize("made", ["commands", "graph"])
def test_what_is_generated_is_up_to_date(made: str) -> None:
    """A new option or import shows in the documents; `python docs/generated.py` writes them anew."""
    if made == "commands":
        assert generated.COMMANDS.read_text(encoding="utf-8") == generated.commands()
    else:
        text = generated.ARCHITECTURE.read_text(encoding="utf-8")
        assert text == generated.with_graph(text)


def test_the_graph_leaves_out_what_a_longer_way_says() -> None:
    """Short arrows beside long ways would hide the line."""
    graph = {"cli": {"nightly", "stages", "text"}, "nightly": {"stages"}, "stages": {"text"}, "text": set[str]()}
    assert generated.reduced(graph) == {"cli": {"nightly"}, "nightly": {"stages"}, "stages": {"text"}, "text": set()}
    with pytest.raises(ValueError, match="cycle"):
        generated.reduced({"a": {"b"}, "b": {"a"}})


@each
def test_links_lead_somewhere(document: Path) -> None:
    """Every file that a document links to is there, and so is the heading."""
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text(encoding="utf-8")):
        name, _, heading = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        if heading and target.suffix == ".md":
            assert heading in headings(target), link


def headings(path: Path) -> set[str]:
    """The anchors of a document's headings."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-") for heading in found}


@each
def test_files_named_in_a_document_exist(document: Path) -> None:
    """A path in backquotes is one of the repository, of the package or of the folder that the document is about."""
    places = (ROOT, ROOT / "src" / "pipeline", ROOT / "tests", ROOT / "tests" / "unit", ROOT / "benchmarks")
    packages = [path for path in (ROOT / "src" / "pipeline").iterdir() if path.is_dir()]
    named = re.findall(r"`([\w./-]+\.(?:py|toml|md|sql))`", document.read_text(encoding="utf-8"))
    lost = [name for name in named if not any((place / name).exists() for place in (*places, *packages))]
    assert [name for name in lost if name != "newsfold.toml"] == []


@each
def test_commands_named_in_a_document_exist(document: Path) -> None:
    """Every `newsfold` command in a document, in a line of its own or within one, with its options."""
    sections = re.split(r"^#+ `", generated.COMMANDS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    known = {section.partition("`")[0]: section for section in sections}
    text = document.read_text(encoding="utf-8")
    for command in re.findall(r"(?:^|`)(newsfold [a-z][^`\n]*)", text, re.MULTILINE):
        words = command.split()
        name = " ".join(words[:3]) if " ".join(words[:3]) in known else " ".join(words[:2])
        assert name in known, command
        assert [word for word in words if word.startswith("-") and word not in known[name]] == [], command


def test_the_library_examples_run() -> None:
    """What `docs/library.md` shows is what comes out."""
    failed, tried = doctest.testfile(
        str(ROOT / "docs" / "library.md"), module_relative=False, optionflags=doctest.ELLIPSIS, encoding="utf-8"
    )
    assert tried > 30
    assert failed == 0


def test_every_line_of_the_security_model_is_proved() -> None:
    """Each line of its tables names the test that proves it."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    bare = [line for line in lines if not proofs_in(line) and not line.endswith("| proved by |")]
    assert len(lines) > 30
    assert bare == []


def test_the_proofs_exist() -> None:
    """Each named test is a test function that can fail; that it ran is seen to after a whole run (`conftest.py`)."""
    for file, name in (proof.split("::") for proof in proofs()):
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
        assert len(found) == 1, f"{file}::{name}"
        (test,) = found
        marks = [ast.unparse(mark) for mark in (*test.decorator_list, *_module_marks(tree))]
        assert not [mark for mark in marks if re.search(r"\b(skip|xfail)\b", mark)], f"{file}::{name}"
        assert any(_can_fail(node) for node in ast.walk(test)), f"{file}::{name}"


def _module_marks(tree: ast.Module) -> list[ast.expr]:
    """What `pytestmark` is set to."""
    return [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and any(ast.unparse(target) == "pytestmark" for target in node.targets)
    ]


def _can_fail(node: ast.AST) -> bool:
    """Whether it is an assertion, an expected exception, or a call of a helper that asserts."""
    if isinstance(node, ast.Assert):
        return True
    return isinstance(node, ast.Call) and bool(re.match(r"(pytest\.raises|\w*assert_\w+)$", ast.unparse(node.func)))


def test_the_picture_is_small() -> None:
    """Everyone who looks at the project loads it."""
    content = picture.PICTURE.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) <= picture.LARGEST


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_page_is_pictured(tmp_path: Path) -> None:
    """`make picture` takes what a browser shows, in the size that was asked for; other pages give other pictures."""
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    picture.shoot("<h1>Ferry refloated</h1>", one, str(CHROMIUM))
    picture.shoot("<h1>Teachers to strike</h1>", other, str(CHROMIUM))
    width, height = (int.from_bytes(one.read_bytes()[at : at + 4]) for at in (16, 20))
    assert (width, height) == (picture.WIDTH, picture.HEIGHT)
    assert one.read_bytes() != other.read_bytes()
