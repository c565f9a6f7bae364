"""Editions made by hand for tests of the forms, hostile text among them, and ways to read a page back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import lxml.html
from lxml.html import HtmlElement

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
    Story,
    Summary,
)

ZONE = ZoneInfo("Europe/Paris")
NIGHT = date(2026, 3, 10)
CUTOFF = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> \"q\" & &amp; 'x'\r\nBcc: a@b \u202e\u2066\u200b\x1b[31m\ud800" + "W" * 500


def article(name: str, outlet: str = "Harbour Post", lang: str = "en", url: str | None = None) -> Article:
    address = f"https://{outlet.lower().replace(' ', '')}.example/{name}" if url is None else url
    return Article(id=name, title=f"Title {name}", text=f"Text {name}.", url=address, lang=lang, source=outlet)


def sentence(text: str, *articles: Article, refused: str = "") -> DigestSentence:
    evidence = tuple(Evidence(item.id, f"Source sentence of {item.id}.") for item in articles)
    return DigestSentence(text, evidence, Method.EXTRACTED if refused else Method.WRITTEN, refused)


def entry(headline: str, *sentences: DigestSentence, groups: tuple[CopyGroup, ...]) -> Entry:
    story = Story(id=headline, groups=groups)
    summary = Summary(story, headline, sentences, Method.WRITTEN, "a-model")
    return Entry(summary, 1.0, CUTOFF - timedelta(hours=12), CUTOFF - timedelta(hours=3))


def lone(headline: str, source: Article, text: str = "It happened.") -> Entry:
    """A story of one article."""
    return entry(headline, sentence(text, source), groups=(CopyGroup(source),))


def edition(*entries: Entry) -> Edition:
    counts = Counts(items=10, rejected=1, seen=2, articles=6, copies=1, stories=len(entries))
    return Edition("Newsfold", NIGHT, CUTOFF, entries, (), counts)


def full_edition() -> Edition:
    """Everything a story or a foot can show, once."""
    wire, post = article("wire", "Meridian Wire"), article("post")
    reprint = Copy(article("reprint", "Coast Daily"), 0.97, 0.99, exact=False)
    french = article("fr", "Le Courrier", lang="fr")
    rich = entry(
        "Quay wall falls",
        sentence("The wall fell on Monday.", wire, post),
        sentence("It was built in 1962.", post, refused="1926 is in no cited article"),
        groups=(CopyGroup(wire, (reprint,)), CopyGroup(post), CopyGroup(article("aside", "Valley Tribune"))),
    )
    dispute = Disagreement("injured", (Claim("11", ("wire",)), Claim("9", ("post",))))
    mixed = replace(rich.summary, method=Method.MIXED, disagreements=(dispute,))
    later = entry("Bill goes on", sentence("It was voted.", french), groups=(CopyGroup(french),))
    past = PastStory("p", date(2026, 3, 8), "Bill opens", ())
    story = replace(later.summary.story, continues=past)
    old = replace(later, summary=replace(later.summary, story=story), first_seen=CUTOFF - timedelta(days=3))
    return replace(
        edition(replace(rich, summary=mixed), old),
        left_out=(LeftOut("x", "Chess club elects a board", "past the limit of 2 stories"),),
        failed_sources=(Reject("ingest", "Island Radio", "permission denied"),),
        rejects=tuple(Reject("clean", f"page {number}", "no text") for number in range(5)),
    )


def tree(html: str) -> HtmlElement:
    return lxml.html.document_fromstring(html)


def outline(element: HtmlElement, depth: int = 0) -> Iterator[str]:
    """The document as indented lines, without the styles that change with every touch of the design."""
    if not isinstance(element.tag, str) or element.tag in {"style", "meta"}:
        return
    shown = " ".join(f'{name}="{value}"' for name, value in sorted(element.attrib.items()) if name != "style")
    yield f"{'  ' * depth}{element.tag} {shown}".rstrip()
    for text in (element.text, *(part for child in element for part in (child, child.tail))):
        if isinstance(text, HtmlElement):
            yield from outline(text, depth + 1)
        elif isinstance(text, str) and text.strip():
            yield f"{'  ' * (depth + 1)}| {' '.join(text.split())}"


class Balance(HTMLParser):
    """Fails on a tag that is closed out of order or never."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_whole(html: str) -> None:
    balance = Balance()
    balance.feed(html)
    balance.close()
    assert balance.open == []
    assert html.rstrip().endswith("</html>")


REPORT = (
    "A quay wall fell into the harbour of Port Ansel.\n"
    "PORT ANSEL (MW) — The wall fell on Monday. Nobody had walked on it, the harbour master said.\n"
    "Ships were sent to Lindmar.\n"
    "The council met in the evening.\n"
    "It was built in 1962 and last mended in 1990."
)


def explained_edition() -> Edition:
    """The full edition with texts that hold its evidence, and one of an earlier night whose evidence it cites."""
    night = full_edition()
    first, second = night.entries
    story = first.summary.story
    wire, post, aside = (group.lead for group in story.groups)
    wire, post = replace(wire, text=REPORT, published=CUTOFF - timedelta(hours=9)), replace(post, text=REPORT[49:])
    old = article("old", "Island Radio")
    told = (
        DigestSentence(
            "The wall fell on Monday.",
            (Evidence("wire", "The wall fell on Monday."), Evidence("post", "The wall fell on Monday.")),
            Method.EXTRACTED,
        ),
        DigestSentence(
            "It was built in 1962.",
            (Evidence("wire", "It was built in 1962 and last mended in 1990."),),
            Method.WRITTEN,
        ),
        DigestSentence(
            "Ships were sent away.", (Evidence("old", "Ships are sent away."),), Method.EXTRACTED, "1926 is nowhere"
        ),
    )
    groups = (CopyGroup(wire, story.groups[0].copies), CopyGroup(post), CopyGroup(aside))
    past = PastStory("q", date(2026, 3, 9), "Quay wall cracks", (old,))
    summary = replace(first.summary, sentences=told, story=Story("squay", groups, past))
    later = replace(second.summary, story=replace(second.summary.story, id="sbill"))
    return replace(night, entries=(replace(first, summary=summary), replace(second, summary=later)))


def hostile_edition() -> Edition:
    """An edition of nothing but hostile text: in titles, sources, texts, evidence, addresses, ids and reasons."""
    lead = Article(id="a", title=HOSTILE, text=f"{HOSTILE}\n{HOSTILE}", url="javascript:alert(1)", source=HOSTILE)
    other = replace(lead, id="b", url='https://x.example/"><script>alert(1)</script>', lang='en" onload="x')
    copy = Copy(replace(lead, id="c", url="https://bank.example@evil.example/"), 0.9, 0.95, exact=False)
    evidence = (Evidence("a", HOSTILE.splitlines()[0]), Evidence("b", HOSTILE), Evidence("b", "<b>nowhere</b>"))
    told = DigestSentence(HOSTILE, evidence, Method.EXTRACTED, HOSTILE)
    story = Story("../../etc/passwd", (CopyGroup(lead, (copy,)), CopyGroup(other)))
    dispute = Disagreement(HOSTILE, (Claim(HOSTILE, ("a",)), Claim("<i>9</i>", ("b", "unknown"))))
    entry_ = Entry(Summary(story, HOSTILE, (told,), Method.MIXED, HOSTILE, (dispute,)), 1.0, CUTOFF, CUTOFF, (HOSTILE,))
    return replace(edition(entry_), title=HOSTILE, failed_sources=(Reject("ingest", HOSTILE, HOSTILE),))
