"""Every exception Newsfold raises on purpose.

    NewsfoldError
    ├── ConfigError      the configuration or the command line is wrong      (exit code 2)
    ├── InputError       a source, file or line cannot be read at all
    ├── FetchError       an address cannot be fetched: refused, unreachable, too slow, too large or broken
    ├── ModelError       a model is missing, damaged or of the wrong kind
    └── StoreError       the state on disk is unusable, newer than the program or locked
        ├── DerivedError what was derived from it is damaged or of another make, and can be made again
        └── LockedError  another run holds the lock                          (exit code 5)

A message names the subject, the cause and what to do. One item's failure is not an exception: it becomes a
`records.Reject` and the rest goes on.
"""


class NewsfoldError(Exception):
    """The root: catching it catches everything Newsfold raises on purpose."""


class ConfigError(NewsfoldError):
    """The configuration or the command line is wrong."""


class InputError(NewsfoldError):
    """A source, file or line cannot be read at all."""


class FetchError(NewsfoldError):
    """An address cannot be fetched.

    `passing` failures may be over when the address is asked again a little later; `wait` is for how many seconds the
    server wants to be left alone.
    """

    def __init__(self, message: str, *, passing: bool = False, wait: float = 0) -> None:
        super().__init__(message)
        self.passing = passing
        self.wait = wait


class ModelError(NewsfoldError):
    """A model is missing, damaged or of the wrong kind."""


class StoreError(NewsfoldError):
    """The state on disk is unusable, newer than this program or locked."""


class DerivedError(StoreError):
    """What was derived from the state is damaged, or of another make than this program's; it can be made again."""


class LockedError(StoreError):
    """Another run holds the lock."""
