"""The five seed articles through `newsfold run` with the embedded model: the structure of their edition is fixed."""

import subprocess
import sys
from pathlib import Path

import pytest

from edition_checks import assert_supported, entries, mail_of, members, part

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
NIGHT = "2026-03-10"
STORIES = {frozenset({"001", "004"}), frozenset({"000"}), frozenset({"002"}), frozenset({"003"})}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed articles are not part of the repository"),
]


@pytest.fixture(scope="module")
def state(embedded_model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state after one night of the seeds."""
    folder = tmp_path_factory.mktemp("seeds")
    config = f"data_dir = 'state'\n[[sources]]\npath = '{SEEDS}'\n[digest]\nmodel = '{embedded_model}'\n"
    (folder / "newsfold.toml").write_text(config, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("newsfold")), "run", "--date", NIGHT]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "state"


def seeds_of(locations: list[str]) -> frozenset[str]:
    """The numbers of the seeds at these locations."""
    return frozenset(Path(location).name[:3] for location in locations)


def test_five_articles_are_four_stories(state: Path) -> None:
    """The two reports of one agreement are one story, the other three are their own."""
    assert {seeds_of(locations) for locations in members(state, NIGHT).values()} == STORIES
    assert len(entries(state, NIGHT)) == 4


def test_the_story_of_two_reports_leads(state: Path) -> None:
    """More outlets, higher rank; and it cites both."""
    first = entries(state, NIGHT)[0]
    assert seeds_of(members(state, NIGHT)[first.story]) == {"001", "004"}
    assert len({item["article"] for sentence in first.sentences for item in sentence["evidence"]}) == 2


def test_each_digest_has_its_form(state: Path) -> None:
    """Two to six sentences, each cited, the method named, within the budget."""
    for told in entries(state, NIGHT):
        assert told.method in ("written", "mixed", "extracted")
        assert 2 <= len(told.sentences) <= 6
        assert sum(len(sentence["text"].split()) for sentence in told.sentences) <= 108
        assert told.headline


def test_every_sentence_is_supported(state: Path) -> None:
    """Nothing that no source says."""
    for told in entries(state, NIGHT):
        assert_supported(state, told)


def test_the_mail_tells_every_story(state: Path) -> None:
    """Four headlines and every sentence of their digests, in both parts of the mail."""
    message = mail_of(state, NIGHT)
    for kind in ("plain", "html"):
        text = part(message, kind)
        for told in entries(state, NIGHT):
            assert " ".join(told.headline.split()).casefold() in text.casefold()
            assert all(sentence["text"] in text for sentence in told.sentences)
