"""Clean a plain-text page dump: keep the article's headline and paragraphs, drop what a site puts around them.

A dump is what select-all and copy leaves of a news page, or what a scraper that turned HTML into text gives. The steps:
read the lines, look at each by itself, find the run of lines that holds the most prose, look again knowing what that
run is about, then judge every line.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

from pipeline.text.dump_lines import (
    DATELINE,
    END_MARK,
    TAIL,
    UNSPACED,
    WORD,
    Line,
    read_lines,
    reason_by_sight,
    speaks_to_reader,
)

# The number of a photograph after its alternative text: "Leaders meet in Paris - 1".
PHOTO_NUMBER = re.compile(r"\s[-–]\s\d{1,2}$")
# Marks between the names of a path to the page: "Home > News", "World / Asia".
PATH_MARK = re.compile(r"\s[>›»/|]\s")
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez|janv|févr|avr|juin|juil|août|déc|ene|abr|ago|dic)"
    r"[a-zé]{0,7}\.?"
)
# A full date, then perhaps a time and its zone: "Oct. 8, 2024, 03:40 a.m. ET", "07/10/2024 18:30", "2024-10-07".
DATE = re.compile(
    rf"(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d|\d{{1,2}}\.? (?:de )?{_MONTH} (?:de )?(?:19|20)\d\d"
    r"|(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d|(?:19|20)\d\d年\d{1,2}月\d{1,2}日)"
    r"(?:(?:,| at| um| à| [-–|])? ?T?\d{1,2}[:.h]\d{2}(?::\d{2})?(?: ?[ap]\.?m\b\.?)?"
    r"(?: ?\(?(?-i:[A-Z]{2,4}|GMT[+-]\d{1,2})\b\)?)?)?",
    re.IGNORECASE,
)

# Weights of lines when the article is looked for. Prose weighs its words, other lines weigh against.
MOST_WORDS = 60  # a longer paragraph weighs no more than this
ITEM_WEIGHT = 0.3  # share of the words that counts in a list item
OPEN_WEIGHT = 0.5  # the same in a long line that no sentence mark ends
COST = 15.0  # of a line that is not prose
COSTS = {"caption": 2.0, "repeated": 3.0}  # of lines that often stand inside an article
COST_ASIDE = 4.0  # of prose that is not the article's
MERCY = 0.5  # share of the costs on the second look, when the topic is known
LEAST_ARTICLE = 40.0  # words of prose after which a comments heading, or an agency's end mark, ends the article

LONG_SENTENCE = 16  # words; the sentence under another story's headline is shorter
RICH_TOPIC = 80  # different words that are enough to tell what is off the topic
ON_TOPIC = 0.15  # least share of a paragraph's words that the article has too
CLOSE_TO_TOPIC = 0.4  # the same for a standfirst

MAX_TITLE = 19  # words; a longer line without a full stop is a standfirst
LEAST_TITLE = 0.5  # score of a headline
LONGEST_HEAD = 80  # lines between the headline and the article
MAY_HIDE_TITLE = ("", "stamp", "repeated", "furniture")  # a headline may hold a year or a word of advertisements


@dataclass(frozen=True, slots=True)
class DroppedLine:
    """A line left out, with a short stable reason; a hard-wrapped paragraph counts as one line."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class CleanDump:
    """A headline, paragraphs joined by line ends, what was dropped, and the date as it stood in the dump's head."""

    title: str
    text: str
    dropped: tuple[DroppedLine, ...]
    published: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What the core of the article is about, and how deep its lines are indented."""

    words: frozenset[str]
    indent: int

    @property
    def rich(self) -> bool:
        """Whether there are enough words to tell what is off the topic."""
        return len(self.words) >= RICH_TOPIC

    def share(self, line: Line) -> float:
        """The share of the line's words that the core has too."""
        words = content_words(line.text)
        return sum(word in self.words for word in words) / len(words) if words else 0.0


def clean_dump(dump: str) -> CleanDump:
    """The article in a page dump; an empty dump gives an empty result.

    Every non-blank line of the dump is in the title, in the text, or in `dropped` with its reason.
    """
    lines = read_lines(dump)
    reasons = first_look(lines)
    weights = [weight(line, reason) for line, reason in zip(lines, reasons, strict=True)]
    end = comments_start(weights, reasons)
    core = prose_run(weights[:end])
    topic = topic_of([lines[i] for i in core if not reasons[i] and lines[i].prose])
    body = grown(prose_run(second_weights(lines[:end], reasons, core, topic)), lines, reasons)
    title_at = find_title(lines, reasons, body, topic)
    verdicts = judge(lines, reasons, body, title_at, topic) if body else longest_lines(lines, reasons)
    title = lines[title_at].text if title_at is not None and verdicts[title_at] == "title" else ""
    kept = [line.text for line, verdict in zip(lines, verdicts, strict=True) if not verdict]
    return CleanDump(
        title=title,
        text="\n".join(polish(kept)),
        dropped=tuple(
            DroppedLine(line.number, line.raw, verdict)
            for line, verdict in zip(lines, verdicts, strict=True)
            if verdict not in ("", "title")
        ),
        published=published_date(lines, verdicts),
    )


def first_look(lines: Sequence[Line]) -> list[str]:
    """For each line why it is no text of an article: by sight, or because it is said again and again; else ""."""
    times = Counter(line.text for line in lines)
    reasons = [reason_by_sight(line) for line in lines]
    for i, line in enumerate(lines):
        if line.size < 8 and times[line.text] >= 4 and reasons[i] not in ("related", "comments"):
            reasons[i] = "repeated"
    for i, (line, after) in enumerate(pairwise(lines)):
        if line.text == after.text and not line.prose and line.size >= 4 and not reasons[i]:
            reasons[i] = reasons[i + 1] = "caption"
    return reasons


def weight(line: Line, reason: str) -> float:
    """How much a line speaks for the article being here: its words when it is prose, a cost when not."""
    if reason:
        return -COSTS.get(reason, COST)
    if line.finished and line.size >= 8:
        words = min(line.size, MOST_WORDS) * (ITEM_WEIGHT if line.item else 1.0)
        return -COST_ASIDE if speaks_to_reader(line) else words
    if line.prose and line.size < 20:
        return 0.0
    return line.size * OPEN_WEIGHT if line.size >= 25 else -COST


def comments_start(weights: Sequence[float], reasons: Sequence[str]) -> int:
    """Where readers' comments begin below a fair-sized article; the number of lines when nowhere."""
    best = total = 0.0
    for i, value in enumerate(weights):
        if reasons[i] == "comments" and best >= LEAST_ARTICLE:
            return i
        total = max(total, 0.0) + value
        best = max(best, total)
    return len(weights)


def prose_run(weights: Sequence[float]) -> range:
    """The run of lines with the highest sum of weights."""
    best, best_run = 0.0, range(0)
    total, start = 0.0, 0
    for i, value in enumerate(weights):
        if total <= 0:
            total, start = 0.0, i
        total += value
        if total > best:
            best, best_run = total, range(start, i + 1)
    return best_run


def grown(body: range, lines: Sequence[Line], reasons: Sequence[str]) -> range:
    """The body together with the short sentences that touch it above and below."""
    start, stop = body.start, body.stop
    while body and start > 0 and lines[start - 1].finished and lines[start - 1].prose and not reasons[start - 1]:
        start -= 1
    while body and stop < len(lines) and lines[stop].finished and lines[stop].prose and not reasons[stop]:
        stop += 1
    return range(start, stop)


def content_words(text: str) -> set[str]:
    """The words that may tell a topic: long ones and numbers, or pairs of characters where words are not spaced."""
    characters = UNSPACED.findall(text)
    if len(characters) > len(text) // 3:
        return {first + second for first, second in pairwise(characters)}
    return {word.casefold() for word in WORD.findall(text) if len(word) >= 5 or word[0].isdigit()}


def topic_of(core: Sequence[Line]) -> Topic:
    """The words and the usual indent of the core's lines."""
    depths: Counter[int] = Counter()
    for line in core:
        depths[line.indent] += line.size
    words = frozenset(word for line in core for word in content_words(line.text))
    return Topic(words, max(depths, key=depths.__getitem__, default=0))


def second_weights(lines: Sequence[Line], reasons: Sequence[str], core: range, topic: Topic) -> list[float]:
    """The weights again, where prose outside the core counts only when on topic, and interruptions cost less."""
    weights = [weight(line, reasons[i]) for i, line in enumerate(lines)]
    for i, line in enumerate(lines):
        if weights[i] > 0 and i not in core and topic.rich and topic.share(line) < ON_TOPIC:
            weights[i] = -COST_ASIDE
        elif weights[i] > 0 and line.indent != topic.indent:
            weights[i] *= 0.5
        elif weights[i] < 0 and reasons[i] != "stamp":
            weights[i] *= MERCY
    return weights


def find_title(lines: Sequence[Line], reasons: Sequence[str], body: range, topic: Topic) -> int | None:
    """Where the headline stands: of the lines above the body's first statement, the one with the highest score."""
    first = next((i for i in body if not reasons[i] and lines[i].prose and not may_be_title(lines[i])), body.start)
    head = [i for i in range(max(0, first - LONGEST_HEAD), first) if not lines[i].item]
    candidates = [i for i in head if reasons[i] in MAY_HIDE_TITLE and may_be_title(lines[i])]
    scores = {i: title_score(lines[i], [lines[j] for j in head if j != i], topic) for i in candidates}
    best = max(candidates, key=lambda i: (scores[i], -i), default=None)
    return best if best == 0 or (best is not None and scores[best] >= LEAST_TITLE) else None


def may_be_title(line: Line) -> bool:
    """Whether the line could be a headline: a few words, few figures, no full stop, no path to the page."""
    figures = sum(character.isdigit() for character in line.text)
    return (
        2 <= line.size <= MAX_TITLE
        and not line.item
        and line.text[-1] not in ".。;:"
        and figures <= 0.2 * len(line.text)
        and not PATH_MARK.search(line.text)
    )


def title_score(line: Line, others: Sequence[Line], topic: Topic) -> float:
    """How much of the line is on the topic, and whether paths or page titles above the article repeat it."""
    repeated = line.size >= 3 and any(
        line.text in other.text or (other.text.endswith("…") and line.text[:20] in other.text) for other in others
    )
    return min(4, len(content_words(line.text))) * round(topic.share(line), 1) + 1.5 * repeated


def judge(lines: Sequence[Line], reasons: Sequence[str], body: range, title_at: int | None, topic: Topic) -> list[str]:
    """For each line "" when it belongs to the article's text, "title", or the reason it is dropped."""
    verdicts: list[str] = []
    comments_at = next((i for i in range(body.stop, len(lines)) if reasons[i] == "comments"), len(lines))
    for i, line in enumerate(lines):
        if i == title_at:
            verdicts.append("title")
        elif i < body.start:
            verdicts.append(reasons[i] or verdict_above(line, i, title_at, topic))
        elif i >= body.stop:
            verdicts.append(reasons[i] or ("byline" if is_name(line) else "comments" if i > comments_at else "teaser"))
        else:
            verdicts.append(reasons[i] or ("" if line.prose else "heading"))
    for rule in (repeats, captions_set_off, related_stories, after_end_mark):
        found = rule(lines, verdicts)
        verdicts = [found.get(i, verdict) for i, verdict in enumerate(verdicts)]
    return verdicts


def verdict_above(line: Line, at: int, title_at: int | None, topic: Topic) -> str:
    """The verdict on a line above the body: kept when it is a standfirst or a lead that something parts from the rest.

    That is a line below the title and on topic, or a finished sentence where the article must begin.
    """
    below_title = title_at is not None and title_at < at
    opens = at == (0 if title_at is None else title_at + 1) and line.finished and not speaks_to_reader(line)
    sentence = line.size >= 10 and line.prose and not line.item
    if sentence and (opens or (below_title and topic.share(line) >= CLOSE_TO_TOPIC)):
        return ""
    if line.item or PATH_MARK.search(line.text):
        return "crumb"
    return "site name" if at == 0 and line.size <= 4 else "menu"


def is_name(line: Line) -> bool:
    """Whether the line is a person's or an agency's name and nothing else."""
    words = line.text.split()
    return 1 <= len(words) <= 4 and all(word[0].isupper() for word in words) and line.text[-1].isalpha()


def repeats(lines: Sequence[Line], verdicts: Sequence[str]) -> dict[int, str]:
    """Verdicts on what repeats the title, and on paragraphs that stand again or begin a fuller one close below."""
    found: dict[int, str] = {}
    seen: set[str] = set()
    kept = [i for i, verdict in enumerate(verdicts) if not verdict]
    for place, i in enumerate(kept):
        text = lines[i].text
        next_texts = [lines[j].text for j in kept[place + 1 : place + 4]]
        if text in seen or any(other.startswith(text.rstrip(".… ")) and other != text for other in next_texts):
            found[i] = "repeated"
        seen.add(text)
    titles = {line.text for line, verdict in zip(lines, verdicts, strict=True) if verdict == "title"}
    for i, line in enumerate(lines):
        if verdicts[i] != "title" and PHOTO_NUMBER.sub("", line.text) in titles:
            found[i] = "repeated title"
    return found


def captions_set_off(lines: Sequence[Line], verdicts: Sequence[str]) -> dict[int, str]:
    """Verdicts on sentences that follow a photo's text and stand apart by wider gaps than usual."""
    usual = max(1, median_low([line.gap for line in lines]))
    return {
        i: "caption"
        for i in range(1, len(lines) - 1)
        if verdicts[i] == ""
        and verdicts[i - 1] in ("repeated title", "caption")
        and min(lines[i].gap, lines[i + 1].gap) > usual
        and lines[i].size <= 40
    }


def related_stories(lines: Sequence[Line], verdicts: Sequence[str]) -> dict[int, str]:
    """Verdicts on what stands under a "Related" heading within the article, up to where its paragraphs go on.

    A short sentence right under a headline is that headline's teaser; two paragraphs in a row are the article's.
    """
    found: dict[int, str] = {}
    first = next((i for i, verdict in enumerate(verdicts) if not verdict), len(verdicts))
    told = [i for i in range(first, len(verdicts)) if verdicts[i] in ("", "heading", "related")]
    before, in_list = first, False
    for i, after in zip(told, [*told[1:], None], strict=True):
        if verdicts[i] == "related":
            in_list = True
        elif in_list and verdicts[i] == "" and after is not None and verdicts[after] == "":
            in_list = lines[i].size < LONG_SENTENCE and not lines[before].finished
        if in_list and verdicts[i] != "related":
            found[i] = "teaser"
        before = i
    return found


def after_end_mark(lines: Sequence[Line], verdicts: Sequence[str]) -> dict[int, str]:
    """Verdicts on all paragraphs below an agency's end mark, once the article has reached a fair size."""
    words = 0
    for i, line in enumerate(lines):
        words += line.size if verdicts[i] == "" else 0
        if verdicts[i] == "" and words >= LEAST_ARTICLE and END_MARK.search(line.text[-TAIL:]):
            return {j: "teaser" for j in range(i + 1, len(lines)) if verdicts[j] in ("", "heading")}
    return {}


def longest_lines(lines: Sequence[Line], reasons: Sequence[str]) -> list[str]:
    """Verdicts for a dump without prose: the lines at least half as long as the longest are kept."""
    usable = [line for line, reason in zip(lines, reasons, strict=True) if not reason] or list(lines)
    least = max((len(line.text) for line in usable), default=0) / 2
    kept = {line.number for line in usable if line.text and len(line.text) >= least}
    return ["" if line.number in kept else reason or "menu" for line, reason in zip(lines, reasons, strict=True)]


def polish(paragraphs: Sequence[str]) -> list[str]:
    """The paragraphs without the dateline of the lead and without agencies' end marks."""
    undated = [
        DATELINE.sub("", text, count=1) if i < 3 and DATELINE.match(text) else text for i, text in enumerate(paragraphs)
    ]
    return [without_end_mark(text) for text in undated]


def without_end_mark(text: str) -> str:
    """The text with "./." or ".-VNA" at its end turned into a plain full stop."""
    return text[:-TAIL] + END_MARK.sub(lambda mark: mark["full"] or mark["stop"] or ".", text[-TAIL:])


def published_date(lines: Sequence[Line], verdicts: Sequence[str]) -> str:
    """The first full date among the dropped short lines before the article's third paragraph; "" when there is none."""
    paragraphs = 0
    for line, verdict in zip(lines, verdicts, strict=True):
        paragraphs += verdict == ""
        if paragraphs > 2:
            break
        found = DATE.search(line.text) if verdict and verdict != "title" and len(line.text) <= 120 else None
        if found:
            return found[0]
    return ""
