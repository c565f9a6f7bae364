"""Who holds a role, and how old a person is."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.digest.claims import About, Around, Claimed, without_possessive
from pipeline.digest.quantities import Quantity, Token, number_at
from pipeline.text.words import STOP_WORDS

OLDEST = 120
_LONGEST_NAME = 4
# Roles of which a story has one.
_WON = frozenset({"winner"})
# Roles that one person holds at a time.
_ROLES = frozenset(
    """mayor governor president premier chancellor coach captain ceo chairman chairwoman chairperson commissioner
    sheriff ambassador principal headteacher headmaster rector archbishop bishop manager suspect gunman attacker winner
    owner""".split()
)
_LONG_ROLES = {
    ("police", "chief"): "police chief",
    ("fire", "chief"): "fire chief",
    ("chief", "executive"): "chief executive",
    ("prime", "minister"): "prime minister",
    ("foreign", "minister"): "foreign minister",
    ("finance", "minister"): "finance minister",
    ("interior", "minister"): "interior minister",
    ("health", "minister"): "health minister",
    ("defence", "minister"): "defence minister",
    ("defense", "minister"): "defence minister",
    ("attorney", "general"): "attorney general",
    ("head", "coach"): "coach",
}
_NOT_THE_HOLDER = frozenset(
    "former ex deputy acting then late new next incoming outgoing vice assistant interim candidate onetime".split()
)
_PARTICLES = frozenset("de da del van von bin al ben der den la le".split())
_NOT_NAMES = _ROLES | {word for words in _LONG_ROLES for word in words} | _NOT_THE_HOLDER
_NOT_NAMES |= set("mr mrs ms dr sir jr sr lord lady judge police officer sgt capt lt col gen sen rep party".split())
_NOT_NAMES |= set("january february march april june july august september october november december".split())
_VOWELS = re.compile(r"[aeiouyáàâäãåéèêëíìîïóòôöõøúùûüý]+")
_TWICE = re.compile(r"(.)\1+")
LONG_SKELETON = 4
"""Consonants from which two names that differ in vowels are spellings of one: Mohammed, Muhammad, not Berg, Borg."""


@dataclass(frozen=True, slots=True)
class Name:
    """A full name. `one` tells whether the role has one holder, as the mayor of a named town: any other contradicts."""

    parts: tuple[str, ...]
    shown: str
    one: bool

    @property
    def order(self) -> tuple[str, ...]:
        """What makes two names one claim."""
        return self.parts

    def contradicts(self, other: object) -> bool:
        """Whether these are two people: no spellings, initials or parts of one name."""
        if not isinstance(other, Name):
            return False
        if set(self.parts[-1].split("-")) & set(other.parts[-1].split("-")):
            return False
        if {self.parts[-1]} & set(other.parts) or {other.parts[-1]} & set(self.parts):
            return False
        if _one_spelling(self.parts[-1], other.parts[-1]):
            return False
        if self.parts[0] == other.parts[0]:
            return self.one or _close(self.parts[-1], other.parts[-1])
        return self.one and other.one and not _one_spelling(self.parts[0], other.parts[0])


def people_claimed(around: Around) -> Iterator[Claimed]:
    """The ages and the holders of roles that a sentence tells."""
    position = 0
    while position < len(around.tokens):
        end = _name_end(around.tokens, position)
        if end - position >= 2:
            parts = tuple(without_possessive(token.low) for token in around.tokens[position:end])
            shown = without_possessive(around.text[around.tokens[position].start : around.tokens[end - 1].end])
            yield from _age(around, position, end, parts, shown)
            yield from _role(around, position, end, parts, shown)
        position = max(end, position + 1)


def _name_end(found: tuple[Token, ...], position: int) -> int:
    """The token after the name that starts here; the same token when none does."""
    end = position
    while end < min(len(found), position + _LONGEST_NAME) and _in_a_name(found[end], end > position):
        end += 1
        if end < len(found) and found[end - 1].text.endswith(("’s", "'s")):
            break
        if end + 1 < len(found) and len(found[end - 1].text) == 1 and found[end].text == ".":
            # The point of an initial.
            return position
    if end < len(found) and _in_a_name(found[end], inside=False):
        # A longer run of capitals is a headline or the name of something else.
        return position
    while end > position and found[end - 1].low in _PARTICLES:
        end -= 1
    return end


def _in_a_name(token: Token, inside: bool) -> bool:
    """Whether a token may be part of a person's name."""
    if not token.text[0].isupper():
        return inside and token.text in _PARTICLES
    word = without_possessive(token.low)
    acronym = len(token.text) > 1 and token.text.isupper()
    return not acronym and word not in STOP_WORDS and word not in _NOT_NAMES


def _age(around: Around, first: int, end: int, parts: tuple[str, ...], shown: str) -> Iterator[Claimed]:
    """Yields the age in "Maria Keller, 34," or "34-year-old Maria Keller"."""
    found = around.tokens
    if end + 2 < len(found) and found[end].text == "," and found[end + 2].text in {",", ".", ";", ")"}:
        place = end + 1
    elif first >= 3 and found[first - 1].low == "year-old" and found[first - 2].text == "-":
        place = first - 3
    else:
        return
    number = _plain_age(found, place)
    if number is not None:
        key = ("age", parts[0], parts[-1])
        yield around.claim(About(key, f"age of {shown}", first, end), number, 0)


def _plain_age(found: tuple[Token, ...], place: int) -> Quantity | None:
    """The age in years at a token in digits."""
    text = found[place].text
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 0 < int(text) <= OLDEST):
        return None
    number = number_at((found[place],), 0)
    return None if number is None else Quantity(number[0], number[0], "years", text, place, place + 1)


def _role(around: Around, first: int, end: int, parts: tuple[str, ...], shown: str) -> Iterator[Claimed]:
    """Yields a role's holder: "Brannoch police chief Anna Berg", "Anna Berg, mayor of Lindmar,"."""
    found = around.tokens
    told = _role_before(found, first) or _role_after(found, end)
    if told is not None:
        role, place = told
        wording = f"name of the {role}{' of ' if place else ''}{place}"
        name = Name(parts, shown, bool(place) or role in _WON)
        yield around.claim(About(("role", role, place.lower()), wording, first, end), name, 0)


def _role_before(found: tuple[Token, ...], first: int) -> tuple[str, str] | None:
    """The role that stands before a name, and whose it is: "the mayor of Lindmar, …", "the mayor, …", "Mayor …"."""
    last = first - 1
    apposition = last >= 0 and found[last].text == ","
    if apposition:
        last -= 1
    place = _capitals_before(found, last)
    start = last - len(place)
    if apposition and place and start > 0 and found[start].low == "of":
        role = _role_ending(found, start - 1)
        return (role[0], " ".join(place)) if role and _in_office(found, role[1]) else None
    role = _role_ending(found, last)
    if role is None or not _in_office(found, role[1]):
        return None
    if apposition:
        return (role[0], "") if role[1] > 0 and found[role[1] - 1].low == "the" else None
    return role[0], " ".join(_capitals_before(found, role[1] - 1))


def _capitals_before(found: tuple[Token, ...], last: int) -> list[str]:
    """The run of capitalised words that ends at a token: the name of a place or a body."""
    start = last
    while start >= max(0, last - 2) and _of_a_place(found[start]):
        start -= 1
    return [without_possessive(token.text) for token in found[start + 1 : last + 1]]


def _of_a_place(token: Token) -> bool:
    """Whether a token may be part of the name of a place or a body."""
    return token.text[0].isupper() and token.low not in STOP_WORDS and token.low not in _NOT_NAMES


def _role_after(found: tuple[Token, ...], end: int) -> tuple[str, str] | None:
    """The role in apposition after a name, and whose it is: ", mayor of Lindmar,", ", the mayor,"."""
    if end >= len(found) or found[end].text != ",":
        return None
    position = end + 1
    if position < len(found) and found[position].low == "the":
        position += 1
    for after in (position + 2, position + 1):
        role = _role_ending(found, after - 1)
        if role is None or role[1] != position:
            continue
        if after < len(found) and found[after].low == "of":
            last = after + 1
            while last < min(len(found), after + 4) and _of_a_place(found[last]):
                last += 1
            place = " ".join(without_possessive(token.text) for token in found[after + 1 : last])
            return (role[0], place) if place else None
        return (role[0], "") if after < len(found) and found[after].text in ",." else None
    return None


def _role_ending(found: tuple[Token, ...], last: int) -> tuple[str, int] | None:
    """The role whose last word is this token, and its first token."""
    if last < 0 or last >= len(found):
        return None
    if last and (long := _LONG_ROLES.get((found[last - 1].low, found[last].low))):
        return long, last - 1
    return (found[last].low, last) if found[last].low in _ROLES else None


def _in_office(found: tuple[Token, ...], first: int) -> bool:
    """Whether the words before a role leave its holder in office."""
    return not any(
        part in _NOT_THE_HOLDER for token in found[max(0, first - 3) : first] for part in token.low.split("-")
    )


def _one_spelling(one: str, other: str) -> bool:
    """Whether two names may be spellings of one."""
    left, right = _skeleton(one), _skeleton(other)
    return _plain(one) == _plain(other) or (left == right and len(left) >= LONG_SKELETON)


def _plain(name: str) -> str:
    """A name without accents, doubled letters single and endings alike: "zelenskyy" and "zelensky"."""
    name = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return _TWICE.sub(r"\1", name.replace("ph", "f").replace("y", "i").replace("j", "i").replace("w", "v"))


def _skeleton(name: str) -> str:
    """The consonants of a name, those that are written for each other alike."""
    alike = str.maketrans("qcgzjwdp", "kkksivtb")
    return _VOWELS.sub("", _plain(name).replace("kh", "k").replace("gh", "k").translate(alike))


def _close(one: str, other: str) -> bool:
    """Whether two names differ by one letter changed, left out or put in."""
    shorter, longer = sorted((one, other), key=len)
    start = 0
    while start < len(shorter) and shorter[start] == longer[start]:
        start += 1
    skip = 1 if len(longer) > len(shorter) else 0
    same_rest = shorter[start + 1 - skip :] == longer[start + 1 :]
    return len(longer) - len(shorter) <= 1 and same_rest
