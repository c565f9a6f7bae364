"""Lists and their readers: the plain form of the configuration, lists of their own, and what is refused."""

from pathlib import Path

import pytest

from pipeline.config import Config, MailConfig, load
from pipeline.errors import ConfigError
from pipeline.mail.audience import NOBODY, Reader, audience, choices
from pipeline.records import Choice

TOPICS = "".join(f"[[topics]]\nname = '{name}'\nwords = ['{name}']\n" for name in ("Sea", "Law"))
LISTS = """
[mail]
recipients = ["ann@example.org", { address = "bob@example.org", topics = ["Law", "Sea"] }]
list_id = "daily.example.org"
[[mail.lists]]
id = "sea.example.org"
title = "Sea news"
topics = ["Sea"]
recipients = ["Ann@example.org", { address = "carol@example.org", topics = [] },
              { address = "dan@example.org", topics = ["Law"] }]
"""


def configured(folder: Path, text: str) -> Config:
    """The configuration of a text."""
    path = folder / "newsfold.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_every_reader_has_a_list_and_a_choice(tmp_path: Path) -> None:
    """The plain list first; a reader's own topics win over the list's, and an empty list of them asks for all."""
    mail = configured(tmp_path, TOPICS + LISTS).mail
    assert audience(mail) == (
        Reader("daily.example.org", "ann@example.org", Choice()),
        Reader("daily.example.org", "bob@example.org", Choice("", ("Law", "Sea"))),
        Reader("sea.example.org", "Ann@example.org", Choice("Sea news", ("Sea",))),
        Reader("sea.example.org", "carol@example.org", Choice("Sea news", ())),
        Reader("sea.example.org", "dan@example.org", Choice("Sea news", ("Law",))),
    )
    assert len(choices(mail)) == 4


def test_a_reader_in_two_spellings_is_one(tmp_path: Path) -> None:
    """Also where the letters that differ are none of ASCII, which the ledger's columns would take for two readers."""
    spelt = "['jürgen@example.org', 'ann@example.org', 'JÜRGEN@Example.org', 'Ann@example.org']"
    mail = configured(tmp_path, f"[mail]\nrecipients = {spelt}\n").mail
    assert [reader.address for reader in audience(mail)] == ["jürgen@example.org", "ann@example.org"]


def test_without_readers_the_edition_is_for_the_outbox() -> None:
    """Nobody configured is one reader without an address, of the plain list."""
    (only,) = audience(MailConfig())
    assert (only.address, only.choice) == (NOBODY, Choice())
    assert choices(MailConfig()) == ()


def test_a_list_of_its_own_alone_makes_no_plain_list(tmp_path: Path) -> None:
    """Who needs only `[[mail.lists]]` does not get a list of nobody besides."""
    mail = configured(tmp_path, "[[mail.lists]]\nid = 'sea'\nrecipients = ['ann@example.org']").mail
    assert [one.id for one in mail.every_list] == ["sea"]
    assert [reader.list_id for reader in audience(mail)] == ["sea"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LISTS, "mail: list daily.example.org: 'Law' is none of the [[topics]] (none)"),
        (TOPICS + LISTS.replace('topics = ["Sea"]', 'topics = ["See"]'), "'See' is none of the [[topics]] (Sea, Law)"),
        (TOPICS + LISTS.replace("sea.ex", "Daily.ex"), "each list needs an id of its own"),
        (TOPICS + LISTS.replace("bob@", "ANN@"), "is on the list daily.example.org twice, with different topics"),
        (TOPICS + LISTS.replace("carol@", "ann@"), "is on the list sea.example.org twice, with different topics"),
        (TOPICS + LISTS.replace("title =", "titel ="), "mail.lists.0.titel: unknown key; did you mean 'title'?"),
        (
            TOPICS + LISTS.replace("address = 'bob", "adress = 'bob").replace('address = "b', 'adress = "b'),
            "'address'?",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A topic nobody defined, two lists of one id, a reader with two choices: each would send the wrong mail."""
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, text)
    assert said in str(caught.value)
