"""Every exception Newsfold raises on purpose.

    NewsfoldError
    ├── ConfigError      the configuration or the command line is wrong      (exit code 2)
    ├── InputError       a source, file or line cannot be read at all
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


class ModelError(NewsfoldError):
    """A model is missing, damaged or of the wrong kind."""


class StoreError(NewsfoldError):
    """The state on disk is unusable, newer than this program or locked."""


class DerivedError(StoreError):
    """What was derived from the state is damaged, or of another make than this program's; it can be made again."""


class LockedError(StoreError):
    """Another run holds the lock."""
