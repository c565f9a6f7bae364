"""Calendar days named in news text: "October 7", "7 Oct. 2024", "Nov. 7-11"."""

import re

DAYS_IN_YEAR = 365
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAME = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)
_ORDINAL = r"(?:st|nd|rd|th)?"
_DAY_OF_MONTH = re.compile(
    rf"\b(?:(?P<before>\d{{1,2}}){_ORDINAL}(?:\s+of)?\s+)?(?P<month>{MONTH_NAME})(?:\s+(?P<after>\d{{1,2}}){_ORDINAL}(?!\d))?"
)
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def named_days(text: str) -> tuple[int, ...]:
    """Days of the year (1 to 365) that a text names by month and day, in order of appearance, each once.

    A month without a day names no day; years are not looked at, since news leaves them out.
    """
    found = []
    for match in _DAY_OF_MONTH.finditer(text):
        day = int(match["after"] or match["before"] or 0)
        if 1 <= day <= 31:
            found.append(_DAYS_BEFORE_MONTH[MONTHS.index(match["month"][:3].casefold())] + day)
    return tuple(dict.fromkeys(found))
