"""The commands that run one stage on JSON Lines: ingest, extract, dedupe, cluster, summarise, check."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pipeline.cli.bars import listening
from pipeline.cli.story_lines import story_of, summary_line
from pipeline.cli.terminal import Address, EngineName, Exit, exits, group_line, pair_line, report_rejects, say_capped
from pipeline.config import DEFAULT_MODEL, Device, SourceConfig
from pipeline.errors import ConfigError, InputError
from pipeline.jsonlines import (
    STANDARD,
    BadLineError,
    JsonObject,
    Line,
    article_from_line,
    article_line,
    count_lines,
    read_lines,
    text_of,
    write_lines,
)
from pipeline.progress import Progress
from pipeline.records import SOURCE_FAILED, Article, CopyGroup, Json, Reject

if TYPE_CHECKING:
    from pipeline.digest.check import Checker
    from pipeline.digest.writer import Writer

Value = TypeVar("Value")
Input = Annotated[Path, typer.Argument(metavar="IN", help="JSON Lines file (.gz, .zst); - is standard input")]
Output = Annotated[Path, typer.Option("--output", "-o", help="JSON Lines file (.gz, .zst); - is standard output")]
Rejects = Annotated[Path | None, typer.Option("--rejects", help="also write the rejects to this JSON Lines file")]
Processes = Annotated[int, typer.Option(min=0, help="how many cores to use; 0 is all, and the result is the same")]
PORTION = 32
"""Stories that are told together: enough to fill the model's batches, few enough to see the work go on."""


@dataclass(frozen=True, slots=True)
class _NamedPage:
    """A page to extract, with the id it goes by."""

    name: Json
    content: bytes
    url: str = ""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (ingest, extract, dedupe, cluster, summarise, check):
        app.command()(command)


@exits
def ingest(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE…", help="files, folders and feed addresses")],
    output: Output = STANDARD,
    processes: Processes = 0,
    rejects: Rejects = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", "-c", help="a configuration whose [fetch] table holds for feeds")
    ] = None,
) -> Exit:
    """Read files, folders (HTML, text, JSON Lines, Parquet, web archives, feed files) and feeds into article lines."""
    from pipeline.config import FetchConfig, load
    from pipeline.inbox import list_files
    from pipeline.readers import expected_items
    from pipeline.stages.clean import clean_all
    from pipeline.stages.fetch import Past, fetch
    from pipeline.stages.ingest import ingest as read
    from pipeline.stages.polish import polish

    places = [_source(source) for source in sources]
    settings = load(config_file).fetch if config_file else FetchConfig()
    with listening(output) as progress:
        fetched = fetch(places, settings, Past(datetime.now(UTC)), progress)
        listed = {place: list_files(place, {}) for place in places}
        cleaned = clean_all(read(places, fetched.items, listed), processes=processes)
        expected = partial(expected_items, fetched.items, listed)
        results = [*progress.track(cleaned, "items", expected), *fetched.failures]
        polished = polish(result for result in results if isinstance(result, Article))
    refused = [*(result for result in results if isinstance(result, Reject)), *polished.repeats]
    write_lines(output, (article_line(article) for article in polished.articles))
    report_rejects(refused, rejects)
    return Exit.SOURCES_FAILED if any(reject.stage == SOURCE_FAILED for reject in refused) else Exit.DONE


@exits
def extract(source: Input, output: Output = STANDARD, processes: Processes = 0, rejects: Rejects = None) -> None:
    """Main text and metadata of pages: JSON Lines of {"id","url","html"}, or one HTML file."""
    from pipeline.parallel import in_order

    refused: list[Reject] = []
    if source.suffix.casefold() in (".html", ".htm"):
        write_lines(output, [_extracted(_NamedPage(source.name, _content(source)))])
    else:
        with listening(output) as progress:
            pages = _each(source, _page_line, refused, progress)
            write_lines(output, in_order(_extracted, pages, processes))
    report_rejects(refused, rejects)


@exits
def dedupe(
    source: Input,
    output: Output = STANDARD,
    threshold: Annotated[float, typer.Option(help="exact Jaccard similarity from which articles are copies")] = 0.5,
    pairs: Annotated[Path | None, typer.Option(help="write every verified pair to this file")] = None,
    threads: Annotated[
        int, typer.Option(min=0, help="how many cores to use; 0 is all, and the result is the same")
    ] = 0,
    rejects: Rejects = None,
    engine: EngineName = "local",
    address: Address = "",
) -> None:
    """Fold copies: each article's group, the group's lead, and how alike the two are.

    With --engine ray the input may be a folder or an address such as s3://bucket/folder, of JSON Lines and Parquet, and
    an output that ends in .parquet is a folder of Parquet files.
    """
    if not 0 < threshold <= 1:
        raise ConfigError(f"--threshold {threshold}: must be above 0 and at most 1")
    if engine == "ray":
        from pipeline.cli.scaled import Places, dedupe_on_ray

        dedupe_on_ray(Places.of(source, output, rejects, address), threshold, threads, pairs)
        return
    from pipeline.stages.dedupe import dedupe as fold

    refused: list[Reject] = []
    with listening(output) as progress:
        articles = _articles(source, refused, progress)
        with progress.stage("dedupe"):
            found = fold(articles, threshold, threads)
    say_capped(found.capped)
    write_lines(output, (line for group in found.groups for line in _group_lines(group)))
    if pairs is not None:
        write_lines(pairs, (pair_line(pair.a, pair.b, pair.jaccard) for pair in found.pairs))
    report_rejects(refused, rejects)


@exits
def cluster(
    source: Input,
    output: Output = STANDARD,
    rejects: Rejects = None,
    engine: EngineName = "local",
    address: Address = "",
) -> None:
    """Group articles that report the same event: each article's story. With --engine ray as `dedupe`."""
    if engine == "ray":
        from pipeline.cli.scaled import Places, cluster_on_ray

        cluster_on_ray(Places.of(source, output, rejects, address))
        return
    from pipeline.stages.cluster import cluster as group
    from pipeline.stages.dedupe import dedupe as fold

    refused: list[Reject] = []
    with listening(output) as progress:
        articles = _articles(source, refused, progress)
        with progress.stage("dedupe"):
            folded = fold(articles)
        with progress.stage("cluster"):
            stories = group(folded.groups)
    write_lines(output, ({"id": article.id, "story": story.id} for story in stories for article in story.articles))
    report_rejects(refused, rejects)


@exits
def summarise(
    source: Input,
    output: Output = STANDARD,
    model: Annotated[
        str, typer.Option(help="a name of `models list`, a hub id, a local folder, or `none`")
    ] = DEFAULT_MODEL,
    device: Annotated[Device, typer.Option(help="where the model runs")] = "auto",
    words: Annotated[int, typer.Option(min=1, help="about how many words a digest may have")] = 90,
    rejects: Rejects = None,
    engine: EngineName = "local",
    address: Address = "",
) -> None:
    """Write a checked digest for each line of {"cluster","articles":[article…]}."""
    if engine == "ray":
        from pipeline.cli.scaled import Places, summarise_on_ray

        summarise_on_ray(Places.of(source, output, rejects, address), (model, device, words))
        return
    from pipeline.stages.summarise import summarise as digest

    refused: list[Reject] = []
    with listening(output) as progress:
        stories = list(_each(source, story_of, refused, progress))
        tools = _models(model, device, words)
        portions = (stories[start : start + PORTION] for start in range(0, len(stories), PORTION))
        summaries = (summary for portion in portions for summary in digest(portion, *tools, progress))
        write_lines(output, map(summary_line, progress.track(summaries, "digests", len(stories))))
    report_rejects(refused, rejects)


@exits
def check(
    source: Input,
    output: Output = STANDARD,
    strict: Annotated[
        bool, typer.Option("--strict", help="rather refuse a true sentence than pass a false one")
    ] = False,
    device: Annotated[Device, typer.Option(help="where the model runs")] = "auto",
    rejects: Rejects = None,
) -> None:
    """Check each line of {"id","document","summary"}: is every sentence of the summary supported?"""
    from pipeline.digest.check import Setting
    from pipeline.digest.loading import load_checker

    checker = load_checker(Setting.STRICT if strict else Setting.BALANCED, device)
    refused: list[Reject] = []
    with listening(output) as progress:
        write_lines(output, _each(source, lambda line: _checked(line, checker), refused, progress))
    report_rejects(refused, rejects)


def _source(place: str) -> SourceConfig:
    """A source as the command line names it."""
    if not place.startswith(("http://", "https://")):
        return SourceConfig(path=Path(place))
    try:
        return SourceConfig(url=place)
    except ValueError as error:
        raise ConfigError(f"{place}: not a feed's address; it must hold no blanks, user or password") from error


def _each(source: Path, use: Callable[[Line], Value], refused: list[Reject], progress: Progress) -> Iterator[Value]:
    """What `use` makes of every line; a line it cannot use goes to `refused`."""
    for line in progress.track(read_lines(source), "lines", lambda: count_lines(source)):
        if isinstance(line, Reject):
            refused.append(line)
            continue
        try:
            yield use(line)
        except BadLineError as error:
            refused.append(Reject("read", line.location, str(error)))


def _content(page: Path) -> bytes:
    """The bytes of one page's file. Raises InputError when it cannot be read."""
    try:
        return page.read_bytes()
    except OSError as error:
        raise InputError(f"{page}: cannot be opened ({error.strerror})") from error


def _page_line(line: Line) -> _NamedPage:
    """The page that a line holds."""
    content = text_of(line.value, "html").encode("utf-8", "replace")
    return _NamedPage(line.value.get("id"), content, text_of(line.value, "url"))


def _extracted(item: _NamedPage) -> JsonObject:
    """The output line for one page."""
    from pipeline.page import read_page
    from pipeline.text.language import detect
    from pipeline.text.normalise import tidy, tidy_line
    from pipeline.times import UNIVERSAL

    page = read_page(item.content, item.url)
    title, text, published = tidy_line(page.title), tidy(page.text), UNIVERSAL.read(page.published)
    return {
        "id": item.name,
        "title": title,
        "text": text,
        "published": published.isoformat() if published else "",
        "authors": list(page.authors),
        "lang": page.lang[:2].casefold() or detect(f"{title}\n{text}"),
    }


def _articles(source: Path, refused: list[Reject], progress: Progress) -> list[Article]:
    """The articles of a file, each id once."""
    found: dict[str, Article] = {}
    for article in _each(source, article_from_line, refused, progress):
        if article.id in found:
            first = found[article.id].location
            refused.append(Reject("read", article.location, f"id {article.id!r} is also that of {first}", article.id))
        else:
            found[article.id] = article
    return list(found.values())


def _group_lines(group: CopyGroup) -> Iterator[JsonObject]:
    """The output lines of one copy group."""
    yield group_line(group.lead.id, group.lead.id, 1.0, exact=False)
    for copy in group.copies:
        yield group_line(copy.article.id, group.lead.id, copy.similarity, exact=copy.exact)


def _models(model: str, device: Device, words: int) -> "tuple[Writer | None, int, Checker | None]":
    """Writer, words and checker as `summarise` takes them; `none` quotes instead of writing."""
    if model == "none":
        return None, words, None
    from pipeline.digest.check import Setting
    from pipeline.digest.loading import load_checker, load_writer

    return load_writer(model, device), words, load_checker(Setting.STRICT, device)


def _checked(line: Line, checker: "Checker") -> JsonObject:
    """The verdict on one line."""
    document = line.value.get("document")
    documents = document if isinstance(document, list) else [document]
    texts = [text for text in documents if isinstance(text, str)]
    if not texts or len(texts) < len(documents):
        raise BadLineError("'document' must be a string or a list of strings")
    checked = checker.check(text_of(line.value, "summary"), texts)
    return {
        "id": line.value.get("id"),
        "supported": all(found.verdict.supported for found in checked),
        "score": min((found.verdict.score for found in checked), default=0.0),
        "sentences": [
            {"text": found.text, "supported": found.verdict.supported, "reason": found.verdict.reason}
            for found in checked
        ],
    }
