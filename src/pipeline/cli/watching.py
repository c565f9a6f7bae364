"""A run as it is seen from outside: its log, its bars, its figures for Prometheus, and its pings."""

import logging
import resource
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib import metadata
from uuid import UUID, uuid4

from pipeline.cli.bars import bars, is_terminal
from pipeline.cli.logs import LOGGER, log_of
from pipeline.cli.terminal import DISK_ADVICE, Exit, code_of, is_of_the_disk, unusable_place
from pipeline.config import Config
from pipeline.errors import InputError, NewsfoldError
from pipeline.files import write_atomically
from pipeline.opml import feeds_of
from pipeline.progress import Advance, Progress, Tally, Total
from pipeline.store.figures import read_figures
from pipeline.watch.ping import Pings
from pipeline.watch.textfile import Ended, Stage, last_success, textfile

GOOD = (Exit.DONE, Exit.SOURCES_FAILED, Exit.NOTHING_NEW)
"""The endings of a run that nobody needs to be woken for."""
AGAIN_SECONDS = 3
"""After which a run that was told to end and goes on is told again."""
INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM
_BYTES_PER_UNIT = 1 if sys.platform == "darwin" else 1024


class Run(Progress):
    """Hears of a run's work: logs it, shows it, and keeps what those who watch are told in the end."""

    def __init__(self, name: UUID, shown: Progress, tail: deque[str]) -> None:
        self.code = int(Exit.DONE)
        self.name = name
        self._shown = shown
        self._tail = tail
        self._began = time.monotonic()
        self._at_work = False
        self._stages: list[Stage] = []
        self._config: Config | None = None

    def watch(self, config: Config) -> None:
        """From now on those who watch from outside are told, as the configuration says."""
        self._config = config

    def say(self, text: str) -> None:
        """Log a step."""
        LOGGER.info("%s", text)

    def warn(self, text: str) -> None:
        """Log what somebody should look into."""
        LOGGER.warning("%s", text)

    @contextmanager
    def stage(self, name: str) -> Iterator[Tally]:
        """Log a stage's start and its end. The run is at work from the first on, which begins under the lock."""
        if not self._at_work:
            self._at_work = True
            self._ping("start")
        LOGGER.info("started", extra={"stage": name})
        began, tally, ended = time.monotonic(), dict[str, int](), "failed"
        try:
            with self._shown.stage(name):
                yield tally
            ended = "ended"
        finally:
            stage = Stage(name, time.monotonic() - began, dict(tally))
            self._stages.append(stage)
            facts = {"stage": name, "seconds": round(stage.seconds, 3), "counts": stage.tally}
            LOGGER.log(logging.INFO if ended == "ended" else logging.ERROR, ended, extra=facts)

    def counting(self, what: str, total: Total = None) -> AbstractContextManager[Advance]:
        """Show how far it is."""
        return self._shown.counting(what, total)

    def end(self) -> None:
        """Log the end and tell those who watch. A run that found another one at work has nothing to tell."""
        LOGGER.info("run ended with exit code %d", self.code, extra={"seconds": round(self._seconds, 3)})
        if self._config is None or self.code == Exit.LOCKED:
            return
        self._write_metrics(self._config)
        self._ping("success" if self.code in GOOD else "fail")

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _write_metrics(self, config: Config) -> None:
        """Write the figures of the run; that they cannot be written is logged and no reason to fail."""
        path = config.watch.metrics_file
        if path is None:
            return
        figures = read_figures(config.state_file, configured_feeds(config))
        try:
            write_atomically(path, textfile(self._ended(), figures, last_success(path)).encode())
        except OSError as error:
            self.warn(f"watch.metrics_file {path}: cannot be written ({error.strerror or error})")

    def _ended(self) -> Ended:
        """What is told of the run."""
        usage = {"main": resource.RUSAGE_SELF, "worker": resource.RUSAGE_CHILDREN}
        memory = {name: resource.getrusage(who).ru_maxrss * _BYTES_PER_UNIT for name, who in usage.items()}
        version = metadata.version("newsfold")
        good = self.code in GOOD
        return Ended(datetime.now(UTC), self._seconds, int(self.code), good, self._stages, memory, version)

    def _ping(self, what: str) -> None:
        """Send one ping, if there is anybody to send it to."""
        if self._config is None or self._config.watch.ping_url is None:
            return
        from pipeline.stages.fetch import user_agent

        pings = Pings(self._config.watch.ping_url, self.name, user_agent(self._config.fetch.contact))
        if what == "fail":
            problem = pings.fail(self.code, "\n".join(self._tail))
        else:
            problem = pings.start() if what == "start" else pings.success()
        if problem:
            self.warn(f"watch.ping_url: the {what} ping to {pings.host} failed ({problem})")


def configured_feeds(config: Config) -> list[str]:
    """The addresses of the feeds that are read; those of a list that cannot be read are left out."""
    found: list[str] = []
    for source in config.sources:
        with suppress(OSError, InputError):
            found += [feed.url for feed in feeds_of(source)]
    return found


@contextmanager
def logged_run() -> Iterator[Run]:
    """A run with its log, which is told of whatever ends it.

    What goes wrong becomes a line of the log and an exit code. Told to end (SIGTERM, or SIGHUP from a terminal
    that is closed, unless `nohup` has it ignored), the run ends as by Ctrl-C.
    """
    name = uuid4()
    with ExitStack() as stack:
        shown = stack.enter_context(bars()) if is_terminal(sys.stderr) else None
        tail = stack.enter_context(log_of(name, shown.line if shown else None))
        stack.enter_context(_terminable())
        run = Run(name, shown or Progress(), tail)
        try:
            yield run
        except NewsfoldError as error:
            LOGGER.error("%s", error)
            run.code = int(code_of(error))
        except (KeyboardInterrupt, SystemExit) as error:
            signal.setitimer(signal.ITIMER_REAL, 0)
            run.code = INTERRUPTED if isinstance(error, KeyboardInterrupt) else TERMINATED
            LOGGER.error("told to end")
        except Exception as error:
            run.code = int(Exit.FAILED)
            if is_of_the_disk(error):
                LOGGER.error("%s; %s", error, DISK_ADVICE)
            elif place := unusable_place(error):
                LOGGER.error("%s", place)
            else:
                LOGGER.critical("a fault in the program", exc_info=True)
                if shown is not None:
                    raise
        finally:
            run.end()


@contextmanager
def _terminable() -> Iterator[None]:
    """While this lasts, being told to end raises SystemExit, so that what is open is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def told_to_end(*_: object) -> None:
        # What is raised within a callback is lost, as it may be while modules are loaded: it is raised again.
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
        sys.exit(TERMINATED)

    names = [signal.SIGTERM, signal.SIGALRM]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        names.append(signal.SIGHUP)
    before = {name: signal.signal(name, told_to_end) for name in names}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for name, handler in before.items():
            signal.signal(name, handler)
