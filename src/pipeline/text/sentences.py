"""Sentences of news text."""

import re

from sentencex import segment

# sentencex breaks after these when two stand together or a capital follows.
_TITLE_END = re.compile(
    r"(?:^|[\s(])(?:Adm|Brig|Capt|Cmdr|Col|Dr|Gen|Gov|Hon|Lieut|Lt|Maj|Messrs|Mr|Mrs|Ms|Pres|Prof|Rep|Rev|Sen|Sgt|St"
    r"|No|vs)\.$"
)
_ZONE_OR_LOWER = re.compile(r"(?:[a-z]|(?:ET|EST|EDT|PT|PST|GMT|UTC|CET|local)\b)")
_CLOCK_END = re.compile(r"[ap]\.m\.$")


def sentences(text: str, lang: str = "en") -> list[str]:
    """Split text into sentences, never across a line: paragraphs in, sentences out, in order, stripped.

    Uses the Wikimedia segmenter and rejoins what it breaks at titles ("Lt. Gen. Kovel") and clock times.
    """
    return [sentence for paragraph in text.splitlines() if paragraph.strip() for sentence in _split(paragraph, lang)]


def _split(paragraph: str, lang: str) -> list[str]:
    """Sentences of one paragraph."""
    joined: list[str] = []
    for piece in segment(lang or "en", paragraph):
        part = piece.strip()
        if not part:
            continue
        if joined and _continues(joined[-1], part):
            joined[-1] = f"{joined[-1]} {part}"
        else:
            joined.append(part)
    return joined


def _continues(before: str, after: str) -> bool:
    """Whether the break between two pieces was none: after a title, inside a clock time, before a small letter."""
    if _CLOCK_END.search(before):
        return bool(_ZONE_OR_LOWER.match(after))
    return bool(_TITLE_END.search(before)) or after[0].islower()
