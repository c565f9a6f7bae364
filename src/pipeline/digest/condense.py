"""Whether a sentence is its source, shortened without changing what it says.

A sentence shortened by leaving out whole, harmless parts says nothing its source does not say; any other change of
wording may. So this is a proof by construction, not an estimate: words may only be left out, only as parts that end at
punctuation or begin as adjuncts do, and never a word that bears on the truth of what stays (negation, doubt,
condition, attribution, comparison). Compression by deletion: Knight and Marcu 2002, Clarke and Lapata 2008.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.text.dates import MONTH_NAME
from pipeline.text.normalise import comparable

# A number with its separators, or a word with its inner hyphens and apostrophes; then the marks that end a part.
_TOKEN = re.compile(r"[^\W_]+(?:[.,:’'-](?<=\d[.,:])\d[^\W_]*|[.’'-][^\W_]+)*|[,;:()—–“”\"]|\s-\s")
_MARK = re.compile(r"[,;:()—–“”\"]|\s-\s")
_QUOTE = frozenset('“”"')
# The mark that closes a remark goes with it, and so does the full stop of an abbreviation before it.
_CLOSING = re.compile(r"\.?(?:\s*[,)–—]|\s-(?=\s))")
# Leaving these out, or putting them in, changes nothing.
_FREE = frozenset({"the", "a", "an", "that"})
# With these an opening may begin ("On Monday, ...").
_OPENINGS = frozenset(
    "after amid as at because before by despite during following for in on since when while with".split()
)
# With these an opening may be a clause of its own; with the last four it must be ("As mayor" is no reason).
_CLAUSE_OPENINGS = frozenset("after as because before since when while".split())
_ONLY_CLAUSE_OPENINGS = frozenset("as because when while".split())
LONGEST_PHRASE = 5
# What these open adds to what follows and never narrows it, however long it is ("Following weeks of talks with ...").
_ADDING = frozenset({"amid", "following"})
# An opening or an insertion with one of these weakens the rest ("In theory, ...", "In some cases, ...").
_WEAKENING = frozenset(
    "average best case cases comic comments dream dreams drill effect episode example exercise fiction film"
    " future game interview jest joke least letter luck message most movie name novel paper parody part parts"
    " place places play post practice principle real satire scenario series short show simulation some speech"
    " statement story terms theory time times tweet video worst".split()
)
# With these several stand as the subject.
_PLURAL = frozenset("are have were".split())
_PRONOUNS = frozenset("he her hers him his it its she their theirs them they this".split())
_AUXILIARY = r"(?:am|are|is|was|were|has|have|had|do|does|did|will|would|can|could|may|might|must|shall|should)(?:n't)?"
# The verbs by which a clause is told from a phrase: a clause whose verb is missing here is left alone.
_VERB = re.compile(
    rf"{_AUXILIARY}"
    r"|(?!united)\w{3,}ed|ate|beat|began|bought|broke|brought|built|came|caught|chose|cut|drew|drove|fell|felt|fled|flew"
    r"|fought|found|gave|got|grew|held|hit|hurt|kept|knew|laid|lay|led|left|lost|made|meant|met|paid|put|ran|rang|read|rose"
    r"|said|sang|sank|sat|saw|sent|set|shot|shut|slept|slid|sold|spent|spoke|spread|stole|stood|struck|swept|swore|threw"
    r"|told|took|tore|went|woke|won|wore|wrote"
)
_CONJUNCTIONS = frozenset("and or but nor".split())
_REPORTING = frozenset("added said says told wrote".split())
# With these a remark may begin that ends at a mark or with the sentence (", who visited in May,").
_REMARKS = frozenset("aged including such where which who whose".split())
# With these a name may be told what it is (", the mayor of Lindmar,").
_DETERMINERS = frozenset("a an another her his its one our the their".split())
# With these an insertion may begin that only sets the scene (", in his first debate,"). Not "with": "the firm, with its
# partners, owns half of it"; not "after": "wages, after tax, rose".
_INSERTIONS = frozenset("amid at during following from in on".split())
# Verbs that cannot be participles: what they follow is their subject.
_FINITE = re.compile(
    rf"{_AUXILIARY}"
    r"|ate|began|broke|came|chose|drew|drove|fell|flew|gave|grew|knew|rang|rose|said|sang|sank|saw|spoke|stole|swore"
    r"|threw|took|tore|went|woke|wore|wrote"
)
# What is told of a thing in passing: how, where or by whom something was done (", surrounded by guards,").
_PASSIVE = re.compile(
    r"(?!(?:need|speed|indeed) )(?:\w{3,}ed|built|drawn|held|led|made|sent|shot|sold|won)"
    r" (?:as|at|by|from|in|on|to|with)"
)
# The same at the end of a sentence, where what follows a comma may as well be its verb (", voted with the government").
_PASSIVE_AT_END = re.compile(rf"(?:{_PASSIVE.pattern})(?<= by)|compared (?:to|with)")
_APART = frozenset({",", "–", "—", " - "})
# With these an adjunct may begin that runs to the end of its part ("met in Paris during the vote").
_ADJUNCTS = frozenset("before during since while".split())
# "on Sunday", "in May 2024": an adjunct of its own.
_DATED = re.compile(
    rf"(?:on|in) (?:(?:the )?\d{{1,2}} )?(?:{MONTH_NAME}|(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{{4}})"
    r"(?: (?:morning|afternoon|evening|night|\d{1,4}))*",
    re.IGNORECASE,
)
# After these the adjunct belongs to them ("named after the king", "just after seven", "years before the war").
_BINDING = frozenset(
    "named called looked look ever even immediately just long only shortly soon well and or but"
    " minutes hours days weeks months years".split()
)
FEWEST_REMARK_WORDS, FEWEST_PARTICIPLE_WORDS = 4, 2
FEWEST_WORDS_LEFT = 5
"""An adjunct after fewer words is what its clause is there to say ("Schools stay shut on Tuesday")."""
# Doubt, denial, condition, attribution, correction: they bear on the truth of what stays and are never left out.
_BEARING = frozenset(
    """
    according accordingly accuse accused accuses acting adjusted admit admits admitted aim aims alleged allegedly
    alleges annulled apparent apparently appear appeared appears asked assuming attempt attempted barring based
    believe believed believes but calculated can cancelled cannot citing claim claimed claims condition conditional
    consider considered considers consistent corrected could counted debunked declined denied denies deny depending
    despite disproved doubt doubts draft dreaming estimate estimated estimates except excepting excluding expect
    expected expects fail failed failing fails fake false falsely feared former hardly hoax hope hoped hopes however
    if imagining incorrect incorrectly intend intended intends invented joking kidding likely may maybe measured
    might minus mistaken mistakenly neither never no nobody none nor not nothing or otherwise overturned partly
    pending perhaps plan planned plans playing pledge pledged pledges portraying possible possibly potential
    predicted pretended pretending probably propose proposed proposes provided providing quoting rarely refuse
    refused refuses reject rejected rejects report reported reportedly reports retracted reversed revoked rule ruled
    rumoured said say says scarcely seek seeks seem seemed seems should simulating so subject supposed supposing
    suspected suspects tell than though told too try trying unclear unconfirmed unless unlikely until untrue urge
    urged urges vow vowed warn warned warns whether will withdrawn without would wrong wrongly yet
    """.split()
)
# Where one of these stays, its clause stays whole: "the first in 22 years" is not "the first", and what nobody may do
# while driving may be done at other times.
_MEASURES = re.compile(
    r"n't$|^(?:allowed|banned|can|cannot|could|forbidden|illegal|may|might|must|never|nobody|none|not|nothing|permitted"
    r"|prohibited|should|would)$|"
    r"\d|^(?:about|all|almost|around|both|each|every|fewer|first|half|last|latest|least|less|more|most|nearly|next|no|only"
    r"|record|second|sole|some|third|one|two|three|four|five|six|seven|eight|nine|ten|\w{3,}est)$"
)


@dataclass(frozen=True, slots=True)
class _Source:
    """A sentence as words, with the part each stands in, the mark before each part, quotation, capitals and places."""

    words: tuple[str, ...]
    parts: tuple[int, ...]
    quoted: tuple[bool, ...]
    capital: tuple[bool, ...]
    spans: tuple[tuple[int, int], ...]
    marks: tuple[str, ...]

    def part_of(self, row: int) -> tuple[int, ...]:
        """The rows of the part a word stands in."""
        return tuple(other for other, part in enumerate(self.parts) if part == self.parts[row])

    def mark_after(self, row: int) -> str:
        """The mark that ends the part a word stands in, "" at the end of the sentence."""
        return self.marks[self.parts[row] + 1] if self.parts[row] + 1 < len(self.marks) else ""

    def verb_in(self, rows: Sequence[int]) -> int | None:
        """The row of the first word that looks like a verb; None when a relative clause begins before it."""
        first = next((row for row in rows if self.words[row] in _REMARKS or _VERB.fullmatch(self.words[row])), None)
        return None if first is None or self.words[first] in _REMARKS else first


def change_of_meaning(sentence: str, source: str) -> str:
    """Why `sentence` is not a harmless shortening of `source`; "" when it is one (or is the source itself)."""
    written, given = [word for word in _read(sentence).words if word not in _FREE], _read(source)
    kept, kept_late = _found(written, given.words), _found(written[::-1], given.words[::-1])[::-1]
    if sum(kept) < len(written):
        return f"says {written[sum(kept)]!r}, which the source does not say there"
    # A word that the source repeats may be taken for its first or its last: one harmless reading proves the case.
    harm = _harm_of_gaps(given, _with_free(given, kept))
    return harm and _harm_of_gaps(given, _with_free(given, kept_late)) and harm


def _found(written: Sequence[str], given: Sequence[str]) -> list[bool]:
    """Which words of `given` are those of `written`, each the first after the one before, up to one not found."""
    kept, row = [False] * len(given), 0
    for word in written:
        if word not in given[row:]:
            break
        row = given.index(word, row) + 1
        kept[row - 1] = True
    return kept


def _with_free(given: _Source, kept: Sequence[bool]) -> list[bool]:
    """The same with the free words, each kept when the next other word of its part is."""
    complete = list(kept)
    for row in reversed(range(len(complete))):
        if given.words[row] in _FREE and row + 1 < len(complete) and given.parts[row + 1] == given.parts[row]:
            complete[row] = complete[row + 1]
    return complete


def harmless_cuts(sentence: str) -> tuple[tuple[int, int], ...]:
    """The stretches of a sentence, as half-open character ranges, each of which can be cut without changing what the
    rest says: what may be left out, down to the marks and spaces that go with it.
    """
    given = _read(sentence)
    count = len(given.words)
    found = []
    for start in range(count):
        end = next(end for end in range(start + 1, count + 1) if end == count or given.parts[end] != given.parts[start])
        kept = [not start <= row < end for row in range(count)]
        says_something = any(word not in _FREE for word in given.words[start:end])
        if says_something and any(kept) and not _harm_of_gaps(given, kept):
            found.append(_stretch(given, sentence, start, end))
    return tuple(sorted(set(found)))


def core(sentence: str) -> str:
    """A sentence without any of the stretches that can be left out of it, each of them harmless by itself."""
    kept, end = [], 0
    for start, stop in harmless_cuts(sentence):
        kept.append(sentence[end : max(start, end)])
        end = max(stop, end)
    return "".join([*kept, sentence[end:]])


def _stretch(given: _Source, sentence: str, start: int, end: int) -> tuple[int, int]:
    """The characters to cut for the words from start to end, with the spaces and marks that would dangle."""
    last = given.spans[end - 1][1]
    if start == 0:
        return (0, given.spans[end][0])
    before = given.spans[start - 1][1]
    if end == len(given.words):
        return (before, sentence.index(")", last) + 1 if given.mark_after(start) == ")" else last)
    whole_part = given.parts[start - 1] != given.parts[start]
    closing = _CLOSING.match(sentence, last) if whole_part else None
    return (before, closing.end() if closing else last)


def _read(sentence: str) -> _Source:
    """The words of a sentence in comparable form, each with its part and whether it stands in quotation marks."""
    words, parts, quoted, capital, spans, marks = [], [], [], [], [], [""]
    part, inside = 0, False
    for match in _TOKEN.finditer(sentence):
        if _MARK.fullmatch(match[0]):
            part += 1
            marks.append(match[0])
            inside = not inside if match[0] in _QUOTE else inside
            continue
        words.append(comparable(match[0]).replace("’", "'"))
        parts.append(part)
        quoted.append(inside)
        capital.append(match[0][0].isupper())
        spans.append(match.span())
    return _Source(tuple(words), tuple(parts), tuple(quoted), tuple(capital), tuple(spans), tuple(marks))


def _harm_of_gaps(given: _Source, kept: Sequence[bool]) -> str:
    """The first harm done by what was left out, "" when none was."""
    if not any(kept):
        return "says nothing of its source"
    return next((harm for start, end in _gaps(given, kept) if (harm := _harm_of_gap(given, kept, start, end))), "")


def _harm_of_gap(given: _Source, kept: Sequence[bool], start: int, end: int) -> str:
    """The harm done by one gap, "" when it does none."""
    left_out = given.words[start:end]
    if all(word in _FREE for word in left_out):
        return ""
    if bearing := next((word for word in left_out if word in _BEARING or word.endswith("n't")), ""):
        return f"leaves out {bearing!r}"
    if any(given.quoted[start:end]):
        return "cuts a quotation"
    return "" if _is_harmless(given, kept, start, end) else f"leaves out {' '.join(left_out[:6])!r}"


def _gaps(given: _Source, kept: Sequence[bool]) -> list[tuple[int, int]]:
    """The runs of words left out, each within one part, as half-open ranges."""
    runs: list[tuple[int, int]] = []
    for index in (index for index, stays in enumerate(kept) if not stays):
        if runs and runs[-1][1] == index and given.parts[index] == given.parts[index - 1]:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    return runs


def _is_harmless(given: _Source, kept: Sequence[bool], start: int, end: int) -> bool:
    """Whether a gap within one part may go: an adjunct at its end, or the whole of an opening or a remark."""
    part = given.part_of(start)
    if end <= part[-1]:
        return False
    if start > part[0]:
        dates_go_on = end < len(given.words) and bool(_DATED.fullmatch(f"on {given.words[end]}"))
        return _is_adjunct(given, start, end) and not dates_go_on and _can_lose_adjunct(given, part[: start - part[0]])
    if start == 0:
        return end < len(given.words) and _is_opening(given, part, given.part_of(end))
    if given.marks[given.parts[start]] == "(":
        return kept[start - 1] and given.mark_after(start) == ")"
    if not any(kept[end:]):
        return _is_last_remark(given, start, end)
    return kept[start - 1] and kept[end] and _is_remark(given, part, given.part_of(end))


def _can_lose_adjunct(given: _Source, rest: Sequence[int]) -> bool:
    """Whether the rest of a clause says the same without the adjunct at its end."""
    last = given.words[rest[-1]]
    measured = any(_MEASURES.search(given.words[row]) for row in rest)
    long_enough = len(rest) >= FEWEST_WORDS_LEFT or last in _REPORTING
    return long_enough and not measured and last not in _BINDING and not last.endswith("ing")


def _is_opening(given: _Source, part: Sequence[int], following: Sequence[int]) -> bool:
    """Whether a sentence's first part only sets time or place, and the main clause comes right after its comma."""
    first, opening = given.words[0], [given.words[row] for row in part]
    has_verb = given.verb_in(part) is not None
    if given.mark_after(part[0]) != "," or not _WEAKENING.isdisjoint(opening) or _takes_up(given, part, following):
        return False
    if _may_be_participle(first) and first not in _OPENINGS:
        # With a verb it may be the subject: "Boeing built 40 aircraft, figures showed".
        long_enough = not has_verb and len(part) >= FEWEST_REMARK_WORDS
        return long_enough and _is_main_clause(given, following) and _ends_well(given, following)
    if first not in _OPENINGS:
        return False
    if has_verb:
        return first in _CLAUSE_OPENINGS and _is_main_clause(given, following)
    if first in _ADDING:
        return _is_main_clause(given, following)
    if first in _ONLY_CLAUSE_OPENINGS or len(part) > LONGEST_PHRASE:
        return False
    measured = any(_MEASURES.search(given.words[row]) for row in following)
    return not measured and _is_main_clause(given, following)


def _may_be_participle(word: str) -> bool:
    """Whether a word may be one that says what someone does besides ("speaking"); "high-ranking" describes."""
    return word.endswith("ing") and "-" not in word


def _takes_up(given: _Source, part: Sequence[int], following: Sequence[int]) -> bool:
    """Whether what follows an opening calls someone "he" or "it" whom the opening may have named."""
    return given.words[following[0]] in _PRONOUNS and any(given.capital[row] for row in part[1:])


def _ends_well(given: _Source, clause: Sequence[int]) -> bool:
    """Whether a clause is not itself put in between: what comes after it begins with no verb."""
    after = clause[-1] + 1
    return after == len(given.words) or not _VERB.fullmatch(given.words[after])


def _is_main_clause(given: _Source, part: Sequence[int]) -> bool:
    """Whether a part can open a sentence: it has a verb of its own, and is no list, remark or attribution."""
    first, verb = given.words[part[0]], given.verb_in(part)
    if verb in (None, part[0]) or first in _CONJUNCTIONS | _OPENINGS | _REMARKS or first.endswith("ing"):
        return False
    return not _is_attribution(given, part)


def _is_attribution(given: _Source, part: Sequence[int]) -> bool:
    """Whether a part says who said what the parts before it say: "he said", "said Dr. Arrendale"."""
    said = next((row for row in part if given.words[row] in _REPORTING), None)
    return said is not None and (said == part[-1] or given.capital[said + 1])


def _is_last_remark(given: _Source, start: int, end: int) -> bool:
    """Whether a sentence's last part is a remark: "which ...", "leaving 300 people ...", "caused by the storm"."""
    first, opening = given.words[start], " ".join(given.words[start : start + 2])
    if first in _ADJUNCTS | _REMARKS or _is_adjunct(given, start, end):
        return True
    if given.marks[given.parts[start]] not in _APART:
        return False
    if _PASSIVE_AT_END.fullmatch(opening):
        # Without a verb before it, it may be the verb itself: "Berg, a judge, stopped by the road".
        return given.verb_in(given.part_of(start - 1)) is not None
    return _may_be_participle(first) and not given.capital[start] and end - start >= FEWEST_PARTICIPLE_WORDS


def _is_remark(given: _Source, part: Sequence[int], following: Sequence[int]) -> bool:
    """Whether a part between two commas or dashes only describes the name before it, an age or "who ...".

    The remark may go on behind its comma ("which makes cars, vans and buses, ..."): what follows must have a verb.
    """
    first, last, after = given.words[part[0]], part[0] - 1, following[0]
    names_meet = given.capital[last] and given.capital[after]
    if given.marks[given.parts[part[0]]] != given.mark_after(part[0]) or given.verb_in(following) is None:
        return False
    if names_meet or given.words[after] in _CONJUNCTIONS or _is_attribution(given, following):
        return False
    if len(part) == 1 and first.isdigit():
        return given.capital[last] and given.verb_in(following) == after
    if first in _REMARKS:
        return len(part) >= FEWEST_REMARK_WORDS
    return _follows_subject(given, part, following) and (
        _is_apposition(given, part, following) or _is_insertion(given, part, following)
    )


def _follows_subject(given: _Source, part: Sequence[int], following: Sequence[int]) -> bool:
    """Whether a part stands between a subject and its verb, so that both its marks belong to it.

    The part before must be none that ends at its comma itself ("After the storm, a crowd of people, led by Berg, ...").
    A verb that may be a participle must open the last part and be the first verb, else it is not the subject's.
    """
    before, verb = given.part_of(part[0] - 1), given.words[following[0]]
    opener = given.words[before[0]]
    if opener in _OPENINGS | _ADJUNCTS | _INSERTIONS | _REMARKS or opener.endswith("ing"):
        return False
    if verb in _REPORTING and given.verb_in(before) is not None:
        return False
    ends = given.mark_after(following[0]) == "" and given.verb_in(before) is None
    return bool(_FINITE.fullmatch(verb)) or (ends and bool(_VERB.fullmatch(verb)))


def _is_apposition(given: _Source, part: Sequence[int], following: Sequence[int]) -> bool:
    """Whether a part tells a name what it is: ", the mayor of Lindmar,"; it may not be the rest of a list."""
    is_named = given.capital[part[0] - 1] or given.words[given.part_of(part[0] - 1)[0]] in _DETERMINERS
    joined = any(given.words[row] in _CONJUNCTIONS for row in part)
    may_be_list = joined and given.words[following[0]] in _PLURAL
    return is_named and given.words[part[0]] in _DETERMINERS and not may_be_list


def _is_insertion(given: _Source, part: Sequence[int], following: Sequence[int]) -> bool:
    """Whether a part only sets the scene: ", in his first debate,", ", speaking in Paris,", ", built by monks,"."""
    words = [given.words[row] for row in part]
    if len(part) < FEWEST_REMARK_WORDS or given.capital[part[0]] or not _WEAKENING.isdisjoint(words):
        return False
    # A measure may hold in that scene only: "Sales, in the three months to June, rose 5 percent".
    measured = any(_MEASURES.search(given.words[row]) for row in (*given.part_of(part[0] - 1), *following))
    is_passive = bool(_PASSIVE.fullmatch(" ".join(words[:2])))
    return not measured and (words[0] in _INSERTIONS or _may_be_participle(words[0]) or is_passive)


def _is_adjunct(given: _Source, start: int, end: int) -> bool:
    """Whether the words from start to end only say when or besides what."""
    return given.words[start] in _ADJUNCTS or bool(_DATED.fullmatch(" ".join(given.words[start:end])))
