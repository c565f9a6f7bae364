"""A small night, and its mail, for tests that need one."""

from datetime import UTC, date, datetime, timedelta

from pipeline.config import MailConfig, ReaderConfig, SmtpConfig
from pipeline.mail.message import build_message
from pipeline.records import (
    Article,
    Claim,
    Copy,
    CopyGroup,
    Counts,
    DigestSentence,
    Disagreement,
    Edition,
    Entry,
    Evidence,
    LeftOut,
    Method,
    PastStory,
    Reject,
    Rendered,
    Story,
    Summary,
)
from pipeline.store.ledger import Ledger
from pipeline.store.rows import Message, Night

DAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
LIST = "daily.example.org"


def day(number: int) -> date:
    """A night, counted from 0."""
    return DAY + timedelta(days=number)


def make_article(name: str, **changes: str) -> Article:
    """An article with every field filled in."""
    return Article(
        id=name,
        title=changes.get("title", f"Title of {name}"),
        text="First paragraph.\nSecond paragraph.",
        url=f"https://news.example/{name}",
        published=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        lang="en",
        source="Example Post",
        location=f"inbox/{name}.html",
        extra={"byline": "A. Writer", "tags": ["one", 2, None]},
    )


def make_rendered(day: date = DAY, subject: str = "Dam reopened", html: str = "", text: str = "") -> Rendered:
    """A rendered edition whose sources were read two hours before `NOW`."""
    return Rendered(
        edition=day.isoformat(),
        subject=subject,
        cutoff=datetime(day.year, day.month, day.day, 3, tzinfo=UTC) + timedelta(days=1),
        html=html or "<p>The dam has reopened — after two days.</p>\n",
        text=text or "The dam has reopened — after two days.\n",
        page="<html>page</html>",
    )


def make_night(day: date = DAY, prefix: str = "") -> Night:
    """A night with a copy, a story of two groups, a story left out, a refused sentence and rejects."""
    one, twin, other, quiet, alone = (
        make_article(prefix + name) for name in ("one", "twin", "other", "quiet", "alone")
    )
    past = PastStory("old-story", day - timedelta(days=1), "Dam closed", (one,))
    group = CopyGroup(one, (Copy(twin, 0.875, 0.96, exact=False),))
    story = Story(prefix + "dam", (group, CopyGroup(other)), continues=past)
    dropped = Story(prefix + "chess", (CopyGroup(quiet),))
    edition = Edition(
        title="Newsfold",
        night=day,
        cutoff=make_rendered(day).cutoff,
        entries=(Entry(_summary(story), 4.5, one.published, other.published),),
        left_out=(LeftOut(dropped.id, "Chess club meets", "budget: 1 story"),),
        counts=Counts(items=7, rejected=1, seen=1, articles=5, copies=1, stories=2),
        failed_sources=(Reject("ingest", "https://down.example/feed", "no answer"),),
        rejects=(Reject("clean", "inbox/day.jsonl:7", "no text", article=prefix + "empty"),),
    )
    return Night(edition, make_rendered(day), (one, twin, other, quiet, alone), (story, dropped))


def make_mail(recipients: tuple[str, ...] = (), smtp: SmtpConfig | None = None) -> MailConfig:
    """A mail configuration with both ways to unsubscribe."""
    return MailConfig(
        sender="digest@example.org",
        sender_name="Newsfold",
        recipients=tuple(ReaderConfig(address=address) for address in recipients),
        list_id=LIST,
        unsubscribe_mailto="leave@example.org",
        unsubscribe_url="https://example.org/leave?t=",
        smtp=smtp,
    )


def make_messages(*recipients: str) -> tuple[Message, ...]:
    """A message for each recipient."""
    return tuple(build_message(make_rendered(), recipient, make_mail(), "token") for recipient in recipients)


def states(ledger: Ledger) -> dict[str, str]:
    """Each recipient's state in the sample edition."""
    return {row.recipient: row.state.value for row in ledger.deliveries(DAY.isoformat())}


def _summary(story: Story) -> Summary:
    """A digest with one sentence written and one replaced."""
    evidence = (Evidence(story.leads[0].id, "The dam reopened."),)
    return Summary(
        story=story,
        headline="Dam reopens",
        sentences=(
            DigestSentence("The dam reopened.", evidence, Method.WRITTEN),
            DigestSentence("It had closed on Friday.", evidence, Method.EXTRACTED, refused="number 40 unsupported"),
        ),
        method=Method.MIXED,
        model="tiny",
        disagreements=(Disagreement("people", (Claim("3", ("one",)), Claim("4", ("other",)))),),
    )
