"""The configuration: one TOML file to frozen models; an unknown or mistyped key is an error."""

import difflib
import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, EmailStr, Field, ValidationError, field_validator

from pipeline.errors import ConfigError

DEFAULT_MODEL = "smollm2-135m-instruct"
Device = Literal["auto", "cpu", "cuda", "mps"]
PositiveInt = Annotated[int, Field(gt=0)]
HeaderText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]


class _Section(BaseModel):
    """A table of the file: frozen, and no key but the ones named here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceConfig(_Section):
    """Where articles come from: a folder (read recursively) or a file."""

    path: Path
    """Folder or file; relative paths start at the configuration file."""
    name: str = ""
    """Publisher to note for articles that do not say theirs."""
    required: bool = False
    """Fail the night when this source cannot be read, instead of reporting it in the edition."""


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


class EditionConfig(_Section):
    """What the edition holds."""

    stories: PositiveInt = 30
    """At most this many stories."""
    quiet: Literal["mail", "skip"] = "mail"
    """What a night with nothing new does: a short mail, or none."""
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


class MailConfig(_Section):
    """Who gets the edition and how."""

    sender: EmailStr = "newsfold@localhost.localdomain"
    sender_name: HeaderText = "Newsfold"
    recipients: tuple[EmailStr, ...] = ()
    list_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")] = "daily.newsfold.localhost"
    """RFC 2919 identifier of the list."""
    unsubscribe_mailto: EmailStr | None = None
    unsubscribe_url: Annotated[str, Field(pattern=r"^https://[^\s<>]+$")] | None = None
    """https address that takes the one-click POST of RFC 8058; `{recipient}` is not filled in, a token is appended."""
    hold_hours: PositiveInt = 18
    """An edition older than this is held, not sent."""
    smtp: SmtpConfig | None = None
    """Without it the mail is only written to the outbox folder."""


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
    copies: CopiesConfig = CopiesConfig()
    digest: DigestConfig = DigestConfig()
    edition: EditionConfig = EditionConfig()
    mail: MailConfig = MailConfig()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Paris") from error
        return value

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
        "copies": CopiesConfig,
        "digest": DigestConfig,
        "edition": EditionConfig,
        "mail": MailConfig,
        "smtp": SmtpConfig,
    }
    names = [part for part in location[:-1] if isinstance(part, str)]
    return list(tables[names[-1]].model_fields if names else Config.model_fields)


def _resolved(config: Config, folder: Path) -> Config:
    """The same configuration with every relative path made absolute, starting at `folder`."""
    sources = tuple(source.model_copy(update={"path": folder / source.path}) for source in config.sources)
    mail = config.mail
    if mail.smtp is not None and mail.smtp.password_file is not None:
        smtp = mail.smtp.model_copy(update={"password_file": folder / mail.smtp.password_file})
        mail = mail.model_copy(update={"smtp": smtp})
    return config.model_copy(update={"data_dir": folder / config.data_dir, "sources": sources, "mail": mail})
