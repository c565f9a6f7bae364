"""The demo: the sample night through the whole line, without configuration and without a mail server."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.config import Config, DigestConfig, SourceConfig
from pipeline.locations import sample_night
from pipeline.nightly.desk import Moment, Outcome
from pipeline.nightly.run import run_night
from pipeline.progress import Progress
from pipeline.stages.deliver import Pace

TITLE = "Newsfold Sample"
ZONE = "CET"
_EARLIER = (date(2026, 3, 9), datetime(2026, 3, 9, 4, 0, tzinfo=UTC))
_TONIGHT = (date(2026, 3, 10), datetime(2026, 3, 10, 4, 0, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the caller may choose: where the edition goes, and which model writes."""

    folder: Path
    digest: DigestConfig = field(default_factory=DigestConfig)


def run_demo(options: DemoOptions, progress: Progress) -> Outcome:
    """Make the edition of the sample night in `options.folder`, after that of the evening before.

    The demo begins without memory: the state an earlier demo left in the folder is removed.
    """
    for leftover in options.folder.glob(f"{_config(options, 'tonight').state_file.name}*"):
        leftover.unlink()
    progress.say("the evening before")
    run_night(_config(options, "earlier"), _moment(*_EARLIER), progress)
    progress.say("tonight")
    return run_night(_config(options, "tonight"), _moment(*_TONIGHT), progress)


def _config(options: DemoOptions, evening: str) -> Config:
    """The configuration of one of the two evenings."""
    source = SourceConfig(path=sample_night() / evening, required=True)
    return Config(title=TITLE, timezone=ZONE, data_dir=options.folder, sources=(source,), digest=options.digest)


def _moment(night: date, cutoff: datetime) -> Moment:
    """A moment at which the clock stands still, so that the demo is the same on every day."""
    return Moment(night, cutoff, Pace(now=lambda: cutoff))
