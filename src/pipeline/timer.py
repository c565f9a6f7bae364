"""What starts the night: a systemd service with its timer, or a line for cron.

systemd.service(5), systemd.exec(5), systemd.timer(5), systemd.time(7); crontab(5).
"""

import shlex
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from pipeline.config import Config
from pipeline.errors import ConfigError

_NO_CONFINEMENT = """\
# A user's service manager may not hide files everywhere (ProtectSystem= and the like); what follows needs no rights.
"""
SERVICE, TIMER = "newsfold.service", "newsfold.timer"
CRON_LINES = 20
"""Of a failed night's log, as many as cron mails."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is started, with which configuration, at what time of day in its time zone.

    `user` is who it runs as; none for a unit of a user's own service manager. `models` is the folder of the weights
    where that is not the usual one.
    """

    command: Path
    config_file: Path
    config: Config
    at: time
    user: str | None = None
    models: Path | None = None


def units(job: Job) -> dict[str, str]:
    """The text of each unit by its name. Raises ConfigError for a path that no unit can name."""
    return {SERVICE: _service(job), TIMER: _timer(job)}


def cron_line(job: Job) -> str:
    """Lines for a crontab. The log goes to a file; of a night that failed its end is printed, which cron mails.

    Raises ConfigError for a path that none can name.
    """
    command = shlex.join(_checked(str(part)) for part in (job.command, "run", "--config", job.config_file))
    models = f"NEWSFOLD_MODELS={shlex.quote(_checked(str(job.models)))} " if job.models else ""
    log = shlex.quote(_checked(str(job.config.data_dir / "newsfold.log")))
    failed = f"case $? in 3|4) ;; *) tail -n {CRON_LINES} {log} ;; esac"
    line = f"{models}{command} >/dev/null 2>>{log} || {failed}".replace("%", r"\%")
    return (
        "# The log is kept in a file; cron mails its end after a night that failed, and nothing after others.\n"
        "# cron has no credentials: keep secrets in files (password_file, private_key_file).\n"
        "# A cron that does not know CRON_TZ goes by the machine's own clock.\n"
        f"CRON_TZ={job.config.timezone}\n"
        f"{job.at.minute} {job.at.hour} * * * {line}\n"
    )


def _service(job: Job) -> str:
    """The service: one night, with no more rights than it needs."""
    system = job.user is not None
    network = "Wants=network-online.target\nAfter=network-online.target\n" if system else ""
    user = f"User={_word(job.user)}\n" if job.user else ""
    models = f"Environment={_word(f'NEWSFOLD_MODELS={job.models}')}\n" if job.models else ""
    # The colon keeps `$` from beginning a variable.
    command = " ".join(map(_word, (f":{job.command}", "run", "--config", str(job.config_file))))
    return f"""\
[Unit]
Description=Newsfold: the night's news in one edition
Documentation=man:systemd.exec(5)
{network}
[Service]
Type=oneshot
ExecStart={command}
# 3: made, though some sources failed. 4: nothing new. 5, another run at work, is a failure.
SuccessExitStatus=3 4
TimeoutStartSec=12h
Nice=10
{user}{models}{_credentials(job) if system else ""}
# Code that numba compiles is kept here between nights.
CacheDirectory=newsfold
Environment=NUMBA_CACHE_DIR=%C/newsfold

{_confinement(job) if system else _NO_CONFINEMENT}
# No MemoryDenyWriteExecute=yes: numba and torch compile machine code while they run, in memory that they write first.
NoNewPrivileges=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""


def _confinement(job: Job) -> str:
    """What hides the rest of the machine from a service of the system."""
    return f"""\
# It sees the files of the machine, and changes nothing but its data.
ProtectSystem=strict
ProtectHome=read-only
{_writable(job)}
PrivateTmp=yes
{_devices(job)}
CapabilityBoundingSet=
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
"""


def _timer(job: Job) -> str:
    """The timer: every night, at the configuration's time, and after a night when the machine was off."""
    return f"""\
[Unit]
Description=Newsfold every night

[Timer]
OnCalendar=*-*-* {job.at:%H:%M}:00 {job.config.timezone}
Persistent=true
RandomizedDelaySec=10min

[Install]
WantedBy=timers.target
"""


def _credentials(job: Job) -> str:
    """The configured files of secrets, which only the service manager needs to be able to read; or how to give some."""
    mail = job.config.mail
    files = [(mail.smtp.credential, mail.smtp.password_file)] if mail.smtp and mail.smtp.user else []
    files += [(key.credential, key.private_key_file) for key in mail.dkim]
    return "".join(
        f"# LoadCredential={name}:/etc/newsfold/{name}\n"
        if path is None
        else f"LoadCredential={name}:{_specifiers(_checked(str(path)))}\n"
        for name, path in files
    )


def folders(job: Job) -> tuple[Path, ...]:
    """The folders that a run writes to. The service manager wants them to be there."""
    metrics = job.config.watch.metrics_file
    return tuple(dict.fromkeys([job.config.data_dir, *([metrics.parent] if metrics else [])]))


def _writable(job: Job) -> str:
    return "\n".join(f"ReadWritePaths={_word(str(folder))}" for folder in folders(job))


def _devices(job: Job) -> str:
    """Whether the machine's devices are hidden."""
    if job.config.digest.device == "cpu":
        return "PrivateDevices=yes"
    return '# PrivateDevices=yes would hide a GPU; it is set when digest.device is "cpu".'


def _word(text: str) -> str:
    """One word of a unit's value, in quotes where it needs them."""
    checked = _specifiers(_checked(text))
    if checked and not set(checked) & set(" \"'\\;"):
        return checked
    escaped = checked.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _specifiers(text: str) -> str:
    """The text with no `%` that a unit would replace."""
    return text.replace("%", "%%")


def _checked(text: str) -> str:
    """The text. Raises ConfigError when it holds what would end a line, or what no unit could hold."""
    if not text.isprintable():
        raise ConfigError(f"{text!r}: a name with line breaks or control characters cannot be given; rename it")
    return text
