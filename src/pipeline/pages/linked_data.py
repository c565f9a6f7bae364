"""What a page says about its article for machines: schema.org in JSON-LD blocks."""

import json
from collections.abc import Iterator

from lxml import html

from pipeline.records import Json

_ARTICLE_TYPES = (
    "Article",
    "NewsArticle",
    "ReportageNewsArticle",
    "OpinionNewsArticle",
    "AnalysisNewsArticle",
    "BlogPosting",
    "LiveBlogPosting",
)


def linked_data(tree: html.HtmlElement) -> Iterator[dict[str, Json]]:
    """The descriptions of an article in the page's JSON-LD; what cannot be parsed is passed over."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        try:
            found = json.loads(str(script), strict=False)
        except (ValueError, RecursionError):
            continue
        for item in _flat(found):
            types = item.get("@type")
            if any(name in _ARTICLE_TYPES for name in (types if isinstance(types, list) else [types])):
                yield item


def _flat(value: Json) -> Iterator[dict[str, Json]]:
    """The objects of a JSON-LD document: itself, its list items, its graph, and what a page says it is about."""
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif isinstance(value, dict):
        yield value
        yield from _flat(value.get("@graph"))
        yield from _flat(value.get("mainEntity"))


def names(value: Json) -> Iterator[str]:
    """The names of people or organisations, given as text, as an object or as a list of either."""
    for item in value if isinstance(value, list) else [value]:
        name = item.get("name") if isinstance(item, dict) else item
        for one in name if isinstance(name, list) else [name]:
            if isinstance(one, str) and one.strip():
                yield one.strip()
