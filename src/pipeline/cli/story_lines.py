"""The lines that `summarise` reads and writes."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.jsonlines import BadLineError, JsonObject, Line, article_from_line, text_of
from pipeline.records import Article, Json, Story

if TYPE_CHECKING:
    from pipeline.records import Summary


def story_of(line: Line) -> Story:
    """A line of the summarise command as a story of its articles, copies folded."""
    from pipeline.stages.dedupe import dedupe as fold

    name, articles = text_of(line.value, "cluster"), line.value.get("articles")
    if not name or not isinstance(articles, list):
        raise BadLineError("'cluster' (a string) and 'articles' (a list) are needed")
    found = {}
    for place, value in enumerate(articles):
        article = _known_language(
            article_from_line(Line(f"{line.location}[{place}]", _article_value(value, f"{name}/{place}")))
        )
        if article.id in found:
            raise BadLineError(f"two of the articles have the id {article.id!r}")
        found[article.id] = article
    if not found:
        raise BadLineError("no articles")
    return Story(name, fold(list(found.values())).groups)


def _known_language(article: Article) -> Article:
    """The article with its language, told from its text where the line does not say it."""
    from pipeline.text.language import detect

    return article if article.lang else replace(article, lang=detect(f"{article.title}\n{article.text}"))


def _article_value(value: Json, name: str) -> JsonObject:
    """One element of `articles`: an article line, whose id may be missing, or its bare text; as people see it."""
    from pipeline.text.normalise import visible

    if isinstance(value, str):
        return {"id": name, "text": visible(value)}
    if isinstance(value, dict):
        shown = {key: visible(text) for key in ("title", "text") if isinstance(text := value.get(key), str)}
        return {**value, **shown, "id": value.get("id") or name}
    raise BadLineError(f"an article must be an object or a string, not {type(value).__name__}")


def summary_line(summary: "Summary") -> JsonObject:
    """A summary as the contract writes it."""
    return {
        "story": summary.story.id,
        "headline": summary.headline,
        "text": summary.text,
        "sentences": [
            {
                "text": sentence.text,
                "sources": list(sentence.sources),
                "evidence": [{"article": item.article, "sentence": item.sentence} for item in sentence.evidence],
                "method": sentence.method.value,
            }
            for sentence in summary.sentences
        ],
        "method": summary.method.value,
        "model": summary.model,
        "disagreements": [
            {
                "about": found.about,
                "claims": [{"value": claim.value, "articles": list(claim.articles)} for claim in found.claims],
            }
            for found in summary.disagreements
        ],
    }
