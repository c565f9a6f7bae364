"""Whether a sentence is its source, shortened without changing what it says.

A sentence shortened by leaving out whole, harmless parts says nothing its source does not say; any other change of
wording may. So this is a proof by construction, not an estimate: words may only be left out, only as parts that end at
punctuation or begin as adjuncts do, and never a word that bears on the truth of what stays (negation, doubt,
condition, attribution, comparison). Compression by deletion: Knight and Marcu 2002, Clarke and Lapata 2008.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.text.dates import MONTH_NAME
from pipeline.text.normalise import comparable

# A number with its separators, or a word with its inner hyphens and apostrophes; then the marks that end a part.
_TOKEN = re.compile(r"[^\W_]+(?:[.,:’'-](?<=\d[.,:])\d[^\W_]*|[.’'-][^\W_]+)*|[,;:()—–“”\"]|\s-\s")
_MARK = re.compile(r"[,;:()—–“”\"]|\s-\s")
_QUOTE = frozenset('“”"')
# The mark that closes a remark goes with it.
_CLOSING = re.compile(r"\s*[,)–—]")
# Leaving these out, or putting them in, changes nothing.
_FREE = frozenset({"the", "a", "an", "that"})
# With these an opening may begin ("On Monday, ...").
_OPENINGS = frozenset(
    "after amid as at because before by despite during following for in on since when while with".split()
)
# With these an opening may be a clause of its own; any other long one may hold a sentence.
_CLAUSE_OPENINGS = frozenset("after as because before since when while".split())
LONGEST_PHRASE = 5
# With these a remark may begin that ends at a mark or with the sentence (", who visited in May,").
_REMARKS = frozenset("aged including such where which who whose".split())
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
FEWEST_REMARK_WORDS = 4
# Doubt, denial, condition, attribution: they bear on the truth of everything around them and are never left out.
_BEARING = frozenset(
    """
    according accordingly accuse accused accuses acting admit admits admitted aim aims alleged allegedly alleges
    appear appeared appears asked attempt attempted believe believed believes but can cannot claim claimed claims
    condition consider considered considers consistent could declined denied denies deny despite doubt doubts draft
    estimate estimated estimates except expect expected expects fail failed fails fake false falsely feared former
    hardly hope hoped hopes however if intend intended intends likely may maybe might neither never no nobody none
    nor not nothing or otherwise partly perhaps plan planned plans pledge pledged pledges possible possibly
    potential predicted probably propose proposed proposes provided rarely refuse refused refuses reject rejected
    rejects report reported reportedly reports rule ruled rumoured said say says scarcely seek seeks seem seemed
    seems should so supposed suspected suspects tell than though told too try trying unclear unconfirmed unless
    unlikely until urge urged urges vow vowed warn warned warns whether will without would yet
    """.split()
)
# Where one of these stays, its clause stays whole: "the first in 22 years" is not "the first".
_MEASURES = re.compile(
    r"\d|^(?:about|all|almost|around|both|each|every|fewer|first|half|last|latest|least|less|more|most|nearly|next|no|only"
    r"|record|second|sole|some|third|one|two|three|four|five|six|seven|eight|nine|ten|\w{3,}est)$"
)


@dataclass(frozen=True, slots=True)
class _Source:
    """A sentence as words, with the part each stands in, the mark before that part, quotation and place in the text."""

    words: tuple[str, ...]
    parts: tuple[int, ...]
    quoted: tuple[bool, ...]
    spans: tuple[tuple[int, int], ...]
    marks: tuple[str, ...]


def change_of_meaning(sentence: str, source: str) -> str:
    """Why `sentence` is not a harmless shortening of `source`; "" when it is one (or is the source itself)."""
    written, given = _read(sentence), _read(source)
    matcher = SequenceMatcher(None, written.words, given.words, autojunk=False)
    kept = [False] * len(given.words)
    for operation, start, end, given_start, given_end in matcher.get_opcodes():
        added = [word for word in written.words[start:end] if word not in _FREE]
        if operation in ("insert", "delete", "replace") and added:
            return f"says {' '.join(added)!r}, which the source does not say there"
        if operation == "equal":
            kept[given_start:given_end] = [True] * (given_end - given_start)
    return _harm_of_gaps(given, kept)


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
        if any(kept) and not _harm_of_gaps(given, kept):
            found.append(_stretch(given, sentence, start, end))
    return tuple(sorted(set(found)))


def _stretch(given: _Source, sentence: str, start: int, end: int) -> tuple[int, int]:
    """The characters to cut for the words from start to end, with the spaces and marks that would dangle."""
    last = given.spans[end - 1][1]
    if start == 0:
        return (0, given.spans[end][0])
    before = given.spans[start - 1][1]
    if end == len(given.words):
        return (before, last)
    whole_part = given.parts[start - 1] != given.parts[start]
    closing = _CLOSING.match(sentence, last) if whole_part else None
    return (before, closing.end() if closing else last)


def _read(sentence: str) -> _Source:
    """The words of a sentence in comparable form, each with its part and whether it stands in quotation marks."""
    words, parts, quoted, spans, marks = [], [], [], [], [""]
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
        spans.append(match.span())
    return _Source(tuple(words), tuple(parts), tuple(quoted), tuple(spans), tuple(marks))


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
    clause = [index for index, part in enumerate(given.parts) if part == given.parts[start]]
    if end <= clause[-1]:
        return False
    if start > clause[0]:
        measured = any(_MEASURES.search(given.words[index]) for index in clause if index < start)
        bound = given.words[start - 1] in _BINDING or given.words[start - 1].endswith("ing")
        return _is_adjunct(given, start, end) and not measured and not bound
    first = given.words[start]
    if start == 0:
        return first in _CLAUSE_OPENINGS or (first in _OPENINGS and len(clause) <= LONGEST_PHRASE)
    if given.marks[given.parts[start]] == "(":
        return kept[start - 1]
    if not any(kept[end:]):
        return first in _ADJUNCTS or first in _REMARKS or first.endswith("ing") or _is_adjunct(given, start, end)
    aged = len(clause) == 1 and first.isdigit()
    return (aged or (first in _REMARKS and len(clause) >= FEWEST_REMARK_WORDS)) and kept[start - 1] and kept[end]


def _is_adjunct(given: _Source, start: int, end: int) -> bool:
    """Whether the words from start to end only say when or besides what."""
    return given.words[start] in _ADJUNCTS or bool(_DATED.fullmatch(" ".join(given.words[start:end])))
