r"""A corpus for measuring speed and memory: real news, recombined into as many documents as asked for.

    python benchmarks/corpus.py [--shared DIR] [--count 20000] [--seed 1]

Makes the corpus, or reads it from `data/bench/`, and prints what is in it. Documents have about 470 `\w+` words, cut
from Reuters-21578 and the training half of NeuS. About 70 % are base documents. The rest repeat an earlier base
document: word for word, with some words changed, cut off, or with a block of another document in the middle. A
document belongs to one of 40 publishers; half of the publishers end every text with the same few lines.

The first N documents of a corpus are the corpus of N documents. `extra` tells how a document came about (`kind`) and
which base document it repeats (`of`).
"""

import argparse
import gzip
import itertools
import json
import re
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from harness import DEFAULT_SHARED, ROOT
from pipeline.records import Article

CACHE = ROOT / "data" / "bench"
SOURCES = ("reuters21578/corpus.jsonl.gz", "neus/train.clusters.jsonl.gz")

VARIANT_SHARE = 0.3
KINDS = ("copy", "edited", "cut", "block")
"""The four kinds of variants, equally frequent."""
EDITED = (0.01, 0.1)
KEPT = (0.3, 0.9)
BLOCK = (0.1, 0.4)
REWORDED = 0.2
"""Share of words replaced once the sources have been used up and sentences have to serve again."""

MEDIAN_WORDS, WORDS_SPREAD = 412, 0.45
"""A logarithmic normal distribution of lengths; truncation, boilerplate and whole lines bring the mean to 470."""
FEWEST_WORDS, MOST_WORDS = 100, 1600

SILENT = (
    "Anchor Dispatch, Brightwater Post, Cedar Falls Leader, Dunmore Gazette, Eastgate Chronicle, Fairmount Mail, "
    "Granite Bay Record, Hollowell Argus, Inverlake News, Juniper Observer, Kingsmere Echo, Lowland Telegraph, "
    "Marrow Creek Sun, Northfen Standard, Oakhurst Journal, Pinegrove Press, Quarry Town Star, Ravensport Courier, "
    "Saltmarsh Herald, Thornbury Reporter"
).split(", ")
BOILERPLATE = {
    "Atlas Wire": "Never miss what moves the world: our free morning letter lands in your inbox before six o'clock.\n"
    "Atlas Wire and its licensors own everything on this page; passing it on in print or on air needs our consent.",
    "Bell Harbour Times": "Did you enjoy this piece? Members of the Harbour Club read every story without limits for "
    "the price of one coffee a month, and can leave whenever they please.\nAll content belongs to Bell Harbour Media.",
    "Clearview Daily": "Sign up here to get the five stories our editors argue about most, each weekday at lunch.\n"
    "Spotted a mistake? Tell the corrections desk and we will look into it within one working day.",
    "Delta Business": "Figures are delayed by at least fifteen minutes and are given for information only; nothing in "
    "this article is advice to buy or to sell. Delta Business is a trade name of Delta Publishing Group, registered "
    "office in the old customs house.",
    "Evergreen Report": "This newsroom lives on gifts from readers like you, not on advertising. If you value careful "
    "reporting, please consider a small monthly donation.\nYou may republish our work free of charge under the terms "
    "set out on our website, provided that you name the author and change nothing.",
    "Foxglove Review": "Listen to our weekly podcast wherever you get your audio, and join two hundred thousand "
    "listeners who start their weekend with the Review.\nNo part of this text may be used to train machines.",
    "Grandview Tribune": "More from the Tribune: download our app for alerts about your street, your school and your "
    "team, at no cost and with no account.\nCopyright Grandview Tribune Company. Reprints by arrangement only.",
    "Highland Bulletin": "Have a story that ought to be told? Write to the Bulletin in confidence, by letter or "
    "through our secure drop box. Follow us on every major network for pictures, films and the latest from the hills.",
    "Ironbridge Monitor": "The Monitor is bound by the code of the national press council and answers complaints in "
    "public. Read how we work, who pays for it and what we do when we get something wrong.\nPrinted and published by "
    "Ironbridge Newspapers Limited; every right in this article is reserved worldwide.",
    "Jasper Evening News": "Our subscribers get the evening briefing, unlimited puzzles and the full archive back to "
    "the first edition. Try everything for four weeks and pay only one crown.",
    "Kestrel Online": "We use links that may earn us a commission when you buy something, which never decides what we "
    "write about. Advertise with Kestrel Online: ask our sales team for rates, sizes and dates.\nContent partners "
    "supply some of the articles shown here.",
    "Lakeside Examiner": "Get the weekend edition delivered to your door, with the magazine, the crossword and eight "
    "pages of local sport, for less than half of the shop price.\nLakeside Examiner, a member of the Valley group.",
    "Meridian Post": "This article first appeared in the international edition. To receive our letter on diplomacy, "
    "written every Thursday by correspondents in nine capitals, leave your address in the box below.\n"
    "The views of columnists are their own and do not bind the Post.",
    "Newgate Financial": "Newgate Financial terminals carried this news first. Customers can set alerts for every "
    "company named above and speak to a reporter through the help key.\nDistribution to third parties is forbidden "
    "without a written licence from Newgate Data Services.",
    "Orchard County Voice": "Neighbours keep the Voice going: volunteer as a proofreader, a driver or a photographer "
    "and meet us on the first Monday of each month at the library. Refreshments are on the house.",
    "Pacific Ledger": "Stay ahead of the tide with Ledger Plus, our evening analysis of ports, freight and fuel, sent "
    "to ten thousand shippers in sixty countries.\nPacific Ledger Holdings keeps all rights in text, tables and maps.",
    "Quillfeather": "You have read one of your three free articles this month. Take out a yearly subscription now and "
    "we will plant a tree in your name beside the canal.",
    "Riverside Sentinel": "Comments are open until midnight and are checked by people before they appear; be kind, be "
    "brief and stay with the subject. Letters for print should carry a full name and a daytime telephone number.\n"
    "The Sentinel Trust, founded by its readers, owns this newspaper.",
    "Silverton Press Agency": "Silverton Press Agency supplies news to local papers by subscription. Editors: this "
    "copy may be shortened but not rewritten, and must carry the agency's name. For pictures call the night desk.",
    "Union Square Weekly": "Join the conversation at our next public debate, free for holders of the reader card, with "
    "drinks afterwards in the courtyard.\nDesigned, edited and printed in the city since the days of the tramway.",
}
PUBLISHERS = [name for pair in zip(SILENT, BOILERPLATE, strict=True) for name in pair]
"""Largest first: the k-th publishes 1/k as much as the first (Zipf)."""

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'“‘])")


def make_corpus(shared: Path, count: int, seed: int = 1) -> list[Article]:
    """The first `count` documents of the corpus with this seed; from the cache where this very program filled it."""
    version = zlib.crc32(Path(__file__).read_bytes())
    cached = CACHE / f"corpus-{count}-{seed}-{version:08x}.jsonl.gz"
    if not cached.is_file():
        _save(itertools.islice(_documents(shared / "data", seed), count), cached)
    # Read back even when just made, so that what is in memory afterwards is the same both times.
    return list(_load(cached))


def _save(articles: Iterable[Article], path: Path) -> None:
    """Write a corpus, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with gzip.open(unfinished, "wt", encoding="utf-8", compresslevel=1) as stream:
        for article in articles:
            row = {"id": article.id, "text": article.text, "source": article.source, "extra": article.extra}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    unfinished.replace(path)


def _load(path: Path) -> Iterator[Article]:
    """The articles of a saved corpus."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            yield Article(row["id"], "", row["text"], source=sys.intern(row["source"]), extra=row["extra"])


def _documents(data: Path, seed: int) -> Iterator[Article]:
    """The corpus, document by document, without end."""
    chance = np.random.default_rng(seed)
    sources = _read_sources(data)
    fresh = _bodies(sources, chance)
    editor = _Editor(sources, chance)
    bases: list[tuple[str, str]] = []
    for number in itertools.count():
        name = f"bench/{number:06}"
        if bases and chance.random() < VARIANT_SHARE:
            kind = KINDS[chance.integers(len(KINDS))]
            of, original = bases[chance.integers(len(bases))]
            body = editor.variant(kind, original, bases[chance.integers(len(bases))][1])
        else:
            kind, of, body = "base", "", next(fresh)
            bases.append((name, body))
        publisher = _publisher(chance)
        text = f"{body}\n{BOILERPLATE[publisher]}" if publisher in BOILERPLATE else body
        yield Article(name, "", text, source=publisher, extra={"kind": kind, "of": of})


def _read_sources(data: Path) -> list[list[str]]:
    """The source articles as lists of lines, the title first; a line that occurred before is left out."""
    seen: set[str] = set()
    articles = []
    for source in SOURCES:
        with gzip.open(data / source, "rt", encoding="utf-8") as stream:
            for row in map(json.loads, stream):
                lines = [line.strip() for line in f"{row['title']}\n{row['text']}".split("\n")]
                lines = [line for line in dict.fromkeys(lines) if line and line.lower() not in seen]
                seen.update(line.lower() for line in lines)
                articles.append(lines)
    return articles


def _bodies(sources: Sequence[list[str]], chance: np.random.Generator) -> Iterator[str]:
    """Base texts without end: first the sources as they are, then their sentences in ever new orders and words."""
    shuffled = chance.permutation(len(sources))
    yield from _texts((line for place in shuffled for line in sources[place]), chance)
    sentences = [sentence for lines in sources for line in lines for sentence in _SENTENCE_END.split(line)]
    editor = _Editor(sources, chance)
    while True:
        shuffled = chance.permutation(len(sentences))
        for text in _texts((sentences[place] for place in shuffled), chance):
            yield editor.reworded(text, REWORDED)


def _texts(lines: Iterable[str], chance: np.random.Generator) -> Iterator[str]:
    """Successive lines, joined up to lengths as news texts have them; what is left at the end is dropped."""
    text: list[str] = []
    words, enough = 0, _length(chance)
    for line in lines:
        text.append(line)
        words += len(_WORD.findall(line))
        if words >= enough:
            yield "\n".join(text)
            text, words, enough = [], 0, _length(chance)


def _length(chance: np.random.Generator) -> int:
    """A number of words for a text."""
    return int(np.clip(MEDIAN_WORDS * np.exp(WORDS_SPREAD * chance.standard_normal()), FEWEST_WORDS, MOST_WORDS))


_ZIPF = np.array(list(itertools.accumulate(1 / rank for rank in range(1, len(PUBLISHERS) + 1))))


def _publisher(chance: np.random.Generator) -> str:
    """A publisher, the large ones more often."""
    return PUBLISHERS[int(np.searchsorted(_ZIPF, chance.random() * _ZIPF[-1], side="right"))]


class _Editor:
    """Changes texts at random, with words as frequent as they are in the sources."""

    def __init__(self, sources: Iterable[Iterable[str]], chance: np.random.Generator) -> None:
        # Every tenth word is enough to draw from: 300,000.
        self._vocabulary = [word for lines in sources for line in lines for word in line.split()][::10]
        self._chance = chance

    def variant(self, kind: str, text: str, other: str) -> str:
        """The text as another publisher might bring it; a block comes from the other text."""
        match kind:
            case "edited":
                return self.reworded(text, self._chance.uniform(*EDITED))
            case "cut":
                units = _units(text)
                return _joined(units[: round(len(units) * self._chance.uniform(*KEPT))])
            case "block":
                return self._with_block(_units(text), _units(other))
        return text

    def reworded(self, text: str, share: float) -> str:
        """The text with a share of its words replaced."""
        units = _units(text)
        places = np.flatnonzero(self._chance.random(len(units)) < share)
        words = self._chance.integers(len(self._vocabulary), size=len(places))
        for place, word in zip(places.tolist(), words.tolist(), strict=True):
            if units[place] != "\n":
                units[place] = self._vocabulary[word]
        return _joined(units)

    def _with_block(self, units: list[str], other: list[str]) -> str:
        """The text with one block replaced by a block of equal size, if the other text is long enough."""
        size = min(round(len(units) * self._chance.uniform(*BLOCK)), len(other))
        start = int(self._chance.integers(len(units) - size + 1))
        taken = int(self._chance.integers(len(other) - size + 1))
        return _joined([*units[:start], *other[taken : taken + size], *units[start + size :]])


def _units(text: str) -> list[str]:
    """Words and line ends."""
    return text.replace("\n", " \n ").split(" ")


def _joined(units: Sequence[str]) -> str:
    """The text of words and line ends."""
    return " ".join(units).replace(" \n ", "\n").strip()


def main() -> None:
    """Make a corpus and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not (options.shared / "data").is_dir():
        print(f"skipped: no labelled data at {options.shared}")
        return
    start = time.perf_counter()
    articles = make_corpus(options.shared, options.count, options.seed)
    print(f"{len(articles)} documents in {time.perf_counter() - start:.1f} s")
    lengths = np.array([len(_WORD.findall(article.text)) for article in articles])
    tenths = np.percentile(lengths, [0, 10, 50, 90, 100]).astype(int)
    print(f"words: mean {lengths.mean():.0f}; least, 10 %, median, 90 %, most: {' '.join(map(str, tenths))}")
    for title, values in (
        ("kind", [str(article.extra["kind"]) for article in articles]),
        ("publisher", [article.source for article in articles]),
    ):
        shares = Counter(values).most_common(5)
        print(f"{title}: " + ", ".join(f"{value} {number / len(articles):.1%}" for value, number in shares))
    print(f"with boilerplate: {np.mean([article.source in BOILERPLATE for article in articles]):.1%}")
    print(f"repeated byte for byte: {1 - len({article.text for article in articles}) / len(articles):.1%}")


if __name__ == "__main__":
    main()
