"""Addresses of articles: one form for one article, however it was reached."""

import hashlib
import re
from urllib.parse import SplitResult, urlsplit

from courlan import normalize_url

# Copies that search engines keep of AMP pages: "www.google.com/amp/s/HOST/PATH", "x.cdn.ampproject.org/c/s/HOST/PATH".
_AMP_CACHE = re.compile(
    r"https?://(?:(?:www\.)?google\.[a-z.]{2,6}/amp|[a-z0-9-]+\.cdn\.ampproject\.org/[cv])/(s/)?(?=[^/?#]*\.)",
    re.IGNORECASE,
)
# What asks a page for its AMP form, in the query or at the end of the path.
_AMP_QUERY = re.compile(r"(?:^|&)(?:amp(?:=1|=true|=)?|outputType=amp)(?=&|$)", re.IGNORECASE)
_FORM = re.compile(r"\A(?:www|m|mobile|amp|touch)\.(?=.*\.)")
_VARIANT = re.compile(r"(?:^|/)amp(?=/|$)|\.amp(?=\.html?$|$)|\.html?$", re.IGNORECASE)


def canonical(url: str) -> str:
    """The address without tracking parameters, fragment and requests for AMP; "" when it is not an http(s) address."""
    if _web_address(url) is None:
        return ""
    parts = _web_address(normalize_url(_without_cache(url.strip())))
    if parts is None:
        return ""
    query = _AMP_QUERY.sub("", parts.query).strip("&") if _AMP_QUERY.search(parts.query) else parts.query
    return parts._replace(query=query, fragment="").geturl()


def _without_cache(url: str) -> str:
    """The publisher's address out of that of a search engine's copy."""
    found = _AMP_CACHE.match(url)
    own = f"http{'s' if found[1] else ''}://{url[found.end() :]}" if found else url
    return own if _web_address(own) else url


def same_article(url: str, stated: str) -> bool:
    """Whether a page fetched from one address surely is the article that it states another address for.

    The two are of one site (a mobile or AMP host belongs to it) and have one path but for the marks of such variants.
    """
    parts, other = _web_address(url), _web_address(stated)
    if parts is None or other is None or _site(parts) != _site(other):
        return False
    path, other_path = (_VARIANT.sub("", one.path).strip("/") for one in (parts, other))
    return bool(path) and path == other_path


def _site(parts: SplitResult) -> str:
    """The host without the name that tells mobile and AMP forms from the others."""
    return _FORM.sub("", parts.hostname or "")


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
