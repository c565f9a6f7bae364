"""Faults planted into sentences that their sources bear out, with a mark on every word that is no longer borne out.

Ten kinds, after the mistakes that summaries make: a name, number, day or word of another matter, names in each other's
place, a negation more or less, the opposite, what may be told as what is, the end of another sentence, and words put
in. Everything here is a pure function of words and of the `Random` it is given. Training on such faults: Kryscinski
et al. 2020 (FactCC), Goyal and Durrett 2020.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from pipeline.text.words import STOP_WORDS, content_stems, stem, words

TWO_FAULTS = 0.2
ATTEMPTS = 8
"""So many kinds are tried on a claim before it is left as it is."""
NAME_OF_SOURCE, NAMES_FROM_ELSEWHERE = 0.65, 20
NUMBER_OF_SOURCE, UNRELATED_NUMBER = 0.4, 0.3
NEGATION_REMOVED = 0.8
TAIL_OF_SOURCE = 0.6
FEWEST_WORDS_BEFORE = 3
"""Splices and insertions come after so many words at least."""
LONGEST_TAIL, LONGEST_TAIL_OF_SOURCE, LONGEST_INSERTION = 15, 13, 4
FEWEST_LETTERS, SAME_BEGINNING = 4, 4
"""Shorter words are not exchanged; words that begin with as many equal letters may mean the same."""

FUNCTION_WORDS = frozenset(
    "in on at to for with by from of after before during over under against as that and but while when because since"
    " until into about between among through than or if".split()
)
INSERTED_FIRST = "in on after for with by at during".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve".split()
AUXILIARIES = frozenset("is are was were will would can could has have had should may might must".split())
NEGATIONS, DENYING = ("not", "not", "never", "no longer"), frozenset({"not", "never", "no"})
# They stand before a name and are none.
TITLES = frozenset("sen rep gov gen lt col sgt rev dr prof".split())

_PAIRS = """
rise/fall rose/fell rises/falls rising/falling risen/fallen increase/decrease increased/decreased increases/decreases
increasing/decreasing higher/lower high/low more/less most/least before/after won/lost win/lose wins/loses
winning/losing first/last buy/sell bought/sold buying/selling accept/reject accepted/rejected support/oppose
supported/opposed supports/opposes supporting/opposing up/down above/below gain/loss gained/lost gains/losses
profit/loss profits/losses surplus/deficit export/import exports/imports exported/imported open/close opened/closed
begin/end began/ended start/stop started/stopped old/new older/younger big/small large/small larger/smaller strong/weak
stronger/weaker early/late earlier/later former/current domestic/foreign public/private approve/block approved/blocked
approves/blocks allow/ban allowed/banned agree/refuse agreed/refused confirm/deny confirmed/denied confirms/denies
admit/deny admitted/denied arrive/leave arrived/left north/south northern/southern east/west eastern/western man/woman
men/women he/she his/her son/daughter brother/sister father/mother husband/wife boy/girl all/some many/few every/no
always/never likely/unlikely legal/illegal success/failure succeed/fail succeeded/failed include/exclude
including/excluding raise/cut raised/cut expand/reduce improve/worsen improved/worsened better/worse best/worst
positive/negative majority/minority guilty/innocent handful/majority alive/dead inside/outside arrested/released
hired/fired praise/criticize praised/criticized major/minor annual/monthly weekly/daily only/also with/without
attack/defend attacked/defended victory/defeat ahead/behind decline/increase declined/increased democrat/republican
democrats/republicans democratic/republican liberal/conservative senate/house day/week month/year weeks/months
days/weeks
"""
OPPOSITES: dict[str, str] = {}
for _one, _other in (pair.split("/") for pair in _PAIRS.split()):
    OPPOSITES.setdefault(_one, _other)
    OPPOSITES.setdefault(_other, _one)

_CHANGES = """
may/will, might/will, could/will, would/did, will/could, will/did, can/cannot, likely/certain, planned/refused,
plans/refused, expected/reported, alleged/proven, allegedly/certainly, suspected/convicted, accused/convicted,
charged/convicted, considering/rejecting, proposed/approved, wants/refuses, hopes/fears, asked/ordered, urged/forced,
tried/managed, some/all, several/all, most/all, nearly/more than, almost/more than, about/over, least/most,
former/current, only/even
"""
MODALITIES: dict[str, list[str]] = defaultdict(list)
for _one, _other in (change.strip().split("/") for change in _CHANGES.split(",")):
    MODALITIES[_one].append(_other)
"""What is possible, planned, alleged or partly so, told as fact, as certain, as refused or as whole."""
# "did" cannot stand before these ("would be").
_NOT_AFTER_DID = frozenset("be have not also".split())

# The marks before a word, the word, and the marks or possessive ending after it. The stop of "U.S." is its own.
_PARTS = re.compile(r"(\W*)((?:[^\W\d_]\.){2,}|.*?)((?:['’]s)?\W*)", re.DOTALL)
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_HAS_DIGIT, _CLOSED = re.compile(r"\d"), re.compile(r"\W$")
_APOSTROPHE = re.compile(r"['’]")

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """The words of a sentence, with their punctuation, and which of them its sources do not bear out."""

    words: Words
    faults: tuple[bool, ...]

    @property
    def is_faulty(self) -> bool:
        """Whether any word is not borne out."""
        return any(self.faults)

    def replaced(self, start: int, end: int, new: Sequence[str]) -> "Claim":
        """With new words, at least one, from start to end, marked where they begin and end to differ from the old.

        The sentence keeps the capital at its start and the full stop at its end.
        """
        put = list(new)
        if start == 0:
            put[0] = _like(put[0], self.words[0])
        if end == len(self.words) and self.words[-1].endswith(".") and not _CLOSED.search(put[-1]):
            put[-1] += "."
        before = _shared(self.words[start:end], put)
        after = _shared(self.words[start + before : end][::-1], put[before:][::-1])
        marks = (True,) * (len(put) - before - after)
        return Claim(
            (*self.words[:start], *put, *self.words[end:]),
            self.faults[: start + before] + marks + self.faults[end - after :],
        )

    def without(self, place: int) -> "Claim":
        """With one word left out, which is not the last, and the word after it marked."""
        following = _like(self.words[place + 1], self.words[0]) if place == 0 else self.words[place + 1]
        return Claim(
            (*self.words[:place], following, *self.words[place + 2 :]),
            (*self.faults[:place], True, *self.faults[place + 2 :]),
        )


@dataclass(frozen=True, slots=True)
class Example:
    """The sentences of a source and claims about it, no two of the same words."""

    source: Words
    claims: tuple[Claim, ...]


def sound(text: str) -> Claim:
    """A text as a claim without faults."""
    found = tuple(text.split())
    return Claim(found, (False,) * len(found))


@dataclass(frozen=True, slots=True)
class Contexts:
    """What many sentences hold: words by their two neighbours, ends of sentences by the function word before, names."""

    middles: dict[tuple[str, str], Words]
    tails: dict[str, tuple[Words, ...]]
    names: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What faults are made of: the sentences of the claim's own source, as words, and those of all."""

    source: tuple[Words, ...]
    contexts: Contexts


Kind = Callable[[Claim, Surroundings, Random], Claim | None]
"""Plants one fault; None when the claim gives no occasion."""


def contexts_of(sentences: Iterable[Sequence[str]]) -> Contexts:
    """The contexts in the sentences, given as words."""
    middles: dict[tuple[str, str], set[str]] = defaultdict(set)
    tails: dict[str, list[Words]] = defaultdict(list)
    names: list[Words] = []
    for sentence in sentences:
        lower = [word.lower() for word in sentence]
        for place in range(1, len(sentence) - 1):
            if _is_plain(sentence[place]):
                middles[lower[place - 1], lower[place + 1]].add(sentence[place])
        for place in range(FEWEST_WORDS_BEFORE, len(sentence) - 2):
            if lower[place] in FUNCTION_WORDS and len(sentence) - place - 1 <= LONGEST_TAIL:
                tails[lower[place]].append(tuple(sentence[place + 1 :]))
        names += names_in(sentence)
    return Contexts(
        {neighbours: tuple(sorted(found)) for neighbours, found in middles.items()},
        {word: tuple(found) for word, found in tails.items()},
        tuple(names),
    )


def planted(claim: Claim, surroundings: Surroundings, random: Random) -> Claim | None:
    """The claim with one fault, sometimes two; None when no kind fits in a few attempts.

    What reads as the claim or as a sentence of the source does, up to case and punctuation, is no fault.
    """
    drawn = random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=2 * ATTEMPTS)
    borne_out = {_reading(sentence) for sentence in (claim.words, *surroundings.source)}
    for first, second in zip(drawn[::2], drawn[1::2], strict=True):
        faulty = first(claim, surroundings, random)
        if faulty is None or not faulty.is_faulty or _reading(faulty.words) in borne_out:
            continue
        if random.random() < TWO_FAULTS:
            twice = second(faulty, surroundings, random)
            # A second fault must mark words of its own: one in the place of the first might make that good.
            if twice and sum(twice.faults) > sum(faulty.faults) and _reading(twice.words) not in borne_out:
                return twice
        return faulty
    return None


def other_name(claim: Claim, surroundings: Surroundings, random: Random) -> Claim | None:
    """Another name in the place of one: of the source or from elsewhere."""
    places = name_places(claim.words)
    if not places:
        return None
    start, end = random.choice(places)
    pool = [name for sentence in surroundings.source for name in names_in(sentence)]
    if random.random() >= NAME_OF_SOURCE and surroundings.contexts.names:
        pool = random.choices(surroundings.contexts.names, k=NAMES_FROM_ELSEWHERE)
    old = _name_at(claim.words, (start, end))
    others = sorted({name for name in pool if not _may_be_one(name, old)})
    if not others:
        return None
    return claim.replaced(start, end, _dressed(random.choice(others), claim.words[start:end]))


def swapped_roles(claim: Claim, _surroundings: Surroundings, random: Random) -> Claim | None:
    """Two names of the claim in each other's place, unless they stand in one list."""
    places = name_places(claim.words)
    if len(places) < 2:
        return None
    first, second = sorted(random.sample(places, 2))
    one, other = _name_at(claim.words, first), _name_at(claim.words, second)
    between = claim.words[first[1] : second[0]]
    is_list = all(core(word).lower() in {"and", "or", "the", ""} or _is_name(word) for word in between)
    if is_list or _may_be_one(one, other):
        return None
    # The later place first: the earlier one may change in length.
    later = claim.replaced(*second, _dressed(one, claim.words[slice(*second)]))
    return later.replaced(*first, _dressed(other, claim.words[slice(*first)]))


def other_number(claim: Claim, surroundings: Surroundings, random: Random) -> Claim | None:
    """Another number in the place of one, in digits or words as it was."""

    def changed(old: str) -> str:
        if old.lower() in NUMBER_WORDS:
            return random.choice([word for word in NUMBER_WORDS if word != old.lower()])
        return _DIGITS.sub(lambda digits: _other_digits(digits[0], surroundings, random), old, count=1)

    return _exchanged(claim, lambda old: bool(_HAS_DIGIT.search(old)) or old.lower() in NUMBER_WORDS, changed, random)


def _other_digits(digits: str, surroundings: Surroundings, random: Random) -> str:
    """Another number: one of the source, an unrelated one, or the same with one of its first two digits changed."""
    cores = [core(word) for sentence in surroundings.source for word in sentence]
    numbers = [found for found in cores if _DIGITS.fullmatch(found) and found != digits]
    if numbers and random.random() < NUMBER_OF_SOURCE:
        return random.choice(numbers)
    if random.random() < UNRELATED_NUMBER:
        return str(random.randint(2, 90))
    place = random.choice([place for place, character in enumerate(digits) if _HAS_DIGIT.match(character)][:2])
    return (
        digits[:place] + random.choice([digit for digit in "123456789" if digit != digits[place]]) + digits[place + 1 :]
    )


def other_day(claim: Claim, _surroundings: Surroundings, random: Random) -> Claim | None:
    """Another day of the week or another month in the place of one."""

    def changed(old: str) -> str:
        return random.choice([name for name in (DAYS if old in DAYS else MONTHS) if name != old])

    return _exchanged(claim, lambda old: old in DAYS or old in MONTHS, changed, random)


def negated(claim: Claim, _surroundings: Surroundings, random: Random) -> Claim | None:
    """A "not" left out, or a negation put in after an auxiliary verb."""
    lower = [word.lower() for word in claim.words]
    denials = [place for place, word in enumerate(lower[:-1]) if word == "not"]
    if denials and random.random() < NEGATION_REMOVED:
        return claim.without(random.choice(denials))
    # In lower case: "May" may be the month.
    auxiliaries = [
        place for place, word in enumerate(claim.words[:-1]) if word in AUXILIARIES and lower[place + 1] not in DENYING
    ]
    if not auxiliaries:
        return None
    place = random.choice(auxiliaries) + 1
    return claim.replaced(place, place, random.choice(NEGATIONS).split())


def opposite(claim: Claim, _surroundings: Surroundings, random: Random) -> Claim | None:
    """A word's opposite in its place."""
    return _exchanged(claim, lambda old: old.lower() in OPPOSITES, lambda old: OPPOSITES[old.lower()], random)


def other_modality(claim: Claim, _surroundings: Surroundings, random: Random) -> Claim | None:
    """What may be or is said to be, told as what is, or as refused; some told as all."""
    occasions = [(place, new) for place in range(1, len(claim.words)) for new in _modalities(claim.words, place)]
    if not occasions:
        return None
    place, new = random.choice(occasions)
    return claim.replaced(place, place + 1, _dressed(new.split(), claim.words[place : place + 1]))


def _modalities(sentence: Words, place: int) -> list[str]:
    """What a word of a sentence may become when the modality changes."""
    word = core(sentence[place])
    following = core(sentence[place + 1]).lower() if place + 1 < len(sentence) else ""
    if word == "about" and not (_HAS_DIGIT.search(following) or following in NUMBER_WORDS):
        return []
    return [new for new in MODALITIES.get(word, []) if new != "did" or following not in _NOT_AFTER_DID]


def other_word(claim: Claim, surroundings: Surroundings, random: Random) -> Claim | None:
    """A word in the place of another that stands elsewhere between the same neighbours."""
    stems = set(content_stems(" ".join(claim.words)))
    places = list(range(1, len(claim.words) - 1))
    random.shuffle(places)
    for place in places:
        old = claim.words[place]
        if not _is_plain(old) or len(old) < FEWEST_LETTERS:
            continue
        neighbours = claim.words[place - 1].lower(), claim.words[place + 1].lower()
        found = surroundings.contexts.middles.get(neighbours, ())
        others = [word for word in found if stem(word) not in stems and word[:SAME_BEGINNING] != old[:SAME_BEGINNING]]
        if others:
            return claim.replaced(place, place + 1, [random.choice(others)])
    return None


def spliced(claim: Claim, surroundings: Surroundings, random: Random) -> Claim | None:
    """The end of another sentence, of the source or from elsewhere, in the place of the claim's."""
    places = [place for place in _function_places(claim.words) if place < len(claim.words) - 2]
    if not places:
        return None
    start = random.choice(places)
    word = claim.words[start].lower()
    if random.random() < TAIL_OF_SOURCE:
        every = [tail for sentence in surroundings.source for tail in _tails(sentence)]
        tails = [tail for tail in every if tail[0].lower() == word] or every
    else:
        tails = [(claim.words[start], *tail) for tail in surroundings.contexts.tails.get(word, ())]
    if not tails:
        return None
    tail = random.choice(tails)
    return claim.replaced(start, len(claim.words), tail) if _says_more(tail, claim) else None


def inserted(claim: Claim, surroundings: Surroundings, random: Random) -> Claim | None:
    """A phrase from elsewhere put in before a function word."""
    places, first = _function_places(claim.words), random.choice(INSERTED_FIRST)
    tails = surroundings.contexts.tails.get(first)
    if not places or not tails:
        return None
    phrase = _opening(random.choice(tails)[: random.randint(1, LONGEST_INSERTION)])
    if not phrase or not _says_more(phrase, claim):
        return None
    place = random.choice(places)
    return claim.replaced(place, place, (first, *phrase))


WEIGHTS: dict[Kind, float] = {
    other_name: 3.0,
    swapped_roles: 2.5,
    other_number: 1.8,
    other_day: 0.8,
    negated: 1.2,
    opposite: 2.0,
    other_modality: 1.0,
    other_word: 4.0,
    spliced: 3.5,
    inserted: 1.5,
}
"""Every kind of fault, and how often it is tried."""


def core(word: str) -> str:
    """The word without the marks around it and without a possessive ending."""
    return _parts(word)[1]


def names_in(sentence: Sequence[str]) -> list[Words]:
    """The names in a sentence."""
    return [_name_at(sentence, place) for place in name_places(sentence)]


def name_places(sentence: Sequence[str]) -> list[tuple[int, int]]:
    """Where names stand, as half-open ranges: runs of capitalised words with no mark between them."""
    found, start = [], 0
    while start < len(sentence):
        end = start
        while end < len(sentence) and _is_name(sentence[end]) and (end == start or not _parts(sentence[end - 1])[2]):
            end += 1
        # One capital at the start of a sentence makes no name.
        if end - start > (start == 0):
            found.append((start, end))
        start = max(end, start + 1)
    return found


@lru_cache(maxsize=200_000)
def _parts(word: str) -> tuple[str, str, str]:
    """The marks before a word, the word itself, and what comes after it."""
    found = _PARTS.fullmatch(word)
    return (found[1], found[2], found[3]) if found else ("", word, "")


def _is_name(word: str) -> bool:
    """Whether a word is capitalised without being a function word, a title, a day or a quotation's start."""
    opening, name, _ = _parts(word)
    plain = _APOSTROPHE.split(name)[0].lower()
    is_other = plain in STOP_WORDS or plain in TITLES or name in DAYS or name in MONTHS
    return not opening and len(name) > 1 and name[0].isupper() and not is_other


def _name_at(sentence: Sequence[str], place: tuple[int, int]) -> Words:
    """The name that stands there, without the marks after it."""
    return (*sentence[place[0] : place[1] - 1], core(sentence[place[1] - 1]))


def _may_be_one(name: Words, other: Words) -> bool:
    """Whether two names may mean one: they share a word up to its ending, or one is the initials of the other."""
    letters, other_letters = (["".join(filter(str.isalpha, word)).lower() for word in one] for one in (name, other))
    beginnings = {word[:SAME_BEGINNING] for word in letters} & {word[:SAME_BEGINNING] for word in other_letters}
    initials, other_initials = ("".join(word[:1] for word in one) for one in (letters, other_letters))
    return bool(beginnings) or "".join(letters) == other_initials or "".join(other_letters) == initials


def _exchanged(
    claim: Claim, is_occasion: Callable[[str], bool], changed: Callable[[str], str], random: Random
) -> Claim | None:
    """The claim with one word changed, of those that give occasion."""
    places = [place for place, word in enumerate(claim.words) if is_occasion(core(word))]
    if not places:
        return None
    place = random.choice(places)
    old = claim.words[place]
    return claim.replaced(place, place + 1, _dressed([changed(core(old))], [old]))


def _dressed(new: Sequence[str], old: Sequence[str]) -> list[str]:
    """New words with the capital of the old and the marks around them."""
    opening, first, _ = _parts(old[0])
    ending = _parts(old[-1])[2]
    put = [opening + _like(new[0], first), *new[1:]]
    # "U.S." brings its own full stop.
    put[-1] += ending[1:] if put[-1].endswith(".") and ending.startswith(".") else ending
    return put


def _like(word: str, old: str) -> str:
    """The word with a capital if the old one has it."""
    return word[:1].upper() + word[1:] if old[:1].isupper() else word


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words two stretches have in common at their start, whatever the case and marks."""
    count = 0
    while count < min(len(old), len(new)) and _reading(old[count : count + 1]) == _reading(new[count : count + 1]):
        count += 1
    return count


def _reading(sentence: Sequence[str]) -> str:
    """What a sentence reads as, up to case, punctuation and spaces."""
    return "".join(words(" ".join(sentence)))


def _is_plain(word: str) -> bool:
    """Whether a word carries meaning and is no name: lower-case letters alone, no function word."""
    return word.isalpha() and word.islower() and word not in STOP_WORDS


def _function_places(sentence: Words) -> list[int]:
    """Where function words stand, but for the start and the last word."""
    places = range(FEWEST_WORDS_BEFORE, len(sentence) - 1)
    return [place for place in places if sentence[place].lower() in FUNCTION_WORDS]


def _tails(sentence: Words) -> list[Words]:
    """The ends of a sentence that begin with a function word and are not long."""
    starts = range(max(0, len(sentence) - LONGEST_TAIL_OF_SOURCE - 1), len(sentence) - 1)
    return [sentence[start:] for start in starts if sentence[start].lower() in FUNCTION_WORDS]


def _opening(phrase: Words) -> Words:
    """The start of a phrase up to its first mark and without function words at its end, so that it can stand alone."""
    marked = next((place for place, word in enumerate(phrase) if _parts(word)[2]), len(phrase) - 1)
    kept = (*phrase[:marked], core(phrase[marked]))
    while kept and (not core(kept[-1]) or core(kept[-1]).lower() in STOP_WORDS | FUNCTION_WORDS):
        kept = kept[:-1]
    return kept


def _says_more(phrase: Sequence[str], claim: Claim) -> bool:
    """Whether a phrase has words of meaning that the claim lacks."""
    return not set(content_stems(" ".join(phrase))) <= set(content_stems(" ".join(claim.words)))
