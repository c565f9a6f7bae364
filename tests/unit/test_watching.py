"""A run that is told to end does."""

import os
import signal
import time

import pytest

from pipeline.cli import watching
from pipeline.cli.watching import TERMINATED, logged_run

NEVER = 60


class Callback:
    """Is told to end while Python lets go of it: whatever is raised there is lost."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_word_that_was_lost_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service manager says it once; the run ends all the same, and what was there before hears the next one."""
    monkeypatch.setattr(watching, "AGAIN_SECONDS", 0.05)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)
    began = time.monotonic()
    with logged_run() as work:
        Callback()
        time.sleep(NEVER)
    assert work.code == TERMINATED
    assert time.monotonic() - began < NEVER
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(("handler", "code"), [(signal.SIG_DFL, TERMINATED), (signal.SIG_IGN, 0)])
def test_a_terminal_that_is_closed_ends_a_run(handler: signal.Handlers, code: int) -> None:
    """SIGHUP ends it as SIGTERM does, so that it is told of; under `nohup` it goes on."""
    before = signal.signal(signal.SIGHUP, handler)
    try:
        with logged_run() as work:
            os.kill(os.getpid(), signal.SIGHUP)
        assert work.code == code
        assert signal.getsignal(signal.SIGHUP) is handler
    finally:
        signal.signal(signal.SIGHUP, before)
