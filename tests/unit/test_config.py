"""The configuration says exactly what is wrong with it, and holds nothing that is."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from articles import write
from pipeline.config import Config, DkimConfig, MailConfig, ReaderConfig, SmtpConfig, load
from pipeline.errors import ConfigError
from pipeline.schema import Table, example, reference, tables

ROOT = Path(__file__).parents[2]

FULL = """
title = "Morning"
timezone = "Europe/Paris"
data_dir = "state"
languages = ["en", "fr"]

[[sources]]
path = "inbox"
name = "Example Post"
required = true

[[sources]]
path = "/var/feeds/all.xml"

[digest]
words = 60
device = "cpu"

[edition]
stories = 5
quiet = "skip"

[mail]
sender = "desk@example.org"
recipients = ["reader@example.org"]
list_id = "daily.example.org"
unsubscribe_url = "https://example.org/leave"

[mail.smtp]
host = "smtp.example.org"
user = "desk"
password_file = "secret"
"""


def config(folder: Path, text: str) -> Config:
    """The configuration in a file of this text."""
    return load(write(folder, "newsfold.toml", text))


def complaint(folder: Path, text: str) -> str:
    """What is wrong with a file of this text."""
    with pytest.raises(ConfigError) as caught:
        config(folder, text)
    return str(caught.value)


def test_an_empty_file_is_a_configuration(tmp_path: Path) -> None:
    """Everything has a default."""
    assert config(tmp_path, "").model_copy(update={"data_dir": Path("data")}) == Config()


def test_every_key_arrives(tmp_path: Path) -> None:
    """Nothing that is set is passed over."""
    found = config(tmp_path, FULL)
    assert (found.title, found.languages, found.zone) == ("Morning", ("en", "fr"), ZoneInfo("Europe/Paris"))
    assert [(source.name, source.required) for source in found.sources] == [("Example Post", True), ("", False)]
    assert (found.digest.words, found.digest.device, found.edition.stories, found.edition.quiet) == (
        60,
        "cpu",
        5,
        "skip",
    )
    assert found.mail.smtp is not None
    assert (found.mail.recipients, found.mail.smtp.port) == ((ReaderConfig(address="reader@example.org"),), 587)


def test_relative_paths_start_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer starts the program in any folder."""
    write(tmp_path, "conf/newsfold.toml", FULL)
    monkeypatch.chdir(tmp_path)
    found = load(Path("conf/newsfold.toml"))
    folder = tmp_path.resolve() / "conf"
    assert found.data_dir == folder / "state"
    assert [source.path for source in found.sources] == [folder / "inbox", Path("/var/feeds/all.xml")]
    assert found.mail.smtp is not None
    assert found.mail.smtp.password_file == folder / "secret"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('titel = "x"', "titel: unknown key; did you mean 'title'?"),
        ("[digest]\nword = 1", "digest.word: unknown key; did you mean 'words'?"),
        ("[edition]\nstory = 1", "edition.story: unknown key; did you mean 'stories'?"),
        ('[[sources]]\npath = "a"\nrequire = true', "sources.0.require: unknown key; did you mean 'required'?"),
        ('[mail.smtp]\nhost = "h"\nprot = 25', "mail.smtp.prot: unknown key; did you mean 'port'?"),
        ("[mail]\nrecipient = []", "mail.recipient: unknown key; did you mean 'recipients'?"),
        ("[mail]\nzzz = 1", "mail.zzz: unknown key; valid here: sender, sender_name, recipients"),
        ('[mail.smtp]\nhost = "h"\npassword = "p"', "mail.smtp.password: unknown key; did you mean 'password_"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_valid_one(tmp_path: Path, text: str, said: str) -> None:
    """A mistyped key must not be a setting that silently does nothing."""
    assert said in complaint(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("title = 1", "title"),
        ('title = ""', "title"),
        ('title = "a\\nBcc: x@example.org"', "title"),
        ('languages = "en"', "languages"),
        ("[digest]\nwords = 0", "digest.words"),
        ('[digest]\nwords = "many"', "digest.words"),
        ('[digest]\ndevice = "tpu"', "digest.device"),
        ('[edition]\nquiet = "maybe"', "edition.quiet"),
        ("[[sources]]\nname = 'x'", "sources.0"),
        ("[[sources]]\npath = 'x'\nopml = 'y'", "sources.0"),
        ("[[sources]]\nurl = 'file:///etc/passwd'", "sources.0.url"),
        ("[[sources]]\nurl = 'https://user:secret@e.org/'", "sources.0.url"),
        ("[fetch]\nallow_private = ['10.0.0.0/33']", "fetch.allow_private"),
        ("sources = 1", "sources"),
        ('[mail]\nsender = "nobody"', "mail.sender"),
        ('[mail]\nsender_name = "a\\r\\nBcc: x"', "mail.sender_name"),
        ('[mail]\nrecipients = ["a@example.org", "b"]', "mail.recipients.1.address"),
        ('[mail]\nlist_id = "a b"', "mail.list_id"),
        ('[mail]\nlist_id = "news..example"', "mail.list_id"),
        ('[mail]\nunsubscribe_url = "http://example.org/"', "mail.unsubscribe_url"),
        ('archive_url = "javascript:alert(1)"', "archive_url"),
        ('[mail.smtp]\nhost = "h"\nsecurity = "ssl"', "mail.smtp.security"),
        ("[mail.smtp]\nport = 25", "mail.smtp.host"),
        ("[mail.smtp]\nhost = 'h'\nport = 99999", "mail.smtp.port"),
        ("[edition]\nstories = '3'", "edition.stories"),
        ("[edition]\nstories = true", "edition.stories"),
        ("[edition]\nstories = 3.0", "edition.stories"),
        ("[edition]\nremember_days = 99999999999", "edition.remember_days"),
        ("[keep]\ntexts_days = 99999999999", "keep.texts_days"),
        ("[mail]\nhold_hours = 99999999999", "mail.hold_hours"),
        ("[fetch]\npause_seconds = inf", "fetch.pause_seconds"),
        ("[fetch]\npause_seconds = '1'", "fetch.pause_seconds"),
        ("[fetch]\ncomplete_teasers = 'yes'", "fetch.complete_teasers"),
        ("[[sources]]\npath = 'a'\nrequired = 1", "sources.0.required"),
        ("[[topics]]\nname = 'x'\nwords = ['y']\nweight = inf", "topics.0.weight"),
        ("data_dir = '~/news'", "data_dir"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(tmp_path: Path, text: str, where: str) -> None:
    """Wrong types, empty names, header injection and unencrypted addresses, each with where it stands."""
    assert f"\n  {where}: " in complaint(tmp_path, text)


def test_a_whole_number_is_a_number(tmp_path: Path) -> None:
    """What TOML writes without a point may stand where one may be."""
    assert config(tmp_path, "[fetch]\npause_seconds = 1").fetch.pause_seconds == 1


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    """Nobody wants to repair a file one error a run."""
    said = complaint(tmp_path, 'titel = "x"\ntimezone = "Mars"\n[digest]\nwords = -1\nmodell = "m"')
    assert [line.split(":")[0].strip() for line in said.splitlines()[1:]] == [
        "timezone",
        "digest.words",
        "digest.modell",
        "titel",
    ]


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "Europe", "../etc/passwd", "/etc/passwd", "a" * 300, "UTC\\u0000"]
)
def test_a_zone_must_exist(tmp_path: Path, zone: str) -> None:
    """A folder of the zone database, a path and nonsense are errors of the configuration, not of the program."""
    assert "is not an IANA time zone such as Europe/Paris" in complaint(tmp_path, f'timezone = "{zone}"')


@pytest.mark.parametrize("text", ["title = ", "[digest", b"title = '\xff'", "a = 1\na = 2"])
def test_what_is_no_toml_is_said(tmp_path: Path, text: str | bytes) -> None:
    """With the reason the parser gives."""
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(write(tmp_path, "newsfold.toml", text))


@given(st.text(alphabet="[]=.\"'#\n titlemails0é"))
def test_any_text_is_a_configuration_or_an_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Nothing but a ConfigError leaves `load`."""
    path = write(tmp_path_factory.getbasetemp(), "any.toml", text)
    try:
        assert isinstance(load(path), Config)
    except ConfigError as error:
        assert str(path) in str(error)  # noqa: PT017 - either outcome is right


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    """Some editors write one."""
    assert load(write(tmp_path, "newsfold.toml", b"\xef\xbb\xbftitle = 'x'")).title == "x"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file and a folder in its place."""
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read"):
        load(tmp_path / "missing.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_a_configuration_cannot_be_changed() -> None:
    """Stages get it and must not talk to each other through it."""
    found = Config()
    with pytest.raises(ValidationError, match="frozen"):
        found.title = "x"
    with pytest.raises(ValidationError, match="frozen"):
        found.mail.sender_name = "x"


def test_the_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never from the file people copy into tickets."""
    monkeypatch.setenv("NEWSFOLD_SMTP_PASSWORD", "one")
    monkeypatch.setenv("DESK_PASSWORD", "two")
    assert SmtpConfig(host="h", user="desk").password().get_secret_value() == "one"
    assert SmtpConfig(host="h", user="desk", password_env="DESK_PASSWORD").password().get_secret_value() == "two"


def test_a_password_file_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first line is the password, blanks included."""
    monkeypatch.setenv("NEWSFOLD_SMTP_PASSWORD", "one")
    path = write(tmp_path, "secret", "p w \r\nsecond line\n")
    assert SmtpConfig(host="h", user="desk", password_file=path).password().get_secret_value() == "p w "


def test_a_missing_password_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to do."""
    monkeypatch.delenv("NEWSFOLD_SMTP_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match="set the environment variable NEWSFOLD_SMTP_PASSWORD"):
        SmtpConfig(host="h", user="desk").password()


def test_a_byte_order_mark_is_no_part_of_a_password(tmp_path: Path) -> None:
    """Nor is the end of a line, as editors of other systems write it."""
    path = write(tmp_path, "secret", b"\xef\xbb\xbfhunter2 \r\nnot this\r\n")
    assert SmtpConfig(host="h", user="desk", password_file=path).password().get_secret_value() == "hunter2 "


def test_an_empty_variable_is_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before the night, and not by the server in the middle of it."""
    monkeypatch.setenv("NEWSFOLD_SMTP_PASSWORD", "")
    with pytest.raises(ConfigError, match="set the environment variable NEWSFOLD_SMTP_PASSWORD"):
        SmtpConfig(host="h", user="desk").password()


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"\nhunter2\n", "hunter2\n".encode("utf-16")])
def test_an_unusable_password_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty and not text."""
    path = tmp_path / "secret" if content is None else write(tmp_path, "secret", content)
    with pytest.raises(ConfigError, match=r"mail\.smtp\.password_file .*secret: cannot be read"):
        SmtpConfig(host="h", user="desk", password_file=path).password()


def test_a_credential_of_the_service_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the service manager hands over is meant for this service; a folder without it changes nothing."""
    monkeypatch.setenv("NEWSFOLD_SMTP_PASSWORD", "one")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    unreadable = tmp_path / "not" / "there"
    assert SmtpConfig(host="h", user="desk").password().get_secret_value() == "one"
    write(tmp_path, "smtp-password", "two\n")
    assert SmtpConfig(host="h", user="desk", password_file=unreadable).password().get_secret_value() == "two"


def test_secrets_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the form in which Python shows an object, nor in what is said of a file that cannot be read."""
    monkeypatch.setenv("NEWSFOLD_SMTP_PASSWORD", "hunter2")
    monkeypatch.setenv("NEWSFOLD_DKIM_KEY", "hunter2")
    smtp, dkim = SmtpConfig(host="h", user="desk"), DkimConfig(domain="example.org", selector="news")
    shown = (smtp, smtp.password(), dkim, dkim.key_in_environment())
    assert "hunter2" not in "".join(f"{one!r}{one}" for one in shown)
    secret = write(tmp_path, "secret", b"hunter2\xff")
    with pytest.raises(ConfigError, match="no line of UTF-8 text") as caught:
        SmtpConfig(host="h", user="desk", password_file=secret).password()
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sources]\npath = 'in'", "write [[sources]], in two pairs of brackets"),
        ("[[mail]]\nsender_name = 'x'", "write [mail], in one pair of brackets"),
        ("mail = 'ann@example.org'", "write [mail], in one pair of brackets"),
        ("[[mail.smtp]]\nhost = 'h'", "write [mail.smtp], in one pair of brackets"),
        ("sources = ['in']", "sources.0: there may be several of these tables; write [[sources]]"),
        ("languages = 'en'", "languages: a list; write it in square brackets"),
        ("[mail]\nrecipients = 'ann@example.org'", "mail.recipients: a list; write it in square brackets"),
        ("[mail]\nrecipients = [5]", "mail.recipients.0: text or a table"),
        ("timezone = 'Mars'", "timezone: 'Mars' is not an IANA time zone"),
        ("[smtp]\nhost = 'h'", "smtp: unknown key; did you mean 'mail.smtp'?"),
        ("[edtion]\nstories = 3", "edtion: unknown key; did you mean 'edition'?"),
        ("recipient = ['ann@example.org']", "recipient: unknown key; did you mean 'mail.recipients'?"),
        ("recipients = ['ann@example.org']", "recipients: unknown key; did you mean 'mail.recipients'?"),
        ("Data-Dir = 'x'", "Data-Dir: unknown key; did you mean 'data_dir'?"),
        ("[[topics]]\nname = 'x'\nwords = ['y']\nwieght = 2", "topics.0.wieght: unknown key; did you mean 'weight'?"),
        ("[mail.dkim]\nselektor = 'x'", "mail.dkim.0.selektor: unknown key; did you mean 'selector'?"),
    ],
)
def test_a_key_in_the_wrong_place_is_put_right(tmp_path: Path, text: str, said: str) -> None:
    """The slips people make with TOML's tables, at every depth, are answered with what to write."""
    assert said in complaint(tmp_path, text)


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.header or "top")
def test_every_key_mistyped_is_told_its_name(tmp_path: Path, table: Table) -> None:
    """In each table of the schema, also in lists of tables, a key with one letter too many is recognised."""
    typed = "".join(f"{key.name}q = 1\n" for key in table.keys)
    said = complaint(tmp_path, f"{table.header}\n{typed}")
    assert [key.name for key in table.keys if f"{key.name}q: unknown key; did you mean {key.name!r}?" not in said] == []


def test_the_example_file_is_the_schemas(tmp_path: Path) -> None:
    """`newsfold.example.toml` is what the program would write, loads as it stands, and fits a terminal."""
    text = (ROOT / "newsfold.example.toml").read_text(encoding="utf-8")
    assert text == example(), "run `make docs`"
    found = config(tmp_path, text)
    assert found.model_copy(update={"data_dir": Path("data"), "sources": ()}) == Config()
    assert [source.place for source in found.sources] == [str(tmp_path.resolve() / "inbox")]
    assert max(map(len, text.splitlines())) <= 120


def test_the_reference_page_is_the_schemas() -> None:
    """`docs/configuration.md` says of every key what the program does with it today."""
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == reference(), "run `make docs`"


def test_the_example_shows_every_key(tmp_path: Path) -> None:
    """With each commented line put to use the example is a configuration that sets all there is.

    Of the three places a source may be at it shows all, but uses one.
    """
    text = re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", example()).replace("newsfold@localhost.localdomain", "a@example.org")
    used, others = re.subn(r'(?m)^(?:url = "https://news|opml = ).*$', "", text)
    assert others == 2
    found = config(tmp_path, used)
    assert found.model_fields_set >= set(Config.model_fields)
    assert found.mail.model_fields_set >= set(MailConfig.model_fields)
    tables = (*found.sources, found.fetch, *found.topics, found.copies, found.digest, found.edition, found.mail.smtp)
    for table in (*tables, *found.mail.dkim, *found.mail.lists):
        assert table is not None
        assert table.model_fields_set >= set(type(table).model_fields) - {"url", "opml"}
