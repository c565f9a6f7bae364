"""Strings fit to be shown: cleaned, cut, counted, dated. Nothing here knows HTML, and nothing asks the locale."""

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

# No-break spaces are kept: French quotation marks and numbers rely on them.
_BREAKING_SPACE: Final = re.compile(r"[^\S\u00a0\u2007\u202f]+")
_INVISIBLE: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters, the escape that terminals obey among them
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff"  # zero width
    "\u202a-\u202e\u2066-\u206f"  # bidi embeddings, overrides and isolates
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"  # interlinear marks, noncharacters, hidden tags
    "\ud800-\udfff"  # half characters, which UTF-8 cannot write
    "]"
)
# Persian, Indic scripts and emoji need joiners; beside ASCII, or repeated, they only hide something.
_JOINERS: Final = re.compile(
    "(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f\u200c\u200d])|(?<=[\u200c\u200d])[\u200c\u200d]+"
)

_URL_LIMIT: Final = 2000
_URL_SAFE: Final = "!#$%&()*+,-./:;=?@[]_~"

_FILE_NAME: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_RIGHT_TO_LEFT: Final = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
_LANGUAGES: Final = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish",
    "de": "German", "el": "Greek", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "ga": "Irish", "gl": "Galician", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian",
    "lv": "Latvian", "mk": "Macedonian", "ms": "Malay", "mt": "Maltese", "nb": "Norwegian", "nl": "Dutch",
    "nn": "Norwegian", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili",
    "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese",
    "zh": "Chinese",
}  # fmt: skip


def place(location: str) -> str:
    """A location as readers may see it: of a path the last folder and the name, which tell nothing of the machine."""
    if location.startswith(("http://", "https://")):
        return location
    return "/".join(part for part in location.rsplit("/", 2)[-2:] if part)


def page_name(story: str) -> str:
    """The file name of a story's page, made of its id; of an id that is not plain letters and digits, its hash."""
    safe = _FILE_NAME.fullmatch(story)
    return f"{story if safe else hashlib.sha256(story.encode('utf-8', 'replace')).hexdigest()[:16]}.html"


def clean(text: str) -> str:
    """One line of visible text: white space folded, control, bidi and zero-width characters gone."""
    folded = _BREAKING_SPACE.sub(" ", text)
    visible = _JOINERS.sub("", _INVISIBLE.sub("", folded))
    return re.sub(r" {2,}|[\u00a0\u2007\u202f]{2,}", " ", visible).strip()


def clip(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut at a word boundary and marked with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: max(limit - 1, 0)]
    words = head.rpartition(" ")[0] if text[limit - 1 : limit] != " " else head
    # A word that fills more than half the room is cut inside, or little would be left.
    kept = words if len(words) * 2 >= limit else head
    return kept.rstrip(" ,;:.-\u2013\u2014") + "\u2026"


def safe_url(url: str) -> str:
    """`url` fit for a link, or an empty string when it is not plain http or https.

    An address with a login in it is refused too: it shows one site and opens another.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc or "\\" in parts.netloc:
        return ""
    written = "".join(_url_character(character) for character in _INVISIBLE.sub("", url.strip()))
    return written if len(written) <= _URL_LIMIT else ""


def _url_character(character: str) -> str:
    """The character itself where an address may hold it, else percent-encoded."""
    return character if character.isalnum() else quote(character, safe=_URL_SAFE)


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 copy`, `1,200 copies`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """Words as running text: `a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def weekday(day: date) -> str:
    """Such as `Tuesday 10 March`."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def month_year(day: date) -> str:
    """Such as `March 2026`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def day_month(day: date, seen_from: date) -> str:
    """Such as `8 March`; the year is named when it is not the year of `seen_from`."""
    year = "" if day.year == seen_from.year else f" {day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]}{year}"


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """`moment` on the zone's clock; a date at the very edge of the calendar stays as it is."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def clock(moment: datetime, cutoff: datetime, zone: ZoneInfo) -> str:
    """The local time; with the date unless it lies in the day before the cut-off, where a time names one moment."""
    there = local(moment, zone)
    time = f"{there.hour:02}:{there.minute:02}"
    if timedelta(0) <= cutoff - moment < timedelta(days=1):
        return time
    return f"{time} on {day_month(there.date(), local(cutoff, zone).date())}"


def language_tag(lang: str) -> str:
    """The tag for a `lang` attribute, empty for English, for the unknown and for what is not a tag."""
    tag = lang.strip().replace("_", "-")
    primary = tag.partition("-")[0].lower()
    return "" if primary in {"en", "und"} or not _LANGUAGE_TAG.fullmatch(tag) else tag


def language_name(tag: str) -> str:
    """The English name of a language tag's language, or the tag where there is none here."""
    return _LANGUAGES.get(tag.partition("-")[0].lower(), tag)


def runs_right_to_left(tag: str) -> bool:
    """Whether the language of the tag is written from right to left."""
    return tag.partition("-")[0].lower() in _RIGHT_TO_LEFT
