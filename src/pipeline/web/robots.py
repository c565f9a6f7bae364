"""What robots.txt allows (RFC 9309); asked once per site and night."""

from dataclasses import dataclass
from typing import Any

from pipeline.errors import FetchError
from pipeline.web.addresses import web_address
from pipeline.web.client import OK, Ask
from pipeline.web.errands import Errand, follow

TOKEN = "Newsfold"  # noqa: S105 - the name robots.txt knows a crawler by
LARGEST = 512 * 1024
"""Bytes of a robots.txt that are read; the standard asks for 500 KiB."""
LONGEST_PAUSE = 10.0
"""Seconds between two requests that a site may ask for."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A site's rules; without a file everything is allowed, and nothing when the file could not be had."""

    parsed: Any = None
    refuses: str = ""

    def permits(self, url: str) -> bool:
        """Whether a page may be fetched."""
        return not self.refuses and (self.parsed is None or bool(self.parsed.can_fetch(url, TOKEN)))

    @property
    def pause(self) -> float:
        """Seconds between two requests."""
        delay = None if self.parsed is None else self.parsed.crawl_delay(TOKEN)
        return min(max(float(delay or 0), 0.0), LONGEST_PAUSE)


def site_of(url: str) -> str:
    """The site whose rules hold for a page: scheme, host and port. Raises FetchError for what is no web address."""
    parts = web_address(url)
    return f"{parts.scheme}://{parts.netloc}"


def fetch_rules(site: str) -> Errand[Rules]:
    """A site's rules: a file that is missing (4xx) allows everything, a server in trouble nothing."""
    from protego import Protego

    try:
        response, _ = yield from follow(Ask(f"{site}/robots.txt"))
    except FetchError as error:
        return Rules(refuses=str(error))
    if response.status == OK:
        return Rules(Protego.parse(response.content[:LARGEST].decode("utf-8", "replace")))
    if 400 <= response.status < 500 and response.status != 429:
        return Rules()
    return Rules(refuses=f"{site}/robots.txt: the server answered {response.status}")
