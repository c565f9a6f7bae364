"""The page behind the link to unsubscribe: a WSGI application (PEP 3333), for RFC 8058's one click and for people.

A POST unsubscribes; anything else only shows a button that posts, because scanners and previews follow every link.
The answers are the same for every token, known or not, so that nobody learns from them whose mail is read where.
"""

import html
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pipeline.errors import StoreError
from pipeline.store.subscriptions import TOKEN

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

BODY_LIMIT = 65_536
"""Octets of a request's body that are read away; a client may not listen before it has sent them."""
_HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "noindex"),
]
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title></head>
<body><main><h1>{title}</h1>
{content}
</main></body></html>
"""
_FORM = """<p>Do you want no more mail from this list?</p>
<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Unsubscribe</button></form>"""
_DONE = "<p>If this link was right, you are unsubscribed. You need do nothing else.</p>"
_FAILED = "<p>This did not work. Please try again in some minutes.</p>"


class OneClick:
    """The application; `leave` takes the token of a link that was posted to, and raises StoreError when it cannot."""

    def __init__(self, title: str, leave: Callable[[str], None]) -> None:
        self._title, self._leave = html.escape(title), leave

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """PEP 3333."""
        method = environ["REQUEST_METHOD"]
        status, content, more = "200 OK", _FORM, []
        if method == "POST":
            status, content = self._posted(environ)
        elif method not in ("GET", "HEAD"):
            status, more = "405 Method Not Allowed", [("Allow", "GET, HEAD, POST")]
        page = _PAGE.format(title=self._title, content=content).encode()
        start_response(status, [*_HEADERS, ("Content-Length", str(len(page))), *more])
        return [] if method == "HEAD" else [page]

    def _posted(self, environ: "WSGIEnvironment") -> tuple[str, str]:
        """Status and content of the answer to a POST. The link's token is all that counts, not what was posted."""
        length = environ.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) <= BODY_LIMIT:
            environ["wsgi.input"].read(int(length))
        found = TOKEN.search(f"{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}")
        try:
            if found is not None:
                self._leave(found[0])
        except StoreError:
            environ["wsgi.errors"].write("newsfold unsubscribe: the state could not be written\n")
            return "503 Service Unavailable", _FAILED
        return "200 OK", _DONE
