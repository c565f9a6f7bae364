"""How common terms usually are: the document frequencies that tonight's are added to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Background:
    """In how many of so many texts each term stood; both may be fractions, as older texts count for less."""

    texts: float = 0.0
    counts: Mapping[str, float] = field(default_factory=dict)

    def scaled(self, factor: float) -> "Background":
        """The same shares of fewer or more texts."""
        return Background(self.texts * factor, {term: count * factor for term, count in self.counts.items()})

    def with_texts(self, texts: Iterable[Iterable[str]]) -> "Background":
        """This and further texts, each given as its terms."""
        found: Counter[str] = Counter()
        number = 0
        for terms in texts:
            found.update(set(terms))
            number += 1
        return self.joined(Background(number, found))

    def joined(self, other: "Background") -> "Background":
        """The texts of both."""
        counts = dict(self.counts)
        for term, count in other.counts.items():
            counts[term] = counts.get(term, 0.0) + count
        return Background(self.texts + other.texts, counts)


NOTHING = Background()
"""No texts at all: terms are as rare as tonight makes them."""
