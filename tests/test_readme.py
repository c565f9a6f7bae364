"""The README's commands work as they stand, in the folder it tells the reader to make."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from made_nights import LINES, SAMPLE, line
from made_stories import FIRE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown() -> list[str]:
    """The command lines in the README's shell blocks, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def settings() -> str:
    """The first configuration the README shows, without recipients: tests send no mail."""
    found = re.search(r"^```toml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return re.sub(r"(?m)^recipients = .*$", "recipients = []", found[1] if found else "")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with what the README takes for granted: its configuration, an inbox, and two files of lines."""
    (tmp_path / "newsfold.toml").write_text(settings(), encoding="utf-8")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    page = SAMPLE / "tonight" / "pages" / "harbour-post_ferry-refloated.html"
    shutil.copy(page, inbox / "story.html")
    shutil.copy(SAMPLE / "tonight" / "text" / "evening-bell_ferry-tow.txt", inbox)
    values: dict[str, list[object]] = {
        "inbox/day.jsonl": [*LINES, line("fire-copy-2", FIRE, "Warehouse burns", "Quay Ledger")],
        "groups.jsonl": [{"cluster": "c1", "articles": list(LINES)}],
        "claims.jsonl": [{"id": "c1", "document": FIRE, "summary": "The fire killed nobody."}],
    }
    for name, lines in values.items():
        text = "".join(json.dumps(value) + "\n" for value in lines)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_readme_names_make_targets_that_exist() -> None:
    """Every `make …` in the README is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {word for command in shown() if command.startswith("make ") for word in command.split()[1:]}
    assert named
    assert named <= targets


def test_the_readme_shows_nothing_else() -> None:
    """A command of a third kind would go untested."""
    assert {command.split()[0] for command in shown()} <= {"newsfold", "make"}


@pytest.mark.slow
def test_the_readmes_commands_work(home: Path, stand_in_models: Path) -> None:
    """Each distinct `newsfold` command, in the README's order, ends well.

    A tiny model stands in for the embedded one, but not where the adapter that belongs to the real one is read.
    """
    quick = {**os.environ, "NEWSFOLD_MODELS": str(stand_in_models)}
    commands = list(dict.fromkeys(command for command in shown() if command.startswith("newsfold ")))
    assert commands
    for command in commands:
        arguments = shlex.split(command, comments=True)[1:]
        program = [str(Path(sys.executable).with_name("newsfold")), *arguments]
        models = dict(os.environ) if arguments[0] == "check" else quick
        done = subprocess.run(program, cwd=home, env=models, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
        for name in re.findall(r"(?:-o|--pairs|--rejects) (\S+)", command):
            assert (home / name).stat().st_size, (command, name)


def test_the_readmes_configuration_is_valid(home: Path) -> None:
    """Every TOML block is a configuration that loads."""
    from pipeline.config import load

    for number, block in enumerate(re.findall(r"^```toml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)):
        path = home / f"block{number}.toml"
        path.write_text(block, encoding="utf-8")
        assert load(path)


def test_the_readmes_links_lead_somewhere() -> None:
    """Every file that the README links to is there."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []
