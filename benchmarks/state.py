"""How large the state grows over years of nights, and how long it takes to open, to check, to copy and to look into.

    python benchmarks/state.py [--articles 1000] [--nights 730] [--forever]

Nights are made up: articles of about 2.5 kB in groups and stories, thirty told, mail to twenty. They are saved and what
is older than is kept is dropped as at the end of a night. `--forever` keeps everything, for comparison.
"""

import argparse
import json
import random
import tempfile
import time
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pipeline.config import Config, KeepConfig
from pipeline.nightly.tidying import cuts_of
from pipeline.records import (
    Article,
    Copy,
    CopyGroup,
    Counts,
    DigestSentence,
    Edition,
    Entry,
    Evidence,
    Method,
    Rendered,
    Story,
    StoryPage,
    Summary,
)
from pipeline.store.backup import write_backup
from pipeline.store.core import Store, open_store
from pipeline.store.rows import Message, Night

Item = TypeVar("Item")
FIRST = date(2025, 1, 1)
TOLD, RECIPIENTS = 30, 20
LIST = "daily.example.org"


def main() -> None:
    """Make up nights, and print the file's size as they pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--nights", type=int, default=730)
    parser.add_argument("--forever", action="store_true")
    asked = parser.parse_args()
    keep = KeepConfig(texts_days=0, articles_days=0, messages_days=0) if asked.forever else KeepConfig()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.sqlite"
        with open_store(path) as store:
            pass_nights(store, path, asked.articles, asked.nights, Config(keep=keep))
        for name, work in (
            ("open and check", lambda: open_store(path).close()),
            ("foreign_key_check", lambda: foreign_keys(path)),
            ("backup", lambda: write_backup(path, Path(folder) / "copy", datetime.now(UTC), replace=True)),
            ("explain", lambda: explain(path)),
        ):
            print(f"{name:20} {timed(work):7.2f} s")


def pass_nights(store: Store, path: Path, articles: int, nights: int, config: Config) -> None:
    """Save and tidy night after night."""
    dropping = 0.0
    for number in range(nights):
        night = FIRST + timedelta(days=number)
        store.save_night(made_night(night, articles))
        queue(store, night)
        dropping += timed(lambda today=night: store.drop(cuts_of(config, today), today))  # type: ignore[misc]  # mypy cannot tell a lambda's default
        if (number + 1) % max(1, nights // 5) == 0:
            size = sum(one.stat().st_size for one in path.parent.glob("state.sqlite*"))
            each = round(dropping / max(1, nights // 5), 3)
            print(json.dumps({"night": number + 1, "MB": round(size / 1e6, 1), "drop_s": each}))
            dropping = 0.0


def made_night(night: date, articles: int) -> Night:
    """A night of articles, of which a seventh are copies, in stories of up to twelve."""
    draw = random.Random(night.toordinal())  # noqa: S311 - a made-up night, not a secret
    made = [made_article(night, number, draw) for number in range(articles)]
    groups = [
        CopyGroup(lead, tuple(Copy(copy, 0.9, 0.95, exact=False) for copy in copies))
        for *copies, lead in parts(made, draw, 2)
    ]
    stories = [Story(f"s{night:%y%m%d}{number:06d}", tuple(held)) for number, held in enumerate(parts(groups, draw, 6))]
    entries = tuple(Entry(summary(story, draw), 3.0, None, None) for story in stories[:TOLD])
    cutoff = datetime(night.year, night.month, night.day, 4, tzinfo=UTC)
    counts = Counts(items=articles, articles=articles, stories=len(stories))
    edition = Edition("Newsfold", night, cutoff, entries, (), counts)
    pages = tuple(StoryPage(story.id, words(draw, 1600)) for story in stories[:TOLD])
    rendered = Rendered(
        night.isoformat(), "Subject", cutoff, words(draw, 9_000), words(draw, 3_000), words(draw, 18_000), stories=pages
    )
    return Night(edition, rendered, tuple(made), tuple(stories))


def parts(items: list[Item], draw: random.Random, most: int) -> list[list[Item]]:
    """The items in runs of up to `most`, mostly of one."""
    found, rest = [], list(items)
    while rest:
        size = draw.randint(1, most) if draw.random() < 0.3 else 1
        found.append(rest[:size])
        rest = rest[size:]
    return found


def made_article(night: date, number: int, draw: random.Random) -> Article:
    """One article of some four hundred words."""
    name = f"a{night:%y%m%d}{number:09d}"
    url = f"https://news.example/{night:%Y/%m/%d}/{words(draw, 5).replace(' ', '-')}-{number}.html"
    return Article(
        name,
        words(draw, 9),
        words(draw, 400),
        url,
        datetime(night.year, night.month, night.day, tzinfo=UTC),
        "en",
        f"Outlet {number % 90}",
        f"https://news.example/feed.xml#{url}",
    )


def summary(story: Story, draw: random.Random) -> Summary:
    """A digest of three sentences with two sources each."""
    evidence = tuple(Evidence(lead.id, words(draw, 22)) for lead in story.leads[:2])
    sentences = tuple(DigestSentence(words(draw, 22), evidence, Method.WRITTEN) for _ in range(3))
    return Summary(story, words(draw, 9), sentences, Method.WRITTEN, "model")


def words(draw: random.Random, count: int) -> str:
    """Made-up words in phrases of five, which compress about as well as news."""
    return " ".join(draw.choices(PHRASES, k=-(-count // PHRASE)))


def queue(store: Store, night: date) -> None:
    """Mail for everybody, as if it had been handed over."""
    content = zlib.compress(b"x") + b"m" * 90_000
    messages = [Message(f"reader{number}@example.org", f"<{night}{number}>", content) for number in range(RECIPIENTS)]
    store.ledger.enqueue(night.isoformat(), LIST, messages, datetime(2025, 1, 1, tzinfo=UTC))


def foreign_keys(path: Path) -> None:
    """What looking for rows that lead nowhere costs."""
    import sqlite3

    with sqlite3.connect(path) as database:
        database.execute("PRAGMA foreign_key_check").fetchall()


def explain(path: Path) -> None:
    """One article of the last night but ten, as `newsfold explain` asks for it, without opening the state."""
    with open_store(path) as store:
        night = store.issues()[min(10, len(store.issues()) - 1)].night
        started = time.perf_counter()
        store.explain(f"a{night:%y%m%d}{7:09d}")
        print(f"explain alone        {time.perf_counter() - started:7.4f} s")


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


_DRAW = random.Random(7)  # noqa: S311 - made-up words, no secret
_WORDS = ["".join(_DRAW.choices("etaoinshrdlucmfwypvbgk", k=_DRAW.randint(2, 10))) for _ in range(20_000)]
_WEIGHTS = [1 / rank for rank in range(1, len(_WORDS) + 1)]
PHRASE = 5
PHRASES = [" ".join(_DRAW.choices(_WORDS, _WEIGHTS, k=PHRASE)) for _ in range(50_000)]

if __name__ == "__main__":
    main()
