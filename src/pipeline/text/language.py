"""Which language a text is in."""

FEWEST_CHARACTERS = 40
"""Shorter texts are left undecided: a wrong language is worse than none."""

CODE_LETTERS = 2
ENGLISH = ("en", "")
"""What is read as English, the language of the models: also a text whose language is not known."""


def detect(text: str) -> str:
    """The ISO 639-1 code of a text's language, "" when it is too short to tell (py3langid, Lui and Baldwin 2012).

    Also "" for what is no language: tables of results and lines of code, which py3langid calls "zxx".
    """
    if len(text) < FEWEST_CHARACTERS:
        return ""
    import py3langid

    language, _ = py3langid.classify(text[:5000])
    return str(language) if len(language) == CODE_LETTERS else ""
