"""Whether a sentence can be told without those around it."""

import re

from pipeline.digest.instructions import speaks_to_a_model
from pipeline.text.dates import WEEKDAY

SHORTEST, LONGEST = 8, 60
"""Words a sentence of a digest may have."""

_ENDS = re.compile(r"[.!…。！？؟।۔][\"”’')]*$")
_CUT_OFF = re.compile(r"(?:\.\.|…)[\"”’')\]]*$")
_CAPTION = re.compile(
    r"^In this\b.{0,60}\b(?:photo|photograph|image|picture|frame)\b|\b(?:[Ff]ile photo|FILE|AP Photo|Getty Images?)\b"
    r"|, (?:(?:second|third) from )?(?:left|right|centre|center)(?:,| and\b)"
)
# A site's own words between those of the report, and what is left of a line that was cut.
_FURNITURE = re.compile(r"^(?:[-–—|•*·…,;:)”]|CLOSE [A-Z])| \| |\b[Cc]lick here\b|\b[Ii]mage (?:caption|copyright)\b")
_OPENING_QUOTE = "“\"'‘"
# Starts that lean on a sentence before them, which the digest may not hold. What only looks like one may begin a
# sentence: "There were no injuries", "This week", "Earlier on Tuesday", "One of the drivers".
_LEANING = re.compile(
    r"(?:and|but|or|so|yet|well(?=,)|then|he|she|it|they|his|her|its|their|that|these|those|here"
    r"|this(?! (?:week|weekend|month|year|morning|summer|spring|autumn|fall|winter)\b)"
    r"|there(?! (?:is|are|was|were|has|have|had|will)\b)|earlier(?! (?:this|in|on)\b)"
    r"|one(?! of (?!these|those|them|his|her|its|their|our|my))"
    r"|such|both|also|however|meanwhile|moreover|furthermore|instead|still|besides|in addition|additionally|likewise"
    r"|thus|hence|therefore|nevertheless|nonetheless|except|as a result|in (?:fact|response|contrast|turn|other words)"
    r"|by contrast|for (?:example|instance)|(?:since|until|by) then|after that|on (?:that basis|the other hand)"
    r"|for (?:his|her|its) part|the (?:latter|former|two|pair|same)|another|others|later|now|today"
    r"|afterwards|among them|at the time|\w+ of (?:her|his|their|them)"
    r"|(?:what|when|where|while|as|after|before|if|since|because) (?:he|she|it|they))\b",
    re.IGNORECASE,
)
# "US" is a country, "us" is not.
_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Mm]y|[Oo]urs?|[Uu]s|[Mm]e|[Yy]ours?|[Yy]ou)\b")
_QUOTED = re.compile(r"[“\"][^“”\"]*[”\"]")
_SPEAKING = (
    r"(?:said|says|told|tells|wrote|writes|added|tweeted|posted|testified|explained|argued|warned|insisted|noted|asked"
    r"|called|stated|promised|vowed|replied|recalled|declared)"
)
_SPOKE = re.compile(rf"\b{_SPEAKING}\b")
_UNNAMED_SPEAKER = re.compile(rf"\b(?:he|she|they|it|who|which) (?:\w+ )?{_SPEAKING}\b", re.IGNORECASE)
_NAME = re.compile(rf"\b(?!(?:{WEEKDAY.pattern}|The|In|At|On|A|An|But|And|It|He|She|They)\b)[A-Z][\w’'-]+")


def is_quotable(sentence: str) -> bool:
    """Whether a sentence can stand by itself: finished, of a length one reads, leaning on nothing said before it nor on
    a picture, the reporter's words or those of a speaker it names, and addressed to readers.
    """
    unquoted = sentence.lstrip(_OPENING_QUOTE)
    return (
        SHORTEST <= len(sentence.split()) <= LONGEST
        and is_finished(sentence)
        and not _CUT_OFF.search(sentence)
        and not _CAPTION.search(sentence)
        and not _FURNITURE.search(sentence)
        and sentence.count("“") == sentence.count("”")
        and sentence.count('"') % 2 == 0
        and not _LEANING.match(unquoted)
        and not _FIRST_PERSON.search(_own_words(sentence))
        and (not (is_spoken(sentence) or _FIRST_PERSON.match(unquoted)) or _names_its_speaker(sentence))
        and not speaks_to_a_model(sentence)
    )


def is_finished(sentence: str) -> bool:
    """Whether a sentence ends as sentences do, perhaps within a quotation."""
    return bool(_ENDS.search(sentence))


def is_spoken(sentence: str) -> bool:
    """Whether most of a sentence is quoted."""
    return 2 * len(_own_words(sentence).split()) < len(sentence.split())


def _own_words(sentence: str) -> str:
    """What stands outside of quotation marks: the reporter's words."""
    return _QUOTED.sub("", sentence)


def _names_its_speaker(sentence: str) -> bool:
    """Whether the words around a quotation tell by name whose it is, so that "we" and "I" in it are understood."""
    own_words = _own_words(sentence)
    return bool(_SPOKE.search(own_words) and _NAME.search(own_words) and not _UNNAMED_SPEAKER.search(own_words))
