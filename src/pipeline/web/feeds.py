"""What is known of a feed from night to night, and what an answer makes of it. Nothing here asks anybody."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.web.client import Response

NOT_MODIFIED = 304
PATIENT_FAILURES = 3
"""So many failures in a row and a feed is still asked every night."""
LONGEST_REST = 7
"""Nights: a failing feed is asked at least this often."""
RETIREMENT = 30
"""Nights: a feed that said it was gone for good is asked this often, since some sites say so in error."""
# A night does not begin at the same second each day: a feed is due a little before its time.
_EARLY = timedelta(hours=6)
LONGEST_VALIDATOR = 1000


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed as of the last night that asked it. Times are aware.

    `url` is the configuration's and stays the key; `address` is where the feed has moved for good. `etag` and
    `modified` go back to the server exactly as it sent them. `failures` counts tries in a row, `problem` says what the
    last one met. `since` is when the feed was first asked, `retired` when it first told that it is gone for good.
    """

    url: str
    address: str
    since: datetime
    etag: str = ""
    modified: str = ""
    failures: int = 0
    problem: str = ""
    succeeded: datetime | None = None
    next_try: datetime | None = None
    retired: datetime | None = None


def new_feed(url: str, now: datetime) -> FeedState:
    """A feed that was never asked."""
    return FeedState(url, url, now)


def is_due(state: FeedState, now: datetime) -> bool:
    """Whether a feed is to be asked now: none rests longer than one that is gone, whatever clock or server said so."""
    return state.next_try is None or not now < state.next_try <= now + timedelta(days=RETIREMENT)


def validators(state: FeedState) -> dict[str, str]:
    """The headers that let the server answer "not modified"."""
    headers = {"If-None-Match": state.etag, "If-Modified-Since": state.modified}
    return {name: value for name, value in headers.items() if value}


def after_success(state: FeedState, address: str, response: Response, now: datetime) -> FeedState:
    """The feed was read, or had not changed. `address` is where it has moved for good."""
    kept = state.etag, state.modified
    told = _validator(response, "etag"), _validator(response, "last-modified")
    etag, modified = kept if response.status == NOT_MODIFIED else told
    done = replace(state, address=address, etag=etag, modified=modified, failures=0, problem="")
    return replace(done, succeeded=now, next_try=None, retired=None)


def after_failure(state: FeedState, problem: str, wait: float, now: datetime) -> FeedState:
    """The feed could not be read; `wait` is for how many seconds the server wants to be left alone.

    It is asked again the next night, after several failures after two, four and at last seven nights; one that has
    retired as seldom as before.
    """
    failures = state.failures + 1
    nights = RETIREMENT if state.retired else min(2 ** max(0, failures - PATIENT_FAILURES), LONGEST_REST)
    rest = max(timedelta(days=nights) - _EARLY, timedelta(seconds=wait))
    return replace(state, failures=failures, problem=problem, next_try=now + rest)


def after_goodbye(state: FeedState, now: datetime) -> FeedState:
    """The feed said that it is gone for good (410): it retires, and is asked now and then whether it has come back."""
    rest = now + timedelta(days=RETIREMENT) - _EARLY
    return replace(state, problem="gone for good (410); remove it", retired=state.retired or now, next_try=rest)


def trouble(state: FeedState, now: datetime, nights: int) -> str:
    """What a reader should know of a feed, "" while all is well: no success for so many nights, or retired just now."""
    if state.retired is not None:
        return state.problem if state.retired == now else ""
    silent = (now - (state.succeeded or state.since) + _EARLY).days
    # A failure is a night without success, however short ago the last one was.
    if not state.failures or max(1, silent + (0 if state.succeeded else 1)) < nights:
        return ""
    last = f"last read on {state.succeeded:%Y-%m-%d}" if state.succeeded else "never read"
    return f"{state.problem}; {last}"


def _validator(response: Response, name: str) -> str:
    """A validator as the server sent it, "" when it cannot be sent back."""
    value = response.headers.get(name, "")
    return value if value.isprintable() and len(value) <= LONGEST_VALIDATOR else ""
