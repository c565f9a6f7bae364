"""Articles and stories made up for tests, and models that do what a test tells them to."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from pipeline.digest.consistency import ConsistencyModel, Reading
from pipeline.records import Article, Copy, CopyGroup, PastStory, Story

CUTOFF = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)

FIRE = (
    "A fire destroyed the furniture warehouse of Harrow & Lisle in Port Ansel on Monday evening, which had stood on"
    " Dock Road since 1962. Seventy firefighters fought the flames on Dock Road until midnight. Two firefighters were"
    " treated for smoke in Port Ansel General Hospital. The warehouse held sofas worth about four million crowns."
)
FIRE_TOO = (
    "Flames destroyed the Harrow & Lisle furniture warehouse on Dock Road in Port Ansel on Monday evening. Some 300"
    " residents of the docks left their homes because of the smoke. Police in Port Ansel said nobody was in the"
    " warehouse when the fire began."
)
STRIKE = (
    "Teachers in Lindmar will walk out on Thursday after talks about their pay broke down on Monday. The union called"
    " out 41,000 members across the country. Schools will look after the youngest pupils during the strike."
)


def make(name: str, text: str, title: str = "", source: str = "", lang: str = "en", hours_old: float = 8) -> Article:
    """An article; its source is named after it unless one is given."""
    published = CUTOFF - timedelta(hours=hours_old)
    return Article(name, title, text, "", published, lang, source or f"Outlet {name}", f"inbox/{name}.txt")


def story_of(*articles: Article, name: str = "s1", continues: PastStory | None = None) -> Story:
    """A story in which every article has a text of its own."""
    return Story(name, tuple(CopyGroup(article) for article in articles), continues)


def reprinted(lead: Article, *copies: Article) -> CopyGroup:
    """A group of exact copies."""
    return CopyGroup(lead, tuple(Copy(copy, 1.0, 1.0, exact=True) for copy in copies))


class StubWriter:
    """A writer that applies one function to every sentence, and remembers what it was asked."""

    def __init__(self, change: Callable[[str], str], name: str = "stub") -> None:
        self.name = name
        self.asked: list[str] = []
        self._change = change

    def write(self, sentences: Sequence[str], sparingly: bool = False) -> list[str]:
        """What the function makes of each sentence; `sparingly` the sentence as it is."""
        if sparingly:
            return list(sentences)
        self.asked.extend(sentences)
        return [self._change(sentence) for sentence in sentences]


class StubConsistency(ConsistencyModel):
    """A model that thinks the same of every word of a sentence, and keeps what it was given to read.

    `thinks` is that in log odds of a fault, of every sentence or for each; the whole it never suspects.
    """

    def __init__(self, thinks: float | Callable[[str], float]) -> None:
        self.thinks = thinks if callable(thinks) else lambda _: thinks
        self.sources: list[tuple[str, ...]] = []

    def read(self, sources: Sequence[str], sentences: Sequence[str]) -> list[Reading]:
        """One token for each word."""
        self.sources.append(tuple(sources))
        counts = [len(told.split()) for told in sentences]
        return [
            Reading((self.thinks(told),) * count, ((0, 1),) * count, -9.0)
            for told, count in zip(sentences, counts, strict=True)
        ]
