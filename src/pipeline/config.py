"""The configuration: one TOML file to frozen models; an unknown or mistyped key is an error."""

import difflib
import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pipeline.errors import ConfigError

DEFAULT_MODEL = "smollm2-135m-instruct"
Device = Literal["auto", "cpu", "cuda", "mps"]
PositiveInt = Annotated[int, Field(gt=0)]
HeaderText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]

HostName = Annotated[
    str,
    Field(
        max_length=200, pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
    ),
]


class _Section(BaseModel):
    """A table of the file: frozen, and no key but the ones named here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ListId = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")]


class SourceConfig(_Section):
    """Where articles come from: a folder (read recursively) or file, a feed, or a list of feeds; exactly one."""

    path: Path | None = None
    """Folder or file; relative paths start at the configuration file."""
    url: Annotated[str, Field(pattern=r"^https?://[^\s@]+$", max_length=2000)] | None = None
    """A feed on the web."""
    opml: Path | None = None
    """An OPML file: a list of feeds."""
    pattern: Annotated[str, Field(pattern=r"^[^/]+(/[^/]+)*$")] = "*"
    """Which files of a folder, and of the folders in it, are read: `*.html`, or `wire/*.jsonl` for one folder."""
    name: str = ""
    """Publisher to note for articles that do not say theirs."""
    required: bool = False
    """Fail the night when this source cannot be read, instead of reporting it in the edition."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.path, self.url, self.opml)) != 1:
            raise ValueError("give exactly one of path, url and opml")
        return self

    @property
    def place(self) -> str:
        """The source for people."""
        return self.url or str(self.path or self.opml)


class FetchConfig(_Section):
    """How feeds and pages are fetched."""

    contact: Annotated[str, Field(max_length=200, pattern=r"^[!-~]*$")] = ""
    """Address or page where site owners can complain; told with every request."""
    concurrency: PositiveInt = 32
    """Requests at once."""
    per_host: PositiveInt = 2
    """Requests at once to one host."""
    pause_seconds: Annotated[float, Field(ge=0)] = 0.5
    """Between two requests to one host."""
    timeout_seconds: PositiveInt = 30
    """For one whole answer."""
    largest_bytes: PositiveInt = 10 * 1024 * 1024
    """Of one answer, after decompression."""
    complete_teasers: bool = True
    """Fetch the page of a feed entry that is only a teaser, where robots.txt allows it."""
    allow_private: tuple[str, ...] = ()
    """Hosts, addresses and networks to ask although they are not public."""
    report_after_nights: PositiveInt = 3
    """A feed without success for so many nights is reported in the edition."""

    @field_validator("allow_private")
    @classmethod
    def _hosts_or_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            check_host_or_network(entry)
        return value


class CopiesConfig(_Section):
    """What counts as a copy, and which of several leads."""

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of their five-word runs (exact Jaccard similarity) from which two articles are copies."""
    preferred_sources: tuple[str, ...] = ()
    """Publishers whose article rather stands for all its copies, the most preferred first."""


class DigestConfig(_Section):
    """How stories are summarised."""

    model: str = DEFAULT_MODEL
    """A name from `newsfold models list`, a hub id, a local folder, or `none` to quote instead of shortening."""
    device: Device = "auto"
    """Where the model runs; `auto` takes CUDA, then MPS, then the CPU."""
    words: PositiveInt = 90
    """About how many words a digest may have."""
    batch: PositiveInt = 16
    """Sentences written at a time."""


class TopicConfig(_Section):
    """Something readers care about: a section of the edition."""

    name: Annotated[HeaderText, Field(max_length=40)]
    """What the section is called."""
    words: Annotated[tuple[Annotated[str, Field(pattern=r"\w")], ...], Field(min_length=1)]
    """Words and phrases; a story is about the topic when most of its texts name one of them at their beginning."""
    weight: Annotated[float, Field(ge=0)] = 1.0
    """How much it raises a story: 1 as much as one more outlet that reports it."""


class EditionConfig(_Section):
    """What the edition holds."""

    stories: PositiveInt = 30
    """At most this many stories."""
    quiet: Literal["mail", "skip"] = "mail"
    """What a night with nothing new, at all or on a reader's topics, does: a short mail, or none."""
    remember_days: PositiveInt = 7
    """How many nights back a story may be continued."""


class SmtpConfig(_Section):
    """The server that takes the mail. The password comes from the environment or a file, never from here."""

    host: str
    port: PositiveInt = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` is refused together with a user: a login needs an encrypted connection."""
    user: str = ""
    password_env: str = "NEWSFOLD_SMTP_PASSWORD"  # noqa: S105 - the name of a variable, not a password
    """Environment variable that holds the password."""
    password_file: Path | None = None
    """File whose first line is the password; wins over `password_env`."""
    timeout_seconds: PositiveInt = 60

    def password(self) -> str:
        """The password from the file or the environment.

        Raises ConfigError when a user is set and no password can be found.
        """
        if self.password_file is not None:
            try:
                return self.password_file.read_text(encoding="utf-8").splitlines()[0]
            except (OSError, UnicodeDecodeError, IndexError) as error:
                raise ConfigError(f"mail.smtp.password_file {self.password_file}: cannot be read ({error})") from error
        try:
            return os.environ[self.password_env]
        except KeyError as error:
            raise ConfigError(f"mail.smtp: set the environment variable {self.password_env}") from error


class DkimConfig(_Section):
    """Sign each message (RFC 6376), unless the mail server does; the domain's DNS holds the public key."""

    domain: HostName
    """The sender's domain, or one above or below it."""
    selector: HostName
    """The key's name in DNS: `<selector>._domainkey.<domain>`."""
    private_key_file: Path
    """An RSA key of 2048 bits or more, or an Ed25519 key, as PEM; nobody but owner and group may read it."""


class ReaderConfig(_Section):
    """A recipient; in the file also the address alone."""

    address: EmailStr
    topics: tuple[str, ...] | None = None
    """Names of `[[topics]]`, in this reader's order: the mail holds the stories of these; an empty list asks for all.
    Without it the list's topics hold."""


def _as_table(value: object) -> object:
    """A recipient given as an address alone, as the table it stands for."""
    return {"address": value} if isinstance(value, str) else value


def _as_tables(value: object) -> object:
    """One table where there may be several."""
    return (value,) if isinstance(value, dict | DkimConfig) else value


Recipients = tuple[Annotated[ReaderConfig, BeforeValidator(_as_table)], ...]


class ListConfig(_Section):
    """A list: who is on it, and what it is about."""

    id: ListId
    """RFC 2919 identifier; unsubscribing is from a list."""
    title: HeaderText | None = None
    """What the mail is headed with; without it the edition's title."""
    topics: tuple[str, ...] = ()
    """Names of `[[topics]]` in order: the mail holds the stories of these. Empty: the whole edition."""
    recipients: Recipients = ()
    """Who gets it: addresses, or tables of an address and that reader's own topics."""

    def topics_of(self, reader: ReaderConfig) -> tuple[str, ...]:
        """The topics whose stories a reader of this list gets; none stands for the whole edition."""
        return self.topics if reader.topics is None else reader.topics

    @model_validator(mode="after")
    def _one_choice_a_reader(self) -> Self:
        chosen: dict[str, tuple[str, ...]] = {}
        for reader in self.recipients:
            if chosen.setdefault(reader.address.casefold(), self.topics_of(reader)) != self.topics_of(reader):
                raise ValueError(f"{reader.address} is on the list {self.id} twice, with different topics")
        return self


class MailConfig(_Section):
    """Who gets the edition and how."""

    sender: EmailStr = "newsfold@localhost.localdomain"
    sender_name: HeaderText = "Newsfold"
    recipients: Recipients = ()
    """Who gets the edition: addresses, or tables of an address and that reader's topics."""
    list_id: ListId = "daily.newsfold.localhost"
    """RFC 2919 identifier of the list of `recipients`, and what the feed's ids are made of."""
    lists: tuple[ListConfig, ...] = ()
    """Further lists."""
    unsubscribe_mailto: EmailStr | None = None
    unsubscribe_url: Annotated[str, Field(pattern=r"^https://[^\s<>]+$")] | None = None
    """https address that takes the one-click POST of RFC 8058; `{recipient}` is not filled in, a token is appended."""
    hold_hours: PositiveInt = 18
    """An edition older than this is held, not sent."""
    smtp: SmtpConfig | None = None
    """Without it the mail is only written to the outbox folder."""
    dkim: Annotated[tuple[DkimConfig, ...], BeforeValidator(_as_tables)] = ()
    """Keys that sign, a table or several, such as RSA and Ed25519 side by side (RFC 8463 section 3). Without any the
    signature is left to the mail server."""

    @property
    def every_list(self) -> tuple[ListConfig, ...]:
        """All lists, that of `recipients` first; it is left out where nobody is on it and there are others."""
        plain = ListConfig(id=self.list_id, recipients=self.recipients)
        return (plain, *self.lists) if self.recipients or not self.lists else self.lists

    @field_validator("dkim")
    @classmethod
    def _sender_is_covered(cls, value: tuple[DkimConfig, ...], info: ValidationInfo) -> tuple[DkimConfig, ...]:
        """DMARC counts a signature only when its domain and the sender's belong together."""
        domain = str(info.data.get("sender", "")).rpartition("@")[2].casefold()
        for key in value if domain else ():
            signing = key.domain.casefold()
            if not f".{domain}".endswith(f".{signing}") and not signing.endswith(f".{domain}"):
                raise ValueError(f"domain {key.domain!r} is not that of the sender, {domain!r}")
        if len({(key.domain.casefold(), key.selector.casefold()) for key in value}) < len(value):
            raise ValueError("each key needs a selector of its own: its public half lies there in DNS")
        return value

    @model_validator(mode="after")
    def _lists_differ(self) -> Self:
        ids = [one.id.casefold() for one in self.every_list]
        if len(set(ids)) < len(ids):
            raise ValueError("each list needs an id of its own; mail.list_id is that of mail.recipients")
        return self


class Config(_Section):
    """The whole configuration. Relative paths have been resolved against the file's folder."""

    title: HeaderText = "Newsfold"
    timezone: str = "UTC"
    """Names the night and the times shown: an IANA name such as `Europe/Paris`."""
    data_dir: Path = Path("data")
    """State, outbox and archive live here."""
    archive_url: Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s<>\"]+$")] | None = None
    """Address the archive is served under: the mail links to it and the feed's links are absolute."""
    languages: tuple[str, ...] = ()
    """Languages to keep, as ISO 639-1 codes; empty keeps all."""
    sources: tuple[SourceConfig, ...] = ()
    fetch: FetchConfig = FetchConfig()
    copies: CopiesConfig = CopiesConfig()
    digest: DigestConfig = DigestConfig()
    edition: EditionConfig = EditionConfig()
    topics: tuple[TopicConfig, ...] = ()
    """Sections of the edition, in this order; what is about none comes last."""
    mail: MailConfig = MailConfig()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Paris") from error
        return value

    @field_validator("mail")
    @classmethod
    def _topics_are_known(cls, value: MailConfig, info: ValidationInfo) -> MailConfig:
        known = [topic.name for topic in info.data.get("topics", ())]
        for one in value.every_list:
            for name in (*one.topics, *(topic for reader in one.recipients for topic in reader.topics or ())):
                if name not in known:
                    raise ValueError(
                        f"list {one.id}: {name!r} is none of the [[topics]] ({', '.join(known) or 'none'})"
                    )
        return value

    @property
    def state_file(self) -> Path:
        """Where the state of this configuration lies."""
        return self.data_dir / "state.sqlite"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that names the night."""
        return ZoneInfo(self.timezone)


def load(path: Path) -> Config:
    """Read a TOML file.

    Raises ConfigError naming every wrong key, with the nearest valid name for an unknown one.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"configuration {path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"configuration {path}: not valid TOML ({error})") from error
    try:
        config = Config.model_validate(table)
    except ValidationError as error:
        lines = "\n".join(f"  {_explain(item['loc'], item['type'], item['msg'])}" for item in error.errors())
        raise ConfigError(f"configuration {path}:\n{lines}") from error
    return _resolved(config, path.parent.resolve())


def _explain(location: tuple[int | str, ...], kind: str, message: str) -> str:
    """One line for one wrong key: where it is, what is wrong and, for an unknown key, the nearest valid name."""
    where = ".".join(str(part) for part in location)
    if kind != "extra_forbidden":
        return f"{where}: {message}"
    near = difflib.get_close_matches(str(location[-1]), _valid_keys(location), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; valid here: {', '.join(_valid_keys(location))}"
    return f"{where}: unknown key{hint}"


def _valid_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys the table around `location` knows."""
    tables: dict[str, type[_Section]] = {
        "sources": SourceConfig,
        "fetch": FetchConfig,
        "copies": CopiesConfig,
        "digest": DigestConfig,
        "edition": EditionConfig,
        "topics": TopicConfig,
        "mail": MailConfig,
        "smtp": SmtpConfig,
        "dkim": DkimConfig,
        "lists": ListConfig,
        "recipients": ReaderConfig,
    }
    names = [part for part in location[:-1] if isinstance(part, str)]
    return list(tables[names[-1]].model_fields if names else Config.model_fields)


def _resolved(config: Config, folder: Path) -> Config:
    """The same configuration with every relative path made absolute, starting at `folder`."""
    sources = tuple(_located(source, folder) for source in config.sources)
    mail = config.mail
    if mail.smtp is not None and mail.smtp.password_file is not None:
        smtp = mail.smtp.model_copy(update={"password_file": folder / mail.smtp.password_file})
        mail = mail.model_copy(update={"smtp": smtp})
    keys = tuple(key.model_copy(update={"private_key_file": folder / key.private_key_file}) for key in mail.dkim)
    mail = mail.model_copy(update={"dkim": keys})
    return config.model_copy(update={"data_dir": folder / config.data_dir, "sources": sources, "mail": mail})


def _located(source: SourceConfig, folder: Path) -> SourceConfig:
    """A source whose file, if it is one, is named from the root."""
    places = {"path": source.path, "opml": source.opml}
    return source.model_copy(update={key: folder / place for key, place in places.items() if place is not None})


def check_host_or_network(entry: str) -> None:
    """Raise ValueError when the text is no host name, address or network."""
    try:
        ipaddress.ip_network(entry, strict=False)
    except ValueError:
        if not entry or set(entry) & set("/:@ ") or entry.replace(".", "").isdigit():
            raise ValueError(f"{entry!r} is no host name, address or network such as 10.0.0.0/8") from None
