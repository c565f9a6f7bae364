"""The edition as it stands now, in a folder of its own: mails, and the part of the archive that its pages lead to."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.config import Config
from pipeline.files import write_atomically
from pipeline.forms.feed import Home
from pipeline.nightly.desk import Moment
from pipeline.nightly.run import make_edition
from pipeline.progress import QUIET, Progress
from pipeline.records import Edition, Issue, Rendered, Telling
from pipeline.stages.publish import linked_editions, publish_editions, publish_index
from pipeline.store.core import Store, store_to_read


def write_preview(config: Config, moment: Moment, folder: Path, progress: Progress = QUIET) -> tuple[Path, ...]:
    """Make the edition and write it; the files to look at. Nothing is saved or sent.

    Besides `mail.html`, `mail.txt` and `page.html` there are the letters of those who chose otherwise, numbered.
    """
    with store_to_read(config.state_file) as store:
        edition, night = make_edition(config, moment, store, progress)
        rendered = night.rendered
        dropped = frozenset(store.dropped_editions())
        earlier = tuple(_linked(rendered, store, dropped))
        known = {one.edition for one in earlier}
        issues = [issue for issue in store.issues() if issue.night.isoformat() in known]
    files = {"mail.html": rendered.html, "mail.txt": rendered.text, "page.html": rendered.page}
    for number, letter in enumerate(rendered.letters, start=1):
        files |= {f"mail-{number}.html": letter.html, f"mail-{number}.txt": letter.text}
    for name, text in files.items():
        write_atomically(folder / name, text.encode("utf-8", "replace"))
    publish_editions(folder, (rendered, *earlier), dropped)
    publish_index(folder, (_issue(edition, rendered), *issues), (), Home(config.mail.list_id))
    return tuple(folder / name for name in files)


def _linked(rendered: Rendered, store: Store, dropped: frozenset[str]) -> Iterator[Rendered]:
    """The earlier editions whose pages those of an edition lead to, and theirs in turn, as far as they are kept."""
    done, waiting = {rendered.edition, *dropped}, [rendered]
    while waiting:
        one = waiting.pop()
        nights = {night for story in one.stories for night in linked_editions(story.html)} - done
        done |= nights
        found = [earlier for night in sorted(nights) if (earlier := store.edition(night)) is not None]
        waiting += found
        yield from found


def _issue(edition: Edition, rendered: Rendered) -> Issue:
    """An edition that was not saved, as the index lists it."""
    leads = tuple(
        Telling(edition.night, entry.summary.story.id, entry.summary.headline or entry.summary.text, has_page=True)
        for entry in edition.entries[:10]
    )
    return Issue(
        night=edition.night,
        title=edition.title,
        subject=rendered.subject,
        cutoff=edition.cutoff,
        counts=edition.counts,
        told=len(edition.entries),
        failed_sources=len(edition.failed_sources),
        leads=leads,
    )
