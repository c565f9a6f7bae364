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
