"""A story's page: each sentence leads to its evidence in its source, and nothing of it is hidden or believed."""

import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml.html import HtmlElement

from made_editions import (
    NIGHT,
    ZONE,
    article,
    assert_whole,
    edition,
    explained_edition,
    hostile_edition,
    lone,
    outline,
    tree,
)
from made_editions import entry as story_entry
from made_editions import sentence as digest_sentence
from pipeline.forms.evidence import MOST_LISTED
from pipeline.forms.words import page_name
from pipeline.records import Copy, CopyGroup, Rendered, Telling
from pipeline.stages.render import Archive, render
from sites import heading_faults

GOLDEN = Path(__file__).parents[1] / "golden" / "render_story.txt"
EARLIER = {
    "squay": (
        Telling(date(2026, 3, 9), "squay", "Quay wall cracks", has_page=True),
        Telling(date(2026, 3, 7), "sold", "Quay wall leans", has_page=False),
    )
}


def explained() -> Rendered:
    """The explained edition, as rendered."""
    return render(explained_edition(), ZONE, Archive(EARLIER))


def first_page(rendered: Rendered) -> HtmlElement:
    """The page of the first story."""
    return tree(rendered.stories[0].html)


def words(element: HtmlElement) -> str:
    """What a reader sees, on one line."""
    return " ".join(str(element.text_content()).split())


def test_golden() -> None:
    """A change of the page is seen and meant."""
    now = "\n".join(outline(first_page(explained()))) + "\n"
    if os.environ.get("NEWSFOLD_UPDATE_GOLDEN"):
        GOLDEN.write_text(now, encoding="utf-8")
    assert now == GOLDEN.read_text(encoding="utf-8")


def test_a_citation_leads_to_the_marked_sentence() -> None:
    """Each citation of each sentence ends at a mark that holds the evidence and leads back to that sentence."""
    page = first_page(explained())
    told = page.xpath("//ol[@class='told']/li")
    found = []
    for item in told:
        for link in item.xpath(".//a"):
            mark = page.get_element_by_id(link.get("href").removeprefix("#"))
            assert mark.getparent().tag == "mark"
            assert mark.get("href") == f"#{item.get('id')}"
            found.append((item.get("id"), words(link), words(mark.getparent())))
    assert found == [
        ("d1", "Meridian Wire [1]", "1The wall fell on Monday."),
        ("d1", "Harbour Post [2]", "1The wall fell on Monday."),
        ("d2", "Meridian Wire [1]", "2It was built in 1962 and last mended in 1990."),
        ("d3", "Island Radio [3]", "3Ships are sent away."),
    ]


def test_evidence_stands_in_its_paragraphs() -> None:
    """A paragraph before and after is shown, of an earlier night's article nothing but the evidence."""
    wire, _, old = first_page(explained()).xpath("//article[@class='text']")
    paragraphs = [words(paragraph) for paragraph in wire.xpath(".//div/p")]
    assert paragraphs[0] == "A quay wall fell into the harbour of Port Ansel."
    assert paragraphs[1].startswith("PORT ANSEL (MW) — 1The wall fell on Monday. Nobody")
    assert paragraphs[-1] == "2It was built in 1962 and last mended in 1990."
    assert [words(paragraph) for paragraph in old.xpath(".//div/p")] == ["3Ships are sent away."]
    assert "earlier night" in words(old)


def test_the_page_tells_of_copies_refusals_and_earlier_nights() -> None:
    """Who reprinted whom and how closely, what was refused and why, and where the story began."""
    page = first_page(explained())
    told = words(page)
    for part in (
        "Meridian Wire: Title wire Coast Daily: Title reprint near copy: 97 % of all wording shared, 99 %",
        "The model’s own wording was refused: 1926 is nowhere",
        "Sources disagree — injured: 11 (Meridian Wire1); 9 (Harbour Post2).",
        "Also reported by Valley Tribune: Title aside",
        "9 March: Quay wall cracks",
    ):
        assert part in told
    assert page.xpath("//a[.='Quay wall cracks']/@href") == ["../2026-03-09/squay.html"]
    assert page.xpath("//a[.='Quay wall leans']/@href") == ["../2026-03-07.html"]


def test_every_story_has_its_page_and_the_edition_links_to_it() -> None:
    """The pages are those of the edition's stories in its order, each linked from it and to its neighbours."""
    rendered = explained()
    assert [page.story for page in rendered.stories] == ["squay", "sbill"]
    assert tree(rendered.page).xpath("//p[contains(@class, 'whole')]/a/@href") == [
        "2026-03-10/squay.html",
        "2026-03-10/sbill.html",
    ]
    assert first_page(rendered).xpath("//a[@rel='next']/@href") == ["sbill.html"]
    assert first_page(rendered).xpath("//a[@rel='prev']") == []


def test_pages_and_edition_tell_the_same() -> None:
    """Headline, sentences and numbers of sources are those of the mail."""
    rendered = explained()
    for entry, page in zip(explained_edition().entries, rendered.stories, strict=True):
        told = words(tree(page.html))
        for text in (entry.summary.headline, *(sentence.text for sentence in entry.summary.sentences)):
            assert text in told
            assert text in " ".join(rendered.text.split())


def test_hostile_text_stays_text() -> None:
    """No script, no handler, no link but to http(s) and the archive, no hidden letters; the page stays whole."""
    for page in render(hostile_edition(), ZONE).stories:
        assert_whole(page.html)
        root = tree(page.html)
        assert not root.xpath("//script | //iframe | //img | //form | //b | //i | //*[@onload]")
        assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]
        own = r"https?://|\.\./index\.html$|\.\./2026-03-10\.html#s1$|#[a-z\d-]+$"
        links = [link for _, name, link, _ in root.iterlinks() if name == "href"]
        assert all(re.match(own, link) for link in links)
        assert not [link for link in links if "evil" in link]
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", page.html)
        assert page.html.encode()
        assert "<b>nowhere</b>" in words(root)


@pytest.mark.parametrize("id_", ["../../etc/passwd", "", ".", "a/b", "con\x00", "ä", "x" * 300])
def test_a_file_name_holds_nothing_of_a_strange_id(id_: str) -> None:
    """A page lies in its night's folder whatever the story is called, and two stories never share one."""
    assert re.fullmatch(r"[0-9a-f]{16}\.html", page_name(id_))
    assert page_name(id_) != page_name(id_ + "-")
    assert page_name("s0787cb23496c") == "s0787cb23496c.html"


def test_the_page_is_bounded() -> None:
    """A story of thousands of copies and one endless article fits in a page."""
    lead = replace(article("lead"), text="It happened. " + "and on and on " * 100_000)
    copies = tuple(Copy(article(f"c{number}"), 1.0, 1.0, exact=True) for number in range(3_000))
    groups = (CopyGroup(lead, copies), *(CopyGroup(article(f"r{number}")) for number in range(3_000)))
    told = replace(digest_sentence("It happened.", lead), evidence=())
    evidence = digest_sentence("It happened.", lead).evidence
    told = replace(told, evidence=(replace(evidence[0], sentence="It happened."),))
    (page,) = render(edition(story_entry("H", told, groups=groups)), ZONE).stories
    assert len(page.html) < 80_000
    assert words(tree(page.html)).count(f"and {3_000 - MOST_LISTED} more") == 2


def test_headings_and_languages() -> None:
    """A screen reader finds one first heading, no level left out, and the language of what is in another one."""
    french = replace(article("fr", "Le Courrier", lang="fr"), text="Le mur est tombé. Il pleut.")
    night = edition(lone("Le mur tombe", french, "Le mur est tombé."))
    for rendered in (explained(), render(night, ZONE)):
        for html in (rendered.page, *(page.html for page in rendered.stories)):
            assert heading_faults(tree(html)) == []
            assert tree(html).get("lang") == "en"
            ids = tree(html).xpath("//@id")
            assert len(ids) == len(set(ids))
    page = first_page(render(night, ZONE))
    assert page.xpath("//h1/@lang") == page.xpath("//h3/@lang") == ["fr"]


def test_the_night_is_named() -> None:
    """A page that is found by itself says of which edition it is."""
    page = first_page(explained())
    assert NIGHT.isoformat() in str(page.xpath("//nav[1]/a/@href")[0])
    assert "Tuesday 10 March 2026" in words(page)


def test_a_lone_story_has_no_neighbours() -> None:
    """Where there is nothing to lead to, no empty box stands at the page's end."""
    alone = replace(explained_edition(), entries=explained_edition().entries[:1])
    (page,) = render(alone, ZONE).stories
    assert "In this edition" not in page.html
    assert [nav for nav in tree(page.html).xpath("//nav") if not nav.text_content().strip()] == []
