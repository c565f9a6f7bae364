"""The view: everything a form shows, as clean strings. Forms lay it out; they decide and compute nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceView:
    """An article in a story's list. `number` is 0 when no sentence cites it; `url` is empty without a safe link."""

    number: int
    anchor: str
    title: str
    outlet: str
    url: str
    lang: str
    rtl: bool


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A source sentence and where it stands."""

    source: SourceView
    sentence: str


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A digest sentence with what supports it; `made` is `written` or `quoted`."""

    text: str
    citations: tuple[SourceView, ...]
    evidence: tuple[EvidenceView, ...]
    made: str
    refused: str


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One of several values, with those who give it."""

    value: str
    sources: tuple[SourceView, ...]


@dataclass(frozen=True, slots=True)
class DisagreementView:
    """What the sources do not agree on."""

    about: str
    claims: tuple[ClaimView, ...]


@dataclass(frozen=True, slots=True)
class StoryView:
    """One story. `lang` and `language` are empty for English; `meta` is its quiet lines below the outlets.

    `section` is the reader's topic it stands under, empty when it stands under none. `page` is the file name of its own
    page, in the archive's folder of the night.
    """

    rank: int
    anchor: str
    page: str
    section: str
    headline: str
    lang: str
    language: str
    rtl: bool
    continues: str
    sentences: tuple[SentenceView, ...]
    disagreements: tuple[DisagreementView, ...]
    outlets: str
    meta: tuple[str, ...]
    sources: tuple[SourceView, ...]
    uncited: tuple[SourceView, ...]
    families: tuple[str, ...]

    @property
    def more(self) -> str:
        """How many articles of the story no sentence cites; empty when none."""
        if not self.uncited:
            return ""
        return f"and {len(self.uncited):,} more article{'' if len(self.uncited) == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A line of the account of what came in."""

    label: str
    number: str
    total: bool = False


@dataclass(frozen=True, slots=True)
class FailureView:
    """A source that could not be read."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, and what it befell."""

    reason: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EditionView:
    """The whole edition of the `night` (YYYY-MM-DD). `quiet` is what it says when there are no stories, else empty.

    `web` is the address of its page in the archive, empty when that is served nowhere. `further` tells how many of its
    stories a mail leaves to the archive because its reader chose other topics.
    """

    title: str
    night: str
    web: str
    subject: str
    preheader: str
    date: str
    counts: str
    cutoff: str
    alarm: str
    quiet: str
    stories: tuple[StoryView, ...]
    ledger: tuple[LedgerRow, ...]
    failed: tuple[FailureView, ...]
    left_out: tuple[Reason, ...]
    rejected: tuple[Reason, ...]
    made: str
    unsubscribe: str
    further: str = ""

    def web_of(self, story: StoryView) -> str:
        """The address of a story's page in the archive, empty when that is served nowhere."""
        return f"{self.web.removesuffix('.html')}/{story.page}" if self.web else ""
