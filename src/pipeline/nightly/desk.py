"""What every step of a night works with, and what a night comes to."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from pipeline.config import Config
from pipeline.engine.choice import LOCAL, Engine
from pipeline.nightly.steps import Ending
from pipeline.progress import QUIET, Progress
from pipeline.records import (
    Article,
    Counts,
    Edition,
    FileState,
    Receipt,
    Reject,
    Rendered,
)
from pipeline.stages.deliver import Pace
from pipeline.store.checkpoints import Checkpoints, NoCheckpoints
from pipeline.store.core import Store
from pipeline.web.feeds import FeedState


@dataclass(frozen=True, slots=True)
class Moment:
    """Which night it is, when its sources are read (aware), how patient delivery is, and what drives long stages.

    `run` is the id that the run's log has, if it has one. `is_tonight` says that the clock and no person named the
    night: it is made of its sources, even when a later one was made by a slip or under a wrong clock.
    """

    night: date
    cutoff: datetime
    pace: Pace
    engine: Engine = LOCAL
    run: str = ""
    is_tonight: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a night gave. `edition` is None when it had been made before; `page` is the archive page's file.

    `mailed` says whether this run sent anything.
    """

    ending: Ending
    rendered: Rendered
    receipts: tuple[Receipt, ...]
    page: Path
    edition: Edition | None = None
    mailed: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came in: articles to work on, and what became of everything else."""

    articles: tuple[Article, ...]
    failed_sources: tuple[Reject, ...]
    rejects: tuple[Reject, ...]
    counts: Counts
    feeds: tuple[FeedState, ...] = ()
    files: tuple[FileState, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """What every step of a night works with. `backfill` makes the night of stored articles, not of the sources."""

    config: Config
    moment: Moment
    store: Store
    progress: Progress = QUIET
    checkpoints: Checkpoints = field(default_factory=NoCheckpoints)
    backfill: bool = False

    @property
    def remembered(self) -> date:
        """The first night whose stories may be continued."""
        return self.moment.night - timedelta(days=self.config.edition.remember_days)
