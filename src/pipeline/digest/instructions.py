"""Telling text that speaks to a language model from text that speaks to readers.

The writer cannot be talked into anything, since it can only leave words out. But a sentence such as "Ignore all
previous instructions" could be *quoted*, and readers should not see it: it is either an attack or beside the news.
"""

import re

# Chat markup: "<|im_end|>", "[INST]", "<<SYS>>", "</s>", "<start_of_turn>", "### Instruction:".
MARKUP = re.compile(r"<\|.*?\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|#{2,}\s*\w+:", re.IGNORECASE)

_SPEAKS = re.compile(
    r"|".join(
        (
            # The turns of a chat, and notes addressed to whoever summarises.
            r"^\W*(?:system|assistant|human|user|developer|model)(?: (?:note|message|prompt))?(?: to [\w ]{1,30})?:",
            r"^\W*(?:new |additional |further )?instructions?(?: (?:for|to) [^.:]{0,40})?:",
            r"\b(?:note|message|instructions?) (?:to|for) (?:the |all )?(?:AI|language model|LLM|summari[sz]er)s?\b",
            r"\bsystem (?:prompt|override|note|message)\b|\bdeveloper message\b",
            # Orders to a reader who obeys: as the first words of a sentence.
            r"^\W*(?:please )?(?:ignore|disregard|forget|override|pretend|repeat after|stop following|from now on)\b",
            r"^\W*(?:please )?(?:do not |don't )?(?:summari[sz]e|print|output|respond|reply|translate|rewrite)\b",
            r"\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|prior|all) (?:\w+ )?(?:instruction|prompt)",
            r"^\W*you are (?:now |an? )|\bas an? (?:AI|language model)\b",
            # Machines as the ones who are told what they must say.
            r"\b(?:AI|language) (?:summari[sz]ers?|models?) (?:must|should|shall|are to|need to)\b",
            r"\bthe (?:summari[sz]er|assistant)\b(?! \w+(?:er|or|ch)\b).{0,20}\b(?:must|shall|answers?|reports?|is)\b",
        )
    ),
    re.IGNORECASE,
)


def speaks_to_a_model(sentence: str) -> bool:
    """Whether a sentence is meant for a language model: an order, a chat turn or chat markup."""
    return bool(MARKUP.search(sentence) or _SPEAKS.search(sentence))
