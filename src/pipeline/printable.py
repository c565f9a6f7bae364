"""Text from outside on a terminal or in a log: it starts no line, moves no cursor and turns no direction."""

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(line: str) -> str:
    """The line without line breaks, terminal commands and marks that turn the direction of what follows."""
    return _CONTROL.sub(" ", line)
