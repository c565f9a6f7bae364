"""Making text of any origin regular: encoding damage, invisible characters, emoji, white space, forms of a letter."""

import re
import unicodedata

# Zero-width, bidirectional and tag characters, fillers and variation selectors: they hide text from people but not from
# programs. A joiner stays after a letter of the scripts that are spelled with it (Arabic, those of India and beyond).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffc\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<![\u0600-\u08ff\u0900-\u109f\u1780-\u18af\U0001f000-\U0001faff\u2600-\u27bf\ufe0f])[\u200c\u200d]"
)
# Pictographs, dingbats, flags, and the joiners and selectors that compose them.
_EMOJI = re.compile(
    "[\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\ufe0e\ufe0f\u20e3\U0001f000-\U0001faff]|\u200d(?=[\u2600-\u27bf\U0001f000-\U0001faff])"
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SPACES = re.compile(r"\s+")
# Not before the marks that French sets apart.
_SPACE_BEFORE_STOP = re.compile(r"(?<=\w) +(?=[.,](?:\s|$))")

# Place, perhaps a date, perhaps an agency, or the agency alone, then a dash:
# "LINDMAR, March 9 (HNA) — ", "Paris (VNA) - ", "LONDON — ", "(HNA) — ".
_DATELINE = re.compile(
    r"(?:(?:[A-Z][^\W\d_]{0,30}[ ,.'’-]{1,3}){1,5}(?:\w{3,9}\.? \d{1,2} ?)?\((?:[A-Z]{2,8}|[A-Z]\w{3,12})\)|"
    r"[A-Z]{3}[A-Z ,.'’-]{0,30}"
    r"(?:(?<=, )(?:[A-Z][a-z]{1,15}[. ]{0,2}){1,3}(?:, )?)?(?:[A-Z]\w{2,8}\.? \d{1,2})?|"
    r"\([A-Z][\w ]{1,20}\)) ?(?:[—–]|-(?= )|--) ?"
)


def without_dateline(text: str) -> str:
    """The text with no paragraph opened by the place, date and agency of a wire report."""
    return "\n".join(_without_own_dateline(line) for line in text.split("\n"))


def _without_own_dateline(line: str) -> str:
    found = _DATELINE.match(line)
    return line[found.end() :] if found else line


def visible(text: str) -> str:
    """The text as people see it: no invisible characters, spaces for control characters; line ends stay."""
    return _INVISIBLE.sub("", _CONTROL.sub(" ", text))


def tidy_line(text: str) -> str:
    """One line of clean text: encoding repaired, no control, invisible or emoji characters, single spaces.

    Takes any string, newlines included; gives a string without newlines. Typographic quotes and dashes stay.
    Repeats until nothing changes: what stood around a removed character may only now be recognised as damage.
    """
    while (tidied := _tidied_once(text)) != text:
        text = tidied
    return text


def _tidied_once(text: str) -> str:
    """One pass of `tidy_line`."""
    import ftfy

    repaired = ftfy.fix_text(text, uncurl_quotes=False, fix_character_width=False, unescape_html=False)
    plain = _EMOJI.sub("", visible(repaired))
    return _SPACE_BEFORE_STOP.sub("", _SPACES.sub(" ", plain)).strip()


def tidy(text: str) -> str:
    """Clean text of many paragraphs: every non-blank line tidied, one paragraph per line, no blank lines."""
    return "\n".join(line for line in map(tidy_line, text.splitlines()) if line)


def decoded(content: bytes) -> str | None:
    """Text of unknown encoding: UTF-8, else what reads best as some language (charset-normalizer); None when none fits.

    Of encodings that read equally well Windows-1252 is taken: it is by far the commonest in old files.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        fitting = from_bytes(content)
        best = max(fitting, key=lambda found: (found.coherence - found.chaos, found.encoding == "cp1252"), default=None)
        return None if best is None else str(best)


def is_utf8(content: bytes) -> bool:
    """Whether bytes are UTF-8: then they are, whatever a server says."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def encodable(text: str) -> str:
    """The text with its lone surrogates (halves of a character that was cut in two) replaced by "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")


def comparable(text: str) -> str:
    """The form in which texts are compared: NFKC, then case folded (Unicode 15, section 3.13)."""
    return unicodedata.normalize("NFKC", text).casefold()
