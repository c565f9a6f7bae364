"""The configuration: one TOML file to frozen models; an unknown or mistyped key is an error."""

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict

from pipeline.credentials import credential, first_line, in_environment
from pipeline.errors import ConfigError
from pipeline.values import (
    FOLDER,
    Days,
    FeedAddress,
    HeaderText,
    HostName,
    HostsAndNetworks,
    Hours,
    ListId,
    Location,
    Number,
    PingAddress,
    Port,
    PositiveDays,
    PositiveInt,
    Seconds,
    SecureAddress,
    Switch,
    Textfile,
    WebAddress,
)

DEFAULT_MODEL = "smollm2-135m-instruct"
Device = Literal["auto", "cpu", "cuda", "mps"]
Engine = Literal["local", "ray"]


class _Section(BaseModel):
    """A table of the file: frozen, and no key but the ones named here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceConfig(_Section):
    """Where articles come from: exactly one of path, url and opml. As many of these tables as wanted."""

    path: Annotated[Location | None, Field(examples=["inbox"])] = None
    """A file, or a folder with all folders in it; or, instead of it, one of the next two."""
    url: Annotated[FeedAddress | None, Field(examples=["https://news.example.org/feed.xml"])] = None
    """A feed on the web: RSS, Atom, RDF or JSON Feed."""
    opml: Annotated[Location | None, Field(examples=["feeds.opml"])] = None
    """An OPML file: a list of feeds."""
    pattern: Annotated[str, Field(pattern=r"^[^/]+(/[^/]+)*$", examples=["*.html", "wire/*.jsonl"])] = "*"
    """Which files of a folder, and of the folders in it, are read."""
    name: Annotated[str, Field(examples=["Harbour Post"])] = ""
    """The publisher to note for articles that do not say theirs."""
    required: Switch = False
    """Fail the night when this source cannot be read, instead of only reporting it."""

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

    contact: Annotated[str, Field(max_length=200, pattern=r"^[!-~]*$", examples=["desk@example.org"])] = ""
    """An address or a page for site owners, told with every request."""
    concurrency: PositiveInt = 32
    """Requests at once."""
    per_host: PositiveInt = 2
    """Requests at once to one host."""
    pause_seconds: Annotated[Number, Field(ge=0, le=3_600)] = 0.5
    """Seconds between two requests to one host."""
    timeout_seconds: Seconds = 30
    """Seconds that one whole answer may take."""
    largest_bytes: PositiveInt = 10 * 1024 * 1024
    """Size of one answer after decompression; what is larger is refused."""
    complete_teasers: Switch = True
    """Fetch the page of a feed entry that is only a teaser, where robots.txt allows it."""
    allow_private: Annotated[HostsAndNetworks, Field(examples=[["10.0.0.0/8"]])] = ()
    """Hosts and networks to ask although they are not public."""
    report_after_nights: PositiveDays = 1
    """A feed without success for so many nights is reported in the edition; where that is quiet, every one."""


class CopiesConfig(_Section):
    """What counts as a copy, and which of several leads."""

    threshold: Annotated[Number, Field(gt=0, le=1)] = 0.5
    """Share of five-word runs in common (exact Jaccard) from which two articles are copies."""
    preferred_sources: Annotated[tuple[str, ...], Field(examples=[["Reuters"]])] = ()
    """Publishers whose article stands for its copies, the most preferred first."""


class DigestConfig(_Section):
    """How stories are summarised."""

    model: str = DEFAULT_MODEL
    """A name of `newsfold models list`, a hub id, a local folder, or "none" to quote only."""
    device: Device = "auto"
    """Where the model runs; "auto" tries cuda, mps, cpu."""
    words: PositiveInt = 90
    """About how many words a digest may have."""
    batch: PositiveInt = 16
    """Sentences written at a time."""


class TopicConfig(_Section):
    """Something readers care about: a section of the edition. As many as wanted, in the edition's order."""

    name: Annotated[HeaderText, Field(max_length=40, examples=["Energy"])]
    """What the section is called."""
    words: Annotated[
        tuple[Annotated[str, Field(pattern=r"\w")], ...], Field(min_length=1, examples=[["wind power", "grid", "oil"]])
    ]
    """Words and phrases; a story belongs here when most of its texts begin with one."""
    weight: Annotated[Number, Field(ge=0)] = 1.0
    """How much it raises a story: 1 as much as one more outlet that reports it."""


class EditionConfig(_Section):
    """What the edition holds."""

    stories: PositiveInt = 30
    """At most this many stories."""
    quiet: Literal["mail", "skip"] = "mail"
    """What a night with nothing new, at all or on a reader's topics, gives: a short mail, or none."""
    remember_days: PositiveDays = 7
    """How many nights back a story may be continued."""


class KeepConfig(_Section):
    """For how many days the state keeps what; 0 keeps it for good. What is older is dropped at the end of a night."""

    texts_days: Days = 30
    """Articles' texts; never less than `edition.remember_days`."""
    articles_days: Days = 365
    """Articles, copies and rejects, for `newsfold explain`; an article is news but once all the same."""
    editions_days: Days = 0
    """Editions with their stories, in the state and in the archive."""
    messages_days: Days = 30
    """Mails' bytes, in the state and in the outbox."""
    receipts_days: Days = 1095
    """Who was sent what, and how each run ended; never less than `messages_days`."""


class SmtpConfig(_Section):
    """The server that takes the mail; without this table mail is only written to the outbox folder."""

    credential: ClassVar[str] = "smtp-password"
    """The password's name among a systemd service's credentials, which win over file and environment."""

    host: Annotated[str, Field(examples=["mail.example.org"])]
    """The server's name."""
    port: Port = 587
    """Its port: 587 goes with "starttls", 465 with "tls"."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How to encrypt; "none" is for a server on this machine."""
    user: Annotated[str, Field(examples=["newsfold"])] = ""
    """Whom to log in as; empty logs nobody in."""
    password_env: str = "NEWSFOLD_SMTP_PASSWORD"  # noqa: S105 - the name of a variable, not a password
    """The environment variable that holds the password."""
    password_file: Annotated[Location | None, Field(examples=["smtp-password"])] = None
    """Or a file whose first line is the password; it wins over the variable."""
    timeout_seconds: Seconds = 60
    """Seconds that the server may take for one answer, and a tenth of what it may take to accept a message."""

    def password(self) -> SecretStr:
        """The password from the service's credentials, the file or the environment.

        Raises ConfigError when no password can be found.
        """
        path = credential(self.credential) or self.password_file
        if path is not None:
            return first_line(path, "mail.smtp.password_file")
        missing = f"mail.smtp: no password; set the environment variable {self.password_env}, or password_file"
        return in_environment(self.password_env, f"{missing}, or give the service a credential named {self.credential}")


class DkimConfig(_Section):
    """A DKIM key (RFC 6376), or several side by side (RFC 8463). `newsfold config check` shows what DNS must hold."""

    domain: Annotated[HostName, Field(examples=["example.org"])]
    """The sender's domain, or one above or below it."""
    selector: Annotated[HostName, Field(examples=["newsfold"])]
    """The key's name in DNS: `<selector>._domainkey.<domain>` holds the public key."""
    private_key_file: Annotated[Location | None, Field(examples=["dkim.pem"])] = None
    """PEM, RSA of 2048 bits or more or Ed25519; nobody but owner and group may read it."""
    private_key_env: str = "NEWSFOLD_DKIM_KEY"
    """Or the environment variable that holds the key."""

    @property
    def credential(self) -> str:
        """The key's name among a systemd service's credentials, which win over file and environment: that in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def key_file(self) -> Path | None:
        """The file that holds the key: the service's credential, else the configured one."""
        return credential(self.credential) or self.private_key_file

    def key_in_environment(self) -> SecretStr:
        """The key in the environment. Raises ConfigError when it is not there."""
        missing = f"mail.dkim: no key; set private_key_file, or the environment variable {self.private_key_env}"
        return in_environment(
            self.private_key_env, f"{missing}, or give the service a credential named {self.credential}"
        )


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


INLINE: JsonDict = {"inline": True}
"""Marks a list of tables that stand in one line."""
Recipients = tuple[Annotated[ReaderConfig, BeforeValidator(_as_table)], ...]


class ListConfig(_Section):
    """A list besides that of `mail.recipients`: who is on it, and what it is about. As many as wanted."""

    id: Annotated[ListId, Field(examples=["energy.newsfold.localhost"])]
    """The list's identifier (RFC 2919); readers leave one list, not all."""
    title: Annotated[HeaderText | None, Field(examples=["Energy this morning"])] = None
    """What its mail is headed with, else the edition's title."""
    topics: Annotated[tuple[str, ...], Field(examples=[["Energy"]])] = ()
    """Names of `[[topics]]`, in order: the mail holds their stories; empty: the whole edition."""
    recipients: Annotated[Recipients, Field(examples=[["c@example.org"]], json_schema_extra=INLINE)] = ()
    """Who gets it, as in `mail.recipients`; a reader's own topics win."""

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

    sender: Annotated[EmailStr, Field(examples=["news@example.org"])] = "newsfold@localhost.localdomain"
    """The address that the mail comes from."""
    sender_name: HeaderText = "Newsfold"
    """The name that stands before it."""
    recipients: Annotated[Recipients, Field(examples=[["reader@example.org"]], json_schema_extra=INLINE)] = ()
    """Who gets a message: addresses, or tables of `address` and that reader's `topics`."""
    list_id: ListId = "daily.newsfold.localhost"
    """The list's identifier (RFC 2919); a new one is a list nobody has left."""
    unsubscribe_mailto: Annotated[EmailStr | None, Field(examples=["leave@example.org"])] = None
    """Who writes here leaves the list: `newsfold unsubscribe --mbox`."""
    unsubscribe_url: Annotated[SecureAddress | None, Field(examples=["https://example.org/leave/"])] = None
    """One-click address (RFC 8058), to which a token is appended."""
    hold_hours: Hours = 18
    """An edition older than this is held, not sent."""
    lists: tuple[ListConfig, ...] = ()
    smtp: SmtpConfig | None = None
    dkim: Annotated[tuple[DkimConfig, ...], BeforeValidator(_as_tables)] = ()

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


class WatchConfig(_Section):
    """Who learns from outside how the night went."""

    metrics_file: Annotated[Textfile | None, Field(examples=["/var/lib/prometheus/node-exporter/newsfold.prom"])] = None
    """Figures of the last run for Prometheus, as node_exporter's textfile collector reads them."""
    ping_url: Annotated[PingAddress | None, Field(examples=["https://hc-ping.com/your-uuid"])] = None
    """Asked at success; with /start and /fail behind it when a run starts or fails."""


class Config(_Section):
    """The whole configuration. Relative paths start at the folder of the file that it was loaded from."""

    title: HeaderText = "Newsfold"
    """The name of the edition."""
    timezone: Annotated[str, Field(examples=["Europe/Paris"])] = "UTC"
    """The time zone (IANA) of the night and of the times shown."""
    data_dir: Annotated[Location, Field(validate_default=True)] = Path("data")
    """Where state, outbox and archive lie."""
    archive_url: Annotated[WebAddress | None, Field(examples=["https://example.org/news"])] = None
    """Where the archive in `data_dir` is served; mail and feed link there."""
    languages: Annotated[tuple[str, ...], Field(examples=[["en", "fr"]])] = ()
    """Languages to keep, as ISO 639-1 codes; empty keeps all."""
    sources: Annotated[tuple[SourceConfig, ...], Field(examples=[[{"path": "inbox"}]])] = ()
    fetch: FetchConfig = FetchConfig()
    copies: CopiesConfig = CopiesConfig()
    digest: DigestConfig = DigestConfig()
    edition: EditionConfig = EditionConfig()
    topics: tuple[TopicConfig, ...] = ()
    keep: KeepConfig = KeepConfig()
    mail: MailConfig = MailConfig()
    watch: WatchConfig = WatchConfig()

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
    def archive_folder(self) -> Path:
        """Where the archive lies, a static site."""
        return self.data_dir / "archive"

    @property
    def outbox_folder(self) -> Path:
        """Where each message lies as a file."""
        return self.data_dir / "outbox"

    @property
    def signature_folder(self) -> Path:
        """Where the signatures of the last nights lie."""
        return self.data_dir / "signatures"

    @property
    def unfinished_folder(self) -> Path:
        """Where the checkpoints of unfinished nights lie."""
        return self.data_dir / "unfinished"

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
        return Config.model_validate(table, context={FOLDER: path.parent.resolve()})
    except ValidationError as error:
        lines = "\n".join(f"  {_explain(item['loc'], item['type'], item['msg'])}" for item in error.errors())
        raise ConfigError(f"configuration {path}:\n{lines}") from error


def _explain(location: tuple[int | str, ...], kind: str, message: str) -> str:
    """One line for one wrong key: where it is, what is wrong and, for an unknown key, the nearest valid name."""
    where = ".".join(map(str, location))
    name = ".".join(part for part in location if isinstance(part, str))
    is_table = _section_at(location) is not None and name not in _inline(Config)
    if kind == "extra_forbidden":
        return f"{where}: unknown key{_hint(location)}"
    if kind == "tuple_type" or (kind == "model_type" and isinstance(location[-1], int)):
        if is_table:
            return f"{where}: there may be several of these tables; write [[{name}]], in two pairs of brackets"
        return f"{where}: a list; write it in square brackets" if kind == "tuple_type" else f"{where}: text or a table"
    if kind == "model_type":
        return f"{where}: a table; write [{where}], in one pair of brackets, with its keys below"
    return f"{where}: {message.removeprefix('Value error, ')}"


def _hint(location: tuple[int | str, ...]) -> str:
    """What an unknown key was meant to be: one that its table knows, or one of that name or nearly so elsewhere."""
    name, table = str(location[-1]), _section_at(location[:-1])
    known = list(table.model_fields) if table else []
    elsewhere: dict[str, str] = {}
    for path in _paths(Config):
        elsewhere.setdefault(path.rpartition(".")[2], path)
    typed = name.casefold().replace("-", "_")
    near, far = (difflib.get_close_matches(typed, names, n=1) for names in (known, elsewhere))
    if meant := elsewhere.get(name) or (near and near[0]) or (far and elsewhere[far[0]]):
        return f"; did you mean {meant!r}?"
    return f"; valid here: {', '.join(known)}"


def _section_at(location: tuple[int | str, ...]) -> type[_Section] | None:
    """The kind of table at a place, None where there is none; a list's tables are of the list's kind."""
    table: type[_Section] | None = Config
    for name in location:
        if isinstance(name, str):
            field = table.model_fields.get(name) if table else None
            table = table_kind(field.annotation) if field else None
    return table


def table_kind(annotation: object) -> type[_Section] | None:
    """The kind of table that a field's type holds, alone, in a list, or if it is given; None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, _Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := table_kind(part))), None)


def _paths(table: type[_Section]) -> Iterator[str]:
    """Every key and table that stands in a table and in those below it, with its way from there."""
    for name, field in table.model_fields.items():
        yield name
        if (below := table_kind(field.annotation)) and field.json_schema_extra != INLINE:
            yield from (f"{name}.{path}" for path in _paths(below))


def _inline(table: type[_Section]) -> Iterator[str]:
    """The keys of a table and of those below it whose tables stand in one line, with their way from there."""
    for name, field in table.model_fields.items():
        if field.json_schema_extra == INLINE:
            yield name
        elif below := table_kind(field.annotation):
            yield from (f"{name}.{path}" for path in _inline(below))
