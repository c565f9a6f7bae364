"""Results of votes and games: "52-48", "3-1"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.digest.claims import About, Around, Claimed

_PAIR = re.compile(r"(?<![\w.,:/–-])([0-9]{1,3})(?:[-–‑]| to | votes to )([0-9]{1,3})(?![\w:/–-]|[.,][0-9])")
_VOTES = re.compile(r"\b(?:vot(?:e|es|ed|ing)|passed|approved|confirmed|rejected)\b", re.IGNORECASE)
_GAMES = re.compile(
    r"\b(?:beat|beats|beaten|defeat(?:s|ed)?|w[oi]ns?|winning|lost|los(?:e|es|ing)|drew|draw|victory|thrash(?:ed)?)\b",
    re.IGNORECASE,
)
_CHAMBERS = re.compile(
    r"\b(?:Senate|House|Commons|Lords|parliament|assembly|council|committee|court|board|lawmakers|senators)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Result:
    """Two numbers of one vote or game, the higher first: who won is another matter."""

    order: tuple[int, int]
    shown: str

    def contradicts(self, other: object) -> bool:
        """Whether the numbers differ."""
        return isinstance(other, Result) and self.order != other.order


def results_claimed(around: Around) -> Iterator[Claimed]:
    """The vote or the score that a sentence tells; several in one sentence are sets, rounds or a change."""
    found = list(_PAIR.finditer(" ".join(around.text.split())))
    if len(found) != 1:
        return
    match = found[0]
    numbers = sorted((int(match[1]), int(match[2])), reverse=True)
    value = Result((numbers[0], numbers[1]), match[0])
    places = [position for position, token in enumerate(around.tokens) if token.text in (match[1], match[2])]
    first, end = (places[0], places[-1] + 1) if places else (0, 0)
    if _VOTES.search(around.text):
        chambers = sorted({chamber.lower() for chamber in _CHAMBERS.findall(around.text)})
        yield around.claim(About(("vote", *chambers), "result of the vote", first, end), value)
    elif _GAMES.search(around.text):
        yield around.claim(About(("score",), "score", first, end), value)
