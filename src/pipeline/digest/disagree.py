"""Where sources give different numbers, dates or names for the same fact.

Each text's title and first sentences are read for what they claim (`digest/claims.py` and its neighbours). Claims are
compared when they are of one key, stand among the same words and may tell of the same time. A false disagreement costs
more trust than a missed one, so whatever could explain a difference stops it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Any

from pipeline.digest.claims import Claimed, numbers_claimed, read, without_possessive
from pipeline.digest.days import days_claimed
from pipeline.digest.people import Name, people_claimed
from pipeline.digest.quantities import Quantity
from pipeline.digest.results import results_claimed
from pipeline.records import Article, Claim, CopyGroup, Disagreement, Story
from pipeline.text.sentences import sentences

DEEPEST = 12
"""Sentences of an article that are looked at."""
LONGEST = 6000
"""Characters of an article that are looked at."""
MOST_VALUES = 12
"""Different values of one key that are compared, those that most texts give first."""
MOST_CLAIMS = 20
"""Claims of one value that are compared with those of another."""
FURTHEST = {"": Decimal(2), "magnitude": Decimal("1.2"), "age": Decimal("1.5")}
"""How many times a number another must be to be of another fact, however alike the words are: by kind."""
SHARED_CONTEXT = 0.2
"""Share of the shorter sentence's stems that must be in the other."""
ALIKE_STEMS, ALIKE_SHARE = 4, 0.3
"""What two sentences must share when the words close to the value are one too few."""
TEAMS = 2
"""Names that two scores must share."""
OTHER_NAME = 2
"""Stems close by that two wholly different names for a role must share."""
PLAIN_CONTEXT = 2
"""Stems of a sentence so short that it need not share any: "14 people were injured."."""
TELLING_NUMBER = 20
"""Numbers from which one that both texts name is hardly named for two reasons."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A distinct text: its claims by key, its numbers and words of names, and the ids of the articles that print it."""

    claims: Mapping[tuple[str, ...], Sequence[Claimed]]
    numbers: Sequence[Quantity]
    names: frozenset[str]
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """A claim and the text that makes it."""

    claim: Claimed
    text: _Text


_Order = tuple[Any, ...]
_Values = dict[_Order, list[_Said]]


def disagreements(story: Story) -> tuple[Disagreement, ...]:
    """What the distinct texts of a story say differently, in order of wording; each value with its articles' ids."""
    said: dict[tuple[str, ...], list[_Said]] = defaultdict(list)
    for group in sorted(story.groups, key=lambda item: item.lead.id):
        text = _read(group)
        for key, claims in text.claims.items():
            said[key].extend(_Said(claim, text) for claim in claims)
    found = [told for key in sorted(said) for told in _told(said[key])]
    # An amount goes by the word before it and by the word after it: what both tell is told once.
    once: dict[frozenset[Claim], Disagreement] = {}
    for told in sorted(found, key=lambda item: (item.about, [claim.value for claim in item.claims])):
        once.setdefault(frozenset(told.claims), told)
    return tuple(once.values())


def _read(group: CopyGroup) -> _Text:
    """What one text claims; only English is understood."""
    article = group.lead
    claims: dict[tuple[str, ...], list[Claimed]] = defaultdict(list)
    numbers: dict[object, Quantity] = {}
    names: set[str] = set()
    familiar: set[str] = set()
    published = article.published.date() if article.published else None
    for sentence in _first_sentences(article):
        around = read(sentence)
        numbers |= {(number.unit, number.order): number for number in around.numbers}
        familiar |= around.names
        names |= {without_possessive(token.low) for token in around.tokens if token.text[0].isupper()}
        for claim in (
            *numbers_claimed(around),
            *results_claimed(around),
            *days_claimed(around, published),
            *people_claimed(around),
        ):
            claims[claim.key].append(claim)
    ids = tuple(item.id for item in group.articles)
    known = {key: [replace(claim, familiar=frozenset(familiar)) for claim in found] for key, found in claims.items()}
    return _Text(known, tuple(numbers.values()), frozenset(names), ids)


def _first_sentences(article: Article) -> list[str]:
    """The title and the first sentences of an article in English; of others none."""
    if article.lang and not article.lang.casefold().startswith("en"):
        return []
    found = sentences(article.text[:LONGEST], article.lang)
    # Where the text was cut, its last sentence was cut too.
    whole = found[:-1] if len(article.text) > LONGEST and len(found) > 1 else found
    return [article.title, *whole[:DEEPEST]]


def _told(said: Sequence[_Said]) -> Iterator[Disagreement]:
    """The disagreements among the claims of one key: values that contradict each other, directly or by a third."""
    values: _Values = defaultdict(list)
    for item in said:
        values[item.claim.value.order].append(item)
    if len(values) < 2:
        return
    ranked = sorted(values, key=lambda order: (-len(values[order]), order))[:MOST_VALUES]
    pairs = combinations(sorted(ranked), 2)
    apart = {pair: witnesses for pair in pairs if (witnesses := _witnesses(values[pair[0]], values[pair[1]]))}
    for linked in _linked(apart):
        speaking = [claim for pair, found in apart.items() if pair[0] in linked for claim in found]
        told = {order: _of_this(values[order], speaking) for order in linked}
        claims = _shown(told)
        if len(claims) > 1:
            about = (item.claim.about for items in told.values() for item in items)
            yield Disagreement(min(about, key=_plainness), claims)


def _of_this(said: Sequence[_Said], witnesses: Sequence[Claimed]) -> list[_Said]:
    """The claims of a value that tell of the fact that the witnesses disagree on.

    That they give the same value speaks for it, so they need not share as many words.
    """
    own = [item.claim for item in said if item.claim in witnesses][:MOST_CLAIMS]
    fewer = [replace(claim, needs=max(0, claim.needs - 1)) for claim in own]
    return [item for item in said if item.claim in own or any(_of_one_fact(claim, item.claim) for claim in fewer)]


def _linked(pairs: Iterable[tuple[_Order, _Order]]) -> list[set[_Order]]:
    """The connected sets of a graph given by its edges."""
    found: list[set[_Order]] = []
    for pair in pairs:
        touching = [group for group in found if group & set(pair)]
        found = [group for group in found if group not in touching]
        found.append(set(pair).union(*touching))
    return found


def _shown(values: Mapping[_Order, Sequence[_Said]]) -> tuple[Claim, ...]:
    """Each value with every article that gives it; of an article's values for a thing the most exact counts."""
    claims: dict[_Order, Claim] = {}
    taken: set[str] = set()
    for order in sorted(values, key=lambda item: (_width(values[item][0].claim), item)):
        articles = {article for item in values[order] for article in item.text.articles} - taken
        if articles:
            shown = min((item.claim.value.shown for item in values[order]), key=_plainness)
            claims[order] = Claim(shown, tuple(sorted(articles)))
            taken |= articles
    return tuple(claims[order] for order in sorted(claims))


def _width(claim: Claimed) -> Decimal:
    """How much a value leaves open."""
    return claim.value.high - claim.value.low if isinstance(claim.value, Quantity) else Decimal(0)


def _plainness(wording: str) -> tuple[int, int, str]:
    """Orders wordings: few capitals first (headlines have many), then short ones."""
    return sum(letter.isupper() for letter in wording), len(wording), wording


def _witnesses(one: Sequence[_Said], other: Sequence[_Said]) -> tuple[Claimed, ...]:
    """A claim of one value and a claim of another that contradict each other; nothing when none do.

    A text that gives both knows what the others leave out: a number that rose, two things of one name.
    """
    both = {item.text.articles for item in one} & {item.text.articles for item in other}
    if both or not one[0].claim.value.contradicts(other[0].claim.value):
        return ()
    pairs = ((left, right) for left in one[:MOST_CLAIMS] for right in other[:MOST_CLAIMS])
    found = (
        (left.claim, right.claim)
        for left, right in pairs
        if _of_one_fact(left.claim, right.claim) and not _explained(left, right)
    )
    return next(found, ())


def _of_one_fact(one: Claimed, other: Claimed) -> bool:
    """Whether two claims of one key tell of the same fact, by the words they stand among."""
    if isinstance(one.value, Quantity) and isinstance(other.value, Quantity):
        low, high = sorted((one.value.middle, other.value.middle))
        if high >= FURTHEST.get(one.key[0], FURTHEST[""]) * low or _part(one, other.value) or _part(other, one.value):
            return False
    same_time = one.when.rates == other.when.rates if one.key[0] == "day" else one.when.fits(other.when)
    return same_time and _same_names(one, other) and _same_words(one, other)


def _same_names(one: Claimed, other: Claimed) -> bool:
    """Whether two sentences share a name, unless one has none or they share a weekday.

    Of casualties one report names the town, another the valley: there a name counts that the other text knows.
    """
    shared = (one.names & other.context) | (other.names & one.context)
    if one.key[0] == "people":
        shared |= (one.names & other.familiar) | (other.names & one.familiar)
    if one.key[0] == "score":
        return len(shared) >= TEAMS
    if not one.names or not other.names or one.when.weekdays & other.when.weekdays:
        return True
    return bool(shared)


def _same_words(one: Claimed, other: Claimed) -> bool:
    """Whether two claims stand among enough of the same words: close by, or in the whole of their sentences."""
    shorter = min(len(one.context), len(other.context))
    shared = len(one.context & other.context)
    needs = one.needs
    if isinstance(one.value, Name) and isinstance(other.value, Name) and one.value.parts[0] != other.value.parts[0]:
        needs = OTHER_NAME
    if not needs:
        return shared > 0 or shorter <= PLAIN_CONTEXT or bool(one.when.weekdays & other.when.weekdays)
    if one.key[0] == "day" and not shorter:
        return True
    close = len(one.near & other.near)
    if close >= needs or 0 < close == min(len(one.near), len(other.near)):
        return shared >= SHARED_CONTEXT * shorter
    alike = shared >= max(ALIKE_STEMS, ALIKE_SHARE * shorter) and one.names & other.names
    return close >= needs - 1 and bool(alike)


def _part(claim: Claimed, total: Quantity) -> bool:
    """Whether a claim is one of two parts of a total: "2.5 million here and 1.5 million there"."""
    value = claim.value
    return isinstance(value, Quantity) and any(total.low <= value.middle + part <= total.high for part in claim.beside)


def _explained(one: _Said, other: _Said) -> bool:
    """Whether the texts tell why the values differ: they are of different things or times."""
    if one.text is other.text or _knows(one.text, other.claim) or _knows(other.text, one.claim):
        return True
    return _wavers(one, other.claim) or _wavers(other, one.claim)


def _knows(text: _Text, claim: Claimed) -> bool:
    """Whether a text gives the value of a claim, too: as one of several for the thing, or elsewhere."""
    value = claim.value
    if any(not value.contradicts(same.value) for same in text.claims.get(claim.key, ())):
        return True
    if isinstance(value, Name):
        return value.parts[-1] in text.names
    if not isinstance(value, Quantity) or value.low < TELLING_NUMBER:
        return False
    return any(number.unit == value.unit and not value.contradicts(number) for number in text.numbers)


def _wavers(said: _Said, other: Claimed) -> bool:
    """Whether a text gives a further value for what it is compared by: a number that rose, or that it doubts."""
    own = said.claim
    further = (claim for claim in said.text.claims[own.key] if claim.value.contradicts(own.value))
    return any(_of_one_fact(claim, other) for claim in further)
