"""Page dumps are cleaned to the article and nothing else, whatever stands around it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.dump import CleanDump, clean_dump

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"

LEAD = "The harbour council of Aldvik voted on Monday to close the old ferry quay before the winter storms arrive."
SECOND = (
    "Engineers told the council that the timber piles under the quay had lost a third of their strength since 2019."
)
THIRD = "The ferry company said its boats would use the northern quay, and that the harbour crossing would take longer."
ARTICLE = "\n".join((LEAD, SECOND, THIRD))


def dump(*lines: str) -> str:
    """A dump of these lines, blank lines between them."""
    return "\n\n".join(lines)


def reasons(clean: CleanDump) -> dict[str, str]:
    """The reason for each dropped text."""
    return {dropped.text: dropped.reason for dropped in clean.dropped}


def test_a_clean_article_comes_through_whole() -> None:
    """A title line and paragraphs are an article already: nothing may be lost."""
    clean = clean_dump(dump("Aldvik closes its old ferry quay", LEAD, SECOND, THIRD))
    assert clean == CleanDump("Aldvik closes its old ferry quay", ARTICLE, (), "")


@pytest.mark.parametrize("empty", ["", " ", "\n\n\t\n", "\ufeff"])
def test_an_empty_dump_gives_an_empty_result(empty: str) -> None:
    """Nothing in, nothing out."""
    clean = clean_dump(empty)
    assert (clean.title, clean.text, clean.published) == ("", "", "")


def test_hard_wrapped_text_is_put_together() -> None:
    """Lines broken at 70 columns are paragraphs, not headings and crumbs."""
    wrapped = (
        "Aldvik closes its old ferry quay\n\n"
        "The harbour council of Aldvik voted on Monday to close the old ferry\n"
        "quay before the winter storms arrive.\n\n"
        "Engineers told the council that the timber piles under the quay had\n"
        "lost a third of their strength since 2019.\n"
    )
    assert clean_dump(wrapped).text == f"{LEAD}\n{SECOND}"


def test_menus_crumbs_and_site_name_are_dropped() -> None:
    """What stands above the headline is not the article."""
    clean = clean_dump(
        dump("Evening Bell", "  1. News", "Home › Coast › Aldvik closes…", "Aldvik closes its quay", LEAD, SECOND)
    )
    assert clean.title == "Aldvik closes its quay"
    assert clean.text == f"{LEAD}\n{SECOND}"
    assert reasons(clean)["Evening Bell"] == "site name"
    assert reasons(clean)["1. News"] == "crumb"


def test_the_headline_is_not_the_page_title() -> None:
    """A page title with the site's name repeats the headline; the headline is the shorter."""
    clean = clean_dump(
        "Aldvik closes its old ferry quay - Bell News\nBell\nAldvik closes its old ferry quay\n" + ARTICLE
    )
    assert clean.title == "Aldvik closes its old ferry quay"
    assert clean.text == ARTICLE


@pytest.mark.parametrize(
    "headline", ["Minister says no to new quay", "Aldvik plans the quay of 2031", "Who needs the ferry quay?"]
)
def test_a_headline_with_a_year_a_mark_or_a_verb_of_saying_is_found(headline: str) -> None:
    """Years and "says" stamp teasers, but they stand in headlines too."""
    clean = clean_dump(dump(headline, LEAD, SECOND, THIRD))
    assert (clean.title, clean.text) == (headline, ARTICLE)


def test_no_headline_gives_an_empty_title_and_keeps_the_lead() -> None:
    """The lead is never taken for a headline."""
    clean = clean_dump(ARTICLE)
    assert (clean.title, clean.text) == ("", ARTICLE)


def test_captions_go() -> None:
    """A photo's text, its number, its double and its credit say nothing the article says."""
    title = "Aldvik closes its old ferry quay"
    twice = "The old quay in Aldvik (Photo: Bell)"
    clean = clean_dump(
        dump(title, LEAD, f"{title} - 1", twice) + f"\n{twice}\n\n{SECOND}\n\nA crane. Photo: Bram Odell/EB.\n\n{THIRD}"
    )
    assert clean.text == ARTICLE
    assert [dropped.reason for dropped in clean.dropped] == ["repeated title", "caption", "caption", "caption"]


def test_a_sentence_set_off_below_a_photo_is_its_caption() -> None:
    """A caption without a credit is told by its place: after the photo's text, with wider gaps around it."""
    title, caption = "Aldvik closes its old ferry quay", "Councillors stand on the old quay on Monday."
    clean = clean_dump(f"{title}\n\n{LEAD}\n\n{title} - 1\n\n\n{caption}\n\n\n{SECOND}\n\n{THIRD}")
    assert clean.text == ARTICLE
    assert reasons(clean)[caption] == "caption"


def test_a_standfirst_that_the_lead_repeats_goes() -> None:
    """The shorter of two near copies is dropped."""
    clean = clean_dump(
        dump(
            "Aldvik closes its quay",
            "The harbour council of Aldvik voted on Monday to close the old ferry quay.",
            LEAD,
            SECOND,
        )
    )
    assert clean.text == f"{LEAD}\n{SECOND}"


def test_headings_between_paragraphs_are_dropped() -> None:
    """A section heading is no sentence."""
    clean = clean_dump(dump("Aldvik closes its quay", LEAD, "Rotten piles", SECOND, THIRD))
    assert clean.text == ARTICLE
    assert reasons(clean) == {"Rotten piles": "heading"}


def test_related_stories_in_the_middle_go_and_the_article_goes_on() -> None:
    """Headlines of other stories stand inside the article; the paragraphs below them are its own."""
    box = ("RELATED STORIES", "Fire at a grain store", "Rovers reach the final")
    last = "The mayor of Aldvik, who had asked for a new quay for years, said the harbour deserved better than this."
    clean = clean_dump("\n".join((LEAD, SECOND, *box, THIRD, last)))
    assert clean.text == f"{ARTICLE}\n{last}"
    assert reasons(clean) == dict(zip(box, ("related", "teaser", "teaser"), strict=True))


@pytest.mark.parametrize("title", ["", "Aldvik closes its quay"])
def test_a_lead_parted_from_the_rest_is_not_lost(title: str) -> None:
    """A box below the first paragraph must not cut it off."""
    box = ("RELATED STORIES", "Fire at a grain store", "Rovers reach the final", "Storm on its way")
    assert clean_dump("\n".join((title, LEAD, *box, SECOND, THIRD)).strip()).text == ARTICLE


def test_a_teaser_sentence_under_its_headline_goes() -> None:
    """A box of one headline and one sentence must not leave its sentence in the article."""
    box = ("SEE MORE", "• Fire at a grain store", "  Eighty people had to leave their homes.")
    assert clean_dump("\n".join((LEAD, *box, SECOND, THIRD))).text == ARTICLE


def test_teasers_of_whole_sentences_after_see_more_go() -> None:
    """Another story's summary is as well written as the article; its headline gives it away."""
    teaser = (
        "The minister of fisheries affirmed on Friday that the herring quota of the coast would be raised next year."
    )
    clean = clean_dump(
        dump(
            "Aldvik closes its quay",
            LEAD,
            SECOND,
            THIRD,
            "See more",
            "Herring quota to rise",
            teaser,
            "Grain store burns",
            teaser[:-1] + " again.",
        )
    )
    assert clean.text == ARTICLE


@pytest.mark.parametrize(
    ("mark", "left"),
    [("./.", "."), (" ./.", "."), (".-VNA", "."), (" .-VNA", "."), ("./HNA", "."), (". – Reuters", ".")],
)
def test_an_agency_mark_ends_the_article(mark: str, left: str) -> None:
    """No heading announces the teasers below it."""
    teaser = "Nearly thirty companies of the coast have shown their ferries and quays at the harbour fair in Lindmar."
    clean = clean_dump("\n".join((LEAD, SECOND, THIRD[:-1] + mark, teaser, teaser.replace("thirty", "forty"))))
    assert clean.text == "\n".join((LEAD, SECOND, THIRD[:-1] + left))
    assert {dropped.reason for dropped in clean.dropped} == {"teaser"}


def test_a_short_last_paragraph_with_an_agency_mark_is_kept() -> None:
    """The mark ends a sentence as a full stop does."""
    assert clean_dump(f"{ARTICLE}\nThe works begin in May.-VNA").text == f"{ARTICLE}\nThe works begin in May."


def test_short_sentences_at_the_end_are_kept() -> None:
    """The last words of an article are often few."""
    clean = clean_dump(dump("Aldvik closes its quay", LEAD, SECOND, "“We played cards,” he said.", "Comments", "Reply"))
    assert clean.text.endswith("“We played cards,” he said.")


def test_readers_comments_are_dropped() -> None:
    """Readers may write more than the paper did."""
    thoughts = [
        f"I remember the ferry quay in Aldvik from the year {year}, and it was rotten then."
        for year in range(1970, 1990)
    ]
    clean = clean_dump(dump("Aldvik closes its quay", LEAD, SECOND, THIRD, "3 comments", *thoughts))
    assert clean.text == ARTICLE
    assert reasons(clean)[thoughts[0]] == "comments"


def test_what_the_site_says_to_its_reader_is_dropped() -> None:
    """Cookies, newsletters and copyright are no news."""
    notices = (
        "We use cookies to make this website work. You can accept them all or choose your own settings at any time.",
        "Sign up for our free newsletter",
        "© Bell 2026",
    )
    clean = clean_dump(dump("Aldvik closes its quay", LEAD, notices[1], SECOND, THIRD, notices[0], notices[2]))
    assert clean.text == ARTICLE
    assert set(reasons(clean).values()) == {"furniture"}


def test_bylines_and_editors_notes_are_dropped() -> None:
    """Who wrote it and who corrected it is not in the story."""
    notes = (
        "Updated to add comments by the mayor.",
        "Bell Aldvik contributed to this story.",
        "Edited by Kofi Brandt.",
        "Winifred Moore",
    )
    clean = clean_dump(dump("Aldvik closes its quay", "By Kofi Brandt", LEAD, SECOND, THIRD, *notes))
    assert clean.text == ARTICLE
    assert set(reasons(clean).values()) == {"byline"}


@pytest.mark.parametrize(
    "opening", ["Von der Leyen sagte am Montag ab.", "By noon the quay was empty.", "Published plans showed a crane."]
)
def test_a_sentence_that_begins_like_a_byline_is_kept(opening: str) -> None:
    """Only a name or a date makes a byline."""
    assert opening in clean_dump(dump("Aldvik closes its quay", LEAD, opening, SECOND)).text


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("Updated Oct. 8, 2024, 03:40 a.m. ET.", "Oct. 8, 2024, 03:40 a.m. ET"),
        ("Monday, 9 March 2026, 22:10", "9 March 2026, 22:10"),
        ("2026-03-09 22:10", "2026-03-09 22:10"),
    ],
)
def test_the_date_in_the_head_is_found(line: str, date: str) -> None:
    """The date is given as it stood there."""
    clean = clean_dump(dump("Aldvik closes its old ferry quay", line, LEAD, SECOND))
    assert (clean.published, clean.text) == (date, f"{LEAD}\n{SECOND}")


def test_emoji_and_datelines_are_removed_and_the_sentence_kept() -> None:
    """Decoration goes, words stay."""
    clean = clean_dump(f"ALDVIK (HNA) - {LEAD}\n🐈 {SECOND}\n{THIRD[:-1]} 🦆.")
    assert clean.text.startswith(f"{LEAD}\n{SECOND}\n")
    assert "🦆" not in clean.text


@pytest.mark.parametrize(
    "text",
    [
        "La police a retrouvé lundi le bateau disparu au large du port.",
        "Cảnh sát cho biết đã tìm thấy chiếc thuyền mất tích ngoài khơi.",
        "警方星期一表示，失踪的船只已经在港口外找到，船上人员全部平安。",
        "警察は月曜日、行方不明になっていた船を港の沖で発見したと発表した。",
        "ตำรวจกล่าวเมื่อวันจันทร์ว่าพบเรือที่หายไปนอกชายฝั่งแล้วและลูกเรือทุกคนปลอดภัยดีหลังจากลอยอยู่สามวัน",
        "قالت الشرطة يوم الاثنين إنها عثرت على القارب المفقود قبالة الساحل",
        "Boat found safe off Aldvik",
    ],
)
def test_short_text_in_any_script_is_never_emptied(text: str) -> None:
    """When nothing looks like prose the longest lines stay."""
    assert text in clean_dump(text).text
    assert text in clean_dump(dump("Menu", text, "News")).text


LINES = st.lists(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=90)
    | st.sampled_from([LEAD, SECOND, "See more", "Comments", "", "* Home"]),
    max_size=25,
)


@given(LINES)
@settings(max_examples=200)
def test_every_line_is_kept_or_dropped_with_a_reason(lines: list[str]) -> None:
    """Nothing disappears unseen, and nothing is dropped without a reason."""
    clean = clean_dump("\n".join(lines))
    rows = "\n".join(lines).splitlines()
    for dropped in clean.dropped:
        assert dropped.reason
        assert 1 <= dropped.line <= len(rows)
    kept = clean.title + clean.text + "".join(dropped.text for dropped in clean.dropped)
    assert bool(kept) == any(row.strip() for row in rows)


SENTENCES = st.lists(
    st.lists(
        st.sampled_from("harbour council quay ferry engineers winter storm vote timber northern".split()),
        min_size=8,
        max_size=30,
    ).map(lambda words: " ".join(words).capitalize() + "."),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(
    st.sampled_from(["", "Aldvik closes its ferry quay", "Storm hits harbour"]),
    SENTENCES,
    st.sampled_from(["", "See more", "Bell News"]),
)
@settings(max_examples=200)
def test_cleaning_twice_changes_nothing(title: str, sentences: list[str], stray: str) -> None:
    """What comes out is a clean article, so it goes through whole."""
    once = clean_dump(dump(title, *sentences, stray))
    again = clean_dump(dump(once.title, *once.text.split("\n")))
    assert (again.title, again.text, again.dropped) == (once.title, once.text, ())


@pytest.mark.parametrize(
    "big",
    [
        "a" * 1_000_000,
        '."' * 500_000,
        "(photo " * 150_000,
        "Related\nShort headline\nA full sentence about it.\n" * 10_000,
        "3 Comments\n" * 30_000,
    ],
    ids=["one word", "quotes", "brackets", "related", "comments"],
)
def test_time_grows_with_the_size_only(big: str) -> None:
    """No dump, however strange, holds up the night."""
    start = time.perf_counter()
    clean_dump(big)
    assert time.perf_counter() - start < 10


needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason=f"the seed dumps are not here: {SEEDS}")


@needs_seeds
@pytest.mark.parametrize(
    ("name", "title", "first", "last", "count"),
    [
        ("000", "Vietnam–France", "The upcoming state visit", "he added.", 20),
        ("001", "Vietnam and France elevate", "Top leaders", "both countries.", 17),
        ("002", "Vietnam aspires", "Vietnamese and French leaders", "central role.", 19),
        ("003", "", "Vietnam and France have agreed", "defence ministries.", 16),
        ("004", "Vietnam, France upgrade", "The agreement came", "unverified information.", 21),
    ],
)
def test_the_real_dumps_are_cleaned(name: str, title: str, first: str, last: str, count: int) -> None:
    """The dumps a user really has: the whole article, no word of another story."""
    (path,) = SEEDS.glob(f"{name}_*.txt")
    clean = clean_dump(path.read_text(encoding="utf-8"))
    paragraphs = clean.text.split("\n")
    assert clean.title.startswith(title)
    assert bool(clean.title) == bool(title)
    assert paragraphs[0].startswith(first)
    assert paragraphs[-1].endswith(last)
    assert len(paragraphs) == count
    for stray in ("Photo", "(VNA) -", "DTiNews", "RELATED", "See more", "Edited by", "🐈", "💦", "./."):
        assert stray not in clean.text
