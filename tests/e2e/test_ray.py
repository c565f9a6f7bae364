"""The stages on a Ray cluster of two processes: the same results, whoever dies, and nothing left behind."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from articles import article, soup
from pipeline.clustering.background import NOTHING
from pipeline.config import Config, DigestConfig, SourceConfig
from pipeline.engine import digests, stories
from pipeline.engine.choice import LOCAL, RayEngine
from pipeline.engine.folding import fold_blocks
from pipeline.engine.session import RayWorkers, ray_session
from pipeline.engine.stories import group_blocks
from pipeline.engine.tables import in_blocks, table_of
from pipeline.jsonlines import Line, article_from_line
from pipeline.locations import sample_night
from pipeline.nightly.desk import Moment
from pipeline.nightly.run import run_night
from pipeline.records import Article, CopyGroup, Hints, Kind, RawItem, Story
from pipeline.stages.cluster import cluster
from pipeline.stages.dedupe import dedupe
from pipeline.stages.deliver import Pace
from pipeline.times import UNIVERSAL

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
FEW = 500
DIGEST = DigestConfig(model="none")


@pytest.fixture(scope="module")
def workers() -> Iterator[RayWorkers]:
    """A cluster of this machine, for all tests here."""
    with ray_session(processes=2) as started:
        yield started


def some_of(name: str, count: int) -> list[Article]:
    """The first articles of a set that is not part of the project."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    found: dict[str, Article] = {}
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            value = json.loads(line)
            if value.get("title") or value.get("text"):
                one = article_from_line(Line(f"{path.name}:{number}", value))
                found.setdefault(one.id, one)
            if len(found) == count:
                break
    return list(found.values())


def made_up(count: int) -> list[Article]:
    """Articles in families of three: a text, the same text, and most of it."""
    texts = [" ".join(soup(f"story{at // 3}word", 60)) for at in range(count)]
    return [
        article(
            f"a{at:03}", text if at % 3 < 2 else " ".join(text.split()[:50]), source="The Quay", title=f"Title {at}"
        )
        for at, text in enumerate(texts)
    ]


def stories_of(groups: Sequence[CopyGroup]) -> list[tuple[str, str]]:
    """The local engine's stories, as `newsfold cluster` writes them."""
    return [(one.id, story.id) for story in cluster(groups) for one in story.articles]


def on_ray(workers: RayWorkers, articles: Sequence[Article], in_a_block: int) -> tuple[Any, list[tuple[str, str]]]:
    """Groups and stories of articles that lie in blocks."""
    blocks = [workers.keep(table_of(some)) for some in in_blocks(articles, in_a_block)]
    folded = fold_blocks(workers, blocks, 0.5)
    stories = workers.take(group_blocks(workers, blocks, folded))
    rows = [row for table in workers.take(folded.groups) for row in table.to_pylist()]
    return rows, [(row["id"], row["story"]) for table in stories for row in table.to_pylist()]


@pytest.mark.parametrize("name", ["reuters21578/corpus.jsonl.gz", "neus/dev.clusters.jsonl.gz"])
def test_real_news_gives_the_same_groups_and_stories(workers: RayWorkers, name: str) -> None:
    """Id for id what one machine gives, in the same order."""
    articles = some_of(name, FEW)
    expected = dedupe(articles)
    rows, stories = on_ray(workers, articles, FEW // 3)
    assert [(row["id"], row["group"]) for row in rows] == [
        (one.id, group.lead.id) for group in expected.groups for one in group.articles
    ]
    assert stories == stories_of(expected.groups)


def test_the_engine_gives_the_same_records(workers: RayWorkers) -> None:
    """What a night asks of an engine, articles that come with their texts, is equal field by field."""
    engine, articles = RayEngine(workers), made_up(30)
    folded = engine.dedupe(articles, 0.5, ["The Quay"])
    assert folded == LOCAL.dedupe(articles, 0.5, ["The Quay"])
    stories = engine.cluster(folded.groups, (), {}, NOTHING)
    assert stories == LOCAL.cluster(folded.groups, (), {}, NOTHING)
    assert engine.cluster((), (), {}, NOTHING) == ()
    assert engine.summariser(DIGEST)(stories) == LOCAL.summariser(DIGEST)(stories)


def test_the_sample_night_is_the_same_edition(workers: RayWorkers, tmp_path: Path) -> None:
    """From files to the rendered forms, not a character differs."""
    cutoff = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    source = SourceConfig(path=sample_night() / "tonight", required=True)
    made = []
    for name, engine in (("local", LOCAL), ("ray", RayEngine(workers))):
        config = Config(title="Sample", timezone="CET", data_dir=tmp_path / name, sources=(source,), digest=DIGEST)
        moment = Moment(date(2026, 3, 10), cutoff, Pace(now=lambda: cutoff), engine)
        made.append(run_night(config, moment).rendered)
    assert made[0].stories
    assert made[0] == made[1]


def test_digests_are_written_alike(workers: RayWorkers, tiny_causal: Path, stand_in_models: Path) -> None:
    """The writer and the checker of an actor do what those of this process do."""
    del stand_in_models
    text = (
        "The harbour council of Aldvik, which met for six hours, voted on Monday to close the old ferry quay. "
        "Engineers told the council that the timber piles under the quay had lost a third of their strength."
    )
    stories = [Story(f"s{at}", (CopyGroup(article(f"a{at}", text, lang="en")),)) for at in range(3)]
    digest = DigestConfig(model=str(tiny_causal), device="cpu")
    assert RayEngine(workers).summariser(digest)(stories) == LOCAL.summariser(digest)(stories)


def once_in(marks: Path) -> Callable[[str], bool]:
    """A function that tells whether it is asked for a name for the first time, in whatever process.

    It is made here, not at the module's top, so that it is sent to workers whole: these cannot import the tests.
    """

    def first(name: str) -> bool:
        try:
            os.close(os.open(marks / name, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True

    return first


DEADLY = (
    "sketched", "pairs_by_block", "verified", "read_leads", "counted", "agreeing", "scored", "story_of_each", "cleaned",
)  # fmt: skip
"""A step of each stage and of each kind; a worker takes seconds to start, so not all of them."""


class Deadly(RayWorkers):
    """Workers that die, by kill -9, in some functions when they run for the first time: their results are lost."""

    def __init__(self, marks: Path) -> None:
        super().__init__()
        self._marks = marks

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - as in Workers
        """The function, whose worker dies once."""
        return super().call(self._deadly(function), *arguments)

    def split(self, pieces: int, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - as in Workers
        """The function, whose worker dies once."""
        return super().split(pieces, self._deadly(function), *arguments)

    def inside(self, plan: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - as in Workers
        """The plan, whose worker dies once."""
        return super().inside(self._deadly(plan), *arguments)

    def _deadly(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if function.__name__ not in DEADLY:
            return function
        first = once_in(self._marks)

        def deadly(*arguments: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
            result = function(*arguments)
            if first(function.__name__):
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return deadly


def test_workers_may_die(workers: RayWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill in every stage: the result is that of an untroubled run."""
    # As with many texts: pairs are proposed, not all compared.
    monkeypatch.setattr(stories, "FEW_TEXTS", 0)
    articles = made_up(24)
    found = on_ray(Deadly(tmp_path), articles, 12)
    assert found == on_ray(workers, articles, 12)
    items = [
        RawItem(f"in/{one.id}", Kind.PLAIN, one.text.encode(), Hints(id=one.id, title=one.title)) for one in articles
    ]
    made = list(RayEngine(Deadly(tmp_path)).clean(items, UNIVERSAL))
    assert made == list(LOCAL.clean(items, UNIVERSAL))
    assert {mark.name for mark in tmp_path.iterdir()} == set(DEADLY)


def test_a_writer_may_die(workers: RayWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stories that an actor had when it died are written by the one that takes its place."""

    first = once_in(tmp_path)

    class Doomed(digests.Writers):
        def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
            if first("writer"):
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__call__(batch)

    monkeypatch.setattr(digests, "Writers", Doomed)
    stories = cluster(dedupe(made_up(30)).groups)
    assert RayEngine(workers).summariser(DIGEST)(stories) == LOCAL.summariser(DIGEST)(stories)
    assert (tmp_path / "writer").exists()


def newsfold(*arguments: object, mark: str) -> subprocess.CompletedProcess[str]:
    """The command, in an environment that its processes can be known by."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NEWSFOLD_TEST_MARK": mark},
    )


def marked(mark: str) -> list[str]:
    """Processes that were started with the mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_the_command_says_only_what_was_asked_for(tmp_path: Path) -> None:
    """Data alone on standard output, not a word of Ray's, the lines of the local engine, and no process left."""
    lines = tmp_path / "in.jsonl"
    lines.write_text(
        "".join(json.dumps({"id": one.id, "title": one.title, "text": one.text}) + "\n" for one in made_up(12)),
        encoding="utf-8",
    )
    mark = f"mark-{os.getpid()}-{tmp_path.name}"
    made = newsfold("dedupe", lines, "--engine", "ray", "--threads", "1", mark=mark)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == newsfold("dedupe", lines, mark="local").stdout
    assert marked(mark) == []


def test_a_model_that_is_not_there_is_one_line_of_ours(tmp_path: Path) -> None:
    """As without Ray: no tracebacks of its actors, and no digests."""
    story = {
        "cluster": "c",
        "articles": [{"id": "a", "text": "The quay closed on Monday, the council of Aldvik said."}],
    }
    (tmp_path / "in.jsonl").write_text(json.dumps(story), encoding="utf-8")
    made = newsfold("summarise", tmp_path / "in.jsonl", "--engine", "ray", "--model", "/nowhere/at/all", mark="none")
    assert (made.returncode, made.stdout) == (1, "")
    # Ray's own warning about the restart of actors (its issue 53727) cannot be turned off.
    told = [line for line in made.stderr.splitlines() if "core_worker.cc" not in line]
    assert told == ["newsfold: model '/nowhere/at/all': there is no such folder; check the path"]


def test_no_cluster_at_an_address_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    """One line that names the address, and the exit code of a wrong command line."""
    (tmp_path / "in.jsonl").write_text("", encoding="utf-8")
    made = newsfold("dedupe", tmp_path / "in.jsonl", "--engine", "ray", "--address", "127.0.0.1:1", mark="none")
    assert made.returncode == 2
    assert "127.0.0.1:1" in made.stderr
    assert len(made.stderr.splitlines()) == 1
