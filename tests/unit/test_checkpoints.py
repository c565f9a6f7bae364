"""Checkpoints: what comes back is what was kept, and what cannot be read was never kept."""

import gzip
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.nightly.desk import Gathered
from pipeline.nightly.sources import FetchedItem
from pipeline.records import (
    Article,
    Claim,
    Copy,
    CopyGroup,
    Counts,
    DigestSentence,
    Disagreement,
    Evidence,
    FileState,
    Hints,
    Kind,
    Method,
    PastStory,
    RawItem,
    Reject,
    Story,
    Summary,
)
from pipeline.store import references
from pipeline.store.checkpoints import FileCheckpoints, checkpoints_of, forget_unfinished, unfinished_nights
from pipeline.store.references import GroupRow, StoryRow, SummaryRow
from pipeline.web.feeds import FeedState

NIGHT = date(2026, 3, 10)
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
ORDER = ("first", "second", "third")
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))
ARTICLES = st.builds(
    Article,
    id=st.text(),
    title=st.text(),
    text=st.text(),
    published=st.none() | st.datetimes(timezones=st.just(UTC)),
    extra=st.dictionaries(st.text(), JSON, max_size=3),
)


@pytest.fixture
def kept(tmp_path: Path) -> FileCheckpoints:
    """Checkpoints with nothing in them."""
    return checkpoints_of(tmp_path / "unfinished", NIGHT, "key", ORDER)


@given(articles=st.lists(ARTICLES, max_size=4))
def test_articles_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, articles: list[Article]) -> None:
    """Whatever their text holds, lone surrogates and line ends included, and whatever passes through them."""
    kept = FileCheckpoints(tmp_path_factory.mktemp("kept"), ORDER)
    kept.save("first", articles)
    found = kept.load("first", Article)
    assert found == articles
    assert [article.extra for article in found or []] == [article.extra for article in articles]


def test_items_come_back_as_they_were(kept: FileCheckpoints) -> None:
    """Bytes that are no text, the teaser inside an item, and rejects among items."""
    teaser = RawItem("feed#1", Kind.FRAGMENT, b"<p>", extra={"k": [1]})
    item = RawItem("page", Kind.PAGE, bytes(range(256)), Hints(id="1", title="T"), {"a": {"b": None}}, teaser)
    rows = [FetchedItem(0, item), FetchedItem(3, Reject("fetch", "feed", "gone"))]
    kept.save("first", rows)
    assert kept.load("first", FetchedItem) == rows


def test_what_was_gathered_comes_back_as_it_was(kept: FileCheckpoints) -> None:
    """With the state of feeds and files, whose nanoseconds are more than a float holds."""
    feed = FeedState("https://example.org/feed", "https://example.org/feed", NOON, etag='W/"a"', next_try=NOON)
    file = FileState("/in/a.html", 12, 1_773_057_600_123_456_789)
    rejects = (Reject("clean", "a", "no text", "id"),)
    gathered = Gathered((), rejects, rejects, Counts(items=3, rejected=2, articles=1), (feed,), (file,))
    kept.save("first", [gathered])
    assert kept.load("first", Gathered) == [gathered]


def test_stories_come_back_with_the_articles_they_held(kept: FileCheckpoints) -> None:
    """Groups, stories and digests name what they hold by id, and are put together again."""
    one, two, three = (Article(name, name.upper(), "Text.") for name in ("one", "two", "three"))
    groups = (CopyGroup(one, (Copy(two, 0.1 + 0.2, 1.0, exact=False),)), CopyGroup(three))
    past = PastStory("s-past", NIGHT - timedelta(days=1), "Before", (one,))
    stories = (Story("s1", (groups[0],), past, ("s-old",)), Story("s2", (groups[1],)))
    sentence = DigestSentence("Said.", (Evidence("one", "It said."),), Method.WRITTEN, "refused")
    disagreement = Disagreement("hurt", (Claim("3", ("one",)), Claim("4", ("three",))))
    summaries = (Summary(stories[0], "Head", (sentence,), Method.MIXED, "m", (disagreement,)),)
    kept.save("first", references.group_rows(groups))
    kept.save("second", references.story_rows(stories))
    kept.save("third", references.summary_rows(summaries))
    group_rows, story_rows = kept.load("first", GroupRow), kept.load("second", StoryRow)
    summary_rows = kept.load("third", SummaryRow)
    assert group_rows is not None
    assert story_rows is not None
    assert summary_rows is not None
    found = references.groups(group_rows, {article.id: article for article in (one, two, three)})
    assert found == groups
    told = references.stories(story_rows, {group.lead.id: group for group in found}, {past.id: past})
    assert told == stories
    assert references.summaries(summary_rows, {story.id: story for story in told}) == summaries


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b'{"id": 1'), gzip.compress(b'[["a"], 2]\n')],
    ids=["empty", "no gzip", "cut off", "other records"],
)
def test_a_damaged_file_was_never_kept(kept: FileCheckpoints, content: bytes) -> None:
    """The stage is done again: empty, cut off, or of other records."""
    kept.save("first", [Article("a", "", "")])
    (file,) = kept.folder.iterdir()
    file.write_bytes(content)
    assert kept.load("first", Article) is None
    file.write_bytes(gzip.compress(b'{"id": "a"}\n')[:-6])
    assert kept.load("first", Article) is None


def test_what_is_made_anew_takes_what_was_made_of_it_with_it(kept: FileCheckpoints) -> None:
    """Groups of articles that were read again are not those of the articles read before."""
    for name in ORDER:
        kept.save(name, [Article(name, "", "")])
    kept.save("second", [])
    assert kept.load("first", Article) == [Article("first", "", "")]
    assert kept.load("second", Article) == []
    assert kept.load("third", Article) is None


def test_other_conditions_begin_anew(kept: FileCheckpoints, tmp_path: Path) -> None:
    """Another configuration or another past: what was kept under the old ones is removed, other nights' is not."""
    folder = tmp_path / "unfinished"
    later = NIGHT + timedelta(days=1)
    kept.save("first", [Article("a", "", "")])
    checkpoints_of(folder, later, "key", ORDER).save("first", [])
    assert unfinished_nights(folder) == [NIGHT, later]
    assert checkpoints_of(folder, NIGHT, "other", ORDER).load("first", Article) is None
    assert unfinished_nights(folder) == [later]
    forget_unfinished(folder)
    assert unfinished_nights(folder) == []
    forget_unfinished(folder)


def test_a_folder_that_cannot_be_written_is_said(kept: FileCheckpoints) -> None:
    """With what to do."""
    kept.folder.parent.mkdir()
    kept.folder.write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreError, match=r"cannot be written .*check data_dir"):
        kept.save("first", [])


def test_a_row_without_its_article_is_no_group() -> None:
    """It would be lost silently."""
    with pytest.raises(KeyError):
        references.groups([GroupRow("a", ())], {})
    assert replace(GroupRow("a", ()), lead="b").lead == "b"
