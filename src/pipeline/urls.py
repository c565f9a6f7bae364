"""Addresses of articles: one form for one article, however it was reached."""

import hashlib
from urllib.parse import SplitResult, urlsplit

from courlan import normalize_url


def canonical(url: str) -> str:
    """The address without tracking parameters and fragment; "" when it is not an http(s) address."""
    if _web_address(url) is None:
        return ""
    parts = _web_address(normalize_url(url.strip()))
    return parts._replace(fragment="").geturl() if parts else ""


def host(url: str) -> str:
    """The host name without `www.`, "" when there is none."""
    parts = _web_address(url)
    return (parts.hostname or "").removeprefix("www.") if parts else ""


def _web_address(url: str) -> SplitResult | None:
    """The parts of an http(s) address; None for anything else."""
    try:
        url.encode()  # a lone surrogate is in no address
        parts = urlsplit(url.strip())
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return parts if known and not any(character.isspace() for character in url.strip()) else None


def stable_id(key: str) -> str:
    """An article's id from what it is known by: its canonical address, else its publisher and words."""
    return "a" + hashlib.sha256(key.encode()).hexdigest()[:15]
