"""The steps of a night, and the ways in which it may end. Nothing is imported here, so that commands can name them."""

from enum import StrEnum


class Ending(StrEnum):
    """How a night ended; `MADE_BEFORE` found the night's edition already made."""

    DONE = "done"
    SOME_SOURCES_FAILED = "some sources failed"
    NOTHING_NEW = "nothing new"
    MADE_BEFORE = "made before"


class Step(StrEnum):
    """The steps of a night, in order. `EDIT` gives the edition, `RENDER` saves it and puts it into the archive."""

    INGEST = "ingest"
    CLEAN = "clean"
    DEDUPE = "dedupe"
    CLUSTER = "cluster"
    SUMMARISE = "summarise"
    EDIT = "edit"
    RENDER = "render"
    DELIVER = "deliver"

    @property
    def saves(self) -> bool:
        """Whether the night has been saved when this step is done."""
        return self in (Step.RENDER, Step.DELIVER)
