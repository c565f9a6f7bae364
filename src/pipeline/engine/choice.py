"""The two engines: what a night asks of either, done on this machine or on a cluster, with the same results."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from pipeline.clustering.background import Background
from pipeline.clustering.following import follow
from pipeline.config import DigestConfig
from pipeline.config import Engine as EngineName
from pipeline.digest.check import Checker, Setting
from pipeline.digest.loading import ReaderWhenNeeded, WriterWhenNeeded
from pipeline.progress import QUIET, Progress
from pipeline.records import Article, CopyGroup, PastStory, RawItem, Reject, Story, Summary
from pipeline.stages.clean import clean_all
from pipeline.stages.cluster import THRESHOLD, cluster, story_id
from pipeline.stages.dedupe import Deduplication, dedupe
from pipeline.stages.summarise import summarise
from pipeline.times import Clock

if TYPE_CHECKING:
    from pipeline.engine.digests import Models
    from pipeline.engine.session import RayWorkers

ITEMS_AT_ONCE, BATCHES_A_CORE = 32, 4
ARTICLES_IN_A_BLOCK = 8_192
Summarise = Callable[[Sequence[Story]], tuple[Summary, ...]]


class Engine(Protocol):
    """The stages that take long, each as its function in `stages` describes it.

    `portion` is how many digests are written between two checkpoints.
    """

    portion: int

    def clean(self, items: Iterable[RawItem | Reject], clock: Clock) -> Iterator[Article | Reject]:
        """`stages.clean.clean_all`."""
        ...

    def dedupe(self, articles: Sequence[Article], threshold: float, preferred: Sequence[str]) -> Deduplication:
        """`stages.dedupe.dedupe`."""
        ...

    def cluster(
        self,
        groups: Sequence[CopyGroup],
        past: Sequence[PastStory],
        repeated: Mapping[str, str],
        background: Background,
    ) -> tuple[Story, ...]:
        """`stages.cluster.cluster`."""
        ...

    def summariser(self, digest: DigestConfig, progress: Progress = QUIET) -> "Summarise":
        """`stages.summarise.summarise` with the configuration's models, loaded once, when there is work for them."""
        ...


class LocalEngine:
    """Everything on this machine."""

    portion = 8

    def clean(self, items: Iterable[RawItem | Reject], clock: Clock) -> Iterator[Article | Reject]:
        """As in `Engine`."""
        return clean_all(items, clock)

    def dedupe(self, articles: Sequence[Article], threshold: float, preferred: Sequence[str]) -> Deduplication:
        """As in `Engine`."""
        return dedupe(articles, threshold, preferred=preferred)

    def cluster(
        self,
        groups: Sequence[CopyGroup],
        past: Sequence[PastStory],
        repeated: Mapping[str, str],
        background: Background,
    ) -> tuple[Story, ...]:
        """As in `Engine`."""
        return cluster(groups, past, repeated, background)

    def summariser(self, digest: DigestConfig, progress: Progress = QUIET) -> "Summarise":
        """As in `Engine`; `none` only quotes."""
        if digest.model == "none":
            return lambda stories: summarise(stories, None, digest.words, None, progress)
        writer = WriterWhenNeeded(digest.model, digest.device, digest.batch)
        checker = Checker(ReaderWhenNeeded(digest.device), Setting.STRICT)
        return lambda stories: summarise(stories, writer, digest.words, checker, progress)


LOCAL = LocalEngine()


class RayEngine:
    """The same work on a cluster's workers. The night's articles are here too: they go into its store and edition."""

    portion = 1_000

    def __init__(self, workers: "RayWorkers") -> None:
        self._workers = workers

    def clean(self, items: Iterable[RawItem | Reject], clock: Clock) -> Iterator[Article | Reject]:
        """As in `Engine`; items are read only a little ahead of what is taken."""
        rest, under_way = iter(items), deque[object]()
        while some := list(islice(rest, ITEMS_AT_ONCE)):
            under_way.append(self._workers.call(cleaned, self._workers.keep(some), clock))
            if len(under_way) >= BATCHES_A_CORE * self._workers.cores:
                yield from self._workers.take([under_way.popleft()])[0]
        while under_way:
            yield from self._workers.take([under_way.popleft()])[0]

    def dedupe(self, articles: Sequence[Article], threshold: float, preferred: Sequence[str]) -> Deduplication:
        """As in `Engine`."""
        from pipeline.engine.folding import deduplicated

        return deduplicated(self._workers, articles, threshold, preferred, ARTICLES_IN_A_BLOCK)

    def cluster(
        self,
        groups: Sequence[CopyGroup],
        past: Sequence[PastStory],
        repeated: Mapping[str, str],
        background: Background,
    ) -> tuple[Story, ...]:
        """As in `Engine`. Beside earlier stories, whose texts are in the store here, tonight's are judged here too."""
        from pipeline.engine.stories import grouped

        if past or not groups:
            return cluster(groups, past, repeated, background)
        ordered = sorted(groups, key=lambda group: group.lead.id)
        found = grouped(self._workers, ordered, background, ARTICLES_IN_A_BLOCK)
        stories = [Story(story_id([group.lead.id for group in members]), tuple(members)) for members in found]
        return follow(stories, (), (), THRESHOLD)

    def summariser(self, digest: DigestConfig, progress: Progress = QUIET) -> "Summarise":  # noqa: ARG002 - the protocol's
        """As in `Engine`; each worker loads the models for each lot of stories, and tells nothing on its way."""
        from pipeline.engine.digests import Models

        models = Models(digest.model, digest.device, digest.batch, digest.words)
        return lambda stories: self._summarised(stories, models) if stories else ()

    def _summarised(self, stories: Sequence[Story], models: "Models") -> tuple[Summary, ...]:
        from pipeline.engine.digests import STORIES_AT_ONCE, digests

        parts = [stories[at : at + STORIES_AT_ONCE] for at in range(0, len(stories), STORIES_AT_ONCE)]
        made = list(digests(self._workers, parts, list, models))
        # Under their own stories: those that came back from the workers are copies.
        return tuple(
            replace(summary, story=story)
            for summary, story in zip(made, stories, strict=True)
            if isinstance(summary, Summary)
        )


def cleaned(items: Sequence[RawItem | Reject], clock: Clock) -> list[Article | Reject]:
    """What `clean` makes of some items, on one core."""
    return list(clean_all(items, clock, processes=1))


@contextlib.contextmanager
def open_engine(name: EngineName, address: str = "") -> Iterator[Engine]:
    """The engine of that name; a cluster is started or joined, and left at the end, as `session.ray_session` says."""
    if name == "local":
        yield LOCAL
        return
    from pipeline.engine.session import ray_session

    with ray_session(address) as workers:
        yield RayEngine(workers)
