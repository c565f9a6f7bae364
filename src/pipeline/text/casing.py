"""Undoing what some summarisers do to their text: spaces around marks, and names in lower case."""

import re
from collections import Counter, defaultdict

# A space before a mark that ends a part, a clitic on its own, or the quotation marks of the Penn Treebank.
_TOKENISED = re.compile(r" [.,](?: |$)|``| ['’]s\b| n['’]t\b")
_REPLACED = (
    (re.compile(r"``|''"), '"'),
    (re.compile(r"-lrb- ?", re.IGNORECASE), "("),
    (re.compile(r" ?-rrb-", re.IGNORECASE), ")"),
    (re.compile(r"\s+([.,;:!?%)\]])"), r"\1"),
    (re.compile(r"([(\[$£€])\s+"), r"\1"),
    (re.compile(r"\s+(['’](?:s|re|ve|ll|d|m)|n['’]t)\b"), r"\1"),
    (re.compile(r"(\w) - (\w)"), r"\1-\2"),
)
_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
# Not after the dot of a letter that stands for a word ("u.s. officials").
_SENTENCE_START = re.compile(r"((?:^|(?<!\b\w)[.!?]\s)\s*[\"“']?)([a-z])")
_INNER_CAPITAL = re.compile(r"(?<![.!?:\"“'‘]) +[\"“'‘(]?[A-Z][a-z]")
_OPENS = frozenset(".!?:\"“'‘")


def untokenised(text: str) -> str:
    """The text without the spaces that tokenising put around marks and clitics; other text as it is."""
    if not _TOKENISED.search(text):
        return text
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    return text.strip()


def recased(text: str, source: str) -> str:
    """A text in lower case with the capitals that the source gives its words; one with capitals as it is.

    A word gets its capital when the source, within its sentences, writes it with one and never without; and so does the
    beginning of a sentence.
    """
    if _INNER_CAPITAL.search(text):
        return text
    spellings = _spellings(source)

    def spelled(match: re.Match[str]) -> str:
        word = match[0]
        known = spellings.get(word)
        if not known or not word.islower() or word in known:
            return word
        return max(sorted(known), key=known.__getitem__)

    return _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), _WORD.sub(spelled, text))


def _spellings(source: str) -> dict[str, Counter[str]]:
    """How often the source spells each word how; a capital that only begins a sentence is no spelling."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for match in _WORD.finditer(source):
        word, before = match[0], source[max(0, match.start() - 3) : match.start()].strip()
        begins = not before or before[-1] in _OPENS
        if not begins or not word.istitle():
            found[word.casefold()][word] += 1
    return found
