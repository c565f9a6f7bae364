"""Errands on the web: what is asked next, decided from what was answered; who asks is `crew`."""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import urljoin

from pipeline.errors import FetchError
from pipeline.feed_parsing import parse_feed
from pipeline.records import RawItem, Reject
from pipeline.text.normalise import is_utf8
from pipeline.web.addresses import shortened, web_address
from pipeline.web.client import OK, Ask, Response
from pipeline.web.feeds import NOT_MODIFIED, FeedState, after_failure, after_goodbye, after_success, validators

Result = TypeVar("Result")
Errand = Generator[Ask, Response, Result]
"""Yields what to ask, is sent the answer or thrown a FetchError, and returns its result."""

MOST_REDIRECTS = 5
GONE = 410
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_FOR_GOOD = frozenset((301, 308))
_PAGES = ("text/html", "application/xhtml+xml", "")


@dataclass(frozen=True, slots=True)
class Visit:
    """What asking a feed gave: its state afterwards, its entries, and the reason when it could not be read."""

    state: FeedState
    items: tuple[RawItem, ...] = ()
    problem: str = field(default="")


def visit_feed(state: FeedState, source: str, now: datetime) -> Errand[Visit]:
    """Ask one feed; a failure is a result. `source` is the publisher to note."""
    try:
        response, address = yield from follow(Ask(state.address, validators(state)))
    except FetchError as error:
        return _failed(state, str(error), error.wait, now)
    if response.status == NOT_MODIFIED:
        return Visit(after_success(state, address, response, now))
    if response.status == GONE and response.url == address:
        gone = after_goodbye(state, now)
        return Visit(gone, problem=gone.problem)
    if response.status != OK:
        return _failed(state, f"the server answered {response.status}", response.wait or 0, now)
    found = parse_feed(response.content, state.url, source, response.charset)
    if isinstance(found, Reject):
        return _failed(state, found.reason, 0, now)
    return Visit(after_success(state, address, response, now), found)


def fetch_page(url: str) -> Errand[bytes]:
    """An article's page. Raises FetchError when there is none."""
    response, _ = yield from follow(Ask(url))
    if response.status != OK:
        raise FetchError(f"{shortened(url)}: the server answered {response.status}")
    if response.media_type not in _PAGES:
        raise FetchError(f"{shortened(url)}: no page but {shortened(response.media_type)}")
    return in_utf8(response.content, response.charset)


def follow(ask: Ask) -> Errand[tuple[Response, str]]:
    """The answer at the end of the redirects, and the address as far as they were for good.

    Raises FetchError when there are too many, or one leads to what is no web address.
    """
    address, only_for_good = ask.url, True
    for _ in range(MOST_REDIRECTS + 1):
        response = yield ask
        target = response.headers.get("location", "")
        if response.status not in _REDIRECTS or not target:
            return response, address
        url = _joined(ask.url, target)
        only_for_good = only_for_good and response.status in _FOR_GOOD
        address = url if only_for_good else address
        ask = Ask(url, ask.headers)
    raise FetchError(f"{shortened(ask.url)}: more than {MOST_REDIRECTS} redirects")


def in_utf8(content: bytes, charset: str) -> bytes:
    """A page in UTF-8 when its bytes are, or the server names an encoding that fits; else as it is."""
    if is_utf8(content) or not charset:
        return content
    try:
        return content.decode(charset).encode("utf-8")
    except (LookupError, UnicodeError, ValueError):
        return content


def _joined(url: str, target: str) -> str:
    """Where a redirect leads. Raises FetchError when that is no web address."""
    try:
        joined = urljoin(url, target.strip()).partition("#")[0]
    except ValueError as error:
        raise FetchError(f"{shortened(url)}: redirects to what is no address ({error})") from error
    web_address(joined)
    return joined


def _failed(state: FeedState, problem: str, wait: float, now: datetime) -> Visit:
    """A visit that found nothing it could read."""
    return Visit(after_failure(state, problem, wait, now), problem=problem)
