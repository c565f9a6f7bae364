"""From an edition to its view: head, stories, and the foot that accounts for everything that came in."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.forms.stories import Clock, headline, view_story
from pipeline.forms.view import EditionView, FailureView, LedgerRow, Reason
from pipeline.forms.words import clean, clip, counted, day_month, listed, local, place, safe_url, weekday
from pipeline.records import Choice, Edition, Entry, Method, Reject

_UNSUBSCRIBE: Final = (
    "To stop this mail, use your mail program’s unsubscribe command, if it shows one, or write to its sender."
)
_SUBJECT: Final = 120
_TITLE: Final = 60
_NOTE: Final = 200
"""Characters of a reason or a location: diagnostics, which may quote a whole broken line."""


def view_edition(edition: Edition, zone: ZoneInfo, web: str = "") -> EditionView:
    """Everything the forms show of an edition, with times on the zone's clock; `web` is its page's address, if any."""
    clock = Clock(edition.cutoff, zone)
    title = clip(clean(edition.title), _TITLE) or "Newsfold"
    quiet = "" if edition.entries else _quiet(edition)
    return EditionView(
        title=title,
        night=edition.id,
        web=safe_url(web),
        subject=_subject(edition, title),
        preheader=quiet or _preheader(edition),
        date=f"{weekday(edition.night)} {edition.night.year}",
        counts=_counts(edition, len(edition.entries)),
        cutoff=_cutoff(edition.night, clock),
        alarm=_alarm(edition),
        quiet=quiet,
        stories=tuple(view_story(entry, rank, clock) for rank, entry in enumerate(edition.entries, start=1)),
        ledger=_ledger(edition, len(edition.entries)),
        failed=tuple(_failure(item) for item in edition.failed_sources),
        left_out=_by_reason((item.reason, clean(item.headline) or item.story) for item in edition.left_out),
        rejected=_by_reason(_rejected(item) for item in edition.rejects),
        made=_made(edition),
        unsubscribe=_UNSUBSCRIBE,
    )


def view_choice(edition: Edition, view: EditionView, choice: Choice) -> EditionView:
    """The same edition as a mail of the stories of some topics, under a list's title.

    Each story is the whole edition's, word for word; only its number and its section are the mail's own. It stands
    under the topic it is most about of those chosen; topics stand in the order of the choice.
    """
    title = clip(clean(choice.title), _TITLE) or view.title
    chosen = _chosen(edition.entries, choice.topics) if choice.topics else [(at, "") for at in range(len(view.stories))]
    told = replace(edition, entries=tuple(edition.entries[at] for at, _ in chosen))
    about = listed([clean(topic) for topic in choice.topics])
    quiet = view.quiet or ("" if chosen else _off_topic(view, about))
    return replace(
        view,
        title=title,
        subject=_subject(told, title, about),
        preheader=quiet or _preheader(told),
        counts=_counts(edition, len(chosen)),
        quiet=quiet,
        stories=tuple(
            replace(view.stories[at], rank=rank, section=clean(section) or view.stories[at].section)
            for rank, (at, section) in enumerate(chosen, start=1)
        ),
        ledger=_ledger(edition, len(chosen)),
        made=_made(told),
        further=_further(len(edition.entries) - len(chosen), about),
    )


def _chosen(entries: Sequence[Entry], topics: Sequence[str]) -> list[tuple[int, str]]:
    """The places of the entries that are about some topics, each with its topic; by topic, then best first."""
    about = ((at, next((topic for topic in entry.topics if topic in topics), "")) for at, entry in enumerate(entries))
    found = [(at, topic) for at, topic in about if topic]
    return sorted(found, key=lambda one: (topics.index(one[1]), -entries[one[0]].score, one[0]))


def _subject(edition: Edition, title: str, about: str = "") -> str:
    """The subject line; only the headline gives way when it is too long. `about` names the topics chosen, if any."""
    start = f"{title}, {weekday(edition.night)}: "
    if not edition.entries:
        failed = len(edition.failed_sources)
        nothing = clip(f"nothing new on {about}" if about else "nothing new", _SUBJECT)
        return f"{start}{nothing}" + (f" ({counted(failed, 'source')} failed)" if failed else "")
    others = len(edition.entries) - 1
    end = f" and {others:,} more" if others else ""
    return start + clip(headline(edition.entries[0].summary), _SUBJECT - len(start) - len(end)) + end


def _preheader(edition: Edition) -> str:
    """What a mail program shows behind the subject: the next headlines, or the lone story's first sentence."""
    others = [clip(headline(entry.summary), _TITLE) for entry in edition.entries[1:4]]
    return " · ".join(others) if others else clip(clean(edition.entries[0].summary.text), _NOTE)


def _counts(edition: Edition, told: int) -> str:
    """What came in and what became of it; `told` stories are in this form."""
    found = len(edition.entries)
    if not edition.counts.articles:
        return f"{counted(edition.counts.items, 'item')} came in · no stories"
    stories = counted(found, "story", "stories") if found else "no stories"
    if told != found:
        stories = f"{told:,} of {stories}"
    return " · ".join(
        (
            f"{counted(edition.counts.articles, 'article')} from {counted(edition.counts.outlets, 'outlet')}",
            f"{counted(edition.counts.copies, 'copy', 'copies')} folded",
            stories,
        )
    )


def _cutoff(night: date, clock: Clock) -> str:
    """Until when the sources were read, and whose clock every time is on."""
    moment = local(clock.cutoff, clock.zone)
    day = "" if moment.date() == night else f" on {day_month(moment.date(), night)}"
    return f"Sources read at {moment.hour:02}:{moment.minute:02}{day} · times in {clock.zone}"


def _alarm(edition: Edition) -> str:
    failed = len(edition.failed_sources)
    return f"{counted(failed, 'source')} could not be read: news may be missing." if failed else ""


def _quiet(edition: Edition) -> str:
    """What a night without stories says: what is known, and no more."""
    if edition.failed_sources:
        failed = counted(len(edition.failed_sources), "source")
        return f"No new story was found, but {failed} could not be read: perhaps it was not a quiet night."
    if edition.left_out:
        stories = counted(len(edition.left_out), "story was", "stories were")
        reasons = "the reason is" if len(edition.left_out) == 1 else "the reasons are"
        return f"{stories} found but left out of this edition; {reasons} below."
    counts = edition.counts
    if not counts.items:
        return "All sources were read, and they held nothing at all."
    if counts.rejected == counts.items:
        return "All sources were read, but everything they held was rejected; the reasons are below."
    rejected = f" {counted(counts.rejected, 'item was', 'items were')} rejected." if counts.rejected else ""
    return f"All sources were read, and they held no story that earlier editions have not told.{rejected}"


def _off_topic(view: EditionView, about: str) -> str:
    """What a mail says when none of the edition's stories is on its reader's topics; also what may be missing."""
    found = len(view.stories)
    none = "Its one story is not" if found == 1 else f"None of its {found:,} stories is"
    return f"This edition holds nothing on {about}. {none} about your topics. {view.alarm}".rstrip()


def _further(number: int, about: str) -> str:
    """How many stories a mail leaves to the archive, and why; empty when none."""
    if not number:
        return ""
    are = counted(number, "further story of this edition is", "further stories of this edition are")
    return f"{are} in the archive: this mail was asked for with {about} alone."


def _ledger(edition: Edition, told: int) -> tuple[LedgerRow, ...]:
    """The account: what came in, less what was stopped, leaves the articles, which make the stories.

    `told` of them are in this form.
    """
    counts = edition.counts
    rows = [
        ("Items that came in", counts.items, True),
        ("− rejected", counts.rejected, False),
        ("− seen on an earlier night", counts.seen, False),
        ("− further items of one article", counts.repeats, False),
        ("= articles", counts.articles, True),
        ("of which copies, folded", counts.copies, False),
        ("Stories found", counts.stories, True),
        ("in this edition", len(edition.entries), False),
        *([("of these in this mail", told, False)] if told < len(edition.entries) else []),
        ("left out", len(edition.left_out), False),
    ]
    return tuple(LedgerRow(label, f"{number:,}", total) for label, number, total in rows)


def _rejected(item: Reject) -> tuple[str, str]:
    return f"{clean(item.stage)}: {clean(item.reason)}", place(item.location) or item.article


def _failure(item: Reject) -> FailureView:
    """A source and why it could not be read; some reasons name the source themselves, which is said once."""
    return FailureView(_note(place(item.location)), _note(item.reason.removeprefix(f"{item.location}: ")))


def _by_reason(pairs: Iterable[tuple[str, str]]) -> tuple[Reason, ...]:
    """Items gathered under their reasons, the commonest first, otherwise in the order given."""
    groups: dict[str, list[str]] = {}
    for reason, item in pairs:
        groups.setdefault(_note(reason), []).append(clean(item))
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return tuple(Reason(reason, tuple(items)) for reason, items in ordered)


def _note(text: str) -> str:
    return clip(clean(text), _NOTE)


def _made(edition: Edition) -> str:
    """Who wrote the digests and what was checked, by count."""
    summaries = [entry.summary for entry in edition.entries]
    sentences = [sentence for summary in summaries for sentence in summary.sentences]
    if not sentences:
        return ""
    models = listed(list(dict.fromkeys(clean(summary.model) for summary in summaries if summary.model)))
    quoted = sum(sentence.method is Method.EXTRACTED for sentence in sentences)
    refused = sum(bool(sentence.refused) for sentence in sentences)
    if quoted == len(sentences) and not refused:
        return "No model wrote any of this: every digest sentence is quoted from the articles it cites."
    quotations = f"{counted(quoted, 'sentence is', 'sentences are')} quoted from the articles{_refusals(refused)}. "
    return (
        f"A language model ({clip(models, _NOTE) or 'unnamed'}) wrote {len(sentences) - quoted:,} "
        f"of the {counted(len(sentences), 'digest sentence')}. "
        "Each sentence was checked against the articles it cites. "
        f"{quotations if quoted else ''}The check is a program and can err: the numbers lead to the sources."
    )


def _refusals(refused: int) -> str:
    return f" ({refused:,} because the model’s wording did not pass the check)" if refused else ""
