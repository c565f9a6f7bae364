"""Telling text that speaks to a language model from text that speaks to readers.

The writer cannot be talked into anything, since it can only leave words out. But a sentence such as "Ignore all
previous instructions" could be *quoted*, and readers should not see it: it is either an attack or beside the news.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import takewhile

from pipeline.digest.disguises import SET_APART, readings
from pipeline.digest.orders import (
    FOREIGN,
    FOREIGN_MENTIONS,
    FOREIGN_START,
    HEADINGS,
    MENTIONS,
    OBLIGING,
    OPENINGS,
    ORDERS,
    REPORTED,
    TELLING,
    WITHIN,
)
from pipeline.text.normalise import visible
from pipeline.text.sentences import sentences

# Chat markup: "<|im_end|>", "[INST]", "<<SYS>>", "</s>", "<start_of_turn>", "### Instruction:"; and what else is for
# programs and not for people: tags, comments, code, JSON, links in Markdown, escapes, long strings of random letters.
MARKUP = re.compile(
    r"<[|｜].{0,60}?[|｜]>|\[/?(?i:INST|SYS|SYSTEM|USER|ASSISTANT)\]|\[/?[A-Z]+_[A-Z_]+\]|\[\[/?[A-Z ]+\]\]"
    r"|^\s*/[a-z]+ |\w=[\w-]+;|(?i:<</?SYS>>)|</?s>|<\w+_\w+>"
    r"|(?i:<(?:system|user|assistant|human|inst|instructions?|prompt|bos|eos|think|tool)\b[^<>]{0,80}>)"
    r"|</[a-z][\w:-]*>|<[a-z]\w*\s[\w-]+=[^<>]*>|#{2,}\s*(?:\w+ ?){1,4}:|<!--|-->|```|\{\{|\}\}|\{%|\$\{"
    r"|[{,]\s*[\"“][\w$]+[\"”]\s*:|\]\(\s*\w+:|\w=\{\w+\}"
    r"|(?:\\u[0-9a-fA-F]{4}){3}|(?:\\x[0-9a-fA-F]{2}){4}|(?:%[0-9a-fA-F]{2}){6}|(?:&#x?[0-9a-fA-F]+;){3}|(?:[01]{8}\s?){4}"
    r"|(?<![\w/.@=&?#+-])(?=[A-Za-z+/]*\d)(?=[\da-z+/]*[A-Z])(?=[\dA-Z+/]*[a-z])[A-Za-z\d+/]{32,}|\b[\da-f]{40,}\b"
)

# What no markup is without, and is fast to find.
_ODD = re.compile(r"[<>\[\]{}=#`\\%&]|^\s*/|\S{32}|[01]{8}")
_FIRST = re.compile(r"\W*")
_QUOTED = re.compile(r"[“\"„«][^“”\"„«»]*[”\"“»]")
_TURN = re.compile(
    r"\W*(?:(?:system|assistant|human|user|developer|model)\b[\w ]{0,40}[:>\]]"
    r"|begin\b|start\b|instructions?\b[^:]{0,40}:)"
)
# What opens a stretch of text for machines, and what closes it.
_BRACKET = re.compile(
    r"(?P<close><\|(?!end_header)[\w▁ ]*(?:end|eot|eos)[\w▁ ]*\|>|\[/|</|<end_of|-->|^\W*end\b)"
    r"|<\||\[[A-Z]|<\w|<<|<!--|```"
)
_ENDS_ARTICLE = re.compile(
    r"\W*(?:end|close|stop|finish|begin|start|new|next|real|true|actual)\b.{0,20}"
    r"\b(?:article|document|input|context|data|text|page|story)\b"
)
_ANNOUNCES = re.compile(r":\W*$|\b(?:follow(?:s|ing)|below|instead\W*$)\b")
_POINTS_BACK = re.compile(
    r"\b(?:sentence|statement|paragraph|line|claim|fact)s? (?:above|before)\b"
    r"|\b(?:previous|preceding|last) (?:sentence|statement|paragraph|line)s?\b"
)
# How an order goes on behind its full stop.
_GOES_ON = re.compile(
    r"\W*(?:instead|then|also|and|otherwise|failure|thank|thanks|never|always|do not|don't"
    r"|this (?:is|command|instruction|order|request|change)|it is (?:vital|important))\b"
)
LONGEST = 2000
"""Characters a sentence may have."""
REPORTING_WORDS = 6
"""A quotation that comes with so many other words is reported by them."""
SHORT = 8
"""An order of so few words has its object in the sentences after it."""
FEW = 4
"""A chat turn or prompt of so few words is a heading of what stands below it."""
FARTHEST_CLOSE = 12
"""So many sentences after chat markup what closes it is looked for."""


@lru_cache(maxsize=50_000)
def speaks_to_a_model(sentence: str) -> bool:
    """Whether a sentence is meant for a language model: an order, a chat turn, or markup for programs.

    What a sentence quotes counts only when it is most of the sentence: otherwise the sentence reports it. What is too
    long for a sentence is not looked at.
    """
    if len(sentence) > LONGEST:
        return False
    shown = sentence if sentence.isascii() else unicodedata.normalize("NFKC", visible(sentence))
    if _ODD.search(shown) and MARKUP.search(shown):
        return True
    return any(_is_order(reading) for reading in readings(_told(sentence)))


def for_readers(text: str, lang: str) -> str:
    """A text without the sentences meant for a language model or that belong to such; without any it is the same.

    Nor what is too long for a sentence: a table or list, or text whose full stops were lost.

    After a chat turn that is what runs to its end or the paragraph's, after a false end of the article all the rest.
    """
    told = [(row, sentence) for row, line in enumerate(text.splitlines()) for sentence in sentences(line, lang)]
    endless = {place for place, (_, sentence) in enumerate(told) if len(sentence) > LONGEST}
    flagged = [
        place for place, (_, sentence) in enumerate(told) if place not in endless and speaks_to_a_model(sentence)
    ]
    if not flagged and not endless:
        return text
    dropped = set(endless)
    for place in flagged:
        if place not in dropped:
            dropped.update((place, *_belonging(told, place)))
    kept: dict[int, list[str]] = {}
    for place, (row, sentence) in enumerate(told):
        if place not in dropped:
            kept.setdefault(row, []).append(sentence)
    return "\n".join(" ".join(line) for line in kept.values())


def _told(sentence: str) -> str:
    """The sentence without its quotations, unless they are most of it."""
    own = _QUOTED.sub(" ", sentence)
    words = len(own.split())
    return own if words >= REPORTING_WORDS or words * 2 >= len(sentence.split()) else sentence


def _is_order(reading: str) -> bool:
    """Whether a reading of a sentence orders a model to do something."""
    start, first = OPENINGS.match(reading), _FIRST.match(reading)
    opened, begun = start.end() if start else 0, first.end() if first else 0
    if any(HEADINGS.match(reading, place) for place in {begun, opened}) or ORDERS.match(reading, opened or begun):
        return True
    if any(mention in reading for mention in MENTIONS) and WITHIN.search(reading):
        return True
    foreign = not reading.isascii() or any(mention in reading for mention in FOREIGN_MENTIONS)
    if FOREIGN_START.match(reading) or (foreign and FOREIGN.search(reading)) or SET_APART.search(reading):
        return True
    obliging = TELLING.match(reading, opened or begun) or OBLIGING.search(reading)
    return bool(obliging) and not REPORTED.search(reading)


def _belonging(told: Sequence[tuple[int, str]], place: int) -> Iterable[int]:
    """The places of sentences that go with the one meant for a model at a place."""
    row, sentence = told[place]
    plain = next(readings(sentence))
    after = range(place + 1, len(told))
    next_row = told[place + 1][0] if after else row
    # The rest of the paragraph, or all of the next; lazily, since an article may be nothing but orders.
    block, is_same = takewhile(lambda other: told[other][0] == next_row, after), next_row == row
    if _ENDS_ARTICLE.match(plain):
        return after
    if _POINTS_BACK.search(plain):
        return range(max(place - 1, 0), place)
    if _is_open(sentence) or _TURN.match(plain):
        closing = next((other for other in after[:FARTHEST_CLOSE] if _closes(told[other][1])), None)
        if closing is not None:
            return range(place + 1, closing + 1)
        return block if is_same or len(plain.split()) <= FEW else ()
    if _ANNOUNCES.search(plain) or len(plain.split()) <= SHORT:
        return block if is_same or plain.endswith(":") else ()
    return takewhile(lambda other: is_same and _GOES_ON.match(told[other][1].casefold()), block)


def _is_open(sentence: str) -> bool:
    """Whether markup opens in a sentence that does not close in it; a mark at its end asks the model to go on."""
    marks = list(_BRACKET.finditer(sentence))
    asks_to_go_on = len(sentence.split()) > FEW and sentence.endswith((">", "]", "`"))
    return bool(marks) and not marks[-1]["close"] and not asks_to_go_on


def _closes(sentence: str) -> bool:
    """Whether markup that was opened before closes in a sentence."""
    first = _BRACKET.search(sentence.casefold())
    return first is not None and (bool(first["close"]) or first[0] == "```")
