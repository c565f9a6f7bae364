"""The colours, once for light and once for dark; the style sheet names them by their role."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Palette:
    """A scheme's colours. Text is `ink`, `muted` or `accent`; grounds are `desk`, `paper`, `note` and `mark`."""

    desk: str
    paper: str
    note: str
    ink: str
    muted: str
    accent: str
    rule: str
    mark: str


LIGHT: Final = Palette(
    desk="#efece5", paper="#fffefb", note="#f7f2e8", ink="#1d1c1a", muted="#625d55", accent="#8f2d22", rule="#dcd6ca",
    mark="#fbedbd",
)  # fmt: skip
DARK: Final = Palette(
    desk="#0f0f0e", paper="#191918", note="#24231f", ink="#e8e4db", muted="#a8a298", accent="#e79c8b", rule="#393733",
    mark="#3d3418",
)  # fmt: skip
