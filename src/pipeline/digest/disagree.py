"""Where sources give different numbers of people killed, hurt, arrested, missing or moved out."""

import re
from collections import defaultdict

from pipeline.records import Article, Claim, Disagreement, Story
from pipeline.text.facts import numbers
from pipeline.text.sentences import sentences

DEEPEST = 12
"""Sentences of an article that are looked at."""
_NAMES = {
    "people killed": "killed dead died killing",
    "people injured": "injured hurt wounded injuring wounding",
    "people arrested": "arrested detained arresting",
    "people missing": "missing",
    "people evacuated": "evacuated evacuating",
}
_THINGS = {word: name for name, group in _NAMES.items() for word in group.split()}
_WORD = "|".join(_THINGS)
_NUMBER = (
    r"(?:\d[\d,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty)"
)
# A bound is no claim that another number could contradict.
_BOUND = re.compile(
    r"\b(?:at least|at most|more than|less than|fewer than|as many as|over|under|up to|about|around|some|nearly|almost"
    r"|roughly|approximately|close to|estimated) $"
)
_PEOPLE = r"(?:people|persons|passengers|residents|workers|others|were|are|have|had|has|been|was)"
# "14 people were injured", "17 hurt" / "injuring 14 people", "killed three".
_COUNT_FIRST = re.compile(rf"\b(?P<number>{_NUMBER}) (?:{_PEOPLE} ){{0,3}}(?P<what>{_WORD})\b", re.IGNORECASE)
_COUNT_LAST = re.compile(rf"\b(?P<what>{_WORD}) (?P<number>{_NUMBER})(?: {_PEOPLE}\b|[,.;]|$)", re.IGNORECASE)


def disagreements(story: Story) -> tuple[Disagreement, ...]:
    """What the distinct texts of a story count differently, in order of name; each value with its articles' ids.

    A text counts with the highest number it gives for a thing: the parts of a total are lower.
    """
    claims: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for group in story.groups:
        for what, value in _counts(group.lead).items():
            claims[what][value].extend(article.id for article in group.articles)
    return tuple(
        Disagreement(what, tuple(Claim(str(value), tuple(sorted(ids))) for value, ids in sorted(values.items())))
        for what, values in sorted(claims.items())
        if len(values) > 1
    )


def _counts(article: Article) -> dict[str, int]:
    """The highest number an article gives for each thing, in its title and first sentences."""
    found: dict[str, int] = {}
    for sentence in [article.title, *sentences(article.text, article.lang)[:DEEPEST]]:
        for pattern in (_COUNT_FIRST, _COUNT_LAST):
            for match in pattern.finditer(sentence):
                if not _BOUND.search(sentence[: match.start("number")].casefold()):
                    what = _THINGS[match["what"].casefold()]
                    found[what] = max(found.get(what, 0), _whole_number(match["number"]))
    return found


def _whole_number(text: str) -> int:
    """The value of a matched number."""
    return int(next(iter(numbers(text))))
