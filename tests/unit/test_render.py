"""Rendering: what a reader may rely on in the mail, the text and the page.

`NEWSFOLD_UPDATE_GOLDEN=1 pytest tests/unit/test_render.py` rewrites the golden files; read the difference first.
"""

import os
import re
from dataclasses import replace
from datetime import UTC
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_editions import (
    HOSTILE,
    NIGHT,
    ZONE,
    article,
    assert_whole,
    edition,
    full_edition,
    lone,
    outline,
    sentence,
    tree,
)
from made_editions import entry as story_entry
from pipeline.config import MailConfig
from pipeline.forms.palette import DARK, LIGHT, Palette
from pipeline.forms.plain import WIDTH
from pipeline.forms.words import clean
from pipeline.mail.message import LEAVE, build_message
from pipeline.records import (
    Article,
    Claim,
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
from pipeline.stages.render import MAIL_BYTES, Archive, render

GOLDEN = Path(__file__).parents[1] / "golden"


def squeezed(text: str) -> str:
    """Without white space: a line break inside a long word is layout."""
    return re.sub(r"\s", "", text)


def shown(html: str) -> str:
    return squeezed(str(tree(html).text_content()))


@pytest.mark.parametrize("form", ["mail", "text", "page"])
def test_golden(form: str) -> None:
    """A change of any form is seen and meant."""
    rendered = render(full_edition(), ZONE)
    html = {"mail": rendered.html, "page": rendered.page}
    now = "\n".join(outline(tree(html[form]))) + "\n" if form in html else rendered.text
    path = GOLDEN / f"render_{form}.txt"
    if os.environ.get("NEWSFOLD_UPDATE_GOLDEN"):
        path.write_text(now, encoding="utf-8")
    assert now == path.read_text(encoding="utf-8")


any_text = st.one_of(st.text(max_size=60), st.just(HOSTILE), st.sampled_from(["", "Quay wall falls", "港口关闭" * 40]))
any_url = st.one_of(st.just("https://x.example/a b\"c'<d>"), st.just("javascript:alert(1)"), st.just("x/y"), any_text)
articles = st.builds(
    Article, id=st.text(max_size=3), title=any_text, text=any_text, url=any_url, lang=any_text, source=any_text
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    leads = draw(st.lists(articles, min_size=1, max_size=3))
    evidence = tuple(Evidence(item.id, draw(any_text)) for item in leads)
    sentences = tuple(
        DigestSentence(draw(any_text), evidence, draw(st.sampled_from(Method)), draw(any_text))
        for _ in range(draw(st.integers(0, 2)))
    )
    dispute = Disagreement(draw(any_text), (Claim(draw(any_text), (leads[0].id, "unknown")),))
    story = Story("s", tuple(CopyGroup(lead) for lead in leads), PastStory("p", NIGHT, draw(any_text), ()))
    summary = Summary(story, draw(any_text), sentences, draw(st.sampled_from(Method)), draw(any_text), (dispute,))
    times = st.none() | st.datetimes(timezones=st.just(UTC))
    return Entry(summary, 1.0, draw(times), draw(times), (draw(any_text),))


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    reject = Reject(draw(any_text), draw(any_text), draw(any_text))
    return replace(
        edition(*draw(st.lists(entries(), max_size=4))),
        title=draw(any_text),
        left_out=(LeftOut("x", draw(any_text), draw(any_text)),),
        failed_sources=(reject,),
        rejects=(reject, reject),
    )


@settings(max_examples=60)
@given(editions())
def test_any_text_gives_three_whole_forms(night: Edition) -> None:
    """No text of the world breaks a form, runs a script, hides itself or splits a header."""
    rendered = render(night, ZONE)
    assert rendered == render(night, ZONE)
    for html in (rendered.html, rendered.page):
        assert_whole(html)
        assert "<script" not in html.lower()
        links = [link for _, name, link, _ in tree(html).iterlinks() if name == "href"]
        own = r"https?://|#s\d|index\.html$|2026-03-10/[0-9a-zA-Z]+\.html$"
        assert all(re.match(own, link, re.IGNORECASE) for link in links)
    for form in (rendered.html, rendered.page, rendered.text, rendered.subject):
        form.encode()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", form)
    for headline in (clean(entry.summary.headline) for entry in night.entries):
        assert squeezed(headline) in squeezed(rendered.text)
        assert squeezed(headline) in shown(rendered.page)
    assert len(rendered.subject.splitlines()) == 1
    assert len(rendered.subject) <= 120
    assert len(rendered.html.encode()) <= MAIL_BYTES


def test_story_order_is_the_editions() -> None:
    """The reader meets the stories in the order in which they were ranked."""
    heads = ["Zebra", "Apple", "Mango"]
    rendered = render(edition(*(lone(head, article("a")) for head in heads)), ZONE)
    for html in (rendered.html, rendered.page):
        assert [item.text_content() for item in tree(html).findall(".//h2")] == [*heads, "About this edition"]
    assert [head for line in rendered.text.splitlines() for head in heads if line.endswith(f" {head}")] == heads


def test_a_storys_section_is_named_in_every_form() -> None:
    """Mail, text, page and the story's own page say under which of the reader's topics it stands, if any."""
    told = replace(lone("Ferry afloat", article("a")), topics=("Sea & ships",))
    forms = render(edition(told), ZONE)
    assert all("Sea &amp; ships" in form for form in (forms.html, forms.page, forms.stories[0].html))
    assert "SEA & SHIPS" in forms.text
    assert 'class="section' not in render(edition(lone("Ferry afloat", article("a"))), ZONE).page


def test_long_edition_gives_up_whole_stories() -> None:
    """A mail too long for its budget moves stories to a list of headlines; text and page keep them all."""
    night = edition(*(lone(f"Headline {n}", article("a"), f"Fact {n}. " * 60) for n in range(400)))
    rendered = render(night, ZONE)
    assert_whole(rendered.html)
    heads = [item.text for item in tree(rendered.html).findall(".//h2")]
    full = len(heads) - 2
    assert full > 10
    assert heads == [*(f"Headline {n}" for n in range(full)), "Also in this edition", "About this edition"]
    assert 0.9 * MAIL_BYTES < len(rendered.html.encode()) <= MAIL_BYTES
    assert f"Headline {full}" in rendered.html
    for complete in (rendered.text, rendered.page):
        assert all(f"Fact {n}." in complete for n in range(400))


def test_endless_texts_still_fit() -> None:
    """The budget holds even when every single text is longer than the whole mail may be."""
    endless = "&" * 30_000
    rejects = tuple(Reject(f"{n}{endless}", f"{n}{endless}", f"{n}{endless}") for n in range(40))
    left_out = tuple(LeftOut("x", endless, f"{n}{endless}") for n in range(40))
    story = edition(lone(endless, article("a"), endless))
    night = replace(story, title=endless, left_out=left_out, failed_sources=rejects, rejects=rejects)
    html = render(night, ZONE).html
    assert len(html.encode()) <= MAIL_BYTES
    assert_whole(html)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "muted", "accent"])
@pytest.mark.parametrize("ground", ["paper", "note", "desk", "mark"])
def test_contrast(palette: Palette, ink: str, ground: str) -> None:
    """Every text colour can be read on every ground, by WCAG's 4.5 to 1, in both schemes."""
    dark, light = sorted((luminance(getattr(palette, ink)), luminance(getattr(palette, ground))))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_every_colour_is_in_the_palette() -> None:
    """No colour escapes the contrast test, and the dark scheme is really in the mail."""
    rendered = render(full_edition(), ZONE)
    palette = {getattr(scheme, name) for scheme in (LIGHT, DARK) for name in Palette.__slots__}
    for html in (rendered.html, rendered.page):
        assert set(re.findall(r"[:\s](#[0-9a-fA-F]{3,8})\b", html)) <= palette
        assert "prefers-color-scheme: dark" in html
        assert DARK.paper in html


def test_mail_stands_alone() -> None:
    """The mail loads nothing, runs nothing, and its tables are layout to a screen reader."""
    html = render(full_edition(), ZONE).html
    root = tree(html)
    assert not root.xpath("//img | //link | //script | //iframe | //form")
    assert "url(" not in html
    assert "@import" not in html
    assert root.xpath("//table[not(@role='presentation')]") == []
    assert root.get("lang") == "en"
    assert html.index("charset") < 200
    assert html.count(LEAVE) == 1


def test_quiet_night_says_so() -> None:
    """A quiet night is a short honest mail that still accounts for what came in."""
    rendered = render(replace(edition(), counts=Counts(items=31, seen=31)), ZONE)
    assert rendered.subject == "Newsfold, Tuesday 10 March: nothing new"
    for form in (shown(rendered.html), squeezed(rendered.text), shown(rendered.page)):
        assert "Nothingnew" in form
        assert "All sources were read".replace(" ", "") in form
        assert "31" in form


def test_a_failed_source_is_named_once() -> None:
    """Reasons that begin with the source's address do not make it stand there twice."""
    address = "https://post.example/feed.xml"
    failed = (Reject("source", address, f"{address}: the connection failed"),)
    rendered = render(replace(edition(), failed_sources=failed), ZONE)
    for form in (shown(rendered.html), squeezed(rendered.text), shown(rendered.page)):
        assert form.count(address) == 1


def test_a_night_of_old_stories_says_who_was_read() -> None:
    """Numbers of articles and outlets stand in the head of a quiet night too."""
    counts = Counts(items=2, articles=2, outlets=1, stories=1)
    old = LeftOut("s", "Old news", "nothing new since the edition of 2026-03-09", 1.0)
    rendered = render(replace(edition(), counts=counts, left_out=(old,)), ZONE)
    for form in (shown(rendered.html), squeezed(rendered.text), shown(rendered.page)):
        assert squeezed("2 articles from 1 outlet · 0 copies folded · no stories") in form
        assert squeezed("1 story was found but left out of this edition; the reason is below.") in form


def test_the_budget_holds_with_the_way_out() -> None:
    """A reader's own link to leave is added after the mail was made to fit; it stays below 95 KB."""
    long = edition(*(lone(f"Headline {n}", article("a"), f"Fact {n}. " * 60) for n in range(400)))
    letter = render(long, ZONE, Archive(url="https://news.example/archive/"))
    mail = MailConfig(unsubscribe_url=f"https://example.org/{'leave' * 100}/")
    message = message_from_bytes(build_message(letter, "ann@example.org", mail, "f" * 64).content, policy=default)
    html = message.get_body(("html",))
    assert html is not None
    assert 85_000 < len(html.get_content().encode()) <= 95_000


def test_quiet_night_with_failed_source_is_doubtful() -> None:
    """A night that only looks quiet because a source failed is not called quiet."""
    failed = (Reject("ingest", "Island Radio", "timed out"),)
    rendered = render(replace(edition(), failed_sources=failed), ZONE)
    assert rendered.subject == "Newsfold, Tuesday 10 March: nothing new (1 source failed)"
    for form in (shown(rendered.html), squeezed(rendered.text), shown(rendered.page)):
        assert "perhapsitwasnotaquietnight" in form
        assert "IslandRadio:timedout" in form


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/relative", "ftp://x.example/", "https://bank.example@evil/"])
def test_unsafe_address_is_no_link(url: str) -> None:
    """Only plain http and https become links; the citation then leads to the list."""
    rendered = render(edition(lone("H", article("a", url=url))), ZONE)
    for html in (rendered.html, rendered.page):
        links = [link for _, name, link, _ in tree(html).iterlinks() if name == "href"]
        assert set(links) - {"index.html", "2026-03-10/H.html"} == {"#s1-1"}
        assert tree(html).get_element_by_id("s1-1") is not None
    assert url not in rendered.text


def test_text_lines_fit_the_terminal() -> None:
    """Lines stay within the width, wide characters counted twice; addresses are never broken."""
    far = article("a", url="https://x.example/" + "long-" * 40)
    text = render(edition(lone("港口关闭" * 30, far, "W" * 300 + " and " * 40)), ZONE).text
    assert far.url in text
    for line in text.splitlines():
        columns = sum(2 if "\u4e00" <= character <= "\u9fff" else 1 for character in line)
        assert columns <= WIDTH or "https://" in line


def test_citations_agree_in_all_forms() -> None:
    """A number means the same article in every form, and leads to it."""
    rendered = render(full_edition(), ZONE)
    for html in (rendered.html, rendered.page):
        first = tree(html).xpath("//p[starts-with(@class, 'digest')]")[0]
        marks = [(mark.text, mark.get("href")) for mark in first.iter("a")]
        wire, post = ("1", "https://meridianwire.example/wire"), ("2", "https://harbourpost.example/post")
        assert marks == [wire, post, post]
    assert "The wall fell on Monday. [1][2] It was built in 1962. [2]" in rendered.text
    assert "[1] Meridian Wire: Title wire\n        https://meridianwire.example/wire" in rendered.text


def test_citations_stand_in_the_order_of_their_numbers() -> None:
    """However a digest names its sources, a reader sees 1 2 3 and not 2 3 1."""
    first, second, third = article("a"), article("b", "Evening Bell"), article("c", "RTT")
    told = (sentence("One.", first), sentence("Two.", third, second, first))
    groups = (CopyGroup(first), CopyGroup(second), CopyGroup(third))
    assert "One. [1] Two. [1][2][3]" in render(edition(story_entry("H", *told, groups=groups)), ZONE).text


def test_page_explains_every_sentence() -> None:
    """The page shows what supports each sentence, who carries the same text and what the checker refused."""
    page = " ".join(str(tree(render(full_edition(), ZONE).page).text_content()).split())
    for told in (
        "Source sentence of wire.",
        "the model’s wording was refused: 1926 is in no cited article",
        "2 outlets carry the same text: Meridian Wire and Coast Daily",
    ):
        assert told in page


def test_account_adds_up() -> None:
    """Everything that came in is accounted for, repeats of one id included."""
    counts = Counts(items=71, rejected=6, seen=9, repeats=3, articles=53, copies=4, stories=17)
    text = render(replace(edition(), counts=counts), ZONE).text
    assert re.findall(r"\.+ (\d+)$", text, re.MULTILINE) == ["71", "6", "9", "3", "53", "4", "17", "0", "0"]


def test_subject_is_cut_between_words() -> None:
    """A long headline gives way at a word boundary; the count of the others stays."""
    story = lone("Central bank holds its rate " * 9, article("a"))
    subject = render(edition(story, story, story), ZONE).subject
    assert re.search(r"(Central|bank|holds|its|rate)… and 2 more$", subject)
    assert len(subject) <= 120


def test_single_outlet_is_named_as_the_only_one() -> None:
    """A story that one outlet alone reports says so."""
    assert "Only Harbour Post" in render(edition(lone("H", article("a"))), ZONE).text


def test_mail_leads_to_the_archive_where_that_is_served() -> None:
    """With an address both parts of the mail lead to the edition's page, and the page is the same as without."""
    page = "https://news.example/archive/2026-03-10.html"
    served = render(full_edition(), ZONE, Archive(url="https://news.example/archive/"))
    assert tree(served.html).xpath("//a[contains(., 'archive')]/@href") == [page]
    assert page in served.text.splitlines()
    stories = tree(served.html).xpath("//h2/a[starts-with(@href, 'https://news.example/archive/2026-03-10/')]/@href")
    assert len(stories) == len(full_edition().entries)
    assert set(stories) <= {line.strip() for line in served.text.splitlines()}
    assert served.page == render(full_edition(), ZONE).page
    long = edition(*(lone(f"Headline {n}", article("a"), f"Fact {n}. " * 60) for n in range(400)))
    html = render(long, ZONE, Archive(url="https://news.example/archive/")).html
    assert tree(html).xpath("//a[.='on the archive page']/@href") == [page]
    assert len(html.encode()) <= MAIL_BYTES
