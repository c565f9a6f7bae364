"""The laws of folding copies, on articles that copy, cut, edit and chain one another."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import article, soup
from pipeline.minhash.copies import CONTAINMENT, SMALLEST_CONTAINED, THRESHOLD
from pipeline.records import Article, CopyGroup
from pipeline.stages.dedupe import Deduplication, dedupe
from pipeline.text.words import words

FAMILIES = 4
LENGTH = 60


@st.composite
def variants(draw: st.DrawFn, family: int) -> str:
    """A text of one family: its words from some start to some end, some of them changed."""
    text = soup(f"f{family}w", LENGTH)
    start = draw(st.sampled_from([0, 0, 0, 3, 12, 25]))
    end = draw(st.sampled_from([LENGTH, LENGTH, LENGTH - 4, LENGTH - 20, LENGTH - 33]))
    for at in draw(st.lists(st.integers(0, LENGTH - 1), max_size=3)):
        text[at] = f"f{family}other{draw(st.integers(0, 2))}"
    return " ".join(text[start:end])


@st.composite
def nights(draw: st.DrawFn) -> list[Article]:
    """Up to fourteen articles of a few families that share no words."""
    families = draw(st.lists(st.integers(0, FAMILIES - 1), max_size=14))
    return [
        article(f"{draw(st.sampled_from('xyz'))}{at:02}-{family}", draw(variants(family)))
        for at, family in enumerate(families)
    ]


def grams(one: Article) -> set[tuple[str, ...]]:
    """The word 5-grams of an article, by the definition."""
    found = words(f"{one.title}\n{one.text}")
    return {tuple(found[at : at + 5]) for at in range(max(1, len(found) - 4))} if found else set()


def jaccard(one: Article, other: Article) -> float:
    """The exact similarity of two articles."""
    a, b = grams(one), grams(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def ids(found: Deduplication) -> set[frozenset[str]]:
    """The groups as sets of ids."""
    return {members(group) for group in found.groups}


def members(group: CopyGroup) -> frozenset[str]:
    """Ids of all articles of a group."""
    return frozenset(one.id for one in group.articles)


@settings(deadline=None)
@given(nights(), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(night: list[Article], chance: random.Random) -> None:
    """The same articles fold the same way, leads and numbers included."""
    shuffled = night.copy()
    chance.shuffle(shuffled)
    assert dedupe(shuffled) == dedupe(night)


@settings(deadline=None)
@given(nights())
def test_each_article_is_in_exactly_one_group(night: list[Article]) -> None:
    """Nothing is lost and nothing is told twice."""
    found = [one for group in dedupe(night).groups for one in group.articles]
    assert sorted(one.id for one in found) == sorted(one.id for one in night)


@settings(deadline=None)
@given(nights())
def test_every_copy_is_verified_against_its_lead(night: list[Article]) -> None:
    """No chain and no estimate puts two articles together: the exact numbers do."""
    for group in dedupe(night).groups:
        for copy in group.copies:
            lead, other = grams(group.lead), grams(copy.article)
            assert copy.similarity == pytest.approx(jaccard(group.lead, copy.article))
            assert copy.containment == pytest.approx(len(lead & other) / min(len(lead), len(other)))
            long_enough = min(len(lead), len(other)) >= SMALLEST_CONTAINED
            assert copy.similarity >= THRESHOLD or (copy.containment >= CONTAINMENT and long_enough)
            assert copy.exact == (copy.article.text == group.lead.text)


@settings(deadline=None)
@given(nights(), st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_pairs_have_their_exact_similarity(night: list[Article], threshold: float) -> None:
    """No pair below the threshold, none twice, each with the Jaccard of its word 5-grams."""
    by_id = {one.id: one for one in night}
    found = dedupe(night, threshold).pairs
    assert all(pair.a < pair.b and pair.jaccard >= threshold for pair in found)
    assert len({(pair.a, pair.b) for pair in found}) == len(found)
    for pair in found:
        assert pair.jaccard == pytest.approx(jaccard(by_id[pair.a], by_id[pair.b]))


@settings(deadline=None)
@given(nights())
def test_close_pairs_are_all_found(night: list[Article]) -> None:
    """At a similarity of 0.8 the candidate search misses less than one pair in ten million."""
    found = {(pair.a, pair.b) for pair in dedupe(night).pairs}
    expected = {
        (one.id, other.id)
        for one, other in combinations(sorted(night, key=lambda one: one.id), 2)
        if jaccard(one, other) >= 0.8
    }
    assert expected <= found


@settings(deadline=None)
@given(nights(), st.data())
def test_an_exact_copy_changes_no_other_family(night: list[Article], data: st.DataObject) -> None:
    """One more reprint goes to its original, and the groups of every other text stay as they are."""
    if not night:
        return
    original = data.draw(st.sampled_from(night))
    family = original.id[-1]
    before = {group for group in ids(dedupe(night)) if family not in {name[-1] for name in group}}
    after = ids(dedupe([*night, article("copy-" + family, original.text)]))
    assert before == {group for group in after if family not in {name[-1] for name in group}}
    assert any({original.id, "copy-" + family} <= group for group in after)


@settings(deadline=None)
@given(nights())
def test_folding_the_leads_again_changes_nothing(night: list[Article]) -> None:
    """No two leads are copies of each other."""
    leads = [group.lead for group in dedupe(night).groups]
    assert dedupe(leads).groups == tuple(CopyGroup(lead) for lead in leads)
    assert dedupe(leads).pairs == ()


@settings(deadline=None)
@given(nights())
def test_families_never_mix(night: list[Article]) -> None:
    """Texts that share no words are no copies."""
    assert all(len({name[-1] for name in group}) == 1 for group in ids(dedupe(night)))


def test_a_chain_is_not_a_family() -> None:
    """A like B and B like C does not put A and C together when they differ."""
    text = soup("w", 120)
    chain = [article(name, " ".join(text[at : at + 60])) for name, at in (("a", 0), ("b", 17), ("c", 34))]
    assert ids(dedupe(chain)) in ({frozenset("abc")}, {frozenset("ab"), frozenset("c")})
    group = next(group for group in dedupe(chain).groups if len(group.articles) == 3)
    assert group.lead.id == "b"
    further = [*chain, article("d", " ".join(text[51:111]))]
    assert sorted(map(len, ids(dedupe(further)))) == [1, 3]


def test_a_cut_reprint_is_a_copy_and_a_quotation_is_not() -> None:
    """Two fifths of a long text, word for word, is a shortened reprint; a sentence of it is not."""
    text = soup("w", 300)
    long = article("long", " ".join(text))
    cut = article("cut", " ".join(text[:130]))
    quotation = article("quotation", " ".join(text[200:220]))
    assert ids(dedupe([long, cut, quotation])) == {frozenset({"long", "cut"}), frozenset({"quotation"})}
    assert dedupe([long, cut, quotation]).pairs == ()


def test_a_higher_threshold_folds_less() -> None:
    """The threshold is the user's."""
    text = soup("w", 25)
    pair = [article("a", " ".join(text)), article("b", " ".join([*text[:20], *soup("o", 5)]))]
    assert len(dedupe(pair, 0.5).groups) == 1
    assert len(dedupe(pair, 0.9).groups) == 2


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_threshold_that_is_none_is_refused(threshold: float) -> None:
    """Zero would make everything a copy of everything."""
    with pytest.raises(ValueError, match="threshold must be above 0"):
        dedupe([], threshold)


def test_articles_without_words_are_no_copies() -> None:
    """Two empty texts say nothing alike."""
    assert len(dedupe([article("a"), article("b", "—"), article("c", "...")]).groups) == 3


def test_titles_count() -> None:
    """Short entries differ by their titles."""
    pair = [
        article("a", "Updated.", title="Ferry refloated at noon"),
        article("b", "Updated.", title="Bank lifts rate"),
    ]
    assert len(dedupe(pair).groups) == 2


def test_unspaced_scripts_are_folded() -> None:
    """A Chinese reprint with another last sentence is a copy, another text is not."""
    text = (
        "港口议会星期一投票决定在冬季风暴来临之前关闭旧码头工程师告诉议会木桩自二〇一九年以来已经失去了三分之一的强度"
    )
    other = "中央银行星期二将基准利率上调四分之一个百分点以抑制今年春天以来不断上升的食品和能源价格并表示不排除再次加息"
    night = [article("a", text), article("b", text + "记者报道"), article("c", other)]
    assert ids(dedupe(night)) == {frozenset("ab"), frozenset("c")}


def test_a_quiet_night_has_no_groups() -> None:
    """Nothing in, nothing out."""
    assert dedupe([]) == Deduplication((), (), 0)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_number_of_threads_does_not_matter(threads: int) -> None:
    """Another machine folds the same night the same way."""
    text = soup("w", 400)
    night = [article(f"{at:02}", " ".join(text[at : at + 60])) for at in range(0, 300, 3)]
    assert dedupe(night, threads=threads) == dedupe(night, threads=1)
    assert len(dedupe(night, threads=threads).groups) < len(night)


def test_the_lead_is_of_a_preferred_source_then_linked_then_earliest_then_longest() -> None:
    """The rule that is stated: readers are sent to the article that was asked for, or can be opened, or was first."""
    text = " ".join(soup("w", 60))
    night = [
        article("a", text, source="Bell"),
        article("b", text + " more", source="Post"),
        article("c", text, source="Agency", url="https://e.org/1"),
    ]
    late = article("0", text, source="Post")
    object.__setattr__(late, "published", None)
    assert dedupe([*night, late]).groups[0].lead.id == "c"
    assert dedupe([*night, late], preferred=["bell", "Post"]).groups[0].lead.id == "a"
    assert dedupe([night[0], late]).groups[0].lead.id == "a"
    assert dedupe(night[:2]).groups[0].lead.id == "b"


def test_any_text_has_a_place() -> None:
    """Empty, one word, control characters, half characters, right to left, one endless word: defined, and no crash."""
    quay = "the quay closes on monday night"
    night = [
        article("empty"),
        article("word", "quay"),
        article("word-again", "Quay!"),
        article("nul", quay.replace(" ", "\0")),
        article("spaced", quay),
        article("half", "\ud800 " + quay),
        article("hebrew", "\u202eשלום עולם זה מבחן של טקסט ארוך"),
        article("hebrew-plain", "שלום עולם זה מבחן של טקסט ארוך"),
        article("endless", "x" * 300_000),
        article("marks", "e\u0301" * 40),
        article("accents", "é" * 40),
    ]
    expected = [
        {"empty"},
        {"word", "word-again"},
        {"nul", "spaced", "half"},
        {"hebrew", "hebrew-plain"},
        {"endless"},
        {"marks", "accents"},
    ]
    assert ids(dedupe(night)) == {frozenset(group) for group in expected}


def test_a_text_of_many_megabytes_is_a_text() -> None:
    """Its copy is found, and a short text beside it is no copy of it."""
    text = " ".join(soup("w", 400_000))
    night = [article("a", text), article("b", text + " end"), article("c", "a short text that is not in it at all")]
    assert ids(dedupe(night)) == {frozenset("ab"), frozenset("c")}


def test_very_many_copies_make_no_quadratic_work() -> None:
    """Twenty thousand word-for-word copies are 200 million pairs: each is listed with the first, and that is told."""
    night = [article(f"{number:05}", " ".join(soup("w", 40))) for number in range(20_000)]
    found = dedupe(night)
    assert len(found.groups) == 1
    assert len(found.pairs) == len(night) - 1
    assert found.capped == 1


def test_very_many_copies_beside_as_many_variants_make_no_quadratic_work() -> None:
    """Each variant is a pair with the first of the copies, not with every one: that would be nine million pairs."""
    text = soup("w", 100)
    night = [article(f"a{at:04}", " ".join(text)) for at in range(3_000)]
    night += [article(f"b{at:04}", " ".join([*text[:50], f"edit{at}", *text[51:]])) for at in range(3_000)]
    found = dedupe(night)
    assert len(found.groups) == 1
    assert {pair.b for pair in found.pairs} == {one.id for one in night} - {"a0000"}
    assert len(found.pairs) < 20 * len(night)


def test_a_large_family_of_look_alikes_stays_one() -> None:
    """Beyond the bucket's limit members meet through the first of them, and are still one family."""
    text = soup("w", 200)
    night = [article(f"{at:04}", " ".join([*text[:150], f"edit{at}", *text[151:]])) for at in range(1_200)]
    found = dedupe(night)
    assert found.capped > 0
    assert len(found.groups) == 1


def test_different_texts_under_one_template_are_no_family() -> None:
    """Hundreds of pages of one make share a third of their words: no chain, no giant group, none lost."""
    template = soup("menu", 80)
    night = [article(f"{at:04}", " ".join(template + soup(f"t{at}w", 120))) for at in range(900)]
    assert len(dedupe(night).groups) == len(night)
