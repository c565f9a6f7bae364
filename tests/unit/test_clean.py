"""One item becomes one article or one reject with its reason."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import PARAGRAPHS, cleaned, page, story
from pipeline.records import Article, Hints, Kind, RawItem, Reject
from pipeline.stages.clean import FEWEST_WORDS, clean

TEXT = "\n".join(PARAGRAPHS)
DUMP = "\n\n".join(("Aldvik closes its old ferry quay", *PARAGRAPHS))
FRENCH = (
    "Le conseil du port a voté lundi la fermeture de l’ancien quai avant l’arrivée des tempêtes d’hiver.",
    "Les ingénieurs ont expliqué que les pieux avaient perdu un tiers de leur solidité depuis 2019 – « déjà trop ».",
    "La compagnie prévoit d’utiliser le quai nord, et la traversée durera plus longtemps qu’à présent.",
)


def reason(item: RawItem) -> str:
    """Why the item is no article."""
    found = clean(item)
    assert isinstance(found, Reject), found
    assert (found.stage, found.location) == ("clean", item.location)
    return found.reason


def plain(text: str = "Some words.", **hints: str) -> Article:
    """The article in a piece of clean text."""
    found = clean(RawItem("here", Kind.PLAIN, text.encode(), Hints(**hints)))
    assert isinstance(found, Article)
    return found


def test_a_page_becomes_an_article() -> None:
    """Title, text, publisher, time, address and language, all from the page."""
    head = (
        '<link rel="canonical" href="https://www.post.example/quay?utm_source=x">'
        '<meta property="og:site_name" content="Example Post">'
        '<meta property="article:published_time" content="2026-03-09T20:32:00+01:00">'
    )
    found = cleaned(page(story(), head))
    assert (found.title, found.text) == ("Aldvik closes its old ferry quay", TEXT)
    assert (found.source, found.lang, found.url) == ("Example Post", "en", "https://www.post.example/quay")
    assert found.published is not None
    assert found.published.isoformat() == "2026-03-09T20:32:00+01:00"


@pytest.mark.parametrize("declared", ["<meta charset='windows-1252'>", ""])
def test_an_old_encoding_is_read(declared: str) -> None:
    """Windows-1252 with its quotes and dashes, declared or not."""
    body = "<article><h1>Le quai fermé</h1>" + "".join(f"<p>{line}</p>" for line in FRENCH) + "</article>"
    found = cleaned(f"<html lang='fr'><head>{declared}</head><body>{body}</body></html>".encode("cp1252"))
    assert (found.title, found.text) == ("Le quai fermé", "\n".join(FRENCH))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_dump_of_any_encoding_is_read(encoding: str) -> None:
    """Text files do not say what they are."""
    found = cleaned("\n\n".join(("Le quai fermé", *FRENCH)).encode(encoding), Kind.DUMP)
    assert (found.title, found.text, found.lang) == ("Le quai fermé", "\n".join(FRENCH), "fr")


@pytest.mark.parametrize("body", ["<div id='root'></div><script>start()</script>", "<p>Please accept cookies.</p>", ""])
def test_a_page_shell_is_rejected(body: str) -> None:
    """A page that fills itself by script, a cookie wall and an empty page hold no article."""
    assert reason(RawItem("here", Kind.PAGE, page(body, "<title>Live</title>")))


@pytest.mark.parametrize("kind", [Kind.DUMP, Kind.PLAIN, Kind.FRAGMENT])
def test_binary_data_is_rejected(kind: Kind) -> None:
    """A picture that was saved as text."""
    assert reason(RawItem("here", kind, bytes(range(256)) * 40)).startswith("not text")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_rejected(kind: Kind, content: bytes) -> None:
    """An empty article would be a copy of every other one."""
    assert "no article text" in reason(RawItem("here", kind, content))


def test_a_few_words_are_a_page_shell_but_a_whole_entry() -> None:
    """A feed's teaser is short and still an article; a page with as little is a wall."""
    short = " ".join(["word"] * (FEWEST_WORDS - 10)) + "."
    assert cleaned(f"<p>{short}</p>", Kind.FRAGMENT).text == short
    assert cleaned(short, Kind.PLAIN).text == short
    assert "words of article text" in reason(RawItem("here", Kind.DUMP, short.encode()))


def test_a_title_alone_is_enough_for_an_entry() -> None:
    """Some feeds have headlines only."""
    assert plain("", title="Ferry refloated").title == "Ferry refloated"


def test_a_long_text_without_spaces_is_no_shell() -> None:
    """Chinese has no words to count."""
    text = "港口议会星期一投票决定在冬季风暴来临之前关闭旧码头。" * 8
    assert cleaned(text, Kind.DUMP).text


def test_the_source_knows_best_about_itself() -> None:
    """Id, address, title, time, language and publisher of the source win over the page's."""
    hints = Hints("7", "https://e.org/1?utm_source=x", " My   title ", "2026-03-09", "fr-FR", "My Post")
    found = clean(RawItem("here", Kind.PAGE, page(story()), hints))
    assert isinstance(found, Article)
    assert (found.id, found.url, found.title, found.lang) == ("7", "https://e.org/1", "My title", "fr")
    assert (found.source, found.published.isoformat() if found.published else "") == (
        "My Post",
        "2026-03-09T00:00:00+00:00",
    )
    assert found.text == TEXT


def test_an_unknown_publisher_is_its_host() -> None:
    """Better than nothing in the list of sources."""
    assert plain(url="https://www.post.example/1").source == "post.example"


def test_an_id_is_stable() -> None:
    """The same article has the same id on every night, from its address or else from its words."""
    one = plain(url="https://e.org/1?utm_source=a").id
    assert one == plain("Other words.", url="https://e.org/1#top").id
    assert one != plain(url="https://e.org/2").id
    assert plain("Words.").id == plain(" Words. ").id != plain("Words!").id
    assert plain("Words.", source="A").id != plain("Words.", source="B").id


def test_an_address_that_is_none_is_dropped() -> None:
    """It would become a link in the mail."""
    assert plain(url="javascript:alert(1)").url == ""


def test_foreign_keys_pass_through() -> None:
    """They are the user's."""
    found = clean(RawItem("here", Kind.PLAIN, b"Some words.", Hints(), {"score": 1}))
    assert isinstance(found, Article)
    assert found.extra == {"score": 1}


def test_a_reject_names_the_article() -> None:
    """Whoever sent an id gets it back."""
    found = clean(RawItem("here:3", Kind.PLAIN, b"", Hints(id="7")))
    assert found == Reject("clean", "here:3", "no article text found", "7")


@settings(max_examples=60)
@given(st.binary(max_size=200), st.sampled_from(list(Kind)))
def test_any_bytes_are_an_article_or_a_reject(content: bytes, kind: Kind) -> None:
    """One item never stops the night."""
    logging.disable(logging.CRITICAL)
    assert isinstance(clean(RawItem("here", kind, content)), Article | Reject)
    logging.disable(logging.NOTSET)


@settings(max_examples=60)
@given(st.text(), st.text(), st.text(), st.text())
@pytest.mark.filterwarnings("ignore")
def test_any_hints_will_do(url: str, title: str, published: str, lang: str) -> None:
    """What a source says about itself is no safer than its text."""
    found = plain(url=url, title=title, published=published, lang=lang)
    assert f"{found}".encode()


def test_the_headline_does_not_stand_in_the_text_again() -> None:
    """Not of a page, not of a dump, and not as the first line of a feed's entry."""
    headline = "Aldvik closes its old ferry quay"
    assert cleaned(page(story(headline))).text == TEXT
    assert cleaned(f"{headline}\n\n{DUMP}", Kind.DUMP).text == TEXT
    assert plain(f"{headline}\n{TEXT}", title=headline.upper()).text == TEXT


@pytest.mark.parametrize(
    ("stated", "address"),
    [
        ("https://post.example/quay", "https://post.example/quay"),
        ("https://post.example/", "https://m.post.example/quay"),
    ],
)
def test_a_mobile_page_has_the_address_it_states(stated: str, address: str) -> None:
    """So that it is one article with the page it is a form of; an address that is surely another is not taken."""
    content = page(story(), f'<link rel="canonical" href="{stated}">')
    found = clean(RawItem("here", Kind.PAGE, content, Hints(url="https://m.post.example/quay")))
    assert isinstance(found, Article)
    assert found.url == address
