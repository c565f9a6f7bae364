"""The frozen records that pass from stage to stage; everything imports them, they import nothing of ours.

RawItem -> Article -> CopyGroup -> Story -> Summary -> Edition -> Rendered -> Receipt
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class Kind(StrEnum):
    """What the bytes of a `RawItem` are."""

    PAGE = "page"
    """A whole HTML page."""
    FRAGMENT = "fragment"
    """HTML out of a feed entry: the text alone, without a page around it."""
    DUMP = "dump"
    """A page turned into plain text, navigation and teasers included."""
    PLAIN = "plain"
    """Text that is already an article's text."""


class Method(StrEnum):
    """How a digest, or one sentence of it, came about."""

    WRITTEN = "written"
    MIXED = "mixed"
    EXTRACTED = "extracted"


class DeliveryState(StrEnum):
    """Where a message stands in the ledger.

    `UNKNOWN` is a crash between the message's end and the server's answer, `WITHDRAWN` one that nobody wants any more:
    its reader left, or was found not to exist, after it was queued.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do for the message."""
        return self in (DeliveryState.SENT, DeliveryState.WITHDRAWN)


SOURCE_FAILED = "source"
"""The stage of a reject that stands for a whole source."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Something that came in and did not go on, with the stage that stopped it and why."""

    stage: str
    location: str
    reason: str
    article: str = ""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was listed: its absolute path, size in bytes and last change in nanoseconds since 1970."""

    path: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Hints:
    """What the source itself says about an item; empty strings mean unknown. `published` is as the source wrote it."""

    id: str = ""
    url: str = ""
    title: str = ""
    published: str = ""
    lang: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class RawItem:
    """One item as it came in. `location` names it for people: a path, `path:line` or `path#entry`.

    `teaser` is the feed entry whose page this is: it stands when the page turns out to hold less.
    """

    location: str
    kind: Kind
    content: bytes
    hints: Hints = Hints()
    extra: Mapping[str, Json] = field(default_factory=dict)
    teaser: "RawItem | None" = None


@dataclass(frozen=True, slots=True)
class Article:
    """A clean article. `text` holds one paragraph per line; `published` is aware, or None when unknown.

    `extra` holds the keys of an article line that Newsfold does not use and passes through.
    """

    id: str
    title: str
    text: str
    url: str = ""
    published: datetime | None = None
    lang: str = ""
    source: str = ""
    location: str = ""
    extra: Mapping[str, Json] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Copy:
    """An article that repeats its group's lead: exact Jaccard and containment of their shingles, both 0 to 1."""

    article: Article
    similarity: float
    containment: float
    exact: bool


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """One text and its reprints."""

    lead: Article
    copies: tuple[Copy, ...] = ()

    @property
    def articles(self) -> tuple[Article, ...]:
        """The lead, then its copies."""
        return (self.lead, *(copy.article for copy in self.copies))


@dataclass(frozen=True, slots=True)
class Echo:
    """An article of tonight that repeats an article of an earlier night: ids, exact Jaccard and containment."""

    article: str
    earlier: str
    similarity: float
    containment: float


@dataclass(frozen=True, slots=True)
class PastStory:
    """A story of earlier nights as the store remembers it: what later nights compare against.

    `night` and `headline` are the latest, `articles` the texts of all remembered nights. `since` is the first night
    that told it, which may be long forgotten; None when that is `night`.
    """

    id: str
    night: date
    headline: str
    articles: tuple[Article, ...]
    since: date | None = None

    @property
    def began(self) -> date:
        """The first night that told the story."""
        return self.since or self.night


@dataclass(frozen=True, slots=True)
class Story:
    """The copy groups that report one event, medoid first.

    `continues` is the earlier story it takes further: of the same id, unless another story took that id over.
    `aliases` are the ids of further earlier stories that turned out tonight to be this one.
    """

    id: str
    groups: tuple[CopyGroup, ...]
    continues: PastStory | None = None
    aliases: tuple[str, ...] = ()

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every article of the story, leads and copies."""
        return tuple(article for group in self.groups for article in group.articles)

    @property
    def leads(self) -> tuple[Article, ...]:
        """One article per copy group: the texts that differ."""
        return tuple(group.lead for group in self.groups)

    @property
    def outlets(self) -> tuple[str, ...]:
        """The distinct sources, in order of first appearance; unnamed sources are left out."""
        return tuple(dict.fromkeys(article.source for article in self.articles if article.source))


@dataclass(frozen=True, slots=True)
class Evidence:
    """The source sentence that supports a digest sentence."""

    article: str
    sentence: str


@dataclass(frozen=True, slots=True)
class DigestSentence:
    """One sentence of a digest. `refused` is the checker's reason when a written sentence had to be replaced."""

    text: str
    evidence: tuple[Evidence, ...]
    method: Method
    refused: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the supporting articles, each once."""
        return tuple(dict.fromkeys(item.article for item in self.evidence))


@dataclass(frozen=True, slots=True)
class Claim:
    """One of the values that sources give, with the ids of the articles that give it."""

    value: str
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Sources that give different values for the same thing; `about` is what the values count."""

    about: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The checked digest of one story. `model` is the writer's name, empty when nothing was written."""

    story: Story
    headline: str
    sentences: tuple[DigestSentence, ...]
    method: Method
    model: str = ""
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def text(self) -> str:
        """The digest as one paragraph."""
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Merit:
    """One part of a story's score: what it is for, and how much it adds."""

    what: str
    points: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A story's place in the edition. `score` ranked it; `first_seen` and `updated` bound its articles' dates.

    `topics` are those it is about, the one it is most about first: in the whole edition it stands under that; `merits`
    are what the score is made of.
    """

    summary: Summary
    score: float
    first_seen: datetime | None
    updated: datetime | None
    topics: tuple[str, ...] = ()
    merits: tuple[Merit, ...] = ()

    @property
    def topic(self) -> str:
        """The section it stands in, "" when it stands in none."""
        return self.topics[0] if self.topics else ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A story that did not get into the edition, and why; `score` is what it ranked by."""

    story: str
    headline: str
    reason: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of everything that came in: items = rejected + seen + repeats + articles.

    `seen` were told on an earlier night, `repeats` are further items of one article; `outlets` wrote the articles.
    """

    items: int = 0
    rejected: int = 0
    seen: int = 0
    repeats: int = 0
    articles: int = 0
    outlets: int = 0
    copies: int = 0
    stories: int = 0


@dataclass(frozen=True, slots=True)
class Edition:
    """One night's edition: entries best first. `cutoff` is when the sources were read, aware."""

    title: str
    night: date
    cutoff: datetime
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]
    counts: Counts
    failed_sources: tuple[Reject, ...] = ()
    rejects: tuple[Reject, ...] = ()

    @property
    def id(self) -> str:
        """The night as YYYY-MM-DD: one edition a night."""
        return self.night.isoformat()


@dataclass(frozen=True, slots=True)
class StoryPage:
    """A story's own page in the archive, as it was on the night: what its digest rests on. `story` is its id."""

    story: str
    html: str


@dataclass(frozen=True, slots=True)
class Telling:
    """One night's telling of a story, under the id it had there. `has_page` says whether the archive shows it alone."""

    night: date
    story: str
    headline: str
    has_page: bool


@dataclass(frozen=True, slots=True)
class Issue:
    """An edition as the archive's index lists it: `told` stories, the first of them in `leads`, best first."""

    night: date
    title: str
    subject: str
    cutoff: datetime
    counts: Counts
    told: int
    failed_sources: int
    leads: tuple[Telling, ...]


@dataclass(frozen=True, slots=True)
class Volume:
    """How many articles a source gave."""

    source: str
    articles: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What a mail is made for: the title of the list, "" for the edition's, and the topics asked for, in order.

    No topics ask for the whole edition.
    """

    title: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says to all who made one choice; `quiet` tells that the night has no stories for them."""

    choice: Choice
    subject: str
    html: str
    text: str
    quiet: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """An edition in the forms it is read in: `html` within the mail's size budget, `text` and `page` complete.

    `cutoff` dates the message; `page` is the whole edition as a web page for the archive, `stories` are the pages of
    its stories, best first; `quiet` tells of no stories; `letters` are the mails of those who chose otherwise than the
    whole edition under its own title.
    """

    edition: str
    subject: str
    cutoff: datetime
    html: str
    text: str
    page: str
    quiet: bool = False
    stories: tuple[StoryPage, ...] = ()
    letters: tuple[Letter, ...] = ()

    @property
    def letter(self) -> Letter:
        """The mail for those who get the whole edition."""
        return Letter(Choice(), self.subject, self.html, self.text, self.quiet)

    def as_told_in(self, letter: Letter) -> "Rendered":
        """The same edition with another letter for a mail."""
        return replace(self, subject=letter.subject, html=letter.html, text=letter.text, quiet=letter.quiet)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one recipient's message; `detail` is the server's last answer or where the file lies.

    `earlier` says that it stood so before this run, which did nothing for it.
    """

    edition: str
    recipient: str
    message_id: str
    state: DeliveryState
    detail: str = ""
    list_id: str = ""
    earlier: bool = field(default=False, compare=False)
