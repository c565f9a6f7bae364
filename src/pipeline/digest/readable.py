"""What readers may see of a story: articles without a site's own lines or anything that speaks to a language model."""

import re
from dataclasses import replace

from pipeline.digest.instructions import for_readers, speaks_to_a_model
from pipeline.records import Article, Story
from pipeline.text.dump_lines import read_lines, reason_by_sight
from pipeline.text.normalise import without_dateline
from pipeline.text.sentences import sentences

SHORT_LINE = 8
"""Words of a line that may be a site's own even if it does not address the reader."""
LONGEST_TITLE = 500
"""Characters of a title: what is longer is a text in the wrong place."""

_ADDRESS = re.compile(r"\b(?:you|your|our|us|we)\b", re.IGNORECASE)


def readable(story: Story) -> Story:
    """The story with nothing in its articles that speaks to a language model, so that nothing after this reads it."""
    return replace(
        story,
        groups=tuple(
            replace(
                group,
                lead=_article(group.lead),
                copies=tuple(replace(copy, article=_article(copy.article)) for copy in group.copies),
            )
            for group in story.groups
        ),
    )


def readable_title(title: str) -> str:
    """The title, or "" when it speaks to a language model, holds no word or is no title at all."""
    is_title = _holds_a_word(title) and len(title) <= LONGEST_TITLE
    return title if is_title and not speaks_to_a_model(title) else ""


def _article(article: Article) -> Article:
    """An article without what speaks to a language model; a text must hold more than a site's own lines."""
    text = "" if all(map(_is_furniture, article.text.splitlines())) else for_readers(article.text, article.lang)
    return replace(article, title=readable_title(article.title), text=text)


def _holds_a_word(text: str) -> bool:
    """Whether there is a letter or digit in a text."""
    return any(map(str.isalnum, text))


def _is_furniture(row: str) -> bool:
    """Whether a line holds no word, or is a site's own by its looks ("All rights reserved") and short or an address.

    A whole sentence of news may look like small print: "Women are free to opt out of the scheme, the court said."
    """
    if not _holds_a_word(row):
        return True
    is_own = len(row.split()) <= SHORT_LINE or _ADDRESS.search(row)
    return bool(is_own) and any(reason_by_sight(line) for line in read_lines(row))


def with_something_to_tell(story: Story) -> Story | None:
    """The story of those texts that have a title or a sentence behind their dateline; None when there are none."""
    groups = tuple(
        group
        for group in story.groups
        if group.lead.title or sentences(without_dateline(group.lead.text), group.lead.lang)
    )
    return replace(story, groups=groups) if groups else None
